"""An estate as flat arrays and plain values is the same estate again, or it is not packed."""

from __future__ import annotations

from typing import Any

import pytest

from blastradius.estate import Estate, snapshot
from blastradius.estate.packing import UnpackableError, packed, unpacked
from blastradius.loaderkit.contract import Loaded
from blastradius.model import (
    Control,
    ControlKind,
    Exercise,
    Party,
    Relation,
    Scenario,
    Service,
    Store,
    Tally,
    Verb,
    Zone,
)
from tests.engine.short import estate

NOTHING: Any = None


def again(built: Estate) -> Estate:
    return unpacked(packed(built, lambda *_: False), NOTHING)


def test_what_is_said_of_an_estate_comes_back() -> None:
    held = Exercise(name="x", date="2026-01-01", scenario=Scenario(leak=("k",)))
    things = (
        Party(id="p", role="self", governance={"a": "b"}),
        Service(id="s", zone="z", controls=(Control(kind=ControlKind.HARDENED, provided_by="t"),)),
        Service(id="t"),
        Store(id="d", copy_of=("e", "f"), records=3),
        Store(id="e", crown_jewel=True),
        Store(id="f"),
    )
    relations = (
        Relation(verb=Verb.DEPENDS_ON, sources=("s",), targets=("t", "d"), at_least=1, dependency="soft", buffer_h=2),
        Relation(verb=Verb.READS, sources=("s",), targets=("d",)),
        Relation(verb=Verb.READS, sources=("t",), targets=("d",), dependency="none"),
    )
    said = {"title": "T", "as_of": "2026-02-03", "clock": {"R1": 2.5}, "tally": Tally(facts=9), "exercises": (held,)}
    zones = (Zone(id="z", flat=True),)
    built = Estate.build([Loaded(entities=things, relations=relations, zones=zones, **said)])
    copy = again(built)
    assert snapshot.text(copy) == snapshot.text(built)
    assert (copy.digest, copy.notes, copy.day, copy.zones) == (built.digest, built.notes, built.day, built.zones)
    assert (copy.table.fields, copy.table.number) == (built.table.fields, built.table.number)
    assert copy.columns.relations.dependency == built.columns.relations.dependency
    assert copy.columns.relations.buffer_h.tolist() == built.columns.relations.buffer_h.tolist()


def test_an_empty_estate_comes_back() -> None:
    assert snapshot.text(again(Estate.build([]))) == snapshot.text(Estate.build([]))


@pytest.mark.parametrize(
    "odd",
    [
        Party.model_construct({"id", "nothing"}, id="p"),
        Party.model_construct({"id"}, id="p", name="Acme"),
        Party(id="p", name="\ud800"),
    ],
)
def test_what_would_not_come_back_as_it_was_is_not_packed(odd: Party) -> None:
    with pytest.raises(UnpackableError, match="Party"):
        again(Estate.build([Loaded(entities=(odd,))]))


def test_what_was_changed_for_a_what_if_is_not_packed() -> None:
    with pytest.raises(UnpackableError, match="a change"):
        again(estate("owns:p>s").changed(without=["owns:p>s"]))
