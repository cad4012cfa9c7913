"""The debugger: what a source takes in and what it refuses, as it comes."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

import msgspec

from headgate.clock import iso
from headgate.control.observing import personal
from headgate.control.observing.overview import rejected
from headgate.control.observing.sight import look
from headgate.events.complete import complete
from headgate.log.port import FrameKind, Position, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.control.work import Work
    from headgate.log.port import EventLog, Frame, Record, Stored
    from headgate.store.records import SourceRecord

HOUR_MS: Final = 3_600_000
MINUTE_MS: Final = 60_000


class Seen(msgspec.Struct, frozen=True, rename={"message_id": "messageId"}):
    """One event as the log took it; positions are texts, as they exceed JSON's numbers.

    `event` is the event as it is delivered, None where the log keeps no more of it. Its texts are
    withheld, and `is_veiled`, for whoever may not see what events say of people.
    """

    position: str
    received_at: str | None
    message_id: str | None
    type: str | None
    name: str | None
    verdict: str
    event: dict[str, Any] | None
    is_veiled: bool


class Refusal(msgspec.Struct, frozen=True):
    """Events that were refused for one reason, with the shapes of a few."""

    at: str
    code: str
    count: int
    samples: tuple[str, ...]


class Lens(msgspec.Struct, frozen=True):
    """Through which a source is looked at: by whom makes a difference."""

    source: SourceRecord
    shows_people: bool

    def seen(self, stored: Stored) -> Seen:
        record = stored.record
        event = None if record is None else self._event(record, stored.defaults)
        name = (event or {}).get("event") or (event or {}).get("name")
        return Seen(
            str(stored.position),
            iso(record.received_at) if record else None,
            record.message_id if record else None,
            record.type if record else None,
            name if isinstance(name, str) else None,
            stored.verdict.name.lower(),
            event if event is None or self.shows_people else personal.shown(event),
            event is not None and not self.shows_people,
        )

    def _event(self, record: Record, defaults: bytes | None) -> dict[str, Any] | None:
        """None for stored bytes that are no event any more."""
        try:
            return complete(record, defaults, self.source.id)
        except ValueError:
            return None

    def stored(self, frame: Frame) -> list[Stored]:
        """The events of a frame that are this source's, each message once."""
        events = frame.events(frozenset({self.source.number}))
        return [each for each in events if each.verdict is not Verdict.DUPLICATE]

    def refused(self, frame: Frame) -> Iterator[Refusal]:
        if frame.kind is FrameKind.TALLY:
            for each in frame.rejections():
                if each.source == self.source.number:
                    yield Refusal(iso(frame.appended_at), each.code, each.count, each.samples)


def lens(work: Work, source: str) -> Lens:
    """Raises Missing."""
    return Lens(work.source(source), personal.may_see_people(work))


def recent(work: Work, source: str, before: int | None, most: int) -> list[Seen]:
    """The last events of a source, the newest first; those below the position `before`.

    Raises Missing.
    """
    through = lens(work, source)
    found = look(work, lambda log: _recent(log, through, before, most))
    return [through.seen(each) for each in found]


async def _recent(log: EventLog, through: Lens, before: int | None, most: int) -> list[Stored]:
    head, floor = (await log.heads())[0], (await log.floors())[0]
    stop = head if before is None else Position(max(floor, min(before, head)))
    number = through.source.number
    behind = (await log.count(number, 0, stop, head)).events
    start = await log.last(0, number, behind + most)
    found: deque[Stored] = deque(maxlen=most)
    if start >= stop:
        return []
    async for frame in log.read(0, start, stop=stop, sources=frozenset({number})):
        found.extend(each for each in through.stored(frame) if each.position < stop)
        frame.forget()
    return [*reversed(found)]


def refusals(work: Work, source: str, since: int, until: int) -> list[Refusal]:
    """What was refused in [since, until), in ms, at most a day of it: minute by minute and code.

    The newest first. Raises Missing.
    """
    number = work.source(source).number
    low = max(since, until - 24 * HOUR_MS) // MINUTE_MS * MINUTE_MS
    periods = [*range(low, until + MINUTE_MS, MINUTE_MS)]
    found = look(work, lambda log: rejected(log, number, periods))
    sums: dict[tuple[int, str], int] = {}
    for at, code, n in found.moments:
        sums[at, code] = sums.get((at, code), 0) + n
    return [
        Refusal(iso(at), code, n, found.samples.get(code, ()))
        for (at, code), n in sorted(sums.items(), reverse=True)
    ]
