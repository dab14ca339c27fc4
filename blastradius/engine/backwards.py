"""What may lead to some facts: everything else can be left alone when it is asked who gets there."""

from __future__ import annotations

import numpy as np

from blastradius.columns.ragged import Flags, Numbers
from blastradius.columns.tables import BASES
from blastradius.engine.compile import System
from blastradius.engine.numbering import CAPABILITIES, STRONGER
from blastradius.model import Capability, Scenario


def leading_to(system: System, facts: Numbers, assumed: Scenario) -> Flags:
    """The facts, by number, that could have a part in a proof of one of some facts, these among them.

    Of what is assumed the level and the basis count; any control might fall.

    Raises:
        NotHereError: the estate is a part of one, and more of it leads there.
    """
    steps = system.steps
    may_be = (steps.level <= int(assumed.assume)) & (steps.basis <= BASES.index(assumed.basis))
    fallen = system.facts.facts(steps.blockers.values, Capability.INACTIVE)
    behind = np.concatenate([steps.premises.values, fallen])
    owners = np.concatenate([steps.premises.row_ids, steps.blockers.row_ids])
    behind, leads_to = behind[may_be[owners]], steps.conclusion[owners[may_be[owners]]]
    found = np.zeros(system.facts.total, np.bool_)
    found[facts] = True
    while True:
        before = int(found.sum())
        found[behind[found[leads_to]]] = True
        _include(system, found)
        if int(found.sum()) == before:
            break
    system.estate.require(names_of(system, found))
    return found


def names_of(system: System, facts: Flags) -> set[str]:
    """What facts are about: entities, and what stepping stones stand on."""
    name, _ = system.facts.named(np.flatnonzero(facts))
    return {system.facts.names[number] for number in np.unique(name).tolist()}


def _include(system: System, found: Flags) -> None:
    """Add what includes any of the facts about entities."""
    about = found[: len(system.facts.entities) * len(CAPABILITIES)].reshape(-1, len(CAPABILITIES))
    for part, stronger in STRONGER.items():
        for whole in stronger:
            about[:, whole] |= about[:, part]
