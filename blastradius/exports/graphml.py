"""GraphML, for Gephi, yEd, igraph, NetworkX and Neo4j."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from blastradius.estate import Estate
from blastradius.exporting.contract import Export
from blastradius.exporting.graph import graph_of
from blastradius.loaderkit.attributes import Flat, escaped, flat

_TYPES = {bool: "boolean", int: "long", float: "double", str: "string"}
_NAMESPACE = "http://graphml.graphdrawing.org/xmlns"


def write(estate: Estate) -> str:
    """The whole estate, what is nested as JSON text; an edge for each pair of ends, with the id of its relation.

    By hand, because NetworkX writes ``True`` where XML has ``true``.
    """
    graph = graph_of(estate)
    keys: dict[tuple[str, str], Element] = {}
    body = Element("graph", edgedefault="directed")
    _add_attributes(body, graph.graph, keys)
    for name, attributes in graph.nodes(data=True):
        _add_attributes(SubElement(body, "node", id=escaped(name)), attributes, keys)
    for number, (source, target, key, attributes) in enumerate(graph.edges(keys=True, data=True)):
        # an edge's id is its own, so it cannot be that of the relation, which may have several edges
        edge = SubElement(body, "edge", id=f"e{number}", source=escaped(source), target=escaped(target))
        _add_attributes(edge, {"relation": key, **attributes}, keys)
    root = Element("graphml", xmlns=_NAMESPACE)
    root.extend([*keys.values(), body])
    indent(root, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _add_attributes(element: Element, attributes: Mapping[str, Any], keys: dict[tuple[str, str], Element]) -> None:
    """Add what a graph, node or edge says; each attribute has a key, which says its name and type."""
    for name, value in flat(attributes).items():
        made = {"id": f"d{len(keys)}", "for": element.tag, "attr.name": name, "attr.type": _TYPES[type(value)]}
        key = keys.setdefault((element.tag, name), Element("key", made))
        SubElement(element, "data", key=key.attrib["id"]).text = _text(value)


def _text(value: Flat) -> str:
    return str(value).lower() if isinstance(value, bool) else escaped(str(value))


EXPORT = Export(
    name="graphml",
    title="GraphML",
    suffix=".graphml",
    write=write,
    carries="everything",
)
