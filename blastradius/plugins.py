"""Finds loaders and questions by listing folders."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import os
import pkgutil
import sys
from difflib import get_close_matches
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blastradius.errors import InputError, UsageError

if TYPE_CHECKING:
    from blastradius.answer import Query
    from blastradius.loaderkit.contract import Loader

_LISTED = "blastradius loaders lists them"
_NAMES = {"loaders": "LOADER", "queries": "QUERY"}


def loaders() -> dict[str, Loader]:
    """Every loader by name."""
    return {each.name: each for each in _all("loaders")}


def loader(name: str) -> Loader:
    """One loader.

    Raises:
        InputError: there is no such loader.
    """
    known = loaders()
    if name not in known:
        close = get_close_matches(name, known, n=1)
        raise InputError([f"there is no loader {name!r} here; {f'did you mean {close[0]!r}?' if close else _LISTED}"])
    return known[name]


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
                raise UsageError(f"{folder}/{module.name}: there is a plug-in of that name already; rename it")
            if not module.name.startswith("_"):
                file = f"{module.name}/__init__.py" if module.ispkg else f"{module.name}.py"
                found[module.name] = Path(folder) / file
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
    inside = file.parent if file.stem == "__init__" else file
    name = f"blastradius.{group}.{inside.stem}"
    module = sys.modules.get(name)
    if module is None:
        package = importlib.import_module(f"blastradius.{group}")
        if str(inside.parent) not in list(package.__path__):
            package.__path__.append(str(inside.parent))
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
