"""How wide the columns of a table are where they have to fit into a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LONGEST_WORD = 24
"""Up to how many columns a word (an id, a name) is kept whole for, as long as there is room at all."""


@dataclass(frozen=True)
class Column:
    """A column's heading, whether it may stand below its row, and whether it holds numbers."""

    heading: str
    under: bool = False
    number: bool = False


def fitted(natural: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Widths that add up to ``room`` at most: the widest columns give way first, none below ``least``.

    Where even that is too much, all give way alike, down to one column each.
    """
    if sum(natural) <= room:
        return list(natural)
    floors = list(least) if sum(least) <= room else [1] * len(natural)
    cap = max(natural)
    while cap > 1 and sum(_capped(natural, floors, cap)) > room:
        cap -= 1
    widths = _capped(natural, floors, cap)
    for place in sorted(range(len(widths)), key=lambda place: widths[place] - natural[place]):
        widths[place] += min(max(room - sum(widths), 0), natural[place] - widths[place])
    return widths


def _capped(natural: Sequence[int], floors: Sequence[int], cap: int) -> list[int]:
    return [min(wanted, max(cap, floor)) for wanted, floor in zip(natural, floors, strict=True)]
