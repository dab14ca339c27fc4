"""What can be taken away where something is wrong and nobody has broken in: feeds paused, services held back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from blastradius.engine import Reach
from blastradius.model import Capability, Kind, Level, Scenario, Verb
from blastradius.reports.losses import Loss, losses, losses_in
from blastradius.reports.remedies import Remedy, removals
from blastradius.reports.symptoms import is_ours
from blastradius.reports.words import label

FAILURE_VERBS = (Verb.READS, Verb.INFORMS)
"""What is taken away from one day to the next besides, where something is wrong: a look-up, a basis of a decision."""
_GIVEN_OUT = (Verb.WRITES, Verb.PUBLISHES, Verb.INFORMS, Verb.SERVES)
_TAKEN_FROM = (Verb.READS, Verb.DERIVES_FROM)
_DOWN = ("R11", "R18", "R19")
"""The rules by which what is down takes down others: what is down is not helped by taking it away."""
_HELD = "hold:"


def failing_levers(reach: Reach) -> list[Remedy]:
    """What helps against what is wrong, taken away: what spreads it, and all that a service of ours gives out."""
    spreading = {name for step in reach.certificate.steps if step.rule not in _DOWN for name in step.relations}
    found: dict[tuple[str, ...], Remedy] = {}
    for lever in (*_held_back(reach), *removals(reach)):
        if not spreading.isdisjoint(lever.without):
            found.setdefault(lever.without, lever)
    return list(found.values())


def _held_back(reach: Reach) -> Iterator[Remedy]:
    """Our services that are wrong, each taken out, so that nothing wrong leaves it."""
    estate = reach.estate
    wrong = {fact.entity for fact in reach.levels if fact.capability == Capability.TAINT}
    given = {it: list[str]() for it in sorted(wrong) if estate.kind_of(it) == Kind.SERVICE and is_ours(estate, it)}
    for verbs, end in ((_GIVEN_OUT, "sources"), (_TAKEN_FROM, "targets")):
        for relation in (relation for verb in verbs for relation in estate.by_verb[verb]):
            for name in given.keys() & set(getattr(relation, end)):
                given[name].append(relation.id)
    for name, without in given.items():
        if without:
            says = f"take {label(estate, name)} out, so that nothing wrong leaves it"
            yield Remedy(f"{_HELD}{name}", "pause", says, tuple(without))


def costs_of(reach: Reach, levers: Sequence[Remedy]) -> list[Loss | None]:
    """What the business loses with each thing taken away; a service that is held back is as good as down."""
    found = losses(reach.estate, [lever.without for lever in levers], reach.scenario.basis)
    held = [place for place, lever in enumerate(levers) if lever.id.startswith(_HELD)]
    asked = [_down(reach, levers[place].id.removeprefix(_HELD)) for place in held]
    for place, loss in zip(held, losses_in(reach.prepared, asked) if asked else (), strict=True):
        found[place] = loss
    return found


def _down(reach: Reach, service: str) -> Scenario:
    return Scenario(outage=(service,), assume=Level.GRANTED, basis=reach.scenario.basis)
