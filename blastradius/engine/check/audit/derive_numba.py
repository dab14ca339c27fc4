"""The audit of one block of worlds as compiled code (the extra ``fast``); the same verdict as ``derive``.

Rows of words are flat: row ``i`` stands at ``i * words``. Indexes are unsigned, for the compiler's sake; ``page`` is
what ``Page.flat`` has.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from blastradius.engine.check.audit.bitrows import EVERYWHERE, NOWHERE
from blastradius.engine.check.audit.plan import Block, Defect, Ints, Words

_NOWHERE, _EVERYWHERE = np.uint32(NOWHERE), np.uint32(EVERYWHERE)
_UNKNOWN = np.uint32(2**32 - 1)
_ONE = np.uint32(1)
_NEVER = np.uint32(2**31)
_ODD = np.uint64(0x9E3779B97F4A7C15)
_FINE, _OVER, _UNDER = 0, 1, 2


def distinct(rows: Words) -> tuple[Ints, Ints]:
    """The places of rows that differ, and for each row the number among these of the one that equals it."""
    places, which = _distinct(rows.reshape(-1), np.uint32(rows.shape[1]), _table(len(rows)))
    return places, which


@njit(cache=True, nogil=True)
def _distinct(rows: Any, words: Any, table: Any) -> Any:
    which = np.empty(len(rows) // words, np.int64)
    places, count = np.empty(len(which), np.int64), 0
    for row in range(len(which)):
        first = _known(rows, np.uint32(row), words, table)
        if first == row:
            places[count], which[row] = row, count
            count += 1
        else:
            which[row] = which[first]
    return places[:count].copy(), which


@njit(cache=True, nogil=True)
def _table(count: int) -> Any:
    """An empty table of rows for so many, with room between them."""
    slots = 16
    while slots < 2 * count:
        slots *= 2
    return np.full(slots, -1, np.int32)


@njit(cache=True, nogil=True)
def _known(rows: Any, row: Any, words: Any, table: Any) -> Any:
    """The first row in the table that equals a row: that row itself, if there was none."""
    base, mark, last = np.uint64(row) * words, np.uint64(0), np.uint64(len(table) - 1)
    for word in range(words):
        here = rows[base + word]
        mark += (here ^ (here >> np.uint64(32))) * (_ODD * np.uint64(2 * word + _ONE))
    slot = (mark ^ (mark >> np.uint64(32))) & last
    while table[slot] >= 0 and _differ(rows, base, np.uint64(table[slot]) * words, words):
        slot = (slot + np.uint64(1)) & last
    if table[slot] < 0:
        table[slot] = row
    return np.uint32(table[slot])


@njit(cache=True, nogil=True)
def _differ(rows: Any, one: Any, other: Any, words: Any) -> Any:
    found = np.uint64(0)
    for word in range(words):
        found |= rows[one + word] ^ rows[other + word]
    return found != 0


def defect(block: Block) -> Defect | None:
    """The first class that is claimed elsewhere than ways and seeds lead, or that has no beginning, if there is one."""
    places, number = distinct(block.held)
    row = places[number].astype(np.uint32)
    at, open_ = row[block.at], row[block.open]
    wrong = np.zeros(block.held.shape[1], np.uint64)
    seeds = (block.seeded, block.seeds.reshape(-1))
    verdict, place = _audit(block.held.reshape(-1), at, open_, *seeds, wrong, block.page.flat)
    return None if verdict == _FINE else Defect(np.array([place]), wrong[np.newaxis], over=verdict == _OVER)


@njit(cache=True, nogil=True)
def _audit(held: Any, at: Any, open_: Any, seeded: Any, seeds: Any, wrong: Any, page: Any) -> Any:
    """A verdict, and the class it is about; its worlds are set in ``wrong``."""
    verdict, one = _leads(held, at, open_, seeded, seeds, wrong, page)
    if verdict == _FINE:
        verdict, one = _begins(held, at, open_, seeded, seeds, wrong, page)
    return verdict, one


@njit(cache=True, nogil=True)
def _leads(held: Any, at: Any, open_: Any, seeded: Any, seeds: Any, wrong: Any, page: Any) -> Any:
    """Compare each class with what is seeded of it and where its ways lead, if no one way tells as much."""
    words, of_class = np.uint32(len(wrong)), page[1]
    found, all_found = np.empty(words, np.uint64), np.zeros(words, np.uint64)
    next_seed = 0
    for one in range(np.uint32(len(at))):
        row, seed = at[one], next_seed
        next_seed += seed < len(seeded) and seeded[seed] == one
        if row == _EVERYWHERE and _is_covered(one, at, open_, page):
            continue
        covered, some = row == _NOWHERE, seed < next_seed
        for word in range(words if some else 0):
            all_found[word] = seeds[np.uint64(seed) * words + word]
        for way in range(of_class[one], of_class[one + _ONE]):
            led = _led(way, at, open_, page)
            if led == row:
                covered = True
            elif led == _UNKNOWN:
                some = True
                _work_out(way, held, at, open_, page, found, all_found)
            elif led != _NOWHERE:
                some = True
                _add(led, held, all_found)
        if (some or not covered) and _is_wrong(held, row, all_found, covered, wrong):
            return _OVER if (all_found & wrong).any() else _UNDER, one
    return _FINE, np.uint32(0)


@njit(cache=True, nogil=True)
def _is_covered(one: Any, at: Any, open_: Any, page: Any) -> bool:
    """Whether some way leads just to where a class is claimed."""
    found, way = False, page[1][one]
    while not found and way < page[1][one + _ONE]:
        found = _led(way, at, open_, page) == at[one]
        way += _ONE
    return found


@njit(cache=True, nogil=True)
def _is_wrong(held: Any, row: Any, found: Any, covered: Any, wrong: Any) -> bool:
    """Whether more was found than is in a row or, unless that is covered, less; if not, ``found`` is emptied."""
    words, over, under = np.uint32(len(wrong)), np.uint64(0), np.uint64(0)
    base = np.uint64(row) * words
    for word in range(words):
        over |= found[word] & ~held[base + word]
        under |= held[base + word] & ~found[word]
    if not over and (covered or not under):
        found[:] = 0
        return False
    for word in range(words):
        wrong[word] = found[word] & ~held[base + word] if over else held[base + word] & ~found[word]
    return True


@njit(cache=True, nogil=True)
def _begins(held: Any, at: Any, open_: Any, seeded: Any, seeds: Any, wrong: Any, page: Any) -> Any:
    """Derive anew what is claimed of knots: follow the ways that cover, and fill the rest until nothing new comes.

    ``now`` says which row is a class's by now, ``changed`` in which turn it last became another. Rows that were not
    there are put behind the others, each once, so that classes which hold in the same worlds share one.
    """
    words, count = np.uint32(len(wrong)), np.uint32(len(held) // len(wrong))
    again, missing, now, changed, stack = _begun(at, open_, page)
    lacking = np.flatnonzero(~again)
    rows, table = _more_room(held, count, words)
    for place in range(len(seeded)):
        one = np.uint32(seeded[place])
        if not again[one]:
            rows[count * words : (count + _ONE) * words] = seeds[place * words : (place + 1) * words]
            now[one], changed[one] = _known(rows, count, words, table), _ONE
            count = max(count, now[one] + _ONE)
            rows, table = _room(rows, table, count, words)
    since, turn, some_new = np.uint32(1), np.uint32(2), True
    found, all_found = np.empty(words, np.uint64), np.empty(words, np.uint64)
    while some_new:
        some_new = False
        for each in lacking:
            one = np.uint32(each)
            if again[one]:
                continue
            row = _filled(one, rows, now, open_, changed, since, count, page, found, all_found)
            if row == count:
                row = _known(rows, count, words, table)
                count = max(count, row + _ONE)
                rows, table = _room(rows, table, count, words)
            some_new = some_new or row != now[one] or row == at[one]
            if row != now[one]:
                now[one], changed[one] = row, turn
            if row == at[one]:
                _follow(one, stack, again, missing, at, now, changed, turn, page)
        since, turn = turn, turn + _ONE
    for each in lacking:
        if not again[each]:
            for word in range(words):
                was, is_ = np.uint64(at[each]) * words + word, np.uint64(now[each]) * words + word
                wrong[word] = rows[was] & ~rows[is_]
            return _UNDER, np.uint32(each)
    return _FINE, np.uint32(0)


@njit(cache=True, nogil=True)
def _room(rows: Any, table: Any, count: Any, words: Any) -> Any:
    """Rows with room for one more, and their table."""
    return _more_room(rows, count, words) if (count + _ONE) * words > len(rows) else (rows, table)


@njit(cache=True, nogil=True)
def _more_room(rows: Any, count: Any, words: Any) -> Any:
    """The first so many rows with as much room behind them, and a table of them."""
    more, table = np.zeros(np.int64(2 * count + 64) * words, np.uint64), _table(2 * count + 64)
    more[: np.int64(count) * words] = rows[: np.int64(count) * words]
    for row in range(count):
        _known(more, np.uint32(row), words, table)
    return more, table


@njit(cache=True, nogil=True)
def _begun(at: Any, open_: Any, page: Any) -> Any:
    """What of classes holds again at first, and all that follows from it by ways that cover.

    Besides: for each way to a knot how many of its needs do not hold again, if it covers that; the row that each class
    has, and in which turn it came by it; and room to work in.
    """
    knots, of_class, starts, needs, gives = page[0], page[1], page[2], page[3], page[8]
    first, again = of_class[knots], at == _NOWHERE
    again[:knots] = True
    now, changed = np.where(again, at, _NOWHERE), (again & (at != _NOWHERE)).astype(np.uint32)
    missing, stack = np.full(len(gives) - first, _NEVER), np.empty(len(at), np.uint32)
    for way in range(first, np.uint32(len(gives))):
        if _led(way, at, open_, page) == at[gives[way]]:
            count = np.uint32(0)
            for place in range(starts[way], starts[way + _ONE]):
                count += np.uint32(not again[needs[place]])
            missing[way - first] = count
    for way in range(first, np.uint32(len(gives))):
        if missing[way - first] == 0:
            _follow(gives[way], stack, again, missing, at, now, changed, _ONE, page)
    return again, missing, now, changed, stack


@njit(cache=True, nogil=True)
def _follow(
    one: Any, stack: Any, again: Any, missing: Any, at: Any, now: Any, changed: Any, turn: Any, page: Any
) -> None:
    """A class holds again, if it did not, and with it all that ways cover which miss nothing more."""
    knots, gives, onward_starts, onward = page[0], page[8], page[9], page[10]
    first, depth = np.uint32(len(gives) - len(missing)), 0
    if not again[one]:
        again[one], stack[0], depth = True, one, 1
    while depth:
        depth -= 1
        here = stack[depth]
        now[here], changed[here] = at[here], turn
        for place in range(onward_starts[here - knots], onward_starts[here - knots + _ONE]):
            way = onward[place]
            missing[way - first] -= _ONE
            if missing[way - first] == 0 and not again[gives[way]]:
                again[gives[way]], stack[depth] = True, gives[way]
                depth += 1


@njit(cache=True, nogil=True, inline="always")
def _filled(
    one: Any,
    rows: Any,
    now: Any,
    open_: Any,
    changed: Any,
    since: Any,
    count: Any,
    page: Any,
    found: Any,
    all_found: Any,
) -> Any:
    """The row of a class with all that ways lead to it which have a need that changed since.

    It is the ``count``th, which is written, if it is neither the one that it has nor one that leads there.
    """
    of_class, words, row, last = page[1], np.uint32(len(found)), now[one], _NOWHERE
    for way in range(of_class[one], of_class[one + _ONE]):
        if _latest(way, page, changed) < since:
            continue
        led = _led(way, now, open_, page)
        if led == _NOWHERE or led == row or led == last:  # noqa: SIM109 - no tuple in compiled code
            continue
        last = led if led != _UNKNOWN else last
        if row == _NOWHERE and led != _UNKNOWN:
            row = led
            continue
        if row != count:
            for word in range(words):
                all_found[word] = rows[np.uint64(row) * words + word]
            row = count
        if led == _UNKNOWN:
            _work_out(way, rows, now, open_, page, found, all_found)
        else:
            _add(led, rows, all_found)
    if row == count:
        for word in range(words):
            rows[np.uint64(count) * words + word] = all_found[word]
    return row


@njit(cache=True, nogil=True)
def _latest(way: Any, page: Any, changed: Any) -> Any:
    """When a need of a way last changed."""
    starts, needs, beside_starts, besides = page[2:6]
    latest = np.uint32(0)
    for place in range(starts[way], starts[way + _ONE]):
        latest = max(latest, changed[needs[place]])
    for place in range(beside_starts[way], beside_starts[way + _ONE]):
        latest = max(latest, changed[besides[place]])
    return latest


@njit(cache=True, nogil=True)
def _led(way: Any, at: Any, open_: Any, page: Any) -> Any:
    """Which row says where a way leads to; unknown, if it is none that is known."""
    starts, needs, least, masks = page[2], page[3], page[6], page[7]
    found = open_[masks[way]]
    for place in range(starts[way], starts[way + _ONE]):
        row = at[needs[place]]
        if least[way]:
            found = _NOWHERE
            if row != _NOWHERE:
                return _UNKNOWN
        elif row == _NOWHERE:
            return row
        elif found == _EVERYWHERE:
            found = row
        elif row != found and row != _EVERYWHERE and found != _NOWHERE:
            found = _UNKNOWN
    return found


@njit(cache=True, nogil=True)
def _add(led: Any, rows: Any, all_found: Any) -> None:
    """Add a row to ``all_found``."""
    words = np.uint32(len(all_found))
    for word in range(words):
        all_found[word] |= rows[np.uint64(led) * words + word]


@njit(cache=True, nogil=True)
def _work_out(way: Any, rows: Any, at: Any, open_: Any, page: Any, found: Any, all_found: Any) -> None:
    """Add to ``all_found`` where a way leads on; ``found`` is to work in."""
    starts, needs, beside_starts, besides, least, masks = page[2:8]
    begin, end, words = starts[way], starts[way + _ONE], np.uint32(len(found))
    if least[way]:
        _count(needs, begin, end, least[way], rows, at, words, found)
    else:
        _all_of(needs, begin, end, rows, at, words, found)
    for place in range(beside_starts[way], beside_starts[way + _ONE]):
        for word in range(words):
            found[word] &= rows[np.uint64(at[besides[place]]) * words + word]
    for word in range(words):
        all_found[word] |= found[word] & rows[np.uint64(open_[masks[way]]) * words + word]


@njit(cache=True, nogil=True)
def _all_of(needs: Any, begin: Any, end: Any, rows: Any, at: Any, words: Any, found: Any) -> None:
    """The worlds in which all of the needs hold."""
    for word in range(words):
        found[word] = rows[np.uint64(at[needs[begin]]) * words + word]
    for place in range(begin + _ONE, end):
        for word in range(words):
            found[word] &= rows[np.uint64(at[needs[place]]) * words + word]


@njit(cache=True, nogil=True)
def _count(needs: Any, begin: Any, end: Any, least: Any, rows: Any, at: Any, words: Any, found: Any) -> None:
    """The worlds in which enough of the needs hold."""
    if least < 0:
        _vote(needs, begin, end, least, rows, at, words, found)
        return
    so_many = np.empty(least, np.uint64)
    for word in range(words):
        so_many[:] = 0
        for place in range(begin, end):
            _one_more(so_many, rows[np.uint64(at[needs[place]]) * words + word])
        found[word] = so_many[least - 1]


@njit(cache=True, nogil=True)
def _one_more(so_many: Any, here: Any) -> None:
    """Count another: ``so_many`` has the worlds in which one holds, in which two hold, and so on."""
    for more in range(len(so_many) - 1, 0, -1):
        so_many[more] |= so_many[more - 1] & here
    so_many[0] |= here


@njit(cache=True, nogil=True)
def _vote(needs: Any, begin: Any, end: Any, least: Any, rows: Any, at: Any, words: Any, found: Any) -> None:
    """The worlds in which a quorum comes out wrong, by how many feeds are wrong, both wrong and down, and only down."""
    feeds = (end - begin) // np.uint32(2)
    wrong, both, only_down = np.empty((3, feeds + 1), np.uint64)
    for word in range(words):
        wrong[:] = both[:] = only_down[:] = 0
        for place in range(begin, begin + feeds):
            is_wrong = rows[np.uint64(at[needs[place]]) * words + word]
            is_down = rows[np.uint64(at[needs[place + feeds]]) * words + word]
            _one_more(wrong, is_wrong)
            _one_more(both, is_wrong & is_down)
            _one_more(only_down, is_down & ~is_wrong)
        found[word] = 0
        for downs in range(feeds + 1):
            some = _just(only_down, downs) & wrong[0]
            for boths in range(feeds + 1 if some else 0):
                few = some & _just(both, boths)
                for wrongs in range(max(boths, 1), feeds + 1 if few else 0):
                    here = few & _just(wrong, wrongs)
                    if here and _is_lost(np.int64(feeds), least, wrongs, boths, downs):
                        found[word] |= here


@njit(cache=True, nogil=True)
def _just(so_many: Any, count: Any) -> Any:
    """The worlds in which just so many hold; ``so_many`` is one longer than there are."""
    return (so_many[count - 1] if count else ~np.uint64(0)) & ~so_many[count]


@njit(cache=True, nogil=True)
def _is_lost(feeds: Any, least: Any, wrong: Any, both: Any, only_down: Any) -> bool:
    """Whether a quorum comes out wrong by some choice of which feeds are silent."""
    for silenced in range(both + 1):
        live = feeds - only_down - silenced
        if wrong - silenced >= (live // 2 + 1 if live >= -least else 1):
            return True
    return False
