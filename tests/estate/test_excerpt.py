"""What is read of a stored estate around a thing: enough to say what follows in one step, and no more."""

from __future__ import annotations

import pytest

from blastradius.estate import Estate
from blastradius.model import Control, ControlKind
from tests.engine.short import estate
from tests.estate.test_part import excerpt_of

CHAIN = estate("owns:p>s", "runs_on:s>s2", "runs_on:s2>s3", "runs_on:s3>s4", "owns:p9>s9")
GUARDED = estate(
    "owns:p>s", "owns:p2>s2", "owns:p3>s3", controls={"s2": Control(kind=ControlKind.HARDENED, provided_by="s")}
)
KEYS = estate("calls:s>o keys=k needs=k2", "holds:p>k", "holds:p2>k2", "holds:p3>k2", "serves:s2>o")
COPIES = estate(
    "owns:p>d", "owns:p2>d2", "owns:p3>d3", entities={"d": {"copy_of": ("d2",)}, "d2": {"copy_of": ("d3",)}}
)
PARTS = estate("part_of:s2>s", "part_of:s3>s2", "owns:p>s", "owns:p2>s2", "owns:p3>s3", "installs:s>f")
ZONES = estate("owns:p>s", "owns:p2>s2", "owns:p3>s3", entities={"s": {"zone": "flat"}, "s2": {"zone": "flat"}})


@pytest.mark.parametrize(
    ("built", "name", "relations", "entities"),
    [
        (CHAIN, "p", "owns:p>s runs_on:s>s2", "p s s2"),
        (CHAIN, "s2", "owns:p>s runs_on:s2>s3 runs_on:s3>s4 runs_on:s>s2", "p s s2 s3 s4"),
        (CHAIN, "s9", "owns:p9>s9", "p9 s9"),
        (GUARDED, "s", "owns:p>s", "p s s2"),  # what it guards, without what is around that
        (GUARDED, "s2", "owns:p2>s2", "p2 s s2"),  # and who runs a control
        (GUARDED, "s3", "owns:p3>s3", "p3 s3"),
        (KEYS, "k", "calls:s>o holds:p>k holds:s>k serves:s2>o", "k k2 o p s s2"),
        (KEYS, "k2", "calls:s>o holds:p2>k2 holds:p3>k2 holds:s>k serves:s2>o", "k k2 o p2 p3 s s2"),
        (KEYS, "p2", "calls:s>o holds:p2>k2 holds:p3>k2 holds:s>k", "k k2 o p2 p3 s"),
        (COPIES, "d", "owns:p2>d2 owns:p3>d3 owns:p>d", "d d2 d3 p p2 p3"),  # all originals
        (COPIES, "d3", "owns:p3>d3", "d3 p3"),  # and no copies
        (PARTS, "s", f"installs:s>f {(parts := 'owns:p2>s2 owns:p3>s3 owns:p>s part_of:s2>s part_of:s3>s2')}",
         "f p p2 p3 s s2 s3"),
        (PARTS, "s3", "owns:p2>s2 owns:p3>s3 part_of:s2>s part_of:s3>s2", "p2 p3 s s2 s3"),
        (PARTS, "f", f"installs:s>f {parts}", "f p p2 p3 s s2 s3"),
        (ZONES, "flat", "owns:p2>s2 owns:p>s", "p p2 s s2"),
        (ZONES, "zone", "", ""),
        (ZONES, "nowhere", "", ""),
    ],
)  # fmt: skip
def test_what_is_said_around_a_thing_is_read(built: Estate, name: str, relations: str, entities: str) -> None:
    part = excerpt_of(built, name).part("made")
    assert sorted(part.relations) == relations.split()
    assert sorted(part.entities) == entities.split()


def test_of_what_has_the_name_of_something_here_the_name_is_read_and_no_more() -> None:
    named = {"p": {"name": "Same", "owner": "x"}, "p3": {"name": "Same", "owner": "x"}, "p2": {"name": "s"}}
    built = estate("owns:p>s", "owns:p2>s2", "owns:p3>s2", entities=named)
    part = excerpt_of(built, "p").part("made")
    assert {name: (thing.name, thing.owner) for name, thing in part.entities.items()} == {
        "p": ("Same", "x"),
        "p2": ("s", None),
        "p3": ("Same", None),
        "s": (None, None),
    }
    assert part.entities["p"] == built.entities["p"]
    assert part.namesakes == built.namesakes


def test_what_is_read_later_is_added_to_what_was_read() -> None:
    excerpt = excerpt_of(CHAIN, "p")
    excerpt.add({"s4"})
    assert sorted(excerpt.part("made").relations) == ["owns:p>s", "runs_on:s2>s3", "runs_on:s3>s4", "runs_on:s>s2"]
    assert excerpt.part("made").around == {"internet", "p", "s4"}
