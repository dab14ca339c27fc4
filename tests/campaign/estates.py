"""Random estates with what questions look at besides reach, as data that can be reduced, and degenerate ones."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from blastradius.errors import BlastradiusError, UsageError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import (
    ENTITY_TYPES,
    MOST_RECORDS,
    STEPPING_STONES,
    Accepted,
    Capability,
    Entity,
    Exercise,
    Expectation,
    ExpectedFact,
    Frozen,
    Kept,
    Kind,
    Relation,
    Selection,
    Zone,
)
from tests.campaign.trial import reduced
from tests.engine.random_estates import random_estate, random_scenario

JEWELS = frozenset({Kind.SERVICE, Kind.STORE, Kind.FEED, Kind.PROCESS})
NO_ESTATE = (ValueError, KeyError, AttributeError, TypeError)
"""What making an estate of data that speaks of none ends in."""
Data = dict[str, list[Any]]


def described_estate(rng: random.Random) -> Estate:
    """A random estate with crown jewels, records, copies, names, and expectations."""
    bare = random_estate(rng)
    entities = tuple(_described(rng, bare, entity) for entity in bare.entities.values())
    expectations = tuple(_expectation(rng, bare, number) for number in range(rng.choice((0, 0, 1, 3))))
    exercises = tuple(_exercise(rng, bare, number) for number in range(rng.choice((0, 0, 1, 2))))
    more = {"entities": entities, "expectations": expectations, "exercises": exercises}
    return Estate.build([parts(bare).model_copy(update=more)])


def parts(estate: Estate) -> Loaded:
    """What an estate says, to build it again."""
    return Loaded(
        entities=tuple(estate.entities.values()),
        relations=tuple(estate.relations.values()),
        zones=tuple(estate.zones.values()),
        expectations=estate.expectations,
        exercises=estate.exercises,
    )


def _described(rng: random.Random, estate: Estate, entity: Entity) -> Entity:
    says: dict[str, Any] = {"name": rng.choice((None, f"The {entity.id}"))}
    if entity.kind in JEWELS:
        says["crown_jewel"] = rng.random() < 0.4
    if entity.kind is Kind.STORE:
        others = [store.id for store in estate.of_kind(Kind.STORE) if store.id != entity.id]
        says["records"] = rng.choice((None, 0, 1, 7, rng.randrange(10**6), MOST_RECORDS))
        says["copy_of"] = tuple(rng.sample(others, min(len(others), rng.choice((0, 0, 1, 2)))))
    return entity.model_copy(update=says)


def _expectation(rng: random.Random, estate: Estate, number: int) -> Expectation:
    capabilities = [capability for capability in Capability if capability not in STEPPING_STONES]

    def some() -> tuple[ExpectedFact, ...]:
        names = list(estate.entities) if rng.random() < 0.7 else []
        chosen = rng.sample(names, min(len(names), 3))
        return tuple(ExpectedFact(entity=name, capability=rng.choice(capabilities)) for name in chosen)

    scenario = random_scenario(rng, estate)
    rule = _rule(rng, estate) if rng.random() < 0.4 else None
    reached, not_reached, possible = some(), some(), some()
    return Expectation(
        name=f"e{number}",
        scenario=scenario,
        for_each=rule,
        kept=_kept(rng) if rng.random() < 0.3 else (),
        stated=("owner", "contract", "expiry") if rng.random() < 0.2 else (),
        accepted=_accepted(rng, estate) if rng.random() < 0.3 else (),
        reached=reached,
        not_reached=not_reached,
        possible=possible,
    )


def _exercise(rng: random.Random, estate: Estate, number: int) -> Exercise:
    """An exercise that was held, or lies ahead."""
    names = list(estate.entities)
    scope = tuple(rng.sample(names, min(len(names), rng.choice((0, 0, 2, 5)))))
    date = rng.choice(("2001-01-01", "2001-01-01", "2999-12-31"))
    return Exercise(name=f"x{number}", date=date, scenario=random_scenario(rng, estate), scope=scope)


def _kept(rng: random.Random) -> tuple[Kept, ...]:
    """What is kept out of reach because of what it is."""
    chosen = tuple(rng.sample([Capability.READ, Capability.WRITE, Capability.DENY, Capability.USE], 2))
    return (Kept(capability=chosen, crown_jewel=rng.random() < 0.5, zone=rng.choice((None, None, "z0"))),)


def _accepted(rng: random.Random, estate: Estate) -> tuple[Accepted, ...]:
    """An exception that is over, or is not."""
    until, names = rng.choice(("2000-01-01", "2999-12-31")), [None, *estate.entities]
    return (Accepted(start=rng.choice(names), entity=rng.choice(names), why="w", owner="o", until=until),)


def _rule(rng: random.Random, estate: Estate) -> Selection:
    """What a rule for all is about."""
    names = list(estate.entities)
    return Selection(
        way=rng.choice(("compromise", "compromise", "leak", "poison", "wrong", "outage", "breach", "use")),
        role=rng.choice((None, None, "partner", "self", "provider")),
        zone=rng.choice((None, None, "z0")),
        excluded=tuple(rng.sample(names, min(len(names), rng.choice((0, 0, 1))))),
    )


def as_data(estate: Estate) -> Data:
    """An estate as dicts and lists; defaults are left out."""
    said = parts(estate)
    return {
        "entities": [{"kind": str(entity.kind)} | _dumped(entity) for entity in said.entities],
        "relations": [_dumped(relation) for relation in said.relations],
        "zones": [_dumped(zone) for zone in said.zones],
        "expectations": [_dumped(expectation) for expectation in said.expectations],
        "exercises": [_dumped(exercise) for exercise in said.exercises],
    }


def from_data(data: Data) -> Estate:
    """The estate that the data speaks of.

    Raises:
        InputError: something it names is not there.
        ValueError: it is no estate.
    """
    loaded = Loaded(
        entities=tuple(ENTITY_TYPES[Kind(each["kind"])].model_validate(each) for each in data.get("entities", ())),
        relations=tuple(Relation.model_validate(each) for each in data.get("relations", ())),
        zones=tuple(Zone.model_validate(each) for each in data.get("zones", ())),
        expectations=tuple(Expectation.model_validate(each) for each in data.get("expectations", ())),
        exercises=tuple(Exercise.model_validate(each) for each in data.get("exercises", ())),
    )
    return Estate.build([loaded])


def broken(check: Callable[[Estate], str | None], estate: Estate) -> str | None:
    """What a check finds wrong with an estate, an error that nobody foresaw included.

    Raises:
        UsageError: as the check says.
    """
    try:
        return check(estate)
    except UsageError:
        raise
    except Exception as error:  # whatever it is, it is what is looked for
        return f"{type(error).__name__}: {str(error)[:80]!r}"


def still_broken(check: Callable[[Estate], str | None], why: str) -> Callable[[Estate], bool]:
    """Whether a check finds the same wrong with a smaller estate; one that refuses the question is not."""

    def still(estate: Estate) -> bool:
        try:
            return broken(check, estate) == why
        except UsageError:
            return False

    return still


def reduced_estate(estate: Estate, fails: Callable[[Estate], bool]) -> Data:
    """The data of the smallest estate found for which something still fails."""

    def still(data: Any) -> bool:
        try:
            smaller = from_data(data)
        except (BlastradiusError, *NO_ESTATE):
            return False
        return fails(smaller)

    smallest: Data = reduced(as_data(estate), still)
    return smallest


def _dumped(thing: Frozen) -> dict[str, Any]:
    return thing.model_dump(mode="json", exclude_defaults=True, exclude={"provenance"})
