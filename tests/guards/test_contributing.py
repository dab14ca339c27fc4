"""The worked examples of the pages for contributors work as they stand."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from blastradius import plugins
from tests.loaders.golden import golden
from tests.loaders.laws import damaged, load, survives

ROOT = Path(__file__).parents[2]
QUESTION, LOADER = ROOT / "CONTRIBUTING.md", ROOT / "docs" / "loaders" / "writing-a-loader.md"
CASE = "keyring/cases/small"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of both pages, as a reader would copy them."""
    made = tmp_path_factory.mktemp("mine")
    for page in (QUESTION, LOADER):
        for name, text in re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            (made / name).write_text(text)
    return made


@pytest.fixture
def used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The same, in use until the test ends."""
    package = importlib.import_module("blastradius.loaders")
    monkeypatch.setattr(package, "__path__", [*package.__path__])
    monkeypatch.setenv("BLASTRADIUS_PLUGINS", str(folder))
    yield folder
    sys.modules.pop("blastradius.loaders.keyring", None)


def _run(folder: Path, *words: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "blastradius", "--plugins", str(folder), *words]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ, check=False)
    return done.returncode, done.stdout, done.stderr


def test_the_pages_have_these_files(folder: Path) -> None:
    files = sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.suffix in (".py", ".yaml"))
    cases = [f"{CASE}/{name}.yaml" for name in ("expected", "input", "options")]
    assert files == [*cases, "loaders/keyring.py", "queries/grants.py"]


def test_the_worked_examples_run(folder: Path) -> None:
    file = str(folder / CASE / "input.yaml")
    code, out, err = _run(folder, "grants", file, "--least", "2", "--format", "csv")
    assert (code, err) == (0, "")
    assert out.splitlines() == ["credential,grants", "key:17,2"]
    assert "keyring: Key register of the partner portal (YAML)" in _run(folder, "loaders")[1]
    assert "CANARY" not in "".join(map(str, _run(folder, "check", file)))


def test_the_loader_passes_its_golden_case(used: Path) -> None:
    golden(used / CASE)


@pytest.mark.slow
def test_the_runner_prints_and_checks_a_case(folder: Path) -> None:
    command = [sys.executable, "-m", "tests.loaders.golden"]
    env = {**os.environ, "BLASTRADIUS_PLUGINS": str(folder)}
    case = folder / CASE
    printed = subprocess.run([*command, str(case)], capture_output=True, text=True, env=env, check=True, cwd=ROOT)
    assert yaml.safe_load(printed.stdout) == yaml.safe_load((case / "expected.yaml").read_text())
    subprocess.run([*command, "--check", str(case)], env=env, check=True, cwd=ROOT)


def test_damage_is_said_and_every_record_still_ends_once(used: Path) -> None:
    loader = plugins.loaders()["keyring"]
    data: dict[str, Any] = yaml.load((used / CASE / "input.yaml").read_text(), yaml.BaseLoader)
    for broken in damaged(data):
        loaded = survives(loader, broken)
        records = [broken.get(section) for section in ("keys", "rotations")]
        assert loaded is None or loaded.tally.records == sum(
            len(record) for record in records if isinstance(record, list)
        )
        assert loaded is None or "CANARY" not in loaded.model_dump_json()
    assert load(loader, {"keyring": "x", "keys": [{"id": "1", "partner": "password=hunter2"}]}).tally.rejected == 1
