"""Filters that write dates."""

from __future__ import annotations

import math
import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from headgate.mapping.javascript.dates import moment, parse
from headgate.mapping.liquidjs.budget import Fault
from headgate.mapping.liquidjs.conversions import (
    is_number,
    missing,
    settle,
    stringify,
    to_number,
    to_primitive,
)
from headgate.mapping.liquidjs.dates import Zoned, ordinal, strftime
from headgate.mapping.values import UNDEFINED

if TYPE_CHECKING:
    from headgate.mapping.liquidjs.budget import Budget

_FORMAT = "%A, %B %-e, %Y at %-l:%M %P %z"
_SECONDS = re.compile("[0-9]+")
_MINUTE = 60_000  # milliseconds


def date(
    budget: Budget, value: object, pattern: object = UNDEFINED, zone: object = UNDEFINED
) -> object:
    """Write a date by a pattern, in UTC or a zone: its name, or minutes west of UTC."""
    budget.allocate(sum(len(each) for each in (value, pattern, zone) if isinstance(each, str)))
    zoned = _zoned(budget, value, zone)
    if zoned is None:
        return value
    pattern = settle(pattern)
    return strftime(budget, zoned, _FORMAT if missing(pattern) else stringify(budget, pattern))


def date_to_xmlschema(budget: Budget, value: object) -> object:
    return date(budget, value, "%Y-%m-%dT%H:%M:%S%:z")


def date_to_rfc822(budget: Budget, value: object) -> object:
    return date(budget, value, "%a, %d %b %Y %H:%M:%S %z")


def date_to_string(
    budget: Budget, value: object, kind: object = UNDEFINED, style: object = UNDEFINED
) -> object:
    return _in_words(budget, value, "%b", kind, style)


def date_to_long_string(
    budget: Budget, value: object, kind: object = UNDEFINED, style: object = UNDEFINED
) -> object:
    return _in_words(budget, value, "%B", kind, style)


def _in_words(budget: Budget, value: object, month: str, kind: object, style: object) -> object:
    zoned = _zoned(budget, value, UNDEFINED)
    if zoned is None:
        return value
    day = zoned.moment.day
    if kind != "ordinal":
        pattern = f"%d {month} %Y"
    elif style == "US":
        pattern = f"{month} {day}{ordinal(day)}, %Y"
    else:
        pattern = f"{day}{ordinal(day)} {month} %Y"
    return strftime(budget, zoned, pattern)


def _zoned(budget: Budget, value: object, zone: object) -> Zoned | None:
    """Read a value as a date; None where it is none."""
    if missing(settle(value)):
        return None
    instant = _instant(budget, settle(value))
    point = moment(instant)
    if point is None:
        return None
    offset, name = _offset(budget, point.time, zone)
    shown = moment(point.time - offset * _MINUTE)
    return Zoned(shown, offset, name) if shown else None


def _instant(budget: Budget, value: object) -> float:
    """Milliseconds since 1970. Numbers, and texts of digits, are seconds."""
    if value in ("now", "today") and isinstance(value, str):
        return float(time.time_ns() // 1_000_000)
    if is_number(value):
        return to_number(budget, value) * 1000
    if isinstance(value, str) and _SECONDS.fullmatch(value):
        return to_number(budget, value) * 1000
    value = to_primitive(budget, value)
    if not isinstance(value, str):
        return to_number(budget, value)
    budget.work(_READING * len(value))
    read = parse(value)
    return math.nan if read is None else read


def _offset(budget: Budget, instant: float, zone: object) -> tuple[float, str]:
    """Give minutes west of UTC, and the name that `%Z` shows."""
    if missing(zone):
        return 0, "UTC"
    if not isinstance(zone, str):
        return to_number(budget, zone), ""
    return _zone_offset(zone, instant), zone


def _zone_offset(name: str, instant: float) -> float:
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Fault(f"Invalid time zone specified: {name}") from None
    seconds = instant // 1000
    if not _FIRST <= seconds <= _LAST:  # the calendar repeats itself, `datetime` does not reach
        seconds = _LATE + (seconds - _LATE) % _CYCLE if seconds > 0 else _FIRST + seconds % _CYCLE
    offset = datetime.fromtimestamp(seconds, UTC).astimezone(zone).utcoffset()
    return -(offset.total_seconds() if offset else 0) / 60


_READING = 200  # units of work for a character of a date
_CYCLE = 146_097 * 86_400  # seconds of 400 years
_FIRST = -62_000_000_000  # in the year 5
_LATE = 200_000_000_000  # in the year 8307
_LAST = 253_000_000_000  # in the year 9987
