"""OpenAPI 3.x and Swagger 2: an API's operations, its scopes, and which scope opens which operation."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from itertools import product
from pathlib import PurePath
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from blastradius.errors import InputError
from blastradius.model import (
    Control,
    Document,
    Entity,
    Loaded,
    Loader,
    Note,
    NoteKind,
    Operation,
    Provenance,
    Relation,
    Scope,
    Tally,
    Verb,
)

from ._openapi_terms import Call, Description, Reader, Requirement

_HARMFUL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_ACTS = {"reads": Verb.READS, "writes": Verb.WRITES, "controls_target": Verb.CONTROLS, "disables": Verb.DISABLES}


class Options(BaseModel):
    """What a description cannot say: its name, its direction, what stands behind it, what it touches."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    api: str | None = None
    direction: Literal["exposed", "consumed", "internal"] | None = None
    served_by: str | None = None
    owner: str | None = None
    scopes: Literal["any", "all"] = "any"
    effects: tuple[dict[str, Any], ...] = ()


def recognises(data: Any) -> bool:
    """Whether a document says it is OpenAPI or Swagger."""
    return isinstance(data, dict) and ("openapi" in data or "swagger" in data)


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one description, leniently; what was odd is noted.

    Raises:
        InputError: not an API description at all, a version that is not read, or an unknown option.
    """
    chosen = _options(document, options)
    _versioned(document)
    found = Reader(document).read()
    api = chosen.api or _slug(found.title) or _slug(PurePath(document.path).stem) or "api"
    return _Mapper(document, chosen, found, api).loaded()


def _options(document: Document, given: dict[str, Any]) -> Options:
    try:
        return Options.model_validate(given)
    except ValidationError as error:
        problems = []
        for each in error.errors():
            name = str(each["loc"][0]) if each["loc"] else ""
            close = get_close_matches(name, list(Options.model_fields), n=1)
            tail = f"; did you mean {close[0]!r}?" if close and close[0] != name else ""
            problems.append(f"{document.path}: option {name!r}: {each['msg'].lower()}{tail}")
        raise InputError(problems) from None


def _versioned(document: Document) -> None:
    data = document.data
    if not recognises(data):
        raise InputError([f"{document.path}: not OpenAPI; it has neither 'openapi' nor 'swagger'"])
    key = "openapi" if "openapi" in data else "swagger"
    version, reads = str(data[key]), ("3.",) if key == "openapi" else ("2",)
    if not version.startswith(reads):
        line, column = document.position(key)
        raise InputError(
            [f"{document.path}:{line}:{column}: {key} {version!r} is not read; OpenAPI 3.x and Swagger 2 are"]
        )


class _Mapper:
    """From OpenAPI's terms to ours."""

    def __init__(self, document: Document, options: Options, found: Description, api: str) -> None:
        self.options = options
        self.found = found
        self.api = api
        self.file = Provenance(source="openapi", file=document.path)
        self.notes = list(found.notes)
        self.rejected = found.rejected
        self.choices = 0
        self.permissions: dict[str, Scope] = {}

    def loaded(self) -> Loaded:
        for scope, text in self.found.scopes.items():
            self._permission(scope, text)
        declared = len(self.permissions)
        calls = dict(self._named())
        operations = [self._operation(name, call) for name, call in calls.items()]
        permits = [each for name, call in calls.items() for each in self._permits(name, call)]
        touched = list(self._effects(calls))
        ways = sum(len(call.security or ()) for call in calls.values())
        self._say_what_was_assumed(calls)
        entities: tuple[Entity, ...] = (*operations, *self.permissions.values())
        return Loaded(
            entities=entities,
            relations=(*_unique(permits), *self._served(calls), *_unique(touched)),
            notes=tuple(self.notes),
            tally=Tally(facts=len(operations) + declared + ways, rejected=self.rejected, ignored=self.found.webhooks),
        )

    def _named(self) -> Iterator[tuple[str, Call]]:
        """Operations under ids of their own; two that share an operationId get method and path instead."""
        counts = Counter(call.id for call in self.found.calls if call.id)
        for call in self.found.calls:
            plain = call.id if call.id and counts[call.id] == 1 else f"{call.method} {call.path}"
            name = f"{self.api}:{plain}"
            if _HARMFUL.search(name) or len(name) > 500:
                self.rejected += 1
                self._note(NoteKind.UNSUPPORTED, f"operation {name[:60]!r} has an id that cannot be kept; left out")
                continue
            yield name, call
        for twice in sorted(each for each, count in counts.items() if each and count > 1):
            self._note(NoteKind.CONTRADICTED, f"operationId {twice!r} names {counts[twice]} operations; named by path")

    def _operation(self, name: str, call: Call) -> Operation:
        return Operation(
            id=name,
            name=call.title or call.id,
            api=self.api,
            method=call.method,
            path=call.path,
            direction=self.options.direction or "internal",
            anonymous=_is_anonymous(call),
            owner=self.options.owner,
            tags=tuple(sorted(set(call.tags))),
            provenance=(call.at,),
        )

    def _permits(self, name: str, call: Call) -> Iterator[Relation]:
        for requirement in call.security or ():
            for needed in self._alternatives(requirement):
                sources = tuple(sorted({self._permission(each) for each in needed}))
                yield Relation(verb=Verb.PERMITS, sources=sources, targets=(name,), provenance=(call.at,))

    def _alternatives(self, requirement: Requirement) -> list[tuple[str, ...]]:
        """The lists of permissions that let one in: schemes are all needed, scopes by the reading chosen."""
        ways: list[list[tuple[str, ...]]] = []
        for scheme, scopes in requirement.schemes:
            if not scopes:
                ways.append([(scheme,)])
            elif self.options.scopes == "all" or len(scopes) == 1:
                ways.append([scopes])
            else:
                ways.append([(scope,) for scope in scopes])
            self.choices += len(scopes) > 1
        if not ways:
            return []
        return [tuple(each for part in parts for each in part) for parts in product(*ways)]

    def _permission(self, scope: str, text: str = "") -> str:
        name = f"{self.api}:{scope}"[:500]
        if name not in self.permissions:
            self.permissions[name] = Scope(
                id=_HARMFUL.sub("?", name), name=scope[:200], description=text[:500] or None, provenance=(self.file,)
            )
        return self.permissions[name].id

    def _served(self, calls: Mapping[str, Call]) -> Iterator[Relation]:
        if self.options.served_by:
            for name, call in calls.items():
                yield Relation(
                    verb=Verb.SERVES, sources=(self.options.served_by,), targets=(name,), provenance=(call.at,)
                )

    def _effects(self, calls: Mapping[str, Call]) -> Iterator[Relation]:
        for effect in self.options.effects:
            globs, scopes = _texts(effect.get("match")), _texts(effect.get("scopes"))
            matched = [n for n, call in calls.items() if _matches(n, call, globs) and _scoped(call, scopes)]
            if not matched:
                self._note(NoteKind.UNRESOLVED, f"effects: {', '.join(globs)!r} matches no operation of {self.api!r}")
            for word, verb in _ACTS.items():
                for item in effect.get(word, ()):
                    stated = {"to": item} if isinstance(item, str) else item
                    yield from (self._act(verb, name, stated, calls[name]) for name in matched)

    def _act(self, verb: Verb, name: str, item: Mapping[str, Any], call: Call) -> Relation:
        controls = tuple(
            Control.model_validate({"kind": each} if isinstance(each, str) else each)
            for each in item.get("controls", ())
        )
        extent = item.get("extent", "all")
        return Relation(
            verb=verb, sources=(name,), targets=(item["to"],), extent=extent, controls=controls, provenance=(call.at,)
        )

    def _say_what_was_assumed(self, calls: Mapping[str, Call]) -> None:
        unstated = sum(call.security is None for call in calls.values())
        undeclared = sorted(s for s in self.permissions if s.removeprefix(f"{self.api}:") not in self._known())
        if self.options.direction is None:
            self._note(NoteKind.ASSUMED, f"{self.api!r}: which way it faces is not stated; taken as internal")
        if self.choices:
            self._note(
                NoteKind.ASSUMED,
                f"{self.api!r}: {self.choices} requirements list several scopes; read as {self.options.scopes} of them",
            )
        if unstated:
            self._note(
                NoteKind.ASSUMED,
                f"{self.api!r}: {unstated} operations state no security; not taken as open to anyone",
            )
        if undeclared:
            self._note(
                NoteKind.UNRESOLVED,
                f"{self.api!r}: {len(undeclared)} scopes are used but not declared: {undeclared[0]!r} …",
            )
        if self.found.webhooks:
            self._note(NoteKind.UNSUPPORTED, f"{self.api!r}: {self.found.webhooks} webhooks are not modelled")

    def _known(self) -> set[str]:
        return {*self.found.scopes, *self.found.schemes}

    def _note(self, kind: NoteKind, message: str) -> None:
        self.notes.append(Note(kind=kind, message=message, provenance=(self.file,)))


def _is_anonymous(call: Call) -> bool:
    """Anyone may call it: security is stated, and empty or with an empty alternative."""
    return call.security is not None and (not call.security or any(not each.schemes for each in call.security))


def _matches(name: str, call: Call, globs: Sequence[str]) -> bool:
    names = (name, call.id or "", f"{call.method} {call.path}", *call.tags)
    return any(fnmatchcase(each, glob) for glob in globs for each in names)


def _scoped(call: Call, globs: Sequence[str]) -> bool:
    scopes = [scope for each in call.security or () for _, them in each.schemes for scope in them]
    return not globs or any(fnmatchcase(scope, glob) for glob in globs for scope in scopes)


def _texts(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


def _unique(relations: Iterable[Relation]) -> list[Relation]:
    return list({each.id: each for each in relations}.values())


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:80]


LOADER = Loader(
    name="openapi",
    title="OpenAPI 3.x and Swagger 2 (JSON, YAML)",
    suffixes=(".json", ".yaml", ".yml"),
    recognises=recognises,
    load=load,
    reads="operations, scopes, security requirements with their alternatives",
    infers_not=(
        "which way the API faces (direction)",
        "what stands behind it (served_by) and what its operations touch (effects)",
        "who holds its scopes (credentials of your own estate file)",
        "whether a scope is enforced; the answer says that it relies on it",
    ),
)
