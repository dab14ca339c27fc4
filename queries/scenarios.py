"""Which exercise is worth holding: what happened elsewhere, found in this estate, by what no exercise went through."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Literal

from pydantic import Field

from blastradius.answer import UNKNOWN, Answer, Query, Row, Table
from blastradius.columns.ragged import Flags
from blastradius.engine import SEED_KINDS, Assumption, PreparedEstate, Reach, World, plain, solve, system_of, what_if
from blastradius.errors import UsageError, did_you_mean
from blastradius.estate import Estate
from blastradius.model import Basis, Fact, Level, Scenario
from blastradius.reports.impact import Novelty, is_audited, novelties
from blastradius.reports.labels import KNOWN, assumed, footing
from blastradius.reports.matching import Match, matches
from blastradius.reports.rehearsed import Held, covered, held, open_to_anyone
from blastradius.reports.rows import held_over, model_row, scenario_row, starts_said
from blastradius.reports.scenario_data import (
    FoundRow,
    HeldRow,
    PrecedentRow,
    ScenariosData,
    TechniqueRow,
    TemplateRow,
)
from blastradius.reports.symptoms import is_ours
from blastradius.reports.templates import MODELLED, TEMPLATES, Template
from blastradius.reports.unstated import marks_jewels, missing, records_or_unknown, states_processes
from blastradius.reports.words import is_public, label, listed, plural, said

MOST_FOLLOWED = 2_000
"""Up to how many relations of an estate it is worked out what is reached at first: that takes a proof each."""
MOST_SHOWN, MOST_FIRST = 10, 3
"""How many scenarios people are shown at first; how many things of what is reached at first."""


class Params(Assumption):
    """Which templates to look for, how much to assume at most, and of how many matches to tell all."""

    assume: Literal["granted", "abused", "takeover", "lateral"] = Field(
        "lateral", description="at most so much of the attacker, where a template assumes more"
    )
    template: tuple[str, ...] = Field((), description="only these templates, by id [default: all]")
    top: int = Field(MOST_SHOWN, ge=1, description="how many scenarios to show, and to say what is reached at first")


def run(estate: Estate, params: Params) -> Answer:
    """Find the templates in the estate, solve every match and every exercise that was held, and set them side by side.

    Raises:
        UsageError: there is no such template.
    """
    library = _library(params)
    estate = what_if(estate, params.asked)
    system, asked = system_of(estate), plain(params.asked)
    past = held(estate, asked.basis)
    found = [_as_asked(match, asked) for match in matches(estate, library, params.level, asked.basis)]
    if is_audited(estate):
        system.expect(len(found))
    known, things = covered(system, past)
    open_ = open_to_anyone(system, asked)
    novel = novelties(system, [World(match.scenario) for match in found], known | open_)
    some = any(not it.lies_ahead for it in past)
    rows = [(_row(estate, match, it, past, stated=some), match) for match, it in zip(found, novel, strict=True)]
    rows.sort(key=lambda pair: _weight(pair[0]))
    told = [_with_first(system, row, match.scenario, open_) for row, match in rows[: params.top]]
    told += [row for row, _ in rows[params.top :]]
    held_rows = tuple(_held_row(estate, it, count) for it, count in zip(past, things, strict=True))
    return _answer(estate, params, library, told, held_rows)


def _answer(
    estate: Estate, params: Params, library: Sequence[Template], rows: Sequence[FoundRow], past: tuple[HeldRow, ...]
) -> Answer:
    templates = tuple(_template_row(template, rows) for template in library)
    data = ScenariosData(
        question="scenarios",
        headline=_headline(estate, rows, past),
        assume=params.assume,
        distrusted=params.distrust,
        found=len(rows),
        rows=tuple(rows),
        templates=templates,
        exercises=past,
        checked=is_audited(estate),
        model=model_row(estate),
    )
    tables = [_table(estate, data, params.top), _templates_table(data)]
    return Answer(
        question="scenarios",
        headline=data.headline,
        data=data,
        tables=(*tables, *([_held_table(past)] if past else [])),
        lines=tuple(_lines(estate, data)),
        notes=estate.notes,
    )


def _library(params: Params) -> list[Template]:
    """The templates asked about.

    Raises:
        UsageError: there is none of that id.
    """
    known = {template.id: template for template in TEMPLATES}
    for name in params.template:
        if name not in known:
            near = did_you_mean(name, known, f"there are {', '.join(known)}")
            raise UsageError(f"template: {name!r} is not in the library{near}")
    return [known[name] for name in dict.fromkeys(params.template or known)]


def _as_asked(match: Match, asked: Scenario) -> Match:
    """A match under what is assumed besides."""
    distrust = tuple(dict.fromkeys((*match.scenario.distrust, *asked.distrust)))
    scenario = match.scenario.model_copy(update={"distrust": distrust, "basis": asked.basis})
    return replace(match, scenario=scenario)


def _weight(row: FoundRow) -> tuple[int, ...]:
    """What is new counts most, then what is reached, then how little is assumed for it."""
    new = (len(row.new_crown_jewels or ()), len(row.new_processes or ()), row.new_things or 0)
    sizes = (*new, len(row.crown_jewels or ()), len(row.processes or ()), row.things)
    return (*(-size for size in sizes), _level(row))


def _row(estate: Estate, match: Match, novel: Novelty, past: Sequence[Held], *, stated: bool) -> FoundRow:
    scenario, measure = match.scenario, novel.measure
    seeds = scenario_row(estate, scenario).seeds
    jewels, processes = marks_jewels(estate), states_processes(estate)
    options = _options(scenario)
    return FoundRow(
        template=match.template.id,
        says=match.template.says.format(starts=listed([seed.name for seed in seeds], 3)),
        seeds=seeds,
        assume=scenario.assume.word,
        hours=scenario.hours,
        distrusted=scenario.distrust,
        crown_jewels=measure.crown_jewels if jewels else None,
        processes=novel.processes if processes else None,
        records=records_or_unknown(measure.records, measure.uncounted),
        uncounted=measure.uncounted,
        things=measure.entities,
        new_crown_jewels=novel.new_jewels if stated and jewels else None,
        new_processes=novel.new_processes if stated and processes else None,
        new_things=measure.beyond if stated else None,
        held=tuple(_started_alike(past, scenario)),
        first=None,
        rests_on=match.rests_on,
        basis=match.basis,
        options=options,
        exercise=f"blastradius exercise ESTATE {options}",
        reach=f"blastradius reach ESTATE {options}",
    )


def _options(scenario: Scenario) -> str:
    """A scenario as it is asked on the command line."""
    words = [word for way in SEED_KINDS for name in getattr(scenario, way) for word in (f"--{way}", name)]
    words += ["--assume", scenario.assume.word]
    words += ["--hours", f"{scenario.hours:g}"] if scenario.hours is not None else []
    words += [word for control in scenario.distrust for word in ("--distrust", control)]
    words += ["--basis", str(scenario.basis)] if scenario.basis != Basis.ASSUMED else []
    return shlex.join(words)


def _started_alike(past: Sequence[Held], scenario: Scenario) -> Iterator[str]:
    """The exercises that have been held and started, in part at least, from the same things in the same way."""
    starts = {(way, name) for way in SEED_KINDS for name in getattr(scenario, way)}
    for it in past:
        if it.counts and it.scenario and any((way, name) in starts for way, name in _starts(it.scenario)):
            yield f"{it.exercise.name} ({it.exercise.date})"


def _starts(scenario: Scenario) -> Iterator[tuple[str, str]]:
    return ((way, name) for way in SEED_KINDS for name in getattr(scenario, way))


def _with_first(system: PreparedEstate, row: FoundRow, scenario: Scenario, known: Flags) -> FoundRow:
    """The same with what of ours is reached first, a thing each, beside what is known."""
    estate = system.estate
    if len(estate.relations) > MOST_FOLLOWED:
        return row
    reach = solve(estate, scenario, system=system)
    starts, over = {seed.entity for seed in row.seeds}, held_over(reach)
    new = (fact for fact in reach.levels if not known[system.facts.number(fact)] and fact.entity not in starts)
    names = dict.fromkeys(fact.entity for fact in sorted(new, key=lambda fact: _soonest(reach, fact)))
    ours = (name for name in names if is_ours(estate, name) and not is_public(estate, name))
    first = tuple(said(estate, Fact(name, over[name][0])) for name in islice(ours, MOST_FIRST))
    return row.model_copy(update={"first": first})


def _soonest(reach: Reach, fact: Fact) -> tuple[Level, float, int, str]:
    step = reach.proofs[fact]
    return step.level, step.at, step.hops, fact.entity


def _template_row(template: Template, rows: Sequence[FoundRow]) -> TemplateRow:
    found = [row for row in rows if row.template == template.id]
    return TemplateRow(
        template=template.id,
        title=template.title,
        needs=template.needs,
        found=len(found),
        most=found[0].says if found else None,
        missing=None if found else template.missing,
        level=template.level.word,
        hours=template.hours,
        techniques=tuple(TechniqueRow(id=it.id, name=it.name, catalogue=it.catalogue) for it in template.techniques),
        precedents=tuple(
            PrecedentRow(
                name=it.name,
                year=it.year,
                example=f"{MODELLED}/{it.modelled}" if it.modelled else None,
                shown=it.shown,
            )
            for it in template.precedents
        ),
    )


def _held_row(estate: Estate, it: Held, things: int) -> HeldRow:
    return HeldRow(
        name=it.exercise.name,
        date=it.exercise.date,
        says=starts_said(estate, it.exercise.scenario),
        things=things,
        lies_ahead=it.lies_ahead,
        gone=it.gone,
    )


# in words


def _headline(estate: Estate, rows: Sequence[FoundRow], past: Sequence[HeldRow]) -> str:
    if not rows:
        return (
            "no scenario of the library fits what is stated; what each would take stands below, and that is no safety"
        )
    first, count = rows[0], plural(len(rows), "scenario")
    stated = first.new_things is not None
    if not first.things:
        return f"{count} fit what is stated, and none leads anywhere, as far as is stated"
    if stated and not first.new_things:
        return f"{count} fit what is stated; past exercises have been through all that they reach, as far as is stated"
    if stated:
        new = _things_said(estate, first.new_crown_jewels, first.new_processes, first.new_things or 0)
        held_ = plural(sum(not it.lies_ahead for it in past), "past exercise")
        return f"{count} fit what is stated; most that is new beside {held_}: {first.says} (new: {new})"
    reaches = _things_said(estate, first.crown_jewels, first.processes, first.things)
    return f"{count} fit what is stated; no past exercise is stated; the most is reached if {first.says} ({reaches})"


def _things_said(
    estate: Estate, jewels: Sequence[str] | None, processes: Sequence[str] | None, things: int, most: int = 3
) -> str:
    """Crown jewels and processes by name, and how many things in all; what the estate does not name is left out."""
    parts = []
    for names, one, many in ((jewels, "crown jewel", "crown jewels"), (processes, "process", "processes")):
        if names:
            parts.append(f"{plural(len(names), one, many)}: {listed([label(estate, name) for name in names], most)}")
    parts.append(f"{plural(things, 'thing')}{' in all' if parts else ''}")
    return "; ".join(parts)


def _lines(estate: Estate, data: ScenariosData) -> Iterator[str]:
    if all(it.lies_ahead for it in data.exercises):
        yield "no past exercise is stated, so what is new cannot be told; state those that were held under 'exercises'"
    else:
        yield "first comes what reaches most that is new beside past exercises: crown jewels, processes, then things"
    for it in data.exercises:
        if it.lies_ahead:
            yield f"the exercise {it.name!r} is dated {it.date}, which lies ahead: it covers nothing yet"
        if it.gone:
            verb = "is" if len(it.gone) == 1 else "are"
            yield f"{listed(it.gone)} of the exercise {it.name!r} {verb} not to be found as it was, and covers nothing"
    if data.rows:
        yield f"each is played as far as its precedents went; {assumed(max(data.rows, key=_level).assume)}"
        if len(estate.relations) > MOST_FOLLOWED:
            yield f"of an estate of more than {MOST_FOLLOWED:,} relations it is not worked out what is reached at first"
        yield "ESTATE stands for the files that were asked about"
    yield f"what is marked * is modelled in {MODELLED}"
    yield from missing(estate)
    yield footing(estate)


def _level(row: FoundRow) -> Level:
    return Level[row.assume.upper()]


def _table(estate: Estate, data: ScenariosData, top: int) -> Table:
    stated = any(not it.lies_ahead for it in data.exercises)
    seen = {row.template: _seen_at(row, 2) for row in data.templates}
    news = ("new jewels", "new processes", "new things") if stated else ()
    sizes = ("jewels", "processes", "things")
    new, before = (("new",), ("held before",)) if stated else ((), ())
    under = ("reaches", *new, "at first", "seen at", *before, "go on with")
    rows: tuple[Row, ...] = tuple(
        (
            f"{row.says}{_aside(row)}",
            row.assume,
            *([_count(row.new_crown_jewels), _count(row.new_processes), row.new_things] if stated else []),
            _count(row.crown_jewels),
            _count(row.processes),
            row.things,
            _things_said(estate, row.crown_jewels, row.processes, row.things),
            *([_new_said(estate, row)] if stated else []),
            "; ".join(row.first or ())
            or ("not worked out" if row.first is None else "nothing of ours, as far as is stated"),
            seen[row.template],
            *([listed(row.held) or "nothing that starts like it"] if stated else []),
            row.exercise,
            row.template,
        )
        for row in data.rows
    )
    columns = ("what happens", "level", *news, *sizes, *under, "template")
    return Table(
        "scenarios",
        "Worth an exercise",
        columns,
        rows,
        ids=("template", *(sizes if stated else ())),  # how many there are in all stands in words below each
        brief=rows[:top],
        under=under,
        headed=under,
    )


def _first_said(row: FoundRow) -> str:
    if row.first is None:
        return "not worked out"
    return "; ".join(row.first) or "nothing of ours, as far as is stated"


def _aside(row: FoundRow) -> str:
    """How it is known that it fits, where that is weak."""
    return f" ({KNOWN[row.basis]})" if row.basis in (Basis.INFERRED, Basis.ASSUMED) else ""


def _count(names: Sequence[str] | None) -> int | str:
    return UNKNOWN if names is None else len(names)


def _new_said(estate: Estate, row: FoundRow) -> str:
    if not row.new_things:
        return "nothing that past exercises have not been through"
    return _things_said(estate, row.new_crown_jewels, row.new_processes, row.new_things)


def _seen_at(row: TemplateRow, most: int) -> str:
    told = [
        f"{it.name} ({it.year}{', shown by researchers' if it.shown else ''}){'*' if it.example else ''}"
        for it in row.precedents
    ]
    more = len(told) - most
    return "; ".join(told[:most]) + (f" and {more} more" if more > 0 else "")


def _templates_table(data: ScenariosData) -> Table:
    """What the library has; in brief what it takes is said only of what was not found."""
    rows = tuple(_template_cells(row, row.needs) for row in data.templates)
    brief = tuple(_template_cells(row, row.needs if row.missing else "") for row in data.templates)
    under = ("missing", "it takes", "first of them", "seen at", "techniques")
    columns = ("kind of scenario", "found", *under, "template")
    return Table("templates", "The library", columns, rows, brief=brief, under=under, headed=under)


def _template_cells(row: TemplateRow, needs: str) -> Row:
    techniques = [f"{it.id} {it.name}{' (ATLAS)' if it.catalogue == 'ATLAS' else ''}" for it in row.techniques]
    told = "; ".join(techniques) or "none: nobody means it"
    return (
        row.title,
        row.found or "none stated",
        row.missing or "",
        needs,
        row.most or "",
        _seen_at(row, 5),
        told,
        row.template,
    )


def _held_table(past: Sequence[HeldRow]) -> Table:
    rows: tuple[Row, ...] = tuple(
        (it.date, it.name, it.says, "lies ahead" if it.lies_ahead else it.things, listed(it.gone)) for it in past
    )
    columns = ("date", "exercise", "played", "things", "not there any more")
    return Table("exercises", "Exercises that are stated", columns, rows, under=("not there any more",))


QUERY = Query(
    "scenarios",
    "Which exercise is worth holding: what happened elsewhere, found in this estate",
    Params,
    run,
    ScenariosData,
    main="scenarios",
    example="--top 5",
    spreads=True,
)
