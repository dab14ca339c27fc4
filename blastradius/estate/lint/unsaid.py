"""What is taken for granted elsewhere in the inventory, and said nowhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from blastradius.estate.lint.inventory import Inventory, finding
from blastradius.loaderkit.names import first_few
from blastradius.model import Kind, Note, Relation, Verb

_WRITTEN = ("native", "lines")
"""Sources that people write for us, who can declare a zone; what others call one is their own term."""
_TAKEN_IN = (Verb.CONSUMES, Verb.READS, Verb.CALLS, Verb.INSTALLS)


def unknown_zones(inventory: Inventory) -> Iterator[Note]:
    """Zones that things lie in, and that nobody declares: they can be neither flat nor named."""
    for zone, name in sorted(inventory.table.fields.zones.items()):
        thing = inventory.entities[name]
        sources = {place.source for place in thing.provenance}
        if zone not in inventory.zones and not (sources and sources.isdisjoint(_WRITTEN)):
            close = get_close_matches(zone, inventory.zones, n=1)
            way_out = f"did you mean {close[0]!r}?" if close else "say under `zones` whether it is flat"
            yield finding(thing, f"{thing.id!r} lies in the zone {zone!r}, which is not declared; {way_out}")


def feeds_not_read(inventory: Inventory) -> Iterator[Note]:
    """Processes that cannot do without a feed, and of which nobody says that they go by what it says."""
    depends = inventory.along(Verb.DEPENDS_ON)
    depends &= inventory.of_kind(Kind.PROCESS)[inventory.table.relations.sources.first]
    takers: Mapping[str, set[str]] | None = None
    for relation in inventory.relations(depends):
        feeds = [name for name in relation.targets if inventory.entities[name].kind == Kind.FEED]
        if feeds and takers is None:
            takers = _informed(inventory)
        for feed in feeds:
            if takers is not None and relation.sources[0] not in takers[feed]:
                yield finding(
                    relation,
                    f"{relation.sources[0]!r} depends on {feed!r} and takes no data from it, so it is never wrong "
                    "where that is; if it goes by its data, say `consumes`",
                )


def _informed(inventory: Inventory) -> Mapping[str, set[str]]:
    """For each feed the processes that take it in, or that a service which does informs."""
    informs: dict[str, set[str]] = defaultdict(set)
    for relation in inventory.relations(inventory.along(Verb.INFORMS)):
        informs[relation.sources[0]].add(relation.targets[0])
    found: dict[str, set[str]] = defaultdict(set)
    for relation in inventory.relations(inventory.along(Verb.CONSUMES, Verb.READS)):
        for feed in relation.targets:
            found[feed] |= {relation.sources[0], *informs[relation.sources[0]]}
    return found


def unasked_parts(inventory: Inventory) -> Iterator[Note]:
    """What a whole takes in, and of none of its parts is said whether it does."""
    parts: dict[str, list[str]] = defaultdict(list)
    for relation in inventory.relations(inventory.along(Verb.PART_OF)):
        parts[relation.targets[0]].append(relation.sources[0])
    if not parts:
        return
    taken = [*inventory.relations(inventory.along(*_TAKEN_IN))]
    by_taker: dict[str, set[str]] = defaultdict(set)
    for relation in taken:
        by_taker[relation.sources[0]].update(relation.targets)
    for relation in taken:
        own = parts.get(relation.sources[0], [])
        if own and not any(by_taker[part] & set(relation.targets) for part in own):
            yield finding(relation, _of_parts(relation, sorted(own)))


def _of_parts(relation: Relation, parts: list[str]) -> str:
    taken = ", ".join(map(repr, relation.targets))
    return (
        f"{relation.sources[0]!r} takes in {taken}, and its parts ({first_few(parts)}) do not say whether they do; "
        "say it of the parts that do"
    )
