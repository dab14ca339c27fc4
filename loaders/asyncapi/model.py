"""An AsyncAPI description in our terms: feeds, the application that sends or takes them in, and who may."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Literal

from pydantic import Field

from blastradius.loaderkit.api_effects import ApiOptions, EffectMapper
from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Provenances
from blastradius.loaderkit.issuers import apart, issuer_addresses, scope_names
from blastradius.loaderkit.options import Name, Names
from blastradius.model import Basis, Feed, NoteKind, Operation, Scope, Service, Verb

from .reading import Channel, ChannelOperation, Description, Requirement, Security, Server

MAX_COMBINATIONS = 1000
Ways = list[tuple[str, ...]]


class AsyncOptions(ApiOptions):
    """The options of one description."""

    application: Name | None = Field(
        default=None, description="the service that is described; else one named after the API"
    )
    broker: Name | None = Field(
        default=None, description="what feeds and scopes are named after; else the server's host"
    )
    served_by: Names = Field(
        default=(),
        max_length=1,
        description="the service that is the broker; else one named after the server",
    )
    provided_by: Names = Field(
        default=(), description="the services without which nothing is done on the channels, beside the broker"
    )
    server: str | None = Field(default=None, description="which of the servers the estate uses; else the first by name")
    scopes: Literal["any", "all"] = Field(
        default="any", description="whether any of several scopes in one requirement suffices, or all are needed"
    )


@dataclass
class ApiMapper:
    """A description on its way into our terms."""

    collector: FactCollector
    options: AsyncOptions
    description: Description
    api: str
    operations: list[Operation] = field(default_factory=list)
    permitted_by: dict[str, set[str]] = field(default_factory=dict)
    feeds: dict[str, str] = field(default_factory=dict)
    undeclared: set[str] = field(default_factory=set)
    any_key: set[str] = field(default_factory=set)
    permissions: set[str] = field(default_factory=set)
    scope_names: dict[tuple[str, str], str] = field(default_factory=dict)
    several: int = 0
    silent: int = 0

    def build(self) -> None:
        """Servers and channels, then what is done on them."""
        addresses = {name: issuer_addresses(scheme) for name, scheme in self.description.schemes.items()}
        self.scope_names = scope_names(addresses, self._scopes())
        self._declared_scopes()
        self.permissions = {*self._key_names(), *self.scope_names.values()}
        used = [self.chosen(channel) for channel in self.description.channels.values()]
        for server in self.description.servers:
            self._server(server, taken=server is self.chosen() or any(server is other for other in used))
        for channel in self.description.channels.values():
            self._channel(channel)
        for operation in self.description.operations:
            self._operation(operation)
        EffectMapper(self.collector, self.api, self.operations, self.permitted_by).map(self.options.effects)
        self._say()

    # names

    def chosen(self, channel: Channel | None = None) -> Server | None:
        """The server that stands for the estate: the one the user names, or the first by name."""
        named = {server.name: server for server in self.description.servers if self._broker(server)}
        listed = [named[name] for name in sorted(named)]
        if channel is not None and channel.servers:
            listed = [named[server] for server in sorted(channel.servers) if server in named]
        wanted = [item for item in listed if item.name == self.options.server]
        return next(iter(wanted or listed), None)

    def _broker(self, server: Server | None) -> str | None:
        """What feeds and permissions of a server are named after; a host with blanks in it is this API's alone."""
        host = server.host if server is not None else None
        named = f"{self.api} {host}" if host and "{" in host else host
        return self.options.broker or self.collector.name(named)

    def _answering(self, server: Server | None) -> str | None:
        return next(iter(self.options.served_by), None) or self._broker(server)

    @property
    def application(self) -> str:
        """The service that the description describes."""
        return self.options.application or f"{self.api} (application)"

    def _scopes(self) -> Iterator[tuple[str, str]]:
        """Every scope that is declared or asked for, with its scheme."""
        for declared in (self.description.scopes, self.description.inline):
            yield from ((scheme, name) for scheme, names in declared.items() for name in names)
        for scheme, scopes in self._asked():
            yield from ((scheme, name) for name in scopes)

    def _asked(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The schemes that servers and operations ask for, each with its scopes."""
        holders: list[Server | ChannelOperation] = [*self.description.servers, *self.description.operations]
        for holder in holders:
            for requirement in holder.security.alternatives:
                yield from requirement.schemes

    def _key_names(self) -> Iterator[str]:
        """What the permissions of any key are called: like a scope, an operation of that name gets another."""
        yield from (f"{scheme} (any key)" for scheme, _ in self._asked())

    # servers and channels

    def _server(self, server: Server, *, taken: bool) -> None:
        made = self._answering(server)
        if made is None:
            self.collector.reject(f"server {server.name[:60]!r} has no host", provenance=(server.place.provenance(),))
        elif taken:
            self.collector.fact()
            self._keep_broker(made, server)
        else:
            self.collector.ignore("servers beside the one that is taken")
        for alternative in server.security.alternatives:
            if taken:
                self._count(alternative, server)
            else:
                self.collector.ignore("requirements of servers beside the one that is taken")

    def _keep_broker(self, made: str, server: Server) -> None:
        if not self.options.served_by and made not in self.collector.entities:
            attributes = f"{server.protocol} server" if server.protocol else None
            entity = Service(
                id=made, description=attributes, owner=self.options.owner, provenance=(server.place.provenance(),)
            )
            self.collector.entity(entity)

    def _count(self, requirement: Requirement, holder: Server | ChannelOperation) -> None:
        """An alternative is a record: a fact if it can be named, and of not too many combinations."""
        ways = prod(max(1, len(scopes)) for _, scopes in requirement.schemes)
        if all(self._names(requirement)) and ways <= MAX_COMBINATIONS:
            self.collector.fact()
            self.several += any(len(scopes) > 1 for _, scopes in requirement.schemes)
        else:
            message = f"a requirement of {holder.name[:60]!r} cannot be named, or in too many ways"
            self.collector.reject(message, provenance=(holder.place.provenance(),))

    def _names(self, requirement: Requirement) -> Iterator[str | None]:
        for scheme, scopes in requirement.schemes:
            yield self.collector.name(scheme)
            yield from (self.collector.name(self.scope_names[scheme, scope]) for scope in scopes)

    def _channel(self, channel: Channel) -> None:
        server = self.chosen(channel)
        broker = self._broker(server) if channel.address else None
        address = (channel.address or channel.name).strip().strip("/") or channel.name
        made = self.collector.name(f"{broker or self.api}/{address}")
        provenance = (channel.place.provenance(),)
        if made is None or self.collector.name(address) is None:
            self.collector.reject(
                f"channel {channel.name[:60]!r} has no address that can be an id", provenance=provenance
            )
            return
        feed = Feed(id=made, name=address, tags=tuple(sorted(channel.messages)), provenance=provenance)
        self.collector.entity(feed)
        self.collector.fact()
        self.feeds[channel.name] = made
        carrier = self._answering(server)
        if carrier is not None:
            self.collector.relate(Verb.WRITES, carrier, made, provenance=provenance, basis=Basis.INFERRED)

    # operations

    def _operation(self, read: ChannelOperation) -> None:
        provenance = (read.place.provenance(),)
        channel = self.description.channels[read.channel]
        feed = self.feeds.get(read.channel)
        name = f"{read.word} {read.channel}" if read.name in self.permissions else read.name
        made = self.collector.name(f"{self.api}:{name}") if self.collector.name(name) else None
        if feed is None or made is None or made in self.collector.entities:
            why = f"operation {read.name[:60]!r} has no channel or no id of its own"
            self.collector.reject(why, provenance=provenance, records=1 + len(read.security.alternatives))
            return
        for alternative in read.security.alternatives:
            self._count(alternative, read)
        server = self.chosen(channel)
        ways = self._ways(server, read.security)
        operation = Operation(
            id=made,
            name=read.title,
            owner=self.options.owner,
            api=self.api,
            method=read.word,
            path=channel.address or channel.name,
            anonymous=() in ways,
            tags=tuple(sorted(read.tags)),
            provenance=provenance,
            **self.options.facing,
        )
        self.collector.entity(operation)
        self.collector.fact()
        self.operations.append(operation)
        self._relate(read, operation, feed, self._answering(server))
        self._permit(ways, operation)

    def _relate(self, read: ChannelOperation, operation: Operation, feed: str, broker: str | None) -> None:
        provenance = operation.provenance
        if self.options.application is None:
            described = Service(
                id=self.application, name=self.description.title, owner=self.options.owner, provenance=provenance
            )
            self.collector.entities.setdefault(described.id, described)
        self.collector.relate(
            Verb.READS if read.does == "reads" else Verb.WRITES, operation.id, feed, provenance=provenance
        )
        self._takes_part(feed, provenance, sends=read.sends)
        if read.reply in self.feeds:
            self._takes_part(self.feeds[read.reply], provenance, sends=not read.sends)
        for service in self.options.provided_by:
            self.collector.relate(Verb.SERVES, service, operation.id, provenance=provenance)
        if broker is not None:
            self.collector.relate(Verb.SERVES, broker, operation.id, provenance=provenance, basis=Basis.INFERRED)

    def _takes_part(self, feed: str, provenance: Provenances, *, sends: bool) -> None:
        self.collector.relate(Verb.PUBLISHES if sends else Verb.CONSUMES, self.application, feed, provenance=provenance)

    # permissions

    def _ways(self, server: Server | None, operation: Security) -> Ways:
        """The sets of permissions that each suffice: one that lets to the server, with one for the operation."""
        declared = [
            security for security in (server.security if server else Security(), operation) if security.alternatives
        ]
        both = [list(self._readings(item, self._broker(server) or self.api)) for item in declared]
        self.silent += not both
        if prod(map(len, both)) > MAX_COMBINATIONS:
            both = both[-1:]
        return (
            sorted({tuple(sorted({permission for part in parts for permission in part})) for parts in product(*both)})
            if both
            else []
        )

    def _readings(self, security: Security, realm: str) -> Iterator[tuple[str, ...]]:
        for requirement in security.alternatives:
            if not all(self._names(requirement)):
                continue
            per_scheme = [
                [self._scope(scheme, name) for name in scopes] or [self._key(scheme, realm)]
                for scheme, scopes in requirement.schemes
            ]
            if prod(map(len, per_scheme)) > MAX_COMBINATIONS:
                continue
            if self.options.scopes == "all":
                per_scheme = [[item] for listed in per_scheme for item in listed]
            yield from product(*per_scheme)

    @property
    def realm(self) -> str:
        """What scopes are named after: the broker that checks them, or the API where it names none."""
        return self._broker(self.chosen()) or self.api

    def _declared_scopes(self) -> None:
        for scheme, scopes in self.description.scopes.items():
            provenance = (self.description.schemes[scheme].provenance(),)
            for declared, attributes in scopes.items():
                name = self.scope_names[scheme, declared]
                made = self.collector.name(f"{self.realm}:{name}") if self.collector.name(name) else None
                if made is None:
                    self.collector.reject(
                        f"a scope of {scheme[:60]!r} has no name that can be an id", provenance=provenance
                    )
                    continue
                self.collector.entity(Scope(id=made, name=name, description=attributes, provenance=provenance))
                self.collector.fact()

    def _scope(self, scheme: str, name: str) -> str:
        called = self.scope_names[scheme, name]
        made = f"{self.realm}:{called}"
        if made not in self.collector.entities:
            self.collector.entity(Scope(id=made, name=called, provenance=self._provenance(scheme)))
        known = (self.description.scopes.get(scheme, {}), self.description.inline.get(scheme, {}))
        if not any(name in declared for declared in known):
            self.undeclared.add(f"{scheme}:{name}")
        return made

    def _key(self, scheme: str, realm: str) -> str:
        """The permission that any valid key of a scheme carries at one broker."""
        made = f"{realm}:{scheme} (any key)"
        if made not in self.collector.entities:
            self.collector.entity(
                Scope(id=made, name=f"any valid key of {scheme}", provenance=self._provenance(scheme))
            )
        if scheme not in self.description.schemes:
            self.undeclared.add(scheme)
        self.any_key.add(made)
        return made

    def _provenance(self, scheme: str) -> Provenances:
        place = self.description.schemes.get(scheme)
        return (place.provenance(),) if place else self.collector.provenance()

    def _permit(self, ways: Ways, operation: Operation) -> None:
        for needed in ways:
            if needed:
                self.collector.relate(Verb.PERMITS, needed, operation.id, provenance=operation.provenance)
                self.permitted_by.setdefault(operation.id, set()).update(needed)

    # notes

    def _say(self) -> None:
        note = self.collector.note
        if self.options.direction is None and self.operations:
            note(NoteKind.ASSUMED, f"{self.api}: direction not stated; internal unless said elsewhere")
        if not self.description.channels and not self.description.operations:
            note(NoteKind.INCOMPLETE, f"{self.api} describes no channel and no operation")
        if self.description.defaults:
            some = ", ".join(repr(default[:80]) for default in sorted(self.description.defaults)[:5])
            note(NoteKind.ASSUMED, f"variables of servers are taken at their defaults: {some}")
        unfilled = sorted(server.host for server in self.description.servers if server.host and "{" in server.host)
        if unfilled:
            message = f"hosts of servers have blanks without a default: {', '.join(unfilled[:5])} (option broker)"
            note(NoteKind.UNRESOLVED, message)
        chosen = self.chosen()
        others = len({self._broker(server) for server in self.description.servers}) > 1
        if others and chosen is not None and self.options.server is None:
            count = len(self.description.servers)
            note(NoteKind.ASSUMED, f"{self.api} names {count} servers; {chosen.name!r} is taken (option server)")
        if self.several:
            reading = "any one of them suffices" if self.options.scopes == "any" else "all of them are needed together"
            note(NoteKind.ASSUMED, f"{self.several} requirements list several scopes in one scheme; read as: {reading}")
        if self.silent:
            message = f"{self.silent} operations of {self.api} state no security, nor does their server; "
            note(NoteKind.ASSUMED, f"{message}that is not 'open to anyone', and nothing is said of what permits them")
        for message in apart(self.scope_names):
            note(NoteKind.ASSUMED, f"{self.api}: {message}")
        if self.any_key:
            message = "requirements without scopes take any valid key of their scheme"
            note(NoteKind.ASSUMED, message, *sorted(self.any_key)[:5])
        if self.undeclared:
            some = ", ".join(repr(name[:80]) for name in sorted(self.undeclared)[:5])
            note(NoteKind.UNRESOLVED, f"{len(self.undeclared)} schemes and scopes are used and not declared: {some}")
