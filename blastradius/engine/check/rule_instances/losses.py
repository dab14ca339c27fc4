"""What stops and what slows when something is lost: R11, and the stepping stones of inputs that are dropped."""

from __future__ import annotations

from collections.abc import Iterator

from blastradius.engine.check.capabilities import weakest
from blastradius.engine.check.rule_instances.instance import RuleInstance
from blastradius.engine.check.rule_instances.view import Row, View
from blastradius.model import Capability, Fact, Kind, input_id

C = Capability


def dropped_inputs(view: View) -> Iterator[RuleInstance]:
    """An input that is dropped when it is wrong is lost then, or when it is denied; lost or slow it is strained."""
    for r, taker, supplier in view.inputs():
        if r.on_bad == "drop":
            lost, tainted = view.lost(taker, supplier), (Fact(supplier, C.TAINT),)
            yield RuleInstance("R9c", 1, tainted, lost, (r.id,), hop=0, basis=r.basis)
    for taker, supplier in sorted(view.dropped):
        name = input_id(taker, supplier)
        lost, strained = Fact(name, C.LOST), Fact(name, C.STRAINED)
        yield RuleInstance("R11", 1, (Fact(supplier, C.DENY),), lost, hop=0)
        yield RuleInstance("R11", 1, (lost,), strained, hop=0)
        yield RuleInstance("R11", 1, (Fact(supplier, C.DEGRADE),), strained, hop=0)


def supplied(view: View) -> Iterator[RuleInstance]:
    """R11: what is published or served is gone when all who do so are; what is served is slow when one is."""
    for verb in ("publishes", "serves"):
        for thing, rows in view.grouped(verb).items():
            sources = tuple(r.sources[0] for r in rows)
            guards = view.fallbacks(sources, thing)
            for r in rows:
                guards = view.fallbacks(r.sources, r.id) | guards
            premises = tuple(Fact(source, C.DENY) for source in sources)
            along, basis = tuple(r.id for r in rows), weakest(*(r.basis for r in rows))
            yield RuleInstance("R11", 1, premises, Fact(thing, C.DENY), along, guards, basis=basis)
    for r, service, operation in view.pairs("serves"):
        guards = view.fallbacks(r.sources, r.id, operation, slow=True)
        premises, conclusion = (Fact(service, C.DEGRADE),), Fact(operation, C.DEGRADE)
        yield RuleInstance("R11", 1, premises, conclusion, (r.id,), guards, basis=r.basis)


def dependence(view: View) -> Iterator[RuleInstance]:
    """R11: of what something depends on, calls, reads or consumes; not where it goes on with a default."""
    for r, _, _ in view.pairs("depends_on"):
        if not r.defaults:
            yield from _depends(view, r, r.dependency or "hard", r.at_least or len(r.targets))
    for verb in ("calls", "reads", "consumes"):
        for r, _, _ in view.pairs(verb, Kind.SERVICE, Kind.PROCESS):
            if not r.defaults:
                yield from _depends(view, r, r.dependency or "soft", 1)


def _depends(view: View, r: Row, strength: str, up: int) -> Iterator[RuleInstance]:
    if strength == "none":
        return
    taker, least = r.sources[0], len(r.targets) - up + 1
    stop, slow = Fact(taker, C.DENY), Fact(taker, C.DEGRADE)
    lost = tuple(view.lost(taker, supplier) for supplier in r.targets)
    keys = tuple(Fact(key, C.DENY) for key in r.keys)
    stops = view.fallbacks(r.targets, r.id, taker, within_h=r.buffer_h)
    slows = view.fallbacks(r.targets, r.id, taker, within_h=r.buffer_h, slow=True)
    common = RuleInstance("R11", 1, lost, slow, (r.id,), slows, least=least, buffer_h=r.buffer_h, basis=r.basis)
    if strength == "hard":
        strained = tuple(view.strained(taker, supplier) for supplier in r.targets)
        yield common._replace(conclusion=stop, guards=stops)
        yield common._replace(premises=strained)
        for key in keys:
            yield common._replace(premises=(key,), conclusion=stop, guards=stops, least=None)
    else:
        yield common
    for premise in (*keys, *(lost if r.capacity_loss else ())):
        yield common._replace(premises=(premise,), least=None)
