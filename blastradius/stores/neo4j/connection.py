"""A connection to one database: reads, and writes that may be done again because doing them twice changes nothing."""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any, TypeVar

from blastradius.errors import StoreError, UsageError
from blastradius.stores.addresses import Address, address_of
from blastradius.stores.credentials import credentials
from blastradius.stores.neo4j.statements import statement

if TYPE_CHECKING:
    from neo4j import Driver, ManagedTransaction, Session

    from blastradius.stores.neo4j.refusals import Refusal

Result = TypeVar("Result")
Work = Callable[["ManagedTransaction"], Result]
_OLDEST = (5, 26)
_PAUSES = (0.1, 0.5, 1, 2, 4, 8, 15, 30)
"""Seconds between tries, when the server is gone in the middle of something: it may be starting again."""

_MADE_MEANWHILE = (
    "Neo.ClientError.Schema.EquivalentSchemaRuleAlreadyExists",
    "Neo.ClientError.Schema.ConstraintAlreadyExists",
    "Neo.ClientError.Schema.IndexAlreadyExists",
)
"""What the server says, in spite of IF NOT EXISTS, of what was made while it looked."""


@dataclass
class Connection:
    """A database of a server, and the estate in it that is spoken of."""

    address: Address
    driver: Driver
    pauses: tuple[float, ...] = _PAUSES

    def read(self, work: Work[Result]) -> Result:
        """What a reading transaction returns; it may run more than once.

        Raises:
            StoreError: the server refuses, or does not answer for a minute.
        """
        return self._patiently(lambda session: session.execute_read(work))

    def write(self, work: Work[Result]) -> Result:
        """What a writing transaction returns; it may run more than once, also after it was committed.

        Raises:
            StoreError: the server refuses, or does not answer for a minute.
        """
        return self._patiently(lambda session: session.execute_write(work))

    def _patiently(self, transaction: Callable[[Session], Result]) -> Result:
        """Do it again when the connection is lost; the driver does not where that was around a COMMIT, even of a read.

        Perhaps it was committed: what writes looks before it writes.
        """
        from neo4j.exceptions import ServiceUnavailable, SessionExpired

        until = time.monotonic() + sum(self.pauses)  # the driver waits, too
        for pause in (*self.pauses, inf):
            with self._refusals(), self.driver.session(database=self.address.database) as session:
                try:
                    return transaction(session)
                except (ServiceUnavailable, SessionExpired):
                    if time.monotonic() + pause > until:
                        raise
            time.sleep(pause)
        raise AssertionError

    def execute(self, file: str, name: str, **stated: Any) -> None:
        """Run one writing query of a file in a transaction of its own.

        Raises:
            StoreError: the server refuses, or does not answer for a minute.
        """
        self.write(lambda tx: tx.run(statement(file, name), stated).consume())

    def declare(self, file: str, name: str) -> None:
        """Make an index or a constraint; that another loader makes the same at the same time is as good.

        Raises:
            StoreError: the server refuses, or does not answer for a minute.
        """
        from neo4j.exceptions import ClientError

        def made(session: Session) -> None:
            try:
                session.execute_write(lambda tx: tx.run(statement(file, name)).consume())
            except ClientError as error:
                if error.code not in _MADE_MEANWHILE:
                    raise

        self._patiently(made)

    def verify(self) -> None:
        """Shake hands, and refuse a server that is too old.

        Raises:
            StoreError: no server, no entry, or an old one.
        """
        with self._refusals():
            self.driver.verify_connectivity()  # without the patience of a transaction
        agent = self.read(lambda tx: tx.run(statement("status.cypher", "hello")).consume().server.agent)
        found = re.search(r"(\d+)\.(\d+)", agent)
        if found and (int(found[1]), int(found[2])) < _OLDEST:
            raise StoreError(f"{self.address}: the server is {agent}; {_OLDEST[0]}.{_OLDEST[1]} or newer is needed")

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        from neo4j.exceptions import DriverError, Neo4jError

        from blastradius.stores.neo4j.refusals import refusal

        try:
            yield
        except (DriverError, Neo4jError) as error:
            found: Refusal = refusal(error)
            raise StoreError(f"{self.address}: {found.says}; {found.way_out}") from None


@contextmanager
def connected(where: str, *, self_signed: bool | None = None) -> Iterator[Connection]:
    """A connection to the database that an address names, closed at the end.

    Raises:
        UsageError: the address or the credentials are no good, or the driver is not installed.
        StoreError: the server does not answer or refuses.
    """
    if self_signed is None:
        self_signed = os.environ.get("BLASTRADIUS_SELF_SIGNED", "") not in ("", "0")
    address = address_of(where, self_signed=self_signed)
    with _driver(address) as driver:
        connection = Connection(address, driver)
        connection.verify()
        yield connection


def _driver(address: Address) -> Driver:
    try:
        import neo4j
    except ImportError:
        raise UsageError(
            f"{address}: reading it needs the Neo4j driver; pip install 'partner-blastradius[neo4j]'"
        ) from None
    # what it tries again is nothing that a user has to hear of
    logging.getLogger("neo4j").addHandler(logging.NullHandler())
    who = credentials()
    settings: dict[str, Any] = {
        "telemetry_disabled": True,
        "notifications_min_severity": "OFF",
        "user_agent": "blastradius",
        "connection_timeout": 10,
        "connection_acquisition_timeout": 30,
        "max_transaction_retry_time": 30,
    }
    return neo4j.GraphDatabase.driver(address.server, auth=(who.user, who.password) if who else None, **settings)
