"""One client's socket: HTTP/1.1 in, ordered answers out, within limits and deadlines."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from typing import TYPE_CHECKING, cast

from headgate.collect.answers import BAD_HTTP, CUT_OFF, TOO_SLOW, Answer
from headgate.collect.chunks import Chunks
from headgate.collect.heads import END, Head, incomplete
from headgate.collect.reply import Reply
from headgate.collect.request import Request
from headgate.proxies import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.collect.reply import Server

HEADER_SECONDS = 10.0
BODY_SECONDS = 30.0
IDLE_SECONDS = 75.0
UNREAD_SECONDS = 30.0
"""How long a client may leave its answers unread."""
GRACE_SECONDS, SLOWEST = 5.0, 1024
"""After so long, a body must have come with so many bytes a second (reliability section 4.3)."""
LINGER_SECONDS, LONGEST_LINGER_SECONDS = 2.0, 20.0
"""What still arrives after a last answer is passed over for so long: closing at once would
reset the connection, and the client would never read the answer."""
MOST_PIPELINED = 32
MOST_A_TURN = 64
"""Requests that are read before other connections have their turn."""
MOST_BLANK = 64
"""Bytes of empty lines before a request."""
_BLANK = re.compile(rb"(?:\r\n)+")


class Connection(asyncio.Protocol):
    """Reads one request after the other; `handle` may answer at any time later."""

    __slots__ = (
        "_began",
        "_body",
        "_chunks",
        "_ended",
        "_head",
        "_held",
        "_is_admitted",
        "_is_half_closed",
        "_is_in_head",
        "_is_paused",
        "_is_proxied",
        "_is_unread",
        "_is_yielding",
        "_lingers",
        "_peer",
        "_pending",
        "_replies",
        "_server",
        "_size",
        "_time",
        "_transport",
        "_turn",
        "_unread",
        "deadline",
    )

    def __init__(self, server: Server, time: Callable[[], float]) -> None:
        self._server = server
        self._time = time
        self._replies: deque[Reply] = deque()
        self._transport: asyncio.Transport | None = None
        self._pending = b""
        """The beginning of a head, or what waits until earlier answers have left."""
        self._head: Head | None = None
        """Of the request whose body is still arriving."""
        self._chunks: Chunks | None = None
        self._body: list[bytes] = []
        self._size = self._held = self._turn = self._unread = 0
        self._ended = self._lingers = self._is_half_closed = False
        self._is_admitted = self._is_proxied = False
        self._is_unread = self._is_yielding = self._is_paused = False
        self._is_in_head = True
        """Its time to bring a head is running: from the first byte of each, at first at once."""
        self._began = time()
        self.deadline = self._began + HEADER_SECONDS

    # the socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self._peer = plain(peer[0]) if isinstance(peer, tuple) else ""
        self._is_proxied = self._server.is_proxy(self._peer)
        refused = self._server.welcome(self._peer, is_proxy=self._is_proxied)
        self._is_admitted = refused is None
        self._server.connections.add(self)
        if refused is not None and self._server.is_crowded():
            self._transport.abort()
        elif refused is not None:
            self._end_with(refused)

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None
        self._replies.clear()
        self._release()
        self._server.connections.discard(self)
        if self._is_admitted:
            self._server.gone(self._peer)

    def data_received(self, data: bytes) -> None:
        if self._ended:
            if self._lingers:
                now = self._time()
                self.deadline = min(now + LINGER_SECONDS, self._began + LONGEST_LINGER_SECONDS)
            return
        if self._pending:
            data = self._pending + data
            self._pending = b""
        self._read(data)

    def eof_received(self) -> bool:
        """A client may close its half and still wait for answers."""
        if self._ended:
            self._is_half_closed = True
            return self._waits_for_answers()
        if self._is_blocked():
            self._is_half_closed = True
        elif self._is_reading():
            self._is_half_closed = True
            self._end_with(CUT_OFF)
        elif self._replies:
            self._replies[-1].close = True
        return self._waits_for_answers()

    def _waits_for_answers(self) -> bool:
        """Whether a client that says no more still listens; over TLS it cannot."""
        transport = self._transport
        return bool(self._replies) and transport is not None and transport.can_write_eof()

    def pause_writing(self) -> None:
        self._is_unread = True
        self._unread = self._unsent()
        self.deadline = self._time() + UNREAD_SECONDS
        self._pause()

    def _unsent(self) -> int:
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def resume_writing(self) -> None:
        self._is_unread = False
        self.deadline = self._time() + IDLE_SECONDS
        self._resume()

    # reading

    def _read(self, data: bytes) -> None:
        """Take the requests of `data`, one after the other, as long as answers get away."""
        known = self._server.heads.known
        self._turn = 0
        while data and not self._ended:
            if self._is_blocked():
                self._pending = data
                self._pause()
                return
            if self._turn == MOST_A_TURN:  # others want to be served, too
                self._pending, self._is_yielding = data, True
                self._pause()
                self._resume()
                return
            if self._head is not None:
                data = self._read_body(self._head, data)
                continue
            end = data.find(END) + len(END)
            head = known(data[:end])
            if head is None:
                data = self._read_head(data, end)
                continue
            stop = end + head.length
            if head.refused is not None or head.chunked or len(data) < stop:
                data = self._begin(head, data[end:])
                continue
            self._take(head, data[end:stop])
            data = data[stop:]

    def _read_head(self, data: bytes, end: int) -> bytes:
        """Read a head that is new, whole or not; the rest of `data` if it was whole."""
        if blank := _BLANK.match(data):  # some clients end a body with one
            if blank.end() > MOST_BLANK:
                self._end_with(BAD_HTTP)
            return data[blank.end() :]
        if end < len(END):
            return self._wait_for_head(data)
        head = self._server.heads.read(data[:end])
        if isinstance(head, Answer):
            self._end_with(head)
            return b""
        return self._begin(head, data[end:])

    def _wait_for_head(self, data: bytes) -> bytes:
        refused = incomplete(data)
        if refused is not None:
            self._end_with(refused)
        elif data:
            if not self._is_in_head:
                self._is_in_head = True
                self.deadline = self._time() + HEADER_SECONDS
            self._pending = data
        return b""

    def _begin(self, head: Head, data: bytes) -> bytes:
        """Start on the body; what cannot be taken is answered at once, or read and dropped."""
        self._head, self._began, self._is_in_head = head, self._time(), False
        self.deadline = self._began + BODY_SECONDS
        if head.refused is not None and (head.refused.close or head.chunked):
            self._end_with(head.refused)
            return b""
        if head.chunked:
            self._chunks = Chunks()
        waits = head.expects and len(data) < max(1, head.length)
        if waits and head.refused is None and not self._replies:
            self._write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return data if data or head.chunked or head.length else self._whole(head, b"", b"")

    def _read_body(self, head: Head, data: bytes) -> bytes:
        refused = self._hold(len(data))
        if refused is not None:
            self._end_with(refused)
            return b""
        if self._chunks is not None:
            rest = self._chunks.take(data)
            if isinstance(rest, Answer):
                self._end_with(rest)
                return b""
            return b"" if rest is None else self._whole(head, self._chunks.body, rest)
        missing = head.length - self._size
        self._body.append(data[:missing])
        self._size += len(data)
        if self._size < head.length:
            return b""
        return self._whole(head, b"".join(self._body), data[missing:])

    def _whole(self, head: Head, body: bytes, rest: bytes) -> bytes:
        """The body that came in pieces is complete; what follows it is the next request."""
        self._head, self._chunks, self._body, self._size = None, None, [], 0
        self._release()
        self._take(head, body)
        return rest

    def _take(self, head: Head, body: bytes) -> None:
        self.deadline, self._is_in_head = self._time() + IDLE_SECONDS, False
        server = self._server
        reply = Reply(self, head)
        self._turn += 1
        if server.stopping:
            reply.close = True
        self._replies.append(reply)
        if head.refused is not None:
            server.turned_away(head, head.refused)
            reply.send(head.refused)
        elif head.method == b"OPTIONS":
            reply.allow()
        else:
            peer = server.client(head.forwarded_for, self._peer) if self._is_proxied else self._peer
            server.handle(Request(head, body, peer), reply)
        if reply.close:
            self._ended = True

    def _hold(self, size: int) -> Answer | None:
        self._held += size
        return self._server.hold(size, "" if self._is_proxied else self._peer)

    def _release(self) -> None:
        if self._held:
            self._server.hold(-self._held, "" if self._is_proxied else self._peer)
            self._held = 0

    def _pause(self) -> None:
        self._is_paused = True
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def _resume(self) -> None:
        """Go on with what was held back; not from within `_read`, which may be under way."""
        asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        data, self._pending = self._pending, b""
        self._is_yielding = self._is_paused = False
        self._read(data)
        if self._is_blocked():
            self._is_paused = True
            return
        transport.resume_reading()
        if self._is_half_closed and not self.eof_received():
            transport.close()

    def _is_blocked(self) -> bool:
        """Whether answers must leave, or others have their turn, before more is read."""
        return self._is_unread or self._is_yielding or len(self._replies) > MOST_PIPELINED

    def _is_reading(self) -> bool:
        """Whether a request is in the middle of arriving."""
        return self._head is not None or bool(self._pending)

    # answering

    def flush(self) -> None:
        """Write the answers that are ready, in the order of their requests."""
        replies = self._replies
        while replies and (data := replies[0].data) is not None:
            reply = replies.popleft()
            self._write(data)
            if reply.close:
                self._close()
                return
        if self._is_paused and not self._is_blocked():
            self._resume()

    def _write(self, data: bytes) -> None:
        """Writing to a closed transport raises on uvloop, and would end whoever commits."""
        transport = self._transport
        if transport is not None and not transport.is_closing():
            transport.write(data)

    def _end_with(self, answer: Answer) -> None:
        """Nothing that follows on this connection can be understood: answer, and read no more."""
        self._ended = self._lingers = True
        head, self._head, self._pending = self._head, None, b""
        self._chunks, self._body = None, []
        self._release()
        self._server.turned_away(head, answer)
        reply = Reply(self, head)
        self._replies.append(reply)
        reply.close = True
        reply.send(answer)

    def _close(self) -> None:
        """Close, after a refusal once the client has had time to read it."""
        self._ended = True
        self._replies.clear()
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if not self._lingers or self._is_half_closed:  # then nothing more can arrive
            transport.close()
            return
        self._began = self._time()
        self.deadline = self._began + LINGER_SECONDS
        if transport.can_write_eof():
            transport.write_eof()
            transport.resume_reading()

    # deadlines and the end

    def is_late(self, now: float) -> bool:
        """Whether its deadline is over, or the body it sends comes too slowly."""
        if self.deadline < now:
            return True
        if self._head is None or self._ended:
            return False
        elapsed = now - self._began
        return elapsed > GRACE_SECONDS and self._held < elapsed * SLOWEST

    def expire(self) -> None:
        """Tell a client that is in the middle of a request, then close."""
        if self._transport is None:
            return
        if self._is_unread and self._unsent() < self._unread:  # slowly, but it reads
            self._unread = self._unsent()
            self.deadline = self._time() + UNREAD_SECONDS
        elif self._is_unread or self._transport.is_closing():
            self._transport.abort()
        elif self._ended and not self._replies:
            self.deadline = self._time() + LINGER_SECONDS
            self._transport.close()
        elif self._ended:
            return  # a last answer waits for the disk
        elif self._is_reading() or self._is_in_head:
            self._end_with(TOO_SLOW)
        elif not self._replies:
            self._transport.close()

    def close_when_idle(self) -> None:
        """What is being answered, or still arriving, is finished first."""
        if self._replies:
            self._replies[-1].close = True
        elif not self._is_reading() and self._transport is not None:
            self._transport.close()
