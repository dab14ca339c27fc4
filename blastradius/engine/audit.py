"""The independent checker for many worlds at once: its own reading of the rules, one bit a world.

Of each block of worlds it asks what ``certificate`` asks of one: does every claimed fact follow, in some order, from
the seeds, and is there no open way out of what is claimed? The order comes with the claims and is a hint only: what
does not follow in that order is tried again until it does, or is refused. Facts that lead to each other by ways that
nothing can close hold in the same worlds, and are looked at as one.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import groupby
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from blastradius.engine.proof import Claims, Roll
from blastradius.engine.scenario import World
from blastradius.engine.ways import Way, all_ways
from blastradius.errors import CertificateError
from blastradius.estate import Estate
from blastradius.model import Capability, Fact

C = Capability
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
Flags = NDArray[np.bool_]
_NONE: Ints = np.zeros(0, np.int64)
_GAINS = (
    ("compromise", (C.CONTROL, C.READ, C.READ_SUBSET, C.WRITE, C.TAINT, C.DENY, C.DEGRADE, C.USE)),
    ("leak", (C.POSSESS,)),
    ("poison", (C.WRITE, C.TAINT)),
    ("wrong", (C.TAINT,)),
    ("outage", (C.DENY, C.DEGRADE)),
    ("breach", (C.READ, C.READ_SUBSET)),
)
_INCLUDES = (
    (C.CONTROL, (C.READ, C.READ_SUBSET, C.WRITE, C.TAINT, C.DENY, C.DEGRADE, C.USE)),
    (C.WRITE, (C.TAINT,)),
    (C.DENY, (C.DEGRADE,)),
    (C.READ, (C.READ_SUBSET,)),
)

_OVER, _UNDER = "follows and is not claimed", "does not follow from the seeds"
_WHOLES = frozenset(whole for whole, _ in _INCLUDES)


def check_worlds(estate: Estate, claims: Claims, proposed: Estate | None = None) -> None:
    """Verify what is claimed of many worlds.

    ``proposed`` has the relations that hold besides in the worlds where a proposal is in force.

    Raises:
        CertificateError: the first defect found, with the world.
    """
    page = _pages.get(claims.about)
    if page is None:
        if estate not in _books:
            _books[estate] = _Book(all_ways(estate))
        book = _books[estate]
        if proposed is not None:
            book = _Book(_ways_of_proposal(estate, proposed), book)
        page = _pages[claims.about] = _Page(estate, book, claims)
    _Check(estate, page, claims).run()


def _ways_of_proposal(estate: Estate, proposed: Estate) -> Iterator[Way]:
    """The ways of a proposal that the estate has not itself."""
    new = proposed.entities.keys() - estate.entities.keys()
    for way in all_ways(proposed):
        known = all(each in estate.relations for each in way.along)
        if not known or any(each.entity in new for each in (*way.needs, way.gives)):
            yield way


class _Terms(NamedTuple):
    """What a way asks besides its needs: a level, an outage past a buffer, distrust, a proposal in force."""

    level: int
    buffer: float | None
    fail_closed: bool
    proposed: bool

    def hold_in(self, world: World) -> bool:
        asked = world.scenario
        return (
            self.level <= asked.assume
            and not (self.buffer is not None and asked.hours is not None and asked.hours <= self.buffer)
            and (not self.fail_closed or "fail_closed" in asked.distrust)
            and (not self.proposed or world.proposed)
        )


class _Book:
    """Ways in columns, facts by number: the needs of way ``i`` stand at ``starts[i]`` to ``starts[i + 1]``.

    ``least`` is 0 where all of them are needed, a count where some are enough, and negative for a quorum (its
    ``vote_min``). Controls that stand on a way are needs too, that they are inactive; where needs are counted, they
    stand apart in ``besides``. ``more`` is put on top of ``base``, as a proposal.
    """

    def __init__(self, more: Iterable[Way], base: _Book | None = None) -> None:
        self.number: dict[Fact, int] = dict(base.number) if base else {}
        self.starts: array[int] = array("q", base.starts if base else [0])
        self.needs: array[int] = array("q", base.needs if base else [])
        self.gives: array[int] = array("q", base.gives if base else [])
        self.least: array[int] = array("q", base.least if base else [])
        self.terms: array[int] = array("q", base.terms if base else [])
        self.besides: dict[int, list[int]] = dict(base.besides) if base else {}
        self.known_terms: dict[_Terms, int] = dict(base.known_terms) if base else {}
        for way in more:
            self._add(way, proposed=base is not None)
        self._add_inclusions(len(base.number) if base else 0)

    def _add(self, way: Way, *, proposed: bool) -> None:
        standing = [Fact(each.id, C.INACTIVE) for each in way.guards if each.control.status != "failed"]
        counted = way.vote is not None or way.least not in (None, len(way.needs))
        if counted and standing:
            self.besides[len(self.gives)] = [self._number(each) for each in standing]
        self.needs.extend(self._number(each) for each in (way.needs if counted else (*way.needs, *standing)))
        self.starts.append(len(self.needs))
        self.gives.append(self._number(way.gives))
        self.least.append(0 if not counted else -way.vote[1] if way.vote else way.least or 0)
        terms = _Terms(way.level, way.buffer, way.fail_closed, proposed)
        self.terms.append(self.known_terms.setdefault(terms, len(self.known_terms)))

    def _add_inclusions(self, before: int) -> None:
        """What facts include follows from them, where some way speaks of both; those before were seen to already."""
        for number, fact in enumerate(list(self.number)):
            for whole, parts in _INCLUDES if fact.capability in _WHOLES else ():
                for part in parts if whole == fact.capability else ():
                    included = Fact(fact.entity, part)
                    if self.number.get(included, -1) >= (before if number < before else 0):
                        self._add(Way("closure", 1, (fact,), included), proposed=False)

    def _number(self, fact: Fact) -> int:
        return self.number.setdefault(fact, len(self.number))


_books: WeakKeyDictionary[Estate, _Book] = WeakKeyDictionary()


def _starts(lengths: Ints) -> NDArray[np.uint32]:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.uint32)


def _closed_ways(estate: Estate, worlds: Iterable[World]) -> dict[Any, list[int]]:
    """For each relation that some world is without, and each control that some world adds, the ways it closes."""
    removed = {name for world in worlds for name in world.without}
    added = {each for world in worlds for each in world.controls}
    found: dict[Any, list[int]] = {each: [] for each in (*removed, *added)}
    for number, way in enumerate(all_ways(estate)) if found else ():
        for name in removed.intersection(way.along):
            found[name].append(number)
        for kind, host in added:
            if kind in way.guards.kinds and host in way.guards.hosts:
                found[kind, host].append(number)
    return found


@dataclass(frozen=True)
class _Batch:
    """Ways of as many needs each, to be tried at once: ``needs`` (ways, needs) and ``gives`` (ways), by class.

    ``masks`` say where a way is open, by row of the block's masks; the ways to ``into[i]`` begin at ``firsts[i]``.
    """

    ways: Ints
    needs: Ints
    gives: Ints
    least: Ints
    masks: Ints
    into: Ints
    firsts: Ints

    @classmethod
    def of(cls, ways: Ints, needs: Ints, gives: Ints, least: Ints, masks: Ints) -> _Batch:
        order = np.argsort(gives, kind="stable")
        into, firsts = np.unique(gives[order], return_index=True)
        return cls(ways[order], needs[order], gives[order], least[order], masks[order], into, firsts)

    def take(self, some: Flags) -> _Batch:
        return _Batch.of(self.ways[some], self.needs[some], self.gives[some], self.least[some], self.masks[some])

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
        return np.bitwise_or.reduceat(found, self.firsts, axis=0) if len(self.into) < len(found) else found


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


class _Page:
    """The ways that something claimed leads into, facts by class, in the order to try them."""

    def __init__(self, estate: Estate, book: _Book, claims: Claims) -> None:
        columns = (book.starts, book.needs, book.gives, book.least, book.terms)
        starts, needs, gives, least, terms = (np.array(each, np.int64) for each in columns)
        order = claims.order(Roll(tuple(book.number)))
        ever = np.array([any(each.hold_in(world) for world in claims.alike) for each in book.known_terms], np.bool_)
        ways = np.flatnonzero(_matter(starts, needs, least, order >= 0) & ever[terms])
        self.facts = np.flatnonzero(_mentioned(book, starts, needs, gives, ways) | (order >= 0))
        names = list(book.number)
        facts = [names[each] for each in self.facts.tolist()]
        self.number = {fact: place for place, fact in enumerate(facts)}
        self.fallible: dict[str, list[Fact]] = {}
        for each in facts:
            if each.capability == C.INACTIVE and each.entity in estate.controls:
                self.fallible.setdefault(estate.controls[each.entity].control.kind, []).append(each)
        place = np.full(len(names), -1)
        place[self.facts] = np.arange(len(self.facts))
        self.terms = list(book.known_terms)
        self.closed = _closed_ways(estate, claims.alike)
        self.mask_of = self._masks(terms, claims.alike)
        lengths = np.diff(starts)
        free = ways[(lengths[ways] == 1) & (least[ways] == 0) & (self.mask_of[ways] == 0)]
        self.classes = _alike(place[needs[starts[free]]], place[gives[free]], len(self.facts))
        first_of = np.unique(self.classes, return_index=True)[1]
        others = np.setdiff1d(np.arange(len(self.facts)), first_of)
        self.class_of_others = self.classes[others]
        self.firsts, self.others = (Roll(tuple(facts[each] for each in some.tolist())) for some in (first_of, others))
        self.besides = {way: self.classes[place[each]] for way, each in book.besides.items() if place[each].min() >= 0}
        class_of = np.append(self.classes, -1)[place]
        inside = (lengths[ways] == 1) & (class_of[needs[starts[ways]]] == class_of[gives[ways]])
        ways = ways[~inside]
        self.stage, self.layer = self._stages(order, *_pairs(ways, starts, class_of[needs], class_of[gives]))
        self.batches: list[_Batch] = []
        given = class_of[gives[ways]]
        kinds = np.stack([self.stage[given], self.layer[given], lengths[ways], least[ways] != 0])
        for kind in np.unique(kinds, axis=1).T:
            some = ways[(kinds == kind[:, np.newaxis]).all(axis=0)]
            spread = class_of[needs[starts[some][:, np.newaxis] + np.arange(kind[2])]]
            self.batches.append(_Batch.of(some, spread, class_of[gives[some]], least[some], self.mask_of[some]))

    @cached_property
    def flat(self) -> tuple[Any, ...]:
        """The ways sorted by the class they give, as the compiled audit reads them."""
        ways, gives, least, masks = (
            np.concatenate([_NONE, *(getattr(each, name) for each in self.batches)])
            for name in ("ways", "gives", "least", "masks")
        )
        lengths = np.concatenate([_NONE, *(np.full(len(each.ways), each.needs.shape[1]) for each in self.batches)])
        needs = [row for each in self.batches for row in each.needs]
        by_class = np.argsort(gives, kind="stable")
        beside = [self.besides.get(way, _NONE) for way in ways[by_class].tolist()]
        ordered = (
            gives[by_class].astype(np.uint32),
            _starts(lengths[by_class]),
            np.concatenate([_NONE, *(needs[each] for each in by_class.tolist())]).astype(np.uint32),
            _starts(np.array([len(each) for each in beside], np.int64)),
            np.concatenate([_NONE, *beside]).astype(np.uint32),
            least[by_class].astype(np.int32),
            masks[by_class].astype(np.uint32),
        )
        in_order = np.lexsort((self.layer, self.stage)).astype(np.uint32)
        stage = self.stage[in_order]
        ends = np.flatnonzero(np.diff(stage, append=-1)) + 1
        stages = np.stack([np.append(0, ends[:-1]), ends, stage[ends - 1] % 2], axis=1) if len(ends) else _NONE
        of_class = _starts(np.bincount(gives, minlength=len(self.firsts.facts)))
        return stages.reshape(-1, 3).astype(np.uint32), in_order, of_class, *ordered

    def _stages(self, order: Ints, source: Ints, target: Ints) -> tuple[Ints, Ints]:
        """For each class its stage, and its layer in it; classes that wait for each other share an odd stage."""
        layer = np.full(len(self.firsts.facts), np.iinfo(np.int64).max)
        np.minimum.at(layer, self.classes, np.where(order < 0, layer[:1].max(initial=0), order)[self.facts])
        knot = _alike(source, target, len(layer))
        tied = np.bincount(knot)[knot] > 1
        return _longest_ways(knot[source], knot[target], int(knot.max(initial=-1)) + 1)[knot] * 2 + tied, np.where(
            tied, layer, 0
        )

    def _masks(self, terms: Ints, worlds: Sequence[World]) -> Ints:
        """The row of masks of each way: 0 where it is open in all worlds, then terms, then ways closed one by one."""
        open_ = [all(each.hold_in(world) for world in worlds) for each in self.terms]
        found = np.where(np.array(open_, np.bool_)[terms], 0, 1 + terms) if len(terms) else terms
        self.own = sorted({way for closed in self.closed.values() for way in closed})
        self.term_of_own = terms[self.own]
        found[self.own] = 1 + len(self.terms) + np.arange(len(self.own))
        return found


@cache
def _swift() -> Any:
    """The compiled audit, where numba is installed."""
    try:
        from blastradius.engine import audit_swift
    except ImportError:
        return None
    return audit_swift


def _matter(starts: Ints, needs: Ints, least: Ints, claimed: Flags) -> Flags:
    """Whether of what each way needs enough is claimed anywhere for it to lead on."""
    if not len(needs):
        return np.zeros(0, np.bool_)
    held = np.add.reduceat(claimed[needs].astype(np.int64), starts[:-1])
    found: Flags = np.where(least == 0, held == np.diff(starts), held > 0)
    return found


def _mentioned(book: _Book, starts: Ints, needs: Ints, gives: Ints, ways: Ints) -> Flags:
    """The facts that ways speak of."""
    found = np.zeros(len(book.number), np.bool_)
    found[gives[ways]] = True
    among = np.zeros(len(gives), np.bool_)
    among[ways] = True
    found[needs[np.repeat(among, np.diff(starts))]] = True
    for way, each in book.besides.items():
        found[each] |= among[way]
    return found


def _pairs(ways: Ints, starts: Ints, needs: Ints, gives: Ints) -> tuple[Ints, Ints]:
    """From each need of some ways to what the way gives."""
    lengths = np.diff(starts)[ways]
    offsets = np.concatenate([[0], np.cumsum(lengths)[:-1]]) if len(ways) else _NONE
    places = np.arange(lengths.sum()) + np.repeat(starts[ways] - offsets, lengths)
    return needs[places], np.repeat(gives[ways], lengths)


def _longest_ways(source: Ints, target: Ints, count: int) -> Ints:
    """For each of ``count`` knots the length of the longest way to it; edges within a knot do not count."""
    between = source != target
    source, target = source[between], target[between]
    waits = np.bincount(target, minlength=count)
    onward = target[np.argsort(source, kind="stable")]
    begins = np.concatenate([[0], np.cumsum(np.bincount(source, minlength=count))])
    found = np.zeros(count, np.int64)
    ready, length = np.flatnonzero(waits == 0), 0
    while len(ready):
        found[ready] = length
        spans = [onward[begins[each] : begins[each + 1]] for each in ready.tolist()]
        reached, times = np.unique(np.concatenate(spans), return_counts=True)
        waits[reached] -= times
        ready, length = reached[waits[reached] == 0], length + 1
    return found


def _alike(source: Ints, target: Ints, count: int) -> Ints:
    """For each fact its class: facts that lead to each other by ways open in all worlds."""
    graph = csr_array((np.ones(len(source), np.int8), (source, target)), shape=(count, count))
    _, labels = connected_components(graph, directed=True, connection="strong")
    return labels.astype(np.int64)


_pages: WeakKeyDictionary[Any, _Page] = WeakKeyDictionary()


class _Check:
    """One block of claims against a page."""

    def __init__(self, estate: Estate, page: _Page, claims: Claims) -> None:
        self.estate = estate
        self.page = page
        self.worlds = claims.worlds
        self.claimed = claims.said(page.firsts)
        self.words = self.claimed.shape[1]
        apart = claims.said(page.others) ^ self.claimed[page.class_of_others]
        self._refuse_facts(page.others, apart, "holds elsewhere than what leads to it and back")
        self.masks = self._open()

    def run(self) -> None:
        """Derive what is claimed, then see that nothing leads out of it."""
        swift = _swift()
        if swift is None:
            self._run_with_numpy()
            return
        derived = self._seeds()
        flat = (each.reshape(-1) for each in (derived, self.claimed, self.masks))
        verdict, place = swift.audit(*flat, np.uint32(self.words), self.page.flat)
        if verdict != swift.FINE:
            wrong = np.zeros(self.claimed.shape, np.uint64)
            wrong[place] = derived[place] ^ self.claimed[place]
            wrong[place, 0] |= np.uint64(not wrong[place].any())
            self._refuse(wrong, _OVER if verdict == swift.OVER else _UNDER)

    def _run_with_numpy(self) -> None:
        derived, late = self._derive()
        self._refuse(derived & ~self.claimed, _OVER)
        self._refuse(self.claimed & ~derived, _UNDER)
        for batch in late:
            out = batch.value(self.claimed, self.masks, self.page.besides) & ~self.claimed[batch.into]
            if out.any():
                wrong = np.zeros(self.claimed.shape, np.uint64)
                wrong[batch.into] = out
                self._refuse(wrong, _OVER)

    def _derive(self) -> tuple[Words, list[_Batch]]:
        """What follows in order; with it the ways that were tried before all of their needs were complete."""
        derived = self._seeds()
        complete = (derived == self.claimed).all(axis=1)
        late = []
        for stage, batches in groupby(self.page.batches, key=lambda each: int(self.page.stage[each.gives[0]])):
            together = list(batches)
            for batch in together:
                ready = complete[batch.needs].all(axis=1)
                if not ready.all():
                    late.append(batch.take(~ready))
                self._try(batch, derived, complete)
            if stage % 2:
                self._try_again(together, derived, complete)
        self._try_again(self.page.batches, derived, complete)
        return derived, late

    def _try_again(self, batches: Iterable[_Batch], derived: Words, complete: Flags) -> None:
        """Take the ways to what is not complete until it is, or nothing new comes of them."""
        some_new = True
        while some_new:
            batches = [each for one in batches if (each := one.take(~complete[one.gives])).ways.size]
            some_new = sum(self._try(batch, derived, complete) for batch in batches) > 0

    def _try(self, batch: _Batch, derived: Words, complete: Flags) -> bool:
        """Take ways; whether anything new came of them."""
        before = derived[batch.into]
        found = before | batch.value(derived, self.masks, self.page.besides)
        derived[batch.into] = found
        complete[batch.into] = (found == self.claimed[batch.into]).all(axis=1)
        return not np.array_equal(before, found)

    def _seeds(self) -> Words:
        """What each world starts from: what its scenario says, and that distrusted controls are inactive."""
        found = np.zeros(self.claimed.shape, np.uint64)
        fallen: dict[tuple[str, ...], list[Fact]] = {}
        for number, world in enumerate(self.worlds):
            asked = world.scenario
            facts = [Fact(name, gain) for way, gains in _GAINS for name in getattr(asked, way) for gain in gains]
            if asked.distrust not in fallen:
                fallen[asked.distrust] = self._distrusted(asked.distrust)
            for fact in (*facts, *fallen[asked.distrust]):
                place = self.page.number.get(fact)
                if place is not None:
                    found[self.page.classes[place], number // 64] |= np.uint64(1) << np.uint64(number % 64)
        return found

    def _distrusted(self, distrust: Iterable[str]) -> list[Fact]:
        """That distrusted controls are inactive, named by kind or by id."""
        named = [Fact(each, C.INACTIVE) for each in distrust]
        return [fact for each in distrust for fact in self.page.fallible.get(each, ())] + named

    def _open(self) -> Words:
        """Rows of masks, as ``_Page`` numbers them."""
        terms = [[each.hold_in(world) for world in self.worlds] for each in self.page.terms]
        rows = np.ones((1 + len(terms) + len(self.page.own), self.words * 64), np.bool_)
        if terms:
            rows[1 : 1 + len(terms), : len(self.worlds)] = terms
        rows[1 + len(terms) :] = rows[1 + self.page.term_of_own]
        row = {way: 1 + len(terms) + place for place, way in enumerate(self.page.own)}
        for number, world in enumerate(self.worlds):
            for closing in (*world.without, *world.controls):
                rows[[row[way] for way in self.page.closed.get(closing, ())], number] = False
        return np.packbits(rows, axis=-1, bitorder="little").view("<u8").astype(np.uint64, copy=False)

    def _refuse(self, wrong: Words, why: str) -> None:
        """Refuse if a class has a bit that is wrong."""
        if wrong.any():
            self._refuse_facts(self.page.firsts, wrong, why)

    def _refuse_facts(self, facts: Roll, wrong: Words, why: str) -> None:
        if wrong.any():
            place = int(np.argmax(wrong.any(axis=1)))
            raise CertificateError(f"{facts.facts[place]} {why}, in {self._world(wrong[place])}")

    def _world(self, bits: Words) -> str:
        """The first of some worlds, in words."""
        flags = np.unpackbits(bits.astype("<u8").view(np.uint8), bitorder="little")
        return f"the world of {self.worlds[int(np.argmax(flags)) % len(self.worlds)]}"
