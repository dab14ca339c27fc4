"""Label selectors of Kubernetes, with their exact meaning.

Rests on ``meta/v1``: LabelSelector and LabelSelectorRequirement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class SelectorError(ValueError):
    """A selector that the API server would refuse; the message says why."""


@dataclass(frozen=True)
class Requirement:
    """One condition on one label."""

    key: str
    operator: str
    values: frozenset[str]

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether labels meet it; NotIn and DoesNotExist are met where the label is not there."""
        if self.operator == "Exists":
            return self.key in labels
        if self.operator == "DoesNotExist":
            return self.key not in labels
        inside = labels.get(self.key) in self.values
        return inside if self.operator == "In" else not inside


@dataclass(frozen=True)
class Selector:
    """All requirements together; none at all is met by everything."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str], *, known: bool = True) -> bool:
        """Whether labels meet all; where labels are not ``known``, whether they may: those not there may be."""
        return all(requirement.holds(labels) for requirement in self.requirements if known or requirement.key in labels)


def selector(value: Any) -> Selector:
    """Read a selector; nothing at all, as ``{}``, selects everything.

    Raises:
        SelectorError: the API server would refuse it.
    """
    if value is None:
        return Selector()
    if not isinstance(value, dict):
        raise SelectorError("a selector is not a mapping")
    found = [Requirement(key, "In", frozenset({label})) for key, label in _labels(value.get("matchLabels")).items()]
    expressions = value.get("matchExpressions")
    if expressions is not None and not isinstance(expressions, list):
        raise SelectorError("matchExpressions is not a list")
    return Selector((*found, *map(_expression, expressions or [])))


def _labels(value: Any) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise SelectorError("matchLabels does not give texts by name")
    return value


def _expression(value: Any) -> Requirement:
    key, operator = (value.get(key) for key in ("key", "operator")) if isinstance(value, dict) else (None, None)
    if not isinstance(key, str) or operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
        raise SelectorError("an expression has no key or no operator that is known")
    values = value.get("values") or []
    if not isinstance(values, list) or not all(isinstance(item, str) for item in values):
        raise SelectorError("the values of an expression are not texts")
    if bool(values) != (operator in ("In", "NotIn")):
        raise SelectorError("In and NotIn take values, Exists and DoesNotExist take none")
    return Requirement(key, operator, frozenset(values))
