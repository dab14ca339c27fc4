"""How an exercise goes on after something that stands in was decided."""

from __future__ import annotations

from typing import Any

import pytest

import blastradius as br
from blastradius import plugins
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import Scenario
from tests.campaign.brute.exercise import gone_on
from tests.queries.written import written
from tests.reports.test_stand_ins import FAILING

ASKED: dict[str, Any] = {"outage": "them", "hours": 10, "minutes": 240}
LATER = """\
parties:
  us: {role: self}
  them: {owns: core}
  between: {owns: [pay, news]}
  others: {owns: pay2}
services:
  core: {}
  pay: {depends_on: [{to: core, dependency: hard, buffer_h: 3}]}
  news: {depends_on: [{to: core, dependency: hard, buffer_h: 2}]}
  pay2: {}
  board: {depends_on: [{to: news, dependency: hard, buffer_h: 20}]}
  shop:
    owner: Shop
    depends_on: [{to: pay, dependency: hard, controls: [{kind: fallback, provided_by: pay2, starts_after_h: 2}]}]
"""
START = "start:fallback@depends_on:shop>pay"


@pytest.fixture(scope="module")
def failing() -> Estate:
    return written(FAILING)


@pytest.fixture(scope="module")
def before(failing: Estate) -> Any:
    return br.exercise(failing, **ASKED).data


def _says(data: Any) -> list[str]:
    return [inject.says for inject in data.injects]


def _decided(built: Estate, *decide: str, **asked: Any) -> Any:
    return br.exercise(built, **(asked or ASKED), decide=decide).data


@pytest.mark.slow
def test_after_each_decision_comes_what_loops_over_both_worlds_say(failing: Estate, before: Any) -> None:
    cards = [card for card in before.answers.stand_ins if card.act in ("start", "ration")]
    averted, returned = set[str](), set[str]()
    for card in cards:
        data = _decided(failing, f"{card.inject}={card.lever}")
        gone, back = gone_on(failing, Scenario(outage=("them",), hours=10), card, before.answers.evidence)
        assert {row.inject for row in data.answers.averted} == gone, card.lever
        told = {row.entity for row in data.answers.evidence if "catch up" in row.expected}
        assert told == back, card.lever
        averted, returned = averted | gone, returned | back
    assert averted
    assert "slow" in returned


def test_waiting_changes_nothing_and_what_was_waited_with_may_be_decided_later(failing: Estate, before: Any) -> None:
    data = _decided(failing, "inject-2=wait")
    assert (data.injects, data.answers.averted) == (before.injects, ())
    assert [(card.lever, card.futile) for card in data.answers.stood_in] == [("wait", "waits")]
    assert {card.inject for card in data.answers.stand_ins} <= {f"inject-{number}" for number in range(3, 8)}
    assert "switch:depends_on:till>pay+pay2" in {card.lever for card in data.answers.stand_ins}


@pytest.fixture(scope="module")
def later() -> Estate:
    return written(LATER)


@pytest.fixture(scope="module")
def told(later: Estate) -> Any:
    return br.exercise(later, **ASKED).data


def _at(told: Any, says: str) -> int:
    return _says(told).index(says)


def test_a_fallback_in_time_keeps_it_going_and_is_decided_once(later: Estate, told: Any) -> None:
    """Started at hour 0 it takes over at 2, and what it stands in for stops at 3."""
    (card,) = (it for it in told.answers.stand_ins if it.lever == START)
    data = _decided(later, f"{card.inject}={START}")
    assert [(row.says, row.surely) for row in data.answers.averted] == [("shop: it stops", True)]
    assert START not in {option.lever for option in data.options}


def test_a_fallback_too_late_lets_it_stop_and_brings_it_back(later: Estate, told: Any) -> None:
    """Started at hour 2 it takes over at 4."""
    news = _at(told, "nothing comes from news any more")
    waits = _waits_until(later, news)
    data = _decided(later, *waits, f"inject-{news + 1}={START}")
    assert (data.answers.averted, _says(data)[-1]) == ((), "shop: it is back at 4 h")
    assert (data.injects[-1].to, data.answers.evidence[-1].level) == ("Shop", "at 4 h")


def _waits_until(built: Estate, place: int) -> list[str]:
    """Waiting wherever something may be decided before an inject."""
    waits = list[str]()
    for number in range(place):
        offered = {option.inject for option in _decided(built, *waits).options}
        waits += [f"inject-{number + 1}=wait"] * (f"inject-{number + 1}" in offered)
    return waits


def test_a_slower_one_is_told_to_be_slower() -> None:
    slower = written(LATER.replace("starts_after_h: 2", "starts_after_h: 2, slower: true"))
    data = _decided(slower, f"inject-1={START}")
    assert _says(data)[-1] == "shop: it slows at 3 h"
    assert [row.says for row in data.answers.averted] == ["shop: it stops"]
    late = _decided(slower, *_waits_until(slower, 1), f"inject-2={START}")
    assert _says(late)[-2:] == ["shop: it stops", "shop: it is back at 4 h, but slower"]


@pytest.mark.parametrize(
    ("decide", "message"),
    [
        (("inject-2=switch:nothing",), "not offered at inject-2; offered there: switch:depends_on:till>.*, wait"),
        (("inject-7=wait",), "nothing that stands in is to decide at inject-7; something is at inject-1, inject-2"),
        (("inject-99=wait",), "names 'inject-99', which is not there"),
        (("inject-2=wait", "inject-2=wait"), "nothing that stands in is to decide at inject-2"),
        (("inject-2",), "names '', which is not there"),
    ],
)
def test_what_is_not_offered_is_refused_and_what_is_offered_is_named(
    failing: Estate, decide: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        _decided(failing, *decide)


def test_the_pack_is_written_after_a_decision(failing: Estate) -> None:
    query = plugins.query("exercise")
    decide = ("inject-1=start:fallback@calls:slow>charge",)
    answer = query.run(failing, query.params(outage=("them",), hours=10, minutes=240, decide=decide))
    assert answer.packed is not None
    shown = str(answer.packed().documents["facilitator/facilitator"].page)
    assert "slow: it is back at 6 h" in shown
