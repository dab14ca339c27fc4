"""What an attacker has over an entity or what is broken about it, and how much is assumed of the attacker."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import NamedTuple


class Capability(StrEnum):
    """What an attacker has over an entity, or what is broken about it.

    Four chains (``read_subset`` < ``read``, ``taint`` < ``write``, ``degrade`` < ``deny``, ``use`` <
    ``control``, and on services ``steer`` < ``control``); on credentials ``operate`` and ``possess`` instead.
    ``INACTIVE`` and those after it are no capability over an entity but stepping stones of a proof: a control is
    ``inactive``, some function of an API is ``callable``, there is a ``foothold`` in a flat zone, ``anyone`` can act
    from the internet, a key is ``present`` in a call (driven, or a copy that nothing stops), an input is ``lost`` to
    who takes it in, or ``strained`` (lost, or slow).
    """

    READ_SUBSET = "read_subset"
    READ = "read"
    TAINT = "taint"
    WRITE = "write"
    DEGRADE = "degrade"
    DENY = "deny"
    USE = "use"
    STEER = "steer"
    CONTROL = "control"
    OPERATE = "operate"
    POSSESS = "possess"
    INACTIVE = "inactive"
    CALLABLE = "callable"
    FOOTHOLD = "foothold"
    ANYONE = "anyone"
    PRESENT = "present"
    LOST = "lost"
    STRAINED = "strained"


STEPPING_STONES = frozenset(list(Capability)[list(Capability).index(Capability.INACTIVE) :])


class Level(IntEnum):
    """How much is assumed of the attacker, cumulative."""

    GRANTED = 1
    ABUSED = 2
    TAKEOVER = 3
    LATERAL = 4

    @property
    def word(self) -> str:
        """The level's name as people write it: ``granted``, ``abused``, ``takeover``, ``lateral``."""
        return _WORDS[self]

    @property
    def says(self) -> str:
        """The level in words for a board."""
        return _LEVEL_WORDS[self]


_WORDS = {level: level.name.lower() for level in Level}
_LEVEL_WORDS = {
    Level.GRANTED: "they use exactly what we gave them; we swallow what they send",
    Level.ABUSED: "and all they can trick or find without breaking in",
    Level.TAKEOVER: "and they break our system behind the door",
    Level.LATERAL: "and they walk on inside, or break into others' systems",
}


class Fact(NamedTuple):
    """What holds: an entity's id and a capability over it.

    With a stepping stone as capability, ``entity`` is a control's id (``inactive``), the name of an API
    (``callable``), of a flat zone (``foothold``), ``internet`` (``anyone``), a credential's id (``present``) or an
    input's and who takes it in (``lost``, ``strained``; see ``input_id``).
    """

    entity: str
    capability: Capability

    def __str__(self) -> str:
        return f"{self.capability}({self.entity})"


def input_id(consumer: str, supplier: str) -> str:
    """The name of an input: what is taken in, and by whom; no two read the same."""
    return f"{supplier.replace('%', '%25').replace('<', '%3C')}<{consumer}"


def input_ends(name: str) -> tuple[str, str]:
    """What is taken in, and by whom, of the name of an input."""
    supplier, _, consumer = name.partition("<")
    return supplier.replace("%3C", "<").replace("%25", "%"), consumer
