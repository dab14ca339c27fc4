"""How wide text is in the face that the pictures are drawn in, and where it breaks.

The face comes with the package (``fonts``), so that text is as wide on every machine as it was measured here.
"""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache, reduce
from operator import add
from pathlib import Path

FONTS = Path(__file__).with_name("fonts")
FAMILY = "Blastradius Sans"
"""The face, under its own name: one that happens to be installed under its former name is another version."""

PITCH = 1.24
"""From line to line, as a share of the size."""

GUESS = 0.75
"""How wide a character is taken to be that the face does not have, in ems."""

_PIECES = re.compile(r"[^ /._:@-]*[ /._:@-]|[^ /._:@-]+")


def width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide ``text`` is at ``size`` points, in points; what the face does not have is given ample room."""
    known = widths(bold=bold)
    return size * added(known[char] if char in known else guessed(char) for char in text)


def added(lengths: Iterable[float]) -> float:
    """Their sum, from left to right, as the page adds: from Python 3.12 on ``sum`` may differ in the last bit."""
    return reduce(add, lengths, 0.0)


def wrapped(text: str, room: float, size: float, *, bold: bool = False) -> list[str]:
    """``text`` in lines of at most ``room`` points, broken after spaces and punctuation, else anywhere."""
    lines = [""]
    for piece in _PIECES.findall(text):
        for part in _chopped(piece, room, size, bold):
            if lines[-1] and width(lines[-1] + part.rstrip(), size, bold=bold) > room:
                lines.append("")
            lines[-1] += part
    return [line.rstrip() for line in lines]


def fitted(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """``text``, or its beginning and an ellipsis where it is wider than ``room`` points."""
    if width(text, size, bold=bold) <= room:
        return text
    while text and width(text + "…", size, bold=bold) > room:
        text = text[:-1]
    return text.rstrip() + "…"


@cache
def faces() -> str:
    """The face as CSS that a browser needs no other file for; of it, what Western Europe writes with."""
    return "".join(
        f"@font-face{{font-family:'{FAMILY}';font-weight:{weight};"
        f"src:url(data:font/woff2;base64,{_encoded(style)}) format('woff2')}}"
        for style, weight in (("Regular", 400), ("Bold", 700))
    )


def _encoded(style: str) -> str:
    return base64.b64encode((FONTS / f"BlastradiusSans-{style}.woff2").read_bytes()).decode()


@cache
def widths(*, bold: bool) -> dict[str, float]:
    """The width of each character of the face, in ems."""
    table = json.loads((FONTS / "widths.json").read_text(encoding="utf-8"))
    by_width = table["bold" if bold else "regular"]
    return {char: int(units) / table["em"] for units, chars in by_width.items() for char in chars}


def guessed(char: str) -> float:
    """The room that a character is given which the face does not have, in ems."""
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    # Fractions that floats hold exactly: sums are the same in whatever order.
    return 1.0625 if unicodedata.east_asian_width(char) in "WF" else GUESS


def _chopped(piece: str, room: float, size: float, bold: bool) -> Iterator[str]:
    part, taken = "", 0.0
    for char in piece:
        wide = width(char, size, bold=bold)
        if part and char != " " and taken + wide > room:
            yield part
            part, taken = "", 0.0
        part, taken = part + char, taken + wide
    yield part
