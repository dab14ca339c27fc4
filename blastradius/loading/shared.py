"""Estates of a database: loaded like a file, and whether files are whole enough to replace one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blastradius.errors import IncompleteError, InputError
from blastradius.loading.discovery import is_something
from blastradius.loading.session import LoadedFile, Survey

if TYPE_CHECKING:
    from blastradius.estate import Estate

_NO_SOURCES = ("folder", "workspace")
"""What stands in a survey and is no source: files that are passed over, and the workspace file itself."""


def whole_estate(found: Survey, *, incomplete: bool = False) -> Estate:
    """The estate of sources of which each could be read and says something.

    ``incomplete`` lets a source say nothing; what cannot be read is refused all the same.

    Raises:
        IncompleteError: a source is missing, cut off, empty, or does not go together with the others.
    """
    empty = [] if incomplete else [_nothing(file) for file in found.files if _is_empty(file)]
    problems = [*found.problems, *empty]
    if not found.files and not problems:
        problems.append("no source was named")
    if problems:
        raise IncompleteError("\n".join(problems))
    try:
        return found.estate()
    except InputError as error:
        raise IncompleteError(str(error)) from None


def _is_empty(file: LoadedFile) -> bool:
    return file.loader not in _NO_SOURCES and not is_something(file.loaded)


def _nothing(file: LoadedFile) -> str:
    return f"{file.file}: nothing came of it as {file.loader}; correct it, or say --accept-incomplete if it is meant so"
