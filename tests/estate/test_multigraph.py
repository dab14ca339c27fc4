"""An estate as a graph of networkx."""

from __future__ import annotations

from tests.engine.short import estate


def test_nodes_and_edges_say_what_things_and_relations_do_and_nothing_that_is_not_said() -> None:
    graph = estate("grants:k+k2>o basis=assumed", entities={"o": {"name": "Orders"}}).to_networkx()
    node = dict(graph.nodes["o"])
    assert (node["kind"], node["name"], node["anonymous"]) == ("operation", "Orders", False)
    assert None not in node.values()
    assert "id" not in node
    (one, other) = (dict(graph.edges[key, "o", "grants:k+k2>o"]) for key in ("k", "k2"))
    assert one == other
    assert (one["verb"], one["basis"]) == ("grants", "assumed")
    assert None not in one.values()
    assert not one.keys() & {"sources", "targets"}
    assert len(graph.edges) == 2
