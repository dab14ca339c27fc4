"""What a source speaks for: its prefix, and the zone, owner, direction and controls that no source states."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from blastradius.loaderkit.contract import Loaded
from blastradius.model import Control, ControlKind, Entity, Id, Kind, Operation, Party, Provenance, Relation
from blastradius.workspace.renaming import renamed
from blastradius.workspace.schema import ControlShape, SourceShape, Workspace

Thing = TypeVar("Thing", Entity, Relation)
DeclaredControl = tuple[ControlShape, Provenance]
_LYING_SOMEWHERE = (Kind.SERVICE, Kind.STORE)


def prefixed(loaded: Loaded, workspace: Workspace, number: int) -> Loaded:
    """What a file of a source gave, with the source's prefix before its names.

    The workspace's own names for things hold in every source, so they stay as they are.
    """
    prefix = workspace.shape.sources[number].prefix
    if prefix is None:
        return loaded
    own = {*workspace.shape.same, *workspace.shape.parties}
    put: Callable[[str], str] = lambda name: name if name in own else f"{prefix}{name}"  # noqa: E731
    return renamed(loaded, ids=put, apis=put, zones=put)


def spoken_for(parts: Sequence[Loaded], numbers: Sequence[int], workspace: Workspace) -> list[Loaded]:
    """What files gave, with what the workspace says of their sources; what any file states stands.

    ``numbers`` are those of the sources that the parts are of.
    """
    if not any(map(workspace.speaks_for, numbers)):
        return list(parts)
    declared = _Declared()
    for part in parts:
        declared.add(part)
    return [_spoken_for(part, workspace, number, declared) for part, number in zip(parts, numbers, strict=True)]


@dataclass
class _Declared:
    """What some file states: attributes and kinds of control, each with the entities it is stated of."""

    of: dict[str, set[Id]] = field(default_factory=lambda: defaultdict(set))
    controls: dict[ControlKind, set[Id]] = field(default_factory=lambda: defaultdict(set))

    def add(self, part: Loaded) -> None:
        """Take in what a part states."""
        for entity in part.entities:
            for name in ("zone", "owner", "direction"):
                if name in entity.model_fields_set and getattr(entity, name, None) is not None:
                    self.of[name].add(entity.id)
            for control in entity.controls:
                self.controls[control.kind].add(entity.id)

    def has(self, thing: Entity | Relation, kind: ControlKind) -> bool:
        """Whether a control stands on an entity, or on this account of a relation, which is a road of its own."""
        if isinstance(thing, Entity):
            return thing.id in self.controls[kind]
        return any(control.kind == kind for control in thing.controls)


def _spoken_for(part: Loaded, workspace: Workspace, number: int, declared: _Declared) -> Loaded:
    source, defaults = workspace.shape.sources[number], tuple(workspace.controls(number))
    return part.model_copy(
        update={
            "entities": tuple(
                _guarded(_placed(entity, source, declared), defaults, declared) for entity in part.entities
            ),
            "relations": tuple(_guarded(relation, defaults, declared) for relation in part.relations),
        }
    )


def _placed(entity: Entity, source: SourceShape, declared: _Declared) -> Entity:
    fits = {
        "zone": entity.kind in _LYING_SOMEWHERE,
        "owner": not isinstance(entity, Party),
        "direction": isinstance(entity, Operation),
    }
    found: dict[str, Any] = {
        name: getattr(source, name)
        for name, fit in fits.items()
        if fit and getattr(source, name) is not None and entity.id not in declared.of[name]
    }
    return entity.model_copy(update=found) if found else entity


def _guarded(thing: Thing, defaults: tuple[DeclaredControl, ...], declared: _Declared) -> Thing:
    """A thing with the controls that are stated of its like, where no file has one of the kind on it."""
    word = thing.kind if isinstance(thing, Entity) else thing.verb
    found: dict[str, Control] = {}
    for shape, at in defaults:
        free = shape.kind not in found and not declared.has(thing, shape.kind)
        if shape.on == word and free and _matches(thing.id, shape.match):
            found[shape.kind] = shape.control(at)
    return thing.model_copy(update={"controls": (*thing.controls, *found.values())}) if found else thing


def _matches(name: str, globs: tuple[str, ...]) -> bool:
    return not globs or any(fnmatchcase(name, glob) for glob in globs)
