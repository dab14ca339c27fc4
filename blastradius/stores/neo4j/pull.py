"""The estate that a database keeps, as it was pushed: every line of it, in order, and its digest compared."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from blastradius.errors import StoreError, did_you_mean
from blastradius.estate.snapshot import digest_of, loaded
from blastradius.reading import uncollected
from blastradius.stores.addresses import DEFAULT_ESTATE
from blastradius.stores.neo4j.connection import Connection
from blastradius.stores.neo4j.graph import SCHEMA
from blastradius.stores.neo4j.statements import statement

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

    from blastradius.loaderkit.contract import Loaded

_FILE = "pull.cypher"
_PLACES = 5_000
_TRIES = 5
Tell = Callable[[str, float | None], None]


def untold(what: str, share: float | None) -> None:
    """Tell nobody what is being done."""


@dataclass(frozen=True)
class Pointer:
    """What an estate's node points at: the load that is read, and what it must come to.

    ``whole`` is what is said of all of it in answers about a part of it; ``None`` where that was too long to be kept.
    """

    load: str
    schema: int
    heading: str
    digest: str
    facts: dict[str, int]
    gaps: tuple[str, ...]
    whole: str | None


def pointer(connection: Connection) -> Pointer | None:
    """The load that is read; ``None`` where the estate was never pushed.

    Raises:
        StoreError: it was written by a newer version, or the server refuses.
    """

    def work(tx: ManagedTransaction) -> dict[str, Any] | None:
        found = tx.run(statement(_FILE, "pointer"), estate=connection.address.estate).single()
        return found.data() if found else None

    found = connection.read(work)
    if found is None:
        return None
    if found["schema"] > SCHEMA:
        raise StoreError(
            f"{connection.address}: pushed by a newer version (schema {found['schema']}, this one reads {SCHEMA}); "
            f"use a newer blastradius"
        )
    if found["schema"] < SCHEMA:
        raise StoreError(
            f"{connection.address}: pushed by an older version (schema {found['schema']}, this one reads {SCHEMA}); "
            f"push the estate again"
        )
    return Pointer(
        found["load"],
        found["schema"],
        found["heading"],
        found["digest"],
        json.loads(found["facts"]),
        tuple(found["gaps"]),
        found["said"],
    )


def pull(connection: Connection, tell: Tell = untold) -> Loaded:
    """The estate as if its sources had just been loaded.

    Raises:
        StoreError: it was never pushed, or what is there is not what was pushed.
    """
    return loaded(pulled_lines(connection, tell), str(connection.address))


def pulled_lines(connection: Connection, tell: Tell = untold) -> list[str]:
    """The lines of the estate's snapshot.

    Raises:
        StoreError: it was never pushed, or what is there is not what was pushed.
    """
    for _ in range(_TRIES):
        now = pointer(connection)
        if now is None:
            raise StoreError(_unknown(connection))
        found = [now.heading, *records(connection, now.load, tell)]
        if digest_of(found) == now.digest:
            return found
        # a reader that is slower than two loads finds its own swept away
        after = pointer(connection)
        if after is not None and after.load == now.load:
            raise StoreError(f"{connection.address}: what is there is not what was pushed; push the estate again")
    raise StoreError(f"{connection.address}: the estate is loaded anew faster than it can be read; try again later")


@uncollected()
def records(connection: Connection, load: str, tell: Tell = untold) -> list[str]:
    """The lines of a load, but for the first, in order."""

    def last(tx: ManagedTransaction) -> int:
        place: int = tx.run(statement(_FILE, "last_place"), load=load).single(strict=True)["place"]
        return place

    found: dict[int, str] = {}
    places = connection.read(last) + 1
    for start in range(0, places, _PLACES):
        tell(f"reading {connection.address}", start / places)
        found |= connection.read(partial(_page, load, start))
    return [found[place] for place in sorted(found)]


def _page(load: str, start: int, tx: ManagedTransaction) -> dict[int, str]:
    page = {"load": load, "from": start, "to": start + _PLACES}
    found: dict[int, str] = {}
    for name in ("node_records", "relation_records"):
        rows = tx.run(statement(_FILE, name), page).single(strict=True)  # one of two lists: a row each costs six times
        found |= zip(rows["places"], rows["records"], strict=True)
    return found


def _unknown(connection: Connection) -> str:
    def work(tx: ManagedTransaction) -> list[str]:
        return [row["name"] for row in tx.run(statement(_FILE, "estates"))]

    names, name = connection.read(work), connection.address.estate
    if not names:
        return f"{connection.address}: no estate is kept there; push one with blastradius push"
    there = ", ".join(names[:10])
    way_out = did_you_mean(name, names, f"there are {there}; name one with ?estate=NAME")
    what = "no estate is called 'default'" if name == DEFAULT_ESTATE else f"no estate {name!r}"
    return f"{connection.address}: {what}{way_out}"
