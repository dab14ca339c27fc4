"""The steps that an estate has and those that it would have if it were changed, with what decides about each.

Relations taken away and controls put in place open and close steps of others: whether a scope guards an operation,
whose a thing is, which key a call names. Here such conditions are taken to hold, and what they ask is told beside the
steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np

from blastradius.columns.ragged import Flags, Numbers, RaggedArray
from blastradius.columns.tables import NO_INDEX
from blastradius.engine.blockers import counts
from blastradius.engine.compile import System, ground
from blastradius.engine.strands import Strands, Weave
from blastradius.estate import Estate
from blastradius.model import ControlKind
from blastradius.rules import Condition

DECIDING: tuple[Condition, ...] = ("unguarded", "unnamed", "ours", "others", "bound", "phishable")
"""The conditions of flows that a change elsewhere can make true or false."""


class Deciding(NamedTuple):
    """What decides whether steps are there, a row each: the step, the condition (a place in ``DECIDING``), of what.

    ``about`` is an operation (unguarded), a holder and its key (unnamed), whose a thing is (ours, others), or the hosts
    (entities, then relations beyond them) on one of which a control has to stand (bound, phishable).
    """

    steps: Numbers
    condition: Numbers
    about: RaggedArray


class Guards(NamedTuple):
    """The steps that controls of some kinds would stop, by the host on which one would be put."""

    kinds: tuple[ControlKind, ...]
    hosts: Numbers
    steps: RaggedArray


class AllVariants(Weave):
    """All that flows could run along, whatever is taken away or put in place; no control is void."""

    trusts_providers = True

    @cached_property
    def _conditions(self) -> dict[Condition, Callable[[Strands], Flags]]:
        always: dict[Condition, Callable[[Strands], Flags]] = dict.fromkeys(DECIDING, _always)
        return {**super()._conditions, **always, "phishable": lambda found: self._passwords(found) > 0}

    def deciding(self, found: Strands, condition: Condition) -> RaggedArray:
        """What a condition is about, for each strand of a flow that has it."""
        if condition == "unguarded":
            return RaggedArray.singles(found.targets.first)
        if condition in ("ours", "others"):
            return RaggedArray.singles(found.sources.first)
        if condition == "unnamed":
            both = np.stack([found.sources.first, found.targets.first], axis=1).ravel()
            return RaggedArray(np.arange(len(found) + 1) * 2, both)
        owners, hosts = self.hosts(found, ("along", "to")) if condition == "bound" else self._of_password(found)
        return RaggedArray.grouped(owners, hosts, len(found))

    def _of_password(self, found: Strands) -> tuple[Numbers, Numbers]:
        """Where a second factor that can be phished would stand: on a grant, its target, or the one key of it."""
        if (found.first == NO_INDEX).all():
            return self.hosts(found, ("from",))
        owners, hosts = self.hosts(found, ("along", "to"))
        keys, keyed = self.hosts(found, ("from",))
        alone = found.sources.lengths[keys] == 1
        return np.concatenate([owners, keys[alone]]), np.concatenate([hosts, keyed[alone]])


def _always(found: Strands) -> Flags:
    return np.ones(len(found), np.bool_)


def all_variants(estate: Estate) -> System:
    """The steps of an estate, and those that it would have if it were changed."""
    return ground(estate, AllVariants)


def deciding(system: System) -> Deciding:
    """What decides about the steps of all variants."""
    parts: list[tuple[Numbers, int, RaggedArray]] = []
    for rule, row in enumerate(system.rules):
        for number, flow in enumerate(row.flows):
            for place, condition in enumerate(DECIDING):
                if condition not in flow.when:
                    continue
                steps, strands, _ = system.steps_of(rule, number)
                if isinstance(system.weave, AllVariants):
                    about = system.weave.deciding(strands, condition)
                    parts.append((steps, place, about))
    return Deciding(
        np.concatenate([_NONE, *(steps for steps, _, _ in parts)]),
        np.concatenate([_NONE, *(np.full(len(steps), place) for steps, place, _ in parts)]),
        _joined([about for _, _, about in parts]),
    )


def _joined(parts: list[RaggedArray]) -> RaggedArray:
    lengths = np.concatenate([_NONE, *(part.lengths for part in parts)])
    values = np.concatenate([_NONE, *(part.values for part in parts)])
    return RaggedArray(np.concatenate([[0], np.cumsum(lengths)]), values)


def guards(system: System) -> Iterator[Guards]:
    """Where controls that nobody else provides would stop which steps, by the kinds that count alike."""
    found: dict[tuple[ControlKind, ...], list[tuple[Numbers, Numbers]]] = {}
    for rule, row in enumerate(system.rules):
        for number, flow in enumerate(row.flows):
            if flow.stops:
                steps, strands, gates = system.steps_of(rule, number)
                for stop in flow.stops if len(steps) else ():
                    if stop.only != "of_others":
                        owners, hosts = counts(system.weave, strands, gates, stop)
                        found.setdefault(stop.kinds, []).append((hosts, steps[owners]))
    for kinds, pairs in found.items():
        hosts, rows = np.unique(np.concatenate([some for some, _ in pairs]), return_inverse=True)
        yield Guards(kinds, hosts, RaggedArray.grouped(rows, np.concatenate([some for _, some in pairs]), len(hosts)))


_NONE = np.zeros(0, np.int64)
