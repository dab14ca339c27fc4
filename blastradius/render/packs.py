"""An answer as a folder: its documents in every form, its tables, and JSON in the formats of others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from blastradius.answer import PLAIN, Answer, Pack, Page, Table
from blastradius.errors import DrawingError
from blastradius.render.draw import STYLE
from blastradius.render.html import as_html
from blastradius.render.pages import as_pdf
from blastradius.render.scenes import drawn
from blastradius.render.text import as_markdown, csv_of
from blastradius.render.word import as_docx
from blastradius.render.workbook import as_xlsx


def files_of(pack: Pack) -> tuple[dict[str, bytes], list[str]]:
    """The files of a pack by their names, and what is not among them with the reason: a program is not installed."""
    files, left_out = dict[str, bytes](), dict[str, None]()
    for name, answer in pack.documents.items():
        files |= _document(name, answer, left_out)
    for name, table in pack.tables.items():
        files |= _sheet(name, table, left_out)
    texts = {f"{name}.json": json.dumps(content, indent=2) + "\n" for name, content in pack.texts.items()}
    return files | {name: text.encode() for name, text in texts.items()}, list(left_out)


def _document(name: str, answer: Answer, left_out: dict[str, None]) -> Mapping[str, bytes]:
    """One document as Markdown, HTML and, where they can be written, PDF and Word; its pictures stand beside it."""
    page = answer.page
    scenes = _pictures(page, left_out) if page is not None else []
    pictures = {f"{name}-{number}.svg": scene for number, scene in enumerate(scenes, start=1)}
    beside = [PurePosixPath(picture).name for picture in pictures]
    found = pictures | {
        f"{name}.md": as_markdown(answer, PLAIN, beside).encode(),
        f"{name}.html": as_html(answer, PLAIN, "", list(_one_face(scenes))).encode(),
    }
    return found if page is None else {**found, **_printed(name, page, answer.headline, scenes, left_out)}


def _printed(
    name: str, page: Page, headline: str, scenes: Sequence[bytes], left_out: dict[str, None]
) -> Mapping[str, bytes]:
    """The page in the forms for which a program has to be installed."""
    found = dict[str, bytes]()
    for ending, write in _PRINTED.items():
        try:
            found[f"{name}.{ending}"] = write(page, headline, scenes)
        except DrawingError as error:
            left_out[f"{ending}: {error}"] = None
    return found


_PRINTED: dict[str, Callable[[Page, str, Sequence[bytes]], bytes]] = {
    "pdf": lambda page, headline, scenes: as_pdf(page, headline, None, scenes),
    "docx": as_docx,
}


def _sheet(name: str, table: Table, left_out: dict[str, None]) -> Mapping[str, bytes]:
    """A table as CSV and, where one can be written, as a workbook."""
    found = {f"{name}.csv": csv_of(table).encode()}
    try:
        return found | {f"{name}.xlsx": as_xlsx([table])}
    except DrawingError as error:
        left_out[f"xlsx: {error}"] = None
        return found


def _pictures(page: Page, left_out: dict[str, None]) -> list[bytes]:
    try:
        return drawn(page.series)
    except DrawingError as error:
        left_out[f"pictures: {error}"] = None
        return []


def _one_face(scenes: Sequence[bytes]) -> Iterator[str]:
    """The pictures of one page, of which the first brings the face for all."""
    for number, scene in enumerate(scenes):
        yield (STYLE.sub(b"", scene) if number else scene).decode()
