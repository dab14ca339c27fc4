"""The shape of a proof: what the engine claims and the independent checker verifies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from blastradius.model import Fact, Level


@dataclass(frozen=True, slots=True)
class ProofStep:
    """How one fact follows: by which rule, along which relations, from which facts.

    ``rule`` is ``seed``, ``closure`` (included in a stronger capability on the same entity) or a rule's id.
    """

    fact: Fact
    rule: str
    level: Level
    hops: int
    premises: tuple[Fact, ...]
    relations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stopped:
    """A step at the frontier that is not taken, and why.

    ``by`` holds control ids (``control``), the level it would take (``level``), the missing facts
    (``premise``) or the buffer (``buffer``); ``premises`` those of its premises that hold.
    """

    fact: Fact
    rule: str
    because: Literal["control", "level", "premise", "buffer"]
    by: tuple[str, ...]
    relations: tuple[str, ...]
    premises: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Certificate:
    """The whole proof: one step a fact, premises first; every stop; the controls relied on."""

    steps: tuple[ProofStep, ...]
    stopped: tuple[Stopped, ...]
    relies_on: tuple[str, ...]
