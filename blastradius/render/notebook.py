"""An answer in Python: its data, its tables as data frames, and all of it as a notebook shows it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from blastradius.answer import UNKNOWN, Answer, Cell, Detail, Table
from blastradius.errors import DrawingError, UsageError
from blastradius.model import Frozen
from blastradius.render.html import as_fragment, as_html, drawing
from blastradius.render.text import is_numeric, table

if TYPE_CHECKING:
    from pandas import DataFrame


class Shown:
    """An answer that shows itself: with its tables and its picture in a notebook, as its headline elsewhere.

    ``print`` writes what a terminal is shown. ``main`` is the id of the table that ``to_frame`` gives unasked.
    """

    def __init__(self, answer: Answer, main: str = "") -> None:
        self.answer = answer
        self._main = main

    @property
    def data(self) -> Frozen:
        """The answer as typed data; ``data.model_dump(mode="json")`` is what ``--format json`` prints."""
        return self.answer.data

    @property
    def headline(self) -> str:
        """The answer in one sentence."""
        return self.answer.headline

    @property
    def tables(self) -> list[str]:
        """The names of the tables, which ``to_frame`` takes."""
        return [table.id for table in self.answer.tables]

    def to_frame(self, table: str | None = None) -> DataFrame:
        """A table as a pandas data frame, with every row and column; the main one unless another is named.

        What nobody stated is missing (``NA``) in a column of numbers, never 0.

        Raises:
            UsageError: the answer has no such table, or no table at all, or pandas is not installed.
        """
        try:
            from pandas import DataFrame
        except ImportError:
            raise UsageError("a data frame needs pandas; pip install 'partner-blastradius[pandas]'") from None
        found = self.answer.table(table or (self._main if self._main in self.tables else ""))
        columns = {column or "mark": _column(found, place) for place, column in enumerate(found.columns)}
        return DataFrame(columns).convert_dtypes()

    def svg(self) -> str:
        """The picture as SVG.

        Raises:
            DrawingError: the answer has no picture, or it could not be drawn whole.
        """
        from blastradius.render.draw import draw

        if self.answer.picture is None:
            raise DrawingError(f"{self.answer.question} has no picture for this answer")
        return draw(self.answer.picture, "svg").decode()

    def html(self, **detail: bool) -> str:
        """A page that stands for itself, to be written to a file; with ``all=True``, ``ids=True``, ``notes=True``."""
        return as_html(self.answer, Detail(**detail), drawing(self.answer))

    def _repr_html_(self) -> str:
        return as_fragment(self.answer, drawing=drawing(self.answer))

    def __str__(self) -> str:
        return table(self.answer, width=shutil.get_terminal_size().columns).rstrip("\n")

    def __repr__(self) -> str:
        return f"<{self.answer.question}: {self.answer.headline}>"


def _column(table: Table, place: int) -> list[Cell]:
    cells = [row[place] for row in table.rows]
    return [None if cell == UNKNOWN else cell for cell in cells] if is_numeric(table, place) else cells
