"""The sources of a workspace: their files, and the options that their loaders get."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, get_args

from blastradius import plugins
from blastradius.errors import InputError
from blastradius.loaderkit.contract import Loader
from blastradius.loaderkit.validation import fit
from blastradius.loading.boundary import inside, is_inside
from blastradius.loading.discovery import matched
from blastradius.workspace import Workspace


@dataclass(frozen=True)
class Source:
    """One source of a workspace with its files; ``named`` says whose an account, an app or a consumer is.

    ``linked`` are files that links lead out of the workspace's folder to; they are not read.
    """

    workspace: Workspace
    number: int
    files: tuple[Path, ...]
    loader: Loader | None
    named: Mapping[str, str]
    linked: tuple[Path, ...] = ()

    def options(self, loader: Loader) -> dict[str, Any]:
        """The options for a loader, checked with their places; with the direction and the parties where it takes them.

        Raises:
            InputError: an option that the loader does not know, or a value that does not fit.
        """
        stated = self.workspace.shape.sources[self.number]
        if stated.options and loader.options is not None:
            fit(loader.options, self.workspace.document, ("sources", self.number, "options"))
        known = loader.options.model_fields if loader.options is not None else {}
        facing = {"direction": stated.direction} if stated.direction and "direction" in known else {}
        return with_parties(loader, {**facing, **stated.options}, self.named)

    def reads_as_one(self, loader: Loader) -> bool:
        """Whether its files are read as one: several, with a loader that takes further files by the option ``also``."""
        stated = self.workspace.shape.sources[self.number].options
        return len(self.files) > 1 and takes_further_files(loader) and "also" not in stated

    def options_of_all(self, loader: Loader, files: Sequence[Path]) -> dict[str, Any]:
        """The options for the first of files that are read as one, which name the others.

        Raises:
            InputError: an option that the loader does not know, or a value that does not fit.
        """
        also = [os.path.relpath(file, files[0].parent).replace(os.sep, "/") for file in files[1:]]
        return {**self.options(loader), **({"also": also} if also else {})}

    def root(self, file: Path) -> Path:
        """The folder that a file may refer to: the workspace's, for files in it."""
        folder = self.workspace.folder
        return folder if file.resolve().is_relative_to(folder.resolve()) else file.parent


def sources_of(workspace: Workspace, problems: list[str]) -> Iterator[Source]:
    """The sources with their files; a glob leaves out what an earlier source has."""
    taken = {Path(workspace.document.path).resolve()}
    for number, stated in enumerate(workspace.shape.sources):
        files: dict[Path, None] = {}
        linked: list[Path] = []
        for place, pattern in enumerate(stated.path):
            leads_out = not is_inside(workspace.folder / pattern, workspace.folder)
            matching = matched(workspace.folder, pattern) if not leads_out else []
            found = inside(matching, workspace.folder)
            if not found:
                why = f"{pattern!r} {_OUTSIDE}" if leads_out or matching else _unmatched(pattern)
                problems.append(f"{workspace.at('sources', number, 'path', place)}: {why}")
            linked += [file for file in matching if found and not is_inside(file, workspace.folder)]
            named = found == [workspace.folder / pattern]
            files.update(dict.fromkeys(file for file in found if named or file.resolve() not in taken))
        fresh = tuple(file for file in files if not _excluded(file, workspace.folder, stated.exclude))
        taken |= {file.resolve() for file in fresh}
        try:
            loader = plugins.loader(stated.loader) if stated.loader else None
        except InputError as error:
            problems += [f"{workspace.at('sources', number, 'loader')}: {problem}" for problem in error.problems]
            continue
        yield Source(workspace, number, fresh, loader, workspace.party_names, tuple(linked))


_OUTSIDE = "leads out of the workspace's folder; copy it there, or allow it with --allow-outside"


def _unmatched(pattern: str) -> str:
    """Why a path leads to nothing; a backslash is said first, for it stands between folders on one system alone."""
    if "\\" in pattern:
        plain = pattern.replace("\\", "/")
        return f"'{pattern}' matches no file; write / between folders on every system: '{plain}'"
    return f"{pattern!r} is no file and matches none; paths are relative to this file"


def takes_further_files(loader: Loader) -> bool:
    """Whether a loader reads several files as one: the first, and those that its option ``also`` names."""
    return loader.options is not None and "also" in loader.options.model_fields


def _excluded(file: Path, folder: Path, globs: Sequence[str]) -> bool:
    name = os.path.relpath(file, folder).replace(os.sep, "/")
    return any(fnmatchcase(name, glob) for glob in globs)


def with_parties(loader: Loader, options: dict[str, Any], named: Mapping[str, str]) -> dict[str, Any]:
    """The options, with the parties that names stand for where the loader takes them; what a source states stands."""
    if not named or not _names_parties(loader):
        return options
    return {**options, "parties": {**named, **options.get("parties", {})}}


def _names_parties(loader: Loader) -> bool:
    """Whether a loader has an option that gives a party for a name."""
    field = loader.options.model_fields.get("parties") if loader.options is not None else None
    words = get_args(field.annotation) if field is not None else ()
    return len(words) == 2 and (words[1] is str or str in get_args(words[1]))
