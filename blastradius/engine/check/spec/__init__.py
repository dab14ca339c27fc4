"""The rules as plainly as they can be said: slow, obvious, and what the other engines must agree with.

Everything is an arrival in hours: a fact that does not hold arrives never, a control that stands falls never. What
needs several things arrives with the last of them (``last``), what can come several ways with the first (``first``).
Without an outage of stated length only "never" and "at some time" differ.
"""

from __future__ import annotations

from blastradius.engine.check.spec.rules import held_at
from blastradius.estate import Estate
from blastradius.model import Fact, Level, Scenario


def spec(estate: Estate, scenario: Scenario) -> dict[Fact, Level]:
    """The lowest level at which each fact about an entity holds."""
    found: dict[Fact, Level] = {}
    for level in Level:
        if level <= scenario.assume:
            for fact in arrivals_at(estate, scenario, level):
                found.setdefault(fact, level)
    return found


def arrivals_at(estate: Estate, scenario: Scenario, level: Level) -> dict[Fact, float]:
    """The hour in which each fact about an entity arrives at one level; it means nothing where no outage is asked."""
    changed = estate.changed(without=scenario.without, controls=scenario.controls)
    held = held_at(changed, scenario, level)
    return {fact: at for fact, at in held.items() if fact.entity in changed.entities}
