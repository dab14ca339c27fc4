"""Lines of JSON into growing columns, a line at a time, whatever file they come from."""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Any, NoReturn, Protocol

import numpy as np
from pydantic import ValidationError
from pydantic_core import from_json

from blastradius.errors import InputError
from blastradius.estate.columns import CONTROLS, KINDS, NOWHERE, VERBS
from blastradius.estate.ragged import Numbers
from blastradius.model import ENTITY_TYPES, Control, Entity, Frozen, Kind, Relation, Zone
from blastradius.secrets import quoted

MAX_LINE = 1_000_000
MOST_PROBLEMS = 20
_KIND = {str(kind): number for number, kind in enumerate(KINDS)}
_VERB = {str(verb): number for number, verb in enumerate(VERBS)}
CONTROL = {kind: number for number, kind in enumerate(CONTROLS)}
DEPENDENCE = (None, "hard", "soft", "none")
_EVERY = 10_000


class Progress(Protocol):
    """What wants to be told what is being done and, where that is known, which share of it (0 to 1) is done."""

    def __call__(self, what: str, /, share: float | None = None) -> None:
        """Take note."""
        ...


class Heading(Frozen):
    """What the whole file says of itself."""

    title: str | None = None
    as_of: str | None = None


class _ZoneLine(Frozen):
    zone: str
    name: str | None = None
    flat: bool = False


class Names:
    """Numbers for names in the order they are met, with the line that declares each, 0 for none."""

    def __init__(self) -> None:
        self.number: dict[str, int] = {}
        self.kind = array("b")
        self.offset = array("q")
        self.line = array("q")
        self.met = array("q")

    def __call__(self, name: str, line: int) -> int:
        """The number of a name; ``line`` is where it is met."""
        number = self.number.setdefault(name, len(self.number))
        if number == len(self.kind):
            self.kind.append(NOWHERE)
            self.offset.append(NOWHERE)
            self.line.append(0)
            self.met.append(line)
        return number


class Reading:
    """Columns as they grow, a line at a time; lines of several files are numbered through.

    ``offset`` is where the next line begins, when all lines are written one after the other; ``share`` says of a
    reading how much of it is done.
    """

    def __init__(self, progress: Progress, share: Callable[[Reading], float]) -> None:
        self.progress = progress
        self.share = share
        self.files: list[str] = []
        self.lines_before: list[int] = []
        self.offset = 0
        self.problems: list[str] = []
        self.names = Names()
        self.heading = Heading()
        self.zones: dict[str, Zone] = {}
        self.lines = 0
        self.digest = 0
        self.places: dict[str, dict[int, Any]] = {name: {} for name in ("api", "zone", "records", "copy_of")}
        self.flags: dict[str, set[int]] = {name: set() for name in ("anonymous", "password", "crown_jewel")}
        self.relation: dict[str, array[Any]] = {
            name: array("q")
            for name in ("verb", "offset", "line", "sources", "source_starts", "targets", "target_starts", "at_least",
                         "vote_min", "subset", "brittle", "capacity_loss", "dependency")
        }  # fmt: skip
        self.relation["buffer_h"] = array("d")
        self.relation["source_starts"].append(0)
        self.relation["target_starts"].append(0)
        self.control: dict[str, array[Any]] = {
            name: array("q") for name in ("kind", "entity", "relation", "failed", "provider", "fails_closed", "line")
        }

    def read(self, shown: str, lines: Iterable[bytes]) -> None:
        """Read every line of a file.

        Raises:
            InputError: lines that do not fit.
        """
        self.files.append(shown)
        self.lines_before.append(self.lines)
        for raw in lines:
            self.lines += 1
            if len(raw) > MAX_LINE:
                self._fail("is longer than a megabyte; one thing a line")
            if raw.strip():
                self._line(raw)
            self.offset += len(raw)
            if len(self.problems) >= MOST_PROBLEMS:
                break
            if self.lines % _EVERY == 0:
                self.progress(f"{shown}: {self.lines - self.lines_before[-1]:,} lines", self.share(self))
        if self.problems:
            raise InputError(self.problems)

    def place(self, line: int) -> tuple[str, int]:
        """The file that a line stands in, and its number there."""
        file = bisect_left(self.lines_before, line) - 1
        return self.files[file], line - self.lines_before[file]

    def at(self, line: int) -> str:
        """The place of a line as it is shown."""
        file, number = self.place(line)
        return f"{file}:{number}"

    def _fail(self, message: str) -> NoReturn:
        raise InputError([*self.problems, f"{self.at(self.lines)}: {message}"])

    def _refuse(self, message: str) -> None:
        self.problems.append(f"{self.at(self.lines)}: {message}")

    def _line(self, raw: bytes) -> None:
        try:
            data = from_json(raw, allow_inf_nan=False)
        except ValueError as error:
            self._refuse(f"not JSON: {str(error).partition(' at line')[0]}")
            return
        self.digest = (self.digest + int.from_bytes(hashlib.sha256(raw.strip()).digest())) % 2**256
        try:
            self._thing(data)
        except ValidationError as error:
            for each in error.errors(include_url=False)[:3]:
                where = ".".join(map(str, each["loc"]))
                expected = each["msg"].replace("Input should be", "expected")
                self._refuse(f"{where} is {quoted(str(each['input']))}; {expected}")

    def _thing(self, data: Any) -> None:
        if not isinstance(data, dict):
            self._refuse(f"expected an object, found {quoted(str(data))}")
        elif "verb" in data:
            self._relation(Relation.model_validate(data))
        elif "kind" in data and data["kind"] in _KIND:
            self._entity(ENTITY_TYPES[KINDS[_KIND[data["kind"]]]].model_validate(data))
        elif "zone" in data and "id" not in data:
            zone = _ZoneLine.model_validate(data)
            self.zones[zone.zone] = Zone(id=zone.zone, name=zone.name, flat=zone.flat)
        elif data.keys() <= Heading.model_fields.keys():
            self.heading = Heading.model_validate(data)
        else:
            known = ", ".join(sorted(_KIND))
            self._refuse(f"expected a verb, a zone or a kind, one of {known}")

    def _entity(self, entity: Entity) -> None:
        names = self.names
        number = names(entity.id, self.lines)
        if names.line[number]:
            self._refuse(f"{entity.id!r} is declared already at {self.at(names.line[number])}; say it once")
            return
        names.kind[number], names.offset[number], names.line[number] = _KIND[entity.kind], self.offset, self.lines
        said = entity.__dict__
        if said.get("api") is not None:
            self.places["api"][number] = said["api"]
        if entity.kind == Kind.SERVICE and entity.zone is not None:
            self.places["zone"][number] = entity.zone
        if said.get("records"):
            self.places["records"][number] = said["records"]
        if said.get("copy_of") is not None:
            self.places["copy_of"][number] = names(said["copy_of"], self.lines)
        self._flag("anonymous", number, said.get("anonymous") and said.get("direction") == "exposed")
        self._flag("password", number, entity.kind == Kind.CREDENTIAL and said["type"] == "password")
        self._flag("crown_jewel", number, said.get("crown_jewel"))
        self._controls(entity.controls, number, NOWHERE)

    def _flag(self, name: str, number: int, holds: Any) -> None:
        if holds:
            self.flags[name].add(number)

    def _relation(self, relation: Relation) -> None:
        row = self.relation
        number = len(row["verb"])
        row["verb"].append(_VERB[relation.verb])
        row["offset"].append(self.offset)
        row["line"].append(self.lines)
        row["sources"].extend(self.names(each, self.lines) for each in relation.sources)
        row["targets"].extend(self.names(each, self.lines) for each in relation.targets)
        row["source_starts"].append(len(row["sources"]))
        row["target_starts"].append(len(row["targets"]))
        row["at_least"].append(relation.at_least or 0)
        row["vote_min"].append(relation.vote_min or 0)
        row["subset"].append(relation.extent == "subset")
        row["brittle"].append(relation.brittle)
        row["capacity_loss"].append(relation.capacity_loss)
        row["dependency"].append(DEPENDENCE.index(relation.dependency))
        row["buffer_h"].append(relation.buffer_h or 0.0)
        self._controls(relation.controls, NOWHERE, number)

    def _controls(self, controls: Iterable[Control], entity: int, relation: int) -> None:
        before = None
        for each in sorted(controls, key=lambda control: control.kind):
            if each.kind == before:
                self._refuse(f"has the control {str(each.kind)!r} twice; say it once")
            before = each.kind
            provider = NOWHERE if each.provided_by is None else self.names(each.provided_by, self.lines)
            values = (CONTROL[each.kind], entity, relation, each.status == "failed", provider, each.fails == "closed")
            for column, value in zip(self.control.values(), (*values, self.lines), strict=True):
                column.append(value)


def array_of(column: array[Any]) -> Numbers:
    """A column as numbers, in the same memory where they are of that size already."""
    return np.asarray(column, np.int64)
