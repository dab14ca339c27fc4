"""The shape of a proof: what the engine claims and the independent checker verifies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from blastradius.engine.scenario import World
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


@dataclass(frozen=True, eq=False)
class Roll:
    """Facts in some order, to ask of many worlds at once."""

    facts: tuple[Fact, ...]


class Claims(Protocol):
    """What is claimed of many worlds at once: bit ``w % 64`` of word ``w // 64`` of a row is world ``w``."""

    @property
    def worlds(self) -> Sequence[World]:
        """The worlds, in the order of their bits."""
        ...

    @property
    def alike(self) -> Sequence[World]:
        """All worlds whose claims speak of the same facts in the same rows, these among them."""
        ...

    @property
    def about(self) -> object:
        """One thing for all of those."""
        ...

    @property
    def state(self) -> NDArray[np.uint64]:
        """Rows of words, to be read only; facts that are claimed in the same worlds may share one."""
        ...

    def rows(self, roll: Roll) -> NDArray[np.int64]:
        """For each fact its row of ``state``; negative for one that has none."""
        ...

    def somewhere(self, roll: Roll) -> NDArray[np.bool_]:
        """Whether each fact may be claimed in some of the worlds that are alike."""
        ...

    def beyond(self, roll: Roll) -> Roll:
        """The facts that have a row and are not among these."""
        ...

    def said(self, roll: Roll) -> NDArray[np.uint64]:
        """For each fact, with a row or without, the worlds in which it is claimed to hold: a row of words each."""
        ...
