"""Where answers and progress go: data to standard output, everything else to standard error."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from blastradius.answer import Answer, Pack
from blastradius.cli import streams
from blastradius.cli.wanted import Wanted
from blastradius.errors import UsageError
from blastradius.escape import visible

if TYPE_CHECKING:
    from blastradius.reading import Progress

_DRAWN_EVERY = 0.1
"""The seconds after which progress that is told is drawn at once; in between it is drawn as there is time."""


def emit(answer: Answer, wanted: Wanted, main: str = "") -> None:
    """Print an answer, or write it to a file or a folder; ``main`` is the id of the table that csv has."""
    from blastradius.writing import write_atomic

    if wanted.table is not None:
        answer = answer.with_tables((answer.table(wanted.table),))
    if wanted.is_folder and answer.packed is not None:
        _write_pack(answer.packed(), str(wanted.target))
        return
    if wanted.is_folder:
        _write_tables(answer, Path(str(wanted.target)))
        return
    if wanted.fmt == "xlsx":
        _write_workbook(answer, str(wanted.target))
        return
    if wanted.fmt == "pdf":
        _print_page(answer, str(wanted.target))
        return
    if wanted.fmt == "json" and wanted.target is None:
        _show_json(answer)
        return
    rendered = _rendered(answer, wanted, main)
    if wanted.target is None:
        if wanted.fmt == "html":
            streams.in_utf_8()  # as it says of itself
        show(rendered)
    else:
        write_atomic(wanted.target, rendered)
    if wanted.fmt == "csv" and not answer.tables:
        click.echo(f"no table in this answer: {visible(answer.headline)}", err=True)


def _show_json(answer: Answer) -> None:
    """Write an answer to standard output as JSON, whatever characters that can show, piece by piece."""
    from blastradius.render import text

    for piece in text.json_pieces(answer):
        show(piece, json=True)


def _rendered(answer: Answer, wanted: Wanted, main: str) -> str:
    from blastradius.render import text

    to_screen = wanted.target is None
    if wanted.fmt == "table":
        width = _width() if to_screen else None
        return text.table(answer, color=to_screen and in_color(), width=width, detail=wanted.detail)
    if wanted.fmt == "csv":
        return text.as_csv(answer, main)
    if wanted.fmt == "markdown":
        return text.as_markdown(answer, wanted.detail)
    if wanted.fmt == "html":
        from blastradius.render import html

        return html.as_html(answer, wanted.detail, html.drawing(answer), links=_links(answer, wanted))
    return text.as_json(answer)


def _links(answer: Answer, wanted: Wanted) -> list[tuple[str, str]]:
    """Words and an address for each scenario of which more can be asked in the page that is named.

    Raises:
        UsageError: there is none.
    """
    from blastradius.render.page.link import address_of

    if wanted.explorer is None:
        return []
    if not answer.opens:
        raise UsageError(f"--explorer {wanted.explorer}: this answer has nothing that a page could open with")
    return [(said, address_of(wanted.explorer, str(wanted.target), scenario)) for said, scenario in answer.opens]


def _print_page(answer: Answer, target: str) -> None:
    """Write the answer's own page as a PDF."""
    from blastradius.render.draw import strip
    from blastradius.render.pages import as_pdf
    from blastradius.writing import write_atomic

    if answer.page is None:
        raise UsageError(f"{target}: this answer to {answer.question} has no page; write it as .html, .md or .txt")
    drawing = None if answer.picture is None else strip(answer.picture)
    write_atomic(target, as_pdf(answer.page, answer.headline, drawing, appendix=answer.appendix))


def _write_workbook(answer: Answer, target: str) -> None:
    """Write every table that is wanted on a sheet of its own, by its id."""
    from blastradius.render.workbook import as_xlsx
    from blastradius.writing import write_atomic

    if not answer.tables:
        raise UsageError(f"{target}: this answer to {answer.question} has no table; write it as .json, .html or .md")
    write_atomic(target, as_xlsx([table._replace(title=table.id) for table in answer.tables]))


def _write_pack(pack: Pack, target: str) -> None:
    """Write a folder of documents, whole or not at all."""
    from blastradius.render.packs import files_of
    from blastradius.writing import write_folder

    files, left_out = files_of(pack)
    write_folder(target, files)
    for reason in left_out:
        click.echo(f"not written: {visible(reason)}", err=True)
    click.echo(f"wrote {visible(target)} ({len(files)} files)", err=True)


def _write_tables(answer: Answer, folder: Path) -> None:
    from blastradius.render.text import csv_of
    from blastradius.writing import write_atomic

    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made: {error.strerror or error}") from None
    for table in answer.tables:
        target = folder / f"{table.id}.csv"
        write_atomic(target, csv_of(table))
        click.echo(f"wrote {visible(str(target))}", err=True)


def say(text: str, *, hanging: int = 0, err: bool = False) -> None:
    """Print a paragraph no wider than the terminal, the lines after its first one indented by ``hanging``."""
    from blastradius.render.terminal import Screen

    screen = Screen(_width())
    screen.paragraph(visible(text), hanging=hanging)
    click.echo(screen.text(), nl=False, err=err)


def show(text: str, *, json: bool = False) -> None:
    """Write a text to standard output; JSON keeps its values there, whatever characters that can show."""
    if json and not streams.takes(text):
        from blastradius.render.text import in_ascii

        text = in_ascii(text)
    sys.stdout.write(text)
    sys.stdout.flush()


def in_color() -> bool:
    """Whether standard output takes colour."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


@contextmanager
def progress() -> Iterator[Progress]:
    """What is being done, with a bar, on a terminal only, wiped at the end."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda what, share=None: None  # noqa: ARG005
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn
    from rich.progress import Progress as Bars

    from blastradius.engine.telling import told_to

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=None)

        drawn = 0.0

        def report(what: str, share: float | None = None) -> None:
            nonlocal drawn
            total, is_due = None if share is None else 1.0, time.monotonic() - drawn > _DRAWN_EVERY
            bars.update(task, description=visible(what)[-60:], total=total, completed=share or 0.0, refresh=is_due)
            drawn = time.monotonic() if is_due else drawn

        with told_to(report):
            yield report


def _width() -> int:
    """The columns of the terminal, or as many as COLUMNS says; 80 where neither tells."""
    return shutil.get_terminal_size().columns
