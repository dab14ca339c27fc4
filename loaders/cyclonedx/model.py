"""A CycloneDX bill in our terms: who provides what, what can be called, which data it touches, what it needs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Provenances
from blastradius.loaderkit.names import MAX_ID, counted
from blastradius.loaderkit.options import Name
from blastradius.loaderkit.vendors.threat_models.plain import Naming, bare, clean, opaque
from blastradius.loaderkit.vendors.threat_models.plain import Options as Shape
from blastradius.model import Basis, Kind, NoteKind, Operation, Party, Service, Store, Verb, Zone

from .reading import Bill, Component, Data
from .reading import Service as Described

_GLOBAL = ("urn:", "http:", "https:")
_INTO, _OUT_OF = ("inbound", "bi-directional", "unknown"), ("outbound", "bi-directional", "unknown")


class Options(Shape):
    """The options of a bill."""

    owner: Name | None = Field(default=None, description="who answers for services that name no provider")
    direction: Literal["exposed", "consumed", "internal"] | None = Field(
        default=None, description="how we stand to services beyond a trust boundary, or that do not say"
    )
    believe_open: bool = Field(
        default=False, description="take `authenticated: false` at its word also where cdxgen wrote it, knowing nothing"
    )


@dataclass
class BillMapper:
    """What a bill comes to."""

    collector: FactCollector
    naming: Naming
    options: Options
    bill: Bill
    services: dict[str, Described] = field(default_factory=dict)
    components: dict[str, Component] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    zones: dict[str, str | None] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)

    def build(self) -> None:
        """Model all of it."""
        self.components = {component.ref: component for component in self.bill.components}
        for service in self.bill.services:
            self.services.setdefault(service.ref, service)
        for service in self.bill.services:
            self._service(service)
        for service in self.bill.services:
            for data in service.data:
                self._data(service, data)
        for edge in self.bill.edges:
            self._edge(edge.ref, edge.on, edge.provenance)
        self._components()
        for service in self.bill.services:
            self._provided(service)
        self._say_assumptions()

    # entities

    def _id(self, ref: str, name: str) -> str | None:
        """An id from the ``bom-ref``; one that is unique anywhere needs no namespace.

        The serial number changes with every bill that a tool writes, so it stands in for a missing subject
        only where the reference alone could be anybody's.
        """
        if ref.startswith(_GLOBAL) and ref not in self.components:
            return self.collector.name(clean(ref))
        serial = opaque((self.bill.serial or "").removeprefix("urn:uuid:"))
        if serial and not self.naming.namespace and not opaque(ref):
            return self.collector.name(clean(f"{serial}:{ref}"))
        return self.naming.id(ref, name)

    def _service(self, service: Described) -> None:
        made = self._id(service.ref, service.name)
        zone = self._zone(service, made)
        owner = service.provider or service.around or self.options.owner
        kept = self.naming.make(Service, made, name=service.name, zone=zone, owner=owner, provenance=service.provenance)
        if kept is None:
            message = "a service without a reference that can be an id, with its endpoints and data"
            self.collector.reject(
                message, provenance=service.provenance, records=1 + len(service.endpoints) + len(service.data)
            )
            return
        self.collector.fact()
        self.counts["cdxgen"] += service.authenticated is False and not self._open(service)
        self.ids[service.ref] = kept
        for endpoint, provenance in service.endpoints:
            self._operation(service, kept, endpoint, provenance)
        if service.parent in self.ids:
            self.naming.relate(Verb.CONNECTS, self.ids[service.parent], kept, service.provenance, Basis.INFERRED)

    def _provided(self, service: Described) -> None:
        """Who owns a service: the provider that it states, or that of the service it is a part of."""
        provider = service.provider or service.around
        if provider and service.ref in self.ids:
            party = self.naming.party(provider) or provider
            basis = Basis.DECLARED if service.provider else Basis.INFERRED
            made = Party(id=party, name=provider, role="provider", provenance=service.provenance)
            self.naming.owner(made, self.ids[service.ref], service.provenance, basis, (provider,))

    def _operation(self, item: Described, service: str, endpoint: str, provenance: Provenances) -> None:
        kept = self.naming.make(
            Operation,
            self.collector.name(f"{service}:{endpoint}"),
            name=endpoint,
            api=service,
            path=endpoint,
            direction=self._direction(item),
            anonymous=self._open(item),
            provenance=provenance,
        )
        if kept is None:
            self.collector.reject("an endpoint that cannot be an id", provenance=provenance)
            return
        self.collector.fact()
        self.naming.relate(Verb.SERVES, service, kept, provenance)

    def _direction(self, service: Described) -> Literal["exposed", "consumed", "internal"]:
        """Others' endpoints are called by us; ours beyond a boundary, and those open there, are offered."""
        if service.crosses is False:
            return "internal"
        ours = self._ours(service)
        if ours is False and self.options.us:
            return "consumed"
        if self.options.direction:
            return self.options.direction
        if service.crosses and ours is False:
            self.counts["others"] += 1
            return "consumed"
        if service.crosses and (ours or self._open(service)):
            return "exposed"
        self.counts["direction"] += 1
        return "internal"

    def _ours(self, service: Described) -> bool | None:
        """Whether we provide a service, who made what the bill is about being ourselves; ``None``: it is not said."""
        provider = service.provider or service.around
        if provider is None:
            return None
        return not {provider, self.naming.party(provider)}.isdisjoint(self.options.us or self.bill.ourselves)

    def _open(self, service: Described) -> bool:
        if service.authenticated is not False:
            return False
        return self.options.believe_open or not any("cdxgen" in tool.lower() for tool in self.bill.tools)

    def _zone(self, service: Described, made: str | None) -> str | None:
        """The zone that is named; else what boundary lies around the service or its parent; else the option's."""
        if service.zone:
            zone = self.naming.zone(service.zone, service.zone, service.provenance)
        elif service.crosses and made:
            self.counts["boundary"] += 1
            zone = f"{made} zone"[:MAX_ID]
            name = f"behind the trust boundary of {service.name}"
            self.naming.zones.setdefault(zone, Zone(id=zone, name=name, provenance=service.provenance))
        else:
            zone = self.zones.get(service.parent or "") or self.options.zone
        self.zones[service.ref] = zone
        return zone

    # data

    def _data(self, described: Described, data: Data) -> None:
        service = self.ids.get(described.ref)
        if service is None:
            return
        same = (other for other in described.data if other.owner and other.classification == data.classification)
        kept = self.naming.make(
            Store,
            self.collector.name(f"{service}#{data.classification}"),
            name=f"{data.classification} at {described.name}"[:MAX_ID],
            zone=self.zones.get(described.ref),
            classification=data.classification,
            owner=next((other.owner for other in same), None),
            provenance=data.provenance,
        )
        if kept is None:
            self.collector.reject("data whose classification cannot be an id", provenance=data.provenance)
            return
        self.collector.fact()
        self._touch(described, data, service, kept)

    def _touch(self, item: Described, data: Data, service: str, store: str) -> None:
        """Data that comes in is written by the service and by who sends it; what goes out is read.

        What a service takes in it keeps, and can read. Where nobody in the bill is named as the other end, whoever
        calls an endpoint may be it.
        """
        basis = Basis.ASSUMED if data.flow == "unknown" else Basis.INFERRED
        peers = {ref: self._peer(ref, data.provenance) for ref in dict.fromkeys((*data.sources, *data.destinations))}
        ends = [service]
        if not peers or any(self._end(self._local(ref)) is None for ref in peers):
            ends += [operation for operation, _ in self._operations(item, service)]
        for verb, flows, refs in ((Verb.WRITES, _INTO, data.sources), (Verb.READS, _OUT_OF, data.destinations)):
            if data.flow in flows:
                others = [peer for ref in refs if (peer := peers[ref])]
                for end in (*ends, *others):
                    self.naming.relate(verb, end, store, data.provenance, basis)
                for peer in others:
                    self._pass(verb, service, peer, data)

        sent_on = any(other.flow in _OUT_OF for other in item.data if other.classification == data.classification)
        if data.flow in _INTO and not sent_on:
            self.naming.relate(Verb.READS, service, store, data.provenance, Basis.INFERRED, dependency="none")

    def _pass(self, verb: Verb, service: str, peer: str, data: Data) -> None:
        """Data goes from one service to another."""
        ends = (peer, service) if verb == Verb.WRITES else (service, peer)
        basis = Basis.ASSUMED if data.flow == "unknown" else Basis.DECLARED
        if peer != service:
            self.naming.relate(Verb.WRITES, *ends, data.provenance, basis)

    def _operations(self, item: Described, service: str) -> list[tuple[str, Provenances]]:
        named = ((f"{service}:{endpoint}", provenance) for endpoint, provenance in item.endpoints)
        return [(made, provenance) for made, provenance in named if self._is(made, Kind.OPERATION)]

    def _is(self, made: str, kind: Kind) -> bool:
        return made in self.collector.entities and self.collector.entities[made].kind == kind

    def _peer(self, ref: str, provenance: Provenances) -> str | None:
        """The service behind a reference or an address."""
        return self._end(self._local(ref)) or self._outside(ref, provenance)

    def _local(self, ref: str) -> str:
        """What a BOM-Link into this same bill names, encoded as in a URL or not; any other reference as it is."""
        serial, _, element = ref.removeprefix("urn:cdx:").partition("#")
        own = (self.bill.serial or "").removeprefix("urn:uuid:")
        if not (ref.startswith("urn:cdx:") and own and serial.partition("/")[0] == own):
            return ref
        return element if element in self.services or element in self.components else unquote(element)

    def _outside(self, ref: str, provenance: Provenances) -> str | None:
        """A service at an address, or in another bill."""
        address = self.naming.text(ref if ref.startswith("urn:cdx:") else bare(ref), "an address of data", provenance)
        foreign = address is not None and address.startswith("urn:cdx:")
        if address is None or not (foreign or "://" in address) or _nowhere(address):
            message = f"data comes from or goes to {address or 'something'!r}, which names no one in the bill"
            self.collector.note(NoteKind.UNRESOLVED, f"{message}; that end is left out", provenance=provenance)
            return None
        if foreign:
            self.collector.note(
                NoteKind.UNRESOLVED, f"{address!r} lies in another bill", address, provenance=provenance
            )
        return self.naming.put(Service(id=address, name=address, basis=Basis.INFERRED, provenance=provenance))

    # dependencies

    def _end(self, ref: str) -> str | None:
        """The service of a reference; a component that a service has to do with runs as one."""
        if ref in self.ids:
            return self.ids[ref]
        component = self.components.get(ref)
        made = self._id(component.ref, component.name) if component else None
        if component is None or made is None:
            return None
        self.used.add(ref)
        tags = self.naming.tags(component.type, component.provenance)
        zone = self.options.zone
        return self.naming.put(
            Service(
                id=made,
                name=component.name,
                zone=zone,
                tags=tags,
                basis=Basis.INFERRED,
                provenance=component.provenance,
            )
        )

    def _edge(self, ref: str, on: str, provenance: Provenances) -> None:
        missing = [end for end in (ref, on) if end not in self.services and end not in self.components]
        if missing:
            named = self.naming.text(missing[0], "a dependency", provenance)
            self.naming.unresolved(
                f"a dependency names {named or 'something'!r}, which is not in the bill", provenance=provenance
            )
            return
        if ref not in self.services and on not in self.services:
            self.collector.ignore("dependencies between components")
            return
        user, needed = self._end(ref), self._end(on)
        if user is None or needed is None:
            self.collector.reject("a dependency of a service that was left out", provenance=provenance)
        elif user == needed:
            self.collector.ignore("dependencies of a service on itself")
        else:
            self.collector.fact()
            self._depends(user, needed, on, provenance)

    def _depends(self, user: str, needed: str, on: str, provenance: Provenances) -> None:
        self.counts["dependency"] += 1
        self.naming.relate(Verb.DEPENDS_ON, user, needed, provenance)
        operations = self._operations(self.services[on], needed) if on in self.services else []
        for operation, _ in operations:
            self.naming.relate(Verb.CALLS, user, operation, provenance, Basis.INFERRED, dependency="none")
        if not operations:
            self.naming.relate(Verb.CONNECTS, user, needed, provenance, Basis.INFERRED)

    def _components(self) -> None:
        """Components that a service has to do with are facts; the others say nothing about reach."""
        used = sum(component.ref in self.used for component in self.bill.components)
        self.collector.fact(used)
        if len(self.bill.components) > used:
            self.collector.ignore("components", len(self.bill.components) - used)

    def _say_assumptions(self) -> None:
        counts = self.counts
        endpoints = counted(counts["direction"], "endpoint")
        messages = {
            "direction": f"not said of {endpoints} whether we offer or call it; taken as internal (option direction)",
            "others": f"not said whether we are who provides {counted(counts['others'], 'endpoint')} beyond a "
            "boundary; taken as another's that we call (options us, direction)",
            "cdxgen": f"{counted(counts['cdxgen'], 'service')} with 'authenticated: false', which cdxgen writes where "
            "it knows nothing; not taken as open to anyone (option believe_open)",
            "boundary": f"the trust zone is not named for {counted(counts['boundary'], 'service')} beyond a boundary; "
            "a zone of its own is taken",
            "dependency": f"not said of {counted(counts['dependency'], 'dependency', 'dependencies')} how hard it is; "
            "taken as hard, and as a call of every endpoint",
        }
        for word, message in messages.items():
            if counts[word]:
                self.collector.note(NoteKind.ASSUMED, message)


def _nowhere(address: str) -> bool:
    """Whether an address is one that stands for no host, such as 0.0.0.0."""
    try:
        return ip_address(urlsplit(address).hostname or "").is_unspecified
    except ValueError:
        return False
