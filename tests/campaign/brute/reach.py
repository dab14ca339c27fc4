"""Every fact and its lowest level."""

from __future__ import annotations

from typing import Any

from blastradius.answer import Answer
from blastradius.engine.check.spec import spec
from blastradius.estate import Estate


def reach(estate: Estate, params: Any) -> Any:
    """Every fact and its lowest level."""
    levels = spec(estate, params.scenario(estate))
    return sorted((name, str(capability), level.word) for (name, capability), level in levels.items())


def told_reach(answer: Answer) -> Any:
    return sorted((r["entity"], str(r["capability"]), r["level"]) for r in answer.data.model_dump()["facts"])
