"""The FedRAMP loader: a small file, the real one counted independently, and bad input."""

from __future__ import annotations

import importlib
import json
import random
from pathlib import Path
from typing import Any

import pytest

from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded, Loader
from blastradius.model import Party, Verb
from blastradius.reading import parse_document, read_document
from tests.loaders.laws import damaged, survives

LOADER: Loader = importlib.import_module("blastradius.loaders.fedramp").LOADER
CASE = Path(__file__).parent / "cases" / "small"


def load(data: Any, **options: Any) -> Loaded:
    return LOADER.load(parse_document(json.dumps(data), "f.json", ".json"), options)


def test_the_real_marketplace(shared: Path) -> None:
    file = shared / "data" / "vendor_inventory" / "fedramp-marketplace.json"
    data = json.loads(file.read_text(encoding="utf-8"))["data"]
    document = read_document(file)
    assert LOADER.recognises(document.data)
    loaded = LOADER.load(document, {})
    products = {Product["id"]: Product["csp"] for Product in data["Products"]}
    leveraged = {
        (leveraged_system["id"], product["id"])
        for product in data["Products"]
        for leveraged_system in product["leveraged_systems"]
    }
    uses = data["AtoMapping"] + data["ReuseMapping"]
    known = [us for us in uses if us["id"].strip() in products]
    assert (len(products), len(leveraged), len(uses), len(known)) == (436, 1030, 2563, 2520)
    assert loaded.tally.rejected == len(uses) - len(known)
    assert loaded.tally.ignored == len(data["Assessors"]) == 44
    assert loaded.tally.records == sum(
        len(data[name]) for name in ("Products", "Agencies", "Assessors", "AtoMapping", "ReuseMapping")
    ) + len(leveraged)
    by_verb = {verb: {r.id for r in loaded.relations if r.verb == verb} for verb in Verb}
    assert by_verb[Verb.OWNS] == {f"owns:{csp}>fedramp:{name}".replace("+", "%2B") for name, csp in products.items()}
    assert by_verb[Verb.DEPENDS_ON] == {f"depends_on:fedramp:{a}>fedramp:{b}" for a, b in leveraged}
    pairs = set()
    for each in known:
        agency = each.get("sub_id") or each["agency_id"] or " / ".join(filter(None, (each["parent"], each["sub"])))
        pairs.add((agency, products[each["id"].strip()]))
    assert len(by_verb[Verb.RELIES_ON]) == len(pairs)
    assert len(Estate.build([loaded]).entities) == len(loaded.entities)


def test_one_agency_is_ourselves(shared: Path) -> None:
    document = read_document(shared / "data" / "vendor_inventory" / "fedramp-marketplace.json")
    loaded = LOADER.load(document, {"agency": "22-005"})
    relying = {relation.sources[0] for relation in loaded.relations if relation.verb == Verb.RELIES_ON}
    assert relying
    assert all(each.startswith("agency:22-005") for each in relying)
    roles = {entity.id: entity.role for entity in loaded.entities if isinstance(entity, Party)}
    assert roles["agency:22-005"] == "self"
    with pytest.raises(InputError, match="no agency has that id"):
        LOADER.load(document, {"agency": "nope"})


def test_twice_and_in_any_order() -> None:
    data = json.loads((CASE / "input.json").read_text())
    shuffled = json.loads((CASE / "input.json").read_text())
    for section in shuffled["data"].values():
        random.Random(3).shuffle(section)
    assert Estate.build([load(shuffled)]).digest == Estate.build([load(data), load(data)]).digest


OLDER = {
    "meta": {"Created_At": "2019-10-05T20:23:21.415Z"},
    "data": {
        "Providers": [
            {
                "Cloud_Service_Provider_Name": "Acme",
                "Cloud_Service_Provider_Package": "Acme Cloud",
                "Package_ID": "F1",
                "Path": "JAB",
                "Designation": "Compliant",
                "Service_Model": ["IaaS"],
                "Authorizing_Agency": "JAB Authorization",
                "Leveraged_ATO_Letters": [
                    {"Authorizing_Agency": "Parks", "Authorizing_Subagency": "Trails"},
                    {"Authorizing_Agency": "Roads"},
                    {"Letter_Date": "2019-01-01"},
                ],
            },
            {
                "Cloud_Service_Provider_Name": "Globex",
                "Package_ID": "F2",
                "Path": "Agency",
                "Sponsoring_Agency": "Roads",
                "Underlying_CSP_Package_ID": ["F1", "F9"],
            },
        ]
    },
}


def test_the_older_form_says_the_same_in_other_words() -> None:
    assert LOADER.recognises(OLDER)
    loaded = load(OLDER)
    assert {relation.id for relation in loaded.relations} == {
        "owns:Acme>fedramp:F1",
        "owns:Globex>fedramp:F2",
        "depends_on:fedramp:F2>fedramp:F1",
        "relies_on:agency:Parks / Trails>Acme",
        "relies_on:agency:Roads>Acme",
        "relies_on:agency:Roads>Globex",
    }
    assert (loaded.tally.facts, loaded.tally.rejected, loaded.tally.ignored) == (6, 2, 0)
    assert loaded.as_of == "2019-10-05"
    assert "product 'F9', which is not listed: 1" in "".join(note.message for note in loaded.notes)
    assert {entity.tags for entity in loaded.entities if entity.id == "fedramp:F1"} == {("Compliant", "IaaS")}


def test_damage_to_the_older_form_never_crashes() -> None:
    for broken in damaged(OLDER, (None, 7, "x", [], [7], {}, {"a": 1})):
        survives(LOADER, broken)


def test_in_the_older_form_we_are_an_agency_by_name() -> None:
    loaded = load(OLDER, agency="Parks")
    assert {relation.id for relation in loaded.relations if relation.verb == Verb.RELIES_ON} == {
        "relies_on:agency:Parks / Trails>Acme"
    }
    assert {entity.id for entity in loaded.entities if isinstance(entity, Party) and entity.role == "self"} == {
        "agency:Parks / Trails"
    }
    with pytest.raises(InputError, match="no agency has that id"):
        load(OLDER, agency="Par")


@pytest.mark.parametrize("value", [None, 1, "x", [], [1], [[]], [None], {"a": 1}, [{"id": []}], [{"id": {"a": 1}}]])
@pytest.mark.parametrize(
    "key", ["Products", "Agencies", "Assessors", "AtoMapping", "ReuseMapping", "leveraged_systems"]
)
def test_wrong_types_never_crash(key: str, value: Any) -> None:
    sound: dict[str, Any] = {"Products": [{"id": "A", "csp": "Acme"}], "Agencies": []}
    if key == "leveraged_systems":
        sound["Products"][0][key] = value
    else:
        sound[key] = value
    try:
        Estate.build([load({"data": sound, "meta": value})])
    except InputError as error:
        assert "is not a list" in str(error)  # noqa: PT017
    for data in (value, {"data": value}):
        assert LOADER.recognises(data) is False


def test_hostile_names_and_secrets() -> None:
    products = [
        {"id": "A", "csp": name} for name in ("fedramp:A", "agency:1", "a\x1bb", "token=hunter2hunter2", "\u202ex")
    ]
    loaded = load({"data": {"Products": products, "Agencies": []}})
    assert loaded.tally.rejected == len(products)
    assert "hunter2" not in loaded.model_dump_json()
