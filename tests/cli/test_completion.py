"""Completion in a real bash: files as ever, and ids of the estate that was named; nothing that a shell would run."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from blastradius.cli import cli, completion
from tests.counts import few

ESTATE = """
blastradius: 1
parties: {acme: {name: Acme Logistics, holds: [k]}, "Fastlane Logistics": , zeta: {name: Zeta Chat}}
credentials: {k: {grants: ["orders:read"]}}
scopes: {"orders:read": , "orders:write": }
stores: {'$(touch owned)': {name: Odd}, db: }
"""
ASK = r"""
{script}
PATH={bin}:$PATH
COMP_LINE={line} COMP_POINT=${{#COMP_LINE}} COMP_TYPE=9
{words}
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
compopt() {{ local IFS=' '; printf 'compopt %s\n' "$*"; }}
_blastradius_completion blastradius
printf '%s\n' "${{COMPREPLY[@]}}"
"""

pytestmark = pytest.mark.skipif(not shutil.which("bash"), reason="no bash here")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "e.yaml").write_text(ESTATE)
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "blastradius"
    script.write_text(f"#!{sys.executable}\nfrom blastradius.cli import run\nrun()\n")
    script.chmod(0o755)
    return tmp_path


def offered(folder: Path, words: list[str], line: str | None = None) -> list[str]:
    """What bash is offered where these are the words, as it splits them, of which the last is being typed."""
    text = " ".join(words) if line is None else line
    script = ASK.format(
        script=completion.Bash(cli, {}, "blastradius", "_BLASTRADIUS_COMPLETE").source(),
        bin=folder / "bin",
        line=shlex.quote(text),
        words=f"COMP_WORDS=({' '.join(map(shlex.quote, words))})",
    )
    path = str(Path(completion.__file__).parents[2])
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, cwd=folder, env={**os.environ, "PYTHONPATH": path}
    )
    assert done.stderr == ""
    return [line for line in done.stdout.splitlines() if line]


REACH = ["blastradius", "reach", "e.yaml"]


def test_commands_and_options_and_files_complete(folder: Path) -> None:
    assert offered(folder, ["blastradius", "re"]) == ["reach"]
    assert offered(folder, [*REACH, "--comp"]) == ["--compromise"]
    assert offered(folder, ["blastradius", "reach", "e"]) == ["compopt -o default"]


@pytest.mark.slow
def test_files_complete_wherever_one_is_named(folder: Path) -> None:
    for words in ([*REACH, "-o", "f"], [*REACH, "--draw", "f"], ["blastradius", "--plugins", "b"]):
        assert offered(folder, words) == ["compopt -o default"]


@pytest.mark.parametrize(
    "case",
    few(
        (
            (["--compromise", ""], "--compromise ", ["acme", "Fastlane\\ Logistics", "zeta"]),
            (["--compromise", "ze"], None, ["zeta"]),
            (["--compromise", "=", "ze"], "--compromise=ze", ["zeta"]),
            (["--compromise", "Acm"], None, ["acme"]),  # by its display name
            (["--compromise", '"Fast'], None, ["Fastlane Logistics"]),
            (["--compromise", "Fastlane\\ L"], None, ["Fastlane\\ Logistics"]),
            (["--use", "orders"], None, ["orders:read", "orders:write"]),
            (["--use", "orders", ":", "wr"], "--use orders:wr", ["write"]),  # for bash a word ends at a colon
            (["--use", "orders", ":"], "--use orders:", ["read", "write"]),
            (["--with", "fe_token@z"], None, []),
            (["--with", "mfa@z"], None, ["mfa@zeta"]),
            (["--distrust", "ip_a"], None, ["ip_allowlist"]),
            (["--breach", ""], "--breach ", ["\\$\\(touch\\ owned\\)", "db"]),
            (["--hours", ""], "--hours ", []),
        ),
        1,
    ),
)
def test_things_of_the_estate_complete(case: tuple[list[str], str | None, list[str]], folder: Path) -> None:
    words, line, found = case
    typed = " ".join(REACH) + " " + (line or " ".join(words))
    assert sorted(offered(folder, [*REACH, *words], typed), key=str.casefold) == found
    assert not (folder / "owned").exists()


@pytest.mark.parametrize("paths", few([["broken.yaml"], ["nowhere.yaml"], ["-"], []], 1))
def test_an_estate_that_cannot_be_read_offers_nothing_and_says_nothing(paths: list[str], folder: Path) -> None:
    (folder / "broken.yaml").write_text("blastradius: [\n")
    assert offered(folder, ["blastradius", "reach", *paths, "--compromise", "a"]) == []


def test_what_is_too_large_to_wait_for_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = cli.get_command(click.Context(cli), "reach")
    assert command
    (parameter,) = (param for param in command.params if param.name == "compromise")
    context = click.Context(command)
    context.params = {"paths": (str(folder / "e.yaml"),)}
    assert [item.value for item in completion.things(context, parameter, "a")] == ["acme"]
    monkeypatch.setattr(completion, "_LARGEST", 10)
    assert completion.things(context, parameter, "a") == []


@pytest.mark.parametrize(("shell", "says"), [("zsh", "compdef"), ("fish", "complete --no-files")])
def test_the_other_shells_have_the_script_of_click(shell: str, says: str) -> None:
    assert says in CliRunner().invoke(cli, ["completion", shell]).output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shell", "given", "found"),
    [
        ("zsh", {"COMP_WORDS": "br reach e.yaml --compromise a", "COMP_CWORD": "4"}, "plain\nacme\nAcme Logistics"),
        ("zsh", {"COMP_WORDS": "blastradius reach e", "COMP_CWORD": "2"}, "file\ne\n_"),
        ("fish", {"COMP_WORDS": "br reach e.yaml --compromise a", "COMP_CWORD": "a"}, "plain,acme\tAcme Logistics"),
        ("fish", {"COMP_WORDS": "blastradius reach e", "COMP_CWORD": "e"}, "file,e"),
    ],
)  # fmt: skip
def test_the_other_shells_are_told_as_much(shell: str, given: dict[str, str], found: str, folder: Path) -> None:
    environment = {**os.environ, **given, "_BLASTRADIUS_COMPLETE": f"{shell}_complete"}
    path = str(Path(completion.__file__).parents[2])
    command = [folder / "bin" / "blastradius"]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=folder, env={**environment, "PYTHONPATH": path}, check=False
    )
    assert (done.stdout.strip(), done.stderr) == (found, "")
