"""The Entra loader: small cases, real exports counted independently, and hostile files."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from blastradius.engine import solve
from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded, Loader
from blastradius.model import Capability, Credential, Fact, Kind, Level, NoteKind, Party, Scenario, Verb
from blastradius.reading import read_document

LOADER: Loader = importlib.import_module("blastradius.loaders.entra").LOADER
GRAPH = "00000003-0000-0000-c000-000000000000"
EMPTY: list[Any] = [None, 0, 7, "", "x", "[", "{}", [], [1], [[]], [None, {}], {}, {"a": 1}, {"value": 3}, True]


def guid(number: int, kind: str = "aaaa") -> str:
    return f"{kind}0000-0000-4000-8000-{number:012x}"


def principal(number: int, **says: Any) -> dict[str, Any]:
    return {"id": guid(number), "appId": guid(number, "bbbb"), "displayName": f"App {number}", **says}


def grant(client: int, resource: int, scope: str, user: str | None = None) -> dict[str, Any]:
    consent = {"consentType": "Principal", "principalId": user} if user else {"consentType": "AllPrincipals"}
    return {"clientId": guid(client), "resourceId": guid(resource), "scope": scope, **consent}


def assignment(client: int, resource: int, role: str, **says: Any) -> dict[str, Any]:
    return {"principalId": guid(client), "resourceId": guid(resource), "appRoleId": role, **says}


def load(folder: Path, data: Any, name: str = "input.json", **options: Any) -> Loaded:
    (folder / name).write_text(data if isinstance(data, str) else json.dumps(data))
    loaded = LOADER.load(read_document(folder / name), options)
    Estate.build([loaded])
    return loaded


def ids(loaded: Loaded, kind: Kind) -> set[str]:
    return {entity.id for entity in loaded.entities if entity.kind == kind}


def pairs(loaded: Loaded, verb: Verb) -> set[tuple[str, str]]:
    return {(relation.sources[0], relation.targets[0]) for relation in loaded.relations if relation.verb == verb}


def says(loaded: Loaded, kind: NoteKind) -> str:
    return "\n".join(note.message for note in loaded.notes if note.kind == kind)


def digest(*parts: Loaded) -> str:
    return Estate.build(parts).digest


# whose an app is


def owner_of(folder: Path, app: dict[str, Any], **options: Any) -> Party | None:
    loaded = load(folder, [app], **options)
    owners = {entity.id: entity for entity in loaded.entities if isinstance(entity, Party)}
    found = pairs(loaded, Verb.OWNS)
    return owners[next(iter(found))[0]] if found else None


@pytest.mark.parametrize("owner", [None, "", "  ", [], 0])
def test_an_empty_publisher_is_not_a_third_party(tmp_path: Path, owner: Any) -> None:
    loaded = load(tmp_path, [principal(1, appOwnerOrganizationId=owner)])
    assert (ids(loaded, Kind.PARTY) == set()) == (owner != 0)
    if owner != 0:
        assert "without a publisher" in says(loaded, NoteKind.INCOMPLETE)


@pytest.mark.parametrize(
    ("app", "options", "role"),
    [
        ({"appOwnerOrganizationId": guid(9)}, {"tenant": guid(9).upper()}, "self"),
        ({"appOwnerOrganizationId": guid(9)}, {"tenant": guid(8)}, "partner"),
        ({"appOwnerOrganizationId": "f8cdef31-a31e-4b4a-93e4-5f571e91255a"}, {}, "provider"),
        ({"appOwnerOrganizationId": "f8cdef31-a31e-4b4a-93e4-5f571e91255b"}, {}, "partner"),
        ({"servicePrincipalType": "ManagedIdentity"}, {}, "self"),
        ({"requiredResourceAccess": []}, {}, "self"),
    ],
)
def test_whose_an_app_is(tmp_path: Path, app: dict[str, Any], options: dict[str, Any], role: str) -> None:
    found = owner_of(tmp_path, principal(1, **app), **options)
    assert found is not None
    assert found.role == role


def test_a_party_may_be_named_by_tenant_or_by_application(tmp_path: Path) -> None:
    app = principal(1, appOwnerOrganizationId=guid(9))
    for key in (guid(9), guid(1, "bbbb").upper()):
        found = owner_of(tmp_path, app, parties={key: "acme"})
        assert found is not None
        assert found.id == "acme"


def test_the_own_tenant_shows_in_its_registrations(tmp_path: Path) -> None:
    apps = [principal(number, appOwnerOrganizationId=guid(9)) for number in (1, 2)]
    registered = {**principal(3), "appId": guid(1, "bbbb"), "requiredResourceAccess": []}
    loaded = load(tmp_path, {"servicePrincipals": apps, "applications": [registered]})
    assert ids(loaded, Kind.PARTY) == {f"entra:tenant:{guid(9)}"}
    assert ids(loaded, Kind.SERVICE) == {f"entra:sp:{guid(1)}", f"entra:sp:{guid(2)}"}


# who holds what


def test_one_app_granted_by_two_users_is_one_party_with_two_grants(tmp_path: Path) -> None:
    app = principal(1, appOwnerOrganizationId=guid(9))
    graph = principal(2, appId=GRAPH)
    grants = [grant(1, 2, "Mail.Read", guid(user)) for user in (11, 12)]
    loaded = load(tmp_path, {"servicePrincipals": [app, graph], "oauth2PermissionGrants": grants})
    assert len(ids(loaded, Kind.PARTY)) == 1
    assert len(pairs(loaded, Verb.GRANTS)) == 2
    assert {scope for _, scope in pairs(loaded, Verb.GRANTS)} == {"microsoft-graph:delegated:Mail.Read"}


def test_what_an_app_may_do_itself_and_for_a_user_are_two_scopes(tmp_path: Path) -> None:
    role = {"id": guid(5), "value": "Mail.Read", "allowedMemberTypes": ["Application"]}
    graph = principal(2, appId=GRAPH, appRoles=[role], appRoleAssignments=[])
    app = principal(
        1, appRoleAssignments=[assignment(1, 2, guid(5))], oauth2PermissionGrants=[grant(1, 2, "Mail.Read")]
    )
    loaded = load(tmp_path, [app, graph])
    assert ids(loaded, Kind.SCOPE) == {f"microsoft-graph:{word}:Mail.Read" for word in ("application", "delegated")}


def test_a_secret_opens_what_the_app_may_do_itself_and_its_value_stays_out(tmp_path: Path) -> None:
    secret = {"keyId": guid(4), "secretText": "CANARY~1", "hint": "CAN", "endDateTime": "2030-01-01T00:00:00Z"}
    key = {"keyId": guid(5), "key": "CANARY==", "customKeyIdentifier": "CANARY", "usage": "Verify"}
    app = principal(1, passwordCredentials=[secret], keyCredentials=[key, {"keyId": guid(6), "usage": "Sign"}])
    roles = {"AppRoleId": guid(7), "RoleDisplayName": "Mail.Send", "ResourceDisplayName": "Microsoft Graph"}
    loaded = load(tmp_path, [{**app, "appRoleAssignments": [roles], "oauth2PermissionGrants": [grant(1, 2, "openid")]}])
    opened = {
        source for source, scope in pairs(loaded, Verb.GRANTS) if scope == "microsoft-graph:application:Mail.Send"
    }
    sp = f"entra:sp:{guid(1)}"
    assert opened == {f"{sp}:access/application", f"{sp}:password/{guid(4)}", f"{sp}:key/{guid(5)}"}
    assert (
        next(entity for entity in loaded.entities if entity.id.endswith(guid(4))).model_dump()["expires"]
        == "2030-01-01"
    )
    assert "CANARY" not in loaded.model_dump_json()
    assert (loaded.tally.facts, loaded.tally.ignored) == (5, 1)


# rights that give rights


def _granted(folder: Path, permission: str, **of_other: Any) -> set[Fact]:
    """What the access of an app gives that has one permission of Graph, beside an app that may send mail."""
    roles = [{"id": guid(number), "value": value, "allowedMemberTypes": ["Application"]}
             for number, value in ((50, permission), (51, "Mail.Send"))]  # fmt: skip
    graph = {**principal(9), "appId": GRAPH, "appRoles": roles}
    apps = [principal(1), {**principal(2), **of_other}, graph]
    assigned = [assignment(1, 9, guid(50)), assignment(2, 9, guid(51))]
    loaded = load(folder, [{"value": apps}, {"value": assigned}])
    leaked = Scenario(leak=(f"entra:sp:{guid(1)}:access/application",), assume=Level.GRANTED)
    return set(solve(Estate.build([loaded]), leaked).levels)


@pytest.mark.parametrize(
    ("permission", "of_other", "has_key", "may_send"),
    [
        ("Application.ReadWrite.All", {}, True, True),
        ("Application.ReadWrite.All", {"servicePrincipalType": "ManagedIdentity"}, False, False),
        ("Application.ReadWrite.All", {"appOwnerOrganizationId": "f8cdef31-a31e-4b4a-93e4-5f571e91255a"}, False, False),
        ("Application.ReadWrite.OwnedBy", {}, False, False),
        ("AppRoleAssignment.ReadWrite.All", {}, False, True),
        ("RoleManagement.ReadWrite.Directory", {}, False, False),
        ("Directory.Read.All", {}, False, False),
    ],
)
def test_a_permission_that_gives_others(
    tmp_path: Path, permission: str, of_other: dict[str, Any], has_key: bool, may_send: bool
) -> None:
    reached = _granted(tmp_path, permission, **of_other)
    assert (Fact(f"entra:sp:{guid(2)}:access/application", Capability.POSSESS) in reached) == has_key
    assert (Fact("microsoft-graph:application:Mail.Send", Capability.USE) in reached) == may_send


@pytest.mark.parametrize(
    ("role", "where", "given"),
    [
        ("62e90394-69f5-4237-9190-012177145e10", "/", True),
        ("9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", "/", True),
        ("9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", f"/{guid(2)}", False),
        ("88d8e3e3-8f55-4a1e-953a-9b9898b8876b", "/", False),
    ],
)
def test_a_directory_role_that_gives_access_to_apps(tmp_path: Path, role: str, where: str, given: bool) -> None:
    held = {"roleDefinitionId": role, "directoryScopeId": where, "id": "1", "principalId": guid(1)}
    other = {**held, "id": "2", "principalId": guid(2), "roleDefinitionId": "f2ef992c-3afb-46b9-b7cf-a126ee74c451"}
    loaded = load(tmp_path, [{"value": [principal(1), principal(2)]}, {"value": [held, other]}])
    leaked = Scenario(leak=(f"entra:sp:{guid(1)}:access/application",), assume=Level.GRANTED)
    reached = solve(Estate.build([loaded]), leaked).levels
    assert (Fact(f"entra:sp:{guid(2)}:access/application", Capability.POSSESS) in reached) == given
    assert ("give further rights" in says(loaded, NoteKind.ASSUMED)) == given


_TO_MARCH = {"endDateTime": "2026-04-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("says", "last"),
    [
        ({"assignmentType": "Activated", "startDateTime": "2026-01-01T00:00:00Z", **_TO_MARCH}, "2026-03-31"),
        ({"scheduleInfo": {"expiration": {"type": "afterDateTime", **_TO_MARCH}}}, "2026-03-31"),
        ({"endDateTime": "2026-03-31T08:00:00.1234567Z"}, "2026-03-31"),
        ({"endDateTime": "2026-04-01T01:30:00+02:00"}, "2026-03-31"),
        ({"endDateTime": None, "scheduleInfo": {"expiration": {"type": "noExpiration", "endDateTime": None}}}, None),
        ({"endDateTime": "soon"}, None),
    ],
)
def test_a_directory_role_ends_with_its_schedule(tmp_path: Path, says: dict[str, Any], last: str | None) -> None:
    held = {"id": "1", "principalId": guid(1), "roleDefinitionId": "62e90394-69f5-4237-9190-012177145e10"}
    data = [{"value": [principal(1)]}, {"value": [{**held, "directoryScopeId": "/", **says}]}]

    def reached(day: str | None, **options: Any) -> bool:
        loaded = load(tmp_path, data, **options).model_copy(update={"as_of": day})
        leaked = Scenario(leak=(f"entra:sp:{guid(1)}:access/application",), assume=Level.GRANTED)
        held = Fact("entra:directory-role:Global Administrator", Capability.USE)
        return held in solve(Estate.build([loaded]), leaked).levels

    assert reached("2026-03-31")
    assert reached("2026-04-01") == (last is None)
    assert reached(None, as_of="2026-04-01") == (last is None)
    assert ("end is not a moment" in str(load(tmp_path, data).notes)) == (says.get("endDateTime") == "soon")


def test_what_is_assigned_to_a_resource_may_stand_inside_it(tmp_path: Path) -> None:
    role = {"id": guid(9), "value": "Order.Read", "allowedMemberTypes": ["Application"]}
    resource = principal(2, appRoles=[role], appRoleAssignedTo=[assignment(1, 2, guid(9))])
    loaded = load(tmp_path, {"value": [principal(1), resource]})
    scope = f"entra:api:{guid(2, 'bbbb')}:application:Order.Read"
    assert (f"entra:sp:{guid(1)}:access/application", scope) in pairs(loaded, Verb.GRANTS)
    assert loaded.tally.facts == 4


def test_older_modules_call_things_by_other_names(tmp_path: Path) -> None:
    app = {
        "ObjectId": guid(1),
        "AppId": guid(1, "bbbb"),
        "AppOwnerTenantId": guid(7),
        "ServicePrincipalType": "Application",
    }
    scope = {"Id": guid(5), "Value": "user_impersonation", "AdminConsentDisplayName": "Act"}
    given = {
        "ObjectId": "x",
        "Id": guid(9),
        "PrincipalId": guid(1),
        "PrincipalType": "ServicePrincipal",
        "ResourceId": guid(2),
    }
    offered = {"Id": guid(9), "Value": "Order.Read", "AllowedMemberTypes": ["Application"]}
    resource = {"ObjectId": guid(2), "AppId": guid(2, "bbbb"), "DisplayName": "Shop", "AppRoles": offered}
    loaded = load(tmp_path, [{**app, "Oauth2Permissions": [scope]}, resource, given])
    assert (f"entra:tenant:{guid(7)}", f"entra:sp:{guid(1)}") in pairs(loaded, Verb.OWNS)
    ours = {name for name in ids(loaded, Kind.SCOPE) if "Order" in name or "impersonation" in name}
    assert len(ours) == 2
    assert (f"entra:sp:{guid(1)}:access/application", f"entra:api:{guid(2, 'bbbb')}:application:Order.Read") in (
        pairs(loaded, Verb.GRANTS)
    )


@pytest.mark.parametrize(
    "off",
    [
        {"accountEnabled": False},
        {"deletedDateTime": "2024-01-01T00:00:00Z"},
        {"disabledByMicrosoftStatus": "DisabledDueToViolationOfServicesAgreement"},
    ],
)
def test_an_app_that_is_off_opens_nothing(tmp_path: Path, off: dict[str, Any]) -> None:
    loaded = load(tmp_path, [principal(1, passwordCredentials=[{"keyId": "k"}], **off), assignment(1, 2, "r")])
    keys = [entity for entity in loaded.entities if entity.kind == Kind.CREDENTIAL]
    assert len(keys) == 2
    assert all([control.kind for control in key.controls] == ["revoked"] for key in keys)


def test_what_a_page_says_was_removed_is_not_there(tmp_path: Path) -> None:
    context = "https://graph.microsoft.com/v1.0/$metadata#servicePrincipals"
    gone = {"id": guid(2), "@removed": {"reason": "deleted"}}
    loaded = load(tmp_path, {"@odata.context": context, "@odata.deltaLink": "x", "value": [principal(1), gone]})
    assert ids(loaded, Kind.SERVICE) == {f"entra:sp:{guid(1)}"}
    assert (loaded.tally.facts, loaded.tally.ignored) == (1, 1)


def test_roles_in_the_directory_are_of_apps_only(tmp_path: Path) -> None:
    admin = {"roleDefinitionId": "62e90394-69f5-4237-9190-012177145e10", "directoryScopeId": "/"}
    reader = {"roleDefinitionId": guid(8), "roleDefinition": {"displayName": "Order Reader"}}
    roles = [
        {**admin, "id": "1", "principalId": guid(1)},
        {**admin, "id": "2", "principalId": guid(3)},
        {
            **reader,
            "id": "3",
            "principalId": guid(4),
            "principal": {"@odata.type": "#microsoft.graph.servicePrincipal"},
            "directoryScopeId": "/administrativeUnits/u",
        },
    ]
    loaded = load(tmp_path, [{"value": [principal(1)]}, {"value": roles}])
    assert pairs(loaded, Verb.GRANTS) == {
        (f"entra:sp:{guid(1)}:access/application", "entra:directory-role:Global Administrator"),
        (f"entra:sp:{guid(4)}:access/application", "entra:directory-role:Order Reader in /administrativeunits/u"),
    }
    assert (loaded.tally.facts, loaded.tally.ignored) == (3, 1)


def test_collected_batched_and_plain_records_are_the_same_apps(tmp_path: Path) -> None:
    apps = [principal(1, appOwnerOrganizationId=guid(7)), principal(2)]
    given = assignment(1, 2, guid(9))
    page = {"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#servicePrincipals", "value": apps}
    batch = {
        "responses": [{"id": "1", "status": 200, "body": page}, {"id": "2", "status": 200, "body": {"value": [given]}}]
    }
    hound = {
        "data": [
            *({"kind": "AZServicePrincipal", "data": {**app, "tenantId": "t"}} for app in apps),
            {"kind": "AZAppRoleAssignment", "data": {**given, "appId": guid(1, "bbbb")}},
            {"kind": "AZUser", "data": {"id": "u"}},
            {"kind": "AZTenant", "data": {"tenantId": guid(6), "displayName": "Shop", "collected": True}},
        ],
        "meta": {"type": "azure"},
    }
    plain, batched, collected = (load(tmp_path, each) for each in ([*apps, given], batch, hound))
    relations = [{relation.id for relation in one.relations} for one in (plain, batched, collected)]
    assert relations[0] == relations[1] == relations[2]
    assert (collected.tally.facts, collected.tally.ignored) == (4, 1)
    assert "is not named" not in says(collected, NoteKind.ASSUMED)


def test_an_answer_that_was_refused_is_said(tmp_path: Path) -> None:
    page = {"value": [principal(1)]}
    refused = {"id": "2", "status": 403, "body": {"error": {"code": "Authorization_RequestDenied"}}}
    loaded = load(tmp_path, {"responses": [{"id": "1", "status": 200, "body": page}, refused]})
    assert (loaded.tally.facts, loaded.tally.rejected) == (1, 1)


@pytest.mark.parametrize("failed", [["Get-PrivilegedRole"], "Get-PrivilegedRole", []])
def test_commands_of_a_report_that_failed_are_said(tmp_path: Path, failed: Any) -> None:
    report = {"privileged_service_principals": {}, "tenant_details": [], "aad_unsuccessful_commands": failed}
    loaded = load(tmp_path, report)
    assert ("1 command of the report failed, such as Get-PrivilegedRole" in says(loaded, NoteKind.INCOMPLETE)) == bool(
        failed
    )


def test_sections_that_are_not_read_are_counted(tmp_path: Path) -> None:
    loaded = load(tmp_path, {"servicePrincipals": [principal(1)], "users": [{"id": "u"}], "groups": {"value": []}})
    assert (loaded.tally.facts, loaded.tally.ignored) == (1, 2)


def test_federated_credentials_of_an_application_page(tmp_path: Path) -> None:
    context = f"https://graph.microsoft.com/v1.0/$metadata#applications('{guid(3)}')/federatedIdentityCredentials"
    trust = {"id": guid(6), "name": "x", "issuer": "https://ci.example", "subject": "repo:a/b", "audiences": ["y"]}
    (tmp_path / "apps.json").write_text(json.dumps([{**principal(3), "requiredResourceAccess": []}]))
    loaded = load(tmp_path, {"@odata.context": context, "value": [trust]}, tables="apps.json")
    key = f"entra:app:{guid(3, 'bbbb')}:federated/{guid(6)}"
    assert ("entra:workload:https://ci.example repo:a/b", key) in pairs(loaded, Verb.HOLDS)


def test_an_end_in_the_past_needs_a_day_to_be_past_of(tmp_path: Path) -> None:
    app = principal(1, passwordCredentials=[{"keyId": guid(4), "endDateTime": "2024-01-01T00:00:00Z"}])
    for options, controls in (({}, 0), ({"as_of": "2024-01-02"}, 1), ({"as_of": "2024-01-01"}, 0)):
        keys = [entity for entity in load(tmp_path, [app], **options).entities if isinstance(entity, Credential)]
        assert [len(key.controls) for key in keys] == [controls]


# the files they come in


def everything() -> dict[str, list[dict[str, Any]]]:
    role = {"id": guid(5), "value": "Mail.Read", "allowedMemberTypes": ["Application"]}
    graph = principal(2, appId=GRAPH, appRoles=[role], appOwnerOrganizationId="f8cdef31-a31e-4b4a-93e4-5f571e91255a")
    app = principal(1, appOwnerOrganizationId=guid(9), passwordCredentials=[{"keyId": guid(4)}], accountEnabled=False)
    registered = {**principal(3), "requiredResourceAccess": [], "keyCredentials": [{"keyId": guid(6)}]}
    return {
        "servicePrincipals": [app, graph, principal(7, appId=registered["appId"], appOwnerOrganizationId=guid(8))],
        "applications": [registered],
        "oauth2PermissionGrants": [grant(1, 2, "Mail.Read offline_access", guid(11)), grant(7, 2, "User.Read")],
        "appRoleAssignments": [assignment(1, 2, guid(5)), assignment(7, 2, guid(5))],
    }


def test_four_files_are_the_estate_of_one(tmp_path: Path) -> None:
    whole = load(tmp_path, everything(), "whole.json")
    for name, records in everything().items():
        (tmp_path / f"{name}.json").write_text(json.dumps({"value": records}))
    names = [f"{name}.json" for name in everything()]
    parts = [LOADER.load(read_document(tmp_path / hostile_name), {"tables": names}) for hostile_name in names]
    assert digest(*parts) == digest(whole) == digest(*reversed(parts)) == digest(whole, *parts)


def test_two_pages_are_the_estate_of_one(tmp_path: Path) -> None:
    apps = [principal(number, appOwnerOrganizationId=guid(number % 3, "cccc")) for number in range(6)]
    whole = load(tmp_path, apps)
    first, second = (load(tmp_path, half, f"{number}.json") for number, half in enumerate((apps[:2], apps[2:])))
    assert digest(first, second) == digest(second, first, first) == digest(whole)
    pages = [{"value": apps[:2], "@odata.nextLink": "https://x"}, {"value": apps[2:]}]
    both = load(tmp_path, pages)
    assert digest(both) == digest(whole)
    assert not says(both, NoteKind.INCOMPLETE).count("further page")
    for word in ("@odata.nextLink", "odata.nextLink", "nextLink"):
        page = load(tmp_path, {"value": apps[:2], word: "https://x"})
        assert says(page, NoteKind.INCOMPLETE).count("further page") == 1


def test_pages_lists_and_records_may_be_joined_in_any_way(tmp_path: Path) -> None:
    apps = [principal(number, appOwnerOrganizationId=guid(9)) for number in range(4)]
    whole = load(tmp_path, apps)
    page = {"@odata.context": "https://x/$metadata#servicePrincipals", "value": apps[:2]}
    for data in ([page, apps[2:]], [page, apps[2], apps[3], None], [apps[:2], apps[2:]], [page, page, *apps[1:]]):
        assert digest(load(tmp_path, data)) == digest(whole)
    assert load(tmp_path, [page, 5, "x", [7], {}]).tally.rejected == 4


def test_a_display_name_does_not_make_a_resource_of_ours_into_graph(tmp_path: Path) -> None:
    named = assignment(1, 2, guid(5), resourceDisplayName="Microsoft Graph")
    impostor = principal(2, displayName="Microsoft Graph", appOwnerOrganizationId=guid(9))
    alone = load(tmp_path, [named])
    assert ids(alone, Kind.SCOPE) == {f"microsoft-graph:application:{guid(5)}"}
    assert "by their display name" in says(alone, NoteKind.ASSUMED)
    known = load(tmp_path, [named, principal(1), impostor])
    assert ids(known, Kind.SCOPE) == {f"entra:api:{guid(2, 'bbbb')}:application:{guid(5)}"}


def test_records_without_ids_are_not_each_other(tmp_path: Path) -> None:
    bare = {"displayName": "x", "servicePrincipalType": "Application", "appOwnerOrganizationId": guid(9)}
    page = {"@odata.context": "https://x/$metadata#servicePrincipals", "value": [bare, bare, {"id": guid(1)}]}
    registered = {"@odata.context": "https://x/$metadata#applications", "value": [{"displayName": "y"}]}
    loaded = load(tmp_path, [page, registered])
    assert ids(loaded, Kind.SERVICE) == {f"entra:sp:{guid(1)}"}
    assert ids(loaded, Kind.PARTY) == set()
    assert loaded.tally.rejected == 3


def test_keys_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "input.yaml").write_text(f"~: 1\nid: {guid(1)}\nappId: {guid(1)}\ndisplayName: x\napi: {{~: [1]}}\n")
    assert LOADER.load(read_document(tmp_path / "input.yaml"), {}).tally.facts == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_and_names_as_powershell_writes_them(tmp_path: Path, encoding: str) -> None:
    app = {key[0].upper() + key[1:]: value for key, value in principal(1, appOwnerOrganizationId=guid(9)).items()}
    (tmp_path / "a.json").write_text(json.dumps(app), encoding=encoding)
    loaded = LOADER.load(read_document(tmp_path / "a.json"), {})
    assert digest(loaded) == digest(load(tmp_path, [principal(1, appOwnerOrganizationId=guid(9))]))


@pytest.mark.parametrize(
    "data",
    [
        {}, [], None, 3, "x", [1], {"value": []}, {"applications": [{"id": 1}]}, {"permissions": {}, "resources": {}},
        {"appId": "shop", "id": "1", "displayName": "x"}, {"openapi": "3.1.0"}, {"clientId": "x", "scope": "y"},
    ],
)  # fmt: skip
def test_what_is_no_export_is_refused(tmp_path: Path, data: Any) -> None:
    assert not LOADER.recognises(data)
    with pytest.raises(InputError, match=r"input\.json: no export of Microsoft Entra|not JSON"):
        load(tmp_path, data)


def test_bare_permissions_need_a_resource(tmp_path: Path) -> None:
    role = {"id": guid(5), "value": "Things.Read", "allowedMemberTypes": ["Application"]}
    with pytest.raises(InputError, match="option resource"):
        load(tmp_path, [role])
    for stated, scope in (("Microsoft Graph", "microsoft-graph"), (guid(1).upper(), f"entra:api:{guid(1)}")):
        assert ids(load(tmp_path, [role], resource=stated), Kind.SCOPE) == {f"{scope}:application:Things.Read"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tenat": "x"}, "tenat"),
        ({"tables": "nowhere.json"}, "nowhere"),
        ({"tables": "../up.json"}, "outside"),
        ({"parties": ["x"]}, "parties"),
    ],
)
def test_options_that_do_not_fit(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        load(tmp_path, [principal(1)], **options)


# hostile files


@pytest.mark.parametrize("value", EMPTY, ids=repr)
@pytest.mark.parametrize("name", ["servicePrincipals", "applications", "oauth2PermissionGrants", "appRoleAssignments"])
def test_wrong_types_never_crash(tmp_path: Path, name: str, value: Any) -> None:
    data = everything()
    load(tmp_path, {**data, name: value})
    for field in data[name][0]:
        load(tmp_path, {**data, name: [{**data[name][0], field: value}, *data[name][1:]]})


INSIDE = [
    "passwordCredentials",
    "keyCredentials",
    "federatedIdentityCredentials",
    "appRoles",
    "oauth2PermissionScopes",
    "appRoleAssignments",
    "oauth2PermissionGrants",
    "requiredResourceAccess",
    "api",
    "verifiedPublisher",
]


@pytest.mark.slow
@pytest.mark.parametrize("value", EMPTY, ids=repr)
@pytest.mark.parametrize("name", INSIDE)
def test_wrong_types_inside_never_crash(tmp_path: Path, name: str, value: Any) -> None:
    for app in (principal(1, accountEnabled=True), principal(1, requiredResourceAccess=[])):
        load(tmp_path, [{**app, name: value}])
        load(tmp_path, [{**app, name: [value, {"keyId": value, "id": value, "value": value, "scope": value}]}])


SECTIONS = [
    "risky_applications",
    "risky_third_party_service_principals",
    "privileged_service_principals",
    "tenant_details",
    "legacy_exchange_service_principal",
    "dedicated_exchange_hybrid_applications",
]


@pytest.mark.slow
@pytest.mark.parametrize("value", EMPTY, ids=repr)
@pytest.mark.parametrize("name", SECTIONS)
def test_wrong_types_in_a_report_never_crash(tmp_path: Path, name: str, value: Any) -> None:
    load(tmp_path, {name: value})
    load(tmp_path, {name: {"x": value}, "timestamp_zulu": value})
    fields = ("ObjectId", "AppId", "Permissions", "KeyCredentials", "FederatedCredentials", "Apps", "roles", "TenantId")
    for field in fields:
        load(tmp_path, {name: [{"AppId": guid(1), "ObjectId": guid(2), "Permissions": [], field: value}]})
        load(tmp_path, {name: {"x": {"ServicePrincipalId": guid(2), field: [value]}}})


@pytest.mark.parametrize("value", EMPTY, ids=repr)
def test_wrong_types_in_tables_never_crash(tmp_path: Path, value: Any) -> None:
    resources = {GRAPH: "Microsoft Graph"}
    permissions = {"Microsoft Graph": {"Application": {guid(1): value}, "Delegated": value, guid(2): "Mail.Read"}}
    loaded = load(tmp_path, {"resources": resources, "permissions": permissions})
    assert "microsoft-graph:application:Mail.Read" in ids(loaded, Kind.SCOPE)
    load(tmp_path, {GRAPH: {"appRoles": value, "oauth2PermissionScopes": [value]}, guid(1): value})


def test_hostile_names(shared: Path, tmp_path: Path) -> None:
    hostile = json.loads((shared / "badinput" / "generated" / "hostile_names.json").read_text())
    names = hostile if isinstance(hostile, list) else list(strings(hostile))
    apps = [principal(number, displayName=name) for number, name in enumerate(names)]
    grants = [grant(1, 2, str(name)) for name in names] + [grant(1, 2, "x", str(name)) for name in names]
    loaded = load(tmp_path, {"servicePrincipals": apps, "oauth2PermissionGrants": grants})
    assert loaded.tally.records == len(apps) + len(grants)


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for child in value.values() if isinstance(value, dict) else value:
            yield from strings(child)


@pytest.mark.slow
def test_a_million_of_nothing(tmp_path: Path) -> None:
    loaded = load(tmp_path, [principal(1), *([None] * 1_000_000)])
    assert loaded.tally.records == 1


# real files


def plain(path: Path) -> Any:
    raw = path.read_bytes()
    return json.loads(raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"))


def some(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


@pytest.mark.parametrize("name", ["GraphAppRoles.json", "GraphDelegateRoles.json"])
def test_real_tables_of_permissions(shared: Path, name: str) -> None:
    loaded = LOADER.load(read_document(shared / "data" / "identity" / name), {})
    rows = plain(shared / "data" / "identity" / name)
    word = "application" if "App" in name else "delegated"
    assert ids(loaded, Kind.SCOPE) == {f"microsoft-graph:{word}:{row['Value']}" for row in rows}
    assert loaded.tally.model_dump() == {"facts": len(rows), "rejected": 0, "ignored": 0}


def test_the_real_table_of_risks(shared: Path) -> None:
    path = shared / "data" / "identity" / "RiskyAppPermissions.json"
    loaded = LOADER.load(read_document(path), {})
    rows = [row for types in plain(path)["permissions"].values() for rows in types.values() for row in rows.values()]
    assert loaded.tally.model_dump() == {"facts": len(rows), "rejected": 0, "ignored": 0}
    scopes = ids(loaded, Kind.SCOPE)
    assert {row["Name"] for row in rows} == {scope.rpartition(":")[2] for scope in scopes}
    giving = ("Application.ReadWrite.", "AppRoleAssignment.ReadWrite.", "RoleManagement.ReadWrite.Directory",
              "RoleAssignmentSchedule.ReadWrite.")  # fmt: skip
    permitted = {scope for scope, _ in pairs(loaded, Verb.PERMITS)}
    assert permitted == {scope for scope in scopes if scope.partition(":")[2].partition(":")[2].startswith(giving)
                         and scope.startswith("microsoft-graph:")}  # fmt: skip
    assert {tag for entity in loaded.entities for tag in entity.tags} == {
        "risk: critical",
        "risk: high",
        "risk: low",
        "risk: medium",
    }


def test_the_real_report(shared: Path) -> None:
    path = shared / "data" / "identity" / "scubagear-ProviderSettingsExport.json"
    loaded = LOADER.load(read_document(path), {})
    report = plain(path)
    apps = [*report["risky_applications"], *report["risky_third_party_service_principals"]]
    apps += [
        *report["legacy_exchange_service_principal"],
        *(x["Apps"] for x in report["dedicated_exchange_hybrid_applications"]),
    ]
    keys = sum(len(some(app.get(f"{form}Credentials"))) for app in apps for form in ("Key", "Password", "Federated"))
    asked = [each for app in apps for each in some(app.get("Permissions"))]
    consented = [each for each in asked if each["IsAdminConsented"]]
    privileged = len(report["privileged_service_principals"])
    read = 6
    assert loaded.tally.facts == len(apps) + keys + len(consented) + privileged + len(report["tenant_details"])
    assert loaded.tally.ignored == len(asked) - len(consented) + len(report) - read
    assert loaded.tally.rejected == 0
    scopes = {f"application:{each['RoleDisplayName']}" for each in consented} | {
        "directory-role:Exchange Administrator"
    }
    assert {name.partition(":")[2] for name in ids(loaded, Kind.SCOPE)} == scopes
    parties = {entity.id: entity.role for entity in loaded.entities if isinstance(entity, Party)}
    assert sorted(parties.values()) == ["partner", "partner", "self"]
    assert loaded.as_of == "2026-05-04"
    expired = [entity for entity in loaded.entities if isinstance(entity, Credential) and entity.controls]
    assert {each.expires < "2026-05-04" for each in expired if each.expires} == {True}
    assert len(expired) == 6


@pytest.mark.parametrize(
    ("name", "facts", "ignored"),
    [
        ("MockApplicationPermissions", 3, 0),
        ("MockApplications", 8, 9),
        ("MockFederatedCredentials", 2, 0),
        ("MockResourcePermissionCache", 11, 0),
        ("MockSafePermissions", 3, 0),
        ("MockServicePrincipalAppRoleAssignments", 8, 0),
        ("MockServicePrincipals", 15, 0),
    ],
)
def test_real_mocks(shared: Path, name: str, facts: int, ignored: int) -> None:
    path = shared / "data" / "identity" / "scubagear-mocks" / f"{name}.json"
    loaded = LOADER.load(read_document(path), {})
    assert loaded.tally.model_dump() == {"facts": facts, "rejected": 0, "ignored": ignored}
    assert facts + ignored == len(list(leaves(plain(path))))
    Estate.build([loaded])


def leaves(value: Any) -> Iterator[Any]:
    """Every object that has an id, wherever it stands."""
    for child in value.values() if isinstance(value, dict) else value:
        if isinstance(child, (list, dict)):
            named = isinstance(child, dict) and {"Id", "id", "KeyId", "AppRoleId", "RoleId"} & child.keys()
            yield from [child] if named else []
            yield from leaves(child)


def test_no_other_sample_is_taken_for_an_export(shared: Path) -> None:
    for path in sorted((shared / "data").rglob("*.json")):
        if not (path.parent.name in ("identity", "scubagear-mocks") and "msgraph" not in path.name):
            try:
                assert not LOADER.recognises(read_document(path).data), path
            except InputError:
                continue


# exports of one tenant in several files


def test_exports_of_one_tenant_are_read_as_one(tmp_path: Path) -> None:
    offered = {"id": guid(1, "cccc"), "value": "Stock.Read.All", "allowedMemberTypes": ["Application"]}
    (tmp_path / "principals.json").write_text(json.dumps([principal(1), principal(2, appRoles=[offered])]))
    (tmp_path / "tenant.json").write_text(json.dumps([{"id": guid(9), "displayName": "Us", "verifiedDomains": []}]))
    assigned = [assignment(1, 2, guid(1, "cccc"))]
    alone = load(tmp_path, assigned)
    together = load(tmp_path, assigned, also=["principals.json", "tenant.json"])
    assert "roles that are not here" in says(alone, NoteKind.UNRESOLVED)
    assert not says(together, NoteKind.UNRESOLVED)
    assert together.tally.facts > alone.tally.facts
    files = {place.file.rpartition("/")[2] for entity in together.entities for place in entity.provenance}
    assert "principals.json" in files


def test_a_bare_list_beside_others_is_named_by_itself(tmp_path: Path) -> None:
    bare = [{"id": guid(1, "cccc"), "value": "Stock.Read.All", "allowedMemberTypes": ["Application"], "origin": "x"}]
    (tmp_path / "bare.json").write_text(json.dumps(bare))
    with pytest.raises(InputError, match=r"bare\.json: permissions of a resource that is not named"):
        load(tmp_path, [principal(1)], also=["bare.json"])


def test_owners_and_consents_in_advance_are_not_lost_in_silence(tmp_path: Path) -> None:
    ahead = {"preAuthorizedApplications": [{"appId": guid(5), "delegatedPermissionIds": [guid(6)]}]}
    app = {**principal(1), "requiredResourceAccess": [], "owners": [{"id": guid(8)}, {"id": guid(9)}], "api": ahead}
    loaded = load(tmp_path, [app])
    assert (loaded.tally.facts, loaded.tally.ignored) == (1, 3)
    said = says(loaded, NoteKind.UNSUPPORTED)
    assert "2 owners of apps, who may add keys to them" in said
    assert "1 consent to apps that an API of ours gives in advance" in said
