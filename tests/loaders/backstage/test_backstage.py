"""The Backstage loader: small cases, real catalogs counted independently, and hostile ones."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from blastradius import loading, plugins
from blastradius.engine import solve
from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Basis, Capability, Kind, Level, NoteKind, Operation, Scenario, Verb
from blastradius.reading import parse_document, read_document

LOADER = plugins.loaders()["backstage"]
CASES = Path(__file__).parent / "cases"
FACTS = {"Component", "API", "Resource", "Group", "AiResource"}


def _load(data: Any, **options: Any) -> Loaded:
    return LOADER.load(parse_document(json.dumps(data), "catalog.json", ".json"), options)


def _entity(kind: str, name: str, namespace: str | None = None, **spec: Any) -> dict[str, Any]:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": "backstage.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}


def _relations(*entities: dict[str, Any], **options: Any) -> list[str]:
    return [relation.id for relation in _load(list(entities), **options).relations]


def _says(loaded: Loaded | Estate, kind: NoteKind) -> str:
    return "\n".join(note.message for note in loaded.notes if note.kind == kind)


@pytest.mark.parametrize(
    ("field", "ref", "target"),
    [
        ("owner", "Team", "group:shop/team"),
        ("owner", "default/team", "group:default/team"),
        ("owner", "user:ann", "user:shop/ann"),
        ("owner", {"kind": "User", "name": "ann"}, "user:shop/ann"),
        ("providesApis", "orders", "api:shop/orders"),
        ("consumesApis", "API:Other/Orders", "api:other/orders"),
        ("subcomponentOf", "whole", "component:shop/whole"),
        ("dependsOn", "resource:db", "resource:shop/db"),
        ("dependsOn", {"kind": "resource", "namespace": "x", "name": "db"}, "resource:x/db"),
    ],
)
def test_references_and_their_defaults(field: str, ref: Any, target: str) -> None:
    loaded = _load(_entity("Component", "c", "shop", **{field: ref}))
    assert target in {each for relation in loaded.relations for each in (*relation.sources, *relation.targets)}


def test_a_subcomponent_is_a_part_of_the_whole() -> None:
    part = _entity("Component", "till", subcomponentOf="shop")
    assert _relations(part) == ["part_of:component:default/till>component:default/shop"]
    of_another = _load(_entity("Resource", "till", subcomponentOf="shop"))
    assert not of_another.relations
    assert "no component in a component" in _says(of_another, NoteKind.UNSUPPORTED)


def test_a_dependence_without_a_kind_is_told() -> None:
    loaded = _load(_entity("Component", "c", dependsOn=["db"]))
    assert not loaded.relations
    assert "names no kind" in _says(loaded, NoteKind.UNRESOLVED)


def test_what_a_component_does_with_a_resource() -> None:
    entity = _entity("Component", "c", dependsOn=["resource:db"])
    ends = "component:default/c>resource:default/db"
    assert _relations(entity, resources="depends") == [f"depends_on:{ends}"]
    assert _relations(entity, resources="writes") == [f"depends_on:{ends}", f"writes:{ends}"]
    bases = {relation.verb: relation.basis for relation in _load(entity).relations}
    assert bases == {Verb.DEPENDS_ON: Basis.DECLARED, Verb.READS: Basis.ASSUMED, Verb.WRITES: Basis.ASSUMED}
    assert _relations(entity, runs="resource:*") == [f"depends_on:{ends}"]


# what a catalog asks for


def test_a_definition_in_the_catalog_has_its_places() -> None:
    estate = loading.load([CASES / "shop" / "input.yaml"])
    operation = estate.entities["api:default/orders:GET /orders"]
    assert isinstance(operation, Operation)
    assert (operation.api, operation.owner) == ("api:default/orders", "group:default/team-orders")
    assert str(operation.provenance[0]).endswith("shop/input.yaml:55:9")
    assert estate.by_verb[Verb.PERMITS][0].sources == ("api:default/orders:orders:read",)
    assert "CANARY" not in json.dumps([entity.model_dump(mode="json") for entity in estate.entities.values()])


def test_whoever_controls_a_caller_reaches_the_functions_of_the_api() -> None:
    definition = json.dumps({"openapi": "3.1.0", "info": {"title": "t"}, "paths": {"/a": {"get": {}}}})
    entities = [
        _entity("API", "a", type="openapi", definition=definition),
        _entity("Component", "caller", consumesApis=["a"]),
        _entity("Component", "server", providesApis=["a"], dependsOn=["resource:db"]),
    ]
    document = parse_document(json.dumps(entities), "catalog.json", ".json")
    loaded = LOADER.load(document, {})
    (request,) = loaded.requests
    inner = plugins.loaders()[request.loader].load(document.part(*request.part), request.options)
    reach = solve(
        Estate.build([loaded, inner]), Scenario(compromise=("component:default/caller",), assume=Level.TAKEOVER)
    )
    held = {(fact.entity, fact.capability): level for fact, level in reach.levels.items()}
    assert held["api:default/a", Capability.USE] == Level.GRANTED
    assert held["api:default/a:GET /a", Capability.USE] == Level.ABUSED
    assert held["resource:default/db", Capability.READ] == Level.TAKEOVER


FILES = {
    "all.yaml": "targets: [./more/b.yaml, more/gone.yaml, 'https://code.invalid/c.yaml', ../out.yaml, all.yaml]",
    "more/b.yaml": "targets: [../all.yaml, ./apis.yaml]",
}
APIS = """
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: a}
spec: {type: openapi, definition: {$text: ./spec/a.yaml}}
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: b}
spec:
  type: openapi
  definition:
    openapi: 3.0.0
    paths: {/b: {get: {}}}
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: c}
spec: {type: openapi, definition: "{\\"openapi\\": \\"3.0.0\\", \\"paths\\": {\\"/c\\": {\\"get\\": {}}}}"}
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: d}
spec:
  type: openapi
  definition: |
    openapi: 3.0.0
    paths: [
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: e}
spec: {type: openapi, definition: {$openapi: ./gone.yaml}}
"""


def test_the_api_of_another_organisation_is_called_by_us() -> None:
    entity = _entity("API", "a", type="openapi", owner="acme", definition=json.dumps(_OPENAPI))
    stated: list[tuple[dict[str, Any], str]] = [
        ({"parties": {"group:default/acme": "provider"}}, "consumed"),
        ({"parties": {"group:default/acme": "partner"}, "direction": "exposed"}, "consumed"),
        ({"parties": {"group:default/acme": "self"}, "direction": "exposed"}, "exposed"),
        ({"parties": {"*/acme": "partner"}, "apis": {"api:default/a": {"direction": "exposed"}}}, "exposed"),
        ({}, "internal"),
    ]
    for options, direction in stated:
        loaded = _load([entity], **options)
        assert [each.direction for each in loaded.entities if isinstance(each, Operation)] == [direction]
        assert loaded.requests[0].options.get("direction", "internal") == direction


_OPENAPI = {"openapi": "3.0.3", "info": {"title": "o"}, "paths": {"/o": {"get": {"operationId": "list"}}}}
_ASYNCAPI = {
    "asyncapi": "2.6.0",
    "info": {"title": "o"},
    "servers": {"main": {"url": "broker.example", "protocol": "kafka"}},
    "channels": {"o": {"subscribe": {"operationId": "list"}}},
}


@pytest.mark.parametrize("kind", ["openapi", "asyncapi"])
@pytest.mark.parametrize("providers", [["web"], ["web", "app"]])
def test_the_functions_of_a_definition_are_served_by_what_serves_the_api(
    kind: str, providers: list[str], tmp_path: Path
) -> None:
    definition = json.dumps(_OPENAPI if kind == "openapi" else _ASYNCAPI)
    api = _entity("API", "a", type=kind, definition=definition)
    file = tmp_path / "catalog.json"
    file.write_text(json.dumps([api, *(_entity("Component", name, providesApis=["a"]) for name in providers)]))
    estate = loading.load([file])
    served = {(*relation.sources, *relation.targets) for relation in estate.by_verb[Verb.SERVES]}
    for name in providers:
        assert {(f"component:default/{name}", f"api:default/{end}") for end in ("a", "a:list")} <= served
    if kind == "asyncapi":
        sends = {relation.sources for relation in estate.by_verb[Verb.PUBLISHES]}
        assert sends == {("component:default/web",) if len(providers) == 1 else ("api:default/a (application)",)}


def test_locations_and_definitions_in_files_beside(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    (inside / "more" / "spec").mkdir(parents=True)
    for name, spec in FILES.items():
        head = "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: x}\nspec:\n"
        (inside / name).write_text(f"{head}  {spec}\n")
    (inside / "more" / "apis.yaml").write_text(APIS)
    (inside / "more" / "spec" / "a.yaml").write_text("openapi: 3.0.0\npaths: {/a: {get: {}}}\n")
    (tmp_path / "out.yaml").write_text(APIS)
    estate = loading.load([inside / "all.yaml"])
    places = {
        entity.id: str(entity.provenance[0]).removeprefix(f"{inside}/")
        for entity in estate.of_kind(Kind.OPERATION)
        if entity.id.count(":") > 1
    }
    assert places == {
        "api:default/a:GET /a": "more/spec/a.yaml:2:14",
        "api:default/b:GET /b": "more/apis.yaml:14:18",
        "api:default/c:GET /c": "more/apis.yaml:19:23",
    }
    assert (estate.tally.facts, estate.tally.rejected) == (2 + 5 + 3, 4)
    notes = _says(estate, NoteKind.UNRESOLVED)
    for said in (
        "gone.yaml",
        "leads outside the folder",
        "(an address; nothing is fetched): 'https://code.invalid/c.yaml'",
        "apis.yaml:29:1: not YAML",
    ):
        assert said in notes


# laws


def test_the_same_estate_twice_in_any_order_and_split() -> None:
    text = (CASES / "shop" / "input.yaml").read_text()
    documents = [each for each in text.split("\n---\n") if "kind:" in each]

    def build(*parts: list[str]) -> str:
        loaded = [LOADER.load(parse_document("\n---\n".join(part), f"{part[0][:60]}.yaml"), {}) for part in parts]
        return Estate.build(loaded).digest

    whole = build(documents)
    assert build(documents, documents) == build(documents[::-1]) == whole
    for cut in range(1, len(documents)):
        assert build(documents[:cut], documents[cut:]) == build(documents[cut:], documents[:cut]) == whole


# real catalogs


def _counted(text: str) -> Counter[str]:
    """The kinds of the entities of a file: a naive loop over plain data."""
    return Counter(each["kind"] for each in yaml.load_all(text, yaml.CSafeLoader) if each)


@pytest.mark.parametrize(
    ("name", "facts", "rejected", "ignored", "relations"),
    [
        ("backstage-demo/catalog-info.yaml", 2, 0, 0, 2),
        ("backstage-demo/examples_ai-resources.yaml", 6, 0, 0, 6),
        ("backstage-demo/examples_mcp-server-api.yaml", 1, 0, 0, 0),
        ("backstage-examples/artist-lookup-component.yaml", 1, 0, 0, 4),
        ("backstage-examples/different-namespace.yaml", 1, 0, 0, 1),
        ("backstage-examples/spotify-api.yaml", 1, 0, 0, 0),
        ("backstage-examples/wayback-search-component.yaml", 1, 0, 0, 3),
        ("backstage-examples/www-artist-component.yaml", 1, 0, 0, 2),
        ("create-app/entities.yaml", 2, 0, 1, 2),
        ("create-app/org.yaml", 1, 0, 1, 0),
        ("giantswarm/case01.golden.yaml", 1, 1, 1, 3),
        ("giantswarm/case02.golden.yaml", 1, 0, 0, 3),
        ("parasol/parasol/parasol-catalog-apis.override.yaml", 16, 0, 0, 0),
        ("parasol/parasol/parasol-catalog-claims.override.yaml", 26, 0, 0, 48),
        ("parasol/parasol/parasol-catalog-commercial-specialty.override.yaml", 21, 0, 0, 30),
        ("parasol/parasol/parasol-catalog-data-platform.override.yaml", 32, 0, 0, 39),
        ("parasol/parasol/parasol-catalog-digital.override.yaml", 19, 0, 0, 37),
        ("parasol/parasol/parasol-catalog-foundations.override.yaml", 13, 0, 67, 0),
        ("parasol/parasol/parasol-catalog-life.override.yaml", 15, 0, 0, 29),
        ("parasol/parasol/parasol-catalog-personal-lines.override.yaml", 19, 0, 0, 32),
        ("parasol/parasol/parasol-catalog-policy.override.yaml", 24, 0, 0, 39),
        ("parasol/parasol/parasol-catalog-underwriting.override.yaml", 19, 0, 0, 36),
    ],
)
def test_real_catalogs(name: str, facts: int, rejected: int, ignored: int, relations: int, shared: Path) -> None:
    file = shared / "data" / "backstage" / name
    loaded = LOADER.load(read_document(file), {})
    counted = _counted(file.read_text())
    assert sum(count for kind, count in counted.items() if kind in FACTS) == facts + rejected
    assert counted.total() == facts + rejected + ignored
    assert loaded.tally.model_dump() == {"facts": facts, "rejected": rejected, "ignored": ignored}
    assert sum(entity.basis == Basis.DECLARED for entity in loaded.entities) == facts
    assert len(loaded.relations) == relations
    Estate.build([loaded])


def test_a_real_catalog_from_its_index(shared: Path) -> None:
    folder = shared / "data" / "backstage" / "parasol"
    estate = loading.load([folder / "parasol-catalog-index.yaml"])
    counted = sum((_counted(each.read_text()) for each in (folder / "parasol").iterdir()), Counter[str]())
    assert counted == {"Component": 175, "System": 53, "Domain": 14, "API": 16, "Group": 13}
    documents = [each for file in (folder / "parasol").iterdir() for each in yaml.safe_load_all(file.read_text())]
    definitions = [
        yaml.safe_load(document["spec"]["definition"])
        for document in documents
        if document and document["kind"] == "API"
    ]
    functions = sum(len(item) for definition in definitions for item in definition["paths"].values())
    assert functions == 44
    assert (estate.tally.facts, estate.tally.rejected) == (1 + 175 + 16 + 13 + functions, 0)
    assert estate.tally.ignored == 53 + 14
    assert len(estate.of_kind(Kind.SERVICE)) == 175
    assert len(estate.of_kind(Kind.OPERATION)) == 16 + functions
    edges = {
        (document["metadata"]["name"], to)
        for document in documents
        if document
        for to in document["spec"].get("dependsOn", [])
    }
    assert len(estate.by_verb[Verb.DEPENDS_ON]) == len(edges) == 115


def test_a_skeleton_is_refused(shared: Path) -> None:
    with pytest.raises(InputError, match=r"rhdh-skeleton-catalog-info\.yaml:1:1: a template"):
        read_document(shared / "data" / "backstage" / "templates" / "rhdh-skeleton-catalog-info.yaml")


# other files, hostile files


@pytest.mark.parametrize(
    "entity",
    [
        _entity("Component", "${{ values.name }}"),
        _entity("Component", "{{cookiecutter.name}}"),
        _entity("Component", "a", owner="${{ values.owner }}"),
        _entity("${{ kind }}", "a"),
        _entity("Location", "a", targets=["./{{ x }}.yaml"], target="${{ x }}"),
    ],
)
def test_templates_are_refused_with_a_reason(entity: dict[str, Any]) -> None:
    assert LOADER.recognises(entity)
    with pytest.raises(InputError, match=r"catalog\.json:1:1: a template, not an entity yet; render it first"):
        _load(entity)
    assert _load([entity, _entity("Component", "b")]).tally.rejected == 1


@pytest.mark.parametrize(
    "data",
    [None, 1, "x", [], {}, [1], {"apiVersion": "v1", "kind": "Service"}, {"items": []}, {"kind": "Component"}],
)
def test_what_is_no_catalog_is_refused(data: Any) -> None:
    assert not LOADER.recognises(data)
    with pytest.raises(InputError, match="expected a Backstage catalog"):
        _load(data)


def test_other_formats_are_not_recognised(shared: Path) -> None:
    for file in sorted((shared / "data").rglob("*.*")):
        try:
            data = read_document(file).data
        except InputError:
            continue
        assert LOADER.recognises(data) == ("backstage" in file.parts and file.suffix == ".yaml"), file


WRONG: list[Any] = [None, 0, 1.5, True, "x", "", "a:b/c", "/", [], [1], [None], [[]], {}, {"a": 1}, {"name": [3]}]
_REFERENCES = ("owner", "system", "providesApis", "consumesApis", "dependsOn", "dependencyOf", "subcomponentOf")
SPEC = (*_REFERENCES, "type", "lifecycle", "definition", "profile", "target", "targets")
KINDS = ("Component", "API", "Resource", "System", "Domain", "Group", "User", "Location", "Template", "AiResource")


@pytest.mark.slow
@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_wrong_types_never_crash(value: Any) -> None:
    for kind in KINDS:
        for field in SPEC:
            _built({**_entity(kind, "a", type="openapi"), "spec": {"type": "openapi", field: value}})
        for key in ("apiVersion", "kind", "metadata", "spec", "relations"):
            _built({**_entity(kind, "a"), key: value})
        for key in ("name", "namespace", "title", "description", "tags", "annotations"):
            _built({**_entity(kind, "a"), "metadata": {"name": "a", key: value}})
        for key in ("type", "targetRef", "target"):
            relation = {"type": "dependsOn", "targetRef": "component:default/b", key: value}
            _built({**_entity(kind, "a"), "relations": [relation]})


def _built(entity: dict[str, Any]) -> None:
    loaded = _load([entity, _entity("Component", "ok")])
    assert loaded.tally.records == 2
    Estate.build([loaded])


def test_hostile_names(shared: Path) -> None:
    for load in json.loads((shared / "badinput/generated/hostile_names.json").read_text()):
        name = load["name"]
        entity = _entity("Component", name, name, owner=name, dependsOn=[{"kind": "resource", "name": name}])
        try:
            document = parse_document(json.dumps([entity, _entity("Component", "ok")]), "c.json", ".json")
        except InputError:
            continue
        loaded = LOADER.load(document, {})
        assert loaded.tally.records == 2
        Estate.build([loaded])


def test_no_canary_comes_through() -> None:
    for case in ("shop", "export", "nasty"):
        file = next((CASES / case).glob("input.*"))
        assert "CANARY" in file.read_text()
        assert "CANARY" not in LOADER.load(read_document(file), {}).model_dump_json()


@pytest.mark.parametrize(
    "options",
    [
        {"partys": {}},
        {"parties": {"group:*": "friend"}},
        {"resources": "all"},
        {"apis": {"api:*": {"direction": "up"}}},
        {"apis": []},
        {"zones": "domain"},
        {"direction": 1},
    ],
)
def test_options_that_do_not_fit_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="option"):
        _load(_entity("Component", "a"), **options)


@pytest.mark.parametrize(
    ("second", "owners"),
    [("other", {"group:default/shop"}), ("shop", {"group:default/shop"}), ("", {"group:default/shop"})],
)
def test_an_entity_that_is_described_again_keeps_its_owner(second: str, owners: set[str]) -> None:
    again = _entity("Component", "till", owner=second, consumesApis="orders")
    loaded = _load([_entity("Component", "till", owner="shop"), again])
    assert {relation.sources[0] for relation in loaded.relations if relation.verb == Verb.OWNS} == owners
    assert any(relation.verb == Verb.CALLS for relation in loaded.relations)
    assert ("the first is kept" in _says(loaded, NoteKind.CONTRADICTED)) == (second != "shop")


def test_many_entities_are_read_in_time() -> None:
    entities = [_entity("Component", f"c{each}", dependsOn=[f"component:c{each // 2}"]) for each in range(5000)]
    assert _load(entities).tally.facts == 5000


@pytest.mark.parametrize("page", [{"totalItems": 2}, {"pageInfo": {"nextCursor": "x"}}])
def test_a_page_of_a_catalog_is_incomplete(page: dict[str, Any]) -> None:
    items = [_entity("Component", "till", owner="shop")]
    assert "one page of several" in _says(_load({"items": items, **page}), NoteKind.INCOMPLETE)
    whole = _load({"items": items, "totalItems": 1, "pageInfo": {}})
    assert not _says(whole, NoteKind.INCOMPLETE)
