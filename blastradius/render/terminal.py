"""Text laid out for a terminal: paragraphs and tables no wider than it, broken between words only."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from functools import cached_property
from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.cells import cell_len

from blastradius.render.columns import GAP, Column, Layout, laid_out

if TYPE_CHECKING:
    from rich.console import Console, OverflowMethod

UNBOUNDED = 10_000
NARROWEST = 20
"""Fewer columns are written as if they were so many."""
INDENT = "    "


class Screen:
    """What is written for a terminal of so many columns, line after line; without a ``width`` nothing is broken."""

    def __init__(self, width: int | None, *, color: bool = False) -> None:
        self._out = io.StringIO()
        self.width = max(width or UNBOUNDED, NARROWEST)
        self._color = color

    @cached_property
    def _console(self) -> Console:
        """What breaks lines and colours them, which is imported where a line is long or has a colour."""
        from rich.console import Console

        return Console(
            file=self._out,
            width=UNBOUNDED,
            force_terminal=self._color,
            no_color=not self._color,
            color_system="standard" if self._color else None,
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
        self._out.write("\n")

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
        plain = _between_words(text, width)
        if plain is not None:
            return plain
        from rich.text import Text

        lines = Text(text).wrap(self._console, width, overflow=overflow)
        return [line.plain.rstrip() for line in lines] or [""]

    def _line(self, text: str, style: str = "") -> None:
        if text.isprintable() and not (style and self._color):
            self._out.write(f"{text}\n")
            return
        from rich.text import Text

        self._console.print(Text(text, style=style), crop=False, overflow="ignore", no_wrap=True)


def _between_words(text: str, width: int) -> list[str] | None:
    """The lines of a text in plain letters whose words all fit, as rich breaks them; ``None`` where it has to do it."""
    words = re.findall(r" *[^ ]+ *", text)
    if not (text.isascii() and text.isprintable()) or any(len(word.rstrip()) > width for word in words):
        return None
    lines, room = [""], width
    for word in words:
        if len(word.rstrip()) > room:
            lines.append("")
            room = width
        lines[-1] += word
        room -= len(word)
    return [line.rstrip() for line in lines]


def _padded(text: str, width: int, *, right: bool) -> str:
    spaces = " " * (width - cell_len(text))
    return spaces + text if right else text + spaces
