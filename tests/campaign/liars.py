"""A solver that lies: wrong answers, and wrong accounts of what matters, are refused by the checkers."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

import blastradius.engine.compile as compiling
from blastradius.engine import (
    CAPABILITIES,
    Certificate,
    Solved,
    World,
    check,
    check_worlds,
    checked,
    compile_system,
    plain,
    solve_worlds,
    what_if,
)
from blastradius.engine.check.spec import spec
from blastradius.engine.single.shortest_proofs import certify
from blastradius.errors import CertificateError, UsageError
from blastradius.estate import Estate
from blastradius.model import Capability, Fact, Level, Scenario
from tests.campaign.estates import reduced_estate
from tests.campaign.trial import BrokenError
from tests.engine.bugs import TABLE_BUGS
from tests.engine.random_estates import random_estate, random_scenario

Judge = Callable[[random.Random, Estate, Scenario], str]
ERRORS = ("none", "a wrong rule", "one bit", "rows forgotten", "seeds forgotten")
"""What a solver of many worlds does wrong."""


def attempt(rng: random.Random, _home: Path) -> str:
    """Falsify a certificate of one world, or what is claimed of many, and hand it to the checker.

    Raises:
        BrokenError: what is wrong was accepted, or what is right refused; with the smallest estate where it is.
    """
    estate = random_estate(rng)
    scenario, judge, seed = random_scenario(rng, estate), rng.choice((judge_one, judge_many)), rng.getrandbits(32)
    try:
        return judge(random.Random(seed), estate, scenario)
    except BrokenError as broken:
        why = str(broken)
        smallest = reduced_estate(estate, lambda smaller: _again(judge, seed, smaller, scenario) == why)
        shown = {
            "estate": smallest,
            "scenario": scenario.model_dump(mode="json"),
            "judge": judge.__name__,
            "seed": seed,
        }
        raise BrokenError(why, {"shown.json": json.dumps(shown, indent=1), **broken.shown}) from None


def _again(judge: Judge, seed: int, estate: Estate, scenario: Scenario) -> str | None:
    try:
        judge(random.Random(seed), estate, scenario)
    except BrokenError as broken:
        return str(broken)
    except UsageError:  # the estate has nothing left of where it starts
        return None
    return None


def judge_one(rng: random.Random, estate: Estate, scenario: Scenario) -> str:
    """Falsify the certificate of one world.

    Raises:
        BrokenError: it is accepted and says what is not so.
    """
    estate, scenario = what_if(estate, checked(estate, scenario)), plain(scenario)
    right = certify(compile_system(estate), scenario)
    found = falsified(rng, right)
    if found is None:
        return "nothing to falsify"
    what, wrong = found
    try:
        check(estate, scenario, wrong)
    except CertificateError:
        return "certificates refused"
    if not _is_true(estate, scenario, right, wrong):
        raise BrokenError(f"a certificate with another {what} is accepted", {"certificate.txt": f"{wrong}\n"})
    return "other certificates that are as true"


def falsified(rng: random.Random, right: Certificate) -> tuple[str, Certificate] | None:
    """A certificate with one field of one step or stop changed, or a step too few; and what was changed."""
    there = [each for each in ("steps", "steps", "stopped", "relies_on") if getattr(right, each)]
    if not there:
        return None
    part = rng.choice(there)
    rows = list(getattr(right, part))
    place, other = rng.randrange(len(rows)), rng.choice(rows)
    if part == "relies_on" or rng.random() < 0.15:
        del rows[place]
        return part, right._replace(**{part: tuple(rows)})
    name = rng.choice(rows[place]._fields)
    before = getattr(rows[place], name)
    value = _other(rng, before, getattr(other, name), right)
    if value == before:
        return None
    rows[place] = rows[place]._replace(**{name: value})
    return f"{part}.{name}", right._replace(**{part: tuple(rows)})


def _other(rng: random.Random, before: Any, of_another: Any, right: Certificate) -> Any:
    """Another value of the same type: that of another row, or one near by."""
    if rng.random() < 0.4:
        return of_another
    if isinstance(before, Level):
        return rng.choice(list(Level))
    if isinstance(before, Fact):
        return Fact(before.entity, rng.choice(list(Capability)))
    if isinstance(before, int | float):  # an hour is a float
        return before + rng.choice((-1, 1))
    if isinstance(before, tuple):
        return before[1:] if before and rng.random() < 0.5 else (*before, *of_another)
    return rng.choice([step.rule for step in right.steps] or [before])


def _is_true(estate: Estate, scenario: Scenario, right: Certificate, other: Certificate) -> bool:
    """Whether another certificate says what is so: facts and levels of the spec, the same stops and controls."""
    levels: dict[Fact, Level] = {}
    for step in other.steps:
        levels.setdefault(step.fact, step.level)
    stones = {step.fact for step in right.steps}
    return (
        levels.keys() == stones
        and spec(estate, scenario).items() <= levels.items()
        and set(other.stopped) == set(right.stopped)
        and set(other.relies_on) == set(right.relies_on)
    )


def judge_many(rng: random.Random, estate: Estate, scenario: Scenario) -> str:
    """Solve a scenario at all levels, wrongly, and have it audited.

    Raises:
        BrokenError: what is wrong is accepted, or what is right refused.
    """
    estate, shared = what_if(estate, scenario), plain(scenario).model_copy(update={"hours": None})
    worlds = [World(shared.model_copy(update={"assume": level})) for level in Level]
    error = rng.choice(ERRORS)
    with _wrong_rule(rng) if error == "a wrong rule" else nullcontext():
        system = compile_system(estate)
        (block,) = solve_worlds(system, worlds, engine="numpy")
    block = _changed(rng, block, error)
    facts = [system.facts.fact(number) for number in range(len(system.facts.entities) * len(CAPABILITIES))]
    wrong = _wrong(estate, block, facts)
    try:
        check_worlds(estate, block)
    except CertificateError:
        if error == "none":
            raise BrokenError("a right answer is refused") from None
        return "wrong claims refused"
    if wrong:
        missed = {"missed.txt": f"{error}: {sorted(map(str, wrong))}\n"}
        raise BrokenError(f"a wrong answer is accepted: {error}", missed)
    return "right claims accepted"


def _wrong_rule(rng: random.Random) -> AbstractContextManager[Any]:
    name = rng.choice([table_bug for table_bug in TABLE_BUGS if table_bug != "a step counts for two"])
    return patch.object(compiling, "RULES", TABLE_BUGS[name])


def _changed(rng: random.Random, block: Solved, error: str) -> Solved:
    """What was solved with one bit of it flipped, or some or all of it forgotten."""
    state = block.state.copy()
    if error == "one bit" and len(state):
        state[rng.randrange(len(state)), 0] ^= np.uint64(1 << rng.randrange(len(Level)))
    if error == "rows forgotten" and len(state):
        state[rng.sample(range(len(state)), rng.randint(1, len(state)))] = 0
    return replace(block, state=state, loose=[] if error == "seeds forgotten" else block.loose)


def _wrong(estate: Estate, block: Solved, facts: Sequence[Fact]) -> set[Fact]:
    """Of all facts those that are claimed in some world and do not hold there, or the other way round."""
    held, found = block.holds(np.arange(len(facts))), set[Fact]()
    for column, world in enumerate(block.worlds):
        claimed = {facts[number] for number in np.flatnonzero(held[:, column]).tolist()}
        found |= claimed ^ set(spec(estate, world.scenario))
    return found
