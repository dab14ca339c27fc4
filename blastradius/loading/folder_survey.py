"""What each file in a folder is, for a first workspace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from blastradius import plugins
from blastradius.errors import InputError
from blastradius.loaderkit.contract import Loader
from blastradius.loading.boundary import inside
from blastradius.loading.discovery import below, document_of, loaded_by, quiet, recognised
from blastradius.loading.session import FILE_NAME, survey
from blastradius.loading.sources import takes_further_files
from blastradius.reading import Progress, Stream
from blastradius.workspace import FileSurvey, as_sections, is_workspace, proposals


def survey_folder(folder: Path, progress: Progress | None = None) -> list[FileSurvey]:
    """What each file in a folder is: the loader that says it is its own and what it comes to, or why there is none."""
    tell, loaders = progress or quiet, tuple(plugins.loaders().values())
    found: dict[Path, FileSurvey] = {}
    asked: dict[Path, str] = {}
    files = [file for file in inside(below(folder), folder) if file != folder / FILE_NAME]
    for number, file in enumerate(files):
        tell(str(file), number / len(files))
        name = file.relative_to(folder).as_posix()
        found[file.resolve()] = _surveyed(file, name, folder, loaders, asked)
    return [replace(each, asked_by=asked.get(path, "")) for path, each in found.items()]


def proposed_links(workspace: Path, progress: Progress | None = None) -> dict[str, list[str]]:
    """What may be one thing in a workspace, as lines by section; nothing where it is no whole estate yet, or large."""
    if sum(file.stat().st_size for file in below(workspace.parent)) > _LARGE:
        return {}
    found = survey([workspace], progress)
    try:
        return as_sections(proposals(found.estate(), found.different))
    except InputError:
        return {}


def _surveyed(file: Path, name: str, folder: Path, loaders: Sequence[Loader], asked: dict[Path, str]) -> FileSurvey:
    """One file; what it asks for goes into ``asked``. A stream asks for nothing, and is not read to the end."""
    try:
        document = document_of(file, loaders, quiet, folder)
        if is_workspace(document.data):
            return FileSurvey(name, why="a workspace of its own")
        loader = recognised(document, loaders)
        if isinstance(document.data, Stream):
            return FileSurvey(name, loader.name) if loader.recognises(document.data) else FileSurvey(name, why=_OTHER)
        proposed = loader.proposes(document) if loader.proposes else []
        if proposed:
            unused = loader.leaves(document, proposed) if loader.leaves else []
            return FileSurvey(name, loader.name, options=tuple(proposed), unused=tuple(unused))
        loaded = loaded_by(loader, document, {})
    except InputError as error:
        return FileSurvey(name, why=error.problems[0].removeprefix(f"{file}:").strip())
    asked.update({(file.parent / request.path).resolve(): name for request in loaded.requests if request.path})
    return FileSurvey(name, loader.name, as_one=takes_further_files(loader))


_OTHER = "rows of something else; blastradius loaders lists what can be read"
_LARGE = 64 * 1024 * 1024
"""Bytes in a folder beyond which it is not loaded for what may be one thing; ``check`` does that."""
