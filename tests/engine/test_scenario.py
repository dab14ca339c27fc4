"""What is said before an answer to a scenario is believed."""

from __future__ import annotations

import pytest

from blastradius.engine import warnings
from tests.engine.short import estate, scenario


@pytest.mark.parametrize(
    ("start", "hours", "said"),
    [
        ("compromise p", 4.0, ["everything denied is taken to be back after 4 hours"]),
        ("leak k", 0.5, ["everything denied is taken to be back after 0.5 hours"]),
        ("leak k", None, []),
        ("outage s", 4.0, []),
    ],
)
def test_an_attack_is_said_to_end_where_it_does(start: str, hours: float | None, said: list[str]) -> None:
    asked = scenario(start).model_copy(update={"hours": hours})
    assert [note.message for note in warnings(estate("owns:p>s", "holds:p>k"), asked)] == said
