"""Entities and relations into growing columns, one at a time; no object is kept."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from blastradius.columns.tables import BASES, CONTROLS, KINDS, NO_INDEX, VERBS
from blastradius.model import Basis, Control, Entity, Kind, Relation

KIND_NUMBER = {kind: number for number, kind in enumerate(KINDS)}
VERB_NUMBER = {verb: number for number, verb in enumerate(VERBS)}
BASIS_NUMBER = {basis: number for number, basis in enumerate(BASES)}
CONTROL_NUMBER = {kind: number for number, kind in enumerate(CONTROLS)}
_IMPLYING = {Kind.OPERATION, Kind.SERVICE}
"""The kinds of entity that rules need no relation of: they are in an API, in a zone, open to anyone."""
_WORDS = frozenset(("id", "kind", "name", "owner", "description", "unknown", "basis", "also", "provenance"))
"""What entities say that no column has but those of all."""
_NAMING = ("keys", "needs")
_SAID = (
    "at_least", "vote_min", "extent", "brittle", "capacity_loss", "dependency", "buffer_h", "on_bad", "on_missing",
    "obeys", *_NAMING,
)  # fmt: skip
_SAYING = frozenset(_SAID)
"""What few relations say, and rules read."""


def _numbers() -> array[int]:
    return array("q")


def _flags() -> array[int]:
    return array("b")


def _hours() -> array[float]:
    return array("d")


def _ends() -> array[int]:
    return array("q", [0])


@dataclass
class EntityFields:
    """What few entities state, by their numbers; ``zones`` are all that are named, each with a first thing in it."""

    api: dict[int, str] = field(default_factory=dict)
    zone: dict[int, str] = field(default_factory=dict)
    records: dict[int, int] = field(default_factory=dict)
    copy_of: dict[int, tuple[int, ...]] = field(default_factory=dict)
    expires: dict[int, str] = field(default_factory=dict)
    zones: dict[str, str] = field(default_factory=dict)
    anonymous: set[int] = field(default_factory=set)
    password: set[int] = field(default_factory=set)
    crown_jewel: set[int] = field(default_factory=set)
    complete: set[int] = field(default_factory=set)
    dormant: set[int] = field(default_factory=set)
    ourselves: set[int] = field(default_factory=set)
    public: set[int] = field(default_factory=set)
    basis: dict[int, int] = field(default_factory=dict)


@dataclass
class GrowingRelations:
    """The columns of relations as they grow; ``source_ends`` and ``target_ends`` are the ends of rows (CSR).

    ``said`` is what few relations say beside that, by field and by their numbers; ``keys`` and ``needs`` as numbers.
    """

    verb: array[int] = field(default_factory=_numbers)
    sources: array[int] = field(default_factory=_numbers)
    source_ends: array[int] = field(default_factory=_ends)
    targets: array[int] = field(default_factory=_numbers)
    target_ends: array[int] = field(default_factory=_ends)
    basis: array[int] = field(default_factory=_flags)
    said: dict[str, dict[int, Any]] = field(default_factory=lambda: {name: {} for name in _SAID})


@dataclass
class GrowingControls:
    """The columns of controls as they grow: each on an entity or on a relation, the other is ``NO_INDEX``."""

    kind: array[int] = field(default_factory=_numbers)
    entity: array[int] = field(default_factory=_numbers)
    relation: array[int] = field(default_factory=_numbers)
    provider: array[int] = field(default_factory=_numbers)
    failed: array[int] = field(default_factory=_flags)
    fails_closed: array[int] = field(default_factory=_flags)
    misled: array[int] = field(default_factory=_flags)
    phishable: array[int] = field(default_factory=_flags)
    slower: array[int] = field(default_factory=_flags)
    starts_after_h: array[float] = field(default_factory=_hours)


class GrowingColumns:
    """Columns that entities and relations are added to; names are numbered in the order in which they are met.

    ``kind`` is ``NO_INDEX`` for a name that is met, and not (yet) declared.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.number = {name: number for number, name in enumerate(dict.fromkeys(names))}
        self.kind = array("b", [NO_INDEX]) * len(self.number)
        self.fields = EntityFields()
        self.relations = GrowingRelations()
        self.controls = GrowingControls()

    def number_of(self, name: str) -> int:
        """The number of a name."""
        number = self.number.get(name)
        if number is None:
            number = self.number[name] = len(self.number)
            self.kind.append(NO_INDEX)
        return number

    def add_entity(self, entity: Entity) -> int:
        """Declare an entity and return its number."""
        number, fields = self.number_of(entity.id), self.fields
        self.kind[number] = KIND_NUMBER[entity.kind]
        if entity.basis != Basis.DECLARED and entity.kind in _IMPLYING:
            fields.basis[number] = BASIS_NUMBER[entity.basis]
        if entity.model_fields_set <= _WORDS:
            return number
        stated: Mapping[str, Any] = entity.__dict__
        for name, column in (("api", fields.api), ("records", fields.records), ("expires", fields.expires)):
            if stated.get(name) is not None:
                column[number] = stated[name]
        if entity.zone is not None:
            fields.zones[entity.zone] = min(entity.id, fields.zones.get(entity.zone, entity.id))
            fields.zone[number] = entity.zone
        if stated.get("copy_of"):
            fields.copy_of[number] = tuple(map(self.number_of, stated["copy_of"]))
        for members, holds in _flags_of(entity.kind, stated, fields):
            if holds:
                members.add(number)
        self._add_controls(entity.controls, number, NO_INDEX)
        return number

    def add_relation(self, relation: Relation) -> int:
        """Add a relation and return its number."""
        columns = self.relations
        number = len(columns.verb)
        columns.verb.append(VERB_NUMBER[relation.verb])
        columns.sources.extend(map(self.number_of, relation.sources))
        columns.targets.extend(map(self.number_of, relation.targets))
        columns.source_ends.append(len(columns.sources))
        columns.target_ends.append(len(columns.targets))
        columns.basis.append(BASIS_NUMBER[relation.basis])
        stated = relation.model_fields_set
        for name in () if _SAYING.isdisjoint(stated) else [name for name in _SAID if name in stated]:
            value = getattr(relation, name)
            if value:
                columns.said[name][number] = tuple(map(self.number_of, value)) if name in _NAMING else value
        self._add_controls(relation.controls, NO_INDEX, number)
        return number

    def _add_controls(self, controls: Sequence[Control], entity: int, relation: int) -> None:
        columns = self.controls
        for control in _by_kind(controls):
            columns.kind.append(CONTROL_NUMBER[control.kind])
            columns.entity.append(entity)
            columns.relation.append(relation)
            provider = control.provided_by
            columns.provider.append(NO_INDEX if provider is None else self.number_of(provider))
            columns.failed.append(control.status in ("failed", "absent"))
            columns.fails_closed.append(control.fails == "closed")
            columns.misled.append(control.misled)
            columns.phishable.append(control.phishable)
            columns.slower.append(control.slower)
            columns.starts_after_h.append(control.starts_after_h or 0.0)


def _flags_of(kind: Kind, stated: Mapping[str, Any], fields: EntityFields) -> Iterator[tuple[set[int], bool]]:
    """The columns of what holds of an entity or does not."""
    yield fields.anonymous, stated.get("anonymous", False) and stated["direction"] == "exposed"
    yield fields.password, kind == Kind.CREDENTIAL and stated["type"] == "password"
    yield fields.complete, stated.get("parts") == "complete"
    yield fields.ourselves, stated.get("role") == "self"
    yield fields.crown_jewel, stated.get("crown_jewel", False)
    yield fields.public, stated.get("public", False)
    yield fields.dormant, stated.get("dormant", False)


def _by_kind(controls: Sequence[Control]) -> Iterable[Control]:
    return sorted(controls, key=lambda control: control.kind) if len(controls) > 1 else controls
