"""Facts under other names: every place where an id, an API or a zone stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from blastradius.loaderkit.contract import Loaded
from blastradius.model import (
    SEEDS,
    Control,
    Entity,
    Expectation,
    ExpectedFact,
    Note,
    Operation,
    Relation,
    Scenario,
    Store,
    Zone,
)

Rename = Callable[[str], str]


def renamed(loaded: Loaded, *, ids: Rename = str, apis: Rename = str, zones: Rename = str) -> Loaded:
    """What a file gave, under other names; a name that two ends of a relation come to share stands there once."""
    relations = {relation.id: _relation(relation, ids) for relation in loaded.relations}
    whole = ids if not relations else lambda name: relations[name].id if name in relations else ids(name)
    return loaded.model_copy(
        update={
            "entities": tuple(_entity(entity, ids, apis, zones) for entity in loaded.entities),
            "relations": tuple(relations.values()),
            "zones": tuple(_zone(zone, zones) for zone in loaded.zones),
            "expectations": tuple(_expectation(expectation, ids) for expectation in loaded.expectations),
            "notes": tuple(_note(note, whole) for note in loaded.notes),
        }
    )


def _entity(entity: Entity, ids: Rename, apis: Rename, zones: Rename) -> Entity:
    found: dict[str, Any] = {"id": ids(entity.id)}
    if entity.zone is not None:
        found["zone"] = zones(entity.zone)
    if isinstance(entity, Operation) and entity.api is not None:
        found["api"] = apis(entity.api)
    if isinstance(entity, Store) and entity.copy_of:
        found["copy_of"] = tuple(map(ids, entity.copy_of))
    found |= _controls(entity.controls, ids)
    changed = {key: value for key, value in found.items() if value != getattr(entity, key)}
    return entity.model_copy(update=changed) if changed else entity


def _relation(relation: Relation, ids: Rename) -> Relation:
    sources, targets = (tuple(dict.fromkeys(map(ids, ends))) for ends in (relation.sources, relation.targets))
    controls = _controls(relation.controls, ids)
    keys = {name: tuple(map(ids, getattr(relation, name))) for name in ("keys", "needs") if getattr(relation, name)}
    if (sources, targets) == (relation.sources, relation.targets) and not controls and not keys:
        return relation
    fields = {name: getattr(relation, name) for name in relation.model_fields_set}
    fields |= {"sources": sources, "targets": targets, **controls, **keys}
    if relation.at_least is not None:
        fields["at_least"] = min(relation.at_least, len(targets))
    return Relation(**fields)


def _controls(controls: Iterable[Control], ids: Rename) -> dict[str, Any]:
    """The controls under the new names of who provides them; nothing where none is provided by anyone."""
    if not any(control.provided_by for control in controls):
        return {}
    return {
        "controls": tuple(
            control.model_copy(update={"provided_by": ids(control.provided_by)}) if control.provided_by else control
            for control in controls
        )
    }


def _zone(zone: Zone, zones: Rename) -> Zone:
    return zone.model_copy(update={"id": zones(zone.id)})


def _note(note: Note, names: Rename) -> Note:
    return note.model_copy(update={"about": tuple(map(names, note.about))}) if note.about else note


def _expectation(expectation: Expectation, ids: Rename) -> Expectation:
    def facts(expected: Iterable[ExpectedFact]) -> tuple[ExpectedFact, ...]:
        return tuple(fact.model_copy(update={"entity": ids(fact.entity)}) for fact in expected)

    return expectation.model_copy(
        update={
            "scenario": _scenario(expectation.scenario, ids),
            "reached": facts(expectation.reached),
            "not_reached": facts(expectation.not_reached),
            "possible": facts(expectation.possible),
        }
    )


def _scenario(scenario: Scenario, ids: Rename) -> Scenario:
    seeds: dict[str, Any] = {name: tuple(map(ids, getattr(scenario, name))) for name in SEEDS}
    return scenario.model_copy(
        update={**seeds, "distrust": tuple(_distrusted(control, ids) for control in scenario.distrust)}
    )


def _distrusted(control: str, ids: Rename) -> str:
    """A control named by kind, or by kind and host."""
    kind, sign, host = control.partition("@")
    return f"{kind}{sign}{ids(host)}" if sign else control
