"""The part of the rule instances that few worlds need: what can lead on from what is claimed of them."""

from __future__ import annotations

import numpy as np

from blastradius.engine.check.audit.instance_table import Flags
from blastradius.engine.check.capabilities import CAPABILITY_NUMBER, all_included
from blastradius.engine.check.rule_instances import RuleInstances
from blastradius.engine.check.rule_instances.names import CAPABILITIES, WIDTH, Names
from blastradius.engine.proof import Claims


def that_can_lead(instances: RuleInstances, claims: Claims) -> RuleInstances:
    """Of some instances those with all premises claimed somewhere, or with one where fewer than all may do.

    No other leads anywhere: what is left out of the claims and follows first has such an instance.
    """
    columns, claimed = instances.columns, _claimed(instances.names, claims)
    premises = columns.premises
    known = np.bincount(premises.row_ids[claimed[premises.values]], minlength=len(instances))
    some = (columns.vote_min > 0) | (columns.least > 0)
    return instances.take(known >= np.where(some, 1, premises.lengths))


def _claimed(names: Names, claims: Claims) -> Flags:
    """Whether each fact, by number, is claimed in any world, or one that includes it."""
    found = np.zeros((names.total, WIDTH), np.bool_)
    somewhere: Flags = np.logical_or.reduce(claims.words, axis=1)[claims.row]
    for number, capability in enumerate(CAPABILITIES):
        entities: list[int] = claims.entity[somewhere & (claims.capability == number)].tolist()
        if entities:
            numbers = names.numbers_of(capability)
            known = [numbers[text] for text in map(claims.names.__getitem__, entities) if text in numbers]
            for part in all_included(capability):
                found[known, CAPABILITY_NUMBER[part]] = True
    return found.reshape(-1)
