"""An API description in its own terms: schemes, operations and what each asks for.

Rests on the OpenAPI Specification 3.0, 3.1 and 3.2, sections Paths Object, Security Requirement Object and OAuth Flows
Object, and on Swagger 2.0, sections Paths Object and Security Definitions Object.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from blastradius.errors import InputError
from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document
from blastradius.loaderkit.json_refs import Place, References
from blastradius.loaderkit.names import harmless
from blastradius.model import NoteKind, Provenance
from blastradius.secrets import quoted

METHODS = frozenset(["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"])
_ANY = "x-amazon-apigateway-any-method"
_OTHER_KEYS = frozenset(["$ref", "summary", "description", "servers", "parameters", "additionalOperations"])
_SWAGGER = re.compile(r"2(\.0)*"), "read is 2.0"
VERSIONS = {
    "openapi": (re.compile(r"3\.[0-2]([.-].*)?"), "read are 3.0, 3.1 and 3.2"),
    "swagger": _SWAGGER,
    "swaggerVersion": _SWAGGER,
}
"""The words that say which version it is, with what is read."""
_SCHEMES = "#/components/securitySchemes/"


class Scheme(NamedTuple):
    """A way to authenticate; ``scopes`` with what the description says of each."""

    name: str
    type: str
    scopes: dict[str, str | None]
    place: Place


class Requirement(NamedTuple):
    """One alternative: all these schemes are needed, each with the scopes it lists."""

    schemes: tuple[tuple[str, tuple[str, ...]], ...]


class Security(NamedTuple):
    """The alternatives in force; ``declared`` is false where the description says nothing."""

    declared: bool = False
    alternatives: tuple[Requirement, ...] = ()
    malformed: int = 0

    @property
    def open(self) -> bool:
        """Whether one may come without any credential."""
        empty = any(not alternative.schemes for alternative in self.alternatives)
        return self.declared and (empty or not (self.alternatives or self.malformed))


class ApiOperation(NamedTuple):
    """One method of one path."""

    method: str
    path: str
    operation_id: str | None
    summary: str | None
    tags: tuple[str, ...]
    security: Security
    provenance: Provenance


class Callback(NamedTuple):
    """A webhook or a callback: one kind of call that the API makes itself."""

    name: str
    provenance: Provenance


@dataclass
class Description:
    """All that was read of one description."""

    title: str | None
    schemes: dict[str, Scheme] = field(default_factory=dict)
    operations: list[ApiOperation] = field(default_factory=list)
    callbacks: list[Callback] = field(default_factory=list)
    open_document: bool = False


def read_description(document: Document, collector: FactCollector) -> Description:
    """Read a description; what does not fit is rejected piece by piece.

    Raises:
        InputError: the document is no OpenAPI or Swagger description of a known version.
    """
    _check_version(document)
    return _Reader(document, collector).read()


def _check_version(document: Document) -> None:
    data = document.data
    word = next((version for version in VERSIONS if version in data), None) if isinstance(data, dict) else None
    if word is None:
        raise InputError([f"{document.path}: {_what_else(data)}"])
    known, read = VERSIONS[word]
    if not known.fullmatch(str(data[word])):
        line, column = document.position(word)
        found = f"{word.removesuffix('Version')} version {quoted(data[word])}"
        raise InputError([f"{document.path}:{line}:{column}: {found}; {read}"])


def _what_else(data: Any) -> str:
    if not isinstance(data, dict):
        return "not a mapping; expected an OpenAPI description"
    if "discoveryVersion" in data or data.get("kind") == "discovery#restDescription":
        return "a Google Discovery document, not OpenAPI; the loader for it is google_discovery"
    return "neither 'openapi' nor 'swagger' at the top; not an API description that can be read"


class _Reader:
    """Reads one description; what could not be read is rejected where it stands."""

    def __init__(self, document: Document, collector: FactCollector) -> None:
        self.collector = collector
        self.root = Place.root(document, "openapi")
        self.references = References()
        self.found = Description(_text(self.root.child("info", "title").value))
        self.document_security = Security()

    def read(self) -> Description:
        self.found.schemes = {scheme.name: scheme for scheme in self._schemes()}
        if "security" in self.root.value:
            self.document_security = self._security(self.root.child("security"))
            self.found.open_document = self.document_security.open
        for place, path in self._paths("paths"):
            self._path_item(place, path)
        for section in ("webhooks", "x-webhooks"):
            self._webhooks(section)
        self.references.survey(self.root)
        self._note_references()
        return self.found

    def _reject(self, place: Place, why: str) -> None:
        self.collector.rejected += 1
        self.collector.note(NoteKind.UNSUPPORTED, why, provenance=(place.provenance(),))

    def _mapping(self, place: Place, what: str) -> dict[str, Any]:
        """The mapping at a place; a wrong type is rejected, nothing is just nothing."""
        if place.value is not None and not isinstance(place.value, dict):
            self._reject(place, f"{what} is {quoted(place.value)}, not a mapping; left out")
        return place.value if isinstance(place.value, dict) else {}

    def _schemes(self) -> Iterator[Scheme]:
        """Both places where schemes are declared, for a description that mixes its versions."""
        for keys in (("securityDefinitions",), ("components", "securitySchemes")):
            section = self._section(*keys)
            if section is None:
                continue
            for name in self._mapping(section, "the section of security schemes"):
                place = self.references.follow(section.child(name))
                if place is None:
                    continue
                if not isinstance(place.value, dict):
                    self._reject(place, f"security scheme {quoted(name)} is not a mapping; left out")
                    continue
                yield Scheme(name, _text(place.child("type").value) or "unknown", self._scopes(place), place)

    def _section(self, *keys: str) -> Place | None:
        """A part of the description, which as each part around it may stand in another file."""
        place: Place | None = self.root
        for key in keys:
            place = self.references.follow(place.child(key)) if place else None
        return place

    def _scopes(self, scheme: Place) -> dict[str, str | None]:
        named = self._mapping(scheme.child("flows"), "the flows of a scheme")
        flows = [scheme, *(scheme.child("flows", name) for name in named if not name.startswith("x-"))]
        scopes: dict[str, str | None] = {}
        for flow in flows:
            self._mapping(flow, "a flow")
            declared = self._mapping(flow.child("scopes"), "the scopes of a scheme")
            scopes |= {key: _text(value) for key, value in declared.items() if not key.startswith("x-")}
        return scopes

    def _paths(self, section: str) -> Iterator[tuple[Place, str]]:
        place = self._section(section)
        if place is None:
            return
        for path in self._mapping(place, f"{section!r}"):
            if not path.startswith("x-"):
                yield place.child(path), path

    def _methods(self, item: Place) -> Iterator[tuple[Place, str]]:
        for key in self._mapping(item, "a path"):
            if key.lower() in METHODS:
                yield item.child(key), key.upper()
            elif key == _ANY:
                yield item.child(key), "ANY"
            elif key not in _OTHER_KEYS and not key.startswith("x-"):
                self._reject(item.child(key), f"{quoted(key)} is not a method; left out")
        more = item.child("additionalOperations")
        for key in self._mapping(more, "'additionalOperations'"):
            yield more.child(key), key.upper()

    def _items(self, item: Place) -> list[Place]:
        """A path item and what it refers to; both may have methods."""
        if not isinstance(item.value, dict) or "$ref" not in item.value:
            return [item]
        target = self.references.follow(item)
        if target is None:
            self._reject(item, "a path whose reference cannot be followed; its operations are missing")
        own = item._replace(value={key: entry for key, entry in item.value.items() if key != "$ref"})
        return [own, target] if target is not None else [own]

    def _path_item(self, item: Place, path: str) -> None:
        seen: set[str] = set()
        for place in self._items(item):
            for operation, method in self._methods(place):
                if method not in seen:
                    seen.add(method)
                    self._operation(operation, method, path)

    def _operation(self, reference: Place, method: str, path: str) -> None:
        place = self.references.follow(reference)
        if place is None or not isinstance(place.value, dict):
            why = "cannot be followed" if place is None else f"is {quoted(place.value)}, not a mapping"
            self._reject(reference, f"{method} {quoted(path)} {why}; left out")
            return
        self.found.operations.append(
            ApiOperation(
                method=method,
                path=path,
                operation_id=_raw(place.value.get("operationId")),
                summary=_text(place.value.get("summary")),
                tags=_tags(place.value.get("tags")),
                security=self._effective(place),
                provenance=place.provenance(),
            )
        )
        callbacks = place.child("callbacks")
        for name in self._mapping(callbacks, "'callbacks'"):
            of = _raw(place.value.get("operationId")) or f"{method} {path}"
            self.found.callbacks.append(Callback(f"callback {name} of {of}", callbacks.child(name).provenance()))

    def _effective(self, operation: Place) -> Security:
        if "security" in operation.value:
            stated = self._security(operation.child("security"))
            return stated if stated.declared else self.document_security
        return self.document_security

    def _security(self, place: Place) -> Security:
        if not isinstance(place.value, list):
            self._reject(place, f"'security' is {quoted(place.value)}, not a list; taken as not stated")
            return Security()
        read = [_requirement(alternative) for alternative in place.value]
        malformed = read.count(None)
        if malformed:
            message = f"{malformed} alternatives of 'security' do not say schemes with lists of scopes; left out"
            self.collector.note(NoteKind.UNSUPPORTED, message, provenance=(place.provenance(),))
        return Security(True, tuple(record for record in read if record is not None), malformed)

    def _webhooks(self, section: str) -> None:
        for place, name in self._paths(section):
            item = self.references.follow(place)
            for method, _ in self._methods(item) if item is not None else ():
                self.found.callbacks.append(Callback(f"webhook {name}", method.provenance()))

    def _note_references(self) -> None:
        """Say which references were not followed."""
        provenance = (self.root.provenance(),)
        broken, cycles = sorted(self.references.broken.items()), sorted(self.references.cycles)
        if broken:
            some = "; ".join(f"{quoted(ref)}: {why}" for ref, why in broken[:5])
            message = f"{len(broken)} references were not followed, such as {some}"
            self.collector.note(NoteKind.UNRESOLVED, message, provenance=provenance)
        if cycles:
            message = f"references in a cycle, not followed: {', '.join(map(quoted, cycles[:5]))}"
            self.collector.note(NoteKind.UNRESOLVED, message, provenance=provenance)


def _text(value: Any) -> str | None:
    """A text on one line, or nothing where it could do harm."""
    flat = " ".join(value.split()) if isinstance(value, str) else ""
    return flat if harmless(flat) else None


def _raw(value: Any) -> str | None:
    """A text as it stands, for ids: what could do harm there is refused, not mended."""
    return value if isinstance(value, str) and value.strip() else None


def _tags(value: Any) -> tuple[str, ...]:
    found = value if isinstance(value, list) else []
    return tuple(dict.fromkeys(item for item in found if isinstance(item, str) and harmless(item)))


def _requirement(value: Any) -> Requirement | None:
    if not isinstance(value, dict):
        return None
    schemes = []
    for name, scopes in value.items():
        listed = [] if scopes is None else scopes
        if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
            return None
        schemes.append((name.removeprefix(_SCHEMES), tuple(dict.fromkeys(listed))))
    return Requirement(tuple(schemes))
