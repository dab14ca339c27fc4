"""What several of the plain loops read of an estate and of what is reached."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from blastradius.engine import SEED_KINDS, plain
from blastradius.engine.check.spec import spec
from blastradius.estate import Estate
from blastradius.model import (
    Capability,
    Control,
    ControlKind,
    Entity,
    Fact,
    Kind,
    Scenario,
    Store,
    Verb,
)
from blastradius.rules import CLOSURE
from tests.engine.single.test_arrivals import naive

Numbers = tuple[tuple[str, ...], int, int, int, int]

STARTS = {Kind.PARTY: "compromise", Kind.CREDENTIAL: "leak", Kind.FEED: "poison"}


def measure(estate: Estate, scenario: Scenario, facts: Iterable[Fact]) -> Numbers:
    """Crown jewels, records, processes and entities reached, and stores read that are in no count of records.

    Where it starts is no jewel, process or entity reached.
    """
    facts = list(facts)
    reached = {fact.entity for fact in facts} - {name for way in SEED_KINDS for name in getattr(scenario, way)}
    reached = {name for name in reached if not getattr(estate.entities[name], "public", False)}
    jewels = tuple(sorted(name for name in reached if estate.crown_jewel(name)))
    processes = sum(estate.entities[name].kind is Kind.PROCESS for name in reached)
    read = {name for name, capability in facts if capability is Capability.READ}
    stores = [(entity.records or 0, originals(estate, name)) for name in sorted(read) if (entity := full(estate, name))]
    part = {name for name, capability in facts if capability in (Capability.READ, Capability.READ_SUBSET)}
    sized = {name for name in read if _said(estate, name)}
    return jewels, most(stores), processes, len(reached), len({name for name in part if full(estate, name)} - sized)


def _said(estate: Estate, name: str) -> bool:
    """Whether it is stated how many records a store has."""
    store = full(estate, name)
    return store is not None and store.records is not None


def full(estate: Estate, name: str) -> Store | None:
    """A store that counts."""
    entity = estate.entities[name]
    return entity if isinstance(entity, Store) and not entity.public else None


def most(stores: list[tuple[int, frozenset[str]]]) -> int:
    """The most that stores add up to of which no two have an original in common."""
    if not stores:
        return 0
    (records, own), *others = stores
    apart = [(count, theirs) for count, theirs in others if own.isdisjoint(theirs)]
    return max(most(others), records + most(apart))


def originals(estate: Estate, name: str) -> frozenset[str]:
    """What is behind a store and behind all that is behind itself; of stores that are behind each other the first."""
    last = {store for store in behind(estate, name) if all(store in behind(estate, it) for it in behind(estate, store))}
    return frozenset(min(behind(estate, store)) for store in last)


def behind(estate: Estate, name: str) -> set[str]:
    """A store with what it is a copy of and its parts, with what these are copies of, and so on."""
    found = [name]
    for store in found:
        new = [*getattr(estate.entities[store], "copy_of", ())]
        new += [relation.sources[0] for relation in estate.by_verb[Verb.PART_OF] if relation.targets[0] == store]
        found += [each for each in dict.fromkeys(new) if each not in found]
    return set(found)


def starts(estate: Estate, params: Any) -> list[tuple[Entity, str]]:
    """Every party, credential and feed, and how it starts a scenario; ourselves where insiders are asked about."""
    found = [(entity, STARTS[entity.kind]) for entity in estate.entities.values() if entity.kind in STARTS]
    return [row for row in found if params.insiders or getattr(row[0], "role", None) != "self"]


def started(start: Entity, way: str, params: Any) -> Scenario:
    """The scenario of one start on its own."""
    return plain(params.asked).model_copy(update={way: (start.id,)})


def includes(part: Capability) -> set[Capability]:
    """The capabilities that include one, however far."""
    found: set[Capability] = set()
    before = None
    while found != before:
        before = set(found)
        found |= {whole for whole, less in CLOSURE if less == part or less in before}
    return found


NO_LEVERS = (Verb.OWNS, Verb.PART_OF, Verb.RELIES_ON, Verb.HOLDS)
"""What is not taken away unless it is asked for; of keys that is told by what they grant."""

NOT_ADDED = ["revoked", "rotated", "expired", "insensitive", "not_exposed", "fail_closed", "compartment"]


def ties(estate: Estate, party: str) -> tuple[set[str], set[str], set[str]]:
    """What is a party's own with what it serves and sends, its keys, and what those open that work; by fixpoint."""
    relations = list(estate.relations.values())
    own = {it.targets[0] for it in relations if it.verb is Verb.OWNS and it.sources[0] == party}
    keys = {name for name in own if estate.entities[name].kind is Kind.CREDENTIAL}
    own -= keys
    for _ in estate.entities:
        own |= {it.sources[0] for it in relations if it.verb is Verb.PART_OF and it.targets[0] in own}
    holders = own | {party}
    keys |= {it.targets[0] for it in relations if it.verb is Verb.HOLDS and it.sources[0] in holders}
    own |= {it.targets[0] for it in relations if it.verb is Verb.PUBLISHES and it.sources[0] in holders}
    opened = {key for key in keys if works(estate, key)}
    for verb in (Verb.GRANTS, Verb.PERMITS):
        opening = [it for it in relations if it.verb is verb and opened.issuperset(it.sources) and works(estate, it.id)]
        opened |= {name for it in opening for name in it.targets}
    opened |= {it.targets[0] for it in relations if it.verb is Verb.SERVES and it.sources[0] in opened}
    own |= {it.targets[0] for it in relations if it.verb is Verb.SERVES and it.sources[0] in own}
    return own, keys, opened - keys


def works(estate: Estate, host: str) -> bool:
    kinds = {str(it.control.kind) for it in estate.controls_on(host) if it.control.status in ("working", "assumed")}
    return kinds.isdisjoint({"revoked", "rotated", "expired"})


def felt_without(estate: Estate, params: Any, out: list[str], *, fallbacks: bool = True) -> tuple[set[str], set[str]]:
    """The processes that stop, and those that stop or slow."""
    distrust = params.distrust if fallbacks else (*params.distrust, ControlKind.FALLBACK)
    asked = {"outage": tuple(out), "hours": getattr(params, "hours", None), "distrust": distrust}
    facts = spec(estate, plain(params.asked).model_copy(update=asked))
    here = [fact for fact in facts if estate.entities[fact.entity].kind is Kind.PROCESS]
    stops = {fact.entity for fact in here if fact.capability is Capability.DENY}
    return stops, stops | {fact.entity for fact in here if fact.capability is Capability.DEGRADE}


def is_only_assumed(control: Control) -> bool:
    unsaid = control.kind is ControlKind.MFA and "phishable" not in control.model_fields_set
    return control.status == "assumed" or (control.status == "working" and unsaid)


def cut_then(
    estate: Estate, asked: Any, delay: Any, without: tuple[str, ...], at: float, told: Iterable[Fact] = ()
) -> set[Fact]:
    """What was there before, and what follows without what was cut; who was let in by that is let in no more."""
    before = {it: hour for it, hour in _uncut(estate, asked, delay).items() if hour < at} if without else {}
    before = dict.fromkeys(told, at) | before
    lasting = {it: hour for it, hour in before.items() if str(it.capability) not in ("use", "operate")}
    return {*before, *naive(estate, asked, delay, dict.fromkeys(without, 0.0), lasting)}


_uncut = lru_cache(maxsize=2)(naive)
"""What follows while nothing is cut, which every cut of one scenario begins with."""
