"""When facts arrive, against a fixpoint of plain loops over the checker's own instances."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.engine import arrivals, compile_system, solve
from blastradius.engine.check.capabilities import INCLUDES, seed_names
from blastradius.engine.check.rule_instances import RuleInstance, all_instances
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import STEPPING_STONES, Capability, Fact, Scenario
from tests.counts import examples
from tests.engine.random_estates import random_estate, random_scenario
from tests.engine.test_rules_needed import estate, fact, scenario

Delay = Callable[[str, tuple[str, ...]], float]


def naive(built: Estate, asked: Scenario, delay: Delay) -> dict[Fact, float]:
    """Try every instance again and again until nothing comes sooner."""
    arrived = {Fact(name, capability): 0.0 for capability, names in seed_names(asked) for name in names}
    instances = [all_instance for all_instance in all_instances(built) if open_(all_instance, asked)]
    before: dict[Fact, float] = {}
    while arrived != before:
        before = dict(arrived)
        for instance in instances:
            for at in sorted(set(arrived.values())):
                held = {each for each, time in arrived.items() if time <= at}
                if instance.enough(held) and held >= fallen(instance, asked):
                    later = delay(instance.rule, instance.along) if instance.hop else 0
                    sooner(arrived, instance.conclusion, at + later)
                    break
        for one, at in list(arrived.items()):
            for part in INCLUDES.get(one.capability, ()):
                sooner(arrived, Fact(one.entity, part), at)
    return {each: at for each, at in arrived.items() if each.capability not in STEPPING_STONES}


def sooner(arrived: dict[Fact, float], one: Fact, at: float) -> None:
    arrived[one] = min(at, arrived.get(one, at))


def standing(instance: RuleInstance, asked: Scenario) -> list[tuple[str, str | None]]:
    return [
        (each.id, each.control.provided_by)
        for each in instance.guards.placed
        if each.control.status != "failed" and not {each.control.kind, each.id} & set(asked.distrust)
    ]


def fallen(instance: RuleInstance, asked: Scenario) -> set[Fact]:
    return {Fact(name, Capability.INACTIVE) for name, _ in standing(instance, asked)}


def open_(instance: RuleInstance, asked: Scenario) -> bool:
    outlasted = instance.buffer_h is not None and asked.hours is not None and asked.hours <= instance.buffer_h
    believed = instance.fail_closed and "fail_closed" not in asked.distrust
    forever = any(provider is None for _, provider in standing(instance, asked))
    return instance.level <= asked.assume and not outlasted and not believed and not forever


@examples(1 / 8)
@given(st.integers(0, 2**40))
def test_arrivals_are_those_of_plain_loops(seed: int) -> None:
    """With a delay for each rule, longer along some relations; thresholds, quorums and falling controls among them."""
    rng = random.Random(seed)
    built = random_estate(rng)
    asked = random_scenario(rng, built)
    hours = {f"R{n}{tail}": rng.choice((0, 0.5, 1, 3, 24)) for n in range(1, 16) for tail in ("", "a", "b", "q", "w")}
    slow = set(rng.sample(sorted(built.relations), len(built.relations) // 3))

    def delay(rule: str, along: tuple[str, ...]) -> float:
        return hours[rule] + 8 * len(slow & set(along))

    assert arrivals(compile_system(built), asked, delay) == naive(built, asked, delay)


@examples(1 / 8)
@given(st.integers(0, 2**40))
def test_without_delays_it_counts_hops(seed: int) -> None:
    rng = random.Random(seed)
    built = random_estate(rng)
    asked = random_scenario(rng, built)
    found = arrivals(compile_system(built), asked)
    proofs = solve(built, asked).proofs
    assert found == naive(built, asked, lambda _rule, _along: 1)
    assert all(found[entry] <= proofs[entry].hops for entry in found)


def test_the_last_premise_decides() -> None:
    """Two keys are needed: one is at hand, the other is copied from a store after a day."""
    built = estate("grants:k1+k2>o", "contains:d>k2", "reads:o>d2")
    hours = {"R7": 24.0, "R3": 0.5, "R4": 0.25}
    found = arrivals(compile_system(built), scenario("leak k1 breach d"), lambda rule, _: hours[rule])
    assert (found[fact("possess(k1)")], found[fact("possess(k2)")]) == (0, 24)
    assert (found[fact("use(o)")], found[fact("read(d2)")]) == (24.5, 24.75)
    assert fact("use(o)") not in arrivals(compile_system(built), scenario("leak k1"))


@pytest.mark.parametrize("hours", [-1, float("nan"), float("inf")])
def test_a_delay_that_is_none(hours: float) -> None:
    with pytest.raises(UsageError, match=r"the delay of R1 along owns:p>s is .*; expected hours"):
        arrivals(compile_system(estate("owns:p>s")), scenario("compromise p"), lambda _rule, _along: hours)
