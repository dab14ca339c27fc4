"""A solver that lies: wrong answers, and wrong accounts of what matters, are refused by the checkers."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

import blastradius.engine.compile as compiling
from blastradius.engine import Certificate, Solved, World, check, check_worlds, checked, compile_system, solve_worlds
from blastradius.engine.batch.solve import facts_in
from blastradius.engine.check.spec import spec
from blastradius.engine.proof import Roll
from blastradius.engine.single.shortest_proofs import certify
from blastradius.errors import CertificateError, UsageError
from blastradius.estate import Estate
from blastradius.model import Capability, Fact, Level, Scenario
from tests.campaign.estates import reduced_estate
from tests.campaign.trial import BrokenError
from tests.engine.random_estates import random_estate, random_scenario
from tests.engine.test_seeded_bugs import TABLE_BUGS

Judge = Callable[[random.Random, Estate, Scenario], str]
LIES = ("none", "nothing is anywhere", "what is missing is nowhere", "nothing is beyond", "rows are lost", "bits")


class Claimed:
    """What a solver hands over about many worlds, with one thing about it falsified."""

    def __init__(self, honest: Solved, lie: str, wrong: frozenset[Fact]) -> None:
        self.honest, self.lie, self.wrong = honest, lie, wrong
        self.state = honest.state

    @property
    def worlds(self) -> Sequence[World]:
        return self.honest.worlds

    @property
    def alike(self) -> Sequence[World]:
        return self.honest.alike

    @property
    def about(self) -> object:
        return self

    def rows(self, roll: Roll) -> Any:
        found = self.honest.rows(roll).copy()
        if self.lie == "rows are lost":
            found[[place for place, fact in enumerate(roll.facts) if fact in self.wrong]] = -1
        return found

    def somewhere(self, roll: Roll) -> Any:
        found = self.honest.somewhere(roll).copy()
        if self.lie == "nothing is anywhere":
            found[:] = False
        if self.lie == "what is missing is nowhere":
            found[[place for place, fact in enumerate(roll.facts) if fact in self.wrong]] = False
        return found

    def beyond(self, roll: Roll) -> Roll:
        return Roll(()) if self.lie == "nothing is beyond" else self.honest.beyond(roll)

    def said(self, roll: Roll) -> Any:
        return self.honest.said(roll)


def attempt(rng: random.Random, _home: Path) -> str:
    """Falsify a certificate of one world, or what is claimed of many, and hand it to the checker.

    Raises:
        BrokenError: what is wrong was accepted, or what is right refused; with the smallest estate where it is.
    """
    estate = random_estate(rng)
    scenario, judge, seed = random_scenario(rng, estate), rng.choice((_one, _many)), rng.getrandbits(32)
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


def _one(rng: random.Random, estate: Estate, scenario: Scenario) -> str:
    checked(estate, scenario)
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
    part = rng.choice(("steps", "steps", "stopped", "relies_on"))
    rows = list(getattr(right, part))
    if not rows:
        return None
    place, other = rng.randrange(len(rows)), rng.choice(rows)
    if part == "relies_on" or rng.random() < 0.15:
        del rows[place]
        return part, replace(right, **{part: tuple(rows)})
    name = rng.choice([each.name for each in fields(rows[place])])
    before = getattr(rows[place], name)
    value = _other(rng, before, getattr(other, name), right)
    if value == before:
        return None
    rows[place] = replace(rows[place], **{name: value})
    return f"{part}.{name}", replace(right, **{part: tuple(rows)})


def _other(rng: random.Random, before: Any, of_another: Any, right: Certificate) -> Any:
    """Another value of the same type: that of another row, or one near by."""
    if rng.random() < 0.4:
        return of_another
    if isinstance(before, Level):
        return rng.choice(list(Level))
    if isinstance(before, Fact):
        return Fact(before.entity, rng.choice(list(Capability)))
    if isinstance(before, int):
        return before + rng.choice((-1, 1))
    if isinstance(before, tuple):
        return before[1:] if before and rng.random() < 0.5 else (*before, *of_another)
    return rng.choice([step.rule for step in right.steps] or [before])


def _is_true(estate: Estate, scenario: Scenario, right: Certificate, other: Certificate) -> bool:
    """Whether another certificate says what is so: facts and levels of the spec, the same stops and controls."""
    levels = {step.fact: step.level for step in other.steps}
    stones = {step.fact for step in right.steps}
    return (
        levels.keys() == stones
        and spec(estate, scenario).items() <= levels.items()
        and set(other.stopped) == set(right.stopped)
        and set(other.relies_on) == set(right.relies_on)
    )


def _many(rng: random.Random, estate: Estate, scenario: Scenario) -> str:
    bug = rng.choice([None, *(each for each in TABLE_BUGS if each != "a step counts for two")])
    worlds = [World(scenario.model_copy(update={"assume": level})) for level in Level]
    with _bug(bug):
        block = next(iter(solve_worlds(compile_system(estate), worlds, engine="numpy")))
    lie = rng.choice(LIES)
    if lie == "bits" and block.state.size:
        state = block.state.copy()
        state[rng.randrange(len(state)), 0] ^= np.uint64(1 << rng.randrange(len(Level)))
        block = replace(block, state=state)
    wrong = _wrong(estate, block)
    try:
        check_worlds(estate, Claimed(block, lie, wrong))
    except CertificateError:
        if not wrong and lie in ("none", "nothing is beyond"):
            raise BrokenError("a right answer is refused") from None
        return "claims refused"
    if wrong:
        raise BrokenError(
            f"a wrong answer is accepted; the lie: {lie}", {"bug.txt": f"{bug}: {sorted(map(str, wrong))}\n"}
        )
    return "claims that are true accepted"


def _bug(name: str | None) -> AbstractContextManager[Any]:
    return nullcontext() if name is None else patch.object(compiling, "RULES", TABLE_BUGS[name])


def _wrong(estate: Estate, block: Solved) -> frozenset[Fact]:
    """The facts that are claimed in some world and do not hold there, or the other way round."""
    found: set[Fact] = set()
    for number, world in enumerate(block.worlds):
        found |= facts_in(block, number) ^ set(spec(estate, world.scenario))
    return frozenset(found)
