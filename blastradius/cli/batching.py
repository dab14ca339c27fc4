"""The command that asks many questions of an estate that is loaded once."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import TextIO

import click

from blastradius import loading, plugins
from blastradius.cli.output import progress
from blastradius.cli.question_command import PATHS, question_command
from blastradius.cli.usage import Command, example
from blastradius.errors import BlastradiusError, UsageError, did_you_mean
from blastradius.escape import visible


@click.command("batch", cls=Command, **example("batch examples/northwind/questions.txt examples/northwind"))
@click.argument("questions", metavar="FILE", type=click.File(encoding="utf-8-sig", errors="replace"))
@PATHS
@click.pass_context
def batch_command(context: click.Context, questions: TextIO, paths: tuple[str, ...]) -> int:
    """Ask many questions, one a line of FILE, of an estate that is loaded once.

    A line is a question as on the command line, without the estate: reach --compromise acme --format json. Lines that
    begin with # are comments. With - for FILE, lines are answered as they come on standard input. What is wrong with
    a line ends no other; the exit code is the highest of all lines.
    """
    if questions.name == "<stdin>" and "-" in paths:
        raise UsageError("the estate and the questions cannot both be standard input; put one of them into a file")
    with progress() as report:
        context.obj = loading.load(paths, report)
    worst = 0
    for number, words in enumerate(_lines(questions)):
        if number:
            click.echo()
        worst = max(worst, _answered(words, context))
    return worst


def _lines(questions: TextIO) -> Iterator[tuple[str, str]]:
    """The lines that ask something, each after its place."""
    for number, line in enumerate(questions, start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            yield f"{questions.name}:{number}:1", text


def _answered(placed: tuple[str, str], context: click.Context) -> int:
    """Answer one line; the exit code that it would have had by itself."""
    place, text = placed
    try:
        return _run(_words(text), context)
    except click.exceptions.Exit as done:  # after --help
        return done.exit_code
    except click.ClickException as error:
        return _refused(place, error.format_message(), 2)
    except BlastradiusError as error:
        return _refused(place, str(error), error.exit_code)


def _words(text: str) -> list[str]:
    """A line as a shell would split it.

    Raises:
        UsageError: a quotation that is not closed.
    """
    try:
        return shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{str(error).lower()} in {text!r}; quote names with blanks at both ends") from None


def _run(words: Sequence[str], context: click.Context) -> int:
    name, *arguments = words or [""]
    known = [*plugins.QUERIES.names(), *plugins.ALIASES]
    if name not in known:
        way_out = did_you_mean(name, known, "blastradius queries lists them")
        raise UsageError(f"no question is called {name!r}{way_out}")
    command = question_command(name)
    with command.make_context(name, arguments, parent=context) as asked:
        code: int = command.invoke(asked)
    return code


def _refused(place: str, message: str, code: int) -> int:
    for line in message.split("\n"):
        click.echo(visible(f"{place}: {line}"), err=True)
    return code
