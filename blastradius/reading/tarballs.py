"""Tar archives packed with gzip, checked before anything in them is opened."""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING, NoReturn

from blastradius.errors import InputError

from .archives import MAX_ENTRIES, MAX_RATIO, MAX_TOTAL, SMALL, leads_outside
from .texts import MAX_BYTES

if TYPE_CHECKING:
    import tarfile

_WITH_HEADER = 31  # what zlib calls a stream with gzip's header and checksum


class TarEntries:
    """The entries of a packed tar archive: unpacked no further than the limits, then names, kinds and sizes checked.

    Raises:
        InputError: what the check found.
    """

    def __init__(self, raw: bytes, shown: str) -> None:
        import tarfile  # few files are packed so

        self.shown = shown
        self._plain = self._unpacked(raw)
        try:
            with tarfile.open(fileobj=io.BytesIO(self._plain), mode="r:") as archive:
                members = archive.getmembers()
        except (tarfile.TarError, ValueError, EOFError, OSError):
            raise InputError([f"{shown}: packed with gzip, and no whole tar archive inside; unpack it first"]) from None
        self._check(members)
        self.infos = {member.name: member for member in members if member.isfile()}
        self.names = tuple(self.infos)

    def content(self, name: str) -> bytes:
        """The bytes of an entry."""
        start = self.infos[name].offset_data
        return self._plain[start : start + self.infos[name].size]

    def _unpacked(self, raw: bytes) -> bytes:
        unpacking = zlib.decompressobj(_WITH_HEADER)
        most = min(MAX_TOTAL, max(SMALL, MAX_RATIO * len(raw)))
        try:
            plain = unpacking.decompress(raw, most + 1)
        except zlib.error:
            raise InputError([f"{self.shown}: packed with gzip, and damaged; pack it again"]) from None
        if len(plain) > most:
            limit = f"{MAX_TOTAL // 2**20} MB" if most == MAX_TOTAL else f"{MAX_RATIO}:1, as bombs are"
            self._refuse(f"more than {limit} when unpacked; split it, or pack it again")
        if not unpacking.eof or unpacking.unused_data:
            self._refuse("its end missing, or more after it; pack it again")
        return plain

    def _check(self, members: list[tarfile.TarInfo]) -> None:
        if len(members) > MAX_ENTRIES:
            self._refuse(f"more than {MAX_ENTRIES:,} files inside; split it")
        if len({member.name for member in members}) != len(members):
            self._refuse("two files of one name inside; pack it again")
        for member in members:
            if leads_outside(member.name):
                self._refuse(f"{member.name!r} inside, a name that leads outside or is none; pack it again")
            if not (member.isfile() or member.isdir()) or member.issparse():
                self._refuse(f"{member.name!r} inside, a link or a device; pack the file it leads to")
            if member.size > MAX_BYTES:
                self._refuse(f"{member.name!r} inside, larger than {MAX_BYTES // 2**20} MB; split it")

    def _refuse(self, why: str) -> NoReturn:
        raise InputError([f"{self.shown}: an archive with {why}"])
