"""A tabletop exercise from a scenario: what somebody notices, what to decide, and what each decision would change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import Field

from blastradius.answer import Answer, Query, Row, Table
from blastradius.engine import SEED_KINDS, Reach, ScenarioParams, solve
from blastradius.errors import UsageError, did_you_mean
from blastradius.estate import Estate
from blastradius.model import Frozen, Scenario
from blastradius.reports.diagram import picture_of
from blastradius.reports.exercise import (
    BLANK,
    MOST_TRIED,
    Symptom,
    Tried,
    behind,
    in_order,
    in_scenarios,
    options_of,
    stage_said,
    symptoms,
    tried,
    unnoticed,
)
from blastradius.reports.frontier import relied_table
from blastradius.reports.impact import Measure
from blastradius.reports.labels import assumed, footing
from blastradius.reports.losses import Loss, losses
from blastradius.reports.rows import (
    ControlRow,
    ModelRow,
    ScenarioRow,
    control_rows,
    model_row,
    notes_on,
    read_of,
    scenario_row,
    starts_said,
)
from blastradius.reports.unstated import marks_jewels, missing, states_processes
from blastradius.reports.words import label, listed, plural, relation_said, said

_PACE, _FEWEST, _MOST = 18, 3, 12
_DECISIONS = 5


class Params(ScenarioParams):
    """A scenario to play, for how long, and for whom the pack is."""

    minutes: int = Field(180, ge=60, le=480, description="how long the exercise lasts")
    edition: Literal["facilitator", "participants"] = Field(
        "facilitator", description="for whom: the participants' edition has no answers"
    )
    decide: tuple[str, ...] = Field((), description="what happens after a decision: INJECT=LEVER")
    also: tuple[str, ...] = Field((), description="another scenario to hold the decisions against: WAY=ID")


class InjectRow(Frozen):
    """Something told to somebody at a minute of the exercise; blanks are the planner's to fill in."""

    inject: str
    minute: int
    sender: str
    to: str
    means: str
    says: str


class OptionRow(Frozen):
    """Something that may be decided after an inject."""

    inject: str
    minute: int
    lever: str
    says: str


class EvidenceRow(Frozen):
    """What an inject rests on: relations, from where it starts on; ``stated``: the estate says who would notice."""

    inject: str
    stage: str
    entity: str
    relations: tuple[str, ...]
    read_in: tuple[str, ...]
    stated: bool
    expected: str


class CardRow(Frozen):
    """What is reached with a thing done, as if it had been from the start; ``stops`` and ``slows`` are its price.

    Both are null where nothing says who needs what is taken away; ``crown_jewels`` and ``processes`` where the estate
    names none. ``holds`` says that the inject happens all the same.
    """

    inject: str
    lever: str
    says: str
    without: tuple[str, ...]
    crown_jewels: int | None
    processes: int | None
    things: int
    spared: tuple[str, ...]
    holds: bool
    stops: tuple[str, ...] | None
    slows: tuple[str, ...] | None


class MatrixRow(Frozen):
    """Crown jewels and things that are reached with a thing done, scenario by scenario."""

    lever: str
    says: str
    scenarios: tuple[str, ...]
    crown_jewels: tuple[int, ...]
    things: tuple[int, ...]


class HiddenRow(Frozen):
    """What happens and nobody is known to notice, until someone asks."""

    stage: str
    entity: str
    says: str


class AnswersRow(Frozen):
    """What only the facilitator knows; ``averted`` are injects that do not come after what was decided."""

    scenario: ScenarioRow
    evidence: tuple[EvidenceRow, ...]
    cards: tuple[CardRow, ...]
    matrix: tuple[MatrixRow, ...]
    hidden: tuple[HiddenRow, ...]
    averted: tuple[InjectRow, ...]
    relies_on: tuple[ControlRow, ...]


class ExerciseData(Frozen):
    """The answer to ``exercise``; ``answers`` is null in the participants' edition."""

    question: str
    headline: str
    edition: Literal["facilitator", "participants"]
    minutes: int
    injects: tuple[InjectRow, ...]
    options: tuple[OptionRow, ...]
    answers: AnswersRow | None
    model: ModelRow


Choice = tuple[InjectRow, Symptom, list[Tried]]
"""An inject after which something is to decide, and what may be done."""


def run(estate: Estate, params: Params) -> Answer:
    """Solve the scenario, tell it as what people notice, and solve it again with each thing done.

    Raises:
        UsageError: the scenario has no seed, or it, a decision or another scenario names what is not there.
    """
    scenario = params.scenario(estate)
    scenarios = [scenario, *(_other(estate, params, text) for text in params.also)]
    reach = solve(estate, scenario)
    told = symptoms(reach, max(_FEWEST, min(_MOST, round(params.minutes / _PACE))))
    injects = [_inject(params, number, it, len(told)) for number, it in enumerate(told)]
    levers = tried(reach)
    still = _decided(params, injects, told, levers)
    choices = [choice for choice in _choices(reach, injects, told, levers) if choice[0] in still]
    data = _open_data(reach, params, still, choices)
    if params.edition == "participants":
        return Answer("exercise", data.headline, data, tuple(_open_tables(data)), tuple(_open_lines()))
    answers = AnswersRow(
        scenario=scenario_row(reach.estate, scenario),
        evidence=tuple(_evidence(reach, it, found) for it, found in zip(injects, told, strict=True)),
        cards=tuple(_cards(reach, choices)),
        matrix=tuple(_matrix(reach, choices, scenarios)),
        hidden=tuple(_hidden(reach, told)),
        averted=tuple(it for it in injects if it not in still),
        relies_on=control_rows(reach),
    )
    headline = f"{data.headline}, from {starts_said(reach.estate, scenario)}"
    data = data.model_copy(update={"answers": answers, "headline": headline})
    return Answer(
        question="exercise",
        headline=headline,
        data=data,
        tables=(*_open_tables(data), *_closed_tables(reach.estate, data, answers)),
        lines=tuple(_lines(reach.estate, params, len(levers))),
        notes=notes_on(reach),
        painted=lambda: picture_of(reach),
    )


def _open_data(reach: Reach, params: Params, injects: Sequence[InjectRow], choices: Sequence[Choice]) -> ExerciseData:
    """What everybody may see; things to do are by id, so that their order tells nothing."""
    options = tuple(
        OptionRow(inject=inject.inject, minute=inject.minute, lever=it.remedy.id, says=it.remedy.says)
        for inject, _, found in choices
        for it in sorted(found, key=lambda it: it.remedy.id)
    )
    counts = f"{plural(len(injects), 'inject')}, {plural(len(choices), 'decision')}"
    return ExerciseData(
        question="exercise",
        headline=f"an exercise of {params.minutes} minutes: {counts}",
        edition=params.edition,
        minutes=params.minutes,
        injects=tuple(injects),
        options=options,
        answers=None,
        model=model_row(reach.estate),
    )


def _other(estate: Estate, params: Params, text: str) -> Scenario:
    """Another scenario under the same assumptions.

    Raises:
        UsageError: it is not WAY=ID, or no such thing is there.
    """
    way, _, name = text.partition("=")
    if way not in SEED_KINDS or not name:
        raise UsageError(f"also: {text!r} is no scenario; write WAY=ID{did_you_mean(way, SEED_KINDS)}")
    same = {field: getattr(params, field) for field in ("assume", "distrust", "with_", "without", "basis")}
    return ScenarioParams.model_validate({**same, way: (name,)}).scenario(estate)


def _inject(params: Params, number: int, symptom: Symptom, count: int) -> InjectRow:
    """Injects are spread evenly; the last sixth of the time is for the hot wash."""
    minute = number * params.minutes * 5 // 6 // count
    return InjectRow(
        inject=f"inject-{number + 1}",
        minute=minute,
        sender=BLANK,
        to=symptom.to,
        means=symptom.means,
        says=symptom.says,
    )


def _decided(
    params: Params, injects: Sequence[InjectRow], told: Sequence[Symptom], levers: Sequence[Tried]
) -> list[InjectRow]:
    """The injects that still come after what was decided.

    Raises:
        UsageError: no such inject, or no such thing to do.
    """
    places, known = {it.inject: place for place, it in enumerate(injects)}, {it.remedy.id: it for it in levers}
    gone: set[int] = set()
    for text in params.decide:
        inject, _, lever = text.partition("=")
        for what, names in ((inject, places), (lever, known)):
            if what not in names:
                near = did_you_mean(what, names, f"there are {listed(list(names), 6)}")
                raise UsageError(f"decide: {text!r} names {what!r}, which is not there{near}")
        gone |= {place for place in range(places[inject] + 1, len(told)) if told[place].fact not in known[lever].held}
    return [it for place, it in enumerate(injects) if place not in gone]


def _choices(
    reach: Reach, injects: Sequence[InjectRow], told: Sequence[Symptom], levers: Sequence[Tried]
) -> list[Choice]:
    """At most so many, spread over the injects."""
    found = [(it, symptom, options_of(reach, symptom.fact, levers)) for it, symptom in zip(injects, told, strict=True)]
    found = [choice for choice in found if choice[2]]
    count = min(_DECISIONS, len(found))
    return [found[number * len(found) // count] for number in range(count)]


def _evidence(reach: Reach, inject: InjectRow, symptom: Symptom) -> EvidenceRow:
    relations = behind(reach, symptom.fact)
    return EvidenceRow(
        inject=inject.inject,
        stage=stage_said(reach, symptom.fact),
        entity=symptom.fact.entity,
        relations=relations,
        read_in=tuple(map(str, read_of(reach.estate, relations))),
        stated=symptom.stated,
        expected=f"ask what {label(reach.estate, symptom.fact.entity)} relies on, and decide who is told",
    )


def _cards(reach: Reach, choices: Sequence[Choice]) -> Iterable[CardRow]:
    found = [(inject, symptom, it) for inject, symptom, options in choices for it in options]
    costs = losses(reach.estate, [it.remedy.without for _, _, it in found], reach.scenario.basis)
    for (inject, symptom, it), cost in zip(found, costs, strict=True):
        yield _card(reach, inject, symptom, it, cost)


def _card(reach: Reach, inject: InjectRow, symptom: Symptom, it: Tried, cost: Loss | None) -> CardRow:
    estate, left = reach.estate, {fact.entity for fact in it.held}
    spared = dict.fromkeys(fact.entity for fact in in_order(reach) if fact.entity not in left)
    return CardRow(
        inject=inject.inject,
        lever=it.remedy.id,
        says=it.remedy.says,
        without=it.remedy.without,
        crown_jewels=len(it.left.crown_jewels) if marks_jewels(estate) else None,
        processes=it.left.processes if states_processes(estate) else None,
        things=it.left.entities,
        spared=tuple(sorted(spared, key=lambda name: not estate.crown_jewel(name))),
        holds=symptom.fact in it.held,
        stops=None if cost is None else cost.stops,
        slows=None if cost is None else cost.slows,
    )


def _matrix(reach: Reach, choices: Sequence[Choice], scenarios: Sequence[Scenario]) -> Iterable[MatrixRow]:
    levers = {it.remedy.id: it.remedy for _, _, options in choices for it in options}
    said_ = tuple(starts_said(reach.estate, scenario) for scenario in scenarios)
    rows: list[list[Measure]] = in_scenarios(reach, list(levers.values()), scenarios) if levers else []
    for lever, row in zip(levers.values(), rows, strict=True):
        jewels = tuple(len(it.crown_jewels) for it in row)
        things = tuple(it.entities for it in row)
        yield MatrixRow(lever=lever.id, says=lever.says, scenarios=said_, crown_jewels=jewels, things=things)


def _hidden(reach: Reach, told: Sequence[Symptom]) -> Iterable[HiddenRow]:
    for fact in unnoticed(reach, told):
        yield HiddenRow(stage=stage_said(reach, fact), entity=fact.entity, says=said(reach.estate, fact))


def _open_lines() -> Iterable[str]:
    yield "objectives: notice, find out how far it goes, decide in time, and know what a decision costs"
    yield f"{BLANK}: names, press, law and times of day are filled in by who holds the exercise"


def _lines(estate: Estate, params: Params, levers: int) -> Iterable[str]:
    yield from _open_lines()
    yield "injects are what could happen; where nobody is named who would notice, a stop is assumed to be felt"
    yield "each decision counts alone and as if made before the start, so at best: what was reached stays reached"
    if levers == MOST_TRIED:
        yield f"at most {MOST_TRIED} things to do are tried"
    yield from missing(estate)
    yield assumed(params.assume)
    yield footing(estate)


_HOT_WASH = (
    ("do we know who is tied to us?", "Who looked up what the third party holds, and how long did it take?"),
    ("how far could it reach?", "What was reached that nobody had noticed or asked about?"),
    ("what do we depend on?", "Which process was missed first, and what stands in for it?"),
    ("is governance in proportion?", "Which control was relied on, and who has seen it work?"),
)


def _open_tables(data: ExerciseData) -> Iterable[Table]:
    rows: tuple[Row, ...] = tuple((it.inject, it.minute, it.sender, it.to, it.means, it.says) for it in data.injects)
    columns = ("inject", "minute", "from", "to", "by which means", "what is said")
    yield Table("injects", "What is told to whom", columns, rows, under=("what is said",))
    rows = tuple((it.inject, it.minute, it.says, it.lever) for it in data.options)
    yield Table("decisions", "To decide", ("inject", "minute", "what may be done", "id"), rows, ids=("id",))
    yield Table("hot_wash", "Afterwards", ("question of the board", "to talk about"), _HOT_WASH)


def _closed_tables(estate: Estate, data: ExerciseData, answers: AnswersRow) -> Iterable[Table]:
    rows: tuple[Row, ...] = tuple(
        (it.inject, it.stage, _known(it), it.expected, _route(estate, it), ", ".join(it.read_in), it.entity)
        for it in answers.evidence
    )
    columns: tuple[str, ...] = ("inject", "stage", "who notices", "expected", "rests on", "read in", "id")
    yield Table("evidence", "What injects rest on", columns, rows, ("id",), under=("expected", "rests on", "read in"))
    yield _card_table(estate, answers)
    yield _matrix_table(answers)
    rows = tuple((it.inject, it.minute, BLANK, BLANK, it.says) for it in data.options)
    columns = ("inject", "planned minute", "decided in minute", "by whom", "what may be done")
    yield Table("evaluator", "For who evaluates", columns, rows, under=("what may be done",))
    rows = tuple((it.stage, it.says, it.entity) for it in answers.hidden)
    yield Table("hidden", "Told only if they ask", ("stage", "what is so", "id"), rows, ids=("id",), brief=rows[:20])
    if answers.averted:
        rows = tuple((it.inject, it.minute, it.says) for it in answers.averted)
        yield Table("averted", "No longer comes", ("inject", "minute", "what would have been said"), rows)
    yield relied_table(estate, answers.relies_on)


def _known(row: EvidenceRow) -> str:
    return "as the estate states" if row.stated else "assumed: it is felt"


def _route(estate: Estate, row: EvidenceRow) -> str:
    return "; ".join(relation_said(estate, name) for name in row.relations)


def _card_table(estate: Estate, answers: AnswersRow) -> Table:
    rows: tuple[Row, ...] = tuple(
        (
            it.inject,
            it.says,
            it.crown_jewels,
            it.processes,
            it.things,
            _outcome(estate, it),
            _cost(estate, it),
            it.lever,
        )
        for it in answers.cards
    )
    columns = ("inject", "decision", "jewels", "processes", "things", "what it does", "what it costs", "id")
    title = "If it is done: what is still reached"
    return Table("cards", title, columns, rows, ids=("id",), under=("what it does", "what it costs"))


def _outcome(estate: Estate, row: CardRow) -> str:
    spared = listed([label(estate, name) for name in row.spared])
    does = f"out of reach: {spared}" if row.spared else "takes nothing out of reach"
    return f"{does}; this inject {'comes all the same' if row.holds else 'would not have come'}"


def _cost(estate: Estate, row: CardRow) -> str:
    if row.stops is None or row.slows is None:
        return "cost unknown: nothing says who needs it"
    parts = [
        f"{verb} {listed([label(estate, name) for name in names])}"
        for verb, names in (("stops", row.stops), ("slows", row.slows))
        if names
    ]
    return f"cost: {'; '.join(parts) or 'no process, as far as is stated'}"


def _matrix_table(answers: AnswersRow) -> Table:
    scenarios = answers.matrix[0].scenarios if answers.matrix else ()
    rows: tuple[Row, ...] = tuple(
        (
            row.says,
            *(f"{jewels} of {things}" for jewels, things in zip(row.crown_jewels, row.things, strict=True)),
            row.lever,
        )
        for row in answers.matrix
    )
    title = "Decisions and scenarios: crown jewels among the things still reached"
    return Table("matrix", title, ("decision", *scenarios, "id"), rows, ids=("id",))


QUERY = Query(
    name="exercise",
    title="A tabletop exercise: what is noticed, what to decide, what each decision changes",
    params=Params,
    run=run,
    data=ExerciseData,
    draws=True,
    main="injects",
    example="--compromise acme --assume lateral --minutes 180",
)
