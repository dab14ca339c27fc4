"""The data of a tabletop exercise: what everybody may see, and what only the facilitator knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from blastradius.engine import Reach
from blastradius.estate import Estate
from blastradius.model import Capability, Fact, Frozen, Scenario
from blastradius.reports.containment import CountRow, count_row
from blastradius.reports.decisions import Decision, Idle, Option, in_scenarios
from blastradius.reports.failing import costs_of
from blastradius.reports.impact import Measure
from blastradius.reports.losses import Loss
from blastradius.reports.placing import Placing
from blastradius.reports.remedies import Remedy
from blastradius.reports.rows import ControlRow, ModelRow, ScenarioRow, control_rows, read_of, scenario_row, starts_said
from blastradius.reports.stand_in_cards import WAIT, StandIn, StandInRow, stand_in_rows, wait_said
from blastradius.reports.stand_ins import lacking
from blastradius.reports.storyline import Storyline
from blastradius.reports.symptoms import Noticed, Symptom, behind, chosen_stops, is_failure, unnoticed
from blastradius.reports.words import label, plural, said

Edition = Literal["facilitator", "participants"]
MOST_CONTROLS = 3
"""How many controls are held against the scenarios beside what may be decided."""


class InjectRow(Frozen):
    """Something told to somebody at a minute of the exercise, in a stage from 1; blanks are the planner's to fill."""

    inject: str
    stage: int
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
    """What an inject rests on: relations, from where it starts on.

    ``noticed``: the estate says who would notice, or a stop is assumed to be felt, an intruder to be seen by who runs
    it, or somebody outside to tell.
    ``within_h`` is by when, null where nobody stated it. ``level`` is the stage in words.
    """

    inject: str
    level: str
    entity: str
    capability: Capability
    relations: tuple[str, ...]
    read_in: tuple[str, ...]
    noticed: Noticed
    within_h: float | None
    expected: str


class CardRow(Frozen):
    """What is reached in the end where something is done at that point of the story.

    ``at_least`` where the scenario has gone no further by then than it was told, ``at_most`` where each step without
    stated hours had been taken in the meantime; ``now`` where nothing is done. ``spared`` are the things kept unless
    they were reached before, ``spared_surely`` those kept in any case, ``averts`` the injects that do not come then.
    ``idle`` is why it does nothing, null where it does something. ``stops`` and ``slows`` are its price, null where
    nothing says who needs what is taken away.
    """

    inject: str
    lever: str
    says: str
    without: tuple[str, ...]
    now: CountRow
    at_least: CountRow
    at_most: CountRow
    spared: tuple[str, ...]
    spared_surely: tuple[str, ...]
    averts: tuple[str, ...]
    idle: Idle | None
    stops: tuple[str, ...] | None
    slows: tuple[str, ...] | None


class MatrixRow(Frozen):
    """Crown jewels and things reached with a thing done before the start, by scenario; ``lever`` is null of nothing.

    Besides what may be decided there are the controls that would keep most out of reach of the first scenario.
    """

    lever: str | None
    says: str
    scenarios: tuple[str, ...]
    crown_jewels: tuple[int, ...]
    things: tuple[int, ...]


class HiddenRow(Frozen):
    """What happens and nobody is known to notice, until someone asks."""

    level: str
    entity: str
    says: str


class AvertedRow(Frozen):
    """An inject that does not come after a decision; ``surely`` unless what it tells of was reached before."""

    inject: str
    says: str
    decided: str
    surely: bool


class AnswersRow(Frozen):
    """What only the facilitator knows; ``decided`` are cards of what was decided, ``unknown`` is what nobody stated.

    ``stand_ins`` are cards of what may be decided where something fails, ``stood_in`` of what was decided there;
    ``lacking`` is what is not stated there and
    would make a decision.
    """

    scenario: ScenarioRow
    evidence: tuple[EvidenceRow, ...]
    cards: tuple[CardRow, ...]
    matrix: tuple[MatrixRow, ...]
    hidden: tuple[HiddenRow, ...]
    unknown: tuple[str, ...]
    decided: tuple[CardRow, ...]
    averted: tuple[AvertedRow, ...]
    stand_ins: tuple[StandInRow, ...] = ()
    stood_in: tuple[StandInRow, ...] = ()
    lacking: tuple[str, ...] = ()
    relies_on: tuple[ControlRow, ...]


class ExerciseData(Frozen):
    """The answer to ``exercise``; ``answers`` is null in the participants' edition."""

    question: str
    headline: str
    edition: Edition
    minutes: int
    injects: tuple[InjectRow, ...]
    options: tuple[OptionRow, ...]
    answers: AnswersRow | None
    model: ModelRow


@dataclass(frozen=True)
class Turn:
    """Where a story turned: what was decided, how it goes on, and what is told only since then.

    ``again``: injects, by number, that tell of something that is back; ``ahead``: those at which something may be
    decided still.
    """

    card: StandInRow
    story: Storyline
    averted: tuple[AvertedRow, ...]
    evidence: tuple[EvidenceRow, ...]
    again: frozenset[int]
    ahead: tuple[int, ...]


@dataclass(frozen=True)
class Play:
    """An exercise as it is played: all symptoms, those that still come, what is to decide, what was decided."""

    story: Storyline
    told: tuple[Symptom, ...]
    rows: tuple[InjectRow, ...]
    coming: tuple[int, ...]
    choices: tuple[Decision, ...]
    decided: tuple[Decision, ...]
    stand_ins: tuple[StandIn, ...] = ()
    turns: tuple[Turn, ...] = ()

    @property
    def goes_on(self) -> Storyline:
        """The story since what was decided last."""
        return self.turns[-1].story if self.turns else self.story

    @property
    def begun_with(self) -> int:
        """How many injects there were before anything was decided."""
        return len(self.told) - sum(len(turn.evidence) for turn in self.turns)

    @property
    def ahead(self) -> tuple[int, ...]:
        """The injects, by number, at which something may be decided still."""
        return self.turns[-1].ahead if self.turns else self.coming

    @property
    def reach(self) -> Reach:
        """What is played."""
        return self.story.reach

    def name(self, number: int) -> str:
        """The name of an inject."""
        return self.rows[number].inject


def inject_rows(story: Storyline, told: Sequence[Symptom], minutes: int) -> tuple[InjectRow, ...]:
    """Injects are spread evenly; the last sixth of the time is for the hot wash."""
    return tuple(
        InjectRow(
            inject=f"inject-{number + 1}",
            stage=story.stage_of(symptom.fact) + 1,
            minute=number * minutes * 5 // 6 // len(told),
            sender=symptom.sender,
            to=symptom.to,
            means=symptom.means,
            says=symptom.says,
        )
        for number, symptom in enumerate(told)
    )


def option_rows(play: Play) -> tuple[OptionRow, ...]:
    """What may be decided, by id, so that the order tells nothing."""
    found = [(it.number, option.remedy.id, option.remedy.says) for it in play.choices for option in it.options]
    for decision in play.stand_ins:
        found += [(decision.number, it.means.id, it.means.says) for it in decision.worths]
        found.append((decision.number, WAIT, wait_said(play.reach)))
    return tuple(
        OptionRow(inject=row.inject, minute=row.minute, lever=lever, says=says)
        for number, lever, says in sorted(found)
        for row in [play.rows[number]]
    )


def answers_row(play: Play, scenarios: Sequence[Scenario], unknown: Iterable[str]) -> AnswersRow:
    """What only the facilitator knows."""
    controls, untried = placed(play.reach)
    return AnswersRow(
        scenario=scenario_row(play.reach.estate, play.reach.scenario),
        evidence=_evidence(play),
        cards=tuple(card_rows(play, play.choices)),
        matrix=tuple(_matrix(play, scenarios, controls)),
        hidden=tuple(hidden_rows(play)),
        unknown=(*unknown, *untried),
        decided=tuple(card_rows(play, play.decided)),
        averted=(*_averted(play), *(row for turn in play.turns for row in turn.averted)),
        stand_ins=tuple(stand_in_rows(play.goes_on.reach, [row.inject for row in play.rows], play.stand_ins)),
        stood_in=tuple(turn.card for turn in play.turns),
        lacking=tuple(lacking(play.goes_on.reach)) if is_failure(play.reach.scenario) else (),
        relies_on=control_rows(play.reach),
    )


def _evidence(play: Play) -> tuple[EvidenceRow, ...]:
    since = tuple(row for turn in play.turns for row in turn.evidence)
    return (*(evidence_row(play, number) for number in range(play.begun_with)), *since)


def placed(reach: Reach) -> tuple[Sequence[Remedy], tuple[str, ...]]:
    """The controls that would keep most out of reach, and what is not known where some were not tried."""
    controls, untried = Placing(reach).best(MOST_CONTROLS)
    if not untried:
        return controls, ()
    more = plural(untried, "more control")
    return controls, (f"what {more} would keep out of reach: each takes long to work out, and so many were left",)


def evidence_row(play: Play, number: int) -> EvidenceRow:
    """What an inject rests on, by its number."""
    symptom, estate = play.told[number], play.reach.estate
    relations = behind(play.reach, symptom.fact)
    entity = estate.entities[symptom.fact.entity]
    return EvidenceRow(
        inject=play.name(number),
        level=play.story.said(play.story.key(symptom.fact)),
        entity=entity.id,
        capability=symptom.fact.capability,
        relations=relations,
        read_in=tuple(map(str, read_of(estate, relations) or entity.provenance)),
        noticed=symptom.noticed,
        within_h=symptom.within_h,
        expected=expected_of(estate, symptom.fact),
    )


def expected_of(estate: Estate, fact: Fact) -> str:
    """What is expected of who is told of a fact."""
    return _EXPECTED.get(fact.capability, _ASK).format(name=label(estate, fact.entity))


_ASK = "ask what {name} is connected to and who else can see it; decide who is told"
_EXPECTED = {
    Capability.DENY: "find out what {name} waits for; decide how to go on without it, and for how long that will do",
    Capability.DEGRADE: "find out what {name} waits for, and what waits for {name}; decide who is told",
    Capability.TAINT: "stop acting on what {name} says; find out where that comes from and since when it is wrong",
    Capability.READ: "find out whose data that is, who could read {name} and since when; decide who has to be told",
    Capability.WRITE: "find out what was changed in {name} and what has been taken from it since",
    Capability.POSSESS: "find out what {name} opens and who has used it since when; decide when to replace it",
    Capability.CONTROL: "find out what {name} can reach with us and which keys it holds; decide what to cut, and when",
}
"""What is expected, by what happens."""


def card_rows(play: Play, decisions: Sequence[Decision]) -> Iterable[CardRow]:
    """What is reached in the end with each option of some decisions."""
    found = [(decision, option) for decision in decisions for option in decision.options]
    costs = costs_of(play.reach, [option.remedy for _, option in found])
    for (decision, option), cost in zip(found, costs, strict=True):
        yield _card(play, decision, option, cost)


def _card(play: Play, decision: Decision, option: Option, cost: Loss | None) -> CardRow:
    here, estate = decision.here, play.reach.estate
    least, most = ({fact.entity for fact in facts} for facts in (option.left.surely, option.left.at_most))
    kept = {fact.entity for fact in decision.now.surely} - least
    spared = dict.fromkeys(fact.entity for fact in play.goes_on.order if fact.entity in kept)
    spared = dict.fromkeys(sorted(spared, key=lambda name: not estate.crown_jewel(name)))
    return CardRow(
        inject=play.name(decision.number),
        lever=option.remedy.id,
        says=option.remedy.says,
        without=option.remedy.without,
        now=count_row(here.clocks.counted(decision.now.certain)),
        at_least=count_row(here.clocks.counted(option.left.certain)),
        at_most=count_row(here.clocks.counted(option.left.possible)),
        spared=tuple(spared),
        spared_surely=tuple(name for name in spared if name not in most),
        averts=tuple(play.name(it) for it in averted_by(play.told, decision, option.left.surely)),
        idle=option.idle,
        stops=None if cost is None else cost.stops,
        slows=None if cost is None else cost.slows,
    )


def averted_by(told: Sequence[Symptom], decision: Decision, left: frozenset[Fact]) -> list[int]:
    """The later injects, by number, of which nothing is left."""
    later = range(decision.number + 1, len(told))
    return [number for number in later if told[number].fact in decision.now.surely and told[number].fact not in left]


def _matrix(play: Play, scenarios: Sequence[Scenario], controls: Sequence[Remedy]) -> Iterable[MatrixRow]:
    levers = {it.remedy.id: it.remedy for decision in play.choices for it in decision.options}
    rows: list[Remedy] = [Remedy("", "remove", "nothing is done"), *levers.values(), *controls]
    found: list[list[Measure]] = in_scenarios(play.reach, rows, scenarios)
    for lever, row in zip(rows, found, strict=True):
        yield MatrixRow(
            lever=lever.id or None,
            says=lever.says,
            scenarios=tuple(starts_said(play.reach.estate, scenario) for scenario in scenarios),
            crown_jewels=tuple(len(it.crown_jewels) for it in row),
            things=tuple(it.entities for it in row),
        )


_COULD = {Capability.DENY: "they could stop it", Capability.DEGRADE: "they could slow it"}
"""What an intruder who stays quiet does not do."""


def hidden_rows(play: Play) -> Iterable[HiddenRow]:
    """What happens and nobody notices, in the order of the story."""
    story, estate, chosen = play.story, play.reach.estate, chosen_stops(play.reach)
    for fact in unnoticed(story, play.told):
        could = _COULD.get(fact.capability) if fact in chosen else None
        says = f"{label(estate, fact.entity)}: {could}" if could else said(estate, fact)
        yield HiddenRow(level=story.said(story.key(fact)), entity=fact.entity, says=says)


def _averted(play: Play) -> Iterable[AvertedRow]:
    for decision in play.decided:
        (option,) = decision.options
        for number in averted_by(play.told, decision, option.left.surely):
            yield AvertedRow(
                inject=play.name(number),
                says=play.told[number].says,
                decided=option.remedy.says,
                surely=play.told[number].fact not in option.left.at_most,
            )
