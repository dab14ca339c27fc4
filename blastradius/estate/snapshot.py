"""An estate as lines, whole and in one form: what a database keeps of it, and what two copies are compared by.

The first line says what the estate is; then comes a line of JSON for each zone, entity, relation, expectation, exercise
and note, in the estate's order. What a source left unsaid is left out, so that a copy says no more than the estate did.
A file that is kept to compare a later estate with is dated besides, and has the sum of its lines.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from json import dumps
from typing import Any, ClassVar, TypeVar

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, from_json

from blastradius.columns.facts import FactTable, Told, table_of
from blastradius.columns.growing import GrowingColumns
from blastradius.errors import InputError
from blastradius.escape import acts
from blastradius.estate.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.loaderkit.gate import cleared
from blastradius.model import (
    ENTITY_TYPES,
    Entity,
    Exercise,
    Expectation,
    Frozen,
    Note,
    Provenance,
    Relation,
    Tally,
    Zone,
)
from blastradius.secrets import may_hold_secret

FORMAT = 1
"""The version of the form."""

Thing = Zone | Entity | Relation | Expectation | Exercise | Note
_FAMILIES: dict[str, type[Thing]] = {
    "zone": Zone,
    "relation": Relation,
    "expectation": Expectation,
    "exercise": Exercise,
    "note": Note,
    **{str(kind): shape for kind, shape in ENTITY_TYPES.items()},
}
_Fact = TypeVar("_Fact", Entity, Relation)
_Some = TypeVar("_Some", Zone, Entity, Relation, Expectation, Note)


class Stamp(Frozen):
    """What a snapshot that is kept says of itself.

    ``day`` (ISO date) is the one that its estate is of. ``sources`` counts the files that it comes from, by what read
    them. ``sum`` is the SHA-256 over its lines after the first.
    """

    day: str
    sources: dict[str, int]
    sum: str


class Heading(Frozen):
    """The first line; ``digest`` is that of an estate of columns, whose lines count as they were read."""

    snapshot: int = FORMAT
    title: str | None = None
    as_of: str | None = None
    clock: dict[str, float]
    tally: Tally
    columns: bool = False
    digest: str | None = None
    stamp: Stamp | None = None


@dataclass(frozen=True)
class Line:
    """One thing and its line; ``family`` is its kind if it is an entity, else ``zone``, ``relation`` and so on."""

    family: str
    thing: Thing
    text: str


def heading(estate: Estate) -> str:
    """The first line of an estate.

    Raises:
        InputError: its title has half a character.
    """
    return _json("the title", _heading(estate))


def _heading(estate: Estate) -> Heading:
    return Heading(
        snapshot=FORMAT,
        title=estate.title,
        as_of=estate.as_of,
        clock=dict(sorted(estate.clock.items())),
        tally=estate.tally,
        columns=estate.in_columns,
        digest=estate.digest if estate.in_columns else None,
    )


def lines(estate: Estate) -> Iterator[Line]:
    """The lines after the first.

    Raises:
        InputError: a text has half a character, which no copy could keep.
    """
    yield from thing_lines(estate)
    yield from relation_lines(estate)
    yield from other_lines(estate)


def thing_lines(estate: Estate) -> Iterator[Line]:
    """The lines of zones and entities, which come first."""
    for zone in estate.zones.values():
        yield _line("zone", zone)
    for entity in estate.entities.values():
        yield _line(str(entity.kind), entity)


def relation_lines(estate: Estate) -> Iterator[Line]:
    """The lines of relations, which follow these."""
    for relation in estate.relations.values():
        yield _line("relation", relation)


def other_lines(estate: Estate) -> Iterator[Line]:
    """The lines of what is said beside things and relations, which come last."""
    for expectation in estate.expectations:
        yield _line("expectation", expectation)
    for exercise in estate.exercises:
        yield _line("exercise", exercise)
    for note in estate.source_notes:
        yield _line("note", note)


def text(estate: Estate) -> str:
    """All lines of an estate.

    Raises:
        InputError: a text has half a character.
    """
    return "".join(f"{line}\n" for line in (heading(estate), *(line.text for line in lines(estate))))


def stamped(estate: Estate) -> tuple[str, Stamp]:
    """All lines of an estate with a first line that dates them, and what that says.

    Raises:
        InputError: a text has half a character.
    """
    texts: list[str] = []
    files: set[tuple[str, str]] = set()
    for line in lines(estate):
        texts.append(line.text)
        files.update((place.source, place.file) for place in getattr(line.thing, "provenance", ()))
    count = Counter(source for source, _ in files)
    stamp = Stamp(day=estate.day, sources=dict(sorted(count.items())), sum=digest_of(texts))
    first = _json("the title", Heading(**{**dict(_heading(estate)), "stamp": stamp}))
    return "".join(f"{line}\n" for line in (first, *texts)), stamp


def digest_of(texts: Iterable[str]) -> str:
    """SHA-256 over lines."""
    found = hashlib.sha256()
    for line in texts:
        found.update(line.encode())
        found.update(b"\n")
    return found.hexdigest()


def loaded(texts: Iterable[str], source: str) -> Loaded:
    """What the lines of an estate say, as if it had just been loaded; ``source`` is for messages.

    Raises:
        InputError: a line that is none of an estate's, or one of a newer form.
    """
    after = iter(texts)
    try:
        first = Heading.model_validate(from_json(next(after, "{}")))
    except (ValueError, ValidationError):
        raise InputError([f"{source}:1: not the first line of an estate's snapshot"]) from None
    if first.snapshot > FORMAT:
        raise InputError(
            [f"{source}: a snapshot of form {first.snapshot}; this version reads {FORMAT}, use a newer one"]
        )
    parts = _Parts(first.columns)
    found = hashlib.sha256()
    for number, line in enumerate(after, 2):
        found.update(f"{line}\n".encode())
        try:
            parts.add(line)
        except (ValueError, LookupError, TypeError):
            problem = (
                f"{source}:{number}: not a line of an estate's snapshot, so it is cut off or changed; take it anew"
            )
            raise InputError([problem]) from None
    if first.stamp is not None and first.stamp.sum != found.hexdigest():
        raise InputError([f"{source}: cut off or changed since it was taken, by its sum; take it anew"])
    return parts.loaded(first)


@dataclass(frozen=True)
class LineRows:
    """The objects of a table, made from their lines when they are asked for."""

    entities: Sequence[str]
    relations: Sequence[str]

    def entity(self, number: int) -> Entity:
        """An entity by its number."""
        return _as(Entity, *_thing(self.entities[number]))

    def relation(self, number: int) -> Relation:
        """A relation by its number."""
        return _as(Relation, *_thing(self.relations[number]))

    def told(self, number: int, name: str) -> Told:  # noqa: ARG002
        """What is said of an entity wherever it is named."""
        return Told.of(self.entity(number))

    def entity_at(self, number: int) -> tuple[Provenance, ...]:
        """Where an entity is declared."""
        return self.entity(number).provenance

    def relation_at(self, number: int) -> tuple[Provenance, ...]:
        """Where a relation is declared."""
        return self.relation(number).provenance


@dataclass
class _Parts:
    """What lines come to: objects, or columns with the lines behind them."""

    in_columns: bool
    things: dict[type[Thing], list[Any]] = field(default_factory=dict)
    growing: GrowingColumns = field(default_factory=GrowingColumns)
    entities: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    shapes: ClassVar[tuple[type[Thing], ...]] = (Zone, Entity, Relation, Expectation, Exercise, Note)

    def add(self, line: str) -> None:
        _, thing = _thing(line)
        if not self.in_columns or not isinstance(thing, Entity | Relation):
            shape = next(shape for shape in self.shapes if isinstance(thing, shape))
            self.things.setdefault(shape, []).append(thing)
        elif isinstance(thing, Entity):
            _refuse_secret(line, thing)
            self.growing.number_of(thing.id)
            self.entities.append(line)
        elif isinstance(thing, Relation):
            _refuse_secret(line, thing)
            self.waiting.append(line)

    def table(self, digest: str) -> FactTable:
        """The columns; entities are numbered in their order, whatever refers to them first."""
        rows = LineRows(self.entities, self.waiting)
        for number in range(len(self.entities)):
            self.growing.add_entity(rows.entity(number))
        for number in range(len(self.waiting)):
            self.growing.add_relation(rows.relation(number))
        return table_of(self.growing, rows, int(digest, 16))

    def loaded(self, first: Heading) -> Loaded:
        """All of it as a loader returns it."""
        found = {shape: tuple(self.things.get(shape, ())) for shape in self.shapes}
        return Loaded(
            title=first.title,
            as_of=first.as_of or (first.stamp and first.stamp.day),
            clock=first.clock,
            tally=first.tally,
            zones=found[Zone],
            entities=found[Entity],
            relations=found[Relation],
            expectations=found[Expectation],
            exercises=found[Exercise],
            notes=found[Note],
            bulk=self.table(first.digest or "0") if self.in_columns else None,
        )


def _thing(line: str) -> tuple[str, Thing]:
    ((family, stated),) = from_json(line).items()
    return family, _FAMILIES[family].model_validate(stated)


def _refuse_secret(line: str, thing: _Fact) -> None:
    """What is kept as columns passes no other gate.

    Raises:
        ValueError: a text of it looks like a secret.
    """
    if ("\\" in line or may_hold_secret(line)) and cleared((thing,))[0] is not thing:
        raise ValueError("a text that looks like a secret")


def _as(shape: type[_Some], family: str, thing: Thing) -> _Some:
    if not isinstance(thing, shape):
        raise InputError([f"a line of a {family} where one of a {shape.__name__.lower()} was"])
    return thing


def _line(family: str, thing: Thing) -> Line:
    name = getattr(thing, "id", None) or getattr(thing, "name", None) or family
    places = getattr(thing, "provenance", ())
    where = f"{places[0]}: {name!r}" if places else repr(name)
    return Line(family, thing, f'{{"{family}":{_json(where, thing)}}}')


def _json(where: str, thing: Frozen) -> str:
    try:
        text = thing.model_dump_json(exclude_unset=True)
    except (PydanticSerializationError, UnicodeError):
        raise InputError([f"{where} has half a character (a lone surrogate); correct the text"]) from None
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(dumps(char)[1:-1] if acts(char) else char for char in text)  # a terminal would obey it
