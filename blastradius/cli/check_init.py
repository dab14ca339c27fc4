"""The commands about sources: what they came to, and a first workspace for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from blastradius.cli.completion import files
from blastradius.cli.output import emit, progress, say
from blastradius.cli.question_command import PATHS
from blastradius.cli.usage import Command, example
from blastradius.cli.wanted import exit_zero_option, output_options, wanted
from blastradius.errors import InputError, UsageError
from blastradius.loaderkit.names import counted
from blastradius.loading import FILE_NAME, survey


def _check(paths: tuple[str, ...], exit_zero: bool, **output: Any) -> int:
    from blastradius.loading.checking import checked

    asked = wanted(**output)
    with progress() as report:
        found = survey(paths, report)
        report("joining")
        answer, is_whole = checked(found)
    emit(answer, asked, "findings")
    if not is_whole:
        return InputError.exit_code
    return 1 if answer.findings and not exit_zero else 0


def _check_command() -> click.Command:
    command: Callable[..., Any] = _check
    for option in (exit_zero_option(), *output_options(), PATHS):
        command = option(command)
    title = "Say what each source came to, what is loose in it, and which names may be one thing."
    return click.command("check", cls=Command, help=title, **example("check examples/northwind"))(command)


check_command = _check_command()


@click.command("init", cls=Command, **example("init exports/"))
@click.argument("folder", default=".", metavar="[FOLDER]", shell_complete=files)
@click.option("--force", is_flag=True, help="Replace a workspace file that is there.")
def init_command(folder: str, force: bool) -> int:
    """Look at the files in FOLDER, and write a first workspace file for them, to be read and corrected."""
    from blastradius.loading.folder_survey import proposed_links, survey_folder
    from blastradius.workspace import first_workspace, said_of
    from blastradius.writing import write_atomic

    target = Path(folder) / FILE_NAME
    if not Path(folder).is_dir():
        raise UsageError(f"{folder}: not a folder; name the folder that holds the exports")
    if target.exists() and not force:
        raise UsageError(f"{target} is there already; correct it, or replace it with --force")
    with progress() as report:
        files = survey_folder(Path(folder), report)
    sources = sum(bool(file.loader) for file in files)
    if not sources:
        empty = "the folder has no files" if not files else "none of its files can be a source"
        raise InputError([f"{folder}: {empty}; put exports or a register into it ({_EXPORTS})", *said_of(files)])
    write_atomic(target, first_workspace(files, str(target)))
    with progress() as report:
        links = proposed_links(target, report)
    write_atomic(target, first_workspace(files, str(target), links))
    are = "is a source" if sources == 1 else "are sources"
    click.echo(f"wrote {target}: {sources} of {counted(len(files), 'file')} {are}")
    for line in said_of(files):
        say(line, hanging=4)
    if links:
        count = counted(sum(map(len, links.values())), "thing")
        say(f"{count} under several names: accept them in the workspace")
    click.echo(f"Read it, then: blastradius check {target}")
    return 0


_EXPORTS = "blastradius loaders lists what can be read"
