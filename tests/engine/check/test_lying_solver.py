"""A solver that lies is refused, whatever of what it hands over it falsifies, and in whatever way."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import fields, replace

import numpy as np
import pytest

from blastradius.engine import CAPABILITIES, World, check_worlds, compile_system, propose, solve_worlds
from blastradius.engine.batch.solve import unpacked
from blastradius.engine.check.audit import Auditor
from blastradius.engine.numbering import MODEL_NUMBER
from blastradius.engine.proof import Claims
from blastradius.errors import CertificateError
from blastradius.estate import Estate
from blastradius.model import Capability, Control, ControlKind, Credential, Fact, Level, Relation, Scenario, Verb
from blastradius.rules import included
from tests.engine.random_estates import facts_in, random_estate, random_scenario
from tests.engine.test_rules_needed import estate, scenario

Lie = Callable[[Claims], Iterator[Claims]]


def honest() -> tuple[Estate, Claims]:
    """Worlds at all levels in which much is reached, some of it late, by facts that no rule speaks of among them."""
    walls = {"connects:s>s2": Control(kind=ControlKind.SEGMENTED)}
    relations = ("owns:p>s", "reads:s>d", "contains:d>k", "grants:k>o", "writes:o>d2", "informs:d2>b")
    waiting = ("depends_on:s3>s4 buffer_h=4", "depends_on:b3>s3 buffer_h=2")
    circles = ("connects:s>s2", "connects:s2>s", "runs_on:s5>s6", "runs_on:s6>s5")
    built = estate(*relations, *waiting, *circles, "owns:p>s5", controls=walls)
    everything = "compromise p outage b outage s4"
    worlds = [World(scenario(everything, level, distrust=("segmented",), hours=5 + level)) for level in Level]
    worlds += [World(scenario("compromise p", level, hours=5)) for level in Level]
    blocks = list(solve_worlds(compile_system(built), worlds, engine="numpy"))
    assert len(blocks) == 1
    return built, blocks[0].claims


def elsewhere(claims: Claims, column: str, end: int) -> Iterator[Claims]:
    """Each entry of a column set to each third number up to an end, to one beyond it and to a negative one."""
    right = getattr(claims, column)
    for place in range(len(right)):
        for number in (*range(place % 3, end, 3), end, -1):
            if number != right[place]:
                wrong = right.copy()
                wrong[place] = number
                yield replace(claims, **{column: wrong})
    yield replace(claims, **{column: right[:-1]})


def wrong_names(claims: Claims) -> Iterator[Claims]:
    names = list(claims.names)
    for place in np.unique(claims.entity).tolist():
        for name in sorted({*names, "moon"} - {names[place]}):
            yield replace(claims, names=[*names[:place], name, *names[place + 1 :]])
    yield replace(claims, names=[])


def wrong_words(claims: Claims) -> Iterator[Claims]:
    for row in np.unique(claims.row).tolist():
        for world in (*range(len(claims.worlds) + 1), 63):  # two beyond the last one among them
            words = claims.words.copy()
            words[row, 0] ^= np.uint64(1 << world)
            yield replace(claims, words=words)
    yield replace(claims, words=np.zeros_like(claims.words))
    yield replace(claims, words=claims.words | np.uint64(255))
    yield replace(claims, words=np.concatenate([claims.words, claims.words], axis=1))


def wrong_worlds(claims: Claims) -> Iterator[Claims]:
    for place, world in enumerate(claims.worlds):
        for other in (World(Scenario()), World(scenario("compromise s")), world._replace(without=("owns:p>s",))):
            yield replace(claims, worlds=(*claims.worlds[:place], other, *claims.worlds[place + 1 :]))
    yield replace(claims, worlds=claims.worlds[:-1])
    yield replace(claims, worlds=claims.worlds[::-1])


def wrong_hours(claims: Claims) -> Iterator[Claims]:
    for place, (hour, rows, bits) in enumerate(claims.late):
        others = [(other, rows, bits) for other in (0.0, hour - 1, hour + 0.5, hour + 2)]
        others += [(hour, rows[rows != row], bits[rows != row]) for row in rows.tolist()]
        others += [(hour, rows, bits & ~np.uint64(1 << world)) for world in range(len(claims.worlds))]
        for late in ([], *([other] for other in others)):
            yield replace(claims, late=(*claims.late[:place], *late, *claims.late[place + 1 :]))
    yield replace(claims, late=claims.late[::-1])


LIES: dict[str, Lie] = {
    "worlds": wrong_worlds,
    "places": lambda claims: elsewhere(claims, "places", len(claims.places)),
    "names": wrong_names,
    "entity": lambda claims: elsewhere(claims, "entity", len(claims.names)),
    "capability": lambda claims: elsewhere(claims, "capability", len(MODEL_NUMBER)),
    "row": lambda claims: elsewhere(claims, "row", len(claims.words)),
    "words": wrong_words,
    "late": wrong_hours,
}


def listing(claims: Claims, some: np.ndarray) -> Claims:
    """The claims with some of the facts listed."""
    return replace(claims, entity=claims.entity[some], capability=claims.capability[some], row=claims.row[some])


def meaning(claims: Claims, built: Estate) -> dict[tuple[str, int], tuple[float, ...]]:
    """When facts are claimed in which worlds, listed or as part of what is; those claimed in none left out."""
    held = np.where(unpacked(claims.words, len(claims.worlds)), 0.0, np.inf)
    for hour, rows, bits in claims.late:
        held[rows] = np.where(unpacked(bits, len(claims.worlds)), hour, held[rows])
    columns = (column.tolist() for column in (claims.entity, claims.capability, claims.row))
    named = [(str(claims.names[entity]), int(number), held[row]) for entity, number, row in zip(*columns, strict=True)]
    listed = {(name, number): worlds for name, number, worlds in named}
    found = {fact: worlds.copy() for fact, worlds in listed.items()}
    for name, number, worlds in named:
        for part in included(tuple(Capability)[number], built.kind_of(name)) if name in built.entities else ():
            fact = (name, MODEL_NUMBER[part])
            if fact not in listed:
                found[fact] = np.minimum(found.get(fact, worlds), worlds)
    return {fact: tuple(worlds.tolist()) for fact, worlds in found.items() if np.isfinite(worlds).any()}


def means_the_same(lie: Claims, claims: Claims, built: Estate) -> bool:
    """Whether a change is none: it only concerns facts that are claimed nowhere, or rows and names that are alike."""
    if (
        lie.worlds != claims.worlds
        or not np.array_equal(lie.places, claims.places)
        or lie.words.shape != claims.words.shape
    ):
        return False
    numbers = zip(
        (lie.entity, lie.capability, lie.row), (len(lie.names), len(MODEL_NUMBER), len(lie.words)), strict=True
    )
    if any(len(column) != len(claims.row) or column.min() < 0 or column.max() >= end for column, end in numbers):
        return False
    return meaning(lie, built) == meaning(claims, built)


def test_every_field_has_its_lies() -> None:
    assert {field.name for field in fields(Claims)} == LIES.keys()


@pytest.mark.parametrize("field", LIES)
def test_a_lie_in_a_field_is_refused(field: str) -> None:
    built, claims = honest()
    auditor, asked = Auditor(built), claims.worlds
    auditor.check(claims, asked)
    refused = 0
    for lie in LIES[field](claims):
        if not means_the_same(lie, claims, built):
            with pytest.raises(CertificateError):
                auditor.check(lie, asked)
            refused += 1
    assert refused >= 8


@pytest.mark.slow
@pytest.mark.parametrize("kept", [0, 3, 6, 9])
def test_claims_left_out_are_missed(kept: int) -> None:
    """A solver that derives nothing, or leaves some of it out and does not even list it, is refused."""
    refused = 0
    for seed in range(60):
        rng = random.Random(seed)
        built = random_estate(rng)
        hours = rng.choice((None, 5.0))
        worlds = [World(random_scenario(rng, built).model_copy(update={"hours": hours})) for _ in range(3)]
        system = compile_system(built)
        for solved in solve_worlds(system, worlds, engine="numpy"):
            claims = solved.claims
            system.auditor.check(claims, worlds)
            some = np.arange(len(claims.row)) % 10 < kept
            left = listing(claims, some)
            if meaning(claims, built).keys() - meaning(left, built).keys():
                with pytest.raises(CertificateError):
                    system.auditor.check(left, worlds)
                refused += 1
    assert refused > 10


def test_claims_say_what_answers_say() -> None:
    """What the checker gets to see is what people are told."""
    for seed in range(60):
        rng = random.Random(seed)
        built = random_estate(rng)
        (solved,) = solve_worlds(compile_system(built), [World(random_scenario(rng, built))], engine="numpy")
        claimed = {
            Fact(name, tuple(Capability)[number]) for name, number in meaning(solved.claims, solved.batch.system.estate)
        }
        assert {fact for fact in claimed if fact.capability in CAPABILITIES} == facts_in(solved, 0)


def test_a_lie_about_a_proposal_is_refused() -> None:
    """What only the proposal brings in, and what it includes, is looked at as well."""
    built = estate("owns:p>s", "permits:c>o", "reads:o>d")
    relations = [
        Relation(verb=Verb.OWNS, sources=("p",), targets=("new key",)),
        Relation(verb=Verb.GRANTS, sources=("new key",), targets=("c",)),
    ]
    system = compile_system(built)
    proposal = propose(system, relations, [Credential(id="new key")])
    worlds = [World(scenario("compromise p"), proposed=proposed) for proposed in (False, True)]
    (solved,) = solve_worlds(system, worlds, proposal=proposal, engine="numpy")
    auditor, claims = system.auditor.with_proposal(proposal.estate), solved.claims
    auditor.check(claims, worlds)
    with pytest.raises(CertificateError):
        system.auditor.check(claims, worlds)
    refused = 0
    for place in range(len(claims.row)):
        left = listing(claims, np.arange(len(claims.row)) != place)
        if meaning(claims, built).keys() - meaning(left, built).keys():
            with pytest.raises(CertificateError):
                auditor.check(left, worlds)
            refused += 1
    assert refused > 5


@pytest.mark.parametrize(
    "world",
    [
        World(Scenario(compromise=("p",), without=("reads:o>d",))),
        World(Scenario(compromise=("p",), controls=("segmented@s",))),
        World(scenario("compromise p"), without=("owns:p>s",)),
        World(scenario("compromise p"), without=("serves:s2>o",)),
        World(scenario("compromise p"), controls=((ControlKind.NON_EXPORTABLE, "k"),)),
        World(scenario("compromise p"), controls=((ControlKind.APPROVAL, "o"),)),
    ],
)
def test_a_world_of_another_estate_is_refused(world: World) -> None:
    """What makes other instances than the estate has is verified on an estate of its own."""
    approved = {"o": Control(kind=ControlKind.APPROVAL, provided_by="p")}
    built = estate("owns:p>s", "serves:s>o", "serves:s2>o", "issues:o>k", "reads:o>d", controls=approved)
    (solved,) = solve_worlds(compile_system(built), [World(scenario("compromise p"))])
    Auditor(built).check(solved.claims)
    with pytest.raises(CertificateError, match="of another estate"):
        Auditor(built).check(replace(solved.claims, worlds=(world,)))


def test_an_estate_that_is_not_compiled_is_read_anew() -> None:
    built = estate("owns:p>s")
    system = compile_system(built)
    (solved,) = solve_worlds(system, [World(scenario("compromise p"))])
    check_worlds(built, solved)
    check_worlds(system, solved)
