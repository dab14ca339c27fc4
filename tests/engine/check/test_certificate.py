"""A certificate is refused whatever in it is changed: a step, when it arrives, what stopped and why."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache

import pytest

from blastradius.engine import Certificate, ProofStep, check, compile_system
from blastradius.engine.check.certificate import check as check_certificate
from blastradius.engine.check.rule_instances import RuleInstances, all_instances
from blastradius.engine.proof import Stopped
from blastradius.engine.single.shortest_proofs import certify
from blastradius.errors import CertificateError
from blastradius.estate import Estate
from blastradius.model import Basis, Capability, Control, ControlKind, Fact, Level, Scenario
from tests.counts import few
from tests.engine.random_estates import random_estate, random_scenario
from tests.engine.test_rules_needed import estate, fact, scenario

MOON = Fact("moon", Capability.CONTROL)

STEP_LIES: dict[str, Callable[[ProofStep], ProofStep]] = {
    "another rule": lambda step: step._replace(rule="R99"),
    "a hop more": lambda step: step._replace(hops=step.hops + 1),
    "a hop less": lambda step: step._replace(hops=step.hops - 1),
    "a higher level": lambda step: step._replace(level=Level(min(4, step.level + 1))),
    "a lower level": lambda step: step._replace(level=Level(max(1, step.level - 1))),
    "later": lambda step: step._replace(at=step.at + 1),
    "earlier": lambda step: step._replace(at=step.at - 1),
    "a premise less": lambda step: step._replace(premises=step.premises[1:]),
    "a premise twice": lambda step: step._replace(premises=(*step.premises, *step.premises[:1])),
    "a premise from nowhere": lambda step: step._replace(premises=(*step.premises, MOON)),
    "a relation more": lambda step: step._replace(relations=(*step.relations, "owns:x>y")),
    "another fact": lambda step: step._replace(fact=MOON),
}

STOP_LIES: dict[str, Callable[[Stopped], Stopped]] = {
    "another level": lambda stop: stop._replace(level=Level.GRANTED if stop.level is None else None),
    "a control more": lambda stop: stop._replace(controls=(*stop.controls, "pam@moon")),
    "a control less": lambda stop: stop._replace(controls=stop.controls[1:]),
    "another buffer": lambda stop: stop._replace(after_h=7.0 if stop.after_h is None else None),
    "another basis": lambda stop: stop._replace(basis=Basis.OBSERVED if stop.basis is None else None),
    "more is missing": lambda stop: stop._replace(missing=(*stop.missing, MOON)),
    "less is missing": lambda stop: stop._replace(missing=stop.missing[1:]),
    "a premise less": lambda stop: stop._replace(premises=stop.premises[1:]),
}


def check_random(seed: int, certificate: Certificate) -> None:
    """Check what is said of a random estate, of which the instances of the rules are read once."""
    built, asked, _ = random_certificate(seed)
    check_certificate(built, instances(seed), asked, certificate)


@cache
def instances(seed: int) -> RuleInstances:
    return all_instances(random_certificate(seed)[0])


@cache
def random_certificate(seed: int) -> tuple[Estate, Scenario, Certificate]:
    rng = random.Random(seed)
    built = random_estate(rng)
    asked = random_scenario(rng, built)
    return built, asked, certify(compile_system(built), asked)


@pytest.mark.parametrize("name", few(STEP_LIES, 3))
def test_a_step_that_is_changed_is_refused(name: str) -> None:
    refused = 0
    for seed in range(60):
        *_, right = random_certificate(seed)
        for place in random.Random(seed).sample(range(len(right.steps)), min(2, len(right.steps))):
            wrong = STEP_LIES[name](right.steps[place])
            if wrong != right.steps[place]:
                with pytest.raises(CertificateError):
                    check_random(seed, right._replace(steps=(*right.steps[:place], wrong, *right.steps[place + 1 :])))
                refused += 1
    assert refused > 5


@pytest.mark.parametrize("name", few(STOP_LIES, 3))
def test_a_stop_that_is_changed_is_refused(name: str) -> None:
    refused = 0
    for seed in range(60):
        *_, right = random_certificate(seed)
        for place in random.Random(seed).sample(range(len(right.stopped)), min(2, len(right.stopped))):
            wrong = STOP_LIES[name](right.stopped[place])
            if wrong != right.stopped[place]:
                stopped = (*right.stopped[:place], wrong, *right.stopped[place + 1 :])
                with pytest.raises(CertificateError, match="what stopped is not what is listed"):
                    check_random(seed, right._replace(stopped=stopped))
                refused += 1
    assert refused > 5


SHORTER = (
    ("depends_on:b>s1+s2 at_least=1", ("depends_on:b>s3", "depends_on:s3>s1"), "compromise s1 compromise s2"),
    ("depends_on:b>s1+s2", ("depends_on:b>s3", "depends_on:s3>s1"), "compromise s1 compromise s2"),
    ("consumes:s>f1+f2+f3 vote_min=2", ("publishes:s1>f4", "consumes:s>f4"), "wrong f1 wrong f2 wrong s1"),
    ("grants:k1+k2>o", ("grants:k1>s", "serves:s>o"), "use k1 use k2"),
)
"""A relation that leads somewhere at once, others that do in two steps, and from where."""


@pytest.mark.parametrize(("shorter", "longer", "seed"), SHORTER, ids=[shorter for shorter, _, _ in SHORTER])
def test_a_proof_that_is_not_the_shortest_is_refused(shorter: str, longer: tuple[str, ...], seed: str) -> None:
    built, asked = estate(shorter, *longer), scenario(seed, Level.GRANTED)
    check(built, asked, certify(compile_system(built), asked))
    without = estate(*longer, entities={name: {} for name in built.entities})
    with pytest.raises(CertificateError, match="hops and is claimed at level 1 in"):
        check(built, asked, certify(compile_system(without), asked))


def test_a_step_that_is_left_out_is_missed() -> None:
    refused = 0
    for seed in range(60):
        *_, right = random_certificate(seed)
        for place in range(len(right.steps))[-2:]:
            with pytest.raises(CertificateError):
                check_random(seed, right._replace(steps=(*right.steps[:place], *right.steps[place + 1 :])))
            refused += 1
    assert refused > 10


def test_a_vote_whose_check_has_fallen_counts_at_the_level_at_which_it_fell() -> None:
    """However many steps that took: what is left out at that level is missed."""
    checked = {"s": Control(kind=ControlKind.VALIDATED, provided_by="s9")}
    chain = ("owns:p>s7", "serves:s7>o", "controls:o>s9")
    built = estate("consumes:s>f1+f2+f3 vote_min=2", *chain, controls=checked)
    asked = scenario("wrong f1 wrong f2 wrong f3 compromise p", Level.GRANTED)
    right = certify(compile_system(built), asked)
    check(built, asked, right)
    assert fact("taint(s)") in {step.fact for step in right.steps}
    left = tuple(step for step in right.steps if step.fact != fact("taint(s)"))
    with pytest.raises(CertificateError, match=r"taint\(s\)"):
        check(built, asked, right._replace(steps=left))


def slow_then_quick() -> tuple[Estate, Scenario, Certificate]:
    """What is lost after four hours at ``granted``, and at once where somebody breaks in."""
    built = estate("depends_on:b>s buffer_h=4", "serves:s>o", "owns:p>s2", "depends_on:s>s2 buffer_h=2", "grants:k>o")
    asked = scenario("outage s2 leak k", Level.TAKEOVER, hours=8.0)
    return built, asked, certify(compile_system(built), asked)


def test_a_fact_is_proved_again_where_it_comes_earlier() -> None:
    built, asked, right = slow_then_quick()
    check(built, asked, right)
    found = [(step.level, step.at) for step in right.steps if step.fact == fact("deny(b)")]
    assert found == [(Level.GRANTED, 6.0), (Level.TAKEOVER, 4.0)]


@pytest.mark.parametrize("kept", [0, 1])
def test_both_proofs_of_it_are_needed(kept: int) -> None:
    built, asked, right = slow_then_quick()
    both = [step for step in right.steps if step.fact == fact("deny(b)")]
    left = tuple(step for step in right.steps if step != both[1 - kept])
    with pytest.raises(CertificateError):
        check(built, asked, right._replace(steps=left))


def test_the_outage_is_over_before() -> None:
    built, _, _ = slow_then_quick()
    asked = scenario("outage s2", Level.TAKEOVER, hours=6.0)
    right = certify(compile_system(built), asked)
    check(built, asked, right)
    assert [stop.after_h for stop in right.stopped if stop.fact == fact("deny(b)")] == [4.0]


def test_what_stops_at_once_stops_however_soon_the_outage_is_over() -> None:
    built = estate("depends_on:b>s", "depends_on:b2>s buffer_h=1")
    asked = scenario("outage s", Level.GRANTED, hours=0.0)
    right = certify(compile_system(built), asked)
    check(built, asked, right)
    assert {step.fact.entity for step in right.steps} == {"s", "b"}
    left = tuple(step for step in right.steps if step.fact != fact("deny(b)"))
    with pytest.raises(CertificateError, match=r"deny\(b\) follows by R11 and is not claimed"):
        check(built, asked, right._replace(steps=left))


def test_all_reasons_at_once() -> None:
    """A key that is missing, a level that is not assumed, a control and a basis: each is listed, none is relied on."""
    walls = {"connects:s>s2": Control(kind=ControlKind.SEGMENTED)}
    built = estate("connects:s>s2 basis=inferred", controls=walls)
    asked = scenario("compromise s", Level.GRANTED, basis=Basis.DECLARED)
    right = certify(compile_system(built), asked)
    check(built, asked, right)
    (stop,) = (stop for stop in right.stopped if stop.rule == "R15")
    assert (stop.level, stop.controls, stop.basis) == (Level.LATERAL, ("segmented@connects:s>s2",), Basis.INFERRED)
    assert right.relies_on == ()
    alone = certify(compile_system(built), asked.model_copy(update={"assume": Level.LATERAL, "basis": Basis.ASSUMED}))
    assert alone.relies_on == ("segmented@connects:s>s2",)


def test_a_seed_is_a_seed() -> None:
    """What the scenario starts from is not proved by anything else."""
    built, asked = estate("owns:p>k"), scenario("compromise p leak k")
    right = certify(compile_system(built), asked)
    check(built, asked, right)
    owned = ProofStep(fact("possess(k)"), "R1", Level.GRANTED, 1, (fact("control(p)"),), ("owns:p>k",))
    others = tuple(step for step in right.steps if step.fact != owned.fact)
    with pytest.raises(CertificateError, match=r"the seed possess\(k\) is missing"):
        check(built, asked, right._replace(steps=(*others, owned)))
