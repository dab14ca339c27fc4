"""AuthorizationPolicy and PeerAuthentication of Istio: which identities may call what, as far as they are listed.

Rests on ``security.istio.io/v1``: AuthorizationPolicy (Rule, Source, Operation, Condition) and PeerAuthentication.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice, product
from typing import Any

from blastradius.loaderkit.json_values import mappings, scalar, scalars, under
from blastradius.model import Basis, Credential, NoteKind, Scope, Verb

from .entry_points import EntryPoints, Front
from .reading import Resource, Workload, labels

_OPERATION = ("methods", "hosts", "ports", "paths")
_ACCOUNTS = ("principals", "namespaces", "serviceAccounts", "notPrincipals", "notNamespaces", "notServiceAccounts")
_IDENTIFYING = (*_ACCOUNTS, "requestPrincipals")
_CONDITIONS = {
    "source.principal": ("principals", "notPrincipals"),
    "source.namespace": ("namespaces", "notNamespaces"),
    "source.serviceAccount": ("serviceAccounts", "notServiceAccounts"),
    "request.auth.principal": ("requestPrincipals", "notRequestPrincipals"),
}
"""Conditions that say who may come in, as a source says it."""
_UNREAD = ("ipBlocks", "remoteIpBlocks", "notIpBlocks", "notRemoteIpBlocks", "notRequestPrincipals")
MAX_IDENTITIES = 1000


@dataclass(frozen=True)
class Identity:
    """A service account as the mesh knows it."""

    credential: str
    namespace: str
    name: str
    principal: str


@dataclass
class Rule:
    """One rule of a policy: who (``None``: anyone), what (``None``: all), and whether more is asked."""

    sources: list[dict[str, Any]] | None
    operations: list[dict[str, Any]] | None
    conditions: bool


@dataclass
class Policy:
    """One policy with the workloads and Services it is for."""

    resource: Resource
    action: str
    rules: list[Rule]
    workloads: set[int] = field(default_factory=set)
    fronts: list[Front] = field(default_factory=list)


@dataclass
class Mesh:
    """The policies of a mesh over the Services of a cluster."""

    entry_points: EntryPoints
    policies: list[Policy] = field(default_factory=list)
    identities: dict[str, Identity] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    idle: list[Resource] = field(default_factory=list)
    unread: int = 0

    def build(self) -> None:
        """Policies, then the identities that they let in, then the calls that workloads are set up to make."""
        cluster = self.entry_points.cluster
        for resource in cluster.manifests.of("AuthorizationPolicy", group="istio.io"):
            self._policy(resource)
        cluster.idle("AuthorizationPolicies", self.idle)
        if self.policies:
            self._identities()
        for policy in self.policies:
            if policy.action == "ALLOW":
                self._allow(policy)
        for resource in cluster.manifests.of("PeerAuthentication", group="istio.io"):
            self._strict(resource)
        for workload in cluster.workloads():
            self._calls(workload)
        self._say()

    # reading

    def _policy(self, resource: Resource) -> None:
        cluster = self.entry_points.cluster
        spec = resource.get("spec")
        action = scalar(under(spec, "action")) or "ALLOW"
        cluster.used.add(id(resource))
        if action not in ("ALLOW", "DENY"):
            known = {"CUSTOM": "ask an external authorizer", "AUDIT": "only audit"}
            does = known.get(action, "name no action that is known")
            cluster.collector.ignore(f"AuthorizationPolicies that {does}")
            return
        if labels(resource.get("metadata", "annotations")).get("istio.io/dry-run") == "true":
            cluster.collector.ignore("AuthorizationPolicies on trial (dry-run), which are not in force")
            return
        rules = under(spec, "rules")
        if cluster.identified(resource) is None or not _fits(spec, rules):
            cluster.collector.reject("an AuthorizationPolicy that cannot be read", provenance=resource.provenance)
            return
        policy = Policy(resource, action, [_rule(rule) for rule in rules or []])
        self._aim(policy)
        self.policies.append(policy)
        if policy.workloads or policy.fronts or (action == "ALLOW" and any(rule.sources for rule in policy.rules)):
            cluster.collector.fact()
        else:
            self.idle.append(resource)

    def _aim(self, policy: Policy) -> None:
        """What a policy is for: workloads by label, all of a namespace or of the mesh, or Services by name."""
        resource = policy.resource
        targets = [*mappings(resource.get("spec", "targetRefs")), *mappings(resource.get("spec", "targetRef"))]
        if targets:
            named = [
                (resource.namespace, scalar(target.get("name")))
                for target in targets
                if target.get("kind") == "Service"
            ]
            policy.fronts = [self.entry_points.services[name] for name in named if name in self.entry_points.services]
            return
        policy.workloads.update(id(workload) for workload in self._meant_by(resource))
        services = self.entry_points.services.values()
        policy.fronts = [
            service for service in services if any(id(workload) in policy.workloads for workload in service.workloads)
        ]

    def _identities(self) -> None:
        """The service account of every workload, the default one where it names none, and all that are declared."""
        cluster = self.entry_points.cluster
        for workload in cluster.workloads():
            account = workload.account or "default"
            made = cluster.account(workload.namespace, account, workload.resource)
            if made is not None:
                cluster.collector.relate(
                    Verb.HOLDS, cluster.ids[id(workload)], made, provenance=workload.resource.provenance
                )
                self._identity(made, workload.namespace, account)
        for service_account in cluster.manifests.of("ServiceAccount"):
            made = cluster.account(service_account.namespace, service_account.name, service_account)
            if made is not None:
                self._identity(made, service_account.namespace, service_account.name)

    def _identity(self, credential: str, namespace: str, name: str) -> None:
        principal = f"{self.entry_points.cluster.options.trust_domain}/ns/{namespace}/sa/{name}"
        self.identities[credential] = Identity(credential, namespace, name, principal)

    # who is let in

    def _allow(self, policy: Policy) -> None:
        for number, rule in enumerate(policy.rules):
            operations = list(self._operations(policy, rule)) if rule.sources or self._is_guarded(policy) else []
            guarded = [operation for operation in operations if operation not in self.open_to_all]
            scope = self._scope(policy, number, rule) if rule.sources and (guarded or not operations) else None
            if scope is None:
                continue
            for keys in self._keys(policy, rule):
                self.entry_points.cluster.collector.relate(
                    Verb.GRANTS, keys, scope, provenance=policy.resource.provenance
                )
            for operation in guarded:
                self.entry_points.cluster.collector.relate(
                    Verb.PERMITS, scope, operation, provenance=policy.resource.provenance
                )

    def _is_guarded(self, policy: Policy) -> bool:
        """Whether some rule lets in only those it names to a Service that a policy is for."""
        fronts = {front.operation for front in policy.fronts}
        return any(
            any(rule.sources for rule in other.rules) and any(front.operation in fronts for front in other.fronts)
            for other in self.policies
            if other.action == "ALLOW"
        )

    @cached_property
    def open_to_all(self) -> frozenset[str]:
        """The Services that some rule lets everybody into: what other rules say of them guards nothing."""
        opening = (
            policy
            for policy in self.policies
            if policy.action == "ALLOW"
            and any(rule.sources is None and rule.operations is None for rule in policy.rules)
        )
        return frozenset(front.operation for policy in opening for front in policy.fronts)

    def _scope(self, policy: Policy, number: int, rule: Rule) -> str | None:
        cluster = self.entry_points.cluster
        made = cluster.identified(policy.resource, f"rule {number + 1}")
        if made is not None:
            conditions = "and more is asked" if rule.conditions else None
            name = f"let in by {policy.resource.name}, rule {number + 1}"
            entity = Scope(id=made, name=name, description=conditions, provenance=policy.resource.provenance)
            cluster.collector.entity(entity)
        return made

    def _operations(self, policy: Policy, rule: Rule) -> Iterator[str]:
        for front in policy.fronts:
            for asked in rule.operations or [{}]:
                made = self._part(front, asked)
                if made is not None:
                    yield made

    def _part(self, front: Front, asked: dict[str, Any]) -> str | None:
        """The part of a Service that a rule is about; all of it if the rule does not say."""
        declared = {key: ",".join(sorted(scalars(asked.get(key)))) for key in _OPERATION}
        denied = {key: ",".join(sorted(scalars(asked.get(f"not{key.capitalize()}")))) for key in _OPERATION}
        words = [
            part for key in _OPERATION for part in (declared[key], f"not {denied[key]}" if denied[key] else "") if part
        ]
        if not words:
            return front.operation
        made = self.entry_points.cluster.collector.name(" ".join((front.operation, *words)))
        if made is None:
            return None
        part = replace(front, operation=made)
        path = " ".join(
            part
            for part in (declared["hosts"], declared["ports"] and f":{declared['ports']}", declared["paths"])
            if part
        )
        method = self.entry_points.cluster.collector.name(declared["methods"])
        if made not in self.entry_points.cluster.collector.entities:
            self.entry_points.operation(
                part, direction="internal", method=method, path=path or None, api=front.operation
            )
        return made

    def _keys(self, policy: Policy, rule: Rule) -> Iterator[tuple[str, ...]]:
        """The credentials, or the sets of them, that a rule lets in and no policy keeps out."""
        for source in rule.sources or []:
            self.unread += any(source.get(key) for key in _UNREAD)
            accounts = self._accounts(policy, source)
            declared = scalars(source.get("requestPrincipals"))
            wanted = _named(source, "requestPrincipals", "notRequestPrincipals")
            tokens = [made for issuer in wanted if (made := self._other("bearer of a token of", issuer, policy))]
            listed = [accounts] if accounts is not None else []
            listed += [tokens] if declared else []
            for keys in islice(product(*listed), MAX_IDENTITIES if listed else 0):
                yield tuple(sorted(set(keys)))

    def _accounts(self, policy: Policy, source: dict[str, Any]) -> list[str] | None:
        """The service accounts that a source means; ``None`` if it does not ask for one."""
        if not any(source.get(account) for account in _ACCOUNTS):
            return None
        found = [
            identity.credential
            for identity in self.identities.values()
            if _meant(source, identity, policy.resource.namespace) and not self._kept_out(policy, identity)
        ]
        return found + self._strangers(policy, source)

    def _strangers(self, policy: Policy, source: dict[str, Any]) -> list[str]:
        """Those a source names that no file has."""
        named = [
            self._principal(declared, policy)
            for declared in _named(source, "principals", "notPrincipals")
            if self._new(declared)
        ]
        if not scalars(source.get("principals")) and not any(
            _meant(source, identity, policy.resource.namespace) for identity in self.identities.values()
        ):
            spaces = _named(source, "namespaces", "notNamespaces")
            named += [self._other("any account of namespace", declared, policy) for declared in spaces]
            for declared in _named(source, "serviceAccounts", "notServiceAccounts"):
                namespace, _, name = declared.rpartition("/")
                where = namespace or policy.resource.namespace
                named.append(self.entry_points.cluster.account(where, name, policy.resource))
        return [name for name in named if name]

    def _new(self, declared: str) -> bool:
        return not any(_fits_pattern(declared, identity.principal) for identity in self.identities.values())

    def _principal(self, declared: str, policy: Policy) -> str | None:
        parts = declared.split("/")
        ours = ("cluster.local", self.entry_points.cluster.options.trust_domain)  # the first stands for any mesh's own
        if len(parts) == 5 and parts[1::2] == ["ns", "sa"] and parts[0] in ours and "*" not in declared:
            return self.entry_points.cluster.account(parts[2], parts[4], policy.resource)
        return self._other("principal", declared, policy)

    def _other(self, what: str, declared: str, policy: Policy) -> str | None:
        cluster = self.entry_points.cluster
        name = cluster.collector.name(declared)
        made = cluster.collector.name(f"{cluster.options.cluster}:{what} {name}") if name else None
        if made is not None:
            provenance = policy.resource.provenance
            entity = Credential(
                id=made, name=f"{what} {declared}", type="oauth_token", basis=Basis.INFERRED, provenance=provenance
            )
            cluster.collector.entity(entity)
        return made

    def _kept_out(self, policy: Policy, identity: Identity) -> bool:
        """Whether every workload of a policy is also under one that refuses an identity whatever it asks for."""
        refusing = [other for other in self.policies if other.action == "DENY" and self._refuses(other, identity)]
        refused = set[int]().union(*(other.workloads for other in refusing)) if refusing else set()
        return bool(policy.workloads) and policy.workloads <= refused

    @staticmethod
    def _refuses(policy: Policy, identity: Identity) -> bool:
        return any(
            rule.operations is None
            and not rule.conditions
            and (
                rule.sources is None
                or any(_certainly(source, identity, policy.resource.namespace) for source in rule.sources)
            )
            for rule in policy.rules
        )

    # calls

    def _calls(self, workload: Workload) -> None:
        cluster = self.entry_points.cluster
        for operation, front in sorted(self.entry_points.called(workload).items()):
            if self._let_through(workload, front):
                self.entry_points.calls += 1
                provenance = workload.resource.provenance
                cluster.collector.relate(
                    Verb.CALLS, cluster.ids[id(workload)], operation, provenance=provenance, basis=Basis.INFERRED
                )
            else:
                self.refused.add(f"{cluster.ids[id(workload)]} to {operation}")

    def _let_through(self, workload: Workload, front: Front) -> bool:
        """Whether the policies over some workload behind a front let a workload call at all."""
        if not front.workloads or not self.policies:
            return True
        made = self.entry_points.cluster.named(workload.namespace, "serviceaccount", workload.account or "default")
        identity = self.identities.get(made or "")
        return identity is None or any(self._let_to(identity, workload) for workload in front.workloads)

    def _let_to(self, identity: Identity, target: Workload) -> bool:
        over = [policy for policy in self.policies if id(target) in policy.workloads]
        allowing = [policy for policy in over if policy.action == "ALLOW"]
        if any(self._refuses(policy, identity) for policy in over if policy.action == "DENY"):
            return False
        return not allowing or any(
            rule.sources is None or any(_meant(source, identity, policy.resource.namespace) for source in rule.sources)
            for policy in allowing
            for rule in policy.rules
        )

    # the rest

    def _strict(self, resource: Resource) -> None:
        """Mutual TLS that is asked for is said on the workloads; by itself it neither permits nor refuses."""
        cluster = self.entry_points.cluster
        if scalar(resource.get("spec", "mtls", "mode")) != "STRICT" or cluster.identified(resource) is None:
            return
        cluster.used.add(id(resource))
        meant = list(self._meant_by(resource))
        for workload in meant:
            made = cluster.collector.entities[cluster.ids[id(workload)]]
            tags = tuple(sorted({*made.tags, "mutual TLS required"}))
            cluster.collector.entities[made.id] = made.model_copy(update={"tags": tags})
        if meant:
            cluster.collector.fact()
        else:
            cluster.idle("PeerAuthentications", [resource])

    def _meant_by(self, resource: Resource) -> Iterator[Workload]:
        """The workloads that a policy is for, by label, in its namespace or in the whole mesh."""
        wanted = labels(resource.get("spec", "selector", "matchLabels"))
        everywhere = resource.namespace == self.entry_points.cluster.options.root_namespace
        for workload in self.entry_points.cluster.workloads(None if everywhere else resource.namespace):
            if wanted.items() <= workload.labels.items():
                yield workload

    def _say(self) -> None:
        collector = self.entry_points.cluster.collector
        if self.entry_points.calls:
            message = f"{self.entry_points.calls} calls are inferred from settings that name a Service"
            collector.note(NoteKind.ASSUMED, message)
        if self.refused:
            message = f"{len(self.refused)} calls that settings name are let in by no authorization policy; left out: "
            collector.note(NoteKind.CONTRADICTED, message + ", ".join(sorted(self.refused)[:3]))
        if self.policies:
            message = (
                "authorization policies say who may call; they are not taken to narrow the network between workloads"
            )
            collector.note(NoteKind.ASSUMED, message)
        conditions = sum(rule.conditions for policy in self.policies for rule in policy.rules)
        if conditions or self.unread:
            message = (
                f"{conditions + self.unread} rules of authorization policies also ask for what is not read, such as "
            )
            collector.note(NoteKind.ASSUMED, f"{message}addresses or headers; taken as met where they let in")


def _fits(spec: Any, rules: Any) -> bool:
    return (spec is None or isinstance(spec, dict)) and (
        rules is None or (isinstance(rules, list) and all(isinstance(rule, dict) or rule is None for rule in rules))
    )


def _rule(value: Any) -> Rule:
    asked, more = _conditions(mappings(under(value, "when")))
    sources = [_source(entry) for entry in mappings(under(value, "from"))] or [{}]
    more = more or any(source.get(word) for source in sources for word in asked if not word.startswith("not"))
    sources = [_narrowed(source, asked) for source in sources]
    operations = [
        operation for entry in mappings(under(value, "to")) if isinstance(operation := entry.get("operation"), dict)
    ]
    unnamed = [source for source in sources if not any(source.get(word) for word in _IDENTIFYING)]
    more = more or (bool(unnamed) and all(any(source.get(word) for word in _UNREAD) for source in unnamed))
    anything = not operations or any(not any(operation.values()) for operation in operations)
    return Rule(None if unnamed else sources, None if anything else operations, more)


def _conditions(listed: list[dict[str, Any]]) -> tuple[dict[str, list[str]], bool]:
    """What conditions ask of the source, in the words of one; and whether they ask for more than that."""
    asked: dict[str, list[str]] = {}
    more = False
    for item in listed:
        wanted, unwanted = _CONDITIONS.get(scalar(item.get("key")), ("", ""))
        values, others = scalars(item.get("values")), scalars(item.get("notValues"))
        more = more or not wanted or bool(values and wanted in asked)
        if wanted and values:
            asked.setdefault(wanted, values)
        if wanted and others:
            asked[unwanted] = asked.get(unwanted, []) + others
    return asked, more


def _narrowed(source: dict[str, Any], asked: dict[str, list[str]]) -> dict[str, Any]:
    """A source with what conditions ask besides; of two lists of whom it wants its own stays."""
    more = {
        word: scalars(source.get(word)) + declared
        for word, declared in asked.items()
        if word.startswith("not") or not source.get(word)
    }
    return source | more


def _source(value: dict[str, Any]) -> dict[str, Any]:
    source = value.get("source")
    return source if isinstance(source, dict) else {}


def _meant(source: dict[str, Any], identity: Identity, namespace: str) -> bool:
    """Whether a source may mean an identity; what it says of addresses and tokens is left aside."""
    account = {f"{identity.namespace}/{identity.name}"}
    if identity.namespace == namespace:
        account.add(identity.name)
    for wanted, unwanted, own in (
        ("principals", "notPrincipals", {identity.principal}),
        ("namespaces", "notNamespaces", {identity.namespace}),
        ("serviceAccounts", "notServiceAccounts", account),
    ):
        declared, unsaid = scalars(source.get(wanted)), scalars(source.get(unwanted))
        if (declared and not _any(declared, own)) or _any(unsaid, own):
            return False
    return True


def _certainly(source: dict[str, Any], identity: Identity, namespace: str) -> bool:
    """Whether a source means an identity whatever the address it comes from and the token it shows."""
    return not any(source.get(key) for key in (*_UNREAD, "requestPrincipals")) and _meant(source, identity, namespace)


def _named(source: dict[str, Any], wanted: str, unwanted: str) -> list[str]:
    """What a source names and does not take back."""
    return [name for name in scalars(source.get(wanted)) if not _any(scalars(source.get(unwanted)), {name})]


def _any(patterns: list[str], names: set[str]) -> bool:
    return any(_fits_pattern(pattern, name) for pattern in patterns for name in names)


def _fits_pattern(pattern: str, name: str) -> bool:
    """Exact, by beginning (``a*``), by end (``*a``), or anything at all (``*``)."""
    if pattern == "*":
        return bool(name)
    if pattern.endswith("*"):
        return name.startswith(pattern[:-1])
    return name.endswith(pattern[1:]) if pattern.startswith("*") else name == pattern
