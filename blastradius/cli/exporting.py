"""The command that writes an estate in the format of another tool."""

from __future__ import annotations

import sys
from textwrap import fill

import click

from blastradius import api, loading, plugins
from blastradius.cli import streams
from blastradius.cli.completion import files
from blastradius.cli.output import progress
from blastradius.cli.question_command import PATHS
from blastradius.cli.usage import Command, example
from blastradius.errors import UsageError

_HELP_WIDTH = 76
"""What click leaves of 80 columns for a text that it does not fold itself."""


def _formats() -> str:
    told = (f"{export.name}: {export.title}; carries {export.carries}" for export in plugins.exports().values())
    lines = (fill(line, _HELP_WIDTH, initial_indent="  ", subsequent_indent="      ") for line in told)
    shown = example("export examples/northwind -o northwind.graphml")
    return "\n".join((shown["epilog"], "\n\b", "Formats:", *lines))


_FORMATS = click.Choice(list(plugins.exports()))


@click.command("export", cls=Command, epilog=_formats())
@PATHS
@click.option("--to", type=_FORMATS, metavar="FORMAT", help="The format; may be left out where FILE's ending says.")
@click.option(
    "-o", "--output", metavar="FILE", shell_complete=files, help="Write to a file instead of standard output."
)
def export_command(paths: tuple[str, ...], to: str | None, output: str | None) -> int:
    """Write an estate in the format of another tool; what each carries is in docs/exports.md."""
    from blastradius.writing import write_atomic

    file = None if output in (None, "-") else output
    if to is None and file is None:
        raise UsageError(f"name the format with --to; there are {', '.join(plugins.exports())}")
    chosen = to or plugins.export_for(str(file)).name
    with progress() as report:
        estate = loading.load(paths, report)
        report("writing")
        text = api.export(estate, chosen)
    if file is None:
        streams.in_utf_8()
        sys.stdout.write(text)
    else:
        write_atomic(file, text)
    return 0
