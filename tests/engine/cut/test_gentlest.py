"""The least harmful of the cheapest cuts: of random ones that which trying all of them finds."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import chain, combinations

import numpy as np
import pytest

from blastradius.engine.cut.gentlest import Harm, Row, gentlest

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


def solved(problem: Problem, seconds: float = 60.0) -> tuple[Row, bool, int]:
    """The cut that is found from any cheapest one, whether it is known to be least, and how often harm was asked."""
    rows, costs, _ = problem
    asked = 0

    def left(pulled: set[int]) -> Iterator[Row]:
        yield from [row for row in rows if row.isdisjoint(pulled)][:1]

    def harming(chosen: Sequence[Row]) -> list[Harm]:
        nonlocal asked
        asked += 1
        return [harm(problem, levers) for levers in chosen]

    found = gentlest(np.array(costs, np.float64), [], left, harming, max(cheapest(problem), key=sorted), seconds)
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
