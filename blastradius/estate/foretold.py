"""What would be said of a whole estate after a change, told from what is said of it now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from blastradius.estate.change import Change
from blastradius.estate.estate import START_KINDS, Census
from blastradius.estate.unsaid import MOST_NAMED, UNSAID_ALONG, unsaid_dependence, unsaid_votes
from blastradius.model import Credential, Entity, Kind, Note, NoteKind, Relation


class WholeNeededError(Exception):
    """A question has come to what only the whole estate can say."""


def census_after(census: Census, change: Change) -> Census:
    """How much there is after a change; no entity is ever taken away."""
    entities = [thing for thing in change.added if not isinstance(thing, Relation)]
    removed = len(change.removed)
    return Census(
        entities=census.entities + len(entities),
        relations=census.relations + len(change.added) - len(entities) - removed,
        processes=census.processes + sum(entity.kind == Kind.PROCESS for entity in entities),
        crown_jewels=census.crown_jewels + sum(getattr(entity, "crown_jewel", False) for entity in entities),
        starts=census.starts + sum(entity.kind in START_KINDS for entity in entities),
        own=census.own + sum(getattr(entity, "role", None) == "self" for entity in entities),
    )


def notes_after(notes: Sequence[Note], change: Change) -> Iterator[Note]:
    """The notes that follow from an estate, after a change.

    Raises:
        WholeNeededError: a control might come to stop something, or a note be about what it does not name.
    """
    hosts = {thing.id for thing in change.new}
    away = [thing for thing in change.gone if thing.id in change.removed]
    if any(_is_noted(thing) or _leaves_open(thing, change) for thing in change.added):
        raise WholeNeededError
    for note in notes:
        if note.kind == NoteKind.CONTRADICTED and (away or hosts.intersection(note.about)):
            raise WholeNeededError
        if len(note.about) >= MOST_NAMED and any(_leaves_open(thing, change) for thing in away):
            raise WholeNeededError
        again = _without(note, change.removed)
        if again is not None:
            yield again


def _is_noted(thing: Entity | Relation) -> bool:
    """Whether a note counts a thing: a key that ends."""
    return isinstance(thing, Credential) and thing.expires is not None


def _leaves_open(thing: Entity | Relation, change: Change) -> bool:
    """Whether a relation may be among those of which a note says that something is not said."""
    return (
        isinstance(thing, Relation)
        and thing.verb in UNSAID_ALONG
        and (
            len(thing.targets) > 1 or (thing.dependency is None and change.kind_of(thing.sources[0]) != Kind.OPERATION)
        )
    )


def _without(note: Note, removed: frozenset[str]) -> Note | None:
    """A note that is not about some relations any more; ``None`` where it was about no others."""
    if removed.isdisjoint(note.about):
        return note
    about = tuple(name for name in note.about if name not in removed)
    for says in (unsaid_dependence, unsaid_votes):
        if says(note.about, len(note.about)) == note:
            return says(about, len(about))
    raise WholeNeededError
