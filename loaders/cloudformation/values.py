"""The values of a template: references and functions worked out as far as the template alone can say.

What only the deployment decides stays in the text by its name: ``${AccountId}``, ``${Region}``, ``${Bucket}``. Of an
``Fn::If`` both branches are taken, for conditions are not known; a parameter is what the options say, or its default.

Rests on the CloudFormation User Guide, reference of intrinsic functions and of pseudo parameters.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from blastradius.loaderkit.json_values import mapping
from blastradius.loaderkit.names import MAX_NAME, is_name
from blastradius.loaderkit.vendors.aws.types import BY_CLOUDFORMATION, IAM_NAMES

_VARIABLE = re.compile(r"\$\{(!?)([^${}]{1,300})\}")
_PSEUDO = {"AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com"}
_SHORT = {"AWS::AccountId": "AccountId", "AWS::Region": "Region", "AWS::StackName": "StackName"}
_ARN_BY_REF = ("AWS::IAM::ManagedPolicy", "AWS::IAM::OIDCProvider", "AWS::IAM::SAMLProvider")
_CONDITIONS = frozenset({"Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or", "Condition", "Fn::Contains"})


MAX_CHAIN = 20
MAX_FOUND = 200


class _Nothing:
    """What is not there: ``AWS::NoValue``, or a value that cannot be told."""


NOTHING = _Nothing()


@dataclass
class Values:
    """Works out the values of one template. ``assumed`` are parameters taken as their defaults."""

    template: dict[str, Any]
    account: str
    region: str
    stack: str
    declared: dict[str, str]
    assumed: set[str] = field(default_factory=set)
    transforms: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    _names: dict[str, str] = field(default_factory=dict)
    _depth: int = 0

    def __post_init__(self) -> None:
        self.resources = mapping(self.template.get("Resources"))
        self.parameters = mapping(self.template.get("Parameters"))

    # what stands where

    def resolve(self, value: Any) -> Any:
        """A value with all functions worked out; mappings and lists keep their shape."""
        if isinstance(value, list):
            return self._list(value)
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            known = _FUNCTIONS.get(name)
            if known:
                return known(self, argument)
            if name in _CONDITIONS or name.startswith("Fn::"):
                return NOTHING
        resolved = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not NOTHING}

    def _list(self, values: list[Any]) -> list[Any]:
        found: list[Any] = []
        for value in values:
            resolved = self.resolve(value)
            if isinstance(value, dict) and isinstance(resolved, list):
                found += resolved
            elif resolved is not NOTHING:
                found.append(resolved)
        return found

    def text(self, value: Any) -> str | None:
        """A value as one text; of several branches the first."""
        found = self.resolve(value)
        while isinstance(found, list) and found:
            found = found[0]
        if isinstance(found, (int, float)) and not isinstance(found, bool):
            found = str(found)
        return found if is_name(found) else None

    def texts(self, value: Any) -> list[str]:
        """A value as texts."""
        found = self.resolve(value)
        listed = found if isinstance(found, list) else [found]
        return [item for item in listed if is_name(item)]

    # references

    def unknown(self, name: str) -> str:
        """What only the deployment decides."""
        return f"${{{self.stack}.{name}}}" if self.stack else f"${{{name}}}"

    def ref(self, argument: Any) -> Any:
        """``Ref``: a parameter, a resource, or what the deployment decides; its name may be worked out first."""
        name = argument if isinstance(argument, str) else self.text(argument)
        if name is None or name == "AWS::NoValue":
            return NOTHING
        if name in self.resources:
            return self._ref_of(name)
        if name in self.parameters or name in self.declared:
            return self._parameter(name)
        self._expect(name)
        return self._pseudo(name)

    def _expect(self, name: str) -> None:
        """Keep the name of what is referred to and is not there."""
        if name not in self.resources and not name.startswith("AWS::") and is_name(name):
            self.missing.add(name)

    def _pseudo(self, name: str) -> str:
        decided = {"AWS::AccountId": self.account, "AWS::Region": self.region, "AWS::StackName": self.stack}
        return _PSEUDO.get(name) or decided.get(name) or self.unknown(_SHORT.get(name, name.replace("::", "")))

    def _parameter(self, name: str) -> Any:
        if name in self.declared:
            value: Any = self.declared[name]
        else:
            attributes = mapping(self.parameters.get(name))
            value = attributes.get("Default")
            hidden = str(attributes.get("NoEcho")).lower() == "true" or str(attributes.get("Type")).startswith(
                "AWS::SSM"
            )
            if hidden or not isinstance(value, (str, int, float)) or str(value) == "":
                return self.unknown(name)
            self.assumed.add(name)
        kind = str(mapping(self.parameters.get(name)).get("Type"))
        text = str(value)
        listed = [word.strip() for word in text.split(",")]
        return [item for item in listed if item] if "List" in kind else text

    def _ref_of(self, name: str) -> str:
        known = BY_CLOUDFORMATION.get(self.type_of(name))
        as_arn = known.ref == "arn" if known else self.type_of(name) in _ARN_BY_REF
        return self.arn(name) if as_arn else self.name(name)

    def type_of(self, name: str) -> str:
        """The type of a resource."""
        return str(mapping(self.resources.get(name)).get("Type"))

    def name(self, name: str) -> str:
        """The name that a resource has, or will have."""
        if name not in self._names:
            self._names[name] = self.unknown(name)
            if self._depth > MAX_CHAIN:
                return self._names[name]
            self._depth += 1
            known = BY_CLOUDFORMATION.get(self.type_of(name))
            field_name = known.cloudformation_name if known else IAM_NAMES.get(self.type_of(name), ("", ""))[1]
            properties = mapping(self.resources, name, "Properties")
            declared = self.text(properties.get(field_name)) if field_name else None
            self._depth -= 1
            if declared and len(declared) < 300:
                self._names[name] = declared
        return self._names[name]

    def arn(self, name: str) -> str:
        """The ARN that a resource has, or will have."""
        kind = self.type_of(name)
        known = BY_CLOUDFORMATION.get(kind)
        region = self.region or self.unknown("Region")
        if known:
            return known.arn_of(self.name(name), region, self.account)
        if kind in IAM_NAMES:
            return f"arn:aws:iam::{self.account}:{IAM_NAMES[kind][0]}/{self.name(name).removeprefix('https://')}"
        return self.unknown(f"{name}.Arn")

    # functions

    def get_att(self, argument: Any) -> Any:
        """``Fn::GetAtt``: an attribute of a resource; only ARNs and names are told."""
        declared = argument.split(".", 1) if isinstance(argument, str) else argument
        listed = [self.text(item) for item in declared] if isinstance(declared, list) else []
        if len(listed) < 2 or None in listed:
            return NOTHING
        name, attribute = listed[0] or "", ".".join(filter(None, listed[1:]))
        if name in self.resources and attribute.endswith("Arn") and not attribute.startswith("Outputs"):
            return self.arn(name)
        self._expect(name)
        return self.unknown(f"{name}.{attribute}")

    def sub(self, argument: Any) -> Any:
        """``Fn::Sub``: a text with references inside."""
        text, own = argument, {}
        if isinstance(argument, list) and len(argument) == 2:
            text, own = argument[0], mapping(argument[1])
        if not isinstance(text, str):
            return NOTHING

        def put(found: re.Match[str]) -> str:
            literal, name = found[1], found[2].strip()
            if literal:
                return f"${{{name}}}"
            if name in own:
                return self.text(own[name]) or self.unknown(name)
            reference = {"Fn::GetAtt": name} if "." in name else {"Ref": name}
            return self.text(reference) or self.unknown(name)

        return _fitting(_VARIABLE.sub(put, text))

    def join(self, argument: Any) -> Any:
        """``Fn::Join``: texts with something between them."""
        if not isinstance(argument, list) or len(argument) != 2 or not isinstance(argument[0], str):
            return NOTHING
        parts = self.texts(argument[1])
        return _fitting(argument[0].join(parts)) if parts else NOTHING

    def either(self, argument: Any) -> Any:
        """``Fn::If``: both branches, for the condition is not known."""
        if not isinstance(argument, list) or len(argument) != 3:
            return NOTHING
        branches = [item for item in map(self.resolve, argument[1:]) if item is not NOTHING]
        if len(branches) < 2:
            return branches[0] if branches else NOTHING
        return [item for branch in branches for item in (branch if isinstance(branch, list) else [branch])]

    def select(self, argument: Any) -> Any:
        """``Fn::Select``: one of a list."""
        if not isinstance(argument, list) or len(argument) != 2:
            return NOTHING
        index, values = self.text(argument[0]), self.resolve(argument[1])
        if index and index.isdecimal() and len(index) < 6 and isinstance(values, list) and int(index) < len(values):
            return values[int(index)]
        return self.unknown(f"Select {_digest(argument)}")

    def split(self, argument: Any) -> Any:
        """``Fn::Split``: a text cut into a list."""
        if not isinstance(argument, list) or len(argument) != 2 or not isinstance(argument[0], str) or not argument[0]:
            return NOTHING
        text = self.text(argument[1])
        return text.split(argument[0]) if text is not None else NOTHING

    def find(self, argument: Any) -> Any:
        """``Fn::FindInMap``: a value of a mapping, or every one that it can be."""
        if not isinstance(argument, list) or len(argument) < 3:
            return NOTHING
        rows = mapping(mapping(self.template.get("Mappings")).get(self.text(argument[0]) or ""))
        first, second = self.text(argument[1]), self.text(argument[2])
        listed = [rows[first]] if first in rows else list(rows.values())[:MAX_FOUND]
        found = [item for row in listed for item in _values_of(mapping(row), second)]
        flat = [entry for item in found for entry in (item if isinstance(item, list) else [item])]
        return (flat[0] if len(flat) == 1 else flat[:MAX_FOUND]) if flat else NOTHING

    def imported(self, argument: Any) -> Any:
        """``Fn::ImportValue``: what another stack exports."""
        name = self.text(argument)
        return f"${{import {name.replace(':', '/')}}}" if name else NOTHING

    def transformed(self, argument: Any) -> Any:
        """``Fn::Transform``: what a macro will write."""
        for item in argument if isinstance(argument, list) else [argument]:
            name = mapping(item).get("Name")
            self.transforms.add(name if is_name(name) else "without a name")
        return NOTHING


_FUNCTIONS: dict[str, Callable[[Values, Any], Any]] = {
    "Ref": Values.ref,
    "Fn::GetAtt": Values.get_att,
    "Fn::Sub": Values.sub,
    "Fn::Join": Values.join,
    "Fn::If": Values.either,
    "Fn::Select": Values.select,
    "Fn::Split": Values.split,
    "Fn::FindInMap": Values.find,
    "Fn::ImportValue": Values.imported,
    "Fn::Transform": Values.transformed,
    "Fn::ToJsonString": Values.resolve,
}


def _digest(argument: Any) -> str:
    """A mark by which two choices that cannot be told are not taken for one."""
    return hashlib.sha256(json.dumps(argument, sort_keys=True, default=str).encode()).hexdigest()[:8]


def _values_of(row: dict[str, Any], key: str | None) -> list[Any]:
    return [row[key]] if key in row else list(row.values())


def _fitting(text: str) -> Any:
    return text if len(text) <= MAX_NAME else NOTHING
