"""The command that writes an estate as a page in which every what-if is answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from blastradius import loading, plugins
from blastradius.answer import parameters
from blastradius.cli.completion import files, things
from blastradius.cli.output import progress, say
from blastradius.cli.question_command import PATHS, flag_of, params_options
from blastradius.cli.usage import Command, example
from blastradius.engine import PreparedEstate, ScenarioParams, checked, compile_system, system_of
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import Scenario
from blastradius.reports.playing import Exercised, other
from blastradius.reports.words import label, plural

if TYPE_CHECKING:
    from blastradius.reading import Progress
    from blastradius.render.page.exercise import Exercise
    from blastradius.render.page.explorer import Written

_HELP = """Write one page in which every what-if is answered.

It opens in a browser, from a mail attachment too, and asks nothing of any network: where it starts, how far an attacker
goes, which control does not hold and which grant is gone are chosen there. It carries the whole estate; whoever has the
file has all of it. The options of a scenario say what it opens with; with --exercise it is played there, inject by
inject and decision by decision."""


def _explore(paths: tuple[str, ...], output: str, title: str | None, **given: Any) -> int:
    from blastradius.render.page.explorer import MANY, explorer
    from blastradius.writing import write_atomic

    if Path(output).suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"{output}: the explorer is a page; name a file that ends in .html")
    with progress() as report:
        prepared, written = _carried(loading.load(paths, report), paths, title, given, report)
        report("writing")
        page = explorer(prepared, written)
    write_atomic(output, page)
    count = len(prepared.estate.entities)
    whole = "the part of the estate that was asked for" if written.cut else "the whole estate"
    say(f"wrote {output}, {_size(page)}; it carries {whole}: {plural(count, 'thing')}", err=True)
    if count > MANY:
        say(f"a page of more than {MANY:,} things takes seconds to open and to answer", err=True)
    return 0


def _carried(
    estate: Estate, paths: tuple[str, ...], title: str | None, given: dict[str, Any], report: Progress
) -> tuple[PreparedEstate, Written]:
    """What the page carries: the estate or a part of it, with its names or without, and what it opens with."""
    from blastradius.render.page.explorer import Written, refuse_too_many
    from blastradius.render.page.redaction import without_names

    origin, around, redact = (given.pop(name) for name in ("origin", "around", "redact"))
    exercise = _exercise(estate, given)
    start = exercise.scenario if exercise else _start(estate, given)
    part, cut = _part(estate, origin, around, report)
    refuse_too_many(part, is_part=bool(cut))
    others = exercise.others if exercise else ()
    asked = tuple(checked(part, scenario) for scenario in (*((start,) if start else ()), *others))
    written = Written(title or _title(estate.title), paths, cut=cut)
    if redact:
        if exercise and exercise.decide:
            raise UsageError("--decide and --redact: what is decided has other names then; decide it in the page")
        part, asked = without_names(part, *asked)
        written = Written(title or _title(None), cut=cut and _CUT, redacted=True)
    report("compiling")
    if exercise:
        played = exercise._replace(scenario=asked[0], others=asked[1:], options=() if redact else exercise.options)
        written = written._replace(exercise=played)
    return compile_system(part), written._replace(start=asked[0] if asked else None)


def _exercise(estate: Estate, given: dict[str, Any]) -> Exercise | None:
    """What is played in the page, where that is asked for.

    Raises:
        UsageError: what only an exercise has is named without one, or a scenario names what is not there.
    """
    from blastradius.render.page.exercise import Exercise

    is_played, own = given.pop("exercise"), [name for name in Exercised.model_fields if name not in _SCENARIO]
    named = {name: value for name, value in given.items() if value not in (None, ())}
    stray = [flag_of(name) for name in own if name in named]
    if not is_played:
        if stray:
            raise UsageError(f"{stray[0]}: that is for an exercise; add --exercise")
        return None
    params = parameters(plugins.query("exercise"), named, flag_of)
    scenario, others = params.scenario(estate), tuple(other(estate, params, text) for text in params.also)
    return Exercise(scenario, others, params.minutes, params.decide, tuple(_words(named, "decide")))


_SCENARIO = frozenset(ScenarioParams.model_fields)


def _words(named: dict[str, Any], left_out: str) -> Iterator[str]:
    """Options as a command line has them, one word each."""
    for name, value in named.items():
        if value is True:
            yield flag_of(name)
        elif name != left_out:
            yield from (f"{flag_of(name)}={word}" for word in (value if isinstance(value, tuple) else (value,)))


_CUT = "It is a part of an estate: what is not in it may reach further, and be reached."


def _part(estate: Estate, origin: str | None, around: str | None, report: Progress) -> tuple[Estate, str]:
    """The part of an estate that is wanted, and a sentence that says which it is; it is empty of the whole."""
    from blastradius.render.page.cutting import cut_out

    if origin is None and around is None:
        return estate, ""
    if origin is not None and around is not None:
        raise UsageError("--from and --around: a page has one part of an estate; leave out one of them")
    report("cutting")
    name = estate.resolve(str(origin or around))
    part = cut_out(system_of(estate), name, backward=around is not None)
    about = f"what could lead to {label(estate, name)}" if around else f"what {label(estate, name)} could reach"
    count = plural(len(part.entities), "thing")
    return part, f"Of {len(estate.entities):,} things it carries {count}: {about} if nothing held. {_CUT}"


def _start(estate: Estate, given: dict[str, Any]) -> Scenario | None:
    """The scenario that the page opens with, where one is named."""
    named = {name: given[name] for name in _SCENARIO if given[name] not in (None, ())}
    return parameters(plugins.query("reach"), named, flag_of).scenario(estate) if named else None


def _title(estate: str | None) -> str:
    return f"How far could it reach? {estate}" if estate else "How far could it reach?"


def _size(page: str) -> str:
    kilobytes = len(page.encode()) / 1000
    return f"{kilobytes:,.0f} kB" if kilobytes < 1000 else f"{kilobytes / 1000:,.1f} MB"


def _explore_command() -> click.Command:
    command: Callable[..., Any] = _explore
    written = "The page: a file that ends in .html."
    for option in (
        click.option("--title", metavar="TEXT", help="What stands at the head of the page."),
        click.option("-o", "--output", metavar="FILE", required=True, shell_complete=files, help=written),
        click.option("--redact", type=click.Choice(["names"]), help="Call everything by its kind and a number."),
        click.option("--around", metavar="X", shell_complete=things, help="Only what could lead to X."),
        click.option("--from", "origin", metavar="X", shell_complete=things, help="Only what X could reach."),
        click.option("--exercise", is_flag=True, help="Play the scenario in the page, as `exercise` tells it."),
        *reversed(params_options(Exercised)),
        PATHS,
    ):
        command = option(command)
    shown = example("explore examples/northwind -o explorer.html")
    return click.command("explore", cls=Command, help=_HELP, **shown)(command)


explore_command = _explore_command()
