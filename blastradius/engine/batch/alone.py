"""Worlds that cannot share rows with others: an outage in them ends, or what they are without changes other rules."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from blastradius.columns.tables import CONTROLS, NO_INDEX, VERBS, Columns
from blastradius.engine.scenario import World
from blastradius.estate.ties import VOID_ALONG
from blastradius.model import ControlKind, Verb

_ALWAYS = (Verb.PERMITS, Verb.OWNS, Verb.PART_OF)
_SUPPLY = (Verb.PUBLISHES, Verb.SERVES)
_TIES = (Verb.WRITES, *_SUPPLY, *VOID_ALONG[ControlKind.FALLBACK])
_DOUBTFUL = [CONTROLS.index(kind) for kind in VOID_ALONG]


def is_asked_alone(world: World, telling: Callable[[str], bool]) -> bool:
    """Whether a world has to be solved by itself; ``telling`` says of a relation whether other steps depend on it."""
    scenario = world.scenario
    if scenario.hours is not None or scenario.controls or scenario.without:
        return True
    return any(map(telling, world.without))


def telling_relations(columns: Columns) -> frozenset[int]:
    """Relations, by number, that other steps depend on besides those that run along them.

    They say that an operation is guarded, whose a thing is, what its parts are, which keys a call names, that a feed or
    an operation has other suppliers, or (where a control is in doubt for who provides it) who stands behind what.
    """
    relations, controls = columns.relations, columns.controls
    telling = np.isin(relations.verb, [VERBS.index(verb) for verb in _ALWAYS]) | (relations.keys.lengths > 0)
    supply = np.isin(relations.verb, [VERBS.index(verb) for verb in _SUPPLY])
    suppliers = np.bincount(relations.targets.first[supply], minlength=len(columns.entities.kind))
    telling |= supply & (suppliers[relations.targets.first] > 1)
    if (np.isin(controls.kind, _DOUBTFUL) & (controls.provider != NO_INDEX)).any():
        telling |= np.isin(relations.verb, [VERBS.index(verb) for verb in _TIES])
    return frozenset(np.flatnonzero(telling).tolist())
