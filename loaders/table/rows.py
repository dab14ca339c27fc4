"""The rows of a table: what their cells name, and the entities that come of it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Provenances
from blastradius.loaderkit.names import counted, excerpt, harmless
from blastradius.model import ENTITY_TYPES, Basis, Control, Entity, Kind, NoteKind, Provenance, bare_entity, placed
from blastradius.reading import Sheet, Unvalued
from blastradius.secrets import looks_secret

from .cells import DATES, opaque
from .dates import NO_END
from .options import Column, Options, Role

KINDS: dict[Role, Kind] = {
    "party": Kind.PARTY,
    "relies_on": Kind.PARTY,
    "credential": Kind.CREDENTIAL,
    "service": Kind.SERVICE,
    "used_by": Kind.SERVICE,
    "depends_on": Kind.SERVICE,
    "runs_on": Kind.SERVICE,
    "part_of": Kind.SERVICE,
    "store": Kind.STORE,
    "reads": Kind.STORE,
    "writes": Kind.STORE,
    "feed": Kind.FEED,
    "process": Kind.PROCESS,
    "scope": Kind.SCOPE,
}
_RANK = {basis: rank for rank, basis in enumerate(Basis)}
NO_VALUE = "a formula without a value; open the workbook in a spreadsheet program and save it"
MAX_NAME = 120
MAX_TEXT = 1000
_REFERENCES = ("relies_on", "used_by", "depends_on", "runs_on", "part_of")
_LIST_MARKS = ("|", ";", "\n")
_UNSPLIT = "taken as one name each, though they look like lists (state their 'separator' if they are)"
_DROPPED = "dropped"
_SHOWN = 10


Text = tuple[str, Provenances]
"""What a cell, or a part of it, says, and its place."""


class Rows:
    """The cells of a table by role, one row at a time; what cannot be kept is counted and said at the end."""

    def __init__(self, sheet: Sheet, options: Options, file: str, collector: FactCollector) -> None:
        self.sheet = sheet
        self.options = options
        self.file = file
        self.collector = collector
        self.number = 0
        self.row: dict[str, str] = {}
        self._places: dict[str, Provenances] = {}
        self._open: dict[tuple[NoteKind, str, str], dict[tuple[int, str], None]] = defaultdict(dict)
        self._naming = [column.column for role in KINDS for column in self.columns(role)]
        self._clean: dict[tuple[Role, str], dict[str, tuple[str, ...] | None]] = defaultdict(dict)

    def __iter__(self) -> Iterator[dict[str, str]]:
        """The rows, filled down: an empty cell repeats the one above unless a column stated before it has a new one."""
        above: dict[str, str] = {}
        for number, row in enumerate(self.sheet):
            self.number, self.row, self._places = number, dict(row), {}
            fresh = False
            for column in self.options.fill_down:
                fresh = fresh or bool(row[column].strip())
                above[column] = self.row[column] = row[column] if fresh else above.get(column, "")
            yield self.row

    def formulas(self) -> list[str]:
        """The columns in which the row at hand names a thing by a formula that has no value."""
        return [column for column in self._naming if isinstance(self.row[column], Unvalued)]

    def columns(self, role: Role) -> tuple[Column, ...]:
        """The columns that have a role."""
        return self.options.columns.get(role, ())

    def provenance(self, column: str) -> Provenances:
        """The place of a column's cell in the row at hand."""
        if column not in self._places:
            self._places[column] = (self.place(*self.sheet.position(self.number, column)),)
        return self._places[column]

    def place(self, line: int, column: int = 1) -> Provenance:
        """A place in the table."""
        return placed("table", self.file, line, column)

    def cell(self, column: str) -> str:
        """What a column says in the row at hand; nothing for a formula without a value, which is said."""
        if isinstance(self.row[column], Unvalued):
            self.remember(column, f"left out, {NO_VALUE}")
            return ""
        return self.row[column]

    def texts(self, role: Role) -> Iterator[tuple[str, Provenances]]:
        """What the cells of a role say: split where a separator is stated, the words for nothing left out."""
        for column in self.columns(role):
            for text in self._said(role, column):
                yield text, self.provenance(column.column)

    def kept(self, role: Role) -> Iterator[tuple[str, Provenances]]:
        """The texts of a role that may be kept: no secrets, nothing that could do harm."""
        for column in self.columns(role):
            for text in self._kept(role, column):
                yield text, self.provenance(column.column)

    def _kept(self, role: Role, column: Column) -> Iterable[str]:
        """The texts of a cell that may be kept; a cell of which nothing is to be said is looked at once a table."""
        cell, known = self.row[column.column], self._clean[role, column.column]
        if cell not in known:
            known[cell] = None if isinstance(cell, Unvalued) else self._all_kept(role, column, cell)
        found = known[cell]
        return self._some_kept(role, column) if found is None or isinstance(cell, Unvalued) else found

    def _all_kept(self, role: Role, column: Column, cell: str) -> tuple[str, ...] | None:
        """The texts of a cell, where each may be kept and nothing is to be said of it."""
        texts = tuple(self._parts(column, cell.strip()))
        is_plain = not _is_unsplit(role, column, cell.strip()) and not any(self._refusal(role, it) for it in texts)
        return tuple(text[:MAX_TEXT] for text in texts) if is_plain else None

    def _some_kept(self, role: Role, column: Column) -> Iterator[str]:
        """The texts of a cell that may be kept; what may not is remembered."""
        for text in self._said(role, column):
            refusal = self._refusal(role, text)
            if refusal == _DROPPED:
                self.collector.secret(f"a cell of {role!r}", provenance=self.provenance(column.column))
            elif refusal:
                self.leave_out(role, f"left out, {refusal}", text)
            else:
                yield text[:MAX_TEXT]

    def _said(self, role: Role, column: Column) -> Iterator[str]:
        """What a cell of a role says."""
        cell = self.cell(column.column).strip()
        if _is_unsplit(role, column, cell):
            self.remember(column.column, _UNSPLIT, kind=NoteKind.ASSUMED)
        yield from self._parts(column, cell)

    def _parts(self, column: Column, cell: str) -> Iterator[str]:
        """The parts of a cell where a separator is stated, without the words for nothing."""
        for part in re.split("|".join(map(re.escape, column.separator)), cell) if column.separator else [cell]:
            text = " ".join(part.split())
            text = column.values.get(text, text)
            if text and text.lower() not in self.options.empty:
                yield text

    def _refusal(self, role: Role, text: str) -> str:
        """Why a text cannot be kept; nothing where it can."""
        if looks_secret(text) or (role == "credential" and opaque(text)):
            return _DROPPED
        if len(text) > MAX_NAME and role in KINDS:
            return f"longer than {MAX_NAME} characters"
        return "" if harmless(text) else "no text that can be kept"

    def text(self, role: Role) -> str | None:
        """The first text of a role."""
        return next((text for text, _ in self.kept(role)), None) if role in self.options.columns else None

    def leave_out(self, role: Role, why: str, text: str, kind: NoteKind = NoteKind.UNSUPPORTED) -> None:
        """Remember what a role's cell of the row at hand says, and why it is not taken as it stands."""
        columns = [column.column for column in self.columns(role)]
        having = (column for column in columns if text in " ".join(self.row[column].split()))
        self.remember(next(having, columns[0]), why, text, kind)

    def remember(self, column: str, why: str, text: str = "", kind: NoteKind = NoteKind.UNSUPPORTED) -> None:
        """Remember a cell of the row at hand that is not taken as it stands, once however often it is asked for."""
        self._open[kind, column, why].setdefault((self.number, text))

    def say(self) -> None:
        """Note the cells that were not taken as they stand, each with its row."""
        for (kind, column, why), cells in sorted(self._open.items()):
            shown = ", ".join(self._shown(column, *cell) for cell in list(cells)[:_SHOWN])
            more = f" and {len(cells) - _SHOWN:,} more" if len(cells) > _SHOWN else ""
            places = tuple(self.place(*self.sheet.position(number, column)) for number, _ in cells)
            message = f"{counted(len(cells), 'cell')} of {column!r} {why}: {shown}{more}"
            self.collector.note(kind, message, provenance=tuple(dict.fromkeys(places)))

    def _shown(self, column: str, number: int, text: str) -> str:
        """A cell as a note names it: its row, and its text where that can be shown."""
        row = f"row {self.sheet.position(number, column)[0]}"
        return f"{excerpt(text)!r} ({row})" if text and harmless(text) else row


def _is_unsplit(role: Role, column: Column, cell: str) -> bool:
    """Whether a cell that names things looks like a list, and no separator is stated."""
    return not column.separator and role in KINDS and any(mark in cell for mark in _LIST_MARKS)


@dataclass(slots=True)
class Draft:
    """An entity as the rows so far describe it; ``fallback`` stands where no row says otherwise."""

    kind: Kind
    basis: Basis
    values: dict[str, Any] = field(default_factory=dict)
    fallback: dict[str, Any] = field(default_factory=dict)
    places: dict[Provenance, None] = field(default_factory=dict)


class Drafts:
    """The entities of a table; of two words for one attribute the first stands, and the other is noted."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.known: dict[str, Draft] = {}

    def of(self, role: Role) -> list[str]:
        """The ids of what a role's cells name in the row at hand."""
        return self.named(role, self.rows.kept(role)) if self.rows.columns(role) else []

    def named(self, role: Role, texts: Iterable[Text], called: str = "{}", name: str = "{}") -> list[str]:
        """The ids of what texts of a role name; ``called`` and ``name`` are what is made of a text."""
        basis = Basis.INFERRED if role in _REFERENCES else Basis.DECLARED
        found = [
            self.entity(KINDS[role], called.replace("{}", text), provenance, basis, name=name.replace("{}", text))
            for text, provenance in texts
        ]
        return list(dict.fromkeys(found))

    def entity(
        self, kind: Kind, text: str, provenance: Provenances, basis: Basis = Basis.INFERRED, name: str | None = None
    ) -> str:
        """The id of an entity: the text itself for a party and for the kinds the options call plain."""
        plain = kind == Kind.PARTY or kind in self.rows.options.plain
        made = text if plain else f"{kind}:{text}"
        while made in self.known and self.known[made].kind != kind:
            made = f"{kind}:{made}"
        draft = self.known.get(made)
        if draft is None:
            draft = self.known[made] = Draft(kind, basis)
        if draft.basis is not basis:
            draft.basis = min(draft.basis, basis, key=_RANK.__getitem__)
        for place in provenance:
            draft.places[place] = None
        if name is not None and name != made:
            draft.fallback.setdefault("name", name)
        return made

    def set(self, name: str, attribute: str, value: Any, provenance: Provenances) -> None:
        """Say something of an entity; of two ends the later stands, for what is open longer reaches more."""
        values = self.known[name].values
        before = values.setdefault(attribute, value)
        if before != value:
            values[attribute] = max(before, value) if attribute in DATES else before
            kept = "the later" if attribute in DATES else "the first"
            message = (
                f"{name!r} has {attribute} {_shown(value)} here and {_shown(before)} in a row before; {kept} is kept"
            )
            self.rows.collector.note(NoteKind.CONTRADICTED, message, name, provenance=provenance)

    def made(self) -> Iterator[Entity]:
        """The entities as all rows describe them; each draft is let go."""
        for name in list(self.known):
            draft = self.known.pop(name)
            said, places = {**draft.fallback, **draft.values}, tuple(draft.places)
            said = {key: value for key, value in said.items() if value != NO_END or key not in DATES}
            if said.keys() <= {"name"}:
                yield bare_entity(draft.kind, name, draft.basis, places, said.get("name"))
            else:
                values = {"id": name, "basis": draft.basis, "provenance": places}
                yield ENTITY_TYPES[draft.kind].model_validate({**values, **said})


def _shown(value: Any) -> str:
    """A value as a note says it; a control by its own words."""
    controls = [item for item in value if isinstance(item, Control)] if isinstance(value, tuple) else []
    return ", ".join(repr(control.why) for control in controls) or repr(value)
