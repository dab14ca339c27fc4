"""Dates as text that sorts by time."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator


def iso_date(text: str) -> str:
    """A date of ISO 8601, a week date or one with a time among them, as a calendar date; so that text sorts by time.

    Raises:
        ValueError: it is no date.
    """
    day = text[:10] if text[10:11] in ("T", "t", " ") else text
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError:
        raise ValueError("not a date; write it as YYYY-MM-DD") from None


def is_date(text: str) -> bool:
    """Whether a text is a date that ``iso_date`` reads."""
    try:
        iso_date(text)
    except ValueError:
        return False
    return True


Date = Annotated[str, AfterValidator(iso_date)]
"""A date of a model, kept as a calendar date."""
