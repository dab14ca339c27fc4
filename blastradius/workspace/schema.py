"""The workspace file: its shape, and what can be checked of it before any source is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from blastradius.errors import InputError
from blastradius.loaderkit.contract import Document
from blastradius.loaderkit.options import Name, Names
from blastradius.loaderkit.options import Options as Shape
from blastradius.loaderkit.validation import fit, schema_of
from blastradius.model import Basis, Control, ControlKind, Id, Kind, Provenance, Verb
from blastradius.rules import placements


class ControlShape(Shape):
    """A control that stands wherever a source says nothing of one of its kind."""

    kind: ControlKind
    on: Kind | Verb = Field(description="the kind of entity or the relation that it stands on")
    match: Names = Field((), description="globs over the ids of entities or relations; without any, all of them")
    status: Literal["working", "assumed", "failed", "absent"] = "assumed"
    provided_by: Name | None = None
    fails: Literal["open", "closed"] = "open"
    misled: bool = Field(
        default=False, description="it decides by what its provider says, and falls when that is wrong"
    )
    phishable: bool = Field(default=False, description="a code typed in, a push to accept")
    starts_after_h: float | None = Field(default=None, ge=0, description="hours until a fallback takes over")
    slower: bool = Field(default=False, description="a fallback that is slower than what it replaces")
    why: str | None = None

    def control(self, at: Provenance) -> Control:
        """The control itself."""
        fields = self.model_dump(exclude={"on", "match"})
        return Control(**fields, basis=Basis.ASSUMED, provenance=(at,))


class SourceShape(Shape):
    """Files of one format, and what they speak for."""

    path: Names = Field(min_length=1, description="files, folders or globs, relative to the workspace file")
    exclude: Names = Field((), description="globs of files that are left out, relative to the workspace file")
    loader: Name | None = Field(None, description="the format; without it, the loader that recognises the file")
    options: dict[str, Any] = Field(default_factory=dict, description="the loader's own options")
    prefix: Name | None = Field(None, description="put before every id, zone and API of this source")
    zone: Name | None = Field(None, description="where the services and stores lie that state no zone")
    owner: Name | None = Field(None, description="who answers for what states no owner")
    direction: Literal["exposed", "consumed", "internal"] | None = Field(
        None, description="which way the operations face that do not say"
    )
    controls: tuple[ControlShape, ...] = Field((), description="controls where this source says nothing of them")


class ApiShape(Shape):
    """An API under its several names; operations with one method and path in it are one operation."""

    also: Names = Field((), description="what other sources call it")
    base: Names = Field((), description="beginnings of paths that some sources write and others leave out")


class WorkspaceShape(Shape):
    """One workspace file."""

    workspace: Literal[1, "1"]
    title: str | None = None
    as_of: str | None = Field(
        None,
        pattern=r"^\d{4}-\d{2}-\d{2}$",
        description="the date of the inventory; keys and contracts that ended before it are over",
    )
    sources: tuple[SourceShape, ...] = Field(min_length=1)
    same: dict[Name, Names] = Field(default_factory=dict, description="an id, and the ids that are the same thing")
    different: tuple[Names, ...] = Field((), description="ids that are not the same thing, though they look so")
    apis: dict[Name, ApiShape] = Field(default_factory=dict)
    parties: dict[Name, Names] = Field(
        default_factory=dict, description="a party, and the accounts, apps, consumers and hosts that are its"
    )
    controls: tuple[ControlShape, ...] = Field((), description="controls where no source says anything of them")


@dataclass(frozen=True)
class Workspace:
    """A workspace file that was read: its shape, and where each part of it stands."""

    document: Document
    shape: WorkspaceShape

    @property
    def folder(self) -> Path:
        """What the paths of its sources are relative to."""
        return Path(self.document.path).parent

    def at(self, *keys: str | int) -> Provenance:
        """The place of what stands at ``keys``."""
        line, column = self.document.position(*keys)
        return Provenance(source="workspace", file=self.document.path, line=line, column=column)

    @property
    def aliases(self) -> dict[Id, tuple[Id, Provenance]]:
        """For each other name of a thing the id that it goes by, and where that is said."""
        listed = ((one, name, self.at("same", one, place)) for one, place, name in _each(self.shape.same))
        return {name: (one, at) for one, name, at in listed}

    @property
    def party_names(self) -> dict[str, str]:
        """For each account, app, consumer or host the party whose it is."""
        return {name: party for party, names in self.shape.parties.items() for name in names}

    @property
    def only_lists(self) -> bool:
        """Whether it names sources and no more: it renames nothing, and speaks for none of them."""
        shape = self.shape
        speaks = any(source.prefix or self.speaks_for(number) for number, source in enumerate(shape.sources))
        return not (speaks or shape.same or shape.apis or shape.parties or shape.controls)

    def speaks_for(self, source: int) -> bool:
        """Whether it says anything of the things of a source."""
        stated = self.shape.sources[source]
        return bool(stated.zone or stated.owner or stated.direction or stated.controls or self.shape.controls)

    def controls(self, source: int) -> Iterator[tuple[ControlShape, Provenance]]:
        """The controls that a source's facts get where they have none of the kind; its own come first."""
        for place, control in enumerate(self.shape.sources[source].controls):
            yield control, self.at("sources", source, "controls", place)
        for place, control in enumerate(self.shape.controls):
            yield control, self.at("controls", place)


def is_workspace(data: Any) -> bool:
    """Whether a document is a workspace file, or looks like one that forgot to say so."""
    is_declared = isinstance(data, dict) and data.get("workspace") in (1, "1")
    return is_declared or (
        isinstance(data, dict) and "sources" in data and bool({"workspace", "same", "apis"} & data.keys())
    )


def read_workspace(document: Document) -> Workspace:
    """A workspace from its file.

    Raises:
        InputError: everything in it that does not fit, each with its position.
    """
    ways_out = {"workspace": "a workspace file starts with 'workspace: 1'"}
    found = Workspace(document, fit(WorkspaceShape, document, ways_out=ways_out))
    problems = [f"{at}: {message}" for at, message in (*_names(found), *_controls(found))]
    if problems:
        raise InputError(problems)
    return found


def schema() -> dict[str, Any]:
    """The JSON Schema (draft-07) of a workspace file, for editors."""
    return schema_of(WorkspaceShape, "blastradius workspace")


def _each(lists: dict[str, Names]) -> Iterator[tuple[str, int, str]]:
    for one, names in lists.items():
        for place, name in enumerate(names):
            yield one, place, name


def _names(found: Workspace) -> Iterator[tuple[Provenance, str]]:
    """Names that would be two things at once."""
    apis = {name: api.also for name, api in found.shape.apis.items()}
    for section, lists, inner in (("same", found.shape.same, ()), ("apis", apis, ("also",))):
        first: dict[str, str] = {}
        for one, place, name in _each(lists):
            at = found.at(section, one, *inner, place)
            if name in lists:
                yield at, f"{name!r} has an entry of its own; a name is either an id or another name of one"
            elif first.setdefault(name, one) != one:
                yield at, f"{name!r} is the same as {first[name]!r} already; list all of them under one id"
    parties: dict[str, str] = {}
    for one, place, name in _each(found.shape.parties):
        if parties.setdefault(name, one) != one:
            yield found.at("parties", one, place), f"{name!r} is of {parties[name]!r} already; a name is of one party"


def _controls(found: Workspace) -> Iterator[tuple[Provenance, str]]:
    """Controls where no rule looks for them."""
    declared = {at: control for source in range(len(found.shape.sources)) for control, at in found.controls(source)}
    for at, control in declared.items():
        kinds, verbs = placements()[control.kind]
        if control.on not in kinds and control.on not in verbs:
            places = ", ".join(sorted(map(str, (*kinds, *verbs)))) or "a control, as `fails: closed`"
            yield at, f"control {str(control.kind)!r} stops nothing on {control.on}; it belongs on {places}"
