"""Writing a moment by a pattern: `strftime` as LiquidJS has it, in American English."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from headgate.mapping.javascript.dates import Moment, days, is_leap
from headgate.mapping.liquidjs.budget import Budget, Output

if TYPE_CHECKING:
    from collections.abc import Callable

DAYS: Final = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
MONTHS: Final = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]

_CODE = re.compile("%([-_0^#:]+)?([0-9]+)?([EO])?([^\n\r\u2028\u2029])")
_WIDTHS = dict.fromkeys("CdeHIklmMSUWy", 2) | {"j": 3, "L": 3, "Y": 4}
_PADDED_WITH_SPACES = frozenset("aAbBceklpP")
_NANOSECONDS = 9
_DIGITS_OF_WIDTH = 8


class Zoned:
    """A moment as clocks of its zone show it; `offset` is in minutes west of UTC."""

    __slots__ = ("moment", "name", "offset")

    def __init__(self, moment: Moment, offset: float, name: str) -> None:
        self.moment = moment
        self.offset = offset
        self.name = name


def strftime(budget: Budget, zoned: Zoned, pattern: str) -> str:
    """Write a moment; what is no code of the dialect stays as it is."""
    output = Output(budget)
    at = 0
    for match in _CODE.finditer(pattern):
        budget.work(_PART)
        output.write(pattern[at : match.start()])
        output.write(_part(budget, zoned, match))
        at = match.end()
    output.write(pattern[at:])
    return output.text()


def ordinal(day: int) -> str:
    if day in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _part(budget: Budget, zoned: Zoned, match: re.Match[str]) -> str:
    flags, width, _, code = match.groups(default="")
    convert = _CODES.get(code)
    if convert is None:
        return match[0]
    wanted = int(width[:_DIGITS_OF_WIDTH]) if width else _WIDTHS.get(code, 0)
    budget.fits(wanted)
    if code == "N":
        text = _fraction(zoned, int(width[:_DIGITS_OF_WIDTH]) if width else _NANOSECONDS)
    else:
        text = _zone(zoned, ":" in flags) if _is_offset(zoned, code) else convert(zoned)
    text = _cased(text, flags)
    return text if "-" in flags else _padded(text, wanted, _padding(code, flags))


def _cased(text: str, flags: str) -> str:
    if "^" in flags:
        return text.upper()
    if "#" in flags:
        return text.upper() if any("a" <= unit <= "z" for unit in text) else text.lower()
    return text


def _padded(text: str, width: int, filler: str) -> str:
    """Fill from the left; zeros stand behind a minus."""
    if filler == "0" and text.startswith("-"):
        return "-" + text[1:].rjust(width - 1, filler)
    return text.rjust(width, filler)


def _padding(code: str, flags: str) -> str:
    if "_" in flags:
        return " "
    return " " if code in _PADDED_WITH_SPACES and "0" not in flags else "0"


def _fraction(zoned: Zoned, width: int) -> str:
    width = width or _NANOSECONDS
    return f"{zoned.moment.millisecond:03d}"[:width].ljust(width, "0")


def _is_offset(zoned: Zoned, code: str) -> bool:
    return code == "z" or (code == "Z" and not zoned.name)


def _zone(zoned: Zoned, colon: bool) -> str:  # noqa: FBT001 - a flag of the pattern
    hours, minutes = divmod(abs(zoned.offset), 60)
    sign = "-" if zoned.offset > 0 else "+"
    rest = str(int(minutes) if minutes == int(minutes) else minutes)
    return f"{sign}{int(hours):02d}{':' if colon else ''}{rest.rjust(2, '0')}"


def _day_of_year(moment: Moment) -> int:
    return days(moment.year, moment.month, moment.day) - days(moment.year, 1, 1) + 1


def _week(moment: Moment, start: int) -> str:
    """Count weeks; the days before the first one that begins in the year are in week 0."""
    since = (moment.weekday - start) % 7
    return str((_legacy_day_of_year(moment) - 1 - since + 7) // 7)


def _legacy_day_of_year(moment: Moment) -> int:
    """The original counts no leap day in the year 0."""
    extra = moment.year == 0 and moment.month > 2 and is_leap(0)  # noqa: PLR2004 - February
    return _day_of_year(moment) - extra


def _twelve(hour: int) -> str:
    return str(hour % 12 or 12)


def _date(zoned: Zoned) -> str:
    moment = zoned.moment
    year = moment.year if moment.year > 0 else 1 - moment.year
    return f"{moment.month}/{moment.day}/{year}"


def _time(zoned: Zoned) -> str:
    moment = zoned.moment
    half = "AM" if moment.hour < 12 else "PM"  # noqa: PLR2004 - noon
    return f"{_twelve(moment.hour)}:{moment.minute:02d}:{moment.second:02d} {half}"


_CODES: dict[str, Callable[[Zoned], str]] = {
    "a": lambda z: DAYS[z.moment.weekday][:3],
    "A": lambda z: DAYS[z.moment.weekday],
    "b": lambda z: MONTHS[z.moment.month - 1][:3],
    "B": lambda z: MONTHS[z.moment.month - 1],
    "c": lambda z: f"{_date(z)}, {_time(z)}",
    "C": lambda z: str(z.moment.year // 100),
    "d": lambda z: str(z.moment.day),
    "e": lambda z: str(z.moment.day),
    "h": lambda z: MONTHS[z.moment.month - 1][:3],
    "H": lambda z: str(z.moment.hour),
    "I": lambda z: _twelve(z.moment.hour),
    "j": lambda z: str(_legacy_day_of_year(z.moment)),
    "k": lambda z: str(z.moment.hour),
    "l": lambda z: _twelve(z.moment.hour),
    "L": lambda z: str(z.moment.millisecond),
    "m": lambda z: str(z.moment.month),
    "M": lambda z: str(z.moment.minute),
    "n": lambda _: "\n",
    "N": lambda z: _fraction(z, _NANOSECONDS),
    "p": lambda z: "AM" if z.moment.hour < 12 else "PM",  # noqa: PLR2004 - noon
    "P": lambda z: "am" if z.moment.hour < 12 else "pm",  # noqa: PLR2004 - noon
    "q": lambda z: ordinal(z.moment.day),
    "s": lambda z: str(math.floor((z.moment.time + z.offset * 60_000) / 1000)),
    "S": lambda z: str(z.moment.second),
    "t": lambda _: "\t",
    "u": lambda z: str(z.moment.weekday or 7),
    "U": lambda z: _week(z.moment, 0),
    "w": lambda z: str(z.moment.weekday),
    "W": lambda z: _week(z.moment, 1),
    "x": _date,
    "X": _time,
    "y": lambda z: str(z.moment.year % 100),
    "Y": lambda z: str(z.moment.year),
    "z": lambda z: _zone(z, colon=False),
    "Z": lambda z: z.name,
    "%": lambda _: "%",
}
_PART = 200  # units of work for one code
