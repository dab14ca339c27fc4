"""The scenario as the checker of certificates reads it."""

from __future__ import annotations

from math import inf
from typing import NamedTuple

import numpy as np

from blastradius.columns.ragged import Flags, RaggedArray, indptr_of
from blastradius.columns.tables import BASES, CONTROLS, NO_INDEX
from blastradius.engine.check.rule_instances import RuleInstances
from blastradius.errors import CertificateError
from blastradius.model import Basis, Capability, Fact, Scenario


class Asked(NamedTuple):
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

    def standing(self, instances: RuleInstances) -> RaggedArray:
        """The controls that stop each instance as long as they have not fallen, by number."""
        guards = instances.columns.guards
        stand = self._stand(instances)[guards.values]
        lengths = np.bincount(guards.row_ids[stand], minlength=len(guards))
        return RaggedArray(indptr_of(lengths), guards.values[stand])

    def _stand(self, instances: RuleInstances) -> Flags:
        """Which controls are believed and work."""
        names, controls = instances.names, instances.names.columns.controls
        found = ~controls.failed & ~np.isin(controls.kind, [CONTROLS.index(k) for k in CONTROLS if k in self.distrust])
        for name in self.distrust:
            number = names.name_number(Fact(name, Capability.INACTIVE)) if "@" in name else NO_INDEX
            if number != NO_INDEX:
                found[number - names.first_control] = False
        return found

    def shut(self, instances: RuleInstances) -> Flags:
        """Which instances nothing that could be reached would open, whatever controls fall."""
        columns = instances.columns
        found: Flags = columns.basis > BASES.index(self.basis)
        return found if "fail_closed" in self.distrust else found | columns.fail_closed

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
