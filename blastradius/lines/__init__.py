"""Estates of a million things: JSON Lines read line by line into columns; a thing is read again when it is asked for.

A line is one entity (``{"kind": "party", "id": …}``), relation (``{"verb": "holds", "sources": […], "targets": […]}``),
zone (``{"zone": …, "flat": true}``) or heading (``{"title": …, "as_of": …}``), in the fields of ``blastradius.model``.
"""

from __future__ import annotations

from pathlib import Path

from blastradius.errors import InputError
from blastradius.lines.estate import LinesEstate
from blastradius.lines.reading import Progress, Reading

__all__ = ["LinesEstate", "load_lines"]


def load_lines(path: Path, progress: Progress | None = None) -> LinesEstate:
    """Read an estate of JSON Lines.

    Raises:
        InputError: lines that do not fit, each with its number; at most twenty of them.
    """
    try:
        with path.open("rb") as file:
            reading = Reading(str(path), progress or (lambda _: None))
            reading.read(file)
    except OSError as error:
        raise InputError([f"{path}: cannot be read: {error.strerror or error}"]) from None
    return LinesEstate(path, reading)
