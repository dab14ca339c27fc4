"""What people call things: by id, or by a display name that only one thing has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches

from blastradius.errors import UsageError
from blastradius.model import Entity, Kind

_MOST_NAMED = 6
"""How many things of one name a refusal lists."""


class OfAnotherKindError(UsageError):
    """A thing that is there and is not of the kind that was asked for; ``kind`` is what it is."""

    def __init__(self, text: str, kind: Kind, kinds: Collection[Kind]) -> None:
        self.kind = kind
        super().__init__(f"{text!r} is {_a(kind)}; expected {_either(kinds)}")


def resolved(
    entities: Mapping[str, Entity], text: str, kinds: Collection[Kind] | None, zones: Mapping[str, str]
) -> str:
    """The id of what ``text`` names: the id itself, else the only thing whose display name it is.

    Of several things of one name those of ``kinds`` are meant. ``zones`` may be named, too: the display name of each
    by its id.

    Raises:
        OfAnotherKindError: the only thing of that id, or of that name, is of no kind in ``kinds``.
        UsageError: nothing is called so, or several things are.
    """
    known = [entities[text]] if text in entities else []
    if text in zones and not known:
        return text
    called = known + [entity for entity in entities.values() if entity.label == text and entity not in known]
    meant = [entity for entity in called if kinds is None or entity.kind in kinds]
    if known and meant[:1] == known:
        return text
    places = [zone for zone, name in zones.items() if name == text and zone not in entities]  # an id means the entity
    if len(meant) + len(places) > 1:
        raise UsageError(f"{text!r} is the name of {_listed(meant, places)}; name one by its id")
    if meant or places:
        return meant[0].id if meant else places[0]
    if called:
        raise OfAnotherKindError(text, called[0].kind, kinds or ())
    raise UsageError(f"{text!r} is not in the estate{suggested(entities.values(), text, kinds, zones)}")


def suggested(
    entities: Iterable[Entity], text: str, kinds: Collection[Kind] | None = None, zones: Mapping[str, str] | None = None
) -> str:
    """The way out for what nothing is called: the nearest thing by id or name, else which kinds are expected."""
    fitting = [(entity.id, entity.label) for entity in entities if kinds is None or entity.kind in kinds]
    named = [*fitting, *(zones or {}).items()]
    ids = {name.casefold(): place for place, (name, _) in enumerate(named)}
    names = {label.casefold(): place for place, (_, label) in enumerate(named)} | ids
    near = get_close_matches(text.casefold(), names, n=1) or [name for name in names if text.casefold() in name.split()]
    if near:
        name, label = named[names[near[0]]]
        return f"; did you mean {name!r}" + (f" ({label})?" if label != name else "?")
    return f"; expected {_either(kinds)}" if kinds else ""


def _listed(meant: Sequence[Entity], zones: Sequence[str]) -> str:
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
