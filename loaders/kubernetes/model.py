"""Workloads in our terms: services in zones, the identities, secrets and volumes they have, and who reaches whom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from typing import Literal

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.json_values import mappings, scalar, scalars, under
from blastradius.model import (
    Basis,
    Control,
    ControlKind,
    Credential,
    NoteKind,
    Operation,
    Service,
    Store,
    Verb,
    Zone,
)
from blastradius.secrets import looks_secret

from .layout import Hub, Layout
from .network import Namespace, Network, bits
from .options import PRIVATE, ClusterOptions
from .policies import NetworkPolicy, network_policy
from .reading import Manifests, Port, Resource, Workload, labels, number
from .selectors import SelectorError

SecretType = Literal["password", "oauth_token", "api_key", "signing_key", "mtls"]
_SECRET_TYPES: dict[str, SecretType] = {
    "kubernetes.io/basic-auth": "password",
    "kubernetes.io/dockercfg": "password",
    "kubernetes.io/dockerconfigjson": "password",
    "kubernetes.io/ssh-auth": "signing_key",
    "kubernetes.io/tls": "mtls",
    "kubernetes.io/service-account-token": "oauth_token",
}


_SECRET_NAME = re.compile(
    r"(PASSWORD|PASSWD|PWD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|CREDENTIALS?)$", re.IGNORECASE
)


@dataclass
class Cluster:
    """All of it on its way into our terms; what later stages need to find again is kept by name."""

    collector: FactCollector
    options: ClusterOptions
    manifests: Manifests
    ids: dict[int, str] = field(default_factory=dict)
    zones: dict[str, Zone] = field(default_factory=dict)
    inferred: dict[str, set[str]] = field(default_factory=dict)
    breaking_out: set[str] = field(default_factory=set)
    anywhere: bool = False
    used: set[int] = field(default_factory=set)
    spaces: dict[str, list[Workload]] = field(default_factory=dict)
    tokenless: set[tuple[str, str]] = field(default_factory=set)

    def build(self) -> None:
        """Workloads and what they have, and the network between them."""
        self._hear()
        self._take_names()
        for namespace in self.manifests.of("Namespace", group=""):
            self._namespace(namespace)
        self._network()
        for account in self.manifests.of("ServiceAccount", group=""):
            if account.get("automountServiceAccountToken") in (False, "false"):
                self.tokenless.add((account.namespace, account.name))
            self.keep(account, self.account(account.namespace, account.name, account))
        for secret in self.manifests.of("Secret", group=""):
            self.keep(secret, self.secret(secret.namespace, secret.name, secret))
        for claim in self.manifests.of("PersistentVolumeClaim", group=""):
            self.keep(claim, self._claim(claim.namespace, claim.name, claim))
        for node in self.manifests.of("Node", group=""):
            self.keep(node, self._node(node.name, node))
        for volume in self.manifests.of("PersistentVolume", group=""):
            self._volume(volume)
        for workload in self.workloads():
            self._holdings(workload)
            self._secrets_said(workload)
        declared = {(workload.namespace, name) for workload in self.workloads() for name in workload.maps}
        for settings in self.manifests.of("ConfigMap", group=""):
            if (settings.namespace, settings.name) in declared:
                self.keep(settings, settings.name)

    def identified(self, resource: Resource, *more: str) -> str | None:
        """The id of a resource, or of a part of it; ``None`` if its name cannot be one."""
        made = " ".join((f"{self.options.cluster}:{resource.path}", *(word for word in more if word)))
        return self.collector.name(made)

    def named(self, namespace: str, kind: str, name: str) -> str | None:
        """The id that a resource of that name has."""
        return self.collector.name(f"{self.options.cluster}:{namespace}/{kind}/{name}")

    def keep(self, resource: Resource, made: object) -> None:
        """How a resource ended: as a fact if something was made of it."""
        self.used.add(id(resource))
        if made is None:
            self.collector.reject(
                f"a {_word(resource.kind)} has no name that can be an id", provenance=resource.provenance
            )
        else:
            self.collector.fact()

    def workloads(self, namespace: str | None = None) -> Iterator[Workload]:
        """The workloads that have an id, of one namespace or of all."""
        some = self.manifests.workloads if namespace is None else self.spaces.get(namespace, [])
        return (item for item in some if id(item) in self.ids)

    def _hear(self) -> None:
        """Workloads that declare ports also listen on those that Services send their calls to."""
        workloads = self.manifests.workloads
        places: dict[str, list[int]] = {}
        for index, workload in enumerate(workloads):
            places.setdefault(workload.namespace, []).append(index)
        for service in self.manifests.of("Service"):
            wanted = labels(service.get("spec", "selector"))
            ports = [_target(port) for port in mappings(service.get("spec", "ports"))]
            heard = frozenset(port for port in ports if port is not None)
            for index in places.get(service.namespace, ()) if wanted and heard else ():
                if workloads[index].ports and wanted.items() <= workloads[index].labels.items():
                    workloads[index] = replace(workloads[index], ports=workloads[index].ports | heard)

    def _take_names(self) -> None:
        self.manifests.workloads.sort(key=lambda workload: workload.resource.path)
        for workload in self.manifests.workloads:
            made = self.identified(workload.resource)
            self.keep(workload.resource, made)
            if made is not None:
                self.ids[id(workload)] = made
                self.spaces.setdefault(workload.namespace, []).append(workload)
        for resource in self.manifests.owned:
            self.used.add(id(resource))
        if self.manifests.owned:
            self.collector.ignore("resources that another resource in the files runs", len(self.manifests.owned))

    def _namespace(self, resource: Resource) -> None:
        made = self.collector.name(f"{self.options.cluster}/{resource.name}")
        if made is not None:
            self.zones.setdefault(made, Zone(id=made, name=resource.name, provenance=resource.provenance))
        self.keep(resource, made)

    # network

    def _network(self) -> None:
        workloads = list({self.ids[id(workload)]: workload for workload in self.workloads()}.values())
        addresses = tuple(ip_network(pod_address, strict=False) for pod_address in self.options.pod_addresses)
        network = Network(workloads, self._namespaces(workloads), addresses)
        policies = [made for policy in self._policies() if (made := self._policy(policy)) is not None]
        policies.sort(key=lambda policy: policy.resource.path)
        self._count(policies, network.isolate(policies))
        layout = Layout(network, self.options.cluster)
        layout.draw()
        self._entities(network, layout, isolated=bool(policies))
        self._say_network(network, policies)

    def _policies(self) -> Iterator[Resource]:
        for resource in self.manifests.of("NetworkPolicy"):
            if resource.group in ("networking.k8s.io", "extensions"):
                yield resource

    def _policy(self, resource: Resource) -> NetworkPolicy | None:
        self.used.add(id(resource))
        try:
            if self.identified(resource) is None:
                raise SelectorError("a name that cannot be an id")
            return network_policy(resource)
        except SelectorError as error:
            message = f"the API server would refuse this network policy, for {error}; taken as not in force"
            self.collector.reject(message, provenance=resource.provenance)
            return None

    def _count(self, policies: list[NetworkPolicy], selected: dict[int, int]) -> None:
        idle = [policy for place, policy in enumerate(policies) if not selected[place]]
        self.collector.fact(len(policies) - len(idle))
        self.idle("network policies", [resource.resource for resource in idle])

    def idle(self, what: str, policies: list[Resource]) -> None:
        """Policies whose workloads were not read with them: ignored, with what to do about it."""
        if not policies:
            return
        self.collector.ignore(f"{what} that select no workload read with them", len(policies))
        some = ", ".join(sorted(f"{policy.namespace}/{policy.name}" for policy in policies)[:3])
        message = f"{len(policies)} {what}, such as {some}, say nothing here: the workloads they select are not in the "
        message += "files read; load them together with those (the option also)"
        self.collector.note(NoteKind.INCOMPLETE, message, provenance=policies[0].provenance)

    def _namespaces(self, workloads: list[Workload]) -> dict[str, Namespace]:
        declared = {
            namespace.name: labels(namespace.get("metadata", "labels"))
            for namespace in self.manifests.of("Namespace", group="")
        }
        names = {workload.namespace for workload in workloads}
        own = {name: {"kubernetes.io/metadata.name": name} for name in names}
        return {name: Namespace(name, declared.get(name, {}) | own[name], name in declared) for name in names}

    def _entities(self, network: Network, layout: Layout, *, isolated: bool) -> None:
        for name in layout.zones:
            self._zone(name, flat=True)
        for place, workload in enumerate(network.workloads):
            zone = layout.zone_of.get(place) or f"{self.options.cluster}/{workload.namespace}"
            self._zone(zone, flat=False)
            inside = isolated and not network.outside >> place & 1
            self._workload(workload, zone, (_EGRESS_FILTER,) if inside else ())
        ids = [self.ids[id(workload)] for workload in network.workloads]
        for (source, target), declared in sorted(layout.pairs.items()):
            provenance = declared or network.workloads[target].resource.provenance
            self.collector.relate(Verb.CONNECTS, ids[source], ids[target], provenance=provenance, basis=Basis.INFERRED)
        for hub in layout.hubs:
            self._hub(hub, network, ids)

    def _hub(self, hub: Hub, network: Network, ids: list[str]) -> None:
        provenance = hub.provenance or network.workloads[0].resource.provenance
        attributes = "stands for the network between those it connects; nothing runs here"
        entity = Service(
            id=hub.name, zone=hub.zone, description=attributes, basis=Basis.INFERRED, provenance=provenance
        )
        made = self.collector.entity(entity)
        for bit in bits(hub.sources):
            self.collector.relate(Verb.CONNECTS, ids[bit], made, provenance=provenance, basis=Basis.INFERRED)
        for bit in bits(hub.targets):
            self.collector.relate(Verb.CONNECTS, made, ids[bit], provenance=provenance, basis=Basis.INFERRED)

    def _zone(self, name: str, *, flat: bool) -> None:
        self.zones.setdefault(name, Zone(id=name, flat=flat))

    def _workload(self, workload: Workload, zone: str, controls: tuple[Control, ...]) -> None:
        self.collector.entity(
            Service(
                id=self.ids[id(workload)],
                name=workload.resource.name,
                zone=zone,
                owner=self.options.owner,
                controls=controls,
                provenance=workload.resource.provenance,
            )
        )

    def _say_network(self, network: Network, policies: list[NetworkPolicy]) -> None:
        if not network.workloads:
            return
        if network.guessed:
            some = ", ".join(map(repr, sorted(network.guessed)[:5]))
            message = f"the labels of namespaces {some} are not in the files; policies that ask for them let them in"
            self.collector.note(NoteKind.UNRESOLVED, message)
        if network.unheard:
            message = "workloads are taken to listen on the ports they and their Services declare, and on no other"
            self.collector.note(NoteKind.ASSUMED, message)
        if network.blocks and self.options.pod_addresses == PRIVATE:
            message = "pods are taken to have private addresses where network policies name blocks of addresses"
            self.collector.note(NoteKind.ASSUMED, message)
        hosts = [self.ids[id(workload)] for workload in network.workloads if workload.host_network]
        if hosts and policies:
            message = f"{len(hosts)} workloads use the network of their host; taken as not bound by network policies"
            self.collector.note(NoteKind.ASSUMED, message, *hosts[:5])
        other = [resource for resource in self.manifests.resources if _is_other_policy(resource)]
        if other:
            message = f"{len(other)} policies of a kind that is not read may leave less reach than is said here"
            self.collector.note(NoteKind.ASSUMED, message, provenance=other[0].provenance)

    # what workloads have

    def account(self, namespace: str, name: str, resource: Resource) -> str | None:
        """The credential that a service account is; inferred where the files do not have it."""
        made = self.named(namespace, "serviceaccount", name)
        declared = resource.kind == "ServiceAccount"
        if made is not None and (declared or made not in self.collector.entities):
            self._infer("service accounts", made, declared)
            basis = Basis.DECLARED if declared else Basis.INFERRED
            entity = Credential(id=made, name=name, type="oauth_token", basis=basis, provenance=resource.provenance)
            self.collector.entity(entity)
        return made

    def secret(self, namespace: str, name: str, resource: Resource) -> str | None:
        """The credential that a Secret is; inferred where the files do not have it."""
        made = self.named(namespace, "secret", name)
        declared = resource.kind == "Secret"
        if made is not None and (declared or made not in self.collector.entities):
            self._infer("secrets", made, declared)
            type_ = _SECRET_TYPES.get(str(resource.get("type")), "api_key") if declared else "api_key"
            basis = Basis.DECLARED if declared else Basis.INFERRED
            self.collector.entity(
                Credential(id=made, name=name, type=type_, basis=basis, provenance=resource.provenance)
            )
        return made

    def _claim(self, namespace: str, name: str, resource: Resource) -> str | None:
        made = self.named(namespace, "persistentvolumeclaim", name)
        declared = resource.kind == "PersistentVolumeClaim"
        if made is not None and (declared or made not in self.collector.entities):
            basis = Basis.DECLARED if declared else Basis.INFERRED
            self.collector.entity(Store(id=made, name=name, basis=basis, provenance=resource.provenance))
        return made

    def _node(self, name: str, resource: Resource) -> str | None:
        """The machine that a node is; inferred where the files do not have it."""
        made = self.collector.name(f"{self.options.cluster}:node/{name}")
        declared = resource.kind == "Node"
        if made is not None and (declared or made not in self.collector.entities):
            self._infer("nodes", made, declared)
            basis, owner = Basis.DECLARED if declared else Basis.INFERRED, self.options.owner
            self.collector.entity(Service(id=made, name=name, owner=owner, basis=basis, provenance=resource.provenance))
        return made

    def _volume(self, volume: Resource) -> None:
        """A volume that is on the disk of one node: so is the data of the claim that has it."""
        claim, node = volume.get("spec", "claimRef"), _only_node(volume)
        namespace, name = (scalar(under(claim, key)) for key in ("namespace", "name"))
        store = self._claim(namespace, name, volume) if namespace and name and node else None
        host = self._node(node, volume) if store else None
        if store and host:
            self.collector.relate(Verb.RUNS_ON, store, host, provenance=volume.provenance)
            self.keep(volume, store)

    def secrets(self) -> dict[str, list[str]]:
        """The Secrets that the files have or refer to, by namespace."""
        found: dict[str, list[str]] = {}
        for name, entity in self.collector.entities.items():
            namespace, *kind = name.removeprefix(f"{self.options.cluster}:").split("/")
            if isinstance(entity, Credential) and kind[:1] == ["secret"]:
                found.setdefault(namespace, []).append(name)
        return found

    def _has_token(self, workload: Workload) -> bool:
        """Whether the pods are given the token of their service account."""
        if workload.token is not None:
            return workload.token
        return (workload.namespace, workload.account or "default") not in self.tokenless

    def _default_accounts(self) -> None:
        """Workloads that name no service account have the default one, where anything is said of it."""
        for workload in self.workloads():
            default = f"{self.options.cluster}:{workload.namespace}/serviceaccount/default"
            if workload.account is None and default in self.collector.entities and self._has_token(workload):
                self._relate(Verb.HOLDS, self.ids[id(workload)], default, workload)

    def _infer(self, kind: str, made: str, declared: bool) -> None:
        if not declared:
            self.inferred.setdefault(kind, set()).add(made)

    def _holdings(self, workload: Workload) -> None:
        me = self.ids[id(workload)]
        if workload.account:
            account = self.account(workload.namespace, workload.account, workload.resource)
            self._relate(Verb.HOLDS, me, account if self._has_token(workload) else None, workload)
        if workload.node:
            self._relate(Verb.RUNS_ON, me, self._node(workload.node, workload.resource), workload)
        if workload.breaks_out:
            self._break_out(me, workload)
        for name in sorted(workload.secrets - {""}):
            self._relate(Verb.HOLDS, me, self.secret(workload.namespace, name, workload.resource), workload)
        for name, read_only in sorted(workload.claims.items()):
            claim = self._claim(workload.namespace, name, workload.resource)
            self._relate(Verb.READS, me, claim, workload)
            if not read_only:
                self._relate(Verb.WRITES, me, claim, workload)

    def _break_out(self, me: str, workload: Workload) -> None:
        """A workload that can take over the node it runs on: also any that it may be put on, where none is named."""
        self.breaking_out.add(me)
        resource, provenance = workload.resource, workload.resource.provenance
        placed = self.manifests.nodes.get((resource.namespace, resource.kind, resource.name), set())
        for name in [workload.node] if workload.node else sorted({*placed, *self._eligible(workload)}):
            node = self._node(name, workload.resource)
            made = self.collector.name(f"{self.options.cluster}:take over node/{name}") if node else None
            if made is None or node is None:
                continue
            self.anywhere |= not workload.node and name not in placed
            self.collector.keep(Operation(id=made, name=f"take over node/{name}", provenance=provenance))
            self.collector.relate(Verb.CONTROLS, made, node, provenance=provenance, basis=Basis.INFERRED)
            self.collector.relate(Verb.CALLS, me, made, provenance=provenance, basis=Basis.INFERRED, dependency="none")

    def _eligible(self, workload: Workload) -> list[str]:
        """The nodes in the files that have the labels that a workload asks for."""
        nodes = self.manifests.of("Node", group="")
        wanted = workload.wanted_nodes.items()
        return [node.name for node in nodes if wanted <= labels(node.get("metadata", "labels")).items()]

    def _secrets_said(self, workload: Workload) -> None:
        """Secrets that stand in the open in the settings of a workload."""
        for name, value in workload.settings:
            if value and (_SECRET_NAME.search(name) or looks_secret(value)):
                where = f"setting {self.collector.name(name) or 'on the command line'} of {self.ids[id(workload)]}"
                self.collector.secret(where, provenance=workload.resource.provenance)

    def _relate(self, verb: Verb, source: str, target: str | None, workload: Workload) -> None:
        if target is not None:
            self.collector.relate(verb, source, target, provenance=workload.resource.provenance)

    # the end

    def finish(self) -> None:
        """What was not modelled, and what was referred to and is not there."""
        self._default_accounts()
        for resource in self.manifests.resources:
            if id(resource) not in self.used:
                self.collector.ignore(_word(resource.kind))
        if self.breaking_out:
            message = (
                f"{len(self.breaking_out)} workloads can take over their node, privileged or with its files, such "
            )
            message += f"as {min(self.breaking_out)}; followed where the files say which node it is"
            if self.anywhere:
                message += ", or have nodes, any of which it may be where it is not named: an upper bound"
            self.collector.note(NoteKind.ASSUMED, message)
        for kind, names in sorted(self.inferred.items()):
            missing = sorted(name for name in names if self.collector.entities[name].basis == Basis.INFERRED)
            if missing:
                some = ", ".join(missing[:3])
                message = f"{len(missing)} {kind} are referred to and not in the files, such as {some}"
                self.collector.note(NoteKind.UNRESOLVED, message, *missing[:3])


_EGRESS_FILTER = Control(
    kind=ControlKind.EGRESS_FILTER,
    status="assumed",
    why="network policies let it connect to pods only",
    basis=Basis.INFERRED,
)


def _target(port: dict[str, object]) -> Port | None:
    """The port on the pods that a port of a Service leads to, if it is given by number."""
    declared = port.get("targetPort")
    port_number = number(port.get("port") if declared is None else declared)
    return Port(None, port_number, scalar(port.get("protocol")) or "TCP") if port_number is not None else None


def _only_node(volume: Resource) -> str:
    """The node that a volume has to be used on, where it is one by its name; empty where it is not."""
    terms = mappings(volume.get("spec", "nodeAffinity", "required", "nodeSelectorTerms"))
    if volume.get("spec", "local") is None or len(terms) != 1:
        return ""
    found = [
        scalars(expression.get("values"))
        for expression in mappings(terms[0].get("matchExpressions"))
        if expression.get("key") == "kubernetes.io/hostname" and expression.get("operator") == "In"
    ]
    return found[0][0] if len(found) == 1 and len(found[0]) == 1 else ""


def _word(kind: str) -> str:
    """A kind as it can be shown."""
    return kind if kind.isascii() and kind.isalnum() and len(kind) < 60 else "resource of a strange kind"


def _is_other_policy(resource: Resource) -> bool:
    kinds = ("NetworkPolicy", "GlobalNetworkPolicy", "AdminNetworkPolicy", "BaselineAdminNetworkPolicy")
    named = resource.kind in (*kinds, "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy")
    return named and not (resource.kind == "NetworkPolicy" and resource.group in ("networking.k8s.io", "extensions"))
