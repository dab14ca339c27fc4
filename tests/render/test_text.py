from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.cells import cell_len

from blastradius import ask, load
from blastradius.answer import UNKNOWN, Answer, Detail, Page, Section, Table
from blastradius.model import Frozen, Note, NoteKind, Provenance
from blastradius.render import RENDERERS, text
from blastradius.render.text import as_csv, as_json, as_markdown, json_pieces, safe, table

HOSTILE = (
    "[/b]",
    "[red]x[/red]",
    ":boom:",
    "\x1b]0;owned\x07",
    "\x9b31m",
    "a\u202eb\u2066c",
    "line\nbreak\r\tx",
    "\x00\x7f",
    "\ud800",
    "<script>alert(1)</script>",
    "a|b`c`",
    "![x](https://evil.example/p.png)",
    "@everyone",
    "=HYPERLINK(1)",
    "+1",
    "-1",
    "\t=1",
    "\r=1",
    "-- x",
    "数据库 🔥",
)


class Data(Frozen):
    names: tuple[str, ...] = ()
    count: int = 0
    share: float | None = None


def answer(*names: str) -> Answer:
    rows = tuple((name, index, None if index else 0.5, index == 0) for index, name in enumerate(names))
    headline = names[0] if names else "nothing"
    note = Note(kind=NoteKind.ASSUMED, message=headline, provenance=(Provenance(source="s", file="a.yaml", line=3),))
    return Answer(
        question="reach",
        headline=headline,
        data=Data(names=names, count=len(names)),
        tables=(Table("reached", headline, ("Name", "Records", "Share", "Jewel"), rows),),
        lines=names,
        notes=(note,),
    )


def plain() -> Answer:
    made = answer("Customer records", "Orders")
    return replace(made, headline="2 things are reached", lines=("one line",))


def harmful(text: str) -> list[str]:
    codes = [*range(10), *range(11, 32), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
    bad = {*codes, *range(0xD800, 0xE000)}
    return [char for char in text if ord(char) in bad]


def test_a_table_reads_like_this() -> None:
    assert table(plain()) == (
        "2 things are reached\n"
        "one line\n"
        "\n"
        "Customer records\n"
        "Name              Records  Share  Jewel\n"
        "───────────────────────────────────────\n"
        "Customer records        0    0.5  yes\n"
        "Orders                  1         no\n"
        "\n"
        "1 note concerns this answer; --notes prints it\n"
    )


def test_colour_only_when_asked_for() -> None:
    assert "\x1b[" in table(plain(), color=True)
    assert "\x1b" not in table(plain(), color=False)


@pytest.mark.parametrize("width", [1, 20, 33, 50, 80])
def test_nothing_is_wider_than_the_terminal(width: int) -> None:
    narrow = table(answer("word " * 30, "x" * 90, "数据库" * 20), width=width, detail=Detail(notes=True))
    assert max(map(cell_len, narrow.splitlines())) <= max(width, 20)


def test_a_word_that_does_not_fit_ends_in_dots_and_others_are_whole() -> None:
    narrow = table(answer("word " * 30, "x" * 90), width=50).split("Jewel")[1]
    assert narrow.count("word") == 30
    assert re.findall("x+…?", narrow) == ["x" * 26 + "…"]


def test_a_line_that_is_broken_hangs_from_its_first_words() -> None:
    made = replace(plain(), lines=("one two three four five six",), tables=(), notes=())
    assert table(made, width=20) == "2 things are reached\none two three four\n  five six\n"


def test_ids_are_shown_where_they_are_asked_for() -> None:
    made = replace(plain(), tables=(Table("t", "T", ("id", "name"), (("a", "Acme"),), ids=("id",)),), notes=())
    assert "a " not in table(made).split("T\n")[1]
    assert table(made, detail=Detail(ids=True)).endswith("id  name\n────────\na   Acme\n")
    assert "| a |" not in as_markdown(made)
    assert "| a | Acme |" in as_markdown(made, Detail(ids=True))
    assert as_csv(made) == "id,name\na,Acme\n"


def test_of_many_rows_some_are_shown_and_the_rest_is_a_word_away() -> None:
    made = replace(plain(), tables=(Table("t", "T", ("x",), ((1,), (2,)), brief=((1,),)),), notes=())
    assert table(made).endswith("T\nx\n─\n1\n(--all shows all 2 rows)\n")
    assert table(made, detail=Detail(all=True)).endswith("T\nx\n─\n1\n2\n")
    assert as_csv(made) == "x\n1\n2\n"
    assert as_markdown(made).endswith("| x |\n| --- |\n| 1 |\n\n(--all shows all 2 rows)\n")


def test_rows_none_of_which_is_shown_are_a_line() -> None:
    made = replace(plain(), tables=(Table("t", "Held", ("x",), ((1,),), brief=()),), notes=())
    assert table(made).endswith("\nHeld (--all shows its row)\n")


def test_an_empty_table_is_one_line() -> None:
    made = replace(plain(), tables=(Table("t", "What was stopped", ("x", "y"), ()),), notes=())
    assert table(made).endswith("one line\n\nWhat was stopped: none\n")
    assert as_markdown(made).endswith("\n\n### What was stopped: none\n")


def test_a_long_column_stands_below_its_row_only_where_there_is_no_room() -> None:
    made = replace(
        plain(),
        tables=(Table("t", "T", ("x", "read at"), (("an order", "estate.yaml:1:2"),), under=("read at",)),),
        notes=(),
    )
    assert table(made, width=80).endswith("x         read at\n─────────────────────────\nan order  estate.yaml:1:2\n")
    assert table(made, width=1).endswith("x\n────────\nan order\n    estate.yaml:1:2\n")


def test_notes_are_counted_and_printed_when_asked_for() -> None:
    two = replace(plain(), notes=plain().notes * 2)
    assert table(two).endswith("\n\n2 notes concern this answer; --notes prints them\n")
    assert table(two, detail=Detail(notes=True)).endswith("note: a.yaml:3: assumed: Customer records\n")


def test_numbers_have_separators_for_people_and_none_for_programs() -> None:
    made = replace(plain(), tables=(Table("t", "T", ("n", "m"), ((1234567, UNKNOWN), (5, 1000.5))),), notes=())
    assert table(made).endswith("        n        m\n──────────────────\n1,234,567  unknown\n        5  1,000.5\n")
    assert "| 1,234,567 | unknown |" in as_markdown(made)
    assert as_csv(made) == "n,m\n1234567,unknown\n5,1000.5\n"


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("renderer", sorted(RENDERERS))
def test_no_renderer_lets_a_name_act(renderer: str, name: str) -> None:
    text = RENDERERS[renderer](answer(name, name))
    assert not harmful(text)
    text.encode()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_shown_as_it_is_or_as_a_visible_escape(name: str) -> None:
    assert table(answer(name)).count(safe(name)) >= 3


@pytest.mark.parametrize("name", HOSTILE)
def test_json_keeps_the_value(name: str) -> None:
    assert json.loads(as_json(answer(name)))["names"] == [name]


def test_json_is_stable_and_ends_with_a_newline() -> None:
    assert as_json(answer("é")) == '{\n  "names": [\n    "é"\n  ],\n  "count": 1,\n  "share": null\n}\n'


@pytest.mark.parametrize("at_once", [1, 2, 3, 1000])
def test_json_in_pieces_is_the_same(at_once: int, northwind: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = ask("reach", load(northwind), compromise="acme", assume="lateral").answer
    whole = [shown.data.model_dump_json(indent=2) + "\n", as_json(answer()), as_json(answer("é", "\ud800", "\x7f"))]
    monkeypatch.setattr(text, "_AT_ONCE", at_once)
    assert [*map(as_json, (shown, answer(), answer("é", "\ud800", "\x7f")))] == whole
    assert len([*json_pieces(shown)]) > 20 or at_once == 1000


def test_csv_is_the_table() -> None:
    assert as_csv(plain()) == "Name,Records,Share,Jewel\nCustomer records,0,0.5,yes\nOrders,1,,no\n"


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_no_csv_cell_is_a_formula(name: str) -> None:
    row = list(csv.reader(io.StringIO(as_csv(answer(name)))))[1]
    assert row[0] == "'" + safe(name)


def test_a_negative_number_stays_a_number() -> None:
    made = replace(plain(), tables=(Table("t", "T", ("n",), ((-3,), (-0.5,))),))
    assert as_csv(made) == "n\n-3\n-0.5\n"


def test_csv_is_one_table_so_that_any_reader_takes_it() -> None:
    made = replace(plain(), tables=(Table("a", "A", ("x",), ((1,),)), Table("b", "B", ("", "y"), (("★", 2),))))
    assert as_csv(made) == as_csv(made, "a") == as_csv(made, "neither") == "x\n1\n"
    assert as_csv(made, "b") == "mark,y\n★,2\n"


def test_markdown_reads_like_this() -> None:
    assert as_markdown(plain()) == (
        "**2 things are reached**\n\n- one line\n\n### Customer records\n\n"
        "| Name | Records | Share | Jewel |\n| --- | --- | --- | --- |\n"
        "| Customer records | 0 | 0.5 | yes |\n| Orders | 1 |  | no |\n\n"
        "- 1 note concerns this answer; --notes prints it\n"
    )


def test_a_document_in_markdown_names_no_flag_for_its_reader_has_no_command() -> None:
    note = Note(kind=NoteKind.ASSUMED, message="taken as soft")
    whole = Table("a", "A", ("x",), ((1,), (2,)), brief=((1,),))
    made = replace(plain(), notes=(note,), tables=(whole,), page=Page("Board", "today", (Section("One", table=whole),)))
    written = as_markdown(made)
    assert written.endswith("| x |\n| --- |\n| 1 |\n\n(1 of 2 rows)\n\n- note: assumed: taken as soft\n")
    many = as_markdown(replace(made, notes=(note,) * 11))
    assert many.endswith("- 11 notes concern this document; its HTML lists them\n")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("a|b`c`", "a\\|b\\`c\\`"),
        ("<b>&lt;", "&lt;b&gt;&amp;lt;"),
        ("[x](https://evil.example)", "\\[x\\](https:<!-- -->//evil.example)"),
        ("@team", "@<!-- -->team"),
        ("# x", "\\# x"),
        ("12. x", "12\\. x"),
        ("tail\\", "tail\\\\"),
    ],
)
def test_markdown_escapes(name: str, written: str) -> None:
    assert f"| {written} |" in as_markdown(answer(name))
    assert f"- {written}\n" in as_markdown(answer(name))


def test_an_answer_without_tables_or_lines() -> None:
    bare = Answer("q", "nothing is reached", Data())
    assert table(bare) == "nothing is reached\n"
    assert as_csv(bare) == ""
    assert as_markdown(bare) == "**nothing is reached**\n"


NAMES = (
    *HOSTILE,
    *("@octocat", "ask ceo@example.com", "mfa@acme", "www.evil.example", "WWW.evil.example", "xwww.evil.example"),
    *("https://evil.example/a?b=c&d", "ftp://evil.example", "mailto:a@evil.example", "xmpp:a@evil.example/x"),
    *("#123", "see #123", "acme/shop#123", "GH-123", "gh-1", "&#64;octocat", "&commat;octocat", "&#x40;octocat"),
    *(":tada:", "user:key:read", "arn:aws:iam::1:role/x", ":+1:", "a_:tada_x:_b", "`x`", "``", "a|b", "\\|", "|", "\\"),
    *("<b>x</b>", "<!-- x", "x -->", "<https://evil.example>", "[x](y)", "[x]: y", "![x](y)", "[^1]", "- x", "1. x"),
    *("# x", "> x", "***", "---", "~~x~~", "$x$", "*x*", "_x_", "**x**", "    x", "== x", "+ x", "|---|", "\\@x"),
)
_TAKEN = re.compile(r"@\w|#\d|\bwww\.|\bgh-\d|://|:[+-]1:|:[\w+-]*[a-z][\w+-]*:", re.IGNORECASE)
"""What GitHub looks for in each text once the Markdown is read."""


class _Page(HTMLParser):
    """The elements of a page, and its texts as they stand apart."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []
        self.cells: list[str] = []
        self.inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag in ("td", "strong"):
            self.cells.append("")
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag not in ("td", "strong")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self.inside:
            self.cells[-1] += data


@pytest.mark.parametrize("name", NAMES)
def test_on_github_a_name_is_text_and_nothing_else(name: str) -> None:
    cmarkgfm = pytest.importorskip("cmarkgfm", reason="cmarkgfm, which reads Markdown as GitHub does, is not installed")
    page = _Page(cmarkgfm.github_flavored_markdown_to_html(as_markdown(answer(name))))
    assert page.tags <= {"p", "strong", "h3", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"}
    assert not list(filter(_TAKEN.search, page.texts))
    assert [cell.strip() for cell in page.cells].count(safe(name).strip()) >= 2
