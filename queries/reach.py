"""How far a scenario reaches: the contour, what stopped it, and the proof."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from blastradius.answer import Answer, Query, Table
from blastradius.engine import Reach, ScenarioParams, brings_an_attacker, is_timed, solve
from blastradius.estate import Estate
from blastradius.model import Capability, Fact, Frozen, Kind, Level, NoteKind, Store
from blastradius.reports.diagram import picture_of
from blastradius.reports.labels import KNOWN, Label, best_of, how_well, labels_of
from blastradius.reports.rows import (
    CertificateRow,
    ControlRow,
    FactRow,
    ModelRow,
    ScenarioRow,
    control_rows,
    fact_rows,
    held_over,
    model_row,
    notes_of,
    records_read,
    scenario_row,
    step_rows,
)
from blastradius.reports.silence import SilenceRow, silence_rows, told
from blastradius.reports.stops import StoppedRow, stopped_rows
from blastradius.reports.timeline import PainRow, pain_rows, timeline
from blastradius.reports.words import WORDS, is_public, label, plural


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
    timeline: tuple[PainRow, ...]
    unsaid: tuple[SilenceRow, ...]
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
    notes = notes_of(reach.estate, scenario)
    labels = labels_of(reach)
    data = ReachData(
        question="reach",
        scenario=scenario_row(scenario),
        facts=fact_rows(reach, labels),
        timeline=pain_rows(reach) if is_timed(scenario) else (),
        unsaid=silence_rows(reach),
        stopped=stopped_rows(reach),
        relies_on=control_rows(reach),
        certificate=CertificateRow(steps=step_rows(reach), checked=True),
        notes=tuple(NoteRow(kind=n.kind, message=n.message, at=tuple(map(str, n.provenance))) for n in notes),
        model=model_row(reach.estate),
    )
    return Answer(
        question="reach",
        headline=_headline(reach, labels),
        data=data,
        tables=(*_felt(reach, data), _reached(reach, labels), _stops(data), _relied(data)),
        lines=_lines(reach, data, labels),
        notes=notes,
        picture=picture_of(reach, _title(reach), full=params.full),
    )


def _felt(reach: Reach, data: ReachData) -> tuple[Table, ...]:
    return (timeline(reach.estate, data.timeline),) if data.timeline else ()


def _title(reach: Reach) -> str:
    seeds = scenario_row(reach.scenario).seeds
    starts = [f"{_WAYS[seed.way]} {_name(reach, seed.entity)}" for seed in seeds]
    starts += ["anyone on the internet"] if reach.scenario.anyone else []
    return f"How far could it reach: {', '.join(starts)}"


def _name(reach: Reach, name: str) -> str:
    """The display name of an entity or a zone."""
    if name in reach.estate.entities:
        return label(reach.estate, name)
    return reach.estate.zones[name].label if name in reach.estate.zones else name


_WAYS = {
    "compromise": "compromise of",
    "leak": "leak of",
    "poison": "poisoning of",
    "wrong": "a fault in",
    "outage": "outage of",
    "breach": "breach of",
    "use": "use of",
}


def _headline(reach: Reach, labels: Mapping[Fact, Label]) -> str:
    estate = reach.estate
    reached = {fact.entity for fact in reach.levels if not is_public(estate, fact.entity)}
    jewels = sorted(label(estate, name) for name in reached if estate.crown_jewel(name))
    named = f" ({', '.join(jewels[:4])}{', …' if len(jewels) > 4 else ''})" if jewels else ""
    assumed = f"could be reached under level {reach.scenario.assume.word!r}"
    return (
        f"{plural(len(reached), 'entity', 'entities')} of {len(estate.entities):,} "
        f"{assumed if brings_an_attacker(reach.scenario) else 'would feel it'}"
        f", {plural(len(jewels), 'crown jewel')} among them{named}"
        f"{_also_anyone(reach, labels)}"
    )


def _records(reach: Reach) -> str:
    """How many records could be read; of stores that do not say how many they hold, that is said instead of 0."""
    estate = reach.estate
    read = {fact.entity for fact in reach.levels if fact.capability == Capability.READ}
    stores = [store for store in estate.of_kind(Kind.STORE) if store.id in read and not is_public(estate, store.id)]
    unsaid = sum(isinstance(store, Store) and store.records is None for store in stores)
    if unsaid and unsaid == len(stores):
        return f"unknown; {plural(unsaid, 'store')} could be read, and nobody stated how many"
    more = f", and those of {plural(unsaid, 'store')} of which nobody stated how many" if unsaid else ""
    return f"{records_read(estate, reach):,} (copies counted once){more}"


def _also_anyone(reach: Reach, labels: Mapping[Fact, Label]) -> str:
    """How many of the things reached anyone at all could have as much of."""
    beyond = {fact.entity for fact, level in reach.levels.items() if labels[fact].is_beyond(level)}
    common = {fact.entity for fact in reach.levels} - beyond
    return f"; anyone on the internet could have as much of {len(common):,} of them" if common else ""


def _lines(reach: Reach, data: ReachData, labels: Mapping[Fact, Label]) -> tuple[str, ...]:
    attacked = brings_an_attacker(reach.scenario)
    lines = [_level_line(reach, level) for level in Level if level <= reach.scenario.assume] if attacked else []
    lines.append(f"how well it is known: {_how_well(reach, labels)}")
    lines += filter(None, [told(reach.estate, data.unsaid), _unfelt(reach, data)])
    lines += [f"records that could be read: {_records(reach)}"] if attacked else []
    lines.append(
        f"proof: {plural(len(data.certificate.steps), 'step')}, verified by the independent checker; "
        f"the answer relies on {plural(len(data.relies_on), 'control')}"
    )
    return tuple(lines)


def _unfelt(reach: Reach, data: ReachData) -> str | None:
    """That no process feels an outage, where none does."""
    if data.timeline or not reach.scenario.outage:
        return None
    processes = len(reach.estate.of_kind(Kind.PROCESS))
    return (
        f"no process of {processes:,} slows or stops by it" if processes else "no process is stated that could feel it"
    )


def _how_well(reach: Reach, labels: Mapping[Fact, Label]) -> str:
    """How well what is reached is known, where it starts left out."""
    starts = {step.fact.entity for step in reach.certificate.steps if step.rule == "seed"}
    return how_well(basis for name, basis in best_of(labels).items() if name not in starts)


def _level_line(reach: Reach, level: Level) -> str:
    first: dict[str, Level] = {}
    for fact, at in reach.levels.items():
        first[fact.entity] = min(at, first.get(fact.entity, at))
    names = [name for name, at in first.items() if at == level]
    kinds = [(kind, sum(reach.estate.entities[n].kind == kind for n in names)) for kind in Kind]
    many = {Kind.PARTY: "parties", Kind.PROCESS: "processes"}
    more = {fact.entity for fact, at in reach.levels.items() if at == level} - set(names)
    further = f"more over {plural(len(more), 'thing')} already named" if more else "nothing more"
    said = ", ".join(plural(count, kind, many.get(kind)) for kind, count in kinds if count) or further
    return f"{level.word} ({level.says}): {said}"


def _reached(reach: Reach, labels: Mapping[Fact, Label]) -> Table:
    attacked = brings_an_attacker(reach.scenario)
    rows = []
    for name, capabilities in held_over(reach).items():
        entity = reach.estate.entities[name]
        for capability in capabilities:
            step = reach.proofs[Fact(name, capability)]
            jewel = "★" if reach.estate.crown_jewel(name) else ""
            fact = Fact(name, capability)
            known = "as asked" if step.rule == "seed" else KNOWN[labels[fact].basis]
            could = _anyone(reach, labels[fact], step.level)
            what = f"{WORDS[capability]}{could}"
            rows.append((step.level, step.hops, jewel, entity.kind, name, entity.label, what, known))
    rows.sort(key=lambda row: (row[0], row[1], row[4], row[6]))
    return Table(
        "reached",
        "What could be reached, at the lowest level at which it could" if attacked else "What would feel it",
        ("level", "hops", "", "kind", "id", "name", "what it means", "known"),
        tuple((Level(level).word, hops, *rest) for level, hops, *rest in rows),
    )


def _anyone(reach: Reach, label: Label, level: Level) -> str:
    """Where a stranger could have as much, at which level."""
    if reach.scenario.anyone or label.anyone is None or label.is_beyond(level):
        return ""
    return f" (anyone could, at {label.anyone.word})"


def _stops(data: ReachData) -> Table:
    rows = dict.fromkeys((row.entity, WORDS[row.capability], "; ".join(row.by), _answer(row)) for row in data.stopped)
    return Table("stopped", "What was stopped", ("id", "what it would mean", "stopped by", "because"), tuple(rows))


_BECAUSE = {
    "premise": "something else is needed as well",
    "level": "more would have to be assumed",
    "time": "the outage is over before",
    "basis": "it is not known well enough",
    "control": "a control stands in the way",
}


def _answer(row: StoppedRow) -> str:
    return _BECAUSE[row.because]


def _relied(data: ReachData) -> Table:
    rows = tuple((row.control, row.on, row.status, row.stops, row.provided_by or "") for row in data.relies_on)
    return Table(
        "relies_on",
        "Controls the answer relies on",
        ("control", "on", "status", "steps stopped", "run by"),
        rows,
    )


QUERY = Query("reach", "How far a scenario reaches, what stopped it, and the proof", Params, run, ReachData)
