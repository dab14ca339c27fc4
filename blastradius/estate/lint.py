"""Doubts about an inventory: what is loose in it, and which controls stop nothing as they are placed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from blastradius.model import (
    Control,
    ControlKind,
    Entity,
    Kind,
    Note,
    NoteKind,
    Party,
    Relation,
    Verb,
)

Relations = Mapping[Verb, Sequence[Relation]]
_SPENT = {ControlKind.REVOKED, ControlKind.ROTATED, ControlKind.EXPIRED}


@dataclass(frozen=True)
class Ties:
    """Who owns a thing, and who stands behind a feed (its publishers) or an operation (what serves it)."""

    owners: Mapping[str, str]
    behind: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, by_verb: Relations) -> Ties:
        """Read the ties off the relations."""
        behind: dict[str, frozenset[str]] = {}
        for each in (*by_verb[Verb.PUBLISHES], *by_verb[Verb.SERVES]):
            behind[each.targets[0]] = behind.get(each.targets[0], frozenset()) | {each.sources[0]}
        return cls({each.targets[0]: each.sources[0] for each in by_verb[Verb.OWNS]}, behind)

    def owner(self, name: str) -> str:
        """The owner, or the thing itself where nobody owns it."""
        return self.owners.get(name, name)


def void(control: Control, host: Entity | Relation, entities: Mapping[str, Entity], ties: Ties) -> str | None:
    """Why a control stops nothing as it is placed, or ``None``; only on a relation can it be placed so.

    A vendor's own signature does not verify its feed; a fallback that shares zone or owner with what it
    replaces is no fallback.
    """
    provider = entities.get(control.provided_by or "")
    if not isinstance(host, Relation) or provider is None:
        return None
    if control.kind == ControlKind.FALLBACK:
        return _false_fallback(provider, host, entities, ties)
    if control.kind == ControlKind.VERIFIED:
        return _own_signature(provider, host, ties)
    return None


def _own_signature(provider: Entity, relation: Relation, ties: Ties) -> str | None:
    vendors = {ties.owner(each) for feed in relation.targets for each in ties.behind.get(feed, ())}
    if ties.owner(provider.id) in vendors:
        return f"{provider.id!r} belongs to the vendor whose feed it vouches for"
    return None


def _false_fallback(provider: Entity, relation: Relation, entities: Mapping[str, Entity], ties: Ties) -> str | None:
    named = relation.targets if relation.verb != Verb.PUBLISHES else relation.sources
    for name in sorted({*named, *(each for one in named for each in ties.behind.get(one, ()))}):
        if name == provider.id:
            return f"the fallback {name!r} is what it replaces"
        if provider.zone is not None and provider.zone == entities[name].zone:
            return f"the fallback {provider.id!r} shares zone {provider.zone!r} with {name!r}"
        if ties.owner(provider.id) == ties.owner(name):
            return f"the fallback {provider.id!r} and {name!r} fall with the same party"
    return None


def findings(
    entities: Mapping[str, Entity],
    by_verb: Relations,
    placed: Mapping[str, frozenset[ControlKind]],
    today: str,
) -> tuple[Note, ...]:
    """Loose ends, each with its position: what would make an answer wrong by leaving something out."""
    sources = {verb: {name for each in rows for name in each.sources} for verb, rows in by_verb.items()}
    targets = {verb: {name for each in rows for name in each.targets} for verb, rows in by_verb.items()}
    notes = [_note(entity, message) for entity in entities.values() for message in _loose(entity, sources, targets)]
    return (*notes, *_ended(entities, by_verb, placed, today))


def _loose(entity: Entity, sources: Mapping[Verb, set[str]], targets: Mapping[Verb, set[str]]) -> Iterable[str]:
    name = entity.id
    if entity.kind == Kind.CREDENTIAL:
        if not any(name in targets[verb] for verb in (Verb.HOLDS, Verb.OWNS, Verb.CONTAINS)):
            yield f"credential {name!r} is held by nobody; say who holds it, or which store contains it"
        if name not in sources[Verb.GRANTS]:
            yield f"credential {name!r} grants nothing; say what it grants"
    if entity.kind == Kind.OPERATION and not _touches(name, sources, targets):
        yield f"operation {name!r} touches nothing; say what it reads, writes or controls, or what serves it"
    if entity.kind == Kind.FEED and name not in targets[Verb.PUBLISHES] | targets[Verb.OWNS] | targets[Verb.WRITES]:
        yield f"feed {name!r} has no publisher; say which party or service publishes it"


def _touches(name: str, sources: Mapping[Verb, set[str]], targets: Mapping[Verb, set[str]]) -> bool:
    acts = (Verb.READS, Verb.WRITES, Verb.CONTROLS, Verb.DISABLES)
    return name in targets[Verb.SERVES] or any(name in sources[verb] for verb in acts)


def _ended(
    entities: Mapping[str, Entity],
    by_verb: Relations,
    placed: Mapping[str, frozenset[ControlKind]],
    today: str,
) -> Iterable[Note]:
    for each in by_verb[Verb.HOLDS]:
        party, key = entities[each.sources[0]], entities[each.targets[0]]
        if not isinstance(party, Party) or party.contract_end is None or party.contract_end >= today:
            continue
        if not _SPENT & placed.get(key.id, frozenset()):
            yield _note(
                party,
                f"the relationship with {party.id!r} ended on {party.contract_end}, but it still holds "
                f"{key.id!r}; revoke the credential or correct the date",
            )


def _note(entity: Entity, message: str) -> Note:
    return Note(kind=NoteKind.INCOMPLETE, message=message, about=(entity.id,), provenance=entity.provenance[:1])
