"""Every ground instance of every rule in an estate, written out for the checkers, apart from the rule table."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from blastradius.engine.check.rule_instances import effects, inputs, losses, rights, surroundings
from blastradius.engine.check.rule_instances.instance import RuleInstance, RuleInstances
from blastradius.engine.check.rule_instances.names import WIDTH
from blastradius.engine.check.rule_instances.nearby import Nearby
from blastradius.engine.check.rule_instances.view import View
from blastradius.estate import Estate

__all__ = ["RuleInstance", "RuleInstances", "all_instances", "instances_at"]

_RULES = (
    rights.ownership,
    rights.held_keys,
    rights.grants,
    rights.present_keys,
    rights.usable_operations,
    rights.issued,
    effects.effects,
    effects.siblings,
    effects.secrets,
    effects.broken_into,
    effects.own_rights,
    effects.own_calls,
    effects.served,
    effects.destroyed,
    inputs.taint,
    inputs.taint_through,
    inputs.votes,
    inputs.bad_input,
    inputs.defaulted,
    inputs.installed,
    inputs.obeyed,
    losses.dropped_inputs,
    losses.supplied,
    losses.dependence,
    surroundings.walls,
    surroundings.hosting,
    surroundings.parts,
    surroundings.fallen_controls,
)


def all_instances(estate: Estate) -> RuleInstances:
    """Every instance, rule by rule."""
    return _instances(estate, View(estate))


def instances_at(estate: Estate, names: Collection[str]) -> RuleInstances:
    """Every instance with a premise about one of some things, rule by rule; no other part of the estate is walked.

    These are all that matter to what is claimed of these things and of nothing else: another has no premise that holds.
    """
    found = _instances(estate, View(estate, Nearby.of(estate.columns, names)))
    lists = found.columns.premises
    name = lists.values // WIDTH
    here = np.zeros(found.names.total, np.bool_)
    here[name] = True
    asked = np.flatnonzero(here)
    here[asked] = np.fromiter((text in names for text in found.names.texts(asked)), np.bool_, len(asked))
    return found.take(np.bincount(lists.row_ids[here[name]], minlength=len(found)) > 0)


def _instances(estate: Estate, view: View) -> RuleInstances:
    return RuleInstances(estate, view.names, (block for instances_of in _RULES for block in instances_of(view)))
