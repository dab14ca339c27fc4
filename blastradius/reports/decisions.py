"""What may be decided in an exercise: levers that still help, one that does not, and what each changes from then on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal, TypeVar

import numpy as np

from blastradius.columns.ragged import Flags
from blastradius.columns.tables import KINDS
from blastradius.engine import Reach, World, plain
from blastradius.model import Kind, Scenario
from blastradius.reports.containment import Containment, Standing
from blastradius.reports.failing import FAILURE_VERBS, failing_levers
from blastradius.reports.impact import Measure, compared, holding
from blastradius.reports.levers import LEVER_VERBS
from blastradius.reports.remedies import Remedy, removals
from blastradius.reports.storyline import Storyline
from blastradius.reports.symptoms import Symptom, behind, is_failure

_Any = TypeVar("_Any")
MOST_TRIED = 150
"""How many things to do are tried at most."""
MOST_DECISIONS = 5
_FEWEST_DECISIONS = 4
_MOST_LOOKED_AT = 12
"""How many of the levers that promise most are worked out for a decision."""
Idle = Literal["late", "other ways"]
"""Why a lever does nothing: what it could have changed has happened, or there are other ways."""


@dataclass(frozen=True, eq=False)
class Tried:
    """A thing to do, and which facts of the story's clocks are reached where it had been done before the start."""

    remedy: Remedy
    holds: Flags


@dataclass(frozen=True)
class Option:
    """A thing that may be done at a point of the story, what is then reached in the end, and why it does nothing."""

    remedy: Remedy
    left: Standing
    idle: Idle | None


@dataclass(frozen=True)
class Decision:
    """A symptom after which something is to decide; ``here`` is the scenario at that point, ``now`` where it leads."""

    number: int
    symptom: Symptom
    here: Containment
    now: Standing
    options: tuple[Option, ...]


def tried(story: Storyline) -> list[Tried]:
    """Each thing that can be done from one day to the next, all solved at once."""
    reach, clocks = story.reach, story.clocks
    levers = failing_levers(reach) if is_failure(reach.scenario) else removals(reach)
    levers = [it for it in levers if _is_quick(reach, it)][:MOST_TRIED]
    worlds = [World(plain(reach.scenario), without=it.without) for it in levers]
    held = holding(reach.prepared, worlds, clocks.numbers) & clocks.flags(reach.levels)
    return [Tried(it, row) for it, row in zip(levers, held, strict=True)]


def _is_quick(reach: Reach, remedy: Remedy) -> bool:
    if remedy.act != "remove":
        return True
    verbs = (*LEVER_VERBS, *FAILURE_VERBS) if is_failure(reach.scenario) else LEVER_VERBS
    return reach.estate.relations[remedy.id].verb in verbs and not reach.prepared.is_telling(remedy.id)


def decisions(story: Storyline, told: Sequence[tuple[int, Symptom]], levers: Sequence[Tried]) -> list[Decision]:
    """At most so many, spread over the symptoms, by their numbers; the same choice comes again where they are few.

    Where there are few of which something still helps, some come besides of which nothing does any more.
    """
    done = {without for _, without in story.done}
    levers = [lever for lever in levers if lever.remedy.without not in done]
    found = [_decision(story, number, symptom, levers) for number, symptom in told]
    worth = [decision for decision in found if any(option.idle is None for option in decision.options)]
    different = _different(worth)
    chosen = _spread(different, MOST_DECISIONS)
    again = [decision for decision in worth if decision not in different]
    chosen += again[::-1][: max(0, _FEWEST_DECISIONS - len(chosen))]
    futile = _different([decision for decision in found if decision.options and decision not in worth])
    chosen += _spread(futile, _FEWEST_DECISIONS - len(chosen))
    return sorted(chosen, key=lambda decision: decision.number)


def _different(found: Sequence[Decision]) -> list[Decision]:
    """Each choice once."""
    different = dict[tuple[str, ...], Decision]()
    for decision in found:
        different.setdefault(tuple(option.remedy.id for option in decision.options), decision)
    return list(different.values())


def _spread(found: Sequence[_Any], most: int) -> list[_Any]:
    count = max(0, min(most, len(found)))
    return [found[number * len(found) // count] for number in range(count)]


def _decision(story: Storyline, number: int, symptom: Symptom, levers: Sequence[Tried]) -> Decision:
    """Two things to do that still help, one that does nothing though it lies on the way; two such where none does."""
    here = story.at(symptom.fact)
    now = here.standing()
    ahead = now.certain & [story.comes_after(it, symptom.fact) for it in now.facts]
    lost = {it.remedy.id: ahead & ~it.holds for it in levers}
    losing = (it for it in levers if lost[it.remedy.id].any())
    promising = sorted(losing, key=lambda it: _promise(story, it, lost[it.remedy.id]))
    way = set(behind(story.reach, symptom.fact))
    near = sorted((it for it in levers if way & set(it.remedy.without)), key=lambda it: -int(it.holds.sum()))
    left = dict(zip((it.remedy.id for it in levers), here.standings([it.remedy.without for it in levers]), strict=True))
    options = {it.remedy.id: _option(now, it, left[it.remedy.id]) for it in (*promising[:_MOST_LOOKED_AT], *near)}
    helping = _helping([options[it.remedy.id] for it in promising[:_MOST_LOOKED_AT]])
    at_last = (it for it in levers if helping and not lost[it.remedy.id].any())
    others = (options.get(it.remedy.id) or _option(now, it, left[it.remedy.id]) for it in (*near, *at_last))
    idle = islice((option for option in others if option.idle), 1 if helping else 2)
    return Decision(number, symptom, here, now, (*helping, *idle))


def _helping(promising: Sequence[Option]) -> list[Option]:
    """The first that still helps, and the next that does not keep just the same; where all do, the next."""
    found = [option for option in promising if option.idle is None]
    other = next((option for option in found if (option.left.certain != found[0].left.certain).any()), None)
    return found[:2] if other is None else [found[0], other]


def _promise(story: Storyline, lever: Tried, lost: Flags) -> tuple[int, int, int, int, str]:
    """The most that it could still keep first: crown jewels, processes, things; then what takes the least away."""
    entities = story.reach.prepared.columns.entities
    there = np.zeros(len(entities.ids), np.bool_)
    there[story.clocks.about[lost]] = True
    things = np.flatnonzero(there)
    jewels, processes = entities.crown_jewel[things], entities.kind[things] == _PROCESS
    return -int(jewels.sum()), -int(processes.sum()), -len(things), len(lever.remedy.without), lever.remedy.id


_PROCESS = KINDS.index(Kind.PROCESS)


def option_at(here: Containment, now: Standing, lever: Tried) -> Option:
    """A lever pulled at a point of the story; ``now`` is what is reached in the end where nothing is done."""
    return _option(now, lever, here.standing(lever.remedy.without))


def _option(now: Standing, lever: Tried, left: Standing) -> Option:
    if left.is_less(now):
        return Option(lever.remedy, left, None)
    return Option(lever.remedy, left, "late" if (now.possible & ~lever.holds).any() else "other ways")


def in_scenarios(reach: Reach, levers: Sequence[Remedy], scenarios: Sequence[Scenario]) -> list[list[Measure]]:
    """What is reached in each scenario with each thing done before its start; a row for each, all solved at once."""
    worlds = [
        World(plain(scenario), without=it.without, controls=it.controls) for it in levers for scenario in scenarios
    ]
    found = [measure for measure, _ in compared(reach.prepared, worlds, [])]
    width = len(scenarios)
    return [found[place * width : (place + 1) * width] for place in range(len(levers))]
