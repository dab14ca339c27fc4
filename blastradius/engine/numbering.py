"""A number for every fact that could be said of an estate, as the solver counts them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from blastradius.columns.ragged import Numbers
from blastradius.columns.tables import NO_INDEX, Columns
from blastradius.model import STEPPING_STONES, Capability, Fact
from blastradius.rules import included

INTERNET = "internet"

CAPABILITIES = tuple(capability for capability in Capability if capability not in STEPPING_STONES)
"""The capabilities over an entity, in the order of their places in a fact's number."""
_PLACE = {capability: place for place, capability in enumerate(CAPABILITIES)}
MODEL_NUMBER = {capability: number for number, capability in enumerate(Capability)}
"""The number of each capability in the order of the model, stepping stones included."""

_MODEL_NUMBERS = np.array([MODEL_NUMBER[capability] for capability in CAPABILITIES])

INCLUDED = {_PLACE[whole]: [_PLACE[part] for part in included(whole)] for whole in CAPABILITIES}
"""For the place of each capability the places of those that it includes, its own first."""

STRONGER = {part: sorted(w for w, parts in INCLUDED.items() if part in parts and w != part) for part in INCLUDED}
"""For the place of each capability the places of the others that include it."""


@dataclass(frozen=True)
class Numbering:
    """A number for every fact that could be said of an estate: capabilities entity by entity, then stepping stones."""

    entities: Sequence[str]
    controls: Sequence[str]
    apis: Sequence[str]
    zones: Sequence[str]

    @classmethod
    def of(cls, columns: Columns) -> Numbering:
        """The numbering of an estate."""
        entities = columns.entities
        return cls(entities.ids, columns.controls.ids, entities.apis, entities.flat_zones)

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
        return self._stones[fact.capability][0] + self._stone_numbers[fact.capability][fact.entity]

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
        """What facts are about: entities, controls, APIs, zones and the internet, in the order of their numbers."""
        return [*self.entities, *self.controls, *self.apis, *self.zones, INTERNET]

    @property
    def total(self) -> int:
        """How many numbers there are."""
        first, names = self._stones[Capability.ANYONE]
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
        ):
            found[capability] = (first, names)
            first += len(names)
        return found

    @cached_property
    def _stone_numbers(self) -> dict[Capability, dict[str, int]]:
        return {
            capability: {name: number for number, name in enumerate(names)}
            for capability, (_, names) in self._stones.items()
        }

    @cached_property
    def entity_numbers(self) -> dict[str, int]:
        """The number of each entity."""
        return {name: number for number, name in enumerate(self.entities)}

    @property
    def control_numbers(self) -> dict[str, int]:
        """The number of each control."""
        return self._stone_numbers[Capability.INACTIVE]
