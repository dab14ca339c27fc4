"""Whether every step of a certificate follows from those before it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from blastradius.columns.ragged import Flags, Numbers, RaggedArray, indptr_of
from blastradius.columns.tables import NO_INDEX
from blastradius.engine.check.capabilities import CAPABILITY_NUMBER, Seeds
from blastradius.engine.check.certificate.asked import Asked
from blastradius.engine.check.certificate.claimed import CLOSURE, INCLUDES, SEED, Claimed, Leading
from blastradius.engine.proof import ProofStep
from blastradius.errors import CertificateError
from blastradius.model import Capability, Fact, Level, Scenario

_RULES = 2**32
"""More than there are numbers of rules."""
_INACTIVE = CAPABILITY_NUMBER[Capability.INACTIVE]


def check_sound(
    scenario: Scenario, asked: Asked, steps: tuple[ProofStep, ...], claimed: Claimed, leading: Leading
) -> None:
    """Refuse steps of which one does not follow from earlier ones, or says nothing new.

    Raises:
        CertificateError: one does not, or a seed is missing.
    """
    seeds = set(Seeds(leading.instances.estate).of(scenario))
    _check_seeds(seeds, steps, claimed)
    _check_new(asked, steps, claimed)
    _Soundness(asked, steps, claimed, leading).run()


def _check_seeds(seeds: set[Fact], steps: tuple[ProofStep, ...], claimed: Claimed) -> None:
    """Seeds are what the scenario starts from, cost nothing, and are all there."""
    proved, nothing = set(), (1, 0.0, 0)
    for row in np.flatnonzero(claimed.rule == SEED).tolist():
        step = steps[row]
        if step.fact not in seeds or step.premises or step.relations:
            raise CertificateError(f"{step.fact} is no seed")
        if _claim(step) != nothing:
            raise CertificateError(f"{step.fact} is claimed at {_claim(step)}, not {nothing}")
        proved.add(step.fact)
    times = np.bincount(claimed.fact, minlength=len(claimed.number))
    missing = [fact for fact in seeds if fact not in proved or times[claimed.number[fact]] > 1]
    if missing:
        raise CertificateError(f"the seed {', '.join(sorted(map(str, missing)))} is missing")


def _check_new(asked: Asked, steps: tuple[ProofStep, ...], claimed: Claimed) -> None:
    """No step assumes more than was asked or comes too late; what is proved again comes at a higher level, earlier."""
    _refuse(steps, claimed.level > asked.assume, "assumes more than was asked")
    if asked.hours is not None:
        over = (claimed.at > 0) & (claimed.at >= asked.hours) & (claimed.rule != SEED)
        _refuse(steps, over, "arrives when the outage is over")
    order = np.argsort(claimed.fact, kind="stable")
    before, after = order[:-1], order[1:]
    again = claimed.fact[before] == claimed.fact[after]
    earlier = (claimed.level[before] < claimed.level[after]) & (claimed.at[before] > claimed.at[after])
    twice = np.zeros(len(steps), np.bool_)
    twice[after[again & ~earlier]] = True
    _refuse(steps, twice, "is proved twice")


@dataclass
class _Soundness:
    """The steps that rest on others."""

    asked: Asked
    steps: tuple[ProofStep, ...]
    claimed: Claimed
    leading: Leading
    justified: Flags = field(init=False)

    def run(self) -> None:
        """Refuse the first that does not follow as it is claimed."""
        claimed = self.claimed
        self.resting = np.flatnonzero(claimed.rule != SEED)
        lists = claimed.premises.take(self.resting)
        _refuse(self.steps, self._of_steps(lists.lengths == 0), "rests on nothing")
        _refuse(self.steps, self._of_steps(_has_twice(lists)), "rests on the same thing twice")
        self.lists, self.proof = lists, self._proofs(lists)
        self.given = np.zeros(len(self.resting), np.bool_)
        self.justified = np.zeros(len(self.resting), np.bool_)
        self._take_inclusions()
        self._take_instances()
        for flags, refuse in ((~self.given, self._not_given), (~self.justified, self._at_another_cost)):
            if flags.any():
                refuse(self.steps[int(self.resting[np.argmax(flags)])])

    def _of_steps(self, resting: Flags) -> Flags:
        found = np.zeros(len(self.steps), np.bool_)
        found[self.resting[resting]] = True
        return found

    def _proofs(self, lists: RaggedArray) -> Numbers:
        """The step that proves each premise, at the level of the step that rests on it."""
        steps, found = self.resting[lists.row_ids], np.full(len(lists.values), NO_INDEX)
        for level in Level:
            here = self.claimed.level[steps] == level
            found[here] = self.claimed.upto(level)[lists.values[here]]
        unproved = np.flatnonzero((found == NO_INDEX) | (found >= steps))
        if len(unproved):
            step = self.steps[int(steps[unproved[0]])]
            premise = step.premises[int(unproved[0] - lists.indptr[lists.row_ids[unproved[0]]])]
            raise CertificateError(f"{step.fact} rests on {premise}, not proved before it")
        return found

    def _take_inclusions(self) -> None:
        """What is included in one fact about the same entity costs as much."""
        claimed = self.claimed
        rows = np.flatnonzero(claimed.rule[self.resting] == CLOSURE)
        step, whole = self.resting[rows], claimed.fact[self.proof[self.lists.indptr[:-1][rows]]]
        part = claimed.fact[step]
        alone = (self.lists.lengths[rows] == 1) & (claimed.along.lengths[step] == 0)
        found = INCLUDES[claimed.kind[whole], claimed.capability[whole], claimed.capability[part]]
        found = found & alone & (claimed.name[whole] == claimed.name[part])
        _refuse(self.steps, self._of_steps(_at(rows[~found], len(self.resting))), "is not included in what it rests on")
        none = np.zeros(len(rows), np.int64)
        self._take(rows, none, none.astype(np.float64), none)

    def _take_instances(self) -> None:
        """What an instance of the rule that is named leads to, along the relations that are named."""
        rows, instance = self._candidates()
        columns = self.leading.instances.columns
        along = self.claimed.along.take(self.resting[rows])
        same = _equal(along, columns.along.take(instance))
        rows, instance = rows[same], instance[same]
        fits = self._fit(rows, instance)
        rows, instance = rows[fits], instance[fits]
        delay = columns.buffer_h[instance] if self.asked.hours is not None else np.zeros(len(rows))
        self._take(rows, columns.level[instance].astype(np.int64), delay, columns.hop[instance].astype(np.int64))

    def _candidates(self) -> tuple[Numbers, Numbers]:
        """Pairs of a resting step and an instance of its rule that leads to its fact and is not shut."""
        leading, columns, claimed = self.leading, self.leading.instances.columns, self.claimed
        usable = np.flatnonzero((leading.conclusion != NO_INDEX) & ~leading.shut)
        key = leading.conclusion[usable] * _RULES + columns.rule[usable]
        order = np.argsort(key, kind="stable")
        key, usable = key[order], usable[order]
        rows = np.flatnonzero(claimed.rule[self.resting] != CLOSURE)
        step = self.resting[rows]
        asked = claimed.fact[step] * _RULES + claimed.rule[step]
        first, last = (np.searchsorted(key, asked, side) for side in ("left", "right"))
        owner = np.arange(len(rows)).repeat(last - first)
        place = np.arange(len(owner)) + (first - indptr_of(last - first)[:-1])[owner]
        return rows[owner], usable[place]

    def _fit(self, rows: Numbers, instance: Numbers) -> Flags:
        """Whether a step's premises are an instance's own, none to spare, and all its controls have fallen."""
        found = _equal(_sorted(self.lists.take(rows)), _sorted(self.leading.needs.take(instance)))
        for pair in np.flatnonzero(self.leading.counted[instance]).tolist():
            found[pair] = self._fits_counted(self.steps[int(self.resting[rows[pair]])], int(instance[pair]))
        return found

    def _fits_counted(self, step: ProofStep, row: int) -> bool:
        instance, gone = self.leading.made(row)
        own = set(step.premises) - set(gone)
        return set(step.premises) >= set(gone) and own <= set(instance.premises) and instance.enough(own)

    def _take(self, rows: Numbers, level: Numbers, delay: NDArray[np.float64], hop: Numbers) -> None:
        """Take resting steps that are given at a level, delay and hop; those claimed at their cost are justified."""
        claimed, lists = self.claimed, self.lists.take(rows)
        self.given[rows] = True
        if not len(rows):
            return
        proof = RaggedArray(self.lists.indptr, self.proof).take(rows).values
        # a buffer lasts from what it waits for, whether or not a control stands in its way meanwhile
        waits = np.where(claimed.capability[claimed.fact[proof]] != _INACTIVE, delay[lists.row_ids], 0.0)
        starts = lists.indptr[:-1]
        due_level = np.maximum(level, np.maximum.reduceat(claimed.level[proof], starts))
        due_at = np.maximum(0.0, np.maximum.reduceat(claimed.at[proof] + waits, starts))
        due_hops = hop + np.maximum.reduceat(claimed.hops[proof], starts)
        step = self.resting[rows]
        fits = claimed.level[step] == due_level
        if self.asked.hours is not None:  # at a higher level premises may come earlier
            fits = claimed.level[step] >= due_level
        fits &= (claimed.at[step] == due_at) & (claimed.hops[step] == due_hops)
        self.justified[rows[fits]] = True

    def _not_given(self, step: ProofStep) -> NoReturn:
        raise CertificateError(f"{step.rule} does not give {step.fact} from {', '.join(map(str, step.premises))}")

    def _at_another_cost(self, step: ProofStep) -> NoReturn:
        raise CertificateError(f"{step.fact} is claimed at {_claim(step)}, which is not what it follows at")


def _claim(step: ProofStep) -> tuple[int, float, int]:
    return int(step.level), step.at, step.hops


def _refuse(steps: tuple[ProofStep, ...], wrong: Flags, why: str) -> None:
    """Refuse the first step that is wrong.

    Raises:
        CertificateError: one is.
    """
    if wrong.any():
        raise CertificateError(f"{steps[int(np.argmax(wrong))].fact} {why}")


def _at(rows: Numbers, count: int) -> Flags:
    found = np.zeros(count, np.bool_)
    found[rows] = True
    return found


def _sorted(lists: RaggedArray) -> RaggedArray:
    """Lists in the order of their numbers."""
    return RaggedArray(lists.indptr, lists.values[np.lexsort((lists.values, lists.row_ids))])


def _has_twice(lists: RaggedArray) -> Flags:
    """Which lists have a number twice; what is proved nowhere is refused for that."""
    ordered = _sorted(lists)
    owner = ordered.row_ids
    same = (ordered.values[1:] == ordered.values[:-1]) & (owner[1:] == owner[:-1]) & (ordered.values[1:] != NO_INDEX)
    return np.bincount(owner[1:][same], minlength=len(lists)) > 0


def _equal(ones: RaggedArray, others: RaggedArray) -> Flags:
    """Which lists are the same, pair by pair; a number that stands for nothing equals none."""
    found: Flags = ones.lengths == others.lengths
    some = np.flatnonzero(found)
    left, right = ones.take(some), others.take(some)
    differs = (left.values != right.values) | (left.values == NO_INDEX)
    found[some[left.row_ids[differs]]] = False
    return found
