"""The gate of a pull request: in a real repository it refuses one scope too many, and passes when it is narrowed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import pytest
from syrupy.assertion import SnapshotAssertion

import blastradius as br
from blastradius.cli import main
from blastradius.reports.diff import DiffData
from tests.repositories import committed

GRANTED = '"orders:shipments.write"]'


@pytest.fixture
def repository(northwind: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the example retailer; its access file can be changed."""
    shutil.copytree(northwind, tmp_path / "estate")
    monkeypatch.chdir(tmp_path)
    committed(tmp_path)
    return tmp_path / "estate" / "access.yaml"


def replaced(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))


@pytest.mark.slow
def test_a_change_that_adds_one_scope_too_many_fails_and_passes_when_narrowed(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    replaced(repository, GRANTED, f'{GRANTED[:-1]}, "orders:customers.read"]')
    replaced(repository, "controls: [non_exportable]", "controls: []")
    assert main(["diff", "main:estate", "estate"]) == 1
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 80
    assert printed == snapshot
    assert main(["diff", "main:estate", "estate", "--exit-zero"]) == 0
    replaced(repository, '"orders:customers.read"', '"orders:returns.write"')
    assert main(["diff", "main:estate", "estate"]) == 0
    assert main(["diff", "main:estate", "estate", "--fail-on", "new"]) == 1
    assert main(["diff", "estate", "main:estate", "--fail-on", "new"]) == 0


@pytest.mark.parametrize("form", ["json", "csv", "markdown", "html"])
def test_every_format_names_files_as_git_does_and_no_folder_of_ours(
    repository: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    replaced(repository, GRANTED, "]")
    assert main(["diff", "main:estate", "estate", "--format", form]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert "main:estate/access.yaml" in shown.out
    assert "/blastradius-" not in shown.out
    if form == "json":
        data = json.loads(shown.out)
        jsonschema.validate(data, DiffData.model_json_schema(mode="serialization"))
        (cause,) = data["lost"][0]["because"]
        assert (cause["change"], cause["places"][0]["file"]) == ("gone", "main:estate/access.yaml")


def test_python_compares_what_is_loaded_and_what_is_named(repository: Path) -> None:
    replaced(repository, GRANTED, f'{GRANTED[:-1]}, "orders:customers.read"]')
    shown = br.diff("main:estate", br.load("estate"))
    assert shown.data.model_dump()["crown_jewels"] == ("customer_db",)
    assert "Customer database" in shown.headline
    assert br.diff("estate", "main:estate", fail_on="new", assume="granted").answer.findings is False


@pytest.mark.parametrize("given", [["diff", "estate"], ["diff", "estate", "nowhere"], ["diff", "estate", "x:estate"]])
def test_what_cannot_be_compared_is_said_in_a_sentence(
    repository: Path, given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(given) in (2, 3)
    assert "Traceback" not in capsys.readouterr().err
