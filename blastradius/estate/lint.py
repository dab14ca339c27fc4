"""Doubts about an inventory: what is loose in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Literal

import numpy as np

from blastradius.columns.facts import FactTable
from blastradius.columns.ragged import Flags, RaggedArray
from blastradius.columns.tables import KINDS, VERBS
from blastradius.estate.placement import PlacedControl
from blastradius.model import (
    ControlKind,
    Entity,
    Kind,
    Note,
    NoteKind,
    Party,
    Relation,
    Verb,
)

_SPENT = {ControlKind.REVOKED, ControlKind.ROTATED, ControlKind.EXPIRED}


def findings(
    table: FactTable,
    entities: Mapping[str, Entity],
    controls_on: Callable[[str], Collection[PlacedControl]],
    today: str,
) -> tuple[Note, ...]:
    """Loose ends, each with its position: what would make an answer wrong by leaving something out."""
    loose: dict[int, list[str]] = defaultdict(list)
    for kind, missing, message in _loose(table):
        for number in np.flatnonzero((table.kind == KINDS.index(kind)) & missing).tolist():
            loose[number].append(f"{kind} {table.names[number]!r} {message}")
    notes = [_note(entities[table.names[number]], message) for number in sorted(loose) for message in loose[number]]
    notes += _odd_copies(table, entities)
    notes += _odd_relations(table)
    return (*notes, *_ended(table, entities, controls_on, today))


def _loose(table: FactTable) -> Iterator[tuple[Kind, Flags, str]]:
    """A kind, which names lack what their kind should have, and how that is said."""
    held = _at_end(table, "targets", Verb.HOLDS, Verb.OWNS, Verb.CONTAINS)
    yield Kind.CREDENTIAL, ~held, "is held by nobody; say who holds it, or which store contains it"
    yield Kind.CREDENTIAL, ~_at_end(table, "sources", Verb.GRANTS), "grants nothing; say what it grants"
    acts = _at_end(table, "sources", Verb.READS, Verb.WRITES, Verb.CONTROLS, Verb.DISABLES)
    touches = acts | _at_end(table, "targets", Verb.SERVES)
    yield Kind.OPERATION, ~touches, "touches nothing; say what it reads, writes or controls, or what serves it"
    sent = _at_end(table, "targets", Verb.PUBLISHES, Verb.OWNS, Verb.WRITES)
    yield Kind.FEED, ~sent, "has no publisher; say which party or service publishes it"


def _at_end(table: FactTable, side: Literal["sources", "targets"], *verbs: Verb) -> Flags:
    """Which names are sources, or targets, of relations of these verbs."""
    found = np.zeros(len(table.kind), np.bool_)
    rows: Flags = np.isin(table.relations.verb, [VERBS.index(verb) for verb in verbs])
    ends: RaggedArray = getattr(table.relations, side)
    found[ends.take(rows).values] = True
    return found


def _odd_relations(table: FactTable) -> Iterator[Note]:
    """What relations say that can never hold."""
    columns = table.relations
    unmet = columns.vote_min > columns.targets.lengths
    for row in np.flatnonzero(unmet | columns.capacity_loss).tolist():
        relation, count = table.rows.relation(row), len(columns.targets[row])
        if unmet[row]:
            feeds = "feed" if count == 1 else "feeds"
            way_out = "name more feeds, or ask for fewer"
            yield _note(relation, f"vote_min {relation.vote_min} of {count} {feeds} can never be met; {way_out}")
        if relation.capacity_loss and relation.dependency == "none":
            yield _note(relation, "capacity_loss says nothing where the dependency is 'none'; leave one of them out")


def _odd_copies(table: FactTable, entities: Mapping[str, Entity]) -> Iterator[Note]:
    """Copies whose original is no store, or in the end themselves."""
    for number in sorted(table.fields.copy_of):
        store = entities[table.names[number]]
        for message in _odd_copy(store, entities):
            yield _note(store, message)


def _odd_copy(store: Entity, entities: Mapping[str, Entity]) -> Iterator[str]:
    for original in getattr(store, "copy_of", ()):
        there = entities.get(original)
        if there is not None and there.kind != Kind.STORE:
            yield f"{store.id!r} is a copy of {original!r}, which is a {there.kind}; copy_of goes to a store"
    circle = _circle(store.id, entities)
    if circle:
        yield f"{store.id!r} is a copy of itself ({' > '.join(circle)}); name the original"


def _circle(name: str, entities: Mapping[str, Entity]) -> tuple[str, ...]:
    """The way from a store through its originals back to it, or nothing."""
    ways: list[tuple[str, ...]] = [(name,)]
    seen = {name}
    for way in ways:
        for original in getattr(entities.get(way[-1]), "copy_of", ()):
            if original == name:
                return (*way, name)
            if original not in seen:
                seen.add(original)
                ways.append((*way, original))
    return ()


def _ended(
    table: FactTable,
    entities: Mapping[str, Entity],
    controls_on: Callable[[str], Collection[PlacedControl]],
    today: str,
) -> Iterator[Note]:
    """Keys that are held still by parties with whom the relationship has ended."""
    parties = [
        entities[table.names[number]] for number in np.flatnonzero(table.kind == KINDS.index(Kind.PARTY)).tolist()
    ]
    ended = {
        table.number[party.id]: party
        for party in parties
        if isinstance(party, Party) and party.contract_end is not None and party.contract_end < today
    }
    columns = table.relations
    for row in np.flatnonzero(columns.verb == VERBS.index(Verb.HOLDS)).tolist() if ended else ():
        party, key = ended.get(columns.sources[row][0]), table.names[columns.targets[row][0]]
        if party is not None and _SPENT.isdisjoint(placed.control.kind for placed in controls_on(key)):
            yield _note(
                party,
                f"the relationship with {party.id!r} ended on {party.contract_end}, but it still holds "
                f"{key!r}; revoke the credential or correct the date",
            )


def _note(thing: Entity | Relation, message: str) -> Note:
    return Note(kind=NoteKind.INCOMPLETE, message=message, about=(thing.id,), provenance=thing.provenance[:1])
