"""Lines of JSON, a fact each, into columns: for files too large to be an object a fact."""

from __future__ import annotations

import datetime
import hashlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from mmap import mmap
from typing import Annotated, Any, Literal, NoReturn

import numpy as np
from pydantic import AfterValidator, Field, ValidationError
from pydantic_core import from_json

from blastradius.columns.compose import relation_keys
from blastradius.columns.facts import FactTable, Told, table_of
from blastradius.columns.growing import KIND_NUMBER, GrowingColumns
from blastradius.columns.ragged import counted
from blastradius.columns.tables import KINDS, NO_INDEX
from blastradius.errors import InputError
from blastradius.loaderkit.contract import Loaded
from blastradius.loaderkit.gate import cleared
from blastradius.loaderkit.names import harmless
from blastradius.model import (
    ENTITY_TYPES,
    SEEDS,
    Control,
    Entity,
    Exercise,
    Frozen,
    Id,
    Level,
    Provenance,
    Relation,
    Scenario,
    Tally,
    Zone,
)
from blastradius.secrets import looks_secret, may_hold_secret, quoted, redacted

MAX_LINE = 1_000_000
MOST_PROBLEMS = 20
_MANY = 10_000
_NO_DAY = "1970-01-01"


def _date(text: str) -> str:
    try:
        if len(text) != 10:
            raise ValueError(text)
        datetime.date.fromisoformat(text)
    except ValueError:
        raise ValueError("not a date; write it as YYYY-MM-DD") from None
    return text


class Heading(Frozen):
    """What a file says of the whole estate."""

    title: str | None = None
    as_of: Annotated[str, AfterValidator(_date)] | None = None


class _ZoneLine(Frozen):
    zone: Id
    name: str | None = None
    flat: bool = False


class _ExerciseLine(Frozen):
    exercise: str
    date: Annotated[str, AfterValidator(_date)]
    compromise: tuple[Id, ...] = ()
    leak: tuple[Id, ...] = ()
    poison: tuple[Id, ...] = ()
    wrong: tuple[Id, ...] = ()
    outage: tuple[Id, ...] = ()
    breach: tuple[Id, ...] = ()
    use: tuple[Id, ...] = ()
    anyone: bool = False
    hours: Annotated[float, Field(ge=0)] | None = None
    assume: Literal["granted", "abused", "takeover", "lateral"] = "abused"
    distrust: tuple[str, ...] = ()
    scope: tuple[Id, ...] = ()

    @property
    def scenario(self) -> Scenario:
        """What was played."""
        said = {name: getattr(self, name) for name in (*SEEDS, "anyone", "hours", "distrust")}
        return Scenario.model_validate({**said, "assume": Level[self.assume.upper()]})


@dataclass(frozen=True)
class LineRows:
    """The objects of lines, each read again when asked for.

    ``text`` has all lines one after the other; an offset into it and a line's number for each name and each relation.
    """

    source: str
    file: str
    text: bytes | mmap
    kind: array[int]
    entity_offset: array[int]
    entity_line: array[int]
    relation_offset: array[int]
    relation_line: array[int]

    def entity(self, number: int) -> Entity:
        """An entity by its number."""
        line = self._line(self.entity_offset[number])
        data = {**from_json(line), "provenance": self.entity_at(number)}
        made = ENTITY_TYPES[KINDS[self.kind[number]]].model_validate(data)
        return cleared((made,))[0] if _may_hide(line) else made

    def told(self, number: int, name: str) -> Told:
        """What is said of an entity wherever it is named; read from its line, which was found to fit before."""
        line = self._line(self.entity_offset[number])
        if b"\\" in line or b'"unknown"' in line:
            return Told.of(self.entity(number))
        called = from_json(line).get("name") if b'"name"' in line else None
        return Told(redacted(called) if called else name)  # an id that looks like a secret was refused

    def relation(self, number: int) -> Relation:
        """A relation by its number."""
        line = self._line(self.relation_offset[number])
        data = {**from_json(line), "provenance": self.relation_at(number)}
        made = Relation.model_validate(data)
        # the names at its ends were looked at when they were declared; what is said beside them was not
        return cleared((made,))[0] if made.controls or made.seen_by or made.unknown else made

    def entity_at(self, number: int) -> tuple[Provenance, ...]:
        """The line of an entity."""
        return (Provenance(source=self.source, file=self.file, line=self.entity_line[number]),)

    def relation_at(self, number: int) -> tuple[Provenance, ...]:
        """The line of a relation."""
        return (Provenance(source=self.source, file=self.file, line=self.relation_line[number]),)

    def _line(self, offset: int) -> bytes:
        end = self.text.find(b"\n", offset)
        return self.text[offset : end if end >= 0 else None]


def _may_hide(line: bytes) -> bool:
    """Whether a line may have a secret in it; an escape may spell what stands there in no other way."""
    return b"\\" in line or may_hold_secret(line.decode())


class LineReader:
    """Reads the lines of one file; a fact each, and no object is kept."""

    def __init__(self, source: str, file: str) -> None:
        self.source, self.file = source, file
        self.columns = GrowingColumns()
        self.zones: dict[str, Zone] = {}
        self.exercises: list[Exercise] = []
        self.heading = Heading()
        self.problems: list[str] = []
        self.offset = self.line = self.digest = 0
        self.entity_offset, self.entity_line = array("q"), array("I")
        self.relation_offset, self.relation_line = array("q"), array("I")
        self.named: dict[str, int] = {}

    def read(self, lines: Iterable[tuple[int, bytes]]) -> None:
        """Read lines, each with its number; they follow each other in the text that ``loaded`` gets.

        Raises:
            InputError: lines that do not fit, at most twenty of them.
        """
        for self.line, raw in lines:
            if len(raw) > MAX_LINE:
                self._fail("is longer than a megabyte; one thing a line")
            if raw.strip():
                self._read(raw)
            self.offset += len(raw)
            if len(self.problems) >= MOST_PROBLEMS:
                break
        self._reach_names()
        self.problems += islice(self._unfit_names(), MOST_PROBLEMS - len(self.problems))
        if self.problems:
            raise InputError(self.problems)

    def loaded(self, text: bytes | mmap) -> Loaded:
        """What was read; ``text`` has the lines, for things to be read again.

        Raises:
            InputError: a relation that is there twice.
        """
        rows = LineRows(
            source=self.source,
            file=self.file,
            text=text,
            kind=self.columns.kind,
            entity_offset=self.entity_offset,
            entity_line=self.entity_line,
            relation_offset=self.relation_offset,
            relation_line=self.relation_line,
        )
        table = table_of(self.columns, rows, self.digest)
        problems = list(islice(_said_twice(table, rows), MOST_PROBLEMS))
        if problems:
            raise InputError(problems)
        zones, exercises = tuple(self.zones.values()), tuple(self.exercises)
        count = table.entity_count + table.relation_count + len(zones) + len(exercises)
        return Loaded(**vars(self.heading), zones=zones, exercises=exercises, tally=Tally(facts=count), bulk=table)

    def _at(self, line: int) -> str:
        return f"{self.file}:{line}"

    def _fail(self, message: str) -> NoReturn:
        raise InputError([*self.problems, f"{self._at(self.line)}: {message}"])

    def _refuse(self, message: str) -> None:
        self.problems.append(f"{self._at(self.line)}: {message}")

    def _read(self, raw: bytes) -> None:
        try:
            data = from_json(raw, allow_inf_nan=False)
        except ValueError as error:
            self._refuse(f"not JSON: {str(error).partition(' at line')[0]}")
            return
        self.digest = (self.digest + int.from_bytes(hashlib.sha256(raw.strip()).digest())) % 2**256
        try:
            self._thing(data)
        except ValidationError as error:
            for misfit in error.errors(include_url=False)[:3]:
                self._refuse(_misfit(".".join(map(str, misfit["loc"])), misfit))

    def _thing(self, data: Any) -> None:
        if not isinstance(data, dict):
            self._refuse(f"expected an object, found {quoted(data)}")
        elif "verb" in data:
            self._relation(Relation.model_validate(data))
        elif isinstance(data.get("kind"), str) and data["kind"] in KIND_NUMBER:
            self._entity(ENTITY_TYPES[KINDS[KIND_NUMBER[data["kind"]]]].model_validate(data))
        elif "zone" in data and "id" not in data:
            self._zone(_ZoneLine.model_validate(data))
        elif "exercise" in data:
            self._exercise(_ExerciseLine.model_validate(data))
        elif data.keys() <= Heading.model_fields.keys():
            self.heading = Heading.model_validate(data)
        else:
            known = ", ".join(sorted(map(str, KINDS)))
            self._refuse(f"expected a verb, a zone or a kind, one of {known}")

    def _zone(self, zone: _ZoneLine) -> None:
        before = self.zones.get(zone.zone)
        if before is not None:
            self._refuse(f"zone {zone.zone!r} is declared already at {before.provenance[0]}; say it once")
            return
        self.zones[zone.zone] = Zone(id=zone.zone, name=zone.name, flat=zone.flat, provenance=self._here())
        self.named.setdefault(zone.zone, self.line)

    def _exercise(self, held: _ExerciseLine) -> None:
        self.exercises.append(
            Exercise(
                name=held.exercise, date=held.date, scenario=held.scenario, scope=held.scope, provenance=self._here()
            )
        )

    def _here(self) -> tuple[Provenance, ...]:
        return (Provenance(source=self.source, file=self.file, line=self.line),)

    def _entity(self, entity: Entity) -> None:
        before = self.columns.number.get(entity.id)
        if before is not None and self.columns.kind[before] != NO_INDEX:
            self._refuse(f"{entity.id!r} is declared already at {self._at(self.entity_line[before])}; say it once")
            return
        self._refuse_twice(entity.controls)
        self._refuse_words(entity.__dict__)
        number = self.columns.add_entity(entity)
        self._reach_names()
        self.entity_offset[number], self.entity_line[number] = self.offset, self.line
        if entity.zone is not None:
            self.named.setdefault(entity.zone, self.line)

    def _relation(self, relation: Relation) -> None:
        self._refuse_twice(relation.controls)
        self.columns.add_relation(relation)
        self.relation_offset.append(self.offset)
        self.relation_line.append(self.line)

    def _reach_names(self) -> None:
        """A place for the line of each name that was met meanwhile."""
        missing = len(self.columns.kind) - len(self.entity_line)
        if missing:
            self.entity_offset.extend([NO_INDEX] * missing)
            self.entity_line.extend([0] * missing)

    def _refuse_twice(self, controls: Sequence[Control]) -> None:
        kinds = [control.kind for control in controls]
        for kind in sorted({kind for kind in kinds if kinds.count(kind) > 1}) if len(kinds) > 1 else ():
            self._refuse(f"has the control {str(kind)!r} twice; say it once")

    def _refuse_words(self, stated: Mapping[str, Any]) -> None:
        """Dates that are none, and words under governance that look like secrets."""
        for name in ("contract_end", "expires"):
            try:
                _date(stated.get(name) or _NO_DAY)
            except ValueError as error:
                self._refuse(f"{name} is {quoted(stated[name])}; {error}")
        if stated.get("governance") and looks_secret(repr(stated["governance"])):
            self._refuse("something under governance looks like a secret; leave it out")

    def _unfit_names(self) -> Iterator[str]:
        """Names that could do harm, or that look like secrets; looked through many at once, for hardly any does."""
        declared = zip(self.columns.number, self.entity_line, strict=True)
        apis = set(self.columns.fields.api.values())
        names = [*declared, *self.named.items(), *((api, 0) for api in apis)]
        for start in range(0, len(names), _MANY):
            some = names[start : start + _MANY]
            texts = [name for name, _ in some]
            if looks_secret("\n".join(texts)) or not harmless("".join(texts)) or not all(map(str.strip, texts)):
                yield from (f"{self._at(line)}: {why}" for name, line in some if (why := _why_unfit(name)))


def _why_unfit(name: str) -> str | None:
    if looks_secret(name):
        return "an id here looks like a secret; name it by something else"
    return None if harmless(name) else f"{quoted(name)} cannot be an id: it is blank or has a control character"


def _misfit(where: str, error: Any) -> str:
    expected = error["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
    return f"{where} is {quoted(str(error['input']))}; {expected}"


def _said_twice(table: FactTable, rows: LineRows) -> Iterator[str]:
    """Relations that are there already."""
    columns = table.relations
    keys = relation_keys(columns.verb, columns.sources.first, columns.targets.first, len(table.kind))
    known, times = counted(keys)
    first: dict[str, int] = {}
    for row in np.flatnonzero(np.isin(keys, known[times > 1])).tolist():
        before = first.setdefault(columns.ids[row], row)
        if before != row:
            verb = columns.ids[row].partition(":")[0]
            line, other = rows.relation_line[row], rows.relation_line[before]
            yield f"{rows.file}:{line}: the same {verb} is at {rows.file}:{other}; say it once"
