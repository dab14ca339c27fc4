"""Many worlds at once: one bit each, 64 to a machine word, filled in one pass over the steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from blastradius.columns.ragged import Flags, Numbers, RaggedArray, distinct
from blastradius.columns.tables import NO_INDEX
from blastradius.engine.batch import fill_numpy
from blastradius.engine.batch.alone import asked_alone
from blastradius.engine.batch.elsewhere import done_elsewhere, spreading
from blastradius.engine.batch.frame import Frame, checked_worlds, parts
from blastradius.engine.batch.hours import Late, packed, pass_hours
from blastradius.engine.batch.network import BackEnd, Bits, Network, network_of, restricted
from blastradius.engine.batch.proposal import Proposal
from blastradius.engine.numbering import CAPABILITIES, MODEL_NUMBER, STRONGER
from blastradius.engine.prepared import PreparedEstate, compile_system
from blastradius.engine.proof import Claims
from blastradius.engine.scenario import World, plain, what_if
from blastradius.engine.telling import tell
from blastradius.errors import UsageError
from blastradius.memory import require

if TYPE_CHECKING:
    from concurrent.futures import Executor

WORDS = 16
"""Words of 64 worlds that are solved together; at 16 a row is two cache lines."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Worlds of an estate that are solved on the same rows, block by block."""

    system: PreparedEstate
    frame: Frame
    network: Network
    proposal: Proposal | None
    back_end: BackEnd

    @cached_property
    def named(self) -> tuple[Numbers, Numbers]:
        """The facts that have a row, by name and capability."""
        return self.system.facts.named(self.network.facts[self.network.places != NO_INDEX])


@dataclass(frozen=True)
class Solved:
    """A block of worlds solved together: ``places`` are their places in the list that was asked.

    ``state`` is (rows of the network, words). ``loose`` has the bits of facts without a row, seeds that nothing follows
    from: facts by number, words and bits. ``late`` is what of the state came after the first hour, in order.
    """

    batch: Batch
    frame: Frame
    places: Numbers
    state: Bits
    loose: list[tuple[Numbers, Numbers, Bits]]
    late: list[Late] = field(default_factory=list)

    @property
    def network(self) -> Network:
        """The rows that were filled."""
        return self.batch.network

    @property
    def worlds(self) -> Sequence[World]:
        """The worlds, in the order of their bits."""
        return self.frame.worlds

    @property
    def claims(self) -> Claims:
        """All that is claimed of the worlds, for the checker."""
        numbering, network = self.batch.system.facts, self.network
        placed = network.places != NO_INDEX
        loose = distinct(np.concatenate([_NONE, *(facts for facts, _, _ in self.loose)]))
        both = zip(self.batch.named, numbering.named(loose), strict=True)
        name, capability = (np.concatenate(columns) for columns in both)
        new = list(self.batch.proposal.new if self.batch.proposal is not None else ())
        beyond = np.flatnonzero(name >= len(numbering.names))  # facts that only the proposal knows are numbered last
        of_new = np.array([MODEL_NUMBER[fact.capability] for fact in new], np.int64)
        capability[beyond] = of_new[name[beyond] - len(numbering.names)]
        return Claims(
            worlds=tuple(self.worlds),
            places=self.places,
            names=[*numbering.names, *(fact.entity for fact in new)],
            entity=name,
            capability=capability,
            row=np.concatenate([network.places[placed], len(self.state) + np.arange(len(loose))]),
            words=np.concatenate([self.state, self.bits(loose)]),
            late=tuple(self._late(loose)),
        )

    def _late(self, loose: Numbers) -> Iterator[Late]:
        """What comes late: rows, and behind them facts without one that something with a row includes."""
        (_, first), *others = self.by_hour()
        before = first.bits(loose)
        for (hour, then), (_, rows, bits) in zip(others, self.late, strict=True):
            held = then.bits(loose)
            new = np.flatnonzero((held != before).any(axis=1))
            both = np.concatenate([rows, len(self.state) + new]), np.concatenate([bits, held[new] ^ before[new]])
            yield Late(hour, *both)
            before = held

    def by_hour(self) -> Iterator[tuple[float, Solved]]:
        """The same block as it is from each hour on in which anything comes, the first hour among them."""
        state = self.state.copy()
        for _, rows, bits in self.late:
            state[rows] ^= bits
        yield 0.0, replace(self, state=state)
        for hour, rows, bits in self.late:
            state = state.copy()
            state[rows] |= bits
            yield hour, replace(self, state=state)

    def bits(self, facts: Numbers) -> Bits:
        """For each fact (by number) a row of words: the worlds in which it, or one that includes it, holds."""
        found = np.zeros((len(facts), self.state.shape[1]), np.uint64)
        rowless = self._or_into(found, np.arange(len(facts)), facts)
        entity, place = self.frame.system.facts.split(facts[rowless])
        for part in distinct(place[entity >= 0]).tolist():
            here = np.flatnonzero((place == part) & self.frame.system.facts.applies(facts[rowless]))
            for whole in STRONGER[part]:
                self._or_into(found, rowless[here], entity[here] * len(CAPABILITIES) + whole)
        return found

    def add(self, facts: Numbers, words: Numbers, bits: Bits) -> None:
        """Set bits: for each fact some bits of one word."""
        rows = self.network.row_of(facts)
        known = rows != NO_INDEX
        np.bitwise_or.at(self.state.ravel(), rows[known] * self.state.shape[1] + words[known], bits[known])
        if not known.all():
            self.loose.append((facts[~known], words[~known], bits[~known]))

    def _or_into(self, found: Bits, here: Numbers, facts: Numbers) -> Numbers:
        """Add what is held of facts to rows of ``found``, each named once; those of which there is no row."""
        rows = self.network.row_of(facts)
        known = rows != NO_INDEX
        found[here[known]] |= self.state[rows[known]]
        for loose, words, bits in self.loose if len(facts) else ():
            order = np.argsort(facts)
            near = np.minimum(np.searchsorted(facts, loose, sorter=order), len(facts) - 1)
            same = facts[order[near]] == loose
            np.bitwise_or.at(found, (here[order[near[same]]], words[same]), bits[same])
        rowless: Numbers = here[~known]
        return rowless

    def holds(self, facts: Numbers) -> NDArray[np.bool_]:
        """For each fact and each world whether it holds there."""
        return unpacked(self.bits(facts), len(self.places))


def unpacked(bits: Bits, worlds: int) -> NDArray[np.bool_]:
    """Rows of words as rows of truth values, one a world."""
    spread = np.unpackbits(bits.astype("<u8", copy=False).view(np.uint8), axis=-1, bitorder="little")
    return spread[..., :worlds].astype(np.bool_)


def solve_worlds(
    system: PreparedEstate,
    worlds: Sequence[World],
    *,
    proposal: Proposal | None = None,
    engine: Literal["numpy", "fast"] | None = None,
    executor: Executor | None = None,
) -> Iterator[Solved]:
    """Solve worlds, some hundreds at a time; every world is in exactly one of the results.

    ``proposal`` is what holds besides the estate in the worlds that are ``proposed``. ``engine`` is ``fast`` where
    numba is installed and there is enough to do, else ``numpy``; both give the same bits. ``executor`` solves the
    blocks: the same ones, in the same order; each of its processes compiles the estate once. Where none is named, that
    of ``spread_over`` does, if there is more than one block.

    Raises:
        UsageError: a world names something that the estate does not have, or a block of worlds does not fit
            into the memory that is free.
    """
    done = 0
    if worlds:
        tell(f"solving {len(worlds):,} scenarios")

    def told(solved: Solved) -> Solved:
        """The same block, which nothing here holds while the next is solved."""
        nonlocal done
        done += len(solved.places)
        if len(worlds) > done or done > 64 * WORDS:
            tell(f"{done:,} of {len(worlds):,} scenarios solved", done / len(worlds))
        return solved

    return map(told, _solved(system, worlds, proposal, engine, executor))


def _solved(
    system: PreparedEstate,
    worlds: Sequence[World],
    proposal: Proposal | None,
    engine: Literal["numpy", "fast"] | None,
    executor: Executor | None,
) -> Iterator[Solved]:
    """The blocks of worlds, one after the other."""
    asked = checked_worlds(system, worlds)
    engine = engine or suited(len(system.steps) * len(worlds))
    back_end = back_end_of(engine)
    alone = asked_alone(asked, system.is_telling)
    together = parts(asked, alone)
    if executor is None and sum(-(-len(part) // (64 * WORDS)) for part in together) + len(alone) > 1:
        executor = spreading()
    if executor is not None:
        yield from done_elsewhere(executor, system, proposal, _solve_job, _jobs(asked, together, alone, engine))
        return
    for part in together:
        batch = batch_of(system, [asked[place] for place in part], back_end, proposal)
        for first in range(0, len(part), 64 * WORDS):
            places = part[first : first + 64 * WORDS]
            whole = len(places) == len(part)
            frame = batch.frame if whole else Frame(system, [asked[place] for place in places])
            yield solve_block(batch, frame, np.array(places))
    for place in sorted(alone):
        yield solve_alone(system, asked[place], place, back_end, proposal)


class _Job(NamedTuple):
    """A block, as it is told to another process: worlds, and their places in the list that was asked."""

    worlds: list[World]
    places: list[int]
    alone: bool
    engine: Literal["numpy", "fast"] | None


def _jobs(
    asked: Sequence[World], together: list[list[int]], alone: set[int], engine: Literal["numpy", "fast"] | None
) -> Iterator[_Job]:
    """The blocks of all worlds, in the order in which they are solved here."""
    for part in together:
        for first in range(0, len(part), 64 * WORDS):
            places = part[first : first + 64 * WORDS]
            yield _Job([asked[place] for place in places], places, False, engine)
    for place in sorted(alone):
        yield _Job([asked[place]], [place], True, engine)


def _solve_job(system: PreparedEstate, proposal: Proposal | None, job: _Job) -> Solved:
    """Solve one block, wherever this runs."""
    back_end = back_end_of(job.engine)
    if job.alone:
        return solve_alone(system, job.worlds[0], job.places[0], back_end, proposal)
    batch = batch_of(system, job.worlds, back_end, proposal)
    return solve_block(batch, batch.frame, np.array(job.places))


def solve_alone(
    system: PreparedEstate, world: World, place: int, back_end: BackEnd, proposal: Proposal | None
) -> Solved:
    """Solve one world on an estate of its own: as it is changed in this world, the proposal in force or not."""
    added = (proposal.entities, proposal.relations) if proposal is not None and world.proposed else ((), ())
    controls = [f"{kind}@{host}" for kind, host in world.controls]
    changed = what_if(system.estate, world.scenario).changed(
        without=world.without, controls=controls, entities=added[0], relations=added[1]
    )
    own = system if changed is system.estate else compile_system(changed)
    frame = Frame(own, [World(plain(world.scenario))])
    return solve_block(batch_of(own, frame.worlds, back_end), frame, np.array([place]))


def settled(facts: Numbers) -> Network:
    """The rows of facts that are known to hold: nothing is left to fill."""
    count = len(facts)
    zeros, nothing = np.zeros(count, np.int64), RaggedArray(np.zeros(count + 1, np.int64), _NONE)
    return Network(facts, np.arange(count), {}, zeros, zeros, nothing, np.array([0, count]), (), 0)


def batch_of(
    system: PreparedEstate, worlds: Sequence[World], back_end: BackEnd, proposal: Proposal | None = None
) -> Batch:
    """The rows for worlds that are solved on the same ones."""
    frame = Frame(system, worlds)
    seeds = distinct(frame.seeds[0])
    in_part = proposal is None and system.is_asked_little(worlds)
    network = network_of(frame, system.networks, seeds if in_part else None)
    if len(worlds) > 64:
        seeds = seeds if proposal is None else distinct(np.concatenate([seeds, proposal.conclusions]))
        network = restricted(network, live_rows(network, seeds, back_end))
    return Batch(system, frame, network, proposal, back_end)


_NONE = np.zeros(0, np.int64)


def solve_block(batch: Batch, frame: Frame, places: Numbers, held: Numbers = _NONE) -> Solved:
    """Solve the worlds of one frame, all at once; in each of them some facts (by number) hold in any case."""
    network, proposal = batch.network, batch.proposal
    words = -(-len(frame.worlds) // 64)
    require(  # a row is words of 8 bytes; filling takes half as much to work with
        network.rows * words * 12,
        f"{network.rows:,} rows in {words * 64:,} worlds at once",
        "ask of a smaller estate",
    )
    solved = Solved(batch, frame, places, np.zeros((network.rows, words), np.uint64), [])
    fill = network.filler(batch.back_end)
    facts, worlds = frame.seeds
    word, bit = _words(worlds)
    solved.add(facts, word, bit)
    for word_of_all, bits in enumerate(packed(np.ones(len(frame.worlds), np.bool_)) if len(held) else ()):
        solved.add(held, np.full(len(held), word_of_all), np.full(len(held), bits))
    _set_variables(solved)
    fill(solved.state)
    while proposal is not None and _propose(solved, proposal):
        fill(solved.state)
    solved.late.extend(pass_hours(network, frame, solved.state, fill))
    batch.system.estate.require(_reached(solved))
    return solved


def _reached(solved: Solved) -> Iterator[str]:
    """What is reached in any world, by name; worked out where it is asked for."""
    claims = solved.claims
    somewhere: Flags = np.bitwise_or.reduce(claims.words, axis=1).astype(np.bool_)
    numbers: list[int] = distinct(claims.entity[somewhere[claims.row]]).tolist()
    yield from (claims.names[number] for number in numbers)


def live_rows(network: Network, seeds: Numbers, back_end: BackEnd) -> Flags:
    """The rows that can have a bit: those that have one in a world of all seeds and all condition variables at once."""
    state = np.zeros((network.rows, 1), np.uint64)
    rows = network.row_of(seeds)
    state[rows[rows != NO_INDEX]] = state[list(network.variables.values())] = 1
    network.filler(back_end)(state)
    live: Flags = state[:, 0] != 0
    return live


def _propose(solved: Solved, proposal: Proposal) -> bool:
    """Take the steps of a proposal once, in the worlds where it is in force; whether anything new came of it."""
    any_new = False
    for step in proposal.steps:
        held = solved.bits(step.premises)
        reached = np.bitwise_and.reduce(held, axis=0) & packed(proposal.open_in(step, solved.frame))
        before = solved.bits(step.conclusions[:1])[0]
        if (reached & ~before).any():
            any_new = True
            word = np.flatnonzero(reached)
            for fact in step.conclusions.tolist():
                solved.add(np.full(len(word), fact), word, reached[word])
    return any_new


def suited(amount: int) -> Literal["numpy"] | None:
    """The back end for so many steps times worlds: for few the import of the compiled one takes longer than they do."""
    return "numpy" if amount < _MUCH else None


@cache
def back_end_of(engine: Literal["numpy", "fast"] | None) -> BackEnd:
    """What lays out and fills rows.

    Raises:
        UsageError: ``fast`` was asked for and numba is not installed.
    """
    if engine != "numpy":
        try:
            from blastradius.engine.batch import fill_numba
        except ImportError:
            if engine == "fast":
                raise UsageError("the fast engine needs numba; pip install 'partner-blastradius[fast]'") from None
        else:
            return fill_numba.lay_out
    return fill_numpy.lay_out


def _set_variables(solved: Solved) -> None:
    """Set the rows of condition variables; most are true in most worlds."""
    frame, variables = solved.frame, solved.network.variables
    solved.state[list(variables.values())] = packed(np.ones(len(frame.worlds), np.bool_))
    solved.state[[row for (kind, _), row in variables.items() if kind == "buffer"]] = 0
    for (kind, what), row in variables.items():
        if kind in _ASSUMED:
            solved.state[row] = packed(_ASSUMED[kind](frame, what))
    for kind, changes in (("without", frame.removed), ("control", frame.added)):
        for change, worlds in changes.items():
            row = variables.get((kind, change), NO_INDEX)
            if row != NO_INDEX:
                word, bit = _words(worlds)
                np.bitwise_and.at(solved.state[row], word, ~bit)


_ASSUMED: dict[str, Callable[[Frame, Any], Flags]] = {
    "level": lambda frame, level: frame.levels >= level,
    "basis": lambda frame, basis: frame.basis >= basis,
    "opening": lambda frame, _: frame.opening,
}
"""The variables that hold in some worlds for what these assume, not for what was changed in them."""

_MUCH = 5_000_000
"""From how many steps times worlds on it pays to import the compiled back end, which takes half a second."""


def _words(worlds: Numbers) -> tuple[Numbers, Bits]:
    return worlds // 64, np.left_shift(np.uint64(1), (worlds % 64).astype(np.uint64))
