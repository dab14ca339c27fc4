"""The question ``exposure``: who can reach something, with what, at which level."""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import Any

import pytest

import blastradius as br
from blastradius import plugins
from blastradius.api import ask
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import Kind, Level
from tests.queries.degenerate import ESTATES


def exposed(estate: Estate, entity: str, **params: Any) -> Any:
    return br.exposure(estate, entity, **params).data


@pytest.mark.slow
def test_every_start_that_gets_there_is_listed_with_the_level_that_reach_finds(retailer: Estate) -> None:
    found = exposed(retailer, "orders_db", insiders=True)
    rows = {(row.way, row.start, row.capability): (row.level, row.hops) for row in found.exposed_to}
    starts = {"compromise": Kind.PARTY, "leak": Kind.CREDENTIAL, "poison": Kind.FEED}
    there = set()
    for way, kind in starts.items():
        for start in retailer.of_kind(kind):
            data: Any = ask("reach", retailer, **{way: start.id}, assume="lateral").data
            facts = {(fact.capability, fact.level, fact.hops) for fact in data.facts if fact.entity == "orders_db"}
            listed = {(row[2], *cost) for row, cost in rows.items() if row[:2] == (way, start.id)}
            assert listed <= facts
            assert bool(listed) == bool(facts)
            there |= {start.id} if facts else set()
    assert found.starts == sum(len(retailer.of_kind(kind)) for kind in starts.values())
    assert {row.start for row in found.exposed_to} == there


def test_less_assumed_exposes_to_fewer(retailer: Estate) -> None:
    found = [exposed(retailer, "customer_replica", assume=level.word) for level in Level]
    starts = [{row.start for row in data.exposed_to} for data in found]
    assert all(less <= more for less, more in pairwise(starts))
    assert starts[0] < starts[-1]


def test_degenerate_estates() -> None:
    assert {(row.start, row.capability) for row in exposed(ESTATES["open"], "d").exposed_to} == {
        ("p", "read"),
        ("k", "read"),
    }
    assert exposed(ESTATES["guarded"], "d").exposed_to == ()
    assert exposed(ESTATES["without a relation"], "d").exposed_to == ()
    (itself,) = {row.start for row in exposed(ESTATES["alone"], "p").exposed_to}
    assert itself == "p"
    with pytest.raises(UsageError, match="'d' is not in the estate"):
        exposed(ESTATES["empty"], "d")


def test_of_a_large_estate_the_steps_are_told_of_the_first_who_get_there(
    retailer: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    every: Any = br.ask("exposure", retailer, entity="customer_replica").data
    for name, most in (("MOST_FOLLOWED", 0), ("FEWEST_FOLLOWED", 1)):
        monkeypatch.setattr(sys.modules[plugins.query("exposure").run.__module__], name, most)
    some: Any = br.ask("exposure", retailer, entity="customer_replica")
    told = [row for row in some.data.exposed_to if row.hops is not None]
    ways = [{(row.start, row.way) for row in rows} for rows in (told, every.exposed_to)]
    assert len(ways[0]) == 1 < len(ways[1])
    assert set(told) < set(every.exposed_to)
    without = {row.model_copy(update={"hops": None}) for row in some.data.exposed_to}
    assert without == {row.model_copy(update={"hops": None}) for row in every.exposed_to}
    assert any(line.startswith("in how many steps is told of the first 1 of ") for line in some.answer.lines)
