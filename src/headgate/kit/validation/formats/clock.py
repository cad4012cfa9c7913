"""Dates and times as RFC 3339 writes them, a little looser."""

from __future__ import annotations

import re
from calendar import monthrange

from headgate.mapping.javascript import WHITE_SPACE

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(
    r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]++)?(?:[zZ]|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
_TIMESTAMP = re.compile(
    "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?Z"
)
_BETWEEN = re.compile(f"[tT{WHITE_SPACE}]")
_DECEMBER = 12
_LEAP_SECOND = (23, 59, 60)
_LEAP_YEAR = 2000  # stands for the year 0, which Python's calendar lacks


def is_date(text: str) -> bool:
    """A day that exists: `2021-02-28`."""
    match = _DATE.fullmatch(text)
    return match is not None and exists(*map(int, match.groups()))


def exists(year: int, month: int, day: int) -> bool:
    """Tell whether the calendar has such a day; years are 0 to 9999."""
    if not 1 <= month <= _DECEMBER:
        return False
    return 1 <= day <= monthrange(year or _LEAP_YEAR, month)[1]


def is_time(text: str) -> bool:
    """Hours, minutes and seconds, maybe a fraction, maybe a zone: `10:00:00.5Z`."""
    match = _TIME.fullmatch(text)
    if match is None:
        return False
    hour, minute, second = map(int, match.groups())
    in_range = hour < 24 and minute < 60 and second < 60  # noqa: PLR2004 - of the clock
    return in_range or (hour, minute, second) == _LEAP_SECOND


def is_date_time(text: str) -> bool:
    """A date and a time with `T` or white space between them; the zone may be missing."""
    parts = _BETWEEN.split(text, maxsplit=2)
    return len(parts) == 2 and is_date(parts[0]) and is_time(parts[1])  # noqa: PLR2004


def is_timestamp(text: str) -> bool:
    """Recognise most moments as clients write them; days after the 28th take a closer look."""
    return _TIMESTAMP.fullmatch(text) is not None
