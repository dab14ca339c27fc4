"""What controls hold: what each lets through where it fails, alone or with another, and what fell without being asked.

That a control fails is one more thing that holds from the start. So whatever it alone lets through comes first by a
step of which nothing else is missing, and what only two let through comes first by a step that takes something from
either. Only those are solved.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from blastradius.columns.ragged import Flags, Numbers, RaggedArray, pairwise
from blastradius.columns.tables import BASES, NO_INDEX
from blastradius.engine import CAPABILITIES, PreparedEstate, World
from blastradius.engine.batch.network import Bits
from blastradius.engine.batch.solve import unpacked
from blastradius.engine.compile import ALL
from blastradius.estate import PlacedControl
from blastradius.model import Capability, Fact, Scenario
from blastradius.reports.impact import Measure, Ruler, audited

Pair = tuple[int, int]
"""Two controls by number, the lower one first."""


@dataclass(frozen=True)
class Effect:
    """What differs for one start (by its place) in a world: its measure there, and the facts by number.

    ``left`` are the entities (by number) that are reached there, where facts are lost.
    """

    start: int
    measure: Measure
    facts: Numbers
    left: frozenset[int] = frozenset()


class Line:
    """What holds in some scenarios of one level and basis, each of them solved as things are and audited."""

    def __init__(self, system: PreparedEstate, scenarios: Sequence[Scenario]) -> None:
        self.system, self.scenarios = system, scenarios
        self._ruler, self._doors = Ruler(system), _Doors(system, scenarios)
        self.now: dict[int, Measure] = {}
        self._held: dict[int, NDArray[np.uint8]] = {}
        for place, measure, held in self._worlds([World(scenario) for scenario in scenarios]):
            self.now[place], self._held[place] = measure, np.packbits(held)

    def held(self, start: int) -> Flags:
        """Which facts, by number, hold in a scenario as things are."""
        return np.unpackbits(self._held[start], count=self.system.facts.total).astype(np.bool_)

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
                brought[effect.start][control] = effect.facts
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
                found[one, other].append(Effect(effect.start, effect.measure, facts))
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
        for place, measure, held in self._worlds(worlds):
            start, placed = asked[place]
            facts = np.flatnonzero(self.held(start) & ~held)
            if len(facts):
                left_over = frozenset(entities_of(self.system, np.flatnonzero(held)))
                found[placed.id].append(Effect(start, measure, facts, left_over))
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
            measures, bits = self._ruler.measures(solved), solved.bits(np.arange(self.system.facts.total))
            starts = np.array([asked[place][0] for place in solved.places.tolist()])
            for start in np.unique(starts).tolist():
                for column, facts in _beyond(bits, self.held(start), np.flatnonzero(starts == start)):
                    place = int(solved.places[column])
                    yield asked[place][1], Effect(start, measures[place], facts)

    def _worlds(self, worlds: Sequence[World]) -> Iterator[tuple[int, Measure, Flags]]:
        """Each world with its measure and whether each fact, by number, holds in it."""
        facts = np.arange(self.system.facts.total)
        for solved in audited(self.system, worlds) if worlds else ():
            measures, bits = self._ruler.measures(solved), solved.bits(facts)
            for column, place in enumerate(solved.places.tolist()):
                held = bits[:, column // 64] >> np.uint64(column % 64) & np.uint64(1)
                yield place, measures[place], held.astype(np.bool_)


class _Doors:
    """The steps that may be taken: what each needs, that its controls have fallen among it; facts by number."""

    def __init__(self, system: PreparedEstate, scenarios: Sequence[Scenario]) -> None:
        steps = system.steps
        self._first = int(system.facts.facts(np.zeros(1, np.int64), Capability.INACTIVE)[0])
        self._end = self._first + len(system.facts.controls)
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
        """The controls of which one alone keeps some step from being taken."""
        missing = self._missing(self._needed, held) * ~held[self._gives]
        facts = self._needed.values
        lone = (missing[self._needed.row_ids] == 1) & ~held[facts] & self._is_fall(facts)
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
        several = self._missing(self._needed, held) + self._missing(self._some, held) > 1
        rows = np.flatnonzero(several & (self._missing(self._needed, could) == 0) & ~held[self._gives])
        found, seen = set[Pair](), set[tuple[tuple[int, ...], tuple[int, ...]]]()
        for row in rows.tolist():
            key = _lacking(self._needed[row], held), _lacking(self._some[row], held)
            if key not in seen:
                seen.add(key)
                found |= _pairs(*([self._bringing(by_fact, fact) for fact in facts] for facts in key))
        return found

    def takes(self, held: Flags, steps: Numbers) -> bool:
        """Whether one of some steps, by number, may be taken."""
        rows = self._rows[steps]
        rows = rows[rows != NO_INDEX]
        return bool((self._missing(self._needed.take(rows), held) == 0).any())

    def falls(self, held: Flags) -> dict[int, list[int]]:
        """For each control that falls by a step, what makes it fall."""
        rows = np.flatnonzero(self._is_fall(self._gives) & (self._missing(self._needed, held) == 0))
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
