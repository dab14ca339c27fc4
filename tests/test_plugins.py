"""The registry, and how files and folders are found."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path

import pytest

import blastradius as br
from blastradius import loading, plugins
from blastradius.cli import main
from blastradius.errors import InputError, UsageError

ESTATE = "blastradius: 1\nparties: {a: }\n"


def test_what_ships_is_found_by_listing() -> None:
    names = list(plugins.loaders())
    assert names == sorted(names)
    assert {"aws_iam", "cloudformation", "native", "openapi", "terraform"} <= set(names)
    assert {"explain", "exposure", "levers", "rank", "grant", "reach", "seen", "verify"} <= set(plugins.queries())
    assert {"csv", "graphml", "node-link"} <= set(plugins.exports())
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
    with pytest.raises(InputError, match="its file is not an estate file or a workspace; blastradius init"):
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
    with pytest.raises(UsageError, match="reach: it does not take speed"):
        br.ask("reach", br.load(northwind), compromise="acme", speed=3)


BAD = [
    ("queries/broken.py", "def (", r"queries/broken\.py:1: not valid Python: "),
    ("queries/rank.py", "QUERY = None", r"mine/queries/rank\.py: there is .* already: .*/rank\.py; rename one of them"),
    ("queries/rank/__init__.py", "QUERY = None", r"mine/queries/rank/__init__\.py: there is .* already: .*/rank\.py"),
    (
        "queries/empty.py",
        "",
        r"queries/empty\.py: QUERY is missing; end the file in QUERY = Query\(",
    ),
    ("queries/odd.py", "QUERY = 'odd'", r"queries/odd\.py: QUERY is of type str; end the file in QUERY"),
    (
        "queries/upset.py",
        "x = 1\n1 / 0",
        r"queries/upset\.py:2: cannot be imported: ZeroDivisionError: division",
    ),
    ("queries/leaves.py", "import sys\nsys.exit()", r"queries/leaves\.py:2: cannot be imported: SystemExit: no reason"),
    (
        "queries/lost.py",
        "import no_such",
        r"queries/lost\.py:1: cannot be imported: ModuleNotFoundError: No module",
    ),
    ("queries/box/__init__.py", "", r"queries/box/__init__\.py: QUERY is missing"),
    ("queries/check.py", "QUERY = None", r"queries/check\.py: the command check is blastradius's own; rename it"),
    ("loaders/empty.py", "", r"loaders/empty\.py: LOADER is missing; end the file in LOADER"),
    ("loaders/box/__init__.py", "LOADER = 1", r"loaders/box/__init__\.py: LOADER is of type int"),
    ("exports/empty.py", "", r"exports/empty\.py: EXPORT is missing; end the file in EXPORT"),
    ("exports/otm/__init__.py", "", r"exports/otm/__init__\.py: there is a plug-in of that name already: .*otm\.py"),
]
COMMANDS = {"loaders": ("loaders",), "exports": ("export", "--help")}


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of one's own to be named with ``--plugins``; what was imported from it is forgotten after the test."""
    folder, before = tmp_path / "mine", set(sys.modules)
    monkeypatch.setenv("BLASTRADIUS_PLUGINS", "")
    monkeypatch.delitem(sys.modules, "blastradius.cli.exporting", raising=False)  # which lists them when it is imported
    for group in ("loaders", "queries", "exports"):
        (folder / group).mkdir(parents=True)
        package = importlib.import_module(f"blastradius.{group}")
        monkeypatch.setattr(package, "__path__", [*package.__path__])
    yield folder
    for name in sys.modules.keys() - before:
        if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.mark.parametrize(("name", "code", "message"), BAD, ids=[name for name, *_ in BAD])
def test_a_bad_plugin_is_one_clear_line(
    name: str, code: str, message: str, mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (mine / name).parent.mkdir(exist_ok=True)
    (mine / name).write_text(code)
    group, stem = name.removesuffix("/__init__.py").removesuffix(".py").split("/")
    assert main(["--plugins", str(mine), *COMMANDS.get(group, (stem, "x"))]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert re.search(message, line)


def test_two_files_of_one_name_are_both_said(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = 'from blastradius.exporting.contract import Export\nEXPORT = Export("{}", "t", ".x", str, "")\n'
    (mine / "exports" / "one.py").write_text(text.format("same"))
    (mine / "exports" / "other.py").write_text(text.format("same"))
    assert main(["--plugins", str(mine), "export", "--help"]) == 2
    assert re.search(r"exports/other\.py: .* already: .*exports/one\.py; rename one of them", capsys.readouterr().err)


def test_what_is_no_plugin_is_passed_over(mine: Path) -> None:
    for name in ("_helper.py", ".hidden.py", "notes.txt", "data/x.yaml", "__pycache__/x.py"):
        (mine / "loaders" / name).parent.mkdir(exist_ok=True)
        (mine / "loaders" / name).write_text("1 / 0")
    plugins.use_folder(str(mine))
    assert plugins.loaders() == plugins.LOADERS.shipped()


def test_a_name_that_nothing_has_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match="there is no loader 'okat' here; did you mean 'okta'"):
        plugins.loader("okat")
    with pytest.raises(UsageError, match="there is no question 'zzz' here; blastradius queries lists them"):
        plugins.query("zzz")
    with pytest.raises(UsageError, match="there is no export 'graphlm' here; did you mean 'graphml'"):
        plugins.export("graphlm")
    assert plugins.export("node-link").name == "node-link"


def test_only_what_is_asked_for_is_imported(mine: Path) -> None:
    (mine / "queries" / "broken.py").write_text("def (")
    plugins.use_folder(str(mine))
    assert plugins.query("rank").name == "rank"
    assert plugins.query_titles()["broken"] == "cannot be read: not valid Python"


def test_a_plugin_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "blastradius", "--plugins", str(tmp_path / "no"), "loaders"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 2


OUTER = """
from blastradius.loaderkit.contract import Loaded, Loader, SourceRequest
from blastradius.model import Provenance, Tally


def load(document, options):
    at = Provenance(source="outer", file=document.path, line=1)
    asks = tuple(SourceRequest(provenance=at, **asked) for asked in eval(document.data["outer"]))
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
    yield tmp_path
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


def test_only_what_gives_a_field_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "loaders").mkdir()
    (tmp_path / "loaders" / "broken.py").write_text("raise RuntimeError('imported')\n", "utf-8")
    monkeypatch.setenv("BLASTRADIUS_PLUGINS", str(tmp_path))
    assert [loader.name for loader in plugins.LOADERS.giving("streams")] == ["lines"]
    (tmp_path / "loaders" / "broken.py").write_text("streams  = 1\nraise RuntimeError('imported')\n", "utf-8")
    with pytest.raises(UsageError, match="imported"):
        plugins.LOADERS.giving("streams")


@pytest.mark.parametrize(
    ("information", "entries", "may"),
    [
        ("ours-1.dist-info", "[console_scripts]\nblastradius = blastradius.cli:run\n", False),
        (
            "strange-1.dist-info",
            "[console_scripts]\na = b:c\n\n[blastradius.loaders]\nodd = strange.odd:LOADER\n",
            True,
        ),
        ("old-1.egg-info", "[blastradius.exports]\nodd = old.odd:EXPORT\n", True),
        ("packed-1.egg", "", True),
    ],
)
def test_what_is_installed_is_asked_only_where_it_may_announce_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, information: str, entries: str, may: bool
) -> None:
    (tmp_path / information).mkdir()
    (tmp_path / information / "entry_points.txt").write_text(entries)
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(tmp_path / "missing.zip")])
    monkeypatch.setattr(sys, "meta_path", [PathFinder])
    assert plugins._may_be_announced.__wrapped__() is may
    monkeypatch.setattr(sys, "meta_path", [PathFinder, type("Finder", (), {"find_distributions": None})])
    assert plugins._may_be_announced.__wrapped__()
