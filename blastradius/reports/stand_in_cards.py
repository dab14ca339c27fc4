"""What may be decided where something fails, at which inject, and a card for each: if it is done, and if it is not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import inf, nextafter
from typing import Literal

from blastradius.answer import Row, Table
from blastradius.engine import SEED_KINDS, Reach
from blastradius.estate import Estate
from blastradius.model import Capability, Fact, Frozen, Kind, Process
from blastradius.reports.stand_ins import STATED, Act, Felt, Worth, outcome, worths
from blastradius.reports.storyline import Storyline
from blastradius.reports.symptoms import Symptom, is_failure
from blastradius.reports.words import hour, label, listed

MOST_OPTIONS = 3
"""How many things may be done at an inject, besides waiting."""
WAIT = "wait"
"""The id of doing nothing."""
Futile = Literal["out too", "other ways", "waits"]
"""Why nothing is gained: what stands in is out, too; there are other ways; nothing is done."""


class FeltRow(Frozen):
    """When a thing slows, stops and is wrong, in hours from the start; null for what does not happen.

    ``back_at_h`` is when it is back where it was done too late to keep it from stopping; ``used_up_at_h`` when a
    process has been down for longer than is tolerated, null too where nobody stated that.
    """

    entity: str
    slows_at_h: float | None
    stops_at_h: float | None
    back_at_h: float | None
    used_up_at_h: float | None
    wrong_at_h: float | None


class StandInRow(Frozen):
    """Something to decide where something fails, at an inject that comes at an hour (``at_h``) of the story.

    ``stated`` says whether the estate states it, or what would be if there were one. ``known`` is how well it is known
    to work. ``starts_after_h`` is what it takes to take over, null where nobody stated it; ``latest_h`` the last hour
    at which it can be started so that it is in time. ``done`` and ``undone`` are what it makes a difference to.
    """

    inject: str
    lever: str
    act: Act
    says: str
    stated: bool
    known: Literal["working", "assumed"] | None
    relations: tuple[str, ...]
    at_h: float
    starts_after_h: float | None
    latest_h: float | None
    futile: Futile | None
    done: tuple[FeltRow, ...]
    undone: tuple[FeltRow, ...]


@dataclass(frozen=True)
class StandIn:
    """Things to decide at an inject, by its number, that comes at an hour; waiting is always among them."""

    number: int
    at: float
    worths: tuple[Worth, ...]


def stand_ins(
    story: Storyline,
    told: Sequence[tuple[int, Symptom]],
    taken: Sequence[int],
    most: int,
    decided: Collection[str] = (),
) -> list[StandIn]:
    """At most so many decisions, what matters most first, each at an inject of its own that is not taken.

    Nothing more is to decide along relations, by id, of which it is decided.
    """
    if most <= 0 or not is_failure(story.reach.scenario):
        return []
    found, free = list[StandIn](), [it for it in told if it[0] not in taken]
    for group in _groups(story.reach, decided):
        place = _place(story, group, free)
        if place is not None and len(found) < most:
            found.append(StandIn(place[0], story.soonest.get(place[1].fact, 0.0), group[:MOST_OPTIONS]))
            free.remove(place)
    return sorted(found, key=lambda it: it.number)


def _groups(reach: Reach, decided: Collection[str]) -> list[tuple[Worth, ...]]:
    """What can be done, by who leans on what fails; where nothing is of use to someone, that is left out."""
    groups = dict[str, list[Worth]]()
    for worth in worths(reach):
        if not set(worth.means.relations) & set(decided):
            groups.setdefault(worth.means.taker, []).append(worth)
    useful = [tuple(sorted(group, key=_by_use)) for group in groups.values() if any(it.changed for it in group)]
    return sorted(useful, key=lambda group: min(_weight(reach.estate, it) for it in group))


def _by_use(worth: Worth) -> tuple[bool, bool, str]:
    """What is stated first, the trap among it."""
    return worth.means.act not in STATED, not worth.changed, worth.means.id


def _weight(estate: Estate, worth: Worth) -> tuple[int, int, int, int, str]:
    jewels = sum(map(estate.crown_jewel, worth.changed))
    processes = sum(estate.kind_of(name) == Kind.PROCESS for name in worth.changed)
    stated = worth.means.act not in STATED or not worth.changed
    return int(stated), -jewels, -processes, -len(worth.changed), worth.means.id


def _place(story: Storyline, group: Sequence[Worth], free: Sequence[tuple[int, Symptom]]) -> tuple[int, Symptom] | None:
    """The inject at which it is not too late: of what fails, of where it starts, or of who feels it; or the first."""
    ends = [felt.stops for worth in group for felt in worth.undone.values() if felt.stops is not None]
    until = max(nextafter(0.0, 1.0), min(ends, default=inf))
    early = [it for it in free if story.soonest.get(it[1].fact, 0.0) < until]
    near = _near(story.reach, group)
    return min(early, key=lambda it: (near.get(it[1].fact.entity, len(near)), it[0]), default=None)


def _near(reach: Reach, group: Sequence[Worth]) -> dict[str, int]:
    """What is near to a decision, nearest first: what fails, where it starts, who leans on it, what it changes."""
    relations = (reach.estate.relations[name] for worth in group for name in worth.means.relations)
    names = [name for relation in relations for name in relation.targets]
    names += [name for way in SEED_KINDS for name in getattr(reach.scenario, way)]
    names += [group[0].means.taker, *(name for worth in group for name in worth.changed)]
    return {name: place for place, name in enumerate(dict.fromkeys(names))}


def stand_in_rows(reach: Reach, names: Sequence[str], found: Iterable[StandIn]) -> Iterator[StandInRow]:
    """A card for each thing that may be decided, and one for waiting; ``names`` are those of the injects."""
    told = outcome(reach)
    for decision in found:
        inject = names[decision.number]
        rows = [_row(reach, inject, decision.at, worth) for worth in decision.worths]
        yield from rows
        felt = dict.fromkeys(name for worth in decision.worths for name in worth.changed)
        as_told = tuple(_felt(reach, name, told[name], None, None) for name in felt if name in told)
        yield StandInRow(
            inject=inject,
            lever=WAIT,
            act="wait",
            says=wait_said(reach),
            stated=True,
            known=None,
            relations=(),
            at_h=decision.at,
            starts_after_h=None,
            latest_h=None,
            futile="waits",
            done=as_told,
            undone=as_told,
        )


def wait_said(reach: Reach) -> str:
    """What it is to do nothing, in words."""
    scenario, estate = reach.scenario, reach.estate
    out = listed([label(estate, name) for name in scenario.outage])
    wrong = listed([label(estate, name) for name in (*scenario.wrong, *scenario.poison)])
    parts = [f"{out} is back"] * bool(out) + [f"{wrong} is right again"] * bool(wrong)
    return f"wait until {' and '.join(parts)}"


def _row(reach: Reach, inject: str, at: float, worth: Worth) -> StandInRow:
    means = worth.means
    over = at + (means.starts_after_h or 0.0) if means.act in STATED else None
    return StandInRow(
        inject=inject,
        lever=means.id,
        act=means.act,
        says=means.says,
        stated=means.act in STATED,
        known=means.control.status if means.control and means.control.status in ("working", "assumed") else None,
        relations=means.relations,
        at_h=at,
        starts_after_h=means.starts_after_h,
        latest_h=_latest(worth),
        futile=_futile(reach, worth),
        done=tuple(
            _felt(reach, it, worth.done.get(it, Felt()), worth.undone.get(it, Felt()), over) for it in worth.changed
        ),
        undone=tuple(_felt(reach, it, worth.undone.get(it, Felt()), None, None) for it in worth.changed),
    )


def _latest(worth: Worth) -> float | None:
    """The last hour at which it is in time; none where even at the start is too late."""
    kept = [
        at
        for name in worth.changed
        for at, still in zip(worth.undone.get(name, Felt()), worth.done.get(name, Felt()), strict=True)
        if at is not None and at != still
    ]
    latest = min(kept, default=inf) - (worth.means.starts_after_h or 0.0)
    return latest if 0 <= latest < inf else None


def _futile(reach: Reach, worth: Worth) -> Futile | None:
    if worth.changed:
        return None
    by = worth.means.control.provided_by if worth.means.control else None
    return "out too" if by is not None and Fact(by, Capability.DENY) in reach.levels else "other ways"


def _felt(reach: Reach, name: str, felt: Felt, undone: Felt | None, over: float | None) -> FeltRow:
    """When it is felt; where it was done so late that it stopped before it took over, when it is back."""
    slows, stops, wrong = felt
    back = None
    if undone is not None and over is not None:
        slows, wrong = _earlier(slows, undone.slows, over), _earlier(wrong, undone.wrong, over)
        stopped = _earlier(stops, undone.stops, over)
        back = over if stops is None and stopped is not None and over < _end(reach) else None
        stops = stopped
    used_up = _used_up(reach, name, stops, back)
    return FeltRow(
        entity=name, slows_at_h=slows, stops_at_h=stops, back_at_h=back, used_up_at_h=used_up, wrong_at_h=wrong
    )


def _earlier(done: float | None, undone: float | None, over: float) -> float | None:
    """What happened before it took over has happened."""
    return undone if undone is not None and undone < over else done


def _used_up(reach: Reach, name: str, stops: float | None, back: float | None) -> float | None:
    process = reach.estate.entities[name]
    if stops is None or not isinstance(process, Process) or process.tolerance_h is None:
        return None
    at = stops + process.tolerance_h
    return at if at < min(_end(reach), inf if back is None else back) else None


def _end(reach: Reach) -> float:
    return inf if reach.scenario.hours is None else reach.scenario.hours


def stand_in_table(estate: Estate, name: str, title: str, rows: Iterable[StandInRow]) -> Table:
    """Consequence cards: if it is done, and if it is not."""
    cells: tuple[Row, ...] = tuple((it.inject, it.says, resting(it), *_both_said(estate, it), it.lever) for it in rows)
    columns = ("inject", "decision", "how it is known", "done", "not done", "id")
    return Table(name, title, columns, cells, ids=("id",), under=("done", "not done"))


def _both_said(estate: Estate, row: StandInRow) -> tuple[str, str]:
    return f"done: {done_said(estate, row)}", f"not done: {undone_said(estate, row)}"


def resting(row: StandInRow) -> str:
    """Whether it is stated, and to work."""
    if row.act == "wait":
        return "nothing is done"
    if not row.stated:
        return "not stated: if there were one"
    return {"working": "stated to work", "assumed": "stated, assumed to work, shown by nobody", None: "stated"}[
        row.known
    ]


def done_said(estate: Estate, row: StandInRow) -> str:
    """What happens where it is done at the hour of its inject, in a sentence."""
    if row.futile == "out too":
        return "changes nothing: what would stand in is out, too"
    if row.futile == "other ways":
        return "changes nothing: it is felt in other ways, too"
    said = outcome_said(estate, row.done, row.undone)
    if row.futile == "waits":
        return f"changes nothing: {said}" if said else "changes nothing"
    return f"{said}{_timing(row)}"


def _timing(row: StandInRow) -> str:
    """How long it takes to take over, and by when it has to be begun."""
    if row.act == "add":
        return f"; if it takes over by {row.latest_h:g} h" if row.latest_h else "; if it takes over at once"
    if row.act != "start":
        return ""
    if row.starts_after_h is None:
        return "; it takes over at once, as nothing else is stated"
    begun = "even if it is started at once it is too late to keep all of it going"
    if row.latest_h is not None:
        begun = f"to be in time it has to be started {hour(row.latest_h)}" + (" at the latest" if row.latest_h else "")
    return f"; it takes over {row.starts_after_h:g} h after it is started: {begun}"


def undone_said(estate: Estate, row: StandInRow) -> str:
    """What happens where it is not done, in a sentence."""
    return outcome_said(estate, row.undone, row.done) if row.undone and row.act != "wait" else "the same"


def outcome_said(estate: Estate, rows: Sequence[FeltRow], others: Sequence[FeltRow]) -> str:
    """What slows, stops and is wrong, or is not though ``others`` says so, in a sentence; crown jewels first."""
    order = sorted(rows, key=lambda it: (not estate.crown_jewel(it.entity), estate.kind_of(it.entity) != Kind.PROCESS))
    wrong = {it.entity for it in others if it.wrong_at_h is not None}
    says = [f"{label(estate, it.entity)} {_fate(it, it.entity in wrong)}" for it in order]
    more = f"; and {len(says) - _MOST_SAID:,} more" if len(says) > _MOST_SAID else ""
    return "; ".join(says[:_MOST_SAID]) + more


_MOST_SAID = 4


def _fate(row: FeltRow, would_be_wrong: bool) -> str:
    parts = list[str]()
    if row.stops_at_h is not None:
        parts.append(f"stops {hour(row.stops_at_h)}")
    elif row.slows_at_h is not None:
        parts.append(f"slows {hour(row.slows_at_h)}")
    if row.back_at_h is not None:
        parts.append(f"is back {hour(row.back_at_h)}")
    if row.used_up_at_h is not None:
        parts.append(f"tolerance used up {hour(row.used_up_at_h)}")
    if row.wrong_at_h is not None:
        parts.append("is wrong")
    return ", ".join(parts) or ("is right" if would_be_wrong else "goes on")
