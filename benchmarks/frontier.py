"""The best design that was measured for a reach at the server, barely: rule instances there, the frontier here.

Facts are nodes; a step of one premise is a relationship, every other step a node that counts what has come true of it.
One constant query a round says where the frontier leads; the client keeps a bit a fact and a count a step. It knows no
levels but one, no distrust and no time, proves nothing and reads no line of the estate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, LiteralString, NamedTuple

import numpy as np

from blastradius.columns.ragged import Flags
from blastradius.columns.tables import NO_INDEX
from blastradius.engine import System
from blastradius.engine.compile import ALL, SOME
from blastradius.model import Capability, Level
from blastradius.stores.neo4j import Connection

if TYPE_CHECKING:
    from neo4j import ManagedTransaction

_KEYS: tuple[LiteralString, ...] = (
    "CREATE CONSTRAINT bare_fact IF NOT EXISTS FOR (f:BareFact) REQUIRE f.number IS UNIQUE",
    "CREATE CONSTRAINT bare_step IF NOT EXISTS FOR (s:BareStep) REQUIRE s.number IS UNIQUE",
    "CALL db.awaitIndexes(300)",
)
_FACTS: LiteralString = "UNWIND $rows AS row CREATE (:BareFact {number: row})"
_LEADS: LiteralString = """
UNWIND $rows AS row MATCH (a:BareFact {number: row[0]}) MATCH (b:BareFact {number: row[1]})
CREATE (a)-[:BARE_LEADS {level: row[2]}]->(b)"""
_STEPS: LiteralString = """
UNWIND $rows AS row CREATE (:BareStep {number: row[0], to: row[1], level: row[2], need: row[3], falls: row[4]})"""
_PREMISES: LiteralString = """
UNWIND $rows AS row MATCH (a:BareFact {number: row[0]}) MATCH (s:BareStep {number: row[1]})
CREATE (a)-[:BARE_PREMISE {falls: row[2]}]->(s)"""
_ROUND: LiteralString = """
MATCH (f:BareFact) WHERE f.number IN $facts WITH collect(f) AS frontier
CALL (frontier) {
  UNWIND frontier AS f MATCH (f)-[r:BARE_LEADS]->(t) WHERE r.level <= $level
  RETURN collect(DISTINCT t.number) AS leads
}
CALL (frontier) {
  UNWIND frontier AS f MATCH (f)-[r:BARE_PREMISE]->(s:BareStep) WHERE s.level <= $level
  RETURN collect([s.number, s.to, s.need, s.falls, r.falls]) AS counted
}
RETURN leads, counted"""
_SWEEP: LiteralString = "MATCH (n:BareFact|BareStep) WITH n LIMIT 10000 DETACH DELETE n RETURN count(*) AS gone"
_BATCH = 10_000


class _Step(NamedTuple):
    """A step that takes more than one premise: how many of ``some`` it needs, and that all of ``falls`` have fallen."""

    number: int
    to: int
    level: int
    need: int
    some: Sequence[int]
    falls: Sequence[int]


def put(connection: Connection, system: System) -> None:
    """Write the steps that can be taken while no control is distrusted."""
    for key in _KEYS:
        _write(connection, key)
    leads, steps = [*_inclusions(system)], list[_Step]()
    for step in _steps(system):
        if step.need == 1 and len(step.some) == 1 and not step.falls:
            leads.append((step.some[0], step.to, step.level))
        else:
            steps.append(step)
    joins = [(it, step.number, False) for step in steps for it in step.some]
    joins += [(it, step.number, True) for step in steps for it in step.falls]
    facts = {it for source, target, _ in leads for it in (source, target)} | {it for it, _, _ in joins}
    _write(connection, _FACTS, sorted(facts | {step.to for step in steps}))
    _write(connection, _LEADS, leads)
    _write(connection, _STEPS, [(it.number, it.to, it.level, it.need, len(it.falls)) for it in steps])
    _write(connection, _PREMISES, joins)


def reached(connection: Connection, facts: int, seeds: Iterable[int], level: Level) -> Flags:
    """Whether each of so many facts is reached from some, at a level."""
    held, counts = np.zeros(facts, np.bool_), defaultdict[int, list[int]](lambda: [0, 0])
    frontier = [*seeds]
    while frontier:
        held[frontier] = True
        new = set[int]()
        for some in _parts(frontier):
            leads, counted = connection.read(partial(_round, some, int(level)))
            new.update(leads)
            for step, to, need, falls, is_fall in counted:
                count = counts[step]
                count[is_fall] += 1
                if count[0] >= need and count[1] == falls:
                    new.add(to)
        frontier = [fact for fact in new if not held[fact]]
    return held


def swept(connection: Connection) -> None:
    """Take away what was put."""
    while connection.write(lambda tx: tx.run(_SWEEP).single(strict=True)["gone"]):
        pass


def _steps(system: System) -> Iterator[_Step]:
    steps, controls = system.steps, system.columns.controls
    forever = np.zeros(len(steps), np.bool_)
    forever[steps.blockers.row_ids[(controls.provider == NO_INDEX)[steps.blockers.values]]] = True
    for step in np.flatnonzero(~forever & ~steps.fails_closed).tolist():
        some = [*dict.fromkeys(map(int, steps.premises[step]))]
        need = len(some)
        if steps.gate[step] == SOME:
            need = int(steps.need[step])
        elif steps.gate[step] != ALL:  # a vote, said more simply than our rule has it
            some = some[: len(some) // 2]
            need = len(steps.premises[step]) // 4 + 1
        falls = system.facts.facts(np.array(steps.blockers[step], np.int64), Capability.INACTIVE).tolist()
        yield _Step(step, int(steps.conclusion[step]), int(steps.level[step]), need, some, falls)


def _inclusions(system: System) -> Iterator[tuple[int, int, int]]:
    facts = np.unique(np.concatenate([system.steps.premises.values, system.steps.conclusion]))
    wholes, parts = system.facts.inclusions(facts)
    yield from ((whole, part, 0) for whole, part in zip(facts[wholes].tolist(), facts[parts].tolist(), strict=True))


def _write(connection: Connection, query: LiteralString, rows: Sequence[Any] | None = None) -> None:
    for some in [None] if rows is None else _parts(rows):
        connection.write(partial(_run, query, some))


def _run(query: LiteralString, rows: list[Any] | None, tx: ManagedTransaction) -> None:
    tx.run(query, rows=rows).consume()


def _round(frontier: list[int], level: int, tx: ManagedTransaction) -> list[Any]:
    return tx.run(_ROUND, facts=frontier, level=level).single(strict=True).values()


def _parts(rows: Iterable[Any]) -> Iterator[list[Any]]:
    waiting = iter(rows)
    while some := [*islice(waiting, _BATCH)]:
        yield some
