"""What exercises that were held have been through: the facts that their scenarios reach today, within their scopes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from blastradius.columns.ragged import Flags
from blastradius.engine import CAPABILITIES, SEED_KINDS, PreparedEstate, World, checked, plain
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import Basis, Exercise, Level, Scenario
from blastradius.reports.impact import audited


@dataclass(frozen=True)
class Held:
    """An exercise, what of its scenario can be asked of the estate, and what it names that is not there any more.

    ``scenario`` is ``None`` where nothing of it can be. One that ``lies_ahead`` covers nothing yet.
    """

    exercise: Exercise
    scenario: Scenario | None
    gone: tuple[str, ...]
    lies_ahead: bool

    @property
    def counts(self) -> bool:
        """Whether it covers something."""
        return self.scenario is not None and not self.lies_ahead


def held(estate: Estate, basis: Basis) -> list[Held]:
    """The exercises that an estate states, as they can be asked of it by what is known on a basis or a better one."""
    return [_held(estate, exercise, basis) for exercise in estate.exercises]


def _held(estate: Estate, exercise: Exercise, basis: Basis) -> Held:
    stated = exercise.scenario.model_copy(update={"basis": basis})
    ways = {way: tuple(it for it in getattr(stated, way) if _can(estate, way, it)) for way in SEED_KINDS}
    distrust = tuple(it for it in stated.distrust if _can(estate, "distrust", it))
    scope = tuple(it for it in exercise.scope if it in estate.entities)
    scenario = stated.model_copy(update={**ways, "distrust": distrust})
    named = [it for way in SEED_KINDS for it in getattr(stated, way) if it not in ways[way]]
    named += [it for it in (*stated.distrust, *exercise.scope) if it not in (*distrust, *scope)]
    starts = scenario.anyone or any(ways.values())
    possible = starts and bool(scope or not exercise.scope)
    ahead = exercise.date > estate.day
    return Held(exercise, scenario if possible else None, tuple(dict.fromkeys(named)), ahead)


def _can(estate: Estate, way: str, name: str) -> bool:
    """Whether a scenario of the estate may name it so."""
    try:
        checked(estate, Scenario.model_validate({way: (name,)}))
    except UsageError:
        return False
    return True


def covered(system: PreparedEstate, exercises: Sequence[Held]) -> tuple[Flags, list[int]]:
    """Which facts (by number) have been through, and of how many things something in each exercise.

    Every scenario is audited first.

    Raises:
        CertificateError: the audit refuses what the engine claims; a defect of the engine.
    """
    found, things = np.zeros(system.facts.total, np.bool_), [0] * len(exercises)
    asked = [place for place, it in enumerate(exercises) if it.counts]
    for world, facts in _facts_of(system, [exercises[place] for place in asked]):
        found[: len(facts)] |= facts
        things[asked[world]] = int(facts.reshape(-1, len(CAPABILITIES)).any(axis=1).sum())
    return found, things


def open_to_anyone(system: PreparedEstate, asked: Scenario) -> Flags:
    """Which facts (by number) anyone on the internet has as granted, under what is asked; audited."""
    found = np.zeros(system.facts.total, np.bool_)
    if system.columns.entities.anonymous.any():
        stranger = plain(asked).model_copy(update={"anyone": True, "assume": Level.GRANTED})
        every = np.arange(len(system.columns.entities.ids) * len(CAPABILITIES))
        (solved,) = audited(system, [World(stranger)])
        found[: len(every)] = solved.holds(every)[:, 0]
    return found


def _facts_of(system: PreparedEstate, exercises: Sequence[Held]) -> Iterator[tuple[int, Flags]]:
    """The facts about entities that each exercise went through, by its place."""
    entities = system.columns.entities
    every = np.arange(len(entities.ids) * len(CAPABILITIES))
    worlds = [World(it.scenario) for it in exercises if it.scenario is not None]
    for solved in audited(system, worlds) if worlds else ():
        for column, place in enumerate(solved.places.tolist()):
            facts = solved.holds(every)[:, column]
            yield place, facts & _within(system, exercises[place].exercise.scope)


def _within(system: PreparedEstate, scope: Sequence[str]) -> Flags:
    """Which facts about entities an exercise was about."""
    names = system.facts.entity_numbers
    inside = np.full(len(system.columns.entities.ids), not scope)
    inside[[names[name] for name in scope if name in names]] = True
    return np.repeat(inside, len(CAPABILITIES))
