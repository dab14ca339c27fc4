"""What a loading looks at, noted before it is read: the files with their content, the folders with the names in them.

Whether two loadings would come to the same is told by that alone, so whoever opens a file here says so first.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

MOST_NAMES = 20_000
"""Up to how many names in a folder are noted."""


class Content(NamedTuple):
    """Where a file lies, links followed, and the SHA-256 of what it says; nothing of the two where it is none."""

    place: str | None
    digest: str | None


class _Sight(NamedTuple):
    """A file as it was seen; ``state`` changes whenever somebody writes to it, even the same."""

    content: Content
    state: tuple[int, ...]


@dataclass
class Inputs:
    """The files and folders that were looked at, by their names as they were spelled.

    ``is_all`` says that there was nothing else.
    """

    is_all: bool = True
    _files: dict[str, _Sight] = field(default_factory=dict)
    _folders: dict[str, str] = field(default_factory=dict)

    @property
    def files(self) -> dict[str, Content]:
        """The content of each file."""
        return {name: sight.content for name, sight in self._files.items()}

    @property
    def folders(self) -> dict[str, str]:
        """A digest of the names in each folder."""
        return dict(self._folders)

    def add_file(self, file: Path) -> None:
        """Note a file that is about to be read or looked for."""
        if str(file) not in self._files:
            self._files[str(file)] = _sight(file)

    def add_folder(self, folder: Path) -> None:
        """Note a folder whose names are about to be looked through."""
        found = names_in(folder)
        self.is_all &= found is not None and self._folders.setdefault(str(folder), found) == found

    def stand(self) -> bool:
        """Whether all of it is still as it was seen."""
        files = all(_sight(Path(name)) == sight for name, sight in self._files.items())
        return files and all(names_in(Path(name)) == digest for name, digest in self._folders.items())


_noted: ContextVar[Inputs | None] = ContextVar("inputs", default=None)


@contextmanager
def noting() -> Iterator[Inputs]:
    """Note what is looked at meanwhile."""
    found = Inputs()
    before = _noted.set(found)
    try:
        yield found
    finally:
        _noted.reset(before)


def looks_at(file: Path) -> None:
    """Say that a file is about to be read, or looked for."""
    inputs = _noted.get()
    if inputs is not None:
        inputs.add_file(file)


def looks_through(folder: Path) -> None:
    """Say that the names in a folder are about to be looked through."""
    inputs = _noted.get()
    if inputs is not None:
        inputs.add_folder(folder)


def content_of(file: Path) -> Content:
    """Where a file lies and what it says."""
    return _sight(file).content


def _sight(file: Path) -> _Sight:
    with suppress(OSError, ValueError):  # ValueError: no file has such a name
        place = os.path.realpath(file)
        if file.is_file():
            with Path(place).open("rb") as opened:
                digest = hashlib.file_digest(opened, "sha256").hexdigest()
                found = os.fstat(opened.fileno())
            state = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
            return _Sight(Content(place, digest), state)
    return _Sight(Content(None, None), ())


def names_in(folder: Path) -> str | None:
    """A digest of all names below a folder, hidden ones too, with what each is and where a link leads.

    ``None`` where that does not say what can be found there: a link leads to a folder elsewhere, a folder cannot be
    looked into, or there are too many names.
    """
    try:
        root = os.path.realpath(folder)
        found = sorted(_names(root))
    except (OSError, ValueError, LookupError):
        return None
    digest = hashlib.sha256(os.fsencode(root))
    for name in found:
        digest.update(b"\0\0" + name)
    return digest.hexdigest()


def _names(root: str) -> Iterator[bytes]:
    """Each name with what it is.

    Raises:
        LookupError: a link leads to a folder elsewhere, or there are too many names.
    """
    waiting, count = [root], 0
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                count += 1
                if count > MOST_NAMES or (entry.is_symlink() and entry.is_dir() and not _is_below(entry.path, root)):
                    raise LookupError(entry.path)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                yield os.fsencode(f"{entry.path}\0{_what(entry)}")


def _is_below(path: str, root: str) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(root)


def _what(entry: os.DirEntry[str]) -> str:
    """What a name is: a folder, a file or neither; of a link also where it leads."""
    kind = "folder" if entry.is_dir() else "file" if entry.is_file() else "other"
    return f"{kind}\0{Path(entry.path).readlink()}" if entry.is_symlink() else kind
