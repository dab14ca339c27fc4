"""A span in words that all tracers share, and what its tags say: a call, a database, a message, a peer.

Rests on OpenTelemetry's semantic conventions, the present and the earlier names: HTTP, RPC, database, messaging and
cloud function spans.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Literal, NamedTuple

from blastradius.loaderkit.json_values import Keys
from blastradius.loaderkit.vendors.traces.paths import STATIC, Routes, is_static, method, named, raw, route

SpanKind = Literal["server", "client", "producer", "consumer", "internal"]
KINDS: Mapping[str, SpanKind] = {
    "server": "server",
    "client": "client",
    "producer": "producer",
    "consumer": "consumer",
}
# Tags that are read, in the words of OpenTelemetry old and new, OpenTracing and Zipkin; the first that is there counts.
_METHOD = ("http.request.method", "http.method")
_ROUTE = ("http.route", "url.template")
_PATH = ("url.path", "http.path", "http.target", "url.full", "http.url")
_STATUS = ("http.response.status_code", "http.status_code")
_HOST = ("server.address", "net.peer.name", "http.host", "peer.hostname", "url.full", "http.url")
_PEER = ("service.peer.name", "peer.service", "faas.invoked_name")
_RPC = ("rpc.service", "rpc.method")
_DB_SYSTEM = ("db.system.name", "db.system", "db.type")
_DB_NAME = (
    "db.namespace", "db.name", "db.instance", "aws.dynamodb.table_names", "db.collection.name",
    "db.mongodb.collection", "db.cassandra.keyspace", "cassandra.keyspace", "mongodb.collection",
)  # fmt: skip
_DB_VERB = ("db.operation.name", "db.operation", "db.query.summary", "db.query.text", "db.statement", "sql.query",
            "cassandra.query", "mongodb.command")  # fmt: skip
# Zipkin's tags that tell of a database without naming its system.
_DB_TAGGED = {"cassandra.query": "cassandra", "cassandra.keyspace": "cassandra", "mongodb.command": "mongodb",
              "mongodb.collection": "mongodb", "redis.command": "redis", "sql.query": "sql"}  # fmt: skip
_BUCKET = ("aws.s3.bucket",)
_TOPIC = (
    "messaging.destination.template", "messaging.destination.name", "messaging.destination",
    "message_bus.destination", "kafka.topic", "jms.queue", "jms.topic", "rabbit.queue", "rabbit.exchange",
    "aws.sqs.queue.url", "aws.queue_url", "aws.sns.topic.arn",
)  # fmt: skip
_BROKER = ("messaging.system",)
_MESSAGING = ("messaging.operation.type", "messaging.operation.name", "messaging.operation", "rpc.method")
_TEMPORARY = ("messaging.destination.temporary", "messaging.temp_destination")
_ENVIRONMENT = ("deployment.environment.name", "deployment.environment")
WANTED = frozenset(
    (
        *_METHOD, *_ROUTE, *_PATH, *_STATUS, *_HOST, *_PEER, *_RPC, *_DB_SYSTEM, *_DB_NAME, *_DB_VERB, *_DB_TAGGED,
        *_BUCKET, *_TOPIC, *_BROKER, *_MESSAGING, *_TEMPORARY, *_ENVIRONMENT, "span.kind", "service.name",
    )
)  # fmt: skip

# What OpenTelemetry calls a product today, by what it and others called it before.
_PRODUCTS = {
    "postgres": "postgresql", "mongo": "mongodb", "mssql": "microsoft.sql_server", "sqlserver": "microsoft.sql_server",
    "oracle": "oracle.db", "db2": "ibm.db2", "dynamodb": "aws.dynamodb", "redshift": "aws.redshift",
    "spanner": "gcp.spanner", "cosmosdb": "azure.cosmosdb", "memcache": "memcached", "hanadb": "sap.hana",
}  # fmt: skip
_DATABASES = frozenset(
    (
        *_PRODUCTS, *_PRODUCTS.values(), "mysql", "mariadb", "redis", "cassandra", "elasticsearch", "opensearch",
        "couchbase", "couchdb", "clickhouse", "neo4j", "influxdb", "sqlite", "cockroachdb", "hbase",
    )
)  # fmt: skip
_BOTH = ("getset", "getdel", "getex", "findandmodify", "findoneand", "merge", "call", "exec")
_READS = (
    "select", "get", "find", "aggregate", "count", "distinct", "scan", "query", "describe", "show", "exists", "keys",
    "mget", "hget", "hmget", "hscan", "lrange", "lindex", "llen", "zrange", "zscore", "smembers", "sismember", "scard",
    "explain", "search", "msearch", "list", "head", "read", "fetch", "batchget", "match", "ttl",
)  # fmt: skip
_WRITES = (
    "insert", "update", "delete", "replace", "upsert", "set", "mset", "hset", "hmset", "del", "hdel", "unlink",
    "incr", "decr", "expire", "lpush", "rpush", "lpop", "rpop", "sadd", "srem", "zadd", "zrem", "put", "batchwrite",
    "create", "drop", "alter", "truncate", "copy", "write", "add", "append", "bulk", "index", "save", "remove",
    "flush", "rename", "grant", "revoke", "upload", "complete", "xadd", "xdel",
)  # fmt: skip
_NEITHER = frozenset(["begin", "start", "commit", "rollback", "savepoint", "connect", "ping", "auth", "hello", "close"])
_SENDS = ("publish", "send", "create", "produce")
_TAKES = ("receive", "process", "deliver", "settle", "poll", "consume", "ack", "delete")
_NAMELESS = frozenset(["", "-", "unknown", "none", "null", "undefined"])
_REFUSED = frozenset(["401", "403", "407"])
_NOT_ANSWERED = _REFUSED | {"400", "404", "405", "410", "414", "421", "431", "501"}


@dataclass(frozen=True, slots=True)
class Span:
    """One side of one unit of work; ``peer`` is the other side's name where the format has a place for it."""

    keys: Keys
    trace: str
    id: str
    parents: tuple[str, ...]
    service: str
    kind: SpanKind
    name: str
    tags: Mapping[str, str]
    peer: str | None = None


class Function(NamedTuple):
    """What was called, by a name that stays the same from call to call."""

    name: str
    method: str | None = None
    path: str | None = None


ANY = Function("(any)")


class Database(NamedTuple):
    """A store and what was done to it; not ``sure`` when that is read off a name or a verb that is not known."""

    id: str
    reads: bool
    writes: bool
    sure: bool


class Message(NamedTuple):
    """A topic or queue, and whether it was written to or read from."""

    topic: str | None
    way: Literal["publishes", "consumes"]


def first(tags: Mapping[str, str], names: Iterable[str]) -> str | None:
    """The first of these tags that is there and not empty."""
    return next((tags[name] for name in names if tags.get(name)), None)


def text(value: Any) -> str | None:
    """A tag's value as text; numbers and booleans become text, a list of one its item."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    return text(value[0]) if isinstance(value, list) and len(value) == 1 else None


def environment(span: Span) -> str | None:
    """The deployment environment that a span comes from."""
    return first(span.tags, _ENVIRONMENT)


def answered(status: str | None) -> bool:
    """Whether a status shows that the function is there and the caller was let in."""
    return status not in _NOT_ANSWERED


def refused(status: str | None) -> bool:
    """Whether a status says that the caller was not let in."""
    return status in _REFUSED


def function(span: Span, routes: Routes | None) -> Function | None:
    """What a call was to; ``None`` when a raw path was not answered, so that it may not be there at all."""
    done = _remote_procedure(span)
    if done is not None:
        return done
    word, _, after = span.name.partition(" ")
    verb = method(first(span.tags, _METHOD)) or method(word)
    if verb is None:
        return Function(named(span.name)) if span.name.strip() else ANY
    declared, path = first(span.tags, _ROUTE), first(span.tags, _PATH)
    if declared is None and method(word) and "/" in after and (path is None or "{" in after):
        declared = raw(after, routes)
    if declared is not None:
        return Function(f"{verb} {route(declared)}", verb, route(declared))
    return _by_path(verb, path, span, routes)


def _by_path(verb: str, path: str | None, span: Span, routes: Routes | None) -> Function | None:
    if path is None:
        return Function(f"{verb} (any path)", verb)
    if not answered(first(span.tags, _STATUS)) and not (routes and routes.match(path)):
        return None
    if is_static(path):
        return Function(f"{verb} {STATIC}", verb)
    return Function(f"{verb} {raw(path, routes)}", verb, raw(path, routes))


def _remote_procedure(span: Span) -> Function | None:
    service, procedure = (span.tags.get(name) for name in _RPC)
    whole = f"{service}/{procedure}" if service and procedure and "/" not in procedure else procedure
    return Function(whole) if whole and (service or "/" in whole) else None


def database(span: Span) -> Database | None:
    """The store that a span works on; the statement itself is not kept."""
    if span.kind == "server":
        return None
    bucket = first(span.tags, _BUCKET)
    if bucket:
        return Database(f"s3:{bucket}", *_effect("s3", span.tags.get("rpc.method") or span.name))
    declared, guessed = _system(span)
    if not declared and not guessed:
        return None
    system = _product(declared or guessed or "")
    called = span.tags.get("rpc.method") if system == "aws.dynamodb" else None
    reads, writes, known = _effect(system, first(span.tags, _DB_VERB) or called or span.name)
    return Database(_store(system, span), reads, writes, known and declared is not None)


def _system(span: Span) -> tuple[str | None, str | None]:
    """The system as the span's tags say it; else one guessed from a peer that is called like a product."""
    tagged = next((system for tag, system in _DB_TAGGED.items() if tag in span.tags), None)
    called = (named_peer(span) or "").lower() if span.kind == "client" else ""
    product = called.partition("-")[0] if tagged else called
    product = product if product in _DATABASES else ""
    return first(span.tags, _DB_SYSTEM) or (tagged and (product or tagged)), product or None


def _product(name: str) -> str:
    return _PRODUCTS.get(name.strip().lower(), name.strip().lower())


def _store(system: str, span: Span) -> str:
    name, called = first(span.tags, _DB_NAME), named_peer(span) or ""
    name = None if name and name.isdigit() else name  # a number, such as Redis has, is no name
    if name is None and _product(called) != system and called != span.service:
        name = called.removeprefix(f"{system}-") or None
    place = host(span)
    if name is None and place is None:
        return f"{system} of {span.service}"
    return f"{system}:{name or ''}" + (f"@{place}" if place else "")


def _effect(system: str, verb: str) -> tuple[bool, bool, bool]:
    """Whether a verb reads, whether it writes, and whether that is known; an unknown verb may do both."""
    found = re.match(r"[^A-Za-z]*([A-Za-z]+)", verb)
    word = found[1].lower() if found else ""
    if word in _NEITHER or (system == "redis" and word == "select"):
        return False, False, True
    both = word.startswith(_BOTH)
    reads, writes = both or word.startswith(_READS), both or word.startswith(_WRITES)
    return (reads, writes, True) if reads or writes else (True, True, False)


def message(span: Span) -> Message | None:
    """The topic that a span sends to or takes from."""
    topic, broker = first(span.tags, _TOPIC), first(span.tags, _BROKER)
    topic = re.split(r"[/:]", topic)[-1] if topic and topic.startswith(("https://", "arn:")) else topic
    if topic is None and broker is None and span.kind not in ("producer", "consumer"):
        return None
    declared = (first(span.tags, _MESSAGING) or "").lower()
    takes = declared.startswith(_TAKES) or (not declared.startswith(_SENDS) and span.kind == "consumer")
    if not takes and not declared.startswith(_SENDS) and span.kind != "producer":
        return None
    if (first(span.tags, _TEMPORARY) or "").lower() == "true" and "messaging.destination.template" not in span.tags:
        topic = "(temporary)"
    system = _system_of_topic(span, broker)
    return Message(f"{system}:{topic}" if topic else None, "consumes" if takes else "publishes")


def _system_of_topic(span: Span, broker: str | None) -> str:
    if broker:
        return broker.strip().lower()
    known = next((name for name in _TOPIC if span.tags.get(name)), "")
    prefix = known.partition(".")[0]
    return {"kafka": "kafka", "jms": "jms", "rabbit": "rabbitmq"}.get(prefix, "messaging")


def named_peer(span: Span) -> str | None:
    """The other side's name as a service; an address is no name."""
    declared = (span.peer or first(span.tags, _PEER) or "").strip()
    return None if _is_address(declared) else declared or None


def peer(span: Span) -> str | None:
    """The name of the side that a call goes to: as a service, else as a host."""
    return named_peer(span) or host(span)


def host(span: Span) -> str | None:
    """The host that a span goes to, without its port; ``None`` for an address or this machine."""
    for name in _HOST:
        found = host_of(span.tags.get(name, ""))
        if found:
            return found
    return None


def host_of(declared: str) -> str | None:
    """The host of a URL, an authority or a host name."""
    authority = re.split(r"[/?#]", declared.partition("://")[2] or declared, maxsplit=1)[0]
    bare = authority.rpartition("@")[2].lower().rstrip(".")
    bare = bare if bare.count(":") > 1 else bare.partition(":")[0]
    return bare if bare and not _is_address(bare) and re.fullmatch(r"[a-z0-9_.-]+", bare) else None


def is_nameless(declared: str) -> bool:
    """Whether what stands for a service's name is what tracers write where they have none."""
    return declared.strip().lower() in _NAMELESS or declared.startswith("unknown_service")


def _is_address(declared: str) -> bool:
    bare = declared.strip("[]").lower()
    if bare == "localhost" or is_nameless(bare):
        return True
    try:
        ip_address(bare)
    except ValueError:
        return False
    return True
