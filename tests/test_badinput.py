from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("BLASTRADIUS_SHARED", Path(__file__).parents[2] / "shared")) / "badinput"
CHILD = """
import resource, signal, sys
from blastradius.errors import InputError
from blastradius.reading import read_document
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
def guard(event, args):
    if event.startswith("socket."):
        raise SystemExit("a socket was opened")
sys.addaudithook(guard)
for name in sys.stdin.read().splitlines():
    signal.alarm(10)
    try:
        read_document(name)
    except InputError as error:
        if "/y_" in name and "duplicated" not in name:
            raise SystemExit(f"{name}: {error}")
    else:
        if "/n_" in name:
            raise SystemExit(f"{name}: accepted")
"""


@pytest.mark.parametrize("folder", ["JSONTestSuite", "yaml-test-suite", "generated", "openapi3-examples"])
def test_only_input_errors_come_out(folder: str) -> None:
    files = [str(each) for each in (SHARED / folder).rglob("*") if each.suffix in (".json", ".yaml", ".yml")]
    if not files:
        pytest.skip("the collection of bad input is not here")
    ran = subprocess.run(
        [sys.executable, "-c", CHILD], input="\n".join(files), text=True, capture_output=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
