"""Several YAML documents in one file, as a document whose data is their list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blastradius.loader import Document
from blastradius.reading import parse_document, read_document

_END = re.compile(r"^---[ \t]*(?:#.*)?$", re.MULTILINE)


@dataclass
class Several:
    """What ``blastradius.loader.Document`` promises, for a file of several documents."""

    path: str
    parts: Sequence[tuple[int, Document]]
    folder: Path

    @property
    def data(self) -> list[Any]:
        return [part.data for _, part in self.parts]

    def position(self, *keys: str | int) -> tuple[int, int]:
        if not keys or not isinstance(keys[0], int) or keys[0] >= len(self.parts):
            return 1, 1
        before, part = self.parts[keys[0]]
        line, column = part.position(*keys[1:])
        return before + line, column

    def sibling(self, relative: str) -> Document:
        return read_several(self.folder / relative)


def parse_several(text: str, shown: str, folder: Path = Path("/nonexistent")) -> Document:
    """Parse each document of a text; one alone stays alone."""
    starts = [0, *(each.end() + 1 for each in _END.finditer(text))]
    ends = [*(each.start() for each in _END.finditer(text)), len(text)]
    parts = [(text.count("\n", 0, at), parse_document(text[at:to], shown)) for at, to in zip(starts, ends, strict=True)]
    full = [(line, part) for line, part in parts if part.data is not None]
    return Several(shown, full, folder)


def read_several(path: Path, shown: str | None = None) -> Document:
    """Read a file of several documents; JSON has one."""
    if path.suffix == ".json":
        return read_document(path, shown=shown)
    return parse_several(path.read_text(encoding="utf-8"), shown or str(path), path.parent)
