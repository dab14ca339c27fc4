"""When a quorum comes out wrong, as the checkers count it; the solver and the spec count on their own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Counts = int | NDArray[np.signedinteger]


def is_outvoted(feeds: int, wrong: Counts, down: Counts, both: Counts, vote_min: Counts) -> NDArray[np.bool_]:
    """Whether some choice of which denied feeds fall silent lets the wrong ones win.

    Of ``feeds`` feeds ``wrong`` say what is wrong, ``down`` are denied and ``both`` are either, as one likes: such a
    feed is silent or votes. Where at least ``vote_min`` are live a majority of these decides, below that any one feed.
    The counts may be arrays of any shapes that broadcast; so is the answer.
    """
    lost = np.zeros(np.broadcast(wrong, down, both, vote_min).shape, np.bool_)
    for silent in range(int(np.max(both, initial=0)) + 1):
        votes, live = wrong - silent, feeds - (down - both) - silent
        lost |= (silent <= both) & (votes >= np.where(live >= vote_min, live // 2 + 1, 1))
    return lost
