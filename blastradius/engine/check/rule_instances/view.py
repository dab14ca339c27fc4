"""The estate as the checkers walk it: its columns, many relations at once, and the controls on what they come to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from blastradius.columns.ragged import Flags, Numbers, RaggedArray, Small, distinct, indptr_of
from blastradius.columns.tables import BASES, CONTROLS, KINDS, NO_INDEX, VERBS
from blastradius.engine.check.rule_instances.instance import NO_BLOCK, Block, rule_number
from blastradius.engine.check.rule_instances.names import TAKING_IN, Names, facts
from blastradius.engine.check.rule_instances.nearby import Nearby
from blastradius.estate import Estate
from blastradius.model import Basis, Capability, ControlKind, Kind, Verb

C = Capability
Ends = Numbers | RaggedArray
"""For each of some instances one number, or several."""
Counts = Callable[[Numbers, Numbers], Flags]
"""Whether controls (by number) count against instances (by their place among those asked about), pair by pair."""
Hours = NDArray[np.float64]
BEST = BASES.index(Basis.OBSERVED)


class Stops(NamedTuple):
    """Pairs of an instance, by its place in a block, and a control that stops it; and where others of ours would."""

    instance: Numbers
    control: Numbers
    places: tuple[tuple[RaggedArray, tuple[str, ...]], ...] = ()

    def __or__(self, other: Stops) -> Stops:
        instance = np.concatenate([self.instance, other.instance])
        control = np.concatenate([self.control, other.control])
        return Stops(instance, control, self.places + other.places)

    def rows(self, count: int) -> RaggedArray:
        """The controls of each of so many instances, each control once."""
        if not len(self.instance):
            return RaggedArray(np.zeros(count + 1, np.int64), self.control)
        width = int(self.control.max()) + 1
        pairs = distinct(self.instance * width + self.control)
        return RaggedArray(indptr_of(np.bincount(pairs // width, minlength=count)), pairs % width)


_NO_NUMBERS = np.zeros(0, np.int64)
UNSTOPPED = Stops(_NO_NUMBERS, _NO_NUMBERS)


class View:
    """What the rules ask of an estate: of all of it, or of what lies ``near`` something."""

    def __init__(self, estate: Estate, near: Nearby | None = None) -> None:
        self.estate, self.columns = estate, estate.columns
        self.near = near or Nearby.everything(self.columns)
        self.names = Names(self.columns)
        self.kind, self.relations = self.columns.entities.kind, self.columns.relations
        self.sources, self.targets = self.relations.sources, self.relations.targets
        self._source = self.sources.values[self.sources.indptr[:-1]]
        self._target = self.targets.values[self.targets.indptr[:-1]]

    # relations and entities by number

    def rows(self, verb: str, *kinds: Kind) -> Numbers:
        """The relations of a verb, limited to those whose (first) source is of some kind."""
        seen = (self.relations.verb == VERBS.index(Verb(verb))) & self.near.relations
        rows = np.flatnonzero(seen)
        return rows[self.are(self.source(rows), *kinds)] if kinds else rows

    def source(self, rows: Numbers) -> Numbers:
        """The (first) source of relations."""
        return self._source[rows]

    def target(self, rows: Numbers) -> Numbers:
        """The (first) target of relations."""
        return self._target[rows]

    def are(self, entities: Numbers, *kinds: Kind) -> Flags:
        """Which entities are of some kind."""
        return _of_kinds(kinds)[self.kind[entities]]

    def host(self, rows: Numbers) -> Numbers:
        """Relations as what controls stand on."""
        return self.names.count + rows

    def of_kind(self, kind: Kind) -> Numbers:
        """The entities of a kind."""
        return np.flatnonzero((self.kind == KINDS.index(kind)) & self.near.entities)

    # instances

    def block(
        self,
        rule: str,
        level: int | Small,
        premises: RaggedArray,
        conclusion: Numbers,
        along: RaggedArray | None = None,
        stops: Stops = UNSTOPPED,
        *,
        hop: int = 1,
        basis: Small | int = BEST,
        least: Numbers | int = 0,
        vote_min: Numbers | int = 0,
        buffer_h: Hours | float = 0.0,
        fail_closed: Flags | bool = False,
    ) -> Block:
        """Instances of a rule; what is the same of all may be said once."""
        count = len(conclusion)
        if not count:
            return NO_BLOCK
        return Block(
            rule=_each(rule_number(rule), np.int32, count),
            level=_each(level, np.int8, count),
            premises=premises,
            conclusion=conclusion,
            along=RaggedArray(np.zeros(count + 1, np.int64), _NO_NUMBERS) if along is None else along,
            guards=stops.rows(count),
            hop=_each(hop, np.int8, count),
            least=_each(least, np.int64, count),
            vote_min=_each(vote_min, np.int64, count),
            buffer_h=_each(buffer_h, np.float64, count),
            fail_closed=_each(fail_closed, np.bool_, count),
            basis=_each(basis, np.int8, count),
            places=stops.places,
        )

    def along(
        self,
        rule: str,
        level: int | Small,
        rows: Numbers,
        premise: Numbers,
        conclusion: Numbers,
        stops: Stops = UNSTOPPED,
    ) -> Block:
        """Instances along a relation each, with one premise each."""
        basis = self.relations.basis[rows]
        return self.block(rule, level, single(premise), conclusion, single(rows), stops, basis=basis)

    # what guards

    @cached_property
    def _controls(self) -> RaggedArray:
        """The controls on each entity, and on each relation behind them."""
        host = self.columns.controls.host
        return RaggedArray.grouped(host, np.arange(len(host)), self.names.count + len(self.relations.verb))

    @cached_property
    def _placed_kinds(self) -> Flags:
        """For each kind of control, by number, whether the estate has one."""
        return np.bincount(self.columns.controls.kind, minlength=len(CONTROLS)) > 0

    def guards(self, hosts: Sequence[Ends], kinds: Sequence[str], counts: Counts | None = None) -> Stops:
        """The controls of these kinds on the hosts of each instance; some may not count, one put in place would."""
        if not len(hosts[0]):
            return UNSTOPPED
        return Stops(*self._placed(hosts, kinds, counts), ((beside(*hosts), tuple(kinds)),))

    def others_guards(self, hosts: Sequence[Ends], kinds: Sequence[str]) -> Stops:
        """Those of them that another entity runs."""
        provider = self.columns.controls.provider
        return Stops(*self._placed(hosts, kinds, lambda _, controls: provider[controls] != NO_INDEX))

    def fallbacks(
        self, suppliers: RaggedArray, hosts: Sequence[Ends], within_h: Hours | float = 0.0, *, slow: bool = False
    ) -> Stops:
        """The fallbacks that stand in for suppliers in time; those that are no slower, where ``slow``."""
        columns, valid = self.columns.controls, self.counts_for(suppliers)

        def counts(instances: Numbers, controls: Numbers) -> Flags:
            late = columns.starts_after_h[controls] > np.broadcast_to(within_h, len(suppliers))[instances]
            return ~late & ~(columns.slower[controls] & slow) & valid(instances, controls)

        return self.guards(hosts, ("fallback",), counts)

    def counts_for(self, suppliers: RaggedArray) -> Counts:
        """Whether a control is not void where these are the suppliers, or the feed."""

        def counts(instances: Numbers, controls: Numbers) -> Flags:
            provided = self.columns.controls.provider[controls] != NO_INDEX
            found = np.ones(len(controls), np.bool_)
            for place in np.flatnonzero(provided).tolist():
                control = self.estate.controls[self.columns.controls.ids[int(controls[place])]].control
                ends = (self.columns.entities.ids[end] for end in suppliers[int(instances[place])])
                found[place] = self.estate.why_void(control, ends) is None
            return found

        return counts

    def _placed(self, hosts: Sequence[Ends], kinds: Sequence[str], counts: Counts | None) -> tuple[Numbers, Numbers]:
        """Pairs of instance and control."""
        wanted = _of_control_kinds(tuple(kinds))
        if not (wanted & self._placed_kinds).any():
            return _NO_NUMBERS, _NO_NUMBERS
        known = self._controls
        instances, controls = [_NO_NUMBERS], [_NO_NUMBERS]
        for ends in hosts:
            owner, host = pairs_of(ends)
            some = np.flatnonzero(known.indptr[host + 1] > known.indptr[host])
            there = known.take(host[some])
            instances.append(owner[some][there.row_ids])
            controls.append(there.values)
        instance, control = np.concatenate(instances), np.concatenate(controls)
        fits = wanted[self.columns.controls.kind[control]]
        instance, control = instance[fits], control[fits]
        if counts is None or not len(control):
            return instance, control
        counted = counts(instance, control)
        return instance[counted], control[counted]

    def have_standing(self, count: int, hosts: Sequence[Ends], kind: str, counts: Counts | None = None) -> Flags:
        """Which of so many instances have a control on their hosts that counts and is neither failed nor absent."""
        instance, control = self._placed(hosts, (kind,), counts)
        found = np.zeros(count, np.bool_)
        found[instance[~self.columns.controls.failed[control]]] = True
        return found

    # what entities are

    @cached_property
    def anothers(self) -> Flags:
        """What a party that is not ourselves owns, and none that is does."""
        rows = self.rows("owns")
        ours = self.columns.entities.ourselves[self.source(rows)]
        found = np.zeros(self.names.count, np.bool_)
        found[self.target(rows)] = True
        found[self.target(rows[ours])] = False
        return found

    def by_target(self, rows: Numbers) -> tuple[Numbers, RaggedArray]:
        """What relations lead to, each once, and the relations that do."""
        targets = self.target(rows)
        things = distinct(targets)
        return things, RaggedArray.grouped(np.searchsorted(things, targets), rows, len(things))

    def weakest(self, rows: RaggedArray) -> Small:
        """The weakest basis of the relations of each row; none is empty."""
        found: Small = (
            np.maximum.reduceat(self.relations.basis[rows.values], rows.indptr[:-1])
            if len(rows)
            else (np.zeros(0, np.int8))
        )
        return found

    # what is taken in

    @cached_property
    def inputs(self) -> tuple[Numbers, Numbers, Numbers]:
        """Each relation by which something is taken in, who takes it in, and what."""
        rows = np.concatenate([self.rows(verb, Kind.SERVICE, Kind.PROCESS) for verb in TAKING_IN])
        suppliers = self.targets.take(rows)
        owner = rows[suppliers.row_ids]
        return owner, self.source(owner), suppliers.values

    def lost(self, takers: Numbers, suppliers: Numbers) -> Numbers:
        """That suppliers are lost to who has them."""
        return self._or_input(takers, suppliers, C.DENY, C.LOST)

    def strained(self, takers: Numbers, suppliers: Numbers) -> Numbers:
        """That suppliers are lost to who has them, or slow."""
        return self._or_input(takers, suppliers, C.DEGRADE, C.STRAINED)

    def _or_input(self, takers: Numbers, suppliers: Numbers, plain: Capability, dropped: Capability) -> Numbers:
        names = self.names.inputs(takers, suppliers)
        return np.where(names == NO_INDEX, facts(suppliers, plain), facts(names, dropped))


@cache
def _of_kinds(kinds: tuple[Kind, ...]) -> Flags:
    """For each kind of entity, by number, whether it is one of these."""
    return np.array([kind in kinds for kind in KINDS], np.bool_)


@cache
def _of_control_kinds(kinds: tuple[str, ...]) -> Flags:
    """For each kind of control, by number, whether it is one of these."""
    return np.isin(np.arange(len(CONTROLS)), [CONTROLS.index(ControlKind(kind)) for kind in kinds])


def _each(value: Any, dtype: DTypeLike, count: int) -> NDArray[Any]:
    """A value for each of some instances; what is the same of all takes the room of one."""
    values = np.asarray(value, dtype)
    return values if values.ndim else np.ndarray(count, dtype, values, strides=(0,))


def single(values: Numbers) -> RaggedArray:
    """One number for each instance."""
    return RaggedArray.singles(values)


def pairs_of(ends: Ends) -> tuple[Numbers, Numbers]:
    """Pairs of instance and number."""
    return (ends.row_ids, ends.values) if isinstance(ends, RaggedArray) else (np.arange(len(ends)), ends)


def beside(*lists: Ends) -> RaggedArray:
    """For each instance the numbers of several lists, one list after the other."""
    plain = [ends for ends in lists if not isinstance(ends, RaggedArray)]
    if len(plain) == len(lists):
        count = len(lists[0])
        return RaggedArray(np.arange(count + 1) * len(lists), np.stack(plain, axis=1).reshape(-1))
    pairs = [pairs_of(ends) for ends in lists]
    owners, values = (np.concatenate([pair[side] for pair in pairs]) for side in (0, 1))
    return RaggedArray.grouped(owners, values, len(lists[0]))
