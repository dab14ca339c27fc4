"""Outages that end, in many worlds at once: what holds when buffers add up, when, and that nothing else is believed."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.engine import CAPABILITIES, SEED_KINDS, World, check_worlds, compile_system, solve_worlds
from blastradius.engine.batch.solve import Solved, unpacked
from blastradius.engine.check.spec import arrivals_at, spec
from blastradius.errors import CertificateError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Capability, Control, ControlKind, Fact, Scenario, Verb
from tests.counts import examples, few
from tests.engine.batch.test_worlds import ENGINES, Engine, changed, solved
from tests.engine.random_estates import random_controls, random_estate, random_relations, random_scenario
from tests.engine.test_rules_needed import estate, fact, scenario

LEANT_ON = (Verb.DEPENDS_ON, Verb.CALLS, Verb.READS, Verb.CONSUMES)
CHAIN = estate("depends_on:s>s1 buffer_h=4", "depends_on:s1>s2 buffer_h=10", "depends_on:b>s buffer_h=0.1")


@examples(1 / 4)
@given(st.integers(0, 2**40))
def test_outages_that_end_agree_with_the_spec(seed: int) -> None:
    """Many buffers, hours, levels and what-ifs in one block: what holds is what the spec finds one by one."""
    rng = random.Random(seed)
    built = buffered(rng, random_estate(rng))
    worlds = [World(outage(rng, built)) for _ in range(3)]
    trusting = worlds[0].scenario.model_copy(update={"distrust": ()})
    worlds += [World(trusting, random_relations(rng, built), random_controls(rng, built)) for _ in range(4)]
    worlds.append(World(trusting.model_copy(update={"hours": None})))
    found = solved(built, worlds, rng.choice(ENGINES))
    for place, world in enumerate(worlds):
        assert found[place] == set(spec(changed(built, world), world.scenario)), world


@examples(1 / 8)
@given(st.integers(0, 2**40))
def test_things_come_in_the_hour_of_the_spec(seed: int) -> None:
    rng = random.Random(seed)
    built = buffered(rng, random_estate(rng))
    asked = outage(rng, built)
    (block,) = solve_worlds(compile_system(built), [World(asked)], engine="numpy")
    wanted = arrivals_at(built, asked, asked.assume)
    told = {
        it: hour
        for it, hour in come_in(block, 0).items()
        if it.capability in CAPABILITIES and it.entity in built.entities
    }
    assert told == {it: wanted.get(it) for it in told}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("seed", few(range(20), 3))
def test_more_worlds_than_words_have_bits_agree_with_the_spec(seed: int, engine: Engine) -> None:
    """Outages of many lengths where all lean on one another, over three words: each fact of each world in its hour."""
    rng = random.Random(seed)
    built = leaning(rng)
    asked = [
        Scenario(
            outage=tuple(rng.sample(sorted(built.entities), rng.choice((1, 2)))),
            hours=rng.choice((0.0, 3.0, 7.0, 20.0, 90.0)),
        )
        for _ in range(12)
    ]
    worlds = [World(rng.choice(asked)) for _ in range(130)]
    wanted = {each: arrivals_at(built, each, each.assume) for each in asked}
    (block,) = solve_worlds(compile_system(built), worlds, engine=engine)
    check_worlds(built, block)
    assert block.late
    for place, world in enumerate(worlds):
        told = {it: hour for it, hour in come_in(block, place).items() if it.capability in CAPABILITIES}
        assert told == wanted[world.scenario]


def test_buffers_add_up_until_the_outage_is_over() -> None:
    worlds = [World(scenario("outage s2", hours=hours)) for hours in (0.0, 10.0, 10.5, 14.0, 14.1, 14.2, None)]
    late = ["deny(s1)", "deny(s)", "deny(b)"]
    for count, holds in zip((0, 0, 1, 1, 2, 3, 3), solved(CHAIN, worlds).values(), strict=True):
        assert {fact(it) for it in late} & holds == {fact(it) for it in late[:count]}


def test_a_change_of_an_outage_that_ends_shares_a_block() -> None:
    asked = scenario("outage s2", hours=20)
    changes = [World(asked, without=(name,)) for name in CHAIN.relations]
    changes.append(World(asked, controls=((ControlKind.FALLBACK, "s1"),)))
    (block,) = solve_worlds(compile_system(CHAIN), [World(asked), *changes])
    assert come_in(block, 0)[fact("deny(b)")] == 14.0 + 0.1
    assert [late.hour for late in block.late] == [10.0, 14.0, 14.1]
    assert block.holds(np.array([block.batch.system.facts.number(fact("deny(b)"))]))[0].tolist() == [True, *[False] * 4]


def test_a_buffer_that_nobody_begins_to_use_up_lasts() -> None:
    """Of so many worlds rows that stay empty in all of them are left out."""
    built = estate("depends_on:s>s1 buffer_h=4", "depends_on:b>s2 buffer_h=1")
    for holds in solved(built, [World(scenario("outage s1", hours=9))] * 70).values():
        assert fact("deny(s)") in holds
        assert fact("deny(b)") not in holds


def test_what_has_no_row_comes_late_with_what_includes_it() -> None:
    """Nothing follows from a feed that slows down, so that it is known of no more than the worlds that start so."""
    built = estate("depends_on:s1>s buffer_h=4", "publishes:s1>f", "publishes:s1>f2")
    worlds = [World(scenario("outage f outage f2", hours=5)), World(scenario("outage s", hours=15))]
    late = [fact(f"{capability}({name})") for capability in ("deny", "degrade") for name in ("f", "f2")]
    assert solved(built, worlds)[1] >= {*late}
    (block,) = solve_worlds(compile_system(built), worlds)
    assert [come_in(block, 0)[each] for each in late] == [0.0] * 4
    assert [come_in(block, 1)[each] for each in late] == [4.0] * 4


def test_who_has_waited_for_a_buffer_waits_for_a_control_to_fall() -> None:
    falls = {"depends_on:b>s": Control(kind=ControlKind.FALLBACK, provided_by="s1")}
    built = estate("depends_on:b>s buffer_h=1", "depends_on:s1>s2 buffer_h=4", controls=falls)
    (block,) = solve_worlds(compile_system(built), [World(scenario("outage s outage s2", hours=9))])
    assert come_in(block, 0)[fact("deny(b)")] == 4.0


@pytest.mark.parametrize(
    "late",
    [
        (),
        ((10.0, [0], [1]),),
        ((4.0, None, None),),
        ((10.5, None, None),),
        ((float("nan"), None, None),),
        ((float("inf"), None, None),),
        ((0.0, None, None),),
        ((10.0, None, None), (10.0, [0], [0])),
    ],
)
def test_other_hours_are_refused(late: tuple[tuple[float, list[int] | None, list[int] | None], ...]) -> None:
    """What comes late is claimed in its hour, all of it and nothing else; ``None`` is what is right."""
    system = compile_system(estate("depends_on:s1>s2 buffer_h=10"))
    asked = [World(scenario("outage s2", hours=20))]
    (block,) = solve_worlds(system, asked)
    claims = block.claims
    system.auditor.check(claims, asked)
    ((_, rows, bits),) = claims.late
    told = tuple(
        (hour, rows if some is None else np.array(some), bits if of is None else np.array([of], np.uint64))
        for hour, some, of in late
    )
    with pytest.raises(CertificateError):
        system.auditor.check(replace(claims, late=told), asked)


def test_what_an_outage_of_no_end_leads_to_is_not_believed_of_one_that_ends() -> None:
    system, worlds = compile_system(CHAIN), [World(scenario("outage s2", hours=hours)) for hours in (99, 12)]
    ended, over = (next(iter(solve_worlds(system, [world]))) for world in worlds)
    for claims, world in ((ended.claims, worlds[1]), (over.claims, worlds[0])):
        with pytest.raises(CertificateError):
            system.auditor.check(replace(claims, worlds=(world,)))
    endless = World(scenario("outage s2"))
    (block,) = solve_worlds(system, [endless])
    with pytest.raises(CertificateError):
        system.auditor.check(replace(block.claims, worlds=(worlds[0],)))


def buffered(rng: random.Random, built: Estate) -> Estate:
    """The same estate with more buffers, some of which add up to no round number of hours."""
    relations = []
    for relation in built.relations.values():
        if relation.verb in LEANT_ON and rng.random() < 0.8:
            said = {
                "buffer_h": rng.choice((0.1, 0.2, 0.3, 1.0, 2.0, 3.0, 8.0)),
                "dependency": rng.choice(("hard", "soft")),
            }
            relation = relation.model_copy(update=said)
        relations.append(relation)
    things = Loaded(
        entities=tuple(built.entities.values()), relations=tuple(relations), zones=tuple(built.zones.values())
    )
    return Estate.build([things])


def leaning(rng: random.Random) -> Estate:
    """Services that lean on one another with buffers, on several of which some may be spared."""
    names = [f"s{number}" for number in range(9)]
    drawn = []
    for one in names * 2:
        on = sorted(rng.sample(names, rng.choice((1, 1, 2, 3))))
        said = f"at_least={rng.randint(1, len(on))} buffer_h={rng.choice((0, 0.1, 1, 2.5, 6))}"
        drawn.append(f"depends_on:{one}>{'+'.join(on)} {said}")
    return estate(*drawn)


def outage(rng: random.Random, built: Estate) -> Scenario:
    """A scenario in which something is out for some hours."""
    fit = [entity.id for entity in built.entities.values() if entity.kind in SEED_KINDS["outage"]]
    some = {
        "outage": tuple(rng.sample(fit, min(len(fit), 2))),
        "hours": rng.choice((0.0, 0.3, 1.0, 3.0, 5.0, 15.0, 50.0)),
    }
    return random_scenario(rng, built).model_copy(update=some)


def come_in(block: Solved, world: int) -> dict[Fact, float]:
    """The hour in which each fact comes in a world of a block, as it is claimed."""
    claims = block.claims
    hours = np.where(unpacked(claims.words, len(block.places))[:, world], 0.0, np.inf)
    for hour, rows, bits in claims.late:
        hours[rows[unpacked(bits, len(block.places))[:, world]]] = hour
    named = zip(claims.entity.tolist(), claims.capability.tolist(), hours[claims.row].tolist(), strict=True)
    return {
        Fact(claims.names[int(name)], tuple(Capability)[int(number)]): hour
        for name, number, hour in named
        if hour < np.inf
    }
