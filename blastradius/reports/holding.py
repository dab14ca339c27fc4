"""What controls hold: what each lets through where it fails, alone or with another, and what fell without being asked.

That a control fails is one more thing that holds from the start. So whatever it alone lets through comes first by a
step of which nothing else is missing, and what only two let through comes first by a step that takes something from
either. Only those are solved. In an outage with an end it may also be in time for what comes sooner;
there a step that is only taken sooner counts as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from blastradius.columns.ragged import Flags, Numbers, RaggedArray, distinct, pairwise
from blastradius.columns.tables import BASES, NO_INDEX
from blastradius.engine import CAPABILITIES, PreparedEstate, World
from blastradius.engine.batch.network import Bits
from blastradius.engine.batch.solve import Solved, unpacked
from blastradius.engine.compile import ALL
from blastradius.estate import PlacedControl
from blastradius.model import Capability, Fact, Scenario
from blastradius.reports.impact import Measure, Ruler, audited

Pair = tuple[int, int]
"""Two controls by number, the lower one first."""


@dataclass(frozen=True)
class Effect:
    """What differs for one start (by its place) in a world: its measure there, and the facts by number.

    ``sooner`` are the facts and all that only come sooner there; ``left`` the entities (by number) that are reached
    there, where facts are lost.
    """

    start: int
    measure: Measure
    facts: Numbers
    sooner: Numbers
    left: frozenset[int] = frozenset()


class Line:
    """What holds in some scenarios of one level and basis, each of them solved as things are and audited."""

    def __init__(self, system: PreparedEstate, scenarios: Sequence[Scenario]) -> None:
        self.system, self.scenarios = system, scenarios
        self._ruler, self._doors = Ruler(system), _Doors(system, scenarios)
        self.now: dict[int, Measure] = {}
        self._held: dict[int, dict[float, NDArray[np.uint8]]] = defaultdict(dict)
        worlds = [World(scenario) for scenario in scenarios]
        for solved in audited(system, worlds) if worlds else ():
            self.now |= self._ruler.measures(solved)
            for hour, then in solved.by_hour():
                for place, held in _columns(then):
                    self._held[place][hour] = np.packbits(held)

    def held(self, start: int, hour: float = np.inf) -> Flags:
        """Which facts, by number, hold in a scenario as things are, by some hour."""
        latest = max(known for known in self._held[start] if known <= hour)
        return np.unpackbits(self._held[start][latest], count=self.system.facts.total).astype(np.bool_)

    def barred(self) -> dict[int, list[int]]:
        """For each control, by number, the starts whose way it alone bars somewhere; those that reach most first."""
        found: dict[int, list[int]] = defaultdict(list)
        for start in sorted(self.now, key=lambda start: self.now[start].size, reverse=True):
            for control in self._doors.behind_one(self.held(start)):
                found[control].append(start)
        return dict(found)

    def alone(self, barred: Mapping[int, Sequence[int]]) -> dict[int, list[Effect]]:
        """For each control, by number, what it alone lets through to whom of those whose way it bars."""
        found: dict[int, list[Effect]] = defaultdict(list)
        asked = sorted((start, (control,)) for control, starts in barred.items() for start in starts)
        for (control,), effect in self._failing(asked):
            found[control].append(effect)
        return dict(found)

    def that_meet(self, alone: Mapping[int, Sequence[Effect]]) -> dict[Pair, list[int]]:
        """The pairs of controls that may let more through together, with the places of the starts to which they may."""
        brought: dict[int, dict[int, Numbers]] = defaultdict(dict)
        for control, effects in alone.items():
            for effect in effects:
                brought[effect.start][control] = effect.sooner
        found: dict[Pair, list[int]] = defaultdict(list)
        for start in range(len(self.scenarios)):
            for pair in sorted(self._doors.behind_two(self.held(start), brought[start])):
                found[pair].append(start)
        return dict(found)

    def together(
        self, alone: Mapping[int, Sequence[Effect]], pairs: Mapping[Pair, Sequence[int]]
    ) -> dict[Pair, list[Effect]]:
        """What pairs let through that neither of the two lets through alone."""
        own = {(control, effect.start): effect.facts for control, effects in alone.items() for effect in effects}
        found: dict[Pair, list[Effect]] = defaultdict(list)
        asked = sorted((start, pair) for pair, starts in pairs.items() for start in starts)
        for (one, other), effect in self._failing(asked):
            stones = self.system.facts.facts(np.array([one, other]), Capability.INACTIVE)
            both = [own.get((control, effect.start), stones) for control in (one, other)]
            facts = np.setdiff1d(effect.facts, np.concatenate([*both, stones]))
            if len(facts):
                found[one, other].append(Effect(effect.start, effect.measure, facts, facts))
        return dict(found)

    def in_place(self, absent: Sequence[PlacedControl], most: int) -> dict[str, list[Effect]]:
        """What each control that is not there, or does not work, would keep from whom if it were there and worked.

        Of very many those are tried, for ``most`` worlds in all, that stand where most starts come; a world that has to
        be solved by itself counts as a hundred.
        """
        asked, left = list[tuple[int, PlacedControl]](), most
        found: dict[str, list[Effect]] = {}
        for placed in sorted(absent, key=lambda placed: (-self._comers(placed.host), placed.id)):
            is_telling = self.system.is_telling((placed.control.kind, placed.host))
            starts = self._passing(placed, everybody=is_telling) if left > 0 else []
            cost = 1 + len(starts) * (100 if is_telling else 1)
            if cost <= left:
                found[placed.id], left = [], left - cost
                asked += [(start, placed) for start in starts]
            elif not is_telling:  # what is dear is passed over, for others may be cheap
                left = 0
        worlds = [
            World(self.scenarios[start], controls=((placed.control.kind, placed.host),)) for start, placed in asked
        ]
        for solved in audited(self.system, worlds) if worlds else ():
            measures = self._ruler.measures(solved)
            for place, held in _columns(solved):
                start, placed = asked[place]
                facts = np.flatnonzero(self.held(start) & ~held)
                if len(facts):
                    left_over = frozenset(entities_of(self.system, np.flatnonzero(held)))
                    found[placed.id].append(Effect(start, measures[place], facts, facts, left_over))
        return found

    def _passing(self, placed: PlacedControl, *, everybody: bool) -> list[int]:
        """The starts that take a step which a control would stop; ``everybody`` where other steps hang on it, too."""
        if everybody:
            return list(range(len(self.scenarios)))
        stopped = self.system.stopped_by(placed.control.kind, placed.host)
        return [start for start in range(len(self.scenarios)) if self._doors.takes(self.held(start), stopped)]

    def _comers(self, host: str) -> int:
        """How many starts reach the entity that a control stands on, or what a relation starts at."""
        entities = self.system.facts.entity_numbers
        name = host if host in entities else self.system.estate.relations[host].sources[0]
        return int(self._reached[entities[name]])

    @cached_property
    def _reached(self) -> Numbers:
        """For each entity, by number, how many starts reach something of it."""
        found = np.zeros(len(self.system.facts.entities), np.int64)
        for start in range(len(self.scenarios)):
            found[list(entities_of(self.system, np.flatnonzero(self.held(start))))] += 1
        return found

    def fallen(self) -> dict[int, dict[int, tuple[Fact, ...]]]:
        """The controls that fall as things are, by number: with which start, and through what that is held."""
        found: dict[int, dict[int, tuple[Fact, ...]]] = defaultdict(dict)
        for start in range(len(self.scenarios)):
            for control, facts in self._doors.falls(self.held(start)).items():
                found[control][start] = tuple(self.system.facts.fact(fact) for fact in facts)
        return dict(found)

    def _failing(self, asked: Sequence[tuple[int, tuple[int, ...]]]) -> Iterator[tuple[tuple[int, ...], Effect]]:
        """What is reached beyond what is now, by whom, where some controls fail."""
        names = self.system.facts.controls
        worlds = [
            World(scenario.model_copy(update={"distrust": (*scenario.distrust, *(names[it] for it in controls))}))
            for start, controls in asked
            for scenario in [self.scenarios[start]]
        ]
        for solved in audited(self.system, worlds) if worlds else ():
            measures, starts = self._ruler.measures(solved), np.array([asked[it][0] for it in solved.places.tolist()])
            beyond = dict(self._beyond(solved, starts))
            sooner = self._sooner(solved, starts) if self._doors.ends else beyond
            for column, facts in beyond.items():
                place = int(solved.places[column])
                yield asked[place][1], Effect(int(starts[column]), measures[place], facts, sooner[column])

    def _sooner(self, solved: Solved, starts: Numbers) -> dict[int, Numbers]:
        """For each world of a block, by its column, the facts that come sooner in it than as things are."""
        found: dict[int, list[Numbers]] = defaultdict(list)
        for hour, then in solved.by_hour():
            for column, facts in self._beyond(then, starts, hour):
                found[column].append(facts)
        return {column: distinct(np.concatenate(facts)) for column, facts in found.items()}

    def _beyond(self, solved: Solved, starts: Numbers, hour: float = np.inf) -> Iterator[tuple[int, Numbers]]:
        """For each world of a block, by its column, the facts that do not hold as things are by some hour."""
        bits = solved.bits(np.arange(self.system.facts.total))
        for start in np.unique(starts).tolist():
            yield from _beyond(bits, self.held(start, hour), np.flatnonzero(starts == start))


class _Doors:
    """The steps that may be taken: what each needs, that its controls have fallen among it; facts by number."""

    def __init__(self, system: PreparedEstate, scenarios: Sequence[Scenario]) -> None:
        steps = system.steps
        self._first = int(system.facts.facts(np.zeros(1, np.int64), Capability.INACTIVE)[0])
        self._end = self._first + len(system.facts.controls)
        self.ends = any(scenario.hours is not None for scenario in scenarios)
        may = np.zeros(len(steps), np.bool_)
        for scenario in scenarios[:1]:
            may = (steps.level <= int(scenario.assume)) & (steps.basis <= BASES.index(scenario.basis))
            may &= ~steps.fails_closed | ("fail_closed" in scenario.distrust)
        open_ = np.flatnonzero(may)
        self._rows = np.where(may, np.cumsum(may) - 1, NO_INDEX)
        premises, blockers = steps.premises.take(open_), steps.blockers.take(open_)
        fallen = RaggedArray(blockers.indptr, system.facts.facts(blockers.values, Capability.INACTIVE))
        whole = (steps.gate[open_] == ALL)[premises.row_ids]
        self._needed = pairwise(_kept(premises, whole), fallen)
        self._some = _kept(premises, ~whole)
        self._gives = steps.conclusion[open_]

    def behind_one(self, held: Flags) -> list[int]:
        """The controls of which one alone keeps some step from being taken, or from being taken sooner."""
        missing, facts = self._missing(self._needed, held), self._needed.values
        lacking = missing[self._needed.row_ids] - ~held[facts]
        lone = (lacking == 0) & self._is_fall(facts)
        if not self.ends:
            lone &= ~held[facts] & ~held[self._gives][self._needed.row_ids]
        found: list[int] = (np.unique(facts[lone]) - self._first).tolist()
        return found

    def behind_two(self, held: Flags, brought: Mapping[int, Numbers]) -> set[Pair]:
        """The pairs of controls that each bring something to some step, and all that it needs together.

        ``brought`` is what each control lets through alone; its own fall always is.
        """
        could = held.copy()
        could[self._first : self._end] = True
        by_fact: dict[int, set[int]] = defaultdict(set)
        for control, facts in brought.items():
            could[facts] = True
            for fact in facts.tolist():
                by_fact[fact].add(control)
        if self.ends:
            return self._behind_two_sooner(could, by_fact)
        several = self._missing(self._needed, held) + self._missing(self._some, held) > 1
        rows = np.flatnonzero(several & (self._missing(self._needed, could) == 0) & ~held[self._gives])
        found, seen = set[Pair](), set[tuple[tuple[int, ...], tuple[int, ...]]]()
        for row in rows.tolist():
            key = _lacking(self._needed[row], held), _lacking(self._some[row], held)
            if key not in seen:
                seen.add(key)
                found |= _pairs(*([self._bringing(by_fact, fact) for fact in facts] for facts in key))
        return found

    def _behind_two_sooner(self, could: Flags, by_fact: Mapping[int, set[int]]) -> set[Pair]:
        """The pairs of which each brings something to some step, or brings it sooner, and of which all is had then."""
        facts = np.array([*by_fact, *range(self._first, self._end)], np.int64)
        is_brought = np.zeros(len(could), np.bool_)
        is_brought[facts] = True
        several = self._missing(self._needed, ~is_brought) + self._missing(self._some, ~is_brought) > 1
        rows = np.flatnonzero(several & (self._missing(self._needed, could) == 0))
        found, seen = set[Pair](), set[tuple[int, ...]]()
        for row in rows.tolist():
            key = tuple(fact for fact in (*self._needed[row], *self._some[row]) if is_brought[fact])
            if key not in seen:
                seen.add(key)
                sides = combinations([self._bringing(by_fact, fact) for fact in key], 2)
                found |= {_pair(one, other) for both in sides for one, other in product(*both) if one != other}
        return found

    def takes(self, held: Flags, steps: Numbers) -> bool:
        """Whether one of some steps, by number, may be taken."""
        rows = self._rows[steps]
        rows = rows[rows != NO_INDEX]
        return bool((self._missing(self._needed.take(rows), held) == 0).any())

    def falls(self, held: Flags) -> dict[int, list[int]]:
        """For each control that falls by a step, what makes it fall."""
        could = self._is_fall(self._gives) & held[self._gives]  # what comes too late makes nothing fall
        rows = np.flatnonzero(could & (self._missing(self._needed, held) == 0))
        found: dict[int, list[int]] = defaultdict(list)
        for row in rows.tolist():
            found[int(self._gives[row]) - self._first] += self._needed[row]
        return found

    def _bringing(self, by_fact: Mapping[int, set[int]], fact: int) -> set[int]:
        own = {fact - self._first} if self._first <= fact < self._end else set[int]()
        return own | by_fact.get(fact, set())

    def _is_fall(self, facts: Numbers) -> Flags:
        return (facts >= self._first) & (facts < self._end)

    @staticmethod
    def _missing(rows: RaggedArray, held: Flags) -> Numbers:
        """How much of each row does not hold."""
        return np.bincount(rows.row_ids[~held[rows.values]], minlength=len(rows))


def _columns(solved: Solved) -> Iterator[tuple[int, Flags]]:
    """For each world of a block its place, and whether each fact, by number, holds in it."""
    bits = solved.bits(np.arange(solved.batch.system.facts.total))
    for column, place in enumerate(solved.places.tolist()):
        yield place, (bits[:, column // 64] >> np.uint64(column % 64) & np.uint64(1)).astype(np.bool_)


def _beyond(bits: Bits, held: Flags, columns: Numbers) -> Iterator[tuple[int, Numbers]]:
    """For some worlds of a block, by their columns, the facts that hold in them and are not held."""
    chosen = np.zeros(bits.shape[1], np.uint64)
    np.bitwise_or.at(chosen, columns // 64, np.left_shift(np.uint64(1), (columns % 64).astype(np.uint64)))
    facts, words = np.nonzero(bits & chosen & np.where(held, np.uint64(0), ~np.uint64(0))[:, None])
    found = unpacked(bits[facts, words][:, None] & chosen[words][:, None], 64)
    which, bit = np.nonzero(found)
    column = words[which] * 64 + bit
    order = np.argsort(column, kind="stable")
    ends = np.searchsorted(column[order], columns, side="right")
    for here, first, end in zip(columns.tolist(), np.searchsorted(column[order], columns), ends, strict=True):
        yield here, facts[which[order[first:end]]]


def _kept(rows: RaggedArray, values: Flags) -> RaggedArray:
    return RaggedArray.grouped(rows.row_ids[values], rows.values[values], len(rows))


def _lacking(facts: Iterable[int], held: Flags) -> tuple[int, ...]:
    return tuple(fact for fact in facts if not held[fact])


def _pairs(needed: Sequence[Collection[int]], some: Sequence[Collection[int]]) -> set[Pair]:
    """Pairs that bring all that is needed, or something of that of which some is; given who brings each thing."""
    anything = set[int]().union(*some)
    if not needed:
        return {_pair(*both) for both in combinations(anything, 2)}
    found = set[Pair]()
    for control in needed[0]:
        rest = [set(bringing) for bringing in needed if control not in bringing]
        others = rest[0].intersection(*rest[1:]) if rest else anything
        found |= {_pair(control, other) for other in others if other != control}
    return found


def _pair(one: int, other: int) -> Pair:
    return (one, other) if one < other else (other, one)


def entities_of(system: PreparedEstate, facts: Numbers) -> set[int]:
    """The entities, by number, that facts are about; stepping stones are about none."""
    return set(np.unique(facts[facts < len(system.facts.entities) * len(CAPABILITIES)] // len(CAPABILITIES)).tolist())
