"""All readings of the rules on very many random estates: `python -m tests.agreement --estates 1000000`.

Estates are drawn in groups, side by side in one estate without anything in common, as that costs a third; a group is
asked one scenario: the spec, the solver of one scenario with its certificate checked, and the solver of
many worlds, by one of its back ends in turn, audited. Facts, their levels and the hours in which they arrive are to be
the same. The many worlds are the scenario at each level up to its own; worlds share no hours, so where these are
limited they are asked without the limit. The spec is asked without it, too: a limit leaves out what comes later (a law
of its own, `tests/engine/check/test_spec_laws.py`). Every tenth group is asked with relations taken away and controls
put in place, and there the spec and the worlds are given the hours themselves.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Literal

from blastradius.engine import (
    Certificate,
    PreparedEstate,
    World,
    check_worlds,
    is_timed,
    solve,
    solve_worlds,
)
from blastradius.engine.check.spec import arrivals
from blastradius.estate import Estate
from blastradius.model import STEPPING_STONES, Fact, Level, Scenario
from tests.engine.random_estates import (
    facts_of_worlds,
    random_controls,
    random_estate,
    random_islands,
    random_relations,
    random_scenario,
    random_scenarios,
)

GROUP = 8
"""How many estates stand side by side in one, unless it is said otherwise."""
CHUNK = 125
"""How many groups a process is given at once."""
FIRST_SEEDS = (0, 80)
"""The estates that a quick test looks at."""
TOLD = 10
"""After how many times as many it is said how many agreed so far."""
Engine = Literal["numpy", "fast"]
ENGINES: tuple[Engine, ...] = ("numpy", "fast")


def disagreement(seed: int, group: int = 1) -> str | None:
    """What some reading says otherwise than the spec, of the estates and the scenario that a seed makes."""
    number = seed // group
    built, asked = drawn(random.Random(seed), group, changed=number % 10 == 0)
    try:
        return next(differences(built, asked, ENGINES[number % 2]), None)
    except Exception as error:  # whatever it is, it is what is looked for
        return f"{type(error).__name__}: {error}"


def drawn(rng: random.Random, group: int, *, changed: bool) -> tuple[Estate, Scenario]:
    """A group of estates, and what they are asked."""
    built = random_estate(rng) if group == 1 else random_islands(rng, group)
    asked = random_scenario(rng, built) if group == 1 else random_scenarios(rng, built, group)
    return built, with_changes(rng, built, asked, group) if changed else asked


def with_changes(rng: random.Random, built: Estate, asked: Scenario, times: int = 1) -> Scenario:
    """A scenario of the same estate with relations taken away and controls put in place, so many times."""
    without = dict.fromkeys(name for _ in range(times) for name in random_relations(rng, built))
    found = {host: kind for _ in range(times) for kind, host in random_controls(rng, built)}
    controls = tuple(f"{kind}@{host}" for host, kind in found.items())
    return asked.model_copy(update={"without": tuple(without), "controls": controls})


def differences(built: Estate, asked: Scenario, engine: Engine) -> Iterator[str]:
    """What the solvers say otherwise than the spec.

    Raises:
        CertificateError: a checker refuses what a solver says.
    """
    unlimited = arrivals(built, asked.model_copy(update={"hours": None}))
    hours = {level: in_time(held, asked.hours) for level, held in unlimited.items()}
    if asked.without or asked.controls:
        unlimited = hours = arrivals(built, asked)
    wanted = {fact: level for level in reversed(hours) for fact in hours[level]}
    reach = solve(built, asked)
    if reach.levels != wanted:
        yield f"levels of one: {_differing(dict(wanted), dict(reach.levels))}"
    for level in hours if is_timed(asked) else ():
        if hours[level] != (found := arrived(reach.certificate, level)):
            yield f"hours at {level.word}: {_differing(hours[level], found)}"
    if unlimited is not hours:
        asked = asked.model_copy(update={"hours": None})
    for level, held in held_in_worlds(reach.prepared, asked, engine):
        if held != unlimited[level].keys():
            yield f"many worlds, {engine}, at {level.word}: {sorted(map(str, held ^ unlimited[level].keys()))}"


def in_time(held: Mapping[Fact, float], hours: float | None) -> dict[Fact, float]:
    """What arrives while an outage of so many hours lasts; what comes at once always comes."""
    return {fact: at for fact, at in held.items() if hours is None or at < hours or at == 0}


def held_in_worlds(prepared: PreparedEstate, asked: Scenario, engine: Engine) -> Iterator[tuple[Level, set[Fact]]]:
    """What holds at each level, a world each, audited."""
    there = tuple(name for name in asked.distrust if "@" not in name or name in prepared.estate.controls)
    levels = [level for level in Level if level <= asked.assume]
    plain = {"without": (), "controls": (), "distrust": there}
    worlds = [World(asked.model_copy(update={**plain, "assume": level})) for level in levels]
    for solved in solve_worlds(prepared, worlds, engine=engine):
        check_worlds(prepared, solved)
        facts = facts_of_worlds(solved)
        for world, place in enumerate(solved.places.tolist()):
            yield levels[place], facts[world]


def arrived(certificate: Certificate, level: Level) -> dict[Fact, float]:
    """The hour in which each fact about an entity arrives at a level."""
    found: dict[Fact, float] = {}
    for step in certificate.steps:
        if step.level <= level and step.fact.capability not in STEPPING_STONES:
            found[step.fact] = min(step.at, found.get(step.fact, step.at))
    return found


def _differing(wanted: dict[Fact, float], found: dict[Fact, float]) -> str:
    differ = sorted(fact for fact in wanted.keys() | found.keys() if wanted.get(fact) != found.get(fact))
    return ", ".join(f"{fact} {wanted.get(fact)}, not {found.get(fact)}" for fact in differ)


def tried(first: int, last: int, group: int = 1) -> list[tuple[int, str]]:
    """The seeds from one up to another, one a group, of which something differs."""
    found = ((seed, disagreement(seed, group)) for seed in range(first, last, group))
    return [(seed, why) for seed, why in found if why is not None]


def main() -> int:
    """Try estates, and say how many agreed; 1 if any did not."""
    parser = argparse.ArgumentParser(prog="python -m tests.agreement", description=__doc__)
    parser.add_argument("--estates", type=int, default=20_000, metavar="N", help="how many (20,000)")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first seed (0)")
    parser.add_argument("--group", type=int, default=GROUP, metavar="N", help=f"how many side by side ({GROUP})")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processes (2)")
    asked = parser.parse_args()
    start, end, chunk = time.monotonic(), asked.first + asked.estates, CHUNK * asked.group
    firsts = range(asked.first, end, chunk)
    failed, spent = 0, 0.0
    print(f"seeds {asked.first:,} to {end - 1:,}, {asked.group} side by side", flush=True)
    with ProcessPoolExecutor(asked.jobs) as pool:
        for number, (found, seconds) in enumerate(pool.map(partial(_chunk, end, asked.group), firsts), 1):
            done = min(number * chunk, asked.estates)
            failed, spent = failed + len(found) * asked.group, spent + seconds
            for seed, why in found:
                print(f"seed {seed}: {why}", flush=True)
            if number % TOLD == 0 or done == asked.estates:
                each = f"{1000 * spent / done:.1f} ms of a processor each"
                took = f"{time.monotonic() - start:,.0f} s"
                print(f"{done - failed:,} agreed, {failed:,} did not, in {took}, {each}", flush=True)
    return 1 if failed else 0


def _chunk(end: int, group: int, first: int) -> tuple[list[tuple[int, str]], float]:
    """What of some estates differs, and how many seconds of a processor they took."""
    start = time.process_time()
    return tried(first, min(first + CHUNK * group, end), group), time.process_time() - start


if __name__ == "__main__":
    sys.exit(main())
