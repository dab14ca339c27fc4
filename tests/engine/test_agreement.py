"""The default engine, the spec and the independent checker agree on random estates."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.engine import compile_system, solve
from blastradius.engine.check.spec import spec
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Fact, Level, Scenario
from tests.counts import examples
from tests.engine.random_estates import random_estate, random_scenario


@examples(1 / 4)
@given(st.integers(0, 2**40))
def test_engines_agree(seed: int) -> None:
    """Four worlds an estate: the same facts at the same levels, with a certificate the checker accepts."""
    rng = random.Random(seed)
    estate = random_estate(rng)
    system = compile_system(estate)
    for _ in range(4):
        scenario = random_scenario(rng, estate)
        reach = solve(estate, scenario, system=system)
        assert reach.levels == spec(estate, scenario), scenario


@examples(1 / 10)
@given(st.integers(0, 2**40))
def test_more_assumed_is_more_reached(seed: int) -> None:
    """A higher level, or one more control distrusted, never reaches less, nor anything later."""
    rng = random.Random(seed)
    estate = random_estate(rng)
    scenario = random_scenario(rng, estate)
    wider = scenario.model_copy(
        update={"assume": Level.LATERAL, "distrust": (*scenario.distrust, *list(estate.controls)[:1])}
    )
    less, more = solve(estate, scenario).levels, solve(estate, wider).levels
    assert all(fact in more and more[fact] <= level for fact, level in less.items())


def test_the_empty_estate_reaches_nothing() -> None:
    assert solve(Estate.build([Loaded()]), Scenario()).levels == {}


@pytest.mark.slow
def test_worlds_are_not_all_alike() -> None:
    """The generator is no test if nothing happens in its worlds."""
    rules: set[str] = set()
    stops: set[str] = set()
    facts: set[Fact] = set()
    for seed in range(400):
        rng = random.Random(seed)
        estate = random_estate(rng)
        reach = solve(estate, random_scenario(rng, estate))
        rules |= {step.rule for step in reach.certificate.steps}
        stops |= {stop.because for stop in reach.certificate.stopped}
        facts |= set(reach.levels)
    assert {"R1", "R2", "R3", "R3b", "R4", "R5", "R6", "R7", "R8", "R8q", "R9a", "R10", "R11", "R13"} <= rules
    assert stops == {"control", "level", "premise", "buffer"}
