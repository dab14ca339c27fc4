"""An answer in Python: frames with what nobody stated missing, a notebook's view with tables and picture, sentences."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial

import pandas
import pytest

from blastradius.answer import UNKNOWN, Answer, Node, Picture, Table
from blastradius.errors import DrawingError, UsageError
from blastradius.model import Frozen, Kind
from blastradius.render import draw
from blastradius.render.notebook import Shown


class Data(Frozen):
    count: int = 0


ROWS = (("★", "Acme", 5, "", None), ("", "<b>", UNKNOWN, "x", True))
TABLES = (
    Table("first", "First", ("",), (("a",),)),
    Table("main", "Main", ("", "name", "records", "why", "yes"), ROWS, ids=("why",), brief=()),
    Table("empty", "Empty", ("n", "m"), ()),
)
PICTURE = Picture("How far", "as granted", (Node("a", "Acme", Kind.PARTY),), ())


def shown(main: str = "main", picture: Picture | None = None) -> Shown:
    painted = None if picture is None else partial(replace, picture)
    return Shown(Answer("q", "2 parties", Data(), TABLES, ("a line",), painted=painted), main)


def test_a_frame_is_the_whole_main_table_in_its_types() -> None:
    frame = shown().to_frame()
    assert list(frame.columns) == ["mark", "name", "records", "why", "yes"]
    assert frame["records"].sum() == 5
    assert pandas.isna(frame["records"][1])
    assert pandas.api.types.is_integer_dtype(frame["records"])
    assert list(frame["name"]) == ["Acme", "<b>"]


def test_a_table_is_named_and_may_be_empty() -> None:
    assert shown().tables == ["first", "main", "empty"]
    assert list(shown("").to_frame().iloc[0]) == ["a"]
    assert list(shown("gone").to_frame().columns) == ["mark"]
    empty = shown().to_frame("empty")
    assert (list(empty.columns), len(empty)) == (["n", "m"], 0)
    with pytest.raises(UsageError, match="table mian: this answer has first, main, empty; did you mean 'main'"):
        shown().to_frame("mian")
    with pytest.raises(UsageError, match="this answer has no table"):
        Shown(Answer("q", "nothing", Data())).to_frame()


def test_without_pandas_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UsageError, match=r"needs pandas; pip install 'partner-blastradius\[pandas\]'"):
        shown().to_frame()


def test_a_notebook_is_shown_tables_and_picture() -> None:
    written = shown(picture=PICTURE)._repr_html_()
    assert written.index("<h1>2 parties</h1>") < written.index("<svg") < written.index("<h2>First</h2>")
    assert "Acme" in written
    assert "<script" not in written
    assert "<html" not in written
    assert "<svg" not in shown()._repr_html_()


def test_a_picture_that_cannot_be_drawn_costs_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_given: object) -> bytes:
        raise DrawingError("no layout today")

    monkeypatch.setattr(draw, "draw", failing)
    assert "no layout today" in shown(picture=PICTURE)._repr_html_()
    with pytest.raises(DrawingError, match="q has no picture for this answer"):
        shown().svg()


def test_it_reads_as_a_sentence_and_prints_as_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert repr(shown()) == "<q: 2 parties>"
    assert shown().headline == "2 parties"
    assert str(shown()).startswith("2 parties\na line\n")
    assert max(map(len, str(shown()).splitlines())) <= 40


def test_a_page_takes_the_details_of_the_command_line() -> None:
    assert "<td>Acme</td>" not in shown().html().partition("<details>")[0]
    assert "<td>Acme</td>" in shown().html().partition("<details>")[2]
    whole = shown().html(all=True, ids=True)
    assert whole.startswith("<!doctype html>")
    assert "<td>Acme</td>" in whole
    assert "&lt;b&gt;" in whole
    assert "<th>why</th>" in whole
