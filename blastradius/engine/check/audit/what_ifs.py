"""What a what-if changes: which instances it closes, and when it makes another estate, with instances of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property

from blastradius.engine.check.rule_instances import all_instances
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

    def make_another_estate(self, world: World) -> bool:
        """Whether a world has instances that the estate has not, or its facts hold for some hours only."""
        scenario = world.scenario
        if scenario.hours is not None or scenario.controls or scenario.without:
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
    def along(self) -> dict[str, list[int]]:
        """For each relation the instances along it, by number."""
        found: dict[str, list[int]] = {}
        for number, instance in enumerate(all_instances(self.estate)):
            for relation in instance.along:
                found.setdefault(relation, []).append(number)
        return found

    @cached_property
    def guarded(self) -> dict[str, list[tuple[int, Sequence[str]]]]:
        """For each entity and relation the instances that controls on it would stop, and which kinds of control."""
        found: dict[str, list[tuple[int, Sequence[str]]]] = {}
        for number, instance in enumerate(all_instances(self.estate)):
            for hosts, kinds in instance.guards.places:
                for host in hosts:
                    found.setdefault(host, []).append((number, kinds))
        return found

    def closed_in(self, world: World) -> list[int]:
        """The instances that a world closes; a control that is put there falls to distrust like any other."""
        gone = [number for relation in world.without for number in self.along.get(relation, ())]
        distrust = world.scenario.distrust
        for kind, host in world.controls:
            if kind not in distrust and f"{kind}@{host}" not in distrust:
                gone += [number for number, kinds in self.guarded.get(host, ()) if kind in kinds]
        return gone
