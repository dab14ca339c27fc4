"""The independent checker for many worlds at once: its own reading of the rules, one bit a world.

Of each block of worlds it asks what ``certificate`` asks of one: does every claimed fact follow, in some order, from
the seeds, and is there no open way out of what is claimed? The order comes with the claims and is a hint only: what
does not follow in that order is tried again until it does, or is refused. Facts that lead to each other by ways that
nothing can close hold in the same worlds, and are looked at as one.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import groupby
from typing import Any, Literal
from weakref import WeakKeyDictionary

import numpy as np

from blastradius.engine.audit_book import Asked, Book, ways_of_proposal
from blastradius.engine.audit_page import Batch, Flags, Page, Words
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

    def run(self, swift: Any) -> None:
        """Derive what is claimed, then see that nothing leads out of it."""
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

    def _derive(self) -> tuple[Words, list[Batch]]:
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

    def _try_again(self, batches: Iterable[Batch], derived: Words, complete: Flags) -> None:
        """Take the ways to what is not complete until it is, or nothing new comes of them."""
        some_new = True
        while some_new:
            batches = [each for one in batches if (each := one.take(~complete[one.gives])).ways.size]
            some_new = sum(self._try(batch, derived, complete) for batch in batches) > 0

    def _try(self, batch: Batch, derived: Words, complete: Flags) -> bool:
        """Take ways; whether anything new came of them."""
        before = derived[batch.into]
        found = before | batch.value(derived, self.masks, self.page.besides)
        derived[batch.into] = found
        complete[batch.into] = (found == self.claimed[batch.into]).all(axis=1)
        return not np.array_equal(before, found)

    def _seeds(self) -> Words:
        """What each world starts from: what its scenario says, and that distrusted controls are inactive."""
        fallen: dict[tuple[str, ...], list[int]] = {}
        places: list[int] = []
        starts = [0]
        for asked in (world.scenario for world in self.worlds):
            if asked.distrust not in fallen:
                fallen[asked.distrust] = self._places(self._distrusted(asked.distrust))
            gained = ((name, gain) for way, gains in _GAINS for name in getattr(asked, way) for gain in gains)
            places += (*self._places(gained), *fallen[asked.distrust])
            starts.append(len(places))
        found = np.zeros(self.claimed.shape, np.uint64)
        number = np.repeat(np.arange(len(self.worlds)), np.diff(starts))
        bits = np.uint64(1) << (number % 64).astype(np.uint64)
        np.bitwise_or.at(found, (self.page.classes[places], number // 64), bits)
        return found

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
