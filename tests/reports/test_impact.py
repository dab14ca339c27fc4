"""Measures of many worlds are those of one world at a time."""

from __future__ import annotations

import random
import weakref
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import blastradius as br
from blastradius.engine import PreparedEstate, World, compile_system, solve
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import SEEDS, Kind, Level, Scenario, Store
from blastradius.reports.impact import Measure, audited, measured, summed
from blastradius.reports.rows import records_read
from blastradius.reports.unstated import uncounted_stores
from tests.counts import examples
from tests.engine.random_estates import random_estate, random_scenario


def measure_of(built: Estate, world: World, system: PreparedEstate | None = None) -> Measure:
    """One world, the long way round."""
    reach = solve(built, world.scenario, system=system)
    asked = world.scenario
    seeds = {name for field in SEEDS for name in getattr(asked, field)}
    public = {entity.id for entity in built.entities.values() if getattr(entity, "public", False)}
    reached = {fact.entity for fact in reach.levels} - seeds - public
    return Measure(
        crown_jewels=tuple(entity for entity in built.entities if entity in reached and built.crown_jewel(entity)),
        records=records_read(built, reach),
        processes=sum(built.entities[name].kind == Kind.PROCESS for name in reached),
        entities=len(reached),
        beyond=len(reached),
        uncounted=uncounted_stores(reach),
    )


def with_records(rng: random.Random, built: Estate) -> Estate:
    """The same estate, its stores full, some of them crown jewels, some copies."""
    stores = [entity.id for entity in built.of_kind(Kind.STORE)]
    entities = tuple(
        entity.model_copy(
            update={
                "records": rng.choice((None, 0, 10, 500)),
                "crown_jewel": rng.random() < 0.5,
                "copy_of": tuple(rng.sample(stores, min(len(stores), rng.choice((0, 1, 1, 2))))),
            }
        )
        if isinstance(entity, Store)
        else entity
        for entity in built.entities.values()
    )
    zones = tuple(built.zones.values())
    return Estate.build([Loaded(entities=entities, relations=tuple(built.relations.values()), zones=zones)])


@examples(1 / 40)
@given(st.integers(0, 2**40))
def test_many_worlds_measure_as_one_by_one(seed: int) -> None:
    rng = random.Random(seed)
    built = with_records(rng, random_estate(rng))
    worlds = [World(random_scenario(rng, built)) for _ in range(rng.choice((1, 5, 70)))]
    system = compile_system(built)
    assert measured(system, worlds) == [measure_of(built, world, system) for world in worlds]


def test_a_long_chain_of_copies_counts_once_by_its_largest_that_is_read() -> None:
    stores = [Store(id=f"s{n}", records=n % 7, copy_of=(f"s{n - 1}",) if n else ()) for n in range(3000)]
    built = Estate.build([Loaded(entities=tuple(stores))])
    worlds = [World(Scenario(breach=(f"s{n}", f"s{n + 1}"))) for n in range(70)]
    found = measured(compile_system(built), worlds)
    assert [measure.records for measure in found] == [max(n % 7, (n + 1) % 7) for n in range(70)]
    assert found[:2] == [measure_of(built, world) for world in worlds[:2]]


@given(st.lists(st.tuples(st.integers(0, 2**63 - 1), st.integers(0, 2**70 - 1)), max_size=40))
def test_sums_are_exact(rows: list[tuple[int, int]]) -> None:
    """Weights and the worlds, seventy of them, in which each counts."""
    bits = np.array([[held & 2**64 - 1, held >> 64] for _, held in rows], np.uint64).reshape(-1, 2)
    weights = np.array([weight for weight, _ in rows], np.int64)
    wanted = [sum(weight for weight, held in rows if held >> world & 1) for world in range(70)]
    assert summed(bits, weights, 70) == wanted


def test_a_block_of_worlds_is_gone_before_the_next_is_solved(northwind: Path) -> None:
    worlds = [World(Scenario(compromise=("acme",)))] * 3000
    seen = []
    for block in map(weakref.ref, audited(compile_system(br.load(northwind)), worlds)):
        assert block() is None
        seen.append(block)
    assert len(seen) == 3


def test_many_worlds_share_the_names_of_crown_jewels(northwind: Path) -> None:
    worlds = [World(Scenario(compromise=("acme",), assume=Level.LATERAL))] * 2
    one, other = measured(compile_system(br.load(northwind)), worlds)
    assert one.crown_jewels
    assert all(a is b for a, b in zip(one.crown_jewels, other.crown_jewels, strict=True))


def test_no_world_has_no_measure() -> None:
    assert measured(compile_system(Estate.build([Loaded()])), []) == []
