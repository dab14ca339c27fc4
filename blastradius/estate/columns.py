"""An estate as flat arrays: what compiling needs to know, by number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from blastradius.estate import Estate
from blastradius.estate.ragged import Flags, Lists, Numbers
from blastradius.model import ControlKind, Credential, Entity, Kind, Operation, Relation, Verb

KINDS = tuple(Kind)
VERBS = tuple(Verb)
CONTROLS = tuple(ControlKind)
_KIND = {kind: number for number, kind in enumerate(KINDS)}
_VERB = {verb: number for number, verb in enumerate(VERBS)}
_CONTROL = {kind: number for number, kind in enumerate(CONTROLS)}
NOWHERE = -1


@dataclass(frozen=True)
class EntityColumns:
    """Entities by number, in the estate's order; ``api`` and ``flat_zone`` are numbers of names, or ``NOWHERE``.

    ``copy_of`` is the number of another entity, or ``NOWHERE``; ``records`` a count, 0 where unstated.
    """

    ids: Sequence[str]
    kind: Numbers
    api: Numbers
    flat_zone: Numbers
    anonymous: Flags
    password: Flags
    crown_jewel: Flags
    records: Numbers
    copy_of: Numbers
    apis: Sequence[str]
    flat_zones: Sequence[str]


@dataclass(frozen=True)
class RelationColumns:
    """Relations by number; ``dependency`` is as stated; ``at_least`` and ``vote_min`` are 0 where unstated."""

    ids: Sequence[str]
    verb: Numbers
    sources: Lists
    targets: Lists
    subset: Flags
    brittle: Flags
    capacity_loss: Flags
    dependency: Sequence[str | None]
    buffer_h: NDArray[np.float64]
    at_least: Numbers
    vote_min: Numbers


@dataclass(frozen=True)
class ControlColumns:
    """Controls by number; ``host`` is an entity's number, or a relation's plus the count of entities."""

    ids: Sequence[str]
    kind: Numbers
    host: Numbers
    failed: Flags
    provider: Numbers
    fails_closed: Flags


@dataclass(frozen=True)
class Columns:
    """The three tables."""

    entities: EntityColumns
    relations: RelationColumns
    controls: ControlColumns


@runtime_checkable
class Columned(Protocol):
    """An estate that is kept as tables."""

    @property
    def columns(self) -> Columns:
        """The tables."""
        ...


def columns_of(estate: Estate) -> Columns:
    """The tables of an estate."""
    if isinstance(estate, Columned):
        return estate.columns
    number = {name: place for place, name in enumerate(estate.entities)}
    return Columns(
        _entities(estate, number),
        _relations(list(estate.relations.values()), number),
        _controls(estate, number),
    )


def _entities(estate: Estate, number: dict[str, int]) -> EntityColumns:
    entities = list(estate.entities.values())
    flat = [zone.id for zone in estate.zones.values() if zone.flat]
    apis = sorted({each.api for each in entities if isinstance(each, Operation) and each.api is not None})
    return EntityColumns(
        ids=[each.id for each in entities],
        kind=_numbers(entities, lambda each: _KIND[each.kind]),
        api=_places([getattr(each, "api", None) for each in entities], apis),
        flat_zone=_places([each.zone if each.kind == Kind.SERVICE else None for each in entities], flat),
        anonymous=_flags(entities, _is_anonymous),
        password=_flags(entities, lambda each: isinstance(each, Credential) and each.type == "password"),
        crown_jewel=_flags(entities, lambda each: bool(getattr(each, "crown_jewel", False))),
        records=_numbers(entities, lambda each: getattr(each, "records", None) or 0),
        copy_of=_numbers(entities, lambda each: number.get(getattr(each, "copy_of", None) or "", NOWHERE)),
        apis=apis,
        flat_zones=flat,
    )


def _is_anonymous(entity: Entity) -> bool:
    return isinstance(entity, Operation) and entity.anonymous and entity.direction == "exposed"


def _relations(relations: list[Relation], number: dict[str, int]) -> RelationColumns:
    return RelationColumns(
        ids=[each.id for each in relations],
        verb=_numbers(relations, lambda each: _VERB[each.verb]),
        sources=Lists.of([[number[name] for name in each.sources] for each in relations]),
        targets=Lists.of([[number[name] for name in each.targets] for each in relations]),
        subset=_flags(relations, lambda each: each.extent == "subset"),
        brittle=_flags(relations, lambda each: each.brittle),
        capacity_loss=_flags(relations, lambda each: each.capacity_loss),
        dependency=[each.dependency for each in relations],
        buffer_h=np.fromiter((each.buffer_h or 0.0 for each in relations), np.float64, len(relations)),
        at_least=_numbers(relations, lambda each: each.at_least or 0),
        vote_min=_numbers(relations, lambda each: each.vote_min or 0),
    )


def _controls(estate: Estate, number: dict[str, int]) -> ControlColumns:
    placed = list(estate.controls.values())
    hosts = number | {name: len(number) + place for place, name in enumerate(estate.relations)}
    return ControlColumns(
        ids=[each.id for each in placed],
        kind=_numbers(placed, lambda each: _CONTROL[each.control.kind]),
        host=_numbers(placed, lambda each: hosts[each.host]),
        failed=_flags(placed, lambda each: each.control.status == "failed"),
        provider=_numbers(placed, lambda each: number.get(each.control.provided_by or "", NOWHERE)),
        fails_closed=_flags(placed, lambda each: each.control.fails == "closed"),
    )


def _numbers(things: Sequence[Any], number: Callable[[Any], int]) -> Numbers:
    return np.fromiter(map(number, things), np.int64, len(things))


def _flags(things: Sequence[Any], flag: Callable[[Any], bool]) -> Flags:
    return np.fromiter(map(flag, things), np.bool_, len(things))


def _places(names: Iterable[str | None], known: Sequence[str]) -> Numbers:
    place = {name: number for number, name in enumerate(known)}
    return np.array([place.get(name, NOWHERE) if name is not None else NOWHERE for name in names], np.int64)
