"""The last day of what is open until a moment."""

from __future__ import annotations

import pytest

from blastradius.loaderkit.ending import last_day


@pytest.mark.parametrize(
    ("moment", "day", "inclusive"),
    [
        ("2026-07-01T00:00:00Z", "2026-06-30", "2026-07-01"),
        ("2026-07-01", "2026-06-30", "2026-07-01"),
        ("2026-06-30T23:59:59Z", "2026-06-30", "2026-06-30"),
        ("2026-07-01T01:00:00+02:00", "2026-06-30", "2026-06-30"),
        ("2026-06-30T23:00:00-02:00", "2026-07-01", "2026-07-01"),
        ("1782864000", "2026-06-30", "2026-07-01"),
        ("soon", None, None),
        ("", None, None),
        ("9" * 30, None, None),
        ("0001-01-01", None, "0001-01-01"),
    ],
)
def test_what_ends_at_midnight_ends_with_the_day_before(moment: str, day: str | None, inclusive: str | None) -> None:
    assert last_day(moment) == day
    assert last_day(moment, inclusive=True) == inclusive
