"""Estates that are kept once they are loaded, so that a second question need not read them again.

Whatever might make a difference counts: what is kept is used only where every file says what it said, every folder
has the names that it had, and the program and what is installed beside it are the same. Any doubt means reading again.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from blastradius import plugins
from blastradius.caches import private_folder, read_private
from blastradius.errors import UsageError
from blastradius.loading.boundary import is_outside_allowed
from blastradius.reading.inputs import Inputs, content_of, names_in, noting
from blastradius.stores.addresses import is_address

if TYPE_CHECKING:
    from blastradius.estate import Estate

FORMAT = 1
"""The version of what a file of ours holds."""
MOST_BYTES = 2**30
"""How much is kept in all; what was not used for longest goes."""
_ENDING = ".estate"
_LEFT_OVER_S = 3600
"""After how many seconds a file that somebody began to write is nobody's any more."""


@dataclass(frozen=True)
class _Place:
    """Where an estate is kept: the file, and what is said in it of who wrote it and what was asked for."""

    file: Path
    asked: str


def cached(paths: Sequence[str], read: Callable[[], Estate]) -> Estate:
    """The estate of some paths as it is kept, or as it is read, and then kept.

    Raises:
        InputError: as ``read`` does.
    """
    place = _place(paths)
    if place is None:
        return read()
    kept = _kept(place)
    if kept is not None:
        return kept
    with noting() as inputs:
        estate = read()
    _keep(estate, inputs, place)
    return estate


def _place(paths: Sequence[str]) -> _Place | None:
    """Where the estate of some paths is kept; ``None`` where not all that it comes from could be told."""
    if any(path == "-" or is_address(path) for path in paths) or is_outside_allowed() or plugins.is_extended():
        return None
    folder = private_folder("estates")
    if folder is None:
        return None
    try:
        told = json.dumps([FORMAT, *_installed(), str(Path.cwd()), *paths])
    except OSError:  # the current folder is gone
        return None
    return _Place(folder / (hashlib.sha256(told.encode()).hexdigest() + _ENDING), told)


def _installed() -> Iterator[Any]:
    """What reads: Python, the packages beside it, and our own files, as Python tells whether to compile them anew."""
    yield [sys.version, sys.platform, sys.byteorder, sys.path]
    for place in sys.path:
        with suppress(OSError):
            names = (child.name for child in Path(place).iterdir())
            yield sorted(name for name in names if name.endswith(("-info", ".egg-link")))
    for folder in (Path(__file__).parents[1], *plugins.shipped_in("loaders")):
        yield sorted(_code(str(folder)))


def _code(folder: str) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _code(entry.path) if entry.name != "__pycache__" else ()
            else:
                found = entry.stat()
                yield entry.path, found.st_size, found.st_mtime_ns


# what is kept


def _kept(place: _Place) -> Estate | None:
    """The estate that is kept; ``None`` where there is none, or where anything about it is not as it was."""
    from blastradius.estate.packing import Pack, unpacked

    raw = read_private(place.file)
    head, _, rest = (raw or b"").partition(b"\n")
    if not rest or head != hashlib.sha256(rest).hexdigest().encode():
        return None
    try:
        with np.load(io.BytesIO(rest), allow_pickle=False) as loaded:
            arrays = {name: loaded[name] for name in loaded.files}
        said = json.loads(arrays.pop("said").tobytes())
        if said["asked"] != place.asked:
            return None
        texts = _verified(said["inputs"], said["folders"], said["texts"])
        found = None if texts is None else unpacked(Pack(arrays, said["estate"]), texts.__getitem__)
    except Exception:  # whatever stands there, it is nothing that we wrote
        return None
    with suppress(OSError):
        os.utime(place.file)
    return found


def _verified(files: dict[str, Any], folders: dict[str, str], wanted: list[str]) -> dict[str, bytes | mmap] | None:
    """What the files say that are wanted, where all files and folders are as they were; else ``None``."""
    if any(names_in(Path(name)) != digest for name, digest in folders.items()):
        return None
    if any([*content_of(Path(name))] != content for name, content in files.items() if name not in wanted):
        return None
    texts = {name: _text(name) for name in wanted}
    for name, text in texts.items():
        if [os.path.realpath(name), _digest(text)] != files[name]:
            return None
    return texts


def _text(name: str) -> bytes | mmap:
    """What a file says, read from it when needed.

    Raises:
        OSError: it cannot be read.
    """
    with Path(name).open("rb") as file:
        return mmap(file.fileno(), 0, access=ACCESS_READ) if file.seek(0, 2) else b""


def _digest(text: bytes | mmap) -> str:
    return hashlib.sha256(text).hexdigest()


def _keep(estate: Estate, inputs: Inputs, place: _Place) -> None:
    """Keep an estate, where all that it was read from is known and stood still meanwhile."""
    from blastradius.estate.packing import UnpackableError, packed
    from blastradius.writing import write_atomic

    files, texts = inputs.files, list[str]()

    def is_text_of(name: str, text: bytes | mmap) -> bool:
        texts.append(name)
        return name in files and files[name].digest == _digest(text)

    with suppress(UnpackableError, UsageError, OSError, ValueError):
        pack = packed(estate, is_text_of)
        if not inputs.is_all or not inputs.stand():
            return
        said = {"asked": place.asked, "inputs": files, "folders": inputs.folders, "texts": texts, "estate": pack.said}
        rest = io.BytesIO()
        arrays: dict[str, Any] = {"said": np.frombuffer(json.dumps(said).encode(), np.uint8), **pack.arrays}
        np.savez(rest, **arrays)
        raw = rest.getvalue()
        if len(raw) < MOST_BYTES:
            write_atomic(place.file, hashlib.sha256(raw).hexdigest().encode() + b"\n" + raw)
            _sweep(place.file.parent)


def _sweep(folder: Path) -> None:
    """Have no more in the folder than is kept at most, nor what a process left over that was ended as it wrote."""
    room, now = MOST_BYTES, time.time()
    for file, found in sorted(_files(folder), key=lambda pair: pair[1].st_mtime, reverse=True):
        room -= found.st_size
        is_left_over = file.suffix != _ENDING and now - found.st_mtime > _LEFT_OVER_S
        if room < 0 or is_left_over:
            with suppress(OSError):
                file.unlink()


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for file in folder.iterdir():
        with suppress(OSError):  # another process was quicker
            yield file, file.lstat()
