"""An estate made ready for questions: all that is made of it is made once, and lives as long as this does."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from blastradius.columns.ragged import Flags, Numbers, distinct
from blastradius.engine.backwards import leading_to
from blastradius.engine.batch.alone import telling_controls, telling_relations
from blastradius.engine.batch.network import Network, NetworkKey
from blastradius.engine.check.audit import Auditor
from blastradius.engine.check.audit.part import that_can_lead
from blastradius.engine.check.rule_instances import RuleInstances, all_instances, instances_at
from blastradius.engine.compile import System, ground
from blastradius.engine.proof import Certificate, Claims
from blastradius.engine.scenario import Added, World
from blastradius.engine.single.step_status import StatusKey, StepStatus
from blastradius.engine.telling import tell
from blastradius.estate import Estate
from blastradius.model import Scenario

_FEW_RELATIONS = 2_000
"""Up to how many relations all instances of rules are found about as quickly as those that matter."""
_MOST_RELATIONS = 400_000
"""Up to how many relations all of an estate that is asked again is laid out and read: that takes memory as well."""
_MOST_KEPT = 16
"""How many of what is laid out for some kind of question are kept; of a large estate each is many megabytes."""
_FEW_WORLDS = 64
"""Up to how many worlds of a large estate no more of it is laid out, and read by the checker, than they reach."""


_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class _Recent(dict[_Key, _Value]):
    """A dictionary of the last so many that were put into it."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def __setitem__(self, key: _Key, value: _Value) -> None:
        super().__setitem__(key, value)
        if len(self) > self.most:
            del self[next(iter(self))]


@dataclass(frozen=True, eq=False)
class PreparedEstate(System):
    """The compiled steps of an estate, and what is made of them and of it when it is first needed.

    The solver's: ``networks`` of steps, by what of a batch of worlds decides them, and ``statuses`` of steps, by what
    of a scenario does. The checkers' own: ``rule_instances`` for one scenario, ``auditor`` for many worlds.
    ``strangers`` are what holds where nobody is but a stranger, audited: a bit for each fact about an entity, by
    scenario. Of networks, statuses and strangers the last few are kept.
    """

    networks: dict[NetworkKey, Network] = field(default_factory=lambda: _Recent(_MOST_KEPT), repr=False)
    statuses: dict[StatusKey, StepStatus] = field(default_factory=lambda: _Recent(_MOST_KEPT), repr=False)
    strangers: dict[Scenario, NDArray[np.uint8]] = field(default_factory=lambda: _Recent(_MOST_KEPT), repr=False)
    _last: list[tuple[set[str], RuleInstances]] = field(default_factory=list, repr=False)
    is_asked_again: ClassVar[bool] = False
    """Whether there was a question before, so that all of the estate is laid out and read, for those to come."""

    def __reduce__(self) -> tuple[type[PreparedEstate], tuple[object, ...]]:
        return PreparedEstate, (self.estate, self.columns, self.facts, self.rules, self.steps, self.weave)

    @cached_property
    def rule_instances(self) -> RuleInstances:
        """Every ground instance of every rule, as the checker of certificates reads the estate."""
        return all_instances(self.estate)

    def instances_for(self, certificate: Certificate) -> RuleInstances:
        """Those that matter to a certificate: of a small estate all, for the next one; of a large one few others."""
        if self._is_small or self.is_asked_again:
            return self.rule_instances
        return self._instances_at({step.fact.entity for step in certificate.steps})

    def auditor_for(self, claims: Claims) -> Auditor:
        """The checker of a block of worlds: the one that is kept, but where few are asked of a large estate."""
        if not self.is_asked_little(claims.worlds):
            return self.auditor
        somewhere: Flags = np.logical_or.reduce(claims.words, axis=1)
        claimed: list[int] = distinct(claims.entity[somewhere[claims.row]]).tolist()
        instances = self._instances_at({claims.names[number] for number in claimed})
        return Auditor(self.estate, that_can_lead(instances, claims), for_few=True)

    def is_asked_little(self, worlds: Sequence[World]) -> bool:
        """Whether so few worlds of a large estate, none of them changed, are asked that a part of it will do."""
        changed = any(world.without or world.controls for world in worlds)
        whole = self._is_small or self.is_asked_again or "auditor" in vars(self)
        return not (whole or changed or len(worlds) > _FEW_WORLDS)

    def asked_about(self, facts: Numbers, assumed: Scenario) -> PreparedEstate:
        """What answers, under no more than is assumed, whether some facts hold, and says nothing right of any other.

        Raises:
            NotHereError: the estate is a part of one, and more of it leads to these facts.
        """
        from blastradius.estate.part import Part

        if not isinstance(self.estate, Part):
            return self
        leading_to(self, facts, assumed)
        return replace(self, estate=self.estate.here)

    def expect(self, worlds: int) -> None:
        """Where many worlds will be asked, let the checker read all of the estate before the first few of them."""
        if worlds > _FEW_WORLDS:
            _ = self.auditor

    def _instances_at(self, names: set[str]) -> RuleInstances:
        """The instances with a premise about one of some things; those of the last question where they are among them.

        What is asked besides a scenario, on what basis or of whom else, mostly reaches no more.
        """
        if not self._last or not names <= self._last[0][0]:
            self._last[:] = [(names, instances_at(self.estate, names))]
        return self._last[0][1]

    @property
    def _is_small(self) -> bool:
        return len(self.columns.relations.verb) <= _FEW_RELATIONS

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
    tell(f"compiling {estate.census.relations:,} relations into steps")
    system = ground(estate)
    return PreparedEstate(system.estate, system.columns, system.facts, system.rules, system.steps, system.weave)


class _Kept(threading.local):
    """What was compiled of each estate that is in use; each thread has its own, as some of it is written to in use."""

    def __init__(self) -> None:
        self.systems: WeakKeyDictionary[Estate, PreparedEstate] = WeakKeyDictionary()


_KEPT = _Kept()


def system_of(estate: Estate) -> PreparedEstate:
    """An estate compiled, once for all questions of a thread; let go of with the estate.

    Raises:
        UsageError: as ``compile_system`` does.
    """
    known = _KEPT.systems.get(estate)
    if known is None:
        known = _KEPT.systems[estate] = compile_system(_twin(estate))  # of the estate itself, it would keep it alive
    elif len(known.columns.relations.verb) <= _MOST_RELATIONS:
        from blastradius.estate.part import Part

        if not isinstance(estate, Part):
            vars(known)["is_asked_again"] = True
    return known


def _twin(estate: Estate) -> Estate:
    """The same estate as an object of its own: its tables are not copied."""
    found = object.__new__(type(estate))
    vars(found).update(vars(estate))
    return found
