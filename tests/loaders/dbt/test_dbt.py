"""The dbt loader: small cases, real manifests counted independently, and hostile ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from blastradius import plugins
from blastradius.engine import solve
from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Capability, Level, NoteKind, Process, Scenario, Store, Verb
from blastradius.reading import parse_document, read_document

LOADER = plugins.loaders()["dbt"]
CASES = Path(__file__).parent / "cases"
HEAD = {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"}
TABLES = ("source", "model", "seed", "snapshot")


def _load(data: Any, **options: Any) -> Loaded:
    return LOADER.load(parse_document(json.dumps(data), "manifest.json", ".json"), options)


def _manifest(*nodes: dict[str, Any], **sections: Any) -> dict[str, Any]:
    return {"metadata": HEAD, "nodes": {node["unique_id"]: node for node in nodes}, **sections}


def _model(name: str, *parents: str, **says: Any) -> dict[str, Any]:
    places = {"database": "d", "schema": "s", "name": name, "resource_type": "model"}
    return {"unique_id": f"model.p.{name}", **places, "depends_on": {"nodes": list(parents)}, **says}


def _says(loaded: Loaded, kind: NoteKind) -> str:
    return "\n".join(note.message for note in loaded.notes if note.kind == kind)


def test_wrong_data_in_one_source_reaches_only_what_is_made_of_it() -> None:
    source = {**_model("raw"), "resource_type": "source", "source_name": "crm"}
    nodes = (_model("a", "source.p.raw"), _model("b", "model.p.a"), _model("c"))
    data = _manifest(*nodes, sources={"source.p.raw": source})
    estate = Estate.build([_load(data, run_by="ci", origins={"crm": "acme"})])
    assert _over(estate, Capability.TAINT, poison=("feed:crm",)) >= {"d.s.raw", "d.s.a", "d.s.b"}
    assert "d.s.c" not in _over(estate, Capability.TAINT, poison=("feed:crm",))
    assert _over(estate, Capability.WRITE, compromise=("ci",)) >= {"d.s.a", "d.s.b", "d.s.c"}
    assert "d.s.raw" in _over(estate, Capability.READ, compromise=("ci",))


def _over(estate: Estate, capability: Capability, **seeds: Any) -> set[str]:
    reach = solve(estate, Scenario(assume=Level.LATERAL, **seeds))
    return {fact.entity for fact in reach.levels if fact.capability == capability}


def test_a_model_that_nobody_knows_is_told() -> None:
    loaded = _load(_manifest(_model("a", "model.q.x")))
    assert "'model.q.x'" in _says(loaded, NoteKind.UNRESOLVED)
    assert {relation.id for relation in loaded.relations} == {"derives_from:d.s.a>model.q.x"}


def test_a_table_and_a_decision_of_one_name() -> None:
    exposure = {"name": "a", "resource_type": "exposure", "depends_on": {"nodes": ["model.p.a"]}}
    loaded = _load(_manifest(_model("a"), exposures={"d.s.a": exposure, "exposure.p.b": exposure}))
    assert (loaded.tally.facts, loaded.tally.rejected) == (2, 1)
    assert [relation.id for relation in Estate.build([loaded]).relations.values()] == ["informs:d.s.a>exposure.p.b"]


def test_a_table_without_a_schema_keeps_its_own_id() -> None:
    loaded = _load(_manifest(_model("a", schema=None)))
    assert [entity.id for entity in loaded.entities] == ["model.p.a"]


def test_the_same_estate_twice_and_in_any_order() -> None:
    data = json.loads((CASES / "shop" / "input.json").read_text())
    turned = {**data, "nodes": dict(reversed(data["nodes"].items()))}
    whole = Estate.build([_load(data)]).digest
    assert Estate.build([_load(data), _load(data)]).digest == whole
    assert Estate.build([_load(turned)]).digest == whole


# real manifests


def _counted(data: dict[str, Any]) -> tuple[int, int, int]:
    """Entries that are facts, distinct stores, and pairs of them: naive loops over plain data."""
    facts, ids, pairs = 0, {}, set()
    for section in ("nodes", "sources", "exposures", "metrics", "semantic_models", "saved_queries"):
        for key, each in data.get(section, {}).items():
            kind = key.split(".")[0]
            if section == "nodes" and kind not in TABLES:
                continue
            facts += 1
            ids[key] = key
            if kind in TABLES and each["config"].get("materialized") != "ephemeral":
                last = each.get("identifier") or each.get("alias")
                ids[key] = ".".join([each["database"], each["schema"], last])
    for section in ("nodes", "metrics", "semantic_models", "saved_queries"):
        for key, each in data.get(section, {}).items():
            for parent in each.get("depends_on", {}).get("nodes", []):
                if key in ids and ids[key] != ids[parent]:
                    pairs.add((ids[key], ids[parent]))
    exports = [export for query in data.get("saved_queries", {}).values() for export in query["exports"]]
    return facts, len(set(ids.values())) + len(exports), len(pairs) + len(exports)


@pytest.mark.parametrize(
    ("name", "expected", "ignored"),
    [
        ("jaffle_shop-v1.json", (11, 11, 12), 21),
        ("jaffle_shop-v5.json", (34, 34, 28), 21),
        ("jaffle_shop-v12-dbt1.9.json", (39, 39, 39), 22),
        ("jaffle_shop-v12-dbt1.12.json", (57, 54, 64), 30),
        ("fivetran-salesforce.json", (56, 42, 40), 50),
    ],
)
def test_real_manifests(name: str, expected: tuple[int, int, int], ignored: int, shared: Path) -> None:
    file = shared / "data" / "lineage" / "dbt" / name
    loaded = LOADER.load(read_document(file), {})
    assert _counted(json.loads(file.read_text())) == expected
    stores = [entity for entity in loaded.entities if isinstance(entity, Store)]
    derived = [relation for relation in loaded.relations if relation.verb == Verb.DERIVES_FROM]
    assert (loaded.tally.facts, len(stores), len(derived)) == expected
    assert (loaded.tally.rejected, loaded.tally.ignored) == (0, ignored)
    assert not any(isinstance(entity, Process) for entity in loaded.entities)
    Estate.build([loaded])


def test_sources_that_a_third_party_lands(shared: Path) -> None:
    file = shared / "data" / "lineage" / "dbt" / "fivetran-salesforce.json"
    options = {"origins": {"salesforce": "Salesforce"}, "parties": {"loader:fivetran": "Fivetran"}, "run_by": "ci"}
    estate = Estate.build([LOADER.load(read_document(file), options)])
    assert len(estate.by_verb[Verb.WRITES]) == 16 + 40
    assert {relation.id for relation in estate.by_verb[Verb.INSTALLS]} == {
        f"installs:ci>dbt package:{name}" for name in ("dbt_utils", "fivetran_utils", "salesforce", "spark_utils")
    }


# other files, hostile files


@pytest.mark.parametrize(
    ("stated", "says"),
    [
        ("https://schemas.getdbt.com/dbt/manifest/v0.json", "version v0; read are v1 to v12"),
        ("https://schemas.getdbt.com/dbt/manifest/v13.json", "version v13; read are v1 to v12"),
        ("https://schemas.getdbt.com/dbt/catalog/v1.json", "a catalog of dbt; what is read is its manifest.json"),
        ("https://schemas.getdbt.com/dbt/run-results/v6.json", "a run-results of dbt"),
        (f"https://schemas.getdbt.com/dbt/manifest/v{'9' * 5000}.json", "version v9999.*read are v1 to v12"),
    ],
)
def test_other_artifacts_and_versions_are_refused(stated: str, says: str) -> None:
    data = {"metadata": {"dbt_schema_version": stated}, "nodes": {}}
    assert LOADER.recognises(data)
    with pytest.raises(InputError, match=says):
        _load(data)


@pytest.mark.parametrize("data", [None, 1, "x", [], {}, {"metadata": 1}, {"metadata": {"dbt_schema_version": 12}}])
def test_what_is_no_manifest_is_refused(data: Any) -> None:
    assert not LOADER.recognises(data)
    with pytest.raises(InputError, match="expected a dbt manifest"):
        _load(data)


def test_a_manifest_cut_short_is_refused() -> None:
    with pytest.raises(InputError, match="without nodes and sources"):
        _load({"metadata": HEAD})
    text = (CASES / "shop" / "input.json").read_text()
    with pytest.raises(InputError, match="not JSON"):
        parse_document(text[: len(text) // 2], "manifest.json", ".json")


def test_other_formats_are_not_recognised(shared: Path) -> None:
    for file in sorted((shared / "data").rglob("*.*")):
        try:
            data = read_document(file).data
        except InputError:
            continue
        assert LOADER.recognises(data) == ("dbt" in file.parts and file.suffix == ".json"), file


WRONG: list[Any] = [None, 0, 1.5, True, "x", "", [], [1], [None], [[]], {}, {"a": 1}, {"a": None}, {"name": [3]}]
NODE_KEYS = [
    "unique_id",
    "name",
    "resource_type",
    "database",
    "schema",
    "alias",
    "identifier",
    "config",
    "tags",
    "meta",
    "columns",
    "depends_on",
    "group",
    "owner",
    "label",
    "description",
    "package_name",
    "loader",
    "source_name",
    "exports",
    "source_meta",
]


@pytest.mark.slow
@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_wrong_types_never_crash(value: Any) -> None:
    sections = ("nodes", "sources", "exposures", "metrics", "semantic_models", "saved_queries", "functions", "groups")
    for section in (*sections, "disabled", "unit_tests", "macros"):
        _built(_manifest(_model("ok"), **{"sources": {}, section: value}))
        _built(_manifest(_model("ok"), **{"sources": {}, section: {"model.p.x": value, "exposure.p.y": [value]}}))
    for key in NODE_KEYS:
        for kind in ("source", "model", "exposure", "saved_query"):
            node = {**_model("a", "model.p.ok", resource_type=kind, source_name="s", loader="l"), key: value}
            data = _manifest(_model("ok"), sources={"x": node}, saved_queries={"y": node})
            _built(data)
    for key in ("tags", "meta", "group", "grants", "materialized"):
        _built(_manifest(_model("a", config={key: value}), _model("b", config={key: {"select": value}})))
    for key in ("nodes", "macros"):
        _built(_manifest(_model("a", depends_on={key: value})))


def _built(data: dict[str, Any]) -> None:
    try:
        loaded = _load(data, run_by="ci", origins={"s": "party"})
    except InputError:
        return
    Estate.build([loaded])


def test_hostile_names(shared: Path) -> None:
    for load in json.loads((shared / "badinput/generated/hostile_names.json").read_text()):
        node = _model(load["name"], config={"grants": {load["name"]: [load["name"]]}}, tags=[load["name"]])
        try:
            document = parse_document(json.dumps(_manifest(node)), "m.json", ".json")
        except InputError:
            continue
        loaded = LOADER.load(document, {})
        assert loaded.tally.records == 1
        Estate.build([loaded])


def test_no_canary_comes_through() -> None:
    for name in ("shop", "nasty"):
        file = CASES / name / "input.json"
        assert "CANARY" in file.read_text()
        assert "CANARY" not in LOADER.load(read_document(file), {}).model_dump_json()


@pytest.mark.parametrize("options", [{"runby": "x"}, {"origins": []}, {"run_by": ""}, {"parties": {"a": 1}}])
def test_options_that_do_not_fit_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="option"):
        _load(_manifest(), **options)
