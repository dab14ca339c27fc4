"""A template in its own terms: its resources, with their properties worked out, and where each stands.

Rests on the CloudFormation template format 2010-09-09, sections Resources and Parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import Field

from blastradius.errors import InputError
from blastradius.loaderkit.contract import Document
from blastradius.loaderkit.json_values import Keys
from blastradius.loaderkit.names import is_name
from blastradius.loaderkit.options import Name
from blastradius.loaderkit.vendors.aws.arns import Arn, arn_of
from blastradius.loaderkit.vendors.aws.options import AwsOptions
from blastradius.loaderkit.vendors.aws.policies import Policy, read_policy
from blastradius.model import Basis

from .loops import LANGUAGE, Loops
from .values import Values

VERSION = "2010-09-09"
SERVERLESS = "AWS::Serverless-2016-10-31"
_PLAIN = (SERVERLESS, LANGUAGE)


class TemplateOptions(AwsOptions):
    """The options of one template."""

    stack: Name | None = Field(default=None, description="the deployment, before names that only it decides")
    region: str | None = Field(default=None, description="the region it is deployed to")
    parameters: dict[str, str] = Field(
        default_factory=dict, description="what the deployment gives each parameter; else its default is taken"
    )


@dataclass(frozen=True)
class Resource:
    """One resource; ``keys`` lead to it. ``basis`` is assumed where a condition decides whether it is made."""

    name: str
    type: str
    keys: Keys
    properties: dict[str, Any]
    basis: Basis


@dataclass
class Template:
    """The resources of a template; ``malformed`` are the places of those that are none, ``loops`` is what made some."""

    values: Values
    resources: list[Resource]
    malformed: list[Keys]
    macros: list[str]
    loops: Loops
    shared: dict[str, Any]

    def of_type(self, *types: str) -> list[Resource]:
        """The resources of some types."""
        return [resource for resource in self.resources if resource.type in types]

    def policy(self, resource: Resource, name: str) -> Policy:
        """A policy document among the properties."""
        return self.policy_of(resource.properties.get(name), (*resource.keys, "Properties", name))

    def policy_of(self, raw: Any, keys: Keys) -> Policy:
        """A policy document; where a condition chooses between two, all that either says."""
        found = self.values.resolve(raw)
        read = [read_policy(document, keys) for document in (found if isinstance(found, list) else [found])]
        return Policy(
            tuple(statement for record in read for statement in record.statements),
            tuple(item for record in read for item in record.malformed),
        )

    def rows(self, resource: Resource, *path: str) -> list[tuple[dict[str, Any], Keys]]:
        """The mappings of a list among the properties, functions worked out."""
        found: Any = resource.properties
        for key in path:
            found = self.values.resolve(found.get(key)) if isinstance(found, dict) else None
        listed = found if isinstance(found, list) else [found]
        keys = (*resource.keys, "Properties", *path)
        return [(item, (*keys, index)) for index, item in enumerate(listed) if isinstance(item, dict)]

    def arn(self, value: Any) -> str | None:
        """A value as an ARN."""
        text = self.values.text(value)
        return text if text and arn_of(text) else None

    def identity(self, kind: str, value: Any) -> Arn | None:
        """A role, user or group by its ARN or its name."""
        text = self.values.text(value)
        if not text:
            return None
        arn = arn_of(text)
        if arn:
            return arn if arn.service == "iam" else None
        return Arn("aws", "iam", "", self.values.account, f"{kind}/{text.rpartition('/')[2]}")

    def identities(self, kind: str, value: Any) -> list[Arn]:
        """Roles, users or groups by their names."""
        made = [self.identity(kind, item) for item in self.values.texts(value)]
        return [item for item in made if item]


def body_of(data: Any) -> tuple[Any, Keys]:
    """The template itself, also inside the output of ``aws cloudformation get-template``."""
    if isinstance(data, dict) and isinstance(data.get("TemplateBody"), dict):
        return data["TemplateBody"], ("TemplateBody",)
    return data, ()


def is_template(data: Any) -> bool:
    """Whether a document says it is a template, or has resources as one."""
    body, _ = body_of(data)
    if not isinstance(body, dict):
        return False
    resources = body.get("Resources")
    if "AWSTemplateFormatVersion" in body or SERVERLESS in _transforms(body):
        return True
    first = next(iter(resources.values()), None) if isinstance(resources, dict) else None
    kind = first.get("Type") if isinstance(first, dict) else None
    return isinstance(kind, str) and kind.startswith(("AWS::", "Custom::", "Alexa::"))


def read_template(document: Document, options: TemplateOptions) -> Template:
    """Read a template.

    Raises:
        InputError: no template, or none of the known version.
    """
    body, keys = body_of(document.data)
    why = _not_ours(body)
    if why:
        line, column = document.position(*keys, "AWSTemplateFormatVersion")
        raise InputError([f"{document.path}:{line}:{column}: {why}"])
    stack = options.stack or ""
    account = options.account or (f"${{{stack}.AccountId}}" if stack else "${AccountId}")
    values = Values(body, account, options.region or "", stack, options.parameters)
    loops = Loops(values.texts)
    template = Template(
        values, [], [], [transform for transform in _transforms(body) if transform not in _PLAIN], loops, {}
    )
    shared = body.get("Globals")
    template.shared.update(shared if isinstance(shared, dict) else {})
    rows = list(loops.written_out(body["Resources"], (*keys, "Resources"), {}))
    values.resources = {name: row for name, row, _ in rows}
    for name, row, place in rows:
        _read(template, name, row, place)
    return template


def _read(template: Template, name: str, row: Any, keys: Keys) -> None:
    kind = row.get("Type") if isinstance(row, dict) else None
    properties = row.get("Properties") if isinstance(row, dict) else None
    if not isinstance(kind, str) or not (properties is None or isinstance(properties, dict)):
        template.malformed.append(keys)
        return
    basis = Basis.ASSUMED if "Condition" in row else Basis.DECLARED
    shared = template.shared.get(kind.removeprefix("AWS::Serverless::")) if "Serverless" in kind else None
    template.resources.append(Resource(name, kind, keys, with_shared(shared, properties or {}), basis))


def with_shared(shared: Any, own: Any) -> Any:
    """Properties with those of ``Globals``: mappings are joined, lists put behind, and else one's own stands."""
    if isinstance(shared, dict) and isinstance(own, dict):
        joined = {key: with_shared(shared[key], own[key]) for key in shared.keys() & own.keys()}
        return {**shared, **own, **joined}
    return [*shared, *own] if isinstance(shared, list) and isinstance(own, list) else own


def _not_ours(body: Any) -> str | None:
    version = body.get("AWSTemplateFormatVersion", VERSION) if isinstance(body, dict) else None
    if version != VERSION:
        shown = repr(version) if isinstance(version, str) and len(version) < 20 else "that is no version"
        return f"AWSTemplateFormatVersion {shown}; known is {VERSION}"
    if not isinstance(body.get("Resources"), dict) or not body["Resources"]:
        return "no mapping 'Resources'; expected a CloudFormation template"
    return None


def _transforms(body: dict[str, Any]) -> list[str]:
    declared = body.get("Transform")
    listed = declared if isinstance(declared, list) else [declared]
    names = [item.get("Name") if isinstance(item, dict) else item for item in listed]
    return [name for name in names if is_name(name)]
