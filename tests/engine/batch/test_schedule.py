"""The order in which rows are filled: strong components are found alike by either way of finding them."""

import numpy as np
import pytest

from blastradius.columns.ragged import Numbers
from blastradius.engine.batch import schedule
from blastradius.engine.batch.schedule import Edges, components
from blastradius.engine.check.audit import plan
from blastradius.engine.check.audit.plan import strong_components


def test_few_edges_have_the_components_that_many_would_have(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(7)
    for _ in range(500):
        count, number = int(random.integers(1, 40)), int(random.integers(0, 90))
        source, target = random.integers(0, count, number), random.integers(0, count, number)
        found = [components(Edges(source, target), count), strong_components(source, target, count)]
        with monkeypatch.context() as patched:
            patched.setattr(schedule, "_FEW", -1)
            patched.setattr(plan, "_FEW", -1)
            found += [components(Edges(source, target), count), strong_components(source, target, count)]
        assert len({_parts(labels) for labels in found}) == 1
        assert all(set(labels.tolist()) == set(range(int(labels.max()) + 1)) for labels in found)


def test_a_long_chain_and_a_long_cycle_need_no_deep_recursion() -> None:
    source, count = np.arange(4_000), 4_001
    for target, number in ((source + 1, count), ((source + 1) % 4_000, 2)):
        assert len(set(components(Edges(source, target), count).tolist())) == number
        assert len(set(strong_components(source, target, count).tolist())) == number


def test_nothing_has_no_components() -> None:
    nothing = np.zeros(0, np.int64)
    assert len(components(Edges(nothing, nothing), 0)) == len(strong_components(nothing, nothing, 0)) == 0


def _parts(labels: Numbers) -> frozenset[frozenset[int]]:
    return frozenset(frozenset(np.flatnonzero(labels == label).tolist()) for label in set(labels.tolist()))
