"""A Dask cluster of two processes as the executor of many what-ifs."""

from __future__ import annotations

import os
import random
import signal

import pytest

from blastradius.engine import World, compile_system, solve_worlds
from tests.engine.batch.test_elsewhere import Answers, answers
from tests.engine.random_estates import facts_of_worlds, random_estate, random_relations, random_scenario

pytestmark = pytest.mark.slow


def test_a_worker_that_is_killed_loses_nothing() -> None:
    """Dask gives to the other worker what the killed one had."""
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    rng = random.Random(7)
    built = random_estate(rng)
    worlds = [World(random_scenario(rng, built), random_relations(rng, built)) for _ in range(24)]
    found: Answers = []
    nanny = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**nanny) as cluster, distributed.Client(cluster) as client:
        for block in solve_worlds(compile_system(built), worlds, executor=client.get_executor()):
            if not found:
                os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)
            found += zip(block.places.tolist(), facts_of_worlds(block), strict=True)
    assert found == answers(built, worlds)
