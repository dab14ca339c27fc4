"""One trial of each fault, and each step of a load as the last one of its client."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import LiteralString
from urllib.parse import urlsplit

import pytest

from blastradius.estate import snapshot
from blastradius.stores.neo4j import connected
from blastradius.stores.neo4j.loads import prepare
from blastradius.stores.neo4j.status import stamped
from tests.stores.faults import FAULTS, Trial, killed_between, steps, tried
from tests.stores.proxy import Proxy
from tests.stores.server import Server

DROPPED: tuple[LiteralString, ...] = (
    "DROP INDEX blastradius_id",
    "DROP INDEX blastradius_name",
    "DROP INDEX blastradius_api",
    "DROP INDEX blastradius_zone",
    "DROP INDEX blastradius_open",
)


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


@pytest.mark.slow
def test_whichever_commit_is_lost_the_load_comes_through(neo4j: str) -> None:
    port = urlsplit(neo4j).port or 7687
    with Proxy(port) as proxy:
        Trial(neo4j, random.Random(2)).load(Trial(neo4j, random.Random(2)).after, proxy.uri)
    last = proxy.commits  # of these the last ones read what is to be swept, when the load counts already
    for lost in (1, last // 2, *range(last - 3, last + 1)):
        trial = Trial(neo4j, random.Random(2))
        with Proxy(port, after_commit=lost) as proxy:
            trial.load(trial.after, proxy.uri)
        assert proxy.cut == 1
        assert trial.read() == snapshot.text(trial.after)


def test_a_server_that_dies_in_the_middle_of_a_load(own_server: Server) -> None:
    tried("server", own_server.uri, 5, own_server)


@pytest.mark.slow
def test_loaders_that_are_the_first_of_a_database_at_once(own_server: Server) -> None:
    first = Barrier(8)

    def prepared(_: int) -> int | None:
        with connected(own_server.uri) as connection:
            first.wait(60)
            prepare(connection)
            return stamped(connection)

    with ThreadPoolExecutor(8) as pool, connected(own_server.uri) as connection:
        for _ in range(10):
            assert len({*pool.map(prepared, range(8))} - {None}) == 1
            for query in DROPPED:
                connection.driver.execute_query(query)
