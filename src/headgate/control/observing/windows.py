"""Times that people ask about: how long, how far back, and in which periods (domain section 14)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from headgate.clock import iso
from headgate.control.errors import Invalid, Problem
from headgate.events.times import parse_ms
from headgate.ledger.queries import PERIODS

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOUR = 3_600_000
_DAY = 24 * _HOUR
_FORM = "must be a time such as 2026-11-22T07:20:00Z"


class Limit(NamedTuple):
    """In ms: how long a window may be, how far back it may begin, and where it does if unsaid."""

    longest: int
    reach: int
    usual: int | None = None


Limits = dict[str, Limit]
"""By granularity; where windows have usual beginnings, the first granularity is the usual one."""

OVERVIEW: Limits = {
    "MINUTE": Limit(4 * _HOUR, 48 * _HOUR),
    "HOUR": Limit(14 * _DAY, 30 * _DAY),
    "DAY": Limit(30 * _DAY, 30 * _DAY),
}
SUMMARY: Limits = {
    "MINUTE": Limit(4 * _HOUR, 48 * _HOUR, _HOUR),
    "HOUR": Limit(7 * _DAY, 7 * _DAY, 7 * _DAY),
    "DAY": Limit(14 * _DAY, 14 * _DAY, 14 * _DAY),
}


class Asked(NamedTuple):
    """As clients write it."""

    granularity: str | None
    start: str | None
    end: str | None


class Window(NamedTuple):
    """Whole periods from `since` to below `until`, in ms since 1970; `granularity` as in series."""

    granularity: str
    since: int
    until: int

    @property
    def size(self) -> int:
        """Of a period, in ms."""
        return _size(self.granularity)

    @property
    def edges(self) -> list[int]:
        """Where each period begins, and where the last one ends."""
        return [*range(self.since, self.until, self.size), self.until]


def window(limits: Limits, now: int, asked: Asked) -> Window:
    """What was asked for, widened to whole periods. Raises Invalid with every problem."""
    given = asked.granularity
    if given is None and any(limit.usual for limit in limits.values()):
        given = next(iter(limits))
    if given not in limits:
        raise Invalid([Problem("granularity", f"must be one of {', '.join(limits)}")])
    limit, granularity, size = limits[given], given.lower(), _size(given.lower())
    times = {
        "startTime": _time(asked.start, None if limit.usual is None else now - limit.usual),
        "endTime": _time(asked.end, None if limit.usual is None else now),
    }
    since, until = times["startTime"], times["endTime"]
    if since is None or until is None:
        raise Invalid(Problem(field, _FORM) for field, at in times.items() if at is None)
    if problems := list(_problems(given, limit, now // size * size, since, until)):
        raise Invalid(problems)
    return Window(granularity, since // size * size, -(-until // size) * size)


def _problems(
    granularity: str, limit: Limit, now: int, since: int, until: int
) -> Iterator[Problem]:
    """The period in which a window may just begin is the one in which `now` was, so long ago."""
    if until <= since:
        yield Problem("endTime", "must be after startTime")
    if until - since > limit.longest:
        told = f"by the {granularity} at most {_span(limit.longest)} can be asked for"
        yield Problem("endTime", told)
    if since < now - limit.reach:
        told = f"by the {granularity} nothing before {iso(now - limit.reach)} can be asked for"
        yield Problem("startTime", told)


def _time(given: str | None, usual: int | None) -> int | None:
    return usual if given is None else parse_ms(given)


def _size(granularity: str) -> int:
    return PERIODS[granularity] * 60_000


def _span(ms: int) -> str:
    return f"{ms // _DAY} days" if ms > 2 * _DAY else f"{ms // _HOUR} hours"
