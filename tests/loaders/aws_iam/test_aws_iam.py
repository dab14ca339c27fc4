"""The IAM loader: small cases, real listings counted by plain loops, and hostile ones."""

from __future__ import annotations

import copy
import importlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from blastradius import reach
from blastradius.engine import solve
from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded, Loader
from blastradius.model import Capability, Credential, Fact, Kind, Level, NoteKind, Party, Scenario, Verb
from blastradius.reading import read_document
from tests.loaders.golden import facts

LOADER: Loader = importlib.import_module("blastradius.loaders.aws_iam").LOADER
CASES = Path(__file__).parent / "cases"
OWN = "111122223333"
_PATHS = "aws:PrincipalOrgPaths"
_AMR, _POOL = "cognito-identity.amazonaws.com:amr", "oidc:cognito-identity.amazonaws.com"
LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")


def _load(path: Path, **options: Any) -> Loaded:
    loaded = LOADER.load(read_document(path), options)
    Estate.build([loaded])
    return loaded


def _small(tmp_path: Path, data: Any, **options: Any) -> Loaded:
    file = tmp_path / "details.json"
    file.write_text(json.dumps(data))
    return _load(file, **options)


def _role(*trust: Any, **more: Any) -> dict[str, Any]:
    return {"Arn": f"arn:aws:iam::{OWN}:role/r", "AssumeRolePolicyDocument": {"Statement": list(trust)}, **more}


def _trusting(tmp_path: Path, *trust: Any, **options: Any) -> Loaded:
    return _small(tmp_path, {"RoleDetailList": [_role(*trust)]}, **options)


def _allowing(tmp_path: Path, *statements: Any, **options: Any) -> Loaded:
    inline = [{"PolicyName": "p", "PolicyDocument": {"Statement": list(statements)}}]
    return _small(tmp_path, {"RoleDetailList": [_role(RolePolicyList=inline)]}, **options)


def _assume(principal: Any, **conditions: Any) -> dict[str, Any]:
    said = {"Condition": conditions} if conditions else {}
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **said}


def _allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def _parties(loaded: Loaded) -> set[str]:
    return {entity.id for entity in loaded.entities if isinstance(entity, Party)}


def _permitted(loaded: Loaded) -> set[str]:
    return {relation.targets[0] for relation in loaded.relations if relation.verb == Verb.PERMITS}


def _edges(loaded: Loaded) -> set[str]:
    return {relation.id for relation in loaded.relations}


def _says(loaded: Loaded, kind: NoteKind) -> str:
    return "\n".join(note.message for note in loaded.notes if note.kind == kind)


# whom a role trusts


def test_an_outsider_is_a_party_and_its_external_id_is_not_kept(tmp_path: Path) -> None:
    asks = {"StringEquals": {"sts:ExternalId": "CANARY-1"}}
    loaded = _trusting(tmp_path, _assume({"AWS": "arn:aws:iam::999988887777:root"}, **asks))
    assert _parties(loaded) == {"aws:999988887777"}
    assert "ExternalId" in _says(loaded, NoteKind.ASSUMED)
    assert "CANARY" not in loaded.model_dump_json()


def test_the_vendor_list_says_who_an_account_is(tmp_path: Path) -> None:
    listed = [
        {"name": "Weigh & Ship", "accounts": ["999988887777", "999988887778"]},
        {"name": "Load balancer logs", "type": "aws", "accounts": [127311923021]},
    ]
    (tmp_path / "vendors.yaml").write_text(yaml.safe_dump(listed))
    accounts = ["999988887777", "arn:aws:iam::999988887778:role/x", "127311923021", "999988887779"]
    loaded = _trusting(tmp_path, *(_assume({"AWS": account}) for account in accounts), vendors="vendors.yaml")
    assert _parties(loaded) == {"vendor:Weigh & Ship", "vendor:Amazon Web Services", "aws:999988887779"}
    assert (
        sum(
            relation.verb == Verb.HOLDS and relation.sources[0] == "vendor:Weigh & Ship"
            for relation in loaded.relations
        )
        == 2
    )


@pytest.mark.parametrize(
    ("condition", "control"),
    [
        ({"IpAddress": {"aws:SourceIp": ["198.51.100.0/24"]}}, ["ip_allowlist"]),
        ({"IpAddress": {"aws:SourceIp": ["0.0.0.0/0"]}}, []),
        ({"NotIpAddress": {"aws:SourceIp": ["198.51.100.0/24"]}}, []),
        ({"StringEquals": {"aws:SourceVpce": "vpce-1"}}, ["ip_allowlist"]),
        ({"Bool": {"aws:MultiFactorAuthPresent": True}}, ["mfa"]),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}, []),
        ({"NumericLessThan": {"aws:MultiFactorAuthAge": 3600}}, ["mfa"]),
    ],
)
def test_conditions_as_controls(tmp_path: Path, condition: dict[str, Any], control: list[str]) -> None:
    loaded = _trusting(tmp_path, _assume({"AWS": "999988887777"}, **condition))
    (key,) = [entity for entity in loaded.entities if entity.id.endswith("session of arn:aws:iam::999988887777:root")]
    assert [each.kind for each in key.controls] == control
    assert bool(control) != ("not understood" in _says(loaded, NoteKind.ASSUMED))


_BEFORE = {"DateLessThan": {"aws:CurrentTime": "2026-07-01T00:00:00Z"}}
_LATER = {"DateLessThanEquals": {"aws:CurrentTime": "2026-09-30"}}


@pytest.mark.parametrize(
    ("statements", "end"),
    [
        ([_BEFORE], "2026-06-30"),
        ([{"DateLessThanEquals": {"aws:CurrentTime": "2026-07-01T00:00:00Z"}}], "2026-07-01"),
        ([{"DateLessThanIfExists": {"aws:CurrentTime": "2026-07-01T01:00:00+02:00"}}], "2026-06-30"),
        ([{"NumericLessThan": {"aws:EpochTime": "1782864000"}}], "2026-06-30"),
        ([{**_BEFORE, **_LATER}], "2026-06-30"),
        ([{**_BEFORE, "StringEquals": {"sts:ExternalId": "x"}}], "2026-06-30"),
        ([_BEFORE, _LATER], "2026-09-30"),
        ([_BEFORE, {}], None),
        ([{"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}], None),
        ([{"DateLessThan": {"aws:CurrentTime": ["2026-07-01", "2027-07-01"]}}], None),
        ([{"DateLessThan": {"aws:CurrentTime": "soon"}}], None),
        ([{"DateLessThan": {"aws:TokenIssueTime": "2026-07-01T00:00:00Z"}}], None),
    ],
)
def test_trust_that_ends_on_a_day(tmp_path: Path, statements: list[Any], end: str | None) -> None:
    loaded = _trusting(tmp_path, *(_assume({"AWS": "999988887777"}, **conditions) for conditions in statements))
    (key,) = [entity for entity in loaded.entities if entity.id.endswith("session of arn:aws:iam::999988887777:root")]
    assert isinstance(key, Credential)
    assert key.expires == end


@pytest.mark.parametrize(
    ("condition", "end"), [(_BEFORE, True), ({}, False), ({"DateNotEquals": _BEFORE["DateLessThan"]}, False)]
)
@pytest.mark.parametrize("of", ["permission", "trust", "several"])
def test_what_one_of_us_may_until_a_day(tmp_path: Path, condition: dict[str, Any], end: bool, of: str) -> None:
    until = {"Condition": condition} if condition else {}
    user, bucket = f"arn:aws:iam::{OWN}:user/u", "arn:aws:s3:::orders"
    reads = _allow("s3:GetObject", f"{bucket}/*", **({} if of == "trust" else until))
    assumes, trust = _allow("sts:AssumeRole", f"arn:aws:iam::{OWN}:role/r"), _assume({"AWS": user}, **condition)
    documents = {"permission": [reads], "trust": [], "several": [assumes]}[of]
    policies = [{"PolicyName": "p", "PolicyDocument": {"Statement": [each]}} for each in documents]
    of_role = [{"PolicyName": "q", "PolicyDocument": {"Statement": [reads]}}]
    roles = [] if of == "permission" else [_role(*([trust] if of == "trust" else []), RolePolicyList=of_role)]
    details = {"UserDetailList": [{"Arn": user, "UserPolicyList": policies}], "RoleDetailList": roles}
    loaded = _small(tmp_path, details)
    for day, reached in (("2026-06-30", True), ("2026-07-01", not end)):
        reach = solve(Estate.build([loaded], today=day), Scenario(leak=(f"{user} keys",), assume=Level.GRANTED))
        assert (Fact(bucket, Capability.READ) in reach.levels) == reached
    assert ("taken as met" in _says(loaded, NoteKind.ASSUMED)) == ("DateNotEquals" in condition)


@pytest.mark.parametrize("principal", ["*", {"AWS": OWN}])
def test_an_end_of_what_has_no_key_is_told(tmp_path: Path, principal: Any) -> None:
    loaded = _trusting(tmp_path, _assume(principal, **_BEFORE))
    assert "ends on 2026-06-30; taken as without an end, an upper bound" in _says(loaded, NoteKind.ASSUMED)


def test_a_control_counts_only_where_every_statement_asks_for_it(tmp_path: Path) -> None:
    asks = {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}
    loaded = _trusting(tmp_path, _assume({"AWS": "999988887777"}, **asks), _assume({"AWS": "999988887777"}))
    assert not any(entity.controls for entity in loaded.entities)


@pytest.mark.parametrize(
    ("principal", "condition", "party"),
    [
        ("*", {}, {"aws:anyone"}),
        ({"AWS": "*"}, {"StringEquals": {"aws:PrincipalOrgID": "o-theirs"}}, {"aws:o-theirs"}),
        ("*", {"StringEquals": {"aws:PrincipalOrgID": "o-ours"}}, set()),
        ("*", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::999988887777:role/x*"}}, {"aws:999988887777"}),
        ("*", {"StringLike": {"aws:PrincipalOrgID": ["*", "o-theirs"]}}, {"aws:anyone"}),
        ("*", {"StringEquals": {"aws:PrincipalTag/a": "b"}}, {"aws:anyone"}),
        ("*", {"StringEquals": {"aws:PrincipalTag/a": "b", "aws:PrincipalOrgID": "o-theirs"}}, {"aws:o-theirs"}),
        ({"AWS": "*"}, {"StringNotEquals": {"aws:PrincipalOrgID": "o-bad"}}, {"aws:anyone"}),
        ({"AWS": "*"}, {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-ours"}}, {"aws:anyone"}),
        ("*", {"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-ours/r-1/*"}}, {"aws:anyone"}),
        ("*", {"ForAllValues:StringLike": {_PATHS: "o-ours/*"}, "Null": {_PATHS: "false"}}, set()),
        ("*", {"StringEqualsIfExists": {"aws:PrincipalAccount": "999988887777"}}, {"aws:999988887777"}),
        ("*", {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::999988887777:role/x"}}, {"aws:anyone"}),
        ("*", {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/ci"}}, {"aws:anyone"}),
        ("*", {"StringLike": {"aws:PrincipalOrgID": "o-*"}}, {"aws:anyone"}),
        ("*", {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::a-bucket"}}, set()),
        ("*", {"StringEquals": {"kms:CallerAccount": OWN, "kms:ViaService": "rds.eu-west-1.amazonaws.com"}}, set()),
        ("*", {"StringEquals": {"kms:CallerAccount": "999988887777"}}, {"aws:999988887777"}),
        ("*", {"StringLike": {"aws:Referer": "https://shop.example/*"}}, {"aws:anyone"}),
        ("*", {"StringEquals": {"s3:x-amz-acl": "public-read"}}, {"aws:anyone"}),
        ("*", {"Null": {"aws:TokenIssueTime": "true"}}, {"aws:anyone"}),
        ("*", {"StringEquals": {"aws:PrincipalServiceName": "delivery.logs.amazonaws.com"}}, set()),
        ("*", {"StringEquals": {"aws:SourceOrgID": "o-theirs"}}, {"aws:o-theirs"}),
        ({"Federated": "cognito-identity.amazonaws.com"}, {"ForAnyValue:StringLike": {_AMR: "authenticated"}}, {_POOL}),
        (
            {"Federated": "cognito-identity.amazonaws.com"},
            {"ForAnyValue:StringLike": {_AMR: "unauthenticated"}},
            {"aws:anyone"},
        ),
        ({"Federated": "accounts.google.com"}, {}, {"oidc:accounts.google.com"}),
        ({"Service": "lambda.amazonaws.com"}, {}, set()),
        ({"AWS": OWN}, {}, set()),
        ({"AWS": "arn:aws:iam::444455556666:root"}, {}, set()),
        ({"CanonicalUser": "abc"}, {}, set()),
    ],
)
def test_who_is_let_in(tmp_path: Path, principal: Any, condition: dict[str, Any], party: set[str]) -> None:
    ours = {"own_accounts": ["444455556666"], "own_organizations": "o-ours"}
    assert _parties(_trusting(tmp_path, _assume(principal, **condition), **ours)) == party


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"kms:CallerAccount": OWN, "kms:ViaService": "rds.eu-west-1.amazonaws.com"}},
        {"StringLike": {"aws:Referer": "https://shop.example/*"}},
        {"Bool": {"aws:PrincipalIsAWSService": "true"}},
    ],
)
def test_a_condition_that_is_understood_is_not_said_to_be_none(tmp_path: Path, condition: dict[str, Any]) -> None:
    assert "not understood" not in _says(_trusting(tmp_path, _assume("*", **condition)), NoteKind.ASSUMED)


@pytest.mark.parametrize(
    "service", ["states.eu-west-1.amazonaws.com", "ec2.amazonaws.com.cn", "ecs-tasks.amazonaws.com"]
)
def test_a_service_is_the_same_in_every_region(tmp_path: Path, service: str) -> None:
    plain = service.removesuffix(".cn").replace(".eu-west-1", "")
    passes = _allow("iam:PassRole", "*", Condition={"StringEquals": {"iam:PassedToService": service}})
    inline = [{"PolicyName": "p", "PolicyDocument": {"Statement": [passes]}}]
    passer = {"Arn": f"arn:aws:iam::{OWN}:user/u", "UserPolicyList": inline}
    loaded = _small(tmp_path, {"UserDetailList": [passer], "RoleDetailList": [_role(_assume({"Service": service}))]})
    passed = f"aws role pass to {plain} * in {OWN}"
    assert {
        f"permits:arn:aws:iam::{OWN}:user/u policy p>{passed}",
        f"issues:{passed}>arn:aws:iam::{OWN}:role/r session",
    } <= (_edges(loaded))


@pytest.mark.parametrize("provider", ["accounts.google.com", f"arn:aws:iam::{OWN}:oidc-provider/ci.example"])
def test_whoever_an_identity_provider_knows(tmp_path: Path, provider: str) -> None:
    trust = {**_assume({"Federated": provider}), "Action": "sts:AssumeRoleWithWebIdentity"}
    assert "any identity" in _says(_trusting(tmp_path, trust), NoteKind.ASSUMED)


@pytest.mark.parametrize(("key", "named"), [("ci.example:sub", True), ("ci.example:aud", False)])
def test_an_identity_provider_without_a_subject_vouches_for_all_it_knows(tmp_path: Path, key: str, named: bool) -> None:
    provider = {"Federated": f"arn:aws:iam::{OWN}:oidc-provider/ci.example"}
    trust = {**_assume(provider, StringEquals={key: "x"}), "Action": "sts:AssumeRoleWithWebIdentity"}
    loaded = _trusting(tmp_path, trust)
    assert _parties(loaded) == {"oidc:ci.example"}
    assert ("any identity" in _says(loaded, NoteKind.ASSUMED)) != named


_PUBLIC, _EVERYONE = "token.actions.githubusercontent.com", f"aws role assume by anyone arn:aws:iam::{OWN}:role/r"


@pytest.mark.parametrize(
    ("issuer", "conditions", "everyone"),
    [
        (_PUBLIC, {"StringEquals": {"aud": "sts.amazonaws.com"}}, True),
        (_PUBLIC, {"StringLike": {"sub": "repo:*"}}, True),
        (_PUBLIC, {"StringLike": {"sub": ["repo:acme/shop:*", "repo:acme*"]}}, True),
        (_PUBLIC, {"StringLike": {"sub": "repo:*/shop:*"}}, True),
        (_PUBLIC, {"StringNotLike": {"sub": "repo:acme/*"}}, True),
        (_PUBLIC, {"StringLike": {"sub": "repo:*", "repository_owner": "acme"}}, False),
        (_PUBLIC, {"StringLike": {"sub": "repo:acme/*"}}, False),
        (_PUBLIC, {"ForAllValues:StringLike": {"sub": "repo:acme/*"}}, False),
        (_PUBLIC, {"StringEquals": {"sub": "repo:acme/shop:ref:refs/heads/main"}}, False),
        (f"{_PUBLIC}/acme", {"StringEquals": {"aud": "sts.amazonaws.com"}}, False),
        ("gitlab.com", {"StringLike": {"sub": "project_path:acme*"}}, True),
        ("gitlab.com", {"StringLike": {"sub": "project_path:acme/*"}}, False),
        ("app.terraform.io", {"StringLike": {"sub": "organization:*"}}, True),
        ("app.terraform.io", {"StringLike": {"sub": "organization:acme:project:*"}}, False),
        ("accounts.google.com", {}, True),
        ("accounts.google.com", {"StringEquals": {"aud": "our-client"}}, False),
        ("cognito-identity.amazonaws.com", {"ForAnyValue:StringLike": {"amr": "authenticated"}}, True),
        ("cognito-identity.amazonaws.com", {"StringEquals": {"aud": "eu-west-1:1"}}, False),
        ("ci.example", {"StringLike": {"sub": "system:serviceaccount:*"}}, False),
    ],
)
def test_a_public_issuer_speaks_for_everyone_unless_the_owner_stands_in_the_subject(
    tmp_path: Path, issuer: str, conditions: dict[str, dict[str, Any]], everyone: bool
) -> None:
    said = {test: {f"{issuer}:{key}": value for key, value in each.items()} for test, each in conditions.items()}
    trust = {**_assume({"Federated": f"arn:aws:iam::{OWN}:oidc-provider/{issuer}"}, **said)}
    loaded = _trusting(tmp_path, {**trust, "Action": "sts:AssumeRoleWithWebIdentity"})
    assert _parties(loaded) == {f"oidc:{issuer}"}
    assert (_EVERYONE in {entity.id for entity in loaded.entities}) == everyone


@pytest.mark.parametrize(
    ("pattern", "any_subject"),
    [
        ("system:serviceaccount*", True),
        ("system:serviceaccount:*", True),
        ("*", True),
        ("system:serviceaccount:shop:*", False),
        ("user-*", False),
    ],
)
def test_a_pattern_that_every_subject_fits_names_none(tmp_path: Path, pattern: str, any_subject: bool) -> None:
    provider = {"Federated": f"arn:aws:iam::{OWN}:oidc-provider/ci.example"}
    trust = {**_assume(provider, StringLike={"ci.example:sub": pattern}), "Action": "sts:AssumeRoleWithWebIdentity"}
    assert ("any identity" in _says(_trusting(tmp_path, trust), NoteKind.ASSUMED)) == any_subject


@pytest.mark.parametrize(
    ("principal", "condition", "reached"),
    [
        ({"AWS": "*"}, {}, True),
        ({"AWS": "*"}, {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-ours"}}, True),
        ("*", {"StringNotEquals": {"aws:PrincipalOrgID": "o-bad"}}, True),
        ("*", {"StringEquals": {"aws:PrincipalOrgID": "o-ours"}}, False),
    ],
)
def test_any_party_reaches_what_a_role_for_everyone_reaches(
    tmp_path: Path, principal: Any, condition: dict[str, Any], reached: bool
) -> None:
    inline = [{"PolicyName": "p", "PolicyDocument": {"Statement": [_allow("s3:GetObject", "arn:aws:s3:::ledger/*")]}}]
    opened = _role(_assume(principal, **condition), RolePolicyList=inline)
    closed = {**_role(_assume({"AWS": "999988887777"})), "Arn": f"arn:aws:iam::{OWN}:role/closed"}
    loaded = _small(tmp_path, {"RoleDetailList": [opened, closed]}, own_organizations="o-ours")
    answer = reach(Estate.build([loaded]), compromise="aws:999988887777").data.model_dump_json()
    assert ("arn:aws:s3:::ledger" in answer) == reached


def test_who_is_let_in_by_conditions_that_do_not_say_whom_is_taken_as_anyone(tmp_path: Path) -> None:
    loaded = _trusting(tmp_path, _assume("*", StringNotEquals={"aws:PrincipalOrgID": "o-bad"}))
    (session,) = [entity for entity in loaded.entities if entity.id.endswith("session of anyone")]
    assert session.basis == "assumed"
    assert "taken as open to anyone" in _says(loaded, NoteKind.ASSUMED)
    assert not _says(loaded, NoteKind.UNRESOLVED)


def test_our_own_role_acts_as_another_by_its_name_alone(tmp_path: Path) -> None:
    session = f"arn:aws:sts::{OWN}:assumed-role/first/mira@example.com"
    loaded = _trusting(tmp_path, _assume({"AWS": session}))
    role = f"arn:aws:iam::{OWN}:role/r"
    assert f"grants:arn:aws:iam::{OWN}:role/first session>aws role assume {role}" in _edges(loaded)
    assert f"issues:aws role assume {role}>{role} session" in _edges(loaded)


def test_a_role_that_trusts_the_account_can_be_assumed_by_whoever_may_assume_any(tmp_path: Path) -> None:
    loaded = _trusting(tmp_path, _assume({"AWS": f"arn:aws:iam::{OWN}:root"}))
    assert f"issues:aws role assume * in {OWN}>arn:aws:iam::{OWN}:role/r session" in _edges(loaded)


# rights that give rights


@pytest.mark.parametrize(
    ("resource", "handed_out", "unknown"),
    [
        ("*", {"lee", "mira"}, ("issues",)),
        (f"arn:aws:iam::{OWN}:user/m*", {"mira"}, ("issues",)),
        (f"arn:aws:iam::{OWN}:user/lee", {"lee"}, ()),
        (f"arn:aws:iam::{OWN}:user/other", {"other"}, ()),
    ],
)
def test_who_may_make_keys_of_users_has_them(
    tmp_path: Path, resource: str, handed_out: set[str], unknown: tuple[str, ...]
) -> None:
    inline = [{"PolicyName": "p", "PolicyDocument": {"Statement": [_allow("iam:CreateAccessKey", resource)]}}]
    users = [{"Arn": f"arn:aws:iam::{OWN}:user/{name}"} for name in ("lee", "mira")]
    loaded = _small(tmp_path, {"UserDetailList": users, "RoleDetailList": [_role(RolePolicyList=inline)]})
    (operation,) = _permitted(loaded)
    keys = {f"arn:aws:iam::{OWN}:user/{name} keys" for name in handed_out}
    assert {edge for edge in _edges(loaded) if f":{operation}>" in edge} == {
        f"issues:{operation}>{key}" for key in keys
    }
    assert next(entity.unknown for entity in loaded.entities if entity.id == operation) == unknown


# what a policy permits


@pytest.mark.parametrize(
    ("action", "resource", "operations"),
    [
        ("*", "*", {f"aws everything in {OWN}"}),
        ("s3:GetObject", "*", {f"aws s3 read * in {OWN}"}),
        ("S3:getobject", "arn:aws:s3:::b/*", {"aws s3 read arn:aws:s3:::b"}),
        ("s3:*", "arn:aws:s3:::b", {"aws s3 control arn:aws:s3:::b", "aws s3 disable arn:aws:s3:::b"}),
        ("s3:*", "arn:aws:s3:::b/*", {"aws s3 read arn:aws:s3:::b", "aws s3 write arn:aws:s3:::b"}),
        ("s3:Get*", "arn:aws:s3:::b-?/x/*", {f"aws s3 read arn:aws:s3:::b-?/x/* in {OWN}"}),
        ("dynamodb:Describe*", "*", set()),
        ("dynamodb:Query", "arn:aws:dynamodb:x:1:table/t/index/i", {"aws dynamodb read arn:aws:dynamodb:x:1:table/t"}),
        ("unheard:Of", "*", set()),
        ("s3:GetObject", "arn:aws:sqs:x:1:q", set()),
        ("s3:GetObject", "b", set()),
        ("sts:AssumeRole", "arn:aws:iam::2:role/p/x", {"aws role assume arn:aws:iam::2:role/x"}),
        ("iam:CreateAccessKey", "arn:aws:iam::*:user/${aws:username}", set()),
        ("iam:CreateAccessKey", "*", {f"aws user mint * in {OWN}"}),
        ("iam:UpdateLoginProfile", f"arn:aws:iam::{OWN}:user/mira", {f"aws user mint arn:aws:iam::{OWN}:user/mira"}),
        ("iam:CreateAccessKey", f"arn:aws:iam::{OWN}:role/r", set()),
        ("lambda:Invoke*", "arn:aws:lambda:*:*:function:*", {f"aws lambda call * in {OWN}"}),
        (["s3:Put[O]bject"], "*", set()),
        ("lambda:CreateEventSourceMapping", "*", {f"aws lambda call * in {OWN}"}),
        (["eks:AccessKubernetesApi", "ec2:Get*"], "*", set()),
    ],
)
def test_what_is_permitted(tmp_path: Path, action: Any, resource: str, operations: set[str]) -> None:
    loaded = _allowing(tmp_path, _allow(action, resource))
    assert _permitted(loaded) == operations
    assert (loaded.tally.facts, loaded.tally.ignored) == ((2, 0) if operations else (1, 1))


def test_all_but_what_is_named(tmp_path: Path) -> None:
    loaded = _allowing(tmp_path, {"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "NotResource": "arn:aws:s3:::b"})
    permitted = _permitted(loaded)
    assert f"aws s3 read * in {OWN}" in permitted
    assert not any(each.startswith(("aws identity", "aws role")) for each in permitted)
    assert "all but" in _says(loaded, NoteKind.ASSUMED)


def test_a_pattern_reaches_what_fits_it(tmp_path: Path) -> None:
    loaded = _allowing(tmp_path, _allow("sqs:SendMessage", f"arn:aws:sqs:*:{OWN}:in-*"), _allow("sqs:*", QUEUE))
    assert f"writes:aws sqs write arn:aws:sqs:*:{OWN}:in-* in {OWN}>{QUEUE}" in _edges(loaded)


def test_a_pattern_with_a_path_finds_the_role_that_goes_by_its_name(tmp_path: Path) -> None:
    role = {"Arn": f"arn:aws:iam::{OWN}:role/ops/backup-1"}
    allow = {"Statement": _allow("iam:PutRolePolicy", f"arn:aws:iam::{OWN}:role/ops/*")}
    inline = [{"PolicyName": "p", "PolicyDocument": allow}]
    loaded = _small(tmp_path, {"RoleDetailList": [_role(RolePolicyList=inline), role]})
    pattern = f"aws identity control arn:aws:iam::{OWN}:role/ops/* in {OWN}"
    assert f"controls:{pattern}>arn:aws:iam::{OWN}:role/backup-1" in _edges(loaded)


QUEUE = f"arn:aws:sqs:eu-west-1:{OWN}:in-1"


def test_permission_is_an_upper_bound_and_says_so(tmp_path: Path) -> None:
    conditional = _allow("s3:GetObject", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}})
    deny = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    loaded = _allowing(tmp_path, conditional, deny)
    assert {str(relation.basis) for relation in loaded.relations if relation.verb == Verb.PERMITS} == {"inferred"}
    assert "aws:requestedregion" in _says(loaded, NoteKind.ASSUMED)
    assert "1 deny statements" in _says(loaded, NoteKind.ASSUMED)


def test_a_policy_of_aws_is_another_one_in_each_account(tmp_path: Path) -> None:
    arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
    attached = {"AttachedManagedPolicies": [{"PolicyArn": arn}]}
    first = _small(tmp_path, {"RoleDetailList": [_role(**attached)]})
    second = _small(tmp_path, {"RoleDetailList": [{**_role(**attached), "Arn": "arn:aws:iam::444455556666:role/r"}]})
    reached = _permitted(first) & _permitted(second)
    assert not reached


def test_pages_of_several_accounts_are_kept_apart(tmp_path: Path) -> None:
    arn = "arn:aws:iam::aws:policy/ReadIt"
    attached = {"AttachedManagedPolicies": [{"PolicyArn": arn}]}
    document = {"Statement": [_allow("s3:GetObject")]}
    policy = {"Arn": arn, "PolicyVersionList": [{"IsDefaultVersion": True, "Document": document}]}
    other = {**_role(**attached), "Arn": "arn:aws:iam::444455556666:role/r"}
    loaded = _small(
        tmp_path, [{"RoleDetailList": [_role(**attached)], "Policies": [policy]}, {"RoleDetailList": [other]}]
    )
    assert _permitted(loaded) == {f"aws s3 read * in {OWN}", "aws s3 read * in 444455556666"}
    assert loaded.tally.facts == 6
    assert f"grants:arn:aws:iam::444455556666:role/r session>{arn} in 444455556666" in _edges(loaded)


def test_size_is_linear_in_what_is_stated(tmp_path: Path) -> None:
    def relations(count: int) -> int:
        resources = [f"arn:aws:sqs:x:{OWN}:q{index}" for index in range(count)]
        return len(_allowing(tmp_path, _allow([f"sqs:{each}" for each in _SQS * count], resources)).relations)

    assert relations(200) < 2.2 * relations(100)


_SQS = ["SendMessage", "ReceiveMessage", "DeleteMessage", "SetQueueAttributes"]


# the law: twice, in any order, or split


def test_twice_in_any_order_or_split_it_is_the_same_estate(tmp_path: Path) -> None:
    data = yaml.safe_load((CASES / "partners" / "input.yaml").read_text())
    halves = [{name: rows[part::2] for name, rows in data.items()} for part in (0, 1)]
    whole, first, second = (_small(tmp_path, each) for each in (data, *halves))
    backwards = _small(tmp_path, {name: rows[::-1] for name, rows in reversed(data.items())})
    digest = Estate.build([whole]).digest
    assert Estate.build([whole, whole]).digest == digest
    assert Estate.build([backwards]).digest == digest
    assert Estate.build([first, second]).digest == Estate.build([second, first]).digest == digest


# real listings


def _statements(document: Any) -> int:
    stated = document["Statement"]
    return len(stated) if isinstance(stated, list) else 1


def _count(data: dict[str, Any]) -> dict[str, int]:
    """Records and statements by plain loops."""
    found = {"records": 0, "identities": 0, "denied": 0, "older": 0}
    for name, inline in zip(LISTS, ("UserPolicyList", "GroupPolicyList", "RolePolicyList", ""), strict=True):
        for row in data[name]:
            found["records"] += 1
            found["identities"] += name != "Policies"
            for part in ("AttachedManagedPolicies", "GroupList", "InstanceProfileList"):
                found["records"] += len(row.get(part, []))
            documents = [each["PolicyDocument"] for each in row.get(inline, [])]
            documents += [row["AssumeRolePolicyDocument"]] if "AssumeRolePolicyDocument" in row else []
            for version in row.get("PolicyVersionList", []):
                documents.append(version["Document"])
                found["older"] += 0 if version["IsDefaultVersion"] else _statements(version["Document"])
            found["records"] += sum(_statements(document) for document in documents)
    return found


@pytest.mark.parametrize(
    ("name", "identities", "records", "parties"),
    [
        ("example-authz-details.json", 8, 157, set()),
        (
            "cloudsplaining-authz-824k.json",
            127,
            728,
            {
                "aws:072528804237",
                "arn:aws:iam::200611803367:saml-provider/AWSSSO_b937d2dff24f2774_DO_NOT_DELETE",
            },
        ),
    ],
)
def test_real_listings(shared: Path, name: str, identities: int, records: int, parties: set[str]) -> None:
    path = shared / "data" / "aws" / name
    counted = _count(json.loads(path.read_text()))
    loaded = _load(path)
    assert (counted["identities"], counted["records"]) == (identities, records)
    assert loaded.tally.records == records
    assert loaded.tally.rejected == 0
    assert sum(entity.kind == Kind.CREDENTIAL for entity in loaded.entities) >= identities
    assert _parties(loaded) == parties
    assert f"{counted['older']} statements of policy versions" in _says(loaded, NoteKind.UNSUPPORTED)


def test_the_vendor_list_itself_is_refused(shared: Path) -> None:
    document = read_document(shared / "data" / "aws" / "known_aws_accounts.yaml")
    assert LOADER.recognises(document.data)
    with pytest.raises(InputError, match="vendors"):
        LOADER.load(document, {})


def test_the_real_vendor_list_is_read(shared: Path, tmp_path: Path) -> None:
    (tmp_path / "known.yaml").write_text((shared / "data" / "aws" / "known_aws_accounts.yaml").read_text())
    loaded = _trusting(tmp_path, _assume({"AWS": "arn:aws:iam::464622532012:root"}), vendors="known.yaml")
    assert _parties(loaded) == {"vendor:Datadog"}


# what is no such listing, and hostile ones


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"Roles": [{"Arn": "arn:aws:iam::1:role/x"}]}, "list-roles"),
        ({"Users": [{"Arn": "arn:aws:iam::1:user/x"}]}, "list-users"),
        ([{"name": "x", "accounts": ["999988887777"]}], "vendors"),
        ({"openapi": "3.0.0"}, "UserDetailList"),
        ([], "UserDetailList"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, data: Any, why: str) -> None:
    with pytest.raises(InputError, match=why):
        _small(tmp_path, data)


@pytest.mark.parametrize("data", [None, 1, "x", [], {}, {"Policies": []}, {"Users": []}, [{"name": "x"}], [1]])
def test_other_files_are_not_recognised(data: Any) -> None:
    assert not LOADER.recognises(data)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"own_accounts": ["12"]}, "twelve digits"),
        ({"vendor": "x"}, "vendors"),
        ({"vendors": "../x.yaml"}, "outside"),
        ({"vendors": "details.json"}, "not a list of vendors"),
    ],
)
def test_options_that_do_not_fit(tmp_path: Path, options: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        _small(tmp_path, {"RoleDetailList": []}, **options)


WRONG: list[Any] = [None, 1, -1.5, True, "x", "", [], [1], [[]], [None], {}, {"a": 1}, {"Statement": 3}]
WRONG += ["%7B", "{", "\u202e"]


def _places(value: Any, keys: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    rows = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [keys, *(place for key, each in rows for place in _places(each, (*keys, key)))]


@pytest.mark.parametrize("value", WRONG, ids=repr)
@pytest.mark.slow
def test_wrong_types_anywhere(tmp_path: Path, value: Any) -> None:
    data = yaml.safe_load((CASES / "partners" / "input.yaml").read_text())
    for place in _places(data)[1:]:
        broken = copy.deepcopy(data)
        holder = broken
        for key in place[:-1]:
            holder = holder[key]
        holder[place[-1]] = value
        loaded = LOADER.load(_document(tmp_path, broken), {})
        Estate.build([loaded])


def _document(tmp_path: Path, data: Any) -> Any:
    file = tmp_path / "broken.json"
    file.write_text(json.dumps(data))
    return read_document(file)


def test_hostile_names(shared: Path, tmp_path: Path) -> None:
    names = [load["name"] for load in json.loads((shared / "badinput/generated/hostile_names.json").read_text())]
    for name in [*names, "x" * 3000, "y" * 1500, "z" * 460, "AKIAABCDEFGHIJKLMNOP"]:
        trusts = [_assume({each: name}) for each in ("AWS", "Service", "Federated")]
        trusts.append(_assume("*", StringEquals={"aws:PrincipalOrgID": name}))
        role = {**_role(*trusts), "Arn": f"arn:aws:iam::{OWN}:role/{name}"}
        policy = {"PolicyName": name, "PolicyDocument": {"Statement": _allow(f"s3:{name}", f"arn:aws:s3:::{name}/*")}}
        user = {"Arn": f"arn:aws:iam::{OWN}:user/u", "GroupList": [name], "UserPolicyList": [policy]}
        try:
            loaded = _small(tmp_path, {"RoleDetailList": [role], "UserDetailList": [user]})
        except InputError as error:
            assert str(error)  # noqa: PT017 - the text of the file itself may be refused
            continue
        assert "AKIA" not in json.dumps(facts(loaded))


@pytest.mark.parametrize("depth", [150, 900, 5000])
@pytest.mark.parametrize(
    "stated",
    [
        '"Action": %s, "Principal": "*"',
        '"Action": "sts:AssumeRole", "Principal": {"AWS": %s}',
        '"Action": "sts:AssumeRole", "Principal": "*", "Condition": {"StringEquals": {"a": %s}}',
    ],
)
def test_documents_in_texts_may_be_as_deep_as_they_like(tmp_path: Path, stated: str, depth: int) -> None:
    document = '{"Statement": {"Effect": "Allow", ' + stated % ("[" * depth + "]" * depth) + "}}"
    role = {"Arn": f"arn:aws:iam::{OWN}:role/r", "AssumeRolePolicyDocument": document}
    assert _small(tmp_path, {"RoleDetailList": [role]}).tally.records == 2


@pytest.mark.slow
def test_a_flood_of_patterns_is_bounded(tmp_path: Path) -> None:
    queues = [_allow("sqs:SendMessage", [f"arn:aws:sqs:x:{OWN}:q{index}" for index in range(1000)])]
    patterns = [
        _allow("sqs:SendMessage", [f"arn:aws:sqs:x:{OWN}:q{'?' * (index % 7)}*{index}*" for index in range(300)])
    ]
    wide = [_allow("sqs:SendMessage", [f"arn:aws:sqs:x:{OWN}:{'*' * index}q*" for index in range(1, 200)])]
    loaded = _allowing(tmp_path, *queues, *patterns, *wide)
    assert "patterns fit more than" in _says(loaded, NoteKind.INCOMPLETE)


@pytest.mark.parametrize(
    ("more", "stopped"), [({}, True), ({"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}, False)]
)
def test_what_denies_everything_to_a_role_denies_it_to_outsiders(
    tmp_path: Path, more: dict[str, Any], stopped: bool
) -> None:
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*", **more}
    inline = [{"PolicyName": "p", "PolicyDocument": {"Statement": [_allow("s3:GetObject", "arn:aws:s3:::b/*"), deny]}}]
    role = _role(_assume({"AWS": "999988887777"}), RolePolicyList=inline)
    loaded = _small(tmp_path, {"RoleDetailList": [role]})
    (outsider,) = (each for each in loaded.entities if " session of " in each.id)
    assert [control.kind.value for control in outsider.controls] == ["revoked"][: int(stopped)]
    party = next(iter(_parties(loaded)))
    reached = solve(Estate.build([loaded]), Scenario(compromise=(party,), assume=Level.GRANTED)).levels
    assert (Fact("arn:aws:s3:::b", Capability.READ) in reached) is not stopped
