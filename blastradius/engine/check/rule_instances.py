"""Every ground instance of every rule in an estate, written out for the checkers, apart from the rule table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from blastradius.engine.check.quorum import is_outvoted
from blastradius.estate import Estate, PlacedControl
from blastradius.model import Capability, Credential, Fact, Kind, Operation, Relation, Verb

C = Capability
_SPENT = ("revoked", "rotated", "expired")
_BOUND = ("ip_allowlist", "token_binding", "device_policy")
_CHECKED = ("validated", "quarantined", "human_review", "second_source")
_VETTED = ("pinned", "verified", "staged", "not_exposed")
_WALLS = ("segmented", "hard_mfa", "pam")


class Guards(NamedTuple):
    """The controls that stop an instance, and the kinds of control that would on which entities and relations."""

    placed: tuple[PlacedControl, ...] = ()
    hosts: tuple[str, ...] = ()
    kinds: Sequence[str] = ()


_UNGUARDED = Guards()


class RuleInstance(NamedTuple):
    """One rule applied in one sources: its premises, its conclusion, the relations it runs along, what guards it.

    ``least`` is how many of the premises must hold (``None``: all); with ``vote`` (feeds, vote_min) they are a
    quorum's, first that each feed is wrong, then that each is denied. ``buffer_h`` are hours of outage that it premises
    to be outlasted; ``fail_closed`` instances are open only where ``fail_closed`` is distrusted.
    """

    rule: str
    level: int
    premises: tuple[Fact, ...]
    conclusion: Fact
    along: tuple[str, ...] = ()
    guards: Guards = _UNGUARDED
    hop: int = 1
    least: int | None = None
    vote: tuple[tuple[str, ...], int] | None = None
    buffer_h: float | None = None
    fail_closed: bool = False

    @property
    def is_counted(self) -> bool:
        """Whether fewer than all of its premises may do."""
        return self.vote is not None or self.least not in (None, len(self.premises))

    def enough(self, held: Collection[Fact]) -> bool:
        """Whether these of its premises are enough."""
        if self.vote is not None:
            return _is_outvoted(*self.vote, held)
        needed = len(self.premises) if self.least is None else self.least
        return sum(premise in held for premise in self.premises) >= needed


def _is_outvoted(feeds: tuple[str, ...], vote_min: int, held: Collection[Fact]) -> bool:
    wrong = {feed for feed in feeds if Fact(feed, C.TAINT) in held}
    down = {feed for feed in feeds if Fact(feed, C.DENY) in held}
    return bool(is_outvoted(len(feeds), len(wrong), len(down), len(wrong & down), vote_min))


def all_instances(estate: Estate) -> Iterator[RuleInstance]:
    """Every instance, rule by rule."""
    view = _View(estate)
    for instances_of in (
        _ownership,
        _keys,
        _public_operations,
        _effects,
        _siblings,
        _secrets,
        _taint,
        _feeds,
        _losses,
        _rights,
        _walls,
        _fallen_controls,
    ):
        yield from instances_of(view)


class _Relation(NamedTuple):
    """The fields of a relation that the rules ask for."""

    id: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    subset: bool
    dependency: str | None
    buffer_h: float
    at_least: int | None
    capacity_loss: bool
    brittle: bool
    vote_min: int | None

    @classmethod
    def of(cls, relation: Relation) -> _Relation:
        return cls(
            relation.id,
            relation.sources,
            relation.targets,
            relation.extent == "subset",
            relation.dependency,
            relation.buffer_h or 0.0,
            relation.at_least,
            relation.capacity_loss,
            relation.brittle,
            relation.vote_min,
        )


class _Operation(NamedTuple):
    """The fields of an operation that they ask for."""

    id: str
    api: str | None
    anonymous: bool

    @classmethod
    def of(cls, operation: Operation) -> _Operation:
        return cls(operation.id, operation.api, operation.anonymous and operation.direction == "exposed")


class _View:
    """The estate as the checker walks it: each relation is read once, for an estate may have to fetch it."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.guarded = {placed.host for placed in estate.controls.values()}
        self.operations = [
            _Operation.of(entity) for entity in estate.of_kind(Kind.OPERATION) if isinstance(entity, Operation)
        ]
        self.by_verb = {
            verb: [_Relation.of(relation) for relation in relations] for verb, relations in estate.by_verb.items()
        }

    def pairs(self, verb: str, *kinds: Kind) -> Iterator[tuple[_Relation, str, str]]:
        """Relations of a verb with their (first) ends, limited to sources of some kind."""
        for relation in self.by_verb[Verb(verb)]:
            source = relation.sources[0]
            if not kinds or self.estate.kind_of(source) in kinds:
                yield relation, source, relation.targets[0]

    def guards(self, hosts: tuple[str, ...], kinds: Sequence[str]) -> Guards:
        """The controls of these kinds on these hosts, host by host."""
        if self.guarded.isdisjoint(hosts):  # most have none, and an estate may have to look for them
            return Guards((), hosts, kinds)
        there = [placed for host in dict.fromkeys(hosts) for placed in self.estate.controls_on(host)]
        return Guards(tuple(placed for placed in there if placed.control.kind in kinds), hosts, kinds)


def _ownership(view: _View) -> Iterator[RuleInstance]:
    for r, owner, owned in view.pairs("owns"):
        guards = view.guards((r.id, owned), ("compartment",))
        key = view.estate.kind_of(owned) == Kind.CREDENTIAL
        gains = ((C.CONTROL, C.OPERATE), (C.CONTROL, C.POSSESS)) if key else ((C.CONTROL, C.CONTROL), (C.DENY, C.DENY))
        for premise, gain in gains:
            yield RuleInstance("R1", 1, (Fact(owner, premise),), Fact(owned, gain), (r.id,), guards)


def _keys(view: _View) -> Iterator[RuleInstance]:
    for r, holder, key in view.pairs("holds"):
        held = (Fact(holder, C.CONTROL),)
        yield RuleInstance("R2", 1, held, Fact(key, C.OPERATE), (r.id,))
        yield RuleInstance("R2", 1, held, Fact(key, C.POSSESS), (r.id,), view.guards((r.id, key), ("non_exportable",)))
    keys = view.estate.of_kind(Kind.CREDENTIAL)
    passwords = {
        credential.id for credential in keys if isinstance(credential, Credential) and credential.type == "password"
    }
    for r in view.by_verb[Verb.GRANTS]:
        target = r.targets[0]
        hosts = (r.id, *r.sources, target)
        copied = (*_SPENT, *_BOUND, *(() if passwords.isdisjoint(r.sources) else ("mfa",)))
        for capability, kinds in ((C.OPERATE, _SPENT), (C.POSSESS, copied)):
            premises = tuple(Fact(source, capability) for source in r.sources)
            yield RuleInstance("R3", 1, premises, Fact(target, C.USE), (r.id,), view.guards(hosts, kinds))


def _public_operations(view: _View) -> Iterator[RuleInstance]:
    anyone = Fact("internet", C.ANYONE)
    for party in view.estate.of_kind(Kind.PARTY):
        yield RuleInstance("R3a", 1, (Fact(party.id, C.CONTROL),), anyone, hop=0)
    for operation in view.operations:
        if operation.anonymous:
            guards = view.guards((operation.id,), ("ip_allowlist",))
            yield RuleInstance("R3a", 1, (anyone,), Fact(operation.id, C.USE), (), guards)
    for r in view.by_verb[Verb.PERMITS]:
        premises = tuple(Fact(source, C.USE) for source in r.sources)
        guards = view.guards((r.id, r.targets[0]), ("approval",))
        yield RuleInstance("R3b", 1, premises, Fact(r.targets[0], C.USE), (r.id,), guards)


def _effects(view: _View) -> Iterator[RuleInstance]:
    for verb, own, full, guard in (
        ("reads", C.READ_SUBSET, C.READ, "encrypted_elsewhere"),
        ("writes", C.TAINT, C.WRITE, "approval"),
    ):
        for r, operation, thing in view.pairs(verb, Kind.OPERATION):
            use, hosts = (Fact(operation, C.USE),), (r.id, operation, thing)
            yield RuleInstance(
                "R4", 1, use, Fact(thing, own if r.subset else full), (r.id,), view.guards(hosts, (guard,))
            )
            if r.subset:
                yield RuleInstance(
                    "R5", 2, use, Fact(thing, full), (r.id,), view.guards(hosts, ("object_authz", guard))
                )
    for r, operation, thing in view.pairs("controls"):
        guards = view.guards((r.id, operation, thing), ("approval",))
        yield RuleInstance("R4", 1, (Fact(operation, C.USE),), Fact(thing, C.CONTROL), (r.id,), guards)
    for r, operation, thing in view.pairs("disables"):
        yield RuleInstance("R4", 1, (Fact(operation, C.USE),), Fact(thing, C.DENY), (r.id,))


def _siblings(view: _View) -> Iterator[RuleInstance]:
    for operation in view.operations:
        if operation.api is not None:
            inside = Fact(operation.api, C.CALLABLE)
            guards = view.guards((operation.id,), ("function_authz",))
            yield RuleInstance("R6", 2, (Fact(operation.id, C.USE),), inside, hop=0)
            yield RuleInstance("R6", 2, (inside,), Fact(operation.id, C.USE), (), guards)


def _secrets(view: _View) -> Iterator[RuleInstance]:
    for r, store, key in view.pairs("contains"):
        guards = view.guards((r.id, store, key), ("redacted", "encrypted_elsewhere", "expired", "purged"))
        yield RuleInstance("R7", 2, (Fact(store, C.READ_SUBSET),), Fact(key, C.POSSESS), (r.id,), guards)


def _taint(view: _View) -> Iterator[RuleInstance]:
    forward = [
        *view.pairs("publishes"),
        *view.pairs("writes", Kind.SERVICE),
        *view.pairs("informs"),
        *view.pairs("serves"),
    ]
    backward = [*view.pairs("reads", Kind.SERVICE), *view.pairs("derives_from"), *view.pairs("calls")]
    alone = [pair for pair in view.pairs("consumes") if len(pair[0].targets) == 1 and pair[0].vote_min is None]
    flows: list[tuple[tuple[str, ...], str, str]] = [((r.id,), a, b) for r, a, b in forward]
    flows += [((r.id,), b, a) for r, a, b in (*backward, *alone)]
    written = defaultdict(list)
    for r, source, target in view.pairs("writes"):
        written[source].append((r.id, target))
    flows += [((r.id, w), a, t) for r, a, o in view.pairs("calls") for w, t in written[o]]
    for along, source, target in flows:
        guards = view.guards((*along, target), _CHECKED)
        yield RuleInstance("R8", 1, (Fact(source, C.TAINT),), Fact(target, C.TAINT), along, guards)


def _feeds(view: _View) -> Iterator[RuleInstance]:
    for r in view.by_verb[Verb.CONSUMES]:
        service, feeds = r.sources[0], r.targets
        if len(feeds) > 1 or r.vote_min is not None:
            premises = tuple(Fact(source, capability) for capability in (C.TAINT, C.DENY) for source in feeds)
            guards = view.guards((r.id, service), _CHECKED)
            yield RuleInstance(
                "R8q", 1, premises, Fact(service, C.TAINT), (r.id,), guards, vote=(feeds, r.vote_min or 1)
            )
        if r.brittle:
            guards = view.guards((r.id, service), ("bulkhead", "validated"))
            for feed in feeds:
                yield RuleInstance("R9a", 2, (Fact(feed, C.TAINT),), Fact(service, C.DENY), (r.id,), guards)
                yield RuleInstance("R9b", 3, (Fact(feed, C.WRITE),), Fact(service, C.CONTROL), (r.id,), guards)
    for r, service, feed in view.pairs("installs"):
        hosts = (r.id, service)
        yield RuleInstance(
            "R10", 1, (Fact(feed, C.TAINT),), Fact(service, C.DENY), (r.id,), view.guards(hosts, _VETTED)
        )
        guards = view.guards(hosts, (*_VETTED, "egress_filter"))
        yield RuleInstance("R10", 1, (Fact(feed, C.WRITE),), Fact(service, C.CONTROL), (r.id,), guards)


def _losses(view: _View) -> Iterator[RuleInstance]:
    for verb in ("publishes", "serves"):
        for r, source, target in view.pairs(verb):
            guards = view.guards((r.id, target), ("fallback",))
            yield RuleInstance("R11", 1, (Fact(source, C.DENY),), Fact(target, C.DENY), (r.id,), guards)
    for r in view.by_verb[Verb.DEPENDS_ON]:
        yield from _dependence(view, r, r.dependency or "hard", r.at_least or len(r.targets))
    for verb in ("calls", "reads", "consumes"):
        for r, _, _ in view.pairs(verb, Kind.SERVICE):
            yield from _dependence(view, r, r.dependency or "soft", 1)


def _dependence(view: _View, r: _Relation, strength: str, up: int) -> Iterator[RuleInstance]:
    dependent = r.sources[0]
    premises = tuple(Fact(target, C.DENY) for target in r.targets)
    guards = view.guards((r.id, dependent), ("fallback",))
    least = len(premises) - up + 1
    slow, stop = Fact(dependent, C.DEGRADE), Fact(dependent, C.DENY)
    if strength != "none":
        yield RuleInstance("R11", 1, premises, slow, (r.id,), guards, least=least)
    if strength == "hard":
        yield RuleInstance("R11", 1, premises, stop, (r.id,), guards, least=least, buffer_h=r.buffer_h)
    if r.capacity_loss:
        for premise in premises:
            yield RuleInstance("R11", 1, (premise,), slow, (r.id,), guards)


def _rights(view: _View) -> Iterator[RuleInstance]:
    for r, service, operation in view.pairs("serves"):
        guards = view.guards((r.id, service), ("hardened", "sandboxed"))
        yield RuleInstance("R12", 3, (Fact(operation, C.USE),), Fact(service, C.CONTROL), (r.id,), guards)
    for verb, gain, kinds in (
        ("reads", C.READ, ("encrypted_elsewhere",)),
        ("writes", C.WRITE, ()),
        ("calls", C.USE, ()),
        ("publishes", C.WRITE, ("two_party_signing",)),
    ):
        limits = () if verb == "publishes" else (Kind.SERVICE,)
        for r, holder, thing in view.pairs(verb, *limits):
            guards = view.guards((r.id, thing), kinds)
            yield RuleInstance("R13", 1, (Fact(holder, C.CONTROL),), Fact(thing, gain), (r.id,), guards)
    for store in view.estate.of_kind(Kind.STORE):
        guards = view.guards((store.id,), ("immutable_backup",))
        yield RuleInstance("R13w", 2, (Fact(store.id, C.WRITE),), Fact(store.id, C.DENY), (), guards)


def _walls(view: _View) -> Iterator[RuleInstance]:
    for r, source, target in view.pairs("connects"):
        guards = view.guards((r.id, target), _WALLS)
        yield RuleInstance("R15", 4, (Fact(source, C.CONTROL),), Fact(target, C.CONTROL), (r.id,), guards)
    flat = {zone.id for zone in view.estate.zones.values() if zone.flat}
    for entity in view.estate.of_kind(Kind.SERVICE) if flat else ():
        if entity.zone is not None and entity.zone in flat:
            inside = Fact(entity.zone, C.FOOTHOLD)
            yield RuleInstance("R15", 4, (Fact(entity.id, C.CONTROL),), inside, hop=0)
            guards = view.guards((entity.id,), _WALLS)
            yield RuleInstance("R15", 4, (inside,), Fact(entity.id, C.CONTROL), (), guards)


def _fallen_controls(view: _View) -> Iterator[RuleInstance]:
    for placed in view.estate.controls.values():
        provider = placed.control.provided_by
        if provider is not None:
            gone = Fact(placed.id, C.INACTIVE)
            yield RuleInstance("R14", 1, (Fact(provider, C.CONTROL),), gone)
            shut = placed.control.fails == "closed"
            yield RuleInstance("R14", 1, (Fact(provider, C.DENY),), gone, fail_closed=shut)
