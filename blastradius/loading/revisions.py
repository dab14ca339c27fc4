"""An estate as a git revision has it: its files copied out of the repository into a folder of their own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from blastradius.answer import is_estate, is_fragment
from blastradius.errors import InputError, UsageError
from blastradius.loading.session import load, survey

if TYPE_CHECKING:
    from blastradius.answer import Query
    from blastradius.estate import Estate
    from blastradius.loaderkit.contract import Loaded
    from blastradius.reading import Progress

Spelled = Callable[[str], str]
"""Turns the name of a file, or a text with such names in it, into what the user calls them."""

MOST_FILES = 20_000
MOST_BYTES = 2**30
"""How many files, and of how many bytes together, are copied out of a revision at most."""
_GIT = ("git", "--no-replace-objects", "--no-pager", "-c", "protocol.allow=never")  # a missing object is not fetched
_QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}
_LINK, _SUBMODULE = "120000", "160000"


@dataclass(frozen=True)
class _Blob:
    """A file of a revision; ``name`` is relative to the folder that is copied."""

    name: str
    mode: str
    id: str
    size: int


def load_named(given: str | os.PathLike[str], progress: Progress | None = None) -> tuple[Estate, Spelled]:
    """Load one estate: a file, a folder, a workspace, a snapshot, a shared one, or ``REV:path`` of the repository here.

    Returns the estate, and what turns names of its files into those that the user knows. What is there under the whole
    name is no revision. Of a revision only the files below ``path`` (beside it, for a file) are looked at, as they are
    stored: nothing of the repository is run, changed or fetched.

    Raises:
        InputError: everything wrong in any file, or a link or a submodule in a revision.
        UsageError: there is no such revision or path, no git, or more in it than is copied.
    """
    text = os.fspath(given)
    if not _is_revision(text):
        return load([text], progress), str
    with tempfile.TemporaryDirectory(prefix="blastradius-", ignore_cleanup_errors=True) as folder:
        target, shown = _copied_out(text, Path(folder))

        def spelled(found: str) -> str:
            return found.replace(f"{folder}{os.sep}", shown).replace(folder, shown.rstrip("/"))

        try:
            return load([target], progress, cache=False), spelled  # from a folder of a name of its own
        except InputError as error:
            raise InputError([spelled(problem) for problem in error.problems]) from None


def with_estates(query: Query, given: Mapping[str, Any], progress: Progress | None = None) -> dict[str, Any]:
    """The values of a question's parameters, with what is read in the place of each path of an estate or a fragment.

    Raises:
        InputError, UsageError: as ``load_named`` does.
    """
    found = dict(given)
    for name in given.keys() & query.params.model_fields.keys():
        field, value = query.params.model_fields[name], given[name]
        if isinstance(value, str | os.PathLike) and is_estate(field):
            found[name] = load_named(value, progress)[0]
        elif isinstance(value, str | os.PathLike) and is_fragment(field):
            found[name] = _fragment(value, progress)
    return found


def _fragment(path: str | os.PathLike[str], progress: Progress | None) -> Loaded:
    """What another estate says; or what files say that make none, for they speak of things that others declare."""
    from blastradius.loaderkit.contract import Loaded

    if not Path(path).is_file():
        try:
            whole = load_named(path, progress)[0]
            return Loaded(
                entities=tuple(whole.entities.values()),
                relations=tuple(whole.relations.values()),
                zones=tuple(whole.zones.values()),
            )
        except InputError:
            if not Path(path).exists():
                raise
    parts = [file.loaded.objects() for file in survey([path], progress).whole()]
    return Loaded(
        entities=tuple(it for part in parts for it in part.entities),
        relations=tuple(it for part in parts for it in part.relations),
        zones=tuple(it for part in parts for it in part.zones),
        notes=tuple(it for part in parts for it in part.notes),
    )


def _is_revision(text: str) -> bool:
    """Whether a text can only be meant as ``REV:path``."""
    revision, colon, path = text.partition(":")
    is_address = path.startswith("//")  # of a shared estate
    is_drive = os.name == "nt" and len(revision) == 1
    return bool(colon and revision) and not is_address and not is_drive and not Path(text).exists()


def _copied_out(text: str, folder: Path) -> tuple[Path, str]:
    """Copy what a revision has into a folder; the path to load, and what the folder is called."""
    revision, _, path = text.partition(":")
    kind = _kind_of(text)
    if kind not in ("tree", "blob"):
        raise UsageError(f"{text}: not a folder or a file of the revision, but a {kind}")
    parent = path if kind == "tree" else path.rpartition("/")[0]
    if path.startswith("./") and not parent.startswith("./"):
        parent = "./"
    above = f"{revision}:{parent}"
    _write(text, _blobs(text, above), folder)
    shown = f"{above}/" if parent and not parent.endswith("/") else above
    return (folder if kind == "tree" else folder / path.rpartition("/")[2]), shown


def _kind_of(text: str) -> str:
    """What a revision has under a path.

    Raises:
        UsageError: nothing.
    """
    known = _git(text, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{text.partition(':')[0]}^{{tree}}")
    if known is None:
        raise UsageError(
            f"{text}: no file or folder, and no revision {text.partition(':')[0]!r} of a git repository here; "
            "name a path, or REV:path"
        )
    found = _git(text, "rev-parse", "--verify", "--quiet", "--end-of-options", text)
    if found is None:
        raise UsageError(f"{text}: the revision has no such path; paths start at the top of the repository")
    return (_git(text, "cat-file", "-t", found.decode().strip()) or b"missing object").decode().strip()


def _blobs(text: str, above: str) -> list[_Blob]:
    """The files below a folder of a revision.

    Raises:
        InputError: a link, a submodule or a name that leads elsewhere is among them.
        UsageError: there are too many.
    """
    tree = _git(text, "rev-parse", "--verify", "--quiet", "--end-of-options", above) or b""
    listed = _git(text, "ls-tree", "-r", "-l", "-z", "--full-tree", tree.decode().strip()) or b""
    found = [_blob(entry.decode("utf-8", "surrogateescape")) for entry in listed.split(b"\0") if entry]
    odd = [blob for blob in found if blob.mode in (_LINK, _SUBMODULE) or not _is_plain(blob.name)]
    if odd:
        what = {_LINK: "a link", _SUBMODULE: "a submodule"}.get(odd[0].mode, "a name that leads elsewhere")
        raise InputError(
            [f"{text}: {odd[0].name!r} is {what}, which is not followed; check the revision out, and name that folder"]
        )
    if len(found) > MOST_FILES or sum(blob.size for blob in found) > MOST_BYTES:
        raise UsageError(f"{text}: has more than {MOST_FILES:,} files or {MOST_BYTES >> 20:,} MB; name a folder in it")
    return found


def _blob(entry: str) -> _Blob:
    said, _, name = entry.partition("\t")
    mode, _kind, number, size = said.split()
    return _Blob(name, mode, number, int(size) if size.isdigit() else 0)


def _is_plain(name: str) -> bool:
    """Whether a name leads into the folder that it is written to, on any system."""
    parts = name.split("/")
    return not any(part in ("", ".", "..") or "\\" in part or ":" in part for part in parts)


def _write(text: str, blobs: list[_Blob], folder: Path) -> None:
    """Write the files of a revision, as they are stored, into an empty folder."""
    contents = _contents(text, blobs)
    for blob, content in zip(blobs, contents, strict=True):
        target = folder / PurePosixPath(blob.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _contents(text: str, blobs: list[_Blob]) -> Iterator[bytes]:
    """What stands in each file.

    Raises:
        UsageError: the repository lacks one of them.
    """
    wanted = "".join(f"{blob.id}\n" for blob in blobs).encode()
    given, place = _git(text, "cat-file", "--batch", given=wanted) or b"", 0
    for blob in blobs:
        end = given.find(b"\n", place)
        said = given[place:end].split() if end >= 0 else []
        if len(said) != 3:
            raise UsageError(f"{text}: the repository does not have {blob.name!r} of it; fetch the revision whole")
        size = int(said[2])
        yield given[end + 1 : end + 1 + size]
        place = end + 1 + size + 1


def _git(text: str, *arguments: str, given: bytes = b"") -> bytes | None:
    """What git prints, of the repository of the current folder; ``None`` where it refuses.

    Raises:
        UsageError: there is no git.
    """
    from blastradius.running import run

    try:
        done = run([*_GIT, *arguments], given, settings=_QUIET)
    except FileNotFoundError:
        raise UsageError(
            f"{text}: no file or folder here; as a revision it can be read where git is installed"
        ) from None
    return done.stdout if done.returncode == 0 else None
