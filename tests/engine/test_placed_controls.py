"""Each control in each place of each relation stops what the spec says, in the solver and in its checker.

Random estates seldom put one control where only one flow of one rule looks for it; here each stands alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

import pytest

from blastradius.engine import SEED_KINDS, compile_system, solve
from blastradius.engine.check.spec import spec
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import (
    ENTITY_TYPES,
    SIGNATURES,
    TAKEN_BY,
    Control,
    ControlKind,
    Entity,
    Kind,
    Level,
    Relation,
    Scenario,
    Verb,
)
from blastradius.rules import placements
from tests.engine.short import Attributes


def copies(verb: Verb, source: Kind, target: Kind, more: Attributes) -> Iterator[tuple[str, Entity | Relation]]:
    """One relation of a verb for each control and each place where it may stand, and its ends; which end each is.

    With ``keys`` its sources are two, which are needed together; keys are passwords then.
    """
    together = {"from2": source} if "keys" in more else {}
    stated = {word: value for word, value in more.items() if word != "keys"}
    password = {"type": "password"} if "keys" in more else {}
    for control in CONTROLS:
        kinds, verbs = placements()[control.kind]
        for place, may in {"from": source in kinds, "to": target in kinds, "along": verb in verbs}.items():
            names = {end: f"{end}-{control.kind}-{control.phishable}-{place}" for end in ("from", "from2", "to")}
            placed = {place: (control,)}
            for end, of in (("from", source), ("to", target), *together.items()) if may else ():
                said = {"id": names[end], "controls": placed.get(end, ())}
                said |= password if of == Kind.CREDENTIAL else {}
                yield end.removesuffix("2"), ENTITY_TYPES[of].model_validate(said)
            if may:
                ends = {"sources": tuple(names[end] for end in ("from", *together)), "targets": (names["to"],)}
                yield (
                    "along",
                    Relation.model_validate({"verb": verb, **ends, "controls": placed.get("along", ()), **stated}),
                )


CONTROLS = [Control(kind=kind) for kind in placements()]
CONTROLS += [Control(kind=ControlKind.MFA, phishable=True)]
JOINT: Attributes = {"keys": 2}
WORDS: dict[str, Attributes] = {
    "extent": {"extent": "subset"},
    "dependency": {"dependency": "hard"},
    "brittle": {"brittle": True},
    "on_bad": {"on_bad": "halt"},
    "on_missing": {"on_missing": "default"},
    "obeys": {"obeys": True},
    "joint": JOINT,
}
QUICK = {word: {Kind.SERVICE} for word in ("brittle", "on_bad", "on_missing")}
QUICK["extent"] = {Kind.OPERATION, Kind.SERVICE}
"""Words that are tried while one types, on what comes from these kinds."""


def is_quick(verb: Verb, source: Kind, target: Kind, word: str) -> bool:
    """Whether it is for while one types: of what may lean on anything, and of words, one kind of target each."""
    is_first = target == min(SIGNATURES[verb].targets)
    if word in ("plain", "joint"):
        return verb != Verb.DEPENDS_ON or is_first
    return is_first and source in QUICK.get(word, ())


RELATIONS = [
    pytest.param(
        *(verb, source, target, WORDS.get(word, {})),
        id=f"{source} {verb} {target} {word}",
        marks=[pytest.mark.slow] * (not is_quick(verb, source, target, word)),
    )
    for verb, ends in SIGNATURES.items()
    for source in sorted(ends.sources)
    for target in sorted(ends.targets)
    for word in (
        "plain",
        *(word for word in WORDS if verb in TAKEN_BY.get(word, ()) or (ends.joint and word == "joint")),
    )
    if verb != Verb.PART_OF or source == target
]


@pytest.mark.parametrize(("verb", "source", "target", "more"), RELATIONS)
def test_what_a_control_stops_is_what_the_spec_says(verb: Verb, source: Kind, target: Kind, more: Attributes) -> None:
    made = list(copies(verb, source, target, more))
    entities = [thing for _, thing in made if isinstance(thing, Entity)]
    relations = [thing for _, thing in made if isinstance(thing, Relation)]
    estate = Estate.build([Loaded(entities=tuple(entities), relations=tuple(relations))])
    system = compile_system(estate)
    for way, kinds in SEED_KINDS.items():
        for end, kind in (("from", source), ("to", target)):
            if kind in kinds:
                names = tuple(thing.id for where, thing in made if where == end and isinstance(thing, Entity))
                asked = Scenario.model_validate({way: names, "assume": Level.LATERAL})
                assert solve(estate, asked, system=system).levels == spec(estate, asked), (way, end)


KEYED = ("revoked", "rotated", "expired", "ip_allowlist", "token_binding", "device_policy", "mfa", "hard_mfa")
HAD = (("leak", "leak"), ("leak", "use"), ("use", "leak"))
"""What somebody has of each of two keys: a copy, or the use of it where it is."""
CODE = Control(kind=ControlKind.MFA, phishable=True)
KEYS: Mapping[str, tuple[str, tuple[Control, ...]]] = {
    "key": ("api_key", ()),
    "password": ("password", ()),
    "code": ("password", (CODE,)),
}
"""Kinds of keys, by type and controls: one that asks for a code can be talked out of people."""
TOGETHER = (
    *(("key",), ("password",), ("code",)),
    *(("password", "password"), ("password", "key"), ("key", "key"), ("code", "code"), ("code", "key")),
)


def opened_by_keys() -> tuple[Estate, Scenario]:
    """An operation that a key or two open, for each control in each place, whatever is had of each key, of any kind.

    The operation asks for a code itself, or it does not.
    """
    controls = [control for control in CONTROLS if control.kind in KEYED]
    entities: list[Entity] = []
    relations: list[Relation] = []
    seeds: dict[str, list[str]] = {"leak": [], "use": []}
    cases = product(controls, ("first", "second", "along", "to"), HAD, TOGETHER, (None, CODE))
    for number, (control, place, had, keys, asks) in enumerate(cases):
        placed = {place: (control,)}
        names = {end: f"{end}{number}" for end in (*("first", "second")[: len(keys)], "to")}
        for end, way, key in zip(names, had, keys, strict=False):
            of, own = KEYS[key]
            both = {guard.kind: guard for guard in (*own, *placed.get(end, ()))}
            stated = {"id": names[end], "type": of, "controls": tuple(both.values())}
            entities.append(ENTITY_TYPES[Kind.CREDENTIAL].model_validate(stated))
            seeds[way].append(names[end])
        both = {guard.kind: guard for guard in (*filter(None, [asks]), *placed.get("to", ()))}
        opened = {"id": names["to"], "controls": tuple(both.values())}
        entities.append(ENTITY_TYPES[Kind.OPERATION].model_validate(opened))
        ends = {"sources": tuple(names.values())[:-1], "targets": (names["to"],)}
        grant = {"verb": Verb.GRANTS, **ends, "controls": placed.get("along", ())}
        relations.append(Relation.model_validate(grant))
    estate = Estate.build([Loaded(entities=tuple(entities), relations=tuple(relations))])
    return estate, Scenario.model_validate({**seeds, "assume": Level.LATERAL})


def test_a_control_of_a_key_or_of_two_that_are_needed_together_stops_what_the_spec_says() -> None:
    estate, asked = opened_by_keys()
    assert solve(estate, asked).levels == spec(estate, asked)
