"""What a replay is: which events of the log go once more to one connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from headgate.clock import iso
from headgate.control.errors import Refused
from headgate.events.calls import CALLS
from headgate.log.port import Position, Span
from headgate.route.selection import Selection
from headgate.trigger import TriggerError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headgate.log.port import EventLog

Only = Literal["failed", "all"]
_FAR_MS = 1 << 62


class Asked(NamedTuple):
    """A replay as a person asks for it; times in milliseconds since 1970, `until` exclusive.

    `only` failed means deliveries that were attempted and never succeeded. `again` sends also
    what was delivered, under another Idempotency-Key. `rate` is deliveries a second.
    """

    connection: str
    since: int | None = None
    until: int | None = None
    types: Sequence[str] = ()
    events: Sequence[str] = ()
    filter: str | None = None
    only: Only = "all"
    rate: float | None = None
    again: bool = False


def selection_of(asked: Asked) -> Selection:
    """Raises Refused for what cannot be asked."""
    for call in asked.types:
        if call not in CALLS:
            raise Refused(f"there are no events of type {call!r}; there are {', '.join(CALLS)}")
    check_rate(asked.rate)
    try:
        return Selection(
            asked.types, asked.events, asked.filter, since=asked.since, until=asked.until
        )
    except TriggerError as error:
        raise Refused(f"the filter cannot be used: {error}") from None


SLOWEST, FASTEST = 0.001, 1_000_000.0


def check_rate(rate: float | None) -> None:
    """Raises Refused."""
    if rate is not None and not SLOWEST <= rate <= FASTEST:
        raise Refused(
            f"a rate of {rate:g} cannot be kept: give deliveries a second, from {SLOWEST:g} to"
            f" {FASTEST:g}"
        )


async def span_of(log: EventLog, asked: Asked) -> Span:
    """The positions of the log among which everything lies that was asked for, up to its head.

    Raises Refused when the log holds nothing of that time.
    """
    since, until = asked.since or 0, _FAR_MS if asked.until is None else asked.until
    span = await log.received(0, since, until)
    if span.start >= span.stop:
        raise Refused(f"the log holds no event of that time; {await _held(log)}")
    return span


async def _held(log: EventLog) -> str:
    start, stop = await log.received(0, 0, _FAR_MS)
    first = await log.frame_at(0, start)
    last = await log.frame_at(0, Position(stop - 1))
    if start == stop or first is None or last is None:
        return "it holds none at all"
    return f"its events were received from {iso(first.received_min)} to {iso(last.received_max)}"


def args_of(asked: Asked, span: Span) -> dict[str, Any]:
    """The arguments of the command (see `headgate.store.snapshot.Command`)."""
    return {
        "start": int(span.start),
        "stop": int(span.stop),
        "since": asked.since,
        "until": asked.until,
        "types": list(asked.types),
        "events": list(asked.events),
        "filter": asked.filter,
        "only": asked.only,
        "rate": asked.rate,
        "again": asked.again,
    }
