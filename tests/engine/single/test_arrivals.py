"""When facts arrive, against a fixpoint of plain loops over the checker's own instances."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from functools import lru_cache
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.engine import a_hop, arrivals, compile_system, plain, solve
from blastradius.engine.check.capabilities import Seeds, included, is_weaker
from blastradius.engine.check.rule_instances import RuleInstance, all_instances
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import STEPPING_STONES, Capability, Control, ControlKind, Fact, Scenario
from blastradius.rules import RULES
from tests.agreement import arrived
from tests.counts import examples
from tests.engine.random_estates import random_estate, random_scenario
from tests.engine.short import estate, fact, scenario

Delay = Callable[[str, tuple[str, ...]], float]


def naive(
    built: Estate,
    asked: Scenario,
    delay: Delay,
    cut: Mapping[str, float] | None = None,
    held: Mapping[Fact, float] | None = None,
) -> dict[Fact, float]:
    """Try every instance again and again until nothing comes sooner."""
    arrived = {**(held or {}), **dict.fromkeys(Seeds(built).of(asked), 0.0)}
    instances = [instance for instance in _instances(built) if is_open(instance, asked)]
    before: dict[Fact, float] = {}
    while arrived != before:
        before = dict(arrived)
        for instance in instances:
            falls = [arrived.get(control, inf) for control in fallen(instance, asked)]
            for at in sorted(set(arrived.values())):
                if instance.enough({known for known, time in arrived.items() if time <= at}):
                    later = max([at + instance.buffer_h, *falls])
                    later += delay(instance.rule, instance.along) if instance.hop else 0
                    until = min([(cut or {}).get(name, inf) for name in instance.along], default=inf)
                    if later < min(until, inf if asked.hours is None else asked.hours):
                        sooner(arrived, instance.conclusion, later)
                    break
        for known, at in list(arrived.items()):
            if known.capability not in STEPPING_STONES:
                for part in included(known.capability, built.kind_of(known.entity)):
                    sooner(arrived, Fact(known.entity, part), at)
    return {known: at for known, at in arrived.items() if known.capability not in STEPPING_STONES}


@lru_cache(maxsize=2)
def _instances(built: Estate) -> list[RuleInstance]:
    """The rows of the instances, which what asks of one estate again and again makes once."""
    return list(all_instances(built))


def sooner(arrived: dict[Fact, float], known: Fact, at: float) -> None:
    arrived[known] = min(at, arrived.get(known, at))


def standing(instance: RuleInstance, asked: Scenario) -> list[tuple[str, str | None]]:
    return [
        (placed.id, placed.control.provided_by)
        for placed in instance.guards.placed
        if placed.control.status not in ("failed", "absent")
        and not {placed.control.kind, placed.id} & set(asked.distrust)
    ]


def fallen(instance: RuleInstance, asked: Scenario) -> set[Fact]:
    return {Fact(name, Capability.INACTIVE) for name, _ in standing(instance, asked)}


def is_open(instance: RuleInstance, asked: Scenario) -> bool:
    believed = instance.fail_closed and "fail_closed" not in asked.distrust
    forever = any(provider is None for _, provider in standing(instance, asked))
    return (
        instance.level <= asked.assume and not believed and not forever and not is_weaker(instance.basis, asked.basis)
    )


@examples(1 / 16)
@given(st.integers(0, 2**40))
def test_arrivals_are_those_of_plain_loops(seed: int) -> None:
    """With a delay for each rule, longer along some relations, some of which are cut; some facts hold in any case."""
    rng = random.Random(seed)
    built = random_estate(rng)
    asked = plain(random_scenario(rng, built))
    hours = {rule.id: rng.choice((0, 0.5, 1, 3, 24)) for rule in RULES}
    slow, cut = (rng.sample(sorted(built.relations), len(built.relations) // 3) for _ in range(2))
    until = {name: rng.choice((0.5, 4, 30)) for name in cut}

    def delay(rule: str, along: tuple[str, ...]) -> float:
        return hours[rule] + 8 * len(set(slow) & set(along))

    known = sorted(naive(built, asked.model_copy(update={"hours": None}), delay))
    held = {fact: rng.choice((0.0, 2.0, 40.0)) for fact in rng.sample(known, len(known) // 4)}
    assert arrivals(compile_system(built), asked, delay, until) == naive(built, asked, delay, until)
    assert arrivals(compile_system(built), asked, delay, until, held) == naive(built, asked, delay, until, held)


@examples(1 / 16)
@given(st.integers(0, 2**40))
def test_delays_of_one_count_hops(seed: int) -> None:
    rng = random.Random(seed)
    built = random_estate(rng)
    asked = plain(random_scenario(rng, built)).model_copy(update={"outage": (), "hours": None})
    found = {known: at for known, at in arrivals(compile_system(built), asked, a_hop).items() if at < 1000}
    assert found == naive(built, asked, a_hop)


def test_what_was_reached_before_it_is_cut_stays_reached() -> None:
    built = estate("grants:k>o delay_h=2", "reads:o>d delay_h=3", "contains:d>k2")
    assert arrivals(compile_system(built), scenario("leak k"))[fact("read(d)")] == 5
    late = arrivals(compile_system(built), scenario("leak k"), cut={"reads:o>d": 5.5, "grants:k>o": 3})
    assert late[fact("possess(k2)")] == 5
    early = arrivals(compile_system(built), scenario("leak k"), cut={"reads:o>d": 5})
    assert fact("use(o)") in early
    assert fact("read(d)") not in early


def test_the_last_premise_decides() -> None:
    """Two keys are needed: one is at hand, the other is copied from a store after a day."""
    built = estate("grants:k1+k2>o", "contains:d>k2", "reads:o>d2")
    hours = {"R7": 24.0, "R3": 0.5, "R4": 0.25}
    found = arrivals(compile_system(built), scenario("leak k1 breach d"), lambda rule, _: hours[rule])
    assert (found[fact("possess(k1)")], found[fact("possess(k2)")]) == (0, 24)
    assert (found[fact("use(o)")], found[fact("read(d2)")]) == (24.5, 24.75)
    assert fact("use(o)") not in arrivals(compile_system(built), scenario("leak k1"))


def test_a_buffer_lasts_from_what_it_waits_for_and_not_from_when_a_control_falls() -> None:
    falls = {"depends_on:b>s": Control(kind=ControlKind.FALLBACK, provided_by="s1")}
    built = estate("depends_on:b>s buffer_h=1", "depends_on:s1>s2 buffer_h=4", controls=falls)
    asked = scenario("outage s outage s2")
    assert arrivals(compile_system(built), asked)[fact("deny(b)")] == 4
    assert arrived(solve(built, asked).certificate, asked.assume)[fact("deny(b)")] == 4


@pytest.mark.parametrize(
    ("hours", "there"), [(0, "s1"), (0.25, "s1 s2"), (0.5, "s1 s2"), (0.75, "s1 s2 s3"), (99, "s1 s2 s3")]
)
def test_what_comes_at_once_comes_and_what_comes_when_the_outage_is_over_does_not(hours: float, there: str) -> None:
    built = estate("depends_on:s1>s", "depends_on:s2>s buffer_h=0.125", "depends_on:s3>s buffer_h=0.5")
    reached = solve(built, scenario("outage s", hours=hours)).levels
    assert [name for name in ("s1", "s2", "s3") if fact(f"deny({name})") in reached] == there.split()


@pytest.mark.parametrize("hours", [-1, float("nan"), float("inf")])
def test_a_delay_that_is_none(hours: float) -> None:
    with pytest.raises(UsageError, match=r"the delay of R1 along owns:p>s is .*; expected hours"):
        arrivals(compile_system(estate("owns:p>s")), scenario("compromise p"), lambda _rule, _along: hours)
