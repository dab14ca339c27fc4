"""What each of many starts reaches at each level, in two estates: what is gained, what is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from blastradius.columns.ragged import Numbers
from blastradius.engine import CAPABILITIES, PreparedEstate, World
from blastradius.engine.batch.solve import unpacked
from blastradius.model import Capability, Level, Scenario
from blastradius.reports.impact import audited

_LEVELS = tuple(Level)
_WIDTH = len(CAPABILITIES)


class Gained(NamedTuple):
    """A hold that one start has over one entity since ``level``, and had ``before`` since another, or not at all."""

    start: int
    entity: str
    capability: Capability
    level: Level
    before: Level | None


@dataclass(frozen=True)
class Names:
    """One number for each entity of two estates."""

    names: Sequence[str]

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The number of each name."""
        return {name: number for number, name in enumerate(self.names)}

    def of(self, system: PreparedEstate) -> Numbers:
        """The numbers of an estate's entities, in its own order."""
        return np.array([self.numbers[name] for name in system.facts.entities], np.int64)


@dataclass(frozen=True)
class Spread:
    """What is reached: ``facts`` has a number for each pair of start and fact, sorted, ``lows`` its lowest level."""

    names: Names
    facts: Numbers
    lows: Numbers

    def beyond(self, other: Spread) -> Iterator[Gained]:
        """What is reached here and not in the other one, or only from a higher level on."""
        place = np.searchsorted(other.facts, self.facts)
        there = np.full(len(self.facts), len(_LEVELS))
        near = np.minimum(place, max(len(other.facts) - 1, 0))
        if len(other.facts):
            same = other.facts[near] == self.facts
            there[same] = other.lows[near[same]]
        for number in np.flatnonzero(self.lows < there).tolist():
            rest, capability = divmod(int(self.facts[number]), _WIDTH)
            start, entity = divmod(rest, len(self.names.names))
            before = None if there[number] == len(_LEVELS) else _LEVELS[there[number]]
            name, low = self.names.names[entity], _LEVELS[self.lows[number]]
            yield Gained(start, name, CAPABILITIES[capability], low, before)


def spread(system: PreparedEstate, starts: Mapping[int, Scenario], names: Names, most: Level = Level.LATERAL) -> Spread:
    """What each start reaches, at each level up to ``most``; every world is audited.

    Raises:
        UsageError: the memory does not suffice.
        CertificateError: the audit refuses what the engine claims; a defect of the engine.
    """
    levels = [level for level in _LEVELS if level <= most]
    asked = [(start, place) for start in starts for place in range(len(levels))]
    worlds = [World(starts[start].model_copy(update={"assume": levels[place]})) for start, place in asked]
    owners = np.array(asked, np.int64).reshape(-1, 2)
    facts, numbers = np.arange(len(system.facts.entities) * _WIDTH), names.of(system)
    found, lows = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for solved in audited(system, worlds) if worlds else ():
        bits = solved.bits(facts)
        rows = np.flatnonzero(bits.any(axis=1))
        row, column = np.nonzero(unpacked(bits[rows], len(solved.places)))
        start, low = owners[solved.places[column]].T
        entity, capability = np.divmod(rows[row], _WIDTH)
        found.append((start * len(names.names) + numbers[entity]) * _WIDTH + capability)
        lows.append(low)
    return _lowest(names, np.concatenate(found), np.concatenate(lows))


def _lowest(names: Names, facts: Numbers, lows: Numbers) -> Spread:
    order = np.lexsort((lows, facts))
    facts, first = np.unique(facts[order], return_index=True)
    return Spread(names, facts, lows[order][first])
