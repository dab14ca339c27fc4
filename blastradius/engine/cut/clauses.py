"""The steps that a scenario leaves open as Horn clauses, and which levers close which of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blastradius.columns.ragged import Flags, Numbers, RaggedArray, joined, pairwise
from blastradius.engine.compile import ALL, VOTE
from blastradius.engine.prepared import PreparedEstate
from blastradius.engine.scenario import Added
from blastradius.engine.single.step_status import StepStatus, step_status
from blastradius.model import Capability, Scenario

Weights = NDArray[np.float64]
_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Lever:
    """What can be done at once: relations taken away (by id), controls put in place (kind, entity or relation).

    ``cost`` is what it costs, more than 0, in any unit.
    """

    relations: tuple[str, ...] = ()
    controls: tuple[Added, ...] = ()
    cost: float = 1


@dataclass(frozen=True, eq=False)
class Clauses:
    """Horn clauses over facts by number, each with the hours that its conclusion comes after its premises.

    Clause ``i`` concludes ``conclusion[i]`` from ``need[i]`` of its ``premises``; where ``votes[i]``, from a quorum
    whose ``vote_min`` is ``need[i]``. ``levers`` (by place) each close it. ``facts`` is how many facts there are, those
    that only join two clauses included.
    """

    premises: RaggedArray
    need: Numbers
    votes: Flags
    conclusion: Numbers
    levers: RaggedArray
    delay_h: Weights
    facts: int

    def __len__(self) -> int:
        return len(self.conclusion)

    def leading_to(self, targets: Numbers) -> Clauses:
        """Only the clauses from which one of the targets could follow, in any number of steps."""
        concluding = RaggedArray.grouped(self.conclusion, np.arange(len(self)), self.facts)
        wanted = np.zeros(self.facts, np.bool_)
        new = np.unique(targets)
        while len(new):
            wanted[new] = True
            needed = self.premises.take(concluding.take(new).values).values
            new = np.unique(needed[~wanted[needed]])
        kept = np.flatnonzero(wanted[self.conclusion])
        return Clauses(
            self.premises.take(kept),
            self.need[kept],
            self.votes[kept],
            self.conclusion[kept],
            self.levers.take(kept),
            self.delay_h[kept],
            self.facts,
        )


def clauses_of(system: PreparedEstate, scenario: Scenario, levers: Sequence[Lever], targets: Numbers) -> Clauses:
    """The open steps of a scenario, and what facts include, as far as targets could follow from them."""
    status = step_status(system, scenario, system.statuses)
    kept = np.flatnonzero(~status.closed & (system.steps.level <= int(scenario.assume)))
    steps = _open_steps(system, status, kept, _closing(system, levers).take(kept))
    facts = np.unique(np.concatenate([steps.premises.values, steps.conclusion, targets]))
    wholes, parts = system.facts.inclusions(facts)
    count = len(wholes)
    nothing = RaggedArray(np.zeros(count + 1, np.int64), _NONE)
    clauses = Clauses(
        joined([steps.premises, RaggedArray.singles(facts[wholes])]),
        np.append(steps.need, np.ones(count, np.int64)),
        np.append(steps.votes, np.zeros(count, np.bool_)),
        np.append(steps.conclusion, facts[parts]),
        joined([steps.levers, nothing]),
        np.append(steps.delay_h, np.zeros(count)),
        steps.facts,
    )
    return clauses.leading_to(targets)


def _closing(system: PreparedEstate, levers: Sequence[Lever]) -> RaggedArray:
    """For each step the levers that close it."""
    owners, steps = [_NONE], [_NONE]
    for place, lever in enumerate(levers):
        along = system.steps_along.take(np.array([system.relation_numbers[name] for name in lever.relations], np.int64))
        closed = np.unique(np.concatenate([along.values, *(system.stopped_by(*added) for added in lever.controls)]))
        owners.append(np.full(len(closed), place))
        steps.append(closed)
    return RaggedArray.grouped(np.concatenate(steps), np.concatenate(owners), len(system.steps))


def _open_steps(system: PreparedEstate, status: StepStatus, kept: Numbers, levers: RaggedArray) -> Clauses:
    """Steps as clauses; one that counts or lasts and waits for controls to fall is two, joined by a fact of its own."""
    steps = system.steps
    premises, standing = steps.premises.take(kept), status.standing.take(kept)
    falls = RaggedArray(standing.indptr, system.facts.facts(standing.values, Capability.INACTIVE))
    gate, total, conclusion = steps.gate[kept], system.facts.total, steps.conclusion[kept]
    votes = gate == VOTE
    counts = gate != ALL
    apart = counts | (steps.delay_h[kept] > 0)  # nobody waits for a control to fall but after the buffer
    split = np.flatnonzero(apart & (falls.lengths > 0))
    joint = total + np.arange(len(split))
    whole = pairwise(premises, RaggedArray.grouped(*_where(falls, ~apart), len(kept)))
    first_conclusion = conclusion.copy()
    first_conclusion[split] = joint
    second = pairwise(RaggedArray.singles(joint), falls.take(split))
    return Clauses(
        joined([whole, second]),
        np.concatenate([np.where(counts, steps.need[kept], whole.lengths), second.lengths]),
        np.append(votes, np.zeros(len(split), np.bool_)),
        np.append(first_conclusion, conclusion[split]),
        joined([levers, levers.take(split)]),
        np.append(steps.delay_h[kept], np.zeros(len(split))),
        total + len(split),
    )


def _where(lists: RaggedArray, flags: Flags) -> tuple[Numbers, Numbers]:
    """The row and the value of all values in rows that are flagged."""
    kept = flags[lists.row_ids]
    return lists.row_ids[kept], lists.values[kept]
