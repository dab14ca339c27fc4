"""What the random estates are good for: every construct is in enough of them, and every rule is at work."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from blastradius.engine import solve
from blastradius.rules import RULES
from tests.engine.constructs import CONSTRUCTS
from tests.engine.random_estates import LARGEST, random_estate, random_scenario

WORLDS, LEAST = 1000, 0.03
LEAST_OF_CONSTRUCTS = 0.05


@pytest.mark.slow
def test_every_construct_is_in_some_worlds_of_a_hundred() -> None:
    found: Counter[str] = Counter()
    for seed in range(WORLDS):
        rng = random.Random(seed)
        estate = random_estate(rng)
        asked = random_scenario(rng, estate)
        found.update(name for name, is_there in CONSTRUCTS.items() if is_there(estate, asked))
    rare = {name: found[name] for name in CONSTRUCTS if found[name] < LEAST_OF_CONSTRUCTS * WORLDS}
    assert rare == {}


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
