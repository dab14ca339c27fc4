"""A tabletop exercise from a scenario: what somebody notices, what to decide, and what each decision would change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field

from blastradius.answer import Answer, Query
from blastradius.engine import SEED_KINDS, Reach, ScenarioParams, solve
from blastradius.errors import UsageError, did_you_mean
from blastradius.estate import Estate
from blastradius.model import Scenario
from blastradius.reports.containment import unclocked
from blastradius.reports.decisions import MOST_TRIED, Decision, Tried, decisions, option_at, tried
from blastradius.reports.diagram import picture_of
from blastradius.reports.exercise_data import ExerciseData, Play, answers_row, averted_by, inject_rows, option_rows
from blastradius.reports.exercise_pages import open_headline, pack_of
from blastradius.reports.exercise_tables import closed_tables, lines_of, open_lines, open_tables
from blastradius.reports.rows import model_row, notes_on, starts_said
from blastradius.reports.storyline import Storyline
from blastradius.reports.symptoms import BLANK, symptoms
from blastradius.reports.unstated import missing
from blastradius.reports.words import listed, plural

_PACE, _FEWEST, _MOST = 18, 3, 12


class Params(ScenarioParams):
    """A scenario to play, for how long, and for whom the pack is."""

    minutes: int = Field(180, ge=60, le=480, description="how long the exercise lasts")
    edition: Literal["facilitator", "participants"] = Field(
        "facilitator", description="for whom: the participants' edition has no answers"
    )
    decide: tuple[str, ...] = Field((), description="what happens after a decision: INJECT=LEVER")
    also: tuple[str, ...] = Field((), description="another scenario to hold the decisions against: WAY=ID")


def run(estate: Estate, params: Params) -> Answer:
    """Solve the scenario, tell it as what people notice, and solve it again from each point at which something is done.

    Raises:
        UsageError: the scenario has no seed, or it, a decision or another scenario names what is not there.
    """
    scenario = params.scenario(estate)
    scenarios = [scenario, *(_other(estate, params, text) for text in params.also)]
    reach = solve(estate, scenario)
    levers = tried(reach)
    play = _played(reach, params, levers)
    data = _open_data(play, params)
    if params.edition == "participants":
        return Answer(
            question="exercise",
            headline=data.headline,
            data=data,
            tables=tuple(open_tables(data)),
            lines=tuple(open_lines()),
            packed=lambda: pack_of(play, data, params.assume),
        )
    answers = answers_row(play, scenarios, _unknown(play, len(levers)))
    headline = f"{data.headline}, from {starts_said(reach.estate, scenario)}"
    closed = data.model_copy(update={"answers": answers, "headline": headline})
    return Answer(
        question="exercise",
        headline=headline,
        data=closed,
        tables=(*open_tables(closed), *closed_tables(reach.estate, closed, answers)),
        lines=tuple(lines_of(reach.estate, params.assume, len(closed.injects))),
        notes=notes_on(reach),
        opens=((f"{starts_said(reach.estate, scenario)}, level {scenario.assume.word}", scenario),),
        painted=lambda: picture_of(reach),
        packed=lambda: pack_of(play, closed, params.assume),
    )


def _open_data(play: Play, params: Params) -> ExerciseData:
    """What everybody may see."""
    data = ExerciseData(
        question="exercise",
        headline="",
        edition=params.edition,
        minutes=params.minutes,
        injects=tuple(play.rows[number] for number in play.coming),
        options=option_rows(play),
        answers=None,
        model=model_row(play.reach.estate),
    )
    return data.model_copy(update={"headline": open_headline(data)})


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


def _played(reach: Reach, params: Params, levers: Sequence[Tried]) -> Play:
    """The exercise as it goes on after what was decided, each decision after those before it.

    Raises:
        UsageError: no such inject, or no such thing to do.
    """
    story = Storyline(reach)
    told = symptoms(story, max(_FEWEST, min(_MOST, round(params.minutes / _PACE))))
    rows = inject_rows(story, told, params.minutes)
    names = [row.inject for row in rows]
    gone, decided = set[int](), list[Decision]()
    for number, lever in sorted(_asked(params.decide, names, levers), key=lambda asked: asked[0]):
        here = story.at(told[number].fact)
        option = option_at(here, here.standing(), lever)
        decided.append(Decision(number, told[number], here, here.standing(), (option,)))
        gone |= set(averted_by(told, decided[-1], option.left.surely))
        story = story.decided(told[number].fact, lever.remedy.without)
    coming = tuple(number for number in range(len(told)) if number not in gone)
    choices = decisions(story, [(number, told[number]) for number in coming], levers)
    return Play(story, tuple(told), rows, coming, tuple(choices), tuple(decided))


def _asked(decide: Sequence[str], names: Sequence[str], levers: Sequence[Tried]) -> Iterator[tuple[int, Tried]]:
    known = {lever.remedy.id: lever for lever in levers}
    for text in decide:
        inject, _, lever = text.partition("=")
        for what, there in ((inject, names), (lever, known)):
            if what not in there:
                near = did_you_mean(what, there, f"there are {listed(list(there), 6)}" if there else "there is none")
                raise UsageError(f"decide: {text!r} names {what!r}, which is not there{near}")
        yield names.index(inject), known[lever]


def _unknown(play: Play, levers: int) -> Iterator[str]:
    """What the model does not know, should somebody ask."""
    if not play.story.by_hours:
        missing_hours, steps = unclocked(play.reach)
        yield f"when things happen: of {missing_hours:,} of {plural(steps, 'step')} nobody stated how long they take"
    nobody = sum(symptom.to == BLANK for symptom in play.told)
    if nobody:
        yield f"who would notice: for {nobody:,} of {plural(len(play.told), 'inject')} nobody is named"
    if any(symptom.noticed == "told" for symptom in play.told):
        yield "whether and when a third party or somebody outside would tell us"
    yield "what is out of this estate: law, press, names, and what was never written down"
    if levers == MOST_TRIED:
        yield f"what more than {MOST_TRIED} things to do would change: so many were tried"
    yield from missing(play.reach.estate)


QUERY = Query(
    name="exercise",
    title="A tabletop exercise: what is noticed, what to decide, what each decision changes",
    params=Params,
    run=run,
    data=ExerciseData,
    draws=True,
    packs=True,
    opens=True,
    main="injects",
    example="--compromise acme --assume lateral --minutes 180",
)
