"""No rule and no control is missing in one of the three readings, and what is missing is said with its reading."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import blastradius
from blastradius.model import ControlKind
from tests.rules.golden import rules
from tests.rules.readings import READINGS, gaps

PACKAGE = Path(blastradius.__file__).parent


def test_every_rule_and_control_is_in_every_reading() -> None:
    assert gaps(PACKAGE, rules(), ControlKind) == []


@pytest.mark.parametrize("name", ["R9b", "R13w", "sandboxed"])
@pytest.mark.parametrize("reading", READINGS)
def test_what_is_missing_is_named_with_its_reading(reading: str, name: str, tmp_path: Path) -> None:
    """A rule or a control that one reading alone does not speak of."""
    for file in (file for files in READINGS.values() for file in files):
        text = (PACKAGE / file).read_text("utf-8")
        planted = re.sub(rf"\b{name}\b", "gone", text) if file in READINGS[reading] else text
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(planted, "utf-8")
    what = "rule" if name.startswith("R") else "control"
    assert gaps(tmp_path, rules(), ControlKind) == [
        f"{what} {name} is missing in the {reading} ({', '.join(READINGS[reading])})"
    ]
