"""Text laid out for a terminal: paragraphs and tables no wider than it, broken between words only."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import zip_longest

from rich.cells import cell_len
from rich.console import Console, OverflowMethod
from rich.text import Text

from blastradius.render.columns import LONGEST_WORD, Column, fitted

UNBOUNDED = 10_000
NARROWEST = 20
"""Fewer columns are written as if they were so many."""
GAP = "  "
INDENT = "    "


class Screen:
    """What is written for a terminal of so many columns, line after line; without a ``width`` nothing is broken."""

    def __init__(self, width: int | None, *, color: bool = False) -> None:
        self._out = io.StringIO()
        self.width = max(width or UNBOUNDED, NARROWEST)
        self._console = Console(
            file=self._out,
            width=UNBOUNDED,
            force_terminal=color,
            no_color=not color,
            color_system="standard" if color else None,
            legacy_windows=False,
            markup=False,
            highlight=False,
            emoji=False,
        )

    def text(self) -> str:
        """All that was written, without spaces at the ends of lines."""
        return "\n".join(line.rstrip() for line in self._out.getvalue().splitlines()).rstrip() + "\n"

    def blank(self) -> None:
        """An empty line."""
        self._console.print()

    def paragraph(self, text: str, *, style: str = "", hanging: int = 0) -> None:
        """A text, the lines after its first one indented by ``hanging``."""
        lines = self._wrapped(text, max(1, self.width - hanging), "fold")
        for number, line in enumerate(lines):
            self._line(" " * (hanging if number else 0) + line, style)

    def table(self, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
        """Cells under headings; columns that may stand below their row do so where there is no room beside it."""
        below: list[int] = []
        if _width_of(columns, rows, range(len(columns))) > self.width:
            below = [place for place, column in enumerate(columns) if column.under]
        beside = [place for place in range(len(columns)) if place not in below]
        widths = self._widths(columns, rows, beside)
        self._row([columns[place].heading for place in beside], columns, beside, widths, "bold")
        self._line("─" * (sum(widths) + len(GAP) * max(0, len(widths) - 1)))
        for row in rows:
            self._row([row[place] for place in beside], columns, beside, widths)
            for place in below:
                self._below(row[place])

    def _widths(self, columns: Sequence[Column], rows: Sequence[Sequence[str]], beside: Sequence[int]) -> list[int]:
        natural = [_natural(columns[place], [row[place] for row in rows]) for place in beside]
        words = [_longest_word(columns[place], [row[place] for row in rows]) for place in beside]
        return fitted(natural, words, self.width - len(GAP) * (len(beside) - 1))

    def _row(
        self,
        cells: Sequence[str],
        columns: Sequence[Column],
        beside: Sequence[int],
        widths: Sequence[int],
        style: str = "",
    ) -> None:
        wrapped = [self._wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
        for parts in zip_longest(*wrapped, fillvalue=""):
            padded = [
                _padded(part, width, right=columns[place].number)
                for part, width, place in zip(parts, widths, beside, strict=True)
            ]
            self._line(GAP.join(padded), style)

    def _below(self, cell: str) -> None:
        if cell:
            for line in self._wrapped(cell, self.width - len(INDENT)):
                self._line(INDENT + line)

    def _wrapped(self, text: str, width: int, overflow: OverflowMethod = "ellipsis") -> list[str]:
        if cell_len(text) <= width:
            return [text]
        lines = Text(text).wrap(self._console, width, overflow=overflow)
        return [line.plain.rstrip() for line in lines] or [""]

    def _line(self, text: str, style: str = "") -> None:
        self._console.print(Text(text, style=style), crop=False, overflow="ignore", no_wrap=True)


def _padded(text: str, width: int, *, right: bool) -> str:
    spaces = " " * (width - cell_len(text))
    return spaces + text if right else text + spaces


def _width_of(columns: Sequence[Column], rows: Sequence[Sequence[str]], places: Sequence[int]) -> int:
    natural = [_natural(columns[place], [row[place] for row in rows]) for place in places]
    return sum(natural) + len(GAP) * max(0, len(natural) - 1)


def _natural(column: Column, cells: Sequence[str]) -> int:
    return max(map(cell_len, (column.heading, *cells)))


def _longest_word(column: Column, cells: Sequence[str]) -> int:
    """The room that a column needs so that no word of it is broken, if that is no more than is sensible."""
    if column.number:
        return _natural(column, cells)
    words = [word for cell in (column.heading, *cells) for word in cell.split()]
    return min(max(map(cell_len, words), default=0), LONGEST_WORD)
