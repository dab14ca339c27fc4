"""The Google Discovery loader: golden cases, real documents counted independently, and hostile ones."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded, Loader
from blastradius.model import Kind, Verb
from blastradius.reading import read_document
from tests.loaders.laws import damaged, hostile, survives

LOADER: Loader = importlib.import_module("blastradius.loaders.google_discovery").LOADER
CASES = Path(__file__).parent / "cases"
CALENDAR = json.loads((CASES / "calendar" / "input.json").read_text())


def _counted(data: dict[str, Any]) -> tuple[int, int]:
    """Methods, and the scopes they list: a naive walk over plain data."""
    methods = mentions = 0
    for method in data.get("methods", {}).values():
        methods += 1
        mentions += len(method.get("scopes", []))
    for resource in data.get("resources", {}).values():
        more = _counted(resource)
        methods, mentions = methods + more[0], mentions + more[1]
    return methods, mentions


@pytest.mark.parametrize(
    ("name", "methods", "scopes", "mentions"),
    [("gmail.v1", 79, 14, 238), ("drive.v3", 64, 10, 239), ("admin.directory_v1", 128, 29, 196)],
)
def test_real_documents(name: str, methods: int, scopes: int, mentions: int, shared: Path) -> None:
    path = shared / "data" / "openapi" / f"google-discovery-{name}.json"
    data = json.loads(path.read_text())
    declared = data["auth"]["oauth2"]["scopes"]
    assert (*_counted(data), len(declared)) == (methods, mentions, scopes)
    loaded = LOADER.load(read_document(path), {})
    estate = Estate.build([loaded])
    assert len(estate.of_kind(Kind.OPERATION)) == methods
    assert {entity.id for entity in estate.of_kind(Kind.SCOPE)} == set(declared)
    assert len(estate.by_verb[Verb.PERMITS]) == mentions
    assert (loaded.tally.facts, loaded.tally.records) == (methods + scopes + mentions,) * 2


def test_any_one_scope_suffices(shared: Path) -> None:
    path = shared / "data" / "openapi" / "google-discovery-gmail.v1.json"
    permits = [relation for relation in LOADER.load(read_document(path), {}).relations if relation.verb == Verb.PERMITS]
    assert all(len(permit.sources) == 1 for permit in permits)
    assert sum(permit.targets == ("gmail:v1:gmail.users.messages.list",) for permit in permits) == 4


def test_two_versions_share_scopes_and_keep_their_methods(tmp_path: Path) -> None:
    one, other = (_saved(tmp_path, {**CALENDAR, "id": f"almanac:{each}"}) for each in ("v1", "v2"))
    estate = Estate.build([one, other])
    assert len(estate.of_kind(Kind.OPERATION)) == 6
    assert sum(entity.id.startswith("https:") for entity in estate.of_kind(Kind.SCOPE)) == 2
    assert estate.digest == Estate.build([other, one, other]).digest


def _saved(folder: Path, data: Any, name: str = "api.json") -> Loaded:
    file = folder / name
    file.write_text(json.dumps(data))
    return LOADER.load(read_document(file), {})


def test_split_in_two_files_is_the_same_estate(tmp_path: Path) -> None:
    whole = {**CALENDAR, "auth": CALENDAR["auth"]}
    first = {**whole, "resources": {}}
    second = {**whole, "methods": {}}
    halves = [_saved(tmp_path, first, "1.json"), _saved(tmp_path, second, "2.json")]
    assert Estate.build(halves).digest == Estate.build([_saved(tmp_path, whole)]).digest


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"kind": "discovery#directoryList"}, "list of APIs"),
        ({"kind": "discovery#rpcDescription"}, "restDescription"),
        ({"protocol": "rpc"}, "rpc"),
        ({"discoveryVersion": "v9"}, "v9"),
        ({"kind": None, "discoveryVersion": []}, "Version"),
    ],
)
def test_what_is_refused(change: dict[str, Any], reason: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"api.json:1:\d+: .*{reason}"):
        _saved(tmp_path, {**CALENDAR, **change})


@pytest.mark.parametrize("data", [None, 3, "discovery#restDescription", [], [CALENDAR], {}, {"kind": "Deployment"}])
def test_what_is_not_recognised(data: Any) -> None:
    assert not LOADER.recognises(data)


def test_unknown_options_are_refused(tmp_path: Path) -> None:
    (tmp_path / "api.json").write_text(json.dumps(CALENDAR))
    with pytest.raises(InputError, match="direction"):
        LOADER.load(read_document(tmp_path / "api.json"), {"direktion": "consumed"})


def test_wrong_types_everywhere() -> None:
    assert sum(survives(LOADER, each) is not None for each in damaged(CALENDAR)) > 400


def test_hostile_names(shared: Path) -> None:
    for name in hostile(shared):
        methods = {name: {"id": name, "path": name, "httpMethod": name, "scopes": [name]}}
        loaded = survives(LOADER, {**CALENDAR, "auth": {"oauth2": {"scopes": {name: {}}}}, "methods": methods})
        assert loaded is not None
        assert loaded.tally.records == 3 + 2 + 4


def test_secrets_do_not_enter(tmp_path: Path) -> None:
    secret = "api_key=CANARY-s3cr3t-9000"
    methods = {"m": {"id": secret, "path": secret, "description": secret, "scopes": [secret]}}
    loaded = _saved(tmp_path, {**CALENDAR, "methods": methods, "title": secret})
    assert "CANARY" not in loaded.model_dump_json()
