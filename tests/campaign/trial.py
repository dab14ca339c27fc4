"""One attempt after another for a given time: what failed is reduced, kept and counted."""

from __future__ import annotations

import random
import signal
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

from tests.loaders.laws import Keys, places, with_value

Attempt = Callable[[random.Random, Path], str]
"""One attempt: given its own random numbers and an empty folder, it says in a word how it ended, or raises."""

SECONDS = 60
"""How much processor time one attempt may take."""
MOST_KEPT = 3
"""How many failures of one kind are kept; all are counted."""


class BrokenError(Exception):
    """Something does not hold: why, in one line, and the files that show it."""

    def __init__(self, why: str, shown: Mapping[str, str | bytes] | None = None) -> None:
        super().__init__(why)
        self.shown = shown or {}


class TooSlow(BaseException):
    """An attempt took more processor time than any may."""


@dataclass
class Outcome:
    """How the attempts of one part ended: words with counts, and of each kind of failure how often it came."""

    part: str
    seconds: float = 0.0
    ended: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        ended = ", ".join(f"{number:,} {word}" for word, number in sorted(self.ended.items()))
        return f"{self.part}: {self.seconds:.0f} s; {ended or 'nothing'}; {self.failed.total():,} failed"


@dataclass(frozen=True)
class Plan:
    """What to run: the seed that all attempts derive from, where to keep failures, and one attempt to repeat alone.

    ``attempts`` is how many, where that is not a matter of time.
    """

    seed: int
    folder: Path
    only_attempt: int | None = None
    attempts: int | None = None

    def numbers(self, seconds: float) -> Iterator[int]:
        """The attempts that there is time for, at least one; or the one to repeat."""
        if self.only_attempt is not None:
            yield self.only_attempt
            return
        if self.attempts is not None:
            yield from range(self.attempts)
            return
        end = time.monotonic() + seconds
        for number in count():
            if number and time.monotonic() >= end:
                return
            yield number


def run(name: str, attempt: Attempt, plan: Plan, seconds: float) -> Outcome:
    """Make attempts for some seconds."""
    outcome, start = Outcome(name), time.monotonic()
    for number in plan.numbers(seconds):
        rng = random.Random(f"{plan.seed}/{name}/{number}")
        with tempfile.TemporaryDirectory() as home:
            try:
                with _limited():
                    outcome.ended[attempt(rng, Path(home))] += 1
            except (Exception, TooSlow) as error:
                _keep(outcome, plan, number, error)
    outcome.seconds = time.monotonic() - start
    return outcome


@contextmanager
def _limited() -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise TooSlow(f"took more than {SECONDS} s of processor time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _keep(outcome: Outcome, plan: Plan, number: int, error: BaseException) -> None:
    """Count a failure, and keep what shows it if few of its kind are kept already."""
    kind = _kind(error)
    outcome.failed[kind] += 1
    if outcome.failed[kind] > MOST_KEPT:
        return
    folder = plan.folder / f"{outcome.part}-{plan.seed}-{number}"
    folder.mkdir(parents=True, exist_ok=True)
    again = f"python -m tests.campaign --seed {plan.seed} --only {outcome.part} --attempt {number}"
    told = "".join(traceback.format_exception(error)).encode("utf-8", "backslashreplace").decode()
    (folder / "why.txt").write_text(f"{again}\n\n{told}", encoding="utf-8")
    for name, content in error.shown.items() if isinstance(error, BrokenError) else ():
        raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
        (folder / name).write_bytes(raw)


def _kind(error: BaseException) -> str:
    """What tells failures of one cause from those of another: the type, and where or why it was raised."""
    if isinstance(error, BrokenError):
        return str(error).partition("\n")[0]
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = "".join(f" in {Path(frame.filename).name}:{frame.lineno}" for frame in last)
    return f"{type(error).__name__}{where}"


def reduced(data: Any, fails: Callable[[Any], bool], seconds: float = 20.0) -> Any:
    """The data with all left out that can be, as far as the seconds of a processor allow, such that it still fails.

    Large parts are left out first; of lists a half before single elements.
    """
    end = time.process_time() + seconds
    smaller: Any = data
    while smaller is not None:
        data = smaller
        candidates = (each for each in _smaller(data) if time.process_time() < end)
        smaller = next((candidate for candidate in candidates if fails(candidate)), None)
    return data


def _smaller(data: Any) -> Iterator[Any]:
    yield from _halves(data, (), data)
    spots = sorted(places(data), key=lambda spot: len(spot[0]))
    for keys, value in spots:
        yield from _halves(data, keys, value)
    for keys, _ in spots:
        yield without(data, keys)


def _halves(data: Any, keys: Keys, value: Any) -> Iterator[Any]:
    if isinstance(value, list) and len(value) > 1:
        middle = len(value) // 2
        yield with_value(data, keys, value[:middle])
        yield with_value(data, keys, value[middle:])


def without(data: Any, keys: Keys) -> Any:
    """The data without what stands at a place."""
    holder = data
    for key in keys[:-1]:
        holder = holder[key]
    copy = holder.copy()
    del copy[keys[-1]]
    return with_value(data, keys[:-1], copy)
