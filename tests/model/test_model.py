"""The values of the model: what they take, and in which form they keep it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from blastradius.dates import is_date
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Credential, Party


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("2024-02-29", "2024-02-29"),
        ("2024-W09-4", "2024-02-29"),
        ("20240229", "2024-02-29"),
        ("2024-02-29T23:59:59Z", "2024-02-29"),
        ("2024-02-29 00:00", "2024-02-29"),
    ],
)
def test_dates_are_kept_so_that_text_sorts_by_time(written: str, kept: str) -> None:
    assert Party(id="a", contract_end=written).contract_end == kept
    assert Credential(id="a", expires=written).expires == kept
    assert Loaded(as_of=written).as_of == kept


@pytest.mark.parametrize("written", ["soon", "2024-02-30", "29.02.2024", "2024-13-01", "", "2024-02", "99999-01-01"])
def test_what_is_no_date_is_refused(written: str) -> None:
    assert not is_date(written)
    with pytest.raises(ValidationError, match="not a date; write it as YYYY-MM-DD"):
        Credential(id="a", expires=written)
