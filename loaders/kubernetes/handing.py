"""Rights that give rights: to act as accounts, by their tokens or by impersonation, and to bind or to rewrite roles.

Rests on ``rbac.authorization.k8s.io/v1``: the verbs ``bind``, ``escalate`` and ``impersonate``; on the TokenRequest of
a service account; and on pods having the token of any service account of their namespace.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from blastradius.loaderkit.json_values import scalars
from blastradius.model import Credential, NoteKind, Verb

from .model import Cluster
from .rules import RBAC, allows

ACCOUNTS = ("serviceaccount", "user", "group")
_WRITE = frozenset({"create", "update", "patch"})
_KINDS = {"clusterroles": "ClusterRole", "roles": "Role"}

Role = tuple[str, str]
"""The kind of a role and its name."""


@dataclass
class Handing:
    """Operations that hand out accounts, each with the kind, the place and the name; those that hand out roles."""

    acting: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    obtained: set[str] = field(default_factory=set)

    def hand_out(self, cluster: Cluster) -> None:
        """Each account that there is by what lets one act as it; not all of a place need be in the files."""
        collector = cluster.collector
        accounts = dict(_accounts(cluster))
        for operation, (kind, where, name) in self.acting.items():
            found = [made for made, account in accounts.items() if _fits(account, kind, where, name)]
            before = collector.entities[operation]
            for made in found:
                collector.relate(Verb.ISSUES, operation, made, provenance=before.provenance)
            if not name or not found:
                collector.entities[operation] = before.model_copy(update={"unknown": ("issues",)})
        operations = sorted({*self.acting, *self.obtained})
        if operations:
            message = f"{len(operations)} operations let one act as accounts or get roles, such as {operations[0]}; "
            message += "an upper bound, for what the API server refuses beyond roles is not in manifests"
            collector.note(NoteKind.ASSUMED, message, *operations[:3])


def impersonable(rules: list[dict[str, Any]], where: str) -> tuple[str, ...]:
    """The kinds of account that rules can let one act as: users and groups belong to no namespace.

    To act as a member of a group one has to act as somebody.
    """
    somebody = {"users", "serviceaccounts"}
    groups = any(allows(rule, {"impersonate"}, {"": somebody}) for rule in rules)
    return ACCOUNTS[:1] if where else ACCOUNTS if groups else ACCOUNTS[:2]


def acted_as(rule: dict[str, Any], kinds: tuple[str, ...]) -> set[str]:
    """The kinds of account, of these, that a rule lets one act as."""
    found = {kind for kind in kinds if allows(rule, {"impersonate"}, {"": {f"{kind}s"}})}
    return found | ({"serviceaccount"} if allows(rule, {"create"}, {"": {"serviceaccounts/token"}}) else set())


def _accounts(cluster: Cluster) -> Iterator[tuple[str, tuple[str, str, str]]]:
    """The credentials of accounts, each with the kind, the namespace and the name."""
    for made, entity in cluster.collector.entities.items():
        path = made.removeprefix(f"{cluster.options.cluster}:")
        kind, _, name = path.partition(" ")
        where, *rest = path.split("/")
        if isinstance(entity, Credential) and kind in ACCOUNTS and name:
            yield made, (kind, "", name)
        elif isinstance(entity, Credential) and rest[:1] == ["serviceaccount"] and len(rest) == 2:
            yield made, ("serviceaccount", where, rest[1])


def _fits(account: tuple[str, str, str], kind: str, where: str, name: str) -> bool:
    return account[0] == kind and where in ("", account[1]) and name in ("", account[2])


def bindable(
    rules: list[dict[str, Any]], where: str, places: Collection[str], roles: Collection[tuple[str, str, str]]
) -> set[tuple[str, Role]]:
    """The roles that rules, in a namespace or everywhere, let one get, each with the place where.

    Whoever may bind any role, or rewrite the one it has, can have everything in the place; who has that gets no more.
    """
    if any(allows(rule, {"bind"}, {RBAC: {"clusterroles"}}) and is_all(rule) for rule in rules):
        return set()
    everything = ("ClusterRole", "cluster-admin")
    found: set[tuple[str, Role]] = set()
    for place in _bound_in(rules, where, places):
        for kind, name in _named(rules):
            listed = [role for of, space, role in roles if of == kind == "Role" and space == place]
            if kind == "Role":
                found |= {(place, ("Role", role)) for role in ([name] if name else listed) if place}
            else:
                found.add((place, (kind, name) if name else everything))
    return found | {(place, everything) for place in _rewritten_in(rules, where, places)}


def is_all(rule: dict[str, Any]) -> bool:
    """Whether a rule lets one do everything."""
    return all("*" in scalars(rule.get(key)) for key in ("verbs", "resources", "apiGroups"))


def _bound_in(rules: list[dict[str, Any]], where: str, places: Collection[str]) -> set[str]:
    """Where roles can be bound; ``""`` is everywhere."""
    found = set[str]()
    for rule in rules:
        if allows(rule, _WRITE, {RBAC: {"rolebindings"}}):
            found |= {where} if where else set(places)
        if where == "" and allows(rule, _WRITE, {RBAC: {"clusterrolebindings"}}):
            found.add("")
    return found


def _named(rules: list[dict[str, Any]]) -> Iterator[Role]:
    """The roles that may be bound by whoever does not have what they permit; no name is all of them."""
    for rule in rules:
        for resource, kind in _KINDS.items():
            if allows(rule, {"bind"}, {RBAC: {resource}}):
                yield from ((kind, name) for name in scalars(rule.get("resourceNames")) or [""])


def _rewritten_in(rules: list[dict[str, Any]], where: str, places: Collection[str]) -> set[str]:
    """Where roles can be rewritten to permit more than who rewrites them has."""
    found = set[str]()
    for resource, somewhere in (("roles", {where} if where else set(places)), ("clusterroles", {""})):
        may = all(any(allows(rule, verbs, {RBAC: {resource}}) for rule in rules) for verbs in ({"escalate"}, _WRITE))
        found |= somewhere if may and (resource == "roles" or not where) else set()
    return found
