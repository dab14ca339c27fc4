"""How far a scenario reaches: the contour, what stopped it, and the proof."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pydantic import Field

from blastradius.answer import Answer, Picture, Query, Table
from blastradius.engine import Reach, ScenarioParams, brings_an_attacker, is_timed, solve
from blastradius.estate import Estate
from blastradius.model import Fact, Frozen, Kind, Level, Note, NoteKind
from blastradius.reports.frontier import relied_table, stopped_table
from blastradius.reports.labels import Label, best_of, how_well, labels_of
from blastradius.reports.phrases import phrase
from blastradius.reports.reached import reached_table
from blastradius.reports.rows import (
    CertificateRow,
    ControlRow,
    FactRow,
    ModelRow,
    PlaceRow,
    ScenarioRow,
    control_rows,
    fact_rows,
    model_row,
    notes_on,
    place_row,
    records_read,
    scenario_row,
    starts_said,
    step_rows,
)
from blastradius.reports.silence import SilenceRow, silence_rows, told
from blastradius.reports.stops import StoppedRow, stopped_rows
from blastradius.reports.timeline import PainRow, pain_rows, timeline
from blastradius.reports.unstated import (
    jewels_said,
    marks_jewels,
    missing,
    records_or_unknown,
    records_said,
    states_processes,
    uncounted_stores,
)
from blastradius.reports.words import is_public, kinds_of, plural


class Params(ScenarioParams):
    """A scenario, and whether the picture folds siblings."""

    full: bool = Field(False, description="draw every entity, however large the picture gets; fold nothing")
    a3: bool = Field(False, description="draw for a sheet of A3, on which more is readable than on A4")


class NoteRow(Frozen):
    """Something to know before relying on the answer; ``at`` has the same places as ``places``."""

    kind: NoteKind
    message: str
    at: tuple[str, ...]
    places: tuple[PlaceRow, ...]


class CountsRow(Frozen):
    """What is reached, counted; what is public is left out.

    ``crown_jewels`` is null where the estate marks none, ``processes`` where it states none, ``records`` where no store
    that can be read says how many it has. ``uncounted`` stores can be read besides, in part or without such a number.
    """

    entities: int
    crown_jewels: int | None
    records: int | None
    uncounted: int
    processes: int | None


class ReachData(Frozen):
    """The answer to ``reach``; the contract behind ``--format json``."""

    question: str
    headline: str
    scenario: ScenarioRow
    counts: CountsRow
    facts: tuple[FactRow, ...]
    timeline: tuple[PainRow, ...]
    unsaid: tuple[SilenceRow, ...]
    stopped: tuple[StoppedRow, ...]
    relies_on: tuple[ControlRow, ...]
    certificate: CertificateRow
    notes: tuple[NoteRow, ...]
    model: ModelRow


class _Found(NamedTuple):
    """What the answer is told from; the rows of all facts and of the whole proof are made where they are asked for."""

    reach: Reach
    labels: Mapping[Fact, Label]
    notes: tuple[Note, ...]
    timeline: tuple[PainRow, ...]
    unsaid: tuple[SilenceRow, ...]
    stopped: tuple[StoppedRow, ...]
    relies_on: tuple[ControlRow, ...]

    @classmethod
    def of(cls, reach: Reach) -> _Found:
        return cls(
            reach,
            labels=labels_of(reach),
            notes=notes_on(reach),
            timeline=pain_rows(reach) if is_timed(reach.scenario) else (),
            unsaid=silence_rows(reach),
            stopped=stopped_rows(reach),
            relies_on=control_rows(reach),
        )

    def data(self, headline: str) -> ReachData:
        reach = self.reach
        return ReachData(
            question="reach",
            headline=headline,
            scenario=scenario_row(reach.estate, reach.scenario),
            counts=_counts(reach),
            facts=fact_rows(reach, self.labels),
            timeline=self.timeline,
            unsaid=self.unsaid,
            stopped=self.stopped,
            relies_on=self.relies_on,
            certificate=CertificateRow(steps=step_rows(reach), checked=True),
            notes=tuple(map(_note, self.notes)),
            model=model_row(reach.estate),
        )


def run(estate: Estate, params: Params) -> Answer:
    """Solve the scenario and tell it.

    Raises:
        UsageError: the scenario has no seed, or names what the estate does not have.
    """
    reach = solve(estate, params.scenario(estate))
    found = _Found.of(reach)
    headline = _headline(reach, found.labels)
    return Answer(
        question="reach",
        headline=headline,
        data=lambda: found.data(headline),
        tables=lambda: _tables(found),
        lines=_lines(found),
        notes=found.notes,
        painted=lambda: _picture(found, params),
    )


def _picture(found: _Found, params: Params) -> Picture | None:
    from blastradius.reports.diagram import picture_of  # most who ask look at no picture

    return picture_of(found.reach, full=params.full, sheet="A3" if params.a3 else "A4", labels=found.labels)


def _note(note: Note) -> NoteRow:
    places = tuple(map(place_row, note.provenance))
    return NoteRow(kind=note.kind, message=note.message, at=tuple(map(str, note.provenance)), places=places)


def _tables(found: _Found) -> tuple[Table, ...]:
    estate, felt = found.reach.estate, (timeline(found.timeline),) if found.timeline else ()
    stopped, relied = stopped_table(estate, found.stopped), relied_table(estate, found.relies_on)
    return (*felt, reached_table(found.reach, found.labels), stopped, relied)


def _touched(reach: Reach) -> set[str]:
    """What is reached and is not meant for everybody."""
    return {fact.entity for fact in reach.levels if not is_public(reach.estate, fact.entity)}


def _counts(reach: Reach) -> CountsRow:
    estate, touched = reach.estate, _touched(reach)
    uncounted = uncounted_stores(reach)
    processes = sum(estate.kind_of(name) == Kind.PROCESS for name in touched)
    return CountsRow(
        entities=len(touched),
        crown_jewels=sum(map(estate.crown_jewel, touched)) if marks_jewels(estate) else None,
        records=records_or_unknown(records_read(estate, reach), uncounted),
        uncounted=uncounted,
        processes=processes if states_processes(estate) else None,
    )


def _headline(reach: Reach, labels: Mapping[Fact, Label]) -> str:
    estate, touched = reach.estate, _touched(reach)
    starts = starts_said(estate, reach.scenario)
    reached, things = f"{len(touched):,}", plural(estate.census.entities, "thing")
    jewels = jewels_said(estate, [name for name in touched if estate.crown_jewel(name)])
    if not brings_an_attacker(reach.scenario):
        return phrase("felt", starts, reached, things, jewels)
    level = reach.scenario.assume.word
    return phrase("reached", starts, reached, things, repr(level), jewels) + _also_anyone(reach, labels)


def _also_anyone(reach: Reach, labels: Mapping[Fact, Label]) -> str:
    """How many of the things reached anyone at all could have as much of."""
    if reach.scenario.anyone:
        return ""
    beyond = {fact.entity for fact, level in reach.levels.items() if labels[fact].is_beyond(level)}
    common = {fact.entity for fact in reach.levels} - beyond
    return phrase("strangers too", f"{len(common):,}") if common else ""


def _lines(found: _Found) -> tuple[str, ...]:
    reach = found.reach
    attacked = brings_an_attacker(reach.scenario)
    lines = list(_level_lines(reach)) if attacked else []
    lines += missing(reach.estate)
    lines += [phrase("records line", _records(reach))] if attacked else []
    lines += filter(None, [told(found.unsaid), _unfelt(found)])
    lines.append(phrase("how well", _how_well(reach, found.labels)))
    lines.append(
        f"proof: {plural(len(reach.certificate.steps), 'step')}, verified by the independent checker; "
        f"the answer relies on {plural(len(found.relies_on), 'control')}{_untested(found.relies_on)}"
    )
    return tuple(lines)


def _untested(relied: tuple[ControlRow, ...]) -> str:
    """How many of the controls relied on nobody has shown to work."""
    assumed = sum(row.status == "assumed" for row in relied)
    return f", {assumed:,} of which nobody has shown to work" if assumed else ""


def _records(reach: Reach) -> str:
    """How many records could be read, as far as anybody stated it."""
    return records_said(records_read(reach.estate, reach), uncounted_stores(reach))


def _unfelt(found: _Found) -> str | None:
    """That no process feels an outage, where none does."""
    processes = found.reach.estate.census.processes
    if found.timeline or not found.reach.scenario.outage or not processes:
        return None
    return phrase("unfelt", f"{processes:,}")


def _how_well(reach: Reach, labels: Mapping[Fact, Label]) -> str:
    """How well what is reached is known, where it starts left out."""
    starts = {step.fact.entity for step in reach.certificate.steps if step.rule == "seed"}
    return how_well(basis for name, basis in best_of(labels).items() if name not in starts)


def _level_lines(reach: Reach) -> Iterator[str]:
    over: dict[Level, set[str]] = {level: set() for level in Level if level <= reach.scenario.assume}
    for fact, at in reach.levels.items():
        over[at].add(fact.entity)
    before = set[str]()
    for level, names in over.items():
        more = names & before
        further = phrase("more over", plural(len(more), "thing")) if more else phrase("nothing more")
        yield phrase("level line", level.word, level.says, kinds_of(reach.estate, names - before) or further)
        before |= names


QUERY = Query(
    "reach",
    "How far a scenario reaches, what stopped it, and the proof",
    Params,
    run,
    ReachData,
    draws=True,
    about_one=True,
    main="reached",
    example="--compromise acme --assume lateral",
)
