"""What each third party holds, can call and reaches beyond anyone."""

from __future__ import annotations

from typing import Any

from blastradius.answer import Answer
from blastradius.engine import plain, what_if
from blastradius.engine.check.spec import spec
from blastradius.estate import Estate
from blastradius.model import (
    Kind,
)
from tests.campaign.brute.shared import ties


def inventory(estate: Estate, params: Any) -> Any:
    """What each third party holds, can call and reaches beyond anyone, level by level."""
    estate = what_if(estate, params.asked)
    anyone = plain(params.asked).model_copy(update={"anyone": True})
    strange = spec(estate, anyone)
    rows = []
    for party in estate.of_kind(Kind.PARTY):
        if getattr(party, "role", None) == "self":
            continue
        own, keys, opened = ties(estate, party.id)
        brought = {name for name in own | keys | opened if estate.entities[name].kind is not Kind.OPERATION}
        brought = {name for name in brought if name in own | keys or estate.entities[name].kind is Kind.SCOPE}
        found = spec(estate, plain(params.asked).model_copy(update={"compromise": (party.id,)}))
        levels = []
        for level in range(1, params.level + 1):
            more = {fact for fact, since in found.items() if since <= level < strange.get(fact, level + 1)}
            names = {fact.entity for fact in more if not getattr(estate.entities[fact.entity], "public", False)}
            jewels = sorted(filter(estate.crown_jewel, names))
            things = {name for name in names - {party.id} if estate.crown_jewel(name) or name not in brought}
            parts = {it.entity for it in more if it.capability == "read_subset"}
            stores = sorted(name for name in parts if estate.entities[name].kind is Kind.STORE)
            levels.append((jewels, len(things), stores))
        calls = sorted(name for name in opened - own if estate.entities[name].kind is Kind.OPERATION)
        rows.append((party.id, sorted(keys), calls, levels))
    return sorted(rows)


def told_inventory(answer: Answer) -> Any:
    def calls(row: Any) -> list[str]:
        return sorted(name for api in row["calls"] for name in api["operations"])

    def reach(row: Any) -> Any:
        return [(sorted(it["crown_jewels"] or ()), it["things"], sorted(it["stores"])) for it in row["reach"]]

    rows = answer.data.model_dump()["parties"]
    return sorted((it["party"], sorted(key["key"] for key in it["keys"]), calls(it), reach(it)) for it in rows)
