"""Dates as people write them: a day, a stretch of days, or no end at all; what could be two days is none."""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Iterable

_MONTHS = (
    "jan(?:uary|uar)?", "feb(?:ruary|ruar)?", "mar(?:ch)?|mär(?:z)?|mrz", "apr(?:il)?", "may|mai", "june?|juni",
    "july?|juli", "aug(?:ust)?", "sept?(?:ember)?", "o[ck]t(?:ober)?", "nov(?:ember)?", "de[cz](?:ember)?",
)  # fmt: skip
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})\.?"
_YEAR = r"(?P<year>(?:19|20)?[0-9]{2})"
_WHOLE_YEAR = r"(?P<year>(?:19|20)[0-9]{2})"
_TH = r"(?:st|nd|rd|th|\.)?"

_ISO = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?:[T ][0-9:.]+(?:Z|[+-][0-9:]+)?)?")
_NUMBERS = re.compile(r"([0-9]{1,2})([./-])([0-9]{1,2})\2((?:19|20)[0-9]{2}|(?<!-)[0-9]{2})(?: 0?0:00(?::00)?)?")
_NAMED = (
    re.compile(rf"(?P<day>[0-9]{{1,2}}){_TH}(?: of)?[ /-]*{_MONTH},?[ /-]*{_YEAR}", re.IGNORECASE),
    re.compile(rf"{_MONTH}[ -]*(?P<day>[0-9]{{1,2}}){_TH},?[ -]+{_WHOLE_YEAR}", re.IGNORECASE),
)
_STRETCHES = (
    re.compile(rf"{_MONTH},?[ /-]*{_WHOLE_YEAR}", re.IGNORECASE),
    re.compile(rf"{_MONTH} ?['\u2019-]{_YEAR}", re.IGNORECASE),
    re.compile(rf"(?P<number>[0-9]{{1,2}})[/.-]{_WHOLE_YEAR}"),
    re.compile(rf"{_WHOLE_YEAR}[/.-](?P<number>[0-9]{{1,2}})"),
    re.compile(rf"q(?P<quarter>[1-4])[ /.'\u2019-]*{_YEAR}", re.IGNORECASE),
    re.compile(rf"{_WHOLE_YEAR}[ /.-]*q(?P<quarter>[1-4])", re.IGNORECASE),
    re.compile(rf"h(?P<half>[12])[ /.'\u2019-]*{_YEAR}", re.IGNORECASE),
    re.compile(rf"{_WHOLE_YEAR}[ /.-]*h(?P<half>[12])", re.IGNORECASE),
    re.compile(rf"(?:(?:by |at )?(?:the )?end(?: of)?|eoy|year[- ]end)?\s*{_WHOLE_YEAR}", re.IGNORECASE),
)
NO_END = "open"
"""What stands for no end at all, later than any day as text."""
_OPEN = frozenset(
    ("rolling", "evergreen", "ongoing", "open", "open ended", "no end", "no end date", "indefinite", "indefinitely",
     "perpetual", "permanent", "unlimited", "until terminated", "until cancelled", "until canceled", "auto renew",
     "auto renewal", "auto renewing", "auto renews", "automatic renewal", "renews automatically", "month to month",
     "monthly", "unbefristet", "laufend", "fortlaufend", "automatische verlängerung")
)  # fmt: skip


def date(text: str, order: str | None) -> str | None:
    """A day as ISO: year first, with a month's name, or by numbers where the order of day and month is clear."""
    text = text.strip()
    if found := _ISO.fullmatch(text):
        return _iso(found[1], found[2], found[3])
    if named := next((match for pattern in _NAMED if (match := pattern.fullmatch(text))), None):
        return _iso(_year(named["year"]), _month(named["month"]), named["day"])
    found = _NUMBERS.fullmatch(text)
    order = order or _order(found) if found else None
    if found is None or order is None:
        return None
    first, second, year = found[1], found[3], _year(found[4])
    return _iso(year, second, first) if order == "dmy" else _iso(year, first, second)


def last_day(text: str) -> str | None:
    """The last day of a month, a quarter, half a year or a year, as ISO: no later one is meant."""
    found = next((match for pattern in _STRETCHES if (match := pattern.fullmatch(text.strip()))), None)
    if found is None:
        return None
    said = found.groupdict()
    month = _month(said["month"]) if said.get("month") else int(said.get("number") or 12)
    month = int(said["quarter"]) * 3 if said.get("quarter") else int(said["half"]) * 6 if said.get("half") else month
    year = int(_year(said["year"]))
    return _iso(year, month, calendar.monthrange(year, month)[1]) if 1 <= month <= 12 else None


def is_open(text: str) -> bool:
    """Whether a text says that there is no end."""
    return " ".join(re.sub(r"[^\w]+", " ", text.lower()).split()) in _OPEN


def is_ambiguous(text: str) -> bool:
    """Whether a text is a date by numbers in which either of two could be the month."""
    found = _NUMBERS.fullmatch(text.strip())
    return found is not None and _order(found) is None


def order_of(texts: Iterable[str]) -> str | None:
    """In which order a column writes day and month, where it says so at least once and never the other way."""
    matches = (_NUMBERS.fullmatch(text.strip()) for text in texts)
    telling = (found for found in matches if found and found[2] != "." and found[1] != found[3])
    orders = {order for found in telling if (order := _order(found))}
    return orders.pop() if len(orders) == 1 else None


def _order(found: re.Match[str]) -> str | None:
    if found[2] == "." or found[1] == found[3]:
        return "dmy"
    return "dmy" if int(found[1]) > 12 else "mdy" if int(found[3]) > 12 else None


def _year(text: str) -> str:
    """A year of two digits is one of this century until 2079."""
    return text if len(text) == 4 else f"{'19' if int(text) >= 80 else '20'}{text}"


def _month(text: str) -> int:
    return next(number for number, names in enumerate(_MONTHS, 1) if re.fullmatch(names, text, re.IGNORECASE))


def _iso(year: str | int, month: str | int, day: str | int) -> str | None:
    try:
        return datetime.date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None
