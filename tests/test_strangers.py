"""What a stranger adds is one file and one folder of tests: found, listed and asked wherever it stands."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.strangers import FILES, INPUT, put

ROOT = Path(__file__).parents[1]
TITLE = "How many things of some kinds there are"
REACHED = """
import contextlib, io
import blastradius as br
from blastradius.cli import main

def said(*words):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert main(list(words)) in (0, None), words
    return out.getvalue()

assert "badges: Badge list (YAML)" in said("loaders")
assert "count: How many things of some kinds there are" in said("queries")
assert "  names: Names, one a line; carries ids" in said("export", "--help")
assert said("export", "badges.yaml", "--to", "names") == "ann\\nbob\\n"
assert "2 things" in said("count", "badges.yaml", "--kinds", "party")
assert "count" in dir(br)
estate = br.load("badges.yaml")
assert br.count(estate, "party").data.count == br.count(estate, kinds=["party"], least=1).data.count == 2
assert br.export(estate, "names") == "ann\\nbob\\n"
print(br.__file__)
"""


def run(folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment}
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False
    )


def works(folder: Path, *paths: Path, title: str = TITLE, **environment: str) -> str:
    """That all three are listed, asked and written in a process of its own; where the package was found."""
    (folder / "badges.yaml").write_text(INPUT)
    path = os.pathsep.join(map(str, paths or (ROOT,)))
    done = run(folder, "-c", REACHED.replace(TITLE, title), PYTHONPATH=path, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository with the three files in it."""
    if not (ROOT / "blastradius").is_dir():
        pytest.skip("the tests run on a built wheel")
    folder = tmp_path_factory.mktemp("copy")
    for name in ("blastradius", "loaders", "queries", "docs", "tests/loaders"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    put({"loaders": folder / "loaders", "queries": folder / "queries", "exports": folder / "blastradius" / "exports"})
    return folder


def test_one_file_each_in_the_repository(copy: Path) -> None:
    assert works(copy, copy).startswith(str(copy))


@pytest.mark.slow
def test_the_pages_and_the_stub_follow(copy: Path) -> None:
    done = run(copy, "-m", "blastradius.docgen", PYTHONPATH=str(copy))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Badge list" in (copy / "docs" / "loaders" / "badges.md").read_text()
    assert '"count"' in (copy / "docs" / "schema" / "count.json").read_text()
    assert "| `names` | Names: one a line | `.names` | ids |" in (copy / "docs" / "exports.md").read_text()
    assert (
        "\ndef count(\n    estate: Estate,\n    kinds: Kind | " in (copy / "blastradius" / "__init__.pyi").read_text()
    )


def contracts(copy: Path) -> subprocess.CompletedProcess[str]:
    call = "import sys; from importlinter.cli import lint_imports_command as lint; lint(['--no-cache'])"
    return run(copy, "-c", call, PYTHONPATH=str(copy))


def test_the_contracts_hold_and_no_list_is_edited(copy: Path) -> None:
    done = contracts(copy)
    assert (done.returncode, "0 broken" in done.stdout) == (0, True), done.stdout


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("loaders/badges.py", "from .entra.model import Model"),
        ("queries/count.py", "from .reach import QUERY as OTHER"),
        ("blastradius/exports/names.py", "from blastradius.exports.otm import EXPORT as OTHER"),
    ],
)
def test_a_plug_in_that_imports_another_breaks_a_contract(copy: Path, file: str, line: str) -> None:
    before = (copy / file).read_text()
    (copy / file).write_text(f"{before}{line}\n")
    done = contracts(copy)
    (copy / file).write_text(before)
    assert done.returncode == 1, done.stdout
    assert "plug-ins do not know each other" in done.stdout


@pytest.mark.parametrize("package", ["loaders.okta", "blastradius.loaders.okta"])
def test_no_plug_in_is_imported_by_its_whole_name(tmp_path: Path, package: str) -> None:
    (tmp_path / "badges.py").write_text(f"from {package} import LOADER as LOADER\n")
    command = ("-m", "ruff", "check", "--no-cache", "--config", str(ROOT / "pyproject.toml"), str(tmp_path))
    assert "nobody imports a plug-in by name" in run(tmp_path, *command).stdout


@pytest.mark.slow
@pytest.mark.parametrize("as_packages", [False, True])
def test_a_folder_of_ones_own(tmp_path: Path, as_packages: bool) -> None:
    put({kind: tmp_path / "mine" / kind for kind in FILES}, as_packages=as_packages)
    works(tmp_path, BLASTRADIUS_PLUGINS=str(tmp_path / "mine"))
    command = ("-m", "blastradius", "--plugins", "mine", "export", "badges.yaml", "-o", "x.names")
    done = run(tmp_path, *command, PYTHONPATH=str(ROOT))
    assert (done.returncode, done.stderr, (tmp_path / "x.names").read_text()) == (0, "", "ann\nbob\n")


@pytest.mark.slow
def test_an_installed_distribution_announces_its_own(tmp_path: Path) -> None:
    site = tmp_path / "site"
    put(dict.fromkeys(FILES, site / "strange"))
    information = site / "strange-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: strange\nVersion: 1.0\n")
    constants = {"loaders": "LOADER", "queries": "QUERY", "exports": "EXPORT"}
    entries = [
        f"[blastradius.{kind}]\n{name} = strange.{name}:{constants[kind]}\n" for kind, (name, _) in FILES.items()
    ]
    (information / "entry_points.txt").write_text("\n".join(entries))
    works(tmp_path, ROOT, site, title="a question of strange.count")
    odd = information / "entry_points.txt"
    odd.write_text(odd.read_text() + "[blastradius.exports]\nodd = strange.count:Params\n")
    done = run(tmp_path, "-m", "blastradius", "export", "--help", PYTHONPATH=f"{ROOT}{os.pathsep}{site}")
    assert done.returncode == 2
    assert "entry point odd = strange.count:Params: EXPORT is of type ModelMetaclass" in done.stderr
