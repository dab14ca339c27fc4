"""The cheapest set of levers that breaks every proof: an implicit hitting set, its rows found as they are needed.

Each round takes the cheapest set of levers that hits every proof known so far (a lower bound, by integer programming)
and looks, with these pulled, for proofs that are left: several a round, no two of which share a lever. With none left
the set is a minimum cut (Karp and Moreno-Centeno 2013; the method of MaxHS and of minimal diagnoses).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from blastradius.columns.ragged import Flags, Numbers
from blastradius.engine.batch.frame import Frame
from blastradius.engine.cut.clauses import Lever, clauses_of
from blastradius.engine.cut.gentlest import Harming, Row, gentlest
from blastradius.engine.cut.search import Search
from blastradius.engine.prepared import PreparedEstate
from blastradius.engine.scenario import Added, World
from blastradius.errors import CertificateError, UsageError
from blastradius.model import Fact, Scenario

Weights = NDArray[np.float64]
_TOLERANCE = 1e-6
MOST_WEIGHED = 2_000_000
"""Of how many sets of levers it is worked out what they do besides: so many by the relations of the estate."""
_INFEASIBLE = 2
"""What the solver of integer programs says where there is no solution."""


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
    that every minimum cut has. ``is_gentlest`` says that no other minimum cut does less harm; ``None`` where that was
    not asked, or no minimum is known.
    """

    levers: tuple[int, ...]
    cost: float
    at_least: float
    uncut: tuple[tuple[int, Fact], ...]
    disjoint: tuple[Row, ...]
    needed: tuple[int, ...]
    is_gentlest: bool | None = None

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

    Raises:
        UsageError: an outage with an end, scenarios that assume differently, or a lever that changes the rules for
            others (``PreparedEstate.is_telling``), which no clause can say.
    """
    _check(system, wanted, levers)
    if not wanted:
        return Cut((), 0, 0, (), (), ())
    problem = _Problem.of(system, wanted, levers)
    until = time.monotonic() + seconds
    chosen, at_least = problem.solved(until)
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
        needed=tuple(problem.needed(chosen, until)) if is_minimum else (),
        is_gentlest=is_gentlest,
    )


def _check(system: PreparedEstate, wanted: Sequence[Separated], levers: Sequence[Lever]) -> None:
    assumed = {(it.scenario.assume, it.scenario.distrust, it.scenario.basis) for it in wanted}
    if len(assumed) > 1:
        raise UsageError("a cut is of scenarios that assume the same; ask for one level at a time")
    if any(it.scenario.hours is not None for it in wanted):
        raise UsageError("hours: a cut is of what is reached in any time; leave the hours out")
    for lever in levers:
        changes: tuple[str | Added, ...] = (*lever.relations, *lever.controls)
        telling = [change for change in changes if system.is_telling(change)]
        if telling:
            raise UsageError(f"{telling[0]!r} is no lever: other rules depend on whether it is there")


@dataclass(frozen=True, eq=False)
class _Problem:
    """A search for proofs in every scenario; ``rows`` are those known so far."""

    search: Search
    costs: Weights
    seeds: tuple[Numbers, ...]
    targets: tuple[Flags, ...]
    uncut: tuple[tuple[int, Fact], ...]
    rows: list[Row] = field(default_factory=list)

    @classmethod
    def of(cls, system: PreparedEstate, wanted: Sequence[Separated], levers: Sequence[Lever]) -> _Problem:
        """With what no lever can help left out."""
        number = system.facts.number
        targets = [np.unique(np.array([number(fact) for fact in it.targets], np.int64)) for it in wanted]
        clauses = clauses_of(system, wanted[0].scenario, levers, np.concatenate(targets))
        search = Search(clauses)
        facts, places = Frame(system, [World(it.scenario) for it in wanted]).seeds
        seeds = tuple(facts[places == place] for place in range(len(wanted)))
        closed = search.closed_by(range(len(levers)))
        flags, uncut = [], []
        for place, (start, goals) in enumerate(zip(seeds, targets, strict=True)):
            still = search.reached(start, closed)[goals]
            uncut += [(place, system.facts.fact(goal)) for goal in goals[still].tolist()]
            flags.append(np.isin(np.arange(clauses.facts), goals[~still]))
        costs = np.array([lever.cost for lever in levers], np.float64)
        return cls(search, costs, seeds, tuple(flags), tuple(uncut))

    def cost(self, levers: Iterable[int]) -> float:
        """What some levers cost."""
        return float(sum(self.costs[lever] for lever in levers))

    def solved(self, until: float) -> tuple[set[int], float]:
        """The cheapest levers that break every proof, and a bound from below."""
        while True:
            chosen = self._cheapest() or set()
            found = list(self.left(chosen))
            if not found:
                return chosen, self.cost(chosen)
            self.rows.extend(found)
            if time.monotonic() > until:
                return self._spared(chosen.union(*found)), self.cost(chosen)

    def left(self, chosen: set[int]) -> Iterator[Row]:
        """Proofs that are left with some levers pulled, no two of which share a lever."""
        closed = self.search.closed_by(chosen)
        for seeds, targets in zip(self.seeds, self.targets, strict=True):
            while (proof := self.search.proof(seeds, closed, targets)) is not None:
                row = self.search.levers_on(proof)
                closed |= self.search.closed_by(row)
                yield row

    def _spared(self, levers: set[int]) -> set[int]:
        """A cut without the levers that it does not need, the dearest spared first."""
        for lever in sorted(levers, key=lambda lever: -self.costs[lever]):
            if not any(self.left(levers - {lever})):
                levers = levers - {lever}
        return levers

    def needed(self, chosen: set[int], until: float) -> Iterator[int]:
        """The levers of a minimum cut that every other one has too, as far as time allows."""
        for lever in sorted(chosen):
            while (other := self._cheapest(lever, self.cost(chosen))) is not None:
                found = list(self.left(other))
                self.rows.extend(found)
                if not found or time.monotonic() > until:
                    break
            else:
                yield lever

    def disjoint(self) -> tuple[Row, ...]:
        """Known proofs no two of which share a lever: each time one that the fewest levers break."""
        found: list[Row] = []
        used: set[int] = set()
        for row in sorted(set(self.rows), key=lambda row: (len(row), sorted(row))):
            if used.isdisjoint(row):
                found.append(row)
                used |= row
        return tuple(found)

    def _cheapest(self, without: int | None = None, most: float = np.inf) -> set[int] | None:
        """The cheapest levers that break every proof that is known, ``without`` not among them.

        ``None`` if there are none that cost ``most`` or less.
        """
        if not self.rows:
            return set()
        allowed = np.ones(len(self.costs))
        if without is not None:
            allowed[without] = 0
        found = milp(
            self.costs,
            constraints=[
                LinearConstraint(self._incidence(), 1),
                LinearConstraint(self.costs, -np.inf, most + _TOLERANCE),
            ],
            integrality=np.ones(len(self.costs), np.int64),
            bounds=Bounds(0, allowed),
            options={"mip_rel_gap": 0.0},
        )
        if found.status == _INFEASIBLE:
            return None
        if found.x is None:
            raise CertificateError(f"the integer program of a cut was not solved: {found.message}")
        return set(np.flatnonzero(found.x > 0.5).tolist())

    def _incidence(self) -> csr_array:
        """A row for each proof, a column for each lever; 1 where the lever breaks the proof."""
        of = [place for place, row in enumerate(self.rows) for _ in row]
        levers = [lever for row in self.rows for lever in sorted(row)]
        return csr_array((np.ones(len(of)), (of, levers)), shape=(len(self.rows), len(self.costs)))
