"""Rules for all beyond reach: what must be stated of what a rule is about, and which exceptions are accepted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from blastradius.estate import Estate
from blastradius.model import SEEDS, Accepted, Credential, Entity, Expectation, Frozen, Party, Scenario, Statement
from blastradius.reports.governance import CONTRACT_END, LAST_REVIEW

STATED: dict[Statement, str] = {
    "owner": "its owner",
    "review": "its last review",
    "contract": "the end of its contract",
    "exit plan": "its exit plan",
    "expiry": "the day on which it expires",
}


class AcceptedRow(Frozen):
    """An exception to a rule: why, who answers for it, and the last day on which it is one; ``lapsed`` after that."""

    why: str
    owner: str
    until: str
    lapsed: bool


def asked_to_state(estate: Estate, expectation: Expectation, scenario: Scenario) -> Iterator[tuple[Entity, Statement]]:
    """What starts the scenario, that in a zone in its place, with each statement that can be asked for of it."""
    names = dict.fromkeys(
        name for way in SEEDS for seed in getattr(scenario, way) for name in _named(estate, way, seed)
    )
    for entity in map(estate.entities.__getitem__, names):
        for statement in expectation.stated:
            if _applies(entity, statement):
                yield entity, statement


def _named(estate: Estate, way: str, seed: str) -> Iterable[str]:
    if seed in estate.entities:
        return (seed,)
    return [name for name in estate.in_zone(seed) if estate.kind_of(name) in SEEDS[way][1]]


def _applies(entity: Entity, statement: Statement) -> bool:
    """Whether it can be stated of a thing of this kind at all."""
    if statement == "owner":
        return True
    return isinstance(entity, Credential if statement == "expiry" else Party)


def is_stated(entity: Entity, statement: Statement) -> str | None:
    """What is stated, in the words of the source; ``None`` where nothing is."""
    if statement == "owner":
        return entity.owner or None
    if isinstance(entity, Credential):
        return entity.expires
    return _of_party(entity, statement) if isinstance(entity, Party) else None


def _of_party(party: Party, statement: Statement) -> str | None:
    words = party.governance
    if statement == "review":
        return words.get(LAST_REVIEW) or None
    if statement == "contract":
        return words.get(CONTRACT_END) or party.contract_end
    return next((text for key, text in words.items() if "exit" in key.casefold() and text), None)


def excused(estate: Estate, expectation: Expectation, start: str | None, entity: str) -> Accepted | None:
    """The exception that a breach falls under, one that is still accepted before one that has lapsed."""
    found = [
        accepted
        for accepted in expectation.accepted
        if accepted.start in (None, start) and accepted.entity in (None, entity)
    ]
    return max(found, key=lambda accepted: (accepted.until >= estate.day, accepted.until), default=None)


def is_excused(estate: Estate, expectation: Expectation, start: str | None, entity: str) -> bool:
    """Whether a breach falls under an exception that is accepted on the day of the estate."""
    found = excused(estate, expectation, start, entity)
    return found is not None and found.until >= estate.day


def accepted_row(estate: Estate, accepted: Accepted | None) -> AcceptedRow | None:
    """An exception as a row."""
    if accepted is None:
        return None
    lapsed = accepted.until < estate.day
    return AcceptedRow(why=accepted.why, owner=accepted.owner, until=accepted.until, lapsed=lapsed)
