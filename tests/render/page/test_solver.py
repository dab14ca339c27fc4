"""The page's solver says what the engine says, and the page's checker lets no lie pass."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from blastradius.engine import compile_system, plain, what_if
from blastradius.engine.single.shortest_proofs import certify
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import (
    ENTITY_TYPES,
    Control,
    ControlKind,
    Credential,
    Entity,
    Feed,
    Kind,
    Level,
    Operation,
    Party,
    Relation,
    Scenario,
    Service,
    Verb,
)
from blastradius.render.page.data import SCRIPTS
from tests.render.page.asking import FOLDER, NODE, Case, answered, differing, found, random_case, wanted

pytestmark = pytest.mark.skipif(NODE is None, reason="no Node.js here, which runs the page's solver")

BUGS = {
    "one premise too few": ("held.length >= system.need[step]", "held.length >= system.need[step] - 1"),
    "one premise too many": ("held.length >= system.need[step]", "held.length > system.need[step]"),
    "half of a quorum wins": ("Math.floor(live / 2) + 1 ||", "Math.floor(live / 2) ||"),
    "no level of its own": ("let level = least, hops = 0;", "let level = 1, hops = 0;"),
    "no level of its own where it waits for one fact": ("own > level ? own : level", "level"),
    "no hops where it waits for one fact": ("hop[place] + hops", "hops"),
    "taken alone what is closed": ("if (closed[step]) found[place] = NEVER;", "if (false) found[place] = NEVER;"),
    "taken alone what a control stops": ("else if (isGuarded[step]) found[place] = 0;", ""),
    "one of several is enough": (
        "first[step] + 1 === first[step + 1] && (gate",
        "first[step] < first[step + 1] && (gate",
    ),
    "no control falls": ("!(provider[controls[place]] >= 0) && !closed[steps[place]]", "true"),
    "nothing is distrusted": ("for (const name of distrust) {", "for (const name of []) {"),
    "a guess counts": ("(basis[step] > weakest && !(some", "(false && !(some"),
    "fails open": ("(shuts && shut[step])", "false"),
    "a control put in place stops nothing": (
        "for (const [control, stopped] of put)",
        "for (const [control, stopped] of [])",
    ),
    "a scope guards for ever": ("unguarded: ([operation]) => !this", "unguarded: ([operation]) => false && !this"),
    "a key is named for ever": ("unnamed: ([holder, key]) => !this", "unnamed: ([holder, key]) => false && !this"),
    "a right is never bound": ("bound: (about) => about.some", "bound: (about) => false && about.some"),
    "a fallback never falls too": ("this.#fallsToo(provider, ends) :", "false :"),
    "a part that is gone is a part": ("if (!gone.has(relation)) found.add(end)", "found.add(end)"),
    "no buffer": ("at += this.end === null ? 0 : system.delay[step];", ""),
    "an outage without end": ("at > 0 && at >= this.end", "false"),
    "the whole without its part": ("if (fact < system.width * system.entities.length) this.#include(fact, level);", ""),
    "what is taken away stays": ("kept.length < all.length && !(isWhole && kept.length)", "false"),
    "a whole wants what is gone": ("premises: Int32Array.from(kept, (place) => premises[place])", "premises"),
    "hops are not counted": ("system.hop[step] + hops, step, SEVERAL, chosen", "0, step, SEVERAL, chosen"),
    "the last of those that come together": ("values[place - 1] > fact", "values[place - 1] < fact"),
    "the last came first": ("if (!this.#isBefore(below, first, second, third)) break;", "break;"),
}


def _left_by_its_owner() -> Case:
    """What a partner's service offers, which is nobody's any more."""
    entities = (Party(id="partner", role="partner"), Service(id="svc"), Operation(id="op"), Credential(id="key"))
    owns = Relation(verb=Verb.OWNS, sources=("partner",), targets=("svc",))
    serves = Relation(verb=Verb.SERVES, sources=("svc",), targets=("op",))
    grants = Relation(verb=Verb.GRANTS, sources=("key",), targets=("op",))
    asked = Scenario(leak=("key",), assume=Level.TAKEOVER, without=(owns.id,))
    return _case(entities, (owns, serves, grants), asked)


def _signed_by_its_maker() -> Case:
    """Code that its own maker, in an attacker's hands, vouches for."""
    signed = Control(kind=ControlKind.VERIFIED, status="working", provided_by="signer")
    entities = (
        Party(id="maker", role="provider"),
        Service(id="signer"),
        Feed(id="code", content="code"),
        Service(id="svc"),
    )
    owns = Relation(verb=Verb.OWNS, sources=("maker",), targets=("signer",))
    publishes = Relation(verb=Verb.PUBLISHES, sources=("maker",), targets=("code",))
    installs = Relation(verb=Verb.INSTALLS, sources=("svc",), targets=("code",), controls=(signed,))
    return _case(entities, (owns, publishes, installs), Scenario(poison=("code",), assume=Level.LATERAL))


def _case(entities: tuple[Entity, ...], relations: tuple[Relation, ...], asked: Scenario) -> Case:
    prepared = compile_system(Estate.build([Loaded(entities=entities, relations=relations)]))
    return Case(prepared, asked, certify(compile_system(what_if(prepared.estate, asked)), plain(asked)), frozenset())


SELDOM = {
    "what is owned by others stays so": (
        ("filter(({ relation }) => !gone.has(relation))", "filter(() => true)"), _left_by_its_owner,
    ),
    "a vendor vouches for itself": (("this.#vouchesForItself(provider, ends);", "false;"), _signed_by_its_maker),
}  # fmt: skip
"""Bugs that hardly any random estate shows, each with an estate that does."""


def _planted(right: str, wrong: str, folder: Path) -> None:
    """The scripts with a bug in them, once."""
    texts = {name: (FOLDER / name).read_text("utf-8") for name in SCRIPTS}
    assert sum(text.count(right) for text in texts.values()) == 1
    for name, text in texts.items():
        (folder / name).write_text(text if name == "checker.js" else text.replace(right, wrong), "utf-8")


def test_levels_hops_hours_proofs_and_stops_are_those_of_the_engine() -> None:
    assert differing(0, 25) == []


@pytest.mark.slow
@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_in_the_solver_is_noticed(bug: str, tmp_path: Path) -> None:
    _planted(*BUGS[bug], tmp_path)
    assert differing(0, 120, tmp_path) != []


@pytest.mark.parametrize("bug", SELDOM)
def test_a_bug_that_is_seldom_seen_is_noticed_where_it_shows(bug: str, tmp_path: Path) -> None:
    (right, wrong), made = SELDOM[bug]
    case = made()
    assert found(case, answered([case])[0]) == wanted(case)
    _planted(right, wrong, tmp_path)
    assert found(case, answered([case], tmp_path)[0]) != wanted(case)


def test_the_checker_lets_no_lie_pass() -> None:
    lies = [answer["lies"] for answer in answered([random_case(seed) for seed in range(12)], lying=True)]
    assert sum(found["told"] for found in lies) > 300
    assert [found["passed"] for found in lies if found["passed"]] == []


def test_the_checker_borrows_nothing_from_the_solver() -> None:
    named = re.compile(r"^(?:function|class|const) (\w+)", re.MULTILINE)
    texts = {name: (FOLDER / name).read_text("utf-8") for name in SCRIPTS}
    checker = "".join(texts.pop(name) for name in ("rereading.js", "checker.js"))
    own = named.findall("".join(texts.values()))
    borrowed = [name for name in own if re.search(rf"(?<![.\w]){name}\(|\bnew {name}\b|\b{name}\.", checker)]
    assert (len(own) > 10, borrowed) == (True, [])


def test_names_that_mean_something_to_javascript_are_names() -> None:
    names = ["__proto__", "constructor", "toString", "</script>", "\U0001f600", "\uffee", "$&"]
    estate = Estate.build(
        [Loaded(entities=tuple(ENTITY_TYPES[Kind.STORE](kind=Kind.STORE, id=name) for name in names))]
    )
    prepared = compile_system(estate)
    asked = Scenario(breach=tuple(names), assume=Level.LATERAL)
    case = Case(prepared, asked, certify(prepared, asked), frozenset())
    assert found(case, answered([case])[0]) == wanted(case)
