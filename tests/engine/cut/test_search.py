"""What follows from clauses, and what it is proved by, against plain loops."""

from __future__ import annotations

import random
from math import inf

import numpy as np
import pytest

from blastradius.columns.ragged import RaggedArray
from blastradius.engine.check.quorum import is_outvoted
from blastradius.engine.cut.clauses import Clauses
from blastradius.engine.cut.search import Search
from tests.counts import few

FACTS = 12
Held = dict[int, float]
"""Since which hour each fact holds."""


@pytest.mark.parametrize("hours", [None, 5.0])
@pytest.mark.parametrize("seed", few(range(0, 600, 20), 5))
def test_what_follows_is_what_plain_loops_find(seed: int, hours: float | None) -> None:
    """Clauses that need some of their premises, or outvote; delays; levers that close some; search after search."""
    for number in range(seed, seed + 20):
        rng = random.Random(number)
        clauses = random_clauses(rng)
        shared = np.array(sorted(rng.sample(range(FACTS), rng.choice((0, 0, 1)))), np.int64)
        search = Search(clauses, 3, shared, hours)
        for turn in range(6):
            pulled = rng.sample(range(3), rng.choice((0, 0, 1, 2))) if turn else []
            if turn:  # before the first pull nothing is closed
                search.pull(pulled)
            seeds = np.array(sorted(rng.sample(range(FACTS), rng.choice((1, 2, 3)))), np.int64)
            starts = sorted({*seeds.tolist(), *shared.tolist()})
            there = [clause for clause in range(len(clauses)) if not {*pulled} & {*clauses.levers[clause]}]
            wanted = follows(clauses, there, starts, hours)
            given = seeds if hours is None else np.array(starts, np.int64)
            found = search.reached(given, np.arange(FACTS))
            assert set(np.flatnonzero(found).tolist()) == wanted.keys()
            for target in sorted({*range(FACTS)} - {*starts}):
                proof = search.proof(given, np.arange(FACTS) == target)
                assert (proof is not None) == (target in wanted)
                if proof is not None:
                    used = proof.tolist()
                    assert {*used} <= {*there}
                    assert target in follows(clauses, used, starts, hours)
                    assert len({*clauses.conclusion[proof].tolist()}) == len(used)


def random_clauses(rng: random.Random) -> Clauses:
    """Some clauses of one premise, of several of which some are needed, and of quorums; each with a lever or none."""
    premises, need, votes, delay = [], [], [], []
    count = rng.choice((6, 12, 18))
    for _ in range(count):
        vote = rng.random() < 0.25
        width = rng.choice((2, 4, 6, 10)) if vote else rng.choice((1, 1, 2, 3))
        premises.append(rng.sample(range(FACTS), width))
        need.append(rng.randint(1, width // 2 + 1) if vote else rng.randint(1, width))
        votes.append(vote)
        delay.append(rng.choice((0.0, 0.0, 1.0, 2.0, 4.0)))
    return Clauses(
        *(RaggedArray.of(premises), np.array(need), np.array(votes)),
        *(np.array(rng.choices(range(FACTS), k=count)), RaggedArray.of([rng.choice(([], [0], [1, 2])) for _ in need])),
        *(np.array(delay), FACTS),
    )


def follows(clauses: Clauses, there: list[int], starts: list[int], hours: float | None) -> Held:
    """Try every clause again and again until nothing comes sooner."""
    held: Held = dict.fromkeys(starts, 0.0)
    before: Held = {}
    while before != held:
        before = dict(held)
        for clause in there:
            delay = 0.0 if hours is None else float(clauses.delay_h[clause])
            for at in sorted(set(held.values())):
                if enough(clauses, clause, {fact for fact, since in held.items() if since <= at}):
                    if delay == 0 or at + delay < (inf if hours is None else hours):
                        goal = int(clauses.conclusion[clause])
                        held[goal] = min(at + delay, held.get(goal, inf))
                    break
    return held


def enough(clauses: Clauses, clause: int, held: set[int]) -> bool:
    """Whether these facts are enough for a clause."""
    premises, need = clauses.premises[clause], int(clauses.need[clause])
    if not clauses.votes[clause]:
        return sum(premise in held for premise in premises) >= need
    feeds = len(premises) // 2
    wrong, down = ([premise in held for premise in half] for half in (premises[:feeds], premises[feeds:]))
    both = sum(one and other for one, other in zip(wrong, down, strict=True))
    return bool(is_outvoted(feeds, sum(wrong), sum(down), both, need))
