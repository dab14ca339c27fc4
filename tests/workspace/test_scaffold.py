"""A first workspace: written from what is in a folder, read back as it is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import blastradius as br
from blastradius.cli import main
from blastradius.loading.folder_survey import survey_folder
from blastradius.reading import parse_document
from blastradius.workspace import first_workspace, is_workspace, read_workspace
from tests.reading.spreadsheets import write_xlsx

CATALOG = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: %s}\nspec: {type: service, owner: us}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "catalog").mkdir()
    for name in ("one", "two"):
        (tmp_path / "catalog" / f"{name}.yaml").write_text(CATALOG % name)
    (tmp_path / "vendors.csv").write_text("Vendor,Service\nAcme,Tracker\n")
    (tmp_path / "estate.yaml").write_text("blastradius: 1\nservices: {x: {}}\napis: [{openapi: api.yaml}]\n")
    (tmp_path / "api.yaml").write_text("openapi: 3.0.0\ninfo: {title: A, version: '1'}\npaths: {}\n")
    (tmp_path / "notes.txt").write_text("nothing\n")
    (tmp_path / "broken.json").write_text("{")
    return tmp_path


def test_each_file_is_a_source_or_a_comment(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(folder)]) == 0
    text = (folder / "blastradius.yaml").read_text()
    assert '  - path: "catalog/*.yaml"\n    loader: backstage\n' in text
    assert '  - path: "estate.yaml"\n    loader: native\n' in text
    assert '  - path: "vendors.csv"\n    loader: table\n    # proposed from the header' in text
    assert '#   "api.yaml": asked for by "estate.yaml"\n' in text
    assert '#   "notes.txt": ' in text
    assert '#   "broken.json": 1:2: not JSON' in text
    assert "5 of 7 files are sources" in capsys.readouterr().out


def test_what_is_written_is_a_workspace_that_loads(folder: Path) -> None:
    (folder / "blastradius.yaml").write_text(first_workspace(survey_folder(folder), "here"))
    assert {"component:default/one", "component:default/two", "x", "Acme"} <= br.load(folder).entities.keys()


def test_a_workspace_that_is_there_stays(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "blastradius.yaml").write_text("mine")
    assert main(["init", str(folder)]) == 2
    assert (folder / "blastradius.yaml").read_text() == "mine"
    assert "is there already; correct it, or replace it with --force" in capsys.readouterr().err
    assert main(["init", "--force", str(folder)]) == 0
    assert (folder / "blastradius.yaml").read_text() != "mine"


def test_what_is_left_out_is_said_where_it_is_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "vendors.csv").write_text("Vendor,Service,Frob\nAcme,Tracker,x\n")
    assert main(["init", str(folder)]) == 0
    said = capsys.readouterr().out
    assert 'Left out:\n  "broken.json": 1:2: not JSON' in said
    assert '  "notes.txt": plain text' in said
    assert """do not say what they are:\n  "vendors.csv": column 'Frob'\n""" in said
    assert 'is proposed; check it in the workspace:\n  "vendors.csv"\n' in said
    assert said.endswith(f"Read it, then: blastradius check {folder / 'blastradius.yaml'}\n")
    assert """#   "vendors.csv": column 'Frob', not used\n""" in (folder / "blastradius.yaml").read_text()


def test_the_extra_that_a_file_needs_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_xlsx(tmp_path / "v.xlsx", {"V": [["Vendor"], ["Acme"]]})
    (tmp_path / "w.csv").write_text("Vendor\nAcme\n")
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    assert main(["init", str(tmp_path)]) == 0
    assert "pip install 'partner-blastradius[xlsx]'" in " ".join(capsys.readouterr().out.split())


def test_an_empty_folder_and_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path)]) == 3
    assert "the folder has no files; put exports or a register into it" in capsys.readouterr().err
    (tmp_path / "notes.txt").write_text("nothing\n")
    assert main(["init", str(tmp_path)]) == 3
    said = capsys.readouterr().err
    assert "none of its files can be a source; put exports" in said
    assert '"notes.txt": plain text' in said
    assert not (tmp_path / "blastradius.yaml").exists()
    assert main(["init", str(tmp_path / "no")]) == 2
    assert "not a folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name", ["a\u202eb.yaml", "# x.yaml", "a: b.yaml", "[x].yaml", 'it\'s "so".yaml', "\t.yaml", "é.yaml"]
)
def test_hostile_file_names_are_data(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("blastradius: 1\nservices: {x: {}}\n")
    text = first_workspace(survey_folder(tmp_path), "here")
    document = parse_document(text, "blastradius.yaml")
    assert is_workspace(document.data)
    assert read_workspace(document).shape.sources[0].path == (name,)
    (tmp_path / "blastradius.yaml").write_text(text)
    assert "x" in br.load(tmp_path).entities
