"""Old loads and those that nobody finished are taken away, in bounded batches, their record last."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING

from blastradius.stores.neo4j.loads import Lease, renew
from blastradius.stores.neo4j.statements import statement

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

_FILE = "sweep.cypher"
_PLACES = 5_000
"""Places that are looked at in one transaction."""
_MOST = 10_000
"""Relationships that one transaction deletes; one node may have a million."""


def sweep(lease: Lease, kept: Collection[str]) -> None:
    """Delete the loads of an estate that are not kept.

    Raises:
        StoreError: the lease is another's, or the server refuses.
    """

    def left_over(tx: ManagedTransaction) -> list[str]:
        return [row["load"] for row in tx.run(statement(_FILE, "left_over"), estate=lease.estate, kept=[*kept])]

    loads = lease.connection.read(left_over)
    for load in loads:
        _delete(lease, load)


def _delete(lease: Lease, load: str) -> None:
    def last(tx: ManagedTransaction) -> int:
        place: int = tx.run(statement(_FILE, "last_place"), load=load).single(strict=True)["place"]
        return place

    pages = range(0, lease.connection.read(last) + 1, _PLACES)
    for start in pages:
        while lease.connection.write(partial(_relationships, lease, load, start)) == _MOST:
            pass
    for start in pages:
        lease.connection.write(partial(_nodes, lease, load, start))
    lease.connection.write(partial(_record, lease, load))


def _relationships(lease: Lease, load: str, start: int, tx: ManagedTransaction) -> int:
    renew(tx, lease)
    page = {"load": load, "from": start, "to": start + _PLACES, "most": _MOST}
    gone: int = tx.run(statement(_FILE, "delete_relationships"), page).single(strict=True)["gone"]
    return gone


def _nodes(lease: Lease, load: str, start: int, tx: ManagedTransaction) -> None:
    renew(tx, lease)
    tx.run(statement(_FILE, "delete_nodes"), {"load": load, "from": start, "to": start + _PLACES}).consume()


def _record(lease: Lease, load: str, tx: ManagedTransaction) -> None:
    renew(tx, lease)
    tx.run(statement(_FILE, "delete_load"), load=load).consume()
