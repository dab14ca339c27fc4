"""The audit of one block of worlds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from blastradius.engine.check.audit.bitrows import (
    EVERYWHERE,
    NOWHERE,
    UNKNOWN,
    Rows,
    among,
    each_once,
    led_by,
    pairs,
    together,
    worked_out,
)
from blastradius.engine.check.audit.plan import Block, Defect, Flags, Ints, Page, Ways, Words, taken

_SLOTS = 18
_TOGETHER = 4096
_TURNS = 3
_ODD = np.uint64(0x9E3779B97F4A7C15) * np.arange(1, 2 * 64, 2, dtype=np.uint64)
_NEVER: int = np.iinfo(np.int64).max


def distinct(rows: Words) -> tuple[Ints, Ints]:
    """The places of rows that differ (nearly all), and for each row the number among these of one that equals it.

    Rows whose marks differ are never compared; those of one mark that differ are marked anew, and in the end stand for
    themselves.
    """
    leader = _marked(rows, np.arange(len(rows)))
    rest = np.flatnonzero(~_equal(rows, rows, leader))
    leader[rest] = rest
    for turn in range(_TURNS if len(rest) else 0):
        some = rows[rest]
        found = _marked(_mixed(some, turn), rest)
        same = _equal(rows, some, found)
        leader[rest[same]] = found[same]
        rest = rest[~same]
    places = np.flatnonzero(leader == np.arange(len(rows)))
    number = np.empty(len(rows), np.int64)
    number[places] = np.arange(len(places))
    return places, number[leader]


def _marked(rows: Words, places: Ints) -> Ints:
    """For each row the place of one that has the same mark, be it its own."""
    table = np.empty(2**_SLOTS, np.int64)
    slot = ((rows @ np.resize(_ODD, rows.shape[1])) >> np.uint64(64 - _SLOTS)).view(np.int64)
    table[slot] = places
    found: Ints = table[slot]
    return found


def _mixed(rows: Words, turn: int) -> Words:
    """Rows whose high bits count as much as the low ones."""
    found: Words = (rows ^ (rows >> np.uint64(29 + turn))) * _ODD[turn]
    return found ^ (found >> np.uint64(31))


def _equal(rows: Words, some: Words, others: Ints) -> Flags:
    """Whether some rows equal others of all rows, so many at a time that they stay in the cache."""
    found, space = np.ones(len(others), np.bool_), np.empty((_TOGETHER, rows.shape[1]), np.uint64)
    for first in range(0, len(others), _TOGETHER):
        here = slice(first, first + _TOGETHER)
        other = rows.take(others[here], axis=0, out=space[: len(others) - first], mode="clip")
        equal = some[here] == other
        if not equal.all():
            found[here] = equal.all(axis=1)
    return found


def _told_apart(one: Ints, other: Ints) -> tuple[Ints, Ints, Ints]:
    """Pairs of numbers that differ (nearly all), and for each pair the number among these of one that equals it."""
    places, number = distinct(np.stack([one, other], axis=1).view(np.uint64))
    return one[places], other[places], number


def defect(block: Block) -> Defect | None:
    """Classes that are claimed elsewhere than ways and seeds lead, or that have no beginning, if there are some."""
    ways, at = block.page.ways, block.at
    led, claimed = led_by(ways, at, block.open), at.take(ways.gives)
    covering = (led == claimed) & (led != NOWHERE)
    covered = at == NOWHERE
    covered[ways.gives[covering]] = True
    more = np.flatnonzero((led != NOWHERE) & ~covering)
    more = more[~covered[ways.gives[more]] | (claimed[more] != EVERYWHERE)]
    gives, led = ways.gives[more], led[more]
    unknown = ways.chosen(more[led == UNKNOWN])
    others = ((unknown.gives, worked_out(unknown, block.held, at, block.open)), (block.seeded, block.seeds))
    known = led != UNKNOWN
    bare = known & ~covered[gives]
    return (
        _what_is_over(block, gives[known], led[known], others)
        or _what_is_under(block, np.flatnonzero(~covered), pairs(gives[bare], led[bare]), others)
        or _without_beginning(block, _Chain(block.page, covering, at == NOWHERE))
    )


def _what_is_over(block: Block, gives: Ints, led: Ints, others: Sequence[Rows]) -> Defect | None:
    """What leads to classes, by the row it is led from or by a row of its own, is claimed of these."""
    held, at = block.held, block.at
    into, source = pairs(at[gives], led)
    over = (held[source] & ~held[into]).any(axis=1)
    for pair in np.flatnonzero(over)[:1]:
        some = (at[gives] == into[pair]) & (led == source[pair])
        others = [(gives[some], held[led[some]]), *others]
    for classes, words in others:
        wrong: Words = words & ~held[at[classes]]
        if wrong.any():
            return Defect(classes, wrong, over=True)
    return None


def _what_is_under(block: Block, classes: Ints, led: tuple[Ints, Ints], others: Sequence[Rows]) -> Defect | None:
    """What is claimed of classes is led to, by all that leads there together."""
    found = np.zeros((len(classes), block.held.shape[1]), np.uint64)
    for given, words in ((led[0], block.held[led[1]]), *others):
        given, words = each_once(given, words)
        place, here = among(classes, given)
        found[place] |= words[here]
    wrong = block.held[block.at[classes]] & ~found
    return Defect(classes, wrong, over=False) if wrong.any() else None


def _without_beginning(block: Block, chain: _Chain) -> Defect | None:
    """Derive anew what is claimed of knots, until all of it is back or nothing new comes.

    What a way covers from what is there again is there again itself. The rest is filled, a row for all that have it.
    """
    page, aside = block.page, block.at
    gives, first, least = (each[page.tied :] for each in (page.ways.gives, page.ways.first, page.ways.least))
    lacking = np.flatnonzero(~chain.again)
    filling = _Filling(block, lacking)
    place, here = among(lacking, block.seeded)
    new = filling.put(lacking[place], block.seeds[here])
    some = (filling.at[first] != NOWHERE) | (least != 0)
    while len(new) or some.any():
        back = chain.follow(new[filling.whole(new)])
        filling.at[back] = aside[back]
        some[chain.onward(np.concatenate([new, back]))] = True
        ways = np.flatnonzero(some)
        new = filling.lead(page.ways.chosen(page.tied + ways[~chain.again[gives[ways]]]))
        some = np.zeros(len(gives), np.bool_)
    lacking = lacking[~chain.again[lacking]]
    wrong = block.held[aside[lacking]] & ~filling.held[filling.at[lacking]]
    return Defect(lacking, wrong, over=False) if len(lacking) else None


class _Filling:
    """Classes that lack something, and which row that is held has as much of each as is back: ``at``.

    Many classes have the same row, so that rows never change: a class of which something is new gets another one.
    """

    def __init__(self, block: Block, lacking: Ints) -> None:
        self.held, self.open, self.aside = block.held, block.open, block.at
        self.at = block.at.copy()
        self.at[lacking] = NOWHERE

    def whole(self, classes: Ints) -> Flags:
        """Whether all that is claimed of classes is back."""
        one, other, which = _told_apart(self.at[classes], self.aside[classes])
        alike: Flags = np.logical_and.reduce(self.held[one] == self.held[other], axis=1)
        return alike[which]

    def lead(self, ways: Ways) -> Ints:
        """Where ways lead to from what is back; the classes of which something is new."""
        led = led_by(ways, self.at, self.open)
        some = np.flatnonzero((led != NOWHERE) & (led != UNKNOWN))
        given, source = pairs(ways.gives[some], led[some])
        unknown = ways.chosen(np.flatnonzero(led == UNKNOWN))
        values = worked_out(unknown, self.held, self.at, self.open)
        several = np.zeros(len(self.at), np.bool_)
        several[given[1:][given[1:] == given[:-1]]] = several[unknown.gives] = True
        alone = ~several[given]
        mixed = together([(given[~alone], self.held[source[~alone]]), (unknown.gives, values)])
        return np.concatenate([self.put(*mixed), self._join(given[alone], source[alone])])

    def put(self, classes: Ints, words: Words) -> Ints:
        """Add rows to those of classes, each named once; the classes of which something is new."""
        before = self.held[self.at[classes]]
        new = (words & ~before).any(axis=1)
        classes, words = classes[new], words[new] | before[new]
        places, number = distinct(words)
        self.at[classes] = len(self.held) + number
        self.held = np.concatenate([self.held, words[places]])
        return classes

    def _join(self, classes: Ints, source: Ints) -> Ints:
        """Add a row that is held to that of each class; the classes of which something is new."""
        one, other, which = _told_apart(self.at[classes], source)
        before, more = self.held[one], self.held[other]
        new: Flags = np.logical_or.reduce(more & ~before, axis=1)
        mixed = np.flatnonzero(new & (before & ~more).any(axis=1))
        other[mixed] = len(self.held) + np.arange(len(mixed))
        self.held = np.concatenate([self.held, before[mixed] | more[mixed]])
        classes, which = classes[new[which]], which[new[which]]
        self.at[classes] = other[which]
        return classes


class _Chain:
    """What holds again in all worlds in which it is claimed, as all does that some way covers from what holds again.

    ``again`` says of each class whether it does: at first of what is no knot and of what is claimed nowhere.
    ``missing`` says how many needs of each tied way do not, if it covers the class it gives.
    """

    def __init__(self, page: Page, covering: Flags, nowhere: Flags) -> None:
        self.page = page
        self.again = nowhere.copy()
        self.again[: page.knots] = True
        self.gives = page.ways.gives[page.tied :]
        self.missing = np.full(len(self.gives), _NEVER)
        if len(self.gives):
            starts = page.ways.starts[page.tied : -1]
            lacking = np.add.reduceat(~self.again[page.ways.needs[starts[0] :]], starts - starts[0], dtype=np.int64)
            self.missing[covering[page.tied :]] = lacking[covering[page.tied :]]
        self.follow(self.gives[self.missing == 0])

    def follow(self, classes: Ints) -> Ints:
        """These hold again; what does so now, with all that follows."""
        found = [classes[:0]]
        while len(classes := self._new(classes)):
            found.append(classes)
            self.again[classes] = True
            reached = self.onward(classes)
            np.subtract.at(self.missing, reached, 1)
            classes = self.gives[reached[self.missing[reached] == 0]]
        return np.concatenate(found)

    def onward(self, classes: Ints) -> Ints:
        """The tied ways that need some classes, by their place among these."""
        return taken(*self.page.onward, classes - self.page.knots)[0] - self.page.tied

    def _new(self, classes: Ints) -> Ints:
        """Those of some classes that do not hold again yet, each once."""
        knots, found = self.page.knots, np.zeros(len(self.again) - self.page.knots, np.bool_)
        found[classes - knots] = True
        return knots + np.flatnonzero(found & ~self.again[knots:])
