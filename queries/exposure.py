"""Who can reach a store, a process or anything else, with what, and at which level."""

from __future__ import annotations

from itertools import chain
from typing import Literal

import numpy as np
from pydantic import Field

from blastradius.answer import Answer, Query, Row, Table
from blastradius.engine import CAPABILITIES, Assumption, Solved, compile_system, solve, what_if
from blastradius.estate import Estate
from blastradius.model import Capability, Fact, Frozen, Kind, Level
from blastradius.reports.impact import audited, is_audited
from blastradius.reports.labels import assumed, footing
from blastradius.reports.reached import grouped
from blastradius.reports.rows import ModelRow, every_start, held_over, model_row, start_worlds
from blastradius.reports.words import HAPPENED, WORDS, label, plural


class Params(Assumption):
    """What is to be protected, and how much to assume of whoever comes for it."""

    entity: str = Field(description="the store, process or other entity to protect")
    assume: Literal["granted", "abused", "takeover", "lateral"] = Field(
        "lateral", description="how much of the attacker to assume, cumulative"
    )
    insiders: bool = Field(False, description="also start from ourselves: parties of role self")


class ExposureRow(Frozen):
    """One way in: start and its display name, what it gains, from which level on, in how many hops."""

    start: str
    name: str
    kind: Kind
    way: str
    capability: Capability
    level: str
    hops: int


class ExposureData(Frozen):
    """The answer to ``exposure``; ``parties`` and ``others`` (credentials, feeds) count the starts that get there."""

    question: str
    headline: str
    entity: str
    name: str
    assume: str
    distrusted: tuple[str, ...]
    exposed_to: tuple[ExposureRow, ...]
    starts: int
    parties: int
    others: int
    checked: bool
    model: ModelRow


def run(estate: Estate, params: Params) -> Answer:
    """Try every party, credential and feed as a start.

    Raises:
        UsageError: the estate has no such entity.
    """
    params = params.model_copy(update={"entity": estate.resolve(params.entity)})
    estate = what_if(estate, params.asked)
    rows, starts = _ways_in(estate, params)
    parties = len({row.start for row in rows if row.kind == Kind.PARTY})
    others = len({row.start for row in rows if row.kind != Kind.PARTY})
    data = ExposureData(
        question="exposure",
        headline=_headline(estate, params, parties, others, starts),
        entity=params.entity,
        name=label(estate, params.entity),
        assume=params.assume,
        distrusted=params.distrust,
        exposed_to=tuple(rows),
        starts=starts,
        parties=parties,
        others=others,
        checked=is_audited(estate),
        model=model_row(estate),
    )
    return Answer(
        question="exposure",
        headline=data.headline,
        data=data,
        tables=(_table(rows),),
        lines=(*([] if rows else [_SILENCE]), assumed(params.assume), footing(estate)),
        notes=estate.notes,
    )


def _ways_in(estate: Estate, params: Params) -> tuple[list[ExposureRow], int]:
    """A row for each start and strongest capability: all starts at once, then a proof for those that get there."""
    system, starts = compile_system(estate), every_start(estate, insiders=params.insiders)
    worlds = start_worlds(starts, params)
    facts = np.array([system.facts.number(Fact(params.entity, capability)) for capability in CAPABILITIES], np.int64)

    def reaching(solved: Solved) -> list[int]:
        found: list[int] = solved.places[solved.holds(facts).any(axis=0)].tolist()
        return found

    rows = []
    for place in sorted(chain.from_iterable(map(reaching, audited(system, worlds)))):
        start, way = starts[place]
        reach = solve(estate, worlds[place].scenario, system=system)
        for capability in held_over(reach)[params.entity]:
            step = reach.proofs[Fact(params.entity, capability)]
            rows.append(
                ExposureRow(
                    start=start.id,
                    name=label(estate, start.id),
                    kind=start.kind,
                    way=way,
                    capability=capability,
                    level=step.level.word,
                    hops=step.hops,
                )
            )
    rows.sort(key=lambda row: (Level[row.level.upper()], row.hops, row.start, row.capability))
    return rows, len(starts)


_SILENCE = "as far as is stated, and as long as the controls hold; explain says what stands in the way"


def _headline(estate: Estate, params: Params, parties: int, others: int, starts: int) -> str:
    name, level = label(estate, params.entity), f"under level {params.assume!r}"
    if not parties + others:
        known = plural(len(estate.relations), "known relation")
        return f"no way to {name} {level} from any of {plural(starts, 'start')}, among {known}"
    by = [plural(parties, "party", "parties")] if parties else []
    by += [plural(others, "credential or feed", "credentials and feeds")] if others else []
    return f"{name} could be reached {level} by {' and by '.join(by)}"


def _table(rows: list[ExposureRow]) -> Table:
    cells = {row: _cells(row, WORDS[row.capability]) for row in rows}
    return Table(
        "exposed_to",
        "Who could reach it, at the lowest level at which they could",
        ("level", "id", "start", "if", "what it means", "steps"),
        tuple(cells.values()),
        ids=("id",),
        brief=tuple(map(_in_brief, grouped(rows, lambda row: row.start))),
        spare=("steps",),
    )


def _in_brief(ways: list[ExposureRow]) -> Row:
    """A start in one line: what it gains first, and the strongest that it gains at each further level."""
    order = {capability: place for place, capability in enumerate(WORDS)}
    strongest = [min(found, key=lambda row: order[row.capability]) for found in grouped(ways, lambda row: row.level)]
    later = "".join(f"; {row.level}: {WORDS[row.capability]}" for row in strongest[1:])
    return _cells(strongest[0], WORDS[strongest[0].capability] + later)


def _cells(row: ExposureRow, means: str) -> Row:
    return row.level, row.start, row.name, HAPPENED[row.way], means, row.hops


QUERY = Query(
    "exposure",
    "Who can reach a store or process, with what, at which level",
    Params,
    run,
    ExposureData,
    main="exposed_to",
    example="--entity customer_db",
)
