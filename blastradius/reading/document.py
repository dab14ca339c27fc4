"""A file as a document: what it is, read with its format's reader, and the files beside it.

A reader is imported when a file of its kind is there: most who ask have files of one kind or two.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from posixpath import normpath
from typing import Any

from blastradius.errors import InputError
from blastradius.loaderkit.contract import Document
from blastradius.loaderkit.json_values import Keys
from blastradius.secrets import quoted

from .archives import Archive, Entries, Packed
from .inputs import looks_at
from .shapes import Lines
from .texts import MAX_BYTES, SURROGATE, Parsed, Spot, decoded, fail, in_place, lines_of, spot

YAML = (".yaml", ".yml")
TABLES = (".csv", ".tsv", ".tab")
JSON_LINES = (".jsonl", ".ndjson")
PLAIN = (".md", ".markdown", ".txt", ".log")
DATA = (*JSON_LINES, *TABLES, ".xlsx", ".xml", ".zip")
SUFFIXES = (*YAML, ".json", *DATA, *PLAIN)
_JSON_BY_LINE = re.compile(r"\s*+(?:\{.*\}|\[.*\])[ \t]*[\r\n]\s*+[{\[]")
_MARKUP = re.compile(r"\s*<(\?xml|!DOCTYPE|!--|[A-Za-z_])")
_PAGE = re.compile(r"\s*+(?:<!--.*?-->\s*+)?<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
_OFFICE = (".xlsx", ".xlsm", ".xlsb", ".ods", ".docx")
_SOURCES = {
    ".tf": "Terraform configuration, not its values; save what `terraform show -json` prints of a plan or a state",
    ".hcl": "HCL, which is a program's source and not data; save what the program prints as JSON",
    ".py": "Python code, which is never run; save the data that it writes (of a pytm model, what tm.py --json does)",
}
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP = b"\x1f\x8b"
_REFUSED = {
    _GZIP: "packed with gzip inside an archive; unpack it first",
    b"\xd0\xcf\x11\xe0": "an old or encrypted Office file; save it as .xlsx without a password",
    b"%PDF": "a PDF; export the table or the data behind it",
    b"SQLite format 3": "a database; export what is in it",
}
Siblings = Callable[[str], Document]


@dataclass
class ParsedDocument:
    """A parsed file; see ``blastradius.loaderkit.contract.Document``."""

    path: str
    data: Any
    _locate: Callable[[Keys], Spot]
    _siblings: Siblings
    _lines: Callable[[], list[str]]

    def position(self, *keys: str | int) -> Spot:
        """Line and column, from 1, of the value at ``keys`` (a mapping's entry: of its key)."""
        return self._locate(keys)

    def sibling(self, relative: str) -> Document:
        """Another file below the root folder, named relative to this one; in an archive another of its files.

        Raises:
            InputError: the file is missing, outside the folder, or cannot be parsed.
        """
        return self._siblings(relative)

    def part(self, *keys: str | int) -> ParsedDocument:
        """What stands at ``keys`` as a document of its own, a text parsed; positions are those in this file.

        Raises:
            InputError: a text that cannot be parsed.
        """
        value = self.data
        for key in keys:
            value = value[key]
        if isinstance(value, str):
            return self._inner(value, keys)
        return replace(self, data=value, _locate=lambda inner: self._locate((*keys, *inner)))

    def _inner(self, text: str, keys: Keys) -> ParsedDocument:
        """A text of this document; its lines are those of the file where it was written line by line."""
        line, column = self.position(*keys)
        placed = in_place(text, (line, column), self._lines())
        if placed is not None:
            parsed = _of_text(placed, self.path, "")
            return replace(self, data=parsed.data, _locate=parsed.locate)
        try:
            data = _of_text(text, self.path, "").data
        except InputError as error:
            found = [problem.removeprefix(f"{self.path}:") for problem in error.problems]
            raise InputError([f"{self.path}:{line}:{column}: in the text here, at {item}" for item in found]) from None
        return replace(self, data=data, _locate=lambda _: (line, column))


@dataclass
class _Folder:
    """The folder nothing is opened outside of, and what was read in it so far."""

    root: Path
    read: dict[Path, ParsedDocument] = field(default_factory=dict)


def read_document(path: str | Path, root: Path | None = None, shown: str | None = None) -> ParsedDocument:
    """Read one file of any format that can be read; ``root`` bounds what it may refer to (default: its own folder).

    Raises:
        InputError: missing, too large, not what it should be, or beyond a limit; with the position.
    """
    file = Path(path)
    folder = _Folder((root or file.parent).resolve())
    found = _read(file, shown or str(path), folder)
    folder.read[file.resolve()] = found
    return found


def parse_document(text: str, shown: str, suffix: str = ".yaml") -> ParsedDocument:
    """Parse text that came without a file, such as standard input; it may refer to nothing.

    Raises:
        InputError: as ``read_document``.
    """
    half = None if text.isascii() else SURROGATE.search(text)
    if half:
        fail(shown, spot(text, half.start()), "half a character; save the text as UTF-8")
    parsed = _of_text(text, shown, suffix)
    return ParsedDocument(shown, parsed.data, parsed.locate, _nothing_beside(shown), lambda: lines_of(text))


def _document(parsed: Parsed, shown: str, siblings: Siblings, raw: bytes) -> ParsedDocument:
    return ParsedDocument(shown, parsed.data, parsed.locate, siblings, lambda: lines_of(decoded(raw, shown)))


def _nothing_beside(shown: str) -> Siblings:
    def refuse(relative: str) -> ParsedDocument:
        raise InputError([f"{shown}: {relative!r} is not a file in the folder"])

    return refuse


def _read(file: Path, shown: str, folder: _Folder) -> ParsedDocument:
    looks_at(file)
    try:
        if not file.is_file():
            raise InputError([f"{shown}: not a file; name a file that can be read, or a folder"])
        if file.suffix.lower() in _SOURCES:
            raise InputError([f"{shown}: {_SOURCES[file.suffix.lower()]}"])
        if file.stat().st_size > MAX_BYTES:
            raise InputError([f"{shown}: larger than {MAX_BYTES // 2**20} MB; split the file"])
        raw = file.read_bytes()
    except OSError as error:
        raise InputError([f"{shown}: cannot be read: {error.strerror or error}"]) from None
    except ValueError:
        raise InputError([f"{shown!r}: not a file name"]) from None

    def sibling(relative: str) -> ParsedDocument:
        target = _inside(folder.root, file.parent, relative, shown)
        if target not in folder.read:
            folder.read[target] = _read(target, normpath(PurePosixPath(shown).parent / relative), folder)
        return folder.read[target]

    return _document(_of_bytes(raw, shown, file.suffix.lower()), shown, sibling, raw)


def _inside(root: Path, base: Path, relative: str, at: str) -> Path:
    if _is_elsewhere(relative):
        raise InputError(
            [f"{at}: {relative!r} is not a relative path; nothing is fetched or opened outside the folder"]
        )
    looks_at(base / relative)
    try:
        target = (base / relative).resolve()
        is_file = target.is_file()
    except (OSError, ValueError):
        raise InputError([f"{at}: {quoted(relative)} cannot be the name of a file"]) from None
    if not target.is_relative_to(root):
        raise InputError([f"{at}: {relative!r} leads outside the folder; move the file inside it"])
    if not is_file:
        raise InputError([f"{at}: {relative!r} is not a file in the folder"])
    return target


def _is_elsewhere(relative: str) -> bool:
    remote = "://" in relative or relative.startswith(("file:", "\\\\", "//", "/", "~"))
    return remote or bool(PureWindowsPath(relative).drive)


def _of_bytes(raw: bytes, shown: str, suffix: str, *, packed: bool = False) -> Parsed:
    """What a file's content is: told by its first bytes, then by its suffix."""
    if raw.startswith(_ZIP):
        from .workbooks import is_workbook, parse_workbook

        entries = Entries(raw, shown)
        if is_workbook(entries):
            return parse_workbook(raw, entries, shown)
        if suffix in _OFFICE:
            raise InputError([f"{shown}: not a spreadsheet of the .xlsx kind; save it as one, or as CSV"])
        if packed:
            raise InputError([f"{shown}: an archive inside an archive; unpack it first"])
        return _archive(entries, shown)
    if raw.startswith(_GZIP) and not packed:
        from .tarballs import TarEntries

        return _archive(TarEntries(raw, shown), shown)
    for mark, why in _REFUSED.items():
        if raw.startswith(mark):
            raise InputError([f"{shown}: {why}"])
    if suffix in (".xlsx", ".zip") and not raw:
        raise InputError([f"{shown}: the file is empty (0 bytes); save or export it again"])
    if suffix in (".xlsx", ".zip"):
        raise InputError([f"{shown}: not a {suffix[1:]} file by its content; name it as what it is"])
    if suffix == ".xml" or (suffix not in SUFFIXES and raw.startswith(b"<?xml")):
        return _xml(raw, shown)
    return _of_text(decoded(raw, shown), shown, suffix)


def _of_text(text: str, shown: str, suffix: str) -> Parsed:
    if _PAGE.match(text):
        fail(shown, (1, 1), "a page of HTML; save its table as CSV, its text as Markdown, or the data behind it")
    if suffix == ".json" and not text.strip():
        fail(shown, (1, 1), "there is nothing in it; name a file that has data")
    if suffix in TABLES:
        from .tables import parse_table

        return parse_table(text, shown, suffix)
    if suffix in PLAIN:
        return _lines(text)
    if suffix in (".json", *JSON_LINES) or (suffix not in SUFFIXES and text.lstrip()[:1] in ("{", "[")):
        from .jsons import parse_json, parse_lines

        return (parse_lines if suffix in JSON_LINES or _JSON_BY_LINE.match(text) else parse_json)(text, shown)
    if suffix == ".xml" or (suffix not in SUFFIXES and _MARKUP.match(text)):
        return _xml(text, shown)
    from .yamls import parse_yaml

    return parse_yaml(text, shown)


def _xml(text: bytes | str, shown: str) -> Parsed:
    from .markup import parse_xml

    return parse_xml(text, shown)


def _lines(text: str) -> Parsed:
    lines = Lines(lines_of(text))
    return Parsed(lines, lambda keys: (keys[0] + 1, 1) if keys and isinstance(keys[0], int) else (1, 1))


def _archive(entries: Packed, shown: str) -> Parsed:
    def read(name: str, raw: bytes) -> ParsedDocument:
        at = f"{shown}/{name}"
        parsed = _of_bytes(raw, at, PurePosixPath(name).suffix.lower(), packed=True)
        return _document(parsed, at, lambda relative: beside(name, relative), raw)

    def beside(name: str, relative: str) -> Document:
        target = normpath(str(PurePosixPath(name).parent / relative))
        if _is_elsewhere(relative) or target not in archive:
            raise InputError([f"{shown}/{name}: {relative!r} is not a file in the archive"])
        return archive[target]

    def locate(keys: Keys) -> Spot:
        return archive[str(keys[0])].position(*keys[1:]) if keys and keys[0] in archive else (1, 1)

    archive = Archive(entries, read)
    return Parsed(archive, locate)
