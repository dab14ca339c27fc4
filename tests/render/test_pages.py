"""A page is one A4 sheet, however much it says, and nothing in it is markup."""

from __future__ import annotations

import re
import zlib

import pytest

from blastradius.answer import Page, Section, Table
from blastradius.errors import DrawingError
from blastradius.render.pages import as_pdf

pytest.importorskip("typst")

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 10" width="40pt" height="10pt"><rect width="40"/></svg>'


def pages(pdf: bytes) -> int:
    """How many pages a PDF says that it has."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    objects = b"".join(_inflated(stream) for stream in streams)
    (count,) = re.findall(rb"/Type\s*/Pages\s*/Count (\d+)", pdf + objects)
    return int(count)


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


def page(lines: int, text: str = "Acme reaches Orders") -> Page:
    table = Table("t", "T", ("who", "reach"), ((text, "●○··"),))
    return Page("Title", "today", (Section("One", (text,) * lines, table, drawn=True), Section("Two")))


@pytest.mark.parametrize("lines", [0, 1, 40, 50])
def test_a_page_is_one_sheet(lines: int) -> None:
    assert pages(as_pdf(page(lines), "headline", SVG)) == 1


def test_a_page_that_says_too_much_for_one_sheet_is_refused() -> None:
    with pytest.raises(DrawingError, match="does not fit one sheet in type that can be read; write it as"):
        as_pdf(page(400), "headline", SVG)


def test_without_a_picture_it_prints_too() -> None:
    assert pages(as_pdf(page(2), "headline")) == 1


@pytest.mark.parametrize("text", ["#panic()", "$x", "*a", "[", "\\", '"', "\u202e", "<b>", "@ref", "= heading"])
def test_names_are_data(text: str) -> None:
    assert pages(as_pdf(page(1, text), text, SVG)) == 1
