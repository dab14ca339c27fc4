"""What a thing stands in and is part of, and the controls that fall with it: R14, R15, R18, R19."""

from __future__ import annotations

from collections.abc import Iterator

from blastradius.engine.check.capabilities import applies, weakest
from blastradius.engine.check.rule_instances.instance import UNGUARDED, RuleInstance
from blastradius.engine.check.rule_instances.view import View
from blastradius.model import Capability, Control, Fact, Kind

C = Capability
_WALLS = ("segmented", "hard_mfa", "pam")
_NEVER_CLOSED = ("fallback", "immutable_backup")
_MISLED = ("second_source", "out_of_band")


def walls(view: View) -> Iterator[RuleInstance]:
    """R15."""
    for r, source, target in view.pairs("connects"):
        guards = view.guards((r.id, target), _WALLS)
        inside = C.USE if view.kind(source) == Kind.OPERATION else C.CONTROL
        premises, conclusion = (Fact(source, inside),), Fact(target, C.CONTROL)
        yield RuleInstance("R15", 4, premises, conclusion, (r.id,), guards, basis=r.basis)
    for service, zone, basis in view.in_flat_zones():
        foothold, taken = Fact(zone, C.FOOTHOLD), Fact(service, C.CONTROL)
        guards = view.guards((service,), _WALLS)
        yield RuleInstance("R15", 4, (taken,), foothold, hop=0, basis=basis)
        yield RuleInstance("R15", 4, (foothold,), taken, (), guards, basis=basis)


def hosting(view: View) -> Iterator[RuleInstance]:
    """R18."""
    for r, guest, host in view.pairs("runs_on"):
        stops, slows = (view.fallbacks(r.targets, r.id, guest, slow=slow) for slow in (False, True))
        gains = [(C.CONTROL, C.CONTROL, UNGUARDED)]
        if view.kind(guest) == Kind.STORE:
            read = view.guards((r.id, guest), ("encrypted_elsewhere",))
            gains = [(C.CONTROL, C.READ, read), (C.CONTROL, C.WRITE, UNGUARDED)]
        for premise, gain, guards in (*gains, (C.DENY, C.DENY, stops), (C.DEGRADE, C.DEGRADE, slows)):
            premises, conclusion = (Fact(host, premise),), Fact(guest, gain)
            yield RuleInstance("R18", 1, premises, conclusion, (r.id,), guards, basis=r.basis)


def parts(view: View) -> Iterator[RuleInstance]:
    """R19: down to each part, up to the whole, and up from all parts where there are no others."""
    for r, part, whole in view.pairs("part_of"):
        downward = [(capability, UNGUARDED) for capability in (C.CONTROL, C.STEER, C.USE, C.WRITE)]
        downward.append((C.READ, view.guards((r.id, part), ("encrypted_elsewhere",))))
        downward.append((C.DENY, view.fallbacks(r.targets, r.id, part)))
        for capability, guards in downward:
            if applies(capability, view.kind(part)) and applies(capability, view.kind(whole)):
                above, below = Fact(whole, capability), Fact(part, capability)
                yield RuleInstance("R19", 1, (above,), below, (r.id,), guards, basis=r.basis)
        for capability in (C.READ_SUBSET, C.TAINT, C.DEGRADE):
            above, below = Fact(whole, capability), Fact(part, capability)
            yield RuleInstance("R19", 1, (below,), above, (r.id,), basis=r.basis)
    for whole, rows in view.grouped("part_of").items():
        if whole in view.complete:
            along, basis = tuple(r.id for r in rows), weakest(*(r.basis for r in rows))
            for capability in (C.READ, C.DENY, C.CONTROL):
                premises = tuple(Fact(r.sources[0], capability) for r in rows)
                yield RuleInstance("R19", 1, premises, Fact(whole, capability), along, basis=basis)


def fallen_controls(view: View) -> Iterator[RuleInstance]:
    """R14."""
    for placed in view.provided():
        provider = placed.control.provided_by
        if provider is not None:
            for premise, shut in _falls(placed.control, view.kind(provider)):
                gone = Fact(placed.id, C.INACTIVE)
                yield RuleInstance("R14", 1, (Fact(provider, premise),), gone, fail_closed=shut)


def _falls(control: Control, provider: Kind) -> Iterator[tuple[Capability, bool]]:
    """Over its provider what makes a control fall, and whether it fails closed by that."""
    taken = C.STEER if provider == Kind.SERVICE else C.CONTROL
    ways = {taken: False, C.DENY: control.fails == "closed" and control.kind not in _NEVER_CLOSED}
    if control.misled or control.kind in _MISLED:
        ways[C.TAINT] = False
    for premise, shut in ways.items():
        if applies(premise, provider):
            yield premise, shut
