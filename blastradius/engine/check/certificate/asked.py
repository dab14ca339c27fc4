"""The scenario as the checker of certificates reads it."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from blastradius.engine.check.capabilities import is_weaker
from blastradius.engine.check.rule_instances import RuleInstance
from blastradius.errors import CertificateError
from blastradius.estate import PlacedControl
from blastradius.model import Basis, Capability, Fact, Scenario


@dataclass(frozen=True)
class Asked:
    """What of a scenario decides which instances are open.

    ``hours`` are those of an outage, infinite where it has no end; ``None`` where it does not matter when things come.
    """

    assume: int
    hours: float | None
    basis: Basis
    distrust: frozenset[str]

    @classmethod
    def of(cls, scenario: Scenario) -> Asked:
        """That of a scenario."""
        hours = inf if scenario.hours is None and scenario.outage else scenario.hours
        return cls(int(scenario.assume), hours, scenario.basis, frozenset(scenario.distrust))

    def standing(self, instance: RuleInstance) -> list[PlacedControl]:
        """The controls that stop an instance, as long as they have not fallen."""
        return [placed for placed in instance.guards.placed if self._stands(placed)]

    def _stands(self, placed: PlacedControl) -> bool:
        believed = self.distrust.isdisjoint((placed.control.kind, placed.id))
        return believed and placed.control.status not in ("failed", "absent")

    def is_shut(self, instance: RuleInstance) -> bool:
        """Whether nothing that could be reached would open the instance."""
        if instance.fail_closed and "fail_closed" not in self.distrust:
            return True
        forever = any(placed.control.provided_by is None for placed in self.standing(instance))
        return forever or is_weaker(instance.basis, self.basis)

    def fallen(self, instance: RuleInstance) -> tuple[Fact, ...]:
        """The controls that must have fallen for the instance to be open."""
        return tuple(Fact(placed.id, Capability.INACTIVE) for placed in self.standing(instance))

    def delay(self, instance: RuleInstance) -> float:
        """How many hours after its premises the conclusion comes."""
        return 0.0 if self.hours is None else instance.buffer_h

    def is_over(self, at: float) -> bool:
        """Whether the outage is over before something could come in this hour; what comes at once always does."""
        return self.hours is not None and at > 0 and at >= self.hours


def require(holds: bool, otherwise: str) -> None:
    """Refuse a certificate, unless something holds.

    Raises:
        CertificateError: it does not.
    """
    if not holds:
        raise CertificateError(otherwise)
