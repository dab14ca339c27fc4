"""Resource types of the AWS provider: identities and policies, things, and what ties them."""

from __future__ import annotations

from collections.abc import Callable

from blastradius.loaderkit.collector import bare_url
from blastradius.loaderkit.names import fitting, is_name
from blastradius.loaderkit.vendors.aws.arns import Arn, arn_of, queue_arn
from blastradius.loaderkit.vendors.aws.events import (
    copies,
    function_arn,
    function_in,
    installs,
    layered,
    permission,
    reads,
    reads_stream,
    route,
    subscribe,
)
from blastradius.loaderkit.vendors.aws.policies import Policy, Statement
from blastradius.loaderkit.vendors.aws.types import BY_TERRAFORM
from blastradius.model import NoteKind

from .context import Context
from .reading import Resource

Handler = Callable[[Context, Resource], bool]
_IDENTITIES = {"aws_iam_role": "role", "aws_iam_user": "user", "aws_iam_group": "group"}
_POLICIES = {
    "aws_s3_bucket_policy": ("s3", "bucket", "policy"),
    "aws_sqs_queue_policy": ("sqs", "queue_url", "policy"),
    "aws_sns_topic_policy": ("sns", "arn", "policy"),
    "aws_secretsmanager_secret_policy": ("secretsmanager", "secret_arn", "policy"),
    "aws_kms_key_policy": ("kms", "key_id", "policy"),
    "aws_ecr_repository_policy": ("ecr", "repository", "policy"),
    "aws_efs_file_system_policy": ("efs", "file_system_id", "policy"),
    "aws_backup_vault_policy": ("backup", "backup_vault_name", "policy"),
    "aws_opensearch_domain_policy": ("opensearch", "domain_name", "access_policies"),
    "aws_elasticsearch_domain_policy": ("opensearch", "domain_name", "access_policies"),
    "aws_kinesis_resource_policy": ("kinesis", "resource_arn", "policy"),
    "aws_dynamodb_resource_policy": ("dynamodb", "resource_arn", "policy"),
}
_SHARED = {
    "aws_ami_launch_permission": ("image_id", "image", "ec2:CopyImage"),
    "aws_snapshot_create_volume_permission": ("snapshot_id", "snapshot", "ec2:CreateVolume"),
}
_BY_FAMILY = {aws_type.family: aws_type for aws_type in reversed(tuple(BY_TERRAFORM.values()))}


# identities and policies


def _identity(context: Context, resource: Resource) -> Arn | None:
    return arn_of(context.arn(resource) or "")


def describe_identity(context: Context, resource: Resource) -> bool:
    """A role, a user or a group, without what ties it."""
    arn = _identity(context, resource)
    if arn:
        context.build.identity(arn, context.provenance(resource), _trust(context, resource))
    return arn is not None


def _trust(context: Context, resource: Resource) -> Policy:
    return context.policy(resource, "assume_role_policy") if resource.type == "aws_iam_role" else Policy()


def admit(context: Context, resource: Resource) -> bool:
    """Whom a role trusts."""
    arn = _identity(context, resource)
    if arn:
        context.build.admit(arn, _trust(context, resource))
    return arn is not None


def tie_identity(context: Context, resource: Resource) -> bool:
    """The policies that an identity lists itself."""
    arn = _identity(context, resource)
    if arn is None:
        return False
    for policy in context.texts(resource, "managed_policy_arns"):
        if arn_of(policy):
            context.build.attach(arn, policy, resource.keys)
    for block in context.blocks(resource, "inline_policy"):
        name, document = block.get("name"), block.get("policy")
        if is_name(name) and name and document:
            inline = context.policy_of(resource, document)
            context.build.inline(arn, name, inline, context.provenance(resource))
    if context.text(resource, "permissions_boundary"):
        context.build.access.assumed.bounded.append(str(arn))
    return True


def describe_policy(context: Context, resource: Resource) -> bool:
    """A managed policy."""
    arn = context.arn(resource)
    if arn:
        context.build.policy(arn, context.provenance(resource), context.policy(resource, "policy"))
    return arn is not None


def _members(context: Context, resource: Resource) -> list[Arn]:
    """The roles, users and groups that a resource names."""
    found: list[Arn] = []
    for kind in ("role", "user", "group"):
        names = [*context.texts(resource, kind), *context.texts(resource, f"{kind}s")]
        found += [arn for name in names if (arn := context.identity(kind, name))]
    return found


def inline_policy(context: Context, resource: Resource) -> bool:
    """A policy inside an identity, as a resource of its own."""
    name = context.text(resource, "name") or context.unknown(resource)
    members = _members(context, resource)
    for arn in members:
        policy = context.policy(resource, "policy")
        context.build.inline(arn, name, policy, context.provenance(resource), own=False)
    return bool(members)


def attachment(context: Context, resource: Resource) -> bool:
    """A managed policy attached to identities, as a resource of its own."""
    policy, members = context.text(resource, "policy_arn"), _members(context, resource)
    if not policy or not arn_of(policy):
        return False
    for arn in members:
        context.build.attach(arn, policy, resource.keys, own=False)
    return bool(members)


def membership(context: Context, resource: Resource) -> bool:
    """Users in groups."""
    named = [context.identity("user", user) for name in ("user", "users") for user in context.texts(resource, name)]
    groups = [
        context.identity("group", group) for name in ("group", "groups") for group in context.texts(resource, name)
    ]
    pairs = [(user, group) for user in named for group in groups if user and group]
    for user, group in pairs:
        context.build.join(user, group, context.provenance(resource))
    return bool(pairs)


def exclusive(context: Context, resource: Resource) -> bool:
    """The managed policies that an identity has, and no others."""
    kind = resource.type.removeprefix("aws_iam_").partition("_")[0]
    arn = context.identity(kind, context.text(resource, f"{kind}_name"))
    for policy in context.texts(resource, "policy_arns") if arn else ():
        if arn and arn_of(policy):
            context.build.attach(arn, policy, resource.keys, own=False)
    return arn is not None


def profile(context: Context, resource: Resource) -> bool:
    """An instance profile."""
    arn, role = context.arn(resource), context.identity("role", context.text(resource, "role"))
    if arn:
        context.build.profile(fitting(arn), [role] if role else [], context.provenance(resource))
    return arn is not None


def access_key(context: Context, resource: Resource) -> bool:
    """A key of a user."""
    user = context.identity("user", context.text(resource, "user"))
    if user:
        context.build.graph.identity(user, context.provenance(resource))
    return user is not None


# things


def describe_thing(context: Context, resource: Resource) -> bool:
    """A store or a service."""
    row, arn = BY_TERRAFORM[resource.type], context.thing(resource)
    if arn in context.collector.entities:
        message = f"{arn!r} is there twice; the first is kept"
        context.collector.note(NoteKind.CONTRADICTED, message, arn, provenance=context.provenance(resource))
    else:
        name = context.name(resource)
        tags = (resource.type, "to be created") if resource.created else (resource.type,)
        shown = resource.address if name.startswith("${") else name
        context.build.thing(row.family, arn, context.provenance(resource), name=shown, tags=tags)
    return True


def tie_thing(context: Context, resource: Resource) -> bool:
    """The roles that a thing acts as, and its own policy."""
    row, arn = BY_TERRAFORM[resource.type], context.thing(resource)
    for name in row.role:
        role = context.identity("role", context.text(resource, name)) if name.islower() else None
        if role:
            context.build.runs_as(arn, role, context.provenance(resource))
    for name in row.policy:
        if name.islower() and context.value(resource, name):
            context.build.resource_policies.add(row.family, arn, context.policy(resource, name))
    for account in context.texts(resource, "shared_accounts"):
        _share(context, resource, row.family, arn, "*" if account == "all" else account, ("rds:CopyDBSnapshot",))
    for layer in context.texts(resource, "layers") if row.family == "lambda" else ():
        layered(context.build, arn, layer, context.provenance(resource))
    profile = context.text(resource, "iam_instance_profile")
    if profile:
        account = context.build.graph.account
        named = profile if arn_of(profile) else f"arn:aws:iam::{account}:instance-profile/{profile}"
        context.build.has_profile(arn, fitting(named), context.provenance(resource))
    return True


def _named(context: Context, family: str, text: str) -> str:
    """A thing by its ARN, a queue's URL, or its name."""
    arn = text if arn_of(text) else queue_arn(text)
    return fitting(arn or _BY_FAMILY[family].arn_of(text, context.region, context.build.graph.account))


def resource_policy(context: Context, resource: Resource) -> bool:
    """The policy of a bucket, a queue or the like, as a resource of its own."""
    family, of, document = _POLICIES[resource.type]
    named = context.text(resource, of)
    if named:
        thing = context.build.graph.thing(family, _named(context, family, named), context.provenance(resource))
        context.build.resource_policies.add(family, thing, context.policy(resource, document))
    return named is not None


def _share(
    context: Context, resource: Resource, family: str, thing: str, account: str, actions: tuple[str, ...]
) -> None:
    """Let an account do something to a thing, as a policy of that thing would."""
    trustee = ("*", "*") if account == "*" else ("AWS", account)
    statement = Statement(resource.keys, allow=True, actions=actions, resources=("*",), principals=(trustee,))
    context.build.resource_policies.add(family, thing, Policy((statement,)))


def shared(context: Context, resource: Resource) -> bool:
    """An image or a snapshot that another account may copy."""
    of, kind, action = _SHARED[resource.type]
    name, account = context.text(resource, of), context.text(resource, "account_id")
    if name and account:
        arn = fitting(f"arn:aws:ec2:{context.region}::{kind}/{name}")
        thing = context.build.graph.thing("volume", arn, context.provenance(resource))
        _share(context, resource, "volume", thing, account, (action,))
    return bool(name and account)


def key_grant(context: Context, resource: Resource) -> bool:
    """Someone who may use a key by a grant of the key's own."""
    key, grantee = context.text(resource, "key_id"), context.text(resource, "grantee_principal")
    if key and grantee:
        actions = tuple(f"kms:{operation}" for operation in context.texts(resource, "operations"))
        thing = context.build.graph.thing("kms", _named(context, "kms", key), context.provenance(resource))
        _share(context, resource, "kms", thing, grantee, actions)
    return bool(key and grantee)


def access_list(context: Context, resource: Resource) -> bool:
    """The canned access list of a bucket."""
    bucket, canned = context.text(resource, "bucket"), context.text(resource, "acl")
    if bucket and canned:
        thing = context.build.graph.thing("s3", _named(context, "s3", bucket), context.provenance(resource))
        context.build.resource_policies.access_list(thing, canned, resource.keys)
    return bucket is not None


def bucket(context: Context, resource: Resource) -> bool:
    """A bucket; its access list was once one of its own attributes."""
    tied = tie_thing(context, resource)
    canned = context.text(resource, "acl")
    if canned:
        context.build.resource_policies.access_list(context.thing(resource), canned, resource.keys)
    if context.blocks(resource, "website"):
        context.build.resource_policies.websites.add(context.thing(resource))
    return tied


def website(context: Context, resource: Resource) -> bool:
    """A bucket that is set up to be read as a website."""
    bucket = context.text(resource, "bucket")
    if bucket:
        context.build.resource_policies.websites.add(_named(context, "s3", bucket))
    return bucket is not None


def describe_stack(context: Context, resource: Resource) -> bool:
    """A stack of CloudFormation."""
    made = fitting(context.text(resource, "id") or context.unknown(resource))
    context.build.thing("stack", made, context.provenance(resource), name=context.name(resource), tags=(resource.type,))
    return True


def stack(context: Context, resource: Resource) -> bool:
    """The template that a stack is made of, where it is fetched from elsewhere."""
    url = context.text(resource, "template_url")
    if url:
        made = fitting(context.text(resource, "id") or context.unknown(resource))
        installs(context.build, made, bare_url(url), context.provenance(resource))
    return True


def public_access_block(context: Context, resource: Resource) -> bool:
    """A bucket that nobody unknown may read, whatever its policy says."""
    bucket = context.text(resource, "bucket")
    if bucket and context.flag(resource, "restrict_public_buckets"):
        context.build.resource_policies.closed.add(_named(context, "s3", bucket))
    if bucket and context.flag(resource, "ignore_public_acls"):
        context.build.resource_policies.unlisted.add(_named(context, "s3", bucket))
    return bucket is not None


def notification(context: Context, resource: Resource) -> bool:
    """Functions that are told of new objects."""
    bucket = context.text(resource, "bucket")
    declared = [block.get("lambda_function_arn") for block in context.blocks(resource, "lambda_function")]
    functions = [item for item in declared if is_name(item) and arn_of(item)]
    for function in functions if bucket else ():
        reads(context.build, function, "s3", _named(context, "s3", bucket or ""), context.provenance(resource))
    return bool(bucket and functions)


def replication(context: Context, resource: Resource) -> bool:
    """Buckets that get copies."""
    bucket = context.text(resource, "bucket")
    targets = [block.get("bucket") for block in context.blocks(resource, "rule", "destination")]
    copied = [target for target in targets if is_name(target) and arn_of(target)]
    for target_bucket in copied if bucket else ():
        copies(
            context.build,
            ("s3", target_bucket),
            ("s3", _named(context, "s3", bucket or "")),
            context.provenance(resource),
        )
    return bool(bucket and copied)


def event_source(context: Context, resource: Resource) -> bool:
    """A function that takes in a queue or a stream."""
    function = context.text(resource, "function_arn") or context.text(resource, "function_name")
    source = context.text(resource, "event_source_arn")
    if not function or not source:
        return False
    return reads_stream(context.build, _named(context, "lambda", function), source, context.provenance(resource))


def subscription(context: Context, resource: Resource) -> bool:
    """A subscription to a topic."""
    topic, endpoint = context.text(resource, "topic_arn"), context.text(resource, "endpoint")
    if not topic or not arn_of(topic):
        return False
    return subscribe(context.build, topic, context.text(resource, "protocol"), endpoint, context.provenance(resource))


def may_call(context: Context, resource: Resource) -> bool:
    """Who else may call a function."""
    function, principal = context.text(resource, "function_name"), context.text(resource, "principal")
    if not function or not principal:
        return False
    tests = {
        "aws:sourceaccount": context.text(resource, "source_account"),
        "aws:sourcearn": context.text(resource, "source_arn"),
        "aws:principalorgid": context.text(resource, "principal_org_id"),
    }
    policy = permission(principal, context.text(resource, "action"), tests, resource.keys)
    context.build.resource_policies.add("lambda", _function(context, resource, function), policy)
    return True


def _function(context: Context, resource: Resource, name: str) -> str:
    arn = function_arn(_named(context, "lambda", name))
    return context.build.graph.thing("lambda", arn, context.provenance(resource))


def function_url(context: Context, resource: Resource) -> bool:
    """A function with an address of its own; without authentication anyone may call it."""
    function = context.text(resource, "function_arn") or context.text(resource, "function_name")
    if function and context.text(resource, "authorization_type") == "NONE":
        policy = permission("*", "lambda:InvokeFunctionUrl", {}, resource.keys)
        context.build.resource_policies.add("lambda", _function(context, resource, function), policy)
    return function is not None


# APIs


def _api(context: Context, resource: Resource, name: str, kind: str) -> str | None:
    found = context.text(resource, name)
    if not found:
        return None
    known = context.found("aws_api_gateway_rest_api" if kind == "restapis" else "aws_apigatewayv2_api", ("name", found))
    arn = context.thing(known) if known else fitting(f"arn:aws:apigateway:{context.region}::/{kind}/{found}")
    return context.build.graph.thing("api", arn, context.provenance(resource))


def method(context: Context, resource: Resource) -> bool:
    """A method of a REST API."""
    api, verb = _api(context, resource, "rest_api_id", "restapis"), context.text(resource, "http_method")
    if not api or not verb:
        return False
    place = context.text(resource, "resource_id")
    known = context.found("aws_api_gateway_resource", ("name", place))
    path = (context.text(known, "path") or f"/*/{context.text(known, 'path_part')}") if known else "/"
    integration = context.found("aws_api_gateway_integration", ("resource_id", place), ("http_method", verb))
    uri = function_in(context.text(integration, "uri")) if integration else None
    keyed = context.flag(resource, "api_key_required")
    anonymous = context.text(resource, "authorization") == "NONE" and not keyed
    route(context.build, api, f"{verb.upper()} {path}", context.provenance(resource), anonymous=anonymous, function=uri)
    return True


def http_route(context: Context, resource: Resource) -> bool:
    """A route of an HTTP or WebSocket API."""
    api, key = _api(context, resource, "api_id", "apis"), context.text(resource, "route_key")
    if not api or not key:
        return False
    target = (context.text(resource, "target") or "").rpartition("/")[2]
    integration = context.found("aws_apigatewayv2_integration", ("name", target)) if target else None
    uri = function_in(context.text(integration, "integration_uri")) if integration else None
    anonymous = context.text(resource, "authorization_type") == "NONE"
    route(context.build, api, key, context.provenance(resource), anonymous=anonymous, function=uri)
    return True


def part(_context: Context, _resource: Resource) -> bool:
    """What only says more of another resource, and is read there."""
    return True


DESCRIBE: dict[str, Handler] = {
    **dict.fromkeys(BY_TERRAFORM, describe_thing),
    **dict.fromkeys(_IDENTITIES, describe_identity),
    "aws_s3_bucket_public_access_block": public_access_block,
    "aws_cloudformation_stack": describe_stack,
}
ADMIT: dict[str, Handler] = {"aws_iam_policy": describe_policy, "aws_iam_role": admit}
TIE: dict[str, Handler] = {
    **dict.fromkeys(BY_TERRAFORM, tie_thing),
    **dict.fromkeys(_SHARED, shared),
    "aws_s3_bucket": bucket,
    "aws_s3_bucket_acl": access_list,
    "aws_s3_bucket_website_configuration": website,
    "aws_kms_grant": key_grant,
    "aws_cloudformation_stack": stack,
    **dict.fromkeys(_IDENTITIES, tie_identity),
    **dict.fromkeys(_POLICIES, resource_policy),
    **{f"aws_iam_{identity}_policy": inline_policy for identity in _IDENTITIES.values()},
    **{f"aws_iam_{identity}_policy_attachment": attachment for identity in _IDENTITIES.values()},
    **{f"aws_iam_{identity}_policy_attachments_exclusive": exclusive for identity in _IDENTITIES.values()},
    "aws_iam_policy_attachment": attachment,
    "aws_iam_instance_profile": profile,
    "aws_iam_group_membership": membership,
    "aws_iam_user_group_membership": membership,
    "aws_iam_access_key": access_key,
    "aws_s3_bucket_notification": notification,
    "aws_s3_bucket_replication_configuration": replication,
    "aws_lambda_event_source_mapping": event_source,
    "aws_lambda_permission": may_call,
    "aws_lambda_function_url": function_url,
    "aws_sns_topic_subscription": subscription,
    "aws_api_gateway_method": method,
    "aws_api_gateway_resource": part,
    "aws_api_gateway_integration": part,
    "aws_apigatewayv2_route": http_route,
    "aws_apigatewayv2_integration": part,
}
