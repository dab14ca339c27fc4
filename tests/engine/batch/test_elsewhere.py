"""Blocks that other processes solve: the same answers, in the same order, and nothing is lost with a worker."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import random
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.engine import Proposal, World, check_worlds, compile_system, propose, solve_worlds
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import Fact, Kind, Relation, Scenario, Verb
from tests.counts import examples, few
from tests.engine.random_estates import (
    facts_of_worlds,
    random_controls,
    random_estate,
    random_relations,
    random_scenario,
)

Answers = list[tuple[int, set[Fact]]]


@pytest.fixture(scope="module")
def pool() -> Iterator[Executor]:
    """Two threads: they are told of the blocks, and answer, as two processes are and do."""
    with ThreadPoolExecutor(2) as threads:
        yield threads


def answers(
    built: Estate, worlds: list[World], proposal: Proposal | None = None, executor: Executor | None = None
) -> Answers:
    """The facts of each world in the order in which they came; audited where others solved them."""
    found: Answers = []
    system = compile_system(built)
    for block in solve_worlds(system, worlds, proposal=proposal, executor=executor):
        if executor is not None:
            check_worlds(system, block, None if proposal is None else proposal.estate, worlds)
        found += zip(block.places.tolist(), facts_of_worlds(block), strict=True)
    return found


def some_worlds(rng: random.Random, built: Estate, count: int) -> list[World]:
    """Worlds of all sorts, some of which are solved by themselves."""
    found = []
    for _ in range(count):
        scenario, proposed = random_scenario(rng, built), rng.random() < 0.3
        if rng.random() < 0.5:
            found.append(World(scenario, proposed=proposed))
            continue
        trusting = scenario.model_copy(update={"distrust": ()})
        found.append(World(trusting, random_relations(rng, built), random_controls(rng, built), proposed=proposed))
    return found


def some_of(built: Estate, kind: Kind) -> list[str]:
    return [thing.id for thing in built.entities.values() if thing.kind == kind]


@pytest.mark.parametrize("seed", few(range(12), 2))
def test_others_answer_as_we_do(pool: Executor, seed: int) -> None:
    """Levels, distrust, hours, added controls, removed relations, a proposal."""
    rng = random.Random(seed)
    built = random_estate(rng)
    keys, scopes = (some_of(built, kind) for kind in (Kind.CREDENTIAL, Kind.SCOPE))
    ends = [(keys[0], scopes[-1])] if keys and scopes else []
    more = [Relation(verb=Verb.GRANTS, sources=(key,), targets=(scope,)) for key, scope in ends]
    proposal = propose(compile_system(built), more)
    worlds = some_worlds(rng, built, 3)
    assert answers(built, worlds, proposal, pool) == answers(built, worlds, proposal)


@examples(1 / 20)
@given(st.integers(0, 2**40))
def test_an_estate_is_the_same_in_another_process(seed: int) -> None:
    """What is numbered keeps its number, and all that is said of it as a whole is kept."""
    built = random_estate(random.Random(seed))
    other: Estate = pickle.loads(pickle.dumps(built))
    assert [*other.entities.items()] == [*built.entities.items()]
    assert [*other.relations.items()] == [*built.relations.items()]
    assert (other.zones, other.today, other.clock, other.notes) == (built.zones, built.today, built.clock, built.notes)
    assert other.digest == built.digest


def test_no_worlds_are_asked_of_nobody(pool: Executor) -> None:
    assert answers(random_estate(random.Random(1)), [], None, pool) == []


def test_what_a_world_must_not_name_is_refused_before_it_is_sent(pool: Executor) -> None:
    system = compile_system(random_estate(random.Random(1)))
    with pytest.raises(UsageError, match="is not a relation of the estate"):
        next(solve_worlds(system, [World(Scenario(), without=("nothing",))], executor=pool))


@pytest.mark.slow
def test_a_killed_worker_loses_nothing() -> None:
    """A process is killed when the first block is there; what the pool then owes is solved here."""
    rng = random.Random(7)
    built = random_estate(rng)
    worlds = [World(random_scenario(rng, built), random_relations(rng, built)) for _ in range(12)]
    system = compile_system(built)
    found: Answers = []
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as processes:
        for block in solve_worlds(system, worlds, executor=processes):
            if not found:
                with pytest.raises(BrokenExecutor):
                    processes.submit(os._exit, 1).result()
            found += zip(block.places.tolist(), facts_of_worlds(block), strict=True)
    assert found == answers(built, worlds)
