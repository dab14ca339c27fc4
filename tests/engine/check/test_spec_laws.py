"""What must be so of the rules whatever the estate: more assumed is more reached, and sooner."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import pairwise
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from blastradius.engine.check.spec import arrivals, arrivals_at, spec
from blastradius.estate import Estate
from blastradius.model import SEEDS, Basis, ControlKind, Kind, Level, Scenario, Verb
from blastradius.rules import placements
from tests.counts import examples
from tests.engine.random_estates import random_estate, random_scenario

PLACES = placements()
GRANTS_MORE = {ControlKind.NON_EXPORTABLE}
"""What cannot be copied is driven where it is handed out (R17), which counts for more at an allow-list."""
Law = Callable[[int], None]


def law(test: Callable[[random.Random, Estate, Scenario], None]) -> Law:
    """A law of an estate and a scenario, on random ones."""

    @examples(1 / 10)
    @given(st.integers(0, 2**40))
    def tried(seed: int) -> None:
        rng = random.Random(seed)
        estate = random_estate(rng)
        test(rng, estate, random_scenario(rng, estate))

    tried.__name__, tried.__doc__ = test.__name__, test.__doc__
    return tried


def reaches_no_less(estate: Estate, narrow: Scenario, wide: Scenario) -> None:
    """All that is reached in one scenario is reached in the other, at the same levels or lower, and no later."""
    less, more = spec(estate, narrow), spec(estate, wide)
    assert {str(fact): level for fact, level in less.items() if more.get(fact, Level.LATERAL + 1) > level} == {}
    sooner, later = (arrivals_at(estate, asked, narrow.assume) for asked in (wide, narrow))
    assert {str(fact): at for fact, at in later.items() if sooner.get(fact, inf) > at} == {}


def _also(asked: Scenario, **more: object) -> Scenario:
    return asked.model_copy(update=more)


@law
def test_more_seeds_reach_no_less(rng: random.Random, estate: Estate, asked: Scenario) -> None:
    other = random_scenario(rng, estate)
    seeds = {way: (*getattr(asked, way), *getattr(other, way)) for way in SEEDS}
    reaches_no_less(estate, asked, _also(asked, **seeds, anyone=asked.anyone or other.anyone))


@law
def test_a_higher_level_reaches_no_less(rng: random.Random, estate: Estate, asked: Scenario) -> None:
    for lower, higher in pairwise(arrivals_at(estate, asked, level) for level in Level):
        assert {str(fact) for fact, at in lower.items() if higher.get(fact, inf) > at} == set()


@law
def test_every_level_at_once_is_each_by_itself(rng: random.Random, estate: Estate, asked: Scenario) -> None:
    by_level = arrivals(estate, asked)
    assert by_level == {level: arrivals_at(estate, asked, level) for level in Level if level <= asked.assume}


@law
def test_an_outage_of_so_many_hours_leaves_out_what_comes_later(
    rng: random.Random, estate: Estate, asked: Scenario
) -> None:
    whole = arrivals_at(estate, _also(asked, hours=None), asked.assume)
    for hours in (0.0, 4.0, 5.0, 15.0):
        limited = arrivals_at(estate, _also(asked, hours=hours), asked.assume)
        assert limited == {fact: at for fact, at in whole.items() if at < hours or at == 0}


@law
def test_more_distrust_reaches_no_less(rng: random.Random, estate: Estate, asked: Scenario) -> None:
    more = rng.choice([*estate.controls, *ControlKind])
    reaches_no_less(estate, asked, _also(asked, distrust=(*asked.distrust, more)))


@law
def test_a_weaker_basis_reaches_no_less(rng: random.Random, estate: Estate, asked: Scenario) -> None:
    for better, weaker in pairwise(Basis):
        reaches_no_less(estate, _also(asked, basis=better), _also(asked, basis=weaker))


@law
def test_a_longer_outage_reaches_no_less(rng: random.Random, estate: Estate, asked: Scenario) -> None:
    short, long = sorted(rng.sample((0.0, 1.0, 4.0, 5.0, 8.0, 10.0, 14.0, 40.0), 2))
    reaches_no_less(estate, _also(asked, hours=short), _also(asked, hours=long))
    reaches_no_less(estate, _also(asked, hours=long), _also(asked, hours=None))


@law
def test_nothing_changed_changes_nothing(rng: random.Random, estate: Estate, asked: Scenario) -> None:
    assert spec(estate.changed(), asked) == spec(estate, asked)
    assert spec(estate.changed(without=(), controls=()), asked) == spec(estate, _also(asked, without=(), controls=()))


@law
def test_a_control_put_in_place_reaches_no_more(rng: random.Random, estate: Estate, asked: Scenario) -> None:
    places = list(_places(estate))
    if places:
        reaches_no_less(estate, _also(asked, controls=(rng.choice(places),)), asked)


def _places(estate: Estate) -> Iterator[str]:
    """Every control that may be put somewhere, as ``kind@host``."""
    for kind, (kinds, verbs) in PLACES.items():
        if kind not in GRANTS_MORE:
            yield from (f"{kind}@{entity.id}" for entity in estate.entities.values() if entity.kind in kinds)
            yield from (f"{kind}@{relation.id}" for relation in estate.relations.values() if relation.verb in verbs)


@law
def test_a_seed_on_a_whole_is_a_seed_on_its_parts(rng: random.Random, estate: Estate, asked: Scenario) -> None:
    parts = {way: (*names, *_parts(estate, names)) for way in SEEDS if (names := getattr(asked, way))}
    assert spec(estate, _also(asked, **parts)) == spec(estate, asked)


def _parts(estate: Estate, names: tuple[str, ...]) -> list[str]:
    """All parts of some things, of their parts, and so on."""
    found = list(names)
    for name in found:
        found += [
            r.sources[0] for r in estate.by_verb[Verb.PART_OF] if r.targets[0] == name and r.sources[0] not in found
        ]
    return found[len(names) :]


@law
def test_a_zone_is_its_services_and_stores(rng: random.Random, estate: Estate, asked: Scenario) -> None:
    """An attacker is one even where the zone he is in has nothing in it."""
    spelt = {way: tuple(_spelt(estate, getattr(asked, way))) for way in SEEDS}
    attacker = any(getattr(asked, way) for way in SEEDS if way not in ("wrong", "outage"))
    assert spec(estate, _also(asked, **spelt, anyone=asked.anyone or attacker)) == spec(estate, asked)


def _spelt(estate: Estate, names: tuple[str, ...]) -> Iterator[str]:
    """Things, and for each zone what lies in it."""
    for name in names:
        if name in estate.zones:
            inside = (*estate.of_kind(Kind.SERVICE), *estate.of_kind(Kind.STORE))
            yield from (entity.id for entity in inside if entity.zone == name)
        else:
            yield name
