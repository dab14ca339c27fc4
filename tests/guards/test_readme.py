"""What the README shows runs: every command, the cell of Python, each extra, and the exit codes as they are."""

from __future__ import annotations

import re
import shlex
import shutil
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from blastradius.cli import main
from tests.counts import few
from tests.repositories import committed

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = re.findall(r"^blastradius (.*)$", "\n".join(re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)), re.MULTILINE)
COMMANDS = [shlex.split(line, comments=True) for line in LINES]
FINDS = ("check", "grant")


@pytest.fixture
def clone(northwind: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone, with exports of somebody who has Acme as a partner."""
    shutil.copytree(northwind, tmp_path / "examples" / "northwind")
    shutil.copytree(northwind, tmp_path / "exports")
    monkeypatch.chdir(tmp_path)
    committed(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", few(COMMANDS, 3), ids=lambda command: f"{command[0]} {command[-1]}")
def test_every_command_runs(command: list[str], clone: Path) -> None:
    code = main(command)
    assert code == 0 or (code == 1 and command[0] in FINDS)
    written = [clone / target for option, target in pairwise(command) if option in ("-o", "--draw")]
    assert all(file.stat().st_size for file in written)


def test_the_journey_is_in_the_order_of_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    helped = re.findall(r"^  (\w+)  +\S", capsys.readouterr().out, re.MULTILINE)
    first_hour = [command[0] for command in COMMANDS if command[1] == "exports/"]
    assert first_hour == sorted(first_hour, key=helped.index)
    assert first_hour[0] == "init"


def test_every_extra_is_told_and_none_that_is_not() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    told = re.findall(r"^\| `(\w+)` \|", TEXT.partition("| extra |")[2].partition("\n\n")[0], re.MULTILINE)
    assert set(told) == extras.keys() - {"test", "dev", "bench"}


def test_the_exit_codes_are_those_of_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    helped = re.findall(r"\b(\d+) \w+", " ".join(capsys.readouterr().out.split()).partition("Exit codes:")[2])
    told = re.findall(r"^\| ([\d, ]+) \|", TEXT.partition("| exit code |")[2], re.MULTILINE)
    assert [code for row in told for code in row.split(", ")] == helped
    assert "`check`, `verify`, `grant` and `diff`" in TEXT


def test_the_cell_of_python_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (cell,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    monkeypatch.chdir(ROOT)
    exec(cell, {})
    assert "Acme Logistics" in capsys.readouterr().out
