"""An estate as a graph of networkx."""

from __future__ import annotations

from collections.abc import Iterable

import networkx as nx

from blastradius.model import Entity, Relation


def multigraph(
    entities: Iterable[Entity], relations: Iterable[Relation], *, title: str | None, digest: str
) -> nx.MultiDiGraph[str]:
    """Nodes by entity id, an edge for each pair of ends, keyed by relation id."""
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph(title=title, digest=digest)
    for entity in entities:
        graph.add_node(entity.id, **entity.model_dump(mode="json", exclude={"id"}, exclude_none=True))
    for relation in relations:
        data = relation.model_dump(mode="json", exclude={"sources", "targets"}, exclude_none=True)
        for source in relation.sources:
            for target in relation.targets:
                graph.add_edge(source, target, key=relation.id, **data)
    return graph
