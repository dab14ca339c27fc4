"""The question ``exercise``: what is noticed, what may be decided, what that changes then, who may see it."""

from __future__ import annotations

import json
from typing import Any

import pytest

import blastradius as br
from blastradius.cli import main
from blastradius.engine import solve
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import Level, Scenario
from blastradius.reports.containment import Containment
from blastradius.reports.symptoms import BLANK
from tests.counts import few
from tests.engine.short import estate
from tests.queries.written import written

SCENARIO: dict[str, Any] = {"compromise": "acme", "assume": "lateral"}


@pytest.fixture(scope="module")
def pack(retailer: Estate) -> Any:
    return br.exercise(retailer, **SCENARIO, also="poison=carrier_rates").data


def test_three_hours_hold_eight_to_twelve_injects_and_four_or_five_decisions_in_order(pack: Any) -> None:
    assert 8 <= len(pack.injects) <= 12
    assert 4 <= len({option.inject for option in pack.options}) <= 5
    minutes = [inject.minute for inject in pack.injects]
    assert minutes == sorted(minutes)
    assert max(minutes) <= 150
    levels = [Level[row.level.upper()] for row in pack.answers.evidence]
    assert levels == sorted(levels)
    assert [inject.stage for inject in pack.injects] == [int(level) for level in levels]


CLOCKED = """\
parties: {p: {holds: k, owns: s}, us: {role: self}}
services: {s: {}}
credentials: {k: {grants: [{to: o1, delay_h: 2}, {to: o2, delay_h: 6}]}}
operations: {o1: {reads: [{to: d1, delay_h: 1}]}, o2: {reads: [{to: d2, delay_h: 1}]}}
stores: {d1: {crown_jewel: true}, d2: {crown_jewel: true, seen_by: [{signal: many reads, who: night shift}]}}
clock: {R2: 0, R3: 0, R4: 0, R5: 0}
"""


def test_a_decision_counts_from_its_hour_on_as_contain_has_it() -> None:
    """Where every step has hours nothing is told from least to most."""
    built = written(CLOCKED)
    data: Any = br.exercise(built, leak="k", assume="lateral").data
    assert [row.level for row in data.answers.evidence] == ["at 3 h", "at 7 h"]
    cards = {card.lever: card for card in data.answers.cards if card.inject == "inject-1"}
    assert set(cards) >= {"revoke:k"}
    here = Containment(solve(built, Scenario(leak=("k",), assume=Level.LATERAL)), 3.001)
    for card in cards.values():
        left = here.count(here.standing(card.without).surely)
        assert card.at_least == card.at_most
        assert (card.at_least.crown_jewels, card.at_least.things) == (left.crown_jewels, left.things)
    assert cards["revoke:k"].at_least.crown_jewels == ("d1",)
    assert cards["revoke:k"].averts == ("inject-2",)


def test_where_nobody_stated_the_hours_a_card_tells_from_least_to_most(pack: Any, retailer: Estate) -> None:
    contained: Any = br.contain(retailer, **SCENARIO, at=1).data
    everything = contained.reached.in_the_end
    for card in pack.answers.cards:
        assert card.at_most == card.now
        assert card.now.things == everything.things
        assert (card.at_least.things < card.now.things) == (card.idle is None)


def test_what_was_told_before_a_decision_stays_reached(pack: Any) -> None:
    entity = {row.inject: row.entity for row in pack.answers.evidence}
    order = [row.inject for row in pack.answers.evidence]
    for card in pack.answers.cards:
        so_far = {entity[inject] for inject in order[: order.index(card.inject) + 1]}
        assert so_far.isdisjoint(card.spared)
        assert all(order.index(inject) > order.index(card.inject) for inject in card.averts)


def test_later_less_is_kept(pack: Any) -> None:
    kept = [len(card.spared) for card in pack.answers.cards if card.lever == "revoke:acme_label_key"]
    assert len(kept) > 2
    assert kept == sorted(kept, reverse=True)
    assert kept[0] > kept[-1]


def test_what_helps_is_offered_beside_what_does_nothing(pack: Any) -> None:
    idle = {it.inject: {card.idle for card in pack.answers.cards if card.inject == it.inject} for it in pack.options}
    assert list(idle) == ["inject-1", "inject-4", "inject-5", "inject-6"]
    assert [None in found for found in idle.values()] == [True] * 4
    assert [bool(found & {"late", "other ways"}) for found in idle.values()] == [False, False, True, True]


def test_each_inject_rests_on_what_was_read(pack: Any, retailer: Estate) -> None:
    for row in pack.answers.evidence:
        assert row.relations or row.entity == "acme"
        assert set(row.relations) <= retailer.relations.keys()
        assert all(".yaml:" in place for place in row.read_in)
        assert row.read_in


def test_after_a_decision_what_it_averts_no_longer_comes(pack: Any, retailer: Estate) -> None:
    after: Any = br.exercise(retailer, **SCENARIO, decide="inject-3=revoke:acme_label_key").data
    gone = {row.inject for row in after.answers.averted}
    (card,) = after.answers.decided
    assert gone == set(card.averts) == {"inject-7", "inject-9", "inject-10"}
    assert {row.surely for row in after.answers.averted} == {False}
    assert {inject.inject for inject in after.injects} == {inject.inject for inject in pack.injects} - gone
    later = [it for it in after.answers.cards if it.lever == "revoke:acme_label_key" and it.inject > "inject-3"]
    assert later == []


def test_a_second_decision_counts_after_the_first(retailer: Estate) -> None:
    first, second = "inject-1=pause:carrier_rates", "inject-3=revoke:acme_label_key"
    both, alone = (_decided(retailer, decide) for decide in ((second, first), (second,)))
    assert [card.lever for card in both] == ["pause:carrier_rates", "revoke:acme_label_key"]
    assert both[1].at_least.things < min(alone[0].at_least.things, both[0].at_least.things)


def _decided(retailer: Estate, decide: tuple[str, ...]) -> Any:
    data: Any = br.exercise(retailer, **SCENARIO, decide=decide).data
    return data.answers.decided


ANSWERS = (
    "no longer comes",
    "takes nothing out of reach",
    "cost: ",
    "cost unknown",
    "can read all",
    "takeover",
    "granted",
)


@pytest.mark.parametrize("form", few(["table", "markdown", "html", "json"], 2))
def test_the_edition_of_participants_has_no_answer(
    form: str, northwind: Any, pack: Any, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = {edition: _printed(northwind, form, edition, tmp_path) for edition in ("participants", "facilitator")}
    if form != "json":
        assert [text for text in ANSWERS if text not in shown["facilitator"]] == []
        assert [text for text in ANSWERS if text in shown["participants"]] == []
    hidden = {row.says for row in pack.answers.hidden} - {inject.says for inject in pack.injects}
    assert [text for text in hidden if text in shown["participants"]] == []
    assert capsys.readouterr().err == ""


def _printed(folder: Any, form: str, edition: str, to: Any) -> str:
    file = to / f"{edition}.{form}"
    options = ["--compromise", "acme", "--assume", "lateral", "--all", "--ids", "--format", form, "-o", str(file)]
    assert main(["exercise", str(folder), *options, "--edition", edition]) == 0
    found: str = file.read_text(encoding="utf-8")
    return found


def test_the_data_of_participants_is_that_of_the_facilitator_without_what_only_the_facilitator_knows(
    retailer: Estate,
) -> None:
    ours, theirs = (
        json.loads(br.exercise(retailer, **SCENARIO, edition=edition).data.model_dump_json())
        for edition in ("facilitator", "participants")
    )
    assert theirs["answers"] is None
    same = ("injects", "options", "minutes", "model")
    assert [theirs[part] for part in same] == [ours[part] for part in same]


def test_who_would_notice_is_told_where_it_is_stated() -> None:
    entities = {"d": {"seen_by": ({"signal": "many reads", "who": "night shift", "within_h": 2},)}}
    data: Any = br.exercise(estate("holds:s>k", "grants:k>o", "reads:o>d", entities=entities), leak="k").data
    (inject,) = data.injects
    assert (inject.to, inject.says, inject.sender) == ("night shift", "many reads", BLANK)
    assert (data.answers.evidence[0].noticed, data.answers.evidence[0].within_h) == ("stated", 2)


def test_what_nobody_would_notice_stays_hidden() -> None:
    data: Any = br.exercise(estate("holds:s>k", "grants:k>o", "reads:o>d"), leak="k").data
    assert data.injects == ()
    assert "d" in {row.entity for row in data.answers.hidden}


def test_a_third_party_that_is_broken_into_tells_who_answers_for_it(pack: Any) -> None:
    first, row = pack.injects[0], pack.answers.evidence[0]
    assert (first.sender, first.to, row.noticed, row.entity) == ("Acme Logistics", "Head of logistics", "told", "acme")


def test_a_zone_that_falls_is_noticed_by_what_lies_in_it() -> None:
    data: Any = br.exercise(written("services: {s: {zone: dmz, writes: d}}\nstores: {d: {}}\n"), compromise="dmz").data
    assert [inject.says for inject in data.injects] == ["somebody is logged in to s whom nobody there knows"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"decide": "inject-99=revoke:acme_label_key"}, "decide: 'inject-99=.*names 'inject-99', which is not there"),
        ({"decide": "inject-3=revoke:acme_label"}, "did you mean 'revoke:acme_label_key'"),
        ({"decide": "inject-3"}, "names '', which is not there"),
        ({"also": "carrier_rates"}, "also: 'carrier_rates' is no scenario; write WAY=ID"),
        ({"also": "poison=acme"}, "poison: 'acme' is a party"),
    ],
)
def test_what_is_not_there_is_refused(retailer: Estate, given: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        br.exercise(retailer, **SCENARIO, **given)


def test_an_outage_of_three_hours_holds_four_or_five_decisions(retailer: Estate) -> None:
    data: Any = br.exercise(retailer, outage="paywell", hours=24).data
    assert 8 <= len(data.injects) <= 12
    assert 4 <= len({option.inject for option in data.options}) <= 5
    assert {card.futile for card in data.answers.stand_ins} == {None, "out too", "waits"}
    theirs: Any = br.exercise(retailer, outage="paywell", hours=24, edition="participants")
    assert theirs.data.options == data.options
    assert [text for text in ("goes on", "is out, too", "not done") if text in str(theirs)] == []


def test_a_wrong_feed_is_held_back_paused_or_decided_without(retailer: Estate) -> None:
    data: Any = br.exercise(retailer, poison="carrier_rates").data
    cards = {card.lever: card for card in data.answers.cards if card.idle is None}
    assert {"pause:carrier_rates", "hold:rates_importer", "informs:pricing_svc>pricing_decision"} <= set(cards)
    assert cards["pause:carrier_rates"].at_least.crown_jewels == ()


def test_who_is_broken_into_gives_no_stand_ins(pack: Any) -> None:
    assert (pack.answers.stand_ins, pack.answers.lacking) == ((), ())


def test_the_golden_story_of_another_supplier(retailer: Estate) -> None:
    switch = "switch:depends_on:checkout_svc>paywell_gateway+quickpay_gateway"
    asked: dict[str, Any] = {"outage": "paywell", "hours": 24}
    data: Any = br.exercise(
        retailer, **asked, decide=("inject-6=another:calls:returns_svc>refund", f"inject-4={switch}")
    ).data
    assert [card.lever for card in data.answers.stood_in] == [switch, "another:calls:returns_svc>refund"]
    assert [(row.says, row.surely) for row in data.answers.averted] == [
        ("Returns: it stops", False),
        ("customers ask where their money is", False),
    ]
    assert "Taking payment: it slows" in {inject.says for inject in data.injects}
    assert {option.inject for option in data.options} <= {"inject-8", "inject-9"}


def test_what_stands_in_and_what_is_taken_away_are_not_decided_together(retailer: Estate) -> None:
    asked: dict[str, Any] = {"poison": "carrier_rates"}
    with pytest.raises(UsageError, match=r"'inject-1=wait' takes nothing away, and .* does; .* decide one of them"):
        br.exercise(retailer, **asked, decide=("inject-1=wait", "inject-2=pause:carrier_rates"))


SHOP = """
services:
  shop: {writes: [customers], calls: [{to: pay, dependency: hard}]}
  till: {serves: [pay]}
operations: {pay: }
stores: {customers: {classification: confidential}}
processes: {orders: {depends_on: [shop]}}
"""


def test_an_intruder_who_stays_quiet_is_told_by_what_would_be_seen_and_an_outage_by_what_stops() -> None:
    quiet: Any = br.exercise(written(SHOP), compromise="shop").data
    assert [inject.says for inject in quiet.injects] == [
        "somebody is logged in to shop whom nobody there knows",
        "entries of customers have changed, and nobody who may change them did it",
    ]
    assert "orders: they could stop it" in [row.says for row in quiet.answers.hidden]
    assert quiet.answers.evidence[0].noticed == "seen"
    out: Any = br.exercise(written(SHOP), outage="shop").data
    assert [inject.says for inject in out.injects] == ["shop: it stops", "orders: it stops"]
