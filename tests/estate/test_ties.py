"""Which controls stop nothing, as who provides them stands or falls with what they are for."""

from __future__ import annotations

import pytest

from blastradius.estate import Estate
from blastradius.estate.ties import Ties
from blastradius.model import Control, ControlKind, NoteKind
from tests.engine.short import estate
from tests.queries.written import written


def why(built: Estate) -> str | None:
    """Why the fallback of the shop stops nothing."""
    (relation,) = (it for it in built.relations.values() if it.controls)
    (control,) = relation.controls
    assert control.kind == ControlKind.FALLBACK
    return built.why_void(control, relation.targets)


@pytest.mark.parametrize(
    ("stand_in", "says"),
    [
        ("second: {}", None),
        ("second: {depends_on: [first]}", "the fallback 'second' rests on 'first'"),
        ("second: {runs_on: [first]}", "the fallback 'second' rests on 'first'"),
        ("second: {depends_on: [{to: first, dependency: soft}]}", None),
        ("second: {calls: [{to: of_first, dependency: hard}]}", "the fallback 'second' rests on 'first'"),
        ("second: {calls: [of_first]}", None),
        ("second: {depends_on: [third]}, third: {depends_on: [first]}", "the fallback 'second' rests on 'first'"),
        ("second: {consumes: [{to: list, dependency: hard}]}", "the fallback 'second' rests on 'first'"),
        ("second: {zone: here}", "the fallback 'second' shares zone 'here' with 'first'"),
    ],
)
def test_a_fallback_that_falls_with_what_it_replaces_stops_nothing(stand_in: str, says: str | None) -> None:
    """Who serves an operation, or publishes a feed, is what stands behind it."""
    built = written(
        "zones: {here: }\noperations: {of_first: }\nfeeds: {list: }\nservices:\n"
        "  first: {zone: here, serves: [of_first], publishes: [list]}\n"
        "  shop: {depends_on: [{to: first, controls: [{kind: fallback, provided_by: second}]}]}\n"
        + "".join(f"  {each}\n" for each in stand_in.replace("}, third", "}|third").split("|"))
    )
    assert why(built) == says


def void(built: Estate) -> list[str]:
    """What is told of controls that stop nothing."""
    return [note.message for note in built.notes if note.kind == NoteKind.CONTRADICTED]


OWN = "belongs to the vendor whose feed it vouches for"


@pytest.mark.parametrize(
    ("relations", "says"),
    [
        (("publishes:p>f",), f"'p' {OWN}"),
        (("publishes:p2>f",), None),
        (("owns:p>s2", "publishes:s2>f"), f"'p' {OWN}"),
        (("writes:s2>f", "owns:p>s2"), f"'p' {OWN}"),
        (("writes:o>f", "serves:s2>o", "owns:p>s2"), f"'p' {OWN}"),
        (("owns:p>f",), f"'p' {OWN}"),
        (("owns:p2>f", "owns:p2>s2"), None),
    ],
)
def test_a_vendor_does_not_vouch_for_itself_whatever_is_between(relations: tuple[str, ...], says: str | None) -> None:
    signed = Control(kind=ControlKind.VERIFIED, provided_by="p")
    built = estate("installs:s>f", *relations, controls={"installs:s>f": signed}, entities={"p2": {}})
    assert built.why_void(signed, ["f"]) == says
    assert void(built) == ([f"verified on 'installs:s>f' stops nothing: {says}"] if says else [])


@pytest.mark.parametrize(("owner", "says"), [("p", f"'s2' {OWN}"), ("p2", None)])
def test_what_a_vendor_owns_does_not_vouch_for_it(owner: str, says: str | None) -> None:
    signed = Control(kind=ControlKind.VERIFIED, provided_by="s2")
    built = estate("installs:s>f", "publishes:p>f", f"owns:{owner}>s2", controls={"s": signed})
    assert void(built) == ([f"verified on 's' stops nothing: {says}"] if says else [])


def test_only_what_may_be_void_is_void() -> None:
    """Of a kind that is, and where somebody provides it."""
    hardened = Control(kind=ControlKind.HARDENED, provided_by="p")
    verified = Control(kind=ControlKind.VERIFIED)
    built = estate("installs:s>f", "publishes:p>f", "owns:p>s", controls={"s": (hardened, verified)})
    assert [built.why_void(control, ["f"]) for control in (hardened, verified)] == [None, None]
    assert void(built) == []


def test_a_fallback_on_a_thing_is_looked_at_along_each_relation_that_begins_there() -> None:
    second = Control(kind=ControlKind.FALLBACK, provided_by="s9")
    built = estate(
        "depends_on:s>s2", "depends_on:s>s3", "depends_on:s4>s2", "installs:s>f", "runs_on:s9>s3",
        controls={"s": second},
    )  # fmt: skip
    assert void(built) == ["fallback on 's' stops nothing: the fallback 's9' rests on 's3'"]


@pytest.mark.parametrize(
    ("relations", "roles", "says"),
    [
        ((), {}, None),
        (("owns:p>s2", "owns:p>s9"), {"p": "partner"}, "the fallback 's9' and 's2' fall with the same party"),
        (("owns:p>s2", "owns:p>s9"), {"p": "self"}, None),
        (("owns:p>s2", "owns:p2>s9"), {"p": "partner", "p2": "partner"}, None),
    ],
)
def test_a_fallback_of_the_same_owner_falls_too_but_for_ours(
    relations: tuple[str, ...], roles: dict[str, str], says: str | None
) -> None:
    second = Control(kind=ControlKind.FALLBACK, provided_by="s9")
    parties = {party: {"role": role} for party, role in roles.items()}
    built = estate("depends_on:s>s2", *relations, controls={"depends_on:s>s2": second}, entities=parties)
    assert why(built) == says


def test_a_fallback_is_not_what_it_replaces() -> None:
    second = Control(kind=ControlKind.FALLBACK, provided_by="s2")
    built = estate("depends_on:s>s2", "serves:s2>o", controls={"depends_on:s>s2": second})
    assert why(built) == built.why_void(second, ["o"]) == "the fallback 's2' is what it replaces"


def test_around_which_things_that_is_said() -> None:
    built = estate("publishes:p>f", "writes:o>f", "serves:s2>o", "depends_on:s9>s8", "runs_on:s8>s7", "owns:p3>s7")
    ties = Ties(built.entities, built.by_verb)
    assert ties.looked_at("s9", ["f"]) == {"f", "p", "o", "s2", "s9", "s8", "s7"}
    assert ties.looked_at("s7", ["s8"]) == {"s7", "s8"}
