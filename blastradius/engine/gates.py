"""How many of which premises a step needs: one, all, at least so many, or those that outvote the others."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from blastradius.columns.ragged import Numbers, RaggedArray, pairwise
from blastradius.columns.tables import NO_INDEX
from blastradius.engine.numbering import Numbering
from blastradius.engine.strands import Strands, Weave
from blastradius.model import Capability, Verb
from blastradius.rules import Flow

ALL, SOME, VOTE = 0, 1, 2
"""How many premises a step needs: all of them, at least ``need``, or a quorum's (``need`` is its ``vote_min``)."""
_LOSSES = {Capability.DENY: Capability.LOST, Capability.DEGRADE: Capability.STRAINED}


class Gated(NamedTuple):
    """The steps of a flow: the strand of each, its premises, its gate, and whether a password is copied for it."""

    rows: Numbers
    premises: RaggedArray
    gate: int
    need: Numbers
    password: Numbers


def gated(weave: Weave, facts: Numbering, flow: Flow, strands: Strands) -> Gated:
    """The premises of each step of a flow."""
    found = _Gates(weave, facts, flow, strands).gated()
    if not flow.also:
        return found
    more = _also(weave, facts, flow, strands.take(found.rows))
    both = (more, found.premises) if flow.also == "anyone" else (found.premises, more)
    return Gated(found.rows, pairwise(*both), found.gate, found.need, found.password)


class _Gates(NamedTuple):
    weave: Weave
    facts: Numbering
    flow: Flow
    strands: Strands

    def gated(self) -> Gated:
        """By the gate of the flow."""
        made = {
            "each": self._each,
            "any": self._any,
            "every": self._every,
            "whole": self._every,
            "driven": self._driven,
            "secrets": self._secrets,
            "lost": self._lost,
            "quorum": self._quorum,
        }
        return made[self.flow.gate]()

    @property
    def _ends(self) -> RaggedArray:
        return self.strands.end(self.flow.needs[0])

    def _needed(self) -> RaggedArray:
        ends, capability = self._ends, self.flow.needs[1]
        owners = self.weave.place_of_keys(ends.values) if capability == Capability.PRESENT else ends.values
        return RaggedArray(ends.indptr, self.facts.facts(owners, capability))

    def _each(self) -> Gated:
        return self._singly(self._needed(), self._secret(self._ends.values))

    def _any(self) -> Gated:
        return self._singly(self._losses(self.flow.needs[1]), self._secret(self._ends.values))

    def _singly(self, premises: RaggedArray, password: Numbers) -> Gated:
        """A step for each premise."""
        none = np.zeros(len(premises.values), np.int64)
        return Gated(premises.row_ids, RaggedArray.singles(premises.values), ALL, none, password)

    def _secret(self, ends: Numbers) -> Numbers:
        """1 for each end that is a password, where ends are keys."""
        if self.flow.along not in (Verb.GRANTS, "joint_key"):
            return np.zeros(len(ends), np.int64)
        return self.weave.columns.entities.password[ends].astype(np.int64)

    def _every(self) -> Gated:
        count = len(self.strands)
        password = np.bincount(self._ends.row_ids, self._secret(self._ends.values), count).astype(np.int64)
        return Gated(np.arange(count), self._needed(), ALL, np.zeros(count, np.int64), password)

    def _driven(self) -> Gated:
        """A step for each key that is driven, the others being present; not where what is phished is of no password."""
        ends = self._ends
        driven = np.arange(len(ends.values))
        rows = ends.row_ids
        together = ends.take(rows)
        chosen = together.values == ends.values[together.row_ids]
        premises = self._present_or_driven(together, chosen)
        copied = self._secret(together.values) * ~chosen
        password = np.bincount(together.row_ids, copied, len(driven)).astype(np.int64)
        stays = np.flatnonzero((password > 0) | ("phishable" not in self.flow.when))
        none = np.zeros(len(stays), np.int64)
        return Gated(rows[stays], premises.take(stays), ALL, none, password[stays])

    def _secrets(self) -> Gated:
        """The passwords are driven, the other keys present."""
        ends, count = self._ends, len(self.strands)
        premises = self._present_or_driven(ends, self._secret(ends.values) > 0)
        return Gated(np.arange(count), premises, ALL, np.zeros(count, np.int64), np.zeros(count, np.int64))

    def _present_or_driven(self, keys: RaggedArray, driven: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> RaggedArray:
        present = self.facts.facts(self.weave.place_of_keys(keys.values), Capability.PRESENT)
        return RaggedArray(keys.indptr, np.where(driven, self.facts.facts(keys.values, Capability.OPERATE), present))

    def _losses(self, capability: Capability) -> RaggedArray:
        """That each supplier is lost to who has it (or lost or slow): what it drops when it is wrong has a stone."""
        ends = self._ends
        consumers = self.strands.sources.first[ends.row_ids]
        place = self.weave.place_of_inputs(consumers, ends.values)
        lost = self.facts.facts(np.maximum(place, 0), _LOSSES[capability])
        return RaggedArray(ends.indptr, np.where(place == NO_INDEX, self.facts.facts(ends.values, capability), lost))

    def _lost(self) -> Gated:
        """One supplier more than can be spared; all that there are where only one of them has to stand."""
        premises, count = self._losses(self.flow.needs[1]), len(self.strands)
        stated = self.weave.columns.relations.at_least[self.strands.first]
        unstated = premises.lengths if self.flow.along == Verb.DEPENDS_ON else np.ones(count, np.int64)
        standing = np.where(stated > 0, stated, unstated)
        return Gated(np.arange(count), premises, SOME, premises.lengths - standing + 1, np.zeros(count, np.int64))

    def _quorum(self) -> Gated:
        count = len(self.strands)
        wrong, lost = self._needed(), self._losses(Capability.DENY)
        stated = self.weave.columns.relations.vote_min[self.strands.first]
        least = np.where(stated > 0, stated, wrong.lengths + 1)  # unstated: any one wrong feed may decide
        return Gated(np.arange(count), pairwise(wrong, lost), VOTE, least, np.zeros(count, np.int64))


def _also(weave: Weave, facts: Numbering, flow: Flow, strands: Strands) -> RaggedArray:
    """What steps need beside the ends of their relations: that somebody means it, or keys that go with a call."""
    if flow.also == "anyone":
        anyone = facts.facts(np.zeros(1, np.int64), Capability.ANYONE)
        return RaggedArray.singles(np.repeat(anyone, len(strands)))
    needs = weave.columns.relations.needs.take(strands.first)
    return RaggedArray(needs.indptr, facts.facts(weave.place_of_keys(needs.values), Capability.PRESENT))
