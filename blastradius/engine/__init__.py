"""The engine's public face: a scenario in, a checked reach out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from blastradius.engine.batch.proposal import Proposal, propose
from blastradius.engine.batch.solve import Solved, solve_worlds
from blastradius.engine.check.audit import check_worlds
from blastradius.engine.check.certificate import check
from blastradius.engine.compile import CAPABILITIES, System, compile_system
from blastradius.engine.proof import Certificate, ProofStep, Stopped
from blastradius.engine.scenario import SEED_KINDS, Assumption, ScenarioParams, World, checked, warnings
from blastradius.engine.single.shortest_proofs import Delay, arrivals, certify
from blastradius.estate import Estate
from blastradius.model import STEPPING_STONES, Fact, Level, Scenario

__all__ = [
    "CAPABILITIES",
    "SEED_KINDS",
    "Assumption",
    "Certificate",
    "Delay",
    "ProofStep",
    "Proposal",
    "Reach",
    "ScenarioParams",
    "Solved",
    "Stopped",
    "System",
    "World",
    "arrivals",
    "check",
    "check_worlds",
    "checked",
    "compile_system",
    "propose",
    "solve",
    "solve_worlds",
    "warnings",
]


@dataclass(frozen=True)
class Reach:
    """What a scenario reaches in an estate, with the proof."""

    estate: Estate
    scenario: Scenario
    certificate: Certificate

    @cached_property
    def proofs(self) -> dict[Fact, ProofStep]:
        """The last step of the proof of every fact, stepping stones included, premises first."""
        return {each.fact: each for each in self.certificate.steps}

    @cached_property
    def levels(self) -> dict[Fact, Level]:
        """The lowest level at which each fact about an entity holds."""
        return {f: step.level for f, step in self.proofs.items() if f.capability not in STEPPING_STONES}

    def proof_of(self, fact: Fact) -> tuple[ProofStep, ...]:
        """The steps that lead to a fact, premises first; empty if it is not reached."""
        needed: set[Fact] = set()
        queue = [fact] if fact in self.proofs else []
        while queue:
            each = queue.pop()
            if each not in needed:
                needed.add(each)
                queue += self.proofs[each].premises
        return tuple(step for step in self.certificate.steps if step.fact in needed)


def solve(estate: Estate, scenario: Scenario, *, system: System | None = None) -> Reach:
    """Solve a scenario and have the independent checker verify the answer.

    ``system`` saves compiling the estate again when many scenarios are asked of it.

    Raises:
        UsageError: the scenario names something the estate does not have.
        CertificateError: the checker refuses the answer; a defect of the engine.
    """
    checked(estate, scenario)
    certificate = certify(system or compile_system(estate), scenario)
    check(estate, scenario, certificate)
    return Reach(estate, scenario, certificate)
