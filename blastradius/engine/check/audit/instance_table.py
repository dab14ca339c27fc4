"""All ground rule instances of an estate as columns, with facts by number: what the checker of many worlds reads."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from blastradius.engine.check.capabilities import CAPABILITY_NUMBER, all_included, is_stone, is_weaker
from blastradius.engine.check.rule_instances import RuleInstance, all_instances
from blastradius.engine.scenario import World
from blastradius.estate import Estate
from blastradius.model import Basis, Capability, Fact

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Words = NDArray[np.uint64]
"""Rows of words of 64 bits, one bit a world."""


class Ragged(NamedTuple):
    """Lists of numbers, one after the other: list ``i`` is ``values[indptr[i]:indptr[i + 1]]`` (CSR without data)."""

    indptr: Ints
    values: Ints

    @property
    def lengths(self) -> Ints:
        """How long each list is."""
        return np.diff(self.indptr)

    @property
    def row_ids(self) -> Ints:
        """For each value the number of its list."""
        return np.repeat(np.arange(len(self.indptr) - 1), self.lengths)

    def take(self, rows: Ints) -> Ragged:
        """Some of the lists, in the order asked for."""
        lengths = self.indptr[rows + 1] - self.indptr[rows]
        indptr = indptr_of(lengths)
        return Ragged(indptr, self.values[np.arange(indptr[-1]) + np.repeat(self.indptr[rows] - indptr[:-1], lengths)])


def indptr_of(lengths: Ints) -> Ints:
    """Where lists of these lengths begin, and where the last one ends."""
    indptr = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=indptr[1:])
    return indptr


def distinct(numbers: Ints) -> Ints:
    """Numbers (none negative) sorted, each once; ``np.unique`` hashes them first, which takes longer."""
    found = np.sort(numbers)
    return found[np.diff(found, prepend=-1) > 0]


class Conditions(NamedTuple):
    """What an instance asks of a world besides premises: a level, a basis on which it is known, and so on."""

    level: int
    basis: Basis
    fail_closed: bool
    proposed: bool

    def hold_in(self, world: World) -> bool:
        """Whether a world meets all of them."""
        scenario = world.scenario
        opened = not self.fail_closed or "fail_closed" in scenario.distrust
        known = not is_weaker(self.basis, scenario.basis)
        return self.level <= scenario.assume and known and opened and (not self.proposed or world.proposed)


@dataclass(frozen=True)
class Instances:
    """Ground rule instances in columns.

    Instance ``i`` leads to ``conclusion[i]`` in the worlds in which all of ``required[i]`` hold (premises, and that the
    controls on it are inactive), enough of ``counted[i]`` do, and its conditions are met. ``least`` says how many are
    enough: at least so many, or, where it is negative, a quorum's whose ``vote_min`` is ``-least``; of its facts the
    first half says that each feed is wrong, the other half that each is lost. It is 0 where none are counted.
    """

    required: Ragged
    counted: Ragged
    conclusion: Ints
    least: Ints
    conditions: Ints

    def __len__(self) -> int:
        return len(self.conclusion)

    def take(self, rows: Ints) -> Instances:
        """Some of them, in the order asked for."""
        lists = (self.required.take(rows), self.counted.take(rows))
        return Instances(*lists, self.conclusion[rows], self.least[rows], self.conditions[rows])

    def renumbered(self, number: Ints) -> Instances:
        """The same instances, of facts by other numbers."""
        required, counted = (Ragged(lists.indptr, number[lists.values]) for lists in (self.required, self.counted))
        return Instances(required, counted, number[self.conclusion], self.least, self.conditions)

    @cached_property
    def premise_of(self) -> tuple[Ints, Ints]:
        """Pairs of fact and instance: what each instance requires or counts."""
        lists = (self.required, self.counted)
        return np.concatenate([ragged.values for ragged in lists]), np.concatenate([ragged.row_ids for ragged in lists])

    @cached_property
    def is_single(self) -> Flags:
        """Whether an instance has one premise and nothing else."""
        found: Flags = (self.required.lengths == 1) & (self.least == 0)
        return found


@dataclass
class _Columns:
    """The columns while they grow, as flat arrays of eight bytes a number."""

    required: array[int] = field(default_factory=lambda: array("q"))
    required_ends: array[int] = field(default_factory=lambda: array("q", [0]))
    counted: array[int] = field(default_factory=lambda: array("q"))
    counted_ends: array[int] = field(default_factory=lambda: array("q", [0]))
    conclusion: array[int] = field(default_factory=lambda: array("q"))
    least: array[int] = field(default_factory=lambda: array("q"))
    conditions: array[int] = field(default_factory=lambda: array("q"))

    def copy(self) -> _Columns:
        """The same columns, to grow on their own."""
        return _Columns(**{name: column[:] for name, column in vars(self).items()})


class InstanceTable:
    """The instances of an estate, and of a proposal on top of it; facts are numbered as they come up.

    ``instances`` are those of the estate itself in the order of ``all_instances``, then what facts include of each
    other, then those of the proposal. ``facts`` are pairs of entity (by ``entities``: controls, APIs and zones among
    them) and capability (by ``CAPABILITY_NUMBER``).
    """

    def __init__(self, instances: Iterable[RuleInstance], base: InstanceTable | None = None) -> None:
        self.numbers: dict[Fact, int] = dict(base.numbers) if base else {}
        self.known_conditions: dict[Conditions, int] = dict(base.known_conditions) if base else {}
        self._columns: _Columns = base._columns.copy() if base else _Columns()
        before = len(self.numbers)
        for instance in instances:
            self._add(instance, proposed=base is not None)
        self._add_inclusions(before)

    def _add(self, instance: RuleInstance, *, proposed: bool) -> None:
        columns, counts = self._columns, instance.is_counted
        for placed in instance.guards.placed:
            if placed.control.status not in ("failed", "absent"):
                columns.required.append(self._number(Fact(placed.id, Capability.INACTIVE)))
        premises = columns.counted if counts else columns.required
        premises.extend([self._number(premise) for premise in instance.premises])
        columns.required_ends.append(len(columns.required))
        columns.counted_ends.append(len(columns.counted))
        columns.conclusion.append(self._number(instance.conclusion))
        least = -instance.vote_min if instance.vote_min else instance.least or 0
        columns.least.append(least if counts else 0)
        conditions = Conditions(instance.level, instance.basis, instance.fail_closed, proposed)
        columns.conditions.append(self.known_conditions.setdefault(conditions, len(self.known_conditions)))

    def _add_inclusions(self, before: int) -> None:
        """What facts include, where the table knows both; ``before`` facts have been seen to already."""
        known: dict[str, list[Capability]] = {}
        for fact in self.numbers:
            known.setdefault(fact.entity, []).append(fact.capability)
        for entity, capabilities in known.items():
            for whole, part in _inclusions(frozenset(capabilities)) if len(capabilities) > 1 else ():
                held, included = Fact(entity, whole), Fact(entity, part)
                if max(self.numbers[held], self.numbers[included]) >= before:
                    self._add(RuleInstance("closure", 1, (held,), included), proposed=False)

    def _number(self, fact: Fact) -> int:
        return self.numbers.setdefault(fact, len(self.numbers))

    @cached_property
    def instances(self) -> Instances:
        """All of them."""
        columns = self._columns
        required = Ragged(_array(columns.required_ends), _array(columns.required))
        counted = Ragged(_array(columns.counted_ends), _array(columns.counted))
        return Instances(required, counted, *map(_array, (columns.conclusion, columns.least, columns.conditions)))

    @cached_property
    def entities(self) -> dict[str, int]:
        """The number of each name that a fact is about."""
        return {name: number for number, name in enumerate(dict.fromkeys(fact.entity for fact in self.numbers))}

    @cached_property
    def facts(self) -> tuple[Ints, Ints]:
        """The entity and the capability of each fact, by number."""
        entity = np.fromiter((self.entities[fact.entity] for fact in self.numbers), np.int64, len(self.numbers))
        numbers = (CAPABILITY_NUMBER[fact.capability] for fact in self.numbers)
        return entity, np.fromiter(numbers, np.int64, len(self.numbers))


@cache
def _inclusions(known: frozenset[Capability]) -> list[tuple[Capability, Capability]]:
    """Which of some capabilities over one entity include which, where none of the others lies between them."""
    within = {whole: known.intersection(all_included(whole)[1:]) for whole in known}
    pairs = [(whole, part) for whole in Capability if whole in known for part in Capability if part in within[whole]]
    return [(whole, part) for whole, part in pairs if not any(part in within[middle] for middle in within[whole])]


def _array(column: array[int]) -> Ints:
    return np.array(column, np.int64)


def instances_of_proposal(estate: Estate, proposed: Estate) -> Iterator[RuleInstance]:
    """The instances of a proposal that the estate has not itself, and stepping stones that it may have."""
    new = proposed.entities.keys() - estate.entities.keys()
    for instance in all_instances(proposed):
        known = all(relation in estate.relations for relation in instance.along)
        is_new = any(fact.entity in new for fact in (*instance.premises, instance.conclusion))
        if not known or is_new or (not instance.along and is_stone(instance.conclusion)):
            yield instance
