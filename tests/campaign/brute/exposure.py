"""Every start that gets to one entity."""

from __future__ import annotations

from typing import Any

from blastradius.answer import Answer
from blastradius.engine import what_if
from blastradius.engine.check.spec import spec
from blastradius.estate import Estate
from tests.campaign.brute.shared import includes, started, starts


def exposure(estate: Estate, params: Any) -> Any:
    """Every start that gets there, with each capability that none includes at its level or below."""
    estate, rows = what_if(estate, params.asked), set()
    for start, way in starts(estate, params):
        levels = spec(estate, started(start, way, params))
        here = {capability: level for (name, capability), level in levels.items() if name == params.entity}
        rows |= {
            (start.id, way, str(capability), level.word)
            for capability, level in here.items()
            if not any(here.get(whole, level + 1) <= level for whole in includes(capability))
        }
    return sorted(rows), len(starts(estate, params))


def told_exposure(answer: Answer) -> Any:
    data = answer.data.model_dump()
    rows = {(r["start"], r["way"], str(r["capability"]), r["level"]) for r in data["exposed_to"]}
    return sorted(rows), data["starts"]
