"""The rules as plainly as they can be said: slow, obvious, and what the other engines must agree with.

Everything is an arrival in hours: a fact that does not hold arrives never, a control that stands falls never. What
needs several things arrives with the last of them (``last``), what can come several ways with the first (``first``).
Without an outage of stated length only "never" and "at some time" differ.
"""

from __future__ import annotations

from blastradius.engine.check.spec.rules import held_at, held_by_level
from blastradius.estate import Estate
from blastradius.model import Fact, Level, Scenario


def spec(estate: Estate, scenario: Scenario) -> dict[Fact, Level]:
    """The lowest level at which each fact about an entity holds."""
    found: dict[Fact, Level] = {}
    for level, held in arrivals(estate, scenario).items():
        for fact in held:
            found.setdefault(fact, level)
    return found


def arrivals(estate: Estate, scenario: Scenario) -> dict[Level, dict[Fact, float]]:
    """For each level up to the one assumed, the hour in which each fact about an entity arrives."""
    changed = estate.changed(without=scenario.without, controls=scenario.controls)
    return {level: _of_entities(changed, held) for level, held in held_by_level(changed, scenario)}


def arrivals_at(estate: Estate, scenario: Scenario, level: Level) -> dict[Fact, float]:
    """The hour in which each fact about an entity arrives at one level; it means nothing where no outage is asked."""
    changed = estate.changed(without=scenario.without, controls=scenario.controls)
    return _of_entities(changed, held_at(changed, scenario, level))


def _of_entities(estate: Estate, held: dict[Fact, float]) -> dict[Fact, float]:
    return {fact: at for fact, at in held.items() if fact.entity in estate.entities}
