"""The least harmful of the cheapest cuts: of random ones that which trying all of them finds."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, combinations
from types import SimpleNamespace

import numpy as np
import pytest

from blastradius.engine.cut import gentlest as module
from blastradius.engine.cut.gentlest import Harm, Row, _Known, gentlest, time_left

LEVERS = 7
Problem = tuple[list[Row], list[int], list[tuple[int, int, Row]]]
"""Proofs, costs, and harms: the rank, which one, and the levers that do it together."""


def drawn(seed: int) -> Problem:
    """A small problem at random."""
    rng = random.Random(seed)
    some = range(LEVERS)
    rows = [frozenset(rng.sample(some, rng.randint(1, 4))) for _ in range(rng.randint(1, 6))]
    harms = [
        (rng.randrange(3), rng.randrange(4), frozenset(rng.sample(some, rng.choice((1, 1, 2, 3))))) for _ in range(9)
    ]
    return rows, [rng.choice((1, 1, 2)) for _ in some], harms


def harm(problem: Problem, levers: Row) -> tuple[frozenset[int], ...]:
    """What levers do, by rank."""
    return tuple(frozenset(it for of, it, cause in problem[2] if of == rank and cause <= levers) for rank in range(3))


def solved(problem: Problem, until: float = np.inf, most: int = 10**9) -> tuple[Row, bool, int]:
    """The cut that is found from any cheapest one, whether it is known to be least, and how often harm was asked."""
    rows, costs, _ = problem
    asked = 0

    def left(pulled: set[int]) -> Iterator[Row]:
        yield from [row for row in rows if row.isdisjoint(pulled)][:1]

    def harming(chosen: Sequence[Row]) -> list[Harm]:
        nonlocal asked
        asked += 1
        return [harm(problem, levers) for levers in chosen]

    first = max(cheapest(problem), key=sorted)
    found = gentlest(np.array(costs, np.float64), [], left, harming, first, until, most)
    return found.levers, found.is_least, asked


def cheapest(problem: Problem) -> list[Row]:
    """All cuts that cost the least."""
    rows, costs, _ = problem
    every = chain.from_iterable(combinations(range(LEVERS), size) for size in range(LEVERS + 1))
    cuts = [frozenset(levers) for levers in every if all(not row.isdisjoint(levers) for row in rows)]
    least = min(sum(costs[it] for it in levers) for levers in cuts)
    return [levers for levers in cuts if sum(costs[it] for it in levers) == least]


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_no_other_of_the_cheapest_cuts_does_less(first: int) -> None:
    for seed in range(first, first + 20):
        problem = drawn(seed)
        levers, is_least, _ = solved(problem, np.inf)
        assert is_least
        assert levers in cheapest(problem)
        counts = [tuple(map(len, harm(problem, other))) for other in cheapest(problem)]
        assert tuple(map(len, harm(problem, levers))) == min(counts), seed


def test_out_of_time_the_cut_still_costs_the_least_and_is_not_called_least() -> None:
    ended = [solved(drawn(seed), 0.0) for seed in range(20)]
    assert not all(is_least for _, is_least, _ in ended)
    assert all(levers in cheapest(drawn(seed)) for seed, (levers, _, _) in enumerate(ended))


def test_a_cut_that_harms_nothing_is_not_looked_beyond() -> None:
    levers, is_least, asked = solved(([frozenset({0, 1})], [1] * LEVERS, [(0, 0, frozenset({2}))]))
    assert (len(levers), is_least) == (1, True)
    assert asked <= 4


@pytest.mark.parametrize(("most", "end"), [(2, ({1}, False)), (3, ({0}, False)), (4, ({0}, True))])
def test_no_more_sets_are_weighed_than_it_may(most: int, end: tuple[set[int], bool]) -> None:
    """Of two cuts one harms: three sets tell why, and the fourth is the other cut."""
    problem = [frozenset({0, 1})], [1] * LEVERS, [(0, 0, frozenset({1}))]
    levers, is_least, _ = solved(problem, np.inf, most)
    assert (set(levers), is_least) == end


def test_where_no_program_has_time_it_is_the_cut_it_began_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LEAST_TIME", 0.0)
    for seed in range(20):
        problem = drawn(seed)
        levers, is_least, _ = solved(problem, 0.0)
        first = max(cheapest(problem), key=sorted)
        assert (levers, is_least) == (first, not any(harm(problem, first)))


def test_a_program_has_the_time_that_is_left_but_a_second_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: 50.0))
    assert [time_left(until) for until in (170.0, 51.5, 51.0, 50.5, 10.0)] == [120.0, 1.5, 1.0, 1.0, 1.0]


def test_of_cuts_that_harm_alike_it_is_the_one_it_began_with() -> None:
    problem = [frozenset({0, 1})], [1] * LEVERS, [(0, 0, frozenset({0})), (0, 1, frozenset({1}))]
    assert solved(problem)[:2] == (frozenset({1}), True)


def test_why_levers_harm_is_learned_once() -> None:
    """One alone, two together, and where either of two pairs would do all that were pulled."""
    some = frozenset(range(4))
    causes = [(0, 0, {0}), (1, 0, {1, 2}), (1, 1, {0, 1}), (1, 1, {2, 3})]
    problem = list[Row](), [1] * LEVERS, [(rank, which, frozenset(levers)) for rank, which, levers in causes]
    asked: list[Row] = []

    def harming(chosen: Sequence[Row]) -> list[Harm]:
        asked.extend(chosen)
        return [harm(problem, levers) for levers in chosen]

    known = _Known(np.ones(LEVERS), [], LEVERS)
    known.learn(harming, [some], [harm(problem, some)])
    alone, without = [frozenset({lever}) for lever in some], [some - {lever} for lever in some]
    assert known.harms == {(0, 0): {frozenset({0})}, (1, 0): {frozenset({1, 2})}, (1, 1): {some}}
    assert Counter(asked) == Counter([*alone, *without, frozenset({1, 2}), frozenset()])
    asked.clear()
    known.learn(harming, [some], [harm(problem, some)])
    assert asked == without
