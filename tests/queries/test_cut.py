"""The question ``cut``: the fewest changes, what they cost, what none helps, and what may not be touched."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import blastradius as br
from blastradius.cli import main
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import Verb
from tests.queries.degenerate import ESTATES
from tests.queries.written import written

PAGE = (Path(__file__).parents[2] / "docs" / "cut.md").read_text("utf-8")


@pytest.fixture(scope="module")
def three_keys(tmp_path_factory: pytest.TempPathFactory) -> Estate:
    """The estate of the page."""
    found = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert found
    file = tmp_path_factory.mktemp("page") / "estate.yaml"
    file.write_text(found.group(1), "utf-8")
    return br.load(file)


def data(estate: Estate, **given: Any) -> Any:
    return br.ask("cut", estate, **given).data


def test_the_choke_point_is_not_the_cut(three_keys: Estate) -> None:
    found = data(three_keys)
    assert {row.id for row in found.cut} == {f"revoke:{colour}_key" for colour in ("blue", "green", "red")}
    assert (found.cost, found.at_least, found.is_minimum, found.uncut) == (3, 3, True, ())
    assert all(row.in_every_cut for row in found.cut)
    assert len(found.disjoint) == 3
    by_choke_point = data(three_keys, without="issues:sign_in>session")
    assert (by_choke_point.cost, 1 + by_choke_point.cost) == (3, 4)


def test_what_is_kept_is_not_cut_and_the_rest_is_told(three_keys: Estate) -> None:
    found = data(three_keys, keep="revoke")
    assert found.cost == 4
    stuck = data(three_keys, keep=["revoke", "blue_key"])
    (row,) = stuck.uncut
    assert (row.entity, row.capability, row.starts, row.proved_for) == ("customers", "read", ("acme",), "acme")
    assert row.steps[-1].entity == "customers"
    assert (stuck.cut, stuck.cost) == ((), 0)


STUCK = """
parties: {acme: {holds: [key]}, blue: {holds: [key]}, green: {}, red: {publishes: [prices]}}
credentials: {key: {grants: [export]}}
operations: {export: {reads: [customers]}}
feeds: {prices: }
stores: {customers: {crown_jewel: true}}
services: {pricing: {consumes: [prices]}}
processes: {offers: {crown_jewel: true, depends_on: [pricing]}}
"""


def test_what_no_change_helps_is_a_row_for_each_thing_with_all_for_whom_it_holds() -> None:
    estate = written(STUCK)
    found: Any = br.ask("cut", estate, keep=["grants", "revoke", "consumes", "publishes"])
    told = {(row.entity, row.starts, row.proved_for) for row in found.data.uncut}
    assert {row[:2] for row in told} == {("customers", ("acme", "blue")), ("offers", ("red",))}
    assert {row[2] for row in told} == {"acme", "red"}
    assert all(row.steps[0].rule == "seed" and row.steps[-1].entity == row.entity for row in found.data.uncut)
    assert found.answer.headline.endswith("; 2 things stay within reach of 3 of them whatever of this is done")


def test_the_cheapest_cut_is_not_the_fewest(three_keys: Estate) -> None:
    found = data(three_keys, cost=["revoke=2", "revoke:session=1", "grants=1"])
    assert (found.cost, len(found.cut)) == (4, 4)
    assert {"issues:sign_in>session", "revoke:session"} & {row.id for row in found.cut}


def test_a_control_may_be_put_in_place(three_keys: Estate) -> None:
    found = data(three_keys, keep=["revoke", "grants", "issues"], add="encrypted_elsewhere")
    assert [row.id for row in found.cut] == ["encrypted_elsewhere@customers"]
    assert [row.says for row in found.cut] == ["customers: encrypted, the key kept elsewhere"]
    distrusted = data(
        three_keys, keep=["revoke", "grants", "issues"], add="encrypted_elsewhere", distrust="encrypted_elsewhere"
    )
    assert (distrusted.cut, len(distrusted.uncut)) == ((), 1)


def test_out_of_time_it_says_at_most_and_at_least(three_keys: Estate, capsys: pytest.CaptureFixture[str]) -> None:
    found = data(three_keys, seconds=0)
    assert found.cost >= 3 >= found.at_least
    assert found.is_minimum == (found.cost == found.at_least)
    if not found.is_minimum:
        assert "would do; the search was ended" in found.headline
        assert {row.in_every_cut for row in found.cut} == {None}


def test_without_time_to_leave_changes_out_it_says_that_some_may_not_be_needed(
    three_keys: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("blastradius.engine.cut.hitting_set.LEAST_SPARING", -1)
    answer: Any = br.ask("cut", three_keys, seconds=0)
    unsure = [row for row in answer.data.cut if row.is_needed is None]
    assert len(unsure) > 0 == answer.data.at_least
    (said,) = [line for line in answer.answer.lines if line.startswith("the independent checker verified")]
    assert said.endswith("changes are shown to be needed, and some of the others may not be")


def test_each_partner_alone_all_together_and_one_that_is_named(retailer: Estate) -> None:
    alone, together = data(retailer, assume="lateral"), data(retailer, assume="lateral", together=True)
    one = data(retailer, assume="lateral", compromise="Acme Logistics")
    assert len(alone.scenarios) == 18
    assert len(together.scenarios) == len(one.scenarios) == 1
    assert one.cost <= alone.cost <= together.cost
    assert {row.id.partition(":")[0] for row in alone.cut} <= {*map(str, Verb), "revoke"}


@pytest.mark.slow
def test_a_cut_takes_the_targets_out_of_reach(retailer: Estate) -> None:
    found = data(retailer, assume="lateral")
    stays = {(start, row.entity) for row in found.uncut for start in row.starts}
    for scenario in found.scenarios:
        start = scenario.seeds[0].entity
        without = [
            relation.id
            for row in found.cut
            for relation in retailer.relations.values()
            if row.id == relation.id
            or (relation.verb == Verb.GRANTS and row.id in {f"revoke:{key}" for key in relation.sources})
        ]
        left: Any = br.ask("reach", retailer, compromise=start, assume="lateral", without=without)
        reached = {row.entity for row in left.data.facts} & set(found.targets)
        label = retailer.entities[start].label
        assert {(label, name) for name in reached} == {(of, name) for of, name in stays if of == label}


def test_degenerate_estates() -> None:
    assert data(ESTATES["alone"], compromise="p", target="p").cut == ()
    with pytest.raises(UsageError, match="no crown jewel is marked; mark some"):
        data(ESTATES["alone"], compromise="p")
    with pytest.raises(UsageError, match="no party but ourselves"):
        data(ESTATES["empty"])


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"cost": "grants"}, "cost: 'grants' names no number; write WHAT=NUMBER"),
        ({"cost": "grants=0"}, "cost: 'grants=0': '0' is no number above 0"),
        ({"cost": "grants=nan"}, "'nan' is no number above 0"),
        ({"cost": "gants=1"}, "cost: 'gants' is not in the estate"),
        ({"keep": "blue_kye"}, "keep: 'blue_kye' is not in the estate; did you mean 'blue_key'"),
        ({"target": "custmers"}, "'custmers' is not in the estate; did you mean 'customers'"),
    ],
)
def test_what_is_no_cut_is_refused(three_keys: Estate, given: dict[str, str], says: str) -> None:
    with pytest.raises(UsageError, match=re.escape(says)):
        data(three_keys, **given)


def test_the_answer_reads_well(three_keys: Estate, northwind: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert br.ask("cut", three_keys).answer.headline == (
        "3 changes would take customers out of reach of acme under level 'abused' (no fewer would do)"
    )
    assert main(["cut", str(northwind), "--assume", "lateral"]) == 0
    shown = capsys.readouterr().out
    assert "each of 18 third parties on its own under level" in " ".join(shown.split())
    assert "What stays within reach whatever of this is done" in shown


TWO_KEYS = """
parties: {acme: {holds: [key]}}
credentials: {key: {grants: [entry]}, inner: {grants: [export]}}
operations: {entry: {issues: [inner]}, export: {reads: [customers]}}
stores: {customers: {crown_jewel: true}}
services: {shop: {holds: [KEY], calls: [{to: CALLED, with: [KEY], dependency: hard}]}}
processes: {orders: {depends_on: [shop]}}
"""
"""Either key may be revoked; the shop calls something with one of them, without which it stops."""


@pytest.mark.parametrize(
    ("key", "called", "harmless"),
    [("key", "entry", ["inner"]), ("inner", "export", ["revoke:key", "grants:key>entry", "issues"])],
)
def test_of_the_cheapest_cuts_it_is_the_one_that_stops_least(key: str, called: str, harmless: list[str]) -> None:
    estate = written(TWO_KEYS.replace("KEY", key).replace("CALLED", called))
    found = data(estate)
    assert (len(found.cut), found.is_gentlest, found.stops or ()) == (1, True, ())
    left: Any = br.ask("cut", estate, keep=harmless)
    assert (left.data.stops, left.data.stops_critical, left.data.is_gentlest) == (("orders",), ("orders",), True)
    assert any("it stops orders, as far as is stated; no others" in line for line in left.answer.lines)


def test_a_loss_that_nothing_is_said_of_is_not_told_as_none(three_keys: Estate) -> None:
    found: Any = br.ask("cut", three_keys)
    assert (found.data.stops, found.data.slows) == (None, None)
    assert any("by all of them is not known: nothing says who needs" in line for line in found.answer.lines)


BUFFERED = """
parties: {supplier: {owns: [cloud, power]}}
services:
  cloud: {serves: [host]}
  second: {}
  power: {}
  spare: {depends_on: [{to: power, buffer_h: SPARE}]}
  shop: {depends_on: [{of: [cloud, second], at_least: 1, buffer_h: 10, capacity_loss: true, controls: [FALLBACK]}]}
operations: {host: }
processes: {orders: {crown_jewel: true, depends_on: [{to: shop, buffer_h: 5}]}}
"""
"""The orders slow five hours after the shop, which goes on for ten and as long as the spare does."""
FALLBACK = "{kind: fallback, provided_by: spare}"


@pytest.mark.parametrize(
    ("spare", "hours", "slows"), [(10, 15, False), (10, 16, True), (20, 25, False), (20, 26, True)]
)
def test_in_an_outage_that_ends_only_what_comes_in_time_is_to_be_cut(spare: int, hours: int, slows: bool) -> None:
    estate = written(BUFFERED.replace("SPARE", str(spare)).replace("FALLBACK", FALLBACK))
    found: Any = br.ask("cut", estate, outage=[f"cloud={hours}", "power"])
    assert {(row.entity, row.capability) for row in found.data.uncut} == ({("orders", "degrade")} if slows else set())
    assert f"everything denied is taken to be back after {hours} hours" in found.answer.lines
    everyone = data(estate, hours=hours, assume="lateral")
    assert (everyone.starts, bool(everyone.uncut)) == (("supplier",), slows)


def test_a_change_may_make_it_come_too_late() -> None:
    called = BUFFERED.replace("shop: {", "shop: {calls: [{to: host, dependency: soft}], ").replace("SPARE", "0")
    estate = written(called.replace("FALLBACK", ""))
    assert [row.id for row in data(estate, outage="cloud=15").cut] == ["calls:shop>host"]
    assert data(estate, outage="cloud=16").uncut
