"""Of the cuts that cost least the one that does least harm: exact, by integer programs whose rows are found as needed.

A harm that some levers do together every set does that has them all. Each round takes the levers that break every
proof known so far, cost the least, and do the least harm of what is known; where more comes of them, or a proof is
left, that is a new row. With neither, no other of the cheapest cuts does less (logic-based Benders, Hooker 2000).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from blastradius.engine.telling import tell
from blastradius.errors import CertificateError

Row = frozenset[int]
"""The levers each of which breaks one proof; a set of levers."""
Weights = NDArray[np.float64]
Harm = Sequence[frozenset[Hashable]]
"""What a set of levers does, by rank: fewer of the first rank matter more than any of the next."""
Harming = Callable[[Sequence[Row]], Sequence[Harm]]
"""The harm of each of some sets of levers; more levers never do less."""
_TOLERANCE = 1e-6
OUT_OF_TIME = 1
"""What the solver of integer programs says where it was ended."""
_LEAST_TIME = 1.0
"""The seconds that an integer program has where there is no time left."""


def time_left(until: float) -> float:
    """The seconds that an integer program may take, as most take but some thousandths of one."""
    return max(until - time.monotonic(), _LEAST_TIME)


@dataclass(frozen=True)
class Gentlest:
    """A cut that costs the least, and whether it is known that none of these does less harm."""

    levers: frozenset[int]
    is_least: bool


def gentlest(
    costs: Weights,
    rows: list[Row],
    left: Callable[[set[int]], Iterator[Row]],
    harming: Harming,
    cheapest: frozenset[int],
    until: float,
    most: int,
) -> Gentlest:
    """The least harmful of the cuts that cost what ``cheapest`` does.

    ``rows`` are the proofs that are known, each as the levers that break it; ``left`` finds those that are left with
    some levers pulled, which are added. ``until`` is when to end with the best that is known, and ``most`` after how
    many sets of levers whose harm was asked.
    """
    harming = weighed = _Weighed(harming)
    known = _Known(costs, rows, float(costs[sorted(cheapest)].sum()))
    (done,) = harming([cheapest])
    known.learn(harming, [cheapest], [done])
    best, least = cheapest, _counts(done)
    while any(least):
        tell("looking for the cut that costs the business least")
        aimed = known.gentlest(len(least), until)
        if aimed is None:
            return Gentlest(best, is_least=False)
        chosen, bound = aimed
        if bound >= least:
            break
        found = list(left(set(chosen)))
        rows.extend(found)
        if not found:
            (done,) = harming([chosen])
            if _counts(done) < least:
                best, least = chosen, _counts(done)
            if _counts(done) > bound:
                known.learn(harming, [chosen], [done])
        if time.monotonic() > until or weighed.count > most:
            return Gentlest(best, is_least=False)
    return Gentlest(best, is_least=True)


@dataclass
class _Weighed:
    """A harming that counts of how many sets it was asked."""

    harming: Harming
    count: int = 0

    def __call__(self, chosen: Sequence[Row]) -> Sequence[Harm]:
        self.count += len(chosen)
        return self.harming(chosen)


def _counts(harm: Harm) -> tuple[int, ...]:
    return tuple(map(len, harm))


@dataclass(eq=False)
class _Known:
    """What is known of harms: each, by rank, with sets of levers that do it."""

    costs: Weights
    rows: list[Row]
    most: float
    harms: dict[tuple[int, Hashable], set[Row]] = field(default_factory=dict)
    _asked: set[int] = field(default_factory=set)

    def learn(self, harming: Harming, chosen: Sequence[Row], done: Sequence[Harm]) -> None:
        """Why sets of levers do what they do: levers that do it alone, else those without which they would not."""
        for levers, harm in zip(chosen, done, strict=True):
            self._alone(harming, levers)
            fewer = [levers - {lever} for lever in sorted(levers)]
            without = harming(fewer)
            for rank, effects in enumerate(harm):
                for effect in effects:
                    needed = [
                        lever for lever, other in zip(sorted(levers), without, strict=True) if effect not in other[rank]
                    ]
                    self._because(harming, rank, effect, levers, frozenset(needed))

    def _alone(self, harming: Harming, levers: Row) -> None:
        new = sorted(levers - self._asked)
        self._asked.update(new)
        for lever, harm in zip(new, harming([frozenset({lever}) for lever in new]) if new else (), strict=True):
            for rank, effects in enumerate(harm):
                for effect in effects:
                    self.harms.setdefault((rank, effect), set()).add(frozenset({lever}))

    def _because(self, harming: Harming, rank: int, effect: Hashable, levers: Row, needed: Row) -> None:
        known = self.harms.setdefault((rank, effect), set())
        if any(some <= levers for some in known):
            return
        (harm,) = harming([needed])
        known.add(needed if effect in harm[rank] else levers)

    def gentlest(self, ranks: int, until: float) -> tuple[frozenset[int], tuple[int, ...]] | None:
        """The levers that break all proofs that are known, cost the least and do the least harm of what is known.

        ``None`` where time does not allow to know.
        """
        fixed, chosen = list[tuple[int, int]](), frozenset[int]()
        for rank in range(ranks):
            solved = self._solved(rank, fixed, until)
            if solved is None:
                return None
            chosen = solved[0]
            fixed.append((rank, solved[1]))
        return chosen, tuple(least for _, least in fixed)

    def _solved(self, rank: int, fixed: Sequence[tuple[int, int]], until: float) -> tuple[frozenset[int], int] | None:
        """The least of one rank where those before it are no more than was found."""
        levers, harms = len(self.costs), list(self.harms)
        ranks = np.array([of for of, _ in harms], np.int64)
        aim = np.concatenate([np.zeros(levers), (ranks == rank).astype(np.float64)])
        constraints = [
            LinearConstraint(*self._together(harms)),
            LinearConstraint(np.concatenate([self.costs, np.zeros(len(harms))]), -np.inf, self.most + _TOLERANCE),
            *(
                LinearConstraint(np.concatenate([np.zeros(levers), (ranks == of).astype(np.float64)]), -np.inf, most)
                for of, most in fixed
            ),
        ]
        found = milp(
            aim,
            constraints=constraints,
            integrality=np.ones(len(aim), np.int64),
            bounds=Bounds(0, 1),
            options={"mip_rel_gap": 0.0, "time_limit": time_left(until)},
        )
        if found.status == OUT_OF_TIME:
            return None
        if found.x is None:
            raise CertificateError(f"the integer program of a cut was not solved: {found.message}")
        return frozenset(np.flatnonzero(found.x[:levers] > 0.5).tolist()), round(found.fun)

    def _together(self, harms: Sequence[tuple[int, Hashable]]) -> tuple[csr_array, Weights]:
        """A row for each proof, of whose levers one is needed; and for each known cause of a harm."""
        entries = [[(lever, 1.0) for lever in sorted(row)] for row in self.rows]
        least = [1.0] * len(entries)
        for place, harm in enumerate(harms, len(self.costs)):
            for cause in sorted(self.harms[harm], key=sorted):
                entries.append([(place, 1.0), *((lever, -1.0) for lever in sorted(cause))])
                least.append(1.0 - len(cause))
        of = [number for number, entry in enumerate(entries) for _ in entry]
        columns = [column for entry in entries for column, _ in entry]
        values = [value for entry in entries for _, value in entry]
        shape = (len(entries), len(self.costs) + len(harms))
        return csr_array((values, (of, columns)), shape=shape), np.array(least)
