"""The commands that write an estate: in the format of another tool, or as it is today, to compare a later one with."""

from __future__ import annotations

import sys
from textwrap import fill

import click

from blastradius import api, loading, plugins
from blastradius.cli import streams
from blastradius.cli.completion import files
from blastradius.cli.output import progress, say
from blastradius.cli.question_command import PATHS
from blastradius.cli.usage import Command, example
from blastradius.errors import UsageError
from blastradius.reports.words import plural

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


_FILE = click.option("-o", "--output", metavar="FILE", required=True, shell_complete=files, help="The file to write.")


@click.command("snapshot", cls=Command, **example("snapshot examples/northwind -o before.snapshot"))
@PATHS
@_FILE
def snapshot_command(paths: tuple[str, ...], output: str) -> int:
    """Keep an estate as it is today in one file, dated and with its sum; `diff` and `brief --since` compare with it.

    It has all that the sources say, with where it was read, and no secret; only its owner may read the file.
    """
    from blastradius.estate.snapshot import stamped
    from blastradius.writing import write_atomic

    with progress() as report:
        estate = loading.load(paths, report)
        report("writing")
        text, stamp = stamped(estate)
    write_atomic(output, text)
    things = f"{plural(len(estate.entities), 'entity', 'entities')} and {plural(len(estate.relations), 'relation')}"
    by = ", ".join(f"{count:,} {name}" for name, count in stamp.sources.items())
    source = f" from {plural(sum(stamp.sources.values()), 'file')} ({by})" if by else ""
    say(f"wrote {output}: the estate of {stamp.day}, {things}{source}; sum {stamp.sum[:12]}", err=True)
    return 0
