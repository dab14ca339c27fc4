"""A number for every fact that the checkers' instances speak of, counted on their own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from blastradius.columns.ragged import Numbers, distinct
from blastradius.columns.tables import KINDS, NO_INDEX, ON_BAD, VERBS, Columns
from blastradius.engine.check.capabilities import ANYONE, CAPABILITY_NUMBER
from blastradius.model import Capability, Fact, Kind, Verb, input_id

WIDTH = len(CAPABILITY_NUMBER)
"""How many facts there are about each name, one a capability."""
CAPABILITIES = tuple(CAPABILITY_NUMBER)
TAKING_IN = (Verb.CONSUMES, Verb.READS, Verb.CALLS)
"""The verbs by which something is taken in."""


class Names:
    """What facts of an estate are about: entities, controls, APIs, zones, the internet, inputs that may be dropped.

    The number of a fact is that of its name times ``WIDTH`` plus that of its capability in the order of the model.
    """

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.count = len(columns.entities.kind)
        self.first_control = self.count
        self.first_api = self.first_control + len(columns.controls.kind)
        self.first_zone = self.first_api + len(columns.entities.apis)
        self.internet = self.first_zone + len(columns.entities.flat_zones)
        self.first_input = self.internet + 1

    @property
    def total(self) -> int:
        """How many names there are."""
        return self.first_input + len(self.dropped)

    @cached_property
    def dropped(self) -> Numbers:
        """Who does without what once it is wrong: sorted numbers of the taker, times the count, plus the supplier's."""
        r, kind = self.columns.relations, self.columns.entities.kind
        rows = np.flatnonzero((r.on_bad == ON_BAD.index("drop")) & np.isin(r.verb, [VERBS.index(v) for v in TAKING_IN]))
        rows = rows[np.isin(kind[r.sources.first[rows]], [KINDS.index(Kind.SERVICE), KINDS.index(Kind.PROCESS)])]
        suppliers = r.targets.take(rows)
        return distinct(r.sources.first[rows][suppliers.row_ids] * self.count + suppliers.values)

    def inputs(self, takers: Numbers, suppliers: Numbers) -> Numbers:
        """The names of inputs that may be dropped; ``NO_INDEX`` for the others."""
        if not len(self.dropped):
            return np.full(len(takers), NO_INDEX)
        asked = takers * self.count + suppliers
        near = np.minimum(np.searchsorted(self.dropped, asked), len(self.dropped) - 1)
        return np.where(self.dropped[near] == asked, self.first_input + near, NO_INDEX)

    def name(self, number: int) -> str:
        """A name by its number."""
        columns = self.columns
        if number < self.first_control:
            return columns.entities.ids[number]
        lists: tuple[tuple[int, Sequence[str]], ...] = (
            (self.first_zone, columns.entities.flat_zones),
            (self.first_api, columns.entities.apis),
            (self.first_control, columns.controls.ids),
        )
        if number >= self.first_input:
            taker, supplier = divmod(int(self.dropped[number - self.first_input]), self.count)
            return input_id(columns.entities.ids[taker], columns.entities.ids[supplier])
        if number == self.internet:
            return ANYONE.entity
        first, names = next((first, names) for first, names in lists if number >= first)
        return names[number - first]

    def texts(self, numbers: Numbers) -> list[str]:
        """Names by their sorted numbers."""
        ids, first = self.columns.entities.ids, int(np.searchsorted(numbers, self.first_control))
        entities: list[int] = numbers[:first].tolist()
        return [*(ids[number] for number in entities), *map(self.name, numbers[first:].tolist())]

    def fact(self, number: int) -> Fact:
        """A fact by its number."""
        name, capability = divmod(number, WIDTH)
        return Fact(self.name(name), CAPABILITIES[capability])

    def number(self, fact: Fact) -> int:
        """The number of a fact; ``NO_INDEX`` where the estate has no such thing."""
        name = self.name_number(fact)
        return name if name == NO_INDEX else name * WIDTH + CAPABILITY_NUMBER[fact.capability]

    def name_number(self, fact: Fact) -> int:
        """The number of what a fact is about; ``NO_INDEX`` where the estate has no such thing."""
        return self.numbers_of(fact.capability).get(fact.entity, NO_INDEX)

    def numbers_of(self, capability: Capability) -> dict[str, int]:
        """The numbers of the names of which a capability can be said."""
        if capability == Capability.INACTIVE:
            return self._controls
        return self._stones.get(capability, self.entities)

    @cached_property
    def entities(self) -> dict[str, int]:
        """The number of each entity."""
        return _numbered(self.columns.entities.ids, 0)

    @cached_property
    def relations(self) -> dict[str, int]:
        """The number of each relation."""
        return _numbered(self.columns.relations.ids, 0)

    def host(self, name: str) -> int:
        """The number of what a control stands on: an entity's, or a relation's behind the entities."""
        found = self.entities.get(name)
        return self.count + self.relations[name] if found is None else found

    @cached_property
    def _controls(self) -> dict[str, int]:
        return _numbered(self.columns.controls.ids, self.first_control)

    @cached_property
    def _stones(self) -> dict[Capability, dict[str, int]]:
        entities = self.columns.entities
        inputs = _numbered([self.name(number) for number in range(self.first_input, self.total)], self.first_input)
        return {
            Capability.CALLABLE: _numbered(entities.apis, self.first_api),
            Capability.FOOTHOLD: _numbered(entities.flat_zones, self.first_zone),
            Capability.ANYONE: {ANYONE.entity: self.internet},
            Capability.LOST: inputs,
            Capability.STRAINED: inputs,
        }


def _numbered(names: Sequence[str], first: int) -> dict[str, int]:
    return {name: first + number for number, name in enumerate(names)}


def facts(names: Numbers, capability: Capability) -> Numbers:
    """The facts that some names have a capability."""
    return names * WIDTH + CAPABILITY_NUMBER[capability]
