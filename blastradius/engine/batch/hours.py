"""What comes late where an outage ends: buffers are used up one after the other, if there is time enough."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from blastradius.columns.ragged import Numbers
from blastradius.engine.batch.frame import Frame
from blastradius.engine.batch.network import Bits, Filler, Network


class Late(NamedTuple):
    """What comes in an hour after the first: rows, and the bits that each gets."""

    hour: float
    rows: Numbers
    bits: Bits


def pass_hours(network: Network, frame: Frame, state: Bits, fill: Filler) -> Iterator[Late]:
    """Fill in, hour by hour, what follows from rows that are filled up to the first hour.

    A buffer lasts from when the premises of its step are enough; what it holds back comes if the outage is not over by
    then. Of what holds already nobody waits.
    """
    buffers = network.buffers
    waited = np.zeros((len(buffers.hours), state.shape[1]), np.uint64)
    coming: dict[float, list[tuple[Numbers, Bits]]] = defaultdict(list)
    hour = 0.0
    while True:
        enough = state[buffers.enough]
        new = enough & ~waited & ~state[buffers.into]
        waited |= enough
        begun = np.flatnonzero(new.any(axis=1))
        for lasts in sorted(set(buffers.hours[begun].tolist())):
            some = begun[buffers.hours[begun] == lasts]
            bits = new[some] & packed(frame.ends > hour + lasts)
            if bits.any():
                coming[hour + lasts].append((some, bits))
        if not coming:
            return
        hour = min(coming)
        before = state.copy()
        for some, bits in coming.pop(hour):
            state[buffers.used_up[some]] |= bits & ~before[buffers.into[some]]
        if (state != before).any():
            fill(state)
            rows = np.flatnonzero((state != before).any(axis=1))
            yield Late(hour, rows, state[rows] ^ before[rows])


def packed(flags: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Bits:
    """Truth values, one a world, as words."""
    words = np.zeros(-(-len(flags) // 64) * 64, np.bool_)
    words[: len(flags)] = flags
    return np.packbits(words, bitorder="little").view("<u8").astype(np.uint64, copy=False)
