"""What stops and what slows when something is lost: R11, and the stepping stones of inputs that are dropped."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from blastradius.columns.ragged import Flags, Numbers, RaggedArray
from blastradius.columns.tables import ON_BAD
from blastradius.engine.check.rule_instances.instance import Block
from blastradius.engine.check.rule_instances.names import facts
from blastradius.engine.check.rule_instances.view import Stops, View, single
from blastradius.model import Capability, Kind

C = Capability


def dropped_inputs(view: View) -> Iterator[Block]:
    """An input that is dropped when it is wrong is lost then, or when it is denied; lost or slow it is strained."""
    some = view.relations.on_bad[view.inputs[0]] == ON_BAD.index("drop")
    rows, taker, supplier = (column[some] for column in view.inputs)
    wrong, basis = single(facts(supplier, C.TAINT)), view.relations.basis[rows]
    yield view.block("R9c", 1, wrong, view.lost(taker, supplier), single(rows), hop=0, basis=basis)
    taker, supplier = np.divmod(view.names.dropped, view.names.count)
    near = view.near.entities[taker] | view.near.entities[supplier]
    taker, supplier = taker[near], supplier[near]
    lost, strained = view.lost(taker, supplier), view.strained(taker, supplier)
    yield view.block("R11", 1, single(facts(supplier, C.DENY)), lost, hop=0)
    yield view.block("R11", 1, single(lost), strained, hop=0)
    yield view.block("R11", 1, single(facts(supplier, C.DEGRADE)), strained, hop=0)


def supplied(view: View) -> Iterator[Block]:
    """R11: what is published or served is gone when all who do so are; what is served is slow when one is."""
    for verb in ("publishes", "serves"):
        things, rows = view.by_target(view.rows(verb))
        sources = RaggedArray(rows.indptr, view.source(rows.values))
        along = RaggedArray(rows.indptr, view.host(rows.values))
        guards = view.fallbacks(sources, (things,)) | _own_fallbacks(view, along, sources)
        premises = RaggedArray(rows.indptr, facts(sources.values, C.DENY))
        basis = view.weakest(rows)
        yield view.block("R11", 1, premises, facts(things, C.DENY), rows, guards, basis=basis)
    serves = view.rows("serves")
    service, operation = view.source(serves), view.target(serves)
    guards = view.fallbacks(single(service), (view.host(serves), operation), slow=True)
    yield view.along("R11", 1, serves, facts(service, C.DEGRADE), facts(operation, C.DEGRADE), guards)


def _own_fallbacks(view: View, along: RaggedArray, sources: RaggedArray) -> Stops:
    """The fallbacks on relations that lead to one thing, each where it stands in for the source of that relation."""
    found = view.fallbacks(single(sources.values), (along.values,))
    return Stops(along.row_ids[found.instance], found.control, ((along, ("fallback",)),))


def dependence(view: View) -> Iterator[Block]:
    """R11: of what something depends on, calls, reads or consumes; not where it goes on with a default."""
    rows = view.rows("depends_on")
    stated = view.relations.at_least[rows]
    up = np.where(stated > 0, stated, view.targets.lengths[rows])
    yield from _depending(view, rows, "hard", view.targets.lengths[rows] - up + 1)
    for verb in ("calls", "reads", "consumes"):
        rows = view.rows(verb, Kind.SERVICE, Kind.PROCESS)
        yield from _depending(view, rows, "soft", view.targets.lengths[rows])


def _depending(view: View, rows: Numbers, unstated: str, least: Numbers) -> Iterator[Block]:
    """Those of relations that count, by how hard the dependence is; ``least`` suppliers are lost for it."""
    stated = [view.relations.dependency[row] or unstated for row in rows.tolist()]
    goes_on: Flags = view.relations.defaults[rows]
    for strength in ("hard", "soft"):
        some = np.array([found == strength for found in stated], np.bool_) & ~goes_on
        yield from _depends(view, rows[some], least[some], hard=strength == "hard")


def _depends(view: View, rows: Numbers, least: Numbers, *, hard: bool) -> Iterator[Block]:
    if not len(rows):  # as in most estates for some of the verbs, and there are many ways
        return
    r, taker, suppliers = view.relations, view.source(rows), view.targets.take(rows)
    stop, slow, who = facts(taker, C.DENY), facts(taker, C.DEGRADE), taker[suppliers.row_ids]
    lost = RaggedArray(suppliers.indptr, view.lost(who, suppliers.values))
    strained = RaggedArray(suppliers.indptr, view.strained(who, suppliers.values))
    buffer_h, basis, keys = r.buffer_h[rows], r.basis[rows], r.keys.take(rows)
    denied = RaggedArray(keys.indptr, facts(keys.values, C.DENY))
    short = np.flatnonzero(r.capacity_loss[rows])
    alone = lost.take(short)
    owners = short[alone.row_ids]
    enough, all_ = (np.arange(len(rows)), least), 0
    ways: list[tuple[bool, RaggedArray, Numbers, Numbers | int]]
    ways = [(True, lost, *enough), (False, strained, *enough), (True, single(denied.values), denied.row_ids, all_)]
    ways = ways if hard else [(False, lost, *enough)]
    ways += [(False, single(denied.values), denied.row_ids, all_), (False, single(alone.values), owners, all_)]
    for stops, premises, of, count in ways:
        guards = view.fallbacks(
            suppliers.take(of), (view.host(rows[of]), taker[of]), within_h=buffer_h[of], slow=not stops
        )
        gone = (stop if stops else slow)[of]
        along, hours = single(rows[of]), buffer_h[of]
        yield view.block("R11", 1, premises, gone, along, guards, least=count, buffer_h=hours, basis=basis[of])
