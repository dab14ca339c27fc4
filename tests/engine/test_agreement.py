"""The spec, the solvers of one scenario and of many worlds, and their checkers agree on random estates."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.engine import solve
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Level, Scenario
from blastradius.rules import RULES
from tests.agreement import ENGINES, FIRST_SEEDS, differences, tried, with_changes
from tests.counts import examples
from tests.engine.random_estates import random_estate, random_scenario


@examples(1 / 4)
@given(st.integers(0, 2**40))
def test_engines_agree(seed: int) -> None:
    """The same facts at the same levels in the same hours, with certificates and claims that the checkers accept."""
    rng = random.Random(seed)
    estate = random_estate(rng)
    for engine in ENGINES:
        assert list(differences(estate, random_scenario(rng, estate), engine)) == []


@examples(1 / 10)
@given(st.integers(0, 2**40))
def test_engines_agree_on_a_changed_estate(seed: int) -> None:
    """Relations taken away and controls put in place, as a scenario names them."""
    rng = random.Random(seed)
    estate = random_estate(rng)
    asked = with_changes(rng, estate, random_scenario(rng, estate))
    assert list(differences(estate, asked, rng.choice(ENGINES))) == []


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


def test_the_first_estates_agree() -> None:
    assert tried(*FIRST_SEEDS) == []


def test_the_empty_estate_reaches_nothing() -> None:
    assert solve(Estate.build([Loaded()]), Scenario()).levels == {}


@pytest.mark.slow
def test_worlds_are_not_all_alike() -> None:
    """The generator is no test if nothing happens in its worlds."""
    rules: set[str] = set()
    stops: set[str] = set()
    for seed in range(400):
        rng = random.Random(seed)
        estate = random_estate(rng)
        reach = solve(estate, random_scenario(rng, estate))
        rules |= {step.rule for step in reach.certificate.steps}
        stops |= {stop.because for stop in reach.certificate.stopped}
    assert {rule.id for rule in RULES} <= rules
    assert stops == {"control", "level", "premise", "time", "basis"}
