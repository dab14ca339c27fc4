"""What the audit does row by row, a bit a world: where ways lead to from rows that are held, and rows put together.

``held`` are rows of words, first one of no world, then one of all; ``at`` says which of them is a class's row, and
``open_`` which is a mask's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from blastradius.engine.check.audit.plan import Flags, Ints, Ways, Words

NOWHERE, EVERYWHERE = 0, 1
"""The rows of no world and of all."""

UNKNOWN: int = np.iinfo(np.int64).max
"""No row that is known."""

Rows = tuple[Ints, Words]
"""Classes, and a row for each."""


def led_by(ways: Ways, at: Ints, open_: Ints) -> Ints:
    """Which row says where each way leads to; unknown, if it is none that is known."""
    led = at.take(ways.first)
    some, needs, begins = ways.whole
    if len(some):
        led[some] = _common(at.take(needs), begins)
    some, needs, begins = ways.counted
    if len(some):
        led[some] = np.where(np.maximum.reduceat(at.take(needs), begins) == NOWHERE, NOWHERE, UNKNOWN)
    some = ways.masked
    if len(some):
        both = np.stack([led[some], open_[ways.masks[some]]], axis=1).reshape(-1)
        led[some] = _common(both, np.arange(0, len(both), 2))
    return led


def _common(rows: Ints, begins: Ints) -> Ints:
    """Of rows in groups the one that says where all of a group hold; unknown, if it is none of them."""
    rest = np.where(rows == EVERYWHERE, UNKNOWN, rows)
    least, most = np.minimum.reduceat(rest, begins), np.maximum.reduceat(rows, begins)
    alike = (least == most) | (most == EVERYWHERE)
    return np.where(least == NOWHERE, NOWHERE, np.where(alike, most, UNKNOWN))


def worked_out(ways: Ways, held: Words, at: Ints, open_: Ints) -> Words:
    """For each way the worlds in which it leads on."""
    places = at[ways.needs]
    found = held[places[ways.starts[:-1]]]
    more = np.flatnonzero(ways.least == 0)
    for place in range(1, int(ways.lengths.max(initial=0))):
        more = more[ways.lengths[more] > place]
        found[more] &= held[places[ways.starts[more] + place]]
    counted = ways.counted[0]
    for length in once(ways.lengths[counted]).tolist():
        some = counted[ways.lengths[counted] == length]
        needs = ways.starts[some][:, np.newaxis] + np.arange(length)
        found[some] = _counted(held[places[needs]], ways.least[some])
    for way, besides in ways.besides.items():
        found[way] &= np.bitwise_and.reduce(held[at[besides]], axis=0)
    found[ways.masked] &= held[open_[ways.masks[ways.masked]]]
    return found


def _counted(held: Words, least: Ints) -> Words:
    """Where enough hold of ways (ways, needs, words); of a quorum's needs wrong feeds come first, then denied ones."""
    needs = held.shape[1]
    kind: type[np.signedinteger] = np.int8 if needs < np.iinfo(np.int8).max else np.int64
    each = np.unpackbits(held.view(np.uint8), axis=-1).view(np.int8)
    needed: NDArray[np.signedinteger] = np.clip(least, 0, needs + 1).astype(kind)[:, np.newaxis]
    vote_min: NDArray[np.signedinteger] = np.clip(-least, 0, needs + 1).astype(kind)[:, np.newaxis]
    enough = each.sum(axis=1, dtype=kind) >= needed
    votes = np.flatnonzero(vote_min)
    if len(votes):
        enough[votes] = _outvoted(each[votes], vote_min[votes], kind)
    return np.packbits(enough, axis=-1).view(np.uint64)


def _outvoted(each: NDArray[np.int8], vote_min: NDArray[np.signedinteger], kind: type[np.signedinteger]) -> Flags:
    """Where a quorum comes out wrong (ways, worlds) by some choice of which of its feeds are silent."""
    feeds = each.shape[1] // 2
    wrong, down = each[:, :feeds], each[:, feeds:]
    votes, both = wrong.sum(axis=1, dtype=kind), (wrong & down).sum(axis=1, dtype=kind)
    live = feeds - (down & ~wrong).sum(axis=1, dtype=kind)
    lost = np.zeros(votes.shape, np.bool_)
    for silenced in range(int(both.max(initial=0)) + 1):
        lost |= (silenced <= both) & (votes >= np.where(live >= vote_min, live // 2 + 1, 1))
        live, votes = live - 1, votes - 1
    return lost


def together(parts: Sequence[Rows]) -> Rows:
    """Classes in order, and all rows of each as one."""
    classes, words = (np.concatenate(each) for each in zip(*parts, strict=True))
    order = np.argsort(classes, kind="stable")
    return each_once(classes[order], words[order])


def each_once(classes: Ints, words: Words) -> Rows:
    """Classes in order, some of them several times: all rows of each as one."""
    begins = np.flatnonzero(np.diff(classes, prepend=-1))
    return classes[begins], np.bitwise_or.reduceat(words, begins, axis=0) if len(begins) else words


def pairs(one: Ints, other: Ints) -> tuple[Ints, Ints]:
    """Pairs of numbers, each once and in order."""
    width = int(other.max(initial=0)) + 1
    return np.divmod(once(one * width + other), width)


def once(numbers: Ints) -> Ints:
    """Numbers in order, each once; ``np.unique`` hashes them first, which takes longer."""
    found = np.sort(numbers)
    return found[np.diff(found, prepend=-1) > 0]


def among(things: Ints, some: Ints) -> tuple[Ints, Ints]:
    """Where those of some that are among things (all in order) stand among these, and where among those."""
    if not len(things):
        return things, things
    place = np.minimum(np.searchsorted(things, some), len(things) - 1)
    here = np.flatnonzero(things[place] == some)
    return place[here], here
