"""Where answers and progress go: data to standard output, everything else to standard error."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from blastradius.answer import Answer


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
        sys.stdout.write(rendered)
        sys.stdout.flush()
    else:
        write_atomic(output, rendered)


def in_color() -> bool:
    """Whether standard output takes colour."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """A line of what is being done, on a terminal only, wiped at the end."""
    from blastradius.render.escape import visible

    live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def tell(what: str) -> None:
        if live:
            click.echo(f"\r\x1b[K{visible(what)[:70]}", err=True, nl=False)

    try:
        yield tell
    finally:
        if live:
            click.echo("\r\x1b[K", err=True, nl=False)


def _width() -> int | None:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
