"""How well it is known what an estate says, counted."""

from __future__ import annotations

from typing import Any

import pytest

from blastradius.estate import Estate, footing
from blastradius.estate.footing import Footing, is_unsaid, status_of
from blastradius.model import Control, ControlKind
from tests.engine.short import estate


@pytest.mark.parametrize(
    ("kind", "said", "status", "unsaid"),
    [
        ("hardened", {}, "working", True),
        ("hardened", {"status": "working"}, "working", False),
        ("hardened", {"status": "assumed"}, "assumed", False),
        ("hardened", {"status": "failed"}, "failed", False),
        ("mfa", {}, "assumed", True),  # nobody said that it cannot be phished
        ("mfa", {"phishable": True}, "working", True),
        ("mfa", {"phishable": False}, "working", True),
        ("mfa", {"status": "failed"}, "failed", False),
        ("hard_mfa", {}, "working", True),
    ],
)
def test_how_well_a_control_is_known_to_work(kind: str, said: dict[str, Any], status: str, *, unsaid: bool) -> None:
    control = Control.model_validate({"kind": kind, **said})
    assert (status_of(control), is_unsaid(control)) == (status, unsaid)


def test_relations_are_counted_by_their_basis_and_controls_by_whether_they_are_shown_to_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of very many controls it is not counted which are only assumed to work."""

    def built() -> Estate:
        shown = (Control(kind=ControlKind.HARDENED), Control(kind=ControlKind.PINNED))
        assumed = Control(kind=ControlKind.COMPARTMENT, status="assumed")
        stated = ("owns:p>s basis=observed", "serves:s>o", "runs_on:s>s2 basis=inferred", "runs_on:s>s3 basis=assumed")
        return estate(*stated, "runs_on:s2>s3", controls={"s": (*shown, assumed)})

    assert built().footing == Footing(bases=(1, 2, 1, 1), controls=3, assumed=1)
    for most, count in ((3, 1), (2, None)):
        monkeypatch.setattr(footing, "MOST_CONTROLS", most)
        assert built().footing == Footing(bases=(1, 2, 1, 1), controls=3, assumed=count)
    before = built()
    changed = before.changed(controls=["segmented@s"])
    assert changed.change is not None
    assert before.footing.after(changed.change, changed) == Footing(bases=(1, 2, 1, 1), controls=4, assumed=None)
