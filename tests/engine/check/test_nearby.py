"""The part of an estate that is walked for one scenario has all instances that matter, as the whole has them."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from blastradius.engine import World, check_worlds, compile_system, prepared, solve, solve_worlds
from blastradius.engine.check.certificate import check
from blastradius.engine.check.rule_instances import all_instances, instances_at
from blastradius.engine.check.rule_instances.nearby import Nearby
from blastradius.errors import CertificateError
from blastradius.model import Basis, input_id
from tests.counts import few
from tests.engine.check.test_lying_solver import means_the_same
from tests.engine.random_estates import facts_of_worlds, random_estate, random_scenario
from tests.engine.short import estate as estate_of

ESTATES = 10


from_several = pytest.mark.parametrize("first", few(range(0, 5 * ESTATES, ESTATES), 2))
"""The first of so many random estates."""


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every estate counts as a large one."""
    monkeypatch.setattr(prepared, "_FEW_RELATIONS", -1)


@from_several
def test_the_instances_at_some_things_are_those_of_the_estate(first: int) -> None:
    found = 0
    for seed in range(first, first + ESTATES):
        rng = random.Random(seed)
        estate = random_estate(rng)
        whole = list(all_instances(estate))
        names = sorted({premise.entity for instance in whole for premise in instance.premises})
        for count in (0, 1, 2, len(names) // 2, len(names)):
            some = frozenset(rng.sample(names, min(count, len(names))))
            due = [instance for instance in whole if any(premise.entity in some for premise in instance.premises)]
            assert list(instances_at(estate, some)) == due
            found += len(due)
    assert found > 50 * ESTATES


@pytest.mark.usefixtures("large")
@from_several
def test_a_large_estate_is_answered_and_checked_as_a_small_one(first: int) -> None:
    for seed in range(first, first + ESTATES):
        rng = random.Random(seed)
        estate = random_estate(rng)
        scenario = random_scenario(rng, estate)
        system = compile_system(estate)
        reach = solve(estate, scenario, system=system)
        check(reach.estate, tuple(all_instances(reach.estate)), scenario, reach.certificate)
        worlds = [World(scenario.model_copy(update={"basis": basis})) for basis in Basis]
        for solved in solve_worlds(system, worlds):
            check_worlds(system, solved, asked=worlds)


@pytest.mark.usefixtures("large")
@from_several
def test_what_a_certificate_leaves_out_is_missed_on_a_large_estate(first: int) -> None:
    refused = 0
    for seed in range(first, first + ESTATES):
        rng = random.Random(seed)
        estate = random_estate(rng)
        scenario = random_scenario(rng, estate)
        reach = solve(estate, scenario)
        steps = list(enumerate(reach.certificate.steps))
        for number, step in rng.sample(steps, min(3, len(steps))):
            rest = (*reach.certificate.steps[:number], *reach.certificate.steps[number + 1 :])
            lie = reach.certificate._replace(steps=rest)
            with pytest.raises(CertificateError):
                check(reach.estate, reach.prepared.instances_for(lie), scenario, lie)
            refused += step.rule != "seed"
    assert refused > ESTATES // 2


@pytest.mark.usefixtures("large")
@from_several
def test_what_is_falsified_of_few_worlds_is_refused_on_a_large_estate(first: int) -> None:
    refused = 0
    for seed in range(first, first + ESTATES):
        rng = random.Random(seed)
        estate = random_estate(rng)
        worlds = [World(random_scenario(rng, estate)) for _ in range(3)]
        system = compile_system(estate)
        for claims in (solved.claims for solved in solve_worlds(system, worlds)):
            some = rng.sample(range(len(claims.words)), min(8, len(claims.words)))
            for row, world in ((row, rng.randrange(len(claims.worlds))) for row in some):
                words = claims.words.copy()
                words[row, 0] ^= np.uint64(1 << world)
                lie = replace(claims, words=words)
                if not means_the_same(lie, claims, estate):
                    with pytest.raises(CertificateError):
                        system.auditor_for(lie).check(lie, worlds)
                    refused += 1
    assert refused > 5 * ESTATES


@from_several
def test_few_worlds_of_a_large_estate_reach_what_they_do_in_the_whole(
    first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [0, 0]
    for seed in range(first, first + ESTATES):
        rng = random.Random(seed)
        estate = random_estate(rng)
        scenarios = [random_scenario(rng, estate) for _ in range(3)]
        worlds = [World(scenario.model_copy(update={"basis": basis})) for scenario in scenarios for basis in Basis]
        whole = list(solve_worlds(compile_system(estate), worlds))
        with monkeypatch.context() as patched:
            patched.setattr(prepared, "_FEW_RELATIONS", -1)
            part = list(solve_worlds(compile_system(estate), worlds))
        assert list(map(facts_of_worlds, part)) == list(map(facts_of_worlds, whole))
        for number, blocks in enumerate((part, whole)):
            rows[number] += sum(solved.network.rows for solved in blocks)
    assert rows[0] < 0.9 * rows[1]


FAR = ("grants:k9>o9", "reads:o9>d9", "informs:d9>b9")
LABELS = {
    "o9": {"anonymous": True, "direction": "exposed"},
    "o1": {"api": "orders"},
    "o2": {"api": "orders"},
    "o3": {"api": "stock"},
    "s1": {"zone": "flat"},
    "s2": {"zone": "flat"},
    "s3": {"zone": "zone"},
}


@pytest.mark.parametrize(
    ("names", "entities", "relations"),
    [
        ("", "", ""),
        ("k9", "k9 o9", "grants:k9>o9 reads:o9>d9"),
        ("o9", "k9 o9 d9", "grants:k9>o9 reads:o9>d9 informs:d9>b9"),
        ("orders", "o1 o2", ""),
        ("stock", "o3", ""),
        ("flat", "s1 s2", ""),
        ("internet", "o9 s4 d4", "grants:k9>o9 reads:o9>d9 reads:s4>d4"),
        ("input of s5 from f5", "s5 s6 f5", "consumes:s5>f5 publishes:s6>f5 owns:p>s6"),
        ("k7", "k7 s7 o7", "calls:s7>o7 holds:s7>k7 reads:o7>d7"),
        ("k8", "k8 s7 o7", "calls:s7>o7 holds:s7>k7 reads:o7>d7"),
        ("elsewhere", "", ""),
    ],
)
def test_no_other_part_is_walked(names: str, entities: str, relations: str) -> None:
    """What touches the things, what that leads to, and what touches these; no more of the estate."""
    others = ("reads:s4>d4 obeys=true", "consumes:s5>f5 on_bad=drop", "publishes:s6>f5", "owns:p>s6")
    built = estate_of(*FAR, *others, "calls:s7>o7 keys=k7 needs=k8", "reads:o7>d7", "informs:d7>b7", entities=LABELS)
    dropped = input_id("s5", "f5")
    found = Nearby.of(built.columns, {dropped} if names.startswith("input") else set(names.split()))
    ids = (built.columns.entities.ids, built.columns.relations.ids)
    near = [sorted(np.array(some)[flags].tolist()) for some, flags in zip(ids, found, strict=True)]
    assert near == [sorted(entities.split()), sorted(relations.split())]
