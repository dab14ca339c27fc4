"""Many short lists of numbers in two flat arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Small = NDArray[np.int8]
"""Numbers that fit into a byte, where there are millions of them."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Lists:
    """List ``i`` is ``values[starts[i]:starts[i + 1]]``."""

    starts: Numbers
    values: Numbers

    @classmethod
    def of(cls, lists: Sequence[Sequence[int]]) -> Lists:
        """Lists as they are."""
        lengths = np.fromiter(map(len, lists), np.int64, len(lists))
        values = np.fromiter((value for each in lists for value in each), np.int64, int(lengths.sum()))
        return cls(starts_of(lengths), values)

    @classmethod
    def singles(cls, values: Numbers) -> Lists:
        """Lists of one number each."""
        return cls(np.arange(len(values) + 1), values)

    @classmethod
    def grouped(cls, owners: Numbers, values: Numbers, count: int) -> Lists:
        """``count`` lists; ``values[i]`` goes to list ``owners[i]``, in the order given."""
        order = np.argsort(owners, kind="stable")
        return cls(starts_of(np.bincount(owners, minlength=count)), values[order])

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, number: int) -> list[int]:
        found: list[int] = self.values[self.starts[number] : self.starts[number + 1]].tolist()
        return found

    @property
    def lengths(self) -> Numbers:
        """How long each list is."""
        return np.diff(self.starts)

    @property
    def first(self) -> Numbers:
        """The first number of each list; none may be empty."""
        return self.values[self.starts[:-1]]

    @property
    def owners(self) -> Numbers:
        """For each value, the number of its list."""
        return np.repeat(np.arange(len(self)), self.lengths)

    def take(self, rows: Numbers | Flags) -> Lists:
        """Some of the lists, in the order asked for."""
        chosen = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        lengths = self.lengths[chosen]
        starts = starts_of(lengths)
        places = np.arange(starts[-1]) + np.repeat(self.starts[chosen] - starts[:-1], lengths)
        return Lists(starts, self.values[places])


def starts_of(lengths: Numbers) -> Numbers:
    """Where lists of these lengths start, and where the last one ends."""
    starts = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=starts[1:])
    return starts


def joined(parts: Iterable[Lists]) -> Lists:
    """Lists one after the other."""
    known = list(parts)
    values = [each.values for each in known]
    lengths = [each.lengths for each in known]
    return Lists(starts_of(_flat(lengths)), _flat(values))


def _flat(arrays: list[Numbers]) -> Numbers:
    return np.concatenate(arrays) if arrays else np.zeros(0, np.int64)
