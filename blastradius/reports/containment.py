"""A scenario in progress: what is reached by an hour, and what would still be reached where something is cut then.

Nobody has to state how long a step takes, and what nobody stated is not 0 hours: such a step may be over at any hour,
or not yet. So all is worked out twice, as fast and as slow as can be, and what lies between is not known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import compress
from typing import NamedTuple

import numpy as np

from blastradius.columns.ragged import Numbers
from blastradius.engine import SEED_KINDS, Delay, Reach, arrivals, clock_of, plain
from blastradius.engine.batch.onward import onward
from blastradius.estate import Estate
from blastradius.model import Capability, Fact, Frozen, Kind, Scenario
from blastradius.reports.remedies import Remedy, removals
from blastradius.reports.words import is_public

LATEST_H = 1_000_000.0
"""The last hour that can be asked about."""
UNSTATED_H = 1e12
"""What a step without stated hours takes where all is as slow as can be: longer than anyone asks about."""
MOST_TRIED = 100
"""How many levers are tried at most."""
MOST_PLANNED = 5
"""How many levers are put in an order at most."""


class Count(NamedTuple):
    """What people count of what is reached: ids of crown jewels and of processes, and how many things there are."""

    crown_jewels: tuple[str, ...]
    processes: tuple[str, ...]
    things: int


class CountRow(Frozen):
    """What is reached besides where it starts: ids of crown jewels and processes, and how many things in all."""

    crown_jewels: tuple[str, ...]
    processes: tuple[str, ...]
    things: int


def count_row(count: Count) -> CountRow:
    """A count for an answer."""
    return CountRow(crown_jewels=count.crown_jewels, processes=count.processes, things=count.things)


def between(least: int, most: int) -> str:
    """A number that is only known to lie between two."""
    return f"{most:,}" if least == most else f"{least:,} to {most:,}"


@dataclass(frozen=True)
class Standing:
    """What is reached in the end: ``surely`` however slow the steps without stated hours are; ``at_most`` all of it."""

    surely: frozenset[Fact]
    at_most: frozenset[Fact]


@dataclass(frozen=True)
class Contained:
    """One lever, and what is reached in the end where it is pulled at the hour, after those before it."""

    remedy: Remedy
    left: Standing


PASSING = frozenset({Capability.USE, Capability.OPERATE})
"""What lasts only as long as it is let in; all else that was reached stays so: what is read, changed, broken into."""


class Cut(NamedTuple):
    """Relations that are taken away, by id, and between which hours that is."""

    without: tuple[str, ...]
    earliest: float
    latest: float


class Clocks:
    """When each fact of a scenario could hold where nothing is done, as fast and as slow as can be; worked out once."""

    def __init__(self, reach: Reach) -> None:
        self.reach, self.asked = reach, plain(reach.scenario)
        self._endless = self.asked.model_copy(update={"hours": None})
        self._fast, self._slow = cache(clock_of(reach.estate)), cache(slowest(reach.estate))

    @cached_property
    def soonest(self) -> Mapping[Fact, float]:
        """The hour in which each fact could hold at the earliest."""
        return self.quickly({}, {})

    @cached_property
    def latest(self) -> Mapping[Fact, float]:
        """The hour in which each fact holds at the latest; later than anyone asks about where nobody stated hours."""
        return self.slowly({}, {})

    def quickly(self, cut: Mapping[str, float], held: Mapping[Fact, float]) -> dict[Fact, float]:
        """As fast as can be, without what is cut, from what is held."""
        return arrivals(self.reach.prepared, self.asked, self._fast, cut, held)

    def slowly(self, cut: Mapping[str, float], held: Mapping[Fact, float]) -> dict[Fact, float]:
        """As slow as can be; when an outage ends is another matter, which the fastest tells."""
        return arrivals(self.reach.prepared, self._endless, self._slow, cut, held)

    def surely(self, without: Sequence[tuple[str, ...]], held: Mapping[Fact, float]) -> list[frozenset[Fact]]:
        """What follows from what is held however long it takes, without each of some groups of relations."""
        return self._onward(self._endless, without, held)

    def at_most(self, without: Sequence[tuple[str, ...]], held: Mapping[Fact, float]) -> list[frozenset[Fact]]:
        """What follows from what is held as fast as can be, without each of some groups of relations."""
        if self.asked.hours is None:
            return self._onward(self.asked, without, held)
        return [frozenset(self.quickly(dict.fromkeys(names, 0.0), held)) for names in without]

    def _onward(
        self, scenario: Scenario, without: Sequence[tuple[str, ...]], held: Mapping[Fact, float]
    ) -> list[frozenset[Fact]]:
        """All at once: where nothing has an end it does not matter when something holds."""
        number, (facts, numbers) = self.reach.prepared.facts.number, self._facts
        known = np.array([number(fact) for fact in held], np.int64)
        found = list[frozenset[Fact]]()
        for solved in onward(self.reach.prepared, scenario, known, without):
            found += [frozenset(compress(facts, world)) for world in solved.holds(numbers).T.tolist()]
        return found

    @cached_property
    def _facts(self) -> tuple[list[Fact], Numbers]:
        """What could be reached at any time, and the numbers of that."""
        facts = list(self.latest)
        return facts, np.array([self.reach.prepared.facts.number(fact) for fact in facts], np.int64)


class Containment:
    """A scenario in progress at an hour, ready to be asked what a change at that hour still keeps out of reach.

    ``at`` is in hours from the start; a step is stopped where it is not complete before. What was reached stays so, but
    who is let in by what is taken away is let in no more. Where the hour itself is not known it lies between ``at`` and
    ``latest``. ``held`` is what is known to have been reached by then, and ``done`` what was taken away before.
    ``clocks`` are those of the reach, where they are known already.
    """

    def __init__(
        self,
        reach: Reach,
        at: float,
        *,
        latest: float | None = None,
        held: Collection[Fact] = (),
        done: Sequence[Cut] = (),
        clocks: Clocks | None = None,
    ) -> None:
        self.reach, self.at = reach, at
        self.latest = at if latest is None else latest
        self.clocks = clocks or Clocks(reach)
        self.asked = self.clocks.asked
        self._held, self._done = dict.fromkeys(held, at), tuple(done)

    @property
    def arrived(self) -> Mapping[Fact, float]:
        """The hour in which each fact could hold at the earliest, where nothing is done."""
        return self.clocks.soonest

    def standing(self, without: Collection[str] = ()) -> Standing:
        """What is reached in the end where relations, by id, are taken away at the hour."""
        return self.standings([without])[0]

    def standings(self, without: Sequence[Collection[str]]) -> list[Standing]:
        """What is reached in the end with each of some groups of relations, by id, taken away at the hour."""
        cut = [tuple(names) for names in without if names]
        left = iter(self._left(cut) if cut else ())
        return [next(left) if names else self._now for names in without]

    @cached_property
    def _now(self) -> Standing:
        """What is reached in the end where nothing more is taken away."""
        worst = frozenset(self._quick)
        best = (self._slow(told=True).keys() | self._held.keys()) & worst if self._done else worst
        return Standing(best, worst)

    def _left(self, without: Sequence[tuple[str, ...]]) -> list[Standing]:
        """What is reached in the end with something more taken away, all solved at once."""
        gone = [tuple(dict.fromkeys((*(it for cut in self._done for it in cut.without), *names))) for names in without]
        before = {fact: at for fact, at in self._quick.items() if at < self.latest}
        worst = [frozenset(self._quick)] * len(gone)
        if len(before) < len(self._quick):
            worst = [found | before.keys() for found in self.clocks.at_most(gone, lasting(before))]
        stays = self._held | {fact: at for fact, at in self._slow(told=False).items() if at < self.at}
        best = self.clocks.surely(gone, lasting(stays))
        return [Standing((some | stays.keys()) & every, every) for some, every in zip(best, worst, strict=True)]

    def by_then(self) -> Standing:
        """What is reached before the hour: surely, and where nobody stated the hours perhaps."""
        fast = {fact for fact, at in self.arrived.items() if at < self.at}
        slow = {fact for fact, at in self.clocks.latest.items() if at < self.at} & fast
        return Standing(frozenset(slow), frozenset(fast))

    @cached_property
    def _quick(self) -> Mapping[Fact, float]:
        """The hour in which each fact holds as fast as can be, after what was taken away before."""
        found, gone = self.arrived, dict[str, float]()
        for cut in self._done:
            gone |= dict.fromkeys(cut.without, 0.0)
            before = {fact: at for fact, at in found.items() if at < cut.latest}
            if len(before) < len(found):
                found = self.clocks.quickly(gone, lasting(before)) | before
        return found

    def _slow(self, *, told: bool) -> Mapping[Fact, float]:
        """The same as slow as can be; what is ``told`` to be held was so before the last thing was taken away."""
        found, gone = self.clocks.latest, dict[str, float]()
        for cut in self._done:
            before = {fact: at for fact, at in found.items() if at < cut.earliest}
            gone |= dict.fromkeys(cut.without, 0.0)
            known = self._held if told and cut is self._done[-1] else {}
            found = self.clocks.slowly(gone, lasting(known | before)) | before
        return found

    def count(self, facts: Iterable[Fact]) -> Count:
        """What people count of facts; where it starts, and what is public, is not counted."""
        estate, scenario = self.reach.estate, self.asked
        starts = {name for way in SEED_KINDS for name in getattr(scenario, way)}
        names = sorted({fact.entity for fact in facts} - starts)
        names = [name for name in names if name in estate.entities and not is_public(estate, name)]
        jewels = tuple(name for name in names if estate.crown_jewel(name))
        return Count(jewels, tuple(name for name in names if estate.kind_of(name) == Kind.PROCESS), len(names))


def lasting(found: Mapping[Fact, float]) -> dict[Fact, float]:
    """Of what was reached what stays so when its way in is closed."""
    return {fact: at for fact, at in found.items() if fact.capability not in PASSING}


def is_stated(estate: Estate, rule: str, along: Sequence[str]) -> bool:
    """Whether someone stated how long a step takes, by its rule and the relations that it runs along."""
    relations = [estate.relations[name] for name in along]
    said = (relation.delay_h is not None or relation.buffer_h is not None for relation in relations)
    return rule in estate.clock or (bool(relations) and all(said))


def slowest(estate: Estate) -> Delay:
    """What a step takes where each that nobody stated the hours of takes longer than anyone asks about."""
    stated = clock_of(estate)

    def delay(rule: str, along: tuple[str, ...]) -> float:
        return stated(rule, along) if is_stated(estate, rule, along) else UNSTATED_H

    return delay


def unclocked(reach: Reach) -> tuple[int, int]:
    """How many steps of the proof have no hours that anyone stated, and how many there are."""
    steps = [step for step in reach.certificate.steps if step.relations]
    return sum(not is_stated(reach.estate, step.rule, step.relations) for step in steps), len(steps)


@dataclass(frozen=True)
class Sought:
    """What can be taken away at the hour, each alone, the one that leaves least first.

    ``late`` keep nothing out of reach any more, and would have at the start; ``idle`` would not have then either, for
    there are other ways. ``untried`` counts those that were not looked at.
    """

    helping: tuple[Contained, ...]
    late: tuple[Remedy, ...]
    idle: tuple[Remedy, ...]
    untried: int


def sought(here: Containment, most: int = MOST_TRIED) -> Sought:
    """Each lever on its own; at most so many are tried: keys first, then feeds, then single relations."""
    levers = removals(here.reach)
    now, start = here.standing(), Containment(here.reach, 0.0, clocks=here.clocks)
    found = _each(here, levers[:most], [lever.without for lever in levers[:most]])
    idle = [tried.remedy for tried in found if not _is_less(tried.left, now)]
    never = start.standings([lever.without for lever in idle])
    late = tuple(lever for lever, left in zip(idle, never, strict=True) if _is_less(left, now))
    return Sought(
        helping=_least_first(here, [tried for tried in found if _is_less(tried.left, now)]),
        late=late,
        idle=tuple(lever for lever in idle if lever not in late),
        untried=max(0, len(levers) - most),
    )


def _each(here: Containment, levers: Sequence[Remedy], without: Sequence[Sequence[str]]) -> list[Contained]:
    """Levers with what is left where, as each is pulled, so much is taken away in all."""
    return [Contained(lever, left) for lever, left in zip(levers, here.standings(without), strict=True)]


def planned(here: Containment, helping: Sequence[Contained], most: int = MOST_PLANNED) -> Iterator[Contained]:
    """Levers that help alone, one after the other: each leaves least after those before it.

    It ends where no other leaves fewer crown jewels or processes; the first may leave fewer things alone.
    """
    now, before, levers = here.standing(), list[str](), [found.remedy for found in helping]
    for _ in range(most):
        then = _each(here, levers, [(*before, *lever.without) for lever in levers]) if before else helping
        less = _least_first(here, [found for found in then if _is_less(found.left, now)])
        if not less or (before and _what_matters(here, less[0].left) >= _what_matters(here, now)):
            return
        yield less[0]
        now, before = less[0].left, [*before, *less[0].remedy.without]


def _is_less(left: Standing, now: Standing) -> bool:
    return left.surely < now.surely or left.at_most < now.at_most


def _least_first(here: Containment, found: Sequence[Contained]) -> tuple[Contained, ...]:
    return tuple(sorted(found, key=lambda contained: _what_is_left(here, contained)))


def _what_is_left(here: Containment, found: Contained) -> tuple[int, int, int, int, int, int, int, str]:
    """Crown jewels and processes first, then things, then how much is cut."""
    most, least = here.count(found.left.at_most), here.count(found.left.surely)
    things = most.things, least.things
    return *_what_matters(here, found.left), *things, len(found.remedy.without), found.remedy.id


def _what_matters(here: Containment, left: Standing) -> tuple[int, int, int, int]:
    """Crown jewels and processes that may be reached, then those that surely are."""
    most, least = here.count(left.at_most), here.count(left.surely)
    return len(most.crown_jewels), len(most.processes), len(least.crown_jewels), len(least.processes)
