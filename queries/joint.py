"""Which third parties reach only together what none of them reaches alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from blastradius.answer import Answer, Query, Row, Table
from blastradius.engine import Assumption, PreparedEstate, plain, solve, system_of, what_if
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import Basis, Capability, Fact, Frozen, Kind, Scenario
from blastradius.reports.impact import is_audited
from blastradius.reports.labels import KNOWN, assumed, footing
from blastradius.reports.reached import grouped
from blastradius.reports.rows import ModelRow, StepRow, model_row, step_rows, strongest
from blastradius.reports.surface import third_parties
from blastradius.reports.together import (
    Fallen,
    apart,
    beyond_all,
    every_pair,
    known_together,
    only_together,
    pairs_that_meet,
)
from blastradius.reports.unstated import marks_jewels
from blastradius.reports.words import WORDS, kinds_of, label, listed, plural, relation_said

MOST_SHOWN = 20
"""How many pairs people are shown at first, and of how many it is worked out where they meet."""


class Params(Assumption):
    """How third parties fall, which of them together, and how much to assume of the attacker."""

    fall: Literal["compromise", "outage"] = Field(
        "compromise", description="how they fall: under an attacker's control, or out for good"
    )
    set: tuple[str, ...] = Field((), description="third parties that fall together: A,B [default: every pair]")


class GainRow(Frozen):
    """What is reached of one thing only together; ``known`` is the best basis on which that can be proved."""

    entity: str
    name: str
    kind: Kind
    crown_jewel: bool
    capability: Capability
    known: Basis


class JointRow(Frozen):
    """A set of third parties (ids) and what only all of them together reach, crown jewels first.

    ``things`` counts the entities. ``meets`` are the steps that take something from several of them: the first where
    no other came before; null where that was not worked out.
    """

    parties: tuple[str, ...]
    names: tuple[str, ...]
    crown_jewels: tuple[str, ...] | None
    processes: int
    things: int
    gained: tuple[GainRow, ...]
    meets: tuple[StepRow, ...] | None


class JointData(Frozen):
    """The answer to ``joint``.

    ``sets`` counts what was asked about, of which ``solved`` were solved; in each of those ``ruled_out`` no step takes
    what only one brings together with what only the other does, so they reach no more than alone. ``reach_more``
    counts the rows. ``further`` are entities of which all third parties at once reach what none does alone and no
    pair; null where sets were named.
    """

    question: str
    headline: str
    assume: str
    distrusted: tuple[str, ...]
    fall: str
    third_parties: int
    sets: int
    solved: int
    ruled_out: int
    reach_more: int
    rows: tuple[JointRow, ...]
    further: tuple[str, ...] | None
    checked: bool
    model: ModelRow


def run(estate: Estate, params: Params) -> Answer:
    """Solve every party alone, then the pairs that may reach more, or the sets that are named.

    Raises:
        UsageError: a set of fewer than two, or a name that no third party has.
    """
    named = list(dict.fromkeys(_named(estate, text) for text in params.set))
    estate = what_if(estate, params.asked)
    system, asked = system_of(estate), plain(params.asked)
    parties = [party.id for party in third_parties(estate)]
    alone = apart(system, asked, params.fall, parties)
    sets = named or pairs_that_meet(system, alone)
    found = only_together(system, asked, params.fall, alone, sets)
    rows, asked_about = _rows(system, asked, params, found), len(named or every_pair(parties))
    data = JointData(
        question="joint",
        headline=_headline(estate, params, rows, len(parties), asked_about),
        assume=params.assume,
        distrusted=params.distrust,
        fall=params.fall,
        third_parties=len(parties),
        sets=asked_about,
        solved=len(sets),
        ruled_out=asked_about - len(sets),
        reach_more=len(rows),
        rows=tuple(rows),
        further=None if named else _further(beyond_all(system, alone, found.values())),
        checked=is_audited(estate),
        model=model_row(estate),
    )
    return Answer(
        question="joint",
        headline=data.headline,
        data=data,
        tables=(_table(estate, data),),
        lines=_lines(estate, params, data),
        notes=estate.notes,
    )


def _named(estate: Estate, text: str) -> Fallen:
    """The third parties of a set, in the order named.

    Raises:
        UsageError: they are fewer than two, or one is no third party.
    """
    known = {party.id for party in third_parties(estate)}
    try:
        found = tuple(dict.fromkeys(estate.resolve(name.strip(), {Kind.PARTY}) for name in text.split(",")))
    except UsageError as error:
        raise UsageError(f"set: {error}") from None
    ours = [name for name in found if name not in known]
    if ours:
        raise UsageError(f"set: {ours[0]!r} is ourselves, not a third party; name third parties: --set A,B")
    if len(found) < 2:
        raise UsageError(f"set: {text!r} names one third party; name two or more: --set A,B")
    return found


def _rows(
    system: PreparedEstate, asked: Scenario, params: Params, found: dict[Fallen, frozenset[Fact]]
) -> list[JointRow]:
    known = known_together(system, asked, params.fall, found)
    rows = [_row(system.estate, parties, known[parties]) for parties in found]
    rows.sort(key=lambda row: (-len(row.crown_jewels or ()), -row.processes, -row.things, row.parties))
    shown = [row.model_copy(update={"meets": _meets(system, asked, params, row)}) for row in rows[:MOST_SHOWN]]
    return shown + rows[MOST_SHOWN:]


def _row(estate: Estate, parties: Fallen, known: dict[Fact, Basis]) -> JointRow:
    gained = []
    for facts in grouped(sorted(known), lambda fact: fact.entity):
        name = facts[0].entity
        gained += [
            GainRow(
                entity=name,
                name=label(estate, name),
                kind=estate.kind_of(name),
                crown_jewel=estate.crown_jewel(name),
                capability=capability,
                known=known[Fact(name, capability)],
            )
            for capability in strongest(fact.capability for fact in facts)
        ]
    gained.sort(key=lambda gain: (not gain.crown_jewel, gain.kind != Kind.PROCESS, gain.kind != Kind.STORE, gain.name))
    things = {gain.entity: gain for gain in gained}
    jewels = tuple(name for name, gain in things.items() if gain.crown_jewel)
    return JointRow(
        parties=parties,
        names=tuple(label(estate, name) for name in parties),
        crown_jewels=jewels if marks_jewels(estate) else None,
        processes=sum(gain.kind == Kind.PROCESS for gain in things.values()),
        things=len(things),
        gained=tuple(gained),
        meets=None,
    )


def _meets(system: PreparedEstate, asked: Scenario, params: Params, row: JointRow) -> tuple[StepRow, ...]:
    """The steps to what no party has alone from what some have."""
    alone = [_held(system, asked, params, (party,)) for party in row.parties]
    reach = solve(system.estate, asked.model_copy(update={params.fall: row.parties}), system=system)
    own = frozenset[Fact]().union(*alone)
    first = [
        step.fact
        for step in reach.certificate.steps
        if step.fact not in own and step.premises and own.issuperset(step.premises)
    ]
    return step_rows(reach, first)


def _held(system: PreparedEstate, asked: Scenario, params: Params, parties: Fallen) -> frozenset[Fact]:
    reach = solve(system.estate, asked.model_copy(update={params.fall: parties}), system=system)
    return frozenset(step.fact for step in reach.certificate.steps)


def _further(facts: frozenset[Fact]) -> tuple[str, ...]:
    return tuple(sorted({fact.entity for fact in facts}))


def _headline(estate: Estate, params: Params, rows: Sequence[JointRow], parties: int, sets: int) -> str:
    if parties < 2:
        count = "no third party" if not parties else "one third party"
        return f"the estate has {count}, so there are no two that could fall together"
    what = f"{plural(sets, 'set')} named" if params.set else f"{plural(sets, 'pair')} of {parties:,} third parties"
    under = "if they are out" if params.fall == "outage" else f"under level {params.assume!r}"
    one, several = _AFFECTS[params.fall]
    if not rows:
        return f"{what}: none {one} more together than alone {under}, as far as is stated"
    first = rows[0]
    things = kinds_of(estate, {gain.entity for gain in first.gained})
    marked = list(dict.fromkeys(gain.name for gain in first.gained if gain.crown_jewel))
    jewels = f", the {'crown jewels' if len(marked) > 1 else 'crown jewel'} {listed(marked, 3)} among them"
    none = "neither" if len(first.parties) == 2 else "none"
    more = f"{len(rows):,} of {what} {one if len(rows) == 1 else several} more together than alone {under}"
    return f"{more}; {_together(first)} {several} {things} that {none} of them does alone{jewels if marked else ''}"


_AFFECTS = {"compromise": ("reaches", "reach"), "outage": ("affects", "affect")}


def _together(row: JointRow) -> str:
    return f"{', '.join(row.names[:-1])} and {row.names[-1]}"


def _lines(estate: Estate, params: Params, data: JointData) -> tuple[str, ...]:
    found = [_fall_said(params)] if data.sets else []
    if data.sets and not params.set:
        why = "nothing takes what only the one brings together with what only the other does"
        others = (
            f"; in the other {data.ruled_out:,} {why}, so these come to no more than alone" if data.ruled_out else ""
        )
        tried = f"of {plural(data.sets, 'pair')}, {data.solved:,} {'was' if data.solved == 1 else 'were'} tried{others}"
        found.append(tried if data.solved else f"no pair had to be tried: {why}, so they come to no more than alone")
    if data.further:
        names = listed([label(estate, name) for name in data.further])
        found.append(f"three or more together reach more still of {names}; --set A,B,C says what some of them do")
    if data.sets and not data.rows:
        found.append("silence is not safety: what takes several keys, feeds or suppliers counts only where it is said")
    return (*found, footing(estate))


def _fall_said(params: Params) -> str:
    if params.fall == "compromise":
        return f"they fall to one attacker: {assumed(params.assume)}"
    return "they are out at once, for longer than any buffer lasts; an outage alone brings no attacker"


def _table(estate: Estate, data: JointData) -> Table:
    cells = tuple(_cells(estate, row, len(row.gained)) for row in data.rows)
    return Table(
        "joint",
        "Who reaches only together what none of them reaches alone",
        ("id", "together", "jewels", "processes", "things", "only together", "where they meet"),
        cells,
        ids=("id",),
        brief=tuple(_cells(estate, row, MOST_NAMED) for row in data.rows[:MOST_SHOWN]),
        under=("only together", "where they meet"),
        headed=("only together", "where they meet"),
    )


MOST_NAMED = 4


def _cells(estate: Estate, row: JointRow, most: int) -> Row:
    gained = grouped(row.gained, lambda gain: gain.entity)
    return (
        ", ".join(row.parties),
        " + ".join(row.names),
        "unknown" if row.crown_jewels is None else len(row.crown_jewels),
        row.processes,
        row.things,
        listed([_gained(gains) for gains in gained], most),
        "not worked out" if row.meets is None else listed([_met(estate, step) for step in row.meets], 2),
    )


def _gained(gains: Sequence[GainRow]) -> str:
    """What is gained over one thing, in words, and how it is known where that is weak."""
    mark = "★ " if gains[0].crown_jewel else ""
    means = "; ".join(WORDS[gain.capability] for gain in gains)
    weak = {gain.known for gain in gains} & {Basis.INFERRED, Basis.ASSUMED}
    aside = f", {', '.join(KNOWN[basis] for basis in sorted(weak))}" if weak else ""
    return f"{mark}{gains[0].name} ({means}{aside})"


def _met(estate: Estate, step: StepRow) -> str:
    along = listed([relation_said(estate, name) for name in step.relations], 2)
    return f"{step.says}: {step.because}" + (f" ({along})" if along else "")


QUERY = Query(
    "joint",
    "Which third parties reach only together what none of them reaches alone",
    Params,
    run,
    JointData,
    example="--fall outage",
    spreads=True,
)
