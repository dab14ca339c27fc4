"""Tables as an Excel workbook, a sheet each, to sort and to filter; text stays text, never a formula or a link."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from blastradius.answer import Cell, Table
from blastradius.errors import DrawingError
from blastradius.escape import cut, visible
from blastradius.render.text import words

_NO_NAME = re.compile(r"[\[\]:*?/\\']")
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)
"""When a workbook says that it was made: the same tables give the same bytes."""
_MOST_ROWS = 1_048_576
"""How many rows Excel takes on a sheet, the header among them."""
_MOST_NAME, _MOST_CELL, _WIDEST = 31, 32_000, 60
"""How many characters Excel takes for the name of a sheet and in a cell, and how wide a column gets at first."""


def as_xlsx(tables: Sequence[Table]) -> bytes:
    """All rows and columns of tables, each on a sheet of its own under its title; the same tables give the same bytes.

    Raises:
        DrawingError: the package that writes workbooks is not there, or a table has more rows than a sheet takes.
    """
    for table in tables:
        if len(table.rows) >= _MOST_ROWS:
            raise DrawingError(f"{table.title}: a sheet takes {_MOST_ROWS:,} rows; write it as csv")
    try:
        from xlsxwriter import Workbook
    except ImportError:
        raise DrawingError("xlsx needs XlsxWriter; pip install 'partner-blastradius[xlsx]'") from None
    made = io.BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(made, {"in_memory": True, **plain}) as book:
        book.set_properties({"created": _NEVER})
        look = {"text_wrap": True, "valign": "top"}
        head, body = book.add_format({"bold": True, "bottom": 1, **look}), book.add_format(look)
        for name, table in zip(_names(tables), tables, strict=True):
            sheet = book.add_worksheet(name)
            for row, cells in enumerate([table.columns, *table.rows]):
                for column, cell in enumerate(cells):
                    if isinstance(cell, int | float) and not isinstance(cell, bool):
                        sheet.write_number(row, column, cell, body)
                    else:
                        sheet.write_string(row, column, _text(cell), body if row else head)
            for column, wide in enumerate(_widths(table)):
                sheet.set_column(column, column, wide)
            sheet.freeze_panes(1, 0)
            if table.rows:
                sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
    return made.getvalue()


def _widths(table: Table) -> Iterator[int]:
    for place, name in enumerate(table.columns):
        longest = max((len(_text(row[place])) for row in table.rows), default=0)
        yield min(_WIDEST, max(len(name), longest) + 2)


def _names(tables: Sequence[Table]) -> Iterator[str]:
    """Names of sheets, which may be long, alike and of any letters in no workbook."""
    taken = set[str]()
    for number, table in enumerate(tables, start=1):
        name = cut(_NO_NAME.sub(" ", visible(table.title or table.id)), _MOST_NAME - 4).strip() or f"table {number}"
        name = name if name.lower() not in taken else f"{name} {number}"
        taken.add(name.lower())
        yield name


def _text(cell: Cell) -> str:
    return cut(visible(words(cell)), _MOST_CELL)
