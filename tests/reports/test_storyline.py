"""A scenario told in an order: what decides it, which stages there are, and what a lever at one of them keeps."""

from __future__ import annotations

import pytest

from blastradius.engine import solve
from blastradius.model import Capability, Fact, Level, Scenario
from blastradius.reports.storyline import MOST_STAGES, Storyline
from tests.engine.short import estate, fact
from tests.queries.written import written

BY_LEVEL = ("holds:s>k", "grants:k>o", "reads:o>d extent=subset", "serves:s2>o", "reads:s2>d2")


def story(*relations: str, leak: str = "k") -> Storyline:
    return Storyline(solve(estate(*relations), Scenario(leak=(leak,), assume=Level.LATERAL)))


def test_it_goes_by_levels_where_somebody_attacks_and_nobody_stated_the_hours() -> None:
    told = story(*BY_LEVEL)
    assert not told.by_hours
    assert [stage.says for stage in told.stages] == ["granted", "abused", "takeover"]
    assert told.stage_of(fact("read_subset(d)")) == 0
    assert told.stage_of(fact("read(d2)")) == 2
    places = [told.place(it) for it in told.order]
    assert places == sorted(places)


def test_each_stage_has_what_came_before_and_what_is_new() -> None:
    stages = story(*BY_LEVEL).stages
    for before, after in zip([frozenset[Fact](), *(stage.reached for stage in stages)], stages, strict=False):
        assert after.reached == before | after.new
        assert not before & after.new


def test_what_is_told_by_a_fact_stays_whatever_is_done_then() -> None:
    told = story(*BY_LEVEL)
    at = fact("read(d)")
    left = told.after(at, ("grants:k>o",))
    assert told.told_by(at) <= left.surely
    assert fact("read(d2)") in left.at_most


def test_who_was_let_in_is_let_in_no_more() -> None:
    told = story(*BY_LEVEL)
    left = told.after(fact("use(o)"), ("grants:k>o",))
    assert fact("use(o)") in left.surely
    assert fact("control(s2)") in left.at_most


def test_a_later_decision_comes_on_top_of_an_earlier_one() -> None:
    told = story(
        "grants:k>o", "reads:o>d", "contains:d>k2", "grants:k2>o2", "reads:o2>d2", "contains:d>k3", "grants:k3>o3"
    )
    first = told.decided(fact("read(d)"), ("grants:k2>o2",))
    at = fact("possess(k3)")
    assert fact("read(d2)") not in first.after(at, ()).surely
    assert fact("use(o3)") in first.after(at, ()).surely
    both = first.after(at, ("grants:k3>o3",))
    assert {fact("use(o3)"), fact("use(o2)")}.isdisjoint(both.surely)


@pytest.mark.parametrize("length", [1, 5, 9, 20])
def test_many_hours_are_told_in_few_stages(length: int) -> None:
    lines = "".join(
        f"  s{n}: {{depends_on: [{{to: s{n - 1}, dependency: hard, buffer_h: 1}}]}}\n" for n in range(1, length + 1)
    )
    told = Storyline(solve(written(f"services:\n  s0: {{}}\n{lines}"), Scenario(outage=("s0",))))
    assert told.by_hours
    assert len(told.stages) == min(length + 1, MOST_STAGES)
    assert told.stages[-1].says == f"at {length} h"
    assert told.stages[-1].reached == set(told.order)


def test_where_nothing_is_reached_there_is_no_stage() -> None:
    told = story("holds:s>k")
    assert told.stages == []
    assert told.stage_of(Fact("k", Capability.POSSESS)) == 0
