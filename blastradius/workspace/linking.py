"""Several sources' names of one thing become one id: as the workspace states, never on a guess."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from blastradius.errors import InputError
from blastradius.estate.routes import Route, route
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Entity, Id, Note, NoteKind, Operation, Provenance, Tally
from blastradius.workspace.renaming import renamed
from blastradius.workspace.schema import Workspace

Links = Mapping[Id, tuple[Id, Provenance]]


def joined(parts: Sequence[Loaded], workspace: Workspace) -> tuple[list[Loaded], Loaded]:
    """The parts under the ids that the workspace gives them, and what the workspace itself came to.

    A record of the workspace is one name that it states; a name that no source has is counted as ignored and noted.

    Raises:
        InputError: names of one thing that are of several kinds in the sources.
    """
    apis = {name: one for one, shape in workspace.shape.apis.items() for name in shape.also}
    own = _as_source(parts, workspace)
    if apis:
        parts = [renamed(part, apis=lambda name: apis.get(name, name)) for part in parts]
    links = workspace.aliases
    links |= _by_route(parts, workspace, links)
    accounts = _accounts(parts, links)
    problems = [problem for account in accounts.values() for problem in _kinds(account, links)]
    if problems:
        raise InputError(problems)
    if not links:
        return [renamed(part) for part in parts], own
    order = {name: place for place, name in enumerate(links)}
    one = {name: _one(name, account, order) for name, account in accounts.items()}
    return [_under_links(part, links, one) for part in parts], own


def _by_route(parts: Sequence[Loaded], workspace: Workspace, links: Links) -> dict[Id, tuple[Id, Provenance]]:
    """Operations that have one method and path in an API that the workspace names are one operation."""
    ranked: dict[Route, list[tuple[int, Id]]] = defaultdict(list)
    for part in parts:
        for shared, ids in _routes(part, workspace).items():
            if len(ids) == 1:  # a source that has two of them tells them apart by something else
                ranked[shared].append((_rank(part, ids[0]), ids[0]))
    found = {}
    for shared, known in ranked.items():
        one = min(known)[1]
        target, at = links.get(one, (one, workspace.at("apis", shared[0])))
        found.update({name: (target, at) for _, name in known if name != target and name not in links})
    return found


def _routes(part: Loaded, workspace: Workspace) -> dict[Route, list[Id]]:
    """The operations of a part by route, those of the APIs that the workspace names."""
    found: dict[Route, list[Id]] = defaultdict(list)
    for entity in part.entities:
        shape = workspace.shape.apis.get(entity.api or "") if isinstance(entity, Operation) else None
        own = route(entity, shape.base) if shape else None
        if own:
            found[own].append(entity.id)
    return found


def _rank(part: Loaded, name: Id) -> int:
    """Whose id an operation goes by: that of whoever declares it before that of whoever has seen it."""
    declared = next(entity for entity in part.entities if entity.id == name).basis
    return ("declared", "inferred", "observed", "assumed").index(declared)


def _accounts(parts: Sequence[Loaded], links: Links) -> dict[Id, list[Entity]]:
    """What the sources say of each thing that goes by several names."""
    linked = {one for one, _ in links.values()}
    found: dict[Id, list[Entity]] = defaultdict(list)
    for part in parts:
        for entity in part.entities:
            one = links[entity.id][0] if entity.id in links else entity.id
            if one in linked:
                found[one].append(entity)
    return found


def _kinds(accounts: Sequence[Entity], links: Links) -> Iterator[str]:
    first = accounts[0]
    for entity in accounts[1:]:
        if entity.kind != first.kind:
            at = next(links[linked.id][1] for linked in (entity, first) if linked.id in links)
            yield (
                f"{at}: {entity.id!r} is a {entity.kind} at {_place(entity)} and {first.id!r} a {first.kind} at "
                f"{_place(first)}; only things of one kind can be the same"
            )


def _place(entity: Entity) -> str:
    return str(entity.provenance[0]) if entity.provenance else "another place"


def _one(one: Id, accounts: Sequence[Entity], order: Mapping[Id, int]) -> dict[str, str]:
    """What all accounts of a thing say alike: its name, and the method and path of an operation.

    They are those of its own id, or of the other id that is listed first.
    """
    ordered = sorted(accounts, key=lambda entity: (entity.id != one, order.get(entity.id, -1), str(entity.name)))
    found: dict[str, str] = {}
    for attribute in ("name", "method", "path"):
        values = [str(getattr(entity, attribute)) for entity in ordered if getattr(entity, attribute, None)]
        found |= {attribute: values[0]} if values else {}
    own = [entity for entity in ordered if entity.id == one]
    return found | ({"name": one} if own and not any(entity.name for entity in own) else {})


def _under_links(part: Loaded, links: Links, alike: Mapping[Id, dict[str, str]]) -> Loaded:
    found = renamed(part, ids=lambda name: links[name][0] if name in links else name)
    entities = tuple(
        _agreed(entity, links.get(before.id), alike.get(entity.id, {}))
        for before, entity in zip(part.entities, found.entities, strict=True)
    )
    return found.model_copy(update={"entities": entities})


def _agreed(entity: Entity, link: tuple[Id, Provenance] | None, alike: Mapping[str, str]) -> Entity:
    """An entity with what all its accounts say alike, and the place that says it is one with them."""
    agreed = {name: value for name, value in alike.items() if hasattr(entity, name)}
    changed: dict[str, object] = {name: value for name, value in agreed.items() if value != getattr(entity, name)}
    if link is not None:
        changed["provenance"] = (*entity.provenance, link[1])
    return entity.model_copy(update=changed) if changed else entity


def _as_source(parts: Sequence[Loaded], workspace: Workspace) -> Loaded:
    """The workspace as a source: the names that it states, met or not."""
    entities = {entity.id for part in parts for entity in part.entities}
    apis = {entity.api for part in parts for entity in part.entities if isinstance(entity, Operation)}
    shape = workspace.shape
    declared = [(name in entities, name, at) for name, (_, at) in workspace.aliases.items()]
    declared += [
        (name in apis, name, workspace.at("apis", one, "also", place))
        for one, api in shape.apis.items()
        for place, name in enumerate(api.also)
    ]
    declared += [(party in entities, party, workspace.at("parties", party)) for party in shape.parties]
    notes = tuple(_unmet(name, at) for met, name, at in declared if not met)
    tally = Tally(facts=len(declared) - len(notes), ignored=len(notes))
    return Loaded(title=shape.title, as_of=shape.as_of, notes=notes, tally=tally)


def _unmet(name: str, at: Provenance) -> Note:
    message = f"{name!r} is in no source; check its spelling, or take it out"
    return Note(kind=NoteKind.UNRESOLVED, message=message, about=(name,), provenance=(at,))
