"""The question ``explain``: why something could be reached, or what stops it."""

from __future__ import annotations

from typing import Any

import pytest

import blastradius as br
from blastradius.errors import UsageError
from blastradius.estate import Estate
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
    assert {name for stop in why_not.stopped for name in stop.by} & {"function_authz", "hardened", "segmented"}
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
