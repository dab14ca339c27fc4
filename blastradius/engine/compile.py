"""Estate and rule table become numbers: a step for every ground instance of a rule, with the controls that stop it.

Compiling knows nothing of a scenario; solving knows nothing of rules or relations.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache, cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from blastradius.columns.ragged import Flags, Numbers, RaggedArray, Small, distinct, joined
from blastradius.columns.tables import CONTROLS, KINDS, NO_INDEX, Columns
from blastradius.engine.blockers import blockers_of, counts
from blastradius.engine.gates import ALL, SOME, VOTE, Gated, gated
from blastradius.engine.numbering import Numbering
from blastradius.engine.strands import BEST, Strands, Weave
from blastradius.estate import Estate
from blastradius.memory import require
from blastradius.model import Capability, ControlKind, Kind
from blastradius.rules import RULES, Flow, Rule

__all__ = ["ALL", "SOME", "VOTE", "Steps", "System", "ground"]

_PER_RELATION = 900
"""Bytes that the steps of a relation take, and laying out their rows, as measured on large estates."""


@dataclass(frozen=True)
class Steps:
    """Steps as columns: premises, how many of them are needed, conclusion, and what stops the step.

    ``rule`` is a place in the rule table, ``flow`` one among the rule's flows; ``blockers`` are controls by number,
    failed ones left out; ``delay_h`` the hours of outage it outlasts; ``fails_closed`` says that only distrust in
    ``fail_closed`` opens it; ``along`` are the relations it runs along, ``basis`` (a place in ``BASES``) the weakest
    on which they are known.
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
    delay_h: NDArray[np.float64]
    fails_closed: Flags
    along: RaggedArray
    basis: Small

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
    weave: Weave

    def relations_of(self, step: int) -> tuple[str, ...]:
        """The ids of the relations that a step runs along."""
        return tuple(self.columns.relations.ids[relation] for relation in self.steps.along[step])

    @cached_property
    def relation_numbers(self) -> dict[str, int]:
        """The number of each relation."""
        return {name: number for number, name in enumerate(self.columns.relations.ids)}

    @cached_property
    def steps_along(self) -> RaggedArray:
        """For each relation the steps that run along it."""
        along = self.steps.along
        return RaggedArray.grouped(along.values, along.row_ids, len(self.columns.relations.ids))

    def stopped_by(self, kind: ControlKind, host: str) -> Numbers:
        """The steps that a control would stop if it were put on an entity or a relation."""
        relation, stopped = self.relation_numbers.get(host), self.stopped_at(kind)
        place = self.facts.entity_numbers[host] if relation is None else len(self.facts.entities) + relation
        return stopped.values[stopped.indptr[place] : stopped.indptr[place + 1]]

    def stopped_at(self, kind: ControlKind) -> RaggedArray:
        """For each entity, then each relation, the steps that a control of a kind would stop if it were put there."""
        if kind not in self._stopped:
            self._stopped[kind] = self._stopped_at(kind)
        return self._stopped[kind]

    def _stopped_at(self, kind: ControlKind) -> RaggedArray:
        pairs = [
            self._guarded(rule, number, kind)
            for rule, row in enumerate(self.rules)
            for number, flow in enumerate(row.flows)
            if any(kind in stop.kinds for stop in flow.stops)
        ]
        count = max(1, len(self.steps))
        both = distinct(np.concatenate([_NO_NUMBERS, *(hosts * count + steps for hosts, steps in pairs)]))
        return RaggedArray.grouped(both // count, both % count, len(self.facts.entities) + len(self.relation_numbers))

    def steps_of(self, rule: int, number: int) -> tuple[Numbers, Strands, Gated]:
        """The steps of one flow of a rule, what each runs along, and what it needs."""
        steps = np.flatnonzero((self.steps.rule == rule) & (self.steps.flow == number))
        key = (rule, number)
        if key not in self._gated:
            flow = self.rules[rule].flows[number]
            self._gated[key] = _Grounding(self.weave, self.facts).gated(flow, self.weave.strands(flow))
        return (steps, *self._gated[key])

    def _guarded(self, rule: int, number: int, kind: ControlKind) -> tuple[Numbers, Numbers]:
        """Pairs of host, by its place, and step of one flow that a control of a kind would stop there."""
        if not ((self.steps.rule == rule) & (self.steps.flow == number)).any():
            return _NO_NUMBERS, _NO_NUMBERS
        steps, strands, found = self.steps_of(rule, number)
        pairs = [
            counts(self.weave, strands, found, stop)
            for stop in self.rules[rule].flows[number].stops
            if kind in stop.kinds and stop.only != "of_others"
        ]
        owners, hosts = (np.concatenate([_NO_NUMBERS, *some]) for some in zip(*pairs, strict=True)) if pairs else _NONE
        return hosts, steps[owners]

    @cached_property
    def _gated(self) -> dict[tuple[int, int], tuple[Strands, Gated]]:
        return {}

    @cached_property
    def _stopped(self) -> dict[ControlKind, RaggedArray]:
        return {}


def ground(estate: Estate, weaving: type[Weave] = Weave) -> System:
    """Ground every rule in an estate; ``weaving`` lays out what flows run along.

    Raises:
        UsageError: the steps would not fit into the memory that is free.
    """
    relations = len(estate.relations)
    require(relations * _PER_RELATION, f"the steps of {relations:,} relations", "leave out what does not matter")
    columns = estate.columns
    weave = weaving(columns)
    facts = Numbering.of(columns, weave.keys, weave.inputs)
    grounding = _Grounding(weave, facts)
    parts = [
        steps
        for place, rule in enumerate(RULES)
        for number, flow in enumerate(rule.flows)
        if weave.has(flow.along) and len(steps := grounding.steps(estate, place, number, flow))
    ]
    steps = _together([*parts, *_fallen_controls(columns, facts)])
    return System(estate, columns, facts, RULES, steps, weave)


class _Grounding(NamedTuple):
    """The rule table read against the columns of one estate."""

    weave: Weave
    facts: Numbering

    def gated(self, flow: Flow, strands: Strands) -> tuple[Strands, Gated]:
        """What a flow runs along, a row for each step, and the premises of these."""
        found = gated(self.weave, self.facts, flow, strands)
        whole = len(found.rows) == len(strands) and (found.rows == np.arange(len(strands))).all()
        return strands if whole else strands.take(found.rows), found

    def steps(self, estate: Estate, place: int, number: int, flow: Flow) -> Steps:
        """The steps of one flow."""
        strands = self.weave.strands(flow)
        if not len(strands):
            return _no_steps()
        strands, found = self.gated(flow, strands)
        count = len(strands)
        delay_h = self._delays(flow, strands)
        return Steps(
            rule=_bytes(count, place),
            flow=_bytes(count, number),
            level=_bytes(count, int(flow.level or RULES[place].level)),
            hop=_bytes(count, flow.hop),
            premises=found.premises,
            gate=_bytes(count, found.gate),
            need=found.need,
            conclusion=self.facts.facts(strands.end(flow.gives[0]).first, flow.gives[1]),
            blockers=blockers_of(estate, self.weave, flow, strands, found, delay_h),
            delay_h=delay_h,
            fails_closed=np.zeros(count, np.bool_),
            along=strands.along,
            basis=strands.basis,
        )

    def _delays(self, flow: Flow, strands: Strands) -> NDArray[np.float64]:
        if not flow.waits:
            return np.zeros(len(strands))
        return self.weave.columns.relations.buffer_h[strands.first]


def _together(parts: list[Steps]) -> Steps:
    columns: dict[str, Any] = {}
    for column in fields(Steps):
        values = [getattr(part, column.name) for part in (_no_steps(), *parts)]
        columns[column.name] = joined(values) if isinstance(values[0], RaggedArray) else np.concatenate(values)
    return Steps(**columns)


@cache
def _no_steps() -> Steps:
    return _fall_steps(*_NO_FALLS)


def _bytes(count: int, number: int) -> Small:
    """A small number so many times, a byte each."""
    return np.full(count, number, np.int8)


_NO_NUMBERS = np.zeros(0, np.int64)
_NONE = _NO_NUMBERS, _NO_NUMBERS
_NO_FALLS = (0, RaggedArray.singles(_NO_NUMBERS), _NO_NUMBERS, np.zeros(0, np.bool_))
_NEVER_CLOSED = [CONTROLS.index(kind) for kind in (ControlKind.FALLBACK, ControlKind.IMMUTABLE_BACKUP)]
_SWAYED = [CONTROLS.index(kind) for kind in (ControlKind.SECOND_SOURCE, ControlKind.OUT_OF_BAND)]
"""Controls that are what their provider says."""


def _fallen_controls(columns: Columns, facts: Numbering) -> list[Steps]:
    """R14: a control falls with what provides it."""
    controls = columns.controls
    place = next(place for place, rule in enumerate(RULES) if rule.id == "R14")
    provided = controls.provider != NO_INDEX
    service = columns.entities.kind[controls.provider] == KINDS.index(Kind.SERVICE)
    shut = controls.fails_closed & ~np.isin(controls.kind, _NEVER_CLOSED)
    swayed = controls.misled | np.isin(controls.kind, _SWAYED)
    never = np.zeros(len(shut), np.bool_)
    return [
        _fall_steps(
            place,
            RaggedArray.singles(facts.facts(controls.provider[falling], needed)),
            facts.facts(falling, Capability.INACTIVE),
            closed[falling],
        )
        for needed, falling, closed in (
            (Capability.STEER, np.flatnonzero(provided & service), never),
            (Capability.CONTROL, np.flatnonzero(provided & ~service), never),
            (Capability.DENY, np.flatnonzero(provided), shut),
            (Capability.TAINT, np.flatnonzero(provided & swayed), never),
        )
    ]


def _fall_steps(place: int, premises: RaggedArray, conclusion: Numbers, shut: Flags) -> Steps:
    count = len(conclusion)
    nothing = RaggedArray(np.zeros(count + 1, np.int64), _NO_NUMBERS)
    return Steps(
        rule=_bytes(count, place),
        flow=_bytes(count, NO_INDEX),
        level=_bytes(count, int(RULES[place].level)),
        hop=_bytes(count, 1),
        premises=premises,
        gate=_bytes(count, ALL),
        need=np.zeros(count, np.int64),
        conclusion=conclusion,
        blockers=nothing,
        delay_h=np.zeros(count),
        fails_closed=shut,
        along=nothing,
        basis=_bytes(count, BEST),
    )
