"""The command line as a process of its own: on a terminal, interrupted, and without the optional packages."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENDLESS = """
import importlib, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
if sys.argv.pop(1) == "numpy":
    sys.modules["numba"] = None
solving = importlib.import_module("blastradius.engine.batch.solve")
solve_block = solving.solve_block

def again_and_again(*block):
    print("solving", file=sys.stderr, flush=True)
    while True:
        solve_block(*block)

solving.solve_block = again_and_again
from blastradius.cli import run
run()
"""
"""The command line, but that the first block of worlds is solved for ever.

A shell without job control starts what runs in its background with SIGINT ignored, and children inherit that.
"""

ASKED = """
import json, sys
import blastradius as br
for name in sys.argv[2:]:
    sys.modules[name] = None
estate = br.load(sys.argv[1])
answers = (
    br.rank(estate, assume="lateral"),
    br.levers(estate, compromise="party_1", assume="takeover"),
    br.grant(estate, holder="party_1", grant="scope_1"),
    br.reach(estate, compromise="party_1"),
)
json.dump([answer.data.model_dump(mode="json") for answer in answers], sys.stdout)
"""

LIMITED = """
import resource, sys
from pathlib import Path
import blastradius.estate
from blastradius import plugins
from blastradius.cli import run
plugins.query("rank")
room = int(sys.argv.pop(1))
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + room, used + room))
run()
"""
"""The command line with so many more bytes of memory and no more."""


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated estate of 1,000 entities."""
    if not (ROOT / "benchmarks").is_dir():
        pytest.skip("the benchmarks are not here")
    file = tmp_path_factory.mktemp("lines") / "e.jsonl"
    subprocess.run([sys.executable, ROOT / "benchmarks" / "estates.py", "1000", file], check=True)
    return file


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["numpy", "fast"])
def test_an_interrupt_leaves_nothing_behind(engine: str, lines: Path, tmp_path: Path) -> None:
    """A SIGINT while worlds are being solved: exit code 130, one line, the old file as it was, nothing beside it."""
    target, temporary = tmp_path / "rank.json", tmp_path / "temporary"
    target.write_text("old")
    temporary.mkdir()
    command = [sys.executable, "-c", ENDLESS, engine, "rank", str(lines), "--format", "json", "-o", str(target)]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as child:
        try:
            assert child.stderr is not None
            assert child.stderr.readline() == "solving\n"
            time.sleep(0.3)
            child.send_signal(signal.SIGINT)
            _, errors = child.communicate(timeout=120)
        finally:
            child.kill()
    assert (child.returncode, errors.strip()) == (130, "blastradius: interrupted")
    assert (sorted(tmp_path.iterdir()), target.read_text()) == ([target, temporary], "old")
    assert list(temporary.iterdir()) == []


@pytest.mark.slow
def test_the_base_install_answers_the_same(lines: Path) -> None:
    """Without numba and the other extras: the same answers to the last number."""

    def asked(*missing: str) -> object:
        command = [sys.executable, "-c", ASKED, str(lines), *missing]
        return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)

    assert asked("numba", "pyarrow", "python_calamine", "typst") == asked()


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is one of Linux")
def test_more_memory_than_there_is_is_refused_before_it_is_used(tmp_path: Path) -> None:
    """A file of 300 MB, nearly all of it a hole, for a process that may have 128 MB more."""
    file = tmp_path / "e.jsonl"
    file.write_text('{"title": "large"}\n')
    os.truncate(file, 300 * 2**20)
    command = [sys.executable, "-c", LIMITED, str(128 * 2**20), "rank", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    wanted = rf"blastradius: {file}: the columns of 300 MB need 0.9 GB, and 0.1 GB are free; leave out .*\n"
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(wanted, done.stderr)


@pytest.mark.slow
def test_a_terminal_sees_how_much_is_read(lines: Path, tmp_path: Path) -> None:
    """A bar with a share while a large file is read, wiped when it is done; the answer goes elsewhere."""
    large = tmp_path / "large.jsonl"
    more = (json.dumps({"kind": "scope", "id": f"more_{number}"}) for number in range(20_000))
    large.write_text(lines.read_text() + "\n".join(more) + "\n")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "blastradius", "rank", str(large), "--format", "csv"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    child = subprocess.Popen(command, stderr=theirs, stdout=subprocess.DEVNULL, env=environment)
    os.close(theirs)
    shown = b""
    while more_shown := _read(ours):
        shown += more_shown
    assert child.wait(60) == 0
    shares = [int(found) for found in re.findall(rb"(\d+)%", shown)]
    assert any(10 < share < 100 for share in shares)
    assert b"large.jsonl" in shown


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other side is closed
        return b""
