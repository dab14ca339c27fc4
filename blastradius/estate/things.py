"""The entities and relations of an estate by id: objects as they were given, or made when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from blastradius.columns.facts import FactTable, ObjectRows, Told
from blastradius.columns.ragged import Numbers
from blastradius.estate.merge import alone
from blastradius.model import Entity, Provenance, Relation

MOST_KEPT = 50_000
"""How many entities are kept once they are made: an answer asks for each that it names a dozen times."""


def entities_of(table: FactTable) -> Mapping[str, Entity]:
    """The entities of a table by id."""
    rows = table.rows
    return {entity.id: entity for entity in rows.entities} if isinstance(rows, ObjectRows) else LazyEntities(table)


def relations_of(table: FactTable) -> Mapping[str, Relation]:
    """The relations of a table by id."""
    rows = table.rows
    return (
        {relation.id: relation for relation in rows.relations} if isinstance(rows, ObjectRows) else LazyRelations(table)
    )


def told(entities: Mapping[str, Entity], name: str) -> Told:
    """What is said of an entity wherever it is named, without making an object for it."""
    return entities.told(name) if isinstance(entities, LazyEntities) else Told.of(entities[name])


def read_at(things: Mapping[str, Entity] | Mapping[str, Relation], name: str) -> tuple[Provenance, ...]:
    """Where an entity or a relation was read, without making an object for it."""
    return things.read_at(name) if isinstance(things, LazyEntities | LazyRelations) else things[name].provenance


def some_relations(table: FactTable, numbers: Numbers) -> Sequence[Relation]:
    """Relations by number."""
    if isinstance(table.rows, ObjectRows):
        return tuple(table.rows.relations[number] for number in numbers.tolist())
    return SomeRelations(table, numbers)


class LazyEntities(Mapping[str, Entity]):
    """Entities that are made when asked for."""

    def __init__(self, table: FactTable) -> None:
        self.table = table
        self.known: dict[str, Entity] = {}
        self._told: dict[str, Told] = {}

    def __getitem__(self, name: str) -> Entity:
        found = self.known.get(name)
        if found is None:
            if len(self.known) >= MOST_KEPT:
                self.known.clear()
            found = self.known[name] = alone(self.table.rows.entity(self.table.number[name]))
        return found

    def told(self, name: str) -> Told:
        """What is said of an entity wherever it is named; kept, for that is little."""
        found = self._told.get(name)
        if found is None:
            found = self.table.rows.told(self.table.number[name], name)
            found = self._told[name] = Told.of(self[name]) if len(found.unknown) > 1 else found  # in its order
        return found

    def read_at(self, name: str) -> tuple[Provenance, ...]:
        """Where an entity was read."""
        return self.table.rows.entity_at(self.table.number[name])

    def __contains__(self, name: object) -> bool:
        return name in self.table.number

    def __iter__(self) -> Iterator[str]:
        return iter(self.table.number)

    def __len__(self) -> int:
        return len(self.table.number)


class LazyRelations(Mapping[str, Relation]):
    """Relations that are made when asked for."""

    def __init__(self, table: FactTable) -> None:
        self.table = table

    def __getitem__(self, name: str) -> Relation:
        return alone(self.table.rows.relation(self._number[name]))

    def read_at(self, name: str) -> tuple[Provenance, ...]:
        """Where a relation was read."""
        return self.table.rows.relation_at(self._number[name])

    def __contains__(self, name: object) -> bool:
        return name in self._number

    def __iter__(self) -> Iterator[str]:
        return iter(self.table.relations.ids)

    def __len__(self) -> int:
        return len(self.table.relations.ids)

    @cached_property
    def _number(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.table.relations.ids)}


class SomeRelations(Sequence[Relation]):
    """Relations by number, made when asked for."""

    def __init__(self, table: FactTable, numbers: Numbers) -> None:
        self.table, self.numbers = table, numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return SomeRelations(self.table, self.numbers[place])
        return alone(self.table.rows.relation(int(self.numbers[place])))
