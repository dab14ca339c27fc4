"""The columns of an estate: entities, relations and controls by number, one array a field."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from blastradius.columns.ragged import Flags, Numbers, RaggedArray, Small
from blastradius.model import Basis, ControlKind, Kind, Verb

KINDS = tuple(Kind)
VERBS = tuple(Verb)
CONTROLS = tuple(ControlKind)
BASES = tuple(Basis)
ON_BAD = ("keep", "drop", "halt")
NO_INDEX = -1
"""In the place of a number: there is none."""


class EntityColumns(NamedTuple):
    """Entities by number (n), in the estate's order.

    ``kind`` is a place in ``KINDS``; ``api`` and ``flat_zone`` are places in ``apis`` and ``flat_zones``, or
    ``NO_INDEX``; ``copy_of`` are rows of the numbers of originals; ``records`` is a count, ``NO_INDEX`` where unstated;
    ``complete`` says that its parts are all declared, ``ourselves`` that it is our own party, ``public`` that
    anyone may have it; ``basis`` is a place in
    ``BASES``, that of ``declared`` for all but operations and services.
    """

    ids: Sequence[str]
    kind: Numbers
    api: Numbers
    flat_zone: Numbers
    anonymous: Flags
    password: Flags
    crown_jewel: Flags
    records: Numbers
    copy_of: RaggedArray
    complete: Flags
    ourselves: Flags
    public: Flags
    basis: Small
    apis: Sequence[str]
    flat_zones: Sequence[str]


class RelationColumns(NamedTuple):
    """Relations by number (n); ``sources`` and ``targets`` are rows of entities' numbers.

    ``verb`` is a place in ``VERBS``; ``dependency`` is as declared; ``buffer_h`` is in hours, 0 where unstated, as
    ``at_least`` and ``vote_min`` are. ``on_bad`` and ``basis`` are places in ``ON_BAD`` and ``BASES``; ``defaults``
    says that it goes on with a default where input is missing; ``keys`` and ``needs`` are rows of credentials' numbers.
    """

    ids: Sequence[str]
    verb: Numbers
    sources: RaggedArray
    targets: RaggedArray
    subset: Flags
    brittle: Flags
    capacity_loss: Flags
    dependency: Sequence[str | None]
    buffer_h: NDArray[np.float64]
    at_least: Numbers
    vote_min: Numbers
    on_bad: Small
    defaults: Flags
    obeys: Flags
    keys: RaggedArray
    needs: RaggedArray
    basis: Small


class ControlColumns(NamedTuple):
    """Controls by number (n); ``host`` is an entity's number, or a relation's plus the count of entities.

    ``kind`` is a place in ``CONTROLS``; ``provider`` is an entity's number, or ``NO_INDEX``; ``failed`` are those that
    stop nothing, absent ones among them; ``starts_after_h`` is in hours, 0 where unstated.
    """

    ids: Sequence[str]
    kind: Numbers
    host: Numbers
    failed: Flags
    provider: Numbers
    fails_closed: Flags
    misled: Flags
    phishable: Flags
    slower: Flags
    starts_after_h: NDArray[np.float64]


class Columns(NamedTuple):
    """The three tables."""

    entities: EntityColumns
    relations: RelationColumns
    controls: ControlColumns


class LazyNames(Sequence[str]):
    """Names that are made when asked for, one or ``every``; once all were, they are kept."""

    def __init__(self, count: int, make: Callable[[int], str], every: Callable[[], list[str]] | None = None) -> None:
        self.size = count
        self.make = make
        self.every = every or (lambda: list(map(make, range(count))))
        self._all: list[str] | None = None

    def __iter__(self) -> Iterator[str]:
        if self._all is None:
            self._all = self.every()
        return iter(self._all)

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, number: Any) -> Any:
        if self._all is not None and (isinstance(number, slice) or number >= 0):
            return self._all[number]
        if isinstance(number, slice):
            return [self.make(place) for place in range(*number.indices(self.size))]
        if not 0 <= number < self.size:
            raise IndexError(number)
        return self.make(number)

    def __reduce__(self) -> tuple[type[list[str]], tuple[list[str]]]:
        return list, (list(self),)  # what makes them is a function of this process
