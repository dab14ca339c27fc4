"""The fewest, or cheapest, changes that take crown jewels out of reach: exact, with the proof that none cost less."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
from pydantic import Field

from blastradius.answer import Answer, Query, Table
from blastradius.engine import (
    SEED_KINDS,
    PreparedEstate,
    ScenarioParams,
    compile_system,
    plain,
    solve,
    system_of,
    what_if,
)
from blastradius.engine.cut import Cut, Harm, Row, Separated, goals_of, minimum_cut, pulled, reaching
from blastradius.engine.scenario import BACK
from blastradius.errors import CertificateError, UsageError
from blastradius.estate import Estate
from blastradius.model import Capability, ControlKind, Fact, Frozen, Kind, Scenario, Verb
from blastradius.reports.failures import critical
from blastradius.reports.impact import audited, is_audited
from blastradius.reports.labels import assumed, footing
from blastradius.reports.levers import Priced, kept_of, levers_of, priced, untried
from blastradius.reports.losses import Loss, Price, losses
from blastradius.reports.rows import ModelRow, ScenarioRow, StepRow, is_ourselves, model_row, scenario_row, step_rows
from blastradius.reports.words import WORDS, label, listed, plural
from blastradius.rules import APPLIES

MOST_PROVED = 5
"""For how many starts what cannot be cut is proved: each is solved by itself."""
MOST_VERIFIED = 2_000_000
"""How many changes are made at most, in all worlds together, to verify that each change of a cut is needed."""


class Params(ScenarioParams):
    """What must be out of whose reach, and what may be done about it."""

    target: tuple[str, ...] = Field((), description="what must be out of reach [default: the crown jewels]")
    together: bool = Field(False, description="all third parties at once, not each alone (where no start is named)")
    keep: tuple[str, ...] = Field(
        (), description="what may not be cut: a relation, all that touches an entity, or a kind such as calls"
    )
    add: tuple[ControlKind, ...] = Field(
        (), description="a kind of control that may be put wherever it would stop something"
    )
    cost: tuple[str, ...] = Field((), description="what a change costs: WHAT=NUMBER, such as grants=2 [default: 1]")
    seconds: float | None = Field(
        None,
        ge=0,
        description="how long to look; then it says at most and at least [default: 5 to 60, by the estate's size]",
    )


class CutLeverRow(Frozen):
    """A change of the cut: its id (``revoke:KEY``, that of a relation, or ``KIND@ID``), its words and its cost.

    ``stops`` and ``slows`` are the processes that cannot do without what is taken away; null where nothing says who
    needs it. ``is_needed`` says that without it, and with all others, a target is reached; null where that was not
    verified. ``in_every_cut`` says whether all cuts of this cost have it; null where time did not allow to know.
    """

    id: str
    says: str
    cost: float
    stops: tuple[str, ...] | None
    slows: tuple[str, ...] | None
    is_needed: bool | None
    in_every_cut: bool | None


class UncutRow(Frozen):
    """What stays within reach of some starts whatever is done: the strongest that each of them has of a thing.

    ``steps`` prove it for the start in ``proved_for``; null, and no steps, where none of these was solved by itself.
    """

    entity: str
    name: str
    capability: Capability
    starts: tuple[str, ...]
    proved_for: str | None
    steps: tuple[StepRow, ...]


class CutData(Frozen):
    """The answer to ``cut``.

    ``starts`` are the names of the ``scenarios``, ``untried`` changes that other rules depend on. No cut costs less
    than ``at_least``; where that is ``cost`` the cut is a minimum. ``disjoint`` are ways to a target, each as the
    changes that would break it, no two of which share one. ``stops`` and ``slows`` are the processes that the whole cut
    costs, ``stops_critical`` those of them that are crown jewels (all where no process is marked); null where nothing
    says who needs any of it. No other minimum cut stops fewer critical ones, then fewer, then slows fewer, where
    ``is_gentlest``; false where time did not allow to know, null where it is no minimum.
    """

    question: str
    headline: str
    starts: tuple[str, ...]
    scenarios: tuple[ScenarioRow, ...]
    targets: tuple[str, ...]
    levers_tried: int
    untried: int
    cut: tuple[CutLeverRow, ...]
    cost: float
    at_least: float
    is_minimum: bool
    stops: tuple[str, ...] | None
    stops_critical: tuple[str, ...] | None
    slows: tuple[str, ...] | None
    is_gentlest: bool | None
    uncut: tuple[UncutRow, ...]
    disjoint: tuple[tuple[str, ...], ...]
    checked: bool
    model: ModelRow


def run(estate: Estate, params: Params) -> Answer:
    """Find the cheapest changes, and have the independent checker verify that they do it and that each is needed.

    Raises:
        UsageError: a name that the estate does not have, no target, a cost that is no number.
    """
    named = _starts(estate, params)
    estate = what_if(estate, params.asked)
    targets = _targets(estate, params)
    system = system_of(estate)
    levers = levers_of(system, keep=kept_of(estate, params.keep), costs=priced(estate, params.cost), add=params.add)
    distrusted = {kind.partition("@")[0] for kind in params.distrust}
    levers = [lever for lever in levers if lever.remedy.id.partition("@")[0] not in distrusted]
    wanted = list(_separated(estate, named.values(), targets))
    harming = _Harming(estate, params, levers)
    changes = [lever.lever for lever in levers]
    seconds = _seconds(estate) if params.seconds is None else params.seconds
    found = minimum_cut(system, wanted, changes, seconds=seconds, harming=harming)
    needed = _verify(system, wanted, levers, found)
    data = _data(system, params, named, targets, levers, found, needed)
    return Answer(
        question="cut",
        headline=data.headline,
        data=data,
        tables=tuple(_tables(estate, data)),
        lines=tuple(_lines(estate, params, data)),
        notes=estate.notes,
    )


def _starts(estate: Estate, params: Params) -> dict[str, Scenario]:
    """The scenarios by who starts them: the one that is named, else every third party alone, or all together."""
    if params.anyone or any(getattr(params, way) for way in SEED_KINDS):
        scenario = params.scenario(estate)
        return {_started(estate, scenario): plain(scenario)}
    others = [party.id for party in estate.of_kind(Kind.PARTY) if not is_ourselves(party)]
    if not others:
        raise UsageError("the estate has no party but ourselves; name where it starts, for instance --leak KEY")
    asked = plain(params.asked).model_copy(update={"hours": params.hours})
    if params.together:
        return {"all third parties together": asked.model_copy(update={"compromise": tuple(others)})}
    return {label(estate, name): asked.model_copy(update={"compromise": (name,)}) for name in others}


def _seconds(estate: Estate) -> float:
    """How long is looked: about as long as all the rest takes, and never over a minute."""
    return min(60.0, max(5.0, len(estate.entities) / 2000))


def _started(estate: Estate, scenario: Scenario) -> str:
    named = [label(estate, name) for way in SEED_KINDS for name in getattr(scenario, way) if name in estate.entities]
    return listed([*named, *(["anyone on the internet"] if scenario.anyone else [])]) or "the scenario"


def _targets(estate: Estate, params: Params) -> list[str]:
    if params.target:
        return list(dict.fromkeys(estate.resolve(name) for name in params.target))
    jewels = [name for name in estate.entities if estate.crown_jewel(name)]
    if not jewels:
        raise UsageError("no crown jewel is marked; mark some (crown_jewel: true), or name what to protect: --target X")
    return jewels


def _separated(estate: Estate, scenarios: Iterable[Scenario], targets: Sequence[str]) -> Iterator[Separated]:
    """Of each scenario all that could be had of the targets; not of those where it starts, or that who starts it owns.

    Scenarios of the same targets have the same tuple of facts.
    """
    owners: dict[str, set[str]] = {target: set() for target in targets}
    for relation in estate.by_verb[Verb.OWNS]:
        for target in owners.keys() & relation.targets:
            owners[target].update(relation.sources)
    goals: dict[tuple[str, ...], tuple[Fact, ...]] = {}
    for scenario in scenarios:
        started = {name for way in SEED_KINDS for name in getattr(scenario, way)}
        others = tuple(it for it in targets if it not in started and started.isdisjoint(owners[it]))
        if others not in goals:
            goals[others] = tuple(Fact(it, what) for it in others for what in sorted(APPLIES[estate.kind_of(it)]))
        yield Separated(scenario, goals[others])


def _verify(system: PreparedEstate, wanted: Sequence[Separated], levers: Sequence[Priced], found: Cut) -> set[int]:
    """Solve and audit every scenario with the cut, and for changes that it needs one without each; which these are.

    Of a cut of thousands not all, as each is a world in which all others are made.

    Raises:
        CertificateError: a target is still reached, or such a change is not needed; a defect of the search.
    """
    chosen = [levers[place].lever for place in found.levers]
    shown = [(place, witness) for place, witness in enumerate(found.witnesses) if witness is not None]
    shown = shown[: MOST_VERIFIED // max(1, len(chosen))]
    asked = [*range(len(wanted)), *(witness for _, witness in shown)]
    worlds = pulled([it.scenario for it in wanted], chosen)
    for place, witness in shown:
        worlds += pulled([wanted[witness].scenario], [*chosen[:place], *chosen[place + 1 :]])
    uncut: list[list[int]] = [[] for _ in wanted]
    for place, goal in found.uncut:
        uncut[place].append(system.facts.number(goal))
    numbers = list(map(np.setdiff1d, goals_of(system, wanted), uncut))
    left = reaching(audited(system, worlds), [numbers[place] for place in asked])
    if left[: len(wanted)].any() or not left[len(wanted) :].all():
        raise CertificateError(
            "the cut does not hold: a target is reached with it, or one of its changes is not needed"
        )
    return {found.levers[place] for place, _ in shown}


class _Harming:
    """What sets of levers cost the business: critical processes that stop, processes that stop, that stop or slow."""

    def __init__(self, estate: Estate, params: Params, levers: Sequence[Priced]) -> None:
        self._estate, self._basis, self._levers = estate, params.asked.basis, levers
        self._critical = frozenset(critical(estate))

    def __call__(self, chosen: Sequence[Row]) -> list[Harm]:
        """The harm of each set, by the places of its levers."""
        return [self._harm(loss) for loss in self._price.of([self._without(some) for some in chosen])]

    @cached_property
    def _price(self) -> Price:
        """Of all levers at once, for which of them matter shows only as the search goes on."""
        return Price(self._estate, [it.remedy.without for it in self._levers], self._basis)

    def _without(self, chosen: Row) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for lever in sorted(chosen) for name in self._levers[lever].remedy.without))

    def _harm(self, loss: Loss | None) -> Harm:
        if loss is None:
            return frozenset(), frozenset(), frozenset()
        return self._critical.intersection(loss.stops), frozenset(loss.stops), frozenset((*loss.stops, *loss.slows))


def _data(
    system: PreparedEstate,
    params: Params,
    named: dict[str, Scenario],
    targets: Sequence[str],
    levers: Sequence[Priced],
    found: Cut,
    needed: Collection[int],
) -> CutData:
    estate, starts = system.estate, list(named)
    taken = [levers[place].remedy for place in found.levers]
    whole = tuple(dict.fromkeys(name for remedy in taken for name in remedy.without))
    *costs, all_told = losses(estate, [*(remedy.without for remedy in taken), whole], params.asked.basis)
    rows = tuple(
        CutLeverRow(
            id=remedy.id,
            says=remedy.says,
            cost=levers[place].cost,
            stops=None if loss is None else loss.stops,
            slows=None if loss is None else loss.slows,
            is_needed=True if place in needed else None,
            in_every_cut=None if found.needed is None else place in found.needed,
        )
        for place, remedy, loss in zip(found.levers, taken, costs, strict=True)
    )
    uncut = _uncut(estate, list(named.values()), starts, levers, found)
    crucial = set(critical(estate))
    return CutData(
        question="cut",
        headline=_headline(estate, params, starts, targets, rows, found, uncut),
        starts=tuple(starts),
        scenarios=tuple(scenario_row(estate, scenario) for scenario in named.values()),
        targets=tuple(targets),
        levers_tried=len(levers),
        untried=untried(system),
        cut=rows,
        cost=found.cost,
        at_least=found.at_least,
        is_minimum=found.is_minimum,
        stops=None if all_told is None else all_told.stops,
        stops_critical=None if all_told is None else tuple(it for it in all_told.stops if it in crucial),
        slows=None if all_told is None else all_told.slows,
        is_gentlest=found.is_gentlest,
        uncut=uncut,
        disjoint=tuple(tuple(sorted(levers[place].remedy.id for place in row)) for row in found.disjoint),
        checked=is_audited(estate),
        model=model_row(estate),
    )


def _uncut(
    estate: Estate, scenarios: Sequence[Scenario], starts: Sequence[str], levers: Sequence[Priced], found: Cut
) -> tuple[UncutRow, ...]:
    """What stays within reach, of each start and thing the strongest, and a proof of it for one start."""
    order = list(WORDS)
    strongest: dict[tuple[int, str], Capability] = {}
    for place, (name, capability) in found.uncut:
        known = strongest.setdefault((place, name), capability)
        if order.index(capability) < order.index(known):
            strongest[place, name] = capability
    places: dict[Fact, list[int]] = {}
    for (place, name), capability in strongest.items():
        places.setdefault(Fact(name, capability), []).append(place)
    facts = sorted(places, key=lambda fact: (-len(places[fact]), fact.entity, order.index(fact.capability)))
    proofs = _proofs(estate, scenarios, levers, places) if places else {}
    return tuple(
        UncutRow(
            entity=fact.entity,
            name=label(estate, fact.entity),
            capability=fact.capability,
            starts=tuple(starts[place] for place in places[fact]),
            proved_for=starts[proofs[fact][0]] if fact in proofs else None,
            steps=proofs[fact][1] if fact in proofs else (),
        )
        for fact in facts
    )


def _proofs(
    estate: Estate, scenarios: Sequence[Scenario], levers: Sequence[Priced], places: Mapping[Fact, Sequence[int]]
) -> dict[Fact, tuple[int, tuple[StepRow, ...]]]:
    """A start (by its place) and the proof for it, of facts that hold with all levers pulled.

    Solved are the starts that prove most of what is not proved yet, ``MOST_PROVED`` of them.
    """
    (world,) = pulled(scenarios[:1], [lever.lever for lever in levers])
    controls = [f"{kind}@{host}" for kind, host in world.controls]
    left = compile_system(estate.changed(without=world.without, controls=controls))
    found: dict[Fact, tuple[int, tuple[StepRow, ...]]] = {}
    for _ in range(MOST_PROVED):
        lacking = Counter(place for fact in places.keys() - found.keys() for place in places[fact])
        if not lacking:
            break
        start = min(lacking, key=lambda place: (-lacking[place], place))
        reach = solve(left.estate, scenarios[start], system=left)
        for fact in places:
            if fact not in found and start in places[fact]:
                found[fact] = start, step_rows(reach, [step.fact for step in reach.proof_of(fact)])
    return found


def _headline(
    estate: Estate,
    params: Params,
    starts: Sequence[str],
    targets: Sequence[str],
    rows: Sequence[CutLeverRow],
    found: Cut,
    uncut: Sequence[UncutRow],
) -> str:
    what = listed([label(estate, target) for target in targets], 3)
    whose = (
        starts[0] if len(starts) == 1 else f"each of {plural(len(starts), 'third party', 'third parties')} on its own"
    )
    level = f"under level {params.assume!r}"
    kept = f"; {_staying(starts, uncut)}" if uncut else ""
    if not rows:
        now = "nothing that was tried takes more of it" if uncut else "already"
        return f"{what}: {now} out of reach of {whose} {level}{kept}"
    cost = f", at a cost of {found.cost:,g}" if found.cost != len(rows) else ""
    least = "no fewer would do" if found.cost == len(rows) else "nothing cheaper would do"
    sure = least if found.is_minimum else f"perhaps {found.at_least:,g} would do; the search was ended"
    taken = f"{plural(len(rows), 'change')} would take {what} out of reach of {whose} {level}{cost}"
    return f"{taken} ({sure}){kept}"


def _staying(starts: Sequence[str], uncut: Sequence[UncutRow]) -> str:
    """That things stay within reach whatever is done, and of how many of the starts."""
    things = len({row.entity for row in uncut})
    of = len({start for row in uncut for start in row.starts})
    stay = f"{plural(things, 'thing')} {'stays' if things == 1 else 'stay'} within reach"
    whom = "" if len(starts) == 1 else f" of {of:,} of them" if of < len(starts) else " of them all"
    return f"{stay}{whom} whatever of this is done"


def _lines(estate: Estate, params: Params, data: CutData) -> Iterable[str]:
    yield assumed(params.assume)
    if data.scenarios[0].hours is not None:
        yield BACK.format(f"{data.scenarios[0].hours:g}")
    untried = f"; {data.untried:,} more change what other rules see and were not" if data.untried else ""
    yield f"tried: {plural(data.levers_tried, 'change')}, in any combination{untried}"
    if data.cut and data.is_minimum:
        ways = _ways(len(data.disjoint))
        if len(data.disjoint) == data.cost == len(data.cut):
            yield f"why no fewer would do: {ways}"
        else:
            yield f"why nothing cheaper would do: by integer programming; {ways}"
    if data.cut:
        yield _gentlest_said(estate, data)
    if data.checked and data.cut:
        yield _verified_said(data)
    yield footing(estate)


def _verified_said(data: CutData) -> str:
    verified = "the independent checker verified that the cut holds"
    needed = sum(row.is_needed is True for row in data.cut)
    if needed == len(data.cut):
        return f"{verified}, and that without any one of its changes it does not"
    others = "" if data.is_minimum else ", and some of the others may not be"
    return f"{verified}; {needed:,} of its {len(data.cut):,} changes are shown to be needed{others}"


def _gentlest_said(estate: Estate, data: CutData) -> str:
    """What the whole cut costs the business, and whether another that costs the same costs it less."""
    whole, stop, slow, all_ = (
        ("it", "stops", "slows", "it") if len(data.cut) == 1 else ("together they", "stop", "slow", "all of them")
    )
    if data.stops is None or data.slows is None:
        return f"what the business loses by {all_} is not known: nothing says who needs what is taken away"
    named = ((stop, data.stops), (slow, data.slows))
    told = [f"{verb} {listed([label(estate, it) for it in names], 4)}" for verb, names in named if names]
    unsaid = sum(row.stops is None for row in data.cut)
    known = f"; of {unsaid:,} of the changes nothing says who needs them" if unsaid else ""
    said = f"{whole} {' and '.join(told) or f'{stop} and {slow} no process'}, as far as is stated{known}"
    if data.is_gentlest is None:
        return said
    if not data.is_gentlest:
        return f"{said}; whether others for the same cost stop less was not looked at to the end"
    return f"{said}; no others for the same cost stop fewer critical processes, then fewer, then slow fewer"


def _ways(disjoint: int) -> str:
    """What shows that so many changes have to be paid for."""
    if disjoint == 1:
        return "while nothing is done there is a way to these targets"
    return f"{plural(disjoint, 'way')} to these targets have none of the changes in common"


def _tables(estate: Estate, data: CutData) -> Iterable[Table]:
    yield Table(
        "cut",
        "What to do",
        ("id", "change", "cost", "needed by every such cut", "what the business loses"),
        tuple((row.id, row.says, f"{row.cost:g}", row.in_every_cut, _lost(estate, row)) for row in data.cut),
        ids=("id",),
        under=("what the business loses",),
        spare=("cost",),
    )
    if data.uncut:
        yield Table(
            "uncut",
            "What stays within reach whatever of this is done",
            ("id", "name", "what it means", "of how many", "for"),
            tuple(
                (row.entity, row.name, WORDS[row.capability], len(row.starts), _whose(data, row)) for row in data.uncut
            ),
            ids=("id",),
            under=("for",),
            headed=("for",),
        )


def _whose(data: CutData, row: UncutRow) -> str:
    """For whom a row holds, the first few by name."""
    everyone = 1 < len(row.starts) == len(data.starts)
    return f"every one of {len(data.starts):,} third parties" if everyone else listed(row.starts)


def _lost(estate: Estate, row: CutLeverRow) -> str:
    if row.stops is None or row.slows is None:
        return "nothing says who needs it"
    lost = [
        f"{listed([label(estate, name) for name in names], 2)} {happens if len(names) == 1 else happens[:-1]}"
        for names, happens in ((row.stops, "stops"), (row.slows, "slows"))
        if names
    ]
    return "; ".join(lost) or "no process stops or slows"


QUERY = Query(
    "cut",
    "The fewest or cheapest changes that take crown jewels out of reach, with proof that none are fewer",
    Params,
    run,
    CutData,
    main="cut",
    example="--assume takeover",
    spreads=True,
)
