"""The registry, and how files and folders are found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import blastradius as br
from blastradius import plugins
from blastradius.errors import InputError, UsageError

ESTATE = "blastradius: 1\nparties: {a: }\n"


def test_what_ships_is_found_by_listing() -> None:
    assert list(plugins.loaders()) == ["dora", "fedramp", "native", "openapi", "subprocessors", "table"]
    assert list(plugins.queries()) == ["explain", "exposure", "rank", "reach", "verify"]
    assert plugins.query_titles().keys() == plugins.queries().keys()


def test_a_folder_below_a_hidden_one_is_read_and_hidden_files_are_not(tmp_path: Path) -> None:
    folder = tmp_path / ".venv" / "estate"
    (folder / ".git").mkdir(parents=True)
    (folder / "e.yaml").write_text(ESTATE)
    (folder / ".git" / "other.yaml").write_text("blastradius: 1\nparties: {b: }\n")
    assert list(br.load(folder).entities) == ["a"]


def test_a_file_passed_over_is_counted(tmp_path: Path) -> None:
    (tmp_path / "e.yaml").write_text(ESTATE)
    (tmp_path / "values.yaml").write_text("replicas: 3\n")
    estate = br.load(tmp_path)
    assert (estate.tally.facts, estate.tally.ignored) == (1, 1)
    assert "values.yaml: unsupported: not an estate file" in str(estate.notes[0])


def test_data_in_a_folder_that_no_estate_asks_for_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "e.yaml").write_text(ESTATE)
    (tmp_path / "vendors.csv").write_text('a,"blastradius\n')
    (tmp_path / "README.md").write_text("# blastradius\n")
    assert "vendors.csv: unsupported: not an estate file" in str(br.load(tmp_path).notes[0])
    (tmp_path / "e.yaml").unlink()
    with pytest.raises(InputError, match="the folder has no YAML or JSON file"):
        br.load(tmp_path)


def test_a_named_file_that_is_nothing_known_is_refused(tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text("replicas: 3\n")
    with pytest.raises(InputError, match="no loader recognises it"):
        br.load(tmp_path / "values.yaml")


def test_all_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("blastradius: 1\nparties: {a: {rule: x}}\n")
    (tmp_path / "b.yaml").write_text("blastradius: 1\nstores: {b: {records: many}}\n")
    with pytest.raises(InputError) as error:
        br.load(tmp_path)
    assert len(error.value.problems) == 2
    assert "a.yaml:2:15: 'rule' is not known here; did you mean 'role'?" in error.value.problems[0]


def test_an_api_outside_the_folder_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("openapi: 3.0.0\ninfo: {title: t}\npaths: {}\n")
    inner = tmp_path / "estate"
    inner.mkdir()
    for path in ("../secret.yaml", str(tmp_path / "secret.yaml"), "https://127.0.0.1:9/x.yaml"):
        (inner / "e.yaml").write_text(f"blastradius: 1\napis: [{{openapi: '{path}'}}]\n")
        with pytest.raises(InputError, match="asked for at"):
            br.load(inner)


def test_a_bad_parameter_is_a_usage_error(northwind: Path) -> None:
    with pytest.raises(UsageError, match="hours is -1"):
        br.reach(br.load(northwind), outage="acme", hours=-1)
    with pytest.raises(UsageError, match="reach: speed is 3"):
        br.reach(br.load(northwind), compromise="acme", speed=3)


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("broken", "def (", "not valid Python"),
        ("rank", "QUERY = None", "a plug-in of that name already"),
    ],
)
def test_a_bad_plugin_is_one_clear_line(name: str, code: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / f"{name}.py").write_text(code)
    command = [sys.executable, "-m", "blastradius", "--plugins", str(tmp_path), name, "x"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_plugin_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "blastradius", "--plugins", str(tmp_path / "no"), "loaders"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 2
