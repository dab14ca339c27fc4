"""Finds loaders and questions by listing folders, and loads files with the loader that recognises them."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import os
import pkgutil
import re
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blastradius.errors import InputError, UsageError

if TYPE_CHECKING:
    from blastradius.answer import Query
    from blastradius.estate import Estate
    from blastradius.lines import Progress
    from blastradius.loader import Loaded, Loader, SourceRequest
    from blastradius.reading import ParsedDocument

_SUFFIXES = (".yaml", ".yml", ".json")
_PARQUET = ".parquet"
_NAMES = {"loaders": "LOADER", "queries": "QUERY"}


def loaders() -> dict[str, Loader]:
    """Every loader by name."""
    return {each.name: each for each in _all("loaders")}


def queries() -> dict[str, Query]:
    """Every question by name."""
    return {each.name: each for each in _all("queries")}


def query(name: str) -> Query:
    """One question; only its own file is imported.

    Raises:
        UsageError: there is no such question.
    """
    file = _files("queries").get(name)
    found = _value("queries", file) if file else queries().get(name)
    if found is None:
        raise UsageError(f"there is no question {name!r}; blastradius queries lists them")
    return found


def parameters(query: Query, stated: dict[str, Any]) -> Any:
    """A question's parameters from what was stated.

    Raises:
        UsageError: an unknown parameter, or a value that does not fit.
    """
    from pydantic import ValidationError

    try:
        return query.params.model_validate(stated)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where, message = ".".join(map(str, first["loc"])), first["msg"].replace("Input should be", "expected")
        raise UsageError(f"{query.name}: {where} is {first['input']!r}; {message[0].lower()}{message[1:]}") from None


def query_titles() -> dict[str, str]:
    """The questions and a line on each, read without importing them."""
    titles = {name: _first_line(file) for name, file in _files("queries").items()}
    for entry in entry_points(group="blastradius.queries"):
        titles.setdefault(entry.name, f"a question of {entry.value.split(':')[0]}")
    return dict(sorted(titles.items()))


def load(paths: Sequence[str | os.PathLike[str]], progress: Progress | None = None) -> Estate:
    """Load files and folders into one estate; ``-`` is standard input.

    In a folder, files that no loader recognises as an estate are passed over.

    Raises:
        InputError: everything wrong in any file, each with its position.
    """
    from blastradius.estate import Estate

    apart = _estate_apart([Path(each) for each in paths], progress)
    return apart or Estate.build(part for _, part in load_parts(paths, progress))


def _estate_apart(paths: Sequence[Path], progress: Progress | None) -> Estate | None:
    """The estate of JSON Lines or Parquet that paths name; it stands on its own."""
    lines = [each for each in paths if _is_estate_of_lines(each)]
    tables = [file for each in paths for file in _tables(each)]
    if not lines and not tables:
        return None
    from blastradius.lines import load_lines, load_tables

    if lines and len(paths) > 1:
        raise InputError([f"{lines[0]}: an estate of JSON Lines stands on its own; name no other file beside it"])
    if lines:
        return load_lines(lines[0], progress)
    other = [each for each in paths if not _tables(each)]
    if other:
        raise InputError([f"{other[0]}: an estate of Parquet stands on its own; name no other files beside it"])
    return load_tables(tables, progress)


def _tables(path: Path) -> list[Path]:
    """The files of Parquet that a path names: itself, or those of a folder that has no other data."""
    files = _below(path) if path.is_dir() else [path]
    return files if all(each.suffix.lower() == _PARQUET for each in files) else []


def _is_estate_of_lines(path: Path) -> bool:
    """Whether a file of JSON Lines begins with an entity, a relation, a zone or a heading of ours."""
    if path.suffix.lower() not in (".jsonl", ".ndjson") or not path.is_file():
        return False
    with path.open("rb") as file:
        first = file.readline(2000)
    return re.match(rb'\s*\{\s*"(kind|verb|zone|title|as_of)"\s*:', first) is not None


def load_parts(paths: Sequence[str | os.PathLike[str]], progress: Progress | None = None) -> list[tuple[str, Loaded]]:
    """What each file came to, by its name as shown, further files it asked for included.

    Raises:
        InputError: as ``load``.
    """
    parts: list[tuple[str, Loaded]] = []
    problems: list[str] = []
    passed: list[str] = []
    for document, named in _documents(paths, problems, passed, progress):
        try:
            found = list(_loaded(document, named=named))
        except InputError as error:
            problems += error.problems
            continue
        parts += found
        passed += [] if found else [document.path]
    if problems:
        raise InputError(problems)
    read = {name for name, _ in parts}
    return parts + [(name, _passed_over(name)) for name in passed if name not in read]


def _passed_over(name: str) -> Loaded:
    """A file of a folder that is no estate and that no estate asked for: one record, ignored."""
    from blastradius.loader import Loaded
    from blastradius.model import Note, NoteKind, Provenance, Tally

    at = Provenance(source="folder", file=name)
    message = "not an estate file, and no estate asks for it; passed over"
    return Loaded(notes=(Note(kind=NoteKind.UNSUPPORTED, message=message, provenance=(at,)),), tally=Tally(ignored=1))


def _documents(
    paths: Iterable[str | os.PathLike[str]], problems: list[str], passed: list[str], progress: Progress | None
) -> Iterator[tuple[ParsedDocument, bool]]:
    from blastradius.reading import parse_document, read_document

    for given in paths:
        path = Path(given)
        if str(given) == "-":
            yield parse_document(sys.stdin.read(), "<stdin>"), True
            continue
        is_folder = path.is_dir()
        files = _below(path) if is_folder else [path]
        if not any(file.suffix.lower() in _SUFFIXES for file in files) and is_folder:
            problems.append(f"{given}: the folder has no YAML or JSON file")
        for file in files:
            if is_folder and not _might_be_estate(file):
                passed.append(str(file))
                continue
            if progress:
                progress(str(file))
            try:
                yield read_document(file, root=path if is_folder else None), not is_folder
            except InputError as error:
                problems += error.problems


def _below(folder: Path) -> list[Path]:
    """The files of a folder that hold data; beside others only YAML and JSON can be an estate."""
    from blastradius.reading import DATA

    return sorted(
        file
        for file in folder.rglob("*")
        if file.suffix.lower() in (*_SUFFIXES, *DATA, _PARQUET)
        and file.is_file()
        and not _is_hidden(file.relative_to(folder))
    )


def _is_hidden(file: Path) -> bool:
    return any(part.startswith(".") for part in file.parts)


def _might_be_estate(file: Path) -> bool:
    """Whether a file in a folder names the estate format; others are read only when an estate asks for them."""
    try:
        return file.suffix.lower() in _SUFFIXES and b"blastradius" in file.read_bytes()
    except OSError:
        return True


def _loaded(document: ParsedDocument, *, named: bool) -> Iterator[tuple[str, Loaded]]:
    known = loaders()
    found = next((each for each in known.values() if each.recognises(document.data)), None)
    if found is None:
        if named:
            titles = ", ".join(sorted(each.title for each in known.values()))
            raise InputError([f"{document.path}: no loader recognises it; readable are {titles}"])
        return
    if not named and found.name != "native":
        return
    loaded = found.load(document, {})
    yield document.path, loaded
    yield from _asked_for(document, found.name, loaded)


def _asked_for(document: ParsedDocument, loader: str, loaded: Loaded) -> Iterator[tuple[str, Loaded]]:
    """What a file asks for, and what that asks for in turn; no file twice in the same way."""
    waiting = deque((document, each) for each in loaded.requests)
    done = {(id(document), loader, repr({}))}
    while waiting:
        asking, request = waiting.popleft()
        try:
            asked = asking.part(*request.part) if request.part else asking.sibling(request.path)
            way = (id(asked), request.loader, repr(request.options))
            if not request.part and way in done:
                continue
            found = _loader(request.loader).load(asked, request.options)
        except InputError as error:
            problems = [f"{each} (asked for at {request.provenance})" for each in error.problems]
            if request.required:
                raise InputError(problems) from None
            yield asking.path, _left_out(problems, request)
            continue
        if not request.part:  # a file stays in memory and keeps its id
            done.add(way)
        yield asked.path, found
        waiting.extend((asked, each) for each in found.requests)


def _loader(name: str) -> Loader:
    found = loaders().get(name)
    if found is None:
        raise InputError([f"there is no loader {name!r} here"])
    return found


def _left_out(problems: list[str], request: SourceRequest) -> Loaded:
    """Something asked for that does not load, though the file that asked does: one record, rejected."""
    from blastradius.loader import Loaded
    from blastradius.model import Note, NoteKind, Tally

    at = (request.provenance,)
    notes = (Note(kind=NoteKind.UNRESOLVED, message=f"{each}; left out", provenance=at) for each in problems)
    return Loaded(notes=tuple(notes), tally=Tally(rejected=1))


def _all(group: str) -> list[Any]:
    found = [_value(group, file) for file in _files(group).values()]
    found += [entry.load() for entry in entry_points(group=f"blastradius.{group}")]
    return sorted(found, key=lambda each: each.name)


@cache
def _files(group: str) -> dict[str, Path]:
    """The plug-in files of a group by stem; a name stands for one file only."""
    package = importlib.import_module(f"blastradius.{group}")
    folders = list(dict.fromkeys([*package.__path__, *(str(each / group) for each in _own_folders())]))
    found: dict[str, Path] = {}
    for folder in folders:
        for module in pkgutil.iter_modules([folder]):
            if module.name in found:
                raise UsageError(f"{folder}/{module.name}.py: there is a plug-in of that name already; rename it")
            if not module.name.startswith("_"):
                found[module.name] = Path(folder) / f"{module.name}.py"
    return found


def _own_folders() -> list[Path]:
    """Folders the user named in ``BLASTRADIUS_PLUGINS``; loading a plug-in runs it."""
    named = os.environ.get("BLASTRADIUS_PLUGINS", "")
    return [Path(each) for each in named.split(os.pathsep) if each]


def use_folder(folder: str) -> None:
    """Add a folder with ``loaders/`` and ``queries/`` of the user's own.

    Raises:
        UsageError: there is no such folder, or it has neither.
    """
    if not any((Path(folder) / group).is_dir() for group in _NAMES):
        raise UsageError(f"--plugins {folder}: has neither loaders/ nor queries/; name a folder that has")
    named = os.environ.get("BLASTRADIUS_PLUGINS", "")
    os.environ["BLASTRADIUS_PLUGINS"] = os.pathsep.join(each for each in (named, folder) if each)
    _files.cache_clear()


def _value(group: str, file: Path) -> Any:
    name = f"blastradius.{group}.{file.stem}"
    module = sys.modules.get(name)
    if module is None:
        package = importlib.import_module(f"blastradius.{group}")
        if str(file.parent) not in list(package.__path__):
            package.__path__.append(str(file.parent))
        try:
            module = importlib.import_module(name)
        except SyntaxError as error:
            raise UsageError(f"{file}:{error.lineno}: not valid Python: {error.msg}") from None
    return getattr(module, _NAMES[group])


def _first_line(file: Path) -> str:
    try:
        doc = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or file.stem
    except (SyntaxError, ValueError):
        return "cannot be read: not valid Python"
    return doc.splitlines()[0].rstrip(".")
