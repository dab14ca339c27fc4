"""Paths that the system cannot look up are said like any other that is not there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
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


def test_a_file_that_may_not_be_read_does_not_keep_the_others_of_a_folder_from_a_first_workspace(
    tmp_path: Path,
) -> None:
    (tmp_path / "shut.jsonl").write_text('{"kind": "party", "id": "a"}\n')
    (tmp_path / "e.yaml").write_text("blastradius: 1\n")
    (tmp_path / "shut.jsonl").chmod(0)
    run = [sys.executable, "-m", "blastradius", "init", str(tmp_path)]
    if os.access(tmp_path / "shut.jsonl", os.R_OK):  # root reads anything, unless it gives that up
        if not shutil.which("setpriv"):
            pytest.skip("root, and no setpriv")
        may = "-dac_override,-dac_read_search"
        run = ["setpriv", f"--bounding-set={may}", f"--inh-caps={may}", *run]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 of 2 files is a source" in done.stdout
    written = (tmp_path / "blastradius.yaml").read_text()
    assert '"e.yaml"' in written
    assert "cannot be read: Permission denied" in written
