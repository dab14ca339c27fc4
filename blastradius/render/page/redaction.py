"""An estate without its names: everything is called by its kind and a number, and nothing else is told of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Control, Entity, Expectation, Operation, Relation, Scenario, Zone
from blastradius.workspace.renaming import renamed

_TOLD: dict[str, Any] = {
    "name": None,
    "owner": None,
    "description": None,
    "tags": (),
    "unknown": (),
    "seen_by": (),
    "provenance": (),
    "method": None,
    "path": None,
    "classification": None,
    "justification": None,
    "governance": {},
    "contract_end": None,
}
"""The fields that tell something and change no reach, and what stands there instead."""


def without_names(estate: Estate, start: Scenario | None = None) -> tuple[Estate, Scenario | None]:
    """The same estate under other names, and where a scenario starts in it; no file, rule of ours or note stays.

    Whatever is asked of it reaches the same things. Their numbers follow the order of the ids; the digest is that of
    what is left.
    """
    entities = tuple(estate.entities.values())
    ids = _numbered((entity.id, str(entity.kind)) for entity in entities)
    apis = _numbered((entity.api, "API") for entity in entities if isinstance(entity, Operation) and entity.api)
    lying = {entity.zone for entity in entities if entity.zone}
    zones = _numbered((zone, "zone") for zone in sorted({*estate.zones, *lying}))
    bare = Loaded(
        as_of=estate.day,
        clock=dict(estate.clock),
        entities=tuple(map(_bare, entities)),
        relations=tuple(map(_relation, estate.relations.values())),
        zones=tuple(map(_zone, estate.zones.values())),
        expectations=() if start is None else (Expectation(name="start", scenario=start),),
    )
    found = renamed(bare, ids=ids.__getitem__, apis=apis.__getitem__, zones=zones.__getitem__)
    asked = next((expectation.scenario for expectation in found.expectations), None)
    return Estate.build([found.model_copy(update={"expectations": ()})], today=estate.today), asked


def _numbered(named: Iterable[tuple[str, str]]) -> dict[str, str]:
    """A name for each name, of its kind and a number among those of its kind."""
    counts: dict[str, int] = {}
    found: dict[str, str] = {}
    for name, kind in named:
        if name not in found:
            counts[kind] = counts.get(kind, 0) + 1
            found[name] = f"{kind} {counts[kind]}"
    return found


def _bare(entity: Entity) -> Entity:
    fields = type(entity).model_fields
    update = {field: value for field, value in _TOLD.items() if field in fields}
    return entity.model_copy(update={**update, "controls": tuple(map(_control, entity.controls))})


def _control(control: Control) -> Control:
    return control.model_copy(update={"why": None, "provenance": ()})


def _relation(relation: Relation) -> Relation:
    update = {"unknown": (), "seen_by": (), "provenance": (), "controls": tuple(map(_control, relation.controls))}
    return relation.model_copy(update=update)


def _zone(zone: Zone) -> Zone:
    return zone.model_copy(update={"name": None, "provenance": ()})
