"""The cells of docs/python.md run one after the other and print what the page says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")


def test_the_page_prints_what_it_says() -> None:
    cells = re.findall(r"```python\n(.*?)```(?:\n```text\n(.*?)```)?", TEXT, re.DOTALL)
    assert len(cells) == 8
    ends = "\nprint('--- cell')\n"
    code = ends.join(cell for cell, _ in cells)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stderr == ""
    assert done.stdout.split("--- cell\n") == [printed for _, printed in cells]
