"""A number for every fact that could be said of an estate, as the solver counts them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from blastradius.columns.ragged import Flags, Numbers, distinct
from blastradius.columns.tables import KINDS, NO_INDEX, Columns
from blastradius.model import STEPPING_STONES, Capability, Fact, input_id
from blastradius.rules import APPLIES, included

INTERNET = "internet"

CAPABILITIES = tuple(capability for capability in Capability if capability not in STEPPING_STONES)
"""The capabilities over an entity, in the order of their places in a fact's number."""
_PLACE = {capability: place for place, capability in enumerate(CAPABILITIES)}
MODEL_NUMBER = {capability: number for number, capability in enumerate(Capability)}
"""The number of each capability in the order of the model, stepping stones included."""

_MODEL_NUMBERS = np.array([MODEL_NUMBER[capability] for capability in CAPABILITIES])

INCLUDED = [
    {_PLACE[whole]: [_PLACE[part] for part in included(whole, kind)] for whole in CAPABILITIES} for kind in KINDS
]
"""For each kind of entity and the place of each capability the places of those that it includes, its own first."""

_INCLUDES = np.array(
    [[[part in parts for part in _PLACE.values()] for parts in held.values()] for held in INCLUDED], np.bool_
)
"""For each kind of entity and the places of two capabilities whether the one includes the other."""

STRONGER = {
    place: sorted({whole for held in INCLUDED for whole, parts in held.items() if place in parts and whole != place})
    for place in _PLACE.values()
}
"""For the place of each capability the places of the others that include it, on entities of some kind."""

APPLICABLE = np.array([[capability in APPLIES[kind] for capability in CAPABILITIES] for kind in KINDS])
"""For each kind of entity and the place of each capability whether it can be said of it (kinds, capabilities)."""


@dataclass(frozen=True)
class Numbering:
    """A number for every fact that could be said of an estate: capabilities entity by entity, then stepping stones."""

    entities: Sequence[str]
    kinds: Numbers
    controls: Sequence[str]
    apis: Sequence[str]
    zones: Sequence[str]
    keys: Sequence[str]
    inputs: Sequence[str]

    @classmethod
    def of(cls, columns: Columns, keys: Numbers, inputs: tuple[Numbers, Numbers]) -> Numbering:
        """The numbering of an estate.

        ``keys`` are the credentials that may be present, ``inputs`` who takes in what that may be lost, by number.
        """
        entities, ids = columns.entities, columns.entities.ids
        consumers, supplied = inputs
        names = list(ids)
        pairs = zip(consumers.tolist(), supplied.tolist(), strict=True)
        return cls(
            ids,
            entities.kind,
            columns.controls.ids,
            entities.apis,
            entities.flat_zones,
            [names[key] for key in keys.tolist()],
            [input_id(names[consumer], names[supplier]) for consumer, supplier in pairs],
        )

    def included(self, fact: int) -> list[int]:
        """A fact and all that it includes, by number."""
        entity, place = divmod(fact, len(CAPABILITIES))
        if entity >= len(self.entities):
            return [fact]
        return [fact - place + part for part in INCLUDED[self.kind_list[entity]][place]]

    def and_included(self, facts: Numbers) -> Numbers:
        """Some facts and all that they include, sorted, each once."""
        entity, place = self.split(facts)
        about = np.flatnonzero(entity != NO_INDEX)
        whole, part = np.nonzero(_INCLUDES[self.kinds[entity[about]], place[about]])
        found = entity[about][whole] * len(CAPABILITIES) + part
        return distinct(np.concatenate([facts, found]))

    def applies(self, facts: Numbers) -> Flags:
        """Which facts can be said of what they are about; stepping stones always can."""
        entity, place = self.split(facts)
        stone = entity == NO_INDEX
        found: Flags = stone | APPLICABLE[self.kinds[np.where(stone, 0, entity)], np.where(stone, 0, place)]
        return found

    def inclusions(self, facts: Numbers) -> tuple[Numbers, Numbers]:
        """Pairs of places in ``facts`` (by number, sorted): of one that includes another, and of that other."""
        entity, place = self.split(facts)
        kind = self.kinds[np.where(entity == NO_INDEX, 0, entity)] if len(self.kinds) else entity
        wholes, parts = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for part, stronger in STRONGER.items():
            here = np.flatnonzero((place == part) & APPLICABLE[kind, part])
            for whole in stronger:
                there = entity[here] * len(CAPABILITIES) + whole
                at = np.minimum(np.searchsorted(facts, there), len(facts) - 1)
                found = facts[at] == there
                wholes.append(at[found])
                parts.append(here[found])
        return np.concatenate(wholes), np.concatenate(parts)

    def facts(self, owners: Numbers, capability: Capability) -> Numbers:
        """The facts that entities (or controls, APIs, zones) by number have a capability."""
        if capability in _PLACE:
            return owners * len(CAPABILITIES) + _PLACE[capability]
        return owners + self._stones[capability][0]

    def number(self, fact: Fact) -> int:
        """The number of a fact.

        Raises:
            KeyError: the estate has no such entity, control, API or zone.
        """
        if fact.capability in _PLACE:
            return self.entity_numbers[fact.entity] * len(CAPABILITIES) + _PLACE[fact.capability]
        return self._stones[fact.capability][0] + self._stone_numbers(fact.capability)[fact.entity]

    def stone(self, capability: Capability, owner: int) -> int:
        """The number of a stepping stone."""
        return owner + self._stones[capability][0]

    @cached_property
    def kind_list(self) -> list[int]:
        """The kind of each entity, a place in ``KINDS``."""
        kinds: list[int] = self.kinds.tolist()
        return kinds

    def fact(self, number: int) -> Fact:
        """The fact of a number."""
        if number < len(CAPABILITIES) * len(self.entities):
            return Fact(self.entities[number // len(CAPABILITIES)], CAPABILITIES[number % len(CAPABILITIES)])
        capability, first, names = next(
            (capability, first, names)
            for capability, (first, names) in self._stones.items()
            if first <= number < first + len(names)
        )
        return Fact(names[number - first], capability)

    def named(self, numbers: Numbers) -> tuple[Numbers, Numbers]:
        """Facts by name and capability: places in ``names``, and numbers of capabilities in the order of the model."""
        of_entities = len(CAPABILITIES) * len(self.entities)
        name = np.where(numbers < of_entities, numbers // len(CAPABILITIES), numbers - of_entities + len(self.entities))
        capability = _MODEL_NUMBERS[numbers % len(CAPABILITIES)]
        for stone, (first, names) in self._stones.items():
            capability[(numbers >= first) & (numbers < first + len(names))] = MODEL_NUMBER[stone]
        return name, capability

    @cached_property
    def names(self) -> list[str]:
        """What facts are about, in the order of their numbers."""
        return [
            *self.entities, *self.controls, *self.apis, *self.zones, INTERNET, *self.keys, *self.inputs, *self.inputs
        ]  # fmt: skip

    @property
    def total(self) -> int:
        """How many numbers there are."""
        first, names = self._stones[Capability.STRAINED]
        return first + len(names)

    def split(self, numbers: Numbers) -> tuple[Numbers, Numbers]:
        """Entity and place of capability (as in ``CAPABILITIES``) of facts; stepping stones give ``NO_INDEX``."""
        entity = np.where(numbers < len(CAPABILITIES) * len(self.entities), numbers // len(CAPABILITIES), NO_INDEX)
        return entity, np.where(entity == NO_INDEX, NO_INDEX, numbers % len(CAPABILITIES))

    @cached_property
    def _stones(self) -> dict[Capability, tuple[int, Sequence[str]]]:
        found: dict[Capability, tuple[int, Sequence[str]]] = {}
        first = len(CAPABILITIES) * len(self.entities)
        for capability, names in (
            (Capability.INACTIVE, self.controls),
            (Capability.CALLABLE, self.apis),
            (Capability.FOOTHOLD, self.zones),
            (Capability.ANYONE, (INTERNET,)),
            (Capability.PRESENT, self.keys),
            (Capability.LOST, self.inputs),
            (Capability.STRAINED, self.inputs),
        ):
            found[capability] = (first, names)
            first += len(names)
        return found

    def _stone_numbers(self, capability: Capability) -> dict[str, int]:
        if capability not in self._numbered:
            self._numbered[capability] = {name: number for number, name in enumerate(self._stones[capability][1])}
        return self._numbered[capability]

    @cached_property
    def _numbered(self) -> dict[Capability, dict[str, int]]:
        return {}

    @cached_property
    def entity_numbers(self) -> dict[str, int]:
        """The number of each entity."""
        return {name: number for number, name in enumerate(self.entities)}

    @property
    def control_numbers(self) -> dict[str, int]:
        """The number of each control."""
        return self._stone_numbers(Capability.INACTIVE)
