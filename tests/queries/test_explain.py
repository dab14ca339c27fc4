"""The question ``explain``: why something could be reached, or what stops it."""

from __future__ import annotations

from typing import Any

import pytest

import blastradius as br
from blastradius.errors import UsageError
from blastradius.estate import Estate
from tests.engine.short import estate as short
from tests.queries.degenerate import ESTATES


def explained(estate: Estate, **params: Any) -> Any:
    return br.explain(estate, **params).data


def test_why_is_a_proof_that_ends_at_the_fact(retailer: Estate) -> None:
    why = explained(retailer, compromise="acme", assume="lateral", entity="customer_replica", capability="read")
    assert (why.reached, why.level, why.stopped) == (True, "lateral", ())
    assert (why.steps[0].rule, why.steps[0].entity) == ("seed", "acme")
    assert (why.steps[-1].entity, why.steps[-1].capability) == ("customer_replica", "read")
    assert all(step.provenance for step in why.steps if step.relations)
    needed = {premise for step in why.steps for premise in step.premises}
    assert {f"{step.capability}({step.entity})" for step in why.steps[:-1]} == needed


def test_why_not_names_what_stops_the_shortest_way(retailer: Estate) -> None:
    why_not = explained(retailer, compromise="acme", assume="lateral", entity="customer_db", capability="read")
    assert (why_not.reached, why_not.level, why_not.hops) == (False, None, None)
    said = {name for stop in why_not.stopped for name in stop.by}
    assert said == {"a check of which functions were granted", "hardened against break-ins"}
    assert {name.partition("@")[0] for stop in why_not.stopped for name in stop.controls} == {
        "function_authz",
        "hardened",
    }
    assert why_not.steps[-1].entity == "customer_db"


def test_what_no_control_stops_has_no_way_at_all(retailer: Estate) -> None:
    none = explained(retailer, compromise="acme", assume="lateral", entity="vehicle_positions", capability="write")
    assert (none.reached, none.steps, none.stopped) == (False, (), ())


def test_a_level_that_is_not_assumed_stops(retailer: Estate) -> None:
    low = explained(retailer, compromise="acme", assume="abused", entity="label_svc", capability="control")
    assert not low.reached
    assert ("level", "takeover") in {(stop.because, stop.level) for stop in low.stopped}
    assert any("--assume takeover" in stop.changes for stop in low.stopped)


def test_the_strongest_that_is_reached_is_explained_when_none_is_named() -> None:
    assert explained(ESTATES["open"], compromise="p", entity="d").capability == "read"
    assert explained(ESTATES["open"], compromise="p", entity="s").capability == "control"
    guarded = explained(ESTATES["guarded"], compromise="p", entity="d")
    assert (guarded.reached, guarded.capability) == (False, "read")
    assert [stop.controls for stop in guarded.stopped] == [("compartment@owns:p>s",)]


def test_degenerate_estates() -> None:
    alone = explained(ESTATES["alone"], compromise="p", entity="p")
    assert (alone.reached, [step.rule for step in alone.steps]) == (True, ["seed"])
    for name in ("to itself", "there and back"):
        estate = ESTATES[name]
        last = list(estate.of_kind(estate.entities["s" if name == "to itself" else "s2"].kind))[-1].id
        assert explained(estate, compromise="p", assume="lateral", entity=last).reached


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"entity": "x"}, "'x' is not in the estate"),
        ({"entity": "s", "capability": "foothold"}, "cannot be said of 's', a service; name one of control, degrade"),
    ],
)
def test_what_cannot_be_explained_is_said(params: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        explained(ESTATES["open"], compromise="p", **params)


def test_how_well_it_is_known_and_what_anyone_could_have_are_said() -> None:
    stated = {"o": {"anonymous": True, "direction": "exposed"}}
    built = short("grants:k>o2 basis=inferred", "reads:o2>d", "reads:o>d2", "owns:p>k", entities=stated)
    found = br.explain(built, leak="k", entity="d").answer
    assert "how well it is known: the best proof of it rests on nothing weaker than what is inferred" in found.lines
    data: Any = found.data
    assert (data.basis, data.anyone) == ("inferred", None)
    public: Any = br.explain(built, leak="k", entity="d2").data
    assert (public.reached, public.anyone) == (True, "granted")


def test_where_nothing_leads_that_is_said_and_what_is_stated_to_be_unknown() -> None:
    built = short("grants:k>o", "reads:o2>d", entities={"d": {"unknown": ("reads",)}})
    found = br.explain(built, leak="k", entity="d").answer
    assert "nothing stated leads to d: can read all of it; no path among 2 known" in found.headline
    assert found.lines == ("stated to be unknown of d: reads",)


def test_all_that_stands_in_the_way_is_listed_nearest_first() -> None:
    built = short("grants:k1+k2>o", "serves:s>o", "grants:k1>o3", "connects:o3>s")
    found: Any = br.explain(built, leak="k1", entity="s", capability="control", assume="abused").answer
    table = next(table for table in found.tables if table.id == "stopped")
    assert table.rows[0][:2] == ("s", "s: controls it")
    ways = {way for row in table.rows for way in row[3].split("; ")}
    assert {"--assume lateral", "if also: the key k2 comes with it"} <= ways
