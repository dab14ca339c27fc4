"""Every rule is needed by an estate that answers otherwise without it, every control by one that it stops.

A row is an estate in short (`verb:from>to attribute…`), a seed, and the fact that the rule alone leads to.
"""

from __future__ import annotations

import pytest

import blastradius.engine.compile as compiling
from blastradius.engine import compile_system, solve
from blastradius.engine.single.shortest_proofs import certify
from blastradius.errors import CertificateError
from blastradius.estate import Estate
from blastradius.model import (
    Control,
    ControlKind,
    Level,
    Verb,
)
from blastradius.rules import RULES
from tests.engine.short import Attributes as Attributes
from tests.engine.short import estate as estate
from tests.engine.short import fact as fact
from tests.engine.short import scenario as scenario

API = {"o1": {"api": "a"}, "o2": {"api": "a"}}
ZONE = {"s1": {"zone": "flat"}, "s2": {"zone": "flat"}}
OPEN = {"o": {"anonymous": True, "direction": "exposed"}}
WITH_WAF = {"serves:s>o": Control(kind=ControlKind.HARDENED, provided_by="s9")}
TYPED_CODE = {"k": Control(kind=ControlKind.MFA, phishable=True)}
PASSWORD = {"k": {"type": "password"}}

RULE_CASES: list[tuple[str, Estate, str, str]] = [
    ("R1", estate("owns:p>s"), "compromise p", "control(s)"),
    ("R2", estate("holds:s>k"), "compromise s", "possess(k)"),
    ("R3", estate("grants:k1+k2>o"), "leak k1 leak k2", "use(o)"),
    ("R3p", estate("grants:k>o", controls=TYPED_CODE, entities=PASSWORD), "leak k", "use(o)"),
    ("R3a", estate(entities={"p": {}, **OPEN}), "compromise p", "use(o)"),
    ("R3b", estate("grants:k>c", "permits:c>o"), "leak k", "use(o)"),
    ("R3c", estate("grants:k>s", "serves:s>o"), "leak k", "use(o)"),
    ("R4", estate("grants:k>o", "reads:o>d"), "leak k", "read(d)"),
    ("R5", estate("grants:k>o", "reads:o>d extent=subset"), "leak k", "read(d)"),
    ("R6", estate("grants:k>o1", entities=API), "leak k", "use(o2)"),
    ("R7", estate("contains:d>k"), "breach d", "possess(k)"),
    ("R8", estate("consumes:s>f", "informs:s>b"), "wrong f", "taint(b)"),
    ("R8q", estate("consumes:s>f1+f2+f3 vote_min=3"), "wrong f1 outage f2", "taint(s)"),
    ("R9a", estate("consumes:s>f brittle=true"), "wrong f", "deny(s)"),
    ("R9b", estate("consumes:s>f brittle=true"), "poison f", "control(s)"),
    ("R9c", estate("consumes:s>f on_bad=halt"), "wrong f", "deny(s)"),
    ("R9d", estate("consumes:s>f on_missing=default"), "outage f", "taint(s)"),
    ("R10", estate("installs:s>f"), "poison f", "control(s)"),
    ("R11", estate("depends_on:b>s1+s2 at_least=1"), "outage s1 outage s2", "deny(b)"),
    ("R12", estate("grants:k>o", "serves:s>o"), "leak k", "control(s)"),
    ("R13", estate("reads:s>d"), "compromise s", "read(d)"),
    ("R13w", estate("grants:k>o", "writes:o>d"), "leak k", "deny(d)"),
    ("R14", estate("grants:k>o", "serves:s>o", controls=WITH_WAF), "leak k outage s9", "control(s)"),
    ("R15", estate(entities=ZONE), "compromise s1", "control(s2)"),
    ("R16", estate("reads:s>d obeys=true"), "poison d", "steer(s)"),
    ("R17", estate("grants:k>o", "issues:o>c"), "leak k", "use(c)"),
    ("R18", estate("runs_on:s>s1"), "compromise s1", "control(s)"),
    ("R19", estate("owns:p>d", "part_of:d1>d"), "compromise p", "control(d1)"),
]


def test_every_rule_has_a_case() -> None:
    assert [case[0] for case in RULE_CASES] == [rule.id for rule in RULES]


@pytest.mark.parametrize(("rule", "built", "seed", "expected"), RULE_CASES, ids=[case[0] for case in RULE_CASES])
def test_a_rule_is_needed(rule: str, built: Estate, seed: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the rule the fact is reached, at the rule's level at the least; without it the checker refuses."""
    asked, wanted = scenario(seed), fact(expected)
    level = next(row.level for row in RULES if row.id == rule)
    assert solve(built, asked).levels[wanted] >= level
    assert wanted not in solve(built, scenario(seed, Level(level - 1))).levels if level > 1 else True
    monkeypatch.setattr(compiling, "RULES", tuple(row for row in RULES if row.id != rule))
    if rule == "R14":
        monkeypatch.setattr(compiling, "_fallen_controls", lambda _columns, _facts: [])
    system = compile_system(built)
    assert wanted not in {step.fact for step in certify(system, asked).steps}
    with pytest.raises(CertificateError):
        solve(built, asked, system=system)


K = ControlKind
CONTROL_CASES: list[tuple[ControlKind, tuple[str, ...], Attributes, str, str, str]] = [
    (K.COMPARTMENT, ("owns:p>s",), {}, "owns:p>s", "compromise p", "control(s)"),
    (K.NON_EXPORTABLE, ("holds:s>k",), {}, "k", "compromise s", "possess(k)"),
    (K.REVOKED, ("grants:k>o",), {}, "k", "leak k", "use(o)"),
    (K.ROTATED, ("grants:k>o",), {}, "k", "leak k", "use(o)"),
    (K.EXPIRED, ("grants:k>o",), {}, "k", "leak k", "use(o)"),
    (K.IP_ALLOWLIST, ("grants:k>o",), {}, "grants:k>o", "leak k", "use(o)"),
    (K.TOKEN_BINDING, ("grants:k>o",), {}, "k", "leak k", "use(o)"),
    (K.DEVICE_POLICY, ("grants:k>o",), {}, "o", "leak k", "use(o)"),
    (K.MFA, ("grants:k>o",), PASSWORD, "grants:k>o", "leak k", "use(o)"),
    (K.APPROVAL, ("grants:k>o", "writes:o>d"), {}, "writes:o>d", "leak k", "write(d)"),
    (K.ENCRYPTED_ELSEWHERE, ("reads:s>d",), {}, "d", "compromise s", "read(d)"),
    (K.OBJECT_AUTHZ, ("grants:k>o", "reads:o>d extent=subset"), {}, "reads:o>d", "leak k", "read(d)"),
    (K.FUNCTION_AUTHZ, ("grants:k>o1",), API, "o2", "leak k", "use(o2)"),
    (K.REDACTED, ("contains:d>k",), {}, "contains:d>k", "breach d", "possess(k)"),
    (K.PURGED, ("contains:d>k",), {}, "d", "breach d", "possess(k)"),
    (K.VALIDATED, ("consumes:s>f",), {}, "s", "wrong f", "taint(s)"),
    (K.QUARANTINED, ("consumes:s>f",), {}, "consumes:s>f", "wrong f", "taint(s)"),
    (K.HUMAN_REVIEW, ("informs:s>b",), {}, "b", "wrong s", "taint(b)"),
    (K.SECOND_SOURCE, ("derives_from:d1>d2", "writes:s>d2"), {}, "d1", "wrong s", "taint(d1)"),
    (K.INSENSITIVE, ("calls:s>o", "reads:o>d", "writes:s1>d"), {}, "calls:s>o", "wrong s1", "taint(s)"),
    (K.OUT_OF_BAND, ("consumes:s>f obeys=true",), {}, "s", "poison f", "steer(s)"),
    (K.BULKHEAD, ("consumes:s>f brittle=true",), {}, "s", "wrong f", "deny(s)"),
    (K.PINNED, ("installs:s>f",), {}, "installs:s>f", "wrong f", "deny(s)"),
    (K.VERIFIED, ("installs:s>f",), {}, "installs:s>f", "poison f", "control(s)"),
    (K.STAGED, ("installs:s>f",), {}, "s", "wrong f", "deny(s)"),
    (K.NOT_EXPOSED, ("installs:s>f",), {}, "installs:s>f", "wrong f", "deny(s)"),
    (K.EGRESS_FILTER, ("installs:s>f",), {}, "s", "poison f", "control(s)"),
    (K.FALLBACK, ("depends_on:b>s",), {}, "depends_on:b>s", "outage s", "deny(b)"),
    (K.HARDENED, ("grants:k>o", "serves:s>o"), {}, "s", "leak k", "control(s)"),
    (K.SANDBOXED, ("grants:k>o", "serves:s>o"), {}, "serves:s>o", "leak k", "control(s)"),
    (K.TWO_PARTY_SIGNING, ("publishes:s>f",), {}, "publishes:s>f", "compromise s", "write(f)"),
    (K.IMMUTABLE_BACKUP, ("grants:k>o", "writes:o>d"), {}, "d", "leak k", "deny(d)"),
    (K.SEGMENTED, ("connects:s1>s2",), {}, "connects:s1>s2", "compromise s1", "control(s2)"),
    (K.HARD_MFA, (), ZONE, "s2", "compromise s1", "control(s2)"),
    (K.PAM, ("connects:s1>s2",), {}, "s2", "compromise s1", "control(s2)"),
]


def test_every_control_has_a_case() -> None:
    assert {case[0] for case in CONTROL_CASES} | {K.FAIL_CLOSED} == set(ControlKind)


@pytest.mark.parametrize(
    ("kind", "relations", "entities", "host", "seed", "expected"),
    CONTROL_CASES,
    ids=[case[0] for case in CONTROL_CASES],
)
def test_a_control_stops(
    kind: ControlKind,
    relations: tuple[str, ...],
    entities: Attributes,
    host: str,
    seed: str,
    expected: str,
) -> None:
    """Without the control the fact is reached; with it, not, and the answer relies on it; distrust opens it."""
    wanted = fact(expected)
    assert wanted in solve(estate(*relations, entities=entities), scenario(seed)).levels
    guarded = estate(*relations, controls={host: Control(kind=kind)}, entities=entities)
    reach = solve(guarded, scenario(seed))
    assert wanted not in reach.levels
    assert reach.certificate.relies_on == (f"{kind}@{host}",)
    assert wanted in solve(guarded, scenario(seed, distrust=(str(kind),))).levels
    assert wanted in solve(guarded, scenario(seed, distrust=(f"{kind}@{host}",))).levels
    for status in ("failed", "absent"):
        gone = estate(*relations, controls={host: Control(kind=kind, status=status)}, entities=entities)
        assert wanted in solve(gone, scenario(seed)).levels


def test_fail_closed_stops_a_knocked_out_control() -> None:
    closed = {"serves:s>o": Control(kind=K.HARDENED, provided_by="s9", fails="closed")}
    built = estate("grants:k>o", "serves:s>o", controls=closed)
    assert fact("control(s)") not in solve(built, scenario("leak k outage s9")).levels
    assert fact("control(s)") in solve(built, scenario("leak k compromise s9")).levels
    assert fact("control(s)") in solve(built, scenario("leak k outage s9", distrust=("fail_closed",))).levels


def test_mfa_does_not_stop_a_token_and_an_allowlist_does_not_stop_the_holder() -> None:
    token = estate("grants:k>o", controls={"k": Control(kind=K.MFA)}, entities={"k": {"type": "oauth_token"}})
    assert fact("use(o)") in solve(token, scenario("leak k")).levels
    listed = estate("holds:s>k", "grants:k>o", controls={"k": Control(kind=K.IP_ALLOWLIST)})
    assert fact("use(o)") in solve(listed, scenario("compromise s")).levels


def test_what_stops_the_copy_of_one_key_of_several_is_relied_on() -> None:
    built = estate("grants:k1+k2>o", controls={"k1": Control(kind=K.TOKEN_BINDING)})
    reach = solve(built, scenario("leak k1 leak k2"))
    assert reach.certificate.relies_on == ("token_binding@k1",)
    assert fact("use(o)") in solve(built, scenario("leak k1 leak k2", distrust=reach.certificate.relies_on)).levels


def test_verbs_are_all_in_some_case() -> None:
    """Every relation appears in a case, but for one that carries nothing and two that do what others do."""
    used = {relation.verb for _, built, _, _ in RULE_CASES for relation in built.relations.values()}
    used |= {Verb(text.partition(":")[0]) for case in CONTROL_CASES for text in case[1]}
    assert set(Verb) - used == {Verb.RELIES_ON, Verb.CONTROLS, Verb.DISABLES}
