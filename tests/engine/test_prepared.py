"""An estate is compiled once for all that is asked of it, and read once by each checker."""

from __future__ import annotations

import gc
import pickle
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from weakref import ref

import numpy as np
import pytest

import blastradius as br
from blastradius.engine import PreparedEstate, World, compile_system, prepared, solve, solve_worlds, system_of
from blastradius.engine.check.rule_instances import all_instances, instances_at
from blastradius.errors import NotHereError
from blastradius.estate import Estate
from blastradius.estate.part import Part, Whole
from blastradius.model import ControlKind, Level, Scenario
from tests.engine.short import estate as estate_of
from tests.engine.short import fact, scenario

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


LEAK, OTHER = scenario("leak k", Level.GRANTED), scenario("leak k2", Level.GRANTED)
RELATIONS = ("grants:k>o", "reads:o>d", "grants:k2>o2")
MOST = 64
"""The most worlds that are few."""


def asked_first(monkeypatch: pytest.MonkeyPatch, few: int = len(RELATIONS) - 1) -> PreparedEstate:
    """Three relations, of which nothing was asked; a small estate has ``few`` or less."""
    monkeypatch.setattr(prepared, "_FEW_RELATIONS", few)
    return compile_system(estate_of(*RELATIONS))


@pytest.mark.parametrize(
    ("worlds", "is_little"),
    [
        ([World(LEAK)] * MOST, True),
        ([World(LEAK)] * (MOST + 1), False),
        ([World(LEAK), World(LEAK, without=("reads:o>d",))], False),
        ([World(LEAK), World(LEAK, controls=((ControlKind.REVOKED, "k"),))], False),
    ],
    ids=["few", "many", "taken away", "put in place"],
)
def test_few_unchanged_worlds_of_a_large_estate_are_little(
    worlds: list[World], is_little: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked_first(monkeypatch).is_asked_little(worlds) == is_little
    assert not asked_first(monkeypatch, len(RELATIONS)).is_asked_little(worlds)


def test_who_will_ask_many_worlds_or_has_asked_them_is_not_asking_little(monkeypatch: pytest.MonkeyPatch) -> None:
    system = asked_first(monkeypatch)
    system.expect(MOST)
    assert system.is_asked_little([World(LEAK)])
    system.expect(MOST + 1)
    assert not system.is_asked_little([World(LEAK)])


@pytest.mark.parametrize(("most", "is_large"), [(len(RELATIONS), False), (len(RELATIONS) - 1, True)])
def test_an_estate_that_is_asked_again_is_laid_out_whole_unless_it_is_too_large(
    most: int, is_large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared, "_FEW_RELATIONS", -1)
    monkeypatch.setattr(prepared, "_MOST_RELATIONS", most)
    estate = estate_of(*RELATIONS)
    certificate = solve(estate, LEAK, system=compile_system(estate)).certificate
    part = list(instances_at(estate, {"k", "o", "d"}))
    for is_part in (True, is_large):
        system = system_of(estate)
        assert system.is_asked_little([World(LEAK)]) == is_part
        assert list(system.instances_for(certificate)) == (part if is_part else list(all_instances(estate)))
    assert len(part) < len(list(all_instances(estate)))


def test_a_part_of_an_estate_is_not_laid_out_whole_however_often_it_is_asked() -> None:
    built = estate_of(*RELATIONS)
    part = Part(built, Whole.of(built), frozenset({*built.entities, "internet"}))
    assert not any(system_of(part).is_asked_again for _ in range(2))


def test_what_the_checker_reads_of_a_large_estate_is_kept_for_questions_about_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    system = asked_first(monkeypatch)
    certificate, other = (solve(system.estate, asked, system=system).certificate for asked in (LEAK, OTHER))
    first = system.instances_for(certificate)
    less = certificate._replace(steps=certificate.steps[1:2])  # of k
    assert system.instances_for(less) is system.instances_for(certificate)
    assert list(first) == list(instances_at(system.estate, {"k", "o", "d"}))
    assert list(system.instances_for(other)) == list(instances_at(system.estate, {"k2", "o2"}))
    assert list(system.instances_for(less)) == list(instances_at(system.estate, {"k"}))


def test_a_small_estate_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    system = asked_first(monkeypatch, len(RELATIONS))
    assert system.instances_for(solve(system.estate, LEAK, system=system).certificate) is system.rule_instances


@pytest.mark.parametrize("few", [len(RELATIONS), len(RELATIONS) - 1])
def test_the_checker_of_few_worlds_of_a_large_estate_is_one_of_their_own(
    few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = asked_first(monkeypatch, few)
    (solved,) = solve_worlds(system, [World(LEAK)])
    first = system.auditor_for(solved.claims)
    first.check(solved.claims, [World(LEAK)])
    assert (first is system.auditor) == (few == len(RELATIONS))
    assert system.auditor_for(solved.claims) is system.auditor, "that of all worlds is there now"


@pytest.mark.parametrize("kept", ["networks", "statuses", "strangers"])
def test_the_last_sixteen_of_what_is_laid_out_are_kept(kept: str) -> None:
    there: dict[Any, Any] = getattr(compile_system(estate_of(*RELATIONS)), kept)
    for number in range(20):
        there[number] = number  # noqa: PERF403 - one after the other
    assert list(there) == list(range(4, 20))


def test_what_is_laid_out_is_not_sent_elsewhere() -> None:
    system = compile_system(estate_of(*RELATIONS))
    list(solve_worlds(system, [World(LEAK)]))
    sent = pickle.loads(pickle.dumps(system))
    assert system.networks
    assert not sent.networks
    assert len(sent.steps) == len(system.steps)


def test_of_a_part_is_asked_only_about_what_all_that_leads_there_is_in_it() -> None:
    built = estate_of(*RELATIONS)
    whole = compile_system(built)
    there, elsewhere = (np.array([whole.facts.number(fact(text))]) for text in ("use(o2)", "use(o)"))
    assert whole.asked_about(there, OTHER) is whole
    system = compile_system(Part(built, Whole.of(built), frozenset({"k2", "o2"})))
    assert type(system.asked_about(there, OTHER).estate) is Estate
    with pytest.raises(NotHereError):
        system.asked_about(elsewhere, OTHER)
