"""Measures of many worlds are those of one world at a time; the questions on top of them say what is so."""

from __future__ import annotations

import random
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import blastradius as br
from blastradius.engine import World, compile_system, solve
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Kind, Level, Scenario, Store
from blastradius.reports.impact import Measure, audited, measured, summed
from blastradius.reports.rows import records_read
from tests.engine.random_estates import random_estate, random_scenario
from tests.engine.test_rules_needed import estate


def measure_of(built: Estate, world: World) -> Measure:
    """One world, the long way round."""
    reach = solve(built, world.scenario)
    asked = world.scenario
    seeds = {*asked.compromise, *asked.leak, *asked.poison, *asked.wrong, *asked.outage, *asked.breach}
    reached = {each.entity for each in reach.levels} - seeds
    return Measure(
        crown_jewels=tuple(each for each in built.entities if each in reached and built.crown_jewel(each)),
        records=records_read(built, reach),
        processes=sum(built.entities[each].kind == Kind.PROCESS for each in reached),
        entities=len(reached),
    )


def with_records(rng: random.Random, built: Estate) -> Estate:
    """The same estate, its stores full, some of them crown jewels, some copies."""
    stores = [each.id for each in built.of_kind(Kind.STORE)]
    entities = tuple(
        each.model_copy(
            update={
                "records": rng.choice((None, 0, 10, 500)),
                "crown_jewel": rng.random() < 0.5,
                "copy_of": rng.choice((None, *stores)),
            }
        )
        if isinstance(each, Store)
        else each
        for each in built.entities.values()
    )
    zones = tuple(built.zones.values())
    return Estate.build([Loaded(entities=entities, relations=tuple(built.relations.values()), zones=zones)])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**40))
def test_many_worlds_measure_as_one_by_one(seed: int) -> None:
    rng = random.Random(seed)
    built = with_records(rng, random_estate(rng))
    worlds = [World(random_scenario(rng, built)) for _ in range(rng.choice((1, 5, 70)))]
    assert measured(compile_system(built), worlds) == [measure_of(built, each) for each in worlds]


def test_a_long_chain_of_copies_counts_once_by_its_largest_that_is_read() -> None:
    stores = [Store(id=f"s{n}", records=n % 7, copy_of=f"s{n - 1}" if n else None) for n in range(3000)]
    built = Estate.build([Loaded(entities=tuple(stores))])
    worlds = [World(Scenario(breach=(f"s{n}", f"s{n + 1}"))) for n in range(70)]
    found = measured(compile_system(built), worlds)
    assert [each.records for each in found] == [max(n % 7, (n + 1) % 7) for n in range(70)]
    assert found[:2] == [measure_of(built, each) for each in worlds[:2]]


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


def test_rank_of_northwind_is_that_of_each_start(northwind: Path) -> None:
    built = br.load(northwind)
    rows = br.rank(built, assume="takeover").data.model_dump()["rows"]
    assert len(rows) == sum(len(built.of_kind(kind)) for kind in (Kind.PARTY, Kind.CREDENTIAL, Kind.FEED))
    for row in rows[:6]:
        reach: Any = br.reach(built, **{row["way"]: row["start"]}, assume="takeover").data
        entities = {each.entity for each in reach.facts} - {row["start"]}
        assert (row["entities"], len(row["crown_jewels"])) == (
            len(entities),
            sum(built.crown_jewel(each) for each in entities),
        )


def test_levers_are_what_distrust_and_a_smaller_file_say(northwind: Path) -> None:
    built = br.load(northwind)
    found: Any = br.levers(built, compromise="acme", assume="takeover", top=1000).data
    assert found.removals_tried == 17
    assert {each.change for each in found.removed} == {
        "grants:acme_token>orders:orders.read",
        "grants:acme_label_key>print_label",
        "grants:acme_token>orders:shipments.write",
    }
    now: Any = br.reach(built, compromise="acme", assume="takeover").data
    for each in found.failed[:5]:
        open_: Any = br.reach(built, compromise="acme", assume="takeover", distrust=each.change).data
        gained = {one.entity for one in open_.facts} - {one.entity for one in now.facts}
        assert (len(gained), set(each.crown_jewels) <= gained) == (each.entities, True)


def test_a_review_says_what_a_grant_adds_and_breaks(northwind: Path) -> None:
    built = br.load(northwind)
    grants = ("orders:customers.read", "segments.read")
    found: Any = br.review(built, holder="acme", key="acme_token", grant=grants).data
    assert ("customer_db", "read", "granted", None, True) in {
        (each.entity, each.capability, each.level, each.before, each.crown_jewel) for each in found.added
    }
    assert {each.grant: each.crown_jewels for each in found.parts} == {
        "orders:customers.read": ("customer_db",),
        "segments.read": (),
    }
    assert {(each.entity, each.capability) for each in found.broken} == {("customer_db", "read")}
    nothing: Any = br.review(built, holder="acme", key="acme_token", grant="orders:orders.read").data
    assert (nothing.added, nothing.broken) == ((), ())


@pytest.mark.parametrize(
    ("stated", "says"),
    [
        ({"holder": "nobody", "grant": "c"}, "holder: 'nobody' is not in the estate"),
        ({"holder": "p", "grant": "x"}, "grant: 'x' is not in the estate"),
        ({"holder": "p", "grant": "k"}, "grant: 'k' is a credential; expected a scope or operation"),
        ({"holder": "p", "grant": "c", "key": "c"}, "key: 'c' is a scope; expected a credential"),
        ({"holder": "p", "grant": ()}, "name it with --grant"),
    ],
)
def test_a_review_of_what_is_not_there(stated: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        br.review(estate("holds:p>k", "grants:k>c"), **stated)


def test_degenerate_estates() -> None:
    empty = Estate.build([Loaded()])
    assert measured(compile_system(empty), []) == []
    alone: Any = br.levers(estate(entities={"p": {}}), compromise="p").data
    assert (alone.removed, alone.failed, alone.reached.entities) == ((), (), 0)
    itself: Any = br.review(estate("holds:s>k", "grants:k>o", "serves:s>o"), holder="s", grant="o").data
    assert itself.added == ()
