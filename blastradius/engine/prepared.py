"""An estate made ready for questions: all that is made of it is made once, and lives as long as this does."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from blastradius.engine.batch.alone import telling_controls, telling_relations
from blastradius.engine.batch.network import Network, NetworkKey
from blastradius.engine.check.audit import Auditor
from blastradius.engine.check.rule_instances import RuleInstance, all_instances
from blastradius.engine.compile import System, ground
from blastradius.engine.scenario import Added
from blastradius.engine.single.step_status import StatusKey, StepStatus
from blastradius.estate import Estate


@dataclass(frozen=True, eq=False)
class PreparedEstate(System):
    """The compiled steps of an estate, and what is made of them and of it when it is first needed.

    The solver's: ``networks`` of steps, by what of a batch of worlds decides them, and ``statuses`` of steps, by what
    of a scenario does. The checkers' own: ``rule_instances`` for one scenario, ``auditor`` for many worlds.
    """

    networks: dict[NetworkKey, Network] = field(default_factory=dict, repr=False)
    statuses: dict[StatusKey, StepStatus] = field(default_factory=dict, repr=False)

    @cached_property
    def rule_instances(self) -> tuple[RuleInstance, ...]:
        """Every ground instance of every rule, as the checker of certificates reads the estate."""
        return tuple(all_instances(self.estate))

    @cached_property
    def telling_relations(self) -> frozenset[int]:
        """Relations, by number, without which a world is one of another estate."""
        return telling_relations(self.columns)

    @cached_property
    def telling_controls(self) -> frozenset[Added]:
        """Controls, put in place, with which a world is one of another estate."""
        return telling_controls(self.estate)

    def is_telling(self, change: str | Added) -> bool:
        """Whether a relation, by its id, or a control that is put in place is one of these."""
        if isinstance(change, str):
            return self.relation_numbers[change] in self.telling_relations
        return change in self.telling_controls

    @cached_property
    def auditor(self) -> Auditor:
        """The checker of many worlds."""
        return Auditor(self.estate, vars(self).get("rule_instances"))  # not read again where a certificate asked first


def compile_system(estate: Estate) -> PreparedEstate:
    """Ground every rule in an estate, ready for questions.

    Raises:
        UsageError: the steps would not fit into the memory that is free.
    """
    system = ground(estate)
    return PreparedEstate(system.estate, system.columns, system.facts, system.rules, system.steps, system.weave)
