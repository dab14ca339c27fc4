"""Who can reach a store, a process or anything else, with what, and at which level."""

from __future__ import annotations

from itertools import chain
from typing import Literal

import numpy as np
from pydantic import Field

from blastradius.answer import Answer, Query, Table
from blastradius.engine import CAPABILITIES, Assumption, Solved, compile_system, solve, what_if
from blastradius.estate import Estate
from blastradius.model import Capability, Fact, Frozen, Kind, Level
from blastradius.reports.impact import audited, is_audited
from blastradius.reports.labels import footing
from blastradius.reports.rows import ModelRow, every_start, held_over, model_row, start_worlds
from blastradius.reports.words import WORDS, label, plural


class Params(Assumption):
    """What is to be protected, and how much to assume of whoever comes for it."""

    entity: str = Field(description="the store, process or other entity to protect")
    assume: Literal["granted", "abused", "takeover", "lateral"] = Field(
        "lateral", description="how much of the attacker to assume, cumulative"
    )
    insiders: bool = Field(False, description="also start from ourselves: parties of role self")


class ExposureRow(Frozen):
    """One way in: start, what it gains, from which level on, in how many hops."""

    start: str
    kind: Kind
    way: str
    capability: Capability
    level: str
    hops: int


class ExposureData(Frozen):
    """The answer to ``exposure``."""

    question: str
    entity: str
    assume: str
    distrusted: tuple[str, ...]
    exposed_to: tuple[ExposureRow, ...]
    starts: int
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
    data = ExposureData(
        question="exposure",
        entity=params.entity,
        assume=params.assume,
        distrusted=params.distrust,
        exposed_to=tuple(rows),
        starts=starts,
        checked=is_audited(estate),
        model=model_row(estate),
    )
    return Answer(
        question="exposure",
        headline=_headline(estate, data),
        data=data,
        tables=(_table(estate, rows),),
        lines=(footing(estate),),
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
                    kind=start.kind,
                    way=way,
                    capability=capability,
                    level=step.level.word,
                    hops=step.hops,
                )
            )
    rows.sort(key=lambda row: (Level[row.level.upper()], row.hops, row.start, row.capability))
    return rows, len(starts)


def _headline(estate: Estate, data: ExposureData) -> str:
    parties = len({row.start for row in data.exposed_to if row.kind == Kind.PARTY})
    others = len({row.start for row in data.exposed_to if row.kind != Kind.PARTY})
    name = label(estate, data.entity)
    if not data.exposed_to:
        return (
            f"no way to {name} under level {data.assume!r} from any of {plural(data.starts, 'start')}, among "
            f"{plural(len(estate.relations), 'known relation')}"
        )
    return (
        f"{name} could be reached under level {data.assume!r} by {plural(parties, 'party', 'parties')} and by "
        f"{plural(others, 'credential or feed', 'credentials and feeds')}"
    )


def _table(estate: Estate, rows: list[ExposureRow]) -> Table:
    return Table(
        "exposed_to",
        "Who could reach it",
        ("level", "hops", "start", "name", "kind", "what it means"),
        tuple(
            (
                row.level,
                row.hops,
                f"{row.way} {row.start}",
                label(estate, row.start),
                row.kind,
                WORDS[row.capability],
            )
            for row in rows
        ),
    )


QUERY = Query("exposure", "Who can reach a store or process, with what, at which level", Params, run, ExposureData)
