"""Google API Discovery documents: methods, OAuth scopes, and which scopes each suffice for which method.

A record is a method, a declared scope, or a scope that a method lists. Any one of the scopes a method lists
suffices. Scopes that are URLs mean the same in every Google API and keep the URL as id; methods carry the name
and version of the API, since two versions have methods of the same id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from blastradius.errors import InputError
from blastradius.loaderkit.api_effects import ApiOptions, EffectMapper
from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Loaded, Loader
from blastradius.loaderkit.json_values import Keys
from blastradius.loaderkit.names import MAX_ID, line
from blastradius.loaderkit.validation import read_options
from blastradius.model import NoteKind, Operation, Scope, Verb
from blastradius.secrets import quoted

_READ = {"kind": "discovery#restDescription", "discoveryVersion": "v1", "protocol": "rest"}


@dataclass(frozen=True)
class Method:
    """One method as the document says it; ``scopes`` is what it lists, whatever that is."""

    keys: Keys
    id: str
    resource: str
    verb: str | None
    path: str | None
    description: str | None
    scopes: Any


def recognises(data: Any) -> bool:
    """Whether a document says it is a Google Discovery document."""
    if not isinstance(data, dict):
        return False
    kind = data.get("kind")
    return (isinstance(kind, str) and kind.startswith("discovery#")) or "discoveryVersion" in data


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one API description.

    Raises:
        InputError: no REST description of a known version, or an option that does not fit.
    """
    chosen = read_options(ApiOptions, document, options)
    _check(document)
    collector = FactCollector("google_discovery", document)
    model = _ApiMapper(collector, chosen, chosen.api or _api_name(collector, document.data))
    model.build()
    return collector.loaded(title=line(document.data.get("title")))


def _check(document: Document) -> None:
    """Refuse what says that it is something else, with the place where it does."""
    data = document.data
    if not recognises(data):
        raise InputError([f"{document.path}: not a Google Discovery document; expected kind {_READ['kind']}"])
    for key, read in _READ.items():
        if data.get(key) not in (None, read):
            line, column = document.position(key)
            why = f"{key} {quoted(data[key])}; read is {read!r}"
            if data[key] == "discovery#directoryList":
                why = "a list of APIs, not the description of one; load the documents it names"
            raise InputError([f"{document.path}:{line}:{column}: {why}"])


def _name(name: str, scope: str) -> str | None:
    return name if name != scope else None


def _api_name(collector: FactCollector, data: dict[str, Any]) -> str:
    parts = [collector.name(data.get(key)) for key in ("name", "version")]
    return collector.name(data.get("id")) or ":".join(part for part in parts if part) or "api"


@dataclass
class _ApiMapper:
    """A description on its way into our terms."""

    collector: FactCollector
    options: ApiOptions
    api: str
    operations: list[Operation] = field(default_factory=list)
    permitted_by: dict[str, set[str]] = field(default_factory=dict)
    undeclared: set[str] = field(default_factory=set)
    silent: int = 0

    def build(self) -> None:
        """Model all of it."""
        self._declared()
        methods = list(self._methods())
        counts = Counter(method.id for method in methods)
        for method in methods:
            self._method(method, alone=counts[method.id] == 1)
        EffectMapper(self.collector, self.api, self.operations, self.permitted_by).map(self.options.effects)
        self._say()

    # scopes

    def _declared(self) -> None:
        value = self.collector.document.data
        keys: Keys = ("auth", "oauth2", "scopes")
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        for name, attributes in self._mapping(keys, value, "the declared scopes"):
            scope = self._scope_id(name)
            provenance = self.collector.provenance(*keys, name)
            if scope is None:
                self.collector.reject("a scope has no name that can be an id", provenance=provenance)
                continue
            description = line(attributes.get("description")) if isinstance(attributes, dict) else None
            self.collector.entity(
                Scope(id=scope, name=_name(name, scope), description=description, provenance=provenance)
            )
            self.collector.fact()

    def _scope_id(self, name: Any) -> str | None:
        known = self.collector.name(name)
        if known is None or known.startswith(("http://", "https://")):
            return known
        scope = f"{self.api}:{known}"
        return scope if len(scope) <= MAX_ID else None

    # methods

    def _mapping(self, keys: Keys, value: Any, what: str) -> Iterator[tuple[str, Any]]:
        """The entries of a mapping; a wrong type is one rejected record, nothing is just nothing."""
        if isinstance(value, dict):
            yield from value.items()
        elif value is not None:
            message = f"{what}: {quoted(value)} is not a mapping"
            self.collector.reject(message, provenance=self.collector.provenance(*keys))

    def _methods(self) -> Iterator[Method]:
        """The methods of the API, then of its resources, and of theirs."""
        queue: list[tuple[Keys, str, Any]] = [((), "", self.collector.document.data)]
        while queue:
            keys, resource, value = queue.pop()
            if not isinstance(value, dict):
                self.collector.reject("a resource is not a mapping", provenance=self.collector.provenance(*keys))
                continue
            for name, method in self._mapping((*keys, "methods"), value.get("methods"), "methods"):
                method = self._read((*keys, "methods", name), resource, name, method)
                if method is not None:
                    yield method
            children = list(self._mapping((*keys, "resources"), value.get("resources"), "resources"))
            for name, child in reversed(children):
                queue.append(((*keys, "resources", name), f"{resource}.{name}".strip("."), child))

    def _read(self, keys: Keys, resource: str, name: str, attributes: Any) -> Method | None:
        if not isinstance(attributes, dict):
            self.collector.reject("a method is not a mapping", provenance=self.collector.provenance(*keys))
            return None
        path = attributes.get("path") or attributes.get("flatPath")
        return Method(
            keys=keys,
            id=self.collector.name(attributes.get("id")) or f"{resource}.{name}".strip("."),
            resource=resource,
            verb=self.collector.name(attributes.get("httpMethod")),
            path=self.collector.name(path),
            description=line(attributes.get("description")),
            scopes=attributes.get("scopes"),
        )

    def _method(self, read: Method, *, alone: bool) -> None:
        listed = read.scopes if isinstance(read.scopes, list) else []
        provenance = self.collector.provenance(*read.keys)
        name = read.id if alone else f"{read.id} {read.verb} {read.path}"
        made = self.collector.name(f"{self.api}:{name}")
        if made is None or made in self.collector.entities:
            self.collector.reject(
                f"a method has no id that can be used, {quoted(name)}", provenance=provenance, records=1 + len(listed)
            )
            return
        tag = self.collector.name(read.resource)
        operation = Operation(
            id=made,
            name=read.id,
            description=read.description.partition(". ")[0].rstrip(".") if read.description else None,
            owner=self.options.owner,
            api=self.api,
            method=read.verb,
            path=read.path,
            tags=(tag,) if tag else (),
            provenance=provenance,
            **self.options.facing,
        )
        self.collector.entity(operation)
        self.collector.fact()
        self.operations.append(operation)
        for service in self.options.served_by:
            self.collector.relate(Verb.SERVES, service, made, provenance=provenance)
        self._permits(read, operation, listed)

    def _permits(self, read: Method, operation: Operation, listed: list[Any]) -> None:
        if read.scopes is not None and not isinstance(read.scopes, list):
            message = f"the scopes of {operation.id} are {quoted(read.scopes)}, not a list"
            self.collector.reject(message, provenance=operation.provenance)
        self.silent += not listed
        for name in listed:
            scope = self._scope_id(name)
            if scope is None:
                self.collector.reject(f"{operation.id} lists a scope that is no name", provenance=operation.provenance)
                continue
            if scope not in self.collector.entities:
                self.undeclared.add(scope)
                self.collector.entity(Scope(id=scope, name=_name(name, scope), provenance=operation.provenance))
            self.collector.relate(Verb.PERMITS, scope, operation.id, provenance=operation.provenance)
            self.collector.fact()
            self.permitted_by.setdefault(operation.id, set()).add(scope)

    def _say(self) -> None:
        if self.options.direction is None and self.operations:
            self.collector.note(NoteKind.ASSUMED, f"{self.api}: direction not stated; internal unless said elsewhere")
        if self.silent:
            message = f"{self.silent} methods of {self.api} list no scope; that is not 'open to anyone', and "
            self.collector.note(NoteKind.ASSUMED, f"{message}nothing is said of what permits them")
        if self.undeclared:
            some = ", ".join(quoted(name) for name in sorted(self.undeclared)[:5])
            message = f"{len(self.undeclared)} scopes are listed by methods of {self.api} and not declared, such as"
            self.collector.note(NoteKind.UNRESOLVED, f"{message} {some}")


LOADER = Loader(
    name="google_discovery",
    title="Google API Discovery document",
    suffixes=(".json", ".yaml", ".yml"),
    recognises=recognises,
    load=load,
    reads="methods, OAuth scopes, and the scopes that each suffice for a method",
    maps=(
        ("method", "operation, tagged with its resource"),
        ("scope in auth.oauth2", "scope"),
        ("scopes of a method", "each of them permits the operation by itself"),
        ("method without scopes", "operation of which nothing is said to permit it; not open to anyone"),
    ),
    infers_not=(
        "whether we offer or call the API (option direction)",
        "which service answers (option served_by)",
        "what a method reads and writes (option effects)",
        "who holds credentials and what they were granted",
        "what permits a method that lists no scope, such as one that takes an API key",
    ),
    options=ApiOptions,
)
