"""What the checker of many worlds reads: its table, which grows as it begins, and what a what-if closes in it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest

from blastradius.engine import World, compile_system, solve_worlds
from blastradius.engine.check.audit import Auditor
from blastradius.engine.check.audit.instance_table import InstanceTable, packed
from blastradius.engine.check.audit.what_ifs import WhatIfs
from blastradius.engine.check.capabilities import all_included
from blastradius.engine.check.rule_instances import RuleInstance, RuleInstances, all_instances
from blastradius.engine.check.rule_instances.instance import UNGUARDED
from blastradius.engine.check.spec import spec
from blastradius.errors import CertificateError
from blastradius.model import Basis, Capability, Fact, Level, Scenario
from tests.engine.check.test_certificate import SMALL
from tests.engine.random_estates import facts_of_worlds, random_controls, random_estate
from tests.engine.short import estate, scenario

Row = tuple[object, ...]


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_table_that_grows_is_the_table_of_all(share: float) -> None:
    """Instances are added one at a time or come in columns; each is what it is, and what facts include is the same."""
    included = 0
    for built in (*(random_estate(random.Random(seed)) for seed in range(10)), *(built for built, _ in SMALL.values())):
        known = list(all_instances(built))
        some = known[: int(share * len(known))]
        whole, begun = (InstanceTable.of(RuleInstances.of(built, instances)) for instances in (known, some))
        grown = begun.with_proposal(known[len(some) :])
        rows, of_whole = (Counter(_rows(table)) for table in (grown, whole))
        assert rows - _included(rows) == of_whole - _included(of_whole)
        assert _closure(_included(rows)) == _closure(_included(of_whole))
        proposed = np.array([conditions.proposed for conditions in grown.known_conditions])
        assert np.count_nonzero(proposed[grown.instances.conditions]) == len(known) - len(some)
        included += len(_included(rows))
    assert included > 100


def _rows(table: InstanceTable) -> Iterator[Row]:
    """Each instance of a table with facts by their names, whether or not it is of a proposal."""
    names, capabilities = list(table.entities), tuple(Capability)
    entity, capability = (column.tolist() for column in table.facts)
    facts = [Fact(names[name], capabilities[number]) for name, number in zip(entity, capability, strict=True)]
    assert len(set(facts)) == table.count
    known, instances = list(table.known_conditions), table.instances
    for number in range(len(instances)):
        one = instances.take(np.array([number]))
        lists = [tuple(facts[fact] for fact in some.values.tolist()) for some in (one.required, one.counted)]
        conditions = known[int(one.conditions[0])]._replace(proposed=False)
        conclusion = facts[int(one.conclusion[0])]
        yield tuple(sorted(lists[0])), lists[1], conclusion, int(one.least[0]), conditions, float(one.waits[0])


def _included(rows: Counter[Row]) -> Counter[Row]:
    """Those of what facts include: about one entity, with one premise that is no stepping stone's."""
    return Counter({row: count for row, count in rows.items() if _includes(row)})


def _includes(row: Row) -> bool:
    required, counted, conclusion, least, conditions, _ = row
    assert isinstance(required, tuple)
    assert isinstance(conclusion, Fact)
    plain = (counted, least) == ((), 0) and tuple(conditions) == (1, Basis.OBSERVED, False, False)  # type: ignore[arg-type]
    return plain and len(required) == 1 and conclusion.capability in all_included(required[0].capability)[1:]


def _closure(included: Counter[Row]) -> set[tuple[Fact, Fact]]:
    """Which fact includes which, directly or by way of others."""
    graph = nx.DiGraph([(required[0], conclusion) for required, _, conclusion, *_ in included])  # type: ignore[index]
    return set(nx.transitive_closure(graph).edges)


def described(instance: RuleInstance) -> tuple[object, ...]:
    """All that an instance says, but for where controls of ours would stop it."""
    return *instance._replace(guards=UNGUARDED), *sorted(placed.id for placed in instance.guards.placed)


def lasting(instances: Iterable[RuleInstance]) -> Counter[tuple[object, ...]]:
    """Instances that do not go with what they stand on: no stepping stones, no falls of controls."""
    return Counter(described(instance) for instance in instances if instance.hop and instance.rule != "R14")


def test_a_relation_that_is_taken_away_closes_what_an_estate_without_it_has_not() -> None:
    tried = closed_by_some = 0
    for seed in range(12):
        rng = random.Random(seed)
        built = random_estate(rng)
        what_ifs, known = WhatIfs(built), list(all_instances(built))
        for relation in rng.sample(list(built.relations), min(4, len(built.relations))):
            world = World(Scenario(), without=(relation,))
            if not what_ifs.make_another_estate(world):
                closed = set(what_ifs.closed_in(world).tolist())
                left = [instance for number, instance in enumerate(known) if number not in closed]
                assert lasting(left) == lasting(all_instances(built.changed(without=(relation,)))), relation
                tried += 1
                closed_by_some += bool(closed)
    assert tried > 20
    assert closed_by_some > 10


def test_a_control_that_is_put_in_place_closes_what_it_stops_in_an_estate_that_has_it() -> None:
    tried = closed_by_some = 0
    for seed in range(40):
        rng = random.Random(seed)
        built = random_estate(rng)
        what_ifs, known = WhatIfs(built), list(all_instances(built))
        for kind, host in random_controls(rng, built):
            world, name = World(Scenario(), controls=((kind, host),)), f"{kind}@{host}"
            if what_ifs.make_another_estate(world):
                continue
            found = all_instances(built.changed(controls=(name,)))
            stopped = [it for it in found if any(placed.id == name for placed in it.guards.placed)]
            closed = [known[number] for number in sorted(set(what_ifs.closed_in(world).tolist()))]
            assert Counter(map(described, closed)) == Counter(described(_without(name, it)) for it in stopped)
            distrusted = [world._replace(scenario=Scenario(distrust=(word,))) for word in (kind, name, "pam@moon")]
            counts = [len(what_ifs.closed_in(each)) for each in (*distrusted, world)]
            assert counts[:2] == [0, 0]
            assert counts[2] == counts[3]
            tried += 1
            closed_by_some += bool(closed)
    assert tried > 20
    assert closed_by_some > 10


def _without(name: str, instance: RuleInstance) -> RuleInstance:
    placed = tuple(placed for placed in instance.guards.placed if placed.id != name)
    return instance._replace(guards=instance.guards._replace(placed=placed))


@pytest.mark.parametrize("name", SMALL)
def test_of_a_small_estate_each_bit_of_each_fact_matters(name: str) -> None:
    """At each level: what is right is accepted, and refused is what says more or less of any fact in any world."""
    built, asked = SMALL[name]
    worlds = [World(asked.model_copy(update={"assume": level})) for level in Level if level <= asked.assume]
    auditor = Auditor(built)
    (block,) = solve_worlds(compile_system(built), worlds, engine="numpy")
    claims = block.claims
    auditor.check(claims, worlds)
    assert facts_of_worlds(block) == [set(spec(built, world.scenario)) for world in worlds]
    words = np.concatenate([claims.words, claims.words[claims.row]])  # a row of its own for each fact
    apart = replace(claims, words=words, row=np.arange(len(claims.words), len(words)), late=())
    for place, world in np.ndindex(len(claims.row), len(worlds)) if not claims.late else ():
        wrong = words.copy()
        wrong[apart.row[place], 0] ^= np.uint64(1 << world)
        with pytest.raises(CertificateError):
            auditor.check(replace(apart, words=wrong))


def test_what_is_said_of_each_of_very_many_worlds_is_looked_at() -> None:
    """Of more than a word of worlds each begins somewhere else, and what is said of one is not said of another."""
    names = [f"s{number}" for number in range(70)]
    built = estate(*(f"reads:{name}>d" for name in names), "informs:d>b")
    worlds = [World(scenario(f"compromise {name}", Level.GRANTED)) for name in names]
    auditor = Auditor(built)
    (block,) = solve_worlds(compile_system(built), worlds, engine="numpy")
    claims = block.claims
    assert claims.words.shape[1] == 2
    auditor.check(claims, worlds)
    for one, other in ((0, 64), (63, 64), (64, 65), (5, 69)):
        exchanged = list(worlds)
        exchanged[one], exchanged[other] = exchanged[other], exchanged[one]
        with pytest.raises(CertificateError, match=f"in the world of .*'{names[one]}'|.*'{names[other]}'"):
            auditor.check(replace(claims, worlds=tuple(exchanged)))
    for world in (0, 63, 64, 69):
        words = claims.words.copy()
        words[:, world // 64] &= ~np.uint64(1 << world % 64)
        with pytest.raises(CertificateError, match=f"follows and is not claimed, in the world of .*'{names[world]}'"):
            auditor.check(replace(claims, words=words))


@pytest.mark.parametrize("count", [1, 63, 64, 65, 128, 129])
def test_each_world_has_a_bit_and_no_word_is_without_one(count: int) -> None:
    flags = np.array([number % 3 == 0 for number in range(count)])
    words = packed(flags).tolist()
    assert len(words) == (count - 1) // 64 + 1
    assert [bool(words[number // 64] >> number % 64 & 1) for number in range(64 * len(words))] == [
        *flags.tolist(),
        *([False] * (64 * len(words) - count)),
    ]
