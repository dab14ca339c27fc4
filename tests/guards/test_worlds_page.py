"""The code in docs/worlds.md runs and prints what the page says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "worlds.md").read_text(encoding="utf-8")


def test_the_page_prints_what_it_says() -> None:
    code = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    printed = re.findall(r"```text\n(.*?)```", TEXT, re.DOTALL)
    assert len(code) == len(printed) == 3
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(code)], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (done.stderr, done.stdout) == ("", "".join(printed))
