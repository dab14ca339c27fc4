"""What several third parties reach only together: more than all that each of them reaches alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

import numpy as np

from blastradius.columns.ragged import Flags, Numbers
from blastradius.columns.tables import BASES
from blastradius.engine import CAPABILITIES, PreparedEstate, World
from blastradius.model import Basis, Capability, Fact, Scenario
from blastradius.reports.impact import audited
from blastradius.reports.words import is_public

Fallen: TypeAlias = tuple[str, ...]
"""The parties that fall together, by id."""


@dataclass(frozen=True)
class Apart:
    """What each party reaches alone: (facts, parties) as truth values, facts by number; ``all`` if all fall at once."""

    parties: tuple[str, ...]
    held: Flags
    all: Flags


def apart(system: PreparedEstate, asked: Scenario, way: str, parties: Sequence[str]) -> Apart:
    """Each party solved alone, and all of them at once; every world is audited."""
    worlds = [_fallen(asked, way, [party]) for party in parties] + [_fallen(asked, way, parties)]
    held = np.zeros((system.facts.total, len(worlds)), np.bool_)
    for solved in audited(system, worlds):
        held[:, solved.places] = solved.holds(np.arange(system.facts.total))
    return Apart(tuple(parties), held[:, :-1], held[:, -1])


def _fallen(asked: Scenario, way: str, parties: Iterable[str]) -> World:
    return World(asked.model_copy(update={way: tuple(parties)}))


def pairs_that_meet(system: PreparedEstate, alone: Apart) -> list[Fallen]:
    """The pairs that may reach more together: each brings to some step what the other does not have.

    Of what only two reach together, what comes first comes by a step that takes something from either of them.
    """
    count = len(alone.parties)
    meet = np.zeros((count, count), np.bool_)
    for brought in _brought(system, alone):
        more = (brought.T.astype(np.int32) @ ~brought) > 0  # what the one brings and the other does not
        meet |= more & more.T
    return [(alone.parties[one], alone.parties[other]) for one, other in np.argwhere(np.triu(meet)).tolist()]


def _brought(system: PreparedEstate, alone: Apart) -> Iterator[Flags]:
    """For steps that take several things, which party has which of them; the same once."""
    steps = system.steps
    several = np.flatnonzero(np.diff(steps.premises.indptr) + np.diff(steps.blockers.indptr) > 1)
    some: Flags = np.logical_or.reduce(alone.held, axis=1) & ~np.logical_and.reduce(alone.held, axis=1)
    seen = set()
    for step in several.tolist():
        fallen = [system.facts.stone(Capability.INACTIVE, control) for control in steps.blockers[step]]
        taken = np.array([*steps.premises[step], *fallen], np.int64)
        brought = alone.held[taken[some[taken]]]
        if len(brought) > 1 and (key := brought.tobytes()) not in seen:
            seen.add(key)
            yield brought


def every_pair(parties: Sequence[str]) -> list[Fallen]:
    """All pairs, in the order of the parties."""
    return list(combinations(parties, 2))


def only_together(
    system: PreparedEstate, asked: Scenario, way: str, alone: Apart, sets: Sequence[Fallen]
) -> dict[Fallen, frozenset[Fact]]:
    """Of each set that reaches more than the union of its parties, what that is; every world is audited.

    What is stated to be public does not count.
    """
    numbers = _counted(system, alone.all)
    places = {party: place for place, party in enumerate(alone.parties)}
    held, found = alone.held[numbers], {}
    for solved in audited(system, [_fallen(asked, way, parties) for parties in sets]):
        together = solved.holds(numbers)
        for column, place in enumerate(solved.places.tolist()):
            own = held[:, [places[party] for party in sets[place]]].any(axis=1)
            more = numbers[together[:, column] & ~own]
            if len(more):
                found[sets[place]] = frozenset(map(system.facts.fact, more.tolist()))
    return found


def _counted(system: PreparedEstate, held: Flags) -> Numbers:
    """The facts about entities that are not public, of those that are held."""
    numbers = np.flatnonzero(held[: len(system.facts.entities) * len(CAPABILITIES)])
    public = np.array([is_public(system.estate, name) for name in system.facts.entities], np.bool_)
    counted: Numbers = numbers[~public[numbers // len(CAPABILITIES)]] if len(numbers) else numbers
    return counted


def beyond_all(system: PreparedEstate, alone: Apart, found: Iterable[frozenset[Fact]]) -> frozenset[Fact]:
    """What all parties at once reach that none reaches alone, and none of some sets."""
    numbers = _counted(system, alone.all & ~alone.held.any(axis=1))
    return frozenset(map(system.facts.fact, numbers.tolist())).difference(*found)


def known_together(
    system: PreparedEstate, asked: Scenario, way: str, found: Mapping[Fallen, frozenset[Fact]]
) -> dict[Fallen, dict[Fact, Basis]]:
    """The best basis on which each thing that only a set reaches can be proved."""
    bases = BASES[: BASES.index(asked.basis)]
    worlds = [
        World(asked.model_copy(update={way: parties, "basis": basis})) for basis in reversed(bases) for parties in found
    ]
    sets = list(found)
    numbers = {parties: np.array(sorted(map(system.facts.number, found[parties])), np.int64) for parties in sets}
    known = {parties: dict.fromkeys(facts, asked.basis) for parties, facts in found.items()}
    for solved in audited(system, worlds) if worlds else ():
        for column, place in enumerate(solved.places.tolist()):
            rank, which = divmod(place, len(sets))
            held = solved.holds(numbers[sets[which]])[:, column]
            for number in numbers[sets[which]][held].tolist():
                fact, basis = system.facts.fact(number), bases[-1 - rank]
                known[sets[which]][fact] = min(known[sets[which]][fact], basis, key=BASES.index)
    return known
