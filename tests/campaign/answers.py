"""Answers beyond reach are those of brute force, on small random estates."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from blastradius import plugins
from blastradius.answer import Query, parameters
from blastradius.errors import UsageError
from blastradius.estate import Estate, snapshot
from tests.campaign.asking import grown, stated
from tests.campaign.brute import BRUTE
from tests.campaign.estates import broken, described_estate, reduced_estate, still_broken
from tests.campaign.trial import BrokenError


def attempt(rng: random.Random, _home: Path) -> str:
    """Ask one question with a brute force of an estate, and compare.

    Raises:
        BrokenError: the answers differ; with the smallest estate on which they do.
    """
    query = plugins.query(rng.choice([name for name in plugins.queries() if name in BRUTE]))
    estate = described_estate(rng)
    base, proposal = grown(rng, estate) if query.name == "grant" and rng.random() < 0.6 else (estate, None)
    asked = stated(rng, query, base)
    if proposal is not None:
        asked = {name: value for name, value in asked.items() if name not in ("holder", "grant", "key")}
        asked["proposal"], estate = proposal, base

    def check(smaller: Estate) -> str | None:
        told, expected = both(query, smaller, asked)
        return None if told == expected else "it is not what brute force finds"

    try:
        why = broken(check, estate)
    except UsageError:
        return f"{query.name} refused"
    if why is not None:
        smallest = reduced_estate(estate, still_broken(check, why))
        shown = {"estate": smallest, "question": query.name, "parameters": asked}
        raise BrokenError(f"{query.name}: {why}", {"shown.json": json.dumps(shown, indent=1, default=_text)})
    return query.name


def _text(value: Any) -> Any:
    return snapshot.text(value) if isinstance(value, Estate) else value.model_dump(mode="json", exclude_defaults=True)


def both(query: Query, estate: Estate, asked: dict[str, Any]) -> tuple[Any, Any]:
    """What a question answers, and what it should.

    Raises:
        UsageError: as the question says.
    """
    params = parameters(query, asked)
    expected, told = BRUTE[query.name]
    return told(query.run(estate, params)), expected(estate, params)
