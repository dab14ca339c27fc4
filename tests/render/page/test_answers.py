"""What the page says of an answer is what the command line says: rows, counts, sentences, reasons."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from blastradius import loading
from blastradius.engine import compile_system
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import SEEDS, Level, Party, Scenario, Scope, Signal, Store
from tests.engine.random_estates import random_controls, random_estate, random_relations, random_scenario
from tests.render.page.asking import NODE
from tests.render.page.telling import TELL, WHY, asked, cli_all, cli_why, page_all, page_why, said, state_of, written

pytestmark = pytest.mark.skipif(NODE is None, reason="no Node.js here, which runs what the page says")


def scenarios(estate: Estate, seed: int, count: int) -> list[Scenario]:
    """Random scenarios that start somewhere."""
    rng = random.Random(seed)
    drawn = [random_scenario(rng, estate) for _ in range(3 * count)]
    return [found for found in drawn if found.anyone or any(getattr(found, way) for way in SEEDS)][:count]


def differing(estate: Estate, scenarios: list[Scenario]) -> list[Scenario]:
    """The scenarios of which the page says otherwise than the command line, or its checker refuses what is right."""
    system = compile_system(estate)
    told = said(estate, [(TELL, {"state": state_of(scenario)}) for scenario in scenarios])
    wanted = [cli_all(asked("reach", estate, scenario)) for scenario in scenarios]
    pairs = zip(scenarios, told, wanted, strict=True)
    return [
        scenario for scenario, page, cli in pairs if page["refused"] or not _same(scenario, page_all(system, page), cli)
    ]


def _same(scenario: Scenario, page: dict[str, Any], cli: dict[str, Any]) -> bool:
    """Whether two say the same; the notes of a page are those of the estate as it is."""
    besides = {"notes": None} if scenario.controls or scenario.without else {}
    return page | besides == cli | besides


@pytest.mark.parametrize("name", ["northwind", "meridian"])
def test_rows_counts_and_sentences_are_those_of_reach(name: str) -> None:
    estate = loading.load((f"examples/{name}",))
    assert differing(estate, scenarios(estate, 1, 6)) == []


@pytest.mark.parametrize("seed", range(3))
def test_so_they_are_of_random_estates(seed: int) -> None:
    estate = random_estate(random.Random(seed))
    found = scenarios(estate, seed, 3)
    assert found
    assert differing(estate, found) == []


def changed(estate: Estate, scenario: Scenario, seed: int) -> Scenario:
    """The same with controls put in place and relations taken away."""
    rng = random.Random(seed)
    controls = tuple(f"{kind}@{host}" for kind, host in random_controls(rng, estate))
    return scenario.model_copy(update={"controls": controls, "without": random_relations(rng, estate)})


def test_so_they_are_of_what_ifs() -> None:
    estate = loading.load(("examples/northwind",))
    found = [changed(estate, scenario, seed) for seed, scenario in enumerate(scenarios(estate, 7, 5))]
    start = Scenario(compromise=("acme",), assume=Level.LATERAL)
    found.append(start.model_copy(update={"controls": tuple(estate.controls)[::4]}))  # in the place of those there
    unguarded = tuple(name for name in estate.relations if name.startswith("permits:"))
    found.append(start.model_copy(update={"without": unguarded}))  # no scope guards anything any more
    assert any(scenario.controls for scenario in found)
    assert any(scenario.without for scenario in found)
    assert differing(estate, found) == []


@pytest.mark.slow
def test_so_they_are_of_many() -> None:
    for seed in range(3, 60):
        estate = random_estate(random.Random(seed))
        found = scenarios(estate, seed, 3)
        found += [changed(estate, scenario, seed) for scenario in found]
        assert not found or differing(estate, found) == [], seed


def test_what_a_stranger_could_do_is_read_from_an_answer_as_it_is_solved_alone() -> None:
    run = """
    const asked = askedOf(system, given), alone = { ...asked, seeds: {}, anyone: true };
    const { proofs } = solve(system, asked);
    if (isTimed(asked) || !proofs.has(system.anyone)) return [0, []];
    const world = worldOf(system, alone), basis = system.bases.indexOf(asked.basis), facts = Array.from(proofs.keys());
    const { held: shared } = new Shared(system, world, asked, proofs);
    const { held: spread } = new Spread(system, world, asked.assume, basis).from(seedsOf(system, alone));
    return [facts.filter((fact) => shared[fact]).length, facts.filter((fact) => shared[fact] !== spread[fact])];
    """
    found = []
    for seed in range(12):
        estate = random_estate(random.Random(seed))
        asked_for = [changed(estate, scenario, seed) for scenario in scenarios(estate, seed, 6)]
        found += said(estate, [(run, state_of(scenario)) for scenario in asked_for]) if asked_for else []
    assert sum(count for count, _ in found) > 50
    assert [wrong for _, wrong in found if wrong] == []


def test_reasons_are_those_of_explain() -> None:
    estate = loading.load(("examples/northwind",))
    system, rng = compile_system(estate), random.Random(3)
    for scenario in scenarios(estate, 5, 2):
        names = rng.sample(list(estate.entities), 6)
        told = said(estate, [(WHY, {"state": state_of(scenario), "ids": names})])[0]
        wanted = [cli_why(asked("explain", estate, scenario, entity=name)) for name in names]
        assert [page_why(system, why) for why in told] == wanted


def test_what_is_gained_and_lost_is_told_against_another_answer() -> None:
    estate = loading.load(("examples/northwind",))
    narrow, wide = (state_of(Scenario(compromise=("acme",), assume=level)) for level in (Level.GRANTED, Level.LATERAL))
    run = """
    const [one, other] = given.map((state) => describe(system, state, solve(system, askedOf(system, state))));
    return [compare(one, other), compare(other, one), compare(one, one)].map(({ gained, lost, changed }) =>
      [gained.map((row) => row.id), lost.map((row) => row.id),
       changed.map(({ before, after }) => [before.id, after.id])]);
    """
    (there, back, still), *_ = said(estate, [(run, [narrow, wide])])
    reached = [{row["entity"] for row in asked("reach", estate, scenario)["facts"]} for scenario in _both()]
    assert (set(there[0]), there[1]) == (reached[1] - reached[0], [])
    assert (back[0], set(back[1])) == ([], reached[1] - reached[0])
    assert all(one == other for one, other in there[2])
    assert still == [[], [], []]


def _both() -> list[Scenario]:
    return [Scenario(compromise=("acme",), assume=level) for level in (Level.GRANTED, Level.LATERAL)]


def test_what_reach_does_not_print_is_not_in_the_page() -> None:
    kept = "not for the page"
    common = {"description": kept, "owner": kept, "tags": (kept,), "seen_by": (Signal(signal=kept),)}
    party = Party(id="p", governance={kept: kept}, **common)
    store = Store(id="s", classification=kept, **common)
    scope = Scope(id="c", justification=kept, **common)
    estate = Estate.build([Loaded(entities=(party, store, scope))])
    assert kept not in json.dumps(written(compile_system(estate)))
