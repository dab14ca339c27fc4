"""Zip archives, checked before anything in them is opened."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import PureWindowsPath
from stat import S_ISLNK
from typing import Any, Protocol

from blastradius.errors import InputError
from blastradius.loaderkit.contract import Document

from .texts import CONTROL, MAX_BYTES

MAX_ENTRIES = 10_000
MAX_TOTAL = 4 * MAX_BYTES
MAX_RATIO = 300
SMALL = 1024 * 1024
_ENCRYPTED = 0x1
_SYSTEM_FILE = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$)")


class Packed(Protocol):
    """The entries of an archive of any kind, checked."""

    names: tuple[str, ...]

    @property
    def infos(self) -> Mapping[str, Any]: ...  # noqa: D102
    def content(self, name: str) -> bytes: ...  # noqa: D102


class Archive(Mapping[str, Document]):
    """The files of an archive by name; each is read when it is asked for."""

    def __init__(self, entries: Packed, read: Callable[[str, bytes], Document]) -> None:
        self._entries = entries
        self._read = read
        self._done: dict[str, Document] = {}

    def __getitem__(self, name: str) -> Document:
        if name not in self._done:
            self._done[name] = self._read(name, self._entries.content(name))
        return self._done[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries.names)

    def __len__(self) -> int:
        return len(self._entries.names)

    def __contains__(self, name: object) -> bool:
        return name in self._entries.infos

    def content(self, name: str) -> bytes:
        """The bytes of a file, for a look before it is read."""
        return self._entries.content(name)


class Entries:
    """The entries of a zip archive whose directory was checked: names, declared sizes, ratios, overlaps.

    Raises:
        InputError: what the check found.
    """

    def __init__(self, raw: bytes, shown: str) -> None:
        self.shown = shown
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(raw))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
            raise InputError([f"{shown}: not a zip archive that can be read: {_lower(error)}"]) from None
        self._check(len(raw))
        files = [
            entry for entry in self._zip.infolist() if not entry.is_dir() and not _SYSTEM_FILE.search(entry.filename)
        ]
        self.infos = {file.filename: file for file in files}
        self.names = tuple(self.infos)

    def content(self, name: str) -> bytes:
        """The bytes of an entry, no more than it declares.

        Raises:
            InputError: the entry is damaged.
        """
        try:
            return self._zip.read(self.infos[name])
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError, OSError) as e:
            raise InputError([f"{self.shown}/{name}: damaged in the archive: {_lower(e)}"]) from None

    def _check(self, size: int) -> None:
        entries = self._zip.infolist()
        if len(entries) > MAX_ENTRIES:
            self._refuse(f"more than {MAX_ENTRIES:,} files inside; split it")
        if sum(entry.file_size for entry in entries) > MAX_TOTAL:
            self._refuse(f"more than {MAX_TOTAL // 2**20} MB when unpacked; split it")
        if len({entry.filename for entry in entries}) != len(entries):
            self._refuse("two files of one name inside; pack it again")
        for entry in entries:
            why = _suspicious(entry)
            if why:
                self._refuse(f"{entry.filename!r} {why}")
        last = 0
        for entry in sorted(entries, key=lambda entry: entry.header_offset):
            if entry.header_offset < last or entry.header_offset + entry.compress_size > size:
                self._refuse(f"{entry.filename!r} overlaps another file or the end; pack it again")
            last = entry.header_offset + entry.compress_size

    def _refuse(self, why: str) -> None:
        raise InputError([f"{self.shown}: an archive with {why}"])


def leads_outside(name: str) -> bool:
    """Whether the name of an entry leads out of the archive, or is no plain name."""
    if name.startswith("/") or "\\" in name or ".." in name.split("/") or CONTROL.search(name):
        return True
    return ":" in name and bool(PureWindowsPath(name).drive)


def _suspicious(entry: zipfile.ZipInfo) -> str | None:
    if leads_outside(entry.filename) or leads_outside(entry.orig_filename):
        return "inside, a name that leads outside or is none; pack it again with plain names"
    if S_ISLNK(entry.external_attr >> 16):
        return "inside, a link; pack the file it leads to"
    if entry.flag_bits & _ENCRYPTED:
        return "inside, encrypted; unpack it first"
    if entry.file_size > MAX_BYTES:
        return f"inside, larger than {MAX_BYTES // 2**20} MB; split it"
    if entry.file_size > SMALL and entry.file_size > MAX_RATIO * entry.compress_size:
        return f"inside, packed more than {MAX_RATIO}:1, as bombs are; pack it again if it is none"
    return None


def _lower(error: Exception) -> str:
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return text[0].lower() + text[1:]
