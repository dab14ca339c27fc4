"""CSV: one row for each pair of things that a relation joins."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from blastradius.estate import Estate
from blastradius.exporting.contract import Export
from blastradius.exporting.graph import graph_of
from blastradius.loaderkit.attributes import escaped, flat

HEADER = (
    "source", "source kind", "source name", "verb", "target", "target kind", "target name", "extent", "dependency",
    "buffer_h", "at_least", "capacity_loss", "brittle", "vote_min", "on_bad", "on_missing", "obeys", "keys", "needs",
    "delay_h", "controls", "unknown", "seen_by", "basis", "also", "relation",
)  # fmt: skip
# a spreadsheet takes a cell that starts like this for a formula; the quote itself, so that it can be taken off again
_FORMULA = tuple("=+-@'")


def write(estate: Estate) -> str:
    """The relations with their ends; a thing that nothing is related to has a row without a verb."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows([_cell(row.get(column, "")) for column in HEADER] for row in _rows(estate))
    return out.getvalue()


def _rows(estate: Estate) -> Iterator[dict[str, Any]]:
    graph = graph_of(estate)
    for source, target, key, attributes in graph.edges(keys=True, data=True):
        ends = _end("source", source, graph.nodes[source]) | _end("target", target, graph.nodes[target])
        yield ends | flat(attributes) | {"relation": key}
    for name, attributes in graph.nodes(data=True):
        if not graph.degree(name):
            yield _end("source", name, attributes)


def _end(side: str, name: str, attributes: dict[str, Any]) -> dict[str, Any]:
    return {side: name, f"{side} kind": attributes["kind"], f"{side} name": attributes.get("name", "")}


def _cell(value: Any) -> str:
    text = escaped(str(value).lower() if isinstance(value, bool) else str(value))
    return f"'{text}" if text.startswith(_FORMULA) else text


EXPORT = Export(
    name="csv",
    title="Pairs of related things (CSV)",
    suffix=".csv",
    write=write,
    carries="relations whole; of things id, kind and name",
)
