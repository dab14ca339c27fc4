"""The question ``dependence``: which processes stop or slow without whom, from when on, and who stands behind whom."""

from __future__ import annotations

import random
from typing import Any

import pytest

import blastradius as br
from blastradius import plugins
from blastradius.answer import parameters
from blastradius.engine.check.spec import spec
from blastradius.estate import Estate
from blastradius.model import Capability, Control, ControlKind, Fact, Kind, Level, Scenario
from tests.campaign.brute import BRUTE
from tests.counts import few
from tests.engine.short import estate
from tests.queries.degenerate import ESTATES


def asked(built: Estate, **params: Any) -> Any:
    return br.dependence(built, **params).data


def needs(built: Estate, **params: Any) -> dict[tuple[str, str], Any]:
    return {(row.process, row.provider): row for row in asked(built, **params).needs}


def felt(built: Estate, *out: str, hours: float | None = None) -> dict[str, set[str]]:
    """What stops and what slows or stops where some things are taken out, by the spec."""
    facts = spec(built, Scenario(outage=out, assume=Level.GRANTED, hours=hours))
    processes = {process.id for process in built.of_kind(Kind.PROCESS)}
    kinds = {"stops": Capability.DENY, "slows": Capability.DEGRADE}
    return {word: {name for name in processes if Fact(name, kind) in facts} for word, kind in kinds.items()}


def test_each_outage_of_the_retailer_is_that_of_brute_force(retailer: Estate) -> None:
    data = asked(retailer)
    assert len(data.providers) == 18
    for row in data.providers:
        alone = felt(retailer, row.party)
        assert (set(row.stops), set(row.slows)) == (alone["stops"], alone["slows"] - alone["stops"])
        assert row.critical_stops == sum(map(retailer.crown_jewel, alone["stops"]))
    assert sum(bool(row.stops) for row in data.providers) > 3


def test_the_hour_in_which_a_process_stops_is_that_after_which_it_is_stopped(retailer: Estate) -> None:
    """An outage that ends at that very hour does not stop it, one that lasts a little longer does."""
    stopped = [row for row in asked(retailer).needs if row.stops_at_h is not None]
    assert {row.stops_at_h for row in stopped} >= {0, 1, 4, 24, 48}
    for row in stopped:
        assert row.process in felt(retailer, row.provider, hours=row.stops_at_h + 0.001)["stops"]
        ended = felt(retailer, row.provider, hours=row.stops_at_h)["stops"]
        assert (row.process in ended) == (row.stops_at_h == 0)  # what has no buffer stops in any outage
        assert row.used_up_at_h == row.stops_at_h + row.tolerance_h


def test_hard_stops_soft_slows_and_a_buffer_delays() -> None:
    built = estate(
        "depends_on:b1>p dependency=hard buffer_h=3",
        "depends_on:b2>p dependency=soft",
        "depends_on:b3>b1 dependency=hard buffer_h=4",
        entities={"b1": {"tolerance_h": 2}},
    )
    found = needs(built)
    assert (found["b1", "p"].stops_at_h, found["b1", "p"].used_up_at_h) == (3, 5)
    assert (found["b2", "p"].stops_at_h, found["b2", "p"].slows_at_h) == (None, 0)
    assert (found["b3", "p"].stops_at_h, found["b3", "p"].tolerance_h, found["b3", "p"].used_up_at_h) == (7, None, None)
    assert needs(built, hours=4.0)["b1", "p"].used_up_at_h is None
    assert ("b3", "p") not in needs(built, hours=4.0)


def test_what_only_a_fallback_holds_is_told_with_its_name() -> None:
    fallback = {"depends_on:b>p": Control(kind=ControlKind.FALLBACK, provided_by="s")}
    built = estate("depends_on:b>p", controls=fallback)
    (row,) = asked(built).needs
    assert (row.stops_at_h, row.slows_at_h, row.without_fallback) == (None, None, "stops")
    assert next(it.fallbacks for it in asked(built).providers) == ("fallback@depends_on:b>p",)
    distrusted = asked(built, distrust=("fallback",))
    assert [(it.stops_at_h, it.without_fallback) for it in distrusted.needs] == [(0, None)]
    answer = br.dependence(built).answer
    assert answer.table("needs").rows[0][-1] == "it stops"
    assert "only a fallback keeps these from stopping: b" in answer.lines


def test_one_of_two_slows_and_both_together_stop() -> None:
    built = estate("depends_on:b>p1+p2 at_least=1 capacity_loss=true", "relies_on:p1>p3", "relies_on:p2>p3")
    rows = {row.party: row for row in asked(built).providers}
    assert [(rows[name].stops, rows[name].slows) for name in ("p1", "p2", "p3")] == [
        ((), ("b",)),
        ((), ("b",)),
        ((), ()),
    ]
    assert rows["p3"].stops_together == ("b",)  # what two suppliers share is no redundancy
    assert rows["p3"].stands_behind == ("p1", "p2")
    assert asked(built).providers[0].party == "p3"


def test_who_stands_behind_others_is_counted_through_all_of_them_and_round_about() -> None:
    built = estate(
        *("relies_on:p1>p2", "relies_on:p2>p3", "relies_on:p3>p1", "relies_on:p4>p3"),
        entities={"p3": {"role": "upstream"}, "p4": {"role": "self"}},
    )
    rows = {row.party: row for row in asked(built).providers}
    assert rows.keys() == {"p1", "p2", "p3"}
    assert rows["p3"].stands_behind == ("p2", "p1")
    assert rows["p1"].stands_behind == ("p2",)
    answer = br.dependence(built).answer
    assert "p3 stands behind 2 of 2 third parties" in answer.lines


def test_the_processes_that_one_failure_stops_together() -> None:
    built = estate(
        "depends_on:b1>p1",
        "depends_on:b2>p2",
        "relies_on:p1>p3",
        "relies_on:p2>p3",
        "depends_on:b2>s",
        "depends_on:b3>s",
    )
    found = {row.processes: (row.by, row.through) for row in asked(built).shared}
    assert found == {("b1", "b2"): ((), ("p3",)), ("b2", "b3"): (("s",), ())}


def test_critical_are_the_crown_jewels_or_all_where_none_is_marked() -> None:
    links = ("depends_on:b1>p", "depends_on:b2>p")
    assert asked(estate(*links)).providers[0].critical_stops == 2
    marked = estate(*links, entities={"b1": {"crown_jewel": True}, "d": {"crown_jewel": True}})
    assert asked(marked).providers[0].critical_stops == 1
    assert asked(marked).headline == (
        "the only process marked as a crown jewel stops if p is out (b1); no other third party stops more"
    )


def test_replaceable_and_exit_plan_are_unknown_until_someone_states_them() -> None:
    (row,) = asked(estate("depends_on:b>p")).providers
    assert (row.substitutability, row.exit_plan) == (None, None)
    stated = {"p": {"substitutability": "hard", "governance": {"Exit plan": "drafted in 2025"}}}
    (row,) = asked(estate("depends_on:b>p", entities=stated)).providers
    assert (row.substitutability, row.exit_plan) == ("hard", "drafted in 2025")
    shown = br.dependence(estate("depends_on:b>p")).answer.table("concentration").rows[0]
    assert shown.count("unknown") == 2


def test_what_nobody_owns_is_taken_to_be_ours_and_said_to_be() -> None:
    built = estate("depends_on:b>s1", "depends_on:b>s2", "owns:p>s2", "depends_on:b>s3 dependency=soft")
    assert asked(built).whose == ("s1",)
    taken = "taken to be our own, for nobody states whose they are, and something stops without: s1"
    assert taken in br.dependence(built).answer.lines


def test_what_is_not_said_is_told_and_never_taken_for_safe() -> None:
    data = asked(estate(entities={"p": {}, "b": {}}))
    assert (data.needs, data.needs_unsaid, data.no_effect) == ((), ("b",), 1)
    lines = br.dependence(estate(entities={"p": {}, "b": {}})).answer.lines
    assert any(line.endswith("silence is not safety") for line in lines)
    assert "nobody states what these cannot do without: b" in lines


@pytest.mark.parametrize("name", ESTATES)
def test_degenerate_estates(name: str) -> None:
    unknown = "no process is stated, so what would stop without whom is unknown; state processes and what they need"
    assert asked(ESTATES[name]).headline == unknown
    assert not any("out by itself" in line for line in br.dependence(ESTATES[name]).answer.lines)


def test_without_a_third_party_or_a_stop_the_headline_says_so() -> None:
    assert asked(estate("depends_on:b>s")).headline == "the estate has no third party, as far as is stated"
    none = asked(estate("depends_on:b>p dependency=soft")).headline
    assert none == "no process stops where a third party is out (1 tried), as far as is stated"


def test_every_number_of_the_lines_is_in_the_data(retailer: Estate) -> None:
    data, lines = asked(retailer), br.dependence(retailer).answer.lines
    unknown = "nothing is known to stop or slow; silence is not safety"
    assert f"without {data.no_effect} of {len(data.providers)} third parties {unknown}" in lines
    stated = f"a replacement is judged for {data.replacement_stated}, an exit plan stated for {data.exit_plans}"
    assert f"of {data.mattering} third parties without which something stops or slows, {stated}" in lines
    first = data.providers[0]
    assert data.headline.startswith(
        f"{first.critical_together} of {len(data.critical)} processes marked as crown jewels"
    )


def tangled(rng: random.Random) -> Estate:
    """Parties that rely on each other, what they run and send, and processes that need some of these, or each other."""
    parties, services, processes = ([f"{kind}{number}" for number in range(1, 5)] for kind in "psb")
    links = {f"relies_on:{rng.choice(parties)}>{rng.choice(parties)}" for _ in range(3)}
    links |= {f"owns:{rng.choice(parties)}>{service}" for service in services[:3]}
    links |= {f"publishes:{rng.choice(parties)}>f", f"consumes:{rng.choice(services)}>f dependency=hard", "serves:s1>o"}
    links |= {f"calls:{rng.choice(services)}>o dependency={rng.choice(('hard', 'soft'))}"}
    needs = {}
    for taker in rng.choices([*processes, *services], k=8):
        needed = rng.sample([*parties, *services, *processes], rng.choice((1, 1, 2)))
        how = f"dependency={rng.choice(('hard', 'hard', 'soft'))} buffer_h={rng.choice((0, 2, 5))}"
        group = f" at_least=1 capacity_loss={rng.choice(('true', 'false'))}" if len(needed) > 1 else ""
        needs[f"depends_on:{taker}>{'+'.join(needed)}"] = f" {how}{group}"
    fallback = Control(kind=ControlKind.FALLBACK, status=rng.choice(("working", "assumed", "failed")))
    controls = {link: fallback for link in needs if rng.random() < 0.3}
    stated: dict[str, Any] = {name: {} for name in (*parties, *processes)}
    stated |= {"p4": {"role": rng.choice(("self", "upstream"))}, "b1": {"crown_jewel": rng.random() < 0.5}}
    return estate(*sorted(links), *map("".join, needs.items()), controls=controls, entities=stated)


@pytest.mark.parametrize("seed", few(range(300), 40))
def test_tangled_estates_are_those_of_brute_force(seed: int) -> None:
    """Every outage by the spec, and each hour by two outages, one that ends then and one a little later."""
    rng = random.Random(seed)
    built = tangled(rng)
    query = plugins.query("dependence")
    expected, told = BRUTE["dependence"]
    params = parameters(
        query, {"hours": rng.choice((None, None, 1.0, 6.0)), "distrust": rng.choice(((), ("fallback",)))}
    )
    answer = query.run(built, params)
    assert told(answer) == expected(built, params)
    data: Any = answer.data
    for row in data.needs if params.hours is None and not params.distrust else ():
        for at, word in ((row.stops_at_h, "stops"), (row.slows_at_h, "slows")):
            if at is not None:
                assert row.process in felt(built, row.provider, hours=at + 0.001)[word]
                assert at == 0 or row.process not in felt(built, row.provider, hours=at)[word]


def test_tangled_estates_do_have_what_is_compared() -> None:
    found: list[Any] = [asked(tangled(random.Random(seed))) for seed in range(40)]
    assert sum(bool(data.shared) for data in found) > 5
    assert sum(any(row.without_fallback for row in data.needs) for data in found) > 5
    assert sum(any(row.stops != row.stops_together for row in data.providers) for data in found) > 10
    assert sum(any((row.stops_at_h or 0) > 0 for row in data.needs) for data in found) > 10
