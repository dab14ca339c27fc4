"""BloodHound's files as nodes and edges, each with its place: OpenGraph, SharpHound, and zips of them.

Rests on BloodHound's OpenGraph schema (``graph.nodes``, ``graph.edges``).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from blastradius.errors import InputError
from blastradius.loaderkit.contract import Document, Provenances
from blastradius.loaderkit.json_refs import Place
from blastradius.model import NoteKind
from blastradius.reading import Archive

from .words import OLDER

SOURCE = "bloodhound"
OURS = "Blastradius"
MAX_NODE_ID = 400
KIND = re.compile(r"[A-Za-z0-9_]{1,80}")
NOT_HERE = "that is not in the file"
_LOOKED_AT = 5


@dataclass(frozen=True)
class Node:
    """A thing with an id, its kinds with the primary one first, and its properties."""

    id: str
    kinds: tuple[str, ...]
    attributes: dict[str, Any]
    place: Place

    @cached_property
    def provenance(self) -> Provenances:
        """Where it is described."""
        return (self.place.provenance(),)

    def text(self, name: str) -> str:
        """The text of a property, or its number as text; empty where there is none."""
        value = self.attributes.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return value.strip() if isinstance(value, str) else ""


@dataclass(frozen=True)
class End:
    """What an edge starts or ends at: the node of an id, or of properties; ``strict`` where it must be of the kind."""

    id: str = ""
    kind: str = ""
    matches: tuple[tuple[str, Any], ...] = ()
    strict: bool = False
    name: str = ""


@dataclass(frozen=True)
class Edge:
    """A directed edge of a kind."""

    kind: str
    start: End
    end: End


@dataclass(frozen=True)
class Record:
    """One record of a file: a node, the edges that one statement comes to, or what is wrong with it.

    ``skip`` names the class of a record that is passed over; a ``remark`` is no record but a note on the file.
    """

    place: Place
    node: Node | None = None
    edges: tuple[Edge, ...] = ()
    wrong: str = ""
    skip: str = ""
    remark: tuple[NoteKind, str] | None = None

    @cached_property
    def provenance(self) -> Provenances:
        """Where it stands."""
        return (self.place.provenance(),)


@dataclass
class Nodes:
    """The nodes of a load by id and by property; ids and names are the same in upper and lower case."""

    by_id: dict[str, Node] = field(default_factory=dict)
    _folded: dict[str, str] = field(default_factory=dict)
    _by_property: dict[str, dict[Any, list[Node]]] = field(default_factory=dict)

    def add(self, node: Node) -> None:
        """Keep a node; one of the same id adds its kinds and what the first does not say."""
        before = self.by_id.get(node.id)
        if before is not None:
            kinds = tuple(dict.fromkeys((*before.kinds, *node.kinds)))
            node = Node(node.id, kinds, {**node.attributes, **before.attributes}, before.place)
        self.by_id[node.id] = node
        self._folded.setdefault(node.id.upper(), node.id)

    def find(self, end: End) -> Node | str:
        """The node that an end means, or why there is none."""
        if not end.matches:
            found = self.by_id.get(end.id) or self.by_id.get(self._folded.get(end.id.upper(), ""))
            if found is not None and end.strict and end.kind not in found.kinds:
                return "that is not of the kind said"
            return found or NOT_HERE
        (key, value), *more = end.matches
        fits = [node for node in self._with(key).get(_folded(value), ()) if _fits(node, more, end.kind)]
        if len(fits) == 1:
            return fits[0]
        return "that several nodes match" if fits else NOT_HERE

    def _with(self, key: str) -> dict[Any, list[Node]]:
        if key not in self._by_property:
            found: dict[Any, list[Node]] = defaultdict(list)
            for node in self.by_id.values():
                value = node.attributes.get(key)
                if isinstance(value, (str, int, float)):
                    found[_folded(value)].append(node)
            self._by_property[key] = found
        return self._by_property[key]


def _folded(value: Any) -> tuple[str, Any]:
    return (type(value).__name__, value.upper() if isinstance(value, str) else value)


def _fits(node: Node, matches: list[tuple[str, Any]], kind: str) -> bool:
    attributes = all(
        key in node.attributes and _folded(node.attributes[key]) == _folded(value) for key, value in matches
    )
    return attributes and (not kind or kind in node.kinds)


def is_opengraph(data: Any) -> bool:
    """Whether a document is an OpenGraph document of some collector, and none of our own."""
    graph = data.get("graph") if isinstance(data, dict) else None
    if not isinstance(graph, dict):
        return False
    lists = [listed for listed in (graph.get("nodes"), graph.get("edges")) if isinstance(listed, list)]
    metadata = data.get("metadata")
    source = metadata.get("source_kind") if isinstance(metadata, dict) else None
    if not lists or source == OURS:
        return False
    return (
        isinstance(source, str)
        or not any(lists)
        or any(_is_marked(entry) for listed in lists for entry in listed[:_LOOKED_AT])
    )


def _is_marked(item: Any) -> bool:
    """Whether an element is a node or an edge of OpenGraph, not of another form of graph."""
    return isinstance(item, dict) and ("kinds" in item or ("start" in item and "end" in item))


def documents(document: Document) -> Iterator[Document | str]:
    """The document, or the JSON files of an archive; for one that cannot be read, why."""
    if not isinstance(document.data, Archive):
        yield document
        return
    for name in document.data:
        if name.lower().endswith(".json"):
            try:
                yield document.data[name]
            except InputError as error:
                yield error.problems[0]


def some(archive: Archive) -> Iterator[Any]:
    """What the first JSON files of an archive hold."""
    for name in [name for name in archive if name.lower().endswith(".json")][:_LOOKED_AT]:
        try:
            yield archive[name].data
        except InputError:
            continue


def opengraph(document: Document) -> Iterator[Record]:
    """The records of an OpenGraph document: its nodes and its edges."""
    graph = Place.root(document, SOURCE).child("graph")
    for name, read in (("nodes", _node), ("edges", _edge)):
        listed = graph.value.get(name)
        for number, value in enumerate(listed if isinstance(listed, list) else ()):
            yield read(value, graph.child(name, number))


def _node(value: Any, place: Place) -> Record:
    if not isinstance(value, dict) or not isinstance(value.get("kinds"), list):
        return Record(place, wrong="a node that is none; expected 'id' and 'kinds'")
    name = value.get("id")
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_NODE_ID:
        return Record(place, wrong=f"a node without a usable id; expected text of 1 to {MAX_NODE_ID} characters")
    kinds = tuple(OLDER.get(kind, kind) for kind in value["kinds"] if isinstance(kind, str))
    attributes = value.get("properties")
    return Record(place, node=Node(name, kinds, attributes if isinstance(attributes, dict) else {}, place))


def _edge(value: Any, place: Place) -> Record:
    if not isinstance(value, dict):
        return Record(place, wrong="an edge that is none; expected 'kind', 'start' and 'end'")
    start, end = _end(value.get("start")), _end(value.get("end"))
    kind = value.get("kind")
    if start is None or end is None or not isinstance(kind, str) or not KIND.fullmatch(kind):
        return Record(place, wrong="an edge without a usable kind, start or end; expected an end's 'value'")
    return Record(place, edges=(Edge(OLDER.get(kind, kind), start, end),))


def _end(value: Any) -> End | None:
    if not isinstance(value, dict):
        return None
    kind = value.get("kind") or ""
    by, name = value.get("match_by") or "id", value.get("value")
    if not isinstance(kind, str) or by not in ("id", "name", "property"):
        return None
    kind = OLDER.get(kind, kind)
    if by == "property":
        matches = _matchers(value.get("property_matchers"))
        return End(kind=kind, matches=matches) if matches else None
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_NODE_ID:
        return None
    return End(name, kind, strict=bool(kind)) if by == "id" else End(kind=kind, matches=(("name", name),))


def _matchers(value: Any) -> tuple[tuple[str, Any], ...]:
    """What an end's properties must be; nothing where one cannot be compared."""
    found: list[tuple[str, Any]] = []
    for item in value if isinstance(value, list) else ():
        key = item.get("key") if isinstance(item, dict) else None
        if not isinstance(key, str) or not isinstance(item.get("value"), (str, int, float)):
            return ()
        if item.get("operator", "equals") != "equals":
            return ()
        found.append((key, item["value"]))
    return tuple(found)
