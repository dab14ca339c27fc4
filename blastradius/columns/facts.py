"""Facts as columns, with the objects behind them: given by a loader, or read again from their file."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from blastradius.columns.bulk import BulkFacts
from blastradius.columns.growing import EntityFields, GrowingColumns
from blastradius.columns.ragged import Flags, Numbers, RaggedArray, Small, indptr_of
from blastradius.columns.tables import NO_INDEX, ON_BAD, VERBS, LazyNames, RelationColumns
from blastradius.memory import require
from blastradius.model import Entity, Provenance, Relation, end_of_id, id_of_sides, joint_end, relation_id

PER_OBJECT = 3500
"""Bytes that an entity or a relation takes as an object while it is renamed and merged, as measured."""


class Told(NamedTuple):
    """What answers ask of every entity: its display name, and what is stated to be unknown of it."""

    label: str
    unknown: tuple[str, ...] = ()

    @classmethod
    def of(cls, entity: Entity) -> Told:
        """That of an object."""
        return cls(entity.label, entity.unknown)


class Rows(Protocol):
    """Where the objects of a table come from, by number; ``told`` and ``..._at`` are what of them is had cheaply."""

    def entity(self, number: int) -> Entity: ...  # noqa: D102
    def relation(self, number: int) -> Relation: ...  # noqa: D102
    def told(self, number: int, name: str) -> Told: ...  # noqa: D102
    def entity_at(self, number: int) -> tuple[Provenance, ...]: ...  # noqa: D102
    def relation_at(self, number: int) -> tuple[Provenance, ...]: ...  # noqa: D102


class ObjectRows(NamedTuple):
    """Objects as they were given."""

    entities: Sequence[Entity]
    relations: Sequence[Relation]

    def entity(self, number: int) -> Entity:
        """An entity by its number."""
        return self.entities[number]

    def relation(self, number: int) -> Relation:
        """A relation by its number."""
        return self.relations[number]

    def told(self, number: int, name: str) -> Told:  # noqa: ARG002
        """What is said of an entity wherever it is named."""
        return Told.of(self.entities[number])

    def entity_at(self, number: int) -> tuple[Provenance, ...]:
        """Where an entity is declared."""
        return self.entities[number].provenance

    def relation_at(self, number: int) -> tuple[Provenance, ...]:
        """Where a relation is declared."""
        return self.relations[number].provenance


class DeclaredControls(NamedTuple):
    """Controls by number, as declared: each on an entity or on a relation, the other is ``NO_INDEX``."""

    kind: Numbers
    entity: Numbers
    relation: Numbers
    provider: Numbers
    failed: Flags
    fails_closed: Flags
    misled: Flags
    phishable: Flags
    slower: Flags
    starts_after_h: NDArray[np.float64]

    def take(self, rows: Flags) -> DeclaredControls:
        """Some of them."""
        return DeclaredControls._make(column[rows] for column in self)


@dataclass(frozen=True)
class FactTable(BulkFacts):
    """Entities by the numbers of their names, relations by number, and the controls that they declare.

    ``kind`` (int8, one a name) is ``NO_INDEX`` where a name is only met. ``digest`` is the sum of the hashes of the
    lines that were read, modulo 2**256; 0 for objects.
    """

    number: dict[str, int]
    kind: Small
    fields: EntityFields
    relations: RelationColumns
    controls: DeclaredControls
    rows: Rows
    digest: int = 0

    @property
    def entity_count(self) -> int:
        """How many entities are declared."""
        return int((self.kind != NO_INDEX).sum())

    @property
    def relation_count(self) -> int:
        """How many relations there are."""
        return len(self.relations.verb)

    def objects(self) -> tuple[tuple[Entity, ...], tuple[Relation, ...]]:
        """All of them as objects.

        Raises:
            UsageError: there is not enough memory for that many.
        """
        count = self.entity_count + self.relation_count
        otherwise = "leave names, zones, owners and controls to the lines themselves"
        require(count * PER_OBJECT, f"{count:,} entities and relations as objects", otherwise)
        declared = np.flatnonzero(self.kind != NO_INDEX).tolist()
        return tuple(map(self.rows.entity, declared)), tuple(map(self.rows.relation, range(self.relation_count)))

    @cached_property
    def names(self) -> list[str]:
        """All names by number."""
        return list(self.number)


def table_of(growing: GrowingColumns, rows: Rows, digest: int = 0) -> FactTable:
    """What has grown, as a table; nothing may be added any more, for the memory is shared."""
    columns, controls, names = growing.relations, growing.controls, list(growing.number)
    verb = _numbers(columns.verb)
    sources = RaggedArray(_numbers(columns.source_ends), _numbers(columns.sources))
    targets = RaggedArray(_numbers(columns.target_ends), _numbers(columns.targets))
    count, said = len(verb), columns.said
    dependency = said["dependency"]
    relations = RelationColumns(
        ids=relation_ids(names, verb, sources, targets),
        verb=verb,
        sources=sources,
        targets=targets,
        subset=_of_few(said["extent"], count, np.bool_, {"subset": True, "all": False}.__getitem__),
        brittle=_of_few(said["brittle"], count, np.bool_),
        capacity_loss=_of_few(said["capacity_loss"], count, np.bool_),
        dependency=[dependency.get(row) for row in range(count)] if dependency else [None] * count,
        buffer_h=_of_few(said["buffer_h"], count, np.float64),
        at_least=_of_few(said["at_least"], count, np.int64),
        vote_min=_of_few(said["vote_min"], count, np.int64),
        on_bad=_of_few(said["on_bad"], count, np.int8, ON_BAD.index),
        defaults=_of_few(said["on_missing"], count, np.bool_, {"default": True, "stop": False}.__getitem__),
        obeys=_of_few(said["obeys"], count, np.bool_),
        keys=_rows_of_few(said["keys"], count),
        needs=_rows_of_few(said["needs"], count),
        basis=np.asarray(columns.basis, np.int8),
    )
    declared = DeclaredControls(
        kind=_numbers(controls.kind),
        entity=_numbers(controls.entity),
        relation=_numbers(controls.relation),
        provider=_numbers(controls.provider),
        failed=_flags(controls.failed),
        fails_closed=_flags(controls.fails_closed),
        misled=_flags(controls.misled),
        phishable=_flags(controls.phishable),
        slower=_flags(controls.slower),
        starts_after_h=np.asarray(controls.starts_after_h, np.float64),
    )
    kind = np.asarray(growing.kind, np.int8)
    return FactTable(growing.number, kind, growing.fields, relations, declared, rows, digest)


def table_of_objects(entities: Sequence[Entity], relations: Sequence[Relation]) -> FactTable:
    """Objects as a table; no two have one id. Entities are numbered in their order."""
    growing = GrowingColumns(entity.id for entity in entities)
    for entity in entities:
        growing.add_entity(entity)
    for relation in relations:
        growing.add_relation(relation)
    return table_of(growing, ObjectRows(entities, relations))


def relation_ids(names: Sequence[str], verb: Numbers, sources: RaggedArray, targets: RaggedArray) -> LazyNames:
    """The ids of relations, made when asked for."""

    def made(number: int) -> str:
        ends = ([names[end] for end in side[number]] for side in (sources, targets))
        return relation_id(VERBS[verb[number]], *ends)

    def every() -> list[str]:
        ends = [end_of_id(name) for name in names]
        words = [known.value for known in VERBS]
        verbs = (words[number] for number in verb.tolist())
        return list(map(id_of_sides, verbs, _sides(ends, sources), _sides(ends, targets)))

    return LazyNames(len(verb), made, every)


def _sides(ends: Sequence[str], side: RaggedArray) -> list[str]:
    """The ends of relations on one side as they stand in ids; few are several."""
    first: list[int] = side.first.tolist()
    found = [ends[number] for number in first]
    for row in np.flatnonzero(side.lengths > 1).tolist():
        found[row] = joint_end(ends[number] for number in side[row])
    return found


def _of_few(
    said: Mapping[int, Any], count: int, of: type[np.generic], number: Callable[[Any], Any] = lambda value: value
) -> NDArray[Any]:
    """A column of which few rows say anything; the others are 0."""
    found = np.zeros(count, of)
    found[list(said)] = list(map(number, said.values()))
    return found


def _rows_of_few(said: Mapping[int, Sequence[int]], count: int) -> RaggedArray:
    """Rows of numbers, of which few have any; those that do are given in their order."""
    lengths = _of_few(said, count, np.int64, len)
    values = [number for numbers in said.values() for number in numbers]
    return RaggedArray(indptr_of(lengths), np.array(values, np.int64))


def _numbers(column: array[int]) -> Numbers:
    """A column as numbers, in the same memory."""
    return np.asarray(column, np.int64)


def _flags(column: array[int]) -> Flags:
    """A column of zeros and ones as flags, in the same memory."""
    return np.asarray(column, np.int8).view(np.bool_)
