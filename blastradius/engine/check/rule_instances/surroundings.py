"""What a thing stands in and is part of, and the controls that fall with it: R14, R15, R18, R19."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from blastradius.columns.ragged import Flags, Numbers, RaggedArray
from blastradius.columns.tables import CONTROLS, KINDS, NO_INDEX
from blastradius.engine.check.capabilities import applies
from blastradius.engine.check.rule_instances.instance import Block
from blastradius.engine.check.rule_instances.names import facts
from blastradius.engine.check.rule_instances.view import UNSTOPPED, View, single
from blastradius.model import Capability, ControlKind, Kind

C = Capability
_WALLS = ("segmented", "hard_mfa", "pam")
_NEVER_CLOSED = ("fallback", "immutable_backup")
_MISLED = ("second_source", "out_of_band")


def walls(view: View) -> Iterator[Block]:
    """R15."""
    rows = view.rows("connects")
    source, target = view.source(rows), view.target(rows)
    guards = view.guards((view.host(rows), target), _WALLS)
    inside = np.where(view.are(source, Kind.OPERATION), facts(source, C.USE), facts(source, C.CONTROL))
    yield view.along("R15", 4, rows, inside, facts(target, C.CONTROL), guards)
    entities, services = view.columns.entities, view.of_kind(Kind.SERVICE)
    services = services[entities.flat_zone[services] != NO_INDEX]
    foothold = facts(view.names.first_zone + entities.flat_zone[services], C.FOOTHOLD)
    taken, basis = facts(services, C.CONTROL), entities.basis[services]
    yield view.block("R15", 4, single(taken), foothold, hop=0, basis=basis)
    yield view.block("R15", 4, single(foothold), taken, None, view.guards((services,), _WALLS), basis=basis)


def hosting(view: View) -> Iterator[Block]:
    """R18."""
    rows = view.rows("runs_on")
    store = view.are(view.source(rows), Kind.STORE)
    for here, gains in ((rows, (C.DENY, C.DEGRADE)), (rows[~store], (C.CONTROL,)), (rows[store], (C.READ, C.WRITE))):
        guest, host = view.source(here), view.target(here)
        for gain in gains:
            guards = UNSTOPPED
            if gain in (C.DENY, C.DEGRADE):
                hosts = (view.host(here), guest)
                guards = view.fallbacks(view.targets.take(here), hosts, slow=gain == C.DEGRADE)
            elif gain == C.READ:
                guards = view.guards((view.host(here), guest), ("encrypted_elsewhere",))
            premise = gain if gain in (C.DENY, C.DEGRADE) else C.CONTROL
            yield view.along("R18", 1, here, facts(host, premise), facts(guest, gain), guards)


def parts(view: View) -> Iterator[Block]:
    """R19: down to each part, up to the whole, and up from all parts where there are no others."""
    rows = view.rows("part_of")
    part, whole = view.source(rows), view.target(rows)
    for capability in (C.CONTROL, C.STEER, C.USE, C.WRITE, C.READ, C.DENY):
        some = _apply(view, capability, part) & _apply(view, capability, whole)
        here, below, above = rows[some], part[some], whole[some]
        hosts, guards = (view.host(here), below), UNSTOPPED
        if capability == C.READ:
            guards = view.guards(hosts, ("encrypted_elsewhere",))
        elif capability == C.DENY:
            guards = view.fallbacks(view.targets.take(here), hosts)
        yield view.along("R19", 1, here, facts(above, capability), facts(below, capability), guards)
    for capability in (C.READ_SUBSET, C.TAINT, C.DEGRADE):
        yield view.along("R19", 1, rows, facts(part, capability), facts(whole, capability))
    wholes, relations = view.by_target(rows[view.columns.entities.complete[whole]])
    members, basis = view.source(relations.values), view.weakest(relations)
    for capability in (C.READ, C.DENY, C.CONTROL):
        premises = RaggedArray(relations.indptr, facts(members, capability))
        yield view.block("R19", 1, premises, facts(wholes, capability), relations, basis=basis)


def _apply(view: View, capability: Capability, entities: Numbers) -> Flags:
    """Of which entities a capability can be said."""
    found: Flags = np.array([applies(capability, kind) for kind in KINDS])[view.kind[entities]]
    return found


def fallen_controls(view: View) -> Iterator[Block]:
    """R14."""
    controls = view.columns.controls
    provided = np.flatnonzero(controls.provider != NO_INDEX)
    provided = provided[view.near.entities[controls.provider[provided]]]
    provider = controls.provider[provided]
    kinds = controls.kind[provided]
    shut = controls.fails_closed[provided] & ~np.isin(kinds, _numbers(_NEVER_CLOSED))
    misled = controls.misled[provided] | np.isin(kinds, _numbers(_MISLED))
    service, everywhere = view.are(provider, Kind.SERVICE), np.ones(len(provided), np.bool_)
    for premise, some, closed in (
        (C.STEER, service, ~everywhere),
        (C.CONTROL, ~service, ~everywhere),
        (C.DENY, everywhere, shut),
        (C.TAINT, misled, ~everywhere),
    ):
        here = some & _apply(view, premise, provider)
        gone = facts(view.names.first_control + provided[here], C.INACTIVE)
        yield view.block("R14", 1, single(facts(provider[here], premise)), gone, fail_closed=closed[here])


def _numbers(kinds: tuple[str, ...]) -> list[int]:
    return [CONTROLS.index(ControlKind(kind)) for kind in kinds]
