"""What calls and feeds functions: routes of APIs, queues and streams, subscriptions, and permissions to call."""

from __future__ import annotations

import re

from blastradius.loaderkit.contract import Provenances
from blastradius.loaderkit.json_values import Keys
from blastradius.loaderkit.names import MAX_ID, fitting
from blastradius.loaderkit.vendors.aws.arns import arn_of, is_account
from blastradius.loaderkit.vendors.aws.build import Builder
from blastradius.loaderkit.vendors.aws.policies import Condition, Policy, Statement
from blastradius.model import Feed, Operation, Verb

_FUNCTION = re.compile(r"(arn:[^:/]*:lambda:[^:/]*:[^:/]*:function:[^/:]+)")
_STREAMS = frozenset({"sqs", "kinesis", "dynamodb"})


def function_arn(arn: str) -> str:
    """The ARN of a function without its version or alias."""
    parts = arn.split(":")
    return ":".join(parts[:7]) if len(parts) > 7 else arn


def function_in(text: str | None) -> str | None:
    """The function whose ARN stands in an integration's address."""
    found = _FUNCTION.search(text or "")
    return function_arn(found[1]) if found else None


def reads(build: Builder, function: str, family: str, store: str, provenance: Provenances) -> None:
    """A function that takes in what a store has."""
    reader = build.graph.thing("lambda", fitting(function_arn(function)), provenance)
    source = build.graph.thing(family, fitting(store), provenance)
    build.collector.relate(Verb.READS, reader, source, provenance=provenance)


def reads_stream(build: Builder, function: str, source: str, provenance: Provenances) -> bool:
    """A function that takes in a queue or a stream."""
    parts = arn_of(source)
    if parts is None or parts.service not in _STREAMS:
        return False
    reads(build, function, parts.service, source.partition("/stream/")[0], provenance)
    return True


def copies(build: Builder, target: tuple[str, str], source: tuple[str, str], provenance: Provenances) -> None:
    """A store that gets what another has; each as its family and ARN."""
    ends = [build.graph.thing(family, fitting(arn), provenance) for family, arn in (target, source)]
    build.collector.relate(Verb.DERIVES_FROM, ends[0], ends[1], provenance=provenance)


def subscribe(build: Builder, topic: str, protocol: str | None, endpoint: str | None, provenance: Provenances) -> bool:
    """A function that reads a topic, or a queue that gets what the topic has."""
    if not endpoint or not arn_of(endpoint):
        return False
    if protocol == "lambda":
        reads(build, endpoint, "sns", topic, provenance)
    elif protocol in ("sqs", "firehose"):
        copies(build, (protocol, endpoint), ("sns", topic), provenance)
    return protocol in ("lambda", "sqs", "firehose")


def installs(build: Builder, service: str, source: str, provenance: Provenances) -> None:
    """A service that takes in what is published elsewhere; by another account, where the source says so."""
    feed, arn = fitting(source), arn_of(source)
    if feed not in build.collector.entities:
        build.collector.entity(Feed(id=feed, content="code", provenance=provenance))
    build.collector.relate(Verb.INSTALLS, service, feed, provenance=provenance)
    if arn and is_account(arn.account) and arn.account not in build.resource_policies.trustees.own:
        publisher = build.resource_policies.trustees.outsider(arn.account, provenance)
        if publisher.id not in build.collector.entities:
            build.collector.entity(publisher)
        build.collector.relate(Verb.PUBLISHES, publisher.id, feed, provenance=provenance)


def layered(build: Builder, function: str, layer: str, provenance: Provenances) -> None:
    """A function with a layer of another account: what is in it runs as the function does."""
    arn = arn_of(layer)
    if arn and is_account(arn.account) and arn.account not in build.resource_policies.trustees.own:
        installs(build, function, layer, provenance)


def permission(principal: str, action: str | None, tests: dict[str, str | None], keys: Keys) -> Policy:
    """A permission on a function as the policy that it becomes."""
    kind = "*" if principal == "*" else "Service" if principal.endswith((".amazonaws.com", ".aws")) else "AWS"
    conditions = tuple(Condition("StringLike", key, (value,)) for key, value in tests.items() if value)
    actions = (action or "lambda:InvokeFunction",)
    return Policy(
        (Statement(keys, allow=True, actions=actions, principals=((kind, principal),), conditions=conditions),)
    )


def route(
    build: Builder, api: str, line: str, provenance: Provenances, *, anonymous: bool, function: str | None
) -> None:
    """One operation of an API; it is open to anyone only where that is stated."""
    method, _, path = line.partition(" ")
    made = fitting(f"{api} {line}")
    if made not in build.collector.entities:
        operation = Operation(
            id=made,
            name=line[:MAX_ID],
            api=api,
            method=method or None,
            path=path or None,
            direction="exposed",
            anonymous=anonymous,
            provenance=provenance,
        )
        build.collector.entity(operation)
    server = build.graph.thing("lambda", fitting(function), provenance) if function else api
    build.collector.relate(Verb.SERVES, server, made, provenance=provenance)
