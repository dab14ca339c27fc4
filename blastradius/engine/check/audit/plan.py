"""A page of the audit's book: the ways that matter to some claims, by the classes of facts they lead to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from blastradius.engine.check.audit.instance_table import Asked, Book, closed_ways
from blastradius.engine.proof import Claims, Roll
from blastradius.estate import Estate
from blastradius.model import Capability

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Ways:
    """Ways in columns, as in the book: the needs of way ``i`` are ``needs[starts[i]:starts[i + 1]]``.

    ``masks`` say where a way is open, by row of a block's masks; ``besides`` what is needed apart from a count.
    """

    starts: Ints
    needs: Ints
    gives: Ints
    least: Ints
    masks: Ints
    besides: dict[int, Ints]

    def chosen(self, ways: Ints) -> Ways:
        """Some of them, in the order asked for."""
        needs, starts = self.needs_of(ways)
        some = np.flatnonzero(self.more_needed[ways]).tolist() if self.besides else []
        besides = {place: self.besides[int(ways[place])] for place in some}
        return Ways(starts, needs, self.gives[ways], self.least[ways], self.masks[ways], besides)

    def renamed(self, names: Ints) -> Ways:
        """The same ways between things of other numbers."""
        besides = {way: names[each] for way, each in self.besides.items()}
        return Ways(self.starts, names[self.needs], names[self.gives], self.least, self.masks, besides)

    @cached_property
    def lengths(self) -> Ints:
        """How many needs each has."""
        return np.diff(self.starts)

    @cached_property
    def more_needed(self) -> Flags:
        """Whether each needs something besides a count."""
        found = np.zeros(len(self.gives), np.bool_)
        found[list(self.besides)] = True
        return found

    @cached_property
    def first(self) -> Ints:
        """The first need of each."""
        return self.needs[self.starts[:-1]]

    @cached_property
    def free(self) -> Flags:
        """Whether each has one need, and is open in all worlds."""
        found: Flags = (self.lengths == 1) & (self.least == 0) & (self.masks == 0)
        return found

    @cached_property
    def whole(self) -> tuple[Ints, Ints, Ints]:
        """Those that need all of several, their needs, and where those of each begin."""
        ways = np.flatnonzero((self.least == 0) & (self.lengths > 1))
        needs, starts = self.needs_of(ways)
        return ways, needs, starts[:-1]

    @cached_property
    def counted(self) -> tuple[Ints, Ints, Ints]:
        """The same of those whose needs are counted."""
        ways = np.flatnonzero(self.least)
        needs, starts = self.needs_of(ways)
        return ways, needs, starts[:-1]

    @cached_property
    def masked(self) -> Ints:
        """Those that are closed in some worlds."""
        return np.flatnonzero(self.masks)

    def needs_of(self, ways: Ints) -> tuple[Ints, Ints]:
        """All needs of some ways, and where those of each begin and the last ones end."""
        return taken(self.needs, self.starts, ways)

    def pairs(self) -> tuple[Ints, Ints]:
        """Each need, those besides a count included, and the way that has it."""
        beside = [(each, np.full(len(each), way)) for way, each in self.besides.items()]
        needs, ways = zip((self.needs, np.repeat(np.arange(len(self.gives)), self.lengths)), *beside, strict=True)
        return np.concatenate(needs), np.concatenate(ways)


class Page:
    """The ways that something claimed leads into, and the facts they speak of by class.

    Facts that lead to each other by free ways are one class. Classes from ``knots`` on may need themselves, by way of
    others or not; those before never do. ``ways`` are sorted by the class they give. ``rows`` are the classes' rows of
    claims, those of ``rowless`` behind all others; ``apart`` are facts that have another row than their class;
    ``beyond`` are facts that the engine has and the book does not.
    """

    def __init__(self, estate: Estate, book: Book, claims: Claims) -> None:
        self.terms = list(book.known_terms)
        self.closed = closed_ways(estate, claims.alike)
        asked = dict.fromkeys(map(Asked.of, claims.alike))
        self.asked = {each: number for number, each in enumerate(asked)}
        ever = np.array([any(map(each.hold_in, self.asked)) for each in self.terms], np.bool_)
        columns = (book.starts, book.needs, book.gives, book.least, book.terms)
        starts, needs, gives, least, terms = (np.array(each, np.int64) for each in columns)
        besides = {way: np.array(each, np.int64) for way, each in book.besides.items()}
        ways = Ways(starts, needs, gives, least, self._masks(terms), besides)
        self.beyond, somewhere = claims.beyond(book.roll), claims.somewhere(book.roll)
        ways = ways.chosen(np.flatnonzero(_matter(ways, somewhere) & ever[terms]))
        somewhere[ways.gives] = somewhere[ways.pairs()[0]] = True
        known = np.flatnonzero(somewhere)
        rows = claims.rows(book.roll)[known]
        self._sort(ways.renamed(np.cumsum(somewhere) - 1), rows)
        self._name(book, known, rows, len(claims.state))
        self.estate = estate

    def _sort(self, ways: Ways, rows: Ints) -> None:
        """Put facts into classes, these by their rows, as they may be in an order of filling; and the ways by class."""
        alike = _alike(ways.first[ways.free], ways.gives[ways.free], len(rows))
        ways = ways.renamed(alike)
        ways = ways.chosen(np.flatnonzero(~ways.free | (ways.first != ways.gives)))
        knotted = _knotted(ways, int(alike.max(initial=-1)) + 1)
        self.knots = int(np.count_nonzero(~knotted))
        row = np.zeros(len(knotted), np.int64)
        row[alike] = rows
        number = np.argsort(np.lexsort((row, knotted)))
        self.classes: Ints = number[alike]
        ways = ways.renamed(number)
        self.ways = ways.chosen(np.argsort(ways.gives, kind="stable"))

    def _name(self, book: Book, known: Ints, rows: Ints, count: int) -> None:
        """Keep which facts the classes are of, and which of so many rows, and more, says where they are claimed."""
        first_of = np.unique(self.classes, return_index=True)[1]
        self.facts = [book.roll.facts[each] for each in known[first_of].tolist()]
        self.rows = rows[first_of]
        apart = np.flatnonzero(rows != self.rows[self.classes])
        self.apart = Roll(tuple(book.roll.facts[each] for each in known[apart].tolist()))
        self.class_of_apart = self.classes[apart]
        rowless = np.flatnonzero(self.rows < 0)
        self.rowless = Roll(tuple(self.facts[each] for each in rowless.tolist()))
        self.rows[rowless] = count + np.arange(len(rowless))
        self.entities = book.entities
        self.class_of: Ints = np.full((len(book.entities) + 1, len(Capability)), -1)  # the last is nobody's
        entity, capability = np.array(book.facts, np.int64).reshape(-1, 2)[known].T
        self.class_of[entity, capability] = self.classes

    def _masks(self, terms: Ints) -> Ints:
        """The row of masks of each way: 0 where it is open in all worlds, then terms, then ways closed one by one."""
        open_ = [all(map(each.hold_in, self.asked)) for each in self.terms]
        found = np.where(np.array(open_, np.bool_)[terms], 0, 1 + terms) if len(terms) else terms
        self.own = np.array(sorted({way for closed in self.closed.values() for way in closed}), np.int64)
        self.term_of_own = terms[self.own]
        found[self.own] = 1 + len(self.terms) + np.arange(len(self.own))
        return found

    # what is the same for all blocks, worked out when it is first needed

    @cached_property
    def of_kind(self) -> dict[str, list[str]]:
        """The controls of each kind."""
        found: dict[str, list[str]] = {}
        for name, each in self.estate.controls.items():
            found.setdefault(each.control.kind, []).append(name)
        return found

    @cached_property
    def tied(self) -> int:
        """The first of the ways that lead to knots; all behind it do."""
        return int(np.searchsorted(self.ways.gives, self.knots))

    @cached_property
    def onward(self) -> tuple[Ints, Ints]:
        """The tied ways that need each knot, one after the other, and where those of each begin and the last end."""
        needs, ways = self.ways.pairs()
        some = (needs >= self.knots) & (ways >= self.tied)
        order = np.argsort(needs[some], kind="stable")
        counts = np.bincount(needs[some] - self.knots, minlength=len(self.facts) - self.knots)
        return ways[some][order], starts_of(counts)


@dataclass(frozen=True)
class Block:
    """What is claimed of the classes of a page in some worlds.

    ``held`` has the rows that differ: first one of no world, then one of all, then others; ``at`` says which of them is
    the row of each class, ``open`` as much of each mask. ``seeded`` are classes in order, ``seeds`` their rows.
    """

    page: Page
    held: Words
    at: Ints
    open: Ints
    seeded: Ints
    seeds: Words


@dataclass(frozen=True)
class Defect:
    """Classes of which something is wrong, in the worlds of a row each: it follows and is not claimed, or neither."""

    classes: Ints
    wrong: Words
    over: bool


def taken(values: Ints, starts: Ints, which: Ints) -> tuple[Ints, Ints]:
    """Some of many lists that stand one after the other: their values, and where each begins and the last ends."""
    lengths = starts[which + 1] - starts[which]
    begins = starts_of(lengths)
    return values[np.arange(begins[-1]) + np.repeat(starts[which] - begins[:-1], lengths)], begins


def starts_of(lengths: Ints) -> Ints:
    """Where lists of these lengths begin, and where the last one ends."""
    starts = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=starts[1:])
    return starts


def _matter(ways: Ways, somewhere: Flags) -> Flags:
    """Whether of what each way needs enough is claimed anywhere for it to lead on."""
    if not len(ways.gives):
        return np.zeros(0, np.bool_)
    held = np.add.reduceat(somewhere[ways.needs].astype(np.int64), ways.starts[:-1])
    found: Flags = np.where(ways.least == 0, held == ways.lengths, held > 0)
    return found


def _knotted(ways: Ways, count: int) -> Flags:
    """The classes that wait for themselves, each alone or with others."""
    needs, of_way = ways.pairs()
    knot = _alike(needs, ways.gives[of_way], count)
    found: Flags = np.bincount(knot, minlength=1)[knot] > 1
    found[needs[needs == ways.gives[of_way]]] = True
    return found


def _alike(source: Ints, target: Ints, count: int) -> Ints:
    """For each of some things its class: things that lead to each other."""
    graph = csr_array((np.ones(len(source), np.int8), (source, target)), shape=(count, count))
    _, labels = connected_components(graph, directed=True, connection="strong")
    return labels.astype(np.int64)
