"""What of an estate is sent: looked through once before anything is, then in batches of rows."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import numpy as np

from blastradius.estate import Estate
from blastradius.estate.part import Whole
from blastradius.estate.snapshot import Line, heading, other_lines, relation_lines, thing_lines
from blastradius.model import Entity, Note, NoteKind, Relation, Zone
from blastradius.stores.neo4j.graph import MOST_BYTES, Row, context, node, relationships

BATCH = 5_000
"""Rows of a transaction: larger ones are no faster."""

Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Content:
    """What an estate comes to: its digest as a snapshot, how many of each family and verb, what it says is missing.

    ``gaps`` are by a key that is the same the next day, whatever the counts in them. ``whole`` is what answers about a
    part of it say of all of it; ``None`` where that is too long.
    """

    heading: str
    digest: str
    facts: dict[str, int]
    gaps: dict[str, str]
    nodes: int
    relationships: int
    whole: str | None


@dataclass(frozen=True)
class Batch:
    """Rows that one transaction writes, all of them nodes or all relationships."""

    nodes: bool
    rows: list[Row]


def content_of(estate: Estate) -> Content:
    """Look through all that would be sent.

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

    nodes = joins = 0
    for batch in batches(estate, "", seen=seen):
        nodes += len(batch.rows) if batch.nodes else 0
        joins += 0 if batch.nodes else len(batch.rows)
    digest.update(b"".join(last))
    whole = Whole.of(estate).model_dump_json()
    return Content(
        first,
        digest.hexdigest(),
        dict(sorted(facts.items())),
        _gaps(estate.source_notes),
        nodes,
        joins,
        whole if len(whole.encode()) <= MOST_BYTES else None,
    )


def _pass(line: Line) -> None:
    """Nothing is done about a line."""


def batches(estate: Estate, load: str, size: int = BATCH, *, seen: Callable[[Line], None] = _pass) -> Iterator[Batch]:
    """What is sent of an estate, in order: nodes come before what joins them; ``seen`` gets each line, relations last.

    Raises:
        InputError: something that the server would not keep as it is.
    """
    places: dict[str, int] = {}
    zones: dict[str, int] = {}
    for some in _in_parts(_nodes(estate, load, places, zones, seen), size):
        yield Batch(True, some)
    for some in _in_parts(_joins(estate, places, zones, seen), size):
        yield Batch(False, some)


def _nodes(
    estate: Estate, load: str, places: dict[str, int], zones: dict[str, int], seen: Callable[[Line], None]
) -> Iterator[Row]:
    """The nodes; the places of entities and zones are kept, by id."""
    open_to_all = _open(estate)
    for place, line in enumerate(thing_lines(estate)):
        seen(line)
        assert isinstance(line.thing, Entity | Zone)  # noqa: S101 - no other thing has such a line
        (places if isinstance(line.thing, Entity) else zones)[line.thing.id] = place
        yield node(line, load, place, is_open=line.thing.id in open_to_all)
    for place, line in enumerate(other_lines(estate), len(zones) + len(places) + len(estate.relations)):
        seen(line)
        yield node(line, load, place)


def _open(estate: Estate) -> set[str]:
    """The operations that anyone may call, and what acts on what it takes in."""
    entities, relations = estate.columns.entities, estate.columns.relations
    obeying = relations.sources.take(np.flatnonzero(relations.obeys)).values
    numbers: set[int] = {*np.flatnonzero(entities.anonymous).tolist(), *obeying.tolist()}
    return {entities.ids[number] for number in numbers}


def _joins(
    estate: Estate, places: dict[str, int], zones: dict[str, int], seen: Callable[[Line], None]
) -> Iterator[Row]:
    for place, relation in enumerate(relation_lines(estate), len(zones) + len(places)):
        seen(relation)
        yield from relationships(relation, place, places)
    for entity in estate.entities.values():
        yield from context(entity, places, zones)


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
