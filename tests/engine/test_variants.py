"""The steps of all variants of an estate: what decides about them, and where a control would stop which."""

from __future__ import annotations

import random

import numpy as np
import pytest

from blastradius.engine import System, compile_system
from blastradius.engine.variants import DECIDING, all_variants, deciding, guards
from blastradius.model import ControlKind
from tests.engine.random_estates import random_estate

SEEDS = range(12)


def told(system: System, step: int) -> tuple[object, ...]:
    """A step by all that makes it one."""
    steps = system.steps
    premises, along = steps.premises[step], steps.along[step]
    return int(steps.rule[step]), int(steps.flow[step]), int(steps.conclusion[step]), tuple(premises), tuple(along)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_estate_has_all_that_nothing_decides_about_and_some_of_the_rest(seed: int) -> None:
    estate = random_estate(random.Random(seed))
    now, all_of_them = compile_system(estate), all_variants(estate)
    steps = [told(now, step) for step in range(len(now.steps))]
    variants = [told(all_of_them, step) for step in range(len(all_of_them.steps))]
    doubtful = {variants[step] for step in deciding(all_of_them).steps.tolist()}
    assert [step for step in variants if step in set(steps)] == steps  # in the same order
    assert set(variants) - set(steps) <= doubtful


@pytest.mark.parametrize("seed", SEEDS)
def test_guards_are_where_controls_would_stop_steps(seed: int) -> None:
    estate = random_estate(random.Random(seed))
    system = all_variants(estate)
    names = [*system.facts.entities, *system.columns.relations.ids]
    found: dict[tuple[str, str], set[int]] = {}
    for group in guards(system):
        for row, host in enumerate(group.hosts.tolist()):
            for kind in group.kinds:
                found.setdefault((kind, names[host]), set()).update(group.steps[row])
    for (stated, host), steps in found.items():
        assert steps == set(system.stopped_by(ControlKind(stated), host).tolist())


def test_every_condition_that_decides_occurs() -> None:
    found = set[int]()
    for seed in range(60):
        found |= set(np.unique(deciding(all_variants(random_estate(random.Random(seed)))).condition).tolist())
    assert {DECIDING[place] for place in found} == set(DECIDING)
