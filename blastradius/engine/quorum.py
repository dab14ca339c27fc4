"""When a quorum comes out wrong, as the solver counts it; the checkers and the spec count on their own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Count = int | NDArray[np.signedinteger]


def is_outvoted(wrong: Count, right: Count, up: Count, vote_min: Count) -> Any:
    """Whether the wrong feeds win, by some choice of which of the wrong and denied ones are silent.

    ``wrong`` feeds say what is wrong, ``right`` neither do nor are denied, ``up`` are not denied. Counts are plain
    numbers or arrays (this also runs compiled), and the answer is a truth value or an array of such.

    Where all wrong ones vote there are ``live`` votes. While a majority decides, silence only helps the right ones;
    but from ``vote_min`` live feeds down one wrong vote decides, so it may pay to fall silent until fewer are left.
    """
    live = right + wrong
    majority = (live >= vote_min) & (wrong >= live // 2 + 1)
    few = (live < vote_min) & (wrong >= 1)
    fewer = (live >= vote_min) & (up < vote_min) & (right + 1 < vote_min)
    return majority | few | fewer


def outvotes(premises: Sequence[int], vote_min: int, held: Collection[int]) -> bool:
    """Whether a quorum is wrong; the first half of its premises says that each feed is, the other half: down."""
    feeds = len(premises) // 2
    wrong, down = ([premise in held for premise in half] for half in (premises[:feeds], premises[feeds:]))
    right = sum(not (is_wrong or is_down) for is_wrong, is_down in zip(wrong, down, strict=True))
    return bool(is_outvoted(sum(wrong), right, feeds - sum(down), vote_min))
