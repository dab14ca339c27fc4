"""Estates of a million things: read a line at a time into columns; a thing is read again when it is asked for.

A line is one entity (``{"kind": "party", "id": …}``), relation (``{"verb": "holds", "sources": […], "targets": […]}``),
zone (``{"zone": …, "flat": true}``) or heading (``{"title": …, "as_of": …}``), in the fields of ``blastradius.model``.
A row of Parquet is read as the line it spells: a column is a field, and what is null is not said.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from blastradius.errors import InputError, UsageError
from blastradius.estate.bulk.estate import LinesEstate
from blastradius.estate.bulk.reader import MAX_LINE, Progress, Reading
from blastradius.memory import require

_PER_BYTE, _PER_ROW = 3, 350
"""Bytes of memory that the columns take for a byte of JSON Lines, and for a row of Parquet, as measured."""

_SMALLER = "leave out what does not matter"
__all__ = ["LinesEstate", "Progress", "load_lines", "load_tables"]


def load_lines(path: Path, progress: Progress | None = None) -> LinesEstate:
    """Read an estate of JSON Lines.

    Raises:
        InputError: lines that do not fit, each with its number; at most twenty of them.
        UsageError: there is not enough memory.
    """
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            require(size * _PER_BYTE, f"{path}: the columns of {size / 2**20:,.0f} MB", _SMALLER)
            reading = Reading(progress or _quiet, lambda read: read.offset / size)
            reading.read(str(path), iter(lambda: file.readline(MAX_LINE + 1), b""))
            return LinesEstate(file, reading)
    except OSError as error:
        raise InputError([f"{path}: cannot be read: {error.strerror or error}"]) from None


def load_tables(paths: Sequence[Path], progress: Progress | None = None) -> LinesEstate:
    """Read an estate of Parquet files: entities in some, relations in others; rows are numbered from 1.

    Raises:
        InputError: a file that is no such table, or rows that do not fit, each with its number; at most twenty.
        UsageError: pyarrow is not installed, or there is not enough memory, or no room for the lines that rows spell.
    """
    from blastradius.estate.bulk.parquet import opened

    try:
        with opened(paths) as tables:
            require(tables.rows * _PER_ROW, f"{paths[0]}: the columns of {tables.rows:,} rows", _SMALLER)
            reading = Reading(progress or _quiet, lambda read: read.lines / tables.rows)
            for path in paths:
                reading.read(str(path), tables.lines(path))
            return LinesEstate(tables.spelled, reading)
    except OSError as error:
        where = f"rows need room in {tempfile.gettempdir()}, or where TMPDIR says"
        raise UsageError(f"{paths[0]}: {error.strerror or error}; {where}") from None


def _quiet(what: str, share: float | None = None) -> None:
    """Tell nobody."""
