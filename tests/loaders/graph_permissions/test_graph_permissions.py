"""The table of Graph permissions: small cases, the real one counted independently, and hostile files."""

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
from blastradius.model import Capability, Fact, Kind, Level, NoteKind, Operation, Scenario, Store, Verb
from blastradius.reading import read_document

LOADER: Loader = importlib.import_module("blastradius.loaders.graph_permissions").LOADER
ENTRA: Loader = importlib.import_module("blastradius.loaders.entra").LOADER
EMPTY: list[Any] = [None, 0, "", "x", [], [1], {}, {"a": 1}, {"/a": 3}, True]


def load(folder: Path, table: Any, name: str = "input.json", **options: Any) -> Loaded:
    (folder / name).write_text(json.dumps({"permissions": table}))
    return LOADER.load(read_document(folder / name), options)


def permission(*paths: str, **says: Any) -> dict[str, Any]:
    sets = [{"schemeKeys": ["Application"], "methods": ["GET"], "paths": dict.fromkeys(paths, ""), **says}]
    return {"schemes": {"Application": {}}, "pathSets": sets}


@pytest.mark.parametrize(
    ("stated", "needed"),
    [
        ("B", {"A+B"}),
        ("B,C", {"A+B", "A+C"}),
        ("B | C", {"A+B", "A+C"}),
        ("B & C | D", {"A+B+C", "A+D"}),
        ("(B | C) & (D | E)", {"A+B+D", "A+B+E", "A+C+D", "A+C+E"}),
        ("A", {"A"}),
        ("", {"A"}),
    ],
)
def test_what_else_is_required(tmp_path: Path, stated: str, needed: set[str]) -> None:
    loaded = load(tmp_path, {"A": permission("/a", alsoRequires=stated)})
    found = {relation.id.removeprefix("permits:").partition(">")[0] for relation in loaded.relations}
    assert {entry.replace("microsoft-graph:application:", "") for entry in found} == needed


@pytest.mark.parametrize(
    "stated", ["(", ")", "A &", "| A", "(A", "A B", "&", 3, [], "&".join(["(A|B)"] * 9), "(" * 900]
)
def test_requirements_that_cannot_be_read_leave_the_path_out(tmp_path: Path, stated: Any) -> None:
    loaded = load(tmp_path, {"A": permission("/a", alsoRequires=stated)})
    assert loaded.relations == ()
    assert loaded.tally.model_dump() == {"facts": 1, "rejected": 1, "ignored": 0}


@pytest.mark.parametrize(
    ("path", "unknown"),
    [
        ("/applications/{id}/addPassword", {"POST": ("issues",), "GET": ()}),
        ("/servicePrincipals/{id}/appRoleAssignedTo", {"POST": ("issues",), "GET": ()}),
        ("/me/messages", {"POST": (), "GET": ()}),
    ],
)
def test_what_adds_a_credential_does_not_say_which(
    tmp_path: Path, path: str, unknown: dict[str, tuple[str, ...]]
) -> None:
    loaded = load(tmp_path, {"A": permission(path, methods=["GET", "POST"])})
    operations = [entity for entity in loaded.entities if isinstance(entity, Operation)]
    assert {operation.method: operation.unknown for operation in operations} == unknown


def test_only_some_permissions(tmp_path: Path) -> None:
    loaded = load(tmp_path, {"Mail.Read": permission("/a"), "User.Read": permission("/b", "/c")}, permissions="Mail.*")
    assert {relation.id for relation in loaded.relations} == {
        "permits:microsoft-graph:application:Mail.Read>microsoft-graph:GET /a"
    }
    assert loaded.tally.model_dump() == {"facts": 2, "rejected": 0, "ignored": 3}


def test_what_cannot_be_read_is_counted(tmp_path: Path) -> None:
    sets = [
        *permission("/a")["pathSets"],
        None,
        {"paths": []},
        {**permission("/b")["pathSets"][0], "schemeKeys": ["X"]},
    ]
    odd = {**permission("/c")["pathSets"][0], "schemeKeys": ["Application", "Telepathy"]}
    table = {"A": {"schemes": {"Application": {}, "X": {}}, "pathSets": [*sets, odd]}}
    loaded = load(tmp_path, table)
    assert loaded.tally.model_dump() == {"facts": 3, "rejected": 4, "ignored": 0}
    assert "2 schemes of path sets are not known" in "\n".join(note.message for note in loaded.notes)
    chosen = load(tmp_path, {**table, "B": permission("/d")}, permissions="B")
    assert chosen.tally.ignored == 7
    assert not [note for note in chosen.notes if "ignored" in note.message]


def test_two_files_are_the_estate_of_one(tmp_path: Path) -> None:
    table = {name: permission("/a", f"/{name}", alsoRequires="A.Read") for name in ("A.Read", "B.Read", "C.Read")}
    whole = load(tmp_path, table)
    first = load(tmp_path, {"B.Read": table.pop("B.Read")}, "first.json")
    second = load(tmp_path, table, "second.json")
    digests = {Estate.build(parts).digest for parts in ([whole], [first, second], [second, first, second])}
    assert len(digests) == 1


def test_from_a_leaked_secret_to_the_mail(tmp_path: Path) -> None:
    app, graph, secret = (f"{part}0000-0000-4000-8000-000000000001" for part in ("aaaa", "bbbb", "cccc"))
    offered = {
        "id": "dddd0000-0000-4000-8000-000000000001",
        "value": "Mail.Read",
        "allowedMemberTypes": ["Application"],
    }
    assigned = {"appRoleId": offered["id"], "principalId": app, "resourceId": graph}
    partner = {"id": app, "appId": app, "appOwnerOrganizationId": secret, "passwordCredentials": [{"keyId": secret}]}
    resource = {"id": graph, "appId": "00000003-0000-0000-c000-000000000000", "displayName": "g", "appRoles": [offered]}
    (tmp_path / "entra.json").write_text(json.dumps([{**partner, "appRoleAssignments": [assigned]}, {**resource}]))
    holders = ENTRA.load(read_document(tmp_path / "entra.json"), {})
    effects = {"match": "GET /users/*/messages", "reads": "mail"}
    table = load(tmp_path, {"Mail.Read": permission("/users/{id}/messages")}, effects=effects)
    estate = Estate.build([holders, table, Loaded(entities=(Store(id="mail"),))])
    leaked = f"entra:sp:{app}:password/{secret}"
    for scenario in (Scenario(leak=(leaked,)), Scenario(compromise=(f"entra:tenant:{secret}",))):
        assert solve(estate, scenario).levels[Fact("mail", Capability.READ)] == Level.GRANTED


@pytest.mark.parametrize("value", EMPTY, ids=repr)
def test_wrong_types_never_crash(tmp_path: Path, value: Any) -> None:
    good = permission("/a")
    for field in ("schemeKeys", "methods", "paths", "alsoRequires"):
        load(tmp_path, {"good": good, "A": permission("/a", **{field: value})})
    for field in ("schemes", "pathSets", "implicit"):
        load(tmp_path, {"good": good, "A": {**good, field: value}, "B": {**good, field: [value]}, "C": value})
    load(tmp_path, {"good": good, "A": permission("/a", paths={"/a": value, "": value, "\u202e": value})})


@pytest.mark.parametrize(
    "data", [{}, [], {"permissions": []}, {"permissions": {"a": {}}}, {"permissions": {}, "resources": {}}]
)
def test_what_is_no_table_is_refused(tmp_path: Path, data: Any) -> None:
    (tmp_path / "input.json").write_text(json.dumps(data))
    assert not LOADER.recognises(data)
    with pytest.raises(InputError, match=r"input\.json: no table of permissions to paths; expected"):
        LOADER.load(read_document(tmp_path / "input.json"), {})


def test_hostile_names(shared: Path, tmp_path: Path) -> None:
    names = json.loads((shared / "badinput" / "blns" / "blns.json").read_text())
    loaded = load(tmp_path, {name: permission(f"/{name}") for name in names} | {"good": permission("/good")})
    Estate.build([loaded])
    assert loaded.tally.facts > 2
    assert loaded.tally.rejected > 0


def test_the_real_table(shared: Path) -> None:
    path = shared / "data" / "identity" / "msgraph-permissions-to-paths.json"
    loaded = LOADER.load(read_document(path), {})
    table = json.loads(path.read_text())["permissions"]
    schemes = sum(len(each["schemes"]) for each in table.values())
    paths = [(each, line) for each in table.values() for one in each["pathSets"] for line in one["paths"].items()]
    operations, permits = set(), set()
    for name, each in table.items():
        for one in each["pathSets"]:
            for line, says in one["paths"].items():
                also = says.partition("AlsoRequires=")[2].partition(";")[0].split(",")
                for method in one["methods"]:
                    operations.add(f"{method} {line}")
                    for scheme in one["schemeKeys"]:
                        permits |= {(frozenset({name, other or name}), scheme, f"{method} {line}") for other in also}
    assert loaded.tally.model_dump() == {"facts": schemes + len(paths), "rejected": 0, "ignored": 0}
    assert {entity.name for entity in loaded.entities if entity.kind == Kind.OPERATION} == operations
    assert sum(entity.kind == Kind.SCOPE for entity in loaded.entities) == schemes
    assert sum(relation.verb == Verb.PERMITS for relation in loaded.relations) == len(permits)
    assert [note.kind for note in loaded.notes] == [NoteKind.ASSUMED]


def test_the_tables_of_one_vendor_agree_on_the_names_of_scopes(shared: Path) -> None:
    folder = shared / "data" / "identity"
    table = LOADER.load(read_document(folder / "msgraph-permissions-to-paths.json"), {})
    roles = ENTRA.load(read_document(folder / "GraphAppRoles.json"), {})
    known = {entity.id for entity in table.entities}
    assert sum(entity.id in known for entity in roles.entities) > 600
    assert not [note for note in Estate.build([table, roles]).notes if note.kind == NoteKind.CONTRADICTED]
