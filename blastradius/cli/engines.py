"""Where a question about a shared estate is answered: at the server, of what it comes to, or here, of all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal

import click

from blastradius import loading
from blastradius.answer import Answer, Picture, Query
from blastradius.errors import NotHereError, UsageError
from blastradius.estate import Estate
from blastradius.model import named_ends
from blastradius.reading import Progress
from blastradius.stores.addresses import is_address

Engine = Literal["server", "embedded"]


def engine_option() -> Callable[[Any], Any]:
    """For questions that a server can answer of a part of an estate."""
    return click.option(
        "--engine",
        type=click.Choice(["server", "embedded"]),
        help="Of a shared estate: server reads what the question comes to, embedded all of it. The answers are the "
        "same. [default: server]",
    )


def dask_option() -> Callable[[Any], Any]:
    """For questions about many worlds, which other machines can solve."""
    return click.option(
        "--dask",
        metavar="ADDRESS",
        help="Solve what is asked on the workers of a Dask cluster, such as tcp://scheduler:8786. The answers are the "
        "same.",
    )


@contextmanager
def solved_by(address: str | None) -> Iterator[None]:
    """Have worlds solved by the cluster at an address, if one is named.

    Raises:
        UsageError: no cluster is there.
    """
    if address is None:
        yield
        return
    from blastradius.engine import spread_over
    from blastradius.engine.batch.dask_cluster import dask_cluster

    with dask_cluster(address) as workers, spread_over(workers):
        yield


def is_asked_there(query: Query, paths: tuple[str, ...], engine: Engine | None, dask: str | None = None) -> bool:
    """Whether a question is asked of a server rather than of an estate that is loaded whole, as for a cluster.

    Raises:
        UsageError: the server is to be asked, and the estate is not at one; or a cluster as well.
    """
    if engine == "server" and dask is not None:
        raise UsageError("--dask: other machines are sent the whole estate; leave out --engine server")
    is_shared = len(paths) == 1 and is_address(paths[0])
    if engine == "server" and not is_shared:
        raise UsageError("--engine server: the estate is not one at a server; name one such as neo4j+s://HOST")
    return query.about_one and is_shared and engine != "embedded" and dask is None


def answered_there(
    where: str, given: Mapping[str, Any], ask: Callable[[Estate], Answer], tell: Progress
) -> Answer | None:
    """The answer of the server; ``None`` where the whole estate has to be read for it.

    Raises:
        StoreError: the server refuses, or the estate was never pushed.
    """
    from blastradius.estate.foretold import WholeNeededError
    from blastradius.stores.neo4j import asked_there, connected

    with connected(where) as connection:
        found = asked_there(connection, set(names_in(given)), ask, tell)
    if found is None or found.painted is None:
        return found
    of_the_part = found.painted

    def painted() -> Picture | None:
        try:
            return of_the_part()
        except (NotHereError, WholeNeededError):
            return ask(loading.load([where])).picture

    return replace(found, painted=painted)


def names_in(given: Mapping[str, Any]) -> Iterator[str]:
    """The texts that may name things: ``X``, ``X=HOURS``, ``KIND@ID``, and the ends of a relation that is named."""
    for value in given.values():
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str):
                host = text.partition("@")[2]
                yield from filter(None, (text, text.rpartition("=")[0], host))
                yield from (*named_ends(text), *named_ends(host))
