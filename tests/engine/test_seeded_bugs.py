"""The checkers catch an engine that is wrong, and an engine that is right catches a wrong checker.

Bugs are seeded in the rules of the solver, in what it reads, in its solving, in its certificates, and in what each
checker takes for the rules.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache

import numpy as np
import pytest

import blastradius.engine.compile as compiling
from blastradius.engine import (
    Certificate,
    PreparedEstate,
    ProofStep,
    World,
    check,
    check_worlds,
    compile_system,
    solve_worlds,
)
from blastradius.engine.check.certificate import check as check_certificate
from blastradius.engine.check.rule_instances import RuleInstance, all_instances
from blastradius.engine.check.rule_instances.instance import UNGUARDED
from blastradius.engine.check.spec import spec
from blastradius.engine.single.shortest_proofs import certify
from blastradius.errors import CertificateError
from blastradius.estate import Estate
from blastradius.model import STEPPING_STONES, Basis, Capability, Fact, Level, Scenario
from blastradius.rules import RULES
from tests.counts import few
from tests.engine import bugs
from tests.engine.bugs import COLUMN_BUGS, TABLE_BUGS

proving = sys.modules["blastradius.engine.single.shortest_proofs"]
waves = sys.modules["blastradius.engine.single.waves"]
statuses = sys.modules["blastradius.engine.single.step_status"]
audit = sys.modules["blastradius.engine.check.audit"]
rooms = sys.modules["blastradius.engine.check.spec.rules"]
C = Capability


@cache
def worlds() -> list[tuple[Estate, Scenario]]:
    """The worlds in which bugs are looked for."""
    return bugs.worlds()


def caught(rule: str | None = None, compiled: Callable[[Estate], PreparedEstate] = compile_system) -> bool:
    """Whether the checker refuses the engine in some world, and crashes in none; that of a rule is tried first."""
    for built, asked in (*bugs.golden_worlds(rule), *worlds()):
        certificate = certify(compiled(built), asked)
        try:
            check(built, asked, certificate)
        except CertificateError:
            return True
    return False


@pytest.mark.parametrize("name", few(TABLE_BUGS, 2))
def test_a_wrong_rule_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert TABLE_BUGS[name] != RULES
    monkeypatch.setattr(compiling, "RULES", TABLE_BUGS[name])
    assert caught(name.partition(" ")[0])


@pytest.mark.parametrize("name", few(COLUMN_BUGS, 2))
def test_a_word_that_is_not_read_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Estate.columns.func  # type: ignore[attr-defined]

    def misread(built: Estate) -> PreparedEstate:
        """As the solver compiles it; the checker reads the columns as they are."""
        with monkeypatch.context() as solving:
            solving.setattr(Estate, "columns", property(lambda estate: COLUMN_BUGS[name](read(estate))))
            return compile_system(built)

    assert caught(compiled=misread)


def test_every_rule_has_two_bugs() -> None:
    named = [name.partition(" ")[0] for name in TABLE_BUGS]
    few_ = {rule.id for rule in RULES if named.count(rule.id) < 2}
    assert few_ == {"R13w", "R14"}, "R14 has no flows: its bugs are in what the solver reads, and below"


@pytest.mark.slow
def test_a_right_engine_is_not_caught() -> None:
    assert not caught()


def test_trusting_no_control_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statuses, "distrusted", lambda system, _distrust: np.arange(len(system.facts.controls)))
    assert caught()


def test_controls_that_never_fall_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "_fallen_controls", lambda _columns, _facts: [])
    assert caught("R14")


@pytest.mark.parametrize("name", ["_NEVER_CLOSED", "_SWAYED"])
def test_controls_that_fall_as_any_do_are_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fallbacks never fail closed; a second source, and a second way to see, are wrong with who provides them."""
    monkeypatch.setattr(compiling, name, [])
    assert caught("R14")


def test_false_fallbacks_and_own_signatures_that_count_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    blockers = sys.modules["blastradius.engine.blockers"]
    monkeypatch.setattr(blockers, "_is_void", lambda *_: False)
    assert caught("R10")


def test_forgetting_what_is_included_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = [{place: list[int]() for place in found} for found in waves.INCLUDED]
    for module in (proving, waves):
        monkeypatch.setattr(module, "INCLUDED", nothing)
    assert caught()


def test_an_outage_that_never_ends_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "is_timed", lambda _scenario: False)
    assert caught("R11")


@cache
def right() -> list[tuple[Estate, Scenario, Certificate, tuple[RuleInstance, ...]]]:
    """What a right engine says of the worlds, and what a right checker reads of them."""
    return [
        (built, asked, certify(compile_system(built), asked), tuple(all_instances(built))) for built, asked in worlds()
    ]


Misreading = Callable[[RuleInstance], RuleInstance | None]
MISREADINGS: dict[str, Misreading] = {
    "is not known": lambda _: None,
    "is stopped by nothing": lambda instance: instance._replace(guards=UNGUARDED),
    "is at another level": lambda instance: instance._replace(level=1 if instance.level > 1 else 2),
    "is known for certain": lambda instance: instance._replace(basis=Basis.OBSERVED),
    "needs its first premise": lambda instance: instance._replace(premises=instance.premises[:1], least=None),
    "waits for nothing": lambda instance: instance._replace(buffer_h=0.0),
    "fails open": lambda instance: instance._replace(fail_closed=False),
}
"""What a checker may take a rule for."""
UNCHANGED = {
    "is stopped by nothing": {"R14"},
    "is known for certain": {"R14", "R13w"},
    "needs its first premise": {rule.id for rule in RULES} - {"R3", "R3p", "R3b", "R8q", "R11", "R13", "R16", "R19"},
    "waits for nothing": {rule.id for rule in RULES} - {"R11"},
    "fails open": {rule.id for rule in RULES} - {"R14"},
}
"""Rules that a misreading leaves as they are."""


def misread(rule: str, how: Misreading, instances: tuple[RuleInstance, ...]) -> Iterator[RuleInstance]:
    """Instances as a checker reads them that takes one rule for another."""
    for instance in instances:
        read = how(instance) if instance.rule == rule else instance
        if read is not None:
            yield read


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rule", "how"),
    [
        pytest.param(rule.id, how, id=f"{rule.id} {how}")
        for how in MISREADINGS
        for rule in RULES
        if rule.id not in UNCHANGED.get(how, ())
    ],
)
def test_a_checker_that_misreads_a_rule_refuses_what_is_right(rule: str, how: str) -> None:
    for built, asked, certificate, instances in right():
        wrong = tuple(misread(rule, MISREADINGS[how], instances))
        if wrong != instances:
            try:
                check_certificate(built, wrong, asked, certificate)
            except CertificateError:
                return
    raise AssertionError("it was never noticed")


@pytest.mark.slow
@pytest.mark.parametrize("rule", [rule.id for rule in RULES])
def test_an_audit_that_does_not_know_a_rule_refuses_what_is_right(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def reading(built: Estate) -> Iterator[RuleInstance]:
        return misread(rule, MISREADINGS["is not known"], tuple(all_instances(built)))

    monkeypatch.setattr(audit, "all_instances", reading)
    with pytest.raises(CertificateError):
        _audit((*bugs.golden_worlds(rule), *worlds()))


def _audit(asked: Iterable[tuple[Estate, Scenario]]) -> None:
    for built, scenario in asked:
        for block in solve_worlds(compile_system(built), [World(scenario)]):
            check_worlds(built, block)


@pytest.mark.slow
@pytest.mark.parametrize("method", [name for name in vars(rooms._Rules) if name.startswith("r") and name[1].isdigit()])
def test_a_spec_that_does_not_know_a_rule_differs(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms._Rules, method, lambda _: ())
    assert any(levels(certificate) != spec(built, asked) for built, asked, certificate, _ in right())


def levels(certificate: Certificate) -> dict[Fact, Level]:
    """The lowest level of each fact about an entity."""
    found: dict[Fact, Level] = {}
    for step in certificate.steps:
        if step.fact.capability not in STEPPING_STONES:
            found[step.fact] = min(step.level, found.get(step.fact, step.level))
    return found


def _dropped(c: Certificate) -> Certificate:
    return c._replace(steps=c.steps[:-1])


def _reversed(c: Certificate) -> Certificate:
    return c._replace(steps=tuple(reversed(c.steps)))


def _last(c: Certificate, **fields: object) -> Certificate:
    return c._replace(steps=(*c.steps[:-1], c.steps[-1]._replace(**fields)))  # type: ignore[arg-type]


def _first_stop(c: Certificate, because: str, value: object) -> Certificate:
    """The first step that only a control stops has one reason more or less."""
    place = next(place for place, stop in enumerate(c.stopped) if stop.by_controls_alone)
    stops = list(c.stopped)
    stops[place] = stops[place]._replace(**{because: value})  # type: ignore[arg-type]
    return c._replace(stopped=tuple(stops))


def _invented(c: Certificate) -> Certificate:
    forged = ProofStep(Fact("moon", C.CONTROL), "R1", Level.GRANTED, 1, (c.steps[0].fact,), ("owns:x>moon",))
    return c._replace(steps=(*c.steps, forged))


CERTIFICATE_BUGS: dict[str, Callable[[Certificate], Certificate]] = {
    "a fact left out": _dropped,
    "conclusions before premises": _reversed,
    "a fact proved twice": lambda c: c._replace(steps=(*c.steps, c.steps[-1])),
    "a fact from nowhere": _invented,
    "a seed that is none": lambda c: _last(c, rule="seed", premises=(), relations=(), hops=0, level=Level.GRANTED),
    "a rule that is none": lambda c: _last(c, rule="R99"),
    "premises left out": lambda c: _last(c, premises=()),
    "a relation that is none": lambda c: _last(c, relations=("owns:x>y",)),
    "a hop too few": lambda c: _last(c, hops=c.steps[-1].hops - 1),
    "a level too high": lambda c: _last(c, level=Level.LATERAL),
    "a stop kept quiet": lambda c: c._replace(stopped=c.stopped[1:]),
    "a stop made up": lambda c: c._replace(stopped=(*c.stopped, c.stopped[0]._replace(controls=("pam@moon",)))),
    "a stop listed twice": lambda c: c._replace(stopped=(*c.stopped, c.stopped[0])),
    "a stop that rests on nothing": lambda c: c._replace(stopped=(c.stopped[0]._replace(premises=()), *c.stopped[1:])),
    "a control not named": lambda c: c._replace(relies_on=()),
    "an hour too late": lambda c: _last(c, at=c.steps[-1].at + 1),
    "a reason kept quiet": lambda c: _first_stop(c, "controls", ()),
    "a reason made up": lambda c: _first_stop(c, "level", Level.LATERAL),
    "a buffer made up": lambda c: _first_stop(c, "after_h", 1.0),
}


@cache
def witness() -> tuple[Estate, Scenario, Certificate]:
    """A world whose last step is an ordinary one, below the highest level, with something stopped by a control."""
    for built, asked in worlds():
        certificate = certify(compile_system(built), asked)
        last = certificate.steps[-1] if certificate.steps else None
        if last and last.rule not in ("seed", "closure") and certificate.relies_on and last.level < Level.LATERAL:
            return built, asked, certificate
    raise AssertionError("no world fits")


@pytest.mark.parametrize("name", CERTIFICATE_BUGS)
def test_a_wrong_certificate_is_refused(name: str) -> None:
    built, asked, certificate = witness()
    check(built, asked, certificate)
    with pytest.raises(CertificateError):
        check(built, asked, CERTIFICATE_BUGS[name](certificate))
