"""What many worlds reach, in the numbers that people compare: crown jewels, records, processes, entities; no score."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from blastradius.columns.ragged import Flags, Numbers
from blastradius.columns.tables import KINDS, NO_INDEX
from blastradius.engine import (
    CAPABILITIES,
    SEED_KINDS,
    PreparedEstate,
    Proposal,
    Solved,
    System,
    World,
    check_worlds,
    solve_worlds,
)
from blastradius.engine.batch.network import Bits
from blastradius.engine.batch.solve import unpacked
from blastradius.estate import Estate
from blastradius.model import Capability, Fact, Kind, Scenario
from blastradius.reports.copies import Holdings

MOST_AUDITED = 1_000_000
"""Up to how many relations an estate is audited; the checker takes about 2 kB for each."""


class Measure(NamedTuple):
    """What one world reaches besides where it starts; ``records`` can be read, those of copies counted once.

    ``uncounted`` are the stores that can be read in part, or whole and do not state how many records they hold.
    ``beyond`` counts the entities over which more is had than a stranger could have under the same level. What is
    stated to be public counts nowhere.
    """

    crown_jewels: tuple[str, ...]
    records: int
    processes: int
    entities: int
    beyond: int
    uncounted: int = 0

    @property
    def size(self) -> tuple[int, int, int, int, int]:
        """What worlds are sorted by."""
        return len(self.crown_jewels), self.records, self.uncounted, self.processes, self.entities


def measured(
    system: PreparedEstate, worlds: Sequence[World], proposal: Proposal | None = None, stranger: World | None = None
) -> list[Measure]:
    """The measure of each world; every world is audited first.

    ``stranger`` is the world of what anyone could reach, beyond which is counted; everything where it is not asked.

    Raises:
        UsageError: a world names something that the estate does not have, or the memory does not suffice.
        CertificateError: the audit refuses what the engine claims; a defect of the engine.
    """
    if stranger is None:
        return _in_order(map(Ruler(system).measures, audited(system, worlds, proposal)))
    beside = _Beside(system, stranger, len(worlds))
    return _in_order(map(beside.measures, audited(system, [stranger, *worlds], proposal)))[1:]


def _in_order(blocks: Iterable[dict[int, Measure]]) -> list[Measure]:
    """The measures of all worlds of some blocks by their places."""
    found: dict[int, Measure] = {}
    for measures in blocks:
        found.update(measures)
    return [found[place] for place in range(len(found))]


class _Beside:
    """Measures of blocks of worlds beside what a stranger reaches, whose own world is the first that is asked."""

    def __init__(self, system: PreparedEstate, stranger: World, more: int) -> None:
        self.system, self.stranger, self.more = system, stranger, more
        self.ruler: Ruler | None = None

    def measures(self, solved: Solved) -> dict[int, Measure]:
        """Those of a block; the stranger is mostly in the first."""
        if self.ruler is None:
            alike = solved.places[:1].tolist() == [0]
            known = _held_by(solved) if alike else _facts_in(self.system, self.stranger, self.more)
            self.ruler = Ruler(self.system, known)
        return self.ruler.measures(solved)


class Novelty(NamedTuple):
    """The measure of a world, the processes (ids) that it reaches, and of which things it reaches something new.

    New is what is not among facts that were known before; ``measure.beyond`` counts the things.
    """

    measure: Measure
    processes: tuple[str, ...]
    new_jewels: tuple[str, ...]
    new_processes: tuple[str, ...]


def novelties(system: PreparedEstate, worlds: Sequence[World], known: Flags) -> list[Novelty]:
    """What each world reaches and which of it is new beside ``known`` facts (by number); every world is audited first.

    Raises:
        UsageError: as ``measured`` does.
        CertificateError: the audit refuses what the engine claims; a defect of the engine.
    """
    ruler = Ruler(system, known)
    found: dict[int, Novelty] = {}
    for novel in map(ruler.novelties, audited(system, worlds)):
        found.update(novel)
    return [found[place] for place in range(len(worlds))]


def holding(system: PreparedEstate, worlds: Sequence[World], facts: Numbers) -> Flags:
    """Whether facts (columns, by number) hold in each world (a row); every world is audited first."""
    found = np.zeros((len(worlds), len(facts)), np.bool_)
    for solved in audited(system, worlds) if worlds else ():
        found[solved.places] = solved.holds(facts).T
    return found


def anyones(system: PreparedEstate, strangers: Sequence[Scenario], facts: Numbers) -> Flags:
    """The same of what strangers alone could do, for facts about entities; kept with the estate for other questions."""
    found = np.zeros((len(strangers), len(facts)), np.bool_)
    for row, stranger in enumerate(strangers):
        if stranger not in system.strangers:
            system.strangers[stranger] = np.packbits(_facts_in(system, World(stranger), 0))
        found[row] = np.unpackbits(system.strangers[stranger]).view(np.bool_)[facts]
    return found


def held_in(system: PreparedEstate, worlds: Sequence[World], facts: Sequence[Fact]) -> list[frozenset[Fact]]:
    """Which of some facts hold in each world; every world is audited first."""
    return [held for _, held in compared(system, worlds, facts)]


def compared(
    system: PreparedEstate, worlds: Sequence[World], facts: Sequence[Fact], stranger: World | None = None
) -> list[tuple[Measure, frozenset[Fact]]]:
    """The measure of each world, and which of some facts hold in it; every world is audited first.

    ``stranger`` is as for ``measured``.

    Raises:
        UsageError: as ``measured`` does.
        CertificateError: the audit refuses what the engine claims; a defect of the engine.
    """
    ruler = Ruler(system, None if stranger is None else _facts_in(system, stranger, len(worlds)))
    numbers = np.array([system.facts.number(fact) for fact in facts], np.int64)
    found: dict[int, tuple[Measure, frozenset[Fact]]] = {}
    for solved in audited(system, worlds):
        measures, held = ruler.measures(solved), solved.holds(numbers)
        for world, place in enumerate(solved.places.tolist()):
            found[place] = measures[place], frozenset(facts[row] for row in np.flatnonzero(held[:, world]).tolist())
    return [found[place] for place in range(len(worlds))]


def _facts_in(system: PreparedEstate, world: World, more: int) -> Flags:
    """The facts about entities, by number, that hold in one world, after which so many more are asked."""
    if is_audited(system.estate):
        system.expect(more)
    (solved,) = audited(system, [world])
    return _held_by(solved)


def _held_by(solved: Solved) -> Flags:
    """The facts about entities, by number, that hold in the first world of a block."""
    facts = np.arange(len(solved.batch.system.facts.entities) * len(CAPABILITIES))
    loose = [(known[words == 0], words[words == 0], bits[words == 0]) for known, words, bits in solved.loose]
    word = replace(solved, state=solved.state[:, :1], loose=loose).bits(facts)[:, 0]
    held: Flags = (word & np.uint64(1)) > 0
    return held


def is_audited(estate: Estate) -> bool:
    """Whether what is solved of an estate is verified: the checker's own table of a very large one would not fit."""
    return estate.census.relations <= MOST_AUDITED


def audited(system: PreparedEstate, worlds: Sequence[World], proposal: Proposal | None = None) -> Iterator[Solved]:
    """Worlds solved, each block of them verified by the independent checker unless the estate is too large for it.

    No block is kept here: who asks for the next one should have let go of the one before, or both take memory.
    """
    found = solve_worlds(system, worlds, proposal=proposal)
    if not is_audited(system.estate):
        return found
    proposed = None if proposal is None else proposal.estate

    def checked(solved: Solved) -> Solved:
        check_worlds(system, solved, proposed, worlds)
        return solved

    return map(checked, found)


class Ruler:
    """What of an estate counts; ``strangers`` are facts that anyone could have, beyond which is counted."""

    def __init__(self, system: System, strangers: Flags | None = None) -> None:
        entities = system.columns.entities
        self.strangers = strangers
        self.system = system
        self.jewels = np.flatnonzero(entities.crown_jewel)
        self.jewel_names = np.array([entities.ids[jewel] for jewel in self.jewels.tolist()], np.object_)
        self.processes = np.flatnonzero(entities.kind == KINDS.index(Kind.PROCESS))
        self.holdings = Holdings.of(system.columns)
        plain = self.holdings.plain
        originals = np.array([min(self.holdings.originals[row]) for row in plain.tolist()], np.int64)
        largest_first = np.lexsort((-self.holdings.records[plain], originals))
        self.stores = self.holdings.stores[plain][largest_first]
        self.larger = _before(originals[largest_first])
        self.records = self.holdings.records[plain][largest_first]
        for smaller, larger in self.larger[:1]:
            self.records[larger] -= self.records[smaller]
        private = np.flatnonzero((entities.kind == KINDS.index(Kind.STORE)) & ~entities.public)
        self.sized = private[entities.records[private] != NO_INDEX]
        self.unsized = private[entities.records[private] == NO_INDEX]

    def measures(self, solved: Solved) -> dict[int, Measure]:
        """The measure of each world of a block, by its place in the list that was asked."""
        worlds = len(solved.places)
        entities = beyond = self._entities(solved, self.strangers)
        if self.strangers is not None:
            entities = beyond | self._entities(solved, ~self.strangers)
        jewels = unpacked(entities[self.jewels], worlds)
        records, uncounted, reached = self._records(solved), self._uncounted(solved), _counted(entities, worlds)
        processes = _counted(entities[self.processes], worlds)
        more = reached if self.strangers is None else _counted(beyond, worlds)
        found = {}
        for world, place in enumerate(solved.places.tolist()):
            names = tuple(self.jewel_names[jewels[:, world]].tolist())
            counts = (records[world], processes[world], reached[world], more[world], uncounted[world])
            found[place] = Measure(names, *counts)
        return found

    def novelties(self, solved: Solved) -> dict[int, Novelty]:
        """What each world of a block reaches, by name where that is asked, and what of it is new."""
        worlds, measures = len(solved.places), self.measures(solved)
        new = self._entities(solved, self.strangers)
        processes = self._named(self.processes, unpacked(self._entities(solved)[self.processes], worlds))
        new_processes = self._named(self.processes, unpacked(new[self.processes], worlds))
        new_jewels = self._named(self.jewels, unpacked(new[self.jewels], worlds))
        return {
            place: Novelty(measures[place], processes[world], new_jewels[world], new_processes[world])
            for world, place in enumerate(solved.places.tolist())
        }

    def _named(self, entities: Numbers, there: NDArray[np.bool_]) -> list[tuple[str, ...]]:
        """For each world (a column) the ids of the entities (a row each) that are there."""
        names = self.system.columns.entities.ids
        ids = np.array([names[entity] for entity in entities.tolist()], np.object_)
        return [tuple(ids[column].tolist()) for column in there.T]

    def _uncounted(self, solved: Solved) -> list[int]:
        """How many stores can be read in each world and are in no count of records."""

        def reading(stores: Numbers, capability: Capability) -> Bits:
            return solved.bits(self.system.facts.facts(stores, capability))

        in_part = reading(self.sized, Capability.READ_SUBSET) & ~reading(self.sized, Capability.READ)
        unsized = reading(self.unsized, Capability.READ_SUBSET)
        return _counted(np.concatenate([in_part, unsized]), len(solved.places))

    def _entities(self, solved: Solved, besides: Flags | None = None) -> Bits:
        """For each entity the worlds in which something holds of it that did not hold from the start.

        ``besides`` are facts that do not count; nor does what is public.
        """
        network, words = solved.network, solved.state.shape[1]
        found = np.zeros((len(self.system.facts.entities), words), np.uint64)
        entity, _ = self.system.facts.split(network.facts)
        here = (entity != NO_INDEX) & (network.places != NO_INDEX)
        somewhere: Flags = np.bitwise_or.reduce(solved.state, axis=1) != 0  # most rows are empty in a block
        here &= somewhere[network.places]
        if besides is not None:
            here &= ~besides[np.where(here, network.facts, 0)]
        owners = entity[here]
        firsts = np.flatnonzero(np.diff(owners, prepend=NO_INDEX))
        if len(firsts):
            found[owners[firsts]] = np.bitwise_or.reduceat(solved.state[network.places[here]], firsts, axis=0)
        for facts, word, bits in solved.loose:
            owner, _ = self.system.facts.split(facts)
            known = owner != NO_INDEX
            if besides is not None:
                known &= ~besides[np.where(known, facts, 0)]
            np.bitwise_or.at(found, (owner[known], word[known]), bits[known])
        for world, name in _starts(solved):
            number = self.system.facts.entity_numbers.get(name, NO_INDEX)  # a zone is no entity
            if number != NO_INDEX:
                found[number, world // 64] &= ~(np.uint64(1) << np.uint64(world % 64))
        found[self.system.columns.entities.public] = 0
        return found

    def _records(self, solved: Solved) -> list[int]:
        """The records that can be read in each world, those of copies once.

        A copy of one counts by what it has more than the next smaller one, where it or a larger one can be read.
        """
        read = solved.bits(self.system.facts.facts(self.stores, Capability.READ))
        for smaller, larger in self.larger:
            read[smaller] |= read[larger]
        found = summed(read, self.records, len(solved.places))
        for rows in self.holdings.tangled:
            found = [records + more for records, more in zip(found, self._shared(solved, rows), strict=True)]
        return found

    def _shared(self, solved: Solved, rows: Numbers) -> list[int]:
        """The records that stores add up to in each world, copies of several originals among them."""
        facts = self.system.facts.facts(self.holdings.stores[rows], Capability.READ)
        patterns, which = np.unique(unpacked(solved.bits(facts), len(solved.places)), axis=1, return_inverse=True)
        counts = [self.holdings.count(rows[pattern].tolist()) for pattern in patterns.T]
        return [counts[pattern] for pattern in which.tolist()]


def _starts(solved: Solved) -> Iterator[tuple[int, str]]:
    for place, world in enumerate(solved.worlds):
        for way in SEED_KINDS:
            for name in getattr(world.scenario, way):
                yield place, name


def _counted(bits: Bits, worlds: int) -> list[int]:
    """For each world the number of rows in which it has a bit."""
    return summed(bits, np.ones(len(bits), np.int64), worlds)


def summed(bits: Bits, weights: Numbers, worlds: int) -> list[int]:
    """For each world the sum, however large, of the weights of the rows in which it has a bit; none is negative.

    Full adders make two rows of three, of the same power of two and the next one, until two are left of each.
    """
    found, carried, power = [0] * worlds, bits[:0], 0
    while len(carried) or (weights >> power).any():
        rows, carried = _added(np.concatenate([bits[weights >> power & 1 == 1], carried]))
        found = [
            each + (more << power)
            for each, more in zip(found, unpacked(rows, worlds).sum(axis=0).tolist(), strict=True)
        ]
        power += 1
    return found


def _added(rows: Bits) -> tuple[Bits, Bits]:
    """At most two rows that together have the odd bits of all, and rows of what is carried."""
    carried = [rows[:0]]
    while len(rows) > 2:
        one, two, three = rows[: len(rows) // 3 * 3].reshape(3, -1, rows.shape[1])
        odd = one ^ two
        carried.append((one & two) | (odd & three))
        rows = np.concatenate([odd ^ three, rows[len(rows) // 3 * 3 :]])
    return rows, np.concatenate(carried)


def _before(groups: Numbers) -> list[tuple[Numbers, Numbers]]:
    """Rows in groups: those that come one, two, four places after another of their group, and this other one.

    If each takes on what the other has, one distance after the other, it has what all before it had.
    """
    place = np.arange(len(groups)) - np.searchsorted(groups, groups)
    distances = [2**power for power in range(int(place.max(initial=0)).bit_length())]
    later = [np.flatnonzero(place >= distance) for distance in distances]
    return [(here, here - each) for here, each in zip(later, distances, strict=True)]
