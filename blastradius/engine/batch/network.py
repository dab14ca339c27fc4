"""The steps of a system as rows to fill: every fact is the OR of rows, every step of several premises an AND.

A row has one bit for each world of a frame. What is true or false in all worlds of the frame is settled here; what
differs between them (a level, a basis, a relation taken away) becomes a row of its own, a condition variable, which
steps need like any premise. Facts that lead to each other whatever happens, a strong component, share a row.

Where an outage ends, a step with a buffer is two: a row that says where its premises are enough, and a condition
variable, that the buffer is used up, which the rest of the step needs in their place.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from blastradius.columns.ragged import Flags, Numbers, RaggedArray, counted, distinct, joined, pairwise
from blastradius.columns.tables import NO_INDEX
from blastradius.engine.batch.frame import Frame
from blastradius.engine.batch.schedule import Edges, Order, by_waves, components, in_order
from blastradius.engine.compile import ALL, SOME, VOTE, System
from blastradius.model import Capability, Level

OR, AND, AT_LEAST, QUORUM = range(4)
"""What a row is of its inputs; ``AT_LEAST`` and ``QUORUM`` go with the row's ``need``."""

Variable = tuple[str, Hashable]
"""A condition variable: ``level``, ``basis``, ``opening``, ``without``, ``control``, ``buffer``, with which one."""
_NONE = np.zeros(0, np.int64)


Bits = NDArray[np.uint64]
"""Rows by words: bit ``w % 64`` of word ``w // 64`` is world ``w``."""

Filler = Callable[[Bits], None]
"""Fills every row with what follows from the bits that are set; bits are only ever added."""

BackEnd = Callable[["Network"], Filler]


class Buffers(NamedTuple):
    """The buffers that steps wait for, by the rows of a network.

    ``enough`` says where the premises of the step are there, ``used_up`` is to be set where they have been for so many
    ``hours``, and ``into`` is what follows then.
    """

    enough: Numbers
    used_up: Numbers
    into: Numbers
    hours: NDArray[np.float64]

    def at(self, row: Numbers) -> Buffers:
        """The same by other numbers of the rows."""
        return Buffers(row[self.enough], row[self.used_up], row[self.into], self.hours)

    def take(self, some: Flags) -> Buffers:
        """Some of them."""
        return Buffers(self.enough[some], self.used_up[some], self.into[some], self.hours[some])


NO_BUFFERS = Buffers(_NONE, _NONE, _NONE, np.zeros(0))
"""Those of a network in which no outage ends."""


@dataclass(frozen=True, eq=False)
class Network:
    """Rows in the order to fill them, numbered by it.

    ``facts`` are the facts that have a row (by number, sorted) and ``places`` their rows, ``variables`` the rows of
    condition variables. ``op``, ``need`` and ``inputs`` (rows) say what each row is made of. Group ``i`` is the rows
    from ``indptr[i]`` to ``indptr[i + 1]``, to be filled at once; the groups of a span (first, last + 1) in ``cycles``
    are filled until nothing changes. ``steps`` counts the steps that the rows stand for. ``buffers`` are those that
    some outage may not outlast.
    """

    facts: Numbers
    places: Numbers
    variables: dict[Variable, int]
    op: Numbers
    need: Numbers
    inputs: RaggedArray
    indptr: Numbers
    cycles: tuple[tuple[int, int], ...]
    steps: int
    buffers: Buffers = NO_BUFFERS
    _fillers: dict[BackEnd, Filler] = field(default_factory=dict, repr=False)

    def __getstate__(self) -> dict[str, object]:
        return {**vars(self), "_fillers": {}}  # what is laid out belongs to the process in which it was

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.op)

    def filler(self, back_end: BackEnd) -> Filler:
        """What fills rows, as a back end has laid it out; kept as long as the network is."""
        if back_end not in self._fillers:
            self._fillers[back_end] = back_end(self)
        return self._fillers[back_end]

    def row_of(self, facts: Numbers) -> Numbers:
        """The row of each fact, or ``NO_INDEX``."""
        if not len(self.facts):
            return np.full(len(facts), NO_INDEX)
        near = np.minimum(np.searchsorted(self.facts, facts), len(self.facts) - 1)
        return np.where(self.facts[near] == facts, self.places[near], NO_INDEX)


class _OpenSteps(NamedTuple):
    """The steps that can be taken in some world, and for each what it needs besides its premises.

    ``conditions`` are places in ``variables``; ``falls`` the controls (by number) that must have fallen. ``wave`` says
    when each fact may hold at first, where these are the steps that may come of seeds.
    """

    steps: Numbers
    conditions: RaggedArray
    falls: RaggedArray
    variables: tuple[Variable, ...]
    wave: Numbers | None


def restricted(network: Network, live: Flags) -> Network:
    """The network without the rows that are empty in all worlds that will be asked."""
    row = np.where(live, np.cumsum(live) - 1, NO_INDEX)
    kept = np.flatnonzero(live)
    placed = network.inputs.take(kept)
    inputs = row[placed.values]
    votes = (network.op == QUORUM)[kept][placed.row_ids]
    needed = (inputs != NO_INDEX) | votes
    never = len(kept)  # a row that stays empty, for the feeds of a quorum that are never wrong or down
    grouped = RaggedArray.grouped(
        placed.row_ids[needed], np.where(inputs == NO_INDEX, never, inputs)[needed], len(kept) + 1
    )
    before = np.searchsorted(kept, network.indptr)
    return Network(
        facts=network.facts,
        places=row[network.places],
        variables={variable: int(row[place]) for variable, place in network.variables.items()},
        op=np.append(network.op[kept], OR),
        need=np.append(network.need[kept], 0),
        inputs=grouped,
        indptr=np.append(before, never + 1),
        cycles=network.cycles,
        steps=network.steps,
        buffers=network.buffers.take(live[network.buffers.enough]).at(row),
    )


NetworkKey = tuple[Hashable, ...]
"""All of a frame that decides its network."""


def network_of(frame: Frame, known: dict[NetworkKey, Network], seeds: Numbers | None = None) -> Network:
    """The network for the worlds of a frame, one of those that are known or a new one that is so from now on.

    Where ``seeds`` (facts, by number) are given, a new one has only what may come of them, and is not kept.
    """
    key = network_key(frame)
    if key in known:
        return known[key]
    network = NetworkBuilder(frame, seeds).network()
    if seeds is None:
        known[key] = network
    return network


def network_key(frame: Frame) -> NetworkKey:
    """What steps depend on: whether levels, bases, distrust and changes are those of no, some or all worlds.

    A change counts by whether it is made in all worlds, for then it is no condition variable; in which of them is set
    when rows are filled.
    """
    worlds = len(frame.worlds)
    failing_in = np.bincount(frame.failing[1], minlength=len(frame.system.facts.controls))
    changes = (
        frozenset((change, len(distinct(changed)) == worlds) for change, changed in changes.items())
        for changes in (frame.removed, frame.added)
    )
    return (
        int(frame.levels.min(initial=4)),
        int(frame.levels.max(initial=1)),
        frozenset(frame.basis.tolist()),
        np.flatnonzero(failing_in == worlds).tobytes(),
        np.flatnonzero(failing_in).tobytes(),
        bool(frame.opening.any()),
        bool(frame.opening.all()),
        frame.is_timed,
        *changes,
    )


class _Conditions:
    """Gathers which steps are open in no world, and which only where a condition variable is true."""

    def __init__(self, count: int) -> None:
        self.open = np.ones(count, np.bool_)
        self.variables: list[Variable] = []
        self.steps: list[Numbers] = []

    def only_where(self, steps: Numbers, worlds: Flags, variable: Variable) -> None:
        """These steps can be taken in these worlds only."""
        if worlds.all() or not len(steps):
            return
        if worlds.any():
            self.steps.append(steps)
            self.variables.append(variable)
        else:
            self.open[steps] = False

    def by_step(self) -> RaggedArray:
        """For each step the places of the variables that it needs."""
        owners = np.concatenate([_NONE, *self.steps])
        places = np.repeat(np.arange(len(self.steps)), [len(steps) for steps in self.steps])
        return RaggedArray.grouped(owners, places, len(self.open))


def _open_steps(frame: Frame, seeds: Numbers | None) -> _OpenSteps:
    """Those of the frame; where ``seeds`` (facts, by number) are given, of these the ones that may come of them."""
    system, steps, count = frame.system, frame.system.steps, len(frame.worlds)
    found = _Conditions(len(steps))
    for level in Level:
        found.only_where(np.flatnonzero(steps.level == level), frame.levels >= level, ("level", int(level)))
    for basis in np.flatnonzero(np.bincount(steps.basis)).tolist():
        found.only_where(np.flatnonzero(steps.basis == basis), frame.basis >= basis, ("basis", basis))
    found.only_where(np.flatnonzero(steps.fails_closed), frame.opening, ("opening", None))
    for name, worlds in frame.removed.items():
        along = np.array(system.steps_along[system.relation_numbers[name]], np.int64)
        found.only_where(along, _all_but(worlds, count), ("without", name))
    for added, worlds in frame.added.items():
        found.only_where(system.stopped_by(*added), _all_but(worlds, count), ("control", added))
    falls = _falls(frame, found.open)
    left, wave = np.flatnonzero(found.open), None
    if seeds is not None:
        left, wave = _following(system, left, seeds)
    return _OpenSteps(left, found.by_step().take(left), falls.take(left), tuple(found.variables), wave)


def _following(system: System, steps: Numbers, seeds: Numbers) -> tuple[Numbers, Numbers]:
    """Of some steps those that may come of seeds: every one that does not wait for a premise that never holds.

    That is said of no step of which fewer than all premises may do, nor because of a control that stands. With them the
    wave in which each fact may hold at first, what another includes behind that, or ``NO_INDEX``.
    """
    premises = system.steps.premises.take(steps)
    gate = system.steps.gate[steps]
    onward = RaggedArray.grouped(premises.values, premises.row_ids, system.facts.total)
    missing = np.where(gate == ALL, premises.lengths, 1)
    wave = np.full(system.facts.total, NO_INDEX)
    direct = front = distinct(seeds)
    number = 0
    while len(front):
        wave[front] = number + 1
        wave[direct] = number
        number += 2
        reached, times = counted(onward.take(front).values)
        missing[reached] -= times
        direct = system.steps.conclusion[steps[reached[missing[reached] <= 0]]]
        direct, front = (facts[wave[facts] == NO_INDEX] for facts in (direct, system.facts.and_included(direct)))
    return steps[missing <= 0], wave


def _all_but(worlds: Numbers, count: int) -> Flags:
    found = np.ones(count, np.bool_)
    found[worlds] = False
    return found


def _falls(frame: Frame, open_: Flags) -> RaggedArray:
    """The controls that must fall for each step; steps whose control cannot fall in any world are closed."""
    controls, blockers = frame.system.columns.controls, frame.system.steps.blockers
    failing_in = np.bincount(frame.failing[1], minlength=len(controls.kind))
    stands = failing_in < len(frame.worlds)
    forever = (failing_in == 0) & (controls.provider == NO_INDEX)
    open_[blockers.row_ids[forever[blockers.values]]] = False
    kept = stands[blockers.values]
    return RaggedArray.grouped(blockers.row_ids[kept], blockers.values[kept], len(blockers))


class Gates(NamedTuple):
    """Rows besides facts and variables: what they are, of which rows, and into which fact each goes, if into one.

    ``enough`` are those that say where the premises of a step with a buffer are enough.
    """

    op: Numbers
    need: Numbers
    inputs: RaggedArray
    into: Numbers
    enough: Numbers


class NetworkBuilder:
    """Lays out a network. Before the order is known, rows are numbered: facts, then variables, then gates."""

    def __init__(self, frame: Frame, seeds: Numbers | None = None) -> None:
        found = _open_steps(frame, seeds)
        self.system, self.open_steps = frame.system, found
        steps = self.system.steps
        self.premises = steps.premises.take(found.steps)
        self.gate = steps.gate[found.steps]
        self.need = steps.need[found.steps]
        self.falls = RaggedArray(found.falls.indptr, self.system.facts.facts(found.falls.values, Capability.INACTIVE))
        conclusions = steps.conclusion[found.steps]
        self.facts = distinct(np.concatenate([self.premises.values, self.falls.values, conclusions]))
        self.conclusion = np.searchsorted(self.facts, conclusions)
        self.waits = (steps.delay_h[found.steps] > 0) & frame.is_timed
        waiting = found.steps[self.waits].tolist()
        self.variables: list[Variable] = [*found.variables, *(("buffer", step) for step in waiting)]
        self.first_variable = len(self.facts)
        self.first_buffer = self.first_variable + len(found.variables)
        self.first_gate = self.first_variable + len(self.variables)

    def network(self) -> Network:
        """The network."""
        edges, gates, wave = self.single_premise_edges(), self.gates(), self.open_steps.wave
        zeros = np.zeros(self.first_gate, np.int64)  # an OR, as facts are; variables have no inputs
        op, need = np.concatenate([zeros, gates.op]), np.concatenate([zeros, gates.need])
        alike = np.arange(len(self.facts)) if wave is not None else components(edges, len(self.facts))
        names, kept = _merged(alike, len(op))
        concluding = np.flatnonzero(gates.into != NO_INDEX)
        into = Edges(self.first_gate + concluding, gates.into[concluding])
        ored = _together(edges, into).renamed(names)
        inputs = RaggedArray(gates.inputs.indptr, names[gates.inputs.values])
        all_edges = _together(ored, Edges(inputs.values, names[self.first_gate + inputs.row_ids]))
        order = in_order(all_edges, len(kept)) if wave is None else by_waves(self._waves(wave, gates))
        rows = RaggedArray.grouped(all_edges.target, all_edges.source, len(kept))
        return self._laid_out(order, names, rows, op[kept], need[kept], self._buffers(gates).at(names))

    def _waves(self, wave: Numbers, gates: Gates) -> Numbers:
        """The wave that first gets to each row; a gate comes behind the last fact that it needs."""
        found = np.full(self.first_gate + len(gates.op), NO_INDEX)
        found[: len(self.facts)] = wave[self.facts] * 2
        needed = found[gates.inputs.values] + 1
        np.maximum.at(found, self.first_gate + gates.inputs.row_ids, needed)
        return found

    def _buffers(self, gates: Gates) -> Buffers:
        waiting = self.open_steps.steps[self.waits]
        used_up = self.first_buffer + np.arange(len(waiting))
        return Buffers(gates.enough, used_up, self.conclusion[self.waits], self.system.steps.delay_h[waiting])

    def _laid_out(
        self, order: Order, names: Numbers, inputs: RaggedArray, op: Numbers, need: Numbers, buffers: Buffers
    ) -> Network:
        """Everything by its row in the order."""
        row = np.empty(len(op), np.int64)
        row[order.rows] = np.arange(len(op))
        placed = inputs.take(order.rows)
        variables = enumerate(self.variables, self.first_variable)
        return Network(
            facts=self.facts,
            places=row[names[: self.first_variable]],
            variables={variable: int(row[names[number]]) for number, variable in variables},
            op=op[order.rows],
            need=need[order.rows],
            inputs=RaggedArray(placed.indptr, row[placed.values]),
            indptr=order.indptr,
            cycles=order.cycles,
            steps=len(self.open_steps.steps),
            buffers=buffers.at(row),
        )

    @cached_property
    def _kinds(self) -> tuple[Flags, Flags, Flags]:
        """Which steps pass on any one premise, which need all of several, and which count; some with a buffer."""
        premises = self.premises.lengths
        more = self.open_steps.conditions.lengths + self.falls.lengths
        whole = (self.gate == ALL) | ((self.gate == SOME) & (self.need == premises))
        single = (whole & (premises + more == 1)) | ((self.gate == SOME) & (self.need == 1) & (more == 0))
        single &= ~self.waits
        return single, whole & ~single, ~whole & ~single

    def single_premise_edges(self) -> Edges:
        """Between places in ``facts``: an edge for each premise that suffices for a step; also for inclusions."""
        single = self._kinds[0]
        premises = self.premises.take(single)
        sources = np.searchsorted(self.facts, premises.values)
        return _together(Edges(sources, self.conclusion[single][premises.row_ids]), self._closure())

    def _closure(self) -> Edges:
        """From each fact that has a row to those it includes that have one."""
        return Edges(*self.system.facts.inclusions(self.facts))

    def gates(self) -> Gates:
        """A row for each step of several premises; two for one that waits, or counts and needs more besides."""
        _, whole, counting = self._kinds
        more = self._more()
        beyond = self.waits | (counting & (more.lengths > 0))
        counted, joint = np.flatnonzero(counting | self.waits), np.flatnonzero(whole | beyond)
        premises = RaggedArray(self.premises.indptr, np.searchsorted(self.facts, self.premises.values))
        own = premises.take(joint)
        place = np.full(len(more), NO_INDEX)
        place[counted] = self.first_gate + np.arange(len(counted))
        enough = place[self.waits]
        place[self.waits] = self.first_buffer + np.arange(len(enough))
        firsts = pairwise(_replaced(own, place[joint]), more.take(joint))
        into = np.where(beyond[counted], NO_INDEX, self.conclusion[counted])
        ops = np.where(whole, AND, np.where(self.gate == VOTE, QUORUM, AT_LEAST))
        return Gates(
            op=np.concatenate([ops[counted], np.full(len(joint), AND)]),
            need=np.concatenate([self.need[counted], np.zeros(len(joint), np.int64)]),
            inputs=joined([premises.take(counted), firsts]),
            into=np.concatenate([into, self.conclusion[joint]]),
            enough=enough,
        )

    def _more(self) -> RaggedArray:
        """What each step needs besides its premises, by row: controls that must fall, and variables."""
        conditions = self.open_steps.conditions
        falls = RaggedArray(self.falls.indptr, np.searchsorted(self.facts, self.falls.values))
        return pairwise(falls, RaggedArray(conditions.indptr, self.first_variable + conditions.values))


def _merged(component: Numbers, count: int) -> tuple[Numbers, Numbers]:
    """With one row for each component of facts: the new number of each of ``count`` rows, for each new one an old."""
    shared = int(component.max(initial=-1)) + 1
    names = np.concatenate([component, shared + np.arange(count - len(component))])
    kept = np.empty(shared + count - len(component), np.int64)
    kept[names] = np.arange(count)
    return names, kept


def _together(one: Edges, other: Edges) -> Edges:
    return Edges(np.concatenate([one.source, other.source]), np.concatenate([one.target, other.target]))


def _replaced(lists: RaggedArray, by: Numbers) -> RaggedArray:
    """The lists, but where ``by`` is not ``NO_INDEX`` that number alone."""
    stays = by == NO_INDEX
    kept = stays[lists.row_ids]
    owners = np.concatenate([lists.row_ids[kept], np.flatnonzero(~stays)])
    return RaggedArray.grouped(owners, np.concatenate([lists.values[kept], by[~stays]]), len(lists))
