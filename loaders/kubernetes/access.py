"""Roles and their bindings: what service accounts, users and groups may do to Secrets and workloads by the API.

A role is a scope, once for each place where it is bound. Of what it permits this is followed: to read Secrets, straight
away or by running pods that mount them, to change workloads, or to run commands in them, and to get further rights.

Rests on ``rbac.authorization.k8s.io/v1``: PolicyRule, RoleRef and Subject.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from blastradius.loaderkit.json_values import mappings, scalar, scalars
from blastradius.model import Basis, Credential, NoteKind, Operation, Relation, Scope, Store, Verb

from .aggregation import Aggregation, aggregation
from .handing import ACCOUNTS, Handing, acted_as, bindable, impersonable, is_all
from .model import Cluster
from .reading import Resource, Workload
from .rules import allows, changes, reaches_kubelets, said

_READ, _RUN = frozenset({"get", "list", "watch"}), frozenset({"create"})
_RUNNING = {
    "": {"pods", "replicationcontrollers"},
    "apps": {"deployments", "statefulsets", "daemonsets", "replicasets"},
    "batch": {"jobs", "cronjobs"},
}
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
_MASTERS = "system:masters"
"""The group that may do everything, whatever roles say."""


@dataclass
class Access:
    """The roles of a cluster on their way into our terms."""

    cluster: Cluster
    roles: dict[tuple[str, str, str], list[dict[str, Any]]] = field(default_factory=dict)
    secrets: dict[str, list[str]] = field(default_factory=dict)
    workloads: dict[tuple[str, str], list[Workload]] = field(default_factory=dict)
    opened: set[tuple[str, str]] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    anonymous: dict[str, set[str]] = field(default_factory=dict)
    together: set[str] = field(default_factory=set)
    aggregation: Aggregation = field(default_factory=lambda: Aggregation({}))
    handing: Handing = field(default_factory=Handing)

    def build(self) -> None:
        """Roles first, for bindings refer to them."""
        manifests = self.cluster.manifests
        self.secrets = self.cluster.secrets()
        for workload in self.cluster.workloads():
            self.workloads.setdefault((workload.resource.group, workload.resource.kind), []).append(workload)
        self.aggregation = aggregation(manifests.of("ClusterRole", group="authorization.k8s.io"))
        stated = list(manifests.of("Role", "ClusterRole", group="authorization.k8s.io"))
        for role in stated:
            rules = self._rules(role)
            if rules is not None:
                self.roles[role.kind, _where(role), role.name] = rules
        for role in stated:
            self.cluster.keep(role, self._scope(role.kind, _where(role), role.name, role))
        for binding in manifests.of("RoleBinding", "ClusterRoleBinding", group="authorization.k8s.io"):
            self._bind(binding)

    def finish(self) -> None:
        """What is handed out, once all accounts are known, and what is open to anyone."""
        self.handing.hand_out(self.cluster)
        self._say(self._open_to_anyone())

    def _rules(self, role: Resource) -> list[dict[str, Any]] | None:
        """The rules of a role, stated or of those it is put together from; ``None`` if there are neither."""
        stated = mappings(role.get("rules"))
        if role.kind == "Role" or role.get("aggregationRule") is None:
            return stated
        added = [rule for rule in self.aggregation.rules(role.name) if rule not in stated]
        if added and not stated:
            self.together.add(role.name)
        return [*stated, *added] if stated or self.aggregation.parts(role.name) else None

    def _bind(self, binding: Resource) -> None:
        self.cluster.used.add(id(binding))
        kind, name = (scalar(binding.get("roleRef", key)) for key in ("kind", "name"))
        where = binding.namespace if binding.kind == "RoleBinding" else ""
        scope = self._scope(kind, where, name, binding) if kind in ("Role", "ClusterRole") and name else None
        subjects = mappings(binding.get("subjects"))
        holders = [holder for subject in subjects for holder in self._holders(subject, binding)]
        if scope is None or (subjects and not holders):
            self.cluster.collector.reject(
                f"a {binding.kind} names no role or nobody that can be an id", provenance=binding.provenance
            )
            return
        anyone = (*_NOBODY, "system:authenticated") if self.cluster.options.anyone_signs_in else _NOBODY
        if any(scalar(subject.get("name")) in anyone for subject in subjects):
            self.anonymous.setdefault(scope, set()).add(binding.name)
        for holder in holders:
            self.cluster.collector.relate(Verb.GRANTS, holder, scope, provenance=binding.provenance)
        self.cluster.collector.fact()

    # who

    def _holders(self, subject: dict[str, Any], resource: Resource) -> Iterator[str]:
        kind, name = scalar(subject.get("kind")), scalar(subject.get("name"))
        if kind == "ServiceAccount":
            made = (
                self.cluster.account(scalar(subject.get("namespace")) or resource.namespace, name, resource)
                if name
                else None
            )
            yield from [made] if made else []
            return
        if kind == "Group" and name.startswith(_EVERYONE):
            yield from self._accounts(name.removeprefix("system:serviceaccounts").removeprefix(":"), resource)
        made = self.cluster.collector.name(f"{self.cluster.options.cluster}:{kind.lower()} {name}")
        if made is not None and kind in ("User", "Group") and self.cluster.collector.name(name):
            who = Credential(
                id=made, name=name, type="oauth_token", basis=Basis.INFERRED, provenance=resource.provenance
            )
            yield self.cluster.collector.entity(who)
            if (kind, name) == ("Group", _MASTERS):
                self._grant_all(made, resource)

    def _grant_all(self, masters: str, resource: Resource) -> None:
        """Everything is permitted to the group that needs no binding for it."""
        scope = self._scope("ClusterRole", "", "cluster-admin", resource)
        if scope is not None:
            self.cluster.collector.relate(Verb.GRANTS, masters, scope, provenance=resource.provenance)

    def _accounts(self, namespace: str, resource: Resource) -> Iterator[str]:
        """All service accounts, or those of one namespace."""
        everywhere = namespace in ("", *_EVERYONE)
        declared = (
            (service_account.namespace, service_account.name)
            for service_account in self.cluster.manifests.of("ServiceAccount")
        )
        used = ((workload.namespace, workload.account or "default") for workload in self.cluster.workloads())
        for where, name in sorted({*declared, *used}):
            made = self.cluster.account(where, name, resource) if everywhere or where == namespace else None
            yield from [made] if made else []

    # what

    def _scope(self, kind: str, where: str, name: str, resource: Resource) -> str | None:
        """The scope of a role in one namespace, or everywhere."""
        path = "/".join(filter(None, (where, kind.lower(), name)))
        made = self.cluster.collector.name(f"{self.cluster.options.cluster}:{path}")
        if made is None or made in self.cluster.collector.entities:
            return made
        rules = self.roles.get((kind, where if kind == "Role" else "", name))
        added = self.aggregation.rules(name) if rules is None and kind == "ClusterRole" else []
        if rules is None and name not in _BUILT_IN:
            self.unknown.add(made)
        basis = Basis.INFERRED if rules is None else Basis.DECLARED
        attributes = self.cluster.collector.words("; ".join(map(said, rules or added)) or None, "a role")
        shown = f"{name} in {where or 'the cluster'}"
        scope = Scope(id=made, name=shown, description=attributes, basis=basis, provenance=resource.provenance)
        self.cluster.collector.entity(scope)
        permitted = [*_BUILT_IN.get(name, []), *added] if rules is None else rules
        kinds = impersonable(permitted, where)
        for rule in permitted:
            self._permit(made, rule, where, resource, kinds)
        for place, role in sorted(bindable(permitted, where, self._places(), self.roles)):
            self._obtainable(made, place, role, resource)
        return made

    def _places(self) -> list[str]:
        """The namespaces that are known."""
        return sorted({*self.cluster.spaces, *self.secrets, *(where for _, where, _ in self.roles if where)})

    def _obtainable(self, scope: str, place: str, role: tuple[str, str], resource: Resource) -> None:
        """A role that whoever has the scope can give itself in a place."""
        collector, cluster = self.cluster.collector, self.cluster.options.cluster
        target = self._scope(role[0], place, role[1], resource)
        made = collector.name(f"{cluster}:obtain {target.removeprefix(f'{cluster}:')}") if target else None
        if made is None or target is None or target == scope:
            return
        self.opened.add((scope, made))
        self.handing.obtained.add(made)
        words = made.removeprefix(f"{cluster}:")
        collector.keep(Operation(id=made, name=words, api=f"{cluster}:api", provenance=resource.provenance))
        collector.relate(Verb.ISSUES, made, target, provenance=resource.provenance)
        collector.relate(Verb.PERMITS, scope, made, provenance=resource.provenance)

    def _permit(self, scope: str, rule: dict[str, Any], where: str, resource: Resource, kinds: tuple[str, ...]) -> None:
        """What one rule of a role comes to, in one namespace or everywhere; which kinds of account it may name."""
        names = scalars(rule.get("resourceNames"))
        runs = not names and allows(rule, _RUN, _RUNNING)
        opened = {"secret"} if runs or allows(rule, _READ, {"": {"secrets"}}) else set[str]()
        opened |= {kind.lower() for group, kind in self.workloads if changes(rule, group, kind)}
        opened |= {"serviceaccount"} if runs else set()
        opened |= acted_as(rule, kinds)
        if not where and reaches_kubelets(rule):
            for _, kind in self.workloads:
                self._entry_point(scope, where, kind.lower(), "", resource)
        for kind in sorted(opened):
            for name in names or [""]:
                if name != "*":  # here a name like any other, which nothing has
                    self._entry_point(scope, where, kind, name, resource)
                if kind == "group" and name in ("", _MASTERS) and not is_all(rule):
                    list(self._holders({"kind": "Group", "name": _MASTERS}, resource))

    def _entry_point(self, scope: str, where: str, kind: str, name: str, resource: Resource) -> None:
        """To read Secrets, to act as accounts or to change workloads of a kind: one by its name, or all of a place."""
        collector, cluster = self.cluster.collector, self.cluster.options.cluster
        does = "read" if kind == "secret" else "act as" if kind in ACCOUNTS else "change"
        attributes = f"{does} {'/'.join(filter(None, (where, kind, name or '*')))}"
        made = collector.name(f"{cluster}:{attributes}")
        if made is None or (scope, made) in self.opened:
            return
        self.opened.add((scope, made))
        if made not in collector.entities:
            collector.entity(Operation(id=made, name=attributes, api=f"{cluster}:api", provenance=resource.provenance))
            if kind in ACCOUNTS:
                self.handing.acting[made] = (kind, where, name)
            for target in self._stores(where, name, resource) if kind == "secret" else self._changed(where, kind, name):
                verb = Verb.READS if kind == "secret" else Verb.CONTROLS
                collector.relate(verb, made, target, provenance=resource.provenance)
        collector.relate(Verb.PERMITS, scope, made, provenance=resource.provenance)

    def _open_to_anyone(self) -> set[str]:
        """What roles open that are bound for callers who show nothing, as operations of anyone; the bindings."""
        collector, opening = self.cluster.collector, set[str]()
        does: dict[str, list[Relation]] = {}
        for relation in collector.relations.values():
            does.setdefault(relation.sources[0], []).append(relation)
        for scope, operation in sorted(self.opened):
            made = collector.name(f"{operation} by anyone") if scope in self.anonymous else None
            if made is None:
                continue
            opening |= self.anonymous[scope]
            before, attributes = collector.entities[operation], {"anonymous": True, "direction": "exposed"}
            collector.entity(before.model_copy(update={"id": made, "name": f"{before.name} by anyone", **attributes}))
            for relation in does.get(operation, []):
                collector.relate(relation.verb, made, relation.targets[0], provenance=relation.provenance)
        return opening

    def _changed(self, where: str, kind: str, name: str) -> Iterator[str]:
        for (_, item), workloads in self.workloads.items():
            for workload in workloads if item.lower() == kind else ():
                resource = workload.resource
                if where in ("", resource.namespace) and name in ("", resource.name):
                    yield self.cluster.ids[id(workload)]

    def _stores(self, where: str, name: str, resource: Resource) -> Iterator[str]:
        """The Secrets of each namespace as data that can be read: one by its name, or all."""
        collector = self.cluster.collector
        for namespace, secrets in sorted(self.secrets.items()):
            held = [secret for secret in secrets if name in ("", secret.rpartition("/")[2])]
            path = f"{namespace}/secret/{name or '*'}"
            made = collector.name(f"{self.cluster.options.cluster}:{path} (data)")
            if made is None or not held or where not in ("", namespace):
                continue
            collector.entity(Store(id=made, name=path, basis=Basis.INFERRED, provenance=resource.provenance))
            for secret in held:
                collector.relate(Verb.CONTAINS, made, secret, provenance=resource.provenance)
            yield made

    def _say(self, opening: set[str]) -> None:
        collector = self.cluster.collector
        if self.unknown:
            some = ", ".join(sorted(self.unknown)[:3])
            message = f"{len(self.unknown)} roles are not in the files, or put together from others, such as {some}"
            collector.note(NoteKind.UNRESOLVED, f"{message}; what they permit is not known")
        if self.together:
            some = ", ".join(filter(None, map(collector.name, sorted(self.together)[:3])))
            message = f"{len(self.together)} cluster roles are put together from those in the files, such as {some}"
            collector.note(NoteKind.INCOMPLETE, f"{message}; others of the cluster may add to them")
        if self.roles or self.opened:
            message = "of what roles permit, reading Secrets, running pods, changing workloads, acting as accounts and "
            message += "binding roles is followed, no more"
            collector.note(NoteKind.INCOMPLETE, message)
        if opening:
            some = ", ".join(filter(None, map(collector.name, sorted(opening)[:3])))
            signed_in = ", or what anyone can sign up for" if self.cluster.options.anyone_signs_in else ""
            message = f"{len(opening)} bindings are for callers that show nothing{signed_in}, such as {some}"
            collector.note(NoteKind.ASSUMED, f"{message}; taken as what anyone may do, for whom the API is in reach")


def _where(role: Resource) -> str:
    return role.namespace if role.kind == "Role" else ""
