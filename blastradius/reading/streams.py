"""Files that are read piece by piece, because they may be too large to be parsed whole."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, NoReturn, Protocol

from blastradius.errors import InputError

from .document import ParsedDocument


class Progress(Protocol):
    """What wants to be told what is being done and, where that is known, which share of it (0 to 1) is done."""

    def __call__(self, what: str, /, share: float | None = None) -> None:
        """Take note."""
        ...


class Stream(NamedTuple):
    """A file that its loader reads piece by piece; ``tell`` wants to know how much of it is done."""

    path: Path
    tell: Progress


def stream_document(path: Path, tell: Progress) -> ParsedDocument:
    """A file as a document that is not parsed; it refers to nothing."""

    def refuse(relative: str) -> NoReturn:
        raise InputError([f"{path}: {relative!r} is asked for by a file that names no other"])

    return ParsedDocument(str(path), Stream(path, tell), lambda _: (1, 1), refuse, list)
