"""Who can reach a store, a process or anything else, with what, and at which level."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from blastradius.answer import Answer, Query, Row, Table
from blastradius.columns.ragged import Numbers
from blastradius.engine import (
    ANYONE,
    CAPABILITIES,
    Assumption,
    PreparedEstate,
    World,
    leading_to,
    names_of,
    plain,
    solve,
    system_of,
    what_if,
)
from blastradius.estate import Estate
from blastradius.model import Capability, Entity, Fact, Frozen, Kind, Level
from blastradius.reports.impact import audited, is_audited
from blastradius.reports.labels import assumed, footing
from blastradius.reports.reached import grouped
from blastradius.reports.rows import (
    ModelRow,
    contour,
    count_starts,
    every_start,
    model_row,
    start_worlds,
    starts_among,
)
from blastradius.reports.words import HAPPENED, WORDS, label, plural

FEWEST_FOLLOWED = 10
MOST_FOLLOWED = 200_000
"""For how many starts it is worked out in how many steps they get there: so many by the relations of the estate."""


class Params(Assumption):
    """What is to be protected, and how much to assume of whoever comes for it."""

    entity: str = Field(description="the store, process or other entity to protect")
    assume: Literal["granted", "abused", "takeover", "lateral"] = Field(
        "lateral", description="how much of the attacker to assume, cumulative"
    )
    insiders: bool = Field(False, description="also start from ourselves: parties of role self")


class ExposureRow(Frozen):
    """One way in: start and its display name, what it gains, from which level on, in how many hops.

    ``hops`` is null where it was not worked out: on large estates that is done for the first few.
    """

    start: str
    name: str
    kind: Kind
    way: str
    capability: Capability
    level: str
    hops: int | None


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
    rows, starts = _ways_in(estate, params), count_starts(estate, insiders=params.insiders)
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
        lines=(*_said(rows), assumed(params.assume), footing(estate)),
        notes=estate.notes,
    )


def _ways_in(estate: Estate, params: Params) -> list[ExposureRow]:
    """A row for each start and strongest capability: all starts at once, level by level; then a proof for the first."""
    system = system_of(estate)
    facts = np.array([system.facts.number(Fact(params.entity, capability)) for capability in CAPABILITIES], np.int64)
    starts = _starts(system, facts, params)
    worlds = start_worlds(starts, params)
    found = _levels(system, facts, params, worlds)
    first = sorted(found, key=lambda place: (min(found[place].values()), starts[place][0].id, place))
    followed = set(first[: max(FEWEST_FOLLOWED, MOST_FOLLOWED // max(1, estate.census.relations))])
    rows = []
    for place in sorted(found):
        start, way = starts[place]
        proofs = solve(estate, worlds[place].scenario, system=system).proofs if place in followed else {}
        for capability in contour(found[place]):
            fact = Fact(params.entity, capability)
            rows.append(
                ExposureRow(
                    start=start.id,
                    name=label(estate, start.id),
                    kind=start.kind,
                    way=way,
                    capability=capability,
                    level=found[place][capability].word,
                    hops=proofs[fact].hops if proofs else None,
                )
            )
    rows.sort(key=lambda row: (Level[row.level.upper()], row.hops is None, row.hops or 0, row.start, row.capability))
    return rows


def _starts(system: PreparedEstate, facts: Numbers, params: Params) -> list[tuple[Entity, str]]:
    """The starts that may lead to facts: where anyone at all gets there, every one does."""
    estate, asked = system.estate, plain(params.asked)
    behind = leading_to(system, facts, asked)
    anyone = World(asked.model_copy(update={"anyone": True}))
    if behind[system.facts.number(ANYONE)] and _levels(system, facts, params, [anyone]):
        return every_start(estate, insiders=params.insiders)
    names = sorted(names_of(system, behind) & estate.entities.keys())
    return starts_among((estate.entities[name] for name in names), insiders=params.insiders)


def _levels(
    system: PreparedEstate, facts: Numbers, params: Params, worlds: Sequence[World]
) -> dict[int, dict[Capability, Level]]:
    """For each start that gets there, by its place, from which level on it has which capability; all are audited."""
    levels = [level for level in Level if level <= params.level]
    asked = [
        World(world.scenario.model_copy(update={"assume": level})) for level in reversed(levels) for world in worlds
    ]
    found: dict[int, dict[int, list[Capability]]] = defaultdict(dict)
    for solved in audited(system, asked) if asked else ():
        held = solved.holds(facts)
        for column in np.flatnonzero(held.any(axis=0)).tolist():
            turn, start = divmod(int(solved.places[column]), len(worlds))
            found[start][turn] = [CAPABILITIES[row] for row in np.flatnonzero(held[:, column]).tolist()]
    return {
        start: {it: levels[-1 - turn] for turn, some in sorted(turns.items()) for it in some}
        for start, turns in found.items()
    }


def _said(rows: Sequence[ExposureRow]) -> Iterator[str]:
    """What the rows do not say."""
    if not rows:
        yield _SILENCE
    every = {(row.start, row.way) for row in rows}
    gone = {(row.start, row.way) for row in rows if row.hops is None}
    if gone:
        yield f"in how many steps is told of the first {len(every) - len(gone):,} of {len(every):,} who get there"


_SILENCE = "as far as is stated, and as long as the controls hold; explain says what stands in the way"


def _headline(estate: Estate, params: Params, parties: int, others: int, starts: int) -> str:
    name, level = label(estate, params.entity), f"under level {params.assume!r}"
    if not parties + others:
        known = plural(estate.census.relations, "known relation")
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
    return row.level, row.start, row.name, HAPPENED[row.way], means, "not told" if row.hops is None else row.hops


QUERY = Query(
    "exposure",
    "Who can reach a store or process, with what, at which level",
    Params,
    run,
    ExposureData,
    main="exposed_to",
    example="--entity customer_db",
    about_one=True,
    spreads=True,
)
