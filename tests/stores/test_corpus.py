"""The whole corpus, and random estates, on a real server: what it says is what the whole estate says here."""

from __future__ import annotations

import random
from itertools import cycle
from typing import Any

import pytest

from blastradius import plugins
from blastradius.cli.engines import names_in
from blastradius.engine import SEED_KINDS, Certificate, Reach, solve
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import Scenario
from blastradius.stores.neo4j import Allowed, Connection, asked_there, pull, push
from tests.counts import few
from tests.engine.corpus import CORPUS
from tests.engine.random_estates import random_estate, random_scenario
from tests.estate.questions import ASKED, answer_of, asked_at_random
from tests.stores.conftest import Place

ANY = Allowed(shrink=True, incomplete=True, beside_others=True)
RANDOM, TOGETHER = 500, 25
"""How many random estates, and how many of them a test asks."""
QUESTIONS = [question for question in ASKED if question != "reach"]


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


def answered_there(connection: Connection, question: str, given: dict[str, Any]) -> Any:
    """What is said of a part of the estate that is read, with its picture; ``None`` where all of it has to be."""
    query = plugins.query(question)
    params = query.params(**given)

    def ask(estate: Estate) -> Any:
        found = query.run(estate, params)
        return found, found.picture

    return asked_there(connection, {*names_in(given)}, ask)


@pytest.mark.parametrize("name", few(CORPUS, 6))
def test_the_server_says_what_the_whole_says_of_the_corpus(name: str, place: Place) -> None:
    built, asked = CORPUS[name]()
    push(place.connection, built, ANY)
    rng = random.Random(name)
    for (_, reached, not_reached), question in zip(asked, cycle(QUESTIONS)):
        given = ASKED[question](rng, built)
        about = sorted({fact.entity for fact in reached | not_reached} & built.entities.keys())
        given |= {"entity": about[0]} if about and "entity" in given else {}
        found = answered_there(place.connection, question, given)
        assert found in (None, answer_of(plugins.query(question), built, plugins.query(question).params(**given)))


@pytest.mark.slow
@pytest.mark.parametrize("question", ASKED)
@pytest.mark.parametrize("first", range(0, RANDOM // 5, TOGETHER))
def test_random_questions_on_the_server(first: int, question: str, place: Place) -> None:
    query, parts = plugins.query(question), 0
    for seed in range(first, first + TOGETHER):
        built, given = asked_at_random(question, seed)
        push(place.connection, built, ANY)
        found = answered_there(place.connection, question, given)
        assert found in (None, answer_of(query, built, query.params(**given))), seed
        parts += found is not None
    assert parts > TOGETHER // 4


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, RANDOM, TOGETHER))
def test_random_estates_on_the_server(first: int, place: Place) -> None:
    for seed in range(first, first + TOGETHER):
        rng = random.Random(seed)
        built = random_estate(rng)
        scenario = random_scenario(rng, built)
        push(place.connection, built, ANY)
        assert reached_there(place.connection, scenario) == reached_here(built, scenario), seed
