"""Open Threat Model 0.2: services, stores and parties as components, their zones, and the flows between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.exporting.access import callers, is_other, joined, touching
from blastradius.exporting.contract import Export
from blastradius.exporting.graph import as_json
from blastradius.model import Entity, Kind, Store, Verb

_TYPES = {Kind.SERVICE: "service", Kind.STORE: "data-store", Kind.PARTY: "party"}
# the schema asks for numbers that nobody has stated
_UNRATED = {"confidentiality": 0, "integrity": 0, "availability": 0, "comment": "not rated"}


def write(estate: Estate) -> str:
    """What threat models have words for; the rest of the estate is left out.

    Raises:
        UsageError: there is nothing that a threat model has a word for.
    """
    drawn = [entity for entity in estate.entities.values() if _is_drawn(estate, entity)]
    if not drawn:
        raise UsageError("no service, store or other party in the estate; a threat model carries nothing else")
    zones = {entity.zone for entity in drawn if entity.zone is not None} | set(estate.zones)
    outside, nowhere = _unlike("external", zones), _unlike("no zone stated", zones)
    lies_in = {entity.id: outside if entity.kind == Kind.PARTY else entity.zone or nowhere for entity in drawn}
    title = estate.title or "estate"
    return as_json(
        {
            "otmVersion": "0.2.0",
            "project": {"name": title, "id": title},
            "trustZones": [
                *(_zone(name, estate.zones[name].label if name in estate.zones else name) for name in sorted(zones)),
                *([_zone(outside, outside) | {"type": "external"}] if outside in lies_in.values() else []),
                *([_zone(nowhere, nowhere)] if nowhere in lies_in.values() else []),
            ],
            "components": [_component(entity, lies_in[entity.id]) for entity in drawn],
            "assets": [_asset(entity) for entity in drawn if isinstance(entity, Store) and entity.classification],
            "dataflows": [*_of_stores(estate), *_of_doors(estate)],
        }
    )


def _is_drawn(estate: Estate, entity: Entity) -> bool:
    return entity.kind in (Kind.SERVICE, Kind.STORE) or is_other(estate, entity.id)


def _unlike(name: str, others: Iterable[str]) -> str:
    known = set(others)
    while name in known:
        name += "'"
    return name


def _zone(name: str, label: str) -> dict[str, Any]:
    return {"id": name, "name": label, "description": "not rated", "risk": {"trustRating": 0}}


def _component(entity: Entity, zone: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": entity.id,
        "name": entity.label,
        "type": _TYPES[entity.kind],
        "parent": {"trustZone": zone},
        "tags": list(entity.tags),
    }
    if entity.description:
        made["description"] = entity.description
    if isinstance(entity, Store) and entity.classification:
        made["assets"] = {"stored": [entity.id]}
    return made


def _asset(entity: Store) -> dict[str, Any]:
    return {
        "id": entity.id,
        "name": entity.label,
        "risk": _UNRATED,
        "attributes": {"classification": entity.classification},
    }


def _of_stores(estate: Estate) -> Iterator[dict[str, Any]]:
    """Data into and out of stores: what a service does itself, and what it does where an operation is called."""
    for verb in (Verb.READS, Verb.WRITES):
        for user, store, name in touching(estate, verb):
            ends = (store, user) if verb == Verb.READS else (user, store)
            yield _flow(estate, f"{user} {verb} {store}" + ("" if name == user else f" by {name}"), name, *ends)
    for made, origins in joined(estate, Verb.DERIVES_FROM).items():
        for origin in origins:
            yield _flow(estate, f"{made} derives from {origin}", made, origin, made)


def _of_doors(estate: Estate) -> Iterator[dict[str, Any]]:
    """A flow from each caller of an operation to what serves it, and from each publisher of a feed to its takers.

    The first has the id of the operation or the feed.
    """
    servers, asking = joined(estate, Verb.SERVES, back=True), callers(estate)
    publishers = joined(estate, Verb.PUBLISHES, back=True)
    takers = joined(estate, Verb.CONSUMES, Verb.INSTALLS, back=True)
    for senders, receivers in ((asking, servers), (publishers, takers)):
        for name in sorted(senders.keys() & receivers.keys()):
            ways = product(*([end for end in ends[name] if _is_shown(estate, end)] for ends in (senders, receivers)))
            for number, (one, other) in enumerate(ways):
                yield _flow(estate, f"{name} from {one} to {other}" if number else name, name, one, other)


def _is_shown(estate: Estate, end: str) -> bool:
    return estate.entities[end].kind == Kind.SERVICE or is_other(estate, end)


def _flow(estate: Estate, made: str, name: str, source: str, target: str) -> dict[str, Any]:
    return {"id": made, "name": estate.entities[name].label, "source": source, "destination": target}


EXPORT = Export(
    name="otm",
    title="Open Threat Model 0.2 (JSON)",
    suffix=".otm",
    write=write,
    carries="zones, services, stores, other parties, and the flows between them",
)
