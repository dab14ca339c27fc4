"""The Open Threat Model loader: small cases, real models counted independently, and hostile models."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from blastradius.engine import compile_system, solve
from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded, Loader
from blastradius.model import Party, Scenario, Service, Store
from blastradius.reading import parse_document, read_document
from tests.loaders.golden import facts

LOADER: Loader = importlib.import_module("blastradius.loaders.otm").LOADER
CASES = Path(__file__).parent / "cases"
MIXED: list[Any] = [None, 1, True, 1.5, "x", "", [], [1], ["a"], {}, {"a": 1}, [[]], [{"id": 7}], {"id": {"id": []}}]
SECTIONS = ("trustZones", "components", "dataflows", "assets", "threats", "mitigations", "representations")


def _load(data: Any, **options: Any) -> Loaded:
    loaded = LOADER.load(parse_document(json.dumps(data), "input.json", ".json"), options)
    Estate.build([loaded])
    return loaded


def _model(*components: Any, flows: Any = (), **more: Any) -> Any:
    project = {"id": "p", "name": "P"}
    return {"otmVersion": "0.2.0", "project": project, "components": list(components), "dataflows": list(flows), **more}


def _component(key: str, kind: str = "web-service", **more: Any) -> dict[str, Any]:
    return {"id": key, "name": key.title(), "type": kind, **more}


def _flow(key: str, source: str, target: str, **more: Any) -> dict[str, Any]:
    return {"id": key, "name": key, "source": source, "destination": target, **more}


def _asset(key: str) -> dict[str, Any]:
    return {"id": key, "name": key, "risk": {"confidentiality": 50}}


def _held(loaded: Loaded, **scenario: Any) -> set[str]:
    estate = Estate.build([loaded])
    return {str(proof) for proof in solve(estate, Scenario(**scenario), system=compile_system(estate)).proofs}


def test_a_database_that_says_what_it_holds_gives_that_up() -> None:
    store = _component("db", "database", assets={"stored": ["cards"], "processed": ["names"]})
    loaded = _load(
        _model(store, _component("web"), flows=[_flow("f", "db", "web")], assets=[_asset("cards"), _asset("names")])
    )
    assert {"read(p:cards at db)", "write(p:names at db)"} <= _held(loaded, compromise=("p:db",))
    reader = _held(loaded, compromise=("p:web",))
    assert {"read(p:cards at db)", "read(p:names at db)"} <= reader
    assert "write(p:cards at db)" not in reader
    assert "degrade(p:web)" in _held(loaded, outage=("p:db",))


def test_data_with_the_id_of_the_store_that_keeps_it_is_that_store() -> None:
    stored = _component("till", "database", assets={"stored": ["till"]})
    asset = {
        "id": "till",
        "name": "Till roll",
        "risk": {"confidentiality": 0},
        "attributes": {"classification": "cash"},
    }
    loaded = _load(_model(_component("shop"), stored, flows=[_flow("f", "shop", "till")], assets=[asset]))
    store = next(entity for entity in loaded.entities if isinstance(entity, Store))
    assert (store.id, store.classification) == ("p:till", "cash")
    assert [relation.id for relation in loaded.relations] == ["writes:p:shop>p:till"]
    assert (loaded.tally.facts, loaded.tally.records) == (4, 4)


@pytest.mark.parametrize(
    "kind", ["database", "CD-MICROSOFT-AZURE-DB-POSTGRESQL", "aws-s3", "azure-storage", "message_queue"]
)
def test_words_that_mean_a_store(kind: str) -> None:
    (made,) = _load(_model(_component("x", kind))).entities
    assert isinstance(made, Store)
    assert made.basis == "inferred"


@pytest.mark.parametrize("kind", ["web-service", "storefront", "s3-gateway-less", "ec2-instance", "debugger"])
def test_words_that_do_not(kind: str) -> None:
    (made,) = _load(_model(_component("x", kind))).entities
    assert isinstance(made, Service) == (kind != "s3-gateway-less")


def test_what_is_a_store_and_who_is_outside_may_be_said() -> None:
    components = (_component("vault", "thing"), _component("bank"), _component("staff", tags=["external"]))
    loaded = _load(_model(*components), stores="thing", outside="Bank", parties={"bank": "the-bank"}, inside="staff")
    assert {entity.id for entity in loaded.entities if isinstance(entity, Store)} == {"p:vault"}
    assert {entity.id for entity in loaded.entities if isinstance(entity, Party)} == {"the-bank"}
    assert "p:staff" in {entity.id for entity in loaded.entities if isinstance(entity, Service)}


@pytest.mark.parametrize(
    ("name", "state", "controls"),
    [
        ("Hardening of the image", "implemented", ["hardened"]),
        ("Hardening of the image", "recommended", []),
        ("Use MFA", "implemented", []),
        ("Inputs are validated", "Implemented", ["validated"]),
        ("Network segmentation", "implemented", ["segmented"]),
    ],
)
def test_mitigations_that_our_controls_have_a_word_for(name: str, state: str, controls: list[str]) -> None:
    threats = [{"threat": "t", "mitigations": [{"mitigation": "m", "state": state}]}]
    loaded = _load(_model(_component("x", threats=threats), mitigations=[{"id": "m", "name": name}]))
    (made,) = loaded.entities
    assert [str(control.kind) for control in made.controls] == controls
    assert all(control.status == "assumed" for control in made.controls)
    assert loaded.tally.ignored == (0 if controls else 1)


# refusals


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"otmVersion": "0.2.0", "project": {}}, "without components"),
        ({**_model(), "components": None}, "without components"),
        ({**_model(_component("x")), "otmVersion": "1.0.0"}, "read are 0.1 and 0.2"),
        ({**_model(_component("x")), "otmVersion": None}, "read are 0.1 and 0.2"),
        ({"$schema": "x", "properties": {"otmVersion": {}}}, "JSON Schema"),
        ({"project": {}}, "not an Open Threat Model"),
        ([], "not an Open Threat Model"),
        (3, "not an Open Threat Model"),
    ],
)
def test_refused_with_a_reason(data: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        _load(data)


# hostile


PLACES = [
    *(("components", each) for each in ("id", "name", "type", "parent", "tags", "assets", "threats", "attributes")),
    *(("dataflows", each) for each in ("id", "name", "source", "destination", "bidirectional", "assets", "tags")),
    *(("trustZones", each) for each in ("id", "name", "type", "risk")),
    *(("assets", each) for each in ("id", "name", "risk")),
    *(("mitigations", each) for each in ("id", "name")),
    *(("top", each) for each in (*SECTIONS, "project")),
]


@pytest.mark.parametrize(("section", "key"), PLACES)
def test_wrong_types_never_crash(section: str, key: str) -> None:
    for value in MIXED:
        model = _model(
            _component("a", parent={"trustZone": "z"}, assets={"stored": ["d"]}),
            _component("b", parent={"component": "a"}),
            flows=[_flow("f", "a", "b")],
            trustZones=[{"id": "z", "name": "Z"}],
            assets=[_asset("d")],
            mitigations=[{"id": "m", "name": "harden"}],
        )
        if section == "top":
            model[key] = value
        else:
            model[section][0][key] = value
        if (section, key) == ("top", "components") and value in (None, []):
            with pytest.raises(InputError, match="without components"):
                _load(model)
        else:
            assert _load(model).tally.records == _count(model), value


@pytest.mark.parametrize("data", [None, [], {"project": {}}, {"openapi": "3.0.0"}, "otmVersion"])
def test_recognises_nothing_else(data: Any) -> None:
    assert not LOADER.recognises(data)


def test_what_is_secret_stays_out() -> None:
    assert "CANARY" not in LOADER.load(read_document(CASES / "nasty" / "input.json"), {}).model_dump_json()
    secret = "https://u:CANARY-5@host.example/x?key=CANARY-6"
    flows = [_flow(secret, secret, "gone " + secret, assets=[secret])]
    components = [_component(secret, parent={"component": secret}, assets={"stored": [secret]}, tags=[secret])]
    zones = [{"id": secret, "name": secret, "type": secret}]
    for name in (secret, None):
        loaded = _load(_model({**components[0], "name": name}, flows=flows, trustZones=zones))
        assert "CANARY" not in loaded.model_dump_json()
        assert loaded.entities


def test_hostile_names_arrive_or_are_rejected(shared: Path) -> None:
    names = [load["name"] for load in json.loads((shared / "badinput/generated/hostile_names.json").read_text())]
    components = [_component(name) for name in dict.fromkeys(names)]
    loaded = _load(_model(*components, trustZones=[{"id": hostile_name} for hostile_name in names]))
    assert loaded.tally.facts > len(names) // 2


def test_many_components() -> None:
    components = [_component(f"c{each}", parent={"component": f"c{each + 1}"}) for each in range(1500)]
    flows = [_flow(f"f{each}", f"c{each}", f"c{each + 1}") for each in range(1499)]
    assert _load(_model(*components, flows=flows)).tally.facts == 2999


# laws


def test_twice_in_any_order_or_split() -> None:
    one = ([_component("a", tags=["external"]), _component("b")], [_flow("1", "a", "b", assets=["d"])])
    two = ([_component("c"), _component("e", "database")], [_flow("2", "c", "e", bidirectional=True)])
    more: Any = {"assets": [_asset("d")], "trustZones": [{"id": "z", "name": "Z"}]}
    whole = _load(_model(*one[0], *two[0], flows=[*one[1], *two[1]], **more))
    backwards = _load(_model(*two[0][::-1], *one[0][::-1], flows=[*two[1], *one[1]], **more))
    halves = [_load(_model(*each, flows=flows, **more)) for each, flows in (one, two)]
    digests = {Estate.build(each).digest for each in ([whole], [whole, whole], [backwards], halves, halves[::-1])}
    assert len(digests) == 1


def test_json_and_yaml_say_the_same() -> None:
    data = yaml.safe_load((CASES / "bakery" / "input.yaml").read_text())
    document = parse_document(yaml.safe_dump(data), "input.yaml")
    one, two = facts(_load(data)), facts(LOADER.load(document, {}))
    assert one["relations"] == two["relations"]
    assert one["tally"] == two["tally"]


# real models


def _count(model: Any) -> int:
    """Records: a naive loop over plain data."""
    records = 0
    for section in SECTIONS:
        value = model.get(section)
        records += len(value) if isinstance(value, list) else value is not None
    return records


@pytest.mark.parametrize(
    ("name", "facts_", "ignored", "flows"),
    [
        ("otm/EXAMPLE.yaml", 10, 5, 2),
        ("otm/EXAMPLE.json", 10, 5, 2),
        ("threat-dragon/mobile-cloud.otm.json", 12, 88, 6),
    ],
)
def test_real_models(shared: Path, name: str, facts_: int, ignored: int, flows: int) -> None:
    file = shared / "data" / "threat_models" / name
    document = read_document(file)
    assert LOADER.recognises(document.data)
    loaded = LOADER.load(document, {})
    Estate.build([loaded])
    model = yaml.safe_load(file.read_text())
    assert loaded.tally.model_dump() == {"facts": facts_, "rejected": 0, "ignored": ignored}
    assert loaded.tally.records == _count(model)
    assert len(model["dataflows"]) == flows
    assert len(loaded.zones) == len(model["trustZones"])
    drawn = [entity for entity in loaded.entities if isinstance(entity, (Service, Store))]
    assert len(drawn) == len(model["components"]) + len(model.get("assets") or [])


def test_the_schema_is_refused(shared: Path) -> None:
    with pytest.raises(InputError, match="JSON Schema"):
        LOADER.load(read_document(shared / "data/threat_models/otm/otm_schema.json"), {})
