"""Many short lists of numbers in two flat arrays: the compressed sparse row form (CSR)."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Small = NDArray[np.int8]
"""Numbers that fit into a byte, where there are millions of them."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RaggedArray:
    """Row ``i`` is ``values[indptr[i]:indptr[i + 1]]``; ``indptr`` (n + 1) and ``values`` are int64."""

    indptr: Numbers
    values: Numbers

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]]) -> RaggedArray:
        """Rows as they are."""
        lengths = np.fromiter(map(len, rows), np.int64, len(rows))
        values = np.fromiter((value for row in rows for value in row), np.int64, int(lengths.sum()))
        return cls(indptr_of(lengths), values)

    @classmethod
    def singles(cls, values: Numbers) -> RaggedArray:
        """Rows of one number each."""
        return cls(np.arange(len(values) + 1), values)

    @classmethod
    def grouped(cls, row_ids: Numbers, values: Numbers, count: int) -> RaggedArray:
        """``count`` rows; ``values[i]`` goes to row ``row_ids[i]``, in the order given."""
        order = np.argsort(row_ids, kind="stable")
        return cls(indptr_of(np.bincount(row_ids, minlength=count)), values[order])

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def __getitem__(self, number: int) -> list[int]:
        found: list[int] = self.values[self.indptr[number] : self.indptr[number + 1]].tolist()
        return found

    def tolist(self) -> list[list[int]]:
        """All rows."""
        values, ends = self.values.tolist(), self.indptr.tolist()
        return [values[start:end] for start, end in itertools.pairwise(ends)]

    @property
    def lengths(self) -> Numbers:
        """How long each row is (n)."""
        return self.indptr[1:] - self.indptr[:-1]

    @property
    def first(self) -> Numbers:
        """The first number of each row (n); none may be empty."""
        return self.values[self.indptr[:-1]]

    @property
    def row_ids(self) -> Numbers:
        """For each value the number of its row."""
        return np.arange(len(self)).repeat(self.lengths)

    def take(self, rows: Numbers | Flags) -> RaggedArray:
        """Some of the rows, by number or by flag, in the order asked for."""
        chosen = rows.nonzero()[0] if rows.dtype == np.bool_ else rows
        if not len(chosen):
            return NO_ROWS
        lengths = self.lengths[chosen]
        indptr = indptr_of(lengths)
        places = np.arange(indptr[-1]) + (self.indptr[chosen] - indptr[:-1]).repeat(lengths)
        return RaggedArray(indptr, self.values[places])


NO_ROWS = RaggedArray(np.zeros(1, np.int64), np.zeros(0, np.int64))


def indptr_of(lengths: Numbers) -> Numbers:
    """Where rows of these lengths start, and where the last one ends."""
    indptr = np.zeros(len(lengths) + 1, np.int64)
    lengths.cumsum(out=indptr[1:])
    return indptr


def flags_at(rows: Numbers | Collection[int], count: int) -> Flags:
    """Which of ``count`` rows are among some."""
    found = np.zeros(count, np.bool_)
    found[rows if isinstance(rows, np.ndarray) else np.fromiter(rows, np.int64, len(rows))] = True
    return found


def distinct(numbers: Numbers) -> Numbers:
    """Numbers sorted, each once; ``np.unique`` hashes them first, which takes several times as long."""
    found = np.sort(numbers)
    return found[_first_of_each(found)]


def counted(numbers: Numbers) -> tuple[Numbers, Numbers]:
    """Numbers sorted, each once, and how often each is there."""
    found = np.sort(numbers)
    first = np.flatnonzero(_first_of_each(found))
    return found[first], np.diff(first, append=len(found))


def _first_of_each(ordered: Numbers) -> Flags:
    """Which of some sorted numbers are not the same as the one before."""
    found = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=found[1:])
    return found


def joined(parts: Iterable[RaggedArray]) -> RaggedArray:
    """Rows one after the other."""
    known = list(parts)
    values = [part.values for part in known]
    lengths = [part.lengths for part in known]
    return RaggedArray(indptr_of(_flat(lengths)), _flat(values))


def pairwise(one: RaggedArray, other: RaggedArray) -> RaggedArray:
    """Each row of the one followed by that of the other."""
    owners = np.concatenate([one.row_ids, other.row_ids])
    return RaggedArray.grouped(owners, np.concatenate([one.values, other.values]), len(one))


def _flat(arrays: list[Numbers]) -> Numbers:
    return np.concatenate(arrays) if arrays else np.zeros(0, np.int64)
