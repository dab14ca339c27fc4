"""Nothing out of a folder is read that a link, a path or somebody else's workspace leads to, unless that is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

import blastradius as br
from blastradius.cli import main
from blastradius.loading import survey
from blastradius.loading.folder_survey import survey_folder

ELSEWHERE = "blastradius: 1\nparties: {elsewhere: {}}\n"
HERE = "blastradius: 1\nparties: {here: {}}\n"
LINK = "a link out of the folder; not read (--allow-outside reads it)"
REFUSED = "leads out of the workspace's folder; copy it there, or allow it with --allow-outside"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an estate, beside another one with a file, a folder and a hidden copy of the estate."""
    monkeypatch.setenv("BLASTRADIUS_ALLOW_OUTSIDE", "")
    found = tmp_path / "home"
    for folder in (found, tmp_path / "other"):
        folder.mkdir()
    (found / "e.yaml").write_text(HERE)
    (tmp_path / "other/o.yaml").write_text(ELSEWHERE)
    return found


def _workspace(home: Path, path: str) -> Path:
    (home / "blastradius.yaml").write_text(f"workspace: 1\nsources: [{{path: [e.yaml, '{path}']}}]\n")
    return home


def _parties(folder: Path) -> set[str]:
    return {*br.load(folder).entities}


def _notes(folder: Path) -> dict[str, str]:
    return {Path(file.file).name: str(note) for file in survey([folder]).files for note in file.loaded.notes}


def test_a_link_in_a_folder_to_a_file_elsewhere_is_said_and_not_read(home: Path) -> None:
    (home / "o.yaml").symlink_to("../other/o.yaml")
    assert _parties(home) == {"here"}
    assert LINK in _notes(home)["o.yaml"]


def test_a_link_to_a_file_of_the_folder_is_that_file(home: Path) -> None:
    (home / ".data").mkdir()
    (home / ".data/hidden.yaml").write_text(ELSEWHERE)
    (home / "shown.yaml").symlink_to(".data/hidden.yaml")
    (home / "again.yaml").symlink_to("e.yaml")
    assert _parties(home) == {"here", "elsewhere"}
    assert [file.path for file in survey_folder(home)] == ["e.yaml", "shown.yaml"]
    (home / "blastradius.yaml").write_text("workspace: 1\nsources: [{path: '*.yaml', prefix: 'x:'}]\n")
    assert _parties(home) == {"x:here", "x:elsewhere"}


def test_a_first_workspace_has_no_links_out_of_the_folder(home: Path) -> None:
    (home / "o.yaml").symlink_to("../other/o.yaml")
    (home / "linked").symlink_to("../other")
    assert [file.path for file in survey_folder(home)] == ["e.yaml"]


@pytest.mark.parametrize(
    "path", ["../other/o.yaml", "../other", "../*/*.yaml", "linked/*.yaml", "linked", "o.yaml", "/**"]
)
def test_a_source_elsewhere_is_refused_with_its_place(path: str, home: Path) -> None:
    (home / "o.yaml").symlink_to("../other/o.yaml")
    (home / "linked").symlink_to("../other")
    (problem,) = survey([_workspace(home, path)]).problems
    assert problem == f"{home / 'blastradius.yaml'}:2:27: {path!r} {REFUSED}"


def test_an_absolute_path_is_refused_unless_it_leads_into_the_folder(home: Path) -> None:
    (problem,) = survey([_workspace(home, f"{home.parent}/other/o.yaml")]).problems
    assert problem.endswith(REFUSED)
    (home / "f.yaml").write_text(ELSEWHERE)
    assert _parties(_workspace(home, f"{home}/f.yaml")) == {"here", "elsewhere"}


def test_of_what_a_glob_matches_links_out_of_the_folder_are_said_and_not_read(home: Path) -> None:
    (home / "o.yaml").symlink_to("../other/o.yaml")
    assert _parties(_workspace(home, "*.yaml")) == {"here"}
    assert LINK in _notes(home)["o.yaml"]


def test_a_workspace_that_is_a_link_out_of_its_folder_is_named_by_itself(home: Path) -> None:
    (home.parent / "other/w.yaml").write_text("workspace: 1\nsources: [{path: e.yaml}]\n")
    (home / "blastradius.yaml").symlink_to("../other/w.yaml")
    (problem,) = survey([home]).problems
    assert problem == (
        f"{home / 'blastradius.yaml'}: a link out of the folder; name the file itself, or allow it with --allow-outside"
    )
    assert _parties(home / "blastradius.yaml") == {"here"}


def test_all_of_it_is_read_where_the_user_allows_it(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "o.yaml").symlink_to("../other/o.yaml")
    assert main(["--allow-outside", "check", str(home)]) == 0
    assert "2 entities" in capsys.readouterr().out
    monkeypatch.setenv("BLASTRADIUS_ALLOW_OUTSIDE", "1")
    assert _parties(_workspace(home, "../other/o.yaml")) == {"here", "elsewhere"}
    monkeypatch.setenv("BLASTRADIUS_ALLOW_OUTSIDE", "0")
    assert survey([home]).problems
