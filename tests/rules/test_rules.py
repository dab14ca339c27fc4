"""Every rule on its golden estate, in every engine, and what is missing there without the rule or a part of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import pytest

import blastradius.engine.compile as compiling
from blastradius.engine import Stopped, World, compile_system, solve
from blastradius.engine.check.spec import spec
from blastradius.engine.single.shortest_proofs import certify
from blastradius.errors import CertificateError
from blastradius.model import STEPPING_STONES, ControlKind, Fact, Level
from blastradius.rules import RULES, Flow, Rule
from tests.engine.batch.test_worlds import ENGINES, Engine, solved
from tests.rules.golden import Expected, estate, expected, rules

BY_ID = {rule.id: rule for rule in RULES}
NOWHERE = {("R3a", "along"), ("R6", "along"), ("R13w", "along")}
"""Rules that run along no relation."""
every_rule = pytest.mark.parametrize("rule", BY_ID)


def test_every_rule_has_a_golden_estate() -> None:
    assert rules() == sorted(BY_ID)


@every_rule
def test_the_spec_finds_what_is_expected(rule: str) -> None:
    for case in expected(rule):
        assert case.unmet(spec(estate(rule), case.scenario)) == [], case.scenario


@every_rule
def test_the_solver_finds_it_and_the_checker_agrees(rule: str) -> None:
    """At every level that may be assumed the solver and the spec find the same, and what stops a fact is named."""
    system = compile_system(estate(rule))
    for case in expected(rule):
        for level in Level:
            asked = case.scenario.model_copy(update={"assume": level})
            assert solve(system.estate, asked, system=system).levels == spec(system.estate, asked)
        reach = solve(system.estate, case.scenario, system=system)
        assert case.unmet(reach.levels) == [], case.scenario
        stops = {(stop.fact, reason) for stop in reach.certificate.stopped for reason in reasons(stop)}
        assert set(case.stopped.items()) - stops == set(), case.scenario


def reasons(stop: Stopped) -> Iterator[str]:
    """All that stands in the way of a step: controls, missing facts, a level, hours that a buffer lasts, a basis."""
    yield from stop.controls
    yield from map(str, stop.missing)
    yield from () if stop.level is None else (stop.level.word,)
    yield from () if stop.after_h is None else (f"after {stop.after_h:g} h",)
    yield from () if stop.basis is None else (str(stop.basis),)


@pytest.mark.slow
@every_rule
@pytest.mark.parametrize("engine", ENGINES)
def test_many_worlds_at_once_hold_it(rule: str, engine: Engine) -> None:
    """All scenarios of the rule at all levels, often enough to fill more than two machine words; audited."""
    scenarios = [case.scenario.model_copy(update={"assume": level}) for case in expected(rule) for level in Level]
    times = 2 + 128 // len(scenarios)
    found = solved(estate(rule), [World(scenario) for scenario in scenarios] * times, engine)
    wanted = [set(spec(estate(rule), scenario)) for scenario in scenarios]
    assert list(dict(sorted(found.items())).values()) == wanted * times


@contextmanager
def table(rules: Sequence[Rule]) -> Iterator[None]:
    """Estates are compiled by another rule table."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiling, "RULES", tuple(rules))
        if "R14" not in {row.id for row in rules}:
            patch.setattr(compiling, "_fallen_controls", lambda _columns, _facts: [])
        yield


def with_flows(rule: str, flows: Iterable[Flow]) -> list[Rule]:
    """The rule table with other flows of one rule."""
    return [row._replace(flows=tuple(flows)) if row.id == rule else row for row in RULES]


def levels(rule: str, case: Expected) -> dict[Fact, Level]:
    """What the solver alone finds in the golden estate of a rule."""
    steps = certify(compile_system(estate(rule)), case.scenario).steps
    return {step.fact: step.level for step in steps if step.fact.capability not in STEPPING_STONES}


def is_noticed(rule: str) -> bool:
    """Whether something that is expected of a rule is not found."""
    return any(case.unmet(levels(rule, case)) for case in expected(rule))


@every_rule
def test_without_the_rule_all_that_it_leads_to_is_missing(rule: str) -> None:
    """And a checker that knows the rule refuses the answer."""
    with table([row for row in RULES if row.id != rule]):
        for case in expected(rule):
            built, found = estate(rule), levels(rule, case)
            assert [str(fact) for fact, level in case.reached.items() if found.get(fact) == level] == []
            if case.reached:
                with pytest.raises(CertificateError):
                    solve(built, case.scenario, system=compile_system(built))


def is_said_twice(rule: str, flow: Flow) -> bool:
    """Who controls an operation may use it, and reads by that (R4) what is read whole; R13 says it of itself."""
    return (rule, flow.along, flow.when) == ("R13", "reads", ("all",))


@pytest.mark.parametrize(
    ("rule", "flow"),
    [
        pytest.param(row.id, flow, id=f"{row.id} {flow}")
        for row in RULES
        for flow in row.flows
        if not is_said_twice(row.id, flow)
    ],
)
def test_every_flow_of_a_rule_is_needed(rule: str, flow: Flow) -> None:
    with table(with_flows(rule, [other for other in BY_ID[rule].flows if other is not flow])):
        assert is_noticed(rule)


@pytest.mark.parametrize(
    ("rule", "control"),
    [
        pytest.param(row.id, control, id=f"{row.id} {control}")
        for row in RULES
        for control in sorted({kind for flow in row.flows for stop in flow.stops for kind in stop.kinds})
    ],
)
def test_every_control_of_a_rule_is_needed(rule: str, control: ControlKind) -> None:
    with table(with_flows(rule, [without(flow, control) for flow in BY_ID[rule].flows])):
        assert is_noticed(rule)


def without(flow: Flow, control: ControlKind) -> Flow:
    """A flow that a kind of control does not stop."""
    kinds = (tuple(kind for kind in stop.kinds if kind != control) for stop in flow.stops)
    return flow._replace(stops=tuple(stop._replace(kinds=left) for stop, left in zip(flow.stops, kinds, strict=True)))


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        pytest.param(row.id, place, id=f"{row.id} {place}")
        for row in RULES
        for place in sorted({place for flow in row.flows for stop in flow.stops for place in stop.at})
        if (row.id, place) not in NOWHERE
    ],
)
def test_every_place_where_controls_stop_a_rule_is_needed(rule: str, place: str) -> None:
    with table(with_flows(rule, [unguarded(flow, place) for flow in BY_ID[rule].flows])):
        assert is_noticed(rule)


def unguarded(flow: Flow, place: str) -> Flow:
    """A flow that no control in one place stops."""
    places = (tuple(other for other in stop.at if other != place) for stop in flow.stops)
    return flow._replace(stops=tuple(stop._replace(at=left) for stop, left in zip(flow.stops, places, strict=True)))
