"""Reading YAML and JSON with positions, limits and no surprises; nothing is opened but the file named.

YAML scalars stay strings (null apart): ``NO``, ``1.10`` and ``12:32`` arrive as they were written.
"""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, NoReturn

import yaml

from blastradius.errors import InputError

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 200
MAX_EXPANSION = 10_000
_Loader: Any = getattr(yaml, "CLoader", yaml.Loader)
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TEMPLATE = re.compile(r"^\s*(\{\{|\{%)|:\s+\{\{[^}]*\}\}|\{%-?\s*(if|for|set|block|extends)\b", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_JSON_SURROGATE = re.compile(r"[\ud800-\udfff]")
_FUNCTIONS = """And Base64 Cidr Contains EachMemberEquals EachMemberIn Equals FindInMap ForEach GetAtt GetAZs If
ImportValue Join Length Not Or RefAll Select Split Sub ToJsonString Transform ValueOf ValueOfAll"""
_SHORT_FORMS = {"!Ref": "Ref", "!Condition": "Condition"} | {f"!{name}": f"Fn::{name}" for name in _FUNCTIONS.split()}
"""The tags of CloudFormation and the keys they stand for; no other tag is read."""
_SOURCES = {
    ".tf": "Terraform configuration, not its values; save what `terraform show -json` prints of a plan or a state",
    ".hcl": "HCL, which is a program's source and not data; save what the program prints as JSON",
}
_TEXT = "tag:yaml.org,2002:str"
_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
Path_ = tuple[str | int, ...]
_Index = dict[int, dict[str, tuple[yaml.Node, yaml.Node]]]


@dataclass
class _Folder:
    """The folder nothing is opened outside of, and what was read in it so far."""

    root: Path
    read: dict[Path, ParsedDocument] = field(default_factory=dict)


@dataclass
class ParsedDocument:
    """A parsed file; see ``blastradius.loader.Document``."""

    path: str
    data: Any
    _file: Path
    _folder: _Folder
    _text: str
    _node: yaml.Node | None = None
    _index: _Index = field(default_factory=dict)

    def position(self, *keys: str | int) -> tuple[int, int]:
        """Line and column, from 1, of the value at ``keys`` (a mapping's entry: of its key)."""
        return _node_position(self._tree, keys, self._index)

    def sibling(self, relative: str) -> ParsedDocument:
        """Another file below the root folder, named relative to this one.

        Raises:
            InputError: the file is missing, outside the folder, or cannot be parsed.
        """
        target = _inside(self._folder.root, self._file.parent, relative, self.path)
        if target not in self._folder.read:
            shown = str(PurePosixPath(self.path).parent / relative)
            self._folder.read[target] = _read(target, shown, self._folder)
        return self._folder.read[target]

    @cached_property
    def _tree(self) -> yaml.Node | None:
        if self._node is not None:
            return self._node
        try:
            return _composed(_PAIR.sub(_whole, self._text))
        except yaml.YAMLError:  # JSON that YAML does not read, such as a key of over 1,024 characters
            return None


def read_document(path: str | Path, root: Path | None = None, shown: str | None = None) -> ParsedDocument:
    """Read one YAML or JSON file; ``root`` bounds what it may refer to (default: its own folder).

    Raises:
        InputError: missing, too large, not text, not YAML or JSON, or beyond a limit; with the position.
    """
    file = Path(path)
    folder = _Folder((root or file.parent).resolve())
    return _read(file, shown or str(path), folder)


def parse_document(text: str, shown: str, suffix: str = ".yaml") -> ParsedDocument:
    """Parse text that came without a file, such as standard input; it may refer to nothing.

    Raises:
        InputError: as ``read_document``.
    """
    return _parse(text, shown, suffix, Path(shown), _Folder(Path("/nonexistent")))


def _inside(root: Path, base: Path, relative: str, at: str) -> Path:
    if "://" in relative or relative.startswith(("file:", "\\\\", "//", "/", "~")) or PureWindowsPath(relative).drive:
        raise InputError(
            [f"{at}: {relative!r} is not a relative path; nothing is fetched or opened outside the folder"]
        )
    target = (base / relative).resolve()
    if not target.is_relative_to(root):
        raise InputError([f"{at}: {relative!r} leads outside the folder; move the file inside it"])
    if not target.is_file():
        raise InputError([f"{at}: {relative!r} is not a file in the folder"])
    return target


def _read(file: Path, shown: str, folder: _Folder) -> ParsedDocument:
    try:
        if not file.is_file():
            raise InputError([f"{shown}: not a file; name a YAML or JSON file, or a folder"])
        if file.suffix.lower() in _SOURCES:
            raise InputError([f"{shown}: {_SOURCES[file.suffix.lower()]}"])
        if file.stat().st_size > MAX_BYTES:
            raise InputError([f"{shown}: larger than {MAX_BYTES // 2**20} MB; split the file"])
        raw = file.read_bytes()
    except OSError as error:
        raise InputError([f"{shown}: cannot be read: {error.strerror or error}"]) from None
    except ValueError:
        raise InputError([f"{shown!r}: not a file name"]) from None
    return _parse(_decoded(raw, shown), shown, file.suffix.lower(), file, folder)


def _decoded(raw: bytes, shown: str) -> str:
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        raise InputError(
            [f"{shown}:{line}:{column}: not {encoding[:6].rstrip('-')} text; save the file as UTF-8"]
        ) from None


def _parse(text: str, shown: str, suffix: str, file: Path, folder: _Folder) -> ParsedDocument:
    bad = _CONTROL.search(text)
    if bad:
        _fail(shown, _spot(text, bad.start()), f"control character {bad.group()!r}; remove it")
    if suffix == ".json" or (suffix not in (".yaml", ".yml") and text.lstrip()[:1] in ("{", "[")):
        return ParsedDocument(shown, _json(text, shown), file, folder, text)
    node = _yaml(text, shown)
    return ParsedDocument(shown, _Plain(shown).value(node) if node else None, file, folder, text, node)


def _spot(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _fail(shown: str, spot: tuple[int, int], message: str) -> NoReturn:
    raise InputError([f"{shown}:{spot[0]}:{spot[1]}: {message}"])


# JSON


class _RefusedError(Exception):
    """Something json accepts and we do not; its position is found afterwards."""


def _json(text: str, shown: str) -> Any:
    deep = _too_deep(text)
    if deep is not None:
        _fail(shown, _spot(text, deep), f"nested deeper than {MAX_DEPTH} levels; flatten the document")
    try:
        data = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        _fail(shown, (error.lineno, error.colno), f"not JSON: {error.msg.lower()}")
    except _RefusedError as error:
        _fail(shown, _spot_of_refused(text, str(error)), str(error))
    except (ValueError, RecursionError) as error:
        spot = _spot_of_long_number(text)
        _fail(shown, spot, f"not JSON that can be read: {str(error).split(';')[0].lower()}")
    if _JSON_SURROGATE.search(json.dumps(data, ensure_ascii=False)):
        half = re.search(r"\\u[dD][89a-fA-F]", text)
        _fail(shown, _spot(text, half.start() if half else 0), "half a surrogate pair; write the whole character")
    return data


def _too_deep(text: str) -> int | None:
    depth = 0
    for match in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', text, re.DOTALL):
        mark = match.group()
        if mark in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                return match.start()
        elif mark in "]}":
            depth -= 1
    return None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _RefusedError(f"key {key!r} is there twice; keep one of them")
            seen.add(key)
    return found


def _no_constant(name: str) -> NoReturn:
    raise _RefusedError(f"{name} is not JSON; write a number or null")


def _spot_of_refused(text: str, message: str) -> tuple[int, int]:
    if message.startswith("key "):
        for spot in _duplicate_spots(text):
            return spot
    found = re.search(r"-?\b(NaN|Infinity)\b", text)
    return _spot(text, found.start() if found else 0)


def _duplicate_spots(text: str) -> Iterator[tuple[int, int]]:
    """Where JSON says a key for the second time, by a walk over its tokens."""
    open_keys: list[set[str] | None] = []
    tokens = list(re.finditer(r'"(?:[^"\\]|\\.)*"|[\[\]{}:,]', text, re.DOTALL))
    for token, following in pairwise(tokens):
        mark = token.group()
        if mark in "[{":
            open_keys.append(set() if mark == "{" else None)
        elif mark in "]}":
            open_keys.pop()
        elif mark[0] == '"' and following.group() == ":" and open_keys:
            keys = open_keys[-1]
            if keys is not None:
                key = json.loads(mark)
                if key in keys:
                    yield _spot(text, token.start())
                keys.add(key)


def _spot_of_long_number(text: str) -> tuple[int, int]:
    found = re.search(r"\d{4300,}", text)
    return _spot(text, found.start() if found else 0)


# YAML


def _yaml(text: str, shown: str) -> yaml.Node | None:
    template = _TEMPLATE.search(text)
    if template:
        _fail(shown, _spot(text, template.start()), "a template, not YAML yet; render it first")
    try:
        _scan(text, shown)
        return _composed(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        spot = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        _fail(shown, spot, f"not YAML: {error.problem or error.context}")
    except yaml.YAMLError as error:
        _fail(shown, (1, 1), f"not YAML: {str(error).splitlines()[0]}")
    except (RecursionError, ValueError) as error:
        _fail(shown, (1, 1), f"not YAML that can be read: {error}")


def _composed(text: str) -> yaml.Node | None:
    """The document's nodes; the garbage collector would only walk them again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        return yaml.compose(text, Loader=_Loader)
    finally:
        if enabled:
            gc.enable()


def _scan(text: str, shown: str) -> None:
    """Refuse by events alone what would not survive composing: depth, and more documents than one."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
            if depth > MAX_DEPTH:
                _fail(shown, _mark(event), f"nested deeper than {MAX_DEPTH} levels; flatten the document")
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                _fail(shown, _mark(event), "a second document in the file; keep one document a file")


def _mark(thing: Any) -> tuple[int, int]:
    return thing.start_mark.line + 1, thing.start_mark.column + 1


class _Plain:
    """YAML nodes as plain Python; what aliases repeat counts against a limit."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.done: dict[int, tuple[Any, int]] = {}
        self.open: set[int] = set()
        self.expanded = 0

    def value(self, node: yaml.Node) -> Any:
        key = id(node)
        if key in self.open:
            _fail(self.shown, _mark(node), "an alias inside what it names; write it out")
        if key in self.done:
            value, size = self.done[key]
            self._expand(node, size)
            return value
        self.open.add(key)
        before = self.expanded
        value = self._plain(node)
        self.open.discard(key)
        size = 1 + self._size(node) + self.expanded - before
        self.done[key] = (value, size)
        return value

    def _size(self, node: yaml.Node) -> int:
        if isinstance(node, yaml.MappingNode):
            return sum(self.done.get(id(v), (None, 1))[1] for _, v in node.value)
        if isinstance(node, yaml.SequenceNode):
            return sum(self.done.get(id(v), (None, 1))[1] for v in node.value)
        return 0

    def _expand(self, node: yaml.Node, size: int) -> None:
        self.expanded += size
        if self.expanded > MAX_EXPANSION:
            _fail(self.shown, _mark(node), f"aliases repeat more than {MAX_EXPANSION:,} values; write less of it out")

    def _plain(self, node: yaml.Node) -> Any:
        if node.tag in _SHORT_FORMS:
            return {_SHORT_FORMS[node.tag]: self._untagged(node)}
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if node.tag not in ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"):
            self._tag(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(each) for each in node.value]
        return self._mapping(node)

    def _untagged(self, node: yaml.Node) -> Any:
        """What stands under a short form: a text, also where it is empty, a list or a mapping."""
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(yaml.ScalarNode(_TEXT, node.value, node.start_mark, node.end_mark, "'"))
        return [self.value(each) for each in node.value] if isinstance(node, yaml.SequenceNode) else self._mapping(node)

    def _scalar(self, node: yaml.ScalarNode) -> str | None:
        text = str(node.value)
        if not node.tag.startswith("tag:yaml.org,2002:") or node.tag.startswith("tag:yaml.org,2002:python"):
            self._tag(node)
        bad = _JSON_SURROGATE.search(text) or ("\x00" in text and re.search("\x00", text))
        if bad:
            _fail(self.shown, _mark(node), "half a surrogate pair or a NUL; write the whole character")
        return None if not node.style and text in _NULLS else text

    def _mapping(self, node: yaml.Node) -> dict[str, Any]:
        found: dict[str, Any] = {}
        first: dict[str, yaml.Node] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                _fail(self.shown, _mark(key_node), "a key that is not a single value; write a plain key")
            if key_node.value == "<<" and not key_node.style:
                merged = {**self._merged(value_node), **merged}
                continue
            key = str(key_node.value)
            self._scalar(key_node)
            if key in first:
                line, column = _mark(first[key])
                _fail(self.shown, _mark(key_node), f"key {key!r} is there already at {line}:{column}; keep one of them")
            first[key] = key_node
            found[key] = self.value(value_node)
        return {**merged, **found}

    def _merged(self, node: yaml.Node) -> dict[str, Any]:
        value = self.value(node)
        parts = value if isinstance(value, list) else [value]
        merged: dict[str, Any] = {}
        for part in parts:
            if not isinstance(part, dict):
                _fail(self.shown, _mark(node), "'<<' takes a mapping")
            self._expand(node, len(part))
            merged = {**part, **merged}
        return merged

    def _tag(self, node: yaml.Node) -> NoReturn:
        _fail(self.shown, _mark(node), f"tag {node.tag.replace('tag:yaml.org,2002:', '!!')!r} is not data; remove it")


def _node_position(node: yaml.Node | None, keys: Path_, index: _Index) -> tuple[int, int]:
    spot = _mark(node) if node is not None else (1, 1)
    for key in keys:
        if node is not None and _SHORT_FORMS.get(node.tag) == key:
            continue
        if isinstance(node, yaml.MappingNode):
            if id(node) not in index:
                index[id(node)] = {str(k.value): (k, v) for k, v in node.value}
            entry = index[id(node)].get(str(key))
            if entry is None:
                return spot
            spot, node = _mark(entry[0]), entry[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            spot = _mark(node)
        else:
            return spot
    return spot


def _whole(pair: re.Match[str]) -> str:
    """An escaped surrogate pair, which YAML does not know, as YAML writes the character."""
    return f"\\U{ord(json.loads(chr(34) + pair.group() + chr(34))):08X}"
