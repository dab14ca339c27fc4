"""What the checkers know of capabilities, read by all of them and by nothing else: seeds, what includes what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache, cached_property

from blastradius.estate import Estate
from blastradius.model import STEPPING_STONES, Basis, Capability, Fact, Kind, Scenario, Verb

C = Capability
ANYONE = Fact("internet", C.ANYONE)

SEEDED: dict[str, Capability] = {
    "compromise": C.CONTROL,
    "leak": C.POSSESS,
    "poison": C.WRITE,
    "wrong": C.TAINT,
    "outage": C.DENY,
    "breach": C.READ,
    "use": C.USE,
}
"""For each kind of seed (a field of ``Scenario``) the capability that it gives over what is named."""

_ATTACKS = ("compromise", "use", "leak", "poison", "breach")
"""The kinds of seed in which someone is at work, who can do what anyone can."""

_INCLUDES: dict[Capability, tuple[Capability, ...]] = {
    C.CONTROL: (C.READ, C.WRITE, C.USE, C.STEER, C.DENY, C.TAINT),
    C.STEER: (C.TAINT,),
    C.WRITE: (C.TAINT,),
    C.DENY: (C.DEGRADE,),
    C.READ: (C.READ_SUBSET,),
}

_KINDS: dict[Capability, str] = {
    C.READ_SUBSET: "service store feed",
    C.READ: "service store feed",
    C.TAINT: "party operation service store feed process",
    C.WRITE: "service store feed",
    C.DEGRADE: "party credential operation service store feed process",
    C.DENY: "party credential operation service store feed process",
    C.USE: "scope operation service",
    C.STEER: "service",
    C.CONTROL: "party operation service store feed",
    C.OPERATE: "credential",
    C.POSSESS: "credential",
}
"""The kinds of entity of which each capability can be said."""

CAPABILITY_NUMBER: dict[Capability, int] = {capability: number for number, capability in enumerate(Capability)}
"""The number of each capability, stepping stones included, in the order of the model."""

_PLACE = {basis: place for place, basis in enumerate(Basis)}


def applies(capability: Capability, kind: Kind) -> bool:
    """Whether a capability can be said of a kind of entity; a stepping stone is said of none."""
    return kind in _KINDS.get(capability, "").split()


@cache
def included(capability: Capability, kind: Kind) -> tuple[Capability, ...]:
    """What a capability over an entity of some kind includes in one step."""
    return tuple(part for part in _INCLUDES.get(capability, ()) if applies(part, kind))


@cache
def all_included(capability: Capability) -> tuple[Capability, ...]:
    """What a capability includes in any number of steps, itself first, over entities of whatever kind."""
    found = [capability]
    for entry in found:
        found += [part for part in _INCLUDES.get(entry, ()) if part not in found]
    return tuple(found)


def is_stone(fact: Fact) -> bool:
    """Whether a fact is a stepping stone of proofs and none about an entity."""
    return fact.capability in STEPPING_STONES


def is_weaker(basis: Basis, asked: Basis) -> bool:
    """Whether a basis is weaker than the one that is asked for."""
    return _PLACE[basis] > _PLACE[asked]


class Seeds:
    """What scenarios start from in an estate: zones stand for what lies in them, wholes for their parts."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate

    def of(self, scenario: Scenario) -> Iterator[Fact]:
        """The facts that a scenario starts from, some perhaps several times."""
        for way, gain in SEEDED.items():
            for name in getattr(scenario, way):
                yield from self._named(gain, name)
        if scenario.anyone or any(getattr(scenario, way) for way in _ATTACKS):
            yield ANYONE

    def _named(self, gain: Capability, name: str) -> Iterator[Fact]:
        for member in (name,) if name in self.estate.entities else self._zones.get(name, ()):
            for part in self._with_parts(member):
                kind = self.estate.kind_of(part)
                gained = C.OPERATE if (gain, kind) == (C.USE, Kind.CREDENTIAL) else gain
                if applies(gained, kind):
                    yield Fact(part, gained)

    def _with_parts(self, whole: str) -> list[str]:
        found = {whole: None}
        queue = [whole]
        for name in queue if self._parts else ():
            new = [part for part in self._parts.get(name, ()) if part not in found]
            found |= dict.fromkeys(new)
            queue += new
        return list(found)

    @cached_property
    def _zones(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for kind in (Kind.SERVICE, Kind.STORE):
            for entity in self.estate.of_kind(kind):
                if entity.zone is not None:
                    found[entity.zone].append(entity.id)
        return found

    @cached_property
    def _parts(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for relation in self.estate.by_verb[Verb.PART_OF]:
            found[relation.targets[0]].append(relation.sources[0])
        return found
