"""How much memory is free, and a refusal before more than that is asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from blastradius.errors import UsageError

_GROUP = Path("/sys/fs/cgroup")


def require(needed: float, what: str, otherwise: str) -> None:
    """Refuse what needs more bytes than are free; ``what`` is in the plural, ``otherwise`` the way out.

    Raises:
        UsageError: with both numbers and the way out.
    """
    free = free_memory()
    if free is not None and needed > free:
        raise UsageError(
            f"{what} need {needed / 2**30:,.1f} GB, and {free / 2**30:,.1f} GB are free; {otherwise}, "
            f"or use a larger machine"
        )


def free_memory() -> int | None:
    """The bytes of memory that are free to this process, where the system tells."""
    return min((max(bound, 0) for bound in _bounds()), default=None)


def _bounds() -> Iterator[int]:
    """What the machine has free, what the container's limit leaves, what the limit of the process leaves."""
    machine, group = _numbers(Path("/proc/meminfo")), _numbers(_GROUP / "memory.stat")
    if "MemAvailable:" in machine:
        yield machine["MemAvailable:"] * 1024
    most, now = _number(_GROUP / "memory.max"), _number(_GROUP / "memory.current")
    if most is not None and now is not None:
        yield most - now + group.get("file", 0)  # what only mirrors files is given back when it is needed
    if sys.platform == "linux":
        import resource

        limit, pages = resource.getrlimit(resource.RLIMIT_AS)[0], _number(Path("/proc/self/statm"))
        if limit != resource.RLIM_INFINITY and pages is not None:
            yield limit - pages * resource.getpagesize()


def _numbers(file: Path) -> dict[str, int]:
    return {words[0]: int(words[1]) for words in _words(file) if len(words) > 1 and words[1].isdecimal()}


def _number(file: Path) -> int | None:
    first = next(_words(file), ["max"])[0]
    return int(first) if first.isdecimal() else None


def _words(file: Path) -> Iterator[list[str]]:
    try:
        yield from (line.split() for line in file.read_text(encoding="ascii").splitlines() if line)
    except (OSError, ValueError):
        return
