"""How far a scenario reaches: the contour, what stopped it, and the proof."""

from __future__ import annotations

from pydantic import Field

from blastradius.answer import Answer, Query, Table
from blastradius.engine import Reach, ScenarioParams, solve
from blastradius.estate import Estate
from blastradius.model import Fact, Frozen, Kind, Level, NoteKind
from blastradius.reports.diagram import picture_of
from blastradius.reports.rows import (
    WORDS,
    CertificateRow,
    ControlRow,
    FactRow,
    ModelRow,
    ScenarioRow,
    StoppedRow,
    control_rows,
    fact_rows,
    held_over,
    label,
    model_row,
    notes_of,
    plural,
    records_read,
    scenario_row,
    step_rows,
    stopped_rows,
)


class Params(ScenarioParams):
    """A scenario, and whether the picture folds siblings."""

    full: bool = Field(False, description="draw every entity; fold nothing")


class NoteRow(Frozen):
    """Something to know before relying on the answer."""

    kind: NoteKind
    message: str
    at: tuple[str, ...]


class ReachData(Frozen):
    """The answer to ``reach``; the contract behind ``--format json``."""

    question: str
    scenario: ScenarioRow
    facts: tuple[FactRow, ...]
    stopped: tuple[StoppedRow, ...]
    relies_on: tuple[ControlRow, ...]
    certificate: CertificateRow
    notes: tuple[NoteRow, ...]
    model: ModelRow


def run(estate: Estate, params: Params) -> Answer:
    """Solve the scenario and tell it.

    Raises:
        UsageError: the scenario has no seed, or names what the estate does not have.
    """
    scenario = params.scenario(estate)
    reach = solve(estate, scenario)
    notes = notes_of(estate, scenario)
    data = ReachData(
        question="reach",
        scenario=scenario_row(scenario),
        facts=fact_rows(reach),
        stopped=stopped_rows(reach),
        relies_on=control_rows(reach),
        certificate=CertificateRow(steps=step_rows(reach), checked=True),
        notes=tuple(NoteRow(kind=n.kind, message=n.message, at=tuple(map(str, n.provenance))) for n in notes),
        model=model_row(estate),
    )
    return Answer(
        question="reach",
        headline=_headline(reach),
        data=data,
        tables=(_reached(reach), _stops(data), _relied(data)),
        lines=_lines(reach, data),
        notes=notes,
        picture=picture_of(reach, _title(reach), full=params.full),
    )


def _title(reach: Reach) -> str:
    seeds = scenario_row(reach.scenario).seeds
    starts = ", ".join(f"{_WAYS[seed.way]} {label(reach.estate, seed.entity)}" for seed in seeds)
    return f"How far could it reach: {starts}"


_WAYS = {
    "compromise": "compromise of",
    "leak": "leak of",
    "poison": "poisoning of",
    "wrong": "a fault in",
    "outage": "outage of",
    "breach": "breach of",
}


def _headline(reach: Reach) -> str:
    estate = reach.estate
    reached = {fact.entity for fact in reach.levels}
    jewels = sorted(label(estate, name) for name in reached if estate.crown_jewel(name))
    named = f" ({', '.join(jewels[:4])}{', …' if len(jewels) > 4 else ''})" if jewels else ""
    return (
        f"{plural(len(reached), 'entity', 'entities')} of {len(estate.entities):,} could be reached under level "
        f"{reach.scenario.assume.word!r}, {plural(len(jewels), 'crown jewel')} among them{named}"
    )


def _lines(reach: Reach, data: ReachData) -> tuple[str, ...]:
    lines = [_level_line(reach, level) for level in Level if level <= reach.scenario.assume]
    lines.append(f"records that could be read: {records_read(reach.estate, reach):,} (copies counted once)")
    lines.append(
        f"proof: {plural(len(data.certificate.steps), 'step')}, verified by the independent checker; "
        f"the answer relies on {plural(len(data.relies_on), 'control')}"
    )
    return tuple(lines)


def _level_line(reach: Reach, level: Level) -> str:
    first: dict[str, Level] = {}
    for fact, at in reach.levels.items():
        first[fact.entity] = min(at, first.get(fact.entity, at))
    names = [name for name, at in first.items() if at == level]
    kinds = [(kind, sum(reach.estate.entities[n].kind == kind for n in names)) for kind in Kind]
    many = {Kind.PARTY: "parties", Kind.PROCESS: "processes"}
    told = ", ".join(plural(count, kind, many.get(kind)) for kind, count in kinds if count) or "nothing more"
    return f"{level.word} ({level.says}): {told}"


def _reached(reach: Reach) -> Table:
    rows = []
    for name, capabilities in held_over(reach).items():
        entity = reach.estate.entities[name]
        for capability in capabilities:
            step = reach.proofs[Fact(name, capability)]
            jewel = "★" if reach.estate.crown_jewel(name) else ""
            rows.append((step.level, step.hops, jewel, entity.kind, name, entity.label, WORDS[capability]))
    rows.sort(key=lambda row: (row[0], row[1], row[4], row[6]))
    return Table(
        "reached",
        "What could be reached, at the lowest level at which it could",
        ("level", "hops", "", "kind", "id", "name", "what it means"),
        tuple((Level(level).word, hops, *rest) for level, hops, *rest in rows),
    )


def _stops(data: ReachData) -> Table:
    rows = dict.fromkeys((row.entity, WORDS[row.capability], ", ".join(row.by), row.because) for row in data.stopped)
    return Table("stopped", "What was stopped", ("id", "what it would mean", "stopped by", "because"), tuple(rows))


def _relied(data: ReachData) -> Table:
    rows = tuple((row.control, row.on, row.status, row.stops, row.provided_by or "") for row in data.relies_on)
    return Table(
        "relies_on",
        "Controls the answer relies on",
        ("control", "on", "status", "steps stopped", "run by"),
        rows,
    )


QUERY = Query("reach", "How far a scenario reaches, what stopped it, and the proof", Params, run, ReachData)
