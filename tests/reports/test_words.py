"""The one vocabulary for people."""

from __future__ import annotations

import pytest

from blastradius.model import STEPPING_STONES, Capability, ControlKind, Kind
from blastradius.reports.words import WORDS, control_said, kinds, label, listed, plural, relation_said, with_names
from tests.engine.test_rules_needed import estate

JARGON = ("authz", "_", "taint", "deny", "possess", "closure", "seed", "foothold", "callable")


@pytest.mark.parametrize("kind", ControlKind)
def test_every_control_is_said_in_words(kind: ControlKind) -> None:
    assert not [word for word in JARGON if word in control_said(kind)]


def test_every_capability_is_said_in_words() -> None:
    assert set(Capability) - STEPPING_STONES <= set(WORDS)
    assert not [word for word in JARGON for said in WORDS.values() if word in said]


def test_namesakes_say_what_kind_they_are_and_their_ids_where_that_is_not_enough() -> None:
    named = {"d": {"name": "Orders"}, "s": {"name": "Orders"}, "k": {"name": "Key"}}
    built = estate("reads:s>d", "grants:k>o", entities=named)
    assert [label(built, name) for name in ("d", "s", "k")] == ["Orders (store)", "Orders (service)", "Key"]
    twins = estate("reads:s>d", "reads:s2>d", entities={"s": {"name": "Orders"}, "s2": {"name": "Orders"}})
    assert [label(twins, name) for name in ("s", "s2")] == ["Orders (service s)", "Orders (service s2)"]


def test_a_relation_is_a_sentence() -> None:
    built = estate("depends_on:b>s1+s2", entities={"b": {"name": "Shipping"}})
    assert relation_said(built, next(iter(built.relations))) == "Shipping depends on s1, s2"


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 parties"), (1, "1 party"), (2, "2 parties"), (1234, "1,234 parties")]
)
def test_counts_have_their_noun(count: int, said: str) -> None:
    assert kinds(count, Kind.PARTY) == said
    assert plural(count, "party", "parties") == said


def test_a_long_list_ends_with_how_many_more() -> None:
    assert listed(["a", "b"], 2) == "a, b"
    assert listed(["a", "b", "c"], 2) == "a, b and 1 more"
    assert listed([]) == ""


def test_a_text_about_ids_is_told_with_names_and_keeps_its_ids() -> None:
    built = estate("reads:s>d", entities={"s": {"name": "Shop"}, "d": {"name": "Orders"}})
    assert with_names(built, "of 's' and 'd'") == "of Shop ('s') and Orders ('d')"
    assert with_names(built, "taken as soft: 'reads:s>d'") == "taken as soft: Shop reads Orders ('reads:s>d')"
    assert (
        with_names(built, "2 things are called 'Shop': the service 's'")
        == "2 things are called 'Shop': the service 's'"
    )
    for same in ("zone 's', of 'nothing'", "'it's odd', 'a\\\\b", ""):
        assert with_names(built, same) == same
    assert with_names(built, "zone 's' with 'd'") == "zone 's' with Orders ('d')"
    assert with_names(built, "read of 's' can never hold; choose of control, deny") == (
        "“can read all of it” (read) of Shop ('s') can never hold; choose of control (controls it), deny (it stops)"
    )
