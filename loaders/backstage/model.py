"""A catalog in our terms.

Components are services, resources stores, groups parties. An API is one operation that stands for all of its
functions, in the same ``api`` as those of its definition. What AI tools take in (``AiResource``) is a feed of code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from blastradius.loaderkit.collector import FactCollector, bare_url
from blastradius.loaderkit.contract import Loaded, Provenances, SourceRequest
from blastradius.loaderkit.json_values import Keys, as_list, text
from blastradius.loaderkit.options import Name, Names, Options
from blastradius.model import (
    ENTITY_TYPES,
    SIGNATURES,
    Basis,
    Entity,
    Kind,
    NoteKind,
    Verb,
    Zone,
)

from .entities import Descriptor, Link, Ref, definition_of, elsewhere

Direction = Literal["exposed", "consumed", "internal"]
Role = Literal["self", "partner", "provider", "processor", "upstream"]
_KINDS = {
    "component": Kind.SERVICE,
    "resource": Kind.STORE,
    "api": Kind.OPERATION,
    "group": Kind.PARTY,
    "user": Kind.PARTY,
    "airesource": Kind.FEED,
}
_DEFINED_IN = {"openapi": "openapi", "swagger": "openapi", "asyncapi": "asyncapi"}
_CARRIES_NO_REACH = {
    "system": "systems and domains (they are tags of what is in them)",
    "domain": "systems and domains (they are tags of what is in them)",
    "user": "users (people are not taken in)",
    "template": "templates of what is yet to be built",
}


class Api(BaseModel):
    """How the definition of an API is loaded; further words are options of the loader that reads it."""

    model_config = ConfigDict(extra="allow", frozen=True)

    direction: Direction | None = Field(default=None, description="whether we offer the API or call it")


class Chosen(Options):
    """What a user may say about a catalog that it cannot say itself.

    Names are references in full (``group:default/acme``), as globs.
    """

    parties: dict[Name, Role] = Field(
        default_factory=dict, description="role of groups that are no teams of ours, by pattern of the reference"
    )
    runs: Names = Field(default=(), description="patterns of resources that run rather than hold data")
    resources: Literal["both", "reads", "writes", "depends"] = Field(
        default="both", description="what a component does with a resource it depends on; `depends`: nothing but that"
    )
    apis: dict[Name, Api] = Field(
        default_factory=dict, description="options of the loader that reads an API's definition, by pattern of the API"
    )
    direction: Direction | None = Field(
        default=None, description="whether we offer or call APIs that `apis` does not name"
    )
    zones: Literal["system", "namespace"] | None = Field(
        default=None, description="whether a trust boundary lies around each system or each namespace"
    )
    zone: Name | None = Field(default=None, description="where things lie, unless `zones` says it")
    owner: str | None = Field(default=None, description="who answers for what names no owner")


class CatalogMapper:
    """What a catalog comes to, gathered entity by entity."""

    def __init__(self, collector: FactCollector, chosen: Chosen, declared: dict[str, Any]) -> None:
        self.collector = collector
        self.chosen = chosen
        self.declared = declared
        self.named: dict[str, tuple[Kind, Ref, Provenances]] = {}
        self.zones: dict[str, Zone] = {}
        self.requests: list[SourceRequest] = []
        self.owned: set[str] = set()
        self.defined: dict[int, str] = {}
        self.providers: dict[str, list[str]] = {}
        self.unread: Counter[str] = Counter()
        self.elsewhere: dict[str, list[str]] = {}
        self.undirected = 0
        self.ours = 0
        self.assumed = 0
        self.of_stores = 0

    # entities

    def add(self, descriptor: Descriptor) -> None:
        """Model one entity; it is one record."""
        provenance = self.collector.provenance(*descriptor.keys)
        if self.collector.name(str(descriptor.ref)) is None:
            self.collector.reject("an entity has no name that can be an id", provenance=provenance)
            return
        for field in descriptor.secrets:
            self.collector.secret(f"a reference in {field!r}", provenance=provenance)
        for problem in descriptor.problems:
            self.collector.note(NoteKind.UNRESOLVED, f"{problem}; left out", str(descriptor.ref), provenance=provenance)
        if descriptor.ref.kind == "location":
            self._location(descriptor)
        elif descriptor.ref.kind == "system" and self.chosen.zones == "system":
            self.collector.fact()
            zone = Zone(id=str(descriptor.ref), name=self._words(descriptor.name, provenance), provenance=provenance)
            self.zones.setdefault(zone.id, zone)
        elif (kind := self._kind(descriptor.ref)) is None or descriptor.ref.kind in _CARRIES_NO_REACH:
            other = f"entities of kind {self._words(descriptor.ref.kind, provenance) or 'unknown'}"
            self.collector.ignore(_CARRIES_NO_REACH.get(descriptor.ref.kind, other))
        else:
            self.collector.fact()
            self.collector.entity(self._entity(kind, descriptor, provenance))
            self._links(descriptor)
            if kind == Kind.OPERATION:
                self._definition(descriptor)

    def _kind(self, ref: Ref) -> Kind | None:
        """What stands for an entity; told by the reference alone, so that every file tells the same."""
        if ref.kind == "resource" and _any_glob(self.chosen.runs, ref):
            return Kind.SERVICE
        return _KINDS.get(ref.kind)

    def _entity(self, kind: Kind, descriptor: Descriptor, provenance: Provenances) -> Entity:
        profile = descriptor.spec.get("profile")
        shown = text(profile.get("displayName")) if isinstance(profile, dict) else ""
        attributes: dict[str, Any] = {
            "name": self._words(shown or descriptor.name, provenance),
            "description": self._words(descriptor.description, provenance),
            "tags": self._tags(descriptor, provenance),
        }
        if kind != Kind.PARTY:
            attributes["owner"] = self._owner(descriptor)
            attributes["zone"] = self._zone(descriptor)
        if kind == Kind.OPERATION:
            attributes["direction"] = self._direction(descriptor)
        return self._made(kind, descriptor.ref, provenance, Basis.DECLARED, **attributes)

    def _direction(self, descriptor: Descriptor) -> Direction | None:
        """How we stand to an API: as the options say of it; what another organisation answers for we call."""
        owner, said = descriptor.named("owner"), self._api(descriptor.ref).direction
        role = self._role(owner) if owner else None
        return said or ("consumed" if role not in (None, "self") else self.chosen.direction)

    def _role(self, ref: Ref) -> Role | None:
        return next((role for glob, role in self.chosen.parties.items() if _any_glob((glob,), ref)), None)

    def _made(self, kind: Kind, ref: Ref, provenance: Provenances, basis: Basis, **attributes: Any) -> Entity:
        if kind == Kind.PARTY:
            role = self._role(ref)
            attributes["role"] = role or "self"
            self.ours += role is None
        if kind == Kind.FEED:
            attributes["content"] = "code"
        if kind == Kind.OPERATION:
            attributes["api"] = str(ref)
            direction = attributes.pop("direction", None) or self._api(ref).direction or self.chosen.direction
            attributes |= {"direction": direction} if direction else {}
            self.undirected += direction is None
        return ENTITY_TYPES[kind](id=str(ref), basis=basis, provenance=provenance, **attributes)

    def _tags(self, descriptor: Descriptor, provenance: Provenances) -> tuple[str, ...]:
        system = descriptor.named("system")
        declared = [f"{key}:{descriptor.attribute(key)}" for key in ("type", "lifecycle") if descriptor.attribute(key)]
        found = [self._words(tag, provenance) for tag in (*descriptor.tags, *declared, str(system or ""))]
        return tuple(sorted({item for item in found if item}))

    def _owner(self, descriptor: Descriptor) -> str | None:
        owner = descriptor.named("owner")
        return str(owner) if owner and self.collector.name(str(owner)) else self.chosen.owner

    def _zone(self, descriptor: Descriptor) -> str | None:
        system = descriptor.named("system")
        if self.chosen.zones == "system" and system:
            return self.collector.name(str(system))
        return descriptor.ref.namespace if self.chosen.zones == "namespace" else self.chosen.zone

    def _words(self, value: Any, provenance: Provenances) -> str | None:
        return self.collector.words(value, "a title, description or tag", provenance=provenance)

    # what entities say of each other

    def _links(self, descriptor: Descriptor) -> None:
        """What an entity says of others; one that is described again keeps the owner that it has."""
        left_out = {"system", *(("owner",) if str(descriptor.ref) in self.owned else ())}
        for link in descriptor.links:
            if link.field not in left_out and link.to != descriptor.ref:
                self._link(descriptor.ref, link, self.collector.provenance(*link.keys))
        if descriptor.named("owner"):
            self.owned.add(str(descriptor.ref))

    def _link(self, me: Ref, link: Link, provenance: Provenances) -> None:
        to = link.to
        if link.field == "owner":
            if self._kind(me) in SIGNATURES[Verb.OWNS].targets:
                self._relate(Verb.PUBLISHES if self._kind(me) == Kind.FEED else Verb.OWNS, to, me, link, provenance)
        elif link.field in ("providesApis", "apiProvidedBy"):
            provider, api = (me, to) if link.field == "providesApis" else (to, me)
            if self._relate(Verb.SERVES, provider, api, link, provenance):
                self.providers.setdefault(str(api), []).append(str(provider))
        elif link.field in ("consumesApis", "apiConsumedBy"):
            self._call(*((me, to) if link.field == "consumesApis" else (to, me)), link, provenance)
        elif link.field == "subcomponentOf":
            self._part(me, to, link, provenance)
        else:
            self._depend(*((to, me) if link.field == "dependencyOf" else (me, to)), link, provenance)

    def _part(self, part: Ref, whole: Ref, link: Link, provenance: Provenances) -> None:
        """A part is of the kind of its whole."""
        if self._kind(part) == self._kind(whole):
            self._relate(Verb.PART_OF, part, whole, link, provenance)
            return
        message = f"{link.field!r} is of no component in a component; left out"
        self.collector.note(NoteKind.UNSUPPORTED, message, provenance=provenance)

    def _call(self, caller: Ref, api: Ref, link: Link, provenance: Provenances) -> None:
        if self._kind(api) not in (Kind.SERVICE, Kind.STORE):
            self._relate(Verb.CALLS, caller, api, link, provenance)
            return
        message = f"{link.field!r} of {str(caller)!r} names {str(api)!r}, which is no API; taken as a dependence"
        self.collector.note(NoteKind.ASSUMED, message, provenance=provenance)
        self._depend(caller, api, link, provenance)

    def _depend(self, ref: Ref, other: Ref, link: Link, provenance: Provenances) -> None:
        if self._kind(ref) == Kind.STORE:
            self.of_stores += 1
            return
        related = self._relate(Verb.DEPENDS_ON, ref, other, link, provenance)
        if related and self._kind(other) == Kind.STORE and self.chosen.resources != "depends":
            self.assumed += 1
            for verb in (Verb.READS, Verb.WRITES):
                if self.chosen.resources in ("both", verb):
                    self._relate(verb, ref, other, link, provenance, Basis.ASSUMED)

    def _relate(
        self, verb: Verb, first: Ref, second: Ref, link: Link, provenance: Provenances, basis: Basis = Basis.DECLARED
    ) -> bool:
        """Keep a relation if its ends are of kinds that it can have."""
        ends = []
        for ref, kinds in ((first, SIGNATURES[verb].sources), (second, SIGNATURES[verb].targets)):
            kind, usable = self._kind(ref), self.collector.name(str(ref)) is not None
            if kind is None or kind not in kinds or not usable:
                shown = repr(str(ref)) if usable else "something that cannot be an id"
                message = f"{link.field!r} names {shown}, for which there is no {str(verb)!r} here; left out"
                self.collector.note(NoteKind.UNSUPPORTED, message, provenance=provenance)
                return False
            ends.append((kind, ref, provenance))
        for end in ends:
            self.named.setdefault(str(end[1]), end)
        self.collector.relate(verb, str(first), str(second), provenance=provenance, basis=basis)
        return True

    # what is loaded besides

    def _definition(self, descriptor: Descriptor) -> None:
        """Ask for the definition of an API, where it is one that can be read."""
        found, kind = definition_of(descriptor), descriptor.attribute("type").lower()
        if found is None:
            self.unread["without a definition"] += 1
        elif kind not in _DEFINED_IN:
            self.unread[f"of type {self._words(kind, ()) or 'unknown'}"] += 1
        elif found.problem:
            self.elsewhere.setdefault(found.problem, []).append(found.place)
        else:
            declared = {
                "api": str(descriptor.ref),
                "direction": self._direction(descriptor),
                "owner": self._owner(descriptor),
            }
            options = {key: item for key, item in declared.items() if item is not None}
            options |= self._api(descriptor.ref).model_dump(exclude_unset=True)
            self.defined[len(self.requests)] = str(descriptor.ref)
            self._request(_DEFINED_IN[kind], options, found.keys, found.file)

    def _location(self, descriptor: Descriptor) -> None:
        """Ask for the files that a location names."""
        asked = len(self.requests)
        for field in ("target", "targets"):
            for number, item in enumerate(as_list(descriptor.spec.get(field))):
                keys = (*descriptor.keys, "spec", field, *((number,) if field == "targets" else ()))
                why = elsewhere(text(item)) if text(item) else "no text"
                if why:
                    self.elsewhere.setdefault(why, []).append(text(item))
                else:
                    self._request("backstage", self.declared, keys, text(item))
        if len(self.requests) > asked:
            self.collector.fact()
        else:
            self.collector.ignore("locations that name no file beside them")

    def _request(self, loader: str, options: dict[str, Any], keys: Keys, file: str) -> None:
        part = () if file else keys
        provenance = self.collector.provenance(*keys)[0]
        self.requests.append(
            SourceRequest(loader=loader, path=file, part=part, required=False, options=options, provenance=provenance)
        )

    def _with_providers(self, number: int, request: SourceRequest) -> SourceRequest:
        """A request for a definition, whose functions are served by what serves the API as a whole."""
        providers = sorted(set(self.providers.get(self.defined.get(number, ""), ())))
        if not providers:
            return request
        told: dict[str, Any] = {"served_by": providers}
        if request.loader == "asyncapi":
            told = {"provided_by": providers, **({"application": providers[0]} if len(providers) == 1 else {})}
        return request.model_copy(update={"options": told | request.options})

    def _api(self, ref: Ref) -> Api:
        return next((api for glob, api in self.chosen.apis.items() if _any_glob((glob,), ref)), Api())

    # the end

    def loaded(self) -> Loaded:
        """All of it; what is only named is inferred."""
        missing = [name for name in self.named if name not in self.collector.entities]
        for name in missing:
            kind, ref, provenance = self.named[name]
            self.collector.entity(self._made(kind, ref, provenance, Basis.INFERRED))
        self._say(missing)
        requests = tuple(self._with_providers(number, request) for number, request in enumerate(self.requests))
        return self.collector.loaded(zones=tuple(self.zones.values()), requests=requests)

    def _say(self, missing: list[str]) -> None:
        if missing:
            some = ", ".join(f"{name[:80]!r}" for name in sorted(missing)[:5])
            message = f"{len(missing)} entities are named and not described in this file, such as {some}"
            self.collector.note(NoteKind.UNRESOLVED, message)
        for why, places in sorted(self.elsewhere.items()):
            shown = (self.collector.words(bare_url(place), "a target or definition") for place in places[:5])
            some = ", ".join(repr(name) for name in shown if name)
            message = f"{len(places)} targets and definitions are not loaded ({why}){': ' if some else ''}{some}"
            self.collector.note(NoteKind.UNRESOLVED, message)
        for what, count in sorted(self.unread.items()):
            self.collector.note(NoteKind.UNSUPPORTED, f"{count} APIs {what}: only the API as a whole is known")
        if self.undirected:
            message = f"{self.undirected} APIs do not say whether we offer or call them; taken as internal"
            self.collector.note(NoteKind.ASSUMED, message)
        if self.ours:
            self.collector.note(NoteKind.ASSUMED, f"{self.ours} groups and users are taken as our own people")
        if self.assumed:
            does = {"both": "reads and writes"}.get(self.chosen.resources, self.chosen.resources)
            message = f"{self.assumed} times a component depends on a resource; that it {does} it is assumed"
            self.collector.note(NoteKind.ASSUMED, message)
        if self.of_stores:
            message = f"{self.of_stores} dependences of resources on others: data depends on nothing here; left out"
            self.collector.note(NoteKind.UNSUPPORTED, message)


def _any_glob(globs: Iterable[str], ref: Ref) -> bool:
    return any(fnmatchcase(str(ref), glob.lower()) for glob in globs)
