"""Words that say nothing where they stand."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from blastradius.columns.ragged import Flags
from blastradius.columns.tables import NO_INDEX
from blastradius.estate.lint.inventory import Inventory, finding
from blastradius.model import TAKEN_BY, Control, ControlKind, Entity, Kind, Note, Relation, Verb

_OF_CONSUMERS = ("dependency", "buffer_h", "brittle", "on_bad", "on_missing", "obeys")
"""Words that say how a service or a process takes something in."""
_OF_FALLBACKS = ("starts_after_h", "slower")


def idle_words(inventory: Inventory) -> Iterator[Note]:
    """Words of relations, wholes and controls that change nothing."""
    for relation in inventory.relations(_doubtful(inventory)):
        kind = inventory.entities[relation.sources[0]].kind
        yield from (finding(relation, message) for message in _of_relation(relation, kind))
    whole = inventory.at_end("targets", Verb.PART_OF)
    for number in sorted(inventory.table.fields.complete):
        if not whole[number]:
            entity = inventory.entities[inventory.table.names[number]]
            yield finding(entity, f"{entity.id!r} says that its parts are complete, and none is declared; declare them")
    yield from _of_controls(inventory)


def _doubtful(inventory: Inventory) -> Flags:
    """Relations that say something that might say nothing."""
    columns = inventory.table.relations
    stated = np.array([dependency is not None for dependency in columns.dependency], np.bool_)
    counts = (columns.vote_min, columns.buffer_h, columns.on_bad)
    flags = (columns.subset, columns.capacity_loss, columns.brittle, columns.defaults, columns.obeys, stated)
    found: Flags = np.logical_or.reduce([*flags, *(count > 0 for count in counts)])
    return found


def _of_relation(relation: Relation, source: Kind) -> Iterator[str]:
    """What a relation says in vain."""
    if relation.vote_min is not None and relation.vote_min > len(relation.targets):
        feeds = "feed" if len(relation.targets) == 1 else "feeds"
        of = f"{relation.vote_min} of {len(relation.targets)} {feeds}"
        yield f"vote_min {of} can never be met; name more feeds, or ask for fewer"
    said = {word for word in TAKEN_BY if _says(relation, word)}
    for word in sorted(word for word in said if relation.verb not in TAKEN_BY[word]):
        yield f"{word} says nothing on {relation.verb}; it belongs on {', '.join(sorted(TAKEN_BY[word]))}"
    if relation.verb in (Verb.READS, Verb.WRITES):
        yield from _of_access(relation, source, said)
    if relation.dependency == "none":
        for word in sorted(said & {"buffer_h", "capacity_loss", "at_least"}):
            yield f"{word} says nothing where the dependency is 'none'; leave one of them out"
    elif relation.on_missing == "default" and relation.verb in TAKEN_BY["on_missing"]:
        for word in sorted(said & {"dependency", "buffer_h"}):
            yield f"{word} says nothing where it goes on with a default; leave one of them out"


def _of_access(relation: Relation, source: Kind, said: set[str]) -> Iterator[str]:
    if source == Kind.OPERATION:
        for word in sorted(said.intersection(_OF_CONSUMERS)):
            yield f"{word} says nothing of what an operation {relation.verb}; say it of the service that calls it"
    elif relation.extent == "subset":
        yield (
            f"extent says nothing of what a service {relation.verb} itself, it has the right to all of it; say it of "
            "the operation through which others get their own rows"
        )


def _says(relation: Relation, word: str) -> bool:
    default = Relation.model_fields[word].default
    return getattr(relation, word) not in (default, ())


def _of_controls(inventory: Inventory) -> Iterator[Note]:
    """Words that mean nothing on a control of its kind, or without who provides it."""
    controls = inventory.table.controls
    alone = controls.provider == NO_INDEX
    doubtful = controls.phishable | controls.slower | (controls.starts_after_h > 0)
    doubtful |= alone & (controls.fails_closed | controls.misled)
    for row in np.flatnonzero(doubtful).tolist():
        entity, relation = int(controls.entity[row]), int(controls.relation[row])
        rows = inventory.table.rows
        host: Entity | Relation = rows.entity(entity) if entity != NO_INDEX else rows.relation(relation)
        for control in host.controls:
            if controls.kind[row] == _NUMBER[control.kind]:
                yield from (finding(host, message) for message in _of_control(control))


def _of_control(control: Control) -> Iterator[str]:
    name = f"control {str(control.kind)!r}"
    if control.phishable and control.kind != ControlKind.MFA:
        yield f"phishable says nothing of the {name}; it belongs on mfa"
    for word in _OF_FALLBACKS if control.kind != ControlKind.FALLBACK else ():
        if getattr(control, word):
            yield f"{word} says nothing of the {name}; it belongs on a fallback"
    if control.provided_by is None and (control.fails == "closed" or control.misled):
        word = "misled" if control.misled else "fails"
        yield f"{word} says nothing of the {name} that nobody provides; say with provided_by what runs it"


_NUMBER = {kind: number for number, kind in enumerate(ControlKind)}
