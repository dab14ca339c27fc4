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


# each field of small certificates, falsified in each way


K = ControlKind
SMALL: dict[str, tuple[Estate, Scenario]] = {
    "two of three at the highest level": (
        estate("depends_on:b>s1+s2+s3 at_least=2", "connects:s>s1", "connects:s>s2"),
        scenario("compromise s"),
    ),
    "of three the far ones at the lowest level": (
        estate("depends_on:b>s1+s2+s3 at_least=2", "runs_on:s1>s", "runs_on:s2>s1", "connects:s>s3"),
        scenario("compromise s"),
    ),
    "two of three, one of them later, and a buffer": (
        estate("depends_on:b>s1+s2+s3 at_least=2 buffer_h=4", "depends_on:s2>s4 buffer_h=3"),
        scenario("outage s1 outage s4", hours=8.0),
    ),
    "one vote, as the others fall silent": (
        estate("consumes:s>f1+f2+f3 vote_min=2", "publishes:s1>f3", "depends_on:s1>s2 buffer_h=3"),
        scenario("wrong f1 outage f2 outage s2", Level.GRANTED, hours=8.0),
    ),
    "one vote of one that is left": (
        estate("consumes:s>f1+f2 vote_min=1"),
        scenario("wrong f1 outage f2", Level.GRANTED),
    ),
    "a wall that falls later than what it guards comes": (
        estate(
            *("depends_on:b>s buffer_h=0.5", "depends_on:s1>s2 buffer_h=2", "depends_on:b2>b buffer_h=9"),
            controls={"b": Control(kind=K.FALLBACK, provided_by="s1")},
        ),
        scenario("outage s outage s2", Level.GRANTED, hours=8.0),
    ),
    "a wall that falls with who provides it, beside one that stands": (
        estate(
            *("connects:s>s1", "connects:s>s2", "owns:p>s9"),
            controls={"s1": Control(kind=K.SEGMENTED, provided_by="s9"), "s2": Control(kind=K.SEGMENTED)},
        ),
        scenario("compromise s compromise p"),
    ),
    "of two walls the one that is distrusted by its name": (
        estate("connects:s>s1", "connects:s>s2", controls=dict.fromkeys(("s1", "s2"), Control(kind=K.SEGMENTED))),
        scenario("compromise s", distrust=("segmented@s1",)),
    ),
    "a check that fails open, as nobody believes that it does not": (
        estate(
            *("grants:k>o", "serves:s>o", "reads:s>d"),
            controls={"s": Control(kind=K.HARDENED, fails="closed", provided_by="s9")},
        ),
        scenario("leak k outage s9", Level.TAKEOVER, distrust=("fail_closed",)),
    ),
    "a fallback in an outage of no time": (
        estate("depends_on:b>s", "depends_on:b2>s", controls={"b": Control(kind=K.FALLBACK, provided_by="s1")}),
        scenario("outage s", Level.GRANTED, hours=0.0),
    ),
    "two keys, a key too few, and a basis that does not do": (
        estate("grants:k1+k2>o", "grants:k1+k3>o2", "writes:o>d basis=inferred", "reads:o>d2"),
        scenario("leak k1 use k2", Level.GRANTED, basis=Basis.DECLARED),
    ),
}
"""What checkers have to count with: an estate with little in it, and what is asked of it."""
MORE_LIES: dict[str, Callable[[ProofStep, ProofStep], ProofStep]] = {
    "a rule of a long name": lambda step, _: step._replace(rule="no such rule"),
    "as if it were included": lambda step, _: step._replace(rule="closure"),
    "as if it were a seed": lambda step, _: step._replace(rule="seed"),
    "it rests on itself": lambda step, _: step._replace(premises=(step.fact,)),
    "the premises of another": lambda step, other: step._replace(premises=other.premises),
    "the relations of another": lambda step, other: step._replace(relations=other.relations),
    "another relation": lambda step, _: step._replace(relations=(*step.relations[:-1], "owns:x>y")),
}
"""Of a step and the one before it."""


@cache
def small(name: str) -> tuple[Estate, Scenario, Certificate, RuleInstances]:
    built, asked = SMALL[name]
    return built, asked, certify(compile_system(built), asked), all_instances(built)


def refusal(name: str, wrong: Certificate) -> str:
    """Why the certificate of a small estate is refused; nothing if it is not."""
    built, asked, _, known = small(name)
    try:
        check_certificate(built, known, asked, wrong)
    except CertificateError as refused:
        return str(refused)
    return ""


INCOMPLETE, STOPS = "follows by", "what stopped is not what is listed"
"""What is said where something is left out."""


@pytest.mark.parametrize("name", SMALL)
def test_a_step_is_refused_for_itself_whatever_is_falsified(name: str) -> None:
    """And not only because something else does not fit it; what is claimed too high may be missed below."""
    right = small(name)[2]
    assert refusal(name, right) == ""
    for place, step in enumerate(right.steps):
        lies = {lie: falsify(step) for lie, falsify in STEP_LIES.items()}
        lies |= {lie: falsify(step, right.steps[place - 1]) for lie, falsify in MORE_LIES.items()}
        for lie, wrong in lies.items():
            if wrong != step:
                why = refusal(name, right._replace(steps=(*right.steps[:place], wrong, *right.steps[place + 1 :])))
                assert why, (lie, step)
                assert STOPS not in why, (lie, step)
                assert INCOMPLETE not in why or lie == "a higher level", (lie, step)


@pytest.mark.parametrize("name", SMALL)
def test_what_is_proved_is_not_proved_again(name: str) -> None:
    """Unless it comes at a higher level, and earlier: not as late, nor earlier at the same level."""
    _, asked, right, _ = small(name)
    for step in right.steps:
        higher = step._replace(level=Level(min(step.level + 1, asked.assume)))
        for again in (step, higher, step._replace(at=step.at - 1)):
            if again.rule != "seed":
                assert "is proved twice" in refusal(name, right._replace(steps=(*right.steps, again)))


@pytest.mark.parametrize(
    ("name", "believed"),
    [
        ("two keys, a key too few, and a basis that does not do", {"basis": Basis.DECLARED}),
        ("a check that fails open, as nobody believes that it does not", {"distrust": ()}),
        ("of two walls the one that is distrusted by its name", {"distrust": ()}),
        ("of two walls the one that is distrusted by its name", {"distrust": ("segmented@s2",)}),
    ],
)
def test_what_is_shut_leads_nowhere(name: str, believed: dict[str, object]) -> None:
    """What is known too badly, and what a control stops in which somebody believes, proves nothing."""
    built, asked = SMALL[name]
    asked, less = (asked.model_copy(update=more) for more in ({"basis": Basis.ASSUMED}, believed))
    check(built, less, certify(compile_system(built), less))
    with pytest.raises(CertificateError, match="does not give"):
        check(built, less, certify(compile_system(built), asked))


@pytest.mark.parametrize("name", SMALL)
def test_what_is_left_out_of_a_certificate_is_named(name: str) -> None:
    right = small(name)[2]
    for place, step in enumerate(right.steps):
        why = refusal(name, right._replace(steps=(*right.steps[:place], *right.steps[place + 1 :])))
        assert str(step.fact) in why
        assert STOPS not in why
    for place, stop in enumerate(right.stopped):
        others = (*right.stopped[:place], *right.stopped[place + 1 :])
        lies = [lie(stop) for lie in STOP_LIES.values() if lie(stop) != stop]
        for stopped in (others, (*right.stopped, stop), (*right.stopped, lies[0]), *((*others, lie) for lie in lies)):
            assert STOPS in refusal(name, right._replace(stopped=stopped))
    for relies_on in {right.relies_on[1:], (*right.relies_on, "pam@moon")} - {right.relies_on}:
        assert "the controls relied on" in refusal(name, right._replace(relies_on=relies_on))


@pytest.mark.parametrize("name", SMALL)
def test_who_overlooks_a_relation_is_told_what_follows(name: str) -> None:
    """What is proved without it is no lie, but of the whole estate not all, nor the least."""
    built, asked, right, _ = small(name)
    for relation in built.relations:
        less = certify(compile_system(built.changed(without=(relation,))), asked)
        if _claims(less) != _claims(right):
            assert INCOMPLETE in refusal(name, less), relation


def _claims(certificate: Certificate) -> set[tuple[Fact, int, float, int]]:
    return {(step.fact, step.level, step.at, step.hops) for step in certificate.steps}


def test_where_enough_will_do_all_may_be_named() -> None:
    built, asked = estate("depends_on:b>s1+s2+s3 at_least=2"), scenario("outage s1 outage s2 outage s3", Level.GRANTED)
    right = certify(compile_system(built), asked)
    place, step = next(each for each in enumerate(right.steps) if each[1].fact == fact("deny(b)"))
    named = [tuple(fact(f"deny({name})") for name in names) for names in (("s1", "s2", "s3"), ("s1", "s3"), ("s1",))]
    for premises in named:
        told = (*right.steps[:place], step._replace(premises=premises), *right.steps[place + 1 :])
        if len(premises) > 1:
            check(built, asked, right._replace(steps=told))
        else:
            with pytest.raises(CertificateError, match="does not give"):
                check(built, asked, right._replace(steps=told))


def test_what_arrives_as_the_outage_ends_comes_too_late() -> None:
    built, asked = SMALL["two of three, one of them later, and a buffer"]
    ends = [asked.model_copy(update={"hours": hours}) for hours in (7.0, 7.5)]
    shorter, longer = (certify(compile_system(built), end) for end in ends)
    check(built, ends[0], shorter)
    check(built, ends[1], longer)
    assert {str(step.fact): step.at for step in longer.steps}["deny(b)"] == 7.0
    with pytest.raises(CertificateError, match=r"\(b\) arrives when the outage is over"):
        check(built, ends[0], longer)


def test_what_assumes_more_than_was_asked_is_refused() -> None:
    built, asked, right, _ = small("two of three at the highest level")
    with pytest.raises(CertificateError, match="assumes more than was asked"):
        check(built, asked.model_copy(update={"assume": Level.TAKEOVER}), right)


def test_a_rule_by_a_forged_name_proves_nothing_about_another_fact() -> None:
    """Five bytes for four: the first would count as one fact further on."""
    built, asked = estate("owns:p>s", entities={"s1": {}}), scenario("compromise p", Level.GRANTED)
    right = certify(compile_system(built), asked)
    place = next(place for place, step in enumerate(right.steps) if step.rule == "R1")
    forged = right.steps[place]._replace(fact=fact("control(s1)"), rule="\x01\0\0R1")
    with pytest.raises(CertificateError, match=r"does not give control\(s1\)"):
        check(built, asked, right._replace(steps=(*right.steps[:place], forged, *right.steps[place:])))


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
