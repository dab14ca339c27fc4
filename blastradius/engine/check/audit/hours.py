"""When what has a buffer may follow, as far as the checker of many worlds goes by the clock: hour after hour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import inf

import numpy as np

from blastradius.engine.check.audit.compare import FULL_ROW, lead
from blastradius.engine.check.audit.instance_table import Instances, InstanceTable, Ints, Ragged, Words, packed
from blastradius.engine.proof import Claims
from blastradius.engine.scenario import World
from blastradius.errors import CertificateError


class Clock:
    """In which worlds an instance with a buffer has waited for long enough, as hours go by.

    ``waiting`` are the instances of a table that wait, ``over`` (as many, words) the worlds in which each need wait no
    longer. Where no outage ends, none waits.
    """

    def __init__(self, table: InstanceTable, worlds: Sequence[World]) -> None:
        hours = [world.scenario.hours for world in worlds]
        self.ends = np.array([inf if end is None else end for end in hours], np.float64)
        instances = table.instances
        self.waiting: Ints = np.flatnonzero(instances.waits) if np.isfinite(self.ends).any() else _NONE
        some = instances.take(self.waiting)
        nothing = Ragged(np.zeros(len(some) + 1, np.int64), _NONE)
        self.counting = Instances(nothing, some.counted, some.conclusion, some.least, some.conditions, some.waits)
        self.over: Words = np.zeros((len(some), len(packed(self.ends > 0))), np.uint64)
        self.begun = self.over.copy()
        self.coming: dict[float, list[tuple[Ints, Words]]] = defaultdict(list)

    def begin(self, hour: float, held: Words, row: Ints) -> None:
        """Begin to wait where enough of what is counted is held in this hour; ``row`` (facts) says which row is whose.

        What is held already need not be waited for.
        """
        open_row = np.full(len(self.waiting), FULL_ROW)
        enough = lead(self.counting, held, row, open_row)
        new = enough & ~self.begun & ~held[row[self.counting.conclusion]]
        self.begun |= enough
        for lasts in set(self.counting.waits[new.any(axis=1)].tolist()):
            some = np.flatnonzero((self.counting.waits == lasts) & new.any(axis=1))
            bits = new[some] & packed(hour + lasts < self.ends)
            if bits.any():
                self.coming[hour + lasts].append((some, bits))

    def next_hour(self) -> float:
        """The next hour in which somebody has waited for long enough; infinite if nobody waits."""
        return min(self.coming, default=inf)

    def strike(self, hour: float) -> None:
        """It is this hour: who has waited for long enough need wait no longer."""
        for some, bits in self.coming.pop(hour, ()):
            self.over[some] |= bits


def hours_of(claims: Claims) -> Iterator[tuple[float, Words]]:
    """The hours in which more is claimed, from 0 on, and all words as they are claimed then; at last an infinite one.

    Raises:
        CertificateError: the hours are in no order, or what comes late is not among what is claimed, or comes twice.
    """
    late, words = list(claims.late), claims.words.copy()
    for _, rows, bits in late:
        if bits.shape != (len(rows), words.shape[1]) or ((rows < 0) | (rows >= len(words))).any():
            raise CertificateError("what comes late is about rows or worlds that are not there")
        if len(np.unique(rows)) < len(rows) or (bits & ~words[rows]).any():
            raise CertificateError("what comes late is not claimed, or comes twice")
        words[rows] ^= bits
    hours = [0.0, *(hour for hour, _, _ in late)]
    if not all(before < after < inf for before, after in pairwise(hours)):
        raise CertificateError("the hours in which something comes are in no order")
    yield 0.0, words
    for hour, rows, bits in late:
        words = words.copy()
        words[rows] |= bits
        yield hour, words
    yield inf, words


_NONE = np.zeros(0, np.int64)
