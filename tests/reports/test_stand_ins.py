"""What stands in where something fails: done, and not done."""

from __future__ import annotations

from typing import Any

import pytest

import blastradius as br
from tests.queries.written import written

FAILING = """\
parties:
  us: {role: self}
  them: {owns: [pay, spare]}
  others: {owns: pay2, publishes: rates}
  more: {publishes: rates}
services:
  pay: {serves: charge}
  pay2: {}
  spare: {}
  shop:
    owner: Shop
    calls: [{to: charge, dependency: hard, buffer_h: 3,
             controls: [{kind: fallback, provided_by: pay2, starts_after_h: 2}]}]
  desk: {calls: [{to: charge, dependency: hard, controls: [{kind: fallback, provided_by: spare}]}]}
  till: {depends_on: [{of: [pay, pay2], at_least: 1, dependency: hard}]}
  slow: {calls: [{to: charge, dependency: hard, controls: [{kind: fallback, provided_by: pay2, starts_after_h: 6}]}]}
  bare: {calls: [{to: charge, dependency: hard}]}
operations: {charge: {}}
feeds: {rates: {}}
processes:
  selling: {crown_jewel: true, tolerance_h: 1, depends_on: [{to: shop, dependency: hard}]}
  stock: {tolerance_h: 4, depends_on: [{to: them, dependency: hard, buffer_h: 5}]}
"""


@pytest.fixture(scope="module")
def cards() -> dict[str, Any]:
    data: Any = br.exercise(written(FAILING), outage="them", hours=10, minutes=240).data
    assert len({option.inject for option in data.options}) in (4, 5)
    return {card.lever: card for card in data.answers.stand_ins}


def _of(rows: Any, name: str) -> Any:
    return next(row for row in rows if row.entity == name)


def test_a_fallback_is_started_in_time_or_not_at_all(cards: dict[str, Any]) -> None:
    """It takes 2 h, and the buffer lasts for 3: begun at hour 1 at the latest nothing stops."""
    card = cards["start:fallback@calls:shop>charge"]
    assert (card.stated, card.known, card.at_h, card.latest_h) == (True, "working", 0, 1)
    assert _of(card.done, "selling").stops_at_h is None
    selling = _of(card.undone, "selling")
    assert (selling.stops_at_h, selling.used_up_at_h, selling.back_at_h) == (3, 4, None)


def test_what_takes_over_late_brings_back_what_stopped(cards: dict[str, Any]) -> None:
    card = cards["start:fallback@calls:slow>charge"]
    slow = _of(card.done, "slow")
    assert (slow.stops_at_h, slow.back_at_h, card.latest_h) == (0, 6, None)


def test_what_falls_with_what_it_stands_in_for_changes_nothing(cards: dict[str, Any]) -> None:
    card = cards["start:fallback@calls:desk>charge"]
    assert (card.futile, card.done, card.undone) == ("out too", (), ())
    assert _of(cards["another:calls:desk>charge"].done, "desk").stops_at_h is None


def test_another_supplier_and_a_buffer(cards: dict[str, Any]) -> None:
    switch = cards["switch:depends_on:till>pay+pay2"]
    assert (_of(switch.done, "till").stops_at_h, _of(switch.undone, "till").stops_at_h) == (None, 0)
    ration = cards["ration:depends_on:stock>them"]
    assert (ration.stated, _of(ration.done, "stock").stops_at_h, _of(ration.undone, "stock").used_up_at_h) == (
        False,
        None,
        9,
    )


def test_waiting_changes_nothing_wherever_there_is_something_to_decide(cards: dict[str, Any]) -> None:
    wait = cards["wait"]
    assert (wait.says, wait.futile, wait.done) == ("wait until them is back", "waits", wait.undone)


def test_a_buffer_that_outlasts_it_is_used_up_and_a_feed_is_taken_from_who_is_still_up() -> None:
    built = written(FAILING.replace("spare: {}\n", "spare: {}\n  fx: {consumes: {to: rates, dependency: hard}}\n"))
    data: Any = br.exercise(built, outage=("others", "them"), hours=2).data
    found = {card.lever: card for card in data.answers.stand_ins}
    assert _of(found["switch:rates"].undone, "fx").stops_at_h == 0
    short: Any = br.exercise(built, outage="them", hours=2, minutes=240).data
    card = {card.lever: card for card in short.answers.stand_ins}["use up:depends_on:stock>them"]
    assert (card.stated, _of(card.undone, "stock").stops_at_h, _of(card.done, "stock").stops_at_h) == (True, 0, None)


VOTE = """\
parties: {bank: {publishes: f1}}
feeds: {f1: {}, f2: {}, f3: {}}
services: {price: {consumes: [{of: [f1, f2, f3], vote_min: 3}], informs: pricing}}
processes: {pricing: {crown_jewel: true}}
"""


def test_a_vote_is_relied_on_or_not() -> None:
    data: Any = br.exercise(written(VOTE), wrong="f1").data
    (vote, wait) = data.answers.stand_ins
    assert (vote.act, wait.act) == ("vote", "wait")
    assert {row.entity for row in vote.undone if row.wrong_at_h is not None} == {"price", "pricing"}
    assert all(row.wrong_at_h is None for row in vote.done)


HALTS = """\
feeds: {f: {}}
services:
  a: {consumes: {to: f, on_bad: halt, dependency: soft}}
  b: {consumes: {to: f, on_missing: default}, writes: d, seen_by: [{signal: odd, who: us}]}
stores: {d: {crown_jewel: true, seen_by: [{signal: odd data, who: us}]}}
"""


def test_wrong_input_is_dropped_and_a_default_refused() -> None:
    wrong: Any = br.exercise(written(HALTS), wrong="f").data
    drop = next(card for card in wrong.answers.stand_ins if card.act == "drop")
    assert (drop.stated, _of(drop.undone, "a").stops_at_h, _of(drop.done, "a").stops_at_h) == (False, 0, None)
    out: Any = br.exercise(written(HALTS), outage="f").data
    stop = next(card for card in out.answers.stand_ins if card.act == "stop")
    assert (_of(stop.undone, "b").wrong_at_h, _of(stop.done, "b").wrong_at_h) == (0, None)
    levers = {card.lever for card in out.answers.cards}
    assert "hold:b" in levers


def test_where_nothing_is_stated_it_says_what_is_missing() -> None:
    built = written("parties: {p: {}}\nservices: {s: {depends_on: [{to: p, dependency: hard}]}}\n")
    data: Any = br.exercise(built, outage="p").data
    assert data.answers.lacking == ("no fallback is stated for p at s; state one to make a decision of it",)
    assert {card.stated for card in data.answers.stand_ins if card.act != "wait"} == {False}
    none = br.exercise(written("parties: {p: {}}\nservices: {s: {}}\n"), outage="p")
    assert any("nothing is to decide" in line for line in none.answer.lines)
