"""What each choice of an exercise leaves."""

from __future__ import annotations

from math import inf
from typing import Any

from blastradius import plugins
from blastradius.answer import Answer
from blastradius.engine import brings_an_attacker, plain, solve, what_if
from blastradius.engine.check.spec import spec
from blastradius.estate import Estate
from blastradius.model import (
    Fact,
)
from tests.campaign.brute.shared import cut_then, measure
from tests.engine.single.test_arrivals import naive


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
    return found


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
    return [*found, *matrix]
