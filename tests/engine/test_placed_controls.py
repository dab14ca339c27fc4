"""Each control in each place of each relation stops what the spec says, in the solver and in its checker.

Random estates seldom put one control where only one flow of one rule looks for it; here each stands alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Literal, NamedTuple

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


class Case(NamedTuple):
    """A relation to put controls at: its verb, the kinds of its ends, what it says, and what stands beside it.

    ``beside`` is a second source that is needed with the first (both passwords, where they are keys), the key of a
    call or one that has to come with it, somebody else who owns the source, or a service that serves it; whose own
    checks are gone with it, so that there controls of others are tried besides.
    """

    verb: Verb
    source: Kind
    target: Kind
    says: Attributes
    beside: Literal["", "joint", "keyed", "needing", "others", "served"] = ""


def copies(case: Case) -> Iterator[tuple[str, Entity | Relation]]:
    """The relation, for each control and each place where it may stand, and its ends; which end each is."""
    providers = ("", "provider") if case.beside == "served" else ("",)
    for control, provider in product(CONTROLS, providers):
        kinds, verbs = placements()[control.kind]
        may = {"from": case.source in kinds, "to": case.target in kinds, "along": case.verb in verbs}
        for place in filter(may.__getitem__, may):
            which = f"-{control.kind}-{control.phishable}-{place}{provider}"
            placed = control.model_copy(update={"provided_by": provider + which if provider else None})
            yield from _copy(case, which, {place: (placed,)})
            if provider:
                yield provider, ENTITY_TYPES[Kind.PARTY].model_validate({"id": provider + which})


def _copy(case: Case, which: str, placed: Mapping[str, tuple[Control, ...]]) -> Iterator[tuple[str, Entity | Relation]]:
    ends = {"from": case.source, "to": case.target}
    key, joint, server = {"key": Kind.CREDENTIAL}, {"from2": case.source}, {"server": Kind.SERVICE}
    ends |= {"joint": joint, "keyed": key, "needing": key, "served": server}.get(case.beside, {})
    for end, kind in ends.items():
        said: dict[str, object] = {"id": end + which, "controls": placed.get(end, ())}
        said |= {"type": "password"} if kind == Kind.CREDENTIAL and case.beside == "joint" else {}
        yield end.removesuffix("2"), ENTITY_TYPES[kind].model_validate(said)
    if case.beside == "others":
        yield "owner", ENTITY_TYPES[Kind.PARTY].model_validate({"id": f"owner{which}", "role": "provider"})
        owned = {"verb": Verb.OWNS, "sources": (f"owner{which}",), "targets": (f"from{which}",)}
        yield "owns", Relation.model_validate(owned)
    if case.beside == "served":
        served = {"verb": Verb.SERVES, "sources": (f"server{which}",), "targets": (f"from{which}",)}
        yield "serves", Relation.model_validate(served)
    sources = tuple(end + which for end in ends if end.startswith("from"))
    stated = {"sources": sources, "targets": (f"to{which}",), "controls": placed.get("along", ()), **case.says}
    stated |= {word: (f"key{which}",) for word, beside in CALLED_WITH.items() if case.beside == beside}
    yield "along", Relation.model_validate({"verb": case.verb, **stated})


CALLED_WITH = {"keys": "keyed", "needs": "needing"}
CONTROLS = [Control(kind=kind) for kind in placements()]
CONTROLS += [Control(kind=ControlKind.MFA, phishable=True)]
PLAIN: Attributes = {}
WORDS: dict[str, Attributes] = {
    "extent": {"extent": "subset"},
    "dependency": {"dependency": "hard"},
    "brittle": {"brittle": True},
    "on_bad": {"on_bad": "halt"},
    "on_missing": {"on_missing": "default"},
    "obeys": {"obeys": True},
}
QUICK = {word: {Kind.SERVICE} for word in ("brittle", "on_bad", "on_missing")}
QUICK["extent"] = {Kind.OPERATION, Kind.SERVICE}
"""Words that are tried while one types, on what comes from these kinds."""


def is_quick(case: Case, word: str) -> bool:
    """Whether it is for while one types: of what may lean on anything, and of words, one kind of target each."""
    is_first = case.target == min(SIGNATURES[case.verb].targets)
    if word == "plain" and not case.beside:
        return case.verb != Verb.DEPENDS_ON or is_first
    if case.beside in ("joint", "served"):
        return True
    return is_first and (bool(case.beside) or case.source in QUICK.get(word, ()))


def cases() -> Iterator[tuple[Case, str]]:
    """All relations to try, each with the word that it says."""
    for verb, ends in SIGNATURES.items():
        words: dict[str, Attributes] = {"plain": {}} | {
            word: said for word, said in WORDS.items() if verb in TAKEN_BY[word]
        }
        for source, target in product(sorted(ends.sources), sorted(ends.targets)):
            plain = Case(verb, source, target, PLAIN)
            if verb != Verb.PART_OF or source == target:
                yield from ((plain._replace(says=said), word) for word, said in words.items())
                yield from ((plain._replace(beside="joint"), "plain") for _ in range(ends.joint))
            if ("brittle" in words or verb == Verb.SERVES) and source == Kind.SERVICE:
                taken = filter(words.__contains__, ("plain", "brittle"))
                yield from ((plain._replace(says=words[word], beside="others"), word) for word in taken)
            if source == Kind.OPERATION:
                served = filter(words.__contains__, ("plain", "extent"))
                yield from ((plain._replace(says=words[word], beside="served"), word) for word in served)
            if verb == Verb.CALLS and source == Kind.SERVICE:
                keyed = ("plain", "dependency", "on_missing")
                yield from ((plain._replace(says=words[word], beside="keyed"), word) for word in keyed)
                yield plain._replace(beside="needing"), "plain"


RELATIONS = [
    pytest.param(
        case,
        id=" ".join(filter(None, (case.source, case.verb, case.target, word, case.beside))),
        marks=[pytest.mark.slow] * (not is_quick(case, word)),
    )
    for case, word in cases()
]


def questions(case: Case) -> tuple[Estate, list[Scenario]]:
    """The copies of a relation in one estate, and what is asked of it: from every end, whatever may happen to it."""
    made = list(copies(case))
    entities = [thing for _, thing in made if isinstance(thing, Entity)]
    relations = [thing for _, thing in made if isinstance(thing, Relation)]
    estate = Estate.build([Loaded(entities=tuple(entities), relations=tuple(relations))])
    kinds = {"from": case.source, "to": case.target, "key": Kind.CREDENTIAL, "server": Kind.SERVICE}
    names = {end: tuple(thing.id for where, thing in made if where == end) for end in kinds}
    seeds = product(SEED_KINDS.items(), filter(names.get, kinds))
    fit = ((way, names[end]) for (way, fits), end in seeds if kinds[end] in fits)
    return estate, [Scenario.model_validate({way: ends, "assume": Level.LATERAL}) for way, ends in fit]


@pytest.mark.parametrize("case", RELATIONS)
def test_what_a_control_stops_is_what_the_spec_says(case: Case) -> None:
    estate, asked = questions(case)
    system = compile_system(estate)
    for scenario in asked:
        assert solve(estate, scenario, system=system).levels == spec(estate, scenario)


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
