"""Functions written for the serverless transform: the role, the events and the policies that it will write out.

Rests on the transform ``AWS::Serverless-2016-10-31`` (AWS SAM specification, AWS::Serverless::Function).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from blastradius.loaderkit.json_values import Keys
from blastradius.loaderkit.names import fitting, is_name
from blastradius.loaderkit.vendors.aws.arns import Arn, arn_of
from blastradius.loaderkit.vendors.aws.build import Builder
from blastradius.loaderkit.vendors.aws.events import permission, reads, route
from blastradius.loaderkit.vendors.aws.policies import Policy, Statement
from blastradius.model import NoteKind

from .template import Resource, Template
from .things import tie_thing

_HERE = "{region}:{account}"
_POLICIES = {
    "S3ReadPolicy": ("BucketName", "s3:::{0}/*", "s3:GetObject"),
    "S3WritePolicy": ("BucketName", "s3:::{0}/*", "s3:PutObject"),
    "S3CrudPolicy": ("BucketName", "s3:::{0}/*", "s3:GetObject s3:PutObject s3:DeleteObject"),
    "DynamoDBReadPolicy": ("TableName", "dynamodb:{h}:table/{0}", "dynamodb:GetItem dynamodb:Query dynamodb:Scan"),
    "DynamoDBWritePolicy": ("TableName", "dynamodb:{h}:table/{0}", "dynamodb:PutItem dynamodb:UpdateItem"),
    "DynamoDBCrudPolicy": (
        "TableName",
        "dynamodb:{h}:table/{0}",
        "dynamodb:GetItem dynamodb:Query dynamodb:Scan dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem",
    ),
    "DynamoDBStreamReadPolicy": ("TableName", "dynamodb:{h}:table/{0}", "dynamodb:GetRecords"),
    "DynamoDBReconfigurePolicy": ("TableName", "dynamodb:{h}:table/{0}", "dynamodb:UpdateTable"),
    "S3FullAccessPolicy": ("BucketName", "s3:::{0}/*", "s3:GetObject s3:PutObject s3:DeleteObject"),
    "SQSSendMessagePolicy": ("QueueName", "sqs:{h}:{0}", "sqs:SendMessage"),
    "SQSPollerPolicy": ("QueueName", "sqs:{h}:{0}", "sqs:ReceiveMessage sqs:DeleteMessage"),
    "SNSPublishMessagePolicy": ("TopicName", "sns:{h}:{0}", "sns:Publish"),
    "SNSCrudPolicy": ("TopicName", "sns:{h}:{0}*", "sns:SetTopicAttributes sns:Subscribe sns:Publish"),
    "KinesisCrudPolicy": ("StreamName", "kinesis:{h}:stream/{0}", "kinesis:GetRecords kinesis:PutRecord"),
    "FirehoseWritePolicy": ("DeliveryStreamName", "firehose:{h}:deliverystream/{0}", "firehose:PutRecord"),
    "FirehoseCrudPolicy": (
        "DeliveryStreamName",
        "firehose:{h}:deliverystream/{0}",
        "firehose:PutRecord firehose:UpdateDestination firehose:DeleteDeliveryStream",
    ),
    "ElasticsearchHttpPostPolicy": ("DomainName", "es:{h}:domain/{0}/*", "es:ESHttpPost es:ESHttpPut"),
    "FilterLogEventsPolicy": ("LogGroupName", "logs:{h}:log-group:{0}:log-stream:*", "logs:FilterLogEvents"),
    "EFSWriteAccessPolicy": (
        "FileSystem",
        "elasticfilesystem:{h}:file-system/{0}",
        "elasticfilesystem:ClientMount elasticfilesystem:ClientWrite",
    ),
    "EcsRunTaskPolicy": ("TaskDefinition", "ecs:{h}:task-definition/{0}", "ecs:RunTask"),
    "CodeCommitReadPolicy": ("RepositoryName", "codecommit:{h}:{0}", "codecommit:GitPull"),
    "CodeCommitCrudPolicy": ("RepositoryName", "codecommit:{h}:{0}", "codecommit:GitPull codecommit:GitPush"),
    "KinesisStreamReadPolicy": ("StreamName", "kinesis:{h}:stream/{0}", "kinesis:GetRecords"),
    "LambdaInvokePolicy": ("FunctionName", "lambda:{h}:function:{0}", "lambda:InvokeFunction"),
    "StepFunctionsExecutionPolicy": ("StateMachineName", "states:{h}:stateMachine:{0}", "states:StartExecution"),
    "StepFunctionsExecutionPolicy_v2": ("StateMachineName", "states:{h}:stateMachine:{0}", "states:StartExecution"),
    "SSMParameterReadPolicy": ("ParameterName", "ssm:{h}:parameter/{0}", "ssm:GetParameter"),
    "SSMParameterWithSlashPrefixReadPolicy": ("ParameterName", "ssm:{h}:parameter/{0}", "ssm:GetParameter"),
    "KMSDecryptPolicy": ("KeyId", "kms:{h}:key/{0}", "kms:Decrypt"),
    "KMSEncryptPolicy_v2": ("KeyId", "kms:{h}:key/{0}", "kms:GenerateDataKey"),
    "AWSSecretsManagerGetSecretValuePolicy": ("SecretArn", "{0}", "secretsmanager:GetSecretValue"),
}
_SOURCES = {"S3": ("s3", "Bucket"), "SQS": ("sqs", "Queue"), "SNS": ("sns", "Topic")}
_STREAMS = {"Kinesis": ("kinesis", "Stream"), "DynamoDB": ("dynamodb", "Stream")}


def tie_function(build: Builder, template: Template, resource: Resource) -> bool:
    """A function with its role, its policies, its own address and its events."""
    tie_runner(build, template, resource)
    url = template.values.resolve(resource.properties.get("FunctionUrlConfig"))
    if isinstance(url, dict) and template.values.text(url.get("AuthType")) == "NONE":
        anyone = permission("*", "lambda:InvokeFunctionUrl", {}, resource.keys)
        build.resource_policies.add("lambda", fitting(template.values.arn(resource.name)), anyone)
    events = template.values.resolve(resource.properties.get("Events"))
    for event in (events if isinstance(events, dict) else {}).values():
        attributes = event.get("Properties", {}) if isinstance(event, dict) else None
        if isinstance(attributes, dict):
            _event(build, template, resource, str(event.get("Type")), attributes)
    return True


def tie_runner(build: Builder, template: Template, resource: Resource) -> bool:
    """A function or a state machine with its role: one of its own where it names none."""
    tie_thing(build, template, resource)
    if resource.properties.get("Role") is None:
        role = Arn("aws", "iam", "", template.values.account, f"role/{template.values.unknown(resource.name + 'Role')}")
        build.runs_as(fitting(template.values.arn(resource.name)), role, build.collector.provenance(*resource.keys))
        _policies(build, template, resource, role)
    return True


def _policies(build: Builder, template: Template, resource: Resource, role: Arn) -> None:
    found = template.values.resolve(resource.properties.get("Policies"))
    keys: Keys = (*resource.keys, "Properties", "Policies")
    for index, item in enumerate(found if isinstance(found, list) else [found] if found else []):
        if is_name(item):
            named = item if arn_of(item) else f"arn:aws:iam::aws:policy/{item}"
            build.attach(role, named, (*keys, index))
        elif isinstance(item, dict):
            spelled = "Statement" in item
            policy = template.policy_of(item, keys) if spelled else Policy(tuple(_short(build, template, item, keys)))
            build.inline(role, f"{resource.name} {index}", policy, build.collector.provenance(*keys))
        else:
            message = f"a policy of {resource.name[:80]!r} has no name that can be used; left out"
            build.collector.note(NoteKind.UNSUPPORTED, message, provenance=build.collector.provenance(*keys, index))


def _short(build: Builder, template: Template, attributes: dict[str, Any], keys: Keys) -> Iterator[Statement]:
    """Policies that the transform knows by a name; of one that is not here, that it is left out."""
    values = template.values
    for name, arguments in attributes.items():
        known = _POLICIES.get(name)
        given = values.text(arguments.get(known[0])) if known and isinstance(arguments, dict) else None
        if known and given:
            here = f"{values.region or values.unknown('Region')}:{values.account}"
            end = given if arn_of(given) else "arn:aws:" + known[1].format(given.lstrip("/"), h=here)
            yield Statement(keys, allow=True, actions=tuple(known[2].split()), resources=(end,))
        elif is_name(name):
            message = f"the policy template {name[:80]} touches nothing that is modelled, or is not known; left out"
            build.collector.note(NoteKind.UNSUPPORTED, message, provenance=build.collector.provenance(*keys))


def _event(build: Builder, template: Template, resource: Resource, kind: str, attributes: dict[str, Any]) -> None:
    """What calls a function: a route of an API, or a store that has something new."""
    values, provenance = template.values, build.collector.provenance(*resource.keys)
    function = values.arn(resource.name)
    if kind in ("Api", "HttpApi"):
        api = values.text(attributes.get("RestApiId") or attributes.get("ApiId")) or values.unknown(f"Serverless{kind}")
        thing = build.graph.thing("api", fitting(_api_arn(template, api, kind)), provenance)
        open_to_all = _is_open(template, api, kind, attributes.get("Auth"))
        path, verb = values.text(attributes.get("Path")) or "*", values.text(attributes.get("Method")) or "ANY"
        route(build, thing, f"{verb.upper()} {path}", provenance, anonymous=open_to_all, function=function)
        return
    family, name = {**_SOURCES, **_STREAMS}.get(kind, ("", ""))
    source = values.text(attributes.get(name)) if family else None
    if source:
        store = source if arn_of(source) else f"arn:aws:s3:::{source}"
        reads(build, function, family, store.partition("/stream/")[0], provenance)


def _is_open(template: Template, api: str, kind: str, asked: Any) -> bool:
    """Whether a route asks for nothing: neither itself nor the API that the template makes for it, or by itself."""
    values, of = template.values, f"AWS::Serverless::{kind}"
    made = [row.properties for row in template.of_type(of) if values.name(row.name) == api]
    implicit = [template.shared.get(kind) or {}] if api == values.unknown(f"Serverless{kind}") else []
    stated = next(iter([*made, *implicit]), None)
    own = values.resolve(asked) if isinstance(values.resolve(asked), dict) else {}
    if values.text(own.get("Authorizer")) or not isinstance(stated, dict):
        return values.text(own.get("Authorizer")) == "NONE"
    whole = values.resolve(stated.get("Auth"))
    auth = {**(whole if isinstance(whole, dict) else {}), **own}
    elsewhere = stated.keys() & {"DefinitionBody", "DefinitionUri"} or auth.keys() & {"ResourcePolicy"}
    keyed = str(values.resolve(auth.get("ApiKeyRequired"))).lower() == "true"
    return not (elsewhere or keyed) and values.text(auth.get("DefaultAuthorizer")) in (None, "", "NONE")


def _api_arn(template: Template, name: str, kind: str) -> str:
    for http_api in template.of_type("AWS::Serverless::Api", "AWS::Serverless::HttpApi"):
        if template.values.name(http_api.name) == name:
            return template.values.arn(http_api.name)
    region = template.values.region or template.values.unknown("Region")
    return f"arn:aws:apigateway:{region}::/{'restapis' if kind == 'Api' else 'apis'}/{name}"


TIE = {"AWS::Serverless::Function": tie_function, "AWS::Serverless::StateMachine": tie_runner}
