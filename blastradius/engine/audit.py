"""The independent checker for many worlds at once: its own reading of the rules, one bit a world.

Of each block of worlds it asks what ``certificate`` asks of one: does every claimed fact follow, in some order, from
the seeds, and is there no open way out of what is claimed? Each fact must be claimed exactly where a seed or a way from
the claims leads to it. Where no fact needs itself, that is both answers; facts that may (knots) are derived anew from
the seeds and the rest. The order comes with the claims and is a hint only: what does not follow in that order is tried
again until it does, or is refused. Facts that lead to each other by ways that nothing can close hold in the same
worlds, and are looked at as one.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, Literal, NoReturn
from weakref import WeakKeyDictionary

import numpy as np

from blastradius.engine.audit_book import Asked, Book, ways_of_proposal
from blastradius.engine.audit_page import TOGETHER, Batch, Ints, Page, Words
from blastradius.engine.proof import Claims, Roll
from blastradius.engine.ways import all_ways
from blastradius.errors import CertificateError
from blastradius.estate import Estate
from blastradius.model import Capability, Fact

C = Capability
_GAINS = (
    ("compromise", (C.CONTROL, C.READ, C.READ_SUBSET, C.WRITE, C.TAINT, C.DENY, C.DEGRADE, C.USE)),
    ("leak", (C.POSSESS,)),
    ("poison", (C.WRITE, C.TAINT)),
    ("wrong", (C.TAINT,)),
    ("outage", (C.DENY, C.DEGRADE)),
    ("breach", (C.READ, C.READ_SUBSET)),
)
_OVER, _UNDER = "follows and is not claimed", "does not follow from the seeds"
_books: WeakKeyDictionary[Estate, Book] = WeakKeyDictionary()
_pages: WeakKeyDictionary[Any, Page] = WeakKeyDictionary()


def check_worlds(
    estate: Estate,
    claims: Claims,
    proposed: Estate | None = None,
    *,
    engine: Literal["numpy", "fast"] | None = None,
) -> None:
    """Verify what is claimed of many worlds.

    ``proposed`` has the relations that hold besides in the worlds where a proposal is in force. The audit is compiled
    where numba is installed, unless ``engine`` is ``numpy``; the verdict is the same.

    Raises:
        CertificateError: the first defect found, with the world.
    """
    page = _pages.get(claims.about)
    if page is None:
        if estate not in _books:
            _books[estate] = Book(all_ways(estate))
        book = _books[estate]
        if proposed is not None:
            book = Book(ways_of_proposal(estate, proposed), book)
        page = _pages[claims.about] = Page(estate, book, claims)
    _Check(estate, page, claims).run(None if engine == "numpy" else _swift())


@cache
def _swift() -> Any:
    """The compiled audit, where numba is installed."""
    try:
        from blastradius.engine import audit_swift
    except ImportError:
        return None
    return audit_swift


class _Check:
    """One block of claims against a page."""

    def __init__(self, estate: Estate, page: Page, claims: Claims) -> None:
        self.estate = estate
        self.page = page
        self.worlds = claims.worlds
        self.claimed = claims.said(page.firsts)
        self.words = self.claimed.shape[1]
        apart = claims.said(page.others) ^ self.claimed[page.class_of_others]
        self._refuse_facts(page.others, apart, "holds elsewhere than what leads to it and back")
        self._refuse_facts(page.beyond, claims.said(page.beyond), "is claimed, and no rule gives it here")
        self.masks = self._open()
        self.seeded, self.seeds = self._seeds()

    def run(self, swift: Any) -> None:
        """See that each class is claimed where some way leads to it, and that what may need itself has a beginning."""
        if swift is None:
            self._see_what_leads_where()
            self._see_beginnings()
            return
        wrong = np.zeros(self.words, np.uint64)
        flat = (each.reshape(-1) for each in (self.claimed, self.seeds, self.masks))
        verdict, place = swift.audit(*flat, self.seeded, wrong, self.page.flat)
        if verdict != swift.FINE:
            self._refuse(place, wrong, _OVER if verdict == swift.OVER else _UNDER)

    def _see_what_leads_where(self) -> None:
        """What ways from the claims lead to, and what is seeded, is what is claimed: no more, and no less."""
        for number, batches in enumerate(self.page.batches):
            first = number * TOGETHER
            claimed = self.claimed[first : first + TOGETHER]
            found = np.zeros(claimed.shape, np.uint64)
            begin, end = np.searchsorted(self.seeded, (first, first + TOGETHER))
            found[self.seeded[begin:end] - first] = self.seeds[begin:end]
            for batch in batches:
                found[batch.into - first] |= batch.value(self.claimed, self.masks, self.page.besides)
            if not np.array_equal(found, claimed):
                self._refuse_any(first, found & ~claimed, _OVER)
                self._refuse_any(first, claimed & ~found, _UNDER)

    def _see_beginnings(self) -> None:
        """Put aside what is claimed of knots, and derive it anew, until all of it is back or nothing new comes."""
        first = self.page.knots
        knots = self.claimed[first:]
        aside = knots.copy()
        knots[:] = 0
        begin = np.searchsorted(self.seeded, first)
        self.claimed[self.seeded[begin:]] = self.seeds[begin:]
        batches, lacking = self.page.again, np.zeros(len(self.claimed), np.bool_)
        while sum(map(self._try, batches)):
            lacking[first:] = (knots != aside).any(axis=1)
            batches = [each for one in batches if (each := one.take(lacking[one.gives])).ways.size]
        self._refuse_any(first, aside & ~knots, _UNDER)

    def _try(self, batch: Batch) -> bool:
        """Take ways; whether anything new came of them."""
        before = self.claimed[batch.into]
        found = before | batch.value(self.claimed, self.masks, self.page.besides)
        self.claimed[batch.into] = found
        return not np.array_equal(before, found)

    def _seeds(self) -> tuple[Ints, Words]:
        """What each world starts from: what its scenario says, and that distrusted controls are inactive; by class."""
        fallen: dict[tuple[str, ...], list[int]] = {}
        places: list[int] = []
        starts = [0]
        for asked in (world.scenario for world in self.worlds):
            if asked.distrust not in fallen:
                fallen[asked.distrust] = self._places(self._distrusted(asked.distrust))
            gained = ((name, gain) for way, gains in _GAINS for name in getattr(asked, way) for gain in gains)
            places += (*self._places(gained), *fallen[asked.distrust])
            starts.append(len(places))
        seeded, row = np.unique(self.page.classes[places], return_inverse=True)
        found = np.zeros((len(seeded), self.words), np.uint64)
        number = np.repeat(np.arange(len(self.worlds)), np.diff(starts))
        bits = np.uint64(1) << (number % 64).astype(np.uint64)
        np.bitwise_or.at(found, (row.reshape(-1), number // 64), bits)
        return seeded, found

    def _places(self, facts: Iterable[tuple[str, Capability]]) -> list[int]:
        """The places of those facts that the page knows."""
        return [place for fact in facts if (place := self.page.number.get(fact)) is not None]

    def _distrusted(self, distrust: Iterable[str]) -> list[Fact]:
        """That distrusted controls are inactive, named by kind or by id."""
        named = [Fact(each, C.INACTIVE) for each in distrust]
        return [fact for each in distrust for fact in self.page.fallible.get(each, ())] + named

    def _open(self) -> Words:
        """Rows of masks, as ``Page`` numbers them."""
        asked = [Asked.of(world) for world in self.worlds]
        open_ = {one: [each.hold_in(one) for each in self.page.terms] for one in set(asked)}
        terms = np.array([open_[one] for one in asked], np.bool_).T
        rows = np.ones((1 + len(terms) + len(self.page.own), self.words * 64), np.bool_)
        rows[1 : 1 + len(terms), : len(self.worlds)] = terms
        rows[1 + len(terms) :] = rows[1 + self.page.term_of_own]
        row = {way: 1 + len(terms) + place for place, way in enumerate(self.page.own)}
        for number, world in enumerate(self.worlds):
            for closing in (*world.without, *world.controls):
                rows[[row[way] for way in self.page.closed.get(closing, ())], number] = False
        return np.packbits(rows, axis=-1, bitorder="little").view("<u8").astype(np.uint64, copy=False)

    def _refuse_any(self, first: int, wrong: Words, why: str) -> None:
        """Refuse if a class has a bit that is wrong, classes from ``first`` on."""
        if wrong.any():
            place = int(np.argmax(wrong.any(axis=1)))
            self._refuse(first + place, wrong[place], why)

    def _refuse_facts(self, facts: Roll, wrong: Words, why: str) -> None:
        if wrong.any():
            place = int(np.argmax(wrong.any(axis=1)))
            raise CertificateError(f"{facts.facts[place]} {why}, in {self._world(wrong[place])}")

    def _refuse(self, place: int, wrong: Words, why: str) -> NoReturn:
        raise CertificateError(f"{self.page.firsts.facts[place]} {why}, in {self._world(wrong)}")

    def _world(self, bits: Words) -> str:
        """The first of some worlds, in words."""
        flags = np.unpackbits(bits.astype("<u8").view(np.uint8), bitorder="little")
        return f"the world of {self.worlds[int(np.argmax(flags)) % len(self.worlds)]}"
