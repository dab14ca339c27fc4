"""The Terraform loader: small cases, real plans and states counted by plain loops, and hostile ones."""

from __future__ import annotations

import copy
import importlib
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from blastradius.engine import solve
from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded, Loader
from blastradius.model import Capability, Credential, Fact, Kind, Level, NoteKind, Operation, Party, Scenario, Verb
from blastradius.reading import parse_document, read_document
from tests.loaders.golden import facts

LOADER: Loader = importlib.import_module("blastradius.loaders.terraform").LOADER
CASES = Path(__file__).parent / "cases"
OWN = "111122223333"


def _load(path: Path, **options: Any) -> Loaded:
    document = read_document(path)
    assert LOADER.recognises(document.data)
    loaded = LOADER.load(document, options)
    Estate.build([loaded])
    return loaded


def _of(data: Any, **options: Any) -> Loaded:
    loaded = LOADER.load(parse_document(json.dumps(data), "s.json", ".json"), options)
    Estate.build([loaded])
    return loaded


def _row(kind: str, label: str, /, **values: Any) -> dict[str, Any]:
    return {"address": f"{kind}.{label}", "mode": "managed", "type": kind, "name": label, "values": values}


def _state(*rows: dict[str, Any], **options: Any) -> Loaded:
    values = {"root_module": {"resources": list(rows)}}
    return _of({"format_version": "1.0", "terraform_version": "1.9.0", "values": values}, **options)


def _edges(loaded: Loaded) -> set[str]:
    return {relation.id for relation in loaded.relations}


def _parties(loaded: Loaded) -> set[str]:
    return {entity.id for entity in loaded.entities if isinstance(entity, Party)}


def _open(loaded: Loaded) -> set[str]:
    return {entity.id for entity in loaded.entities if isinstance(entity, Operation) and entity.anonymous}


def _says(loaded: Loaded, kind: NoteKind) -> str:
    return "\n".join(note.message for note in loaded.notes if note.kind == kind)


# AWS


def test_a_role_that_trusts_an_outsider() -> None:
    trust = {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "999988887777"}}}
    allow = {"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::labels/*"}}
    arn = f"arn:aws:iam::{OWN}:role/r"
    loaded = _state(
        _row("aws_iam_role", "r", arn=arn, name="r", assume_role_policy=json.dumps(trust)),
        _row("aws_iam_role_policy", "p", name="p", role="r", policy=json.dumps(allow)),
        parties={"999988887777": "acme"},
    )
    key = f"{arn} session of arn:aws:iam::999988887777:root"
    assert {f"holds:acme>{key}", f"grants:{key}>aws role assume {arn}"} <= _edges(loaded)
    assert f"permits:{arn} policy p>aws s3 read arn:aws:s3:::labels" in _edges(loaded)
    assert "reads:aws s3 read arn:aws:s3:::labels>arn:aws:s3:::labels" in _edges(loaded)


def test_a_policy_before_the_things_that_it_names_takes_nothing_from_them() -> None:
    allow = {"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::orders/*"}}
    policy = _row("aws_iam_policy", "p", arn=f"arn:aws:iam::{OWN}:policy/p", policy=json.dumps(allow))
    bucket = _row("aws_s3_bucket", "b", arn="arn:aws:s3:::orders", bucket="orders")
    before, after = _state(policy, bucket), _state(bucket, policy)
    assert not _says(before, NoteKind.CONTRADICTED)
    assert Estate.build([before]).digest == Estate.build([after]).digest


def test_a_resource_that_is_made_elsewhere_than_the_rest() -> None:
    far = _row("aws_sqs_queue", "q", name="q", region="us-east-2")
    near = _row("aws_sqs_queue", "p", name="p", arn=f"arn:aws:sqs:eu-west-1:{OWN}:p")
    assert f"arn:aws:sqs:us-east-2:{OWN}:q" in {entity.id for entity in _state(far, near).entities}


def test_the_managed_policies_that_a_role_has_and_no_others() -> None:
    policy = "arn:aws:iam::aws:policy/AdministratorAccess"
    role = _row("aws_iam_role", "r", arn=f"arn:aws:iam::{OWN}:role/r", name="r")
    kept = _row("aws_iam_role_policy_attachments_exclusive", "x", role_name="r", policy_arns=[policy])
    assert f"grants:arn:aws:iam::{OWN}:role/r session>{policy} in {OWN}" in _edges(_state(role, kept))


def test_a_bucket_whose_public_access_is_blocked() -> None:
    policy = {
        "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Principal": "*", "Resource": "arn:aws:s3:::b/*"}
    }
    rows = [
        _row("aws_s3_bucket_policy", "b", bucket="b", policy=json.dumps(policy)),
        _row("aws_s3_bucket_public_access_block", "b", bucket="b", restrict_public_buckets=True),
    ]
    assert _open(_state(rows[0])) == {"aws s3 read by anyone arn:aws:s3:::b"}
    assert _open(_state(*rows)) == set()


def test_members_profiles_and_urls() -> None:
    function, topic = f"arn:aws:lambda:eu-west-1:{OWN}:function:f", f"arn:aws:sns:eu-west-1:{OWN}:t"
    loaded = _state(
        _row("aws_lambda_function", "f", arn=function, function_name="f", role=f"arn:aws:iam::{OWN}:role/f"),
        _row("aws_lambda_function_url", "f", function_name="f", authorization_type="NONE"),
        _row("aws_lambda_permission", "p", function_name=function, principal="999988887777"),
        _row("aws_iam_group_membership", "m", group="g", users=["u", "v"]),
        _row("aws_iam_policy_attachment", "a", policy_arn="arn:aws:iam::aws:policy/AdministratorAccess", roles=["f"]),
        _row("aws_sns_topic_subscription", "s", topic_arn=topic, protocol="lambda", endpoint=function),
    )  # fmt: skip
    assert _open(loaded) == {f"aws lambda call by anyone {function}"}
    assert _parties(loaded) == {"aws:999988887777"}
    session = f"arn:aws:iam::{OWN}:role/f session"
    assert {
        f"holds:{function}>{session}",
        f"grants:{session}>arn:aws:iam::aws:policy/AdministratorAccess in {OWN}",
        f"permits:arn:aws:iam::aws:policy/AdministratorAccess in {OWN}>aws everything in {OWN}",
        f"reads:{function}>{topic}",
        f"grants:arn:aws:iam::{OWN}:user/v keys>aws group act as arn:aws:iam::{OWN}:group/g",
    } <= _edges(loaded)


def test_two_accounts_in_one_state_are_kept_apart() -> None:
    allow = json.dumps({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})
    rows = [
        _row("aws_iam_role", name, arn=f"arn:aws:iam::{account}:role/{name}", name=name,
             inline_policy=[{"name": "p", "policy": allow}])
        for name, account in (("a", OWN), ("b", "444455556666"))
    ]  # fmt: skip
    edges = _edges(_state(*rows))
    assert f"permits:arn:aws:iam::{OWN}:role/a policy p>aws s3 read * in {OWN}" in edges
    assert "permits:arn:aws:iam::444455556666:role/b policy p>aws s3 read * in 444455556666" in edges
    assert not any("role/b policy p>aws s3 read * in 1" in edge for edge in edges)


def test_the_bucket_of_a_state_is_reached_by_the_policy_of_a_listing() -> None:
    iam = importlib.import_module("blastradius.loaders.aws_iam").LOADER
    allow = {"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}
    inline = [{"PolicyName": "p", "PolicyDocument": allow}]
    listing = {"RoleDetailList": [{"Arn": f"arn:aws:iam::{OWN}:role/r", "RolePolicyList": inline}]}
    first = iam.load(parse_document(json.dumps(listing), "i.json", ".json"), {})
    second = _state(_row("aws_s3_bucket", "b", arn="arn:aws:s3:::b", bucket="b"), account=OWN)
    estate = Estate.build([first, second])
    assert f"permits:arn:aws:iam::{OWN}:role/r policy p>aws s3 read * in {OWN}" in estate.relations
    assert f"reads:aws s3 read * in {OWN}>arn:aws:s3:::b" in estate.relations


_READ_BY_ALL = json.dumps(
    {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}}
)


@pytest.mark.parametrize(
    ("rows", "public"),
    [
        ([("aws_s3_bucket_website_configuration", {"bucket": "b"}),
          ("aws_s3_bucket_policy", {"bucket": "b", "policy": _READ_BY_ALL})], True),
        ([("aws_s3_bucket_website_configuration", {"bucket": "b"}),
          ("aws_s3_bucket_acl", {"bucket": "b", "acl": "public-read"})], True),
        ([("aws_s3_bucket_website_configuration", {"bucket": "b"})], False),
        ([("aws_s3_bucket_policy", {"bucket": "b", "policy": _READ_BY_ALL})], False),
        ([("aws_s3_bucket_website_configuration", {"bucket": "b"}),
          ("aws_s3_bucket_public_access_block", {"bucket": "b", "restrict_public_buckets": True}),
          ("aws_s3_bucket_policy", {"bucket": "b", "policy": _READ_BY_ALL})], False),
        ([("aws_s3_bucket_website_configuration", {"bucket": "other"}),
          ("aws_s3_bucket_policy", {"bucket": "b", "policy": _READ_BY_ALL})], False),
    ],
)  # fmt: skip
def test_a_website_that_anyone_may_read_is_public(rows: list[tuple[str, dict[str, Any]]], public: bool) -> None:
    loaded = _state(_row("aws_s3_bucket", "b", bucket="b", arn="arn:aws:s3:::b", website=[]),
                    *(_row(kind, "x", **values) for kind, values in rows))  # fmt: skip
    stated = {entity.id for entity in loaded.entities if getattr(entity, "public", False)}
    assert stated == ({"arn:aws:s3:::b", "aws s3 read by anyone arn:aws:s3:::b"} if public else set())


@pytest.mark.parametrize(("website", "member", "public"), [
    ([{"main_page_suffix": "index.html"}], "allUsers", True),
    ([], "allUsers", False),
    ([{"main_page_suffix": "index.html"}], "user:eve@elsewhere.example", False),
])  # fmt: skip
def test_a_website_at_google(website: list[dict[str, str]], member: str, public: bool) -> None:
    loaded = _state(
        _row("google_storage_bucket", "b", name="b", project="p", website=website),
        _row("google_storage_bucket_iam_member", "m", bucket="b", role="roles/storage.objectViewer", member=member),
    )
    stated = {entity.id for entity in loaded.entities if getattr(entity, "public", False)}
    bucket = "google:storage_bucket/b"
    assert stated == ({bucket, f"google read by anyone {bucket}"} if public else set())


# Azure and Google


def test_an_identity_of_azure_and_what_it_may() -> None:
    group = "/subscriptions/s/resourceGroups/g"
    vault = f"{group}/providers/Microsoft.KeyVault/vaults/v"
    identity = f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i"
    loaded = _state(
        _row("azurerm_key_vault", "v", id=vault, name="v",
             access_policy=[{"object_id": "p-2", "secret_permissions": ["Get"]}]),
        _row("azurerm_user_assigned_identity", "i", id=identity, name="i", principal_id="p-1"),
        _row("azurerm_linux_web_app", "w", id=f"{group}/providers/Microsoft.Web/sites/w", name="w",
             identity=[{"identity_ids": [identity.replace("resourceGroups", "resourcegroups")]}]),
        _row("azurerm_role_assignment", "r", scope=group.lower(), role_definition_name="Key Vault Secrets User",
             principal_id="p-1"),
        _row("azurerm_federated_identity_credential", "f", issuer="https://ci.example/", parent_id=identity),
        _row("azurerm_lighthouse_definition", "l", managing_tenant_id="t-9", scope="/subscriptions/s",
             authorization=[{"role_definition_id": "b24988ac-6180-42a0-ab88-20f7382dd24c", "principal_id": "x"}]),
    )  # fmt: skip
    assert _parties(loaded) == {"oidc:ci.example", "azure:tenant t-9"}
    assert {
        f"holds:{group}/providers/Microsoft.Web/sites/w>{identity} credentials",
        f"issues:azure act as {identity}>{identity} credentials",
        f"holds:{identity}>azure:principal p-1 credentials",
        f"grants:azure:principal p-1 credentials>Key Vault Secrets User on {group}",
        f"permits:Key Vault Secrets User on {group}>azure read {group}",
        f"reads:azure read {group}>{vault}",
        f"grants:oidc:ci.example credentials>azure act as {identity}",
        "permits:Contributor on /subscriptions/s>azure control /subscriptions/s",
        f"controls:azure control /subscriptions/s>{vault}",
        f"permits:access policy on {vault}>azure read {vault}",
    } <= _edges(loaded)


def test_an_identity_of_azure_that_a_plan_will_make() -> None:
    def row(kind: str, **values: Any) -> dict[str, Any]:
        return _row(f"azurerm_{kind}", "x", **values)

    function = row("linux_function_app", name="f", identity=[{"type": "SystemAssigned"}])
    store = row("storage_account", name="s")
    given = {**row("role_assignment", role_definition_name="Storage Blob Data Reader"), "name": "y"}
    given["address"] = "azurerm_role_assignment.y"
    refers = {
        "principal_id": {
            "references": ["azurerm_linux_function_app.x.identity[0].principal_id", "azurerm_linux_function_app.x"]
        },
        "scope": {"references": ["azurerm_storage_account.x.id", "azurerm_storage_account.x"]},
    }
    configured = {"mode": "managed", "type": "azurerm_role_assignment", "name": "y", "expressions": refers}
    loaded = _of(
        {
            "format_version": "1.2",
            "terraform_version": "1.9.0",
            "planned_values": {"root_module": {"resources": [function, store, given]}},
            "configuration": {"root_module": {"resources": [configured]}},
        }
    )
    key = "azure:principal ${azurerm_linux_function_app.x} credentials"
    assert {
        f"holds:${{azurerm_linux_function_app.x}}>{key}",
        f"grants:{key}>Storage Blob Data Reader on ${{azurerm_storage_account.x}}",
        "reads:azure read ${azurerm_storage_account.x}>${azurerm_storage_account.x}",
    } <= _edges(loaded)
    assert loaded.tally.rejected == 0


_START = "2026-03-01T08:00:00Z"


@pytest.mark.parametrize("state", ["active", "eligible"])
@pytest.mark.parametrize(
    ("schedule", "last"),
    [
        ({"expiration": [{"end_date_time": "2026-04-01T00:00:00Z", "duration_days": 0}]}, "2026-03-31"),
        ({"start_date_time": _START, "expiration": [{"duration_days": 30, "duration_hours": 0}]}, "2026-03-31"),
        ({"start_date_time": _START, "expiration": [{"duration_hours": 17}]}, "2026-03-02"),
        ({"expiration": [{"duration_days": 30}]}, None),
        ({"start_date_time": _START, "expiration": []}, None),
        ({"expiration": [{"end_date_time": "soon"}]}, None),
        (None, None),
    ],
)
def test_a_role_that_is_scheduled_in_azure(state: str, schedule: dict[str, Any] | None, last: str | None) -> None:
    reader = "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
    loaded = _state(
        _row("azurerm_storage_account", "a", id=_ACCOUNT, name="a"),
        _row(f"azurerm_pim_{state}_role_assignment", "r", scope="/subscriptions/s", role_definition_id=reader,
             principal_id="p-1", schedule=[schedule] if schedule else []),
        parties={"p-1": "acme"},
    )  # fmt: skip
    assert loaded.tally.ignored == 0
    assert ("has to be activated first" in str(loaded.notes)) == (state == "eligible")

    def reads(day: str) -> bool:
        estate = Estate.build([loaded.model_copy(update={"as_of": day})])
        reached = solve(estate, Scenario(compromise=("acme",), assume=Level.GRANTED)).levels
        return Fact(_ACCOUNT, Capability.READ) in reached

    assert reads(last or "2099-01-01")
    assert last is None or not reads((date.fromisoformat(last) + timedelta(days=1)).isoformat())


_ACCOUNT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a"


@pytest.mark.parametrize(
    ("rows", "part", "whole"),
    [
        ([("azurerm_storage_account", {"id": _ACCOUNT, "name": "a"}),
          ("azurerm_storage_container", {"id": f"{_ACCOUNT}/c", "name": "c", "storage_account_id": _ACCOUNT})],
         f"{_ACCOUNT}/c", _ACCOUNT),
        ([("azurerm_storage_account", {"id": _ACCOUNT, "name": "a"}),
          ("azurerm_storage_container", {"id": "https://a/c", "name": "c", "storage_account_name": "a"})],
         "https://a/c", _ACCOUNT),
        ([("azurerm_storage_container", {"id": "https://a/c", "name": "c", "storage_account_name": "a"})],
         "https://a/c", None),
        ([("azurerm_mssql_database", {"id": "/d", "name": "d", "server_id": "/s"})], "/d", "/s"),
        ([("azurerm_servicebus_queue", {"id": "/q", "name": "q", "namespace_id": "/n"})], "/q", "/n"),
        ([("azurerm_key_vault_secret", {"id": "/k", "name": "k", "key_vault_id": "/v"})], "/k", "/v"),
        ([("azurerm_managed_disk", {"id": "/m", "name": "m", "server_id": "/s"})], "/m", None),
        ([("google_bigquery_table", {"table_id": "t", "dataset_id": "d", "project": "p"})],
         "google:bigquery_table/p/t", "google:bigquery_dataset/p/d"),
        ([("google_sql_database", {"name": "t", "instance": "i", "project": "p"})],
         "google:sql_database/p/t", "google:sql_database_instance/p/i"),
        ([("google_storage_bucket", {"name": "b", "project": "p"})], "google:storage_bucket/b", None),
    ],
)  # fmt: skip
def test_stores_that_are_parts_of_others(rows: list[tuple[str, dict[str, Any]]], part: str, whole: str | None) -> None:
    loaded = _state(*(_row(kind, "x", **values) for kind, values in rows))
    assert part in {entity.id for entity in loaded.entities}
    found = [relation.id for relation in loaded.relations if relation.verb == Verb.PART_OF]
    assert found == ([f"part_of:{part}>{whole}"] if whole else [])


def test_members_at_google_that_a_plan_will_make() -> None:
    robot = _row("google_service_account", "r", account_id="run", project="shop")
    secret = _row("google_secret_manager_secret", "s", secret_id="db", project="shop")
    member = _row("google_secret_manager_secret_iam_member", "m", role="roles/secretmanager.secretAccessor")
    refers = {
        "member": {"references": ["google_service_account.r.email", "google_service_account.r"]},
        "secret_id": {"references": ["google_secret_manager_secret.s.id", "google_secret_manager_secret.s"]},
    }
    configured = {"mode": "managed", "type": member["type"], "name": "m", "expressions": refers}
    loaded = _of(
        {
            "format_version": "1.2",
            "terraform_version": "1.9.0",
            "planned_values": {"root_module": {"resources": [robot, secret, member]}},
            "configuration": {"root_module": {"resources": [configured]}},
        }
    )
    place = "google:secret_manager_secret/shop/db"
    key = "google:run@shop.iam.gserviceaccount.com credentials"
    assert {
        f"grants:{key}>roles/secretmanager.secretAccessor on {place}",
        f"reads:google read {place}>{place}",
    } <= _edges(loaded)
    assert loaded.tally.rejected == 0


def test_members_at_google() -> None:
    robot = "run@shop.iam.gserviceaccount.com"
    pool = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/attribute.repo/x"
    loaded = _state(
        _row("google_secret_manager_secret", "s", secret_id="s", project="shop"),
        _row("google_service_account", "r", account_id="run", project="shop", email=robot),
        _row("google_cloud_run_v2_service", "c", name="c", project="shop", template=[{"service_account": robot}]),
        _row("google_secret_manager_secret_iam_member", "m", secret_id="projects/shop/secrets/s",
             role="roles/secretmanager.secretAccessor", member=f"serviceAccount:{robot}"),
        _row("google_service_account_iam_binding", "p", service_account_id=f"projects/shop/serviceAccounts/{robot}",
             role="roles/iam.workloadIdentityUser", members=[pool]),
        _row("google_project_iam_member", "o", project="shop", role="roles/owner", member="user:eve@elsewhere.example"),
        own_domains=["shop.example"],
    )  # fmt: skip
    assert _parties(loaded) == {"google:pool ci", "google:elsewhere.example"}
    secret = "google:secret_manager_secret/shop/s"
    assert {
        f"holds:google:cloud_run_v2_service/shop/c>google:{robot} credentials",
        f"grants:google:{robot} credentials>roles/secretmanager.secretAccessor on {secret}",
        f"reads:google read {secret}>{secret}",
        f"permits:roles/iam.workloadIdentityUser on google:{robot}>google act as google:{robot}",
        f"issues:google act as google:{robot}>google:{robot} credentials",
        f"reads:google read project shop>{secret}",
    } <= _edges(loaded)


@pytest.mark.parametrize(
    ("issuer", "condition", "whose", "everyone"),
    [
        ("https://token.actions.githubusercontent.com", None, "*", True),
        ("https://gitlab.com/", "", "*", True),
        ("https://token.actions.githubusercontent.com", "assertion.repository_owner == 'acme'", "*", False),
        ("https://token.actions.githubusercontent.com", "assertion.sub.startsWith('repo:acme/')", "*", False),
        ("https://token.actions.githubusercontent.com", "attribute.repository in ['acme/shop']", "*", False),
        ("https://gitlab.com", "assertion.namespace_path == 'acme' && assertion.ref == 'refs/heads/main'", "*", False),
        ("https://token.actions.githubusercontent.com", "assertion.ref == 'refs/heads/main'", "*", True),
        ("https://token.actions.githubusercontent.com", "assertion.repository_owner != 'acme'", "*", True),
        (
            "https://token.actions.githubusercontent.com",
            "assertion.repository_owner == 'acme' || assertion.ref == 'refs/heads/main'",
            "*",
            True,
        ),
        ("https://token.actions.githubusercontent.com", None, "attribute.repository/acme/shop", False),
        ("https://ci.acme.example", None, "*", False),
    ],
)
def test_a_pool_that_a_public_issuer_fills_is_everyone(
    issuer: str, condition: str | None, whose: str, everyone: bool
) -> None:
    pool = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci"
    provider = {"workload_identity_pool_id": "ci", "attribute_condition": condition, "oidc": [{"issuer_uri": issuer}]}
    loaded = _state(
        _row("google_iam_workload_identity_pool_provider", "p", project="shop", **provider),
        _row("google_secret_manager_secret", "s", secret_id="s", project="shop"),
        _row(
            "google_secret_manager_secret_iam_member",
            "m",
            secret_id="projects/shop/secrets/s",
            role="roles/secretmanager.secretAccessor",
            member=f"{pool}/{whose}",
        ),
    )
    assert _parties(loaded) == {"google:pool ci"}
    assert _open(loaded) == ({"google read by anyone google:secret_manager_secret/shop/s"} if everyone else set())


_BEFORE = 'request.time < timestamp("2026-07-01T00:00:00Z")'


@pytest.mark.parametrize(
    ("expression", "end", "met"),
    [
        (_BEFORE, "2026-06-30", False),
        (_BEFORE.replace("<", "<="), "2026-07-01", False),
        (_BEFORE.replace("00Z", "00+02:00").replace("01T00", "01T01"), "2026-06-30", False),
        (f"({_BEFORE}) && resource.name.startsWith('x')", "2026-06-30", True),
        (f"{_BEFORE} && request.time > timestamp('2026-01-01T00:00:00Z')", "2026-06-30", True),
        (f"{_BEFORE} || resource.name.startsWith('x')", None, True),
        (f"!({_BEFORE})", None, True),
        ("request.time < timestamp('soon')", None, True),
        ("request.time > timestamp('2026-01-01T00:00:00Z')", None, True),
    ],
)
@pytest.mark.parametrize("whole", [True, False])
def test_a_role_that_ends_on_a_day(expression: str, end: str | None, met: bool, whole: bool) -> None:
    member, condition = "user:eve@elsewhere.example", {"title": "t", "expression": expression}
    bindings = {"bindings": [{"role": "roles/viewer", "members": [member], "condition": condition}]}
    kind, declared = "google_project_iam_member", {"role": "roles/viewer", "member": member, "condition": [condition]}
    if whole:
        kind, declared = "google_project_iam_policy", {"policy_data": json.dumps(bindings)}
    bucket = _row("google_storage_bucket", "b", name="b", project="shop")
    loaded = _state(bucket, _row(kind, "m", project="shop", **declared))
    ends = {entity.expires for entity in loaded.entities if isinstance(entity, Credential)} - {None}
    assert ends == ({end} if end else set())
    assert any("taken as met" in note.message for note in loaded.notes) == met
    fact = Fact("google:storage_bucket/b", Capability.READ)
    for day, reached in (("2026-06-30", True), ("2026-07-02", not end)):
        reach = solve(
            Estate.build([loaded], today=day), Scenario(compromise=("google:elsewhere.example",), assume=Level.GRANTED)
        )
        assert (fact in reach.levels) == reached


def test_an_end_of_what_anyone_may_is_told_and_ends_nothing() -> None:
    member = {"role": "roles/viewer", "member": "allUsers", "condition": [{"expression": _BEFORE}]}
    loaded = _state(_row("google_project_iam_member", "m", project="shop", **member))
    assert "opens to anyone ends on 2026-06-30; taken as without an end" in str(loaded.notes)
    assert _open(loaded)


_ASSUMED = "taken as another's"


@pytest.mark.parametrize(
    ("member", "options", "party"),
    [
        ("domain:partner.example", {}, "google:partner.example"),
        ("user:ann@partner.example", {}, "google:partner.example"),
        ("group:all@partner.example", {"own_domains": ["shop.example"]}, "google:partner.example"),
        ("domain:partner.example", {"parties": {"partner.example": "partner"}}, "partner"),
        ("domain:shop.example", {"own_domains": ["shop.example"]}, None),
        ("user:ann@gmail.com", {}, "google:ann@gmail.com"),
        ("serviceAccount:scan@lens.iam.gserviceaccount.com", {}, "google:project lens"),
        ("deleted:serviceAccount:scan@lens.iam.gserviceaccount.com?uid=1", {}, "google:project lens"),
        ("deleted:user:bob@partner.example?uid=1", {"own_domains": ["shop.example"]}, "google:partner.example"),
        ("deleted:user:bob@shop.example?uid=1", {"own_domains": ["shop.example"]}, None),
        ("deleted:user:bob@shop.example?uid=1", {}, None),
        ("deleted:serviceAccount:run@shop.iam.gserviceaccount.com?uid=1", {}, None),
    ],
)
def test_members_of_others_are_parties(member: str, options: dict[str, Any], party: str | None) -> None:
    row = _row("google_project_iam_binding", "b", project="shop", role="roles/editor", members=[member])
    loaded = _state(row, **options)
    assert _parties(loaded) == ({party} if party else set())
    assert not any("uid=1" in edge for edge in _edges(loaded))
    said = any(_ASSUMED in note.message for note in loaded.notes)
    assert said == (not options and party == "google:partner.example")


def test_a_whole_policy_at_google() -> None:
    bindings = [
        {
            "role": "roles/viewer",
            "members": ["serviceAccount:scan@lens.iam.gserviceaccount.com", "deleted:user:x@y?uid=1"],
        },
        {"role": "roles/editor", "members": ["projectEditor:shop", "projectViewer:mill"]},
    ]
    loaded = _state(
        _row("google_storage_bucket", "b", name="b", project="shop"),
        _row("google_project_iam_policy", "p", project="shop", policy_data=json.dumps({"bindings": bindings})),
    )
    assert _parties(loaded) == {"google:project lens", "google:project mill"}
    assert {
        "grants:google:project lens credentials>roles/viewer on project shop",
        "grants:google:projectEditor:shop credentials>roles/editor on project shop",
        "reads:google read project shop>google:storage_bucket/b",
    } <= _edges(loaded)
    assert not any("uid=1" in edge for edge in _edges(loaded))
    assert loaded.tally.facts == 2


def test_whom_a_dataset_lists() -> None:
    listed = [
        {"role": "READER", "user_by_email": "etl@lens.iam.gserviceaccount.com"},
        {"role": "OWNER", "special_group": "projectOwners"},
        {"role": "READER", "special_group": "allAuthenticatedUsers"},
        {"view": [{"dataset_id": "x", "project_id": "other", "table_id": "t"}]},
    ]
    writer = {"role": "WRITER", "iam_member": "serviceAccount:w@mill.iam.gserviceaccount.com"}
    loaded = _state(
        _row("google_bigquery_dataset", "d", dataset_id="dw", project="shop", access=listed),
        _row("google_bigquery_dataset_access", "a", dataset_id="dw", project="shop", **writer),
    )
    dataset = "google:bigquery_dataset/shop/dw"
    assert _parties(loaded) == {"google:project lens", "google:project mill"}
    assert f"grants:google:project mill credentials>roles/bigquery.dataEditor on {dataset}" in _edges(loaded)
    assert _open(loaded) == {f"google read by anyone {dataset}"}


# sharing


def test_images_snapshots_and_keys_that_another_account_may_use() -> None:
    key = f"arn:aws:kms:eu-west-1:{OWN}:key/k"
    loaded = _state(
        _row("aws_ami_launch_permission", "i", image_id="ami-1", account_id="999988887777"),
        _row("aws_snapshot_create_volume_permission", "s", snapshot_id="snap-1", account_id="999988887777"),
        _row("aws_db_snapshot", "d", arn=f"arn:aws:rds:eu-west-1:{OWN}:snapshot:d", shared_accounts=["all"]),
        _row("aws_kms_key", "k", arn=key, key_id="k"),
        _row(
            "aws_kms_grant",
            "g",
            key_id="k",
            grantee_principal="arn:aws:iam::999988887777:role/x",
            operations=["Decrypt"],
        ),
    )
    assert _parties(loaded) == {"aws:999988887777"}
    assert {
        "reads:aws volume read arn:aws:ec2:eu-west-1::image/ami-1>arn:aws:ec2:eu-west-1::image/ami-1",
        "reads:aws volume read arn:aws:ec2:eu-west-1::snapshot/snap-1>arn:aws:ec2:eu-west-1::snapshot/snap-1",
        f"grants:{key} access of arn:aws:iam::999988887777:role/x>aws kms read {key}",
    } <= _edges(loaded)
    assert _open(loaded) == {f"aws rds-snapshot read by anyone arn:aws:rds:eu-west-1:{OWN}:snapshot:d"}
    assert loaded.tally.facts == 5


@pytest.mark.parametrize(
    ("rows", "open_"),
    [
        ([_row("aws_s3_bucket", "b", bucket="b", acl="public-read")], True),
        ([_row("aws_s3_bucket", "b", bucket="b", acl="private")], False),
        ([_row("aws_s3_bucket_acl", "b", bucket="b", acl="public-read-write")], True),
        (
            [
                _row("aws_s3_bucket_acl", "b", bucket="b", acl="public-read"),
                _row("aws_s3_bucket_public_access_block", "b", bucket="b", ignore_public_acls=True),
            ],
            False,
        ),
    ],
)
def test_a_bucket_that_anyone_may_read_by_its_access_list(rows: list[dict[str, Any]], open_: bool) -> None:
    assert ("aws s3 read by anyone arn:aws:s3:::b" in _open(_state(*rows))) == open_


def test_code_of_others_that_runs_inside() -> None:
    layer, url = "arn:aws:lambda:eu-west-1:999988887777:layer:lens:3", "https://templates.example/x.yaml"
    function = f"arn:aws:lambda:eu-west-1:{OWN}:function:f"
    loaded = _state(
        _row("aws_lambda_function", "f", arn=function, function_name="f", layers=[layer]),
        _row(
            "aws_cloudformation_stack", "s", id="arn:aws:cloudformation:x:1:stack/s/1", template_url=f"{url}?key=CANARY"
        ),
    )
    assert {
        f"publishes:aws:999988887777>{layer}",
        f"installs:{function}>{layer}",
        f"installs:arn:aws:cloudformation:x:1:stack/s/1>{url}",
    } <= _edges(loaded)


# older shapes


def test_a_state_of_version_3_says_what_one_of_version_4_says() -> None:
    trust = {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "999988887777"}}}
    role = {"arn": f"arn:aws:iam::{OWN}:role/r", "name": "r", "assume_role_policy": json.dumps(trust), "tags.%": "0"}
    rule = {"bucket": "b", "rule.#": "1", "rule.0.id": "x", "rule.0.destination.#": "1"}
    flat = {**rule, "rule.0.destination.77.bucket": "arn:aws:s3:::copy"}

    def row(kind: str, attributes: dict[str, str]) -> dict[str, Any]:
        return {"type": kind, "primary": {"id": "1", "attributes": attributes}}

    resources = {
        "aws_iam_role.r": row("aws_iam_role", role),
        "aws_s3_bucket_replication_configuration.b.0": row("aws_s3_bucket_replication_configuration", flat),
        "data.aws_caller_identity.me": row("aws_caller_identity", {"account_id": OWN}),
        "broken": {},
    }
    modules = [{"path": ["root", "in"], "resources": resources}]
    loaded = _of({"version": 3, "terraform_version": "0.11.14", "serial": 1, "modules": modules})
    assert _parties(loaded) == {"aws:999988887777"}
    assert "derives_from:arn:aws:s3:::copy>arn:aws:s3:::b" in _edges(loaded)
    assert (loaded.tally.facts, loaded.tally.rejected, loaded.tally.ignored) == (2, 1, 1)


@pytest.mark.parametrize("data", [{"planned_values": {"root_module": {}}}, {"version": 3, "serial": 1, "lineage": "x"}])
def test_plans_cut_to_what_is_planned_and_empty_states(data: dict[str, Any]) -> None:
    assert LOADER.recognises(data)
    assert "no resources" in _says(_of(data), NoteKind.INCOMPLETE)


# the law


def test_twice_in_any_order_or_split_it_is_the_same_estate() -> None:
    for case, section in (("state", None), ("tfstate", "resources")):
        data = json.loads(next((CASES / case).glob("input.*")).read_text())
        halves = [copy.deepcopy(data), copy.deepcopy(data)]
        for part, half in enumerate(halves):
            module = half if section else half["values"]["root_module"]
            module["resources"] = module["resources"][part::2]
            if not section and part:
                module["child_modules"] = []
        options = {"account": OWN, "region": "eu-west-1", "own_projects": "shop"}
        whole, first, second = (_of(each, **options) for each in (data, *halves))
        digest = Estate.build([whole]).digest
        assert Estate.build([whole, whole]).digest == digest
        assert Estate.build([first, second]).digest == Estate.build([second, first]).digest == digest


# real plans and states


def _resources(module: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from _resources(child)


def _counted(data: dict[str, Any]) -> tuple[int, int]:
    """All resources, and those that are managed: plain loops over each of the three shapes."""
    if "resources" in data:
        rows = [row for row in data["resources"] for _ in row["instances"]]
    elif "planned_values" in data:
        rows = list(_resources(data["planned_values"]["root_module"]))
        known = {row["address"] for row in rows}
        before = _resources(data["prior_state"]["values"]["root_module"])
        rows += [row for row in before if row["mode"] == "data" and row["address"] not in known]
        rows += [row for row in data["resource_changes"] if row["change"]["actions"] == ["delete"]]
    else:
        rows = list(_resources(data["values"]["root_module"]))
    return len(rows), sum(row["mode"] == "managed" for row in rows)


@pytest.mark.parametrize(
    ("name", "records", "facts_"),
    [
        ("terraform_v0.14_plan.json", 32, 18),
        ("terraform_v0.14_state.json", 18, 9),
        ("tfstate/aws_s3_full.tfstate", 26, 8),
        ("tfstate/aws_iam_role_policy_multiple.tfstate", 6, 6),
        ("tfstate/aws_sns_topic_policy.tfstate", 3, 2),
    ],
)
def test_real_files(shared: Path, name: str, records: int, facts_: int) -> None:
    path = shared / "data" / "aws" / name
    counted, managed = _counted(json.loads(path.read_text()))
    loaded = _load(path)
    assert counted == records == loaded.tally.records
    assert (loaded.tally.facts, loaded.tally.rejected) == (facts_, 0)
    assert managed >= facts_
    assert "YourPwdShouldBeLong" not in json.dumps(facts(loaded))


def test_a_real_bucket_that_anyone_may_read(shared: Path) -> None:
    loaded = _load(shared / "data" / "aws" / "tfstate" / "aws_s3_full.tfstate")
    stores = {entity.id for entity in loaded.entities if entity.kind == Kind.STORE}
    names = {f"arn:aws:s3:::bucket-martin-test-drift{number}" for number in ("", "2", "3")}
    assert stores == names
    assert _open(loaded) == {f"aws s3 read by anyone {name}" for name in names}
    assert sum(relation.verb == Verb.READS and "function:" in relation.sources[0] for relation in loaded.relations) == 4


def test_terraforms_own_language_is_refused(shared: Path) -> None:
    with pytest.raises(InputError, match="terraform show -json"):
        read_document(shared / "data" / "aws" / "vantage-main.tf")


# what is no plan and no state, and hostile ones


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"version": 2, "terraform_version": "0.6.0", "serial": 1, "modules": []}, "version '2'"),
        ({"version": 4.5, "resources": [{"type": "x", "instances": []}]}, "not|neither"),
        ({"format_version": "2.0", "terraform_version": "9", "values": {}}, "format_version '2.0'"),
        ({"resource": {"aws_s3_bucket": {"b": {}}}, "terraform": {}}, "terraform show -json"),
        ({"encryption_version": "v0", "encrypted_data": "eA==", "serial": 1, "lineage": "x"}, "tofu show -json"),
        ({"a": 1}, "neither a plan nor a state"),
        ([], "neither a plan nor a state"),
    ],
)
def test_what_cannot_be_read_is_refused(data: Any, why: str) -> None:
    with pytest.raises(InputError, match=why):
        _of(data)


@pytest.mark.parametrize(
    "data",
    [None, 1, [], {}, {"version": 4}, {"resources": []}, {"format_version": "1.0"}, {"resource": {"x": 1}},
     {"version": "3.8", "services": {}}, {"openapi": "3.0.0", "version": 4}, {"resource": {}}],
)  # fmt: skip
def test_other_files_are_not_recognised(data: Any) -> None:
    assert not LOADER.recognises(data)


def test_an_empty_state_is_said() -> None:
    loaded = _of({"format_version": "1.0", "terraform_version": "1.9.0"})
    assert "no resources" in _says(loaded, NoteKind.INCOMPLETE)


def test_secrets_stay_outside(shared: Path) -> None:
    cases = [next((CASES / case).glob("input.*")) for case in ("state", "plan", "tfstate")]
    for path in [*cases, shared / "badinput" / "generated" / "tfstate_secret.json"]:
        assert "CANARY" in path.read_text()
        loaded = _load(path)
        assert loaded.tally.facts
        assert "CANARY" not in json.dumps(facts(loaded))


@pytest.mark.parametrize("marks", [{"bucket": True}, {"bucket": [{"x": True}]}])
def test_what_is_marked_as_sensitive_is_not_looked_at(marks: Any) -> None:
    row = {**_row("aws_s3_bucket", "b", bucket="CANARY-bucket"), "sensitive_values": marks}
    said = json.dumps(facts(_state(row)))
    assert "CANARY" not in said
    assert "arn:aws:s3:::${aws_s3_bucket.b}" in said


def test_references_that_lead_in_circles_end() -> None:
    inner = {"outputs": {"x": {"expression": {"references": ["var.x", "var.y"]}}}}
    call = {"expressions": {"x": {"references": ["module.m.x"]}, "y": {"references": ["module.m.x"]}}, "module": inner}
    row = {"mode": "managed", "type": "aws_lambda_function", "name": "f"}
    expressions = {"role": {"references": ["module.m.x", "module.m.x.y"]}}
    root = {"resources": [{**row, "expressions": expressions}], "module_calls": {"m": call}}
    planned = {"root_module": {"resources": [_row("aws_lambda_function", "f", function_name="f")]}}
    data = {
        "format_version": "1.0",
        "planned_values": planned,
        "resource_changes": [],
        "configuration": {"root_module": root},
    }
    assert _of(data).tally.facts == 1


WRONG: list[Any] = [
    None,
    1,
    True,
    "x",
    "",
    [],
    [1],
    [[]],
    [None],
    {},
    {"a": 1},
    [{"name": 3}],
    "arn:aws:iam::1:x",
    "\u202e",
]


def _places(value: Any, keys: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    rows = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [keys, *(place for key, each in rows for place in _places(each, (*keys, key)))]


@pytest.mark.parametrize("value", WRONG, ids=repr)
@pytest.mark.parametrize("case", ["plan", "state", "tfstate"])
@pytest.mark.slow
def test_wrong_types_anywhere(case: str, value: Any) -> None:
    document = read_document(next((CASES / case).glob("input.*")))
    whole = document.data
    for place in _places(whole)[1:]:
        document.data = copy.deepcopy(whole)
        holder = document.data
        for key in place[:-1]:
            holder = holder[key]
        holder[place[-1]] = value
        try:
            Estate.build([LOADER.load(document, {})])
        except InputError as error:
            assert len(place) == 1, error  # noqa: PT017


def test_hostile_names(shared: Path) -> None:
    names = [load["name"] for load in json.loads((shared / "badinput/generated/hostile_names.json").read_text())]
    for name in [*names, "x" * 3000, "y" * 1500, "z" * 460]:
        rows = [
            _row("aws_s3_bucket", name, bucket=name),
            _row("google_project_iam_member", "m", project=name, role=name, member=name),
            _row("azurerm_role_assignment", "r", scope=name, role_definition_name=name, principal_id=name),
            _row("azurerm_key_vault", "v", id=f"/subscriptions/{name}", name=name),
            _row("azurerm_lighthouse_definition", "l", managing_tenant_id=name, scope=name),
            _row("azurerm_federated_identity_credential", "f", issuer=name, parent_id=name),
            _row("google_service_account", "a", account_id=name, project=name),
            _row("aws_lambda_permission", "p", function_name=name, principal=name),
        ]
        try:
            _state(*rows)
        except InputError as error:
            assert "s.json" in str(error)  # noqa: PT017 - the text of the file itself may be refused


def test_many_resources_take_no_more_than_their_share() -> None:
    def relations(count: int) -> int:
        rows = [_row("aws_sqs_queue", f"q{each}", arn=f"arn:aws:sqs:x:{OWN}:q{each}") for each in range(count)]
        return len(_state(*rows).relations)

    assert relations(400) < 2.1 * relations(200)


def _roles(kind: str, role: str, member: str, /, **on: Any) -> dict[str, Any]:
    return _row(f"google_{kind}_iam_member", kind, role=role, member=member, **on)


def test_roles_above_projects_reach_what_stands_in_them() -> None:
    bucket = _row("google_storage_bucket", "b", name="labels", project="shop")
    account = _row("google_service_account", "s", account_id="print", project="shop")
    member = "serviceAccount:x@their-project.iam.gserviceaccount.com"
    for kind, attribute, place in (
        ("organization", {"org_id": "9"}, "organization 9"),
        ("folder", {"folder": "folders/7"}, "folder 7"),
    ):
        loaded = _state(bucket, account, _roles(kind, "roles/owner", member, **attribute))
        edges = _edges(loaded)
        assert f"reads:google read {place}>google:storage_bucket/labels" in edges
        assert f"controls:google control {place}>google:print@shop.iam.gserviceaccount.com" in edges
        assert f"permits:roles/owner on {place}>google read {place}" in edges
        assert f"1 place above subscriptions and projects, such as {place}" in str(loaded.notes)
    assert "above subscriptions" not in str(_state(bucket, account).notes)


def test_roles_on_a_management_group_reach_its_subscriptions() -> None:
    group = "/providers/Microsoft.Management/managementGroups/all"
    account = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/labels"
    given = {"role_definition_name": "Storage Blob Data Reader", "principal_id": "p"}
    loaded = _state(
        _row("azurerm_storage_account", "a", id=account, name="labels"),
        _row("azurerm_role_assignment", "r", scope=group, **given),
    )
    assert f"reads:azure read {group}>{account}" in _edges(loaded)
    assert group in str(loaded.notes)


def test_what_is_yet_to_be_made_stands_in_the_subscription_on_which_a_role_is_given() -> None:
    given = {"role_definition_name": "Contributor", "principal_id": "p", "scope": "/subscriptions/s"}
    loaded = _state(_row("azurerm_storage_account", "a", name="labels"), _row("azurerm_role_assignment", "r", **given))
    made = "${azurerm_storage_account.a}"
    assert f"reads:azure read /subscriptions/s>{made}" in _edges(loaded)
    assert f"1 thing whose subscription or project is not known, such as {made}" in str(loaded.notes)
    google = _state(
        _row("google_storage_bucket", "b", name="labels"),
        _roles("project", "roles/viewer", "domain:their.example", project="shop"),
    )
    assert "reads:google read project shop>google:storage_bucket/labels" in _edges(google)


def test_a_role_of_anyone_on_a_project_reaches_what_stands_in_it() -> None:
    loaded = _state(
        _row("google_storage_bucket", "b", name="labels", project="shop"),
        _roles("project", "roles/storage.objectViewer", "allAuthenticatedUsers", project="shop"),
    )
    (reading,) = (each for each in loaded.entities if each.id == "google read project shop")
    assert isinstance(reading, Operation)
    assert reading.anonymous
    assert reading.direction == "exposed"
    assert "reads:google read project shop>google:storage_bucket/labels" in _edges(loaded)


@pytest.mark.parametrize(("prevention", "open_"), [("enforced", False), ("inherited", True)])
def test_a_bucket_that_prevents_public_access_is_not_public(prevention: str, open_: bool) -> None:
    loaded = _state(
        _row("google_storage_bucket", "b", name="labels", public_access_prevention=prevention),
        _roles("storage_bucket", "roles/storage.objectViewer", "allUsers", bucket="labels"),
    )
    assert any(isinstance(each, Operation) and each.anonymous for each in loaded.entities) is open_
    assert ("public access to it is prevented" in str(loaded.notes)) is not open_


@pytest.mark.parametrize(("allowed", "open_"), [(False, False), (True, True), (None, True)])
def test_a_container_is_not_public_where_its_account_lets_nobody_in(allowed: bool | None, open_: bool) -> None:
    loaded = _state(
        _row(
            "azurerm_storage_account",
            "a",
            id="/subscriptions/s/a",
            name="labels",
            allow_nested_items_to_be_public=allowed,
        ),
        _row("azurerm_storage_container", "c", name="c", storage_account_name="labels", container_access_type="blob"),
    )
    assert any(isinstance(each, Operation) and each.anonymous for each in loaded.entities) is open_
    assert ("is blocked" in str(loaded.notes)) is not open_


@pytest.mark.parametrize("disabled", [True, False])
def test_the_credentials_of_a_disabled_service_account_are_revoked(disabled: bool) -> None:
    loaded = _state(_row("google_service_account", "s", account_id="print", project="shop", disabled=disabled))
    (key,) = (each for each in loaded.entities if each.kind == Kind.CREDENTIAL)
    assert [control.kind.value for control in key.controls] == ["revoked"][: int(disabled)]


def test_roles_of_ones_own_permit_what_the_file_says() -> None:
    rights = ["storage.objects.get", "pubsub.topics.publish", "run.routes.invoke", "compute.instances.get"]
    loaded = _state(
        _row("google_project_iam_custom_role", "c", role_id="till", project="shop", permissions=rights),
        _row("google_storage_bucket", "b", name="labels", project="shop"),
        _roles("project", "projects/shop/roles/till", "domain:their.example", project="shop"),
    )
    permitted = {edge.partition(">")[2] for edge in _edges(loaded) if edge.startswith("permits:")}
    assert permitted == {f"google {effect} project shop" for effect in ("read", "write", "call")}
    assert loaded.tally.ignored == 0
    assert "not known here" not in str(loaded.notes)


@pytest.mark.parametrize(
    ("actions", "data", "effects"),
    [
        (["*"], [], {"read", "write", "control", "call"}),
        (["Microsoft.Web/sites/*/read", "*/read"], [], set()),
        ([], ["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"], {"read"}),
        ([], ["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write"], {"write"}),
        (["Microsoft.Storage/storageAccounts/listKeys/action"], [], {"read", "write", "control", "call"}),
    ],
)
def test_a_role_definition_of_azure_counts_more_than_its_name(
    actions: list[str], data: list[str], effects: set[str]
) -> None:
    for name in ("Till Owner", "Till Reader"):
        loaded = _state(
            _row("azurerm_role_definition", "d", name=name, permissions=[{"actions": actions, "data_actions": data}]),
            _row("azurerm_role_assignment", "r", scope="/subscriptions/s", role_definition_name=name, principal_id="p"),
        )
        permitted = {edge.partition(">")[2] for edge in _edges(loaded) if edge.startswith("permits:")}
        assert permitted == {f"azure {effect} /subscriptions/s" for effect in effects}


@pytest.mark.parametrize(
    ("says", "told"), [({"errored": True}, True), ({"complete": False}, True), ({"errored": False}, False), ({}, False)]
)
def test_a_plan_that_ended_in_an_error_says_so(says: dict[str, Any], told: bool) -> None:
    values = {"root_module": {"resources": [_row("aws_sqs_queue", "q", name="q")]}}
    plan = {"format_version": "1.2", "terraform_version": "1.9.0", "planned_values": values, **says}
    assert ("the plan ended in an error" in str(_of(plan).notes)) is told
