"""The order in which rows are filled: strong components are found alike by either way of finding them."""

import numpy as np
import pytest

from blastradius.columns.ragged import Numbers
from blastradius.engine.batch import schedule
from blastradius.engine.batch.schedule import Edges, components, in_order
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


def test_every_row_comes_after_those_it_is_made_of() -> None:
    """What lies on a cycle is in one span with the rest of it, and nothing else is in any."""
    random = np.random.default_rng(11)
    for _ in range(150):
        count, number = int(random.integers(1, 25)), int(random.integers(0, 40))
        source, target = random.integers(0, count, number), random.integers(0, count, number)
        edges = Edges(source, target).renamed(np.arange(count))
        order, component = in_order(edges, count), components(edges, count)
        assert sorted(order.rows.tolist()) == [*range(count)]
        assert (order.indptr[0], order.indptr[-1]) == (0, count)
        assert (np.diff(order.indptr) > 0).all()
        group = np.empty(count, np.int64)
        group[order.rows] = np.repeat(np.arange(len(order.indptr) - 1), np.diff(order.indptr))
        span = np.full(count, -1)
        for place, (first, last) in enumerate(order.cycles):
            span[(group >= first) & (group < last)] = place
        assert (span >= 0).tolist() == (np.bincount(component)[component] > 1).tolist()
        for one, other in zip(edges.source.tolist(), edges.target.tolist(), strict=True):
            if component[one] == component[other]:
                assert span[one] == span[other]
            else:
                assert group[one] < group[other]
                assert span[one] != span[other] or span[one] < 0


@pytest.mark.parametrize(
    ("edges", "groups", "cycles"),
    [
        ("", "0 1 2", ()),
        ("0>1 1>2 0>2", "0|1|2", ()),
        ("0>2 1>2", "0 1|2", ()),
        ("0>2 1>2 2>3 3>1", "0|2|3|1", ((1, 4),)),  # from where a circle is entered, one after the other
        ("0>1 1>2 2>0", "0 1 2", ((0, 1),)),  # entered nowhere
        ("0>1 1>0 2>3 3>2", "0 1 2 3", ((0, 1),)),
        ("0>1 1>0 1>2 2>3 3>2 3>4", "0 1|2 3|4", ((0, 1), (1, 2))),
        ("0>1 0>2 1>3 3>1 2>4 4>2", "0|1 2|3 4", ((1, 3),)),
    ],
)
def test_rows_that_can_be_filled_at_once_are(edges: str, groups: str, cycles: tuple[tuple[int, int], ...]) -> None:
    pairs = [tuple(map(int, edge.split(">"))) for edge in edges.split()]
    source, target = (np.array([pair[end] for pair in pairs], np.int64) for end in (0, 1))
    wanted = [[*map(int, group.split())] for group in groups.split("|")]
    order = in_order(Edges(source, target), sum(map(len, wanted)))
    bounds = zip(order.indptr[:-1].tolist(), order.indptr[1:].tolist(), strict=True)
    assert [order.rows[first:last].tolist() for first, last in bounds] == wanted
    assert order.cycles == cycles


def test_nothing_has_no_components() -> None:
    nothing = np.zeros(0, np.int64)
    assert len(components(Edges(nothing, nothing), 0)) == len(strong_components(nothing, nothing, 0)) == 0


def _parts(labels: Numbers) -> frozenset[frozenset[int]]:
    return frozenset(frozenset(np.flatnonzero(labels == label).tolist()) for label in set(labels.tolist()))
