"""All ground rule instances of an estate as columns, with facts by number: what the checker of many worlds reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from blastradius.columns.tables import BASES
from blastradius.engine.check.capabilities import CAPABILITY_NUMBER, all_included, is_stone, is_weaker
from blastradius.engine.check.rule_instances import RuleInstance, RuleInstances, all_instances
from blastradius.engine.check.rule_instances.instance import Block
from blastradius.engine.check.rule_instances.names import WIDTH
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


def packed(flags: Flags) -> Words:
    """Truth values (..., worlds) as words (..., words)."""
    words = np.zeros((*flags.shape[:-1], -(-flags.shape[-1] // 64) * 64), np.bool_)
    words[..., : flags.shape[-1]] = flags
    return np.packbits(words, axis=-1, bitorder="little").view("<u8").astype(np.uint64, copy=False)


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


_CERTAIN = Conditions(1, Basis.OBSERVED, fail_closed=False, proposed=False)
"""The conditions of what holds wherever its premise does."""


@dataclass(frozen=True)
class Instances:
    """Ground rule instances in columns.

    Instance ``i`` leads to ``conclusion[i]`` in the worlds in which all of ``required[i]`` hold (premises, and that the
    controls on it are inactive), enough of ``counted[i]`` do, and its conditions are met. ``least`` says how many are
    enough: at least so many, or, where it is negative, a quorum's whose ``vote_min`` is ``-least``; of its facts the
    first half says that each feed is wrong, the other half that each is lost. It is 0 where none are counted. What is
    counted must have held for ``waits[i]`` hours where an outage ends.
    """

    required: Ragged
    counted: Ragged
    conclusion: Ints
    least: Ints
    conditions: Ints
    waits: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.conclusion)

    def take(self, rows: Ints) -> Instances:
        """Some of them, in the order asked for."""
        lists = (self.required.take(rows), self.counted.take(rows))
        return Instances(*lists, self.conclusion[rows], self.least[rows], self.conditions[rows], self.waits[rows])

    def renumbered(self, number: Ints) -> Instances:
        """The same instances, of facts by other numbers."""
        required, counted = (Ragged(lists.indptr, number[lists.values]) for lists in (self.required, self.counted))
        return Instances(required, counted, number[self.conclusion], self.least, self.conditions, self.waits)

    def followed_by(self, others: Instances) -> Instances:
        """These, then others."""
        return Instances(
            _behind(self.required, others.required),
            _behind(self.counted, others.counted),
            np.concatenate([self.conclusion, others.conclusion]),
            np.concatenate([self.least, others.least]),
            np.concatenate([self.conditions, others.conditions]),
            np.concatenate([self.waits, others.waits]),
        )

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


def _behind(ones: Ragged, others: Ragged) -> Ragged:
    """The lists of the ones, then those of the others."""
    indptr = np.concatenate([ones.indptr, ones.indptr[-1] + others.indptr[1:]])
    return Ragged(indptr, np.concatenate([ones.values, others.values]))


@dataclass(frozen=True)
class InstanceTable:
    """The instances of an estate, or of a proposal on top of it; facts are numbered.

    ``instances`` are those of the estate itself in the order of ``all_instances``, then what facts include of each
    other, then those of the proposal. ``facts`` are pairs of entity (by ``entities``: controls, APIs and zones among
    them) and capability (by ``CAPABILITY_NUMBER``).
    """

    instances: Instances
    known_conditions: dict[Conditions, int]
    entities: dict[str, int]
    facts: tuple[Ints, Ints]

    @classmethod
    def of(cls, known: RuleInstances) -> InstanceTable:
        """The table of instances."""
        conditions, plain = _conditions(known.columns)
        own = _instances(known, plain)
        is_spoken = np.zeros(known.names.total * WIDTH, np.bool_)
        for facts in (own.required.values, own.counted.values, own.conclusion):
            is_spoken[facts] = True
        spoken, number = np.flatnonzero(is_spoken), np.cumsum(is_spoken) - 1
        instances = _with_inclusions(own, spoken, conditions).renumbered(number)
        names, which = _runs(spoken // WIDTH)
        texts = known.names.texts(names)
        entities = {text: number for number, text in enumerate(dict.fromkeys(texts))}
        if len(entities) < len(texts):  # a zone may be called as an entity is
            which = np.array([entities[text] for text in texts], np.int64)[which]
        return cls(instances, conditions, entities, (which, spoken % WIDTH))

    @property
    def count(self) -> int:
        """How many facts there are."""
        return len(self.facts[0])

    def with_proposal(self, instances: Iterable[RuleInstance]) -> InstanceTable:
        """The same, and instances of a proposal behind."""
        growing = _Growing(self)
        for instance in instances:
            growing.add(instance, proposed=True)
        growing.add_inclusions(self.count)
        return growing.table()


def _conditions(columns: Block) -> tuple[dict[Conditions, int], Ints]:
    """The conditions of instances, by number, and for each instance that number."""
    keys = (columns.level.astype(np.int64) * len(BASES) + columns.basis) * 2 + columns.fail_closed
    counts = np.bincount(keys)  # they are small
    known, number = {_CERTAIN: 0}, np.zeros(len(counts), np.int64)
    for key in np.flatnonzero(counts).tolist():
        level, basis = divmod(key // 2, len(BASES))
        conditions = Conditions(level, BASES[basis], bool(key % 2), proposed=False)
        number[key] = known.setdefault(conditions, len(known))
    return known, number[keys]


def _instances(known: RuleInstances, conditions: Ints) -> Instances:
    """The columns of instances; facts as ``known`` numbers them."""
    columns, names = known.columns, known.names
    lengths = columns.premises.lengths
    counts = (columns.vote_min > 0) | ((columns.least > 0) & (columns.least != lengths)) | (columns.buffer_h > 0)
    works = ~names.columns.controls.failed[columns.guards.values]
    gone = (names.first_control + columns.guards.values[works]) * WIDTH + CAPABILITY_NUMBER[Capability.INACTIVE]
    counted, premises = counts[columns.premises.row_ids], columns.premises
    owners = np.concatenate([columns.guards.row_ids[works], premises.row_ids[~counted]])
    required = _grouped(owners, np.concatenate([gone, premises.values[~counted]]), len(counts))
    least = np.where(columns.least > 0, columns.least, lengths)
    enough = np.where(columns.vote_min > 0, -columns.vote_min, least)
    return Instances(
        required,
        _grouped(premises.row_ids[counted], premises.values[counted], len(counts)),
        columns.conclusion,
        np.where(counts, enough, 0),
        conditions,
        columns.buffer_h,
    )


def _grouped(owners: Ints, values: Ints, count: int) -> Ragged:
    return Ragged(indptr_of(np.bincount(owners, minlength=count)), values[np.argsort(owners, kind="stable")])


def _with_inclusions(own: Instances, spoken: Ints, conditions: dict[Conditions, int]) -> Instances:
    """Instances, and behind them what the facts that are spoken of (sorted) include of each other."""
    names, which = _runs(spoken // WIDTH)
    patterns, pattern_of = np.unique(
        np.bincount(which, 2.0 ** (spoken % WIDTH), len(names)).astype(np.int64), return_inverse=True
    )
    held, parts = [own.conclusion[:0]], [own.conclusion[:0]]
    for number, pattern in enumerate(patterns.tolist()):
        known = frozenset(part for part, place in CAPABILITY_NUMBER.items() if pattern >> place & 1)
        here = names[pattern_of == number] * WIDTH
        for whole, part in _inclusions(known):
            held.append(here + CAPABILITY_NUMBER[whole])
            parts.append(here + CAPABILITY_NUMBER[part])
    premise, conclusion = np.concatenate(held), np.concatenate(parts)
    count = len(conclusion)
    singles, nothing = Ragged(np.arange(count + 1), premise), Ragged(np.zeros(count + 1, np.int64), premise[:0])
    always = np.full(count, conditions[_CERTAIN])
    zeros = np.zeros(count, np.int64)
    return own.followed_by(Instances(singles, nothing, conclusion, zeros, always, np.zeros(count)))


def _runs(ordered: Ints) -> tuple[Ints, Ints]:
    """Sorted numbers, each once, and for each of them its place there."""
    is_first = np.diff(ordered, prepend=-1) > 0
    return ordered[is_first], np.cumsum(is_first) - 1


class _Growing:
    """A table that instances are added to, one at a time."""

    def __init__(self, table: InstanceTable) -> None:
        names, capabilities = list(table.entities), tuple(CAPABILITY_NUMBER)
        pairs = zip(*(column.tolist() for column in table.facts), strict=True)
        self.before = table
        self.numbers = {Fact(names[entity], capabilities[part]): number for number, (entity, part) in enumerate(pairs)}
        self.conditions = dict(table.known_conditions)
        self.required: list[list[int]] = []
        self.counted: list[list[int]] = []
        self.rest: list[tuple[int, int, int]] = []
        self.waits: list[float] = []

    def add(self, instance: RuleInstance, *, proposed: bool) -> None:
        """Add an instance."""
        counts = instance.is_counted or instance.buffer_h > 0
        premises = list(map(self._number, instance.premises))
        gone = [
            self._number(Fact(placed.id, Capability.INACTIVE))
            for placed in instance.guards.placed
            if placed.control.status not in ("failed", "absent")
        ]
        self.required.append(gone if counts else gone + premises)
        self.counted.append(premises if counts else [])
        least = -instance.vote_min if instance.vote_min else instance.least or len(premises)
        conditions = Conditions(instance.level, instance.basis, instance.fail_closed, proposed)
        number = self.conditions.setdefault(conditions, len(self.conditions))
        self.rest.append((self._number(instance.conclusion), least if counts else 0, number))
        self.waits.append(instance.buffer_h)

    def add_inclusions(self, before: int) -> None:
        """What facts include, where the table knows both; ``before`` facts have been seen to already."""
        known: dict[str, list[Capability]] = {}
        for fact in self.numbers:
            known.setdefault(fact.entity, []).append(fact.capability)
        for entity, capabilities in known.items():
            for whole, part in _inclusions(frozenset(capabilities)) if len(capabilities) > 1 else ():
                held, included = Fact(entity, whole), Fact(entity, part)
                if max(self.numbers[held], self.numbers[included]) >= before:
                    self.add(RuleInstance("closure", 1, (held,), included), proposed=False)

    def table(self) -> InstanceTable:
        """The table as it is now."""
        rest = np.array(self.rest, np.int64).reshape(-1, 3)
        conclusion, least, conditions = rest.T
        lists, waits = (_lists(self.required), _lists(self.counted)), np.array(self.waits, np.float64)
        more = Instances(*lists, conclusion, least, conditions, waits)
        entities = {name: number for number, name in enumerate(dict.fromkeys(fact.entity for fact in self.numbers))}
        entity = np.array([entities[fact.entity] for fact in self.numbers], np.int64)
        capability = np.array([CAPABILITY_NUMBER[fact.capability] for fact in self.numbers], np.int64)
        instances = self.before.instances.followed_by(more)
        return InstanceTable(instances, self.conditions, entities, (entity, capability))

    def _number(self, fact: Fact) -> int:
        return self.numbers.setdefault(fact, len(self.numbers))


def _lists(rows: Sequence[Sequence[int]]) -> Ragged:
    values = [value for row in rows for value in row]
    return Ragged(indptr_of(np.array([len(row) for row in rows], np.int64)), np.array(values, np.int64))


@cache
def _inclusions(known: frozenset[Capability]) -> list[tuple[Capability, Capability]]:
    """Which of some capabilities over one entity include which, where none of the others lies between them."""
    within = {whole: known.intersection(all_included(whole)[1:]) for whole in known}
    pairs = [(whole, part) for whole in Capability if whole in known for part in Capability if part in within[whole]]
    return [(whole, part) for whole, part in pairs if not any(part in within[middle] for middle in within[whole])]


def instances_of_proposal(estate: Estate, proposed: Estate) -> Iterator[RuleInstance]:
    """The instances of a proposal that the estate has not itself, and stepping stones that it may have."""
    new = proposed.entities.keys() - estate.entities.keys()
    for instance in all_instances(proposed):
        known = all(relation in estate.relations for relation in instance.along)
        is_new = any(fact.entity in new for fact in (*instance.premises, instance.conclusion))
        if not known or is_new or (not instance.along and is_stone(instance.conclusion)):
            yield instance
