"""Copies and parts that are, in the end, of themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from blastradius.estate.lint.inventory import Inventory, finding
from blastradius.model import Kind, Note, Store, Verb


def circles(inventory: Inventory) -> Iterator[Note]:
    """Copies whose original is no store, or in the end themselves; parts of themselves."""
    names, entities = inventory.table.names, inventory.entities
    copies = {names[number]: _originals(inventory, names[number]) for number in sorted(inventory.table.fields.copy_of)}
    for copy, originals in copies.items():
        for original in originals:
            kind = entities[original].kind if original in entities else Kind.STORE
            if kind != Kind.STORE:
                message = f"{copy!r} is a copy of {original!r}, which is a {kind}; copy_of goes to a store"
                yield finding(entities[copy], message)
        if circle := _circle(copy, copies):
            yield finding(entities[copy], f"{copy!r} is a copy of itself ({' > '.join(circle)}); name the original")
    wholes = _wholes(inventory)
    for part in wholes:
        if circle := _circle(part, wholes):
            message = f"{part!r} is a part of itself ({' > '.join(circle)}); name the whole"
            yield finding(entities[part], message)


def _originals(inventory: Inventory, name: str) -> tuple[str, ...]:
    store = inventory.entities[name]
    return store.copy_of if isinstance(store, Store) else ()


def _wholes(inventory: Inventory) -> Mapping[str, list[str]]:
    """For each part what it is a part of."""
    found: dict[str, list[str]] = defaultdict(list)
    for relation in inventory.relations(inventory.along(Verb.PART_OF)):
        found[relation.sources[0]].append(relation.targets[0])
    return dict(found)


def _circle(name: str, ways_on: Mapping[str, list[str] | tuple[str, ...]]) -> tuple[str, ...] | None:
    """The shortest way from a thing back to it, of several the first by name, or ``None``."""
    ways: list[tuple[str, ...]] = [(name,)]
    seen = {name}
    for way in ways:
        for there in sorted(ways_on.get(way[-1], ())):
            if there == name:
                return (*way, name)
            if there not in seen:
                seen.add(there)
                ways.append((*way, there))
    return None
