"""What each expectation finds."""

from __future__ import annotations

from typing import Any

from blastradius.answer import Answer
from blastradius.engine import SEED_KINDS
from blastradius.engine.check.spec import spec
from blastradius.estate import Estate
from blastradius.model import (
    SEEDS,
    Expectation,
    ExpectedFact,
    Fact,
    Kind,
    Scenario,
)
from blastradius.rules import APPLIES


def asked_of(estate: Estate, expectation: Expectation) -> list[tuple[str | None, Scenario]]:
    """The scenarios of an expectation: of a rule for all one for each that it is about, by what is said of it."""
    rule, scenario = expectation.for_each, expectation.scenario
    if rule is None:
        return [(None, scenario)]
    usual = {"compromise": Kind.PARTY, "outage": Kind.PARTY, "poison": Kind.FEED, "wrong": Kind.FEED}
    found: list[tuple[str | None, Scenario]] = []
    for kind in Kind:
        for entity in estate.of_kind(kind):
            role = getattr(entity, "role", None)
            about = kind in SEED_KINDS[rule.way] and entity.id not in rule.excluded
            about &= role == rule.role if rule.role else role != "self"
            about &= rule.tag is None or rule.tag in entity.tags
            about &= rule.zone is None or rule.zone == entity.zone
            if not (rule.role or rule.tag or rule.zone):
                about &= kind is usual.get(rule.way, kind)
            if about:
                starts = [*getattr(scenario, rule.way), entity.id]
                found.append((entity.id, scenario.model_copy(update={rule.way: tuple(dict.fromkeys(starts))})))
    return found


def verify(estate: Estate, params: Any) -> Any:
    """What each expectation found, of a rule for all for each that it is about."""
    rows = []
    for expectation in estate.expectations:
        for start, scenario in asked_of(estate, expectation):
            levels = spec(estate, scenario)
            for which in ("reached", "not_reached", "possible"):
                facts = getattr(expectation, which) if which != "not_reached" else kept_out(estate, expectation)
                for fact in facts:
                    level = levels.get(Fact(fact.entity, fact.capability))
                    holds, word = (level is None) == (which == "not_reached"), level.word if level else None
                    name, capability = fact.entity, str(fact.capability)
                    excuse = None if holds else excused(estate, expectation, start, name)
                    rows.append((expectation.name, start, which, name, capability, word, holds, excuse))
            rows += unstated(estate, expectation, start, scenario)
    return sorted(rows, key=str)


def kept_out(estate: Estate, expectation: Any) -> list[ExpectedFact]:
    """What is not to be reached: what is named, and all that fits what is kept."""
    found = list(expectation.not_reached)
    for kept in expectation.kept:
        for kind in Kind:
            for entity in estate.entities.values():
                fits = entity.kind is kind and (not kept.crown_jewel or estate.crown_jewel(entity.id))
                if fits and kept.zone in (None, entity.zone):
                    said = [word for word in kept.capability if word in APPLIES[kind]]
                    found += [ExpectedFact(entity=entity.id, capability=word) for word in said]
    return list(dict.fromkeys(found))


def excused(estate: Estate, expectation: Any, start: str | None, name: str) -> bool | None:
    """Whether the exception that is there has lapsed; ``None`` where there is none."""
    ends = [a.until for a in expectation.accepted if a.start in (None, start) and a.entity in (None, name)]
    return max(ends) < estate.day if ends else None


def unstated(estate: Estate, expectation: Any, start: str | None, scenario: Scenario) -> list[Any]:
    rows = []
    for name, entity in estate.entities.items():
        zone = entity.zone if entity.kind in (Kind.SERVICE, Kind.STORE) and entity.zone not in estate.entities else None
        if not any(
            name in getattr(scenario, way) or (zone in getattr(scenario, way) and entity.kind in kinds)
            for way, (_, kinds) in SEEDS.items()
        ):
            continue
        for word, field in (("owner", "owner"), ("contract", "contract_end"), ("expiry", "expires")):
            if word in expectation.stated and hasattr(entity, field):
                found = getattr(entity, field)
                excuse = None if found else excused(estate, expectation, start, name)
                rows.append((expectation.name, start, "stated", name, None, found, found is not None, excuse))
    return rows


def told_verify(answer: Answer) -> Any:
    words = ("expectation", "start", "expected", "entity", "capability", "found", "holds")
    rows = answer.data.model_dump(mode="json")["checks"]
    return sorted(((*map(row.get, words), row["accepted"] and row["accepted"]["lapsed"]) for row in rows), key=str)
