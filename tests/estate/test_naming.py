"""Things are named by id or by display name; what two things are called, and what nothing is, is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import blastradius as br
from blastradius.errors import UsageError
from blastradius.estate import Estate, OfAnotherKindError, naming
from blastradius.estate.naming import Called, resolved
from blastradius.model import Kind

ESTATE = """
blastradius: 1
zones: {wh: {name: Warehouse}, acme: {name: Acme Logistics}}
parties: {acme: {name: Acme Logistics, holds: [k]}, twin: {name: Twin}, billing: }
credentials: {k: {name: Label key, grants: [orders.read]}}
scopes: {orders.read: {name: orders}}
services: {orders: {name: Order desk, zone: wh}, orders2: {name: Twin}, printers: {zone: cellar}}
stores: {db: {name: Twin}, labels: {name: billing}, files: {name: Acme Logistics}}
"""


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Estate:
    file = tmp_path_factory.mktemp("named") / "e.yaml"
    file.write_text(ESTATE)
    return br.load(file)


@pytest.mark.parametrize(
    ("text", "kinds", "zones", "found"),
    [
        ("acme", None, False, "acme"),
        ("Label key", None, False, "k"),
        ("orders", (Kind.SERVICE,), False, "orders"),
        ("orders", (Kind.SCOPE,), False, "orders.read"),
        ("orders", None, False, "orders"),
        ("Acme Logistics", (Kind.PARTY,), False, "acme"),
        ("Acme Logistics", frozenset({Kind.SERVICE, Kind.STORE}), False, "files"),
        ("billing", None, False, "billing"),  # an id comes before a display name
        ("wh", None, True, "wh"),
        ("Warehouse", (Kind.SERVICE,), True, "wh"),
        ("Acme Logistics", (Kind.PARTY,), True, "acme"),  # the id means the party, whose zone has its name
        ("cellar", None, True, "cellar"),
    ],
)
def test_an_id_or_the_name_that_only_it_has(
    text: str, kinds: tuple[Kind, ...] | None, zones: bool, found: str, estate: Estate
) -> None:
    assert estate.resolve(text, kinds, zones=zones) == found


@pytest.mark.parametrize(
    ("text", "kinds", "says"),
    [
        ("ACME", None, "'ACME' is not in the estate; did you mean 'acme' (Acme Logistics)?"),
        ("Label", None, "'Label' is not in the estate; did you mean 'labels' (billing)?"),
        ("acme logistic", (Kind.PARTY,), "'acme logistic' is not in the estate; did you mean 'acme' (Acme Logistics)?"),
        ("desk", None, "'desk' is not in the estate; did you mean 'orders' (Order desk)?"),
        ("quite else", (Kind.FEED, Kind.STORE), "'quite else' is not in the estate; expected a feed or a store"),
        ("", None, "'' is not in the estate"),
        (
            "Twin",
            None,
            "'Twin' is the name of the store 'db', the service 'orders2' and the party 'twin'; name one by its id",
        ),
        ("Warehouse", None, "'Warehouse' is not in the estate"),
    ],
)  # fmt: skip
def test_a_name_that_names_nothing_or_several_is_refused(
    text: str, kinds: tuple[Kind, ...] | None, says: str, estate: Estate
) -> None:
    with pytest.raises(UsageError) as refusal:
        estate.resolve(text, kinds)
    assert str(refusal.value) == says


def test_what_is_of_another_kind_says_which(estate: Estate) -> None:
    for text in ("acme", "Label key"):
        with pytest.raises(OfAnotherKindError, match=r"is a (party|credential); expected a scope or an operation"):
            estate.resolve(text, (Kind.SCOPE, Kind.OPERATION))


def test_what_is_much_is_not_read_again_for_its_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ({"kind": "party", "id": "tivoli", "name": "Tivoli AB"}, {"kind": "service", "id": "desk", "name": "Desk"})
    (tmp_path / "lines.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (tmp_path / "e.yaml").write_text("blastradius: 1\nparties: {acme: {name: Acme Logistics}}\n")
    estate = br.load(tmp_path / "lines.jsonl", tmp_path / "e.yaml")
    assert estate.resolve("Tivoli AB") == "tivoli"
    monkeypatch.setattr(naming, "_MOST_READ_AGAIN", 2)
    assert estate.resolve("Acme Logistics") == "acme"
    assert estate.resolve("tivoli", (Kind.PARTY,)) == "tivoli"
    with pytest.raises(UsageError, match=r"'tivoly' is not in the estate; did you mean 'tivoli'\?$"):
        estate.resolve("tivoly")
    with pytest.raises(UsageError, match=r"'Desk' is not in the estate; did you mean 'desk'\?$"):
        estate.resolve("Desk")


def test_up_to_a_number_what_is_read_line_by_line_is_read_for_its_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lines.jsonl").write_text('{"kind": "party", "id": "tivoli", "name": "Tivoli AB"}\n')
    estate = br.load(tmp_path / "lines.jsonl")
    monkeypatch.setattr(naming, "_MOST_READ_AGAIN", 1)
    assert estate.resolve("Tivoli AB") == "tivoli"
    monkeypatch.setattr(naming, "_MOST_READ_AGAIN", 0)
    with pytest.raises(UsageError, match="'Tivoli AB' is not in the estate"):
        estate.resolve("Tivoli AB")


@pytest.mark.parametrize(
    ("count", "listed"),
    [
        (2, "the store 's0' and the store 's1'"),
        (6, "the store 's0', the store 's1', the store 's2', the store 's3', the store 's4' and the store 's5'"),
        (
            7,
            "the store 's0', the store 's1', the store 's2', the store 's3', the store 's4', the store 's5' and 1 more",
        ),
        (1006, "the store 's3', the store 's4', the store 's5' and 1,000 more"),
    ],
)
def test_many_of_one_name_are_not_all_listed(count: int, listed: str) -> None:
    things = [Called(f"s{number}", "Same", Kind.STORE) for number in range(count)]
    with pytest.raises(UsageError, match=f"{listed}; name one by its id"):
        resolved(things, "Same", None, {})


THINGS = [
    Called("a", "Hall", Kind.SERVICE),
    Called("b", "c", Kind.STORE),
    Called("c", "C", Kind.PARTY),
    Called("d", "Gate", Kind.STORE),
    Called("z", "Z", Kind.STORE),
]
ZONES = {"hall": "Hall", "yard": "Yard", "old yard": "Yard", "z": "Z", "gate": "Gatehouse"}


@pytest.mark.parametrize(
    ("text", "kinds", "found"),
    [
        ("a", None, "a"),
        ("c", None, "c"),
        ("c", (Kind.STORE,), "b"),
        ("C", None, "c"),
        ("z", None, "z"),
        ("z", (Kind.STORE,), "z"),
        ("Z", None, "z"),
        ("yard", (Kind.PARTY,), "yard"),
        ("Gatehouse", None, "gate"),
        ("Hall", None, "'Hall' is the name of the service 'a' and the zone 'hall'; name one by its id"),
        ("Hall", (Kind.STORE,), "hall"),
        ("Yard", None, "'Yard' is the name of the zone 'yard' and the zone 'old yard'; name one by its id"),
        ("c", (Kind.FEED,), "'c' is a party; expected a feed"),
        ("Gate", (Kind.FEED, Kind.OPERATION), "'Gate' is a store; expected a feed or an operation"),
    ],
)
def test_what_things_and_zones_are_called(text: str, kinds: tuple[Kind, ...] | None, found: str) -> None:
    """An id before a name, a thing before a zone of its id; what several have names nothing."""
    try:
        said = resolved(THINGS, text, kinds, ZONES)
    except UsageError as refused:
        said = str(refused)
    assert said == found


@pytest.mark.parametrize(
    ("by_name", "by_id"),
    [
        ({"compromise": "Acme Logistics"}, {"compromise": "acme"}),
        ({"leak": "Label key"}, {"leak": "k"}),
        ({"outage": "Warehouse=8"}, {"outage": "wh=8"}),
        ({"compromise": "acme", "with_": "ip_allowlist@Label key"}, {"compromise": "acme", "with_": "ip_allowlist@k"}),
    ],
)
def test_a_scenario_by_names_is_the_one_by_ids(by_name: dict[str, Any], by_id: dict[str, Any], estate: Estate) -> None:
    named, known = (br.ask("reach", estate, **given).data.model_dump() for given in (by_name, by_id))
    assert named["facts"] == known["facts"]
    assert named["scenario"]["seeds"] == known["scenario"]["seeds"]


def test_every_question_takes_a_name(estate: Estate) -> None:
    def answer(question: str, **given: str) -> object:
        return br.ask(question, estate, **given).data

    assert answer("exposure", entity="Order desk") == answer("exposure", entity="orders")
    named = answer("explain", entity="Order desk", compromise="Acme Logistics")
    assert named == answer("explain", entity="orders", compromise="acme")
    reviewed = answer("grant", holder="Acme Logistics", grant="orders", key="Label key")
    assert reviewed == answer("grant", holder="acme", grant="orders.read", key="k")


def test_a_name_of_two_things_starts_no_scenario(estate: Estate) -> None:
    with pytest.raises(UsageError, match=r"outage: 'Twin' is the name of the .* name one by its id"):
        br.ask("reach", estate, outage="Twin")
    with pytest.raises(UsageError, match=r"leak: 'Acme Logistics' is a party; .* for a party use"):
        br.ask("reach", estate, leak="Acme Logistics")
