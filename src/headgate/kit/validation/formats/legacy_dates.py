"""Texts that Segment takes for a moment: those of Day.js and those of V8's `Date.parse`.

V8 reads ISO 8601 first. From where that fails it goes on with an older reader, which picks
numbers and words out of nearly anything (`foo 1` is the first of January 2001).
"""

from __future__ import annotations

import re

from headgate.kit.validation.formats.date_tokens import END, Token, tokens
from headgate.mapping.javascript import WHITE_SPACE, number
from headgate.mapping.javascript.numbers import parse

_DAY_JS = re.compile(
    r"[0-9]{4}[-/]?(?:[0-9]{1,2})?[-/]?[0-9]{0,2}"
    rf"[Tt{WHITE_SPACE}]*+(?:[0-9]{{1,2}})?:?(?:[0-9]{{1,2}})?:?(?:[0-9]{{1,2}})?[.:]?[0-9]*"
)
_LAST_MOMENT = 8_640_000_000_000_000  # milliseconds since 1970, either way
_DAY = 86_400_000  # milliseconds
_LARGEST_OFFSET = 2**31 - 1  # seconds


def is_date_like(text: str) -> bool:
    """Tell whether Segment takes a text for a moment.

    A number in its canonical form counts seconds, however many digits it has.
    """
    seconds = parse(text)
    if number(seconds) == text:
        return abs(seconds * 1000) <= _LAST_MOMENT
    if text[-1:] not in ("z", "Z") and _DAY_JS.fullmatch(text):
        return True
    return is_date(text)


def is_date(text: str) -> bool:
    """Tell whether V8's `Date.parse` gives a date, with UTC as the local time."""
    reader = _Reader(text)
    try:
        reader.read()
    except _NoDateError:
        return False
    return reader.is_moment()


class _NoDateError(Exception):
    """The text turned out to be no date."""


def _require(condition: object) -> None:
    if not condition:
        raise _NoDateError


class _Reader:
    """One reading: the tokens, and what has been understood of them."""

    def __init__(self, text: str) -> None:
        self.tokens = tokens(text)
        self.ahead = next(self.tokens, END)
        self.date: list[int] = []
        self.month: int | None = None  # if it was named
        self.time: list[int] = []
        self.half: int | None = None  # hours to add, if AM or PM was said
        self.sign: int | None = None  # of the offset from UTC
        self.hours: int | None = None
        self.minutes: int | None = None
        self.is_iso = False

    def peek(self) -> Token:
        return self.ahead

    def next(self) -> Token:
        token, self.ahead = self.ahead, next(self.tokens, END)
        return token

    def skips(self, kind: str) -> bool:
        if self.ahead.kind != kind:
            return False
        self.next()
        return True

    def read(self) -> None:
        """Read the text, or raise `_NoDateError`."""
        token = self._iso() or self.next()
        has_number = bool(self.date)
        while token is not END:
            has_number = self._legacy(token, has_number=has_number)
            token = self.next()

    def _iso(self) -> Token | None:
        """Read ISO 8601; the token that does not fit, if any, is for the older reader."""
        if (misfit := self._iso_year()) or (misfit := self._iso_day()):
            return misfit
        if self.skips("time"):
            self._iso_time()
            self._iso_offset()
            _require(self.peek() is END)
        elif self.peek() is not END:
            return self.next()
        if self.hours is None and not self.time:
            self._zone(0)
        self.is_iso = True
        return None

    def _iso_year(self) -> Token | None:
        if self.peek().kind in _SIGNS:
            sign = self.next()
            year = self.peek()
            if not year.is_number(6) or (sign.kind == "-" and year.value == 0):
                if year.is_number(6):
                    self.next()
                return sign
            self.date.append(_SIGNS[sign.kind] * self.next().value)
            return None
        if self.peek().is_number(4):
            self.date.append(self.next().value)
            return None
        return self.next()

    def _iso_day(self) -> Token | None:
        for largest in (12, 31):
            if not self.skips("-"):
                return None
            if not self.peek().is_number(2, largest, 1):
                return self.next()
            self.date.append(self.next().value)
        return None

    def _iso_time(self) -> None:
        hour = self._digits(24)
        rest = 59 if hour < 24 else 0  # noqa: PLR2004 - 24:00 is midnight
        _require(self.skips(":"))
        self.time += [hour, self._digits(rest)]
        if self.skips(":"):
            self.time.append(self._digits(rest))
            if self.skips("."):
                fraction = self.next()
                _require(fraction.kind == "number" and (rest or fraction.value == 0))
                self.time.append(0)

    def _iso_offset(self) -> None:
        if self.peek().kind == "zone" and self.peek().length == 1:
            self.next()
            self._zone(0)
        elif self.peek().kind in _SIGNS:
            self.sign = _SIGNS[self.next().kind]
            if self.peek().is_number(4):
                self.hours, self.minutes = divmod(self.next().value, 100)
                _require(self.hours < 24 and self.minutes < 60)  # noqa: PLR2004 - of the clock
            else:
                self.hours = self._digits(23)
                _require(self.skips(":"))
                self.minutes = self._digits(59)

    def _digits(self, most: int) -> int:
        """Read two digits, up to a value."""
        _require(self.peek().is_number(2, most))
        return self.next().value

    def _legacy(self, token: Token, *, has_number: bool) -> bool:
        """Take one token as the older reader does; tells whether a number has been read."""
        if token.kind == "number":
            self._number(token.value)
            return True
        if token.kind in _WORDS:
            self._word(token, has_number=has_number)
            return has_number
        if token.kind in _SIGNS and (self._is_utc() or self.time):
            self._offset(token)
            return True
        _require(not has_number or (token.kind not in _SIGNS and token.kind != ")"))
        return has_number

    def _number(self, n: int) -> None:
        if self.skips(":"):
            self._before_colon(n)
        elif self.skips(".") and self._expects(n):
            _require(self.peek().kind == "number")
            self.time.append(n)
            self._finish_time(self.next().milliseconds)
        elif self.hours is not None and self.minutes is None and n < 60:  # noqa: PLR2004
            self.minutes = n
        elif self._expects(n):
            self._finish_time(n)
            after = self.peek()
            is_z = after.kind == "zone" and after.length == 1
            _require(is_z or after.kind in {"end", "space", *_SIGNS})
        else:
            _require(len(self.date) < 3)  # noqa: PLR2004 - year, month, day
            self.date.append(n)
            self.skips("-")

    def _before_colon(self, n: int) -> None:
        if self.skips(":"):
            _require(not self.time)
            self.time += [n, 0]
        else:
            _require(len(self.time) < 4)  # noqa: PLR2004 - down to milliseconds
            self.time.append(n)
            self.skips(".")

    def _expects(self, n: int) -> bool:
        """Tell whether the time has begun and can take a number next."""
        return 1 <= len(self.time) <= 3 and n < (60, 60, 1000)[len(self.time) - 1]  # noqa: PLR2004

    def _finish_time(self, n: int) -> None:
        self.time = [*self.time, n, 0, 0, 0][:4]

    def _word(self, word: Token, *, has_number: bool) -> None:
        if word.kind == "half" and self.time:
            self.half = word.value
        elif word.kind == "month":
            self.month = word.value
            self.skips("-")
        elif word.kind == "zone" and has_number:
            self._zone(word.value)
        else:
            _require(not has_number and self.peek().kind != "number")

    def _zone(self, hours: int) -> None:
        self.sign = -1 if hours < 0 else 1
        self.hours, self.minutes = abs(hours), 0

    def _is_utc(self) -> bool:
        return self.hours == 0 and self.minutes == 0

    def _offset(self, sign: Token) -> None:
        self.sign = _SIGNS[sign.kind]
        figure = self.next() if self.peek().kind == "number" else Token("number")
        if self.peek().kind == ":":
            self.hours, self.minutes = figure.value, None
        elif figure.length in (1, 2):
            self.hours, self.minutes = figure.value, 0
        else:
            _require(figure.length in (3, 4))
            self.hours, self.minutes = divmod(figure.value, 100)

    def is_moment(self) -> bool:
        """Tell whether what was read is a time that JavaScript's dates reach."""
        if not self.date:
            return False
        year, month, day = self._year_month_day()
        clock = self._clock()
        if not (1 <= month <= 12 and 1 <= day <= 31) or clock is None:  # noqa: PLR2004
            return False
        offset = ((self.hours or 0) * 3600 + (self.minutes or 0) * 60) % 2**32
        if self.sign is None:
            offset = 0
        elif offset > _LARGEST_OFFSET:
            return False
        moment = _days(year, month, day) * _DAY + clock - (self.sign or 0) * offset * 1000
        return abs(moment) <= _LAST_MOMENT

    def _year_month_day(self) -> tuple[int, int, int]:
        first, second, third = [*self.date, 1, 1][:3]
        if self.month is not None:
            day, year = (first, second) if 1 <= first <= 31 else (second, first)  # noqa: PLR2004
            return self._full(year), self.month, day
        if self.is_iso or not 1 <= first <= 31:  # noqa: PLR2004 - no day, so a year
            return self._full(first), second, third
        return self._full(third), first, second

    def _full(self, year: int) -> int:
        if self.is_iso or not 0 <= year < 100:  # noqa: PLR2004 - two digits
            return year
        return year + (2000 if year < 50 else 1900)  # noqa: PLR2004

    def _clock(self) -> int | None:
        hour, minute, second, fraction = [*self.time, 0, 0, 0, 0][:4]
        if self.half is not None:
            if not 0 <= hour <= 12:  # noqa: PLR2004
                return None
            hour = hour % 12 + self.half
        is_time = hour < 24 and minute < 60 and second < 60 and fraction < 1000  # noqa: PLR2004
        if is_time or (hour == 24 and minute == second == fraction == 0):  # noqa: PLR2004
            return ((hour * 60 + minute) * 60 + second) * 1000 + fraction
        return None


def _days(year: int, month: int, day: int) -> int:
    """Count days since 1970 in the Gregorian calendar, for any year."""
    year -= month <= 2  # noqa: PLR2004 - years from March have the leap day last
    in_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return year * 365 + year // 4 - year // 100 + year // 400 + in_year - 719_468


_SIGNS = {"+": 1, "-": -1}
_WORDS = frozenset({"word", "month", "zone", "half", "time"})
