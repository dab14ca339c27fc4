"""What is asked: where it starts, how much to assume; and what is expected of an answer."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from blastradius.dates import Date
from blastradius.model.capabilities import Capability, Level
from blastradius.model.entities import Kind
from blastradius.model.values import Basis, Frozen, Id, Provenance


class Scenario(Frozen):
    """What is asked: the seeds, how much to assume, which controls not to trust, and what-ifs.

    ``hours`` is how long what is denied stays so; ``None`` means longer than any buffer. ``anyone`` asks for what a
    stranger can reach. ``controls`` are put in place, each as ``kind@host``; ``without`` are relations taken away, by
    id; ``basis`` is the weakest on which what is used may be known.
    """

    compromise: tuple[Id, ...] = ()
    leak: tuple[Id, ...] = ()
    poison: tuple[Id, ...] = ()
    wrong: tuple[Id, ...] = ()
    outage: tuple[Id, ...] = ()
    breach: tuple[Id, ...] = ()
    use: tuple[Id, ...] = ()
    anyone: bool = False
    hours: float | None = Field(default=None, ge=0)
    assume: Level = Level.ABUSED
    distrust: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    basis: Basis = Basis.ASSUMED


SEEDS: dict[str, tuple[Capability, frozenset[Kind]]] = {
    "compromise": (Capability.CONTROL, frozenset({Kind.PARTY, Kind.SERVICE})),
    "leak": (Capability.POSSESS, frozenset({Kind.CREDENTIAL})),
    "poison": (Capability.WRITE, frozenset({Kind.FEED, Kind.STORE})),
    "wrong": (Capability.TAINT, frozenset({Kind.FEED, Kind.SERVICE, Kind.STORE})),
    "outage": (Capability.DENY, frozenset(Kind) - {Kind.SCOPE}),
    "breach": (Capability.READ, frozenset({Kind.STORE})),
    "use": (Capability.USE, frozenset({Kind.OPERATION, Kind.SCOPE, Kind.SERVICE, Kind.CREDENTIAL})),
}
"""How a scenario can start, by its field: the capability over what is named there, and which kinds that may be.

To use a credential is to operate it. A zone stands for its services and stores, a whole for its parts.
"""


class ExpectedFact(Frozen):
    """One expectation: an entity and a capability over it."""

    entity: Id
    capability: Capability


class Selection(Frozen):
    """Things that a rule is about, each in turn: those that can start a scenario in a ``way`` and fit all that is said.

    Where nothing is said, all parties (``compromise``, ``outage``) or feeds (``poison``, ``wrong``) are meant, or all
    that can start in that way. Ourselves only where ``role`` says so. ``excluded`` are left out, by id.
    """

    way: Literal["compromise", "leak", "poison", "wrong", "outage", "breach", "use"]
    role: Literal["self", "partner", "provider", "processor", "upstream"] | None = None
    tag: str | None = None
    zone: str | None = None
    excluded: tuple[Id, ...] = ()


class Kept(Frozen):
    """What is to be kept out of reach: the capabilities, of everything that fits all that is said."""

    capability: tuple[Capability, ...]
    crown_jewel: bool = False
    kind: Kind | None = None
    tag: str | None = None
    zone: str | None = None


class Accepted(Frozen):
    """An exception to a rule that its owner answers for, up to and including the day ``until`` (``YYYY-MM-DD``).

    ``start`` is what the rule is asked of, ``entity`` what is reached; ``None`` means any.
    """

    start: Id | None = None
    entity: Id | None = None
    why: str
    owner: str
    until: str


Statement = Literal["owner", "review", "contract", "exit plan", "expiry"]
"""What a rule may ask to be stated: the first of everything, the last of keys, the others of parties."""


class Expectation(Frozen):
    """A unit test for a trust boundary; ``possible`` is what the model reaches and no report says has happened.

    With ``for_each`` it is a rule for all of them: the scenario is asked once for each, which starts it too.
    ``kept`` adds to ``not_reached``; ``stated`` is asked of what starts it; ``accepted`` are its exceptions.
    """

    name: str
    scenario: Scenario
    for_each: Selection | None = None
    reached: tuple[ExpectedFact, ...] = ()
    not_reached: tuple[ExpectedFact, ...] = ()
    kept: tuple[Kept, ...] = ()
    stated: tuple[Statement, ...] = ()
    accepted: tuple[Accepted, ...] = ()
    possible: tuple[ExpectedFact, ...] = ()
    basis: Basis = Basis.DECLARED
    why: str | None = None
    provenance: tuple[Provenance, ...] = ()


class Exercise(Frozen):
    """An exercise that was held on a day (``YYYY-MM-DD``), or is to be: the scenario that was played.

    ``scope`` are the things that it was about, by id; where none is named, all that the scenario reaches.
    """

    name: str
    date: Date
    scenario: Scenario
    scope: tuple[Id, ...] = ()
    provenance: tuple[Provenance, ...] = ()
