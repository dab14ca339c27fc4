"""What a source speaks for: its prefix, and the zone, owner, direction and controls that its files leave out."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from blastradius.loader import Loaded
from blastradius.model import Control, Entity, Kind, Operation, Party, Provenance, Relation
from blastradius.workspace.renaming import renamed
from blastradius.workspace.shape import ControlShape, SourceShape, Workspace

Thing = TypeVar("Thing", Entity, Relation)
Stated = tuple[ControlShape, Provenance]
_LYING_SOMEWHERE = (Kind.SERVICE, Kind.STORE)


def spoken_for(loaded: Loaded, workspace: Workspace, number: int) -> Loaded:
    """What a file of a source gave, with what the workspace says of the source; what the file states stands."""
    source = workspace.shape.sources[number]
    if source.prefix is not None:
        put = _prefixing(source.prefix, {*workspace.shape.same, *workspace.shape.parties})
        loaded = renamed(loaded, ids=put, apis=put, zones=put)
    stated = tuple(workspace.controls(number))
    return loaded.model_copy(
        update={
            "entities": tuple(_guarded(_placed(each, source), stated) for each in loaded.entities),
            "relations": tuple(_guarded(each, stated) for each in loaded.relations),
        }
    )


def _prefixing(prefix: str, own: set[str]) -> Callable[[str], str]:
    """The workspace's own names for things hold in every source, so they stay as they are."""
    return lambda name: name if name in own else f"{prefix}{name}"


def _placed(entity: Entity, source: SourceShape) -> Entity:
    found: dict[str, Any] = {}
    if source.zone is not None and entity.zone is None and entity.kind in _LYING_SOMEWHERE:
        found["zone"] = source.zone
    if source.owner is not None and entity.owner is None and not isinstance(entity, Party):
        found["owner"] = source.owner
    if source.direction is not None and isinstance(entity, Operation) and "direction" not in entity.model_fields_set:
        found["direction"] = source.direction
    return entity.model_copy(update=found) if found else entity


def _guarded(thing: Thing, stated: tuple[Stated, ...]) -> Thing:
    """A thing with the controls that are stated of its like and that it has none of yet."""
    word = thing.kind if isinstance(thing, Entity) else thing.verb
    found: dict[str, Control] = {each.kind: each for each in thing.controls}
    for shape, at in stated:
        if shape.on == word and shape.kind not in found and _matches(thing.id, shape.match):
            found[shape.kind] = shape.control(at)
    more = tuple(found.values())
    return thing.model_copy(update={"controls": more}) if len(more) > len(thing.controls) else thing


def _matches(name: str, globs: tuple[str, ...]) -> bool:
    return not globs or any(fnmatchcase(name, glob) for glob in globs)
