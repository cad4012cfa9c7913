"""Texts that stand for a moment: what `datetime` fields take."""

from __future__ import annotations

import re

from headgate.kit.validation.formats.clock import exists
from headgate.mapping.javascript.dates import FARTHEST, MONTHS

_MONTH = (
    "(?P<name>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    "|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_WEEKDAY = "(?:(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?,? )?"
_YEAR = "(?P<year>[0-9]{4})"
_TWO = "[0-9]{2}"
_DAY = "(?P<day>[0-9]{1,2})"
_TIME = (
    "(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,][0-9]+)?)?"
    "(?: ?(?P<half>[AP]M))?"
)
_ZONE = (
    r"(?: ?(?:Z|(?:UTC?|GMT)?(?:[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)?))?"
    r"(?: \([^()]*\))?"
)
_AFTER = f"(?:(?:T|,? ){_TIME}{_ZONE})?"
_BASIC_DATE = f"{_YEAR}(?P<month>{_TWO})(?P<day>{_TWO})"
_BASIC_TIME = f"(?P<hour>{_TWO})(?P<minute>{_TWO})(?P<second>{_TWO})"
_FORMS = [
    re.compile(form, re.IGNORECASE | re.ASCII)
    for form in (
        f"{_YEAR}(?:-(?P<month>[0-9]{{1,2}})(?:-{_DAY}{_AFTER})?)?",
        f"{_YEAR}/(?P<month>[0-9]{{1,2}})/{_DAY}{_AFTER}",
        f"{_BASIC_DATE}T{_BASIC_TIME}{_ZONE}",
        f"(?P<month>[0-9]{{1,2}})/{_DAY}/{_YEAR}{_AFTER}",
        f"{_WEEKDAY}{_DAY}[ -]{_MONTH}[ -]{_YEAR}{_AFTER}",
        rf"{_WEEKDAY}{_MONTH}\.? {_DAY},? {_YEAR}{_AFTER}",
    )
]
_EPOCH = re.compile(r"-?[0-9]{1,16}(?:\.[0-9]{1,9})?")
_LONGEST = 100  # characters; no form is that long


def is_date_like(text: str) -> bool:
    """Tell whether a text stands for a moment, in one of these forms.

    * ISO 8601: `2021`, `2021-02`, `2021-02-01`, `2021-02-01T10:00:00.5+01:00`,
      `20210201T100000Z`; also with a space for the `T`, and with slashes
    * RFC 2822 and what JavaScript prints: `Mon, 1 Feb 2021 10:00:00 +0000`,
      `Mon Feb 01 2021 10:00:00 GMT+0100 (CET)`
    * `2/1/2021 10:00 PM` (month first), `Feb 1, 2021`, `1 February 2021`
    * seconds or milliseconds since 1970: `1612137600`, `1612137600000`

    Days and times must exist: the 30th of February does not.
    """
    if len(text) > _LONGEST:
        return False
    text = text.strip()
    if _EPOCH.fullmatch(text):
        return abs(float(text)) <= FARTHEST
    return any(_is_moment(match.groupdict()) for form in _FORMS if (match := form.fullmatch(text)))


def _is_moment(parts: dict[str, str | None]) -> bool:
    month, day = parts.get("month"), parts.get("day")
    if name := parts.get("name"):
        month = str(MONTHS.index(name[:3].lower()) + 1)
    date = int(parts["year"] or 0), int(month or 1), int(day or 1)
    return exists(*date) and _is_time(parts)


def _is_time(parts: dict[str, str | None]) -> bool:
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    if parts.get("half"):
        return 1 <= hour <= 12 and minute < 60 and second < 60  # noqa: PLR2004 - of the clock
    is_midnight = hour == 24 and minute == second == 0  # noqa: PLR2004
    return is_midnight or (hour < 24 and minute < 60 and second <= 60)  # noqa: PLR2004
