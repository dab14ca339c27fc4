"""The shortest proof of every fact that one scenario reaches, and everything that stopped.

Knuth's generalisation of Dijkstra's algorithm to steps with several premises: facts are settled in order of
(level, hops), so each gets the lowest level at which it holds, and the shortest proof there that builds on
what was settled before (``waves``). Where an outage has an end, each level is settled by itself in order of
(arrival, hops), for what arrives in time at a higher level may come too late at a lower one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf
from typing import NamedTuple

from blastradius.engine.compile import ALL, System
from blastradius.engine.prepared import PreparedEstate
from blastradius.engine.proof import Certificate, ProofStep
from blastradius.engine.scenario import is_timed, seeds_of
from blastradius.engine.single.frontier import INCLUDED, WIDTH, Frontier
from blastradius.engine.single.step_status import StepStatus, step_status
from blastradius.engine.single.waves import Waves
from blastradius.engine.telling import tell
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import STEPPING_STONES, Fact, Level, Scenario

_TOLD = 5_000
"""After how many facts who waits is told."""

Delay = Callable[[str, tuple[str, ...]], float]
"""How many hours a step takes, by the id of its rule and those of the relations it runs along."""


def a_hop(rule: str, along: tuple[str, ...]) -> float:  # noqa: ARG001
    """A delay that counts hops."""
    return 1


def clock_of(estate: Estate) -> Delay:
    """The delays that an estate states: of each rule by its clock, and of each relation; nothing where it has none."""
    clock, relations = estate.clock, estate.relations

    def delay(rule: str, along: tuple[str, ...]) -> float:
        return clock.get(rule, 0.0) + sum(relations[name].delay_h or 0.0 for name in along)

    return delay


class _Cost(NamedTuple):
    """What is least first: the hour of arrival, the hops."""

    at: float
    hops: float


@dataclass(slots=True)
class _Found:
    """How a fact was reached best so far; ``step`` is ``None`` for a seed, and for what a stronger fact includes."""

    cost: _Cost
    step: int | None
    premises: tuple[int, ...]


class _Claim(NamedTuple):
    """What a certificate says of a fact, last."""

    level: int
    at: float
    hops: int


def certify(system: PreparedEstate, scenario: Scenario) -> Certificate:
    """Solve a scenario: a step for every fact, premises first, and everything that stopped at the frontier.

    Raises:
        NotHereError: the estate is a part of one, and it reaches further.
    """
    status = step_status(system, scenario, system.statuses)
    seeds = [system.facts.number(seed) for seed in seeds_of(system.estate, scenario)]
    steps: list[ProofStep] = []
    if is_timed(scenario):
        last, waiting = _by_arrival(system, status, scenario, seeds, steps)
    else:
        waves = Waves(system, status, int(scenario.assume))
        waves.settle(seeds)
        steps += waves.proof()
        last, waiting = waves, waves.waiting()
    system.estate.require(step.fact.entity for step in steps)
    stopped = tuple(last.frontier(scenario, waiting))
    relied = sorted({name for stop in stopped if stop.by_controls_alone for name in stop.controls})
    return Certificate(tuple(steps), stopped, tuple(relied))


def _by_arrival(
    system: System, status: StepStatus, scenario: Scenario, seeds: list[int], steps: list[ProofStep]
) -> tuple[Frontier, Iterable[int]]:
    """Settle one level after the other, and add what each proves; the last one, and the steps that wait there."""
    end = inf if scenario.hours is None else scenario.hours
    proved: dict[int, _Claim] = {}
    runs = [_Timed(system, status, level, end) for level in range(1, int(scenario.assume) + 1)]
    for run in runs:
        run.settle(seeds)
        steps += run.proof(proved)
    return runs[-1], runs[-1].missing


def arrivals(
    system: PreparedEstate,
    scenario: Scenario,
    delay: Delay | None = None,
    cut: Mapping[str, float] | None = None,
    held: Mapping[Fact, float] | None = None,
) -> dict[Fact, float]:
    """When each fact could hold at the earliest, in hours: the delay of a step on top of the last of its premises.

    ``delay`` are hours besides those that buffers last, by default those of the estate's clock. ``cut`` are the hours
    in which relations are taken away (a grant is revoked, a feed paused): a step along one must be complete before;
    what was reached before stays reached. ``held`` are the hours from which on facts hold in any case.

    Raises:
        UsageError: a delay that is negative or no number.
    """
    end = inf if scenario.hours is None else scenario.hours
    status = step_status(system, scenario, system.statuses)
    run = _Clocked(system, status, int(scenario.assume), end, delay or clock_of(system.estate), cut or {})
    run.hold({system.facts.number(fact): at for fact, at in (held or {}).items()})
    run.settle([system.facts.number(seed) for seed in seeds_of(system.estate, scenario)])
    named = ((system.facts.fact(number), found.cost.at) for number, found in run.settled.items())
    return {fact: at for fact, at in named if fact.capability not in STEPPING_STONES}


class _Timed(Frontier):
    """Facts settled in the order of their arrival, whatever the level, up to the one that is assumed."""

    settled: dict[int, _Found]

    def __init__(self, system: System, status: StepStatus, assume: int, end: float) -> None:
        self.settled = {}
        super().__init__(system, status, self.settled)
        self.assume, self.end = assume, end
        self.tentative: dict[int, _Found] = {}
        self.missing: dict[int, int] = {}
        self.heap: list[tuple[_Cost, int, int]] = []
        self.kinds = system.facts.kind_list

    def hold(self, facts: Mapping[int, float]) -> None:
        """Take facts as holding from an hour on, whatever leads to them."""
        for fact, at in facts.items():
            self._offer(fact, _Found(_Cost(at, 0), None, ()))

    def settle(self, seeds: Iterable[int]) -> None:
        """Settle all that follows from seeds, and from what holds."""
        for seed in seeds:
            self._offer(seed, _Found(_Cost(0, 0), None, ()))
        while self.heap:
            fact = heappop(self.heap)[-1]
            if fact not in self.settled:
                self.settled[fact] = found = self.tentative[fact]
                if len(self.settled) % _TOLD == 0:
                    tell(f"working out when things are reached, {len(self.settled):,} so far")
                self._consequences(fact, found)

    def proof(self, proved: dict[int, _Claim]) -> Iterator[ProofStep]:
        """A step for each fact that was not proved at a lower level, or arrives sooner than there."""
        fact = self.system.facts.fact
        for number, found in self.settled.items():
            if number in proved and proved[number].at <= found.cost.at:
                continue
            claim = proved[number] = self._claim(found, proved)
            premises = tuple(map(fact, found.premises))
            along = () if found.step is None else self.system.relations_of(found.step)
            yield ProofStep(fact(number), self._rule(found), Level(claim.level), claim.hops, premises, along, claim.at)

    def _claim(self, found: _Found, proved: Mapping[int, _Claim]) -> _Claim:
        """At the level of the run; hops follow from what was claimed of the premises."""
        hop = 0 if found.step is None else int(self.steps.hop[found.step])
        hops = hop + max((proved[premise].hops for premise in found.premises), default=0)
        return _Claim(self.assume if found.premises else 1, found.cost.at, hops)

    def _rule(self, found: _Found) -> str:
        if found.step is None:
            return "closure" if found.premises else "seed"
        return self.system.rules[int(self.steps.rule[found.step])].id

    def _offer(self, fact: int, found: _Found) -> None:
        known = self.tentative.get(fact)
        if known is None or found.cost < known.cost:
            self.tentative[fact] = found
            heappush(self.heap, (found.cost, len(self.tentative), fact))

    def _consequences(self, fact: int, found: _Found) -> None:
        if fact < self.first_stone:
            entity, place = divmod(fact, WIDTH)
            for part in INCLUDED[self.kinds[entity]][place]:
                self._offer(fact - place + part, _Found(found.cost, None, (fact,)))
        for step in self.status.waiting[fact]:
            self._advance(step)

    def _advance(self, step: int) -> None:
        left = self.missing.get(step)
        left = (self._premises_of(step) if left is None else left) - 1
        self.missing[step] = left
        too_high = self.steps.level[step] > self.assume
        if self.status.closed[step] or too_high or int(self.steps.conclusion[step]) in self.settled:
            return
        if self.steps.gate[step] != ALL:
            self._through_gate(step)
        elif left == 0:
            self._conclude(step, (*self.steps.premises[step], *self._fallen(step)))

    def _premises_of(self, step: int) -> int:
        """How many facts a step waits for, controls that must fall included."""
        return len(self.steps.premises[step]) + len(self._falling(step))

    def _through_gate(self, step: int) -> None:
        """Conclude by the shortest way through a gate: the premises quickest to come, none too many."""
        fallen = self._fallen(step)
        if all(control in self.settled for control in fallen):
            held = [premise for premise in self.steps.premises[step] if premise in self.settled]
            held.sort(key=lambda premise: self.settled[premise].cost)
            if self._suffice(step, held):
                self._conclude(step, (*self._spared(step, held), *fallen))

    def _conclude(self, step: int, premises: tuple[int, ...]) -> None:
        hops = int(self.steps.hop[step]) + max(self.settled[premise].cost.hops for premise in premises)
        cost = _Cost(self._arrival(step, premises), hops)
        if self._in_time(step, cost):
            self._offer(int(self.steps.conclusion[step]), _Found(cost, step, premises))

    def _arrival(self, step: int, premises: tuple[int, ...]) -> float:
        """A buffer lasts from what it waits for, whether or not a control stands in its way meanwhile."""
        fallen = self._fallen(step)
        waited = premises[: len(premises) - len(fallen)]
        lasts = float(self.steps.delay_h[step]) + max(self.settled[premise].cost.at for premise in waited)
        return max([lasts, *(self.settled[fact].cost.at for fact in fallen)])

    def _in_time(self, step: int, cost: _Cost) -> bool:  # noqa: ARG002
        return not self._is_over(cost.at)

    def _is_over(self, at: float) -> bool:
        """Whether the outage is over in this hour; what comes at once always comes."""
        return at > 0 and at >= self.end

    def _outlasts(self, step: int, held: list[int]) -> float | None:
        """The buffer, where what it waits for arrives so late that the outage is over before it is used up."""
        premises = sorted(held, key=lambda premise: self.settled[premise].cost.at)
        enough = next(it for count, it in enumerate(premises, 1) if self._suffice(step, premises[:count]))
        fallen = [self.settled[fact].cost.at for fact in self._fallen(step) if fact in self.settled]
        delay_h = float(self.steps.delay_h[step])
        latest = max([delay_h + self.settled[enough].cost.at, *fallen])
        return delay_h if self._is_over(latest) else None


class _Clocked(_Timed):
    """As the clock of an estate has it: each step takes its own time, and must be complete before it is cut."""

    def __init__(
        self, system: System, status: StepStatus, assume: int, end: float, delay: Delay, cut: Mapping[str, float]
    ) -> None:
        super().__init__(system, status, assume, end)
        self.delay = delay
        numbers = system.relation_numbers if cut else {}
        self.cut = {numbers[name]: until for name, until in cut.items() if name in numbers}

    def _arrival(self, step: int, premises: tuple[int, ...]) -> float:
        return super()._arrival(step, premises) + self._delay_of(step)

    def _delay_of(self, step: int) -> float:
        """The delay of a step; the half of one that ends at a stepping stone takes none."""
        if not self.steps.hop[step]:
            return 0.0
        rule, along = self.system.rules[int(self.steps.rule[step])].id, self.system.relations_of(step)
        found = self.delay(rule, along)
        if not 0 <= found < inf:
            raise UsageError(
                f"the delay of {rule} along {', '.join(along) or 'no relation'} is {found}; expected hours"
            )
        return found

    def _in_time(self, step: int, cost: _Cost) -> bool:
        until = min((self.cut.get(number, inf) for number in self.steps.along[step]), default=inf) if self.cut else inf
        return super()._in_time(step, cost) and cost.at < until
