"""Ctrl-C ends whatever runs, compiled code too: exit code 130, one line, nothing half written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STUCK = """
import hashlib, os, signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # what is started in the background ignores it
from blastradius import loading, writing
from blastradius.__main__ import run
def compiled(*_given):
    open(os.environ["BEGUN"], "w").close()
    hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)
def ours(*_given):
    open(os.environ["BEGUN"], "w").close()
    while True:
        pass
"""
"""The command line, but that something in it does not end; a file says that it has begun."""


@pytest.mark.skipif(os.name != "posix", reason="elsewhere the interpreter alone tells of interrupts")
@pytest.mark.parametrize(
    "place",
    [
        "loading.load = compiled",
        pytest.param("loading.load = ours", marks=pytest.mark.slow),
        "writing.os.fsync = compiled",
        pytest.param("writing.os.fsync = ours", marks=pytest.mark.slow),
    ],
)
def test_an_interrupt_is_one_line_and_leaves_nothing(place: str, tmp_path: Path) -> None:
    begun, written = tmp_path / "begun", tmp_path / "written"
    written.mkdir()
    command = [sys.executable, "-c", f"{STUCK}{place}\nrun()", "snapshot", "examples/northwind"]
    with subprocess.Popen(
        [*command, "-o", str(written / "kept.snapshot")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "BEGUN": str(begun)},
        stderr=subprocess.PIPE,
    ) as process:
        end = time.monotonic() + 60
        while not begun.exists() and time.monotonic() < end:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert (process.returncode, said) == (130, b"\nblastradius: interrupted\n")
    assert not list(written.iterdir())
