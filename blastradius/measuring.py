"""What many worlds reach, in the numbers that people compare: crown jewels, records, processes, entities; no score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from blastradius.columns import KINDS, NOWHERE
from blastradius.engine import SEED_KINDS, Proposal, Solved, System, World, check_worlds, solve_worlds
from blastradius.engine.solve import Bits, unpacked
from blastradius.estate import Estate
from blastradius.lists import Numbers
from blastradius.model import Capability, Kind

MOST_AUDITED = 500_000
"""Up to how many relations an estate is audited; the checker takes about 3.6 kB for each."""

_CHUNK = 4096


@dataclass(frozen=True)
class Measure:
    """What one world reaches besides where it starts; ``records`` can be read, those of copies counted once."""

    crown_jewels: tuple[str, ...]
    records: int
    processes: int
    entities: int

    @property
    def size(self) -> tuple[int, int, int, int]:
        """What worlds are sorted by."""
        return len(self.crown_jewels), self.records, self.processes, self.entities


def measured(system: System, worlds: Sequence[World], proposal: Proposal | None = None) -> list[Measure]:
    """The measure of each world; every world is audited first.

    Raises:
        UsageError: a world names something that the estate does not have, or the memory does not suffice.
        CertificateError: the audit refuses what the engine claims; a defect of the engine.
    """
    ruler = _Ruler(system)
    found: dict[int, Measure] = {}
    for each in map(ruler.measures, audited(system, worlds, proposal)):
        found.update(each)
    return [found[place] for place in range(len(worlds))]


def is_audited(estate: Estate) -> bool:
    """Whether what is solved of an estate is verified: the audit's own book of a very large one would not fit."""
    return len(estate.relations) <= MOST_AUDITED


def audited(system: System, worlds: Sequence[World], proposal: Proposal | None = None) -> Iterator[Solved]:
    """Worlds solved, each block of them verified by the independent checker unless the estate is too large for it.

    No block is kept here: who asks for the next one should have let go of the one before, or both take memory.
    """

    def checked(solved: Solved) -> Solved:
        check_worlds(system.estate, solved, proposal.estate if proposal is not None else None)
        return solved

    found = solve_worlds(system, worlds, proposal=proposal)
    return map(checked, found) if is_audited(system.estate) else found


class _Ruler:
    """What of an estate counts."""

    def __init__(self, system: System) -> None:
        entities = system.columns.entities
        self.system = system
        self.jewels = np.flatnonzero(entities.crown_jewel)
        self.jewel_names = np.array([entities.ids[each] for each in self.jewels.tolist()], np.object_)
        self.processes = np.flatnonzero(entities.kind == KINDS.index(Kind.PROCESS))
        stores = np.flatnonzero(entities.records > 0)
        originals = np.array([_original(entities.copy_of, each) for each in stores.tolist()], np.int64)
        together = np.argsort(originals, kind="stable")
        self.stores = stores[together]
        self.records = entities.records[self.stores]
        self.roots = np.flatnonzero(np.diff(originals[together], prepend=-1))

    def measures(self, solved: Solved) -> dict[int, Measure]:
        """The measure of each world of a block, by its place in the list that was asked."""
        worlds = len(solved.places)
        entities = self._entities(solved)
        jewels = unpacked(entities[self.jewels], worlds)
        records, reached = self._records(solved), _count(entities, worlds)
        processes = _count(entities[self.processes], worlds)
        found = {}
        for world, place in enumerate(solved.places.tolist()):
            names = tuple(self.jewel_names[jewels[:, world]].tolist())
            found[place] = Measure(names, int(records[world]), int(processes[world]), int(reached[world]))
        return found

    def _entities(self, solved: Solved) -> Bits:
        """For each entity the worlds in which something holds of it that did not hold from the start."""
        network, words = solved.network, solved.state.shape[1]
        found = np.zeros((len(self.system.facts.entities), words), np.uint64)
        entity, _ = self.system.facts.split(network.facts)
        here = (entity != NOWHERE) & (network.places != NOWHERE)
        owners, firsts = np.unique(entity[here], return_index=True)
        if len(owners):
            found[owners] = np.bitwise_or.reduceat(solved.state[network.places[here]], firsts, axis=0)
        for facts, word, bits in solved.loose:
            owner, _ = self.system.facts.split(facts)
            known = owner != NOWHERE
            np.bitwise_or.at(found, (owner[known], word[known]), bits[known])
        for world, name in _starts(solved):
            found[self.system.facts.entity_numbers[name], world // 64] &= ~(np.uint64(1) << np.uint64(world % 64))
        return found

    def _records(self, solved: Solved) -> Numbers:
        """The records that can be read in each world, the largest of the copies of each original."""
        worlds = len(solved.places)
        read = solved.bits(self.system.facts.facts(self.stores, Capability.READ))
        found = np.zeros(worlds, np.int64)
        for first in range(0, worlds, 64):
            held = unpacked(read[:, first // 64 : first // 64 + 1], min(64, worlds - first))
            if len(self.roots):
                largest = np.maximum.reduceat(held * self.records[:, np.newaxis], self.roots, axis=0)
                found[first : first + 64] = largest.sum(axis=0)
        return found


def _starts(solved: Solved) -> Iterator[tuple[int, str]]:
    for world, each in enumerate(solved.worlds):
        for way in SEED_KINDS:
            for name in getattr(each.scenario, way):
                yield world, name


def _count(bits: Bits, worlds: int) -> Numbers:
    """For each world the number of rows in which it has a bit."""
    found = np.zeros(worlds, np.int64)
    for first in range(0, len(bits), _CHUNK):
        found += unpacked(bits[first : first + _CHUNK], worlds).sum(axis=0)
    return found


def _original(copy_of: Numbers, store: int) -> int:
    """What a store is a copy of, in the end; of copies in a circle the first."""
    seen = [store]
    while copy_of[seen[-1]] != NOWHERE:
        following = int(copy_of[seen[-1]])
        if following in seen:
            return min(seen[seen.index(following) :])
        seen.append(following)
    return seen[-1]
