"""A long page as a Word document, for who fills in the blanks; what it says is text, never a field or markup."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING

from blastradius.answer import PLAIN, Page, Section, Table
from blastradius.errors import DrawingError
from blastradius.escape import visible
from blastradius.render.draw import printed
from blastradius.render.text import words

if TYPE_CHECKING:
    from docx.document import Document

_WIDE_CM = 17.0
"""How wide a picture is on a sheet of A4."""


def as_docx(page: Page, headline: str, scenes: Sequence[bytes] = ()) -> bytes:
    """The page as a Word document; ``scenes`` are its pictures as SVG. The same page gives the same bytes.

    Raises:
        DrawingError: the package that writes documents is not there, or a picture cannot be printed.
    """
    try:
        import docx
        from docx.enum.text import WD_BREAK
        from docx.shared import Cm
    except ImportError:
        raise DrawingError("docx needs python-docx; pip install 'partner-blastradius[docx]'") from None
    made = docx.Document()
    made.core_properties.title, made.core_properties.author = visible(page.title), ""
    made.add_heading(visible(page.title), 0)
    made.add_paragraph(visible(page.subtitle))
    made.add_paragraph().add_run(visible(headline)).bold = True
    for number, section in enumerate(page.sections):
        if section.on_new_sheet and number:
            made.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        _add(made, section)
        if section.scene is not None and section.scene < len(scenes):
            made.add_picture(io.BytesIO(printed(scenes[section.scene], "png", section.title)), width=Cm(_WIDE_CM))
        if section.table is not None and section.table.rows:
            _add_table(made, section.table.shown(PLAIN))
    raw = io.BytesIO()
    made.save(raw)
    return _timeless(raw.getvalue())


def _add(made: Document, section: Section) -> None:
    made.add_heading(visible(section.title), 2)
    for line in section.lines:
        made.add_paragraph(visible(line), style="List Bullet")


def _add_table(made: Document, shown: Table) -> None:
    table = made.add_table(rows=0, cols=len(shown.columns), style="Table Grid")
    for number, cells in enumerate([shown.columns, *shown.rows]):
        for target, cell in zip(table.add_row().cells, cells, strict=True):
            target.paragraphs[0].add_run(visible(words(cell))).bold = number == 0


def _timeless(raw: bytes) -> bytes:
    """The same document, whose parts say nothing of when they were written."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name), old.read(name), zipfile.ZIP_DEFLATED)
    return made.getvalue()
