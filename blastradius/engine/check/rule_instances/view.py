"""The estate as the checkers walk it: each relation is read once, for an estate may have to fetch it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from blastradius.engine.check.rule_instances.instance import Guards
from blastradius.estate import Estate, PlacedControl
from blastradius.model import (
    Basis,
    Capability,
    Control,
    Credential,
    Fact,
    Kind,
    Operation,
    Relation,
    Service,
    Store,
    Verb,
    input_id,
)

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

    @classmethod
    def of(cls, relation: Relation) -> Row:
        """Those of a relation."""
        return cls(
            relation.id,
            relation.sources,
            relation.targets,
            relation.extent == "subset",
            relation.dependency,
            relation.buffer_h or 0.0,
            relation.at_least,
            relation.capacity_loss,
            relation.brittle,
            relation.vote_min,
            relation.on_bad,
            relation.on_missing == "default",
            relation.obeys,
            relation.keys,
            relation.needs,
            relation.basis,
        )


class Function(NamedTuple):
    """The fields of an operation that the rules ask for."""

    id: str
    api: str | None
    is_public: bool
    basis: Basis

    @classmethod
    def of(cls, operation: Operation) -> Function:
        """Those of an operation."""
        public = operation.anonymous and operation.direction == "exposed"
        return cls(operation.id, operation.api, public, operation.basis)


class View:
    """What the rules ask of an estate."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.guarded = {placed.host for placed in estate.controls.values()}
        self.operations = [
            Function.of(entity) for entity in estate.of_kind(Kind.OPERATION) if isinstance(entity, Operation)
        ]
        self.by_verb = {verb: [Row.of(relation) for relation in rows] for verb, rows in estate.by_verb.items()}
        self.kind: Callable[[str], Kind] = estate.kind_of

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
        if self.guarded.isdisjoint(hosts):  # most have none, and an estate may have to look for them
            return ()
        there = [placed for host in dict.fromkeys(hosts) for placed in self.estate.controls_on(host)]
        found = (placed for placed in there if placed.control.kind in kinds)
        return tuple(placed for placed in found if counts is None or counts(placed.control))

    def has_standing(self, hosts: Iterable[str], counts: Counts) -> bool:
        """Whether a control that counts is on one of the hosts and is neither failed nor absent."""
        there = (placed.control for host in hosts if host in self.guarded for placed in self.estate.controls_on(host))
        return any(counts(control) and control.status not in ("failed", "absent") for control in there)

    # what entities are

    @cached_property
    def passwords(self) -> set[str]:
        """The credentials that are passwords."""
        keys = self.estate.of_kind(Kind.CREDENTIAL)
        return {key.id for key in keys if isinstance(key, Credential) and key.type == "password"}

    @cached_property
    def anothers(self) -> set[str]:
        """What a party that is not ourselves owns, and none that is does."""
        ours = {party.id for party in self.estate.of_kind(Kind.PARTY) if getattr(party, "role", None) == "self"}
        owners = {name: {row.sources[0] for row in rows} for name, rows in self.grouped("owns").items()}
        return {name for name, parties in owners.items() if parties.isdisjoint(ours)}

    @cached_property
    def complete(self) -> set[str]:
        """The wholes of which all parts are declared."""
        wholes = (*self.estate.of_kind(Kind.SERVICE), *self.estate.of_kind(Kind.STORE))
        return {whole.id for whole in wholes if isinstance(whole, Service | Store) and whole.parts == "complete"}

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
