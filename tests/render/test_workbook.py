"""Tables as a workbook, read again as a spreadsheet reads it."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from blastradius.answer import Table
from blastradius.errors import DrawingError
from blastradius.render.workbook import as_xlsx

HOSTILE = ("=1+1", "+cmd", "@x", "http://example.org", "\u202eabc", "'", "a\nb", "-2")
TABLES = (
    Table("one", "What is told: to [whom]", ("name", "count"), tuple((text, 3) for text in HOSTILE)),
    Table("two", "What is told: to [whom]", ("name",), ()),
    Table("three", "x" * 50, ("name", "share"), (("half", 0.5), (None, None), (True, "unknown"))),
)


@pytest.fixture
def sheets() -> dict[str, list[list[Any]]]:
    pytest.importorskip("xlsxwriter")
    calamine = pytest.importorskip("python_calamine")
    book = calamine.load_workbook(io.BytesIO(as_xlsx(TABLES)))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_every_row_is_there_and_text_stays_text(sheets: dict[str, list[list[Any]]]) -> None:
    first, second, third = sheets.values()
    assert first[0] == ["name", "count"]
    assert [row[0].replace("\\n", "\n") for row in first[1:]] == [text.replace("\u202e", "\\u202e") for text in HOSTILE]
    assert [row[1] for row in first[1:]] == [3.0] * len(HOSTILE)
    assert second == [["name"]]
    assert third[1:] == [["half", 0.5], ["", ""], ["yes", "unknown"]]


def test_names_of_sheets_are_those_that_a_workbook_takes(sheets: dict[str, list[list[Any]]]) -> None:
    assert len(sheets) == 3
    assert all(0 < len(name) <= 31 and not set("[]:*?/\\'") & set(name) for name in sheets)


def test_no_cell_is_a_formula_or_a_link_and_the_same_tables_give_the_same_bytes() -> None:
    pytest.importorskip("xlsxwriter")
    raw = as_xlsx(TABLES)
    with zipfile.ZipFile(io.BytesIO(raw)) as parts:
        texts = [parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml")]
    assert [text for text in texts if "<f>" in text or "<hyperlink" in text] == []
    assert as_xlsx(TABLES) == raw


def test_where_workbooks_cannot_be_written_the_way_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "xlsxwriter", None)
    with pytest.raises(DrawingError, match=r"xlsx needs XlsxWriter; pip install 'partner-blastradius\[xlsx\]'"):
        as_xlsx(TABLES)
