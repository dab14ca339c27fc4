"""An answer as a page that stands for itself: nothing is loaded or run, names are text, its picture is part of it."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest

import blastradius as br
from blastradius.answer import UNKNOWN, Answer, Detail, Table
from blastradius.escape import visible
from blastradius.model import Frozen, Note, NoteKind
from blastradius.render import html
from blastradius.render.draw import draw
from blastradius.render.html import as_fragment, as_html

NAMES = (
    "<script>alert(1)</script>",
    "</td></table><img src=x onerror=alert(1)>",
    "&lt;b&gt;",
    '"><a href="javascript:alert(1)">',
    "--></style><style>*{display:none}",
    "\x1b]0;owned\x07 a\u202eb",
    "]]>",
    "\ud800",
    "数据库 🔥",
)
TAGS = {"html", "head", "meta", "title", "style", "body", "div", "h1", "h2", "ul", "li", "p", "figure"}
TAGS |= {"details", "summary", "table", "thead", "tbody", "tr", "th", "td"}
DRAWN = {
    "svg",
    "g",
    "title",
    "text",
    "path",
    "polygon",
    "polyline",
    "ellipse",
    "a",
    "defs",
    "lineargradient",
    "stop",
    "rect",
}


class Data(Frozen):
    pass


class Page(HTMLParser):
    """All tags, attributes and texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str | None]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def answer(name: str) -> Answer:
    note = Note(kind=NoteKind.ASSUMED, message=name)
    return Answer("q", name, Data(), (Table("t", name, (name, "n"), ((name, 1234),)),), (name,), (note,))


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_text_wherever_it_stands(name: str) -> None:
    written = as_html(answer(name), Detail(notes=True), drawing=name)
    written.encode()
    page = Page(written)
    assert page.tags <= TAGS
    assert {attribute for _, attribute, _ in page.attributes} <= {
        *("lang", "charset", "http-equiv", "content", "name", "class")
    }
    assert "".join(page.texts).count(visible(name)) == 8  # title, heading, line, picture, table of two, note
    assert written.count("<style>") == 1


def test_nothing_is_loaded_or_run_and_the_style_is_the_one_that_is_allowed() -> None:
    written = as_html(answer("x"))
    policy = next(value for _, name, value in Page(written).attributes if name == "content" and "default" in str(value))
    (style,) = re.findall(r"<style>(.*?)</style>", written, re.DOTALL)
    allowed = b64encode(sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'"
    assert "@media print" in style
    assert "@page" in style


def test_a_page_reads_like_this() -> None:
    table = Table(
        "t", "Parties", ("name", "id", "records"), (("Acme", "a", 1234567), ("Tivoli", "t", UNKNOWN)), ("id",)
    )
    made = Answer("q", "2 parties", Data(), (table, Table("e", "Empty", ("x",), ())), ("one line",))
    assert as_fragment(made).partition("</style>\n")[2] == (
        '<div class="blastradius">\n<h1>2 parties</h1>\n<ul class="lines">\n<li>one line</li>\n</ul>\n'
        '<h2>Parties</h2>\n<table>\n<thead><tr><th>name</th><th class="n">records</th></tr></thead>\n<tbody>\n'
        '<tr><td>Acme</td><td class="n">1,234,567</td></tr>\n<tr><td>Tivoli</td><td class="n">unknown</td></tr>\n'
        "</tbody>\n</table>\n<h2>Empty: none</h2>\n</div>\n"
    )
    assert "<td>a</td>" in as_html(made, Detail(ids=True))


def test_rows_and_notes_that_are_not_shown_first_can_be_unfolded(monkeypatch: pytest.MonkeyPatch) -> None:
    short = Table("t", "T", ("x",), ((1,), (2,)), brief=((2,),))
    made = replace(answer("x"), tables=(short,))
    before, folded = as_html(made).split("<details><summary>all 2 rows</summary>")
    assert before.count("<tr><td") == 1
    assert folded.count("<tr><td") == 2
    assert "<details><summary>1 note concerns this answer</summary>" in folded
    assert "<details>" not in as_html(made, Detail(all=True, notes=True))
    monkeypatch.setattr(html, "_MOST_ROWS", 1)
    assert "<p>all 2 rows are in the answer as csv or json</p>" in as_html(made)
    assert "--" not in as_html(made).partition("<body>")[2]  # no options, which a page has not


def test_an_answer_of_an_estate_has_its_picture_in_it(northwind: Path) -> None:
    made = br.reach(br.load(northwind), compromise="acme").answer
    assert made.picture
    written = as_html(made, drawing=draw(made.picture).decode())
    page = Page(written)
    assert "svg" in page.tags
    assert page.tags <= TAGS | DRAWN
    assert "<?xml" not in written
    policy = next(str(value) for _, name, value in page.attributes if name == "content" and "default" in str(value))
    lettering = re.findall(r"<style>(.*?)</style>", written, re.DOTALL)[1]
    assert b64encode(sha256(lettering.encode()).digest()).decode() in policy
    assert "font-src data:;" in policy
    assert written.count("<!DOCTYPE") + written.count("<!doctype") == 1
    links = [value for _, name, value in page.attributes if name in ("href", "xlink:href", "src", "style")]
    assert links == []
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
