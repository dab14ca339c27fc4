"""The OpenAPI loader: small cases, real descriptions counted independently, and hostile files."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded, Loader
from blastradius.model import Kind, NoteKind, Operation, Scope, Tally, Verb
from blastradius.reading import parse_document, read_document
from tests.reading.test_formats import tarred, zipped

LOADER: Loader = importlib.import_module("blastradius.loaders.openapi").LOADER
ROOT = Path(__file__).parents[3]
CASES = Path(__file__).parent / "cases"
SHARED = Path(os.environ.get("BLASTRADIUS_SHARED", Path(__file__).parents[4] / "shared"))
REAL = SHARED / "data" / "openapi"
BAD = SHARED / "badinput"
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
HEAD = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}}


def _load(path: Path, **options: Any) -> Loaded:
    return LOADER.load(read_document(path), options)


def _small(tmp_path: Path, paths: dict[str, Any], extra: dict[str, Any] | None = None, **options: Any) -> Loaded:
    file = tmp_path / "api.json"
    file.write_text(json.dumps({**HEAD, "paths": paths, **(extra or {})}))
    return _load(file, **options)


def _operations(loaded: Loaded) -> dict[str, Operation]:
    return {entity.id: entity for entity in loaded.entities if isinstance(entity, Operation)}


def _permits(loaded: Loaded) -> set[tuple[str, ...]]:
    return {relation.sources for relation in loaded.relations if relation.verb == Verb.PERMITS}


def _says(loaded: Loaded, kind: NoteKind) -> str:
    return "\n".join(note.message for note in loaded.notes if note.kind == kind)


def test_all_scopes_together() -> None:
    loaded = _load(CASES / "several_scopes" / "input.yaml", api="o", scopes="all")
    assert ("o:read", "o:write") in _permits(loaded)


def test_nothing_stated_is_not_open_to_anyone(tmp_path: Path) -> None:
    loaded = _small(tmp_path, {"/a": {"get": {}}})
    assert not _operations(loaded)["t:GET /a"].anonymous
    assert "no security" in _says(loaded, NoteKind.ASSUMED)


def test_an_empty_alternative_is_open_to_anyone(tmp_path: Path) -> None:
    loaded = _small(tmp_path, {"/a": {"get": {"security": [{"k": []}, {}]}}})
    assert _operations(loaded)["t:GET /a"].anonymous
    assert _permits(loaded) == {("t:k",)}


def test_repeated_operation_ids_are_told_apart(tmp_path: Path) -> None:
    loaded = _small(tmp_path, {"/a": {"get": {"operationId": "x"}}, "/b": {"get": {"operationId": "x"}}})
    assert len(_operations(loaded)) == 2
    assert loaded.tally.facts == 2


def test_what_the_api_sends_is_a_feed(tmp_path: Path) -> None:
    paths = {"/a": {"post": {"operationId": "add", "callbacks": {"done": {"{$request.body#/url}": {"post": {}}}}}}}
    hooks: dict[str, Any] = {"webhooks": {"paid": {"post": {}, "put": {}}, "bad\u202e": {"post": {}}}}
    loaded = _small(tmp_path, paths, hooks, served_by="shop", direction="consumed")
    feeds = {entity.id for entity in loaded.entities if entity.kind == Kind.FEED}
    assert feeds == {"t:webhook paid", "t:callback done of add"}
    sent = {(relation.sources, relation.targets[0]) for relation in loaded.relations if relation.verb == Verb.PUBLISHES}
    assert sent == {(("shop",), feed) for feed in feeds}
    assert (loaded.tally.facts, loaded.tally.rejected, loaded.tally.ignored) == (4, 1, 0)
    assert "who takes them in" in _says(loaded, NoteKind.INCOMPLETE)


def test_a_scheme_may_be_named_by_its_place(tmp_path: Path) -> None:
    schemes = {"oauth": {"type": "oauth2", "flows": {"x": {"scopes": {"read": ""}}}}, "key": {"type": "apiKey"}}
    security = [{"#/components/securitySchemes/oauth": ["read"]}, {"#/components/securitySchemes/key": []}]
    extra = {"components": {"securitySchemes": schemes}}
    loaded = _small(tmp_path, {"/a": {"get": {"security": security}}}, extra)
    assert _permits(loaded) == {("t:read",), ("t:key",)}
    assert not _says(loaded, NoteKind.UNRESOLVED)


def test_roles_of_a_scheme_that_cannot_declare_any_are_not_missing(tmp_path: Path) -> None:
    schemes = {"bearer": {"type": "http", "scheme": "bearer"}, "oauth": {"type": "oauth2"}}
    security = [{"bearer": ["admin"]}, {"oauth": ["gone"]}]
    extra = {"components": {"securitySchemes": schemes}}
    loaded = _small(tmp_path, {"/a": {"get": {"security": security}}}, extra)
    assert _permits(loaded) == {("t:admin",), ("t:gone",)}
    assert "'oauth:gone'" in _says(loaded, NoteKind.UNRESOLVED)
    assert "admin" not in _says(loaded, NoteKind.UNRESOLVED)


def test_a_description_of_nothing_that_is_called_says_so(tmp_path: Path) -> None:
    said = [note.message for note in _small(tmp_path, {}).notes if "describes no operation" in note.message]
    assert said == ["t describes no operation; what it does is not known"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("info: {}\nopenapi: 3.3.0", "api.yaml:2:1: openapi version '3.3.0'; read are 3.0, 3.1 and 3.2"),
        ("swagger: '1.1'", "api.yaml:1:1: swagger version '1.1'; read is 2.0"),
        ("apis: []\nswaggerVersion: '1.2'", "api.yaml:2:1: swagger version '1.2'; read is 2.0"),
    ],
)
def test_other_versions_are_refused_with_their_place(text: str, says: str) -> None:
    document = parse_document(text, "api.yaml")
    assert LOADER.recognises(document.data)
    with pytest.raises(InputError) as refused:
        LOADER.load(document, {})
    assert refused.value.problems == (says,)


INNER = {
    "spec/api.yaml": "info: {title: t}\nopenapi: 3.0.0\npaths: {/a: {$ref: parts/a.yaml}}",
    "spec/parts/a.yaml": "get: {operationId: read, security: []}",
    "spec/old.json": json.dumps({"info": {"title": "old"}, "paths": {"/b": {"get": {}}}, "swagger": "2.0"}),
    "spec/notes.yaml": "about: |\n  openapi: 3.0.0",
    "package.json": '{"name": "openapi"}',
}


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_descriptions_in_an_archive(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"specs.{kind}"
    if kind == "zip":
        zipped(path, {name: text.encode() for name, text in INNER.items()})
    else:
        tarred(path, {name: text.encode() for name, text in INNER.items()})
    document = read_document(path, shown=path.name)
    assert LOADER.recognises(document.data)
    loaded = LOADER.load(document, {"owner": "us"})
    assert {entity.id for entity in loaded.entities} == {"t:read", "old:GET /b"}
    assert {entity.owner for entity in loaded.entities} == {"us"}
    assert {entity.provenance[0].file for entity in loaded.entities} == {
        f"specs.{kind}/spec/parts/a.yaml",
        f"specs.{kind}/spec/old.json",
    }
    assert loaded.tally == Tally(facts=2)


def test_archives_without_a_description_are_not_ours(tmp_path: Path) -> None:
    names = ("spec/parts/a.yaml", "spec/notes.yaml", "package.json")
    assert not LOADER.recognises(
        read_document(
            zipped(tmp_path / "a.zip", {hostile_name: INNER[hostile_name].encode() for hostile_name in names})
        ).data
    )


def test_an_archive_that_only_looks_like_descriptions_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.json": b'{"tools": {"openapi": "3.0.0"}}'})
    with pytest.raises(InputError, match="no file inside is an API description"):
        _load(path)


def test_effects_and_what_matches_nothing(tmp_path: Path) -> None:
    effects = [{"match": "GET *", "reads": [{"to": "db", "extent": "subset"}]}, {"match": "nope", "writes": ["db"]}]
    effects += [{"match": "GET *", "issues": ["key"], "connects": ["net"]}]
    loaded = _small(tmp_path, {"/a": {"get": {}}}, effects=effects, served_by="svc", direction="exposed")
    assert {relation.id for relation in loaded.relations} == {
        *("reads:t:GET /a>db", "issues:t:GET /a>key", "connects:t:GET /a>net", "serves:svc>t:GET /a")
    }
    assert "nope" in _says(loaded, NoteKind.UNRESOLVED)


def test_an_unknown_option_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="served_by"):
        _small(tmp_path, {}, servedby="svc")


@pytest.mark.parametrize("ref", ["#/paths/~1a/get", "http://127.0.0.1:9/x", "/etc/passwd", "../x.json", "no.yml"])
def test_a_reference_that_leads_nowhere(tmp_path: Path, ref: str) -> None:
    loaded = _small(tmp_path, {"/a": {"get": {"$ref": ref}}, "/b": {"get": {}}})
    assert list(_operations(loaded)) == ["t:GET /b"]
    assert _says(loaded, NoteKind.UNRESOLVED)


@pytest.mark.parametrize("value", [None, 1, "x", [], [1], {"a": 1}, {"a": [1]}, {"a": {"b": 2}}])
@pytest.mark.parametrize("key", ["paths", "security", "components", "webhooks", "info", "securityDefinitions"])
def test_wrong_types_never_crash(tmp_path: Path, key: str, value: Any) -> None:
    file = tmp_path / "api.json"
    file.write_text(json.dumps({**HEAD, "paths": {"/a": {"get": {"security": value}, "put": value}}, key: value}))
    _load(file)


def _count(description: dict[str, Any]) -> tuple[int, int, int]:
    """Operations, scopes declared, alternatives in force: naive loops over plain data."""
    operations = alternatives = 0
    for item in description.get("paths", {}).values():
        for method, operation in item.items():
            if method in METHODS:
                operations += 1
                alternatives += len(operation.get("security", description.get("security", [])))
    scopes: set[str] = set()
    schemes = description.get("securityDefinitions") or description.get("components", {}).get("securitySchemes", {})
    for scheme in schemes.values():
        for flow in [scheme, *scheme.get("flows", {}).values()]:
            scopes |= set(flow.get("scopes", {}))
    return operations, len(scopes), alternatives


@pytest.mark.skipif(not REAL.is_dir(), reason="real descriptions are not here")
@pytest.mark.parametrize(
    ("name", "operations", "scopes", "permits"),
    [
        ("slack_web_openapi_v2.json", 174, 67, 235),
        ("xero_accounting.yaml", 235, 16, 344),
        ("spotify.yml", 96, 19, 119),
        ("docusign-maestro.json", 8, 3, 24),
        ("paypal-checkout_orders_v2.json", 8, 4, 14),
        ("paypal-customer_partner_referrals_v2.json", 2, 3, 3),
        ("paypal-notifications_webhooks_v1.json", 16, 2, 16),
    ],
)
def test_real_descriptions(name: str, operations: int, scopes: int, permits: int) -> None:
    loaded = _load(REAL / name)
    text = (REAL / name).read_text(encoding="utf-8")
    counted = _count(json.loads(text) if name.endswith("json") else yaml.load(text, yaml.CSafeLoader))
    assert counted[:2] == (operations, scopes)
    assert len(_operations(loaded)) == operations
    assert loaded.tally.rejected == 0
    assert loaded.tally.facts == sum(counted)
    assert sum(relation.verb == Verb.PERMITS for relation in loaded.relations) == permits


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason="real descriptions are not here")
def test_operations_in_files_of_their_own(tmp_path: Path) -> None:
    with tarfile.open(REAL / "digitalocean-specification.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    loaded = _load(tmp_path / "specification" / "DigitalOcean-public.v2.yaml")
    assert len(_operations(loaded)) == 659
    assert sum(isinstance(entity, Scope) for entity in loaded.entities) == 144
    packed = _load(REAL / "digitalocean-specification.tar.gz")
    assert {entity.id for entity in packed.entities} == {entity.id for entity in loaded.entities}
    assert {relation.id for relation in packed.relations} == {relation.id for relation in loaded.relations}
    assert packed.tally == loaded.tally


@pytest.mark.skipif(not REAL.is_dir(), reason="real descriptions are not here")
@pytest.mark.parametrize("path", sorted(REAL.glob("google-*.json")), ids=lambda folder: folder.name)
def test_google_discovery_is_refused(path: Path) -> None:
    with pytest.raises(InputError, match=r"(?i)openapi"):
        _load(path)


_AUDIT = """
import sys, importlib
from blastradius.reading import read_document
LOADER = importlib.import_module("blastradius.loaders.openapi").LOADER
folder, bad = sys.argv[2], []
LOADER.load(read_document(sys.argv[3]), {})  # what is imported late is imported now
def hook(event, args):
    if event.startswith("socket.") or (event == "open" and not str(args[0]).startswith(folder)):
        bad.append((event, str(args)))
sys.addaudithook(hook)
loaded = LOADER.load(read_document(sys.argv[1]), {})
assert not bad, bad
print("\\n".join(str(each.kind) for each in loaded.notes))
"""


def _warm(tmp_path: Path) -> Path:
    file = tmp_path / "warm.json"
    file.write_text(json.dumps({**HEAD, "paths": {"/a": {"get": {}}}}))
    return file


@pytest.mark.slow
@pytest.mark.skipif(not BAD.is_dir(), reason="bad input is not here")
@pytest.mark.parametrize("path", sorted(BAD.glob("generated/openapi_ref_*.json")), ids=lambda folder: folder.name)
def test_nothing_is_fetched(path: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", _AUDIT, str(path), str(path.parent), str(_warm(tmp_path))]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=20, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "fanout" in path.name or "unresolved" in ran.stdout


@pytest.mark.skipif(not BAD.is_dir(), reason="bad input is not here")
def test_the_examples_load_or_are_refused() -> None:
    for path in sorted((BAD / "openapi3-examples").rglob("*.*")):
        if path.suffix in (".yaml", ".yml", ".json"):
            try:
                assert isinstance(_load(path), Loaded)
            except InputError:
                continue


def test_another_sources_word_for_who_calls_stands_where_none_is_stated(tmp_path: Path) -> None:
    (read,) = (entity for entity in _small(tmp_path, {"/a": {"get": {}}}).entities if isinstance(entity, Operation))
    gateway = read.model_copy(update={"direction": "exposed", "provenance": ()})
    estate = Estate.build([Loaded(entities=(read,)), Loaded(entities=(gateway,))])
    (joined,) = (entity for entity in estate.entities.values() if isinstance(entity, Operation))
    assert (read.direction, joined.direction) == ("internal", "exposed")
    assert not [note for note in estate.notes if note.kind == NoteKind.CONTRADICTED]


def test_components_may_stand_in_another_file(tmp_path: Path) -> None:
    flows = [{"clientCredentials": {"tokenUrl": f"https://{who}.example/t", "scopes": {"edit": "e"}}} for who in "ab"]
    schemes = {f"of_{number}": {"type": "oauth2", "flows": each} for number, each in enumerate(flows)}
    (tmp_path / "parts.json").write_text(json.dumps({"components": {"securitySchemes": schemes}, "schemes": schemes}))
    paths = {f"/{number}": {"get": {"security": [{f"of_{number}": ["edit"]}]}} for number in range(2)}
    whole = _small(tmp_path, paths, {"components": {"securitySchemes": schemes}})
    for components in ({"$ref": "parts.json#/components"}, {"securitySchemes": {"$ref": "parts.json#/schemes"}}):
        parts = _small(tmp_path, paths, {"components": components})
        assert _permits(parts) == _permits(whole) == {("t:of_0:edit",), ("t:of_1:edit",)}
        assert not _says(parts, NoteKind.UNRESOLVED)


def test_any_method_of_an_api_gateway_is_an_operation(tmp_path: Path) -> None:
    key = {"components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "k"}}}}
    loaded = _small(tmp_path, {"/all": {"x-amazon-apigateway-any-method": {"security": [{"key": []}]}}}, key)
    assert _operations(loaded)["t:ANY /all"].method == "ANY"
    assert [relation.id for relation in loaded.relations] == ["permits:t:key>t:ANY /all"]


@pytest.mark.parametrize("odd", [None, "key", {"key": []}])
def test_security_that_is_no_list_is_as_if_it_were_not_there(tmp_path: Path, odd: Any) -> None:
    stated = {"security": [{"key": []}], "components": {"securitySchemes": {"key": {"type": "http"}}}}
    loaded = _small(tmp_path, {"/a": {"get": {"security": odd}}}, stated)
    assert _permits(loaded) == {("t:key",)}
    assert "taken as not stated" in _says(loaded, NoteKind.UNSUPPORTED)


def test_an_operation_called_none_is_no_scope_of_that_name(tmp_path: Path) -> None:
    loaded = _small(tmp_path, {"/a": {"get": {"operationId": "none", "security": []}}})
    assert "'none'" not in _says(loaded, NoteKind.ASSUMED)
