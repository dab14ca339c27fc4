"""The question ``levers``: what would help against a scenario, what it costs, which control must not fail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import blastradius as br
from blastradius.estate import Estate
from tests.queries.degenerate import ESTATES
from tests.queries.written import written


def rows(estate: Estate, which: str = "removed", **stated: Any) -> dict[str, Any]:
    """What is found, by id."""
    data: Any = br.levers(estate, **stated).data
    return {row.change: row for row in getattr(data, which)}


@pytest.mark.slow
def test_levers_are_what_distrust_and_a_smaller_file_say(retailer: Estate) -> None:
    found: Any = br.levers(retailer, compromise="acme", assume="takeover").data
    now: Any = br.reach(retailer, compromise="acme", assume="takeover").data
    for row in found.failed[:3]:
        open_: Any = br.reach(retailer, compromise="acme", assume="takeover", distrust=row.change).data
        gained = {one.entity for one in open_.facts} - {one.entity for one in now.facts}
        assert (len(gained), set(row.crown_jewels) <= gained) == (row.entities, True)
    for row in [row for row in found.removed if row.act != "narrow"][:3]:
        less: Any = br.reach(retailer, compromise="acme", assume="takeover", without=row.relations).data
        lost = {one.entity for one in now.facts} - {one.entity for one in less.facts}
        assert (len(lost), set(row.crown_jewels) <= lost) == (row.entities, True)


def test_what_is_taken_away_is_of_the_verb_that_is_asked(retailer: Estate) -> None:
    found = rows(retailer, compromise="acme", assume="takeover", along="holds")
    assert found
    assert all(name.startswith("holds:") for name in found)


def test_what_starts_at_a_whole_starts_at_its_parts() -> None:
    estate = written("services: {s: {}, part: {part_of: s, reads: d}}\nstores: {d: {}}\n")
    assert rows(estate, compromise="s", along="part_of")["part_of:part>s"].entities == 2


def test_a_poisoned_feed_has_levers_without_being_told_along_what(retailer: Estate) -> None:
    found = rows(retailer, poison="carrier_rates")
    assert found["pause:carrier_rates"].says == "pause Carrier rates"
    assert found["pause:carrier_rates"].crown_jewels == ("pricing_decision",)


@pytest.mark.slow
def test_all_keys_of_a_holder_are_one_lever(retailer: Estate) -> None:
    found = rows(retailer, compromise="acme", assume="lateral")
    both = found["revoke all:acme"]
    assert both.says == "revoke all keys of Acme Logistics"
    singles = (found["revoke:acme_token"], found["revoke:acme_label_key"])
    assert set(both.relations) == {relation for row in singles for relation in row.relations}
    assert set(both.crown_jewels) == {"orders_db", "customer_replica"}
    assert [row.crown_jewels for row in singles] == [("orders_db",), ("customer_replica",)]


DOUBLY = """\
parties: {p: {holds: [k1, k2]}, q: {holds: k3}}
credentials: {k1: {grants: c1}, k2: {grants: [c1, o2]}, k3: {grants: c1}}
scopes: {c1: {permits: o1}}
operations: {o1: {reads: d}, o2: {}}
stores: {d: {crown_jewel: true}}
"""


def test_where_access_is_granted_twice_only_all_keys_help() -> None:
    found = rows(written(DOUBLY), compromise="p")
    helping = {name for name, row in found.items() if row.crown_jewels}
    assert helping == {"revoke all:p", "permits:c1>o1", "reads:o1>d"}
    assert set(found["revoke all:p"].relations) == {"grants:k1>c1", "grants:k2>c1", "grants:k2>o2"}


COSTLY = """\
parties: {v: {publishes: f}, us: {role: self, owns: s}}
feeds: {f: {}, g: {}}
services:
  s: {consumes: [{to: f, dependency: hard}, {to: g, dependency: soft}], informs: b, installs: g}
  t: {calls: [{to: o, with: k, dependency: hard}]}
credentials: {k: {grants: o}, spare: {grants: o}}
operations: {o: {reads: d, writes: g}}
stores: {d: {}}
processes: {b: {depends_on: [{to: s, dependency: hard}]}, c: {depends_on: [{to: t, dependency: hard}]}}
"""


@pytest.mark.parametrize(
    ("stated", "change", "stops", "slows"),
    [
        ({"poison": "f"}, "pause:f", ("b",), ()),
        ({"poison": "g"}, "pause:g", (), ("b",)),
        ({"poison": "g"}, "installs:s>g", None, None),
        ({"leak": "k"}, "revoke:k", ("c",), ()),
        ({"leak": "spare"}, "revoke:spare", None, None),
        ({"leak": "spare"}, "writes:o>g", ("c",), ()),
        ({"compromise": "t"}, "holds:t>k", ("c",), ()),
        ({"compromise": "v"}, "publishes:v>f", ("b",), ()),
    ],
)
def test_a_lever_says_which_processes_cannot_do_without(
    stated: dict[str, Any], change: str, stops: tuple[str, ...] | None, slows: tuple[str, ...] | None
) -> None:
    found = rows(written(COSTLY), **stated)[change]
    assert (found.stops, found.slows) == (stops, slows)


def test_own_rows_only_is_a_lever() -> None:
    estate = written(DOUBLY.replace("d: {crown", "d: {records: 9, crown"))
    found = rows(estate, compromise="p")["own rows:reads:o1>d"]
    assert (found.act, found.records, found.entities, found.weakened) == ("narrow", 9, 0, ("d",))
    assert found.says == "own rows only, checked: o1 on d"


def test_controls_are_added_only_if_asked_and_those_that_do_the_same_are_one() -> None:
    estate = written("feeds: {f: {}}\nservices: {s: {consumes: f, writes: d}}\nstores: {d: {crown_jewel: true}}\n")
    assert rows(estate, "added", poison="f") == {}
    found = rows(estate, "added", poison="f", add=True)
    everywhere = {name for row in found.values() for name in (*row.controls, *row.alike)}
    assert {"validated@consumes:s>f", "human_review@s", "quarantined@writes:s>d"} <= everywhere
    for row in found.values():
        assert len(row.controls) == 1
        for control in (*row.controls, *row.alike):
            without: Any = br.reach(estate, poison="f", with_=control).data
            now: Any = br.reach(estate, poison="f").data
            gone = {fact.entity for fact in now.facts} - {fact.entity for fact in without.facts}
            assert (len(gone), set(row.crown_jewels) <= gone) == (row.entities, True)


def test_jewels_and_processes_that_nobody_stated_are_told_as_unknown() -> None:
    text = "parties: {p: {holds: [k]}}\ncredentials: {k: {grants: o, controls: [mfa]}}\noperations: {o: {reads: [d]}}\n"
    answer = br.levers(written(f"{text}stores: {{d: }}\n"), compromise="p").answer
    assert {(row[1], row[3]) for row in answer.table("removed").rows} == {("unknown", "unknown")}


def test_records_that_nobody_stated_are_unknown() -> None:
    (found, *_) = rows(written(DOUBLY), compromise="q").values()
    assert found.records is None
    bare = br.levers(written(DOUBLY.replace("{crown_jewel: true}", "{}")), compromise="p").answer
    data: Any = bare.data
    assert (data.reached.crown_jewels, data.reached.records, data.reached.processes) == (None, None, None)
    assert any(line.startswith("no crown jewel is marked") for line in bare.lines)


def test_what_strangers_can_do_as_well_is_no_reason() -> None:
    public = "operations: {o: {anonymous: true, direction: exposed, reads: d}}\nstores: {d: {}}\n"
    estate = written(f"parties: {{p: {{holds: k}}}}\ncredentials: {{k: {{grants: o}}}}\n{public}")
    assert rows(estate, compromise="p").keys() == {"holds:p>k"}
    assert "reads:o>d" in rows(estate, anyone=True)


def test_degenerate_estates() -> None:
    alone: Any = br.levers(ESTATES["alone"], compromise="p").data
    assert (alone.removed, alone.failed, alone.reached.entities) == ((), (), 0)
    assert alone.headline.startswith("none of 0 things to do without takes on its own anything out of reach")
    open_ = rows(ESTATES["open"], compromise="p")
    assert open_["revoke:k"].entities == 2
    guarded: Any = br.levers(ESTATES["guarded"], compromise="p").data
    assert (guarded.removed, [(row.change, row.entities) for row in guarded.failed]) == (
        (),
        [("compartment@owns:p>s", 2)],
    )


@pytest.mark.slow
def test_no_word_is_for_us_only(northwind: Path) -> None:
    answer = br.levers(br.load(northwind), compromise="acme", assume="lateral", add=True).answer
    shown = " ".join(str(cell) for table in answer.tables for row in table.rows for cell in row[:-1])
    assert not [word for word in ("grants:", "taint", "deny", "@", "acme_", "Without one of") if word in shown]


def test_a_jewel_whose_records_lie_elsewhere_too_says_so() -> None:
    copied = DOUBLY.replace("o2: {}", "o2: {reads: e}").replace(
        "d: {crown", "e: {copy_of: d, records: 5}, d: {records: 5, crown"
    )
    answer = br.levers(written(copied), compromise="p").answer
    (cells,) = [row for row in answer.tables[0].rows if row[0] == "take o1 out of c1"]
    assert cells[2] == 0
    assert "out of reach: d, but the same records stay in reach elsewhere" in cells


def test_all_that_could_be_done_about_an_outage_that_ends_is_tried() -> None:
    estate = written(
        "services: {s: {}, t: {depends_on: [{to: s, dependency: hard}]}}\n"
        "processes: {p: {depends_on: [{to: t, dependency: hard}]}, q: {depends_on: [{to: t, dependency: hard}]}}\n"
    )
    answer = br.levers(estate, outage="s", hours=5)
    data: Any = answer.data
    found = [row.relations for row in data.removed]
    assert (found, data.untried) == ([("depends_on:t>s",), ("depends_on:p>t",), ("depends_on:q>t",)], 0)
    assert data.headline.startswith("of 3 things to do without, tried one at a time")
