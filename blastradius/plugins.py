"""Which loaders, questions and exports there are: one registry for the three.

A plug-in is a file, or a folder with ``__init__.py``, that ends in ``LOADER``, ``QUERY`` or ``EXPORT``. It
stands in the folder that ships, in ``loaders/``, ``queries/`` or ``exports/`` of a folder that the user names (loading
it runs it), or an installed distribution announces it as an entry point of ``blastradius.loaders``,
``blastradius.queries`` or ``blastradius.exports``.
"""

from __future__ import annotations

import ast
import importlib
import os
import re
import sys
import traceback
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

from blastradius.errors import BlastradiusError, InputError, UsageError, did_you_mean

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from blastradius.answer import Query
    from blastradius.exporting.contract import Export
    from blastradius.loaderkit.contract import Loader

_FOLDERS = "BLASTRADIUS_PLUGINS"


class Named(Protocol):
    """What every kind of plug-in has."""

    @property
    def name(self) -> str:
        """The name that it is asked for by."""
        ...


Plugin = TypeVar("Plugin", bound=Named)


class _File(NamedTuple):
    """A plug-in in a folder; ``path`` is the file that is run, ``constant`` what it ends in."""

    group: str
    constant: str
    path: Path

    @property
    def stem(self) -> str:
        return self.path.parent.name if self.path.name == "__init__.py" else self.path.stem

    def value(self) -> Any:
        """What the file ends in; ``None`` where it does not."""
        folder = self.path.parents[1] if self.path.name == "__init__.py" else self.path.parent
        package = importlib.import_module(f"blastradius.{self.group}")
        if str(folder) not in package.__path__:
            package.__path__.append(str(folder))
        return getattr(importlib.import_module(f"blastradius.{self.group}.{self.stem}"), self.constant, None)

    def title(self) -> str:
        """The first line of the file's docstring, read without running it."""
        try:
            doc = ast.get_docstring(ast.parse(self.path.read_bytes())) or self.stem
        except (SyntaxError, ValueError):
            return "cannot be read: not valid Python"
        except OSError as error:
            return f"cannot be read: {error.strerror}"
        return doc.splitlines()[0].rstrip(".")

    def gives(self, field: str) -> bool:
        """Whether the file gives a field of that name a value; one that cannot be read may."""
        try:
            return re.search(rf"\b{field}\s*=".encode(), self.path.read_bytes()) is not None
        except OSError:
            return True

    def __str__(self) -> str:
        return str(self.path)


class _Announced(NamedTuple):
    """A plug-in that an installed distribution announces."""

    word: str
    entry: EntryPoint

    @property
    def stem(self) -> str:
        return self.entry.name

    def value(self) -> Any:
        """What the entry point names."""
        return self.entry.load()

    def gives(self, _field: str) -> bool:
        """It may give any."""
        return True

    def title(self) -> str:
        """The module that it comes from."""
        return f"a {self.word} of {self.entry.module}"

    def __str__(self) -> str:
        return f"entry point {self.entry.name} = {self.entry.value}"


_Place = _File | _Announced


@dataclass(frozen=True)
class Registry(Generic[Plugin]):
    """The plug-ins of one kind, each imported when it is asked for.

    ``group`` names the folders and entry points, ``word`` one plug-in in messages, ``constant`` what its file ends
    in and ``contract`` the type of that; ``refusal`` makes the error for a name that nothing has, and ``listing`` is
    the command that lists the names.
    """

    group: str
    word: str
    constant: str
    contract: Callable[[], type[Plugin]]
    refusal: Callable[[str], BlastradiusError]
    listing: str

    def all(self) -> dict[str, Plugin]:
        """Every plug-in by name, sorted.

        Raises:
            UsageError: a file that cannot be imported or is no such plug-in, or two of one name.
        """
        return self._imported(self._places().values())

    def shipped(self) -> dict[str, Plugin]:
        """Those that come with blastradius."""
        return self._imported(_files(self.group, self.constant, _home(self.group)))

    def get(self, name: str) -> Plugin:
        """One plug-in; no other is imported where its file has its name.

        Raises:
            BlastradiusError: as ``refusal`` makes it, when there is none of that name.
            UsageError: a file that cannot be imported or is no such plug-in, or two of one name.
        """
        place = self._places().get(_key(name))
        if place is not None:
            return self._plugin(place)
        known = self.all()
        if name not in known:
            way_out = did_you_mean(name, known, f"{self.listing} lists them")
            raise self.refusal(f"there is no {self.word} {name!r} here{way_out}")
        return known[name]

    def giving(self, field: str) -> tuple[Plugin, ...]:
        """The plug-ins whose files give a field a value, and those that are announced, sorted by name.

        No other is imported: it is for fields that few have.

        Raises:
            UsageError: as of ``all``, of these.
        """
        return tuple(self._imported(place for place in self._places().values() if place.gives(field)).values())

    def names(self, taken: Container[str] = ()) -> list[str]:
        """The names of the files, sorted; nothing is read.

        Raises:
            UsageError: two of one name, or one that is ``taken``.
        """
        places = self._places()
        for stem, place in places.items():
            if stem in taken:
                raise UsageError(f"{place}: the command {stem} is blastradius's own; rename it")
        return sorted(place.stem for place in places.values())

    def titles(self) -> dict[str, str]:
        """The names of the files, sorted, and the line with which each begins, read without importing any.

        Raises:
            UsageError: two of one name.
        """
        return {place.stem: place.title() for _, place in sorted(self._places().items())}

    def _places(self) -> dict[str, _Place]:
        folders = dict.fromkeys((*_home(self.group), *(folder / self.group for folder in _named_folders())))
        files = _files(self.group, self.constant, tuple(folders))
        places: list[_Place] = [*files, *_announced(self.group, self.word)]
        return _apart((place.stem, place) for place in places)

    def _imported(self, places: Iterable[_Place]) -> dict[str, Plugin]:
        found = [(self._plugin(place), place) for place in places]
        _apart((plugin.name, place) for plugin, place in found)
        return {plugin.name: plugin for plugin, _ in sorted(found, key=lambda pair: pair[0].name)}

    def _plugin(self, place: _Place) -> Plugin:
        value, contract = _value(place), self.contract()
        if isinstance(value, contract):
            return value
        what = "is missing" if value is None else f"is of type {type(value).__name__}"
        wanted = f"{self.constant} = {contract.__name__}(...), from {contract.__module__}"
        raise UsageError(f"{place}: {self.constant} {what}; end the file in {wanted}")


def _apart(named: Iterable[tuple[str, _Place]]) -> dict[str, _Place]:
    """The places by name.

    Raises:
        UsageError: two of one name.
    """
    found: dict[str, _Place] = {}
    for name, place in named:
        other = found.setdefault(_key(name), place)
        if other is not place:
            raise UsageError(f"{place}: there is a plug-in of that name already: {other}; rename one of them")
    return found


def _value(place: _Place) -> Any:
    try:
        return place.value()
    except SyntaxError as error:
        raise UsageError(f"{error.filename or place}:{error.lineno}: not valid Python: {error.msg}") from None
    except (Exception, SystemExit) as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(place)]
        at = f"{place}:{lines[-1]}" if lines else str(place)
        reason = str(error).partition("\n")[0] or "no reason given"
        raise UsageError(f"{at}: cannot be imported: {type(error).__name__}: {reason}") from None


def _key(name: str) -> str:
    """A name as files have it: ``node-link`` stands in ``node_link.py``."""
    return name.replace("-", "_")


@cache
def _home(group: str) -> tuple[Path, ...]:
    """The folders that ship; taken before any of the user's are added to the package."""
    return tuple(map(Path, importlib.import_module(f"blastradius.{group}").__path__))


def _named_folders() -> list[Path]:
    """The folders that the user named with ``--plugins`` or in the environment."""
    return [Path(folder) for folder in os.environ.get(_FOLDERS, "").split(os.pathsep) if folder]


@cache
def _files(group: str, constant: str, folders: tuple[Path, ...]) -> tuple[_File, ...]:
    return tuple(_File(group, constant, file) for folder in folders if folder.is_dir() for file in _files_in(folder))


def _files_in(folder: Path) -> Iterator[Path]:
    for child in sorted(folder.iterdir()):
        file = child / "__init__.py" if child.is_dir() else child
        if file.suffix == ".py" and file.is_file() and not child.name.startswith(("_", ".")):
            yield file


@cache
def _announced(group: str, word: str) -> tuple[_Announced, ...]:
    if not _may_be_announced():
        return ()
    from importlib.metadata import entry_points

    return tuple(_Announced(word, entry) for entry in entry_points(group=f"blastradius.{group}"))


@cache
def _may_be_announced() -> bool:
    """Whether a distribution has the name of a group of ours in its entry points, or is kept where only Python looks.

    Nearly none has, and to import what reads them takes several times as long as this.
    """
    finders = [finder for finder in sys.meta_path if hasattr(finder, "find_distributions")]
    return finders != [PathFinder] or any(_announces(Path(place)) for place in sys.path)


def _announces(place: Path) -> bool:
    """Whether one of the distributions at a place of the search path does, or may."""
    try:
        with os.scandir(place) as children:
            names = [child.name for child in children]
    except OSError:
        return place.exists()
    return any(
        name.lower().endswith(".egg")
        or (name.lower().endswith("-info") and b"[blastradius." in _content(place / name / "entry_points.txt"))
        for name in names
    )


def _content(file: Path) -> bytes:
    """What a file says; nothing where there is none."""
    try:
        return file.read_bytes()
    except OSError:
        return b""


def use_folder(folder: str) -> None:
    """Add a folder with ``loaders/``, ``queries/`` or ``exports/`` of the user's own.

    Raises:
        UsageError: there is no such folder, or it has none of the three.
    """
    groups = [registry.group for registry in (LOADERS, QUERIES, EXPORTS)]
    if not any((Path(folder) / group).is_dir() for group in groups):
        raise UsageError(f"--plugins {folder}: has no loaders/, queries/ or exports/; name a folder that has one")
    named = os.environ.get(_FOLDERS, "")
    os.environ[_FOLDERS] = os.pathsep.join(path for path in (named, folder) if path)


def is_extended() -> bool:
    """Whether there are loaders that do not come with blastradius."""
    return bool(_named_folders() or _announced(LOADERS.group, LOADERS.word))


def shipped_in(group: str) -> tuple[Path, ...]:
    """The folders of plug-ins that come with blastradius: of ``loaders``, ``queries`` or ``exports``."""
    return _home(group)


def _loader_type() -> type[Loader]:
    from blastradius.loaderkit.contract import Loader

    return Loader


def _query_type() -> type[Query]:
    from blastradius.answer import Query

    return Query


def _export_type() -> type[Export]:
    from blastradius.exporting.contract import Export

    return Export


LOADERS = Registry("loaders", "loader", "LOADER", _loader_type, lambda text: InputError([text]), "blastradius loaders")
QUERIES = Registry("queries", "question", "QUERY", _query_type, UsageError, "blastradius queries")
EXPORTS = Registry("exports", "export", "EXPORT", _export_type, UsageError, "blastradius export --help")


def loaders() -> dict[str, Loader]:
    """Every loader by name."""
    return LOADERS.all()


def loader(name: str) -> Loader:
    """One loader; only its own file is imported.

    Raises:
        InputError: there is no such loader.
    """
    return LOADERS.get(name)


def queries() -> dict[str, Query]:
    """Every question by name."""
    return QUERIES.all()


ALIASES = {"review": "grant"}
"""Former names of questions, which work still."""


def query(name: str) -> Query:
    """One question, by a former name of it too; only its own file is imported.

    Raises:
        UsageError: there is no such question.
    """
    return QUERIES.get(ALIASES.get(name, name))


def query_titles() -> dict[str, str]:
    """The questions and a line on each, read without importing them."""
    return QUERIES.titles()


def exports() -> dict[str, Export]:
    """Every export by name."""
    return EXPORTS.all()


def export(name: str) -> Export:
    """One export; only its own file is imported.

    Raises:
        UsageError: there is no such export.
    """
    return EXPORTS.get(name)


def export_for(file: str) -> Export:
    """The export that the ending of a file's name stands for.

    Raises:
        UsageError: none, or several.
    """
    known = exports()
    fits = [export for export in known.values() if file.lower().endswith(export.suffix)]
    longest = max((len(export.suffix) for export in fits), default=0)
    found = [export for export in fits if len(export.suffix) == longest]
    if len(found) != 1:
        names = " or ".join(export.name for export in found) or ", ".join(known)
        raise UsageError(f"{file}: the ending does not say which format; say --to {names}")
    return found[0]
