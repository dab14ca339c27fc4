"""An estate is compiled once for a question, and read once by each checker."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

import blastradius as br
from blastradius.engine import solve
from blastradius.estate import Estate
from blastradius.model import Scenario

ASKED: dict[str, dict[str, Any]] = {
    "reach": {"compromise": "acme"},
    "explain": {"compromise": "acme", "entity": "customer_db", "assume": "granted"},
    "levers": {"compromise": "acme"},
    "grant": {"holder": "acme", "grant": ["orders:customers.read", "orders:orders.read"]},
    "verify": {},
    "exposure": {"entity": "customer_db"},
    "rank": {},
}


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, int]]:
    """How often each estate was compiled and read by a checker for each purpose, by the identity of the estate."""
    found: Counter[tuple[str, int]] = Counter()
    places = {
        "ground": ("prepared",),
        "all_instances": ("prepared", "check.audit", "check.audit.instance_table"),
    }

    def counting(what: str, original: Callable[[Estate], Any]) -> Callable[[Estate], Any]:
        def counted(estate: Estate) -> Any:
            found[what, id(estate)] += 1
            return original(estate)

        return counted

    for name, modules in places.items():
        for module in modules:
            there = sys.modules[f"blastradius.engine.{module}"]
            monkeypatch.setattr(there, name, counting(f"{module}.{name}", getattr(there, name)))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("question", ASKED)
def test_a_question_compiles_the_estate_once(question: str, read: Counter[tuple[str, int]]) -> None:
    estate = br.load("examples/northwind")
    getattr(br, question)(estate, **ASKED[question])
    of_estate = {what: times for (what, number), times in read.items() if number == id(estate)}
    assert of_estate.pop("prepared.ground") == 1
    assert of_estate
    assert set(of_estate.values()) == {1}


def test_a_reach_answers_more_questions(read: Counter[tuple[str, int]]) -> None:
    estate = br.load("examples/northwind")
    reach = solve(estate, Scenario(compromise=("acme",)))
    again = solve(estate, Scenario(leak=("acme_token",)), system=reach.prepared)
    assert again.prepared is reach.prepared
    assert read["prepared.ground", id(estate)] == 1
