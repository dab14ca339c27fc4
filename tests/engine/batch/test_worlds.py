"""Many worlds at once hold the same facts as the spec finds one by one, and the audit accepts them and nothing else."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import blastradius.engine.compile as compiling
from blastradius.engine import (
    SEED_KINDS,
    PreparedEstate,
    Proposal,
    World,
    check_worlds,
    compile_system,
    propose,
    solve_worlds,
)
from blastradius.engine.batch import fill_numpy
from blastradius.engine.batch.frame import Frame
from blastradius.engine.batch.solve import Solved
from blastradius.engine.check.spec import spec
from blastradius.errors import CertificateError, InputError, UsageError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Capability, Control, ControlKind, Credential, Fact, Level, Party, Relation, Scenario, Verb
from blastradius.rules import RULES
from tests.counts import examples, few
from tests.engine.bugs import TABLE_BUGS, golden_worlds
from tests.engine.random_estates import (
    PLACES,
    facts_in,
    facts_of_worlds,
    random_controls,
    random_estate,
    random_relations,
    random_scenario,
)
from tests.engine.test_rules_needed import CONTROL_CASES, RULE_CASES, estate, fact, scenario
from tests.engine.test_seeded_bugs import worlds as bug_worlds

ENGINES: tuple[Literal["numpy", "fast"], ...] = ("numpy", "fast")
Engine = Literal["numpy", "fast"]
solving = sys.modules["blastradius.engine.batch.solve"]
compare = sys.modules["blastradius.engine.check.audit.compare"]


def solved(built: Estate, worlds: list[World], engine: Engine = "numpy") -> dict[int, set[Fact]]:
    """The facts of each world, audited."""
    found: dict[int, set[Fact]] = {}
    for block in solve_worlds(compile_system(built), worlds, engine=engine):
        check_worlds(built, block)
        found |= dict(zip(block.places.tolist(), facts_of_worlds(block), strict=True))
    assert sorted(found) == list(range(len(worlds)))
    return found


@pytest.mark.slow
@examples()
@given(st.integers(0, 2**40))
def test_worlds_agree_with_the_spec(seed: int) -> None:
    """An estate, and two scenarios at once: both engines hold what the spec finds."""
    rng = random.Random(seed)
    built = random_estate(rng)
    asked = [random_scenario(rng, built) for _ in range(2)]
    wanted = {place: set(spec(built, each)) for place, each in enumerate(asked)}
    for engine in ENGINES:
        assert solved(built, [World(each) for each in asked], engine) == wanted, (engine, asked)


@pytest.mark.slow
@pytest.mark.parametrize("first", few(range(0, 400, 20), 1))
def test_what_large_estates_are_spared_changes_nothing(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are filled anew one by one, and instances checked a few at a time, as neither is in a small estate."""
    monkeypatch.setattr(fill_numpy, "_SMALL", -1)
    monkeypatch.setattr(fill_numpy, "_FEW", 1)
    monkeypatch.setattr(compare, "_CHUNK", 3)
    for seed in range(first, first + 20):
        rng = random.Random(seed)
        built = random_estate(rng)
        asked = [random_scenario(rng, built) for _ in range(70)]
        found = solved(built, [World(each) for each in asked], "numpy")
        assert all(found[place] == set(spec(built, each)) for place, each in enumerate(asked)), seed


def test_degenerate_estates_are_among_the_random_ones() -> None:
    """The generator makes what is at the edge as well."""
    found: set[str] = set()
    for seed in range(300):
        built = random_estate(random.Random(seed))
        found |= set(edges(built, random_scenario(random.Random(seed), built)))
    assert found == {"empty", "alone", "no relation", "no seed", "to itself", "there and back", "open", "guarded"}


def edges(built: Estate, asked: Scenario) -> Iterator[str]:
    """What is degenerate about an estate and a scenario."""
    relations = list(built.relations.values())
    ends = {(relation.sources, relation.targets) for relation in relations}
    may = [relation for relation in relations if any(relation.verb in verbs for _, verbs in PLACES.values())]
    for name, there in (
        ("empty", not built.entities),
        ("alone", len(built.entities) == 1),
        ("no relation", len(built.entities) > 1 and not relations),
        ("no seed", not any(getattr(asked, way) for way in SEED_KINDS)),
        ("to itself", any(relation.sources[0] in relation.targets for relation in relations)),
        ("there and back", any((targets, sources) in ends and targets != sources for sources, targets in ends)),
        ("open", len(relations) > 5 and not built.controls),
        ("guarded", len(may) > 5 and all(each.controls for each in may)),
    ):
        if there:
            yield name


def changed(built: Estate, world: World) -> Estate:
    """The estate of a world written out: without its relations, with its controls."""
    return built.changed(without=world.without, controls=[f"{kind}@{host}" for kind, host in world.controls])


@examples(1 / 8)
@given(st.integers(0, 2**40))
def test_changed_worlds_agree_with_the_estate_written_out(seed: int) -> None:
    """Relations taken away and controls put in place, some in one world and some in another."""
    rng = random.Random(seed)
    built = random_estate(rng)
    asked = random_scenario(rng, built).model_copy(update={"distrust": ()})
    worlds = [World(asked, random_relations(rng, built), random_controls(rng, built)) for _ in range(4)]
    found = solved(built, worlds, rng.choice(ENGINES))
    for place, world in enumerate(worlds):
        assert found[place] == set(spec(changed(built, world), asked)), world


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("seed", few(range(12), 2))
def test_worlds_in_many_blocks(seed: int, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Worlds that fill several blocks of 64, each block with relations, controls and distrust of its own."""
    monkeypatch.setattr(solving, "WORDS", 1)
    rng = random.Random(seed)
    built = random_estate(rng)
    worlds = []
    for number in range(200):
        asked = random_scenario(rng, built).model_copy(update={"hours": None, "assume": Level.TAKEOVER})
        changes = (random_relations(rng, built), random_controls(rng, built)) if number % 2 else ((), ())
        worlds.append(World(asked.model_copy(update={"distrust": ()}) if number % 2 else asked, *changes))
    found = solved(built, worlds, engine)
    for place, world in enumerate(worlds):
        assert found[place] == set(spec(changed(built, world), world.scenario)), world


@examples(1 / 8)
@example(123580)  # facts that lead to each other and are all seeded, from which more follows
@given(st.integers(0, 2**40))
def test_a_proposal_agrees_with_the_estate_that_has_it(seed: int) -> None:
    """A new key for somebody, or a grant more: before as it was, after as if it had been there."""
    rng = random.Random(seed)
    built = random_estate(rng)
    relations, entities = _proposed(rng, built)
    proposal = propose(compile_system(built), relations, entities)
    after = Estate.build(
        [
            Loaded(
                entities=(*built.entities.values(), *entities),
                relations=(*built.relations.values(), *relations),
                zones=tuple(built.zones.values()),
            )
        ]
    )
    asked = [random_scenario(rng, built) for _ in range(3)]
    worlds = [World(each, proposed=proposed) for each in asked for proposed in (False, True)]
    for block in solve_worlds(compile_system(built), worlds, proposal=proposal, engine=rng.choice(ENGINES)):
        check_worlds(built, block, proposal.estate)
        for place, held in zip(block.places.tolist(), facts_of_worlds(block), strict=True):
            world = worlds[place]
            wanted = set(spec(after if world.proposed else built, world.scenario))
            known = {found for found in held if found.entity in built.entities}
            assert known == {found for found in wanted if found.entity in built.entities}, world


@examples(1 / 8)
@given(st.integers(0, 2**40))
def test_batches_over_one_system_answer_like_fresh_ones(seed: int) -> None:
    """Whatever was asked before, in whatever order and split: no answer depends on it."""
    rng = random.Random(seed)
    built = random_estate(rng)
    system = compile_system(built)
    parts = _proposed(rng, built)
    proposals = (None, propose(system, *parts))
    engine = rng.choice(ENGINES)
    levels, changes = random_scenario(rng, built), [random_relations(rng, built) for _ in range(2)]
    controls = [random_controls(rng, built) for _ in range(2)]
    both = (changes[0] + changes[1], tuple({host: (kind, host) for kind, host in controls[0] + controls[1]}.values()))
    for _ in range(4):
        asked = []
        for _ in range(rng.choice((1, 2, 2, 3))):
            without, added = rng.choice((*zip(changes, controls, strict=True), both, ((), ())))
            scenario = rng.choice((levels, random_scenario(rng, built)))
            asked.append(World(scenario, without, added, proposed=rng.random() < 0.3))
        proposal = rng.choice(proposals)
        if proposal is None:
            asked = [each._replace(proposed=False) for each in asked]
        fresh = compile_system(built)
        again = None if proposal is None else propose(fresh, *parts)
        assert _answers(system, asked, proposal, engine) == _answers(fresh, asked, again, engine), asked


def _answers(
    system: PreparedEstate, asked: list[World], proposal: Proposal | None, engine: Engine
) -> dict[int, set[Fact]]:
    return {
        place: held
        for block in solve_worlds(system, asked, proposal=proposal, engine=engine)
        for place, held in zip(block.places.tolist(), facts_of_worlds(block), strict=True)
    }


def _proposed(rng: random.Random, built: Estate) -> tuple[tuple[Relation, ...], tuple[Credential, ...]]:
    holders = [entity.id for entity in built.entities.values() if entity.kind in ("party", "service")]
    keys = [entity.id for entity in built.entities.values() if entity.kind == "credential"]
    granted = [entity.id for entity in built.entities.values() if entity.kind in ("scope", "operation")]
    new = Credential(id="new key", controls=(Control(kind=ControlKind.IP_ALLOWLIST),) if rng.random() < 0.3 else ())
    relations = [Relation(verb=Verb.HOLDS, sources=(rng.choice(holders),), targets=("new key",))] if holders else []
    if granted:
        sources = sorted(rng.sample([*keys, "new key"], min(len(keys) + 1, rng.choice((1, 1, 2)))))
        relations.append(Relation(verb=Verb.GRANTS, sources=tuple(sources), targets=(rng.choice(granted),)))
    fresh = tuple(relation for relation in relations if relation.id not in built.relations)
    return fresh, (new,) if any("new key" in (*each.sources, *each.targets) for each in fresh) else ()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.slow
def test_every_rule_and_control_in_many_worlds(engine: Engine) -> None:
    """The cases of one world at a time, repeated until they fill more than a machine word."""
    for _, built, seed, expected in RULE_CASES:
        worlds = [World(scenario(seed, level)) for level in Level] * 40
        found = solved(built, worlds, engine)
        for place, world in enumerate(worlds):
            assert found[place] == set(spec(built, world.scenario))
        assert fact(expected) in found[3]
    for kind, relations, entities, host, seed, expected in CONTROL_CASES:
        built = estate(*relations, entities=entities)
        closed = solved(built, [World(scenario(seed)), World(scenario(seed), controls=((kind, host),))], engine)
        assert fact(expected) in closed[0]
        assert fact(expected) not in closed[1]


@pytest.mark.parametrize("engine", ENGINES)
def test_degenerate_estates(engine: Engine) -> None:
    assert solved(Estate.build([Loaded()]), [World(Scenario())] * 70, engine) == {place: set() for place in range(70)}
    assert solved(Estate.build([Loaded()]), [], engine) == {}
    alone = Estate.build([Loaded(entities=(Party(id="p"),))])
    assert Fact("p", Capability.CONTROL) in solved(alone, [World(scenario("compromise p"))], engine)[0]
    itself = estate("connects:s>s", "derives_from:d>d", "depends_on:s>s")
    assert solved(itself, [World(scenario("compromise s breach d"))], engine)[0] == set(
        spec(itself, scenario("compromise s breach d"))
    )
    blocked = estate("grants:k>o", controls={"k": Control(kind=ControlKind.REVOKED)})
    assert solved(blocked, [World(scenario("leak k"))], engine)[0] == {fact("possess(k)")}


@pytest.mark.slow
@pytest.mark.parametrize("feeds", [2, 3, 5, 9, 40])
def test_quorums_of_any_size(feeds: int) -> None:
    """Both engines count as the spec does, feeds wrong and down in all ways; large ones against each other."""
    names = [f"f{n}" for n in range(feeds)]
    rng = random.Random(feeds)
    built = estate(
        f"consumes:s>{'+'.join(names)} vote_min={rng.randint(1, feeds)}", f"depends_on:b>{'+'.join(names)} at_least=2"
    )
    worlds = []
    for _ in range(130):
        wrong, down = rng.sample(names, rng.randint(0, feeds)), rng.sample(names, rng.randint(0, feeds))
        worlds.append(World(Scenario(wrong=tuple(wrong), outage=tuple(down))))
    one, other = (solved(built, worlds, engine) for engine in ENGINES)
    assert one == other
    if feeds < 6:
        assert all(one[place] == set(spec(built, world.scenario)) for place, world in enumerate(worlds))


def test_memory_is_asked_for_before_rows_are_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of so many words, and half as much to work with."""
    asked: list[int] = []
    monkeypatch.setattr(solving, "require", lambda amount, *_: asked.append(amount))
    (block,) = solve_worlds(compile_system(estate("connects:s>s2")), [World(scenario("compromise s"))] * 65)
    assert asked == [block.state.nbytes * 3 // 2]
    assert block.state.shape == (block.network.rows, 2)


@pytest.mark.parametrize(
    "name", few((name for name in TABLE_BUGS if name != "a step counts for two"), 2)
)  # hops are apart
def test_the_audit_catches_a_wrong_rule(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "RULES", TABLE_BUGS[name])
    assert audited(name.partition(" ")[0]) is False


def test_the_audit_refuses_what_no_rule_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that gives besides what it should something that no rule ever speaks of."""
    extra = {
        rule.id: rule._replace(flows=(*rule.flows, rule.flows[0]._replace(gives=(rule.flows[0].gives[0], gained))))
        for rule, gained in ((each, Capability.OPERATE) for each in RULES if each.id == "R13")
    }
    monkeypatch.setattr(compiling, "RULES", tuple(extra.get(each.id, each) for each in RULES))
    built = estate("reads:s>d")
    (block,) = solve_worlds(compile_system(built), [World(scenario("compromise s"))])
    assert fact("operate(d)") in facts_in(block, 0)
    with pytest.raises(CertificateError, match=r"operate\(d\) is claimed, and no rule gives it here"):
        check_worlds(built, block)


@pytest.mark.slow
def test_the_audit_accepts_a_right_engine() -> None:
    assert audited() is True


def audited(rule: str | None = None) -> bool:
    """Whether the audit accepts what the engine says of many worlds, at all levels; that of a rule is tried first."""
    try:
        for built, asked in (*golden_worlds(rule), *bug_worlds()):
            contour = [World(asked.model_copy(update={"assume": level})) for level in Level]
            solved(built, contour, "fast" if len(built.entities) % 2 else "numpy")
    except CertificateError:
        return False
    return True


def block() -> tuple[Estate, Solved]:
    """Some worlds in which much is reached."""
    built = estate("owns:p>s", "reads:s>d", "contains:d>k", "grants:k>o", "writes:o>d2", "informs:d2>b")
    worlds = [World(scenario("compromise p", level)) for level in Level]
    return built, next(iter(solve_worlds(compile_system(built), worlds, engine="numpy")))


def test_the_audit_refuses_one_bit_more_or_less() -> None:
    """Every single bit of what is claimed matters, set or not set."""
    built, right = block()
    check_worlds(built, right)
    refused = 0
    for row, bit in np.ndindex(right.state.shape[0], len(right.worlds)):
        if row not in right.network.places:
            continue  # a row of several premises together is no claim
        state = right.state.copy()
        state[row, 0] ^= np.uint64(1 << bit)
        with pytest.raises(CertificateError):
            check_worlds(built, replace(right, state=state))
        refused += 1
    assert refused > 20


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("relations", "hosts"),
    [
        (("connects:s1>s2", "connects:s2>s1"), ()),
        (("connects:s1>s2", "connects:s2>s1"), ("connects:s1>s2", "connects:s2>s1")),
        (("connects:s1>s2", "connects:s2>s3", "connects:s3>s1"), ("connects:s1>s2", "connects:s3>s1")),
        (("connects:s1>s1",), ("connects:s1>s1",)),
    ],
)
def test_the_audit_refuses_what_only_follows_from_itself(
    relations: tuple[str, ...], hosts: tuple[str, ...], engine: Engine
) -> None:
    """Services that fall by each other are claimed where nobody starts, though each of them follows from the rest."""
    built = estate(*relations, controls={host: Control(kind=ControlKind.SEGMENTED) for host in hosts})
    system = compile_system(built)
    somebody, nobody = (scenario(seed, distrust=("segmented",), anyone=True) for seed in ("compromise s1", ""))
    right, *_ = solve_worlds(system, [World(somebody)], engine=engine)
    check_worlds(built, right)
    with pytest.raises(CertificateError, match="does not follow from the seeds"):
        check_worlds(built, replace(right, frame=Frame(system, [World(nobody)])))


@pytest.mark.parametrize("engine", ENGINES)
def test_what_takes_two_keys_follows_from_both_and_not_from_one(engine: Engine) -> None:
    """Where the operation hands out the very keys that open it, one of them is no beginning."""
    built = estate("grants:k1+k2>o", "issues:o>k1", "issues:o>k2")
    system = compile_system(built)
    both, one = (World(scenario(seed)) for seed in ("leak k1 leak k2", "leak k1"))
    assert [fact("use(o)") in found for found in solved(built, [both, one], engine).values()] == [True, False]
    right, *_ = solve_worlds(system, [both], engine=engine)
    with pytest.raises(CertificateError, match="does not follow from the seeds"):
        check_worlds(built, replace(right, frame=Frame(system, [one])))


@pytest.mark.parametrize("seed", ["compromise s", "compromise s compromise s9"])
def test_a_check_of_ours_takes_the_place_of_one_that_falls_with_who_provides_it(seed: str) -> None:
    theirs = {"o": Control(kind=ControlKind.APPROVAL, provided_by="s9")}
    built, asked = estate("serves:s>o", "controls:o>s2", "grants:k>o", controls=theirs), scenario(seed)
    worlds = [World(asked), World(asked, controls=((ControlKind.APPROVAL, "o"),))]
    assert solved(built, worlds) == {place: set(spec(changed(built, it), asked)) for place, it in enumerate(worlds)}


@pytest.mark.parametrize(("distrust", "stops"), [((), True), (("segmented",), False), (("pam",), True)])
def test_what_is_put_in_place_and_distrusted_stops_nothing(distrust: tuple[str, ...], *, stops: bool) -> None:
    world = World(scenario("compromise s", distrust=distrust), controls=((ControlKind.SEGMENTED, "s2"),))
    (found,) = solved(estate("connects:s>s2"), [world]).values()
    assert (fact("control(s2)") not in found) == stops


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("step", [1, -1])
def test_a_large_circle_with_a_beginning_of_its_own_in_each_world(step: int, engine: Engine) -> None:
    """Each service falls by the next one and is where one world starts, so that hundreds of sets of worlds come up."""
    names = [f"s{n:03}" for n in range(150)]
    walks = [f"connects:{one}>{names[(n + step) % 150]}" for n, one in enumerate(names)]
    built = estate(*walks, controls={walk: Control(kind=ControlKind.SEGMENTED) for walk in walks})
    worlds = [World(scenario(f"compromise {name}", distrust=("segmented",))) for name in names]
    assert all(
        Fact(name, Capability.CONTROL) in found for found in solved(built, worlds, engine).values() for name in names
    )
    right, *_ = solve_worlds(compile_system(built), worlds, engine=engine)
    elsewhere = [*worlds[:-1], World(scenario("compromise s000", distrust=()))]
    with pytest.raises(CertificateError, match="does not follow from the seeds"):
        check_worlds(built, replace(right, frame=Frame(right.frame.system, elsewhere)))


def test_stale_condition_variables_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solving, "_ASSUMED", {})
    assert audited() is False


def test_a_world_that_names_what_is_not_there() -> None:
    built = estate("owns:p>s")
    for world, says in (
        (World(Scenario(compromise=("q",))), "'q' is not in the estate"),
        (World(Scenario(), without=("owns:p>t",)), "did you mean 'owns:p>s'"),
        (World(Scenario(), controls=((ControlKind.PAM, "t"),)), "is no entity and no relation"),
        (World(Scenario(distrust=("validatd",))), "did you mean 'validated'"),
    ):
        with pytest.raises(UsageError, match=says):
            list(solve_worlds(compile_system(built), [world]))


def test_a_proposal_that_names_what_is_not_there() -> None:
    system = compile_system(estate("grants:k>c"))
    with pytest.raises(InputError, match="'nobody' is not declared"):
        propose(system, [Relation(verb=Verb.HOLDS, sources=("nobody",), targets=("k",))])
    with pytest.raises(UsageError, match="'permits' cannot be proposed"):
        propose(system, [Relation(verb=Verb.PERMITS, sources=("c",), targets=("o",))])


def test_more_memory_than_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    system = compile_system(estate("owns:p>s", "reads:s>d"))
    monkeypatch.setattr("blastradius.memory.free_memory", lambda: 100)
    with pytest.raises(UsageError, match=r"rows in 64 worlds at once need .* GB, and .* GB are free; ask of a smaller"):
        list(solve_worlds(system, [World(scenario("compromise p"))]))
    with pytest.raises(UsageError, match=r"the steps of 2 relations need 0.0 GB, and 0.0 GB are free; leave out"):
        compile_system(system.estate)
