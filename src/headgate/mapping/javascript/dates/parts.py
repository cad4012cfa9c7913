"""What has been understood of a written date, and the moment that it makes."""

from __future__ import annotations

from dataclasses import dataclass, field

from headgate.mapping.javascript.dates.calendar import DAY, FARTHEST, days


@dataclass(slots=True)
class Zone:
    """An offset from UTC; None is what has not been said."""

    sign: int | None = None
    hours: int | None = None
    minutes: int | None = None

    def is_utc(self) -> bool:
        return self.hours == 0 and self.minutes == 0

    def set(self, hours: int) -> None:
        self.sign = -1 if hours < 0 else 1
        self.hours, self.minutes = abs(hours), 0

    def milliseconds(self) -> int | None:
        """Give how far clocks are ahead of UTC; None for more than V8 counts."""
        if self.sign is None:
            return 0
        seconds = ((self.hours or 0) * 3600 + (self.minutes or 0) * 60) % _UNSIGNED
        return None if seconds > _LARGEST_OFFSET else self.sign * seconds * 1000


@dataclass(slots=True)
class Parts:
    """Numbers as they stood: `date` up to three of them, `time` from hours to milliseconds."""

    date: list[int] = field(default_factory=list)
    time: list[int] = field(default_factory=list)
    month: int | None = None
    """If it was named."""
    half: int | None = None
    """Hours to add, if AM or PM was said."""
    zone: Zone = field(default_factory=Zone)
    is_iso: bool = False

    def milliseconds(self) -> int | None:
        """Give the time since 1970; None where there is none that `Date` reaches."""
        day, clock, offset = self._days(), self._clock(), self.zone.milliseconds()
        if day is None or clock is None or offset is None:
            return None
        time = day * DAY + clock - offset
        return time if abs(time) <= FARTHEST else None

    def _days(self) -> int | None:
        """Count days; the 31st of any month counts on into the next."""
        if not self.date:
            return None
        year, month, day = self._year_month_day()
        is_day = 1 <= month <= 12 and _is_day(day)  # noqa: PLR2004 - of the calendar
        return days(year, month, day) if is_day else None

    def _year_month_day(self) -> tuple[int, int, int]:
        """Tell the numbers apart by their sizes."""
        first, second, third = [*self.date, 1, 1][:3]
        if self.month is not None:
            day, year = (first, second) if _is_day(first) else (second, first)
            return self._full(year), self.month, day
        if self.is_iso or not _is_day(first):
            return self._full(first), second, third
        return self._full(third), first, second

    def _full(self, year: int) -> int:
        if self.is_iso or not 0 <= year < 100:  # noqa: PLR2004 - two digits
            return year
        return year + (2000 if year < 50 else 1900)  # noqa: PLR2004 - the middle of the century

    def _clock(self) -> int | None:
        """Count milliseconds of the day."""
        hour, minute, second, fraction = [*self.time, 0, 0, 0, 0][:4]
        if self.half is not None:
            if not 0 <= hour <= 12:  # noqa: PLR2004 - the hours of a half day
                return None
            hour = hour % 12 + self.half
        is_time = hour < 24 and minute < 60 and second < 60 and fraction < 1000  # noqa: PLR2004
        if is_time or (hour == 24 and minute == second == fraction == 0):  # noqa: PLR2004
            return ((hour * 60 + minute) * 60 + second) * 1000 + fraction
        return None


def _is_day(number: int) -> bool:
    return 1 <= number <= 31  # noqa: PLR2004 - of the longest month


_UNSIGNED = 2**32  # V8 counts an offset in 32 bits
_LARGEST_OFFSET = 2**31 - 1  # seconds
