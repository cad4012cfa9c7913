"""Reading a written date as V8's `Date.parse` does.

V8 reads ISO 8601 first. From where that fails it goes on with an older reader, which picks
numbers and words out of nearly anything (`foo 1` is the first of January 2001).
"""

from __future__ import annotations

from headgate.mapping.javascript.dates.parts import Parts
from headgate.mapping.javascript.dates.tokens import END, Token, tokens


def parse(text: str) -> int | None:
    """Give milliseconds since 1970, or None for no date. What names no time zone is in UTC."""
    reader = _Reader(text)
    try:
        reader.read()
    except _NoDateError:
        return None
    return reader.parts.milliseconds()


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
        self.parts = Parts()

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
        has_number = bool(self.parts.date)
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
        if self.parts.zone.hours is None and not self.parts.time:
            self.parts.zone.set(0)
        self.parts.is_iso = True
        return None

    def _iso_year(self) -> Token | None:
        if self.peek().kind in _SIGNS:
            sign = self.next()
            year = self.peek()
            if not year.is_number(6) or (sign.kind == "-" and year.value == 0):
                if year.is_number(6):
                    self.next()
                return sign
            self.parts.date.append(_SIGNS[sign.kind] * self.next().value)
            return None
        if self.peek().is_number(4):
            self.parts.date.append(self.next().value)
            return None
        return self.next()

    def _iso_day(self) -> Token | None:
        for largest in (12, 31):
            if not self.skips("-"):
                return None
            if not self.peek().is_number(2, largest, 1):
                return self.next()
            self.parts.date.append(self.next().value)
        return None

    def _iso_time(self) -> None:
        hour = self._digits(24)
        rest = 59 if hour < 24 else 0  # noqa: PLR2004 - 24:00 is midnight
        _require(self.skips(":"))
        self.parts.time += [hour, self._digits(rest)]
        if self.skips(":"):
            self.parts.time.append(self._digits(rest))
            if self.skips("."):
                fraction = self.next()
                _require(fraction.kind == "number" and (rest or fraction.value == 0))
                self.parts.time.append(fraction.milliseconds)

    def _iso_offset(self) -> None:
        zone = self.parts.zone
        if self.peek().is_z:
            self.next()
            zone.set(0)
        elif self.peek().kind in _SIGNS:
            zone.sign = _SIGNS[self.next().kind]
            if self.peek().is_number(4):
                zone.hours, zone.minutes = divmod(self.next().value, 100)
                _require(zone.hours < 24 and zone.minutes < 60)  # noqa: PLR2004 - of the clock
            else:
                zone.hours = self._digits(23)
                _require(self.skips(":"))
                zone.minutes = self._digits(59)

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
        if token.kind in _SIGNS and (self.parts.zone.is_utc() or self.parts.time):
            self._offset(token)
            return True
        _require(not has_number or (token.kind not in _SIGNS and token.kind != ")"))
        return has_number

    def _number(self, n: int) -> None:
        zone = self.parts.zone
        if self.skips(":"):
            self._before_colon(n)
        elif self.skips(".") and self._expects(n):
            _require(self.peek().kind == "number")
            self.parts.time.append(n)
            self._finish_time(self.next().milliseconds)
        elif zone.hours is not None and zone.minutes is None and n < 60:  # noqa: PLR2004
            zone.minutes = n
        elif self._expects(n):
            self._finish_time(n)
            _require(self.peek().is_z or self.peek().kind in {"end", "space", *_SIGNS})
        else:
            _require(len(self.parts.date) < 3)  # noqa: PLR2004 - year, month, day
            self.parts.date.append(n)
            self.skips("-")

    def _before_colon(self, n: int) -> None:
        time = self.parts.time
        if self.skips(":"):
            _require(not time)
            time += [n, 0]
        else:
            _require(len(time) < 4)  # noqa: PLR2004 - down to milliseconds
            time.append(n)
            self.skips(".")

    def _expects(self, n: int) -> bool:
        """Tell whether the time has begun and can take a number next."""
        count = len(self.parts.time)
        return 1 <= count <= 3 and n < (60, 60, 1000)[count - 1]  # noqa: PLR2004

    def _finish_time(self, n: int) -> None:
        self.parts.time = [*self.parts.time, n, 0, 0, 0][:4]

    def _word(self, word: Token, *, has_number: bool) -> None:
        if word.kind == "half" and self.parts.time:
            self.parts.half = word.value
        elif word.kind == "month":
            self.parts.month = word.value
            self.skips("-")
        elif word.kind == "zone" and has_number:
            self.parts.zone.set(word.value)
        else:
            _require(not has_number and self.peek().kind != "number")

    def _offset(self, sign: Token) -> None:
        zone = self.parts.zone
        zone.sign = _SIGNS[sign.kind]
        figure = self.next() if self.peek().kind == "number" else Token("number")
        if self.peek().kind == ":":
            zone.hours, zone.minutes = figure.value, None
        elif figure.length in (1, 2):
            zone.hours, zone.minutes = figure.value, 0
        else:
            _require(figure.length in (3, 4))
            zone.hours, zone.minutes = divmod(figure.value, 100)


_SIGNS = {"+": 1, "-": -1}
_WORDS = frozenset({"word", "month", "zone", "half", "time"})
