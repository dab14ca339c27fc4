"""The question ``controls``: what holds the line, what is gone and what fell."""

from __future__ import annotations

from typing import Any

import pytest

import blastradius as br
from blastradius.engine.check.spec import spec
from blastradius.estate import Estate
from blastradius.model import Control, ControlKind, Level, Scenario
from blastradius.reports import line
from tests.engine.short import estate
from tests.queries.degenerate import ESTATES
from tests.queries.written import written

WAY = ("holds:p>k", "grants:k>o", "serves:s>o", "reads:s>d")
HARDENED = Control(kind=ControlKind.HARDENED)
JEWEL = {"d": {"crown_jewel": True, "records": 7}}


def asked(built: Estate, **params: Any) -> Any:
    return br.controls(built, **{"assume": "takeover", **params}).data


def told(built: Estate, **params: Any) -> str:
    answer = br.controls(built, **{"assume": "takeover", **params}).answer
    cells = (str(cell) for table in answer.tables for row in table.rows for cell in row[1:])
    return " ".join((answer.headline, *answer.lines, *cells))


def test_a_control_is_told_by_what_its_failure_opens_to_whom() -> None:
    built = estate(*WAY, controls={"serves:s>o": HARDENED}, entities=JEWEL)
    (row,) = asked(built).holding
    assert (row.id, row.opens.crown_jewels, row.opens.nobody_yet) == ("hardened@serves:s>o", ("d",), ("d",))
    assert (row.opens.records, row.opens.things) == (7, 2)
    (let_in,) = row.opens.told
    assert (row.opens.starts, let_in.more_of, row.barred, row.tried) == (("p",), ("o",), 1, 1)


def test_what_is_only_assumed_comes_first_and_says_so(retailer: Estate) -> None:
    assumed = HARDENED.model_copy(update={"status": "assumed"})
    ways = (*WAY, "grants:k>o2", "serves:s2>o2", "reads:s2>d2", "reads:s2>d3")
    built = estate(*ways, controls={"serves:s>o": assumed, "serves:s2>o2": HARDENED})
    first, second = asked(built).holding
    assert [(row.status, row.opens.things) for row in (first, second)] == [("assumed", 2), ("working", 3)]
    assert "assumed to work, shown by nobody; no owner is named" in told(built)
    statuses = [row.status for row in asked(retailer).holding]
    assert statuses == sorted(statuses)


def test_two_that_stand_for_each_other_hold_only_as_a_pair() -> None:
    both = {"serves:s>o": HARDENED, "s": Control(kind=ControlKind.SANDBOXED, status="assumed")}
    data = asked(estate(*WAY, controls=both, entities=JEWEL))
    assert data.holding == ()
    (pair,) = data.together
    assert (pair.controls, pair.assumed) == (("hardened@serves:s>o", "sandboxed@s"), 1)
    assert (pair.opens.crown_jewels, pair.opens.starts[0]) == (("d",), "p")
    assert (data.pairs, data.meet, data.tried) == (1, 1, 1)


def test_a_pair_one_behind_the_other_is_told_beyond_what_the_first_opens() -> None:
    one_behind = ("holds:p>k", "grants:k>o", "serves:s>o", "connects:s>s2", "reads:s2>d")
    placed = {"serves:s>o": HARDENED, "connects:s>s2": Control(kind=ControlKind.SEGMENTED)}
    data = asked(estate(*one_behind, controls=placed, entities=JEWEL), assume="lateral")
    assert {row.id: row.opens.things for row in data.holding} == {"hardened@serves:s>o": 1}
    (pair,) = data.together
    assert (pair.opens.crown_jewels, pair.opens.things) == (("d",), 2)


def test_what_is_stated_not_to_be_there_says_what_it_would_keep() -> None:
    absent = HARDENED.model_copy(update={"status": "absent", "why": "too dear"})
    built = estate(*WAY, controls={"serves:s>o": absent}, entities=JEWEL)
    (row,) = asked(built).gone
    assert (row.status, row.why, row.keeps.crown_jewels, row.keeps.things) == ("absent", "too dear", ("d",), 2)
    assert asked(built, assume="abused").gone[0].keeps.starts == ()
    assert asked(built).in_force == 0


def test_of_very_many_some_are_tried_and_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = Control(kind=ControlKind.IP_ALLOWLIST, status="absent")
    ways = (*WAY, "holds:p2>k", "holds:p2>k2", "grants:k2>o")
    built = estate(*ways, controls={"serves:s>o": HARDENED, "k": absent, "k2": absent}, entities=JEWEL)
    for most in ("MOST_ALONE", "MOST_ABSENT"):
        monkeypatch.setattr(line, most, 1)
    data = asked(built)
    (row,) = data.holding
    assert (row.barred, row.tried, row.opens.starts) == (2, 1, ("p2",))
    assert [row.keeps for row in data.gone] == [None, None]
    shown = told(built)
    assert "tried for at most 1 of those whose way it bars" in shown
    assert "2 of 2 controls that are gone were not tried" in shown
    monkeypatch.setattr(line, "MOST_ABSENT", 10)
    alone = {"o": Control(kind=ControlKind.APPROVAL, status="absent", provided_by="s9"), "k2": absent}
    assert {row.id: row.keeps is None for row in asked(estate(*ways, controls=alone)).gone} == {
        "approval@o": True,
        "ip_allowlist@k2": False,
    }
    monkeypatch.setattr(line, "MOST_PAIRS", 0)
    both = {"serves:s>o": HARDENED, "s": Control(kind=ControlKind.SANDBOXED)}
    assert "0 of 1 pairs that may let more through were tried" in told(estate(*WAY, controls=both))


def test_what_falls_with_its_provider_says_through_what() -> None:
    provided = HARDENED.model_copy(update={"provided_by": "s9"})
    built = estate(*WAY, "owns:p2>s9", controls={"serves:s>o": provided}, entities={"s9": {"name": "Shield"}})
    (row,) = asked(built).fallen
    (fall,) = row.with_starts
    assert (row.provided_by, fall.start) == ("s9", "p2")
    assert "Shield: makes it do what they want" in fall.through
    assert "run by Shield" in told(built)


def test_one_scenario_is_asked_of_itself() -> None:
    built = estate(*WAY, controls={"serves:s>o": HARDENED}, entities=JEWEL)
    data = asked(built, leak="k")
    assert (data.starts, data.scenario) == (None, "leak of k")
    assert [row.opens.starts for row in data.holding] == [(None,)]
    assert asked(built, compromise="s").holding == ()


def test_what_is_not_believed_is_not_in_force() -> None:
    built = estate(*WAY, controls={"serves:s>o": HARDENED}, entities=JEWEL)
    data = asked(built, distrust="hardened")
    assert (data.in_force, data.holding, data.reached_jewels, data.silent) == (0, (), ("d",), ("d",))
    assert "no control is stated to work" in data.headline


def test_the_retailers_numbers_are_those_of_the_spec(retailer: Estate) -> None:
    data = asked(retailer, assume="abused")
    row = data.holding[0]
    for let_in in (row.opens.told[0], row.opens.told[-1]):
        scenario = Scenario(compromise=(let_in.start,), assume=Level.ABUSED)
        now = {fact.entity for fact in spec(retailer, scenario)}
        open_ = {fact.entity for fact in spec(retailer, scenario.model_copy(update={"distrust": (row.id,)}))}
        assert let_in.things == len(open_ - now)
    assert data.checked
    assert 0 < len(data.holding) < data.in_force == 59


TWO_BEHIND = """
parties: {supplier: {owns: [cloud]}}
services:
  cloud: {serves: [host]}
  shop:
    serves: [sell]
    depends_on: [{to: cloud, buffer_h: 10}]
    calls: [{to: host, dependency: hard, controls: [fallback]}]
  front:
    depends_on: [{to: shop, buffer_h: 10}]
    calls: [{to: sell, dependency: hard, controls: [fallback]}]
operations: {host: , sell: }
processes: {orders: {crown_jewel: true, depends_on: [{to: front, buffer_h: 5}]}}
"""
"""All stop in the end: the shop after 10 hours, the front after 20; where a fallback fails, with what it calls."""


@pytest.mark.parametrize(
    ("hours", "alone", "together"), [(5, False, False), (6, False, True), (15, False, True), (16, True, False)]
)
def test_in_an_outage_that_ends_a_control_holds_what_would_come_in_time_without_it(
    hours: int, alone: bool, together: bool
) -> None:
    built = written(TWO_BEHIND)
    for start in ({"outage": f"cloud={hours}"}, {"hours": hours, "assume": "lateral"}):
        data = asked(built, **start)
        assert any("orders" in row.opens.crown_jewels for row in data.holding) == alone
        assert any("orders" in row.opens.crown_jewels for row in data.together) == together
    assert f"everything denied is taken to be back after {hours} hours" in told(built, outage=f"cloud={hours}")


LATE_OR_AT_ONCE = """
parties: {supplier: {owns: [cloud]}}
services:
  cloud: {serves: [host]}
  shop: {calls: [{to: host, dependency: hard, controls: [fallback]}]}
operations: {host: }
processes: {orders: {crown_jewel: true, depends_on: [{to: cloud, buffer_h: 5}, shop]}}
"""
"""Orders stop after five hours; at once where the fallback of the shop fails, which stops then too."""


def test_what_only_comes_sooner_where_a_control_fails_is_no_more_than_what_comes() -> None:
    (row,) = asked(written(LATE_OR_AT_ONCE), outage="cloud=8").holding
    assert (row.opens.things, row.opens.crown_jewels) == (1, ())
    (row,) = asked(written(LATE_OR_AT_ONCE), outage="cloud=4").holding
    assert (row.opens.things, row.opens.crown_jewels) == (2, ("orders",))


def test_degenerate_estates() -> None:
    assert "the estate has no third party" in asked(ESTATES["empty"]).headline
    assert "no control is stated to work" in asked(ESTATES["open"]).headline
    assert "is taken to fail" not in told(ESTATES["open"])
    assert "is taken to fail by itself, for 1 third party alone" in told(ESTATES["guarded"])
    guarded = asked(ESTATES["guarded"])
    assert [row.id for row in guarded.holding] == ["compartment@owns:p>s"]
    assert (guarded.reached_jewels, guarded.silent) == (None, None)
    assert {row.controls for row in guarded.together} == {("compartment@owns:p>s", "revoked@grants:k>o")}
    assert "the one third party" in guarded.headline


def test_no_word_is_for_us_only(retailer: Estate) -> None:
    shown = told(retailer, assume="lateral")
    assert not [word for word in ("taint", "deny", "@", "foothold", "closure", "seed") if word in shown]


def test_it_says_of_how_many_controls_nobody_states_whether_they_work() -> None:
    stated = HARDENED.model_copy(update={"status": "working"})
    unsaid, said = estate(*WAY, controls={"serves:s>o": HARDENED, "s": stated}), estate(*WAY, controls={"s": stated})
    assert (asked(unsaid).unsaid, asked(said).unsaid) == (1, 0)
    assert "1 of 2 controls has no stated status, so it is taken to work" in told(unsaid)
    assert "no stated status" not in told(said)
