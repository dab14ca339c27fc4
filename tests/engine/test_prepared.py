"""An estate is compiled once for all that is asked of it, and read once by each checker."""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from weakref import ref

import pytest

import blastradius as br
from blastradius.engine import solve, system_of
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
    """How often each estate was compiled and read by a checker for each purpose, by the identity of its facts."""
    found: Counter[tuple[str, int]] = Counter()
    places = {
        "ground": ("prepared",),
        "all_instances": ("prepared", "check.audit", "check.audit.instance_table"),
    }

    def counting(what: str, original: Callable[[Estate], Any]) -> Callable[[Estate], Any]:
        def counted(estate: Estate) -> Any:
            found[what, id(estate.table)] += 1
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
    of_estate = {what: times for (what, number), times in read.items() if number == id(estate.table)}
    assert of_estate.pop("prepared.ground") == 1
    assert of_estate
    assert set(of_estate.values()) == {1}


def test_a_reach_answers_more_questions(read: Counter[tuple[str, int]]) -> None:
    estate = br.load("examples/northwind")
    reach = solve(estate, Scenario(compromise=("acme",)))
    again = solve(estate, Scenario(leak=("acme_token",)), system=reach.prepared)
    assert again.prepared is reach.prepared
    assert read["prepared.ground", id(estate.table)] == 1


def test_an_estate_that_is_asked_again_is_not_compiled_again(read: Counter[tuple[str, int]]) -> None:
    estate = br.load("examples/northwind")
    for start in ("acme", "adwise", "buildly"):
        br.reach(estate, compromise=start)
        br.explain(estate, compromise=start, entity="customer_db")
    br.rank(estate)
    assert read["prepared.ground", id(estate.table)] == 1


def test_what_is_kept_of_an_estate_goes_with_it() -> None:
    estate = br.load("examples/northwind")
    answer = br.reach(estate, compromise="acme")
    both = ref(estate), ref(system_of(estate))
    gc.disable()
    try:
        del estate
        assert both[0]() is None
        assert "Acme" in str(answer), "an answer tells all that it has, the estate or not"
        del answer
        assert both[1]() is None
    finally:
        gc.enable()


def test_each_thread_has_its_own() -> None:
    estate = br.load("examples/northwind")
    with ThreadPoolExecutor(1) as other:
        assert other.submit(system_of, estate).result() is not system_of(estate)
    assert system_of(estate) is system_of(estate)
