"""A graph in one shape, whichever format it comes in: a heading, nodes and edges with what each says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from blastradius.loaderkit.attributes import BRAND, camel, unescaped
from blastradius.loaderkit.json_values import Keys, mapping
from blastradius.model import Kind, Verb
from blastradius.reading import Sheet
from blastradius.reading.shapes import BadRow

_ENDS = ("source", "target")
PAIRS = ("source", "source kind", "verb", "target", "target kind")
_OF_ENDS = {f"{side} {word}" for side in _ENDS for word in ("kind", "name")}
_KINDS = {camel(kind): str(kind) for kind in Kind}
_VERBS = {camel(verb): str(verb) for verb in Verb}
_LABELS = ("NodeLabel", "EdgeLabel")


@dataclass(frozen=True)
class Row:
    """What one node or edge says, and where it stands."""

    attributes: dict[str, Any]
    keys: Keys


@dataclass
class Drawing:
    """A graph as it is drawn; nodes say ``id``, edges ``source`` and ``target``, those of one relation ``relation``.

    ``implied`` are nodes that only name the ends of an edge, and are no records of their own.
    """

    heading: Row = field(default_factory=lambda: Row({}, ()))
    nodes: list[Row] = field(default_factory=list)
    edges: list[Row] = field(default_factory=list)
    implied: list[Row] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    hyperedges: int = 0
    undirected: bool = False


def format_of(data: Any) -> str | None:
    """Which of the formats a document is in, if any."""
    if isinstance(data, Sheet):
        return "pairs" if set(PAIRS) <= set(data.columns) else None
    if not isinstance(data, dict):
        return None
    if data.get("tag") == "graphml" and isinstance(data.get("children"), list):
        return "graphml"
    if mapping(data.get("metadata")).get("source_kind") == BRAND and isinstance(data.get("graph"), dict):
        return "opengraph"
    if isinstance(data.get("elements"), (dict, list)) and _is_cytoscape(data["elements"]):
        return "cytoscape"
    return "node-link" if _is_node_link(data) else None


def _is_node_link(data: dict[str, Any]) -> bool:
    """Nodes and edges as NetworkX writes them, or as D3 reads them."""
    nodes, edges = data.get("nodes"), data.get("edges", data.get("links"))
    if not isinstance(nodes, list) or not isinstance(edges, list):
        return False
    if _direction(data) is not None:
        return True
    fit = [_has(node, "id") for node in nodes] + [_has(edge, *_ENDS) for edge in edges]
    return bool(fit) and all(fit)


def _direction(data: dict[str, Any]) -> bool | None:
    """Whether the edges have one, if that is stated; from standard input it comes as text."""
    return {"true": True, "false": False}.get(str(data.get("directed")).lower())


def _has(value: Any, *words: str) -> bool:
    return isinstance(value, dict) and all(word in value for word in words)


def _is_cytoscape(elements: Any) -> bool:
    nodes = elements.get("nodes") if isinstance(elements, dict) else elements
    if not isinstance(nodes, list) or not (nodes or isinstance(elements, dict)):
        return False
    return all(_has(node, "data") and isinstance(node["data"], dict) for node in nodes)


def read_drawing(data: Any) -> Drawing:
    """A document of one of the formats as a drawing."""
    readers: dict[str, Callable[[Any], Drawing]] = {
        "pairs": _pairs,
        "graphml": _graphml,
        "opengraph": _opengraph,
        "cytoscape": _cytoscape,
    }
    reader = readers.get(format_of(data) or "")
    return reader(data) if reader else _node_link(data)


def _rows(value: Any, *keys: str | int) -> Iterator[Row]:
    for number, item in enumerate(value if isinstance(value, list) else ()):
        yield Row(mapping(item), (*keys, number))


def _node_link(data: dict[str, Any]) -> Drawing:
    word = "edges" if "edges" in data else "links"
    edges = [_keyed(row) for row in _rows(data.get(word), word)]
    heading = Row(mapping(data.get("graph")), ("graph",))
    return Drawing(heading, list(_rows(data.get("nodes"), "nodes")), edges, undirected=_direction(data) is False)


def _keyed(row: Row) -> Row:
    """An edge whose key, where it has one, may be the id of its relation."""
    attributes = dict(row.attributes)
    if "key" in attributes:
        attributes.setdefault("relation", attributes.pop("key"))
    return Row(attributes, row.keys)


def _cytoscape(data: dict[str, Any]) -> Drawing:
    elements = data["elements"]
    if isinstance(elements, list):
        rows = list(_rows(elements, "elements"))
        nodes = [row for row in rows if not _is_edge(row)]
        edges = [row for row in rows if _is_edge(row)]
    else:
        nodes = list(_rows(elements.get("nodes"), "elements", "nodes"))
        edges = list(_rows(elements.get("edges"), "elements", "edges"))
    heading = data.get("data")
    return Drawing(
        Row(mapping(heading) if isinstance(heading, dict) else _of_pairs(heading), ("data",)),
        [Row(mapping(node.attributes.get("data")), node.keys) for node in nodes],
        [_keyed(Row(mapping(edge.attributes.get("data")), edge.keys)) for edge in edges],
        undirected=_direction(data) is False,
    )


def _is_edge(row: Row) -> bool:
    return row.attributes.get("group") == "edges" or set(_ENDS) <= mapping(row.attributes.get("data")).keys()


def _of_pairs(value: Any) -> dict[str, Any]:
    """The heading as NetworkX writes it, a list of pairs."""
    pairs = (pair for pair in (value if isinstance(value, list) else ()) if isinstance(pair, list) and len(pair) == 2)
    return {key: value for key, value in pairs if isinstance(key, str)}


def _opengraph(data: dict[str, Any]) -> Drawing:
    graph = mapping(data.get("graph"))
    found = Drawing()
    for row in _rows(graph.get("nodes"), "graph", "nodes"):
        kinds = row.attributes.get("kinds")
        kind = kinds[0] if isinstance(kinds, list) and kinds else None
        attributes = {**mapping(row.attributes.get("properties")), "id": row.attributes.get("id")}
        if kind == camel("estate"):
            found.heading = Row(attributes, row.keys)
        else:
            found.nodes.append(Row({**attributes, "kind": _word(_KINDS, kind)}, row.keys))
    names = {
        node.attributes["id"]: node.attributes.get("identifier")
        for node in found.nodes
        if isinstance(node.attributes["id"], str)
    }
    for row in _rows(graph.get("edges"), "graph", "edges"):
        ends = {
            word: mapping(row.attributes.get(end)).get("value")
            for word, end in (("source", "start"), ("target", "end"))
        }
        ends = {word: names.get(end) or end if isinstance(end, str) else end for word, end in ends.items()}
        kind = _word(_VERBS, row.attributes.get("kind"))
        found.edges.append(Row({**mapping(row.attributes.get("properties")), **ends, "verb": kind}, row.keys))
    found.nodes = [_identified(node) for node in found.nodes]
    return found


def _word(words: dict[str, str], kind: Any) -> Any:
    return words.get(kind, kind) if isinstance(kind, str) else kind


def _identified(row: Row) -> Row:
    """A node under its own id; the one that BloodHound knows it by is in capitals."""
    attributes = dict(row.attributes)
    return Row({**attributes, "id": attributes.pop("identifier", None) or attributes["id"]}, row.keys)


# GraphML


def _graphml(data: dict[str, Any]) -> Drawing:
    found = Drawing()
    words = {child["attributes"].get("id"): child for child in data["children"] if child["tag"] == "key"}
    defaults = {tag: _defaults(words.values(), tag) for tag in ("node", "edge")}
    for graph, place in _graphs(data, ()):
        found.undirected |= graph["attributes"].get("edgedefault") == "undirected"
        if not found.heading.attributes:
            found.heading = Row(_says(graph, words), place)
        for number, child in enumerate(graph["children"]):
            found.hyperedges += child["tag"] == "hyperedge"
            found.undirected |= child["attributes"].get("directed") == "false"
            if child["tag"] in defaults:
                attributes = defaults[child["tag"]] | _says(child, words) | _named_by(child)
                rows = found.nodes if child["tag"] == "node" else found.edges
                rows.append(Row(attributes, (*place, "children", number)))
    return found


def _graphs(element: dict[str, Any], keys: Keys) -> Iterator[tuple[dict[str, Any], Keys]]:
    """The graphs of a document, those inside nodes (groups) as well."""
    for number, child in enumerate(element["children"]):
        place = (*keys, "children", number)
        if child["tag"] == "graph":
            yield child, place
        if child["tag"] in ("graph", "node"):
            yield from _graphs(child, place)


def _defaults(words: Iterable[dict[str, Any]], tag: str) -> dict[str, str]:
    return {
        _named(key): _text(child)
        for key in words
        if key["attributes"].get("for", "all") in (tag, "all")
        for child in key["children"]
        if child["tag"] == "default"
    }


def _named_by(element: dict[str, Any]) -> dict[str, str]:
    """The id of a node, or the two ends of an edge."""
    declared = element["attributes"]
    return {word: unescaped(declared[word]) for word in ("id", *_ENDS) if word in declared}


def _says(element: dict[str, Any], words: dict[Any, Any]) -> dict[str, Any]:
    """The data of a graph, node or edge by name; of what yEd draws, its label."""
    found: dict[str, Any] = {}
    for child in element["children"]:
        key = words.get(child["attributes"].get("key")) if child["tag"] == "data" else None
        label = next(_labels(child), None) if child["tag"] == "data" else None
        if label is not None:
            found["label"] = label
        elif key is not None:
            found[_named(key)] = _text(child)
    return found


def _labels(element: dict[str, Any]) -> Iterator[str]:
    for child in element["children"]:
        if child["tag"] in _LABELS and child["text"]:
            yield child["text"]
        yield from _labels(child)


def _named(key: dict[str, Any]) -> str:
    return str(key["attributes"].get("attr.name") or key["attributes"].get("id") or "")


def _text(element: dict[str, Any]) -> str:
    return unescaped(element["text"])


# pairs


def _pairs(sheet: Sheet) -> Drawing:
    found = Drawing(bad=sheet.bad)
    for number, cells in enumerate(sheet):
        row = {name: _bare(cell) for name, cell in cells.items() if cell}
        ends = [
            {"id": row[side], "kind": row.get(f"{side} kind"), "name": row.get(f"{side} name")}
            for side in _ENDS
            if side in row
        ]
        if "verb" not in row and "target" not in row:
            found.nodes += [Row(end, (number,)) for end in ends]
            continue
        found.implied += [Row(end, (number,)) for end in ends]
        found.edges.append(Row({name: value for name, value in row.items() if name not in _OF_ENDS}, (number,)))
    return found


def _bare(cell: str) -> str:
    return unescaped(cell.strip().removeprefix("'"))
