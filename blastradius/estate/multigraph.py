"""An estate as a graph of networkx."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx

if TYPE_CHECKING:
    from blastradius.estate.estate import Estate


def multigraph(estate: Estate) -> nx.MultiDiGraph[str]:
    """Nodes by entity id, an edge for each pair of ends, keyed by relation id."""
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph(title=estate.title, digest=estate.digest)
    for entity in estate.entities.values():
        graph.add_node(entity.id, **entity.model_dump(mode="json", exclude={"id"}, exclude_none=True))
    for relation in estate.relations.values():
        data = relation.model_dump(mode="json", exclude={"sources", "targets"}, exclude_none=True)
        for source in relation.sources:
            for target in relation.targets:
                graph.add_edge(source, target, key=relation.id, **data)
    return graph
