"""The standard streams of the process: full, closed, of another encoding; and what ends us."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.counts import few

ROOT = Path(__file__).parents[2]
NORTHWIND = "examples/northwind"
ESTATE = "blastradius: 1\nparties: {acme: {name: 'Łódź → ★ 東京'}}\n"


def shell(command: str, given: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """A line of shell with ``br`` for our command."""
    line = f'br() {{ "{sys.executable}" -m blastradius "$@"; }}\nset -o pipefail\n{command}'
    said = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHONIOENCODING", "LC_", "LANG"))}
    return subprocess.run(
        ["bash", "-c", line], input=given, capture_output=True, cwd=ROOT, env=said | environment, check=False
    )


PRINTING = (f"reach {NORTHWIND} --compromise acme", f"export {NORTHWIND} --to graphml", "schema", "--help")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full here")
@pytest.mark.parametrize("command", few(PRINTING, 1))
def test_a_full_disk_is_one_message(command: str) -> None:
    done = shell(f"br {command} >/dev/full")
    assert done.returncode == 2
    assert done.stderr == b"blastradius: standard output: No space left on device\n"


@pytest.mark.slow
@pytest.mark.parametrize("command", PRINTING)
def test_a_closed_standard_output_is_one_message(command: str) -> None:
    done = shell(f"br {command} >&-")
    assert (done.returncode, done.stderr) == (2, b"blastradius: standard output: it is closed\n")


@pytest.mark.slow
@pytest.mark.parametrize("command", PRINTING)
def test_a_reader_that_leaves_is_no_trouble(command: str) -> None:
    done = shell(f"br {command} | head -c0")
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.slow
def test_closed_standard_error_and_input_harm_no_answer() -> None:
    done = shell(f"br rank {NORTHWIND} 2>&- <&-")
    assert done.returncode == 0
    assert b"Acme Logistics" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("rank - <&-", "<stdin>: it is closed; name a file, or send one into it"),
        ("rank - </dev/null", "<stdin>: there is nothing in it; name a file that has data"),
    ],
)
def test_an_input_that_cannot_be_read_is_one_message(given: str, said: str) -> None:
    done = shell(f"br {given}")
    assert done.returncode == 3
    assert done.stderr.decode() == f"{said}\n"


def test_an_input_without_end_is_refused_at_the_limit() -> None:
    done = shell("yes | br rank -", PYTHONIOENCODING="utf-8")
    assert done.stderr == b"<stdin>: larger than 64 MB; save it as files, and split them\n"


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["utf-8:strict", "latin-1"])
def test_an_input_that_is_no_utf_8_is_said_with_its_place(encoding: str) -> None:
    done = shell("br rank -", b"blastradius: 1\ntitle: caf\xe9\n", PYTHONIOENCODING=encoding)
    assert done.returncode == 3
    assert done.stderr.startswith(b"<stdin>:2:11: not utf-8 text")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("encoding", "fmt"),
    [("cp1252", "table"), ("latin-1", "csv"), ("ascii", "markdown"), ("cp437", "table"), ("utf-8", "table")],
)
def test_a_console_shows_what_it_can(encoding: str, fmt: str) -> None:
    done = shell(f"br reach - --compromise acme --format {fmt}", ESTATE.encode(), PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    shown = done.stdout.decode(encoding)
    assert ("★" in shown) == (encoding == "utf-8")
    assert encoding == "utf-8" or r"\u6771\u4eac" in shown
    assert "?" not in shown


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_json_says_the_same_on_every_console(encoding: str) -> None:
    estate = "blastradius: 1\nparties: {'Łódź 😀 ★ 東京': {}}\n"
    done = shell("br rank - --format json", estate.encode(), PYTHONIOENCODING=encoding)
    assert done.returncode == 0
    assert "Łódź 😀 ★ 東京" in json.dumps(json.loads(done.stdout.decode(encoding)), ensure_ascii=False)


def test_an_export_is_utf_8_whatever_the_console() -> None:
    done = shell("br export - --to graphml", ESTATE.encode(), PYTHONIOENCODING="cp1252")
    assert (done.returncode, done.stderr) == (0, b"")
    assert "Łódź → ★ 東京" in done.stdout.decode("utf-8")


@pytest.mark.slow
def test_a_page_is_utf_8_as_it_says_of_itself() -> None:
    done = shell("br rank - --all --format html", ESTATE.encode(), PYTHONIOENCODING="cp1252")
    assert (done.returncode, done.stderr) == (0, b"")
    assert "Łódź → ★ 東京" in done.stdout.decode("utf-8")


CONSOLE = (
    "--help",
    f"check {NORTHWIND}",
    f"explain {NORTHWIND} --compromise acme --assume lateral --entity customer_replica",
    f"levers {NORTHWIND} --compromise acme",
    f"verify {NORTHWIND}",
    f"seen {NORTHWIND}",
    f"reach {NORTHWIND} --compromise acme --all --ids --notes",
    "loaders --all",
    "completion bash",
    "frobnicate",
)


@pytest.mark.slow
@pytest.mark.parametrize("command", CONSOLE)
def test_no_command_fails_at_what_a_windows_console_cannot_show(command: str) -> None:
    said, usual = (shell(f"br {command}", PYTHONIOENCODING=encoding) for encoding in ("cp1252", "utf-8"))
    assert said.returncode == usual.returncode
    assert b"Traceback" not in said.stderr
    assert said.stdout.count(b"\n") == usual.stdout.count(b"\n")


DEFECTIVE = "import blastradius.loading as l; l.load = lambda *given: 1 / 0; from blastradius.cli import run; run()"


def test_a_defect_is_never_taken_for_findings() -> None:
    command = [sys.executable, "-c", DEFECTIVE, "rank", NORTHWIND]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (4, "")
    assert "ZeroDivisionError" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("this is a defect of blastradius, not of what it was given")


def test_usage_errors_are_shown_on_every_console() -> None:
    done = shell("br reach - --compromise ☃", ESTATE.encode(), PYTHONIOENCODING="cp1252", LC_ALL="C.UTF-8")
    assert done.returncode == 2
    assert b"\\u2603" in done.stderr
    assert b"Traceback" not in done.stderr


DRAWING = """
import sys
from blastradius.render import draw
draw._CHILD = "import sys, time\\nsys.stderr.write('x')\\nopen(sys.argv[-1], 'w').close()\\ntime.sleep(60)"
place = sys.argv.pop(1)
draw.settings_file = lambda: place
from blastradius.cli import run
run()
"""
"""The command line, but that the layout takes a minute; the file it makes says that it has begun."""


@pytest.mark.skipif(os.name != "posix", reason="no such signal is sent elsewhere")
def test_a_signal_ends_us_though_what_it_raises_is_swallowed(tmp_path: Path) -> None:
    """Compiled code that asks our things for their attributes does so."""
    started = tmp_path / "started"
    script = (
        "import pathlib, sys, time\n"
        "from blastradius.cli import streams\n"
        "streams.PATIENCE = 0.2\n"
        "streams.prepare()\n"
        "while True:\n"
        "    try:\n"
        "        pathlib.Path(sys.argv[1]).touch()\n"
        "        time.sleep(60)\n"
        "    except BaseException: pass\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(started)], cwd=ROOT, stderr=subprocess.PIPE) as ours:
        try:
            while not started.exists():
                assert ours.poll() is None
                time.sleep(0.01)
            ours.terminate()
            _, said = ours.communicate(timeout=60)
        finally:
            ours.kill()
    assert (ours.returncode, said) == (128 + signal.SIGTERM, b"blastradius: ended\n")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_leaves_no_child_and_no_file(number: signal.Signals, tmp_path: Path) -> None:
    if signal.getsignal(number) == signal.SIG_IGN:
        pytest.skip(f"{number.name} is ignored here, as nohup has it, and so by what is started here")
    begun, folder = tmp_path / "begun", tmp_path / "temporary"
    folder.mkdir()
    command = [sys.executable, "-c", DRAWING, str(begun), "draw", NORTHWIND, "--compromise", "acme", "-o", "x.svg"]
    environment = {**os.environ, "TMPDIR": str(folder), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, env=environment, start_new_session=True) as ours:
        _until(begun.exists)
        group = os.getpgid(ours.pid)
        ours.send_signal(number)
        _, said = ours.communicate(timeout=60)
    assert (ours.returncode, said) == (128 + number, b"blastradius: ended\n")
    _until(lambda: _is_gone(group))
    assert not list(folder.iterdir())


def _is_gone(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def _until(holds: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


WRITING = """
import os, signal, sys
import blastradius.writing as writing
whole = os.fsync
def ended_here(handle):
    os.kill(os.getpid(), signal.SIGTERM)
    whole(handle)
writing.os.fsync = ended_here
from blastradius.cli import run
run()
"""


@pytest.mark.slow
def test_a_signal_while_a_file_is_written_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "answer.json"
    target.write_text("old")
    command = [sys.executable, "-c", WRITING, "rank", NORTHWIND, "--format", "json", "-o", str(target)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 143
    assert [file.name for file in tmp_path.iterdir()] == ["answer.json"]
    assert target.read_text() == "old"


@pytest.mark.slow
@pytest.mark.parametrize("command", [f"rank {NORTHWIND} --format json -o", f"draw {NORTHWIND} --compromise acme -o"])
def test_a_folder_is_no_file_to_write(command: str, tmp_path: Path) -> None:
    done = shell(f"br {command} {tmp_path}/new.svg/")
    assert done.returncode == 2
    assert b"a folder" in done.stderr
    assert b"name a file" in done.stderr
    assert not list(tmp_path.iterdir())
