"""Node-link JSON, as NetworkX, D3 and many others read graphs."""

from __future__ import annotations

from blastradius.estate import Estate
from blastradius.exporting.contract import Export
from blastradius.exporting.graph import as_json, graph_of


def write(estate: Estate) -> str:
    """The whole estate; an edge for each pair of ends, its key the id of the relation."""
    from networkx import node_link_data

    return as_json(node_link_data(graph_of(estate), edges="edges"))


EXPORT = Export(
    name="node-link",
    title="Node-link JSON (NetworkX, D3)",
    suffix=".json",
    write=write,
    carries="everything",
)
