"""What a rule of a role allows: which verbs on which resources.

Rests on ``rbac.authorization.k8s.io/v1``: PolicyRule.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from blastradius.loaderkit.json_values import as_list, scalars

RBAC = "rbac.authorization.k8s.io"
_CHANGE = frozenset({"update", "patch"})
_INSIDE = {"pods/exec", "pods/attach", "pods/ephemeralcontainers"}


def said(rule: dict[str, Any]) -> str:
    """A rule in words."""
    what = scalars(rule.get("resources")) or scalars(rule.get("nonResourceURLs"))
    names = scalars(rule.get("resourceNames"))
    return f"{', '.join(scalars(rule.get('verbs')))} {', '.join(what)}" + (f" ({', '.join(names)})" if names else "")


def allows(rule: dict[str, Any], verbs: Iterable[str], resources: dict[str, set[str]]) -> bool:
    """Whether a rule lets one do some of the verbs to some of the resources, each under its API group."""
    groups, declared = as_list(rule.get("apiGroups")), set(scalars(rule.get("resources")))
    meant = {item for group, some in resources.items() if "*" in groups or group in groups for item in some}
    parts = tuple(item[1:] for item in declared if item.startswith("*/"))
    named = meant if "*" in declared else {item for item in meant if item in declared or item.endswith(parts)}
    return bool({"*", *verbs} & set(scalars(rule.get("verbs")))) and bool(named)


def changes(rule: dict[str, Any], group: str, kind: str) -> bool:
    """Whether a rule lets one change workloads of a kind or their pods, or run commands in them."""
    changed = {"": {"pods"}}
    changed.setdefault(group, set()).add(f"{kind.lower()}s")
    return allows(rule, _CHANGE, changed) or allows(rule, {*_CHANGE, "create", "get"}, {"": _INSIDE})


def reaches_kubelets(rule: dict[str, Any]) -> bool:
    """Whether a rule lets one talk to the kubelets, which run commands in any pod, also for who may only get."""
    return allows(rule, {"get", "create"}, {"": {"nodes/proxy"}})
