"""Account authorization details in their own terms: users, groups, roles and policies, and what is attached.

Rests on the IAM API 2010-05-08, action GetAccountAuthorizationDetails.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.json_values import Keys
from blastradius.loaderkit.names import is_name
from blastradius.loaderkit.vendors.aws.arns import Arn, arn_of
from blastradius.loaderkit.vendors.aws.policies import Policy, read_policy

_EMPTY = Policy()
_KINDS = {"UserDetailList": "user", "GroupDetailList": "group", "RoleDetailList": "role"}


@dataclass(frozen=True)
class Named:
    """Something that a record names, with its place."""

    name: str
    keys: Keys


@dataclass(frozen=True)
class Inline:
    """A policy inside a user, group or role."""

    name: str
    policy: Policy


@dataclass(frozen=True)
class Identity:
    """A user, a group or a role. ``unused`` is true where AWS says that it saw no use of a role."""

    kind: str
    arn: Arn
    keys: Keys
    attached: tuple[Named, ...] = ()
    inline: tuple[Inline, ...] = ()
    groups: tuple[Named, ...] = ()
    profiles: tuple[Named, ...] = ()
    trust: Policy = _EMPTY
    bounded: bool = False
    unused: bool = False

    @property
    def records(self) -> int:
        """Itself, and each thing attached, each membership, each instance profile and each statement."""
        statements = self.trust.records + sum(policy.policy.records for policy in self.inline)
        return 1 + len(self.attached) + len(self.groups) + len(self.profiles) + statements


@dataclass(frozen=True)
class Managed:
    """A managed policy: the version in force, and how many statements the others have."""

    arn: Arn
    keys: Keys
    policy: Policy
    older: int


@dataclass
class Details:
    """All of one listing."""

    identities: list[Identity]
    policies: list[Managed]
    cut_off: bool = False


def pages(data: Any) -> list[tuple[dict[str, Any], Keys]]:
    """The listing, or its pages where a tool kept them as a list."""
    if isinstance(data, list):
        return [(item, (index,)) for index, item in enumerate(data) if isinstance(item, dict)]
    return [(data, ())] if isinstance(data, dict) else []


def is_page(data: Any) -> bool:
    """Whether a mapping has the lists of account authorization details."""
    return isinstance(data, dict) and any(name in data for name in _KINDS)


@dataclass
class Reader:
    """Reads a listing; what cannot be read is rejected piece by piece."""

    collector: FactCollector

    def read(self, data: Any) -> Details:
        """All pages."""
        found = Details([], [])
        for page, keys in pages(data):
            found.cut_off = page.get("IsTruncated") in (True, "true")
            for section, kind in _KINDS.items():
                identities = [self._identity(kind, row, place) for row, place in self._rows(page, section, keys)]
                found.identities += [identity for identity in identities if identity]
            policies = [self._managed(row, place) for row, place in self._rows(page, "Policies", keys)]
            found.policies += [policy for policy in policies if policy]
        return found

    def _rows(self, holder: dict[str, Any], name: str, keys: Keys) -> list[tuple[dict[str, Any], Keys]]:
        """The mappings of a list; one alone may stand without its list."""
        value, place = holder.get(name), (*keys, name)
        if isinstance(value, dict):
            return [(value, place)]
        found = []
        for index, item in enumerate(value if isinstance(value, list) else [] if value is None else [value]):
            if isinstance(item, dict):
                found.append((item, (*place, index)))
            else:
                self.collector.reject(
                    f"{name} has something that is no record", provenance=self.collector.provenance(*place, index)
                )
        return found

    def _identity(self, kind: str, row: dict[str, Any], keys: Keys) -> Identity | None:
        arn, used = _arn(row.get("Arn"), kind), row.get("RoleLastUsed")
        read = Identity(
            kind=kind,
            arn=arn or _NONE,
            keys=keys,
            attached=tuple(self._named(row, "AttachedManagedPolicies", "PolicyArn", keys)),
            inline=tuple(self._inline(row, f"{kind.title()}PolicyList", keys)),
            groups=tuple(self._groups(row, keys)) if kind == "user" else (),
            profiles=tuple(self._named(row, "InstanceProfileList", "Arn", keys)) if kind == "role" else (),
            trust=self._trust(row, keys) if kind == "role" else _EMPTY,
            bounded=bool(row.get("PermissionsBoundary")),
            unused=isinstance(used, dict) and not used.get("LastUsedDate"),
        )
        if arn is None:
            why = f"a {kind} without an ARN that can be read"
            self.collector.reject(why, provenance=self.collector.provenance(*keys), records=read.records)
        return read if arn else None

    def _named(self, row: dict[str, Any], section: str, field: str, keys: Keys) -> Iterator[Named]:
        """What a list refers to by ARN."""
        for item, place in self._rows(row, section, keys):
            name = item.get(field)
            if is_name(name) and arn_of(name):
                yield Named(name, place)
            else:
                self.collector.reject(
                    f"an item of {section} without {field}", provenance=self.collector.provenance(*place)
                )

    def _groups(self, row: dict[str, Any], keys: Keys) -> Iterator[Named]:
        declared = row.get("GroupList")
        for index, item in enumerate(
            declared if isinstance(declared, list) else [] if declared is None else [declared]
        ):
            place = (*keys, "GroupList", index)
            if is_name(item):
                yield Named(item, place)
            else:
                self.collector.reject(
                    "a group membership that names no group", provenance=self.collector.provenance(*place)
                )

    def _inline(self, row: dict[str, Any], section: str, keys: Keys) -> Iterator[Inline]:
        for item, place in self._rows(row, section, keys):
            name = item.get("PolicyName")
            policy = read_policy(item.get("PolicyDocument"), (*place, "PolicyDocument"))
            yield Inline(name if is_name(name) else "without a name", policy)

    def _trust(self, row: dict[str, Any], keys: Keys) -> Policy:
        declared = row.get("AssumeRolePolicyDocument")
        return _EMPTY if declared is None else read_policy(declared, (*keys, "AssumeRolePolicyDocument"))

    def _managed(self, row: dict[str, Any], keys: Keys) -> Managed | None:
        arn = _arn(row.get("Arn"), "policy")
        force, older = _EMPTY, 0
        for version, place in self._rows(row, "PolicyVersionList", keys):
            policy = read_policy(version.get("Document"), (*place, "Document"))
            if version.get("IsDefaultVersion") in (True, "true", "True"):
                force = policy
            else:
                older += policy.records
        if arn is None:
            records = 1 + force.records + older
            self.collector.reject(
                "a policy without an ARN", provenance=self.collector.provenance(*keys), records=records
            )
            return None
        return Managed(arn, keys, force, older)


_NONE = Arn("", "", "", "", "")


def _arn(value: Any, kind: str) -> Arn | None:
    """The ARN of a user, group, role or policy."""
    arn = arn_of(value) if is_name(value) else None
    return arn if arn and arn.service == "iam" and arn.resource.startswith(f"{kind}/") else None
