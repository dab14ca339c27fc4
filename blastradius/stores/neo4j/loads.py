"""The steps of a load, each one transaction that may be done again: lease, batches, flip, release.

Whoever holds the lease of an estate may write. A transaction first locks the estate's node, then reads whether the
lease is still its own, so that one whose lease was taken over writes nothing any more.
"""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blastradius.errors import StoreError
from blastradius.stores.neo4j.connection import Connection
from blastradius.stores.neo4j.content import Batch, Content
from blastradius.stores.neo4j.graph import SCHEMA
from blastradius.stores.neo4j.statements import statement

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

LEASE_MS = 60_000
"""How long a lease lasts since its last transaction."""
_FILE = "push.cypher"
_PREPARING = (
    "place_is_unique",
    "id_is_found",
    "name_is_found",
    "api_is_found",
    "zone_is_found",
    "open_is_found",
    "estate_is_unique",
    "load_is_unique",
    "stamp_is_unique",
    "indexes_are_ready",
)


@dataclass(frozen=True)
class Lease:
    """The right to load one estate: ``token`` tells its holder from any other, ``load`` is what is being written."""

    connection: Connection
    token: str
    load: str
    lasts_ms: int = LEASE_MS

    @property
    def estate(self) -> str:
        """The estate that it is for."""
        return self.connection.address.estate


def prepare(connection: Connection) -> None:
    """Make what every load relies on: unique keys first, for without them writers make things twice.

    Raises:
        StoreError: the database cannot be written to, or holds what breaks a key.
    """
    for name in _PREPARING:
        connection.declare(_FILE, name)
    connection.execute(_FILE, "stamp", schema=SCHEMA)


def take(connection: Connection, token: str, lasts_ms: int = LEASE_MS) -> Lease:
    """The lease of an estate, and the record of a new load.

    Raises:
        StoreError: another one is loading it.
    """
    estate, holder = connection.address.estate, f"{socket.gethostname()} (process {os.getpid()})"

    def work(tx: ManagedTransaction) -> str:
        now = _locked(tx, estate)
        if now["lease"] == token:  # done before, and the answer was lost
            return f"{estate}#{now['number']}"
        if _is_held(now, lasts_ms):
            left = max(1, round((now["until"] - now["now"]) / 1000))
            who = f"{connection.address}: {now['holder']}"
            raise StoreError(f"{who} is loading this estate; try again later, or in {left} s if it died")
        number = now["number"] + 1
        key = f"{estate}#{number}"
        stated = {"token": token, "holder": holder, "lease": lasts_ms, "schema": SCHEMA}
        tx.run(statement(_FILE, "begin"), {**stated, "estate": estate, "number": number, "load": key}).consume()
        return key

    return Lease(connection, token, connection.write(work), lasts_ms)


def renew(tx: ManagedTransaction, lease: Lease) -> dict[str, Any]:
    """Lock the estate and make the lease last; what its node says.

    Raises:
        StoreError: it is another's by now.
    """
    now = _locked(tx, lease.estate)
    if now["lease"] != lease.token:
        who = now["holder"] or "another load"
        raise StoreError(
            f"{lease.connection.address}: {who} took over while this load was held up; nothing of it counts; push again"
        )
    tx.run(statement(_FILE, "renew"), estate=lease.estate, lease=lease.lasts_ms).consume()
    return now


def write(lease: Lease, number: int, batch: Batch) -> None:
    """Write a batch, the ``number``-th; nothing where it was written before.

    Raises:
        StoreError: the lease is another's, or the server refuses.
    """

    def work(tx: ManagedTransaction) -> None:
        renew(tx, lease)
        done = tx.run(statement(_FILE, "batches"), load=lease.load).single(strict=True)["batches"]
        if done == number:
            name = "create_nodes" if batch.nodes else "create_relationships"
            tx.run(statement(_FILE, name), rows=batch.rows, load=lease.load).consume()
            tx.run(statement(_FILE, "count_batch"), load=lease.load, batches=number + 1).consume()

    lease.connection.write(work)


def flip(lease: Lease, content: Content) -> None:
    """Make the load the one that is read, if all of it is there.

    Raises:
        StoreError: something of it is missing, or the lease is another's.
    """

    def work(tx: ManagedTransaction) -> None:
        if renew(tx, lease)["load"] == lease.load:  # done before, and the answer was lost
            return
        for name, expected in (("nodes", content.nodes), ("relationships", content.relationships)):
            found = tx.run(statement(_FILE, f"count_{name}"), load=lease.load).single(strict=True)["found"]
            if found != expected:
                raise StoreError(f"{lease.connection.address}: {found:,} {name} of {expected:,} are there; push again")
        stated: dict[str, Any] = {"heading": content.heading, "digest": content.digest, "gaps": [*content.gaps]}
        stated |= {"nodes": content.nodes, "relationships": content.relationships, "facts": json.dumps(content.facts)}
        stated["said"] = content.whole
        tx.run(statement(_FILE, "flip"), {**stated, "estate": lease.estate, "load": lease.load}).consume()

    lease.connection.write(work)


def release(lease: Lease) -> None:
    """Give the lease back.

    Raises:
        StoreError: the server does not answer; the lease ends by itself then.
    """
    lease.connection.execute(_FILE, "release", estate=lease.estate, token=lease.token)


def _locked(tx: ManagedTransaction, estate: str) -> dict[str, Any]:
    tx.run(statement(_FILE, "lock"), estate=estate).consume()
    return tx.run(statement(_FILE, "estate"), estate=estate).single(strict=True).data()


def _is_held(now: dict[str, Any], lasts_ms: int) -> bool:
    """Whether a lease is another's; one that ends later than any could is of a clock that was set back since."""
    if now["lease"] is None:
        return False
    left: int = now["until"] - now["now"]
    return 0 < left <= 2 * max(lasts_ms, LEASE_MS)
