"""What is asked: where it starts, how much to assume; and what is expected of an answer."""

from __future__ import annotations

from pydantic import Field

from blastradius.model.capabilities import Capability, Level
from blastradius.model.entities import Kind
from blastradius.model.values import Basis, Frozen, Id, Provenance


class Scenario(Frozen):
    """What is asked: the seeds, how much to assume, which controls not to trust.

    ``hours`` is how long an outage lasts; ``None`` means longer than any buffer.
    """

    compromise: tuple[Id, ...] = ()
    leak: tuple[Id, ...] = ()
    poison: tuple[Id, ...] = ()
    wrong: tuple[Id, ...] = ()
    outage: tuple[Id, ...] = ()
    breach: tuple[Id, ...] = ()
    hours: float | None = Field(default=None, ge=0)
    assume: Level = Level.ABUSED
    distrust: tuple[str, ...] = ()


SEEDS: dict[str, tuple[Capability, frozenset[Kind]]] = {
    "compromise": (Capability.CONTROL, frozenset({Kind.PARTY, Kind.SERVICE})),
    "leak": (Capability.POSSESS, frozenset({Kind.CREDENTIAL})),
    "poison": (Capability.WRITE, frozenset({Kind.FEED})),
    "wrong": (Capability.TAINT, frozenset({Kind.FEED, Kind.SERVICE})),
    "outage": (Capability.DENY, frozenset(Kind) - {Kind.CREDENTIAL, Kind.SCOPE}),
    "breach": (Capability.READ, frozenset({Kind.STORE})),
}
"""How a scenario can start, by its field: the capability over what is named there, and which kinds that may be."""


class ExpectedFact(Frozen):
    """One expectation: an entity and a capability over it."""

    entity: Id
    capability: Capability


class Expectation(Frozen):
    """A unit test for a trust boundary; ``possible`` is what the model reaches and no report says has happened."""

    name: str
    scenario: Scenario
    reached: tuple[ExpectedFact, ...] = ()
    not_reached: tuple[ExpectedFact, ...] = ()
    possible: tuple[ExpectedFact, ...] = ()
    basis: Basis = Basis.DECLARED
    why: str | None = None
    provenance: tuple[Provenance, ...] = ()
