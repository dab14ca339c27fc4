"""Forward chaining over Horn clauses, and the proof of what it meets first."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from blastradius.columns.ragged import Flags, Numbers, RaggedArray
from blastradius.columns.tables import NO_INDEX
from blastradius.engine.cut.chain import SEED, chain
from blastradius.engine.cut.clauses import Clauses
from blastradius.engine.quorum import outvotes


class Search:
    """Clauses laid out for many searches, one after the other on the same working memory."""

    def __init__(self, clauses: Clauses) -> None:
        self.clauses = clauses
        premises, levers = clauses.premises, clauses.levers
        self._waiting = RaggedArray.grouped(premises.values, premises.row_ids, clauses.facts)
        self._closing = RaggedArray.grouped(levers.values, levers.row_ids, int(levers.values.max(initial=-1)) + 1)
        self._by = np.full(clauses.facts, NO_INDEX)
        self._turn = np.zeros(clauses.facts, np.int64)
        self._held = np.zeros(len(clauses), np.int64)
        self._order = np.zeros(clauses.facts, np.int64)
        self._settled = 0

    def closed_by(self, levers: Collection[int]) -> Flags:
        """The clauses that any of some levers closes."""
        found = np.zeros(len(self.clauses), np.bool_)
        for lever in levers:
            if lever < len(self._closing):
                found[self._closing[lever]] = True
        return found

    def reached(self, seeds: Numbers, closed: Flags) -> Flags:
        """For each fact whether it follows from the seeds."""
        self._chain(seeds, closed, np.zeros(self.clauses.facts, np.bool_))
        found: Flags = self._by != NO_INDEX
        return found

    def proof(self, seeds: Numbers, closed: Flags, targets: Flags) -> Numbers | None:
        """The clauses of a proof of the target that is met first, in any order; nothing if none follows."""
        met = self._chain(seeds, closed, targets)
        return None if met == NO_INDEX else np.fromiter(self._needed(met), np.int64)

    def levers_on(self, proof: Numbers) -> frozenset[int]:
        """The levers each of which breaks a proof."""
        return frozenset(self.clauses.levers.take(proof).values.tolist())

    def _chain(self, seeds: Numbers, closed: Flags, targets: Flags) -> int:
        """The target that is met first, or ``NO_INDEX``; what is known of the search before is forgotten."""
        clauses, waiting = self.clauses, self._waiting
        met, self._settled = chain(
            clauses.premises.indptr, clauses.premises.values, clauses.need, clauses.votes, clauses.conclusion,
            waiting.indptr, waiting.values, closed, seeds, targets,
            self._by, self._turn, self._held, self._order, self._settled,
        )  # fmt: skip
        return met

    def _needed(self, fact: int) -> Iterator[int]:
        """The clauses that a fact was concluded by, its premises' and so on."""
        seen, open_ = {fact}, [fact]
        while open_:
            conclusion = open_.pop()
            clause = int(self._by[conclusion])
            if clause == SEED:
                continue
            yield clause
            for premise in self._used(clause, int(self._turn[conclusion])):
                if premise not in seen:
                    seen.add(premise)
                    open_.append(premise)

    def _used(self, clause: int, before: int) -> list[int]:
        """Premises that a clause was concluded from: of those held by then as few as suffice."""
        clauses = self.clauses
        premises = clauses.premises[clause]
        if len(premises) == 1:
            return premises
        held = [premise for premise in premises if self._by[premise] != NO_INDEX and self._turn[premise] < before]
        if not clauses.votes[clause]:
            return sorted(held, key=lambda premise: int(self._turn[premise]))[: int(clauses.need[clause])]
        for spared in held[::-1]:
            fewer = [premise for premise in held if premise != spared]
            if outvotes(premises, int(clauses.need[clause]), fewer):
                held = fewer
        return held
