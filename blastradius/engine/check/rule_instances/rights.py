"""Who owns what, which keys open what, and what operations hand out: R1 to R3, R17."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from blastradius.engine.check.capabilities import ANYONE
from blastradius.engine.check.rule_instances.instance import Guards, RuleInstance
from blastradius.engine.check.rule_instances.view import Row, View
from blastradius.model import Capability, Control, Fact, Kind, Verb

C = Capability
SPENT = ("revoked", "rotated", "expired")
_BOUND = ("ip_allowlist", "token_binding", "device_policy")
_SECOND_FACTORS = ("mfa", "hard_mfa")


def ownership(view: View) -> Iterator[RuleInstance]:
    """R1."""
    for r, owner, owned in view.pairs("owns"):
        guards = view.guards((r.id, owned), ("compartment",))
        key = view.kind(owned) == Kind.CREDENTIAL
        gains = ((C.CONTROL, C.OPERATE), (C.CONTROL, C.POSSESS)) if key else ((C.CONTROL, C.CONTROL), (C.DENY, C.DENY))
        for premise, gain in gains:
            yield RuleInstance("R1", 1, (Fact(owner, premise),), Fact(owned, gain), (r.id,), guards, basis=r.basis)


def held_keys(view: View) -> Iterator[RuleInstance]:
    """R2: who controls what holds a key has it; who steers it has those that no call of it is made with."""
    named = {(call.sources[0], key) for call in view.by_verb[Verb.CALLS] for key in call.keys}
    for r, holder, key in view.pairs("holds"):
        held, operated, along = (Fact(holder, C.CONTROL),), Fact(key, C.OPERATE), (r.id,)
        kept = view.guards((r.id, key), ("non_exportable",))
        yield RuleInstance("R2", 1, held, operated, along, basis=r.basis)
        yield RuleInstance("R2", 1, held, Fact(key, C.POSSESS), along, kept, basis=r.basis)
        if view.kind(holder) == Kind.SERVICE and (holder, key) not in named:
            yield RuleInstance("R2", 1, (Fact(holder, C.STEER),), operated, along, basis=r.basis)


def grants(view: View) -> Iterator[RuleInstance]:
    """R3: grants of one key, and of several of which each may be had in its own way."""
    for r in view.by_verb[Verb.GRANTS]:
        yield from _alone(view, r) if len(r.sources) == 1 else _joint(view, r)


def _alone(view: View, r: Row) -> Iterator[RuleInstance]:
    (key,), target, along = r.sources, r.targets[0], (r.id,)
    hosts, usable = (r.id, key, target), Fact(target, C.USE)
    spent, copied = view.guards(hosts, SPENT), (Fact(key, C.POSSESS),)
    yield RuleInstance("R3", 1, (Fact(key, C.OPERATE),), usable, along, spent, basis=r.basis)
    for rule, level, second in _by_second_factor(view, hosts, view.passwords & {key}):
        guards = view.guards(hosts, (*SPENT, *_BOUND)) | second
        yield RuleInstance(rule, level, copied, usable, along, guards, basis=r.basis)


def _joint(view: View, r: Row) -> Iterator[RuleInstance]:
    keys, target = r.sources, r.targets[0]
    here, passwords = (r.id, target), view.passwords.intersection(r.sources)
    spent, bound = view.guards((r.id, *keys, target), SPENT), view.guards(here, ("token_binding",))
    elsewhere = view.guards(here, ("ip_allowlist", "device_policy"))

    def opened(rule: str, level: int, driven: set[str], guards: Guards) -> RuleInstance:
        premises = tuple(Fact(key, C.OPERATE if key in driven else C.PRESENT) for key in keys)
        return RuleInstance(rule, level, premises, Fact(target, C.USE), (r.id,), spent | guards, basis=r.basis)

    yield opened("R3", 1, set(keys), Guards())
    for rule, level, second in _by_second_factor(view, here, passwords):
        yield opened(rule, level, set(), bound | second | elsewhere)
    for key in keys:
        for rule, level, second in _by_second_factor(view, here, passwords - {key}):
            yield opened(rule, level, {key}, bound | second)
    if 0 < len(passwords) < len(keys):
        yield opened("R3", 1, passwords, bound)


def _by_second_factor(view: View, hosts: tuple[str, ...], passwords: set[str]) -> Iterator[tuple[str, int, Guards]]:
    """R3, and R3p where a second factor that can be phished is all that guards a password somewhere."""
    if not passwords:
        yield "R3", 1, Guards()
        return
    yield "R3", 1, view.guards(hosts, _SECOND_FACTORS)
    if view.has_standing(hosts, _can_be_phished):
        yield "R3p", 2, view.guards(hosts, _SECOND_FACTORS, lambda control: not _can_be_phished(control))


def _can_be_phished(control: Control) -> bool:
    return control.kind == "mfa" and control.phishable


def present_keys(view: View) -> Iterator[RuleInstance]:
    """Stepping stones of R3 and R13: a key is driven, or there is a copy of it that nothing on it stops."""
    joint = {key: None for r in view.by_verb[Verb.GRANTS] if len(r.sources) > 1 for key in r.sources}
    needed = {key: None for r in view.by_verb[Verb.CALLS] for key in r.needs}
    for key in joint | needed:
        present = Fact(key, C.PRESENT)
        yield RuleInstance("R3", 1, (Fact(key, C.OPERATE),), present, hop=0)
        for rule, level, second in _by_second_factor(view, (key,), view.passwords & {key}):
            guards = view.guards((key,), _BOUND) | second
            yield RuleInstance(rule, level, (Fact(key, C.POSSESS),), present, (), guards, hop=0)


def usable_operations(view: View) -> Iterator[RuleInstance]:
    """R3a, R3b, R3c: by anyone, by scope, by whoever may use the service."""
    for operation in view.operations:
        if operation.is_public:
            guards, usable = view.guards((operation.id,), ("ip_allowlist", *SPENT)), Fact(operation.id, C.USE)
            yield RuleInstance("R3a", 1, (ANYONE,), usable, (), guards, basis=operation.basis)
    permits = view.by_verb[Verb.PERMITS]
    for r in permits:
        scopes, operation_id = r.sources, r.targets[0]
        premises = tuple(Fact(scope, C.USE) for scope in scopes)
        guards = view.guards((r.id, operation_id), ("approval",)) | view.guards((r.id, *scopes, operation_id), SPENT)
        yield RuleInstance("R3b", 1, premises, Fact(operation_id, C.USE), (r.id,), guards, basis=r.basis)
    guarded = {r.targets[0] for r in permits}
    for r, service, operation_id in view.pairs("serves"):
        if operation_id not in guarded:
            guards = view.guards((r.id, operation_id), ("approval", *SPENT))
            premises = (Fact(service, C.USE),)
            yield RuleInstance("R3c", 1, premises, Fact(operation_id, C.USE), (r.id,), guards, basis=r.basis)


def issued(view: View) -> Iterator[RuleInstance]:
    """R17: by whoever calls the operation, and by whoever controls it."""
    for r, operation, right in view.pairs("issues"):
        checks = view.guards((r.id, operation, right), ("approval",))
        own = view.others_guards((r.id, operation), ("approval",)) | view.guards((right,), ("approval",))
        for premise, guards in ((C.USE, checks), (C.CONTROL, own)):
            for gain, more in _gains(view, r, right):
                premises, conclusion = (Fact(operation, premise),), Fact(right, gain)
                yield RuleInstance("R17", 1, premises, conclusion, (r.id,), guards | more, basis=r.basis)


def _gains(view: View, r: Row, right: str) -> Sequence[tuple[Capability, Guards]]:
    if view.kind(right) == Kind.SCOPE:
        return ((C.USE, Guards()),)
    hosts = (r.id, right)
    gains = [(C.POSSESS, view.guards(hosts, ("non_exportable",)))]
    if view.has_standing(hosts, lambda control: control.kind == "non_exportable"):
        gains.append((C.OPERATE, Guards()))
    return gains
