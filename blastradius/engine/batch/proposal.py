"""What is proposed on top of an estate, as steps of its own: nothing is compiled again but the proposal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from blastradius.columns.ragged import Flags, Numbers
from blastradius.engine.batch.frame import Frame
from blastradius.engine.compile import System, ground
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import STEPPING_STONES, Capability, Entity, Fact, Relation, Store, Verb
from blastradius.rules import included

VERBS = frozenset({Verb.OWNS, Verb.HOLDS, Verb.GRANTS})
"""What can be proposed: who has a key, and what a key grants."""


class ProposedStep(NamedTuple):
    """A step by the numbers of facts; ``conclusions`` is the conclusion and all that it includes.

    ``basis`` is a place in ``BASES``.
    """

    rule: str
    level: int
    basis: int
    premises: Numbers
    conclusions: Numbers
    fails_closed: bool
    relation: str | None


@dataclass(frozen=True)
class Proposal:
    """The steps that relations, and entities that are new, add to a system.

    ``estate`` is what they stand in: the relations, their ends, and what runs controls there. ``new`` numbers the
    facts that the system does not know.
    """

    estate: Estate
    relations: tuple[Relation, ...]
    entities: tuple[Entity, ...]
    steps: tuple[ProposedStep, ...]
    new: dict[Fact, int] = field(default_factory=dict)

    @property
    def conclusions(self) -> Numbers:
        """The facts that could follow from it in one step."""
        return np.concatenate([np.zeros(0, np.int64), *(step.conclusions for step in self.steps)])

    def open_in(self, step: ProposedStep, frame: Frame) -> Flags:
        """The worlds of a frame in which a step can be taken."""
        found = frame.proposed & (frame.levels >= step.level) & (frame.basis >= step.basis)
        return found & frame.opening if step.fails_closed else found


def propose(system: System, relations: Iterable[Relation], entities: Iterable[Entity] = ()) -> Proposal:
    """Compile a proposal: who would hold a key, and what it would grant.

    Raises:
        UsageError: another kind of relation is proposed.
        InputError: an end that is not in the estate and not among ``entities``, or of the wrong kind.
    """
    proposed, new = tuple(relations), tuple(entities)
    other = sorted({str(relation.verb) for relation in proposed} - VERBS)
    if other:
        raise UsageError(f"{other[0]!r} cannot be proposed; a proposal says who owns or holds a key and what it grants")
    things = Loaded(entities=tuple(_around(system, proposed, new)), relations=proposed)
    around = Estate.build([things], today=system.estate.day)
    small = ground(around)
    numbers = _Numbers(system)
    steps = tuple(_steps(small, numbers, {entity.id for entity in new}))
    return Proposal(around, proposed, new, steps, numbers.new)


def _around(system: System, relations: Iterable[Relation], new: Iterable[Entity]) -> Iterator[Entity]:
    """The entities that the proposal touches, and those that run controls on them."""
    known = {entity.id: entity for entity in new}
    yield from known.values()
    hosts: list[Entity | Relation] = [*known.values(), *relations]
    names = [name for relation in relations for name in (*relation.sources, *relation.targets)]
    while names or hosts:
        names += [control.provided_by for host in hosts for control in host.controls if control.provided_by]
        hosts = []
        for name in names:
            if name not in known and name in system.estate.entities:
                known[name] = _alone(system.estate.entities[name])
                hosts.append(known[name])
                yield known[name]
        names = []


def _alone(entity: Entity) -> Entity:
    """An entity without what it says of others that are not around; no step of a proposal rests on it."""
    more = {"copy_of": ()} if isinstance(entity, Store) else {}
    return entity.model_copy(update={"zone": None, **more})


class _Numbers:
    """The numbers of facts in the system; new ones get numbers beyond its own."""

    def __init__(self, system: System) -> None:
        self.facts = system.facts
        self.new: dict[Fact, int] = {}

    def __call__(self, fact: Fact) -> int:
        try:
            return self.facts.number(fact)
        except (KeyError, ValueError):
            return self.new.setdefault(fact, self.facts.total + len(self.new))


def _steps(small: System, numbers: _Numbers, new: set[str]) -> Iterator[ProposedStep]:
    steps = small.steps
    for step in range(len(steps)):
        conclusion = small.facts.fact(int(steps.conclusion[step]))
        falls = [Fact(small.facts.controls[control], Capability.INACTIVE) for control in steps.blockers[step]]
        premises = [*map(small.facts.fact, steps.premises[step]), *falls]
        along = small.relations_of(step)
        if along or any(premise.entity in new for premise in premises) or _is_new_stone(conclusion, numbers):
            yield ProposedStep(
                rule=small.rules[int(steps.rule[step])].id,
                level=int(steps.level[step]),
                basis=int(steps.basis[step]),
                premises=np.array([numbers(premise) for premise in premises], np.int64),
                conclusions=np.array([numbers(fact) for fact in _all_included(small.estate, conclusion)], np.int64),
                fails_closed=bool(steps.fails_closed[step]),
                relation=along[0] if along else None,
            )


def _is_new_stone(fact: Fact, numbers: _Numbers) -> bool:
    """Whether a fact is a stepping stone that the estate may lack: of a control, or a key that goes with others."""
    if fact.capability == Capability.INACTIVE:
        return fact.entity not in numbers.facts.control_numbers
    return fact.capability == Capability.PRESENT


def _all_included(around: Estate, fact: Fact) -> list[Fact]:
    if fact.capability in STEPPING_STONES:
        return [fact]
    return [Fact(fact.entity, capability) for capability in included(fact.capability, around.kind_of(fact.entity))]
