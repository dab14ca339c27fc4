"""A scenario told in an order: its stages, and what a lever at one of them still keeps out of reach.

Where someone stated the hours of every step the order is that of the hours. Where not, it is that of the levels, and a
decision falls at no known hour: so what it keeps lies between what the story has reached by then and all that could
have been reached in the meantime, had each step without stated hours taken none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf, nextafter

from blastradius.engine import Reach, brings_an_attacker, is_timed
from blastradius.model import Capability, Fact, Level
from blastradius.reports.containment import UNSTATED_H, Clocks, Containment, Cut, Standing, unclocked
from blastradius.reports.words import hour, is_public, plural

MOST_STAGES = 6
"""How many stages a story has at most."""

Place = tuple[float, float, float]
"""Where a fact comes in the story: whatever it is told by first, then the hour or the level, then the hops."""


@dataclass(frozen=True)
class Stage:
    """A part of the story: in words, and what is reached by the end of it."""

    says: str
    reached: frozenset[Fact]
    new: frozenset[Fact]


class Storyline:
    """A reach in the order in which it is told; ``done`` are the levers pulled so far, each at its place."""

    def __init__(
        self, reach: Reach, done: Sequence[tuple[Fact, tuple[str, ...]]] = (), clocks: Clocks | None = None
    ) -> None:
        self.reach, self.done = reach, tuple(done)
        self.clocks = clocks or Clocks(reach)

    @cached_property
    def by_hours(self) -> bool:
        """Whether it is told by hours: of an outage, and where every step has hours that someone stated."""
        missing, steps = unclocked(self.reach)
        timed = is_timed(self.reach.scenario) and not brings_an_attacker(self.reach.scenario)
        return timed or (steps > 0 and missing == 0)

    @property
    def soonest(self) -> Mapping[Fact, float]:
        """The hour in which each fact could hold at the earliest."""
        return self.clocks.soonest

    def place(self, fact: Fact) -> Place:
        """Where a fact comes in the story."""
        if fact not in self._places:
            self._places[fact] = self._placed(fact)
        return self._places[fact]

    def comes_after(self, fact: Fact, other: Fact) -> bool:
        """Whether a fact is told, and after another."""
        return fact in self._told and self.place(fact) > self.place(other)

    def _placed(self, fact: Fact) -> Place:
        step = self.reach.proofs[fact]
        if self.by_hours:
            return self.soonest.get(fact, step.at), step.level, step.hops
        return step.level, self.soonest.get(fact, step.at), step.hops

    @cached_property
    def order(self) -> list[Fact]:
        """What is reached, in the order of the story; where it starts and what is public are left out."""
        facts = [fact for fact in self.reach.levels if self.reach.proofs[fact].rule != "seed"]
        facts = [fact for fact in facts if not is_public(self.reach.estate, fact.entity)]
        return sorted(facts, key=lambda fact: (*self.place(fact), fact.entity, _weaker(fact)))

    @cached_property
    def _places(self) -> dict[Fact, Place]:
        return {}

    @cached_property
    def _told(self) -> frozenset[Fact]:
        return frozenset(self.order)

    def key(self, fact: Fact) -> float:
        """What tells the stages apart: the hour, the level, or without an attacker the number of steps."""
        first, _, hops = self.place(fact)
        return first if self.by_hours or brings_an_attacker(self.reach.scenario) else hops

    def said(self, key: float) -> str:
        """A stage in words."""
        if self.by_hours:
            return hour(key)
        return Level(int(key)).word if brings_an_attacker(self.reach.scenario) else plural(int(key), "step")

    @cached_property
    def stages(self) -> list[Stage]:
        """The stages, each with all before it; where there are many some are told as one."""
        keys = sorted({self.key(fact) for fact in self.order})
        count = min(MOST_STAGES, len(keys))
        ends = [keys[(number + 1) * len(keys) // count - 1] for number in range(count)]
        found, before = list[Stage](), frozenset[Fact]()
        for end in ends:
            reached = frozenset(fact for fact in self.order if self.key(fact) <= end)
            found.append(Stage(self.said(end), reached, reached - before))
            before = reached
        return found

    def stage_of(self, fact: Fact) -> int:
        """The number of the stage in which a fact comes, from 0; where it starts comes in the first."""
        return next((number for number, stage in enumerate(self.stages) if fact in stage.reached), 0)

    def told_by(self, fact: Fact) -> frozenset[Fact]:
        """What the story has reached when it comes to a fact."""
        last, until = self.place(fact), self._hours(fact)[1]
        told = {it for it in self.reach.levels if self.place(it) <= last and self.soonest.get(it, 0.0) < until}
        for earlier, without in self.done:
            told &= self._since(earlier).after(earlier, without).surely
        return frozenset(told)

    def _since(self, fact: Fact) -> Storyline:
        """The story with only those levers that were pulled before it came to a fact."""
        return Storyline(self.reach, self.done[: [it for it, _ in self.done].index(fact)], self.clocks)

    def _hours(self, fact: Fact) -> tuple[float, float]:
        """Between which hours the story comes to a fact, right after it holds."""
        soonest = self.soonest.get(fact, 0.0)
        latest = self.clocks.latest.get(fact, inf)
        return nextafter(soonest, inf), inf if latest >= UNSTATED_H else nextafter(max(soonest, latest), inf)

    def at(self, fact: Fact) -> Containment:
        """The scenario where the story comes to a fact, ready to be asked what a lever pulled then still keeps."""
        earliest, latest = self._hours(fact)
        done = [Cut(without, *self._hours(earlier)) for earlier, without in self.done]
        held = self.told_by(fact)
        return Containment(self.reach, earliest, latest=latest, held=held, done=done, clocks=self.clocks)

    def after(self, fact: Fact, without: Collection[str]) -> Standing:
        """What is reached in the end where relations are taken away when the story comes to a fact.

        ``surely``: where it has gone no further by then than it was told; ``perhaps``: where the steps without stated
        hours had all been taken in the meantime.
        """
        return self.at(fact).standing(without)

    def decided(self, fact: Fact, without: Sequence[str]) -> Storyline:
        """The story as it goes on where a lever is pulled when it comes to a fact."""
        return Storyline(self.reach, (*self.done, (fact, tuple(without))), self.clocks)


def _weaker(fact: Fact) -> tuple[bool, str]:
    return fact.capability != Capability.DENY, str(fact.capability)
