"""What operations and services do with what they reach: R4 to R7, R12, R13, R13w."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from blastradius.columns.ragged import Flags, Numbers, RaggedArray
from blastradius.columns.tables import NO_INDEX
from blastradius.engine.check.rule_instances.instance import Block
from blastradius.engine.check.rule_instances.names import facts
from blastradius.engine.check.rule_instances.rights import SPENT
from blastradius.engine.check.rule_instances.view import View, beside, single
from blastradius.model import Capability, Kind

C = Capability
_ACTS = (
    ("reads", C.READ_SUBSET, C.READ, "encrypted_elsewhere"),
    ("writes", C.TAINT, C.WRITE, "approval"),
    ("controls", None, C.CONTROL, "approval"),
    ("disables", None, C.DENY, "approval"),
)
"""What an operation may do: the verb, what that gives of its own rows (``None``: there are none), of all, and
what stops it."""


def effects(view: View) -> Iterator[Block]:
    """R4 and R5: what whoever calls an operation does with it."""
    for verb, own, full, stop in _ACTS:
        rows = view.rows(verb, Kind.OPERATION)
        subset = view.relations.subset[rows] & (own is not None)
        ways = [("R4", 1, ~subset, full, (stop,)), ("R5", 2, subset, full, ("object_authz", stop))]
        if own is not None:
            ways.append(("R4", 1, subset, own, (stop,)))
        for rule, level, some, gain, kinds in ways:
            here = rows[some]
            operation, thing = view.source(here), view.target(here)
            guards = view.guards((view.host(here), operation, thing), kinds)
            yield view.along(rule, level, here, facts(operation, C.USE), facts(thing, gain), guards)


def siblings(view: View) -> Iterator[Block]:
    """R6."""
    entities = view.columns.entities
    operations = view.of_kind(Kind.OPERATION)
    operations = operations[entities.api[operations] != NO_INDEX]
    inside = facts(view.names.first_api + entities.api[operations], C.CALLABLE)
    use, basis = facts(operations, C.USE), entities.basis[operations]
    guards = view.guards((operations,), ("function_authz", *SPENT))
    yield view.block("R6", 2, single(use), inside, hop=0, basis=basis)
    yield view.block("R6", 2, single(inside), use, None, guards, basis=basis)


def secrets(view: View) -> Iterator[Block]:
    """R7."""
    rows = view.rows("contains")
    store, key = view.source(rows), view.target(rows)
    guards = view.guards((view.host(rows), store, key), ("redacted", "encrypted_elsewhere", "expired", "purged"))
    yield view.along("R7", 2, rows, facts(store, C.READ_SUBSET), facts(key, C.POSSESS), guards)


def broken_into(view: View) -> Iterator[Block]:
    """R12."""
    rows = view.rows("serves")
    service, operation = view.source(rows), view.target(rows)
    guards = view.guards((view.host(rows), service), ("hardened", "sandboxed"))
    level = np.where(view.anothers[service], 4, 3).astype(np.int8)
    yield view.along("R12", level, rows, facts(operation, C.USE), facts(service, C.CONTROL), guards)


def own_rights(view: View) -> Iterator[Block]:
    """R13: what a service reads, writes and publishes by rights of its own, for who controls or steers it."""
    rows = view.rows("reads", Kind.SERVICE)
    service, thing = view.source(rows), view.target(rows)
    kept = view.guards((view.host(rows), thing), ("encrypted_elsewhere",))
    told = view.guards((view.host(rows), service), ("egress_filter",))
    for premise, guards in ((C.CONTROL, kept), (C.STEER, kept | told)):
        yield view.along("R13", 1, rows, facts(service, premise), facts(thing, C.READ), guards)
    rows = view.rows("writes", Kind.SERVICE)
    yield view.along("R13", 1, rows, facts(view.source(rows), C.STEER), facts(view.target(rows), C.WRITE))
    rows = view.rows("publishes")
    publisher, feed = view.source(rows), view.target(rows)
    guards = view.guards((view.host(rows), feed), ("two_party_signing",))
    lead = np.where(view.are(publisher, Kind.SERVICE), facts(publisher, C.STEER), facts(publisher, C.CONTROL))
    yield view.along("R13", 1, rows, lead, facts(feed, C.WRITE), guards)


def own_calls(view: View) -> Iterator[Block]:
    """R13: what a service calls, for who steers it, and for who controls it where the call has no keys."""
    rows = view.rows("calls", Kind.SERVICE)
    for here, premise in ((rows, C.STEER), (rows[_needs_alone(view, rows)], C.CONTROL)):
        service, usable = view.source(here), facts(view.target(here), C.USE)
        guards = view.guards((view.host(here), view.relations.keys.take(here), view.target(here)), SPENT)
        premises = single(facts(service, premise))
        if premise == C.STEER:
            needs = view.relations.needs.take(here)
            premises = beside(premises, RaggedArray(needs.indptr, facts(needs.values, C.PRESENT)))
        basis = view.relations.basis[here]
        yield view.block("R13", 1, premises, usable, single(here), guards, basis=basis)


def _needs_alone(view: View, rows: Numbers) -> Flags:
    """The calls that need keys and are made with none."""
    found: Flags = (view.relations.needs.lengths[rows] > 0) & (view.relations.keys.lengths[rows] == 0)
    return found


def served(view: View) -> Iterator[Block]:
    """R13: who controls a service controls what it serves, and all rows of what that does."""
    rows = view.rows("serves")
    yield view.along("R13", 1, rows, facts(view.source(rows), C.CONTROL), facts(view.target(rows), C.CONTROL))
    for verb, own, full, stop in _ACTS:
        acts = view.rows(verb, Kind.OPERATION)
        subset = view.relations.subset[acts] & (own is not None)
        for here, kinds in ((acts[~subset], (stop,)), (acts[subset], ("object_authz", stop))):
            operation, thing = view.source(here), view.target(here)
            hosts = (view.host(here), operation)
            guards = view.guards((thing,), kinds)
            if verb == "reads":  # its own checks are gone; that it is encrypted is none of them
                guards |= view.guards(hosts, (stop,)) | view.others_guards(hosts, kinds[:-1])
            else:
                guards |= view.others_guards(hosts, kinds)
            yield view.along("R13", 1, here, facts(operation, C.CONTROL), facts(thing, full), guards)


def destroyed(view: View) -> Iterator[Block]:
    """R13w."""
    stores = view.of_kind(Kind.STORE)
    guards = view.guards((stores,), ("immutable_backup",))
    yield view.block("R13w", 2, single(facts(stores, C.WRITE)), facts(stores, C.DENY), None, guards)
