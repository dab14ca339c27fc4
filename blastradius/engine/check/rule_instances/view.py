"""The estate as the checkers walk it: its columns, and the controls on what they come to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from blastradius.columns.ragged import Numbers, RaggedArray
from blastradius.columns.tables import BASES, KINDS, NO_INDEX, ON_BAD, VERBS, Columns
from blastradius.engine.check.rule_instances.instance import Guards
from blastradius.engine.check.rule_instances.nearby import Nearby
from blastradius.estate import Estate, PlacedControl
from blastradius.model import Basis, Capability, Control, Fact, Kind, Verb, input_id

C = Capability
Counts = Callable[[Control], bool]
"""Whether a control counts against some instance."""


class Row(NamedTuple):
    """The fields of a relation that the rules ask for."""

    id: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    subset: bool
    dependency: str | None
    buffer_h: float
    at_least: int | None
    capacity_loss: bool
    brittle: bool
    vote_min: int | None
    on_bad: str
    defaults: bool
    obeys: bool
    keys: tuple[str, ...]
    needs: tuple[str, ...]
    basis: Basis


def rows_of(columns: Columns, numbers: Numbers) -> list[Row]:
    """Relations by their numbers."""
    r, names = columns.relations, columns.entities.ids

    def named(lists: RaggedArray) -> list[tuple[str, ...]]:
        return [tuple([names[end] for end in lists[number]]) for number in numbers.tolist()]

    flags = (column[numbers].tolist() for column in (r.subset, r.capacity_loss, r.brittle, r.defaults, r.obeys))
    subset, capacity_loss, brittle, defaults, obeys = flags
    fields = (
        [r.ids[number] for number in numbers.tolist()],
        named(r.sources),
        named(r.targets),
        subset,
        [r.dependency[number] for number in numbers.tolist()],
        r.buffer_h[numbers].tolist(),
        [least or None for least in r.at_least[numbers].tolist()],
        capacity_loss,
        brittle,
        [least or None for least in r.vote_min[numbers].tolist()],
        [ON_BAD[number] for number in r.on_bad[numbers].tolist()],
        defaults,
        obeys,
        named(r.keys),
        named(r.needs),
        [BASES[number] for number in r.basis[numbers].tolist()],
    )
    return list(map(Row, *fields))


class Function(NamedTuple):
    """The fields of an operation that the rules ask for."""

    id: str
    api: str | None
    is_public: bool
    basis: Basis


class View:
    """What the rules ask of an estate: of all of it, or of what lies ``near`` something."""

    def __init__(self, estate: Estate, near: Nearby | None = None) -> None:
        self.estate, self.columns = estate, estate.columns
        self.near = near or Nearby.everything(self.columns)
        self.names = self.columns.entities.ids
        verb, seen = self.columns.relations.verb, self.near.relations
        numbers = {name: np.flatnonzero((verb == number) & seen) for number, name in enumerate(VERBS)}
        self.by_verb = {name: rows_of(self.columns, rows) for name, rows in numbers.items()}
        self.kind: Callable[[str], Kind] = estate.kind_of
        self.guarded = estate.controls.hosts

    def of_kind(self, kind: Kind) -> list[int]:
        """The entities of a kind, by number."""
        seen = (self.columns.entities.kind == KINDS.index(kind)) & self.near.entities
        return np.flatnonzero(seen).tolist()

    @cached_property
    def operations(self) -> list[Function]:
        """The operations."""
        e = self.columns.entities
        return [
            Function(
                e.ids[number],
                e.apis[int(e.api[number])] if e.api[number] != NO_INDEX else None,
                bool(e.anonymous[number]),
                BASES[e.basis[number]],
            )
            for number in self.of_kind(Kind.OPERATION)
        ]

    def in_flat_zones(self) -> Iterator[tuple[str, str, Basis]]:
        """The services in zones without walls inside, with their zones."""
        e = self.columns.entities
        for number in self.of_kind(Kind.SERVICE):
            if e.flat_zone[number] != NO_INDEX:
                yield e.ids[number], e.flat_zones[int(e.flat_zone[number])], BASES[e.basis[number]]

    def provided(self) -> Iterator[PlacedControl]:
        """The controls that an entity runs."""
        provider = self.columns.controls.provider
        for number in np.flatnonzero(provider != NO_INDEX).tolist():
            if self.near.entities[provider[number]]:
                yield self.estate.controls[self.columns.controls.ids[number]]

    def pairs(self, verb: str, *kinds: Kind) -> Iterator[tuple[Row, str, str]]:
        """Relations of a verb with their (first) ends, limited to sources of some kind."""
        for row in self.by_verb[Verb(verb)]:
            source = row.sources[0]
            if not kinds or self.kind(source) in kinds:
                yield row, source, row.targets[0]

    def grouped(self, verb: str) -> dict[str, list[Row]]:
        """The relations of a verb by what they lead to."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.by_verb[Verb(verb)]:
            found[row.targets[0]].append(row)
        return found

    # what guards

    def guards(self, hosts: tuple[str, ...], kinds: Sequence[str], counts: Counts | None = None) -> Guards:
        """The controls of these kinds on these hosts, host by host; some may not count, one put in place would."""
        return Guards(self._placed(hosts, kinds, counts), ((hosts, kinds),))

    def others_guards(self, hosts: tuple[str, ...], kinds: Sequence[str]) -> Guards:
        """Those of them that another entity runs."""
        return Guards(self._placed(hosts, kinds, lambda control: control.provided_by is not None))

    def fallbacks(self, suppliers: tuple[str, ...], *hosts: str, within_h: float = 0.0, slow: bool = False) -> Guards:
        """The fallbacks that stand in for suppliers in time; those that are no slower, where ``slow``."""
        stands_in = self.counts_for(suppliers)

        def counts(control: Control) -> bool:
            late = (control.starts_after_h or 0.0) > within_h
            return not late and not (slow and control.slower) and stands_in(control)

        return self.guards(hosts, ("fallback",), counts)

    def counts_for(self, suppliers: tuple[str, ...]) -> Counts:
        """Whether a control is not void where these are the suppliers, or the feed."""
        return lambda control: self.estate.why_void(control, suppliers) is None

    def _placed(self, hosts: Iterable[str], kinds: Sequence[str], counts: Counts | None) -> tuple[PlacedControl, ...]:
        guarded = [host for host in hosts if host in self.guarded]
        there = [placed for host in dict.fromkeys(guarded) for placed in self.estate.controls_on(host)]
        found = [placed for placed in there if placed.control.kind in kinds]
        return tuple(placed for placed in found if counts is None or counts(placed.control))

    def has_standing(self, hosts: Iterable[str], counts: Counts) -> bool:
        """Whether a control that counts is on one of the hosts and is neither failed nor absent."""
        there = (placed.control for host in hosts for placed in self.estate.controls_on(host))
        return any(counts(control) and control.status not in ("failed", "absent") for control in there)

    # what entities are

    @cached_property
    def passwords(self) -> set[str]:
        """The credentials that are passwords."""
        return {self.names[number] for number in np.flatnonzero(self.columns.entities.password).tolist()}

    @cached_property
    def anothers(self) -> set[str]:
        """What a party that is not ourselves owns, and none that is does."""
        ours = {self.names[number] for number in np.flatnonzero(self.columns.entities.ourselves).tolist()}
        owners = {name: {row.sources[0] for row in rows} for name, rows in self.grouped("owns").items()}
        return {name for name, parties in owners.items() if parties.isdisjoint(ours)}

    @cached_property
    def complete(self) -> set[str]:
        """The wholes of which all parts are declared."""
        return {self.names[number] for number in np.flatnonzero(self.columns.entities.complete).tolist()}

    # what is taken in

    def inputs(self) -> Iterator[tuple[Row, str, str]]:
        """Each relation by which something is taken in, who takes it in, and what."""
        for verb in ("consumes", "reads", "calls"):
            for row, taker, _ in self.pairs(verb, Kind.SERVICE, Kind.PROCESS):
                for supplier in row.targets:
                    yield row, taker, supplier

    @cached_property
    def dropped(self) -> set[tuple[str, str]]:
        """Who does without what, once it is wrong."""
        return {(taker, supplier) for row, taker, supplier in self.inputs() if row.on_bad == "drop"}

    def lost(self, taker: str, supplier: str) -> Fact:
        """That a supplier is lost to who has it."""
        if (taker, supplier) in self.dropped:
            return Fact(input_id(taker, supplier), C.LOST)
        return Fact(supplier, C.DENY)

    def strained(self, taker: str, supplier: str) -> Fact:
        """That a supplier is lost to who has it, or slow."""
        if (taker, supplier) in self.dropped:
            return Fact(input_id(taker, supplier), C.STRAINED)
        return Fact(supplier, C.DEGRADE)


def is_quorum(row: Row) -> bool:
    """Whether feeds that are consumed vote."""
    return len(row.targets) > 1 or row.vote_min is not None
