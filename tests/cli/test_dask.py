"""``--dask``: the workers of a cluster solve what is asked, and the answer is the same."""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from blastradius.cli import main
from blastradius.engine import compile_system, spread_over
from blastradius.engine.batch import solve
from blastradius.engine.batch.dask_cluster import dask_cluster
from tests.engine.batch.test_elsewhere import Answers, answers, some_worlds
from tests.engine.random_estates import facts_of_worlds, random_estate

FAMILIES = [["rank"], ["levers", "--compromise", "acme"], ["cut", "--compromise", "acme"]]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two workers, which are processes."""
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**options) as started:
        yield started


@pytest.mark.slow
@pytest.mark.parametrize("question", FAMILIES, ids=lambda question: question[0])
def test_the_answer_is_the_same(
    cluster: Any,
    question: list[str],
    northwind: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Blocks of 64 worlds, so that there are several of them."""
    monkeypatch.setattr(solve, "WORDS", 1)
    said = []
    for more in ([], ["--dask", cluster.scheduler_address]):
        capsys.readouterr()
        code = main([question[0], str(northwind), *question[1:], *more, "--format", "json"])
        said.append((code, capsys.readouterr().out))
    assert said[0] == said[1]


@pytest.mark.slow
def test_a_worker_that_is_killed_in_the_middle_loses_nothing(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solve, "WORDS", 1)
    rng = random.Random(11)
    built = random_estate(rng)
    worlds, found = some_worlds(rng, built, 150), list[Any]()
    here: Answers = answers(built, worlds)
    with dask_cluster(cluster.scheduler_address) as workers, spread_over(workers):
        for block in solve.solve_worlds(compile_system(built), worlds):
            if not found:
                os.kill(next(worker.pid for worker in cluster.workers.values()), signal.SIGKILL)
            found += zip(block.places.tolist(), facts_of_worlds(block), strict=True)
    assert found == here


def test_without_dask_it_is_said_what_to_install(
    northwind: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["rank", str(northwind), "--dask", "tcp://127.0.0.1:1"]) == 2
    assert "--dask needs Dask; pip install 'partner-blastradius[dask]'" in capsys.readouterr().err


def test_a_cluster_and_a_server_are_not_asked_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["exposure", "neo4j://localhost", "--entity", "x", "--engine", "server", "--dask", "tcp://127.0.0.1:1"]
    assert main(asked) == 2
    assert "--dask: other machines are sent the whole estate; leave out --engine server" in capsys.readouterr().err
