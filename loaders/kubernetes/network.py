"""Which workloads can open connections to which, as network policies leave it, without listing all pairs.

Sets of workloads are integers, one bit each. A rule that lets out and one that lets in make a block: everyone of one
set reaches everyone of another. Where a block's members all reach each other they are a flat zone; what is left of it
is pairs, or, where those would be many, two lists that meet in a hub that stands for the network between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from blastradius.loaderkit.contract import Provenances

from .policies import Block, NetworkPolicy, Peer, PolicyRule, PortRange, may_be_pods
from .reading import Port, Workload
from .selectors import Selector

MAX_COMPARED = 2000
Ports = frozenset[PortRange] | None


@dataclass(frozen=True)
class Namespace:
    """A namespace; its labels may not be ``known``."""

    name: str
    labels: dict[str, str]
    known: bool


@dataclass
class Side:
    """One direction: for each set of others and of ports, whose rules say so, and where."""

    rules: dict[tuple[int, Ports], int] = field(default_factory=dict)
    places: dict[tuple[int, Ports], list[tuple[Provenances, str]]] = field(default_factory=dict)

    def add(self, others: int, ports: Ports, of: int, provenance: Provenances = (), name: str = "") -> None:
        """A rule of some workloads about others."""
        key = (others, ports)
        self.rules[key] = self.rules.get(key, 0) | of
        if name:
            self.places.setdefault(key, []).append((provenance, name))


@dataclass(frozen=True)
class Stretch:
    """Everyone of ``sources`` reaches everyone of ``targets``; ``names`` are the policies that say so."""

    sources: int
    targets: int
    names: tuple[str, ...] = ()
    provenance: Provenances = ()

    @property
    def mutual(self) -> int:
        """Those that all reach each other."""
        return self.sources & self.targets


@dataclass
class Network:
    """Workloads in their namespaces under network policies."""

    workloads: list[Workload]
    namespaces: dict[str, Namespace]
    pod_addresses: tuple[Block, ...]
    inbound: Side = field(default_factory=Side)
    outbound: Side = field(default_factory=Side)
    guessed: set[str] = field(default_factory=set)
    blocks: int = 0
    outside: int = 0
    unheard: bool = False

    def __post_init__(self) -> None:
        self.all = (1 << len(self.workloads)) - 1
        self.open = self.all
        self._by_namespace: dict[str, int] = {}
        self._by_label: dict[tuple[str, str], int] = {}
        self._by_key: dict[str, int] = {}
        self._passing: dict[tuple[Ports, Ports], int] = {}
        for number, workload in enumerate(self.workloads):
            bit = 1 << number
            self._by_namespace[workload.namespace] = self._by_namespace.get(workload.namespace, 0) | bit
            for key, value in workload.labels.items():
                self._by_label[key, value] = self._by_label.get((key, value), 0) | bit
                self._by_key[key] = self._by_key.get(key, 0) | bit
        self._on_hosts = self._set(workload for workload in self.workloads if workload.host_network)

    def _set(self, some: Iterable[Workload]) -> int:
        wanted = {id(item) for item in some}
        return sum(1 << number for number, workload in enumerate(self.workloads) if id(workload) in wanted)

    def members(self, some: int) -> list[Workload]:
        """The workloads of a set."""
        return [self.workloads[number] for number in bits(some)]

    # policies

    def isolate(self, policies: list[NetworkPolicy]) -> dict[int, int]:
        """Take all policies in; the number of workloads that each selects, by its place in the list."""
        shut_in = shut_out = selected = 0
        counts: dict[int, int] = {}
        for number, policy in enumerate(policies):
            of = self.pods(policy.resource.namespace, policy.pods) & ~self._on_hosts
            counts[number] = of.bit_count()
            selected |= of
            shut_in |= of if policy.ingress is not None else 0
            shut_out |= of if policy.egress is not None else 0
            if of:
                self._rules(self.inbound, policy, policy.ingress or (), of)
                self._rules(self.outbound, policy, policy.egress or (), of)
                self.outside |= of if any(map(_leads_out, policy.egress or ())) else 0
        self.inbound.add(self.all, None, self.all & ~shut_in)
        self.outbound.add(self.all, None, self.all & ~shut_out)
        self.outside |= self.all & ~shut_out
        self.open = self.outbound.rules[self.all, None] & self.inbound.rules[self.all, None]
        return counts

    def _rules(self, side: Side, policy: NetworkPolicy, rules: tuple[PolicyRule, ...], of: int) -> None:
        resource = policy.resource
        for rule in rules:
            others = self.all if rule.peers is None else 0
            for peer in rule.peers or ():
                others |= self._peer(resource.namespace, peer)
            side.add(others, rule.ports, of, resource.provenance, f"{resource.namespace}/{resource.name}")

    def pods(self, namespace: str, wanted: Selector) -> int:
        """The workloads of one namespace that a selector selects."""
        return self._by_namespace.get(namespace, 0) & self._selected(wanted)

    def _selected(self, wanted: Selector) -> int:
        found = self.all
        for requirement in wanted.requirements:
            there = self._by_key.get(requirement.key, 0)
            inside = 0
            for value in requirement.values:
                inside |= self._by_label.get((requirement.key, value), 0)
            found &= {"In": inside, "NotIn": self.all & ~inside, "Exists": there}.get(
                requirement.operator, self.all & ~there
            )
        return found

    def _peer(self, namespace: str, peer: Peer) -> int:
        if peer.block is not None:
            self.blocks += 1
            return self.all if may_be_pods(peer, self.pod_addresses) else 0
        pods = peer.pods or Selector()
        if peer.namespaces is None:
            return self.pods(namespace, pods)
        found = 0
        for name in self._by_namespace:
            found |= self.pods(name, pods) if self._is_meant(peer.namespaces, name) else 0
        return found

    def _is_meant(self, wanted: Selector, name: str) -> bool:
        """Whether a namespace may be selected; where its labels are not known and matter, that is remembered."""
        known = self.namespaces[name]
        if not known.known and any(requirement.key not in known.labels for requirement in wanted.requirements):
            self.guessed.add(name)
        return wanted.matches(known.labels, known=known.known)

    # what they leave

    def stretches(self) -> list[Stretch]:
        """Who reaches whom, the largest first; what lies wholly within another is left out."""
        found: dict[tuple[int, int], Stretch] = {}
        for out, of in self.outbound.rules.items():
            for into, to in self.inbound.rules.items():
                some, others = of & into[0], out[0] & to
                others = others & self._listening(out[1], into[1]) if some and others else 0
                if some and others and (some | others).bit_count() > 1:
                    declared = (*self.outbound.places.get(out, ()), *self.inbound.places.get(into, ()))
                    provenance = tuple(dict.fromkeys(place for places, _ in declared for place in places))
                    made = Stretch(some, others, tuple(name for _, name in declared), provenance)
                    found.setdefault((some, others), made)
        return _widest(found.values())

    def _listening(self, out: Ports, into: Ports) -> int:
        """The workloads that listen where a rule that lets out and one that lets in both allow it."""
        if out is None and into is None:
            return self.all
        if (out, into) not in self._passing:
            some = [workload for workload in self.workloads if _passes(workload.ports, out, into)]
            self._passing[out, into] = self._set(some)
            self.unheard |= len(some) < len(self.workloads)
        return self._passing[out, into]


def bits(some: int) -> Iterator[int]:
    """The numbers of the members of a set."""
    while some:
        low = some & -some
        yield low.bit_length() - 1
        some ^= low


def _leads_out(rule: PolicyRule) -> bool:
    return rule.peers is None or any(peer.block is not None for peer in rule.peers)


def _passes(ports: frozenset[Port], out: Ports, into: Ports) -> bool:
    """Whether a workload can be reached; one that declares no ports may listen anywhere, but on no named port."""
    if ports:
        return any(_covers(out, port) and _covers(into, port) for port in ports)
    if out is None or into is None:
        return any(port.name is None for port in (out or into or ()))
    return any(port.meets(other) for port in out for other in into)


def _covers(ports: Ports, port: Port) -> bool:
    return ports is None or any(known.covers(port) for known in ports)


def _widest(found: Iterable[Stretch]) -> list[Stretch]:
    ordered = sorted(found, key=lambda s: (-s.sources.bit_count() - s.targets.bit_count(), s.sources, s.targets))
    if len(ordered) > MAX_COMPARED:
        return ordered
    kept: list[Stretch] = []
    for item in ordered:
        if not any(not item.sources & ~entry.sources and not item.targets & ~entry.targets for entry in kept):
            kept.append(item)
    return kept
