"""A proposal laid over an estate: what a fragment, or another estate, states that the estate does not have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from blastradius.errors import InputError, UsageError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Credential, Entity, Kind, Relation, Verb, Zone
from blastradius.reports.rows import is_ourselves

_HOW_KNOWN = {"provenance", "basis", "also", "id"}
_ONE_KEY = (Verb.HOLDS, Verb.GRANTS)
_OR_DIFF = "a proposal adds and changes nothing, for more than that compare two estates with diff"


@dataclass(frozen=True)
class Additions:
    """What a proposal adds: things and zones that are new, and relations, as they are stated."""

    entities: tuple[Entity, ...]
    relations: tuple[Relation, ...]
    zones: tuple[Zone, ...] = ()

    def ends(self, verb: Verb) -> list[str]:
        """What its relations of a verb lead to, once each."""
        return list(dict.fromkeys(name for relation in self.of(verb) for name in relation.targets))

    def of(self, verb: Verb) -> list[Relation]:
        """Its relations of a verb."""
        return [relation for relation in self.relations if relation.verb == verb]

    @property
    def is_about_keys(self) -> bool:
        """Whether it says no more than who holds which keys, and what these grant."""
        things = {it.kind for it in self.entities} <= {Kind.PARTY, Kind.CREDENTIAL}
        return things and not self.zones and {it.verb for it in self.relations} <= {*_ONE_KEY}


@dataclass(frozen=True)
class OneKey:
    """A proposal about one key and its one holder, by ids: what is granted to it; the relations as they are stated.

    ``estate`` is the one that it is laid over, with the holder in it; the key is ``new`` where it is not there yet.
    """

    estate: Estate
    holder: str
    key: str
    grants: tuple[str, ...]
    new: Credential | None
    relations: tuple[Relation, ...]


def additions(estate: Estate, stated: Loaded) -> Additions:
    """What is stated and not in the estate.

    Raises:
        UsageError: there is nothing, or the estate states some of it otherwise.
    """
    for problem in _otherwise(estate, stated):
        raise UsageError(f"proposal: {problem}; {_OR_DIFF}")
    found = Additions(
        tuple(it for it in stated.entities if it.id not in estate.entities),
        tuple(it for it in stated.relations if it.id not in estate.relations),
        tuple(it for it in stated.zones if it.id not in estate.zones),
    )
    if not (found.entities or found.relations):
        raise UsageError("proposal: it has nothing that the estate has not; say who is to hold, grant or serve what")
    return found


def laid_over(estate: Estate, added: Additions) -> Estate:
    """The estate with all that is proposed in it.

    Raises:
        UsageError: a relation leads to what neither has, or a control is put where it does nothing.
    """
    try:
        return estate.changed(entities=added.entities, relations=added.relations, zones=added.zones)
    except InputError as error:
        raise UsageError(f"proposal: {error.problems[0]}") from None


def one_key(estate: Estate, added: Additions) -> OneKey | None:
    """The proposal where it is about what one holder is granted by one key; ``None`` where it says more than that.

    Raises:
        UsageError: as ``laid_over`` does.
    """
    granting = [source for relation in added.of(Verb.GRANTS) for source in relation.sources]
    keys = {*added.ends(Verb.HOLDS), *granting}
    if added.zones or not granting or len(keys) != 1 or any(it.verb not in _ONE_KEY for it in added.relations):
        return None
    (key,) = keys
    holders = holders_of(estate, added, key)
    if len(holders) != 1 or {it.id for it in added.entities} - {key, *holders}:
        return None
    laid_over(estate, added)
    new = next((it for it in added.entities if it.id == key), None)
    return OneKey(
        estate.changed(entities=[it for it in added.entities if it.id != key]),
        holders[0],
        key,
        tuple(added.ends(Verb.GRANTS)),
        new if isinstance(new, Credential) else None,
        added.relations,
    )


def holders_of(estate: Estate, added: Additions, key: str) -> list[str]:
    """Who is to hold a key; where that is not said, or several are, the party that owns the service that does."""
    holding = list(dict.fromkeys(it.sources[0] for it in added.of(Verb.HOLDS) if key in it.targets))
    if len(holding) == 1:
        return holding
    there = [relation.sources[0] for relation in estate.by_verb[Verb.HOLDS] if key in relation.targets]
    return list(dict.fromkeys(_owner(estate, name) for name in holding or there))


def _owner(estate: Estate, holder: str) -> str:
    """The party whose service holds a key, where there is one."""
    owners = [it.sources[0] for it in estate.by_verb[Verb.OWNS] if holder in it.targets]
    return owners[0] if len(owners) == 1 else holder


def brought(after: Estate, added: Additions) -> set[str]:
    """What is new and no part of what we have: parties and keys, and what third parties own, publish and serve."""
    found = {it.id for it in added.entities if it.kind in (Kind.PARTY, Kind.CREDENTIAL)}
    third = {it.id for it in after.of_kind(Kind.PARTY) if not is_ourselves(it)}
    new, theirs = {it.id for it in added.entities}, set[str]()
    while True:
        more = {name for relation in added.relations for name in _tied(relation, third | theirs)} & new - theirs
        if not more:
            return found | theirs
        theirs |= more


def _tied(relation: Relation, theirs: set[str]) -> Iterable[str]:
    """What belongs to somebody because something else does."""
    if relation.verb == Verb.PART_OF:
        return relation.sources if theirs & {*relation.targets} else ()
    ties = relation.verb in (Verb.OWNS, Verb.PUBLISHES, Verb.SERVES)
    return relation.targets if ties and theirs & {*relation.sources} else ()


def _otherwise(estate: Estate, stated: Loaded) -> Iterator[str]:
    """What both state, and not alike."""
    for entity in stated.entities:
        if entity.id in estate.entities:
            yield from _differing(entity, estate.entities[entity.id])
    for relation in stated.relations:
        if relation.id in estate.relations:
            yield from _differing(relation, estate.relations[relation.id])
    placed = {entity.zone for entity in estate.entities.values()} if stated.zones else set[str | None]()
    for zone in stated.zones:
        before = estate.zones.get(zone.id) or (Zone(id=zone.id) if zone.id in placed else zone)
        if before.flat != zone.flat:
            yield f"whether all in the zone {zone.id!r} reach each other is stated otherwise in the estate"


def _differing(now: Entity | Relation, before: Entity | Relation) -> Iterator[str]:
    if type(now) is not type(before):
        yield f"{now.id!r} is of another kind in the estate"
        return
    was, says = before.model_dump(), now.model_dump(exclude=_HOW_KNOWN)
    for field in (field for field in says if field in now.model_fields_set):
        if _bare(was.get(field)) != _bare(says[field]):
            yield f"{field} of {now.id!r} is stated otherwise in the estate"


def _bare(value: Any) -> Any:
    """What is said, without where it was read and how it is known."""
    if isinstance(value, dict):
        return {name: _bare(part) for name, part in value.items() if name not in _HOW_KNOWN}
    return [_bare(part) for part in value] if isinstance(value, Sequence) and not isinstance(value, str) else value
