"""What lies in a folder: nothing that a link or a path leads out of it to, unless the user allows that."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

_SETTING = "BLASTRADIUS_ALLOW_OUTSIDE"


def allow_outside() -> None:
    """Have what lies outside a folder read, too: what links in it lead to, and what its workspace names."""
    os.environ[_SETTING] = "1"


def is_outside_allowed() -> bool:
    """Whether the user allowed that, by ``--allow-outside`` or in the environment."""
    return os.environ.get(_SETTING, "") not in ("", "0")


def is_inside(path: Path, folder: Path) -> bool:
    """Whether a path, which may be a glob, lies in a folder, links followed, or is allowed to lie elsewhere."""
    try:
        return is_outside_allowed() or path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError):  # no file has such a name, in the folder or elsewhere
        return True


def inside(files: Iterable[Path], folder: Path) -> list[Path]:
    """Those of them that lie in a folder, sorted; of several names of one file that which is no link."""
    found: dict[Path, Path] = {}
    for file in sorted(files, key=lambda file: (file.is_symlink(), file)):
        if is_inside(file, folder):
            found.setdefault(file.resolve(), file)
    return sorted(found.values())
