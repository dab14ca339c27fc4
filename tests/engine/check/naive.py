"""What follows from the checker's own instances, by plain loops: what they say is asked of it, without the engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import inf

from blastradius.engine.check.capabilities import Seeds, included, is_weaker
from blastradius.engine.check.rule_instances import RuleInstance
from blastradius.estate import Estate
from blastradius.model import STEPPING_STONES, Capability, Fact, Level, Scenario


def arrivals(built: Estate, instances: Iterable[RuleInstance], asked: Scenario, level: Level) -> dict[Fact, float]:
    """The hour in which each fact about an entity arrives at a level: try every instance until nothing comes sooner."""
    end = inf if asked.hours is None else asked.hours
    arrived = dict.fromkeys(Seeds(built).of(asked), 0.0)
    open_ = [(found, fallen(found, asked)) for found in instances if found.level <= level and is_open(found, asked)]
    before: dict[Fact, float] = {}
    while arrived != before:
        before = dict(arrived)
        for fact, at in (*_included(built, arrived), *_concluded(open_, arrived)):
            if at < min(end, arrived.get(fact, inf)):
                arrived[fact] = at
    return {fact: at for fact, at in arrived.items() if fact.capability not in STEPPING_STONES}


def _included(built: Estate, arrived: dict[Fact, float]) -> Iterator[tuple[Fact, float]]:
    for fact, at in list(arrived.items()):
        if fact.capability not in STEPPING_STONES:
            for part in included(fact.capability, built.kind_of(fact.entity)):
                yield Fact(fact.entity, part), at


def _concluded(
    open_: Iterable[tuple[RuleInstance, set[Fact]]], arrived: dict[Fact, float]
) -> Iterator[tuple[Fact, float]]:
    for instance, gone in open_:
        for at in sorted(set(arrived.values())):
            held = {fact for fact, hour in arrived.items() if hour <= at}
            if held >= gone and instance.enough(held):
                yield instance.conclusion, at + instance.buffer_h
                break


def standing(instance: RuleInstance, asked: Scenario) -> list[tuple[str, str | None]]:
    """The controls that stop an instance, each with what provides it."""
    return [
        (placed.id, placed.control.provided_by)
        for placed in instance.guards.placed
        if placed.control.status not in ("failed", "absent")
        and not {placed.control.kind, placed.id} & set(asked.distrust)
    ]


def fallen(instance: RuleInstance, asked: Scenario) -> set[Fact]:
    """That they have fallen."""
    return {Fact(name, Capability.INACTIVE) for name, _ in standing(instance, asked)}


def is_open(instance: RuleInstance, asked: Scenario) -> bool:
    """Whether what could be reached may open it."""
    shut = instance.fail_closed and "fail_closed" not in asked.distrust
    forever = any(provider is None for _, provider in standing(instance, asked))
    return not (shut or forever or is_weaker(instance.basis, asked.basis))
