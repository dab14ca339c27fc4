"""How wide the columns of a table are where they have to fit into a terminal, and which of them stand elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from rich.cells import cell_len

GAP = 2
LONGEST_WORD = 24
"""Up to how many columns a word (an id, a name) is kept whole for, as long as there is room at all."""
NARROWEST_TEXT = 8
EASY_TEXT = 22


@dataclass(frozen=True)
class Column:
    """A column's heading and its cells, and what may become of it where there is no room.

    ``under``: it may stand below its row, after its heading where it is ``headed``. ``spare``: it may be left out.
    ``number``: its cells are kept whole.
    """

    heading: str
    cells: Sequence[str]
    under: bool = False
    spare: bool = False
    number: bool = False
    headed: bool = False

    def below(self, row: int) -> str:
        """A cell that stands below its row."""
        cell = self.cells[row]
        return f"{self.heading}: {cell}" if cell and self.headed else cell

    @cached_property
    def natural(self) -> int:
        """The width at which nothing is broken."""
        return max(map(cell_len, (self.heading, *self.cells)))

    @cached_property
    def least(self) -> int:
        """The width at which no word is broken, as far as that is sensible; a number is a word."""
        texts = (self.heading,) if self.number else (self.heading, *self.cells)
        longest = min(max((cell_len(word) for text in texts for word in text.split()), default=0), LONGEST_WORD)
        whole = [cell_len(cell) for cell in self.cells] if self.number else []
        return max([longest, *whole])

    @property
    def easy(self) -> int:
        """The width at which it is easily read."""
        return max(self.least, 0 if self.number else min(self.natural, EASY_TEXT))

    def floor(self, longest: int) -> int:
        """The width at which no word is broken that is no longer than so."""
        return self.least if self.number else min(self.least, longest)


class Layout(NamedTuple):
    """The columns that stand beside each other with their widths, those below their row, and those left out."""

    beside: Sequence[Column]
    widths: Sequence[int]
    below: Sequence[Column]
    left_out: Sequence[Column]


def laid_out(columns: Sequence[Column], width: int) -> Layout:
    """Where each column stands and how wide it is in a terminal of so many columns."""
    beside, below = list(columns), list[Column]()
    left_out: list[Column] = []
    if _total(column.natural for column in columns) > width:
        beside, below = [c for c in columns if not c.under], [c for c in columns if c.under]
    for spare in [column for column in reversed(columns) if column.spare]:
        if spare in beside and _total(column.easy for column in beside) > width:
            beside.remove(spare)
            left_out.insert(0, spare)
    return Layout(beside, _widths(beside, width - GAP * (len(beside) - 1)), below, left_out)


def _total(widths: Iterable[int]) -> int:
    each = list(widths)
    return sum(each) + GAP * max(0, len(each) - 1)


def _widths(columns: Sequence[Column], room: int) -> list[int]:
    """Widths that add up to ``room`` at most: the widest columns give way first, and no word is broken if that does.

    Where even that is too much, all give way alike, down to one column each.
    """
    natural = [column.natural for column in columns]
    floors = [[column.floor(longest) for column in columns] for longest in range(LONGEST_WORD, NARROWEST_TEXT - 1, -1)]
    floor = next((found for found in floors if sum(found) <= room), [1] * len(columns))
    cap = max(natural, default=1)
    while cap > 1 and sum(_capped(natural, floor, cap)) > room:
        cap -= 1
    widths = _capped(natural, floor, cap)
    for place in sorted(range(len(widths)), key=lambda place: widths[place] - natural[place]):
        widths[place] += min(max(room - sum(widths), 0), natural[place] - widths[place])
    return widths


def _capped(natural: Sequence[int], floors: Sequence[int], cap: int) -> list[int]:
    return [min(wanted, max(cap, floor)) for wanted, floor in zip(natural, floors, strict=True)]
