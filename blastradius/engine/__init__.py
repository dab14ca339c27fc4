"""The engine's public face: a scenario in, a checked reach out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from blastradius.engine.backwards import leading_to, names_of
from blastradius.engine.batch.elsewhere import spread_over
from blastradius.engine.batch.proposal import Proposal, propose
from blastradius.engine.batch.solve import Solved, solve_worlds
from blastradius.engine.check.audit import Auditor
from blastradius.engine.check.certificate import check as check_certificate
from blastradius.engine.check.rule_instances import all_instances
from blastradius.engine.compile import System
from blastradius.engine.numbering import CAPABILITIES
from blastradius.engine.prepared import PreparedEstate, compile_system, system_of
from blastradius.engine.proof import Certificate, Claims, ProofStep, Stopped
from blastradius.engine.scenario import (
    ANYONE,
    SEED_KINDS,
    Assumption,
    ScenarioParams,
    World,
    brings_an_attacker,
    checked,
    is_timed,
    plain,
    warnings,
    what_if,
)
from blastradius.engine.single.shortest_proofs import Delay, a_hop, arrivals, certify, clock_of
from blastradius.engine.telling import tell
from blastradius.estate import Estate
from blastradius.model import STEPPING_STONES, Fact, Level, Scenario

__all__ = [
    "ANYONE",
    "CAPABILITIES",
    "SEED_KINDS",
    "Assumption",
    "Certificate",
    "Delay",
    "PreparedEstate",
    "ProofStep",
    "Proposal",
    "Reach",
    "ScenarioParams",
    "Solved",
    "Stopped",
    "System",
    "World",
    "a_hop",
    "arrivals",
    "brings_an_attacker",
    "check",
    "check_worlds",
    "checked",
    "clock_of",
    "compile_system",
    "is_timed",
    "leading_to",
    "names_of",
    "plain",
    "propose",
    "solve",
    "solve_worlds",
    "spread_over",
    "system_of",
    "warnings",
    "what_if",
]


@dataclass(frozen=True)
class Reach:
    """What a scenario reaches in an estate, with the proof; ``prepared`` answers more questions about the same one."""

    prepared: PreparedEstate
    scenario: Scenario
    certificate: Certificate

    @property
    def estate(self) -> Estate:
        """The estate."""
        return self.prepared.estate

    @cached_property
    def proofs(self) -> dict[Fact, ProofStep]:
        """The last step of the proof of every fact at its lowest level, stepping stones included, premises first."""
        found: dict[Fact, ProofStep] = {}
        for step in self.certificate.steps:
            found.setdefault(step.fact, step)
        return found

    @cached_property
    def levels(self) -> dict[Fact, Level]:
        """The lowest level at which each fact about an entity holds."""
        return {f: step.level for f, step in self.proofs.items() if f.capability not in STEPPING_STONES}

    def proof_of(self, fact: Fact) -> tuple[ProofStep, ...]:
        """The steps that lead to a fact, premises first; empty if it is not reached."""
        steps = self.certificate.steps
        needed = {fact} if fact in self.proofs else set[Fact]()
        found = []
        for step in reversed(steps[: steps.index(self.proofs[fact]) + 1] if needed else ()):
            if step.fact in needed:
                needed = needed - {step.fact} | set(step.premises)
                found.append(step)
        return tuple(reversed(found))


def solve(estate: Estate, scenario: Scenario, *, system: PreparedEstate | None = None) -> Reach:
    """Solve a scenario and have the independent checker verify the answer.

    ``system`` is the estate compiled before; it saves compiling it again when many scenarios are asked of it.

    Raises:
        UsageError: the scenario names something the estate does not have.
        CertificateError: the checker refuses the answer; a defect of the engine.
    """
    asked = what_if(estate, checked(estate, scenario))
    prepared = system if system is not None and asked is estate else system_of(asked)
    tell("solving the scenario")
    certificate = certify(prepared, scenario)
    tell(f"checking a proof of {len(certificate.steps):,} steps")
    check_certificate(prepared.estate, prepared.instances_for(certificate), scenario, certificate)
    return Reach(prepared, scenario, certificate)


def check(estate: Estate, scenario: Scenario, certificate: Certificate) -> None:
    """Verify a certificate by a reading of the estate of its own.

    Raises:
        CertificateError: the first defect found.
    """
    check_certificate(estate, all_instances(estate), scenario, certificate)


def check_worlds(
    estate: Estate | PreparedEstate,
    solved: Solved,
    proposed: Estate | None = None,
    asked: Sequence[World] | None = None,
) -> None:
    """Verify a block of many worlds; ``proposed`` is the estate of the proposal that is in force in some of them.

    ``asked`` are all worlds of the question. Of a compiled estate the checker keeps its own reading from block to
    block; of another it reads it each time anew. A world that was solved by itself is verified on the estate that
    it is of.

    Raises:
        CertificateError: the first defect found, with the world.
    """
    own = solved.batch.system
    if own.estate.table is not (estate.estate if isinstance(estate, PreparedEstate) else estate).table:
        own.auditor.check(solved.claims)
    else:
        _auditor(estate, solved.claims, proposed).check(solved.claims, asked)


def _auditor(estate: Estate | PreparedEstate, claims: Claims, proposed: Estate | None) -> Auditor:
    """The checker of a block of worlds."""
    if not isinstance(estate, PreparedEstate):
        auditor = Auditor(estate)
    else:
        auditor = estate.auditor_for(claims) if proposed is None else estate.auditor
    return auditor if proposed is None else auditor.with_proposal(proposed)
