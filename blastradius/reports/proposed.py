"""A proposal as a fragment of an estate file, laid over an estate: who would hold a key, and what it would grant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from blastradius.errors import InputError, UsageError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Credential, Entity, Relation, Verb
from blastradius.reports.words import listed

_HOW_KNOWN = {"provenance", "basis", "also", "id"}
_VERBS = (Verb.HOLDS, Verb.GRANTS)
_SAY = "say who holds a key and what it grants"
_OR_DIFF = "for more than that compare two estates with diff"


@dataclass(frozen=True)
class Fragment:
    """What a fragment proposes, by ids: the holder, the key, what is granted; the relations as they are stated.

    ``estate`` is the one that it is laid over, with all that is new in it but for the key, which is ``new`` where it is
    not there yet.
    """

    estate: Estate
    holder: str
    key: str
    grants: tuple[str, ...]
    new: Credential | None
    relations: tuple[Relation, ...]


def fragment(estate: Estate, stated: Loaded) -> Fragment:
    """What is laid over an estate.

    Raises:
        UsageError: it states otherwise what the estate states, proposes more than who holds a key and what it grants,
            speaks of more than one key or holder, or of something that neither has.
    """
    relations = tuple(it for it in stated.relations if it.id not in estate.relations)
    for problem in _otherwise(estate, stated):
        raise UsageError(f"proposal: {problem}; a proposal adds and changes nothing, {_OR_DIFF}")
    for relation in relations:
        if relation.verb not in _VERBS:
            verb = relation.verb.replace("_", " ")
            raise UsageError(f"{_at(relation)}: {verb!r} cannot be proposed; {_SAY}, {_OR_DIFF}")
    if not relations:
        raise UsageError(f"proposal: it has nothing that the estate has not; {_SAY}")
    granting = (source for relation in _of(relations, Verb.GRANTS) for source in relation.sources)
    key = _one("key", [*_ends(relations, Verb.HOLDS), *granting])
    holder = _holder(estate, _of(relations, Verb.HOLDS), key)
    known = {entity.id: entity for entity in stated.entities if entity.id not in estate.entities}
    new = known.pop(key, None)
    laid = _laid_over(estate, known.values(), relations, new)
    given = new if isinstance(new, Credential) else None
    return Fragment(laid, holder, key, tuple(_ends(relations, Verb.GRANTS)), given, relations)


def _holder(estate: Estate, holding: Sequence[Relation], key: str) -> str:
    """Who is to hold the key; where that is not said, who holds it, or the party that owns the service that does."""
    if holding:
        return _one("holder", [relation.sources[0] for relation in holding])
    there = [relation.sources[0] for relation in estate.by_verb[Verb.HOLDS] if key in relation.targets]
    return _one("holder", [_owner(estate, name) for name in there])


def _owner(estate: Estate, holder: str) -> str:
    """The party whose service holds a key, where there is one."""
    owners = [it.sources[0] for it in estate.by_verb[Verb.OWNS] if holder in it.targets]
    return owners[0] if len(owners) == 1 else holder


def _otherwise(estate: Estate, stated: Loaded) -> Iterator[str]:
    """What both state, and not alike."""
    for entity in stated.entities:
        before = estate.entities.get(entity.id)
        if before is not None:
            yield from _differing(entity, before, f"{entity.id!r}")
    for relation in stated.relations:
        if relation.id in estate.relations:
            yield from _differing(relation, estate.relations[relation.id], f"{relation.id!r}")


def _differing(now: Entity | Relation, before: Entity | Relation, name: str) -> Iterator[str]:
    if type(now) is not type(before):
        yield f"{name} is of another kind in the estate"
        return
    for field, value in now.model_dump(exclude_unset=True, exclude=_HOW_KNOWN).items():
        if before.model_dump().get(field) != value:
            yield f"{field} of {name} is stated otherwise in the estate"


def _at(relation: Relation) -> str:
    return str(relation.provenance[0]) if relation.provenance else "proposal"


def _of(relations: Iterable[Relation], verb: Verb) -> list[Relation]:
    return [relation for relation in relations if relation.verb == verb]


def _ends(relations: Iterable[Relation], verb: Verb) -> list[str]:
    return list(dict.fromkeys(name for relation in _of(relations, verb) for name in relation.targets))


def _one(what: str, names: Sequence[str]) -> str:
    found = list(dict.fromkeys(names))
    if len(found) != 1:
        said = f"names {listed(found, 3)}" if found else "names none"
        raise UsageError(f"proposal: it is about one {what} and {said}; say one, {_OR_DIFF}")
    return found[0]


def _laid_over(estate: Estate, things: Iterable[Entity], relations: Sequence[Relation], new: Entity | None) -> Estate:
    """The estate with what is new, once it is certain that the relations have their ends."""
    laid = estate.changed(entities=tuple(things))
    try:
        laid.changed(entities=[] if new is None else [new], relations=relations)
    except InputError as error:
        raise UsageError(f"proposal: {error.problems[0]}") from None
    return laid
