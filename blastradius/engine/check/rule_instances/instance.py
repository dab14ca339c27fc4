"""What ground instances of rules are, apart from the rule table: columns of them, and each as an object."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from blastradius.columns.ragged import NO_ROWS, Flags, Numbers, RaggedArray, Small, joined
from blastradius.columns.tables import BASES
from blastradius.engine.check.quorum import is_outvoted
from blastradius.engine.check.rule_instances.names import Names
from blastradius.estate import Estate, PlacedControl
from blastradius.model import Basis, Fact

Place = tuple[tuple[str, ...], Sequence[str]]
"""Entities and relations, and the kinds of control that stop an instance there."""


class Guards(NamedTuple):
    """The controls that stop an instance, and where others of ours would: those that run without another entity."""

    placed: tuple[PlacedControl, ...] = ()
    places: tuple[Place, ...] = ()


UNGUARDED = Guards()


class RuleInstance(NamedTuple):
    """One rule applied in one place: its premises, its conclusion, the relations it runs along, what guards it.

    ``least`` is how many of the premises must hold (``None``: all); with ``vote_min`` they are a quorum's, first that
    each feed is wrong, then that each is lost. The conclusion comes ``buffer_h`` hours after the premises.
    ``fail_closed`` instances are open only where ``fail_closed`` is distrusted. ``basis`` is the weakest of what says
    that the instance is there.
    """

    rule: str
    level: int
    premises: tuple[Fact, ...]
    conclusion: Fact
    along: tuple[str, ...] = ()
    guards: Guards = UNGUARDED
    hop: int = 1
    least: int | None = None
    vote_min: int | None = None
    buffer_h: float = 0.0
    fail_closed: bool = False
    basis: Basis = Basis.OBSERVED

    @property
    def is_counted(self) -> bool:
        """Whether fewer than all of its premises may do."""
        return self.vote_min is not None or self.least not in (None, len(self.premises))

    def enough(self, held: Collection[Fact]) -> bool:
        """Whether these of its premises are enough."""
        if self.vote_min is not None:
            return self._is_outvoted(self.vote_min, held)
        if self.least is None:
            return all(map(held.__contains__, self.premises))
        return sum(map(held.__contains__, self.premises)) >= self.least

    def _is_outvoted(self, vote_min: int, held: Collection[Fact]) -> bool:
        feeds = len(self.premises) // 2
        wrong = [premise in held for premise in self.premises[:feeds]]
        lost = [premise in held for premise in self.premises[feeds:]]
        both = sum(map(min, wrong, lost))
        return bool(is_outvoted(feeds, sum(wrong), sum(lost), both, vote_min))


@dataclass(frozen=True)
class Block:
    """Instances in columns (n), facts, relations and controls by number.

    ``rule`` is as ``rule_number`` has it, ``basis`` a place in ``BASES``; ``least`` and ``vote_min`` are 0 where they
    are ``None`` in an instance. ``places`` are of all instances: rows of hosts (entities by number, relations behind
    them), and the kinds of control that stop them there.
    """

    rule: NDArray[np.int32]
    level: Small
    premises: RaggedArray
    conclusion: Numbers
    along: RaggedArray
    guards: RaggedArray
    hop: Small
    least: Numbers
    vote_min: Numbers
    buffer_h: NDArray[np.float64]
    fail_closed: Flags
    basis: Small
    places: tuple[tuple[RaggedArray, tuple[str, ...]], ...] = ()

    def __len__(self) -> int:
        return len(self.conclusion)

    def take(self, rows: Numbers | Flags) -> Block:
        """Some of them."""
        columns: dict[str, Any] = {}
        for name, column in vars(self).items():
            if name == "places":
                columns[name] = tuple((hosts.take(rows), kinds) for hosts, kinds in column)
            else:
                columns[name] = column.take(rows) if isinstance(column, RaggedArray) else column[rows]
        return Block(**columns)


def rule_number(rule: str) -> int:
    """The id of a rule, of at most four letters, as a number."""
    return int.from_bytes(rule.encode(), "big")


def rule_id(number: int) -> str:
    """The id of a rule by its number."""
    return number.to_bytes(4, "big").lstrip(b"\0").decode()


class RuleInstances(Sequence[RuleInstance]):
    """Instances in blocks of columns, each an object when it is asked for."""

    def __init__(self, estate: Estate, names: Names, blocks: Iterable[Block]) -> None:
        self.estate, self.names = estate, names
        self.blocks = tuple(block for block in blocks if len(block))
        self.firsts: list[int] = [0, *np.cumsum([len(block) for block in self.blocks]).tolist()]

    @classmethod
    def of(cls, estate: Estate, instances: Iterable[RuleInstance]) -> RuleInstances:
        """Objects as columns; where others of our controls would stop them is left out."""
        if isinstance(instances, RuleInstances):
            return instances
        names, objects = Names(estate.columns), tuple(instances)
        return cls(estate, names, [_block_of(names, objects)] if objects else ())

    def __len__(self) -> int:
        return self.firsts[-1]

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            return [self[place] for place in range(*number.indices(len(self)))]
        if not 0 <= number < len(self):
            raise IndexError(number)
        block, row = self._place(number)
        return self._made(block, row, self._guards(block, row))

    def unguarded(self, number: int) -> RuleInstance:
        """One of them as an object, what guards it left out."""
        return self._made(*self._place(number), UNGUARDED)

    @cached_property
    def columns(self) -> Block:
        """All of them as one block, without the places where controls would stop them."""
        found: dict[str, Any] = {}
        for column in fields(Block):
            if column.name != "places":
                values = [getattr(block, column.name) for block in (NO_BLOCK, *self.blocks)]
                found[column.name] = joined(values) if isinstance(values[0], RaggedArray) else np.concatenate(values)
        return Block(**found)

    def take(self, some: Flags) -> RuleInstances:
        """Those that are flagged."""
        spans = zip(self.blocks, self.firsts, self.firsts[1:], strict=False)
        return RuleInstances(self.estate, self.names, (block.take(some[first:end]) for block, first, end in spans))

    def _place(self, number: int) -> tuple[Block, int]:
        at = bisect_right(self.firsts, number) - 1
        return self.blocks[at], number - self.firsts[at]

    def _made(self, block: Block, row: int, guards: Guards) -> RuleInstance:
        fact = self.names.fact
        return RuleInstance(
            rule_id(int(block.rule[row])),
            int(block.level[row]),
            tuple(map(fact, block.premises[row])),
            fact(int(block.conclusion[row])),
            tuple(self.names.columns.relations.ids[relation] for relation in block.along[row]),
            guards,
            int(block.hop[row]),
            int(block.least[row]) or None,
            int(block.vote_min[row]) or None,
            float(block.buffer_h[row]),
            bool(block.fail_closed[row]),
            BASES[block.basis[row]],
        )

    def _guards(self, block: Block, row: int) -> Guards:
        ids, controls = self.names.columns.controls.ids, self.estate.controls
        placed = tuple(controls[ids[number]] for number in block.guards[row])
        places = ((tuple(map(self.host, hosts[row])), kinds) for hosts, kinds in block.places)
        return Guards(placed, tuple(place for place in places if place[0]))

    def host(self, number: int) -> str:
        """The id of what a control stands on: an entity, or a relation behind the entities."""
        columns, count = self.names.columns, self.names.count
        return columns.entities.ids[number] if number < count else columns.relations.ids[number - count]


def _block_of(names: Names, instances: Sequence[RuleInstance]) -> Block:
    controls = {name: number for number, name in enumerate(names.columns.controls.ids)}
    number, relations = names.number, names.relations
    return Block(
        rule=np.array([rule_number(instance.rule) for instance in instances], np.int32),
        level=np.array([instance.level for instance in instances], np.int8),
        premises=RaggedArray.of([list(map(number, instance.premises)) for instance in instances]),
        conclusion=np.array([number(instance.conclusion) for instance in instances], np.int64),
        along=RaggedArray.of([[relations[name] for name in instance.along] for instance in instances]),
        guards=RaggedArray.of([[controls[placed.id] for placed in i.guards.placed] for i in instances]),
        hop=np.array([instance.hop for instance in instances], np.int8),
        least=np.array([instance.least or 0 for instance in instances], np.int64),
        vote_min=np.array([instance.vote_min or 0 for instance in instances], np.int64),
        buffer_h=np.array([instance.buffer_h for instance in instances], np.float64),
        fail_closed=np.array([instance.fail_closed for instance in instances], np.bool_),
        basis=np.array([BASES.index(instance.basis) for instance in instances], np.int8),
    )


_NO_NUMBERS = np.zeros(0, np.int64)
_NO_BYTES = np.zeros(0, np.int8)
NO_BLOCK = Block(
    rule=np.zeros(0, np.int32),
    level=_NO_BYTES,
    premises=NO_ROWS,
    conclusion=_NO_NUMBERS,
    along=NO_ROWS,
    guards=NO_ROWS,
    hop=_NO_BYTES,
    least=_NO_NUMBERS,
    vote_min=_NO_NUMBERS,
    buffer_h=np.zeros(0),
    fail_closed=np.zeros(0, np.bool_),
    basis=_NO_BYTES,
)
