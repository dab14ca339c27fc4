"""Filling the rows of a network with compiled code (the extra ``fast``); the same bits as ``fill_numpy``.

Everything is flat and unsigned: indexes that can be negative cost the compiler its vector instructions. Row ``i`` of
``state`` stands at ``i * words``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from blastradius.engine.batch.network import AND, AT_LEAST, OR, Bits, Filler, Network
from blastradius.engine.quorum import is_outvoted

_PLANES = 32
"""How many bits a count may have."""

_is_outvoted: Any = njit(cache=True, nogil=True)(is_outvoted)


def lay_out(network: Network) -> Filler:
    """What fills the rows of a network."""
    columns = _flat(network)

    def fill(state: Bits) -> None:
        _fill(state.reshape(-1), np.uint32(state.shape[1]), *columns)

    return fill


def _flat(network: Network) -> tuple[NDArray[Any], ...]:
    spans = [[network.indptr[first], network.indptr[last]] for first, last in network.cycles]
    return (
        network.op.astype(np.uint8),
        network.need.astype(np.uint32),
        network.inputs.indptr.astype(np.uint32),
        network.inputs.values.astype(np.uint32),
        np.array(spans, np.uint32).reshape(-1, 2),
    )


@njit(cache=True, nogil=True)
def _fill(state: Any, words: Any, op: Any, need: Any, indptr: Any, inputs: Any, spans: Any) -> None:
    changed_at = _not_empty(state, words, len(op))
    now = np.uint32(1)
    done = np.uint32(0)
    rows = (op, need, indptr, inputs)
    for span in range(len(spans)):
        first, last = spans[span, 0], spans[span, 1]
        _fill_rows(done, first, rows, state, words, changed_at, now, np.uint32(1))
        now += np.uint32(1)
        since = np.uint32(1)
        while _fill_rows(first, last, rows, state, words, changed_at, now, since):
            since = now
            now += np.uint32(1)
        done = last
    _fill_rows(done, np.uint32(len(op)), rows, state, words, changed_at, now, np.uint32(1))


@njit(cache=True, nogil=True)
def _not_empty(state: Any, words: Any, rows: int) -> Any:
    """When each row last changed: 1 for one that has a bit, 0 for an empty one."""
    changed_at = np.zeros(rows, np.uint32)
    for row in range(rows):
        for word in range(words):
            if state[np.uint64(row) * words + word]:
                changed_at[row] = 1
                break
    return changed_at


@njit(cache=True, nogil=True)
def _fill_rows(first: Any, last: Any, rows: Any, state: Any, words: Any, changed_at: Any, now: Any, since: Any) -> bool:
    """Fill rows in order, those with an input that changed since; whether any of them changed.

    A row may be 128 bytes and its mark is 4: most inputs are empty, and their marks say so without a look at the row.
    """
    op, need, indptr, inputs = rows
    scratch = np.empty(words, np.uint64)
    planes = np.empty((_PLANES, words), np.uint64)
    any_changed = False
    for row in range(first, last):
        begin, end = indptr[row], indptr[row + 1]
        latest = np.uint32(0)
        for place in range(begin, end):
            latest = max(latest, changed_at[inputs[place]])
        if latest < since:
            continue
        base = np.uint64(row) * words
        fresh = np.uint64(0)
        if op[row] == OR:
            for place in range(begin, end):
                if changed_at[inputs[place]] >= since:
                    source = np.uint64(inputs[place]) * words
                    for word in range(words):
                        before = state[base + word]
                        after = before | state[source + word]
                        state[base + word] = after
                        fresh |= before ^ after
        else:
            _combine(op[row], need[row], inputs[begin:end], state, words, scratch, planes)
            for word in range(words):
                fresh |= scratch[word] & ~state[base + word]
                state[base + word] |= scratch[word]
        if fresh:
            changed_at[row] = now
            any_changed = True
    return any_changed


@njit(cache=True, nogil=True)
def _combine(op: Any, need: Any, inputs: Any, state: Any, words: Any, scratch: Any, planes: Any) -> None:
    """What a row that is no OR is of its inputs, into ``scratch``."""
    if op == AND:
        scratch[:] = ~np.uint64(0)
        for row_in in inputs:
            source = np.uint64(row_in) * words
            for word in range(words):
                scratch[word] &= state[source + word]
    elif op == AT_LEAST:
        _count(inputs, state, words, planes)
        _at_least(need, planes, scratch)
    else:
        _outvoted(inputs, need, state, words, scratch)


@njit(cache=True, nogil=True)
def _count(inputs: Any, state: Any, words: Any, planes: Any) -> None:
    """Count the inputs that hold, world by world: bit ``p`` of each count stands in plane ``p``."""
    planes[:] = 0
    for row_in in inputs:
        source = np.uint64(row_in) * words
        for word in range(words):
            carry = state[source + word]
            plane = 0
            while carry:
                before = planes[plane, word]
                planes[plane, word] = before ^ carry
                carry &= before
                plane += 1


@njit(cache=True, nogil=True)
def _at_least(need: Any, planes: Any, held: Any) -> None:
    """The worlds whose count is at least ``need``, compared from the highest bit down."""
    for word in range(len(held)):
        more, same = np.uint64(0), ~np.uint64(0)
        for plane in range(_PLANES - 1, -1, -1):
            bit = planes[plane, word]
            if (need >> np.uint32(plane)) & np.uint32(1):
                same &= bit
            else:
                more |= same & bit
                same &= ~bit
        held[word] = more | same


@njit(cache=True, nogil=True)
def _outvoted(inputs: Any, vote_min: Any, state: Any, words: Any, held: Any) -> None:
    """The worlds in which a quorum is wrong; the first half of inputs says that each feed is, the other: down."""
    feeds = len(inputs) // 2
    for word in range(words):
        found = np.uint64(0)
        some = np.uint64(0)
        for feed in range(feeds):
            some |= state[np.uint64(inputs[feed]) * words + word]
        for world in range(64):
            one = np.uint64(1) << np.uint64(world)
            if not some & one:
                continue
            wrong = right = up = 0
            for feed in range(feeds):
                is_wrong = (state[np.uint64(inputs[feed]) * words + word] & one) != 0
                is_down = (state[np.uint64(inputs[feeds + feed]) * words + word] & one) != 0
                wrong += is_wrong
                right += not (is_wrong or is_down)
                up += not is_down
            if _is_outvoted(wrong, right, up, np.int64(vote_min)):
                found |= one
        held[word] = found
