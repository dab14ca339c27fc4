"""The question ``rank``: every party, feed and credential by what it reaches."""

from __future__ import annotations

from typing import Any

import blastradius as br
from blastradius.engine.check.spec import spec
from blastradius.estate import Estate
from blastradius.model import Kind, Level, Scenario
from blastradius.reports.surface import third_parties
from tests.engine.test_rules_needed import estate
from tests.queries.degenerate import ESTATES


def test_rank_of_northwind_is_that_of_each_start(retailer: Estate) -> None:
    rows = br.rank(retailer, assume="takeover", insiders=True).data.model_dump()["rows"]
    starts = [row for row in rows if row["kind"] is not None]
    assert len(starts) == sum(len(retailer.of_kind(kind)) for kind in (Kind.PARTY, Kind.CREDENTIAL, Kind.FEED))
    assert [row["start"] for row in rows if row["kind"] is None] == ["anyone on the internet"]
    stranger: Any = br.reach(retailer, anyone=True, assume="takeover").data
    common = {(fact.entity, fact.capability) for fact in stranger.facts}
    for row in starts[:6]:
        reach: Any = br.reach(retailer, **{row["way"]: row["start"]}, assume="takeover").data
        entities = {fact.entity for fact in reach.facts} - {row["start"]}
        assert (row["entities"], len(row["crown_jewels"])) == (
            len(entities),
            sum(retailer.crown_jewel(entity) for entity in entities),
        )
        more = {fact.entity for fact in reach.facts if (fact.entity, fact.capability) not in common} - {row["start"]}
        assert row["beyond"] == len(more)


def test_the_first_reaches_the_most(retailer: Estate) -> None:
    data: Any = br.rank(retailer, assume="lateral").data
    keys = [(len(row.crown_jewels), row.records, row.processes, row.entities) for row in data.rows]
    assert keys == sorted(keys, reverse=True)
    assert keys[0] > keys[-1]
    assert data.checked


def test_degenerate_estates() -> None:
    none = br.rank(ESTATES["empty"]).answer
    assert none.headline == "the estate has no party, credential or feed to start from"
    alone = "not one start leads anywhere under level 'abused', as far as is stated"
    assert br.rank(ESTATES["alone"]).answer.headline == alone
    rows: dict[str, Any] = {}
    for name, built in ESTATES.items():
        data: Any = br.rank(built, assume="lateral").data
        rows[name] = {row.start: row.entities for row in data.rows}
    assert rows == {
        "empty": {},
        "alone": {"p": 0},
        "without a relation": {"k": 0, "p": 0},
        "to itself": {"p": 1, "k": 1},
        "there and back": {"p": 2, "k": 1},
        "open": {"p": 4, "k": 2},
        "guarded": {"p": 0, "k": 0},
    }


def test_what_nobody_stated_is_unknown_and_never_0() -> None:
    data: Any = br.rank(estate("reads:o>d", "grants:k>o", "holds:p>k")).data
    first = data.rows[0]
    assert (first.crown_jewels, first.records, first.uncounted, first.processes) == (None, None, 1, None)
    answer = br.rank(estate("reads:o>d", "grants:k>o", "holds:p>k")).answer
    unstated = "those of 1 store whose number nobody stated, or of which a part could be read"
    assert answer.headline.endswith(f"no crown jewel is marked; records that could be read: unknown: {unstated}")
    assert any("crown_jewel: true" in line for line in answer.lines)
    assert answer.tables[0].rows[0][3:7] == ("unknown", "unknown", 1, "unknown")


def test_what_is_stated_is_counted_and_the_rest_beside_it() -> None:
    stated: dict[str, dict[str, Any]] = {"d": {"records": 7, "crown_jewel": True}, "b": {}}
    built = estate(
        "reads:o>d", "reads:o>d2", "reads:o>d3 extent=subset", "grants:k>o", "depends_on:b>s", entities=stated
    )
    data: Any = br.rank(built).data
    first = data.rows[0]
    assert (first.crown_jewels, first.records, first.uncounted, first.processes) == (("d",), 7, 2, 0)
    none: Any = br.rank(estate("grants:k>o", "reads:o2>d", entities=stated)).data
    assert (none.rows[0].records, none.rows[0].uncounted) == (0, 0)


def test_what_no_source_keeps_beside_parties_makes_no_table(retailer: Estate) -> None:
    answer = br.rank(retailer).answer
    assert [table.id for table in answer.tables] == ["rank"]
    data: Any = answer.data
    assert data.governed == ()


def test_an_outage_is_ranked_by_what_stops_as_removal_by_removal_says(retailer: Estate) -> None:
    data: Any = br.rank(retailer, outage=True).data
    assert {row.party for row in data.outages} == {party.id for party in third_parties(retailer)}
    weights = [(row.critical_stops, len(row.stops)) for row in data.outages]
    assert weights == sorted(weights, reverse=True)
    for row in data.outages:
        facts = spec(retailer, Scenario(outage=(row.party,), assume=Level.ABUSED))
        stopped = {it.entity for it in facts if retailer.kind_of(it.entity) == Kind.PROCESS and it.capability == "deny"}
        assert set(row.stops) == stopped
    first = data.outages[0]
    assert (first.party, first.stops, first.first_stop_h, first.first_used_up_h) == (
        "cloudnine",
        ("order_promise",),
        1,
        5,
    )


def test_what_nobody_states_of_an_outage_is_unknown() -> None:
    def said(*relations: str, **entities: Any) -> tuple[Any, str]:
        answer = br.rank(estate(*relations, entities=entities), outage=True).answer
        cells = " ".join(str(cell) for row in answer.tables[0].rows for cell in row)
        return answer.data, f"{answer.headline} {cells}"

    needs = "depends_on:b>p dependency=hard"
    data, shown = said(needs)
    assert (data.outages[0].stops, data.outages[0].first_used_up_h, data.outages[0].tolerance_unsaid) == (
        ("b",),
        None,
        1,
    )
    assert "how long that is tolerated nobody states" in shown
    assert "unknown" in shown
    data, shown = said(needs, b={"tolerance_h": 3.0})
    assert data.outages[0].first_used_up_h == 3
    assert "b stops at once, tolerance used up at 3 h" in shown
    data, shown = said("owns:p>s")
    assert (data.outages[0].stops, data.outages[0].critical_stops) == (None, None)
    assert "what would stop without whom is unknown" in shown
    assert "no process is known to stop" in said("owns:p>s", b={})[1]
    none: Any = br.rank(ESTATES["empty"], outage=True).data
    assert (none.outages, none.headline) == ((), "the estate has no third party, as far as is stated")


def test_we_ourselves_are_ranked_only_if_asked() -> None:
    built = estate("depends_on:b>p dependency=hard", entities={"p": {"role": "self"}})
    assert asked_outages(built) == ()
    assert [row.party for row in asked_outages(built, insiders=True)] == ["p"]


def asked_outages(built: Estate, **stated: Any) -> Any:
    data: Any = br.rank(built, outage=True, **stated).data
    return data.outages
