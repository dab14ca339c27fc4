"""A tabletop exercise from a scenario: what somebody notices, what to decide, and what each decision would change."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from blastradius.answer import Answer, Query
from blastradius.engine import solve
from blastradius.estate import Estate
from blastradius.reports.decisions import tried
from blastradius.reports.diagram import picture_of
from blastradius.reports.exercise_data import ExerciseData, Play, answers_row, option_rows
from blastradius.reports.exercise_pages import open_headline, pack_of
from blastradius.reports.exercise_tables import closed_tables, lines_of, open_lines, open_tables, undecided_lines
from blastradius.reports.phrases import phrase
from blastradius.reports.playing import Exercised, begun, other, unknown
from blastradius.reports.rows import model_row, notes_on, starts_said
from blastradius.reports.turning import gone_on


class Params(Exercised):
    """A scenario to play, for how long, and for whom the pack is."""

    edition: Literal["facilitator", "participants"] = Field(
        "facilitator", description="for whom: the participants' edition has no answers"
    )


def run(estate: Estate, params: Params) -> Answer:
    """Solve the scenario, tell it as what people notice, and solve it again from each point at which something is done.

    Raises:
        UsageError: the scenario has no seed, or it, a decision or another scenario names what is not there.
    """
    scenario = params.scenario(estate)
    scenarios = [scenario, *(other(estate, params, text) for text in params.also)]
    reach = solve(estate, scenario)
    first = begun(reach, params.minutes)
    levers = tried(first.story)
    play = gone_on(first, params.decide, levers)
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
    answers = answers_row(play, scenarios, unknown(first, len(levers)))
    headline = phrase("exercise from", data.headline, starts_said(reach.estate, scenario))
    closed = data.model_copy(update={"answers": answers, "headline": headline})
    return Answer(
        question="exercise",
        headline=headline,
        data=closed,
        tables=(*open_tables(closed), *closed_tables(reach.estate, closed, answers)),
        lines=(
            *lines_of(reach.estate, scenario, params.assume, len(closed.injects)),
            *undecided_lines(scenario, closed, answers),
        ),
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
