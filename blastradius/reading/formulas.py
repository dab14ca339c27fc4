"""The formulas of a workbook that have no value: written by a library, and computed by no spreadsheet program yet."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from .archives import Entries

Cell = tuple[int, int]
"""Row and column of a cell, from 0."""
_BOOK, _PARTS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_SHEET = re.compile(rb"<(?:\w+:)?sheet\s([^>]*)>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s([^>]*)>")
_ATTRIBUTE = re.compile(rb"(?:\w+:)?(\w+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_CELL = re.compile(
    rb"<(?:\w+:)?(?:row\b(?P<row>[^>]*)>|c(?P<cell>\s[^>]*?)?(?:/>|>(?P<inside>.*?)</(?:\w+:)?c>))", re.DOTALL
)
_PLACE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]*)([0-9]*)[\"']")
_TYPE = re.compile(rb"\bt\s*=\s*[\"'](\w+)[\"']")
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>\s*([^<\s]*)")
_RECALCULATED = re.compile(rb"\bfullCalcOnLoad\s*=\s*[\"'](?:1|true)[\"']")


def uncomputed(entries: Entries) -> dict[str, set[Cell]]:
    """By sheet the cells whose formula has no value, or an error for one; a text that is empty is a value."""
    if _BOOK not in entries.infos or _PARTS not in entries.infos:
        return {}
    book = entries.content(_BOOK)
    pending = _RECALCULATED.search(book) is not None
    found = {}
    for name, part in _parts(book, entries.content(_PARTS)):
        content = entries.content(part) if part in entries.infos else b""
        if _FORMULA.search(content):
            found[name] = set(_without_value(content, pending=pending))
    return found


def _parts(book: bytes, relations: bytes) -> Iterator[tuple[str, str]]:
    """The name of each sheet, and where in the archive it is."""
    where = {target.get("Id"): target.get("Target", "") for target in _tags(_RELATION, relations)}
    for sheet in _tags(_SHEET, book):
        target = where.get(sheet.get("id"))
        if target and "name" in sheet:
            yield sheet["name"], posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")


def _tags(pattern: re.Pattern[bytes], content: bytes) -> Iterator[dict[str, str]]:
    """The attributes of each such tag, their names without a prefix."""
    from html import unescape  # a table of two thousand names

    for tag in pattern.finditer(content):
        stated = _ATTRIBUTE.findall(tag[1])
        yield {name.decode(): unescape((one or other).decode(errors="replace")) for name, one, other in stated}


def _without_value(content: bytes, *, pending: bool) -> Iterator[Cell]:
    line = column = -1
    for found in _CELL.finditer(content):
        if found["row"] is not None:
            place = _PLACE.search(found["row"])
            line, column = int(place[2]) - 1 if place and place[2] else line + 1, -1
            continue
        place = _PLACE.search(found["cell"] or b"")
        column = column_number(place[1]) - 1 if place and place[1] else column + 1
        inside = found["inside"] or b""
        if _FORMULA.search(inside) and not _has_value(found["cell"] or b"", inside, pending=pending):
            yield max(int(place[2]) - 1 if place and place[2] else line, 0), column


def _has_value(attributes: bytes, inside: bytes, *, pending: bool) -> bool:
    stated, value = _TYPE.search(attributes), _VALUE.search(inside)
    kind, text = stated[1] if stated else b"n", value[1] if value else b""
    if kind in (b"str", b"inlineStr"):
        return value is not None or b"<v" in inside
    return kind != b"e" and text != b"" and not (pending and text == b"0")


def column_number(word: bytes) -> int:
    """The number of a column by its letters: A is 1."""
    number = 0
    for letter in word.upper():
        number = number * 26 + letter - 64
    return number
