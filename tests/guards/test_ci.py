"""The hosted workflows call stages that `.ci/run` has, on the interpreters that the package says it supports."""

from __future__ import annotations

import re
import subprocess
import tomllib
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
RUN = ROOT / ".ci" / "run"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def jobs(workflow: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(workflow.read_text("utf-8"))["jobs"]
    return found


def commands(job: dict[str, Any]) -> set[str]:
    """What a job runs, with every value of its matrix put in."""
    matrix: dict[str, list[str]] = job.get("strategy", {}).get("matrix", {})
    found = set()
    for values in product(*matrix.values()):
        text = "\n".join(step.get("run", "") for step in job["steps"])
        for name, value in zip(matrix, values, strict=True):
            text = text.replace(f"${{{{ matrix.{name} }}}}", value)
        found |= set(text.splitlines())
    return found


def called() -> set[str]:
    """The stages that the workflows call."""
    lines = [line for file in WORKFLOWS for job in jobs(file).values() for line in commands(job)]
    return {stage for line in lines if line.startswith(".ci/run") for stage in line.split()[1:]}


def stages() -> set[str]:
    """The stages that there are."""
    listed = re.search(r"^stages=\((.*)\)$", RUN.read_text("utf-8"), re.MULTILINE)
    assert listed
    return set(listed[1].split())


def test_every_stage_that_is_called_exists_and_none_but_the_other_interpreters_is_left_out() -> None:
    assert called() == stages() - {"pythons"}
    functions = set(re.findall(r"^(\w+)\(\) \{", RUN.read_text("utf-8"), re.MULTILINE))
    assert stages() <= functions


def test_a_stage_that_is_none_is_refused() -> None:
    done = subprocess.run([RUN, "quick", "tets"], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no stage tets; expected quick lint" in done.stderr


def test_the_interpreters_are_those_that_the_package_names() -> None:
    named = {text.rpartition(" :: ")[2] for text in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", text)}
    assert set(jobs(ROOT / ".github" / "workflows" / "ci.yml")["test"]["strategy"]["matrix"]["python"]) == named
    assert min(named, key=lambda version: int(version[2:])) == PROJECT["requires-python"].removeprefix(">=")


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.name)
def test_actions_are_pinned_and_no_host_is_named(workflow: Path) -> None:
    text = workflow.read_text("utf-8")
    uses = re.findall(r"uses: (.*)", text)
    assert uses
    assert [line for line in uses if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}  # v[\d.]+", line)] == []
    assert "://" not in text + RUN.read_text("utf-8")
