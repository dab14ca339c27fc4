"""Every way in which a rule could apply to an estate, written out for the checker, apart from the rule table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from blastradius.estate import Estate, PlacedControl
from blastradius.model import Capability, Credential, Fact, Kind, Operation, Relation, Verb

C = Capability
_SPENT = ("revoked", "rotated", "expired")
_BOUND = ("ip_allowlist", "token_binding", "device_policy")
_CHECKED = ("validated", "quarantined", "human_review", "second_source")
_VETTED = ("pinned", "verified", "staged", "not_exposed")
_WALLS = ("segmented", "hard_mfa", "pam")


class Guards(NamedTuple):
    """The controls that stop a way, and where which kinds of them would."""

    placed: tuple[PlacedControl, ...] = ()
    hosts: tuple[str, ...] = ()
    kinds: Sequence[str] = ()


_UNGUARDED = Guards()


class Way(NamedTuple):
    """One rule applied to one place: what it needs, what it gives, what guards it.

    ``least`` is how many of ``needs`` must hold; with ``vote`` (feeds, vote_min) they are a quorum's.
    """

    rule: str
    level: int
    needs: tuple[Fact, ...]
    gives: Fact
    along: tuple[str, ...] = ()
    guards: Guards = _UNGUARDED
    hop: int = 1
    least: int | None = None
    vote: tuple[tuple[str, ...], int] | None = None
    buffer: float | None = None
    fail_closed: bool = False

    def enough(self, held: Collection[Fact]) -> bool:
        """Whether these of its premises are enough."""
        if self.vote is not None:
            return _vote_is_wrong(*self.vote, held)
        return sum(each in held for each in self.needs) >= (len(self.needs) if self.least is None else self.least)


def _vote_is_wrong(feeds: tuple[str, ...], vote_min: int, held: Collection[Fact]) -> bool:
    wrong = {each for each in feeds if Fact(each, C.TAINT) in held}
    down = {each for each in feeds if Fact(each, C.DENY) in held}
    for silenced in range(len(wrong & down) + 1):
        live = len(feeds) - len(down - wrong) - silenced
        needed = live // 2 + 1 if live >= vote_min else 1
        if len(wrong) - silenced >= needed:
            return True
    return False


def all_ways(estate: Estate) -> Iterator[Way]:
    """Every way, rule by rule."""
    place = _Place(estate)
    for rules in (
        _ownership,
        _keys,
        _doors,
        _acts,
        _siblings,
        _secrets,
        _taint,
        _feeds,
        _losses,
        _rights,
        _walls,
        _falls,
    ):
        yield from rules(place)


class _Seen(NamedTuple):
    """What the rules ask of a relation, without all else that it says."""

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
    def of(cls, each: Relation) -> _Seen:
        return cls(
            each.id,
            each.sources,
            each.targets,
            each.extent == "subset",
            each.dependency,
            each.buffer_h or 0.0,
            each.at_least,
            each.capacity_loss,
            each.brittle,
            each.vote_min,
        )


class _Called(NamedTuple):
    """What they ask of an operation."""

    id: str
    api: str | None
    anonymous: bool

    @classmethod
    def of(cls, each: Operation) -> _Called:
        return cls(each.id, each.api, each.anonymous and each.direction == "exposed")


class _Place:
    """The estate as the checker walks it: each relation is read once, for an estate may have to fetch it."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.operations = [_Called.of(each) for each in estate.of_kind(Kind.OPERATION) if isinstance(each, Operation)]
        self.by_verb = {verb: [_Seen.of(each) for each in some] for verb, some in estate.by_verb.items()}

    def pairs(self, verb: str, *kinds: Kind) -> Iterator[tuple[_Seen, str, str]]:
        """Relations of a verb with their (first) ends, limited to sources of some kind."""
        for relation in self.by_verb[Verb(verb)]:
            source = relation.sources[0]
            if not kinds or self.estate.kind_of(source) in kinds:
                yield relation, source, relation.targets[0]

    def guards(self, hosts: tuple[str, ...], kinds: Sequence[str]) -> Guards:
        """The controls of these kinds on these hosts, host by host."""
        placed = [each for host in dict.fromkeys(hosts) for each in self.estate.controls_on(host)]
        return Guards(tuple(each for each in placed if each.control.kind in kinds), hosts, kinds)


def _ownership(place: _Place) -> Iterator[Way]:
    for r, owner, owned in place.pairs("owns"):
        guards = place.guards((r.id, owned), ("compartment",))
        key = place.estate.kind_of(owned) == Kind.CREDENTIAL
        gains = ((C.CONTROL, C.OPERATE), (C.CONTROL, C.POSSESS)) if key else ((C.CONTROL, C.CONTROL), (C.DENY, C.DENY))
        for need, gain in gains:
            yield Way("R1", 1, (Fact(owner, need),), Fact(owned, gain), (r.id,), guards)


def _keys(place: _Place) -> Iterator[Way]:
    for r, holder, key in place.pairs("holds"):
        held = (Fact(holder, C.CONTROL),)
        yield Way("R2", 1, held, Fact(key, C.OPERATE), (r.id,))
        yield Way("R2", 1, held, Fact(key, C.POSSESS), (r.id,), place.guards((r.id, key), ("non_exportable",)))
    keys = place.estate.of_kind(Kind.CREDENTIAL)
    passwords = {each.id for each in keys if isinstance(each, Credential) and each.type == "password"}
    for r in place.by_verb[Verb.GRANTS]:
        target = r.targets[0]
        hosts = (r.id, *r.sources, target)
        copied = (*_SPENT, *_BOUND, *(() if passwords.isdisjoint(r.sources) else ("mfa",)))
        for capability, kinds in ((C.OPERATE, _SPENT), (C.POSSESS, copied)):
            needs = tuple(Fact(each, capability) for each in r.sources)
            yield Way("R3", 1, needs, Fact(target, C.USE), (r.id,), place.guards(hosts, kinds))


def _doors(place: _Place) -> Iterator[Way]:
    anyone = Fact("internet", C.ANYONE)
    for party in place.estate.of_kind(Kind.PARTY):
        yield Way("R3a", 1, (Fact(party.id, C.CONTROL),), anyone, hop=0)
    for operation in place.operations:
        if operation.anonymous:
            guards = place.guards((operation.id,), ("ip_allowlist",))
            yield Way("R3a", 1, (anyone,), Fact(operation.id, C.USE), (), guards)
    for r in place.by_verb[Verb.PERMITS]:
        needs = tuple(Fact(each, C.USE) for each in r.sources)
        guards = place.guards((r.id, r.targets[0]), ("approval",))
        yield Way("R3b", 1, needs, Fact(r.targets[0], C.USE), (r.id,), guards)


def _acts(place: _Place) -> Iterator[Way]:
    for verb, own, full, guard in (
        ("reads", C.READ_SUBSET, C.READ, "encrypted_elsewhere"),
        ("writes", C.TAINT, C.WRITE, "approval"),
    ):
        for r, operation, thing in place.pairs(verb, Kind.OPERATION):
            use, hosts = (Fact(operation, C.USE),), (r.id, operation, thing)
            yield Way("R4", 1, use, Fact(thing, own if r.subset else full), (r.id,), place.guards(hosts, (guard,)))
            if r.subset:
                yield Way("R5", 2, use, Fact(thing, full), (r.id,), place.guards(hosts, ("object_authz", guard)))
    for r, operation, thing in place.pairs("controls"):
        guards = place.guards((r.id, operation, thing), ("approval",))
        yield Way("R4", 1, (Fact(operation, C.USE),), Fact(thing, C.CONTROL), (r.id,), guards)
    for r, operation, thing in place.pairs("disables"):
        yield Way("R4", 1, (Fact(operation, C.USE),), Fact(thing, C.DENY), (r.id,))


def _siblings(place: _Place) -> Iterator[Way]:
    for operation in place.operations:
        if operation.api is not None:
            inside = Fact(operation.api, C.CALLABLE)
            guards = place.guards((operation.id,), ("function_authz",))
            yield Way("R6", 2, (Fact(operation.id, C.USE),), inside, hop=0)
            yield Way("R6", 2, (inside,), Fact(operation.id, C.USE), (), guards)


def _secrets(place: _Place) -> Iterator[Way]:
    for r, store, key in place.pairs("contains"):
        guards = place.guards((r.id, store, key), ("redacted", "encrypted_elsewhere", "expired", "purged"))
        yield Way("R7", 2, (Fact(store, C.READ_SUBSET),), Fact(key, C.POSSESS), (r.id,), guards)


def _taint(place: _Place) -> Iterator[Way]:
    forward = [
        *place.pairs("publishes"),
        *place.pairs("writes", Kind.SERVICE),
        *place.pairs("informs"),
        *place.pairs("serves"),
    ]
    backward = [*place.pairs("reads", Kind.SERVICE), *place.pairs("derives_from"), *place.pairs("calls")]
    alone = [each for each in place.pairs("consumes") if len(each[0].targets) == 1 and each[0].vote_min is None]
    flows: list[tuple[tuple[str, ...], str, str]] = [((r.id,), a, b) for r, a, b in forward]
    flows += [((r.id,), b, a) for r, a, b in (*backward, *alone)]
    written = defaultdict(list)
    for r, source, target in place.pairs("writes"):
        written[source].append((r.id, target))
    flows += [((r.id, w), a, t) for r, a, o in place.pairs("calls") for w, t in written[o]]
    for along, source, target in flows:
        guards = place.guards((*along, target), _CHECKED)
        yield Way("R8", 1, (Fact(source, C.TAINT),), Fact(target, C.TAINT), along, guards)


def _feeds(place: _Place) -> Iterator[Way]:
    for r in place.by_verb[Verb.CONSUMES]:
        service, feeds = r.sources[0], r.targets
        if len(feeds) > 1 or r.vote_min is not None:
            needs = tuple(Fact(each, capability) for capability in (C.TAINT, C.DENY) for each in feeds)
            guards = place.guards((r.id, service), _CHECKED)
            yield Way("R8q", 1, needs, Fact(service, C.TAINT), (r.id,), guards, vote=(feeds, r.vote_min or 1))
        if r.brittle:
            guards = place.guards((r.id, service), ("bulkhead", "validated"))
            for feed in feeds:
                yield Way("R9a", 2, (Fact(feed, C.TAINT),), Fact(service, C.DENY), (r.id,), guards)
                yield Way("R9b", 3, (Fact(feed, C.WRITE),), Fact(service, C.CONTROL), (r.id,), guards)
    for r, service, feed in place.pairs("installs"):
        hosts = (r.id, service)
        yield Way("R10", 1, (Fact(feed, C.TAINT),), Fact(service, C.DENY), (r.id,), place.guards(hosts, _VETTED))
        guards = place.guards(hosts, (*_VETTED, "egress_filter"))
        yield Way("R10", 1, (Fact(feed, C.WRITE),), Fact(service, C.CONTROL), (r.id,), guards)


def _losses(place: _Place) -> Iterator[Way]:
    for verb in ("publishes", "serves"):
        for r, source, target in place.pairs(verb):
            guards = place.guards((r.id, target), ("fallback",))
            yield Way("R11", 1, (Fact(source, C.DENY),), Fact(target, C.DENY), (r.id,), guards)
    for r in place.by_verb[Verb.DEPENDS_ON]:
        yield from _dependence(place, r, r.dependency or "hard", r.at_least or len(r.targets))
    for verb in ("calls", "reads", "consumes"):
        for r, _, _ in place.pairs(verb, Kind.SERVICE):
            yield from _dependence(place, r, r.dependency or "soft", 1)


def _dependence(place: _Place, r: _Seen, strength: str, up: int) -> Iterator[Way]:
    dependent = r.sources[0]
    needs = tuple(Fact(each, C.DENY) for each in r.targets)
    guards = place.guards((r.id, dependent), ("fallback",))
    least = len(needs) - up + 1
    slow, stop = Fact(dependent, C.DEGRADE), Fact(dependent, C.DENY)
    if strength != "none":
        yield Way("R11", 1, needs, slow, (r.id,), guards, least=least)
    if strength == "hard":
        yield Way("R11", 1, needs, stop, (r.id,), guards, least=least, buffer=r.buffer_h)
    if r.capacity_loss:
        for need in needs:
            yield Way("R11", 1, (need,), slow, (r.id,), guards)


def _rights(place: _Place) -> Iterator[Way]:
    for r, service, operation in place.pairs("serves"):
        guards = place.guards((r.id, service), ("hardened", "sandboxed"))
        yield Way("R12", 3, (Fact(operation, C.USE),), Fact(service, C.CONTROL), (r.id,), guards)
    for verb, gain, kinds in (
        ("reads", C.READ, ("encrypted_elsewhere",)),
        ("writes", C.WRITE, ()),
        ("calls", C.USE, ()),
        ("publishes", C.WRITE, ("two_party_signing",)),
    ):
        limits = () if verb == "publishes" else (Kind.SERVICE,)
        for r, holder, thing in place.pairs(verb, *limits):
            guards = place.guards((r.id, thing), kinds)
            yield Way("R13", 1, (Fact(holder, C.CONTROL),), Fact(thing, gain), (r.id,), guards)
    for store in place.estate.of_kind(Kind.STORE):
        guards = place.guards((store.id,), ("immutable_backup",))
        yield Way("R13w", 2, (Fact(store.id, C.WRITE),), Fact(store.id, C.DENY), (), guards)


def _walls(place: _Place) -> Iterator[Way]:
    for r, source, target in place.pairs("connects"):
        guards = place.guards((r.id, target), _WALLS)
        yield Way("R15", 4, (Fact(source, C.CONTROL),), Fact(target, C.CONTROL), (r.id,), guards)
    flat = {zone.id for zone in place.estate.zones.values() if zone.flat}
    for entity in place.estate.of_kind(Kind.SERVICE) if flat else ():
        if entity.zone is not None and entity.zone in flat:
            inside = Fact(entity.zone, C.FOOTHOLD)
            yield Way("R15", 4, (Fact(entity.id, C.CONTROL),), inside, hop=0)
            guards = place.guards((entity.id,), _WALLS)
            yield Way("R15", 4, (inside,), Fact(entity.id, C.CONTROL), (), guards)


def _falls(place: _Place) -> Iterator[Way]:
    for placed in place.estate.controls.values():
        provider = placed.control.provided_by
        if provider is not None:
            gone = Fact(placed.id, C.INACTIVE)
            yield Way("R14", 1, (Fact(provider, C.CONTROL),), gone)
            shut = placed.control.fails == "closed"
            yield Way("R14", 1, (Fact(provider, C.DENY),), gone, fail_closed=shut)
