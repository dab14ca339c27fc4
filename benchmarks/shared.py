"""What a push to Neo4j costs: against a bare CREATE of the same rows, and a row at a time; the server has to be empty.

``NEO4J_PASSWORD=… python benchmarks/shared.py bolt://127.0.0.1:7687 --parties 10000``
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any, LiteralString

from blastradius.estate import Estate
from blastradius.loading import load
from blastradius.stores.neo4j import Allowed, Connection, connected, pull, push
from blastradius.stores.neo4j.content import Batch, batches
from tests.stores.estates import sized

KEY = "CREATE CONSTRAINT bare IF NOT EXISTS FOR (n:Bare) REQUIRE n.place IS UNIQUE"
NODES = "UNWIND $rows AS row CREATE (n:Bare) SET n = row.properties"
ENDS = "UNWIND $rows AS row MATCH (a:Bare {place: row.from}) MATCH (b:Bare {place: row.to})"
JOINS: LiteralString = f"{ENDS} CREATE (a)-[r:BARE]->(b) SET r = row.properties"
ONE = "MERGE (n:Bare {place: $place}) SET n += $properties"
SWEEP = "MATCH (n:Bare) WITH n LIMIT 10000 DETACH DELETE n RETURN count(*) AS gone"


def seconds(work: Callable[[], Any]) -> float:
    """How long some work takes by the clock."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def change(connection: Connection, query: LiteralString, **stated: Any) -> None:
    """One writing query in a transaction of its own."""
    connection.write(lambda tx: tx.run(query, stated).consume())


def bare(connection: Connection, estate: Estate) -> None:
    """The same rows without lease, generations, reading back and people's index."""
    for batch in batches(estate, "bare"):
        change(connection, NODES if batch.nodes else JOINS, rows=batch.rows)


def one_by_one(connection: Connection, rows: Batch, count: int) -> None:
    """Some rows, each in a transaction of its own."""
    for row in rows.rows[:count]:
        change(connection, ONE, place=row["properties"]["place"], properties=row["properties"])


def measured(connection: Connection, estate: Estate, where: str, alone: int) -> dict[str, float]:
    """Seconds of each way, and their ratios."""
    change(connection, KEY)
    first = next(batches(estate, "bare", 5_000))
    found = {"bare": seconds(lambda: bare(connection, estate))}
    while connection.write(lambda tx: tx.run(SWEEP).single(strict=True)["gone"]):
        pass
    found["push"] = seconds(lambda: push(connection, estate, Allowed(shrink=True, beside_others=True)))
    found["push again"] = seconds(lambda: push(connection, estate, Allowed(beside_others=True)))
    found["pull"] = seconds(lambda: pull(connection))
    found["load"] = seconds(lambda: load([where]))
    together = seconds(lambda: change(connection, NODES, rows=first.rows))
    while connection.write(lambda tx: tx.run(SWEEP).single(strict=True)["gone"]):
        pass
    each = seconds(lambda: one_by_one(connection, first, alone)) / alone
    found |= {"row, in a batch": together / len(first.rows), "row, alone": each}
    return found


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("uri")
    parser.add_argument("--parties", type=int, default=10_000, help="2.1 entities and 2 relations for each")
    parser.add_argument("--alone", type=int, default=200, help="rows that are written one by one")
    parser.add_argument("--json", action="store_true")
    stated = parser.parse_args()
    where, estate = f"{stated.uri}?estate=benchmark", sized(stated.parties, seed=int(time.time()))
    with connected(where) as connection:
        found = measured(connection, estate, where, stated.alone)
    found["push / bare"] = found["push"] / found["bare"]
    found["row alone / in a batch"] = found["row, alone"] / found["row, in a batch"]
    if stated.json:
        print(json.dumps({"entities": len(estate.entities), "relations": len(estate.relations), "seconds": found}))
        return
    print(f"{len(estate.entities):,} entities, {len(estate.relations):,} relations")
    for name, value in found.items():
        print(f"{name:24} {value:10.4f}")


if __name__ == "__main__":
    main()
