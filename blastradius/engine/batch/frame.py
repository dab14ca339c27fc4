"""A world is one what-if; a frame is what many worlds that are solved together share and where they differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from math import inf
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from blastradius.columns.ragged import Flags, Numbers, distinct
from blastradius.columns.tables import BASES, CONTROLS
from blastradius.engine.compile import System
from blastradius.engine.scenario import Added, World, checked, seeds_of
from blastradius.errors import UsageError
from blastradius.model import Capability, ControlKind

_Key = TypeVar("_Key")
_NONE = np.zeros(0, np.int64)
_KINDS = frozenset(map(str, ControlKind))


def checked_worlds(system: System, worlds: Iterable[World]) -> tuple[World, ...]:
    """The same worlds, once everything that they name is known to be there.

    Raises:
        UsageError: a seed, a control or a relation that the estate does not have.
    """
    known: set[int] = set()
    relations: set[str] = set()
    controls: set[Added] = set()
    found = []
    for world in worlds:
        if id(world.scenario) not in known:
            checked(system.estate, world.scenario)
            known.add(id(world.scenario))
        if not relations.issuperset(world.without):
            for name in world.without:
                _check_relation(system, name)
            relations.update(world.without)
        if not controls.issuperset(world.controls):
            for kind, host in world.controls:
                _check_host(system, kind, host)
            controls.update(world.controls)
        found.append(world)
    return tuple(found)


def _check_relation(system: System, name: str) -> None:
    if name not in system.estate.relations:
        raise UsageError(f"without: {name!r} is not a relation of the estate{_near(name, system.estate.relations)}")


def _check_host(system: System, kind: ControlKind, host: str) -> None:
    if host not in system.estate.relations and host not in system.estate.entities:
        close = _near(host, system.estate.entities)
        raise UsageError(f"control {str(kind)!r}: {host!r} is no entity and no relation of the estate{close}")


def _near(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


@dataclass(frozen=True)
class Frame:
    """Worlds that are solved together."""

    system: System
    worlds: Sequence[World]

    @cached_property
    def levels(self) -> Numbers:
        """The level that each world assumes."""
        return np.fromiter((int(world.scenario.assume) for world in self.worlds), np.int64, len(self.worlds))

    @cached_property
    def basis(self) -> Numbers:
        """The weakest basis (a place in ``BASES``) on which what is used may be known, in each world."""
        return np.fromiter((BASES.index(world.scenario.basis) for world in self.worlds), np.int64, len(self.worlds))

    @cached_property
    def ends(self) -> NDArray[np.float64]:
        """The hour in which the outage is over, in each world; infinite where it has no end."""
        hours = [world.scenario.hours for world in self.worlds]
        return np.array([inf if end is None else end for end in hours], np.float64)

    @cached_property
    def is_timed(self) -> bool:
        """Whether an outage ends in any world, so that it matters when something comes."""
        return bool(np.isfinite(self.ends).any())

    @cached_property
    def failing(self) -> tuple[Numbers, Numbers]:
        """Pairs of world and control (by number) that is distrusted in it."""
        numbers: dict[tuple[str, ...], Numbers] = {}
        for world in self.worlds:
            said = world.scenario.distrust
            if said not in numbers:
                numbers[said] = distrusted(self.system, said)
        controls = [numbers[world.scenario.distrust] for world in self.worlds]
        worlds = np.repeat(np.arange(len(self.worlds)), [len(control) for control in controls])
        return worlds, np.concatenate([_NONE, *controls])

    @cached_property
    def seeds(self) -> tuple[Numbers, Numbers]:
        """Pairs of fact and world in which it is a seed, with all it includes; distrusted controls are inactive."""
        facts, worlds = [], []
        for number, world in enumerate(self.worlds):
            for seed in seeds_of(self.system.estate, world.scenario):
                included = self.system.facts.included(self.system.facts.number(seed))
                facts += included
                worlds += [number] * len(included)
        failing_worlds, controls = self.failing
        fallen = self.system.facts.facts(controls, Capability.INACTIVE)
        both = np.array([facts, worlds], np.int64)
        return np.concatenate([both[0], fallen]), np.concatenate([both[1], failing_worlds])

    @cached_property
    def opening(self) -> Flags:
        """In which worlds what fails closed is not believed to."""
        return np.fromiter(
            ("fail_closed" in world.scenario.distrust for world in self.worlds), np.bool_, len(self.worlds)
        )

    @cached_property
    def removed(self) -> dict[str, Numbers]:
        """The relations that some world is without, and the numbers of those worlds."""
        return _by_change(world.without for world in self.worlds)

    @cached_property
    def added(self) -> dict[Added, Numbers]:
        """The controls that some world adds and believes in, and the numbers of those worlds."""
        return _by_change(map(_believed, self.worlds))

    @cached_property
    def proposed(self) -> Flags:
        """In which worlds the proposal is in force."""
        return np.fromiter((world.proposed for world in self.worlds), np.bool_, len(self.worlds))


def distrusted(system: System, distrust: Sequence[str]) -> Numbers:
    """The controls that are distrusted, by kind or by id."""
    by_id = [system.facts.control_numbers[name] for name in distrust if name in system.facts.control_numbers]
    kinds = [CONTROLS.index(ControlKind(name)) for name in distrust if name in _KINDS]
    by_kind = np.flatnonzero(np.isin(system.columns.controls.kind, kinds)) if kinds else _NONE
    return distinct(np.concatenate([by_kind, np.array(by_id, np.int64)]))


def _believed(world: World) -> tuple[Added, ...]:
    """The controls that a world adds, but those that it distrusts."""
    distrust = world.scenario.distrust
    if not distrust:
        return world.controls
    return tuple(added for added in world.controls if not _is_distrusted(added, distrust))


def _is_distrusted(added: Added, distrust: Sequence[str]) -> bool:
    kind, host = added
    return kind in distrust or f"{kind}@{host}" in distrust


def _by_change(made: Iterable[tuple[_Key, ...]]) -> dict[_Key, Numbers]:
    """For each change the numbers of the worlds that make it; those that make the same ones are looked up once."""
    alike = _collected((changes, number) for number, changes in enumerate(made))
    found: dict[_Key, list[Numbers]] = {}
    for changes, numbers in alike.items():
        for change in changes:
            found.setdefault(change, []).append(numbers)
    return {change: np.sort(np.concatenate(numbers)) for change, numbers in found.items()}


def _collected(pairs: Iterable[tuple[_Key, int]]) -> dict[_Key, Numbers]:
    found: dict[_Key, list[int]] = {}
    for key, number in pairs:
        found.setdefault(key, []).append(number)
    return {key: np.array(numbers, np.int64) for key, numbers in found.items()}


def parts(worlds: Sequence[World], alone: Set[int] = frozenset()) -> list[list[int]]:
    """The places of worlds that are best solved alike: those of one level and basis, as their steps are open alike.

    Parts of fewer than 64 worlds, a machine word, are put together, those in which an outage ends apart from others;
    those that are asked ``alone`` are left out.
    """
    alike = _collected(
        ((world.scenario.hours is not None, world.scenario.assume, world.scenario.basis), place)
        for place, world in enumerate(worlds)
        if place not in alone
    )
    found = [places.tolist() for places in alike.values() if len(places) >= 64]
    few: dict[bool, list[int]] = {}
    for (timed, *_), places in alike.items():
        few.setdefault(timed, []).extend(places.tolist() if len(places) < 64 else ())
    return [*found, *(sorted(places) for places in few.values() if places)]
