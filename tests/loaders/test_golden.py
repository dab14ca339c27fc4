"""Every golden case of every loader: the input beside the facts, the notes and the count that it gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from blastradius import plugins
from tests.loaders.golden import cases, golden

HERE = Path(__file__).parent
CASES = cases(HERE)


@pytest.mark.parametrize("case", CASES, ids=[f"{folder.parents[1].name}-{folder.name}" for folder in CASES])
def test_golden(case: Path) -> None:
    golden(case)


def test_every_loader_has_a_case_and_every_case_a_loader() -> None:
    assert {folder.parents[1].name for folder in CASES} == set(plugins.loaders())
    folders = {file for file in HERE.glob("*/cases/*") if file.is_dir()}
    assert folders == set(CASES)
