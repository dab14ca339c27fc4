"""A scenario in progress: what is reached by an hour, and what would still be reached where something is cut then.

Nobody has to state how long a step takes, and what nobody stated is not 0 hours: such a step may be over at any hour,
or not yet. So all is worked out twice, as fast and as slow as can be, and what lies between is not known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import compress
from math import inf
from typing import NamedTuple

import numpy as np

from blastradius.columns.ragged import Flags, Numbers
from blastradius.engine import CAPABILITIES, SEED_KINDS, Delay, Reach, arrivals, clock_of, plain
from blastradius.engine.batch.onward import onward
from blastradius.estate import Estate
from blastradius.model import Capability, Fact, Frozen, Kind, Scenario
from blastradius.reports.phrases import phrase
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
    return f"{most:,}" if least == most else phrase("between", f"{least:,}", f"{most:,}")


@dataclass(frozen=True, eq=False)
class Standing:
    """What is reached in the end, among ``facts``: for certain however slow steps are, or perhaps; a flag a fact."""

    facts: Sequence[Fact]
    certain: Flags
    possible: Flags

    @cached_property
    def surely(self) -> frozenset[Fact]:
        """What is reached however slow the steps without stated hours are."""
        return frozenset(compress(self.facts, self.certain.tolist()))

    @cached_property
    def at_most(self) -> frozenset[Fact]:
        """All that may be reached."""
        return frozenset(compress(self.facts, self.possible.tolist()))

    def is_less(self, other: Standing) -> bool:
        """Whether less is reached, for certain or perhaps, and nothing instead."""
        pairs = ((self.certain, other.certain), (self.possible, other.possible))
        return any(not (less & ~more).any() and bool((more & ~less).any()) for less, more in pairs)


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

    def surely(self, without: Sequence[tuple[str, ...]], held: Flags) -> list[Flags]:
        """Which ``facts`` follow from those held however long it takes, without each of some groups of relations."""
        return self._onward(self._endless, without, held)

    def at_most(self, without: Sequence[tuple[str, ...]], held: Mapping[Fact, float]) -> list[Flags]:
        """Which ``facts`` follow as fast as can be, without each of some groups of relations."""
        if self.asked.hours is None:
            return self._onward(self.asked, without, self.flags(held))
        return [self.flags(self.quickly(dict.fromkeys(names, 0.0), held)) for names in without]

    def _onward(self, scenario: Scenario, without: Sequence[tuple[str, ...]], held: Flags) -> list[Flags]:
        """All at once: where nothing has an end it does not matter when something holds."""
        found = list[Flags]()
        for solved in onward(self.reach.prepared, scenario, self.numbers[held], without):
            found += list(solved.holds(self.numbers).T)
        return found

    @cached_property
    def facts(self) -> list[Fact]:
        """What could be reached at any time, in any order."""
        return list(self.latest)

    @cached_property
    def lasts(self) -> Flags:
        """Which ``facts`` stay so when their way in is closed."""
        return np.array([fact.capability not in PASSING for fact in self.facts], np.bool_)

    def flags(self, held: Collection[Fact]) -> Flags:
        """Which ``facts`` are among some."""
        return np.fromiter((fact in held for fact in self.facts), np.bool_, len(self.facts))

    def flags_before(self, hours: Mapping[Fact, float], hour: float) -> Flags:
        """Which ``facts`` are known to hold before an hour."""
        return np.fromiter((hours.get(fact, inf) < hour for fact in self.facts), np.bool_, len(self.facts))

    @cached_property
    def numbers(self) -> Numbers:
        """The numbers of ``facts``."""
        number = self.reach.prepared.facts.number
        return np.array([number(fact) for fact in self.facts], np.int64)

    @cached_property
    def about(self) -> Numbers:
        """For each of ``facts`` the entity that it is about, by number."""
        return self.numbers // len(CAPABILITIES)

    @cached_property
    def things(self) -> tuple[Numbers, Flags, Flags, Flags]:
        """For each of ``facts`` the entity that it is about, by number; which of these count, are jewels, processes.

        Where it starts, and what is public, counts nowhere.
        """
        estate, scenario = self.reach.estate, self.asked
        starts = {name for way in SEED_KINDS for name in getattr(scenario, way)}
        names = self.reach.prepared.facts.entities
        about = self.about
        some: list[int] = np.unique(about).tolist()
        found = np.zeros((3, len(names)), np.bool_)
        for number in some:
            name = names[number]
            if name not in starts and not is_public(estate, name):
                found[:, number] = True, estate.crown_jewel(name), estate.kind_of(name) == Kind.PROCESS
        return about, found[0], found[1], found[2]

    def counted(self, held: Flags) -> Count:
        """What people count of ``facts``; where it starts, and what is public, is not counted."""
        about, counts, jewels, processes = self.things
        reached = np.zeros(len(counts), np.bool_)
        reached[about[held]] = True
        names = self.reach.prepared.facts.entities
        found = [
            tuple(sorted(names[it] for it in np.flatnonzero(reached & some).tolist())) for some in (jewels, processes)
        ]
        return Count(found[0], found[1], int((reached & counts).sum()))


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
        worst = self.clocks.flags(self._quick)
        best = (self.clocks.flags(self._slow(told=True)) | self._told) & worst if self._done else worst
        return Standing(self.clocks.facts, best, worst)

    def _left(self, without: Sequence[tuple[str, ...]]) -> list[Standing]:
        """What is reached in the end with something more taken away, all solved at once."""
        gone = [tuple(dict.fromkeys((*(it for cut in self._done for it in cut.without), *names))) for names in without]
        stays = self._told | self.clocks.flags_before(self._slow(told=False), self.at)
        best = self.clocks.surely(gone, stays & self.clocks.lasts)
        return [
            Standing(self.clocks.facts, (some | stays) & every, every)
            for some, every in zip(best, self._worst(gone), strict=True)
        ]

    def _worst(self, gone: Sequence[tuple[str, ...]]) -> list[Flags]:
        before = {fact: at for fact, at in self._quick.items() if at < self.latest}
        if len(before) == len(self._quick):
            return [self.clocks.flags(before)] * len(gone)
        stays = self.clocks.flags(before)
        return [found | stays for found in self.clocks.at_most(gone, lasting(before))]

    @cached_property
    def _told(self) -> Flags:
        return self.clocks.flags(self._held)

    def by_then(self) -> Standing:
        """What is reached before the hour: surely, and where nobody stated the hours perhaps."""
        fast = self.clocks.flags_before(self.arrived, self.at)
        return Standing(self.clocks.facts, self.clocks.flags_before(self.clocks.latest, self.at) & fast, fast)

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

    def count(self, facts: Collection[Fact]) -> Count:
        """What people count of facts; where it starts, and what is public, is not counted."""
        return self.clocks.counted(self.clocks.flags(facts))


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
    idle = [tried.remedy for tried in found if not tried.left.is_less(now)]
    never = start.standings([lever.without for lever in idle])
    late = tuple(lever for lever, left in zip(idle, never, strict=True) if left.is_less(now))
    return Sought(
        helping=_least_first(here, [tried for tried in found if tried.left.is_less(now)]),
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
        less = _least_first(here, [found for found in then if found.left.is_less(now)])
        if not less or (before and _what_matters(here, less[0].left) >= _what_matters(here, now)):
            return
        yield less[0]
        now, before = less[0].left, [*before, *less[0].remedy.without]


def _least_first(here: Containment, found: Sequence[Contained]) -> tuple[Contained, ...]:
    return tuple(sorted(found, key=lambda contained: _what_is_left(here, contained)))


def _what_is_left(here: Containment, found: Contained) -> tuple[int, int, int, int, int, int, int, str]:
    """Crown jewels and processes first, then things, then how much is cut."""
    most, least = _counts(here, found.left)
    things = most.things, least.things
    return *_what_matters(here, found.left), *things, len(found.remedy.without), found.remedy.id


def _what_matters(here: Containment, left: Standing) -> tuple[int, int, int, int]:
    """Crown jewels and processes that may be reached, then those that surely are."""
    most, least = _counts(here, left)
    return len(most.crown_jewels), len(most.processes), len(least.crown_jewels), len(least.processes)


def _counts(here: Containment, left: Standing) -> tuple[Count, Count]:
    """What people count of all that may be reached, and of what surely is."""
    return here.clocks.counted(left.possible), here.clocks.counted(left.certain)
