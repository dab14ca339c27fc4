"""Exercises that were held: every format that carries them says the same, whichever file they stand in."""

from __future__ import annotations

from pathlib import Path

import pytest

import blastradius as br
from blastradius.errors import InputError
from blastradius.estate import Estate, snapshot
from blastradius.model import Level, Scenario

HEAD = "blastradius: 1\ncredentials: {key: {}}\nstores: {data: {}}\nexercises:\n"
STOLEN = "  - {name: Stolen, date: 2025-11-12, leak: key, assume: takeover, distrust: [mfa], scope: [data]}\n"
OUT = "  - {name: Out, date: 2025-02-01, outage: [data, gone], hours: 8}\n"


def test_what_was_played_is_read(tmp_path: Path) -> None:
    estate = loaded(tmp_path, HEAD + STOLEN + OUT)
    first, second = estate.exercises
    assert (first.name, first.date, first.scope) == ("Out", "2025-02-01", ())
    assert first.scenario == Scenario(outage=("data", "gone"), hours=8)
    assert second.scenario == Scenario(leak=("key",), assume=Level.TAKEOVER, distrust=("mfa",))
    assert (second.scope, str(second.provenance[0]).endswith("a.yaml:5:5")) == (("data",), True)


def loaded(folder: Path, *files: str) -> Estate:
    """The estate of files, in the order in which they are given."""
    for name, text in zip("abc", files, strict=False):
        (folder / f"{name}.yaml").write_text(text)
    return br.load(*(folder / f"{name}.yaml" for name, _ in zip("abc", files, strict=False)))


def test_one_said_in_two_files_was_held_once_and_the_order_of_files_says_nothing(tmp_path: Path) -> None:
    more = "blastradius: 1\nexercises:\n" + STOLEN
    paths = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    paths[0].write_text(HEAD + STOLEN + OUT)
    paths[1].write_text(more)
    one, other = br.load(*paths), br.load(*reversed(paths))
    assert one.exercises == other.exercises
    assert [(held.name, len(held.provenance)) for held in one.exercises] == [("Out", 1), ("Stolen", 2)]


@pytest.mark.parametrize("form", ["node-link", "cytoscape", "graphml"])
def test_exports_carry_them(form: str, tmp_path: Path) -> None:
    estate = loaded(tmp_path, HEAD + STOLEN + OUT)
    file = tmp_path / f"written.{'graphml' if form == 'graphml' else 'json'}"
    file.write_text(br.export(estate, form))
    assert played(br.load(file)) == played(estate)


def test_a_snapshot_keeps_them(tmp_path: Path) -> None:
    estate = loaded(tmp_path, HEAD + STOLEN + OUT)
    lines = snapshot.text(estate).splitlines()
    assert Estate.build([snapshot.loaded(lines, "a.snapshot")]).exercises == estate.exercises


def played(estate: Estate) -> list[tuple[object, ...]]:
    return [(held.name, held.date, held.scenario, held.scope) for held in estate.exercises]


def test_a_line_of_json_is_one(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    lines = '{"exercise": "Stolen", "date": "2025-11-12", "leak": ["key"], "assume": "takeover", '
    lines += '"distrust": ["mfa"], "scope": ["data"]}\n{"kind": "credential", "id": "key"}\n'
    file.write_text(lines)
    estate = br.load(file)
    assert played(estate) == [
        ("Stolen", "2025-11-12", Scenario(leak=("key",), assume=Level.TAKEOVER, distrust=("mfa",)), ("data",))
    ]
    assert str(estate.exercises[0].provenance[0]).endswith("a.jsonl:1")
    file.write_text(lines.replace("2025-11-12", "last week"))
    with pytest.raises(InputError, match=r"a.jsonl:1: date is 'last week'; not a date"):
        br.load(file)


def test_a_day_that_is_none_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a.yaml:5:20: .*not a date; write it as YYYY-MM-DD"):
        loaded(tmp_path, HEAD + STOLEN.replace("2025-11-12", "12.11.2025"))


def test_they_follow_what_a_workspace_renames(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(HEAD + STOLEN)
    (tmp_path / "blastradius.yaml").write_text("workspace: 1\nsources:\n  - {path: a.yaml, prefix: 'x-'}\n")
    (held,) = br.load(tmp_path).exercises
    assert (held.scenario.leak, held.scope) == (("x-key",), ("x-data",))
