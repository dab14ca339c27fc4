"""An estate kept as columns; its entities and relations are read from the file when they are asked for."""

from __future__ import annotations

import io
import mmap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, BinaryIO

import numpy as np
from pydantic_core import from_json

from blastradius.estate import Estate, PlacedControl
from blastradius.estate.bulk.checks import check
from blastradius.estate.bulk.reader import CONTROL, DEPENDENCE, Reading, array_of
from blastradius.estate.columns import (
    CONTROLS,
    KINDS,
    NOWHERE,
    VERBS,
    Columns,
    ControlColumns,
    EntityColumns,
    RelationColumns,
)
from blastradius.estate.lint import Ties, void
from blastradius.estate.ragged import Flags, Lists, Numbers
from blastradius.model import (
    ENTITY_TYPES,
    ControlKind,
    Entity,
    Kind,
    Note,
    NoteKind,
    Provenance,
    Relation,
    Tally,
    Verb,
    relation_id,
)


class _Lazy(Sequence[str]):
    """Names that are made when asked for."""

    def __init__(self, count: int, make: Callable[[int], str]) -> None:
        self.size = count
        self.make = make

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, number: Any) -> Any:
        if not 0 <= number < self.size:
            raise IndexError(number)
        return self.make(number)


class _Lines:
    """All lines one after the other, a line at an offset."""

    def __init__(self, file: BinaryIO) -> None:
        empty = file.seek(0, io.SEEK_END) == 0
        self.bytes = b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def at(self, offset: int) -> dict[str, Any]:
        end = self.bytes.find(b"\n", offset)
        found: dict[str, Any] = from_json(self.bytes[offset : end if end >= 0 else None])
        return found


def _from(reading: Reading, line: int) -> tuple[Provenance, ...]:
    file, number = reading.place(line)
    return (Provenance(source="lines", file=file, line=number),)


class _Entities(Mapping[str, Entity]):
    def __init__(self, reading: Reading, lines: _Lines) -> None:
        self.reading, self.lines, self.names = reading, lines, reading.names

    def __getitem__(self, name: str) -> Entity:
        return self.numbered(self.names.number[name])

    def __contains__(self, name: object) -> bool:
        return name in self.names.number

    def __iter__(self) -> Iterator[str]:
        return iter(self.names.number)

    def __len__(self) -> int:
        return len(self.names.number)

    def numbered(self, number: int) -> Entity:
        data = {**self.lines.at(self.names.offset[number]), "provenance": _from(self.reading, self.names.line[number])}
        return ENTITY_TYPES[KINDS[self.names.kind[number]]].model_validate(data)


class _Relations(Mapping[str, Relation]):
    def __init__(self, reading: Reading, lines: _Lines, ids: Sequence[str]) -> None:
        self.reading, self.lines, self.rows, self.ids = reading, lines, reading.relation, ids

    def __getitem__(self, name: str) -> Relation:
        return self.numbered(self._number[name])

    def __contains__(self, name: object) -> bool:
        return name in self._number

    def __iter__(self) -> Iterator[str]:
        return iter(self.ids)

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def _number(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.ids)}

    def numbered(self, number: int) -> Relation:
        at = _from(self.reading, self.rows["line"][number])
        return Relation.model_validate({**self.lines.at(self.rows["offset"][number]), "provenance": at})


class _OfVerb(Sequence[Relation]):
    def __init__(self, relations: _Relations, numbers: Numbers) -> None:
        self.relations, self.numbers = relations, numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, place: Any) -> Any:
        return self.relations.numbered(int(self.numbers[place]))


class LinesEstate(Estate):
    """An estate kept as columns; its entities and relations are read from the file when they are asked for."""

    def __init__(self, file: BinaryIO, reading: Reading) -> None:
        lines = _Lines(file)
        self._reading = reading
        self._relation_ends()
        self._names = list(reading.names.number)
        self.entities = self._entities = _Entities(reading, lines)
        ids = _Lazy(len(reading.relation["verb"]), self._relation_id)
        self.relations = self._relations = _Relations(reading, lines, ids)
        self.zones = reading.zones
        self.title, self.as_of = reading.heading.title, reading.heading.as_of
        self.expectations = ()
        self.tally = Tally(facts=len(self.entities) + len(self.relations) + len(self.zones))
        check(reading, self._sources, self._targets, self._verb)
        self.columns = Columns(self._entity_columns(), self._relation_columns(), self._control_columns())
        self.notes = tuple(self._assumption())

    def _relation_ends(self) -> None:
        rows = self._reading.relation
        self._verb = array_of(rows["verb"])
        self._sources = Lists(array_of(rows["source_starts"]), array_of(rows["sources"]))
        self._targets = Lists(array_of(rows["target_starts"]), array_of(rows["targets"]))

    def _relation_id(self, number: int) -> str:
        names = self._names
        sources, targets = ([names[each] for each in side[number]] for side in (self._sources, self._targets))
        return relation_id(VERBS[self._verb[number]], sources, targets)

    @cached_property
    def by_verb(self) -> Mapping[Verb, Sequence[Relation]]:  # type: ignore[override]
        """The relations of each verb, read when asked for."""
        return {
            verb: _OfVerb(self._relations, np.flatnonzero(self._verb == number)) for number, verb in enumerate(VERBS)
        }

    @cached_property
    def _placed(self) -> dict[str, tuple[PlacedControl, ...]]:  # type: ignore[override]
        return self._place_controls()[0]

    def _hosts(self) -> Iterator[Entity | Relation]:
        """What states controls or is guarded by a scope; no other line is read again."""
        rows = self._reading.control
        for each in sorted({*rows["entity"], *self._guarded().tolist()} - {NOWHERE}):
            yield self._entities.numbered(each)
        for each in sorted({*rows["relation"]} - {NOWHERE}):
            yield self._relations.numbered(each)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the lines, whatever their order."""
        return f"{self._reading.digest:064x}"

    def of_kind(self, kind: Kind) -> tuple[Entity, ...]:
        """The entities of one kind, in the order of the file."""
        numbers = np.flatnonzero(self.columns.entities.kind == KINDS.index(kind))
        return tuple(self._entities.numbered(each) for each in numbers.tolist())

    def kind_of(self, entity: str) -> Kind:
        """The kind of an entity."""
        return KINDS[self._reading.names.kind[self._reading.names.number[entity]]]

    def crown_jewel(self, entity: str) -> bool:
        """Whether an entity is marked as a crown jewel."""
        return self._reading.names.number.get(entity) in self._reading.flags["crown_jewel"]

    # columns

    def _entity_columns(self) -> EntityColumns:
        reading, names = self._reading, self._reading.names
        count = len(names.number)
        apis = sorted(set(reading.places["api"].values()))
        flat = sorted(zone.id for zone in self.zones.values() if zone.flat)
        in_flat = {number: zone for number, zone in reading.places["zone"].items() if zone in flat}
        return EntityColumns(
            ids=self._names,
            kind=array_of(names.kind),
            api=_placed(count, reading.places["api"], {name: place for place, name in enumerate(apis)}),
            flat_zone=_placed(count, in_flat, {name: place for place, name in enumerate(flat)}),
            anonymous=_flags(count, reading.flags["anonymous"]),
            password=_flags(count, reading.flags["password"]),
            crown_jewel=_flags(count, reading.flags["crown_jewel"]),
            records=np.maximum(_placed(count, reading.places["records"]), 0),
            copy_of=_placed(count, reading.places["copy_of"]),
            apis=apis,
            flat_zones=flat,
        )

    def _relation_columns(self) -> RelationColumns:
        rows = self._reading.relation
        return RelationColumns(
            ids=self._relations.ids,
            verb=self._verb,
            sources=self._sources,
            targets=self._targets,
            subset=array_of(rows["subset"]).astype(np.bool_),
            brittle=array_of(rows["brittle"]).astype(np.bool_),
            capacity_loss=array_of(rows["capacity_loss"]).astype(np.bool_),
            dependency=[DEPENDENCE[each] for each in rows["dependency"]],
            buffer_h=np.array(rows["buffer_h"], np.float64),
            at_least=array_of(rows["at_least"]),
            vote_min=array_of(rows["vote_min"]),
        )

    def _control_columns(self) -> ControlColumns:
        """The controls that are stated, then the guards that scopes imply."""
        rows = {name: array_of(column) for name, column in self._reading.control.items()}
        count = len(self.entities)
        host = np.where(rows["entity"] != NOWHERE, rows["entity"], count + rows["relation"])
        authz = CONTROLS.index(ControlKind.FUNCTION_AUTHZ)
        implied = np.setdiff1d(self._guarded(), host[rows["kind"] == authz])
        kind = np.concatenate([rows["kind"], np.full(len(implied), authz)])
        host = np.concatenate([host, implied])
        none = np.full(len(implied), NOWHERE)
        failed = np.concatenate([rows["failed"], np.zeros(len(implied), np.int64)]).astype(np.bool_)
        failed[self._void(rows)] = True
        return ControlColumns(
            ids=_Lazy(len(kind), lambda number: f"{CONTROLS[kind[number]]}@{self._host(int(host[number]))}"),
            kind=kind,
            host=host,
            failed=failed,
            provider=np.concatenate([rows["provider"], none]),
            fails_closed=np.concatenate([rows["fails_closed"], none + 1]).astype(np.bool_),
        )

    def _guarded(self) -> Numbers:
        """The operations, by number, that a scope guards."""
        return np.unique(self._targets.take(self._verb == VERBS.index(Verb.PERMITS)).values)

    def _host(self, number: int) -> str:
        count = len(self.columns.entities.ids)
        return self.columns.entities.ids[number] if number < count else self.columns.relations.ids[number - count]

    def _void(self, rows: Mapping[str, Numbers]) -> list[int]:
        """The controls on relations that stop nothing as they are placed."""
        doubtful = np.isin(rows["kind"], [CONTROL[ControlKind.FALLBACK], CONTROL[ControlKind.VERIFIED]])
        doubtful &= (rows["relation"] != NOWHERE) & (rows["provider"] != NOWHERE)
        if not doubtful.any():
            return []
        ties, found = Ties.of(self.by_verb), []  # type: ignore[arg-type]
        for number in np.flatnonzero(doubtful).tolist():
            relation = self._relations.numbered(int(rows["relation"][number]))
            control = next(each for each in relation.controls if CONTROL[each.kind] == rows["kind"][number])
            if void(control, relation, self.entities, ties):
                found.append(number)
        return found

    def _assumption(self) -> Iterator[Note]:
        verbs = [VERBS.index(verb) for verb in (Verb.CALLS, Verb.READS, Verb.CONSUMES)]
        by_service = self.columns.entities.kind[self._sources.first] == KINDS.index(Kind.SERVICE)
        stated = array_of(self._reading.relation["dependency"]) > 0
        unstated = int((np.isin(self._verb, verbs) & by_service & ~stated).sum())
        if unstated:
            message = f"{unstated} calls, reads and consumes do not say how hard the dependence is; taken as soft"
            yield Note(kind=NoteKind.ASSUMED, message=message)


def _placed(count: int, places: Mapping[int, Any], number: Mapping[Any, int] | None = None) -> Numbers:
    found = np.full(count, NOWHERE)
    for place, value in places.items():
        found[place] = value if number is None else number[value]
    return found


def _flags(count: int, places: Iterable[int]) -> Flags:
    found = np.zeros(count, np.bool_)
    found[list(places)] = True
    return found
