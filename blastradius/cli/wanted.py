"""What is asked of an answer: in which format, how much of it, and where to."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import click

from blastradius.answer import PLAIN, Detail
from blastradius.cli.completion import files
from blastradius.errors import UsageError

FORMATS = ("table", "json", "csv", "markdown", "html")
OUTPUT = ("fmt", "output", "table", "all", "ids", "notes")
"""The names of the options that ``wanted`` takes."""
PICTURES = (".svg", ".dot", ".png", ".pdf")
_ENDINGS = {
    ".json": "json",
    ".csv": "csv",
    ".xlsx": "xlsx",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
}


class Wanted(NamedTuple):
    """A format, the file or folder it goes to (``None``: standard output), the one table wanted, and how much.

    ``explorer`` is the page to link to, which ``explore`` wrote.
    """

    fmt: str = "table"
    target: str | None = None
    table: str | None = None
    detail: Detail = PLAIN
    explorer: str | None = None

    @property
    def is_folder(self) -> bool:
        """Whether all tables are wanted, a file each."""
        return self.target is not None and _is_folder(self.target)


def wanted(fmt: str | None, output: str | None, table: str | None, *, prints: bool = False, **detail: bool) -> Wanted:
    """What the options ask for, before anything is read; ``prints`` is whether a .pdf is the answer's own page.

    Raises:
        UsageError: they contradict each other, or a file's ending is that of no format.
    """
    target = None if output == "-" else output
    if target and prints and Path(target).suffix.lower() == ".pdf":
        if fmt or table:
            raise UsageError(f"{target}: a pdf is the whole page; leave out --format and --table, or name another file")
        return Wanted("pdf", target, None, Detail(**detail))
    chosen = fmt or (_format_of(target, prints) if target else "table")
    if target and not _is_folder(target):
        _agree(target, chosen)
    if target and _is_folder(target) and (table or chosen != "csv"):
        raise UsageError(f"{target}: a folder takes all tables as csv; name a file, or leave out --table and --format")
    if table and chosen == "json":
        raise UsageError("--table: json is the whole answer; choose another format, or leave out --table")
    return Wanted(chosen, target, table, Detail(**detail))


def _is_folder(target: str) -> bool:
    return target.endswith(("/", os.sep)) or Path(target).is_dir()


def _format_of(target: str, prints: bool) -> str:
    """The format that a file's ending stands for."""
    if _is_folder(target):
        return "csv"
    ending = Path(target).suffix.lower()
    if ending in PICTURES:
        raise UsageError(f"{target}: a picture; write it with --draw, and the answer as {', '.join(_ENDINGS)} or .txt")
    if ending == ".sarif":
        raise UsageError(f"{target}: SARIF is written beside the answer; name the file with --sarif, not with -o")
    if ending not in {*_ENDINGS, "", ".txt"}:
        known = ", ".join([*_ENDINGS, ".txt", *([".pdf"] if prints else [])])
        raise UsageError(f"{target}: the ending {ending} is that of no format; use one of {known}")
    return _ENDINGS.get(ending, "table")


def _agree(target: str, chosen: str) -> None:
    meant = _ENDINGS.get(Path(target).suffix.lower(), chosen)
    if meant != chosen:
        raise UsageError(f"{target}: its ending says {meant}, and --format says {chosen}; leave out one of them")


def linked(asked: Wanted, explorer: str | None) -> Wanted:
    """The same with links to a page in it.

    Raises:
        UsageError: it is no page itself.
    """
    if explorer is not None and (asked.fmt != "html" or asked.target is None):
        raise UsageError(f"--explorer {explorer}: links stand in a page; write it with -o FILE.html")
    return asked._replace(explorer=explorer)


def explorer_option() -> Callable[[Any], Any]:
    """For the commands whose answers have scenarios of which more can be asked."""
    text = "In a .html, link to this page, which `explore` wrote, as it answers what is told here."
    return click.option("--explorer", metavar="FILE", shell_complete=files, help=text)


def output_options(*, packs: bool = False) -> tuple[Callable[[Any], Any], ...]:
    """The options of every command that gives an answer; ``packs`` is whether a folder is a pack of documents."""
    folder = "a new folder becomes a pack of documents" if packs else "a folder takes every table as csv"
    names = "table (on a terminal), json, csv, markdown or html"
    return (
        click.option("--notes", is_flag=True, help="Print every note, not only how many there are."),
        click.option("--ids", is_flag=True, help="Show ids beside names."),
        click.option("--all", is_flag=True, help="Show every row of long tables."),
        click.option("--table", metavar="NAME", help="Only this table; csv is the main one unless another is named."),
        click.option(
            "-o",
            "--output",
            metavar="FILE",
            shell_complete=files,
            help=f"Write to FILE; .json, .csv, .xlsx, .md or .html says the format, {folder}.",
        ),
        click.option("--format", "fmt", type=click.Choice(FORMATS), help=f"How to print it: {names}."),
    )


def exit_zero_option() -> Callable[[Any], Any]:
    """For the commands that end with 1 where they find something."""
    return click.option("--exit-zero", is_flag=True, help="Exit with 0 even when there are findings.")
