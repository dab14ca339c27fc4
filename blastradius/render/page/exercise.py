"""What a page plays of an exercise: all that is told, what may be decided, and what is reached in which order.

What a decision leaves is worked out in the page, from there on; ``playing.js`` does what ``reports/playing.py`` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from blastradius.engine import PreparedEstate, Reach, solve
from blastradius.model import Fact, Scenario
from blastradius.render.page.data import asked_of_page
from blastradius.render.page.packing import packed
from blastradius.reports.decisions import Tried, in_scenarios, tried
from blastradius.reports.exercise_data import Play, evidence_row, hidden_rows, placed
from blastradius.reports.exercise_pages import RULES, stage_lines, told_lines
from blastradius.reports.exercise_tables import HOT_WASH, lines_of, open_lines, price
from blastradius.reports.failing import costs_of
from blastradius.reports.playing import Begun, begun, decided, unknown
from blastradius.reports.remedies import Remedy
from blastradius.reports.rows import starts_said
from blastradius.reports.storyline import Storyline
from blastradius.reports.unstated import marks_jewels, states_processes


class Exercise(NamedTuple):
    """What is played: a scenario, others that decisions are held against, for how long, and what is decided already.

    ``options`` are the words after the estate by which a command line asks for it.
    """

    scenario: Scenario
    others: tuple[Scenario, ...] = ()
    minutes: int = 180
    decide: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


def exercise_data(prepared: PreparedEstate, exercise: Exercise) -> dict[str, Any]:
    """All that the page plays, ready for JSON; ``Written`` in ``playing.js``.

    Raises:
        UsageError: the scenario, or a decision, names what is not there.
    """
    reach = solve(prepared.estate, exercise.scenario, system=prepared)
    first = begun(reach, exercise.minutes)
    levers = tried(first.story)
    places = {lever.remedy.id: place for place, lever in enumerate(levers)}
    made = [(number, places[lever.remedy.id]) for number, lever in decided(first, exercise.decide, levers)]
    play = Play(first.story, first.told, first.rows, (), (), ())
    estate, (controls, untried) = reach.estate, placed(reach)
    return {
        "minutes": exercise.minutes,
        "options": list(exercise.options),
        "asked": asked_of_page(exercise.scenario),
        "starts": starts_said(estate, exercise.scenario),
        "about": list(lines_of(estate, exercise.scenario, exercise.scenario.assume.word, len(first.told))),
        "open": [*open_lines(), *RULES],
        "injects": [_inject(prepared, play, number) for number in range(len(first.told))],
        "stages": _stages(first.story),
        **_story(prepared, first.story),
        "levers": _levers(prepared, first, levers),
        "clock": _clock(prepared),
        "matrix": _matrix(reach, levers, controls, [exercise.scenario, *exercise.others]),
        "decided": made,
        "hidden": [[row.level, row.says] for row in hidden_rows(play)],
        "unknown": [*unknown(first, len(levers)), *untried],
        "wash": [list(row) for row in HOT_WASH],
        "marks_jewels": marks_jewels(estate),
        "states_processes": states_processes(estate),
    }


def _inject(prepared: PreparedEstate, play: Play, number: int) -> dict[str, Any]:
    """An inject, what only the facilitator knows of it, and between which hours the story comes to it."""
    row, found, fact = play.rows[number], evidence_row(play, number), play.told[number].fact
    here, relations = play.story.at(fact), prepared.relation_numbers
    return {
        **row.model_dump(),
        "level": found.level,
        "lines": list(told_lines(play.reach.estate, found, row)),
        "fact": prepared.facts.number(fact),
        "earliest": here.at,
        "latest": _finite(here.latest),
        "way": [relations[name] for name in found.relations],
    }


def _finite(hours: float) -> float | None:
    return None if hours == float("inf") else hours


def _stages(story: Storyline) -> list[dict[str, Any]]:
    return [{"says": stage.says, "lines": stage_lines(story, number)} for number, stage in enumerate(story.stages)]


def _story(prepared: PreparedEstate, story: Storyline) -> dict[str, Any]:
    """What is reached, sorted by its place in the story; what is told of it in order, by its place among that.

    Ranks are equal where the story comes to several at once.
    """
    facts = _sorted(story)
    places = [story.place(fact) for fact in facts]
    ranks = [0] * len(places)
    for number in range(1, len(places)):
        ranks[number] = ranks[number - 1] + (places[number] > places[number - 1])
    at = {fact: place for place, fact in enumerate(facts)}
    return {
        "reached": packed([prepared.facts.number(fact) for fact in facts], "int32"),
        "ranks": packed(ranks, "int32"),
        "order": packed([at[fact] for fact in story.order], "int32"),
    }


def _sorted(story: Storyline) -> list[Fact]:
    return sorted(story.reach.levels, key=lambda fact: (story.place(fact), fact))


def _levers(prepared: PreparedEstate, first: Begun, levers: Sequence[Tried]) -> list[dict[str, Any]]:
    """What may be decided: what is taken away, what is not reached where that was done before, and what it costs."""
    reach, relations = first.story.reach, prepared.relation_numbers
    costs = costs_of(reach, [lever.remedy for lever in levers])
    place = {fact: number for number, fact in enumerate(first.story.clocks.facts)}
    order = [place[fact] for fact in _sorted(first.story)]
    return [
        {
            "id": lever.remedy.id,
            "says": lever.remedy.says,
            "without": [relations[name] for name in lever.remedy.without],
            "kept": packed(np.flatnonzero(~lever.holds[order]), "int32"),
            "cost": price(reach.estate, cost),
        }
        for lever, cost in zip(levers, costs, strict=True)
    ]


def _clock(prepared: PreparedEstate) -> dict[str, Any]:
    """Hours of rules, and of relations: those that someone stated, and along which relations somebody stated some."""
    estate, rules = prepared.estate, [rule.id for rule in prepared.rules]
    relations = list(enumerate(estate.relations.values()))
    return {
        "rules": [[place, estate.clock[rule]] for place, rule in enumerate(rules) if rule in estate.clock],
        "delays": [[number, it.delay_h] for number, it in relations if it.delay_h is not None],
        "stated": [number for number, it in relations if it.delay_h is not None or it.buffer_h is not None],
    }


def _matrix(
    reach: Reach, levers: Sequence[Tried], controls: Sequence[Remedy], scenarios: Sequence[Scenario]
) -> dict[str, Any]:
    """What is reached by each scenario with each thing done before its start: nothing, a lever, a control."""
    remedies = [lever.remedy for lever in levers]
    rows = [Remedy("", "remove", "nothing is done"), *remedies, *controls]
    found = in_scenarios(reach, rows, scenarios)
    cells = [[[len(it.crown_jewels), it.entities] for it in row] for row in found]
    return {
        "scenarios": [starts_said(reach.estate, scenario) for scenario in scenarios],
        "nothing": cells[0],
        "levers": cells[1 : len(remedies) + 1],
        "controls": [[it.says, row] for it, row in zip(controls, cells[len(remedies) + 1 :], strict=True)],
    }
