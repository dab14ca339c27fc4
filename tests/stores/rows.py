"""The rows that a push would send, asked as the server is: for laws that need no server."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from blastradius.estate import Estate
from blastradius.estate.excerpt import Stored
from blastradius.stores.neo4j.content import batches
from blastradius.stores.neo4j.graph import GUARDED_BY, Row


@dataclass
class Rows:
    """An estate as the nodes and relationships of a push."""

    estate: Estate

    @cached_property
    def nodes(self) -> dict[int, Row]:
        """The properties of each node, by its place."""
        sent = (row for batch in batches(self.estate) if batch.nodes for row in batch.rows)
        return {row["properties"]["place"]: row["properties"] | {"labels": row["labels"]} for row in sent}

    @cached_property
    def guards(self) -> dict[str, list[Stored]]:
        """The lines of what each entity guards."""
        found: dict[str, list[Stored]] = defaultdict(list)
        for row in (row for batch in batches(self.estate) if not batch.nodes for row in batch.rows):
            if row["type"] == GUARDED_BY:
                found[self.nodes[row["to"]]["id"]].append(_line(self.nodes[row["from"]]))
        return found

    @cached_property
    def joined(self) -> dict[str, list[Stored]]:
        """The lines of the relationships at each entity."""
        found: dict[str, list[Stored]] = defaultdict(list)
        for row in (row for batch in batches(self.estate) if not batch.nodes for row in batch.rows):
            if "record" in row["properties"]:
                for end in (row["from"], row["to"]):
                    found[self.nodes[end]["id"]].append(_line(row["properties"]))
        return found

    def zones(self) -> Iterable[Stored]:
        """All zones."""
        return [_line(node) for node in self.nodes.values() if "Zone" in node["labels"]]

    def entities(self, names: Collection[str]) -> Iterable[Stored]:
        """The entities of these ids."""
        return self._where("id", names)

    def called(self, labels: Collection[str]) -> Iterable[Stored]:
        """The entities of these display names."""
        return self._where("name", labels)

    def members(self, names: Collection[str]) -> Iterable[Stored]:
        """The entities of these APIs, and in these zones."""
        return [*self._where("api", names), *self._where("zone", names)]

    def guarded(self, names: Collection[str]) -> Iterable[Stored]:
        """The entities with a control that one of these runs."""
        return [line for name in names for line in self.guards.get(name, ())]

    def open(self) -> Iterable[Stored]:
        """The operations that anyone may call, and what acts on what it takes in."""
        return self._where("open", [True])

    def touching(self, names: Collection[str]) -> Iterable[Stored]:
        """The relations with one of these entities at an end, or as a key."""
        return [line for name in names for line in self.joined.get(name, ())]

    def _where(self, key: str, values: Collection[object]) -> Iterator[Stored]:
        wanted = set(values)
        return (_line(n) for n in self.nodes.values() if "Entity" in n["labels"] and n.get(key) in wanted)


def _line(properties: Row) -> Stored:
    return Stored(properties["place"], properties["record"])
