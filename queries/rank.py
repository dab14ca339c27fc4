"""Every party, feed and credential by what it reaches: crown jewels, records, processes; no score."""

from __future__ import annotations

from pydantic import Field

from blastradius.answer import Answer, Query, Table
from blastradius.engine import Assumption, World, compile_system, plain, what_if
from blastradius.estate import Estate
from blastradius.model import Entity, Frozen, Kind
from blastradius.reports.impact import Measure, is_audited, measured
from blastradius.reports.labels import footing
from blastradius.reports.rows import ModelRow, every_start, model_row, start_worlds
from blastradius.reports.words import label, plural


class Params(Assumption):
    """How much to assume of the attacker, and whether to start from ourselves as well."""

    insiders: bool = Field(False, description="also start from ourselves: parties of role self")


class RankRow(Frozen):
    """One start and what it reaches; ``records`` counts records that can be read, copies once.

    ``beyond`` counts the things over which it has more than anyone on the internet could. ``kind`` is null for the
    start that is anyone at all.
    """

    start: str
    kind: Kind | None
    way: str
    crown_jewels: tuple[str, ...]
    records: int
    processes: int
    entities: int
    beyond: int


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
    estate = what_if(estate, params.asked)
    system, starts = compile_system(estate), every_start(estate, insiders=params.insiders)
    worlds = start_worlds(starts, params)
    stranger = World(plain(params.asked).model_copy(update={"anyone": True}))
    some = bool(system.columns.entities.anonymous.any())
    measures = measured(system, [*worlds, *([stranger] if some else [])], stranger=stranger if some else None)
    rows = [_row(start, way, measure) for (start, way), measure in zip(starts, measures, strict=False)]
    rows += [_anyone(measures[-1])] if some else []
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
        lines=(footing(estate),),
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
        beyond=measure.beyond,
    )


def _anyone(measure: Measure) -> RankRow:
    """What anyone on the internet could do, without being anyone in particular."""
    return RankRow(
        start=ANYONE,
        kind=None,
        way="anyone",
        crown_jewels=measure.crown_jewels,
        records=measure.records,
        processes=measure.processes,
        entities=measure.entities,
        beyond=0,
    )


ANYONE = "anyone on the internet"


def _headline(estate: Estate, data: RankData) -> str:
    if not data.rows:
        return "the estate has no party, credential or feed to start from"
    first = data.rows[0]
    name = ANYONE if first.kind is None else label(estate, first.start)
    return (
        f"of {plural(len(data.rows), 'start')}, {name} reaches the most under level "
        f"{data.assume!r}: {plural(len(first.crown_jewels), 'crown jewel')}, {plural(first.records, 'record')}"
    )


def _table(estate: Estate, rows: list[RankRow]) -> Table:
    return Table(
        "rank",
        "Who reaches what",
        ("start", "name", "kind", "crown jewels", "records", "processes", "entities", "beyond anyone"),
        tuple(
            (
                "anyone" if row.kind is None else f"{row.way} {row.start}",
                ANYONE if row.kind is None else label(estate, row.start),
                row.kind,
                len(row.crown_jewels),
                row.records,
                row.processes,
                row.entities,
                row.beyond,
            )
            for row in rows
        ),
    )


QUERY = Query("rank", "Every party, feed and credential by what it reaches", Params, run, RankData)
