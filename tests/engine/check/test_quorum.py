"""A quorum comes out wrong for the checkers of answers where it does for the spec, which tries every choice."""

from __future__ import annotations

from itertools import product

import pytest

from blastradius.engine.check.quorum import is_outvoted
from blastradius.engine.check.spec.rules import _outvoted


@pytest.mark.parametrize("feeds", [1, 2, 3, 4, 5])
def test_both_count_alike(feeds: int) -> None:
    """Of each number of feeds that are wrong, denied or either, and for each number of votes that are wanted."""
    outvoted = 0
    for wrong, down, both in product(range(feeds + 1), repeat=3):
        if both <= min(wrong, down) and wrong + down - both <= feeds:
            said = [f"f{number}" for number in range(wrong)]
            lost = [*said[:both], *(f"g{number}" for number in range(down - both))]
            for least in range(1, feeds + 2):
                wanted = _outvoted(said, lost, feeds, least)
                assert bool(is_outvoted(feeds, wrong, down, both, least)) == wanted, (wrong, down, both, least)
                outvoted += wanted
    assert outvoted
