"""Which controls stop which steps: where they stand, whose road they guard, and whether they count there at all."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

import numpy as np
from numpy.typing import NDArray

from blastradius.columns.ragged import Flags, Numbers, RaggedArray, distinct
from blastradius.columns.tables import CONTROLS, NO_INDEX, ControlColumns
from blastradius.engine.gates import Gated
from blastradius.engine.strands import Strands, Weave
from blastradius.estate import Estate
from blastradius.estate.ties import VOID_ALONG, replaced
from blastradius.model import Capability, ControlKind
from blastradius.rules import Flow, Stop

_MFA, _FALLBACK = (CONTROLS.index(kind) for kind in (ControlKind.MFA, ControlKind.FALLBACK))
_DOUBTFUL = [CONTROLS.index(kind) for kind in VOID_ALONG]


def blockers_of(
    estate: Estate, weave: Weave, flow: Flow, strands: Strands, found: Gated, delay_h: NDArray[np.float64]
) -> RaggedArray:
    """The controls that stop each step of a flow, by number; ``strands`` are those of its steps."""
    controls = weave.columns.controls
    pairs = [_placed(weave, strands, found, stop) for stop in flow.stops]
    owners, placed = (np.concatenate([_NONE, *part]) for part in zip(*pairs, strict=True)) if pairs else (_NONE, _NONE)
    if not len(owners):
        return RaggedArray(np.zeros(len(strands) + 1, np.int64), _NONE)
    fits = _in_time(flow, controls, owners, placed, delay_h)
    owners, placed = owners[fits], placed[fits]
    true = _ALL if weave.trusts_providers else ~_void(estate, weave, strands, owners, placed)
    count = len(controls.kind)
    both = distinct(owners[true] * count + placed[true])
    return RaggedArray.grouped(both // count, both % count, len(strands))


def counts(weave: Weave, strands: Strands, found: Gated, stop: Stop) -> tuple[Numbers, Numbers]:
    """Pairs of step and host where controls of a group would count."""
    owners, hosts = weave.hosts(strands, stop.at)
    if stop.only not in ("of_password", "unphishable"):
        return owners, hosts
    secret = found.password[owners] > 0
    return owners[secret], hosts[secret]


def _placed(weave: Weave, strands: Strands, found: Gated, stop: Stop) -> tuple[Numbers, Numbers]:
    """Pairs of step and control of a group that stands there."""
    numbers = np.flatnonzero(_chosen(weave.columns.controls, stop))
    if not len(numbers):
        return _NONE, _NONE
    hosts = weave.count + len(weave.columns.relations.verb)
    on = RaggedArray.grouped(weave.columns.controls.host[numbers], numbers, hosts)
    owners, places = counts(weave, strands, found, stop)
    there = on.take(places)
    return owners[there.row_ids], there.values


def _chosen(controls: ControlColumns, stop: Stop) -> Flags:
    """The controls of a group that were not stated to fail."""
    chosen = _of_kinds(stop.kinds)[controls.kind] & ~controls.failed
    if stop.only == "of_others":
        chosen &= controls.provider != NO_INDEX
    if stop.only == "unphishable":
        chosen &= ~(controls.phishable & (controls.kind == _MFA))
    return chosen


@cache
def _of_kinds(kinds: tuple[ControlKind, ...]) -> Flags:
    """For each kind of control, by number, whether it is one of these."""
    return np.array([kind in kinds for kind in CONTROLS], np.bool_)


def _in_time(
    flow: Flow, controls: ControlColumns, owners: Numbers, placed: Numbers, delay_h: NDArray[np.float64]
) -> Flags:
    """Whether a fallback takes over before the loss is felt; a slower one does not keep from slowing."""
    late = controls.starts_after_h[placed] > delay_h[owners]
    slow = controls.slower[placed] if flow.gives[1] == Capability.DEGRADE else np.zeros(len(placed), np.bool_)
    fits: Flags = (controls.kind[placed] != _FALLBACK) | ~(late | slow)
    return fits


def _void(estate: Estate, weave: Weave, strands: Strands, owners: Numbers, placed: Numbers) -> Flags:
    """Which controls stop nothing of a step because of who provides them; few are in doubt."""
    controls = weave.columns.controls
    doubtful = np.isin(controls.kind[placed], _DOUBTFUL) & (controls.provider[placed] != NO_INDEX)
    found = np.zeros(len(placed), np.bool_)
    alike: dict[tuple[int, tuple[int, ...]], list[int]] = defaultdict(list)
    for pair in np.flatnonzero(doubtful).tolist():
        own = int(controls.host[placed[pair]]) - weave.count
        along = (own,) if own >= 0 else tuple(strands.along[int(owners[pair])])
        alike[int(placed[pair]), along].append(pair)
    for (number, along), pairs in alike.items():
        found[pairs] = _is_void(estate, weave, number, along)
    return found


def _is_void(estate: Estate, weave: Weave, number: int, along: tuple[int, ...]) -> bool:
    kind, _, host = weave.columns.controls.ids[number].partition("@")
    control = next(stated.control for stated in estate.controls_on(host) if stated.control.kind == kind)
    relations = (estate.relations[weave.columns.relations.ids[relation]] for relation in along)
    return estate.why_void(control, [end for relation in relations for end in replaced(relation)]) is not None


_NONE = np.zeros(0, np.int64)
_ALL = slice(None)
