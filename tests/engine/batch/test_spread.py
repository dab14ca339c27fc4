"""Worlds that are spread over whatever executor is named around the question."""

from __future__ import annotations

import random
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import pytest

from blastradius.engine import World, spread_over
from blastradius.engine.batch import solve
from blastradius.engine.telling import told_to
from tests.engine.batch.test_elsewhere import answers, some_worlds
from tests.engine.random_estates import random_estate
from tests.engine.short import estate, scenario


class Counting(ThreadPoolExecutor):
    """Threads, and how often they were asked."""

    asked = 0

    def submit(self, *args: Any, **kwargs: Any) -> Future[Any]:
        self.asked += 1
        return super().submit(*args, **kwargs)


def asked_of(executor: Executor | None, count: int) -> tuple[object, list[World]]:
    rng = random.Random(3)
    built = random_estate(rng)
    worlds = some_worlds(rng, built, count)
    endless = [world.scenario.model_copy(update={"hours": None}) for world in worlds]
    worlds = [world._replace(scenario=scenario) for world, scenario in zip(worlds, endless, strict=True)]
    with spread_over(executor):
        return answers(built, worlds), worlds


def test_several_blocks_are_spread_and_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solve, "asked_alone", lambda *_: set())
    with Counting(1) as workers:
        assert asked_of(workers, 3) == asked_of(None, 3)
        assert workers.asked == 0
    monkeypatch.setattr(solve, "WORDS", 2)
    with Counting(2) as workers:
        assert asked_of(workers, 129) == asked_of(None, 129)  # the last world is a block of its own
        assert workers.asked == 2


def test_a_world_that_is_asked_alone_is_a_block() -> None:
    built, asked = estate("owns:p>s", "connects:s>s2"), scenario("compromise p")
    with Counting(1) as workers, spread_over(workers):
        assert [place for place, _ in answers(built, [World(asked, without=("owns:p>s",)), World(asked)])] == [1, 0]
        assert workers.asked == 2


def test_who_waits_is_told_how_many_are_solved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solve, "WORDS", 2)
    monkeypatch.setattr(solve, "asked_alone", lambda *_: set())
    told: list[tuple[str, float | None]] = []
    with told_to(lambda what, share: told.append((what, share))):
        asked_of(None, 3)
        assert [what for what, _ in told][-1:] == ["solving 3 scenarios"]
        asked_of(None, 128)
        assert [what for what, _ in told][-1:] == ["solving 128 scenarios"]
        asked_of(None, 129)
    assert told[-2:] == [("128 of 129 scenarios solved", 128 / 129), ("129 of 129 scenarios solved", 1.0)]
    before = len(told)
    asked_of(None, 129)
    assert len(told) == before


def test_what_is_asked_afterwards_is_solved_here() -> None:
    with Counting(1) as workers:
        asked_of(workers, 1)
        before = workers.asked
        answers(random_estate(random.Random(3)), [])
        assert workers.asked == before
