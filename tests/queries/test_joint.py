"""The question ``joint``: who reaches only together what none of them reaches alone."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

import blastradius as br
from blastradius.engine import compile_system
from blastradius.engine.check.spec import spec
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import Basis, Control, ControlKind, Kind, Level, Scenario
from blastradius.reports.together import apart, every_pair, only_together, pairs_that_meet
from tests.engine.short import estate
from tests.queries.degenerate import ESTATES

KEYS = ("holds:p1>k1", "holds:p2>k2", "holds:p3>k1", "grants:k1+k2>o", "reads:o>d")


def asked(built: Estate, **params: Any) -> Any:
    return br.joint(built, **params).data


def gained(built: Estate, **params: Any) -> dict[tuple[str, ...], set[tuple[str, str]]]:
    rows = asked(built, **params).rows
    return {row.parties: {(gain.entity, str(gain.capability)) for gain in row.gained} for row in rows}


def test_keys_that_are_needed_together() -> None:
    found = gained(estate(*KEYS, entities={"d": {"crown_jewel": True}}))
    assert found.keys() == {("p1", "p2"), ("p2", "p3")}
    assert ("d", "read") in found[("p1", "p2")]


def test_where_two_meet_is_the_step_that_takes_something_from_each() -> None:
    row = asked(estate(*KEYS)).rows[0]
    assert [(step.entity, step.relations) for step in row.meets] == [("o", ("grants:k1+k2>o",))]


def test_suppliers_of_which_some_suffice_fall_together() -> None:
    built = estate("depends_on:b>p1+p2+p3 at_least=2", "depends_on:b2>p1")
    assert gained(built, fall="outage") == {
        pair: {("b", "deny")} for pair in (("p1", "p2"), ("p1", "p3"), ("p2", "p3"))
    }
    one = estate("depends_on:b>p1+p2+p3 at_least=1")
    data = asked(one, fall="outage")
    assert (data.rows, data.further) == ((), ("b",))
    assert gained(one, fall="outage", set=["p1,p2,p3"]) == {("p1", "p2", "p3"): {("b", "deny")}}


def test_who_provides_a_control_and_who_is_held_by_it() -> None:
    shield = {"serves:s>o": Control(kind=ControlKind.HARDENED, provided_by="s9")}
    built = estate("holds:p1>k", "grants:k>o", "serves:s>o", "owns:p2>s9", controls=shield)
    assert ("s", "control") in gained(built, assume="takeover")[("p1", "p2")]


def test_what_a_third_reaches_alone_still_counts_for_the_pair() -> None:
    assert ("d", "read") in gained(estate(*KEYS, "owns:p3>d"))[("p1", "p2")]


def test_how_well_it_is_known_is_told_of_each_thing() -> None:
    built = estate(*KEYS[:-1], "reads:o>d basis=assumed")
    known = {gain.entity: gain.known for row in asked(built).rows for gain in row.gained}
    assert (known["o"], known["d"]) == (Basis.DECLARED, Basis.ASSUMED)
    (table,) = br.joint(built).answer.tables
    assert table.brief is not None
    assert "d (can read all of it, assumed)" in str(table.brief[0])
    assert "d" not in {gain.entity for row in asked(built, basis="declared").rows for gain in row.gained}


def test_what_is_public_does_not_count() -> None:
    found = gained(estate(*KEYS, entities={"d": {"public": True}}))
    assert "d" not in {name for row in found.values() for name, _ in row}


def test_the_pairs_of_the_retailer(retailer: Estate) -> None:
    data = asked(retailer)
    feeds = ("fx_alpha", "fx_beta", "fx_gamma")
    assert {row.parties for row in data.rows} == {*combinations(feeds, 2), ("paywell", "quickpay")}
    row = data.rows[0]
    alone = [set(spec(retailer, Scenario(compromise=(name,), assume=Level.ABUSED))) for name in row.parties]
    together = set(spec(retailer, Scenario(compromise=row.parties, assume=Level.ABUSED)))
    more = {fact.entity for fact in together.difference(*alone)}
    assert {gain.entity for gain in row.gained} == more
    assert data.sets == 18 * 17 / 2 == data.solved + data.ruled_out


def test_a_pair_that_is_ruled_out_reaches_nothing_more(retailer: Estate) -> None:
    system, scenario = compile_system(retailer), Scenario(assume=Level.LATERAL)
    parties = [party.id for party in retailer.of_kind(Kind.PARTY) if getattr(party, "role", None) != "self"]
    alone = apart(system, scenario, "compromise", parties)
    tried = pairs_that_meet(system, alone)
    found = only_together(system, scenario, "compromise", alone, every_pair(parties))
    assert found.keys() <= set(tried) < set(every_pair(parties))


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("p1", "names one third party; name two or more"),
        ("p1,p1", "names one third party; name two or more"),
        ("p1,p9", "set: 'p9' is not in the estate"),
        ("p1,p4", "'p4' is ourselves, not a third party"),
        ("p1,", "set: '' is not in the estate"),
    ],
)
def test_sets_that_are_none_are_refused(named: str, message: str) -> None:
    built = estate(*KEYS, entities={"p4": {"role": "self"}})
    with pytest.raises(UsageError, match=message):
        asked(built, set=[named])


def test_degenerate_estates() -> None:
    assert br.joint(ESTATES["empty"]).answer.headline.startswith("the estate has no third party")
    assert br.joint(ESTATES["open"]).answer.headline.startswith("the estate has one third party")
    assert asked(ESTATES["alone"]).rows == ()
    nothing = br.joint(estate(entities={"p1": {}, "p2": {}})).answer
    assert "1 pair of 2 third parties: none reaches more together" in nothing.headline
    assert any("silence is not safety" in line for line in nothing.lines)
    assert any(line.startswith("no pair had to be tried") for line in nothing.lines)
