"""The commands that are not questions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from blastradius import plugins
from blastradius.cli.completion import files
from blastradius.cli.output import emit, say
from blastradius.cli.question_command import PATHS, ask, params_options, picture_file, write_picture
from blastradius.cli.usage import Command, example
from blastradius.cli.wanted import PICTURES, Wanted
from blastradius.errors import UsageError


def _draw(paths: tuple[str, ...], output: str, engine: str, **given: Any) -> int:
    target = picture_file(output)
    answer = ask(plugins.query("reach"), paths, given)
    write_picture(answer, target, engine)
    say(answer.headline, err=True)
    say(f"wrote {output}", err=True)
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
        click.option(
            "-o",
            "--output",
            required=True,
            metavar="FILE",
            shell_complete=files,
            help=f"The picture: {', '.join(PICTURES)}.",
        ),
        *reversed(params_options(plugins.query("reach").params)),
        PATHS,
    ):
        command = option(command)
    shown = example("draw examples/northwind --compromise acme --assume lateral -o acme.svg")
    return click.command("draw", cls=Command, help="Draw how far a scenario reaches.", **shown)(command)


draw_command = _draw_command()


@click.command("schema", **example("schema workspace"))
@click.argument("which", type=click.Choice(["estate", "workspace"]), default="estate")
def schema_command(which: str) -> int:
    """Print the JSON Schema (draft-07) of estate files or of workspace files, for editors."""
    from blastradius import workspace

    schema = workspace.schema if which == "workspace" else plugins.loader("native").schema
    if schema is None:
        raise UsageError("the estate format has no schema")
    click.echo(json.dumps(schema(), indent=2))
    return 0


@click.command("loaders", **example("loaders openapi kong"))
@click.argument("names", nargs=-1, metavar="[NAME...]")
@click.option("--all", is_flag=True, help="Say of every format what is read and what it cannot tell.")
def loaders_command(names: tuple[str, ...], **whole: bool) -> int:
    """List the formats that can be read; of those that are named also what is read, and what each cannot tell."""
    told = [plugins.loader(name) for name in names] or list(plugins.loaders().values())
    for loader in told:
        say(f"{loader.name}: {loader.title}", hanging=4)
        if names or whole["all"]:
            say(f"  reads {loader.reads}", hanging=4)
            for gap in loader.infers_not:
                say(f"  cannot tell {gap}", hanging=4)
    return 0


@click.command("queries", **example("queries"))
def queries_command() -> int:
    """List the questions that can be asked."""
    for name, title in plugins.query_titles().items():
        say(f"{name}: {title}", hanging=4)
    return 0


@click.command("demo", **example("demo"))
def demo_command() -> int:
    """Answer the board's question for the example, and write its picture and a brief into this folder."""
    given = {"compromise": ("acme",), "assume": "lateral"}
    answer = ask(plugins.query("reach"), (str(_example()),), given)
    emit(answer, Wanted())
    for target in ("blastradius-demo.svg", "blastradius-demo.dot"):
        write_picture(answer, target)
        click.echo(f"wrote {target}")
    brief = "blastradius-brief.html"
    emit(ask(plugins.query("brief"), (str(_example()),), {}), Wanted("html", brief))
    click.echo(f"wrote {brief}")
    return 0


def _example() -> Path:
    package = Path(__file__).parents[1]
    for folder in (package / "examples" / "northwind", package.parent / "examples" / "northwind"):
        if folder.is_dir():
            return folder
    raise UsageError("the example is not installed; name an estate of your own with blastradius reach")


_SETUP = """\b
Example:
  eval "$(blastradius completion bash)"      in ~/.bashrc; zsh alike in ~/.zshrc
  blastradius completion fish >~/.config/fish/completions/blastradius.fish"""


@click.command("completion", epilog=_SETUP)
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
