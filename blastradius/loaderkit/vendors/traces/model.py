"""Observed spans in our terms: services, the operations they serve and call, stores, feeds.

Many spans are one relation; it keeps the first place where it was seen on each basis. An operation is
``<service>:<METHOD> <route>``; a store ``<system>:<name>@<host>``; a feed ``<system>:<topic>``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import Field

from blastradius.errors import InputError
from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Loaded
from blastradius.loaderkit.json_values import Keys
from blastradius.loaderkit.names import counted
from blastradius.loaderkit.options import Name, Names, Options
from blastradius.loaderkit.vendors.traces.facts import Facts
from blastradius.loaderkit.vendors.traces.paths import Routes
from blastradius.loaderkit.vendors.traces.spans import (
    ANY,
    Function,
    Span,
    database,
    environment,
    function,
    is_nameless,
    message,
    named_peer,
    peer,
)
from blastradius.model import Basis, Entity, Feed, NoteKind, Operation, Party, Service, Store, Verb

NO_SERVICE = "without a service"
_REFUSED = "requests refused or not found that state no route, taken as no operation"


class SpanOptions(Options):
    """What traces do not say."""

    service: Name | None = Field(default=None, description="the service of spans that name none")
    environment: Name | None = Field(
        default=None, description="the environment whose spans count; else all are taken together"
    )
    zone: Name | None = Field(default=None, description="where the services that wrote spans lie")
    owner: Name | None = Field(default=None, description="who answers for the services that wrote spans")
    apis: dict[Name, Name] = Field(default_factory=dict, description="the API that a service answers, by the service")
    names: dict[Name, Name] = Field(default_factory=dict, description="what the estate calls a thing, by its name here")
    parties: dict[Name, Name] = Field(
        default_factory=dict, description="which party a service belongs to, by pattern of its name"
    )
    routes: Names = Field(default=(), description="routes behind raw paths, such as `/orders/{id}`")


MAPS = (
    ("service of a span", "service"),
    (
        "server span, or one that another service caused",
        "operation that the service serves: method and route, or the name of the span",
    ),
    (
        "client span and its other side",
        "service calls the operation; without another side, of a service that is inferred",
    ),
    ("database of a span", "store that the service reads or writes"),
    ("topic or queue of a span", "feed that the service publishes or consumes"),
)
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
        groups: dict[tuple[str, str], list[Span]] = defaultdict(list)
        for span in spans:
            groups[span.trace, span.id].append(span)
        self._groups = {key: Group(found) for key, found in groups.items()}
        self._answered: set[tuple[str, str, str]] = set()
        for span in spans:
            caller = self.caller(span)
            if caller is not None:
                self._answered.add((caller.trace, caller.id, caller.service))

    def caller(self, span: Span) -> Span | None:
        """The span of another service that this one answers; the two may share one id."""
        if span.kind == "server":
            shared = self._groups[span.trace, span.id].client_beside(span.service)
            if shared is not None:
                return shared
        for parent in span.parents:
            found = self._groups.get((span.trace, parent))
            if found is not None and span.service in found.services:
                return None
            if found is not None and found.first.kind != "producer":
                return found.first
        return None

    def answered(self, span: Span) -> bool:
        """Whether the other side of a call left a span of its own."""
        return (span.trace, span.id, span.service) in self._answered


class Group:
    """The spans that share one id: the services that wrote them, and of each service one span."""

    def __init__(self, spans: Iterable[Span]) -> None:
        one_each = {(span.kind != "client", span.service): span for span in spans}
        ranked = [one_each[key] for key in sorted(one_each)]
        self.services = {candidate.service for candidate in ranked}
        self.first = ranked[0]
        self._clients = [candidate for candidate in ranked[:2] if candidate.kind == "client"]

    def client_beside(self, service: str) -> Span | None:
        """The calling side that another service wrote."""
        return next((client for client in self._clients if client.service != service), None)


class Traffic(Facts):
    """What spans come to; all spans of a document are added at once, since a call has two sides."""

    def __init__(self, collector: FactCollector, options: SpanOptions) -> None:
        super().__init__(collector, options.names, options.parties)
        self.options = options
        self.routes = Routes(options.routes) if options.routes else None

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

    def _use(self, span: Span, kind: type[Entity], declared: str, verbs: Iterable[Verb], basis: Basis) -> None:
        service, thing = self.service(span.service, span.keys), self.once(kind, self.name(declared), span.keys)
        for verb in verbs if service and thing else ():
            self.relate(verb, service or "", thing or "", span.keys, basis)

    # facts

    def service(self, declared: str, keys: Keys, *, ours: bool = False) -> str | None:
        """A service and, where the options say so, the party that it belongs to."""
        zone, owner = (self.options.zone, self.options.owner) if ours else (None, None)
        name = self.once(Service, self.name(declared), keys, zone=zone, owner=owner)
        party = self.party_of(name) if name else None
        if name and party and self.once(Party, party, keys, basis=Basis.DECLARED):
            self.relate(Verb.OWNS, party, name, keys, Basis.DECLARED)
        return name

    def serves(self, declared: str, done: Function, keys: Keys, basis: Basis = Basis.OBSERVED) -> str | None:
        """An operation and the service that serves it."""
        service = self.service(declared, keys)
        if service is None:
            return None
        api = self.options.apis.get(service, service)
        operation = self.once(
            Operation,
            self.name(f"{api}:{done.name}"),
            keys,
            api=api,
            method=done.method,
            path=done.path,
            direction="consumed" if self.party_of(service) else None,
        )
        if operation is not None:
            self.relate(Verb.SERVES, service, operation, keys, basis)
        return operation

    def call(self, caller: str, server: str, done: Function, keys: Keys, basis: Basis = Basis.OBSERVED) -> None:
        """A call from service to service; ``basis`` is how well it is known who served it."""
        source, operation = self.service(caller, keys), self.serves(server, done, keys, basis)
        if source is not None and operation is not None:
            self.relate(Verb.CALLS, source, operation, keys)


class Records:
    """The spans of a document, each taken, rejected or ignored, before any is modelled."""

    def __init__(self, source: str, document: Document, options: SpanOptions) -> None:
        self.traffic = Traffic(FactCollector(source, document), options)
        self.spans: list[Span] = []
        self.traces: set[str] = set()
        self.links = 0
        self.bad: dict[str, list[Keys]] = defaultdict(list)
        self.environments: set[str] = set()

    def service(self, declared: Any) -> str | None:
        """The usable name of a span's service."""
        name = None if is_nameless(str(declared or "")) else self.traffic.collector.name(declared)
        return name or self.traffic.options.service

    def take(self, keys: Keys, sides: Sequence[Span]) -> None:
        """A record and the one or two sides of a call that it tells of; none when it names no service."""
        if not sides:
            self.reject(keys, NO_SERVICE)
            return
        named = self.traffic.collector.name(environment(sides[0]))
        self.environments |= {named} if named else set()
        wanted = self.traffic.options.environment
        if wanted and environment(sides[0]) not in (None, wanted):
            self.traffic.collector.ignore("spans of another environment")
            return
        self.traffic.collector.fact()
        self.traces.add(sides[0].trace)
        self.spans += sides

    def link(self, keys: Keys, caller: str, server: str) -> None:
        """A record that says no more than that one service called another."""
        self.traffic.collector.fact()
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
            self.traffic.collector.note(NoteKind.ASSUMED, message)
        links = counted(self.links, "link") if self.links else ""
        seen = len({span.keys for span in self.spans})  # one record may tell of both sides of a call
        spans = f"{counted(seen, 'span')} of {counted(len(self.traces), 'trace')}" if not links else ""
        return self.traffic.loaded(links or spans)

    def _say_rejected(self) -> None:
        collector = self.traffic.collector
        for why, places in self.bad.items():
            collector.reject(
                f"records {why}: {len(places):,}", provenance=collector.provenance(*places[0]), records=len(places)
            )
        if self.bad and not collector.facts:
            why, places = next(iter(self.bad.items()))
            way_out = "option service names it" if why == NO_SERVICE else "look at what wrote the file"
            raise InputError([f"{collector.provenance(*places[0])[0]}: no span can be read, here one {why}; {way_out}"])
