"""Commands killed while they write: the file that was there, or the new one, and never half of one."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.campaign.trial import BrokenError

ROOT = Path(__file__).parents[2]
SMALL = sorted(file.parent for file in ROOT.glob("examples/incidents/*/estate.yaml"))[:2]
COMMANDS = (("export", "--to", "graphml"), ("export", "--to", "csv"), ("rank", "--format", "json"))
CHILD = """
import os
import sys
from itertools import cycle
from blastradius.cli import interrupts, main, streams
streams.prepare()
interrupts.watch()
parent = os.getppid()
command, target, *folders = sys.argv[1:]
def write(folder):
    code = main([*command.split(), folder, "-o", target])
    if code:
        sys.exit(code)
for folder in folders:
    write(folder)
print("ready", flush=True)
for folder in cycle(folders):
    if os.getppid() != parent:
        break
    write(folder)
"""
"""What the console script does, again and again; only that would end with the first."""


def attempt(rng: random.Random, home: Path) -> str:
    """Let a child write one file again and again, in two contents by turns, and kill it at some moment.

    Raises:
        BrokenError: the file is neither of the two, or something is left beside it that the child could have put away.
    """
    command, how = rng.choice(COMMANDS), rng.choice((signal.SIGKILL, signal.SIGTERM))
    target = home / "out"
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, " ".join(command), str(target), *map(str, SMALL)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    )
    try:
        assert child.stdout is not None
        if child.stdout.readline() != b"ready\n":
            raise BrokenError(f"{' '.join(command)} does not run at all")
        time.sleep(rng.random() * 0.2)
    finally:
        child.send_signal(how)
        child.communicate()
    if target.read_bytes() not in whole(command):
        raise BrokenError(f"half a file after {how.name} of {' '.join(command)}", {"out": target.read_bytes()})
    left = [file.name for file in home.iterdir() if file != target]
    if left and how is not signal.SIGKILL:
        raise BrokenError(f"{how.name} leaves a temporary file", {"left.txt": "\n".join(left)})
    return f"{how.name} survived"


@cache
def whole(command: tuple[str, ...]) -> frozenset[bytes]:
    """What the file may be."""
    from blastradius.cli import main

    found = set()
    with TemporaryDirectory() as home:
        for folder in SMALL:
            main([*command, str(folder), "-o", f"{home}/out"])
            found.add((Path(home) / "out").read_bytes())
    return frozenset(found)
