"""Snapshots that are kept as files: an estate as it was, to compare with; named by itself, never part of a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from blastradius.errors import InputError

if TYPE_CHECKING:
    from blastradius.loaderkit.contract import Loaded
    from blastradius.reading import Progress

_FIRST = b'{"snapshot":'
_PER_BYTE = 12
"""Bytes of memory that the objects of a line take for a byte of it, as measured."""
_EVERY = 10_000


def is_snapshot(path: Path) -> bool:
    """Whether a file begins as a snapshot does."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_FIRST)) == _FIRST


def kept_estate(path: Path, tell: Progress) -> Loaded:
    """The estate of a snapshot, as if its sources had just been loaded, on the day that it was taken.

    Raises:
        InputError: it cannot be read, or is not whole.
        UsageError: the memory does not suffice.
    """
    from blastradius.estate.snapshot import loaded
    from blastradius.memory import require

    try:
        size = path.stat().st_size
        require(size * _PER_BYTE, f"{path}: the things of {size / 2**20:,.0f} MB", "compare smaller estates")
        return loaded(_lines(path, size, tell), str(path))
    except OSError as error:
        raise InputError([f"{path}: cannot be read: {error.strerror or error}"]) from None


def _lines(path: Path, size: int, tell: Progress) -> Iterator[str]:
    done = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield line.decode().removesuffix("\n")
            except UnicodeDecodeError:
                raise InputError([f"{path}:{number}: not UTF-8, so no line of a snapshot; take it anew"]) from None
            done += len(line)
            if number % _EVERY == 0:
                tell(str(path), done / size)
