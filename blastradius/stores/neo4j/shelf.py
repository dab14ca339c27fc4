"""A load as a shelf: the lines around some things, asked for by their ids, so that no more of an estate is read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from blastradius.estate.excerpt import Stored
from blastradius.stores.neo4j.connection import Connection
from blastradius.stores.neo4j.graph import called
from blastradius.stores.neo4j.statements import statement

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

_FILE = "part.cypher"
_NAMES = 5_000
"""Ids that one query is asked about."""


@dataclass(frozen=True)
class LoadShelf:
    """One load of an estate; every method may raise ``StoreError``."""

    connection: Connection
    load: str

    def zones(self) -> Iterable[Stored]:
        """All zones."""
        return self._lines("zones")

    def entities(self, names: Collection[str]) -> Iterable[Stored]:
        """The entities of these ids."""
        return self._about("entities", names)

    def called(self, labels: Collection[str]) -> Iterable[Stored]:
        """The entities of these display names."""
        return self._about("called", {*map(called, labels)})

    def touching(self, names: Collection[str]) -> Iterable[Stored]:
        """The relations with one of these entities at an end, as a key, or running a control of theirs."""
        return self._about("touching", names)

    def guarded(self, names: Collection[str]) -> Iterable[Stored]:
        """The entities with a control that one of these runs."""
        return self._about("guarded", names)

    def members(self, names: Collection[str]) -> Iterable[Stored]:
        """The entities of these APIs, and in these zones."""
        yield from self._about("of_apis", names)
        yield from self._about("in_zones", names)

    def open(self) -> Iterable[Stored]:
        """The operations that anyone may call, and what acts on what it takes in."""
        return self._lines("open")

    def is_kept(self) -> bool:
        """Whether it is the load that is read, or the one before it: what is read of it is whole."""

        def work(tx: ManagedTransaction) -> bool:
            stated = {"estate": self.connection.address.estate, "load": self.load}
            found = tx.run(statement(_FILE, "is_kept"), stated).single()
            return bool(found and found["kept"])

        return self.connection.read(work)

    def ring(self, names: Collection[str]) -> int:
        """How many relationships at least touch what is joined to these entities; none of them is read."""
        ends = (
            self.connection.read(partial(_ends, {"load": self.load, "names": some})) for some in self._in_parts(names)
        )
        return max(ends, default=0) // 2  # each may have been met from both sides

    def _about(self, name: str, names: Collection[str]) -> Iterator[Stored]:
        for some in self._in_parts(names):
            yield from self._lines(name, some)

    @staticmethod
    def _in_parts(names: Collection[str]) -> Iterator[list[str]]:
        waiting = iter(sorted(filter(_is_sent, names)))
        while some := list(islice(waiting, _NAMES)):
            yield some

    def _lines(self, name: str, names: Collection[str] = ()) -> list[Stored]:
        return self.connection.read(partial(_read, name, {"load": self.load, "names": [*names]}))


def _is_sent(name: str) -> bool:
    """Whether a text can be asked about; nothing is called by half a character."""
    return name.isascii() or not any("\ud800" <= char <= "\udfff" for char in name)


def _read(name: str, stated: dict[str, object], tx: ManagedTransaction) -> list[Stored]:
    found = tx.run(statement(_FILE, name), stated).single(strict=True)
    return [*map(Stored, found["places"], found["records"])]


def _ends(stated: dict[str, object], tx: ManagedTransaction) -> int:
    found: int = tx.run(statement(_FILE, "ring"), stated).single(strict=True)["ends"]
    return found
