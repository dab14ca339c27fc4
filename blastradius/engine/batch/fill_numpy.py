"""Filling the rows of a network with numpy: whole groups of rows at once, one bit a world."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from blastradius.engine.batch.network import AND, AT_LEAST, OR, QUORUM, Network
from blastradius.estate.ragged import Flags, Lists, Numbers

Bits = NDArray[np.uint64]
"""Rows by words: bit ``w % 64`` of word ``w // 64`` is world ``w``."""

_Fill = Callable[[Bits], None]
_MANY = 100
_NARROW = 16
_FEW = 3
_SMALL = 2000
_known: WeakKeyDictionary[Network, list[_Group | _Knot]]


class _Rows(NamedTuple):
    """What rows are made of."""

    op: Numbers
    need: Numbers
    inputs: Lists


@dataclass(frozen=True)
class _Group:
    """Rows that can be filled at once, and what fills them."""

    first: int
    last: int
    fills: tuple[_Fill, ...]

    def fill(self, state: Bits) -> None:
        for fill in self.fills:
            fill(state)


@dataclass(frozen=True)
class _Knot:
    """Groups of rows that depend on each other; ``plain`` are the ORs among them, ``onward`` where each goes into."""

    rows: _Rows
    groups: list[_Group]
    plain: Flags
    onward: Lists

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
        plain = self.plain[onward.values - self.first]
        order = np.argsort(onward.values[plain], kind="stable")
        into, source = onward.values[plain][order], changed[onward.owners[plain][order]]
        begins = np.flatnonzero(np.diff(into, prepend=-1))
        into = into[begins]
        reached = np.zeros(len(self.plain), np.bool_)
        reached[onward.values[~plain] - self.first] = True
        others = self.first + np.flatnonzero(reached)
        before = state[into], state[others]
        if len(into):
            state[into] |= np.bitwise_or.reduceat(state[source], begins, axis=0)
        for fill in _fills(self.rows, others, narrow=0):
            fill(state)
        some = (rows[(was != state[rows]).any(axis=1)] for rows, was in zip((into, others), before, strict=True))
        return np.concatenate(list(some))


def fill(network: Network, state: Bits) -> None:
    """Fill every row with what follows from the bits that are set; bits are only ever added."""
    for each in _groups(network):
        each.fill(state)


def _groups(network: Network) -> list[_Group | _Knot]:
    if network not in _known:
        rows, spans = _Rows(network.op, network.need, network.inputs), dict(network.again)
        bounds = zip(network.starts[:-1].tolist(), network.starts[1:].tolist(), strict=True)
        groups = [_Group(first, last, tuple(_fills(rows, np.arange(first, last)))) for first, last in bounds]
        found: list[_Group | _Knot] = []
        number = 0
        while number < len(groups):
            last = spans.get(number, number + 1)
            found.append(_knot(rows, groups[number:last]) if number in spans else groups[number])
            number = last
        _known[network] = found
    return _known[network]


def _knot(rows: _Rows, groups: list[_Group]) -> _Knot:
    first, last = groups[0].first, groups[-1].last
    inputs = rows.inputs.take(np.arange(first, last))
    inside = (inputs.values >= first) & (inputs.values < last)
    onward = Lists.grouped(inputs.values[inside] - first, first + inputs.owners[inside], last - first)
    return _Knot(rows, groups, rows.op[first:last] == OR, onward)


def _fills(of: _Rows, rows: Numbers, narrow: int = _NARROW) -> Iterator[_Fill]:
    if not len(rows):
        return
    inputs = of.inputs.take(rows)
    ops, lengths = of.op[rows], inputs.lengths
    for op, combine in ((OR, np.bitwise_or), (AND, np.bitwise_and)):
        mine = (ops == op) & (lengths > 0)
        if not mine.any():
            continue
        for fill, which in ((_narrow, lengths <= narrow), (_wide, lengths > narrow)):
            some = np.flatnonzero(mine & which)
            if len(some):
                yield fill(combine, rows[some], inputs.take(some))
    counted = np.flatnonzero((ops == AT_LEAST) | (ops == QUORUM))
    for op, length in sorted(set(zip(ops[counted].tolist(), lengths[counted].tolist(), strict=True))):
        some = counted[(ops[counted] == op) & (lengths[counted] == length)]
        yield _counting(op, rows[some], inputs.take(some).values.reshape(-1, length), of.need[rows[some]])


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
    kind = np.int8 if inputs.shape[1] < _MANY else np.int64
    needed = np.minimum(need, inputs.shape[1] + 1).astype(kind)[:, np.newaxis]

    def fill(state: Bits) -> None:
        held = np.unpackbits(state[inputs].view(np.uint8), axis=-1).view(np.bool_)
        enough = held.view(np.int8).sum(axis=1, dtype=kind) >= needed if op == AT_LEAST else outvoted(held, needed)
        state[rows] |= np.packbits(enough, axis=-1).view(np.uint64)

    return fill


def outvoted(held: NDArray[np.bool_], vote_min: NDArray[np.signedinteger]) -> NDArray[np.bool_]:
    """Whether a quorum comes out wrong: ``held`` (rows, first wrong then down feeds, worlds) to (rows, worlds).

    A feed that is wrong and down may count as either. The more of them live, the better for the wrong ones while the
    majority decides; below ``vote_min`` live feeds, one wrong one decides.
    """
    feeds = held.shape[1] // 2
    is_wrong, is_down = held[:, :feeds], held[:, feeds:]
    wrong, down = is_wrong.sum(axis=1, dtype=vote_min.dtype), is_down.sum(axis=1, dtype=vote_min.dtype)
    right = feeds - (is_wrong | is_down).sum(axis=1, dtype=vote_min.dtype)
    live = right + wrong
    majority = (live >= vote_min) & (wrong >= live // 2 + 1)
    few = (live < vote_min) & (wrong >= 1)
    fewer = (live >= vote_min) & (feeds - down < vote_min) & (vote_min - 1 - right >= 1)
    found: NDArray[np.bool_] = majority | few | fewer
    return found


_known = WeakKeyDictionary()
