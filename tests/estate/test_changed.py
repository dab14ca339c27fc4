"""An estate as it is changed for a question: relations taken away, controls put in place, clocks kept."""

from __future__ import annotations

import pytest

from blastradius.engine import solve
from blastradius.errors import InputError, UsageError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Control, ControlKind, Party, Scenario
from tests.engine.short import estate, fact, scenario


def test_nothing_changed_is_the_same_estate() -> None:
    built = estate("grants:k>o", "reads:o>d")
    assert built.changed() is built


def test_a_relation_is_gone_and_a_control_stands_while_the_first_estate_stays() -> None:
    built = estate("grants:k>o", "reads:o>d", "writes:o>d2")
    changed = built.changed(without=["reads:o>d"], controls=["approval@writes:o>d2", "mfa@k"])
    assert set(changed.relations) == {"grants:k>o", "writes:o>d2"}
    assert {"approval@writes:o>d2", "mfa@k"} <= set(changed.controls)
    assert (set(built.relations), set(built.controls)) == ({"grants:k>o", "reads:o>d", "writes:o>d2"}, set())
    assert list(changed.columns.entities.ids)[: len(built.entities)] == list(built.columns.entities.ids)


def test_a_control_does_not_bring_back_the_relation_it_is_put_on() -> None:
    changed = estate("reads:o>d").changed(without=["reads:o>d"], controls=["encrypted_elsewhere@reads:o>d"])
    assert (dict(changed.relations), dict(changed.controls)) == ({}, {})


def test_a_control_put_in_place_works_where_another_of_its_kind_had_failed() -> None:
    failed = Control(kind=ControlKind.APPROVAL, status="failed")
    built = estate("grants:k>o", "writes:o>d", controls={"o": failed})
    assert fact("write(d)") in solve(built, scenario("leak k")).levels
    assert fact("write(d)") not in solve(built, scenario("leak k", controls=("approval@o",))).levels


def test_a_control_put_in_place_falls_to_distrust_like_any_other() -> None:
    asked = scenario("leak k", controls=("approval@o",), distrust=("approval@o",))
    assert fact("write(d)") in solve(estate("grants:k>o", "writes:o>d"), asked).levels


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"without": ("reads:o>x",)}, "'reads:o>x' is not a relation of the estate; did you mean 'reads:o>d'?"),
        ({"controls": ("approval",)}, "'approval' is not a control and a place; write KIND@ID"),
        ({"controls": ("aproval@o",)}, "did you mean 'approval'?"),
        ({"controls": ("approval@x",)}, "with: 'x' is not in the estate"),
        ({"controls": ("compartment@k",), "without": ()}, None),
        ({"controls": ("hardened@k",)}, "with: "),
        ({"controls": ("hardened@k", "staged@k")}, "; control 'staged' stops nothing on credential"),
    ],
)
def test_what_cannot_be_changed_is_said(more: dict[str, tuple[str, ...]], says: str | None) -> None:
    built = estate("grants:k>o", "reads:o>d")
    asked = Scenario(leak=("k",)).model_copy(update=more)
    if says is None:
        assert solve(built, asked).levels
        return
    with pytest.raises(UsageError) as error:
        solve(built, asked)
    assert says in str(error.value)


def test_clocks_of_several_sources_give_the_fewest_hours() -> None:
    parts = [Loaded(entities=(Party(id="p"),), clock={"R1": 5, "R2": 1}), Loaded(clock={"R1": 2})]
    assert Estate.build(parts).clock == {"R1": 2, "R2": 1}
    with pytest.raises(InputError, match="clock: no rule is called 'R99'; the rules are R1, R2"):
        Estate.build([Loaded(clock={"R99": 2})])
