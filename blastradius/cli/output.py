"""Where answers and progress go: data to standard output, everything else to standard error."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from blastradius.answer import Answer
from blastradius.cli import streams

if TYPE_CHECKING:
    from blastradius.reading import Progress


def emit(answer: Answer, fmt: str, output: str | None = None) -> None:
    """Print an answer, or write it to a file; ``-`` is standard output."""
    from blastradius.render import text
    from blastradius.writing import write_atomic

    to_screen = output in (None, "-")
    if fmt == "table":
        rendered = text.table(answer, color=to_screen and in_color(), width=_width() if to_screen else None)
    else:
        rendered = {"json": text.as_json, "csv": text.as_csv, "markdown": text.as_markdown}[fmt](answer)
    if output is None or to_screen:
        show(rendered, json=fmt == "json")
    else:
        write_atomic(output, rendered)


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

    from blastradius.escape import visible

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=None)

        def report(what: str, share: float | None = None) -> None:
            total = None if share is None else 1.0
            bars.update(task, description=visible(what)[-60:], total=total, completed=share or 0.0, refresh=True)

        yield report


def _width() -> int:
    """The columns of the terminal, or as many as COLUMNS says; 80 where neither tells."""
    return shutil.get_terminal_size().columns
