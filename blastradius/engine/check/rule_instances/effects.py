"""What operations and services do with what they reach: R4 to R7, R12, R13, R13w."""

from __future__ import annotations

from collections.abc import Iterator

from blastradius.engine.check.rule_instances.instance import RuleInstance
from blastradius.engine.check.rule_instances.rights import SPENT
from blastradius.engine.check.rule_instances.view import View
from blastradius.model import Capability, Fact, Kind

C = Capability
_ACTS = (
    ("reads", C.READ_SUBSET, C.READ, "encrypted_elsewhere"),
    ("writes", C.TAINT, C.WRITE, "approval"),
    ("controls", None, C.CONTROL, "approval"),
    ("disables", None, C.DENY, "approval"),
)
"""What an operation may do: the verb, what that gives of its own rows (``None``: there are none), of all, and
what stops it."""


def effects(view: View) -> Iterator[RuleInstance]:
    """R4 and R5: what whoever calls an operation does with it."""
    for verb, own, full, stop in _ACTS:
        for r, operation, thing in view.pairs(verb, Kind.OPERATION):
            use, hosts, along = (Fact(operation, C.USE),), (r.id, operation, thing), (r.id,)
            subset = r.subset and own is not None
            gain = own if subset and own is not None else full
            guards = view.guards(hosts, (stop,))
            yield RuleInstance("R4", 1, use, Fact(thing, gain), along, guards, basis=r.basis)
            if subset:
                guards = view.guards(hosts, ("object_authz", stop))
                yield RuleInstance("R5", 2, use, Fact(thing, full), along, guards, basis=r.basis)


def siblings(view: View) -> Iterator[RuleInstance]:
    """R6."""
    for operation in view.operations:
        if operation.api is not None:
            inside, use = Fact(operation.api, C.CALLABLE), Fact(operation.id, C.USE)
            guards = view.guards((operation.id,), ("function_authz", *SPENT))
            yield RuleInstance("R6", 2, (use,), inside, hop=0, basis=operation.basis)
            yield RuleInstance("R6", 2, (inside,), use, (), guards, basis=operation.basis)


def secrets(view: View) -> Iterator[RuleInstance]:
    """R7."""
    for r, store, key in view.pairs("contains"):
        guards = view.guards((r.id, store, key), ("redacted", "encrypted_elsewhere", "expired", "purged"))
        premises, conclusion = (Fact(store, C.READ_SUBSET),), Fact(key, C.POSSESS)
        yield RuleInstance("R7", 2, premises, conclusion, (r.id,), guards, basis=r.basis)


def broken_into(view: View) -> Iterator[RuleInstance]:
    """R12."""
    for r, service, operation in view.pairs("serves"):
        guards = view.guards((r.id, service), ("hardened", "sandboxed"))
        level = 4 if service in view.anothers else 3
        premises, conclusion = (Fact(operation, C.USE),), Fact(service, C.CONTROL)
        yield RuleInstance("R12", level, premises, conclusion, (r.id,), guards, basis=r.basis)


def own_rights(view: View) -> Iterator[RuleInstance]:
    """R13: what a service reads, writes and publishes by rights of its own, for who controls or steers it."""
    for r, service, thing in view.pairs("reads", Kind.SERVICE):
        kept, told = (
            view.guards((r.id, thing), ("encrypted_elsewhere",)),
            view.guards((r.id, service), ("egress_filter",)),
        )
        for premise, guards in ((C.CONTROL, kept), (C.STEER, kept | told)):
            read = Fact(thing, C.READ)
            yield RuleInstance("R13", 1, (Fact(service, premise),), read, (r.id,), guards, basis=r.basis)
    for r, service, thing in view.pairs("writes", Kind.SERVICE):
        premises = (Fact(service, C.STEER),)
        yield RuleInstance("R13", 1, premises, Fact(thing, C.WRITE), (r.id,), basis=r.basis)
    for r, publisher, feed in view.pairs("publishes"):
        lead = C.STEER if view.kind(publisher) == Kind.SERVICE else C.CONTROL
        guards = view.guards((r.id, feed), ("two_party_signing",))
        premises = (Fact(publisher, lead),)
        yield RuleInstance("R13", 1, premises, Fact(feed, C.WRITE), (r.id,), guards, basis=r.basis)


def own_calls(view: View) -> Iterator[RuleInstance]:
    """R13: what a service calls, for who steers it, and for who controls it where the call has no keys."""
    for r, service, operation in view.pairs("calls"):
        guards = view.guards((r.id, *r.keys, operation), SPENT)
        needed, usable = tuple(Fact(key, C.PRESENT) for key in r.needs), Fact(operation, C.USE)
        premises = (Fact(service, C.STEER), *needed)
        yield RuleInstance("R13", 1, premises, usable, (r.id,), guards, basis=r.basis)
        if needed and not r.keys:
            premises = (Fact(service, C.CONTROL),)
            yield RuleInstance("R13", 1, premises, usable, (r.id,), guards, basis=r.basis)


def served(view: View) -> Iterator[RuleInstance]:
    """R13: who controls a service controls what it serves, and all rows of what that does."""
    for r, service, operation in view.pairs("serves"):
        premises = (Fact(service, C.CONTROL),)
        yield RuleInstance("R13", 1, premises, Fact(operation, C.CONTROL), (r.id,), basis=r.basis)
    for verb, own, full, stop in _ACTS:
        for r, operation, thing in view.pairs(verb, Kind.OPERATION):
            here = (r.id, operation)
            kinds = ("object_authz", stop) if r.subset and own is not None else (stop,)
            guards = view.guards((thing,), kinds)
            if verb == "reads":  # its own checks are gone; that it is encrypted is none of them
                guards |= view.guards(here, (stop,)) | view.others_guards(here, kinds[:-1])
            else:
                guards |= view.others_guards(here, kinds)
            premises = (Fact(operation, C.CONTROL),)
            yield RuleInstance("R13", 1, premises, Fact(thing, full), (r.id,), guards, basis=r.basis)


def destroyed(view: View) -> Iterator[RuleInstance]:
    """R13w."""
    for number in view.of_kind(Kind.STORE):
        store = view.names[number]
        guards = view.guards((store,), ("immutable_backup",))
        yield RuleInstance("R13w", 2, (Fact(store, C.WRITE),), Fact(store, C.DENY), (), guards)
