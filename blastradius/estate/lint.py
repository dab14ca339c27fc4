"""Doubts about an inventory: what is loose in it, and which controls stop nothing as they are placed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from blastradius.columns.facts import FactTable
from blastradius.columns.ragged import Flags, RaggedArray
from blastradius.columns.tables import KINDS, VERBS
from blastradius.estate.placement import PlacedControl
from blastradius.model import (
    Control,
    ControlKind,
    Entity,
    Kind,
    Note,
    NoteKind,
    Party,
    Relation,
    Verb,
)

Relations = Mapping[Verb, Sequence[Relation]]
_SPENT = {ControlKind.REVOKED, ControlKind.ROTATED, ControlKind.EXPIRED}


@dataclass(frozen=True)
class Ties:
    """Who owns a thing, and who stands behind a feed (its publishers) or an operation (what serves it)."""

    owners: Mapping[str, str]
    behind: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, by_verb: Relations) -> Ties:
        """Read the ties off the relations."""
        behind: dict[str, frozenset[str]] = {}
        for each in (*by_verb[Verb.PUBLISHES], *by_verb[Verb.SERVES]):
            behind[each.targets[0]] = behind.get(each.targets[0], frozenset()) | {each.sources[0]}
        return cls({each.targets[0]: each.sources[0] for each in by_verb[Verb.OWNS]}, behind)

    def owner(self, name: str) -> str:
        """The owner, or the thing itself where nobody owns it."""
        return self.owners.get(name, name)


def void(control: Control, host: Entity | Relation, entities: Mapping[str, Entity], ties: Ties) -> str | None:
    """Why a control stops nothing as it is placed, or ``None``; only on a relation can it be placed so.

    A vendor's own signature does not verify its feed; a fallback that shares zone or owner with what it
    replaces is no fallback.
    """
    provider = entities.get(control.provided_by or "")
    if not isinstance(host, Relation) or provider is None:
        return None
    if control.kind == ControlKind.FALLBACK:
        return _false_fallback(provider, host, entities, ties)
    if control.kind == ControlKind.VERIFIED:
        return _own_signature(provider, host, ties)
    return None


def _own_signature(provider: Entity, relation: Relation, ties: Ties) -> str | None:
    vendors = {ties.owner(each) for feed in relation.targets for each in ties.behind.get(feed, ())}
    if ties.owner(provider.id) in vendors:
        return f"{provider.id!r} belongs to the vendor whose feed it vouches for"
    return None


def _false_fallback(provider: Entity, relation: Relation, entities: Mapping[str, Entity], ties: Ties) -> str | None:
    named = relation.targets if relation.verb != Verb.PUBLISHES else relation.sources
    for name in sorted({*named, *(each for one in named for each in ties.behind.get(one, ()))}):
        if name == provider.id:
            return f"the fallback {name!r} is what it replaces"
        if provider.zone is not None and provider.zone == entities[name].zone:
            return f"the fallback {provider.id!r} shares zone {provider.zone!r} with {name!r}"
        if ties.owner(provider.id) == ties.owner(name):
            return f"the fallback {provider.id!r} and {name!r} fall with the same party"
    return None


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


def _ended(
    table: FactTable,
    entities: Mapping[str, Entity],
    controls_on: Callable[[str], Collection[PlacedControl]],
    today: str,
) -> Iterator[Note]:
    """Keys that are held still by parties with whom the relationship has ended."""
    parties = [entities[table.names[each]] for each in np.flatnonzero(table.kind == KINDS.index(Kind.PARTY)).tolist()]
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


def _note(entity: Entity, message: str) -> Note:
    return Note(kind=NoteKind.INCOMPLETE, message=message, about=(entity.id,), provenance=entity.provenance[:1])
