"""Reading a written date as V8's `Date.parse` does: ISO 8601, or else nearly anything."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from headgate.mapping.liquidjs.dates.calendar import DAY, days, moment
from headgate.mapping.liquidjs.dates.tokens import END, NUMBER, SPACING, WORD, Token, tokens


def parse(text: str) -> float:
    """Give milliseconds since 1970, or NaN. What has no time zone is in UTC."""
    reading = _Reading(tokens(text))
    try:
        reading.iso()
        reading.rest()
        return reading.time()
    except _Unreadable:
        return math.nan


class _Unreadable(Exception):
    """A text that is no date."""


@dataclass
class _Zone:
    sign: int | None = None
    hour: int | None = None
    minute: int | None = None

    def is_utc(self) -> bool:
        return self.hour == 0 and self.minute == 0

    def set(self, hours: int) -> None:
        self.sign = -1 if hours < 0 else 1
        self.hour, self.minute = abs(hours), 0

    def milliseconds(self) -> int:
        if self.sign is None:
            return 0
        return self.sign * ((self.hour or 0) * 60 + (self.minute or 0)) * 60_000


@dataclass
class _Reading:
    tokens: list[Token]
    at: int = 0
    iso_date: bool = False
    date: list[int] = field(default_factory=list)
    clock: list[int] = field(default_factory=list)
    month: int | None = None
    half: int | None = None
    zone: _Zone = field(default_factory=_Zone)

    def iso(self) -> None:
        """Read as far as the text keeps to ISO 8601; only a `T` commits it to the whole."""
        if not self._iso_date():
            return
        if self._peek.text == "T" and self._peek.kind == WORD:
            self.at += 1
            self._iso_time()
        elif self._peek.kind != END:
            return
        if self.zone.sign is None and not self.clock:
            self.zone.set(0)
        self.iso_date = True

    def rest(self) -> None:
        """Read what is left, piece by piece, in any order."""
        numbered = bool(self.date)
        while (token := self._next()).kind != END:
            if token.kind == NUMBER:
                numbered = True
                self._number(token.number)
            elif token.kind == WORD:
                self._word(token, numbered=numbered)
            elif token.sign("+", "-") and (self.zone.is_utc() or self.clock):
                self._offset(1 if token.text == "+" else -1)
                numbered = True
            elif token.sign("+", "-", ")") and numbered:
                raise _Unreadable

    def time(self) -> float:
        """Put the parts together."""
        year, month, day = self._day()
        minutes, milliseconds = self._clock()
        whole = days(year, month, day) * DAY + minutes * 60_000 + milliseconds
        result = whole - self.zone.milliseconds()
        return math.nan if moment(result) is None else float(result)

    @property
    def _peek(self) -> Token:
        return self.tokens[self.at]

    def _next(self) -> Token:
        token = self.tokens[self.at]
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def _skip(self, sign: str) -> bool:
        if not self._peek.sign(sign):
            return False
        self.at += 1
        return True

    def _iso_date(self) -> bool:
        """Read `YYYY-MM-DD`; tell whether all that stands there was of this form."""
        sign = self._peek.text if self._peek.sign("+", "-") else ""
        ahead = self.tokens[self.at + 1] if sign else self._peek
        if not ahead.fixed(6 if sign else 4) or (sign == "-" and ahead.number == 0):
            self.at += 2 if sign == "-" and ahead.fixed(6) else 0
            return False
        self.at += 2 if sign else 1
        self.date.append(-ahead.number if sign == "-" else ahead.number)
        for largest in (12, 31):
            if not self._skip("-"):
                break
            if not self._peek.fixed(2, 1, largest):
                return False
            self.date.append(self._next().number)
        return True

    def _iso_time(self) -> None:
        hour = self._exactly(24)
        self._require(self._skip(":"))
        full = hour == _FULL_DAY
        self.clock += [hour, self._exactly(0 if full else 59)]
        if self._skip(":"):
            self.clock.append(self._exactly(0 if full else 59))
            if self._skip("."):
                fraction = self._next()
                self._require(fraction.kind == NUMBER and not (full and fraction.number))
                self.clock.append(_milliseconds(fraction))
        self._iso_zone()
        self._require(self._peek.kind == END)

    def _iso_zone(self) -> None:
        if self._peek.kind == WORD and self._peek.text == "Z":
            self.at += 1
            self.zone.set(0)
        elif self._peek.sign("+", "-"):
            self.zone.sign = 1 if self._next().text == "+" else -1
            if self._peek.fixed(4):
                self.zone.hour, self.zone.minute = divmod(self._next().number, 100)
                self._require(self.zone.hour <= _LAST_HOUR and self.zone.minute <= _LAST_MINUTE)
                return
            self.zone.hour = self._exactly(_LAST_HOUR)
            self._require(self._skip(":"))
            self.zone.minute = self._exactly(_LAST_MINUTE)

    def _exactly(self, largest: int) -> int:
        self._require(self._peek.fixed(2, 0, largest))
        return self._next().number

    def _require(self, holds: bool) -> None:  # noqa: FBT001 - reads like an assertion
        if not holds:
            raise _Unreadable

    def _number(self, number: int) -> None:
        if self._skip(":"):
            self._before_colon(number)
        elif self._peek.sign(".") and self._expects_time(number):
            self.at += 1
            self.clock.append(number)
            fraction = self._next()
            self._require(fraction.kind == NUMBER)
            self.clock.append(_milliseconds(fraction))
            self._end_clock()
        elif self.zone.hour is not None and self.zone.minute is None and number <= _LAST_MINUTE:
            self.zone.minute = number
        elif self._expects_time(number):
            self.clock.append(number)
            self._end_clock()
            following = self._peek
            ends = following.kind in (END, SPACING) or following.sign("+", "-")
            self._require(ends or (following.kind == WORD and following.text == "Z"))
        else:
            self._skip(".")
            self._require(len(self.date) < _DATE_PARTS)
            self.date.append(number)
            self._skip("-")

    def _before_colon(self, number: int) -> None:
        if self._skip(":"):
            self._require(not self.clock)
            self.clock += [number, 0]
            return
        self._require(len(self.clock) < _CLOCK_PARTS)
        self.clock.append(number)
        self._skip(".")

    def _expects_time(self, number: int) -> bool:
        limits = (-1, _LAST_MINUTE, _LAST_MINUTE, 999, -1)
        return number <= limits[min(len(self.clock), 4)]

    def _end_clock(self) -> None:
        self.clock = (self.clock + [0] * _CLOCK_PARTS)[:_CLOCK_PARTS]

    def _word(self, token: Token, *, numbered: bool) -> None:
        if token.text == "half" and self.clock:
            self.half = token.number
        elif token.text == "month":
            self.month = token.number
            self._skip("-")
        elif token.text in ("zone", "Z") and numbered:
            self.zone.set(token.number)
        else:
            self._require(not numbered and self._peek.kind != NUMBER)

    def _offset(self, sign: int) -> None:
        self.zone.sign = sign
        token = self._next() if self._peek.kind == NUMBER else Token(NUMBER)
        if self._peek.sign(":"):
            self.zone.hour, self.zone.minute = token.number, None
        elif token.length in (1, 2):
            self.zone.hour, self.zone.minute = token.number, 0
        elif token.length in (3, 4):
            self.zone.hour, self.zone.minute = divmod(token.number, 100)
        else:
            raise _Unreadable

    def _day(self) -> tuple[int, int, int]:
        self._require(bool(self.date))
        one, two, three = (self.date + [1] * _DATE_PARTS)[:_DATE_PARTS]
        year, month, day = self._ordered(one, two, three)
        if not self.iso_date and 0 <= year <= 99:  # noqa: PLR2004 - two digits
            year += 2000 if year < 50 else 1900  # noqa: PLR2004 - the middle of the century
        self._require(1 <= month <= 12 and 1 <= day <= _LAST_DAY)  # noqa: PLR2004 - months
        return year, month, day

    def _ordered(self, one: int, two: int, three: int) -> tuple[int, int, int]:
        """Tell year, month and day apart by their sizes."""
        is_day = 1 <= one <= _LAST_DAY
        if self.month is None:
            return (one, two, three) if self.iso_date or not is_day else (three, one, two)
        return (two, self.month, one) if is_day else (one, self.month, two)

    def _clock(self) -> tuple[int, int]:
        """Give minutes, and the milliseconds of the last one."""
        hour, minute, second, fraction = (self.clock + [0] * _CLOCK_PARTS)[:_CLOCK_PARTS]
        if self.half is not None:
            self._require(hour <= 12)  # noqa: PLR2004 - the hours of a half day
            hour = hour % 12 + self.half
        rest = (minute, second, fraction)
        inside = minute <= _LAST_MINUTE and second <= _LAST_MINUTE and fraction <= 999  # noqa: PLR2004
        self._require((hour <= _LAST_HOUR and inside) or (hour == _FULL_DAY and not any(rest)))
        return hour * 60 + minute, second * 1000 + fraction


def _milliseconds(token: Token) -> int:
    """Read a fraction of a second; digits beyond the ninth do not count."""
    return token.number * 1000 // int(10.0 ** min(token.length, 9))


_FULL_DAY = 24
_LAST_HOUR = 23
_LAST_MINUTE = 59
_LAST_DAY = 31
_DATE_PARTS = 3
_CLOCK_PARTS = 4
_MILLISECOND_DIGITS = 3
