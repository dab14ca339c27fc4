"""Graphs: node-link JSON, Cytoscape JSON, GraphML, pairs in CSV, and the OpenGraph that an export wrote.

What an export wrote comes back whole, as far as its format carries it. A graph that was drawn by hand or by another
tool is read where its nodes say a kind and its edges a verb of ours, under our names or those that options give. A
record is a node or an edge; edges of one relation share its id.
"""

from __future__ import annotations

from typing import Any

from blastradius.errors import InputError
from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Loaded, Loader
from blastradius.loaderkit.validation import read_options

from .model import GraphMapper
from .options import Options
from .reading import format_of, read_drawing


def recognises(data: Any) -> bool:
    """Whether a document is a graph in one of the formats."""
    return format_of(data) is not None


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one graph.

    Raises:
        InputError: no graph, one whose nodes or edges say nothing in our words, or options that do not fit.
    """
    chosen = read_options(Options, document, options)
    if not recognises(document.data):
        formats = "node-link JSON, Cytoscape JSON, GraphML, pairs in CSV, or an OpenGraph of ours"
        raise InputError([f"{document.path}: not a graph; read are {formats}"])
    return GraphMapper(FactCollector("graph", document), chosen, read_drawing(document.data)).build()


LOADER = Loader(
    name="graph",
    title="graphs (node-link and Cytoscape JSON, GraphML, pairs in CSV)",
    suffixes=(".json", ".cyjs", ".graphml", ".xml", ".csv"),
    recognises=recognises,
    load=load,
    reads="what an export wrote; of other graphs the nodes that say a kind and the edges that say a verb",
    maps=(
        ("node with a kind", "entity of that kind, with the attributes that are ours"),
        ("edge with a verb", "relation; edges that share the id of a relation are one with several ends"),
        ("zones, title, expectations and exercises of an export", "the same"),
        ("node without a kind, edge without a verb", "rejected, counted"),
        ("row of pairs in CSV", "both things and the relation between them"),
    ),
    options=Options,
    infers_not=(
        "which attribute says what a node is and what an edge means (options kind, kinds, verb, verbs, id, name)",
        "what was noted of the sources that an exported estate was read from",
    ),
)
