"""When an outage is felt: buffers add up, tolerances are used up, late fallbacks bring things back."""

from __future__ import annotations

from blastradius.answer import PLAIN
from blastradius.engine import solve
from blastradius.estate import Estate
from blastradius.model import Control, ControlKind, Scenario
from blastradius.reports.timeline import PainRow, pain_rows, timeline
from tests.engine.short import estate

CHAIN = ("depends_on:s2>s1 buffer_h=4", "depends_on:b1>s2 buffer_h=20", "depends_on:b2>s1 dependency=soft buffer_h=2")


def rows(built: Estate, hours: float | None = None) -> dict[str, PainRow]:
    found = pain_rows(solve(built, Scenario(outage=("s1",), hours=hours)))
    return {row.process: row for row in found}


def test_buffers_add_up_along_a_chain() -> None:
    found = rows(estate(*CHAIN, entities={"b1": {"tolerance_h": 6}}))
    assert (found["b1"].stops_at_h, found["b1"].slows_at_h, found["b1"].used_up_at_h) == (24, 24, 30)
    assert (found["b2"].stops_at_h, found["b2"].slows_at_h, found["b2"].tolerance_h) == (None, 2, None)


def test_what_an_outage_does_not_outlast_is_not_felt() -> None:
    assert rows(estate(*CHAIN), hours=24).keys() == {"b2"}
    assert rows(estate(*CHAIN), hours=2) == {}
    found = rows(estate(*CHAIN, entities={"b1": {"tolerance_h": 6}}), hours=25)
    assert (found["b1"].stops_at_h, found["b1"].used_up_at_h) == (24, None)


def test_a_fallback_that_comes_too_late_brings_it_back() -> None:
    late = Control(kind=ControlKind.FALLBACK, starts_after_h=48)
    found = rows(estate("depends_on:b1>s1 buffer_h=8", controls={"b1": late}, entities={"b1": {"tolerance_h": 6}}))
    assert (found["b1"].stops_at_h, found["b1"].back_at_h, found["b1"].used_up_at_h) == (8, 48, 14)
    in_time = rows(estate("depends_on:b1>s1 buffer_h=48", controls={"b1": late}))
    assert in_time == {}


def test_who_stops_first_stands_first_and_unknown_is_said() -> None:
    reach = solve(estate(*CHAIN, "depends_on:b3>s1"), Scenario(outage=("s1",)))
    assert [row.process for row in pain_rows(reach)] == ["b3", "b1", "b2"]
    table = timeline(pain_rows(reach))
    assert table.rows[0][2:7] == ("b3", "at once", "at once", "unknown", "unknown")
    assert table.rows[2][2:7] == ("b2", "at 2 h", "no", "unknown", "")
    assert "back" not in table.shown(PLAIN).columns  # nothing is, so people are not shown an empty column
