"""The worked examples of CONTRIBUTING.md work as they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

TEXT = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_the_worked_examples_run(tmp_path: Path) -> None:
    files = re.findall(r"<!-- file: (\S+) -->\n```python\n(.*?)```", TEXT, re.DOTALL)
    assert [name for name, _ in files] == ["loaders/roster.py", "queries/grants.py"]
    for name, code in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(code)
    (tmp_path / "roster.yaml").write_text("roster:\n  acme: [orders.read, orders.write]\n  beta: [orders.read]\n")
    command = [sys.executable, "-m", "blastradius", "--plugins", str(tmp_path), "grants", str(tmp_path / "roster.yaml")]
    done = subprocess.run(
        [*command, "--least", "2", "--format", "csv"], capture_output=True, text=True, env=os.environ, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["credential,grants", "acme key,2"]
