"""Filling the rows of a network with compiled code (the extra ``fast``); the same bits as ``sweep``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from blastradius.engine.network import AND, AT_LEAST, OR, Network

Bits = NDArray[np.uint64]
_PLANES = 32


def fill(network: Network, state: Bits) -> None:
    """Fill every row with what follows from the bits that are set; bits are only ever added."""
    spans = np.array([[network.starts[first], network.starts[last]] for first, last in network.again], np.int64)
    inputs = network.inputs
    _fill(state, network.op, network.need, inputs.starts, inputs.values, spans.reshape(-1, 2))


@njit(cache=True, nogil=True)
def _fill(state: Any, op: Any, need: Any, starts: Any, inputs: Any, spans: Any) -> None:
    words = state.shape[1]
    held = np.empty(words, np.uint64)
    planes = np.empty((_PLANES, words), np.uint64)
    done = 0
    for span in range(len(spans)):
        for row in range(done, spans[span, 0]):
            _fill_row(row, state, op, need, starts, inputs, held, planes)
        changed = True
        while changed:
            changed = False
            for row in range(spans[span, 0], spans[span, 1]):
                if _fill_row(row, state, op, need, starts, inputs, held, planes):
                    changed = True
        done = spans[span, 1]
    for row in range(done, len(op)):
        _fill_row(row, state, op, need, starts, inputs, held, planes)


@njit(cache=True, nogil=True)
def _fill_row(row: int, state: Any, op: Any, need: Any, starts: Any, inputs: Any, held: Any, planes: Any) -> bool:
    first, last = starts[row], starts[row + 1]
    if first == last:
        return False
    words = state.shape[1]
    if op[row] == OR:
        held[:] = state[row]
        for place in range(first, last):
            source = inputs[place]
            for word in range(words):
                held[word] |= state[source, word]
    elif op[row] == AND:
        held[:] = state[inputs[first]]
        for place in range(first + 1, last):
            source = inputs[place]
            for word in range(words):
                held[word] &= state[source, word]
    elif op[row] == AT_LEAST:
        _count(inputs[first:last], state, planes)
        _at_least(need[row], planes, held)
    else:
        _outvoted(inputs[first:last], need[row], state, held)
    changed = False
    for word in range(words):
        if held[word] & ~state[row, word]:
            state[row, word] |= held[word]
            changed = True
    return changed


@njit(cache=True, nogil=True)
def _count(inputs: Any, state: Any, planes: Any) -> None:
    """Count the inputs that hold, world by world: bit ``p`` of each count stands in plane ``p``."""
    planes[:] = 0
    for source in inputs:
        for word in range(state.shape[1]):
            carry = state[source, word]
            plane = 0
            while carry:
                before = planes[plane, word]
                planes[plane, word] = before ^ carry
                carry &= before
                plane += 1


@njit(cache=True, nogil=True)
def _at_least(need: int, planes: Any, held: Any) -> None:
    """The worlds whose count is at least ``need``, compared from the highest bit down."""
    for word in range(len(held)):
        more, same = np.uint64(0), ~np.uint64(0)
        for plane in range(_PLANES - 1, -1, -1):
            bit = planes[plane, word]
            if (need >> plane) & 1:
                same &= bit
            else:
                more |= same & bit
                same &= ~bit
        held[word] = more | same


@njit(cache=True, nogil=True)
def _outvoted(inputs: Any, vote_min: int, state: Any, held: Any) -> None:
    """The worlds in which a quorum comes out wrong; see ``sweep.outvoted``."""
    feeds = len(inputs) // 2
    for word in range(len(held)):
        found = np.uint64(0)
        for world in range(64):
            one = np.uint64(1) << np.uint64(world)
            wrong = down = right = 0
            for feed in range(feeds):
                is_wrong = (state[inputs[feed], word] & one) != 0
                is_down = (state[inputs[feeds + feed], word] & one) != 0
                wrong += is_wrong
                down += is_down
                right += not (is_wrong or is_down)
            live = right + wrong
            if live < vote_min:
                lost = wrong >= 1
            else:
                lost = wrong >= live // 2 + 1 or (feeds - down < vote_min and vote_min - 1 - right >= 1)
            if lost:
                found |= one
        held[word] = found
