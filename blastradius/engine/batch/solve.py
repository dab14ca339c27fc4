"""Many worlds at once: one bit each, 64 to a machine word, filled in one pass over the steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from blastradius.engine.batch import fill_numpy
from blastradius.engine.batch.frame import Frame, checked_worlds, parts
from blastradius.engine.batch.network import Network, network_of, restricted
from blastradius.engine.batch.proposal import Proposal
from blastradius.engine.compile import CAPABILITIES, STRONGER, System
from blastradius.engine.proof import Roll
from blastradius.engine.scenario import World
from blastradius.errors import UsageError
from blastradius.estate.columns import NOWHERE
from blastradius.estate.ragged import Flags, Numbers
from blastradius.memory import require
from blastradius.model import Fact

Bits = NDArray[np.uint64]
Fill = Callable[[Network, Bits], None]
WORDS = 16
"""Words of 64 worlds that are solved together; at 16 a row is two cache lines."""


@dataclass(frozen=True, eq=False)
class Part:
    """Worlds that are solved on the same rows; ``seeds`` are the facts that some of them start from."""

    whole: Frame
    network: Network
    seeds: Numbers
    proposal: Proposal | None
    _numbers: WeakKeyDictionary[Roll, Numbers] = field(default_factory=WeakKeyDictionary)
    _rows: WeakKeyDictionary[Roll, Numbers] = field(default_factory=WeakKeyDictionary)

    @property
    def system(self) -> System:
        """The system whose worlds they are."""
        return self.whole.system

    def numbers(self, roll: Roll) -> Numbers:
        """The numbers of facts; ``NOWHERE`` for those that no world could have."""
        known = self._numbers if self.proposal is not None else self.system.cache.setdefault("numbers", self._numbers)
        if roll not in known:
            known[roll] = np.array([self._number(fact) for fact in roll.facts], np.int64)
        found: Numbers = known[roll]
        return found

    def rows(self, roll: Roll) -> Numbers:
        """The rows of facts, or ``NOWHERE``."""
        if roll not in self._rows:
            self._rows[roll] = self.network.row_of(self.numbers(roll))
        return self._rows[roll]

    def beyond(self, roll: Roll) -> Roll:
        """The facts that have a row and are not among these."""
        there = self.network.facts[self.network.places != NOWHERE]
        return Roll(tuple(map(self.system.facts.fact, np.setdiff1d(there, self.numbers(roll)).tolist())))

    def _number(self, fact: Fact) -> int:
        try:
            return self.system.facts.number(fact)
        except (KeyError, ValueError):
            return self.proposal.new.get(fact, NOWHERE) if self.proposal is not None else NOWHERE

    def somewhere(self, roll: Roll) -> Flags:
        """Whether each fact has a row, is a seed, or is included in something that has a row."""
        numbers = self.numbers(roll)
        entity, place = self.system.facts.split(numbers)
        found: Flags = (self.rows(roll) != NOWHERE) | np.isin(numbers, self.seeds)
        for part, wholes in STRONGER.items():
            here = np.flatnonzero((place == part) & (entity >= 0) & ~found)
            for whole in wholes[1:]:
                found[here] |= self.network.row_of(entity[here] * len(CAPABILITIES) + whole) != NOWHERE
        return found


@dataclass(frozen=True)
class Solved:
    """Worlds solved together: ``places`` are their places in the list that was asked.

    ``loose`` has the bits of facts without a row, seeds that nothing follows from: facts, words and bits.
    """

    part: Part
    frame: Frame
    places: Numbers
    state: Bits
    loose: list[tuple[Numbers, Numbers, Bits]]

    @property
    def network(self) -> Network:
        """The rows that were filled."""
        return self.part.network

    @property
    def worlds(self) -> Sequence[World]:
        """The worlds, in the order of their bits."""
        return self.frame.worlds

    @property
    def alike(self) -> Sequence[World]:
        """All worlds solved on the same rows."""
        return self.part.whole.worlds

    @property
    def about(self) -> Part:
        """What they share."""
        return self.part

    def rows(self, roll: Roll) -> Numbers:
        """The rows of facts, or ``NOWHERE``."""
        return self.part.rows(roll)

    def somewhere(self, roll: Roll) -> Flags:
        """Whether each fact may hold in some world."""
        return self.part.somewhere(roll)

    def beyond(self, roll: Roll) -> Roll:
        """The facts that have a row and are not among these."""
        return self.part.beyond(roll)

    def said(self, roll: Roll) -> Bits:
        """For each fact the worlds in which it holds."""
        return self._bits(self.part.numbers(roll), self.part.rows(roll))

    def bits(self, facts: Numbers) -> Bits:
        """For each fact (by number) a row of words: the worlds in which it holds."""
        return self._bits(facts, self.network.row_of(facts))

    def _bits(self, facts: Numbers, rows: Numbers) -> Bits:
        found = (
            self.state.take(np.maximum(rows, 0), axis=0)
            if len(self.state)
            else np.zeros((len(facts), self.state.shape[1]), np.uint64)
        )
        rowless = np.flatnonzero(rows == NOWHERE)
        found[rowless] = 0
        self._or_into(found, rowless, facts[rowless])
        entity, place = self.frame.system.facts.split(facts[rowless])
        for part in np.unique(place[entity >= 0]).tolist():
            here = np.flatnonzero(place == part)
            for whole in STRONGER[part][1:]:
                self._or_into(found, rowless[here], entity[here] * len(CAPABILITIES) + whole)
        return found

    def add(self, facts: Numbers, words: Numbers, bits: Bits) -> None:
        """Set bits: for each fact some bits of one word."""
        rows = self.network.row_of(facts)
        known = rows != NOWHERE
        np.bitwise_or.at(self.state.reshape(-1), rows[known] * self.state.shape[1] + words[known], bits[known])
        if not known.all():
            self.loose.append((facts[~known], words[~known], bits[~known]))

    def _or_into(self, found: Bits, here: Numbers, facts: Numbers) -> None:
        rows = self.network.row_of(facts)
        known = rows != NOWHERE
        found[here[known]] |= self.state[rows[known]]
        for loose, words, bits in self.loose if len(facts) else ():
            order = np.argsort(facts)
            near = np.minimum(np.searchsorted(facts, loose, sorter=order), len(facts) - 1)
            same = facts[order[near]] == loose
            np.bitwise_or.at(found, (here[order[near[same]]], words[same]), bits[same])

    def holds(self, facts: Numbers) -> NDArray[np.bool_]:
        """For each fact and each world whether it holds there."""
        return unpacked(self.bits(facts), len(self.places))


def unpacked(bits: Bits, worlds: int) -> NDArray[np.bool_]:
    """Rows of words as rows of truth values, one a world."""
    spread = np.unpackbits(bits.astype("<u8", copy=False).view(np.uint8), axis=-1, bitorder="little")
    return spread[..., :worlds].astype(np.bool_)


def solve_worlds(
    system: System,
    worlds: Sequence[World],
    *,
    proposal: Proposal | None = None,
    engine: Literal["numpy", "fast"] | None = None,
) -> Iterator[Solved]:
    """Solve worlds, some hundreds at a time; every world is in exactly one of the results.

    ``proposal`` is what holds besides the estate in the worlds that are ``proposed``. ``engine`` is ``fast`` where
    numba is installed, else ``numpy``; both give the same bits.

    Raises:
        UsageError: a world names something that the estate does not have, or a block of worlds does not fit
            into the memory that is free.
    """
    asked = checked_worlds(system, worlds)
    fill = filler(engine)
    for part in parts(asked):
        shared = part_of(Frame(system, [asked[place] for place in part]), fill, proposal)
        for first in range(0, len(part), 64 * WORDS):
            places = part[first : first + 64 * WORDS]
            yield solve_frame(shared, Frame(system, [asked[place] for place in places]), np.array(places), fill)


def part_of(whole: Frame, fill: Fill, proposal: Proposal | None = None) -> Part:
    """The rows for worlds that are solved on the same ones."""
    network, seeds = network_of(whole), np.unique(whole.seeds[0])
    if proposal is not None:
        seeds = np.union1d(seeds, proposal.conclusions)
    if len(whole.worlds) > 64:
        network = restricted(network, _live(network, seeds, fill))
    return Part(whole, network, seeds, proposal)


def solve_frame(part: Part, frame: Frame, places: Numbers, fill: Fill) -> Solved:
    """Solve the worlds of one frame, all at once."""
    network, proposal = part.network, part.proposal
    words = -(-len(frame.worlds) // 64)
    require(  # a row is words of 8 bytes; filling takes half as much to work with
        network.rows * words * 12,
        f"{network.rows:,} rows in {words * 64:,} worlds at once",
        "ask of a smaller estate",
    )
    solved = Solved(part, frame, places, np.zeros((network.rows, words), np.uint64), [])
    facts, worlds = frame.seeds
    word, bit = _words(worlds)
    solved.add(facts, word, bit)
    _set_tokens(solved)
    fill(network, solved.state)
    while proposal is not None and _propose(solved, proposal):
        fill(network, solved.state)
    return solved


def _live(network: Network, seeds: Numbers, fill: Fill) -> Flags:
    """The rows that can have a bit: those that have one in a world of all seeds and all tokens at once."""
    state = np.zeros((network.rows, 1), np.uint64)
    rows = network.row_of(seeds)
    state[rows[rows != NOWHERE]] = state[list(network.tokens.values())] = 1
    fill(network, state)
    live: Flags = state[:, 0] != 0
    return live


def _propose(solved: Solved, proposal: Proposal) -> bool:
    """Take the steps of a proposal once, in the worlds where it is in force; whether anything new came of it."""
    any_new = False
    for step in proposal.steps:
        held = solved.bits(step.premises)
        reached = np.bitwise_and.reduce(held, axis=0) & packed(proposal.open_in(step, solved.frame))
        before = solved.bits(step.gives[:1])[0]
        if (reached & ~before).any():
            any_new = True
            word = np.flatnonzero(reached)
            for fact in step.gives.tolist():
                solved.add(np.full(len(word), fact), word, reached[word])
    return any_new


@cache
def filler(engine: Literal["numpy", "fast"] | None) -> Fill:
    """What fills rows.

    Raises:
        UsageError: ``fast`` was asked for and numba is not installed.
    """
    if engine != "numpy":
        try:
            from blastradius.engine.batch import fill_numba
        except ImportError:
            if engine == "fast":
                raise UsageError("the fast engine needs numba; pip install 'partner-blastradius[fast]'") from None
        else:
            return fill_numba.fill
    return fill_numpy.fill


def _set_tokens(solved: Solved) -> None:
    """Set the rows of what differs between worlds; most are true in most worlds."""
    frame, tokens = solved.frame, solved.network.tokens
    solved.state[list(tokens.values())] = packed(np.ones(len(frame.worlds), np.bool_))
    for (kind, what), row in tokens.items():
        if kind in _SHARED:
            solved.state[row] = packed(_SHARED[kind](frame, what))
    for kind, changes in (("without", frame.removed), ("control", frame.added)):
        for change, worlds in changes.items():
            row = tokens.get((kind, change), NOWHERE)
            if row != NOWHERE:
                word, bit = _words(worlds)
                np.bitwise_and.at(solved.state[row], word, ~bit)


_SHARED: dict[str, Callable[[Frame, Any], Flags]] = {
    "level": lambda frame, level: frame.levels >= level,
    "buffer": lambda frame, buffer_h: frame.outlasting(buffer_h),
    "opening": lambda frame, _: frame.opening,
}
"""The tokens that hold in some worlds for what these assume, not for what was changed in them."""


def packed(flags: NDArray[np.bool_]) -> Bits:
    """Truth values, one a world, as words."""
    words = np.zeros(-(-len(flags) // 64) * 64, np.bool_)
    words[: len(flags)] = flags
    return np.packbits(words, bitorder="little").view("<u8").astype(np.uint64, copy=False)


def _words(worlds: Numbers) -> tuple[Numbers, Bits]:
    return worlds // 64, np.left_shift(np.uint64(1), (worlds % 64).astype(np.uint64))


def facts_in(solved: Solved, world: int) -> set[Fact]:
    """Every fact that holds in one world (by its place within these), stepping stones left out."""
    system = solved.frame.system
    count = len(system.facts.entities) * len(CAPABILITIES)
    held = solved.holds(np.arange(count))[:, world]
    return {system.facts.fact(number) for number in np.flatnonzero(held).tolist()}
