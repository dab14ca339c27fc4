"""Text laid out for a terminal: paragraphs and tables no wider than it, broken between words only."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import zip_longest

from rich.cells import cell_len
from rich.console import Console, OverflowMethod
from rich.text import Text

from blastradius.render.columns import GAP, Column, Layout, laid_out

UNBOUNDED = 10_000
NARROWEST = 20
"""Fewer columns are written as if they were so many."""
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

    def table(self, columns: Sequence[Column]) -> tuple[str, ...]:
        """Cells under headings; the headings of the columns for which there is no room."""
        layout = laid_out(columns, self.width)
        self._row([column.heading for column in layout.beside], layout, "bold")
        self._line("─" * (sum(layout.widths) + GAP * max(0, len(layout.widths) - 1)))
        for number in range(len(columns[0].cells)):
            self._row([column.cells[number] for column in layout.beside], layout)
            for column in layout.below:
                self._below(column.below(number))
        return tuple(column.heading for column in layout.left_out)

    def _row(self, cells: Sequence[str], layout: Layout, style: str = "") -> None:
        wrapped = [self._wrapped(cell, width) for cell, width in zip(cells, layout.widths, strict=True)]
        for parts in zip_longest(*wrapped, fillvalue=""):
            padded = [
                _padded(part, width, right=column.number)
                for part, width, column in zip(parts, layout.widths, layout.beside, strict=True)
            ]
            self._line((" " * GAP).join(padded), style)

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
