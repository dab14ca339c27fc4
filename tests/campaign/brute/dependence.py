"""Each third party taken out in turn."""

from __future__ import annotations

from typing import Any

from blastradius.answer import Answer
from blastradius.engine import what_if
from blastradius.estate import Estate
from blastradius.model import (
    Kind,
    Verb,
)
from tests.campaign.brute.shared import felt_without


def dependence(estate: Estate, params: Any) -> Any:
    """Each third party taken out in turn: what stops and slows, alone, with who relies on it, without any fallback."""
    estate = what_if(estate, params.asked)
    parties = [it.id for it in estate.of_kind(Kind.PARTY) if getattr(it, "role", None) != "self"]
    rows, needs, sets = [], [], set()
    for party in parties:
        relying = [it for it in parties if it != party and party in _behind_it(estate, it)]
        alone, rolled = felt_without(estate, params, [party]), felt_without(estate, params, [party, *relying])
        bare = felt_without(estate, params, [party], fallbacks=False)
        dealt_with = sorted(it for it in relying if getattr(estate.entities[it], "role", None) != "upstream")
        rows.append((party, dealt_with, sorted(alone[0]), sorted(alone[1] - alone[0]), sorted(rolled[0])))
        for it in bare[1]:
            worse = "stops" if it in bare[0] - alone[0] else "slows" if it in bare[1] - alone[1] else None
            needs.append((it, party, it in alone[0], it in alone[1], worse))
        sets |= {(frozenset(alone[0]), party, "by")}
        sets |= {(frozenset(rolled[0]), party, "through")} if rolled != alone else set()
    for service in estate.of_kind(Kind.SERVICE):
        sets.add((frozenset(felt_without(estate, params, [service.id])[0]), service.id, "by"))
    return sorted(rows), sorted(needs, key=str), {row for row in sets if len(row[0]) > 1}


def _behind_it(estate: Estate, party: str) -> set[str]:
    found: set[str] = {party}
    for _ in estate.of_kind(Kind.PARTY):
        relied = [it for it in estate.relations.values() if it.verb is Verb.RELIES_ON and it.sources[0] in found]
        found |= {it.targets[0] for it in relied}
    return found


def told_dependence(answer: Answer) -> Any:
    data = answer.data.model_dump()
    rows = [
        (
            it["party"],
            sorted(it["stands_behind"]),
            sorted(it["stops"]),
            sorted(it["slows"]),
            sorted(it["stops_together"]),
        )
        for it in data["providers"]
    ]
    needs = [
        (
            it["process"],
            it["provider"],
            it["stops_at_h"] is not None,
            it["slows_at_h"] is not None,
            it["without_fallback"],
        )
        for it in data["needs"]
    ]
    together = [(it, how) for it in data["shared"] for how in ("by", "through")]
    sets = {(frozenset(it["processes"]), name, how) for it, how in together for name in it[how]}
    return sorted(rows), sorted(needs, key=str), sets
