"""Filling the rows of a network with numpy: whole groups of rows at once, one bit a world."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from blastradius.columns.ragged import Flags, Numbers, RaggedArray
from blastradius.engine.batch.network import AND, AT_LEAST, OR, QUORUM, Bits, Filler, Network
from blastradius.engine.quorum import is_outvoted

_BYTE = 100
"""Up to how many inputs a count of them, and twice that, fits into a byte."""

_NARROW = 16
"""Up to how many inputs rows are combined input by input, all rows at once; others are reduced one by one."""

_FEW, _SMALL = 3, 2000
"""A cycle of more than ``_SMALL`` rows is filled whole while more than one in ``_FEW`` changes: gathering the rows that
changed costs about as much as filling three times as many in their order."""


class _Rows(NamedTuple):
    """What rows are made of."""

    op: Numbers
    need: Numbers
    inputs: RaggedArray


class _Group(NamedTuple):
    """Rows that can be filled at once, and what fills them."""

    first: int
    last: int
    fillers: tuple[Filler, ...]

    def fill(self, state: Bits) -> None:
        for fill in self.fillers:
            fill(state)


class _Cycle(NamedTuple):
    """Groups of rows that depend on each other.

    By their places among them: which are ORs, and (``onward``) the rows of the cycle that each one goes into.
    """

    rows: _Rows
    groups: list[_Group]
    is_or: Flags
    onward: RaggedArray

    @property
    def first(self) -> int:
        return self.groups[0].first

    def fill(self, state: Bits) -> None:
        """Fill all rows while many of them change, then those alone that something changed for."""
        for group in self.groups:
            group.fill(state)
        changed = self._fill_all(state)
        few = len(self.onward) // _FEW if len(self.onward) > _SMALL else 0
        while len(changed) > few:
            changed = self._fill_all(state)
        while len(changed):
            changed = self._fill_some(state, changed)

    def _fill_all(self, state: Bits) -> Numbers:
        """Fill every row; those that changed."""
        here = state[self.first : self.groups[-1].last]
        before = here.copy()
        for group in self.groups:
            group.fill(state)
        return self.first + np.flatnonzero((before != here).any(axis=1))

    def _fill_some(self, state: Bits, changed: Numbers) -> Numbers:
        """Add what changed to the rows that it goes into; those that changed by it."""
        onward = self.onward.take(changed - self.first)
        is_or = self.is_or[onward.values - self.first]
        order = np.argsort(onward.values[is_or], kind="stable")
        into, source = onward.values[is_or][order], changed[onward.row_ids[is_or][order]]
        begins = np.flatnonzero(np.diff(into, prepend=-1))
        into = into[begins]
        reached = np.zeros(len(self.is_or), np.bool_)
        reached[onward.values[~is_or] - self.first] = True
        others = self.first + np.flatnonzero(reached)
        before = state[into], state[others]
        if len(into):
            state[into] |= np.bitwise_or.reduceat(state[source], begins, axis=0)
        for fill in _fillers(self.rows, others, narrow=0):
            fill(state)
        some = (rows[(was != state[rows]).any(axis=1)] for rows, was in zip((into, others), before, strict=True))
        return np.concatenate(list(some))


def lay_out(network: Network) -> Filler:
    """What fills the rows of a network."""
    groups = list(_groups(network))

    def fill(state: Bits) -> None:
        for group in groups:
            group.fill(state)

    return fill


def _groups(network: Network) -> Iterator[_Group | _Cycle]:
    rows, cycles = _Rows(network.op, network.need, network.inputs), dict(network.cycles)
    bounds = zip(network.indptr[:-1].tolist(), network.indptr[1:].tolist(), strict=True)
    groups = [_Group(first, last, tuple(_fillers(rows, np.arange(first, last)))) for first, last in bounds]
    number = 0
    while number < len(groups):
        last = cycles.get(number, number + 1)
        yield _cycle(rows, groups[number:last]) if number in cycles else groups[number]
        number = last


def _cycle(rows: _Rows, groups: list[_Group]) -> _Cycle:
    first, last = groups[0].first, groups[-1].last
    inputs = rows.inputs.take(np.arange(first, last))
    inside = (inputs.values >= first) & (inputs.values < last)
    onward = RaggedArray.grouped(inputs.values[inside] - first, first + inputs.row_ids[inside], last - first)
    return _Cycle(rows, groups, rows.op[first:last] == OR, onward)


def _fillers(of: _Rows, rows: Numbers, narrow: int = _NARROW) -> Iterator[Filler]:
    if not len(rows):
        return
    inputs = of.inputs.take(rows)
    ops, lengths = of.op[rows], inputs.lengths
    for op, combine in ((OR, np.bitwise_or), (AND, np.bitwise_and)):
        mine = (ops == op) & (lengths > 0)
        if not mine.any():
            continue
        for filler, which in ((_narrow, lengths <= narrow), (_wide, lengths > narrow)):
            some = np.flatnonzero(mine & which)
            if len(some):
                yield filler(combine, rows[some], inputs.take(some))
    counted = np.flatnonzero((ops == AT_LEAST) | (ops == QUORUM))
    for op, length in sorted(set(zip(ops[counted].tolist(), lengths[counted].tolist(), strict=True))):
        some = counted[(ops[counted] == op) & (lengths[counted] == length)]
        yield _counting(op, rows[some], inputs.take(some).values.reshape(-1, length), of.need[rows[some]])


def _narrow(combine: np.ufunc, rows: Numbers, inputs: RaggedArray) -> Filler:
    """Rows of few inputs: first inputs together, second inputs together, and so on."""
    longest_first = np.argsort(-inputs.lengths, kind="stable")
    rows, inputs = rows[longest_first], inputs.take(longest_first)
    columns = []
    for place in range(int(inputs.lengths[0])):
        longer = int(np.searchsorted(-inputs.lengths, -place, side="left"))
        columns.append((longer, inputs.values[inputs.indptr[:longer] + place]))

    def fill(state: Bits) -> None:
        found = state.take(columns[0][1], axis=0)
        for longer, column in columns[1:]:
            combine(found[:longer], state.take(column, axis=0), out=found[:longer])
        state[rows] |= found

    return fill


def _wide(combine: np.ufunc, rows: Numbers, inputs: RaggedArray) -> Filler:
    """Rows of many inputs, each reduced on its own."""

    def fill(state: Bits) -> None:
        state[rows] |= combine.reduceat(state.take(inputs.values, axis=0), inputs.indptr[:-1], axis=0)

    return fill


def _counting(op: int, rows: Numbers, inputs: NDArray[np.int64], need: Numbers) -> Filler:
    """Rows that count their inputs world by world; ``inputs`` are (rows, inputs) rows, all as many."""
    kind = np.int8 if inputs.shape[1] < _BYTE else np.int64
    needed = np.minimum(need, inputs.shape[1] + 1).astype(kind)[:, np.newaxis]
    feeds = inputs.shape[1] // 2

    def count(flags: Flags) -> NDArray[np.signedinteger]:
        found: NDArray[np.signedinteger] = flags.view(np.int8).sum(axis=1, dtype=kind)
        return found

    def votes(held: Flags) -> Flags:
        wrong, down = held[:, :feeds], held[:, feeds:]
        lost: Flags = is_outvoted(count(wrong), count(~(wrong | down)), count(~down), needed)
        return lost

    def fill(state: Bits) -> None:
        held = np.unpackbits(state[inputs].view(np.uint8), axis=-1).view(np.bool_)
        enough = count(held) >= needed if op == AT_LEAST else votes(held)
        state[rows] |= np.packbits(enough, axis=-1).view(np.uint64)

    return fill
