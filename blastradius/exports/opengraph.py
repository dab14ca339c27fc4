"""BloodHound OpenGraph: nodes and edges with kinds and flat properties."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from blastradius.estate import Estate
from blastradius.exporting.contract import Export
from blastradius.exporting.graph import as_json, graph_of
from blastradius.loaderkit.attributes import BRAND, camel, flat

_HEADING = f"{BRAND.lower()}-estate"


def write(estate: Estate) -> str:
    """The whole estate; what is nested is JSON text, the estate's heading a node of its own."""
    graph = graph_of(estate)
    ids = _apart(graph)
    nodes = [{"id": _HEADING, "kinds": [camel("estate")], "properties": _properties(graph.graph)}]
    for name, attributes in graph.nodes(data=True):
        nodes.append(
            {
                "id": ids[name],
                "kinds": [camel(attributes["kind"])],
                "properties": {"identifier": name, **_properties(attributes)},
            }
        )
    edges = [
        {
            "kind": camel(attributes["verb"]),
            "start": {"match_by": "id", "value": ids[source]},
            "end": {"match_by": "id", "value": ids[target]},
            "properties": {"relation": key, **_properties(attributes)},
        }
        for source, target, key, attributes in graph.edges(keys=True, data=True)
    ]
    return as_json({"metadata": {"source_kind": BRAND}, "graph": {"nodes": nodes, "edges": edges}}, levels=3)


def _apart(names: Iterable[str]) -> dict[str, str]:
    """An id for each name; BloodHound writes ids in capitals, so those that would fall together get a number."""
    taken = {_HEADING.upper()}
    found: dict[str, str] = {}
    for name in names:
        made, number = name, 1
        while made.upper() in taken:
            number += 1
            made = f"{name} ({number})"
        taken.add(made.upper())
        found[name] = made
    return found


def _properties(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Tags stay a list of texts, as the format allows; anything else that is nested becomes text."""
    tags = {"tags": attributes["tags"]} if attributes.get("tags") else {}
    return flat({name: value for name, value in attributes.items() if name not in ("tags", "kind", "verb")}) | tags


EXPORT = Export(
    name="opengraph",
    title="BloodHound OpenGraph (JSON)",
    suffix=".json",
    write=write,
    carries="everything",
)
