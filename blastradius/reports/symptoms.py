"""What somebody would notice of a reach: stated signals, what stops or slows, and what others tell us."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from blastradius.engine import SEED_KINDS, Reach
from blastradius.estate import Estate
from blastradius.model import Capability, Fact, Kind, Scenario, Signal, Store, Verb
from blastradius.reports.rows import held_over, is_ourselves
from blastradius.reports.storyline import Storyline
from blastradius.reports.words import label, said

BLANK = "______________"
"""What the planner fills in."""
Noticed = Literal["stated", "felt", "seen", "told"]
"""How it is known that it is noticed: the estate says so, or it is assumed to be felt, seen by who looks, or told."""
NOTICED: dict[Noticed, str] = {
    "stated": "as the estate states",
    "felt": "assumed: it is felt",
    "seen": "assumed: who runs it looks and sees it",
    "told": "assumed: somebody outside tells",
}
MOST_TOLD = 3
"""How many symptoms may rest on nothing but somebody outside telling."""
_FELT = (Capability.DENY, Capability.DEGRADE)
_LEANING = (Verb.DEPENDS_ON, Verb.CALLS, Verb.CONSUMES, Verb.READS)
_FELT_BY_ITSELF = (Kind.PROCESS, Kind.SERVICE)
_WITHIN_BOUNDS = (Capability.USE, Capability.OPERATE, Capability.READ_SUBSET)
"""What somebody may do on a normal day, too: no signal is told of it where more is reached."""


@dataclass(frozen=True)
class Symptom:
    """What somebody notices of a fact: in words, who tells whom by which means, and how it is known."""

    fact: Fact
    says: str
    to: str
    noticed: Noticed
    sender: str = BLANK
    means: str = BLANK
    within_h: float | None = None


def symptoms(story: Storyline, most: int) -> list[Symptom]:
    """At most so many, one a thing, in the order of the story; what matters most is kept."""
    found: dict[str, Symptom] = {}
    chosen = chosen_stops(story.reach)
    for fact in _normal_last(story):
        symptom = symptom_of(story.reach, fact) or _missed(story.reach, fact)
        if symptom is not None and fact not in chosen:
            found.setdefault(fact.entity, symptom)
    told = [it for it in found.values() if it.noticed == "told"]
    told = sorted(told, key=lambda it: _weight(story.reach.estate, it))[:MOST_TOLD]
    seen = [it for it in found.values() if it.noticed != "told"]
    starts = [*_started(story.reach), *_doubted(story.reach)]
    weighty = sorted([*seen, *told], key=lambda it: _weight(story.reach.estate, it))[: most - len(starts)]
    return [*starts, *sorted(weighty, key=lambda it: (*story.place(it.fact), it.fact.entity))]


def _normal_last(story: Storyline) -> list[Fact]:
    """What is reached, in the order of the story, but what may be so on a normal day after all else.

    A service of ours that falls or is out where it starts comes first.
    """
    estate, proofs = story.reach.estate, story.reach.proofs
    seeds = [fact for fact in proofs if proofs[fact].rule == "seed" and fact.entity in estate.entities]
    felt = [fact for fact in seeds if estate.kind_of(fact.entity) in _FELT_BY_ITSELF and is_ours(estate, fact.entity)]
    return [*sorted(felt), *sorted(story.order, key=lambda fact: fact.capability in _WITHIN_BOUNDS)]


def chosen_stops(reach: Reach) -> frozenset[Fact]:
    """What stops or slows, or follows from that, only where an intruder who has something chooses to stop it.

    Who stays quiet does not: of these nothing is felt. What is so by the shortest proof counts.
    """
    found = set[Fact]()
    for fact, step in reach.proofs.items():
        by_choice = step.rule == "closure" and fact.capability in _FELT and step.premises[0].capability not in _FELT
        if by_choice or not found.isdisjoint(step.premises):
            found.add(fact)
    return frozenset(found)


def unnoticed(story: Storyline, told: Sequence[Symptom]) -> list[Fact]:
    """What nobody notices until someone asks; what something stronger includes is left out."""
    noticed, held = {symptom.fact for symptom in told}, held_over(story.reach)
    return [it for it in story.order if it not in noticed and it.capability in held.get(it.entity, ())]


def _weight(estate: Estate, symptom: Symptom) -> tuple[bool, bool, bool]:
    name = symptom.fact.entity
    return symptom.noticed != "stated", not estate.crown_jewel(name), estate.kind_of(name) != Kind.PROCESS


def _started(reach: Reach) -> Iterator[Symptom]:
    """A third party that is broken into, or is down, tells whoever answers for it."""
    for way, says in _STARTS.items():
        for name in getattr(reach.scenario, way):
            is_party = name in reach.estate.entities and reach.estate.kind_of(name) == Kind.PARTY
            if is_party and not is_ourselves(reach.estate.entities[name]):
                fact = next(fact for fact in reach.proofs if fact.entity == name)
                sender = label(reach.estate, name)
                yield Symptom(fact, says.format(name=sender), owner(reach.estate, name), "told", sender=sender)


def _doubted(reach: Reach) -> Iterator[Symptom]:
    """A third party that publishes what is wrong tells who takes it in."""
    estate = reach.estate
    for name in (*reach.scenario.wrong, *reach.scenario.poison) if is_failure(reach.scenario) else ():
        others = [relation.sources[0] for relation in estate.by_verb[Verb.PUBLISHES] if relation.targets[0] == name]
        others = [it for it in others if not is_ours(estate, it) or estate.kind_of(it) == Kind.PARTY]
        takers = leaning_on(estate, name)
        if others and takers:
            says = f"{label(estate, name)} may have been wrong for some time; that is being looked into"
            fact = next(fact for fact in reach.proofs if fact.entity == name)
            yield Symptom(fact, says, owner(estate, takers[0]), "told", sender=_party(estate, others[0]))


def _party(estate: Estate, name: str) -> str:
    """The party that a thing belongs to, or the thing itself."""
    return label(estate, next(iter(estate.owners_of(name)), name))


_STARTS = {
    "compromise": "{name} has seen log-ins in its systems that it cannot explain, and looks into it",
    "outage": "{name} is down, and cannot yet say for how long",
}


def symptom_of(reach: Reach, fact: Fact) -> Symptom | None:
    """What is noticed: what the estate says would show it; else a stop or slowdown; else what shows an intruder."""
    estate, name = reach.estate, fact.entity
    signal = next(_signals(reach, fact), None)
    if signal is not None:
        return Symptom(fact, signal.signal, signal.who or owner(estate, name), "stated", within_h=signal.within_h)
    if not is_ours(estate, name):
        return None
    if fact.capability in _FELT and estate.kind_of(name) in _FELT_BY_ITSELF:
        return Symptom(fact, said(estate, fact), owner(estate, name), "felt")
    if not is_failure(reach.scenario) and (says := _seen(estate, fact)):
        return Symptom(fact, says, owner(estate, name), "seen")
    if fact.capability == Capability.READ and _is_wanted(estate, name):
        says = f"somebody outside offers what looks like data of {label(estate, name)}"
        return Symptom(fact, says, owner(estate, name), "told")
    return None


def _seen(estate: Estate, fact: Fact) -> str:
    """What shows an intruder to who runs a thing; empty where nobody would look."""
    name = fact.entity
    if fact.capability == Capability.CONTROL and estate.kind_of(name) == Kind.SERVICE:
        return f"somebody is logged in to {label(estate, name)} whom nobody there knows"
    if fact.capability == Capability.WRITE and estate.kind_of(name) == Kind.STORE and _is_wanted(estate, name):
        return f"entries of {label(estate, name)} have changed, and nobody who may change them did it"
    return ""


def _missed(reach: Reach, fact: Fact) -> Symptom | None:
    """Where nothing but a failure is told: what others run and we lean on stops, and who leans on it misses it."""
    estate, name = reach.estate, fact.entity
    if fact.capability != Capability.DENY or not is_failure(reach.scenario) or not _is_of_others(estate, name):
        return None
    takers = leaning_on(estate, name)
    says = f"nothing comes from {label(estate, name)} any more"
    return Symptom(fact, says, owner(estate, takers[0]), "felt") if takers else None


def _is_of_others(estate: Estate, name: str) -> bool:
    """Whether it is another party's; an operation is whose all are that serve it."""
    if estate.kind_of(name) != Kind.OPERATION:
        return not is_ours(estate, name)
    servers = [it.sources[0] for it in estate.by_verb[Verb.SERVES] if it.targets[0] == name]
    return bool(servers) and not any(is_ours(estate, it) for it in servers)


def leaning_on(estate: Estate, name: str) -> list[str]:
    """Our processes and services that lean on a thing, by id."""
    found = (it.sources[0] for verb in _LEANING for it in estate.by_verb[verb] if name in it.targets)
    kinds = (Kind.PROCESS, Kind.SERVICE)
    return list(dict.fromkeys(it for it in found if estate.kind_of(it) in kinds and is_ours(estate, it)))


def is_failure(scenario: Scenario) -> bool:
    """Whether it starts with nothing but an outage, or with what is wrong."""
    others = (way for way in SEED_KINDS if way not in ("outage", "wrong", "poison"))
    return not scenario.anyone and not any(getattr(scenario, way) for way in others)


def _is_wanted(estate: Estate, name: str) -> bool:
    """Whether data is worth offering: a crown jewel, or of a class that is not for everybody's eyes."""
    entity = estate.entities[name]
    sensitive = isinstance(entity, Store) and entity.classification not in (None, "public", "internal")
    return sensitive or estate.crown_jewel(name)


def is_ours(estate: Estate, name: str) -> bool:
    """Whether it is, as far as is stated, no other party's."""
    return all(is_ourselves(estate.entities[found]) for found in estate.owners_of(name))


def _signals(reach: Reach, fact: Fact) -> Iterator[Signal]:
    yield from reach.estate.entities[fact.entity].seen_by
    for relation in reach.proofs[fact].relations:
        yield from reach.estate.relations[relation].seen_by


def owner(estate: Estate, name: str) -> str:
    """Who answers for a thing, as far as is stated; else a blank."""
    stated = estate.entities[name].owner
    if stated:
        return label(estate, stated) if stated in estate.entities else stated
    owners = estate.owners_of(name)
    return label(estate, owners[0]) if owners else BLANK


def behind(reach: Reach, fact: Fact) -> tuple[str, ...]:
    """The relations that a fact rests on, from where it starts on."""
    return tuple(dict.fromkeys(name for step in reach.proof_of(fact) for name in step.relations))
