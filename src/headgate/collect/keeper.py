"""Judged events of one request on their way to the log and the tally, and their answer."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Protocol

from headgate.collect.answers import SUCCESS, Answer, error, mixed, unavailable
from headgate.collect.gather import MOST_WAITING, Ticket
from headgate.events.hops import with_hops
from headgate.events.parse import Accepted, Rejected
from headgate.events.times import corrected
from headgate.log.encode import MAX_RAW
from headgate.log.port import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headgate.clock import Clock
    from headgate.collect.bodies import Batch
    from headgate.collect.gather import Gather
    from headgate.collect.tally import Tally
    from headgate.log.errors import Unavailable
    from headgate.log.keys import Keys
    from headgate.store.snapshot import Source


_ID, _DRAWN = 32, 4096
"""Digits of an id; bytes that are drawn at once."""


MOST_OF_A_SOURCE = MOST_WAITING // 2
"""Bytes of one source that may wait for the disk: the rest is for the others."""


class Sending(Protocol):
    """Where an answer goes."""

    def send(self, answer: Answer) -> None: ...


class FreshIds:
    """Ids for messages without one: 128 random bits each, drawn from the system by the hundred."""

    def __init__(self) -> None:
        self._drawn, self._at = "", 0

    def take(self) -> str:
        at = self._at
        if at == len(self._drawn):
            self._drawn, at = os.urandom(_DRAWN).hex(), 0
        self._at = at + _ID
        return self._drawn[at : at + _ID]


class Keeper:
    """Answers for the events of a request once they, and its rejections, are where they belong."""

    def __init__(self, gather: Gather, tally: Tally, keys: Keys, clock: Clock) -> None:
        self._gather, self._tally = gather, tally
        self._key_of, self._now, self._fresh = keys.of, clock.now_ms, FreshIds().take
        self.counters = {"events": 0, "rejected": 0, "unavailable": 0}
        self._waiting: dict[int, int] = {}

    def keep(
        self,
        source: Source,
        raws: Sequence[bytes],
        reads: Sequence[Accepted | Rejected],
        batch: Batch | None,
        reply: Sending,
        *,
        address: str,
        is_page: bool,
        hops: int = 0,
    ) -> None:
        """Keep what was accepted, count what was not, and answer when that is durable.

        `address` is the sender's, which is the user's own where a page sent the events; `hops`
        says how often the events came out of a Headgate before.
        """
        rejected = [(at, read) for at, read in enumerate(reads) if type(read) is Rejected]
        answer = SUCCESS
        if rejected and source.answers != "compatible":
            answer = _refusal(rejected, batch, len(reads))
        size = sum(map(len, raws))
        self._waiting[source.number] = self._waiting.get(source.number, 0) + size
        ticket = Ticket(_Answering(self, reply, answer, source.number, size))
        for at, read in rejected:  # a compatible source's 200 says that this is counted
            waits = ticket if source.answers == "compatible" else None
            self._tally.add(source.number, read.code, raws[at], waits)
        if rejected:
            self.counters["rejected"] += len(rejected)
            raws = [raw for raw, read in zip(raws, reads, strict=True) if type(read) is Accepted]
            reads = [read for read in reads if type(read) is Accepted]
        if raws:
            self.counters["events"] += len(raws)
            user = address if is_page else None
            now = self._now()
            self._gather_all(source.number, now, raws, reads, batch, ticket, (user, address), hops)
            self._gather.start()
        ticket.release()

    def count(self, source: Source, code: str, sample: bytes, reply: Sending | None = None) -> None:
        """Count a request that is no use at all; a reply hears of success once that is durable."""
        ticket = None
        if reply is not None:
            ticket = Ticket(_Answering(self, reply, SUCCESS, source.number, 0))
        self._tally.add(source.number, code, sample, ticket)
        self.counters["rejected"] += 1
        if ticket is not None:
            ticket.release()

    def hogs(self, source: Source) -> bool:
        """Whether so much of a source waits for the disk that others would find no room."""
        return self._waiting.get(source.number, 0) > MOST_OF_A_SOURCE

    def answered(self, number: int, size: int, failed: Unavailable | None) -> None:
        """Bytes of a source wait no more: they are durable, or refused."""
        left = self._waiting.get(number, 0) - size
        if left > 0:
            self._waiting[number] = left
        else:
            self._waiting.pop(number, None)
        if failed is not None:
            self.counters["unavailable"] += 1

    def _gather_all(
        self,
        number: int,
        now: int,
        raws: Sequence[bytes],
        reads: Sequence[Any],
        batch: Batch | None,
        ticket: Ticket,
        addresses: tuple[str | None, str],
        hops: int,
    ) -> None:
        """Events of one request share one `receivedAt` (domain section 1), and mostly a frame."""
        size = sum(map(len, raws))
        defaults = with_hops(batch.defaults() if batch is not None else None, hops)
        if size > MAX_RAW and len(raws) > 1:
            half = len(raws) // 2
            self._gather_all(number, now, raws[:half], reads[:half], batch, ticket, addresses, hops)
            self._gather_all(number, now, raws[half:], reads[half:], batch, ticket, addresses, hops)
            return
        gather = self._gather
        group = gather.group_for(size + len(defaults or b""), len(raws))
        place = gather.place(group, defaults)
        sent_at = batch.sent_at() if batch is not None else None
        user, sender = addresses
        records, keys, key_of = [], [], self._key_of
        for raw, read in zip(raws, reads, strict=True):
            message_id = read.message_id or self._fresh()
            sent = read.sent_at
            records.append(
                Record(
                    number,
                    now,
                    message_id,
                    read.type,
                    read.user_id,
                    read.anonymous_id,
                    corrected(now, sent_at if sent is None else sent, read.original_timestamp),
                    sender if read.direct else user,
                    place,
                    raw,
                )
            )
            keys.append(key_of(number, message_id))
        gather.add(group, records, b"".join(keys), size, ticket)


class _Answering:
    """What a ticket calls in the end."""

    __slots__ = ("_answer", "_keeper", "_reply", "_size", "_source")

    def __init__(
        self, keeper: Keeper, reply: Sending, answer: Answer, source: int, size: int
    ) -> None:
        self._keeper, self._reply, self._answer = keeper, reply, answer
        self._source, self._size = source, size

    def __call__(self, failed: Unavailable | None) -> None:
        self._keeper.answered(self._source, self._size, failed)
        if failed is None:
            self._reply.send(self._answer)
        else:
            self._reply.send(unavailable(str(failed), failed.retry_after))


def _refusal(rejected: list[tuple[int, Rejected]], batch: Batch | None, count: int) -> Answer:
    listed: list[dict[str, Any]] = [
        {"index": index, "code": read.code, "message": read.message} for index, read in rejected
    ]
    if len(rejected) < count:
        return mixed(listed)
    first = rejected[0][1]
    status = 413 if first.code == "too_large" else 400
    return error(status, first.code, first.message, rejected=listed if batch else None)
