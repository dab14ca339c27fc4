"""Observed spans in our terms: services, the operations they serve and call, stores, feeds.

Many spans are one relation; it keeps the first place where it was seen on each basis. An operation is
``<service>:<METHOD> <route>``; a store ``<system>:<name>@<host>``; a feed ``<system>:<topic>``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from pydantic import Field

from blastradius.errors import InputError
from blastradius.gathering import Gathering
from blastradius.loader import Document, Loaded
from blastradius.model import Basis, Entity, Feed, NoteKind, Operation, Party, Service, Store, Verb
from blastradius.options import Name, Names, Options

from ._traffic_paths import Routes
from ._traffic_spans import (
    ANY,
    Function,
    Keys,
    Span,
    database,
    environment,
    function,
    is_nameless,
    message,
    named_peer,
    peer,
)

NO_SERVICE = "without a service"
_REFUSED = "requests refused or not found that state no route, taken as no operation"


class SpanOptions(Options):
    """What traces do not say."""

    service: Name | None = None
    environment: Name | None = None
    zone: Name | None = None
    owner: Name | None = None
    apis: dict[Name, Name] = Field(default_factory=dict)
    names: dict[Name, Name] = Field(default_factory=dict)
    parties: dict[Name, Name] = Field(default_factory=dict)
    routes: Names = ()


INFERS_NOT = (
    "what was not called while the spans were taken",
    "the service of spans that name none (option service)",
    "which environment counts where there are several (option environment)",
    "which party an outside service belongs to (option parties: pattern of the service's name to party)",
    "the API whose description an operation belongs to (option apis: service to api)",
    "the routes behind raw paths (option routes), and what other sources call a thing (option names)",
    "who the callers of the first service are, and what they were granted",
)


class Links:
    """Which span caused which, so that a call's two sides are one."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._by_id: dict[tuple[str, str], list[Span]] = defaultdict(list)
        for span in spans:
            self._by_id[span.trace, span.id].append(span)
        self._answered: set[tuple[str, str, str]] = set()
        for span in spans:
            caller = self.caller(span)
            if caller is not None:
                self._answered.add((caller.trace, caller.id, caller.service))

    def caller(self, span: Span) -> Span | None:
        """The span of another service that this one answers; the two may share one id."""
        if span.kind == "server":
            shared = self._other(span, self._by_id[span.trace, span.id], "client")
            if shared is not None:
                return shared
        for parent in span.parents:
            found = self._by_id.get((span.trace, parent), ())
            if any(each.service == span.service for each in found):
                return None
            caller = self._other(span, found)
            if caller is not None and caller.kind != "producer":
                return caller
        return None

    def answered(self, span: Span) -> bool:
        """Whether the other side of a call left a span of its own."""
        return (span.trace, span.id, span.service) in self._answered

    def _other(self, span: Span, found: Iterable[Span], kind: str | None = None) -> Span | None:
        others = [each for each in found if each.service != span.service and kind in (None, each.kind)]
        return min(others, key=lambda each: (each.kind != "client", each.service), default=None)


@dataclass
class Traffic:
    """What spans come to; all spans of a document are added at once, since a call has two sides."""

    gathering: Gathering
    options: SpanOptions
    seen: dict[tuple[Verb, str, str], dict[Basis, Keys]] = field(default_factory=dict)
    unknown: Counter[str] = field(default_factory=Counter)
    names: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.routes = Routes(self.options.routes) if self.options.routes else None

    def add(self, spans: Sequence[Span]) -> None:
        """Model the spans of a document."""
        for span in spans:
            self.service(span.service, span.keys, ours=True)
        links = Links(spans)
        for span in spans:
            self._span(span, links)

    def _span(self, span: Span, links: Links) -> None:
        caller = links.caller(span)
        if span.kind in ("server", "internal"):
            self._served(span, caller)
        elif caller is not None and span.kind != "consumer":
            self.call(caller.service, span.service, ANY, span.keys)
        if self._store(span) or self._message(span) or span.kind != "client" or links.answered(span):
            return
        self._called(span)

    def _served(self, span: Span, caller: Span | None) -> None:
        """What a service did when it was asked; work that stays inside is no operation of its own.

        A path that was not answered may not be there; that one service reached another is seen all the same.
        """
        by = caller.service if caller else named_peer(span) if span.kind == "server" else None
        if span.kind == "internal" and by is None:
            return
        done = function(span, self.routes)
        if by is not None and by != span.service:
            self.call(by, span.service, done or ANY, span.keys)
        elif done is not None:
            self.serves(span.service, done, span.keys)
        else:
            self.unknown[_REFUSED] += 1

    def _called(self, span: Span) -> None:
        """A call whose other side left no span."""
        other = peer(span)
        if other is None or other == span.service:
            what = "calls to an address without a name" if other is None else "calls of a service to itself"
            self.unknown[what] += 1
        else:
            self.call(span.service, other, function(span, self.routes) or ANY, span.keys, Basis.INFERRED)

    def _store(self, span: Span) -> bool:
        used = database(span)
        if used is None:
            return False
        basis = Basis.OBSERVED if used.sure else Basis.INFERRED
        self._use(span, Store, used.id, [verb for verb in (Verb.READS, Verb.WRITES) if getattr(used, verb)], basis)
        return True

    def _message(self, span: Span) -> bool:
        sent = message(span)
        if sent is not None and sent.topic is None:
            self.unknown["messages that name no topic or queue"] += 1
        elif sent is not None:
            self._use(span, Feed, sent.topic or "", [Verb(sent.way)], Basis.OBSERVED)
        return sent is not None

    def _use(self, span: Span, kind: type[Entity], stated: str, verbs: Iterable[Verb], basis: Basis) -> None:
        service, thing = self.service(span.service, span.keys), self.once(kind, self.name(stated), span.keys)
        for verb in verbs if service and thing else ():
            self.relate(verb, service or "", thing or "", span.keys, basis)

    # facts

    def name(self, stated: str) -> str | None:
        """What the estate calls a thing of this name; ``None`` for what cannot be an id."""
        if stated not in self.names:
            known = self.gathering.name(stated)
            self.names[stated] = self.options.names.get(known, known) if known else None
        return self.names[stated]

    def once(self, kind: type[Entity], name: str | None, keys: Keys, **says: Any) -> str | None:
        """Keep an entity the first time it is seen; ``None`` where it cannot be one."""
        before = self.gathering.entities.get(name or "")
        if name is None or not isinstance(before, (kind, type(None))):
            self.unknown["names that cannot be an id, or that something of another kind has"] += 1
            return None
        if before is None:
            says = {"basis": Basis.OBSERVED, "provenance": self.gathering.at(*keys), **says}
            self.gathering.entity(kind.model_validate({"id": name, **says}))
        return name

    def service(self, stated: str, keys: Keys, *, ours: bool = False) -> str | None:
        """A service and, where the options say so, the party that it belongs to."""
        about = {"zone": self.options.zone, "owner": self.options.owner} if ours else {}
        name = self.once(Service, self.name(stated), keys, **{key: value for key, value in about.items() if value})
        party = self.party(name) if name else None
        if name and party and self.once(Party, party, keys, basis=Basis.DECLARED):
            self.relate(Verb.OWNS, party, name, keys, Basis.DECLARED)
        return name

    def party(self, name: str) -> str | None:
        """The party that the options say a name belongs to."""
        return next((party for glob, party in self.options.parties.items() if fnmatchcase(name, glob)), None)

    def serves(self, stated: str, done: Function, keys: Keys, basis: Basis = Basis.OBSERVED) -> str | None:
        """An operation and the service that serves it."""
        service = self.service(stated, keys)
        if service is None:
            return None
        api = self.options.apis.get(service, service)
        about = {"api": api, "method": done.method, "path": done.path}
        if self.party(service):
            about["direction"] = "consumed"
        about = {key: value for key, value in about.items() if value}
        operation = self.once(Operation, self.name(f"{api}:{done.name}"), keys, **about)
        if operation is not None:
            self.relate(Verb.SERVES, service, operation, keys, basis)
        return operation

    def call(self, caller: str, server: str, done: Function, keys: Keys, basis: Basis = Basis.OBSERVED) -> None:
        """A call from service to service; ``basis`` is how well it is known who served it."""
        source, operation = self.service(caller, keys), self.serves(server, done, keys, basis)
        if source is not None and operation is not None:
            self.relate(Verb.CALLS, source, operation, keys)

    def relate(self, verb: Verb, source: str, target: str, keys: Keys, basis: Basis = Basis.OBSERVED) -> None:
        """A relation; only the first place on each basis is kept."""
        self.seen.setdefault((verb, source, target), {}).setdefault(basis, keys)

    def loaded(self, what: str) -> Loaded:
        """All of it; ``what`` says how much was looked at."""
        for (verb, source, target), places in self.seen.items():
            for basis, keys in places.items():
                self.gathering.relate(verb, source, target, at=self.gathering.at(*keys), basis=basis)
        for unknown, count in sorted(self.unknown.items()):
            self.gathering.note(NoteKind.UNRESOLVED, f"{unknown}: {count:,}")
        self.gathering.note(NoteKind.INCOMPLETE, f"seen in {what}; what was not called meanwhile is not here")
        return self.gathering.loaded()


class Records:
    """The spans of a document, each taken, rejected or ignored, before any is modelled."""

    def __init__(self, source: str, document: Document, options: SpanOptions) -> None:
        self.traffic = Traffic(Gathering(source, document), options)
        self.spans: list[Span] = []
        self.traces: set[str] = set()
        self.links = 0
        self.bad: dict[str, list[Keys]] = defaultdict(list)
        self.environments: set[str] = set()

    def service(self, stated: Any) -> str | None:
        """The usable name of a span's service."""
        name = None if is_nameless(str(stated or "")) else self.traffic.gathering.name(stated)
        return name or self.traffic.options.service

    def take(self, keys: Keys, sides: Sequence[Span]) -> None:
        """A record and the one or two sides of a call that it tells of; none when it names no service."""
        if not sides:
            self.reject(keys, NO_SERVICE)
            return
        self.environments |= {each for span in sides if (each := environment(span))}
        wanted = self.traffic.options.environment
        if wanted and environment(sides[0]) not in (None, wanted):
            self.traffic.gathering.ignore("spans of another environment")
            return
        self.traffic.gathering.fact()
        self.traces.add(sides[0].trace)
        self.spans += sides

    def link(self, keys: Keys, caller: str, server: str) -> None:
        """A record that says no more than that one service called another."""
        self.traffic.gathering.fact()
        self.links += 1
        self.traffic.call(caller, server, ANY, keys)

    def reject(self, keys: Keys, why: str) -> None:
        """A record that cannot be read."""
        self.bad[why].append(keys)

    def loaded(self) -> Loaded:
        """What the spans come to.

        Raises:
            InputError: there are spans and none of them can be read.
        """
        self._say_rejected()
        self.traffic.add(self.spans)
        if len(self.environments) > 1 and not self.traffic.options.environment:
            several = ", ".join(sorted(self.environments)[:5])
            message = f"spans of several environments ({several}) are taken together; option environment keeps one"
            self.traffic.gathering.note(NoteKind.ASSUMED, message)
        links = _many(self.links, "link") if self.links else ""
        spans = f"{_many(len(self.spans), 'span')} of {_many(len(self.traces), 'trace')}" if not links else ""
        return self.traffic.loaded(links or spans)

    def _say_rejected(self) -> None:
        gathering = self.traffic.gathering
        for why, places in self.bad.items():
            gathering.reject(f"records {why}: {len(places):,}", at=gathering.at(*places[0]), records=len(places))
        if self.bad and not gathering.facts:
            why, places = next(iter(self.bad.items()))
            way_out = "option service names it" if why == NO_SERVICE else "look at what wrote the file"
            raise InputError([f"{gathering.at(*places[0])[0]}: no span can be read, here one {why}; {way_out}"])


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"
