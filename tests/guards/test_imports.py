"""No module needs, through others, itself; and a question imports no more than it needs."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import packages_distributions

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


NEEDED = {
    *("annotated_types", "blastradius", "click", "numpy", "pydantic", "pydantic_core", "rich"),
    *("typing_extensions", "typing_inspection", "yaml"),
}
"""What a question about files of YAML needs of what is installed, with what that needs itself."""
NEEDLESS = (
    *(f"blastradius.{room}" for room in ("api", "docgen", "exporting", "exports", "workspace")),
    *(f"blastradius.reading.{kind}" for kind in ("formulas", "jsons", "markup", "tables", "tarballs", "workbooks")),
    *("blastradius.engine.cut", "blastradius.estate.lint", "blastradius.render.draw", "blastradius.reports.diagram"),
    *("blastradius.estate.foretold", "blastradius.estate.part", "numpy.ma."),
)
COLD = """
import atexit, sys
atexit.register(lambda: print("", *sys.modules, sep="\\n"))
sys.argv[1:] = ["reach", "examples/northwind", "--compromise", "acme"]
from blastradius.__main__ import run
run()
"""


def test_a_cold_question_imports_what_it_needs() -> None:
    done = subprocess.run([sys.executable, "-c", COLD], capture_output=True, text=True, check=True)
    imported = set(done.stdout.splitlines())
    installed = {name for name in packages_distributions() if not name.startswith("_")} & imported
    assert installed <= NEEDED
    assert {name for name in imported if name.startswith("blastradius.queries.")} == {"blastradius.queries.reach"}
    loaders = {name.split(".")[2] for name in imported if name.startswith("blastradius.loaders.")}
    assert loaders == {"lines", "native", "openapi"}
    assert "blastradius.engine.check.certificate" in imported  # that it was asked
    assert [name for name in sorted(imported) if name.startswith(NEEDLESS)] == []
