"""How well a fact is known and whether anyone could have as much, against brute force over bases and levels."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.engine import Reach, solve
from blastradius.engine.check.spec import spec
from blastradius.estate import Estate
from blastradius.model import Basis, Level, Scenario
from blastradius.reports.labels import Label, best_of, how_well, labels_of
from tests.counts import examples
from tests.engine.random_estates import random_estate, random_scenario
from tests.engine.short import estate, fact, scenario


def labels(built: Estate, asked: Scenario) -> dict[str, Label]:
    return {str(known): label for known, label in labels_of(solve(built, asked)).items()}


def test_a_control_on_what_is_taken_away_may_be_distrusted() -> None:
    guard, road = "ip_allowlist@grants:k1>o1", "grants:k1>o1"
    built = estate(road, "grants:k1>o2").changed(controls=[guard])
    asked = scenario("leak k1").model_copy(update={"without": (road,), "distrust": (guard,)})
    assert "use(o2)" in labels(built, asked)


def test_the_best_of_two_ways_counts_and_on_each_way_its_weakest_step() -> None:
    ways = ("grants:k1>o1 basis=observed", "reads:o1>d basis=assumed", "grants:k1>o2 basis=inferred", "reads:o2>d")
    built = estate(*ways)
    found = labels(built, scenario("leak k1"))
    assert found["use(o1)"].basis == Basis.OBSERVED
    assert found["use(o2)"].basis == Basis.INFERRED
    assert found["read(d)"].basis == Basis.INFERRED


@examples(1 / 60)
@given(st.integers(0, 2**40))
def test_labels_are_what_each_basis_and_a_stranger_reach(seed: int) -> None:
    rng = random.Random(seed)
    built = random_estate(rng)
    asked = random_scenario(rng, built)
    reach = solve(built, asked)
    on = {basis: set(spec(built, asked.model_copy(update={"basis": basis}))) for basis in Basis}
    stranger = spec(built, Scenario(anyone=True, assume=asked.assume, distrust=asked.distrust, basis=asked.basis,
                                    controls=asked.controls, without=asked.without))  # fmt: skip
    for known, label in labels_of(reach).items():
        if label.basis != Basis.OBSERVED:
            better = list(Basis)[list(Basis).index(label.basis) - 1]
            assert known not in on[better]
        assert known in on[label.basis]
        assert label.anyone == stranger.get(known)


def test_what_anyone_could_have_at_a_lower_level_is_not_beyond_anyone() -> None:
    built = estate("reads:o>d", "grants:k>o", entities={"o": {"anonymous": True, "direction": "exposed"}})
    found = labels(built, scenario("leak k"))
    assert found["read(d)"].anyone == Level.GRANTED
    assert not found["read(d)"].is_beyond(Level.GRANTED)
    assert found["possess(k)"].anyone is None
    assert found["possess(k)"].is_beyond(Level.LATERAL)


@pytest.mark.parametrize(
    ("bases", "says"),
    [
        ((), "nothing but where it starts"),
        ((Basis.DECLARED, Basis.OBSERVED), "all 2 rest on nothing weaker than what is documented"),
        (
            (Basis.DECLARED, Basis.INFERRED, Basis.ASSUMED, Basis.ASSUMED),
            "1 of these 4 rest on nothing weaker than what is documented; "
            "1 on something inferred, 2 on something assumed",
        ),
    ],
)
def test_how_well_it_is_known_is_one_sentence(bases: tuple[Basis, ...], says: str) -> None:
    assert how_well(bases) == says


def test_of_an_entity_the_best_counts() -> None:
    known = {
        fact("read(d)"): Label(Basis.ASSUMED, None),
        fact("read_subset(d)"): Label(Basis.DECLARED, None),
        fact("use(o)"): Label(Basis.INFERRED, None),
    }
    assert best_of(known) == {"d": Basis.DECLARED, "o": Basis.INFERRED}


def test_nothing_reached_has_no_labels() -> None:
    built = estate("reads:o>d")
    reach: Reach = solve(built, scenario("", anyone=True))
    assert labels_of(reach) == {}
