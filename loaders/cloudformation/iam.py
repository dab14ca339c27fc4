"""The IAM resources of a template: roles, users, groups, and the policies that they have."""

from __future__ import annotations

from collections.abc import Callable

from blastradius.loaderkit.names import fitting
from blastradius.loaderkit.vendors.aws.arns import Arn, arn_of
from blastradius.loaderkit.vendors.aws.build import Builder
from blastradius.loaderkit.vendors.aws.policies import Policy

from .template import Resource, Template

Handler = Callable[[Builder, Template, Resource], bool]
_KINDS = {"AWS::IAM::Role": "role", "AWS::IAM::User": "user", "AWS::IAM::Group": "group"}
PROVIDERS = frozenset({"AWS::IAM::OIDCProvider", "AWS::IAM::SAMLProvider"})
"""What roles name as whom they trust, and what is read there."""
_MEMBERS = (("Roles", "role"), ("Users", "user"), ("Groups", "group"))


def _arn(template: Template, resource: Resource) -> Arn | None:
    return arn_of(template.values.arn(resource.name))


def describe_identity(build: Builder, template: Template, resource: Resource) -> bool:
    """A role, a user or a group, without what ties it."""
    arn = _arn(template, resource)
    if arn is None:
        return False
    provenance = build.collector.provenance(*resource.keys)
    build.identity(arn, provenance, _trust(template, resource), basis=resource.basis)
    return True


def _trust(template: Template, resource: Resource) -> Policy:
    if "AssumeRolePolicyDocument" not in resource.properties:
        return Policy()
    return template.policy(resource, "AssumeRolePolicyDocument")


def admit(build: Builder, template: Template, resource: Resource) -> bool:
    """Whom a role trusts."""
    arn = _arn(template, resource)
    if arn:
        build.admit(arn, _trust(template, resource))
    return arn is not None


def tie_identity(build: Builder, template: Template, resource: Resource) -> bool:
    """The policies of a role, a user or a group, and the groups of a user."""
    arn = _arn(template, resource)
    if arn is None:
        return False
    attach_all(build, template, resource, arn, "ManagedPolicyArns")
    for row, keys in template.rows(resource, "Policies"):
        name = template.values.text(row.get("PolicyName")) or "without a name"
        policy = template.policy_of(row.get("PolicyDocument"), (*keys, "PolicyDocument"))
        build.inline(arn, name, policy, build.collector.provenance(*keys))
    if resource.properties.get("PermissionsBoundary"):
        build.access.assumed.bounded.append(str(arn))
    for group in template.identities("group", resource.properties.get("Groups")):
        build.join(arn, group, build.collector.provenance(*resource.keys))
    return True


def attach_all(build: Builder, template: Template, resource: Resource, arn: Arn, name: str) -> None:
    """The managed policies that a property lists."""
    keys = (*resource.keys, "Properties", name)
    for index, policy in enumerate(template.values.texts(resource.properties.get(name))):
        build.attach(arn, policy if arn_of(policy) else f"arn:aws:iam::aws:policy/{policy}", (*keys, index))


def describe_policy(build: Builder, template: Template, resource: Resource) -> bool:
    """A managed policy."""
    provenance = build.collector.provenance(*resource.keys)
    build.policy(template.values.arn(resource.name), provenance, template.policy(resource, "PolicyDocument"))
    return True


def tie_policy(build: Builder, template: Template, resource: Resource) -> bool:
    """Whom a managed policy is attached to by its own word."""
    for name, kind in _MEMBERS:
        for arn in template.identities(kind, resource.properties.get(name)):
            build.attach(arn, template.values.arn(resource.name), (*resource.keys, "Properties", name))
    return True


def inline_policy(build: Builder, template: Template, resource: Resource) -> bool:
    """A policy inside roles, users and groups that are named."""
    members = [*_MEMBERS, ("RoleName", "role"), ("UserName", "user"), ("GroupName", "group")]
    arns = [arn for name, kind in members for arn in template.identities(kind, resource.properties.get(name))]
    name = template.values.text(resource.properties.get("PolicyName")) or resource.name
    for arn in arns:
        provenance = build.collector.provenance(*resource.keys)
        build.inline(arn, name, template.policy(resource, "PolicyDocument"), provenance)
    return bool(arns)


def profile(build: Builder, template: Template, resource: Resource) -> bool:
    """An instance profile."""
    roles = template.identities("role", resource.properties.get("Roles"))
    build.profile(fitting(template.values.arn(resource.name)), roles, build.collector.provenance(*resource.keys))
    return True


def membership(build: Builder, template: Template, resource: Resource) -> bool:
    """Users put into a group."""
    group = template.identity("group", resource.properties.get("GroupName"))
    users = template.identities("user", resource.properties.get("Users"))
    for user in users:
        if group:
            build.join(user, group, build.collector.provenance(*resource.keys))
    return bool(group and users)


def access_key(build: Builder, template: Template, resource: Resource) -> bool:
    """A key of a user."""
    user = template.identity("user", resource.properties.get("UserName"))
    if user:
        build.graph.identity(user, build.collector.provenance(*resource.keys))
    return user is not None


DESCRIBE: dict[str, Handler] = dict.fromkeys(_KINDS, describe_identity)
ADMIT: dict[str, Handler] = {"AWS::IAM::ManagedPolicy": describe_policy, "AWS::IAM::Role": admit}
TIE: dict[str, Handler] = {
    **dict.fromkeys(_KINDS, tie_identity),
    "AWS::IAM::ManagedPolicy": tie_policy,
    "AWS::IAM::Policy": inline_policy,
    "AWS::IAM::RolePolicy": inline_policy,
    "AWS::IAM::UserPolicy": inline_policy,
    "AWS::IAM::GroupPolicy": inline_policy,
    "AWS::IAM::InstanceProfile": profile,
    "AWS::IAM::UserToGroupAddition": membership,
    "AWS::IAM::AccessKey": access_key,
}
