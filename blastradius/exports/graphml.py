"""GraphML, for Gephi, yEd, igraph, NetworkX and Neo4j."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from blastradius.estate import Estate
from blastradius.exports._export import Export
from blastradius.exports._graph import graph_of
from blastradius.flat import Flat, escaped, flat


def write(estate: Estate) -> str:
    """The whole estate, what is nested as JSON text; an edge for each pair of ends, with the id of its relation."""
    import networkx as nx

    graph = graph_of(estate)
    plain: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    plain.graph |= _attributes(graph.graph)
    for name, said in graph.nodes(data=True):
        plain.add_node(escaped(name), **_attributes(said))
    for number, (source, target, key, said) in enumerate(graph.edges(keys=True, data=True)):
        # an edge's id is its own, so it cannot be that of the relation, which may have several edges
        plain.add_edge(escaped(source), escaped(target), key=f"e{number}", relation=escaped(key), **_attributes(said))
    file = io.BytesIO()
    nx.write_graphml_xml(plain, file, named_key_ids=False)
    return file.getvalue().decode() + "\n"


def _attributes(said: Mapping[str, Any]) -> dict[str, Flat]:
    return {name: escaped(value) if isinstance(value, str) else value for name, value in flat(said).items()}


EXPORT = Export(
    name="graphml",
    title="GraphML",
    suffix=".graphml",
    write=write,
    carries="everything",
)
