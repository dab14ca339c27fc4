"""The shortest proof of every fact that one scenario reaches, and everything that stopped.

Knuth's generalisation of Dijkstra's algorithm to steps with several premises: facts are settled in order of
(level, hops), so each gets the lowest level at which it holds, and the shortest proof there that builds on
what was settled before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Literal

import numpy as np

from blastradius.engine.compile import ALL, SOME, System
from blastradius.engine.numbering import CAPABILITIES
from blastradius.engine.prepared import PreparedEstate
from blastradius.engine.proof import Certificate, ProofStep, Stopped
from blastradius.engine.quorum import is_outvoted
from blastradius.engine.scenario import seeds_of
from blastradius.engine.single.step_status import BY_BUFFER, StepStatus, step_status
from blastradius.errors import UsageError
from blastradius.model import STEPPING_STONES, Capability, Fact, Level, Scenario
from blastradius.rules import CLOSURE

Delay = Callable[[str, tuple[str, ...]], float]
"""How many hours a step takes, by the id of its rule and those of the relations it runs along."""


def _a_hop(rule: str, along: tuple[str, ...]) -> float:  # noqa: ARG001
    return 1


_WIDTH = len(CAPABILITIES)
_INCLUDED: dict[int, list[int]] = defaultdict(list)
"""For the place of each capability the places of those that it includes in one step."""
for _whole, _part in CLOSURE:
    _INCLUDED[CAPABILITIES.index(_whole)].append(CAPABILITIES.index(_part))


@dataclass(slots=True)
class _Found:
    """How a fact was reached best so far; ``step`` is ``None`` for a seed, and for what a stronger fact includes."""

    level: int
    hops: float
    step: int | None
    premises: tuple[int, ...]


def certify(system: PreparedEstate, scenario: Scenario) -> Certificate:
    """Solve a scenario: a step for every fact, premises first, and everything that stopped at the frontier."""
    run = _Run(system, step_status(system, scenario, system.statuses), int(scenario.assume))
    run.settle(system.facts.number(seed) for seed in seeds_of(scenario))
    stopped = tuple(run.frontier())
    relied = sorted({name for stop in stopped if stop.because == "control" for name in stop.by})
    return Certificate(tuple(run.proof()), stopped, tuple(relied))


def arrivals(system: PreparedEstate, scenario: Scenario, delay: Delay = _a_hop) -> dict[Fact, float]:
    """When each fact could hold at the earliest: the delay of a step on top of the last of its premises.

    Without delays there is no clock, and what is counted are hops: the fewest under the level assumed, where a
    certificate has the fewest at the lowest level.

    Raises:
        UsageError: a delay that is negative or no number.
    """
    run = _Clocked(system, step_status(system, scenario, system.statuses), int(scenario.assume), delay)
    run.settle(system.facts.number(seed) for seed in seeds_of(scenario))
    named = ((system.facts.fact(number), found.hops) for number, found in run.settled.items())
    return {fact: at for fact, at in named if fact.capability not in STEPPING_STONES}


class _Run:
    """One solving: what is settled, and what waits."""

    def __init__(self, system: System, status: StepStatus, assume: int) -> None:
        self.system = system
        self.steps = system.steps
        self.status = status
        self.assume = assume
        self.settled: dict[int, _Found] = {}
        self.tentative: dict[int, _Found] = {}
        self.missing: dict[int, int] = {}
        self.heap: list[tuple[int, float, int, int]] = []

    def settle(self, seeds: Iterable[int]) -> None:
        for seed in seeds:
            self._offer(seed, _Found(1, 0, None, ()))
        while self.heap:
            level, hops, _, fact = heappop(self.heap)
            found = self.tentative[fact]
            if fact not in self.settled and (found.level, found.hops) == (level, hops):
                self.settled[fact] = found
                self._consequences(fact, found)

    def proof(self) -> Iterator[ProofStep]:
        fact = self.system.facts.fact
        for number, found in self.settled.items():
            premises = tuple(map(fact, found.premises))
            along = () if found.step is None else self.system.relations_of(found.step)
            yield ProofStep(fact(number), self._rule(found), Level(found.level), int(found.hops), premises, along)

    def _rule(self, found: _Found) -> str:
        if found.step is None:
            return "closure" if found.premises else "seed"
        return self.system.rules[int(self.steps.rule[found.step])].id

    def frontier(self) -> Iterator[Stopped]:
        """Steps that something settled leads to, whose conclusion is not reached."""
        name, stones = self.system.facts.fact, _WIDTH * len(self.system.facts.entities)
        for step in sorted(self.missing):
            conclusion = int(self.steps.conclusion[step])
            if conclusion in self.settled or conclusion >= stones:  # nobody asks why a stepping stone was not reached
                continue
            stop = self._why(step)
            if stop is not None:
                because, by = stop
                held = tuple(name(premise) for premise in self.steps.premises[step] if premise in self.settled)
                rule, along = self.system.rules[int(self.steps.rule[step])].id, self.system.relations_of(step)
                yield Stopped(name(conclusion), rule, because, by, along, held)

    def _why(self, step: int) -> tuple[Literal["control", "level", "premise", "buffer"], tuple[str, ...]] | None:
        premises = self.steps.premises[step]
        held = [premise for premise in premises if premise in self.settled]
        if not self._suffice(step, held):
            missing = sorted(
                str(self.system.facts.fact(premise)) for premise in premises if premise not in self.settled
            )
            return ("premise", tuple(missing)) if held else None
        level = int(self.steps.level[step])
        if level > self.assume:
            return "level", (Level(level).word,)
        if self.status.closed[step] == BY_BUFFER:
            return "buffer", (f"buffer of {self.steps.buffer_h[step]:g} h",)
        return "control", tuple(sorted(self.system.facts.controls[control] for control in self.status.standing[step]))

    def _level_of(self, step: int) -> int:
        return int(self.steps.level[step])

    def _delay_of(self, step: int) -> float:
        return int(self.steps.hop[step])

    def _offer(self, fact: int, found: _Found) -> None:
        known = self.tentative.get(fact)
        if known is None or (found.level, found.hops) < (known.level, known.hops):
            self.tentative[fact] = found
            heappush(self.heap, (found.level, found.hops, len(self.tentative), fact))

    def _consequences(self, fact: int, found: _Found) -> None:
        if fact < _WIDTH * len(self.system.facts.entities):
            place = fact % _WIDTH
            for part in _INCLUDED.get(place, ()):
                self._offer(fact - place + part, _Found(found.level, found.hops, None, (fact,)))
        for step in self.status.waiting[fact]:
            self._advance(step, found)

    def _advance(self, step: int, latest: _Found) -> None:
        left = self.missing.get(step)
        left = (self._premises_of(step) if left is None else left) - 1
        self.missing[step] = left
        level = self._level_of(step)
        if self.status.closed[step] or level > self.assume or int(self.steps.conclusion[step]) in self.settled:
            return
        if self.steps.gate[step] != ALL:
            self._through_gate(step, max(level, latest.level))
        elif left == 0:
            self._conclude(step, (*self.steps.premises[step], *self._fallen(step)))

    def _premises_of(self, step: int) -> int:
        """How many facts a step waits for, controls that must fall included."""
        falls = 0 if self.status.closed[step] else len(self.status.standing[step])
        return len(self.steps.premises[step]) + falls

    def _fallen(self, step: int) -> list[int]:
        standing = np.array(self.status.standing[step], np.int64)
        found: list[int] = self.system.facts.facts(standing, Capability.INACTIVE).tolist()
        return found

    def _through_gate(self, step: int, level: int) -> None:
        """Conclude by the shortest way through a gate: the premises quickest to come, none too many."""
        fallen = self._fallen(step)
        premises = self.steps.premises[step]
        if not all(control in self.settled and self.settled[control].level <= level for control in fallen):
            return
        held = [premise for premise in premises if premise in self.settled and self.settled[premise].level <= level]
        held.sort(key=lambda premise: self.settled[premise].hops)
        if not self._suffice(step, held):
            return
        for last in held[::-1]:
            spared = [premise for premise in held if premise != last]
            if self._suffice(step, spared):
                held = spared
        self._conclude(step, (*sorted(held, key=premises.index), *fallen))

    def _suffice(self, step: int, held: list[int]) -> bool:
        """Whether these of a step's premises are enough for its gate."""
        gate, need = int(self.steps.gate[step]), int(self.steps.need[step])
        premises = self.steps.premises[step]
        if gate == ALL:
            return len(held) == len(premises)
        if gate == SOME:
            return len(held) >= need
        return self._outvotes(premises, need, set(held))

    def _outvotes(self, premises: list[int], vote_min: int, held: set[int]) -> bool:
        """Whether a quorum is wrong; the first half of its premises says that each feed is, the other: down."""
        feeds = len(premises) // 2
        wrong, down = ([premise in held for premise in half] for half in (premises[:feeds], premises[feeds:]))
        right = sum(not (is_wrong or is_down) for is_wrong, is_down in zip(wrong, down, strict=True))
        return bool(is_outvoted(sum(wrong), right, feeds - sum(down), vote_min))

    def _conclude(self, step: int, premises: tuple[int, ...]) -> None:
        founds = [self.settled[premise] for premise in premises]
        level = max(self._level_of(step), *(found.level for found in founds))
        hops = self._delay_of(step) + max(found.hops for found in founds)
        self._offer(int(self.steps.conclusion[step]), _Found(level, hops, step, premises))


class _Clocked(_Run):
    """Facts settled in the order of their arrival, whatever the level, up to the one that is assumed."""

    def __init__(self, system: System, status: StepStatus, assume: int, delay: Delay) -> None:
        super().__init__(system, status, assume)
        self.delay = delay

    def _level_of(self, step: int) -> int:
        level = super()._level_of(step)
        return level if level > self.assume else 1

    def _delay_of(self, step: int) -> float:
        """The delay of a step; the half of one that ends at a stepping stone takes none."""
        if not super()._delay_of(step):
            return 0
        rule, along = self.system.rules[int(self.steps.rule[step])].id, self.system.relations_of(step)
        found = self.delay(rule, along)
        if not 0 <= found < float("inf"):
            raise UsageError(
                f"the delay of {rule} along {', '.join(along) or 'no relation'} is {found}; expected hours"
            )
        return found
