"""A command for every question, made from the question's own parameters."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import click
from pydantic.fields import FieldInfo

from blastradius import loading, plugins
from blastradius.answer import Answer, Query, parameters, takes_several
from blastradius.cli.output import emit, progress
from blastradius.errors import DrawingError
from blastradius.loading import FILE_NAME


def _here(_context: click.Context, _parameter: click.Parameter, paths: tuple[str, ...]) -> tuple[str, ...]:
    """The paths that were named; without any, the workspace of the current folder."""
    if not paths and not Path(FILE_NAME).is_file():
        raise click.UsageError(f"name an estate: a file, a folder or a workspace; there is no {FILE_NAME} here")
    return paths or (FILE_NAME,)


PATHS = click.argument("paths", nargs=-1, metavar="[PATH...]", callback=_here)
_LEVELS = {"granted", "abused", "takeover", "lateral"}


def question_command(name: str) -> click.Command:
    """The command of one question."""
    query = plugins.query(name)

    def run(
        paths: tuple[str, ...], fmt: str, output: str | None, draw: str | None, exit_zero: bool, **given: Any
    ) -> int:
        answer = ask(query, paths, given)
        if draw:
            write_picture(answer, draw)
        emit(answer, fmt, output)
        return 1 if answer.findings and not exit_zero else 0

    command: Callable[..., Any] = run
    for option in (*_output_options(), *reversed(params_options(query)), PATHS):
        command = option(command)
    return click.command(name, help=query.title + ".")(command)


def ask(query: Query, paths: tuple[str, ...], given: dict[str, Any]) -> Answer:
    """Load an estate and ask it one question."""
    with progress() as report:
        estate = loading.load(paths, report)
        report("asking")
        named = {name: value for name, value in given.items() if value is not None}
        return query.run(estate, parameters(query, named))


def params_options(query: Query) -> list[Callable[[Any], Any]]:
    """An option for every field of a question's parameters."""
    return [_option(name, field) for name, field in query.params.model_fields.items()]


def write_picture(answer: Answer, target: str, engine: str = "bundled") -> None:
    """Draw an answer's picture to a file; the ending names the format."""
    from blastradius.render.draw import draw
    from blastradius.writing import write_atomic

    if answer.picture is None:
        raise DrawingError(f"{answer.question} has no picture to draw for this answer")
    fmt = Path(target).suffix.lower().lstrip(".")
    if fmt not in ("svg", "dot", "png", "pdf"):
        raise click.UsageError(f"{target}: pictures are .svg, .dot, .png or .pdf")
    write_atomic(target, draw(answer.picture, fmt, engine=engine))


def _option(name: str, field: FieldInfo) -> Callable[[Any], Any]:
    kind = _kind(field.annotation)
    flag = f"--{name.rstrip('_').replace('_', '-')}"
    text = (field.description or "").capitalize() + "."
    if kind is bool:
        return click.option(flag, name, is_flag=True, default=None, help=text)
    if takes_several(field):
        return click.option(flag, name, multiple=True, metavar=_metavar(name), help=text)
    default = None if field.is_required() else field.default
    shown = f" [default: {default}]" if default is not None else ""
    return click.option(
        flag,
        name,
        type=_type(kind),
        required=field.is_required(),
        default=None,
        metavar=_metavar(name, kind),
        help=text + shown,
    )


_METAVARS = {
    "outage": "X[=HOURS]",
    "distrust": "CONTROL",
    "with_": "CONTROL@ID",
    "without": "RELATION",
    "hours": "H",
}


def _metavar(name: str, kind: Any = str) -> str | None:
    if get_origin(kind) is Literal or (isinstance(kind, type) and issubclass(kind, Enum)):
        return None
    return _METAVARS.get(name, "X")


def _kind(annotation: Any) -> Any:
    """The type of a value that is there."""
    if get_origin(annotation) in (Union, UnionType):
        return next(choice for choice in get_args(annotation) if choice is not type(None))
    return annotation


def _type(kind: Any) -> Any:
    if get_origin(kind) is Literal:
        return click.Choice(list(get_args(kind)))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return click.Choice([str(member) for member in kind])
    return kind if kind in (int, float, str) else str


def _output_options() -> tuple[Callable[[Any], Any], ...]:
    formats = click.Choice(["table", "json", "csv", "markdown"])
    return (
        click.option("--exit-zero", is_flag=True, help="Exit with 0 even when there are findings."),
        click.option("--draw", metavar="FILE", help="Also draw it: .svg, .dot, .png or .pdf."),
        click.option("-o", "--output", metavar="FILE", help="Write to a file instead of standard output."),
        click.option("--format", "fmt", type=formats, default="table", show_default=True, help="How to print it."),
    )
