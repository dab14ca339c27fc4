"""The answers kept in ``docs/answers`` are what their commands write; read what changes before it is accepted."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from blastradius.cli import main

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "docs" / "answers"
COMMANDS = re.findall(r"^blastradius (.*)$", (KEPT / "README.md").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.split()[0])
def test_the_kept_answer_is_what_the_command_writes(
    command: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "examples" / "northwind", tmp_path / "examples" / "northwind")
    monkeypatch.chdir(tmp_path)
    assert main(command.split()) in (0, 1)
    written = {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()}
    assert set(written) == set(re.findall(r"[a-z]+\.(?:md|svg)", command))
    if request.config.getoption("--snapshot-update"):
        for name, content in written.items():
            (KEPT / name).write_bytes(content)
    assert {name: (KEPT / name).read_bytes() for name in written} == written


def test_nothing_is_kept_that_no_command_writes() -> None:
    assert {file.name for file in KEPT.iterdir()} == {
        "README.md",
        *(name for command in COMMANDS for name in re.findall(r"[a-z]+\.(?:md|svg)", command)),
    }
