"""Worlds that cannot share rows with others: what is changed in them changes other rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from blastradius.columns.tables import CONTROLS, NO_INDEX, VERBS, Columns
from blastradius.engine.scenario import Added, World
from blastradius.estate import Estate
from blastradius.estate.ties import VOID_ALONG
from blastradius.model import ControlKind, Verb

_ALWAYS = (Verb.PERMITS, Verb.OWNS, Verb.PART_OF)
_SUPPLY = (Verb.PUBLISHES, Verb.SERVES)
_TIES = (Verb.WRITES, *_SUPPLY, *VOID_ALONG[ControlKind.FALLBACK])
_OF_OTHERS = (ControlKind.APPROVAL, ControlKind.OBJECT_AUTHZ)
_DOUBTFUL = [CONTROLS.index(kind) for kind in VOID_ALONG]


def asked_alone(worlds: Sequence[World], telling: Callable[[str | Added], bool]) -> set[int]:
    """The places of worlds that have to be solved by themselves.

    ``telling`` says of a change whether other steps depend on it, and is asked of each once.
    """
    made = set[str]().union(*(world.without for world in worlds)), set[Added]().union(*(it.controls for it in worlds))
    told = {change for some in made for change in some if telling(change)}
    found = set()
    for place, world in enumerate(worlds):
        scenario = world.scenario
        is_told = told and not (told.isdisjoint(world.without) and told.isdisjoint(world.controls))
        timed = world.proposed and scenario.hours is not None
        if is_told or timed or scenario.controls or scenario.without:
            found.add(place)
    return found


def telling_controls(estate: Estate) -> frozenset[Added]:
    """Controls that other steps depend on, once they are put in place, besides those that they stop.

    A right that is issued bound is driven; a check of ours takes the place of one that falls with who provides it.
    """
    issues = estate.by_verb[Verb.ISSUES]
    found = {(ControlKind.NON_EXPORTABLE, host) for issue in issues for host in (issue.id, *issue.targets)}
    for placed in estate.controls.values():
        if placed.control.kind in _OF_OTHERS and placed.control.provided_by is not None:
            found.add((placed.control.kind, placed.host))
    return frozenset(found)


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
