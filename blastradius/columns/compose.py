"""Several tables of facts as one: columns one after the other, under one numbering of names."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from blastradius.columns.facts import DeclaredControls, FactTable, ObjectRows, Rows, Told, relation_ids
from blastradius.columns.growing import VERB_NUMBER, EntityFields
from blastradius.columns.ragged import Flags, Numbers, RaggedArray, counted, distinct, joined
from blastradius.columns.tables import NO_INDEX, RelationColumns
from blastradius.model import Entity, Provenance, Relation

Value = TypeVar("Value", str, int, tuple[int, ...])


class Kept(NamedTuple):
    """A table, and which of its names are kept as entities, and which of its relations are."""

    table: FactTable
    entities: Flags
    relations: Flags

    @classmethod
    def all_of(cls, table: FactTable) -> Kept:
        """Everything that a table declares."""
        return cls(table, table.kind != NO_INDEX, np.ones(table.relation_count, np.bool_))

    def others(self) -> tuple[list[Entity], list[Relation]]:
        """What is declared and not kept, as objects."""
        entities = np.flatnonzero((self.table.kind != NO_INDEX) & ~self.entities).tolist()
        relations = np.flatnonzero(~self.relations).tolist()
        return [*map(self.table.rows.entity, entities)], [*map(self.table.rows.relation, relations)]


def apart(tables: Sequence[FactTable], entities: Iterable[Entity], relations: Sequence[Relation]) -> list[Kept]:
    """The tables; what another table or an object speaks of as well is not kept."""
    number: dict[str, int] = {}
    numbers = [_numbered(table, number) for table in tables]
    objects = {number[entity.id] for entity in entities if entity.id in number}
    declared = [known[table.kind != NO_INDEX] for table, known in zip(tables, numbers, strict=True)]
    times = np.bincount(np.concatenate([*declared, np.array(sorted(objects), np.int64)]), minlength=len(number))
    again = _relations_again(tables, numbers, number, relations)
    return [
        Kept(table, (table.kind != NO_INDEX) & (times[known] == 1), ~repeated)
        for table, known, repeated in zip(tables, numbers, again, strict=True)
    ]


def relation_keys(verb: Numbers, source: Numbers, target: Numbers, names: int) -> Numbers:
    """A number for the verb and the first ends of each relation; those of groups may share it."""
    return (verb * names + source) * names + target


def _relations_again(
    tables: Sequence[FactTable], numbers: Sequence[Numbers], number: Mapping[str, int], relations: Sequence[Relation]
) -> list[Flags]:
    """For each table the relations that another table or an object has as well."""
    keys = [_keys(table, known, len(number)) for table, known in zip(tables, numbers, strict=True)]
    apart = [*map(distinct, keys), distinct(_keys_of(relations, number))]
    known, times = counted(np.concatenate(apart))
    maybe = [np.flatnonzero(np.isin(key, known[times > 1])).tolist() for key in keys]
    names = [[table.relations.ids[row] for row in rows] for table, rows in zip(tables, maybe, strict=True)]
    declared = Counter(name for ids in (*names, {relation.id for relation in relations}) for name in ids)
    found = [np.zeros(len(key), np.bool_) for key in keys]
    for flags, rows, ids in zip(found, maybe, names, strict=True):
        flags[[row for row, name in zip(rows, ids, strict=True) if declared[name] > 1]] = True
    return found


def _keys(table: FactTable, number: Numbers, names: int) -> Numbers:
    columns = table.relations
    return relation_keys(columns.verb, number[columns.sources.first], number[columns.targets.first], names)


def _keys_of(relations: Sequence[Relation], number: Mapping[str, int]) -> Numbers:
    """The keys of relations between things that have a number."""
    rows = [
        (VERB_NUMBER[relation.verb], number[relation.sources[0]], number[relation.targets[0]])
        for relation in relations
        if relation.sources[0] in number and relation.targets[0] in number
    ]
    verb, source, target = np.array(rows, np.int64).reshape(-1, 3).T
    return relation_keys(verb, source, target, len(number))


def _numbered(table: FactTable, number: dict[str, int]) -> Numbers:
    """For each name of a table its number among all; ``number`` grows."""
    if not number:
        number.update(table.number)
        return np.arange(len(number))
    return np.fromiter((number.setdefault(name, len(number)) for name in table.number), np.int64, len(table.number))


class ComposedRows:
    """The objects of several tables; ``entity_of`` and ``table_of`` say which of which table an entity is.

    ``kept`` are the relations of each table that are kept, by their numbers there.
    """

    def __init__(self, parts: list[Rows], kept: list[Numbers], table_of: NDArray[np.int32], entity_of: Numbers) -> None:
        self.parts, self.kept, self.table_of, self.entity_of = parts, kept, table_of, entity_of
        self.begins = [0, *np.cumsum([len(rows) for rows in kept]).tolist()]

    @classmethod
    def of(cls, parts: Sequence[Kept], numbers: Sequence[Numbers], count: int) -> ComposedRows:
        """Those of tables whose names have these numbers, of ``count`` in all."""
        table_of, entity_of = np.zeros(count, np.int32), np.zeros(count, np.int64)
        for place, (part, known) in enumerate(zip(parts, numbers, strict=True)):
            kept = np.flatnonzero(part.entities)
            table_of[known[kept]], entity_of[known[kept]] = place, kept
        relations = [np.flatnonzero(part.relations) for part in parts]
        return cls([part.table.rows for part in parts], relations, table_of, entity_of)

    @property
    def given(self) -> ObjectRows:
        """Those that were objects from the start."""
        objects = [part for part in self.parts if isinstance(part, ObjectRows)]
        entities = [entity for part in objects for entity in part.entities]
        return ObjectRows(entities, [relation for part in objects for relation in part.relations])

    def entity(self, number: int) -> Entity:
        """An entity by its number."""
        return self.parts[int(self.table_of[number])].entity(int(self.entity_of[number]))

    def told(self, number: int, name: str) -> Told:
        """What is said of an entity wherever it is named."""
        return self.parts[int(self.table_of[number])].told(int(self.entity_of[number]), name)

    def entity_at(self, number: int) -> tuple[Provenance, ...]:
        """Where an entity is declared."""
        return self.parts[int(self.table_of[number])].entity_at(int(self.entity_of[number]))

    def relation(self, number: int) -> Relation:
        """A relation by its number."""
        part, place = self._relation(number)
        return self.parts[part].relation(place)

    def relation_at(self, number: int) -> tuple[Provenance, ...]:
        """Where a relation is declared."""
        part, place = self._relation(number)
        return self.parts[part].relation_at(place)

    def _relation(self, number: int) -> tuple[int, int]:
        part = bisect_right(self.begins, number) - 1
        return part, int(self.kept[part][number - self.begins[part]])


def concatenated(parts: Sequence[Kept]) -> FactTable:
    """What is kept of tables as one table; no two keep an entity or a relation of one id."""
    number: dict[str, int] = {}
    numbers = [_numbered(part.table, number) for part in parts]
    kind = np.full(len(number), NO_INDEX, np.int8)
    for part, known in zip(parts, numbers, strict=True):
        kind[known[part.entities]] = part.table.kind[part.entities]
    return FactTable(
        number=number,
        kind=kind,
        fields=_fields(parts, numbers),
        relations=_relations(parts, numbers, list(number)),
        controls=_controls(parts, numbers),
        rows=ComposedRows.of(parts, numbers, len(number)),
        digest=sum(part.table.digest for part in parts) % 2**256,
    )


def _fields(parts: Sequence[Kept], numbers: Sequence[Numbers]) -> EntityFields:
    found = EntityFields()
    for part, known in zip(parts, numbers, strict=True):
        stated, kept = part.table.fields, part.entities
        found.api |= _moved(stated.api, kept, known)
        found.zone |= _moved(stated.zone, kept, known)
        found.records |= _moved(stated.records, kept, known)
        for zone, name in stated.zones.items():
            found.zones[zone] = min(name, found.zones.get(zone, name))
        found.basis |= _moved(stated.basis, kept, known)
        found.expires |= _moved(stated.expires, kept, known)
        copies = _moved(stated.copy_of, kept, known)
        found.copy_of |= {entity: tuple(known[list(originals)].tolist()) for entity, originals in copies.items()}
        for name in ("anonymous", "password", "crown_jewel", "complete", "ourselves", "dormant", "public"):
            getattr(found, name).update(_moved(dict.fromkeys(getattr(stated, name), 0), kept, known))
    return found


def _moved(stated: Mapping[int, Value], kept: Flags, known: Numbers) -> dict[int, Value]:
    """What is stated by entities that are kept, under their new numbers."""
    return {int(known[number]): value for number, value in stated.items() if kept[number]}


def _relations(parts: Sequence[Kept], numbers: Sequence[Numbers], names: Sequence[str]) -> RelationColumns:
    tables = [part.table.relations for part in parts]
    flags = [part.relations for part in parts]

    def ends(side: str) -> RaggedArray:
        found = []
        for table, kept, known in zip(tables, flags, numbers, strict=True):
            rows: RaggedArray = getattr(table, side)
            rows = rows if kept.all() else rows.take(kept)
            found.append(RaggedArray(rows.indptr, known[rows.values]))
        return joined(found)

    columns = {
        name: np.concatenate([getattr(table, name)[kept] for table, kept in zip(tables, flags, strict=True)])
        for name in _PLAIN
    }
    sources, targets = ends("sources"), ends("targets")
    return RelationColumns(
        ids=relation_ids(names, columns["verb"], sources, targets),
        sources=sources,
        targets=targets,
        keys=ends("keys"),
        needs=ends("needs"),
        dependency=[
            table.dependency[row]
            for table, kept in zip(tables, flags, strict=True)
            for row in np.flatnonzero(kept).tolist()
        ],
        **columns,
    )


def _controls(parts: Sequence[Kept], numbers: Sequence[Numbers]) -> DeclaredControls:
    found, before = [], 0
    for part, known in zip(parts, numbers, strict=True):
        stated = part.table.controls
        on_entity = stated.entity != NO_INDEX
        stays = np.zeros(len(stated.kind), np.bool_)
        stays[on_entity] = part.entities[stated.entity[on_entity]]
        stays[~on_entity] = part.relations[stated.relation[~on_entity]]
        row = np.cumsum(part.relations) - 1 + before
        kept = stated.take(stays)
        found.append((kept, _renumbered(kept.entity, known), _renumbered(kept.relation, row),
                      _renumbered(kept.provider, known)))  # fmt: skip
        before += int(part.relations.sum())
    controls, entity, relation, provider = zip(*found, strict=True)
    return DeclaredControls(
        entity=np.concatenate(entity),
        relation=np.concatenate(relation),
        provider=np.concatenate(provider),
        **{name: np.concatenate([getattr(control, name) for control in controls]) for name in _SAID},
    )


_PLAIN = (
    "verb", "subset", "brittle", "capacity_loss", "buffer_h", "at_least", "vote_min", "on_bad", "defaults", "obeys",
    "basis",
)  # fmt: skip
"""The columns of relations that do not number entities."""
_SAID = ("kind", "failed", "fails_closed", "misled", "phishable", "slower", "starts_after_h")
"""The columns of controls that number nothing else."""


def _renumbered(column: Numbers, number: Numbers) -> Numbers:
    """Numbers as new numbers; what is ``NO_INDEX`` stays so."""
    found = np.full(len(column), NO_INDEX)
    stated = column != NO_INDEX
    found[stated] = number[column[stated]]
    return found
