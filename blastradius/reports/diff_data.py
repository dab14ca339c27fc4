"""Two estates compared: what each states, and what that changes about how far third parties could reach."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from blastradius.engine import PreparedEstate, system_of
from blastradius.estate import Estate
from blastradius.model import Basis, Capability, Fact, Frozen, Kind, Level, Scenario
from blastradius.reports.changes import ChangeRow, ControlChangeRow, Side, changes
from blastradius.reports.impact import is_audited
from blastradius.reports.origins import CauseRow, Differences, causes
from blastradius.reports.rows import ModelRow, contour, is_ourselves, model_row
from blastradius.reports.silence import SilenceRow, silent
from blastradius.reports.spread import Gained, gained_and_lost
from blastradius.reports.words import is_public, label

FailOn = Literal["jewel", "new", "never"]
ANYONE = "anyone on the internet"


class Params(BaseModel):
    """How much to assume, and what to refuse."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    assume: Literal["granted", "abused", "takeover", "lateral"] = Field(
        "lateral", description="how much of the attacker to assume, cumulative"
    )
    basis: Literal["observed", "declared", "inferred", "assumed"] = Field(
        "assumed", description="use only what is known on this basis or a better one"
    )
    fail_on: FailOn = Field(
        "jewel", description="exit with 1 where a crown jewel, or anything, is newly reached or reached further into"
    )


class ReachChangeRow(Frozen):
    """What a compromise of one third party reaches in one estate and not in the other, or only from a higher level on.

    ``start`` is null for anyone on the internet; what anyone could do as well is told of nobody else. ``before`` is the
    level from which on the other estate has it; null where it does not. A thing is a crown jewel where either estate
    says so. ``because`` are differences that its proof uses; null where they were not looked up.
    """

    start: str | None
    start_name: str
    entity: str
    name: str
    kind: Kind
    capability: Capability
    level: str
    before: str | None
    crown_jewel: bool
    because: tuple[CauseRow, ...] | None


class DiffData(Frozen):
    """The answer to ``diff``: from ``base`` to ``head``.

    ``newly_reached`` and ``no_longer_reached`` count the things of ``gained`` and ``lost``, scopes not counted. A level
    that falls is a gain, one that rises a loss.
    """

    question: str
    headline: str
    assume: str
    basis: Basis
    starts: int
    entities: tuple[ChangeRow, ...]
    relations: tuple[ChangeRow, ...]
    zones: tuple[ChangeRow, ...]
    controls: tuple[ControlChangeRow, ...]
    gained: tuple[ReachChangeRow, ...]
    lost: tuple[ReachChangeRow, ...]
    newly_reached: int
    no_longer_reached: int
    crown_jewels: tuple[str, ...]
    unsaid: tuple[SilenceRow, ...]
    fail_on: FailOn
    fails: bool
    checked: bool
    base_day: str
    head_day: str
    base: ModelRow
    head: ModelRow


@dataclass(frozen=True)
class Compared:
    """Two estates and all that is asked of them."""

    base: Side
    head: Side
    params: Params

    @property
    def sides(self) -> tuple[Side, Side]:
        """The base and the head."""
        return self.base, self.head

    @cached_property
    def starts(self) -> tuple[str | None, ...]:
        """Every third party of either, by id, and ``None`` for anyone where something is open to all."""
        parties = {
            party.id for side in self.sides for party in side.estate.of_kind(Kind.PARTY) if not is_ourselves(party)
        }
        some = any(side.estate.columns.entities.anonymous.any() for side in self.sides)
        return (*([None] if some else []), *sorted(parties))

    def scenario(self, estate: Estate, start: str | None) -> Scenario:
        """What is asked of one of them; who is not in it starts nothing."""
        asked = Scenario(assume=Level[self.params.assume.upper()], basis=Basis(self.params.basis))
        if start is None:
            return asked.model_copy(update={"anyone": True})
        is_there = start in estate.entities and estate.kind_of(start) == Kind.PARTY
        return asked.model_copy(update={"compromise": (start,) if is_there else ()})

    def is_jewel(self, name: str) -> bool:
        """Whether either says that it is a crown jewel: what a change unmarks still counts."""
        return any(side.estate.crown_jewel(name) for side in self.sides)

    def is_public(self, name: str) -> bool:
        """Whether both, or the only one that has it, say that anyone may have it."""
        return all(is_public(side.estate, name) for side in self.sides if name in side.estate.entities)


def compared(base: Side, head: Side, params: Params) -> DiffData:
    """What differs, without its headline.

    Raises:
        UsageError: the memory does not suffice.
        CertificateError: the checker refuses what the engine claims; a defect of the engine.
    """
    both = Compared(base, head, params)
    stated = changes(base, head)
    systems = [system_of(side.estate) for side in both.sides]
    starts = [(both.scenario(base.estate, start), both.scenario(head.estate, start)) for start in both.starts]
    more, less = gained_and_lost(systems[0], systems[1], starts, Level[params.assume.upper()])
    gained = _rows(both, systems[1], more, Differences(base, head, stated, is_gain=True))
    lost = _rows(both, systems[0], less, Differences(head, base, stated, is_gain=False))
    jewels = tuple(sorted({row.entity for row in gained if row.crown_jewel}))
    return DiffData(
        question="diff",
        headline="",
        assume=params.assume,
        basis=Basis(params.basis),
        starts=len(both.starts),
        entities=stated.entities,
        relations=stated.relations,
        zones=stated.zones,
        controls=stated.controls,
        gained=gained,
        lost=lost,
        newly_reached=len(counted(gained)),
        no_longer_reached=len(counted(lost)),
        crown_jewels=jewels,
        unsaid=silent(head.estate, {row.entity for row in gained}),
        fail_on=params.fail_on,
        fails=bool(jewels if params.fail_on == "jewel" else counted(gained) if params.fail_on == "new" else ()),
        checked=all(is_audited(side.estate) for side in both.sides),
        base_day=base.estate.day,
        head_day=head.estate.day,
        base=model_row(base.estate),
        head=model_row(head.estate),
    )


def counted(rows: Iterable[ReachChangeRow]) -> set[str]:
    """The things that count: a scope is but the means by which something is granted."""
    return {row.entity for row in rows if row.kind != Kind.SCOPE}


def _rows(
    both: Compared, system: PreparedEstate, gains: Sequence[Gained], differences: Differences
) -> tuple[ReachChangeRow, ...]:
    """What is reached in one estate and not in the other, crown jewels first, then by level."""
    by_start: dict[int, list[Gained]] = defaultdict(list)
    for gain in _beyond_anyone(both, gains):
        by_start[gain.start].append(gain)
    jewels_first = sorted(by_start, key=lambda start: not any(both.is_jewel(gain.entity) for gain in by_start[start]))
    explained = set(jewels_first[: most_explained(len(system.estate.relations))])
    rows: list[ReachChangeRow] = []
    for start, some in by_start.items():
        known = _causes(both, system, some, differences) if start in explained else {}
        rows += [_row(both, system.estate, gain, known) for gain in some]
    return tuple(sorted(rows, key=_first_to_read))


def most_explained(relations: int) -> int:
    """For how many starts it is looked up what makes the difference: in a large estate each takes seconds."""
    return max(5, 200_000 // (relations + 1))


def _causes(
    both: Compared, system: PreparedEstate, gains: Sequence[Gained], differences: Differences
) -> dict[Fact, tuple[CauseRow, ...]]:
    """What the gains of one start rest on; no more is assumed than they need."""
    scenario = both.scenario(system.estate, both.starts[gains[0].start])
    needed = scenario.model_copy(update={"assume": max(gain.level for gain in gains)})
    return causes(differences, system, needed, [Fact(gain.entity, gain.capability) for gain in gains])


def _first_to_read(row: ReachChangeRow) -> tuple[bool, Level, str, str, bool, str]:
    is_someone = row.start is not None
    return not row.crown_jewel, Level[row.level.upper()], row.entity, row.capability, is_someone, row.start or ""


def _beyond_anyone(both: Compared, gains: Collection[Gained]) -> Iterator[Gained]:
    """The strongest gains of each start over each thing at each level, but for what anyone gains as well."""
    anyone = {(gain.entity, gain.capability): gain.level for gain in gains if both.starts[gain.start] is None}
    grouped: dict[tuple[int, str], list[Gained]] = defaultdict(list)
    for gain in gains:
        common = anyone.get((gain.entity, gain.capability))
        is_common = both.starts[gain.start] is not None and common is not None and common <= gain.level
        if gain.entity != both.starts[gain.start] and not is_common and not both.is_public(gain.entity):
            grouped[gain.start, gain.entity].append(gain)
    for some in grouped.values():
        strongest = contour({gain.capability: gain.level for gain in some})
        yield from (gain for gain in some if gain.capability in strongest)


def _row(both: Compared, estate: Estate, gain: Gained, known: Mapping[Fact, tuple[CauseRow, ...]]) -> ReachChangeRow:
    start = both.starts[gain.start]
    return ReachChangeRow(
        start=start,
        start_name=ANYONE if start is None else label(estate, start),
        entity=gain.entity,
        name=label(estate, gain.entity),
        kind=estate.kind_of(gain.entity),
        capability=gain.capability,
        level=gain.level.word,
        before=None if gain.before is None else gain.before.word,
        crown_jewel=both.is_jewel(gain.entity),
        because=known.get(Fact(gain.entity, gain.capability)),
    )


def unexplained(rows: Sequence[ReachChangeRow]) -> int:
    """Of how many starts it was not looked up what lets them in, or keeps them out."""
    return len({row.start for row in rows if row.because is None})
