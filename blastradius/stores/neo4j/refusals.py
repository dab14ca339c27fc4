"""What a server or the driver says when it cannot, in our words and with the way out."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import NamedTuple

from neo4j.exceptions import AuthError, DriverError, Neo4jError, ServiceUnavailable, SessionExpired


class Refusal(NamedTuple):
    """What is wrong, and one way out."""

    says: str
    way_out: str


_NOT_STARTED = Refusal("the database is not started", "look into the server's log")
_CODES = {
    "Security.AuthenticationRateLimit": Refusal(
        "too many wrong passwords, so that even the right one is refused for a while",
        "wait some seconds, then try again with the right one",
    ),
    "Security.Unauthorized": Refusal(
        "the user or the password is wrong",
        "correct NEO4J_USERNAME and NEO4J_PASSWORD; after three wrong ones in a row the right one waits as well",
    ),
    "Security.CredentialsExpired": Refusal(
        "the password has to be changed before the first use", "change it with ALTER CURRENT USER SET PASSWORD"
    ),
    "Security.Forbidden": Refusal(
        "the user may not do that", "use one who may read and write, and create constraints and indexes"
    ),
    "Database.DatabaseNotFound": Refusal(
        "there is no such database on the server", "correct the name after the host, or leave it out for the user's own"
    ),
    "Database.DatabaseUnavailable": _NOT_STARTED,
    "General.DatabaseUnavailable": _NOT_STARTED,
    "General.WriteOnReadOnlyAccessDatabase": Refusal(
        "the database takes no writes", "make it writable, or push to another"
    ),
    "General.ForbiddenOnReadOnlyDatabase": Refusal(
        "the database takes no writes", "make it writable, or push to another"
    ),
    "Cluster.NotALeader": Refusal(
        "this member of the cluster takes no writes", "use neo4j:// or neo4j+s://, which finds the one that does"
    ),
    "General.MemoryPoolOutOfMemoryError": Refusal(
        "the server has too little memory for a transaction of a load",
        "raise server.memory.heap.max_size and dbms.memory.transaction.total.max",
    ),
    "General.OutOfMemoryError": Refusal(
        "the server is out of memory", "raise server.memory.heap.max_size, and restart it"
    ),
    "Transaction.TransactionTimedOut": Refusal(
        "a transaction took longer than the server allows", "raise db.transaction.timeout"
    ),
    "Transaction.TransactionTimedOutClientConfiguration": Refusal(
        "a query took longer than it may", "try again when the server has less to do"
    ),
    "Schema.ConstraintCreationFailed": Refusal(
        "the database holds other data under our labels", "push to a database of its own"
    ),
}
_UNTRUSTED = Refusal(
    "the server's certificate is not one that this machine trusts",
    "let a known authority sign it, or have it trusted here (SSL_CERT_FILE); +ssc:// with --self-signed trusts any",
)
_DISK_FULL = ("No space left on device", "Could not preallocate disk space")
_STOPPED = Refusal(
    "the database has stopped, as one does that cannot write: its disk may be full",
    "make room there and restart the server, then try again",
)
_STOPS = ("Could not append transaction", "Could not apply the transaction", "needs to be restarted")
"""What a database says when it cannot write what was committed, and from then on of everything."""


def refusal(error: DriverError | Neo4jError) -> Refusal:
    """What an error comes to."""
    if isinstance(error, Neo4jError):
        return _of_server(error)
    if isinstance(error, ServiceUnavailable | SessionExpired):
        if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error)):
            return _UNTRUSTED
        return Refusal("no server answers there", "start it, or correct the host and the port")
    return Refusal(f"the driver says: {_first_line(str(error))}", "correct the address")


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _of_server(error: Neo4jError) -> Refusal:
    message = _first_line(error.message or "")
    if any(words in message for words in _STOPS):
        return _STOPPED
    if any(words in message for words in _DISK_FULL):
        return Refusal("the server's disk is full", "make room there, then push again")
    code = ".".join((error.code or "").split(".")[2:])
    if code in _CODES:
        return _CODES[code]
    if isinstance(error, AuthError):
        return _CODES["Security.Unauthorized"]
    return Refusal(f"the server refuses ({error.code}): {message}", "look into the server's log")


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0][:300].rstrip(".")
