"""The rules as plainly as they can be said: slow, obvious, and what the other engines must agree with."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from blastradius.estate import Estate
from blastradius.model import Capability as C
from blastradius.model import Fact, Kind, Level, Relation, Scenario
from blastradius.model import Verb as V

CHECKED = "validated quarantined human_review second_source"
VETTED = "pinned verified staged not_exposed"
SPENT = "revoked rotated expired"
WALLS = "segmented hard_mfa pam"


def spec(estate: Estate, scenario: Scenario) -> dict[Fact, Level]:
    """The lowest level at which each fact about an entity holds."""
    found: dict[Fact, Level] = {}
    for level in Level:
        if level <= scenario.assume:
            for fact in _Naive(estate, scenario, level).fixpoint():
                found.setdefault(fact, level)
    return found


class _Naive:
    def __init__(self, estate: Estate, scenario: Scenario, level: Level) -> None:
        self.e, self.s, self.level = estate, scenario, level
        self.held: set[Fact] = set()

    def fixpoint(self) -> set[Fact]:
        ways = {"compromise": C.CONTROL, "leak": C.POSSESS, "poison": C.WRITE, "wrong": C.TAINT}
        ways |= {"outage": C.DENY, "breach": C.READ}
        new = {Fact(name, gain) for way, gain in ways.items() for name in getattr(self.s, way)}
        while new - self.held:
            self.held |= new
            new = set(self.consequences())
        return self.held

    def has(self, name: str, capability: C) -> bool:
        return Fact(name, capability) in self.held

    def free(self, kinds: str, *hosts: str) -> bool:
        """No control of these kinds, at any of these hosts, stands in the way."""
        stops = [c for host in hosts for c in self.e.controls_on(host) if c.control.kind in kinds.split()]
        return all(self.fell(c.id) for c in stops)

    def fell(self, control_id: str) -> bool:
        control = self.e.controls[control_id].control
        if control.status == "failed" or {control.kind, control_id} & set(self.s.distrust):
            return True
        n, opens = control.provided_by, control.fails == "open" or "fail_closed" in self.s.distrust
        return n is not None and (self.has(n, C.CONTROL) or (opens and self.has(n, C.DENY)))  # R14

    def kind(self, name: str) -> Kind:
        return self.e.entities[name].kind

    def consequences(self) -> Iterator[Fact]:
        yield from self.closure()
        for r in self.e.relations.values():
            yield from self.along(r, r.id, r.sources[0], r.targets[0])
        yield from self.places()

    def closure(self) -> Iterator[Fact]:
        for name, capability in self.held:
            if capability == C.CONTROL:
                yield from (Fact(name, part) for part in (C.READ, C.WRITE, C.DENY, C.USE))
            if capability == C.WRITE:
                yield Fact(name, C.TAINT)
            if capability == C.DENY:
                yield Fact(name, C.DEGRADE)
            if capability == C.READ:
                yield Fact(name, C.READ_SUBSET)

    def along(self, r: Relation, i: str, a: str, b: str) -> Iterator[Fact]:
        has, free, service = self.has, self.free, self.kind(a) == Kind.SERVICE
        if r.verb == V.OWNS and free("compartment", i, b):  # R1
            key = self.kind(b) == Kind.CREDENTIAL
            if has(a, C.CONTROL):
                yield from (Fact(b, C.OPERATE), Fact(b, C.POSSESS)) if key else (Fact(b, C.CONTROL),)
            if has(a, C.DENY) and not key:
                yield Fact(b, C.DENY)
        if r.verb == V.HOLDS and has(a, C.CONTROL):  # R2
            yield Fact(b, C.OPERATE)
            if free("non_exportable", i, b):
                yield Fact(b, C.POSSESS)
        if r.verb == V.GRANTS and free(SPENT, i, *r.sources, b):  # R3
            secret = any(getattr(self.e.entities[k], "type", "") == "password" for k in r.sources)
            bound = "ip_allowlist token_binding device_policy" + (" mfa" if secret else "")
            copied = all(has(k, C.POSSESS) for k in r.sources) and free(bound, i, *r.sources, b)
            if copied or all(has(k, C.OPERATE) for k in r.sources):
                yield Fact(b, C.USE)
        if r.verb == V.PERMITS and all(has(c, C.USE) for c in r.sources) and free("approval", i, b):  # R3b
            yield Fact(b, C.USE)
        if self.kind(a) == Kind.OPERATION and has(a, C.USE):
            yield from self.acts(r, i, a, b)
        if r.verb == V.CONTAINS and self.level >= 2 and has(a, C.READ_SUBSET):  # R7
            if free("redacted encrypted_elsewhere expired purged", i, a, b):
                yield Fact(b, C.POSSESS)
        yield from self.taint(r, i, a, b, service)
        yield from self.feeds(r, i, a, b)
        yield from self.losses(r, i, a, b, service)
        if r.verb == V.SERVES and self.level >= 3 and has(b, C.USE) and free("hardened sandboxed", i, a):  # R12
            yield Fact(a, C.CONTROL)
        if has(a, C.CONTROL):  # R13
            if service and r.verb == V.READS and free("encrypted_elsewhere", i, b):
                yield Fact(b, C.READ)
            if (service and r.verb == V.WRITES) or (r.verb == V.PUBLISHES and free("two_party_signing", i, b)):
                yield Fact(b, C.WRITE)
            if r.verb == V.CALLS:
                yield Fact(b, C.USE)
            if r.verb == V.CONNECTS and self.level >= 4 and free(WALLS, i, b):  # R15
                yield Fact(b, C.CONTROL)

    def acts(self, r: Relation, i: str, a: str, b: str) -> Iterator[Fact]:  # R4, R5
        subset = r.extent == "subset"
        all_rows = not subset or (self.level >= 2 and self.free("object_authz", i, a, b))
        if r.verb == V.READS and self.free("encrypted_elsewhere", i, a, b):
            yield Fact(b, C.READ if all_rows else C.READ_SUBSET)
        if r.verb == V.WRITES and self.free("approval", i, a, b):
            yield Fact(b, C.WRITE if all_rows else C.TAINT)
        if r.verb == V.CONTROLS and self.free("approval", i, a, b):
            yield Fact(b, C.CONTROL)
        if r.verb == V.DISABLES:
            yield Fact(b, C.DENY)

    def taint(self, r: Relation, i: str, a: str, b: str, service: bool) -> Iterator[Fact]:  # R8
        onward = r.verb in (V.PUBLISHES, V.INFORMS, V.SERVES) or (r.verb == V.WRITES and service)
        back = r.verb in (V.DERIVES_FROM, V.CALLS) or (r.verb == V.READS and service)
        back = back or (r.verb == V.CONSUMES and len(r.targets) == 1 and r.vote_min is None)
        if onward and self.has(a, C.TAINT) and self.free(CHECKED, i, b):
            yield Fact(b, C.TAINT)
        if back and self.has(b, C.TAINT) and self.free(CHECKED, i, a):
            yield Fact(a, C.TAINT)
        if r.verb == V.CALLS and self.has(a, C.TAINT):
            for w in self.e.relations.values():
                if w.verb == V.WRITES and w.sources[0] == b and self.free(CHECKED, i, w.id, w.targets[0]):
                    yield Fact(w.targets[0], C.TAINT)

    def feeds(self, r: Relation, i: str, a: str, b: str) -> Iterator[Fact]:
        if r.verb == V.CONSUMES:
            group = len(r.targets) > 1 or r.vote_min is not None
            if group and self.outvoted(r) and self.free(CHECKED, i, a):  # R8q
                yield Fact(a, C.TAINT)
            if r.brittle and self.free("bulkhead validated", i, a):  # R9a, R9b
                if self.level >= 2 and any(self.has(f, C.TAINT) for f in r.targets):
                    yield Fact(a, C.DENY)
                if self.level >= 3 and any(self.has(f, C.WRITE) for f in r.targets):
                    yield Fact(a, C.CONTROL)
        if r.verb == V.INSTALLS and self.free(VETTED, i, a):  # R10
            if self.has(b, C.TAINT):
                yield Fact(a, C.DENY)
            if self.has(b, C.WRITE) and self.free("egress_filter", i, a):
                yield Fact(a, C.CONTROL)

    def outvoted(self, r: Relation) -> bool:
        """Some choice of which of the denied feeds really are down makes the wrong ones win."""
        denied = [f for f in r.targets if self.has(f, C.DENY)]
        for count in range(len(denied) + 1):
            for down in combinations(denied, count):
                live = [f for f in r.targets if f not in down]
                wrong = sum(self.has(f, C.TAINT) for f in live)
                if wrong >= (len(live) // 2 + 1 if len(live) >= (r.vote_min or 1) else 1):
                    return True
        return False

    def losses(self, r: Relation, i: str, a: str, b: str, service: bool) -> Iterator[Fact]:  # R11
        if r.verb in (V.PUBLISHES, V.SERVES) and self.has(a, C.DENY) and self.free("fallback", i, b):
            yield Fact(b, C.DENY)
        depends = r.verb in (V.DEPENDS_ON, V.CALLS, V.CONSUMES) or (r.verb == V.READS and service)
        if not depends or not self.free("fallback", i, a):
            return
        strength = r.dependency or ("hard" if r.verb == V.DEPENDS_ON else "soft")
        needed = r.at_least or (len(r.targets) if r.verb == V.DEPENDS_ON else 1)
        up = sum(not self.has(x, C.DENY) for x in r.targets)
        if strength != "none" and up < (needed if r.verb == V.DEPENDS_ON else 1):
            yield Fact(a, C.DEGRADE)
            if strength == "hard" and (self.s.hours is None or self.s.hours > (r.buffer_h or 0)):
                yield Fact(a, C.DENY)
        if r.capacity_loss and up < len(r.targets):
            yield Fact(a, C.DEGRADE)

    def places(self) -> Iterator[Fact]:
        everything = self.e.entities.values()
        inside = {getattr(o, "api", None) for o in everything if o.kind == Kind.OPERATION and self.has(o.id, C.USE)}
        lost = {s.zone for s in everything if s.kind == Kind.SERVICE and self.has(s.id, C.CONTROL)}
        anyone = any(self.has(p.id, C.CONTROL) for p in everything if p.kind == Kind.PARTY)
        for x in everything:
            if x.kind == Kind.OPERATION:
                if anyone and getattr(x, "anonymous", False) and getattr(x, "direction", "") == "exposed":  # R3a
                    if self.free("ip_allowlist", x.id):
                        yield Fact(x.id, C.USE)
                api = getattr(x, "api", None)
                if self.level >= 2 and api is not None and api in inside and self.free("function_authz", x.id):  # R6
                    yield Fact(x.id, C.USE)
            if x.kind == Kind.STORE and self.level >= 2 and self.has(x.id, C.WRITE):  # R13w
                if self.free("immutable_backup", x.id):
                    yield Fact(x.id, C.DENY)
            flat = x.zone in self.e.zones and self.e.zones[x.zone].flat if x.zone else False
            if x.kind == Kind.SERVICE and self.level >= 4 and flat and x.zone in lost and self.free(WALLS, x.id):  # R15
                yield Fact(x.id, C.CONTROL)
