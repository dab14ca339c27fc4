"""Controls that guard nothing where they stand, and the nearest place where they would."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property

from blastradius.columns.ragged import Flags
from blastradius.engine.guarding import guarded_hosts
from blastradius.estate import Estate, PlacedControl
from blastradius.meanings import VOCABULARY
from blastradius.model import ControlKind, Entity, Note, NoteKind, Verb

_CHANGES = (Verb.WRITES, Verb.CONTROLS, Verb.DISABLES)
FARTHEST = 4
"""Up to how many steps away a better place for a control is looked for, from a thing to a relation or back."""


def inert_controls(estate: Estate) -> tuple[Note, ...]:
    """A finding for each control that is stated to work, and that no step could meet where it stands."""
    stated = [placed for placed in estate.controls.values() if _is_claimed(estate, placed)]
    found = []
    for provided in (False, True):
        asked = [placed for placed in stated if (placed.control.provided_by is not None) == provided]
        if asked:
            kinds = {placed.control.kind for placed in asked}
            where = _Where(estate, guarded_hosts(estate, kinds, provided=provided))
            found += [placed for placed in asked if not where.guards(placed.control.kind, placed.host)]
    if not found:
        return ()
    kinds = {placed.control.kind for placed in found}
    where = _Where(estate, guarded_hosts(estate, kinds, provided=True))
    return tuple(_finding(where, placed) for placed in sorted(found, key=lambda placed: placed.id))


def _is_claimed(estate: Estate, placed: PlacedControl) -> bool:
    """Whether a source states it of this very thing, and that it works: it is no default, and not implied."""
    control = placed.control
    if control.status not in ("working", "assumed") or any(place.source == "workspace" for place in control.provenance):
        return False
    host = estate.entities.get(placed.host) or estate.relations[placed.host]
    return any(own.kind == control.kind for own in host.controls)


class _Where:
    """Which entities and relations a control of a kind would guard something at."""

    def __init__(self, estate: Estate, hosts: Mapping[ControlKind, Flags]) -> None:
        self.estate = estate
        self.hosts = hosts

    def guards(self, kind: ControlKind, host: str) -> bool:
        """Whether a control guards something there."""
        return bool(self.hosts[kind][self.number[host]])

    @cached_property
    def number(self) -> Mapping[str, int]:
        """The number of each entity, and of each relation beyond them."""
        columns = self.estate.columns
        return {name: number for number, name in enumerate((*columns.entities.ids, *columns.relations.ids))}

    @cached_property
    def beside(self) -> Mapping[str, list[str]]:
        """The relations at each entity, and the ends of each relation."""
        found: dict[str, list[str]] = defaultdict(list)
        for relation in self.estate.relations.values():
            found[relation.id] += [*relation.sources, *relation.targets]
            for end in (*relation.sources, *relation.targets):
                found[end].append(relation.id)
        return found

    def nearest(self, kind: ControlKind, host: str) -> str | None:
        """The nearest place on the same road where a control of a kind would guard something.

        Another thing of the host's own kind is no place for what is said of this one.
        """
        own = self.estate.entities.get(host)
        seen, here = {host}, [host]
        for _ in range(FARTHEST):
            here = sorted({there for name in here for there in self.beside[name]} - seen)
            seen.update(here)
            for name in here:
                there = self.estate.entities.get(name)
                is_road = there is None and name in self.beside[host]
                if self.guards(kind, name) and (is_road or (there is not None and not _alike(own, there))):
                    return name
        return None


def _alike(one: Entity | None, other: Entity) -> bool:
    return one is not None and one.kind == other.kind


def _finding(where: _Where, placed: PlacedControl) -> Note:
    kind = placed.control.kind
    meaning, near = VOCABULARY[kind], where.nearest(kind, placed.host)
    way_out = f"it would count on {near!r}" if near else "take it out, or say what it guards"
    relation = where.estate.relations.get(placed.host)
    if kind == ControlKind.HUMAN_REVIEW and relation is not None and relation.verb in _CHANGES:
        way_out = "that a second person has to agree to a change is 'approval'"
    message = f"control {str(kind)!r} on {placed.host!r} guards nothing there: it stops {meaning.stops}; {way_out}"
    place = placed.control.provenance[:1]
    return Note(kind=NoteKind.INCOMPLETE, message=message, about=(placed.host,), provenance=place)
