"""A snapshot: an estate in one form, line by line, as a database keeps it; what two estates are compared by."""

from __future__ import annotations

from blastradius.estate.snapshot import text
from blastradius.exporting.contract import Export

EXPORT = Export(
    name="snapshot",
    title="A snapshot, to compare estates by",
    suffix=".snapshot",
    write=text,
    carries="everything, with where it was read and the notes of the sources",
)
