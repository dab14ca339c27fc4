"""What one estate states and another does not: things, relations, the controls on what both have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from pydantic import BaseModel

from blastradius.estate import Estate, PlacedControl
from blastradius.estate.footing import status_of
from blastradius.model import Control, ControlKind, Entity, Frozen, Provenance, Relation, Zone
from blastradius.reports.rows import PlaceRow, place_row
from blastradius.reports.words import STATUS, control_said, host_said, label, listed, relation_said

Change = Literal["new", "gone", "changed"]
Spelled = Callable[[str], str]
Stated = TypeVar("Stated", Entity, Relation, Zone)
_HOW_KNOWN = {"provenance", "basis", "also", "controls", "id", "description"}
"""What changes no reach by itself, or is compared for itself."""


@dataclass(frozen=True)
class Side:
    """One of two estates that are compared; ``spelled`` turns names of its files into those that the user knows."""

    estate: Estate
    spelled: Spelled = str

    def places(self, read_at: tuple[Provenance, ...]) -> tuple[PlaceRow, ...]:
        """Where something was read, for an answer."""
        rows = map(place_row, read_at)
        return tuple(row.model_copy(update={"file": self.spelled(row.file)}) for row in rows)


class FieldRow(Frozen):
    """What one field said and says now, as text; null where it said nothing."""

    field: str
    before: str | None
    after: str | None


class ChangeRow(Frozen):
    """A thing, a relation or a zone that is new, gone or says something else.

    ``kind`` is an entity's kind, a relation's verb, or ``zone``; ``name`` is its display name, or the relation in
    words. ``places`` are those where it stands now, or stood before where it is gone.
    """

    change: Change
    id: str
    name: str
    kind: str
    fields: tuple[FieldRow, ...]
    places: tuple[PlaceRow, ...]


class ControlChangeRow(Frozen):
    """A control gained or lost, or one that is said to work otherwise, on what both estates have.

    ``before`` and ``after`` are how well it is known to work (``working``, ``assumed``, ``failed``, ``absent``); null
    where it is not there. ``places`` are where it stands now; where it is gone, where the thing stands that it was on.
    """

    change: Literal["gained", "lost", "changed"]
    id: str
    control: ControlKind
    says: str
    on: str
    on_name: str
    before: str | None
    after: str | None
    places: tuple[PlaceRow, ...]


@dataclass(frozen=True)
class Changes:
    """All that two estates state differently."""

    entities: tuple[ChangeRow, ...]
    relations: tuple[ChangeRow, ...]
    zones: tuple[ChangeRow, ...]
    controls: tuple[ControlChangeRow, ...]


def changes(base: Side, head: Side) -> Changes:
    """What is new, gone or different in ``head``."""
    return Changes(
        tuple(_changed(base, head, _entities_of, lambda estate, it: (label(estate, it.id), it.kind))),
        tuple(_changed(base, head, _relations_of, lambda estate, it: (relation_said(estate, it.id), it.verb))),
        tuple(_changed(base, head, _zones_of, lambda _estate, it: (it.label, "zone"))),
        tuple(_control_rows(base, head)),
    )


def _entities_of(estate: Estate) -> Mapping[str, Entity]:
    return estate.entities


def _relations_of(estate: Estate) -> Mapping[str, Relation]:
    return estate.relations


def _zones_of(estate: Estate) -> Mapping[str, Zone]:
    return estate.zones


def _changed(
    base: Side,
    head: Side,
    stated: Callable[[Estate], Mapping[str, Stated]],
    said: Callable[[Estate, Stated], tuple[str, str]],
) -> Iterator[ChangeRow]:
    before, after = stated(base.estate), stated(head.estate)
    for name in sorted(after.keys() | before.keys()):
        change: Change = "new" if name not in before else "gone" if name not in after else "changed"
        side, thing = (base, before[name]) if change == "gone" else (head, after[name])
        fields = tuple(_fields(before[name], after[name])) if change == "changed" else ()
        if fields or change != "changed":
            words, kind = said(side.estate, thing)
            places = side.places(thing.provenance)
            yield ChangeRow(change=change, id=name, name=words, kind=kind, fields=fields, places=places)


def _fields(before: BaseModel, after: BaseModel) -> Iterator[FieldRow]:
    """The fields that say something else; of things of two kinds also those that only one of them has."""
    for field in dict.fromkeys((*type(before).model_fields, *type(after).model_fields)):
        was, is_now = getattr(before, field, None), getattr(after, field, None)
        if field not in _HOW_KNOWN and was != is_now:
            yield FieldRow(field=field, before=_text(was), after=_text(is_now))


def _text(value: object) -> str | None:
    if value is None or value == () or value == {}:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return listed([str(item) for item in value], len(value))
    return str(value)


def _control_rows(base: Side, head: Side) -> Iterator[ControlChangeRow]:
    before, after = base.estate.controls, head.estate.controls
    for name in sorted(before.keys() | after.keys()):
        was, is_now = before.get(name), after.get(name)
        placed = is_now or was
        if placed is None or not (_is_there(base.estate, placed.host) and _is_there(head.estate, placed.host)):
            continue
        if differs(was, is_now):
            yield _control_row(head, placed, was, is_now)


def differs(was: PlacedControl | None, is_now: PlacedControl | None) -> bool:
    """Whether two accounts of a control differ in more than where they were read and why it is there."""
    return (was is None) != (is_now is None) or bool(was and is_now and _works(was.control) != _works(is_now.control))


def _works(control: Control) -> object:
    return control.model_dump(exclude={"provenance", "basis", "why"})


def _is_there(estate: Estate, host: str) -> bool:
    return host in estate.entities or host in estate.relations


def _control_row(
    head: Side, placed: PlacedControl, was: PlacedControl | None, is_now: PlacedControl | None
) -> ControlChangeRow:
    stood, stands = stands_in(was), stands_in(is_now)
    return ControlChangeRow(
        change="changed" if stood == stands else "gained" if stands else "lost",
        id=placed.id,
        control=placed.control.kind,
        says=control_said(placed.control.kind),
        on=placed.host,
        on_name=host_said(head.estate, placed.host),
        before=None if was is None else status_of(was.control),
        after=None if is_now is None else status_of(is_now.control),
        places=control_places(head, placed.host, is_now),
    )


def stands_in(placed: PlacedControl | None) -> bool:
    """Whether a control is there and not known to be without effect."""
    return placed is not None and placed.control.status not in ("failed", "absent")


def control_places(side: Side, host: str, placed: PlacedControl | None) -> tuple[PlaceRow, ...]:
    """Where a control was read, or what it would stand on."""
    own = placed.control.provenance if placed is not None else ()
    estate = side.estate
    thing = estate.entities[host] if host in estate.entities else estate.relations[host]
    return side.places(own or thing.provenance)


def status_said(status: str | None) -> str:
    """How well a control is known to work, in words."""
    return STATUS["absent"] if status is None else STATUS[status]
