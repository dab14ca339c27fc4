"""Forward chaining over Horn clauses, and the proof of what it meets first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from blastradius.columns.ragged import Flags, Numbers, RaggedArray
from blastradius.columns.tables import NO_INDEX
from blastradius.engine.cut.chain import SEED, chained
from blastradius.engine.cut.clauses import Clauses
from blastradius.engine.quorum import outvotes

@dataclass(frozen=True, eq=False)
class Search:
    """Clauses laid out for many searches."""

    clauses: Clauses

    @cached_property
    def _waiting(self) -> RaggedArray:
        premises = self.clauses.premises
        return RaggedArray.grouped(premises.values, premises.row_ids, self.clauses.facts)

    def closed_by(self, levers: Numbers) -> Flags:
        """The clauses that any of some levers closes."""
        found = np.zeros(len(self.clauses), np.bool_)
        if len(levers):
            found[self.clauses.levers.row_ids[np.isin(self.clauses.levers.values, levers)]] = True
        return found

    def reached(self, seeds: Numbers, closed: Flags) -> Flags:
        """For each fact whether it follows from the seeds."""
        nowhere = np.zeros(self.clauses.facts, np.bool_)
        return self._chained(seeds, closed, nowhere)[1] != NO_INDEX

    def proof(self, seeds: Numbers, closed: Flags, targets: Flags) -> Numbers | None:
        """The clauses of a proof of the target that is met first, in any order; nothing if none follows."""
        met, by, turn = self._chained(seeds, closed, targets)
        return None if met == NO_INDEX else np.array(sorted(self._needed(int(met), by, turn)), np.int64)

    def levers_on(self, proof: Numbers) -> frozenset[int]:
        """The levers each of which breaks a proof."""
        return frozenset(self.clauses.levers.take(proof).values.tolist())

    def _chained(self, seeds: Numbers, closed: Flags, targets: Flags) -> tuple[int, Numbers, Numbers]:
        """The target that is met first; for each fact the clause it follows from first, and when it was."""
        clauses, waiting = self.clauses, self._waiting
        by, turn = np.full(clauses.facts, NO_INDEX, np.int64), np.zeros(clauses.facts, np.int64)
        rows = (clauses.premises.indptr, clauses.premises.values, clauses.need, clauses.votes, clauses.conclusion)
        met = chained(*rows, waiting.indptr, waiting.values, closed, seeds, targets, by, turn)
        return met, by, turn

    def _needed(self, fact: int, by: Numbers, turn: Numbers) -> Iterator[int]:
        """The clauses that a fact was concluded by, its premises' and so on."""
        seen, open_ = {fact}, [fact]
        while open_:
            conclusion = open_.pop()
            clause = int(by[conclusion])
            if clause == SEED:
                continue
            yield clause
            for premise in self._used(clause, int(turn[conclusion]), by, turn):
                if premise not in seen:
                    seen.add(premise)
                    open_.append(premise)

    def _used(self, clause: int, before: int, by: Numbers, turn: Numbers) -> list[int]:
        """Premises that a clause was concluded from: of those held by then as few as suffice."""
        clauses = self.clauses
        premises = clauses.premises[clause]
        held = [premise for premise in premises if by[premise] != NO_INDEX and turn[premise] < before]
        if not clauses.votes[clause]:
            return sorted(held, key=lambda premise: int(turn[premise]))[: int(clauses.need[clause])]
        for spared in held[::-1]:
            fewer = [premise for premise in held if premise != spared]
            if outvotes(premises, int(clauses.need[clause]), fewer):
                held = fewer
        return held
