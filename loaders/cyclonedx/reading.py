"""A CycloneDX bill in its own terms: services with endpoints and data, components, dependencies.

Rests on CycloneDX 1.2 to 1.7 (ECMA-424 from 1.6 on): services, components and dependencies.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from blastradius.errors import InputError
from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Provenances
from blastradius.loaderkit.json_values import Keys, mapping
from blastradius.loaderkit.vendors.threat_models.plain import Naming, bare, flag, many, shown, word, words
from blastradius.model import NoteKind

from .xml import as_json, is_xml

VERSIONS = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")
FLOWS = ("inbound", "outbound", "bi-directional", "unknown")
_NO_SERVICES = ("1.0", "1.1")


@dataclass(frozen=True)
class Data:
    """Data of one classification that enters or leaves a service; since 1.5 with where from and where to."""

    classification: str
    flow: str
    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    owner: str | None
    provenance: Provenances


@dataclass(frozen=True)
class Component:
    """A piece of software; ``ref`` is how the bill refers to it."""

    ref: str
    name: str
    type: str
    provenance: Provenances


@dataclass(frozen=True)
class Service:
    """A service; ``parent`` is the ``ref`` of the service that it is nested in, ``around`` whose that one is."""

    ref: str
    name: str
    provider: str | None
    around: str | None
    endpoints: tuple[tuple[str, Provenances], ...]
    authenticated: bool | None
    crosses: bool | None
    zone: str | None
    data: tuple[Data, ...]
    parent: str | None
    provenance: Provenances


@dataclass(frozen=True)
class Edge:
    """``ref`` depends on ``on``."""

    ref: str
    on: str
    provenance: Provenances


@dataclass
class Bill:
    """All that was read of one bill."""

    serial: str | None = None
    subject: Component | None = None
    tools: tuple[str, ...] = ()
    ourselves: tuple[str, ...] = ()
    services: list[Service] = field(default_factory=list)
    components: list[Component] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)


def read_bill(document: Document, collector: FactCollector, naming: Naming) -> Bill:
    """Read a bill; what does not fit is rejected piece by piece.

    Raises:
        InputError: no bill of a known version, or one without a service.
    """
    data, places = as_json(document.data) if is_xml(document.data) else (document.data, {})
    why = _not_ours(data)
    if why:
        raise InputError([f"{document.path}: {why}"])
    return _Reader(collector, naming, places).read(data)


def _not_ours(data: Any) -> str | None:
    if not isinstance(data, dict) or not ("bomFormat" in data or "specVersion" in data):
        return "not a CycloneDX bill of materials; expected 'bomFormat' and 'specVersion', or <bom> in XML"
    version = word(data.get("specVersion"))
    if word(data.get("bomFormat")) not in (None, "CycloneDX"):
        return f"bomFormat {shown(data['bomFormat'])}; expected 'CycloneDX'"
    if version in _NO_SERVICES:
        return f"CycloneDX {version} knows no services; export the bill as 1.2 or later"
    if version not in VERSIONS:
        return f"CycloneDX specVersion {shown(data.get('specVersion'))}; read are 1.2 to 1.7"
    if not any(True for _ in many(data.get("services"))):
        return "a bill of materials without services; nothing in it says who can reach what; export one with services"
    return None


@dataclass(frozen=True)
class _Whose:
    """Whose a service is: its provider, and the ``ref`` of the service that it is nested in."""

    provider: str | None = None
    parent: str | None = None


@dataclass
class _Reader:
    collector: FactCollector
    naming: Naming
    places: dict[Keys, Keys]
    bill: Bill = field(default_factory=Bill)
    stated: set[str] = field(default_factory=set)
    namesakes: dict[str, set[_Whose]] = field(default_factory=lambda: defaultdict(set))
    claimed: dict[str, tuple[str, str | None]] = field(default_factory=dict)

    def provenance(self, keys: Keys) -> Provenances:
        return self.collector.provenance(*self.places.get(keys, keys))

    def read(self, data: dict[str, Any]) -> Bill:
        metadata = mapping(data.get("metadata"))
        self.bill.serial = word(data.get("serialNumber"))
        self.bill.tools = _tools(metadata.get("tools"))
        self.bill.ourselves = _makers(metadata)
        self._survey(data.get("services"), ("services",), _Whose())
        for keys, item in many(metadata.get("component"), ("metadata", "component")):
            self.bill.subject = self._component(item, keys)
        for keys, component in many(data.get("components"), ("components",)):
            self._component(component, keys)
        for keys, service in many(data.get("services"), ("services",)):
            self._service(service, keys, _Whose())
        for keys, dependency in many(data.get("dependencies"), ("dependencies",)):
            self._dependencies(dependency, keys)
        return self.bill

    def _component(self, value: Any, keys: Keys) -> Component | None:
        provenance = self.provenance(keys)
        inside = mapping(value)
        name = self.naming.text(inside.get("name"), "a component's name", provenance)
        for place, component in many(inside.get("components"), (*keys, "components")):
            self._component(component, place)
        if name is None:
            self.collector.reject("a component without a name that can be used", provenance=provenance)
            return None
        ref = self._ref(inside, name)
        made = Component(ref, name, word(inside.get("type")) or "component", provenance)
        self.bill.components.append(made)
        return made

    def _ref(self, value: dict[str, Any], name: str) -> str:
        """The ``bom-ref``, or where there is none the group, name and version."""
        return word(value.get("bom-ref")) or _full(value, name)

    def _survey(self, services: Any, keys: Keys, around: _Whose) -> None:
        """Which services state a ``bom-ref``, and whose those are that are known by their names alone."""
        for place, item in many(services, keys):
            inside = mapping(item)
            name, ref = word(inside.get("name")), word(inside.get("bom-ref"))
            whose = self._whose(inside, around, self.provenance(place))
            if ref:
                self.stated.add(ref)
            elif name:
                self.namesakes[_full(inside, name)].add(whose)
            within = ref or (f"{_full(inside, name)} of {whose.provider}" if name else around.parent)
            self._survey(inside.get("services"), (*place, "services"), _Whose(whose.provider, within))

    def _whose(self, value: dict[str, Any], around: _Whose, provenance: Provenances) -> _Whose:
        """The provider that is stated, or that of the service around it, and that service."""
        return _Whose(self._provider(value.get("provider"), provenance) or around.provider, around.parent)

    def _apart(self, ref: str, full: str, provider: str | None, provenance: Provenances) -> str:
        """A ``bom-ref``, of the first that has it; another service that has it too is told by its name and provider."""
        if self.claimed.setdefault(ref, (full, provider)) == (full, provider):
            return ref
        made = f"{full} of {provider}" if provider else full
        message = (
            f"the bom-ref of {made!r} is that of another service already; what names it is taken to mean the first"
        )
        self.collector.note(NoteKind.CONTRADICTED, message, provenance=provenance)
        return made if made not in self.stated else f"{made} (bom-ref of another)"

    def _service_ref(self, value: dict[str, Any], name: str, whose: _Whose, provenance: Provenances) -> str:
        """The reference of a service; of those with one name and no ``bom-ref`` each has whose it is behind it."""
        full, ref = _full(value, name), word(value.get("bom-ref"))
        others = self.namesakes[full]
        if ref:
            return self._apart(ref, full, whose.provider, provenance)
        if len(others) < 2 and full not in self.stated:
            return full
        alike = len({other.provider for other in others}) == 1 and full not in self.stated
        made = full if alike or whose.provider is None else f"{full} of {whose.provider}"
        apart = len({other.parent for other in others if other.provider == whose.provider}) > 1
        made = f"{made} in {whose.parent}" if whose.parent and apart else made
        return made if made not in self.stated else f"{made} (without bom-ref)"

    def _service(self, value: Any, keys: Keys, around: _Whose) -> None:
        provenance = self.provenance(keys)
        inside = mapping(value)
        name = self.naming.text(inside.get("name"), "a service's name", provenance)
        whose = self._whose(inside, around, provenance)
        ref = self._service_ref(inside, name, whose, provenance) if name else None
        if name is None or ref is None:
            self.collector.reject("a service without a name that can be used", provenance=provenance)
            self._lost_with(inside)
        else:
            self.bill.services.append(self._made(inside, keys, ref, name, around))
        for place, service in many(inside.get("services"), (*keys, "services")):
            self._service(service, place, _Whose(whose.provider, ref or around.parent))

    def _lost_with(self, value: dict[str, Any]) -> None:
        """The records inside a rejected service go with it."""
        lost = sum(1 for word_ in ("endpoints", "data") for _ in many(value.get(word_)))
        if lost:
            self.collector.reject("endpoints and data of a service that was left out", records=lost)

    def _made(self, value: dict[str, Any], keys: Keys, ref: str, name: str, around: _Whose) -> Service:
        provenance = self.provenance(keys)
        data = (self._data(datum, place) for place, datum in many(value.get("data"), (*keys, "data")))
        crosses, zone = (
            value.get("x-trust-boundary"),
            self.naming.text(value.get("trustZone"), "a trust zone", provenance),
        )
        return Service(
            ref=ref,
            name=name,
            provider=self._provider(value.get("provider"), provenance),
            around=around.provider,
            endpoints=tuple(self._endpoints(value, keys)),
            authenticated=self._flag(value.get("authenticated"), "authenticated", provenance),
            crosses=self._flag(crosses, "x-trust-boundary", provenance),
            zone=zone,
            data=tuple(item for item in data if item),
            parent=around.parent,
            provenance=provenance,
        )

    def _flag(self, value: Any, what: str, provenance: Provenances) -> bool | None:
        found = flag(value)
        if found is None and value is not None:
            self.collector.note(
                NoteKind.UNSUPPORTED, f"{what} is neither true nor false; taken as not stated", provenance=provenance
            )
        return found

    def _provider(self, value: Any, provenance: Provenances) -> str | None:
        """The provider's name, or the host of its address."""
        provider = mapping(value) or {"name": value}
        name = self.naming.text(provider.get("name"), "a provider", provenance)
        hosts = (bare(url).partition("://")[2].partition("/")[0] for url in words(provider.get("url")))
        return name or next((found for host in hosts if (found := self.collector.name(host))), None)

    def _endpoints(self, value: dict[str, Any], keys: Keys) -> list[tuple[str, Provenances]]:
        found = []
        for place, endpoint in many(value.get("endpoints"), (*keys, "endpoints")):
            address = bare(endpoint.strip()) if isinstance(endpoint, str) else None
            named = self.naming.text(address, "an endpoint", self.provenance(place))
            if named is None:
                self.collector.reject("an endpoint that is no address", provenance=self.provenance(place))
            else:
                found.append((named, self.provenance(place)))
        return found

    def _data(self, value: Any, keys: Keys) -> Data | None:
        provenance = self.provenance(keys)
        inside = mapping(value)
        classification = self.naming.text(inside.get("classification"), "a classification", provenance)
        flow = word(inside.get("flow"))
        if classification is None:
            self.collector.reject("data without a classification", provenance=provenance)
            return None
        if flow not in FLOWS:
            message = f"data whose flow is {shown(inside.get('flow'))}; expected one of {', '.join(FLOWS)}"
            self.collector.reject(message, provenance=provenance)
            return None
        sources, destinations = words(inside.get("source")), words(inside.get("destination"))
        return Data(
            classification, flow, sources, destinations, self._owner(inside.get("governance"), provenance), provenance
        )

    def _owner(self, governance: Any, provenance: Provenances) -> str | None:
        """The first owner that the governance of the data names."""
        for _, owner in many(mapping(governance).get("owners")):
            for kind in ("organization", "contact"):
                name = self.naming.text(mapping(mapping(owner).get(kind)).get("name"), "a data owner", provenance)
                if name:
                    return name
        return None

    def _dependencies(self, value: Any, keys: Keys) -> None:
        inside = mapping(value)
        ref = word(inside.get("ref"))
        provided = sum(1 for _ in many(inside.get("provides")))
        if provided:
            self.collector.ignore("specifications that a component provides", provided)
        if ref is None:
            self.collector.reject("a dependency without a 'ref'", provenance=self.provenance(keys))
            return
        for place, item in many(inside.get("dependsOn"), (*keys, "dependsOn")):
            on = word(item) if isinstance(item, str) else None
            if on is None:
                self.collector.reject(
                    "a dependency on something that is no reference", provenance=self.provenance(place)
                )
            else:
                self.bill.edges.append(Edge(ref, on, self.provenance(place)))


def _full(value: dict[str, Any], name: str) -> str:
    group, version = word(value.get("group")), word(value.get("version"))
    return (f"{group}/" if group else "") + name + (f"@{version}" if version else "")


def _makers(metadata: dict[str, Any]) -> tuple[str, ...]:
    """Who made what the bill is about, by name: where a provider is one of them, it is ourselves."""
    subject = mapping(metadata.get("component"))
    words_ = ("supplier", "manufacturer", "manufacture", "publisher")
    found = [mapping(holder.get(key)).get("name") for holder in (metadata, subject) for key in words_]
    return tuple(name for value in (*found, subject.get("publisher")) if (name := word(value)))


def _tools(value: Any) -> tuple[str, ...]:
    """The names of the tools that wrote the bill, in the old list and the new table."""
    listed = [value] if isinstance(value, list) else list(mapping(value).values())
    return tuple(name for some in listed for _, item in many(some) if (name := word(mapping(item).get("name"))))
