"""The question ``governance``: what hangs on a third party, against what keeps it in bounds."""

from __future__ import annotations

from typing import Any

import pytest

import blastradius as br
from blastradius.estate import Estate
from blastradius.model import Control, ControlKind
from blastradius.render.html import as_html
from tests.engine.short import estate
from tests.queries.degenerate import ESTATES


def row(built: Estate, party: str = "p") -> Any:
    data: Any = br.governance(built).data
    return next(row for row in data.rows if row.party == party)


def states(built: Estate, party: str = "p") -> dict[str, str]:
    return {measure.id: measure.state for measure in row(built, party).measures}


def test_those_out_of_proportion_come_first_with_their_reasons(retailer: Estate) -> None:
    data: Any = br.governance(retailer).data
    acme = data.rows[0]
    assert (acme.party, len(acme.crown_jewels), acme.stops, acme.out_of_proportion) == ("acme", 4, ("shipping",), True)
    assert states(retailer, "acme") == {
        "owner": "kept",
        "last_review": "unknown",
        "contract": "kept",
        "least_access": "unknown",
        "key_expiry": "unknown",
        "checks": "unknown",
        "noticed": "unknown",
        "validated": "unknown",
        "exit": "kept",
    }
    weights = [(len(row.crown_jewels), row.critical_stops) for row in data.rows]
    assert weights == sorted(weights, reverse=True)
    assert (data.parties, data.weighty, data.out_of_proportion) == (16, 8, 8)
    assert data.checked


def test_an_ended_contract_with_a_key_that_works_is_lacking_and_not_unknown() -> None:
    over = {"p": {"contract_end": "2020-01-01"}}
    assert states(estate("holds:p>k", "grants:k>o", entities=over))["contract"] == "lacking"
    revoked = {"k": Control(kind=ControlKind.REVOKED)}
    assert states(estate("holds:p>k", "grants:k>o", entities=over, controls=revoked))["contract"] == "kept"
    assert states(estate("holds:p>k", "grants:k>o"))["contract"] == "unknown"


def test_what_comes_from_it_is_checked_where_it_is_taken_in() -> None:
    relations = ("owns:p>s2", "publishes:s2>f", "consumes:s>f")
    assert states(estate(*relations))["validated"] == "unknown"
    for host in ("consumes:s>f", "s", "f"):
        validated = {host: Control(kind=ControlKind.VALIDATED)}
        assert states(estate(*relations, controls=validated))["validated"] == "kept"
        absent = {host: Control(kind=ControlKind.VALIDATED, status="absent")}
        assert states(estate(*relations, controls=absent))["validated"] == "unknown"


@pytest.mark.parametrize(
    ("control", "state"),
    [
        (Control(kind=ControlKind.IP_ALLOWLIST), "kept"),
        (Control(kind=ControlKind.IP_ALLOWLIST, status="assumed"), "unknown"),
        (Control(kind=ControlKind.IP_ALLOWLIST, status="absent"), "lacking"),
        (Control(kind=ControlKind.IP_ALLOWLIST, status="failed"), "lacking"),
    ],
)
def test_what_stands_on_its_keys_was_shown_to_work_or_not(control: Control, state: str) -> None:
    assert states(estate("holds:p>k", "grants:k>o", controls={"k": control}))["checks"] == state


def test_who_would_notice_is_said_with_the_hours() -> None:
    seen = {"k": {"seen_by": [{"signal": "many calls", "who": "SOC", "within_h": 4}]}}
    (noticed,) = [it for it in row(estate("holds:p>k", "grants:k>o", entities=seen)).measures if it.id == "noticed"]
    assert (noticed.state, noticed.says) == ("kept", "SOC, within 4 h")


def test_a_party_of_which_nothing_is_said_is_asked_only_what_concerns_it() -> None:
    assert set(states(ESTATES["alone"])) == {"owner", "last_review", "contract"}


def test_the_only_one_on_which_something_hangs_is_named() -> None:
    headline = br.governance(estate("owns:p>d", entities={"d": {"crown_jewel": True}})).answer.headline
    assert headline.endswith("hangs on p; something that should keep it in bounds is lacking or not known")


@pytest.mark.parametrize("name", ESTATES)
def test_what_hangs_on_nobody_is_no_disproportion(name: str) -> None:
    data: Any = br.governance(ESTATES[name]).data
    assert not any(row.out_of_proportion for row in data.rows)
    assert data.weighty == 0


def test_a_page_has_each_name_where_its_two_counts_meet(retailer: Estate) -> None:
    answer = br.governance(retailer).answer
    data: Any = answer.data
    assert answer.scatter is not None
    assert {(name, across, up) for name, across, up in answer.scatter.points} == {
        (row.name, len(row.crown_jewels), row.lacking + row.unknown) for row in data.rows
    }
    assert as_html(answer).count("<circle") == len({(across, up) for _, across, up in answer.scatter.points})
    unmarked = br.governance(ESTATES["open"]).answer
    assert unmarked.scatter is None  # no jewel is marked: unknown, and not 0
    assert unmarked.table("plot").columns == ("amiss", "jewels unknown")
