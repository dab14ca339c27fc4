"""Catalog entities in Backstage's own terms: references with their defaults, and what an entity says of others.

Rests on Backstage's Descriptor Format of Catalog Entities (``backstage.io/v1alpha1`` and later), sections Common to All
Kinds and Entity references.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from blastradius.loaderkit.json_values import Keys, as_list, mapping, text
from blastradius.secrets import looks_secret

DEFAULT_NAMESPACE = "default"
_VERSION = re.compile(r"(scaffolder\.)?backstage\.io/")
_TEMPLATE = re.compile(r"\{\{|\{%|<%")
_PLACEHOLDER = re.compile(r"\$(text|json|yaml|openapi|asyncapi)")
_FIELDS = {  # a field of spec that names other entities: the kind it means where it names none
    "owner": "group",
    "system": "system",
    "subcomponentOf": "component",
    "providesApis": "api",
    "consumesApis": "api",
    "dependsOn": "",
    "dependencyOf": "",
}
_RELATIONS = {  # the same as relations, which a catalog adds to the entities it gives out
    "ownedBy": "owner",
    "providesApi": "providesApis",
    "consumesApi": "consumesApis",
    "dependsOn": "dependsOn",
    "dependencyOf": "dependencyOf",
    "apiProvidedBy": "apiProvidedBy",
    "apiConsumedBy": "apiConsumedBy",
}


class UnreadableError(Exception):
    """An entity or a reference that is not what it should be; the message says why."""


class TemplateError(Exception):
    """An entity that is still to be filled in."""


class SecretError(Exception):
    """A name that looks like a key; to be looked for before it is put in lower case."""


@dataclass(frozen=True)
class Ref:
    """The name of an entity in full, in lower case, as Backstage compares them."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.namespace}/{self.name}"


@dataclass(frozen=True)
class Link:
    """One reference of an entity: the field, what it names, and where."""

    field: str
    to: Ref
    keys: Keys


@dataclass(frozen=True)
class Descriptor:
    """One entity; ``name`` is its title or its name as written."""

    keys: Keys
    ref: Ref
    name: str
    description: Any
    tags: tuple[str, ...]
    spec: dict[str, Any]
    links: tuple[Link, ...]
    problems: tuple[str, ...]
    secrets: tuple[str, ...]

    def named(self, field: str) -> Ref | None:
        """The one entity that a field names."""
        return next((link.to for link in self.links if link.field == field), None)

    def attribute(self, field: str) -> str:
        """A plain text of the spec."""
        return text(self.spec.get(field))


@dataclass(frozen=True)
class Definition:
    """Where the definition of an API is: in the file itself, in a file beside it, or somewhere else."""

    keys: Keys
    file: str = ""
    place: str = ""
    problem: str = ""


def is_entity(value: Any) -> bool:
    """Whether a value says that it is a catalog entity."""
    return isinstance(value, dict) and "kind" in value and bool(_VERSION.match(text(value.get("apiVersion"))))


def read_entity(keys: Keys, value: dict[str, Any]) -> Descriptor:
    """One entity.

    Raises:
        UnreadableError: it has no name that Backstage would take.
        TemplateError: it is a template that somebody has yet to fill in.
        SecretError: its name looks like a key.
    """
    metadata, spec = mapping(value.get("metadata")), mapping(value.get("spec"))
    _refuse_template(value, metadata, spec)
    kind, name = text(value.get("kind")), text(metadata.get("name"))
    namespace = text(metadata.get("namespace")) or DEFAULT_NAMESPACE
    if not name:
        raise UnreadableError("it has no 'metadata.name'")
    if looks_secret(f"{kind} {namespace} {name}"):
        raise SecretError
    if re.search(r"[:/]", kind + name + namespace):
        raise UnreadableError("its kind, namespace or name has a ':' or '/', which no reference can name")
    reader = _Reader(keys, namespace)
    links = (*reader.spec(spec), *reader.relations(value.get("relations")))
    return Descriptor(
        keys=keys,
        ref=Ref(kind.lower(), namespace.lower(), name.lower()),
        name=text(metadata.get("title")) or name,
        description=metadata.get("description"),
        tags=tuple(filter(None, map(text, as_list(metadata.get("tags"))))),
        spec=spec,
        links=tuple(dict.fromkeys(links)),
        problems=tuple(dict.fromkeys(reader.problems)),
        secrets=tuple(dict.fromkeys(reader.secrets)),
    )


def definition_of(entity: Descriptor) -> Definition | None:
    """Where the definition of an API is; nothing where there is none."""
    keys = (*entity.keys, "spec", "definition")
    value = entity.spec.get("definition")
    if isinstance(value, str) and value.strip():
        return Definition(keys)
    if not isinstance(value, dict) or not value:
        return None
    declared = [item for item in value if item.startswith("$")]
    if not declared:
        return Definition(keys)
    place = text(value[declared[0]])
    if not _PLACEHOLDER.fullmatch(declared[0]) or not place:
        return Definition(keys, place=declared[0], problem="no placeholder that is known")
    problem = elsewhere(place)
    return Definition(keys, place=place, problem=problem) if problem else Definition(keys, file=place)


def elsewhere(place: str) -> str:
    """Why a target is not to be opened; empty where it is a file beside this one."""
    if "://" in place or place.startswith("//") or re.match(r"[a-z]+:", place, re.IGNORECASE):
        return "an address; nothing is fetched"
    if place.startswith(("/", "~", "\\")):
        return "an absolute path; nothing is opened outside the folder"
    return "a pattern; name its files or their folder" if re.search(r"[*?{}]", place) else ""


def parse_ref(value: Any, kind: str, namespace: str) -> Ref:
    """A reference ``[kind:][namespace/]name``, or the same in parts, with what it leaves out.

    Raises:
        UnreadableError: no reference, or one without a kind where none is meant.
        SecretError: it looks like a key.
    """
    if isinstance(value, dict):
        parts = (text(value.get("kind")), text(value.get("namespace")), text(value.get("name")))
    else:
        parts = _parts(text(value))
    found = (parts[0] or kind, parts[1] or namespace, parts[2])
    if not found[2] or any(re.search(r"[:/\s]", item) for item in found):
        raise UnreadableError("is not of the form [kind:][namespace/]name")
    if not found[0]:
        raise UnreadableError("names no kind, such as component:name or resource:name")
    if looks_secret(" ".join(found)):
        raise SecretError
    return Ref(*(item.lower() for item in found))


class _Reader:
    """Reads the references of one entity, keeping those that cannot be read."""

    def __init__(self, keys: Keys, namespace: str) -> None:
        self.keys = keys
        self.namespace = namespace
        self.problems: list[str] = []
        self.secrets: list[str] = []

    def spec(self, spec: dict[str, Any]) -> Iterator[Link]:
        for field, kind in _FIELDS.items():
            for value in as_list(spec.get(field)):
                yield from self._link(field, value, kind, ("spec", field))

    def relations(self, value: Any) -> Iterator[Link]:
        for item in as_list(value):
            field = _RELATIONS.get(text(item.get("type"))) if isinstance(item, dict) else None
            if field is not None:
                yield from self._link(field, item.get("targetRef", item.get("target")), "", ("relations",))

    def _link(self, field: str, value: Any, kind: str, place: Keys) -> Iterator[Link]:
        try:
            yield Link(field, parse_ref(value, kind, self.namespace), (*self.keys, *place))
        except UnreadableError as error:
            self.problems.append(f"{field!r} has a reference that {error}")
        except SecretError:
            self.secrets.append(field)


def _parts(ref: str) -> tuple[str, str, str]:
    """As Backstage splits them: a ``:`` after the first ``/`` belongs to the name."""
    slash, colon = ref.find("/"), ref.find(":")
    colon = -1 if -1 < slash < colon else colon
    return ref[: max(colon, 0)], ref[colon + 1 : slash] if slash > -1 else "", ref[max(colon, slash) + 1 :]


def _refuse_template(value: dict[str, Any], metadata: dict[str, Any], spec: dict[str, Any]) -> None:
    declared = [value.get("kind"), *(metadata.get(key) for key in ("name", "namespace", "title"))]
    declared += [item for field in ("type", "lifecycle", "target", *_FIELDS) for item in as_list(spec.get(field))]
    if any(isinstance(item, str) and _TEMPLATE.search(item) for item in declared):
        raise TemplateError("a template, not an entity yet; render it first")
