"""The steps of a system as rows to fill: every fact is the OR of rows, every step of several premises an AND.

A row has one bit for each world of a frame. What is true or false in all worlds of the frame is settled here;
what differs between them (a level, a buffer, a relation taken away) becomes a row of its own, a token. Facts that
hold in the same worlds whatever happens, because each follows from the other, share a row.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from blastradius.engine.batch.frame import Frame
from blastradius.engine.batch.schedule import Edges, Order, components, in_order
from blastradius.engine.compile import ALL, CAPABILITIES, SOME, STRONGER, VOTE, System
from blastradius.estate.columns import NOWHERE
from blastradius.estate.ragged import Flags, Lists, Numbers, joined
from blastradius.model import Capability, Level

OR, AND, AT_LEAST, QUORUM = range(4)
"""What a row is of its inputs; ``AT_LEAST`` and ``QUORUM`` go with the row's ``need``."""

Token = tuple[str, Hashable]
_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True, eq=False)
class Network:
    """Rows in the order to fill them.

    ``facts`` are the facts that have a row (sorted) and ``places`` their rows; ``tokens`` the rows of what differs
    between worlds. ``op``, ``need`` and ``inputs`` say what each row is made of; group ``i`` is the rows from
    ``starts[i]`` to ``starts[i + 1]``, and the groups of a span in ``again`` are filled until nothing changes.
    """

    facts: Numbers
    places: Numbers
    tokens: dict[Token, int]
    op: Numbers
    need: Numbers
    inputs: Lists
    starts: Numbers
    again: tuple[tuple[int, int], ...]
    steps: int

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.op)

    def row_of(self, facts: Numbers) -> Numbers:
        """The row of each fact, or ``NOWHERE``."""
        if not len(self.facts):
            return np.full(len(facts), NOWHERE)
        near = np.minimum(np.searchsorted(self.facts, facts), len(self.facts) - 1)
        return np.where(self.facts[near] == facts, self.places[near], NOWHERE)


@dataclass(frozen=True)
class _Terms:
    """The steps that can be taken in some world, and what each needs besides its premises.

    ``asks`` are tokens, by their place in ``tokens``; ``falls`` the controls that must have fallen.
    """

    steps: Numbers
    asks: Lists
    falls: Lists
    tokens: tuple[Token, ...]


def restricted(network: Network, live: Flags) -> Network:
    """The network without the rows that are empty in all worlds that will be asked."""
    row = np.where(live, np.cumsum(live) - 1, NOWHERE)
    kept = np.flatnonzero(live)
    placed = network.inputs.take(kept)
    inputs = row[placed.values]
    votes = (network.op == QUORUM)[kept][placed.owners]
    needed = (inputs != NOWHERE) | votes
    never = len(kept)  # a row that stays empty, for the feeds of a quorum that are never wrong or down
    grouped = Lists.grouped(placed.owners[needed], np.where(inputs == NOWHERE, never, inputs)[needed], len(kept) + 1)
    before = np.searchsorted(kept, network.starts)
    return Network(
        facts=network.facts,
        places=row[network.places],
        tokens={token: int(row[place]) for token, place in network.tokens.items()},
        op=np.append(network.op[kept], OR),
        need=np.append(network.need[kept], 0),
        inputs=grouped,
        starts=np.append(before, never + 1),
        again=network.again,
        steps=network.steps,
    )


def network_of(frame: Frame, *, single: bool = False) -> Network:
    """The network for the worlds of a frame; ``single`` leaves out all steps of more than one premise."""
    key = ("network", single, *_telling(frame))
    cache = frame.system.cache
    if key not in cache:
        cache[key] = _Builder(frame.system, _terms(frame), single=single).network()
    found: Network = cache[key]
    return found


def plain_edges(frame: Frame) -> tuple[Numbers, Edges]:
    """The steps of one premise as a graph, for comparison: facts by number, and edges between their places."""
    builder = _Builder(frame.system, _terms(frame), single=True)
    return builder.facts, builder.plain_edges()


def _telling(frame: Frame) -> Iterator[Hashable]:
    """What of a frame decides its network."""
    failing_in = np.bincount(frame.failing[1], minlength=len(frame.system.facts.controls))
    yield int(frame.levels.min(initial=4)), int(frame.levels.max(initial=1))
    yield frozenset(each.scenario.hours for each in frame.worlds)
    yield (np.flatnonzero(failing_in == len(frame.worlds)).tobytes(), np.flatnonzero(failing_in).tobytes())
    yield bool(frame.opening.any()), bool(frame.opening.all())
    for differing in (frame.removed, frame.added):
        yield frozenset((what, len(np.unique(worlds)) == len(frame.worlds)) for what, worlds in differing.items())


class _Asking:
    """Gathers which steps are out, and which ask for a token."""

    def __init__(self, count: int) -> None:
        self.open = np.ones(count, np.bool_)
        self.tokens: list[Token] = []
        self.pairs: list[tuple[Numbers, int]] = []

    def only_where(self, steps: Numbers, worlds: Flags, token: Token) -> None:
        """These steps can be taken in these worlds only."""
        if worlds.all() or not len(steps):
            return
        if worlds.any():
            self.pairs.append((steps, len(self.tokens)))
            self.tokens.append(token)
        else:
            self.open[steps] = False


def _terms(frame: Frame) -> _Terms:
    system, steps = frame.system, frame.system.steps
    asking = _Asking(len(steps))
    for level in Level:
        asking.only_where(np.flatnonzero(steps.level == level), frame.levels >= level, ("level", int(level)))
    for buffer_h in np.unique(steps.buffer_h[~np.isnan(steps.buffer_h)]).tolist():
        asking.only_where(np.flatnonzero(steps.buffer_h == buffer_h), frame.outlasting(buffer_h), ("buffer", buffer_h))
    asking.only_where(np.flatnonzero(steps.fails_closed), frame.opening, ("opening", None))
    for name, worlds in frame.removed.items():
        along = np.array(system.steps_along[system.relation_numbers[name]], np.int64)
        asking.only_where(along, _but(worlds, len(frame.worlds)), ("without", name))
    for added, worlds in frame.added.items():
        asking.only_where(system.stopped_by(*added), _but(worlds, len(frame.worlds)), ("control", added))
    falls = _falls(frame, asking.open)
    owners = np.concatenate([_NONE, *(each for each, _ in asking.pairs)])
    tokens = np.concatenate([_NONE, *(np.full(len(each), token) for each, token in asking.pairs)])
    asks = Lists.grouped(owners, tokens, len(steps))
    left = np.flatnonzero(asking.open)
    return _Terms(left, asks.take(left), falls.take(left), tuple(asking.tokens))


def _but(worlds: Numbers, count: int) -> Flags:
    found = np.ones(count, np.bool_)
    found[worlds] = False
    return found


def _falls(frame: Frame, open_: Flags) -> Lists:
    """The controls that must fall for each step; steps whose control cannot fall in any world are closed."""
    controls, blockers = frame.system.columns.controls, frame.system.steps.blockers
    failing_in = np.bincount(frame.failing[1], minlength=len(controls.kind))
    stands = failing_in < len(frame.worlds)
    forever = (failing_in == 0) & (controls.provider == NOWHERE)
    open_[blockers.owners[forever[blockers.values]]] = False
    kept = stands[blockers.values]
    return Lists.grouped(blockers.owners[kept], blockers.values[kept], len(blockers))


@dataclass(frozen=True)
class _Made:
    """Rows besides facts and tokens: what they are, of which rows, and into which fact they go, if into one."""

    op: Numbers
    need: Numbers
    inputs: Lists
    into: Numbers


class _Builder:
    def __init__(self, system: System, terms: _Terms, *, single: bool) -> None:
        self.system = system
        self.terms = terms
        self.single = single
        steps = system.steps
        self.premises = steps.premises.take(terms.steps)
        self.gate = steps.gate[terms.steps]
        self.need = steps.need[terms.steps]
        self.falls = Lists(terms.falls.starts, system.facts.facts(terms.falls.values, Capability.INACTIVE))
        conclusions = steps.conclusion[terms.steps]
        said = np.concatenate([self.premises.values, self.falls.values, conclusions])
        self.facts = np.unique(said)
        self.conclusion = np.searchsorted(self.facts, conclusions)
        self.first_token = len(self.facts)
        self.first_made = self.first_token + len(terms.tokens)

    def network(self) -> Network:
        edges, made = self.plain_edges(), self._made()
        alike = self._alike(edges)
        op = np.concatenate([np.zeros(self.first_made, np.int64), made.op])
        need = np.concatenate([np.zeros(self.first_made, np.int64), made.need])
        names, kept = self._merged(alike, len(op))
        concluding = np.flatnonzero(made.into != NOWHERE)
        into = Edges(self.first_made + concluding, made.into[concluding])
        ored = _together(edges, into).renamed(names)
        inputs = Lists(made.inputs.starts, names[made.inputs.values])
        owners = names[self.first_made + inputs.owners]
        all_edges = Edges(np.concatenate([ored.source, inputs.values]), np.concatenate([ored.target, owners]))
        order = in_order(all_edges, len(kept))
        return self._laid_out(
            order, names, Lists.grouped(all_edges.target, all_edges.source, len(kept)), op, need, kept
        )

    def _laid_out(
        self, order: Order, names: Numbers, inputs: Lists, op: Numbers, need: Numbers, kept: Numbers
    ) -> Network:
        """Everything by its row in the order."""
        row = np.empty(len(kept), np.int64)
        row[order.rows] = np.arange(len(kept))
        placed = inputs.take(order.rows)
        tokens = {token: int(row[names[self.first_token + n]]) for n, token in enumerate(self.terms.tokens)}
        return Network(
            facts=self.facts,
            places=row[names[: self.first_token]],
            tokens=tokens,
            op=op[kept][order.rows],
            need=need[kept][order.rows],
            inputs=Lists(placed.starts, row[placed.values]),
            starts=order.starts,
            again=order.again,
            steps=len(self.terms.steps),
        )

    @cached_property
    def _kinds(self) -> tuple[Flags, Flags, Flags]:
        """Which steps pass on any one premise, which need all of several, and which count."""
        premises = self.premises.lengths
        more = self.terms.asks.lengths + self.falls.lengths
        whole = (self.gate == ALL) | ((self.gate == SOME) & (self.need == premises))
        plain = (whole & (premises + more == 1)) | ((self.gate == SOME) & (self.need == 1) & (more == 0))
        return plain, whole & ~plain, ~whole & ~plain

    def plain_edges(self) -> Edges:
        """An edge for each step of one premise, and for what facts include."""
        plain = self.premises.take(self._kinds[0])
        sources = np.searchsorted(self.facts, plain.values)
        return _together(Edges(sources, self.conclusion[self._kinds[0]][plain.owners]), self._closure())

    def _closure(self) -> Edges:
        """From each fact to those it includes; past one that has no row."""
        entity, place = self.system.facts.split(self.facts)
        sources, targets = [_NONE], [_NONE]
        for part, wholes in STRONGER.items():
            here = np.flatnonzero(place == part)
            for whole in wholes[1:]:
                there = entity[here] * len(CAPABILITIES) + whole
                at = np.minimum(np.searchsorted(self.facts, there), len(self.facts) - 1)
                found = self.facts[at] == there
                sources.append(at[found])
                targets.append(here[found])
        return Edges(np.concatenate(sources), np.concatenate(targets))

    def _made(self) -> _Made:
        """A row for each step of several premises; two for one that counts and asks for more besides."""
        _, whole, counting = self._kinds
        if self.single:
            whole = counting = np.zeros(len(whole), np.bool_)
        more = self._more()
        beyond = counting & (more.lengths > 0)
        counted, joint = np.flatnonzero(counting), np.flatnonzero(whole | beyond)
        premises = Lists(self.premises.starts, np.searchsorted(self.facts, self.premises.values))
        own = premises.take(joint)
        place = np.full(len(more), NOWHERE)
        place[counted] = self.first_made + np.arange(len(counted))
        firsts = joined_pairwise(_replaced(own, place[joint]), more.take(joint))
        into = np.where(beyond[counted], NOWHERE, self.conclusion[counted])
        votes = self.gate[counted] == VOTE
        return _Made(
            op=np.concatenate([np.where(votes, QUORUM, AT_LEAST), np.full(len(joint), AND)]),
            need=np.concatenate([self.need[counted], np.zeros(len(joint), np.int64)]),
            inputs=joined([premises.take(counted), firsts]),
            into=np.concatenate([into, self.conclusion[joint]]),
        )

    def _more(self) -> Lists:
        """What each step needs besides its premises, by row: controls that must fall, and tokens."""
        falls = Lists(self.falls.starts, np.searchsorted(self.facts, self.falls.values))
        return joined_pairwise(falls, Lists(self.terms.asks.starts, self.first_token + self.terms.asks.values))

    def _alike(self, edges: Edges) -> Numbers:
        """Facts that follow from each other in any world, by the number they share."""
        return components(edges, len(self.facts))

    def _merged(self, alike: Numbers, count: int) -> tuple[Numbers, Numbers]:
        """The new number of each row, and for each new number an old one."""
        shared = int(alike.max(initial=-1)) + 1
        names = np.concatenate([alike, shared + np.arange(count - len(alike))])
        kept = np.empty(shared + count - len(alike), np.int64)
        kept[names] = np.arange(count)
        return names, kept


def _together(one: Edges, other: Edges) -> Edges:
    return Edges(np.concatenate([one.source, other.source]), np.concatenate([one.target, other.target]))


def joined_pairwise(one: Lists, other: Lists) -> Lists:
    """Each list of the one followed by that of the other."""
    owners = np.concatenate([one.owners, other.owners])
    return Lists.grouped(owners, np.concatenate([one.values, other.values]), len(one))


def _replaced(lists: Lists, by: Numbers) -> Lists:
    """The lists, where ``by`` has a number that number alone."""
    stays = by == NOWHERE
    kept = stays[lists.owners]
    owners = np.concatenate([lists.owners[kept], np.flatnonzero(~stays)])
    return Lists.grouped(owners, np.concatenate([lists.values[kept], by[~stays]]), len(lists))
