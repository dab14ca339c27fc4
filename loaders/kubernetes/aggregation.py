"""Cluster roles that are put together from others by their labels.

Rests on ``rbac.authorization.k8s.io/v1``: AggregationRule; and on the default roles of RBAC, which aggregate by label.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from blastradius.loaderkit.json_values import mappings

from .reading import Resource, labels
from .selectors import Selector, SelectorError, selector

_LABEL = "rbac.authorization.k8s.io/aggregate-to-"
_PARTS: dict[str, tuple[str, ...]] = {"admin": ("edit",), "edit": ("view",), "view": ()}


@dataclass
class Aggregation:
    """The cluster roles of the files by name, and which of them each selector matches."""

    roles: dict[str, Resource]
    matched: dict[Selector, list[str]] = field(default_factory=dict)

    def rules(self, name: str) -> list[dict[str, Any]]:
        """The rules of all cluster roles in the files that a role is put together from, each rule once."""
        found = [rule for part in self.parts(name) for rule in mappings(self.roles[part].get("rules"))]
        return list({repr(rule): rule for rule in found}.values())

    def parts(self, name: str) -> list[str]:
        """The cluster roles in the files whose rules a role has beside its own, those of its parts among them."""
        found: set[str] = set()
        left = [name]
        while left:
            fresh = set(self._members(left.pop())) - found
            found |= fresh
            left += fresh
        return sorted(part for part in found if part in self.roles and part != name)

    def _members(self, name: str) -> Iterator[str]:
        role = self.roles.get(name)
        if role is not None:
            for chosen in _selectors(role):
                yield from self._matches(chosen)
        elif name in _PARTS:
            yield from self._matches(selector({"matchLabels": {f"{_LABEL}{name}": "true"}}))
            yield from _PARTS[name]

    def _matches(self, chosen: Selector) -> list[str]:
        if chosen not in self.matched:
            fitting = (role for role in self.roles.values() if chosen.matches(labels(role.get("metadata", "labels"))))
            self.matched[chosen] = [role.name for role in fitting]
        return self.matched[chosen]


def aggregation(roles: Iterable[Resource]) -> Aggregation:
    """Of all cluster roles in the files; the first of a name counts."""
    found: dict[str, Resource] = {}
    for role in roles:
        found.setdefault(role.name, role)
    return Aggregation(found)


def _selectors(role: Resource) -> list[Selector]:
    """The selectors of a role that can be read; one that the API server would refuse selects nothing."""
    found = []
    for stated in mappings(role.get("aggregationRule", "clusterRoleSelectors")):
        try:
            found.append(selector(stated))
        except SelectorError:
            continue
    return found
