"""Several accounts of one relation: what reaches further stands, and what is overruled is said with both places."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import blastradius as br
from blastradius.engine.check.spec import arrivals_at
from blastradius.estate import Estate
from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Loaded
from blastradius.model import (
    Control,
    ControlKind,
    Credential,
    Fact,
    Feed,
    Level,
    Operation,
    Process,
    Provenance,
    Relation,
    Scenario,
    Service,
    Signal,
    Store,
    Verb,
)
from blastradius.reading import parse_document

THINGS = Loaded(
    entities=(
        Service(id="s"),
        Service(id="t"),
        Service(id="u"),
        Operation(id="o"),
        Store(id="d"),
        Feed(id="f"),
        Feed(id="g"),
        Process(id="p"),
        Credential(id="k"),
        Credential(id="l"),
    )
)


def account(file: str, verb: str, source: str, *targets: str, **said: Any) -> Loaded:
    at = (Provenance(source="test", file=file, line=1, column=1),)
    made = {"verb": verb, "sources": (source,), "targets": targets, "provenance": at, **said}
    return Loaded(relations=(Relation.model_validate(made),))


def joined(one: dict[str, Any], other: dict[str, Any], *ends: str) -> tuple[Relation, list[str]]:
    """The relation that two accounts come to, in whichever order they are read, and what is noted."""
    parts = [THINGS, account("a", *ends, **one), account("b", *ends, **other)]
    estates = [Estate.build(order) for order in itertools.permutations(parts)]
    said = {tuple(str(note) for note in estate.notes if note.kind == "contradicted") for estate in estates}
    name = ":".join((ends[0], f"{ends[1]}>{'+'.join(ends[2:])}"))
    relation, *others = (estate.relations[name] for estate in estates)
    assert all(other == relation for other in others)
    (notes,) = said
    return relation, list(notes)


DEPENDS = ("depends_on", "p", "s", "t")
FURTHER: list[tuple[tuple[str, ...], dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    (("reads", "o", "d"), {"extent": "subset"}, {"extent": "all"}, {"extent": "all"}),
    (("reads", "o", "d"), {"extent": "subset"}, {}, {"extent": "all"}),
    (("reads", "o", "d"), {"extent": "subset"}, {"extent": "subset"}, {"extent": "subset"}),
    (DEPENDS, {"dependency": "soft"}, {"dependency": "hard"}, {"dependency": "hard"}),
    (DEPENDS, {"dependency": "soft"}, {}, {"dependency": None}),
    (("calls", "s", "o"), {"dependency": "hard"}, {}, {"dependency": "hard"}),
    (("calls", "s", "o"), {"dependency": "soft", "buffer_h": 4}, {}, {"dependency": "soft", "buffer_h": 4}),
    (("calls", "s", "o"), {"dependency": "none"}, {}, {"dependency": None}),
    (DEPENDS, {"buffer_h": 9}, {"buffer_h": 4}, {"buffer_h": 4}),
    (DEPENDS, {"buffer_h": 9}, {}, {"buffer_h": None}),
    (DEPENDS, {"buffer_h": 9}, {"dependency": "soft", "buffer_h": 1}, {"dependency": None, "buffer_h": 9}),
    (DEPENDS, {"at_least": 1}, {"at_least": 2}, {"at_least": 2}),
    (DEPENDS, {"at_least": 1}, {}, {"at_least": None}),
    (DEPENDS, {"capacity_loss": True}, {}, {"capacity_loss": True}),
    (("consumes", "s", "f", "g"), {"vote_min": 1}, {"vote_min": 2}, {"vote_min": 2}),
    (("consumes", "s", "f", "g"), {"vote_min": 1}, {}, {"vote_min": None}),
    (("consumes", "s", "f"), {"brittle": True, "obeys": True}, {}, {"brittle": True, "obeys": True}),
    (("consumes", "s", "f"), {"on_bad": "drop"}, {"on_bad": "halt"}, {"on_bad": "halt"}),
    (("consumes", "s", "f"), {"on_bad": "drop"}, {}, {"on_bad": "drop"}),
    (("consumes", "s", "f"), {"on_missing": "default"}, {"on_missing": "stop"}, {"on_missing": "default"}),
    (("calls", "s", "o"), {"keys": ["k"]}, {}, {"keys": ()}),
    (("calls", "s", "o"), {"keys": ["k", "l"]}, {"keys": ["l"]}, {"keys": ("l",)}),
    (("calls", "s", "o"), {"needs": ["k"]}, {}, {"needs": ()}),
    (("calls", "s", "o"), {"delay_h": 3}, {"delay_h": 2}, {"delay_h": 2}),
    (("calls", "s", "o"), {"unknown": ["a"]}, {"unknown": ["b"]}, {"unknown": ("a", "b")}),
]


@pytest.mark.parametrize(("ends", "one", "other", "kept"), FURTHER)
def test_what_reaches_further_stands(
    ends: tuple[str, ...], one: dict[str, Any], other: dict[str, Any], kept: dict[str, Any]
) -> None:
    relation, _ = joined(one, other, *ends)
    assert {field: getattr(relation, field) for field in kept} == kept


SAID: list[tuple[tuple[str, ...], dict[str, Any], dict[str, Any], list[str]]] = [
    (
        ("reads", "o", "d"),
        {"extent": "subset"},
        {"extent": "all"},
        [
            "a:1:1: contradicted: relation 'reads:o>d' has extent 'subset' here, and 'all' at b:1:1; "
            "the latter reaches further and is kept"
        ],
    ),
    (
        DEPENDS,
        {"buffer_h": 9},
        {},
        [
            "a:1:1: contradicted: relation 'depends_on:p>s+t' has buffer_h 9.0 here, and none is stated at b:1:1; "
            "the latter reaches further and is kept"
        ],
    ),
    (
        ("calls", "s", "o"),
        {"keys": ["k"]},
        {},
        [
            "a:1:1: contradicted: relation 'calls:s>o' asks for 'k' here and not at b:1:1; taken as not asked for",
        ],
    ),
    (("consumes", "s", "f"), {"brittle": True}, {}, []),
    (("calls", "s", "o"), {"dependency": "soft", "buffer_h": 4}, {}, []),
]


@pytest.mark.parametrize(("ends", "one", "other", "said"), SAID)
def test_what_is_overruled_is_said_with_both_places(
    ends: tuple[str, ...], one: dict[str, Any], other: dict[str, Any], said: list[str]
) -> None:
    assert joined(one, other, *ends)[1] == said


def controlled(*controls: dict[str, Any]) -> dict[str, Any]:
    return {"controls": [{"kind": "segmented", **control} for control in controls]}


CONTROLS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any] | None]] = [
    (controlled({}), {}, None),
    (controlled({}), controlled({}), {"status": "working"}),
    (controlled({}), controlled({"status": "assumed"}), {"status": "assumed"}),
    (controlled({}), controlled({"status": "failed"}), {"status": "failed"}),
    (controlled({"status": "absent"}), {}, {"status": "absent"}),
    (
        controlled({"provided_by": "t", "fails": "closed"}),
        controlled({"misled": True}),
        {"provided_by": "t", "fails": "closed", "misled": True},
    ),
    (
        controlled({"provided_by": "t", "fails": "closed"}),
        controlled({"provided_by": "t"}),
        {"provided_by": "t", "fails": "open"},
    ),
]


@pytest.mark.parametrize(("one", "other", "kept"), CONTROLS)
def test_a_control_guards_where_every_account_states_it(
    one: dict[str, Any], other: dict[str, Any], kept: dict[str, Any] | None
) -> None:
    relation, notes = joined(one, other, "connects", "s", "t")
    assert [{name: getattr(control, name) for name in kept or ()} for control in relation.controls] == (
        [] if kept is None else [kept]
    )
    if kept is None:
        (note,) = notes
        assert "control 'segmented' is stated here and not at b:1:1, so it guards one of two accounts" in note


def test_a_control_that_one_of_two_accounts_of_a_thing_states_stays() -> None:
    guarded = Service.model_validate({"id": "s", "controls": [{"kind": "hardened"}]})
    estate = Estate.build([Loaded(entities=(guarded,)), Loaded(entities=(Service(id="s"),))])
    assert list(estate.controls) == ["hardened@s"]


said_of_a_dependence = st.fixed_dictionaries(
    {},
    optional={
        "at_least": st.integers(1, 2),
        "capacity_loss": st.booleans(),
        "controls": st.sampled_from([[], [{"kind": "fallback"}], [{"kind": "fallback", "slower": True}]]),
    },
)
said_of_a_feed = st.fixed_dictionaries(
    {},
    optional={
        "brittle": st.booleans(),
        "obeys": st.booleans(),
        "on_bad": st.sampled_from(["keep", "drop"]),
        "controls": st.lists(st.sampled_from(["validated", "bulkhead"]), unique=True).map(
            lambda kinds: [{"kind": kind} for kind in kinds]
        ),
    },
)
said_of_a_read = st.fixed_dictionaries(
    {},
    optional={
        "extent": st.sampled_from(["all", "subset"]),
        "controls": st.lists(st.sampled_from(["object_authz", "encrypted_elsewhere"]), unique=True).map(
            lambda kinds: [{"kind": kind} for kind in kinds]
        ),
    },
)
ROADS: list[tuple[tuple[str, ...], st.SearchStrategy[dict[str, Any]], Scenario]] = [
    (DEPENDS, said_of_a_dependence, Scenario(outage=("s",))),
    (("consumes", "s", "f"), said_of_a_feed, Scenario(poison=("f",), assume=Level.LATERAL)),
    (("reads", "o", "d"), said_of_a_read, Scenario(use=("o",), assume=Level.ABUSED)),
]


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_another_account_never_takes_reach_away(data: st.DataObject) -> None:
    ends, said, scenario = data.draw(st.sampled_from(ROADS))
    accounts = [account(file, *ends, **data.draw(said)) for file in ("a", "b", "c")]

    def reached(*parts: Loaded) -> dict[Fact, float]:
        return arrivals_at(Estate.build([THINGS, *parts]), scenario, scenario.assume)

    whole = reached(*accounts)
    assert all(whole.keys() >= reached(one).keys() for one in accounts)


def test_what_one_document_says_twice_is_two_accounts() -> None:
    """A loader finds two roads between the same ends, one of them guarded, in either order."""
    at = (Provenance(source="test", file="x", line=1, column=1),)
    roads: list[dict[str, Any]] = [{"controls": (Control(kind=ControlKind.SEGMENTED, provenance=at),)}, {}]
    for order in (roads, roads[::-1]):
        found = FactCollector("test", parse_document("{}", "x.json", ".json"))
        for said in order:
            found.relate(Verb.CONNECTS, "s", "t", provenance=at, **said)
        found.relate(Verb.CONNECTS, "s", "u", provenance=at)
        found.relate(Verb.CONNECTS, "s", "u", provenance=at)
        loaded = found.loaded()
        assert [relation.controls for relation in loaded.relations] == [(), ()]
        (note,) = loaded.notes
        assert note.message.startswith("relation 'connects:s>t': control 'segmented' is stated here and not at x:1:1")
        assert loaded.relations[1].model_fields_set == {"verb", "sources", "targets", "basis", "provenance"}


CALL = {"verb": "calls", "sources": ["s"], "targets": ["o"], "keys": ["k"]}
LINES: list[dict[str, Any]] = [
    {"kind": "service", "id": "s"},
    {"kind": "operation", "id": "o"},
    {"kind": "credential", "id": "k"},
    CALL,
]


def test_who_calls_with_a_key_holds_it_whatever_it_was_read_from(tmp_path: Path) -> None:
    (tmp_path / "e.jsonl").write_text("".join(json.dumps(line) + "\n" for line in LINES))
    estate = br.load(tmp_path / "e.jsonl")
    assert sorted(estate.relations) == ["calls:s>o", "holds:s>k"]
    assert str(estate.relations["holds:s>k"].provenance[0]) == f"{tmp_path / 'e.jsonl'}:4"
    (tmp_path / "e.yaml").write_text("blastradius: 1\nservices: {s: {calls: [{to: o, with: [k]}]}}\n")
    both = br.load(tmp_path)
    assert sorted(both.relations) == ["calls:s>o", "holds:s>k"]


def test_calls_with_one_key_hold_it_together_in_whichever_order_they_are_read() -> None:
    calls = [account("a", "calls", "s", "o", keys=["k"], basis="inferred"), account("b", "calls", "s", "q", keys=["k"])]
    more = Loaded(entities=(Operation(id="q"),))
    orders = (Estate.build([THINGS, more, *order]).relations["holds:s>k"] for order in itertools.permutations(calls))
    (held,) = {(held.basis, *held.also, *map(str, held.provenance)) for held in orders}
    assert held == ("declared", "inferred", "a:1:1", "b:1:1")


def test_who_says_how_a_key_is_held_is_not_doubted_by_a_call_with_it(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "blastradius: 1\nservices: {s: {calls: [{to: o, with: k}]}}\noperations: {o: {}}\ncredentials: {k: {}}\n"
    )
    (tmp_path / "b.yaml").write_text("blastradius: 1\nservices: {s: {holds: [{to: k, controls: [non_exportable]}]}}\n")
    assert list(br.load(tmp_path).controls) == ["non_exportable@holds:s>k"]


@pytest.mark.parametrize(
    "thing",
    [
        Service(id="s", tags=("b", "a")),
        Service(id="s", unknown=("zone", "owner")),
        Service(id="s", controls=(Control(kind=ControlKind.HARDENED), Control(kind=ControlKind.COMPARTMENT))),
        Store(id="d", seen_by=(Signal(signal="b"), Signal(signal="a"))),
    ],
)
def test_a_thing_that_is_told_twice_is_the_thing_that_is_told_once(thing: Service | Store) -> None:
    """In which order it was told is lost where accounts are joined, and so where there is one."""
    once = Loaded(entities=(thing,))
    built, again = Estate.build([once]), Estate.build([once, once])
    assert built.entities[thing.id] == again.entities[thing.id]
    assert built.digest == again.digest


def test_what_two_accounts_differ_in_is_told_with_both_places() -> None:
    def told(file: str, number: int) -> Loaded:
        at = (Provenance(source="test", file=file, line=1), Provenance(source="test", file=file, line=9))
        return Loaded(entities=(Store(id="d", records=number, provenance=at),))

    (note,) = (it for it in Estate.build([told("a.yaml", 1), told("b.yaml", 2)]).notes if "records" in it.message)
    assert note.message == "entity 'd' has records 2 here and 1 at a.yaml:1; kept the latter"
    assert [str(place) for place in note.provenance] == ["b.yaml:1"]


def of(
    file: str, thing: dict[str, Any], *, line: int | None = 1, column: int | None = 1, source: str = "test"
) -> Loaded:
    at = Provenance(source=source, file=file, line=line, column=column)
    return Loaded(entities=(Store.model_validate({"id": "d", "provenance": (at,), **thing}),))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (of("a", {"name": "zulu"}), of("b", {"name": "alpha"})),
        (of("a", {"name": "zulu"}, line=2), of("a", {"name": "alpha"}, line=10)),
        (of("a", {"name": "zulu"}, column=2), of("a", {"name": "alpha"}, column=10)),
        (of("a", {"name": "zulu"}, line=None, column=None), of("a", {"name": "alpha"}, line=1)),
        (of("a", {"name": "zulu"}, source="s"), of("a", {"name": "alpha"}, source="t")),
        (of("b", {"name": "zulu"}), of("a", {"name": "alpha"}, source="workspace")),
        (of("b", {"name": "zulu", "basis": "observed"}), of("a", {"name": "alpha"})),
        (of("b", {"name": "zulu"}), of("a", {"name": "alpha", "basis": "inferred"})),
    ],
)
def test_of_two_accounts_the_better_known_stands_and_then_the_first(first: Loaded, second: Loaded) -> None:
    for order in ((first, second), (second, first)):
        estate = Estate.build(order)
        assert estate.entities["d"].name == "zulu"
        (note,) = estate.notes
        assert note.message.startswith("entity 'd' has name 'alpha' here and 'zulu' at ")


def test_what_an_account_leaves_unsaid_contradicts_nothing() -> None:
    better, other = of("a", {"basis": "observed"}), of("b", {"crown_jewel": True, "records": 5, "name": "D"})
    estate = Estate.build([better, other])
    assert estate.entities["d"] == Store.model_validate(
        {
            "id": "d", "crown_jewel": True, "records": 5, "name": "D", "basis": "observed", "also": ["declared"],
            "provenance": [*better.entities[0].provenance, *other.entities[0].provenance],
        }
    )  # fmt: skip
    assert estate.notes == ()


def test_what_two_accounts_of_a_thing_say_of_its_control_is_told_where_they_differ() -> None:
    def said(file: str, status: str) -> Loaded:
        place = {"source": "test", "file": file, "line": 1}
        return of(file, {"controls": [{"kind": "redacted", "status": status, "provenance": [place]}]})

    estate = Estate.build([said("b", "working"), said("a", "failed")])
    (control,) = estate.entities["d"].controls
    assert control.status == "failed"
    assert [str(note) for note in estate.notes] == [
        "b:1: contradicted: entity 'd': control 'redacted' has status 'working' here and 'failed' at a:1; "
        "kept the latter"
    ]
