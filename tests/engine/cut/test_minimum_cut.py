"""Cuts are those of exhaustive search, say what cannot be cut, and show why none costs less."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import milp

from blastradius.engine import SEED_KINDS, PreparedEstate, World, compile_system, solve_worlds
from blastradius.engine.cut import Cut, Lever, Separated, gentlest, hitting_set, minimum_cut
from blastradius.engine.telling import told_to
from blastradius.errors import UsageError
from blastradius.model import ControlKind, Fact, Level, Scenario
from tests.counts import examples
from tests.engine.random_estates import facts_of_worlds, random_controls, random_estate, random_scenario
from tests.engine.short import estate, fact, scenario

LEAK = scenario("leak k", Level.GRANTED)


def pulled(asked: Scenario, levers: Sequence[Lever]) -> World:
    """The world in which some levers are pulled."""
    relations = dict.fromkeys(name for lever in levers for name in lever.relations)
    controls = dict.fromkeys(control for lever in levers for control in lever.controls)
    return World(asked, without=tuple(relations), controls=tuple(controls))


def reached(system: PreparedEstate, worlds: Sequence[World]) -> list[set[Fact]]:
    """What each world reaches, by the engine of many worlds."""
    found: list[set[Fact]] = [set() for _ in worlds]
    for solved in solve_worlds(system, worlds, engine="numpy"):
        for place, held in zip(solved.places.tolist(), facts_of_worlds(solved), strict=True):
            found[place] = held
    return found


def exhaustive(
    system: PreparedEstate, wanted: Sequence[Separated], levers: Sequence[Lever]
) -> tuple[float, set[tuple[int, Fact]], list[set[int]]]:
    """What the cheapest cut costs, what no cut helps, and all the cheapest cuts."""
    choices = [set(some) for count in range(len(levers) + 1) for some in combinations(range(len(levers)), count)]
    worlds = [pulled(it.scenario, [levers[place] for place in sorted(some)]) for some in choices for it in wanted]
    held = reached(system, worlds)
    left = [
        {(place, goal) for place, it in enumerate(wanted) for goal in it.targets if goal in held[first + place]}
        for first in range(0, len(worlds), len(wanted))
    ]
    uncut = left[-1]
    costs = {number: sum(levers[lever].cost for lever in some) for number, some in enumerate(choices)}
    cuts = {number: cost for number, cost in costs.items() if left[number] == uncut}
    least = min(cuts.values())
    return least, uncut, [choices[number] for number, cost in cuts.items() if cost == least]


def shows_each_is_needed(
    system: PreparedEstate, wanted: Sequence[Separated], levers: Sequence[Lever], found: Cut
) -> None:
    """Each lever has a witness, and without it this scenario reaches a target."""
    assert None not in found.witnesses
    shows_what_is_said(system, wanted, levers, found)


def shows_what_is_said(
    system: PreparedEstate, wanted: Sequence[Separated], levers: Sequence[Lever], found: Cut
) -> None:
    """With all levers nothing is left but what none helps; without a lever that has a witness this reaches a target."""
    chosen = [levers[lever] for lever in found.levers]
    held = reached(system, [pulled(it.scenario, chosen) for it in wanted])
    left = {(place, goal) for place, it in enumerate(wanted) for goal in it.targets if goal in held[place]}
    assert left == set(found.uncut)
    shown = [(lever, place) for lever, place in zip(found.levers, found.witnesses, strict=True) if place is not None]
    without = [[levers[other] for other in found.levers if other != lever] for lever, _ in shown]
    held = reached(
        system, [pulled(wanted[place].scenario, left) for (_, place), left in zip(shown, without, strict=True)]
    )
    for (_, place), facts in zip(shown, held, strict=True):
        assert any(goal in facts and (place, goal) not in found.uncut for goal in wanted[place].targets)


def random_problem(rng: random.Random) -> tuple[PreparedEstate, list[Separated], list[Lever]]:
    """Some levers of a random estate, and two scenarios that assume the same and differ in where they start."""
    built = random_estate(rng)
    system = compile_system(built)
    first, second = (random_scenario(rng, built) for _ in range(2))
    alike = {name: getattr(first, name) for name in ("assume", "distrust", "basis", "hours")}
    second = second.model_copy(update=alike)
    if rng.random() < 0.5:  # what both start from is settled once
        both = {way: tuple(dict.fromkeys((*getattr(first, way), *getattr(second, way)))) for way in SEED_KINDS}
        second = second.model_copy(update={**both, "anyone": first.anyone})
    everything = reached(system, [World(first), World(second)])
    wanted = []
    for asked, facts in zip((first, second), everything, strict=True):
        started = {name for way in SEED_KINDS for name in getattr(asked, way)}
        known = sorted(goal for goal in facts if goal.entity not in started and goal.entity in built.entities)
        wanted.append(Separated(asked, tuple(rng.sample(known, min(len(known), rng.choice((1, 2, 5)))))))
    changes = [name for name in built.relations if not system.is_telling(name)]
    rng.shuffle(changes)
    levers = [Lever((name,), cost=rng.choice((1, 1, 2, 3))) for name in changes[: rng.choice((3, 5))]]
    levers += [Lever(tuple(changes[5:7]))] if len(changes) > 6 else []
    controls = [control for control in random_controls(rng, built) if not system.is_telling(control)]
    levers += [Lever(controls=(control,), cost=2) for control in controls[:2] if control[0] not in first.distrust]
    return system, wanted, levers


@pytest.mark.slow
@examples(0.06)
@given(st.integers(0, 2**32))
def test_cuts_are_those_of_exhaustive_search(seed: int) -> None:
    system, wanted, levers = random_problem(random.Random(seed))
    least, uncut, cuts = exhaustive(system, wanted, levers)
    found = minimum_cut(system, wanted, levers)
    assert (found.cost, found.at_least) == (least, least)
    assert set(found.uncut) == uncut
    assert set(found.levers) in cuts
    assert set(found.needed or ()) == set.intersection(*cuts)
    shows_each_is_needed(system, wanted, levers, found)
    apart = [lever for row in found.disjoint for lever in row]
    assert len(apart) == len(set(apart))
    assert sum(min(levers[lever].cost for lever in row) for row in found.disjoint) <= least


def test_both_roads_are_cut_where_they_part() -> None:
    system = compile_system(
        estate("grants:k>c", "permits:c>o", "reads:o>d", "grants:k2>o", "contains:d2>k2", "grants:k>o2", "reads:o2>d2")
    )
    levers = [Lever((name,)) for name in ("grants:k>c", "grants:k2>o", "contains:d2>k2")]
    asked = Separated(scenario("leak k", Level.ABUSED), (fact("read(d)"),))
    found = minimum_cut(system, [asked], levers)
    assert found.levers in ((0, 1), (0, 2))
    assert (found.cost, found.at_least, found.needed) == (2, 2, (0,))
    assert set(found.disjoint) == {frozenset({0}), frozenset({1, 2})}
    dear = [levers[0], Lever(levers[1].relations, cost=3), levers[2]]
    assert minimum_cut(system, [asked], dear).levers == (0, 2)


def test_a_control_that_is_put_in_place_is_a_lever() -> None:
    system = compile_system(estate("grants:k>o", "reads:o>d"))
    asked = Separated(LEAK, (fact("read(d)"),))
    found = minimum_cut(system, [asked], [Lever(controls=((ControlKind.REVOKED, "k"),))])
    assert (found.levers, found.is_minimum) == ((0,), True)


def test_what_no_lever_helps_is_named_and_the_rest_is_cut() -> None:
    system = compile_system(estate("grants:k>o", "reads:o>d", "reads:o>d2"))
    asked = Separated(LEAK, (fact("read(d)"), fact("read(d2)")))
    found = minimum_cut(system, [asked], [Lever(("reads:o>d",))])
    assert (found.levers, found.uncut) == ((0,), ((0, fact("read(d2)")),))


@pytest.mark.parametrize("levers", [[], [Lever(("grants:k>o",))]])
def test_nothing_to_cut_costs_nothing(levers: list[Lever]) -> None:
    system = compile_system(estate("grants:k>o", "reads:o2>d"))
    nothing = Cut((), 0, 0, (), (), ())
    assert minimum_cut(system, [], levers) == nothing
    assert minimum_cut(system, [Separated(LEAK, ())], levers) == nothing
    assert minimum_cut(system, [Separated(LEAK, (fact("read(d)"),))], levers) == nothing


def test_out_of_time_it_says_at_most_and_at_least() -> None:
    relations = [name for road in range(6) for name in (f"grants:k>o{road}", f"reads:o{road}>d")]
    system = compile_system(estate(*relations))
    found = minimum_cut(
        system, [Separated(LEAK, (fact("read(d)"),))], [Lever((name,)) for name in relations], seconds=-1
    )
    assert (found.cost, found.at_least, found.is_minimum, found.needed) == (6, 0, False, None)
    assert found.witnesses == (0,) * 6


@pytest.mark.parametrize("seed", range(6))
def test_out_of_time_it_is_still_a_cut_that_needs_each_lever(seed: int) -> None:
    system, wanted, levers = random_problem(random.Random(seed))
    found = minimum_cut(system, wanted, levers, seconds=-1)
    shows_each_is_needed(system, wanted, levers, found)
    assert found.at_least <= minimum_cut(system, wanted, levers).cost <= found.cost


@pytest.mark.parametrize("seed", range(6))
def test_without_time_to_leave_anything_out_it_is_a_cut_and_says_what_may_not_be_needed(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hitting_set, "LEAST_SPARING", -1)
    system, wanted, levers = random_problem(random.Random(seed))
    found = minimum_cut(system, wanted, levers, seconds=-1)
    shows_what_is_said(system, wanted, levers, found)
    assert found.at_least <= minimum_cut(system, wanted, levers).cost <= found.cost


def test_a_lever_of_a_proof_that_another_breaks_is_not_said_to_be_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hitting_set, "LEAST_SPARING", -1)
    system = compile_system(estate("grants:k>o", "reads:o>d"))
    levers = [Lever(("grants:k>o",)), Lever(("reads:o>d",))]
    found = minimum_cut(system, [Separated(LEAK, (fact("read(d)"),))], levers, seconds=-1)
    assert (found.levers, found.witnesses, found.at_least) == ((0, 1), (None, None), 0)


def test_other_assumptions_are_refused() -> None:
    system = compile_system(estate("grants:k>o", "owns:p>s"))
    timed, other = LEAK.model_copy(update={"hours": 3}), LEAK.model_copy(update={"assume": Level.LATERAL})
    for differing in (timed, other):
        with pytest.raises(UsageError, match="one level at a time"):
            minimum_cut(system, [Separated(LEAK, ()), Separated(differing, ())], [])
    with pytest.raises(UsageError, match="'owns:p>s' is no lever: other rules depend on whether it is there"):
        minimum_cut(system, [Separated(LEAK, ())], [Lever(("owns:p>s",))])


def roads(count: int, **given: Any) -> tuple[Cut, list[float]]:
    """The cut of so many roads, of two levers each, and by which share each program of its might miss the least."""
    relations = [name for road in range(count) for name in (f"grants:k>o{road}", f"reads:o{road}>d")]
    shares: list[float] = []

    def solved(*columns: Any, options: Any, **others: Any) -> Any:
        shares.append(options["mip_rel_gap"])
        return milp(*columns, options=options, **others)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(hitting_set, "milp", solved)
        levers = [Lever((name,), cost=given.get("cost", 1)) for name in relations]
        asked = Separated(LEAK, (fact("read(d)"),))
        return minimum_cut(compile_system(estate(*relations)), [asked], levers, harming=given.get("harming")), shares


@pytest.mark.parametrize(("many", "about"), [(2, 0.02), (3, 0.0)])
@pytest.mark.parametrize("cost", [1, 1.5])
def test_of_many_proofs_levers_that_cost_about_the_least_come_first(
    many: int, about: float, cost: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hitting_set, "_MANY", many)
    found, shares = roads(3, cost=cost)
    assert (found.cost, found.at_least, found.is_minimum, found.needed) == (3 * cost, 3 * cost, True, ())
    assert shares == [about, *[0.0] * (len(shares) - 1)]


def test_levers_that_cost_about_the_least_are_not_taken_for_the_least(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hitting_set, "_MANY", 0)
    monkeypatch.setattr(hitting_set, "_ABOUT", 0.9)
    for seed in range(6):
        system, wanted, levers = random_problem(random.Random(seed))
        about = minimum_cut(system, wanted, levers)
        with monkeypatch.context() as patched:
            patched.setattr(hitting_set, "_MANY", 10**9)
            least = minimum_cut(system, wanted, levers)
        assert (about.cost, about.at_least, about.needed) == (least.cost, least.cost, least.needed)
        for found in (about, least):
            shows_each_is_needed(system, wanted, levers, found)


@pytest.mark.parametrize(("most", "is_gentlest"), [(6 * 16, True), (6, False)])
def test_the_more_relations_the_fewer_sets_are_weighed(
    most: int, is_gentlest: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three roads of two relations: what their cut harms is told by eight sets, and no other cut harms less."""
    monkeypatch.setattr(hitting_set, "MOST_WEIGHED", most)
    found, _ = roads(3, harming=lambda chosen: [(levers,) for levers in chosen])
    assert (found.cost, found.is_gentlest) == (3, is_gentlest)


def test_what_costs_a_millionth_more_is_a_minimum() -> None:
    cuts = [Cut((0,), cost, 1.0, (), (), ()) for cost in (1.0, 1.0000005, 1.01)]
    assert [cut.is_minimum for cut in cuts] == [True, True, False]


FORK = ("grants:k>o", "reads:o>d", "reads:o>d2")
"""Two proofs that share a lever."""
APART = ("grants:k>o", "grants:k2>o2", "grants:k3>o3")
"""Three proofs that share none, each for a scenario of its own."""


def fork(costs: Sequence[float], rows: Sequence[set[int]] = ()) -> hitting_set._Problem:
    """The fork, of whose proofs some are known."""
    asked = [Separated(LEAK, (fact("read(d)"), fact("read(d2)")))]
    levers = [Lever((name,), cost=cost) for name, cost in zip(FORK, costs, strict=True)]
    found = hitting_set._Problem.of(compile_system(estate(*FORK)), asked, levers)
    found.rows.extend(map(frozenset, rows))
    return found


@pytest.mark.parametrize(("costs", "left"), [((3, 2, 2), {0}), ((5, 2, 2), {1, 2}), ((4, 2, 2), {1, 2})])
def test_what_costs_most_for_each_proof_that_it_breaks_is_spared_first(costs: tuple[int, ...], left: set[int]) -> None:
    assert fork(costs, [{0, 1}, {0, 2}])._needed_by_rows({0, 1, 2}) == left


def test_a_proof_that_comes_to_light_when_something_is_left_out_counts() -> None:
    problem = fork((3, 1, 1), [{0, 1}])
    assert problem._spared({0, 1}, time.monotonic() + 60) == {0}
    assert problem.rows == [{0, 1}, {0, 2}]


def test_another_cut_is_one_of_all_proofs() -> None:
    """Of the proof that is known another lever would do; then the other proof comes to light."""
    assert fork((1, 1, 1), [{0, 1}]).needed({0}, 0.0) is None
    problem = fork((1, 1, 1), [{0, 1}])
    assert problem.needed({0}, time.monotonic() + 60) == (0,)
    assert problem.rows == [{0, 1}, {0, 2}]


def test_proofs_that_share_a_lever_are_not_disjoint() -> None:
    assert fork((1, 1, 1), [{0, 2}, {0, 1}, {2}, {1, 2}]).disjoint() == (frozenset({2}), frozenset({0, 1}))


def test_a_bound_is_what_levers_can_cost() -> None:
    """A whole number where all costs are; never less than nothing, and not the next for a rounding error."""
    bounds = (None, -1.0, 1.0, 1.0000005, 1.2)
    assert list(map(fork((1, 2, 3))._rounded, bounds)) == [0.0, 0.0, 1.0, 1.0, 2.0]
    assert list(map(fork((1.5, 2, 3))._rounded, bounds)) == [0.0, 0.0, 1.0, 1.0000005, 1.2]


def test_a_program_that_is_ended_is_no_error_and_bounds_from_below(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gentlest, "_LEAST_TIME", 0.0)
    found = fork((1, 1, 1), [{0, 1}, {0, 2}])._cheapest(0.0)
    assert (found.at_least, found.is_optimal) == (0.0, False)


def test_where_the_least_may_be_missed_the_bound_is_that_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """As of one that ends before it has shown that nothing costs less."""

    def early(*columns: Any, **others: Any) -> Any:
        found = milp(*columns, **others)
        found.mip_dual_bound = 0.4
        return found

    monkeypatch.setattr(hitting_set, "milp", early)
    problem, until = fork((1.5, 1, 1), [{0, 1}, {0, 2}]), time.monotonic() + 60
    assert [problem._cheapest(until, gap=gap).at_least for gap in (0.5, 0.0)] == [0.4, 1.5]


def apart() -> tuple[PreparedEstate, list[Separated], list[Lever]]:
    """Three scenarios that share nothing, and a lever for each."""
    system = compile_system(estate(*APART, "reads:o>d", "reads:o2>d", "reads:o3>d"))
    wanted = [Separated(scenario(f"leak {key}", Level.GRANTED), (fact("read(d)"),)) for key in ("k", "k3", "k2")]
    return system, wanted, [Lever((name,), cost=2) for name in APART]


def test_what_starts_apart_is_cut_apart() -> None:
    """Each scenario is searched by itself, and shows that its lever is needed."""
    found = minimum_cut(*apart())
    assert (found.levers, found.cost, found.needed, found.witnesses) == ((0, 1, 2), 6, (0, 1, 2), (0, 2, 1))
    assert set(found.disjoint) == {frozenset({0}), frozenset({1}), frozenset({2})}


def test_a_minimum_has_witnesses_that_no_known_proof_shows() -> None:
    chosen, problem = {0, 1, 2}, hitting_set._Problem.of(*apart())
    problem.rows.extend([frozenset({2}), frozenset({0, 1})])
    problem.found_in[problem.rows[0]] = 1
    assert list(problem.witnesses(chosen, is_minimum=False)) == [None, None, 1]
    assert list(problem.witnesses(chosen, is_minimum=True)) == [0, 2, 1]


def test_out_of_time_of_a_long_proof_one_lever_is_left() -> None:
    relations = ("grants:k>o2", "reads:o2>d2", "contains:d2>k2", "grants:k2>o", "reads:o>d")
    asked = Separated(scenario("leak k", Level.ABUSED), (fact("read(d)"),))
    levers = [Lever((name,), cost=cost) for name, cost in zip(relations, (5, 4, 1, 3, 2), strict=True)]
    found = minimum_cut(compile_system(estate(*relations)), [asked], levers, seconds=-1)
    assert (found.levers, found.witnesses, found.is_minimum) == ((2,), (0,), False)


def test_who_waits_is_told_what_is_looked_for_when_the_cost_is_known() -> None:
    said = set[str]()
    with told_to(lambda what, _share: said.add(what)):
        roads(1, harming=lambda chosen: [(levers,) for levers in chosen])
    assert "looking for the cut that costs the business least" in said
    assert "looking for changes that no other cut does without" in said
