"""The steps of all variants of an estate: what decides about them, and where a control would stop which."""

from __future__ import annotations

import random

import numpy as np
import pytest

from blastradius.engine import System, compile_system
from blastradius.engine.variants import DECIDING, all_variants, deciding, guards
from blastradius.estate import Estate
from blastradius.model import Control, ControlKind, Verb
from blastradius.rules import Condition
from tests.engine.random_estates import random_estate
from tests.engine.short import estate

SEEDS = range(12)


def told(system: System, step: int) -> tuple[object, ...]:
    """A step by all that makes it one."""
    steps = system.steps
    premises, along = steps.premises[step], steps.along[step]
    return int(steps.rule[step]), int(steps.flow[step]), int(steps.conclusion[step]), tuple(premises), tuple(along)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_estate_has_the_steps_for_which_all_that_decides_is_so(seed: int) -> None:
    """In the same order, and all that nothing decides about."""
    estate = random_estate(random.Random(seed))
    now, variants = compile_system(estate), all_variants(estate)
    names = [*variants.facts.entities, *variants.columns.relations.ids]
    found = deciding(variants)
    closed = {
        step
        for step, condition, about in zip(*(it.tolist() for it in found), strict=True)
        if not is_so(estate, DECIDING[condition], [names[number] for number in about])
    }
    there = [told(variants, step) for step in range(len(variants.steps)) if step not in closed]
    assert there == [told(now, step) for step in range(len(now.steps))]


def is_so(estate: Estate, condition: Condition, about: list[str]) -> bool:
    """Whether a condition holds in an estate as it stands, of what is said to decide about it."""
    match condition:
        case "unguarded":
            return not any(set(about) <= {*permit.targets} for permit in estate.by_verb[Verb.PERMITS])
        case "unnamed":
            holder, key = about
            return not any(call.sources == (holder,) and key in call.keys for call in estate.by_verb[Verb.CALLS])
        case "ours" | "others":
            (thing,) = about
            owners = [owns.sources[0] for owns in estate.by_verb[Verb.OWNS] if owns.targets == (thing,)]
            roles = [getattr(estate.entities[owner], "role", None) for owner in owners]
            others = bool(roles) and "self" not in roles
            return others == (condition == "others")
    placed = [placed.control for host in about for placed in estate.controls_on(host)]
    working = [control for control in placed if control.status not in ("failed", "absent")]
    if condition == "bound":
        return any(control.kind == ControlKind.NON_EXPORTABLE for control in working)
    return any(control.kind == ControlKind.MFA and control.phishable for control in working)


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
    stopped = {(kind, host): set(system.stopped_by(kind, host).tolist()) for kind in ControlKind for host in names}
    assert found == {where: steps for where, steps in stopped.items() if steps}


def test_nobody_asks_who_provides_a_control() -> None:
    """A fallback to what it replaces stops nothing, but what it rests on may be taken away."""
    falls = {"depends_on:s>s1": Control(kind=ControlKind.FALLBACK, provided_by="s1")}
    built = estate("depends_on:s>s1", controls=falls)
    blockers = {system.steps.blockers.values.size > 0 for system in (compile_system(built), all_variants(built))}
    assert blockers == {False, True}


def test_every_condition_that_decides_occurs() -> None:
    found = set[int]()
    for seed in range(60):
        found |= set(np.unique(deciding(all_variants(random_estate(random.Random(seed)))).condition).tolist())
    assert {DECIDING[place] for place in found} == set(DECIDING)


@pytest.mark.parametrize(
    ("relations", "types", "places"),
    [
        (("grants:k>o", "grants:k2>o2"), ("password", "api_key"), {("use(o)", "grants:k>o", "k", "o")}),
        (("grants:k+k2>o",), ("password", "api_key"), {("use(o)", "grants:k+k2>o", "o"), ("present(k)", "k")}),
        (("grants:k+k2>o",), ("api_key", "api_key"), set()),
    ],
    ids=["no password", "joint", "joint without a password"],
)
def test_a_factor_that_can_be_phished_decides_of_passwords_only(
    relations: tuple[str, ...], types: tuple[str, str], places: set[tuple[str, ...]]
) -> None:
    """On the grant, its target, or the key where that is the only one; what each step concludes, and where."""
    entities = {key: {"type": kind} for key, kind in zip(("k", "k2"), types, strict=True)}
    system = all_variants(estate(*relations, entities=entities))
    names = [*system.facts.entities, *system.columns.relations.ids]
    found = deciding(system)
    rows = np.flatnonzero(found.condition == DECIDING.index("phishable")).tolist()
    concluded = [system.facts.fact(int(system.steps.conclusion[found.steps[row]])) for row in rows]
    about = [sorted(names[number] for number in found.about[row]) for row in rows]
    told = {(str(fact), *some) for fact, some in zip(concluded, about, strict=True)}
    assert told == places
