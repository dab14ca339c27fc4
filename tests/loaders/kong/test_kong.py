"""The Kong loader: golden cases, real configurations counted independently, who may call what, and hostile files."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from blastradius.engine import solve
from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded, Loader
from blastradius.model import Capability, Fact, Kind, Level, NoteKind, Operation, Scenario, Verb
from blastradius.reading import parse_document, read_document
from tests.loaders.laws import damaged, hostile, survives

LOADER: Loader = importlib.import_module("blastradius.loaders.kong").LOADER
CASES = Path(__file__).parent / "cases"
PARTNERS = yaml.safe_load((CASES / "partners" / "input.yaml").read_text())
NESTED = {
    "services": ["routes", "plugins"],
    "routes": ["plugins"],
    "consumers": [
        *("acls", "groups", "plugins", "keyauth_credentials", "basicauth_credentials", "jwt_secrets"),
        *("hmacauth_credentials", "oauth2_credentials", "mtls_auth_credentials"),
    ],
    "upstreams": ["targets"],
}


def _load(data: Any, name: str = "kong.json", **options: Any) -> Loaded:
    return LOADER.load(parse_document(json.dumps(data), name, ".json"), options)


def _counted(kind: str, entries: list[dict[str, Any]]) -> int:
    """Entities and those nested in them: a naive walk over plain data."""
    return sum(1 + sum(_counted(inner, entry.get(inner, [])) for inner in NESTED.get(kind, [])) for entry in entries)


@pytest.mark.parametrize(
    ("name", "records", "credentials", "routes", "permits"),
    [("kong/deck-credentials.yaml", 8, 6, 0, 0), ("kong/go-apiops-16-oidc.expected.json", 11, 0, 5, 8)],
)
def test_real_configurations(
    name: str, records: int, credentials: int, routes: int, permits: int, shared: Path
) -> None:
    path = shared / "data" / "gateway_k8s" / name
    data = yaml.safe_load(path.read_text())
    assert sum(_counted(kind, each) for kind, each in data.items() if isinstance(each, list)) == records
    loaded = LOADER.load(read_document(path), {})
    estate = Estate.build([loaded])
    assert (loaded.tally.facts, loaded.tally.records) == (records, records)
    assert len(estate.of_kind(Kind.CREDENTIAL)) == credentials
    assert len(estate.of_kind(Kind.OPERATION)) == routes
    assert len(estate.by_verb[Verb.PERMITS]) == permits


def test_no_value_of_a_credential_enters(shared: Path) -> None:
    path = shared / "data" / "gateway_k8s" / "kong" / "deck-credentials.yaml"
    values = ["1aa4ed9059", "yeNZBeqCuk", "MKWeR0nu9O", "6gkrxTKAra", "iwb6Djkk4H", "my-secret"]
    text = LOADER.load(read_document(path), {}).model_dump_json()
    assert not [value for value in values if value in text]


def test_canaries_do_not_enter(shared: Path) -> None:
    path = shared / "badinput" / "generated" / "kong_secret.yaml"
    loaded = LOADER.load(read_document(path), {})
    assert "CANARY" not in loaded.model_dump_json()
    assert {entity.kind for entity in loaded.entities} == {Kind.PARTY, Kind.CREDENTIAL, Kind.SCOPE, Kind.SERVICE}


# who may call what


def _uses(data: Any, level: Level = Level.GRANTED, **seeds: Any) -> set[str]:
    """The routes that a compromise opens."""
    estate = Estate.build([_load(data)])
    reach = solve(estate, Scenario(assume=level, **seeds))
    routes = {entity.id for entity in estate.of_kind(Kind.OPERATION)}
    return {route.rpartition("/")[2] for route in routes if Fact(route, Capability.USE) in reach.levels}


def test_groups_and_plugins_decide_which_routes_a_consumer_may_use() -> None:
    assert _uses(PARTNERS, compromise=("kong shop:consumer/acme",)) == {"list-orders"}
    assert _uses(PARTNERS, compromise=("kong shop:consumer/ops",)) == {"list-orders", "cancel-order"}


def test_a_copied_key_opens_no_route_that_lets_in_some_addresses_only() -> None:
    assert _uses(PARTNERS, leak=("kong shop:key-auth/5b11",)) == {"list-orders"}


def test_a_key_of_another_kind_opens_nothing() -> None:
    assert _uses(PARTNERS, leak=("kong shop:jwt/77aa",)) == set()


def _gateway(*plugins: dict[str, Any], acls: tuple[str, ...] = ()) -> dict[str, Any]:
    keys = {"keyauth_credentials": [{"id": "k"}], "basicauth_credentials": [{"id": "b"}]}
    groups = [{"group": acl} for acl in acls]
    return {
        "_format_version": "3.0",
        "services": [{"name": "s", "routes": [{"name": "r"}, {"name": "other"}]}],
        "consumers": [{"username": "c", "acls": groups, **keys}, {"username": "guest"}],
        "plugins": list(plugins),
    }


KEY, BASIC = {"name": "key-auth"}, {"name": "basic-auth"}


@pytest.mark.parametrize(
    ("plugins", "acls", "opens"),
    [
        ((KEY,), (), {"r", "other"}),
        ((BASIC,), (), set()),
        (({**KEY, "route": "r"},), (), {"r"}),
        (({**KEY, "service": "s"},), (), {"r", "other"}),
        (({**KEY, "enabled": False},), (), set()),
        ((KEY, BASIC), (), set()),
        ((KEY, {**BASIC, "route": "other"}), (), {"r"}),
        ((KEY, {"name": "acl", "config": {"allow": ["a"]}}), ("a",), {"r", "other"}),
        ((KEY, {"name": "acl", "config": {"allow": ["a"]}}), ("b",), set()),
        ((KEY, {"name": "acl", "config": {"deny": ["a"]}}), ("a",), set()),
        ((KEY, {"name": "acl", "config": {"deny": ["a"]}}), ("b",), {"r", "other"}),
        ((KEY, {"name": "acl", "config": {"allow": ["x"]}}, {"name": "acl", "route": "r", "config": {"allow": ["a"]}}),
         ("a",), {"r"}),
        ((KEY, {"name": "request-termination", "route": "r"}), (), {"other"}),
        ((KEY, {"name": "request-termination", "route": "r", "config": {"trigger": "x"}}), (), {"r", "other"}),
        ((KEY, {"name": "ip-restriction", "route": "r", "config": {"allow": ["192.0.2.1"]}}), (), {"other"}),
        ((KEY, {"name": "ip-restriction", "route": "r", "config": {"allow": ["0.0.0.0/0"]}}), (), {"r", "other"}),
        ((KEY, {"name": "ip-restriction", "route": "r", "config": {"deny": ["192.0.2.1"]}}), (), {"r", "other"}),
        ((KEY, {"name": "ip-restriction", "consumer": "c", "config": {"allow": ["192.0.2.1"]}}), (), set()),
        ((KEY, {"name": "rate-limiting", "config": {"minute": 0}}), (), {"r", "other"}),
    ],
)  # fmt: skip
def test_what_a_leaked_key_opens(plugins: tuple[Any, ...], acls: tuple[str, ...], opens: set[str]) -> None:
    assert _uses(_gateway(*plugins, acls=acls), leak=("kong:key-auth/k",)) == opens


def test_plugins_that_are_alternatives_and_plugins_that_are_all_needed() -> None:
    either = [{**each, "config": {"anonymous": "guest"}} for each in (KEY, BASIC)]
    end = {"name": "request-termination", "consumer": "guest"}
    assert _uses(_gateway(*either, end), leak=("kong:key-auth/k",)) == {"r", "other"}
    assert _uses(_gateway(KEY, BASIC), leak=("kong:key-auth/k", "kong:basic-auth/b")) == {"r", "other"}


@pytest.mark.parametrize("config", [{"allow": ["a"]}, {"deny": ["b"]}, {"whitelist": ["a"]}])
@pytest.mark.parametrize(
    ("beside", "opens"),
    [
        ((), False),
        (({"name": "cors"}, {"name": "rate-limiting"}), False),
        (({"name": "our-own-login"},), True),
        (({"name": "our-own-login", "enabled": False},), False),
        (({"name": "key-auth", "enabled": False},), False),
        (({"name": "our-own-login", "route": "other"},), False),
    ],
)
def test_groups_are_met_by_nobody_where_nothing_says_who_calls(
    config: dict[str, Any], beside: tuple[Any, ...], opens: bool
) -> None:
    loaded = _load(_gateway({"name": "acl", "route": "r", "config": config}, *beside, acls=("a",)))
    permitted = {relation.targets for relation in loaded.relations if relation.verb == Verb.PERMITS}
    assert bool(permitted) is opens
    assert any("no plug-in says who calls" in note.message for note in loaded.notes) is not opens


@pytest.mark.parametrize(
    ("more", "acls", "anonymous"),
    [
        ((), (), True),
        (({"name": "request-termination", "consumer": "guest"},), (), False),
        (({"name": "request-termination", "consumer": "guest", "service": "s"},), (), False),
        (({"name": "request-termination", "consumer": "guest", "config": {"trigger": "x"}},), (), True),
        (({"name": "request-termination", "consumer": "c", "service": "s"},), (), True),
        (({"name": "acl", "config": {"allow": ["a"]}},), (), False),
        (({"name": "acl", "config": {"deny": ["a"]}},), (), True),
        ((BASIC,), (), False),
    ],
)
def test_who_shows_nothing_may_be_let_in(more: tuple[Any, ...], acls: tuple[str, ...], anonymous: bool) -> None:
    loaded = _load(_gateway({**KEY, "config": {"anonymous": "guest"}}, *more, acls=acls))
    assert {entity.anonymous for entity in loaded.entities if isinstance(entity, Operation)} == {anonymous}


def test_who_shows_nothing_may_be_let_in_on_one_route_alone() -> None:
    guest = {**KEY, "config": {"anonymous": "guest"}}
    loaded = _load(_gateway(guest, {"name": "request-termination", "consumer": "guest", "route": "r"}))
    opened = {entity.name: entity.anonymous for entity in loaded.entities if isinstance(entity, Operation)}
    assert opened == {"r": False, "other": True}
    assert (loaded.tally.facts, loaded.tally.ignored) == (9, 0)


def test_a_consumer_whose_requests_end_opens_nothing() -> None:
    assert _uses(_gateway(KEY, {"name": "request-termination", "consumer": "c"}), leak=("kong:key-auth/k",)) == set()
    elsewhere = {"name": "request-termination", "consumer": "guest"}
    assert _uses(_gateway(KEY, elsewhere), leak=("kong:key-auth/k",)) == {"r", "other"}


def test_claims_that_openid_connect_asks_for_are_all_needed() -> None:
    config = {
        "issuer": "https://login.example",
        "scopes_required": ["read", "admin"],
        "groups_required": ["staff eu"],
        "audience_required": ["orders"],
    }
    loaded = _load(_gateway({"name": "openid-connect", "route": "r", "config": config}))
    asked = {relation.sources for relation in loaded.relations if relation.verb == Verb.PERMITS}
    both = tuple(f"https://login.example:{each}" for each in ("audience orders", "group eu", "group staff"))
    assert asked == {tuple(sorted((*both, f"https://login.example:{each}"))) for each in ("read", "admin")}


def test_names_that_deck_has_yet_to_fill_in_are_said() -> None:
    data = {
        "_format_version": "3.0",
        "services": [{"name": '${{ env "DECK_NAME" }}', "url": '${{ env "DECK_URL" }}'}, {"name": "s"}],
        "consumers": [
            {"username": '${{ env "DECK_USER" }}', "keyauth_credentials": [{"key": '${{ env "DECK_KEY" }}'}]}
        ],
    }
    messages = [note.message for note in _load(data).notes if note.kind == NoteKind.UNRESOLVED]
    assert len(messages) == 1
    assert messages[0].startswith("2 names are placeholders")


def test_no_plugin_is_not_open_to_anyone() -> None:
    loaded = _load(_gateway())
    assert not any(entity.anonymous for entity in loaded.entities if isinstance(entity, Operation))
    assert any(note.kind == NoteKind.ASSUMED and "not 'open to anyone'" in note.message for note in loaded.notes)


# laws


def test_order_and_twice_and_split() -> None:
    whole = _load(PARTNERS)
    backwards = {key: value[::-1] if isinstance(value, list) else value for key, value in reversed(PARTNERS.items())}
    halves = [{**PARTNERS, "consumers": []}, {**PARTNERS, "services": []}]
    digest = Estate.build([whole]).digest
    assert Estate.build([whole, _load(PARTNERS, "again.json")]).digest == digest
    assert Estate.build([_load(backwards)]).digest == digest
    no_addresses = json.loads(json.dumps(PARTNERS))
    del no_addresses["services"][0]["routes"][1]["plugins"][1]
    halves = [{**no_addresses, "consumers": []}, {**no_addresses, "services": []}]
    parts = [_load(each, f"{number}.json") for number, each in enumerate(halves)]
    assert Estate.build(parts).digest == Estate.build(parts[::-1]).digest == Estate.build([_load(no_addresses)]).digest


def test_split_from_its_consumers_a_list_of_addresses_is_no_limit() -> None:
    parts = [_load({**PARTNERS, "consumers": []}, "1.json"), _load({**PARTNERS, "services": []}, "2.json")]
    estate = Estate.build(parts)
    reach = solve(estate, Scenario(leak=("kong shop:key-auth/5b11",), assume=Level.GRANTED))
    assert Fact("kong shop:route/cancel-order", Capability.USE) in reach.levels
    assert any("lets in some addresses only" in note.message for note in estate.notes)


# what is not right


@pytest.mark.parametrize("version", [None, "0.1", "4.0", "three", [], {"a": 1}, 30])
def test_versions_that_are_refused(version: Any) -> None:
    with pytest.raises(InputError, match=r"kong.json:1:\d+: format version"):
        _load({"_format_version": version})


@pytest.mark.parametrize("data", [None, 3, [], [PARTNERS], {}, {"services": []}, {"apiVersion": "v1", "kind": "List"}])
def test_what_is_not_recognised(data: Any) -> None:
    assert not LOADER.recognises(data)


@pytest.mark.parametrize(
    ("data", "known"),
    [
        ({"services": [{"name": "s", "host": "h"}]}, True),
        ({"_workspace": "w", "consumers": [{"username": "c"}]}, True),
        ({"routes": [{"paths": ["/"]}], "plugins": [{"name": "key-auth"}]}, True),
        ({"plugins": [{"name": "key-auth"}]}, False),
        ({"services": {"web": {"image": "i"}}}, False),
        ({"services": [{"name": "s", "host": "h"}], "version": "3"}, False),
        ({"services": [{"name": "s"}]}, False),
        ({"services": ["host"], "consumers": "username"}, False),
    ],
)
def test_a_configuration_may_leave_out_its_version(data: Any, known: bool) -> None:
    assert LOADER.recognises(data) == known
    if known:
        loaded = _load(data)
        assert loaded.tally.facts == sum(len(each) for each in data.values() if isinstance(each, list))
        assert any("'_format_version'" in note.message for note in loaded.notes)


def test_unknown_options_are_refused() -> None:
    with pytest.raises(InputError, match="gateway"):
        _load(PARTNERS, gatewey="x")


@pytest.mark.parametrize("case", ["partners", "nasty"])
@pytest.mark.slow
def test_wrong_types_everywhere(case: str) -> None:
    data = yaml.safe_load((CASES / case / "input.yaml").read_text())
    assert sum(survives(LOADER, each) is not None for each in damaged(data)) > 400


def test_hostile_names(shared: Path) -> None:
    for name in hostile(shared):
        service = {"name": name, "host": name, "routes": [{"name": name, "paths": [name]}]}
        consumer = {"username": name, "acls": [{"group": name}], "keyauth_credentials": [{"id": name, "key": name}]}
        plugins = [{"name": "key-auth"}, {"name": "acl", "config": {"allow": [name]}}]
        data = {"_format_version": "3.0", "services": [service], "consumers": [consumer], "plugins": plugins}
        loaded = survives(LOADER, data)
        assert loaded is not None
        assert loaded.tally.records == 7


def test_many_scopes_do_not_explode() -> None:
    scopes = [f"s{each}" for each in range(4000)]
    oidc = {"name": "openid-connect", "config": {"issuer": "https://login.example", "scopes_required": scopes}}
    groups = {"name": "acl", "config": {"allow": scopes}}
    loaded = _load(_gateway(oidc, groups))
    assert sum(relation.verb == Verb.PERMITS for relation in loaded.relations) == 2000
    assert any("too many ways" in note.message for note in loaded.notes)


# several files of one gateway


def _spread(folder: Path, **more: Any) -> Loaded:
    parts: dict[str, Any] = {
        "routes": {"services": [{"name": "stock", "host": "s", "routes": [{"name": "list", "paths": ["/stock"]}]}]},
        "plugins": {"plugins": [{"name": "key-auth", "service": "stock"}]},
        "consumers": {"consumers": [{"username": "acme", "keyauth_credentials": [{"key": "x"}]}]},
    }
    for name, part in parts.items():
        (folder / f"{name}.json").write_text(json.dumps({"_format_version": "3.0", **part, **more.get(name, {})}))
    return LOADER.load(read_document(folder / "routes.json"), {"also": ["plugins.json", "consumers.json"]})


def _permits(loaded: Loaded) -> set[str]:
    return {relation.targets[0] for relation in loaded.relations if relation.verb == Verb.PERMITS}


def test_files_of_one_gateway_are_one_configuration(tmp_path: Path) -> None:
    loaded = _spread(tmp_path)
    assert _permits(loaded) == {"kong:route/list"}
    (party,) = [entity.id for entity in loaded.entities if entity.kind == Kind.PARTY]
    reach = solve(Estate.build([loaded]), Scenario(compromise=(party,), assume=Level.GRANTED))
    assert Fact("kong:route/list", Capability.USE) in reach.levels
    files = {place.file.rpartition("/")[2] for relation in loaded.relations for place in relation.provenance}
    assert {"routes.json", "consumers.json"} <= files
    assert loaded.tally.records == 5


def test_files_of_several_gateways_stay_apart(tmp_path: Path) -> None:
    assert not _permits(_spread(tmp_path, plugins={"_workspace": "other"}))


def test_tokens_of_two_authorities_are_not_one_scope() -> None:
    def asks(name: str, **config: str) -> dict[str, Any]:
        return {"name": "-".join(config.values()) or name, "plugins": [{"name": name, "config": config}]}

    routes = [
        asks("oauth2-introspection", introspection_url="https://a.example/check"),
        asks("oauth2-introspection", introspection_url="https://b.example/check"),
        asks("ldap-auth", ldap_host="ldap.example"),
        asks("saml"),
    ]
    gateways = [
        _load({"_format_version": "3.0", "services": [{"name": "s", "host": "h", "routes": routes}]}, gateway=name)
        for name in ("red", "blue")
    ]
    red, blue = ({r.sources[0] for r in each.relations if r.verb == Verb.PERMITS} for each in gateways)
    shared = {f"https://{who}.example/check:any token" for who in "ab"} | {"ldap.example:any token"}
    assert red == {*shared, "red:saml:any token"}
    assert blue == {*shared, "blue:saml:any token"}
