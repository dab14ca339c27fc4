"""Where in an estate a control of a kind would guard some step, whatever stands there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

import numpy as np

from blastradius.columns.ragged import Flags
from blastradius.engine.blockers import counts
from blastradius.engine.gates import gated
from blastradius.engine.numbering import Numbering
from blastradius.engine.strands import Weave
from blastradius.estate import Estate
from blastradius.model import ControlKind
from blastradius.rules import RULES, Flow, Stop


def guarded_hosts(estate: Estate, kinds: Collection[ControlKind], *, provided: bool) -> Mapping[ControlKind, Flags]:
    """For each kind the hosts where one would stop some step: entities by number, then relations beyond them.

    ``provided`` asks for controls that another entity provides, which guard some steps that one's own do not.
    """
    weave = Weave(estate.columns)
    facts = Numbering.of(estate.columns, weave.keys, weave.inputs)
    hosts = weave.count + len(estate.columns.relations.verb)
    found: dict[ControlKind, Flags] = defaultdict(lambda: np.zeros(hosts, np.bool_))
    for flow in (flow for rule in RULES for flow in rule.flows):
        stops = [stop for stop in flow.stops if _matters(stop, kinds, provided=provided)]
        if stops:
            _mark(weave, facts, flow, stops, found)
    return {kind: found[kind] for kind in kinds}


def _matters(stop: Stop, kinds: Collection[ControlKind], *, provided: bool) -> bool:
    return not set(kinds).isdisjoint(stop.kinds) and (provided or stop.only != "of_others")


def _mark(
    weave: Weave, facts: Numbering, flow: Flow, stops: Collection[Stop], found: Mapping[ControlKind, Flags]
) -> None:
    """Mark the hosts at which controls stop the steps of one flow."""
    strands = weave.strands(flow)
    gates = gated(weave, facts, flow, strands)
    strands = strands.take(gates.rows)
    for stop in stops:
        _, hosts = counts(weave, strands, gates, stop)
        for kind in stop.kinds:
            found[kind][hosts] = True
