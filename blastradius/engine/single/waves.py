"""Facts settled by level and hops, where it does not matter when they come: all that cost the same at once.

This is Knuth's algorithm with a queue of waves. In a wave facts stand in the order in which they were first met, and
what they lead to in the order of theirs, so each fact has the first of its shortest proofs, as if one came after the
other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np

from blastradius.columns.ragged import Numbers, RaggedArray, distinct, pairwise
from blastradius.columns.tables import NO_INDEX
from blastradius.engine.compile import ALL, System
from blastradius.engine.numbering import CAPABILITIES
from blastradius.engine.proof import ProofStep
from blastradius.engine.single.frontier import INCLUDED, WIDTH, Frontier
from blastradius.engine.single.step_status import StepStatus
from blastradius.model import Capability, Fact, Level

_LEVEL = 2**40
"""The cost of a level; below it are hops."""
_NEVER = 2**60
_FEW = 20
"""Of how many relations one has a step for all ids to be made at once."""


class _Offers(NamedTuple):
    """Ways to facts in the order in which they are met: the cost, the step, and what stands for its premises.

    ``step`` is ``NO_INDEX`` where ``by`` is a fact that includes this one; of a step through a gate it is the place of
    its premises among those that were chosen, ``NO_INDEX`` of another.
    """

    fact: Numbers
    cost: Numbers
    step: Numbers
    by: Numbers


class Waves(Frontier):
    """One solving: what is settled, and what waits."""

    def __init__(self, system: System, status: StepStatus, assume: int) -> None:
        super().__init__(system, status, ())
        total = system.facts.total
        self.assume = assume
        self.usable = ~status.closed & (self.steps.level <= assume)
        self.left = np.bincount(status.waiting.values, minlength=len(self.steps))
        self.cost = np.full(total, _NEVER)
        self.place = np.full(total, NO_INDEX)
        self.met = np.zeros(total, np.int64)
        self.step, self.by = np.full(total, NO_INDEX), np.full(total, NO_INDEX)
        self.known = 0
        self.chosen: list[tuple[int, ...]] = []
        self.queue: list[int] = []
        self.pending: dict[int, list[Numbers]] = defaultdict(list)
        self.order: list[Numbers] = [np.zeros(0, np.int64)]
        self.count = 0
        self.parts = _parts()

    def settle(self, seeds: Sequence[int]) -> None:
        """Settle all that follows from seeds."""
        facts = np.array(seeds, np.int64)
        none = np.full(len(facts), NO_INDEX)
        self._take(_Offers(facts, np.full(len(facts), _LEVEL), none, none))
        while self.queue:
            wave = self._next(self.queue[0])
            if len(wave):
                self._settle(wave)
            else:
                heappop(self.queue)

    def _next(self, cost: int) -> Numbers:
        """The facts that come next at a cost, in order.

        Those that were met last wait for what the others lead to: of what is met with them the lesser number comes
        first.
        """
        facts = np.concatenate([*self.pending.pop(cost, ()), self.order[0]])
        facts = facts[(self.cost[facts] == cost) & (self.place[facts] == NO_INDEX)]
        facts = facts[np.lexsort((facts, self.met[facts]))]
        early = int(np.searchsorted(self.met[facts], self.known)) or 1
        if len(facts) > early:
            self.pending[cost].append(facts[early:])
        found: Numbers = facts[:early]
        return found

    def _settle(self, wave: Numbers) -> None:
        self.place[wave] = self.count + np.arange(len(wave))
        self.count += len(wave)
        self.order.append(wave)
        parts, steps = self._included(wave), self._concluded(wave)
        owners = np.concatenate([parts[0], steps[0]])
        first = np.argsort(owners, kind="stable")  # of one fact what it includes comes before what it leads to
        self._take(_Offers(*(np.concatenate(both)[first] for both in zip(parts[1], steps[1], strict=True))))

    def _included(self, wave: Numbers) -> tuple[Numbers, _Offers]:
        """What the facts of a wave include in one step, with the places of these facts in the wave."""
        about = np.flatnonzero(wave < self.first_stone)
        entity, capability = np.divmod(wave[about], WIDTH)
        parts = self.parts[self.system.facts.kinds[entity], capability]
        rows, columns = np.nonzero(parts >= 0)
        whole = wave[about][rows]
        facts = whole - capability[rows] + parts[rows, columns]
        return about[rows], _Offers(facts, self.cost[whole], np.full(len(facts), NO_INDEX), whole)

    def _concluded(self, wave: Numbers) -> tuple[Numbers, _Offers]:
        """What the facts of a wave lead to, with the places of those that were waited for last."""
        waiting = self.status.waiting.take(wave)
        steps, owners = waiting.values, waiting.row_ids
        np.subtract.at(self.left, steps, 1)
        gate = self.steps.gate[steps]
        ready = self.usable[steps] & (gate == ALL) & (self.left[steps] == 0)
        last = np.flatnonzero(ready)
        last = last[_last_of_each(steps[last])]
        found = steps[last]
        offers = _Offers(self.steps.conclusion[found], self._costs(found), found, np.full(len(found), NO_INDEX))
        gated = np.flatnonzero(self.usable[steps] & (gate != ALL)).tolist()
        more = [self._through_gate(int(steps[pair]), int(wave[owners[pair]])) for pair in gated]
        some = np.array([pair for pair, found in zip(gated, more, strict=True) if found], np.int64)
        chosen = np.array([found for found in more if found], np.int64).reshape(len(some), 4)
        pairs = np.concatenate([last, some])
        order = np.argsort(pairs, kind="stable")
        both = (np.concatenate([ours, theirs])[order] for ours, theirs in zip(offers, chosen.T, strict=True))
        return owners[pairs[order]], _Offers(*both)

    def _needs(self, steps: Numbers) -> RaggedArray:
        """What steps rest on: their premises, and that the controls on them have fallen."""
        standing = self.status.standing.take(steps)
        gone = self.system.facts.facts(standing.values, Capability.INACTIVE)
        return pairwise(self.steps.premises.take(steps), RaggedArray(standing.indptr, gone))

    def _costs(self, steps: Numbers) -> Numbers:
        """What the conclusions of steps cost by them."""
        if not len(steps):
            return np.zeros(0, np.int64)
        needs = self._needs(steps)
        level, hops = (
            np.maximum.reduceat(part, needs.indptr[:-1]) for part in np.divmod(self.cost[needs.values], _LEVEL)
        )
        own = self.steps.level[steps].astype(np.int64)
        found: Numbers = np.maximum(own, level) * _LEVEL + self.steps.hop[steps].astype(np.int64) + hops
        return found

    def _through_gate(self, step: int, latest: int) -> tuple[int, int, int, int] | None:
        """An offer by the shortest way through a gate: the premises of fewest hops, none too many."""
        now = self.place[latest]

        def holds(fact: int) -> bool:
            return bool(0 <= self.place[fact] <= now)

        fallen = self._fallen(step)
        held = [premise for premise in self.steps.premises[step] if holds(premise)]
        held.sort(key=lambda premise: int(self.cost[premise]) % _LEVEL)
        if not all(map(holds, fallen)) or not self._suffice(step, held):
            return None
        premises = (*self._spared(step, held), *fallen)
        self.chosen.append(premises)
        levels, hops = zip(*(divmod(int(self.cost[premise]), _LEVEL) for premise in premises), strict=True)
        cost = max(int(self.steps.level[step]), *levels) * _LEVEL + int(self.steps.hop[step]) + max(hops)
        return int(self.steps.conclusion[step]), cost, step, len(self.chosen) - 1

    def _take(self, offers: _Offers) -> None:
        """Take offers one after the other: each counts that is cheaper than all before for the same fact."""
        some = np.flatnonzero(offers.cost < self.cost[offers.fact])
        fact, cost = offers.fact[some], offers.cost[some]
        _, firsts = np.unique(fact, return_index=True)
        new = np.zeros(len(some), np.bool_)
        new[firsts[self.cost[fact[firsts]] == _NEVER]] = True
        met = self.known + np.cumsum(new)
        self.known += int(new.sum())
        order = np.lexsort((cost, fact))
        best = order[np.diff(fact[order], prepend=NO_INDEX) != 0]
        fact, cost, some = fact[best], cost[best], some[best]
        self.cost[fact], self.met[fact] = cost, met[best]
        self.step[fact], self.by[fact] = offers.step[some], offers.by[some]
        for price in distinct(cost).tolist():
            if price not in self.pending:
                heappush(self.queue, price)
            self.pending[price].append(fact[cost == price])

    # what is told of it

    @cached_property
    def facts(self) -> Numbers:
        """What is settled, in order."""
        return np.concatenate(self.order)

    def waiting(self) -> list[int]:
        """The steps that wait for something settled; from now on it is known what is."""
        self.settled = set(self.facts.tolist())
        steps = distinct(self.status.waiting.take(self.facts).values)
        found: list[int] = steps[self.place[self.steps.conclusion[steps]] == NO_INDEX].tolist()
        return found

    def proof(self) -> Iterator[ProofStep]:
        """A step for each fact."""
        facts, step, by = self.facts, self.step[self.facts], self.by[self.facts]
        named = self._named()
        of_steps = np.flatnonzero(step != NO_INDEX)
        places = np.zeros(len(facts), np.int64)
        places[of_steps] = np.arange(len(of_steps))
        rested, along = self._needs(step[of_steps]).tolist(), self.steps.along.take(step[of_steps]).tolist()
        rules = [self.system.rules[number].id for number in self.steps.rule[step[of_steps]].tolist()]
        ids, levels = self._relation_ids(len(of_steps)), tuple(Level)
        columns = (facts.tolist(), self.cost[facts].tolist(), step.tolist(), by.tolist(), places.tolist())
        for fact, cost, number, way, place in zip(*columns, strict=True):
            level, hops = levels[cost // _LEVEL - 1], cost % _LEVEL
            if number == NO_INDEX:
                rule, premises = ("seed", ()) if way == NO_INDEX else ("closure", (named[way],))
                yield ProofStep(named[fact], rule, level, hops, premises, ())
            else:
                rests = rested[place] if way == NO_INDEX else self.chosen[way]
                relations = tuple([ids[relation] for relation in along[place]])
                yield ProofStep(named[fact], rules[place], level, hops, tuple([named[f] for f in rests]), relations)

    def _relation_ids(self, steps: int) -> Sequence[str]:
        """The ids of relations; all at once where so many steps need some."""
        ids = self.system.columns.relations.ids
        return list(ids) if steps > len(ids) // _FEW else ids

    def _named(self) -> dict[int, Fact]:
        """The facts that are settled by number."""
        facts, names = self.system.facts, self.system.facts.entities
        numbers: list[int] = self.facts.tolist()
        return {
            number: Fact(names[number // WIDTH], CAPABILITIES[number % WIDTH])
            if number < self.first_stone
            else facts.fact(number)
            for number in numbers
        }


def _parts() -> Numbers:
    """For each kind and the place of each capability the places of what it includes in one step, then ``NO_INDEX``."""
    most = max(len(parts) for known in INCLUDED for parts in known.values())
    return np.array([[[*p, *[NO_INDEX] * (most - len(p))] for p in known.values()] for known in INCLUDED], np.int64)


def _last_of_each(numbers: Numbers) -> Numbers:
    """The places of the last of each number, in order."""
    _, found = np.unique(numbers[::-1], return_index=True)
    return np.sort(len(numbers) - 1 - found)
