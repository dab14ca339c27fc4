"""Every party, feed and credential by what it reaches: crown jewels, records, processes; no score."""

from __future__ import annotations

from pydantic import Field

from blastradius.answer import Answer, Query, Table
from blastradius.engine import Assumption, compile_system
from blastradius.estate import Estate
from blastradius.model import Entity, Frozen, Kind
from blastradius.reports.impact import Measure, is_audited, measured
from blastradius.reports.rows import ModelRow, every_start, model_row, start_worlds
from blastradius.reports.words import label, plural


class Params(Assumption):
    """How much to assume of the attacker, and whether to start from ourselves as well."""

    insiders: bool = Field(False, description="also start from ourselves: parties of role self")


class RankRow(Frozen):
    """One start and what it reaches; ``records`` counts records that can be read, copies once."""

    start: str
    kind: Kind
    way: str
    crown_jewels: tuple[str, ...]
    records: int
    processes: int
    entities: int


class RankData(Frozen):
    """The answer to ``rank``."""

    question: str
    assume: str
    distrusted: tuple[str, ...]
    rows: tuple[RankRow, ...]
    checked: bool
    model: ModelRow


def run(estate: Estate, params: Params) -> Answer:
    """Solve every start on its own, all of them at once, and sort by crown jewels, then records, then processes."""
    starts = every_start(estate, insiders=params.insiders)
    measures = measured(compile_system(estate), start_worlds(starts, params))
    rows = [_row(start, way, measure) for (start, way), measure in zip(starts, measures, strict=True)]
    rows.sort(key=lambda r: (-len(r.crown_jewels), -r.records, -r.processes, -r.entities, r.start))
    data = RankData(
        question="rank",
        assume=params.assume,
        distrusted=params.distrust,
        rows=tuple(rows),
        checked=is_audited(estate),
        model=model_row(estate),
    )
    return Answer(
        question="rank",
        headline=_headline(estate, data),
        data=data,
        tables=(_table(estate, rows),),
        notes=estate.notes,
    )


def _row(start: Entity, way: str, measure: Measure) -> RankRow:
    return RankRow(
        start=start.id,
        kind=start.kind,
        way=way,
        crown_jewels=measure.crown_jewels,
        records=measure.records,
        processes=measure.processes,
        entities=measure.entities,
    )


def _headline(estate: Estate, data: RankData) -> str:
    if not data.rows:
        return "the estate has no party, credential or feed to start from"
    first = data.rows[0]
    return (
        f"of {plural(len(data.rows), 'start')}, {label(estate, first.start)} reaches the most under level "
        f"{data.assume!r}: {plural(len(first.crown_jewels), 'crown jewel')}, {plural(first.records, 'record')}"
    )


def _table(estate: Estate, rows: list[RankRow]) -> Table:
    return Table(
        "rank",
        "Who reaches what",
        ("start", "name", "kind", "crown jewels", "records", "processes", "entities"),
        tuple(
            (
                f"{r.way} {r.start}",
                label(estate, r.start),
                r.kind,
                len(r.crown_jewels),
                r.records,
                r.processes,
                r.entities,
            )
            for r in rows
        ),
    )


QUERY = Query("rank", "Every party, feed and credential by what it reaches", Params, run, RankData)
