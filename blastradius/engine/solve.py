"""Many worlds at once: one bit each, 64 to a machine word, filled in one pass over the steps."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from blastradius.columns import NOWHERE
from blastradius.engine import sweep
from blastradius.engine.compile import CAPABILITIES, System
from blastradius.engine.network import STRONGER, Network, network_of
from blastradius.engine.scenario import seeds_of
from blastradius.engine.worlds import Frame, World, checked_worlds, frames
from blastradius.errors import UsageError
from blastradius.lists import Flags, Numbers
from blastradius.model import Capability, Fact

Bits = NDArray[np.uint64]
Fill = Callable[[Network, Bits], None]
WORDS = 16
"""Words of 64 worlds that are solved together; at 16 a row is two cache lines."""


@dataclass(frozen=True)
class Solved:
    """Worlds solved together: ``places`` are their places in the list that was asked."""

    frame: Frame
    places: Numbers
    network: Network
    state: Bits
    loose: dict[int, NDArray[np.uint64]]

    def bits(self, facts: Numbers) -> Bits:
        """For each fact (by number) a row of words: the worlds in which it holds."""
        found = np.zeros((len(facts), self.state.shape[1]), np.uint64)
        entity, place = self.frame.system.facts.split(facts)
        for part in np.unique(place).tolist():
            here = np.flatnonzero(place == part)
            for whole in STRONGER.get(part, ()):
                self._or_into(found, here, entity[here] * len(CAPABILITIES) + whole)
            if part == NOWHERE:
                self._or_into(found, here, facts[here])
        return found

    def _or_into(self, found: Bits, here: Numbers, facts: Numbers) -> None:
        rows = self.network.row_of(facts)
        known = rows != NOWHERE
        found[here[known]] |= self.state[rows[known]]
        for number, bits in self.loose.items():
            found[here[facts == number]] |= bits

    def holds(self, facts: Numbers) -> NDArray[np.bool_]:
        """For each fact and each world whether it holds there."""
        return unpacked(self.bits(facts), len(self.places))


def unpacked(bits: Bits, worlds: int) -> NDArray[np.bool_]:
    """Rows of words as rows of truth values, one a world."""
    spread = np.unpackbits(bits.astype("<u8", copy=False).view(np.uint8), axis=-1, bitorder="little")
    return spread[..., :worlds].astype(np.bool_)


def solve_worlds(
    system: System, worlds: Sequence[World], *, engine: Literal["numpy", "fast"] | None = None
) -> Iterator[Solved]:
    """Solve worlds, some hundreds at a time; every world is in exactly one of the results.

    ``engine`` is ``fast`` where numba is installed, else ``numpy``; both give the same bits.

    Raises:
        UsageError: a world names something that the estate does not have, or a block of worlds does not fit
            into the memory that is free.
    """
    asked = checked_worlds(system, worlds)
    fill = filler(engine)
    parts = frames(system, asked, 64 * WORDS)
    return _in_turn([_job(fill, places, frame) for places, frame in parts])


def _job(fill: Fill, places: Numbers, frame: Frame) -> Callable[[], Solved]:
    return lambda: solve_frame(frame, places, fill)


def solve_frame(frame: Frame, places: Numbers, fill: Fill) -> Solved:
    """Solve the worlds of one frame."""
    network = network_of(frame)
    words = -(-len(frame.worlds) // 64)
    check_memory(network.rows, words)
    state = np.zeros((network.rows, words), np.uint64)
    loose = _set_seeds(frame, network, state)
    _set_tokens(frame, network, state)
    fill(network, state)
    return Solved(frame, places, network, state, loose)


def _in_turn(jobs: Sequence[Callable[[], Solved]]) -> Iterator[Solved]:
    """The results one by one; as many are worked on as there are processors, and no more are kept."""
    workers = min(len(os.sched_getaffinity(0)), len(jobs)) if hasattr(os, "sched_getaffinity") else 1
    if workers < 2:
        yield from (job() for job in jobs)
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting: list[Future[Solved]] = [pool.submit(job) for job in jobs[:workers]]
        for job in [*jobs[workers:], *[None] * workers]:
            yield waiting.pop(0).result()
            if job is not None:
                waiting.append(pool.submit(job))


@cache
def filler(engine: Literal["numpy", "fast"] | None) -> Fill:
    """What fills rows.

    Raises:
        UsageError: ``fast`` was asked for and numba is not installed.
    """
    if engine != "numpy":
        try:
            from blastradius.engine import swift
        except ImportError:
            if engine == "fast":
                raise UsageError("the fast engine needs numba; pip install 'partner-blastradius[fast]'") from None
        else:
            return swift.fill
    return sweep.fill


def _set_seeds(frame: Frame, network: Network, state: Bits) -> dict[int, NDArray[np.uint64]]:
    """Set what each world starts from; facts that nothing follows from are returned, by number."""
    facts, worlds = _seeds(frame)
    rows = network.row_of(facts)
    known = rows != NOWHERE
    words, bits = _words(worlds)
    np.bitwise_or.at(state, (rows[known], words[known]), bits[known])
    loose: dict[int, NDArray[np.uint64]] = {}
    for fact, word, bit in zip(facts[~known].tolist(), words[~known], bits[~known], strict=True):
        loose.setdefault(fact, np.zeros(state.shape[1], np.uint64))[word] |= bit
    return loose


def _seeds(frame: Frame) -> tuple[Numbers, Numbers]:
    """Pairs of fact and world in which it is a seed; a distrusted control is inactive from the start."""
    number: dict[int, list[int]] = {}
    facts, worlds = [], []
    for world, each in enumerate(frame.worlds):
        if id(each.scenario) not in number:
            seeds = seeds_of(each.scenario)
            number[id(each.scenario)] = [part for seed in seeds for part in _included(frame.system, seed)]
        found = number[id(each.scenario)]
        facts += found
        worlds += [world] * len(found)
    failing_worlds, controls = frame.failing
    fallen = frame.system.facts.facts(controls, Capability.INACTIVE)
    return np.concatenate([np.array(facts, np.int64), fallen]), np.concatenate(
        [np.array(worlds, np.int64), failing_worlds]
    )


def _included(system: System, seed: Fact) -> list[int]:
    """A seed and what it includes."""
    number, place = system.facts.number(seed), CAPABILITIES.index(seed.capability)
    return [number - place + part for part, wholes in STRONGER.items() if place in wholes]


def _set_tokens(frame: Frame, network: Network, state: Bits) -> None:
    for (kind, what), row in network.tokens.items():
        state[row] = packed(_worlds_with(frame, kind, what))


def _worlds_with(frame: Frame, kind: str, what: Any) -> Flags:
    """In which worlds a token is true."""
    if kind == "level":
        return frame.levels >= int(what)
    if kind == "buffer":
        return frame.outlasting(what)
    if kind == "opening":
        return frame.opening
    gone = (frame.removed if kind == "without" else frame.added)[what]
    found = np.ones(len(frame.worlds), np.bool_)
    found[gone] = False
    return found


def packed(flags: NDArray[np.bool_]) -> Bits:
    """Truth values, one a world, as words."""
    words = np.zeros(-(-len(flags) // 64) * 64, np.bool_)
    words[: len(flags)] = flags
    return np.packbits(words, bitorder="little").view("<u8").astype(np.uint64, copy=False)


def _words(worlds: Numbers) -> tuple[Numbers, Bits]:
    return worlds // 64, np.left_shift(np.uint64(1), (worlds % 64).astype(np.uint64))


def check_memory(rows: int, words: int) -> None:
    """Refuse what does not fit into the memory that is free: rows by words of 8 bytes, and half as much to work with.

    Raises:
        UsageError: with the numbers and the way out.
    """
    needed, free = rows * words * 12, free_memory()
    if free is not None and needed > free:
        raise UsageError(
            f"{rows:,} rows in {words * 64:,} worlds at once need {needed / 2**30:,.1f} GB, and "
            f"{free / 2**30:,.1f} GB are free; ask of fewer worlds at once, or on a larger machine"
        )


def free_memory() -> int | None:
    """The bytes of memory that are free, where the system tells."""
    try:
        with Path("/proc/meminfo").open(encoding="ascii") as file:
            found = dict(line.split(":") for line in file)
        return int(found["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return None


def facts_in(solved: Solved, world: int) -> set[Fact]:
    """Every fact that holds in one world (by its place within these), stepping stones left out."""
    system = solved.frame.system
    count = len(system.facts.entities) * len(CAPABILITIES)
    held = solved.holds(np.arange(count))[:, world]
    return {system.facts.fact(number) for number in np.flatnonzero(held).tolist()}
