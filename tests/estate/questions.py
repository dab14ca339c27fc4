"""Random questions about random estates: for those that may be asked of a part of one."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from typing import Any

from blastradius.answer import Query
from blastradius.engine import CAPABILITIES, SEED_KINDS
from blastradius.errors import UsageError
from blastradius.estate import Estate, snapshot
from blastradius.loaderkit.contract import Loaded
from blastradius.model import (
    Credential,
    Expectation,
    ExpectedFact,
    Kept,
    Kind,
    Party,
    Relation,
    Scenario,
    Selection,
    Verb,
)
from blastradius.rules import APPLIES
from tests.engine.random_estates import random_controls, random_estate, random_relations, random_scenario

_NAMED = {"id", "sources", "targets", "keys", "needs", "copy_of", "provided_by", "about"}


def several(rng: random.Random, count: int) -> Estate:
    """Random estates beside each other in one; they have zones, APIs and names in common, and no thing."""
    zones: dict[str, str] = {}
    things = []
    for number in range(count):
        for line in snapshot.lines(random_estate(rng)):
            if line.family == "zone":
                zones.setdefault(json.loads(line.text)["zone"]["id"], line.text)
            elif line.family not in ("note", "expectation"):
                things.append(json.dumps(_renamed(json.loads(line.text), f"e{number}-")))
    first = snapshot.heading(random_estate(rng))
    return Estate.build([snapshot.loaded([first, *zones.values(), *things], "made")])


def _renamed(said: Any, prefix: str, *, is_named: bool = False) -> Any:
    if isinstance(said, Mapping):
        return {key: _renamed(value, prefix, is_named=key in _NAMED) for key, value in said.items()}
    if isinstance(said, list):
        return [_renamed(part, prefix, is_named=is_named) for part in said]
    return prefix + said if is_named and isinstance(said, str) else said


def assumed(rng: random.Random, built: Estate, asked: Scenario) -> dict[str, Any]:
    """What a scenario assumes, as parameters; in half of them something is changed."""
    given: dict[str, Any] = {"assume": asked.assume.word, "basis": str(asked.basis)}
    if rng.random() < 0.5:
        given["without"] = random_relations(rng, built)
        given["with_"] = tuple(f"{kind}@{host}" for kind, host in random_controls(rng, built))
    return given


def of_scenario(rng: random.Random, built: Estate) -> dict[str, Any]:
    """A scenario as the parameters of a question."""
    asked = random_scenario(rng, built)
    given = {field: getattr(asked, field) for field in SEED_KINDS} | {"hours": asked.hours, "anyone": asked.anyone}
    return {name: value for name, value in given.items() if value is not None} | assumed(rng, built, asked)


def of_any(rng: random.Random, built: Estate) -> dict[str, Any]:
    """Some thing, and what is assumed."""
    return {"entity": rng.choice([*built.entities] or ["nothing"])} | assumed(rng, built, random_scenario(rng, built))


def of_grant(rng: random.Random, built: Estate) -> dict[str, Any]:
    """Who is granted what, by flags or as a proposal, for somebody there or not yet, and what has to be called."""

    def some(*kinds: Kind) -> str:
        fit = [entity.id for kind in kinds for entity in built.of_kind(kind)]
        return rng.choice(fit) if fit else "nobody"

    def several_of(count: int, *kinds: Kind) -> tuple[str, ...]:
        return tuple({some(*kinds) for _ in range(count)})

    given = assumed(rng, built, random_scenario(rng, built))
    given["needs"] = several_of(rng.choice((0, 0, 1, 2)), Kind.OPERATION)
    given["fail_on"] = rng.choice(("jewel", "new", "granted", "never"))
    granted = several_of(rng.choice((0, 1, 1, 2)), Kind.SCOPE, Kind.OPERATION)
    if granted and rng.random() < 0.3:
        key, holder = rng.choice(("new key", some(Kind.CREDENTIAL))), rng.choice(("newco", some(Kind.PARTY)))
        return given | {"proposal": proposal(built, holder, key, granted)}
    there = {"holder": some(Kind.PARTY, Kind.SERVICE)} if rng.random() < 0.7 else {"new_partner": "newco"}
    return given | there | {"grant": granted} | ({"key": some(Kind.CREDENTIAL)} if rng.random() < 0.4 else {})


def proposal(built: Estate, holder: str, key: str, granted: tuple[str, ...]) -> Loaded:
    """What an estate file says that lets somebody hold a key, and has it granted something."""
    new = [it for it in (Party(id=holder), Credential(id=key)) if it.id not in built.entities]
    holds = Relation(verb=Verb.HOLDS, sources=(holder,), targets=(key,))
    grants = (Relation(verb=Verb.GRANTS, sources=(key,), targets=(name,)) for name in granted)
    return Loaded(entities=tuple(new), relations=(holds, *grants))


def with_rules(rng: random.Random, built: Estate) -> Estate:
    """The same estate, which expects something, of some thing or of all that fit."""
    facts = [ExpectedFact(entity=name, capability=it) for name in built.entities for it in APPLIES[built.kind_of(name)]]
    rules = []
    for number in range(rng.choice((0, 1, 2))):
        asked = random_scenario(rng, built)
        way = rng.choice((*SEED_KINDS,))
        bare = asked.model_copy(update={**dict.fromkeys(SEED_KINDS, ()), "anyone": False})
        rule = Expectation(
            name=f"rule {number}",
            scenario=asked if rng.random() < 0.3 else bare,
            for_each=Selection.model_validate({"way": way}) if rng.random() < 0.7 else None,
            not_reached=tuple(rng.sample(facts, min(len(facts), 8))),
            kept=(Kept(capability=tuple(rng.sample(CAPABILITIES, 3))),) if rng.random() < 0.5 else (),
            stated=rng.choice(((), ("owner",), ("review", "expiry"))),
        )
        rules.append(rule)
    lines = [snapshot.heading(built), *(line.text for line in snapshot.lines(built))]
    return Estate.build([snapshot.loaded(lines, "made"), Loaded(expectations=tuple(rules))])


ASKED: dict[str, Callable[[random.Random, Estate], dict[str, Any]]] = {
    "reach": of_scenario,
    "explain": lambda rng, built: of_any(rng, built) | of_scenario(rng, built),
    "exposure": of_any,
    "grant": of_grant,
}


def asked_at_random(question: str, seed: int) -> tuple[Estate, dict[str, Any]]:
    """A random estate, and what is asked of it, as parameters."""
    rng = random.Random(seed)
    built = several(rng, 4) if seed % 3 else random_estate(rng)
    built = with_rules(rng, built) if question == "grant" else built
    return built, ASKED[question](rng, built)


def answer_of(query: Query, estate: Estate, params: Any) -> Any:
    """The answer with its picture, or why there is none."""
    try:
        found = query.run(estate, params)
    except UsageError as refused:
        return str(refused)
    return found, found.picture
