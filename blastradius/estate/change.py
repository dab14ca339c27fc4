"""The digest of an estate, and what was changed in one for a what-if."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain
from json.encoder import encode_basestring_ascii
from typing import Any, Protocol

from blastradius.columns.facts import ObjectRows
from blastradius.estate.placement import PlacedControl
from blastradius.model import Entity, Frozen, Kind, Relation, Zone

Thing = Entity | Relation
_BLIND: dict[str, Any] = {"provenance": True, "also": True, "controls": {"__all__": {"provenance"}}}
"""What of a thing says where it was read, and is in no digest."""


def digest_of(rows: ObjectRows, zones: Iterable[Zone]) -> str:
    """The SHA-256 of what objects say, wherever they were read."""
    things: Iterator[Thing | Zone] = chain(rows.entities, rows.relations, zones)
    texts = map(_text, things)
    found = hashlib.sha256(b"[")
    found.update(next(texts, "").encode())
    for text in texts:
        found.update(f", {text}".encode())
    found.update(b"]")
    return found.hexdigest()


def _text(thing: Thing | Zone) -> str:
    """What a thing says, as JSON in the order of its fields' names; as one with the same fields, where it may be."""
    pieces, stated = _template(type(thing), frozenset(thing.model_fields_set))
    says, texts = vars(thing), [pieces[0]]
    for name, piece in zip(stated, pieces[1:], strict=True):
        text = _encoded(says[name])
        if text is None:
            return _dumped(thing)
        texts += (text, piece)
    return "".join(texts)


@cache
def _template(of: type[Frozen], stated: frozenset[str]) -> tuple[list[str], list[str]]:
    """The JSON of things that state just these fields, cut where each of them stands, and their names in that order.

    What a thing does not state is the default of its type.
    """
    fields = sorted(of.model_fields.keys() - {"provenance", "also"})
    default = of.model_construct().model_dump(mode="json")
    pieces, slots = ["{"], list[str]()
    for number, name in enumerate(fields):
        pieces[-1] += f"{', ' if number else ''}{json.dumps(name)}: "
        if name in stated or name not in default:
            slots.append(name)
            pieces.append("")
        else:
            pieces[-1] += json.dumps(default[name], sort_keys=True)
    pieces[-1] += "}"
    return pieces, slots


def _encoded(value: Any) -> str | None:
    """A plain value as JSON; ``None`` for what has more in it."""
    if isinstance(value, str):
        return encode_basestring_ascii(value)
    if value is None or type(value) is bool or type(value) is int:
        return json.dumps(value)
    if type(value) is tuple and all(type(part) is str for part in value):
        return f"[{', '.join(map(encode_basestring_ascii, value))}]"
    return None


def _dumped(thing: Thing | Zone) -> str:
    blind = {"provenance"} if isinstance(thing, Zone) else _BLIND
    return json.dumps(thing.model_dump(mode="json", exclude=blind), sort_keys=True)


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
    return int.from_bytes(hashlib.sha256(_text(thing).encode()).digest(), "big")
