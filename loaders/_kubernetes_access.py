"""Roles and their bindings: what service accounts, users and groups may do to Secrets and workloads by the API.

A role is a scope, once for each place where it is bound. Of what it permits two things are followed: to read Secrets,
straight away or by running pods that mount them, and to change workloads, or to run commands in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from blastradius.model import Basis, Credential, NoteKind, Operation, Scope, Store, Verb

from ._kubernetes_model import Cluster
from ._kubernetes_reading import Resource, Workload, items, mappings, text, texts

_READ, _RUN, _CHANGE = frozenset({"get", "list", "watch"}), frozenset({"create"}), frozenset({"update", "patch"})
_RUNNING = {
    "": {"pods", "replicationcontrollers"},
    "apps": {"deployments", "statefulsets", "daemonsets", "replicasets"},
    "batch": {"jobs", "cronjobs"},
}
_INSIDE = {"pods/exec", "pods/attach", "pods/ephemeralcontainers"}
_EDIT = [
    {"apiGroups": [""], "resources": ["secrets", "pods", "pods/exec", "replicationcontrollers"], "verbs": ["*"]},
    {"apiGroups": ["apps", "batch"], "resources": ["*"], "verbs": ["*"]},
]
_BUILT_IN: dict[str, list[dict[str, Any]]] = {
    "cluster-admin": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}],
    "admin": _EDIT,
    "edit": _EDIT,
    "view": [],
}
_EVERYONE = ("system:serviceaccounts", "system:authenticated")
_NOBODY = ("system:unauthenticated", "system:anonymous")


@dataclass
class Access:
    """The roles of a cluster on their way into our terms."""

    cluster: Cluster
    roles: dict[tuple[str, str, str], list[dict[str, Any]]] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    anonymous: set[str] = field(default_factory=set)

    def build(self) -> None:
        """Roles first, for bindings refer to them."""
        manifests = self.cluster.manifests
        for role in manifests.of("Role", "ClusterRole", group="authorization.k8s.io"):
            where = role.namespace if role.kind == "Role" else ""
            if role.get("aggregationRule") is None:
                self.roles[role.kind, where, role.name] = mappings(role.get("rules"))
            self.cluster.keep(role, self._scope(role.kind, where, role.name, role))
        for binding in manifests.of("RoleBinding", "ClusterRoleBinding", group="authorization.k8s.io"):
            self._bind(binding)
        self._say()

    def _bind(self, binding: Resource) -> None:
        self.cluster.used.add(id(binding))
        kind, name = (text(binding.get("roleRef", each)) for each in ("kind", "name"))
        where = binding.namespace if binding.kind == "RoleBinding" else ""
        scope = self._scope(kind, where, name, binding) if kind in ("Role", "ClusterRole") and name else None
        subjects = mappings(binding.get("subjects"))
        holders = [one for each in subjects for one in self._holders(each, binding)]
        if scope is None or (subjects and not holders):
            self.cluster.gathering.reject(f"a {binding.kind} names no role or nobody that can be an id", at=binding.at)
            return
        for each in holders:
            self.cluster.gathering.relate(Verb.GRANTS, each, scope, at=binding.at)
        self.cluster.gathering.fact()

    # who

    def _holders(self, subject: dict[str, Any], at: Resource) -> Iterator[str]:
        kind, name = text(subject.get("kind")), text(subject.get("name"))
        if kind == "ServiceAccount":
            made = self.cluster.account(text(subject.get("namespace")) or at.namespace, name, at) if name else None
            yield from [made] if made else []
            return
        if name in _NOBODY:
            self.anonymous.add(at.name)
        if kind == "Group" and name.startswith(_EVERYONE):
            yield from self._accounts(name.removeprefix("system:serviceaccounts").removeprefix(":"), at)
        made = self.cluster.gathering.name(f"{self.cluster.options.cluster}:{kind.lower()} {name}")
        if made is not None and name and self.cluster.gathering.name(name):
            who = Credential(id=made, name=name, type="oauth_token", basis=Basis.INFERRED, provenance=at.at)
            yield self.cluster.gathering.entity(who)

    def _accounts(self, namespace: str, at: Resource) -> Iterator[str]:
        """All service accounts, or those of one namespace."""
        everywhere = namespace in ("", *_EVERYONE)
        declared = ((each.namespace, each.name) for each in self.cluster.manifests.of("ServiceAccount"))
        used = ((each.namespace, each.account or "default") for each in self.cluster.workloads())
        for where, name in sorted({*declared, *used}):
            made = self.cluster.account(where, name, at) if everywhere or where == namespace else None
            yield from [made] if made else []

    # what

    def _scope(self, kind: str, where: str, name: str, at: Resource) -> str | None:
        """The scope of a role in one namespace, or everywhere."""
        path = "/".join(filter(None, (where, kind.lower(), name)))
        made = self.cluster.gathering.name(f"{self.cluster.options.cluster}:{path}")
        if made is None or made in self.cluster.gathering.entities:
            return made
        rules = self.roles.get((kind, where if kind == "Role" else "", name))
        if rules is None and name not in _BUILT_IN:
            self.unknown.add(made)
        basis = Basis.INFERRED if rules is None else Basis.DECLARED
        says = self.cluster.gathering.words("; ".join(map(_said, rules or [])) or None, "a role")
        shown = f"{name} in {where or 'the cluster'}"
        scope = Scope(id=made, name=shown, description=says, basis=basis, provenance=at.at)
        self.cluster.gathering.entity(scope)
        for rule in _BUILT_IN.get(name, []) if rules is None else rules:
            self._permit(made, rule, where, at)
        return made

    def _permit(self, scope: str, rule: dict[str, Any], where: str, at: Resource) -> None:
        names = texts(rule.get("resourceNames"))
        reads = _allows(rule, _READ, {"": {"secrets"}})
        runs = not names and _allows(rule, _RUN, _RUNNING)
        for namespace in self._namespaces(where) if reads or runs else ():
            for name in names or [""]:
                self._secrets(scope, namespace, name, at)
        changed = [each for each in self.cluster.workloads() if where in ("", each.namespace) and _changes(rule, each)]
        for workload in changed:
            if not names or workload.resource.name in names:
                self._change(scope, workload, at)

    def _namespaces(self, where: str) -> list[str]:
        secrets = {each.namespace for each in self.cluster.manifests.of("Secret")}
        return [where] if where else sorted(secrets | {each.namespace for each in self.cluster.workloads()})

    def _operation(self, scope: str, made: str, name: str, at: Resource) -> str:
        gathering = self.cluster.gathering
        gathering.entities.setdefault(
            made, Operation(id=made, name=name, api=f"{self.cluster.options.cluster}:api", provenance=at.at)
        )
        gathering.relate(Verb.PERMITS, scope, made, at=at.at)
        return made

    def _secrets(self, scope: str, namespace: str, name: str, at: Resource) -> None:
        """To read one Secret, or all of a namespace."""
        gathering, path = self.cluster.gathering, f"{namespace}/secret/{name}" if name else f"{namespace}/secrets"
        store = gathering.name(f"{self.cluster.options.cluster}:{path} (data)")
        if store is None:
            return
        gathering.entities.setdefault(store, Store(id=store, name=path, basis=Basis.INFERRED, provenance=at.at))
        operation = self._operation(scope, f"{self.cluster.options.cluster}:{path} (read)", f"read {path}", at)
        gathering.relate(Verb.READS, operation, store, at=at.at)
        for secret in self.cluster.secrets(namespace):
            if not name or secret.rpartition("/")[2] == name:
                gathering.relate(Verb.CONTAINS, store, secret, at=at.at)

    def _change(self, scope: str, workload: Workload, at: Resource) -> None:
        changed = self.cluster.ids[id(workload)]
        made = self.cluster.gathering.name(f"{changed} (change)")
        if made is not None:
            operation = self._operation(scope, made, f"change {workload.resource.path}", at)
            self.cluster.gathering.relate(Verb.CONTROLS, operation, changed, at=at.at)

    def _say(self) -> None:
        gathering = self.cluster.gathering
        if self.unknown:
            some = ", ".join(sorted(self.unknown)[:3])
            message = f"{len(self.unknown)} roles are not in the files, or put together from others, such as {some}"
            gathering.note(NoteKind.UNRESOLVED, f"{message}; what they permit is not known")
        if self.roles:
            message = "of what roles permit, reading Secrets, running pods and changing workloads is followed, no more"
            gathering.note(NoteKind.INCOMPLETE, message)
        if self.anonymous:
            some = ", ".join(filter(None, map(gathering.name, sorted(self.anonymous)[:3])))
            message = f"{len(self.anonymous)} bindings are for callers that show nothing, such as {some}"
            gathering.note(NoteKind.UNSUPPORTED, f"{message}; that anyone may call is not modelled")


def _said(rule: dict[str, Any]) -> str:
    what = texts(rule.get("resources")) or texts(rule.get("nonResourceURLs"))
    names = texts(rule.get("resourceNames"))
    return f"{', '.join(texts(rule.get('verbs')))} {', '.join(what)}" + (f" ({', '.join(names)})" if names else "")


def _allows(rule: dict[str, Any], verbs: Iterable[str], resources: dict[str, set[str]]) -> bool:
    """Whether a rule lets one do some of the verbs to some of the resources, each under its API group."""
    groups, said = items(rule.get("apiGroups")), set(texts(rule.get("resources")))
    meant = {one for group, some in resources.items() if "*" in groups or group in groups for one in some}
    return bool({"*", *verbs} & set(texts(rule.get("verbs")))) and bool(meant if "*" in said else meant & said)


def _changes(rule: dict[str, Any], workload: Workload) -> bool:
    """Whether a rule lets one change a workload or its pods, or run commands in them."""
    resource = workload.resource
    changed = {"": {"pods"}}
    changed.setdefault(resource.group, set()).add(f"{resource.kind.lower()}s")
    return _allows(rule, _CHANGE, changed) or _allows(rule, {*_CHANGE, *_RUN, "get"}, {"": _INSIDE})
