"""Large estates, a fact a line: JSON Lines, or Parquet, a row of which is read as the line that it spells.

A line is one entity (`{"kind": "party", "id": …}`), one relation (`{"verb": "holds", "sources": […], "targets": […]}`),
one zone (`{"zone": …, "flat": true}`), one exercise that was held (`{"exercise": …, "date": …, "leak": […]}`) or a
heading (`{"title": …, "as_of": …}`), in the fields of the [model](../relations.md).

Of Parquet (`pip install 'partner-blastradius[parquet]'`) a column is a field, and what is null is not said; entities
and relations are in files of their own.

A file is read a line at a time into columns, and a thing is read from it again when an answer names it, so a million
of them need no object each. In a [workspace](../workspace.md) that renames things or speaks for sources they do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from pydantic_core import to_json

from blastradius.errors import InputError
from blastradius.loaderkit.contract import Document, Loaded, Loader
from blastradius.memory import require
from blastradius.model import Kind, Verb
from blastradius.reading import Records, Stream

if TYPE_CHECKING:
    from blastradius.loaderkit.bulk import LineReader

_SUFFIXES, _PARQUET = (".jsonl", ".ndjson"), ".parquet"
_FIRST = re.compile(rb'\s*\{\s*"(kind|verb|zone|exercise|title|as_of)"\s*:')
_KINDS, _VERBS = frozenset(map(str, Kind)), frozenset(map(str, Verb))
_EVERY = 10_000
_PER_BYTE = 3
"""Bytes of memory that the columns take for a byte of JSON Lines, as measured."""


def recognises(data: Any) -> bool:
    """Whether the first line is one of ours; of Parquet, by the names of the columns."""
    if isinstance(data, Stream):
        if not _is_parquet(data.path):
            return True
        from . import parquet  # no other estate needs what reads tables and lines

        return parquet.is_table(data.path)
    return isinstance(data, Records) and bool(data) and _is_fact(data[0])


def streams(path: Path) -> bool:
    """Whether a file is Parquet, or begins with a line of ours."""
    if path.suffix.lower() not in _SUFFIXES or not path.is_file():
        return _is_parquet(path)
    with path.open("rb") as file:
        return _FIRST.match(file.readline(2000)) is not None


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one file.

    Raises:
        InputError: lines that do not fit, a thing that is declared twice, a file of Parquet with other columns; at most
            twenty, each with the number of its line or row.
    """
    if options:
        raise InputError([f"{document.path}: estates of lines take no options, found {', '.join(sorted(options))}"])
    if isinstance(document.data, Stream):
        return (_parquet if _is_parquet(document.data.path) else _json_lines)(document.path, document.data)
    if isinstance(document.data, Records):
        return _records(document, document.data)
    raise InputError([f"{document.path}: not an estate of lines; name a file of JSON Lines or Parquet"])


def _is_fact(record: Any) -> bool:
    if not isinstance(record, dict):
        return False
    kind, verb = record.get("kind"), record.get("verb")
    is_entity = isinstance(kind, str) and kind in _KINDS and "id" in record
    is_relation = isinstance(verb, str) and verb in _VERBS and {"sources", "targets"} <= record.keys()
    is_exercise = {"exercise", "date"} <= record.keys()
    is_heading = bool(record) and record.keys() <= {"title", "as_of"}
    return (
        is_entity
        or is_relation
        or is_exercise
        or is_heading
        or ("zone" in record and record.keys() <= {"zone", "name", "flat"})
    )


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == _PARQUET


def _json_lines(shown: str, stream: Stream) -> Loaded:
    from blastradius.loaderkit.bulk import MAX_LINE, LineReader

    try:
        with stream.path.open("rb") as file:
            size = stream.path.stat().st_size
            require(size * _PER_BYTE, f"{shown}: the columns of {size / 2**20:,.0f} MB", _SMALLER)
            reader = LineReader(LOADER.name, shown)
            reader.read(_told(iter(lambda: file.readline(MAX_LINE + 1), b""), reader, stream, size))
            return reader.loaded(_mapped(file))
    except OSError as error:
        raise InputError([f"{shown}: cannot be read: {error.strerror or error}"]) from None


def _parquet(shown: str, stream: Stream) -> Loaded:
    from blastradius.loaderkit.bulk import LineReader

    from . import parquet

    with parquet.opened(shown, stream.path) as table:
        require(table.count * parquet.PER_ROW, f"{shown}: the columns of {table.count:,} rows", _SMALLER)
        reader = LineReader(LOADER.name, shown)
        reader.read(_told(table.lines(), reader, stream, 0, table.count))
        return reader.loaded(_mapped(table.spelled))


_SMALLER = "leave out what does not matter"


def _records(document: Document, records: Records) -> Loaded:
    """Lines that were parsed already: there are not many, so each fact is an object."""
    from blastradius.loaderkit.bulk import LineReader

    lines = [to_json(record) + b"\n" for record in records]
    reader = LineReader(LOADER.name, document.path)
    reader.read((document.position(place)[0], line) for place, line in enumerate(lines))
    return reader.loaded(b"".join(lines)).objects()


def _told(
    lines: Iterable[bytes], reader: LineReader, stream: Stream, size: int, count: int = 0
) -> Iterator[tuple[int, bytes]]:
    """The lines with their numbers; every now and then it is told how much of them is done."""
    for number, raw in enumerate(lines, 1):
        yield number, raw
        if number % _EVERY == 0:
            stream.tell(f"{stream.path}: {number:,} lines", reader.offset / size if size else number / count)


def _mapped(file: BinaryIO) -> bytes | mmap:
    """The bytes of a file, read from it when needed."""
    return mmap(file.fileno(), 0, access=ACCESS_READ) if file.seek(0, 2) else b""


LOADER = Loader(
    name="lines",
    title="blastradius estate, a fact a line (JSON Lines, Parquet)",
    suffixes=(*_SUFFIXES, _PARQUET),
    recognises=recognises,
    load=load,
    reads="entities, relations, zones and exercises of large estates",
    maps=(
        ("`kind` and `id`", "an entity of that kind; the other fields are its own"),
        ("`verb`, `sources` and `targets`", "a relation"),
        ("`controls` of either", "controls on it"),
        ("`zone`, with `name` and `flat`", "a zone"),
        (
            "`exercise` (its name) and `date`",
            "an exercise that was held; where it started, `assume`, `scope` as in estates",
        ),
        ("`title`, `as_of`", "the title and the date of the estate"),
    ),
    infers_not=("expectations: an estate file beside it can state them",),
    streams=streams,
)
