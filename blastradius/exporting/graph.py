"""What the graph formats have in common: the estate's graph with its heading, and JSON that no terminal obeys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from blastradius.escape import acts

if TYPE_CHECKING:
    import networkx as nx

    from blastradius.estate import Estate


def graph_of(estate: Estate) -> nx.MultiDiGraph[str]:
    """The estate's graph; title, date, zones, expectations and exercises are attributes of the whole."""
    graph = estate.to_networkx()
    heading = {
        "title": estate.title,
        "as_of": estate.as_of,
        "zones": [zone.model_dump(mode="json", exclude_none=True) for zone in estate.zones.values()],
        "expectations": [expected.model_dump(mode="json", exclude_defaults=True) for expected in estate.expectations],
        "exercises": [exercise.model_dump(mode="json", exclude_defaults=True) for exercise in estate.exercises],
    }
    graph.graph |= heading
    graph.graph = {name: value for name, value in graph.graph.items() if value}
    return graph


def as_json(data: Any, levels: int = 2) -> str:
    """Data as JSON text, so many levels of it with a line for each item.

    What a terminal would obey is an escape, so that the value stays the same.
    """
    text = _lines(data, levels, "\n")
    unsafe = {ord(char): json.dumps(char)[1:-1] for char in set(text) if char not in "\n\x7f" and acts(char)}
    return text.translate(unsafe | {0x7F: "\\u007f"}) + "\n"


def _lines(data: Any, levels: int, start: str) -> str:
    if not levels or not data or not isinstance(data, (dict, list)):
        return json.dumps(data, ensure_ascii=False, allow_nan=False)
    inner = f"{start} "
    if isinstance(data, list):
        return "[" + ",".join(inner + _lines(item, levels - 1, inner) for item in data) + f"{start}]"
    entries = (f"{inner}{json.dumps(name)}: {_lines(value, levels - 1, inner)}" for name, value in data.items())
    return "{" + ",".join(entries) + f"{start}}}"
