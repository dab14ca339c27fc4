"""Every word of a control, a relation or an entity that the rules read is needed: a solver that does not is refused.

A case is an estate that says the word and one that does not; a fact holds in one of them and not in the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pytest

from blastradius.engine import check, compile_system
from blastradius.engine.check.spec import spec
from blastradius.engine.single.shortest_proofs import certify
from blastradius.errors import CertificateError
from blastradius.estate import Estate
from blastradius.model import Control, ControlKind, Level, Relation, Scenario
from tests.engine.short import estate, fact, scenario

K = ControlKind


class Case(NamedTuple):
    """What is said, with the word and without; a seed, a fact, and whether it holds with the word.

    ``hours`` is how long what is denied stays so.
    """

    word: str
    said: Estate
    unsaid: Estate
    seed: str
    wanted: str
    holds: bool
    hours: float | None = None
    level: Level = Level.LATERAL

    @property
    def asked(self) -> Scenario:
        """Of what is declared."""
        return scenario(self.seed, self.level, hours=self.hours, basis="declared")


Said = tuple[str, Estate, Estate]
"""A word, an estate that says it, and the same that does not."""
Entities = Mapping[str, Mapping[str, object]]


def of_control(
    word: str,
    kind: ControlKind,
    host: str,
    *relations: str,
    by: str | None = None,
    of: Entities | None = None,
    **said: object,
) -> Said:
    """A control that says a word; ``by`` who provides it either way, ``of`` attributes of entities."""
    controls = [Control.model_validate({"kind": kind, "provided_by": by, **words}) for words in (said, {})]
    built, plain = (estate(*relations, controls={host: control}, entities=of) for control in controls)
    return word, built, plain


def of_relation(word: str, relation: str, *others: str) -> Said:
    """A relation that says a word."""
    shape, *words = relation.split()
    left = " ".join([shape, *(said for said in words if said.partition("=")[0] != word)])
    return word, estate(relation, *others), estate(left, *others)


def of_entity(word: str, name: str, value: object, *relations: str) -> Said:
    """An entity that says a word."""
    return word, estate(*relations, entities={name: {word: value}}), estate(*relations, entities={name: {}})


PASSWORD = {"k": {"type": "password"}}
CONTROL_WORDS = [
    Case(*of_control("misled", K.HARDENED, "s", "grants:k>o", "serves:s>o", by="s9", misled=True),
         "leak k wrong s9", "control(s)", True),
    Case(*of_control("misled", K.APPROVAL, "permits:c>o", "grants:k>c", "permits:c>o", by="s9", misled=True),
         "leak k wrong s9", "use(o)", True),
    Case(*of_control("phishable", K.MFA, "k", "grants:k>o", of=PASSWORD, phishable=True), "leak k", "use(o)", True),
    Case(*of_control("phishable", K.MFA, "k", "grants:k+k1>o", of=PASSWORD, phishable=True),
         "leak k leak k1", "use(o)", True),
    Case(*of_control("status", K.HARDENED, "s", "grants:k>o", "serves:s>o", status="absent"),
         "leak k", "control(s)", True),
    Case(*of_control("status", K.FALLBACK, "b", "depends_on:b>s", status="failed"), "outage s", "deny(b)", True),
    Case(*of_control("fails", K.HARDENED, "s", "grants:k>o", "serves:s>o", by="s9", fails="closed"),
         "leak k outage s9", "control(s)", False),
    Case(*of_control("provided_by", K.HARDENED, "s", "grants:k>o", "serves:s>o", "owns:p>s9", provided_by="s9"),
         "leak k compromise p", "control(s)", True),
    Case(*of_control("slower", K.FALLBACK, "b", "depends_on:b>s", slower=True), "outage s", "degrade(b)", True),
    Case(*of_control("slower", K.FALLBACK, "s", "runs_on:s>s1", slower=True), "outage s1", "degrade(s)", True),
    Case(*of_control("starts_after_h", K.FALLBACK, "b", "depends_on:b>s buffer_h=4", starts_after_h=6),
         "outage s", "deny(b)", True),
    Case(*of_control("starts_after_h", K.FALLBACK, "f", "publishes:s>f", starts_after_h=1),
         "outage s", "deny(f)", True),
]  # fmt: skip
BRITTLE, HALT, DROP = "brittle=true", "on_bad=halt", "on_bad=drop dependency=hard"
RELATION_WORDS = [
    Case(*of_relation("extent", "reads:o>d extent=subset", "grants:k>o"),
         "leak k", "read(d)", False, None, Level.GRANTED),
    Case(*of_relation("dependency", "calls:s>o dependency=hard"), "outage o", "deny(s)", True),
    Case(*of_relation("dependency", "depends_on:s>s1 dependency=soft"), "outage s1", "deny(s)", False),
    Case(*of_relation("dependency", "reads:s>d dependency=none"), "outage d", "degrade(s)", False),
    Case(*of_relation("dependency", "calls:s>o keys=k dependency=none"), "outage k", "degrade(s)", False),
    Case(*of_relation("buffer_h", "depends_on:s>s1 buffer_h=24"), "outage s1", "deny(s)", False, 24),
    Case(*of_relation("buffer_h", "calls:s>o buffer_h=24"), "outage o", "degrade(s)", False, 24),
    Case(*of_relation("buffer_h", "calls:s>o keys=k buffer_h=24"), "outage k", "degrade(s)", False, 24),
    Case(*of_relation("buffer_h", "calls:s>o keys=k buffer_h=24 dependency=hard"), "outage k", "deny(s)", False, 24),
    Case(*of_relation("buffer_h", "depends_on:s>s1+s2 at_least=1 capacity_loss=true buffer_h=24"),
         "outage s1", "degrade(s)", False, 24),
    Case(*of_relation("buffer_h", "depends_on:s>s1 buffer_h=1", "depends_on:s1>s2 buffer_h=24"),
         "outage s2", "deny(s)", False, 25),
    Case(*of_relation("at_least", "depends_on:s>s1+s2 at_least=1"), "outage s1", "deny(s)", False),
    Case(*of_relation("capacity_loss", "depends_on:s>s1+s2 at_least=1 capacity_loss=true"),
         "outage s1", "degrade(s)", True),
    Case(*of_relation("vote_min", "consumes:s>f1+f2+f3 vote_min=2"), "wrong f1", "taint(s)", False),
    *(Case(*of_relation(word, f"{taken} {said}"), seed, wanted, True)
      for taken, seed in (("consumes:s>f", "wrong f"), ("reads:s>d", "wrong d"), ("consumes:b>f", "wrong f"))
      for word, said, wanted in (("brittle", BRITTLE, f"deny({taken[-3]})"), ("on_bad", HALT, f"deny({taken[-3]})"),
                                 ("on_bad", DROP, f"deny({taken[-3]})"))),
    *(Case(*of_relation(word, f"calls:s>o {said}", "serves:s1>o"), "wrong s1", "deny(s)", True)
      for word, said in (("brittle", BRITTLE), ("on_bad", HALT), ("on_bad", DROP))),
    *(Case(*of_relation("on_missing", f"{taken} on_missing=default"), seed, f"taint({taken[-3]})", True)
      for taken, seed in (("consumes:s>f", "outage f"), ("reads:s>d", "outage d"), ("calls:s>o", "outage o"),
                          ("consumes:b>f", "outage f"))),
    Case(*of_relation("on_missing", "calls:s>o dependency=hard on_missing=default"), "outage o", "deny(s)", False),
    Case(*of_relation("on_missing", "calls:s>o keys=k on_missing=default"), "outage k", "degrade(s)", False),
    Case(*of_relation("on_missing", "calls:s>o keys=k dependency=hard on_missing=default"),
         "outage k", "deny(s)", False),
    *(Case(*of_relation("obeys", f"{taken} obeys=true", "serves:s1>o"), seed, "steer(s)", True)
      for taken, seed in (("consumes:s>f", "poison f"), ("reads:s>d", "poison d"), ("calls:s>o", "compromise s1"))),
    Case(*of_relation("keys", "calls:s>o keys=k dependency=hard"), "outage k", "deny(s)", True),
    Case(*of_relation("keys", "calls:s>o keys=k", "holds:s>k", "consumes:s>f obeys=true"),
         "poison f", "operate(k)", False),
    Case(*of_relation("needs", "calls:s>o needs=k", "consumes:s>f obeys=true"), "poison f", "use(o)", False),
    Case(*of_relation("basis", "owns:p>s basis=assumed"), "compromise p", "control(s)", False),
    Case(*of_relation("basis", "issues:o>c basis=inferred"), "use o", "use(c)", False),
]  # fmt: skip
ENTITY_WORDS = [
    Case(*of_entity("parts", "d", "complete", "part_of:d1>d"), "breach d1", "read(d)", True),
    Case(*of_entity("parts", "s", "complete", "part_of:s1>s"), "outage s1", "deny(s)", True),
    Case(*of_entity("role", "p", "self", "owns:p>s", "serves:s>o", "grants:k>o"),
         "leak k", "control(s)", True, None, Level.TAKEOVER),
    Case(*of_entity("role", "p", "self", "owns:p>s", "reads:s>d brittle=true"),
         "poison d", "control(s)", True, None, Level.TAKEOVER),
]  # fmt: skip
CASES = [*CONTROL_WORDS, *RELATION_WORDS, *ENTITY_WORDS]


def test_every_word_has_a_case() -> None:
    """Of controls and relations; some words say nothing that any rule reads."""
    idle = {"kind", "why", "basis", "provenance"}
    assert {case.word for case in CONTROL_WORDS} == set(Control.model_fields) - idle
    idle = {"verb", "sources", "targets", "delay_h", "controls", "unknown", "seen_by", "also", "provenance"}
    assert {case.word for case in RELATION_WORDS} == set(Relation.model_fields) - idle


@pytest.mark.parametrize("case", CASES, ids=[f"{case.word} {case.seed}: {case.wanted}" for case in CASES])
def test_a_word_is_needed(case: Case) -> None:
    """The fact holds with the word or without it; the proof of the one is none of the other."""
    asked, built = case.asked, (case.said, case.unsaid)
    with_word, without = (certify(compile_system(made), asked) for made in built)
    reached = [fact(case.wanted) in {step.fact for step in found.steps} for found in (with_word, without)]
    assert reached == [case.holds, not case.holds]
    assert reached == [fact(case.wanted) in spec(made, asked) for made in built]
    for made, right, wrong in ((case.said, with_word, without), (case.unsaid, without, with_word)):
        check(made, asked, right)
        with pytest.raises(CertificateError):
            check(made, asked, wrong)
