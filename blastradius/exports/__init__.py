"""An estate in the formats of other tools: one file a format, ending in ``EXPORT``; nothing here computes reach."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from typing import Any

from blastradius.errors import InputError, UsageError
from blastradius.estate import Estate
from blastradius.exporting.contract import Export
from blastradius.loaderkit.options import harmless
from blastradius.model import Entity, Frozen, Relation, Zone

__all__ = ["Export", "export", "exports", "format_of"]


@cache
def exports() -> dict[str, Export]:
    """Every export by name."""
    names = [each.name for each in pkgutil.iter_modules(__path__) if not each.name.startswith("_")]
    found: list[Export] = [importlib.import_module(f"{__name__}.{name}").EXPORT for name in names]
    return {each.name: each for each in sorted(found, key=lambda each: each.name)}


def export(estate: Estate, to: str) -> str:
    """An estate as a file of another format.

    Raises:
        UsageError: there is no such format, or the estate is too large for it.
        InputError: a text that no file can carry.
    """
    known = exports()
    if to not in known:
        close = get_close_matches(to, known, n=1)
        more = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(known)}"
        raise UsageError(f"there is no format {to!r} to export to; {more}")
    problems = list(_problems(estate))
    if problems:
        raise InputError(problems)
    return known[to].write(estate)


def format_of(file: str) -> str:
    """The format that the ending of a file's name stands for.

    Raises:
        UsageError: none, or several.
    """
    fits = [each for each in exports().values() if file.lower().endswith(each.suffix)]
    longest = max((len(each.suffix) for each in fits), default=0)
    found = [each.name for each in fits if len(each.suffix) == longest]
    if len(found) != 1:
        names = " or ".join(found) or ", ".join(exports())
        raise UsageError(f"{file}: the ending does not say which format; say --to {names}")
    return found[0]


def _problems(estate: Estate) -> Iterator[str]:
    """What no file can carry; such ids are refused on the way in as well, unless a program made the estate."""
    things: list[Entity | Relation | Zone] = [*estate.entities.values(), *estate.relations.values()]
    for thing in (*things, *estate.zones.values(), *estate.expectations):
        at = f"{thing.provenance[0]}: " if thing.provenance else ""
        if isinstance(thing, (Entity, Zone)) and not harmless(thing.id):
            yield f"{at}the id {thing.id!r} has a character that ids cannot have, or is blank; rename it"
        yield from (f"{at}{each}" for each in _uncarried(thing))
    yield from _uncarried([estate.title, estate.as_of])


def _uncarried(said: Any) -> Iterator[str]:
    for value in _values(said):
        if isinstance(value, str) and not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
            yield f"{value!r} has half a character; correct the text"


def _values(said: Any) -> Iterator[Any]:
    if isinstance(said, Frozen):
        said = vars(said)
    if isinstance(said, (dict, list, tuple)):
        for each in (*said.keys(), *said.values()) if isinstance(said, dict) else said:
            yield from _values(each)
    else:
        yield said
