"""What a shared estate costs: pushed against a bare CREATE of the same rows, asked there against pulled.

Facts alone are asked as well, without an answer made of them, against the best design that was measured.

``NEO4J_PASSWORD=… python benchmarks/shared.py bolt://127.0.0.1:7687``; ``--estate FILE --party NAME`` for another one.
With ``--server PID`` what the server takes of this machine's processors is told beside what the client takes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, LiteralString

import frontier
import numpy as np

from blastradius.engine import compile_system, solve
from blastradius.engine.scenario import seeds_of
from blastradius.estate import Estate
from blastradius.loading import load
from blastradius.model import STEPPING_STONES, Fact, Level, Scenario
from blastradius.stores.neo4j import Allowed, Connection, asked_there, connected, push
from blastradius.stores.neo4j.content import Batch, batches
from tests.stores.estates import sized

KEY = "CREATE CONSTRAINT bare IF NOT EXISTS FOR (n:Bare) REQUIRE n.place IS UNIQUE"
NODES = "UNWIND $rows AS row CREATE (n:Bare {load: 'bare'}) SET n += row.properties"
ENDS = "UNWIND $rows AS row MATCH (a:Bare {place: row.from}) MATCH (b:Bare {place: row.to})"
JOINS: LiteralString = f"{ENDS} CREATE (a)-[r:BARE]->(b) SET r = row.properties"
ONE = "MERGE (n:Bare {place: $place}) SET n += $properties"
SWEEP = "MATCH (n:Bare) WITH n LIMIT 10000 DETACH DELETE n RETURN count(*) AS gone"
ANY = Allowed(shrink=True, beside_others=True)


_RUN = """
import sys
from blastradius.cli import main
code = main(sys.argv[2:])
with open("/proc/self/status") as status, open(int(sys.argv[1]), "w") as out:
    out.write(next(line.split()[1] for line in status if line.startswith("VmHWM")))
sys.exit(code)
"""
"""A command that tells its own peak: what a parent is told of it begins with the parent's."""


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock, of the client's processor and of the server's, and the most megabytes that a client had."""

    wall: float
    client: float
    server: float = 0
    megabytes: float = 0

    @property
    def processor(self) -> float:
        """Seconds of both processors."""
        return self.client + self.server


@dataclass(frozen=True)
class Meter:
    """Measures some work; ``server`` is the process of the server, 0 where it is not on this machine."""

    server: int = 0

    def of(self, work: Callable[[], Any]) -> Cost:
        """What some work takes, done here."""
        wall, client, server = time.perf_counter(), time.process_time(), self._server()
        work()
        return Cost(time.perf_counter() - wall, time.process_time() - client, self._server() - server)

    def of_command(self, *words: str) -> Cost:
        """What a command takes, in a process of its own.

        Raises:
            RuntimeError: it fails.
        """
        wall, server = time.perf_counter(), self._server()
        reading, writing = os.pipe()
        command = [sys.executable, "-c", _RUN, str(writing), *words]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, pass_fds=(writing,)) as process:
            os.close(writing)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        with os.fdopen(reading, encoding="ascii") as said:
            kilobytes = int(said.read() or 0)
        if process.returncode:
            raise RuntimeError(f"{' '.join(words)}: exit code {process.returncode}")
        client = used.ru_utime + used.ru_stime
        return Cost(time.perf_counter() - wall, client, self._server() - server, kilobytes / 1024)

    def _server(self) -> float:
        if not self.server:
            return 0
        said = Path(f"/proc/{self.server}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(said[11]) + int(said[12])) / os.sysconf("SC_CLK_TCK")


def change(connection: Connection, query: LiteralString, **stated: Any) -> None:
    """One writing query in a transaction of its own."""
    connection.write(lambda tx: tx.run(query, stated).consume())


def bare(connection: Connection, estate: Estate) -> None:
    """The same rows without lease, generations, reading back and people's index."""
    for batch in batches(estate):
        change(connection, NODES if batch.nodes else JOINS, rows=batch.rows)


def swept(connection: Connection) -> None:
    """Take away what was written bare."""
    while connection.write(lambda tx: tx.run(SWEEP).single(strict=True)["gone"]):
        pass


def one_by_one(connection: Connection, rows: Batch, count: int) -> None:
    """Some rows, each in a transaction of its own."""
    for row in rows.rows[:count]:
        change(connection, ONE, place=row["properties"]["place"], properties=row["properties"])


def pushed(connection: Connection, estate: Estate, meter: Meter, alone: int) -> dict[str, Cost]:
    """What each way of writing costs."""
    change(connection, KEY)
    for write in (bare, lambda to, what: push(to, what, ANY)):  # what a server does for the first time takes it longer
        write(connection, sized(500))
    swept(connection)
    first = next(batches(estate))
    found = {"bare CREATE": meter.of(lambda: bare(connection, estate))}
    swept(connection)
    found["push"] = meter.of(lambda: push(connection, estate, ANY))
    found["push again"] = meter.of(lambda: push(connection, estate, ANY))
    if alone:
        found[f"{len(first.rows)} rows in a batch"] = meter.of(lambda: change(connection, NODES, rows=first.rows))
        swept(connection)
        found[f"{alone} rows, each alone"] = meter.of(lambda: one_by_one(connection, first, alone))
        swept(connection)
    return found


def solved(connection: Connection, estate: Estate, scenario: Scenario, meter: Meter) -> dict[str, Cost]:
    """What the facts of one scenario cost, without an answer made of them; each once before it counts."""
    system, where = compile_system(estate), str(connection.address)
    seeds = system.facts.and_included(
        np.array([system.facts.number(it) for it in seeds_of(estate, scenario)], np.int64)
    )
    frontier.put(connection, system)
    facts = dict[str, set[Fact]]()

    def bare() -> None:
        held = frontier.reached(connection, system.facts.total, seeds.tolist(), scenario.assume)
        found = map(system.facts.fact, system.facts.and_included(np.flatnonzero(held)).tolist())
        facts["frontier"] = {fact for fact in found if fact.capability not in STEPPING_STONES}

    def there() -> None:
        named = scenario.compromise
        found = asked_there(connection, named, lambda part: solve(part, scenario)) or solve(load([where]), scenario)
        facts["there"] = set(found.levels)

    ways = {"facts, there": there, "facts, frontier": bare, "facts, pulled": lambda: solve(load([where]), scenario)}
    found = {name: [meter.of(way) for _ in range(2)][1] for name, way in ways.items()}
    frontier.swept(connection)
    other = facts["there"] ^ facts["frontier"]
    if len(other) > len(facts["there"]) // 1_000:  # a vote is counted more simply there
        raise RuntimeError(f"the frontier came to {len(other):,} other facts")
    return found


def asked(where: str, scenario: Scenario, meter: Meter) -> dict[str, Cost]:
    """What reach costs where the estate is kept, and where it is pulled for it; each once before it counts."""
    (party,), level = scenario.compromise, scenario.assume.word
    words = ("reach", where, "--compromise", party, "--assume", level)
    ways = {f"reach, {engine}": (*words, "--engine", engine) for engine in _ENGINES}
    return {name: [meter.of_command(*words) for _ in range(2)][1] for name, words in ways.items()}


_ENGINES = ("server", "embedded")


_KINDS = ("wall", "client", "processor")


def ratios(found: dict[str, Cost]) -> dict[str, dict[str, float]]:
    """How many times one way takes another, by the clock and of processors; rows each alone for as many in a batch."""
    pairs = [("push", "bare CREATE"), ("reach, server", "reach, embedded")]
    pairs += [("facts, there", "facts, frontier"), ("facts, there", "facts, pulled")]
    rows = [name for name in found if " rows" in name]
    pairs += [(rows[1], rows[0])] if rows else []
    return {
        f"{one} / {other}": {kind: _each(found, one, kind) / _each(found, other, kind) for kind in _KINDS}
        for one, other in pairs
    }


def _each(found: dict[str, Cost], name: str, kind: str) -> float:
    """What it takes, for each row where the rows are counted."""
    count = name.partition(" rows")[0]
    taken: float = getattr(found[name], kind)
    return taken / (int(count) if count.isdigit() else 1)


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("uri")
    parser.add_argument("--parties", type=int, default=10_000, help="2.1 entities and 2 relations for each")
    parser.add_argument("--estate", help="an estate to take instead")
    parser.add_argument("--party", default="party-7", help="whose reach is asked for")
    parser.add_argument("--assume", default="granted", help="at which level")
    parser.add_argument("--alone", type=int, default=200, help="rows that are written one by one; 0 for none")
    parser.add_argument("--server", type=int, default=0, metavar="PID", help="the server's process on this machine")
    parser.add_argument("--json", action="store_true")
    stated = parser.parse_args()
    where, meter = f"{stated.uri}?estate=benchmark", Meter(stated.server)
    estate = load([stated.estate]) if stated.estate else sized(stated.parties, seed=int(time.time()))
    with connected(where) as connection:
        found = pushed(connection, estate, meter, stated.alone)
        scenario = Scenario(compromise=(stated.party,), assume=Level[stated.assume.upper()])
        found |= solved(connection, estate, scenario, meter)
    found |= asked(where, scenario, meter)
    size = {"entities": len(estate.entities), "relations": len(estate.relations)}
    if stated.json:
        costs = {name: asdict(cost) for name, cost in found.items()}
        print(json.dumps(size | {"costs": costs, "ratios": ratios(found)}))
        return
    print(f"{size['entities']:,} entities, {size['relations']:,} relations; seconds, megabytes")
    for name, cost in found.items():
        print(f"{name:24}", *(f"{what} {value:9.2f}" for what, value in asdict(cost).items()))
    for name, of in ratios(found).items():
        print(f"{name}:", *(f"{kind} {value:.3g}" for kind, value in of.items()))


if __name__ == "__main__":
    main()
