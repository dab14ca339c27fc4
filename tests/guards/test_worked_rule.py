"""The worked example of a new rule and a new control: put into a copy of the code, it passes the tests of rules."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import blastradius
from tests.rules.readings import READINGS, gaps

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
EDITS = re.findall(r"<!-- edit: (\S+) (before|after): (.+?) -->\n```python\n(.*?)```", PAGE, re.DOTALL)
NEW = re.findall(r"<!-- new: (\S+) -->\n```\w+\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The code and its tests of rules, as a contributor has them."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(blastradius.__file__).parent, tmp_path / "blastradius", ignore=ignored)
    for name in ("loaders", "queries", "tests/engine", "tests/rules"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    for name in ("pyproject.toml", "tests/conftest.py", "tests/counts.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name, text in NEW:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def edit(folder: Path, *left_out: str) -> None:
    """Make the edits, but for those of some files."""
    for name, where, anchor, text in EDITS:
        if name in left_out:
            continue
        lines = (folder / name).read_text("utf-8").splitlines(keepends=True)
        (place,) = (number for number, line in enumerate(lines) if line.strip().startswith(anchor))
        lines.insert(place + (where == "after"), text)
        (folder / name).write_text("".join(lines), "utf-8")


@pytest.mark.slow
def test_the_example_passes_the_tests_of_rules(copy: Path) -> None:
    edit(copy)
    files = ("tests/rules", "tests/engine/test_rules_needed.py", "tests/engine/test_seeded_bugs.py")
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-p", "no:xdist", *files]
    command += ["-k", "R20 or rate_limited or readings or has_a"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    env["PYTHONPATH"] = str(copy)
    done = subprocess.run(command, cwd=copy, env=env, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:]
    passed = {line.partition("[")[0] for line in done.stdout.splitlines() if re.search("R20.* PASSED", line)}
    assert {name.rpartition("::")[2] for name in passed} >= {
        "test_the_spec_finds_what_is_expected",
        "test_the_solver_finds_it_and_the_checker_agrees",
        "test_many_worlds_at_once_hold_it",
        "test_every_flow_of_a_rule_is_needed",
        "test_every_control_of_a_rule_is_needed",
        "test_a_rule_is_needed",
        "test_a_wrong_rule_is_caught",
    }


@pytest.mark.parametrize("reading", READINGS)
def test_a_reading_that_is_forgotten_is_named(copy: Path, reading: str) -> None:
    files = [f"blastradius/{file}" for file in READINGS[reading]]
    assert any(name in files for name, *_ in EDITS)
    edit(copy, *files)
    assert [line.partition(" (")[0] for line in gaps(copy / "blastradius", ["R20"], ["rate_limited"])] == [
        f"rule R20 is missing in the {reading}",
        f"control rate_limited is missing in the {reading}",
    ]
