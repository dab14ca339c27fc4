"""Files by name, folder and glob, and the loader that says a file is its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blastradius.errors import InputError

if TYPE_CHECKING:
    from blastradius.loaderkit.contract import Document, Loaded, Loader
    from blastradius.reading import ParsedDocument, Progress

ESTATE_SUFFIXES = (".yaml", ".yml", ".json")


def quiet(what: str, share: float | None = None) -> None:
    """Tell nobody of progress."""


def share_of(progress: Progress, number: int, count: int) -> Progress:
    """Tells how much of one file of several is done as the share of all of them."""

    def tell(what: str, /, share: float | None = None) -> None:
        progress(what, (number + (share or 0)) / count)

    return tell


def document_of(path: Path, loaders: Iterable[Loader], progress: Progress, root: Path | None = None) -> ParsedDocument:
    """A file as a document: parsed, or a stream where one of the loaders reads it piece by piece.

    Raises:
        InputError: it cannot be read.
    """
    from blastradius.reading import read_document, stream_document
    from blastradius.reading.inputs import looks_at

    looks_at(path)
    if streaming(path, loaders):
        return stream_document(path, progress)
    return read_document(path, root=root)


def streaming(path: Path, loaders: Iterable[Loader]) -> Loader | None:
    """The loader that reads a file piece by piece, if one of them does."""
    return next((loader for loader in loaders if loader.streams and is_a(loader.streams, path)), None)


def is_a(what: Callable[[Path], bool], path: Path) -> bool:
    """Whether a path is that; one that the system cannot even look up is not."""
    try:
        return what(path)
    except (OSError, ValueError):
        return False


def recognised(document: ParsedDocument, loaders: Sequence[Loader]) -> Loader:
    """The loader that says a document is its own.

    Raises:
        InputError: none does; with what the document is instead.
    """
    from blastradius.loading.unrecognised import refusal
    from blastradius.reading import Stream

    if isinstance(document.data, Stream):
        found = streaming(document.data.path, loaders)
    else:
        found = next((loader for loader in loaders if loader.recognises(document.data)), None)
    if found is None:
        raise InputError([f"{document.path}: {refusal(document.data)}"])
    return found


def matched(folder: Path, pattern: str) -> list[Path]:
    """The file of a name, the files in a folder of it, or those that a glob matches; no hidden ones."""
    named = folder / pattern
    if is_a(Path.is_file, named):
        return [named]
    if is_a(Path.is_dir, named):
        return below(named)
    base = Path(named.anchor) if named.is_absolute() else folder
    try:
        found = sorted(base.glob(str(named.relative_to(base))))
    except (OSError, ValueError, NotImplementedError, RecursionError):
        return []
    shown = {part for part in Path(pattern).parts if part.startswith(".")}
    return [file for file in found if is_a(Path.is_file, file) and not _is_hidden(file, base, shown)]


def below(folder: Path) -> list[Path]:
    """Every file of a folder that is not hidden."""
    return sorted(_below(folder))


def data_below(folder: Path, loaders: Iterable[Loader]) -> list[Path]:
    """The files of a folder that hold data; no hidden ones."""
    from blastradius.reading import DATA

    streamed = (suffix for loader in loaders if loader.streams for suffix in loader.suffixes)
    known = {*ESTATE_SUFFIXES, *DATA, *streamed}
    return sorted(file for file in _below(folder) if file.suffix.lower() in known)


def _below(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*") if file.is_file() and not _is_hidden(file, folder))


def _is_hidden(file: Path, folder: Path, shown: set[str] | frozenset[str] = frozenset()) -> bool:
    return any(part.startswith(".") and part not in shown for part in file.relative_to(folder).parts)


def loaded_by(loader: Loader, document: Document, options: dict[str, Any]) -> Loaded:
    """What a loader makes of a file; a file of records of which none can be read is no estate without risk.

    Raises:
        InputError: it cannot be read, or all of its records were rejected.
    """
    from blastradius.loaderkit.names import counted
    from blastradius.model import NoteKind

    found = loader.load(document, options)
    if is_something(found) or found.tally.ignored or not found.tally.rejected:
        return found
    whys = list(dict.fromkeys(str(note) for note in found.notes if note.kind != NoteKind.ASSUMED))[:5]
    records = counted(found.tally.rejected, "record")
    message = f"none of {records} could be read as {loader.title}; mend the file or export it anew"
    raise InputError([f"{document.path}: {message}", *whys])


def is_something(loaded: Loaded) -> bool:
    """Whether anything came of a file: a fact, an expectation, or a further file to load."""
    more = loaded.zones or loaded.expectations or loaded.exercises or loaded.requests or loaded.tally.facts
    return bool(loaded.entity_count or loaded.relation_count or more)
