"""What is looked through for doubts, and how one is said."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from blastradius.columns.facts import FactTable
from blastradius.columns.ragged import Flags, RaggedArray, flags_at
from blastradius.columns.tables import KINDS, VERBS
from blastradius.estate.placement import PlacedControl
from blastradius.model import Entity, Expectation, Kind, Note, NoteKind, Relation, Verb, Zone


@dataclass(frozen=True)
class Inventory:
    """The facts of an estate as columns and by id, what is expected of it, and the day that it is of."""

    table: FactTable
    entities: Mapping[str, Entity]
    zones: Mapping[str, Zone]
    expectations: Collection[Expectation]
    controls_on: Callable[[str], Collection[PlacedControl]]
    day: str

    def of_kind(self, kind: Kind) -> Flags:
        """Which names are of a kind."""
        found: Flags = self.table.kind == KINDS.index(kind)
        return found

    def all_of(self, kind: Kind) -> Iterator[Entity]:
        """The entities of a kind."""
        return self.named(self.of_kind(kind))

    def at_end(self, side: Literal["sources", "targets", "keys", "needs"], *verbs: Verb) -> Flags:
        """Which names are sources, or targets, of relations of these verbs."""
        ends: RaggedArray = getattr(self.table.relations, side)
        return flags_at(ends.take(self.along(*verbs)).values, len(self.table.kind))

    def along(self, *verbs: Verb) -> Flags:
        """Which relations are of these verbs."""
        return np.isin(self.table.relations.verb, [VERBS.index(verb) for verb in verbs])

    def relations(self, chosen: Flags) -> Iterator[Relation]:
        """The relations flagged."""
        return (self.table.rows.relation(row) for row in np.flatnonzero(chosen).tolist())

    def named(self, chosen: Flags) -> Iterator[Entity]:
        """The entities flagged."""
        return (self.entities[self.table.names[number]] for number in np.flatnonzero(chosen).tolist())


def finding(thing: Entity | Relation, message: str) -> Note:
    """A doubt about a thing, at its place."""
    return Note(kind=NoteKind.INCOMPLETE, message=message, about=(thing.id,), provenance=thing.provenance[:1])
