"""Which scenarios still reach what is to be taken out of reach, with some levers pulled: all solved at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from blastradius.columns.ragged import Flags, Numbers, distinct
from blastradius.engine.batch.solve import Solved
from blastradius.engine.cut.clauses import Lever
from blastradius.engine.scenario import World
from blastradius.model import Scenario


def pulled(scenarios: Iterable[Scenario], levers: Sequence[Lever]) -> list[World]:
    """The worlds in which levers are pulled."""
    without = tuple(dict.fromkeys(name for lever in levers for name in lever.relations))
    controls = tuple(dict.fromkeys(control for lever in levers for control in lever.controls))
    return [World(scenario, without, controls) for scenario in scenarios]


def reaching(blocks: Iterable[Solved], goals: Sequence[Numbers]) -> Flags:
    """For each world whether any of its goals (facts by number) holds in it."""
    every = distinct(np.concatenate([np.zeros(0, np.int64), *goals]))
    rows = [np.searchsorted(every, some) for some in goals]
    found = np.zeros(len(goals), np.bool_)
    for solved in blocks:
        held = solved.holds(every)
        for column, place in enumerate(solved.places.tolist()):
            found[place] = held[rows[place], column].any()
    return found
