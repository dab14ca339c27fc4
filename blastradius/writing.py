"""Writing files: whole or not at all, private to the user, never through a symlink."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from blastradius.errors import UsageError

_unfinished: set[Path] = set()
"""What is being written, by the names that it has until it is whole."""


def clear_away() -> None:
    """Delete what is not whole yet, for a process that ends in the midst of it."""
    for made in list(_unfinished):
        with contextlib.suppress(OSError):
            made.unlink()
        shutil.rmtree(made, ignore_errors=True)


def write_atomic(path: str | Path, data: bytes | str) -> None:
    """Write ``data`` (text as UTF-8) to ``path``, readable by its owner only; the old file stands until it is done.

    Raises:
        UsageError: the path is a symlink, a folder or another thing that is no file, or cannot be written.
    """
    target = Path(path)
    raw = data.encode() if isinstance(data, str) else data
    try:
        if str(path).endswith(("/", os.sep)):
            raise UsageError(f"{path}: a folder; name a file to write")
        _refuse(target)
        _replace(target, raw)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from None
    except ValueError:
        raise UsageError(f"{str(path)!r}: not a file name; name a file to write") from None


def write_folder(path: str | Path, files: Mapping[str, bytes]) -> None:
    """Write a new folder with ``files`` by their names (``/`` parts a folder from what is in it), all or nothing.

    Raises:
        UsageError: something is there already (an empty folder does no harm), or it cannot be written.
    """
    target = Path(path)
    try:
        _refuse_folder(target)
        made = _beside(target)
        try:
            made.mkdir(mode=0o700)
            _fill(made, files)
            if target.is_dir():
                target.rmdir()
            made.replace(target)
        finally:
            shutil.rmtree(made, ignore_errors=True)
            _unfinished.discard(made)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from None
    except ValueError:
        raise UsageError(f"{str(path)!r}: not a folder's name; name a folder to write") from None


def _fill(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _replace(folder / name, data)


def _refuse_folder(target: Path) -> None:
    if target.is_symlink():
        raise UsageError(f"{target}: a symlink; name the folder itself")
    if target.exists() and not target.is_dir():
        raise UsageError(f"{target}: a file; name a folder that is not there yet")
    if target.is_dir() and any(target.iterdir()):
        raise UsageError(f"{target}: there is something in it; name a folder that is not there yet, or empty this one")


def _refuse(target: Path) -> None:
    if target.is_symlink():
        raise UsageError(f"{target}: a symlink; name the file itself")
    if target.exists() and not target.is_file():
        raise UsageError(f"{target}: not a file; name a file to write")


def _replace(target: Path, raw: bytes) -> None:
    made = _beside(target)
    try:
        with open(made, "xb", opener=_private) as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        made.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            made.unlink()
        raise
    finally:
        _unfinished.discard(made)


def _beside(target: Path) -> Path:
    """A name that nothing has: known before anything is there, so that whatever ends us leaves nothing."""
    made = target.parent / f".blastradius-{os.urandom(8).hex()}.tmp"
    _unfinished.add(made)
    return made


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
