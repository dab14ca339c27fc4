"""Facts as flat attributes, for files that know no nesting: how they are written, and how they are read back."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from blastradius.model import Verb

Flat = str | int | float | bool
_LISTS = ("tags", "also", "controls", "copy_of", "unknown", "seen_by", "keys", "needs", "provenance")
NESTED = frozenset([*_LISTS, "governance", "zones", "expectations", "exercises"])
BRAND = "Blastradius"
# what XML 1.0 and a line of a table cannot carry, or what a terminal would obey instead of showing it
_UNSAFE = frozenset(["Cc", "Cf", "Cs", "Zl", "Zp"])
_JOINERS = "\u200c\u200d"
_ESCAPE = re.compile(r"_x([0-9A-F]{4,6})_")
_LIKE_ESCAPE = re.compile(r"_(?=x[0-9A-F]{4})")
_ENDS = re.compile(r"([a-z_]+):([^>]+)>([^>]+)")


def flat(declared: Mapping[str, Any]) -> dict[str, Flat]:
    """Attributes with JSON text in place of lists and mappings; what says nothing (null, empty list) is left out."""
    return {
        name: nested(value) for name, value in declared.items() if value is not None and value != [] and value != {}
    }


def nested(value: Any) -> Flat:
    """A list or a mapping as JSON text, anything else as it is."""
    return json.dumps(value) if isinstance(value, (list, dict)) else value


def escaped(text: str) -> str:
    """A text that XML and tables carry unchanged: what they cannot carry is ``_x000A_``, as in spreadsheets.

    That goes for blanks at either end as well; ``unescaped`` gives the same text back.
    """
    if text.isascii() and text.isprintable() and "_x" not in text and text == text.strip():
        return text
    inner = _LIKE_ESCAPE.sub("_x005F_", text)
    start, end = len(inner) - len(inner.lstrip()), len(inner.rstrip())
    return "".join(_code(char) if not start <= index < end or _acts(char) else char for index, char in enumerate(inner))


def unescaped(text: str) -> str:
    """The text that ``escaped`` was given; what stands for no character stays as it is."""
    return _ESCAPE.sub(lambda found: _char(int(found.group(1), 16)) or found.group(), text)


def _char(code: int) -> str | None:
    return chr(code) if code < 0xD800 or 0xDFFF < code <= 0x10FFFF else None


def _code(char: str) -> str:
    return f"_x{ord(char):04X}_"


def _acts(char: str) -> bool:
    return (unicodedata.category(char) in _UNSAFE and char not in _JOINERS) or ord(char) & 0xFFFE == 0xFFFE


def camel(word: str) -> str:
    """A kind or a verb as the kinds of an OpenGraph are written: ``Blastradius_DependsOn``."""
    return f"{BRAND}_{word.title().replace('_', '')}"


def ends_of(relation: Any) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The sources and the targets that the id of a relation names, in their order; ``None`` where it is no such id."""
    found = _ENDS.fullmatch(relation) if isinstance(relation, str) else None
    if found is None or found.group(1) not in set(Verb):
        return None
    sources, targets = (tuple(map(_plain, found.group(side).split("+"))) for side in (2, 3))
    return sources, targets


def _plain(name: str) -> str:
    return name.replace("%3E", ">").replace("%2B", "+").replace("%25", "%")
