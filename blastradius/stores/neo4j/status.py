"""What a database keeps: the estates in it, which load of each is read, and who is loading one."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blastradius.stores.neo4j.connection import Connection
from blastradius.stores.neo4j.statements import statement

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

_FILE = "status.cypher"


@dataclass(frozen=True)
class Stored:
    """One estate: ``loaded_at`` in ISO 8601 (UTC); ``loading`` who holds its lease; ``unfinished`` loads left over."""

    estate: str
    load: str | None
    previous: str | None
    facts: dict[str, int]
    digest: str | None
    schema: int | None
    loaded_at: str | None
    loading: str | None
    unfinished: int


def status(connection: Connection) -> list[Stored]:
    """The estates that a database keeps, by name.

    Raises:
        StoreError: the server refuses.
    """

    def work(tx: ManagedTransaction) -> list[dict[str, Any]]:
        return tx.run(statement(_FILE, "status")).data()

    rows = connection.read(work)
    return [_stored(row) for row in rows if row["name"] is not None]  # one that is taken away meanwhile says nothing


def stamped(connection: Connection) -> int | None:
    """The version of what the database holds; ``None`` where nothing of ours is in it.

    Raises:
        StoreError: the server refuses.
    """

    def work(tx: ManagedTransaction) -> int | None:
        found = tx.run(statement(_FILE, "stamp")).single()
        return found["version"] if found else None

    return connection.read(work)


def foreign_nodes(connection: Connection) -> int:
    """How many nodes in the database are not ours, counted up to a thousand.

    Raises:
        StoreError: the server refuses.
    """

    def work(tx: ManagedTransaction) -> int:
        found: int = tx.run(statement(_FILE, "others")).single(strict=True)["found"]
        return found

    return connection.read(work)


def _stored(row: dict[str, Any]) -> Stored:
    held = row["until"] is not None and row["until"] > row["now"]
    return Stored(
        estate=row["name"],
        load=row["load"],
        previous=row["previous"],
        facts=json.loads(row["facts"] or "{}"),
        digest=row["digest"],
        schema=row["schema"],
        loaded_at=_time(row["ended"]),
        loading=row["holder"] if held else None,
        unfinished=row["unfinished"] - held if row["unfinished"] else 0,
    )


def _time(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    return datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.UTC).isoformat(timespec="seconds")
