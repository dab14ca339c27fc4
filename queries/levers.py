"""What to do about a scenario: what it travels along, taken away; controls put in place; and what must not fail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from pydantic import Field

from blastradius.answer import UNKNOWN, Answer, Cell, Query, Row, Table
from blastradius.engine import Reach, ScenarioParams, World, compile_system, plain, solve
from blastradius.estate import Estate
from blastradius.model import Capability, Fact, Frozen, Scenario, Verb
from blastradius.reports.impact import Measure, compared, is_audited
from blastradius.reports.labels import assumed, footing
from blastradius.reports.losses import Loss, losses
from blastradius.reports.remedies import Remedy, additions, narrowings, removals
from blastradius.reports.rows import ModelRow, ScenarioRow, model_row, notes_on, scenario_row
from blastradius.reports.unstated import marks_jewels, missing, records_or_unknown, states_processes, told_counts
from blastradius.reports.words import control_said, host_said, label, listed, plural

MOST_ADDED = 4_000
"""How many controls are tried at most."""
MOST_NARROWED = 12
"""How many operations are tried with own rows only; each is solved on an estate of its own."""


class Params(ScenarioParams):
    """A scenario, and what to try against it."""

    along: Verb | None = Field(None, description="try only relations of one verb, one at a time")
    add: bool = Field(False, description="try also controls that are not there, where they would stop something")
    top: int = Field(10, ge=1, description="how many of each to show")


class MeasureRow(Frozen):
    """What is reached: crown jewels, records that can be read, processes, entities in all; null where it is unknown."""

    crown_jewels: int | None
    records: int | None
    processes: int | None
    entities: int


class LeverRow(Frozen):
    """One thing to do, and what it takes out of reach; ``relations`` are taken away, ``controls`` put in place.

    ``weakened`` are entities that stay in reach, over which less is held. ``records`` is null where they are unknown.
    ``stops`` and ``slows`` are the processes that cannot do without what is taken away; null where nothing says who
    needs it. ``alike`` are other controls that would do the same. ``copied``: crown jewels can no longer be read, and
    as many records as before, in other stores.
    """

    change: str
    act: Literal["revoke", "pause", "remove", "narrow", "add"]
    says: str
    relations: tuple[str, ...]
    controls: tuple[str, ...]
    crown_jewels: tuple[str, ...]
    records: int | None
    processes: int
    entities: int
    weakened: tuple[str, ...]
    stops: tuple[str, ...] | None
    slows: tuple[str, ...] | None
    alike: tuple[str, ...]
    copied: bool


class FailureRow(Frozen):
    """One control that fails, and by how much each number rises."""

    change: str
    says: str
    crown_jewels: tuple[str, ...]
    records: int | None
    processes: int
    entities: int


class LeversData(Frozen):
    """The answer to ``levers``; what changes nothing is counted and not listed."""

    question: str
    headline: str
    scenario: ScenarioRow
    along: Verb | None
    reached: MeasureRow
    removed: tuple[LeverRow, ...]
    removals_tried: int
    added: tuple[LeverRow, ...]
    additions_tried: int
    untried: int
    failed: tuple[FailureRow, ...]
    failures_tried: int
    checked: bool
    model: ModelRow


def run(estate: Estate, params: Params) -> Answer:
    """Solve the scenario as it is, with each thing done, and with each control failed: all at once.

    Raises:
        UsageError: the scenario has no seed, or names what the estate does not have.
    """
    scenario = params.scenario(estate)
    reach = solve(estate, scenario)
    asked = plain(scenario)
    less, found = removals(reach, params.along), additions(reach) if params.add else []
    more = found[:MOST_ADDED]
    controls = _standing(reach)
    worlds = [World(asked), *(World(asked, without=lever.without, controls=lever.controls) for lever in (*less, *more))]
    worlds += [World(_distrusting(asked, control)) for control in controls]
    facts = _beyond_anyone(reach, asked)
    now, *others = compared(reach.prepared, worlds, facts)
    done, failing = others[: len(less) + len(more)], others[len(less) + len(more) :]
    wide = narrowings(reach) if params.along is None else []
    narrowed = _narrowed(asked, facts, wide[:MOST_NARROWED])
    effects = [*zip((*less, *more), done, strict=True), *narrowed]
    rows = _levers(reach, now, [(lever, then) for lever, then in effects if _helps(now, then)])
    opening = [(control, then) for control, (then, _) in zip(controls, failing, strict=True) if then != now[0]]
    failed = [_failure(reach.estate, control, now[0], then) for control, then in opening]
    data = LeversData(
        question="levers",
        headline="",
        scenario=scenario_row(reach.estate, scenario),
        along=params.along,
        reached=_measure(reach.estate, now[0]),
        removed=tuple(row for row in rows if row.act != "add"),
        removals_tried=len(less) + len(narrowed),
        added=tuple(row for row in rows if row.act == "add"),
        additions_tried=len(more),
        untried=len(found) - len(more) + len(wide) - len(narrowed),
        failed=tuple(sorted(failed, key=_by_size)),
        failures_tried=sum(
            placed.control.status not in ("failed", "absent") for placed in reach.estate.controls.values()
        ),
        checked=is_audited(reach.estate),
        model=model_row(reach.estate),
    )
    data = data.model_copy(update={"headline": _headline(reach.estate, params, data)})
    return Answer(
        question="levers",
        headline=data.headline,
        data=data,
        tables=tuple(_tables(reach.estate, params, data)),
        lines=tuple(_lines(reach.estate, params, data)),
        notes=notes_on(reach),
    )


def _distrusting(scenario: Scenario, control: str) -> Scenario:
    return scenario.model_copy(update={"distrust": (*scenario.distrust, control)})


def _beyond_anyone(reach: Reach, asked: Scenario) -> list[Fact]:
    """What is reached that a stranger could not have alike: what nothing done about this scenario would take away."""
    facts = sorted(reach.levels)
    if asked.anyone or not reach.prepared.columns.entities.anonymous.any():
        return facts
    alone = Scenario(anyone=True, assume=asked.assume, distrust=asked.distrust, basis=asked.basis)
    ((_, theirs),) = compared(reach.prepared, [World(alone)], facts)
    return [fact for fact in facts if fact not in theirs]


def _standing(reach: Reach) -> list[str]:
    """The controls that stand in the way of something that would follow at once; no other one that fails opens any."""
    there = reach.estate.controls
    return sorted({name for stop in reach.certificate.stopped for name in stop.controls if name in there})


Outcome = tuple[Measure, frozenset[Fact]]
"""What is reached in a world, and which of the facts that are reached now."""


def _narrowed(
    asked: Scenario, facts: Sequence[Fact], wide: Sequence[tuple[Remedy, Callable[[], Estate]]]
) -> list[tuple[Remedy, Outcome]]:
    """Operations limited to own rows: each changes the estate itself, so each is solved on its own."""
    found = []
    for lever, estate in wide:
        (outcome,) = compared(compile_system(estate()), [World(asked)], facts)
        found.append((lever, outcome))
    return found


def _levers(reach: Reach, now: Outcome, effects: Sequence[tuple[Remedy, Outcome]]) -> list[LeverRow]:
    """What takes something out of reach, or leaves less of it; the most first."""
    alike: dict[Outcome, list[str]] = {}
    for lever, then in effects:
        if lever.act == "add":
            alike.setdefault(then, []).append(lever.id)
    helping = [
        (lever, then) for lever, then in effects if lever.id == alike.get(then, [lever.id])[0] or lever.act != "add"
    ]
    taken = [lever.without if lever.act != "narrow" else () for lever, _ in helping]
    costs = losses(reach.estate, taken, reach.scenario.basis)
    rows = [
        _lever(lever, now, then, cost, alike.get(then, []) if lever.act == "add" else [])
        for (lever, then), cost in zip(helping, costs, strict=True)
    ]
    return sorted(rows, key=_by_size)


def _helps(now: Outcome, then: Outcome) -> bool:
    return then[1] < now[1] and not set(then[0].crown_jewels) - set(now[0].crown_jewels)


def _lever(lever: Remedy, now: Outcome, then: Outcome, cost: Loss | None, alike: Sequence[str]) -> LeverRow:
    gone, jewels = {fact.entity for fact in now[1] - then[1]}, _missing_from(now[0], then[0])
    return LeverRow(
        change=lever.id,
        act=lever.act,
        says=lever.says,
        relations=lever.without,
        controls=tuple(f"{kind}@{host}" for kind, host in lever.controls),
        crown_jewels=jewels,
        records=_records(now[0], then[0]),
        processes=now[0].processes - then[0].processes,
        entities=now[0].entities - then[0].entities,
        weakened=tuple(sorted(gone & {fact.entity for fact in then[1]})),
        stops=None if cost is None else cost.stops,
        slows=None if cost is None else cost.slows,
        alike=tuple(alike[1:]),
        copied=_records(now[0], then[0]) == 0
        and any(Fact(jewel, Capability.READ) in now[1] - then[1] for jewel in jewels),
    )


def _failure(estate: Estate, control: str, now: Measure, then: Measure) -> FailureRow:
    placed = estate.controls[control]
    return FailureRow(
        change=control,
        says=f"{host_said(estate, placed.host)}: {control_said(placed.control.kind)}",
        crown_jewels=_missing_from(then, now),
        records=_records(then, now),
        processes=then.processes - now.processes,
        entities=then.entities - now.entities,
    )


def _missing_from(more: Measure, less: Measure) -> tuple[str, ...]:
    return tuple(jewel for jewel in more.crown_jewels if jewel not in less.crown_jewels)


def _records(more: Measure, less: Measure) -> int | None:
    """By how many records two worlds differ; unknown where stores differ whose number nobody stated."""
    return records_or_unknown(more.records - less.records, abs(more.uncounted - less.uncounted))


_ACTS = ("revoke", "pause", "remove", "narrow", "add")


def _by_size(row: LeverRow | FailureRow) -> tuple[int, int, int, int, int, int, str]:
    weakened, act = (len(row.weakened), _ACTS.index(row.act)) if isinstance(row, LeverRow) else (0, 0)
    return -len(row.crown_jewels), -(row.records or 0), -row.processes, -row.entities, -weakened, act, row.change


def _measure(estate: Estate, now: Measure) -> MeasureRow:
    return MeasureRow(
        crown_jewels=len(now.crown_jewels) if marks_jewels(estate) else None,
        records=records_or_unknown(now.records, now.uncounted),
        processes=now.processes if states_processes(estate) else None,
        entities=now.entities,
    )


def _headline(estate: Estate, params: Params, data: LeversData) -> str:
    tried = plural(data.removals_tried, "thing to do without", "things to do without")
    tried += f" and {plural(data.additions_tried, 'control')} to put in place" if params.add else ""
    if data.untried:
        every = data.removals_tried + data.additions_tried + data.untried
        tried = f"the {data.removals_tried + data.additions_tried:,} that were tried of {every:,} things to do"
    rows = sorted((*data.removed, *data.added), key=_by_size)
    if not rows:
        return f"none of {tried} takes on its own anything out of reach under level {params.assume!r}"
    best = rows[0]
    return (
        f"of {tried}, tried one at a time under level {params.assume!r}, the one that helps most: {best.says}; "
        f"{_effect(estate, best)}"
    )


def _effect(estate: Estate, row: LeverRow) -> str:
    """What something helps, in words."""
    if row.crown_jewels:
        return f"{listed([label(estate, jewel) for jewel in row.crown_jewels])} out of reach"
    if row.entities:
        return f"{plural(row.entities, 'thing')} out of reach"
    return f"less of {listed([label(estate, name) for name in row.weakened])}"


def _lines(estate: Estate, params: Params, data: LeversData) -> Iterable[str]:
    if data.untried:
        yield f"not tried, for they are too many: {plural(data.untried, 'more thing')} to do"
    if not params.add:
        yield "--add tries controls that are not there, too"
    if any(row.stops is None for row in data.removed):
        yield "what it costs to do without something is known only where the estate says who needs it"
    yield from missing(estate)
    yield assumed(params.assume)
    yield footing(estate)


def _tables(estate: Estate, params: Params, data: LeversData) -> Iterable[Table]:
    yield _lever_table(estate, params, "removed", "What to do without", data.removed)
    if params.add:
        yield _lever_table(estate, params, "added", "Controls to put in place, each taken to work", data.added)
    yield _failure_table(estate, params, data.failed)


def _lever_table(estate: Estate, params: Params, name: str, title: str, rows: Sequence[LeverRow]) -> Table:
    cells: tuple[Row, ...] = tuple(
        (
            f"{row.says} (or {plural(len(row.alike), 'other way', 'other ways')})" if row.alike else row.says,
            jewels,
            _known(row.records),
            processes,
            row.entities,
            len(row.weakened),
            _kept(estate, row),
            _cost(estate, row),
            row.change,
        )
        for row in rows
        for jewels, processes in (told_counts(estate, len(row.crown_jewels), row.processes),)
    )
    columns = ("what to do", "jewels", "records", "processes", "things", "less of", "kept", "cost", "id")
    return Table(
        name, title, columns, cells, ids=("id",), brief=cells[: params.top], under=("kept", "cost"), spare=("less of",)
    )


def _known(count: int | None) -> Cell:
    return UNKNOWN if count is None else count


def _kept(estate: Estate, row: LeverRow) -> str:
    """What is out of reach then, or what less is held of; crown jewels by name."""
    jewels = [label(estate, jewel) for jewel in row.crown_jewels]
    less = [label(estate, name) for name in row.weakened]
    elsewhere = ", but the same records stay in reach elsewhere" if row.copied else ""
    found = [f"out of reach: {listed(jewels)}{elsewhere}"] if jewels else []
    return "; ".join([*found, *([f"less of: {listed(less, 3)}"] if less else [])])


def _cost(estate: Estate, row: LeverRow) -> str:
    """What the business loses, in words."""
    if row.act in ("add", "narrow"):
        return ""
    if row.stops is None or row.slows is None:
        return "costs: not stated"
    said = [
        f"{verb} {listed([label(estate, process) for process in names])}"
        for verb, names in (("stops", row.stops), ("slows", row.slows))
        if names
    ]
    return f"costs: {', '.join(said) or 'no process, as far as is stated'}"


def _failure_table(estate: Estate, params: Params, rows: Sequence[FailureRow]) -> Table:
    cells: tuple[Row, ...] = tuple(
        (
            row.says,
            jewels,
            _known(row.records),
            processes,
            row.entities,
            _opened(estate, row),
            row.change,
        )
        for row in rows
        for jewels, processes in (told_counts(estate, len(row.crown_jewels), row.processes),)
    )
    columns = ("control", "jewels", "records", "processes", "things", "in reach", "id")
    brief = cells[: params.top]
    return Table("failed", "If one control failed", columns, cells, ids=("id",), brief=brief, under=("in reach",))


def _opened(estate: Estate, row: FailureRow) -> str:
    jewels = listed([label(estate, jewel) for jewel in row.crown_jewels])
    return f"in reach: {jewels}" if jewels else ""


QUERY = Query(
    "levers",
    "What would help against a scenario and what it costs, and which control must not fail",
    Params,
    run,
    LeversData,
    main="removed",
    example="--compromise acme --assume lateral --add",
    spreads=True,
)
