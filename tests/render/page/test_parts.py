"""An estate without its names, and a part of one: each reaches what the whole estate reaches."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import pytest

from blastradius import loading
from blastradius.engine import compile_system, solve
from blastradius.estate import Estate
from blastradius.model import Fact, Kind, Level, Scenario
from blastradius.render.page.cutting import cut_out
from blastradius.render.page.explorer import Written, carried
from blastradius.render.page.redaction import without_names
from tests.engine.random_estates import random_estate

SEEDS = range(3)
LATERAL = Level.LATERAL


def levels(estate: Estate, scenario: Scenario) -> dict[Fact, Level]:
    return dict(solve(estate, scenario).levels)


def starts(estate: Estate) -> list[tuple[str, Scenario]]:
    """From a party, with all and with less believed, and an outage of something."""
    doubted = (), ("ip_allowlist", "hardened", "object_authz")
    parties = [party.id for party in estate.of_kind(Kind.PARTY)]
    found = [
        (name, Scenario(compromise=(name,), distrust=kinds, assume=LATERAL)) for name in parties for kinds in doubted
    ]
    things = [name for name in list(estate.entities)[::7] if estate.kind_of(name) != Kind.SCOPE]
    return found + [(name, Scenario(outage=(name,), assume=LATERAL)) for name in things]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_starts_in_a_part_reaches_what_it_reaches_in_the_whole(seed: int) -> None:
    estate = random_estate(random.Random(seed))
    prepared = compile_system(estate)
    parts = {name: cut_out(prepared, name) for name, _ in starts(estate)}
    for name, asked in starts(estate):
        assert levels(parts[name], asked) == levels(estate, asked), name


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_starts_in_a_part_around_a_thing_reaches_it_as_in_the_whole(seed: int) -> None:
    estate = random_estate(random.Random(seed))
    prepared = compile_system(estate)
    for store in estate.of_kind(Kind.STORE)[:2]:
        part = cut_out(prepared, store.id, backward=True)
        for name, asked in starts(part):
            there, here = (
                {fact: level for fact, level in levels(whole, asked).items() if fact.entity == store.id}
                for whole in (part, estate)
            )
            assert there == here, (store.id, name)


def gains(estate: Estate, scenario: Scenario) -> Counter[tuple[str, ...]]:
    """What is reached, by kinds."""
    return Counter(
        (str(estate.kind_of(fact.entity)) if fact.entity in estate.entities else "", str(fact.capability), level.word)
        for fact, level in levels(estate, scenario).items()
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_without_names_as_much_is_reached(seed: int) -> None:
    estate = random_estate(random.Random(seed))
    for _, asked in starts(estate):
        bare, (there,) = without_names(estate, asked)
        assert there is not None
        assert gains(bare, there) == gains(estate, asked)


def test_of_an_estate_without_names_no_name_is_left(northwind: Path) -> None:
    estate = loading.load([str(northwind)])
    bare, _ = without_names(estate)
    told = json.dumps(carried(compile_system(bare), Written("A page")), ensure_ascii=False).casefold()
    stated = {entity.label for entity in estate.entities.values()} | {*estate.entities}
    assert [name for name in stated if len(name) > 6 and name.casefold() in told] == []
    assert ".yaml" not in told


def test_a_part_is_smaller_than_the_whole(northwind: Path) -> None:
    prepared = compile_system(loading.load([str(northwind)]))
    from_it, around = cut_out(prepared, "acme"), cut_out(prepared, "customer_db", backward=True)
    sizes = [len(estate.entities) for estate in (from_it, around, prepared.estate)]
    assert min(sizes[:2]) > 10
    assert max(sizes[:2]) < sizes[2]
