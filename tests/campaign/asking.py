"""Any question of the registry asked at random: parameters that fit an estate, found by their names and types."""

from __future__ import annotations

import enum
import random
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from blastradius.answer import Answer, Query, parameters
from blastradius.engine import SEED_KINDS
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import ControlKind, Entity, Kind, Relation
from blastradius.reports.templates import TEMPLATES

KINDS: dict[str, frozenset[Kind]] = {
    **SEED_KINDS,
    "holder": frozenset({Kind.PARTY, Kind.SERVICE}),
    "grant": frozenset({Kind.SCOPE, Kind.OPERATION}),
    "key": frozenset({Kind.CREDENTIAL}),
    "needs": frozenset({Kind.OPERATION}),
}
"""The kinds of entity that a parameter of this name takes; others take any."""
ALWAYS = ("holder", "grant")
"""What is always stated: one of several that would do."""
NEVER = ("new_partner", "proposal", "cost", "seconds", "decide", "also", "minutes")
"""What stands in the place of something that is stated, and names what the estate does not have; what is no name."""


def ask(query: Query, estate: Estate, stated: dict[str, Any]) -> Answer:
    """The answer to a question.

    Raises:
        UsageError: the parameters do not fit, as may be.
    """
    return query.run(estate, parameters(query, stated))


def stated(rng: random.Random, query: Query, estate: Estate) -> dict[str, Any]:
    """Parameters for a question, some of those that may be left out among them."""
    found = {}
    for name, field in query.params.model_fields.items():
        if name in NEVER:
            continue
        if name not in (*SEED_KINDS, *ALWAYS) and not field.is_required() and rng.random() < 0.5:
            continue
        value = _value(rng, name, field, estate)
        if value is not None:
            found[name] = value
    return found


def _value(rng: random.Random, name: str, field: FieldInfo, estate: Estate) -> Any:
    if name == "distrust":
        known = [*estate.controls, *map(str, ControlKind)]
        return tuple(rng.sample(known, rng.choice((0, 1, 2))))
    if name == "without":
        return tuple(rng.sample(sorted(estate.relations), min(len(estate.relations), rng.choice((0, 1, 1, 2)))))
    if name == "with_":
        hosts = _hosts(estate)
        return tuple(
            f"{kind}@{rng.choice(hosts)}" for kind in rng.sample(list(ControlKind), rng.choice((0, 1, 2)) * bool(hosts))
        )
    if name == "template":
        return tuple(rng.sample([it.id for it in TEMPLATES], rng.choice((0, 1, 3))))
    if name == "set":
        parties = [it.id for it in estate.of_kind(Kind.PARTY) if getattr(it, "role", None) != "self"]
        return (",".join(rng.sample(parties, rng.choice((2, 3)))),) if len(parties) > 2 else None
    if name == "since":
        return _earlier(rng, estate)
    if name == "hours":
        return rng.choice((0.0, 5.0, 50.0))
    kinds = [_plain(get_arg) for get_arg in get_args(field.annotation) or (field.annotation,)]
    choices = [each for kind in kinds for each in kind]
    if get_origin(field.annotation) is Literal:
        choices = list(get_args(field.annotation))
    if choices:
        chosen = rng.choice(choices)
        return (chosen,) if get_origin(field.annotation) is tuple else chosen
    return _named(rng, name, estate, several=get_origin(field.annotation) is tuple)


def _hosts(estate: Estate) -> list[str]:
    """What a control can be put on."""
    return sorted(
        [*estate.relations, *(it.id for it in estate.entities.values() if "controls" in type(it).model_fields)]
    )


def _earlier(rng: random.Random, estate: Estate) -> Estate:
    """An estate with some relations fewer, some marks and controls otherwise, and perhaps without a third party."""
    named = {control.provided_by for it in estate.entities.values() for control in it.controls}
    gone = {it.id for it in estate.of_kind(Kind.PARTY) if rng.random() < 0.2 and it.id not in named}
    kept = [it for it in estate.relations.values() if rng.random() < 0.8 and gone.isdisjoint(_said_in(it))]
    kept = [it.model_copy(update={"controls": ()}) if rng.random() < 0.3 else it for it in kept]
    marked = [_otherwise(rng, it) for it in estate.entities.values() if it.id not in gone]
    return Estate.build([Loaded(entities=tuple(marked), relations=tuple(kept), zones=tuple(estate.zones.values()))])


def grown(rng: random.Random, estate: Estate) -> tuple[Estate, Loaded]:
    """An estate with some things and relations fewer, and all that is said in the one with them, or only of those."""
    said = repr((estate.expectations, estate.exercises))
    named = {control.provided_by for it in estate.entities.values() for control in it.controls}
    named |= {name for it in estate.entities.values() for name in getattr(it, "copy_of", ())}
    fewer, few = rng.choice((0.02, 0.15)), rng.choice((0.1, 0.3))
    one = rng.choice([*estate.relations, ""])
    gone = {it for it in estate.entities if rng.random() < fewer and it not in named and f"'{it}'" not in said}
    kept = {it.id: it for it in estate.relations.values() if rng.random() > few and gone.isdisjoint(_said_in(it))}
    kept.pop(one, None)
    base = Loaded(
        entities=tuple(it for it in estate.entities.values() if it.id not in gone),
        relations=tuple(kept.values()),
        zones=tuple(estate.zones.values()),
        expectations=estate.expectations,
        exercises=estate.exercises,
    )
    whole = rng.random() < 0.5
    more = Loaded(
        entities=tuple(it for it in estate.entities.values() if whole or it.id in gone),
        relations=tuple(it for it in estate.relations.values() if whole or it.id not in kept),
    )
    return Estate.build([base]), more


def _said_in(relation: Relation) -> tuple[str | None, ...]:
    by = (control.provided_by for control in relation.controls)
    return (*relation.sources, *relation.targets, *relation.keys, *relation.needs, *by)


def _otherwise(rng: random.Random, entity: Entity) -> Entity:
    if "crown_jewel" not in type(entity).model_fields or rng.random() < 0.8:
        return entity
    return entity.model_copy(update={"crown_jewel": not getattr(entity, "crown_jewel", False)})


def _plain(kind: Any) -> list[Any]:
    """Some values of a type that names nothing in the estate."""
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return list(kind)
    known: dict[Any, list[Any]] = {bool: [False, True], int: [1, 2, 20], float: [0.0, 5.0]}
    return known.get(kind, [])


def _named(rng: random.Random, name: str, estate: Estate, *, several: bool) -> str | tuple[str, ...] | None:
    kinds = KINDS.get(name, frozenset(Kind))
    fit = [entity.id for entity in estate.entities.values() if entity.kind in kinds]
    if several:
        return tuple(rng.sample(fit, min(len(fit), rng.choice((0, 1, 1, 2)))))
    return rng.choice(fit) if fit else None
