"""Every start with its numbers, largest first, and every party taken out."""

from __future__ import annotations

from typing import Any

from blastradius.answer import Answer
from blastradius.engine import plain, what_if
from blastradius.engine.check.spec import spec
from blastradius.estate import Estate
from blastradius.model import (
    Kind,
    Operation,
)
from tests.campaign.brute.shared import felt_without, measure, started, starts


def rank(estate: Estate, params: Any) -> Any:
    """Every start with its numbers, largest first; or each party taken out, with what stops and what only slows."""
    estate, rows = what_if(estate, params.asked), []
    if params.outage:
        out = [it.id for it in estate.of_kind(Kind.PARTY) if params.insiders or getattr(it, "role", None) != "self"]
        felt = {name: felt_without(estate, params, [name]) for name in out}
        return sorted((name, sorted(stops), sorted(more - stops)) for name, (stops, more) in felt.items())
    for start, way in starts(estate, params):
        scenario = started(start, way, params)
        rows.append((start.id, way, *measure(estate, scenario, spec(estate, scenario))))
    if any(isinstance(it, Operation) and it.anonymous and it.direction == "exposed" for it in estate.entities.values()):
        stranger = plain(params.asked).model_copy(update={"anyone": True})
        rows.append(("anyone on the internet", "anyone", *measure(estate, stranger, spec(estate, stranger))))
    rows.sort(key=lambda row: (-len(row[2]), -row[3], -row[6], -row[4], -row[5], row[0]))
    jewels = any(map(estate.crown_jewel, estate.entities))
    return [
        (
            *(start, way, found if jewels else None, None if uncounted and not records else records),
            *(processes if estate.of_kind(Kind.PROCESS) else None, entities),
        )
        for start, way, found, records, processes, entities, uncounted in rows
    ]


def told_rank(answer: Answer) -> Any:
    rows, outages = answer.data.model_dump()["rows"], answer.data.model_dump()["outages"]
    if outages is not None:
        return sorted((it["party"], sorted(it["stops"] or ()), sorted(it["slows"] or ())) for it in outages)
    return [(r["start"], r["way"], r["crown_jewels"], r["records"], r["processes"], r["entities"]) for r in rows]
