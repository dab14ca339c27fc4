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
from blastradius.engine.cut.search import Search
from blastradius.engine.prepared import PreparedEstate
from blastradius.engine.scenario import World
from blastradius.errors import CertificateError, UsageError
from blastradius.model import Fact, Scenario

Weights = NDArray[np.float64]
Row = frozenset[int]
"""The levers each of which breaks one proof."""
_TOLERANCE = 1e-6


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
    that every minimum cut has.
    """

    levers: tuple[int, ...]
    cost: float
    at_least: float
    uncut: tuple[tuple[int, Fact], ...]
    disjoint: tuple[Row, ...]
    needed: tuple[int, ...]

    @property
    def is_minimum(self) -> bool:
        """Whether no cut costs less."""
        return self.cost <= self.at_least + _TOLERANCE


def minimum_cut(
    system: PreparedEstate, wanted: Sequence[Separated], levers: Sequence[Lever], *, seconds: float = 60.0
) -> Cut:
    """The cheapest levers that take all targets out of reach, of each scenario by itself.

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
    return Cut(
        levers=tuple(sorted(chosen)),
        cost=problem.cost(chosen),
        at_least=at_least,
        uncut=problem.uncut,
        disjoint=problem.disjoint(),
        needed=tuple(problem.needed(chosen, at_least, until)),
    )


def _check(system: PreparedEstate, wanted: Sequence[Separated], levers: Sequence[Lever]) -> None:
    assumed = {(it.scenario.assume, it.scenario.distrust, it.scenario.basis) for it in wanted}
    if len(assumed) > 1:
        raise UsageError("a cut is of scenarios that assume the same; ask for one level at a time")
    if any(it.scenario.hours is not None for it in wanted):
        raise UsageError("hours: a cut is of what is reached in any time; leave the hours out")
    for lever in levers:
        telling = [change for change in (*lever.relations, *lever.controls) if system.is_telling(change)]
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
        closed = search.closed_by(np.arange(len(levers)))
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

    def solved(self, until: float, without: int | None = None) -> tuple[set[int], float]:
        """The cheapest levers that break every proof, ``without`` not among them, and a bound from below.

        Raises:
            _Impossible: only ``without`` breaks some proof.
        """
        at_least = 0.0
        while True:
            chosen = self._cheapest(without)
            at_least = self.cost(chosen)
            found = list(self._left(chosen))
            if not found:
                return chosen, at_least
            self.rows.extend(found)
            if time.monotonic() > until:
                return self._spared(chosen.union(*found)), at_least

    def _left(self, chosen: set[int]) -> Iterator[Row]:
        """Proofs that are left with some levers pulled, in each scenario as many as share no lever."""
        pulled = self.search.closed_by(np.array(sorted(chosen), np.int64))
        known: set[Row] = set()
        for seeds, targets in zip(self.seeds, self.targets, strict=True):
            closed = pulled
            while (proof := self.search.proof(seeds, closed, targets)) is not None:
                row = self.search.levers_on(proof)
                closed = closed | self.search.closed_by(np.array(sorted(row), np.int64))
                if row not in known:
                    known.add(row)
                    yield row

    def _spared(self, levers: set[int]) -> set[int]:
        """A cut without the levers that it does not need, the dearest spared first."""
        for lever in sorted(levers, key=lambda lever: -self.costs[lever]):
            if not any(self._left(levers - {lever})):
                levers = levers - {lever}
        return levers

    def needed(self, chosen: set[int], cost: float, until: float) -> Iterator[int]:
        """The levers of a minimum cut without which every cut costs more."""
        if self.cost(chosen) > cost + _TOLERANCE:
            return
        for lever in sorted(chosen):
            if time.monotonic() > until:
                return
            try:
                _, other = self.solved(until, lever)
            except _ImpossibleError:
                yield lever
                continue
            if other > cost + _TOLERANCE:
                yield lever

    def disjoint(self) -> tuple[Row, ...]:
        """Known proofs no two of which share a lever, those that cost the most together."""
        if not self.rows:
            return ()
        worth = np.array([min(self.costs[lever] for lever in row) for row in self.rows])
        taken = _milp(-worth, self._incidence().T, most=1)
        return tuple(row for row, is_taken in zip(self.rows, taken, strict=True) if is_taken)

    def _cheapest(self, without: int | None) -> set[int]:
        """The cheapest levers that break every proof that is known."""
        if not self.rows:
            return set()
        barred = np.zeros(len(self.costs), np.bool_)
        if without is not None:
            barred[without] = True
            if any(row <= {without} for row in self.rows):
                raise _ImpossibleError
        return set(np.flatnonzero(_milp(self.costs, self._incidence(), least=1, barred=barred)).tolist())

    def _incidence(self) -> csr_array:
        """A row for each proof, a column for each lever; 1 where the lever breaks the proof."""
        of = [place for place, row in enumerate(self.rows) for _ in row]
        levers = [lever for row in self.rows for lever in sorted(row)]
        return csr_array((np.ones(len(of)), (of, levers)), shape=(len(self.rows), len(self.costs)))


class _ImpossibleError(Exception):
    """Some proof is broken by nothing that may be pulled."""


def _milp(
    costs: Weights, matrix: csr_array, *, least: float = -np.inf, most: float = np.inf, barred: Flags | None = None
) -> Flags:
    """Which of the columns, each taken or not, cost the least such that every row sums up to what it has to.

    Raises:
        CertificateError: the solver fails, on a problem that has a solution.
    """
    upper = np.ones(len(costs)) if barred is None else np.where(barred, 0.0, 1.0)
    found = milp(
        costs,
        constraints=LinearConstraint(matrix, least, most),
        integrality=np.ones(len(costs)),
        bounds=Bounds(0, upper),
    )
    if found.x is None:
        raise CertificateError(f"the integer program of a cut was not solved: {found.message}")
    taken: Flags = found.x > 0.5
    return taken
