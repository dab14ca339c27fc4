"""The page's solver, run by Node on random estates, beside the engine: `python -m tests.render.page.asking 5000`."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from math import inf
from pathlib import Path
from typing import Any, NamedTuple

from blastradius.engine import Certificate, PreparedEstate, compile_system, plain, what_if
from blastradius.engine.single.shortest_proofs import certify
from blastradius.engine.variants import all_variants
from blastradius.model import Capability, Fact, Scenario, input_ends
from blastradius.render.page import data
from tests.engine.random_estates import random_controls, random_estate, random_relations, random_scenario

NODE = shutil.which("node")
FOLDER = Path(data.__file__).parent
_CHUNK = 500
_HALFWAY = (Capability.PRESENT, Capability.LOST, Capability.STRAINED)
_INPUTS = {Capability.LOST: Capability.DENY, Capability.STRAINED: Capability.DEGRADE}
"""What an input that nobody drops is to who takes it in: that it stops, or slows."""


class Case(NamedTuple):
    """An estate, a scenario, what the engine answers, and of which keys and inputs it speaks besides.

    Whether a key is present or an input lost is asked only where a relation needs it. The page, which keeps the estate
    whole, asks it of relations that are taken away, too; what would follow from it follows from what it follows from.
    """

    prepared: PreparedEstate
    asked: Scenario
    certificate: Certificate
    halfway: frozenset[str]


def random_case(seed: int) -> Case:
    """One of the estates that the engines agree on; in some relations are taken away, and controls put in place."""
    rng = random.Random(seed)
    prepared = compile_system(random_estate(rng))
    asked = random_scenario(rng, prepared.estate)
    if seed % 3 != 1:
        asked = asked.model_copy(update={"without": random_relations(rng, prepared.estate)})
    if seed % 4 > 1:
        added = random_controls(rng, prepared.estate)
        asked = asked.model_copy(update={"controls": tuple(f"{kind}@{host}" for kind, host in added)})
    changed = compile_system(what_if(prepared.estate, asked))
    return Case(
        prepared, asked, certify(changed, plain(asked)), frozenset({*changed.facts.keys, *changed.facts.inputs})
    )


def answered(cases: list[Case], folder: Path = FOLDER, *, lying: bool = False) -> list[dict[str, Any]]:
    """What the page's solver and checker, read from a folder, say to each case."""
    lines = [
        json.dumps({"written": data.page_data(case.prepared), "asked": data.asked_of_page(case.asked), "lying": lying})
        for case in cases
    ]
    command = [str(NODE), str(Path(__file__).with_name("answers.js")), str(folder), *data.SCRIPTS]
    done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def _words(facts: tuple[Fact, ...]) -> list[str]:
    return [str(fact) for fact in facts]


def wanted(case: Case) -> dict[str, Any]:
    """What the engine says, by the names of facts, in the order of its proof."""
    steps = case.certificate.steps
    return {
        "proofs": [
            [str(step.fact), step.rule, int(step.level), step.hops, step.at, _words(step.premises), [*step.relations]]
            for step in steps
        ],
        "stops": [
            [
                str(stop.fact), stop.rule, [*stop.relations], _words(stop.premises), _words(stop.missing),
                stop.level and int(stop.level), [*stop.controls], stop.after_h, stop.basis and str(stop.basis),
            ]
            for stop in case.certificate.stopped
        ],
    }  # fmt: skip


def found(case: Case, answer: dict[str, Any]) -> dict[str, Any]:
    """What the page says, in the same words."""
    system = all_variants(case.prepared.estate)
    name, rules, concluding = system.facts.fact, system.rules, system.steps.conclusion

    def rule(step: int, premises: list[int]) -> str:
        return rules[int(system.steps.rule[step])].id if step >= 0 else "closure" if premises else "seed"

    def whole(number: int) -> Fact:
        fact = name(number)
        if fact.capability not in _INPUTS or fact.entity in case.halfway:
            return fact
        return Fact(input_ends(fact.entity)[0], _INPUTS[fact.capability])

    def names(numbers: list[int]) -> list[str]:
        return [str(whole(number)) for number in numbers]

    return {
        "proofs": [
            [
                str(fact), rule(p["step"], p["premises"]), p["level"], p["hops"],
                inf if p["at"] is None else p["at"], names(p["premises"]), p["along"],
            ]
            for p in answer["proofs"]
            if (fact := name(p["fact"])).capability not in _HALFWAY or fact.entity in case.halfway
        ],
        "stops": [
            [
                str(name(int(concluding[s["step"]]))), rule(s["step"], []), s["along"], names(s["held"]),
                _words(tuple(sorted((whole(fact) for fact in s["missing"]), key=tuple))), s["level"],
                sorted(s["controls"]), s["after"], s["basis"],
            ]
            for s in answer["stops"]
        ],
    }  # fmt: skip


def differing(first: int, last: int, folder: Path = FOLDER) -> list[int]:
    """The seeds of which the page says otherwise than the engine, or its checker refuses what is right."""
    cases = [random_case(seed) for seed in range(first, last)]
    pairs = zip(range(first, last), cases, answered(cases, folder), strict=True)
    return [seed for seed, case, answer in pairs if answer["refused"] or found(case, answer) != wanted(case)]


def main() -> int:
    """Ask so many random estates; 1 if any differs."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    wrong = [seed for first in range(0, count, _CHUNK) for seed in differing(first, min(first + _CHUNK, count))]
    print(f"{count - len(wrong):,} of {count:,} agree", *wrong[:20])
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
