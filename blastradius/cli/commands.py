"""The commands that are not questions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from blastradius import plugins
from blastradius.cli.output import emit
from blastradius.cli.question_command import PATHS, ask, params_options, write_picture
from blastradius.errors import UsageError


def _draw(paths: tuple[str, ...], output: str, engine: str, **given: Any) -> int:
    answer = ask(plugins.query("reach"), paths, given)
    write_picture(answer, output, engine)
    click.echo(f"{answer.headline}\nwrote {output}", err=True)
    return 0


def _draw_command() -> click.Command:
    command: Callable[..., Any] = _draw
    engines = click.Choice(["bundled", "system"])
    for option in (
        click.option(
            "--engine",
            type=engines,
            default="bundled",
            help="The bundled Graphviz, or the system's dot; pictures may differ.",
        ),
        click.option("-o", "--output", required=True, metavar="FILE", help="The picture: .svg, .dot, .png or .pdf."),
        *reversed(params_options(plugins.query("reach"))),
        PATHS,
    ):
        command = option(command)
    return click.command("draw", help="Draw how far a scenario reaches.")(command)


draw_command = _draw_command()


@click.command("schema")
@click.argument("which", type=click.Choice(["estate", "workspace"]), default="estate")
def schema_command(which: str) -> int:
    """Print the JSON Schema (draft-07) of estate files or of workspace files, for editors."""
    from blastradius import workspace

    schema = workspace.schema if which == "workspace" else plugins.loader("native").schema
    if schema is None:
        raise UsageError("the estate format has no schema")
    click.echo(json.dumps(schema(), indent=2))
    return 0


@click.command("loaders")
def loaders_command() -> int:
    """List the formats that can be read, and what each cannot tell."""
    for loader in plugins.loaders().values():
        click.echo(f"{loader.name}: {loader.title}")
        click.echo(f"  reads {loader.reads}")
        for gap in loader.infers_not:
            click.echo(f"  cannot tell {gap}")
    return 0


@click.command("queries")
def queries_command() -> int:
    """List the questions that can be asked."""
    for name, title in plugins.query_titles().items():
        click.echo(f"{name}: {title}")
    return 0


@click.command("demo")
def demo_command() -> int:
    """Answer the board's question for the example, and draw it into this folder."""
    given = {"compromise": ("acme",), "assume": "lateral"}
    answer = ask(plugins.query("reach"), (str(_example()),), given)
    emit(answer, "table")
    for target in ("blastradius-demo.svg", "blastradius-demo.dot"):
        write_picture(answer, target)
        click.echo(f"wrote {target}")
    return 0


def _example() -> Path:
    package = Path(__file__).parents[1]
    for folder in (package / "examples" / "northwind", package.parent / "examples" / "northwind"):
        if folder.is_dir():
            return folder
    raise UsageError("the example is not installed; name an estate of your own with blastradius reach")


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: str) -> int:
    """Print the completion script of a shell."""
    from click.shell_completion import get_completion_class

    from blastradius.cli import cli

    script = get_completion_class(shell)
    if script is None:
        raise UsageError(f"no completion for {shell}")
    click.echo(script(cli, {}, "blastradius", "_BLASTRADIUS_COMPLETE").source())
    return 0
