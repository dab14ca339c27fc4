"""The cheapest set of levers that breaks every proof: an implicit hitting set, its rows found as they are needed.

Each round takes the cheapest set of levers that hits every proof known so far (a lower bound, by integer programming)
and looks, with these pulled, for proofs that are left: several a round, no two of which share a lever. With none left
the set is a minimum cut (Karp and Moreno-Centeno 2013; the method of MaxHS and of minimal diagnoses).
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from blastradius.columns.ragged import Flags, Numbers, distinct
from blastradius.engine.batch.frame import Frame
from blastradius.engine.cut.clauses import Lever, clauses_of
from blastradius.engine.cut.gentlest import OUT_OF_TIME, Harming, Row, gentlest, time_left
from blastradius.engine.cut.search import Search
from blastradius.engine.prepared import PreparedEstate
from blastradius.engine.scenario import Added, World
from blastradius.engine.telling import tell
from blastradius.errors import CertificateError, UsageError
from blastradius.model import Fact, Scenario

Weights = NDArray[np.float64]
_TOLERANCE = 1e-6
_MANY = 500
"""From how many known proofs on levers that cost about the least come first."""
_ABOUT = 0.02
"""By which share these may cost more."""
_TOLD = 500
"""After how many scenarios who waits is told."""
LEAST_SPARING = 10.0
"""The seconds that leaving out what is not needed has at least."""
MOST_WEIGHED = 2_000_000
"""Of how many sets of levers it is worked out what they do besides: so many by the relations of the estate."""


@dataclass(frozen=True)
class Separated:
    """One scenario and the facts to be taken out of its reach."""

    scenario: Scenario
    targets: tuple[Fact, ...]


@dataclass(frozen=True)
class Cut:
    """Levers (by place) that take the targets out of reach, what they cost, and what no cut can cost less than.

    It is a minimum cut where ``cost`` is ``at_least``. ``uncut`` are the targets (place of the scenario, fact) that are
    reached with all levers pulled; the cut is of the others. ``disjoint`` are proofs, each as the levers that break it,
    no two of which share a lever: each of them alone costs as much as its cheapest lever. ``needed`` are the levers
    that every minimum cut has; ``None`` where time did not allow to know. ``is_gentlest`` says that no other minimum
    cut does less harm; ``None`` where that was not asked, or no minimum is known. ``witnesses`` are, for each lever,
    the place of a scenario in which some target is reached where all levers but this one are pulled; ``None`` where
    time did not allow to know whether it is needed.
    """

    levers: tuple[int, ...]
    cost: float
    at_least: float
    uncut: tuple[tuple[int, Fact], ...]
    disjoint: tuple[Row, ...]
    needed: tuple[int, ...] | None
    is_gentlest: bool | None = None
    witnesses: tuple[int | None, ...] = ()

    @property
    def is_minimum(self) -> bool:
        """Whether no cut costs less."""
        return self.cost <= self.at_least + _TOLERANCE


def minimum_cut(
    system: PreparedEstate,
    wanted: Sequence[Separated],
    levers: Sequence[Lever],
    *,
    seconds: float = 60.0,
    harming: Harming | None = None,
) -> Cut:
    """The cheapest levers that take all targets out of reach, of each scenario by itself.

    ``harming`` says what sets of levers do besides; then it is the cut that does least of that among the cheapest, of
    which some are weighed and no more on a large estate (``MOST_WEIGHED``).

    ``seconds`` bounds the search; then the cut is the best that is known, and ``at_least`` says how far it may be off.
    As long again, or ``LEAST_SPARING``, goes into leaving out of it what it does not need.

    Raises:
        UsageError: scenarios that assume differently or last differently, or a lever that changes the rules for
            others (``PreparedEstate.is_telling``), which no clause can say.
    """
    _check(system, wanted, levers)
    if not wanted:
        return Cut((), 0, 0, (), (), ())
    problem = _Problem.of(system, wanted, levers)
    until = time.monotonic() + seconds
    chosen, at_least = problem.solved(until, max(seconds, LEAST_SPARING))
    is_minimum, is_gentlest = problem.cost(chosen) <= at_least + _TOLERANCE, None
    if harming is not None and is_minimum:
        most = MOST_WEIGHED // max(1, len(system.estate.columns.relations.ids))
        found = gentlest(problem.costs, problem.rows, problem.left, harming, frozenset(chosen), until, most)
        chosen, is_gentlest = set(found.levers), found.is_least
    return Cut(
        levers=tuple(sorted(chosen)),
        cost=problem.cost(chosen),
        at_least=at_least,
        uncut=problem.uncut,
        disjoint=problem.disjoint(),
        needed=problem.needed(chosen, until) if is_minimum else None,
        is_gentlest=is_gentlest,
        witnesses=tuple(problem.witnesses(chosen, is_minimum)),
    )


def _check(system: PreparedEstate, wanted: Sequence[Separated], levers: Sequence[Lever]) -> None:
    assumed = {(it.scenario.assume, it.scenario.distrust, it.scenario.basis, it.scenario.hours) for it in wanted}
    if len(assumed) > 1:
        raise UsageError("a cut is of scenarios that assume the same; ask for one level at a time")
    for lever in levers:
        changes: tuple[str | Added, ...] = (*lever.relations, *lever.controls)
        telling = [change for change in changes if system.is_telling(change)]
        if telling:
            raise UsageError(f"{telling[0]!r} is no lever: other rules depend on whether it is there")


def goals_of(system: PreparedEstate, wanted: Sequence[Separated]) -> list[Numbers]:
    """For each scenario its targets as facts by number, sorted; what several share is numbered once."""
    known: dict[int, Numbers] = {}
    for targets in {id(it.targets): it.targets for it in wanted}.values():
        known[id(targets)] = distinct(np.array([system.facts.number(fact) for fact in targets], np.int64))
    return [known[id(it.targets)] for it in wanted]


def _flags(numbers: Numbers, count: int) -> Flags:
    """For each of so many facts whether it is one of these."""
    found = np.zeros(count, np.bool_)
    found[numbers] = True
    return found


@dataclass(frozen=True)
class _Cheapest:
    """Levers that break every known proof, or some of them where time ended it, and what none cost less than."""

    levers: set[int]
    at_least: float
    is_optimal: bool


@dataclass(frozen=True, eq=False)
class _Problem:
    """A search for proofs in every scenario; ``rows`` are those known so far, ``found_in`` the scenario of each."""

    search: Search
    costs: Weights
    seeds: tuple[Numbers, ...]
    targets: tuple[Flags, ...]
    goals: Numbers
    uncut: tuple[tuple[int, Fact], ...]
    rows: list[Row] = field(default_factory=list)
    found_in: dict[Row, int] = field(default_factory=dict)

    @classmethod
    def of(cls, system: PreparedEstate, wanted: Sequence[Separated], levers: Sequence[Lever]) -> _Problem:
        """With what no lever can help left out."""
        tell(f"laying out what {len(levers):,} changes would stop")
        targets = goals_of(system, wanted)
        clauses = clauses_of(system, wanted[0].scenario, levers, np.concatenate(targets))
        facts, places = Frame(system, [World(it.scenario) for it in wanted]).seeds
        seeds = tuple(facts[places == place] for place in range(len(wanted)))
        search = Search(clauses, len(levers), reduce(np.intersect1d, seeds), wanted[0].scenario.hours)
        search.pull(range(len(levers)))
        flags, uncut = [], []
        alike: dict[bytes, Flags] = {}
        for place, (start, goals) in enumerate(zip(seeds, targets, strict=True)):
            still = search.reached(start, goals)
            uncut += [(place, system.facts.fact(goal)) for goal in goals[still].tolist()]
            left = goals[~still]
            flags.append(alike.setdefault(left.tobytes(), _flags(left, clauses.facts)))
        costs = np.array([lever.cost for lever in levers], np.float64)
        goals = np.flatnonzero(np.logical_or.reduce(list(alike.values())))
        return cls(search, costs, seeds, tuple(flags), goals, tuple(uncut))

    def cost(self, levers: Iterable[int]) -> float:
        """What some levers cost."""
        return float(sum(self.costs[lever] for lever in levers))

    def solved(self, until: float, sparing: float) -> tuple[set[int], float]:
        """The cheapest levers that break every proof, and a bound from below.

        Where many proofs are known the first cut is looked for among levers that cost about the least, which is found
        far sooner than what is known to. Out of time, the levers of all proofs that one pass leaves are a cut, too.
        """
        at_least, cut = 0.0, None
        while True:
            tell(f"looking for changes that break {len(self.rows):,} known ways")
            about = cut is None and len(self.rows) > _MANY
            cheapest = self._cheapest(until, gap=_ABOUT if about else 0.0)
            at_least = max(at_least, cheapest.at_least)
            found = list(self.left(cheapest.levers))
            if not found and (cut is None or self.cost(cheapest.levers) < self.cost(cut)):
                cut = cheapest.levers
            if cut is not None and self.cost(cut) <= at_least + _TOLERANCE:
                return cut, self.cost(cut)
            self.rows.extend(found)
            if time.monotonic() >= until:
                cut = cheapest.levers.union(*found) if cut is None else cut
                return self._spared(cut, time.monotonic() + sparing), at_least

    def left(self, chosen: set[int]) -> Iterator[Row]:
        """Proofs that are left with some levers pulled, no two of which share a lever."""
        self.search.pull(chosen)
        proof: Numbers | None
        for goal, proof in self.search.shared_proofs(self.goals):
            yield self._row(proof, next(place for place, targets in enumerate(self.targets) if targets[goal]))
        for place, (seeds, targets) in enumerate(zip(self.seeds, self.targets, strict=True)):
            if place % _TOLD == _TOLD - 1:
                tell(f"{place + 1:,} of {len(self.seeds):,} scenarios searched for ways", (place + 1) / len(self.seeds))
            while (proof := self.search.proof(seeds, targets)) is not None:
                yield self._row(proof, place)

    def _row(self, proof: Numbers, place: int) -> Row:
        """The levers that break a proof of some scenario, which are pulled."""
        row = self.search.levers_on(proof)
        self.search.pull_more(row)
        self.found_in.setdefault(row, place)
        return row

    def _spared(self, cut: set[int], until: float) -> set[int]:
        """A cut without the levers that it does not need, as far as time suffices to find them.

        Those that the known proofs need are tried; with all levers of the proofs that these leave they are a cut again.
        """
        while time.monotonic() < until:
            tell(f"leaving out changes that are not needed, of {len(cut):,}")
            fewer = self._needed_by_rows(cut)
            found = list(self.left(fewer))
            if not found:
                return fewer
            self.rows.extend(found)
            cut = min(cut, fewer.union(*found), key=self.cost)
        return cut

    def _needed_by_rows(self, levers: set[int]) -> set[int]:
        """Some of the levers that break all known proofs, and none of which can be spared.

        First spared are those that cost the most for each proof that they break.
        """
        broken = [row & levers for row in self.rows]
        times = list(map(len, broken))
        on: dict[int, list[int]] = {lever: [] for lever in levers}
        for place, row in enumerate(broken):
            for lever in row:
                on[lever].append(place)
        for lever in sorted(levers, key=lambda lever: (-self.costs[lever] / max(1, len(on[lever])), lever)):
            if all(times[place] > 1 for place in on[lever]):
                for place in on.pop(lever):
                    times[place] -= 1
        return set(on)

    def needed(self, chosen: set[int], until: float) -> tuple[int, ...] | None:
        """The levers of a minimum cut that every other one has too; ``None`` if time does not allow to know.

        Each round asks for the levers that break every known proof, cost no more, and have the fewest of those that may
        be needed. Where they have them all, so has every minimum cut; where they are a cut, what they spare is not
        needed.
        """
        may_be = set(chosen)
        while may_be:
            tell("looking for changes that no other cut does without")
            other = self._cheapest(until, may_be, self.cost(chosen))
            if not other.is_optimal:
                return None
            if may_be <= other.levers:
                break
            found = list(self.left(other.levers))
            self.rows.extend(found)
            if not found:
                may_be &= other.levers
            elif time.monotonic() > until:
                return None
        return tuple(sorted(may_be))

    def witnesses(self, chosen: set[int], is_minimum: bool) -> Iterator[int | None]:
        """For each of the levers of a cut (in order) a scenario with a proof that no other one of them breaks.

        Of one that is no minimum only what the known proofs show, which is all where it needs each; else ``None``.
        """
        broken = [(row & chosen, row) for row in self.rows]
        alone = {next(iter(by)): self.found_in[row] for by, row in broken if len(by) == 1}
        for lever in sorted(chosen):
            if lever not in alone and is_minimum:
                alone[lever] = self.found_in[next(self.left(chosen - {lever}))]
            yield alone.get(lever)

    def disjoint(self) -> tuple[Row, ...]:
        """Known proofs no two of which share a lever: each time one that the fewest levers break."""
        found: list[Row] = []
        used: set[int] = set()
        for row in sorted(set(self.rows), key=lambda row: (len(row), sorted(row))):
            if used.isdisjoint(row):
                found.append(row)
                used |= row
        return tuple(found)

    def _cheapest(
        self, until: float, sparing: Collection[int] = (), most: float = np.inf, gap: float = 0.0
    ) -> _Cheapest:
        """The cheapest levers that break every proof that is known, or that cost more by a share of ``gap`` at most.

        Where some are to be spared, those with the fewest of these that cost ``most`` or less.
        """
        if not self.rows:
            return _Cheapest(set(), 0.0, is_optimal=True)
        spared = np.zeros(len(self.costs))
        spared[list(sparing)] = 1
        found = milp(
            spared if sparing else self.costs,
            constraints=[
                LinearConstraint(self._incidence(), 1),
                LinearConstraint(self.costs, -np.inf, most + _TOLERANCE),
            ],
            integrality=np.ones(len(self.costs), np.int64),
            bounds=Bounds(0, 1),
            options={"mip_rel_gap": gap, "time_limit": time_left(until)},
        )
        is_optimal = found.status == 0
        if not is_optimal and found.status != OUT_OF_TIME:
            raise CertificateError(f"the integer program of a cut was not solved: {found.message}")
        levers = set() if found.x is None else set(np.flatnonzero(found.x > 0.5).tolist())
        at_least = self.cost(levers) if is_optimal and not gap else self._rounded(found.mip_dual_bound)
        return _Cheapest(levers, at_least, is_optimal)

    def _rounded(self, bound: float | None) -> float:
        """A bound from below as levers can cost it: a whole number where all costs are."""
        known = max(0.0, bound or 0.0)
        return float(np.ceil(known - _TOLERANCE)) if (self.costs % 1 == 0).all() else known

    def _incidence(self) -> csr_array:
        """A row for each proof, a column for each lever; 1 where the lever breaks the proof."""
        of = [place for place, row in enumerate(self.rows) for _ in row]
        levers = [lever for row in self.rows for lever in sorted(row)]
        return csr_array((np.ones(len(of)), (of, levers)), shape=(len(self.rows), len(self.costs)))
