"""An estate into a database: all of it or nothing, and what was there stays until the new one is whole."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from blastradius.errors import IncompleteError, StoreError
from blastradius.estate import Estate
from blastradius.estate.snapshot import digest_of
from blastradius.stores.neo4j.connection import Connection
from blastradius.stores.neo4j.content import BATCH, Content, content_of
from blastradius.stores.neo4j.graph import SCHEMA
from blastradius.stores.neo4j.loads import LEASE_MS, Lease, flip, prepare, release, take, write
from blastradius.stores.neo4j.pull import Pointer, Tell, pointer, records, untold
from blastradius.stores.neo4j.statements import statement
from blastradius.stores.neo4j.status import foreign_nodes, stamped
from blastradius.stores.neo4j.sweep import sweep

_SHRINK = 0.1
_FEW = 20
"""Of fewer things than this some may go without a question, unless it is all of them."""


def _nothing(step: str) -> None:
    """Nothing is done after a step."""


@dataclass(frozen=True)
class Pushed:
    """What a push did: ``load`` is what is read now; ``written`` whether anything was; ``facts`` how many of each."""

    load: str
    written: bool
    facts: dict[str, int]
    digest: str


@dataclass(frozen=True)
class Allowed:
    """What a push may do that is asked about otherwise."""

    shrink: bool = False
    incomplete: bool = False
    beside_others: bool = False


def push(
    connection: Connection,
    estate: Estate,
    allowed: Allowed = Allowed(),
    *,
    tell: Tell = untold,
    batch: int = BATCH,
    lasts_ms: int = LEASE_MS,
    after: Callable[[str], None] = _nothing,
) -> Pushed:
    """Push an estate; nothing is written where the database has it already.

    ``batch`` is the number of rows of a transaction; ``after`` is called when a step is done, by its name.

    Raises:
        InputError: something in it that the server would not keep as it is.
        IncompleteError: it has lost much, or a source says that a part of it is missing.
        StoreError: the server refuses, or another one is loading the estate.
    """
    tell("looking through the estate", None)
    content = content_of(estate, batch)
    _refuse_others(connection, allowed)
    before = _before(connection)
    if before is not None and (before.digest, before.schema) == (content.digest, SCHEMA):
        return Pushed(before.load, False, content.facts, content.digest)
    if before is not None:
        _refuse_losses(connection, before, content, allowed)
    prepare(connection)
    lease = take(connection, uuid.uuid4().hex, lasts_ms)
    try:
        after("lease")
        _load(lease, content, tell, after)
    finally:
        with contextlib.suppress(StoreError):  # it ends by itself
            release(lease)
    return Pushed(lease.load, True, content.facts, content.digest)


def _load(lease: Lease, content: Content, tell: Tell, after: Callable[[str], None]) -> None:
    """Write, verify, flip and sweep."""
    current, previous = _kept(lease)
    sweep(lease, {current, previous, lease.load})
    after("swept")
    done, total = 0, content.nodes + content.relationships
    for number, waiting in enumerate(content.batches):
        tell(f"writing to {lease.connection.address}", done / (total or 1))
        write(lease, number, waiting.batch())
        done += waiting.size
        after(f"batch {number}")
    tell("comparing what is there with what was sent", None)
    if digest_of([content.heading, *records(lease.connection, lease.load)]) != content.digest:
        raise StoreError(f"{lease.connection.address}: what is there is not what was sent; push again")
    after("verified")
    flip(lease, content)
    after("flipped")
    tell("sweeping old loads", None)
    sweep(lease, {current, lease.load})


def _kept(lease: Lease) -> tuple[str, str]:
    """The load that is read, and the one before it, whose readers may not have ended."""
    found = lease.connection.read(
        lambda tx: tx.run(statement("push.cypher", "estate"), estate=lease.estate).single(strict=True).data()
    )
    return found["load"] or "", found["previous"] or ""


def _before(connection: Connection) -> Pointer | None:
    """The load that is read; one of an older version is as none, for it is replaced."""
    version = stamped(connection)
    if version is not None and version > SCHEMA:
        raise StoreError(
            f"{connection.address}: the database is of a newer version (schema {version}, this one writes {SCHEMA}); "
            f"use a newer blastradius"
        )
    return pointer(connection) if version == SCHEMA else None


def _refuse_others(connection: Connection, allowed: Allowed) -> None:
    """Refuse a database that holds somebody else's data, unless ours is there already or may be."""
    if allowed.beside_others or stamped(connection) is not None:
        return
    found = foreign_nodes(connection)
    if found:
        count = f"{found:,}" if found < 1000 else "1,000 or more"
        raise StoreError(
            f"{connection.address}: {count} nodes of something else are in this database; name one of its own "
            f"(neo4j://HOST/DATABASE), or say --beside-others"
        )


def _refuse_losses(connection: Connection, before: Pointer, content: Content, allowed: Allowed) -> None:
    """Refuse to take a source that is missing or cut off for one whose things are gone."""
    new = [says for gap, says in content.gaps.items() if gap not in before.gaps]
    if new and not allowed.incomplete:
        why = "not pushed, for a source says that it is not whole, and was whole before"
        way_out = "load the rest of it, or say --accept-incomplete"
        raise IncompleteError("\n".join([*new, f"{connection.address}: {why}; {way_out}"]))
    lost = losses(before.facts, content.facts)
    if lost and not allowed.shrink:
        raise IncompleteError(
            f"{connection.address}: not pushed, for more than a tenth would be gone: {'; '.join(lost)}; "
            f"look whether a source is missing, or say --accept-shrink"
        )


def losses(before: Mapping[str, int], now: Mapping[str, int]) -> list[str]:
    """Of which families and verbs, and of all together, more than a tenth is gone."""
    families = [(name, count, now.get(name, 0)) for name, count in before.items() if name != "note"]
    total = ("things in all", sum(count for _, count, _ in families), sum(kept for _, _, kept in families))
    return [
        f"{name} {count:,} -> {kept:,}"
        for name, count, kept in (total, *families)
        if kept < count * (1 - _SHRINK) and (count >= _FEW or not kept or name == total[0])
    ]
