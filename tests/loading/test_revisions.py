"""What a git revision has is read as it is stored: nothing is run, no link is followed, no folder is left behind."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from blastradius.errors import InputError, UsageError
from blastradius.loading import revisions
from blastradius.loading.revisions import load_named
from tests.repositories import committed, git

ESTATE = "blastradius: 1\nparties: {acme: {name: Acme}}\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with an estate in its first revision, and another one in the working tree."""
    home, temporary = tmp_path / "repo", tmp_path / "temporary"
    (home / "exports").mkdir(parents=True)
    temporary.mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    Path("exports/estate.yaml").write_text(ESTATE)
    committed(Path())
    Path("exports/estate.yaml").write_text(ESTATE.replace("acme", "other"))
    return home


def test_a_revision_is_read_as_it_was_and_its_files_are_named_as_git_does(repository: Path) -> None:
    estate, spelled = load_named("main:exports")
    assert list(estate.entities) == ["acme"]
    (place,) = estate.entities["acme"].provenance
    assert spelled(str(place)) == "main:exports/estate.yaml:2:11"
    assert list((repository.parent / "temporary").iterdir()) == []
    assert list(load_named("exports")[0].entities) == ["other"]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("main:", "main:exports/estate.yaml:2:11"),
        ("HEAD:exports/", "HEAD:exports/estate.yaml:2:11"),
        ("HEAD:exports/estate.yaml", "HEAD:exports/estate.yaml:2:11"),
        ("HEAD~0:exports", "HEAD~0:exports/estate.yaml:2:11"),
    ],
)
def test_a_folder_the_top_and_a_file_are_read(repository: Path, given: str, named: str) -> None:
    estate, spelled = load_named(given)
    assert spelled(str(estate.entities["acme"].provenance[0])) == named


def test_a_path_from_where_one_stands_is_read(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository / "exports")
    assert list(load_named("HEAD:./estate.yaml")[0].entities) == ["acme"]
    assert list(load_named("HEAD:./")[0].entities) == ["acme"]


def test_a_file_that_has_such_a_name_is_no_revision(repository: Path) -> None:
    Path("main:exports").mkdir()
    Path("main:exports/estate.yaml").write_text(ESTATE.replace("acme", "literal"))
    assert list(load_named("main:exports")[0].entities) == ["literal"]


def test_what_is_wrong_in_a_file_is_said_at_its_name_in_the_revision(repository: Path) -> None:
    Path("exports/estate.yaml").write_text("blastradius: 1\npartys: {}\n")
    committed(Path())
    with pytest.raises(InputError, match=r"^main:exports/estate\.yaml:2:1: "):
        load_named("main:exports")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("nowhere:exports", "no revision 'nowhere'"),
        ("main:export", "the revision has no such path"),
        ("--upload-pack=x:exports", "no revision '--upload-pack=x'"),
        ("main:../outside", "the revision has no such path"),
    ],
)
def test_what_is_not_there_is_refused(repository: Path, given: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        load_named(given)


def test_a_link_is_not_followed(repository: Path) -> None:
    Path("exports/link.yaml").symlink_to("/etc/hostname")
    committed(Path())
    with pytest.raises(InputError, match=r"'link\.yaml' is a link, which is not followed"):
        load_named("main:exports")


def test_a_tree_whose_names_lead_elsewhere_is_refused(repository: Path) -> None:
    blob = git(Path(), "hash-object", "-w", "exports/estate.yaml")
    tree = git(Path(), "mktree", given=f"100644 blob {blob}\t..")
    commit = git(Path(), "commit-tree", tree, "-m", "hostile")
    with pytest.raises(InputError, match=r"'\.\.' is a name that leads elsewhere"):
        load_named(f"{commit}:")


def test_nothing_that_the_repository_configures_is_run(repository: Path) -> None:
    git(Path(), "config", "filter.evil.smudge", f"touch {repository}/ran; cat")
    git(Path(), "config", "core.fsmonitor", f"touch {repository}/ran")
    Path(".gitattributes").write_text("*.yaml filter=evil\nexports/estate.yaml export-ignore\n")
    git(Path(), "-c", "core.fsmonitor=false", "add", "-A")
    git(Path(), "-c", "core.fsmonitor=false", "commit", "-q", "-m", "a trap")
    (repository / "ran").unlink(missing_ok=True)
    assert list(load_named("main:exports")[0].entities) == ["other"]
    assert not (repository / "ran").exists()


def test_more_than_is_copied_is_refused(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revisions, "MOST_BYTES", 3)
    with pytest.raises(UsageError, match="name a folder in it"):
        load_named("main:exports")


def test_without_a_repository_or_without_git_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(UsageError, match="no revision 'main' of a git repository here"):
        load_named("main:exports")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="where git is installed"):
        load_named("main:exports")


def test_a_workspace_of_a_revision_is_read_with_its_sources(repository: Path) -> None:
    Path("exports/blastradius.yaml").write_text("workspace: 1\nsources: [{path: estate.yaml}]\n")
    committed(Path())
    workspace = load_named("main:exports/blastradius.yaml")[0]
    assert list(workspace.entities) == ["other"]


def test_lines_that_stay_on_disk_are_there_after_the_folder_is_gone(repository: Path) -> None:
    Path("exports/estate.yaml").unlink()
    Path("exports/estate.jsonl").write_text('{"title": "A shop"}\n{"kind": "party", "id": "acme"}\n')
    committed(Path())
    estate, _ = load_named("main:exports/estate.jsonl")
    assert estate.entities["acme"].label == "acme"
