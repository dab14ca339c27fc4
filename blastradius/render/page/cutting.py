"""A part of an estate that is an estate: what could be reached from a thing, or could lead to one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from blastradius.columns.ragged import Flags, Numbers
from blastradius.engine import CAPABILITIES, PreparedEstate
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Capability, Entity, Relation


def cut_out(prepared: PreparedEstate, name: str, *, backward: bool = False) -> Estate:
    """What could be reached from a thing, by id, if no control stood and one premise of a step were enough.

    A scenario that starts there reaches in the part what it reaches in the whole. With ``backward`` it is what could
    lead to the thing: whatever starts in the part reaches the thing as it does in the whole.
    """
    estate = prepared.estate
    near = _near(prepared, name, backward=backward)
    tails, heads = _walks(prepared)
    steps = np.unique(_steps_of(prepared)[near[heads if backward else tails]])
    roads = {int(road) for step in steps.tolist() for road in prepared.steps.along[step]}
    count = len(estate.entities)
    kept = {thing for thing, is_near in zip(estate.entities, near[:count].tolist(), strict=True) if is_near}
    entities, relations = _whole(prepared, kept, roads)
    lying = {entity.zone for entity in entities}
    return Estate.build(
        [
            Loaded(
                title=estate.title,
                as_of=estate.as_of,
                clock=dict(estate.clock),
                entities=entities,
                relations=relations,
                zones=tuple(zone for zone in estate.zones.values() if zone.id in lying),
            )
        ],
        today=estate.today,
    )


def _near(prepared: PreparedEstate, name: str, *, backward: bool) -> Flags:
    """What a walk along the steps comes by: things by number, then stepping stones."""
    tails, heads = _walks(prepared)
    if backward:
        tails, heads = heads, tails
    near = np.zeros(_places(prepared, np.array([prepared.facts.total]))[0], np.bool_)
    near[_starts(prepared, name)] = True
    if not backward:
        near[_places(prepared, np.array([prepared.facts.stone(Capability.ANYONE, 0)]))] = True
    count = -1
    while count != (count := int(near.sum())):
        near[heads[near[tails]]] = True
    return near


def _starts(prepared: PreparedEstate, name: str) -> list[int]:
    """A thing with its parts and theirs, by number."""
    names = [name]
    for whole in names:
        names += [part for part in prepared.estate.parts_of(whole) if part not in names]
    return [prepared.facts.entity_numbers[part] for part in names]


def _walks(prepared: PreparedEstate) -> tuple[Numbers, Numbers]:
    """Every premise of a step, and every control that would have to fall, with the conclusion."""
    steps, facts = prepared.steps, prepared.facts
    falls = steps.blockers.values + facts.stone(Capability.INACTIVE, 0)
    tails = np.concatenate([steps.premises.values, falls])
    heads = steps.conclusion[_steps_of(prepared)]
    return _places(prepared, tails), _places(prepared, heads)


def _steps_of(prepared: PreparedEstate) -> Numbers:
    """The step of each walk."""
    return np.concatenate([prepared.steps.premises.row_ids, prepared.steps.blockers.row_ids])


def _places(prepared: PreparedEstate, facts: Numbers) -> Numbers:
    """What facts are about: a thing by its number, or beyond them a stepping stone."""
    count, width = len(prepared.estate.entities), len(CAPABILITIES)
    return np.where(facts < count * width, facts // width, facts - count * (width - 1))


def _whole(
    prepared: PreparedEstate, kept: set[str], roads: set[int]
) -> tuple[tuple[Entity, ...], tuple[Relation, ...]]:
    """Things and relations with all that they speak of, and every relation between them."""
    estate, telling = prepared.estate, prepared.telling_relations
    relations = list(estate.relations.values())
    while True:
        inside = [
            relation
            for number, relation in enumerate(relations)
            if number in roads or _is_kept(relation, kept, any_end=number in telling)
        ]
        entities = tuple(estate.entities[name] for name in estate.entities if name in kept)
        things: list[Entity | Relation] = [*entities, *inside]
        spoken = {name for thing in things for name in _spoken_of(thing)}
        if spoken <= kept:
            return entities, tuple(inside)
        kept = kept | spoken


def _is_kept(relation: Relation, kept: set[str], *, any_end: bool) -> bool:
    ends = {*relation.sources, *relation.targets}
    return not ends.isdisjoint(kept) if any_end else ends <= kept


def _spoken_of(thing: Entity | Relation) -> Iterator[str]:
    """The ids that stand in a thing or a relation."""
    named: Iterable[str] = getattr(thing, "copy_of", ())
    if isinstance(thing, Relation):
        named = (*thing.sources, *thing.targets, *thing.keys, *thing.needs)
    yield from named
    yield from (control.provided_by for control in thing.controls if control.provided_by)
