"""What an exercise is made of: what somebody would notice, what stays hidden, and what each decision would change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from blastradius.engine import Reach, World, brings_an_attacker, is_timed, plain
from blastradius.estate import Estate
from blastradius.model import Capability, Fact, Kind, Scenario, Signal, Verb
from blastradius.reports.impact import Measure, compared
from blastradius.reports.levers import LEVER_VERBS
from blastradius.reports.remedies import Remedy, removals
from blastradius.reports.rows import held_over, is_ourselves
from blastradius.reports.words import hour, is_public, label, plural, said

BLANK = "______________"
"""What the planner fills in."""
_FELT = (Capability.DENY, Capability.DEGRADE)
_FELT_BY_ITSELF = (Kind.PROCESS, Kind.SERVICE)
MOST_TRIED = 150
"""How many things to do are tried at most."""


@dataclass(frozen=True)
class Symptom:
    """What somebody notices of a fact: in words, who, and how it is known that it is noticed."""

    fact: Fact
    says: str
    to: str
    means: str
    stated: bool


def stage_said(reach: Reach, fact: Fact) -> str:
    """The stage of the storyline in which a fact comes: a level, an hour, or so many steps from where it starts."""
    step = reach.proofs[fact]
    if brings_an_attacker(reach.scenario):
        return step.level.word
    return hour(step.at) if is_timed(reach.scenario) else plural(step.hops, "step")


def in_order(reach: Reach) -> list[Fact]:
    """What is reached, in the order of the storyline; where it starts and what is public are left out."""
    facts = [fact for fact, step in reach.proofs.items() if fact in reach.levels and step.rule != "seed"]
    facts = [fact for fact in facts if not is_public(reach.estate, fact.entity)]
    return sorted(facts, key=lambda fact: _place(reach, fact))


def unnoticed(reach: Reach, told: Sequence[Symptom]) -> list[Fact]:
    """What nobody notices until someone asks; what something stronger includes is left out."""
    noticed, held = {symptom.fact for symptom in told}, held_over(reach)
    return [it for it in in_order(reach) if it not in noticed and it.capability in held.get(it.entity, ())]


def _place(reach: Reach, fact: Fact) -> tuple[object, ...]:
    step = reach.proofs[fact]
    return step.level, step.at, step.hops, fact.entity, fact.capability != Capability.DENY, str(fact.capability)


def symptoms(reach: Reach, most: int) -> list[Symptom]:
    """At most so many, one a thing, in the order of the storyline; what matters most is kept."""
    found: dict[str, Symptom] = {}
    for fact in in_order(reach):
        symptom = _symptom(reach, fact)
        if symptom is not None:
            found.setdefault(fact.entity, symptom)
    weighty = sorted(found.values(), key=lambda it: _weight(reach.estate, it))[:most]
    return sorted(weighty, key=lambda it: _place(reach, it.fact))


def _weight(estate: Estate, symptom: Symptom) -> tuple[bool, bool, bool]:
    name = symptom.fact.entity
    return not estate.crown_jewel(name), estate.kind_of(name) != Kind.PROCESS, not symptom.stated


def _symptom(reach: Reach, fact: Fact) -> Symptom | None:
    """What is noticed: what the estate says would show it; else a stop or a slowdown, by whose thing it is."""
    estate = reach.estate
    signal = next(_signals(reach, fact), None)
    if signal is not None:
        return Symptom(fact, signal.signal, signal.who or owner(estate, fact.entity), "as the estate states", True)
    if fact.capability in _FELT and estate.kind_of(fact.entity) in _FELT_BY_ITSELF and _is_ours(estate, fact.entity):
        return Symptom(fact, said(estate, fact), owner(estate, fact.entity), BLANK, False)
    return None


def _is_ours(estate: Estate, name: str) -> bool:
    """Whether it is, as far as is stated, no other party's."""
    owners = {relation.sources[0] for relation in estate.by_verb[Verb.OWNS] if name in relation.targets}
    return all(is_ourselves(estate.entities[found]) for found in owners)


def _signals(reach: Reach, fact: Fact) -> Iterator[Signal]:
    yield from reach.estate.entities[fact.entity].seen_by
    for relation in reach.proofs[fact].relations:
        yield from reach.estate.relations[relation].seen_by


def owner(estate: Estate, name: str) -> str:
    """Who answers for a thing, as far as is stated; else a blank."""
    stated = estate.entities[name].owner
    if stated:
        return label(estate, stated) if stated in estate.entities else stated
    owners = [relation.sources[0] for relation in estate.by_verb[Verb.OWNS] if name in relation.targets]
    return label(estate, owners[0]) if owners else BLANK


def behind(reach: Reach, fact: Fact) -> tuple[str, ...]:
    """The relations that a fact rests on, from where it starts on."""
    return tuple(dict.fromkeys(name for step in reach.proof_of(fact) for name in step.relations))


@dataclass(frozen=True)
class Tried:
    """A thing to do, what is reached with it in place from the start on, and which of the facts that are now."""

    remedy: Remedy
    left: Measure
    held: frozenset[Fact]


def tried(reach: Reach) -> list[Tried]:
    """Each thing that can be done from one day to the next, all solved at once."""
    asked, facts = plain(reach.scenario), sorted(reach.levels)
    levers = [it for it in removals(reach) if _is_quick(reach, it)][:MOST_TRIED]
    worlds = [World(asked, without=it.without) for it in levers]
    return [Tried(it, *then) for it, then in zip(levers, compared(reach.prepared, worlds, facts), strict=True)]


def _is_quick(reach: Reach, remedy: Remedy) -> bool:
    if remedy.act != "remove":
        return True
    return reach.estate.relations[remedy.id].verb in LEVER_VERBS and not reach.prepared.is_telling(remedy.id)


def options_of(reach: Reach, fact: Fact, levers: Sequence[Tried]) -> list[Tried]:
    """Two things to do that lie on its way and avert a fact, and one that does not; none where nothing averts it."""
    way = set(behind(reach, fact))
    near = [it for it in levers if way & set(it.remedy.without)]
    helping = sorted((it for it in near if fact not in it.held), key=lambda it: (len(it.held), it.remedy.id))
    idle = [it for it in near if fact in it.held] or [it for it in levers if fact in it.held]
    idle.sort(key=lambda it: (-len(it.held), it.remedy.id))
    return [*helping[:2], *idle[:1]] if helping else []


def in_scenarios(reach: Reach, levers: Sequence[Remedy], scenarios: Sequence[Scenario]) -> list[list[Measure]]:
    """What is reached in each scenario with each thing done; a row for each thing, all solved at once."""
    worlds = [World(plain(scenario), without=it.without) for it in levers for scenario in scenarios]
    found = [measure for measure, _ in compared(reach.prepared, worlds, [])]
    width = len(scenarios)
    return [found[place * width : (place + 1) * width] for place in range(len(levers))]
