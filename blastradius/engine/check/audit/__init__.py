"""The independent checker for many worlds at once: its own reading of the rules, one bit a world.

Of each block of worlds it asks what ``certificate`` asks of one: does every claimed fact follow, in some order, from
the seeds, and is there no open way out of what is claimed? Each fact must be claimed exactly where a seed or a way from
the claims leads to it. Where no fact needs itself, that is both answers; facts that may (knots) are derived anew from
the seeds and the rest. Hundreds of thousands of facts are claimed in a few thousand different sets of worlds, so these
sets are told apart first. Most facts are claimed just where one of their ways leads, which the number of the set says;
only the others are looked at world by world. Facts that lead to each other by ways that nothing can close hold in the
same worlds, and are looked at as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from operator import attrgetter
from typing import NoReturn
from weakref import WeakKeyDictionary

import numpy as np

from blastradius.engine.check.audit import derive
from blastradius.engine.check.audit.bitrows import EVERYWHERE, NOWHERE
from blastradius.engine.check.audit.instance_table import CAPABILITIES, Asked, Book, ways_of_proposal
from blastradius.engine.check.audit.plan import Block, Flags, Ints, Page, Words
from blastradius.engine.check.rule_instances import all_ways
from blastradius.engine.proof import Claims
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
_seeds_of = attrgetter(*(way for way, _ in _GAINS))
_NOBODY = -1
_books: WeakKeyDictionary[Estate, Book] = WeakKeyDictionary()
_pages: WeakKeyDictionary[object, Page] = WeakKeyDictionary()


def check_worlds(
    estate: Estate,
    claims: Claims,
    proposed: Estate | None = None,
) -> None:
    """Verify what is claimed of many worlds.

    ``proposed`` has the relations that hold besides in the worlds where a proposal is in force.

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
    _Check(page, claims).run()


class _Check:
    """One block of claims against a page."""

    def __init__(self, page: Page, claims: Claims) -> None:
        self.page = page
        self.claims = claims
        self.worlds = claims.worlds
        self.full = _packed(np.ones(len(self.worlds), np.bool_))

    def run(self) -> None:
        """Compare what is claimed with where ways lead, and refuse what is wrong."""
        page, claims, block = self.page, self.claims, self._block()
        apart = claims.said(page.apart) ^ block.held[block.at[page.class_of_apart]]
        if apart.any():
            self._refuse(page.apart.facts, apart, "holds elsewhere than what leads to it and back")
        beyond = claims.said(page.beyond)
        if beyond.any():
            self._refuse(page.beyond.facts, beyond, "is claimed, and no rule gives it here")
        found = derive.defect(block)
        if found is not None:
            why = "follows and is not claimed" if found.over else "does not follow from the seeds"
            self._refuse([page.facts[each] for each in found.classes.tolist()], found.wrong, why)

    def _block(self) -> Block:
        page, state, more = self.page, self.claims.state, self.claims.said(self.page.rowless)
        masks, mask_at = self._masks()
        places, which = derive.distinct(state)
        held = np.concatenate([[np.zeros_like(self.full), self.full], state[places], more, masks])
        row = np.arange(len(held))
        row[(held == self.full).all(axis=1)] = EVERYWHERE
        row[~held.any(axis=1)] = NOWHERE
        begin, end = 2 + len(places), 2 + len(places) + len(more)
        of_rows = np.concatenate([row[2:begin][which], row[begin:end]])
        return Block(page, held, of_rows[page.rows], row[end + mask_at], *self._seeds())

    def _seeds(self) -> tuple[Ints, Words]:
        """What each world starts from: what its scenario says, and that distrusted controls are inactive; by class."""
        page, scenarios = self.page, [each.scenario for each in self.worlds]
        fallen = {each: self._fallen(each) for each in {each.distrust for each in scenarios}}
        found = [fallen[each.distrust] for each in scenarios]
        worlds = [np.repeat(np.arange(len(scenarios)), [len(each) for each in found])]
        for (_, gains), named in zip(_GAINS, zip(*map(_seeds_of, scenarios), strict=True), strict=True):
            if not any(named):
                continue
            entity = np.array([page.entities.get(name, _NOBODY) for name in chain(*named)], np.int64)
            found += [page.class_of[entity, CAPABILITIES[each]] for each in gains]
            worlds += [np.repeat(np.arange(len(scenarios)), list(map(len, named)))] * len(gains)
        classes, world = np.concatenate(found), np.concatenate(worlds)
        classes, world = classes[classes >= 0], world[classes >= 0]
        some = np.zeros(len(page.facts), np.bool_)
        some[classes] = True
        seeded = np.flatnonzero(some)
        rows = np.zeros((len(seeded), len(self.full)), np.uint64)
        word, bit = _bits(world)
        np.bitwise_or.at(rows.reshape(-1), np.searchsorted(seeded, classes) * len(self.full) + word, bit)
        return seeded, rows

    def _fallen(self, distrust: tuple[str, ...]) -> Ints:
        """That distrusted controls, named by kind or by id, are inactive."""
        names = {*distrust, *chain.from_iterable(self.page.of_kind.get(each, ()) for each in distrust)}
        entities = np.array([self.page.entities.get(name, _NOBODY) for name in names], np.int64)
        found: Ints = self.page.class_of[entities, CAPABILITIES[C.INACTIVE]]
        return found

    def _masks(self) -> tuple[Words, Ints]:
        """Where the masks of the page are open: rows, and which row is which mask's.

        A way that some world of this block closes has a row of its own, any other that of its terms.
        """
        page, asked = self.page, np.zeros(len(self.worlds), np.int64)
        if len(page.asked) > 1:
            asked = np.array([page.asked[Asked.of(world)] for world in self.worlds], np.int64)
        open_ = np.array([[True, *(each.hold_in(one) for each in page.terms)] for one in page.asked], np.bool_)
        rows = _packed(open_[asked].T)
        at = np.concatenate([np.arange(len(rows)), 1 + page.term_of_own])
        closings = [(number, each) for number, one in enumerate(self.worlds) for each in (*one.without, *one.controls)]
        shut = [(way, number) for number, each in closings for way in page.closed.get(each, ())]
        ways, worlds = np.array(shut, np.int64).reshape(-1, 2).T
        own, row = np.unique(len(rows) + np.searchsorted(page.own, ways), return_inverse=True)
        more = rows[at[own]]
        word, bit = _bits(worlds)
        np.bitwise_and.at(more, (row.reshape(-1), word), ~bit)
        at[own] = len(rows) + np.arange(len(own))
        return np.concatenate([rows, more]), at

    def _refuse(self, facts: Sequence[Fact], wrong: Words, why: str) -> NoReturn:
        """Refuse for the first fact of which a bit is wrong."""
        place = int(np.argmax(wrong.any(axis=1)))
        flags = np.unpackbits(wrong[place].astype("<u8").view(np.uint8), bitorder="little")
        world = self.worlds[int(np.argmax(flags)) % len(self.worlds)]
        raise CertificateError(f"{facts[place]} {why}, in the world of {world}")


def _bits(worlds: Ints) -> tuple[Ints, Words]:
    return worlds // 64, np.uint64(1) << (worlds % 64).astype(np.uint64)


def _packed(flags: Flags) -> Words:
    """Truth values, one a world, as words."""
    words = np.zeros((*flags.shape[:-1], -(-flags.shape[-1] // 64) * 64), np.bool_)
    words[..., : flags.shape[-1]] = flags
    return np.packbits(words, axis=-1, bitorder="little").view("<u8").astype(np.uint64, copy=False)
