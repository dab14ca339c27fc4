"""Keys that have ended by the day that a workspace is of, whichever source says when."""

from __future__ import annotations

from collections.abc import Sequence

from blastradius.loaderkit.contract import Loaded
from blastradius.model import Control, ControlKind, Credential, Entity
from blastradius.workspace.schema import Workspace


def ended(parts: Sequence[Loaded], numbers: Sequence[int], workspace: Workspace) -> list[Loaded]:
    """What files gave, with the control ``expired`` on each key that ended before the day.

    The day is the workspace's ``as_of``, or that of a source's own option; ``numbers`` are those of the sources that
    the parts are of. A key that has the control, in use or failed, keeps it; facts in bulk stay.
    """
    return [_ended(part, _day(workspace, number)) for part, number in zip(parts, numbers, strict=True)]


def _day(workspace: Workspace, number: int) -> str | None:
    stated = workspace.shape.sources[number].options.get("as_of")
    return stated if isinstance(stated, str) else workspace.shape.as_of


def _ended(part: Loaded, day: str | None) -> Loaded:
    if day is None or not any(_is_past(entity, day) for entity in part.entities):
        return part
    entities = (_spent(entity) if _is_past(entity, day) else entity for entity in part.entities)
    return part.model_copy(update={"entities": tuple(entities)})


def _is_past(entity: Entity, day: str) -> bool:
    if not isinstance(entity, Credential) or entity.expires is None or entity.expires >= day:
        return False
    return all(control.kind != ControlKind.EXPIRED for control in entity.controls)


def _spent(entity: Entity) -> Entity:
    why = f"ended on {entity.expires}" if isinstance(entity, Credential) else None
    control = Control(kind=ControlKind.EXPIRED, why=why, basis=entity.basis, provenance=entity.provenance)
    return entity.model_copy(update={"controls": (*entity.controls, control)})
