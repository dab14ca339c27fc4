"""The command that compares two estates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from blastradius.cli.completion import files
from blastradius.cli.output import emit, progress
from blastradius.cli.question_command import params_options
from blastradius.cli.usage import Command, example
from blastradius.cli.wanted import OUTPUT, exit_zero_option, explorer_option, linked, output_options, wanted
from blastradius.loading.revisions import load_named
from blastradius.reports.diff import Params, Side, difference

_HELP = """Compare two estates: what is stated, and how far third parties could reach.

BASE and HEAD are each a file, a folder, a workspace, a snapshot, a shared estate, or REV:path: the files that a
revision of the git repository here has below that path."""


def _diff(base: str, head: str, exit_zero: bool, **given: Any) -> int:
    asked = linked(wanted(**{word: given.pop(word) for word in OUTPUT}), given.pop("explorer"))
    params = Params(**{name: value for name, value in given.items() if value is not None})
    with progress() as report:
        before, after = (Side(*load_named(path, report)) for path in (base, head))
        report("comparing")
        answer = difference(before, after, params)
    emit(answer, asked, "gained")
    return 1 if answer.findings and not exit_zero else 0


def _diff_command() -> click.Command:
    command: Callable[..., Any] = _diff
    sides = [click.argument(name, metavar=name.upper(), shell_complete=files) for name in ("head", "base")]
    for option in (exit_zero_option(), explorer_option(), *output_options(), *reversed(params_options(Params)), *sides):
        command = option(command)
    shown = example("diff main:examples/northwind examples/northwind --fail-on new")
    return click.command("diff", cls=Command, help=_HELP, **shown)(command)


diff_command = _diff_command()
