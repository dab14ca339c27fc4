"""OpenAPI in its own terms: operations with their security resolved, whatever the version of the format."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from blastradius.errors import InputError
from blastradius.model import Document, Note, NoteKind, Provenance

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_MAX_HOPS = 50


@dataclass(frozen=True)
class Requirement:
    """One way to be let in: for each scheme, the scopes asked for; no scheme at all means anyone."""

    schemes: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Call:
    """An operation: ``security`` lists the ways in, ``None`` when nothing is stated."""

    id: str | None
    method: str
    path: str
    title: str | None
    tags: tuple[str, ...]
    security: tuple[Requirement, ...] | None
    at: Provenance


@dataclass
class Description:
    """A whole API description."""

    title: str
    calls: list[Call] = field(default_factory=list)
    scopes: dict[str, str] = field(default_factory=dict)
    schemes: set[str] = field(default_factory=set)
    webhooks: int = 0
    rejected: int = 0
    notes: list[Note] = field(default_factory=list)


class Reader:
    """Walks a document leniently: what is odd is noted, the rest is read."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.found = Description(title="")

    def read(self) -> Description:
        root = self.document.data
        info = root.get("info")
        self.found.title = str(info.get("title") or "") if isinstance(info, dict) else ""
        self._schemes(root)
        general = self._security(root, "the document")
        for path, item in self._mapping(root.get("paths"), "paths").items():
            self._path(str(path), item, general)
        hooks = root.get("webhooks")
        self.found.webhooks = len(hooks) if isinstance(hooks, dict) else 0
        return self.found

    def _schemes(self, root: Mapping[str, Any]) -> None:
        components = root.get("components")
        stated = (
            root.get("securityDefinitions") or (components or {}).get("securitySchemes")
            if (isinstance(components, dict) or components is None)
            else None
        )
        for name, raw in self._mapping(stated, "security schemes").items():
            scheme, _ = self._resolved(raw, self.document, f"security scheme {name!r}")
            if isinstance(scheme, dict):
                self.found.schemes.add(str(name))
                self.found.scopes.update({scope: str(text or "") for scope, text in _scopes_of(scheme)})

    def _path(self, path: str, raw: Any, general: tuple[Requirement, ...] | None) -> None:
        item, home = self._resolved(raw, self.document, f"path {path!r}")
        if not isinstance(item, dict):
            self._odd(f"path {path!r} is {_kind(item)}, not a mapping")
            return
        for method in METHODS:
            if method in item:
                self._call(path, method, item[method], home, general)

    def _call(self, path: str, method: str, raw: Any, home: Document, general: tuple[Requirement, ...] | None) -> None:
        call, home = self._resolved(raw, home, f"{method.upper()} {path}")
        if not isinstance(call, dict):
            self._odd(f"{method.upper()} {path} is {_kind(call)}, not a mapping")
            self.found.rejected += 1
            return
        own = self._security(call, f"{method.upper()} {path}")
        name, title, tags = call.get("operationId"), call.get("summary"), call.get("tags")
        self.found.calls.append(
            Call(
                id=str(name) if isinstance(name, (str, int)) and str(name) else None,
                method=method.upper(),
                path=path,
                title=str(title) if isinstance(title, str) and title.strip() else None,
                tags=tuple(str(each) for each in tags) if isinstance(tags, list) else (),
                security=general if own is None else own,
                at=self._at(path, method, home),
            )
        )

    def _at(self, path: str, method: str, home: Document) -> Provenance:
        keys: tuple[str, ...] = ("paths", path, method) if home is self.document else ()
        line, column = home.position(*keys)
        return Provenance(source="openapi", file=home.path, line=line, column=column)

    def _security(self, holder: Mapping[str, Any], where: str) -> tuple[Requirement, ...] | None:
        stated = holder.get("security")
        if stated is None:
            return None
        if not isinstance(stated, list):
            self._odd(f"security of {where} is {_kind(stated)}, not a list; taken as not stated")
            return None
        return tuple(found for each in stated if (found := self._requirement(each, where)) is not None)

    def _requirement(self, raw: Any, where: str) -> Requirement | None:
        if not isinstance(raw, dict) or not all(isinstance(v, list) or v is None for v in raw.values()):
            self._odd(f"a security requirement of {where} is not a mapping of schemes to lists")
            self.found.rejected += 1
            return None
        return Requirement(tuple((str(k), tuple(str(s) for s in v or ())) for k, v in raw.items()))

    def _resolved(self, value: Any, home: Document, what: str) -> tuple[Any, Document]:
        """Follow ``$ref`` inside the document and the folder; what cannot be followed is noted."""
        seen: set[tuple[str, str]] = set()
        while isinstance(value, dict) and "$ref" in value:
            ref = value["$ref"]
            if not isinstance(ref, str):
                return self._lost(what, f"$ref is {_kind(ref)}, not text"), home
            if (home.path, ref) in seen or len(seen) > _MAX_HOPS:
                return self._lost(what, f"$ref {ref!r} leads in a circle"), home
            seen.add((home.path, ref))
            file, _, pointer = ref.partition("#")
            try:
                home = home.sibling(unquote(file)) if file else home
                value = _pointed(home.data, pointer)
            except InputError as error:
                return self._lost(what, error.problems[0]), home
            except LookupError:
                return self._lost(what, f"$ref {ref!r} leads nowhere"), home
        return value, home

    def _lost(self, what: str, why: str) -> None:
        self._note(NoteKind.UNRESOLVED, f"{what}: {why}")

    def _mapping(self, value: Any, what: str) -> Mapping[str, Any]:
        if value is None or isinstance(value, dict):
            return value or {}
        self._odd(f"{what} is {_kind(value)}, not a mapping")
        return {}

    def _odd(self, message: str) -> None:
        self._note(NoteKind.UNSUPPORTED, message)

    def _note(self, kind: NoteKind, message: str) -> None:
        at = Provenance(source="openapi", file=self.document.path)
        self.found.notes.append(Note(kind=kind, message=message, provenance=(at,)))


def _scopes_of(scheme: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    flows = scheme.get("flows")
    holders = [scheme, *(flows.values() if isinstance(flows, dict) else ())]
    for holder in holders:
        scopes = holder.get("scopes") if isinstance(holder, dict) else None
        if isinstance(scopes, dict):
            yield from ((str(name), text) for name, text in scopes.items())


def _pointed(data: Any, pointer: str) -> Any:
    """The value a JSON pointer leads to; raises LookupError when it leads nowhere."""
    for part in pointer.strip("/").split("/") if pointer.strip("/") else ():
        key = re.sub("~1", "/", unquote(part)).replace("~0", "~")
        if isinstance(data, list):
            if not key.isdigit():
                raise LookupError(key)
            data = data[int(key)]
        elif isinstance(data, dict):
            data = data[key]
        else:
            raise LookupError(key)
    return data


def _kind(value: Any) -> str:
    return {dict: "a mapping", list: "a list", str: "text", type(None): "nothing"}.get(type(value), "a plain value")
