"""What is said of a whole estate after a change is told without it, or it is said that the whole is needed."""

from __future__ import annotations

import random
from typing import Any

import pytest

from blastradius.estate import Estate
from blastradius.estate.foretold import WholeNeededError
from blastradius.estate.part import Part, Whole
from blastradius.model import (
    Basis,
    Control,
    ControlKind,
    Credential,
    Entity,
    Operation,
    Party,
    Process,
    Relation,
    Service,
    Store,
    Verb,
    Zone,
)
from tests.counts import few
from tests.engine.random_estates import random_controls, random_estate, random_relations
from tests.engine.short import estate

NEW: tuple[Entity, ...] = (
    Process(id="new b"),
    Store(id="new d", crown_jewel=True, controls=(Control(kind=ControlKind.REDACTED, status="assumed"),)),
    Credential(id="new k"),
    Party(id="new p", role="self"),
    Party(id="new p2"),
    Operation(id="new o"),
    Service(id="new s", controls=(Control(kind=ControlKind.MFA),)),
)


def joined(verb: Verb, source: str, *targets: str, **more: Any) -> Relation:
    return Relation.model_validate({"verb": verb, "sources": (source,), "targets": targets, **more})


def all_of(built: Estate) -> Part:
    """All of an estate as a part of it."""
    return Part(built, Whole.of(built), frozenset({*built.entities, *(it.id for it in NEW), "internet"}))


def said(built: Estate) -> dict[str, Any]:
    """What is said of an estate as a whole, with the names of its numbers."""
    numbers = built.census._asdict() | built.footing._asdict()
    return numbers | {"digest": built.digest, "notes": built.notes}


def changes(rng: random.Random, built: Estate) -> dict[str, Any]:
    """Some relations less, some controls, things, roads and zones more."""
    grants = Relation(
        verb=Verb.GRANTS, sources=("new k",), targets=("new o",), basis=rng.choice((Basis.DECLARED, Basis.ASSUMED))
    )
    holds = Relation(verb=Verb.HOLDS, sources=("new p",), targets=("new k",))
    return {
        "without": random_relations(rng, built),
        "controls": [f"{kind}@{host}" for kind, host in random_controls(rng, built)],
        "entities": NEW if rng.random() < 0.5 else (),
        "relations": (),
        "zones": [Zone(id="new z")] if rng.random() < 0.3 else [],
    } | ({"entities": NEW, "relations": (grants, holds)} if rng.random() < 0.5 else {})


@pytest.mark.parametrize("seed", few(range(400), 40))
def test_what_is_foretold_of_a_change_is_what_the_changed_estate_says(seed: int) -> None:
    rng = random.Random(seed)
    built = random_estate(rng)
    change = changes(rng, built)
    try:
        foretold = all_of(built).changed(**change)
    except WholeNeededError:
        return
    assert said(foretold) == said(built.changed(**change)), change


CALLS = ("calls:s>o", "calls:s2>o", "serves:s3>o")
FED = ("consumes:s>f+f2", "consumes:s2>f+f2 dependency=hard vote_min=1", "owns:p>s3")


@pytest.mark.parametrize(
    ("built", "change"),
    [
        (estate(*CALLS), {"without": ["calls:s>o"]}),
        (estate(*CALLS), {"without": ["calls:s>o", "calls:s2>o"]}),
        (estate(*CALLS), {"without": ["serves:s3>o"]}),
        (estate(*CALLS), {"controls": ["hardened@s"]}),
        (estate("permits:c>o", "reads:o>d"), {"without": ["permits:c>o"]}),  # no scope guards the operation then
        (estate(*FED), {"without": ["consumes:s>f+f2"]}),
        (estate(*CALLS), {"relations": [joined(Verb.CALLS, "s3", "o", dependency="soft")]}),
        (estate(*CALLS), {"relations": [joined(Verb.OWNS, "new p", "s")], "entities": NEW}),
        (
            estate(*CALLS, "grants:k>o2", "reads:o2>d"),
            {"relations": [joined(Verb.READS, "o2", "new d")], "entities": NEW},
        ),
    ],
)  # fmt: skip
def test_what_can_be_told_without_the_whole_is(built: Estate, change: dict[str, Any]) -> None:
    assert said(all_of(built).changed(**change)) == said(built.changed(**change))


VOID = estate(
    "publishes:p>f", "installs:s>f", "calls:s2>o",
    controls={"installs:s>f": Control(kind=ControlKind.VERIFIED, provided_by="p")},
)  # fmt: skip


@pytest.mark.parametrize(
    ("built", "change"),
    [
        (estate(*CALLS), {"relations": [joined(Verb.CALLS, "s3", "o")]}),
        (estate(*CALLS), {"entities": [Credential(id="new k", expires="2031-01-01")]}),
        (
            estate(*FED),
            {"relations": [joined(Verb.CONSUMES, "s3", "f", "f2", dependency="soft")]},
        ),
        (VOID, {"without": ["publishes:p>f"]}),
        (VOID, {"without": ["calls:s2>o"]}),
        (VOID, {"controls": ["verified@installs:s>f"]}),
    ],
)
def test_what_only_the_whole_can_tell_is_left_to_it(built: Estate, change: dict[str, Any]) -> None:
    with pytest.raises(WholeNeededError):
        all_of(built).changed(**change)


def test_of_a_note_that_names_as_many_as_it_may_only_the_whole_can_tell_which_come_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in ("foretold", "unsaid"):
        monkeypatch.setattr(f"blastradius.estate.{module}.MOST_NAMED", 2)
    built = estate(*CALLS, "calls:s3>o dependency=soft")
    for without in (["serves:s3>o"], ["calls:s3>o"]):
        assert said(all_of(built).changed(without=without)) == said(built.changed(without=without))
    with pytest.raises(WholeNeededError):
        all_of(built).changed(without=["calls:s>o"])
    monkeypatch.setattr("blastradius.estate.foretold.MOST_NAMED", 3)
    assert all_of(built).changed(without=["calls:s>o"]).notes == built.changed(without=["calls:s>o"]).notes
