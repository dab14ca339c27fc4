"""The pytm loader: small cases, a real dump counted independently, and hostile dumps."""

from __future__ import annotations

import importlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from blastradius.engine import compile_system, solve
from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded, Loader
from blastradius.model import Scenario
from blastradius.reading import parse_document, read_document

LOADER: Loader = importlib.import_module("blastradius.loaders.pytm").LOADER
CASES = Path(__file__).parent / "cases"
MIXED: list[Any] = [None, 1, True, 1.5, "x", "", [], [1], ["a"], {}, {"a": 1}, [[]], [{"name": 7}], {"name": {"x": []}}]
SECTIONS = ("elements", "boundaries", "flows", "data", "findings", "assumptions")


def _load(data: Any, **options: Any) -> Loaded:
    loaded = LOADER.load(parse_document(json.dumps(data), "input.json", ".json"), options)
    Estate.build([loaded])
    return loaded


def _model(*elements: Any, flows: Any = (), **more: Any) -> Any:
    return {"name": "M", "elements": list(elements), "flows": list(flows), **more}


def _element(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"__class__": kind, "name": name, **more}


def _flow(name: str, source: str, sink: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "source": source, "sink": sink, **more}


def _held(loaded: Loaded, **scenario: Any) -> set[str]:
    estate = Estate.build([loaded])
    return {str(proof) for proof in solve(estate, Scenario(**scenario), system=compile_system(estate)).proofs}


def test_an_answer_is_no_door_but_what_it_carries_can_be_wrong() -> None:
    request = _flow("ask", "App", "Api", response="tell")
    answer = _flow("tell", "Api", "App", isResponse=True)
    loaded = _load(_model(_element("Server", "App"), _element("ExternalEntity", "Api"), flows=[answer, request]))
    assert {entity.id for entity in loaded.entities} == {"m:App", "m:Api", "m:Api/system", "m:App to Api: ask"}
    held = _held(loaded, compromise=("m:Api",), assume=3)
    assert "taint(m:App)" in held
    assert "control(m:App)" not in held


def test_data_is_carried_by_the_flow_that_says_so_where_two_have_one_name() -> None:
    elements = [_element("Server", name) for name in ("Web", "Api", "Router", "Sorter")]
    flows = [_flow("Query", "Web", "Api", data=["mail"]), _flow("Query", "Router", "Sorter", data=[])]
    loaded = _load(_model(*elements, flows=flows, data=[{"name": "mail", "carriedBy": ["Query"]}]))
    readers = {relation.sources[0] for relation in loaded.relations if relation.verb == "reads"}
    assert readers == {"m:Web", "m:Api"}
    only = _load(
        _model(*elements, flows=[_flow("Query", "Web", "Api")], data=[{"name": "mail", "carriedBy": ["Query"]}])
    )
    assert {relation.sources[0] for relation in only.relations if relation.verb == "reads"} == {"m:Web", "m:Api"}


def test_without_an_answer_a_flow_from_outside_is_a_door() -> None:
    elements = (_element("Server", "App"), _element("ExternalEntity", "Api"))
    held = _held(_load(_model(*elements, flows=[_flow("push", "Api", "App")])), compromise=("m:Api",), assume=3)
    assert "control(m:App)" in held


@pytest.mark.parametrize("place", ["controls", "element"])
def test_controls_of_older_and_newer_dumps(place: str) -> None:
    flags = {"isHardened": True, "validatesInput": True, "usesVPN": True, "isEncryptedAtRest": True}
    said: dict[str, Any] = {"controls": flags} if place == "controls" else flags
    (made,) = _load(_model(_element("Server", "App", **said))).entities
    assert [(str(control.kind), control.status) for control in made.controls] == [
        ("hardened", "assumed"),
        ("validated", "assumed"),
    ]


def test_lists_of_actors_and_assets_stand_in_for_elements() -> None:
    model = {"name": "M", "actors": [_element("Actor", "U")], "assets": [_element("Server", "S")], "flows": []}
    assert LOADER.recognises(model)
    assert _load(model).tally.facts == 2
    assert _load({**model, "elements": [_element("Server", "S")]}).tally.facts == 1


# refusals


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"name": "M", "elements": [], "flows": []}, "without elements"),
        ({"elements": [{}]}, "expected 'elements' and 'flows'"),
        ([{"SID": "INP01"}], "expected 'elements' and 'flows'"),
        (None, "expected 'elements' and 'flows'"),
        ("from pytm import TM", "never run"),
    ],
)
def test_refused_with_a_reason(data: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        _load(data)


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {"flows": []},
        {"flows": [1], "elements": [2]},
        {"elements": {}, "flows": {}},
        {"flows": [{"source": 1}]},
    ],
)
def test_recognises_nothing_else(data: Any) -> None:
    assert not LOADER.recognises(data)


# hostile


PLACES = [
    *(
        ("elements", each)
        for each in ("__class__", "name", "inBoundary", "controls", "isThirdParty", "maxClassification")
    ),
    *(
        ("flows", each)
        for each in ("name", "source", "sink", "data", "response", "responseTo", "isResponse", "protocol")
    ),
    *(("data", each) for each in ("name", "classification", "processedBy", "carriedBy", "isPII")),
    *(("boundaries", each) for each in ("name", "inBoundary")),
    *(("top", each) for each in (*SECTIONS, "name")),
]


@pytest.mark.parametrize(("section", "key"), PLACES)
def test_wrong_types_never_crash(section: str, key: str) -> None:
    for value in MIXED:
        model = _model(
            _element("Server", "a", inBoundary="z"),
            _element("Datastore", "b"),
            flows=[_flow("f", "a", "b", data=["d"]), _flow("g", "b", "a", responseTo="f")],
            data=[{"name": "d", "processedBy": ["b"]}],
            boundaries=[{"name": "z"}],
        )
        if section == "top":
            model[key] = value
        else:
            model[section][0][key] = value
        if not model["elements"]:
            with pytest.raises(InputError, match="without elements"):
                _load(model)
        else:
            assert _load(model).tally.records == _count(model), value


def test_what_is_secret_stays_out() -> None:
    assert "CANARY" not in LOADER.load(read_document(CASES / "nasty" / "input.json"), {}).model_dump_json()
    for secret in ("https://u:CANARY-5@host.example/x?key=CANARY-6", "api_key: CANARY-CANARY-7"):
        element = _element(secret, secret, inBoundary=secret, description=secret, OS=secret)
        data = [{"name": secret, "classification": secret, "processedBy": [secret, "x" + secret]}]
        flows = [_flow(secret, secret, "gone " + secret, data=[secret, "y" + secret], protocol=secret, note=secret)]
        model = _model(element, flows=flows, data=data, boundaries=[{"name": secret}])
        assert "CANARY" not in _load({**model, "name": secret}).model_dump_json()


def test_hostile_names_arrive_or_are_rejected(shared: Path) -> None:
    names = [load["name"] for load in json.loads((shared / "badinput/generated/hostile_names.json").read_text())]
    elements = [_element("Server", name) for name in dict.fromkeys(names)]
    loaded = _load(_model(*elements, flows=[_flow(name, names[0], name) for name in names]))
    assert loaded.tally.facts > len(names) // 2


def test_many_elements() -> None:
    elements = [_element("Server", f"s{each}") for each in range(1500)]
    flows = [_flow(f"f{each}", f"s{each}", f"s{each + 1}", responseTo=f"f{each - 1}") for each in range(1499)]
    assert _load(_model(*elements, flows=flows)).tally.facts == 2999


# laws


def test_twice_in_any_order_or_split() -> None:
    one = (
        [_element("Actor", "a"), _element("Server", "b")],
        [_flow("1", "a", "b"), _flow("2", "b", "a", responseTo="1")],
    )
    two = ([_element("Lambda", "c"), _element("Datastore", "d")], [_flow("3", "c", "d"), _flow("4", "d", "c")])
    whole = _load(_model(*one[0], *two[0], flows=[*one[1], *two[1]]))
    backwards = _load(_model(*two[0][::-1], *one[0][::-1], flows=[*two[1][::-1], *one[1][::-1]]))
    halves = [_load(_model(*each, flows=flows)) for each, flows in (one, two)]
    digests = {Estate.build(each).digest for each in ([whole], [whole, whole], [backwards], halves, halves[::-1])}
    assert len(digests) == 1


# a real dump


def _count(model: Any) -> int:
    """Records: a naive loop over plain data."""
    records = 0
    for section in SECTIONS:
        value = model.get(section)
        records += len(value) if isinstance(value, list) else value is not None
    return records


def test_a_real_dump(shared: Path) -> None:
    file = shared / "data" / "threat_models" / "pytm" / "output.json"
    document = read_document(file)
    assert LOADER.recognises(document.data)
    loaded = LOADER.load(document, {})
    Estate.build([loaded])
    model = json.loads(file.read_text())
    classes = Counter(element["__class__"] for element in model["elements"])
    assert loaded.tally.model_dump() == {"facts": 14, "rejected": 0, "ignored": 0}
    assert loaded.tally.records == _count(model) == 5 + 2 + 6 + 1
    kinds = Counter(str(entity.kind) for entity in loaded.entities)
    assert kinds["party"] == classes["Actor"]
    assert kinds["store"] == classes["Datastore"] + len(model["data"])
    assert kinds["service"] == len(model["elements"]) - classes["Datastore"]
    into_services = [flow for flow in model["flows"] if "Database" not in flow["source"] + flow["sink"]]
    assert kinds["operation"] == len(into_services)


def test_the_model_as_code_is_refused(shared: Path) -> None:
    with pytest.raises(InputError):
        LOADER.load(read_document(shared / "data" / "threat_models" / "pytm" / "tm.py.txt"), {})
