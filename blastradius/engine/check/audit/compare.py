"""One block of worlds against the plan: does every claim follow, in some order, and is all that follows claimed?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from blastradius.columns.ragged import distinct
from blastradius.engine.check.audit.instance_table import Flags, Instances, Ints, Words
from blastradius.engine.check.audit.plan import CheckPlan
from blastradius.engine.check.quorum import is_outvoted

EMPTY_ROW, FULL_ROW = 0, 1
"""The rows of ``Block.held`` that stand for no world and for all of them."""

_CHUNK = 8192
"""How many instances are worked out at once: of 16 words, a megabyte, which stays in the cache."""

_NEVER: int = np.iinfo(np.int64).max


class Block(NamedTuple):
    """What is claimed of the classes of a plan in the worlds of one block.

    ``held`` are rows of words; ``row`` (classes) says which of them is claimed of each class, ``open_row`` (instances)
    which has the worlds in which each instance is open. ``seeded`` are classes, sorted, and ``seeds`` their rows.
    """

    plan: CheckPlan
    held: Words
    row: Ints
    open_row: Ints
    seeded: Ints
    seeds: Words


class Defect(NamedTuple):
    """Classes, and for each a row of the worlds in which it is wrong; ``missing`` if it follows there unclaimed."""

    classes: Ints
    wrong: Words
    missing: bool


def first_defect(block: Block) -> Defect | None:
    """What is claimed elsewhere than instances and seeds lead, or only follows from itself, if there is something.

    Each class must be claimed exactly in the worlds to which a seed or an instance leads from what is claimed. For
    classes that never need themselves that is all; those on cycles must be derivable anew, beginning with the others.
    """
    instances = block.plan.instances
    active = np.flatnonzero(_can_lead(block))
    covers = np.zeros(len(instances), np.bool_)
    for first in range(0, len(active), _CHUNK):
        some = active[first : first + _CHUNK]
        leads = lead(instances.take(some), block.held, block.row, block.open_row[some])
        claimed = block.held[block.row[instances.conclusion[some]]]
        wrong = leads & ~claimed
        if wrong.any():
            return Defect(instances.conclusion[some], wrong, missing=True)
        covers[some] = (leads == claimed).all(axis=1)
    wrong = block.seeds & ~block.held[block.row[block.seeded]]
    if wrong.any():
        return Defect(block.seeded, wrong, missing=True)
    return _unsupported(block, active, covers) or _unfounded(block, covers)


def _can_lead(block: Block) -> Flags:
    """Whether of each instance all that it requires, and some of what it counts, is claimed anywhere."""
    instances, somewhere = block.plan.instances, block.row != EMPTY_ROW
    lacking = np.concatenate([[0], np.cumsum(~somewhere[instances.required.values])])
    found = (np.diff(lacking[instances.required.indptr]) == 0) & (block.open_row != EMPTY_ROW)
    counted = np.concatenate([[0], np.cumsum(somewhere[instances.counted.values])])
    found &= (instances.least == 0) | (np.diff(counted[instances.counted.indptr]) > 0)
    can_lead: Flags = found
    return can_lead


def lead(instances: Instances, held: Words, row: Ints, open_row: Ints) -> Words:
    """The worlds in which each of some instances leads to its conclusion: (instances, words)."""
    found = held[open_row]
    required, lengths = instances.required, instances.required.lengths
    for place in range(int(lengths.max(initial=0))):
        some = np.flatnonzero(lengths > place)
        found[some] &= held[row[required.values[required.indptr[some] + place]]]
    counting = np.flatnonzero(instances.least)
    lengths = instances.counted.lengths[counting]
    for length in distinct(lengths).tolist():
        some = counting[lengths == length]
        counted = instances.counted.values[instances.counted.indptr[some][:, np.newaxis] + np.arange(length)]
        found[some] &= _enough(held[row[counted]], instances.least[some])
    return found


def _enough(held: Words, least: Ints) -> Words:
    """Where enough of counted facts hold, (instances, facts, words), by ``Instances.least``: (instances, words)."""
    flags = np.unpackbits(held.view(np.uint8), axis=-1).view(np.bool_)
    needed = least[:, np.newaxis]
    enough = flags.sum(axis=1) >= needed
    votes = np.flatnonzero(least < 0)
    if len(votes):
        feeds = held.shape[1] // 2
        wrong, down = flags[votes, :feeds], flags[votes, feeds:]
        counts = wrong.sum(axis=1), down.sum(axis=1), (wrong & down).sum(axis=1)
        enough[votes] = is_outvoted(feeds, *counts, -needed[votes])
    return np.packbits(enough, axis=-1).view(np.uint64)


def _unsupported(block: Block, active: Ints, covers: Flags) -> Defect | None:
    """Classes that are claimed in more worlds than seeds and instances lead to, all of them together."""
    instances = block.plan.instances
    bare = block.row != EMPTY_ROW
    bare[instances.conclusion[covers]] = False
    classes = np.flatnonzero(bare)
    some = active[bare[instances.conclusion[active]]]
    found = np.zeros((len(classes), block.held.shape[1]), np.uint64)
    seeded = np.flatnonzero(bare[block.seeded])
    found[np.searchsorted(classes, block.seeded[seeded])] = block.seeds[seeded]
    leads = lead(instances.take(some), block.held, block.row, block.open_row[some])
    _or_into(found, np.searchsorted(classes, instances.conclusion[some]), leads)
    wrong = block.held[block.row[classes]] & ~found
    return Defect(classes, wrong, missing=False) if wrong.any() else None


def _or_into(rows: Words, where: Ints, more: Words) -> None:
    """Add each of ``more`` to the row named by ``where``, which is sorted."""
    if len(where):
        each, begins = np.unique(where, return_index=True)
        rows[each] |= np.bitwise_or.reduceat(more, begins, axis=0)


def _unfounded(block: Block, covers: Flags) -> Defect | None:
    """Derive anew what is claimed of cyclic classes; those that do not come back whole.

    A class that one instance covers is back as soon as all premises of that instance are, which needs no look at
    worlds; the rest is filled world by world.
    """
    backed = _Backed(block, covers)
    lacking = np.flatnonzero(~backed.whole)
    if not len(lacking):
        return None
    filling = _Filling(block, lacking)
    changed = filling.seed()
    filling.restore(backed.follow(changed[filling.is_whole(changed)]))
    some = np.flatnonzero(np.isin(block.plan.instances.conclusion, lacking))
    while len(some):
        changed = np.concatenate([changed, filling.derive(some)])
        restored = backed.follow(changed[filling.is_whole(changed)])
        filling.restore(restored)
        some = backed.dependents(np.concatenate([changed, restored]))
        some, changed = some[~backed.whole[block.plan.instances.conclusion[some]]], changed[:0]
    lacking = lacking[~backed.whole[lacking]]
    return Defect(lacking, filling.wrong(lacking), missing=False) if len(lacking) else None


class _Backed:
    """Which classes are back whole: those off cycles, those claimed nowhere, and what follows by covering instances.

    ``missing`` counts for each cyclic instance that covers its conclusion those of its premises that are not back.
    """

    def __init__(self, block: Block, covers: Flags) -> None:
        self.plan, instances, first = block.plan, block.plan.instances, block.plan.first_cyclic_instance
        self.whole = block.row == EMPTY_ROW
        self.whole[: self.plan.cyclic_from] = True
        self.conclusion = instances.conclusion[first:]
        premise, instance = instances.premise_of
        lacking = (instance >= first) & ~self.whole[premise]
        counts = np.bincount(instance[lacking] - first, minlength=len(self.conclusion))
        self.missing = np.where(covers[first:], counts, _NEVER)
        self.follow(self.conclusion[self.missing == 0])

    def follow(self, classes: Ints) -> Ints:
        """These classes are back; what is so now, with all that follows."""
        found = [classes[:0]]
        while len(classes := distinct(classes[~self.whole[classes]])):
            found.append(classes)
            self.whole[classes] = True
            reached = self.dependents(classes, once=False) - self.plan.first_cyclic_instance
            np.subtract.at(self.missing, reached, 1)
            classes = self.conclusion[reached[self.missing[reached] == 0]]
        return np.concatenate(found)

    def dependents(self, classes: Ints, *, once: bool = True) -> Ints:
        """The cyclic instances that need some cyclic classes: sorted and each once, or once for each time they do."""
        found = self.plan.dependents.take(classes - self.plan.cyclic_from).values
        return distinct(found) if once else found


class _Filling:
    """As much of the lacking classes as has been derived: a row of its own for each behind the rows that are held."""

    def __init__(self, block: Block, lacking: Ints) -> None:
        self.block, self.lacking = block, lacking
        self.held = np.concatenate([block.held, np.zeros((len(lacking), block.held.shape[1]), np.uint64)])
        self.row = block.row.copy()
        self.row[lacking] = len(block.held) + np.arange(len(lacking))

    def seed(self) -> Ints:
        """Put in the seeds; the classes that have some."""
        some = np.flatnonzero(np.isin(self.block.seeded, self.lacking))
        self.held[self.row[self.block.seeded[some]]] = self.block.seeds[some]
        return self.block.seeded[some]

    def derive(self, some: Ints) -> Ints:
        """Add what instances (sorted, to lacking classes) lead to; the classes of which something is new."""
        instances = self.block.plan.instances.take(some)
        leads = lead(instances, self.held, self.row, self.block.open_row[some])
        new = np.flatnonzero((leads & ~self.held[self.row[instances.conclusion]]).any(axis=1))
        _or_into(self.held, self.row[instances.conclusion[new]], leads[new])
        return distinct(instances.conclusion[new])

    def is_whole(self, classes: Ints) -> Flags:
        """Whether all that is claimed of classes has been derived."""
        whole: Flags = (self.held[self.row[classes]] == self.block.held[self.block.row[classes]]).all(axis=1)
        return whole

    def restore(self, classes: Ints) -> None:
        """Put back all that is claimed of classes."""
        self.row[classes] = self.block.row[classes]

    def wrong(self, classes: Ints) -> Words:
        """What is claimed of classes and was not derived."""
        missing: Words = self.block.held[self.block.row[classes]] & ~self.held[self.row[classes]]
        return missing
