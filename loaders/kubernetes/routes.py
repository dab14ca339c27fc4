"""What stands before Services: Ingress, routes of the Gateway API, and the Gateways and VirtualServices of Istio.

Rests on ``networking.k8s.io/v1`` (IngressSpec), ``gateway.networking.k8s.io/v1`` (HTTPRoute, GRPCRoute) and
``networking.istio.io/v1`` (Gateway, VirtualService).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from blastradius.loaderkit.json_values import mappings, scalar, scalars, under
from blastradius.model import Basis, Control, ControlKind, NoteKind, Operation, Service, Verb

from .entry_points import EntryPoints, Front
from .kong import Kong
from .reading import Resource, labels

_ROUTES = ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")
_ALLOWED = ("/whitelist-source-range", "/allowlist-source-range")
_MATCHES = ("exact", "prefix", "regex")
MAX_ENTRY_POINTS = 1000


class Way(NamedTuple):
    """One way in: method and path as they are matched, and the backends as (host, namespace)."""

    method: str
    path: str
    backends: list[tuple[str, str]]


@dataclass
class Routes:
    """All that leads to Services from outside of them."""

    entry_points: EntryPoints
    kong: Kong
    gateways: dict[tuple[str, str], str] = field(default_factory=dict)
    outbound: set[str] = field(default_factory=set)
    parts: dict[tuple[str, str], Resource] = field(default_factory=dict)
    named: set[int] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)

    def build(self) -> None:
        """Gateways first, then what is bound to them."""
        manifests = self.entry_points.cluster.manifests
        for gateway in (
            *manifests.of("Gateway", group="istio.io"),
            *manifests.of("Gateway", group="networking.k8s.io"),
        ):
            self.entry_points.cluster.keep(gateway, self._gateway(gateway))
        for route in manifests.of(*_ROUTES, group="networking.k8s.io"):
            self._route(route)
        virtual = list(manifests.of("VirtualService", group="istio.io"))
        self.parts = {
            (service.namespace, service.name): service
            for service in virtual
            if not scalars(service.get("spec", "hosts"))
        }
        for service in virtual:
            if scalars(service.get("spec", "hosts")):
                self._virtual(service)
        for part in self.parts.values():
            self._part(part)
        for ingress in manifests.of("Ingress"):
            if ingress.group in ("networking.k8s.io", "extensions"):
                self._ingress(ingress)
        for route in manifests.of("Route", group="openshift.io"):
            self._openshift(route)
        self._say()

    # gateways

    def _gateway(self, resource: Resource) -> str | None:
        cluster = self.entry_points.cluster
        made = cluster.identified(resource)
        if made is None:
            return None
        cluster.collector.entity(Service(id=made, name=resource.name, provenance=resource.provenance))
        self.gateways[resource.namespace, resource.name] = made
        if labels(resource.get("spec", "selector")).get("istio") == "egressgateway":
            self.outbound.add(made)
        running = self.entry_points.selected(None, labels(resource.get("spec", "selector")))
        targets = tuple(sorted(cluster.ids[id(workload)] for workload in running))
        if targets:
            cluster.collector.relate(Verb.DEPENDS_ON, made, targets, provenance=resource.provenance, at_least=1)
        return made

    def _find(self, namespace: str, name: str, resource: Resource) -> str | None:
        """A gateway by name; inferred where the files do not have it."""
        cluster = self.entry_points.cluster
        if not name:
            return None
        found = self.gateways.get((namespace, name)) or cluster.named(namespace, "gateway", name)
        if found is not None and found not in cluster.collector.entities:
            self.missing.add(found)
            cluster.collector.entity(Service(id=found, name=name, basis=Basis.INFERRED, provenance=resource.provenance))
            self.gateways[namespace, name] = found
        return found

    # entry points

    def _keep(
        self, resource: Resource, gateways: list[str], entry_points: list[tuple[str, Way]], *, exposed: bool
    ) -> None:
        """Each host and way is an operation, served by the gateways and by what answers behind."""
        made = [
            self._entry_point(resource, gateways, host, way, exposed=exposed)
            for host, way in entry_points[:MAX_ENTRY_POINTS]
        ]
        cluster = self.entry_points.cluster
        cluster.used.add(id(resource))
        if any(made):
            cluster.collector.fact()
        else:
            cluster.collector.reject(
                f"{resource.kind} without a way in that can be read", provenance=resource.provenance
            )

    def _entry_point(self, resource: Resource, gateways: list[str], host: str, way: Way, *, exposed: bool) -> bool:
        cluster = self.entry_points.cluster
        path = f"{host}{way.path}"
        made = cluster.identified(resource, way.method, path)
        if made is None:
            return False
        fronts = [front for backend in way.backends if (front := self._backend(*backend)) is not None]
        entry_point = Front(
            made, resource, backends=[*gateways, *(backend for front in fronts for backend in front.backends)]
        )
        self.entry_points.operation(
            entry_point,
            direction="exposed" if exposed and not self._leads_out(host, resource.namespace) else "internal",
            method=cluster.collector.name(way.method),
            path=path or None,
            controls=_allowed(resource),
        )
        asked = self.kong.asked([resource, *(front.resource for front in fronts)])
        if asked:
            cluster.collector.relate(Verb.PERMITS, asked, made, provenance=resource.provenance)
        for gateway in gateways:
            for front in fronts:
                cluster.collector.relate(Verb.CALLS, gateway, front.operation, provenance=resource.provenance)
        return True

    def _backend(self, host: str, namespace: str) -> Front | None:
        found = self.entry_points.resolve(host, namespace)
        if found is None:
            self.lost.add(f"{namespace}/{host}")
        return found

    # Gateway API

    def _route(self, resource: Resource) -> None:
        parents = mappings(resource.get("spec", "parentRefs"))
        gateways = [
            found
            for parent in parents
            if scalar(parent.get("kind")) in ("", "Gateway")
            and (
                found := self._find(
                    scalar(parent.get("namespace")) or resource.namespace, scalar(parent.get("name")), resource
                )
            )
        ]
        ways = [way for rule in mappings(resource.get("spec", "rules")) for way in _rule(resource, rule)]
        hosts = scalars(resource.get("spec", "hostnames")) or [""]
        entry_points = [(host, way) for host in hosts for way in ways]
        self._keep(resource, list(dict.fromkeys(gateways)), entry_points, exposed=bool(gateways))

    # Ingress

    def _ingress(self, resource: Resource) -> None:
        """The entry points of an Ingress; what runs it, the ingress controller, is not in it."""
        if _is_idle(resource):
            self.entry_points.cluster.used.add(id(resource))
            self.entry_points.cluster.collector.ignore("Ingresses of a canary that gets no requests")
            return
        spec = resource.get("spec")
        entry_points = [
            (
                scalar(rule.get("host")),
                Way("", scalar(path.get("path")), _ingress_backend(resource, path.get("backend"))),
            )
            for rule in mappings(under(spec, "rules"))
            for path in mappings(under(rule, "http", "paths"))
        ]
        default = under(spec, "defaultBackend") or under(spec, "backend")
        if default is not None:
            entry_points.append(("", Way("", "", _ingress_backend(resource, default))))
        self._keep(resource, [], entry_points, exposed=True)

    def _openshift(self, resource: Resource) -> None:
        """The entry point of a Route of OpenShift; its router is not in it."""
        spec = resource.get("spec")
        backends = _weighed([*mappings(under(spec, "to")), *mappings(under(spec, "alternateBackends"))])
        way = Way(
            "", scalar(under(spec, "path")), [(scalar(backend.get("name")), resource.namespace) for backend in backends]
        )
        self._keep(resource, [], [(scalar(under(spec, "host")), way)], exposed=True)

    # Istio

    def _virtual(self, resource: Resource) -> None:
        spec = resource.get("spec")
        hosts, bound = scalars(under(spec, "hosts")), scalars(under(spec, "gateways")) or ["mesh"]
        ways = list(self._ways(resource))
        gateways = [found for gateway in bound if gateway != "mesh" and (found := self._bound(resource, gateway))]
        inside = "mesh" in bound and self._within(resource, hosts, ways)
        if inside and not gateways:
            self.entry_points.cluster.used.add(id(resource))
            self.entry_points.cluster.collector.fact()
            return
        entry_points = [(host, way) for host in hosts for way in ways]
        self._keep(resource, gateways, entry_points, exposed=not set(gateways) <= self.outbound)

    def _ways(self, resource: Resource) -> Iterator[Way]:
        """The ways of a VirtualService, those that it leaves to another included."""
        for entry in _entries(resource):
            space, name = (scalar(under(entry, "delegate", word)) for word in ("namespace", "name"))
            part = self.parts.get((space or resource.namespace, name))
            if part is None:
                yield from _ways(entry, resource.namespace)
                continue
            self.named.add(id(part))
            yield from (way for entry in _entries(part) for way in _ways(entry, part.namespace))

    def _part(self, resource: Resource) -> None:
        """A VirtualService without hosts says something only where another leaves ways to it."""
        self.entry_points.cluster.used.add(id(resource))
        if id(resource) in self.named:
            self.entry_points.cluster.collector.fact()
        else:
            self.entry_points.cluster.collector.ignore("VirtualServices without hosts that no other names")

    def _leads_out(self, host: str, namespace: str) -> bool:
        """Whether a host is one outside that calls go out to."""
        front = self.entry_points.resolve(host, namespace) if host else None
        made = self.entry_points.cluster.collector.entities.get(front.operation) if front else None
        return isinstance(made, Operation) and made.direction == "consumed"

    def _bound(self, resource: Resource, declared: str) -> str | None:
        namespace, _, name = declared.rpartition("/")
        if not namespace and "." in name:
            name, namespace = name.split(".")[:2]
        return self._find(namespace or resource.namespace, name, resource)

    def _within(self, resource: Resource, hosts: list[str], ways: list[Way]) -> bool:
        """Calls inside of the mesh to a Service, answered by another one."""
        fronts = [front for host in hosts if (front := self.entry_points.resolve(host, resource.namespace)) is not None]
        for front in fronts:
            for host, namespace in (backend for way in ways for backend in way.backends):
                other = self._backend(host, namespace)
                if other is not None and other is not front:
                    self.entry_points.serve(other.backends, front)
        return bool(fronts)

    def _say(self) -> None:
        collector = self.entry_points.cluster.collector
        self.kong.say()
        for names, what in ((self.missing, "gateways"), (self.lost, "backends")):
            if names:
                some = ", ".join(repr(name[:80]) for name in sorted(names)[:3])
                message = f"{len(names)} {what} are referred to and not in the files, such as {some}"
                collector.note(NoteKind.UNRESOLVED, message)


def _rule(resource: Resource, rule: dict[str, Any]) -> Iterator[Way]:
    """The ways of one rule of a route of the Gateway API."""
    backends = [
        (scalar(backend.get("name")), scalar(backend.get("namespace")) or resource.namespace)
        for backend in _weighed(mappings(rule.get("backendRefs")))
        if scalar(backend.get("kind")) in ("", "Service")
    ]
    for match in mappings(rule.get("matches")) or [{}]:
        path, method = match.get("path"), match.get("method")
        if isinstance(method, dict):
            yield Way("", "/".join(("", *scalars(method.get("service")), *scalars(method.get("method")))), backends)
        else:
            yield Way(scalar(method), scalar(under(path, "value")), backends)


def _weighed(backends: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The backends that get some of the requests; a weight of 0 is none of them."""
    return [backend for backend in backends if scalar(backend.get("weight")) != "0"]


def _entries(resource: Resource) -> Iterator[dict[str, Any]]:
    """What a VirtualService does, entry by entry."""
    for kind in ("http", "tls", "tcp"):
        yield from mappings(resource.get("spec", kind))


def _ways(route: dict[str, Any], namespace: str) -> Iterator[Way]:
    """The ways of one route of a VirtualService."""
    listed = mappings(route.get("route"))
    some = _weighed(listed) if len(listed) > 1 else listed
    hosts = (scalar(under(backend, "destination", "host")) for backend in some)
    backends = [(host, namespace) for host in hosts]
    for match in mappings(route.get("match")) or [{}]:
        yield Way(_matched(match.get("method")), _matched(match.get("uri")), backends)


def _matched(value: Any) -> str:
    """What is matched: the text itself, with a star where it is only the beginning."""
    for kind in _MATCHES:
        declared = scalar(under(value, kind))
        if declared:
            return f"{declared}*" if kind == "prefix" else declared
    return ""


def _ingress_backend(resource: Resource, backend: Any) -> list[tuple[str, str]]:
    name = scalar(under(backend, "service", "name")) or scalar(under(backend, "serviceName"))
    return [(name, resource.namespace)] if name else []


def _is_idle(resource: Resource) -> bool:
    """Whether it is a canary of ingress-nginx with a weight of 0, which no header or cookie asks for either."""
    annotations = labels(resource.get("metadata", "annotations"))
    words = {key.partition("/")[2]: value for key, value in annotations.items() if "nginx" in key.partition("/")[0]}
    asked = words.keys() & {"canary-by-header", "canary-by-cookie"}
    return words.get("canary") == "true" and words.get("canary-weight") == "0" and not asked


def _allowed(resource: Resource) -> tuple[Control, ...]:
    """The list of addresses that an annotation says the ingress controller lets in."""
    for key, value in labels(resource.get("metadata", "annotations")).items():
        listed = [word.strip() for word in value.split(",") if word.strip()]
        if key.endswith(_ALLOWED) and listed and not any(item.endswith("/0") for item in listed):
            why = f"annotation {key.rpartition('/')[2]}"
            return (Control(kind=ControlKind.IP_ALLOWLIST, status="assumed", why=why, provenance=resource.provenance),)
    return ()
