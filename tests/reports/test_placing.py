"""Which controls would keep most out of reach: of random estates those that are best when all are solved."""

from __future__ import annotations

import random

import pytest

from blastradius.engine import Reach, ScenarioParams, World, plain, solve
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Kind, Relation, Scenario, Service, Store, Verb
from blastradius.reports import placing
from blastradius.reports.impact import measured
from blastradius.reports.placing import Placing
from blastradius.reports.remedies import Remedy, additions
from tests.campaign.estates import described_estate
from tests.counts import few


def solved_all(reach: Reach, most: int) -> list[str]:
    """The best controls by solving every one."""
    controls = [Remedy("", "add", ""), *additions(reach)]
    worlds = [World(plain(reach.scenario), controls=it.controls) for it in controls]
    (now, *found) = measured(reach.prepared, worlds)
    best = dict[object, str]()
    for left, control in sorted(zip(found, controls[1:], strict=True), key=lambda it: (it[0].size, it[1].id)):
        if left.size < now.size:
            best.setdefault((left.crown_jewels, left.processes), control.id)
    return list(best.values())[:most]


def drawn(seed: int) -> Reach | None:
    """What a random scenario of a random estate reaches, where there is one."""
    rng = random.Random(seed)
    estate = described_estate(rng)
    parties = [it.id for it in estate.of_kind(Kind.PARTY)]
    if not parties:
        return None
    ways = {"compromise": (rng.choice(parties),), "assume": rng.choice(("abused", "takeover", "lateral"))}
    stated = {**ways, "hours": 5.0} if rng.random() < 0.1 else ways
    try:
        return solve(estate, ScenarioParams.model_validate(stated).scenario(estate))
    except UsageError:
        return None


@pytest.mark.parametrize("seed", few(range(12), 2))
def test_the_best_controls_are_those_that_solving_all_finds(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "AT_ONCE", 2)  # so that not all are solved before it is known that few can be best
    reach = drawn(seed)
    if reach is not None:
        found, untried = Placing(reach).best(3)
        assert ([it.id for it in found], untried) == (solved_all(reach, 3), 0)


def test_what_there_is_no_time_for_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "MOST_WORLDS", 0)
    reach = drawn(5)
    assert reach is not None
    best, untried = Placing(reach).best(3)
    assert not best
    assert untried > 0


def test_where_nothing_is_reached_nothing_is_placed() -> None:
    things = (Service(id="svc"), Store(id="store"))
    reads = Relation(verb=Verb.READS, sources=("svc",), targets=("store",))
    estate = Estate.build([Loaded(entities=things, relations=(reads,))])
    assert Placing(solve(estate, Scenario(hours=5))).best(3) == ([], 0)
