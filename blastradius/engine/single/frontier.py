"""Where one solving ends: every step that something leads to and that is not taken, with all that stops it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

import numpy as np

from blastradius.columns.tables import BASES
from blastradius.engine.compile import ALL, SOME, System
from blastradius.engine.numbering import APPLICABLE, CAPABILITIES
from blastradius.engine.proof import Stopped
from blastradius.engine.quorum import outvotes
from blastradius.engine.single.step_status import StepStatus
from blastradius.model import Capability, Level, Scenario
from blastradius.rules import CLOSURE

WIDTH = len(CAPABILITIES)
INCLUDED: list[dict[int, list[int]]] = [
    {
        place: [
            CAPABILITIES.index(part)
            for whole, part in CLOSURE
            if whole == capability and applicable[CAPABILITIES.index(part)]
        ]
        for place, capability in enumerate(CAPABILITIES)
    }
    for applicable in APPLICABLE
]
"""For each kind of entity and the place of each capability the places of those that it includes in one step."""


class Frontier:
    """What one solving has settled, and the steps at its edge."""

    def __init__(self, system: System, status: StepStatus, settled: Container[int]) -> None:
        self.system, self.steps, self.status, self.settled = system, system.steps, status, settled
        self.guarded = status.guarded
        self.first_stone = WIDTH * len(system.facts.entities)

    def frontier(self, scenario: Scenario, waiting: Iterable[int]) -> Iterator[Stopped]:
        """Of steps that wait for something settled those whose conclusion is not reached, with all in their way."""
        assumed, steps = int(scenario.assume), np.array(sorted(waiting), np.int64)
        concluded, needed = self.steps.conclusion[steps].tolist(), self.steps.premises.take(steps).tolist()
        for step, conclusion, premises in zip(steps.tolist(), concluded, needed, strict=True):
            if conclusion in self.settled or self._is_passed_over(conclusion):
                continue
            held = [premise for premise in premises if premise in self.settled]
            if held:
                yield self._stopped(step, held, assumed, scenario)

    def _is_passed_over(self, conclusion: int) -> bool:
        """Nobody asks why a stepping stone was not reached, but for keys: what stops a copy stands on them."""
        stone = conclusion >= self.first_stone
        return stone and self.system.facts.fact(conclusion).capability != Capability.PRESENT

    def _stopped(self, step: int, held: list[int], assumed: int, scenario: Scenario) -> Stopped:
        name, level = self.system.facts.fact, int(self.steps.level[step])
        premises = self.steps.premises[step]
        enough = self._suffice(step, held)
        missing = [] if enough else sorted({name(premise) for premise in premises if premise not in self.settled})
        basis = BASES[int(self.steps.basis[step])]
        return Stopped(
            fact=name(int(self.steps.conclusion[step])),
            rule=self.system.rules[int(self.steps.rule[step])].id,
            relations=self.system.relations_of(step),
            premises=tuple(map(name, held)),
            missing=tuple(missing),
            level=Level(level) if level > assumed else None,
            controls=tuple(sorted(self.system.facts.controls[control] for control in self._standing(step))),
            after_h=self._outlasts(step, held) if enough else None,
            basis=basis if self.steps.basis[step] > BASES.index(scenario.basis) else None,
        )

    def _standing(self, step: int) -> list[int]:
        """The controls of a step that have not fallen."""
        return [control for control in self._falling(step) if self._fallen_fact(control) not in self.settled]

    def _outlasts(self, step: int, held: list[int]) -> float | None:  # noqa: ARG002
        """The hours of a buffer that lasts longer than the outage."""
        return None

    def _falling(self, step: int) -> list[int]:
        """The controls that stand on a step."""
        return self.status.standing[step] if step in self.guarded else []

    def _fallen(self, step: int) -> list[int]:
        return [self._fallen_fact(control) for control in self._falling(step)]

    def _fallen_fact(self, control: int) -> int:
        return self.system.facts.stone(Capability.INACTIVE, control)

    def _suffice(self, step: int, held: list[int]) -> bool:
        """Whether these of a step's premises are enough for its gate."""
        gate, need = int(self.steps.gate[step]), int(self.steps.need[step])
        premises = self.steps.premises[step]
        if gate == ALL:
            return len(held) == len(premises)
        if gate == SOME:
            return len(held) >= need
        return outvotes(premises, need, set(held))

    def _spared(self, step: int, held: list[int]) -> list[int]:
        """Of premises that are enough for a step's gate, quickest to come first, those that are not too many."""
        for last in held[::-1]:
            spared = [premise for premise in held if premise != last]
            if self._suffice(step, spared):
                held = spared
        return sorted(held, key=self.steps.premises[step].index)
