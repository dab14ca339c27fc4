"""What a file is that no loader recognises, in words, and what to do about it; never a value out of it."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from blastradius.model import Kind
from blastradius.reading import Archive, Documents, Lines, Records
from blastradius.reports.words import SEVERAL
from blastradius.secrets import looks_secret

_WAY_OUT = "that no loader recognises; blastradius loaders lists what can be read"
_SECTIONS = {SEVERAL.get(kind, f"{kind}s") for kind in Kind}
_PYTHON = re.compile(r"#!.*\bpython|(from\s+[\w.]+\s+)?import\s+[\w.(]|(async\s+)?def\s+\w+\s*\(|class\s+\w+\s*[(:]")
_KEY = re.compile(r"[A-Za-z_$][\w$.-]{0,29}")
_LOOKED_AT = 60
_SHOWN = 5


def refusal(data: Any) -> str:
    """Why a document cannot be read, as the rest of a message that begins with its name."""
    if _is_empty(data):
        return "there is nothing in it; name a file that has data"
    if _is_schema(data):
        return "a JSON Schema, which describes data and has none; name a file of the data that it describes"
    if isinstance(data, Records) and isinstance(data[0], dict) and "snapshot" in data[0]:
        return "a snapshot of an estate, which is compared with one and is no source of it; name it by itself"
    if isinstance(data, dict) and not data.keys() - _SECTIONS:
        return f"{_what(data)} and no 'blastradius: 1', with which an estate file starts; put it on the first line"
    code = _code(data) if isinstance(data, (Lines, str)) else None
    return code or f"{_what(data)} {_WAY_OUT}"


def _is_empty(data: Any) -> bool:
    if isinstance(data, Lines):
        return not any(map(str.strip, data))
    return data is None or (isinstance(data, (dict, list, str)) and not data)


def _is_schema(data: Any) -> bool:
    if not isinstance(data, dict):
        return False
    shaped = any(isinstance(data.get(word), dict) for word in ("properties", "$defs", "definitions", "items"))
    chosen = any(isinstance(data.get(word), list) for word in ("oneOf", "anyOf", "allOf"))
    stated = "json-schema.org" in str(data.get("$schema"))
    return (shaped or chosen or "$ref" in data) if stated else shaped and data.get("type") in ("object", "array")


def _code(data: Lines | str) -> str | None:
    """Why a text is a program's source and no data."""
    lines = [data] if isinstance(data, str) else data[:_LOOKED_AT]
    found = [line for line in lines if _PYTHON.match(line)]
    if any("pytm" in entry for entry in found):
        return "a pytm model as Python code, which is never run; save what 'tm.py --json' writes"
    return "Python code, which is never run; save the data that it writes" if found else None


def _what(data: Any) -> str:
    """What kind of document it is, with its first keys where it has some."""
    if isinstance(data, Lines):
        return f"plain text of {_many(len(data), 'line')}"
    if isinstance(data, Archive):
        return f"an archive of {_many(len(data), 'file')}"
    if isinstance(data, dict) and {"tag", "attributes", "children"} <= data.keys():
        return f"XML{_with([data['tag']], 'element')}"
    if isinstance(data, dict):
        return f"a mapping{_with(data, 'key')}"
    if isinstance(data, list):
        word = "YAML document" if isinstance(data, Documents) else "record" if isinstance(data, Records) else "item"
        first = f", the first{_with(data[0], 'key')}," if isinstance(data[0], dict) and data[0] else ""
        return f"{_many(len(data), word)}{first}"
    return "a single value"


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _with(names: Collection[Any], word: str) -> str:
    """The first names that are plain words, for anything else may be a value."""
    plain = [
        hostile_name
        for hostile_name in names
        if isinstance(hostile_name, str) and _KEY.fullmatch(hostile_name) and not looks_secret(hostile_name)
    ]
    shown = plain[:_SHOWN]
    if not shown:
        return f" with {_many(len(names), word)}"
    more = f" and {len(names) - len(shown):,} more" if len(names) > len(shown) else ""
    return f" with the {word}{'' if len(names) == 1 else 's'} {', '.join(map(repr, shown))}{more}"
