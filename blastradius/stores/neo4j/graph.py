"""The graph that an estate is in the database: a closed set of labels, relationship types and property keys.

Everything a source says goes in as a parameter; only what stands here can be a label, a type or a key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

from blastradius.errors import InputError
from blastradius.estate.snapshot import Line, Thing
from blastradius.model import (
    ENTITY_TYPES,
    Control,
    Entity,
    Exercise,
    Expectation,
    Kind,
    Note,
    Relation,
    Signal,
    Verb,
    Zone,
)

SCHEMA = 2
"""The version of what is written; a load of a newer one is not read."""

LABELS: dict[str, str] = {str(kind): kind.capitalize() for kind in Kind} | {
    "zone": "Zone",
    "note": "Note",
    "expectation": "Expectation",
    "exercise": "Exercise",
}
"""The label of each family of things."""
COMMON, ENTITY, ESTATE, LOAD, STAMP = "Loaded", "Entity", "Estate", "Load", "Blastradius"
"""What every node of a load has, what every entity has besides, and the nodes that say what is loaded."""
TYPES: dict[Verb, str] = {verb: verb.upper() for verb in Verb}
"""The relationship type of each verb."""
IN_ZONE, COPY_OF, GUARDED_BY = "IN_ZONE", "COPY_OF", "GUARDED_BY"
"""What else joins nodes: where a thing lies, what it is a copy of, and who runs a control that stands on it."""
WITH_KEY, ALONG_GUARDED_BY = "WITH_KEY", "ALONG_GUARDED_BY"
"""What joins the source of a relation to the keys that go with it, and to who runs a control on the relation."""

_HIDDEN = {"kind", "provenance", "controls", "sources", "targets"}
_SHAPES: tuple[type[Entity] | type[Zone], ...] = (*ENTITY_TYPES.values(), Zone)
ENTITY_KEYS = frozenset(name for shape in _SHAPES for name in shape.model_fields) - _HIDDEN
RELATION_KEYS = frozenset(Relation.model_fields) - _HIDDEN
MADE_KEYS = frozenset(
    {
        "load",
        "open",
        "place",
        "record",
        "provenance",
        "controls",
        "controls_down",
        "all_of",
        "called",
        "any_of",
        "kind",
        "message",
        "about",
    }
)
"""Keys that no field of the model has by that name."""
KEYS = ENTITY_KEYS | RELATION_KEYS | MADE_KEYS | {"id", "name"}

MOST_BYTES = 1 << 20
"""Bytes of the largest text that is sent; one of a hundred times that can take a server down."""
MOST_INDEXED = 4_000
"""Bytes of the largest text that is sent to be found by; an index takes some 8,100."""
_INDEXED = ("id", "api", "zone", "called")
_MOST_NUMBER = 2**63

Property = str | int | float | bool | list[str] | None
Row = dict[str, Any]


def node(line: Line, place: int, *, is_open: bool = False) -> Row:
    """The node of a thing that is no relation, but for its load; ``is_open`` says that it takes what anyone says.

    Raises:
        InputError: something in it that the server would not take as it is.
    """
    thing = line.thing
    labels = [COMMON, LABELS[line.family], *([ENTITY] if isinstance(thing, Entity) else [])]
    stated = {"place": place, **_properties(thing), "record": line.text}
    stated |= {"open": True} if is_open else {}
    if isinstance(thing, Entity) and thing.name is not None:
        stated["called"] = called(thing.name)
    return {"labels": labels, "properties": checked(thing, stated)}


def called(name: str) -> str:
    """What an index finds a display name by: the name, or its SHA-256 where an index would not take it."""
    text = name.encode(errors="surrogatepass")
    return name if len(text) <= MOST_INDEXED else hashlib.sha256(text).hexdigest()


def relationships(line: Line, place: int, places: Mapping[str, int]) -> Iterator[Row]:
    """The relationships of a relation: for each pair of its ends, each key and who runs its controls, with its line.

    Raises:
        InputError: something in it that the server would not take as it is.
    """
    relation = line.thing
    assert isinstance(relation, Relation)  # noqa: S101 - what the caller asked for
    stated, here = {"place": place, **_properties(relation)}, places[relation.sources[0]]
    if len(relation.sources) > 1:
        stated["all_of"] = len(relation.sources)
    if len(relation.targets) > 1:
        stated["any_of"] = len(relation.targets)
    stated["record"] = line.text  # whichever end one comes from
    checked(relation, stated)
    for source in relation.sources:
        for target in relation.targets:
            ends = {"type": TYPES[relation.verb], "from": places[source], "to": places[target]}
            yield {**ends, "properties": stated}
    itself: dict[str, Property] = {"place": place, "record": line.text}
    for key in dict.fromkeys((*relation.keys, *relation.needs)):
        yield _joined(WITH_KEY, here, places[key], **itself)
    for control in relation.controls:
        if control.provided_by is not None:
            yield _joined(ALONG_GUARDED_BY, here, places[control.provided_by], kind=str(control.kind), **itself)


class Tie(NamedTuple):
    """A relationship that stands for a field of an entity; its end is known by an id until all places are."""

    type: str
    place: int
    end: str
    stated: Row

    def row(self, places: Mapping[str, int], zones: Mapping[str, int]) -> Row:
        """The relationship, once all places are known."""
        return _joined(self.type, self.place, (zones if self.type == IN_ZONE else places)[self.end], **self.stated)


def ties(entity: Entity, place: int, zones: Collection[str]) -> Iterator[Tie]:
    """What joins an entity by its own fields; nothing to a zone that is not described."""
    if entity.zone is not None and entity.zone in zones:
        yield Tie(IN_ZONE, place, entity.zone, {})
    for original in getattr(entity, "copy_of", ()):
        yield Tie(COPY_OF, place, original, {})
    for control in entity.controls:
        if control.provided_by is not None:
            yield Tie(GUARDED_BY, place, control.provided_by, {"kind": str(control.kind)})


def checked(thing: Thing, stated: Row) -> Row:
    """Properties as they are, where the server takes and gives back each of them unchanged.

    Raises:
        InputError: a text that is too long, half a character, or a number beyond 64 bits.
    """
    for name, value in stated.items():
        for part in value if isinstance(value, list) else (value,):
            if isinstance(part, str) and len(part) <= MOST_INDEXED and part.isascii():
                continue  # nearly all
            why = _why_not(name, part)
            if why is not None:
                places = getattr(thing, "provenance", ())
                at = f"{places[0]}: " if places else ""
                raise InputError([f"{at}{name} of {getattr(thing, 'id', name)!r:.200} {why}"])
    return stated


def _why_not(name: str, value: Property) -> str | None:
    if isinstance(value, int) and not -_MOST_NUMBER <= value < _MOST_NUMBER:
        return "is a number beyond 64 bits; correct it"
    if not isinstance(value, str):
        return None
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        return "has half a character (a lone surrogate); correct the text"
    most = MOST_INDEXED if name in _INDEXED else MOST_BYTES
    return f"takes {size:,} bytes, and {most:,} are the most; shorten it" if size > most else None


def _properties(thing: Thing) -> Row:
    if isinstance(thing, Note):
        return {"kind": str(thing.kind), "message": thing.message, "about": list(thing.about)}
    if isinstance(thing, Expectation | Exercise):
        return {"name": thing.name, "provenance": [str(place) for place in thing.provenance]}
    found: Row = {}
    for name in _shown(type(thing)):
        value = getattr(thing, name)
        if value is not None and value != () and value != {}:
            found[name] = _property(value)
    found["id"], found["provenance"] = thing.id, [str(place) for place in thing.provenance]
    controls = () if isinstance(thing, Zone) else thing.controls
    return found | _controls(controls) if controls else found


@cache
def _shown(shape: type[Entity] | type[Zone] | type[Relation]) -> tuple[str, ...]:
    """The fields that are properties as they are."""
    known = ENTITY_KEYS | RELATION_KEYS
    return tuple(name for name in shape.model_fields if name in known)


def _controls(controls: Iterable[Control]) -> Row:
    """The kinds of controls that count, and of those that stop nothing."""
    up = [str(control.kind) for control in controls if control.status in ("working", "assumed")]
    down = [str(control.kind) for control in controls if control.status in ("failed", "absent")]
    return {name: kinds for name, kinds in (("controls", up), ("controls_down", down)) if kinds}


def _property(value: Any) -> Property:
    """A field as a value of the server: a number, a text, or a list of texts."""
    if type(value) in (str, bool, int, float):  # nearly all
        plain: Property = value
        return plain
    if isinstance(value, dict):
        return [f"{key}: {part}" for key, part in value.items()]
    if isinstance(value, tuple):
        return [part.signal if isinstance(part, Signal) else str(part) for part in value]
    if isinstance(value, Enum):
        return str(value)
    found: Property = value
    return found


def _joined(name: str, source: int, target: int, **properties: Property) -> Row:
    return {"type": name, "from": source, "to": target, "properties": properties}
