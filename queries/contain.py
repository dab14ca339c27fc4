"""A scenario in progress: what is reached by an hour, what cutting something then still keeps, and what it costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import Field

from blastradius.answer import UNKNOWN, Answer, Query, Row, Table
from blastradius.engine import ScenarioParams, solve
from blastradius.estate import Estate
from blastradius.model import Credential, Frozen
from blastradius.reports.containment import (
    LATEST_H,
    Contained,
    Containment,
    CountRow,
    Sought,
    Standing,
    between,
    count_row,
    planned,
    sought,
    unclocked,
)
from blastradius.reports.labels import assumed, footing
from blastradius.reports.losses import Loss, losses
from blastradius.reports.remedies import Remedy
from blastradius.reports.rows import ModelRow, ScenarioRow, model_row, notes_on, scenario_row
from blastradius.reports.unstated import missing, told_counts
from blastradius.reports.words import label, listed, plural, some_of


class Params(ScenarioParams):
    """A scenario, the hour in which something is done about it."""

    at: float = Field(description="the hour, from the start, in which something is cut", ge=0, le=LATEST_H)
    top: int = Field(10, ge=1, description="how many of each to show")


class HourRow(Frozen):
    """What is reached before the hour, ``surely``; ``at_most`` where each step without stated hours is over by then.

    ``in_the_end`` is what is reached where nothing is done.
    """

    surely: CountRow
    at_most: CountRow
    in_the_end: CountRow


class ContainRow(Frozen):
    """What is reached in the end where something is cut at the hour: between ``at_least`` and ``at_most``.

    ``stops`` and ``slows`` are processes that cannot do without what is taken away, null where nothing says who needs
    it.
    """

    change: str
    act: Literal["revoke", "pause", "remove", "narrow", "add"]
    says: str
    relations: tuple[str, ...]
    at_least: CountRow
    at_most: CountRow
    stops: tuple[str, ...] | None
    slows: tuple[str, ...] | None


class IdleRow(Frozen):
    """What keeps nothing out of reach: because it is too ``late``, or because there are other ways."""

    change: str
    says: str
    late: bool


class KeyRow(Frozen):
    """A key on the way, and the day on which it ends by itself; null where nobody stated one."""

    key: str
    name: str
    expires: str | None


class ContainData(Frozen):
    """The answer to ``contain``.

    Of ``steps`` of the proof ``unclocked`` have no stated hours. ``plan`` is in order, each row with all before it;
    ``alone`` has each lever on its own. ``untried`` levers were not looked at.
    """

    question: str
    headline: str
    scenario: ScenarioRow
    at_h: float
    steps: int
    unclocked: int
    reached: HourRow
    plan: tuple[ContainRow, ...]
    alone: tuple[ContainRow, ...]
    nothing: tuple[IdleRow, ...]
    keys: tuple[KeyRow, ...]
    untried: int
    model: ModelRow


def run(estate: Estate, params: Params) -> Answer:
    """Solve the scenario, time it as fast and as slow as can be, and try each thing that can be taken away at the hour.

    Raises:
        UsageError: the scenario has no seed, or names what the estate does not have.
    """
    scenario = params.scenario(estate)
    reach = solve(estate, scenario)
    here = Containment(reach, params.at)
    found = sought(here)
    plan = list(planned(here, found.helping))
    before = [tuple(name for done in plan[: count + 1] for name in done.remedy.without) for count in range(len(plan))]
    without = [*before, *(lever.remedy.without for lever in found.helping)]
    costs = losses(reach.estate, without, scenario.basis)
    rows = [_row(here, lever, cost) for lever, cost in zip((*plan, *found.helping), costs, strict=True)]
    missing_hours, steps = unclocked(reach)
    data = ContainData(
        question="contain",
        headline="",
        scenario=scenario_row(reach.estate, scenario),
        at_h=params.at,
        steps=steps,
        unclocked=missing_hours,
        reached=_hour(here),
        plan=tuple(rows[: len(plan)]),
        alone=tuple(rows[len(plan) :]),
        nothing=tuple(_nothing(found)),
        keys=tuple(_keys(reach.estate, found)),
        untried=found.untried,
        model=model_row(reach.estate),
    )
    data = data.model_copy(update={"headline": _headline(reach.estate, data)})
    tables, lines = _tables(reach.estate, params, data), _lines(reach.estate, params, data)
    return Answer("contain", data.headline, data, tuple(tables), tuple(lines), notes_on(reach))


def _hour(here: Containment) -> HourRow:
    now, end = here.by_then(), here.standing()
    counts = [count_row(here.count(facts)) for facts in (now.surely, now.at_most, end.at_most)]
    return HourRow(surely=counts[0], at_most=counts[1], in_the_end=counts[2])


def _row(here: Containment, found: Contained, cost: Loss | None) -> ContainRow:
    left: Standing = found.left
    return ContainRow(
        change=found.remedy.id,
        act=found.remedy.act,
        says=found.remedy.says,
        relations=found.remedy.without,
        at_least=count_row(here.count(left.surely)),
        at_most=count_row(here.count(left.at_most)),
        stops=None if cost is None else cost.stops,
        slows=None if cost is None else cost.slows,
    )


def _nothing(found: Sought) -> Iterable[IdleRow]:
    for is_late, levers in ((True, found.late), (False, found.idle)):
        for lever in levers:
            yield IdleRow(change=lever.id, says=lever.says, late=is_late)


def _keys(estate: Estate, found: Sought) -> Iterable[KeyRow]:
    """The keys that can be revoked, by id."""
    levers: list[Remedy] = [*(lever.remedy for lever in found.helping), *found.late, *found.idle]
    names = {lever.id.removeprefix("revoke:") for lever in levers if lever.id.startswith("revoke:")}
    for name in sorted(names):
        key = estate.entities[name]
        ends = str(key.expires) if isinstance(key, Credential) and key.expires is not None else None
        yield KeyRow(key=name, name=label(estate, name), expires=ends)


def _headline(estate: Estate, data: ContainData) -> str:
    now, end = data.reached, data.reached.in_the_end
    told = f"{between(now.surely.things, now.at_most.things)} of {plural(end.things, 'thing')} reached"
    if not end.things:
        return f"by hour {data.at_h:g}, and later: nothing is reached besides where it starts"
    if not data.plan:
        return f"by hour {data.at_h:g}: {told}; no single thing cut then keeps any of it out of reach"
    first = data.plan[0]
    return f"by hour {data.at_h:g}: {told}; cut first: {first.says}; {_kept(estate, end, first)}"


def _kept(estate: Estate, end: CountRow, row: ContainRow) -> str:
    """What a cut keeps out of reach in any case, and what only if it has not been reached before."""
    sure = _spared(estate, end, row.at_most)
    perhaps = _spared(estate, row.at_most, row.at_least)
    said = [f"keeps {sure}"] if sure else []
    said += [f"keeps {perhaps}, if not reached before"] if perhaps else []
    return "; ".join(said) or "keeps less of what is reached"


def _spared(estate: Estate, more: CountRow, less: CountRow) -> str:
    names = dict.fromkeys((*more.crown_jewels, *more.processes))
    left = {*less.crown_jewels, *less.processes}
    spared = [label(estate, name) for name in names if name not in left]
    others = more.things - less.things - len(spared)
    more_said = plural(others, "other thing" if spared else "thing") if others > 0 else ""
    return " and ".join(filter(None, (listed(spared), more_said)))


def _lines(estate: Estate, params: Params, data: ContainData) -> Iterable[str]:
    if data.unclocked:
        yield (
            f"for {some_of(data.unclocked, data.steps, 'step')} nobody stated how long they take: such a step may "
            "be over by the hour or not, so numbers are told from least to most"
        )
    yield "what was reached before something is cut stays reached"
    yield "the order: each leaves the fewest crown jewels and processes after those before it; 'cut' proves the fewest"
    if any(row.act == "revoke" for row in data.alone):
        yield "a revoked key is taken to open nothing from that hour on; how long a session lives on is not stated"
    if data.untried:
        yield f"not tried, for they are too many: {plural(data.untried, 'more thing')} to cut"
    if any(row.stops is None for row in data.alone):
        yield "what it costs to do without something is known only where the estate says who needs it"
    yield from missing(estate)
    yield assumed(params.assume)
    yield footing(estate)


def _tables(estate: Estate, params: Params, data: ContainData) -> Iterable[Table]:
    yield _hour_table(estate, data)
    yield _cut_table(estate, params, data, "plan", "What to cut, in this order: what is reached in the end", data.plan)
    yield _cut_table(estate, params, data, "alone", "Each alone: what is reached in the end", data.alone)
    cells: tuple[Row, ...] = tuple((row.says, _why(row), row.change) for row in data.nothing)
    columns = ("what to cut", "why it does nothing", "id")
    yield Table("nothing", "What does nothing", columns, cells, ids=("id",), brief=cells[: params.top])
    keys: tuple[Row, ...] = tuple((row.key, row.name, row.expires or UNKNOWN) for row in data.keys)
    yield Table("keys", "Keys on the way", ("id", "key", "ends by itself"), keys, ids=("id",), brief=keys[: params.top])


def _why(row: IdleRow) -> str:
    return "too late: reached before" if row.late else "there are other ways"


def _hour_table(estate: Estate, data: ContainData) -> Table:
    now = data.reached
    counted = (
        (f"surely by hour {data.at_h:g}", now.surely),
        (f"at most by hour {data.at_h:g}", now.at_most),
        ("in the end, if nothing is done", now.in_the_end),
    )
    cells: tuple[Row, ...] = tuple(
        (when, *told_counts(estate, len(row.crown_jewels), len(row.processes)), row.things, _named(estate, row))
        for when, row in counted
    )
    columns = ("reached", "jewels", "processes", "things", "names")
    return Table("reached", "Reached before it is contained", columns, cells, under=("names",))


def _named(estate: Estate, row: CountRow) -> str:
    return listed([label(estate, name) for name in dict.fromkeys((*row.crown_jewels, *row.processes))], 6)


def _cut_table(
    estate: Estate, params: Params, data: ContainData, name: str, title: str, rows: Sequence[ContainRow]
) -> Table:
    end = data.reached.in_the_end
    before = (
        [(end, end), *((row.at_most, row.at_least) for row in rows)] if name == "plan" else [(end, end)] * len(rows)
    )
    cells = tuple(_cut_cells(estate, row, left) for row, left in zip(rows, before, strict=False))
    columns = ("what to cut", "jewels", "processes", "things", "kept", "cost", "id")
    return Table(name, title, columns, cells, ids=("id",), brief=cells[: params.top], under=("kept", "cost"))


def _cut_cells(estate: Estate, row: ContainRow, before: tuple[CountRow, CountRow]) -> Row:
    least, most = row.at_least, row.at_most
    jewels = between(len(least.crown_jewels), len(most.crown_jewels))
    processes = between(len(least.processes), len(most.processes))
    return (
        row.says,
        *told_counts(estate, jewels, processes),
        between(least.things, most.things),
        _kept_after(estate, row, before),
        _cost(estate, row),
        row.change,
    )


def _kept_after(estate: Estate, row: ContainRow, before: tuple[CountRow, CountRow]) -> str:
    """What a cut keeps out of reach that those before it did not."""
    sure, perhaps = _spared(estate, before[0], row.at_most), _spared(estate, before[1], row.at_least)
    if not perhaps and not sure:
        return "keeps less of what is reached"
    if sure == perhaps:
        return f"keeps {sure}"
    told = [f"keeps in any case {sure}"] if sure else []
    return "; ".join([*told, *([f"keeps {perhaps}, as far as not reached before"] if perhaps else [])])


def _cost(estate: Estate, row: ContainRow) -> str:
    """What the business loses, in words."""
    if row.stops is None or row.slows is None:
        return "costs: not stated"
    said = [
        f"{verb} {listed([label(estate, process) for process in names])}"
        for verb, names in (("stops", row.stops), ("slows", row.slows))
        if names
    ]
    return f"costs: {', '.join(said) or 'no process, as far as is stated'}"


QUERY = Query(
    name="contain",
    title="What is reached by an hour, and what cutting something then still keeps",
    params=Params,
    run=run,
    data=ContainData,
    main="plan",
    example="--compromise acme --assume lateral --at 8",
    spreads=True,
)
