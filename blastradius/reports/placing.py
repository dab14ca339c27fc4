"""Which controls would keep most of a scenario out of reach, were they in place; of all that could be, few are solved.

A control that stops no step of the proof keeps nothing out of reach, and those that stop the same steps keep the same.
Whatever the proof does not build on a step that one stops is still reached, so how much each leaves at least is known
before anything is solved: those that leave least are solved first, until none of the others can be among the best.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np

from blastradius.columns.ragged import Numbers
from blastradius.columns.tables import NO_INDEX
from blastradius.engine import Reach, World, plain
from blastradius.engine.batch.frame import Frame
from blastradius.engine.batch.solve import WORDS, Batch, Solved, back_end_of, settled
from blastradius.engine.scenario import Added
from blastradius.reports.impact import Measure, Ruler, measured
from blastradius.reports.remedies import Remedy, addition, fitting, gone_through
from blastradius.rules import placements

MOST_WORLDS = 4_000
"""How many worlds are solved at most; one that has to be solved by itself counts as more, by the size of the estate."""
ALL_UP_TO = 5_000
"""Up to how many relations of an estate; of a larger one fewer worlds are solved, down to a twentieth."""
AT_ONCE = 256
"""How many are solved before it is looked again whether others can be among the best."""
_BLOCK = 64 * WORDS

Found = dict[tuple[object, ...], tuple[Measure, Remedy]]
"""The best control of each effect, by the crown jewels and processes that it leaves; least is left first."""


class Placing:
    """The controls that could be put on what a scenario goes through, for the reach of one scenario."""

    def __init__(self, reach: Reach) -> None:
        self.reach, self.system, self.scenario = reach, reach.prepared, plain(reach.scenario)
        self._alone = 1 + len(reach.estate.relations) // 100
        relations = max(1, len(reach.estate.relations))
        self._left = min(MOST_WORLDS, max(MOST_WORLDS // 20, MOST_WORLDS * ALL_UP_TO // relations))

    def best(self, most: int) -> tuple[list[Remedy], int]:
        """The controls that keep most out of reach, one for each effect; and of how many others nothing is known."""
        (self._now,) = measured(self.system, [World(self.scenario)])
        alike, telling = self._candidates()
        bounds = self._bounds(alike)
        order = sorted(range(len(alike)), key=lambda place: (bounds[place], min(map(_id, alike[place]))))
        found, untried = list[tuple[Measure, Added]](), 0
        while order and not self._is_settled(found, bounds[order[0]], most):
            next_few = min(AT_ONCE, self._left)
            chosen, order = order[:next_few], order[next_few:]
            if not chosen:
                untried, order = sum(len(alike[place]) for place in order), []
            found += self._solved([min(alike[place], key=_id) for place in chosen])
        tried = telling[: self._left // self._alone]
        found += self._solved(tried)
        best = [remedy for _, remedy in self._ranked(found).values()]
        return best[:most], untried + len(telling) - len(tried)

    def _is_settled(self, found: Sequence[tuple[Measure, Added]], bound: tuple[int, int], most: int) -> bool:
        """Whether nothing that leaves so much at least can be among the best."""
        now = self._now
        if bound > (len(now.crown_jewels), now.records):
            return True
        last = list(self._ranked(found).values())[most - 1 : most]
        return any(bound > (len(measure.crown_jewels), measure.records) for measure, _ in last)

    def _ranked(self, found: Sequence[tuple[Measure, Added]]) -> Found:
        best: Found = {}
        for left, added in sorted(found, key=lambda it: (it[0].size, _id(it[1]))):
            if left.size < self._now.size:
                effect = (left.crown_jewels, left.processes)
                best.setdefault(effect, (left, addition(self.reach.estate, added)))
        return best

    def _solved(self, controls: Sequence[Added]) -> list[tuple[Measure, Added]]:
        worlds = [World(self.scenario, controls=(added,)) for added in controls]
        self._left -= sum(self._alone if self.system.is_telling(added) else 1 for added in controls)
        return list(zip(measured(self.system, worlds) if worlds else [], controls, strict=True))

    def _candidates(self) -> tuple[list[list[Added]], list[Added]]:
        """Controls that stop something of the proof, those alike together; and those that other steps depend on."""
        alike, telling = defaultdict[bytes, list[Added]](list), list[Added]()
        for added in self._placeable():
            if self.system.is_telling(added):
                telling.append(added)
            else:
                alike[self.system.stopped_by(*added).tobytes()].append(added)
        return list(alike.values()), sorted(telling, key=_id)

    def _placeable(self) -> Iterator[Added]:
        """Controls that are not there and stop something of the proof, or that other steps depend on."""
        used, hosts = self._used_by >= 0, gone_through(self.reach)
        names = [*self.system.facts.entities, *self.system.columns.relations.ids]
        telling = self.system.telling_controls
        for kind in placements():
            stopped = self.system.stopped_at(kind)
            there = {names[host] for host in np.unique(stopped.row_ids[used[stopped.values]]).tolist()}
            there |= {host for other, host in telling if other == kind}
            for host in sorted(there & hosts.keys()):
                if any(fitting(self.reach.estate, host, [kind])):
                    yield kind, host

    @cached_property
    def _used_by(self) -> Numbers:
        """For each step of the system the place in the proof at which it may stand, or ``NO_INDEX``."""
        steps, system = self.system.steps, self.system
        first = np.full(len(steps), len(system.columns.relations.ids))
        along = steps.along.lengths > 0
        first[along] = steps.along.values[steps.along.indptr[:-1][along]]
        keys = self._keys(steps.conclusion, steps.rule.astype(np.int64), first)
        proof, places = self._proof
        if not len(proof):
            return np.full(len(steps), NO_INDEX)
        near = np.minimum(np.searchsorted(proof, keys), len(proof) - 1)
        found: Numbers = np.where(proof[near] == keys, places[near], NO_INDEX)
        return found

    @cached_property
    def _proof(self) -> tuple[Numbers, Numbers]:
        """The keys of the steps of the proof, sorted, each once; and at which place each comes first."""
        keys, places = np.unique(self._proof_keys, return_index=True)
        return keys, places

    @cached_property
    def _proof_keys(self) -> Numbers:
        """A number for each step of the proof, by what it concludes, by which rule and along what."""
        system = self.system
        rules = {rule.id: number for number, rule in enumerate(system.rules)}
        rows = [
            (
                system.facts.number(step.fact),
                rules.get(step.rule, len(rules)),
                system.relation_numbers[step.relations[0]] if step.relations else len(system.relation_numbers),
            )
            for step in self.reach.certificate.steps
        ]
        facts, by, first = np.array(rows, np.int64).reshape(-1, 3).T
        return self._keys(facts, by, first)

    def _bounds(self, alike: Sequence[Sequence[Added]]) -> list[tuple[int, int]]:
        """How many crown jewels and records each leaves at least."""
        found = list[tuple[int, int]]()
        for first in range(0, len(alike), _BLOCK):
            stopped = [self.system.stopped_by(*some[0]) for some in alike[first : first + _BLOCK]]
            measures = self._least(stopped)
            found += [(len(it.crown_jewels), it.records) for it in (measures[place] for place in range(len(stopped)))]
        return found

    def _least(self, stopped: Sequence[Numbers]) -> dict[int, Measure]:
        """What is left at least, where each of some groups of steps is stopped: what the proof has without them."""
        numbers, worlds = self._facts, len(stopped)
        rows = b"".join(row.to_bytes(-(-worlds // 64) * 8, "little") for row in self._without(stopped))
        kept = ~np.frombuffer(rows, "<u8").reshape(len(numbers), -1).astype(np.uint64)
        frame = Frame(self.system, [World(self.scenario)] * worlds)
        batch = Batch(self.system, frame, settled(numbers), None, back_end_of("numpy"))
        return Ruler(self.system).measures(Solved(batch, frame, np.arange(worlds), kept, []))

    def _without(self, stopped: Sequence[Numbers]) -> list[int]:
        """For each fact, by its place, the groups of steps (a bit each) on which the proof builds it."""
        own, found = self._stopping(stopped), [0] * len(self._facts)
        for turn, fact, premises in self._places_of_proof:
            row = own.get(turn, 0)
            for premise in premises:
                row |= found[premise]
            found[fact] = row
        return found

    @cached_property
    def _places_of_proof(self) -> list[tuple[int, int, list[int]]]:
        """For each step the place at which it comes first, that of what it concludes and those of its premises."""
        keys, places = self._proof
        firsts = places[np.searchsorted(keys, self._proof_keys)].tolist()
        row, number = {int(fact): place for place, fact in enumerate(self._facts.tolist())}, self.system.facts.number
        return [
            (first, row[number(step.fact)], [row[number(premise)] for premise in step.premises])
            for first, step in zip(firsts, self.reach.certificate.steps, strict=True)
        ]

    def _stopping(self, stopped: Sequence[Numbers]) -> dict[int, int]:
        """For each step of the proof, by its place, the groups (a bit each) that stop it."""
        found = defaultdict[int, int](int)
        for group, steps in enumerate(stopped):
            for turn in self._used_by[steps].tolist():
                if turn != NO_INDEX:
                    found[turn] |= 1 << group
        return found

    @cached_property
    def _facts(self) -> Numbers:
        """The facts of the proof, by number."""
        numbers = [self.system.facts.number(step.fact) for step in self.reach.certificate.steps]
        return np.unique(np.array(numbers, np.int64))

    def _keys(self, facts: Numbers, rules: Numbers, first: Numbers) -> Numbers:
        found: Numbers = (facts * (len(self.system.rules) + 1) + rules) * (
            len(self.system.relation_numbers) + 1
        ) + first
        return found


def _id(added: Added) -> str:
    kind, host = added
    return f"{kind}@{host}"
