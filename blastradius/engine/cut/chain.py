"""Forward chaining, a clause at a time (Dowling and Gallier 1984); compiled where numba is installed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from heapq import heappop, heappush
from typing import Any

from numpy.typing import NDArray

from blastradius.columns.ragged import Flags, Numbers
from blastradius.engine.quorum import is_outvoted

SEED = -2
"""In the place of the clause that a fact follows from: it is one that the scenario starts from."""


def chain(*columns: Numbers | Flags | NDArray[Any] | float) -> tuple[int, int, int]:
    """What ``_chain`` returns for its arguments but the first three."""
    met, settled, done = _compiled(_chain)(_compiled(is_outvoted), _compiled(_votes), _compiled(_settle), *columns)
    return int(met), int(settled), int(done)


def wipe(*columns: Numbers | int) -> None:
    """What ``_wipe`` does."""
    _compiled(_wipe)(*columns)


@cache
def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    try:
        from numba import njit
    except ImportError:
        return function
    compiled: Callable[..., Any] = njit(cache=True, nogil=True)(function)
    return compiled


def _chain(  # noqa: C901
    outvoted: Any, count: Any, settle: Any, indptr: Any, premises: Any, need: Any, votes: Any, conclusion: Any,
    wait_indptr: Any, waiting: Any, delay: Any, end: float,
    closed: Any, seeds: Any, targets: Any, by: Any, turn: Any, since: Any, held: Any, order: Any, kept: int,
) -> tuple[int, int, int]:  # fmt: skip
    """Settle what follows from seeds and is kept, hour by hour and breadth first, until one is a target; its number.

    -1 if none is, then how many facts are settled, and of how many of them it is known what follows. What comes at
    ``end`` or later does not come.

    ``by`` (-1 where nothing is known) is filled with the clause that each fact follows from, ``turn`` with its place in
    ``order``, ``since`` with how many facts its clause had before it, ``held`` with how many premises of each clause
    hold. ``waiting`` are the clauses that wait for each fact. The first ``kept`` in ``order`` are settled already, and
    all that follows from them; where any clause has a delay none may be.
    """
    for place in range(kept):
        if targets[order[place]]:
            return order[place], kept, kept
    settled = done = kept
    for seed in seeds:
        if by[seed] == -1:
            settled = settle(seed, -2, 0, settled, by, turn, since, order)
    hour = 0.0
    late = [(0.0, 0, 0, 0)]  # hour, turn, clause, facts before it; in the first hour nothing is late
    heappop(late)
    turns = 0
    while done < settled or len(late) > 0:
        if done == settled:
            hour, _, clause, before = heappop(late)
            if by[conclusion[clause]] == -1:
                settled = settle(conclusion[clause], clause, before, settled, by, turn, since, order)
            continue
        fact = order[done]
        if targets[fact]:
            return fact, settled, done
        done += 1
        for place in range(wait_indptr[fact], wait_indptr[fact + 1]):
            clause = waiting[place]
            held[clause] += 1
            if closed[clause] or by[conclusion[clause]] != -1:
                continue
            if votes[clause]:
                quorum = premises[indptr[clause] : indptr[clause + 1]]
                wrong, right, up = count(quorum, by, turn, done)
                if not outvoted(wrong, right, up, need[clause]):
                    continue
            elif held[clause] < need[clause]:
                continue
            if delay[clause] > 0:
                if hour + delay[clause] < end:
                    turns += 1
                    heappush(late, (hour + delay[clause], turns, clause, done))
                continue
            settled = settle(conclusion[clause], clause, done, settled, by, turn, since, order)
    return -1, settled, done


def _settle(
    fact: int, clause: int, before: int, settled: int, by: Any, turn: Any, since: Any, order: Any
) -> int:  # fmt: skip
    """Settle a fact by a clause that had so many facts before it; how many are settled then."""
    by[fact] = clause
    turn[fact] = settled
    since[fact] = before
    order[settled] = fact
    return settled + 1


def _wipe(wait_indptr: Any, waiting: Any, by: Any, held: Any, order: Any, kept: int, settled: int, done: int) -> None:
    """Forget what a search settled, but the first ``kept`` facts."""
    for place in range(kept, settled):
        fact = order[place]
        by[fact] = -1
        if place < done:
            for waits in range(wait_indptr[fact], wait_indptr[fact + 1]):
                held[waiting[waits]] -= 1


def _votes(quorum: Any, by: Any, turn: Any, done: int) -> tuple[int, int, int]:
    """How many feeds are wrong, are neither, are not down: the first half of a quorum says wrong, the other down."""
    feeds = len(quorum) // 2
    wrong, right, up = 0, 0, 0
    for feed in range(feeds):
        is_wrong = by[quorum[feed]] != -1 and turn[quorum[feed]] < done
        is_down = by[quorum[feed + feeds]] != -1 and turn[quorum[feed + feeds]] < done
        wrong += is_wrong
        right += not (is_wrong or is_down)
        up += not is_down
    return wrong, right, up
