"""An estate that was asked before answers as if it never had been, whatever is kept with it."""

from __future__ import annotations

import random
from copy import copy
from pathlib import Path
from typing import Any

import pytest

import blastradius as br
from blastradius import plugins
from blastradius.answer import Answer
from blastradius.engine import prepared
from blastradius.errors import UsageError
from blastradius.estate import Estate
from tests.campaign.asking import ask, stated
from tests.campaign.estates import described_estate
from tests.counts import few

ESTATES, QUESTIONS = 3, 8
SLOW = ("exercise", "levers")
"""Questions that take as long as all the others together."""

OPEN = """blastradius: 1
title: A stranger reads what is open, unless where from is asked
parties: {acme: {owns: [key]}, adwise: {owns: [key]}}
credentials: {key: {grants: [track]}}
operations: {track: {anonymous: true, direction: exposed, controls: [ip_allowlist], reads: [parcels]}}
stores: {parcels: }
"""


def told(name: str, estate: Estate, given: dict[str, Any]) -> str:
    """All that somebody gets to see who asks, or why there is no answer."""
    try:
        answer: Answer = ask(plugins.query(name), estate, given)
    except UsageError as error:
        return str(error)
    data = answer.data.model_dump_json()
    return repr((answer.headline, answer.lines, answer.tables, answer.notes, answer.picture, answer.findings, data))


@pytest.mark.parametrize("few_relations", [prepared._FEW_RELATIONS, -1], ids=["small", "large"])
def test_what_is_assumed_counts_whatever_was_assumed_before(
    few_relations: int, monkeypatch: pytest.MonkeyPatch, northwind: Path, tmp_path: Path
) -> None:
    monkeypatch.setattr(prepared, "_FEW_RELATIONS", few_relations)
    (tmp_path / "open.yaml").write_text(OPEN)
    for path in (northwind, tmp_path / "open.yaml"):
        asked_in_all_ways(br.load(path))


def asked_in_all_ways(estate: Estate) -> None:
    rng = random.Random(0)
    kinds = sorted({placed.control.kind for placed in estate.controls.values()})
    for _ in range(30):
        given = {
            "compromise": (rng.choice(("acme", "adwise")),),
            "assume": rng.choice(("granted", "abused", "lateral")),
            "basis": rng.choice(("observed", "declared", "assumed", "assumed")),
            "distrust": rng.choice(((), (), *((kind,) for kind in kinds))),
        }
        assert told("reach", estate, given) == told("reach", copy(estate), given), given


@pytest.mark.parametrize("few_relations", [prepared._FEW_RELATIONS, -1], ids=["small", "large"])
@pytest.mark.parametrize("first", few(range(0, 10 * ESTATES, ESTATES), 1))
def test_answers_do_not_depend_on_what_was_asked_before(
    first: int, few_relations: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared, "_FEW_RELATIONS", few_relations)
    names = [name for name in plugins.QUERIES.names() if name not in SLOW]
    for seed in range(first, first + ESTATES):
        rng = random.Random(seed)
        estate = described_estate(rng)
        for name in rng.choices([*names, *["reach"] * 8], k=QUESTIONS):
            given = stated(rng, plugins.query(name), estate)
            again = told(name, estate, given)
            assert again == told(name, copy(estate), given), (seed, name, given)
