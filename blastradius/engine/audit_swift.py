"""The audit of one block of worlds as compiled code (the extra ``fast``); the same verdict as with numpy.

States are flat, a row of words for each class. Indexes are unsigned and lists are passed whole, never sliced, for the
compiler's sake. ``page`` is what ``Page.flat`` has; ``marks`` are when each class last changed, whether it is complete,
and which ways were tried before their needs were complete.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

FINE, OVER, UNDER = 0, 1, 2
"""Verdicts: nothing wrong; a class holds where it is not claimed, or is claimed where it does not follow."""

_ONE = np.uint32(1)


@njit(cache=True, nogil=True)
def audit(derived: Any, claimed: Any, masks: Any, words: Any, page: Any) -> Any:
    """Derive the claims from what is set in ``derived``, then see that nothing leads out: a verdict and a class."""
    stages, of_class, gives = page[:3]
    classes = np.uint32(len(of_class) - 1)
    marks = (_not_empty(derived, words), np.zeros(classes, np.bool_), np.zeros(len(gives), np.bool_))
    found = np.empty(words, np.uint64)
    now = _ONE
    for stage in range(len(stages)):
        first, last, again = stages[stage]
        since = _ONE
        some_new = _try(first, last, False, since, now + _ONE, derived, claimed, masks, words, page, marks, found)
        now += _ONE
        while some_new and again:
            since, now = now, now + _ONE
            some_new = _try(first, last, True, since, now, derived, claimed, masks, words, page, marks, found)
    since, some_new = _ONE, True
    while some_new:  # over all, for what came out of order
        now += _ONE
        some_new = _try(np.uint32(0), classes, True, since, now, derived, claimed, masks, words, page, marks, found)
        since = now
    complete = marks[1]
    for one in range(classes):
        if not complete[one]:
            return _verdict(derived, claimed, words, one), one
    return _leads_out(claimed, masks, words, page, marks, found)


@njit(cache=True, nogil=True)
def _try(
    first: Any,
    last: Any,
    tried: Any,
    since: Any,
    now: Any,
    derived: Any,
    claimed: Any,
    masks: Any,
    words: Any,
    page: Any,
    marks: Any,
    found: Any,
) -> bool:
    """Take the ways into classes that are not complete, those with a need that changed since; whether any was new."""
    of_class, starts, needs, mask_of = page[1], page[3], page[4], page[8]
    held, complete, late = marks
    some_new = False
    for one in range(first, last):
        if complete[one]:
            continue
        base = np.uint64(one) * words
        fresh = np.uint64(0)
        for way in range(of_class[one], of_class[one + _ONE]):
            latest, ready = _needs_of(way, page, held, complete)
            if not tried:
                late[way] = not ready
            if latest < since:
                continue
            if starts[way + _ONE] - starts[way] == 1 and not mask_of[way]:
                source = np.uint64(needs[starts[way]]) * words
                for word in range(words):
                    before = derived[base + word]
                    after = before | derived[source + word]
                    derived[base + word] = after
                    fresh |= before ^ after
            elif _lead(way, derived, masks, words, page, held, found):
                for word in range(words):
                    fresh |= found[word] & ~derived[base + word]
                    derived[base + word] |= found[word]
        if fresh:
            held[one], some_new = now, True
        complete[one] = _same(derived, claimed, base, words)
    return some_new


@njit(cache=True, nogil=True)
def _needs_of(way: Any, page: Any, held: Any, complete: Any) -> Any:
    """When a need of a way last changed, and whether all of them are complete."""
    starts, needs, beside_starts, besides = page[3:7]
    latest, ready = np.uint32(0), True
    for place in range(starts[way], starts[way + _ONE]):
        latest = max(latest, held[needs[place]])
        ready &= complete[needs[place]]
    for place in range(beside_starts[way], beside_starts[way + _ONE]):
        latest = max(latest, held[besides[place]])
        ready &= complete[besides[place]]
    return latest, ready


@njit(cache=True, nogil=True)
def _leads_out(claimed: Any, masks: Any, words: Any, page: Any, marks: Any, found: Any) -> Any:
    """Try the ways once more that were tried before their needs were complete."""
    gives = page[2]
    held, _, late = marks
    for way in range(np.uint32(len(gives))):
        if late[way] and _lead(way, claimed, masks, words, page, held, found):
            base = np.uint64(gives[way]) * words
            for word in range(words):
                if found[word] & ~claimed[base + word]:
                    return OVER, gives[way]
    return FINE, np.uint32(0)


@njit(cache=True, nogil=True)
def _not_empty(derived: Any, words: Any) -> Any:
    """When each class last changed: 1 for one that has a bit, 0 for an empty one."""
    held = np.zeros(len(derived) // words, np.uint32)
    for one in range(np.uint32(len(held))):
        some = np.uint64(0)
        base = np.uint64(one) * words
        for word in range(words):
            some |= derived[base + word]
        held[one] = some != 0
    return held


@njit(cache=True, nogil=True)
def _same(derived: Any, claimed: Any, base: Any, words: Any) -> bool:
    apart = np.uint64(0)
    for word in range(words):
        apart |= derived[base + word] ^ claimed[base + word]
    return bool(apart == 0)


@njit(cache=True, nogil=True)
def _verdict(derived: Any, claimed: Any, words: Any, one: Any) -> int:
    base = np.uint64(one) * words
    for word in range(words):
        if derived[base + word] & ~claimed[base + word]:
            return OVER
    return UNDER


@njit(cache=True, nogil=True)
def _lead(way: Any, state: Any, masks: Any, words: Any, page: Any, held: Any, found: Any) -> bool:
    """Where a way leads on, into ``found``; false if nowhere."""
    starts, needs, beside_starts, besides, least, mask_of = page[3:]
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
    """The worlds in which enough of the needs hold; those in which none does are passed over."""
    for word in range(words):
        some = np.uint64(0)
        for place in range(begin, end):
            some |= state[np.uint64(needs[place]) * words + word]
        enough = np.uint64(0)
        for world in range(64):
            one = np.uint64(1) << np.uint64(world)
            if some & one and _is_enough(needs, begin, end, least, state, words, word, one):
                enough |= one
        found[word] = enough


@njit(cache=True, nogil=True)
def _is_enough(needs: Any, begin: Any, end: Any, least: Any, state: Any, words: Any, word: Any, one: Any) -> bool:
    """Whether enough needs hold in a world, or a quorum comes out wrong by some choice of which feeds are silent."""
    if least > 0:
        count = 0
        for place in range(begin, end):
            count += (state[np.uint64(needs[place]) * words + word] & one) != 0
        return bool(count >= least)
    feeds = (end - begin) // np.uint32(2)
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
