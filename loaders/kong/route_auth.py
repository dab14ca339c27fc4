"""What each route of Kong asks of its caller: the plug-ins in force on it, and what they come to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any

from blastradius.loaderkit.json_values import scalars

from .reading import CREDENTIALS, Configuration, Index, Record, names_of

MAX_WAYS = 1000
OF_CONSUMERS = frozenset(CREDENTIALS.values())
AUTHENTICATING = OF_CONSUMERS | {
    "openid-connect",
    "oauth2-introspection",
    "jwt-signer",
    "ldap-auth",
    "ldap-auth-advanced",
    "saml",
    "vault-auth",
    "header-cert-auth",
}
_CLAIMS = {
    "scopes_required": "",
    "groups_required": "group ",
    "roles_required": "role ",
    "audience_required": "audience ",
}
"""What openid-connect may ask of a token, with the word that tells it apart from a scope."""
_UNKNOWING = frozenset((
    "acme", "aws-lambda", "azure-functions", "bot-detection", "canary", "confluent", "correlation-id", "cors",
    "datadog", "degraphql", "exit-transformer", "file-log", "forward-proxy", "graphql-proxy-cache-advanced",
    "graphql-rate-limiting-advanced", "grpc-gateway", "grpc-web", "http-log", "injection-protection", "jq",
    "json-threat-protection", "kafka-log", "kafka-upstream", "loggly", "mocking", "oas-validation", "opa",
    "opentelemetry", "prometheus", "proxy-cache", "proxy-cache-advanced", "rate-limiting", "rate-limiting-advanced",
    "redirect", "request-callout", "request-size-limiting", "request-transformer", "request-transformer-advanced",
    "request-validator", "response-ratelimiting", "response-transformer", "response-transformer-advanced",
    "route-by-header", "route-transformer-advanced", "standard-webhooks", "statsd", "statsd-advanced", "syslog",
    "tcp-log", "tls-handshake-modifier", "udp-log", "upstream-oauth", "upstream-timeout", "vault",
    "websocket-size-limit", "websocket-validator", "xml-threat-protection", "zipkin",
))  # fmt: skip
"""Plug-ins of Kong itself that never say who calls; any other may, so that a list of groups can be met."""
_MAY_KNOW = "may say who calls"
DECIDING = AUTHENTICATING | {"acl", "ip-restriction", "request-termination"}


@dataclass(frozen=True, order=True)
class Permission:
    """What a caller must have: a credential that one plug-in accepts, and what is asked of its consumer.

    ``group`` is one the consumer must be in (``wide``: consumer groups count as well), ``outside`` are those it
    must not be in, ``scope`` is one of an ``issuer`` of tokens (empty where none is named), ``place`` where a list of
    addresses stands.
    """

    plugin: str
    group: str = ""
    wide: bool = False
    outside: tuple[str, ...] = ()
    issuer: str = ""
    scope: str = ""
    place: str = ""


@dataclass(frozen=True)
class RouteAuth:
    """What one route asks for: any one of the ``ways``, each of permissions that are all needed."""

    ways: tuple[tuple[Permission, ...], ...] = ()
    asks: bool = False
    anonymous: bool = False
    closed: str | None = None
    addresses: Record | None = None
    too_many: int = 0


@dataclass
class RouteAuths:
    """The plug-ins by where they are in force."""

    configuration: Configuration
    index: Index
    placed: dict[str, dict[tuple[int, int, int], Record]] = field(default_factory=lambda: defaultdict(dict))
    groups: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    consumer_groups: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    has_consumers: bool = False
    excepted: set[tuple[str, int]] = field(default_factory=set)

    def meets(self, consumer: Record, asked: Permission) -> bool:
        """Whether a consumer is in the group that is asked for, and in none that is kept out."""
        inside = self.groups.get(id(consumer), set())
        if asked.wide:
            inside = inside | self.consumer_groups.get(id(consumer), set())
        return (not asked.group or asked.group in inside) and not inside & set(asked.outside)

    def place(self, plugin: Record) -> str:
        """Take a plug-in in; says what became of it: ``placed``, ``switched off``, ``unresolved`` or its name."""
        name = plugin.attributes.get("name")
        if not isinstance(name, str) or name in _UNKNOWING or (name not in DECIDING and not plugin.enabled):
            return "other"
        if not plugin.enabled:
            return "switched off"
        found: dict[str, Record | None] = {}
        for kind in ("service", "route", "consumer", "consumer_group"):
            reference = plugin.reference(f"{kind}s")
            found[kind] = self.index.find(f"{kind}s", reference)
            if reference is not None and found[kind] is None:
                return "unresolved" if name in DECIDING else "other"
        target = (_key(found["consumer"]), _key(found["route"]), _key(found["service"]))
        if name not in DECIDING:
            self.placed[_MAY_KNOW].setdefault(target, plugin)
            return "other"
        if found["consumer"] is not None and (found["route"] is not None or found["service"] is not None):
            self.excepted.add((name, target[0]))
        if _is_partial(name, found):
            return "partial"
        self.placed[name].setdefault(target, plugin)
        return "placed"

    def in_force(self, name: str, route: Record, consumer: Record | None = None) -> Record | None:
        """The one plug-in of a name that acts on a route, for a consumer if one is named: the most specific."""
        service = self.index.find("services", route.reference("services"))
        who, here, there = _key(consumer), _key(route), _key(service)
        for place in (
            *((who, here, there), (who, here, 0), (who, 0, there), (0, here, there)),
            *((who, 0, 0), (0, here, 0), (0, 0, there), (0, 0, 0)),
        ):
            if (found := self.placed[name].get(place)) is not None:
                return found
        return None

    def of_consumer(self, name: str, consumer: Record) -> Record | None:
        """The plug-in of a name that acts on all that one consumer asks for, none where another does on a part."""
        return None if (name, _key(consumer)) in self.excepted else self.placed[name].get((_key(consumer), 0, 0))

    def config(self, plugin: Record | None) -> dict[str, Any]:
        """The settings of a plug-in, those it shares with others included."""
        if plugin is None:
            return {}
        own, named = plugin.attributes.get("config"), plugin.attributes.get("_config")
        shared = self.configuration.shared.get(named, {}) if isinstance(named, str) else {}
        return {**shared, **(own if isinstance(own, dict) else {})}

    def of_route(self, route: Record) -> RouteAuth:
        """What a route asks for."""
        auth = {name: self.config(plugin) for name in sorted(AUTHENTICATING) if (plugin := self.in_force(name, route))}
        acl = self.in_force("acl", route)
        unknown = self.in_force(_MAY_KNOW, route) is not None
        closed = self._closed(route) or self._unmet(acl, known=bool(auth) or unknown)
        addresses = self._addresses(self.in_force("ip-restriction", route))
        required = {name: config for name, config in auth.items() if not config.get("anonymous")}
        together = [required] if required else [{name: config} for name, config in auth.items()]
        if acl is not None and not auth and unknown:  # a plug-in that is not known here may say who calls
            together = [{name: {}} for name in sorted(OF_CONSUMERS)]
        ways: set[tuple[Permission, ...]] = set()
        too_many = 0
        for some in together if not closed else ():
            found = list(islice(self._ways(some, self.config(acl), where(addresses, self.index)), MAX_WAYS + 1))
            too_many += len(found) > MAX_WAYS
            ways.update(found[:MAX_WAYS])
        return RouteAuth(
            ways=tuple(sorted(ways)),
            asks=bool(auth) or acl is not None,
            anonymous=bool(auth) and not (required or closed) and self._anyone(auth, self.config(acl), route),
            closed=closed,
            addresses=addresses,
            too_many=too_many,
        )

    def _unmet(self, acl: Record | None, *, known: bool) -> str | None:
        """Why groups that are asked for are never met: nothing says who calls."""
        why = (
            "lets groups in or keeps them out by acl, and no plug-in says who calls, so that Kong refuses every request"
        )
        return why if acl is not None and not known else None

    def _closed(self, route: Record) -> str | None:
        service = self.index.find("services", route.reference("services"))
        if self.ends(self.in_force("request-termination", route)):
            return "ends every request"
        return "leads to a service that is switched off" if service is not None and not service.enabled else None

    def ends(self, plugin: Record | None) -> bool:
        """Whether a request-termination plug-in ends requests whatever they say."""
        return plugin is not None and not self.config(plugin).get("trigger")

    def _addresses(self, plugin: Record | None) -> Record | None:
        """The plug-in, if it lets only some addresses in."""
        config = self.config(plugin)
        allowed = scalars(config.get("allow") or config.get("whitelist"))
        return plugin if allowed and not any(group.endswith("/0") for group in allowed) else None

    def addresses_of(self, consumer: Record) -> Record | None:
        """The plug-in that lets one consumer in from some addresses only."""
        return self._addresses(self.of_consumer("ip-restriction", consumer))

    def _anyone(self, auth: dict[str, dict[str, Any]], acl: dict[str, Any], route: Record) -> bool:
        """Whether one who shows nothing is let in, as the consumer that stands for such."""
        return any(
            self._let_in(self.index.find("consumers", config["anonymous"]), acl, route) for config in auth.values()
        )

    def _let_in(self, consumer: Record | None, acl: dict[str, Any], route: Record) -> bool:
        if self.ends(self.in_force("request-termination", route, consumer)):
            return False
        inside = self.groups.get(_key(consumer), set())
        if acl.get("include_consumer_groups"):
            inside = inside | self.consumer_groups.get(_key(consumer), set())
        allowed, denied = lists(acl)
        return bool(inside & set(allowed)) if allowed else not inside & set(denied)

    def _ways(
        self, auth: dict[str, dict[str, Any]], acl: dict[str, Any], place: str
    ) -> Iterator[tuple[Permission, ...]]:
        allowed, denied = lists(acl)
        wide = bool(acl.get("include_consumer_groups"))
        for group in sorted(allowed) or [""]:
            outside = tuple(sorted(denied)) if self.has_consumers and not allowed else ()
            listed = [list(self._of_plugin(name, auth[name], group, wide, outside, place)) for name in sorted(auth)]
            for chosen in product(*listed):
                yield tuple(sorted({item for some in chosen for item in some}))

    def _of_plugin(
        self, name: str, config: dict[str, Any], group: str, wide: bool, outside: tuple[str, ...], place: str
    ) -> Iterator[tuple[Permission, ...]]:
        if name in OF_CONSUMERS:
            wide = wide and bool(group or outside)
            yield (Permission(name, group, wide, outside, place=place if self.has_consumers else ""),)
            return
        member = (Permission(name, group, wide),) if group else ()
        asked = (found for key in _WHO_VOUCHES for found in scalars(config.get(key)))
        issuer = next(asked, "").removesuffix("/.well-known/openid-configuration")
        for words in _claims(config):
            yield (*member, *(Permission(name, issuer=issuer, scope=word) for word in words))


_WHO_VOUCHES = ("issuer", "introspection_url", "introspection_endpoint", "ldap_host", "access_token_jwks_uri")


def _is_partial(name: str, found: dict[str, Record | None]) -> bool:
    """Whether a plug-in acts for some consumers only, in a way that no credential and no route as a whole has."""
    if found["consumer_group"] is not None:
        return True
    somewhere = found["route"] is not None or found["service"] is not None
    alone = name == "request-termination" or (name == "ip-restriction" and not somewhere)
    return found["consumer"] is not None and not alone


def _claims(config: dict[str, Any]) -> Iterator[list[str]]:
    """The sets of an issuer's claims that each suffice: entries are alternatives, words of one are all needed."""
    listed = [
        [[f"{word}{claim}" for claim in sorted(set(entry.split()))] for entry in scalars(config.get(key))]
        for key, word in _CLAIMS.items()
    ]
    for chosen in product(*(item for item in listed if item)):
        yield [word for words in chosen for word in words] or ["any token"]


def lists(acl: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The groups that are let in and those that are kept out, by their newer or older names."""
    return scalars(acl.get("allow") or acl.get("whitelist")), scalars(acl.get("deny") or acl.get("blacklist"))


def where(plugin: Record | None, index: Index) -> str:
    """Where a plug-in stands, in words; empty for none."""
    if plugin is None:
        return ""
    for kind in ("routes", "services", "consumers"):
        found = index.find(kind, plugin.reference(kind))
        if found is not None:
            return f"{kind[:-1]} {next(iter(names_of(found.attributes)), '')}".strip()
    return "the gateway"


def _key(record: Record | None) -> int:
    return 0 if record is None else id(record)
