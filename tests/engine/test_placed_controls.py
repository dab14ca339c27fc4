"""Each control in each place of each relation stops what the spec says, in the solver and in its checker.

Random estates seldom put one control where only one flow of one rule looks for it; here each stands alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from blastradius.engine import SEED_KINDS, solve
from blastradius.engine.check.spec import spec
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import (
    ENTITY_TYPES,
    SIGNATURES,
    TAKEN_BY,
    Control,
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
    """One relation of a verb for each control and each place where it may stand, and its ends; which end each is."""
    for kind, (kinds, verbs) in placements().items():
        for place, may in {"from": source in kinds, "to": target in kinds, "along": verb in verbs}.items():
            names = {end: f"{end}-{kind}-{place}" for end in ("from", "to")}
            placed = {place: (Control(kind=kind),)}
            for end, of in (("from", source), ("to", target)) if may else ():
                yield end, ENTITY_TYPES[of].model_validate({"id": names[end], "controls": placed.get(end, ())})
            if may:
                ends = {"sources": (names["from"],), "targets": (names["to"],)}
                yield (
                    "along",
                    Relation.model_validate({"verb": verb, **ends, "controls": placed.get("along", ()), **more}),
                )


WORDS: dict[str, Attributes] = {
    "extent": {"extent": "subset"},
    "dependency": {"dependency": "hard"},
    "brittle": {"brittle": True},
    "on_bad": {"on_bad": "halt"},
    "on_missing": {"on_missing": "default"},
    "obeys": {"obeys": True},
}
QUICK = dict.fromkeys(("brittle", "on_bad", "on_missing"), Kind.SERVICE) | {"extent": Kind.OPERATION}
"""Words that are tried while one types, on what comes from one kind."""


def is_quick(verb: Verb, source: Kind, target: Kind, word: str) -> bool:
    """Whether it is for while one types: of what may lean on anything, and of words, one kind of target each."""
    is_first = target == min(SIGNATURES[verb].targets)
    if word == "plain":
        return verb != Verb.DEPENDS_ON or is_first
    return is_first and source == QUICK.get(word)


RELATIONS = [
    pytest.param(
        *(verb, source, target, WORDS.get(word, {})),
        id=f"{source} {verb} {target} {word}",
        marks=[pytest.mark.slow] * (not is_quick(verb, source, target, word)),
    )
    for verb, ends in SIGNATURES.items()
    for source in sorted(ends.sources)
    for target in sorted(ends.targets)
    for word in ("plain", *(word for word in WORDS if verb in TAKEN_BY[word]))
    if verb != Verb.PART_OF or source == target
]


@pytest.mark.parametrize(("verb", "source", "target", "more"), RELATIONS)
def test_what_a_control_stops_is_what_the_spec_says(verb: Verb, source: Kind, target: Kind, more: Attributes) -> None:
    made = list(copies(verb, source, target, more))
    entities = [thing for _, thing in made if isinstance(thing, Entity)]
    relations = [thing for _, thing in made if isinstance(thing, Relation)]
    estate = Estate.build([Loaded(entities=tuple(entities), relations=tuple(relations))])
    for way, kinds in SEED_KINDS.items():
        for end, kind in (("from", source), ("to", target)):
            if kind in kinds:
                names = tuple(thing.id for where, thing in made if where == end and isinstance(thing, Entity))
                asked = Scenario.model_validate({way: names, "assume": Level.LATERAL})
                assert solve(estate, asked).levels == spec(estate, asked), (way, end)
