"""The rules of the spec, each as plainly as it can be said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from itertools import product
from math import inf

from blastradius.engine.check.spec.held import Consequence, Held, first, last
from blastradius.estate import Estate
from blastradius.model import Capability as C
from blastradius.model import Fact, Kind, Level, Relation, Scenario
from blastradius.model import Verb as V

CHECKED = "validated quarantined human_review second_source insensitive"
SPENT = "revoked rotated expired"
BOUND = "ip_allowlist token_binding device_policy"
WALLS = "segmented hard_mfa pam"


def held_at(estate: Estate, scenario: Scenario, level: Level) -> dict[Fact, float]:
    """What is held at one level, stepping stones included, and in which hour it arrives."""
    return _Rules(estate, scenario, level).fixpoint()


def held_by_level(estate: Estate, scenario: Scenario) -> Iterator[tuple[Level, dict[Fact, float]]]:
    """The same of each level up to the one assumed: what is held at one is held at the next, as soon or sooner."""
    rules = _Rules(estate, scenario, min(Level))
    for level in Level:
        if level <= scenario.assume:
            rules.level = level
            yield level, dict(rules.fixpoint())


class _Rules(Held):
    """What each rule gives; ``at`` of what is needed and ``free`` of what stops it."""

    def consequences(self) -> Iterator[Consequence]:
        yield from self.closure()
        for rule in (self.r1, self.r2, self.r3, self.r3a, self.r3b, self.r3c, self.r4_5, self.r6, self.r7, self.r8,
                     self.r8q, self.r9, self.r10, self.r11, self.r12, self.r13, self.r13_served, self.r13w, self.r15,
                     self.r16, self.r17, self.r18, self.r19):  # fmt: skip
            yield from rule()

    def closure(self) -> Iterator[Consequence]:
        parts: dict[C, tuple[C, ...]] = {
            C.STEER: (C.TAINT,),
            C.WRITE: (C.TAINT,),
            C.DENY: (C.DEGRADE,),
            C.READ: (C.READ_SUBSET,),
        }
        parts[C.CONTROL] = (C.READ, C.WRITE, C.USE, C.STEER, C.DENY, C.TAINT)
        for (name, capability), at in self.held.items():
            for part in parts.get(capability, ()):
                yield Fact(name, part), at, ()

    def r1(self) -> Iterator[Consequence]:  # R1
        for r in self.rows[V.OWNS]:
            p, x = r.sources[0], r.targets[0]
            falls = last(self.at(p, C.CONTROL), self.free("compartment", r.id, x))
            if self.kind(x) == Kind.CREDENTIAL:
                yield Fact(x, C.OPERATE), falls, (r,)
                yield Fact(x, C.POSSESS), falls, (r,)
            else:
                yield Fact(x, C.CONTROL), falls, (r,)
                yield Fact(x, C.DENY), last(self.at(p, C.DENY), self.free("compartment", r.id, x)), (r,)

    def r2(self) -> Iterator[Consequence]:  # R2
        for r in self.rows[V.HOLDS]:
            s, k = r.sources[0], r.targets[0]
            yield Fact(k, C.OPERATE), self.at(s, C.CONTROL), (r,)
            yield Fact(k, C.POSSESS), last(self.at(s, C.CONTROL), self.free("non_exportable", r.id, k)), (r,)
            if not any(k in call.keys for call in self.rows[V.CALLS] if call.sources[0] == s):
                yield Fact(k, C.OPERATE), self.at(s, C.STEER), (r,)

    def mfa(self, *hosts: str) -> float:  # R3p
        """At `abused` mfa that can be phished stops nothing."""
        stops = [c for h in hosts for c in self.e.controls_on(h) if c.control.kind in ("mfa", "hard_mfa")]
        stops = [c for c in stops if c.control.kind == "hard_mfa" or not (c.control.phishable and self.level >= 2)]
        return last(*(self.falls(c.id) for c in stops))

    def copied(self, k: str) -> float:
        """A copy of a key that nothing on the key stops."""
        password = self.says(k, "type") == "password"
        return last(self.at(k, C.POSSESS), self.free(BOUND, k), self.mfa(k) if password else 0.0)

    def present(self, k: str) -> float:
        return first([self.at(k, C.OPERATE), self.copied(k)])

    def r3(self) -> Iterator[Consequence]:  # R3
        for r in self.rows[V.GRANTS]:
            keys, c = r.sources, r.targets[0]
            driven = [self.at(k, C.OPERATE) for k in keys]
            bound, second = self.free("token_binding", r.id, c), self.mfa(r.id, c)
            copied = [last(self.copied(k), bound, second if self.says(k, "type") == "password" else 0.0) for k in keys]
            here = [first(ways) for ways in zip(driven, copied, strict=True)]
            elsewhere = self.free("ip_allowlist device_policy", r.id, c)
            spent = self.free(SPENT, r.id, *keys, c)
            yield Fact(c, C.USE), last(*here, first([*driven, elsewhere]), spent), (r,)

    def r3a(self) -> Iterator[Consequence]:  # R3a
        for o in self.e.of_kind(Kind.OPERATION):
            if self.says(o.id, "anonymous") and self.says(o.id, "direction") == "exposed":
                free = self.free(f"ip_allowlist {SPENT}", o.id)
                yield Fact(o.id, C.USE), last(self.at("internet", C.ANYONE), free), (o,)

    def r3b(self) -> Iterator[Consequence]:  # R3b
        for r in self.rows[V.PERMITS]:
            o = r.targets[0]
            free = last(self.free("approval", r.id, o), self.free(SPENT, r.id, *r.sources, o))
            yield Fact(o, C.USE), last(*(self.at(c, C.USE) for c in r.sources), free), (r,)

    def r3c(self) -> Iterator[Consequence]:  # R3c
        guarded = {r.targets[0] for r in self.rows[V.PERMITS]}
        for r in self.rows[V.SERVES]:
            s, o = r.sources[0], r.targets[0]
            if o not in guarded:
                yield Fact(o, C.USE), last(self.at(s, C.USE), self.free(f"approval {SPENT}", r.id, o)), (r,)

    def acts(self) -> Iterator[tuple[Relation, str, str]]:
        """What operations read, write, control and disable."""
        for verb in (V.READS, V.WRITES, V.CONTROLS, V.DISABLES):
            for r in self.rows[verb]:
                if self.kind(r.sources[0]) == Kind.OPERATION:
                    yield r, r.sources[0], r.targets[0]

    def r4_5(self) -> Iterator[Consequence]:  # R4, R5
        gives = {V.READS: (C.READ_SUBSET, C.READ), V.WRITES: (C.TAINT, C.WRITE)}
        gives |= {V.CONTROLS: (C.CONTROL, C.CONTROL), V.DISABLES: (C.DENY, C.DENY)}
        for r, o, t in self.acts():
            own, full = gives[r.verb]
            subset = r.extent == "subset" and own != full
            free = self.free("encrypted_elsewhere" if r.verb == V.READS else "approval", r.id, o, t)
            yield Fact(t, own if subset else full), last(self.at(o, C.USE), free), (r,)
            if subset and self.level >= 2:
                yield Fact(t, full), last(self.at(o, C.USE), free, self.free("object_authz", r.id, o, t)), (r,)

    def r6(self) -> Iterator[Consequence]:  # R6
        operations = [o for o in self.e.of_kind(Kind.OPERATION) if self.says(o.id, "api") is not None]
        for a in operations if self.level >= 2 else ():
            for o in operations:
                if self.says(a.id, "api") == self.says(o.id, "api"):
                    free = self.free(f"function_authz {SPENT}", o.id)
                    yield Fact(o.id, C.USE), last(self.at(a.id, C.USE), free), (a, o)

    def r7(self) -> Iterator[Consequence]:  # R7
        for r in self.rows[V.CONTAINS] if self.level >= 2 else ():
            d, k = r.sources[0], r.targets[0]
            free = self.free("redacted encrypted_elsewhere expired purged", r.id, d, k)
            yield Fact(k, C.POSSESS), last(self.at(d, C.READ_SUBSET), free), (r,)

    # inputs: (relation, who takes it in, what is taken in)

    def inputs(self) -> Iterator[tuple[Relation, str, str]]:
        for verb in (V.CONSUMES, V.READS, V.CALLS):
            for r in self.rows[verb]:
                if self.kind(r.sources[0]) in (Kind.SERVICE, Kind.PROCESS):
                    for target in r.targets:
                        yield r, r.sources[0], target

    @cached_property
    def dropped(self) -> set[tuple[str, str]]:
        """Who drops what it takes in when that is wrong, and what."""
        return {(s, x) for r, s, x in self.inputs() if r.on_bad == "drop" and self.known(r)}

    def is_quorum(self, r: Relation) -> bool:
        return r.verb == V.CONSUMES and (len(r.targets) > 1 or r.vote_min is not None)

    def lost(self, r: Relation, x: str) -> float:
        """When a supplier is lost to who has it: denied, dropped because it is wrong, or without a key of the call."""
        ways = [self.at(x, C.DENY)]
        ways += [self.at(x, C.TAINT)] if (r.sources[0], x) in self.dropped else []  # R9c
        ways += [self.at(k, C.DENY) for k in r.keys]
        return first(ways)

    def r8(self) -> Iterator[Consequence]:  # R8
        onward = [(r, r.sources[0], r.targets[0]) for v in (V.PUBLISHES, V.INFORMS, V.SERVES) for r in self.rows[v]]
        onward += [(r, r.sources[0], r.targets[0]) for r in self.rows[V.WRITES] if self.kind(r.sources[0]) == "service"]
        onward += [(r, r.targets[0], r.sources[0]) for v in (V.DERIVES_FROM, V.READS) for r in self.rows[v]]
        onward += [(r, r.targets[0], r.sources[0]) for r in self.rows[V.CALLS]]
        onward += [(r, r.targets[0], r.sources[0]) for r in self.rows[V.CONSUMES] if not self.is_quorum(r)]
        for r, a, b in onward:
            yield Fact(b, C.TAINT), last(self.at(a, C.TAINT), self.free(CHECKED, r.id, b)), (r,)
        for r in self.rows[V.CALLS]:
            caller, o = r.sources[0], r.targets[0]
            for w in self.rows[V.WRITES]:
                if w.sources[0] == o:
                    d = w.targets[0]
                    free = last(self.free(f"{CHECKED} approval", o, w.id, d), self.free(SPENT, o, *r.keys))
                    yield Fact(d, C.TAINT), last(self.at(caller, C.TAINT), free), (r, w)

    def r8q(self) -> Iterator[Consequence]:  # R8q
        for r in filter(self.is_quorum, self.rows[V.CONSUMES]):
            s, n = r.sources[0], len(r.targets)
            least = r.vote_min or n + 1  # nobody said how votes are counted: any one wrong feed may decide
            wrong, down = {f: self.at(f, C.TAINT) for f in r.targets}, {f: self.lost(r, f) for f in r.targets}
            for now in sorted({*wrong.values(), *down.values()} - {inf}):
                both = ([f for f in r.targets if wrong[f] <= now], [f for f in r.targets if down[f] <= now])
                if _outvoted(*both, n, least):
                    yield Fact(s, C.TAINT), last(now, self.free(CHECKED, r.id, s)), (r,)
                    break

    def r9(self) -> Iterator[Consequence]:
        for r, s, x in self.inputs():
            sound = self.free("bulkhead validated", r.id, s)
            if r.brittle:
                yield Fact(s, C.DENY), last(self.at(x, C.TAINT), sound), (r,)  # R9a
                if self.kind(s) == Kind.SERVICE and self.level >= (4 if self.of_others(s) else 3):
                    yield Fact(s, C.CONTROL), last(self.at(x, C.WRITE), sound), (r,)  # R9b
            if r.on_bad == "halt":
                yield Fact(s, C.DENY), last(self.at(x, C.TAINT), self.free("bulkhead", r.id, s)), (r,)  # R9c
            if r.on_missing == "default":
                yield Fact(s, C.TAINT), last(self.lost(r, x), self.free(CHECKED, r.id, s)), (r,)  # R9d

    def r10(self) -> Iterator[Consequence]:  # R10
        for r in self.rows[V.INSTALLS]:
            s, f = r.sources[0], r.targets[0]
            vetted = self.vouched(f, r.id, s)
            yield Fact(s, C.DENY), last(self.at(f, C.TAINT), vetted), (r,)
            yield Fact(s, C.CONTROL), last(self.at(f, C.WRITE), vetted, self.free("egress_filter", r.id, s)), (r,)

    def r11(self) -> Iterator[Consequence]:  # R11
        for verb in (V.PUBLISHES, V.SERVES):
            suppliers: dict[str, list[Relation]] = defaultdict(list)
            for r in self.rows[verb]:
                suppliers[r.targets[0]].append(r)
            for x, rows in suppliers.items():
                names = [r.sources[0] for r in rows]
                gone = [last(self.at(r.sources[0], C.DENY), self.stops_loss(r.sources, r.id)) for r in rows]
                yield Fact(x, C.DENY), last(*gone, self.stops_loss(names, x)), tuple(rows)
                for r in rows if verb == V.SERVES else ():
                    free = self.stops_loss(r.sources, r.id, x, slows=True)
                    yield Fact(x, C.DEGRADE), last(self.at(r.sources[0], C.DEGRADE), free), (r,)
        for verb in (V.DEPENDS_ON, V.CALLS, V.READS, V.CONSUMES):
            for r in self.rows[verb]:
                if self.kind(r.sources[0]) != Kind.OPERATION and r.on_missing != "default":
                    yield from self.loses(r)

    def loses(self, r: Relation) -> Iterator[Consequence]:
        s, own = r.sources[0], r.verb == V.DEPENDS_ON
        strength = r.dependency or ("hard" if own else "soft")
        if strength == "none":
            return
        needed = (r.at_least or len(r.targets)) if own else 1
        spare = len(r.targets) - needed  # the loss of one more than these is felt
        gone = sorted(self.lost(r, x) for x in r.targets)
        slow = sorted(first([self.lost(r, x), self.at(x, C.DEGRADE)]) for x in r.targets)
        wait = r.buffer_h or 0.0
        stops = self.stops_loss(r.targets, r.id, s, wait=wait)
        slows = self.stops_loss(r.targets, r.id, s, wait=wait, slows=True)
        if strength == "hard":
            yield Fact(s, C.DENY), last(gone[spare] + wait, stops), (r,)
            yield Fact(s, C.DEGRADE), last(slow[spare] + wait, slows), (r,)
        yield Fact(s, C.DEGRADE), last(gone[spare] + wait, slows), (r,)
        if r.capacity_loss:
            yield Fact(s, C.DEGRADE), last(gone[0] + wait, slows), (r,)

    def r12(self) -> Iterator[Consequence]:  # R12
        for r in self.rows[V.SERVES]:
            s, o = r.sources[0], r.targets[0]
            if self.level >= (4 if self.of_others(s) else 3):
                free = self.free("hardened sandboxed", r.id, s)
                yield Fact(s, C.CONTROL), last(self.at(o, C.USE), free), (r,)

    def r13(self) -> Iterator[Consequence]:  # R13
        for r in self.rows[V.READS]:
            s, t = r.sources[0], r.targets[0]
            if self.kind(s) == Kind.SERVICE:
                free = self.free("encrypted_elsewhere", r.id, t)
                yield Fact(t, C.READ), last(self.at(s, C.CONTROL), free), (r,)
                told = self.free("egress_filter", r.id, s)
                yield Fact(t, C.READ), last(self.at(s, C.STEER), free, told), (r,)
        for r in self.rows[V.WRITES]:
            if self.kind(r.sources[0]) == Kind.SERVICE:
                yield Fact(r.targets[0], C.WRITE), self.at(r.sources[0], C.STEER), (r,)  # control includes steer
        for r in self.rows[V.PUBLISHES]:
            s, f = r.sources[0], r.targets[0]
            lead = first([self.at(s, C.CONTROL), self.at(s, C.STEER)])
            yield Fact(f, C.WRITE), last(lead, self.free("two_party_signing", r.id, f)), (r,)
        for r in self.rows[V.CALLS]:
            s, o = r.sources[0], r.targets[0]
            spent = self.free(SPENT, r.id, *r.keys, o)
            if not r.keys:
                yield Fact(o, C.USE), last(self.at(s, C.CONTROL), spent), (r,)
            yield Fact(o, C.USE), last(self.at(s, C.STEER), spent, *map(self.present, r.needs)), (r,)

    def r13_served(self) -> Iterator[Consequence]:
        for r in self.rows[V.SERVES]:
            yield Fact(r.targets[0], C.CONTROL), self.at(r.sources[0], C.CONTROL), (r,)
        gives = {V.READS: C.READ, V.WRITES: C.WRITE, V.CONTROLS: C.CONTROL, V.DISABLES: C.DENY}
        for r, o, t in self.acts():
            reads = r.verb == V.READS
            kinds = "encrypted_elsewhere" if reads else "approval"
            kinds += " object_authz" if r.extent == "subset" and r.verb in (V.READS, V.WRITES) else ""
            lead = [self.at(o, C.CONTROL), self.free(kinds, t)]
            lead += [self.free(kinds, r.id, o, ours=False)]  # its own checks are gone, those of others are not
            lead += [self.free("encrypted_elsewhere", r.id, o)] if reads else []  # nor is encryption
            yield Fact(t, gives[r.verb]), last(*lead), (r,)

    def r13w(self) -> Iterator[Consequence]:  # R13w
        for d in self.e.of_kind(Kind.STORE) if self.level >= 2 else ():
            yield Fact(d.id, C.DENY), last(self.at(d.id, C.WRITE), self.free("immutable_backup", d.id)), ()

    def r15(self) -> Iterator[Consequence]:  # R15
        if self.level < 4:
            return
        for r in self.rows[V.CONNECTS]:
            a, t = r.sources[0], r.targets[0]
            need = C.USE if self.kind(a) == Kind.OPERATION else C.CONTROL
            yield Fact(t, C.CONTROL), last(self.at(a, need), self.free(WALLS, r.id, t)), (r,)
        flat = {zone.id for zone in self.e.zones.values() if zone.flat}
        inside = [s for s in self.e.of_kind(Kind.SERVICE) if s.zone in flat]
        for entered, beside in product(inside, inside):
            if entered.zone == beside.zone:
                free = self.free(WALLS, beside.id)
                yield Fact(beside.id, C.CONTROL), last(self.at(entered.id, C.CONTROL), free), (entered, beside)

    def r16(self) -> Iterator[Consequence]:  # R16
        for r, s, x in self.inputs() if self.level >= 2 else ():
            if r.obeys and self.kind(s) == Kind.SERVICE:
                free = self.free("human_review quarantined validated out_of_band", r.id, s)
                yield Fact(s, C.STEER), last(self.at("internet", C.ANYONE), self.at(x, C.TAINT), free), (r,)

    def r17(self) -> Iterator[Consequence]:  # R17
        for r in self.rows[V.ISSUES]:
            o, x = r.sources[0], r.targets[0]
            used = last(self.at(o, C.USE), self.free("approval", r.id, o, x))
            owned = last(self.at(o, C.CONTROL), self.free("approval", r.id, o, ours=False), self.free("approval", x))
            given = first([used, owned])  # R13: control of it is control of what it issues
            if self.kind(x) == Kind.SCOPE:
                yield Fact(x, C.USE), given, (r,)
                continue
            yield Fact(x, C.POSSESS), last(given, self.free("non_exportable", r.id, x)), (r,)
            if any(c.control.kind == "non_exportable" and c.control.status not in ("failed", "absent")
                   for h in (r.id, x) for c in self.e.controls_on(h)):  # fmt: skip
                yield Fact(x, C.OPERATE), given, (r,)

    def r18(self) -> Iterator[Consequence]:  # R18
        for r in self.rows[V.RUNS_ON]:
            s, h = r.sources[0], r.targets[0]
            if self.kind(s) == Kind.SERVICE:
                yield Fact(s, C.CONTROL), self.at(h, C.CONTROL), (r,)
            else:
                free = self.free("encrypted_elsewhere", r.id, s)
                yield Fact(s, C.READ), last(self.at(h, C.CONTROL), free), (r,)
                yield Fact(s, C.WRITE), self.at(h, C.CONTROL), (r,)
            yield Fact(s, C.DENY), last(self.at(h, C.DENY), self.stops_loss([h], r.id, s)), (r,)
            yield Fact(s, C.DEGRADE), last(self.at(h, C.DEGRADE), self.stops_loss([h], r.id, s, slows=True)), (r,)

    def r19(self) -> Iterator[Consequence]:  # R19
        parts: dict[str, list[Relation]] = defaultdict(list)
        for r in self.rows[V.PART_OF]:
            x, y = r.sources[0], r.targets[0]
            parts[y].append(r)
            for capability in (C.CONTROL, C.STEER, C.USE, C.WRITE):
                yield Fact(x, capability), self.at(y, capability), (r,)
            yield Fact(x, C.READ), last(self.at(y, C.READ), self.free("encrypted_elsewhere", r.id, x)), (r,)
            yield Fact(x, C.DENY), last(self.at(y, C.DENY), self.stops_loss([y], r.id, x)), (r,)
            for capability in (C.READ_SUBSET, C.TAINT, C.DEGRADE):
                yield Fact(y, capability), self.at(x, capability), (r,)
        for y, rows in parts.items():
            if self.says(y, "parts") == "complete":
                for capability in (C.READ, C.DENY, C.CONTROL):
                    yield Fact(y, capability), last(*(self.at(r.sources[0], capability) for r in rows)), tuple(rows)


def _outvoted(wrong: list[str], down: list[str], feeds: int, least: int) -> bool:
    """Some choice of which of the feeds that may be down are makes the wrong ones win."""
    both = len(set(wrong) & set(down))
    for silenced in range(both + 1):
        for also in range(len(set(down) - set(wrong)) + 1):
            live, votes = feeds - silenced - also, len(wrong) - silenced
            if votes >= (live // 2 + 1 if live >= least else 1):
                return True
    return False
