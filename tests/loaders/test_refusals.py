"""What refuses a part leaves the rest: a grant of each format, and rules that refuse it partly or wholly."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest
import yaml

from blastradius import plugins
from blastradius.engine import solve
from blastradius.estate import Estate
from blastradius.model import Capability, Fact, Level, Scenario
from blastradius.reading import parse_document


class Grant(NamedTuple):
    """An input with a place ``REFUSAL``, where one starts, what is reached without a refusal, and options."""

    loader: str
    text: str
    start: dict[str, Any]
    entity: str
    capability: Capability = Capability.USE
    options: dict[str, Any] = {}  # noqa: RUF012 - never changed


def _reached(grant: Grant, refusal: str) -> tuple[bool, str]:
    data = list(yaml.safe_load_all(grant.text.replace("REFUSAL", refusal)))
    document = parse_document(json.dumps(data if len(data) > 1 else data[0]), "f.json", ".json")
    loaded = plugins.loaders()[grant.loader].load(document, grant.options)
    reach = solve(Estate.build([loaded]), Scenario(**{"assume": Level.ABUSED, **grant.start}))
    return Fact(grant.entity, grant.capability) in reach.levels, str(loaded.notes)


ANYONE = {"anyone": True}
OWN, U, B = "111122223333", "arn:aws:iam::111122223333:user/u", "arn:aws:s3:::orders"
AWS = Grant("aws_iam", f"""
UserDetailList:
- Arn: {U}
  UserPolicyList:
  - PolicyName: p
    PolicyDocument:
      Statement:
      - {{Effect: Allow, Action: s3:GetObject, Resource: "{B}/*"}}
      - REFUSAL
""", {"leak": (f"{U} keys",)}, B, Capability.READ)  # fmt: skip
ROLE = Grant("aws_iam", f"""
RoleDetailList:
- Arn: arn:aws:iam::{OWN}:role/r
  AssumeRolePolicyDocument:
    Statement: [{{Effect: Allow, Principal: {{AWS: "999988887777"}}, Action: sts:AssumeRole, Condition: {{REFUSAL}}}}]
  RolePolicyList:
  - PolicyName: p
    PolicyDocument: {{Statement: [{{Effect: Allow, Action: s3:GetObject, Resource: "{B}/*"}}]}}
""",
    {"leak": (f"arn:aws:iam::{OWN}:role/r session of arn:aws:iam::999988887777:root",)},
    B, Capability.READ)  # fmt: skip
BUCKET = Grant("terraform", f"""
version: 4
terraform_version: 1.9.0
lineage: l
serial: 1
resources:
- {{mode: managed, type: aws_iam_user, name: u, instances: [{{attributes: {{name: u, arn: "{U}"}}}}]}}
- mode: managed
  type: aws_s3_bucket_policy
  name: b
  instances:
  - attributes:
      bucket: orders
      policy: '{{"Statement": {{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "{B}/*"}}}}'
- mode: managed
  type: aws_s3_bucket_public_access_block
  name: b
  instances: [{{attributes: {{bucket: orders, REFUSAL}}}}]
""", ANYONE, B, Capability.READ)  # fmt: skip
OWN_USER = BUCKET._replace(start={"leak": (f"{U} keys",)})
ISTIO = Grant("kubernetes", """
apiVersion: apps/v1
kind: Deployment
metadata: {name: orders, namespace: red, labels: {app: orders}}
spec: {template: {metadata: {labels: {app: orders}}, spec: {containers: [{name: c}]}}}
---
{apiVersion: v1, kind: Service, metadata: {name: orders, namespace: red}, spec: {selector: {app: orders}}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: web, namespace: red}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: lets, namespace: red}
spec: {action: ALLOW, rules: [{from: [{source: {serviceAccounts: [web]}}]}]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: keeps, namespace: red}
spec: {action: DENY, rules: [REFUSAL]}
""", {"leak": ("k8s:red/serviceaccount/web",)}, "k8s:red/service/orders")  # fmt: skip
NETWORK = Grant("kubernetes", """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: red}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, ports: [{containerPort: 80}]}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: db, namespace: red}
spec: {template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c, ports: [{containerPort: 5432}]}]}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: red}
spec: {podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress], ingress: [REFUSAL]}
""",
    {"compromise": ("k8s:red/deployment/web",), "assume": Level.LATERAL},
    "k8s:red/deployment/db", Capability.CONTROL)  # fmt: skip
KONG = Grant("kong", """
_format_version: "3.0"
services:
- name: orders
  url: http://orders.example
  routes:
  - name: all
    paths: [/]
    plugins:
    - {name: key-auth}
    - REFUSAL
consumers:
- username: acme
  acls: [{group: partners}]
  keyauth_credentials: [{id: k1}]
""", {"leak": ("kong:key-auth/k1",)}, "kong:route/all")  # fmt: skip
CONSUMER = Grant("kong", """
_format_version: "3.0"
services:
- {name: orders, url: "http://orders.example", routes: [{name: all, paths: [/], plugins: [{name: key-auth}]}]}
consumers:
- username: acme
  keyauth_credentials: [{id: k1}]
  plugins: [{name: ip-restriction, config: {allow: [198.51.100.0/24]}}]
plugins: [REFUSAL]
""", {"leak": ("kong:key-auth/k1",)}, "kong:route/all")  # fmt: skip
OKTA = Grant("okta", """
- {id: 00T1, name: ci, userId: 00u1, clientName: Okta API, network: {REFUSAL}}
""", {"leak": ("okta:api-token/00T1",)}, "okta:rights/00u1")  # fmt: skip
OPENAPI = Grant("openapi", """
openapi: 3.0.0
info: {title: t, version: "1"}
components: {securitySchemes: {key: {type: apiKey, name: k, in: header}}}
paths: {/orders: {get: {operationId: list, security: [REFUSAL], responses: {}}}}
""", ANYONE, "t:list", options={"direction": "exposed"})  # fmt: skip
SP = "aaaaaaaa-0000-4000-8000-000000000001"
ENTRA = Grant("entra", f"""
- id: {SP}
  appId: aaaaaaaa-0000-4000-8000-000000000002
  servicePrincipalType: Application
  passwordCredentials:
  - {{keyId: k1, endDateTime: "2099-01-01T00:00:00Z"}}
  - {{keyId: k2, endDateTime: "2020-01-01T00:00:00Z"}}
  REFUSAL
- {{id: x, principalId: {SP}, principalType: ServicePrincipal, appRoleId: r, resourceDisplayName: Microsoft Graph,
    resourceId: aaaaaaaa-0000-4000-8000-000000000003}}
""", {"leak": (f"entra:sp:{SP}:password/k1",)}, "microsoft-graph:application:r")  # fmt: skip
GITHUB = Grant("github_apps", """
- id: 1
  app_id: 10
  app_slug: app-1
  repository_selection: all
  account: {login: lumen, id: 1}
  target_type: Organization
  permissions: {contents: read}
  REFUSAL
""", {"leak": ("github:installation/1",)}, "github:repository/lumen/*", Capability.READ)  # fmt: skip
POOL = Grant("terraform", """
version: 4
terraform_version: 1.9.0
lineage: l
serial: 1
resources:
- mode: managed
  type: google_iam_workload_identity_pool_provider
  name: p
  instances:
  - attributes:
      workload_identity_pool_id: ci
      oidc: [{issuer_uri: "https://token.actions.githubusercontent.com"}]
      REFUSAL
- mode: managed
  type: google_storage_bucket_iam_member
  name: m
  instances:
  - attributes:
      bucket: orders
      role: roles/storage.objectViewer
      member: principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/*
""", ANYONE, "google:storage_bucket/orders", Capability.READ)  # fmt: skip
BLOB = Grant("terraform", """
version: 4
terraform_version: 1.9.0
lineage: l
serial: 1
resources:
- mode: managed
  type: azurerm_storage_account
  name: a
  instances: [{attributes: {id: /subscriptions/s/a, name: acme, REFUSAL}}]
- mode: managed
  type: azurerm_storage_container
  name: c
  instances: [{attributes: {id: /c, name: c, storage_account_name: acme, container_access_type: blob}}]
""", ANYONE, "/c", Capability.READ)  # fmt: skip

_ALL, _NOT = "{Effect: Deny, Action: '*', Resource: '*'", "{Effect: Deny, Action: s3:GetObject, Resource: '*'"
_WEB = "from: [{source: {serviceAccounts: [web]}}]"
CASES: list[tuple[str, Grant, str, bool]] = [
    ("another action by name", AWS, _NOT.replace("GetObject", "PutObject") + "}", True),
    ("another action", AWS, _ALL.replace("'*', R", "'iam:*', R") + "}", True),
    ("without a second factor", AWS, _ALL + ", Condition: {BoolIfExists: {aws:MultiFactorAuthPresent: false}}}", True),
    ("older sessions", AWS, _ALL + ", Condition: {DateLessThan: {aws:TokenIssueTime: '2026-01-01'}}}", True),
    ("all but some", AWS, "{Effect: Deny, NotAction: 's3:*', Resource: '*'}", True),
    ("all but a thing", AWS, f"{{Effect: Deny, Action: '*', NotResource: '{B}/*'}}", True),
    ("everything", AWS, _ALL + "}", False),
    ("addresses that are kept out", ROLE, "NotIpAddress: {aws:SourceIp: 198.51.100.0/24}", True),
    ("another account that is kept out", ROLE, "StringNotEquals: {aws:PrincipalAccount: '123412341234'}", True),
    ("addresses that are let in", ROLE, "IpAddress: {aws:SourceIp: 198.51.100.0/24}", False),
    ("new access lists", BUCKET, "block_public_acls: true, ignore_public_acls: true", True),
    ("new policies", BUCKET, "block_public_policy: true", True),
    ("the public", BUCKET, "restrict_public_buckets: true", False),
    ("the public, not the account", OWN_USER, "restrict_public_buckets: true", True),
    ("addresses", ISTIO, "{from: [{source: {ipBlocks: [198.51.100.0/24]}}]}", True),
    ("some paths", ISTIO, "{from: [{source: {serviceAccounts: [web]}}], to: [{operation: {paths: [/admin]}}]}", True),
    ("all paths but some", ISTIO, "{to: [{operation: {notPaths: [/orders]}}]}", True),
    ("bearers of a token", ISTIO, "{from: [{source: {serviceAccounts: [web], requestPrincipals: ['*']}}]}", True),
    ("a header", ISTIO, f"{{{_WEB}, when: [{{key: 'request.headers[x]', values: [a]}}]}}", True),
    ("another account", ISTIO, "{from: [{source: {serviceAccounts: [other]}}]}", True),
    ("the account", ISTIO, "{from: [{source: {serviceAccounts: [web]}}]}", False),
    ("all", ISTIO, "{}", False),
    ("all ports but one", NETWORK, "{ports: [{port: 5432}]}", True),
    ("some addresses of pods", NETWORK, "{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}", True),
    ("all ports but others", NETWORK, "{ports: [{port: 80}]}", False),
    ("other pods", NETWORK, "{from: [{podSelector: {matchLabels: {app: till}}}]}", False),
    ("another group", KONG, "{name: acl, config: {deny: [guests]}}", True),
    ("another consumer", KONG, "{name: request-termination, consumer: other}", True),
    ("what has a header", KONG, "{name: request-termination, config: {trigger: x}}", True),
    ("some addresses", KONG, "{name: ip-restriction, config: {deny: [198.51.100.0/24]}}", True),
    ("off", KONG, "{name: request-termination, enabled: false}", True),
    ("the group", KONG, "{name: acl, config: {deny: [partners]}}", False),
    ("all that are not in a group", KONG, "{name: acl, config: {allow: [guests]}}", False),
    ("all addresses but some", KONG, "{name: ip-restriction, config: {allow: [198.51.100.0/24]}}", False),
    ("every request", KONG, "{name: request-termination}", False),
    ("where a route has a list", CONSUMER, "{name: ip-restriction, consumer: acme, route: all, config: {}}", True),
    ("wherever the consumer calls", CONSUMER, "", False),
    ("a zone", OKTA, "connection: ZONE, exclude: [nzo1]", True),
    ("anywhere", OKTA, "connection: ANYWHERE", True),
    ("all zones but one", OKTA, "connection: ZONE, include: [nzo1]", False),
    ("one of two secrets", ENTRA, "accountEnabled: true", True),
    ("new consents", ENTRA, "appRoleAssignmentRequired: true", True),
    ("the app", ENTRA, "accountEnabled: false", False),
    ("nothing", GITHUB, "suspended_at: null", True),
    ("the installation", GITHUB, "suspended_at: '2026-01-01T00:00:00Z'", False),
    ("a key or nothing", OPENAPI, "{key: []}, {}", True),
    ("a key", OPENAPI, "{key: []}", False),
    ("other branches", POOL, "attribute_condition: \"assertion.ref == 'refs/heads/main'\"", True),
    ("other owners", POOL, "attribute_condition: \"assertion.repository_owner == 'acme'\"", False),
    ("the account's keys", BLOB, "shared_access_key_enabled: false", True),
    ("the public in an account", BLOB, "allow_nested_items_to_be_public: false", False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("grant", "refusal", "reached"),
    [pytest.param(grant, refusal, reached, id=f"{grant.loader}: {what}") for what, grant, refusal, reached in CASES],
)
def test_what_refuses_a_part_leaves_the_rest(grant: Grant, refusal: str, reached: bool) -> None:
    found, notes = _reached(grant, refusal)
    assert found == reached, notes
