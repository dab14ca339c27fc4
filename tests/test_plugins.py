"""The registry, and how files and folders are found."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import blastradius as br
from blastradius import loading, plugins
from blastradius.errors import InputError, UsageError

ESTATE = "blastradius: 1\nparties: {a: }\n"


def test_what_ships_is_found_by_listing() -> None:
    names = list(plugins.loaders())
    assert names == sorted(names)
    assert {"aws_iam", "cloudformation", "native", "openapi", "terraform"} <= set(names)
    assert list(plugins.queries()) == ["explain", "exposure", "levers", "rank", "reach", "review", "seen", "verify"]
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
    with pytest.raises(InputError, match="a mapping with the key 'replicas' that no loader recognises"):
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
        br.ask("reach", br.load(northwind), compromise="acme", speed=3)


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


OUTER = """
from blastradius.loaderkit.contract import Loaded, Loader, SourceRequest
from blastradius.model import Provenance, Tally


def load(document, options):
    at = Provenance(source="outer", file=document.path, line=1)
    asks = tuple(SourceRequest(provenance=at, **each) for each in eval(document.data["outer"]))
    return Loaded(requests=asks, tally=Tally(facts=1))


LOADER = Loader(name="outer", title="t", suffixes=(), recognises=lambda data: "outer" in data, load=load)
"""


@pytest.fixture
def outer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder, and a loader of one's own that asks for what its files say."""
    own = tmp_path / "own" / "loaders"
    own.mkdir(parents=True)
    (own / "outer.py").write_text(OUTER)
    monkeypatch.setenv("BLASTRADIUS_PLUGINS", str(own.parent))
    plugins._files.cache_clear()
    yield tmp_path
    plugins._files.cache_clear()
    sys.modules.pop("blastradius.loaders.outer", None)
    importlib.import_module("blastradius.loaders").__path__.remove(str(own))


def test_a_description_inside_a_file_is_loaded_from_there(outer: Path) -> None:
    (outer / "a.yaml").write_text(
        "outer: \"[{'loader': 'openapi', 'part': ('api',), 'options': {'api': 'x'}}]\"\n"
        "api: |\n  openapi: 3.1.0\n  paths:\n    /a:\n      get: {}\n"
    )
    estate = br.load(outer / "a.yaml")
    assert str(estate.entities["x:GET /a"].provenance[0]) == f"{outer}/a.yaml:6:7"


def test_files_that_ask_for_each_other_are_read_once(outer: Path) -> None:
    for name, other in (("a", "b"), ("b", "./a")):
        (outer / f"{name}.yaml").write_text(f"outer: \"[{{'loader': 'outer', 'path': '{other}.yaml'}}]\"\n")
    assert br.load(outer / "a.yaml").tally.facts == 2


def test_what_is_asked_for_and_not_needed_may_be_missing(outer: Path) -> None:
    asks = [{"loader": "openapi", "path": "no.yaml", "required": False}, {"loader": "nobody", "path": "a.yaml"}]
    (outer / "a.yaml").write_text(f'outer: "{asks[:1]}"\n')
    estate = br.load(outer / "a.yaml")
    assert (estate.tally.facts, estate.tally.rejected) == (1, 1)
    assert "'no.yaml' is not a file in the folder" in str(estate.notes[0])
    (outer / "a.yaml").write_text(f'outer: "{asks}"\n')
    with pytest.raises(InputError, match="no loader 'nobody' here"):
        br.load(outer / "a.yaml")


@pytest.mark.parametrize("name", ["x" * 300, "x" * 300 + ".jsonl", "a\0b"])
def test_a_name_that_no_file_can_have_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"cannot be read|not a file"):
        loading.load([name])
