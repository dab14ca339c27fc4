"""Where calls come in and go out: Services, what stands before them, and hosts outside of the cluster.

Rests on ``v1`` (ServiceSpec) and ``networking.istio.io/v1`` (ServiceEntry).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from ipaddress import ip_address
from typing import Literal

from blastradius.loaderkit.json_values import as_list, scalar, scalars, under
from blastradius.model import Basis, Control, ControlKind, NoteKind, Operation, Party, Service, Verb

from .model import Cluster
from .reading import Resource, Workload, labels

_HOST = re.compile(r"[a-z0-9][a-z0-9.-]*")
_ASKS_FOR_HOST = re.compile(r"HOST|ADDR|URL|URI|ENDPOINT|SERVER|SERVICE|UPSTREAM|BROKER|_DB", re.IGNORECASE)
_OURS = (".svc", ".internal", ".local", ".localdomain", ".localhost", ".lan", ".intranet", ".home.arpa")
MAX_SETTING = 10_000


@dataclass
class Front:
    """A name that can be called, and what answers there."""

    operation: str
    resource: Resource
    backends: list[str] = field(default_factory=list)
    workloads: list[Workload] = field(default_factory=list)


@dataclass
class EntryPoints:
    """All that can be called, by name."""

    cluster: Cluster
    services: dict[tuple[str, str], Front] = field(default_factory=dict)
    hosts: dict[str, Front] = field(default_factory=dict)
    third_parties: set[str] = field(default_factory=set)
    idle: list[str] = field(default_factory=list)
    calls: int = 0

    def build(self) -> None:
        """Services first, then entries for hosts outside, for others refer to them."""
        for service in self.cluster.manifests.of("Service", group=""):
            self.cluster.keep(service, self._service(service))
        for entry in self.cluster.manifests.of("ServiceEntry", group="istio.io"):
            self._entry(entry)
        self._say()

    # Services

    def _service(self, resource: Resource) -> str | None:
        made = self.cluster.identified(resource)
        if made is None:
            return None
        front = self.services.setdefault((resource.namespace, resource.name), Front(made, resource))
        if scalar(resource.get("spec", "type")) == "ExternalName":
            host = scalar(resource.get("spec", "externalName")).lower().rstrip(".")
            if self._external(front, host):
                return made
            del self.services[resource.namespace, resource.name]
            return None
        for workload in self.selected(resource.namespace, labels(resource.get("spec", "selector"))):
            front.workloads.append(workload)
            front.backends.append(self.cluster.ids[id(workload)])
        exposed = _is_exposed(resource)
        self.operation(front, direction="exposed" if exposed else "internal", controls=_allowed(resource))
        if not front.backends:
            self.idle.append(made)
        return made

    def selected(self, namespace: str | None, wanted: dict[str, str]) -> Iterator[Workload]:
        """The workloads that a map of labels selects; an empty one selects none."""
        for workload in self.cluster.workloads(namespace) if wanted else ():
            if wanted.items() <= workload.labels.items():
                yield workload

    def operation(
        self,
        front: Front,
        *,
        direction: Literal["exposed", "consumed", "internal"],
        method: str | None = None,
        path: str | None = None,
        api: str | None = None,
        controls: tuple[Control, ...] = (),
    ) -> str:
        """Keep a front as an operation, with what serves it."""
        resource = front.resource
        self.cluster.collector.entity(
            Operation(
                id=front.operation,
                name=self.cluster.collector.name(path) or resource.name,
                owner=self.cluster.options.owner,
                api=api,
                method=method,
                path=self.cluster.collector.name(path),
                direction=direction,
                controls=controls,
                provenance=resource.provenance,
            )
        )
        self.serve(front.backends, front)
        return front.operation

    def serve(self, backends: Iterable[str], front: Front) -> None:
        """Say what answers at a front."""
        for backend in dict.fromkeys(backends):
            self.cluster.collector.relate(Verb.SERVES, backend, front.operation, provenance=front.resource.provenance)

    # hosts outside

    def _external(self, front: Front, host: str) -> bool:
        inside = self.resolve(host, front.resource.namespace) if host else None
        if inside is not None:
            front.backends += inside.backends
            front.workloads += inside.workloads
            self.operation(front, direction="internal")
            return True
        answering = self.outside(host, front.resource)
        if answering is None:
            return False
        front.backends.append(answering)
        self.operation(front, direction="consumed", path=host)
        return True

    def outside(self, host: str, resource: Resource) -> str | None:
        """The service that answers at a host outside, owned by the party it belongs to."""
        made = self.cluster.collector.name(f"{host} (outside)") if self.cluster.collector.name(host) else None
        if made is None:
            return None
        entity = Service(id=made, name=host, basis=Basis.INFERRED, provenance=resource.provenance)
        self.cluster.collector.entity(entity)
        party = self._party(host)
        if party is not None:
            basis = Basis.ASSUMED if party == host else Basis.INFERRED
            role: Literal["provider"] = "provider"
            self.cluster.collector.entity(Party(id=party, role=role, basis=basis, provenance=resource.provenance))
            self.cluster.collector.relate(Verb.OWNS, party, made, provenance=resource.provenance, basis=basis)
        return made

    def _party(self, host: str) -> str | None:
        options = self.cluster.options
        if any(fnmatchcase(host, own_host) for own_host in options.own_hosts):
            return None
        for pattern, party in options.parties.items():
            if fnmatchcase(host, pattern):
                return party
        if _is_inside(host):
            return None
        self.third_parties.add(host)
        return host

    def _entry(self, resource: Resource) -> None:
        """A ServiceEntry: a front for each of its hosts."""
        kept = [self._host(resource, host.lower()) for host in scalars(resource.get("spec", "hosts"))]
        self.cluster.used.add(id(resource))
        if any(kept):
            self.cluster.collector.fact()
        else:
            self.cluster.collector.reject(
                "a ServiceEntry names no host that can be an id", provenance=resource.provenance
            )

    def _host(self, resource: Resource, host: str) -> str | None:
        made = self.cluster.identified(resource, host)
        if made is None:
            return None
        front = Front(made, resource)
        if scalar(resource.get("spec", "location")) == "MESH_INTERNAL":
            wanted = labels(resource.get("spec", "workloadSelector", "labels"))
            front.workloads = list(self.selected(resource.namespace, wanted))
            front.backends = [self.cluster.ids[id(workload)] for workload in front.workloads]
            self.operation(front, direction="internal", path=host)
        else:
            answering = self.outside(host, resource)
            front.backends = [answering] if answering else []
            self.operation(front, direction="consumed", path=host)
        self.hosts.setdefault(host, front)
        return made

    # names

    def resolve(self, host: str, namespace: str) -> Front | None:
        """What a host name leads to, asked from a namespace."""
        host = host.lower().rstrip(".")
        if host in self.hosts:
            return self.hosts[host]
        name, *rest = host.split(".")
        if not rest:
            return self.services.get((namespace, name))
        if len(rest) == 1 or rest[1] == "svc":
            return self.services.get((rest[0], name)) or self._wild(host)
        return self._wild(host)

    def _wild(self, host: str) -> Front | None:
        patterns = (f"*.{host.split('.', number)[number]}" for number in range(1, host.count(".") + 1))
        return next((self.hosts[pattern] for pattern in patterns if pattern in self.hosts), None)

    def called(self, workload: Workload) -> dict[str, Front]:
        """What the settings of a workload name as the place of a service."""
        found: dict[str, Front] = {}
        for name, value in workload.settings:
            for host in _hosts(name, value[:MAX_SETTING]):
                front = self.resolve(host, workload.namespace)
                if front is not None and workload not in front.workloads:
                    found[front.operation] = front
        return found

    def _say(self) -> None:
        collector = self.cluster.collector
        if self.idle:
            message = f"{len(self.idle)} Services select no workload of the files, such as {self.idle[0]}"
            collector.note(NoteKind.UNRESOLVED, message, *self.idle[:3])
        if self.third_parties:
            some = ", ".join(sorted(self.third_parties)[:5])
            message = f"{len(self.third_parties)} hosts outside are taken as third parties, each its own: {some}"
            collector.note(NoteKind.ASSUMED, f"{message}; say otherwise with the options parties and own_hosts")


def _hosts(name: str, value: str) -> Iterator[str]:
    """Host names in a setting: in an address, before a port, in full, or alone where the setting asks for one."""
    for match in _HOST.finditer(value):
        before, after = value[: match.start()][-3:], value[match.end() : match.end() + 2]
        alone = match.group() == value and _ASKS_FOR_HOST.search(name)
        if before == "://" or before.endswith("@") or re.match(r":\d", after) or ".svc" in match.group() or alone:
            yield match.group().rstrip(".-")


def _is_inside(host: str) -> bool:
    """Whether a host outside of the mesh looks like one of our own networks."""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(_OURS)


def _is_exposed(resource: Resource) -> bool:
    spec, notes = resource.get("spec"), labels(resource.get("metadata", "annotations"))
    inside = any("load-balancer" in key and _says_internal(key, value.lower()) for key, value in notes.items())
    kind = scalar(under(spec, "type"))
    return bool(as_list(under(spec, "externalIPs"))) or kind == "NodePort" or (kind == "LoadBalancer" and not inside)


def _says_internal(key: str, value: str) -> bool:
    return value == "internal" or ("internal" in key and value not in ("false", ""))


def _allowed(resource: Resource) -> tuple[Control, ...]:
    """The list of addresses that a load balancer lets in, where it leaves any out."""
    ranges = scalars(resource.get("spec", "loadBalancerSourceRanges"))
    if not ranges or any(address.endswith("/0") for address in ranges):
        return ()
    why = "loadBalancerSourceRanges"
    return (Control(kind=ControlKind.IP_ALLOWLIST, status="assumed", why=why, provenance=resource.provenance),)
