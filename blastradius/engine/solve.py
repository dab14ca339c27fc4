"""The default engine: the least fixpoint of the steps, with the shortest proof of every fact.

Knuth's generalisation of Dijkstra's algorithm to steps with several premises: facts are settled in order of
(level, hops), so each gets the lowest level at which it holds, and the shortest proof there that builds on
what was settled before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Literal, cast

from blastradius.engine.compile import Step, System
from blastradius.engine.proof import Certificate, ProofStep, Stopped
from blastradius.estate import PlacedControl
from blastradius.model import STEPPING_STONES, Capability, Fact, Level, Scenario
from blastradius.rules import CLOSURE

_INCLUDED: dict[Capability, list[Capability]] = defaultdict(list)
for _whole, _part in CLOSURE:
    _INCLUDED[_whole].append(_part)

SEEDS: dict[str, Capability] = {
    "compromise": Capability.CONTROL,
    "leak": Capability.POSSESS,
    "poison": Capability.WRITE,
    "wrong": Capability.TAINT,
    "outage": Capability.DENY,
    "breach": Capability.READ,
}
"""What each way of starting a scenario puts into the attacker's hands, or breaks."""


@dataclass(frozen=True, slots=True)
class _Door:
    """A step under a scenario's distrust and hours: open, open once controls fell, or closed and why."""

    step: Step
    premises: tuple[Fact, ...]
    closed: Literal["control", "buffer", "fail_closed"] | None
    by: tuple[str, ...]


@dataclass(frozen=True)
class _Doors:
    doors: tuple[_Door, ...]
    waiting: dict[Fact, list[int]]


@dataclass(slots=True)
class _Found:
    """How a fact was reached best so far."""

    level: int
    hops: int
    rule: str
    premises: tuple[Fact, ...]
    relations: tuple[str, ...]


def seeds_of(scenario: Scenario) -> list[Fact]:
    """The facts a scenario starts from, sorted."""
    return sorted({Fact(name, gained) for way, gained in SEEDS.items() for name in getattr(scenario, way)})


def certify(system: System, scenario: Scenario) -> Certificate:
    """Solve a scenario: a step for every fact, premises first, and everything that stopped at the frontier."""
    doors = _doors(system, scenario)
    run = _Run(doors, int(scenario.assume))
    run.settle(seeds_of(scenario))
    stopped = tuple(run.frontier())
    relied = sorted({name for each in stopped if each.because == "control" for name in each.by})
    return Certificate(tuple(run.proof()), stopped, tuple(relied))


def _doors(system: System, scenario: Scenario) -> _Doors:
    key = (tuple(sorted(set(scenario.distrust))), scenario.hours)
    if key not in system.cache:
        distrust = frozenset(scenario.distrust)
        doors = tuple(_door(step, distrust, scenario.hours) for step in system.steps)
        waiting: dict[Fact, list[int]] = defaultdict(list)
        for number, door in enumerate(doors):
            for premise in door.premises:
                waiting[premise].append(number)
        system.cache[key] = _Doors(doors, dict(waiting))
    return cast(_Doors, system.cache[key])


def _door(step: Step, distrust: frozenset[str], hours: float | None) -> _Door:
    if step.fails_closed and "fail_closed" not in distrust:
        return _Door(step, step.premises, "fail_closed", ())
    if step.buffer_h is not None and hours is not None and hours <= step.buffer_h:
        return _Door(step, step.premises, "buffer", (f"buffer of {step.buffer_h:g} h",))
    active = [each for each in step.blockers if is_active(each, distrust)]
    by = tuple(sorted(each.id for each in active))
    if any(each.control.provided_by is None for each in active):
        return _Door(step, step.premises, "control", by)
    fallen = tuple(Fact(name, Capability.INACTIVE) for name in by)
    return _Door(step, step.premises + fallen, None, by)


def is_active(placed: PlacedControl, distrust: frozenset[str]) -> bool:
    """Whether a control is to be believed: it has not failed, and is not distrusted by kind or by id."""
    return placed.control.status != "failed" and not distrust & {placed.control.kind, placed.id}


class _Run:
    """One solving: what is settled, and what waits."""

    def __init__(self, doors: _Doors, assume: int) -> None:
        self.doors = doors.doors
        self.waiting = doors.waiting
        self.assume = assume
        self.settled: dict[Fact, _Found] = {}
        self.tentative: dict[Fact, _Found] = {}
        self.missing: dict[int, int] = {}
        self.heap: list[tuple[int, int, int, Fact]] = []

    def settle(self, seeds: Iterable[Fact]) -> None:
        for seed in seeds:
            self._offer(seed, _Found(1, 0, "seed", (), ()))
        while self.heap:
            level, hops, _, fact = heappop(self.heap)
            found = self.tentative[fact]
            if fact not in self.settled and (found.level, found.hops) == (level, hops):
                self.settled[fact] = found
                self._consequences(fact, found)

    def proof(self) -> Iterator[ProofStep]:
        for fact, found in self.settled.items():
            yield ProofStep(fact, found.rule, Level(found.level), found.hops, found.premises, found.relations)

    def frontier(self) -> Iterator[Stopped]:
        """Steps that something settled leads to, whose conclusion is not reached."""
        for number in sorted(self.missing):
            door = self.doors[number]
            step = door.step
            if step.conclusion in self.settled or step.conclusion.capability in STEPPING_STONES:
                continue
            stop = self._why(door)
            if stop is not None:
                because, by = stop
                held = tuple(each for each in step.premises if each in self.settled)
                yield Stopped(step.conclusion, step.rule, because, by, step.relations, held)

    def _why(self, door: _Door) -> tuple[Literal["control", "level", "premise", "buffer"], tuple[str, ...]] | None:
        step = door.step
        if not _satisfied(step, self.settled):
            missing = sorted(str(each) for each in step.premises if each not in self.settled)
            some = len(missing) < len(step.premises)
            return ("premise", tuple(missing)) if some else None
        if step.level > self.assume:
            return "level", (Level(step.level).word,)
        if door.closed == "buffer":
            return "buffer", door.by
        return "control", door.by

    def _offer(self, fact: Fact, found: _Found) -> None:
        known = self.tentative.get(fact)
        if known is None or (found.level, found.hops) < (known.level, known.hops):
            self.tentative[fact] = found
            heappush(self.heap, (found.level, found.hops, len(self.tentative), fact))

    def _consequences(self, fact: Fact, found: _Found) -> None:
        for part in _INCLUDED.get(fact.capability, ()):
            self._offer(Fact(fact.entity, part), _Found(found.level, found.hops, "closure", (fact,), ()))
        for number in self.waiting.get(fact, ()):
            self._advance(number, found)

    def _advance(self, number: int, latest: _Found) -> None:
        door = self.doors[number]
        left = self.missing.get(number, len(door.premises)) - 1
        self.missing[number] = left
        step = door.step
        if door.closed or step.level > self.assume or step.conclusion in self.settled:
            return
        if step.gate is None:
            if left == 0:
                self._conclude(step, door.premises)
        else:
            enough = self._enough(door, step.gate, max(step.level, latest.level))
            if enough is not None:
                self._conclude(step, enough)

    def _enough(self, door: _Door, gate: Callable[[set[Fact]], bool], level: int) -> tuple[Fact, ...] | None:
        """The premises of the shortest way through a gate: the quickest to come, none too many."""
        held = [each for each in door.premises if each in self.settled and self.settled[each].level <= level]
        fallen = door.premises[len(door.step.premises) :]
        held.sort(key=lambda each: (each not in fallen, self.settled[each].hops))
        if not set(fallen) <= set(held) or not gate(set(held)):
            return None
        for each in [one for one in reversed(held) if one not in fallen]:
            if gate(set(held) - {each}):
                held.remove(each)
        return tuple(sorted(held, key=door.premises.index))

    def _conclude(self, step: Step, premises: tuple[Fact, ...]) -> None:
        founds = [self.settled[each] for each in premises]
        level = max(step.level, *(each.level for each in founds))
        hops = step.hop + max(each.hops for each in founds)
        self._offer(step.conclusion, _Found(level, hops, step.rule, premises, step.relations))


def _satisfied(step: Step, settled: dict[Fact, _Found]) -> bool:
    if step.gate is not None:
        return step.gate({each for each in step.premises if each in settled})
    return all(each in settled for each in step.premises)
