"""The rules on docs/policy.md load, and fail and hold as the page says; what pipelines run is there to be run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import blastradius as br
from blastradius import plugins
from tests.render.sarif_schema import results_of
from tests.repositories import committed

HOME = Path(__file__).parents[2]
ESTATE = """\
blastradius: 1
as_of: 2026-11-30
parties:
  us: {role: self, owns: [customers, crm]}
  acme: {holds: key, owner: J. Mertens, governance: {last review: 2026-03-01}}
credentials: {key: {grants: [read, write], expires: 2027-12-31}}
operations:
  read: {reads: customers}
  write: {writes: crm, controls: ip_allowlist}
stores: {customers: {crown_jewel: true}, crm: {zone: restricted}}
zones: {restricted: {}}
"""


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    """A folder with an estate, and the rules of the page beside it."""
    page = (HOME / "docs" / "policy.md").read_text("utf-8")
    rules = re.findall(r"<!-- rules -->\n```yaml\n(.*?)```", page, re.DOTALL)
    assert len(rules) == 1
    folder = tmp_path / "estate"
    folder.mkdir()
    (folder / "rules.yaml").write_text(rules[0])
    (folder / "access.yaml").write_text(ESTATE)
    return folder


def test_the_rules_of_the_page_hold_and_fail_as_it_says(estate: Path) -> None:
    data: Any = br.verify(br.load(estate)).data
    assert (data.expectations, data.failed, data.accepted) == (4, 1, 1)
    (failing,) = (row for row in data.checks if not row.holds and row.accepted is None)
    assert (failing.start, failing.entity, failing.capability) == ("acme", "crm", "write")


def test_the_action_writes_the_summary_and_keeps_the_exit_code(estate: Path, tmp_path: Path) -> None:
    committed(tmp_path)
    action = yaml.safe_load((HOME / "action.yml").read_text("utf-8"))
    step = action["runs"]["steps"][-1]
    inputs = {name: said.get("default", "estate") for name, said in action["inputs"].items()}
    given = {name: inputs[re.findall(r"inputs\.(\w+)", text)[0]] for name, text in step["env"].items()}
    tool = tmp_path / "bin" / "blastradius"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m blastradius "$@"\n')
    tool.chmod(0o755)
    around = {"PATH": f"{tool.parent}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(HOME), "BASE": "main:estate"}
    summary = {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
    ran = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", step["run"]],
        cwd=tmp_path,
        env=os.environ | given | around | summary,
        check=False,
    )
    assert ran.returncode == 1
    assert (tmp_path / "summary.md").read_text().startswith("**1 of ")
    assert results_of((tmp_path / inputs["sarif"]).read_text())
    assert (tmp_path / inputs["junit"]).exists()


def test_the_hook_runs_a_command_that_is_there() -> None:
    (hook,) = yaml.safe_load((HOME / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert hook["entry"].split()[0] == "blastradius"
    assert hook["entry"].split()[1] in plugins.queries()
