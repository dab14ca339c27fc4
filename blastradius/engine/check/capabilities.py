"""What the checkers know of capabilities, read by all of them and by nothing else: seeds, what includes what."""

from __future__ import annotations

from blastradius.model import Capability, Scenario

C = Capability

SEEDED: dict[str, Capability] = {
    "compromise": C.CONTROL,
    "leak": C.POSSESS,
    "poison": C.WRITE,
    "wrong": C.TAINT,
    "outage": C.DENY,
    "breach": C.READ,
}
"""For each kind of seed (a field of ``Scenario``) the capability that it gives over what is named."""

INCLUDES: dict[Capability, tuple[Capability, ...]] = {
    C.CONTROL: (C.READ, C.WRITE, C.DENY, C.USE),
    C.WRITE: (C.TAINT,),
    C.DENY: (C.DEGRADE,),
    C.READ: (C.READ_SUBSET,),
}
"""What a capability includes in one step, over the same entity."""


def all_included(capability: Capability) -> tuple[Capability, ...]:
    """What a capability includes in any number of steps, itself first."""
    found = [capability]
    for entry in found:
        found += INCLUDES.get(entry, ())
    return tuple(found)


CAPABILITY_NUMBER: dict[Capability, int] = {capability: number for number, capability in enumerate(Capability)}
"""The number of each capability, stepping stones included, in the order of the model."""


def seed_names(scenario: Scenario) -> list[tuple[Capability, tuple[str, ...]]]:
    """The capabilities that a scenario gives at the start, and the entities over which."""
    return [(capability, getattr(scenario, field)) for field, capability in SEEDED.items()]
