"""A command for every question, made from the question's own parameters."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from blastradius import loading, plugins
from blastradius.answer import Answer, Query, is_estate, is_fragment, parameters, takes_several
from blastradius.cli.completion import NAMES_THINGS, files, things
from blastradius.cli.engines import Engine, answered_there, dask_option, engine_option, is_asked_there, solved_by
from blastradius.cli.judging import VERDICTS, known_before, verdict_options, write_verdicts
from blastradius.cli.output import emit, progress
from blastradius.cli.usage import Command, example
from blastradius.cli.wanted import OUTPUT, PICTURES, exit_zero_option, explorer_option, linked, output_options, wanted
from blastradius.engine import Assumption
from blastradius.errors import DrawingError
from blastradius.loading import FILE_NAME
from blastradius.model import Capability, Level
from blastradius.reports.words import WORDS

if TYPE_CHECKING:
    from blastradius.estate import Estate
    from blastradius.reading import Progress


def _here(context: click.Context, _parameter: click.Parameter, paths: tuple[str, ...]) -> tuple[str, ...]:
    """The paths that were named; without any, the estate that is loaded, or the workspace of the current folder."""
    if context.obj is not None:
        if paths:
            raise click.UsageError(f"{paths[0]}: the estate is loaded already; leave it out of the line")
        return ()
    if not paths and not Path(FILE_NAME).is_file():
        raise click.UsageError(f"name an estate: a file, a folder or a workspace; there is no {FILE_NAME} here")
    return paths or (FILE_NAME,)


PATHS = click.argument("paths", nargs=-1, metavar="[PATH...]", callback=_here, shell_complete=files)


def question_command(name: str) -> click.Command:
    """The command of one question."""
    query = plugins.query(name)

    def run(
        paths: tuple[str, ...],
        draw: str | None = None,
        exit_zero: bool = False,
        engine: Engine | None = None,
        dask: str | None = None,
        **given: Any,
    ) -> int:
        asked = wanted(**{word: given.pop(word) for word in OUTPUT}, prints=query.prints)
        asked = linked(asked, given.pop("explorer", None))
        target = draw and picture_file(draw)
        judged = {word: given.pop(word, None) for word in VERDICTS}
        known = known_before(judged["sarif"], judged.pop("base"))
        answer = ask(query, paths, given, engine, dask)
        emit(answer, asked, query.main)
        if target:
            write_picture(answer, target)
        write_verdicts(answer, **judged, known=known)
        return 1 if answer.findings and not exit_zero else 0

    command: Callable[..., Any] = run
    for option in (*_options(query), *reversed(params_options(query.params)), PATHS):
        command = option(command)
    shown = example(f"{name} examples/northwind {query.example}".rstrip()) if query.example is not None else {}
    return click.command(name, cls=Command, help=query.title + ".", **shown)(command)


def _options(query: Query) -> list[Callable[[Any], Any]]:
    """What an answer of this question can be asked for."""
    drawn = click.option("--draw", metavar="FILE", shell_complete=files, help=f"Also draw it: {', '.join(PICTURES)}.")
    return [
        *([exit_zero_option()] if query.finds else []),
        *([drawn] if query.draws else []),
        *(verdict_options() if query.judges else ()),
        *([engine_option()] if query.about_one else []),
        *([explorer_option()] if query.opens else []),
        *([dask_option()] if query.spreads else []),
        *output_options(packs=query.packs),
    ]


def ask(
    query: Query, paths: tuple[str, ...], given: dict[str, Any], engine: Engine | None = None, dask: str | None = None
) -> Answer:
    """Ask an estate one question, with others that are named to compare with; it is loaded if there is none yet.

    Of a shared one no more may be read than the question comes to. ``dask`` is the address of a cluster to solve it on.

    Raises:
        UsageError: the server is to be asked, and the estate is not at one; no cluster answers.
    """
    loaded: Estate | None = click.get_current_context().obj
    named = {name: value for name, value in given.items() if value is not None}
    with progress() as report:

        def asked(estate: Estate) -> Answer:
            return query.run(estate, parameters(query, _with_estates(query, named, report), flag_of))

        if is_asked_there(query, paths, engine, dask):
            answer = answered_there(paths[0], named, asked, report)
            if answer is not None:
                return answer
        estate = loading.load(paths, report) if loaded is None else loaded
        report("asking")
        with solved_by(dask):
            return asked(estate)


def _with_estates(query: Query, given: dict[str, Any], report: Progress) -> dict[str, Any]:
    """The values of the parameters, with what is read in the place of the path of another estate."""
    fields = query.params.model_fields
    if not any(is_estate(fields[name]) or is_fragment(fields[name]) for name in given.keys() & fields.keys()):
        return given
    from blastradius.loading.revisions import with_estates

    return with_estates(query, given, report)


def params_options(params: type[BaseModel]) -> list[Callable[[Any], Any]]:
    """An option for every parameter of a question: what it is about first, what is assumed last."""
    fields = sorted(params.model_fields.items(), key=lambda field: field[0] in Assumption.model_fields)
    return [_option(name, field) for name, field in sorted(fields, key=lambda field: not field[1].is_required())]


def picture_file(target: str) -> str:
    """The file that a picture is to be written to, once its ending is known to be one of a picture.

    Raises:
        UsageError: it is not.
    """
    if Path(target).suffix.lower() not in PICTURES:
        raise click.UsageError(f"{target}: pictures are {', '.join(PICTURES)}")
    return target


def write_picture(answer: Answer, target: str, engine: str = "bundled") -> None:
    """Draw an answer's picture to a file; the ending names the format.

    Raises:
        DrawingError: the answer has none, or it could not be drawn.
    """
    from blastradius.render.draw import draw
    from blastradius.writing import write_atomic

    if answer.picture is None:
        raise DrawingError(f"{target} is not written: there is nothing to draw of this answer to {answer.question}")
    fmt = Path(picture_file(target)).suffix.lower().lstrip(".")
    with progress() as report:
        report(f"drawing {len(answer.picture.nodes):,} boxes")
        drawn = draw(answer.picture, fmt, engine=engine)
    write_atomic(target, drawn)


def flag_of(name: str) -> str:
    """The option of a parameter."""
    return f"--{name.rstrip('_').replace('_', '-')}"


def _option(name: str, field: FieldInfo) -> Callable[[Any], Any]:
    kind, required = _kind(field.annotation), field.is_required()
    text = _sentence(field.description or "") + _meanings(kind)
    completed = things if name in NAMES_THINGS else files if is_estate(field) or is_fragment(field) else None
    if kind is bool:
        return click.option(flag_of(name), name, is_flag=True, default=None, help=text)
    if takes_several(field):
        return click.option(
            flag_of(name),
            name,
            multiple=True,
            required=required,
            type=_type(get_args(kind)[0]),
            metavar=_metavar(name, get_args(kind)[0]),
            help=text,
            shell_complete=completed,
        )
    default = None if required else field.default
    shown = f" [default: {default}]" if default is not None else ""
    return click.option(
        flag_of(name),
        name,
        type=_type(kind),
        required=required,
        metavar=_metavar(name, kind),
        help=text + shown,
        shell_complete=completed,
    )


_METAVARS = {
    "outage": "X[=HOURS]",
    "distrust": "CONTROL",
    "with_": "CONTROL@ID",
    "without": "RELATION",
    "hours": "H",
    "fail_on": "WHEN",
    "along": "VERB",
    "since": "ESTATE",
    "proposal": "FILE",
}


_MOST_LISTED = 6


def _metavar(name: str, kind: Any = str) -> str | None:
    choices = _choices(kind)
    if choices:
        return None if len(choices) <= _MOST_LISTED else _METAVARS.get(name, name.upper())
    return _METAVARS.get(name, "X")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(']') else '.'}"


def _meanings(kind: Any) -> str:
    """What can be chosen, with what the levels and the capabilities mean."""
    if kind is Capability:
        return f" {'; '.join(f'{capability}: {says}' for capability, says in WORDS.items())}."
    choices = _choices(kind)
    levels = [level for level in Level if level.word in choices]
    if len(levels) == len(choices):
        return "".join(f" {level.word.capitalize()}: {level.says}." for level in levels)
    return f" One of {', '.join(choices)}." if len(choices) > _MOST_LISTED else ""


def _kind(annotation: Any) -> Any:
    """The type of a value that is there."""
    if get_origin(annotation) in (Union, UnionType):
        return next(choice for choice in get_args(annotation) if choice is not type(None))
    return annotation


def _type(kind: Any) -> Any:
    choices = _choices(kind)
    if choices:
        return click.Choice(choices)
    return kind if kind in (int, float, str) else str


def _choices(kind: Any) -> list[str]:
    """The values that can be chosen, where they are few enough to be known."""
    if get_origin(kind) is Literal:
        return list(get_args(kind))
    return [str(member) for member in kind] if isinstance(kind, type) and issubclass(kind, Enum) else []
