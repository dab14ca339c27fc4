"""How an exercise goes on after something that stands in was decided: what no longer comes, what does, what is back.

Until it takes over there is what happens without it; from then on what happens with it, as its card says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf

from blastradius.engine import Reach
from blastradius.errors import UsageError, did_you_mean
from blastradius.model import Capability, Fact, Kind
from blastradius.reports.containment import Clocks
from blastradius.reports.decisions import Tried, decisions, tried
from blastradius.reports.exercise_data import AvertedRow, EvidenceRow, InjectRow, Play, Turn, expected_of
from blastradius.reports.playing import Begun, decided, played, standing_in
from blastradius.reports.rows import read_of
from blastradius.reports.stand_in_cards import WAIT, StandIn, StandInRow, stand_in_rows
from blastradius.reports.stand_ins import both_ways
from blastradius.reports.storyline import Storyline
from blastradius.reports.symptoms import Symptom, behind, is_failure, owner, symptom_of
from blastradius.reports.words import hour, label, listed

_FELT = (Capability.DENY, Capability.DEGRADE)


def gone_on(first: Begun, decide: Sequence[str], levers: Sequence[Tried]) -> Play:
    """The exercise as it goes on after what was decided: what was taken away, or what stands in.

    Raises:
        UsageError: no such inject, nothing such is offered there, or both kinds are asked for.
    """
    taken, names = {it.remedy.id for it in levers}, [row.inject for row in first.rows]
    asked = [(text, *text.split("=", 1)) for text in decide if "=" in text]
    standing = [it for it in asked if it[2] not in taken and it[1] in names]
    if not standing or not is_failure(first.story.reach.scenario):
        return standing_in(played(first, list(decided(first, decide, levers)), levers))
    others = [text for text in decide if text not in {it[0] for it in standing}]
    play = standing_in(played(first, list(decided(first, others, levers)), levers))
    if others:
        raise UsageError(
            f"decide: {standing[0][0]!r} takes nothing away, and {others[0]!r} does; how a story goes on after both is "
            "not worked out: decide one of them, or say what is taken away from the start by 'without'"
        )
    for text, inject, lever in sorted(standing, key=lambda it: names.index(it[1])):
        play = _turned(play, _offered(play, text, inject, lever, taken), lever)
    return play


def _offered(play: Play, text: str, inject: str, lever: str, taken: Collection[str]) -> StandIn:
    """Where a lever is offered."""
    near = did_you_mean(lever, taken)
    offers = {play.name(it.number): it for it in play.stand_ins}
    there = [*(it.means.id for it in offers[inject].worths), WAIT] if inject in offers else []
    if lever in there:
        return offers[inject]
    if there:
        raise UsageError(f"decide: {text!r} is not offered at {inject}; offered there: {', '.join(there)}{near}")
    others = f"something is at {listed(list(offers), 6)}" if offers else "nothing is to decide any more"
    raise UsageError(f"decide: {text!r}: nothing that stands in is to decide at {inject}; {others}{near}")


@dataclass(frozen=True)
class _Change:
    """From what happens ``without`` something to what happens ``since`` it took over, at an hour; ``told`` before."""

    told: Reach
    without: Clocks
    since: Clocks
    over: float

    def happened(self, fact: Fact) -> bool:
        """Whether a fact holds before it takes over."""
        return self.without.soonest.get(fact, inf) < self.over

    def comes(self, fact: Fact) -> bool:
        """Whether a fact holds before or after."""
        return self.lasts(fact) or self.happened(fact)

    def is_new(self, fact: Fact) -> bool:
        """Whether a fact comes, and not as the state of something that had stopped by then."""
        is_down = self.happened(Fact(fact.entity, Capability.DENY))
        return self.happened(fact) or (self.lasts(fact) and not is_down)

    def hour(self, fact: Fact) -> float:
        """When a fact comes; not before it takes over what comes only then."""
        at = self.clocks(fact).soonest.get(fact, 0.0)
        return at if self.happened(fact) else max(at, self.over)

    def lasts(self, fact: Fact) -> bool:
        """Whether a fact holds in the end."""
        return fact in self.since.reach.levels

    def clocks(self, fact: Fact) -> Clocks:
        """Those that tell when a fact comes."""
        return self.without if self.happened(fact) else self.since

    @cached_property
    def is_over_in_time(self) -> bool:
        """Whether it takes over before what is played ends."""
        hours = self.told.scenario.hours
        return hours is None or self.over < hours


@dataclass(frozen=True)
class _News:
    """Something that is told only after a decision, at an hour."""

    symptom: Symptom
    at: float
    relations: tuple[str, ...]
    expected: str
    is_back: bool = False


def _turned(play: Play, here: StandIn, lever: str) -> Play:
    """The exercise after one more decision."""
    reach, names = play.goes_on.reach, [row.inject for row in play.rows]
    (card,) = (it for it in stand_in_rows(reach, names, [here]) if it.lever == lever)
    change = _change(reach, here, card)
    place = play.coming.index(here.number) + 1
    again = {number for turn in play.turns for number in turn.again}
    gone = [it for it in play.coming[place:] if it not in again and not change.comes(play.told[it].fact)]
    coming = [it for it in play.coming if it not in gone]
    past = [it for it in coming if it in play.coming[:place] or change.happened(play.told[it].fact)]
    news = _news(change, card, [play.told[it] for it in past if it not in again], play.story.by_hours)
    numbers = range(len(play.told), len(play.told) + len(news))
    rows = list(play.rows)
    for number, it in zip(numbers, news, strict=True):
        after = _after(play, coming, here.number, it.at)
        coming.insert(after + 1, number)
        rows.append(_row(rows[coming[after]], number, it))
    evidence = tuple(_evidence(play, rows[number], it) for number, it in zip(numbers, news, strict=True))
    turn = Turn(
        card=card,
        story=play.goes_on if card.act == "wait" else Storyline(change.since.reach, clocks=change.since),
        averted=tuple(_averted(play, card, gone)),
        evidence=evidence,
        again=frozenset(number for number, it in zip(numbers, news, strict=True) if it.is_back),
        ahead=tuple(it for it in play.coming[place:] if it < play.begun_with and change.lasts(play.told[it].fact)),
    )
    told = (*play.told, *(it.symptom for it in news))
    return _deciding(replace(play, told=told, rows=tuple(rows), coming=tuple(coming), turns=(*play.turns, turn)))


def _deciding(play: Play) -> Play:
    """With what may be decided still, worked out anew."""
    story = play.goes_on
    choices = decisions(story, [(it, play.told[it]) for it in play.ahead], tried(story))
    return standing_in(replace(play, choices=tuple(choices), stand_ins=()))


def _change(reach: Reach, here: StandIn, card: StandInRow) -> _Change:
    """What a decision changes; waiting changes nothing."""
    means = next((it.means for it in here.worths if it.means.id == card.lever), None)
    since, without = both_ways(reach, means) if means else (reach, reach)
    return _Change(reach, Clocks(without), Clocks(since), here.at + (card.starts_after_h or 0.0))


def _news(change: _Change, card: StandInRow, told: Sequence[Symptom], by_hours: bool) -> list[_News]:
    """What is told only now, by hours: what stops or slows that did not, and what is back."""
    if card.act == "wait":
        return []
    found = [_told_now(change, it, by_hours) for it in _new(change, card)]
    stopped = [*told, *(it.symptom for it in found if change.happened(it.symptom.fact))]
    return sorted([*found, *_back(change, card, stopped, by_hours)], key=lambda it: (it.at, it.symptom.says))


def _new(change: _Change, card: StandInRow) -> Iterator[Symptom]:
    """What stops or slows, and would not have done just that; the worst of each thing."""
    for name in (row.entity for row in card.done):
        ways = [Fact(name, capability) for capability in _FELT]
        worst = next(filter(change.is_new, ways), None)
        if worst is not None and worst != next((it for it in ways if it in change.told.levels), None):
            symptom = symptom_of(change.clocks(worst).reach, worst)
            if symptom is not None:
                yield symptom


def _told_now(change: _Change, symptom: Symptom, by_hours: bool) -> _News:
    clocks = change.clocks(symptom.fact)
    at = change.hour(symptom.fact)
    if by_hours and symptom.noticed == "felt":
        symptom = replace(symptom, says=f"{symptom.says} {hour(at)}")
    return _News(symptom, at, behind(clocks.reach, symptom.fact), expected_of(clocks.reach.estate, symptom.fact))


def _back(change: _Change, card: StandInRow, told: Iterable[Symptom], by_hours: bool) -> Iterator[_News]:
    """What was told to stop or to slow, and goes on."""
    estate = change.told.estate
    names = dict.fromkeys(it.fact.entity for it in told if it.fact.capability in _FELT and not change.lasts(it.fact))
    for name in names if change.is_over_in_time else ():
        stops, slows = (Fact(name, capability) for capability in _FELT)
        if estate.kind_of(name) in (Kind.PROCESS, Kind.SERVICE) and not change.lasts(stops):
            when = f" {hour(change.over)}" if by_hours else ""
            says = f"{label(estate, name)}: it is back{when}{', but slower' if change.lasts(slows) else ''}"
            symptom = Symptom(stops, says, owner(estate, name), "felt")
            expected = f"find out what {label(estate, name)} has to catch up on; decide who is told"
            yield _News(symptom, change.over, card.relations, expected, is_back=True)


def _after(play: Play, coming: Sequence[int], number: int, at: float) -> int:
    """After which of those that come something is told at an hour: not before what was decided."""
    after = coming.index(number)
    for place in range(after + 1, len(coming)):
        is_since = coming[place] >= play.begun_with
        if is_since or play.story.soonest.get(play.told[coming[place]].fact, 0.0) <= at:
            after = place
    return after


def _row(before: InjectRow, number: int, it: _News) -> InjectRow:
    symptom = it.symptom
    return before.model_copy(
        update={
            "inject": f"inject-{number + 1}",
            "sender": symptom.sender,
            "to": symptom.to,
            "means": symptom.means,
            "says": symptom.says,
        }
    )


def _evidence(play: Play, row: InjectRow, it: _News) -> EvidenceRow:
    estate, fact = play.reach.estate, it.symptom.fact
    read = read_of(estate, it.relations) or estate.entities[fact.entity].provenance
    return EvidenceRow(
        inject=row.inject,
        level=hour(it.at) if play.story.by_hours else play.story.stages[row.stage - 1].says,
        entity=fact.entity,
        capability=fact.capability,
        relations=it.relations,
        read_in=tuple(map(str, read)),
        noticed=it.symptom.noticed,
        within_h=it.symptom.within_h,
        expected=it.expected,
    )


def _averted(play: Play, card: StandInRow, gone: Iterable[int]) -> Iterator[AvertedRow]:
    """What no longer comes; surely where hours are stated, and what it takes to take over."""
    is_sure = play.story.by_hours and card.stated and (card.act != "start" or card.starts_after_h is not None)
    for number in gone:
        yield AvertedRow(inject=play.name(number), says=play.told[number].says, decided=card.says, surely=is_sure)
