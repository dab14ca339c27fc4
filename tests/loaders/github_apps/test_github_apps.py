"""The GitHub loader: small cases, real events counted independently, and hostile files."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from blastradius.engine import solve
from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded, Loader
from blastradius.model import Capability, Fact, Kind, Level, NoteKind, Party, Scenario, Verb
from blastradius.reading import read_document

LOADER: Loader = importlib.import_module("blastradius.loaders.github_apps").LOADER
EMPTY: list[Any] = [None, 0, 7, "", "x", [], [1], [[]], {}, {"a": 1}, True]


def installation(number: int, selection: str = "all", **permissions: Any) -> dict[str, Any]:
    account = {"account": {"login": "lumen", "id": 1}, "target_type": "Organization", "target_id": 1}
    says = {"id": number, "app_id": number * 10, "app_slug": f"app-{number}", "repository_selection": selection}
    return {**says, **account, "permissions": permissions or {"contents": "write"}}


def event(carried: dict[str, Any], *names: str, action: str = "created") -> dict[str, Any]:
    repositories = [{"id": number, "full_name": name} for number, name in enumerate(names)]
    return {"action": action, "installation": carried, "repositories": repositories, "sender": {"login": "x"}}


def token(number: int, selection: str = "all", **says: Any) -> dict[str, Any]:
    url = f"https://api.github.com/organizations/5/personal-access-tokens/{number}/repositories"
    permissions = {"organization": {"members": "read"}, "repository": {"contents": "read"}}
    granted = {"access_granted_at": "2024-01-01T00:00:00Z", "token_expired": False, "token_expires_at": None}
    common = {"id": number, "owner": {"login": "anna"}, "repository_selection": selection, "repositories_url": url}
    return {**common, "permissions": permissions, **granted, **says}


OTHERS: dict[str, dict[str, Any]] = {
    "installation": installation(1),
    "app": {"id": 10, "slug": "app-1", "owner": {"login": "acme"}, "permissions": {}, "events": []},
    "token": token(1),
    "authorized": {"login": "anna", "credential_id": 7, "credential_type": "personal access token", "scopes": ["repo"]},
    "authorization": {"id": 5, "app": {"name": "Sketchy", "client_id": "abcde"}, "scopes": ["repo"]},
    "deploy_key": {
        "id": 9,
        "title": "k",
        "read_only": True,
        "key": "ssh-rsa x",
        "url": "https://h/repos/lumen/till/keys/9",
    },
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


def reached(folder: Path, data: Any, leak: str) -> set[tuple[str, str]]:
    """What a leaked credential gives over repositories, as granted."""
    levels = solve(Estate.build([load(folder, data)]), Scenario(leak=(leak,), assume=Level.GRANTED)).levels
    stores = ((fact.entity, str(fact.capability)) for fact in levels if fact.entity.startswith("github:repository/"))
    return {(name.removeprefix("github:repository/"), what) for name, what in stores if what in ("read", "write")}


def test_permissions_open_the_repositories_they_are_for(tmp_path: Path) -> None:
    some = event(installation(1, "selected", contents="read"), "lumen/till")
    every = installation(2, contents="write", issues="write")
    other = event(installation(3, "selected", issues="write", metadata="read"), "lumen/menu")
    data = [some, every, other]
    both = {(place, what) for place in ("lumen/till", "lumen/menu", "lumen/*") for what in ("read", "write")}
    assert reached(tmp_path, data, "github:installation/1") == {("lumen/till", "read")}
    assert reached(tmp_path, data, "github:installation/2") == both
    assert reached(tmp_path, data, "github:installation/3") == set()


def test_what_is_selected_and_not_listed_is_a_place_of_its_own(tmp_path: Path) -> None:
    data = [installation(1, "selected"), event(installation(2), "lumen/till")]
    assert reached(tmp_path, data, "github:installation/1") == {
        ("installation/1/*", "read"),
        ("installation/1/*", "write"),
    }


def test_administration_controls(tmp_path: Path) -> None:
    estate = Estate.build([load(tmp_path, event(installation(1, "selected", administration="write"), "lumen/till"))])
    levels = solve(estate, Scenario(leak=("github:installation/1",))).levels
    assert levels[Fact("github:repository/lumen/till", Capability.CONTROL)] == Level.GRANTED


@pytest.mark.parametrize("stop", [{"suspended_at": "2024-01-01T00:00:00Z"}, {"action": "deleted"}])
def test_what_is_suspended_or_deleted_opens_nothing(tmp_path: Path, stop: dict[str, str]) -> None:
    carried = {**installation(1), "suspended_at": stop.get("suspended_at")}
    data = event(carried, "lumen/till", action=stop.get("action", "suspend"))
    assert reached(tmp_path, data, "github:installation/1") == set()


@pytest.mark.parametrize("wrap", [lambda each: {"payload": each}, lambda each: {"request": {"payload": each}}])
def test_an_event_inside_its_delivery(tmp_path: Path, wrap: Any) -> None:
    plain, wrapped = (load(tmp_path, each) for each in (event(installation(1)), wrap(event(installation(1)))))
    assert {relation.id for relation in plain.relations} == {relation.id for relation in wrapped.relations}
    assert plain.tally == wrapped.tally


def test_a_persons_own_key_is_not_taken_for_one_of_a_repository(tmp_path: Path) -> None:
    key = {**OTHERS["deploy_key"], "url": "https://api.example/user/keys/2"}
    assert load(tmp_path, [key]).tally.ignored == 1


def test_permissions_on_the_organisation_are_not_limited_to_repositories(tmp_path: Path) -> None:
    loaded = load(tmp_path, [installation(1, "selected", members="read", organization_hooks="write", issues="read")])
    assert {scope for _, scope in pairs(loaded, Verb.GRANTS)} == {
        "github:scope/lumen/members:read",
        "github:scope/lumen/organization_hooks:write",
        "github:limited/installation/1/issues:read",
    }


@pytest.mark.parametrize(
    ("selection", "scopes"),
    [
        ("all", {"scope/lumen/members:read", "scope/lumen/contents:read"}),
        ("subset", {"scope/lumen/members:read", "limited/token/1/contents:read"}),
        ("none", {"scope/lumen/members:read"}),
    ],
)
def test_a_token_and_its_repositories(tmp_path: Path, selection: str, scopes: set[str]) -> None:
    loaded = load(tmp_path, [token(1, selection)], account="lumen")
    assert {scope for _, scope in pairs(loaded, Verb.GRANTS)} == {f"github:{each}" for each in scopes}
    assert pairs(loaded, Verb.HOLDS) == {("github:user/anna", "github:token/1")}


def test_when_a_token_has_ended(tmp_path: Path) -> None:
    cases: list[tuple[dict[str, Any], dict[str, str], int]] = [
        ({}, {}, 0),
        ({"token_expired": True}, {}, 1),
        ({"token_expires_at": "2024-02-01T00:00:00Z"}, {}, 0),
        ({"token_expires_at": "2024-02-01T00:00:00Z"}, {"as_of": "2024-02-02"}, 1),
        ({"token_expires_at": "soon"}, {"as_of": "2024-02-02"}, 0),
    ]
    for says, options, controls in cases:
        loaded = load(tmp_path, [token(1, **says)], **options)
        assert sum(len(entity.controls) for entity in loaded.entities) == controls


def test_whose_an_app_is(tmp_path: Path) -> None:
    data = [installation(1), OTHERS["app"], installation(2)]
    owners = pairs(load(tmp_path, data, parties={"app-2": "beta", "lumen": "us"}), Verb.OWNS)
    assert owners == {("github:account/acme", "github:app/10"), ("beta", "github:app/20")}
    own = load(tmp_path, data, own="acme")
    assert {entity.id: entity.role for entity in own.entities if isinstance(entity, Party)} == {
        "github:account/acme": "self",
        "github:account/lumen": "partner",
    }


def test_two_files_are_the_estate_of_one(tmp_path: Path) -> None:
    rows = [
        installation(1),
        installation(2, "selected"),
        *(each for kind, each in OTHERS.items() if kind != "installation"),
    ]
    rows += [event(installation(3, "selected"), "lumen/till"), event(installation(4), "lumen/menu")]
    whole = load(tmp_path, rows)
    for cut in range(1, len(rows)):
        first, second = load(tmp_path, rows[:cut], "a.json"), load(tmp_path, rows[cut:], "b.json")
        digests = {Estate.build(parts).digest for parts in ([whole], [first, second], [second, first, first])}
        assert len(digests) == 1, cut


def test_pages_as_the_command_line_joins_them(tmp_path: Path) -> None:
    pages = [{"total_count": 2, "installations": [installation(number)]} for number in (1, 2)]
    plain = load(tmp_path, [installation(1), installation(2)])
    for data in (pages, [[installation(1)], [installation(2)]]):
        assert Estate.build([load(tmp_path, data)]).digest == Estate.build([plain]).digest


@pytest.mark.parametrize("value", EMPTY, ids=repr)
@pytest.mark.parametrize("kind", OTHERS)
def test_wrong_types_never_crash(tmp_path: Path, kind: str, value: Any) -> None:
    rows = [{**OTHERS[kind], field: value} for field in OTHERS[kind]]
    rows += [{**OTHERS[kind], "account": {"login": value}, "owner": {"login": value}, "app": {"client_id": value}}]
    rows += [{**OTHERS[kind], "permissions": {"contents": value, "repository": value, "": "read"}}]
    good = OTHERS["app"]
    loaded = load(tmp_path, [*rows, good])
    assert loaded.tally.records == len(rows) + 1
    load(tmp_path, [good, value, {"total_count": value, "installations": value}])


@pytest.mark.parametrize("value", EMPTY, ids=repr)
def test_wrong_types_in_events_never_crash(tmp_path: Path, value: Any) -> None:
    data = event(installation(1, "selected"), "lumen/till")
    load(tmp_path, {**data, "action": value})
    for name in ("repositories", "repositories_added", "repositories_removed", "repository", "key"):
        load(tmp_path, {**data, name: value})
        load(tmp_path, {**data, name: [value, {"full_name": value}, {"full_name": "a/b/c"}]})
    load(tmp_path, [{"action": "created", "key": OTHERS["deploy_key"], "repository": value}, OTHERS["app"]])


@pytest.mark.parametrize(
    "data",
    [{}, [], None, [1], {"installation": {"id": 1}}, {"action": "created", "installation": {"id": 1}}, [[[[]]]],
     {"total_count": 1, "installations": []}, {"total_count": 1, "repositories": [{"full_name": "a/b"}]}],
)  # fmt: skip
def test_what_is_no_answer_is_refused(tmp_path: Path, data: Any) -> None:
    assert not LOADER.recognises(data)
    with pytest.raises(InputError, match=r"input\.json: no answer of GitHub's API that says who holds what; expected"):
        load(tmp_path, data)


def test_an_unknown_option_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'acount' is not known; did you mean 'account'"):
        load(tmp_path, [installation(1)], acount="x")


@pytest.mark.parametrize("name", ["blns/blns.json", "generated/hostile_names.json"])
def test_hostile_names(shared: Path, tmp_path: Path, name: str) -> None:
    rows: list[dict[str, Any]] = [installation(1)]
    for each in map(str, json.loads((shared / "badinput" / name).read_text())):
        rows += [{**installation(2), "account": {"login": each}}, {**installation(3), "app_slug": each}]
        rows += [installation(4, **{each: "read"}), installation(5, "selected", contents=each)]
        rows += [token(6, owner={"login": each}), {**OTHERS["authorized"], "scopes": [each], "login": each}]
        rows += [event(installation(7), each), {**OTHERS["deploy_key"], "title": each}]
    assert load(tmp_path, rows).tally.records == len(rows) + len(rows) // 8


def test_secrets_stay_out(tmp_path: Path) -> None:
    rows = [
        {**OTHERS["authorization"], "token": "CANARY-1", "hashed_token": "CANARY-2", "note": "CANARY-3"},
        {**OTHERS["authorized"], "token_last_eight": "CANARY-4", "fingerprint": "CANARY-5"},
        {**OTHERS["deploy_key"], "key": "ssh-rsa CANARY-6", "title": "ghp_CANARY00000000000000000000000000000000"},
        {**OTHERS["app"], "pem": "CANARY-7", "client_secret": "CANARY-8", "webhook_secret": "CANARY-9"},
        {**installation(1), "access_tokens_url": "https://u:CANARY@h/?t=CANARY"},
    ]
    loaded = load(tmp_path, rows)
    assert "CANARY" not in loaded.model_dump_json()
    assert sum(note.kind == NoteKind.SECRET_DROPPED for note in loaded.notes) == 2


# real events


@pytest.mark.parametrize(
    "name",
    ["installation.created", "installation.created.with-requester", "installation.deleted",
     "installation.new_permissions_accepted", "installation.suspend", "installation_repositories.added"],
)  # fmt: skip
def test_real_events(shared: Path, name: str) -> None:
    path = shared / "data" / "identity" / "github" / f"{name}.json"
    loaded = LOADER.load(read_document(path), {})
    Estate.build([loaded])
    data = json.loads(path.read_text())
    listed = [*data.get("repositories", ()), *data.get("repositories_added", ())]
    assert loaded.tally.model_dump() == {"facts": 1 + len(listed), "rejected": 0, "ignored": 0}
    carried = data["installation"]
    granted = {scope.rpartition("/")[2] for _, scope in pairs(loaded, Verb.GRANTS)}
    assert granted == {f"{key}:{level}" for key, level in carried["permissions"].items()}
    assert {f"github:repository/{entry['full_name']}" for entry in listed} <= ids(loaded, Kind.STORE)
    assert ids(loaded, Kind.CREDENTIAL) == {f"github:installation/{carried['id']}"}
    stopped = [str(control.kind) for entity in loaded.entities for control in entity.controls]
    assert stopped == (["revoked"] if name.endswith(("deleted", "suspend")) else [])


def test_a_real_deploy_key(shared: Path) -> None:
    loaded = LOADER.load(read_document(shared / "data" / "identity" / "github" / "deploy_key.created.json"), {})
    Estate.build([loaded])
    assert pairs(loaded, Verb.GRANTS) == {("github:deploy-key/100", "github:limited/deploy-key/100/contents:read")}
    assert ids(loaded, Kind.STORE) == {"github:repository/Codertocat/Hello-World"}
    assert "AAAAB3Nza" not in loaded.model_dump_json()


def test_no_other_sample_is_taken_for_an_answer(shared: Path) -> None:
    for path in sorted((shared / "data").rglob("*.json")):
        try:
            assert (path.parent.name == "github") == LOADER.recognises(read_document(path).data), path
        except InputError:
            continue


@pytest.mark.parametrize(("pages", "lacking"), [(1, 3), (2, 2), (4, 0)])
def test_installations_that_are_counted_and_not_listed_are_said(tmp_path: Path, pages: int, lacking: int) -> None:
    data = [{"total_count": 4, "installations": [installation(number + 1)]} for number in range(pages)]
    for shape in (data, data[0]) if pages == 1 else (data,):
        loaded = load(tmp_path, shape)
        said = [
            note.message for note in loaded.notes if note.kind == NoteKind.INCOMPLETE and "not listed;" in note.message
        ]
        assert (
            said
            == [f"{lacking} installations are counted and not listed; load the further pages as well"][: lacking and 1]
        )
