"""Which steps a scenario's distrust and basis leave open, and what the others wait for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from blastradius.columns.ragged import Flags, RaggedArray
from blastradius.columns.tables import BASES, NO_INDEX
from blastradius.engine.batch.frame import distrusted
from blastradius.engine.compile import System
from blastradius.model import Basis, Capability, Scenario

StatusKey = tuple[frozenset[str], Basis]
"""All of a scenario that decides the status of steps: what is distrusted, and how well all must be known."""


@dataclass(frozen=True)
class StepStatus:
    """For each step whether it is closed for good, and the controls (by number) that stand on it and must fall for it.

    ``waiting`` lists for each fact the steps that wait for it, be it a premise or that a control has fallen.
    """

    closed: Flags
    standing: RaggedArray
    waiting: RaggedArray

    @cached_property
    def guarded(self) -> frozenset[int]:
        """The steps on which a control stands; most have none."""
        return frozenset(self.standing.row_ids.tolist())


def step_status(system: System, scenario: Scenario, known: dict[StatusKey, StepStatus]) -> StepStatus:
    """The status of steps in a scenario: one that is known, or a new one that is so from now on."""
    key = (frozenset(scenario.distrust), scenario.basis)
    if key not in known:
        known[key] = _status(system, *key)
    return known[key]


def _status(system: System, distrust: frozenset[str], basis: Basis) -> StepStatus:
    steps, controls = system.steps, system.columns.controls
    standing = _standing(system, distrust)
    unprovided = (controls.provider == NO_INDEX)[standing.values]
    closed = _any_of(standing, unprovided) | (steps.basis > BASES.index(basis))
    if "fail_closed" not in distrust:
        closed |= steps.fails_closed
    fallen = system.facts.facts(standing.values, Capability.INACTIVE)
    opens = ~closed[standing.row_ids]
    facts = np.concatenate([steps.premises.values, fallen[opens]])
    owners = np.concatenate([steps.premises.row_ids, standing.row_ids[opens]])
    return StepStatus(closed, standing, RaggedArray.grouped(facts, owners, system.facts.total))


def _standing(system: System, distrust: frozenset[str]) -> RaggedArray:
    """The controls that stop each step, those that are distrusted left out."""
    blockers = system.steps.blockers
    believed = ~np.isin(blockers.values, distrusted(system, tuple(distrust)))
    return RaggedArray.grouped(blockers.row_ids[believed], blockers.values[believed], len(blockers))


def _any_of(lists: RaggedArray, flags: Flags) -> Flags:
    return np.bincount(lists.row_ids, flags, len(lists)) > 0
