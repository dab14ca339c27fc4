"""Which changes make a world one of another estate, so that it cannot share rows with others."""

from __future__ import annotations

import pytest

from blastradius.engine.batch.alone import asked_alone, telling_controls, telling_relations
from blastradius.engine.scenario import Added, World
from blastradius.model import Control, ControlKind, Scenario
from tests.engine.short import estate

RELATIONS = (
    *("permits:c>o", "owns:p>s", "part_of:s2>s", "calls:s>o keys=k", "calls:s>o1", "serves:s>o", "serves:s2>o"),
    *("serves:s>o1", "publishes:s>f", "publishes:s2>f", "publishes:s>f1", "writes:o>d", "depends_on:s>s2"),
    *("reads:s>d", "consumes:s2>f", "runs_on:s>s2", "installs:s>f", "grants:k>o", "connects:s>s2"),
)
ALWAYS = {"permits:c>o", "owns:p>s", "part_of:s2>s", "calls:s>o", "serves:s>o", "serves:s2>o"}
ALWAYS |= {"publishes:s>f", "publishes:s2>f"}
IN_DOUBT = {"calls:s>o1", "serves:s>o1", "publishes:s>f1", "writes:o>d", "depends_on:s>s2"}
IN_DOUBT |= {"reads:s>d", "consumes:s2>f", "runs_on:s>s2"}


@pytest.mark.parametrize(
    ("control", "more"),
    [
        (None, set()),
        (Control(kind=ControlKind.FALLBACK), set()),
        (Control(kind=ControlKind.FALLBACK, provided_by="s9"), IN_DOUBT),
        (Control(kind=ControlKind.SEGMENTED, provided_by="s9"), set()),
    ],
)
def test_relations_that_tell_of_others_than_themselves(control: Control | None, more: set[str]) -> None:
    """Owners, parts, scopes, named keys, a supplier of several; who is behind what, where a control hangs on it."""
    built = estate(*RELATIONS, controls={"s2": control} if control else {})
    ids = built.columns.relations.ids
    assert {ids[number] for number in telling_relations(built.columns)} == ALWAYS | more


def test_controls_that_tell_of_others_than_what_they_stop() -> None:
    controls = {
        "o1": Control(kind=ControlKind.APPROVAL, provided_by="s9"),
        "o2": Control(kind=ControlKind.OBJECT_AUTHZ, provided_by="s9"),
        "o3": Control(kind=ControlKind.APPROVAL),
        "o4": Control(kind=ControlKind.FUNCTION_AUTHZ, provided_by="s9"),
    }
    bound = {(ControlKind.NON_EXPORTABLE, host) for host in ("issues:o>k", "k")}
    ours = {(ControlKind.APPROVAL, "o1"), (ControlKind.OBJECT_AUTHZ, "o2")}
    built = estate("issues:o>k", *(f"grants:k2>{name}" for name in controls), controls=controls)
    assert telling_controls(built) == bound | ours


def test_worlds_that_are_asked_alone() -> None:
    """What tells is asked of each change once."""
    added: Added = (ControlKind.PAM, "s")
    other: Added = (ControlKind.PAM, "s2")
    plain, ends = Scenario(), Scenario(hours=5)
    worlds = {
        World(plain): False,
        World(plain, without=("telling",)): True,
        World(plain, without=("silent", "telling")): True,
        World(plain, without=("silent",), controls=(other,)): False,
        World(plain, controls=(added,)): True,
        World(plain, without=("silent",), controls=(other, added)): True,
        World(plain, proposed=True): False,
        World(ends): False,
        World(ends, proposed=True): True,
        World(Scenario(controls=("pam@s",))): True,
        World(Scenario(without=("silent",))): True,
    }
    asked = list[str | Added]()

    def tells(change: str | Added) -> bool:
        asked.append(change)
        return change in ("telling", added)

    assert asked_alone([*worlds], tells) == {place for place, alone in enumerate(worlds.values()) if alone}
    assert sorted(asked, key=str) == sorted(["telling", "silent", added, other], key=str)
    assert asked_alone([World(plain, without=("silent",))], lambda _: False) == set()
