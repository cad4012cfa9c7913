"""From a request to durable events and its answer: the rules of contract section 4."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec

from headgate.collect.admission import Admission
from headgate.collect.answers import (
    DELIVERY_LOOP,
    KEYS_DIFFER,
    REQUEST_TOO_LARGE,
    SOURCE_DISABLED,
    SUCCESS,
    UNKNOWN_SOURCE,
    UNSUPPORTED_TYPE,
    Answer,
    error,
    too_many,
    unavailable,
)
from headgate.collect.bodies import (
    Batch,
    has_batch,
    key_in_body,
    read_batch,
    unpack,
)
from headgate.collect.keeper import Keeper, Sending
from headgate.collect.pixel import event_of, picture
from headgate.collect.routes import Kind
from headgate.collect.validate import refusal, verdict
from headgate.collect.write_keys import MASK, WriteKeys
from headgate.events.hops import MOST, read_hops
from headgate.events.parse import Accepted, Rejected, parse
from headgate.store.snapshot import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from headgate.collect.gather import Gather
    from headgate.collect.heads import Head
    from headgate.collect.reply import Reply
    from headgate.collect.request import Request
    from headgate.collect.routes import Route


_FREE = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
"""Refusals that cost nothing: an address is not to be in debt for having been told to wait."""
_OF_EVENTS = (REQUEST_TOO_LARGE, UNSUPPORTED_TYPE)
"""Refusals by the head alone that a source has: its events were to come."""


class PictureReply:
    """A reply that shows a picture whatever the answer is."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def send(self, answer: Answer) -> None:
        self._reply.respond(picture(answer))


class _Metrics(msgspec.Struct):
    series: list[msgspec.Raw]


_read_metrics = msgspec.json.Decoder(_Metrics).decode


class Intake:
    """Everything between a whole request and its reply."""

    def __init__(
        self,
        gather: Gather,
        keeper: Keeper,
        admission: Admission | None = None,
        authorize: Callable[[bytes, Source], Answer | None] | None = None,
    ) -> None:
        self._gather, self._keeper = gather, keeper
        self._admission = admission or Admission()
        self._authorize = authorize
        """Judges the access token of a request to a source that knows of OAuth."""
        self.write_keys: WriteKeys | None = None
        self.counters = {"requests": 0, "refused": 0, "client_metrics": 0}

    def take(self, request: Request, route: Route, reply: Reply) -> None:
        """Answer through `reply`, now or when the events are durable."""
        self.counters["requests"] += 1
        to: Sending = PictureReply(reply) if route.kind is Kind.PIXEL else reply
        answer = self._take(request, route, to)
        if answer is not None:
            self.counters["refused"] += answer.status >= HTTPStatus.BAD_REQUEST
            if answer.status not in _FREE:
                self._admission.charge(request.peer)
            to.send(answer)

    def count_refusal(self, head: Head | None, answer: Answer) -> None:
        """A request that was refused unread; where it was an event's, its source has it, too."""
        self.counters["requests"] += 1
        self.counters["refused"] += 1
        if head is not None and answer in _OF_EVENTS:
            source = self._source(head, None)
            if not isinstance(source, Answer):
                self._keeper.count(source, answer.code, b"")

    def _take(self, request: Request, route: Route, reply: Sending) -> Answer | None:
        refused = self._admit(request)
        if refused is not None:
            return refused
        if route.kind is Kind.PIXEL:
            body = event_of(request)
        else:
            body = unpack(request.body, request.head.encoding)
        if isinstance(body, Answer):
            return self._refuse(request, request.body, body, reply)
        if route.call is not None:
            return self._single(request, body, route.call, reply)
        if route.kind is Kind.BATCH:
            return self._batch(request, body, reply)
        return self._asked(request, body) if route.kind is Kind.VALIDATE else self._metrics(body)

    def _metrics(self, body: bytes) -> Answer:
        """What SDKs count of themselves goes to no destination: only that it came is counted."""
        try:
            series = _read_metrics(body).series
        except (ValueError, RecursionError):
            return error(400, "bad_request", 'Metrics must be {"series": [...]}.')
        self.counters["client_metrics"] += len(series)
        return SUCCESS

    def _asked(self, request: Request, body: bytes) -> Answer:
        """`POST /v1/validate`: one event, or a batch of them."""
        batch = read_batch(body)
        if isinstance(batch, Answer):
            found = refusal(batch) if has_batch(body) else verdict([parse(body, None)])
            in_body = key_in_body(body)
        else:
            reads = [parse(raw, None) for raw in map(bytes, batch.batch)]
            in_body = batch.writeKey or _key_in(reads)
            found = verdict(_of_one_source(reads, request.head.key or in_body))
        source = self._source(request.head, in_body)
        return source if isinstance(source, Answer) else found

    def _admit(self, request: Request) -> Answer | None:
        """What can be said before the body is looked at (reliability section 5)."""
        if self.write_keys is None:
            return unavailable("The server has no configuration yet.")
        if self._gather.is_full:
            return unavailable("Too many events wait for the disk.")
        key, admission = request.head.key, self._admission
        refused = admission.address(request.peer) if admission.is_limited else None
        if refused is None and key and not self.write_keys.knows(key):
            return UNKNOWN_SOURCE
        if refused is not None or not admission.is_limited:
            return refused
        source = self.write_keys.source(key, None) if key else None
        if isinstance(source, Source):
            refused = admission.source(source.number)
        return refused or admission.any()

    def _refuse(
        self, request: Request, body: bytes, answer: Answer, reply: Sending
    ) -> Answer | None:
        """A body that is no use at all counts as one rejection of its source."""
        source = self._source(request.head, key_in_body(body))
        if isinstance(source, Answer):
            return source if answer.status == HTTPStatus.BAD_REQUEST else answer
        if source.answers == "compatible" and answer.status == HTTPStatus.BAD_REQUEST:
            self._keeper.count(source, answer.code, body, reply)
            return None
        self._keeper.count(source, answer.code, body)
        return answer

    def _source(self, head: Head, in_body: str | None) -> Source | Answer:
        if self.write_keys is None:
            return UNKNOWN_SOURCE
        source = self.write_keys.source(head.key, in_body)
        if isinstance(source, Answer):
            return source
        if not source.enabled:
            self._keeper.count(source, SOURCE_DISABLED.code, b"")
            return SOURCE_DISABLED
        if source.oauth is not None and self._authorize is not None:
            refused = self._authorize(head.authorization, source)
            if refused is not None and refused.status == HTTPStatus.UNAUTHORIZED:
                self._keeper.count(source, refused.code, b"")  # those of 511 come again
            return refused or source
        return source

    def _single(
        self, request: Request, body: bytes, call: str | None, reply: Sending
    ) -> Answer | None:
        read = parse(body, call)
        in_body = read.write_key if isinstance(read, Accepted) else key_in_body(body)
        source = self._source(request.head, in_body)
        if isinstance(source, Answer):
            return source
        return self._keep(request, source, (body,), (read,), None, reply)

    def _batch(self, request: Request, body: bytes, reply: Sending) -> Answer | None:
        batch = read_batch(body)
        if isinstance(batch, Answer):
            return self._refuse(request, body, batch, reply)
        raws = list(map(bytes, batch.batch))
        reads = [parse(raw, None) for raw in raws]
        key = batch.writeKey or _key_in(reads)
        source = self._source(request.head, key)
        if isinstance(source, Answer):
            return source
        reads = _of_one_source(reads, request.head.key or key)
        return self._keep(request, source, raws, reads, batch, reply)

    def _keep(
        self,
        request: Request,
        source: Source,
        raws: Sequence[bytes],
        reads: Sequence[Accepted | Rejected],
        batch: Batch | None,
        reply: Sending,
    ) -> Answer | None:
        if self._keeper.hogs(source):
            return too_many("Too many events of this source wait for the disk.", 1)
        if self._admission.is_limited:
            refused = self._admission.source(source.number)
            if refused is not None:
                return refused
            self._admission.take(source.number, request.peer, len(reads))
        head = request.head
        hops = read_hops(head.hops)
        if hops > MOST:
            self._keeper.count(source, DELIVERY_LOOP.code, raws[0])
            return DELIVERY_LOOP
        self._keeper.keep(
            source,
            raws,
            reads,
            batch,
            reply,
            address=request.peer,
            is_page=bool(head.origin) or isinstance(reply, PictureReply),
            hops=hops,
        )
        return None


_FOREIGN = Rejected(
    KEYS_DIFFER.code, "The event has another write key than the batch: send it in its own."
)


def _of_one_source(
    reads: Sequence[Accepted | Rejected], key: str | None
) -> list[Accepted | Rejected]:
    return [read if _is_of(read, key) else _FOREIGN for read in reads]


def _is_of(read: Accepted | Rejected, key: str | None) -> bool:
    """Whether an event of a batch names no other source than the batch."""
    if isinstance(read, Rejected) or not (own := read.write_key):
        return True
    return own == key or own.endswith(MASK)


def _key_in(reads: Sequence[Accepted | Rejected]) -> str | None:
    """Some clients name the key in each event; one request is one source's."""
    keys = (read.write_key for read in reads if isinstance(read, Accepted))
    return next((key for key in keys if key), None)
