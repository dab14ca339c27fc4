"""The shapes of data beyond dicts and lists: several documents, records, lines, tables and workbooks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from string import ascii_uppercase
from typing import Any, NamedTuple

from blastradius.loaderkit.json_values import Keys

from .texts import CONTROL, Spot


class Documents(list[Any]):
    """The non-empty documents of a YAML file that has several; ``empty`` is how many more were passed over."""

    empty = 0


class Records(list[Any]):
    """The records of a JSON Lines file."""


class Lines(list[str]):
    """The lines of a plain text, without their ends."""


class Unvalued(str):
    """What stands in a cell whose formula has no value stored: not empty, and no value either."""

    __slots__ = ()

    def __new__(cls) -> Unvalued:
        """The one text of such cells."""
        return super().__new__(cls, "(a formula without a value)")


class Row(NamedTuple):
    """A row of a table as it stands: its line (in a workbook its number), and its cells."""

    line: int
    cells: list[str]


class BadRow(NamedTuple):
    """A row that does not fit under the header, and why."""

    line: int
    why: str


class Sheet(list[dict[str, str]]):
    """The rows of a table, each a dict from column name to text; an empty cell is ``""``.

    The header is the first row with more than half as many filled cells as the fullest row has; what stands above
    it, such as a title, is ``above``. ``under`` reads the same table with another row as header. A column without a
    name is ``(column C)``; of names that are there several times none stays: ``id (column A)``, ``id (column D)``;
    ``repeated`` lists them. Empty rows are passed over. Rows that do not fit are no rows but ``bad``: fewer or more
    cells than the header (empty ones at the end are not counted as more), or a control character in a cell. A cell
    of a workbook whose formula has no value stored is ``Unvalued``.
    """

    def __init__(self, grid: Sequence[Row], spot_of: Callable[[Row, int], Spot], header: int | None = None) -> None:
        super().__init__()
        self.grid = [row for row in grid if any(map(str.strip, row.cells))]
        self._spot_of = spot_of
        at = self._header() if header is None else self._at(header)
        self.above = self.grid[:at]
        self.header = self.grid[at] if self.grid else Row(1, [])
        names = _names(self.grid[at:])
        self.repeated = tuple(name for name, count in Counter(names).items() if count > 1 and name)
        self.columns = tuple(_told_apart(name, i, self.repeated) for i, name in enumerate(names))
        self._number: dict[str | int, int] = {}
        for number, name in enumerate(self.columns):
            self._number.setdefault(name, number)
        self.bad: list[BadRow] = []
        self._rows: list[Row] = []
        self._fill(self.grid[at + 1 :])

    def under(self, line: int) -> Sheet | None:
        """The same table with the row of that line as its header; ``None`` when no filled row stands there."""
        return Sheet(self.grid, self._spot_of, line) if any(row.line == line for row in self.grid) else None

    def position(self, *keys: str | int) -> Spot:
        """Line and column of a row, or of the cell at (row, column name); without keys of the header."""
        return self.locate(keys)

    def locate(self, keys: Keys) -> Spot:
        """As ``position``."""
        row = keys[0] if keys and isinstance(keys[0], int) and -1 < keys[0] < len(self._rows) else None
        if row is None:
            return self.header.line, 1
        if len(keys) > 1 and keys[1] in self._number:
            return self._spot_of(self._rows[row], self._number[keys[1]])
        return self._rows[row].line, 1

    def _header(self) -> int:
        filled = [sum(map(bool, map(str.strip, row.cells))) for row in self.grid]
        most = max(filled, default=0)
        return next((i for i, count in enumerate(filled) if count * 2 > most), 0)

    def _at(self, line: int) -> int:
        return next((i for i, row in enumerate(self.grid) if row.line == line), 0)

    def _fill(self, rows: Sequence[Row]) -> None:
        width = len(self.columns)
        for line, cells in rows:
            kept = _cut(cells, width)
            control = CONTROL.search("".join(kept))
            if control:
                self.bad.append(BadRow(line, f"a cell has the control character {control.group()!r}"))
            elif len(kept) != width:
                self.bad.append(BadRow(line, f"the row has {len(kept)} cells and the header {width}"))
            else:
                self._rows.append(Row(line, kept))
                self.append(dict(zip(self.columns, kept, strict=True)))


class Workbook(dict[str, Sheet]):
    """The sheets of a workbook by name, in its order; ``hidden`` are those that its program does not show."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden: set[str] = set()


def letters(column: int) -> str:
    """A column's letters, as a spreadsheet shows them: 0 is A, 26 is AA."""
    more, last = divmod(column, 26)
    return (letters(more - 1) if more else "") + ascii_uppercase[last]


def _cut(cells: list[str], width: int) -> list[str]:
    """The cells without the empty ones beyond a width."""
    end = len(cells)
    while end > width and not cells[end - 1].strip():
        end -= 1
    return cells if end == len(cells) else cells[:end]


def _names(rows: Sequence[Row]) -> list[str]:
    """The names in the first row; columns at the end with neither name nor content are left off."""
    head = [" ".join(cell.split()) if not CONTROL.search(cell) else "" for cell in rows[0].cells] if rows else []
    width = next((i + 1 for i in reversed(range(len(head))) if head[i]), 0)
    if width < len(head):
        width = max([width, *(_filled(row.cells[: len(head)]) for row in rows[1:])])
    return head[:width]


def _filled(cells: list[str]) -> int:
    return next((i + 1 for i in reversed(range(len(cells))) if cells[i].strip()), 0)


def _told_apart(name: str, column: int, repeated: tuple[str, ...]) -> str:
    if not name:
        return f"(column {letters(column)})"
    return f"{name} (column {letters(column)})" if name in repeated else name


def walk(data: Any, keys: Keys) -> Iterator[Any]:
    """The values on the way that keys lead, as far as they lead anywhere."""
    for key in keys:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return
        yield data
