"""A page of the audit's book: the ways that matter to some claims, by the classes they lead to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from blastradius.engine.audit_book import Asked, Book, closed_ways
from blastradius.engine.proof import Claims, Roll
from blastradius.estate import Estate
from blastradius.model import Capability, Fact

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
Flags = NDArray[np.bool_]
_NONE: Ints = np.zeros(0, np.int64)
_LAST = np.iinfo(np.int64).max
_NARROW = 16
TOGETHER = 2048
"""Classes that are looked at together, so that their rows stay in the cache."""


@dataclass(frozen=True)
class Batch:
    """Ways of as many needs each, to be tried at once: ``needs`` (ways, needs) and ``gives`` (ways), by class.

    ``masks`` say where a way is open, by row of the block's masks. First stands one way to each class in ``into``,
    those of most ways first; then a second one to each, and so on, as many as ``columns`` say; the rest stand at the
    end, those to one class from each place in ``tails`` on.
    """

    ways: Ints
    needs: Ints
    gives: Ints
    least: Ints
    masks: Ints
    into: Ints
    columns: list[int]
    tails: Ints

    @classmethod
    def of(cls, ways: Ints, needs: Ints, gives: Ints, least: Ints, masks: Ints) -> Batch:
        """Ways in any order."""
        _, number, counts = np.unique(gives, return_inverse=True, return_counts=True)
        order = np.lexsort((gives, -counts[number.reshape(-1)]))
        begins = np.flatnonzero(np.diff(gives[order], prepend=-1))
        rank = np.minimum(np.arange(len(gives)) - np.repeat(begins, np.diff(begins, append=len(gives))), _NARROW)
        columns = np.bincount(rank, minlength=_NARROW + 1)
        order = order[np.argsort(rank, kind="stable")]
        tails = np.flatnonzero(np.diff(gives[order[len(order) - columns[-1] :]], prepend=-1))
        ways, needs, gives, least, masks = (each[order] for each in (ways, needs, gives, least, masks))
        filled = columns[:-1][columns[:-1] > 0].tolist()
        return cls(ways, needs, gives, least, masks, gives[: columns[0]], filled, tails)

    def take(self, some: Flags) -> Batch:
        """Some of the ways."""
        return Batch.of(self.ways[some], self.needs[some], self.gives[some], self.least[some], self.masks[some])

    def value(self, held: Words, masks: Words, besides: dict[int, Ints]) -> Words:
        """For each class in ``into`` the worlds in which some way leads to it from what is held."""
        if self.least.any():
            found = _counted(held[self.needs], self.least)
            for place, way in enumerate(self.ways.tolist()):
                if way in besides:
                    found[place] &= np.bitwise_and.reduce(held[besides[way]], axis=0)
        else:
            found = held.take(self.needs[:, 0], axis=0)
            for column in self.needs.T[1:]:
                found &= held.take(column, axis=0)
        if self.masks.any():
            found &= masks[self.masks]
        return self._by_class(found)

    def _by_class(self, found: Words) -> Words:
        at = self.columns[0]
        reached = found[:at]
        for longer in self.columns[1:]:
            reached[:longer] |= found[at : at + longer]
            at += longer
        if len(self.tails):
            reached[: len(self.tails)] |= np.bitwise_or.reduceat(found[at:], self.tails, axis=0)
        return reached


def _counted(held: Words, least: Ints) -> Words:
    """Where enough hold of ways (ways, needs, words); of a quorum's needs wrong feeds come first, then denied ones."""
    each = np.unpackbits(held.view(np.uint8), axis=-1)
    needed, vote_min = np.maximum(least, 0)[:, np.newaxis], np.maximum(-least, 0)[:, np.newaxis]
    enough = each.sum(axis=1, dtype=np.int64) >= needed
    if vote_min.any():
        feeds = held.shape[1] // 2
        wrong, down = each[:, :feeds].astype(np.bool_), each[:, feeds:].astype(np.bool_)
        both, only_down = (wrong & down).sum(axis=1), (down & ~wrong).sum(axis=1)
        lost = np.zeros(enough.shape, np.bool_)
        for silenced in range(feeds + 1):
            live, votes = feeds - only_down - silenced, wrong.sum(axis=1) - silenced
            lost |= (silenced <= both) & (votes >= np.where(live >= vote_min, live // 2 + 1, 1))
        enough = np.where(vote_min > 0, lost, enough)
    return np.packbits(enough, axis=-1).view(np.uint64)


class Page:
    """The ways that something claimed leads into, and the facts they speak of by class.

    Classes from ``knots`` on may need themselves, by way of others or not; those before never do. ``batches`` have the
    ways into each ``TOGETHER`` classes, ``again`` those into knots in the order to try them. ``firsts`` are one fact of
    each class, ``others`` the rest; ``beyond`` are facts that the engine has and the book does not.
    """

    def __init__(self, estate: Estate, book: Book, claims: Claims) -> None:
        columns = (book.starts, book.needs, book.gives, book.least, book.terms)
        starts, needs, gives, least, terms = (np.array(each, np.int64) for each in columns)
        roll, asked = Roll(tuple(book.number)), {Asked.of(world) for world in claims.alike}
        order, self.beyond = claims.order(roll), claims.beyond(roll)
        ever = np.array([any(map(each.hold_in, asked)) for each in book.known_terms], np.bool_)
        ways = np.flatnonzero(_matter(starts, needs, least, order >= 0) & ever[terms])
        names = list(book.number)
        known = np.flatnonzero(_mentioned(book, starts, needs, gives, ways) | (order >= 0))
        facts = [names[each] for each in known.tolist()]
        self.number: dict[tuple[str, Capability], int] = {fact: place for place, fact in enumerate(facts)}
        self.fallible = _fallible(estate, facts)
        self.terms = list(book.known_terms)
        self.closed = closed_ways(estate, claims.alike)
        self.mask_of = self._masks(terms, asked)
        place = np.full(len(names), -1)
        place[known] = np.arange(len(known))
        lengths = np.diff(starts)
        free = ways[(lengths[ways] == 1) & (least[ways] == 0) & (self.mask_of[ways] == 0)]
        alike = _alike(place[needs[starts[free]]], place[gives[free]], len(known))
        class_of = np.append(alike, -1)[place]
        ways = ways[(lengths[ways] > 1) | (class_of[needs[starts[ways]]] != class_of[gives[ways]])]
        needs, gives = class_of[needs], class_of[gives]
        beside = {way: class_of[book.besides[way]] for way in np.intersect1d(ways, list(book.besides)).tolist()}
        knotted = _knotted(*_pairs(ways, starts, needs, gives, beside), int(alike.max(initial=-1)) + 1)
        layer = _layers(alike, order[known], len(knotted))
        in_order = np.lexsort((layer, knotted))
        renumbered = np.append(np.argsort(in_order), -1)
        self.knots = int(np.count_nonzero(~knotted))
        self.classes = renumbered[alike]
        first_of = np.unique(self.classes, return_index=True)[1]
        others = np.setdiff1d(np.arange(len(known)), first_of)
        self.class_of_others = self.classes[others]
        self.firsts, self.others = (Roll(tuple(facts[each] for each in some.tolist())) for some in (first_of, others))
        self.besides = {way: renumbered[each] for way, each in beside.items()}
        self._put_together(ways, starts, renumbered[needs], renumbered[gives], least, layer[in_order])

    def _put_together(self, ways: Ints, starts: Ints, needs: Ints, gives: Ints, least: Ints, layer: Ints) -> None:
        self.batches: list[list[Batch]] = [[] for _ in range(-(-len(layer) // TOGETHER))]
        for each in self._batches(ways, starts, needs, gives, least, gives // TOGETHER):
            self.batches[each.gives[0] // TOGETHER].append(each)
        tied = ways[gives[ways] >= self.knots]
        self.again = list(self._batches(tied, starts, needs, gives, least, np.append(layer, 0)[gives]))

    def _batches(self, ways: Ints, starts: Ints, needs: Ints, gives: Ints, least: Ints, when: Ints) -> Iterator[Batch]:
        """Ways that can be tried together, in order of ``when``."""
        lengths: Ints = np.diff(starts)[ways]
        kinds = np.stack([when[ways], lengths, least[ways] != 0])
        _, kind_of = np.unique(kinds, axis=1, return_inverse=True)
        for some in np.split(*_grouped(kind_of.reshape(-1))) if len(ways) else ():
            chosen = ways[some]
            spread = needs[starts[chosen][:, np.newaxis] + np.arange(int(lengths[some[0]]))]
            yield Batch.of(chosen, spread, gives[chosen], least[chosen], self.mask_of[chosen])

    @cached_property
    def flat(self) -> tuple[Any, ...]:
        """The first knot, then the ways sorted by the class they give, as the compiled audit reads them."""
        batches = [each for together in self.batches for each in together]
        ways, gives, least, masks = (
            np.concatenate([_NONE, *(getattr(each, name) for each in batches)])
            for name in ("ways", "gives", "least", "masks")
        )
        lengths = np.concatenate([_NONE, *(np.full(len(each.ways), each.needs.shape[1]) for each in batches)])
        needs = [row for each in batches for row in each.needs]
        by_class = np.argsort(gives, kind="stable")
        beside = [self.besides.get(way, _NONE) for way in ways[by_class].tolist()]
        return (
            np.uint32(self.knots),
            _starts(np.bincount(gives, minlength=len(self.firsts.facts))),
            _starts(lengths[by_class]),
            np.concatenate([_NONE, *(needs[each] for each in by_class.tolist())]).astype(np.uint32),
            _starts(np.array([len(each) for each in beside], np.int64)),
            np.concatenate([_NONE, *beside]).astype(np.uint32),
            least[by_class].astype(np.int32),
            masks[by_class].astype(np.uint32),
        )

    def _masks(self, terms: Ints, asked: Iterable[Asked]) -> Ints:
        """The row of masks of each way: 0 where it is open in all worlds, then terms, then ways closed one by one."""
        open_ = [all(map(each.hold_in, asked)) for each in self.terms]
        found = np.where(np.array(open_, np.bool_)[terms], 0, 1 + terms) if len(terms) else terms
        self.own = sorted({way for closed in self.closed.values() for way in closed})
        self.term_of_own = terms[self.own]
        found[self.own] = 1 + len(self.terms) + np.arange(len(self.own))
        return found


def _fallible(estate: Estate, facts: Iterable[Fact]) -> dict[str, list[Fact]]:
    """For each kind of control the facts that one of them is inactive."""
    found: dict[str, list[Fact]] = {}
    for each in facts:
        if each.capability == Capability.INACTIVE and each.entity in estate.controls:
            found.setdefault(estate.controls[each.entity].control.kind, []).append(each)
    return found


def _knotted(source: Ints, target: Ints, count: int) -> Flags:
    """The classes that wait for themselves, each alone or with others."""
    knot = _alike(source, target, count)
    found: Flags = np.bincount(knot, minlength=1)[knot] > 1
    found[source[source == target]] = True
    return found


def _layers(alike: Ints, order: Ints, count: int) -> Ints:
    """For each class when the first of it is said to follow."""
    layer = np.full(count, _LAST)
    np.minimum.at(layer, alike, np.where(order < 0, _LAST, order))
    return layer


def _grouped(kinds: Ints) -> tuple[Ints, Ints]:
    """Places sorted by kind, and where the next kind begins."""
    places = np.argsort(kinds, kind="stable")
    return places, np.flatnonzero(np.diff(kinds[places])) + 1


def _starts(lengths: Ints) -> NDArray[np.uint32]:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.uint32)


def _matter(starts: Ints, needs: Ints, least: Ints, claimed: Flags) -> Flags:
    """Whether of what each way needs enough is claimed anywhere for it to lead on."""
    if not len(needs):
        return np.zeros(0, np.bool_)
    held = np.add.reduceat(claimed[needs].astype(np.int64), starts[:-1])
    found: Flags = np.where(least == 0, held == np.diff(starts), held > 0)
    return found


def _mentioned(book: Book, starts: Ints, needs: Ints, gives: Ints, ways: Ints) -> Flags:
    """The facts that ways speak of."""
    found = np.zeros(len(book.number), np.bool_)
    found[gives[ways]] = True
    among = np.zeros(len(gives), np.bool_)
    among[ways] = True
    found[needs[np.repeat(among, np.diff(starts))]] = True
    for way, each in book.besides.items():
        found[each] |= among[way]
    return found


def _pairs(ways: Ints, starts: Ints, needs: Ints, gives: Ints, besides: dict[int, Ints]) -> tuple[Ints, Ints]:
    """From each need of some ways to what the way gives."""
    lengths = np.diff(starts)[ways]
    offsets = np.concatenate([[0], np.cumsum(lengths)[:-1]]) if len(ways) else _NONE
    places = np.arange(lengths.sum()) + np.repeat(starts[ways] - offsets, lengths)
    beside = [(each, np.full(len(each), gives[way])) for way, each in besides.items()]
    sources, targets = zip((needs[places], np.repeat(gives[ways], lengths)), *beside, strict=True)
    return np.concatenate(sources), np.concatenate(targets)


def _alike(source: Ints, target: Ints, count: int) -> Ints:
    """For each fact its class: facts that lead to each other by ways open in all worlds."""
    graph = csr_array((np.ones(len(source), np.int8), (source, target)), shape=(count, count))
    _, labels = connected_components(graph, directed=True, connection="strong")
    return labels.astype(np.int64)
