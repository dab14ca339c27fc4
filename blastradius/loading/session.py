"""Loads files, folders and workspaces: each file with the loader that recognises it, and what it asks for in turn."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blastradius import plugins
from blastradius.errors import InputError
from blastradius.loading.discovery import ESTATE_SUFFIXES, below, is_a, is_estate_of_lines, quiet, recognised, tables_of

if TYPE_CHECKING:
    from blastradius.estate import Estate
    from blastradius.estate.bulk import Progress
    from blastradius.loaderkit.contract import Document, Loaded, Loader, SourceRequest
    from blastradius.loading.sources import Source
    from blastradius.reading import ParsedDocument

FILE_NAME = "blastradius.yaml"
"""The workspace file of a folder."""

Way = tuple[str, str, str]
"""A file, the loader and its options: what is loaded once."""


@dataclass(frozen=True)
class Part:
    """What one file came to: its name as shown, the loader that read it, and what it gave."""

    file: str
    loader: str
    loaded: Loaded


@dataclass
class Survey:
    """What all files came to, and all that is wrong with those that could not be read.

    ``different`` are the ids that workspaces say are not the same thing.
    """

    parts: list[Part] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    different: list[tuple[str, ...]] = field(default_factory=list)

    def whole(self) -> list[Part]:
        """The parts, where all files could be read.

        Raises:
            InputError: everything wrong in any file.
        """
        if self.problems:
            raise InputError(self.problems)
        return self.parts

    def estate(self) -> Estate:
        """One estate of all of it.

        Raises:
            InputError: everything wrong in any file, or in what they say together.
        """
        from blastradius.estate import Estate

        return Estate.build(part.loaded for part in self.whole())


def load(paths: Sequence[str | os.PathLike[str]], progress: Progress | None = None) -> Estate:
    """Load files, folders and workspaces into one estate; ``-`` is standard input.

    A folder with a workspace file is loaded as that says; in another one, files that no loader recognises as an
    estate are passed over.

    Raises:
        InputError: everything wrong in any file, each with its position.
    """
    apart = _estate_apart([Path(each) for each in paths], progress)
    if apart is not None:
        return apart
    from blastradius.reading import uncollected

    with uncollected():
        return survey(paths, progress).estate()


def _estate_apart(paths: Sequence[Path], progress: Progress | None) -> Estate | None:
    """The estate of JSON Lines or Parquet that paths name; it stands on its own."""
    lines = [each for each in paths if is_estate_of_lines(each)]
    tables = [file for each in paths for file in tables_of(each)]
    if not lines and not tables:
        return None
    from blastradius.estate.bulk import load_lines, load_tables

    if lines and len(paths) > 1:
        raise InputError([f"{lines[0]}: an estate of JSON Lines stands on its own; name no other file beside it"])
    if lines:
        return load_lines(lines[0], progress)
    other = [each for each in paths if not tables_of(each)]
    if other:
        raise InputError([f"{other[0]}: an estate of Parquet stands on its own; name no other files beside it"])
    return load_tables(tables, progress)


def survey(paths: Sequence[str | os.PathLike[str]], progress: Progress | None = None) -> Survey:
    """What each file comes to, further files it asks for included, and what is wrong with the others."""
    session = _Session(progress or quiet)
    for given in paths:
        try:
            session.take(given)
        except InputError as error:
            session.found.problems += error.problems
    return session.found


@dataclass
class _Session:
    """One loading: what was found so far, and which files were loaded in which way."""

    progress: Progress
    found: Survey = field(default_factory=Survey)
    done: set[Way] = field(default_factory=set)

    def take(self, given: str | os.PathLike[str]) -> None:
        """Load what was named on the way in.

        Raises:
            InputError: it cannot be read.
        """
        from blastradius.reading import read_document, read_standard_input
        from blastradius.workspace import is_workspace

        path = Path(given)
        if str(given) == "-":
            self.found.parts += self.loaded(read_standard_input())
        elif is_a(Path.is_file, path / FILE_NAME):
            self.workspace(read_document(path / FILE_NAME))
        elif is_a(Path.is_dir, path) and not tables_of(path):
            self.folder(path)
        elif is_estate_of_lines(path) or tables_of(path):
            why = "an estate of JSON Lines or Parquet, which is checked as it loads; ask it a question"
            raise InputError([f"{path}: {why}, such as `blastradius rank {path}`"])
        else:
            self.progress(str(path))
            document = read_document(path)
            if is_workspace(document.data):
                self.workspace(document)
            else:
                self.found.parts += self.loaded(document)

    def folder(self, folder: Path) -> None:
        """Load the estates in a folder; every other file of data in it is passed over."""
        from blastradius.reading import read_document

        files, native = below(folder), plugins.loader("native")
        passed = []
        if not any(file.suffix.lower() in ESTATE_SUFFIXES for file in files):
            self.found.problems.append(f"{folder}: the folder has no YAML or JSON file")
        for number, file in enumerate(files):
            if not _might_be_estate(file):
                passed.append(str(file))
                continue
            self.progress(str(file), number / len(files))
            try:
                document = read_document(file, root=folder)
                if native.recognises(document.data):
                    self.found.parts += self.loaded(document, native)
                else:
                    passed.append(str(file))
            except InputError as error:
                self.found.problems += error.problems
        read = {part.file for part in self.found.parts}
        self.found.parts += [Part(name, "folder", _passed_over(name)) for name in passed if name not in read]

    def workspace(self, document: ParsedDocument) -> None:
        """Load the sources of a workspace, and join what they say under its ids."""
        from blastradius.loading.sources import sources_of
        from blastradius.workspace import joined, prefixed, read_workspace, spoken_for

        workspace = read_workspace(document)
        parts: list[Part] = []
        numbers: list[int] = []
        sources = list(sources_of(workspace, self.found.problems))
        count, files = 0, sum(len(each.files) for each in sources)
        for source in sources:
            for file in source.files:
                self.progress(str(file), count / files)
                count += 1
                try:
                    found = self.listed(file, source)
                except InputError as error:
                    self.found.problems += error.problems
                    continue
                parts += found
                numbers += [source.number] * len(found)
        loads = [prefixed(part.loaded, workspace, number) for part, number in zip(parts, numbers, strict=True)]
        loads, own = joined(loads, workspace)
        loads = spoken_for(loads, numbers, workspace)
        self.found.parts.append(Part(document.path, "workspace", own))
        self.found.parts += [replace(part, loaded=each) for part, each in zip(parts, loads, strict=True)]
        self.found.different += workspace.shape.different

    def listed(self, file: Path, source: Source) -> list[Part]:
        """A file that a source of a workspace lists; nothing where it was loaded in that way already.

        Raises:
            InputError: it cannot be read.
        """
        from blastradius.reading import read_document

        if source.loader and _way(file, source.loader, source.options(source.loader)) in self.done:
            return []
        document = read_document(file, root=source.root(file))
        loader = source.loader or recognised(document)
        return list(self.loaded(document, loader, source.options(loader), source.named))

    def loaded(
        self,
        document: ParsedDocument,
        loader: Loader | None = None,
        options: Mapping[str, Any] | None = None,
        named: Mapping[str, str] | None = None,
    ) -> Iterator[Part]:
        """What a file gives and what it asks for in turn, no file twice in the same way.

        ``named`` says whose an account, an app, a consumer or a host is, for what is asked for.

        Raises:
            InputError: it, or something it requires, cannot be read.
        """
        reader = loader or recognised(document)
        if not self._first(document, reader, options or {}):
            return
        found = reader.load(document, dict(options or {}))
        yield Part(document.path, reader.name, found)
        waiting: deque[tuple[Document, SourceRequest]] = deque((document, each) for each in found.requests)
        while waiting:
            asking, request = waiting.popleft()
            try:
                answer = self._asked(asking, request, named or {})
            except InputError as error:
                problems = [f"{each} (asked for at {request.provenance})" for each in error.problems]
                if request.required:
                    raise InputError(problems) from None
                yield Part(asking.path, request.loader, _left_out(problems, request))
                continue
            if answer is not None:
                asked, part = answer
                yield part
                waiting.extend((asked, each) for each in part.loaded.requests)

    def _asked(
        self, asking: Document, request: SourceRequest, named: Mapping[str, str]
    ) -> tuple[Document, Part] | None:
        from blastradius.loading.sources import with_parties

        asked = asking.part(*request.part) if request.part else asking.sibling(request.path)
        reader = plugins.loader(request.loader)
        stated = with_parties(reader, request.options, named)
        if not request.part and not self._first(asked, reader, stated):
            return None
        return asked, Part(asked.path, reader.name, reader.load(asked, stated))

    def _first(self, document: Document, loader: Loader, options: Mapping[str, Any]) -> bool:
        """Whether a file is loaded in this way for the first time."""
        way = _way(document.path, loader, options)
        if way in self.done:
            return False
        self.done.add(way)
        return True


def _way(file: str | Path, loader: Loader, options: Mapping[str, Any]) -> Way:
    return str(Path(file).resolve()), loader.name, repr(dict(options))


def _might_be_estate(file: Path) -> bool:
    """Whether a file in a folder names the estate format; others are read only when an estate asks for them."""
    try:
        return file.suffix.lower() in ESTATE_SUFFIXES and b"blastradius" in file.read_bytes()
    except OSError:
        return True


def _passed_over(name: str) -> Loaded:
    """A file of a folder that is no estate and that no estate asked for: one record, ignored."""
    from blastradius.loaderkit.contract import Loaded
    from blastradius.model import Note, NoteKind, Provenance, Tally

    at = Provenance(source="folder", file=name)
    message = "not an estate file, and no estate asks for it; passed over"
    return Loaded(notes=(Note(kind=NoteKind.UNSUPPORTED, message=message, provenance=(at,)),), tally=Tally(ignored=1))


def _left_out(problems: list[str], request: SourceRequest) -> Loaded:
    """Something asked for that does not load, though the file that asked does: one record, rejected."""
    from blastradius.loaderkit.contract import Loaded
    from blastradius.model import Note, NoteKind, Tally

    at = (request.provenance,)
    notes = (Note(kind=NoteKind.UNRESOLVED, message=f"{each}; left out", provenance=at) for each in problems)
    return Loaded(notes=tuple(notes), tally=Tally(rejected=1))
