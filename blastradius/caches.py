"""Folders and files that are kept between two runs: the user's own, and closed to all others."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

_OURS = "blastradius"


def private_folder(name: str) -> Path | None:
    """A folder of that name among the user's caches, made where there is none.

    ``None`` where it, or the one that it stands in, is a link, another's, open to others, or cannot be made.
    """
    with suppress(OSError, RuntimeError):  # no home, a full or read-only disk
        home = _caches() / _OURS
        home.parent.mkdir(parents=True, exist_ok=True)
        for made in (home, home / name):
            made.mkdir(mode=0o700, exist_ok=True)
        if _is_private(home) and _is_private(home / name):
            return home / name
    return None


def read_private(file: Path) -> bytes | None:
    """What a file says; ``None`` where it is none, a link, another's, open to others, or cannot be read."""
    with suppress(OSError), open(file, "rb", opener=_unlinked) as opened:
        found = os.fstat(opened.fileno())
        if stat.S_ISREG(found.st_mode) and _is_closed(found):
            return opened.read()
    return None


def _unlinked(path: str, flags: int) -> int:
    """Open what is no link, and wait for nobody who would write to it."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _caches() -> Path:
    """The folder of the user's caches, as each platform has it."""
    stated = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME", "")
    return Path(stated) if Path(stated).is_absolute() else Path.home() / ".cache"


def _is_private(folder: Path) -> bool:
    """Whether a folder is no link, belongs to the user and is closed to all others."""
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and _is_closed(found)


def _is_closed(found: os.stat_result) -> bool:
    """Whether something is the user's and closed to all others; Windows sees to it by itself."""
    return sys.platform == "win32" or (found.st_uid == os.getuid() and not stat.S_IMODE(found.st_mode) & 0o077)
