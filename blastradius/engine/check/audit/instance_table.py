"""The rules in the audit's own words, as numbers: every way of an estate in columns."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from blastradius.engine.check.rule_instances import Way, all_ways
from blastradius.engine.proof import Roll
from blastradius.engine.scenario import World
from blastradius.estate import Estate
from blastradius.model import Capability, Fact

C = Capability
_INCLUDES = (
    (C.CONTROL, (C.READ, C.READ_SUBSET, C.WRITE, C.TAINT, C.DENY, C.DEGRADE, C.USE)),
    (C.WRITE, (C.TAINT,)),
    (C.DENY, (C.DEGRADE,)),
    (C.READ, (C.READ_SUBSET,)),
)
_WHOLES = frozenset(whole for whole, _ in _INCLUDES)
CAPABILITIES = {each: number for number, each in enumerate(Capability)}
"""The capabilities by number."""


class Asked(NamedTuple):
    """What of a world decides which terms hold in it."""

    assume: int
    hours: float | None
    opening: bool
    proposed: bool

    @classmethod
    def of(cls, world: World) -> Asked:
        """What a world asks."""
        asked = world.scenario
        return cls(asked.assume, asked.hours, "fail_closed" in asked.distrust, world.proposed)


class Terms(NamedTuple):
    """What a way asks besides its needs: a level, an outage past a buffer, distrust, a proposal in force."""

    level: int
    buffer: float | None
    fail_closed: bool
    proposed: bool

    def hold_in(self, asked: Asked) -> bool:
        """Whether all of it is so."""
        return (
            self.level <= asked.assume
            and not (self.buffer is not None and asked.hours is not None and asked.hours <= self.buffer)
            and (not self.fail_closed or asked.opening)
            and (not self.proposed or asked.proposed)
        )


class Book:
    """Ways in columns, facts by number: the needs of way ``i`` stand at ``starts[i]`` to ``starts[i + 1]``.

    ``least`` is 0 where all of them are needed, a count where some are enough, and negative for a quorum (its
    ``vote_min``). Controls that stand on a way are needs too, that they are inactive; where needs are counted, they
    stand apart in ``besides``. ``facts`` has two numbers for each fact, that of its entity and that of its capability.
    ``more`` is put on top of ``base``, as a proposal.
    """

    def __init__(self, more: Iterable[Way], base: Book | None = None) -> None:
        self.number: dict[Fact, int] = dict(base.number) if base else {}
        self.entities: dict[str, int] = dict(base.entities) if base else {}
        self.facts: array[int] = array("q", base.facts if base else [])
        self.starts: array[int] = array("q", base.starts if base else [0])
        self.needs: array[int] = array("q", base.needs if base else [])
        self.gives: array[int] = array("q", base.gives if base else [])
        self.least: array[int] = array("q", base.least if base else [])
        self.terms: array[int] = array("q", base.terms if base else [])
        self.besides: dict[int, list[int]] = dict(base.besides) if base else {}
        self.known_terms: dict[Terms, int] = dict(base.known_terms) if base else {}
        for way in more:
            self._add(way, proposed=base is not None)
        before = len(base.number) if base else 0
        self._add_inclusions(before)
        for entity, capability in islice(self.number, before, None):
            self.facts.extend((self.entities.setdefault(entity, len(self.entities)), CAPABILITIES[capability]))

    def _add(self, way: Way, *, proposed: bool) -> None:
        standing = [Fact(each.id, C.INACTIVE) for each in way.guards.placed if each.control.status != "failed"]
        counted = way.vote is not None or way.least not in (None, len(way.needs))
        if counted and standing:
            self.besides[len(self.gives)] = [self._number(each) for each in standing]
        self.needs.extend(self._number(each) for each in (way.needs if counted else (*way.needs, *standing)))
        self.starts.append(len(self.needs))
        self.gives.append(self._number(way.gives))
        self.least.append(0 if not counted else -way.vote[1] if way.vote else way.least or 0)
        terms = Terms(way.level, way.buffer, way.fail_closed, proposed)
        self.terms.append(self.known_terms.setdefault(terms, len(self.known_terms)))

    def _add_inclusions(self, before: int) -> None:
        """What facts include follows from them, where some way speaks of both; those before were seen to already."""
        for number, fact in enumerate(list(self.number)):
            for whole, parts in _INCLUDES if fact.capability in _WHOLES else ():
                for part in parts if whole == fact.capability else ():
                    included = Fact(fact.entity, part)
                    if self.number.get(included, -1) >= (before if number < before else 0):
                        self._add(Way("closure", 1, (fact,), included), proposed=False)

    def _number(self, fact: Fact) -> int:
        return self.number.setdefault(fact, len(self.number))

    @cached_property
    def roll(self) -> Roll:
        """All facts by number."""
        return Roll(tuple(self.number))


def ways_of_proposal(estate: Estate, proposed: Estate) -> Iterator[Way]:
    """The ways of a proposal that the estate has not itself."""
    new = proposed.entities.keys() - estate.entities.keys()
    for way in all_ways(proposed):
        known = all(each in estate.relations for each in way.along)
        if not known or any(each.entity in new for each in (*way.needs, way.gives)):
            yield way


def closed_ways(estate: Estate, worlds: Iterable[World]) -> dict[Any, list[int]]:
    """For each relation that some world is without, and each control that some world adds, the ways it closes."""
    removed = {name for world in worlds for name in world.without}
    added = {each for world in worlds for each in world.controls}
    found: dict[Any, list[int]] = {each: [] for each in (*removed, *added)}
    for number, way in enumerate(all_ways(estate)) if found else ():
        for name in removed.intersection(way.along):
            found[name].append(number)
        for kind, host in added:
            if kind in way.guards.kinds and host in way.guards.hosts:
                found[kind, host].append(number)
    return found
