"""The shortest proof of every fact that one scenario reaches, and everything that stopped.

Knuth's generalisation of Dijkstra's algorithm to steps with several premises: facts are settled in order of
(level, hops), so each gets the lowest level at which it holds, and the shortest proof there that builds on
what was settled before. Where an outage has an end, each level is settled by itself in order of (arrival, hops), for
what arrives in time at a higher level may come too late at a lower one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf
from typing import NamedTuple

from blastradius.columns.tables import BASES
from blastradius.engine.compile import ALL, SOME, System
from blastradius.engine.numbering import APPLICABLE, CAPABILITIES
from blastradius.engine.prepared import PreparedEstate
from blastradius.engine.proof import Certificate, ProofStep, Stopped
from blastradius.engine.quorum import outvotes
from blastradius.engine.scenario import is_timed, seeds_of
from blastradius.engine.single.step_status import StepStatus, step_status
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import STEPPING_STONES, Capability, Fact, Level, Scenario
from blastradius.rules import CLOSURE

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


_WIDTH = len(CAPABILITIES)
_INCLUDED: list[dict[int, list[int]]] = [
    {
        place: [
            CAPABILITIES.index(part)
            for whole, part in CLOSURE
            if whole == capability and applicable[CAPABILITIES.index(part)]
        ]
        for place, capability in enumerate(CAPABILITIES)
    }
    for applicable in APPLICABLE
]
"""For each kind of entity and the place of each capability the places of those that it includes in one step."""


class _Cost(NamedTuple):
    """What is least first: the level, the hour of arrival, the hops."""

    level: int
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
    proved: dict[int, _Claim] = {}
    steps: list[ProofStep] = []
    runs = tuple(_runs(system, status, scenario))
    for run in runs:
        run.settle(seeds)
        steps += run.proof(proved)
    system.estate.require(step.fact.entity for step in steps)
    stopped = tuple(runs[-1].frontier(scenario))
    relied = sorted({name for stop in stopped if stop.by_controls_alone for name in stop.controls})
    return Certificate(tuple(steps), stopped, tuple(relied))


def _runs(system: System, status: StepStatus, scenario: Scenario) -> Iterator[_Run]:
    """One run over all levels; where it matters when something arrives, one a level."""
    assumed = int(scenario.assume)
    if not is_timed(scenario):
        yield _Run(system, status, assumed)
        return
    end = inf if scenario.hours is None else scenario.hours
    for level in range(1, assumed + 1):
        yield _Timed(system, status, level, end)


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
        self.heap: list[tuple[_Cost, int, int]] = []
        self.guarded = status.guarded
        self.kinds = system.facts.kind_list
        self.first_stone = _WIDTH * len(system.facts.entities)

    def hold(self, facts: Mapping[int, float]) -> None:
        """Take facts as holding from an hour on, whatever leads to them."""
        for fact, at in facts.items():
            self._offer(fact, _Found(_Cost(1, at, 0), None, ()))

    def settle(self, seeds: Iterable[int]) -> None:
        """Settle all that follows from seeds, and from what holds."""
        for seed in seeds:
            self._offer(seed, _Found(_Cost(1, 0, 0), None, ()))
        while self.heap:
            cost, _, fact = heappop(self.heap)
            found = self.tentative[fact]
            if fact not in self.settled and found.cost == cost:
                self.settled[fact] = found
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

    def _claim(self, found: _Found, proved: Mapping[int, _Claim]) -> _Claim:  # noqa: ARG002
        return _Claim(found.cost.level, float(found.cost.at), int(found.cost.hops))

    def _rule(self, found: _Found) -> str:
        if found.step is None:
            return "closure" if found.premises else "seed"
        return self.system.rules[int(self.steps.rule[found.step])].id

    def frontier(self, scenario: Scenario) -> Iterator[Stopped]:
        """Steps that something settled leads to, whose conclusion is not reached, with all that stands in their way."""
        assumed = int(scenario.assume)
        for step in sorted(self.missing):
            conclusion = int(self.steps.conclusion[step])
            if conclusion in self.settled or self._is_passed_over(conclusion):
                continue
            held = [premise for premise in self.steps.premises[step] if premise in self.settled]
            if held:
                yield self._stopped(step, held, assumed, scenario)

    def _is_passed_over(self, conclusion: int) -> bool:
        """Nobody asks why a stepping stone was not reached, but for keys: what stops a copy stands on them."""
        stone = conclusion >= self.first_stone
        return stone and self.system.facts.fact(conclusion).capability != Capability.PRESENT

    def _stopped(self, step: int, held: list[int], assumed: int, scenario: Scenario) -> Stopped:
        name, level = self.system.facts.fact, int(self.steps.level[step])
        premises = self.steps.premises[step]
        enough = self._suffice(step, held)
        missing = [] if enough else sorted({name(premise) for premise in premises if premise not in self.settled})
        basis = BASES[int(self.steps.basis[step])]
        return Stopped(
            fact=name(int(self.steps.conclusion[step])),
            rule=self.system.rules[int(self.steps.rule[step])].id,
            relations=self.system.relations_of(step),
            premises=tuple(map(name, held)),
            missing=tuple(missing),
            level=Level(level) if level > assumed else None,
            controls=tuple(sorted(self.system.facts.controls[control] for control in self._standing(step))),
            after_h=self._outlasts(step, held) if enough else None,
            basis=basis if self.steps.basis[step] > BASES.index(scenario.basis) else None,
        )

    def _standing(self, step: int) -> list[int]:
        """The controls of a step that have not fallen."""
        return [control for control in self._falling(step) if self._fallen_fact(control) not in self.settled]

    def _outlasts(self, step: int, held: list[int]) -> float | None:  # noqa: ARG002
        """The hours of a buffer that lasts longer than the outage."""
        return None

    def _level_of(self, step: int) -> int:
        return int(self.steps.level[step])

    def _arrival(self, step: int, premises: tuple[int, ...]) -> float:  # noqa: ARG002
        return 0

    def _offer(self, fact: int, found: _Found) -> None:
        known = self.tentative.get(fact)
        if known is None or found.cost < known.cost:
            self.tentative[fact] = found
            heappush(self.heap, (found.cost, len(self.tentative), fact))

    def _consequences(self, fact: int, found: _Found) -> None:
        if fact < self.first_stone:
            entity, place = divmod(fact, _WIDTH)
            for part in _INCLUDED[self.kinds[entity]][place]:
                self._offer(fact - place + part, _Found(found.cost, None, (fact,)))
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
            self._through_gate(step, max(level, latest.cost.level))
        elif left == 0:
            self._conclude(step, (*self.steps.premises[step], *self._fallen(step)))

    def _premises_of(self, step: int) -> int:
        """How many facts a step waits for, controls that must fall included."""
        falls = 0 if self.status.closed[step] else len(self._falling(step))
        return len(self.steps.premises[step]) + falls

    def _falling(self, step: int) -> list[int]:
        """The controls that stand on a step."""
        return self.status.standing[step] if step in self.guarded else []

    def _fallen(self, step: int) -> list[int]:
        return [self._fallen_fact(control) for control in self._falling(step)]

    def _fallen_fact(self, control: int) -> int:
        return self.system.facts.stone(Capability.INACTIVE, control)

    def _through_gate(self, step: int, level: int) -> None:
        """Conclude by the shortest way through a gate: the premises quickest to come, none too many."""
        fallen = self._fallen(step)
        premises = self.steps.premises[step]
        if not all(control in self.settled and self.settled[control].cost.level <= level for control in fallen):
            return
        held = [
            premise for premise in premises if premise in self.settled and self.settled[premise].cost.level <= level
        ]
        held.sort(key=lambda premise: self.settled[premise].cost[1:])
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
        return outvotes(premises, need, set(held))

    def _conclude(self, step: int, premises: tuple[int, ...]) -> None:
        costs = [self.settled[premise].cost for premise in premises]
        cost = _Cost(
            max(self._level_of(step), *(cost.level for cost in costs)),
            self._arrival(step, premises),
            int(self.steps.hop[step]) + max(cost.hops for cost in costs),
        )
        if self._in_time(step, cost):
            self._offer(int(self.steps.conclusion[step]), _Found(cost, step, premises))

    def _in_time(self, step: int, cost: _Cost) -> bool:  # noqa: ARG002
        return True


class _Timed(_Run):
    """Facts settled in the order of their arrival, whatever the level, up to the one that is assumed."""

    def __init__(self, system: System, status: StepStatus, assume: int, end: float) -> None:
        super().__init__(system, status, assume)
        self.end = end

    def _level_of(self, step: int) -> int:
        level = super()._level_of(step)
        return level if level > self.assume else 1

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

    def _claim(self, found: _Found, proved: Mapping[int, _Claim]) -> _Claim:
        """At the level of the run; hops follow from what was claimed of the premises."""
        hop = 0 if found.step is None else int(self.steps.hop[found.step])
        hops = hop + max((proved[premise].hops for premise in found.premises), default=0)
        return _Claim(self.assume if found.premises else 1, found.cost.at, hops)

    def _outlasts(self, step: int, held: list[int]) -> float | None:
        """The buffer, where what it waits for arrives so late that the outage is over before it is used up."""
        premises = sorted(held, key=lambda premise: self.settled[premise].cost.at)
        enough = next(count for count in range(1, len(held) + 1) if self._suffice(step, premises[:count]))
        fallen = [self.settled[fact].cost.at for fact in self._fallen(step) if fact in self.settled]
        delay_h = float(self.steps.delay_h[step])
        latest = max([delay_h + self.settled[premises[enough - 1]].cost.at, *fallen])
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
