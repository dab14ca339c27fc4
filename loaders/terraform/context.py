"""What handlers of resource types ask: attributes that may be told, names and ARNs, and who refers to whom."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydantic import Field

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Provenances
from blastradius.loaderkit.json_values import Keys
from blastradius.loaderkit.names import fitting, is_name
from blastradius.loaderkit.options import Name, Names
from blastradius.loaderkit.vendors.aws.arns import Arn, arn_of, is_account
from blastradius.loaderkit.vendors.aws.build import Builder
from blastradius.loaderkit.vendors.aws.options import AwsOptions
from blastradius.loaderkit.vendors.aws.policies import Policy, read_policy
from blastradius.loaderkit.vendors.aws.types import BY_TERRAFORM
from blastradius.loaderkit.vendors.issuers import PUBLIC_BUILDS

from .clouds import Clouds
from .reading import Estate, Resource
from .references import Reference, References

CUSTOM_ROLES = ("google_project_iam_custom_role", "google_organization_iam_custom_role")
_ABOVE_SUBSCRIPTIONS = re.compile(r"/|/providers/Microsoft\.Management/managementGroups/[^/]+", re.IGNORECASE)
_WHOSE = re.compile(
    r"(assertion|attribute|google)\.\w*(owner|repository|repo|sub|subject|namespace|project|organi[sz]ation|enterprise|"
    r"actor|user|workspace|group)\w*[^&|!]*?(==|\bin\b|\.(startsWith|matches)\()"
)
"""A test of a token's claim that says whose a build is, in the Common Expression Language of IAM."""
_SUBSCRIPTION = re.compile(r"/subscriptions/[^/]+", re.IGNORECASE)
_IAM = {
    "aws_iam_role": ("role", "name"),
    "aws_iam_user": ("user", "name"),
    "aws_iam_group": ("group", "name"),
    "aws_iam_policy": ("policy", "name"),
    "aws_iam_instance_profile": ("instance-profile", "name"),
}


class TerraformOptions(AwsOptions):
    """The options of one plan or state."""

    workspace: Name | None = Field(default=None, description="the workspace, before names that are not known yet")
    region: str | None = Field(default=None, description="the AWS region, where no ARN and no provider says it")
    own_domains: Names = Field(
        default=(), description="domains of Google accounts that are ours; all others are taken as others'"
    )
    own_projects: Names = Field(default=(), description="Google projects that are ours, besides those managed here")
    own_tenants: Names = Field(default=(), description="Azure tenants that are ours")
    parties: dict[str, Name] = Field(
        default_factory=dict,
        description="which party an account, an identity provider, a principal, a tenant, a member or a domain is",
    )


@dataclass
class Context:
    """One plan or state, and the builder of what it comes to."""

    estate: Estate
    options: TerraformOptions
    build: Builder
    region: str
    references: References = field(default_factory=References)
    unknown_policies: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.default_account = self.build.graph.account
        self._placed: dict[tuple[tuple[str, ...], str, str, str], list[Resource]] = defaultdict(list)
        for resource in self.estate.resources:
            self._placed[(resource.module, resource.mode, resource.type, resource.name)].append(resource)
        self._by_text: dict[tuple[str, tuple[str, ...]], dict[tuple[str | None, ...], Resource]] = {}

    @property
    def collector(self) -> FactCollector:
        """Where the facts go."""
        return self.build.collector

    @cached_property
    def azure(self) -> Clouds:
        """What is gathered at Azure."""
        above, wholes = azure_scopes(self)
        return Clouds(self.collector, "azure", self.options.zone, self.options.owner, above, wholes)

    @cached_property
    def google(self) -> Clouds:
        """What is gathered at Google."""
        above, wholes = google_scopes(self)
        return Clouds(self.collector, "google", self.options.zone, self.options.owner, above, wholes)

    @cached_property
    def projects(self) -> frozenset[str]:
        """The projects at Google that are ours: those named, and those that the file's own resources stand in."""
        managed = (resource.values.get("project") for resource in self.estate.resources if resource.mode == "managed")
        return frozenset({*self.options.own_projects, *(item for item in managed if isinstance(item, str))})

    @cached_property
    def open_pools(self) -> frozenset[str]:
        """Identity pools at Google that anyone gets into: a public issuer of builds, and no condition says whose."""
        providers = [
            resource
            for resource in self.estate.resources
            if resource.type == "google_iam_workload_identity_pool_provider"
            and not _says_whose(self.text(resource, "attribute_condition") or "")
            and any(_host(row.get("issuer_uri")) in PUBLIC_BUILDS for row in self.blocks(resource, "oidc"))
        ]
        named = (self.text(resource, "workload_identity_pool_id") or "" for resource in providers)
        return frozenset(name.rpartition("/")[2] for name in named) - {""}

    @cached_property
    def closed_buckets(self) -> frozenset[str]:
        """The buckets at Google that keep the public out whatever their roles say."""
        rows = [row for row in self.estate.resources if row.type == "google_storage_bucket"]
        closed = [self.text(row, "name") for row in rows if self.text(row, "public_access_prevention") == "enforced"]
        return frozenset(fitting(f"google:storage_bucket/{name}") for name in closed if name)

    @cached_property
    def custom_roles(self) -> list[Resource]:
        """The roles at Google that the file itself defines."""
        return [row for row in self.estate.resources if row.type in CUSTOM_ROLES]

    @cached_property
    def accounts(self) -> list[Resource]:
        """The storage accounts at Azure."""
        return [row for row in self.estate.resources if row.type == "azurerm_storage_account"]

    def provenance(self, resource: Resource) -> Provenances:
        """Where a resource stands."""
        return self.collector.provenance(*resource.keys)

    # attributes

    def value(self, resource: Resource, name: str) -> Any:
        """An attribute; nothing of one that is marked as sensitive."""
        return None if name in resource.hidden else resource.values.get(name)

    def text(self, resource: Resource, name: str) -> str | None:
        """An attribute as text; one that is not known yet as what it will be, where the configuration says whose."""
        value = self.value(resource, name)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(value)
        if value is None and name not in resource.values:
            return next(iter(self._referred(resource, name)), None)
        return value if is_name(value) and value else None

    def texts(self, resource: Resource, name: str) -> list[str]:
        """An attribute as texts."""
        value = self.value(resource, name)
        if value is None and name not in resource.values:
            return self._referred(resource, name)
        return [item for item in (value if isinstance(value, list) else [value]) if is_name(item) and item]

    def flag(self, resource: Resource, name: str) -> bool:
        """An attribute as yes or no."""
        return self.value(resource, name) in (True, "true")

    def rows(self, holder: Any, *path: str) -> list[dict[str, Any]]:
        """Nested blocks of a resource's values, which Terraform keeps as lists of one or more."""
        found = [holder]
        for name in path:
            values = [item.get(name) for item in found if isinstance(item, dict)]
            found = [item for value in values for item in (value if isinstance(value, list) else [value])]
        return [item for item in found if isinstance(item, dict)]

    def blocks(self, resource: Resource, *path: str) -> list[dict[str, Any]]:
        """Nested blocks of a resource."""
        return [] if path[0] in resource.hidden else self.rows(resource.values, *path)

    def policy(self, resource: Resource, name: str) -> Policy:
        """A policy document among the attributes."""
        keys: Keys = (*resource.keys, "attributes" if resource.keys[-2] == "instances" else "values", name)
        if name in resource.hidden:
            self.collector.secret(f"{name} of {resource.address}", provenance=self.provenance(resource))
            return Policy()
        value = resource.values.get(name)
        if value is None or value == "":
            if name not in resource.values:
                self.unknown_policies.append(resource.address)
            return Policy()
        return read_policy(value, keys)

    def policy_of(self, resource: Resource, document: Any) -> Policy:
        """A policy document from inside a block."""
        return read_policy(document, resource.keys)

    def found(self, kind: str, *attributes: tuple[str, str | None]) -> Resource | None:
        """The resource of a type whose attributes have these texts; ``name`` is what it is referred to by."""
        names = tuple(name for name, _ in attributes)
        if (kind, names) not in self._by_text:
            rows = [resource for resource in self.estate.resources if resource.type == kind]
            known = {tuple(self._said(row, name) for name in names): row for row in reversed(rows)}
            self._by_text[(kind, names)] = known
        return self._by_text[(kind, names)].get(tuple(value for _, value in attributes))

    def _said(self, resource: Resource, name: str) -> str | None:
        return self.name(resource) if name == "name" else self.text(resource, name)

    # names

    def _referred(self, resource: Resource, name: str) -> list[str]:
        """What an attribute that is not known yet will be: the names and ARNs of what it refers to."""
        if not self.estate.configuration:
            return []
        refers = self.references.of_attribute(resource.module, resource.mode, resource.type, resource.name, name)
        found = [self._named(ref, item) for ref in refers for item in self._meant(ref, resource)]
        return list(dict.fromkeys(item for item in found if item))

    def _meant(self, reference: Reference, by: Resource) -> list[Resource]:
        """The instances that a reference means: the one of the same index, or all."""
        key = (reference.module, reference.mode, reference.type, reference.name)
        listed = self._placed.get(key, [])
        return [item for item in listed if item.index == by.index] or listed

    def _named(self, reference: Reference, resource: Resource) -> str | None:
        value = self.value(resource, reference.attribute)
        if is_name(value) and value:
            return value
        if reference.attribute == "arn":
            return self.arn(resource)
        if resource.type.startswith("azurerm_"):
            return self.unknown(resource) if reference.attribute in ("id", "principal_id", "identity") else None
        if resource.type.startswith("google_") and reference.attribute in ("id", "name", "email", "member"):
            return self._at_google(resource)
        return self.name(resource) if reference.attribute in ("id", "name", "bucket", "function_name") else None

    def _at_google(self, resource: Resource) -> str:
        """A thing of Google by its project and name, or a service account by its address, before it has an id."""
        kind, project = resource.type.rpartition("_")[2], self.value(resource, "project")
        declared = (self.value(resource, attribute) for attribute in ("name", f"{kind}_id", kind))
        name = next((item for item in declared if is_name(item) and item), None)
        if name is None or not is_name(project) or not project:
            return name or self.unknown(resource)
        if resource.type == "google_service_account":
            return f"{name}@{project}.iam.gserviceaccount.com"
        return f"projects/{project}/{kind}/{name}"

    def unknown(self, resource: Resource) -> str:
        """The name of what has none yet."""
        workspace = f"{self.options.workspace}." if self.options.workspace else ""
        return f"${{{workspace}{resource.address.replace(':', '/')}}}"

    def name(self, resource: Resource) -> str:
        """The name that a resource of AWS has, or will have."""
        row = BY_TERRAFORM.get(resource.type)
        attribute = row.terraform_name if row else _IAM.get(resource.type, ("", "name"))[1]
        declared = self.value(resource, attribute)
        if not is_name(declared) or not declared:
            declared = self.value(resource, "id")
        return declared if is_name(declared) and declared else self.unknown(resource)

    def arn(self, resource: Resource) -> str | None:
        """The ARN that a resource has, or will have."""
        declared = self.value(resource, "arn")
        if is_name(declared) and arn_of(declared):
            return declared
        row, account = BY_TERRAFORM.get(resource.type), self.default_account
        if row:
            return row.arn_of(self.name(resource), self.text(resource, "region") or self.region, account)
        if resource.type in _IAM:
            return f"arn:aws:iam::{account}:{_IAM[resource.type][0]}/{self.name(resource)}"
        return None

    def thing(self, resource: Resource) -> str:
        """The id of a thing of AWS that a resource is."""
        return fitting(self.arn(resource) or self.unknown(resource))

    def identity(self, kind: str, text: str | None) -> Arn | None:
        """A role, user or group by its ARN or its name."""
        if not text:
            return None
        arn = arn_of(text)
        if arn:
            return arn if arn.service == "iam" else None
        return Arn("aws", "iam", "", self.build.graph.account, f"{kind}/{text.rpartition('/')[2]}")


def azure_scopes(context: Context) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The management groups, and the subscriptions, on which the file gives roles."""
    kinds = ("azurerm_role_assignment", "azurerm_lighthouse_definition")
    scopes = _given(context, dict.fromkeys(kinds, "scope"), lambda _, scope: scope)
    return tuple(filter(_ABOVE_SUBSCRIPTIONS.fullmatch, scopes)), tuple(filter(_SUBSCRIPTION.fullmatch, scopes))


def google_scopes(context: Context) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The organizations and folders, and the projects, on which the file gives roles."""
    kinds = {
        f"google_{of}_iam_{kind}": attribute
        for of, attribute in (("organization", "org_id"), ("folder", "folder"), ("project", "project"))
        for kind in ("member", "binding", "policy")
    }
    scopes = _given(context, kinds, lambda kind, name: f"{kind.split('_')[1]} {name.rpartition('/')[2]}")
    above = tuple(scope for scope in scopes if not scope.startswith("project "))
    return above, tuple(scope for scope in scopes if scope not in above)


def _given(context: Context, kinds: dict[str, str], scope_of: Callable[[str, str], str]) -> list[str]:
    """The scopes that resources of some types name, each in one attribute."""
    rows = (row for row in context.estate.resources if row.mode == "managed" and row.type in kinds)
    named = ((row.type, context.text(row, kinds[row.type])) for row in rows)
    return sorted({fitting(scope_of(kind, name)) for kind, name in named if name})


def account_of(estate: Estate, options: TerraformOptions) -> tuple[str, frozenset[str]]:
    """The account that a file is mostly of, and all that its own resources stand in."""
    counted = Counter(arn.account for arn in _arns(estate) if is_account(arn.account))
    for resource in estate.resources:
        declared = resource.values.get("account_id")
        if resource.type == "aws_caller_identity" and isinstance(declared, str) and is_account(declared):
            counted[declared] += len(estate.resources)
    workspace = f"{options.workspace}." if options.workspace else ""
    most = min(counted, key=lambda item: (-counted[item], item), default=f"${{{workspace}AccountId}}")
    account = options.account or most
    return account, frozenset({account, *counted, *options.own_accounts})


def _arns(estate: Estate) -> list[Arn]:
    """The ARNs of what Terraform manages."""
    managed = [resource.values.get("arn") for resource in estate.resources if resource.mode == "managed"]
    return [arn for item in managed if is_name(item) and (arn := arn_of(item))]


def region_of(estate: Estate, options: TerraformOptions) -> str:
    """The region that a file is mostly of."""
    counted = Counter(arn.region for arn in _arns(estate) if arn.region)
    most = min(counted, key=lambda item: (-counted[item], item), default=_provider_region(estate.configuration))
    workspace = f"{options.workspace}." if options.workspace else ""
    return options.region or most or f"${{{workspace}Region}}"


def _provider_region(configuration: dict[str, Any]) -> str:
    found: Any = configuration
    for key in ("provider_config", "aws", "expressions", "region", "constant_value"):
        found = found.get(key) if isinstance(found, dict) else None
    return found if is_name(found) and ":" not in found else ""


def _says_whose(condition: str) -> bool:
    """Whether each alternative of a condition names an owner of builds; a branch, say, is anyone's."""
    return all(map(_WHOSE.search, condition.split("||")))


def _host(issuer: Any) -> str:
    """An issuer as policies name it, without its scheme."""
    return issuer.removeprefix("https://").rstrip("/").lower() if isinstance(issuer, str) else ""
