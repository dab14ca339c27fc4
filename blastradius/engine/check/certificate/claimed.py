"""A certificate and the instances that matter to it as columns, facts numbered as they are claimed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from blastradius.columns.ragged import Flags, Numbers, RaggedArray
from blastradius.columns.tables import KINDS, NO_INDEX
from blastradius.engine.check.capabilities import CAPABILITY_NUMBER, included
from blastradius.engine.check.certificate.asked import Asked
from blastradius.engine.check.rule_instances import RuleInstance, RuleInstances
from blastradius.engine.check.rule_instances.instance import rule_number
from blastradius.engine.check.rule_instances.names import CAPABILITIES, WIDTH, Names, facts
from blastradius.engine.check.rule_instances.view import beside
from blastradius.engine.proof import ProofStep
from blastradius.model import STEPPING_STONES, Capability, Fact

SEED, CLOSURE, NO_RULE = -1, -2, -3
"""In the place of a rule's number: a seed, what is included in something else, and what is no rule."""

INCLUDES = np.zeros((len(KINDS) + 1, WIDTH, WIDTH), np.bool_)
"""Whether a capability over a kind of entity (the last: over none) includes another in one step."""
for _number, _kind in enumerate(KINDS):
    for _whole in set(CAPABILITIES) - STEPPING_STONES:
        INCLUDES[
            _number, CAPABILITY_NUMBER[_whole], [CAPABILITY_NUMBER[_part] for _part in included(_whole, _kind)]
        ] = True


@dataclass(frozen=True)
class Claimed:
    """The steps of a certificate in their order (n), and the facts that they prove, each once, by number.

    ``fact`` and ``premises`` are such numbers, ``NO_INDEX`` for what is proved nowhere; ``rule`` are as
    ``rule_number`` has them, or one of the three numbers above; ``along`` are relations by number, ``NO_INDEX`` for
    what is none.
    ``name`` and ``capability`` are those of each fact (``NO_INDEX``: the estate has no such thing), ``kind`` the number
    of the kind of entity that it is about, the last of all for what is none.
    """

    number: dict[Fact, int]
    fact: Numbers
    rule: Numbers
    level: Numbers
    hops: Numbers
    at: NDArray[np.float64]
    premises: RaggedArray
    along: RaggedArray
    name: Numbers
    capability: Numbers
    kind: Numbers

    @classmethod
    def of(cls, names: Names, steps: Sequence[ProofStep]) -> Claimed:
        """The columns of steps."""
        number: dict[Fact, int] = {}
        fact = [number.setdefault(step.fact, len(number)) for step in steps]
        relations = names.relations if any(step.relations for step in steps) else {}
        known = {capability: names.numbers_of(capability) for capability in {fact.capability for fact in number}}
        about = np.array([known[capability].get(name, NO_INDEX) for name, capability in number], np.int64)
        return cls(
            number,
            fact=np.array(fact, np.int64),
            rule=np.array([_rule(step.rule) for step in steps], np.int64),
            level=np.array([step.level for step in steps], np.int64),
            hops=np.array([step.hops for step in steps], np.int64),
            at=np.array([step.at for step in steps], np.float64),
            premises=RaggedArray.of([[number.get(fact, NO_INDEX) for fact in step.premises] for step in steps]),
            along=RaggedArray.of([[relations.get(name, NO_INDEX) for name in step.relations] for step in steps]),
            name=about,
            capability=np.array([CAPABILITY_NUMBER[fact.capability] for fact in number], np.int64),
            kind=np.append(names.columns.entities.kind, len(KINDS))[np.minimum(about, names.count)],
        )

    @cached_property
    def facts(self) -> list[Fact]:
        """The facts by number."""
        return list(self.number)

    def upto(self, level: int) -> Numbers:
        """The last step of each fact up to a level, ``NO_INDEX`` where there is none; so it is behind the last fact."""
        found = np.full(len(self.number) + 1, NO_INDEX)
        rows = np.flatnonzero(self.level <= level)
        found[self.fact[rows]] = rows  # of several the last stays
        return found

    def includes(self) -> tuple[Numbers, Numbers, Numbers]:
        """Of each fact what it includes: the number of the one, the name and the capability of the other."""
        fact, part = np.nonzero(INCLUDES[self.kind, self.capability])
        return fact, self.name[fact], part


@dataclass(frozen=True)
class Leading:
    """The instances with a premise that is claimed; facts by their numbers among those, ``NO_INDEX`` for others.

    ``number`` is that of each fact that the estate could have. ``standing`` are the controls that stop them, ``fallen``
    that each has fallen; ``counted`` are those of which fewer than all premises may do.
    """

    instances: RuleInstances
    number: NDArray[np.int32]
    premises: RaggedArray
    conclusion: Numbers
    standing: RaggedArray
    fallen: RaggedArray
    shut: Flags
    counted: Flags

    @classmethod
    def of(cls, instances: RuleInstances, claimed: Claimed, asked: Asked) -> Leading:
        """Those of some instances."""
        names, columns = instances.names, instances.columns
        number = np.full(names.total * WIDTH, NO_INDEX, np.int32)
        known = claimed.name != NO_INDEX
        number[claimed.name[known] * WIDTH + claimed.capability[known]] = np.flatnonzero(known)
        lists = columns.premises
        some = instances.take(np.bincount(lists.row_ids[number[lists.values] >= 0], minlength=len(instances)) > 0)
        columns, standing = some.columns, asked.standing(some)
        gone = facts(names.first_control + standing.values, Capability.INACTIVE)
        lengths = columns.premises.lengths
        return cls(
            some,
            number,
            premises=RaggedArray(columns.premises.indptr, number[columns.premises.values].astype(np.int64)),
            conclusion=number[columns.conclusion].astype(np.int64),
            standing=standing,
            fallen=RaggedArray(standing.indptr, number[gone].astype(np.int64)),
            shut=asked.shut(some),
            counted=(columns.vote_min > 0) | ((columns.least > 0) & (columns.least != lengths)),
        )

    @cached_property
    def needs(self) -> RaggedArray:
        """The premises of each instance, and that the controls on it have fallen."""
        return beside(self.premises, self.fallen)

    def made(self, row: int) -> tuple[RuleInstance, list[Fact]]:
        """An instance as an object, without its guards, and that the controls on it have fallen."""
        names = self.instances.names
        gone = [names.fact((names.first_control + n) * WIDTH + _INACTIVE) for n in self.standing[row]]
        return self.instances.unguarded(row), gone


_INACTIVE = CAPABILITY_NUMBER[Capability.INACTIVE]


@cache
def _rule(name: str) -> int:
    """The number of a rule as a step names it."""
    plain = {"seed": SEED, "closure": CLOSURE}
    return plain[name] if name in plain else rule_number(name) if len(name.encode()) <= 4 else NO_RULE
