"""Filling the rows of a network with numpy: whole groups of rows at once, one bit a world."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from blastradius.engine.network import AND, AT_LEAST, OR, QUORUM, Network
from blastradius.lists import Lists, Numbers

Bits = NDArray[np.uint64]
"""Rows by words: bit ``w % 64`` of word ``w // 64`` is world ``w``."""

_Fill = Callable[[Bits], None]
_NARROW = 16
_known: WeakKeyDictionary[Network, list[_Group]]


@dataclass(frozen=True)
class _Group:
    """Rows that can be filled at once, and what fills them."""

    first: int
    last: int
    fills: tuple[_Fill, ...]

    def fill(self, state: Bits) -> None:
        for fill in self.fills:
            fill(state)

    def fill_anew(self, state: Bits) -> bool:
        """Fill, and say whether anything changed."""
        before = state[self.first : self.last].copy()
        self.fill(state)
        return not np.array_equal(before, state[self.first : self.last])


def fill(network: Network, state: Bits) -> None:
    """Fill every row with what follows from the bits that are set; bits are only ever added."""
    groups = _groups(network)
    spans = iter((*network.again, (len(groups), len(groups))))
    first, last = next(spans)
    number = 0
    while number < len(groups):
        if number < first:
            groups[number].fill(state)
            number += 1
        else:
            while sum(each.fill_anew(state) for each in groups[first:last]):
                pass
            number = last
            first, last = next(spans)


def _groups(network: Network) -> list[_Group]:
    if network not in _known:
        bounds = zip(network.starts[:-1].tolist(), network.starts[1:].tolist(), strict=True)
        _known[network] = [_Group(first, last, tuple(_fills(network, first, last))) for first, last in bounds]
    return _known[network]


def _fills(network: Network, first: int, last: int) -> Iterator[_Fill]:
    rows = np.arange(first, last)
    inputs = network.inputs.take(rows)
    lengths = inputs.lengths
    for op, combine in ((OR, np.bitwise_or), (AND, np.bitwise_and)):
        mine = (network.op[first:last] == op) & (lengths > 0)
        for narrow in (True, False):
            some = np.flatnonzero(mine & ((lengths <= _NARROW) == narrow))
            if len(some):
                yield (_narrow if narrow else _wide)(combine, rows[some], inputs.take(some))
    counted = np.flatnonzero(np.isin(network.op[first:last], (AT_LEAST, QUORUM)))
    for op, length in sorted(set(zip(network.op[rows[counted]].tolist(), lengths[counted].tolist(), strict=True))):
        some = counted[(network.op[rows[counted]] == op) & (lengths[counted] == length)]
        yield _counting(op, rows[some], inputs.take(some).values.reshape(-1, length), network.need[rows[some]])


def _narrow(combine: np.ufunc, rows: Numbers, inputs: Lists) -> _Fill:
    """Rows of few inputs: first inputs together, second inputs together, and so on."""
    longest_first = np.argsort(-inputs.lengths, kind="stable")
    rows, inputs = rows[longest_first], inputs.take(longest_first)
    columns = []
    for place in range(int(inputs.lengths[0])):
        longer = int(np.searchsorted(-inputs.lengths, -place, side="left"))
        columns.append((longer, inputs.values[inputs.starts[:longer] + place]))

    def fill(state: Bits) -> None:
        found = state.take(columns[0][1], axis=0)
        for longer, column in columns[1:]:
            combine(found[:longer], state.take(column, axis=0), out=found[:longer])
        state[rows] |= found

    return fill


def _wide(combine: np.ufunc, rows: Numbers, inputs: Lists) -> _Fill:
    """Rows of many inputs, each reduced on its own."""

    def fill(state: Bits) -> None:
        state[rows] |= combine.reduceat(state.take(inputs.values, axis=0), inputs.starts[:-1], axis=0)

    return fill


def _counting(op: int, rows: Numbers, inputs: NDArray[np.int64], need: Numbers) -> _Fill:
    """Rows that count their inputs world by world."""

    def fill(state: Bits) -> None:
        held = np.unpackbits(state[inputs].view(np.uint8), axis=-1).astype(np.bool_)
        needed = need[:, np.newaxis]
        enough = held.sum(axis=1) >= needed if op == AT_LEAST else outvoted(held, needed)
        state[rows] |= np.packbits(enough, axis=-1).view(np.uint64)

    return fill


def outvoted(held: NDArray[np.bool_], vote_min: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether a quorum comes out wrong: ``held`` (rows, first wrong then down feeds, worlds) to (rows, worlds).

    A feed that is wrong and down may count as either. The more of them live, the better for the wrong ones while the
    majority decides; below ``vote_min`` live feeds, one wrong one decides.
    """
    feeds = held.shape[1] // 2
    is_wrong, is_down = held[:, :feeds], held[:, feeds:]
    wrong, down = is_wrong.sum(axis=1), is_down.sum(axis=1)
    right = feeds - (is_wrong | is_down).sum(axis=1)
    live = right + wrong
    majority = (live >= vote_min) & (wrong >= live // 2 + 1)
    few = (live < vote_min) & (wrong >= 1)
    fewer = (live >= vote_min) & (feeds - down < vote_min) & (vote_min - 1 - right >= 1)
    found: NDArray[np.bool_] = majority | few | fewer
    return found


_known = WeakKeyDictionary()
