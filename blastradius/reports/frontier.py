"""Where a scenario ends as tables: what was stopped and by what, and the controls that an answer relies on."""

from __future__ import annotations

from collections.abc import Sequence

from blastradius.answer import Row, Table
from blastradius.estate import Estate
from blastradius.model import ControlKind
from blastradius.reports.reached import grouped
from blastradius.reports.rows import ControlRow
from blastradius.reports.stops import StoppedRow
from blastradius.reports.words import STATUS, WORDS, control_said, kinds, label, listed, plural

MOST_SHOWN = 12
"""How many lines people are shown at first."""


def stopped_table(estate: Estate, rows: Sequence[StoppedRow]) -> Table:
    """What was stopped; in brief a line for what the same stops of things of one kind, crown jewels first."""
    cells = tuple(dict.fromkeys((r.entity, *_stopped(label(estate, r.entity), r)) for r in rows))
    alike = grouped(rows, lambda row: (row.by, row.capability, row.kind, estate.crown_jewel(row.entity) and row.entity))
    alike.sort(key=lambda found: (not estate.crown_jewel(found[0].entity), found[0].because != "control"))
    brief = tuple(_alike(estate, found) for found in alike[:MOST_SHOWN])
    columns = ("id", "name", "it would mean", "what stands in the way")
    return Table("stopped", "What was stopped", columns, cells, ids=("id",), brief=brief)


def _stopped(name: str, row: StoppedRow) -> tuple[str, ...]:
    return name, WORDS[row.capability], "; ".join(row.by)


def _alike(estate: Estate, rows: Sequence[StoppedRow]) -> Row:
    ids = list(dict.fromkeys(row.entity for row in rows))
    names = [label(estate, name) for name in ids]
    name = names[0] if len(names) == 1 else f"{kinds(len(names), rows[0].kind)}: {listed(names, 2)}"
    return (listed(ids, 2), *_stopped(name, rows[0]))


def relied_table(estate: Estate, rows: Sequence[ControlRow]) -> Table:
    """The controls that an answer relies on; in brief a line for those of one kind that are known alike."""
    columns = ("id", "control", "on", "known", "steps stopped", "run by")
    cells = tuple((r.id, _control(r), r.on_name, STATUS[r.status], r.stops, _run_by(estate, r)) for r in rows)
    alike = grouped(rows, lambda row: (row.control, row.status, row.provided_by))
    alike.sort(key=lambda found: -sum(row.stops for row in found))
    brief = tuple(_relied(estate, found) for found in alike)
    return Table("relies_on", "Controls the answer relies on", columns, cells, ids=("id",), brief=brief)


def _control(row: ControlRow) -> str:
    return control_said(ControlKind(row.control))


def _relied(estate: Estate, rows: Sequence[ControlRow]) -> Row:
    first, names = rows[0], [row.on_name for row in rows]
    on = names[0] if len(names) == 1 else f"{plural(len(names), 'place')}: {listed(names, 1)}"
    stops = sum(row.stops for row in rows)
    ids = listed([row.id for row in rows], 1)
    return (ids, _control(first), on, STATUS[first.status], stops, _run_by(estate, first))


def _run_by(estate: Estate, row: ControlRow) -> str:
    return "" if row.provided_by is None else label(estate, row.provided_by)
