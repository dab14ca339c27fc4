"""The quick suite, which one runs while typing, covers every room."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import blastradius
from blastradius import plugins

ROOT = Path(__file__).parents[2]
ELSEWHERE = {
    "columns": "tests/estate/",
    "docgen": "tests/guards/test_house.py",
    "exporting": "tests/exports/",
    "secrets": "tests/test_secrets.py",
}
"""Rooms whose tests are those of what they make."""


@pytest.fixture(scope="module")
def quick() -> list[str]:
    """The tests of the quick suite."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "not slow", "-p", "no:syrupy"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    return [line for line in done.stdout.splitlines() if "::" in line]


@pytest.mark.slow
def test_every_room_has_a_quick_test(quick: list[str]) -> None:
    package = Path(blastradius.__file__).parent
    rooms = [file.parent.name for file in package.glob("*/__init__.py")]
    rooms = [room for room in rooms if room not in ("loaders", "queries")]
    assert "engine" in rooms
    assert [room for room in rooms if not _some(quick, ELSEWHERE.get(room, f"tests/{room}/"))] == []


@pytest.mark.slow
def test_every_format_and_every_question_has_a_quick_test(quick: list[str]) -> None:
    loaders = [name for name in plugins.loaders() if not _some(quick, f"tests/loaders/{name}/")]
    questions = [name for name in plugins.query_titles() if not _some(quick, f"tests/queries/test_{name}.py")]
    assert loaders + questions == []


def _some(tests: list[str], start: str) -> bool:
    return any(test.startswith(start) for test in tests)
