"""What of an estate is sent: looked through once before anything is, then in batches of rows."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

import numpy as np

from blastradius.estate import Estate
from blastradius.estate.part import Whole
from blastradius.estate.snapshot import Line, heading, other_lines, relation_lines, thing_lines
from blastradius.model import Entity, Note, NoteKind, Relation, Zone
from blastradius.reading import uncollected
from blastradius.stores.neo4j.graph import MOST_BYTES, Row, Tie, node, relationships, ties

BATCH = 5_000
"""Rows of a transaction: larger ones are no faster."""

Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Content:
    """What an estate comes to: its digest as a snapshot, how many of each family and verb, what it says is missing.

    ``batches`` are what is sent, in order. ``gaps`` are by a key that is the same the next day, whatever the counts in
    them. ``whole`` is what answers about a part of it say of all of it; ``None`` where that is too long.
    """

    heading: str
    digest: str
    facts: dict[str, int]
    gaps: dict[str, str]
    batches: tuple[Packed, ...]
    whole: str | None

    @property
    def nodes(self) -> int:
        """How many nodes are sent."""
        return sum(batch.size for batch in self.batches if batch.nodes)

    @property
    def relationships(self) -> int:
        """How many relationships are sent."""
        return sum(batch.size for batch in self.batches if not batch.nodes)


@dataclass(frozen=True)
class Batch:
    """Rows that one transaction writes, all of them nodes or all relationships."""

    nodes: bool
    rows: list[Row]


@dataclass(frozen=True)
class Packed:
    """A batch that waits to be sent, in a tenth of the memory; ``size`` is the number of its rows."""

    nodes: bool
    size: int
    packed: bytes

    @classmethod
    def of(cls, batch: Batch) -> Packed:
        """A batch, packed."""
        return cls(batch.nodes, len(batch.rows), zlib.compress(json.dumps(batch.rows).encode(), 1))

    def batch(self) -> Batch:
        """The batch as it was."""
        return Batch(self.nodes, json.loads(zlib.decompress(self.packed)))


@uncollected()
def content_of(estate: Estate, size: int = BATCH) -> Content:
    """Look through all that would be sent, and make it ready, ``size`` rows a batch.

    Raises:
        InputError: something that the server would not keep as it is.
    """
    first = heading(estate)
    digest, facts, last = hashlib.sha256(f"{first}\n".encode()), Counter[str](), list[bytes]()

    def seen(line: Line) -> None:
        facts[str(line.thing.verb) if isinstance(line.thing, Relation) else line.family] += 1
        text = f"{line.text}\n".encode()
        if isinstance(line.thing, Zone | Entity | Relation):
            digest.update(text)
        else:
            last.append(text)

    sent = tuple(map(Packed.of, batches(estate, size, seen=seen)))
    digest.update(b"".join(last))
    whole = Whole.of(estate).model_dump_json()
    return Content(
        first,
        digest.hexdigest(),
        dict(sorted(facts.items())),
        _gaps(estate.source_notes),
        sent,
        whole if len(whole.encode()) <= MOST_BYTES else None,
    )


def _pass(line: Line) -> None:
    """Nothing is done about a line."""


def batches(estate: Estate, size: int = BATCH, *, seen: Callable[[Line], None] = _pass) -> Iterator[Batch]:
    """What is sent of an estate, in order: nodes come before what joins them; ``seen`` gets each line, relations last.

    Raises:
        InputError: something that the server would not keep as it is.
    """
    rows = _Rows(estate, seen)
    for some in _in_parts(rows.nodes(), size):
        yield Batch(True, some)
    for some in _in_parts(rows.joins(), size):
        yield Batch(False, some)


@dataclass
class _Rows:
    """The rows of an estate, each thing of which is made once; the places of entities and zones are kept, by id."""

    estate: Estate
    seen: Callable[[Line], None]
    places: dict[str, int] = field(default_factory=dict)
    zones: dict[str, int] = field(default_factory=dict)
    ties: list[Tie] = field(default_factory=list)

    def nodes(self) -> Iterator[Row]:
        """The nodes."""
        open_to_all = _open(self.estate)
        for place, line in enumerate(thing_lines(self.estate)):
            self.seen(line)
            assert isinstance(line.thing, Entity | Zone)  # noqa: S101 - no other thing has such a line
            if isinstance(line.thing, Zone):  # they come first
                self.zones[line.thing.id] = place
            else:
                self.places[line.thing.id] = place
                self.ties += ties(line.thing, place, self.zones)
            yield node(line, place, is_open=line.thing.id in open_to_all)
        first = len(self.zones) + len(self.places) + len(self.estate.relations)
        for place, line in enumerate(other_lines(self.estate), first):
            self.seen(line)
            yield node(line, place)

    def joins(self) -> Iterator[Row]:
        """The relationships, when all nodes are made."""
        for place, relation in enumerate(relation_lines(self.estate), len(self.zones) + len(self.places)):
            self.seen(relation)
            yield from relationships(relation, place, self.places)
        for tie in self.ties:
            yield tie.row(self.places, self.zones)


def _open(estate: Estate) -> set[str]:
    """The operations that anyone may call, and what acts on what it takes in."""
    entities, relations = estate.columns.entities, estate.columns.relations
    obeying = relations.sources.take(np.flatnonzero(relations.obeys)).values
    numbers: set[int] = {*np.flatnonzero(entities.anonymous).tolist(), *obeying.tolist()}
    return {entities.ids[number] for number in numbers}


def _in_parts(some: Iterable[Thing], size: int) -> Iterator[list[Thing]]:
    waiting = iter(some)
    while part := list(islice(waiting, size)):
        yield part


def _gaps(notes: Iterable[Note]) -> dict[str, str]:
    """What sources say is missing in them; the keys have no counts and no lines."""
    missing = [note for note in notes if note.kind == NoteKind.INCOMPLETE]
    return {_without_numbers(note): str(note) for note in missing}


def _without_numbers(note: Note) -> str:
    file = note.provenance[0].file if note.provenance else ""
    return re.sub(r"\d+", "#", f"{file}: {note.message}")
