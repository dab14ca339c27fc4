"""The CloudFormation loader: small cases, real templates counted by plain loops, and hostile ones."""

from __future__ import annotations

import copy
import importlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded, Loader
from blastradius.model import Kind, NoteKind, Operation, Party, Verb
from blastradius.reading import parse_document, read_document
from tests.loaders.golden import facts

LOADER: Loader = importlib.import_module("blastradius.loaders.cloudformation").LOADER
CASES = Path(__file__).parent / "cases"
OURS = {"account": "111122223333", "region": "eu-west-1"}


def _load(path: Path, **options: Any) -> Loaded:
    document = read_document(path)
    assert LOADER.recognises(document.data)
    loaded = LOADER.load(document, options)
    Estate.build([loaded])
    return loaded


def _of(resources: str, head: str = "", **options: Any) -> Loaded:
    text = f"AWSTemplateFormatVersion: 2010-09-09\n{head}\nResources:\n  " + resources.strip().replace("\n", "\n  ")
    loaded = LOADER.load(parse_document(text, "t.yaml"), {**OURS, **options})
    Estate.build([loaded])
    return loaded


def _edges(loaded: Loaded) -> set[str]:
    return {relation.id for relation in loaded.relations}


def _parties(loaded: Loaded) -> set[str]:
    return {entity.id for entity in loaded.entities if isinstance(entity, Party)}


def _open(loaded: Loaded) -> set[str]:
    return {entity.id for entity in loaded.entities if isinstance(entity, Operation) and entity.anonymous}


def _says(loaded: Loaded, kind: NoteKind) -> str:
    return "\n".join(note.message for note in loaded.notes if note.kind == kind)


# values


@pytest.mark.parametrize(
    ("value", "arn"),
    [
        ("arn:aws:s3:::plain/*", "arn:aws:s3:::plain"),
        ("!Sub '${B.Arn}/*'", "arn:aws:s3:::bucket"),
        ("!Join ['', [!GetAtt [!Sub 'B', Arn], /*]]", "arn:aws:s3:::bucket"),
        ("!Sub 'arn:${AWS::Partition}:s3:::${B}/*'", "arn:aws:s3:::bucket"),
        ("!Sub ['arn:aws:s3:::${X}/*', {X: !Ref B}]", "arn:aws:s3:::bucket"),
        ("!Join ['', [!GetAtt B.Arn, /*]]", "arn:aws:s3:::bucket"),
        ("!Join ['', [!GetAtt [B, Arn], /*]]", "arn:aws:s3:::bucket"),
        ("!If [c, !Sub '${B.Arn}/*', !Ref AWS::NoValue]", "arn:aws:s3:::bucket"),
        ("!Sub 'arn:aws:s3:::${P}/*'", "arn:aws:s3:::given"),
        ("!Sub 'arn:aws:s3:::${Free}/*'", "arn:aws:s3:::${Free}"),
        ("!Sub 'arn:aws:s3:::${NoSuch}/*'", "arn:aws:s3:::${NoSuch}"),
        ("!Sub 'arn:aws:s3:::x-${AWS::AccountId}/*'", "arn:aws:s3:::x-111122223333"),
        ("!Join ['', ['arn:aws:s3:::', !Select [0, !Split [',', 'a,b']], /*]]", "arn:aws:s3:::a"),
        ("!Join ['', ['arn:aws:s3:::', !FindInMap [M, eu, n], /*]]", "arn:aws:s3:::mapped"),
        ("!Join ['', ['arn:aws:s3:::', !ImportValue shared, /*]]", "arn:aws:s3:::${import shared}"),
    ],
)
def test_values_are_worked_out(value: str, arn: str) -> None:
    head = "Parameters:\n  P: {Type: String, Default: given}\n  Free: {Type: String}\nMappings: {M: {eu: {n: mapped}}}"
    resources = f"""
B: {{Type: "AWS::S3::Bucket", Properties: {{BucketName: bucket}}}}
R:
  Type: AWS::IAM::Role
  Properties:
    Policies:
      - PolicyName: p
        PolicyDocument: {{Statement: {{Effect: Allow, Action: "s3:GetObject", Resource: {value}}}}}
"""
    assert f"reads:aws s3 read {arn}>{arn}" in _edges(_of(resources, head))


def test_both_branches_of_a_condition_are_taken() -> None:
    trust = "{Effect: Allow, Action: 'sts:AssumeRole', Principal: {AWS: !If [c, '999988887777', '999988887778']}}"
    role = f"R: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {{Statement: [{trust}]}}}}}}"
    assert _parties(_of(role)) == {"aws:999988887777", "aws:999988887778"}


def test_a_parameter_is_what_the_options_say() -> None:
    trust = "{Effect: Allow, Action: 'sts:AssumeRole', Principal: {AWS: !Ref Partner}}"
    role = f"R: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {{Statement: {trust}}}}}}}"
    head = "Parameters: {Partner: {Type: String}}"
    assert _parties(_of(role, head)) == {"aws:${Partner}"}
    assert _parties(_of(role, head, parameters={"Partner": "999988887777"})) == {"aws:999988887777"}
    assert _parties(_of(role, head, parties={"${Partner}": "acme"})) == {"acme"}


@pytest.mark.slow
def test_names_that_refer_to_each_other_end() -> None:
    loop = "A: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref B}}\n"
    loop += "B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub 'x-${A}'}}"
    assert _of(loop).tally.facts == 2
    chain = "\n".join(
        f"A{each}: {{Type: AWS::S3::Bucket, Properties: {{BucketName: !Sub '${{A{each + 1}}}${{A{each + 1}}}'}}}}"
        for each in range(3000)
    )
    assert _of(chain).tally.facts == 3000


def test_two_templates_are_kept_apart_by_their_stack() -> None:
    bucket = "Data: {Type: AWS::S3::Bucket}"
    first, second = (_of(bucket, stack=name) for name in ("a", "b"))
    assert "arn:aws:s3:::${a.Data}" in {entity.id for entity in first.entities}
    assert len(Estate.build([first, second]).entities) == len(first.entities) + 1


# who is let in


def test_public_access_that_is_blocked_is_not_open() -> None:
    bucket = "B: {Type: AWS::S3::Bucket}\n"
    closed = (
        "B:\n  Type: AWS::S3::Bucket\n  Properties: {PublicAccessBlockConfiguration: {RestrictPublicBuckets: true}}\n"
    )
    policy = """
P:
  Type: AWS::S3::BucketPolicy
  Properties:
    Bucket: !Ref B
    PolicyDocument: {Statement: {Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: !Sub "${B.Arn}/*"}}
"""
    assert _open(_of(bucket + policy)) == {"aws s3 read by anyone arn:aws:s3:::${B}"}
    loaded = _of(closed + policy)
    assert _open(loaded) == set()
    assert "blocked" in _says(loaded, NoteKind.ASSUMED)


@pytest.mark.parametrize(
    ("says", "anonymous"),
    [
        ("AuthorizationType: NONE", True),
        ("AuthorizationType: NONE, ApiKeyRequired: true", False),
        ("AuthorizationType: AWS_IAM", False),
        ("OperationName: nothing", False),
    ],
)
def test_a_method_is_open_only_where_the_template_says_so(says: str, anonymous: bool) -> None:
    method = f"{{RestApiId: !Ref A, ResourceId: !GetAtt A.RootResourceId, HttpMethod: get, {says}}}"
    loaded = _of(f"A: {{Type: AWS::ApiGateway::RestApi}}\nM: {{Type: AWS::ApiGateway::Method, Properties: {method}}}")
    assert bool(_open(loaded)) == anonymous
    assert "serves:arn:aws:apigateway:eu-west-1::/restapis/${A}>arn:aws:apigateway:eu-west-1::/restapis/${A} GET /" in (
        _edges(loaded)
    )


def test_an_http_route_is_served_by_its_function() -> None:
    loaded = _of("""
A: {Type: AWS::ApiGatewayV2::Api}
F: {Type: AWS::Lambda::Function, Properties: {FunctionName: f}}
I: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref A, IntegrationUri: !GetAtt F.Arn}}
R: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref A, RouteKey: "POST /x", Target: !Sub "integrations/${I}"}}
""")
    function = "arn:aws:lambda:eu-west-1:111122223333:function:f"
    assert f"serves:{function}>arn:aws:apigateway:eu-west-1::/apis/${{A}} POST /x" in _edges(loaded)
    assert loaded.tally.facts == 4


@pytest.mark.parametrize(
    ("protocol", "says", "anonymous"),
    [
        ("HTTP", "", True),
        ("HTTP", ", AuthorizationType: NONE", True),
        ("HTTP", ", AuthorizationType: JWT", False),
        ("HTTP", ", AuthorizationType: !Ref Unknown", False),
        ("WEBSOCKET", "", False),
        ("WEBSOCKET", ", AuthorizationType: NONE", True),
    ],
)
def test_a_route_that_says_nothing_of_authorization_has_none(protocol: str, says: str, anonymous: bool) -> None:
    api = f"A: {{Type: AWS::ApiGatewayV2::Api, Properties: {{Name: a, ProtocolType: {protocol}}}}}"
    route = f"R: {{Type: AWS::ApiGatewayV2::Route, Properties: {{ApiId: !Ref A, RouteKey: $default{says}}}}}"
    assert bool(_open(_of(f"{api}\n{route}"))) == anonymous


def test_a_permission_lets_an_account_call_a_function() -> None:
    loaded = _of("""
F: {Type: AWS::Lambda::Function, Properties: {FunctionName: f}}
P: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref F, Principal: "999988887777"}}
Q: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !GetAtt F.Arn, Principal: s3.amazonaws.com}}
""")
    assert _parties(loaded) == {"aws:999988887777"}
    assert loaded.tally.facts == 3


def test_whom_a_role_trusts_may_be_a_provider_of_the_template() -> None:
    loaded = _of("""
O: {Type: AWS::IAM::OIDCProvider, Properties: {Url: "https://ci.example"}}
S: {Type: AWS::IAM::SAMLProvider, Properties: {Name: staff}}
R:
  Type: AWS::IAM::Role
  Properties:
    AssumeRolePolicyDocument:
      Statement:
        - {Effect: Allow, Action: sts:AssumeRoleWithWebIdentity, Principal: {Federated: !Ref O}}
        - {Effect: Allow, Action: sts:AssumeRoleWithSAML, Principal: {Federated: !GetAtt S.Arn}}
""")
    assert _parties(loaded) == {"oidc:ci.example", "arn:aws:iam::111122223333:saml-provider/staff"}
    assert loaded.tally.facts == 3


def test_a_policy_before_the_things_that_it_names_takes_nothing_from_them() -> None:
    policy = """
P:
  Type: AWS::IAM::ManagedPolicy
  Properties:
    PolicyDocument:
      Statement:
        - {Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::orders/*"}
        - {Effect: Allow, Action: "sts:AssumeRole", Resource: !GetAtt R.Arn}
"""
    things = """
R: {Type: AWS::IAM::Role, Properties: {RoleName: r}}
B: {Type: AWS::S3::Bucket, Properties: {BucketName: orders}}
"""
    before, after = _of(policy + things), _of(things + policy)
    assert not _says(before, NoteKind.CONTRADICTED)
    assert _stores(before) == {"arn:aws:s3:::orders"}
    assert Estate.build([before]).digest == Estate.build([after]).digest


def test_two_choices_that_cannot_be_told_are_not_one() -> None:
    select = "!Select [{0}, !Split ['-', !GetAtt X.Y]]"
    names = "\n".join(
        f"B{each}: {{Type: AWS::S3::Bucket, Properties: {{BucketName: {select.format(each)}}}}}" for each in (1, 2)
    )
    assert len(_stores(_of(f"{names}\nX: {{Type: Custom::X}}"))) == 2


# what the serverless transform writes out

SAM = "Transform: AWS::Serverless-2016-10-31"
FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:${F}"


def _serverless(says: str) -> Loaded:
    return _of(f"F:\n  Type: AWS::Serverless::Function\n  Properties: {{{says}}}\nB: {{Type: AWS::S3::Bucket}}", SAM)


@pytest.mark.parametrize(("kind", "anonymous"), [("NONE", True), ("AWS_IAM", False)])
def test_a_function_with_its_own_address_is_open_where_it_says_so(kind: str, anonymous: bool) -> None:
    assert bool(_open(_serverless(f"FunctionUrlConfig: {{AuthType: {kind}}}"))) == anonymous


def test_policies_that_the_transform_knows_by_name() -> None:
    loaded = _serverless("Policies: [{S3FullAccessPolicy: {BucketName: !Ref B}}, {VPCAccessPolicy: {}}]")
    assert "writes:aws s3 write arn:aws:s3:::${B}>arn:aws:s3:::${B}" in _edges(loaded)
    assert "policy template VPCAccessPolicy touches nothing" in _says(loaded, NoteKind.UNSUPPORTED)


def test_an_event_may_say_nothing_but_its_type() -> None:
    assert f"serves:{FUNCTION}>arn:aws:apigateway:eu-west-1::/apis/${{ServerlessHttpApi}} ANY *" in (
        _edges(_serverless("Events: {H: {Type: HttpApi}}"))
    )


_COMMON = "{Api: {Auth: {DefaultAuthorizer: AWS_IAM}}}"


@pytest.mark.parametrize(
    ("shared", "api", "event", "anonymous"),
    [
        ("{}", "", "", True),
        ("{Api: {Auth: {DefaultAuthorizer: AWS_IAM}}}", "", "", False),
        ("{HttpApi: {Auth: {DefaultAuthorizer: AWS_IAM}}}", "", "", True),
        ("{Api: {Auth: {ApiKeyRequired: true}}}", "", "", False),
        ("{Api: {Auth: {DefaultAuthorizer: AWS_IAM}}}", "", "Auth: {Authorizer: NONE}", True),
        ("{}", "", "Auth: {Authorizer: AWS_IAM}", False),
        ("{}", "StageName: a", "RestApiId: !Ref A", True),
        ("{}", "StageName: a, Auth: {DefaultAuthorizer: AWS_IAM}", "RestApiId: !Ref A", False),
        ("{Api: {Auth: {DefaultAuthorizer: AWS_IAM}}}", "StageName: a", "RestApiId: !Ref A", False),
        (_COMMON, "Auth: {AddDefaultAuthorizerToCorsPreflight: false}", "RestApiId: !Ref A", False),
        ("{}", "DefinitionUri: api.yaml", "RestApiId: !Ref A", False),
        ("{}", "Auth: {ResourcePolicy: {IpRangeWhitelist: [198.51.100.0/24]}}", "RestApiId: !Ref A", False),
        ("{}", "", "RestApiId: of-another-stack", False),
    ],
)
def test_a_route_is_open_where_neither_it_nor_its_api_asks_for_anything(
    shared: str, api: str, event: str, anonymous: bool
) -> None:
    events = f"Events: {{H: {{Type: Api, Properties: {{Path: /x, Method: get, {event}}}}}}}"
    own = f"A: {{Type: AWS::Serverless::Api, Properties: {{{api}}}}}\n" if api else ""
    function = f"F: {{Type: AWS::Serverless::Function, Properties: {{{events}}}}}"
    loaded = _of(own + function, f"{SAM}\nGlobals: {shared}")
    assert bool(_open(loaded)) == anonymous


def test_what_all_functions_of_a_template_have_in_common_is_read() -> None:
    globals_ = f"{SAM}\nGlobals: {{Function: {{FunctionUrlConfig: {{AuthType: NONE}}}}}}"
    plain, own = (
        _of(f"F: {{Type: AWS::Serverless::Function, Properties: {{{says}}}}}", globals_)
        for says in ("Handler: h", "FunctionUrlConfig: {AuthType: AWS_IAM}")
    )
    assert _open(plain)
    assert not _open(own)


def test_a_state_machine_has_policies_as_a_function_does() -> None:
    loaded = _of(
        "S: {Type: AWS::Serverless::StateMachine, Properties: {Policies: [{S3ReadPolicy: {BucketName: b}}]}}", SAM
    )
    role = "arn:aws:iam::111122223333:role/${SRole}"
    assert {
        f"holds:arn:aws:states:eu-west-1:111122223333:stateMachine:${{S}}>{role} session",
        f"permits:{role} policy S 0>aws s3 read arn:aws:s3:::b",
    } <= _edges(loaded)


def test_an_application_of_another_account_is_a_feed_that_its_account_publishes() -> None:
    application = "arn:aws:serverlessrepo:eu-west-1:999988887777:applications/lens"
    loaded = _of(
        f"A: {{Type: AWS::Serverless::Application, Properties: {{Location: {{ApplicationId: '{application}'}}}}}}", SAM
    )
    stack = "arn:aws:cloudformation:eu-west-1:111122223333:stack/${A}"
    assert {f"publishes:aws:999988887777>{application}", f"installs:{stack}>{application}"} <= _edges(loaded)


def test_a_layer_of_another_account_runs_as_the_function_does() -> None:
    ours, theirs = (f"arn:aws:lambda:eu-west-1:{each}:layer:lens:3" for each in ("111122223333", "999988887777"))
    loaded = _of(f"F: {{Type: AWS::Lambda::Function, Properties: {{Layers: ['{ours}', '{theirs}']}}}}")
    assert {f"publishes:aws:999988887777>{theirs}", f"installs:{FUNCTION}>{theirs}"} <= _edges(loaded)
    assert not any(ours in edge for edge in _edges(loaded))


# doors


@pytest.mark.parametrize(
    ("says", "open_"),
    [
        ("AccessControl: PublicRead", {"aws s3 read by anyone arn:aws:s3:::${B}"}),
        ("AccessControl: Private", set()),
        ("AccessControl: PublicRead, PublicAccessBlockConfiguration: {IgnorePublicAcls: true}", set()),
    ],
)
def test_a_bucket_that_anyone_may_read_by_its_access_list(says: str, open_: set[str]) -> None:
    assert _open(_of(f"B: {{Type: AWS::S3::Bucket, Properties: {{{says}}}}}")) == open_


@pytest.mark.parametrize(
    ("says", "public"),
    [
        ("AccessControl: PublicRead, WebsiteConfiguration: {IndexDocument: index.html}", True),
        ("AccessControl: PublicRead", False),
        ("WebsiteConfiguration: {IndexDocument: index.html}", False),
    ],
)
def test_a_website_that_anyone_may_read_is_public(says: str, public: bool) -> None:
    loaded = _of(f"B: {{Type: AWS::S3::Bucket, Properties: {{{says}}}}}")
    stated = {entity.id for entity in loaded.entities if getattr(entity, "public", False)}
    assert stated == ({"arn:aws:s3:::${B}", "aws s3 read by anyone arn:aws:s3:::${B}"} if public else set())


def test_policies_of_queues_and_topics_as_resources_inside_them() -> None:
    let_in = "{Statement: {Effect: Allow, Principal: {AWS: '999988887777'}, Action: '*', Resource: '*'}}"
    loaded = _of(f"""
Q: {{Type: AWS::SQS::Queue}}
T: {{Type: AWS::SNS::Topic}}
QP: {{Type: AWS::SQS::QueueInlinePolicy, Properties: {{Queue: !Ref Q, PolicyDocument: {let_in}}}}}
TP: {{Type: AWS::SNS::TopicInlinePolicy, Properties: {{TopicArn: !Ref T, PolicyDocument: {let_in}}}}}
""")
    assert _parties(loaded) == {"aws:999988887777"}
    assert loaded.tally.facts == 4


def test_stacks_in_many_accounts_are_made_of_a_template_too() -> None:
    url = "https://templates.example/x.yaml"
    loaded = _of(f"S: {{Type: AWS::CloudFormation::StackSet, Properties: {{TemplateURL: '{url}'}}}}")
    assert f"installs:arn:aws:cloudformation:eu-west-1:111122223333:stack/${{S}}>{url}" in _edges(loaded)


@pytest.mark.parametrize(
    ("policy", "opens", "shuts"),
    [
        ("SecurityAudit", {"aws cognito read"}, {"aws s3 read", "aws instance control"}),
        ("ReadOnlyAccess", {"aws s3 read", "aws sqs read"}, {"aws secretsmanager read", "aws eks control"}),
    ],
)
def test_policies_of_aws_are_known_without_their_documents(policy: str, opens: set[str], shuts: set[str]) -> None:
    attached = f"ManagedPolicyArns: ['arn:aws:iam::aws:policy/{policy}']"
    loaded = _of(f"R: {{Type: AWS::IAM::Role, Properties: {{{attached}}}}}")
    permitted = {edge.partition(">")[2].partition(" *")[0] for edge in _edges(loaded) if edge.startswith("permits")}
    assert opens <= permitted
    assert not shuts & permitted


# the law


def test_twice_and_in_any_order_it_is_the_same_estate() -> None:
    loaded = [LOADER.load(_case(case), {"stack": case, **OURS}) for case in ("partner", "shapes")]
    digest = Estate.build(loaded).digest
    assert Estate.build([*loaded[::-1], *loaded]).digest == digest
    backwards = copy.deepcopy(_case("partner"))
    backwards.data["Resources"] = dict(reversed(backwards.data["Resources"].items()))
    assert Estate.build([LOADER.load(backwards, {})]).digest == Estate.build([LOADER.load(_case("partner"), {})]).digest


def _case(case: str) -> Any:
    return read_document(next((CASES / case).glob("input.*")))


# real templates

REAL = {
    "datadog/aws_datadog_integration_role.yaml": (5, 5, {"aws:464622532012"}),
    "datadog/aws_main.yaml": (3, 3, set()),
    "datadog/aws_quickstart_datadog_integration_permissions.yaml": (3, 2, set()),
    "compliant-static-website.json": (18, 16, set()),
}


class _AnyTag(yaml.SafeLoader):
    """Reads every tag as a list, a mapping or a text of its own, to count what stands beside it."""


_AnyTag.add_multi_constructor("!", lambda loader, suffix, node: f"tag {suffix}")


@pytest.mark.parametrize(("name", "resources", "facts_", "parties"), [(key, *each) for key, each in REAL.items()])
def test_real_templates(shared: Path, name: str, resources: int, facts_: int, parties: set[str]) -> None:
    path = shared / "data" / "aws" / name
    counted = yaml.load(path.read_text(), _AnyTag)["Resources"]
    loaded = _load(path)
    assert len(counted) == resources == loaded.tally.records
    assert (loaded.tally.facts, loaded.tally.rejected) == (facts_, 0)
    assert _parties(loaded) == parties


def test_the_partner_of_a_real_template_is_named(shared: Path) -> None:
    root = shared / "data" / "aws"
    document = read_document(root / "datadog" / "aws_datadog_integration_role.yaml", root=root)
    loaded = LOADER.load(document, {"vendors": "../known_aws_accounts.yaml"})
    role = "arn:aws:iam::${AccountId}:role/DatadogIntegrationRole"
    assert f"holds:vendor:Datadog>{role} session of arn:aws:iam::464622532012:root" in _edges(loaded)
    permitted = {relation.targets[0] for relation in loaded.relations if relation.verb == Verb.PERMITS}
    assert "aws logs read * in ${AccountId}" in permitted
    assert "aws s3 read * in ${AccountId}" not in permitted


def test_templates_fetched_from_elsewhere_are_feeds(shared: Path) -> None:
    loaded = _load(shared / "data" / "aws" / "datadog" / "aws_main.yaml")
    feeds = {relation.targets[0] for relation in loaded.relations if relation.verb == Verb.INSTALLS}
    assert "https://datadog-cloudformation-template.s3.amazonaws.com/aws/forwarder/latest.yaml" in feeds
    assert len(feeds) == 3


# what is no template, and hostile ones


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"AWSTemplateFormatVersion": "2011-01-01", "Resources": {}}, "2010-09-09"),
        ({"AWSTemplateFormatVersion": "2010-09-09"}, "Resources"),
        ({"AWSTemplateFormatVersion": "2010-09-09", "Resources": []}, "Resources"),
        ({"AWSTemplateFormatVersion": ["2010-09-09"], "Resources": {}}, "2010-09-09"),
        ({"TemplateBody": "Resources:", "StagesAvailable": []}, "no mapping 'Resources'"),
        ({"TemplateBody": "Resources: [", "StagesAvailable": []}, "1:2: in the text here"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, data: Any, why: str) -> None:
    file = tmp_path / "t.json"
    file.write_text(json.dumps(data))
    document = read_document(file)
    assert LOADER.recognises(document.data)
    with pytest.raises(InputError, match=why):
        LOADER.load(document, {})


@pytest.mark.parametrize(
    "data",
    [None, 1, [], {}, {"Resources": []}, {"Resources": {"a": {"Type": "x"}}}, {"Transform": "x"}, {"a": "AWS::"}],
)
def test_other_files_are_not_recognised(data: Any) -> None:
    assert not LOADER.recognises(data)


def test_what_get_template_prints_is_read(tmp_path: Path) -> None:
    file = tmp_path / "t.json"
    body = {"Resources": {"B": {"Type": "AWS::S3::Bucket"}}}
    file.write_text(json.dumps({"TemplateBody": body, "StagesAvailable": ["Original"]}))
    assert _load(file).tally.facts == 1


def test_a_template_that_get_template_prints_as_text_is_read(tmp_path: Path) -> None:
    file = tmp_path / "t.json"
    body = "AWSTemplateFormatVersion: 2010-09-09\nResources:\n  B:\n    Type: AWS::S3::Bucket\n"
    file.write_text(json.dumps({"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]}))
    loaded = _load(file)
    assert "arn:aws:s3:::${B}" in {entity.id for entity in loaded.entities}
    assert loaded.tally.facts == 1


# loops

LOOPED = "Transform: [AWS::LanguageExtensions]\nParameters: {Names: {Type: CommaDelimitedList, Default: 'in,out'}}"


def _stores(loaded: Loaded) -> set[str]:
    return {entity.id for entity in loaded.entities if entity.kind == Kind.STORE and entity.basis == "declared"}


def test_a_loop_is_all_that_it_makes() -> None:
    loaded = _of(
        """
Fn::ForEach::Buckets:
  - Name
  - !Ref Names
  - ${Name}Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub 'acme-${Name}'}}
    ${Name}Policy:
      Type: AWS::S3::BucketPolicy
      Properties:
        Bucket: !Ref {Fn::Sub: '${Name}Bucket'}
        PolicyDocument:
          Statement: {Effect: Allow, Principal: {AWS: "999988887777"}, Action: s3:Get*, Resource: !Sub 'arn:aws:s3:::*'}
""",
        LOOPED,
    )
    assert _stores(loaded) == {"arn:aws:s3:::acme-in", "arn:aws:s3:::acme-out"}
    assert {
        f"holds:aws:999988887777>arn:aws:s3:::acme-{each} access of arn:aws:iam::999988887777:root"
        for each in ("in", "out")
    } <= (_edges(loaded))
    assert (loaded.tally.facts, loaded.tally.rejected) == (4, 0)
    assert {entity.provenance[0].line for entity in loaded.entities if entity.id in _stores(loaded)} == {8}


def test_loops_inside_loops_and_names_that_may_not_have_every_sign() -> None:
    loaded = _of(
        """
Fn::ForEach::Outer:
  - Where
  - [eu-west, eu-north]
  - Fn::ForEach::Inner:
      - What
      - [a, b]
      - "Q&{Where}${What}": {Type: AWS::SQS::Queue, Properties: {QueueName: !Join ["-", [!Ref Where, !Ref What]]}}
""",
        LOOPED,
    )
    names = {f"{where}-{what}" for where in ("eu-west", "eu-north") for what in "ab"}
    assert _stores(loaded) == {f"arn:aws:sqs:eu-west-1:111122223333:{hostile_name}" for hostile_name in names}


def test_a_loop_over_what_is_not_known_is_gone_through_once() -> None:
    head = "Transform: AWS::LanguageExtensions\nParameters: {Names: {Type: CommaDelimitedList}}"
    loaded = _of("Fn::ForEach::B: [N, !Ref Names, {'${N}B': {Type: AWS::S3::Bucket}}]", head)
    assert loaded.tally.facts == 1
    assert "the loop 'B' goes over what only the deployment decides" in _says(loaded, NoteKind.INCOMPLETE)


@pytest.mark.parametrize("loop", ["[]", "[N, [a]]", "[N, [a], [x]]", "[[N], [a], {x: {}}]", "x"])
def test_a_loop_that_is_none_is_rejected(loop: str) -> None:
    loaded = _of(f"Fn::ForEach::B: {loop}\nB: {{Type: AWS::S3::Bucket}}", LOOPED)
    assert (loaded.tally.facts, loaded.tally.rejected) == (1, 1)


@pytest.mark.slow
def test_loops_that_multiply_end() -> None:
    body = "{'Q${A}${B}${C}${D}': {Type: AWS::SQS::Queue}}"
    for name in "DCBA":
        body = f"{{Fn::ForEach::{name}: [{name}, [{', '.join(map(str, range(20)))}], {body}]}}"
    loaded = _of(body.removeprefix("{").removesuffix("}"), LOOPED)
    assert loaded.tally.facts == 10_000
    assert "the rest is left out" in _says(loaded, NoteKind.INCOMPLETE)


WRONG: list[Any] = [
    None,
    1,
    True,
    "x",
    "",
    [],
    [1],
    [[]],
    {},
    {"a": 1},
    {"Ref": 3},
    {"Ref": "Print"},
    {"Fn::If": [1, 2]},
]
WRONG += [
    {"Fn::Sub": "${Print.Arn}${"},
    {"Fn::GetAtt": "x"},
    {"Fn::Nope": 1},
    {"Fn::Join": [",", {"Ref": "Net"}]},
    "\u202e",
]


def _places(value: Any, keys: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    rows = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [keys, *(place for key, each in rows for place in _places(each, (*keys, key)))]


@pytest.mark.parametrize("value", WRONG, ids=repr)
@pytest.mark.parametrize("case", ["partner", "shapes"])
@pytest.mark.slow
def test_wrong_types_anywhere(case: str, value: Any) -> None:
    document = _case(case)
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
            assert place[0] in ("AWSTemplateFormatVersion", "Resources"), error  # noqa: PT017


def test_secrets_stay_outside() -> None:
    said = json.dumps(facts(LOADER.load(_case("partner"), {})))
    assert "CANARY" in Path(_case("partner").path).read_text()
    assert "CANARY" not in said


def test_deep_and_wide_values_end() -> None:
    deep = "x"
    for _ in range(60):
        deep = f"!If [c, {deep}, !Sub ['${{X}}${{X}}', {{X: {deep if len(deep) < 2000 else 'y'}}}]]"
    assert _of(f"B: {{Type: AWS::S3::Bucket, Properties: {{BucketName: {deep}}}}}").tally.facts == 1


def test_functions_as_deep_as_reading_allows_end() -> None:
    for name in ("Fn::If", "Fn::Join", "Fn::Sub", "Fn::Select", "Fn::FindInMap"):
        value: Any = "x"
        for _ in range(90):
            value = {name: [0, value, value if name == "Fn::If" and value == "x" else "y"]}
        body = {"Resources": {"B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": value}}}}
        loaded = LOADER.load(parse_document(json.dumps(body), "t.json", ".json"), {})
        assert loaded.tally.facts == 1


def test_hostile_names(shared: Path) -> None:
    names = [load["name"] for load in json.loads((shared / "badinput/generated/hostile_names.json").read_text())]
    for name in [*names, "x" * 3000, "y" * 1500, "z" * 460]:
        body = {
            "Resources": {name: {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}}, "R": {"Type": name}}
        }
        try:
            document = parse_document(json.dumps(body), "t.json", ".json")
        except InputError:
            continue
        if LOADER.recognises(document.data):
            Estate.build([LOADER.load(document, {})])
