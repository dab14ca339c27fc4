"""An answer's own page as a PDF, of one A4 sheet or more; what it says reaches typst as data, never as markup."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from blastradius.answer import PLAIN, Page, Section, Table
from blastradius.errors import DrawingError
from blastradius.escape import cut, visible
from blastradius.render.draw import STYLE
from blastradius.render.lettering import FAMILY, FONTS
from blastradius.render.text import words

MOST = 600
"""How many characters a sentence of the page has at most, and a cell a quarter of that."""
LONG = 4 * MOST
"""The same where a page may have more than one sheet."""

_LAYOUT = """
#let (title, family, drawn, ratio, long, pages) = json("page.json")
#set document(title: title)
#set page(paper: "a4", margin: (x: 14mm, y: if long { 15mm } else { 11mm }))
#set page(footer: align(right, text(size: 8pt, context counter(page).display("1 / 1", both: true)))) if long
#set text(font: family, lang: "en")
#set par(leading: 0.45em, spacing: 0.5em)
#let is-marks(cell) = cell != "" and cell.codepoints().all(mark => mark in ("●", "○", "·"))
#let table-of(of, size) = table(
  columns: of.columns.map(_ => auto), stroke: (x: none, y: 0.4pt + luma(200)), inset: (x: 3pt, y: 0.22em),
  table.header(..of.columns.map(cell => text(weight: "bold", cell))),
  ..of.rows.map(row => (
    ..row.cells.map(cell => if is-marks(cell) { text(size: size * 1.4, cell) } else { cell }),
    ..row.under.map(cell => table.cell(colspan: of.columns.len(), inset: (left: 12pt), stroke: none, cell)),
  )).flatten(),
)
#let page-of(it, size, high, width) = {
  set text(size: size)
  grid(columns: (1fr, auto), align: bottom, text(size: size * 1.6, weight: "bold", it.title), it.subtitle)
  if it.headline != "" { block(above: 0.7em, text(weight: "bold", it.headline)) }
  for (number, section) in it.sections.enumerate() {
    let title = text(size: size * 1.1, weight: "bold", section.title)
    let heading = block(sticky: true, above: 0.95em, below: 0.4em, title)
    let said = for line in section.lines { block(above: 0.4em, below: 0.4em, line) }
    if section.scene != none {
      let name = "scene-" + str(section.scene) + ".svg"
      let scene = image(name, width: 100%, height: 1fr, fit: "contain", alt: section.title)
      page(flipped: section.is-wide, { heading; said; scene })
    } else {
      if section.on-new-sheet and number > 0 { pagebreak(weak: true) }
      heading
      said
    }
    if section.table != none {
      block(breakable: section.table.rows.len() > 8, table-of(section.table, size))
    }
    if section.drawn and drawn {
      let height = calc.min(high, width * ratio)
      align(center, image("picture.svg", height: height, width: 100%, fit: "contain", alt: it.headline))
    }
  }
}
#let sizes = (
  (9.5pt, 230pt), (9.5pt, 190pt), (9pt, 230pt), (9pt, 190pt), (8.5pt, 190pt),
  (9.5pt, 150pt), (9pt, 150pt), (8.5pt, 150pt), (8pt, 150pt), (7.5pt, 150pt), (7pt, 120pt),
)
#let sheet(it, flows) = layout(room => {
  let fits((size, high)) = {
    measure(block(width: room.width, page-of(it, size, high, room.width))).height <= room.height
  }
  let found = sizes.find(fits)
  let (size, high) = if found == none and flows { sizes.last() } else { found }
  page-of(it, size, high, room.width)
})
#if long { page-of(pages.first(), 9.5pt, 230pt, 500pt) } else { sheet(pages.first(), false) }
#for it in pages.slice(1) {
  pagebreak()
  sheet(it, true)
}
"""


def as_pdf(
    page: Page,
    headline: str,
    drawing: bytes | None = None,
    scenes: Sequence[bytes] = (),
    appendix: Sequence[Page] = (),
) -> bytes:
    """The page as PDF, in the largest type in which it fits; ``drawing`` is the picture as SVG, ``scenes`` are more.

    The pages of the ``appendix`` follow, each on a sheet of its own, or on several where it is too long for one.

    Raises:
        DrawingError: typst is not there, or the page does not fit in type that can be read.
    """
    try:
        from typst import compile as printed
    except ImportError:
        raise DrawingError("pdf needs typst 0.15 or newer; pip install 'partner-blastradius[print]'") from None
    with tempfile.TemporaryDirectory() as folder:
        if drawing is not None:
            Path(folder, "picture.svg").write_bytes(drawing)
        for number, scene in enumerate(scenes):
            Path(folder, f"scene-{number}.svg").write_bytes(STYLE.sub(b"", scene))
        data = _data(page, headline, drawing, appendix, [_ratio(scene) for scene in scenes])
        Path(folder, "page.json").write_text(json.dumps(data), "utf-8")
        source = Path(folder, "page.typ")
        source.write_text(_LAYOUT, "utf-8")
        try:
            return printed(source, format="pdf", timestamp=0, font_paths=[FONTS])
        except RuntimeError as error:
            if "cannot destructure none" in str(error):
                way_out = "write it as .html or .md"
                raise DrawingError(f"the page does not fit one sheet in type that can be read; {way_out}") from None
            raise DrawingError(f"typst could not print the page: {cut(visible(str(error)), 300)}") from error


def _data(
    page: Page, headline: str, drawing: bytes | None, appendix: Sequence[Page], ratios: Sequence[float]
) -> dict[str, Any]:
    return {
        "title": _text(page.title),
        "family": FAMILY,
        "drawn": drawing is not None,
        "ratio": _ratio(drawing or b""),
        "long": page.long,
        "pages": [_page(page, headline, ratios), *(_page(other, "", ()) for other in appendix)],
    }


def _page(page: Page, headline: str, ratios: Sequence[float]) -> dict[str, Any]:
    most = LONG if page.long else MOST
    said = {"title": page.title, "subtitle": page.subtitle, "headline": headline}
    sections = [_section(section, most, ratios) for section in page.sections]
    return {name: _text(text) for name, text in said.items()} | {"sections": sections}


def _ratio(drawing: bytes) -> float:
    """How high an SVG is for its width."""
    size = re.search(rb'viewBox="[\d.+-]+ [\d.+-]+ ([\d.]+) ([\d.]+)"', drawing)
    return float(size[2]) / float(size[1]) if size else 1.0


def _section(section: Section, most: int, ratios: Sequence[float]) -> dict[str, Any]:
    scene = section.scene if section.scene is not None and section.scene < len(ratios) else None
    has_rows = section.table is not None and section.table.rows
    return {
        "title": _text(section.title),
        "lines": [_text(line, most) for line in section.lines],
        "drawn": section.drawn,
        "scene": scene,
        "is-wide": scene is not None and ratios[scene] < 1,
        "on-new-sheet": section.on_new_sheet,
        "table": _table(section.table, most) if has_rows and section.table is not None else None,
    }


def _table(whole: Table, most: int) -> dict[str, Any]:
    """The rows of a table; where there is more than one sheet what stands below a row is as wide as all of it."""
    shown = whole.shown(PLAIN)
    below = {place for place, name in enumerate(shown.columns) if name in shown.under} if most == LONG else set[int]()
    rows = [[_text(words(cell), most // 4) for cell in row] for row in shown.rows]
    return {
        "columns": [name for place, name in enumerate(shown.columns) if place not in below],
        "rows": [
            {
                "cells": [cell for place, cell in enumerate(row) if place not in below],
                "under": [cell for place, cell in enumerate(row) if place in below and cell],
            }
            for row in rows
        ],
    }


def _text(text: str, most: int = MOST) -> str:
    return cut(visible(text), most)
