"""All that stands in the way of a step, in words, with what would change each."""

from __future__ import annotations

from blastradius.engine import solve
from blastradius.estate import Estate
from blastradius.model import STEPPING_STONES, Basis, Capability, Control, ControlKind, Fact, Level, Scenario
from blastradius.reports.stops import StoppedRow, stopped_rows
from blastradius.reports.words import holds
from tests.engine.short import estate, fact, scenario


def stop_of(built: Estate, asked: Scenario, of: str) -> StoppedRow:
    wanted = fact(of)
    return next(r for r in stopped_rows(solve(built, asked)) if (r.entity, r.capability) == tuple(wanted))


def test_a_level_and_a_control_stand_in_the_way_at_once() -> None:
    built = estate("grants:k>o", "serves:s>o", controls={"s": Control(kind=ControlKind.HARDENED)})
    row = stop_of(built, scenario("leak k", Level.ABUSED), "control(s)")
    assert row.because == "level"
    assert row.by == ("only under level takeover", "hardened against break-ins")
    assert row.changes == ("--assume takeover", "--distrust hardened@s")
    assert row.controls == ("hardened@s",)


def test_the_second_key_is_missing() -> None:
    row = stop_of(estate("grants:k1+k2>o"), scenario("leak k1"), "use(o)")
    assert row.because == "premise"
    assert "needs also: the key k2 comes with it" in row.by


def test_a_buffer_outlasts_the_outage() -> None:
    row = stop_of(estate("depends_on:b>s buffer_h=24"), Scenario(outage=("s",), hours=8), "deny(b)")
    assert (row.because, row.after_h, row.by) == ("time", 24, ("the buffer of 24 h outlasts it",))


def test_what_is_only_assumed_is_said_to_be() -> None:
    built = estate("grants:k>o basis=assumed")
    row = stop_of(built, scenario("leak k", basis=Basis.DECLARED), "use(o)")
    assert (row.because, row.basis, row.by) == ("basis", Basis.ASSUMED, ("is only assumed",))
    assert row.changes == ("--basis assumed",)


def test_every_capability_and_every_stepping_stone_has_words() -> None:
    built = estate("owns:p>k")
    for capability in Capability:
        said = holds(built, Fact("k", capability))
        assert "k" in said or capability == Capability.ANYONE
        assert capability in STEPPING_STONES or str(capability) not in said.split(": ")[1].split("_")
