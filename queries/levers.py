"""Which single grant, if it were taken away, helps most, and which single control, if it failed, hurts most."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from blastradius.answer import Answer, Query, Table
from blastradius.engine import ScenarioParams, World, compile_system, plain, what_if
from blastradius.estate import Estate
from blastradius.model import Frozen, Scenario, Verb
from blastradius.reports.impact import Measure, is_audited, measured
from blastradius.reports.labels import footing
from blastradius.reports.rows import ModelRow, ScenarioRow, model_row, notes_of, scenario_row
from blastradius.reports.words import plural


class Params(ScenarioParams):
    """A scenario, and which relations to try it without."""

    along: Verb = Field(Verb.GRANTS, description="which relations to take away, one at a time")
    top: int = Field(20, ge=1, description="how many of each to list")


class MeasureRow(Frozen):
    """What is reached: crown jewels, records that can be read, processes, entities in all."""

    crown_jewels: int
    records: int
    processes: int
    entities: int


class LeverRow(Frozen):
    """One change, and by how much each number falls (a grant taken away) or rises (a control that fails)."""

    change: str
    crown_jewels: tuple[str, ...]
    records: int
    processes: int
    entities: int


class LeversData(Frozen):
    """The answer to ``levers``; changes that change nothing are counted and not listed."""

    question: str
    scenario: ScenarioRow
    reached: MeasureRow
    removed: tuple[LeverRow, ...]
    removals_tried: int
    failed: tuple[LeverRow, ...]
    failures_tried: int
    checked: bool
    model: ModelRow


def run(estate: Estate, params: Params) -> Answer:
    """Solve the scenario as it is, without each relation, and with each control failed: all at once.

    Raises:
        UsageError: the scenario has no seed, or names what the estate does not have.
    """
    scenario = params.scenario(estate)
    estate = what_if(estate, scenario)
    relations = [relation.id for relation in estate.by_verb[params.along]]
    controls = [
        control.id for control in estate.controls.values() if control.control.status not in ("failed", "absent")
    ]
    asked = plain(scenario)
    worlds = [World(asked), *(World(asked, without=(relation,)) for relation in relations)]
    worlds += [World(_distrusting(asked, control)) for control in controls]
    now, *others = measured(compile_system(estate), worlds)
    removed = _levers(relations, ((now, other) for other in others[: len(relations)]))
    failed = _levers(controls, ((other, now) for other in others[len(relations) :]))
    data = LeversData(
        question="levers",
        scenario=scenario_row(estate, scenario),
        reached=MeasureRow(
            crown_jewels=len(now.crown_jewels), records=now.records, processes=now.processes, entities=now.entities
        ),
        removed=tuple(removed[: params.top]),
        removals_tried=len(relations),
        failed=tuple(failed[: params.top]),
        failures_tried=len(controls),
        checked=is_audited(estate),
        model=model_row(estate),
    )
    return Answer(
        question="levers",
        headline=_headline(params, data, len(removed), len(failed)),
        data=data,
        tables=(_table("removed", f"Without one of {params.along}", removed[: params.top]),
                _table("failed", "With one control failed", failed[: params.top])),
        lines=(footing(estate),),
        notes=notes_of(estate, scenario),
    )  # fmt: skip


def _distrusting(scenario: Scenario, control: str) -> Scenario:
    return scenario.model_copy(update={"distrust": (*scenario.distrust, control)})


def _levers(names: Iterable[str], pairs: Iterable[tuple[Measure, Measure]]) -> list[LeverRow]:
    """The difference of each pair, larger first, by what people look at first; none that is nothing."""
    rows = [
        LeverRow(
            change=name,
            crown_jewels=tuple(jewel for jewel in more.crown_jewels if jewel not in less.crown_jewels),
            records=more.records - less.records,
            processes=more.processes - less.processes,
            entities=more.entities - less.entities,
        )
        for name, (more, less) in zip(names, pairs, strict=True)
        if more != less
    ]
    return sorted(rows, key=lambda r: (-len(r.crown_jewels), -r.records, -r.processes, -r.entities, r.change))


def _headline(params: Params, data: LeversData, removed: int, failed: int) -> str:
    tried = f"{plural(data.removals_tried, 'relation')} ({params.along}) and {plural(data.failures_tried, 'control')}"
    if not removed and not failed:
        return f"none of {tried} changes on its own what could be reached under level {params.assume!r}"
    return (
        f"of {tried} tried one at a time under level {params.assume!r}, {removed:,} would cut something if taken away "
        f"and {failed:,} would open something if they failed"
    )


def _table(name: str, title: str, rows: list[LeverRow]) -> Table:
    return Table(
        name,
        title,
        ("change", "crown jewels", "records", "processes", "entities"),
        tuple((r.change, ", ".join(r.crown_jewels), r.records, r.processes, r.entities) for r in rows),
    )


QUERY = Query(
    "levers",
    "What one grant less would cut, what one failed control would open",
    Params,
    run,
    LeversData,
    example="--compromise acme --assume lateral",
)
