"""Whoever waits is told what is being done, stage by stage."""

from __future__ import annotations

from pathlib import Path

import pytest

import blastradius as br
from blastradius.engine.cut import hitting_set
from blastradius.engine.single import shortest_proofs
from blastradius.engine.telling import told_to


def test_a_cut_says_what_it_is_at(northwind: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hitting_set, "_TOLD", 10)
    said: list[tuple[str, float | None]] = []
    with told_to(lambda what, share: said.append((what, share))):
        br.ask("cut", br.load(northwind), assume="lateral", seconds=0)
    whats = [what for what, _ in said]
    for stage in ("compiling ", "laying out what ", "looking for changes that break 0 ", "leaving out changes "):
        assert any(what.startswith(stage) for what in whats), stage
    assert ("10 of 18 scenarios searched for ways", 10 / 18) in said


def test_a_scenario_says_what_it_is_at(northwind: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shortest_proofs, "_TOLD", 50)
    said: list[str] = []
    with told_to(lambda what, _share: said.append(what)):
        br.ask("contain", br.load(northwind), compromise="acme", assume="lateral", at=3)
    assert "solving the scenario" in said
    assert any(what.startswith("working out when things are reached, 50 ") for what in said)
    assert any(what.startswith("checking a proof of ") for what in said)
