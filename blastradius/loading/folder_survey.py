"""What each file in a folder is, for a first workspace."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from blastradius.errors import InputError
from blastradius.estate.bulk import Progress
from blastradius.loading.discovery import PARQUET, below, is_estate_of_lines, quiet, recognised
from blastradius.loading.session import FILE_NAME
from blastradius.reading import read_document
from blastradius.workspace import Looked, is_workspace


def look(folder: Path, progress: Progress | None = None) -> list[Looked]:
    """What each file in a folder is: the loader that says it is its own and what it comes to, or why there is none."""
    tell = progress or quiet
    found: dict[Path, Looked] = {}
    asked: dict[Path, str] = {}
    files = [file for file in below(folder, every=True) if file != folder / FILE_NAME]
    for number, file in enumerate(files):
        tell(str(file), number / len(files))
        name = file.relative_to(folder).as_posix()
        found[file.resolve()] = _looked_at(file, name, folder, asked)
    return [replace(each, asked_by=asked.get(path, "")) for path, each in found.items()]


def _looked_at(file: Path, name: str, folder: Path, asked: dict[Path, str]) -> Looked:
    """One file; what it asks for goes into ``asked``."""
    try:
        if is_estate_of_lines(file) or file.suffix.lower() == PARQUET:
            return Looked(name, why="an estate of JSON Lines or Parquet, which stands on its own; ask it directly")
        document = read_document(file, root=folder)
        if is_workspace(document.data):
            return Looked(name, why="a workspace of its own")
        loader = recognised(document)
        proposed = loader.proposes(document) if loader.proposes else []
        if proposed:
            return Looked(name, loader.name, options=tuple(proposed))
        loaded = loader.load(document, {})
    except InputError as error:
        return Looked(name, why=error.problems[0].removeprefix(f"{file}:").strip())
    asked.update({(file.parent / each.path).resolve(): name for each in loaded.requests if each.path})
    return Looked(name, loader.name)
