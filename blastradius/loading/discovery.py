"""Files by name, folder and glob, and the loader that says a file is its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from blastradius import plugins
from blastradius.errors import InputError

if TYPE_CHECKING:
    from blastradius.loaderkit.contract import Loader
    from blastradius.reading import ParsedDocument

ESTATE_SUFFIXES = (".yaml", ".yml", ".json")
PARQUET = ".parquet"


def quiet(what: str, share: float | None = None) -> None:
    """Tell nobody of progress."""


def is_estate_of_lines(path: Path) -> bool:
    """Whether a file of JSON Lines begins with an entity, a relation, a zone or a heading of ours."""
    if path.suffix.lower() not in (".jsonl", ".ndjson") or not is_a(Path.is_file, path):
        return False
    with path.open("rb") as file:
        first = file.readline(2000)
    return re.match(rb'\s*\{\s*"(kind|verb|zone|title|as_of)"\s*:', first) is not None


def tables_of(path: Path) -> list[Path]:
    """The files of Parquet that a path names: itself, or those of a folder that has no other data."""
    files = below(path) if is_a(Path.is_dir, path) else [path]
    return files if all(each.suffix.lower() == PARQUET for each in files) else []


def is_a(what: Callable[[Path], bool], path: Path) -> bool:
    """Whether a path is that; one that the system cannot even look up is not."""
    try:
        return what(path)
    except (OSError, ValueError):
        return False


def recognised(document: ParsedDocument) -> Loader:
    """The loader that says a document is its own.

    Raises:
        InputError: none does; with what the document is instead.
    """
    from blastradius.loading.unrecognised import refusal

    found = next((each for each in plugins.loaders().values() if each.recognises(document.data)), None)
    if found is None:
        raise InputError([f"{document.path}: {refusal(document.data)}"])
    return found


def matched(folder: Path, pattern: str) -> list[Path]:
    """The file of a name, the files in a folder of it, or those that a glob matches; no hidden ones, no links."""
    named = folder / pattern
    if is_a(Path.is_file, named):
        return [named]
    if is_a(Path.is_dir, named):
        return below(named, every=True)
    base = Path(named.anchor) if named.is_absolute() else folder
    try:
        found = sorted(base.glob(str(named.relative_to(base))))
    except (ValueError, NotImplementedError):
        return []
    shown = {part for part in Path(pattern).parts if part.startswith(".")}
    return [file for file in found if file.is_file() and not file.is_symlink() and not _is_hidden(file, base, shown)]


def below(folder: Path, *, every: bool = False) -> list[Path]:
    """The files of a folder that hold data, or every file that is no link; hidden ones apart."""
    from blastradius.reading import DATA

    known = (*ESTATE_SUFFIXES, *DATA, PARQUET)
    files = (file for file in folder.rglob("*") if file.is_file() and not _is_hidden(file, folder))
    if every:
        return sorted(file for file in files if not file.is_symlink())
    return sorted(file for file in files if file.suffix.lower() in known)


def _is_hidden(file: Path, folder: Path, shown: set[str] | frozenset[str] = frozenset()) -> bool:
    return any(part.startswith(".") and part not in shown for part in file.relative_to(folder).parts)
