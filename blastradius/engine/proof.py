"""The shape of a proof: what the engine claims and the independent checker verifies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from blastradius.engine.scenario import World
from blastradius.model import Basis, Fact, Level


class ProofStep(NamedTuple):
    """How one fact follows: by which rule, along which relations, from which facts.

    ``rule`` is ``seed``, ``closure`` (included in a stronger capability on the same entity) or a rule's id; ``at`` is
    the hour in which it arrives, 0 where no outage of stated length is asked about.
    """

    fact: Fact
    rule: str
    level: Level
    hops: int
    premises: tuple[Fact, ...]
    relations: tuple[str, ...]
    at: float = 0.0


Reason = Literal["premise", "level", "time", "basis", "control"]


class Stopped(NamedTuple):
    """A step at the frontier that is not taken, and all that stands in its way.

    ``premises`` are those of its premises that hold, ``missing`` the others where too few hold; ``level`` is the one it
    would take, ``basis`` the one on which it is known, ``after_h`` the hours that a buffer outlasts the outage by
    lasting, each where it stands in the way; ``controls`` are those that stand.
    """

    fact: Fact
    rule: str
    relations: tuple[str, ...]
    premises: tuple[Fact, ...]
    missing: tuple[Fact, ...] = ()
    level: Level | None = None
    controls: tuple[str, ...] = ()
    after_h: float | None = None
    basis: Basis | None = None

    @property
    def because(self) -> Reason:
        """The first of what stands in the way."""
        if self.missing:
            return "premise"
        if self.level is not None:
            return "level"
        if self.after_h is not None:
            return "time"
        return "basis" if self.basis is not None else "control"

    @property
    def by_controls_alone(self) -> bool:
        """Whether nothing but controls stands in the way."""
        return self.because == "control"


class Certificate(NamedTuple):
    """The whole proof: one step a fact, premises first; every stop; the controls relied on."""

    steps: tuple[ProofStep, ...]
    stopped: tuple[Stopped, ...]
    relies_on: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Claims:
    """What is claimed of many worlds at once, as plain data: all that the checker of many worlds gets to see.

    Fact ``i`` is that ``names[entity[i]]`` has the capability of number ``capability[i]`` (in the order of the model);
    it is claimed in the worlds that row ``row[i]`` of ``words`` says: bit ``w % 64`` of word ``w // 64`` is world
    ``w``. Facts may share a row. A fact that is not listed is claimed where one that includes it is, and nowhere else.
    ``places`` are the places of the worlds in the list that was asked. ``late`` is what of the words comes after the
    first hour, where an outage ends: hour after hour the hour, some rows, and which of their bits.
    """

    worlds: tuple[World, ...]
    places: NDArray[np.int64]
    names: Sequence[str]
    entity: NDArray[np.int64]
    capability: NDArray[np.int64]
    row: NDArray[np.int64]
    words: NDArray[np.uint64]
    late: tuple[tuple[float, NDArray[np.int64], NDArray[np.uint64]], ...] = ()
