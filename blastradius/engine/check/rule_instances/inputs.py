"""What wrong input does: R8 to R10, R16."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from blastradius.columns.ragged import Flags, Numbers, RaggedArray
from blastradius.columns.tables import ON_BAD
from blastradius.engine.check.rule_instances.instance import Block
from blastradius.engine.check.rule_instances.names import facts
from blastradius.engine.check.rule_instances.rights import SPENT
from blastradius.engine.check.rule_instances.view import View, beside, single
from blastradius.model import Capability, Kind

C = Capability
_CHECKED = ("validated", "quarantined", "human_review", "second_source", "insensitive")
_VETTED = ("pinned", "verified", "staged", "not_exposed")
_DOUBTED = ("human_review", "quarantined", "validated", "out_of_band")


def taint(view: View) -> Iterator[Block]:
    """R8: from each that is wrong to whoever takes it in."""
    given = [*(view.rows(verb) for verb in ("publishes", "informs", "serves")), view.rows("writes", Kind.SERVICE)]
    rows = np.concatenate(given)
    yield _taint(view, rows, view.source(rows), view.target(rows))
    consumes = view.rows("consumes")
    taken = [*(view.rows(verb) for verb in ("reads", "derives_from", "calls")), consumes[~_vote(view, consumes)]]
    rows = np.concatenate(taken)
    yield _taint(view, rows, view.target(rows), view.source(rows))


def _taint(view: View, rows: Numbers, source: Numbers, target: Numbers) -> Block:
    guards = view.guards((view.host(rows), target), _CHECKED)
    return view.along("R8", 1, rows, facts(source, C.TAINT), facts(target, C.TAINT), guards)


def _vote(view: View, rows: Numbers) -> Flags:
    """Of which relations the feeds that are consumed vote."""
    found: Flags = (view.targets.lengths[rows] > 1) | (view.relations.vote_min[rows] > 0)
    return found


def taint_through(view: View) -> Iterator[Block]:
    """R8: from a caller that is wrong to what the operation writes."""
    writes, calls = view.rows("writes"), view.rows("calls")
    written = RaggedArray.grouped(view.source(writes), writes, view.names.count).take(view.target(calls))
    call, write = calls[written.row_ids], written.values
    operation, store = view.target(call), view.target(write)
    guards = view.guards((operation, view.host(write), store), (*_CHECKED, "approval"))
    guards |= view.guards((operation, view.relations.keys.take(call)), SPENT)
    basis = np.maximum(view.relations.basis[call], view.relations.basis[write])
    caller, tainted = single(facts(view.source(call), C.TAINT)), facts(store, C.TAINT)
    yield view.block("R8", 1, caller, tainted, beside(call, write), guards, basis=basis)


def votes(view: View) -> Iterator[Block]:
    """R8q; where nobody said how votes are counted, any one wrong feed may decide."""
    rows = view.rows("consumes")
    rows = rows[_vote(view, rows)]
    service, feeds = view.source(rows), view.targets.take(rows)
    wrong = RaggedArray(feeds.indptr, facts(feeds.values, C.TAINT))
    lost = RaggedArray(feeds.indptr, view.lost(service[feeds.row_ids], feeds.values))
    guards = view.guards((view.host(rows), service), _CHECKED)
    stated, basis = view.relations.vote_min[rows], view.relations.basis[rows]
    least = np.where(stated > 0, stated, feeds.lengths + 1)
    tainted = facts(service, C.TAINT)
    yield view.block("R8q", 1, beside(wrong, lost), tainted, single(rows), guards, vote_min=least, basis=basis)


def bad_input(view: View) -> Iterator[Block]:
    """R9a, R9b and R9c: it crashes who takes it in, or is more than wrong, or makes it stop."""
    rows, taker, supplier = view.inputs
    tainted, down, hosts = facts(supplier, C.TAINT), facts(taker, C.DENY), (view.host(rows), taker)
    brittle = view.relations.brittle[rows]
    halting = view.relations.on_bad[rows] == ON_BAD.index("halt")
    chosen = brittle & view.are(taker, Kind.SERVICE) & ~view.are(supplier, Kind.OPERATION)
    ways = (("R9a", brittle, ("bulkhead", "validated")), ("R9c", halting, ("bulkhead",)))
    for rule, some, kinds in ways:
        guards = view.guards([host[some] for host in hosts], kinds)
        yield view.along(rule, 1, rows[some], tainted[some], down[some], guards)
    guards = view.guards([host[chosen] for host in hosts], ("bulkhead", "validated"))
    level = np.where(view.anothers[taker[chosen]], 4, 3).astype(np.int8)
    written, taken = facts(supplier[chosen], C.WRITE), facts(taker[chosen], C.CONTROL)
    yield view.along("R9b", level, rows[chosen], written, taken, guards)


def defaulted(view: View) -> Iterator[Block]:
    """R9d: what goes on without it goes on with a value that may be wrong."""
    rows, taker, supplier = (column[view.relations.defaults[view.inputs[0]]] for column in view.inputs)
    keys = view.relations.keys.take(rows)
    ways = ((rows, taker, view.lost(taker, supplier)),
            (rows[keys.row_ids], taker[keys.row_ids], facts(keys.values, C.DENY)))  # fmt: skip
    for along, who, premise in ways:
        guards = view.guards((view.host(along), who), _CHECKED)
        yield view.along("R9d", 1, along, premise, facts(who, C.TAINT), guards)


def installed(view: View) -> Iterator[Block]:
    """R10; a vendor's own signature stops nothing."""
    rows = view.rows("installs")
    service, source = view.source(rows), view.target(rows)
    hosts = (view.host(rows), service)
    vetted = view.guards(hosts, _VETTED, view.counts_for(single(source)))
    kept = vetted | view.guards(hosts, ("egress_filter",))
    yield view.along("R10", 1, rows, facts(source, C.TAINT), facts(service, C.DENY), vetted)
    yield view.along("R10", 1, rows, facts(source, C.WRITE), facts(service, C.CONTROL), kept)


def obeyed(view: View) -> Iterator[Block]:
    """R16."""
    rows, taker, supplier = view.inputs
    some = view.relations.obeys[rows] & view.are(taker, Kind.SERVICE)
    rows, taker, supplier = rows[some], taker[some], supplier[some]
    guards = view.guards((view.host(rows), taker), _DOUBTED)
    anyone = facts(np.full(len(rows), view.names.internet), C.ANYONE)
    premises, basis = beside(anyone, facts(supplier, C.TAINT)), view.relations.basis[rows]
    yield view.block("R16", 2, premises, facts(taker, C.STEER), single(rows), guards, basis=basis)
