"""What each of many starts reaches at each level in one estate and not in another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from blastradius.columns.ragged import Numbers
from blastradius.engine import CAPABILITIES, PreparedEstate, World
from blastradius.engine.batch.network import Bits
from blastradius.engine.batch.solve import WORDS, unpacked
from blastradius.model import Capability, Level, Scenario
from blastradius.reports.impact import audited

_LEVELS = tuple(Level)
_AT_ONCE = 64 * WORDS // len(_LEVELS)
"""How many starts are compared at once: as many as are solved together at every level."""


class Gained(NamedTuple):
    """A hold that one start, by its place, has over an entity since ``level``.

    In the other estate it has it since ``before``, or at none of the levels that were asked about.
    """

    start: int
    entity: str
    capability: Capability
    level: Level
    before: Level | None


def gained_and_lost(
    base: PreparedEstate, head: PreparedEstate, starts: Sequence[tuple[Scenario, Scenario]], most: Level
) -> tuple[list[Gained], list[Gained]]:
    """What each start reaches in the head alone, or earlier, and in the base alone, or earlier.

    ``starts`` are its scenarios in the base and in the head, one without a seed where it is not there; each is asked
    at each level up to ``most``. Every world is audited.

    Raises:
        UsageError: the memory does not suffice.
        CertificateError: the audit refuses what the engine claims; a defect of the engine.
    """
    names = sorted({*base.facts.entities, *head.facts.entities})
    gained: list[Gained] = []
    lost: list[Gained] = []
    for first in range(0, len(starts), _AT_ONCE):
        some = starts[first : first + _AT_ONCE]
        before = _reached(base, names, [scenario for scenario, _ in some], most)
        after = _reached(head, names, [scenario for _, scenario in some], most)
        gained += _beyond(after & ~before, names, first, most)
        lost += _beyond(before & ~after, names, first, most)
    return gained, lost


def _reached(system: PreparedEstate, names: Sequence[str], scenarios: Sequence[Scenario], most: Level) -> Bits:
    """For each fact about an entity of either estate a bit for each start at each level, the levels side by side."""
    worlds = [World(scenario.model_copy(update={"assume": level})) for scenario in scenarios for level in _up_to(most)]
    numbers = {name: number for number, name in enumerate(names)}
    there = np.array([numbers[name] for name in system.facts.entities], np.int64)
    width, words = len(CAPABILITIES), -(-len(worlds) // 64)
    found = np.zeros((len(names), width, words), np.uint64)
    for solved in audited(system, worlds):
        bits = solved.bits(np.arange(len(there) * width))
        reached = np.flatnonzero(bits.any(axis=1))
        entity, capability = np.divmod(reached, width)
        found[there[entity], capability] |= _placed(bits[reached], solved.places, words)
    return found.reshape(-1, words)


def _placed(bits: Bits, places: Numbers, words: int) -> Bits:
    """Rows of a block of worlds as rows of all worlds."""
    held = np.zeros((len(bits), words * 64), np.bool_)
    held[:, places] = unpacked(bits, len(places))
    placed: Bits = np.packbits(held, axis=-1, bitorder="little").view("<u8").astype(np.uint64, copy=False)
    return placed


def _up_to(most: Level) -> list[Level]:
    return [level for level in _LEVELS if level <= most]


def _beyond(bits: Bits, names: Sequence[str], first: int, most: Level) -> Iterator[Gained]:
    """Each fact and start with a bit: it has one for each level at which only one of the estates has it."""
    levels = len(_up_to(most))
    rows = np.flatnonzero(bits.any(axis=1))
    row, world = np.nonzero(unpacked(bits[rows], bits.shape[1] * 64))
    start, level = np.divmod(world, levels)
    pair, lowest = np.unique(rows[row] * _AT_ONCE + start, return_index=True)
    count = np.diff(np.append(lowest, len(row)))
    for fact_and_start, low, held in zip(pair.tolist(), level[lowest].tolist(), count.tolist(), strict=True):
        fact, place = divmod(fact_and_start, _AT_ONCE)
        entity, capability = divmod(int(fact), len(CAPABILITIES))
        before = _LEVELS[low + held] if low + held < levels else None
        yield Gained(first + place, names[entity], CAPABILITIES[capability], _LEVELS[low], before)
