"""YAML with positions: scalars stay strings (null apart), so ``NO``, ``1.10`` and ``12:32`` arrive as written."""

from __future__ import annotations

import re
from typing import Any, NoReturn

import yaml

from blastradius.loaderkit.json_values import Keys

from .shapes import Documents
from .texts import MAX_DEPTH, SURROGATE, Parsed, Spot, fail, refuse_controls, spot, uncollected

MAX_EXPANSION = 10_000
_SAFE_DEPTH = 1000
_Base: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # it guesses no types
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TEMPLATE = re.compile(r"^\s*(\{\{|\{%)|:\s+\{\{[^}]*\}\}|\{%-?\s*(if|for|set|block|extends)\b", re.MULTILINE)
_FUNCTIONS = """And Base64 Cidr Contains EachMemberEquals EachMemberIn Equals FindInMap ForEach GetAtt GetAZs If
ImportValue Join Length Not Or RefAll Select Split Sub ToJsonString Transform ValueOf ValueOfAll"""
_SHORT_FORMS = {"!Ref": "Ref", "!Condition": "Condition"} | {f"!{name}": f"Fn::{name}" for name in _FUNCTIONS.split()}
"""The tags of CloudFormation and the keys they stand for; no other tag is read."""
_OPENS = re.compile(r"(?<![^\s\[{,:])[\[{]")
_INDENT = re.compile(r"(?:^|[\r\x85\u2028\u2029\ufeff])[ ?:-]+", re.MULTILINE)  # after all that YAML breaks lines at
_ANCHOR = re.compile(r"(?<![^\s\[{,:])&")
_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels; flatten the document"
_TEXT = "tag:yaml.org,2002:str"
_TAGS = {yaml.ScalarNode: _TEXT, yaml.SequenceNode: "tag:yaml.org,2002:seq", yaml.MappingNode: "tag:yaml.org,2002:map"}
_Index = dict[int, dict[str, tuple[yaml.Node, yaml.Node]]]


class _Loader(_Base):  # type: ignore[misc]  # of one of two types
    """Composes without being asked, node by node, what the tag of a value could be that has none."""

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:  # noqa: ARG002
        """The tag of a kind of node."""
        return _TAGS[kind]

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        """Nothing depends on where a node is."""

    def ascend_resolver(self) -> None:
        """Nothing depends on where a node is."""


def parse_yaml(text: str, shown: str) -> Parsed:
    """One document, or ``Documents`` where several are not empty; their places are found by (index, keys …).

    Raises:
        InputError: not YAML, a template, a tag, a key twice, too deep, or aliases that repeat too much.
    """
    index: _Index = {}
    plain = _Plain(shown)
    plain.aliased = _ANCHOR.search(text) is not None
    documents = [(node, plain.value(node)) for node in _nodes(text, shown)]
    filled = [(node, value) for node, value in documents if value is not None]
    if len(filled) > 1:
        nodes = [node for node, _ in filled]
        several = Documents(value for _, value in filled)
        several.empty = len(documents) - len(filled)
        return Parsed(several, lambda keys: _place_in(nodes, keys, index))
    node, value = next(iter(filled), (None, None))
    return Parsed(value, lambda keys: _place(node, keys, index))


def _nodes(text: str, shown: str) -> list[yaml.Node]:
    refuse_controls(text, shown)
    template = _TEMPLATE.search(text) if "{{" in text or "{%" in text else None
    if template:
        fail(shown, spot(text, template.start()), "a template, not YAML yet; render it first")
    try:
        if _might_be_deep(text):
            _scan(text, shown)
        with uncollected():
            return [document for document in yaml.compose_all(text, Loader=_Loader) if document is not None]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        if "nesting depth" in str(error.problem):  # the parser's own limit, met as it reads ahead
            fail(shown, place, _TOO_DEEP)
        fail(shown, place, _why(str(error.problem or error.context), text, mark))
    except yaml.YAMLError as error:
        fail(shown, (1, 1), f"not YAML: {str(error).splitlines()[0]}")
    except (RecursionError, ValueError) as error:
        fail(shown, (1, 1), f"not YAML that can be read: {error}")


def _why(problem: str, text: str, mark: yaml.Mark | None) -> str:
    """What is not YAML about a text, in words for who typed it where it is one of the usual slips."""
    if mark and text[mark.index : mark.index + 1] == "\t":
        return "not YAML: a tab where the line is indented; use spaces"
    if "escape" in problem or "hexdecimal" in problem:
        return (
            "not YAML: a backslash in double quotes begins an escape, such as \\n; "
            "write / in paths, and other texts with backslashes in single quotes"
        )
    if "did not find expected" in problem or "not allowed" in problem:
        return f"not YAML: {problem}; what belongs together is indented alike, and further than what it belongs to"
    return f"not YAML: {problem}"


def _might_be_deep(text: str) -> bool:
    """Whether there are more signs that open something than composing can safely follow.

    A level of a block takes an indent, or a sign where the line begins; a list may stand at its key's own indent.
    """
    indent = max((len(found) for found in _INDENT.findall(text)), default=0)
    return 2 * indent + 2 + sum(1 for _ in _OPENS.finditer(text)) > _SAFE_DEPTH


def _scan(text: str, shown: str) -> None:
    """Refuse by events alone what would not survive composing."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
            if depth > MAX_DEPTH:
                fail(shown, _mark(event), _TOO_DEEP)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1


def _mark(thing: Any) -> Spot:
    return thing.start_mark.line + 1, thing.start_mark.column + 1


class _Plain:
    """YAML nodes as plain Python; what aliases repeat counts against a limit."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.aliased = True
        self.done: dict[int, tuple[Any, int]] = {}
        self.open: set[int] = set()
        self.expanded = 0

    def value(self, node: yaml.Node) -> Any:
        if type(node) is yaml.ScalarNode and node.tag == _TEXT:
            return self._scalar(node)
        key = id(node)
        if key in self.open:
            fail(self.shown, _mark(node), "an alias inside what it names; write it out")
        if key in self.done:
            value, size = self.done[key]
            self._expand(node, size)
            return value
        if len(self.open) >= MAX_DEPTH:
            fail(self.shown, _mark(node), _TOO_DEEP)
        self.open.add(key)
        before = self.expanded
        value = self._plain(node)
        self.open.discard(key)
        if self.aliased:
            self.done[key] = (value, 1 + self._size(node) + self.expanded - before)
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
            fail(self.shown, _mark(node), f"aliases repeat more than {MAX_EXPANSION:,} values; write less of it out")

    def _plain(self, node: yaml.Node) -> Any:
        if node.tag in _SHORT_FORMS:
            return {_SHORT_FORMS[node.tag]: self._untagged(node)}
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if node.tag not in ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"):
            self._tag(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child) for child in node.value]
        return self._mapping(node)

    def _untagged(self, node: yaml.Node) -> Any:
        """What stands under a short form: a text, also where it is empty, a list or a mapping."""
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(yaml.ScalarNode(_TEXT, node.value, node.start_mark, node.end_mark, "'"))
        return (
            [self.value(child) for child in node.value] if isinstance(node, yaml.SequenceNode) else self._mapping(node)
        )

    def _scalar(self, node: yaml.ScalarNode) -> str | None:
        text: str = node.value
        if node.tag != _TEXT and (
            not node.tag.startswith("tag:yaml.org,2002:") or node.tag.startswith("tag:yaml.org,2002:python")
        ):
            self._tag(node)
        if not text.isprintable() and ("\x00" in text or SURROGATE.search(text)):
            fail(self.shown, _mark(node), "half a surrogate pair or a NUL; write the whole character")
        return None if not node.style and text in _NULLS else text

    def _mapping(self, node: yaml.Node) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                fail(self.shown, _mark(key_node), "a key that is not a single value; write a plain key")
            if key_node.value == "<<" and not key_node.style:
                merged = {**self._merged(value_node), **merged}
                continue
            key: str = key_node.value
            self._scalar(key_node)
            if key in found:
                line, column = next(_mark(item) for item, _ in node.value if item.value == key)
                fail(self.shown, _mark(key_node), f"key {key!r} is there already at {line}:{column}; keep one of them")
            found[key] = self.value(value_node)
        return {**merged, **found}

    def _merged(self, node: yaml.Node) -> dict[str, Any]:
        value = self.value(node)
        parts = value if isinstance(value, list) else [value]
        merged: dict[str, Any] = {}
        for part in parts:
            if not isinstance(part, dict):
                fail(self.shown, _mark(node), "'<<' takes a mapping")
            self._expand(node, len(part))
            merged = {**part, **merged}
        return merged

    def _tag(self, node: yaml.Node) -> NoReturn:
        fail(self.shown, _mark(node), f"tag {node.tag.replace('tag:yaml.org,2002:', '!!')!r} is not data; remove it")


def _place_in(nodes: list[yaml.Node], keys: Keys, index: _Index) -> Spot:
    number = keys[0] if keys else 0
    if not isinstance(number, int) or not -1 < number < len(nodes):
        return _mark(nodes[0])
    return _place(nodes[number], keys[1:], index)


def _place(node: yaml.Node | None, keys: Keys, index: _Index) -> Spot:
    place = _mark(node) if node is not None else (1, 1)
    for key in keys:
        if node is not None and _SHORT_FORMS.get(node.tag) == key:
            continue
        if isinstance(node, yaml.MappingNode):
            if id(node) not in index:
                index[id(node)] = {str(k.value): (k, v) for k, v in node.value}
            entry = index[id(node)].get(str(key))
            if entry is None:
                return place
            place, node = _mark(entry[0]), entry[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            place = _mark(node)
        else:
            return place
    return place
