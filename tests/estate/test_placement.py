"""Where controls stand: those that are declared, and those that a scope or a date implies."""

from __future__ import annotations

import pytest

from blastradius.estate import Estate
from blastradius.model import Control, ControlKind
from tests.engine.short import estate

APPROVED = Control(kind=ControlKind.APPROVAL)


@pytest.fixture
def built() -> Estate:
    return estate(
        "permits:c>o", "permits:c>o2", "permits:c>o3", "grants:k>c", "serves:s>o4",
        controls={
            "o2": APPROVED,
            "o3": Control(kind=ControlKind.FUNCTION_AUTHZ, status="failed"),
            "o4": APPROVED,
            "serves:s>o4": (Control(kind=ControlKind.SANDBOXED), Control(kind=ControlKind.HARDENED, provided_by="s2")),
        },
    )  # fmt: skip


def test_what_a_scope_permits_it_guards_unless_it_is_said_whether_something_does(built: Estate) -> None:
    """By host in the estate's order, entities first, and by kind."""
    assert {name: placed.control.status for name, placed in built.controls.items()} == {
        "function_authz@o": "assumed",
        "approval@o2": "working",
        "function_authz@o2": "assumed",
        "function_authz@o3": "failed",
        "approval@o4": "working",
        "hardened@serves:s>o4": "working",
        "sandboxed@serves:s>o4": "working",
    }
    assert len(built.controls) == 7
    assert list(built.controls.hosts) == ["o", "o2", "o3", "o4", "serves:s>o4"]
    implied = dict(zip(built.controls, built.controls.implied.tolist(), strict=True))
    assert [name for name, is_implied in implied.items() if is_implied] == ["function_authz@o", "function_authz@o2"]


def test_each_control_is_found_where_it_stands(built: Estate) -> None:
    assert [placed.id for placed in built.controls_on("o2")] == ["approval@o2", "function_authz@o2"]
    assert built.controls_on("s") == ()
    assert built.controls["hardened@serves:s>o4"].control.provided_by == "s2"
    columns = built.columns.controls
    assert [built.table.names[number] for number in columns.provider.tolist() if number >= 0] == ["s2"]
    for name in ("hardened@o", "approval@o", "approval", "approval@nowhere"):
        with pytest.raises(KeyError):
            built.controls[name]
