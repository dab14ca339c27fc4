"""NetworkPolicy as the API says it: whom it selects, and what it lets in and out.

Rests on ``networking.k8s.io/v1``: NetworkPolicySpec, NetworkPolicyPeer and NetworkPolicyPort.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from blastradius.loaderkit.json_values import scalar

from .reading import Port, Resource, number
from .selectors import Selector, SelectorError, selector

Block = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Peer:
    """Pods by label and namespace, or a block of addresses; ``namespaces`` missing means the policy's own."""

    pods: Selector | None = None
    namespaces: Selector | None = None
    block: Block | None = None
    excepted: tuple[Block, ...] = ()


@dataclass(frozen=True)
class PortRange:
    """Ports that a rule is for; without numbers or a name, all of the protocol."""

    protocol: str
    low: int | None = None
    high: int | None = None
    name: str | None = None

    def covers(self, port: Port) -> bool:
        """Whether a port that a pod listens on is one of them."""
        if port.protocol != self.protocol:
            return False
        if self.name is not None:
            return port.name == self.name
        return self.low is None or self.low <= port.number <= (self.high or self.low)

    def meets(self, other: PortRange) -> bool:
        """Whether two ranges by number have a port in common; a name means nothing without a pod's ports."""
        if self.protocol != other.protocol or self.name is not None or other.name is not None:
            return False
        low, high = self.low or 0, self.high or self.low or 65535
        other_low, other_high = other.low or 0, other.high or other.low or 65535
        return low <= other_high and other_low <= high


@dataclass(frozen=True)
class PolicyRule:
    """One rule; no ``peers`` means everyone, no ``ports`` all ports."""

    peers: tuple[Peer, ...] | None
    ports: frozenset[PortRange] | None


@dataclass(frozen=True)
class NetworkPolicy:
    """One policy; ``ingress`` or ``egress`` is ``None`` where it says nothing of that direction."""

    resource: Resource
    pods: Selector
    ingress: tuple[PolicyRule, ...] | None
    egress: tuple[PolicyRule, ...] | None


def network_policy(resource: Resource) -> NetworkPolicy:
    """Read a policy.

    Raises:
        SelectorError: the API server would refuse it; the message says why.
    """
    spec = resource.get("spec")
    if not isinstance(spec, dict):
        raise SelectorError("it has no spec")
    ingress, egress = _rules(spec, "ingress", "from"), _rules(spec, "egress", "to")
    types = spec.get("policyTypes")
    if not types:
        types = ["Ingress", "Egress"] if egress else ["Ingress"]
    if not isinstance(types, list) or any(direction not in ("Ingress", "Egress") for direction in types):
        raise SelectorError("policyTypes has something else than Ingress and Egress")
    return NetworkPolicy(
        resource=resource,
        pods=selector(spec.get("podSelector")),
        ingress=ingress if "Ingress" in types else None,
        egress=egress if "Egress" in types else None,
    )


def _rules(spec: dict[str, Any], direction: str, word: str) -> tuple[PolicyRule, ...]:
    listed = spec.get(direction)
    return tuple(_rule(rule, word) for rule in _list(listed, direction))


def _list(value: Any, what: str) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise SelectorError(f"{what} is not a list")
    return value or []


def _rule(value: Any, word: str) -> PolicyRule:
    if not isinstance(value, dict):
        raise SelectorError("a rule is not a mapping")
    peers = [_peer(peer) for peer in _list(value.get(word), word)]
    ports = [_ports(port) for port in _list(value.get("ports"), "ports")]
    return PolicyRule(tuple(peers) or None, frozenset(ports) or None)


def _peer(value: Any) -> Peer:
    if not isinstance(value, dict):
        raise SelectorError("a peer is not a mapping")
    pods, namespaces, block = (value.get(key) for key in ("podSelector", "namespaceSelector", "ipBlock"))
    if block is not None:
        if pods is not None or namespaces is not None:
            raise SelectorError("a peer has an ipBlock and a selector as well")
        return _block(block)
    if pods is None and namespaces is None:
        raise SelectorError("a peer names nothing")
    return Peer(
        pods=selector(pods) if pods is not None else None,
        namespaces=selector(namespaces) if namespaces is not None else None,
    )


def _block(value: Any) -> Peer:
    cidr = value.get("cidr") if isinstance(value, dict) else None
    excepted = _list(value.get("except"), "except") if isinstance(value, dict) else []
    try:
        blocks = [ip_network(scalar(block), strict=False) for block in (cidr, *excepted)]
    except ValueError:
        raise SelectorError("an ipBlock is no block of addresses") from None
    return Peer(block=blocks[0], excepted=tuple(blocks[1:]))


def _ports(value: Any) -> PortRange:
    if not isinstance(value, dict):
        raise SelectorError("a port is not a mapping")
    protocol = scalar(value.get("protocol")) or "TCP"
    port, end = value.get("port"), value.get("endPort")
    if port is None:
        return PortRange(protocol)
    low, high = number(port), number(end) if end is not None else None
    if low is None:
        if not isinstance(port, str) or not port or end is not None:
            raise SelectorError("a port is neither a number nor a name")
        return PortRange(protocol, name=port)
    if end is not None and (high is None or high < low):
        raise SelectorError("an endPort is not above its port")
    return PortRange(protocol, low, high)


def may_be_pods(peer: Peer, pods: tuple[Block, ...]) -> bool:
    """Whether addresses that pods may have lie in a block and not in what is excepted from it."""
    return any(_left(shared, peer.excepted) for shared in _shared(peer, pods))


def _shared(peer: Peer, pods: tuple[Block, ...]) -> Iterator[Block]:
    for block in pods:
        if peer.block is not None and _inside(block, peer.block):
            yield block
        elif peer.block is not None and _inside(peer.block, block):
            yield peer.block


def _left(block: Block, excepted: tuple[Block, ...]) -> bool:
    """Whether something of a block lies outside of what is excepted: each takes its whole part away."""
    inside = [other for other in excepted if _inside(other, block)]
    if any(_inside(block, other) for other in excepted):
        return False
    return sum(other.num_addresses for other in _apart(inside)) < block.num_addresses


def _apart(blocks: list[Block]) -> Iterator[Block]:
    """Blocks without those that lie in another."""
    for number_, block in enumerate(blocks):
        if not any(
            _inside(block, other) and (block != other or number < number_) for number, other in enumerate(blocks)
        ):
            yield block


def _inside(inner: Block, outer: Block) -> bool:
    if inner.version != outer.version:
        return False
    return int(outer[0]) <= int(inner[0]) and int(inner[-1]) <= int(outer[-1])
