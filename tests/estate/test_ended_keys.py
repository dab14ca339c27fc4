"""Keys that have ended by the day that an estate is of have expired, whoever says when they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import blastradius as br
from blastradius.engine.check.spec import spec
from blastradius.estate import Estate
from blastradius.loading import survey
from blastradius.model import Basis, Capability, Fact, Scenario

DOOR = "operations: {op: {reads: [db]}}\nstores: {db: {}}\n"
KEYS = """
credentials:
  before: {expires: 2026-01-30, grants: [op], basis: inferred}
  on_the_day: {expires: 2026-01-31}
  said_to_work: {expires: 2026-01-30, grants: [op], controls: [{kind: expired, status: failed}]}
  said_to_end: {expires: 2026-01-30, controls: [{kind: expired, why: the vendor says so}]}
  open: {}
"""


def ended(estate: Estate) -> dict[str, str | None]:
    """The keys that have the control, with why."""
    return {placed.host: placed.control.why for placed in estate.controls.values() if placed.control.kind == "expired"}


def estate_of(tmp_path: Path, head: str, today: str) -> Estate:
    (tmp_path / "e.yaml").write_text(f"blastradius: 1\n{head}{KEYS}{DOOR}")
    return Estate.build((file.loaded for file in survey([tmp_path / "e.yaml"]).whole()), today=today)


def test_a_key_whose_end_lies_before_the_day_has_expired(tmp_path: Path) -> None:
    estate = estate_of(tmp_path, "as_of: 2026-01-31", "2020-01-01")
    assert ended(estate) == {
        "before": "its end, 2026-01-30, lies before 2026-01-31",
        "said_to_work": None,
        "said_to_end": "the vendor says so",
    }
    implied = estate.controls["expired@before"].control
    assert (implied.status, implied.basis, implied.provenance) == (
        "working",
        Basis.INFERRED,
        estate.entities["before"].provenance,
    )
    assert estate.notes == ()


def test_a_leak_of_a_key_that_ended_leads_nowhere_and_one_said_to_work_does(tmp_path: Path) -> None:
    estate = estate_of(tmp_path, "as_of: 2026-01-31", "2020-01-01")
    opened = Fact("db", Capability.READ)
    assert opened not in spec(estate, Scenario(leak=("before",)))
    assert opened in spec(estate, Scenario(leak=("before",), distrust=("expired@before",)))
    assert opened in spec(estate, Scenario(leak=("said_to_work",)))


@pytest.mark.parametrize(
    ("today", "said"),
    [
        ("2026-01-30", "none of them has ended by then; say `as_of`"),
        ("2026-02-01", "ended by then: before, said_to_end, said_to_work and 1 more; say `as_of`"),
    ],
)
def test_without_a_day_it_is_today_which_is_said_whatever_it_does(tmp_path: Path, today: str, said: str) -> None:
    estate = estate_of(tmp_path, "", today)
    assert ("before" in ended(estate)) == (today == "2026-02-01")
    (note,) = estate.notes
    assert note.message == (
        f"4 keys say when they end, and nothing says what day the inventory is of: today, {today}, is taken; {said}"
    )
    assert estate.changed(controls=["approval@op"]).day == today


def test_keys_of_lines_end_alike(tmp_path: Path) -> None:
    keys = [{"kind": "credential", "id": "a", "expires": "2026-01-30"}, {"kind": "credential", "id": "b"}]
    lines = [{"title": "Keys", "as_of": "2026-01-31"}, *keys]
    (tmp_path / "e.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (tmp_path / "e.yaml").write_text("blastradius: 1\ncredentials: {c: {expires: 2026-01-29}}\n")
    assert sorted(ended(br.load(tmp_path / "e.jsonl"))) == ["a"]
    assert sorted(ended(br.load(tmp_path))) == ["a", "c"]


def test_a_workspace_has_a_day_for_all_its_sources(tmp_path: Path) -> None:
    (tmp_path / "estate.yaml").write_text(f"blastradius: 1\n{KEYS}{DOOR}")
    (tmp_path / "blastradius.yaml").write_text("workspace: 1\nas_of: 2026-01-31\nsources: [{path: estate.yaml}]\n")
    assert ended(br.load(tmp_path))["before"] == "its end, 2026-01-30, lies before 2026-01-31"
