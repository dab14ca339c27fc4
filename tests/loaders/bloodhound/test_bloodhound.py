"""The BloodHound loader: small cases, real graphs counted and walked independently, and hostile files."""

from __future__ import annotations

import importlib
import io
import json
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from blastradius import reach
from blastradius.engine import solve
from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded, Loader
from blastradius.model import SIGNATURES, Capability, Credential, Fact, Kind, Level, NoteKind, Party, Scenario, Verb
from blastradius.reading import parse_document, read_document
from tests.loaders import laws

LOADER: Loader = importlib.import_module("blastradius.loaders.bloodhound").LOADER
SID = "S-1-5-21-1-2-3"
SESSION = "bloodhound-found:HasSession"


def node(ident: str, /, *kinds: str, **says: Any) -> dict[str, Any]:
    return {"id": ident, "kinds": list(kinds), "properties": {"name": ident.upper(), **says}}


def edge(kind: str, start: str, end: str) -> dict[str, Any]:
    return {"kind": kind, "start": {"value": start}, "end": {"value": end}}


def graph(nodes: list[Any], edges: list[Any], source: str | None = "Base") -> dict[str, Any]:
    return {"metadata": {"source_kind": source}, "graph": {"nodes": nodes, "edges": edges}}


def sharphound(kind: str, *objects: Any, version: Any = 6) -> dict[str, Any]:
    return {"data": list(objects), "meta": {"type": kind, "count": len(objects), "version": version, "methods": 0}}


def thing(rid: str, name: str = "X", **says: Any) -> dict[str, Any]:
    properties = {"name": name, "domainsid": SID}
    return {"ObjectIdentifier": f"{SID}-{rid}", "Properties": properties, "Aces": [], "IsDeleted": False, **says}


def ace(rid: str, right: str, kind: str = "Group") -> dict[str, Any]:
    return {"PrincipalSID": f"{SID}-{rid}", "PrincipalType": kind, "RightName": right, "IsInherited": False}


def ref(rid: str, kind: str) -> dict[str, str]:
    return {"ObjectIdentifier": f"{SID}-{rid}", "ObjectType": kind}


def domain(**says: Any) -> dict[str, Any]:
    return {"ObjectIdentifier": SID, "Properties": {"name": "LUMEN.LOCAL", "domainsid": SID}, "Aces": [], **says}


def zipped(folder: Path, files: dict[str, Any], name: str = "input.zip") -> Path:
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for inner, data in files.items():
            archive.writestr(inner, data if isinstance(data, (str, bytes)) else json.dumps(data))
    return folder / name


def estate(*documents: Any, **options: Any) -> Estate:
    return Estate.build(laws.load(LOADER, document, **options) for document in documents)


def controlled(built: Estate, seed: str, level: Level = Level.GRANTED) -> set[str]:
    """The plain ids of what is controlled when one node is."""
    levels = solve(built, Scenario(compromise=(f"bloodhound:{seed}",), assume=level)).levels
    found = {fact.entity for fact in levels if fact.capability == Capability.CONTROL}
    return {entry.removeprefix("bloodhound:") for entry in found if entry.startswith("bloodhound:")}


def says(loaded: Loaded, kind: NoteKind) -> str:
    return "\n".join(note.message for note in loaded.notes if note.kind == kind)


def pairs(loaded: Loaded, verb: Verb) -> set[tuple[str, str]]:
    return {(relation.sources[0], relation.targets[0]) for relation in loaded.relations if relation.verb == verb}


# what is whose


def test_what_a_compromise_of_an_apps_vendor_reaches(tmp_path: Path) -> None:
    """A GitHub organisation with one app on one of its two repositories."""
    permissions = json.dumps({"contents": "write", "workflows": "write", "metadata": "read"})
    nodes = [
        node("O_1", "GH_Organization", login="lumen"),
        node("R_till", "GH_Repository", full_name="lumen/till"),
        node("R_menu", "GH_Repository", full_name="lumen/menu"),
        node("S_deploy", "GH_RepoSecret", "GH_Secret"),
        node("S_menu", "GH_RepoSecret", "GH_Secret"),
        node("N_1", "GH_OrgRunner"),
        node("A_1", "GH_App", slug="parcel", client_id="Iv1", owner_login="parcelly", owner_node_id="O_9"),
        node("I_1", "GH_AppInstallation", app_slug="parcel", client_id="Iv1", permissions=permissions),
    ]
    edges = [
        edge("GH_Owns", "O_1", "R_till"),
        edge("GH_Owns", "O_1", "R_menu"),
        edge("GH_CanAccess", "I_1", "R_till"),
        edge("GH_HasSecret", "R_till", "S_deploy"),
        edge("GH_HasSecret", "R_menu", "S_menu"),
        edge("GH_CanUseRunner", "R_till", "N_1"),
    ]
    (tmp_path / "org.json").write_text(json.dumps(graph(nodes, edges, "GitHub")))
    built = Estate.build([LOADER.load(read_document(tmp_path / "org.json"), {})])
    answer = reach(built, compromise="bloodhound-party:O_9", assume="granted").data.model_dump(mode="json")
    facts = {(fact["entity"], fact["capability"]) for fact in answer["facts"]}
    reached = {name for name, _ in facts}
    assert {
        ("bloodhound-app:Iv1", "control"),
        ("bloodhound:I_1", "possess"),
        ("bloodhound:R_till", "read"),
        ("bloodhound:R_till", "write"),
        ("bloodhound-workflows:R_till", "control"),
        ("bloodhound:S_deploy", "possess"),
        ("bloodhound:N_1", "control"),
    } <= facts
    assert ("bloodhound:R_till", "control") not in facts
    assert not reached & {"bloodhound:R_menu", "bloodhound-workflows:R_menu", "bloodhound:S_menu"}
    assert not reached & {"bloodhound-party:O_1"}


@pytest.mark.parametrize(
    ("permissions", "expected"),
    [
        ({"contents": "read"}, {("bloodhound:R_1", "read")}),
        ({"contents": "write"}, {("bloodhound:R_1", "read"), ("bloodhound:R_1", "write")}),
        ({"workflows": "write"}, set()),
        ({"repository": {"contents": "read"}}, {("bloodhound:R_1", "read")}),
        ({"issues": "write", "metadata": "read"}, set()),
        (
            {"administration": "write"},
            {(each, what) for each in ("bloodhound:R_1", "bloodhound-workflows:R_1") for what in ("read", "write")},
        ),
    ],
)
def test_what_a_token_opens_is_what_it_is_permitted(permissions: Any, expected: set[tuple[str, str]]) -> None:
    for said in (permissions, json.dumps(permissions)):
        token = node("K_1", "GH_PersonalAccessToken", permissions=said)
        built = estate(graph([token, node("R_1", "GH_Repository")], [edge("GH_CanAccess", "K_1", "R_1")]))
        levels = solve(built, Scenario(leak=("bloodhound:K_1",), assume=Level.GRANTED)).levels
        assert {
            (level.entity, str(level.capability)) for level in levels if level.capability in ("read", "write")
        } == expected


def test_when_a_token_has_ended() -> None:
    cases: list[tuple[dict[str, Any], str | None, list[str]]] = [
        ({"token_expires_at": "2026-04-13T04:46:10Z"}, "2026-04-13", []),
        ({"token_expires_at": "2026-04-13", "token_expired": True}, "2026-04-13", ["expired"]),
        ({"suspended_at": "2026-01-01T00:00:00Z"}, None, ["revoked"]),
        ({"suspended_at": "", "token_expired": False, "token_expires_at": "soon"}, None, []),
    ]
    for properties, expires, controls in cases:
        (made,) = laws.load(LOADER, graph([node("I", "GH_AppInstallation", **properties)], [])).entities
        assert isinstance(made, Credential)
        assert (made.expires, [str(control.kind) for control in made.controls]) == (expires, controls)


def test_an_app_of_the_organisation_itself_is_not_a_third_partys() -> None:
    own = node("A_1", "GH_App", client_id="Iv1", owner_login="lumen", owner_node_id="O_1")
    loaded = laws.load(LOADER, graph([own, node("O_1", "GH_Organization", login="lumen")], []))
    assert pairs(loaded, Verb.OWNS) == {("bloodhound-party:O_1", "bloodhound-app:Iv1")}
    assert [entity.role for entity in loaded.entities if isinstance(entity, Party)] == ["self"]


def test_options_say_whose_a_thing_is() -> None:
    nodes = [
        node("O_1", "GH_Organization", login="Lumen"),
        node("O_2", "GH_Organization", login="parcel-forge"),
        node("A_1", "GH_App", slug="lens", client_id="Iv1"),
        node("T_1", "AZTenant"),
    ]
    parties = {"parcel-forge": "parcelly", "lens": "lens-inc", "t_1": "parcelly"}
    loaded = laws.load(LOADER, graph(nodes, []), parties=parties, own="lumen")
    roles = {entity.id: entity.role for entity in loaded.entities if isinstance(entity, Party)}
    assert roles == {"bloodhound-party:O_1": "self", "parcelly": "partner", "lens-inc": "partner"}
    assert pairs(loaded, Verb.OWNS) == {("lens-inc", "bloodhound-app:Iv1"), ("parcelly", "bloodhound:T_1")}
    assert says(loaded, NoteKind.ASSUMED) == ""


def test_an_app_registered_in_another_tenant_is_that_tenants() -> None:
    tenants = [("t1", "t1"), ("t1", "t9"), ("t1", ""), ("", "t9")]
    nodes = [
        node(f"P{number}", "AZServicePrincipal", tenantid=used, appownerorganizationid=registered)
        for number, (used, registered) in enumerate(tenants)
    ]
    loaded = laws.load(LOADER, graph(nodes, []))
    assert {target for source, target in pairs(loaded, Verb.OWNS)} == {"bloodhound:P1", "bloodhound-key:P1"}
    assert {source for source, _ in pairs(loaded, Verb.OWNS)} == {"bloodhound-party:T9"}


def test_a_domain_behind_a_trust_is_a_party_only_where_an_option_says_so() -> None:
    trust = {"TargetDomainSid": "S-1-5-21-9-9-9", "TargetDomainName": "PARCELLY.NET", "TrustDirection": "Outbound"}
    data = sharphound("domains", domain(Trusts=[{**trust, "TrustType": "External", "SidFilteringEnabled": False}]))
    silent = laws.load(LOADER, data)
    assert [entity for entity in silent.entities if entity.kind == Kind.PARTY] == []
    assert "domains of a trust that were not collected" in says(silent, NoteKind.INCOMPLETE)
    built = estate(data, parties={"parcelly.net": "parcelly"})
    levels = solve(built, Scenario(compromise=("parcelly",), assume=Level.GRANTED)).levels
    assert Fact(f"bloodhound:{SID}", Capability.CONTROL) in levels


# who can act as whom


@pytest.mark.parametrize(
    ("trust", "leads"),
    [
        ({"TrustDirection": "Bidirectional", "TrustType": "ParentChild"}, {"in", "out"}),
        ({"TrustDirection": 3, "TrustType": 0}, {"in", "out"}),
        ({"TrustDirection": "Outbound", "TrustType": "External", "SidFilteringEnabled": False}, {"in"}),
        ({"TrustDirection": 2, "TrustType": 2, "SidFilteringEnabled": False}, {"in"}),
        ({"TrustDirection": "Outbound", "TrustType": "Forest", "SidFilteringEnabled": True}, set()),
        ({"TrustDirection": "Outbound", "TrustType": "Forest"}, set()),
        ({"TrustDirection": "Inbound", "TrustType": "External", "SidFilteringEnabled": False}, set()),
        ({"TrustDirection": "Inbound", "TrustType": "Forest", "TGTDelegationEnabled": True}, {"in"}),
        ({"TrustDirection": "Disabled", "TrustType": "ParentChild"}, set()),
        ({"TrustDirection": None, "TrustType": []}, set()),
    ],
)
def test_where_a_trust_leads(trust: dict[str, Any], leads: set[str]) -> None:
    data = sharphound("domains", domain(Trusts=[{"TargetDomainSid": "S-1-5-21-9-9-9", **trust}]))
    other = sharphound("domains", {"ObjectIdentifier": "S-1-5-21-9-9-9", "Properties": {}})
    built = estate(data, other)
    ways = {"in": ("S-1-5-21-9-9-9", SID), "out": (SID, "S-1-5-21-9-9-9")}
    assert {word for word, (start, end) in ways.items() if end in controlled(built, start)} == leads


def test_replicating_a_domain_takes_both_rights_by_whatever_groups() -> None:
    groups = sharphound(
        "groups",
        thing("1", Members=[ref("11", "User"), ref("12", "User")]),
        thing("2", Members=[ref("12", "User")]),
    )
    rights = sharphound("domains", domain(Aces=[ace("1", "GetChanges"), ace("2", "GetChangesAll")]))
    built = estate(groups, rights)
    assert SID not in controlled(built, f"{SID}-11", Level.LATERAL)
    assert SID not in controlled(built, f"{SID}-12", Level.GRANTED)
    assert SID in controlled(built, f"{SID}-12", Level.ABUSED)
    assert SID in controlled(
        estate(sharphound("domains", domain(Aces=[ace("1", "AllExtendedRights")]))), f"{SID}-1", Level.ABUSED
    )


def test_sessions_are_found_and_remote_access_has_to_walk_on() -> None:
    session = {"Collected": True, "Results": [{"UserSID": f"{SID}-11", "ComputerSID": f"{SID}-21"}]}
    desktop = {"ObjectIdentifier": f"{SID}-21-555", "Name": "RDP", "Results": [ref("12", "User")], "Collected": True}
    admins = {"ObjectIdentifier": f"{SID}-21-544", "Name": "ADM", "Results": [ref("13", "User")], "Collected": True}
    built = estate(sharphound("computers", thing("21", Sessions=session, LocalGroups=[desktop, admins])))
    assert f"{SID}-21" in controlled(built, f"{SID}-13", Level.GRANTED)
    assert f"{SID}-11" not in controlled(built, f"{SID}-13", Level.GRANTED)
    assert f"{SID}-11" in controlled(built, f"{SID}-13", Level.ABUSED)
    assert f"{SID}-21" not in controlled(built, f"{SID}-12", Level.TAKEOVER)
    assert f"{SID}-21" in controlled(built, f"{SID}-12", Level.LATERAL)


def test_local_groups_of_every_version_of_the_form() -> None:
    old = thing("21", LocalAdmins={"Collected": True, "Results": [ref("11", "User")]})
    new = thing("21", LocalGroups=[{"ObjectIdentifier": f"{SID}-21-544", "Results": [ref("11", "User")]}])
    shared = thing("21", LocalGroups=[{"ObjectIdentifier": "LUMEN.LOCAL-S-1-5-32-544", "Results": [ref("11", "User")]}])
    unit = {"LocalAdmins": [ref("11", "User")], "AffectedComputers": [ref("21", "Computer")]}
    for data in (
        sharphound("computers", old, version=4),
        sharphound("computers", new, version=5),
        sharphound("computers", shared),
        sharphound("ous", thing("31", GPOChanges=unit)),
    ):
        assert controlled(estate(data), f"{SID}-11") == {f"{SID}-11", f"{SID}-21-544", f"{SID}-21"}


def test_a_local_group_that_is_not_named_is_called_by_its_number() -> None:
    listed = [
        {"ObjectIdentifier": f"{SID}-21-{rid}", "Name": name} for rid, name in (("544", "IGNOREME"), ("555", "RDP"))
    ]
    loaded = laws.load(LOADER, sharphound("computers", thing("21", "TILL", LocalGroups=listed)))
    names = {entity.name for entity in loaded.entities if entity.tags == ("LocalGroup",)}
    assert names == {"rights of 544@TILL", "rights of RDP"}


def test_a_policy_reaches_accounts_under_it_and_nothing_else() -> None:
    unit, inner = {"ObjectIdentifier": "OU-1", "ObjectType": "OU"}, {"ObjectIdentifier": "OU-2", "ObjectType": "OU"}
    ous = sharphound(
        "ous",
        {"ObjectIdentifier": "OU-1", "Properties": {}, "Links": [{"GUID": "GPO-1", "IsEnforced": False}]},
        {"ObjectIdentifier": "OU-2", "Properties": {}, "ContainedBy": unit},
    )
    users = sharphound("users", thing("11", ContainedBy=inner, IsACLProtected=True), thing("12", ContainedBy=unit))
    groups = sharphound("groups", thing("13", ContainedBy=unit))
    policies = sharphound("gpos", {"ObjectIdentifier": "GPO-1", "Aces": [ace("14", "GenericWrite")]})
    built = estate(ous, users, groups, policies)
    assert controlled(built, f"{SID}-14") == {f"{SID}-14", "GPO-1", f"{SID}-11", f"{SID}-12"}
    assert controlled(built, "OU-1") == {"OU-1", "OU-2", f"{SID}-11", f"{SID}-12", f"{SID}-13"}


def test_who_controls_a_container_controls_what_inherits_from_it() -> None:
    holder = {"ObjectIdentifier": "C-1", "ObjectType": "Container"}
    groups = sharphound("groups", thing("1", ContainedBy=holder), thing("2", ContainedBy=holder, IsACLProtected=True))
    assert controlled(estate(groups), "C-1") == {"C-1", f"{SID}-1"}


@pytest.mark.parametrize(
    ("kind", "right", "properties", "leads"),
    [
        ("users", "ForceChangePassword", {}, True),
        ("users", "AllExtendedRights", {}, True),
        ("computers", "AllExtendedRights", {"haslaps": True}, True),
        ("computers", "AllExtendedRights", {"haslaps": False}, False),
        ("groups", "AllExtendedRights", {}, False),
        ("groups", "AddMember", {}, True),
        ("certtemplates", "Enroll", {}, False),
        ("certtemplates", "WriteDacl", {}, True),
        ("users", "AddedTomorrow", {}, False),
        ("domains", "GetChanges", {}, False),
    ],
)
def test_which_rights_control(kind: str, right: str, properties: dict[str, Any], leads: bool) -> None:
    thing_ = {"ObjectIdentifier": "X-1", "Properties": properties, "Aces": [ace("1", right)]}
    built = estate(sharphound(kind, thing_))
    assert (
        ("X-1" in controlled(built, f"{SID}-1", Level.LATERAL)) == leads
        if f"bloodhound:{SID}-1" in built.entities
        else not leads
    )


def test_edges_that_the_user_leaves_out_are_counted_and_no_news() -> None:
    raw = sharphound("groups", thing("1", Aces=[ace("2", "GenericAll"), ace("3", "Unheard")]))
    loaded = laws.load(LOADER, raw, edges={"GenericAll": "ignore", "Unheard": "ignore"})
    assert loaded.ignored == {"edges of kind GenericAll": 1, "edges of kind Unheard": 1}
    assert not [note for note in loaded.notes if "ignored" in note.message]


def test_rights_over_oneself_or_of_an_owner_are_nobodys() -> None:
    own = {"PrincipalSID": "LUMEN.LOCAL-S-1-3-4", "PrincipalType": "Group", "RightName": "GenericAll"}
    loaded = laws.load(LOADER, sharphound("groups", thing("1", Aces=[ace("1", "GenericAll"), own])))
    assert loaded.tally.model_dump() == {"facts": 1, "rejected": 0, "ignored": 2}


@pytest.mark.parametrize(
    ("right", "enabled", "acts"),
    [
        ("ForceChangePassword", True, True),
        ("ForceChangePassword", False, False),
        ("GenericAll", False, True),
    ],
)
def test_a_password_that_was_set_is_that_of_the_account(right: str, enabled: bool, acts: bool) -> None:
    user = thing("11", Aces=[ace("1", right)])
    user["Properties"]["enabled"] = enabled
    built = estate(sharphound("users", user))
    assert (f"{SID}-11" in controlled(built, f"{SID}-1")) == acts
    reached = solve(built, Scenario(compromise=(f"bloodhound:{SID}-1",), assume=Level.GRANTED)).levels
    assert Fact(f"bloodhound-key:{SID}-11", Capability.POSSESS) in reached


def test_a_disabled_accounts_password_opens_nothing() -> None:
    users = [thing("11"), thing("12")]
    users[1]["Properties"]["enabled"] = False
    built = estate(sharphound("users", *users))
    for rid, opens in (("11", True), ("12", False)):
        levels = solve(built, Scenario(leak=(f"bloodhound-key:{SID}-{rid}",))).levels
        assert (Fact(f"bloodhound:{SID}-{rid}", Capability.CONTROL) in levels) == opens


def test_who_breaks_a_machine_that_others_may_reach_does_not_spoil_them() -> None:
    """A controlled end says nothing of whoever had a right over it."""
    built = estate(
        graph(
            [node("u", "User"), node("g", "Group"), node("c", "Computer")],
            [edge("MemberOf", "u", "g"), edge("CanRDP", "g", "c"), edge("AdminTo", "u", "c")],
        )
    )
    levels = solve(built, Scenario(compromise=("bloodhound:c",), assume=Level.LATERAL)).levels
    assert {level.entity for level in levels} & {"bloodhound:u", "bloodhound:g", "bloodhound-key:u"} == set()


def test_branches_lead_to_workflows_and_their_secrets() -> None:
    nodes = [
        node("u", "GH_User"), node("w", "GH_RepoRole"), node("t", "GH_RepoRole"), node("r", "GH_Repository"),
        node("b", "GH_Branch"), node("s", "GH_OrgSecret"), node("a", "GH_SecretScanningAlert"), node("v", "GH_User"),
    ]  # fmt: skip
    edges = [
        edge("GH_HasRole", "u", "w"), edge("GH_HasBaseRole", "w", "t"), edge("GH_CanWriteBranch", "t", "b"),
        edge("GH_HasBranch", "r", "b"), edge("GH_HasSecret", "r", "s"), edge("GH_CanReadSecretScanningAlert", "w", "a"),
        edge("GH_ValidToken", "a", "v"),
    ]  # fmt: skip
    built = estate(graph(nodes, edges))
    levels = solve(built, Scenario(leak=("bloodhound-key:u",), assume=Level.ABUSED)).levels
    assert levels[Fact("bloodhound:s", Capability.POSSESS)] == Level.GRANTED
    assert levels[Fact("bloodhound:v", Capability.CONTROL)] == Level.ABUSED
    assert Fact("bloodhound:r", Capability.READ_SUBSET) not in levels


def test_an_okta_token_opens_what_its_user_may() -> None:
    nodes = [
        node("t", "Okta_ApiToken"), node("u", "Okta_User"), node("g", "Okta_Group"), node("o", "Okta_Organization"),
        node("a", "Okta_Application"), node("s", "Okta_ClientSecret"), node("v", "Okta_User"),
    ]  # fmt: skip
    edges = [
        edge("Okta_ApiTokenFor", "t", "u"), edge("Okta_MemberOf", "u", "g"), edge("Okta_ManageApp", "g", "a"),
        edge("Okta_SecretOf", "s", "a"), edge("Okta_SuperAdmin", "v", "o"), edge("Okta_ResetFactors", "g", "v"),
        edge("Okta_Contains", "o", "u"),
    ]  # fmt: skip
    built = estate(graph(nodes, edges, "Okta"))
    levels = solve(built, Scenario(leak=("bloodhound:t",), assume=Level.GRANTED)).levels
    assert {level.entity for level in levels if level.capability == Capability.CONTROL} == {
        f"bloodhound:{each}" for each in "uga"
    }
    assert controlled(built, "v") == set("vouga")


# ends, kinds and options


@pytest.mark.parametrize(
    ("end", "found"),
    [
        ({"value": "G1"}, True),
        ({"value": "g1"}, True),
        ({"value": "G1", "kind": "Group"}, True),
        ({"value": "G1", "kind": "User"}, False),
        ({"value": "G1", "match_by": None}, True),
        ({"value": "ops", "match_by": "name"}, True),
        ({"value": "ops", "match_by": "name", "kind": "Group"}, True),
        ({"value": "ops", "match_by": "name", "kind": "User"}, False),
        ({"value": "twins", "match_by": "name"}, False),
        ({"match_by": "property", "property_matchers": [{"key": "room", "operator": "equals", "value": 7}]}, True),
        ({"match_by": "property", "property_matchers": [{"key": "room", "operator": "equals", "value": "7"}]}, False),
        (
            {
                "match_by": "property",
                "property_matchers": [
                    {"key": "name", "operator": "equals", "value": "OPS"},
                    {"key": "room", "operator": "equals", "value": 8},
                ],
            },
            False,
        ),
        ({"value": "G7"}, False),
    ],
)
def test_how_an_end_is_matched(end: dict[str, Any], found: bool) -> None:
    nodes = [
        node("U1", "User"),
        node("G1", "Group", name="OPS", room=7),
        node("G2", "Group", name="TWINS"),
        node("G3", "Group", name="TWINS"),
    ]
    loaded = laws.load(LOADER, graph(nodes, [{"kind": "MemberOf", "start": {"value": "U1"}, "end": end}]))
    assert pairs(loaded, Verb.CALLS) == ({("bloodhound:U1", "bloodhound-right:act as/G1")} if found else set())
    assert loaded.tally.model_dump() == {"facts": 4 + found, "rejected": 0, "ignored": 1 - found}


def test_an_end_that_is_no_node_of_the_file_is_one_where_its_kind_is_said() -> None:
    far = {"kind": "MemberOf", "start": {"value": "U1"}, "end": {"value": "G9", "kind": "Group"}}
    assert controlled(estate(graph([node("U1", "User")], [far])), "U1") == {"U1", "G9"}


def test_a_node_of_several_kinds_is_the_first_that_is_known() -> None:
    nodes = [node("a", "Base", "User"), node("b", "Odd", "AZKeyVault"), node("c", "Odd", "Group")]
    loaded = laws.load(LOADER, graph(nodes, []), kinds={"Odd": "store"})
    kinds = {entity.id: entity.kind for entity in loaded.entities}
    assert kinds["bloodhound:a"] == Kind.SERVICE
    assert (kinds["bloodhound:b"], kinds["bloodhound:c"]) == (Kind.STORE, Kind.STORE)


def test_kinds_of_githounds_first_version_are_those_of_today() -> None:
    old = graph([node("u", "GHUser"), node("w", "GHTeam")], [edge("GHMemberOf", "u", "w")])
    new = graph([node("u", "GH_User"), node("w", "GH_Team")], [edge("GH_MemberOf", "u", "w")])
    assert laws.estate([laws.load(LOADER, old)]) == laws.estate([laws.load(LOADER, new)])


def test_a_node_told_twice_is_one_with_the_kinds_of_both() -> None:
    loaded = laws.load(LOADER, graph([{"id": "a", "kinds": []}, node("a", "AZKeyVault"), {"id": "b", "kinds": []}], []))
    assert [(entity.id, entity.name) for entity in loaded.entities] == [("bloodhound:a", "A")]
    assert loaded.tally.model_dump() == {"facts": 2, "rejected": 0, "ignored": 1}


def test_a_graph_of_unknown_kinds_is_refused_with_what_to_say(shared: Path) -> None:
    folder = shared / "data" / "graph_peers"
    for name, kinds in (
        ("openhound-sample_graph.json", "DummyComputer"),
        ("opengraph-schema/opengraph-minimal.json", "Person"),
    ):
        document = read_document(folder / name, shown=name)
        assert LOADER.recognises(document.data)
        with pytest.raises(InputError, match=f"^{name}: a graph of kinds that are not known .*{kinds}.*options kinds"):
            LOADER.load(document, {})


def test_unknown_kinds_are_what_options_say(shared: Path) -> None:
    file = shared / "data" / "graph_peers" / "openhound-sample_graph.json"
    raw = json.loads(file.read_text())["graph"]
    here = {node["id"] for node in raw["nodes"]}
    whole = [edge for edge in raw["edges"] if {edge["start"]["value"], edge["end"]["value"]} <= here]
    options = {"kinds": {"DummyComputer": "service"}, "edges": {"ExampleReference": "connects"}}
    loaded = LOADER.load(read_document(file), options)
    assert {entity.id for entity in loaded.entities} == {f"bloodhound:{each}" for each in here}
    assert len(loaded.relations) == len(whole) == 0
    assert loaded.tally.model_dump() == {"facts": len(here), "rejected": 0, "ignored": len(raw["edges"])}


@pytest.mark.parametrize("verb", sorted(Verb))
def test_any_verb_of_ours_can_be_what_an_edge_is(verb: Verb) -> None:
    ends = SIGNATURES[verb]
    source, target = min(ends.sources), min(ends.targets)
    data = graph([node("a", "A"), node("b", "B")], [edge("Does", "a", "b"), edge("Does", "b", "a")])
    loaded = laws.load(LOADER, data, kinds={"A": source, "B": target}, edges={"Does": verb})
    backwards = target in ends.sources and source in ends.targets
    assert len(loaded.relations) == 1 + backwards
    assert loaded.tally.model_dump() == {"facts": 3 + backwards, "rejected": 1 - backwards, "ignored": 0}


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"kinds": {"A": "server"}}, "kinds.A"),
        (
            {"edges": {"A": "owning"}},
            "^f: option 'edges.A': expected ignore, acts_as, .* or a verb: owns, .*relies_on$",
        ),
        ({"edges": {"A": []}}, "^f: option 'edges.A': expected ignore"),
        ({"partys": {}}, "did you mean 'parties'"),
        ({"kinds": {"A b": "service"}}, "kinds.A b"),
    ],
)
def test_an_option_that_does_not_fit_is_said(options: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        laws.load(LOADER, graph([node("a", "User")], []), **options)


def test_an_edge_that_cannot_be_is_rejected_with_what_it_could_be() -> None:
    data = graph([node("a", "AZKeyVault"), node("b", "User")], [edge("MemberOf", "a", "b"), edge("DCSync", "b", "a")])
    loaded = laws.load(LOADER, data)
    assert loaded.tally.rejected == 2
    assert {entity.kind for entity in loaded.entities} == {Kind.STORE, Kind.SERVICE, Kind.CREDENTIAL, Kind.OPERATION}
    assert len(loaded.entities) == 4  # the store, and the account with its key and what acts as it
    assert "MemberOf goes from store to account; expected a start that can act" in says(loaded, NoteKind.UNSUPPORTED)
    assert "DCSync ends at store; expected a directory" in says(loaded, NoteKind.UNSUPPORTED)


# which files


def test_what_is_recognised(shared: Path) -> None:
    folder = shared / "data" / "graph_peers" / "opengraph-schema"
    for name in ("opengraph-edge.json", "opengraph-node.json"):
        assert not LOADER.recognises(read_document(folder / name).data)
    assert not LOADER.recognises(graph([], [], "Blastradius"))
    assert LOADER.recognises(graph([], [], "blastradius"))
    strange: list[Any] = [None, 7, [], {}, {"graph": []}, {"graph": {}}, {"graph": {"nodes": {}}}]
    strange += [{"graph": {"nodes": [{"id": "a", "label": "A"}], "edges": [{"source": "a", "target": "a"}]}}]
    strange += [{"meta": 7, "data": []}, {"meta": {}, "data": []}, {"meta": {"type": "orders"}, "data": []}]
    for data in (*strange, {"meta": {"type": "users"}}):
        assert not LOADER.recognises(data)


def test_forms_that_are_not_read_are_refused_by_name() -> None:
    for data, why in (
        ({"users": [], "meta": {"type": "users", "version": 3}}, "before version 4"),
        (sharphound("users", version=3), "before version 4"),
        (sharphound("azure", version=5), "AzureHound"),
    ):
        with pytest.raises(InputError, match=why):
            laws.load(LOADER, data)


def test_a_version_that_is_not_known_and_a_count_that_is_wrong_are_said() -> None:
    data = sharphound("users", thing("1"), version=9)
    data["meta"]["count"] = 3
    loaded = laws.load(LOADER, data)
    assert "version 9" in says(loaded, NoteKind.ASSUMED)
    assert "says that it has 3 objects, and has 1" in says(loaded, NoteKind.CONTRADICTED)


def test_a_zip_is_its_files(tmp_path: Path) -> None:
    user = thing("11", PrimaryGroupSID=f"{SID}-513", AllowedToDelegate=[ref("21", "Computer")])
    files = {
        "20240101_users.json": sharphound("users", user),
        "20240101_groups.json": sharphound("groups", thing("513", "DOMAIN USERS", Members=[ref("12", "Group")])),
        "20240101_computers.json": sharphound("computers", thing("21", "TILL", DumpSMSAPassword=[ref("11", "User")])),
        "20240101_domains.json": sharphound("domains", domain()),
        "20240101_sessions.json": sharphound("sessions", {"ComputerSID": f"{SID}-21", "UserSID": f"{SID}-11"}),
        "notes.txt": "hello",
    }  # fmt: skip
    document = read_document(zipped(tmp_path, files))
    assert LOADER.recognises(document.data)
    whole = LOADER.load(document, {})
    parts = [laws.load(LOADER, each) for name, each in files.items() if name.endswith(".json")]
    assert laws.estate([whole]) == laws.estate(parts) == laws.estate(reversed(parts)) == laws.estate([whole, *parts])
    assert whole.tally == sum((part.tally for part in parts[1:]), parts[0].tally)
    place = next(entity.provenance[0] for entity in whole.entities if entity.name == "TILL")
    assert place.file.endswith("input.zip/20240101_computers.json")


def test_a_damaged_or_foreign_file_in_a_zip_is_said_and_the_rest_loads(tmp_path: Path) -> None:
    files = {
        "a.json": "{",
        "b.json": {"x": 1},
        "c.json": sharphound("users", thing("11")),
        "d.json": sharphound("azure"),
    }
    loaded = LOADER.load(read_document(zipped(tmp_path, files)), {})
    assert loaded.tally.model_dump() == {"facts": 1, "rejected": 2, "ignored": 1}
    assert "AzureHound's collection" in says(loaded, NoteKind.UNSUPPORTED)
    assert "a.json:1:2: not JSON" in says(loaded, NoteKind.UNSUPPORTED)
    assert not LOADER.recognises(read_document(zipped(tmp_path, {"a.json": "{"}, "bad.zip")).data)


def test_nodes_and_edges_of_a_zip_find_each_other(tmp_path: Path) -> None:
    files = {
        "n.json": graph([node("u", "User"), node("g", "Group")], []),
        "e.json": graph([], [edge("MemberOf", "u", "g")]),
    }
    built = Estate.build([LOADER.load(read_document(zipped(tmp_path, files)), {})])
    assert controlled(built, "u") == {"u", "g"}


# the laws


NODES = [
    node("u", "User", enabled=False), node("g", "Group"), node("c", "Computer", haslaps=True), node("d", "Domain"),
    node("r", "GH_Repository"), node("k", "GH_PersonalAccessToken", permissions='{"contents": "write"}'),
    node("o", "GH_Organization"), node("a", "GH_App", client_id="x", owner_login="p"),
]  # fmt: skip
EDGES = [
    edge("MemberOf", "u", "g"), edge("GenericAll", "g", "c"), edge("HasSession", "c", "u"), edge("DCSync", "g", "d"),
    edge("Contains", "d", "c"), edge("GH_CanAccess", "k", "r"), edge("GH_Owns", "o", "r"), edge("CanRDP", "u", "c"),
    edge("GetChanges", "u", "d"), edge("GPLink", "g", "d"),
]  # fmt: skip
OBJECT: dict[str, Any] = thing(
    "21", PrimaryGroupSID=f"{SID}-515", AllowedToAct=[ref("11", "User")], HasSIDHistory=[ref("12", "Base")],
    Sessions={"Results": [{"UserSID": f"{SID}-11", "ComputerSID": f"{SID}-21"}]}, IsDC=True, DomainSID=SID,
    LocalGroups=[{"ObjectIdentifier": f"{SID}-21-544", "Name": "A", "Results": [ref("11", "User")]}],
    UserRights=[{"Privilege": "SeRemoteInteractiveLogonRight", "Results": [ref("11", "User")]}],
    LocalAdmins={"Results": [ref("11", "User")]}, SPNTargets=[{"ComputerSID": f"{SID}-22", "Service": "SQLAdmin"}],
    Trusts=[{"TargetDomainSid": "S-1-5-21-9-9-9", "TrustDirection": 3, "TrustType": 0}],
    Links=[{"GUID": "G", "IsEnforced": True}], ContainedBy=ref("31", "OU"), HostingComputer=f"{SID}-22",
    GPOChanges={"LocalAdmins": [ref("11", "User")], "AffectedComputers": [ref("22", "Computer")]},
    CARegistryData={"CASecurity": {"Data": [ace("1", "ManageCA")]}, "EnrollmentAgentRestrictions": {}},
)  # fmt: skip


def test_order_repetition_and_splitting_change_nothing() -> None:
    halves = (graph(NODES, EDGES[:5]), graph(NODES, EDGES[5:]))
    laws.lawful(LOADER, halves, graph(NODES, EDGES))
    app = node("a", "GH_App", slug="parcel", client_id="Iv1", owner_login="p", owner_node_id="O_9")
    installed = node("i", "GH_AppInstallation", app_slug="parcel", client_id="Iv1", permissions={"contents": "read"})
    for pair in ([app, installed], [installed, app]):
        laws.lawful(LOADER, (graph(pair[:1], []), graph(pair[1:], [])), graph(pair, []))
    one, other = thing("11", "A", Aces=[ace("12", "GenericAll")]), thing("12", "B", Members=[ref("11", "Group")])
    laws.lawful(LOADER, (sharphound("groups", one), sharphound("groups", other)), sharphound("groups", one, other))


@pytest.mark.slow
def test_damage_is_said_and_never_crashes() -> None:
    installed = node("i", "GH_AppInstallation", client_id="x", app_slug="s", suspended_at="2026-01-01")
    tenant = node("p", "AZServicePrincipal", tenantid="1", appownerorganizationid="2")
    some = (NODES[:3] + NODES[5:6], EDGES[:3]), (NODES[3:4] + NODES[6:], EDGES[8:9]), ([installed, tenant], EDGES[5:6])
    for data in (graph(*each) for each in some):
        for broken in laws.damaged(data):
            laws.survives(LOADER, broken)


@pytest.mark.slow
def test_damage_to_an_object_is_said_and_never_crashes() -> None:
    for kind in ("computers", "domains"):
        for broken in laws.damaged(sharphound(kind, OBJECT), laws.WRONG[:9]):
            laws.survives(LOADER, broken)


def test_strange_roles_do_not_break_known_edges() -> None:
    for role in (
        "party",
        "credential",
        "scope",
        "operation",
        "store",
        "feed",
        "process",
        "directory",
        "repository",
        "token",
    ):
        kinds = {"User": role, "Computer": role, "Domain": role}
        laws.survives(LOADER, graph(NODES, EDGES), kinds=kinds)
        laws.survives(LOADER, sharphound("computers", OBJECT), kinds=kinds)


def records(data: dict[str, Any]) -> int:
    """How many records an OpenGraph document has."""
    return sum(len(data["graph"].get(each) or []) for each in ("nodes", "edges"))


def test_every_record_ends_once() -> None:
    data = graph(
        [*NODES, 7, {"id": "x"}, node("y", "Odd")], [*EDGES, None, edge("Odd", "u", "g"), {"kind": "MemberOf"}]
    )
    assert laws.load(LOADER, data).tally.records == records(data)


def test_many_unknown_kinds_are_counted_and_do_not_flood() -> None:
    data = graph([node("u", "User")], [edge(f"Kind{number}", "u", "u") for number in range(1000)])
    loaded = laws.load(LOADER, data)
    assert loaded.tally.model_dump() == {"facts": 1, "rejected": 0, "ignored": 1000}
    assert len(loaded.notes) < 150


def test_hostile_names_arrive_unchanged_or_are_refused(shared: Path) -> None:
    names = laws.hostile(shared)
    kept = 0
    for name in names:
        loaded = laws.survives(LOADER, graph([{"id": name, "kinds": ["Group"], "properties": {"name": name}}], []))
        if loaded and loaded.tally.facts:
            kept += 1
            assert f"bloodhound:{name}" in {entity.id for entity in loaded.entities}
    assert kept > len(names) // 2


def test_secrets_never_enter() -> None:
    for secret in laws.SECRETS:
        hidden = dict.fromkeys(("userpassword", "unixpassword", "description", "value", "contents", "name"), secret)
        user = thing("11")
        user["Properties"] |= hidden
        group = {"ObjectIdentifier": f"{SID}-21-544", "Name": secret, "Results": []}
        for data in (
            sharphound("users", user),
            sharphound("computers", thing("21", LocalGroups=[group])),
            graph([{"id": "v", "kinds": ["GH_RepoSecret"], "properties": hidden}], []),
            graph([{"id": secret, "kinds": ["User"]}, node("u", "User")], [edge("MemberOf", "u", secret)]),
            graph([node("t", "GH_PersonalAccessToken", permissions={secret: secret, "x": {"y": secret}})], []),
        ):
            assert "CANARY" not in laws.everything(laws.load(LOADER, data))


def test_a_name_that_looks_like_a_secret_is_dropped_and_said() -> None:
    loaded = laws.load(LOADER, graph([node("u", "User", name=laws.SECRETS[0])], []))
    assert "name looks like a secret" in says(loaded, NoteKind.SECRET_DROPPED)


# real files, counted and walked by other means


def test_the_real_github_organisation(shared: Path) -> None:
    file = shared / "data" / "graph_peers" / "githound_O_kgDOCoV2OQ.json"
    raw = json.loads(file.read_text())["graph"]
    loaded = LOADER.load(read_document(file), {})
    kind_of = {node["id"]: node["kinds"][0] for node in raw["nodes"]}
    unknown = ("GH_BranchProtectionRule", "GH_RepoVariable", "GH_OrgVariable", "GH_Workflow")
    mapped: Counter[str] = Counter()
    for edge in raw["edges"]:
        ends = [kind_of.get(edge[end]["value"]) for end in ("start", "end")]
        if (
            edge["kind"] in GITHUB_STEPS.split()
            and None not in ends
            and ends != ["GH_PersonalAccessToken", "GH_Organization"]
        ):
            mapped[edge["kind"]] += 1
    nodes = sum(kind not in unknown for kind in kind_of.values())
    assert loaded.tally.facts == nodes + mapped.total()
    assert loaded.tally.rejected == 0
    assert loaded.tally.records == len(raw["nodes"]) + len(raw["edges"])
    by_kind = Counter(kind_of.values())
    assert sum(entity.kind == Kind.PARTY for entity in loaded.entities) == 3  # the organisation, and two owners of apps
    tokens = by_kind["GH_AppInstallation"] + by_kind["GH_PersonalAccessToken"]
    secrets = sum(by_kind[f"GH_{each}Secret"] for each in ("Org", "Repo", "Environment"))
    assert sum(entity.kind == Kind.CREDENTIAL for entity in loaded.entities) == tokens + secrets + by_kind["GH_User"]
    assert {entity.id for entity in loaded.entities if entity.kind == Kind.STORE} == {
        f"bloodhound:{name}" for name, kind in kind_of.items() if kind in ("GH_Repository", "GH_SecretScanningAlert")
    }


GITHUB_STEPS = """
    GH_HasRole GH_HasBaseRole GH_MemberOf GH_AddMember GH_AdminTo GH_Owns GH_CanWriteBranch GH_CanCreateBranch
    GH_ReadRepoContents GH_WriteRepoContents GH_CanAccess GH_HasSecret GH_HasPersonalAccessToken GH_HasBranch
    GH_CanReadSecretScanningAlert GH_ValidToken
"""


def test_who_reaches_the_secrets_of_the_real_organisation(shared: Path) -> None:
    """Each user's way to secrets, walked over the raw edges."""
    file = shared / "data" / "graph_peers" / "githound_O_kgDOCoV2OQ.json"
    raw = json.loads(file.read_text())["graph"]
    ways: dict[str, set[str]] = defaultdict(set)
    for edge in raw["edges"]:
        start, end = edge["start"]["value"], edge["end"]["value"]
        if edge["kind"] in ("GH_HasRole", "GH_HasBaseRole", "GH_MemberOf", "GH_AddMember", "GH_CanWriteBranch"):
            ways[start].add(end)
        elif edge["kind"] in ("GH_CanCreateBranch", "GH_AdminTo"):
            ways[start].add(f"workflows {end}")
        elif edge["kind"] == "GH_HasBranch":
            ways[end].add(f"workflows {start}")
        elif edge["kind"] == "GH_HasSecret":
            ways[f"workflows {start}"].add(end)
    built = Estate.build([LOADER.load(read_document(file), {})])
    secrets = {node["id"] for node in raw["nodes"] if "GH_Secret" in node["kinds"]}
    counts = []
    for user in (node["id"] for node in raw["nodes"] if node["kinds"] == ["GH_User"]):
        levels = solve(built, Scenario(leak=(f"bloodhound-key:{user}",), assume=Level.GRANTED)).levels
        found = {fact.entity.removeprefix("bloodhound:") for fact in levels if fact.capability == Capability.POSSESS}
        assert found & secrets == walked(ways, user) & secrets
        counts.append(len(found & secrets))
    assert max(counts) > 0
    assert min(counts) < max(counts)


def walked(ways: dict[str, set[str]], start: str) -> set[str]:
    """All that is reached from a start."""
    seen, queue = {start}, [start]
    while queue:
        fresh = ways.get(queue.pop(), set()) - seen
        seen |= fresh
        queue += fresh
    return seen


def raw_files(shared: Path) -> list[dict[str, Any]]:
    """The files of the real collection, opened without the loader."""
    with zipfile.ZipFile(
        io.BytesIO((shared / "data/graph_peers/sharphound-ad_sampledata.zip").read_bytes())
    ) as archive:
        return [json.loads(archive.read(name).decode("utf-8-sig")) for name in archive.namelist()]


def statements(each: dict[str, Any]) -> int:
    """How many records an object of the real collection comes to."""
    lists = ["Aces", "Members", "AllowedToDelegate", "AllowedToAct", "HasSIDHistory", "DumpSMSAPassword", "SPNTargets"]
    lists += ["Trusts", "Links", "ChildObjects", "EnabledCertTemplates", "LocalGroups"]
    count = 1 + sum(len(each.get(name) or []) for name in lists)
    count += sum(bool(each.get(name)) for name in ("PrimaryGroupSID", "ContainedBy", "HostingComputer"))
    for name in ("Sessions", "PrivilegedSessions", "RegistrySessions"):
        count += len((each.get(name) or {}).get("Results", []))
    for name in ("LocalGroups", "UserRights"):
        count += sum(len(one["Results"]) for one in each.get(name) or [])
    for name in ("LocalAdmins", "RemoteDesktopUsers", "DcomUsers", "PSRemoteUsers"):
        count += len((each.get("GPOChanges") or {}).get(name, []))
    authority = each.get("CARegistryData") or {}
    count += len(authority.get("CASecurity", {}).get("Data", []))
    return count + len(authority.get("EnrollmentAgentRestrictions", {}).get("Restrictions", []))


def test_every_record_of_the_real_collection_ends_once(shared: Path) -> None:
    document = read_document(shared / "data" / "graph_peers" / "sharphound-ad_sampledata.zip")
    assert LOADER.recognises(document.data)
    loaded = LOADER.load(document, {})
    files = raw_files(shared)
    assert loaded.tally.records == sum(statements(each) for file in files for each in file["data"])
    assert loaded.tally.rejected == 0
    wrong = [file for file in files if file["meta"]["count"] != len(file["data"])]
    assert says(loaded, NoteKind.CONTRADICTED).count("the file says that it has") == len(wrong) > 0
    tags = Counter(tag for entity in loaded.entities if entity.kind == Kind.SERVICE for tag in entity.tags)
    for kind, tag in (
        ("users", "User"),
        ("computers", "Computer"),
        ("groups", "Group"),
        ("gpos", "GPO"),
        ("ous", "OU"),
    ):
        names = {each["ObjectIdentifier"] for file in files if file["meta"]["type"] == kind for each in file["data"]}
        assert tags[tag] == len(names)


CONTROLS = """
    GenericAll GenericWrite WriteDacl WriteOwner Owns ForceChangePassword AddMember AddSelf AddKeyCredentialLink
    AddAllowedToAct WriteAccountRestrictions ReadLAPSPassword ReadGMSAPassword
"""


def raw_ways(files: list[dict[str, Any]]) -> dict[str, set[str]]:
    """Who can act as whom in the real collection by rights alone, as plain pairs."""
    ways: dict[str, set[str]] = defaultdict(set)
    for file in files:
        kind = file["meta"]["type"]
        for each in file["data"]:
            for start, end in raw_pairs(kind, each):
                ways[start].add(end)
    return ways


def raw_pairs(kind: str, each: dict[str, Any]) -> Iterator[tuple[str, str]]:
    me, properties = each["ObjectIdentifier"], each["Properties"]
    for one in each["Aces"] + each.get("CARegistryData", {}).get("CASecurity", {}).get("Data", []):
        extended = kind == "users" or (kind == "computers" and properties["haslaps"])
        if one["RightName"] in CONTROLS.split() or (one["RightName"] == "AllExtendedRights" and extended):
            yield one["PrincipalSID"], me
    for name in ("Members", "AllowedToAct"):
        yield from ((one["ObjectIdentifier"], me) for one in each.get(name, []))
    for name in ("AllowedToDelegate", "HasSIDHistory", "DumpSMSAPassword"):
        yield from ((me, one["ObjectIdentifier"]) for one in each.get(name, []))
    if each.get("PrimaryGroupSID"):
        yield me, each["PrimaryGroupSID"]
    yield from raw_places(kind, each)
    yield from raw_local(each)
    if kind == "domains":
        yield from raw_domain(each)


def raw_places(kind: str, each: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Where an object is, and whose policies apply to it."""
    me = each["ObjectIdentifier"]
    home = each.get("DomainSID") or each["Properties"].get("domainsid")
    holder = (each.get("ContainedBy") or {}).get("ObjectIdentifier")
    above = {home, holder} - {None, me}
    if home != me:
        yield home, me
    if each.get("IsDC"):
        yield me, home
    if holder and not each["IsACLProtected"]:
        yield holder, me
    if kind in ("users", "computers"):
        yield from ((f"policies {one}", me) for one in above)
    if kind == "ous":
        yield from ((f"policies {one}", f"policies {me}") for one in above)
    if kind in ("ous", "domains"):
        yield me, f"policies {me}"
    yield from ((one["GUID"], f"policies {me}") for one in each.get("Links", []))


def raw_local(each: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Who is in local groups of a computer, or is put there by a policy; the administrators among them."""
    me = each["ObjectIdentifier"]
    for group in each.get("LocalGroups", []):
        rid = group["ObjectIdentifier"].split("-")[-1]
        yield from ((one["ObjectIdentifier"], f"{me}-{rid}") for one in group["Results"])
        if rid == "544":
            yield f"{me}-{rid}", me
    changes = each.get("GPOChanges", {"AffectedComputers": []})
    for computer in (one["ObjectIdentifier"] for one in changes["AffectedComputers"] if changes["LocalAdmins"]):
        yield f"{computer}-544", computer
        yield from ((one["ObjectIdentifier"], f"{computer}-544") for one in changes["LocalAdmins"])


def raw_domain(each: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Everyone in a domain, and the domains of its forest."""
    me, name = each["ObjectIdentifier"], each["Properties"]["name"]
    for rid in ("513", "515"):
        yield from ((f"{me}-{rid}", f"{name}-{group}") for group in ("S-1-5-11", "S-1-1-0"))
    for one in each["Trusts"]:
        if one["TrustType"] == "ParentChild" and one["TrustDirection"] == "Bidirectional":
            yield from ((me, one["TargetDomainSid"]), (one["TargetDomainSid"], me))


def test_the_reach_of_rights_in_the_real_collection_is_what_a_walk_finds(shared: Path) -> None:
    """From objects whose reach differs in size."""
    built = Estate.build([LOADER.load(read_document(shared / "data/graph_peers/sharphound-ad_sampledata.zip"), {})])
    files = raw_files(shared)
    ways = raw_ways(files)
    seeds = {each["ObjectIdentifier"] for file in files for each in file["data"]}
    reached = {seed: {name for name in walked(ways, seed) if not name.startswith("policies ")} for seed in seeds}
    by_size = {len(names): seed for seed, names in sorted(reached.items())}
    assert len(by_size) > 10
    assert max(by_size) > 1000
    for _, seed in sorted(by_size.items())[:: len(by_size) // 6]:
        assert controlled(built, seed) == reached[seed]


def test_what_abuse_adds_in_the_real_collection_is_what_a_walk_finds(shared: Path) -> None:
    """Sessions found on computers, tickets delegated to them, and two rights that replicate a domain together."""
    built = Estate.build([LOADER.load(read_document(shared / "data/graph_peers/sharphound-ad_sampledata.zip"), {})])
    files = raw_files(shared)
    ways, replicates = raw_ways(files), defaultdict[str, dict[str, set[str]]](lambda: defaultdict(set))
    for file in files:
        for each in file["data"]:
            me, properties = each["ObjectIdentifier"], each["Properties"]
            for name in ("Sessions", "PrivilegedSessions", "RegistrySessions"):
                for one in each.get(name, {"Results": []})["Results"]:
                    ways[one["ComputerSID"]].add(one["UserSID"])
            if properties.get("unconstraineddelegation") and not each.get("IsDC"):
                ways[me].add(properties["domainsid"])
            for one in each["Aces"] if file["meta"]["type"] == "domains" else ():
                whole = one["RightName"] == "AllExtendedRights"
                for right in ("GetChanges", "GetChangesAll") if whole else (one["RightName"],):
                    replicates[me][right].add(one["PrincipalSID"])
    seeds = sorted({each["ObjectIdentifier"] for file in files for each in file["data"]})
    by_rights = raw_ways(files)
    more = [seed for seed in seeds if walked(by_rights, seed) < abused(ways, replicates, seed)]
    assert len(more) == 5
    for seed in more:
        expected = {name for name in abused(ways, replicates, seed) if not name.startswith("policies ")}
        assert controlled(built, seed, Level.ABUSED) == expected


def abused(ways: dict[str, set[str]], replicates: dict[str, dict[str, set[str]]], start: str) -> set[str]:
    """All that is reached from a start where both rights together replicate a domain."""
    more = {start: set(ways.get(start, set()))}
    while True:
        seen = walked({**ways, **more}, start)
        fresh = {
            name
            for name, rights in replicates.items()
            if name not in seen and rights["GetChanges"] & seen and rights["GetChangesAll"] & seen
        }
        if not fresh:
            return seen
        more[start] |= fresh


def test_the_real_collection_is_the_sum_of_its_files(shared: Path) -> None:
    document = read_document(shared / "data" / "graph_peers" / "sharphound-ad_sampledata.zip")
    whole = LOADER.load(document, {})
    parts = [
        LOADER.load(parse_document(json.dumps(each), f"{number}.json", ".json"), {})
        for number, each in enumerate(raw_files(shared))
    ]
    assert laws.estate([whole]) == laws.estate(parts)
    assert whole.tally.records == sum(part.tally.records for part in parts)
