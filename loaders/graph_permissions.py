"""Microsoft Graph's table of permissions: which scope permits which operations.

A record is a permission in one of its schemes, or a path of one of its path sets.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from itertools import product
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, Field

from blastradius.errors import InputError
from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Loaded, Loader, Provenances
from blastradius.loaderkit.options import Name, Names, listed
from blastradius.loaderkit.options import Options as Shape
from blastradius.loaderkit.validation import read_options
from blastradius.model import Basis, NoteKind, Operation, Scope, Verb

_API = "microsoft-graph"
_SCHEMES = {"application": "application", "delegatedwork": "delegated", "delegatedpersonal": "delegated-personal"}
_METHODS = {
    "<READMETHODS>": ("GET", "HEAD"),
    "<WRITEMETHODS>": ("POST", "PUT", "PATCH", "DELETE"),
    **{key: (key,) for key in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")},
}
_TOKEN = re.compile(r"[|,]|&|[()]|[^\s|,&()]+")
_HANDS_OUT = re.compile(
    r"/(addpassword|addkey|approleassignments|approleassignedto|federatedidentitycredentials|oauth2permissiongrants|"
    r"rolemanagement/directory/roleassignments|temporaryaccesspassmethods|resetpassword)$",
    re.IGNORECASE,
)
_MOST = 64
_LONGEST = 1000


class Effect(Shape):
    """What the operations that match touch."""

    match: Names = Field(description="patterns of `METHOD path`")
    reads: Names = Field(default=(), description="stores that they read")
    writes: Names = Field(default=(), description="stores that they write")


Effects = Annotated[tuple[Effect, ...], BeforeValidator(listed, json_schema_input_type=Effect | tuple[Effect, ...])]


class Options(Shape):
    """The options of one table."""

    permissions: Names = Field(default=(), description="patterns of the permissions to keep; else all")
    served_by: Name | None = Field(default=None, description="the service that answers")
    effects: Effects = Field(default=(), description="what operations touch")


def recognises(data: Any) -> bool:
    """Whether a document maps permissions to schemes and path sets."""
    permissions = data.get("permissions") if isinstance(data, dict) else None
    some = list(permissions.values())[:20] if isinstance(permissions, dict) else []
    return any(isinstance(item, dict) and "schemes" in item and "pathSets" in item for item in some)


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one table.

    Raises:
        InputError: no table of permissions and path sets, or an option that does not fit.
    """
    chosen = read_options(Options, document, options)
    if not recognises(document.data):
        expected = "expected permissions with schemes and pathSets, as Microsoft Graph publishes them"
        raise InputError([f"{document.path}: no table of permissions to paths; {expected}"])
    table = _Table(document, chosen)
    for name, permission in document.data["permissions"].items():
        table.permission(name, permission)
    return table.loaded()


class _PathSet(NamedTuple):
    """What holds for each path of a set: schemes, methods, and what is required as well, as it stands."""

    schemes: list[str]
    methods: list[str]
    also: Any


class _Table:
    def __init__(self, document: Document, options: Options) -> None:
        self.collector = FactCollector("graph_permissions", document)
        self.options = options
        self.scopes: dict[tuple[str, str], str | None] = {}
        self.usable: dict[str, bool] = {}
        self.unknown: set[str] = set()
        self.implicit = self.joint = 0

    def permission(self, name: str, attributes: Any) -> None:
        keys = ("permissions", name)
        schemes = attributes.get("schemes") if isinstance(attributes, dict) else None
        sets = (
            listed(attributes.get("pathSets"))
            if isinstance(attributes, dict) and attributes.get("pathSets") is not None
            else None
        )
        if (
            not isinstance(schemes, dict)
            or not isinstance(sets, list)
            or self.collector.name(f"{_API}::{name}") is None
        ):
            self.collector.reject(
                "a permission without a usable name, schemes or pathSets", provenance=self.collector.provenance(*keys)
            )
            return
        wanted = not self.options.permissions or any(
            fnmatchcase(name, permission) for permission in self.options.permissions
        )
        if not wanted:
            records = len(schemes) + sum(1 if (paths := _paths_of(item)) is None else len(paths) for item in sets)
            self.collector.ignore_as_told("permissions and paths outside option permissions", records)
            return
        self.implicit += attributes.get("implicit") is True
        for scheme in schemes:
            provenance = self.collector.provenance(*keys, "schemes", scheme)
            if self._scope(name, scheme, provenance):
                self.collector.fact()
            else:
                self.collector.reject("a scheme that is not known", provenance=provenance)
        for number, item in enumerate(sets):
            stand = (*keys, "pathSets", number)
            paths = _paths_of(item)
            if paths is None:
                self.collector.reject("a path set without paths", provenance=self.collector.provenance(*stand))
                continue
            said = self._set(item)
            for path, text in paths.items():
                self._path(name, said, path, text, self.collector.provenance(*stand, "paths", path))

    def _scope(self, permission: str, scheme: str, provenance: Provenances) -> str | None:
        """The permission in that scheme, made once; ``None`` where it cannot be."""
        key = (permission, scheme)
        if key not in self.scopes:
            word = _SCHEMES.get(scheme.lower())
            scope = self.scopes[key] = self.collector.name(f"{_API}:{word}:{permission}") if word else None
            if scope:
                self.collector.entity(Scope(id=scope, name=f"{permission} ({word})", provenance=provenance))
        return self.scopes[key]

    def _is_usable(self, path: str) -> bool:
        """Whether a path can be part of an id, with the longest method before it."""
        if path not in self.usable:
            self.usable[path] = self.collector.name(f"{_API}:OPTIONS {path}") is not None
        return self.usable[path]

    def _set(self, attributes: dict[str, Any]) -> _PathSet:
        """What a set says of all of its paths."""
        named = _texts(attributes.get("schemeKeys", attributes.get("schemes")))
        schemes = [name for name in named if name.lower() in _SCHEMES]
        self.unknown |= (set(named) - set(schemes)) if attributes["paths"] else set()
        methods = [method for text in _texts(attributes.get("methods")) for method in _METHODS.get(text.upper(), ())]
        return _PathSet(schemes, methods, attributes.get("alsoRequires"))

    def _path(self, permission: str, of: _PathSet, path: str, text: Any, provenance: Provenances) -> None:
        """Every scope of the set permits every method of the set on the path."""
        also = _alternatives(_pairs(text).get("alsorequires") or of.also)
        if not of.schemes or not of.methods or also is None or not self._is_usable(path):
            self.collector.reject("a path without usable schemes, methods or requirements", provenance=provenance)
            return
        self.joint += also != [()]
        for scheme, others in product(of.schemes, also):
            scopes = {self._scope(other, scheme, provenance) for other in (permission, *others)}
            if None in scopes:
                self.collector.reject("a path with a permission without a usable name", provenance=provenance)
                return
            together = tuple(sorted(filter(None, scopes)))
            for method in of.methods:
                self.collector.relate(
                    Verb.PERMITS, together, self._operation(method, path, provenance), provenance=provenance
                )
        self.collector.fact()

    def _operation(self, method: str, path: str, provenance: Provenances) -> str:
        line = f"{method} {path}"
        operation = f"{_API}:{line}"
        if operation in self.collector.entities:
            return operation
        attributes = {"id": operation, "name": line, "api": _API, "method": method, "path": path}
        unknown = ("issues",) if method == "POST" and _HANDS_OUT.search(path) else ()
        made = {**attributes, "direction": "consumed", "unknown": unknown, "provenance": provenance}
        self.collector.entity(Operation.model_validate(made))
        if self.options.served_by:
            self.collector.relate(
                Verb.SERVES, self.options.served_by, operation, provenance=provenance, basis=Basis.ASSUMED
            )
        for effect in self.options.effects:
            if any(fnmatchcase(line, pattern) for pattern in effect.match):
                for verb, stores in ((Verb.READS, effect.reads), (Verb.WRITES, effect.writes)):
                    for store in stores:
                        self.collector.relate(verb, operation, store, provenance=provenance)
        return operation

    def loaded(self) -> Loaded:
        """All of it, with what was assumed."""
        if self.joint:
            message = f"{self.joint:,} paths also require one of further permissions; any of those listed is enough"
            self.collector.note(NoteKind.ASSUMED, message)
        if self.unknown:
            message = f"{len(self.unknown):,} schemes of path sets are not known, and what they permit is left out"
            self.collector.note(NoteKind.UNSUPPORTED, message)
        if self.implicit:
            message = (
                f"{self.implicit:,} permissions are implied for every caller; shown as granted by their scope only"
            )
            self.collector.note(NoteKind.INCOMPLETE, message)
        return self.collector.loaded()


def _paths_of(item: Any) -> dict[str, Any] | None:
    """The paths of a set; ``None`` where it has none that can be read."""
    paths = item.get("paths") if isinstance(item, dict) else None
    return paths if isinstance(paths, dict) else None


def _texts(value: Any) -> list[str]:
    """Texts of a list, of which one may hold several with commas."""
    items = value if isinstance(value, list) else [value]
    return [part.strip() for text in items if isinstance(text, str) for part in text.split(",") if part.strip()]


def _pairs(value: Any) -> dict[str, str]:
    """``least=Application;AlsoRequires=A,B`` as a mapping."""
    pairs = (word.partition("=") for word in value.split(";")) if isinstance(value, str) else ()
    return {key.strip().lower(): text.strip() for key, _, text in pairs}


def _alternatives(expression: Any) -> list[tuple[str, ...]] | None:
    """What must be there as well, as alternatives of names that are needed together.

    ``A,B`` and ``A | B`` are alternatives, ``A & B`` both; ``None`` where it cannot be read.
    """
    if expression is None or expression == "":
        return [()]
    if not isinstance(expression, str) or len(expression) > _LONGEST or expression.count("(") > _MOST:
        return None
    tokens = _TOKEN.findall(expression)[::-1]
    try:
        found = _either(tokens)
    except (IndexError, ValueError):
        return None
    return None if tokens else found


def _either(tokens: list[str]) -> list[tuple[str, ...]]:
    found = _both(tokens)
    while tokens and tokens[-1] in "|,":
        tokens.pop()
        found += _both(tokens)
    return found


def _both(tokens: list[str]) -> list[tuple[str, ...]]:
    found = _one(tokens)
    while tokens and tokens[-1] == "&":
        tokens.pop()
        found = [(*first, *second) for first, second in product(found, _one(tokens))]
        if len(found) > _MOST:
            raise ValueError(len(found))
    return found


def _one(tokens: list[str]) -> list[tuple[str, ...]]:
    word = tokens.pop()
    if word != "(":
        if word in "|,&)":
            raise ValueError(word)
        return [(word,)]
    found = _either(tokens)
    if tokens.pop() != ")":
        raise ValueError(word)
    return found


LOADER = Loader(
    name="graph_permissions",
    title="Microsoft Graph permissions to paths (JSON)",
    suffixes=(".json",),
    recognises=recognises,
    load=load,
    reads="permissions by scheme, the paths and methods each permits, and what they require together",
    maps=(
        ("permission in a scheme", "scope, application or delegated"),
        ("path with each of its methods", "operation of microsoft-graph, consumed"),
        ("path set", "its scopes permit its operations"),
        ("POST that adds a credential, a grant or a role", "operation of which is unknown what it issues"),
        ("alsoRequires", "scopes that are needed together"),
    ),
    infers_not=(
        "who was granted a permission, and which rights that gives it to give (loader entra)",
        "what an operation reads and writes (option effects)",
        "which service answers (option served_by)",
        "which user rights limit a delegated permission: it is taken as all that the scope says",
        "which properties of a resource a permission leaves out",
    ),
    options=Options,
)
