"""Random small estates and scenarios for the engines to agree on."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from blastradius.engine import CAPABILITIES, SEED_KINDS, Solved
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import (
    ENTITY_TYPES,
    SIGNATURES,
    Basis,
    Control,
    ControlKind,
    Entity,
    Fact,
    Kind,
    Level,
    Relation,
    Scenario,
    Verb,
    Zone,
)
from blastradius.rules import placements

PLACES = placements()
KINDS = tuple(Kind)
Names = Sequence[tuple[str, Kind]]
Step = tuple[Verb, tuple[str, ...], tuple[str, ...]]
LARGEST = 14
WALKS = (
    "party holds credential grants scope permits operation reads store contains credential",
    "credential grants scope permits operation serves< service",
    "credential grants operation serves< service connects service",
    "operation writes store derives_from< store informs process",
    "feed consumes< service reads store contains credential",
    "feed installs< service calls operation controls service",
    "party owns service holds credential grants operation writes store",
    "store contains credential grants operation serves< service",
    "party owns service publishes feed consumes< service informs process",
    "credential grants scope permits operation writes feed consumes< service",
    "credential grants service serves operation issues scope permits operation reads store",
    "service serves operation issues credential grants operation connects service",
    "store contains credential grants service serves operation calls< service",
    "operation writes store installs< service runs_on< service serves operation",
    "party owns service runs_on< store part_of store contains credential",
    "store part_of store part_of< store reads< service serves operation",
    "service part_of service part_of< service depends_on< service depends_on< process",
    "party publishes feed publishes< service runs_on service part_of service",
    "feed consumes< process depends_on< service depends_on< process depends_on< service",
    "party owns service owns< party owns feed consumes< service calls operation",
    "service serves operation serves< service runs_on service owns< party",
    "feed consumes< service holds credential grants operation writes store",
    "operation calls< service reads store writes< operation calls< service",
    "party owns service owns< party",
    "party owns feed owns< party publishes feed",
    "service runs_on service runs_on .",
    "service runs_on service runs_on service runs_on .",
    "service part_of service part_of .",
    "store part_of store part_of store part_of .",
    "service depends_on service depends_on .",
)
"""Ways that rules follow one after another, which relations drawn one by one seldom make.

``<`` is walked backwards; a dot is where the walk began.
"""
TAKEN_IN = (Verb.CONSUMES, Verb.READS, Verb.CALLS)
ZONES = ("z0", "z1", "z2")
"""The last one has no members; services and stores may also lie in a zone that nobody declared."""


def random_estate(rng: random.Random) -> Estate:
    """An estate of up to 14 entities and some 60 relations: cycles, groups, joint grants, controls that may fall.

    Degenerate ones are among them: empty, of one entity, without a relation, without a control, and full of controls.
    """
    return Estate.build([_records(rng)])


def random_islands(rng: random.Random, count: int) -> Estate:
    """As many such estates side by side in one, without a relation, a zone or an API in common."""
    return Estate.build([_records(rng, f"i{number}_") for number in range(count)])


def _records(rng: random.Random, apart: str = "") -> Loaded:
    """What a random estate is made of, each name begun with what tells it from others."""
    count = rng.choice((0, 1, 2, 5, 8, 8, 11, 11, *[LARGEST] * 4))
    chance = rng.choice((0.3, 0.4, 0.4, 0.0, 1.0))
    walks = rng.sample(WALKS, rng.choice((0, 3, 4, 5))) if count > 2 else []
    names = [(apart + name, kind) for name, kind in _names(rng, count, walks)]
    drawn = [_drawn(rng, names) for _ in range(rng.randrange(3 * count + 1))]
    ends = [*filter(None, drawn), *(step for walk in walks for step in _walked(rng, names, walk))]
    relations = {found.id: found for found in (_relation(rng, names, chance, step) for step in ends)}
    zones = tuple(Zone(id=apart + zone, flat=rng.random() < 0.6) for zone in ZONES)
    entities = tuple(_entity(rng, names, name, kind, chance) for name, kind in names)
    if apart:
        entities = tuple(entity.model_copy(update=_set_apart(entity, apart)) for entity in entities)
    return Loaded(entities=entities, relations=tuple(relations.values()), zones=zones)


def _set_apart(entity: Entity, apart: str) -> dict[str, str]:
    """The zone and the API of an entity by names that no other island has."""
    stated = {word: getattr(entity, word, None) for word in ("zone", "api")}
    return {word: apart + name for word, name in stated.items() if name is not None}


def random_scenario(rng: random.Random, estate: Estate) -> Scenario:
    """Seeds of any kind that fits, zones among them, any level, some distrust, some hours, some bases."""
    seeds: dict[str, tuple[str, ...]] = {}
    for way, kinds in SEED_KINDS.items():
        fit = [entity.id for entity in estate.entities.values() if entity.kind in kinds]
        zones = list(estate.zones) if way in ("compromise", "outage") and rng.random() < 0.15 else []
        if (fit or zones) and rng.random() < (0.6 if way == "leak" else 0.4):
            seeds[way] = tuple(rng.sample(zones or fit, min(len(zones or fit), rng.choice((1, 2, 2, 3)))))
    known = [*estate.controls, *ControlKind]
    return Scenario(
        **seeds,
        anyone=rng.random() < 0.1,
        hours=rng.choice((None, None, 5.0, 15.0, 50.0)),
        assume=rng.choice((*Level, Level.TAKEOVER, Level.LATERAL, Level.LATERAL)),
        distrust=tuple(rng.sample(known, rng.choice((0, 0, 1, 3)))),
        basis=rng.choice((*Basis, *[Basis.ASSUMED] * 8)),
    )


def random_scenarios(rng: random.Random, estate: Estate, count: int) -> Scenario:
    """What so many scenarios start from and distrust, at the level and within the hours of the first."""
    drawn = [random_scenario(rng, estate) for _ in range(count)]
    several = {way: tuple(sorted({name for asked in drawn for name in getattr(asked, way)})) for way in SEED_KINDS}
    distrust = tuple(sorted({name for asked in drawn for name in asked.distrust}))
    return drawn[0].model_copy(update={**several, "distrust": distrust})


def random_relations(rng: random.Random, estate: Estate) -> tuple[str, ...]:
    """Some relations to take away, by id."""
    known = list(estate.relations)
    return tuple(rng.sample(known, min(len(known), rng.choice((0, 1, 3)))))


def random_controls(rng: random.Random, estate: Estate) -> tuple[tuple[ControlKind, str], ...]:
    """Controls to put where some rule looks for them, one a host, none of a kind that is there already."""
    found = {}
    for _ in range(rng.choice((0, 1, 3))):
        kind = rng.choice([known for known in ControlKind if known != ControlKind.FAIL_CLOSED])
        kinds, verbs = PLACES[kind]
        hosts = [entity.id for entity in estate.entities.values() if entity.kind in kinds]
        hosts += [relation.id for relation in estate.relations.values() if relation.verb in verbs]
        fit = [host for host in hosts if not any(placed.control.kind == kind for placed in estate.controls_on(host))]
        if fit:
            found[rng.choice(fit)] = kind
    return tuple((kind, host) for host, kind in found.items())


def facts_in(solved: Solved, world: int) -> set[Fact]:
    """Every fact that holds in one world (by its place within these), stepping stones left out."""
    return facts_of_worlds(solved)[world]


def facts_of_worlds(solved: Solved) -> list[set[Fact]]:
    """The same of each world."""
    facts = solved.batch.system.facts
    held = solved.holds(np.arange(len(facts.entities) * len(CAPABILITIES)))
    return [{facts.fact(number) for number in np.flatnonzero(world).tolist()} for world in held.T]


def _names(rng: random.Random, count: int, walks: Sequence[str]) -> Names:
    """Entities by name and kind: first as many as any of the walks passes, as far as there is room, then any."""
    passed: Counter[Kind] = Counter()
    for walk in walks:
        passed |= Counter(Kind(word) for word in walk.split()[::2] if word != ".")
    kinds = [*passed.elements()][:count]
    kinds += [rng.choice(KINDS) for _ in range(count - len(kinds))]
    return [(f"x{i}", kind) for i, kind in enumerate(kinds)]


def _walked(rng: random.Random, names: Names, walk: str) -> Iterator[Step]:
    """The relations along a walk, from each entity to a new one; none where there are too few of a kind."""
    words = walk.split()
    stops: list[str] = []
    for word in words[::2]:
        fit = stops[:1] if word == "." else sorted({*_of_kinds(names, Kind(word))} - {*stops})
        if not fit:
            return
        stops.append(rng.choice(fit))
    for word, source, target in zip(words[1::2], stops, stops[1:], strict=False):
        ends = (target, source) if word.endswith("<") else (source, target)
        verb = Verb(word.rstrip("<"))
        yield verb, _together(rng, names, verb, ends[0]), (ends[1],)


def _together(rng: random.Random, names: Names, verb: Verb, source: str) -> tuple[str, ...]:
    """A source, and at times another that is needed with it."""
    others = [name for name in _of_kinds(names, *SIGNATURES[verb].sources) if name != source]
    joint = SIGNATURES[verb].joint and others and rng.random() < 0.5
    return tuple(sorted({source, rng.choice(others)})) if joint else (source,)


def _of_kinds(names: Names, *kinds: Kind) -> list[str]:
    return [name for name, kind in names if kind in kinds]


def _some(rng: random.Random, fit: Sequence[str], *counts: int) -> tuple[str, ...]:
    """As many of them as one of the counts says, or all there are."""
    return tuple(sorted(rng.sample(fit, min(len(fit), rng.choice(counts)))))


def _entity(rng: random.Random, names: Names, name: str, kind: Kind, chance: float) -> Entity:
    allowed = [control for control, (kinds, _) in PLACES.items() if kind in kinds]
    stated: dict[str, object] = {"id": name, "controls": _controls(rng, names, allowed, chance)}
    stated |= {"zone": rng.choice((None, "z0", "z1", "elsewhere")), "basis": _basis(rng)}
    if kind == Kind.PARTY:
        stated["role"] = rng.choice(("self", "self", "partner", "provider"))
    if kind == Kind.OPERATION:
        stated |= {"api": rng.choice((None, "a", "b", "z0")), "anonymous": rng.random() < 0.3}
        stated["direction"] = rng.choice(("exposed", "consumed"))
    if kind == Kind.CREDENTIAL:
        stated["type"] = rng.choice(("password", "password", "api_key", "session"))
        if chance and stated["type"] == "password" and rng.random() < 0.7:
            stated["controls"] = (Control(kind=ControlKind.MFA, phishable=rng.random() < 0.9),)
    if kind in (Kind.SERVICE, Kind.STORE):
        stated["parts"] = rng.choice((None, "complete"))
    return ENTITY_TYPES[kind].model_validate(stated)


def _drawn(rng: random.Random, names: Names) -> Step | None:
    """A verb and ends that fit it, groups among them; none where no entity fits."""
    verb = rng.choice([*Verb, Verb.GRANTS, Verb.PERMITS, Verb.PERMITS])
    ends = SIGNATURES[verb]
    sources, targets = _of_kinds(names, *ends.sources), _of_kinds(names, *ends.targets)
    if not sources or not targets:
        return None
    several, group = (1, 2) if ends.joint else (1,), (1, 2, 3) if ends.group else (1,)
    chosen = _some(rng, sources, *several)
    if verb == Verb.PART_OF:
        targets = _of_kinds(names, dict(names)[chosen[0]])
    return verb, chosen, _some(rng, targets, *group)


def _relation(rng: random.Random, names: Names, chance: float, step: Step) -> Relation:
    verb, sources, targets = step
    allowed = [control for control, (_, verbs) in PLACES.items() if verb in verbs]
    stated: dict[str, object] = {
        "verb": verb,
        "sources": sources,
        "targets": targets,
        "extent": rng.choice(("all", "subset")),
        "dependency": rng.choice((None, "hard", "hard", "soft", "none")),
        "buffer_h": rng.choice((None, None, 0.0, 4.0, 10.0)),
        "basis": _basis(rng),
        "controls": _controls(rng, names, allowed, chance),
    }
    if verb == Verb.DEPENDS_ON:
        stated |= {"at_least": rng.choice((None, rng.randint(1, len(targets)))), "capacity_loss": rng.random() < 0.3}
    if verb == Verb.CONSUMES:
        stated["vote_min"] = rng.choice((None, None, 1, 2, 3))
    if verb == Verb.CALLS:
        keys = _of_kinds(names, Kind.CREDENTIAL)
        stated |= {"keys": _some(rng, keys, 0, 0, 1, 2), "needs": _some(rng, keys, 0, 0, 1)}
    if verb in TAKEN_IN and dict(names)[sources[0]] != Kind.OPERATION:
        stated |= _taken_in(rng)
    return Relation.model_validate(stated)


def _taken_in(rng: random.Random) -> dict[str, object]:
    """What is said of how an input is taken in."""
    return {
        "brittle": rng.random() < 0.6,
        "on_bad": rng.choice(("keep", "keep", "drop", "halt")),
        "on_missing": rng.choice(("stop", "stop", "default")),
        "obeys": rng.random() < 0.4,
    }


def _basis(rng: random.Random) -> Basis:
    return rng.choice([*list(Basis), Basis.OBSERVED, Basis.OBSERVED])


def _controls(rng: random.Random, names: Names, allowed: Sequence[ControlKind], chance: float) -> tuple[Control, ...]:
    if not allowed or rng.random() > chance:
        return ()
    kinds = rng.sample(allowed, min(len(allowed), rng.choice((1, 1, 2, 3))))
    return tuple(_control(rng, names, kind) for kind in kinds)


def _control(rng: random.Random, names: Names, kind: ControlKind) -> Control:
    stated: dict[str, object] = {"kind": kind, "provided_by": rng.choice((None, rng.choice(names)[0]))}
    stated["status"] = rng.choice(("working", "working", "assumed", "failed", "absent"))
    stated |= {"fails": rng.choice(("open", "closed")), "misled": rng.random() < 0.4}
    if kind == ControlKind.MFA:
        stated["phishable"] = rng.random() < 0.5
    if kind == ControlKind.FALLBACK:
        stated |= {"starts_after_h": rng.choice((None, None, 0.0, 6.0)), "slower": rng.random() < 0.4}
    return Control.model_validate(stated)
