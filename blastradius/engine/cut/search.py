"""Forward chaining over Horn clauses, and the proof of what it meets first."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from blastradius.columns.ragged import Flags, Numbers, RaggedArray
from blastradius.columns.tables import NO_INDEX
from blastradius.engine.cut.chain import SEED, chain, wipe
from blastradius.engine.cut.clauses import Clauses
from blastradius.engine.quorum import outvotes


class Search:
    """Clauses laid out for many searches, one after the other on the same working memory.

    ``count`` is how many levers there are. ``shared`` are facts that every search starts from: what follows from them
    is settled once, and again when a proof turns out to rest on what was closed since. ``hours`` is how long what is
    denied stays so; where that ends nothing is settled once, as what comes late waits for what others start from.
    """

    def __init__(self, clauses: Clauses, count: int, shared: Numbers, hours: float | None = None) -> None:
        self.clauses, self.shared = clauses, shared if hours is None else shared[:0]
        self._delay = clauses.delay_h if hours is not None else np.zeros(len(clauses))
        self._end = np.inf if hours is None else hours
        premises, levers = clauses.premises, clauses.levers
        self._waiting = RaggedArray.grouped(premises.values, premises.row_ids, clauses.facts)
        self._closing = RaggedArray.grouped(levers.values, levers.row_ids, count)
        self._by = np.full(clauses.facts, NO_INDEX)
        self._turn = np.zeros(clauses.facts, np.int64)
        self._since = np.zeros(clauses.facts, np.int64)
        self._held = np.zeros(len(clauses), np.int64)
        self._order = np.zeros(clauses.facts, np.int64)
        self._settled = self._done = self._kept = 0
        self._none = np.zeros(clauses.facts, np.bool_)
        self._closed = np.zeros(len(clauses), np.bool_)
        self.pull(())

    def pull(self, levers: Collection[int]) -> None:
        """Close what any of these levers closes, and nothing else."""
        self._closed[:] = False
        self.pull_more(levers)
        self._settle()

    def pull_more(self, levers: Collection[int]) -> None:
        """Close what any of these levers closes, too."""
        for lever in levers:
            self._closed[self._closed_by(lever)] = True

    def _closed_by(self, lever: int) -> Numbers:
        closing = self._closing
        found: Numbers = closing.values[closing.indptr[lever] : closing.indptr[lever + 1]]
        return found

    def _settle(self) -> None:
        self._kept = 0
        self._chain(self.shared, self._none)
        self._kept = self._settled

    def reached(self, seeds: Numbers, goals: Numbers) -> Flags:
        """For each goal (a fact by number) whether it follows from the seeds."""
        self._chain(seeds, self._none)
        found: Flags = self._by[goals] != NO_INDEX
        return found

    def shared_proofs(self, goals: Numbers) -> Iterator[tuple[int, Numbers]]:
        """Of goals (facts by number) that follow from what is shared: the goal, and the clauses of a proof.

        Until none follows; who takes them pulls a lever of each before the next. Of what is settled once as many are
        taken as have no clause that was closed since.
        """
        while len(met := goals[self._by[goals] != NO_INDEX]):
            for goal in met[np.argsort(self._turn[met])].tolist():
                proof = self._proof(goal)
                if not self._closed[proof].any():
                    yield goal, proof
            self._settle()

    def proof(self, seeds: Numbers, targets: Flags) -> Numbers | None:
        """The clauses of a proof of the target that is met first, in any order; nothing if none follows."""
        while (met := self._chain(seeds, targets)) != NO_INDEX:
            proof = self._proof(met)
            if not self._closed[proof].any():
                return proof
            self._settle()  # what is shared rested on something that was closed since
        return None

    def _proof(self, fact: int) -> Numbers:
        return np.fromiter(self._needed(fact), np.int64)

    def levers_on(self, proof: Numbers) -> frozenset[int]:
        """The levers each of which breaks a proof."""
        return frozenset(self.clauses.levers.take(proof).values.tolist())

    def _chain(self, seeds: Numbers, targets: Flags) -> int:
        """The target that is met first, or ``NO_INDEX``; what is known of the search before is forgotten."""
        clauses, waiting = self.clauses, self._waiting
        by, held, order = self._by, self._held, self._order
        wipe(waiting.indptr, waiting.values, by, held, order, self._kept, self._settled, self._done)
        met, self._settled, self._done = chain(
            clauses.premises.indptr, clauses.premises.values, clauses.need, clauses.votes, clauses.conclusion,
            waiting.indptr, waiting.values, self._delay, self._end, self._closed, seeds, targets, by, self._turn,
            self._since, held, order, self._kept,
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
            for premise in self._used(clause, int(self._since[conclusion])):
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
