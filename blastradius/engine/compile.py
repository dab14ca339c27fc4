"""Estate and rule table become numbers: a step for every ground instance of a rule, with the controls that stop it.

Compiling knows nothing of a scenario; solving knows nothing of rules or relations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blastradius.columns.ragged import Flags, Numbers, RaggedArray, Small, joined
from blastradius.columns.tables import CONTROLS, KINDS, NO_INDEX, VERBS, Columns
from blastradius.engine.numbering import Numbering
from blastradius.estate import Estate
from blastradius.memory import require
from blastradius.model import Capability, ControlKind, Kind, Verb
from blastradius.rules import RULES, Condition, End, Flow, Rule

_PER_RELATION = 900
"""Bytes that the steps of a relation take, and laying out their rows, as measured on large estates."""

ALL, SOME, VOTE = 0, 1, 2
"""How many premises a step needs: all of them, at least ``need``, or a quorum's (``need`` is its ``vote_min``)."""


@dataclass(frozen=True)
class Steps:
    """Steps as columns: premises, how many of them are needed, conclusion, and what stops the step.

    ``rule`` is a place in the rule table, ``flow`` one among the rule's flows; ``blockers`` are controls by number,
    failed ones left out; ``buffer_h`` the hours of outage it outlasts (not a number: none); ``fails_closed`` says
    that only distrust in ``fail_closed`` opens it; ``first`` and ``second`` are the relations it runs along, or
    ``NO_INDEX``.
    """

    rule: Small
    flow: Small
    level: Small
    hop: Small
    premises: RaggedArray
    gate: Small
    need: Numbers
    conclusion: Numbers
    blockers: RaggedArray
    buffer_h: NDArray[np.float64]
    fails_closed: Flags
    first: Numbers
    second: Numbers

    def __len__(self) -> int:
        return len(self.rule)


@dataclass(frozen=True, eq=False)
class System:
    """All the steps of an estate, in the order of the rule table."""

    estate: Estate
    columns: Columns
    facts: Numbering
    rules: tuple[Rule, ...]
    steps: Steps

    def relations_of(self, step: int) -> tuple[str, ...]:
        """The ids of the relations that a step runs along."""
        along = (int(self.steps.first[step]), int(self.steps.second[step]))
        return tuple(self.columns.relations.ids[relation] for relation in along if relation != NO_INDEX)

    @cached_property
    def relation_numbers(self) -> dict[str, int]:
        """The number of each relation."""
        return {name: number for number, name in enumerate(self.columns.relations.ids)}

    @cached_property
    def steps_along(self) -> RaggedArray:
        """For each relation the steps that run along it."""
        both = np.concatenate([self.steps.first, self.steps.second])
        steps = np.tile(np.arange(len(self.steps)), 2)
        return RaggedArray.grouped(both[both != NO_INDEX], steps[both != NO_INDEX], len(self.columns.relations.ids))

    def stopped_by(self, kind: ControlKind, host: str) -> Numbers:
        """The steps that a control would stop if it were put on an entity or a relation."""
        found = [
            self._stopped(np.flatnonzero((self.steps.rule == place) & (self.steps.flow == number)), flow, host)
            for place, rule in enumerate(self.rules)
            for number, flow in enumerate(rule.flows)
            if kind in flow.stops
        ]
        stopped: Numbers = np.concatenate([_NO_NUMBERS, *found])
        return stopped[self._from_password(stopped)] if kind == ControlKind.MFA else stopped

    def _stopped(self, steps: Numbers, flow: Flow, host: str) -> Numbers:
        """Those of a flow's steps that run along the host, or have it at an end where the flow looks for controls."""
        relation = self.relation_numbers.get(host)
        if relation is not None:
            along: Numbers = steps[(self.steps.first[steps] == relation) | (self.steps.second[steps] == relation)]
            return along
        entity = self.facts.entity_numbers[host]
        here = np.zeros(len(steps), np.bool_)
        for end in flow.at:
            if isinstance(flow.along, Verb):
                relations = self.columns.relations
                ends = (relations.sources if end == "from" else relations.targets).take(self.steps.first[steps])
                here |= np.bincount(ends.row_ids, ends.values == entity, len(steps)) > 0
            else:
                here |= self.facts.split(self.steps.conclusion[steps])[0] == entity
        found: Numbers = steps[here]
        return found

    def _from_password(self, steps: Numbers) -> Flags:
        sources = self.columns.relations.sources.take(self.steps.first[steps])
        return np.bincount(sources.row_ids, self.columns.entities.password[sources.values], len(steps)) > 0


@dataclass(frozen=True)
class _Strands:
    """What a flow runs along: relations, two joined, or what the estate implies; ends by number."""

    sources: RaggedArray
    targets: RaggedArray
    first: Numbers
    second: Numbers

    def __len__(self) -> int:
        return len(self.first)

    def end(self, end: End) -> RaggedArray:
        return self.sources if end == "from" else self.targets

    def take(self, rows: Numbers | Flags) -> _Strands:
        return _Strands(self.sources.take(rows), self.targets.take(rows), self.first[rows], self.second[rows])


def ground(estate: Estate) -> System:
    """Ground every rule in an estate.

    Raises:
        UsageError: the steps would not fit into the memory that is free.
    """
    relations = len(estate.relations)
    require(relations * _PER_RELATION, f"the steps of {relations:,} relations", "leave out what does not matter")
    columns = estate.columns
    facts = Numbering.of(columns)
    grounding = _Grounding(columns, facts)
    parts = [
        grounding.steps(place, rule, flow, strands)
        for place, rule in enumerate(RULES)
        for flow in rule.flows
        if len(strands := grounding.strands(flow))
    ]
    steps = _together([*parts, *_fallen_controls(columns, facts)])
    return System(estate, columns, facts, RULES, steps)


def _together(parts: list[Steps]) -> Steps:
    columns: dict[str, Any] = {}
    for column in fields(Steps):
        values = [getattr(part, column.name) for part in (_NO_STEPS, *parts)]
        columns[column.name] = joined(values) if isinstance(values[0], RaggedArray) else np.concatenate(values)
    return Steps(**columns)


def _bytes(count: int, number: int) -> Small:
    """A small number so many times, a byte each."""
    return np.full(count, number, np.int8)


_NO_NUMBERS = np.zeros(0, np.int64)
_NO_STEPS = Steps(
    rule=_bytes(0, 0),
    flow=_bytes(0, 0),
    level=_bytes(0, 0),
    hop=_bytes(0, 0),
    premises=RaggedArray.singles(_NO_NUMBERS),
    gate=_bytes(0, 0),
    need=_NO_NUMBERS,
    conclusion=_NO_NUMBERS,
    blockers=RaggedArray.singles(_NO_NUMBERS),
    buffer_h=np.zeros(0),
    fails_closed=np.zeros(0, np.bool_),
    first=_NO_NUMBERS,
    second=_NO_NUMBERS,
)


def _fallen_controls(columns: Columns, facts: Numbering) -> list[Steps]:
    """R14: a control falls with what provides it."""
    place, rule = next((place, rule) for place, rule in enumerate(RULES) if rule.id == "R14")
    provided = np.flatnonzero(columns.controls.provider != NO_INDEX)
    provider = columns.controls.provider[provided]
    never = np.zeros(len(provided), np.bool_)
    return [
        _fall_steps(
            place,
            rule,
            RaggedArray.singles(facts.facts(provider, needed)),
            facts.facts(provided, Capability.INACTIVE),
            shut,
        )
        for needed, shut in (
            (Capability.CONTROL, never),
            (Capability.DENY, columns.controls.fails_closed[provided]),
        )
    ]


def _fall_steps(place: int, rule: Rule, premises: RaggedArray, conclusion: Numbers, shut: Flags) -> Steps:
    count = len(conclusion)
    return Steps(
        rule=_bytes(count, place),
        flow=_bytes(count, NO_INDEX),
        level=_bytes(count, int(rule.level)),
        hop=_bytes(count, 1),
        premises=premises,
        gate=_bytes(count, ALL),
        need=np.zeros(count, np.int64),
        conclusion=conclusion,
        blockers=RaggedArray.of([()] * count),
        buffer_h=np.full(count, np.nan),
        fails_closed=shut,
        first=np.full(count, NO_INDEX),
        second=np.full(count, NO_INDEX),
    )


class _Grounding:
    """The rule table read against the columns of one estate."""

    def __init__(self, columns: Columns, facts: Numbering) -> None:
        self.columns = columns
        self.facts = facts

    # what flows run along

    def strands(self, flow: Flow) -> _Strands:
        """What a flow runs along in this estate."""
        found = self._along[flow.along] if flow.along in self._along else self._relations(Verb(flow.along))
        fits = np.ones(len(found), np.bool_)
        for kinds, ends in ((flow.source_kinds, found.sources), (flow.target_kinds, found.targets)):
            if kinds:
                fits &= np.isin(self.columns.entities.kind[ends.first], [KINDS.index(kind) for kind in kinds])
        for condition in flow.when:
            fits &= self._conditions[condition][found.first]
        if flow.gate == "lost":
            fits &= self._depends[found.first]
        return found.take(fits)

    def _relations(self, verb: Verb) -> _Strands:
        rows = np.flatnonzero(self.columns.relations.verb == VERBS.index(verb))
        relations = self.columns.relations
        return _Strands(relations.sources.take(rows), relations.targets.take(rows), rows, np.full(len(rows), NO_INDEX))

    @cached_property
    def _along(self) -> dict[str, _Strands]:
        entities = self.columns.entities
        number = np.arange(len(entities.kind))
        in_api, zoned = entities.api != NO_INDEX, entities.flat_zone != NO_INDEX
        party, store = (entities.kind == KINDS.index(kind) for kind in (Kind.PARTY, Kind.STORE))
        internet = np.zeros(len(number), np.int64)
        return {
            "in_api": _implied(number[in_api], entities.api[in_api]),
            "open_to_anyone": _implied(number[entities.anonymous], internet[entities.anonymous]),
            "is_party": _implied(number[party], internet[party]),
            "itself": _implied(number[store], number[store]),
            "in_flat_zone": _implied(number[zoned], entities.flat_zone[zoned]),
            "through": self._through(),
        }

    def _through(self) -> _Strands:
        """A caller writes through the operations it calls."""
        calls, writes = self._relations(Verb.CALLS), self._relations(Verb.WRITES)
        entities = len(self.columns.entities.kind)
        written_by = RaggedArray.grouped(writes.sources.first, np.arange(len(writes)), entities)
        found = written_by.take(calls.targets.first)
        call, write = calls.take(found.row_ids), writes.take(found.values)
        return _Strands(call.sources, write.targets, call.first, write.first)

    @cached_property
    def _dependency(self) -> NDArray[np.str_]:
        relations = self.columns.relations
        stated = np.array([dependency or "" for dependency in relations.dependency], dtype="<U4")
        unstated = np.where(relations.verb == VERBS.index(Verb.DEPENDS_ON), "hard", "soft")
        return np.where(stated == "", unstated, stated)

    @cached_property
    def _depends(self) -> Flags:
        return np.not_equal(self._dependency, "none")

    @cached_property
    def _conditions(self) -> dict[Condition, Flags]:
        relations = self.columns.relations
        group = (relations.targets.lengths > 1) | (relations.vote_min > 0)
        return {
            "single": ~group,
            "group": group,
            "all": ~relations.subset,
            "subset": relations.subset,
            "brittle": relations.brittle,
            "hard": self._dependency == "hard",
            "capacity_loss": relations.capacity_loss,
        }

    # steps

    def steps(self, place: int, rule: Rule, flow: Flow, strands: _Strands) -> Steps:
        """The steps of one flow."""
        rows, premises, gate, need = self._gates[flow.gate](flow, strands)
        strands = strands.take(rows)
        count = len(strands)
        return Steps(
            rule=_bytes(count, place),
            flow=_bytes(count, rule.flows.index(flow)),
            level=_bytes(count, int(rule.level)),
            hop=_bytes(count, flow.hop),
            premises=premises,
            gate=_bytes(count, gate),
            need=need,
            conclusion=self.facts.facts(strands.end(flow.gives[0]).first, flow.gives[1]),
            blockers=self._blockers(flow, strands),
            buffer_h=self._buffers(flow, strands),
            fails_closed=np.zeros(count, np.bool_),
            first=strands.first,
            second=strands.second,
        )

    @cached_property
    def _gates(self) -> dict[str, Callable[[Flow, _Strands], tuple[Numbers, RaggedArray, int, Numbers]]]:
        return {"each": self._each, "any": self._each, "every": self._every, "lost": self._lost, "quorum": self._quorum}

    def _needed(self, flow: Flow, strands: _Strands, capability: Capability | None = None) -> RaggedArray:
        ends = strands.end(flow.needs[0])
        return RaggedArray(ends.indptr, self.facts.facts(ends.values, capability or flow.needs[1]))

    def _each(self, flow: Flow, strands: _Strands) -> tuple[Numbers, RaggedArray, int, Numbers]:
        premises = self._needed(flow, strands)
        return premises.row_ids, RaggedArray.singles(premises.values), ALL, np.zeros(len(premises.values), np.int64)

    def _every(self, flow: Flow, strands: _Strands) -> tuple[Numbers, RaggedArray, int, Numbers]:
        rows = np.arange(len(strands))
        return rows, self._needed(flow, strands), ALL, np.zeros(len(rows), np.int64)

    def _lost(self, flow: Flow, strands: _Strands) -> tuple[Numbers, RaggedArray, int, Numbers]:
        """One supplier more than can be spared; all that there are where only one of them has to stand."""
        premises = self._needed(flow, strands)
        stated = self.columns.relations.at_least[strands.first]
        unstated = premises.lengths if flow.along == Verb.DEPENDS_ON else np.ones(len(strands), np.int64)
        standing = np.where(stated > 0, stated, unstated)
        return np.arange(len(strands)), premises, SOME, premises.lengths - standing + 1

    def _quorum(self, flow: Flow, strands: _Strands) -> tuple[Numbers, RaggedArray, int, Numbers]:
        wrong, down = self._needed(flow, strands), self._needed(flow, strands, Capability.DENY)
        owners = np.concatenate([wrong.row_ids, down.row_ids])
        premises = RaggedArray.grouped(owners, np.concatenate([wrong.values, down.values]), len(strands))
        stated = self.columns.relations.vote_min[strands.first]
        return np.arange(len(strands)), premises, VOTE, np.maximum(stated, 1)

    def _buffers(self, flow: Flow, strands: _Strands) -> NDArray[np.float64]:
        if "hard" not in flow.when:
            return np.full(len(strands), np.nan)
        return self.columns.relations.buffer_h[strands.first]

    def _blockers(self, flow: Flow, strands: _Strands) -> RaggedArray:
        """The controls that stop each step: those on its relations, and those at the ends that the flow names."""
        controls = self.columns.controls
        stops = np.isin(controls.kind, [CONTROLS.index(kind) for kind in flow.stops]) & ~controls.failed
        if not stops.any():
            return RaggedArray.of([()] * len(strands))
        placed = np.flatnonzero(stops)
        entities = len(self.columns.entities.kind)
        on = RaggedArray.grouped(controls.host[placed], placed, entities + len(self.columns.relations.ids))
        owners, hosts = self._hosts(flow, strands, entities)
        found = on.take(hosts)
        step, control = owners[found.row_ids], found.values
        fits = (controls.kind[control] != CONTROLS.index(ControlKind.MFA)) | self._password(strands)[step]
        pairs = np.unique(step[fits] * len(controls.kind) + control[fits])
        return RaggedArray.grouped(pairs // len(controls.kind), pairs % len(controls.kind), len(strands))

    def _hosts(self, flow: Flow, strands: _Strands, entities: int) -> tuple[Numbers, Numbers]:
        """Where controls on each strand stand: pairs of strand and host."""
        rows = np.arange(len(strands))
        along = (strands.first, strands.second)
        pairs = [(rows[some != NO_INDEX], entities + some[some != NO_INDEX]) for some in along]
        pairs += [(strands.end(end).row_ids, strands.end(end).values) for end in flow.at]
        owners, hosts = zip(*pairs, strict=True)
        return np.concatenate(owners), np.concatenate(hosts)

    def _password(self, strands: _Strands) -> Flags:
        """Whether a password is among the sources."""
        entities = self.columns.entities
        if (strands.first == NO_INDEX).all():
            return np.zeros(len(strands), np.bool_)
        secret = entities.password[strands.sources.values]
        return np.bincount(strands.sources.row_ids, secret, len(strands)) > 0


def _implied(sources: Numbers, targets: Numbers) -> _Strands:
    nowhere = np.full(len(sources), NO_INDEX)
    return _Strands(RaggedArray.singles(sources), RaggedArray.singles(targets), nowhere, nowhere)
