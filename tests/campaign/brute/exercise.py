"""What each choice of an exercise leaves."""

from __future__ import annotations

from math import inf
from typing import Any

from blastradius import plugins
from blastradius.answer import Answer
from blastradius.engine import SEED_KINDS, brings_an_attacker, plain, solve, what_if
from blastradius.engine.check.spec import spec
from blastradius.estate import Estate
from blastradius.model import Capability, Control, ControlKind, Fact, Kind, Scenario, Verb
from tests.campaign.brute.shared import cut_then, measure
from tests.engine.single.test_arrivals import Delay, naive


def exercise(estate: Estate, params: Any) -> Any:
    """By loops over arrivals: what each choice leaves, and which injects it averts, from the point of its inject on."""
    asked: Any = plugins.query("exercise").run(estate, params).data
    if asked.answers is None:
        return sorted((it.inject, it.lever) for it in asked.options)
    estate, scenario = what_if(estate, params.scenario(estate)), plain(params.scenario(estate))
    proofs = solve(estate, scenario).proofs
    endless = scenario.model_copy(update={"hours": None})
    if scenario.hours == 0:
        scenario = scenario.model_copy(update={"hours": 1e-9})

    def fast(rule: str, along: tuple[str, ...]) -> float:
        return estate.clock.get(rule, 0) + sum(estate.relations[name].delay_h or 0 for name in along)

    def slow(rule: str, along: tuple[str, ...]) -> float:
        said = [estate.relations[it].delay_h is not None or estate.relations[it].buffer_h is not None for it in along]
        return fast(rule, along) if rule in estate.clock or (said and all(said)) else 1e15

    soonest, latest = naive(estate, scenario, fast), naive(estate, endless, slow)
    steps = [step for step in proofs.values() if step.relations]
    by_hours = bool(steps) and all(slow(step.rule, step.relations) < 1e15 for step in steps)
    by_hours = by_hours or bool((scenario.outage or scenario.hours is not None) and not brings_an_attacker(scenario))

    def place(it: Fact) -> tuple[float, ...]:
        step, at = proofs[it], soonest[it]
        return (at, step.level, step.hops) if by_hours else (step.level, at, step.hops)

    facts = {row.inject: Fact(row.entity, row.capability) for row in asked.answers.evidence}
    names, found = list(facts), []
    for card in asked.answers.cards:
        fact = facts[card.inject]
        until = max(soonest[fact], latest[fact])
        told = {it for it in soonest if it in proofs and place(it) <= place(fact) and soonest[it] <= until}
        most = cut_then(estate, scenario, fast, card.without, until + 1e-9 if until < 1e15 else inf)
        least = cut_then(estate, endless, slow, card.without, soonest[fact] + 1e-9, told) & most
        later = names[names.index(card.inject) + 1 :]
        counts = [measure(estate, scenario, it) for it in (soonest, least, most)]
        averts = tuple(name for name in later if facts[name] not in least)
        found.append((card.inject, card.lever, *((it[0], it[3]) for it in counts), averts))
    for name, without in {None: (), **{card.lever: card.without for card in asked.answers.cards}}.items():
        less = estate.changed(without=without)
        alone = measure(less, scenario, spec(less, scenario))
        found.append((name, len(alone[0]), alone[3]))
    hours = {name: soonest[fact] for name, fact in facts.items()}
    return found + _standing_in(estate, scenario, fast, asked.answers.stand_ins, hours)


def _standing_in(estate: Estate, scenario: Scenario, fast: Delay, cards: Any, hours: dict[str, float]) -> list[Any]:
    """What happens with each thing that stands in, and without it: the estate is written anew and looped over."""
    found = list[Any]()
    for card in cards:
        if card.act == "wait":
            continue
        done, undone = (_states(*changed, fast) for changed in _both_ways(estate, scenario, card))
        over = hours[card.inject] + (card.starts_after_h or 0) if card.stated else None
        names = sorted(it for it in {*done, *undone} if done.get(it, _FINE) != undone.get(it, _FINE))
        rows = [_carried(estate, scenario, it, done.get(it, _FINE), undone.get(it, _FINE), over) for it in names]
        alone = [_carried(estate, scenario, it, undone.get(it, _FINE), _FINE, None) for it in names]
        found.append((card.inject, card.lever, hours[card.inject], rows, alone))
    return found


_FINE = (inf, inf, inf)
_Hours = tuple[float, float, float]


def _both_ways(estate: Estate, scenario: Scenario, card: Any) -> list[tuple[Estate, Scenario]]:
    """The estate and the scenario where it is done, and where it is not."""
    relation, story = estate.relations[card.relations[0]], (estate, scenario)

    def with_(**said: Any) -> tuple[Estate, Scenario]:
        new = relation.model_copy(update=said)
        return estate.changed(without=(relation.id,)).changed(relations=(new,)), scenario

    if card.act == "start":
        distrusted = scenario.model_copy(update={"distrust": (*scenario.distrust, card.lever.removeprefix("start:"))})
        soon = tuple(it.model_copy(update={"starts_after_h": None}) for it in relation.controls)
        is_here = card.lever == f"start:fallback@{relation.id}"
        return [with_(controls=soon) if is_here else story, (estate, distrusted)]
    if card.act == "switch" and relation.verb in (Verb.PUBLISHES, Verb.SERVES):
        return [story, (estate.changed(without=card.relations), scenario)]
    if card.act in ("switch", "vote", "use up"):
        less: dict[str, dict[str, Any]] = {
            "switch": {"at_least": len(relation.targets)},
            "vote": {"vote_min": None},
            "use up": {"buffer_h": 0.0},
        }
        return [story, with_(**less[card.act])]
    if card.lever.startswith("fallback@"):
        return [(estate.changed(controls=(card.lever,)), scenario), story]
    others = tuple(it for it in relation.controls if it.kind != "fallback")
    more: dict[str, dict[str, Any]] = {
        "stop": {"on_missing": "stop"},
        "drop": {"on_bad": "drop"},
        "ration": {"buffer_h": scenario.hours},
        "add": {"controls": (*others, Control(kind=ControlKind.FALLBACK))},
    }
    return [with_(**more[card.act]), story]


def _states(estate: Estate, scenario: Scenario, fast: Delay) -> dict[str, _Hours]:
    """When our processes and services slow, stop and are wrong."""
    arrived, found = naive(estate, scenario, fast), dict[str, _Hours]()
    owners = [it for it in estate.relations.values() if it.verb is Verb.OWNS]
    for name, entity in estate.entities.items():
        theirs = [it.sources[0] for it in owners if it.targets[0] == name]
        strange = any(getattr(estate.entities[it], "role", None) != "self" for it in theirs)
        starts = any(name in getattr(scenario, way) for way in SEED_KINDS)
        if entity.kind in (Kind.PROCESS, Kind.SERVICE) and not strange and not starts:
            felt = [arrived.get(Fact(name, it), inf) for it in (Capability.DEGRADE, Capability.DENY, Capability.TAINT)]
            found[name] = (felt[0], felt[1], felt[2])
    return found


def _carried(estate: Estate, scenario: Scenario, name: str, done: _Hours, undone: _Hours, over: float | None) -> Any:
    """What is felt by a thing where it is carried out at an hour: what happened before stays, or is back by it."""
    slows, stops, wrong = done
    back, end = inf, inf if scenario.hours is None else scenario.hours
    if over is not None:
        slows, wrong = (was if was < over else now for now, was in ((slows, undone[0]), (wrong, undone[2])))
        if undone[1] < over:
            back = over if stops == inf and over < end else inf
            stops = undone[1]
    lasts = getattr(estate.entities[name], "tolerance_h", None)
    used = inf if lasts is None else stops + lasts
    used = used if used < min(end, back) else inf
    return (name, *(None if at == inf else at for at in (slows, stops, back, used, wrong)))


def told_exercise(answer: Answer) -> Any:
    data: Any = answer.data
    if data.answers is None:
        return sorted((it.inject, it.lever) for it in data.options)
    cards = data.answers.cards
    found = [
        (it.inject, it.lever, *((row.crown_jewels, row.things) for row in (it.now, it.at_least, it.at_most)), it.averts)
        for it in cards
    ]
    decided = {None, *(card.lever for card in cards)}
    matrix = [(it.lever, *it.crown_jewels, *it.things) for it in data.answers.matrix if it.lever in decided]
    stand_ins = [
        (it.inject, it.lever, it.at_h, *(sorted(map(_row, rows)) for rows in (it.done, it.undone)))
        for it in data.answers.stand_ins
        if it.act != "wait"
    ]
    return [*found, *matrix, *stand_ins]


def _row(row: Any) -> Any:
    return row.entity, row.slows_at_h, row.stops_at_h, row.back_at_h, row.used_up_at_h, row.wrong_at_h


def gone_on(estate: Estate, scenario: Scenario, card: Any, evidence: Any) -> tuple[set[str], set[str]]:
    """After something that stands in was decided at its inject: the injects that no longer come, and what is back."""
    estate, scenario = what_if(estate, scenario), plain(scenario)

    def fast(rule: str, along: tuple[str, ...]) -> float:
        return estate.clock.get(rule, 0) + sum(estate.relations[name].delay_h or 0 for name in along)

    (since, _), (before, asked) = _both_ways(estate, scenario, card)
    lasting, arrived = naive(since, scenario, fast), naive(before, asked, fast)
    over, names = card.at_h + (card.starts_after_h or 0), [row.inject for row in evidence]
    later = evidence[names.index(card.inject) + 1 :]
    facts = {row.inject: Fact(row.entity, row.capability) for row in evidence}
    gone = {
        it.inject for it in later if facts[it.inject] not in lasting and not arrived.get(facts[it.inject], inf) < over
    }
    late = {it.entity for it in _fell(before, arrived) if arrived[it] < over and it not in lasting}
    told = {
        it.entity
        for name, it in facts.items()
        if name not in gone and it not in lasting and it in _fell(before, facts.values())
    }
    return gone, late | told if over < (inf if scenario.hours is None else scenario.hours) else set()


def _fell(estate: Estate, facts: Any) -> list[Fact]:
    """What stops, or slows, of processes and services."""
    kinds, ways = (Kind.PROCESS, Kind.SERVICE), (Capability.DENY, Capability.DEGRADE)
    return [it for it in facts if it.capability in ways and estate.kind_of(it.entity) in kinds]
