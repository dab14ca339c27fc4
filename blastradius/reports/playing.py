"""An exercise as it is played: the story with what is told of it, and how it goes on after what was decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pydantic import Field

from blastradius.engine import Reach, ScenarioParams
from blastradius.engine.scenario import SEED_KINDS
from blastradius.errors import UsageError, did_you_mean
from blastradius.estate import Estate
from blastradius.model import Scenario
from blastradius.reports.containment import unclocked
from blastradius.reports.decisions import MOST_DECISIONS, MOST_TRIED, Decision, Tried, decisions, option_at
from blastradius.reports.exercise_data import InjectRow, Play, averted_by, inject_rows
from blastradius.reports.stand_in_cards import stand_ins
from blastradius.reports.storyline import Storyline
from blastradius.reports.symptoms import BLANK, Symptom, symptoms
from blastradius.reports.unstated import missing
from blastradius.reports.words import listed, plural, some_of


class Exercised(ScenarioParams):
    """A scenario to play, for how long, what was decided, and what else that is held against."""

    minutes: int = Field(180, ge=60, le=480, description="how long the exercise lasts")
    decide: tuple[str, ...] = Field((), description="what happens after a decision: INJECT=LEVER")
    also: tuple[str, ...] = Field((), description="another scenario to hold the decisions against: WAY=ID")


_PACE, _FEWEST, _MOST = 18, 3, 12


@dataclass(frozen=True)
class Begun:
    """An exercise before anything is decided: the story, all that is told of it, and as which injects."""

    story: Storyline
    told: tuple[Symptom, ...]
    rows: tuple[InjectRow, ...]


def begun(reach: Reach, minutes: int) -> Begun:
    """What is told of a scenario in an exercise of so many minutes."""
    story = Storyline(reach)
    told = tuple(symptoms(story, max(_FEWEST, min(_MOST, round(minutes / _PACE)))))
    return Begun(story, told, inject_rows(story, told, minutes))


def played(first: Begun, decided: Sequence[tuple[int, Tried]], levers: Sequence[Tried]) -> Play:
    """The exercise as it goes on after what was decided, by numbers of injects, each decision after those before it."""
    story, told, rows = first.story, first.told, first.rows
    gone, made = set[int](), list[Decision]()
    for number, lever in sorted(decided, key=lambda asked: asked[0]):
        here = story.at(told[number].fact)
        option = option_at(here, here.standing(), lever)
        made.append(Decision(number, told[number], here, here.standing(), (option,)))
        gone |= set(averted_by(told, made[-1], option.left.surely))
        story = story.decided(told[number].fact, lever.remedy.without)
    coming = tuple(number for number in range(len(told)) if number not in gone)
    choices = decisions(story, [(number, told[number]) for number in coming], levers)
    return Play(story, told, rows, coming, tuple(choices), tuple(made))


def standing_in(play: Play) -> Play:
    """The exercise with what may be decided where something fails, at injects at which nothing else is to decide."""
    helping = [it for it in play.choices if any(option.idle is None for option in it.options)]
    told = [(number, play.told[number]) for number in play.ahead]
    done = {name for turn in play.turns for name in turn.card.relations}
    found = stand_ins(play.goes_on, told, [it.number for it in helping], MOST_DECISIONS - len(helping), done)
    taken, left = (
        {it.number for it in helping} | {it.number for it in found},
        MOST_DECISIONS - len(helping) - len(found),
    )
    futile = [it for it in play.choices if it.number not in taken][:left]
    choices = tuple(sorted((*helping, *futile), key=lambda it: it.number)) if found else play.choices
    return replace(play, choices=choices, stand_ins=tuple(found))


def decided(first: Begun, decide: Sequence[str], levers: Sequence[Tried]) -> Iterator[tuple[int, Tried]]:
    """What was decided, of ``INJECT=LEVER``: the number of the inject, and the lever.

    Raises:
        UsageError: no such inject, or no such thing to do.
    """
    names, known = [row.inject for row in first.rows], {lever.remedy.id: lever for lever in levers}
    for text in decide:
        inject, _, lever = text.partition("=")
        for what, there in ((inject, names), (lever, known)):
            if what not in there:
                near = did_you_mean(what, there, f"there are {listed(list(there), 6)}" if there else "there is none")
                raise UsageError(f"decide: {text!r} names {what!r}, which is not there{near}")
        yield names.index(inject), known[lever]


def other(estate: Estate, params: ScenarioParams, text: str) -> Scenario:
    """Another scenario under the same assumptions.

    Raises:
        UsageError: it is not WAY=ID, or no such thing is there.
    """
    way, _, name = text.partition("=")
    if way not in SEED_KINDS or not name:
        raise UsageError(f"also: {text!r} is no scenario; write WAY=ID{did_you_mean(way, SEED_KINDS)}")
    same = {field: getattr(params, field) for field in ("assume", "distrust", "with_", "without", "basis")}
    return ScenarioParams.model_validate({**same, way: (name,)}).scenario(estate)


def unknown(first: Begun, levers: int) -> Iterator[str]:
    """What the model does not know, should somebody ask."""
    reach = first.story.reach
    if not first.story.by_hours:
        missing_hours, steps = unclocked(reach)
        yield f"when things happen: of {some_of(missing_hours, steps, 'step')} nobody stated how long they take"
    nobody = sum(symptom.to == BLANK for symptom in first.told)
    if nobody:
        yield f"who would notice: for {nobody:,} of {plural(len(first.told), 'inject')} nobody is named"
    if any(symptom.noticed == "told" for symptom in first.told):
        yield "whether and when a third party or somebody outside would tell us"
    yield "what is out of this estate: law, press, names, and what was never written down"
    if levers == MOST_TRIED:
        yield f"what more than {MOST_TRIED} things to do would change: so many were tried"
    yield from missing(reach.estate)
