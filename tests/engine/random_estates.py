"""Random small estates and scenarios for the engines to agree on."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import numpy as np

from blastradius.engine import CAPABILITIES, SEED_KINDS, Solved
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import (
    ENTITY_TYPES,
    SIGNATURES,
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
)
"""Ways that rules follow one after another, which relations drawn one by one seldom make; ``<`` is walked backwards."""


def random_estate(rng: random.Random) -> Estate:
    """An estate of up to 14 entities and some 60 relations: cycles, groups, joint grants, controls that may fall.

    Degenerate ones are among them: empty, of one entity, without a relation, without a control, and full of controls.
    """
    count = rng.choice((0, 1, 2, 5, 8, 8, 11, LARGEST))
    chance = rng.choice((0.3, 0.3, 0.3, 0.0, 1.0))
    walks = rng.sample(WALKS, rng.choice((0, 2, 3))) if count > 2 else []
    names = _names(rng, count, walks)
    drawn = [_drawn(rng, names) for _ in range(rng.randrange(3 * count + 1))]
    ends = [*filter(None, drawn), *(step for walk in walks for step in _walked(rng, names, walk))]
    relations = {each.id: each for each in (_relation(rng, names, chance, *step) for step in ends)}
    zones = tuple(Zone(id=f"z{i}", flat=rng.random() < 0.6) for i in range(2))
    entities = tuple(_entity(rng, names, name, kind, chance) for name, kind in names)
    return Estate.build([Loaded(entities=entities, relations=tuple(relations.values()), zones=zones)])


def random_scenario(rng: random.Random, estate: Estate) -> Scenario:
    """Seeds of any kind that fits, any level, some distrust, some hours."""
    seeds: dict[str, tuple[str, ...]] = {}
    for way, kinds in SEED_KINDS.items():
        fit = [entity.id for entity in estate.entities.values() if entity.kind in kinds]
        if fit and rng.random() < 0.45:
            seeds[way] = tuple(rng.sample(fit, min(len(fit), rng.choice((1, 2, 2)))))
    known = [*estate.controls, *ControlKind]
    return Scenario(
        **seeds,
        hours=rng.choice((None, None, 5.0, 50.0)),
        assume=rng.choice((*Level, Level.TAKEOVER, Level.LATERAL, Level.LATERAL)),
        distrust=tuple(rng.sample(known, rng.choice((0, 0, 1, 3)))),
    )


def facts_in(solved: Solved, world: int) -> set[Fact]:
    """Every fact that holds in one world (by its place within these), stepping stones left out."""
    facts = solved.batch.system.facts
    held = solved.holds(np.arange(len(facts.entities) * len(CAPABILITIES)))[:, world]
    return {facts.fact(number) for number in np.flatnonzero(held).tolist()}


def _names(rng: random.Random, count: int, walks: Sequence[str]) -> list[tuple[str, Kind]]:
    """Entities by name and kind: first those that the walks pass, as far as there is room, then any."""
    passed = [Kind(word) for walk in walks for word in walk.split()[::2]][:count]
    kinds = passed + [rng.choice(KINDS) for _ in range(count - len(passed))]
    return [(f"x{i}", kind) for i, kind in enumerate(kinds)]


def _walked(rng: random.Random, names: list[tuple[str, Kind]], walk: str) -> Iterator[Step]:
    """The relations along a walk, each from an entity that the one before led to; none where a kind is missing."""
    words = walk.split()
    there = [[name for name, kind in names if kind == word] for word in words[::2]]
    if all(there):
        stops = [rng.choice(each) for each in there]
        for verb, source, target in zip(words[1::2], stops, stops[1:], strict=False):
            ends = (target, source) if verb.endswith("<") else (source, target)
            yield Verb(verb.rstrip("<")), (ends[0],), (ends[1],)


def _entity(rng: random.Random, names: list[tuple[str, Kind]], name: str, kind: Kind, chance: float) -> Entity:
    allowed = [each for each, (kinds, _) in PLACES.items() if kind in kinds]
    stated: dict[str, object] = {"id": name, "controls": _controls(rng, names, allowed, chance)}
    stated["zone"] = rng.choice((None, "z0", "z1", "elsewhere"))
    if kind == Kind.OPERATION:
        stated |= {"api": rng.choice((None, "a", "b", "z0")), "anonymous": rng.random() < 0.3}
        stated["direction"] = rng.choice(("exposed", "consumed"))
    if kind == Kind.CREDENTIAL:
        stated["type"] = rng.choice(("password", "api_key"))
    return ENTITY_TYPES[kind].model_validate(stated)


def _drawn(rng: random.Random, names: list[tuple[str, Kind]]) -> Step | None:
    """A verb and ends that fit it, groups among them; none where no entity fits."""
    verb = rng.choice(list(Verb))
    ends = SIGNATURES[verb]
    sources = [name for name, kind in names if kind in ends.sources]
    targets = [name for name, kind in names if kind in ends.targets]
    if not sources or not targets:
        return None
    some = rng.sample(sources, min(len(sources), rng.choice((1, 1, 2)))) if ends.joint else [rng.choice(sources)]
    them = rng.sample(targets, min(len(targets), rng.choice((1, 2, 3)))) if ends.group else [rng.choice(targets)]
    return verb, tuple(sorted(some)), tuple(sorted(them))


def _relation(
    rng: random.Random,
    names: list[tuple[str, Kind]],
    chance: float,
    verb: Verb,
    sources: tuple[str, ...],
    targets: tuple[str, ...],
) -> Relation:
    allowed = [each for each, (_, verbs) in PLACES.items() if verb in verbs]
    stated: dict[str, object] = {
        "verb": verb,
        "sources": sources,
        "targets": targets,
        "extent": rng.choice(("all", "subset")),
        "dependency": rng.choice((None, "hard", "hard", "soft", "none")),
        "buffer_h": rng.choice((None, 10.0)),
        "controls": _controls(rng, names, allowed, chance),
    }
    if verb == Verb.DEPENDS_ON:
        stated |= {"at_least": rng.choice((None, rng.randint(1, len(targets)))), "capacity_loss": rng.random() < 0.3}
    if verb == Verb.CONSUMES:
        stated |= {"vote_min": rng.choice((None, 1, 2, 3)), "brittle": rng.random() < 0.7}
    return Relation.model_validate(stated)


def _controls(
    rng: random.Random, names: list[tuple[str, Kind]], allowed: list[ControlKind], chance: float
) -> tuple[Control, ...]:
    if not allowed or rng.random() > chance:
        return ()
    kinds = rng.sample(allowed, min(len(allowed), rng.choice((1, 1, 2))))
    return tuple(
        Control(
            kind=kind,
            status=rng.choice(("working", "assumed", "failed")),
            provided_by=rng.choice((None, rng.choice(names)[0])),
            fails=rng.choice(("open", "closed")),
        )
        for kind in kinds
    )
