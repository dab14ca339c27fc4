"""The generated page on the graph that an estate is in Neo4j."""

from __future__ import annotations

from collections.abc import Iterable

from blastradius.model import ENTITY_TYPES, SIGNATURES, Kind, Relation, Verb, Zone
from blastradius.stores.neo4j import graph

_HEAD = """# The graph in Neo4j

What `blastradius push` writes, schema version {schema}. Labels, relationship types and property keys are these and no
others; what sources say is only ever a value. [The shared estate](neo4j.md) says how it is loaded, and has questions
to ask it by hand.

A database keeps several estates, and of each the load that is read and the one before it. A query therefore starts at
the estate's node, and every node of a load has the `load` it belongs to:

```cypher
MATCH (estate:Estate {{name: 'default'}})
MATCH (party:Party {{load: estate.load}})-[:HOLDS]->(key:Credential)-[:GRANTS]->(scope:Scope)
RETURN party.name, key.id, scope.id
```

The database is a copy. `record` holds the line of the estate's snapshot, from which the estate comes back; the other
properties are for people to ask by. Who changes something there by hand changes no source, and the next push takes it
away.
"""
_MADE = """
## Keys of our own

| key | on | says |
|---|---|---|
| `load` | every node of a load | which load it belongs to |
| `place` | nodes and relationships | where its line stands in the snapshot |
| `record` | nodes and relationships | the line itself, all that the sources say |
| `called` | entities | the display name, as an index takes it |
| `open` | entities | anyone may call it, or it acts on what it takes in |
| `provenance` | nodes and relationships | where it was read: file, line and column |
| `controls` | nodes and relationships | the kinds of controls in use that are said to work |
| `controls_down` | nodes and relationships | those that stop nothing, or are stated not to be there |
| `all_of` | relationships | all of so many sources are needed together; each has a relationship of its own |
| `any_of` | relationships | the relation has so many targets; each has a relationship of its own |
| `kind` | `Note`, `GUARDED_BY`, `ALONG_GUARDED_BY` | the kind of the note, or of the control |
| `message`, `about` | `Note` | what is said, and of which things |
"""


def page() -> str:
    """The whole page."""
    return "\n".join([_HEAD.format(schema=graph.SCHEMA), *_nodes(), *_relationships(), _MADE, *_records()])


def _nodes() -> Iterable[str]:
    yield f"## Nodes\n\nEvery node of a load has the label `{graph.COMMON}`; every entity `{graph.ENTITY}` besides.\n"
    yield "| label | keys |\n|---|---|"
    for kind in Kind:
        yield f"| `{graph.LABELS[str(kind)]}` | {_keys(ENTITY_TYPES[kind].model_fields, graph.ENTITY_KEYS)} |"
    yield f"| `{graph.LABELS['zone']}` | {_keys(Zone.model_fields, graph.ENTITY_KEYS)} |"
    yield f"| `{graph.LABELS['expectation']}`, `{graph.LABELS['exercise']}` | `name` |"
    yield f"| `{graph.LABELS['note']}` | `kind`, `message`, `about` |"


def _relationships() -> Iterable[str]:
    yield "\n## Relationships\n"
    keys = _keys(Relation.model_fields, graph.RELATION_KEYS)
    yield f"Those of relations have `id` and, where it is said, {keys}.\n"
    yield "| from | type | to |\n|---|---|---|"
    for verb in Verb:
        ends = SIGNATURES[verb]
        yield f"| {_labels(ends.sources)} | `{graph.TYPES[verb]}` | {_labels(ends.targets)} |"
    yield f"| things in it | `{graph.IN_ZONE}` | Zone |"
    yield f"| Store | `{graph.COPY_OF}` | Store |"
    yield f"| what a control stands on | `{graph.GUARDED_BY}` | who runs the control |"
    yield f"| the source of a relation | `{graph.WITH_KEY}` | a key that goes with it |"
    yield f"| the source of a relation | `{graph.ALONG_GUARDED_BY}` | who runs a control on the relation |"


def _records() -> Iterable[str]:
    yield "## What says what is loaded\n"
    yield "| label | keys |\n|---|---|"
    yield (
        f"| `{graph.ESTATE}` | `name`; `load`, the one that is read; `previous`, the one before; `number`, the last; "
        f"while one is loaded `lease`, `lease_until`, `holder`; `touched` |"
    )
    yield (
        f"| `{graph.LOAD}` | `key`, `estate`, `number`, `schema`, `batches`, `whole`, `begun`, `ended`, `holder`, "
        f"`heading`, `digest`, `nodes`, `relationships`, `facts`, `gaps`, `said` |"
    )
    yield f"| `{graph.STAMP}` | `id`, `version` of the schema |\n"


def _keys(fields: Iterable[str], known: frozenset[str]) -> str:
    return ", ".join(f"`{name}`" for name in fields if name in known)


def _labels(kinds: Iterable[Kind]) -> str:
    return ", ".join(sorted(graph.LABELS[str(kind)] for kind in kinds))
