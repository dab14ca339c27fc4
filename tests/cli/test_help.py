"""The help is in the order in which a user meets the commands, and what it shows as an example runs."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import click
import pytest

from blastradius.cli import cli, main
from blastradius.cli.commands import completion_command
from blastradius.cli.group import _OWN
from tests.repositories import committed

NAMES = cli.list_commands(click.Context(cli))
SHARED = ("push", "pull", "status")  # which need a server
CODES = {"grant": 1}
"""The examples that find something."""


def helped(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main([*([name] if name else []), "--help"]) == 0
    return capsys.readouterr().out


def test_the_order_is_that_of_a_journey(capsys: pytest.CaptureFixture[str]) -> None:
    listed = re.findall(r"^  (\w+)  +\S", helped("", capsys).partition("Begin:")[2], re.MULTILINE)
    assert listed == NAMES
    first = [
        "demo",
        "init",
        "check",
        "brief",
        "inventory",
        "dependence",
        "governance",
        "rank",
        "reach",
        "explain",
        "exposure",
        "levers",
        "controls",
        "cut",
        "contain",
        "joint",
        "scenarios",
        "exercise",
        "grant",
        "diff",
        "overgrant",
        "verify",
        "seen",
        "batch",
        "explore",
        "draw",
    ]
    assert [name for name in listed if name in first] == first
    assert listed[-1] == "completion"


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("completion", *SHARED)])
def test_every_command_shows_an_example_that_runs(
    name: str, northwind: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = helped(name, capsys)
    example = re.search(r"^ *Example:\n +blastradius (.*)\n", shown, re.MULTILINE)
    assert example, shown
    shutil.copytree(northwind, tmp_path / "examples" / "northwind")
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "register.csv").write_text("Vendor,Owner\nAcme,J. Doe\n")
    monkeypatch.chdir(tmp_path)
    committed(tmp_path)  # which diff reads
    arguments = shlex.split(example[1])
    assert arguments[0] == name
    assert main(arguments) == CODES.get(name, 0)


@pytest.mark.parametrize("name", NAMES)
def test_help_fits_a_terminal_and_names_things_as_they_are_typed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = helped(name, capsys)
    folded = re.sub("Example:\n.*\n", "", shown)  # which is to be copied, so it is not folded
    assert [line for line in folded.splitlines() if len(line) > 80] == []
    assert "kind@id" not in shown
    assert not re.search(r"--\w+_", shown)


def test_every_command_is_listed_and_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(_OWN) <= set(NAMES)
    for name in SHARED:
        assert f"blastradius {name} neo4j://localhost" in helped(name, capsys)


def test_levels_and_capabilities_are_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    shown = " ".join(helped("explain", capsys).split())
    assert "Takeover: and they break our system behind the door." in shown
    assert "read_subset: can read part of it" in shown


def test_the_help_of_completion_says_how_to_set_it_up() -> None:
    assert 'eval "$(blastradius completion bash)"' in str(completion_command.epilog)
