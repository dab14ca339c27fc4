"""The question ``inventory``: one row a third party, in both directions, and what is not known of them."""

from __future__ import annotations

import random
from typing import Any

import pytest

import blastradius as br
from blastradius import plugins
from blastradius.answer import parameters
from blastradius.estate import Estate
from blastradius.model import Control, ControlKind
from blastradius.reports.unstated import MARK
from tests.campaign.brute import BRUTE
from tests.counts import few
from tests.engine.short import estate
from tests.queries.degenerate import ESTATES


def row(built: Estate, party: str, **params: Any) -> Any:
    data: Any = br.inventory(built, **params).data
    return next(row for row in data.parties if row.party == party)


def gaps(built: Estate) -> dict[str, tuple[str, ...]]:
    data: Any = br.inventory(built).data
    return {gap.id: gap.things for gap in data.gaps}


def test_both_directions_of_one_partner_of_the_retailer(retailer: Estate) -> None:
    acme = row(retailer, "acme")
    assert {api.api: len(api.operations) for api in acme.calls} == {"labels": 1, "orders": 4}
    assert [(api.api, api.operations) for api in acme.called] == [("acme_rates", ("quote_rate",))]
    assert [key.key for key in acme.keys] == ["acme_label_key", "acme_token"]
    assert (acme.runs, acme.feeds, acme.behind) == (("acme_tms",), ("carrier_rates",), ("trackly",))
    assert (acme.owner, acme.contract_end, acme.last_review) == ("Head of logistics", "2027-06-30", None)
    assert acme.data == ("internal", "personal")
    assert [level.level for level in acme.reach] == ["granted", "abused", "takeover", "lateral"]
    assert "customer_replica" in acme.reach[3].crown_jewels
    assert "customer_replica" not in acme.reach[2].crown_jewels


def test_those_that_reach_more_as_granted_come_first(retailer: Estate) -> None:
    data: Any = br.inventory(retailer).data
    counts = [[len(level.crown_jewels) for level in row.reach] for row in data.parties]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]
    assert (data.third, data.fourth) == (16, 2)
    assert data.checked


def test_a_key_that_works_no_more_opens_nothing_and_stands_in_the_register() -> None:
    revoked = {"k": Control(kind=ControlKind.REVOKED)}
    found = row(estate("holds:p>k", "grants:k>o", "reads:o>d", controls=revoked), "p")
    assert [(key.key, key.works) for key in found.keys] == [("k", False)]
    assert (found.calls, found.reach[3].things) == ((), 0)
    absent = {"k": Control(kind=ControlKind.REVOKED, status="absent")}
    found = row(estate("holds:p>k", "grants:k>o", "reads:o>d", controls=absent), "p")
    assert [api.operations for api in found.calls] == [("o",)]
    spent = {"grants:k>o": Control(kind=ControlKind.REVOKED)}
    assert row(estate("holds:p>k", "grants:k>o", controls=spent), "p").calls == ()


def test_what_needs_two_keys_is_not_called_with_one() -> None:
    built = estate("holds:p>k1", "grants:k1+k2>c", "permits:c>o")
    assert row(built, "p").calls == ()
    both = estate("holds:p>k1", "owns:p>s", "holds:s>k2", "grants:k1+k2>c", "permits:c>o")
    assert [api.operations for api in row(both, "p").calls] == [("o",)]


def test_what_anyone_could_reach_and_what_is_its_own_is_not_its_reach() -> None:
    jewel = {"d": {"crown_jewel": True}}
    opened = {"o": {"anonymous": True, "direction": "exposed"}}
    built = estate("reads:o>d", "owns:p>s", "holds:s>k", "grants:k>c", entities={**jewel, **opened})
    assert [(level.crown_jewels, level.things) for level in row(built, "p").reach] == [((), 0)] * 4
    own = row(estate("owns:p>d", entities=jewel), "p")
    assert own.reach[0].crown_jewels == ("d",)  # which is its own, and ours to lose


def test_the_first_end_of_a_key_and_the_keys_without_one() -> None:
    stated = {"k1": {"expires": "2031-01-01"}, "k2": {"expires": "2030-01-01"}, "k3": {}}
    built = estate("holds:p>k1", "holds:p>k2", "holds:p>k3", entities=stated)
    assert row(built, "p").key_expiry == "2030-01-01"
    assert gaps(built)["key_expiry"] == ("k3",)
    assert row(estate("holds:p>k"), "p").key_expiry is None


def test_an_ended_relationship_is_a_gap_only_while_a_key_works() -> None:
    ended: dict[str, dict[str, Any]] = {"p": {"contract_end": "2020-01-01"}}
    assert gaps(estate("holds:p>k", entities=ended))["ended"] == ("p",)
    spent = {"k": Control(kind=ControlKind.EXPIRED)}
    assert "ended" not in gaps(estate("holds:p>k", entities=ended, controls=spent))
    assert row(estate(entities=ended), "p").ended


GAPS: dict[str, tuple[Estate, str, Estate]] = {
    "owner": (estate(entities={"p": {}}), "p", estate(entities={"p": {"owner": "CFO"}})),
    "contract_end": (
        estate(entities={"p": {}}),
        "p",
        estate(entities={"p": {"governance": {"contract end": "rolling"}}}),
    ),
    "last_review": (estate(entities={"p": {}}), "p", estate(entities={"p": {"governance": {"last review": "never"}}})),
    "criticality": (estate(entities={"p": {}}), "p", estate(entities={"p": {"governance": {"criticality": "low"}}})),
    "bare": (estate(entities={"p": {}}), "p", estate("depends_on:b>p")),
    "auth": (
        estate(entities={"o": {"direction": "exposed"}}),
        "o",
        estate("permits:c>o", entities={"o": {"direction": "exposed"}}),
    ),
    "touches_nothing": (
        estate("holds:p>k", "grants:k>o"),
        "o",
        estate("holds:p>k", "grants:k>o", "reads:o>d"),
    ),
    "whose": (
        estate(entities={"o": {"direction": "consumed"}}),
        "o",
        estate("serves:s>o", entities={"o": {"direction": "consumed"}}),
    ),
    "undeclared": (
        estate(entities={"o": {"basis": "observed"}}),
        "o",
        estate(entities={"o": {"basis": "observed", "also": ("declared",)}}),
    ),
}


@pytest.mark.parametrize("gap", GAPS)
def test_each_gap_is_there_until_it_is_filled(gap: str) -> None:
    lacking, thing, filled = GAPS[gap]
    assert gaps(lacking)[gap] == (thing,)
    assert thing not in gaps(filled).get(gap, ())


def test_of_who_stands_behind_others_nobody_keeps_a_contract() -> None:
    upstream = estate("relies_on:p1>p2", "relies_on:p2>p3", "relies_on:p3>p1", entities={"p2": {"role": "upstream"}})
    assert row(upstream, "p1").behind == ("p2", "p3")
    assert gaps(upstream)["owner"] == ("p1", "p3")
    assert gaps(upstream)["bare"] == ("p1", "p3")


def test_what_nobody_stated_is_unknown_and_never_none() -> None:
    built = estate("holds:p>k", "grants:k>o", "reads:o>d")
    found = row(built, "p")
    assert [level.crown_jewels for level in found.reach] == [None] * 4
    assert found.unclassified == ("d",)
    answer = br.inventory(built).answer
    assert answer.headline.endswith("what of that matters most is unknown, for no crown jewel is marked")
    assert any(MARK in line for line in answer.lines)
    cells = dict(zip(answer.table("register").columns, answer.table("register").rows[0], strict=True))
    assert (cells["owner"], cells["last review"], cells["first key ends"], cells["criticality"]) == ("unknown",) * 4


def test_every_number_of_the_headline_is_in_the_data(retailer: Estate) -> None:
    data: Any = br.inventory(retailer, assume="granted").data
    reaching = sum(bool(row.reach[0].crown_jewels) for row in data.parties)
    assert data.headline == (
        f"{data.third} third parties and {data.fourth} behind them: functions that they can call with their keys: "
        f"{data.exposed}, that we call of theirs: {data.consumed}; of all {len(data.parties)}, so many could reach a "
        f"crown jewel: {reaching} at level 'granted'"
    )


def test_degenerate_estates() -> None:
    assert br.inventory(ESTATES["empty"]).answer.headline == "the estate has no third party, as far as is stated"
    ourselves = estate(entities={"p": {"role": "self"}})
    assert br.inventory(ourselves).answer.headline == "the estate has no third party, as far as is stated"
    said = "functions that they can call with their keys: none that is stated, that we call of theirs: none that is"
    assert said in br.inventory(ESTATES["alone"]).answer.headline
    things = {name: row(ESTATES[name], "p").reach[3].things for name in ("alone", "to itself", "open", "guarded")}
    assert things == {"alone": 0, "to itself": 0, "open": 2, "guarded": 0}


def tangled(rng: random.Random) -> Estate:
    """Parties with keys, some through what they run, some spent; what these open, and what strangers can call."""
    names = {kind: [f"{kind}{number}" for number in range(1, 4)] for kind in "pskcodf"}

    def link(verb: str, *kinds: str) -> str:
        source, target = (rng.choice(names[rng.choice(kind)]) for kind in kinds)
        return f"{verb}:{source}>{target}"

    links = {link("owns", "p", "sskdf") for _ in range(3)} | {link("holds", "ps", "k") for _ in range(4)}
    links |= {link("grants", "k", "cos") for _ in range(4)} | {f"grants:k1+k2>{rng.choice(names['c'])}"}
    links |= {link("permits", "c", "o") for _ in range(3)} | {link("serves", "s", "o") for _ in range(2)}
    links |= {link("reads", "o", "d") for _ in range(4)} | {link("publishes", "ps", "f"), link("part_of", "s", "s")}
    links |= {f"{link('reads', 'o', 'd')} extent=subset"} if rng.random() < 0.5 else set()
    links |= {link("consumes", "s", "f"), link("writes", "s", "d")}
    whole = {text.partition(" ")[0]: text for text in sorted(links)}
    spent = Control(
        kind=rng.choice((ControlKind.REVOKED, ControlKind.ROTATED)), status=rng.choice(("working", "absent"))
    )
    hosts = [*names["k"], *(text for text in whole if text.startswith("grants"))]
    stated: dict[str, Any] = {name: {"crown_jewel": rng.random() < 0.4} for name in (*names["d"], *names["s"])}
    stated |= {"p3": {"role": rng.choice(("self", "upstream", "provider"))}, "p1": {}, "p2": {}}
    stated |= {"o1": {"anonymous": rng.random() < 0.3, "direction": "exposed"}}
    stated |= {name: {} for kind in "kcof" for name in names[kind] if name != "o1"}
    return estate(*whole.values(), controls={rng.choice(hosts): spent}, entities=stated)


@pytest.mark.parametrize("seed", few(range(100), 10))
def test_tangled_estates_are_those_of_brute_force(seed: int) -> None:
    rng = random.Random(seed)
    built = tangled(rng)
    query = plugins.query("inventory")
    expected, told = BRUTE["inventory"]
    params = parameters(query, {"assume": rng.choice(("granted", "takeover", "lateral"))})
    assert told(query.run(built, params)) == expected(built, params)


@pytest.mark.slow
def test_tangled_estates_do_have_what_is_compared() -> None:
    found: list[Any] = [br.inventory(tangled(random.Random(seed))).data for seed in range(40)]
    assert sum(any(row.calls for row in data.parties) for data in found) > 20
    assert sum(any(not key.works for row in data.parties for key in row.keys) for data in found) > 3
    assert sum(any(row.reach[0].crown_jewels for row in data.parties) for data in found) > 20
    assert sum(any(row.reach[0] != row.reach[-1] for row in data.parties) for data in found) > 20
