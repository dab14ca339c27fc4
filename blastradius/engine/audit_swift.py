"""The audit of one block of worlds as compiled code (the extra ``fast``); the same verdict as with numpy.

States are flat, a row of words for each class. Indexes are unsigned and lists are passed whole, never sliced, for the
compiler's sake. ``page`` is what ``Page.flat`` has; ``held`` says when each class last changed, 0 for an empty one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

FINE, OVER, UNDER = 0, 1, 2
"""Verdicts: nothing wrong; a class holds where it is not claimed, or is claimed where it does not follow."""

_ONE = np.uint32(1)


@njit(cache=True, nogil=True)
def audit(claimed: Any, seeds: Any, masks: Any, seeded: Any, wrong: Any, page: Any) -> Any:
    """See that claims are where ways lead, and that knots have a beginning: a verdict, and the class it is about.

    Its worlds are set in ``wrong``.
    """
    words = np.uint32(len(wrong))
    held = _not_empty(claimed, words)
    verdict, one = _leads(claimed, seeds, masks, seeded, words, page, held, wrong)
    if verdict == FINE:
        verdict, one = _begins(claimed, seeds, masks, seeded, words, page, held, wrong)
    return verdict, one


@njit(cache=True, nogil=True)
def _leads(claimed: Any, seeds: Any, masks: Any, seeded: Any, words: Any, page: Any, held: Any, wrong: Any) -> Any:
    """Compare each class with what is seeded of it and where its ways lead."""
    found, all_found = np.empty(words, np.uint64), np.empty(words, np.uint64)
    next_seed = np.uint32(0)
    for one in range(np.uint32(len(held))):
        all_found[:] = 0
        if next_seed < len(seeded) and seeded[next_seed] == one:
            for word in range(words):
                all_found[word] = seeds[np.uint64(next_seed) * words + word]
            next_seed += _ONE
        _lead_into(one, claimed, masks, words, page, held, np.uint32(0), found, all_found)
        over, under = np.uint64(0), np.uint64(0)
        for word in range(words):
            here = claimed[np.uint64(one) * words + word]
            over |= all_found[word] & ~here
            under |= here & ~all_found[word]
        if over or under:
            for word in range(words):
                here = claimed[np.uint64(one) * words + word]
                wrong[word] = all_found[word] & ~here if over else here & ~all_found[word]
            return OVER if over else UNDER, one
    return FINE, np.uint32(0)


@njit(cache=True, nogil=True)
def _put_aside(knots: Any, claimed: Any, seeds: Any, seeded: Any, words: Any, held: Any) -> Any:
    """Leave of knots what is seeded; what was claimed of them."""
    aside = claimed[np.uint64(knots) * words :].copy()
    claimed[np.uint64(knots) * words :] = 0
    held[knots:] = 0
    for place in range(np.uint32(len(seeded))):
        if seeded[place] >= knots:
            for word in range(words):
                claimed[np.uint64(seeded[place]) * words + word] = seeds[np.uint64(place) * words + word]
            held[seeded[place]] = 1
    return aside


@njit(cache=True, nogil=True)
def _begins(claimed: Any, seeds: Any, masks: Any, seeded: Any, words: Any, page: Any, held: Any, wrong: Any) -> Any:
    """Derive anew what is claimed of knots, until nothing new comes."""
    knots, classes = page[0], np.uint32(len(held))
    aside = _put_aside(knots, claimed, seeds, seeded, words, held)
    found, all_found = np.empty(words, np.uint64), np.empty(words, np.uint64)
    complete = np.zeros(classes - knots, np.bool_)
    since, now, some_new = np.uint32(1), np.uint32(2), True
    while some_new:
        some_new = False
        for one in range(knots, classes):
            if complete[one - knots]:
                continue
            base, was = np.uint64(one) * words, np.uint64(one - knots) * words
            for word in range(words):
                all_found[word] = claimed[base + word]
            _lead_into(one, claimed, masks, words, page, held, since, found, all_found)
            fresh, lacking = np.uint64(0), np.uint64(0)
            for word in range(words):
                fresh |= all_found[word] ^ claimed[base + word]
                lacking |= all_found[word] ^ aside[was + word]
                claimed[base + word] = all_found[word]
            if fresh:
                held[one], some_new = now, True
            complete[one - knots] = lacking == 0
        since, now = now, now + _ONE
    for one in range(knots, classes):
        if not complete[one - knots]:
            for word in range(words):
                wrong[word] = aside[np.uint64(one - knots) * words + word] & ~claimed[np.uint64(one) * words + word]
            return UNDER, one
    return FINE, np.uint32(0)


@njit(cache=True, nogil=True, inline="always")
def _lead_into(
    one: Any, state: Any, masks: Any, words: Any, page: Any, held: Any, since: Any, found: Any, all_found: Any
) -> None:
    """Add to ``all_found`` where the ways into a class lead, those with a need that changed since.

    Inlined, as it is short and asked of each class.
    """
    of_class, starts, needs, mask_of = page[1], page[2], page[3], page[7]
    for way in range(of_class[one], of_class[one + _ONE]):
        if starts[way + _ONE] - starts[way] == 1 and not mask_of[way]:
            need = needs[starts[way]]
            if held[need] and held[need] >= since:
                for word in range(words):
                    all_found[word] |= state[np.uint64(need) * words + word]
        elif _latest(way, page, held) >= since and _lead(way, state, masks, words, page, held, found):
            for word in range(words):
                all_found[word] |= found[word]


@njit(cache=True, nogil=True)
def _latest(way: Any, page: Any, held: Any) -> Any:
    """When a need of a way last changed."""
    starts, needs, beside_starts, besides = page[2:6]
    latest = np.uint32(0)
    for place in range(starts[way], starts[way + _ONE]):
        latest = max(latest, held[needs[place]])
    for place in range(beside_starts[way], beside_starts[way + _ONE]):
        latest = max(latest, held[besides[place]])
    return latest


@njit(cache=True, nogil=True)
def _not_empty(state: Any, words: Any) -> Any:
    """1 for each class that has a bit, 0 for an empty one."""
    held = np.zeros(len(state) // words, np.uint32)
    for one in range(np.uint32(len(held))):
        some = np.uint64(0)
        base = np.uint64(one) * words
        for word in range(words):
            some |= state[base + word]
        held[one] = some != 0
    return held


@njit(cache=True, nogil=True)
def _lead(way: Any, state: Any, masks: Any, words: Any, page: Any, held: Any, found: Any) -> bool:
    """Where a way leads on, into ``found``; false if nowhere."""
    starts, needs, beside_starts, besides, least, mask_of = page[2:]
    begin, end = starts[way], starts[way + _ONE]
    if least[way] == 0:
        for place in range(begin, end):
            if held[needs[place]] == 0:
                return False
        for word in range(words):
            found[word] = state[np.uint64(needs[begin]) * words + word]
        for place in range(begin + _ONE, end):
            for word in range(words):
                found[word] &= state[np.uint64(needs[place]) * words + word]
    else:
        _count(needs, begin, end, least[way], state, words, found)
    for place in range(beside_starts[way], beside_starts[way + _ONE]):
        for word in range(words):
            found[word] &= state[np.uint64(besides[place]) * words + word]
    if mask_of[way]:
        for word in range(words):
            found[word] &= masks[np.uint64(mask_of[way]) * words + word]
    return True


@njit(cache=True, nogil=True)
def _count(needs: Any, begin: Any, end: Any, least: Any, state: Any, words: Any, found: Any) -> None:
    """The worlds in which enough of the needs hold."""
    if least < 0:
        _vote(needs, begin, end, least, state, words, found)
        return
    so_many = np.empty(least, np.uint64)  # the worlds in which one holds, in which two hold, and so on
    for word in range(words):
        so_many[:] = 0
        for place in range(begin, end):
            here = state[np.uint64(needs[place]) * words + word]
            for more in range(least - 1, 0, -1):
                so_many[more] |= so_many[more - 1] & here
            so_many[0] |= here
        found[word] = so_many[least - 1]


@njit(cache=True, nogil=True)
def _vote(needs: Any, begin: Any, end: Any, least: Any, state: Any, words: Any, found: Any) -> None:
    """The worlds in which a quorum comes out wrong; those in which no feed is wrong are passed over."""
    feeds = (end - begin) // np.uint32(2)
    for word in range(words):
        some = np.uint64(0)
        for place in range(begin, begin + feeds):
            some |= state[np.uint64(needs[place]) * words + word]
        enough = np.uint64(0)
        for world in range(64):
            one = np.uint64(1) << np.uint64(world)
            if some & one and _is_lost(needs, begin, feeds, least, state, words, word, one):
                enough |= one
        found[word] = enough


@njit(cache=True, nogil=True)
def _is_lost(needs: Any, begin: Any, feeds: Any, least: Any, state: Any, words: Any, word: Any, one: Any) -> bool:
    """Whether a quorum comes out wrong in a world by some choice of which feeds are silent."""
    wrong = both = only_down = 0
    for place in range(begin, begin + feeds):
        is_wrong = (state[np.uint64(needs[place]) * words + word] & one) != 0
        is_down = (state[np.uint64(needs[place + feeds]) * words + word] & one) != 0
        wrong += is_wrong
        both += is_wrong and is_down
        only_down += is_down and not is_wrong
    for silenced in range(both + 1):
        live = np.int64(feeds) - only_down - silenced
        if wrong - silenced >= (live // 2 + 1 if live >= -least else 1):
            return True
    return False
