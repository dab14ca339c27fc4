"""Paths that the system cannot look up are said like any other that is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from blastradius.loading import survey

LONG = "a" * 300


@pytest.mark.parametrize("pattern", [LONG, f"{LONG}/*.yaml", f"*/{LONG}.yaml", f"{'a/' * 3000}x"], ids=range(4))
def test_a_source_whose_name_is_too_long_is_said_with_its_place(pattern: str, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "blastradius.yaml").write_text(f'workspace: 1\nsources:\n  - path: "{pattern}"\n')
    (problem,) = survey([tmp_path]).problems
    assert problem.startswith(f"{tmp_path / 'blastradius.yaml'}:3:")
    assert problem.endswith("is no file and matches none; paths are relative to this file")


def test_a_file_whose_name_is_too_long_is_said() -> None:
    (problem,) = survey([LONG]).problems
    assert problem == f"{LONG}: cannot be read: File name too long"
