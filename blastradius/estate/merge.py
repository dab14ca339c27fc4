"""Several accounts of the same thing become one; where they contradict each other, that is said.

Of an entity the better known account wins (observed over declared over inferred over assumed); between equals the one
whose file and line sort first, so that the order of loading makes no difference. Of a relation what reaches further
stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

from blastradius.columns.compose import Kept, apart, concatenated
from blastradius.columns.facts import FactTable, table_of_objects
from blastradius.columns.tables import KINDS, VERBS
from blastradius.errors import InputError
from blastradius.loaderkit.accounts import furthest
from blastradius.model import Basis, Control, Entity, Exercise, Kind, Note, NoteKind, Provenance, Relation, Verb, Zone

Thing = TypeVar("Thing", Entity, Relation, Control, Zone)

_RANK = {basis: rank for rank, basis in enumerate(Basis)}
_JOINED = {"controls", "provenance", "tags", "unknown", "seen_by", "basis", "also"}
_WORDS = {"description"}
"""What each source tells in its own words; the first account stands, and the others contradict nothing."""


_BY_KEY = {"governance"}
"""What each source keeps beside a thing under words of its own."""


def one_table(
    tables: Sequence[FactTable], entities: Sequence[Entity], relations: Sequence[Relation]
) -> tuple[FactTable, list[Note]]:
    """All facts as one table, and a note for every contradiction.

    Columns stay columns: only what several tables, or a table and an object, speak of is merged as objects.

    Raises:
        InputError: an id of two kinds.
    """
    composed = len(tables) > 1 or bool(tables and (entities or relations))
    kept = apart(tables, entities, relations) if composed else [*map(Kept.all_of, tables)]
    others = [part.others() for part in kept] if composed else []
    entities = [*entities, *(entity for some, _ in others for entity in some)]
    relations = [*relations, *(relation for _, some in others for relation in some)]
    problems = _two_kinds(entities)
    if problems:
        raise InputError(problems)
    relations = [*relations, *_held(kept, entities, relations)]
    one_entity_each, entity_notes = merged(entities, lambda entity: entity.id, "entity")
    one_relation_each, relation_notes = merged(relations, lambda relation: relation.id, "relation")
    objects = table_of_objects(one_entity_each, one_relation_each)
    notes = [*entity_notes, *relation_notes]
    if kept and (composed or objects.number):
        return concatenated([*kept, Kept.all_of(objects)]), notes
    return tables[0] if tables else objects, notes


def _held(kept: Sequence[Kept], entities: Sequence[Entity], relations: Sequence[Relation]) -> list[Relation]:
    """That services hold the keys that they call with, where nobody says so by itself."""
    calls = [*(relation for relation in relations if relation.keys), *(call for part in kept for call in _keyed(part))]
    held = [holds for call in calls for holds in _holding(call)]
    if not held:
        return []
    names = {holds.id for holds in held}
    stated = {relation.id for relation in relations} | {name for part in kept for name in _stated(part, names)}
    keys = {entity.id for entity in entities if entity.kind == Kind.CREDENTIAL}
    keys |= {holds.targets[0] for holds in held if any(_has_key(part, holds.targets[0]) for part in kept)}
    return [holds for holds in held if holds.id not in stated and holds.targets[0] in keys]


def _has_key(part: Kept, name: str) -> bool:
    number = part.table.number.get(name)
    return number is not None and KINDS[part.table.kind[number]] == Kind.CREDENTIAL


def _keyed(part: Kept) -> list[Relation]:
    """The calls of a table that name the keys that they are made with."""
    rows = np.flatnonzero(part.relations & (part.table.relations.keys.lengths > 0)).tolist()
    return [part.table.rows.relation(row) for row in rows]


def _stated(part: Kept, names: Collection[str]) -> Iterator[str]:
    columns = part.table.relations
    for row in np.flatnonzero(part.relations & (columns.verb == VERBS.index(Verb.HOLDS))).tolist():
        if columns.ids[row] in names:
            yield columns.ids[row]


def _holding(call: Relation) -> Iterator[Relation]:
    for key in call.keys:
        yield Relation(
            verb=Verb.HOLDS, sources=call.sources, targets=(key,), basis=call.basis, provenance=call.provenance
        )


def _two_kinds(entities: Iterable[Entity]) -> list[str]:
    first: dict[str, Entity] = {}
    problems = []
    for entity in entities:
        other = first.setdefault(entity.id, entity)
        if other.kind != entity.kind:
            here, there = (str(thing.provenance[0]) if thing.provenance else "" for thing in (entity, other))
            problems.append(
                f"{here and f'{here}: '}{entity.id!r} is a {entity.kind} here and a {other.kind} at "
                f"{there or 'another place'}; ids are unique across kinds"
            )
    return problems


def alone(thing: Thing) -> Thing:
    """A thing of which there is one account, as ``merged`` leaves it."""
    return _one([thing], "", [])


def merged(things: Iterable[Thing], key: Callable[[Thing], Hashable], name: str) -> tuple[list[Thing], list[Note]]:
    """One thing a key, sorted by key as text, and a note for every contradiction; ``name`` is for the notes."""
    groups: dict[Hashable, list[Thing]] = defaultdict(list)
    for thing in things:
        groups[key(thing)].append(thing)
    notes: list[Note] = []
    ordered = sorted(groups, key=str)
    return [_one(groups[key], f"{name} {str(key)!r}", notes) for key in ordered], notes


def one_each(exercises: Iterable[Exercise]) -> tuple[Exercise, ...]:
    """Exercises by day and name; what several sources say alike was one exercise, read in all their places."""
    found: dict[str, list[Exercise]] = defaultdict(list)
    for exercise in exercises:
        found[exercise.model_dump_json(exclude={"provenance"})].append(exercise)
    one = [_placed(alike) for _, alike in sorted(found.items())]
    return tuple(sorted(one, key=lambda exercise: (exercise.date, exercise.name)))


def _placed(alike: Sequence[Exercise]) -> Exercise:
    places = {str(place): place for exercise in alike for place in exercise.provenance}
    return (
        alike[0]
        if len(alike) == 1
        else alike[0].model_copy(update={"provenance": tuple(places[said] for said in sorted(places))})
    )


def _one(accounts: list[Thing], name: str, notes: list[Note]) -> Thing:
    if len(accounts) == 1 and not _has_several(accounts[0]):
        return accounts[0]
    ordered = sorted(accounts, key=_precedence)
    values = _joined_values(ordered)
    if isinstance(ordered[0], Relation):
        values |= furthest([account for account in ordered if isinstance(account, Relation)], notes)
    else:
        values |= _better_known(ordered, name, notes)
    changed = {field: value for field, value in values.items() if value != getattr(ordered[0], field)}
    return ordered[0].model_copy(update=changed)


def _better_known(ordered: Sequence[Any], name: str, notes: list[Note]) -> dict[str, Any]:
    """What the best known account that states a field says in it; of controls each kind once."""
    values: dict[str, Any] = {}
    for field in type(ordered[0]).model_fields:
        if field not in _JOINED:
            stated = [
                account
                for account in ordered
                if field in account.model_fields_set and getattr(account, field) is not None
            ]
            if stated and field in _BY_KEY:
                values[field], more = _by_key(stated, field, name)
                notes += more
            elif stated:
                values[field] = getattr(stated[0], field)
                notes += [] if field in _WORDS else _contradictions(stated, field, name)
    if "controls" in type(ordered[0]).model_fields:
        declared = (control for account in ordered for control in account.controls)
        found, more = merged(declared, lambda control: control.kind, f"{name}: control")
        values["controls"] = tuple(found)
        notes += more
    return values


def _has_several(thing: Any) -> bool:
    """Whether it has lists whose order would be lost when another account joins it."""
    says = vars(thing)
    return any(len(says.get(name, ())) > 1 for name in ("tags", "controls", "unknown", "seen_by"))


def _precedence(thing: Any) -> tuple[int, tuple[tuple[bool, str, int, int, str], ...], str]:
    return (
        _RANK[getattr(thing, "basis", Basis.DECLARED)],
        tuple(_place(place) for place in thing.provenance),
        thing.model_dump_json(),
    )


def _place(one: Provenance) -> tuple[bool, str, int, int, str]:
    """Where an account sorts: who describes a thing before the workspace, which says what is one with it."""
    return one.source == "workspace", one.file, one.line or 0, one.column or 0, one.source


def _joined_values(accounts: Sequence[Any]) -> dict[str, Any]:
    """What accounts add to each other: provenance, tags, signals; the best basis stands, with the others."""
    fields = type(accounts[0]).model_fields
    values: dict[str, Any] = {
        "provenance": tuple(sorted({place for account in accounts for place in account.provenance}, key=_place))
    }
    if "also" in fields:
        bases = {basis for account in accounts for basis in account.bases}
        values["also"] = tuple(sorted(bases - {accounts[0].basis}, key=_RANK.__getitem__))
    for name in fields.keys() & {"tags", "unknown", "seen_by"}:
        added = {part for account in accounts for part in getattr(account, name)}
        values[name] = tuple(sorted(added, key=str))
    return values


def _contradictions(stated: Sequence[Any], field: str, name: str) -> list[Note]:
    kept = stated[0]
    return [
        _contradiction(other, kept, name, (field, getattr(other, field), getattr(kept, field)))
        for other in stated[1:]
        if getattr(other, field) != getattr(kept, field)
    ]


def _contradiction(other: Any, kept: Any, name: str, said: tuple[str, Any, Any]) -> Note:
    """That two accounts differ: in which field, what the other says, and what the one says that is kept."""
    field, here, there = said
    return Note(
        kind=NoteKind.CONTRADICTED,
        message=f"{name} has {field} {here!r} here and {there!r} at "
        f"{kept.provenance[0] if kept.provenance else 'another place'}; kept the latter",
        about=(getattr(other, "id", name),),
        provenance=other.provenance[:1],
    )


def _by_key(stated: Sequence[Any], field: str, name: str) -> tuple[dict[str, str], list[Note]]:
    """All that accounts keep of a thing, and a note where two of them keep different words under one."""
    found: dict[str, str] = {}
    kept: dict[str, Any] = {}
    notes = []
    for account in stated:
        for key, value in getattr(account, field).items():
            if found.setdefault(key, value) != value:
                notes.append(_contradiction(account, kept[key], name, (key, value, found[key])))
            kept.setdefault(key, account)
    return found, notes
