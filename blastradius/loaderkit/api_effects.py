"""What operations touch, as a user may say it where an API description cannot: shapes, and matching to operations."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.options import Controls, Name, Names, Options, keyed, listed
from blastradius.model import NoteKind, Operation, Relation, Verb


class Target(Options):
    """One thing an operation touches."""

    to: Name = Field(description="the store, service or feed that is touched, or what is handed out")
    extent: Literal["all", "subset"] = Field(
        default="all", description="all of it, or a part such as the caller's own rows"
    )
    controls: Controls = Field(default=(), description="controls on it, each as its kind or in full")


_Target = Annotated[Target, BeforeValidator(keyed("to"), json_schema_input_type=str | Target)]
Targets = Annotated[tuple[_Target, ...], BeforeValidator(listed, json_schema_input_type=_Target | tuple[_Target, ...])]


class Effect(Options):
    """What the operations that match touch."""

    match: Names = Field(default=(), description="patterns of operations: over the id, `METHOD path` or a tag")
    scopes: Names = Field(default=(), description="patterns of scopes: the operations that they permit")
    reads: Targets = Field(default=(), description="what they read")
    writes: Targets = Field(default=(), description="what they write")
    controls_target: Targets = Field(default=(), description="what they administer")
    disables: Targets = Field(default=(), description="what they can stop")
    issues: Targets = Field(default=(), description="the keys and scopes that they hand out")
    connects: Targets = Field(default=(), description="the services whose network they put their user on")

    @model_validator(mode="after")
    def _says_enough(self) -> Effect:
        if not self.match and not self.scopes:
            raise ValueError("an effect needs 'match' or 'scopes', to say which operations it is of")
        whole = (*self.controls_target, *self.disables, *self.issues, *self.connects)
        if any(target.extent != "all" for target in whole):
            raise ValueError("'extent' goes with 'reads' and 'writes' only")
        return self

    def targets(self) -> tuple[tuple[Verb, Target], ...]:
        """What is touched, each with the verb."""
        words = (
            (Verb.READS, self.reads),
            (Verb.WRITES, self.writes),
            (Verb.CONTROLS, self.controls_target),
            (Verb.DISABLES, self.disables),
            (Verb.ISSUES, self.issues),
            (Verb.CONNECTS, self.connects),
        )
        return tuple((verb, target) for verb, targets in words for target in targets)


Effects = Annotated[tuple[Effect, ...], BeforeValidator(listed, json_schema_input_type=Effect | tuple[Effect, ...])]


class ApiOptions(Options):
    """What a user may say about any API description that it cannot say itself."""

    api: Name | None = Field(default=None, description="name of the API, before every id; else its own id or title")
    direction: Literal["exposed", "consumed", "internal"] | None = Field(
        default=None, description="whether we offer the API or call it; taken as internal where it is not said"
    )
    served_by: Names = Field(default=(), description="the service that answers, or several")
    owner: str | None = Field(default=None, description="who answers for the operations")
    effects: Effects = Field(default=(), description="what operations touch, which no description says")

    @property
    def facing(self) -> dict[str, Any]:
        """The direction of operations where it is stated; another source's word for it stands otherwise."""
        return {"direction": self.direction} if self.direction else {}


@dataclass
class EffectMapper:
    """Relations for what the operations of one API touch, as a user said it.

    A pattern matches an operation by its id, with or without the API's name, by ``METHOD path`` or by a tag;
    ``permitted_by`` gives the scopes that may call each.
    """

    collector: FactCollector
    api: str
    operations: Collection[Operation]
    permitted_by: Mapping[str, Collection[str]]
    relations: dict[str, Relation] = field(default_factory=dict)

    def map(self, effects: Iterable[Effect]) -> None:
        """Keep the relations of all effects; of what the description itself says, they take the place."""
        for effect in effects:
            self._add(effect)
        self.collector.relations |= self.relations

    def _add(self, effect: Effect) -> None:
        """Relations from the operations that match to what they touch; what matches nothing is noted."""
        matched = [operation for operation in self.operations if self._matches(effect, operation)]
        if not matched:
            self._unresolved(", ".join((*effect.match, *(f"scope {scope}" for scope in effect.scopes))))
        for pattern in effect.match if matched else ():
            if not any(_any_glob((pattern,), self._names(operation)) for operation in self.operations):
                self._unresolved(pattern)
        for operation in matched:
            for verb, target in effect.targets():
                self._touch(verb, target, operation)

    def _unresolved(self, pattern: str) -> None:
        message = f"the effect on {pattern!r} matches no operation of {self.api}"
        self.collector.note(NoteKind.UNRESOLVED, message)

    def _names(self, operation: Operation) -> tuple[str, ...]:
        bare = operation.id.removeprefix(f"{self.api}:")
        return (operation.id, bare, f"{operation.method} {operation.path}", *operation.tags)

    def _matches(self, effect: Effect, operation: Operation) -> bool:
        scopes = tuple(self.permitted_by.get(operation.id, ()))
        names = (*scopes, *(scope.removeprefix(f"{self.api}:") for scope in scopes))
        by_name = not effect.match or _any_glob(effect.match, self._names(operation))
        return by_name and (not effect.scopes or _any_glob(effect.scopes, names))

    def _touch(self, verb: Verb, target: Target, operation: Operation) -> None:
        made = Relation(
            verb=verb,
            sources=(operation.id,),
            targets=(target.to,),
            extent=target.extent,
            controls=target.controls,
            provenance=operation.provenance,
        )
        before = self.relations.setdefault(made.id, made)
        if (before.extent, before.controls) != (made.extent, made.controls):
            message = f"two effects differ on {made.id}; the wider extent is taken, without controls they do not share"
            self.collector.note(NoteKind.CONTRADICTED, message, made.id)
            self.relations[made.id] = _wider(before, made)


def _wider(relation: Relation, other: Relation) -> Relation:
    extent = relation.extent if relation.extent == "all" else other.extent
    shared = tuple(control for control in relation.controls if control in other.controls)
    return relation.model_copy(update={"extent": extent, "controls": shared})


def _any_glob(globs: tuple[str, ...], names: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, glob) for name in names for glob in globs)
