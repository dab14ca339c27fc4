"""Every party, feed and credential by what it reaches: crown jewels, records, processes; no score."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from blastradius.answer import UNKNOWN, Answer, Query, Row, Table
from blastradius.engine import Assumption, World, plain, system_of, what_if
from blastradius.estate import Estate
from blastradius.model import Frozen, Kind, Party
from blastradius.reports.governance import GovernedRow, governance_table, governed
from blastradius.reports.impact import Measure, is_audited, measured
from blastradius.reports.labels import assumed, footing
from blastradius.reports.outages import OutageRow, outage_rows, outages_lines, outages_said, outages_table
from blastradius.reports.rows import ModelRow, every_start, is_ourselves, model_row, start_worlds
from blastradius.reports.unstated import (
    jewels_said,
    marks_jewels,
    missing,
    records_or_unknown,
    records_said,
    states_processes,
)
from blastradius.reports.words import HAPPENED, label, none_of, plural

Start = tuple[str, Kind | None, str]
"""Where a scenario starts: its id, its kind (``None`` for anyone at all), the way."""


class Params(Assumption):
    """How much to assume of the attacker, and whether to start from ourselves as well."""

    insiders: bool = Field(False, description="also start from ourselves: parties of role self")
    outage: bool = Field(False, description="rank third parties by what an outage of each would stop")


class RankRow(Frozen):
    """One start and what it reaches; ``name`` is its display name.

    ``crown_jewels`` is null where the estate marks none, ``processes`` where it states none. ``records`` counts those
    that can be read, copies once, as far as they are stated: null where none of the stores says how many it has.
    ``uncounted`` stores can be read besides, in part or without anyone having stated how many records they have.
    ``beyond`` counts the things over which it has more than anyone on the internet could. ``kind`` is null for the
    start that is anyone at all.
    """

    start: str
    name: str
    kind: Kind | None
    way: str
    crown_jewels: tuple[str, ...] | None
    records: int | None
    uncounted: int
    processes: int | None
    entities: int
    beyond: int


class RankData(Frozen):
    """The answer to ``rank``; ``starts`` counts its rows, ``governed`` is what is kept beside their parties.

    Where it is asked about outages, ``outages`` are the rows, and null otherwise.
    """

    question: str
    headline: str
    assume: str
    distrusted: tuple[str, ...]
    rows: tuple[RankRow, ...]
    outages: tuple[OutageRow, ...] | None
    starts: int
    checked: bool
    model: ModelRow
    governed: tuple[GovernedRow, ...]


def run(estate: Estate, params: Params) -> Answer:
    """Solve every start on its own, all of them at once, and sort by crown jewels, then records, then processes."""
    estate = what_if(estate, params.asked)
    if params.outage:
        return _of_outages(estate, params)
    system, starts = system_of(estate), every_start(estate, insiders=params.insiders)
    worlds = start_worlds(starts, params)
    stranger = World(plain(params.asked).model_copy(update={"anyone": True}))
    some = bool(system.columns.entities.anonymous.any())
    measures = measured(system, [*worlds, *([stranger] if some else [])], stranger=stranger if some else None)
    named: list[Start] = [(start.id, start.kind, way) for start, way in starts]
    named += [(ANYONE, None, "anyone")] if some else []
    found = sorted(zip(named, measures, strict=True), key=lambda pair: (*(-size for size in pair[1].size), pair[0][0]))
    rows = [_row(estate, start, measure) for start, measure in found]
    data = RankData(
        question="rank",
        headline=_headline(estate, rows, params.assume),
        assume=params.assume,
        distrusted=params.distrust,
        rows=tuple(rows),
        outages=None,
        starts=len(rows),
        checked=is_audited(estate),
        model=model_row(estate),
        governed=governed(estate, (row.start for row in rows if row.kind == Kind.PARTY)),
    )
    return Answer(
        question="rank",
        headline=data.headline,
        data=data,
        tables=(_table(rows), *((governance_table(data.governed, MOST_SHOWN),) if data.governed else ())),
        lines=(assumed(params.assume), *missing(estate), footing(estate)),
        notes=estate.notes,
    )


def _of_outages(estate: Estate, params: Params) -> Answer:
    """Take each third party out, and sort by what stops: what matters most first, then how many, then how soon."""
    parties = [party for party in estate.of_kind(Kind.PARTY) if isinstance(party, Party)]
    parties = [party for party in parties if params.insiders or not is_ourselves(party)]
    rows = outage_rows(system_of(estate), params, parties)
    data = RankData(
        question="rank",
        headline=outages_said(estate, rows),
        assume=params.assume,
        distrusted=params.distrust,
        rows=(),
        outages=rows,
        starts=len(rows),
        checked=is_audited(estate),
        model=model_row(estate),
        governed=governed(estate, (row.party for row in rows)),
    )
    governance = (governance_table(data.governed, MOST_SHOWN),) if data.governed else ()
    return Answer(
        question="rank",
        headline=data.headline,
        data=data,
        tables=(outages_table(estate, rows), *governance),
        lines=(*outages_lines(rows), footing(estate)),
        notes=estate.notes,
    )


def _row(estate: Estate, named: Start, measure: Measure) -> RankRow:
    start, kind, way = named
    return RankRow(
        start=start,
        name=start if kind is None else label(estate, start),
        kind=kind,
        way=way,
        crown_jewels=measure.crown_jewels if marks_jewels(estate) else None,
        records=records_or_unknown(measure.records, measure.uncounted),
        uncounted=measure.uncounted,
        processes=measure.processes if states_processes(estate) else None,
        entities=measure.entities,
        beyond=0 if kind is None else measure.beyond,
    )


ANYONE = "anyone on the internet"
MOST_SHOWN = 20
"""How many starts people are shown at first."""


def _headline(estate: Estate, rows: Sequence[RankRow], assume: str) -> str:
    if not rows:
        return "the estate has no party, credential or feed to start from"
    first = rows[0]
    if not first.entities:
        return f"{none_of(len(rows), 'start')} leads anywhere under level {assume!r}, as far as is stated"
    jewels = jewels_said(estate, first.crown_jewels or ())
    return (
        f"of {plural(len(rows), 'start')}, {first.name} reaches the most under level {assume!r}: {jewels}; "
        f"records that could be read: {records_said(first.records or 0, first.uncounted)}"
    )


def _table(rows: Sequence[RankRow]) -> Table:
    cells = tuple(map(_cells, rows))
    reaching = tuple(cell for row, cell in zip(rows, cells, strict=True) if row.entities)
    return Table(
        "rank",
        "Who reaches what",
        ("id", "start", "if", "jewels", "records up to", "stores besides", "processes", "things", "beyond anyone"),
        cells,
        ids=("id",),
        brief=reaching[:MOST_SHOWN],
        spare=("things", "beyond anyone"),
    )


def _cells(row: RankRow) -> Row:
    return (
        row.start,
        row.name,
        HAPPENED[row.way],
        UNKNOWN if row.crown_jewels is None else len(row.crown_jewels),
        UNKNOWN if row.records is None else row.records,
        row.uncounted,
        UNKNOWN if row.processes is None else row.processes,
        row.entities,
        row.beyond,
    )


QUERY = Query(
    "rank",
    "Every party, feed and credential by what it reaches",
    Params,
    run,
    RankData,
    example="--assume takeover",
    spreads=True,
)
