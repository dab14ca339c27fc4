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
    "provenance": (),
    "method": None,
    "path": None,
    "classification": None,
    "justification": None,
    "governance": {},
    "contract_end": None,
}
"""The fields that tell something and change no reach, and what stands there instead."""


_NOTICED = "something is noticed that the estate names"


def without_names(estate: Estate, *asked: Scenario) -> tuple[Estate, tuple[Scenario, ...]]:
    """The same estate under other names, and what is asked of it; no file, rule of ours or note stays.

    Whatever is asked of it reaches the same things. Of what would show something it says that it would, within which
    time. Their numbers follow the order of the ids; the digest is that of
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
        expectations=tuple(Expectation(name=str(number), scenario=scenario) for number, scenario in enumerate(asked)),
    )
    found = renamed(bare, ids=ids.__getitem__, apis=apis.__getitem__, zones=zones.__getitem__)
    there = tuple(expectation.scenario for expectation in found.expectations)
    return Estate.build([found.model_copy(update={"expectations": ()})], today=estate.today), there


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
    return entity.model_copy(update={**update, **_kept(entity)})


def _control(control: Control) -> Control:
    return control.model_copy(update={"why": None, "provenance": ()})


def _relation(relation: Relation) -> Relation:
    return relation.model_copy(update={"unknown": (), "provenance": (), **_kept(relation)})


def _kept(thing: Entity | Relation) -> dict[str, Any]:
    """What stays of controls, and of what would show something."""
    seen = (signal.model_copy(update={"signal": _NOTICED, "who": None}) for signal in thing.seen_by)
    return {"controls": tuple(map(_control, thing.controls)), "seen_by": tuple(seen)}


def _zone(zone: Zone) -> Zone:
    return zone.model_copy(update={"name": None, "provenance": ()})
