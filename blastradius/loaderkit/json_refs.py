"""JSON references (``$ref``) of a description: followed inside the file and its folder, never beyond.

Rests on RFC 6901 (JSON Pointer), section 6 for the fragment of an address, and on the Reference Object of the OpenAPI
Specification.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PureWindowsPath
from typing import Any, NamedTuple
from urllib.parse import unquote

import yaml

from blastradius.errors import InputError
from blastradius.loaderkit.contract import Document
from blastradius.loaderkit.json_values import Keys
from blastradius.model import Provenance, placed


class Place(NamedTuple):
    """A value and where it stands."""

    source: str
    document: Document
    keys: Keys
    value: Any

    @classmethod
    def root(cls, document: Document, source: str) -> Place:
        """The whole of a document; ``source`` is the loader's name."""
        return cls(source, document, (), document.data)

    def child(self, *keys: str | int) -> Place:
        """What a mapping, or a list, has under ``keys``; ``None`` as value where it has nothing."""
        value = self.value
        for key in keys:
            value = _under(value, key)
        return Place(self.source, self.document, (*self.keys, *keys), value)

    def provenance(self) -> Provenance:
        """The file, and the line and column where they can be found."""
        try:
            line, column = self.document.position(*self.keys)
        except (yaml.YAMLError, RecursionError, ValueError):
            # Some JSON, such as an escaped surrogate pair, is not YAML, and the position is found by YAML.
            return Provenance(source=self.source, file=self.document.path)
        return placed(self.source, self.document.path, line, column)


def _under(value: Any, key: str | int) -> Any:
    if isinstance(key, int):
        return value[key] if isinstance(value, list) and key < len(value) else None
    return value.get(key) if isinstance(value, dict) else None


class UnresolvedError(Exception):
    """A reference that leads nowhere; the message says why."""


class CycleError(UnresolvedError):
    """A reference that leads back to itself."""


@dataclass
class References:
    """Follows references and remembers those that could not be followed, with the reason."""

    broken: dict[str, str] = field(default_factory=dict)
    cycles: set[str] = field(default_factory=set)

    def follow(self, place: Place) -> Place | None:
        """The place that a chain of references ends at; ``None`` where it does not."""
        seen: set[tuple[str, str]] = set()
        while (ref := _ref_of(place.value)) is not None:
            try:
                _once(seen, place, ref)
                place = _step(place, ref)
            except CycleError:
                self.cycles.add(ref)
                return None
            except UnresolvedError as error:
                self.broken[ref] = str(error)
                return None
        return place

    def survey(self, root: Place) -> None:
        """Look, without following, for references that leave the folder and for chains that do not end."""
        for ref in _all_refs(root.value):
            if (why := _foreign(ref)) is not None:
                self.broken.setdefault(ref, why)
            elif ref.startswith("#"):
                self._try_chain(Place(root.source, root.document, (), {"$ref": ref}))

    def _try_chain(self, place: Place) -> None:
        seen: set[str] = set()
        while (ref := _ref_of(place.value)) is not None and ref.startswith("#"):
            if ref in seen:
                self.cycles.add(ref)
                return
            seen.add(ref)
            try:
                place = _pointed(place.source, place.document, ref[1:])
            except UnresolvedError:
                return


def _ref_of(value: Any) -> str | None:
    ref = value.get("$ref") if isinstance(value, dict) else None
    return ref if isinstance(ref, str) else None


def _once(seen: set[tuple[str, str]], place: Place, ref: str) -> None:
    mark = (place.document.path, ref)
    if mark in seen or len(seen) > 100:
        raise CycleError("leads back to itself")
    seen.add(mark)


def _step(place: Place, ref: str) -> Place:
    file, _, pointer = ref.partition("#")
    if not file:
        return _pointed(place.source, place.document, pointer)
    if (why := _foreign(ref, upwards=True)) is not None:
        raise UnresolvedError(why)
    try:
        return _pointed(place.source, place.document.sibling(unquote(file)), pointer)
    except InputError as error:
        raise UnresolvedError(str(error)) from None
    except (OSError, ValueError):
        raise UnresolvedError("not a file name") from None


def _foreign(ref: str, *, upwards: bool = False) -> str | None:
    """Why a reference is not to be followed; one that climbs is for the document to judge if ``upwards``."""
    file = unquote(ref.partition("#")[0])
    if "://" in file or file.startswith(("http:", "https:", "file:", "//", "\\\\")):
        return "an address; nothing is fetched"
    if file.startswith(("/", "~", "\\")) or (":" in file and PureWindowsPath(file).drive):
        return "an absolute path; nothing is opened outside the folder"
    if not upwards and file.startswith("..") and file.replace("\\", "/").startswith("../"):
        return "leads out of the file's folder; not opened"
    return None


def _pointed(source: str, document: Document, pointer: str) -> Place:
    if pointer and not pointer.startswith("/"):
        raise UnresolvedError("an anchor, not a JSON pointer")
    keys: list[str | int] = []
    value = document.data
    for part in pointer.split("/")[1:]:
        key = unquote(part).replace("~1", "/").replace("~0", "~")
        value, found = _entry(value, key)
        keys.append(found)
    return Place(source, document, tuple(keys), value)


def _entry(value: Any, key: str) -> tuple[Any, str | int]:
    if isinstance(value, dict) and key in value:
        return value[key], key
    if isinstance(value, list) and key.isascii() and key.isdigit() and len(key) < 10 and int(key) < len(value):
        return value[int(key)], int(key)
    raise UnresolvedError("points to nothing")


def _all_refs(value: Any) -> Iterator[str]:
    """Every reference in the tree as it is written; examples and all."""
    queue: list[Any] = [value]
    while queue:
        node = queue.pop()
        if isinstance(node, dict):
            if (ref := _ref_of(node)) is not None:
                yield ref
            queue.extend(child for child in node.values() if isinstance(child, (dict, list)))
        elif isinstance(node, list):
            queue.extend(child for child in node if isinstance(child, (dict, list)))
