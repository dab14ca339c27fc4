"""What questions have in common: the rows of their answers, and the words for what was gained."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

from pydantic import Field

from blastradius.engine import SEED_KINDS, Assumption, Reach, World, is_timed, plain, warnings
from blastradius.estate import Estate
from blastradius.estate.footing import status_of
from blastradius.estate.things import read_at
from blastradius.model import (
    Basis,
    Capability,
    Entity,
    Fact,
    Frozen,
    Kind,
    Level,
    Note,
    NoteKind,
    Party,
    Provenance,
    Scenario,
)
from blastradius.reports.copies import Holdings
from blastradius.reports.labels import Label
from blastradius.reports.phrases import phrase
from blastradius.reports.words import STARTED, holds, host_said, label, place
from blastradius.rules import RULES, included

STRENGTH = (
    Capability.CONTROL,
    Capability.WRITE,
    Capability.READ,
    Capability.POSSESS,
    Capability.OPERATE,
    Capability.STEER,
    Capability.USE,
    Capability.DENY,
    Capability.TAINT,
    Capability.READ_SUBSET,
    Capability.DEGRADE,
)
"""The capabilities over an entity, strongest first."""
ASKED = {
    Kind.PARTY: Capability.CONTROL,
    Kind.CREDENTIAL: Capability.POSSESS,
    Kind.SCOPE: Capability.USE,
    Kind.OPERATION: Capability.USE,
    Kind.SERVICE: Capability.CONTROL,
    Kind.STORE: Capability.READ,
    Kind.FEED: Capability.WRITE,
    Kind.PROCESS: Capability.DENY,
}
"""What is asked about a thing of which nothing is reached and nothing could be."""
BECAUSE = {rule.id: rule.says for rule in RULES} | {
    "seed": "where the scenario starts",
    "closure": "included in what is already held",
}
"""Why a step is taken, by its rule, in words."""
_WAYS: dict[Kind, str] = {Kind.PARTY: "compromise", Kind.CREDENTIAL: "leak", Kind.FEED: "poison"}


class Seed(Frozen):
    """Where a scenario starts: the way (``compromise``, ``leak``, …) and the entity, with its display name."""

    way: str
    entity: str
    name: str


class ScenarioRow(Frozen):
    """The scenario as asked; ``hours`` is null for an outage longer than any buffer.

    ``anyone``: a stranger on the internet is among those who start it. ``controls`` were put in place and ``without``
    taken away for the question; ``basis`` is the weakest on which what is used may be known.
    """

    seeds: tuple[Seed, ...]
    anyone: bool
    assume: str
    distrusted: tuple[str, ...]
    controls: tuple[str, ...]
    without: tuple[str, ...]
    basis: Basis
    hours: float | None


class FactRow(Frozen):
    """One fact reached; ``implied`` when a stronger capability on the same entity includes it.

    ``at_h`` is the hour in which it arrives (null where no outage is asked about), ``basis`` the best on which it can
    be proved, ``anyone`` the level at which a stranger could have as much (null: at none that was asked about).
    """

    entity: str
    name: str
    kind: Kind
    capability: Capability
    level: str
    hops: int
    at_h: float | None
    basis: Basis
    anyone: str | None
    crown_jewel: bool
    implied: bool


class ControlRow(Frozen):
    """A control that the answer relies on."""

    id: str
    control: str
    on: str
    on_name: str
    status: str
    provided_by: str | None
    why: str | None
    stops: int = Field(description="how many steps it stops here")


class PlaceRow(Frozen):
    """Where something was read: the file as it was named, line and column from 1."""

    file: str
    line: int | None
    column: int | None

    @property
    def text(self) -> str:
        """The place as people write it: ``estate.yaml:3:5``."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


class StepRow(Frozen):
    """One step of a proof: the fact, the rule, what it follows from, and where the relations were read.

    ``says`` is the fact and ``because`` the rule in words; ``provenance`` has the same places as ``places``.
    """

    entity: str
    says: str
    because: str
    capability: Capability
    rule: str
    level: str
    hops: int
    premises: tuple[str, ...]
    relations: tuple[str, ...]
    provenance: tuple[str, ...]
    places: tuple[PlaceRow, ...]


class CertificateRow(Frozen):
    """The proof of every fact, premises first; ``checked`` says the independent checker verified it."""

    steps: tuple[StepRow, ...]
    checked: bool


class ModelRow(Frozen):
    """What the answer rests on: sizes, how the input's records ended, and the digest of the facts."""

    entities: int
    relations: int
    facts: int
    rejected: int
    ignored: int
    digest: str


def scenario_row(estate: Estate, scenario: Scenario) -> ScenarioRow:
    """The scenario for an answer."""
    named = [(way, name) for way in SEED_KINDS for name in getattr(scenario, way)]
    seeds = tuple(Seed(way=way, entity=name, name=place(estate, name)) for way, name in named)
    return ScenarioRow(
        seeds=seeds,
        anyone=scenario.anyone,
        assume=scenario.assume.word,
        distrusted=scenario.distrust,
        controls=scenario.controls,
        without=scenario.without,
        basis=scenario.basis,
        hours=scenario.hours,
    )


def starts_said(estate: Estate, scenario: Scenario) -> str:
    """Where a scenario starts, in words, such as ``compromise of Acme Logistics``."""
    starts = [f"{STARTED[seed.way]} {seed.name}" for seed in scenario_row(estate, scenario).seeds]
    return ", ".join(starts + ([phrase("stranger")] if scenario.anyone else []))


def model_row(estate: Estate) -> ModelRow:
    """The estate's sizes for an answer."""
    tally = estate.tally
    return ModelRow(
        entities=estate.census.entities,
        relations=estate.census.relations,
        facts=tally.facts,
        rejected=tally.rejected,
        ignored=tally.ignored,
        digest=estate.digest,
    )


def fact_rows(reach: Reach, labels: Mapping[Fact, Label]) -> tuple[FactRow, ...]:
    """Every fact about an entity, sorted by level, hops and name."""
    timed, estate = is_timed(reach.scenario), reach.estate
    steps = [reach.proofs[fact] for fact in reach.levels]
    steps.sort(key=lambda step: (step.level, step.hops, step.fact.entity, step.fact.capability))
    return tuple(
        FactRow(
            entity=step.fact.entity,
            name=label(estate, step.fact.entity),
            kind=estate.kind_of(step.fact.entity),
            capability=step.fact.capability,
            level=step.level.word,
            hops=step.hops,
            at_h=step.at if timed else None,
            basis=labels[step.fact].basis,
            anyone=None if (could := labels[step.fact].anyone) is None else could.word,
            crown_jewel=estate.crown_jewel(step.fact.entity),
            implied=step.rule == "closure",
        )
        for step in steps
    )


def control_rows(reach: Reach) -> tuple[ControlRow, ...]:
    """The controls that the answer relies on."""
    stops: dict[str, int] = {}
    for stop in reach.certificate.stopped:
        if stop.by_controls_alone:
            for name in stop.controls:
                stops[name] = stops.get(name, 0) + 1
    return tuple(
        ControlRow(
            id=name,
            control=placed.control.kind,
            on=placed.host,
            on_name=host_said(reach.estate, placed.host),
            status=status_of(placed.control),
            provided_by=placed.control.provided_by,
            why=placed.control.why,
            stops=stops.get(name, 0),
        )
        for name in reach.certificate.relies_on
        if (placed := reach.estate.controls[name])
    )


def step_rows(reach: Reach, only: Iterable[Fact] | None = None) -> tuple[StepRow, ...]:
    """The proof as rows: all of it, or the steps of the facts named."""
    wanted = None if only is None else set(only)
    return tuple(
        StepRow(
            entity=step.fact.entity,
            says=holds(reach.estate, step.fact),
            because=BECAUSE[step.rule],
            capability=step.fact.capability,
            rule=step.rule,
            level=step.level.word,
            hops=step.hops,
            premises=tuple(map(str, step.premises)),
            relations=step.relations,
            provenance=tuple(map(str, places)),
            places=tuple(map(place_row, places)),
        )
        for step in reach.certificate.steps
        if wanted is None or step.fact in wanted
        for places in [read_of(reach.estate, step.relations)]
    )


def read_of(estate: Estate, relations: Iterable[str]) -> tuple[Provenance, ...]:
    """Where relations were read."""
    return tuple(dict.fromkeys(place for name in relations for place in read_at(estate.relations, name)))


def place_row(found: Provenance) -> PlaceRow:
    """A place for an answer."""
    return PlaceRow(file=found.file, line=found.line, column=found.column)


def notes_of(estate: Estate, scenario: Scenario) -> tuple[Note, ...]:
    """What is to be known of any answer to a scenario."""
    return (*warnings(estate, scenario), *estate.notes, *([] if is_timed(scenario) else [NO_CLOCK]))


def notes_on(reach: Reach) -> tuple[Note, ...]:
    """The notes that concern what a scenario reaches, and what stops it.

    One that says what was left out concerns every answer, for nobody knows where it would have led.
    """
    touched = {fact.entity for fact in reach.levels}
    touched |= {relation for step in reach.certificate.steps for relation in step.relations}
    for stop in reach.certificate.stopped:
        touched |= {stop.fact.entity, *stop.relations}
    return tuple(note for note in notes_of(reach.estate, reach.scenario) if _concerns(note, touched))


def _concerns(note: Note, touched: Collection[str]) -> bool:
    said_of_it = note.kind in (NoteKind.ASSUMED, NoteKind.CONTRADICTED) and note.about
    return not said_of_it or any(name in touched for name in note.about)


NO_CLOCK = Note(kind=NoteKind.ASSUMED, message="no clock given: hops count steps, not hours")


def strongest(capabilities: Iterable[Capability]) -> tuple[Capability, ...]:
    """The capabilities that no other of them includes, strongest first."""
    held = set(capabilities)
    implied = {part for whole in held for part in included(whole)[1:]}
    return tuple(capability for capability in STRENGTH if capability in held - implied)


def held_over(reach: Reach) -> dict[str, tuple[Capability, ...]]:
    """For each entity reached, the capabilities held over it, strongest first.

    A weaker one is left out unless it is held from a lower level on.
    """
    found: dict[str, dict[Capability, Level]] = {}
    for fact, level in reach.levels.items():
        found.setdefault(fact.entity, {})[fact.capability] = level
    return {name: contour(levels) for name, levels in found.items()}


def contour(levels: Mapping[Capability, Level]) -> tuple[Capability, ...]:
    """The capabilities that no other includes from the same level on or a lower one, strongest first."""
    return _contour(frozenset(levels.items()))


@lru_cache(maxsize=4096)
def _contour(held: frozenset[tuple[Capability, Level]]) -> tuple[Capability, ...]:
    """The same; most things of an estate are held in one of a few dozen ways."""
    levels = dict(held)
    new = {
        capability
        for level in set(levels.values())
        for capability in strongest(one for one, since in levels.items() if since <= level)
        if levels[capability] == level
    }
    return tuple(capability for capability in STRENGTH if capability in new)


def records_read(estate: Estate, reach: Reach) -> int:
    """Records that can be read, as far as they are stated; those of copies are counted once."""
    holdings, names = Holdings.of(estate.columns), estate.columns.entities.ids
    read = {fact.entity for fact in reach.levels if fact.capability == Capability.READ}
    return holdings.count(row for row, store in enumerate(holdings.stores.tolist()) if names[store] in read)


def every_start(estate: Estate, *, insiders: bool = False) -> list[tuple[Entity, str]]:
    """Every party, credential and feed, and the way it starts a scenario; ourselves only with ``insiders``."""
    estate.require_whole()
    return starts_among((entity for kind in _WAYS for entity in estate.of_kind(kind)), insiders=insiders)


def starts_among(entities: Iterable[Entity], *, insiders: bool = False) -> list[tuple[Entity, str]]:
    """Those of some entities that start a scenario, as ``every_start`` has them."""
    starts = ((entity, _WAYS[entity.kind]) for entity in entities if entity.kind in _WAYS)
    return [(entity, way) for entity, way in starts if insiders or not is_ourselves(entity)]


def count_starts(estate: Estate, *, insiders: bool = False) -> int:
    """How many ``every_start`` has of the estate, of which this may be a part."""
    return estate.census.starts - (0 if insiders else estate.census.own)


def is_ourselves(entity: Entity) -> bool:
    """Whether an entity is the organisation that asks, or a part of it."""
    return isinstance(entity, Party) and entity.role == "self"


def start_worlds(starts: Iterable[tuple[Entity, str]], assumption: Assumption) -> list[World]:
    """A world for each start on its own."""
    asked = plain(assumption.asked)
    return [World(asked.model_copy(update={way: (start.id,)})) for start, way in starts]
