"""One trial of each fault, and each step of a load as the last one of its client."""

from __future__ import annotations

import random

import pytest

from tests.stores.faults import FAULTS, Trial, killed_between, steps, tried
from tests.stores.server import Server


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in FAULTS if name != "server"])
@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_lost_mixed_or_left_behind(neo4j: str, name: str, seed: int) -> None:
    tried(name, neo4j, seed)


@pytest.mark.slow
@pytest.mark.parametrize("step", steps())
def test_a_client_that_dies_between_two_steps(neo4j: str, step: str) -> None:
    trial = Trial(neo4j, random.Random(1))
    trial.load(trial.before)
    killed_between(trial, step)
    trial.settle()


def test_a_server_that_dies_in_the_middle_of_a_load(own_server: Server) -> None:
    tried("server", own_server.uri, 5, own_server)
