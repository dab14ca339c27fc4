"""What a scenario reaches as a table: every hold, and in brief a line for each thing, what matters most first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple, TypeVar

from blastradius.answer import Row, Table
from blastradius.engine import Reach, brings_an_attacker, is_timed
from blastradius.model import Basis, Capability, Fact, Kind, Level
from blastradius.reports.labels import KNOWN, Label
from blastradius.reports.phrases import phrase
from blastradius.reports.rows import held_over
from blastradius.reports.words import WORDS, hour, kinds, label, listed

FOLDED = 4
"""From how many on things of one kind that fare alike are told in one line."""
_ORDER = {capability: place for place, capability in enumerate(WORDS)}
Thing = TypeVar("Thing")


class Hold(NamedTuple):
    """What is held over one entity, from which level and hour on, in how many steps; ``known`` in words."""

    entity: str
    name: str
    kind: Kind
    jewel: bool
    capability: Capability
    level: Level
    at: float
    steps: int
    started: bool
    known: str
    weak: bool
    anyone: Level | None

    @property
    def means(self) -> str:
        """What it means, and whether it is only inferred or assumed, or anyone could have as much."""
        return _means(self.capability, self.known if self.weak else None, self.anyone)

    @property
    def first_to_read(self) -> tuple[bool, bool, Level, float, int, str]:
        """What holds are sorted by for people."""
        return not self.jewel, self.kind != Kind.PROCESS, self.level, self.at, self.steps, self.name


@cache
def _means(capability: Capability, known: str | None, anyone: Level | None) -> str:
    asides = [] if known is None else [known]
    asides += [phrase("anyone could", anyone.word)] if anyone else []
    means = WORDS[capability]
    return phrase("aside", means, ", ".join(asides)) if asides else means


def holds_of(reach: Reach, labels: Mapping[Fact, Label]) -> list[Hold]:
    """Everything that is held, by level, steps and name; what something stronger includes is left out."""
    found = [hold for name, over in held_over(reach).items() for hold in _holds(reach, name, over, labels)]
    return sorted(found, key=lambda hold: (hold.level, hold.at, hold.steps, hold.entity, hold.means))


def _holds(
    reach: Reach, entity: str, capabilities: Iterable[Capability], labels: Mapping[Fact, Label]
) -> Iterator[Hold]:
    """What is held over one entity."""
    estate, by_anyone = reach.estate, reach.scenario.anyone
    name, kind, jewel = label(estate, entity), estate.kind_of(entity), estate.crown_jewel(entity)
    for capability in capabilities:
        fact = Fact(entity, capability)
        step, found = reach.proofs[fact], labels[fact]
        started = step.rule == "seed"
        common = not by_anyone and found.anyone is not None and not found.is_beyond(step.level)
        yield Hold(
            entity=entity,
            name=name,
            kind=kind,
            jewel=jewel,
            capability=capability,
            level=step.level,
            at=step.at,
            steps=step.hops,
            started=started,
            known=phrase("as asked") if started else KNOWN[found.basis],
            weak=not started and found.basis in (Basis.INFERRED, Basis.ASSUMED),
            anyone=found.anyone if common else None,
        )


def reached_table(reach: Reach, labels: Mapping[Fact, Label]) -> Table:
    """Every hold; in brief crown jewels, then processes, then the rest, a line for each thing or for those alike."""
    holds = holds_of(reach, labels)
    when = _When(reach)
    columns = (*when.column, "", "kind", "id", "name", "what it means", "steps", "known")
    return Table(
        "reached",
        when.title,
        columns,
        tuple(_row(when, hold) for hold in holds),
        ids=("id",),
        brief=tuple(_brief(when, holds)),
        spare=("steps", "known"),
    )


class _When:
    """How it is told when, or under which assumption, something is reached."""

    def __init__(self, reach: Reach) -> None:
        self.attacked = brings_an_attacker(reach.scenario)
        self.timed = is_timed(reach.scenario) and not self.attacked
        self.title = "What could be reached, at the lowest level at which it could"
        self.title = self.title if self.attacked else "What would feel it"
        self.column = ("level",) if self.attacked else ("when",) if self.timed else ()

    def of(self, hold: Hold) -> tuple[str, ...]:
        """The cell, or none where there is no such column."""
        if self.attacked:
            return (hold.level.word,)
        return (hour(hold.at),) if self.timed else ()

    def later(self, before: Hold, hold: Hold) -> str:
        """How a further hold over the same thing is told after another."""
        if self.attacked and hold.level > before.level:
            return phrase("later", hold.level.word, hold.means)
        return phrase("later", hour(hold.at), hold.means) if self.timed and hold.at > before.at else f"; {hold.means}"


def _row(when: _When, hold: Hold) -> Row:
    mark = "★" if hold.jewel else ""
    return (*when.of(hold), mark, hold.kind, hold.entity, hold.name, hold.means, hold.steps, hold.known)


def _brief(when: _When, holds: Sequence[Hold]) -> Iterable[Row]:
    lines = [_line(when, found) for found in grouped(holds, lambda hold: hold.entity) if not found[0].started]
    lines.sort(key=lambda line: line[0].first_to_read)
    for alike in grouped(lines, lambda line: _alike(when, *line)):
        first, means = alike[0]
        if len(alike) < FOLDED:
            yield from ((*_row(when, hold)[:-3], said, hold.steps, hold.known) for hold, said in alike)
        else:
            names = f"{kinds(len(alike), first.kind)}: {listed([hold.name for hold, _ in alike], 2)}"
            ids = listed([hold.entity for hold, _ in alike], 2)
            yield (*when.of(first), "", first.kind, ids, names, means, first.steps, first.known)


def _alike(when: _When, hold: Hold, means: str) -> Hashable:
    """What is told in one line if it is the same; crown jewels and processes stand alone."""
    if hold.jewel or hold.kind == Kind.PROCESS:
        return hold.entity
    return when.of(hold), hold.kind, means, hold.known


def _line(when: _When, holds: Sequence[Hold]) -> tuple[Hold, str]:
    """The first hold over a thing, and in words the strongest of each level; over crown jewels and processes all."""
    if len(holds) == 1:  # as of most
        return holds[0], holds[0].means
    whole = holds[0].jewel or holds[0].kind == Kind.PROCESS
    steps = [sorted(found, key=lambda hold: _ORDER[hold.capability]) for found in grouped(holds, when.of)]
    told = [hold for found in steps for hold in (found if whole else found[:1])]
    return told[0], told[0].means + "".join(when.later(before, hold) for before, hold in pairwise(told))


def grouped(things: Iterable[Thing], key: Callable[[Thing], Hashable]) -> list[list[Thing]]:
    """Things that have a key in common, in the order in which the first of each comes."""
    found: dict[Hashable, list[Thing]] = defaultdict(list)
    for thing in things:
        found[key(thing)].append(thing)
    return list(found.values())
