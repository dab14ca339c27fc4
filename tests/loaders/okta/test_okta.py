"""The Okta loader: small cases, real answers counted independently, and hostile files."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded, Loader
from blastradius.model import Credential, Kind, NoteKind, Verb
from blastradius.reading import read_document

LOADER: Loader = importlib.import_module("blastradius.loaders.okta").LOADER
EMPTY: list[Any] = [None, 0, 7, "", "x", [], [1], [[]], {}, {"a": 1}, True]
ISSUER = "https://lumen.example"


def app(number: int, **says: Any) -> dict[str, Any]:
    client = {"client_id": f"client{number}", "token_endpoint_auth_method": "client_secret_post"}
    common = {"id": f"0oa{number}", "label": f"App {number}", "signOnMode": "OPENID_CONNECT", "status": "ACTIVE"}
    return {**common, "credentials": {"oauthClient": client}, **says}


def grant(number: int, scope: str, **says: Any) -> dict[str, Any]:
    link = {"_links": {"app": {"href": f"{ISSUER}/api/v1/apps/0oa{number}"}}}
    common = {"id": f"oag{number}{scope}", "issuer": ISSUER, "clientId": f"client{number}", "scopeId": scope}
    return {**common, "status": "ACTIVE", **link, **says}


def registered(number: int, **says: Any) -> dict[str, Any]:
    return {
        "client_id": f"client{number}",
        "client_name": f"App {number}",
        "grant_types": ["client_credentials"],
        **says,
    }


def api_token(number: int, **says: Any) -> dict[str, Any]:
    return {"id": f"00T{number}", "userId": "00u1", "clientName": "Okta API", "tokenWindow": "P30D", **says}


OTHERS: dict[str, dict[str, Any]] = {
    "app": app(1),
    "grant": grant(1, "okta.users.read"),
    "integration": {"id": "0oa9", "type": "lens", "name": "Lens", "grantedScopes": ["okta.logs.read"]},
    "token": {"id": "oar1", "clientId": "client1", "issuer": ISSUER, "scopes": ["a"], "status": "ACTIVE"},
    "api_token": api_token(1, network={"connection": "ZONE", "include": ["nzo1"]}, expiresAt="2030-01-01T00:00:00Z"),
    "scope": {"id": "scp1", "name": "a", "consent": "IMPLICIT", "metadataPublish": "NO_CLIENTS", "_links": {}},
    "registered": registered(1),
    "secret": {"id": "ocs1", "status": "ACTIVE", "secret_hash": "x"},
}


def load(folder: Path, data: Any, name: str = "input.json", **options: Any) -> Loaded:
    (folder / name).write_text(json.dumps(data))
    loaded = LOADER.load(read_document(folder / name), options)
    Estate.build([loaded])
    return loaded


def ids(loaded: Loaded, kind: Kind) -> set[str]:
    return {entity.id for entity in loaded.entities if entity.kind == kind}


def pairs(loaded: Loaded, verb: Verb) -> set[tuple[str, str]]:
    return {(relation.sources[0], relation.targets[0]) for relation in loaded.relations if relation.verb == verb}


def test_apps_and_their_grants_join_across_files(tmp_path: Path) -> None:
    apps = load(tmp_path, [app(1), app(2)], "apps.json", parties={"0oa1": "acme"})
    grants = load(tmp_path, [grant(1, "okta.users.read"), grant(2, "okta.apps.manage")], "grants.json")
    whole = load(
        tmp_path, [app(1), app(2), grant(1, "okta.users.read"), grant(2, "okta.apps.manage")], parties={"0oa1": "acme"}
    )
    first = load(tmp_path, [app(1), grant(2, "okta.apps.manage")], "first.json", parties={"0oa1": "acme"})
    second = load(tmp_path, [grant(1, "okta.users.read"), app(2)], "second.json", parties={"0oa1": "acme"})
    ways = ([whole], [apps, grants], [grants, apps, apps], [first, second], [second, first])
    assert len({Estate.build(parts).digest for parts in ways}) == 1
    assert pairs(whole, Verb.GRANTS) == {
        ("okta:client/client1", "okta:scope/okta.users.read"),
        ("okta:client/client2", "okta:scope/okta.apps.manage"),
    }
    assert ("acme", "okta:app/0oa1") in pairs(whole, Verb.OWNS)


def test_one_app_that_two_users_consented_to_is_one_app_with_two_grants(tmp_path: Path) -> None:
    loaded = load(tmp_path, [grant(1, "openid", userId=user) for user in ("00u1", "00u2")])
    assert len(ids(loaded, Kind.SERVICE)) == 1
    assert len(pairs(loaded, Verb.GRANTS)) == 2


def test_a_grant_may_name_its_app_only_by_its_link(tmp_path: Path) -> None:
    loaded = load(tmp_path, [{key: each for key, each in grant(1, "okta.users.read").items() if key != "clientId"}])
    assert pairs(loaded, Verb.GRANTS) == {("okta:client/0oa1", "okta:scope/okta.users.read")}
    assert pairs(loaded, Verb.HOLDS) == {("okta:app/0oa1", "okta:client/0oa1")}


def test_a_client_that_registered_itself_is_an_app(tmp_path: Path) -> None:
    loaded = load(tmp_path, [registered(1, client_secret="CANARY")], parties={"App 1": "acme"})
    assert pairs(loaded, Verb.OWNS) == {("acme", "okta:app/client1")}
    assert pairs(loaded, Verb.HOLDS) == {("okta:app/client1", "okta:client/client1")}
    assert "CANARY" not in loaded.model_dump_json()


def test_a_scope_belongs_to_its_authorization_server(tmp_path: Path) -> None:
    issuers = (ISSUER, f"{ISSUER}/oauth2/aus1", f"{ISSUER}/oauth2/aus2")
    loaded = load(tmp_path, [grant(1, "read", issuer=issuer) for issuer in issuers])
    assert ids(loaded, Kind.SCOPE) == {"okta:scope/read", "okta:server/aus1/read", "okta:server/aus2/read"}


@pytest.mark.parametrize(
    ("network", "held"),
    [
        ({"connection": "ZONE", "include": ["nzo1"]}, ["ip_allowlist"]),
        ({"connection": "ZONE", "exclude": ["nzo1"]}, []),
        ({"connection": "ANYWHERE"}, []),
        (None, []),
    ],
)
def test_where_an_api_token_may_be_used_from(tmp_path: Path, network: Any, held: list[str]) -> None:
    loaded = load(tmp_path, [api_token(1, network=network)])
    assert [str(control.kind) for entity in loaded.entities for control in entity.controls] == held


def test_the_kind_of_client(tmp_path: Path) -> None:
    methods = ("client_secret_basic", "client_secret_jwt", "private_key_jwt", "none")
    apps = [
        app(number, credentials={"oauthClient": {"client_id": method, "token_endpoint_auth_method": method}})
        for number, method in enumerate(methods)
    ]
    found = {
        entity.id.partition("/")[2]: entity.type
        for entity in load(tmp_path, apps).entities
        if isinstance(entity, Credential)
    }
    assert list(map(found.get, methods)) == ["client_secret", "client_secret", "signing_key", "oauth_token"]


def test_revoked_grants_open_nothing(tmp_path: Path) -> None:
    loaded = load(tmp_path, [grant(1, "a", status="REVOKED"), {**OTHERS["token"], "status": "REVOKED"}])
    assert loaded.entities == ()
    assert loaded.tally.model_dump() == {"facts": 0, "rejected": 0, "ignored": 2}


@pytest.mark.parametrize("value", EMPTY, ids=repr)
@pytest.mark.parametrize("kind", OTHERS)
def test_wrong_types_never_crash(tmp_path: Path, kind: str, value: Any) -> None:
    rows = [{**OTHERS[kind], field: value} for field in OTHERS[kind]]
    rows += [{**OTHERS[kind], field: value} for field in ("credentials", "settings", "_links", "expiresAt", "network")]
    rows += [{**OTHERS[kind], "credentials": {"oauthClient": value}, "settings": {"oauthClient": {"network": value}}}]
    loaded = load(tmp_path, [*rows, value, OTHERS["app"]])
    assert loaded.tally.records == len(rows) + 2
    load(tmp_path, [rows, [OTHERS["app"], value]])


@pytest.mark.parametrize(
    "data", [{}, [], None, [1], [{}], {"id": "1", "label": "x"}, [{"id": 1, "scopes": []}], [[]], [["0oa"]]]
)
def test_what_is_no_answer_is_refused(tmp_path: Path, data: Any) -> None:
    assert not LOADER.recognises(data)
    with pytest.raises(InputError, match=r"input\.json: no answer of Okta's API is recognised; expected"):
        load(tmp_path, data)


def test_an_unknown_option_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'partys' is not known; did you mean 'parties'"):
        load(tmp_path, [app(1)], partys={})


@pytest.mark.parametrize("name", ["blns/blns.json", "generated/hostile_names.json"])
def test_hostile_names(shared: Path, tmp_path: Path, name: str) -> None:
    names = [str(each) for each in json.loads((shared / "badinput" / name).read_text())]
    rows = [app(1)]
    for hostile_name in names:
        rows += [
            app(2, id=hostile_name),
            app(3, label=hostile_name),
            grant(4, hostile_name),
            grant(5, "a", clientId=hostile_name),
            api_token(6, id=hostile_name),
        ]
        rows += [{**OTHERS["integration"], "type": hostile_name}, {**OTHERS["scope"], "name": hostile_name}]
    assert load(tmp_path, rows).tally.records == len(rows)


def test_secrets_stay_out(tmp_path: Path) -> None:
    client = {"client_id": "c", "client_secret": "CANARY-1", "token_endpoint_auth_method": "client_secret_post"}
    keys = {"jwks": {"keys": [{"kid": "k", "d": "CANARY-2"}]}}
    rows = [
        app(1, credentials={"oauthClient": client}, settings={"oauthClient": keys}, label="token=CANARY-3"),
        {**OTHERS["secret"], "client_secret": "CANARY-4"},
        api_token(1, name="password: CANARY-5", _links={"self": {"href": "https://u:CANARY-6@x/?q=CANARY-7"}}),
    ]
    loaded = load(tmp_path, rows)
    assert "CANARY" not in loaded.model_dump_json()
    assert sum(note.kind == NoteKind.SECRET_DROPPED for note in loaded.notes) == 4


# real answers


@pytest.mark.parametrize(
    "name",
    ["APIServiceIntegrationListResponse", "ApiTokenListMetadataResponse", "ExampleOAuth2Scopes",
     "GetApplicationsResponseEx", "ListAppGrantsEx", "OAuth2RefreshTokenResponseListEx"],
)  # fmt: skip
def test_real_answers(shared: Path, name: str) -> None:
    path = shared / "data" / "identity" / "okta" / f"{name}.json"
    loaded = LOADER.load(read_document(path), {})
    Estate.build([loaded])
    data = json.loads(path.read_text())
    rows = data if isinstance(data, list) else [data]
    assert loaded.tally.model_dump() == {"facts": len(rows), "rejected": 0, "ignored": 0}
    scopes = {each for row in rows for each in (*row.get("grantedScopes", ()), *row.get("scopes", ()))}
    scopes |= {row["scopeId"] for row in rows if "scopeId" in row} | {row["name"] for row in rows if "consent" in row}
    assert {
        entity.name for entity in loaded.entities if entity.kind == Kind.SCOPE and ":rights/" not in entity.id
    } == scopes


def test_a_list_of_ids_is_refused_with_a_reason(shared: Path) -> None:
    path = shared / "data" / "identity" / "okta" / "ListInterclientAllowedAppsResponse.json"
    assert LOADER.recognises(json.loads(path.read_text()))
    with pytest.raises(InputError, match="does not say what they are allowed"):
        LOADER.load(read_document(path), {})


def test_no_other_sample_is_taken_for_an_answer(shared: Path) -> None:
    for path in sorted((shared / "data").rglob("*.json")):
        try:
            assert (path.parent.name == "okta") == LOADER.recognises(read_document(path).data), path
        except InputError:
            continue
