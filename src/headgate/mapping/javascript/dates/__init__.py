"""Dates as JavaScript has them: what V8's `Date.parse` reads, and the calendar of `Date`."""

from headgate.mapping.javascript.dates.calendar import (
    DAY,
    FARTHEST,
    Moment,
    days,
    is_leap,
    moment,
)
from headgate.mapping.javascript.dates.reading import parse
from headgate.mapping.javascript.dates.tokens import MONTHS

__all__ = ["DAY", "FARTHEST", "MONTHS", "Moment", "days", "is_leap", "moment", "parse"]
