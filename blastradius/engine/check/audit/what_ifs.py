"""What a what-if changes: which instances it closes, and when it makes another estate, with instances of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property

import numpy as np

from blastradius.columns.ragged import Numbers, RaggedArray
from blastradius.engine.check.rule_instances import RuleInstances, all_instances
from blastradius.engine.scenario import World
from blastradius.estate import Estate
from blastradius.model import ControlKind, Relation, Verb

_TIES = ("publishes", "serves", "writes", "depends_on", "calls", "reads", "consumes", "runs_on", "part_of")
"""The verbs that say who stands behind a thing, by which a control may be void."""


class WhatIfs:
    """Which instances of an estate a world closes: those along a relation, those that a control in some place stops.

    All is looked up in an index, each made when it is first needed; most questions need none.
    """

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.kinds: dict[tuple[str, ...], int] = {}

    def make_another_estate(self, world: World) -> bool:
        """Whether a world has instances that the estate has not."""
        if world.scenario.controls or world.scenario.without:
            return True
        if world.without and not self.telling.isdisjoint(world.without):
            return True
        return bool(world.controls) and not self.decisive.isdisjoint(world.controls)

    @cached_property
    def telling(self) -> set[str]:
        """Relations that decide which instances there are, besides those along them."""
        verbs = self.estate.by_verb
        found = {r.id for verb in (Verb.PERMITS, Verb.OWNS, Verb.PART_OF) for r in verbs[verb]}
        found |= {call.id for call in verbs[Verb.CALLS] if call.keys}
        for verb in (Verb.PUBLISHES, Verb.SERVES):
            suppliers = Counter(r.targets[0] for r in verbs[verb])
            found |= {r.id for r in verbs[verb] if suppliers[r.targets[0]] > 1}
        return found | {r.id for r in self._ties()}

    def _ties(self) -> Iterator[Relation]:
        controls = (placed.control for placed in self.estate.controls.values())
        if any(control.kind in ("fallback", "verified") and control.provided_by for control in controls):
            for verb in _TIES:
                yield from self.estate.by_verb[Verb(verb)]

    @cached_property
    def decisive(self) -> set[tuple[ControlKind, str]]:
        """Controls that do more, put in place, than to stop: a key is driven instead; our check replaces another's."""
        issued = self.estate.by_verb[Verb.ISSUES]
        found = {(ControlKind.NON_EXPORTABLE, host) for r in issued for host in (r.id, *r.targets)}
        for placed in self.estate.controls.values():
            kind = placed.control.kind
            if kind in ("approval", "object_authz") and placed.control.provided_by is not None:
                found.add((kind, placed.host))
        return found

    @cached_property
    def instances(self) -> RuleInstances:
        """All instances of the estate."""
        return all_instances(self.estate)

    @cached_property
    def along(self) -> RaggedArray:
        """For each relation the instances along it."""
        along = self.instances.columns.along
        return RaggedArray.grouped(along.values, along.row_ids, len(self.estate.columns.relations.verb))

    @cached_property
    def guarded(self) -> tuple[RaggedArray, RaggedArray]:
        """For each entity, and each relation behind them, the instances that some controls on it would stop.

        And, as long, by which of ``kinds`` of control each is.
        """
        hosts, rows, kinds = [_NO_NUMBERS], [_NO_NUMBERS], [_NO_NUMBERS]
        for first, block in zip(self.instances.firsts, self.instances.blocks, strict=False):
            for place, stopping in block.places:
                hosts.append(place.values)
                rows.append(first + place.row_ids)
                kinds.append(np.full(len(place.values), self.kinds.setdefault(stopping, len(self.kinds))))
        host, count = np.concatenate(hosts), self.instances.names.count + len(self.estate.columns.relations.verb)
        by_host = [RaggedArray.grouped(host, np.concatenate(of), count) for of in (rows, kinds)]
        return by_host[0], by_host[1]

    def closed_in(self, world: World) -> Numbers:
        """The instances that a world closes; a control that is put there falls to distrust like any other."""
        if not (world.without or world.controls):
            return _NO_NUMBERS
        names, distrust = self.instances.names, world.scenario.distrust
        relations = np.array([names.relations[relation] for relation in world.without], np.int64)
        gone: list[int] = []
        for kind, host in world.controls:
            if kind not in distrust and f"{kind}@{host}" not in distrust:
                gone += self._stopped(kind, names.host(host))
        return np.concatenate([self.along.take(relations).values, np.array(gone, np.int64)])

    def _stopped(self, kind: ControlKind, host: int) -> list[int]:
        rows, which = self.guarded
        stopping = {number for kinds, number in self.kinds.items() if kind in kinds}
        return [row for row, number in zip(rows[host], which[host], strict=True) if number in stopping]


_NO_NUMBERS = np.zeros(0, np.int64)
