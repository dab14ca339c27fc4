"""The things of a template: stores and services, the roles they act as, their own policies, and what they read."""

from __future__ import annotations

from typing import Any

from blastradius.loaderkit.collector import bare_url
from blastradius.loaderkit.contract import Provenances
from blastradius.loaderkit.names import fitting
from blastradius.loaderkit.vendors.aws.arns import arn_of
from blastradius.loaderkit.vendors.aws.build import Builder
from blastradius.loaderkit.vendors.aws.events import (
    copies,
    function_arn,
    installs,
    layered,
    permission,
    reads,
    reads_stream,
    subscribe,
)
from blastradius.loaderkit.vendors.aws.types import BY_CLOUDFORMATION
from blastradius.model import Control, ControlKind, NoteKind

from .template import Resource, Template

_POLICIES = {
    "AWS::S3::BucketPolicy": ("s3", "Bucket", "PolicyDocument"),
    "AWS::SQS::QueuePolicy": ("sqs", "Queues", "PolicyDocument"),
    "AWS::SQS::QueueInlinePolicy": ("sqs", "Queue", "PolicyDocument"),
    "AWS::SNS::TopicPolicy": ("sns", "Topics", "PolicyDocument"),
    "AWS::SNS::TopicInlinePolicy": ("sns", "TopicArn", "PolicyDocument"),
    "AWS::SecretsManager::ResourcePolicy": ("secretsmanager", "SecretId", "ResourcePolicy"),
    "AWS::Kinesis::ResourcePolicy": ("kinesis", "ResourceArn", "ResourcePolicy"),
}
_NAMED = {"s3": "arn:aws:s3:::{0}"}


def describe_thing(build: Builder, template: Template, resource: Resource) -> bool:
    """A store or a service."""
    row = BY_CLOUDFORMATION[resource.type]
    arn, provenance = fitting(template.values.arn(resource.name)), build.collector.provenance(*resource.keys)
    if arn in build.collector.entities:
        build.collector.note(
            NoteKind.CONTRADICTED, f"{arn!r} is there twice; the first is kept", arn, provenance=provenance
        )
        return True
    more: dict[str, Any] = {"controls": _controls(template, resource, provenance)} if row.family == "s3" else {}
    build.thing(
        row.family, arn, provenance, name=_name(template, resource), tags=(resource.type,), basis=resource.basis, **more
    )
    blocked = template.values.resolve(resource.properties.get("PublicAccessBlockConfiguration"))
    for flag, things in (
        ("RestrictPublicBuckets", build.resource_policies.closed),
        ("IgnorePublicAcls", build.resource_policies.unlisted),
    ):
        if isinstance(blocked, dict) and str(blocked.get(flag)).lower() == "true":
            things.add(arn)
    return True


def _name(template: Template, resource: Resource) -> str:
    name = template.values.name(resource.name)
    return resource.name if name.startswith("${") else name


def _controls(template: Template, resource: Resource, provenance: Provenances) -> tuple[Control, ...]:
    """A lock on objects that nobody can lift is a copy that nobody can delete."""
    lock = template.values.resolve(resource.properties.get("ObjectLockConfiguration"))
    rule = lock.get("Rule") if isinstance(lock, dict) else None
    kept = rule.get("DefaultRetention") if isinstance(rule, dict) else None
    if isinstance(kept, dict) and kept.get("Mode") == "COMPLIANCE":
        why = "objects are locked in compliance mode"
        return (Control(kind=ControlKind.IMMUTABLE_BACKUP, why=why, provenance=provenance),)
    return ()


def tie_thing(build: Builder, template: Template, resource: Resource) -> bool:
    """The roles that a thing acts as, its own policy, and what tells it of something new."""
    row = BY_CLOUDFORMATION[resource.type]
    arn, provenance = fitting(template.values.arn(resource.name)), build.collector.provenance(*resource.keys)
    for name in row.role:
        role = template.identity("role", resource.properties.get(name))
        if role:
            build.runs_as(arn, role, provenance)
    for name in row.policy:
        if resource.properties.get(name) is not None:
            build.resource_policies.add(row.family, arn, template.policy(resource, name))
    if row.family == "lambda":
        for layer in template.values.texts(resource.properties.get("Layers")):
            layered(build, arn, layer, provenance)
    more = _TIES.get(resource.type)
    if more:
        more(build, template, resource, arn)
    return True


def _bucket(build: Builder, template: Template, resource: Resource, arn: str) -> None:
    """Functions that are told of new objects, buckets that get copies, and an access list that lets anyone in."""
    if resource.properties.get("WebsiteConfiguration") is not None:
        build.resource_policies.websites.add(arn)
    canned = template.values.text(resource.properties.get("AccessControl"))
    if canned:
        build.resource_policies.access_list(arn, canned, resource.keys)
    for row, keys in template.rows(resource, "NotificationConfiguration", "LambdaConfigurations"):
        reader = template.arn(row.get("Function"))
        if reader:
            reads(build, reader, "s3", arn, build.collector.provenance(*keys))
    for row, keys in template.rows(resource, "ReplicationConfiguration", "Rules"):
        destination = row.get("Destination")
        copy = template.arn(destination.get("Bucket")) if isinstance(destination, dict) else None
        if copy and arn_of(copy):
            copies(build, ("s3", copy), ("s3", arn), build.collector.provenance(*keys))


def _instance(build: Builder, template: Template, resource: Resource, arn: str) -> None:
    """An instance has what its profile gives."""
    profile = template.values.text(resource.properties.get("IamInstanceProfile"))
    if profile:
        named = f"arn:aws:iam::{template.values.account}:instance-profile/{profile.rpartition('/')[2]}"
        build.has_profile(arn, fitting(named), build.collector.provenance(*resource.keys))


def _topic(build: Builder, template: Template, resource: Resource, arn: str) -> None:
    for row, keys in template.rows(resource, "Subscription"):
        protocol, endpoint = template.values.text(row.get("Protocol")), template.arn(row.get("Endpoint"))
        subscribe(build, arn, protocol, endpoint, build.collector.provenance(*keys))


_TIES = {"AWS::S3::Bucket": _bucket, "AWS::EC2::Instance": _instance, "AWS::SNS::Topic": _topic}


def subscription(build: Builder, template: Template, resource: Resource) -> bool:
    """A subscription to a topic as a resource of its own."""
    topic = template.arn(resource.properties.get("TopicArn"))
    provenance = build.collector.provenance(*resource.keys)
    protocol = template.values.text(resource.properties.get("Protocol"))
    return bool(
        topic and subscribe(build, topic, protocol, template.arn(resource.properties.get("Endpoint")), provenance)
    )


def event_source(build: Builder, template: Template, resource: Resource) -> bool:
    """A function that takes in a queue or a stream."""
    function = template.values.text(resource.properties.get("FunctionName"))
    source = template.arn(resource.properties.get("EventSourceArn"))
    provenance = build.collector.provenance(*resource.keys)
    return bool(function and source and reads_stream(build, named_function(template, function), source, provenance))


def named_function(template: Template, name: str) -> str:
    """A function by its ARN, or by its name."""
    if arn_of(name):
        return function_arn(name)
    region = template.values.region or template.values.unknown("Region")
    return f"arn:aws:lambda:{region}:{template.values.account}:function:{name}"


def resource_policy(build: Builder, template: Template, resource: Resource) -> bool:
    """The policy of a bucket, a queue, a topic or a secret, as a resource of its own."""
    family, property_name, document = _POLICIES[resource.type]
    named = template.values.texts(resource.properties.get(property_name))
    things = [_NAMED[family].format(name) if family in _NAMED and not arn_of(name) else name for name in named]
    policy = template.policy(resource, document)
    provenance = build.collector.provenance(*resource.keys)
    for thing in filter(arn_of, things):
        build.resource_policies.add(family, build.graph.thing(family, fitting(thing), provenance), policy)
    return any(arn_of(thing) for thing in things)


def may_call(build: Builder, template: Template, resource: Resource) -> bool:
    """Who else may call a function."""
    declared = {key: template.values.text(item) for key, item in resource.properties.items()}
    function, principal = declared.get("FunctionName"), declared.get("Principal")
    if not function or not principal:
        return False
    tests = {
        "aws:sourceaccount": declared.get("SourceAccount"),
        "aws:sourcearn": declared.get("SourceArn"),
        "aws:principalorgid": declared.get("PrincipalOrgID"),
    }
    policy = permission(principal, declared.get("Action"), tests, resource.keys)
    build.resource_policies.add("lambda", _called(build, template, resource, function), policy)
    return True


def _called(build: Builder, template: Template, resource: Resource, function: str) -> str:
    provenance = build.collector.provenance(*resource.keys)
    return build.graph.thing("lambda", fitting(named_function(template, function)), provenance)


def function_url(build: Builder, template: Template, resource: Resource) -> bool:
    """A function with an address of its own; without authentication anyone may call it."""
    function = template.values.text(resource.properties.get("TargetFunctionArn"))
    if not function:
        return False
    thing = _called(build, template, resource, function)
    if template.values.text(resource.properties.get("AuthType")) == "NONE":
        build.resource_policies.add("lambda", thing, permission("*", "lambda:InvokeFunctionUrl", {}, resource.keys))
    return True


def nested(build: Builder, template: Template, resource: Resource) -> bool:
    """A stack made of a template fetched from elsewhere: whoever changes that template builds in the account."""
    provenance = build.collector.provenance(*resource.keys)
    region = template.values.region or template.values.unknown("Region")
    arn = fitting(
        f"arn:aws:cloudformation:{region}:{template.values.account}:stack/{template.values.unknown(resource.name)}"
    )
    build.thing("stack", arn, provenance, name=resource.name, tags=(resource.type,), basis=resource.basis)
    location = template.values.resolve(resource.properties.get("TemplateURL") or resource.properties.get("Location"))
    published = location.get("ApplicationId") if isinstance(location, dict) else location
    source = template.values.text(bare_url(published) if isinstance(published, str) else published)
    if source:
        installs(build, arn, source, provenance)
    return source is not None or "TemplateBody" in resource.properties


DESCRIBE = dict.fromkeys(BY_CLOUDFORMATION, describe_thing)
TIE = {
    **dict.fromkeys(BY_CLOUDFORMATION, tie_thing),
    **dict.fromkeys(_POLICIES, resource_policy),
    "AWS::SNS::Subscription": subscription,
    "AWS::Lambda::EventSourceMapping": event_source,
    "AWS::Lambda::Permission": may_call,
    "AWS::Lambda::Url": function_url,
    "AWS::CloudFormation::Stack": nested,
    "AWS::CloudFormation::StackSet": nested,
    "AWS::Serverless::Application": nested,
}
