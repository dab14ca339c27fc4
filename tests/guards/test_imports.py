"""No module needs, through others, itself: each can be read, tested and moved without a circle."""

from __future__ import annotations

import grimp
import networkx as nx


def test_imports_go_in_no_circle() -> None:
    graph = grimp.build_graph("blastradius", "loaders", "queries")
    imports = nx.DiGraph(
        (importer, imported)
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
    )
    circles = [sorted(modules) for modules in nx.strongly_connected_components(imports) if len(modules) > 1]
    assert imports.has_edge("blastradius.loading.session", "blastradius.plugins")  # that the graph is not empty
    assert circles == []
