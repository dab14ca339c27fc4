"""The question ``exercise``: what is noticed, what may be decided, what that changes, and who may see it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

import blastradius as br
from blastradius.cli import main
from blastradius.engine.check.spec import spec
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import Level, Scenario
from blastradius.reports.exercise import BLANK
from tests.engine.short import estate

SCENARIO: dict[str, Any] = {"compromise": "acme", "assume": "lateral"}


@pytest.fixture(scope="module")
def pack(retailer: Estate) -> Any:
    return br.exercise(retailer, **SCENARIO, also="poison=carrier_rates").data


def test_three_hours_hold_eight_to_twelve_injects_and_up_to_five_decisions_in_order(pack: Any) -> None:
    assert 8 <= len(pack.injects) <= 12
    assert 1 < len({option.inject for option in pack.options}) <= 5
    minutes = [inject.minute for inject in pack.injects]
    assert minutes == sorted(minutes)
    assert max(minutes) <= 150
    levels = [Level[row.stage.upper()] for row in pack.answers.evidence]
    assert levels == sorted(levels)


def test_each_card_says_what_the_spec_says_of_the_estate_without_what_is_taken_away(
    pack: Any, retailer: Estate
) -> None:
    start = Scenario(compromise=("acme",), assume=Level.LATERAL)
    evidence = {row.inject: row.entity for row in pack.answers.evidence}
    for card in {card.without: card for card in pack.answers.cards}.values():
        held = {fact.entity for fact in spec(retailer.changed(without=card.without), start)} & retailer.entities.keys()
        held = {name for name in held if not getattr(retailer.entities[name], "public", False)} - {"acme"}
        assert card.things == len(held)
        assert card.crown_jewels == sum(map(retailer.crown_jewel, held))
        assert held.isdisjoint(card.spared)
        assert card.holds or evidence[card.inject] in card.spared or evidence[card.inject] in held


def test_what_averts_an_inject_is_offered_beside_what_does_not(pack: Any) -> None:
    for inject in {option.inject for option in pack.options}:
        assert {card.holds for card in pack.answers.cards if card.inject == inject} == {True, False}


def test_each_inject_rests_on_relations_of_the_estate(pack: Any, retailer: Estate) -> None:
    for row in pack.answers.evidence:
        assert row.relations
        assert set(row.relations) <= retailer.relations.keys()


def test_after_a_decision_what_it_averts_no_longer_comes(pack: Any, retailer: Estate) -> None:
    after: Any = br.exercise(retailer, **SCENARIO, decide="inject-3=revoke:acme_label_key").data
    gone = {inject.inject for inject in after.answers.averted}
    assert gone
    assert gone.isdisjoint({"inject-1", "inject-2", "inject-3"})
    assert {inject.inject for inject in after.injects} == {inject.inject for inject in pack.injects} - gone
    cards = [card for card in pack.answers.cards if card.lever == "revoke:acme_label_key"]
    assert {card.inject for card in cards if not card.holds} <= gone


ANSWERS = (
    "would not have come",
    "comes all the same",
    "out of reach: ",
    "cost: ",
    "can read all",
    "granted",
    "takeover",
)


@pytest.mark.parametrize("form", ["table", "markdown", "html", "json"])
def test_the_edition_of_participants_has_no_answer(
    form: str, northwind: Any, pack: Any, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = {edition: _printed(northwind, form, edition, tmp_path) for edition in ("participants", "facilitator")}
    if form != "json":
        assert any(text in shown["facilitator"] for text in ANSWERS)
        assert [text for text in ANSWERS if text in shown["participants"]] == []
    hidden = {row.says for row in pack.answers.hidden} - {inject.says for inject in pack.injects}
    assert [text for text in hidden if text in shown["participants"]] == []
    assert "takes nothing" not in shown["participants"]
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
    entities = {"d": {"seen_by": ({"signal": "many reads", "who": "night shift"},)}}
    (inject,) = _told(estate("owns:p>s", "holds:s>k", "grants:k>o", "reads:o>d", entities=entities))
    assert (inject.to, inject.says, inject.sender) == ("night shift", "many reads", BLANK)


def test_what_nobody_would_notice_stays_hidden() -> None:
    data: Any = br.exercise(estate("owns:p>s", "holds:s>k", "grants:k>o", "reads:o>d"), compromise="p").data
    assert data.injects == ()
    assert "d" in {row.entity for row in data.answers.hidden}


def _told(built: Estate) -> Iterator[Any]:
    data: Any = br.exercise(built, compromise="p").data
    yield from data.injects


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
