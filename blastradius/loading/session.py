"""Loads files, folders and workspaces: each file with the loader that recognises it, and what it asks for in turn."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from blastradius import plugins
from blastradius.errors import InputError
from blastradius.loading.boundary import inside, is_inside
from blastradius.loading.discovery import (
    ESTATE_SUFFIXES,
    data_below,
    document_of,
    is_a,
    loaded_by,
    quiet,
    recognised,
    share_of,
    streaming,
)
from blastradius.loading.snapshots import is_snapshot, kept_estate

if TYPE_CHECKING:
    from blastradius.estate import Estate
    from blastradius.loaderkit.contract import Document, Loaded, Loader, SourceRequest
    from blastradius.loading.sources import Source
    from blastradius.reading import ParsedDocument, Progress

FILE_NAME = "blastradius.yaml"
"""The workspace file of a folder."""

LoadKey = tuple[str, str, str]
"""A file, the loader and its options: what is loaded once."""


class LoadedFile(NamedTuple):
    """What one file came to: its name as shown, the loader that read it, and what it gave."""

    file: str
    loader: str
    loaded: Loaded


@dataclass
class Survey:
    """What all files came to, and all that is wrong with those that could not be read.

    ``different`` are the ids that workspaces say are not the same thing.
    """

    files: list[LoadedFile] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    different: list[tuple[str, ...]] = field(default_factory=list)

    def whole(self) -> list[LoadedFile]:
        """The files, where all could be read.

        Raises:
            InputError: everything wrong in any file.
        """
        if self.problems:
            raise InputError(self.problems)
        return self.files

    def estate(self) -> Estate:
        """One estate of all of it.

        Raises:
            InputError: everything wrong in any file, or in what they say together.
        """
        from blastradius.estate import Estate

        return Estate.build(file.loaded for file in self.whole())


def load(
    paths: Sequence[str | os.PathLike[str]], progress: Progress | None = None, *, cache: bool | None = None
) -> Estate:
    """Load files, folders, workspaces, snapshots and shared estates into one; ``-`` is standard input.

    A folder with a workspace file is loaded as that says; in another one, files that no loader recognises as an
    estate are passed over. With ``cache`` (default: as the user set it) it is not read again where nothing changed.

    Raises:
        InputError: everything wrong in any file, each with its position.
        StoreError: a database does not answer, or refuses.
    """
    from blastradius.loading.wishes import is_cache_wanted
    from blastradius.reading import uncollected

    with uncollected():
        if not (is_cache_wanted() if cache is None else cache):
            return survey(paths, progress).estate()
        from blastradius.loading.cache import cached

        return cached([os.fspath(path) for path in paths], lambda: survey(paths, progress).estate())


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
    """One loading: what was found so far, and which files were loaded how."""

    progress: Progress
    found: Survey = field(default_factory=Survey)
    done: set[LoadKey] = field(default_factory=set)

    @cached_property
    def streaming(self) -> tuple[Loader, ...]:
        """The loaders that read files piece by piece; no others are imported."""
        return tuple(loader for loader in plugins.LOADERS.giving("streams") if loader.streams)

    @cached_property
    def loaders(self) -> tuple[Loader, ...]:
        """Every loader, by name."""
        return tuple(plugins.loaders().values())

    def take(self, given: str | os.PathLike[str]) -> None:
        """Load what was named on the way in.

        Raises:
            InputError: it cannot be read.
        """
        from blastradius.reading import read_document, read_standard_input
        from blastradius.reading.inputs import looks_at
        from blastradius.stores.addresses import is_address

        path = Path(given)
        looks_at(path)
        if is_address(str(given)):
            self.found.files.append(shared_estate(str(given), self.progress))
        elif str(given) == "-":
            self.found.files += self.loaded(read_standard_input())
        elif is_a(Path.is_file, path / FILE_NAME):
            self.workspace(read_document(_own(path / FILE_NAME)))
        elif is_a(Path.is_dir, path):
            self.folder(path)
        elif is_a(is_snapshot, path):
            self.found.files.append(LoadedFile(str(path), "snapshot", kept_estate(path, self.progress)))
        else:
            self.file(path)

    def file(self, path: Path) -> None:
        """Load a file that was named; no loader is imported but its own where it says by itself what it is.

        Raises:
            InputError: it cannot be read.
        """
        from blastradius.reading import read_document

        self.progress(str(path))
        # YAML and JSON are parsed whole, so that what cannot be is refused before every loader is imported
        whole = path.suffix.lower() in ESTATE_SUFFIXES
        streamed = None if whole else streaming(path, self.streaming)
        document = read_document(path) if whole else document_of(path, [streamed] if streamed else [], self.progress)
        if _is_workspace(document.data):
            self.workspace(document)
        elif whole and _is_declared(document.data):
            self.found.files += self.loaded(document, plugins.loader("native"))
        else:
            self.found.files += self.loaded(document, streamed)

    def folder(self, folder: Path) -> None:
        """Load the estates in a folder; every other file of data in it is passed over."""
        from blastradius.reading.inputs import looks_through

        looks_through(folder)
        there = data_below(folder, self.streaming)
        files = inside(there, folder)
        passed, problems = [], len(self.found.problems)
        for number, file in enumerate(files):
            try:
                found = self.estate(file, folder, share_of(self.progress, number, len(files)))
            except InputError as error:
                self.found.problems += error.problems
                continue
            if found is None:
                passed.append(str(file))
            else:
                self.found.files += found
        if len(passed) == len(files) and len(self.found.problems) == problems:
            self.found.problems.append(_without_estate(folder, len(files)))
        read = {file.file for file in self.found.files}
        self.found.files += [LoadedFile(name, "folder", _passed_over(name)) for name in passed if name not in read]
        self.found.files += [_linked(file, "folder") for file in there if not is_inside(file, folder)]

    def estate(self, file: Path, folder: Path, tell: Progress) -> list[LoadedFile] | None:
        """What a file of a folder comes to; ``None`` where it is no estate.

        Raises:
            InputError: it, or something it requires, cannot be read.
        """
        from blastradius.reading.inputs import looks_at

        looks_at(file)
        loader = streaming(file, self.streaming)
        if loader is None and not _might_be_estate(file):
            return None
        tell(str(file), 0)
        loader = loader or plugins.loader("native")
        document = document_of(file, [loader], tell, folder)
        return list(self.loaded(document, loader)) if loader.recognises(document.data) else None

    def workspace(self, document: ParsedDocument) -> None:
        """Load the sources of a workspace, and join what they say under its ids."""
        from blastradius.loading.sources import sources_of
        from blastradius.reading.inputs import looks_through
        from blastradius.workspace import joined, prefixed, read_workspace, spoken_for

        workspace = read_workspace(document)
        looks_through(workspace.folder)
        files: list[LoadedFile] = []
        numbers: list[int] = []
        sources = list(sources_of(workspace, self.found.problems))
        total, before = sum(len(source.files) for source in sources), 0
        for source in sources:
            tells = [share_of(self.progress, before + number, total) for number in range(len(source.files))]
            found = self.source(source, tells)
            before += len(tells)
            files += found
            numbers += [source.number] * len(found)
        loads = [file.loaded if workspace.only_lists else file.loaded.objects() for file in files]
        loads = [prefixed(loaded, workspace, number) for loaded, number in zip(loads, numbers, strict=True)]
        loads, own = joined(loads, workspace)
        loads = spoken_for(loads, numbers, workspace)
        self.found.files.append(LoadedFile(document.path, "workspace", own))
        self.found.files += [_linked(file, "workspace") for source in sources for file in source.linked]
        self.found.files += [file._replace(loaded=loaded) for file, loaded in zip(files, loads, strict=True)]
        self.found.different += workspace.shape.different

    def source(self, source: Source, tells: Sequence[Progress]) -> list[LoadedFile]:
        """What the files of a source of a workspace come to; those that belong together are read as one, at the end."""
        found: list[LoadedFile] = []
        together: dict[tuple[str, Path], list[Path]] = {}
        for file, tell in zip(source.files, tells, strict=True):
            try:
                found += self.listed(file, source, tell, together)
            except InputError as error:
                self.found.problems += error.problems
        for (name, _), files in together.items():
            try:
                found += self.read_as_one(files, source, name)
            except InputError as error:
                self.found.problems += _problems_of(files, source) or error.problems
        return found

    def read_as_one(self, files: Sequence[Path], source: Source, name: str) -> list[LoadedFile]:
        """What files of a source come to that its loader reads as one.

        Raises:
            InputError: one of them cannot be read.
        """
        loader = plugins.loader(name)
        document = document_of(files[0], [loader], quiet, source.root(files[0]))
        found = list(self.loaded(document, loader, source.options_of_all(loader, files), source.named))
        shown = f"{document.path} and {len(files) - 1} more" if len(files) > 1 else document.path
        return [file._replace(file=shown) if file.file == document.path else file for file in found]

    def listed(
        self, file: Path, source: Source, tell: Progress, together: dict[tuple[str, Path], list[Path]]
    ) -> list[LoadedFile]:
        """A file that a source of a workspace lists; nothing where it was loaded so already.

        One that is to be read as one with others goes into ``together``, by the loader and the folder that they may
        refer to.

        Raises:
            InputError: it cannot be read.
        """
        tell(str(file), 0)
        if source.loader and source.reads_as_one(source.loader):
            together.setdefault((source.loader.name, source.root(file)), []).append(file)
            return []
        if source.loader and _load_key(file, source.loader, source.options(source.loader)) in self.done:
            return []
        known = [source.loader] if source.loader else self.loaders
        document = document_of(file, known, tell, source.root(file))
        loader = source.loader or recognised(document, self.loaders)
        if source.reads_as_one(loader):
            together.setdefault((loader.name, source.root(file)), []).append(file)
            return []
        return list(self.loaded(document, loader, source.options(loader), source.named))

    def loaded(
        self,
        document: ParsedDocument,
        loader: Loader | None = None,
        options: Mapping[str, Any] | None = None,
        named: Mapping[str, str] | None = None,
    ) -> Iterator[LoadedFile]:
        """What a file gives and what it asks for in turn, no file twice with one loader and its options.

        ``named`` says whose an account, an app, a consumer or a host is, for what is asked for.

        Raises:
            InputError: it, or something it requires, cannot be read.
        """
        reader = loader or recognised(document, self.loaders)
        if not self._first(document, reader, options or {}):
            return
        found = loaded_by(reader, document, dict(options or {}))
        yield LoadedFile(document.path, reader.name, found)
        waiting: deque[tuple[Document, SourceRequest]] = deque((document, request) for request in found.requests)
        while waiting:
            asking, request = waiting.popleft()
            try:
                answer = self._asked(asking, request, named or {})
            except InputError as error:
                problems = [f"{problem} (asked for at {request.provenance})" for problem in error.problems]
                if request.required:
                    raise InputError(problems) from None
                yield LoadedFile(asking.path, request.loader, _left_out(problems, request))
                continue
            if answer is not None:
                asked, file = answer
                yield file
                waiting.extend((asked, further) for further in file.loaded.requests)

    def _asked(
        self, asking: Document, request: SourceRequest, named: Mapping[str, str]
    ) -> tuple[Document, LoadedFile] | None:
        asked = asking.part(*request.part) if request.part else asking.sibling(request.path)
        reader = plugins.loader(request.loader)
        stated = request.options
        if named:
            from blastradius.loading.sources import with_parties

            stated = with_parties(reader, stated, named)
        if not request.part and not self._first(asked, reader, stated):
            return None
        return asked, LoadedFile(asked.path, reader.name, loaded_by(reader, asked, stated))

    def _first(self, document: Document, loader: Loader, options: Mapping[str, Any]) -> bool:
        """Whether a file is loaded with this loader and its options for the first time."""
        key = _load_key(document.path, loader, options)
        if key in self.done:
            return False
        self.done.add(key)
        return True


def shared_estate(where: str, tell: Progress) -> LoadedFile:
    """An estate of a database, as if it were a file.

    Raises:
        StoreError: the database does not answer, refuses, or has no such estate.
    """
    from blastradius.stores.neo4j import connected, pull

    with connected(where) as connection:
        return LoadedFile(str(connection.address), "neo4j", pull(connection, tell))


def _problems_of(files: Sequence[Path], source: Source) -> list[str]:
    """What is wrong with each of several files by itself, when they could not be read as one."""
    found: list[str] = []
    for file in files:
        try:
            document_of(file, [], quiet, source.root(file))
        except InputError as error:
            found += error.problems
    return found


def _load_key(file: str | Path, loader: Loader, options: Mapping[str, Any]) -> LoadKey:
    return str(Path(file).resolve()), loader.name, repr(dict(options))


def _is_workspace(data: Any) -> bool:
    """Whether a document is a workspace file; what reads one is not imported for what cannot be."""
    if not isinstance(data, dict) or not data.keys() & {"workspace", "sources"}:
        return False
    from blastradius.workspace import is_workspace

    return is_workspace(data)


def _is_declared(data: Any) -> bool:
    """Whether a document says that it is an estate file, so that no other loader has to be asked."""
    return isinstance(data, dict) and data.get("blastradius") in (1, "1")


def _might_be_estate(file: Path) -> bool:
    """Whether a file in a folder names the estate format; others are read only when an estate asks for them."""
    try:
        return file.suffix.lower() in ESTATE_SUFFIXES and b"blastradius" in file.read_bytes()
    except OSError:
        return True


def _without_estate(folder: Path, files: int) -> str:
    """That a folder has nothing that is read unasked, and what to do about it."""
    if not files:
        return f"{folder}: the folder has no file of data; put exports or a register into it, or name another"
    none = f"none of its {files:,} files is" if files > 1 else "its file is not"
    asked = f"blastradius init {folder} looks at what is there and writes one"
    return f"{folder}: {none} an estate file or a workspace; {asked}"


def _passed_over(name: str) -> Loaded:
    """A file of a folder that is no estate and that no estate asked for: one record, ignored."""
    return _unread(name, "folder", "not an estate file, and no estate asks for it; passed over")


def _linked(file: Path, by: str) -> LoadedFile:
    """A link out of a folder: one record, ignored."""
    message = "a link out of the folder; not read (--allow-outside reads it)"
    return LoadedFile(str(file), by, _unread(str(file), by, message))


def _unread(name: str, by: str, message: str) -> Loaded:
    from blastradius.loaderkit.contract import Loaded
    from blastradius.model import Note, NoteKind, Provenance, Tally

    at = Provenance(source=by, file=name)
    return Loaded(notes=(Note(kind=NoteKind.UNSUPPORTED, message=message, provenance=(at,)),), tally=Tally(ignored=1))


def _own(file: Path) -> Path:
    """The workspace file of a folder.

    Raises:
        InputError: it is a link out of the folder.
    """
    if not is_inside(file, file.parent):
        raise InputError([f"{file}: a link out of the folder; name the file itself, or allow it with --allow-outside"])
    return file


def _left_out(problems: list[str], request: SourceRequest) -> Loaded:
    """Something asked for that does not load, though the file that asked does: one record, rejected."""
    from blastradius.loaderkit.contract import Loaded
    from blastradius.model import Note, NoteKind, Tally

    at = (request.provenance,)
    notes = (Note(kind=NoteKind.UNRESOLVED, message=f"{problem}; left out", provenance=at) for problem in problems)
    return Loaded(notes=tuple(notes), tally=Tally(rejected=1))
