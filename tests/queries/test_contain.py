"""The question ``contain``: what is reached by an hour, and what cutting something then still keeps."""

from __future__ import annotations

from typing import Any

import pytest

import blastradius as br
from blastradius.engine import solve
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import Level, Scenario
from blastradius.reports.containment import Containment
from tests.queries.written import written

CLOCKED = """\
parties: {p: {holds: k, owns: s}, us: {role: self}}
services: {s: {}}
credentials: {k: {grants: [{to: o1, delay_h: 2}, {to: o2, delay_h: 6}]}}
operations: {o1: {reads: [{to: d1, delay_h: 1}]}, o2: {reads: [{to: d2, delay_h: 1}]}}
stores: {d1: {crown_jewel: true}, d2: {crown_jewel: true}}
clock: {R2: 0, R3: 0, R4: 0, R5: 0}
"""


def asked(estate: Estate, **stated: Any) -> Any:
    return br.contain(estate, **stated).data


def test_what_was_read_before_stays_read_and_what_comes_later_is_kept() -> None:
    estate = written(CLOCKED)
    for at, surely, kept in ((1, 0, 2), (4, 1, 1), (20, 2, 0)):
        data = asked(estate, leak="k", at=at)
        assert data.unclocked == 0
        assert len(data.reached.surely.crown_jewels) == len(data.reached.at_most.crown_jewels) == surely
        revoked = [row for row in data.alone if row.change == "revoke:k"]
        assert [2 - len(row.at_most.crown_jewels) for row in revoked] == ([kept] if kept else [])
        late = {row.change for row in data.nothing if row.late}
        assert ("grants:k>o1" in late, "grants:k>o2" in late, "revoke:k" in late) == (at > 3, at > 7, not kept)


@pytest.mark.slow
def test_what_nobody_stated_is_not_zero_hours(retailer: Estate) -> None:
    data = asked(retailer, compromise="acme", assume="lateral", at=8)
    assert data.unclocked > 0
    assert (data.reached.surely.things, data.reached.at_most.things) == (0, data.reached.in_the_end.things)
    assert all(row.at_most.things == data.reached.in_the_end.things for row in data.alone)
    assert data.alone[0].at_least.things < data.alone[0].at_most.things


def test_at_the_start_all_that_levers_would_keep_is_kept(retailer: Estate) -> None:
    """Of what no rule looks at besides, nothing done at hour 0 differs from its never having been there."""
    reach = solve(retailer, Scenario(compromise=("acme",), assume=Level.LATERAL))
    here = Containment(reach, 0.0)
    assert set(here.arrived) == set(reach.levels)
    revoked = tuple(name for name in retailer.relations if name.startswith("grants:acme_token>"))
    never = solve(retailer, reach.scenario.model_copy(update={"without": revoked}))
    assert here.standing(revoked).at_most == here.standing(revoked).surely == never.levels.keys()


@pytest.mark.slow
def test_the_order_leaves_less_with_each_and_is_of_all_before_it_together(retailer: Estate) -> None:
    data = asked(retailer, compromise="acme", assume="lateral", at=8)
    here = Containment(solve(retailer, Scenario(compromise=("acme",), assume=Level.LATERAL)), 8.0)
    done: list[str] = []
    left = [here.standing()]
    for row in data.plan:
        done += row.relations
        left.append(here.standing(done))
        assert here.count(left[-1].surely).things == row.at_least.things
        assert left[-1].surely < left[-2].surely
    assert data.plan[0].change == data.alone[0].change == "revoke all:acme"
    assert len(data.plan) > 1


@pytest.mark.slow
def test_a_lever_that_does_nothing_is_shown(retailer: Estate) -> None:
    data = asked(retailer, compromise="acme", assume="lateral", at=8)
    assert data.nothing
    assert not {row.change for row in data.nothing} & {row.change for row in data.alone}


def test_what_nobody_marked_or_stated_is_told_as_unknown_and_never_as_0() -> None:
    text = "parties: {p: {holds: [k]}}\ncredentials: {k: {grants: o}}\noperations: {o: {}}\n"
    answer = br.contain(written(text), compromise="p", at=1).answer
    cells = {row[1:3] for name in ("reached", "alone", "plan") for row in answer.table(name).rows}
    assert cells == {("unknown", "unknown")}


def test_when_a_key_ends_by_itself_is_said_or_unknown() -> None:
    text = "parties: {p: {holds: [k, l]}}\ncredentials: {k: {grants: o, expires: 2031-02-03}, l: {grants: o2}}\n"
    answer = br.contain(written(text + "operations: {o: {}, o2: {}}\n"), compromise="p", at=1).answer
    assert [row[-1] for row in answer.table("keys").rows] == ["2031-02-03", "unknown"]


@pytest.mark.parametrize("at", [-1, "soon", 1e9])
def test_an_hour_that_is_none_is_refused(retailer: Estate, at: Any) -> None:
    with pytest.raises(UsageError, match="at is"):
        br.contain(retailer, compromise="acme", at=at)


def test_who_is_let_in_by_a_key_is_let_in_no_more_when_it_is_revoked() -> None:
    """What the key opened was reached at hour 2, but reading takes until hour 3."""
    estate = written(CLOCKED)
    for at, kept in ((2.5, ()), (3.5, ("d1",))):
        (row,) = (row for row in asked(estate, leak="k", at=at).alone if row.change == "revoke:k")
        assert row.at_most.crown_jewels == row.at_least.crown_jewels == kept
