"""The Threagile loader: small cases, real models counted independently, includes, and hostile models."""

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
from blastradius.model import Credential, Level, Operation, Party, Scenario, Verb
from blastradius.reading import parse_document, read_document

LOADER: Loader = importlib.import_module("blastradius.loaders.threagile").LOADER
CASES = Path(__file__).parent / "cases"
MIXED: list[Any] = [
    None,
    1,
    True,
    1.5,
    "x",
    "",
    [],
    [1],
    ["a"],
    {},
    {"a": 1},
    [[]],
    [{"name": "n"}],
    {"id": {"id": []}},
]
SECTIONS = ("data_assets", "technical_assets", "trust_boundaries", "shared_runtimes")
OTHER = ("individual_risk_categories", "risk_tracking", "abuse_cases", "security_requirements", "questions")


def _load(data: Any, **options: Any) -> Loaded:
    loaded = LOADER.load(parse_document(json.dumps(data), "input.json", ".json"), options)
    Estate.build([loaded])
    return loaded


def _model(assets: Any, **more: Any) -> Any:
    return {"threagile_version": "1.0.0", "title": "T", "technical_assets": assets, **more}


def _asset(key: str, links: Any = None, **more: Any) -> dict[str, Any]:
    return {"id": key, "type": "process", "communication_links": links or {}, **more}


def _link(target: str, **more: Any) -> dict[str, Any]:
    return {"target": target, "protocol": "https", **more}


def _held(loaded: Loaded, **scenario: Any) -> set[str]:
    estate = Estate.build([loaded])
    return {str(proof) for proof in solve(estate, Scenario(**scenario), system=compile_system(estate)).proofs}


# what is what


def test_a_client_gets_its_own_rows_where_the_end_users_identity_goes_along() -> None:
    case = CASES / "clinic"
    loaded = LOADER.load(read_document(case / "input.yaml"), {"us": "Clinic"})
    records = "(clinic:records at archive)"
    granted = _held(loaded, compromise=("Patients",), assume=1)
    assert f"read_subset{records}" in granted
    assert f"read{records}" not in granted
    assert f"read{records}" in _held(loaded, compromise=("Patients",), assume=2)
    assert f"read{records}" in _held(loaded, compromise=("Print Ltd",), assume=1)
    assert f"write{records}" not in _held(loaded, compromise=("Print Ltd",), assume=2)


@pytest.mark.parametrize(
    ("authentication", "key", "anonymous"),
    [
        ("none", None, True),
        ("credentials", "password", False),
        ("session-id", "session", False),
        ("token", "oauth_token", False),
        ("client-certificate", "mtls", False),
        ("two-factor", "password", False),
        ("externalized", None, False),
        (None, None, False),
        (["token"], None, False),
    ],
)
def test_how_a_link_authenticates(authentication: Any, key: str | None, anonymous: bool) -> None:
    links = {"Go": _link("b", authentication=authentication)}
    loaded = _load(_model({"A": _asset("a", links), "B": _asset("b")}))
    assert [entity.type for entity in loaded.entities if isinstance(entity, Credential)] == ([key] if key else [])
    assert [entity.anonymous for entity in loaded.entities if isinstance(entity, Operation)] == [anonymous]
    held = {relation.id for relation in loaded.relations if relation.verb == Verb.HOLDS}
    assert held == ({"holds:t:a>t:a/Go key"} if key else set())


@pytest.mark.parametrize(
    ("source", "target", "direction"),
    [
        ({"type": "external-entity"}, {}, "exposed"),
        ({"out_of_scope": True}, {}, "exposed"),
        ({}, {"out_of_scope": "true"}, "consumed"),
        ({}, {}, "internal"),
        ({}, {"internet": True}, "exposed"),
        ({"type": "external-entity"}, {"type": "external-entity"}, "internal"),
    ],
)
def test_which_way_a_link_crosses(source: dict[str, Any], target: dict[str, Any], direction: str) -> None:
    loaded = _load(_model({"A": _asset("a", {"Go": _link("b")}, **source), "B": _asset("b", **target)}))
    assert [entity.direction for entity in loaded.entities if isinstance(entity, Operation)] == [direction]


def test_data_is_read_where_the_links_lead_to_it() -> None:
    fetch = {"authentication": "token", "data_assets_received": ["d"]}
    assets = {
        "Web": _asset("web", {"Ask": _link("api", **fetch)}),
        "Api": _asset("api", {"Query": _link("db", **fetch)}, data_assets_processed=["d"]),
        "Db": _asset("db", data_assets_stored=["d"]),
        "Copy": _asset("copy", data_assets_stored=["d"]),
    }
    loaded = _load(_model(assets, data_assets={"D": {"id": "d", "confidentiality": "internal"}}))
    reads = {relation.id for relation in loaded.relations if relation.verb == Verb.READS}
    assert {"reads:t:web/Ask>t:d at db", "reads:t:api/Query>t:d at db", "reads:t:api>t:d at db"} <= reads
    assert "reads:t:web/Ask>t:d at copy" not in reads
    assert "read(t:d at copy)" not in _held(loaded, compromise=("t:web",), assume=4)


def test_read_only_links_write_nothing() -> None:
    moved = {"data_assets_sent": ["d"], "data_assets_received": ["d"]}
    for readonly, verbs in ((True, {Verb.READS}), (False, {Verb.READS, Verb.WRITES})):
        assets = {
            "A": _asset("a", {"Go": _link("b", readonly=readonly, **moved)}),
            "B": _asset("b", data_assets_stored=["d"]),
        }
        loaded = _load(_model(assets, data_assets={"D": {"id": "d"}}))
        found = {relation.verb for relation in loaded.relations if relation.sources == ("t:a/Go",)}
        assert found == verbs


def test_owners_are_parties_and_one_may_be_us() -> None:
    assets = {"A": _asset("a", owner="We"), "B": _asset("b", owner="They"), "C": _asset("c", type="external-entity")}
    loaded = _load(_model(assets), us="We", parties={"They": "they-inc"})
    roles = {entity.id: entity.role for entity in loaded.entities if isinstance(entity, Party)}
    assert roles == {"We": "self", "they-inc": "partner", "t:c/owner": "partner"}
    assert not any("option us" in note.message for note in loaded.notes)
    assert any("option us" in note.message for note in _load(_model(assets)).notes)


def test_data_whose_key_the_end_user_holds() -> None:
    locked = _asset("a", encryption="data-with-end-user-individual-key", data_assets_stored=["d"], owner="O")
    loaded = _load(_model({"A": locked}, data_assets={"D": {"id": "d"}}))
    held = _held(loaded, compromise=("O",))
    assert "read(t:d at a)" not in held
    assert "write(t:d at a)" in held
    for authorization, stopped in (("technical-user", True), ("end-user-identity-propagation", False)):
        link = _link("a", authentication="token", authorization=authorization, data_assets_received=["d"])
        assets = {"A": locked, "B": _asset("b", {"Get": link}, type="external-entity")}
        held = _held(_load(_model(assets, data_assets={"D": {"id": "d"}})), compromise=("t:b",))
        assert ("read_subset(t:d at a)" in held) != stopped


def test_data_and_runtimes_with_the_id_of_an_asset() -> None:
    more = {"data_assets": {"A": {"id": "a"}}, "shared_runtimes": {"A": {"id": "a", "technical_assets_running": ["a"]}}}
    loaded = _load(_model({"A": _asset("a")}, **more))
    assert {entity.id for entity in loaded.entities} == {"t:a", "t:a (data)", "t:a (runtime)"}
    assert loaded.tally.model_dump() == {"facts": 3, "rejected": 0, "ignored": 0}


# includes


def _written(folder: Path, **files: Any) -> Loaded:
    for name, data in files.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(data))
    return LOADER.load(read_document(folder / "root.yaml"), {})


def test_whoever_has_a_shared_runtime_has_what_runs_on_it() -> None:
    assets = {"Web": _asset("web"), "Db": _asset("db"), "Host": _asset("other")}
    runtime = {"Vm": {"id": "vm", "technical_assets_running": ["web", "db"]}}
    loaded = _load(_model(assets, shared_runtimes=runtime))
    assert {"control(t:web)", "control(t:db)"} <= _held(loaded, compromise=("t:vm",), assume=Level.GRANTED)
    assert {"deny(t:web)", "deny(t:db)"} <= _held(loaded, outage=("t:vm",))
    assert "control(t:db)" not in _held(loaded, compromise=("t:web",))
    assert "control(t:db)" in _held(loaded, compromise=("t:web",), assume=Level.LATERAL)


def test_includes_are_one_model(tmp_path: Path) -> None:
    web = {"Web": _asset("web", {"Ask": _link("db", authentication="token", data_assets_received=["d"])})}
    db = {"Db": _asset("db", data_assets_stored=["d"], tags=["x"])}
    more = {
        "data_assets": {"D": {"id": "d"}},
        "trust_boundaries": {"Z": {"id": "z", "technical_assets_inside": ["web", "db"]}},
    }
    host = {"shared_runtimes": {"H": {"id": "h", "technical_assets_running": ["web", "db"]}}}
    whole = _load(_model({**web, **db}, **more, **host))
    root = {"threagile_version": "1.0.0", "title": "T", "includes": ["one.yaml", "two.yaml"], "technical_assets": web}
    one = {
        "includes": ["root.yaml", "two.yaml"],
        "trust_boundaries": {"Z": {"id": "z", "technical_assets_inside": ["web"]}},
    }
    one |= {"shared_runtimes": {"H": {"id": "h", "technical_assets_running": ["web"]}}}
    two = {
        "technical_assets": {"Db": {"id": "db", "type": "process", "tags": ["x"]}},
        "includes": ["three.yaml"],
        **more,
    }
    three = {"technical_assets": {"Db": {"data_assets_stored": ["d"]}}, **host}
    split = _written(tmp_path, root=root, one=one, two=two, three=three)
    assert Estate.build([split]).digest == Estate.build([whole]).digest
    assert split.tally.model_dump() == {"facts": 9, "rejected": 0, "ignored": 0}
    files = {entity.provenance[0].file.rpartition("/")[2] for entity in split.entities}
    assert {"root.yaml", "two.yaml"} <= files


def test_an_include_that_is_nothing_is_said(tmp_path: Path) -> None:
    root = {
        **_model({"A": _asset("a")}),
        "includes": ["list.yaml", "gone.yaml", "/etc/passwd", "bad.yaml", "root.yaml"],
    }
    (tmp_path / "bad.yaml").write_text("a: [")
    loaded = _written(tmp_path, root=root, list=[1])
    assert sum("include" in note.message for note in loaded.notes) == 4
    assert len(loaded.entities) == 1


# refusals


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"threagile_version": "1.0.0"}, "without technical assets"),
        (_model({}), "without technical assets"),
        ({**_model({"A": {"id": "a"}}), "threagile_version": "2.0.0"}, "read are 0.x and 1.x"),
        ({"title": "Threagile", "properties": {"technical_assets": {}}}, "not a Threagile model"),
        ([], "not a Threagile model"),
        (None, "not a Threagile model"),
    ],
)
def test_refused_with_a_reason(data: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        _load(data)


@pytest.mark.parametrize("data", [None, [], {"technical_assets": {}}, {"title": "x"}, {"openapi": "3.0.0", "title": 1}])
def test_recognises_nothing_else(data: Any) -> None:
    assert not LOADER.recognises(data)


# hostile


ASSET = (
    "id",
    "type",
    "owner",
    "tags",
    "technologies",
    "internet",
    "data_assets_stored",
    "data_assets_processed",
    "encryption",
)
LINK = (
    "target",
    "protocol",
    "authentication",
    "authorization",
    "readonly",
    "data_assets_sent",
    "data_assets_received",
    "tags",
)
PLACES = [
    *(("asset", each) for each in (*ASSET, "communication_links", "out_of_scope")),
    *(("link", each) for each in LINK),
    *(("data", each) for each in ("id", "confidentiality", "owner", "tags")),
    *(("boundary", each) for each in ("id", "technical_assets_inside")),
    *(("runtime", each) for each in ("id", "technical_assets_running")),
    *(("top", each) for each in (*SECTIONS, *OTHER, "includes", "title")),
]


@pytest.mark.parametrize(("part", "key"), PLACES)
def test_wrong_types_never_crash(part: str, key: str) -> None:
    for value in MIXED:
        link = _link("b", authentication="token", data_assets_sent=["d"], data_assets_received=["d"])
        asset = _asset("a", {"Go": link}, data_assets_processed=["d"], owner="O")
        data, boundary, runtime = {"id": "d"}, {"id": "z"}, {"id": "h", "technical_assets_running": ["a"]}
        model = _model(
            {"A": asset, "B": _asset("b", data_assets_stored=["d"])},
            data_assets={"D": data},
            trust_boundaries={"Z": boundary},
            shared_runtimes={"H": runtime},
        )
        places = {"asset": asset, "link": link, "data": data, "boundary": boundary, "runtime": runtime, "top": model}
        places[part][key] = value
        if not model["technical_assets"] and model["technical_assets"] != "":
            with pytest.raises(InputError, match="without technical assets"):
                _load(model)
        else:
            assert _load(model).tally.records == _count(model), value


def test_what_is_secret_stays_out() -> None:
    assert "CANARY" not in LOADER.load(read_document(CASES / "nasty" / "input.yaml"), {}).model_dump_json()
    for secret in ("https://u:CANARY-5@host.example/x?key=CANARY-6", "api_key: CANARY-CANARY-7"):
        link = _link(
            secret, protocol=secret, authentication=secret, data_assets_sent=[secret], tags=[secret], description=secret
        )
        asset = _asset(
            "a", {secret: link, "b": _link("x " + secret)}, owner=secret, technology=secret, data_assets_stored=[secret]
        )
        more: Any = {"data_assets": {secret: {"id": secret, "confidentiality": secret, "owner": secret}}}
        more |= {
            "trust_boundaries": {secret: {"id": secret, "technical_assets_inside": [secret]}},
            "includes": [secret],
        }
        for assets in ({"A": asset}, {secret: {**asset, "id": secret}, "B": _asset("b")}):
            assert "CANARY" not in _load(_model(assets, **more) | {"title": secret}).model_dump_json()


def test_hostile_names_arrive_or_are_rejected(shared: Path) -> None:
    names = [load["name"] for load in json.loads((shared / "badinput/generated/hostile_names.json").read_text())]
    assets = {name: _asset(name, {name: _link(names[0])}, owner=name) for name in names}
    try:
        loaded = _load(_model(assets))
    except InputError as error:
        pytest.fail(str(error))
    assert loaded.tally.facts > len(names)


def test_names_of_any_length() -> None:
    for length in (10, 100, 240, 480, 498, 499, 500, 501, 5000):
        name = "n" * length
        data = {"data_assets": {name: {"id": f"d{name}"}}, "shared_runtimes": {name: {"id": f"r{name}"}}}
        stored = {"data_assets_stored": [f"d{name}"], "type": "external-entity"}
        loaded = _load(_model({name: _asset(name, {name: _link(name, authentication="token")}, **stored)}, **data))
        assert loaded.tally.records == 4


def test_many_assets() -> None:
    moved = {"data_assets_sent": ["d"], "data_assets_received": ["d"]}
    assets = {f"A{i}": _asset(f"a{i}", {"Go": _link(f"a{(i + 1) % 300}", **moved)}) for i in range(300)}
    assets["A299"]["data_assets_stored"] = ["d"]
    assert _load(_model(assets, data_assets={"D": {"id": "d"}})).tally.facts == 601


# laws


def test_twice_in_any_order_or_split() -> None:
    one = {
        "A": _asset("a", {"Go": _link("b", authentication="token")}, owner="X"),
        "B": _asset("b", owner="Y", tags=["z", "y"]),
    }
    two = {"C": _asset("c", {"Go": _link("d")}, type="external-entity"), "D": _asset("d", owner="X")}
    whole, backwards = _load(_model(one | two)), _load(_model(dict(reversed((one | two).items()))))
    halves = [_load(_model(each)) for each in (one, two)]
    digests = {Estate.build(each).digest for each in ([whole], [whole, whole], [backwards], halves, halves[::-1])}
    assert len(digests) == 1


# real models


def _size(value: Any) -> int:
    return len(value) if isinstance(value, (list, dict)) else value is not None


def _count(model: Any) -> int:
    """Records: naive loops over plain data."""
    records = sum(_size(model.get(section)) for section in (*SECTIONS, *OTHER))
    assets = model.get("technical_assets")
    listed = assets.values() if isinstance(assets, dict) else assets if isinstance(assets, list) else [assets]
    return records + sum(_size(entry.get("communication_links")) for entry in listed if isinstance(entry, dict))


@pytest.mark.parametrize(("name", "facts", "ignored", "keys"), [("example", 52, 24, 18), ("stub", 6, 5, 0)])
def test_real_models(shared: Path, name: str, facts: int, ignored: int, keys: int) -> None:
    file = shared / "data" / "threat_models" / "threagile" / f"{name}.yaml"
    document = read_document(file)
    assert LOADER.recognises(document.data)
    loaded = LOADER.load(document, {})
    estate = Estate.build([loaded])
    model = yaml.safe_load(file.read_text())
    assets = model["technical_assets"].values()
    links = [link for asset in assets for link in (asset["communication_links"] or {}).values()]
    assert loaded.tally.model_dump() == {"facts": facts, "rejected": 0, "ignored": ignored}
    assert loaded.tally.records == _count(model)
    assert len(estate.by_verb[Verb.CALLS]) == len(links)
    assert len(estate.by_verb[Verb.HOLDS]) == sum(link["authentication"] != "none" for link in links) == keys
    assert {entity.id for entity in loaded.entities if isinstance(entity, Party)} == {
        asset["owner"] for asset in assets
    }
    assert len(loaded.zones) == len(model["trust_boundaries"])
    stored = {(asset["id"], data) for asset in assets for data in asset["data_assets_stored"] or ()}
    assert sum(" at " in entity.id for entity in loaded.entities if entity.kind == "store") == len(stored)
