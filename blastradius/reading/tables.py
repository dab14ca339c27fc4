"""CSV and TSV: the delimiter found by counting, each cell with its place.

A cell stays the text that it is: ``=cmd|…`` is data like any other, numbers and dates are not read.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from itertools import islice

from .shapes import Row, Sheet
from .texts import Parsed, Places, Spot, fail

MAX_CELLS = 5_000_000
DELIMITERS = ",;\t|"
_SAMPLE = 50
_SEP = re.compile(r'"?sep=([,;\t|])"?(?:\r\n|\r|\n)')


def parse_table(text: str, shown: str, suffix: str = ".csv") -> Parsed:
    """A table; with ``.tsv`` or ``.tab`` the delimiter is a tab, else the one of , ; tab | that fits most rows.

    Raises:
        InputError: a quote that is not closed or is followed by text, a cell or a table beyond the limits.
    """
    named = _SEP.match(text)
    delimiter = named.group(1) if named else "\t" if suffix in (".tsv", ".tab") else _delimiter(text)
    finder = _Finder(text, delimiter)
    sheet = Sheet(_rows(text, shown, finder, skip=1 if named else 0), finder.spot_of)
    return Parsed(sheet, sheet.locate)


def _delimiter(text: str) -> str:
    """The delimiter under which quotes are right and most of the first rows have one width; of several the widest."""

    def fit(delimiter: str) -> tuple[bool, int, int]:
        sample = csv.reader(io.StringIO(text[:65536], newline=""), delimiter=delimiter, strict=True)
        widths, right = Counter[int](), True
        try:
            widths.update(len(row) for row in islice(sample, _SAMPLE) if len(row) > 1)
        except csv.Error as error:
            right = "unexpected end" in str(error)  # the sample may end within a quote
        width, rows = max(widths.items(), key=lambda width: (width[1], width[0]), default=(0, 0))
        return right and rows > 0, rows, width

    return max(DELIMITERS, key=fit)


def _rows(text: str, shown: str, finder: _Finder, skip: int) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=finder.delimiter, strict=True)
    rows: list[Row] = []
    cells = line = 0
    try:
        for row in reader:
            line, start = reader.line_num, line + 1
            cells += len(row)
            if cells > MAX_CELLS:
                fail(shown, (start, 1), f"more than {MAX_CELLS:,} cells; split the file")
            if row and start > skip:
                rows.append(Row(start, row))
    except csv.Error as error:
        fail(shown, *_refusal(str(error), finder, line + 1))
    return rows


def _refusal(message: str, finder: _Finder, line: int) -> tuple[Spot, str]:
    if "limit" in message:
        return (line, 1), f"a cell of more than {csv.field_size_limit():,} characters; shorten it"
    why = "a quote opens here that is not closed" if "unexpected end" in message else "text after a closing quote"
    return finder.trouble(line), f"{why}; write a quote inside a quoted cell twice"


class _Finder:
    """Where cells stand: a row is looked through again only when it is asked about."""

    def __init__(self, text: str, delimiter: str) -> None:
        self.text = text
        self.delimiter = delimiter
        self.places = Places(text)
        self._cell = re.compile(rf'(?:"[^"]*+(?:""[^"]*+)*+"|(?!")[^{re.escape(delimiter)}\r\n]*+)')
        self._last: tuple[int, list[int]] = (0, [])

    def spot_of(self, row: Row, column: int) -> Spot:
        """The place of a row's cell."""
        cells = self._cells(row.line)
        return self.places.of(cells[min(column, len(cells) - 1)])

    def trouble(self, line: int) -> Spot:
        """The place of the first cell of a row that is not what a cell can be."""
        return self.places.of(self._cells(line)[-1])

    def _cells(self, line: int) -> list[int]:
        """Where the cells of a row start; the last one is where they end or go wrong."""
        if self._last[0] != line:
            at = self.places.starts[min(line, len(self.places.starts)) - 1]
            found = [at]
            while (cell := self._cell.match(self.text, at)) and self.text.startswith(self.delimiter, cell.end()):
                at = cell.end() + 1
                found.append(at)
            self._last = line, found
        return self._last[1]
