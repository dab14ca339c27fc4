"""What is said of each fact besides its level: how well it is known, and whether anyone could have as much."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from blastradius.columns.ragged import Flags
from blastradius.columns.tables import BASES
from blastradius.engine import PreparedEstate, Reach, World, plain
from blastradius.errors import NotHereError
from blastradius.estate import Estate
from blastradius.model import Basis, ControlKind, Fact, Level, Scenario
from blastradius.reports.impact import anyones, holding
from blastradius.reports.phrases import phrase


class Label(NamedTuple):
    """The best basis on which a fact can be proved, and the level at which anyone at all could have as much."""

    basis: Basis
    anyone: Level | None

    def is_beyond(self, level: Level) -> bool:
        """Whether it takes more than a stranger at the same level."""
        return self.anyone is None or level < self.anyone


def labels_of(reach: Reach, only: Sequence[Fact] | None = None) -> Mapping[Fact, Label]:
    """The label of every fact about an entity that is reached, or of those named."""
    used, strangers = _used(reach), _strangers(reach)
    bases = used[:-1]  # those on which less might be reached than on the weakest that is used
    worlds = [World(_as_changed(reach).model_copy(update={"basis": basis})) for basis in bases]
    facts = list(reach.levels) if only is None else list(only)
    held = _held(reach.prepared, worlds, strangers, facts)
    labels = _each_label(used, [level for level in Level if level <= reach.scenario.assume][: len(strangers)])
    return {
        fact: labels[best][first]
        for fact, best, first in zip(facts, _first(held[: len(bases)]), _first(held[len(bases) :]), strict=True)
    }


def _held(
    system: PreparedEstate, worlds: Sequence[World], strangers: Sequence[Scenario], facts: Sequence[Fact]
) -> Flags:
    """Whether facts (columns) hold in worlds, then to strangers (rows).

    With what is reached there all here, or what leads to these facts, as less is needed.

    Raises:
        NotHereError: neither is.
    """
    numbers = np.array([system.facts.number(fact) for fact in facts], np.int64)
    if system.is_asked_again:
        return np.concatenate([holding(system, worlds, numbers), anyones(system, strangers, numbers)])
    every = [*worlds, *map(World, strangers)]  # at once that takes less
    try:
        return holding(system, every, numbers)
    except NotHereError as ahead:
        try:
            return holding(system.asked_about(numbers, every[-1].scenario), every, numbers)
        except NotHereError as behind:
            raise min(ahead, behind, key=lambda further: len(further.names)) from None


def _each_label(used: Sequence[Basis], levels: Sequence[Level]) -> list[list[Label]]:
    """A label for each basis and each level, and, last, for none of these levels."""
    return [[Label(basis, level) for level in (*levels, None)] for basis in used]


def _first(held: Flags) -> list[int]:
    """For each fact (a column) the first world (a row) in which it holds; how many there are where it does in none."""
    found: list[int] = np.concatenate([held, np.ones((1, held.shape[1]), np.bool_)]).argmax(axis=0).tolist()
    return found


def _used(reach: Reach) -> list[Basis]:
    """The bases on which what could be used is known, best first; where it starts rests on nothing."""
    steps, asked = reach.prepared.steps, BASES.index(reach.scenario.basis)
    there = np.bincount(steps.basis, minlength=len(BASES)) > 0
    return [basis for number, basis in enumerate(BASES[: asked + 1]) if number == 0 or there[number]]


def _as_changed(reach: Reach) -> Scenario:
    """The scenario as it is asked of the estate that it has changed: a control that is gone is not distrusted."""
    kinds = frozenset(map(str, ControlKind))
    known = tuple(name for name in reach.scenario.distrust if name in kinds or name in reach.estate.controls)
    return plain(reach.scenario).model_copy(update={"distrust": known})


def _strangers(reach: Reach) -> list[Scenario]:
    """What a stranger could do at each level, where something is open to anyone at all."""
    if not reach.prepared.columns.entities.anonymous.any():
        return []
    scenario = _as_changed(reach)
    alone = Scenario(anyone=True, distrust=scenario.distrust, basis=scenario.basis)
    return [alone.model_copy(update={"assume": level}) for level in Level if level <= scenario.assume]


KNOWN = {
    Basis.OBSERVED: "seen in operation",
    Basis.DECLARED: "documented",
    Basis.INFERRED: "inferred",
    Basis.ASSUMED: "assumed",
}
"""How well something is known, in words for people."""


def best_of(labels: Mapping[Fact, Label]) -> Mapping[str, Basis]:
    """For each entity the best basis of what is reached of it."""
    found: dict[str, Basis] = {}
    for fact, label in labels.items():
        known = found.get(fact.entity, label.basis)
        found[fact.entity] = min(known, label.basis, key=BASES.index)
    return found


def footing(estate: Estate) -> str:
    """How well the relations and the controls are known that an answer about many starts rests on."""
    counts = estate.footing.bases
    known = how_well(basis for basis, count in zip(BASES, counts, strict=True) for _ in range(count))
    return f"how well the relations are known: {known}{_untested(estate)}" if any(counts) else "no relation is stated"


def _untested(estate: Estate) -> str:
    """How many controls nobody has shown to work, where that was counted."""
    _, controls, assumed = estate.footing
    if not assumed:
        return ""
    some = f"all {controls:,}" if assumed == controls else f"{assumed:,} of {controls:,}"
    which = "the only control is" if controls == 1 else f"{some} controls are"
    return f"; {which} assumed to work, shown by nobody"


def unsaid(count: int, controls: int) -> str:
    """That of so many controls some have no stated status."""
    if controls == 1:
        return "the only control has no stated status, so it is taken to work"
    some = f"all {controls:,}" if count == controls else f"{count:,} of {controls:,}"
    have, are = ("has", "it is") if count == 1 else ("have", "they are")
    return f"{some} controls {have} no stated status, so {are} taken to work"


def assumed(word: str) -> str:
    """A level by its word, in one sentence for who does not know it."""
    levels = [level for level in Level if level <= Level[word.upper()]]
    return f"level {word!r} assumes: {'; '.join(level.says for level in levels)}"


def how_well(bases: Iterable[Basis]) -> str:
    """How many rest on what, in one sentence."""
    counts = dict.fromkeys(BASES, 0)
    for basis in bases:
        counts[basis] += 1
    total = sum(counts.values())
    if not total:
        return phrase("only starts")
    if counts[Basis.OBSERVED] + counts[Basis.DECLARED] == total:
        return phrase("all firm", f"{total:,}") if total > 1 else phrase("one firm")
    firm = counts[Basis.OBSERVED] + counts[Basis.DECLARED]
    weaker = ", ".join(
        phrase("on weaker", f"{counts[basis]:,}", KNOWN[basis])
        for basis in (Basis.INFERRED, Basis.ASSUMED)
        if counts[basis]
    )
    return phrase("some firm", f"{firm:,}", f"{total:,}", weaker)
