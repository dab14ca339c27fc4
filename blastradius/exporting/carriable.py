"""What of an estate no file can carry, whatever its format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.names import harmless
from blastradius.model import Entity, Frozen, Relation, Zone


def refuse_uncarriable(estate: Estate) -> None:
    """Refuse an estate with a text that no file can carry.

    Raises:
        InputError: every such text, with the place it came from.
    """
    problems = list(_problems(estate))
    if problems:
        raise InputError(problems)


def _problems(estate: Estate) -> Iterator[str]:
    """What no file can carry; such ids are refused on the way in as well, unless a program made the estate."""
    things: list[Entity | Relation | Zone] = [*estate.entities.values(), *estate.relations.values()]
    for thing in (*things, *estate.zones.values(), *estate.expectations, *estate.exercises):
        at = f"{thing.provenance[0]}: " if thing.provenance else ""
        if isinstance(thing, (Entity, Zone)) and not harmless(thing.id):
            yield f"{at}the id {thing.id!r} has a character that ids cannot have, or is blank; rename it"
        yield from (f"{at}{problem}" for problem in _uncarried(thing))
    yield from _uncarried([estate.title, estate.as_of])


def _uncarried(fields: Any) -> Iterator[str]:
    for value in _values(fields):
        if isinstance(value, str) and not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
            yield f"{value!r} has half a character; correct the text"


def _values(fields: Any) -> Iterator[Any]:
    """The single values in a model, a mapping or a list, keys among them."""
    if isinstance(fields, Frozen):
        fields = vars(fields)
    if isinstance(fields, (dict, list, tuple)):
        for value in (*fields.keys(), *fields.values()) if isinstance(fields, dict) else fields:
            yield from _values(value)
    else:
        yield fields
