"""The audit tells rows apart without losing one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from blastradius.engine.check.audit import derive

ROWS = st.tuples(st.integers(0, 30), st.integers(1, 17)).flatmap(
    lambda shape: arrays(np.uint64, shape, elements=st.sampled_from([0, 1, 2**62, 2**63, 2**64 - 1]))
)


@given(ROWS, st.data())
def test_rows_that_differ_stand_for_all(some: np.ndarray, data: st.DataObject) -> None:
    """Each row is the one it is said to equal; those said to differ do so, but for collisions of marks."""
    rows = some[data.draw(st.lists(st.integers(0, len(some) - 1), max_size=90))] if len(some) else some
    places, number = derive.distinct(rows)
    assert np.array_equal(rows[places][number], rows)
    assert np.array_equal(number[places], np.arange(len(places)))


def test_most_rows_that_are_equal_are_known_to_be() -> None:
    """Rows of one world each, of all worlds and of none: only a few of the equal ones are taken for different."""
    rows = np.zeros((20_000, 16), np.uint64)
    world = np.random.default_rng(1).integers(0, 1024, 10_000)
    rows[np.arange(10_000), world // 64] = np.uint64(1) << (world % 64).astype(np.uint64)
    rows[10_000:15_000] = ~np.uint64(0)
    places, _ = derive.distinct(rows)
    assert len(np.unique(world)) + 2 <= len(places) < 1100
