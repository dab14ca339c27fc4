"""The checker catches an engine that is wrong: bugs seeded in its rules, its solving and its certificates."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import blastradius.engine.compile as compiling
from blastradius.columns.tables import Columns
from blastradius.engine import Certificate, ProofStep, check, compile_system
from blastradius.engine.numbering import Numbering
from blastradius.engine.single.shortest_proofs import certify
from blastradius.errors import CertificateError
from blastradius.estate import Estate
from blastradius.model import Capability, Control, ControlKind, Fact, Level, Scenario
from blastradius.rules import RULES, Flow, Rule
from tests.counts import few
from tests.engine.random_estates import random_estate, random_scenario
from tests.engine.test_rules_needed import CONTROL_CASES, estate, scenario

WORLDS = 400
proving = sys.modules["blastradius.engine.single.shortest_proofs"]
statuses = sys.modules["blastradius.engine.single.step_status"]


def worlds() -> list[tuple[Estate, Scenario]]:
    """A world for every control, some that are rare, and random ones, the same every time."""
    found = [
        (estate(*relations, controls={host: Control(kind=kind)}, entities=entities), scenario(seed))
        for kind, relations, entities, host, seed, _ in CONTROL_CASES
    ]
    own_rows = {"reads:o>d": Control(kind=ControlKind.OBJECT_AUTHZ)}
    approved = {"permits:c>o": Control(kind=ControlKind.APPROVAL)}
    found += [
        (estate("grants:k>o", "reads:o>d extent=subset", "contains:d>k2", controls=own_rows), scenario("leak k")),
        (estate("grants:k>c", "permits:c>o", controls=approved), scenario("leak k")),
        (estate("grants:k>c", "permits:c+c2>o"), scenario("leak k")),
        (estate("owns:p>k"), scenario("compromise p")),
    ]
    for seed in range(WORLDS):
        rng = random.Random(seed)
        built = random_estate(rng)
        found.append((built, random_scenario(rng, built)))
    return found


def caught() -> bool:
    """Whether the checker refuses the engine in some world, and crashes in none."""
    refused = False
    for built, asked in worlds():
        certificate = certify(compile_system(built), asked)
        try:
            check(built, asked, certificate)
        except CertificateError:
            refused = True
            break
    return refused


def changed(rule: str, change: Callable[[Flow], Flow | None]) -> tuple[Rule, ...]:
    """The rule table with the flows of one rule changed, or taken out."""
    return tuple(
        replace(each, flows=tuple(found for flow in each.flows if (found := change(flow)) is not None))
        if each.id == rule
        else each
        for each in RULES
    )


def without_stop(*kinds: ControlKind) -> Callable[[Flow], Flow]:
    return lambda flow: replace(flow, stops=tuple(stop for stop in flow.stops if stop not in kinds))


def giving(capability: Capability) -> Callable[[Flow], Flow]:
    return lambda flow: replace(flow, gives=(flow.gives[0], capability))


K, C = ControlKind, Capability
TABLE_BUGS: dict[str, tuple[Rule, ...]] = {
    "R1 forgets compartments": changed("R1", without_stop(K.COMPARTMENT)),
    "R1 hands out only control": changed("R1", lambda f: None if f.gives[1] == C.POSSESS else f),
    "R2 copies what cannot be copied": changed("R2", without_stop(K.NON_EXPORTABLE)),
    "R3 takes any key for all": changed("R3", lambda f: replace(f, gate="each")),
    "R3 forgets revocation": changed("R3", without_stop(K.REVOKED, K.ROTATED, K.EXPIRED)),
    "R3 forgets the allow-list": changed("R3", without_stop(K.IP_ALLOWLIST, K.TOKEN_BINDING, K.DEVICE_POLICY)),
    "R3a is lost": changed("R3a", lambda _: None),
    "R3b takes any scope for all": changed("R3b", lambda f: replace(f, gate="each")),
    "R3b forgets approval": changed("R3b", without_stop(K.APPROVAL)),
    "R4 gives all rows for own rows": changed("R4", lambda f: replace(f, when=()) if f.gives[1] == C.READ else f),
    "R4 writes where it reads": changed("R4", lambda f: giving(C.WRITE)(f) if f.gives[1] == C.READ else f),
    "R5 forgets object checks": changed("R5", without_stop(K.OBJECT_AUTHZ)),
    "R6 forgets function checks": changed("R6", without_stop(K.FUNCTION_AUTHZ)),
    "R7 needs all rows": changed("R7", lambda f: replace(f, needs=("from", C.READ))),
    "R7 forgets redaction": changed("R7", without_stop(K.REDACTED, K.PURGED, K.EXPIRED)),
    "R8 makes wrong data chosen": changed("R8", giving(C.WRITE)),
    "R8 forgets validation": changed("R8", without_stop(K.VALIDATED, K.QUARANTINED)),
    "R8 flows no further than the caller": changed("R8", lambda f: None if f.along == "through" else f),
    "R8q lets one feed decide": changed("R8q", lambda f: replace(f, gate="any")),
    "R9a forgets bulkheads": changed("R9a", without_stop(K.BULKHEAD, K.VALIDATED)),
    "R10 gives control to a fault": changed("R10", lambda f: replace(f, needs=("to", C.TAINT))),
    "R10 forgets pinning": changed("R10", without_stop(K.PINNED, K.VERIFIED, K.STAGED, K.NOT_EXPOSED)),
    "R11 stops what only slows": changed("R11", lambda f: giving(C.DENY)(f) if f.gives[1] == C.DEGRADE else f),
    "R11 falls with the first supplier": changed("R11", lambda f: replace(f, gate="any") if f.gate == "lost" else f),
    "R11 forgets fallbacks": changed("R11", without_stop(K.FALLBACK)),
    "R12 forgets hardening": changed("R12", without_stop(K.HARDENED, K.SANDBOXED)),
    "R13 forgets encryption": changed("R13", without_stop(K.ENCRYPTED_ELSEWHERE)),
    "R13w forgets backups": changed("R13w", without_stop(K.IMMUTABLE_BACKUP)),
    "R15 walks through walls": changed("R15", without_stop(K.SEGMENTED, K.HARD_MFA, K.PAM)),
    "R15 walks backwards": changed(
        "R15", lambda f: replace(f, needs=("to", C.CONTROL), gives=("from", C.CONTROL)) if f.along == "connects" else f
    ),
    "R12 a level too low": tuple(replace(r, level=Level.GRANTED) if r.id == "R12" else r for r in RULES),
    "R5 a level too high": tuple(replace(r, level=Level.LATERAL) if r.id == "R5" else r for r in RULES),
    "a step counts for two": changed("R13", lambda f: replace(f, hop=2)),
}


@pytest.mark.parametrize("name", few(TABLE_BUGS, 2))
def test_a_wrong_rule_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "RULES", TABLE_BUGS[name])
    assert caught()


@pytest.mark.slow
def test_a_right_engine_is_not_caught() -> None:
    assert not caught()


def test_trusting_failed_controls_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    grounding = compiling._Grounding

    def wrong(columns: Columns, facts: Numbering) -> object:
        working = replace(columns.controls, failed=columns.controls.failed & False)
        return grounding(replace(columns, controls=working), facts)

    monkeypatch.setattr(compiling, "_Grounding", wrong)
    assert caught()


def test_trusting_no_control_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statuses, "distrusted", lambda system, _distrust: np.arange(len(system.facts.controls)))
    assert caught()


def test_controls_that_never_fall_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "_fallen_controls", lambda _columns, _facts: [])
    assert caught()


def test_forgetting_what_is_included_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "_INCLUDED", {})
    assert caught()


def _dropped(c: Certificate) -> Certificate:
    return replace(c, steps=c.steps[:-1])


def _reversed(c: Certificate) -> Certificate:
    return replace(c, steps=tuple(reversed(c.steps)))


def _last(c: Certificate, **fields: object) -> Certificate:
    return replace(c, steps=(*c.steps[:-1], replace(c.steps[-1], **fields)))  # type: ignore[arg-type]


def _invented(c: Certificate) -> Certificate:
    forged = ProofStep(Fact("moon", C.CONTROL), "R1", Level.GRANTED, 1, (c.steps[0].fact,), ("owns:x>moon",))
    return replace(c, steps=(*c.steps, forged))


CERTIFICATE_BUGS: dict[str, Callable[[Certificate], Certificate]] = {
    "a fact left out": _dropped,
    "conclusions before premises": _reversed,
    "a fact proved twice": lambda c: replace(c, steps=(*c.steps, c.steps[-1])),
    "a fact from nowhere": _invented,
    "a seed that is none": lambda c: _last(c, rule="seed", premises=(), relations=(), hops=0, level=Level.GRANTED),
    "a rule that is none": lambda c: _last(c, rule="R99"),
    "premises left out": lambda c: _last(c, premises=()),
    "a relation that is none": lambda c: _last(c, relations=("owns:x>y",)),
    "a hop too few": lambda c: _last(c, hops=c.steps[-1].hops - 1),
    "a level too high": lambda c: _last(c, level=Level.LATERAL),
    "a stop kept quiet": lambda c: replace(c, stopped=c.stopped[1:]),
    "a stop made up": lambda c: replace(c, stopped=(*c.stopped, replace(c.stopped[0], by=("pam@moon",)))),
    "a stop listed twice": lambda c: replace(c, stopped=(*c.stopped, c.stopped[0])),
    "a stop that rests on nothing": lambda c: replace(c, stopped=(replace(c.stopped[0], premises=()), *c.stopped[1:])),
    "a control not named": lambda c: replace(c, relies_on=()),
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
