"""What the proof of a fact rests on where a gate has a choice, and where it is said to have ended."""

from __future__ import annotations

import pytest

from blastradius.engine import solve
from blastradius.model import Capability, Control, ControlKind
from tests.engine.short import estate, fact, scenario


@pytest.mark.parametrize("way", ["compromise", "outage"])
@pytest.mark.parametrize("first", ["s1", "s2", "s3"])
def test_of_more_premises_than_a_gate_needs_the_quickest_are_taken(first: str, way: str) -> None:
    """A fallback falls when all three services stopped already, of which one would have been enough."""
    relation = "depends_on:b>s1+s2+s3"
    falls = {relation: Control(kind=ControlKind.FALLBACK, provided_by="s9")}
    later = [f"depends_on:{name}>s5" for name in ("s1", "s2", "s3") if name != first]
    built = estate(f"{relation} at_least=3", *later, "depends_on:s9>s8", "depends_on:s8>s7", controls=falls)
    proof = solve(built, scenario(f"{way} {first} {way} s5 {way} s7")).proofs[fact("deny(b)")]
    fallen = [premise for premise in proof.premises if premise.capability == Capability.INACTIVE]
    assert [premise for premise in proof.premises if premise not in fallen] == [fact(f"deny({first})")]
    assert (len(fallen), proof.hops) == (1, 4)


def test_nobody_is_told_why_a_control_stands() -> None:
    """It fails closed, so that it stands where who provides it is out: that is no end of a road."""
    shut = {"s": Control(kind=ControlKind.SEGMENTED, provided_by="s9", fails="closed")}
    built = estate("connects:s1>s", controls=shut)
    certificate = solve(built, scenario("outage s9 compromise s1")).certificate
    assert {stop.fact for stop in certificate.stopped} >= {fact("control(s)")}
    assert all(stop.fact.entity in built.entities for stop in certificate.stopped)


@pytest.mark.parametrize(
    ("hours", "buffer"),
    [(4, 4), (12, None), (4.5, None)],
)
def test_a_buffer_that_outlasts_the_outage_is_among_what_stops(hours: float, buffer: float | None) -> None:
    """One supplier of two is enough to lose: the first is out at once, the other in the eighth hour."""
    relation = "depends_on:b>s1+s2"
    stands = {relation: Control(kind=ControlKind.FALLBACK)}
    built = estate(f"{relation} at_least=2 buffer_h=4", "depends_on:s2>s1 buffer_h=8", controls=stands)
    stopped = solve(built, scenario("outage s1", hours=hours)).certificate.stopped
    (stop,) = (stop for stop in stopped if stop.fact == fact("deny(b)"))
    assert (stop.after_h, len(stop.controls), stop.missing) == (buffer, 1, ())


@pytest.mark.parametrize(("hours", "buffer"), [(12, 4), (13, None)])
def test_a_buffer_lasts_from_the_last_supplier_that_can_be_spared(hours: float, buffer: float | None) -> None:
    relation = "depends_on:b>s1+s2"
    stands = {relation: Control(kind=ControlKind.FALLBACK)}
    built = estate(f"{relation} at_least=1 buffer_h=4", "depends_on:s2>s1 buffer_h=8", controls=stands)
    stopped = solve(built, scenario("outage s1", hours=hours)).certificate.stopped
    (stop,) = (stop for stop in stopped if stop.fact == fact("deny(b)"))
    assert stop.after_h == buffer
