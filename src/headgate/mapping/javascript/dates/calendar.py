"""The calendar of JavaScript's `Date`: days and milliseconds since 1970, for years of any sign."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

DAY: Final = 86_400_000
"""Milliseconds."""

FARTHEST: Final = 100_000_000 * DAY
"""Milliseconds from 1970, either way, that `Date` reaches."""

_YEARS = 400  # of a cycle of the calendar
_CYCLE = 146_097  # days
_EPOCH = 719_468  # days from 1 March of year 0 to 1970


class Moment(NamedTuple):
    """A point in time, in parts. `weekday` counts from Sunday, 0; `month` from January, 1."""

    time: float
    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    millisecond: int
    weekday: int


def days(year: int, month: int, day: int) -> int:
    """Count days since 1970; a day beyond the end of its month is one of the next."""
    shifted = year - (month <= _FEBRUARY)
    cycle, rest = divmod(shifted, _YEARS)
    in_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return cycle * _CYCLE + rest * 365 + rest // 4 - rest // 100 + in_year - _EPOCH


def moment(time: float) -> Moment | None:
    """Take milliseconds since 1970 apart; None where `Date` has no such moment."""
    if not math.isfinite(time) or abs(time) > FARTHEST:
        return None
    whole = math.trunc(time)
    day, rest = divmod(whole, DAY)
    minutes, milliseconds = divmod(rest, 60_000)
    year, month, date = _civil(day)
    return Moment(
        whole,
        year,
        month,
        date,
        *divmod(minutes, 60),
        *divmod(milliseconds, 1000),
        (day + 4) % 7,
    )


def is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _civil(day: int) -> tuple[int, int, int]:
    cycle, of_cycle = divmod(day + _EPOCH, _CYCLE)
    year = (of_cycle - of_cycle // 1460 + of_cycle // 36_524 - of_cycle // 146_096) // 365
    of_year = of_cycle - (365 * year + year // 4 - year // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + 3 if shifted < _TO_DECEMBER else shifted - 9
    return (
        cycle * _YEARS + year + (month <= _FEBRUARY),
        month,
        of_year - (153 * shifted + 2) // 5 + 1,
    )


_FEBRUARY = 2
_TO_DECEMBER = 10  # months from March on
