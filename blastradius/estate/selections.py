"""What rules for all are about: each thing that fits what is said, those that were added last included."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from blastradius.model import SEEDS, Entity, Expectation, ExpectedFact, Kept, Kind, Party, Scenario, Selection
from blastradius.rules import APPLIES

OfKind = Callable[[Kind], Iterable[Entity]]
"""The entities of a kind."""
_MEANT = {
    "compromise": frozenset({Kind.PARTY}),
    "outage": frozenset({Kind.PARTY}),
    "poison": frozenset({Kind.FEED}),
    "wrong": frozenset({Kind.FEED}),
}
"""The kinds that are meant where nothing is said; in other ways all that can start in that way."""


def selected(selection: Selection, of_kind: OfKind) -> tuple[str, ...]:
    """The ids of what a selection is about, in the order of the estate."""
    kinds = SEEDS[selection.way][1]
    if selection.role is not None:
        kinds &= {Kind.PARTY}
    elif selection.tag is None and selection.zone is None:
        kinds = _MEANT.get(selection.way, kinds)
    return tuple(entity.id for kind in Kind if kind in kinds for entity in of_kind(kind) if _fits(selection, entity))


def _fits(selection: Selection, entity: Entity) -> bool:
    role = entity.role if isinstance(entity, Party) else None
    return (
        entity.id not in selection.excluded
        and (role == selection.role if selection.role is not None else role != "self")
        and (selection.tag is None or selection.tag in entity.tags)
        and (selection.zone is None or selection.zone == entity.zone)
    )


def scenarios(expectation: Expectation, of_kind: OfKind) -> list[tuple[str | None, Scenario]]:
    """The scenarios of an expectation, each with what the rule is asked of; ``None`` where it is no rule for all."""
    selection, scenario = expectation.for_each, expectation.scenario
    if selection is None:
        return [(None, scenario)]
    way = selection.way
    return [
        (name, scenario.model_copy(update={way: tuple(dict.fromkeys((*getattr(scenario, way), name)))}))
        for name in selected(selection, of_kind)
    ]


def kept_out(expectation: Expectation, of_kind: OfKind) -> tuple[ExpectedFact, ...]:
    """All that is not to be reached, by name or because it fits what is kept, once each."""
    found = (fact for kept in expectation.kept for fact in _kept_facts(kept, of_kind))
    return tuple(dict.fromkeys((*expectation.not_reached, *found)))


def _kept_facts(kept: Kept, of_kind: OfKind) -> Iterator[ExpectedFact]:
    for kind in Kind:
        capabilities = [capability for capability in kept.capability if capability in APPLIES[kind]]
        if capabilities and kept.kind in (None, kind):
            for entity in of_kind(kind):
                if _is_kept(kept, entity):
                    for capability in capabilities:
                        yield ExpectedFact(entity=entity.id, capability=capability)


def _is_kept(kept: Kept, entity: Entity) -> bool:
    return (
        (getattr(entity, "crown_jewel", False) or not kept.crown_jewel)
        and (kept.tag is None or kept.tag in entity.tags)
        and (kept.zone is None or kept.zone == entity.zone)
    )


def told(selection: Selection) -> str:
    """What a selection asks for, in words that follow "nothing"."""
    said = [
        f"with the {word} {value!r}"
        for word, value in (("role", selection.role), ("tag", selection.tag), ("zone", selection.zone))
        if value is not None
    ]
    return " and ".join(said) or f"to start from with {selection.way}"
