"""What people call things: by id, or by a display name that only one thing has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from blastradius.columns.compose import ComposedRows
from blastradius.columns.facts import FactTable, ObjectRows
from blastradius.columns.tables import KINDS, NO_INDEX
from blastradius.errors import UsageError
from blastradius.model import Entity, Kind

_MOST_NAMED = 6
"""How many things of one name a refusal lists."""
_MOST_READ_AGAIN = 20_000
"""Up to how many entities an estate may have for all to be made objects, which may be read again line by line."""


class Called(NamedTuple):
    """A thing by its id, its display name (the id where it has none, or none that is known) and its kind."""

    id: str
    label: str
    kind: Kind


class OfAnotherKindError(UsageError):
    """A thing that is there and is not of the kind that was asked for; ``kind`` is what it is."""

    def __init__(self, text: str, kind: Kind, kinds: Collection[Kind]) -> None:
        self.kind = kind
        super().__init__(f"{text!r} is {_a(kind)}; expected {_either(kinds)}")


def called(table: FactTable, entities: Mapping[str, Entity]) -> Iterator[Called]:
    """Everything by what it is called; of much that is read line by line, its ids, for names would be read again."""
    if len(entities) <= _MOST_READ_AGAIN:
        yield from (Called(entity.id, entity.label, entity.kind) for entity in entities.values())
        return
    rows = table.rows.given if isinstance(table.rows, ComposedRows) else table.rows
    names = {entity.id: entity.label for entity in rows.entities} if isinstance(rows, ObjectRows) else {}
    for name, kind in zip(table.names, table.kind.tolist(), strict=True):
        if kind != NO_INDEX:
            yield Called(name, names.get(name, name), KINDS[kind])


def resolved(things: Sequence[Called], text: str, kinds: Collection[Kind] | None, zones: Mapping[str, str]) -> str:
    """The id of what ``text`` names: the id itself, else the only thing whose display name it is.

    Of several things of one name those of ``kinds`` are meant. ``zones`` may be named, too: the display name of each
    by its id; an id that a thing has, too, means the thing.

    Raises:
        OfAnotherKindError: the only thing of that id, or of that name, is of no kind in ``kinds``.
        UsageError: nothing is called so, or several things are.
    """
    ids = {thing.id for thing in things if thing.id in zones}
    if text in zones and text not in ids:
        return text
    found = [thing for thing in things if text in (thing.id, thing.label)]
    meant = [thing for thing in found if kinds is None or thing.kind in kinds]
    if any(thing.id == text for thing in meant):
        return text
    places = [zone for zone, name in zones.items() if name == text and zone not in ids]
    if len(meant) + len(places) > 1:
        raise UsageError(f"{text!r} is the name of {_listed(meant, places)}; name one by its id")
    if meant or places:
        return meant[0].id if meant else places[0]
    if found:
        raise OfAnotherKindError(text, next((t for t in found if t.id == text), found[0]).kind, kinds or ())
    raise UsageError(f"{text!r} is not in the estate{suggested(things, text, kinds, zones)}")


def suggested(
    things: Iterable[Called], text: str, kinds: Collection[Kind] | None = None, zones: Mapping[str, str] | None = None
) -> str:
    """The way out for what nothing is called: the nearest thing by id or name, else which kinds are expected."""
    fitting = [(thing.id, thing.label) for thing in things if kinds is None or thing.kind in kinds]
    named = [*fitting, *(zones or {}).items()]
    ids = {name.casefold(): place for place, (name, _) in enumerate(named)}
    names = {label.casefold(): place for place, (_, label) in enumerate(named)} | ids
    near = get_close_matches(text.casefold(), names, n=1) or [name for name in names if text.casefold() in name.split()]
    if near:
        name, label = named[names[near[0]]]
        return f"; did you mean {name!r}" + (f" ({label})?" if label != name else "?")
    return f"; expected {_either(kinds)}" if kinds else ""


def _listed(meant: Sequence[Called], zones: Sequence[str]) -> str:
    """All things of one name, as a sentence goes on: ``the service 'a' and the store 'b'``."""
    things = [*(f"the {entity.kind} {entity.id!r}" for entity in meant), *(f"the zone {zone!r}" for zone in zones)]
    more = len(things) - _MOST_NAMED
    shown = [*things[:_MOST_NAMED], f"{more:,} more"] if more > 0 else things
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def _either(kinds: Collection[Kind]) -> str:
    """Kinds to choose from: in their own order, or sorted where they have none."""
    *others, last = map(_a, kinds if isinstance(kinds, Sequence) else sorted(kinds))
    return f"{', '.join(others)} or {last}" if others else last


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
