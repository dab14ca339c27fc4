"""CycloneDX 1.6: services with their providers, endpoints, trust zones and data, and what depends on what."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.exporting.access import Many, callers, joined, touching
from blastradius.exporting.contract import Export
from blastradius.exporting.graph import as_json
from blastradius.model import Kind, Operation, Service, Store, Verb

_IN_PATHS = "/-._~!$&'()*+,;=@"


def write(estate: Estate) -> str:
    """What bills of services have words for; the rest of the estate is left out.

    Raises:
        UsageError: there is no service.
    """
    if not estate.of_kind(Kind.SERVICE):
        raise UsageError("no service in the estate; a CycloneDX bill of services carries nothing else")
    bill = _Bill.of(estate)
    subject = {"component": {"type": "application", "name": estate.title}} if estate.title else {}
    return as_json(
        {
            "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "serialNumber": f"urn:uuid:{bill.serial}",
            "version": 1,
            "metadata": {"tools": {"components": [{"type": "application", "name": "blastradius"}]}, **subject},
            "services": [bill.service(service) for service in bill.services],
            "dependencies": [{"ref": service.id, "dependsOn": bill.needs(service.id)} for service in bill.services],
        }
    )


@dataclass
class _Access:
    """What a service does with a store, and which services it does it for."""

    sources: set[str] = field(default_factory=set)
    destinations: set[str] = field(default_factory=set)
    verbs: set[Verb] = field(default_factory=set)


@dataclass(frozen=True)
class _Bill:
    estate: Estate
    serial: uuid.UUID
    servers: Many
    opens: Many
    owners: Many
    callers: Many
    needed: Many
    touched: dict[str, dict[str, _Access]]

    @classmethod
    def of(cls, estate: Estate) -> _Bill:
        return cls(
            estate=estate,
            serial=uuid.uuid5(uuid.NAMESPACE_OID, estate.digest),
            servers=joined(estate, Verb.SERVES, back=True),
            opens=joined(estate, Verb.SERVES),
            owners=joined(estate, Verb.OWNS, back=True),
            callers=callers(estate),
            needed=joined(estate, Verb.DEPENDS_ON, Verb.CALLS, Verb.RUNS_ON),
            touched=_touched(estate),
        )

    @property
    def services(self) -> Iterator[Service]:
        return (entity for entity in self.estate.entities.values() if isinstance(entity, Service))

    def service(self, service: Service) -> dict[str, Any]:
        """A service; what nobody stated is left out."""
        opened = [self.estate.entities[name] for name in self.opens.get(service.id, ())]
        operations = [operation for operation in opened if isinstance(operation, Operation)]
        anonymous = {operation.anonymous for operation in operations}
        owner = next(iter(self.owners.get(service.id, ())), None)
        made = {
            "bom-ref": service.id,
            "provider": {"name": self.estate.entities[owner].label} if owner else None,
            "name": service.label,
            "description": service.description,
            "endpoints": list(dict.fromkeys(map(_endpoint, operations))),
            "authenticated": not anonymous.pop() if len(anonymous) == 1 else None,
            "x-trust-boundary": any(self._crosses(service, operation) for operation in operations)
            if operations
            else None,
            "trustZone": service.zone,
            "data": [self._data(store, how) for store, how in self.touched.get(service.id, {}).items()],
            "tags": list(service.tags),
        }
        return {name: value for name, value in made.items() if value not in (None, [])}

    def needs(self, service: str) -> list[str]:
        """The services that one depends on, or that serve the operations which it needs or calls."""
        found = {server for name in self.needed.get(service, ()) for server in self.servers.get(name, (name,))}
        return sorted(name for name in found - {service} if self.estate.entities[name].kind == Kind.SERVICE)

    def _crosses(self, service: Service, operation: Operation) -> bool:
        zones = {self.estate.entities[caller].zone for caller in self.callers.get(operation.id, ())}
        return operation.direction != "internal" or bool(zones - {service.zone})

    def _data(self, name: str, how: _Access) -> dict[str, Any]:
        store = self.estate.entities[name]
        flows = {Verb.WRITES: "inbound", Verb.READS: "outbound"}
        made = {
            "flow": flows[next(iter(how.verbs))] if len(how.verbs) == 1 else "bi-directional",
            "classification": (store.classification if isinstance(store, Store) else None) or "not stated",
            "name": store.label,
            "governance": {"owners": [{"organization": {"name": store.owner}}]} if store.owner else None,
            "source": self._links(how.sources),
            "destination": self._links(how.destinations),
        }
        return {name: value for name, value in made.items() if value not in (None, [])}

    def _links(self, names: set[str]) -> list[str]:
        services = sorted(name for name in names if self.estate.entities[name].kind == Kind.SERVICE)
        return [f"urn:cdx:{self.serial}/1#{quote(name, safe=_IN_PATHS)}" for name in services]


def _touched(estate: Estate) -> dict[str, dict[str, _Access]]:
    """By service and store: which way the data goes, and for which callers where an operation says so."""
    asking = callers(estate)
    found: dict[str, dict[str, _Access]] = defaultdict(lambda: defaultdict(_Access))
    for verb in (Verb.READS, Verb.WRITES):
        for service, store, name in touching(estate, verb):
            how = found[service][store]
            how.verbs.add(verb)
            (how.sources if verb == Verb.WRITES else how.destinations).update(asking.get(name, ()))
    return found


def _endpoint(operation: Operation) -> str:
    """An operation's path as a reference, or its id where it has none."""
    path = operation.path or operation.id
    return quote(path, safe=_IN_PATHS + ":") if path.startswith("/") else quote(path, safe=_IN_PATHS)


EXPORT = Export(
    name="cyclonedx",
    title="CycloneDX 1.6 services (JSON)",
    suffix=".cdx.json",
    write=write,
    carries="services with provider, endpoints, zone and data, and what they depend on",
)
