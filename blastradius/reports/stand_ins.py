"""What an estate states for the day on which something fails, and what each is worth: done, or not done.

Fallbacks, other suppliers, votes and buffers that are stated are part of what is solved; not to use one is solved
again without it. What is not stated and could be there, a fallback or a buffer that lasts, is solved again with it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from blastradius.engine import SEED_KINDS, Reach, plain, solve
from blastradius.estate import Estate
from blastradius.model import Capability, Control, ControlKind, Fact, Kind, Relation, Scenario, Verb
from blastradius.reports.containment import Clocks
from blastradius.reports.remedies import fitting
from blastradius.reports.remedies import stands as stands_at
from blastradius.reports.symptoms import is_ours
from blastradius.reports.words import label, listed

Act = Literal["start", "switch", "vote", "use up", "stop", "ration", "drop", "add", "wait"]
"""What is done: a fallback started, other suppliers used, a vote relied on, a buffer used up, a default refused; and
where there were such a thing: a buffer made to last, wrong input dropped, a fallback added. Waiting does nothing."""
STATED: frozenset[Act] = frozenset({"start", "switch", "vote", "use up", "stop"})
MOST_MEANS = 24
"""How many are solved at most, those of processes and crown jewels first."""
_LEANING = (Verb.DEPENDS_ON, Verb.CALLS, Verb.CONSUMES, Verb.READS)
_LOSS, _SUPPLIES = "R11", (Verb.PUBLISHES, Verb.SERVES)
_SPREADS = ("R8", "R8q")
_CHECKS = (ControlKind.VALIDATED, ControlKind.QUARANTINED, ControlKind.HUMAN_REVIEW, ControlKind.SECOND_SOURCE)
_FAILS = (Capability.DENY, Capability.DEGRADE, Capability.TAINT)


class Felt(NamedTuple):
    """The hours at which a thing slows, stops and is wrong, from the start; ``None`` for what does not happen."""

    slows: float | None = None
    stops: float | None = None
    wrong: float | None = None


Outcome = Mapping[str, Felt]
"""What happens to our processes and services, by id."""


@dataclass(frozen=True)
class Means:
    """One thing to do where something fails, for who leans on it (``taker``), along which relations.

    ``other`` is what is solved besides the story: a stated one not used, or one that is not stated in place.
    ``starts_after_h`` is what a fallback takes to take over, ``None`` where nobody stated it; ``by`` who provides it.
    """

    id: str
    act: Act
    says: str
    taker: str
    relations: tuple[str, ...]
    other: Callable[[], tuple[Estate, Scenario]]
    starts_after_h: float | None = None
    late: Callable[[], tuple[Estate, Scenario]] | None = None
    control: Control | None = None


@dataclass(frozen=True)
class Worth:
    """Some means, and what happens where it is in force from the start (``done``), and where it is not."""

    means: Means
    done: Outcome
    undone: Outcome

    @cached_property
    def changed(self) -> tuple[str, ...]:
        """What it makes a difference to."""
        names = dict.fromkeys((*self.done, *self.undone))
        return tuple(name for name in names if self.done.get(name) != self.undone.get(name))


def worths(reach: Reach) -> list[Worth]:
    """What each thing that can be done is worth; what is tried is limited, and each is solved and audited."""
    told = outcome(reach)
    found = sorted(means(reach), key=lambda it: (not reach.estate.crown_jewel(it.taker), _kind(reach.estate, it.taker)))
    return [_worth(reach, told, it) for it in found[:MOST_MEANS]]


def _kind(estate: Estate, name: str) -> bool:
    return estate.kind_of(name) != Kind.PROCESS


def _worth(reach: Reach, told: Outcome, it: Means) -> Worth:
    done, undone = (told if found is reach else outcome(found) for found in both_ways(reach, it))
    return Worth(it, done, undone)


def both_ways(reach: Reach, it: Means) -> tuple[Reach, Reach]:
    """What is reached where it is in force from the start, and where it is not."""
    other = _solved(reach, it.other())
    if it.late is not None:
        return _solved(reach, it.late()), other
    return (reach, other) if it.act in STATED and it.act != "stop" else (other, reach)


def _solved(reach: Reach, asked: tuple[Estate, Scenario]) -> Reach:
    estate, scenario = asked
    return solve(estate, scenario, system=reach.prepared if estate is reach.estate else None)


def outcome(reach: Reach) -> dict[str, Felt]:
    """When our processes and services slow, stop and go wrong, at the earliest; where it starts is left out."""
    hours, estate = Clocks(reach).soonest, reach.estate
    starts = {name for way in SEED_KINDS for name in getattr(reach.scenario, way)}
    names = dict.fromkeys(sorted({fact.entity for fact in hours if fact.capability in _FAILS}))
    ours = [name for name in names if estate.kind_of(name) in (Kind.PROCESS, Kind.SERVICE) and is_ours(estate, name)]
    order = (Capability.DEGRADE, Capability.DENY, Capability.TAINT)
    return {name: Felt(*(hours.get(Fact(name, it)) for it in order)) for name in ours if name not in starts}


def means(reach: Reach) -> list[Means]:
    """All that can be done, each once."""
    found: dict[str, Means] = {}
    for it in (*_supplies(reach), *(it for relation in leaning(reach) for it in _of(reach, relation))):
        found.setdefault(it.id, it)
    return list(found.values())


def leaning(reach: Reach) -> Iterator[Relation]:
    """The relations along which something of ours leans on what fails."""
    failing = {fact.entity for fact in reach.levels if fact.capability in _FAILS}
    for relation in (relation for verb in _LEANING for relation in reach.estate.by_verb[verb]):
        source = relation.sources[0]
        is_leaning = reach.estate.kind_of(source) in (Kind.PROCESS, Kind.SERVICE) and is_ours(reach.estate, source)
        if is_leaning and not failing.isdisjoint(relation.targets):
            yield relation


def _of(reach: Reach, relation: Relation) -> Iterator[Means]:
    yield from _fallbacks(reach, relation)
    yield from _group(reach, relation)
    yield from _buffer(reach, relation)
    yield from _inputs(reach, relation)
    yield from _addition(reach, relation)


def standing(reach: Reach, host: str) -> list[Control]:
    """The fallbacks that are stated to stand at a relation or an entity."""
    found = reach.estate.controls_on(host)
    believed = [it for it in found if not {it.id, str(it.control.kind)} & set(reach.scenario.distrust)]
    return [
        it.control
        for it in believed
        if it.control.kind == ControlKind.FALLBACK and it.control.status not in ("failed", "absent")
    ]


def _fallbacks(reach: Reach, relation: Relation) -> Iterator[Means]:
    estate, taker = reach.estate, relation.sources[0]
    for host in (relation.id, taker):
        for control in standing(reach, host)[:1]:
            name = f"{ControlKind.FALLBACK}@{host}"
            by = f"start {label(estate, control.provided_by)}" if control.provided_by else "start the stated fallback"
            what = _failed(reach, relation) if host == relation.id else "what it needs"
            is_late = host == relation.id and (control.starts_after_h or 0) > (relation.buffer_h or 0)
            yield Means(
                f"start:{name}",
                "start",
                f"{by} in place of {what} at {label(estate, taker)}",
                taker,
                (relation.id,),
                _distrusting(reach, name),
                control.starts_after_h,
                _replacing(reach, relation, controls=_at_once(relation)) if is_late else None,
                control,
            )


def _at_once(relation: Relation) -> tuple[Control, ...]:
    """The same controls where a fallback takes over at once."""
    return tuple(it.model_copy(update={"starts_after_h": None}) for it in relation.controls)


def _group(reach: Reach, relation: Relation) -> Iterator[Means]:
    """Suppliers of which so many are enough, and feeds that vote."""
    estate, taker = reach.estate, relation.sources[0]
    failed = [name for name in relation.targets if _fails(reach, name)]
    others = [label(estate, name) for name in relation.targets if name not in failed]
    if not others or len(relation.targets) < 2:
        return
    if relation.at_least is not None and relation.at_least < len(relation.targets):
        says = f"go on with {listed(others)} alone at {label(estate, taker)}"
        other = _replacing(reach, relation, at_least=len(relation.targets))
        yield Means(f"switch:{relation.id}", "switch", says, taker, (relation.id,), other)
    if relation.vote_min is not None:
        says = f"go by what {listed(others)} say together at {label(estate, taker)}"
        yield Means(
            f"vote:{relation.id}", "vote", says, taker, (relation.id,), _replacing(reach, relation, vote_min=None)
        )


def _fails(reach: Reach, name: str) -> bool:
    return any(Fact(name, it) in reach.levels for it in _FAILS)


def _supplies(reach: Reach) -> Iterator[Means]:
    """Feeds with several who publish them, and operations that several serve, of which some are down."""
    estate, by_target = reach.estate, dict[tuple[Verb, str], list[Relation]]()
    for relation in (relation for verb in _SUPPLIES for relation in estate.by_verb[verb]):
        by_target.setdefault((relation.verb, relation.targets[0]), []).append(relation)
    for (_, target), relations in by_target.items():
        up = [it for it in relations if Fact(it.sources[0], Capability.DENY) not in reach.levels]
        if up and len(up) < len(relations):
            others = listed([label(estate, it.sources[0]) for it in up])
            without = tuple(it.id for it in up)
            says = f"take {label(estate, target)} from {others}"
            yield Means(f"switch:{target}", "switch", says, target, without, _without(reach, without))


def _buffer(reach: Reach, relation: Relation) -> Iterator[Means]:
    estate, taker, hours = reach.estate, relation.sources[0], reach.scenario.hours
    if not relation.buffer_h or not any(Fact(it, Capability.DENY) in reach.levels for it in relation.targets):
        return
    whose = f"{label(estate, taker)} without {_failed(reach, relation)}"
    if not is_used_up(reach, relation):
        other = _replacing(reach, relation, buffer_h=0.0)
        says = f"use up the buffer of {relation.buffer_h:g} h: {whose}"
        yield Means(f"use up:{relation.id}", "use up", says, taker, (relation.id,), other)
    elif hours is not None:
        says = f"if it can be rationed: make the buffer of {relation.buffer_h:g} h last for {hours:g} h: {whose}"
        yield Means(
            f"ration:{relation.id}", "ration", says, taker, (relation.id,), _replacing(reach, relation, buffer_h=hours)
        )


def is_used_up(reach: Reach, relation: Relation) -> bool:
    """Whether something stops or slows along a relation."""
    return relation.id in _broken(reach)


def _broken(reach: Reach) -> set[str]:
    return {name for step in reach.certificate.steps if step.rule == _LOSS for name in step.relations}


def _inputs(reach: Reach, relation: Relation) -> Iterator[Means]:
    """What is done with input that is wrong, or missing."""
    estate, taker = reach.estate, relation.sources[0]
    held = {fact.capability for fact in reach.levels if fact.entity in relation.targets}
    if relation.on_missing == "default" and Capability.DENY in held:
        says = f"stop {label(estate, taker)}, rather than let it go on without {_failed(reach, relation)}"
        other = _replacing(reach, relation, on_missing="stop")
        yield Means(f"stop:{relation.id}", "stop", says, taker, (relation.id,), other)
    if relation.on_bad == "halt" and Capability.TAINT in held:
        what = _failed(reach, relation)
        says = f"if it could: have {label(estate, taker)} drop what {what} says, instead of halting"
        other = _replacing(reach, relation, on_bad="drop")
        yield Means(f"drop:{relation.id}", "drop", says, taker, (relation.id,), other)


def _addition(reach: Reach, relation: Relation) -> Iterator[Means]:
    """A fallback that is not there, or does not fall with what it stands in for."""
    estate, taker = reach.estate, relation.sources[0]
    if not is_used_up(reach, relation):
        return
    whose = f"for {_failed(reach, relation)} at {label(estate, taker)}"
    name = f"{ControlKind.FALLBACK}@{relation.id}"
    if any(fitting(estate, relation.id, [ControlKind.FALLBACK])):
        says = f"if there were one: start a fallback {whose}"
        yield Means(name, "add", says, taker, (relation.id,), _adding(reach, name))
    elif (standing(reach, relation.id) or [Control(kind=ControlKind.FALLBACK)])[0].provided_by is not None:
        others = tuple(it for it in relation.controls if it.kind != ControlKind.FALLBACK)
        other = _replacing(reach, relation, controls=(*others, Control(kind=ControlKind.FALLBACK)))
        says = f"if there were one that does not fail with it: start another fallback {whose}"
        yield Means(f"another:{relation.id}", "add", says, taker, (relation.id,), other)


def _failed(reach: Reach, relation: Relation) -> str:
    """What fails of what is leant on along a relation, in words."""
    return listed([label(reach.estate, name) for name in relation.targets if _fails(reach, name)])


def _distrusting(reach: Reach, name: str) -> Callable[[], tuple[Estate, Scenario]]:
    asked = plain(reach.scenario)
    distrust = (*asked.distrust, name)
    return lambda: (reach.estate, asked.model_copy(update={"distrust": distrust}))


def _replacing(reach: Reach, relation: Relation, **said: object) -> Callable[[], tuple[Estate, Scenario]]:
    new, asked = relation.model_copy(update=said), plain(reach.scenario)
    return lambda: (reach.estate.changed(without=(relation.id,)).changed(relations=(new,)), asked)


def _without(reach: Reach, names: Sequence[str]) -> Callable[[], tuple[Estate, Scenario]]:
    return lambda: (reach.estate.changed(without=names), plain(reach.scenario))


def _adding(reach: Reach, name: str) -> Callable[[], tuple[Estate, Scenario]]:
    return lambda: (reach.estate.changed(controls=(name,)), plain(reach.scenario))


def lacking(reach: Reach) -> list[str]:
    """What is not stated that would make a decision: where something stops or goes wrong and nothing stands in."""
    spread = {name for step in reach.certificate.steps if step.rule in _SPREADS for name in step.relations}
    return list(dict.fromkeys(it for relation in leaning(reach) for it in _lacks(reach, relation, spread)))


def _lacks(reach: Reach, relation: Relation, spread: Collection[str]) -> Iterator[str]:
    estate, failed = reach.estate, _failed(reach, relation)
    taker, hosts = label(estate, relation.sources[0]), (relation.id, relation.sources[0])
    stands = any(standing(reach, host) for host in hosts) or any(_group(reach, relation))
    if is_used_up(reach, relation) and not stands:
        yield f"no fallback is stated for {failed} at {taker}; state one to make a decision of it"
    if relation.id in spread and not any(stands_at(estate, kind, host) for kind in _CHECKS for host in hosts):
        yield f"no check is stated of what {taker} takes in from {failed}; state one to make a decision of it"
