"""Facts under other names: every place where an id, an API or a zone stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from blastradius.loaderkit.attributes import ends_of
from blastradius.loaderkit.contract import Loaded
from blastradius.model import (
    SEEDS,
    Accepted,
    Control,
    Entity,
    Exercise,
    Expectation,
    ExpectedFact,
    Kept,
    Note,
    Operation,
    Relation,
    Scenario,
    Selection,
    Store,
    Verb,
    Zone,
    relation_id,
)

Rename = Callable[[str], str]


@dataclass(frozen=True)
class _Names:
    """How the names in one file are renamed: ids of things, those of relations, and starts of scenarios."""

    ids: Rename
    zones: Rename
    entities: frozenset[str]
    lying: frozenset[str]

    def host(self, name: str) -> str:
        """The id of an entity, or of a relation by its verb and its ends."""
        ends = None if name in self.entities else ends_of(name)
        if ends is None:
            return self.ids(name)
        return relation_id(Verb(name.partition(":")[0]), *(_each(side, self.ids) for side in ends))

    def control(self, name: str) -> str:
        """A control named by kind, or by kind and host."""
        kind, sign, host = name.partition("@")
        return f"{kind}{sign}{self.host(host)}" if sign else name

    def seed(self, name: str) -> str:
        """Where a scenario starts: a zone that the file speaks of, unless an entity has its name."""
        return self.zones(name) if name in self.lying - self.entities else self.ids(name)


def renamed(loaded: Loaded, *, ids: Rename = str, apis: Rename = str, zones: Rename = str) -> Loaded:
    """What a file gave, under other names; a name that two ends of a relation come to share stands there once.

    Where all names stay, only what may name a thing twice is looked at.
    """
    same = ids is apis is zones is str
    lying = {entity.zone for entity in loaded.entities if entity.zone} | {zone.id for zone in loaded.zones}
    names = _Names(ids, zones, frozenset(entity.id for entity in loaded.entities), frozenset(lying))
    return loaded.model_copy(
        update={
            "entities": tuple(
                entity
                if same and not (isinstance(entity, Store) and entity.copy_of)
                else _entity(entity, ids, apis, zones)
                for entity in loaded.entities
            ),
            "relations": tuple(
                relation if same and _is_between_two(relation) else _relation(relation, ids)
                for relation in loaded.relations
            ),
            "zones": tuple(_zone(zone, zones) for zone in loaded.zones),
            "expectations": tuple(_expectation(expectation, names) for expectation in loaded.expectations),
            "exercises": tuple(_exercise(exercise, names) for exercise in loaded.exercises),
            "notes": tuple(_note(note, names.host) for note in loaded.notes),
        }
    )


def _entity(entity: Entity, ids: Rename, apis: Rename, zones: Rename) -> Entity:
    found: dict[str, Any] = {"id": ids(entity.id)}
    if entity.zone is not None:
        found["zone"] = zones(entity.zone)
    if isinstance(entity, Operation) and entity.api is not None:
        found["api"] = apis(entity.api)
    if isinstance(entity, Store) and entity.copy_of:
        found["copy_of"] = _each(entity.copy_of, ids)
    found |= _controls(entity.controls, ids)
    changed = {key: value for key, value in found.items() if value != getattr(entity, key)}
    return entity.model_copy(update=changed) if changed else entity


def _is_between_two(relation: Relation) -> bool:
    """Whether a relation has one source and one target, and names nothing else."""
    return len(relation.sources) == len(relation.targets) == 1 and not (relation.keys or relation.needs)


def _relation(relation: Relation, ids: Rename) -> Relation:
    sources, targets = _each(relation.sources, ids), _each(relation.targets, ids)
    controls = _controls(relation.controls, ids)
    keys = {name: _each(getattr(relation, name), ids) for name in ("keys", "needs") if getattr(relation, name)}
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


def _expectation(expectation: Expectation, names: _Names) -> Expectation:
    def facts(expected: Iterable[ExpectedFact]) -> tuple[ExpectedFact, ...]:
        return tuple(fact.model_copy(update={"entity": names.ids(fact.entity)}) for fact in expected)

    return expectation.model_copy(
        update={
            "scenario": _scenario(expectation.scenario, names),
            "for_each": _selection(expectation.for_each, names),
            "reached": facts(expectation.reached),
            "not_reached": facts(expectation.not_reached),
            "possible": facts(expectation.possible),
            "kept": tuple(_kept(kept, names.zones) for kept in expectation.kept),
            "accepted": tuple(_accepted(found, names.ids) for found in expectation.accepted),
        }
    )


def _exercise(exercise: Exercise, names: _Names) -> Exercise:
    changed = {"scenario": _scenario(exercise.scenario, names), "scope": _each(exercise.scope, names.ids)}
    return exercise.model_copy(update=changed)


def _kept(kept: Kept, zones: Rename) -> Kept:
    return kept if kept.zone is None else kept.model_copy(update={"zone": zones(kept.zone)})


def _accepted(accepted: Accepted, ids: Rename) -> Accepted:
    said = {field: name for field in ("start", "entity") if (name := getattr(accepted, field)) is not None}
    return accepted.model_copy(update={field: ids(name) for field, name in said.items()})


def _selection(selection: Selection | None, names: _Names) -> Selection | None:
    if selection is None:
        return None
    zone = selection.zone if selection.zone is None else names.zones(selection.zone)
    return selection.model_copy(update={"zone": zone, "excluded": _each(selection.excluded, names.ids)})


def _scenario(scenario: Scenario, names: _Names) -> Scenario:
    renames = {**dict.fromkeys(SEEDS, names.seed), "distrust": names.control, "controls": names.control}
    found = {field: _each(getattr(scenario, field), rename) for field, rename in renames.items()}
    return scenario.model_copy(update=found | {"without": _each(scenario.without, names.host)})


def _each(names: Iterable[str], rename: Rename) -> tuple[str, ...]:
    """The new names, once each."""
    return tuple(dict.fromkeys(map(rename, names)))
