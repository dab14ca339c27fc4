"""What all formats share: limits, decoding, and the line and column of a place in a text."""

from __future__ import annotations

import gc
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, NoReturn

from blastradius.errors import InputError
from blastradius.loaderkit.json_values import Keys

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 200
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
SURROGATE = re.compile(r"[\ud800-\udfff]")
_BLOCK = re.compile(r"""("[^"]*"|'[^']*'|[^"':\s][^:]*):\s+\|[-+1-9]{0,2}\s*(\#.*)?$""")
_COLUMN_ONE = re.compile(r"^(---|\.\.\.|%)", re.MULTILINE)  # these say something only at the start of a line
_BREAK = re.compile(r"\r\n|\r|\n")
Spot = tuple[int, int]


class Parsed(NamedTuple):
    """What a format's reader returns: the data, and where the value at some keys stands."""

    data: Any
    locate: Callable[[Keys], Spot]


class Places:
    """Line and column, from 1, of offsets into a text; the lines are found on the first question."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts: list[int] = []

    @property
    def starts(self) -> list[int]:
        """Where each line starts."""
        if not self._starts:
            self._starts = [0, *(match.end() for match in _BREAK.finditer(self.text))]
        return self._starts

    def of(self, offset: int) -> Spot:
        """The place of an offset."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1


@contextmanager
def uncollected() -> Iterator[None]:
    """The garbage collector paused: what is read lives on, and would only be walked again and again.

    Afterwards all of it counts as old, or the next object that is made would have it walked as if it were new. Where
    anything is frozen (CPython 3.12 begins so) that is left as it is.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            if not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
            gc.enable()


def spot(text: str, offset: int) -> Spot:
    """Line and column of one offset."""
    return Places(text).of(offset)


def lines_of(text: str) -> list[str]:
    """The lines of a text, without their ends."""
    return _BREAK.split(text)


def fail(shown: str, place: Spot, message: str) -> NoReturn:
    """Refuse a file at a place.

    Raises:
        InputError: always.
    """
    raise InputError([f"{shown}:{place[0]}:{place[1]}: {message}"])


def decoded(raw: bytes, shown: str) -> str:
    """Bytes as text: UTF-8 with or without a mark, or UTF-16 with one.

    Raises:
        InputError: another encoding; nothing is guessed.
    """
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        maybe = _as_windows(raw[error.start]) if encoding != "utf-16" else ""
        fail(shown, (line, column), f"not {encoding[:6].rstrip('-')} text{maybe}; save the file as UTF-8")


def _as_windows(byte: int) -> str:
    try:
        return f" (as Windows-1252 the character would be {bytes([byte]).decode('cp1252')!r})"
    except UnicodeDecodeError:
        return ""


def refuse_controls(text: str, shown: str) -> None:
    """Refuse control characters and halves of characters, which no text format has.

    Raises:
        InputError: there is one, with its place.
    """
    bad = CONTROL.search(text)
    if bad:
        fail(shown, spot(text, bad.start()), f"control character {bad.group()!r}; remove it")


def in_place(text: str, key: Spot, lines: list[str]) -> str | None:
    """A block of YAML text (``key: |``) moved to where it stands in its file, so that its places need no translation.

    ``None`` where the text was not written line by line, or its key does not stand where it should.
    """
    line, column = key
    body = text.lstrip("\n")
    first = body.partition("\n")[0]
    start = line + len(text) - len(body)
    if start >= len(lines) or not _BLOCK.match(lines[line - 1][column - 1 :]):
        return None
    indent = len(lines[start]) - len(first)
    if indent < 0 or lines[start][indent:] != first:
        return None
    if _COLUMN_ONE.search(text):
        indent = 0
    return "\n" * line + re.sub(r"^(?=.)", " " * indent, text, flags=re.MULTILINE)
