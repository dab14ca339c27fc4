"""The commands on a real server, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from blastradius.cli import main
from tests.stores.conftest import Place
from tests.stores.estates import ROOT

NORTHWIND = str(ROOT / "examples" / "northwind")
SMALL = """\
blastradius: 1
parties:
  acme: {holds: [key]}
credentials:
  key: {}
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    file = tmp_path / "estate.yaml"
    file.write_text(SMALL)
    return file


@pytest.mark.slow
def test_an_estate_goes_there_and_comes_back(place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["push", place.uri, NORTHWIND, "--beside-others"]) == 0
    assert "159 entities and 215 relations" in capsys.readouterr().out
    assert main(["push", place.uri, NORTHWIND, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["written"] is False
    there, here = tmp_path / "there.snapshot", tmp_path / "here.snapshot"
    assert main(["pull", place.uri, "-o", str(there)]) == 0
    assert main(["export", NORTHWIND, "-o", str(here)]) == 0
    assert there.read_bytes() == here.read_bytes()
    capsys.readouterr()
    assert main(["pull", place.uri]) == 0
    assert capsys.readouterr().out.encode() == here.read_bytes()


def test_a_question_is_answered_alike_from_there(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    main(["push", place.uri, NORTHWIND, "--beside-others"])
    said = []
    for where in (place.uri, NORTHWIND):
        capsys.readouterr()
        assert main(["reach", where, "--compromise", "acme", "--assume", "lateral", "--format", "json"]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]


def test_what_is_there_is_said(place: Place, small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["push", place.uri, str(small), "--beside-others"])
    capsys.readouterr()
    assert main(["status", place.uri, "--format", "json"]) == 0
    (row,) = [row for row in json.loads(capsys.readouterr().out)["estates"] if row["estate"] in place.uri]
    assert (row["entities"], row["relations"], row["loading"], row["unfinished"]) == (2, 1, None, 0)
    assert main(["status", place.uri]) == 0
    assert row["estate"][:8] in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda file: file.unlink(), "not a file"),
        (lambda file: file.write_text(SMALL[: len(SMALL) // 2] + " {"), "estate.yaml"),
        (lambda file: file.write_text(""), "estate.yaml"),
        (lambda file: file.write_text("blastradius: 1\n"), "nothing came of it as native"),
        (lambda file: file.write_text("blastradius: 1\nparties: {acme: {holds: [gone]}}\n"), "gone"),
    ],
)
def test_a_source_that_is_missing_cut_off_or_empty_deletes_nothing(
    place: Place, small: Path, change: object, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert callable(change)
    main(["push", place.uri, str(small), "--beside-others"])
    change(small)
    capsys.readouterr()
    assert main(["push", place.uri, str(small)]) == 5
    said = capsys.readouterr().err
    assert says in said
    assert "incomplete; nothing was pushed, and what is there stays" in said
    assert place.count("MATCH (e:Estate {name: $estate}) MATCH (n:Entity {load: e.load}) RETURN count(n)") == 2


def test_a_shrink_ends_with_incomplete_until_it_is_accepted(place: Place, small: Path) -> None:
    main(["push", place.uri, NORTHWIND, "--beside-others"])
    assert main(["push", place.uri, str(small)]) == 5
    assert main(["push", place.uri, str(small), "--accept-shrink"]) == 0


def test_without_credentials_it_is_said_where_they_go(
    neo4j: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NEO4J_PASSWORD", raising=False)
    monkeypatch.delenv("NEO4J_AUTH", raising=False)
    assert main(["status", neo4j]) == 2
    assert "set NEO4J_PASSWORD, or NEO4J_PASSWORD_FILE" in capsys.readouterr().err
