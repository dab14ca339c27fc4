"""What wrong input does: R8 to R10, R16."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from blastradius.engine.check.capabilities import ANYONE, weakest
from blastradius.engine.check.rule_instances.instance import RuleInstance
from blastradius.engine.check.rule_instances.rights import SPENT
from blastradius.engine.check.rule_instances.view import Row, View, is_quorum
from blastradius.model import Basis, Capability, Fact, Kind, Verb

C = Capability
_CHECKED = ("validated", "quarantined", "human_review", "second_source", "insensitive")
_VETTED = ("pinned", "verified", "staged", "not_exposed")
_DOUBTED = ("human_review", "quarantined", "validated", "out_of_band")


def taint(view: View) -> Iterator[RuleInstance]:
    """R8: from each that is wrong to whoever takes it in."""
    for verb in ("publishes", "informs", "serves"):
        for r, source, target in view.pairs(verb):
            yield _taint(view, r, source, target)
    for r, source, target in view.pairs("writes", Kind.SERVICE):
        yield _taint(view, r, source, target)
    for verb in ("reads", "derives_from", "calls", "consumes"):
        for r, target, source in view.pairs(verb):
            if verb != "consumes" or not is_quorum(r):
                yield _taint(view, r, source, target)


def _taint(view: View, r: Row, source: str, target: str) -> RuleInstance:
    guards = view.guards((r.id, target), _CHECKED)
    return RuleInstance("R8", 1, (Fact(source, C.TAINT),), Fact(target, C.TAINT), (r.id,), guards, basis=r.basis)


def taint_through(view: View) -> Iterator[RuleInstance]:
    """R8: from a caller that is wrong to what the operation writes."""
    written: dict[str, list[tuple[str, str, Basis]]] = defaultdict(list)
    for w, writer, store in view.pairs("writes"):
        written[writer].append((w.id, store, w.basis))
    for r, caller, operation in view.pairs("calls"):
        for w_id, store, basis in written.get(operation, ()):
            checks = view.guards((operation, w_id, store), (*_CHECKED, "approval"))
            guards = checks | view.guards((operation, *r.keys), SPENT)
            premises, conclusion = (Fact(caller, C.TAINT),), Fact(store, C.TAINT)
            known = weakest(r.basis, basis)
            yield RuleInstance("R8", 1, premises, conclusion, (r.id, w_id), guards, basis=known)


def votes(view: View) -> Iterator[RuleInstance]:
    """R8q; where nobody said how votes are counted, any one wrong feed may decide."""
    for r in filter(is_quorum, view.by_verb[Verb.CONSUMES]):
        service, feeds = r.sources[0], r.targets
        wrong = [Fact(feed, C.TAINT) for feed in feeds]
        lost = [view.lost(service, feed) for feed in feeds]
        guards = view.guards((r.id, service), _CHECKED)
        least = r.vote_min or len(feeds) + 1
        conclusion = Fact(service, C.TAINT)
        yield RuleInstance("R8q", 1, (*wrong, *lost), conclusion, (r.id,), guards, vote_min=least, basis=r.basis)


def bad_input(view: View) -> Iterator[RuleInstance]:
    """R9a, R9b and R9c: it crashes who takes it in, or is more than wrong, or makes it stop."""
    for r, taker, supplier in view.inputs():
        along, tainted, down = (r.id,), (Fact(supplier, C.TAINT),), Fact(taker, C.DENY)
        if r.brittle:
            guards = view.guards((r.id, taker), ("bulkhead", "validated"))
            yield RuleInstance("R9a", 1, tainted, down, along, guards, basis=r.basis)
            if view.kind(taker) == Kind.SERVICE and view.kind(supplier) != Kind.OPERATION:
                level = 4 if taker in view.anothers else 3
                chosen, taken = (Fact(supplier, C.WRITE),), Fact(taker, C.CONTROL)
                yield RuleInstance("R9b", level, chosen, taken, along, guards, basis=r.basis)
        if r.on_bad == "halt":
            guards = view.guards((r.id, taker), ("bulkhead",))
            yield RuleInstance("R9c", 1, tainted, down, along, guards, basis=r.basis)


def defaulted(view: View) -> Iterator[RuleInstance]:
    """R9d: what goes on without it goes on with a value that may be wrong."""
    for r, taker, supplier in view.inputs():
        if r.defaults:
            guards = view.guards((r.id, taker), _CHECKED)
            for premise in (view.lost(taker, supplier), *(Fact(key, C.DENY) for key in r.keys)):
                yield RuleInstance("R9d", 1, (premise,), Fact(taker, C.TAINT), (r.id,), guards, basis=r.basis)


def installed(view: View) -> Iterator[RuleInstance]:
    """R10; a vendor's own signature stops nothing."""
    for r, service, source in view.pairs("installs"):
        hosts, along = (r.id, service), (r.id,)
        vetted = view.guards(hosts, _VETTED, view.counts_for((source,)))
        kept = vetted | view.guards(hosts, ("egress_filter",))
        down, taken = Fact(service, C.DENY), Fact(service, C.CONTROL)
        yield RuleInstance("R10", 1, (Fact(source, C.TAINT),), down, along, vetted, basis=r.basis)
        yield RuleInstance("R10", 1, (Fact(source, C.WRITE),), taken, along, kept, basis=r.basis)


def obeyed(view: View) -> Iterator[RuleInstance]:
    """R16."""
    for r, taker, supplier in view.inputs():
        if r.obeys and view.kind(taker) == Kind.SERVICE:
            guards = view.guards((r.id, taker), _DOUBTED)
            premises, conclusion = (ANYONE, Fact(supplier, C.TAINT)), Fact(taker, C.STEER)
            yield RuleInstance("R16", 2, premises, conclusion, (r.id,), guards, basis=r.basis)
