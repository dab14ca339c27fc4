"""The digest of an estate, and what was changed in one for a what-if."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from blastradius.columns.facts import ObjectRows
from blastradius.estate.placement import PlacedControl
from blastradius.model import Entity, Kind, Relation, Zone

Thing = Entity | Relation
_BLIND: dict[str, Any] = {"provenance": True, "also": True, "controls": {"__all__": {"provenance"}}}
"""What of a thing says where it was read, and is in no digest."""


def digest_of(rows: ObjectRows, zones: Iterable[Zone]) -> str:
    """The SHA-256 of what objects say, wherever they were read."""
    things = [thing.model_dump(mode="json", exclude=_BLIND) for thing in (*rows.entities, *rows.relations)]
    things += [zone.model_dump(mode="json", exclude={"provenance"}) for zone in zones]
    return hashlib.sha256(json.dumps(things, sort_keys=True).encode()).hexdigest()


class Stated(Protocol):
    """What is asked of an estate before a change, and after it."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the facts alone."""
        ...

    def kind_of(self, entity: str) -> Kind:
        """The kind of an entity."""
        ...

    def controls_on(self, host: str) -> Sequence[PlacedControl]:
        """The controls that stand on an entity or a relation."""
        ...


@dataclass(frozen=True, eq=False)
class Change:
    """The things that were taken out of an estate, and those that were put in; what is in both was replaced.

    ``zones`` were not there before.
    """

    before: Stated
    gone: tuple[Thing, ...]
    new: tuple[Thing, ...]
    zones: tuple[Zone, ...] = ()

    @cached_property
    def removed(self) -> frozenset[str]:
        """The ids of what is not there any more."""
        return frozenset(thing.id for thing in self.gone) - {thing.id for thing in self.new}

    @cached_property
    def added(self) -> tuple[Thing, ...]:
        """What was not there before."""
        known = {thing.id for thing in self.gone}
        return tuple(thing for thing in self.new if thing.id not in known)

    def kind_of(self, name: str) -> Kind:
        """The kind of an entity, one that was added or one that was there."""
        added = {thing.id: thing.kind for thing in self.added if not isinstance(thing, Relation)}
        return added[name] if name in added else self.before.kind_of(name)

    @property
    def digest(self) -> str:
        """The digest of the changed estate: that of the estate before, and the change, whatever its order."""
        now = int(self.before.digest, 16) + _sum((*self.new, *self.zones)) - _sum(self.gone)
        return f"{now % 2**256:064x}"


def _sum(things: Iterable[Thing | Zone]) -> int:
    return sum(map(_number, things))


def _number(thing: Thing | Zone) -> int:
    """The SHA-256 of what one thing says."""
    said = thing.model_dump(mode="json", exclude={"provenance"} if isinstance(thing, Zone) else _BLIND)
    return int.from_bytes(hashlib.sha256(json.dumps(said, sort_keys=True).encode()).digest(), "big")
