"""Spreadsheets (.xlsx) through python-calamine, after a look at what is inside.

The look is needed because a cell far out, or a long text that many cells share, costs memory for the whole area.
A cell becomes the text that a person would type for it: whole numbers without a point, dates as ISO, the last
computed value of a formula. A formula that no program has computed has none: libraries that write workbooks leave it
out, or write 0 and ask for all to be computed on opening. A cell that is merged downwards has its value in each of its
rows.
"""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Collection, Mapping
from typing import Any

from blastradius.errors import InputError
from blastradius.loaderkit.json_values import Keys

from .archives import Entries
from .formulas import Cell, column_number, uncomputed
from .shapes import Row, Sheet, Unvalued, Workbook, letters
from .tables import MAX_CELLS
from .texts import Parsed, Spot

MAX_TEXT = 256 * 1024 * 1024
_INSTALL = "reading a spreadsheet needs python-calamine; pip install 'partner-blastradius[xlsx]'"
_REFERENCE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{0,7})([0-9]{1,10})[\"']")
_SHARED = re.compile(rb"<(?:\w+:)?c\s[^>]*?t\s*=\s*[\"']s[\"'][^>]*>.*?<(?:\w+:)?v>\s*([0-9]{1,9})\s*<", re.DOTALL)
_STRING = re.compile(rb"<(?:\w+:)?si[\s>/]")


def is_workbook(entries: Entries) -> bool:
    """Whether an archive is a spreadsheet."""
    return "xl/workbook.xml" in entries.infos


def parse_workbook(raw: bytes, entries: Entries, shown: str) -> Parsed:
    """The sheets of a workbook; a place is a row's number and a column's number.

    Raises:
        InputError: python-calamine is not there, or the workbook is damaged or beyond the limits.
    """
    try:
        import python_calamine
    except ImportError:
        raise InputError([f"{shown}: {_INSTALL}"]) from None
    _look_inside(entries, shown)
    try:
        book = _sheets(python_calamine.load_workbook(io.BytesIO(raw)), uncomputed(entries))
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # a panic of the library is no Exception
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError([f"{shown}: not a spreadsheet that can be read: {why[:200]}"]) from None
    return Parsed(book, lambda keys: _place(book, keys))


def _place(book: Workbook, keys: Keys) -> Spot:
    sheet = book.get(str(keys[0])) if keys else None
    return sheet.locate(keys[1:]) if sheet is not None else (1, 1)


def _look_inside(entries: Entries, shown: str) -> None:
    lengths: list[int] = []
    if "xl/sharedStrings.xml" in entries.infos:
        parts = _STRING.split(_part(entries, "xl/sharedStrings.xml", shown))
        lengths = [len(part) for part in parts[1:]]
    cells = text = 0
    for name in entries.names:
        if not name.lower().endswith((".xml", ".rels")):
            continue
        part = _part(entries, name, shown)
        if not name.startswith("xl/") or b"heetData" not in part:
            continue
        cells += _area(part, f"{shown}/{name}")
        if lengths and max(lengths) * part.count(b"<") > MAX_TEXT:
            text += sum(lengths[int(found)] for found in _SHARED.findall(part) if int(found) < len(lengths))
        if cells > MAX_CELLS or text > MAX_TEXT:
            limit = f"{MAX_CELLS:,} cells" if cells > MAX_CELLS else f"{MAX_TEXT // 2**20} MB of text"
            raise InputError([f"{shown}: a workbook of more than {limit}; delete stray cells, or split it"])


def _part(entries: Entries, name: str, shown: str) -> bytes:
    part = entries.content(name)
    if b"\0" in part:
        raise InputError([f"{shown}/{name}: not UTF-8 text; save the spreadsheet again"])
    if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
        raise InputError([f"{shown}/{name}: a document type declaration; save the spreadsheet again"])
    return part


def _area(part: bytes, shown: str) -> int:
    """How many cells there are up to the last one of a sheet, as far as their references say."""
    found = _REFERENCE.findall(part)
    rows = {int(number) for _, number in found} or {1}
    columns = {column_number(word) for word in {word for word, _ in found} if word} or {1}
    area = max(rows) * max(columns)
    if area > MAX_CELLS:
        far = f"{letters(max(columns) - 1)}{max(rows)}"
        raise InputError([f"{shown}: its cells reach to {far}; delete the stray ones and save it again"])
    return area


def _sheets(book: Any, unvalued: Mapping[str, Collection[Cell]]) -> Workbook:
    found = Workbook()
    for meta in book.sheets_metadata:
        if str(meta.typ).endswith("WorkSheet"):
            sheet = book.get_sheet_by_name(meta.name)
            grid = _grid(sheet, unvalued.get(meta.name, ()))
            found[meta.name] = Sheet(grid, lambda row, column: (row.line, column + 1))
            if not str(meta.visible).endswith(".Visible"):
                found.hidden.add(meta.name)
    return found


def _grid(sheet: Any, unvalued: Collection[Cell]) -> list[Row]:
    """The rows as text, from the sheet's first row and column on."""
    rows = [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    for line, column in unvalued:
        rows.extend([] for _ in range(line + 1 - len(rows)))
        rows[line].extend("" for _ in range(column + 1 - len(rows[line])))
        rows[line][column] = Unvalued()
    merged = 0
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
        below = rows[top + 1 : bottom + 1]
        merged += len(below)
        if merged > MAX_CELLS:
            raise ValueError("its merged cells overlap; save it again")
        for row in below:
            if left < len(row):
                row[left] = rows[top][left]
    return [Row(number, cells) for number, cells in enumerate(rows, 1)]


def _text(cell: object) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(sep=" ")
    return str(cell)
