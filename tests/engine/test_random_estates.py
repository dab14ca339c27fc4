"""What the random estates are good for: every rule is at work in enough of them."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from blastradius.engine import solve
from blastradius.rules import RULES
from tests.engine.random_estates import LARGEST, random_estate, random_scenario

WORLDS, LEAST = 1000, 0.03


@pytest.mark.slow
def test_every_rule_is_at_work_in_some_worlds_of_a_hundred() -> None:
    """A rule is at work where a step of the proof goes by it."""
    at_work: Counter[str] = Counter()
    for seed in range(WORLDS):
        rng = random.Random(seed)
        estate = random_estate(rng)
        at_work.update({step.rule for step in solve(estate, random_scenario(rng, estate)).proofs.values()})
    assert {rule.id: at_work[rule.id] for rule in RULES if at_work[rule.id] < LEAST * WORLDS} == {}


def test_they_stay_small() -> None:
    sizes = [len(random_estate(random.Random(seed)).entities) for seed in range(100)]
    assert (min(sizes), max(sizes)) == (0, LARGEST)
