"""The whole corpus, and random estates, on a real server: what it says is what the whole estate says here."""

from __future__ import annotations

import random

import pytest

from blastradius.engine import SEED_KINDS, Certificate, Reach, solve
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import Scenario
from blastradius.stores.neo4j import Allowed, Connection, asked_there, pull, push
from tests.counts import few
from tests.engine.corpus import CORPUS
from tests.engine.random_estates import random_estate, random_scenario
from tests.stores.conftest import Place

ANY = Allowed(shrink=True, incomplete=True, beside_others=True)
RANDOM, TOGETHER = 500, 25
"""How many random estates, and how many of them a test asks."""


def reached_here(built: Estate, scenario: Scenario) -> Certificate | str:
    """What the solver proves here, or why it does not."""
    try:
        return solve(built, scenario).certificate
    except UsageError as refused:
        return str(refused)


def reached_there(connection: Connection, scenario: Scenario) -> Certificate | str:
    """What is proved of a part of the estate that is read; of the whole where it has to be."""
    named = [name for field in SEED_KINDS for name in getattr(scenario, field)]

    def ask(estate: Estate) -> Reach:
        return solve(estate, scenario)

    found = asked_there(connection, named, ask)
    if found is not None:
        return found.certificate
    whole = reached_here(Estate.build([pull(connection)]), scenario)
    of_one_control = any("@" in name for name in scenario.distrust)  # which may stand beyond what was read
    assert isinstance(whole, str) or scenario.controls or scenario.without or of_one_control
    return whole


@pytest.mark.parametrize("name", few(CORPUS, 12))
def test_the_server_says_what_is_expected(name: str, place: Place) -> None:
    built, asked = CORPUS[name]()
    push(place.connection, built, ANY)
    for scenario, reached, not_reached in asked:
        found = reached_there(place.connection, scenario)
        assert found == reached_here(built, scenario)
        facts = set() if isinstance(found, str) else {step.fact for step in found.steps}
        assert reached <= facts
        assert not not_reached & facts


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, RANDOM, TOGETHER))
def test_random_estates_on_the_server(first: int, place: Place) -> None:
    for seed in range(first, first + TOGETHER):
        rng = random.Random(seed)
        built = random_estate(rng)
        scenario = random_scenario(rng, built)
        push(place.connection, built, ANY)
        assert reached_there(place.connection, scenario) == reached_here(built, scenario), seed
