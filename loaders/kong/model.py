"""A Kong configuration in our terms: consumers, their credentials, what those grant, and the routes it opens."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from pydantic import Field

from blastradius.loaderkit.collector import FactCollector, bare_url
from blastradius.loaderkit.json_values import scalars
from blastradius.loaderkit.options import Name, Names, Options
from blastradius.model import (
    Basis,
    Control,
    ControlKind,
    Credential,
    NoteKind,
    Operation,
    Party,
    Scope,
    Service,
    Verb,
)

from .reading import CREDENTIALS, Configuration, Index, Record, is_membership, names_of
from .route_auth import Permission, RouteAuth, RouteAuths, where

_TYPES: dict[str, Literal["api_key", "password", "signing_key", "client_secret", "mtls"]] = {
    "key-auth": "api_key",
    "key-auth-enc": "api_key",
    "basic-auth": "password",
    "hmac-auth": "signing_key",
    "jwt": "signing_key",
    "oauth2": "client_secret",
    "mtls-auth": "mtls",
}


class KongOptions(Options):
    """What a user may say about a gateway that its configuration cannot say."""

    gateway: Name | None = Field(
        default=None, description="name of the gateway, before every id; else as the file says"
    )
    also: Names = Field(default=(), description="files beside this one, read as one with it")
    direction: Literal["exposed", "consumed", "internal"] = Field(
        default="exposed", description="whether the routes are offered to others, called by us, or internal"
    )
    zone: Name | None = Field(default=None, description="where the services behind it lie")
    owner: str | None = Field(default=None, description="who answers for services and routes")
    consumers: dict[str, Name] = Field(
        default_factory=dict, description="which party a consumer is, by its username, custom_id or id"
    )
    parties: dict[str, Name] = Field(
        default_factory=dict, description="which party runs a service, by pattern of its host"
    )


@dataclass
class GatewayMapper:
    """A configuration on its way into our terms."""

    collector: FactCollector
    options: KongOptions
    configuration: Configuration
    gateway: str
    index: Index = field(init=False)
    auth: RouteAuths = field(init=False)
    ids: dict[int, str] = field(default_factory=dict)
    keys: list[tuple[str, str, Record]] = field(default_factory=list)
    asked: dict[str, set[Permission]] = field(default_factory=lambda: defaultdict(set))
    addresses: dict[str, Control] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.index = Index.of(self.configuration)
        self.auth = RouteAuths(self.configuration, self.index)

    def build(self) -> None:
        """Model all of it: what has a name, what refers to it, the routes, and what credentials grant."""
        makers: dict[str, Callable[[Record], None]] = {
            "services": self._service,
            "consumers": self._consumer,
            "consumer_groups": self._consumer_group,
            "plugins": self._plugin,
            "acls": self._group,
            "members": self._member,
            **dict.fromkeys(CREDENTIALS, self._credential),
            "routes": self._route,
        }
        by_kind: dict[str, list[Record]] = defaultdict(list)
        for record in self.configuration.records:
            by_kind["members" if is_membership(record) else record.kind].append(record)
        self.auth.has_consumers = bool(by_kind["consumers"])
        for kind, make in makers.items():
            for record in by_kind.pop(kind, []):
                make(record)
        for kind, records in by_kind.items():
            self.collector.ignore(f"Kong {self.collector.name(kind) or 'entities of a nameless kind'}", len(records))
        self._grants()
        self._say()

    # names

    def _id(self, kind: str, name: str | None) -> str | None:
        return self.collector.name(f"{self.gateway}:{kind}/{name}") if self.collector.name(name) else None

    def _first_name(self, record: Record) -> str | None:
        return next((name for alias in record.names if (name := self.collector.name(alias))), None)

    def _tags(self, record: Record) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys(
                tag for declared in scalars(record.attributes.get("tags")) if (tag := self.collector.name(declared))
            )
        )

    def _nameless(self, record: Record, what: str) -> None:
        self.collector.reject(f"{what} has no name that can be an id", provenance=record.provenance)

    # what has a name

    def _service(self, record: Record) -> None:
        address = self._address(record)
        made = self._id("service", self._first_name(record) or address)
        if made is None:
            self._nameless(record, "a service")
            return
        self._keep_service(record, made, address, Basis.DECLARED)
        self.collector.fact()

    def _keep_service(self, record: Record, made: str, address: str | None, basis: Basis) -> None:
        self.ids[id(record)] = made
        service = Service(
            id=made,
            name=self.collector.name(record.attributes.get("name")),
            description=f"behind the gateway at {address}" if address else None,
            zone=self.options.zone,
            owner=self.options.owner,
            tags=self._tags(record),
            basis=basis,
            provenance=record.provenance,
        )
        self.collector.entity(service)
        host = (address or "").rpartition("://")[2].partition("/")[0].rpartition(":")
        for pattern, party in self.options.parties.items():
            if fnmatchcase(host[0] or host[2], pattern):
                self.collector.entity(Party(id=party, basis=Basis.INFERRED, provenance=record.provenance))
                self.collector.relate(Verb.OWNS, party, made, provenance=record.provenance)

    def _address(self, record: Record) -> str | None:
        """Where a service is, without what may be secret in an address."""
        attributes = record.attributes
        url, host = attributes.get("url"), attributes.get("host")
        if isinstance(url, str):
            whole = url if "://" in url else f"http://{url}"
        elif isinstance(host, str):
            port = "".join(f":{number}" for number in scalars(attributes.get("port"))[:1])
            protocol = attributes.get("protocol") if isinstance(attributes.get("protocol"), str) else "http"
            whole = f"{protocol}://{host}{port}{''.join(scalars(attributes.get('path'))[:1])}"
        else:
            return None
        return self.collector.name(bare_url(whole))

    def _consumer(self, record: Record) -> None:
        if self._keep_consumer(record, Basis.DECLARED) is None:
            self._nameless(record, "a consumer")
            return
        self.collector.fact()

    def _keep_consumer(self, record: Record, basis: Basis) -> str | None:
        declared = next((self.options.consumers[name] for name in record.names if name in self.options.consumers), None)
        name = self._first_name(record)
        made = declared or self._id("consumer", name)
        if made is not None:
            self.ids[id(record)] = made
            attributes = {} if declared else {"name": name, "tags": self._tags(record)}
            self.collector.entity(Party(id=made, basis=basis, provenance=record.provenance, **attributes))
        return made

    def _consumer_group(self, record: Record) -> None:
        if self._first_name(record) is None:
            self._nameless(record, "a consumer group")
            return
        self.collector.fact()

    # what refers to it

    def _holder(self, record: Record) -> Record | None:
        """The consumer a record belongs to; made up by its name where the file does not have it."""
        reference = record.reference("consumers")
        found = self.index.find("consumers", reference)
        name = next(iter(names_of(reference)), None) if not isinstance(reference, Record) else None
        if found is None and name is not None:
            found = Record("consumers", record.keys, {"username": name}, record.provenance)
            if self._keep_consumer(found, Basis.INFERRED) is None:
                return None
            self.index.by_name["consumers", name] = found
            self.counts["consumers"] += 1
        return found if found is not None and id(found) in self.ids else None

    def _plugin(self, record: Record) -> None:
        became = self.auth.place(record)
        name = self.collector.name(record.attributes.get("name"))
        if became == "placed":
            self.collector.fact()
        elif name is None:
            self._nameless(record, "a plug-in")
        elif became == "unresolved":
            message = f"a {name} plug-in is for something that is not in the file"
            self.collector.note(NoteKind.UNRESOLVED, f"{message}; ignored", provenance=record.provenance)
            self.collector.ignore("plug-ins for something that is not in the file")
        else:
            self.collector.ignore(_IGNORED.get(became, f"{name} plug-ins"))

    def _group(self, record: Record) -> None:
        holder, group = self._holder(record), self.collector.name(record.attributes.get("group"))
        if holder is None or group is None:
            self.collector.reject("a group membership names no consumer or no group", provenance=record.provenance)
            return
        self.auth.groups[id(holder)].add(group)
        self.collector.fact()

    def _member(self, record: Record) -> None:
        """A consumer in a consumer group, said on either side."""
        inner = next((name for alias in record.names if (name := self.collector.name(alias))), None)
        outer = record.parent
        if record.kind == "groups":
            holder, group = outer, self.index.find("consumer_groups", record.attributes)
            name = self._first_name(group) if group else inner
        else:
            inside = Record("acls", record.keys, {"consumer": record.attributes}, record.provenance)
            holder, name = self._holder(inside), self._first_name(outer) if outer else None
        if holder is None or name is None or id(holder) not in self.ids:
            self.collector.reject("a group membership names no consumer or no group", provenance=record.provenance)
            return
        self.auth.consumer_groups[id(holder)].add(name)
        self.collector.fact()

    def _credential(self, record: Record) -> None:
        plugin = CREDENTIALS[record.kind]
        holder = self._holder(record)
        of = self._first_name(holder) if holder else None
        own, name = (self.collector.name(record.attributes.get(key)) for key in ("id", "name"))
        made = self._id(plugin, own or (f"{of} {name}" if name else of))
        if holder is None or of is None or made is None:
            self.collector.reject(f"a {plugin} credential names no consumer", provenance=record.provenance)
            return
        self.counts["nameless"] += own is None and made in self.collector.entities
        credential = Credential(
            id=made,
            name=f"{plugin} credential of {of}{f' ({name})' if name else ''}",
            type=_TYPES[plugin],
            tags=self._tags(record) if own else (),
            controls=tuple(self._controls(holder)),
            provenance=record.provenance,
        )
        self.collector.entity(credential)
        self.collector.relate(Verb.HOLDS, self.ids[id(holder)], made, provenance=record.provenance)
        self.keys.append((made, plugin, holder))
        self.collector.fact()

    def _controls(self, holder: Record) -> Iterator[Control]:
        """What the plug-ins of a consumer do to its credentials."""
        bound, end = self.auth.addresses_of(holder), self.auth.of_consumer("request-termination", holder)
        if bound:
            yield self._address_control(bound)
        if end and self.auth.ends(end):
            why = "request-termination plug-in of its consumer"
            yield Control(kind=ControlKind.REVOKED, status="assumed", why=why, provenance=end.provenance)

    def _address_control(self, plugin: Record) -> Control:
        why = f"ip-restriction plug-in of {where(plugin, self.index)}"
        return Control(kind=ControlKind.IP_ALLOWLIST, status="assumed", why=why, provenance=plugin.provenance)

    # routes

    def _route(self, record: Record) -> None:
        reference = record.reference("services")
        service = self._service_of(record) if reference is not None else None
        line = self._line(record)
        of = (service or "").removeprefix(f"{self.gateway}:service/")
        made = self._id("route", self._first_name(record) or f"{of} {line}".strip())
        if made is None or made in self.collector.entities:
            self.collector.reject("a route has no name of its own that can be an id", provenance=record.provenance)
            return
        route_auth = self.auth.of_route(record)
        methods = [
            name for method in scalars(record.attributes.get("methods")) if (name := self.collector.name(method))
        ]
        operation = Operation(
            id=made,
            name=self.collector.name(record.attributes.get("name")),
            owner=self.options.owner,
            api=service,
            method=",".join(sorted(methods)) or None,
            path=self._places(record),
            direction=self.options.direction,
            anonymous=route_auth.anonymous,
            tags=self._tags(record),
            controls=(self._address_control(route_auth.addresses),) if route_auth.addresses else (),
            provenance=record.provenance,
        )
        self.collector.entity(operation)
        if service:
            self.collector.relate(Verb.SERVES, service, made, provenance=record.provenance)
        self._permits(route_auth, operation)
        self.collector.fact()

    def _service_of(self, route: Record) -> str | None:
        """The service behind a route; made up by its name where the file does not have it."""
        reference = route.reference("services")
        found = self.index.find("services", reference)
        if found is not None:
            return self.ids.get(id(found))
        name = next(iter(names_of(reference)), None)
        made = self._id("service", name)
        if made is not None and made not in self.collector.entities:
            self.counts["services"] += 1
            self.collector.entity(Service(id=made, basis=Basis.INFERRED, provenance=route.provenance))
        return made

    def _places(self, route: Record) -> str | None:
        attributes = [" or ".join(sorted(scalars(route.attributes.get(key)))) for key in ("hosts", "paths", "snis")]
        return self.collector.name(" ".join(value for value in attributes if value))

    def _line(self, route: Record) -> str:
        return " ".join((*sorted(scalars(route.attributes.get("methods"))), self._places(route) or "")).strip()

    def _permits(self, route_auth: RouteAuth, operation: Operation) -> None:
        self.counts["unguarded"] += not route_auth.asks
        self.counts["too many"] += route_auth.too_many
        self.counts["open addresses"] += bool(route_auth.addresses) and not all(
            any(permission.place for permission in way) for way in route_auth.ways
        )
        if route_auth.closed:
            message = f"{operation.id} {route_auth.closed}; nothing is said to permit it"
            self.collector.note(NoteKind.ASSUMED, message, operation.id, provenance=operation.provenance)
        if route_auth.addresses:
            self.addresses[where(route_auth.addresses, self.index)] = operation.controls[0]
        for way in route_auth.ways:
            scopes = [self._scope(permission, operation) for permission in way]
            if all(scopes):
                needed = tuple(sorted({scope for scope in scopes if scope}))
                self.collector.relate(Verb.PERMITS, needed, operation.id, provenance=operation.provenance)
                for asked in way:
                    self.asked[asked.plugin].add(asked)
            else:
                self.collector.note(
                    NoteKind.UNSUPPORTED, f"{operation.id} asks for what cannot be an id; left out", operation.id
                )

    # what credentials grant

    def _scope(self, asked: Permission, by: Operation | Credential) -> str | None:
        made, name = self._worded(asked)
        if made is not None and made not in self.collector.entities:
            controls = (self.addresses[asked.place],) if asked.place else ()
            self.collector.entity(Scope(id=made, name=name, controls=controls, provenance=by.provenance))
        return made

    def _worded(self, asked: Permission) -> tuple[str | None, str | None]:
        """The id and the name of the scope that stands for a permission."""
        if asked.scope:
            issuer = bare_url(asked.issuer) or f"{self.gateway}:{asked.plugin}"
            return self.collector.name(f"{issuer}:{asked.scope}"), self.collector.name(asked.scope)
        who = "any credential"
        if asked.group:
            who = f"{'group or consumer group' if asked.wide else 'group'} {asked.group}"
        elif asked.outside:
            who = f"any outside {', '.join(asked.outside)}"
        name = f"{who} by {asked.plugin}{f' from addresses of {asked.place}' if asked.place else ''}"
        return self.collector.name(f"{self.gateway}:{name}"), self.collector.name(name)

    def _grants(self) -> None:
        """Each credential grants what its plug-in asks of its consumer, and being in its groups."""
        for key, plugin, holder in self.keys:
            credential = self.collector.entities[key]
            if not isinstance(credential, Credential):
                continue
            asked = {
                permission
                for permission in self.asked[plugin]
                if not permission.scope and self.auth.meets(holder, permission)
            }
            for permission in sorted(asked | set(self._own(plugin, holder))):
                scope = self._scope(permission, credential)
                if scope is not None:
                    self.collector.relate(Verb.GRANTS, key, scope, provenance=credential.provenance)

    def _own(self, plugin: str, holder: Record) -> Iterator[Permission]:
        yield Permission(plugin)
        for group in self.auth.groups.get(id(holder), ()):
            yield Permission(plugin, group)
        for group in self.auth.consumer_groups.get(id(holder), ()):
            yield Permission(plugin, group, wide=True)

    # notes

    def _say(self) -> None:
        for kind in ("consumers", "services"):
            if self.counts[kind]:
                message = f"{self.counts[kind]} {kind} are referred to and not in the file; inferred from their names"
                self.collector.note(NoteKind.UNRESOLVED, message)
        named = (record for kind in ("services", "routes", "consumers") for record in self.configuration.of(kind))
        unfilled = {name for record in named for name in record.names[:1] if "${{" in name}
        if unfilled:
            some = ", ".join(filter(None, map(self.collector.name, sorted(unfilled)[:3])))
            message = f"{len(unfilled)} names are placeholders that decK fills in, taken as they stand: {some}"
            self.collector.note(NoteKind.UNRESOLVED, message)
        if self.counts["nameless"]:
            message = f"{self.counts['nameless']} credentials have no id; those of one kind and one consumer are one"
            self.collector.note(NoteKind.ASSUMED, message)
        if self.counts["unguarded"]:
            message = (
                f"{self.counts['unguarded']} routes have no plug-in that asks who calls; that is not 'open to anyone', "
            )
            self.collector.note(NoteKind.ASSUMED, f"{message}for the service behind may ask, and nothing is said of it")
        if self.counts["open addresses"]:
            message = (
                f"{self.counts['open addresses']} routes let in some addresses only; taken as no limit for callers "
            )
            self.collector.note(NoteKind.ASSUMED, f"{message}whose credentials are not in the file")
        if self.counts["too many"]:
            message = f"{self.counts['too many']} routes can be opened in too many ways; some are left out"
            self.collector.note(NoteKind.UNSUPPORTED, message)


_IGNORED = {
    "switched off": "plug-ins that are switched off",
    "partial": "plug-ins for one consumer or consumer group only",
}
