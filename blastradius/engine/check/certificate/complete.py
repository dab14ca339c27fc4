"""Whether a certificate leaves nothing out: no open instance leads to more, or to it more cheaply or earlier."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from blastradius.columns.ragged import Flags, Numbers
from blastradius.columns.tables import NO_INDEX
from blastradius.engine.check.capabilities import CAPABILITY_NUMBER
from blastradius.engine.check.certificate.asked import Asked
from blastradius.engine.check.certificate.claimed import Claimed, Leading
from blastradius.engine.check.rule_instances import RuleInstance
from blastradius.engine.check.rule_instances.names import CAPABILITIES, WIDTH
from blastradius.errors import CertificateError
from blastradius.model import Capability, Fact

_INACTIVE = CAPABILITY_NUMBER[Capability.INACTIVE]
_HOPS = 2**40
"""More than there are hops: a level times this, plus hops, is less where the level is, or as it is and the hops are."""
_UNCLAIMED = 2**60
Cost = NDArray[np.float64] | Numbers


def check_complete(asked: Asked, claimed: Claimed, leading: Leading) -> None:
    """Refuse what is not closed, or claims more than the least.

    Raises:
        CertificateError: a fact follows and is not claimed, or follows at a lower level, in fewer hops or earlier.
    """
    for level in range(1 if asked.hours is not None else asked.assume, asked.assume + 1):
        proof = claimed.upto(level)
        there = proof != NO_INDEX
        if asked.hours is None:
            costs: Cost = np.append(claimed.level * _HOPS + claimed.hops, _UNCLAIMED)
        else:
            costs = np.append(claimed.at, inf)
        _Least(asked, claimed, leading, level, there, costs[proof]).check()


class _Least(NamedTuple):
    """What is claimed of each fact up to a level (the last is for what is not), and that no less follows.

    ``cost`` is the level and the hops in one number, or the hour where it matters.
    """

    asked: Asked
    claimed: Claimed
    leading: Leading
    level: int
    there: Flags
    cost: Cost

    @property
    def timed(self) -> bool:
        return self.asked.hours is not None

    def check(self) -> None:
        """Refuse the first fact of which less follows than is claimed."""
        self._check_included()
        open_ = ~self.leading.shut & (self.leading.instances.columns.level <= self.level)
        rows = np.flatnonzero(open_ & ~self.leading.counted)
        needs = self.leading.needs.take(rows)
        rows = rows[np.bincount(needs.row_ids[~self.there[needs.values]], minlength=len(rows)) == 0]
        if len(rows):
            self._compare(rows, self._of_all(rows))
        for row in np.flatnonzero(open_ & self.leading.counted).tolist():
            for cost in self._of_enough(*self.leading.made(row)):
                self._compare(np.array([row]), np.array([cost]))

    def _check_included(self) -> None:
        whole, name, part = self.claimed.includes()
        number = self.leading.number[name * WIDTH + part]
        wrong = np.flatnonzero(self.there[whole] & (self.cost[number] > self.cost[whole]))
        if len(wrong):
            first = wrong[0]
            fact = Fact(self.claimed.facts[int(whole[first])].entity, CAPABILITIES[int(part[first])])
            self._refuse(fact, int(number[first]), float(self.cost[whole[first]]), "closure")

    def _of_all(self, rows: Numbers) -> Cost:
        """What it costs that each instance (there are some) leads on, all of whose premises hold."""
        columns, needs = self.leading.instances.columns, self.leading.needs.take(rows)
        starts, proof = needs.indptr[:-1], self.claimed.upto(self.level)[needs.values]
        if not self.timed:
            level = np.maximum.reduceat(self.claimed.level[proof], starts)
            hops = np.maximum.reduceat(self.claimed.hops[proof], starts)
            own, hop = (column[rows].astype(np.int64) for column in (columns.level, columns.hop))
            cheapest: Cost = np.maximum(level, own) * _HOPS + hops + hop
            return cheapest
        waits = self.claimed.capability[needs.values] != _INACTIVE
        delay = np.where(waits, columns.buffer_h[rows][needs.row_ids], 0.0)
        earliest: Cost = np.maximum.reduceat(self.claimed.at[proof] + delay, starts)
        return earliest

    def _compare(self, rows: Numbers, cost: Cost) -> None:
        number = self.leading.conclusion[rows]
        wrong = self.cost[number] > cost
        if self.asked.hours is not None:
            wrong &= (cost <= 0) | (cost < self.asked.hours)
        if wrong.any():
            first = int(np.argmax(wrong))
            instance = self.leading.instances[int(rows[first])]
            self._refuse(instance.conclusion, int(number[first]), float(cost[first]), instance.rule)

    def _refuse(self, fact: Fact, number: int, cost: float, rule: str) -> None:
        if not self.there[number]:
            raise CertificateError(f"{fact} follows by {rule} and is not claimed")
        costs = f"at {self._said(cost)} and is claimed at {self._said(float(self.cost[number]))}"
        raise CertificateError(f"{fact} follows by {rule} {costs}")

    def _said(self, cost: float) -> str:
        return f"hour {cost:g}" if self.timed else "level {} in {} hops".format(*divmod(int(cost), _HOPS))

    def _of_enough(self, instance: RuleInstance, gone: list[Fact]) -> Iterator[float]:
        """What it costs that an instance leads on of which fewer than all premises may do, if it does."""
        held = {premise: self._costs_of(premise) for premise in instance.premises if self._holds(premise)}
        if not (instance.enough(held) and all(map(self._holds, gone))):
            return
        fallen = [self._costs_of(fact) for fact in gone]
        floors = [cost for cost, _ in fallen]
        least = _least(instance, held, 0, 0.0 if self.timed else max([instance.level, *floors]))
        if self.timed:
            yield max([instance.buffer_h + least, *floors])
            return
        near = {fact: cost for fact, cost in held.items() if cost[0] <= least}
        hops = _least(instance, near, 1, max([0, *(hops for _, hops in fallen)]))
        yield least * _HOPS + instance.hop + hops

    def _holds(self, fact: Fact) -> bool:
        return bool(self.there[self.claimed.number.get(fact, NO_INDEX)])

    def _costs_of(self, fact: Fact) -> tuple[float, float]:
        """Level and hops of a fact that holds, or the hour twice."""
        cost = self.cost[self.claimed.number[fact]]
        return (float(cost), float(cost)) if self.timed else divmod(int(cost), _HOPS)


def _least(instance: RuleInstance, held: Mapping[Fact, tuple[float, float]], part: int, floor: float) -> float:
    """The least bound, not below a floor, up to which one part of what enough premises cost stays."""
    bounds = sorted({max(floor, cost[part]) for cost in held.values()})
    return next(top for top in bounds if instance.enough({fact for fact in held if held[fact][part] <= top}))
