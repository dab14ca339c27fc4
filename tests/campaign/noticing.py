"""Whether the quick tests notice a change: they are collected once, and a copy of the process runs them for each.

In the copy the functions of the changed file get the code that they would have; only the tests that call the changed
function are run, the shortest first, until one fails. What is changed outside of functions, or is compiled, is tried in
a copy of the project by a new process, as is what the first way leaves unnoticed.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FunctionType
from typing import Protocol

import pytest

from blastradius.engine import prepared
from tests.campaign.called import Called

ROOT = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns(".*", "build", "dist", "__pycache__", "*.egg-info")
QUICK = ("-q", "-s", "-p", "no:cacheprovider", "-p", "no:xdist", "-m", "not slow")
NOT_RUN = 70
ENDS = {
    pytest.ExitCode.OK: "passed",
    pytest.ExitCode.TESTS_FAILED: "failed",
    pytest.ExitCode.INTERRUPTED: "failed",
    pytest.ExitCode.USAGE_ERROR: "failed",
    NOT_RUN: "not run",
}
"""What exit codes say: interrupted is a file of tests that cannot be read, a usage error a conftest that cannot."""
GRACE = 20.0
"""Seconds of a processor that a change may take beyond thrice what its tests take without it."""
FIRST = (
    "tests/engine/test_agreement.py::test_the_first_estates_agree",
    "tests/engine/test_placed_controls.py",
    "tests/guards/test_house.py::test_generated_pages_are_up_to_date_and_none_is_left_over",
)
"""The tests that look at most for what they cost."""
SOONER = 0.2
"""What a second counts in a test of the room of a change."""
COMPILING = 60.0
"""The same, where functions have to be compiled first."""


class Change(Protocol):
    """A file's text as it would be, and the function in which it differs, ``file:line``; none outside of any.

    ``near`` is how the functions begin whose tests may notice what is changed outside of any that a test calls.
    """

    @property
    def file(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def function(self) -> str | None: ...
    @property
    def near(self) -> tuple[str, ...]: ...


@dataclass
class Noticing:
    """A plug-in for pytest: in the place of the tests it runs something, which may ask how a change ends.

    ``known`` is the file with what each test calls and costs; it is made if it is not there. ``seconds`` is how long
    the tests of one change may take without it, in seconds of a processor.
    """

    run: Callable[[Noticing], None]
    known: Path
    home: Path
    seconds: float
    items: dict[str, pytest.Item] = field(default_factory=dict)
    calls: dict[str, tuple[float, frozenset[str]]] = field(default_factory=dict)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """See which tests call what, if that is not known, and go on with what is to be run."""
        self.items = {item.nodeid: item for item in session.items}
        self.known.parent.mkdir(parents=True, exist_ok=True)
        seen = json.loads(self.known.read_text(encoding="utf-8")) if self.known.exists() else {}
        new = [item for name, item in self.items.items() if name not in seen]
        if new:
            _ended(lambda: self._see(new, seen), seconds=3600)
            seen = json.loads(self.known.read_text(encoding="utf-8"))
        self.calls = {test: (cost, frozenset(made)) for test, (cost, made) in seen.items() if test in self.items}
        shutil.copytree(ROOT, self.home / "project", ignore=LEFT_OUT)
        gc.freeze()
        self.run(self)
        return True

    def _see(self, new: Sequence[pytest.Item], seen: dict[str, tuple[float, list[str]]]) -> int:
        """Run tests, and keep what they call and cost; of those that fail, that they call nothing."""
        for item, later in zip(new, [*new[1:], None], strict=True):
            with Called() as called:
                failed = _fails(item, later)
            seen[item.nodeid] = called.seconds, [] if failed else sorted(called.functions)
        self.known.write_text(json.dumps(seen), encoding="utf-8")
        return 0

    def end_of(self, change: Change) -> str:
        """How the tests of a change end: ``failed``, ``too slow``, ``passed`` or ``never called``."""
        tests = list(self.tests(change, self.seconds))
        if not tests:
            return "never called"
        if not self._is_called(change):
            return self._afresh(change, tests)
        end = _ended(lambda: self._try(change, tests), self._limit(tests))
        if end in {"passed", "not run"}:
            return self._afresh(change, list(self.tests(change, self.seconds / (4 if end == "passed" else 1))))
        return end

    def tests(self, change: Change, seconds: float) -> Iterator[str]:
        """The tests that call what is changed, as many as there is time for.

        Those that mirror its folder or file come first, then those of ``FIRST``; of each the shortest, of its room
        sooner.
        """
        _, room, *rest = change.file.removesuffix(".py").split("/")
        mirror = f"tests/{room}/{rest[0]}/" if len(rest) > 1 else f"tests/{room}/test_{''.join(rest)}.py"
        begins = change.near
        if _is_compiled(change):  # a call from one compiled function to another is not seen
            begins = (change.file.rpartition("/")[0],)
        elif self._is_called(change):
            begins = (f"{change.function};",)
        calling = [(cost, name) for name, (cost, made) in self.calls.items() if _any_begins(made, begins)]

        def late(test: tuple[float, str]) -> tuple[bool, bool, float, str]:
            cost, name = test
            counts = SOONER if name.startswith(f"tests/{room}/") else 1.0
            return not name.startswith(mirror), not name.startswith(FIRST), cost * counts, name

        for cost, name in sorted(calling, key=late):
            seconds -= cost
            if seconds < 0:
                return
            yield name

    def _is_called(self, change: Change) -> bool:
        """Whether a test calls the function of a change, so that it can be changed in place."""
        return not _is_compiled(change) and any(change.function in made for _, made in self.calls.values())

    def _limit(self, tests: Sequence[str]) -> float:
        return GRACE + 3 * sum(self.calls[name][0] for name in tests)

    def _try(self, change: Change, tests: Sequence[str]) -> int:
        put_in_place(change)
        prepared._KEPT.systems.clear()  # compiled before
        items = [self.items[name] for name in tests]
        return any(_fails(item, later) for item, later in zip(items, [*items[1:], None], strict=True))

    def _afresh(self, change: Change, tests: Sequence[str]) -> str:
        """How tests end in a new process, in a copy of the project."""
        copy, chosen = self.home / "project", self.home / "chosen.json"
        chosen.write_text(json.dumps({"run": tests, "known": list(self.items)}), encoding="utf-8")
        before = (copy / change.file).read_text(encoding="utf-8")
        (copy / change.file).write_text(change.text, encoding="utf-8")
        with tempfile.TemporaryDirectory() as compiled:
            caches = compiled if _is_compiled(change) else str(self.home / "compiled")
            env = {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", "NUMBA_CACHE_DIR": caches}
            env["BLASTRADIUS_CHOSEN"] = str(chosen)
            end = _ended(lambda: _pytest(copy, tests, env), self._limit(tests) + COMPILING)
        (copy / change.file).write_text(before, encoding="utf-8")
        return end


def _pytest(copy: Path, tests: Sequence[str], env: dict[str, str]) -> int:
    """Become a new process that runs tests until the first fails."""
    os.chdir(copy)
    files = dict.fromkeys(name.partition("::")[0] for name in tests)
    told = [sys.executable, "-m", "pytest", "-x", "-p", "tests.campaign.noticing", *QUICK, *files]
    os.execve(sys.executable, told, os.environ | env)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In the new process: only the tests that were chosen, and those of their files that now have other names."""
    chosen = json.loads(Path(os.environ["BLASTRADIUS_CHOSEN"]).read_text(encoding="utf-8"))
    order = {name: place for place, name in enumerate(chosen["run"])}
    known = set(chosen["known"])
    items[:] = [item for item in items if item.nodeid in order or item.nodeid not in known]
    items.sort(key=lambda item: order.get(item.nodeid, len(order)))


def _any_begins(made: frozenset[str], begins: tuple[str, ...]) -> bool:
    return any(f"{name};".startswith(begins) for name in made)


def _is_compiled(change: Change) -> bool:
    return "njit" in change.text or change.file.endswith("engine/quorum.py")


def put_in_place(change: Change) -> None:
    """Give the functions of a file the code of its changed text.

    Raises:
        LookupError: no function of the file is there.
    """
    path = str(ROOT / change.file)
    importlib.import_module(change.file.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    before, after = (_codes(text, path) for text in (Path(path).read_text(encoding="utf-8"), change.text))
    names = {(code.co_qualname, code.co_firstlineno): name for name, code in before.items()}
    gc.unfreeze()  # what is frozen is not listed
    there = [it for it in gc.get_objects() if isinstance(it, FunctionType) and it.__code__.co_filename == path]
    gc.freeze()
    for function in there:
        function.__code__ = after[names[function.__code__.co_qualname, function.__code__.co_firstlineno]]
    if not there:
        raise LookupError(f"{change.file}: none of its functions is there")


def _codes(text: str, path: str) -> dict[tuple[str, int], CodeType]:
    """All code of a file, by its names, which may be alike, and its places among those of a name."""
    seen, found = Counter[str](), {}
    waiting = [compile(text, path, "exec", dont_inherit=True)]
    while waiting:
        code = waiting.pop()
        found[code.co_qualname, seen[code.co_qualname]] = code
        seen[code.co_qualname] += 1
        waiting += [const for const in code.co_consts if isinstance(const, CodeType)]
    return found


def _fails(item: pytest.Item, later: pytest.Item | None) -> bool:
    """Whether a test fails; what it shares with the next is kept for that."""
    before = item.session.testsfailed
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=later)
    return item.session.testsfailed > before


def _ended(work: Callable[[], int], seconds: float) -> str:
    """How some work ends that a copy of this process does, in so many seconds of a processor."""
    sys.stdout.flush()
    child = os.fork()
    if not child:
        code = NOT_RUN
        try:
            os.setpgid(0, 0)
            nothing = os.open(os.devnull, os.O_RDWR)
            for stream in range(3):
                os.dup2(nothing, stream)
            resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 5))
            code = int(work())
        finally:
            os._exit(code)
    return _told(_waited(child, 30 * seconds))


def _waited(child: int, seconds: float) -> int:
    """The status with which a child ends; it is ended when it takes longer."""
    end = time.monotonic() + seconds
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        if time.monotonic() > end:
            os.killpg(child, signal.SIGKILL)
        time.sleep(0.02)


def _told(status: int) -> str:
    """``passed``, ``failed``, ``too slow`` or ``not run``.

    Raises:
        RuntimeError: pytest ended as it should not.
    """
    if os.WIFSIGNALED(status):
        return "too slow" if os.WTERMSIG(status) in {signal.SIGXCPU, signal.SIGKILL} else "failed"
    code = os.waitstatus_to_exitcode(status)
    if code in ENDS:
        return ENDS[code]
    raise RuntimeError(f"the tests ended with exit code {code}")
