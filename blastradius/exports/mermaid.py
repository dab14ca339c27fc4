"""Mermaid: a flowchart for Markdown pages and wikis, a box for each zone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from blastradius.errors import UsageError
from blastradius.escape import cut, visible
from blastradius.estate import Estate
from blastradius.exporting.contract import Export
from blastradius.model import Entity, Kind, Relation

# what Mermaid draws without settings of its own; beyond it shows an error in place of the chart
MAX_EDGES = 500
MAX_TEXT = 50_000
_MAX_LABEL = 80
_PLAIN = re.compile(r"[^\w .,/-]|_")
_SHAPES = {
    Kind.PARTY: ('(["', '"])'),
    Kind.CREDENTIAL: ('>"', '"]'),
    Kind.SCOPE: ('{{"', '"}}'),
    Kind.OPERATION: ('["', '"]'),
    Kind.SERVICE: ('("', '")'),
    Kind.STORE: ('[("', '")]'),
    Kind.FEED: ('[/"', '"/]'),
    Kind.PROCESS: ('[["', '"]]'),
}


def write(estate: Estate) -> str:
    """Names, kinds, zones and verbs; for people to look at, not to be read back.

    Raises:
        UsageError: more than Mermaid draws.
    """
    edges = sum(len(relation.sources) * len(relation.targets) for relation in estate.relations.values())
    if edges > MAX_EDGES:
        raise UsageError(f"{edges:,} edges, and Mermaid draws {MAX_EDGES}; choose another format, or export less")
    names = {name: f"n{number}" for number, name in enumerate(estate.entities)}
    text = "\n".join(("flowchart LR", *_nodes(estate, names), *_edges(estate.relations.values(), names))) + "\n"
    if len(text) > MAX_TEXT:
        raise UsageError(f"{len(text):,} characters, and Mermaid draws {MAX_TEXT:,}; choose another format")
    return text


def _nodes(estate: Estate, names: dict[str, str]) -> Iterator[str]:
    zones = sorted({entity.zone for entity in estate.entities.values() if entity.zone is not None})
    for number, zone in enumerate(zones):
        known = estate.zones.get(zone)
        yield f'  subgraph z{number}["{label(known.label if known else zone)}"]'
        yield from (f"    {_node(entity, names)}" for entity in estate.entities.values() if entity.zone == zone)
        yield "  end"
    yield from (f"  {_node(entity, names)}" for entity in estate.entities.values() if entity.zone is None)


def _node(entity: Entity, names: dict[str, str]) -> str:
    before, after = _SHAPES[entity.kind]
    return f"{names[entity.id]}{before}{label(entity.label)}{after}"


def _edges(relations: Iterable[Relation], names: dict[str, str]) -> Iterator[str]:
    for relation in relations:
        for source in relation.sources:
            for target in relation.targets:
                yield f'  {names[source]} -->|"{label(relation.verb)}"| {names[target]}'


def label(text: str) -> str:
    """A name that Mermaid shows and never obeys: all but letters, digits and some marks as character codes."""
    return _PLAIN.sub(lambda found: f"#{ord(found.group())};", cut(visible(text), _MAX_LABEL))


EXPORT = Export(
    name="mermaid",
    title="Mermaid flowchart",
    suffix=".mmd",
    write=write,
    carries="names, kinds, zones and verbs, to look at",
)
