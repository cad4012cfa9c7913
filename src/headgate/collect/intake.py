"""From a request to durable events and its answer: the rules of contract section 4."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from headgate.collect.answers import (
    REQUEST_TOO_LARGE,
    SOURCE_DISABLED,
    SUCCESS,
    UNKNOWN_SOURCE,
    Answer,
    error,
    mixed,
    unavailable,
)
from headgate.collect.bodies import Batch, key_in_body, read_batch, unpack
from headgate.collect.gather import Ticket
from headgate.collect.write_keys import WriteKeys, key_in
from headgate.events.parse import Accepted, Rejected, parse
from headgate.events.times import corrected
from headgate.log.port import Record

if TYPE_CHECKING:
    from headgate.clock import Clock
    from headgate.collect.connection import Reply
    from headgate.collect.gather import Gather
    from headgate.collect.request import Request
    from headgate.collect.tally import Tally
    from headgate.log.errors import Unavailable
    from headgate.log.keys import Keys
    from headgate.store.snapshot import Source


class _Item(NamedTuple):
    """One event of a request: its bytes, and what reading them gave."""

    raw: bytes
    read: Accepted | Rejected


class Intake:
    """Everything between a whole request and its reply."""

    def __init__(self, gather: Gather, tally: Tally, keys: Keys, clock: Clock) -> None:
        self._gather, self._tally = gather, tally
        self._keys, self._clock = keys, clock
        self.write_keys: WriteKeys | None = None
        self.counters = {"requests": 0, "events": 0, "rejected": 0, "refused": 0, "unavailable": 0}

    def take(self, request: Request, call: str | None, reply: Reply) -> None:
        """Answer through `reply`, now or when the events are durable; `call` None is a batch."""
        self.counters["requests"] += 1
        answer = self._take(request, call, reply)
        if answer is not None:
            self.counters["refused"] += 1
            reply.send(answer)

    def count_refusal(self, request: Request, answer: Answer) -> None:
        """A request that was refused unread; where it was an event's, its source has it, too."""
        self.counters["requests"] += 1
        self.counters["refused"] += 1
        source = self._source(request, None) if answer is REQUEST_TOO_LARGE else answer
        if not isinstance(source, Answer):
            self._count(source, answer.code, b"")

    def _count(self, source: Source, code: str, sample: bytes) -> None:
        self._tally.add(source.number, code, sample)
        self.counters["rejected"] += 1

    def _take(self, request: Request, call: str | None, reply: Reply) -> Answer | None:
        if self.write_keys is None:
            return unavailable("The server has no configuration yet.")
        if self._gather.is_full:
            return unavailable("Too many events wait for the disk.")
        body = unpack(request.body, request.encoding)
        if isinstance(body, Answer):
            return self._refuse(request, request.body, body)
        if call is None:
            return self._batch(request, body, reply)
        return self._single(request, body, call, reply)

    def _refuse(self, request: Request, body: bytes, answer: Answer) -> Answer:
        """A body that is no use at all counts as one rejection of its source."""
        source = self._source(request, key_in_body(body))
        if isinstance(source, Answer):
            return source if answer.status == 400 else answer  # noqa: PLR2004
        self._count(source, answer.code, body)
        return answer

    def _source(self, request: Request, in_body: str | None) -> Source | Answer:
        in_header = key_in(request.authorization) if request.authorization else None
        if self.write_keys is None:
            return UNKNOWN_SOURCE
        source = self.write_keys.source(in_header, in_body)
        if isinstance(source, Answer) or source.enabled:
            return source
        self._count(source, SOURCE_DISABLED.code, b"")
        return SOURCE_DISABLED

    def _single(self, request: Request, body: bytes, call: str, reply: Reply) -> Answer | None:
        read = parse(body, call)
        in_body = read.write_key if isinstance(read, Accepted) else key_in_body(body)
        source = self._source(request, in_body)
        if isinstance(source, Answer):
            return source
        return self._keep(request, source, [_Item(body, read)], None, reply)

    def _batch(self, request: Request, body: bytes, reply: Reply) -> Answer | None:
        batch = read_batch(body)
        if isinstance(batch, Answer):
            return self._refuse(request, body, batch)
        source = self._source(request, batch.writeKey)
        if isinstance(source, Answer):
            return source
        items = [_Item(raw, parse(raw, None)) for raw in map(bytes, batch.batch)]
        return self._keep(request, source, items, batch, reply)

    def _keep(
        self,
        request: Request,
        source: Source,
        items: list[_Item],
        batch: Batch | None,
        reply: Reply,
    ) -> Answer | None:
        rejected = [
            (index, item.read)
            for index, item in enumerate(items)
            if isinstance(item.read, Rejected)
        ]
        answer = _answer(source, rejected, batch, len(items))
        ticket = Ticket(partial(self._settled, reply, answer))
        waits = ticket if source.answers == "compatible" else None  # only the tally tells of it
        for index, refusal in rejected:
            self._tally.add(source.number, refusal.code, items[index].raw, waits)
        if len(rejected) < len(items):
            self._gather_all(request, source, items, batch, ticket)
        self.counters["events"] += len(items) - len(rejected)
        self.counters["rejected"] += len(rejected)
        ticket.release()
        return None

    def _gather_all(
        self,
        request: Request,
        source: Source,
        items: list[_Item],
        batch: Batch | None,
        ticket: Ticket,
    ) -> None:
        """Events of one request share one `receivedAt` (domain section 1)."""
        now = self._clock.now_ms()
        defaults = batch.defaults() if batch is not None else None
        sent_at = batch.sent_at() if batch is not None else None
        extra = len(defaults) if defaults else 0
        gather, group, place = self._gather, None, -1
        for raw, read in items:
            if not isinstance(read, Accepted):
                continue
            fitting = gather.group_for(len(raw), extra)
            if fitting is not group:
                group, place = fitting, gather.place(fitting, defaults)
            message_id = read.message_id or os.urandom(16).hex()
            sent = read.sent_at if read.sent_at is not None else sent_at
            record = Record(
                source.number,
                now,
                message_id,
                read.type,
                read.user_id,
                read.anonymous_id,
                corrected(now, sent, read.original_timestamp),
                request.peer if request.origin or read.direct else None,
                place,
                raw,
            )
            gather.add(group, record, self._keys.of(source.number, message_id), ticket)
        gather.start()

    def _settled(self, reply: Reply, answer: Answer, failed: Unavailable | None) -> None:
        if failed is None:
            reply.send(answer)
        else:
            self.counters["unavailable"] += 1
            reply.send(unavailable(str(failed), failed.retry_after))


def _answer(
    source: Source, rejected: list[tuple[int, Rejected]], batch: Batch | None, count: int
) -> Answer:
    if not rejected or source.answers == "compatible":
        return SUCCESS
    listed: list[dict[str, Any]] = [
        {"index": index, "code": refusal.code, "message": refusal.message}
        for index, refusal in rejected
    ]
    if len(rejected) < count:
        return mixed(listed)
    first = rejected[0][1]
    status = 413 if first.code == "too_large" else 400
    return error(status, first.code, first.message, rejected=listed if batch else None)
