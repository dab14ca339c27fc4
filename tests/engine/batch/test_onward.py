"""What follows from what is held already, with one thing or another taken away."""

from __future__ import annotations

import numpy as np
import pytest

from blastradius.engine import compile_system
from blastradius.engine.batch import solve
from blastradius.engine.batch.onward import onward
from blastradius.model import Fact
from tests.engine.random_estates import facts_of_worlds
from tests.engine.short import estate, facts, scenario

HELD = "control(s1) control(s3)"
WITHOUT = ((), ("connects:s2>s3",), ("connects:s1>s2",), ("connects:s3>s4",), ("connects:s1>s2", "connects:s3>s4"))
REACHED = ("s1 s2 s3 s4", "s1 s2 s3 s4", "s1 s3 s4", "s1 s2 s3", "s1 s3")


@pytest.mark.parametrize("words", [1, 2, 16])
def test_what_holds_already_holds_whatever_is_taken_away(words: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In each of 130 worlds, block by block."""
    monkeypatch.setattr("blastradius.engine.batch.onward.WORDS", words)
    system = compile_system(estate("connects:s1>s2", "connects:s2>s3", "connects:s3>s4"))
    held = np.array([system.facts.number(fact) for fact in sorted(facts(HELD))])
    groups = [WITHOUT[number % 5] for number in range(130)]
    found: dict[int, set[Fact]] = {}
    for block in onward(system, scenario(""), held, groups):
        found |= dict(zip(block.places.tolist(), facts_of_worlds(block), strict=True))
    assert [*found] == [*range(130)]
    for place, reached in found.items():
        there = REACHED[place % 5].split()
        assert {fact.entity for fact in reached if fact.capability == "control"} == {*there}


def test_few_worlds_are_filled_without_the_compiled_back_end() -> None:
    """Importing it takes longer than they do."""
    assert solve.suited(0) == solve.suited(solve._MUCH - 1) == "numpy"
    assert solve.suited(solve._MUCH) is None
