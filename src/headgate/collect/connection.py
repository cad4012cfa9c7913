"""One client's socket: HTTP/1.1 in, ordered answers out, within limits and deadlines."""

from __future__ import annotations

import asyncio
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, cast

import httptools

from headgate.collect.answers import (
    BAD_HTTP,
    HEADERS_TOO_LARGE,
    REQUEST_TOO_LARGE,
    TOO_SLOW,
    Answer,
    Caller,
    render,
)
from headgate.collect.request import MAX_BODY, MAX_FIELDS, MAX_HEADERS, MAX_TARGET, Request

if TYPE_CHECKING:
    from collections.abc import Callable

HEADER_SECONDS = 10.0
BODY_SECONDS = 30.0
IDLE_SECONDS = 75.0
MOST_PIPELINED = 32


class Reply:
    """The place of one answer in the order of a connection's answers."""

    __slots__ = ("_connection", "close", "data", "request")

    def __init__(self, connection: Connection, request: Request) -> None:
        self._connection = connection
        self.request = request
        self.data: bytes | None = None
        self.close = not request.keep_alive

    def send(self, answer: Answer) -> None:
        self.close = self.close or answer.close
        caller = Caller(self.request.origin, not self.close)
        self.send_raw(render(answer, caller))

    def send_raw(self, data: bytes) -> None:
        """Give a rendered response; it leaves when all before it have left."""
        self.data = data
        self._connection.flush()


class Server(Protocol):
    """What a connection needs from the server it belongs to."""

    connections: set[Connection]
    stopping: bool

    def handle(self, request: Request, reply: Reply) -> None:
        """See to it that the reply is sent, now or later."""
        ...

    def refuse(self, request: Request) -> Answer | None:
        """Judge a request by its head; None lets the body in."""
        ...

    def turned_away(self, request: Request, answer: Answer) -> None:
        """Count a request that is refused before anybody reads its body."""
        ...


class Connection(asyncio.Protocol):
    """Callbacks of httptools feed one request at a time; `handle` may answer at any time later."""

    __slots__ = (
        "_body",
        "_chunks",
        "_parser",
        "_peer",
        "_reading",
        "_refused",
        "_replies",
        "_request",
        "_server",
        "_time",
        "_transport",
        "deadline",
    )

    def __init__(self, server: Server, time: Callable[[], float]) -> None:
        self._server = server
        self._time = time
        self._parser = httptools.HttpRequestParser(self)
        self._replies: deque[Reply] = deque()
        self._transport: asyncio.Transport | None = None
        self._request = Request()
        self._chunks: list[bytes] = []
        self._body = 0
        self._reading = False
        self._refused: Answer | None = None
        self.deadline = time() + HEADER_SECONDS

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self._peer = peer[0] if isinstance(peer, tuple) else ""
        self._server.connections.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None
        self._replies.clear()
        self._server.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        if self._refused is not None and self._refused.close:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._stop_reading(BAD_HTTP)

    def eof_received(self) -> bool:
        """A client may close its half and still wait for answers."""
        if not self._replies:
            return False
        self._replies[-1].close = True
        return True

    # what httptools calls

    def on_message_begin(self) -> None:
        self._request = Request()
        self._request.peer = self._peer
        self._chunks, self._body = [], 0
        self._refused, self._reading = None, True
        self.deadline = self._time() + HEADER_SECONDS

    def on_url(self, url: bytes) -> None:
        self._request.target += url
        if len(self._request.target) > MAX_TARGET:
            self._stop_reading(HEADERS_TOO_LARGE)

    def on_header(self, name: bytes, value: bytes) -> None:
        request = self._request
        request.fields += 1
        request.header_size += len(name) + len(value)
        attribute = _attribute(name)
        if attribute is not None:
            setattr(request, attribute, value)
            request.hosts += attribute == "host"
        if request.fields > MAX_FIELDS or request.header_size > MAX_HEADERS:
            self._stop_reading(HEADERS_TOO_LARGE)

    def on_headers_complete(self) -> None:
        request = self._request
        request.method = self._parser.get_method()
        request.path = request.target.partition(b"?")[0]
        request.keep_alive = self._parser.should_keep_alive() and not self._server.stopping
        if self._refused is None:
            self._refused = BAD_HTTP if request.hosts > 1 else self._server.refuse(request)
        self.deadline = self._time() + BODY_SECONDS
        if self._refused is None and request.expect.lower() == b"100-continue":
            self._write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if self._refused is not None and self._refused.close:
            self._stop_reading(self._refused)

    def on_body(self, chunk: bytes) -> None:
        self._body += len(chunk)
        if self._body > MAX_BODY:
            self._stop_reading(REQUEST_TOO_LARGE)
        elif self._refused is None:
            self._chunks.append(chunk)

    def on_message_complete(self) -> None:
        if self._refused is not None and self._refused.close:
            return
        self.deadline, self._reading = self._time() + IDLE_SECONDS, False
        request = self._request
        chunks = self._chunks
        request.body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        reply = self._expect()
        if self._refused is not None:
            self._server.turned_away(request, self._refused)
            reply.send(self._refused)
        else:
            self._server.handle(request, reply)

    # answering

    def _expect(self) -> Reply:
        reply = Reply(self, self._request)
        self._replies.append(reply)
        if len(self._replies) > MOST_PIPELINED and self._transport is not None:
            self._transport.pause_reading()
        return reply

    def flush(self) -> None:
        """Write the answers that are ready, in the order of their requests."""
        replies = self._replies
        paused = len(replies) > MOST_PIPELINED
        while replies and replies[0].data is not None:
            reply = replies.popleft()
            self._write(reply.data or b"")
            if reply.close:
                self._close()
                return
        if paused and len(replies) <= MOST_PIPELINED and self._transport is not None:
            self._transport.resume_reading()

    def _write(self, data: bytes) -> None:
        """Writing to a closed transport raises on uvloop, and would end whoever commits."""
        transport = self._transport
        if transport is not None and not transport.is_closing():
            transport.write(data)

    def _stop_reading(self, answer: Answer) -> None:
        """Nothing that follows on this connection can be understood: answer and close."""
        self._refused, self._reading = answer, False
        if not any(reply.close for reply in self._replies):
            self._server.turned_away(self._request, answer)
            self._expect().send(answer)
        if self._transport is not None:
            self._transport.pause_reading()

    def _close(self) -> None:
        self._replies.clear()
        if self._transport is not None:
            self._transport.close()

    # deadlines and the end

    def expire(self) -> None:
        """The deadline has passed: tell a client that is in the middle of a request, then close."""
        if self._reading:
            self._stop_reading(TOO_SLOW)
        elif not self._replies:
            self._close()

    def close_when_idle(self) -> None:
        """What is being answered, or still arriving, is finished first."""
        if self._replies:
            self._replies[-1].close = True
        elif not self._reading:
            self._close()


@lru_cache(maxsize=512)
def _attribute(name: bytes) -> str | None:
    """The attribute of `Request` that a header goes to; None for those nobody looks at."""
    return _WANTED.get(name.lower())


_WANTED = {
    b"authorization": "authorization",
    b"content-encoding": "encoding",
    b"origin": "origin",
    b"host": "host",
    b"expect": "expect",
    b"access-control-request-headers": "asked_headers",
}
