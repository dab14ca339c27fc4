"""Expectations that can never hold, or never fail."""

from __future__ import annotations

from collections.abc import Iterator

from blastradius.estate.lint.inventory import Inventory
from blastradius.estate.selections import kept_out, selected, told
from blastradius.model import SEEDS, Expectation, Note, NoteKind
from blastradius.rules import APPLIES, included


def expected(inventory: Inventory) -> Iterator[Note]:
    """What no answer can prove wrong, or right."""
    for expectation in inventory.expectations:
        for message in _of_one(inventory, expectation):
            place = expectation.provenance[:1]
            yield Note(kind=NoteKind.INCOMPLETE, message=f"{expectation.name!r}: {message}", provenance=place)


def _of_one(inventory: Inventory, expectation: Expectation) -> Iterator[str]:
    if expectation.for_each is not None and not selected(expectation.for_each, inventory.all_of):
        yield f"there is nothing {told(expectation.for_each)}, so the rule is about nobody; correct it, or take it out"
    if expectation.kept and not kept_out(expectation, inventory.all_of):
        yield "nothing fits what is to be kept out of reach, so the rule says nothing; correct it, or take it out"
    given = _given(inventory, expectation)
    for facts, never, always in (
        (expectation.reached, "can never hold", "can never fail"),
        (expectation.not_reached, "can never fail", "can never hold"),
    ):
        for fact in facts:
            kind = inventory.entities[fact.entity].kind
            if fact.capability not in APPLIES[kind]:
                yield (
                    f"{fact.capability} of {fact.entity!r} {never}, it is said of no {kind}; "
                    f"choose of {', '.join(sorted(APPLIES[kind]))}"
                )
            elif (fact.entity, fact.capability) in given:
                yield f"{fact.capability} of {fact.entity!r} {always}, it starts there; ask for what follows from it"


def _given(inventory: Inventory, expectation: Expectation) -> set[tuple[str, str]]:
    """What holds from the start."""
    found = set[tuple[str, str]]()
    for way, (gained, _) in SEEDS.items():
        for name in getattr(expectation.scenario, way):
            if name in inventory.entities:
                found |= {(name, capability) for capability in included(gained, inventory.entities[name].kind)}
    return found
