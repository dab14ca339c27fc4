"""Cytoscape JSON, for Cytoscape, Cytoscape.js and ``networkx.cytoscape_graph``."""

from __future__ import annotations

from blastradius.estate import Estate
from blastradius.exporting.contract import Export
from blastradius.exporting.graph import as_json, graph_of


def write(estate: Estate) -> str:
    """The whole estate; an edge for each pair of ends, its key the id of the relation.

    By hand, because NetworkX gives every node a name, and one without would come back with its id as name.
    """
    graph = graph_of(estate)
    # NetworkX looks for a node's value, Cytoscape for its id
    nodes = [{"data": {"id": name, "value": name, **attributes}} for name, attributes in graph.nodes(data=True)]
    edges = [
        {"data": {"source": source, "target": target, "key": key, **attributes}}
        for source, target, key, attributes in graph.edges(keys=True, data=True)
    ]
    elements = {"nodes": nodes, "edges": edges}
    return as_json({"data": graph.graph, "directed": True, "multigraph": True, "elements": elements}, levels=3)


EXPORT = Export(
    name="cytoscape",
    title="Cytoscape JSON",
    suffix=".cyjs",
    write=write,
    carries="everything",
)
