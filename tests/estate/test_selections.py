"""What rules for all are about, and what they keep out of reach."""

from __future__ import annotations

from typing import Any

import pytest

from blastradius.estate import Estate
from blastradius.estate.selections import selected, told
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Credential, Expectation, Feed, Kept, Operation, Party, Scenario, Selection, Service, Store

BUILT = Estate.build(
    [
        Loaded(
            entities=(
                Party(id="us", role="self", tags=("eu",)),
                Party(id="p", role="provider", tags=("eu",)),
                Party(id="p2", role="partner", zone="z"),
                Credential(id="k", tags=("eu",), zone="z"),
                Operation(id="o"),
                Service(id="s", zone="z", crown_jewel=True),
                Service(id="s2"),
                Store(id="d", tags=("eu",), crown_jewel=True),
                Store(id="d2", zone="z"),
                Feed(id="f"),
            )
        )
    ]
)


@pytest.mark.parametrize(
    ("asked", "found", "words"),
    [
        ({"way": "compromise"}, "p p2", "to start from with compromise"),
        ({"way": "outage"}, "p p2", "to start from with outage"),
        ({"way": "poison"}, "f", "to start from with poison"),
        ({"way": "wrong"}, "f", "to start from with wrong"),
        ({"way": "leak"}, "k", "to start from with leak"),
        ({"way": "breach"}, "d d2", "to start from with breach"),
        ({"way": "use"}, "k o s s2", "to start from with use"),
        ({"way": "compromise", "role": "self"}, "us", "with the role 'self'"),
        ({"way": "compromise", "role": "provider"}, "p", "with the role 'provider'"),
        ({"way": "outage", "role": "partner", "tag": "eu"}, "", "with the role 'partner' and with the tag 'eu'"),
        ({"way": "outage", "tag": "eu"}, "p k d", "with the tag 'eu'"),
        ({"way": "outage", "zone": "z"}, "p2 k s d2", "with the zone 'z'"),
        ({"way": "outage", "tag": "eu", "zone": "z"}, "k", "with the tag 'eu' and with the zone 'z'"),
        ({"way": "compromise", "zone": "z"}, "p2 s", "with the zone 'z'"),
        ({"way": "compromise", "excluded": ("p", "p3")}, "p2", "to start from with compromise"),
    ],
)
def test_what_a_rule_is_about(asked: dict[str, Any], found: str, words: str) -> None:
    """Kind by kind; ourselves only where that is said, and where something is said all that can start so."""
    selection = Selection.model_validate(asked)
    assert list(selected(selection, BUILT.of_kind)) == found.split()
    assert told(selection) == words
    rule = Expectation(name="r", scenario=Scenario(hours=4), for_each=selection)
    for name, scenario in zip(found.split(), BUILT.scenarios_of(rule), strict=True):
        assert scenario == (name, Scenario.model_validate({selection.way: (name,), "hours": 4}))


def test_what_a_rule_starts_from_besides_is_there_in_each_of_its_scenarios_once() -> None:
    rule = Expectation(name="r", scenario=Scenario(compromise=("us", "p")), for_each=Selection(way="compromise"))
    assert [asked.compromise for _, asked in BUILT.scenarios_of(rule)] == [("us", "p"), ("us", "p", "p2")]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"capability": ["read"]}, "read(d) read(d2) read(f) read(s) read(s2)"),
        ({"capability": ["possess", "read"], "zone": "z"}, "possess(k) read(d2) read(s)"),
        ({"capability": ["read", "control"], "crown_jewel": True}, "control(d) control(s) read(d) read(s)"),
        ({"capability": ["read"], "tag": "eu"}, "read(d)"),
        ({"capability": ["read"], "kind": "service"}, "read(s) read(s2)"),
        ({"capability": ["read"], "kind": "store", "zone": "z"}, "read(d2)"),
        ({"capability": ["possess"], "kind": "store"}, ""),
    ],
)
def test_what_is_kept_out_of_reach(asked: dict[str, Any], found: str) -> None:
    """What is said of a kind at all, of all that fits; by name and by that once."""
    rule = Expectation(name="r", scenario=Scenario(), kept=(Kept.model_validate(asked),))
    facts = BUILT.kept_out(rule)
    assert sorted(f"{fact.capability}({fact.entity})" for fact in facts) == found.split()
    assert BUILT.kept_out(rule.model_copy(update={"not_reached": facts[:1]})) == facts
