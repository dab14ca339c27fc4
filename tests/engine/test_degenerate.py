"""Estates at the edge: what leads to itself, what is empty, what is 0; spec, both engines and every question."""

from __future__ import annotations

import random
from typing import NamedTuple

import pytest

from blastradius import plugins
from blastradius.answer import Answer, Query
from blastradius.engine import Certificate, World, compile_system, solve
from blastradius.engine.check.spec import arrivals_at, spec
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import STEPPING_STONES, Control, ControlKind, Fact, Level, Scenario
from tests.campaign.asking import ask, stated
from tests.engine.batch.test_worlds import ENGINES, solved
from tests.engine.short import estate, facts, scenario

K = ControlKind


class Case(NamedTuple):
    """An estate, a seed, facts that are reached and that are not; ``hours`` is how long what is denied stays so."""

    name: str
    built: Estate
    seed: str
    reached: str = ""
    not_reached: str = ""
    hours: float | None = None
    level: Level = Level.LATERAL


def by(kind: ControlKind, provider: str, **more: object) -> Control:
    return Control.model_validate({"kind": kind, "provided_by": provider, **more})


COMPLETE = {"parts": "complete"}
PARTS = ("part_of:d1>d", "part_of:d2>d", "part_of:d3>d")
OBEYS_ITSELF = estate("consumes:s>f", "reads:s>s obeys=true")
IN_A_CIRCLE = estate("runs_on:s1>s2", "runs_on:s2>s3", "runs_on:s3>s1", "runs_on:s4>s4", "owns:p>s4")
WHOLE_OF_EACH_OTHER = estate("part_of:d1>d2", "part_of:d2>d1", entities={"d1": COMPLETE, "d2": COMPLETE})
PART_OF_ITSELF = estate("part_of:d>d", "owns:p>d2", "part_of:s>s", entities={"d": COMPLETE, "s": COMPLETE})
LATE = {"b": Control(kind=K.FALLBACK, starts_after_h=48)}
OPEN = {"o": {"anonymous": True, "direction": "exposed"}}
CASES = (
    Case("a service that obeys itself", OBEYS_ITSELF, "poison f", "taint(s) steer(s)", "control(s)"),
    Case("… and an error", OBEYS_ITSELF, "wrong f", "taint(s)", "steer(s)"),
    Case("… and nobody tells it anything", OBEYS_ITSELF, "use s", "use(s)", "taint(s) steer(s)"),
    Case("… and an error in an answer", estate("calls:s>o obeys=true", "serves:s1>o"), "wrong s1", "taint(s)",
         "steer(s)"),
    Case("a service that obeys its own answers", estate("serves:s>o", "calls:s>o obeys=true"), "use o",
         "use(o)", "steer(s) taint(s)", level=Level.ABUSED),
    Case("hosts in a circle", IN_A_CIRCLE, "compromise s1", "control(s2) control(s3)", "control(s4)"),
    Case("hosts in a circle that stop", IN_A_CIRCLE, "outage s2", "deny(s1) deny(s3)", "control(s1) deny(s4)"),
    Case("hosts in a circle, and somebody elsewhere", IN_A_CIRCLE, "compromise p", "control(s4)", "control(s1)"),
    Case("wholes of each other", WHOLE_OF_EACH_OTHER, "breach d1", "read(d1) read(d2)", "write(d2)"),
    Case("wholes of each other, and none is read", WHOLE_OF_EACH_OTHER, "wrong d1", "taint(d2)", "read(d1) read(d2)"),
    Case("a part of itself, all there are, and somebody elsewhere", PART_OF_ITSELF, "compromise p", "control(d2)",
         "read(d) deny(d) control(d) control(s) deny(s)"),
    Case("a part of itself", PART_OF_ITSELF, "breach d outage s", "read(d) deny(s)", "write(d) control(s)"),
    Case("a fallback that starts after the outage", estate("depends_on:b>s", controls=LATE), "outage s", "deny(b)",
         hours=24),
    Case("… behind a buffer that lasts longer than that", estate("depends_on:b>s buffer_h=48", controls=LATE),
         "outage s", "", "deny(b)", hours=72),
    Case("a fallback that falls while the buffer lasts: it lasts no longer", estate(
        "depends_on:b>s buffer_h=10", "depends_on:s1>s2 buffer_h=4",
        controls={"depends_on:b>s": by(K.FALLBACK, "s1", starts_after_h=6)}), "outage s outage s2", "deny(b)",
        hours=12),
    Case("a buffer of 0", estate("depends_on:b>s buffer_h=0"), "outage s", "deny(b)", hours=1),
    Case("buffers of 0 in a chain", estate("depends_on:b>s buffer_h=0", "depends_on:s>s1 buffer_h=0"), "outage s1",
         "deny(s) deny(b)", hours=0.5),
    Case("an outage of no time", estate("depends_on:b>s", "owns:p>s1"), "outage s compromise p", "deny(b) control(s1)",
         hours=0),
    Case("… and a buffer", estate("depends_on:b>s buffer_h=1"), "outage s", "deny(s)", "deny(b)", hours=0),
    Case("a circle of buffers", estate("depends_on:s>s1 buffer_h=4", "depends_on:s1>s buffer_h=4"), "outage s",
         "deny(s1)", hours=5),
    Case("k of n of the parts of what stops", estate("depends_on:b>d1+d2+d3 at_least=2", *PARTS), "outage d",
         "deny(d1) deny(b)"),
    Case("… of which one stops", estate("depends_on:b>d1+d2+d3 at_least=2", *PARTS), "outage d1",
         "degrade(d)", "deny(b) degrade(b) deny(d)"),
    Case("… of which two do", estate("depends_on:b>d1+d2+d3 at_least=2", *PARTS), "outage d1 outage d2", "deny(b)",
         "deny(d)"),
    Case("… and there are no others", estate("owns:p>d1", *PARTS, entities={"d": COMPLETE}), "compromise p",
         "control(d1) deny(d1) read(d1)", "control(d) deny(d) read(d)"),
    Case("a check that is misled by what it guards", estate(
        "consumes:s>f", controls={"s": by(K.VALIDATED, "s", misled=True)}), "wrong f", "", "taint(s)"),
    Case("… and what it guards is wrong", estate(
        "consumes:s>f", "informs:s>b", controls={"s": by(K.VALIDATED, "s", misled=True)}), "wrong s", "taint(b)"),
    Case("a second source that is what it checks", estate(
        "consumes:s>f", controls={"s": by(K.SECOND_SOURCE, "s")}), "wrong f", "", "taint(s)"),
    Case("a second source that is the first", estate(
        "publishes:s1>f", "consumes:s>f", controls={"s": by(K.SECOND_SOURCE, "s1")}), "wrong s1", "taint(s)"),
    Case("a second way to see that is the one who asks", estate(
        "reads:s>d obeys=true", "writes:s1>d", controls={"s": by(K.OUT_OF_BAND, "s1")}), "compromise s1", "steer(s)"),
    Case("a wall that stands on what it guards", estate(
        "grants:k>o", "serves:s>o", controls={"s": by(K.HARDENED, "s")}), "leak k", "use(o)", "control(s)"),
    Case("a fallback that is who needs it", estate(
        "depends_on:s>s1", controls={"s": by(K.FALLBACK, "s")}), "outage s1", "deny(s)"),
    Case("wholes of each other, each with another part, and one of them encrypted", estate(
        "grants:k>o", "reads:o>d2", "part_of:d1>d2", "part_of:d4>d2", "part_of:d2>d1", "part_of:d3>d1",
        entities={"d1": COMPLETE, "d2": COMPLETE}, controls={"d1": Control(kind=K.ENCRYPTED_ELSEWHERE)}), "leak k",
        "read(d2) read(d4)", "read(d1) read(d3)"),
    Case("an operation takes nothing in", estate("reads:o>d brittle=true on_bad=halt dependency=hard obeys=true"),
         "poison d outage d", "taint(o)", "deny(o) degrade(o) control(o)"),
    Case("… nor goes on with a default", estate("reads:o>d on_missing=default"), "outage d", "", "taint(o)"),
    Case("a process is no machine that somebody could take over, or tell what to do", estate(
        "consumes:b>f brittle=true obeys=true"), "poison f", "deny(b) taint(b)", "control(b) steer(b)"),
    Case("capacity that is lost with what is dropped", estate(
        "consumes:s>f on_bad=drop dependency=none", "depends_on:s>f+f1 at_least=1 capacity_loss=true"), "wrong f",
        "degrade(s)", "deny(s)"),
    Case("a key that issues itself", estate("grants:k>o", "issues:o>k"), "use o", "possess(k)", "operate(k)"),
    Case("… and cannot be copied", estate(
        "grants:k>o", "issues:o>k", controls={"k": Control(kind=K.NON_EXPORTABLE)}), "use o", "operate(k)",
        "possess(k)"),
    Case("… and nobody has it", estate("grants:k>o", "issues:o>k", "owns:p>s"), "compromise p", "",
         "possess(k) use(o)"),
    Case("… and who asks for it is asked why", estate("serves:s>o", "issues:o>k", controls={
        "k": (Control(kind=K.NON_EXPORTABLE), Control(kind=K.APPROVAL))}), "compromise s", "use(o)",
        "operate(k) possess(k)"),
    Case("… by somebody else", estate("serves:s>o", "issues:o>k", controls={
        "k": Control(kind=K.NON_EXPORTABLE), "o": by(K.APPROVAL, "p")}), "compromise s", "use(o)",
        "operate(k) possess(k)"),
    Case("a right that gives itself", estate("permits:c>o", "issues:o>c", "owns:p>s"), "compromise p", "",
         "use(c) use(o)"),
    Case("a call that needs what only it hands out", estate(
        "consumes:s>f obeys=true", "calls:s>o needs=k", "issues:o>k"), "poison f", "steer(s)", "use(o) possess(k)"),
    Case("a call with a key, that needs another besides", estate("calls:s>o keys=k needs=k1"), "compromise s",
         "steer(s)", "use(o)"),
    Case("a key of a call that its own loss takes", estate(
        "calls:s>o keys=k dependency=hard", "serves:s>o"), "outage k", "deny(s) deny(o)"),
    Case("votes of more feeds than there are", estate("consumes:s>f+f1 vote_min=3"), "wrong f", "taint(s)"),
    Case("a quorum of its own feeds", estate("consumes:s>f+f1 vote_min=1", "publishes:s>f", "publishes:s>f1"),
         "wrong f", "", "taint(s) taint(f1)"),
    Case("an input that is dropped, and its own", estate(
        "publishes:s>f", "consumes:s>f on_bad=drop on_missing=default"), "wrong s", "taint(s)", "deny(s) degrade(s)"),
    Case("… one of several, which others outvote", estate(
        "consumes:s>f+f1+f2 vote_min=2 on_bad=drop on_missing=default"), "wrong f", "taint(s)", "deny(s) degrade(s)"),
    Case("a zone without anything in it is a seed of nothing but an attacker", estate(entities={**OPEN, "s": {}}),
         "compromise zone", "use(o)", "control(s)"),
    Case("an outage of such a zone", estate(entities={**OPEN, "s": {}}), "outage zone", "", "use(o) deny(s)"),
    Case("nothing at all", Estate.build([Loaded()]), ""),
)  # fmt: skip


def asked(case: Case) -> Scenario:
    return scenario(case.seed, case.level, hours=case.hours)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_all_readings_agree_at_the_edge(case: Case) -> None:
    """However long an outage lasts; and what is expected is found."""
    system = compile_system(case.built)
    scenarios = [
        asked(case).model_copy(update={"assume": level, "hours": hours})
        for level in sorted({Level.GRANTED, case.level})
        for hours in dict.fromkeys((case.hours, None, 0.0))
    ]
    wanted = [spec(case.built, one_scenario) for one_scenario in scenarios]
    found = wanted[scenarios.index(asked(case))].keys()
    assert facts(case.reached) <= found
    assert not facts(case.not_reached) & found
    for one_scenario, levels in zip(scenarios, wanted, strict=True):
        reach = solve(case.built, one_scenario, system=system)
        assert reach.levels == levels
        assert arrived(reach.certificate) == arrivals_at(case.built, one_scenario, one_scenario.assume)
    for engine in ENGINES:
        sets = solved(case.built, [World(one_scenario) for one_scenario in scenarios], engine)
        assert list(dict(sorted(sets.items())).values()) == list(map(set, wanted))


def arrived(certificate: Certificate) -> dict[Fact, float]:
    """The hour in which each fact about an entity arrives at the level assumed."""
    found: dict[Fact, float] = {}
    for step in certificate.steps:
        if step.fact.capability not in STEPPING_STONES:
            found[step.fact] = min(step.at, found.get(step.fact, step.at))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("question", plugins.queries())
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_every_question_answers_at_the_edge(case: Case, question: str) -> None:
    """An answer, or one line that says why there is none."""
    query = plugins.query(question)
    for seed in range(3):
        answer = answered(query, case.built, random.Random(seed))
        assert answer is None or isinstance(answer.data, query.data or object)


def answered(query: Query, built: Estate, rng: random.Random) -> Answer | None:
    """The answer, or none where there is one line that says why."""
    try:
        return ask(query, built, stated(rng, query, built))
    except UsageError as refused:
        says = str(refused)
    assert says.strip()
    assert "\n" not in says
    return None
